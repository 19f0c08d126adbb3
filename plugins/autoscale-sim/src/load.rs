//! Load that is not there yet: manifests, more replicas, lost nodes. Each becomes pods that wait,
//! and a sentence that says what is assumed.

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::Pod;

use crate::cluster_autoscaler::pod::Stage;
use crate::daemons;
use crate::facts::Facts;
use crate::placement::best_node;
use crate::workload::{Manifest, Priorities, Workload, complete};

/// `--scale [NAMESPACE/]KIND/NAME=REPLICAS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Another namespace than the usual one.
    pub namespace: Option<String>,
    /// As in `Deployment`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// How many there should be.
    pub replicas: i64,
}

/// Kinds that can be scaled, and kubectl's words for them.
const KINDS: [(&str, &[&str]); 5] = [
    (
        "Deployment",
        &[
            "deployment",
            "deployments",
            "deploy",
            "deployment.apps",
            "deployments.apps",
        ],
    ),
    (
        "StatefulSet",
        &[
            "statefulset",
            "statefulsets",
            "sts",
            "statefulset.apps",
            "statefulsets.apps",
        ],
    ),
    (
        "ReplicaSet",
        &[
            "replicaset",
            "replicasets",
            "rs",
            "replicaset.apps",
            "replicasets.apps",
        ],
    ),
    (
        "ReplicationController",
        &["replicationcontroller", "replicationcontrollers", "rc"],
    ),
    ("Job", &["job", "jobs", "job.batch", "jobs.batch"]),
];

impl Scale {
    /// Reads `deploy/web=50` or `shop/deploy/web=50`.
    ///
    /// # Errors
    /// A sentence when it is of another form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{text}\" is not of the form [NAMESPACE/]KIND/NAME=REPLICAS, as deploy/web=50"
            )
        };
        let (object, replicas) = text.split_once('=').ok_or_else(wrong)?;
        let replicas = replicas
            .parse()
            .ok()
            .filter(|count| *count >= 0)
            .ok_or_else(wrong)?;
        let parts: Vec<&str> = object.split('/').collect();
        let (namespace, kind, name) = match parts[..] {
            [kind, name] => (None, kind, name),
            [namespace, kind, name] => (Some(namespace.to_owned()), kind, name),
            _ => return Err(wrong()),
        };
        let kind = kind.to_lowercase();
        let known = KINDS
            .iter()
            .find(|(_, words)| words.contains(&kind.as_str()));
        let (kind, _) = known.ok_or_else(|| {
            format!("\"{kind}\" can't be scaled: Deployments, StatefulSets, ReplicaSets, ReplicationControllers and Jobs can")
        })?;
        Ok(Self {
            namespace,
            kind: (*kind).to_owned(),
            name: name.to_owned(),
            replicas,
        })
    }
}

/// All load that is assumed.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Objects of manifests.
    pub manifests: Vec<Manifest>,
    /// Workloads to scale.
    pub scale: Vec<Scale>,
    /// All HPAs at their maximum.
    pub hpa_max: bool,
    /// Nodes that are gone.
    pub removed_nodes: Vec<String>,
}

impl Load {
    /// Whether anything is assumed that concerns workloads.
    #[must_use]
    pub fn has_workloads(&self) -> bool {
        !self.manifests.is_empty() || !self.scale.is_empty() || self.hpa_max
    }
}

/// Adds the load to what was read; returns what is assumed by it.
///
/// # Errors
/// When something is to be scaled or removed that does not exist.
pub fn apply(load: &Load, namespace: &str, facts: &mut Facts) -> Result<Vec<String>, String> {
    let mut said = Vec::new();
    remove_nodes(load, facts, &mut said)?;
    for scale in &load.scale {
        let namespace = scale.namespace.as_deref().unwrap_or(namespace);
        scale_to(
            facts,
            &scale.kind,
            namespace,
            &scale.name,
            scale.replicas,
            &mut said,
        )?;
    }
    if load.hpa_max {
        raise_hpas(facts, &mut said);
    }
    add_manifests(&load.manifests, facts, &mut said);
    Ok(said)
}

fn remove_nodes(load: &Load, facts: &mut Facts, said: &mut Vec<String>) -> Result<(), String> {
    if let Some(name) = load
        .removed_nodes
        .iter()
        .find(|name| !facts.removed.contains(*name))
    {
        return Err(format!("there is no node \"{name}\" to remove"));
    }
    let (mut moved, mut lost) = (0_usize, 0_usize);
    for mut pod in std::mem::take(&mut facts.displaced) {
        let phase = pod
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        let is_over = matches!(phase, Some("Succeeded" | "Failed"));
        if is_over || ends_with_its_node(&pod) {
            continue;
        }
        if pod
            .metadata
            .owner_references
            .iter()
            .flatten()
            .all(|owner| owner.controller != Some(true))
        {
            lost += 1;
            continue;
        }
        moved += 1;
        complete(&mut pod, &facts.priorities, facts.cluster.now);
        facts.cluster.add_pod(&pod);
    }
    if !load.removed_nodes.is_empty() {
        let names: Vec<&str> = load.removed_nodes.iter().map(String::as_str).collect();
        let lost = match lost {
            0 => String::new(),
            _ => format!("; {lost} pods without a controller are lost"),
        };
        said.push(format!(
            "{} gone, and not replaced by its group; {moved} pods of it are created anew{lost}",
            crate::node_groups::listed(&names)
        ));
    }
    Ok(())
}

/// Pods of `DaemonSet`s and the kubelet's own are not created anew elsewhere.
fn ends_with_its_node(pod: &Pod) -> bool {
    let annotations = pod.metadata.annotations.as_ref();
    let is_mirror = annotations.is_some_and(|all| all.contains_key("kubernetes.io/config.mirror"));
    let owners = pod.metadata.owner_references.iter().flatten();
    is_mirror || owners.into_iter().any(|owner| owner.kind == "DaemonSet")
}

/// The workload that owns the pods, with the template that its pods really have.
fn owner_of_pods(facts: &Facts, kind: &str, namespace: &str, name: &str) -> Option<Workload> {
    let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
    let own = facts.workloads.get(&key)?;
    let newest = facts
        .revisions
        .iter()
        .filter(|revision| revision.deployment == own.uid && kind == "Deployment")
        .max_by_key(|revision| revision.number);
    let mut owner = newest.map_or(own, |revision| &revision.workload).clone();
    owner.replicas = own.replicas;
    if let Some(sample) = facts.samples.get(&owner.uid) {
        // Admission may have changed what the template says.
        owner.template.spec.clone_from(&sample.spec);
        let meta = owner.template.metadata.get_or_insert_default();
        meta.labels.clone_from(&sample.metadata.labels);
        meta.annotations.clone_from(&sample.metadata.annotations);
    }
    Some(owner)
}

/// Pods that the owner has, as numbers in the cluster's pods.
fn pods_of(facts: &Facts, uid: &str) -> Vec<usize> {
    let cluster = &facts.cluster;
    let pods = cluster.pods.iter().enumerate();
    pods.filter(|(_, pod)| {
        let owner = &cluster.shapes.get(pod.shape).owner;
        pod.deleted.is_none() && owner.as_ref().is_some_and(|owner| owner.uid == uid)
    })
    .map(|(at, _)| at)
    .collect()
}

fn scale_to(
    facts: &mut Facts,
    kind: &str,
    namespace: &str,
    name: &str,
    replicas: i64,
    said: &mut Vec<String>,
) -> Result<(), String> {
    let owner = owner_of_pods(facts, kind, namespace, name)
        .ok_or_else(|| format!("there is no {kind} \"{name}\" in namespace \"{namespace}\""))?;
    let present = pods_of(facts, &owner.uid);
    let count = i64::try_from(present.len()).unwrap_or(i64::MAX);
    if replicas >= count {
        add_pods(facts, &owner, count..replicas);
        said.push(format!(
            "{kind} {namespace}/{name} has {replicas} pods, {} more than now",
            replicas - count
        ));
    } else {
        let surplus = usize::try_from(count - replicas).unwrap_or(0);
        remove_pods(facts, present, surplus);
        said.push(format!(
            "{kind} {namespace}/{name} has {replicas} pods, {surplus} fewer than now: first those that wait, then the youngest go"
        ));
    }
    Ok(())
}

fn add_pods(facts: &mut Facts, owner: &Workload, ordinals: std::ops::Range<i64>) {
    let (pods, claims) = owner.pods(ordinals, &facts.priorities, facts.cluster.now);
    for claim in &claims {
        facts.cluster.state.add_persistent_volume_claim(claim);
    }
    for pod in &pods {
        facts.cluster.add_pod(pod);
    }
}

fn remove_pods(facts: &mut Facts, mut present: Vec<usize>, surplus: usize) {
    let pods = &facts.cluster.pods;
    present.sort_by_key(|&at| {
        let pod = &pods[at];
        (
            pod.stage == Stage::Scheduled,
            std::cmp::Reverse(pod.created),
        )
    });
    let mut going: Vec<usize> = present.into_iter().take(surplus).collect();
    going.sort_unstable();
    for at in going.into_iter().rev() {
        let pod = facts.cluster.pods.remove(at);
        if let Some(id) = pod.placed {
            facts.cluster.state.remove_pod(id);
        }
    }
}

fn raise_hpas(facts: &mut Facts, said: &mut Vec<String>) {
    let targets = facts.scale_targets.clone();
    if targets.is_empty() {
        said.push("every HPA is at its maximum: there is none".to_owned());
    }
    for target in targets {
        let raised = scale_to(
            facts,
            &target.kind,
            &target.namespace,
            &target.name,
            target.max_replicas,
            said,
        );
        if let Err(why) = raised {
            said.push(format!(
                "HPA {}/{} is left out: {why}",
                target.namespace, target.hpa
            ));
        }
    }
}

fn add_manifests(manifests: &[Manifest], facts: &mut Facts, said: &mut Vec<String>) {
    // Classes and claims first: the pods of the same file may need them.
    for manifest in manifests {
        match manifest {
            Manifest::PriorityClass(class) => facts.priorities.add(class),
            Manifest::Claim(claim) => facts.cluster.state.add_persistent_volume_claim(claim),
            _ => {}
        }
    }
    let mut others: Vec<&str> = Vec::new();
    for manifest in manifests {
        match manifest {
            Manifest::Workload(own) => add_workload(own, facts, said),
            Manifest::DaemonSet(own) => add_daemon_set(own, facts, said),
            Manifest::Pod(own) => {
                let mut pod = (**own).clone();
                note_unknown_class(&pod, &facts.priorities, said);
                complete(&mut pod, &facts.priorities, facts.cluster.now);
                facts.cluster.add_pod(&pod);
                said.push(format!(
                    "Pod {}/{} is created",
                    own.metadata.namespace.as_deref().unwrap_or_default(),
                    own.metadata.name.as_deref().unwrap_or_default()
                ));
            }
            Manifest::Other(kind) => others.push(kind),
            Manifest::PriorityClass(_) | Manifest::Claim(_) => {}
        }
    }
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        said.push(format!(
            "{} in the manifests make no pods",
            others.join(", ")
        ));
    }
    if manifests
        .iter()
        .any(|own| !matches!(own, Manifest::Other(_)))
    {
        said.push(
            "pods of manifests are as written: what admission webhooks and LimitRanges would change is unknown"
                .to_owned(),
        );
    }
}

fn add_workload(own: &Workload, facts: &mut Facts, said: &mut Vec<String>) {
    let kind = if own.kind == "ReplicaSet" && own.uid.starts_with("not-applied-") {
        "Deployment"
    } else {
        own.kind.as_str()
    };
    let present = [kind, own.kind.as_str()]
        .into_iter()
        .find_map(|kind| owner_of_pods(facts, kind, &own.namespace, &own.name));
    let replaced = present.map_or(0, |present| {
        let pods = pods_of(facts, &present.uid);
        let count = pods.len();
        remove_pods(facts, pods, count);
        count
    });
    let (pods, _) = own.pods(0..1, &facts.priorities, facts.cluster.now);
    if let Some(pod) = pods.first() {
        note_unknown_class(pod, &facts.priorities, said);
    }
    add_pods(facts, own, 0..own.replicas);
    let replaced = match replaced {
        0 => String::new(),
        count => format!(", which replace its {count} pods of now"),
    };
    said.push(format!(
        "{} {}/{} is applied: {} pods{replaced}",
        own.kind, own.namespace, own.name, own.replicas
    ));
}

fn note_unknown_class(pod: &Pod, priorities: &Priorities, said: &mut Vec<String>) {
    let spec = pod.spec.as_ref();
    let class = spec.and_then(|spec| spec.priority_class_name.as_deref());
    if let Some(class) = class.filter(|class| !class.is_empty() && !priorities.knows(class)) {
        said.push(format!(
            "there is no PriorityClass \"{class}\": the pods count with the default priority"
        ));
    }
}

/// A pod on each node that it is meant for, where it fits; and on new nodes.
fn add_daemon_set(own: &DaemonSet, facts: &mut Facts, said: &mut Vec<String>) {
    let (mut here, mut full) = (0_usize, 0_usize);
    let sets = [own.clone()];
    for at in 0..facts.cluster.nodes.len() {
        let node = &facts.cluster.nodes[at];
        let id = node.id;
        for mut pod in daemons::pods_for(&node.object, &sets) {
            complete(&mut pod, &facts.priorities, facts.cluster.now);
            pin(&mut pod, facts.cluster.nodes[at].name());
            let query = facts.cluster.state.prepare(&pod);
            if best_node(&mut facts.cluster.state, &query) == Some(id) {
                if let Some(spec) = &mut pod.spec {
                    spec.node_name = Some(facts.cluster.nodes[at].name().to_owned());
                }
                facts.cluster.add_pod(&pod);
                here += 1;
            } else {
                facts.cluster.add_pod(&pod);
                full += 1;
            }
        }
    }
    facts.cluster.add_daemon_set(own.clone());
    let full = match full {
        0 => String::new(),
        _ => format!(", and finds no room on {full} more"),
    };
    said.push(format!(
        "DaemonSet {}/{} is applied: it runs on {here} nodes{full}",
        own.metadata.namespace.as_deref().unwrap_or_default(),
        own.metadata.name.as_deref().unwrap_or_default()
    ));
}

/// The controller ties each pod to its node by name.
fn pin(pod: &mut Pod, node: &str) {
    use k8s_openapi::api::core::v1::{NodeSelector, NodeSelectorRequirement, NodeSelectorTerm};
    let by_name = NodeSelectorTerm {
        match_fields: Some(vec![NodeSelectorRequirement {
            key: "metadata.name".to_owned(),
            operator: "In".to_owned(),
            values: Some(vec![node.to_owned()]),
        }]),
        match_expressions: None,
    };
    let spec = pod.spec.get_or_insert_default();
    let affinity = spec.affinity.get_or_insert_default();
    let own = affinity.node_affinity.get_or_insert_default();
    own.required_during_scheduling_ignored_during_execution = Some(NodeSelector {
        node_selector_terms: vec![by_name],
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_is_read_as_kubectl_names_things() {
        let own = Scale::parse("deploy/web=50").unwrap();
        assert_eq!(
            (own.kind.as_str(), own.name.as_str(), own.replicas),
            ("Deployment", "web", 50)
        );
        let own = Scale::parse("shop/sts/db=0").unwrap();
        assert_eq!(
            (own.namespace.as_deref(), own.kind.as_str()),
            (Some("shop"), "StatefulSet")
        );
        for (text, expected) in [
            ("web=3", "is not of the form"),
            ("deploy/web", "is not of the form"),
            ("deploy/web=-1", "is not of the form"),
            ("ds/web=3", "\"ds\" can't be scaled"),
        ] {
            let error = Scale::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
