//! From facts and findings to the report, without a cluster and without upstream.

use super::*;
use crate::catalogue::Catalogue;
use crate::detect::{Search, detect};
use crate::upstream::end_of_life::Branch;
use crate::workload::Workload;

fn facts(images: &[&str]) -> Facts {
    let workloads = images.iter().enumerate().map(|(number, image)| Workload {
        kind: "Deployment".into(),
        namespace: format!("n{number}"),
        name: "main".into(),
        images: BTreeSet::from([(*image).to_owned()]),
        ..Workload::default()
    });
    Facts {
        workloads: workloads.collect(),
        server_version: Some("v1.36.3".into()),
        ..Facts::default()
    }
}

fn fetched<T>(value: T) -> Fetched<T> {
    Fetched {
        value,
        url: "https://example.com/".into(),
        at: Timestamp::UNIX_EPOCH,
        stale: None,
    }
}

fn tags(findings: &mut Findings, repository: &str, tags: &str) {
    let list = tags.split(' ').map(str::to_owned).collect();
    findings.tags.insert(repository.into(), Ok(fetched(list)));
}

fn items(facts: &Facts, findings: &Findings) -> Vec<AddonItem> {
    let catalogue = Catalogue::load(None, &[]).unwrap();
    let search = Search {
        images: vec!["*".into()],
        ..Search::default()
    };
    let found = detect(facts, &catalogue, &search);
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    report(facts, &found, findings, now, facts.kubernetes(), None).items
}

fn reason<'a>(item: &'a AddonItem, fact: &str) -> Option<&'a str> {
    let unknown = item.unknown.iter().find(|unknown| unknown.fact == fact);
    unknown.map(|unknown| unknown.reason.as_str())
}

#[test]
fn a_source_that_failed_leaves_its_cells_unknown_and_says_why() {
    let facts = facts(&[
        "registry.k8s.io/coredns/coredns:v1.13.1",
        "quay.io/cilium/cilium:v1.18.3",
    ]);
    let mut findings = Findings::default();
    tags(
        &mut findings,
        "registry.k8s.io/coredns/coredns",
        "v1.13.1 v1.14.2 v1.15.0",
    );
    findings.tags.insert(
        "quay.io/cilium/cilium".into(),
        Err("quay.io said 502".into()),
    );
    let items = items(&facts, &findings);
    assert_eq!(items[0].fits.as_deref(), Some("v1.14.2"));
    assert_eq!(items[0].latest.as_deref(), Some("v1.15.0"));
    assert_eq!(items[1].installed.as_deref(), Some("v1.18.3"));
    assert_eq!(
        (&items[1].fits, &items[1].latest, &items[1].behind),
        (&None, &None, &None)
    );
    assert_eq!(reason(&items[1], "versions"), Some("quay.io said 502"));
    // The catalogue's own word does not need the registry.
    assert_eq!(items[1].verdict, Verdict::Untested);
}

#[test]
fn nothing_fits_is_not_the_same_as_nobody_knows() {
    let facts = facts(&[
        "registry.k8s.io/ingress-nginx/controller:v1.15.1",
        "quay.io/cilium/cilium:v1.18.3",
        "ghcr.io/flannel-io/flannel:v0.27.0",
    ]);
    let mut findings = Findings::default();
    tags(
        &mut findings,
        "registry.k8s.io/ingress-nginx/controller",
        "v1.14.0 v1.15.1",
    );
    tags(
        &mut findings,
        "quay.io/cilium/cilium",
        "v1.18.3 v1.18.14 v1.99.0",
    );
    tags(
        &mut findings,
        "ghcr.io/flannel-io/flannel",
        "v0.27.0 v0.27.4",
    );
    let items = items(&facts, &findings);
    let reasons: Vec<Option<&str>> = items.iter().map(|item| reason(item, "fits")).collect();
    assert_eq!(
        reasons,
        [
            Some("no version is known to support Kubernetes 1.36"),
            Some("the catalogue does not know the branch 1.99"),
            Some("the catalogue has no rule for it"),
        ]
    );
    let behind: Vec<Option<(&str, &str)>> = items
        .iter()
        .map(|item| {
            item.behind
                .as_ref()
                .map(|behind| (behind.against, behind.level))
        })
        .collect();
    assert_eq!(
        behind,
        [None, Some(("latest", "minor")), Some(("latest", "patch"))]
    );
}

#[test]
fn what_is_current_and_maintained_needs_no_attention() {
    let facts = facts(&["quay.io/jetstack/cert-manager-controller:v1.21.1"]);
    let mut findings = Findings::default();
    let repository = "quay.io/jetstack/cert-manager-controller";
    tags(
        &mut findings,
        repository,
        "v1.20.3 v1.21.1 v1.22.0-rc.1 608111629",
    );
    let branch = |eol: &str| Branch {
        name: "1.21".into(),
        eol_from: Some(eol.parse().unwrap()),
        ..Branch::default()
    };
    findings.branches.insert(
        "cert-manager".into(),
        Ok(fetched(vec![branch("2026-11-25")])),
    );
    let current = items(&facts, &findings).remove(0);
    assert_eq!(current.verdict, Verdict::Supported);
    assert_eq!(current.fits.as_deref(), Some("v1.21.1"));
    assert!(!current.needs_attention());
    // The day on which a branch ends is no longer a day on which it is maintained.
    findings.branches.insert(
        "cert-manager".into(),
        Ok(fetched(vec![branch("2026-11-24")])),
    );
    let ended = items(&facts, &findings).remove(0);
    assert!(ended.eol.as_ref().is_some_and(|eol| eol.ended) && ended.needs_attention());
}

#[test]
fn images_without_a_version_are_told_from_old_ones() {
    let facts = facts(&[
        "quay.io/team/api:latest",
        "quay.io/team/api",
        "quay.io/team/api@sha256:ab",
        "quay.io/team/api:4f5e6d7",
    ]);
    let mut findings = Findings::default();
    tags(
        &mut findings,
        "quay.io/team/api",
        "1.2.3 1.3.0 1.3.0-alpine",
    );
    let key = ("quay.io/team/api".to_owned(), "sha256:ab".to_owned());
    findings
        .digests
        .insert(key.clone(), Err("none has it".into()));
    let unknown = items(&facts, &findings);
    let reasons: Vec<Option<&str>> = unknown
        .iter()
        .map(|item| reason(item, "installed"))
        .collect();
    assert_eq!(
        reasons,
        [
            Some("the tag \"latest\" is no version"),
            Some("the image has no tag, and no label names the version"),
            Some("it is pinned by digest: none has it"),
            Some("the tag \"4f5e6d7\" is no version"),
        ]
    );
    for item in &unknown {
        assert_eq!(
            (item.latest.as_deref(), &item.behind),
            (Some("1.3.0"), &None)
        );
    }
    findings.digests.insert(key, Ok("1.2.3".into()));
    let known = &items(&facts, &findings)[2];
    assert_eq!(
        (known.installed.as_deref(), known.installed_from),
        (Some("1.2.3"), Some(VersionFrom::Digest))
    );
}

#[test]
fn rows_are_sorted_ascending_with_unknown_last() {
    use crate::cli::SortBy;
    let facts = facts(&[
        "registry.k8s.io/coredns/coredns:v1.13.1",
        "quay.io/cilium/cilium:v1.18.3",
        "ghcr.io/flannel-io/flannel:v0.27.0",
    ]);
    let mut findings = Findings::default();
    for (repository, published) in [
        ("registry.k8s.io/coredns/coredns", "v1.13.1 v1.14.2"),
        ("ghcr.io/flannel-io/flannel", "v0.27.0 v0.27.4"),
    ] {
        tags(&mut findings, repository, published);
    }
    let mut items = items(&facts, &findings);
    let mut sorted = |by| {
        crate::sort::sort(&mut items, by);
        let names = items.iter().map(|item| item.name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(sorted(SortBy::Name), ["cilium", "coredns", "flannel"]);
    assert_eq!(sorted(SortBy::Behind), ["flannel", "coredns", "cilium"]);
    assert_eq!(sorted(SortBy::Cves), sorted(SortBy::Eol));
}
