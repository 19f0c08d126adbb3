//! Pods, as scheduling looks at them.
//!
//! Follows upstream's `pkg/scheduling/requirements.go`, `hostportusage.go` and
//! `pkg/utils/pod/scheduling.go`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

use k8s_openapi::api::core::v1::{
    Affinity, NodeSelectorTerm, Pod, PodAffinityTerm, Toleration, TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::jiff::Timestamp;

use super::amounts::Amounts;
use super::go_sort;
use super::names::{Key, Names};
use super::requirement::{Requirement, Requirements};
use super::selector::{Labels, Selector};

/// A port of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostPort {
    address: Option<IpAddr>,
    port: i32,
    protocol: String,
}

impl HostPort {
    /// Whether only one of two pods can have its port.
    pub(super) fn clashes(&self, other: &Self) -> bool {
        let is_any = |own: &Self| own.address.is_some_and(|own| own.is_unspecified());
        self.protocol == other.protocol
            && self.port == other.port
            && (self.address == other.address || is_any(self) || is_any(other))
    }
}

pub(super) fn host_ports(pod: &Pod) -> Vec<HostPort> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let ports = containers.flat_map(|own| own.ports.iter().flatten());
    ports
        .filter_map(|own| {
            let port = own.host_port.filter(|port| *port != 0)?;
            let address = own.host_ip.as_deref().filter(|own| !own.is_empty());
            Some(HostPort {
                address: address.unwrap_or("0.0.0.0").parse().ok(),
                port,
                // The API server writes TCP where a manifest says nothing.
                protocol: own.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
            })
        })
        .collect()
}

/// A term about other pods.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) key: Key,
    pub(super) namespaces: Rc<BTreeSet<String>>,
    pub(super) selector: Rc<Selector>,
}

/// A rule to spread pods.
#[derive(Debug)]
pub(super) struct Spread {
    pub(super) key: Key,
    pub(super) max_skew: i64,
    pub(super) min_domains: Option<i64>,
    pub(super) is_soft: bool,
    /// Whether nodes with taints that the pod does not tolerate are left out.
    pub(super) honors_taints: bool,
    /// Whether nodes that the pod does not select are left out.
    pub(super) honors_affinity: bool,
    pub(super) selector: Rc<Selector>,
}

/// All of a pod's wishes; those that are not musts go one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    pub(super) node_selector: Requirements,
    /// One of these must hold; the first is tried.
    pub(super) required: Option<Vec<Rc<Requirements>>>,
    pub(super) preferred: Vec<(i32, Rc<Requirements>)>,
    pub(super) affinity: Vec<Rc<Term>>,
    pub(super) preferred_affinity: Vec<(i32, Rc<Term>)>,
    pub(super) anti_affinity: Vec<Rc<Term>>,
    pub(super) preferred_anti_affinity: Vec<(i32, Rc<Term>)>,
    pub(super) spreads: Vec<Rc<Spread>>,
    pub(super) tolerations: Vec<Toleration>,
}

impl Wishes {
    /// What must hold: the first of the terms, without preferences.
    pub(super) fn strict(&self) -> Requirements {
        let mut all = self.node_selector.clone();
        if let Some(first) = self.required.iter().flatten().next() {
            all.add_all(first);
        }
        all
    }

    /// What is tried first: the heaviest preference is a must.
    pub(super) fn hopeful(&mut self) -> Requirements {
        if self.preferred.is_empty() {
            return self.strict();
        }
        go_sort::sort(&mut self.preferred, |one, other| one.0 > other.0);
        let mut all = self.node_selector.clone();
        all.add_all(&self.preferred[0].1);
        if let Some(first) = self.required.iter().flatten().next() {
            all.add_all(first);
        }
        all
    }
}

/// What is kept of every pod.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "states that do not exclude each other"
)]
pub(super) struct PodFacts {
    /// Namespace and name, with a slash.
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) uid: String,
    pub(super) created: Option<Timestamp>,
    pub(super) labels: Labels,
    pub(super) requests: Amounts,
    pub(super) ports: Vec<HostPort>,
    pub(super) node: Option<String>,
    pub(super) is_over: bool,
    pub(super) is_ending: bool,
    pub(super) is_daemon: bool,
    pub(super) tolerations: Vec<Toleration>,
    /// Its required anti-affinity.
    pub(super) anti_affinity: Vec<Rc<Term>>,
    pub(super) claims_devices: bool,
}

/// The namespaces that selectors choose from.
#[derive(Debug, Default)]
pub(super) struct Namespaces(pub(super) Vec<(String, Labels)>);

impl PodFacts {
    pub(super) fn read(pod: &Pod, namespaces: &Namespaces, names: &mut Names) -> Self {
        let meta = &pod.metadata;
        let namespace = namespace_of(meta);
        let name = meta.name.clone().unwrap_or_default();
        let affinity = pod.spec.as_ref().and_then(|own| own.affinity.as_ref());
        let anti = affinity.and_then(|own| own.pod_anti_affinity.as_ref());
        let required = anti
            .and_then(|own| {
                own.required_during_scheduling_ignored_during_execution
                    .as_deref()
            })
            .unwrap_or_default();
        Self {
            anti_affinity: required
                .iter()
                .map(|own| Rc::new(term(own, &namespace, namespaces, names)))
                .collect(),
            name: format!("{namespace}/{name}"),
            uid: meta
                .uid
                .clone()
                .unwrap_or_else(|| format!("{namespace}/{name}")),
            namespace,
            created: meta.creation_timestamp.as_ref().map(|own| own.0),
            labels: Labels::read(meta.labels.as_ref(), names),
            requests: Amounts::of_pod(pod, names),
            ports: host_ports(pod),
            node: node_of(pod),
            is_over: matches!(phase(pod), "Succeeded" | "Failed"),
            is_ending: meta.deletion_timestamp.is_some(),
            is_daemon: is_owned_by(meta, "apps/v1", "DaemonSet"),
            claims_devices: claims_devices(pod),
            tolerations: (pod.spec.as_ref())
                .and_then(|own| own.tolerations.clone())
                .unwrap_or_default(),
        }
    }
}

/// The namespace; where there is none, the default one.
pub(super) fn namespace_of(meta: &ObjectMeta) -> String {
    let own = meta.namespace.clone().filter(|own| !own.is_empty());
    own.unwrap_or_else(|| "default".to_owned())
}

/// The node that the pod has.
pub(super) fn node_of(pod: &Pod) -> Option<String> {
    let node = pod.spec.as_ref()?.node_name.clone();
    node.filter(|node| !node.is_empty())
}

fn phase(pod: &Pod) -> &str {
    let status = pod.status.as_ref();
    status
        .and_then(|own| own.phase.as_deref())
        .unwrap_or_default()
}

/// Whether one of the owners is of the kind.
pub(super) fn is_owned_by(meta: &ObjectMeta, version: &str, kind: &str) -> bool {
    let mut owners = meta.owner_references.iter().flatten();
    owners.any(|own| own.api_version == version && own.kind == kind)
}

fn claims_devices(pod: &Pod) -> bool {
    let Some(spec) = &pod.spec else {
        return false;
    };
    let mut containers = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten());
    spec.resource_claims
        .as_ref()
        .is_some_and(|own| !own.is_empty())
        || containers.any(|own| {
            let claims = own.resources.as_ref().and_then(|own| own.claims.as_ref());
            claims.is_some_and(|own| !own.is_empty())
        })
}

/// Whether the scheduler has found no node for the pod, and new nodes may help it.
pub(super) fn is_provisionable(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let mut conditions = status
        .iter()
        .flat_map(|own| own.conditions.iter().flatten());
    let failed = conditions
        .any(|own| own.type_ == "PodScheduled" && own.reason.as_deref() == Some("Unschedulable"));
    let nominated = status.and_then(|own| own.nominated_node_name.as_deref());
    failed
        && node_of(pod).is_none()
        && nominated.unwrap_or_default().is_empty()
        && !is_owned_by(&pod.metadata, "apps/v1", "DaemonSet")
        && !is_owned_by(&pod.metadata, "v1", "Node")
}

/// Reads the wishes of a pod, or of a `DaemonSet`'s template.
pub(super) fn wishes(pod: &Pod, namespaces: &Namespaces, names: &mut Names) -> Wishes {
    let Some(spec) = &pod.spec else {
        return Wishes::default();
    };
    let own = namespace_of(&pod.metadata);
    let mut all = Wishes {
        node_selector: Requirements::of_labels(spec.node_selector.iter().flatten(), names),
        tolerations: spec.tolerations.clone().unwrap_or_default(),
        ..Wishes::default()
    };
    for constraint in spec.topology_spread_constraints.iter().flatten() {
        let spread = spread(constraint, &pod.metadata, names);
        all.spreads.push(Rc::new(spread));
    }
    if let Some(affinity) = &spec.affinity {
        read_affinity(affinity, &own, namespaces, names, &mut all);
    }
    all
}

fn read_affinity(
    affinity: &Affinity,
    own: &str,
    namespaces: &Namespaces,
    names: &mut Names,
    all: &mut Wishes,
) {
    if let Some(node) = &affinity.node_affinity {
        if let Some(required) = &node.required_during_scheduling_ignored_during_execution {
            let terms = required.node_selector_terms.iter();
            all.required = Some(terms.map(|term| Rc::new(node_term(term, names))).collect());
        }
        let preferred = &node.preferred_during_scheduling_ignored_during_execution;
        for one in preferred.iter().flatten() {
            let term = Rc::new(node_term(&one.preference, names));
            all.preferred.push((one.weight, term));
        }
    }
    let mut read = |one: &PodAffinityTerm| Rc::new(term(one, own, namespaces, names));
    if let Some(pods) = &affinity.pod_affinity {
        let required = &pods.required_during_scheduling_ignored_during_execution;
        all.affinity = required.iter().flatten().map(&mut read).collect();
        let preferred = &pods.preferred_during_scheduling_ignored_during_execution;
        for one in preferred.iter().flatten() {
            let term = read(&one.pod_affinity_term);
            all.preferred_affinity.push((one.weight, term));
        }
    }
    if let Some(pods) = &affinity.pod_anti_affinity {
        let required = &pods.required_during_scheduling_ignored_during_execution;
        all.anti_affinity = required.iter().flatten().map(&mut read).collect();
        let preferred = &pods.preferred_during_scheduling_ignored_during_execution;
        for one in preferred.iter().flatten() {
            let term = read(&one.pod_affinity_term);
            all.preferred_anti_affinity.push((one.weight, term));
        }
    }
}

/// The requirements of a term; fields are none of them.
pub(super) fn node_term(term: &NodeSelectorTerm, names: &mut Names) -> Requirements {
    let mut all = Requirements::default();
    for own in term.match_expressions.iter().flatten() {
        let key = names.key(&own.key);
        let values = own.values.as_deref().unwrap_or_default();
        let own = Requirement::read(key, &own.operator, values, None, names);
        all.add(Rc::new(own));
    }
    all
}

fn spread(constraint: &TopologySpreadConstraint, meta: &ObjectMeta, names: &mut Names) -> Spread {
    let labels = meta.labels.as_ref();
    let keys = constraint.match_label_keys.iter().flatten();
    let extra: Vec<(String, String)> = keys
        .filter_map(|key| Some((key.clone(), labels?.get(key)?.clone())))
        .collect();
    let honors =
        |policy: Option<&String>, default: &str| policy.map_or(default, String::as_str) == "Honor";
    Spread {
        key: names.value(&constraint.topology_key).id,
        max_skew: i64::from(constraint.max_skew),
        min_domains: constraint.min_domains.map(i64::from),
        is_soft: constraint.when_unsatisfiable == "ScheduleAnyway",
        honors_taints: honors(constraint.node_taints_policy.as_ref(), "Ignore"),
        honors_affinity: honors(constraint.node_affinity_policy.as_ref(), "Honor"),
        selector: Rc::new(Selector::read(
            constraint.label_selector.as_ref(),
            &extra,
            names,
        )),
    }
}

fn term(term: &PodAffinityTerm, own: &str, namespaces: &Namespaces, names: &mut Names) -> Term {
    let listed = term.namespaces.as_deref().unwrap_or_default();
    let mut chosen: BTreeSet<String> = listed.iter().cloned().collect();
    match &term.namespace_selector {
        Some(selector) => {
            let selector = Selector::read(Some(selector), &[], names);
            let all = namespaces.0.iter();
            chosen.extend(
                all.filter(|(_, labels)| selector.selects(labels))
                    .map(|(name, _)| name.clone()),
            );
        }
        None if chosen.is_empty() => {
            chosen.insert(own.to_owned());
        }
        None => {}
    }
    Term {
        key: names.value(&term.topology_key).id,
        namespaces: Rc::new(chosen),
        selector: Rc::new(Selector::read(term.label_selector.as_ref(), &[], names)),
    }
}
