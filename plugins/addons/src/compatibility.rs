//! Whether a version of an add-on fits a version of Kubernetes, as far as anybody has said so.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::catalogue::{Addon, Compatibility, Rule};
use crate::version::{Version, parse};

/// What is known of a version of an add-on on a version of Kubernetes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Upstream tests or supports it.
    Supported,
    /// Upstream says what it tests, and this is not among it.
    Untested,
    /// Upstream says that it does not work or is not supported.
    Unsupported,
    /// Nobody whom the catalogue knows says anything.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Supported => "supported",
            Self::Untested => "untested",
            Self::Unsupported => "unsupported",
            Self::Unknown => "unknown",
        })
    }
}

/// A minor version of Kubernetes: `1.36`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Minor {
    /// Always 1 so far.
    pub major: u64,
    /// The number that counts.
    pub minor: u64,
}

impl Minor {
    /// How many minor versions older than another it is; negative where it is newer.
    #[must_use]
    pub fn behind(self, other: Self) -> i64 {
        let number =
            |minor: Self| i64::try_from(minor.major * 1000 + minor.minor).unwrap_or(i64::MAX);
        number(other) - number(self)
    }

    /// The minor version before it.
    #[must_use]
    pub fn previous(self) -> Self {
        Self {
            minor: self.minor.saturating_sub(1),
            ..self
        }
    }
}

impl FromStr for Minor {
    type Err = String;

    /// Reads `1.36`, `v1.36`, `1.36.3`, `v1.36.3-eks-abc`.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.trim().trim_start_matches('v');
        let mut parts = numbers.split('.');
        let mut number = || -> Option<u64> {
            let part = parts.next()?;
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part[..end].parse().ok()
        };
        match (number(), number()) {
            (Some(major), Some(minor)) if major < 1000 && minor < 1000 => Ok(Self { major, minor }),
            _ => Err(format!(
                "expected a version of Kubernetes such as 1.36, not {text:?}"
            )),
        }
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for Minor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Minor {
    fn schema_name() -> Cow<'static, str> {
        "Minor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A minor version of Kubernetes, as 1.36.",
            "pattern": r"^\d+\.\d+$",
        })
    }
}

/// Versions of Kubernetes from one to another: `1.30-1.33`, `1.34+`, `1.33`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Range {
    from: Minor,
    to: Option<Minor>,
}

impl Range {
    /// Where a version of Kubernetes lies: before, within or after.
    #[must_use]
    pub fn place(self, kubernetes: Minor) -> std::cmp::Ordering {
        if kubernetes < self.from {
            std::cmp::Ordering::Less
        } else if self.to.is_some_and(|to| kubernetes > to) {
            std::cmp::Ordering::Greater
        } else {
            std::cmp::Ordering::Equal
        }
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(from) = text.trim().strip_suffix('+') {
            return Ok(Self {
                from: from.parse()?,
                to: None,
            });
        }
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let range = Self {
            from: from.parse()?,
            to: Some(to.parse()?),
        };
        if range.to < Some(range.from) {
            return Err(format!("the range {text:?} ends before it begins"));
        }
        Ok(range)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            None => write!(formatter, "{}+", self.from),
            Some(to) if to == self.from => write!(formatter, "{to}"),
            Some(to) => write!(formatter, "{}-{to}", self.from),
        }
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Range {
    fn schema_name() -> Cow<'static, str> {
        "Range".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Versions of Kubernetes, as 1.30-1.33, 1.34+ or 1.33.",
            "pattern": r"^\d+\.\d+(-\d+\.\d+|\+)?$",
        })
    }
}

/// What endoflife.date says of the branches of an add-on.
pub type Published = BTreeMap<String, Range>;

/// A verdict and what it rests on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The rule in words, without a full stop.
    pub reason: String,
    /// Whether it rests on what endoflife.date published and not on the catalogue.
    pub published: bool,
}

impl Judgement {
    fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            published: false,
        }
    }
}

/// Judges a version of an add-on; `published` is asked where the catalogue lacks a branch.
#[must_use]
pub fn judge(
    addon: Option<&Addon>,
    published: &Published,
    version: &Version,
    kubernetes: Minor,
) -> Judgement {
    // A vendor's build for one version of Kubernetes is for no other.
    if let Some((major, minor)) = version.revision.kubernetes {
        let built = Minor { major, minor };
        return if built == kubernetes {
            Judgement::new(Verdict::Supported, format!("built for Kubernetes {built}"))
        } else {
            Judgement::new(Verdict::Untested, format!("built for Kubernetes {built}"))
        };
    }
    let Some(rule) = addon.and_then(|addon| addon.compatibility.as_ref()) else {
        return by_published(published, None, version, kubernetes).unwrap_or_else(|| {
            Judgement::new(Verdict::Unknown, "the catalogue has no rule for it")
        });
    };
    match rule.rule {
        Rule::Branches => by_branch(rule, published, version, kubernetes),
        Rule::SameMinor => same_minor(version, kubernetes),
        Rule::Skew => skew(rule, version, kubernetes),
        Rule::KubeadmDefault => kubeadm_default(rule, version, kubernetes),
    }
}

fn by_branch(
    rule: &Compatibility,
    published: &Published,
    version: &Version,
    kubernetes: Minor,
) -> Judgement {
    if let Some(judgement) = in_branches(&rule.branches, Some(rule), version, kubernetes) {
        return judgement;
    }
    by_published(published, Some(rule), version, kubernetes).unwrap_or_else(|| {
        let (major, minor) = version.minor();
        Judgement::new(
            Verdict::Unknown,
            format!("the catalogue does not know the branch {major}.{minor}"),
        )
    })
}

fn by_published(
    published: &Published,
    rule: Option<&Compatibility>,
    version: &Version,
    kubernetes: Minor,
) -> Option<Judgement> {
    let judgement = in_branches(published, rule, version, kubernetes)?;
    Some(Judgement {
        published: true,
        ..judgement
    })
}

fn in_branches(
    branches: &BTreeMap<String, Range>,
    rule: Option<&Compatibility>,
    version: &Version,
    kubernetes: Minor,
) -> Option<Judgement> {
    let (branch, range) = branch_of(branches, version)?;
    let reason = format!("{branch} is for Kubernetes {range}");
    let verdict = match range.place(kubernetes) {
        std::cmp::Ordering::Equal => Verdict::Supported,
        std::cmp::Ordering::Less => rule.map_or(Verdict::Untested, |rule| rule.on_older),
        std::cmp::Ordering::Greater => rule.map_or(Verdict::Untested, |rule| rule.on_newer),
    };
    Some(Judgement::new(verdict, reason))
}

/// The most special branch that a version belongs to, or the latest `+` branch of its major
/// version before it.
fn branch_of<'a>(
    branches: &'a BTreeMap<String, Range>,
    version: &Version,
) -> Option<(&'a str, Range)> {
    let exact = branches
        .iter()
        .filter(|(branch, _)| version.is_of_branch(branch))
        .max_by_key(|(branch, _)| branch.len());
    let open = || {
        branches
            .iter()
            .filter_map(|(branch, range)| {
                let start: Minor = branch.strip_suffix('+')?.parse().ok()?;
                let (major, minor) = version.minor();
                (start.major == major && start.minor <= minor).then_some((start, branch, range))
            })
            .max_by_key(|(start, ..)| *start)
            .map(|(_, branch, range)| (branch, range))
    };
    let (branch, range) = exact.or_else(open)?;
    Some((branch, *range))
}

fn same_minor(version: &Version, kubernetes: Minor) -> Judgement {
    let (major, minor) = version.minor();
    let own = Minor { major, minor };
    let verdict = if own == kubernetes {
        Verdict::Supported
    } else {
        Verdict::Untested
    };
    Judgement::new(verdict, "its minor version is to be that of Kubernetes")
}

fn skew(rule: &Compatibility, version: &Version, kubernetes: Minor) -> Judgement {
    let (major, minor) = version.minor();
    let behind = Minor { major, minor }.behind(kubernetes);
    let allowed = 0..=i64::try_from(rule.older).unwrap_or_default();
    let verdict = if allowed.contains(&behind) {
        Verdict::Supported
    } else {
        Verdict::Unsupported
    };
    Judgement::new(
        verdict,
        format!(
            "not newer than the API server, and at most {} minor versions older",
            rule.older
        ),
    )
}

fn kubeadm_default(rule: &Compatibility, version: &Version, kubernetes: Minor) -> Judgement {
    let Some(default) = rule.defaults.get(&kubernetes.to_string()) else {
        return Judgement::new(
            Verdict::Unknown,
            format!("the catalogue does not know kubeadm's default for Kubernetes {kubernetes}"),
        );
    };
    let same = parse(default).version().is_some_and(|default| {
        default.order_of_core(version).is_eq()
            && (default.revision.numbers.is_empty() || default.revision == version.revision)
    });
    let verdict = if same {
        Verdict::Supported
    } else {
        Verdict::Untested
    };
    Judgement::new(
        verdict,
        format!("kubeadm installs {default} with Kubernetes {kubernetes}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addon(compatibility: &str) -> Addon {
        let text = format!(
            "name: x\ntitle: X\nsources:\n  s: {{url: 'https://example.com', date: 2026-01-01}}\nimages:\n- {{repository: example.com/x, source: s}}\ncompatibility:\n  source: s\n{compatibility}"
        );
        let addon: Addon = serde_saphyr::from_str(&text).unwrap();
        addon.check().unwrap();
        addon
    }

    #[track_caller]
    fn check(addon: &Addon, published: &Published, cases: &[(&str, &str, Verdict)]) {
        for (version, kubernetes, expected) in cases {
            let parsed = parse(version).version().unwrap();
            let judgement = judge(Some(addon), published, &parsed, kubernetes.parse().unwrap());
            assert_eq!(
                judgement.verdict, *expected,
                "{version} on {kubernetes}: {}",
                judgement.reason
            );
        }
    }

    #[test]
    fn branches_keep_untested_unsupported_and_unknown_apart() {
        let addon = addon(
            "  rule: branches\n  onOlder: unsupported\n  branches: {'1.18': 1.30-1.33, '1.19': '1.31+', '0.18+': '1.21+'}",
        );
        let published = [("1.20".to_owned(), "1.34 - 1.36".parse().unwrap())].into();
        check(
            &addon,
            &published,
            &[
                ("v1.18.3", "1.30", Verdict::Supported),
                ("v1.18.3", "1.33", Verdict::Supported),
                ("v1.18.3", "1.34", Verdict::Untested),
                ("v1.18.3", "1.29", Verdict::Unsupported),
                ("v1.19.0", "1.99", Verdict::Supported),
                ("v1.19.0", "1.30", Verdict::Unsupported),
                ("v0.20.0", "1.36", Verdict::Supported),
                ("v0.17.0", "1.36", Verdict::Unknown),
                // The catalogue's own word goes first, the published one fills its gaps.
                ("v1.20.1", "1.36", Verdict::Supported),
                ("v1.20.1", "1.37", Verdict::Untested),
                ("v1.20.1", "1.33", Verdict::Unsupported),
            ],
        );
    }

    #[test]
    fn other_rules() {
        check(
            &addon("  rule: sameMinor"),
            &Published::new(),
            &[
                ("v1.36.1", "1.36", Verdict::Supported),
                ("v1.35.1", "1.36", Verdict::Untested),
                ("v1.37.0", "1.36", Verdict::Untested),
            ],
        );
        check(
            &addon("  rule: skew\n  older: 3"),
            &Published::new(),
            &[
                ("v1.36.9", "1.36", Verdict::Supported),
                ("v1.33.0", "1.36", Verdict::Supported),
                ("v1.32.0", "1.36", Verdict::Unsupported),
                ("v1.37.0", "1.36", Verdict::Unsupported),
            ],
        );
        check(
            &addon("  rule: kubeadmDefault\n  defaults: {'1.35': v1.13.1, '1.36': 3.6.8-0}"),
            &Published::new(),
            &[
                ("1.13.1", "1.35", Verdict::Supported),
                ("v1.13.1-eksbuild.3", "1.35", Verdict::Supported),
                ("v1.13.0", "1.35", Verdict::Untested),
                ("3.6.8-0", "1.36", Verdict::Supported),
                ("3.6.8-1", "1.36", Verdict::Untested),
                ("v1.13.1", "1.20", Verdict::Unknown),
            ],
        );
        let built = parse("v1.13.1-eks-1-35-2").version().unwrap();
        for (kubernetes, expected) in [("1.35", Verdict::Supported), ("1.36", Verdict::Untested)] {
            let judgement = judge(None, &Published::new(), &built, kubernetes.parse().unwrap());
            assert_eq!(judgement.verdict, expected);
        }
    }

    #[test]
    fn ranges_and_versions_are_checked() {
        for (text, shown) in [
            ("1.30-1.33", "1.30-1.33"),
            ("1.32 - 1.36", "1.32-1.36"),
            ("1.34+", "1.34+"),
            ("1.33", "1.33"),
        ] {
            assert_eq!(text.parse::<Range>().unwrap().to_string(), shown);
        }
        for text in ["", "1", "1.33-1.30", "soon", "+", "1.30-"] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
        for (text, minor) in [
            ("v1.36.3", 36),
            ("1.36", 36),
            ("v1.34.2-eks-113cf36", 34),
            ("1.35+", 35),
        ] {
            assert_eq!(text.parse::<Minor>().unwrap().minor, minor);
        }
    }
}
