//! What is known of each add-on, and where it is known from.
//!
//! One YAML file an add-on, the built-in ones in `catalogue/`; users add files or replace
//! built-in ones by a file with the same `name`.

mod built_in;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compatibility::{Range, Verdict};
use crate::image::{Mirror, Origin, Reference, agreement};

/// The largest catalogue file that is read.
const LARGEST_FILE: u64 = 1 << 20;

/// Where a fact stands, and when it was read there.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A page that a person can open.
    pub url: String,
    /// The day for which the fact is known to hold.
    pub date: Date,
}

/// One add-on of the catalogue.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Addon {
    /// The name by which it is shown, as `cert-manager`.
    pub name: String,
    /// What it calls itself, as `AWS Load Balancer Controller`.
    pub title: String,
    /// Where the facts stand, under short names.
    pub sources: BTreeMap<String, Source>,
    /// The repositories of its images; the first one is asked for its versions.
    pub images: Vec<Image>,
    /// Names under which vendors and mirrors publish it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Helm charts that install it.
    #[serde(default)]
    pub charts: Vec<Chart>,
    /// Which versions of Kubernetes it is for.
    pub compatibility: Option<Compatibility>,
    /// Where its release notes stand.
    pub release_notes: Option<ReleaseNotes>,
    /// The package under which OSV lists its vulnerabilities.
    pub vulnerabilities: Option<Package>,
    /// The product under which endoflife.date lists its branches.
    pub end_of_life: Option<Product>,
    /// Whether upstream has given it up.
    pub retired: Option<Retired>,
    /// How upstream wants it to be upgraded.
    pub upgrade: Option<Upgrade>,
    /// The file it was read from; empty for a built-in one.
    #[serde(skip)]
    pub file: String,
}

/// An image's repository.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// With its registry, without a tag.
    pub repository: String,
    /// The name of the source.
    pub source: String,
}

/// A chart.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// The chart's name.
    pub name: String,
    /// The repository's address: `https://…` or `oci://…`.
    pub repository: String,
    /// The name of the source.
    pub source: String,
}

/// By which rule versions of the add-on fit versions of Kubernetes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// Each branch has a range of Kubernetes versions.
    Branches,
    /// The minor version is that of Kubernetes.
    SameMinor,
    /// Not newer than the API server, and at most `older` minor versions older.
    Skew,
    /// kubeadm installs one version with each minor version of Kubernetes.
    KubeadmDefault,
}

/// Which versions fit.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Compatibility {
    /// The rule.
    pub rule: Rule,
    /// The name of the source.
    pub source: String,
    /// What holds on a Kubernetes older than the range.
    #[serde(default = "untested")]
    pub on_older: Verdict,
    /// What holds on a Kubernetes newer than the range.
    #[serde(default = "untested")]
    pub on_newer: Verdict,
    /// `"1.18": "1.30-1.33"`; a branch with a `+` stands for all from there on.
    #[serde(default)]
    pub branches: BTreeMap<String, Range>,
    /// `"1.36": v1.14.2`.
    #[serde(default)]
    pub defaults: BTreeMap<String, String>,
    /// How many minor versions older than the API server it may be.
    #[serde(default)]
    pub older: u64,
}

fn untested() -> Verdict {
    Verdict::Untested
}

/// Where the release notes of a version stand.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseNotes {
    /// An address; `{tag}`, `{version}` and `{minor}` stand for `v1.14.2`, `1.14.2`, `1.14`.
    pub url: String,
    /// The name of the source.
    pub source: String,
}

/// A package as OSV names it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// `Go`.
    pub ecosystem: String,
    /// `github.com/coredns/coredns`.
    pub package: String,
    /// The name of the source.
    pub source: String,
}

/// A product as endoflife.date names it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// As in `https://endoflife.date/istio`.
    pub product: String,
    /// The custom field that holds the supported versions of Kubernetes.
    pub kubernetes: Option<String>,
    /// The name of the source.
    pub source: String,
}

/// An add-on that upstream gave up.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// Since when.
    pub since: Date,
    /// What upstream says.
    pub note: String,
    /// The name of the source.
    pub source: String,
}

/// How large the steps of an upgrade may be.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Upgrade {
    /// The largest step.
    pub step: Step,
    /// The name of the source.
    pub source: String,
}

/// The largest step of an upgrade.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// One minor version after the other.
    Minor,
}

impl Addon {
    /// The source of a fact.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }

    /// Whether all names of sources and all repositories in it mean something.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.name.is_empty() || !self.name.bytes().all(valid) {
            return Err(format!(
                "name {:?}: expected lower-case letters, digits and dashes",
                self.name
            ));
        }
        if self.images.is_empty() {
            return Err("images: at least one is needed".into());
        }
        for image in &self.images {
            match Reference::parse(&image.repository) {
                Some(Reference {
                    tag: None,
                    digest: None,
                    ..
                }) => {}
                _ => return Err(format!("images: {:?} is no repository", image.repository)),
            }
        }
        for (fact, source) in self.facts() {
            if !self.sources.contains_key(source) {
                return Err(format!("{fact}: there is no source {source:?}"));
            }
        }
        for (name, source) in &self.sources {
            if !source.url.starts_with("https://") && !source.url.starts_with("http://") {
                return Err(format!("sources: {name}: {:?} is no address", source.url));
            }
        }
        self.compatibility
            .as_ref()
            .map_or(Ok(()), Compatibility::check)
    }

    /// Each fact with the name of its source.
    fn facts(&self) -> Vec<(&'static str, &str)> {
        let one = [
            (
                "compatibility",
                self.compatibility.as_ref().map(|fact| &fact.source),
            ),
            (
                "releaseNotes",
                self.release_notes.as_ref().map(|fact| &fact.source),
            ),
            (
                "vulnerabilities",
                self.vulnerabilities.as_ref().map(|fact| &fact.source),
            ),
            (
                "endOfLife",
                self.end_of_life.as_ref().map(|fact| &fact.source),
            ),
            ("retired", self.retired.as_ref().map(|fact| &fact.source)),
            ("upgrade", self.upgrade.as_ref().map(|fact| &fact.source)),
        ];
        let images = self.images.iter().map(|fact| ("images", &fact.source));
        let charts = self.charts.iter().map(|fact| ("charts", &fact.source));
        let one = one
            .into_iter()
            .filter_map(|(name, source)| Some((name, source?)));
        images
            .chain(charts)
            .chain(one)
            .map(|(name, source)| (name, source.as_str()))
            .collect()
    }
}

impl Compatibility {
    fn check(&self) -> Result<(), String> {
        let (branches, defaults) = (!self.branches.is_empty(), !self.defaults.is_empty());
        let expected = match self.rule {
            Rule::Branches => (true, false),
            Rule::KubeadmDefault => (false, true),
            Rule::SameMinor | Rule::Skew => (false, false),
        };
        if (branches, defaults) == expected {
            return Ok(());
        }
        Err("compatibility: rule branches needs branches, rule kubeadmDefault needs defaults, and no other rule has them".into())
    }
}

impl ReleaseNotes {
    /// The address for one version.
    #[must_use]
    pub fn of(&self, version: &crate::version::Version) -> String {
        let (major, minor) = version.minor();
        self.url
            .replace("{tag}", &format!("v{}", version.core()))
            .replace("{version}", &version.core())
            .replace("{minor}", &format!("{major}.{minor}"))
    }
}

/// An image that belongs to an add-on.
#[derive(Clone, Copy, Debug)]
pub struct Match<'a> {
    /// The add-on.
    pub addon: &'a Addon,
    /// Its image.
    pub image: &'a Image,
    /// Whose build it is.
    pub origin: Origin,
}

/// All add-ons that are known.
#[derive(Debug)]
pub struct Catalogue {
    addons: Vec<Addon>,
    /// The images in a form that can be compared, each with the number of its add-on.
    images: Vec<(Reference, usize, usize)>,
}

impl Catalogue {
    /// The built-in catalogue, and on top of it the files of directories; a directory that
    /// does not exist is an error only where it was asked for.
    ///
    /// # Errors
    /// Names the file and what is wrong in it.
    pub fn load(usual: Option<&Path>, asked: &[PathBuf]) -> Result<Self, String> {
        let mut addons: BTreeMap<String, Addon> = BTreeMap::new();
        for (file, text) in built_in::FILES {
            let addon = read(text).map_err(|reason| format!("{file}: {reason}"))?;
            addons.insert(addon.name.clone(), addon);
        }
        let usual = usual.filter(|directory| directory.is_dir());
        for directory in usual.into_iter().chain(asked.iter().map(PathBuf::as_path)) {
            for (file, text) in files(directory)? {
                let mut addon = read(&text).map_err(|reason| format!("{file}: {reason}"))?;
                addon.file = file;
                addons.insert(addon.name.clone(), addon);
            }
        }
        Ok(Self::new(addons.into_values().collect()))
    }

    fn new(addons: Vec<Addon>) -> Self {
        let mut images = Vec::new();
        for (number, addon) in addons.iter().enumerate() {
            for (index, image) in addon.images.iter().enumerate() {
                images.extend(
                    Reference::parse(&image.repository).map(|known| (known, number, index)),
                );
            }
        }
        Self { addons, images }
    }

    /// The add-ons by name.
    #[must_use]
    pub fn addons(&self) -> &[Addon] {
        &self.addons
    }

    /// The add-on of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Addon> {
        self.addons.iter().find(|addon| addon.name == name)
    }

    /// The add-on that an image belongs to, seen through mirrors and vendors' names.
    #[must_use]
    pub fn find(&self, image: &Reference, mirrors: &[Mirror]) -> Option<Match<'_>> {
        let published = mirrors
            .iter()
            .find_map(|mirror| mirror.backward(&image.name()))
            .and_then(|name| Reference::parse(&name));
        if let Some(published) = published
            && let Some(found) = self.best(&published)
        {
            let origin = match found.origin {
                Origin::Upstream => Origin::Mirror,
                origin => origin,
            };
            return Some(Match { origin, ..found });
        }
        self.best(image)
    }

    fn best(&self, image: &Reference) -> Option<Match<'_>> {
        let (_, origin, number, index) = self
            .images
            .iter()
            .filter_map(|(known, number, index)| {
                let addon = &self.addons[*number];
                let (rank, origin) = agreement(image, known, &addon.aliases)?;
                Some((rank, origin, *number, *index))
            })
            .min_by_key(|(rank, _, number, index)| (*rank, *number, *index))?;
        let addon = &self.addons[number];
        Some(Match {
            addon,
            image: &addon.images[index],
            origin,
        })
    }
}

fn read(text: &str) -> Result<Addon, String> {
    let addon: Addon = serde_saphyr::from_str(text).map_err(|error| {
        let whole = error.to_string();
        whole.lines().next().unwrap_or_default().to_owned()
    })?;
    addon.check()?;
    Ok(addon)
}

/// The YAML files of a directory, by name.
fn files(directory: &Path) -> Result<Vec<(String, String)>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml")) {
            paths.push(path);
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let size = fs::metadata(&path).map_err(|error| format!("{name}: {error}"))?;
        if size.len() > LARGEST_FILE {
            return Err(format!("{name}: larger than {} KiB", LARGEST_FILE >> 10));
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        files.push((name, text));
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
