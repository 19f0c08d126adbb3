//! Which pods would be scheduled if there were more nodes; needs no autoscaler.

use std::collections::{BTreeMap, HashMap, HashSet};

use k8s_openapi::api::core::v1::Node;
use scheduler::NodeId;

use crate::cluster_autoscaler::Cluster;
use crate::daemons;
use crate::placement::{place, waiting};
use crate::report::{Head, NewNode, NodeAddition, PodsLeft, Usage, by_owner};

/// Taints that come and go with a node's state, or mark its deletion: a new node has none of them.
const PASSING_TAINTS: [&str; 4] = [
    "node.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
];

/// A new node like this one.
#[must_use]
pub fn like(node: &Node) -> Node {
    let mut own = node.clone();
    if let Some(spec) = &mut own.spec {
        spec.unschedulable = None;
        if let Some(taints) = &mut spec.taints {
            taints.retain(|taint| {
                !PASSING_TAINTS
                    .iter()
                    .any(|passing| taint.key.starts_with(passing))
            });
        }
    }
    own
}

/// Adds nodes and lets the scheduler's rules put waiting pods on them. The cluster is as before
/// afterwards.
#[must_use]
pub fn add(cluster: &mut Cluster, node: &Node, count: usize, description: String) -> NodeAddition {
    let order = waiting(cluster);
    let mark = cluster.state.mark();
    let anyway: HashSet<u32> = place(cluster, &order)
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    cluster.state.rollback(mark);

    let nodes = put_nodes(cluster, node, count);
    let daemons = put_daemons(cluster, &nodes);
    let placed = place(cluster, &order);
    let mut on_node: HashMap<NodeId, Vec<String>> = HashMap::new();
    let mut helped = Vec::new();
    for &(at, id) in &placed {
        let pod = &cluster.pods[at as usize];
        let namespace = &cluster.shapes.get(pod.shape).namespace;
        on_node
            .entry(id)
            .or_default()
            .push(format!("{namespace}/{}", pod.name));
        if !anyway.contains(&at) {
            helped.push(at);
        }
    }
    let new_nodes = nodes
        .iter()
        .map(|(id, object)| NewNode {
            name: object.metadata.name.clone().unwrap_or_default(),
            daemon_pods: daemons.get(id).cloned().unwrap_or_default(),
            pods: on_node.remove(id).unwrap_or_default(),
            usage: usage(cluster, *id),
        })
        .collect();
    let found: HashSet<u32> = placed.into_iter().map(|(at, _)| at).collect();
    let left: Vec<u32> = order
        .iter()
        .copied()
        .filter(|at| !found.contains(at))
        .collect();
    let pods_left = pods_left(cluster, &left);
    let schedulable = order
        .iter()
        .copied()
        .filter(|at| anyway.contains(at) && found.contains(at));
    let answer = NodeAddition {
        head: Head::new("NodeAddition", cluster),
        like: description,
        new_nodes,
        pods_helped: by_owner(cluster, helped),
        pods_schedulable: by_owner(cluster, schedulable),
        pods_left,
    };
    cluster.state.rollback(mark);
    answer
}

/// Room requested and for pods on a node.
#[must_use]
pub fn usage(cluster: &Cluster, node: NodeId) -> Usage {
    let (used, all) = (cluster.state.used(node), cluster.state.allocatable(node));
    Usage {
        requested_milli_cpu: used.milli_cpu,
        allocatable_milli_cpu: all.milli_cpu,
        requested_memory_bytes: used.memory,
        allocatable_memory_bytes: all.memory,
    }
}

/// Adds the nodes under names that are free.
fn put_nodes(cluster: &mut Cluster, node: &Node, count: usize) -> Vec<(NodeId, Node)> {
    let base = node.metadata.name.clone().unwrap_or_default();
    let mut number = 0;
    (0..count)
        .map(|_| {
            let name = loop {
                number += 1;
                let name = format!("{base}-new-{number}");
                if cluster.state.node(&name).is_none() {
                    break name;
                }
            };
            let mut own = node.clone();
            if let Some(labels) = &mut own.metadata.labels
                && let Some(hostname) = labels.get_mut("kubernetes.io/hostname")
            {
                hostname.clone_from(&name);
            }
            own.metadata.name = Some(name);
            (cluster.state.add_node(&own), own)
        })
        .collect()
}

/// New nodes run the pods of `DaemonSet`s before any other.
fn put_daemons(cluster: &mut Cluster, nodes: &[(NodeId, Node)]) -> BTreeMap<NodeId, Vec<String>> {
    let mut all = BTreeMap::new();
    for (id, node) in nodes {
        let mut names = Vec::new();
        for pod in daemons::pods_for(node, &cluster.daemon_sets) {
            let query = cluster.state.prepare(&pod);
            if cluster.state.first_feasible(&query, [*id]).is_none() {
                continue;
            }
            cluster.state.assign(&query, *id);
            let own = |text: &Option<String>| text.clone().unwrap_or_default();
            let set = pod.metadata.owner_references.iter().flatten().next();
            names.push(format!(
                "{}/{}",
                own(&pod.metadata.namespace),
                set.map(|set| set.name.as_str()).unwrap_or_default()
            ));
        }
        all.insert(*id, names);
    }
    all
}

/// Pods without a node, by owner and by what the scheduler says of them.
#[must_use]
pub fn pods_left(cluster: &mut Cluster, left: &[u32]) -> Vec<PodsLeft> {
    let mut messages: HashMap<(u32, u32), Option<String>> = HashMap::new();
    let mut groups: BTreeMap<Option<String>, Vec<u32>> = BTreeMap::new();
    for &at in left {
        let pod = &cluster.pods[at as usize];
        let Some(waiting) = pod.waiting.as_deref() else {
            continue;
        };
        let kind = (pod.shape, waiting.spec);
        let query = waiting.query.clone();
        let message = messages
            .entry(kind)
            .or_insert_with(|| cluster.state.filter(&query).message())
            .clone();
        groups.entry(message).or_default().push(at);
    }
    let mut all: Vec<PodsLeft> = groups
        .into_iter()
        .flat_map(|(message, pods)| {
            by_owner(cluster, pods)
                .into_iter()
                .map(move |pods| PodsLeft {
                    pods,
                    message: message.clone(),
                    ..PodsLeft::default()
                })
        })
        .collect();
    all.sort_by(|a, b| {
        let key = |own: &PodsLeft| (own.pods.namespace.clone(), own.pods.owner.clone());
        key(a).cmp(&key(b))
    });
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster_autoscaler::Options;
    use crate::shape;

    fn pod(name: &str, owner: &str, spec: serde_json::Value) -> k8s_openapi::api::core::v1::Pod {
        let mut spec = spec;
        spec["containers"] =
            json!([{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]);
        serde_json::from_value(json!({
            "metadata": {"name": name, "namespace": "d",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner, "controller": true}]},
            "spec": spec,
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}}))
        .unwrap()
    }

    fn cluster() -> Cluster {
        let mut cluster = Cluster::new(Options::default(), jiff::Timestamp::UNIX_EPOCH);
        cluster.add_node(shape::parse("cpu=1,memory=4Gi", "old").unwrap());
        cluster.add_daemon_set(
            serde_json::from_value(
                json!({"metadata": {"name": "agent", "namespace": "kube-system"},
                "spec": {"selector": {}, "template": {"spec": {"containers": [
                    {"name": "c", "resources": {"requests": {"cpu": "500m"}}}]}}}}),
            )
            .unwrap(),
        );
        for number in 0..4 {
            cluster.add_pod(&pod(&format!("web-{number}"), "web", json!({})));
        }
        cluster.add_pod(&pod(
            "gpu-0",
            "gpu",
            json!({"nodeSelector": {"gpu": "yes"}}),
        ));
        cluster
    }

    #[test]
    fn new_nodes_help_as_many_pods_as_have_room_beside_daemons() {
        let mut cluster = cluster();
        let node = shape::parse("cpu=2,memory=8Gi", "node").unwrap();
        let answer = add(&mut cluster, &node, 2, "shape".into());
        let helped: Vec<_> = answer
            .pods_helped
            .iter()
            .map(|own| (own.owner.as_str(), own.count))
            .collect();
        // Of two cores half a one is the daemon's, so each new node takes one pod.
        assert_eq!(helped, [("web", 2)]);
        assert_eq!(answer.pods_schedulable[0].count, 1);
        let left: Vec<_> = answer
            .pods_left
            .iter()
            .map(|own| (own.pods.owner.as_str(), own.pods.count))
            .collect();
        assert_eq!(left, [("gpu", 1), ("web", 1)]);
        assert_eq!(
            answer.pods_left[0].message.as_deref(),
            Some("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.")
        );
        assert_eq!(answer.new_nodes[0].daemon_pods, ["kube-system/agent"]);
        assert_eq!(answer.new_nodes[0].usage.requested_milli_cpu, 1500);
        assert_eq!(answer.new_nodes.len(), 2);
        // All is as before.
        assert_eq!(cluster.state.nodes().count(), 1);
        assert_eq!(cluster.state.pod_count(), 0);
    }

    #[test]
    fn a_node_like_another_has_none_of_its_passing_state() {
        let node: Node = serde_json::from_value(json!({
            "metadata": {"name": "n", "labels": {"kubernetes.io/hostname": "n", "gpu": "yes"}},
            "spec": {"unschedulable": true, "taints": [
                {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
                {"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"},
                {"key": "mine", "effect": "PreferNoSchedule"}]},
            "status": {"allocatable": {"cpu": "5", "memory": "8Gi", "pods": "10"}}}))
        .unwrap();
        let own = like(&node);
        let taints = own.spec.clone().unwrap().taints.unwrap();
        assert_eq!(taints.len(), 1);
        let answer = add(&mut cluster(), &own, 1, "n".into());
        let helped: Vec<_> = answer
            .pods_helped
            .iter()
            .map(|own| (own.owner.as_str(), own.count))
            .collect();
        assert_eq!(helped, [("gpu", 1), ("web", 3)]);
        assert_eq!(answer.new_nodes[0].name, "n-new-1");
    }
}
