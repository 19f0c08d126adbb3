//! From workloads to add-ons: which run here, in which versions, from which images.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalogue::{Addon, Catalogue, Match};
use crate::facts::Facts;
use crate::image::{Mirror, Origin, Reference};
use crate::manager::{ManagedBy, managed_by};
use crate::release::Release;
use crate::version::{Tag, Version, parse};
use crate::workload::Workload;

/// How a version became known.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum VersionFrom {
    /// The image's tag.
    Tag,
    /// The workload's label `app.kubernetes.io/version`.
    Label,
    /// The Helm release.
    Release,
    /// The registry has the same digest under that tag.
    Digest,
}

/// One image of an add-on as it is installed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Installed {
    /// The image.
    pub reference: Reference,
    /// Whose build it is.
    pub origin: Origin,
    /// The repository that is asked for newer versions.
    pub repository: String,
    /// Its version, where that is known without asking a registry.
    pub version: Option<Version>,
    /// How it is known.
    pub version_from: Option<VersionFrom>,
    /// The digest by which the version could be found out.
    pub digest: Option<String>,
    /// The nodes on which it runs.
    pub nodes: BTreeSet<String>,
    /// Its place among the add-on's images; the smallest speaks for the add-on.
    rank: usize,
}

/// An add-on in a namespace.
#[derive(Clone, Debug)]
pub struct Installation<'a> {
    /// What is known of it; `None` for an image that is only tracked.
    pub addon: Option<&'a Addon>,
    /// The add-on's name, or the image's.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The workloads, as `DaemonSet/kube-proxy`.
    pub workloads: BTreeSet<String>,
    /// The images, the one that speaks for the add-on first.
    pub images: Vec<Installed>,
    /// Who manages it.
    pub managed_by: ManagedBy,
    /// Its Helm release, where that may be read.
    pub release: Option<&'a Release>,
    /// The chart as a label names it: `cert-manager-v1.19.1`.
    pub chart_label: Option<String>,
}

impl Installation<'_> {
    /// The image that speaks for the add-on.
    #[must_use]
    pub fn first(&self) -> Option<&Installed> {
        self.images.first()
    }
}

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Only in this namespace.
    pub namespace: Option<String>,
    /// Images to track that the catalogue does not know, with `*` for anything.
    pub images: Vec<String>,
    /// Mirrors to see through.
    pub mirrors: Vec<Mirror>,
}

/// Finds the add-ons, by namespace and name.
#[must_use]
pub fn detect<'a>(
    facts: &'a Facts,
    catalogue: &'a Catalogue,
    search: &Search,
) -> Vec<Installation<'a>> {
    let mut found: BTreeMap<(String, String), Installation<'a>> = BTreeMap::new();
    let here = facts.workloads.iter().filter(|workload| {
        let namespace = search.namespace.as_deref();
        namespace.is_none_or(|namespace| namespace == workload.namespace)
    });
    for workload in here {
        let release = release_of(workload, facts);
        for (text, nodes) in images_of(workload) {
            let Some(reference) = Reference::parse(text) else {
                continue;
            };
            let known = catalogue.find(&reference, &search.mirrors);
            if known.is_none()
                && !search
                    .images
                    .iter()
                    .any(|glob| matches(glob, &reference.name()))
            {
                continue;
            }
            let name = known.map_or_else(|| own_name(&reference), |known| known.addon.name.clone());
            let key = (workload.namespace.clone(), name.clone());
            let installation = found.entry(key).or_insert_with(|| Installation {
                addon: known.map(|known| known.addon),
                name,
                namespace: workload.namespace.clone(),
                workloads: BTreeSet::new(),
                images: Vec::new(),
                managed_by: managed_by(workload),
                release: None,
                chart_label: None,
            });
            installation.take(
                workload,
                release,
                installed(reference, known, workload, release),
                nodes,
                facts,
            );
        }
    }
    let mut all: Vec<Installation<'a>> = found.into_values().collect();
    for installation in &mut all {
        installation
            .images
            .sort_by(|one, two| (one.rank, &one.reference).cmp(&(two.rank, &two.reference)));
    }
    all
}

/// What a workload is to run and what its pods run, each with the nodes.
fn images_of(workload: &Workload) -> BTreeMap<&str, BTreeSet<String>> {
    let mut images: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for image in &workload.images {
        images.entry(image).or_default();
    }
    for running in &workload.running {
        let nodes = images.entry(&running.image).or_default();
        if !running.node.is_empty() {
            nodes.insert(running.node.clone());
        }
    }
    images
}

fn own_name(reference: &Reference) -> String {
    let path = &reference.repository;
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// Whether a name is what a pattern with `*` describes.
fn matches(glob: &str, name: &str) -> bool {
    match glob.split_once('*') {
        None => {
            // `--image nginx` is written as in a pod.
            let bare = Reference::parse(glob).map(|reference| reference.name());
            glob == name || bare.as_deref() == Some(name)
        }
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            (0..=name.len())
                .filter(|&index| name.is_char_boundary(index))
                .any(|index| matches_rest(rest, &name[index..]))
        }),
    }
}

fn matches_rest(glob: &str, name: &str) -> bool {
    if glob.contains('*') {
        matches(glob, name)
    } else {
        glob == name
    }
}

fn installed(
    reference: Reference,
    known: Option<Match<'_>>,
    workload: &Workload,
    release: Option<&Release>,
) -> Installed {
    let origin = known.map_or(Origin::Upstream, |known| known.origin);
    let canonical = known.filter(|known| !known.origin.is_vendor());
    let repository =
        canonical.map_or_else(|| reference.name(), |known| known.image.repository.clone());
    let rank = known.map_or(0, |known| {
        let images = &known.addon.images;
        images
            .iter()
            .position(|image| image == known.image)
            .unwrap_or(0)
    });
    let tag = reference.tag.as_deref().map_or(Tag::Opaque, parse);
    let label = workload.labels.get("app.kubernetes.io/version");
    let label = label.and_then(|label| parse(label).version());
    let app = release.and_then(|release| release.app_version.as_deref());
    let app = app.and_then(|version| parse(version).version());
    // Only an image of the add-on itself has the version that labels and releases name.
    let (version, version_from) = match (tag, label, app) {
        (Tag::Version(version), ..) => (Some(version), Some(VersionFrom::Tag)),
        (_, Some(version), _) if rank == 0 => (Some(version), Some(VersionFrom::Label)),
        (_, _, Some(version)) if rank == 0 => (Some(version), Some(VersionFrom::Release)),
        _ => (None, None),
    };
    let pulled = workload
        .running
        .iter()
        .find(|running| Reference::parse(&running.image).as_ref() == Some(&reference));
    let digest = reference
        .digest
        .clone()
        .or_else(|| pulled.and_then(|running| running.digest.clone()));
    Installed {
        reference,
        origin,
        repository,
        version,
        version_from,
        digest,
        nodes: BTreeSet::new(),
        rank,
    }
}

/// The release that a workload belongs to.
fn release_of<'a>(workload: &Workload, facts: &'a Facts) -> Option<&'a Release> {
    let name = workload.annotations.get("meta.helm.sh/release-name")?;
    let namespace = workload
        .annotations
        .get("meta.helm.sh/release-namespace")
        .unwrap_or(&workload.namespace);
    let mut releases = facts.releases.iter().flatten();
    releases.find(|release| release.name == *name && release.namespace == *namespace)
}

impl<'a> Installation<'a> {
    fn take(
        &mut self,
        workload: &Workload,
        release: Option<&'a Release>,
        installed: Installed,
        nodes: BTreeSet<String>,
        facts: &Facts,
    ) {
        self.workloads
            .insert(format!("{}/{}", workload.kind, workload.name));
        let managed = managed_by(workload);
        // What somebody changed by hand is what one wants to know.
        if managed.overridden && !self.managed_by.overridden {
            self.managed_by = managed;
        }
        self.release = self.release.or(release);
        let chart = workload
            .labels
            .get("helm.sh/chart")
            .filter(|_| facts.releases.is_none() || release.is_some());
        self.chart_label = self.chart_label.take().or_else(|| chart.cloned());
        match self
            .images
            .iter_mut()
            .find(|known| known.reference == installed.reference)
        {
            Some(known) => known.nodes.extend(nodes),
            None => self.images.push(Installed { nodes, ..installed }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Running;

    fn workload(kind: &str, name: &str, images: &[&str]) -> Workload {
        Workload {
            kind: kind.into(),
            namespace: "kube-system".into(),
            name: name.into(),
            images: images.iter().map(|image| (*image).to_owned()).collect(),
            ..Workload::default()
        }
    }

    fn facts(workloads: Vec<Workload>) -> Facts {
        Facts {
            workloads,
            ..Facts::default()
        }
    }

    fn versions(installation: &Installation<'_>) -> Vec<String> {
        installation
            .images
            .iter()
            .map(|image| {
                image
                    .version
                    .as_ref()
                    .map_or("?".into(), |version| version.text.clone())
            })
            .collect()
    }

    #[test]
    fn components_are_one_addon_and_replicas_do_not_matter() {
        let facts = facts(vec![
            workload(
                "DaemonSet",
                "cilium",
                &[
                    "quay.io/cilium/cilium:v1.18.3@sha256:ab",
                    "example.com/sidecar:v1",
                ],
            ),
            workload(
                "Deployment",
                "cilium-operator",
                &["quay.io/cilium/operator-generic:v1.18.3"],
            ),
            workload("Deployment", "app", &["nginx:1.27", "not a reference"]),
        ]);
        let catalogue = Catalogue::load(None, &[]).unwrap();
        let found = detect(&facts, &catalogue, &Search::default());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "cilium");
        assert_eq!(
            found[0].workloads.iter().collect::<Vec<_>>(),
            ["DaemonSet/cilium", "Deployment/cilium-operator"]
        );
        assert_eq!(versions(&found[0]), ["v1.18.3", "v1.18.3"]);
        assert_eq!(
            found[0].first().unwrap().repository,
            "quay.io/cilium/cilium"
        );
    }

    #[test]
    fn a_rollout_in_the_middle_shows_both_versions_with_their_nodes() {
        let mut proxy = workload(
            "DaemonSet",
            "kube-proxy",
            &["registry.k8s.io/kube-proxy:v1.36.3"],
        );
        for (node, tag) in [("a", "v1.36.3"), ("b", "v1.35.1"), ("c", "v1.35.1")] {
            proxy.running.push(Running {
                image: format!("registry.k8s.io/kube-proxy:{tag}"),
                digest: None,
                node: node.into(),
            });
        }
        let facts = facts(vec![proxy]);
        let catalogue = Catalogue::load(None, &[]).unwrap();
        let found = detect(&facts, &catalogue, &Search::default());
        assert_eq!(versions(&found[0]), ["v1.35.1", "v1.36.3"]);
        let nodes: Vec<usize> = found[0]
            .images
            .iter()
            .map(|image| image.nodes.len())
            .collect();
        assert_eq!(nodes, [2, 1]);
    }

    #[test]
    fn a_pinned_image_takes_its_version_from_the_label_or_the_release() {
        let catalogue = Catalogue::load(None, &[]).unwrap();
        let mut labelled = workload(
            "Deployment",
            "cert-manager",
            &["quay.io/jetstack/cert-manager-controller@sha256:ab"],
        );
        let release = ("meta.helm.sh/release-name".to_owned(), "cm".to_owned());
        labelled.annotations.extend([release]);
        let mut facts = facts(vec![labelled.clone()]);
        let from =
            |facts: &Facts| detect(facts, &catalogue, &Search::default())[0].images[0].version_from;
        assert_eq!(from(&facts), None);
        facts.releases = Some(vec![Release {
            namespace: "kube-system".into(),
            name: "cm".into(),
            app_version: Some("v1.19.1".into()),
            ..Release::default()
        }]);
        assert_eq!(from(&facts), Some(VersionFrom::Release));
        facts.workloads[0]
            .labels
            .extend([("app.kubernetes.io/version".to_owned(), "v1.19.1".to_owned())]);
        assert_eq!(from(&facts), Some(VersionFrom::Label));
    }

    #[test]
    fn what_the_catalogue_does_not_know_can_be_tracked() {
        let facts = facts(vec![workload(
            "Deployment",
            "app",
            &[
                "nginx:1.27",
                "127.0.0.1:5000/team/api:1.2.3",
                "quay.io/x/y:1.0.0",
            ],
        )]);
        let catalogue = Catalogue::load(None, &[]).unwrap();
        for (globs, expected) in [
            (&["127.0.0.1:5000/*"][..], &["api"][..]),
            (&["*"], &["api", "nginx", "y"]),
            (&["nginx"], &["nginx"]),
            (&["quay.io/*/y", "*/api"], &["api", "y"]),
            (&["quay.io/*/z", "ngin"], &[]),
        ] {
            let search = Search {
                images: globs.iter().map(|glob| (*glob).to_owned()).collect(),
                ..Search::default()
            };
            let names: Vec<String> = detect(&facts, &catalogue, &search)
                .into_iter()
                .map(|one| one.name)
                .collect();
            assert_eq!(names, expected, "{globs:?}");
        }
        let search = Search {
            images: vec!["*".into()],
            namespace: Some("other".into()),
            ..Search::default()
        };
        assert!(detect(&facts, &catalogue, &search).is_empty());
    }
}
