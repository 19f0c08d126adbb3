//! Versions as image tags write them, and which of them can be compared.
//!
//! A tag is no version number: it may carry a flavour (`-alpine`), a vendor's revision
//! (`-eksbuild.4`), a date, or nothing of the kind. Only tags of one track, that is of the same
//! flavour, shape and kind of revision, are compared; everything else would be a guess.

mod newest;
mod tag;
#[cfg(test)]
mod tests;
mod token;

use std::cmp::Ordering;

pub use newest::{Distance, distance, newest, newest_by_minor, outline, versions};
pub use tag::parse;

/// What a tag says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tag {
    /// A version that can be compared with others of its track.
    Version(Version),
    /// A name that moves: `latest`, `stable`, `1`.
    Channel,
    /// Nothing to compare: a commit, a signature, a build number.
    Opaque,
}

impl Tag {
    /// The version, if it is one.
    #[must_use]
    pub fn version(self) -> Option<Version> {
        match self {
            Self::Version(version) => Some(version),
            Self::Channel | Self::Opaque => None,
        }
    }
}

/// What the numbers of a version mean.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scheme {
    /// `1.14.2`, with two to four numbers.
    Numbered,
    /// `2026.4.1`: the first number is a year.
    Calendar,
    /// `20260115`, `v20231011-8b53cabe0`, `RELEASE.2026-01-15T10-20-30Z`.
    Date,
}

/// A version as a tag writes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Version {
    /// The whole tag.
    pub text: String,
    /// What the numbers mean.
    pub scheme: Scheme,
    /// `[1, 14, 2]`.
    pub numbers: Vec<u64>,
    /// What makes it a variant of its own, as `alpine#`; empty for the plain one.
    pub flavour: String,
    /// How early it is; `None` for a release.
    pub prerelease: Option<Prerelease>,
    /// Which build of the version it is.
    pub revision: Revision,
    /// Whether the numbers follow a `v`.
    pub v: bool,
}

/// A version before its release, or a build of no release at all.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Prerelease {
    /// The words, as `rc`; builds of a commit come before all of them.
    pub stage: String,
    /// The numbers behind them.
    pub numbers: Vec<u64>,
}

/// A vendor's build of a version: never a prerelease, never a version of its own.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Revision {
    /// As `eksbuild`; empty for a bare `-1`.
    pub kind: String,
    /// The numbers behind it.
    pub numbers: Vec<u64>,
    /// The minor version of Kubernetes that the vendor built it for.
    pub kubernetes: Option<(u64, u64)>,
}

/// What two versions must share to be compared.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Track<'a> {
    scheme: Scheme,
    length: usize,
    flavour: &'a str,
    revision: &'a str,
}

impl Version {
    /// What another version must share to be compared with it.
    #[must_use]
    pub fn track(&self) -> Track<'_> {
        Track {
            scheme: self.scheme,
            length: self.numbers.len(),
            flavour: &self.flavour,
            revision: &self.revision.kind,
        }
    }

    /// The numbers alone, as `1.14.2`.
    #[must_use]
    pub fn core(&self) -> String {
        let numbers: Vec<String> = self.numbers.iter().map(u64::to_string).collect();
        numbers.join(".")
    }

    /// The first two numbers.
    #[must_use]
    pub fn minor(&self) -> (u64, u64) {
        let at = |index| self.numbers.get(index).copied().unwrap_or_default();
        (at(0), at(1))
    }

    /// Whether it belongs to a branch such as `1.18` or `3`.
    #[must_use]
    pub fn is_of_branch(&self, branch: &str) -> bool {
        let mut numbers = self.numbers.iter();
        branch
            .split('.')
            .all(|part| part.parse().ok().as_ref() == numbers.next())
    }

    /// The order of two versions of one track.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        self.order_of_core(other)
            .then_with(|| self.revision.numbers.cmp(&other.revision.numbers))
    }

    /// The order without the vendors' revisions, so of versions of different vendors too.
    #[must_use]
    pub fn order_of_core(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let at = |version: &Self, index| version.numbers.get(index).copied().unwrap_or_default();
        (0..length)
            .map(|index| at(self, index).cmp(&at(other, index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
            .then_with(|| match (&self.prerelease, &other.prerelease) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(one), Some(two)) => one.cmp(two),
            })
    }
}
