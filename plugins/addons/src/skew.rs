//! The version skew policy: which components may stand how far from the API server.
//!
//! Follows <https://kubernetes.io/releases/version-skew-policy/>, and for `kubectl addons skew`
//! the two other figures of a highly available control plane: the oldest API server bounds what
//! may be new, the newest one what may be old.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::compatibility::{Minor, Verdict};
use crate::facts::Facts;
use crate::image::Reference;
use crate::report::API_VERSION;
use crate::workload::Workload;

/// Where the policy stands.
const POLICY: &str = "https://kubernetes.io/releases/version-skew-policy/";

/// A component that the policy speaks of.
struct Component {
    name: &'static str,
    /// How many minor versions older than the API server it may be.
    older: u64,
}

const API_SERVER: &str = "kube-apiserver";
const KUBELET: Component = Component {
    name: "kubelet",
    older: 3,
};
/// Those that run as pods.
const IN_PODS: [Component; 4] = [
    Component {
        name: "kube-controller-manager",
        older: 1,
    },
    Component {
        name: "kube-scheduler",
        older: 1,
    },
    Component {
        name: "cloud-controller-manager",
        older: 1,
    },
    Component {
        name: "kube-proxy",
        older: 3,
    },
];

/// The answer to `kubectl addons skew`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SkewReport {
    /// The document's version.
    pub api_version: &'static str,
    /// `VersionSkew`.
    pub kind: &'static str,
    /// When it was read.
    pub time: Timestamp,
    /// The version that the API server says.
    pub server_version: Option<String>,
    /// The version of Kubernetes that it is judged for.
    pub kubernetes: Option<Minor>,
    /// The components in their versions.
    pub items: Vec<SkewItem>,
    /// Where the policy stands.
    pub source: &'static str,
    /// Requests that were refused.
    pub unreadable: Vec<String>,
}

/// A component in one version.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SkewItem {
    /// As `kubelet`.
    pub component: String,
    /// As `v1.36.3`.
    pub version: String,
    /// How many of them there are.
    pub instances: usize,
    /// On which nodes.
    pub nodes: BTreeSet<String>,
    /// The oldest minor version that is supported.
    pub oldest: Option<Minor>,
    /// The newest one.
    pub newest: Option<Minor>,
    /// What the policy says.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// The versions of one component, each with the nodes it runs on.
type Versions = BTreeMap<String, Vec<String>>;

/// Compares all components with the API servers, or with the version that is to come.
#[must_use]
pub fn skew(facts: &Facts, target: Option<Minor>) -> SkewReport {
    let mut servers = in_pods(facts, API_SERVER);
    if servers.is_empty()
        && let Some(version) = &facts.server_version
    {
        servers.insert(version.clone(), vec![String::new()]);
    }
    let minors: BTreeSet<Minor> = match target {
        Some(target) => BTreeSet::from([target]),
        None => servers
            .keys()
            .filter_map(|version| version.parse().ok())
            .collect(),
    };
    let range = minors.first().copied().zip(minors.last().copied());
    let kubelets = kubelets(facts);
    let mut items: Vec<SkewItem> = servers
        .into_iter()
        .map(|(version, nodes)| judge_server(version, nodes, range, target))
        .collect();
    for component in &IN_PODS {
        let own = in_pods(facts, component.name).into_iter();
        items.extend(own.map(|(version, nodes)| {
            let item = judge(component, version, nodes, range);
            if component.name == "kube-proxy" {
                beside_kubelet(item, facts)
            } else {
                item
            }
        }));
    }
    items.extend(
        kubelets
            .into_iter()
            .map(|(version, nodes)| judge(&KUBELET, version, nodes, range)),
    );
    SkewReport {
        api_version: API_VERSION,
        kind: "VersionSkew",
        time: facts.now,
        server_version: facts.server_version.clone(),
        kubernetes: target.or(facts.kubernetes()),
        items,
        source: POLICY,
        unreadable: facts.unreadable.iter().cloned().collect(),
    }
}

fn kubelets(facts: &Facts) -> Versions {
    let mut versions = Versions::new();
    for node in &facts.nodes {
        let nodes = versions.entry(node.kubelet.clone()).or_default();
        nodes.push(node.name.clone());
    }
    versions
}

/// The versions of what runs in pods, by the tags of images of that name.
fn in_pods(facts: &Facts, name: &str) -> Versions {
    let mut versions = Versions::new();
    for workload in &facts.workloads {
        for (image, node) in images(workload) {
            let Some(reference) = Reference::parse(image) else {
                continue;
            };
            let last = reference.repository.rsplit('/').next();
            // RKE2 has one image for all components, and the pod's name says which it is.
            let hardened = last == Some("hardened-kubernetes") && workload.name == name;
            let Some(tag) = reference.tag.filter(|_| last == Some(name) || hardened) else {
                continue;
            };
            versions.entry(tag).or_default().push(node.to_owned());
        }
    }
    versions
}

/// Each image that runs, with its node; of a workload without pods what it would run.
fn images(workload: &Workload) -> Vec<(&str, &str)> {
    if workload.running.is_empty() {
        return workload
            .images
            .iter()
            .map(|image| (image.as_str(), ""))
            .collect();
    }
    let running = workload.running.iter();
    running
        .map(|one| (one.image.as_str(), one.node.as_str()))
        .collect()
}

fn judge_server(
    version: String,
    nodes: Vec<String>,
    range: Option<(Minor, Minor)>,
    target: Option<Minor>,
) -> SkewItem {
    let (verdict, reason) = match (version.parse::<Minor>(), range, target) {
        (Ok(own), _, Some(target)) => match own.behind(target) {
            0 => (Verdict::Supported, "it is there already".to_owned()),
            1 => (Verdict::Supported, "one minor version at a time".to_owned()),
            behind if behind > 1 => (
                Verdict::Unsupported,
                format!("it can't skip {} minor versions", behind - 1),
            ),
            _ => (Verdict::Unsupported, "it can't go back".to_owned()),
        },
        (Ok(_), Some((oldest, newest)), None) if oldest.behind(newest) <= 1 => (
            Verdict::Supported,
            "API servers within one minor version".to_owned(),
        ),
        (Ok(_), Some(_), None) => (
            Verdict::Unsupported,
            "API servers must be within one minor version".to_owned(),
        ),
        _ => (Verdict::Unknown, "its version can't be read".to_owned()),
    };
    SkewItem {
        component: API_SERVER.into(),
        oldest: range.map(|(_, newest)| newest.previous()),
        newest: range.map(|(_, newest)| newest),
        ..item(version, nodes, verdict, reason)
    }
}

fn item(version: String, nodes: Vec<String>, verdict: Verdict, reason: String) -> SkewItem {
    SkewItem {
        component: String::new(),
        version,
        instances: nodes.len(),
        nodes: nodes.into_iter().filter(|node| !node.is_empty()).collect(),
        oldest: None,
        newest: None,
        verdict,
        reason,
    }
}

fn judge(
    component: &Component,
    version: String,
    nodes: Vec<String>,
    range: Option<(Minor, Minor)>,
) -> SkewItem {
    let bounds = range.map(|(oldest, newest)| {
        let low = Minor {
            minor: newest.minor.saturating_sub(component.older),
            ..newest
        };
        (low, oldest)
    });
    let own = version.parse::<Minor>();
    let (verdict, reason) = match (own, bounds) {
        (Ok(own), Some((low, _))) if own < low => (
            Verdict::Unsupported,
            format!(
                "more than {} older than the API server",
                minors(component.older)
            ),
        ),
        (Ok(own), Some((_, high))) if own > high => {
            (Verdict::Unsupported, "newer than the API server".to_owned())
        }
        (Ok(_), Some(_)) => (
            Verdict::Supported,
            format!(
                "at most {} older than the API server",
                minors(component.older)
            ),
        ),
        _ => (Verdict::Unknown, "its version can't be read".to_owned()),
    };
    SkewItem {
        component: component.name.into(),
        oldest: bounds.map(|(low, _)| low),
        newest: bounds.map(|(_, high)| high),
        ..item(version, nodes, verdict, reason)
    }
}

fn minors(count: u64) -> String {
    if count == 1 {
        "1 minor version".into()
    } else {
        format!("{count} minor versions")
    }
}

/// kube-proxy also may be at most three minor versions from the kubelet of its node.
fn beside_kubelet(item: SkewItem, facts: &Facts) -> SkewItem {
    let Ok(own) = item.version.parse::<Minor>() else {
        return item;
    };
    let far = facts.nodes.iter().find(|node| {
        let kubelet = node.kubelet.parse::<Minor>();
        item.nodes.contains(&node.name)
            && kubelet.is_ok_and(|kubelet| !(-3..=3).contains(&own.behind(kubelet)))
    });
    match far {
        Some(node) if item.verdict == Verdict::Supported => SkewItem {
            verdict: Verdict::Unsupported,
            reason: format!(
                "more than 3 minor versions from the kubelet of node {}",
                node.name
            ),
            ..item
        },
        _ => item,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Node;
    use crate::workload::Running;

    fn facts(server: &str, kubelets: &[&str], pods: &[(&str, &[&str])]) -> Facts {
        Facts {
            server_version: Some(server.into()),
            nodes: kubelets
                .iter()
                .enumerate()
                .map(|(number, kubelet)| Node {
                    name: format!("n{number}"),
                    kubelet: (*kubelet).to_owned(),
                })
                .collect(),
            workloads: pods
                .iter()
                .map(|(name, tags)| Workload {
                    name: (*name).to_owned(),
                    running: tags
                        .iter()
                        .enumerate()
                        .map(|(number, tag)| Running {
                            image: format!("registry.k8s.io/{name}:{tag}"),
                            digest: None,
                            node: format!("n{number}"),
                        })
                        .collect(),
                    ..Workload::default()
                })
                .collect(),
            ..Facts::default()
        }
    }

    fn verdicts(report: &SkewReport) -> Vec<(String, Verdict)> {
        let items = report.items.iter();
        items
            .map(|item| {
                (
                    format!("{} {} x{}", item.component, item.version, item.instances),
                    item.verdict,
                )
            })
            .collect()
    }

    #[track_caller]
    fn check(facts: &Facts, target: Option<&str>, expected: &[(&str, Verdict)]) {
        let report = skew(facts, target.map(|target| target.parse().unwrap()));
        let expected: Vec<(String, Verdict)> = expected
            .iter()
            .map(|(text, verdict)| ((*text).to_owned(), *verdict))
            .collect();
        assert_eq!(verdicts(&report), expected);
    }

    #[test]
    fn components_are_held_against_the_api_server() {
        use Verdict::{Supported, Unknown, Unsupported};
        check(
            &facts(
                "v1.36.3",
                &["v1.36.3", "v1.33.9", "v1.32.0", "v1.37.0", "new"],
                &[],
            ),
            None,
            &[
                ("kube-apiserver v1.36.3 x1", Supported),
                ("kubelet new x1", Unknown),
                ("kubelet v1.32.0 x1", Unsupported),
                ("kubelet v1.33.9 x1", Supported),
                ("kubelet v1.36.3 x1", Supported),
                ("kubelet v1.37.0 x1", Unsupported),
            ],
        );
        check(
            &facts(
                "v1.36.3",
                &[],
                &[
                    ("kube-apiserver", &["v1.36.3", "v1.35.1"]),
                    ("kube-controller-manager", &["v1.35.1", "v1.36.3"]),
                    ("kube-scheduler", &["v1.34.0"]),
                    ("kube-proxy", &["v1.33.0", "v1.32.0"]),
                ],
            ),
            None,
            &[
                ("kube-apiserver v1.35.1 x1", Supported),
                ("kube-apiserver v1.36.3 x1", Supported),
                ("kube-controller-manager v1.35.1 x1", Supported),
                // Newer than one of the API servers.
                ("kube-controller-manager v1.36.3 x1", Unsupported),
                ("kube-scheduler v1.34.0 x1", Unsupported),
                ("kube-proxy v1.32.0 x1", Unsupported),
                ("kube-proxy v1.33.0 x1", Supported),
            ],
        );
        check(
            &facts(
                "v1.36.3",
                &[],
                &[("kube-apiserver", &["v1.36.3", "v1.34.1"])],
            ),
            None,
            &[
                ("kube-apiserver v1.34.1 x1", Unsupported),
                ("kube-apiserver v1.36.3 x1", Unsupported),
            ],
        );
    }

    #[test]
    fn before_an_upgrade_the_target_counts() {
        use Verdict::{Supported, Unsupported};
        let now = facts("v1.36.3", &["v1.34.0", "v1.33.0"], &[]);
        check(
            &now,
            Some("1.37"),
            &[
                ("kube-apiserver v1.36.3 x1", Supported),
                ("kubelet v1.33.0 x1", Unsupported),
                ("kubelet v1.34.0 x1", Supported),
            ],
        );
        check(
            &facts("v1.36.3", &[], &[]),
            Some("1.38"),
            &[("kube-apiserver v1.36.3 x1", Unsupported)],
        );
    }

    #[test]
    fn kube_proxy_stays_near_the_kubelet_of_its_node() {
        use Verdict::{Supported, Unsupported};
        check(
            &facts("v1.36.3", &["v1.32.0"], &[("kube-proxy", &["v1.36.3"])]),
            None,
            &[
                ("kube-apiserver v1.36.3 x1", Supported),
                ("kube-proxy v1.36.3 x1", Unsupported),
                ("kubelet v1.32.0 x1", Unsupported),
            ],
        );
    }
}
