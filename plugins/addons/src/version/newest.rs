//! From a list of tags to the newest that is comparable.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Scheme, Tag, Version, parse};

/// How far one version is behind another, by the leftmost number that differs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Distance {
    /// It is the newest.
    Current,
    /// It is newer than what upstream has released.
    Ahead,
    /// Behind by so many major versions.
    Major(u64),
    /// Behind by so many minor versions.
    Minor(u64),
    /// Behind by so many patches.
    Patch(u64),
    /// The same version in an older build.
    Revision,
    /// Behind by a version whose numbers are dates.
    Release,
}

/// How far `installed` is behind `newest`.
#[must_use]
pub fn distance(installed: &Version, newest: &Version) -> Distance {
    match installed.order(newest) {
        Ordering::Equal => return Distance::Current,
        Ordering::Greater => return Distance::Ahead,
        Ordering::Less => {}
    }
    if newest.scheme != Scheme::Numbered {
        return Distance::Release;
    }
    let at = |version: &Version, index: usize| version.numbers.get(index).copied().unwrap_or(0);
    let differs =
        (0..newest.numbers.len()).find(|&index| at(installed, index) != at(newest, index));
    match differs {
        Some(0) => Distance::Major(at(newest, 0).saturating_sub(at(installed, 0))),
        Some(1) => Distance::Minor(at(newest, 1).saturating_sub(at(installed, 1))),
        Some(index) => Distance::Patch(at(newest, index).saturating_sub(at(installed, index))),
        // The release of an installed prerelease.
        None if installed.prerelease != newest.prerelease => Distance::Patch(1),
        None => Distance::Revision,
    }
}

/// The tags that are versions.
#[must_use]
pub fn versions(tags: &[String]) -> Vec<Version> {
    tags.iter().filter_map(|tag| parse(tag).version()).collect()
}

/// The newest release of the installed version's track that `fits`.
///
/// Where both `v1.2.3` and `1.2.3` exist, the installed form is preferred. Where nothing
/// comparable is installed, the plain track with the most tags is taken.
#[must_use]
pub fn newest<'a>(
    versions: &'a [Version],
    installed: Option<&Version>,
    fits: impl Fn(&Version) -> bool,
) -> Option<&'a Version> {
    let mut candidates = comparable(versions, installed);
    let form = |version: &Version| installed.is_some_and(|known| known.v == version.v);
    candidates.sort_by(|one, two| {
        two.order(one)
            .then_with(|| form(two).cmp(&form(one)))
            .then_with(|| one.text.cmp(&two.text))
    });
    // Judging takes longer than sorting, and mostly the first one fits.
    candidates.into_iter().find(|version| fits(version))
}

/// The newest release of each minor version between two versions, the last one included.
#[must_use]
pub fn newest_by_minor(versions: &[Version], from: &Version, to: &Version) -> Vec<Version> {
    let mut steps: BTreeMap<(u64, u64), &Version> = BTreeMap::new();
    for version in comparable(versions, Some(from)) {
        let between = version.minor() > from.minor() && version.order(to).is_le();
        let newer = steps
            .get(&version.minor())
            .is_none_or(|known| version.order(known).is_gt());
        if between && newer {
            steps.insert(version.minor(), version);
        }
    }
    steps.into_values().cloned().collect()
}

/// The tags that a cache needs to answer later: those that are versions.
#[must_use]
pub fn outline(tags: Vec<String>) -> Vec<String> {
    tags.into_iter()
        .filter(|tag| matches!(parse(tag), Tag::Version(_)))
        .collect()
}

/// The releases of one track.
fn comparable<'a>(versions: &'a [Version], installed: Option<&Version>) -> Vec<&'a Version> {
    let track = installed
        .map(Version::track)
        .or_else(|| usual_track(versions));
    versions
        .iter()
        .filter(|version| version.prerelease.is_none() && Some(version.track()) == track)
        .collect()
}

/// The plain track with the most tags.
fn usual_track(versions: &[Version]) -> Option<super::Track<'_>> {
    let mut counts = BTreeMap::new();
    for version in versions {
        if version.flavour.is_empty()
            && version.prerelease.is_none()
            && version.revision.kind.is_empty()
        {
            *counts.entry(version.numbers.len()).or_insert(0) += 1;
        }
    }
    let (&length, _) = counts
        .iter()
        .max_by_key(|(length, count)| (**count, **length))?;
    versions
        .iter()
        .rev()
        .find(|version| {
            version.flavour.is_empty()
                && version.revision.kind.is_empty()
                && version.numbers.len() == length
        })
        .map(Version::track)
}
