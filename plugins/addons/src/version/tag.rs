//! A tag taken apart.

use super::token::{Token, is_hash, tokens};
use super::{Prerelease, Revision, Scheme, Tag, Version};

/// The longest tag that the OCI distribution specification allows.
const LONGEST: usize = 128;
/// Major numbers beyond this are build numbers.
const LARGEST_MAJOR: u64 = 9_999;
/// A first number in this range is a year.
const YEARS: std::ops::RangeInclusive<u64> = 1990..=2199;

/// Words before a release.
const EARLY: [&str; 27] = [
    "alpha",
    "beta",
    "rc",
    "cr",
    "pre",
    "preview",
    "prerelease",
    "dev",
    "develop",
    "devel",
    "snapshot",
    "nightly",
    "canary",
    "next",
    "unstable",
    "test",
    "testing",
    "experimental",
    "ea",
    "milestone",
    "insiders",
    "wip",
    "edge",
    "main",
    "master",
    "head",
    "ci",
];
/// Letters that mean the same, but only with a number behind: `1.2.0a1`, `M2`.
const EARLY_LETTERS: [&str; 3] = ["a", "b", "m"];
/// Words of a build of the same version, with a number behind.
const REVISIONS: [&str; 14] = [
    "eksbuild", "gke", "build", "rke2r", "k3s", "r", "rev", "hotfix", "hf", "patch", "p", "post",
    "rancher", "hardened",
];
/// Base systems whose own version does not make another flavour of the image.
const BASES: [&str; 3] = ["alpine", "debian", "photon"];

/// Takes a tag apart.
///
/// Renovate's rule holds for what follows the numbers: an unknown suffix is a flavour, and only
/// the same flavour is an update.
#[must_use]
pub fn parse(tag: &str) -> Tag {
    if tag.is_empty() || tag.len() > LONGEST || is_attachment(tag) {
        return Tag::Opaque;
    }
    let lower = tag.to_ascii_lowercase();
    if is_hash(lower.strip_prefix("sha-").unwrap_or(&lower)) {
        return Tag::Opaque;
    }
    if let Some(version) = date(tag, &lower) {
        return Tag::Version(version);
    }
    let Some(start) = numbers_start(&lower) else {
        return without_numbers(&lower);
    };
    numbered(tag, &lower, start)
}

/// Signatures, attestations and the like that share a repository with their images.
fn is_attachment(tag: &str) -> bool {
    tag.starts_with("sha256-")
        || [".sig", ".att", ".sbom"]
            .iter()
            .any(|ending| tag.ends_with(ending))
}

/// Where `1.2` begins.
fn numbers_start(lower: &str) -> Option<usize> {
    let bytes = lower.as_bytes();
    let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).find(|&start| {
        if !digit(start) || (start > 0 && (digit(start - 1) || bytes[start - 1] == b'.')) {
            return false;
        }
        let length = bytes[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        bytes.get(start + length) == Some(&b'.') && digit(start + length + 1)
    })
}

/// `v1` and `17-alpine` move, `011` and `608111629` say nothing, and neither does a name.
fn without_numbers(lower: &str) -> Tag {
    let bare = lower.strip_prefix('v').unwrap_or(lower);
    let first = bare.split(['-', '_', '+', '.']).next().unwrap_or_default();
    let digits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let padded = first.len() > 1 && first.starts_with('0');
    if digits && (padded || first.len() > 4) {
        Tag::Opaque
    } else {
        Tag::Channel
    }
}

fn numbered(tag: &str, lower: &str, start: usize) -> Tag {
    let (v, prefix) = split_v(&lower[..start]);
    let end = lower[start..]
        .find(|character: char| character != '.' && !character.is_ascii_digit())
        .map_or(lower.len(), |length| start + length);
    // A dot before a letter belongs to what follows.
    let text = lower[start..end].trim_end_matches('.');
    let suffix = &lower[start + text.len()..];
    if suffix == ".x" || suffix.starts_with(".x-") {
        return Tag::Channel;
    }
    let parts: Vec<&str> = text.split('.').collect();
    let Ok(numbers) = parts
        .iter()
        .map(|part| part.parse())
        .collect::<Result<Vec<u64>, _>>()
    else {
        return Tag::Opaque;
    };
    let Some(scheme) = scheme(&numbers, &parts) else {
        return Tag::Opaque;
    };
    let suffix = Suffix::read(suffix, scheme);
    let early = tokens(prefix)
        .iter()
        .any(|token| EARLY.contains(&token.text));
    let prerelease = suffix
        .prerelease
        .or_else(|| early.then(Prerelease::default));
    let mut flavour = suffix.flavour;
    let prefix = prefix.trim_end_matches(['-', '_', '.', '/']);
    if !prefix.is_empty() {
        flavour.insert_str(0, &format!("{prefix}:"));
    }
    Tag::Version(Version {
        text: tag.to_owned(),
        scheme,
        numbers,
        flavour,
        prerelease,
        revision: suffix.revision,
        v,
    })
}

fn scheme(numbers: &[u64], parts: &[&str]) -> Option<Scheme> {
    let first = *numbers.first()?;
    let padded = parts
        .iter()
        .any(|part| part.len() > 1 && part.starts_with('0'));
    match numbers.len() {
        2..=4 if YEARS.contains(&first) => Some(Scheme::Calendar),
        2..=4 if first <= LARGEST_MAJOR && !padded => Some(Scheme::Numbered),
        2..=4 if is_date(parts.first()?) => Some(Scheme::Date),
        _ => None,
    }
}

/// The prefix without the `v` of the number.
fn split_v(prefix: &str) -> (bool, &str) {
    match prefix.strip_suffix('v') {
        Some(rest) if rest.is_empty() || rest.ends_with(['-', '_', '.', '/']) => (true, rest),
        _ => (false, prefix),
    }
}

/// Tags that are a date: `20260115`, `v20231011-8b53cabe0`, `2026-01-15`, `RELEASE.2026-01-15T…`.
fn date(tag: &str, lower: &str) -> Option<Version> {
    let (v, bare) = match lower.strip_prefix('v') {
        Some(rest) => (true, rest),
        None => (false, lower),
    };
    let (prefix, bare) = match bare.strip_prefix("release.") {
        Some(rest) => ("release:", rest),
        None => ("", bare),
    };
    let (number, rest) = compact_date(bare).or_else(|| dashed_date(bare))?;
    let mut suffix = Suffix::read(rest, Scheme::Date);
    // The time of day, and counters of builds within a day.
    let mut numbers = vec![number];
    if suffix.revision.kind.is_empty() {
        numbers.append(&mut suffix.revision.numbers);
    }
    numbers.resize(4, 0);
    Some(Version {
        text: tag.to_owned(),
        scheme: Scheme::Date,
        numbers,
        flavour: format!("{prefix}{}", suffix.flavour),
        prerelease: suffix.prerelease,
        revision: suffix.revision,
        v,
    })
}

fn compact_date(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let day = text.get(..8)?;
    if !matches!(digits, 8 | 14) || !is_date(day) {
        return None;
    }
    let rest = &text[digits..];
    let time: u64 = text[8..digits].parse().unwrap_or_default();
    // `20260115.1` counts the builds of a day.
    (rest.is_empty() || rest.starts_with(['-', '_', '.', 't']))
        .then_some((day.parse::<u64>().ok()? * 1_000_000 + time, rest))
}

fn dashed_date(text: &str) -> Option<(u64, &str)> {
    let day = text.get(..10)?;
    let mut parts = day.split('-');
    let (year, month, date) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || month.len() != 2 || date.len() != 2 {
        return None;
    }
    let compact = format!("{year}{month}{date}");
    let rest = &text[10..];
    if !is_date(&compact) || !(rest.is_empty() || rest.starts_with(['-', '_', '.', 't'])) {
        return None;
    }
    let number = compact.parse::<u64>().ok()? * 1_000_000;
    // `t10-20-30z`
    let Some(time) = rest.strip_prefix('t') else {
        return Some((number, rest));
    };
    let end = time.find(|c: char| c != '-' && !c.is_ascii_digit())?;
    let clock: String = time[..end].chars().filter(char::is_ascii_digit).collect();
    let rest = time[end..].strip_prefix('z').unwrap_or(&time[end..]);
    Some((number + clock.get(..6)?.parse::<u64>().ok()?, rest))
}

fn is_date(text: &str) -> bool {
    let within = |range: std::ops::Range<usize>, allowed: std::ops::RangeInclusive<u64>| {
        text.get(range)
            .and_then(|part| part.parse().ok())
            .is_some_and(|number| allowed.contains(&number))
    };
    text.len() == 8 && within(0..4, YEARS) && within(4..6, 1..=12) && within(6..8, 1..=31)
}

/// What follows the numbers.
#[derive(Default)]
struct Suffix {
    flavour: String,
    prerelease: Option<Prerelease>,
    revision: Revision,
}

impl Suffix {
    fn read(text: &str, scheme: Scheme) -> Self {
        let tokens = tokens(text);
        let mut suffix = Self::default();
        let mut index = 0;
        while let Some(&token) = tokens.get(index) {
            index += 1;
            let numbers = following_numbers(&tokens[index..]);
            index += suffix.take(token, &numbers, scheme);
        }
        suffix
    }

    /// Takes one word, and returns how many of the numbers behind it belong to it.
    fn take(&mut self, token: Token<'_>, numbers: &[Token<'_>], scheme: Scheme) -> usize {
        if let Some(number) = token.number() {
            self.revision.numbers.push(number);
            return 0;
        }
        let (word, glued) = token.word_and_number();
        let counted = glued.is_some() || !numbers.is_empty();
        if EARLY.contains(&word) || (glued.is_some() && EARLY_LETTERS.contains(&word)) {
            return self.early(word, glued, numbers);
        }
        if token.text == "dirty" {
            self.prerelease.get_or_insert_default();
            return 0;
        }
        if token.is_commit() {
            if scheme != Scheme::Date {
                self.prerelease.get_or_insert_default();
            }
            return 0;
        }
        if token.text == "eks" && numbers.len() >= 2 {
            return self.eks_distro(numbers);
        }
        if counted && REVISIONS.contains(&word) {
            return self.revision(word, glued, numbers);
        }
        self.flavour(token, word, numbers)
    }

    fn early(&mut self, word: &str, glued: Option<u64>, numbers: &[Token<'_>]) -> usize {
        let found: Vec<u64> = numbers.iter().filter_map(|token| token.number()).collect();
        let prerelease = self.prerelease.get_or_insert_default();
        prerelease.stage.push_str(word);
        prerelease.numbers.extend(glued);
        prerelease.numbers.extend(&found);
        found.len()
    }

    /// `-eks-1-34-5`: the fifth build for Kubernetes 1.34.
    fn eks_distro(&mut self, numbers: &[Token<'_>]) -> usize {
        let found: Vec<u64> = numbers.iter().filter_map(|token| token.number()).collect();
        self.revision.kubernetes = found.first().copied().zip(found.get(1).copied());
        self.revision.kind.push_str("eks");
        self.revision.numbers.extend(&found);
        found.len()
    }

    fn revision(&mut self, word: &str, glued: Option<u64>, numbers: &[Token<'_>]) -> usize {
        if !self.revision.kind.is_empty() {
            self.revision.kind.push('+');
        }
        self.revision.kind.push_str(word);
        if let Some(number) = glued {
            self.revision.numbers.push(number);
            return 0;
        }
        let first = numbers.first().and_then(|token| token.number());
        self.revision.numbers.extend(first);
        1
    }

    fn flavour(&mut self, token: Token<'_>, word: &str, numbers: &[Token<'_>]) -> usize {
        if !self.flavour.is_empty() {
            self.flavour.push('-');
        }
        let glued = word.len() < token.text.len();
        // `php8.2` goes on behind the dot, `debian-12` behind the dash.
        let dotted = numbers
            .iter()
            .take_while(|number| number.separator == Some('.'))
            .count();
        if BASES.contains(&word) {
            self.flavour.push_str(word);
            let own = if glued { dotted } else { numbers.len().min(1) };
            if glued || own > 0 {
                self.flavour.push('#');
            }
            return own;
        }
        self.flavour.push_str(token.text);
        let own = if glued { dotted } else { 0 };
        for number in &numbers[..own] {
            self.flavour.push('.');
            self.flavour.push_str(number.text);
        }
        own
    }
}

fn following_numbers<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    tokens
        .iter()
        .take_while(|token| token.number().is_some())
        .copied()
        .collect()
}
