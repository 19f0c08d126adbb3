//! Who holds a Lease: the pod, its node and its container, as far as they can be known.

use schemars::JsonSchema;
use serde::Serialize;

use crate::identity::{hosts, sanitised};
use crate::lease::{Lease, LeaseKind};

/// The labels by which a pod says which component it is.
pub const COMPONENT_LABELS: [&str; 6] = [
    "app.kubernetes.io/name",
    "app.kubernetes.io/component",
    "k8s-app",
    "component",
    "app",
    "name",
];

/// Endings of lock names that say what they are and not whose.
const LOCK_ENDINGS: [&str; 7] = [
    "-resource-lock",
    "-leader-election",
    "-leader-elect",
    "-leader",
    "-lease",
    "-lock",
    "-election",
];

/// Lock names of the CSI sidecars, and the containers they are run in by convention.
const SIDECARS: [(&str, &str); 4] = [
    ("external-attacher-leader", "csi-attacher"),
    ("external-resizer", "csi-resizer"),
    ("external-snapshotter-leader", "csi-snapshotter"),
    (
        "external-health-monitor-leader",
        "csi-external-health-monitor-controller",
    ),
];

/// The facts of a pod that may hold a Lease.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pod {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub name: String,
    /// The node it was bound to.
    pub node: Option<String>,
    /// Whether its host name is the node's.
    pub host_network: bool,
    /// The names of its containers.
    pub containers: Vec<String>,
    /// The values of its [`COMPONENT_LABELS`].
    pub components: Vec<String>,
}

/// The facts of a node that may hold a Lease.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Node {
    /// The node's name.
    pub name: String,
    /// Its host name, where a label gives it.
    pub hostname: Option<String>,
}

/// The pods and nodes among which holders are looked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Known {
    /// The pods that were read.
    pub pods: Vec<Pod>,
    /// The nodes that were read.
    pub nodes: Vec<Node>,
}

/// A holder, resolved as far as the facts go.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// What the identity names: a pod, a node, a host, or else the identity itself.
    pub name: String,
    /// The node it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The pod it runs in, in the Lease's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// The container it runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
}

/// Resolves the holder of a Lease; `None` where nobody holds it.
#[must_use]
pub fn resolve(lease: &Lease, known: &Known) -> Option<Holder> {
    let identity = lease.holder.as_deref()?;
    match lease.kind() {
        LeaseKind::Node => Some(Holder {
            name: identity.to_owned(),
            node: Some(identity.to_owned()),
            ..Holder::default()
        }),
        LeaseKind::ApiServer => Some(api_server(lease, identity, known)),
        LeaseKind::Election | LeaseKind::Coordinated => Some(elected(lease, identity, known)),
    }
}

fn api_server(lease: &Lease, identity: &str, known: &Known) -> Holder {
    let host = lease.api_server.as_deref().filter(|host| !host.is_empty());
    let Some(host) = host else {
        return unresolved(identity.split('_').next().unwrap_or(identity));
    };
    match known.node(host) {
        Some(node) => on_node(lease, "kube-apiserver", node, known),
        None => unresolved(host),
    }
}

fn elected(lease: &Lease, identity: &str, known: &Known) -> Holder {
    let hosts = hosts(identity);
    for host in &hosts {
        if let Some(pod) = known.pod(&lease.namespace, host.name) {
            return in_pod(pod, &pod.name, container(pod, &lease.name));
        }
        if let Some(node) = known.node(host.name) {
            return on_node(lease, component(&lease.name), node, known);
        }
    }
    let certain = hosts.iter().find(|host| host.certain);
    unresolved(certain.map_or(identity, |host| host.name))
}

fn unresolved(name: &str) -> Holder {
    Holder {
        name: name.to_owned(),
        ..Holder::default()
    }
}

fn in_pod(pod: &Pod, name: &str, container: Option<String>) -> Holder {
    Holder {
        name: name.to_owned(),
        node: pod.node.clone(),
        pod: Some(pod.name.clone()),
        container,
    }
}

/// A holder on the host's network: the one pod on that node that is the component, if it is one.
fn on_node(lease: &Lease, component: &str, node: &Node, known: &Known) -> Holder {
    let mut candidates = known.pods.iter().filter(|pod| {
        pod.host_network
            && pod.namespace == lease.namespace
            && pod.node.as_deref() == Some(&node.name)
            && is_component(pod, component)
    });
    match (candidates.next(), candidates.next()) {
        (Some(pod), None) => in_pod(pod, &node.name, container(pod, component)),
        _ => Holder {
            node: Some(node.name.clone()),
            ..unresolved(&node.name)
        },
    }
}

fn is_component(pod: &Pod, component: &str) -> bool {
    pod.components
        .iter()
        .chain(&pod.containers)
        .any(|name| name == component)
        || pod
            .name
            .strip_prefix(component)
            .is_some_and(|rest| rest.starts_with('-'))
}

/// Whether a pod is the component that a lock is named after.
#[must_use]
pub fn is_component_of(pod: &Pod, lock: &str) -> bool {
    is_component(pod, component(lock))
}

/// The component that a lock's name speaks of.
fn component(lock: &str) -> &str {
    LOCK_ENDINGS
        .iter()
        .find_map(|ending| lock.strip_suffix(ending))
        .unwrap_or(lock)
}

fn container(pod: &Pod, lock: &str) -> Option<String> {
    if let [only] = &pod.containers[..] {
        return Some(only.clone());
    }
    let sidecar = SIDECARS
        .iter()
        .find(|(prefix, _)| lock.starts_with(prefix))
        .map(|(_, container)| *container);
    let wanted = sidecar.unwrap_or(component(lock));
    pod.containers
        .iter()
        .find(|container| *container == wanted)
        .cloned()
}

impl Known {
    /// Adds what was read later; where both know something, the later holds.
    pub fn learn(&mut self, later: Self) {
        for pod in later.pods {
            self.pods
                .retain(|known| (&known.namespace, &known.name) != (&pod.namespace, &pod.name));
            self.pods.push(pod);
        }
        for node in later.nodes {
            self.nodes.retain(|known| known.name != node.name);
            self.nodes.push(node);
        }
    }

    /// The pod with this host name; a host name is cut at 63 characters.
    fn pod(&self, namespace: &str, host: &str) -> Option<&Pod> {
        let matches = |pod: &&Pod| {
            pod.namespace == namespace
                && (pod.name == host
                    || host.len() == 63 && pod.name.starts_with(host)
                    || sanitised(&pod.name) == host)
        };
        self.pods.iter().find(matches)
    }

    fn node(&self, host: &str) -> Option<&Node> {
        let matches = |name: &str| name == host || sanitised(name) == host;
        self.nodes
            .iter()
            .find(|node| matches(&node.name) || node.hostname.as_deref().is_some_and(matches))
    }

    /// Whether a host is among the pods of a namespace or the nodes.
    #[must_use]
    pub fn knows(&self, namespace: &str, host: &str) -> bool {
        self.pod(namespace, host).is_some() || self.node(host).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, node: &str, host_network: bool, containers: &[&str]) -> Pod {
        Pod {
            namespace: "kube-system".into(),
            name: name.into(),
            node: Some(node.into()),
            host_network,
            containers: containers.iter().map(|&name| name.to_owned()).collect(),
            components: Vec::new(),
        }
    }

    fn known() -> Known {
        Known {
            pods: vec![
                pod(
                    "kube-controller-manager-controller-0",
                    "controller-0",
                    true,
                    &["kube-controller-manager"],
                ),
                pod(
                    "kube-scheduler-controller-0",
                    "controller-0",
                    true,
                    &["kube-scheduler"],
                ),
                pod(
                    "kube-apiserver-controller-0",
                    "controller-0",
                    true,
                    &["kube-apiserver"],
                ),
                pod(
                    "cilium-operator-5d8f",
                    "controller-1",
                    true,
                    &["cilium-operator"],
                ),
                pod("cilium-x1", "controller-1", true, &["cilium-agent"]),
                pod("karpenter-7d9f8-abcde", "node-1", false, &["controller"]),
                pod(
                    "ebs-csi-controller-1",
                    "node-2",
                    false,
                    &["ebs-plugin", "csi-attacher", "csi-resizer"],
                ),
                pod(
                    "cert-manager-6f8d7-abcde",
                    "node-2",
                    false,
                    &["cert-manager-controller"],
                ),
                pod(
                    "cluster-autoscaler-6b7-x",
                    "ip-10-0-0-1.ec2.internal",
                    true,
                    &["cluster-autoscaler"],
                ),
            ],
            nodes: [
                "controller-0",
                "controller-1",
                "node-1",
                "ip-10-0-0-1.ec2.internal",
            ]
            .into_iter()
            .map(|name| Node {
                name: name.into(),
                hostname: None,
            })
            .chain([Node {
                name: "uid-77".into(),
                hostname: Some("worker-7".into()),
            }])
            .collect(),
        }
    }

    fn resolved(
        name: &str,
        holder: &str,
    ) -> (String, Option<String>, Option<String>, Option<String>) {
        let lease = Lease {
            namespace: "kube-system".into(),
            name: name.into(),
            holder: Some(holder.into()),
            ..Lease::default()
        };
        let holder = resolve(&lease, &known()).unwrap();
        (holder.name, holder.node, holder.pod, holder.container)
    }

    fn expect(
        name: &str,
        node: &str,
        pod: &str,
        container: &str,
    ) -> (String, Option<String>, Option<String>, Option<String>) {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (
            name.to_owned(),
            filled(node),
            filled(pod),
            filled(container),
        )
    }

    #[test]
    fn every_identity_form_is_resolved() {
        for (lock, identity, expected) in [
            (
                "kube-controller-manager",
                "controller-0_6dc4cb06",
                expect(
                    "controller-0",
                    "controller-0",
                    "kube-controller-manager-controller-0",
                    "kube-controller-manager",
                ),
            ),
            (
                "cilium-operator-resource-lock",
                "controller-1-aB3dE6gH9k",
                expect(
                    "controller-1",
                    "controller-1",
                    "cilium-operator-5d8f",
                    "cilium-operator",
                ),
            ),
            (
                "karpenter-leader-election",
                "karpenter-7d9f8-abcde_0b1c",
                expect(
                    "karpenter-7d9f8-abcde",
                    "node-1",
                    "karpenter-7d9f8-abcde",
                    "controller",
                ),
            ),
            (
                "external-attacher-leader-ebs-csi-aws-com",
                "ebs-csi-controller-1",
                expect(
                    "ebs-csi-controller-1",
                    "node-2",
                    "ebs-csi-controller-1",
                    "csi-attacher",
                ),
            ),
            (
                "ebs-csi-aws-com",
                "ebs-csi-controller-1",
                expect("ebs-csi-controller-1", "node-2", "ebs-csi-controller-1", ""),
            ),
            (
                "cert-manager-controller",
                "cert-manager-6f8d7-abcde-external-cert-manager-controller",
                expect(
                    "cert-manager-6f8d7-abcde",
                    "node-2",
                    "cert-manager-6f8d7-abcde",
                    "cert-manager-controller",
                ),
            ),
            (
                "cluster-autoscaler",
                "ip-10-0-0-1-ec2-internal",
                expect(
                    "ip-10-0-0-1.ec2.internal",
                    "ip-10-0-0-1.ec2.internal",
                    "cluster-autoscaler-6b7-x",
                    "cluster-autoscaler",
                ),
            ),
            (
                "some-lock",
                "worker-7_1",
                expect("uid-77", "uid-77", "", ""),
            ),
            ("some-lock", "gone_1", expect("gone", "", "", "")),
            (
                "some-lock",
                "gone-aB3dE6gH9k",
                expect("gone-aB3dE6gH9k", "", "", ""),
            ),
        ] {
            assert_eq!(resolved(lock, identity), expected, "{lock} {identity}");
        }
    }

    #[test]
    fn two_pods_that_fit_leave_the_pod_unknown() {
        let mut known = known();
        known.pods.push(pod(
            "kube-scheduler-custom",
            "controller-0",
            true,
            &["kube-scheduler"],
        ));
        let lease = Lease {
            namespace: "kube-system".into(),
            name: "kube-scheduler".into(),
            holder: Some("controller-0_1".into()),
            ..Lease::default()
        };
        let holder = resolve(&lease, &known).unwrap();
        assert_eq!(holder.node.as_deref(), Some("controller-0"));
        assert_eq!(holder.pod, None);
    }

    #[test]
    fn heartbeats_and_api_servers_name_their_node() {
        let heartbeat = Lease {
            namespace: "kube-node-lease".into(),
            name: "node-1".into(),
            holder: Some("node-1".into()),
            ..Lease::default()
        };
        assert_eq!(
            resolve(&heartbeat, &Known::default())
                .unwrap()
                .node
                .as_deref(),
            Some("node-1")
        );
        let identity = Lease {
            namespace: "kube-system".into(),
            name: "apiserver-x".into(),
            holder: Some("apiserver-x_1".into()),
            api_server: Some("controller-0".into()),
            ..Lease::default()
        };
        let holder = resolve(&identity, &known()).unwrap();
        assert_eq!(holder.pod.as_deref(), Some("kube-apiserver-controller-0"));
        let holder = resolve(&identity, &Known::default()).unwrap();
        assert_eq!((holder.name.as_str(), holder.node), ("controller-0", None));
        assert_eq!(
            resolve(
                &Lease {
                    holder: None,
                    ..identity
                },
                &known()
            ),
            None
        );
    }
}
