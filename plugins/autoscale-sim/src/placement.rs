//! What kube-scheduler would do with pods that wait: one way it can go.
//!
//! Follows kubernetes `pkg/scheduler` (the order of the queue; the best-scored node wins). Where
//! nodes score alike the scheduler picks at random, and here the first is taken.

use std::cmp::Reverse;
use std::collections::HashSet;

use scheduler::{NodeId, PodQuery, State};

use crate::cluster_autoscaler::Cluster;

/// So many fitting nodes are compared by score; the scheduler too stops looking at some number.
const MOST_SCORED: usize = 100;

/// Pods that wait for a node, as numbers in [`Cluster::pods`], in the scheduler's order.
#[must_use]
pub fn waiting(cluster: &Cluster) -> Vec<u32> {
    let mut all: Vec<u32> = (0_u32..)
        .zip(&cluster.pods)
        .filter(|(_, pod)| pod.waiting.is_some())
        .map(|(at, _)| at)
        .collect();
    all.sort_by_key(|&at| {
        let pod = &cluster.pods[at as usize];
        let priority = cluster.shapes.get(pod.shape).priority.unwrap_or(0);
        (Reverse(priority), pod.created, at)
    });
    all
}

/// Puts pods on nodes, in this order; what is left is tried again as long as others find a place,
/// for a pod may need another's company. Preemption is left out.
pub fn place(cluster: &mut Cluster, order: &[u32]) -> Vec<(u32, NodeId)> {
    let mut placed = Vec::new();
    let mut left: Vec<(u32, (u32, u32), PodQuery)> = order
        .iter()
        .filter_map(|&at| {
            let pod = &cluster.pods[at as usize];
            let waiting = pod.waiting.as_deref()?;
            Some((at, (pod.shape, waiting.spec), waiting.query.clone()))
        })
        .collect();
    loop {
        let before = placed.len();
        // Pods of one kind fail alike until another kind has been put somewhere.
        let mut failed: HashSet<(u32, u32)> = HashSet::new();
        left.retain(|(at, kind, query)| {
            if failed.contains(kind) {
                return true;
            }
            let Some(node) = best_node(&mut cluster.state, query) else {
                failed.insert(*kind);
                return true;
            };
            cluster.state.assign(query, node);
            placed.push((*at, node));
            false
        });
        if left.is_empty() || placed.len() == before {
            return placed;
        }
    }
}

/// The node that the scheduler would pick.
pub fn best_node(state: &mut State, query: &PodQuery) -> Option<NodeId> {
    let fitting: Vec<NodeId> = state.feasible(query).take(MOST_SCORED).collect();
    match fitting[..] {
        [] => None,
        [only] => Some(only),
        _ => state.score(query, &fitting).best.first().copied(),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Node, Pod};
    use serde_json::json;

    use super::*;
    use crate::cluster_autoscaler::Options;

    fn node(name: &str, cpu: &str) -> Node {
        serde_json::from_value(
            json!({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}}),
        )
        .unwrap()
    }

    fn pod(name: &str, cpu: &str, priority: i32, with: Option<&str>) -> Pod {
        let affinity = with.map(|app| json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"}]}}));
        serde_json::from_value(json!({
            "metadata": {"name": name, "namespace": "d", "labels": {"app": name}},
            "spec": {"priority": priority, "affinity": affinity,
                     "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}}))
        .unwrap()
    }

    fn placed(nodes: &[Node], pods: &[Pod]) -> Vec<String> {
        let mut cluster = Cluster::new(Options::default(), jiff::Timestamp::UNIX_EPOCH);
        for node in nodes {
            cluster.add_node(node.clone());
        }
        for pod in pods {
            cluster.add_pod(pod);
        }
        let order = waiting(&cluster);
        place(&mut cluster, &order)
            .into_iter()
            .map(|(at, node)| {
                let name = cluster.state.node_name(node).unwrap();
                format!("{} {name}", cluster.pods[at as usize].name)
            })
            .collect()
    }

    #[test]
    fn higher_priority_comes_first_and_free_nodes_score_better() {
        let nodes = [node("a", "2"), node("b", "4")];
        assert_eq!(
            placed(
                &nodes,
                &[pod("low", "3", 0, None), pod("high", "3", 5, None)]
            ),
            ["high b"]
        );
        assert_eq!(
            placed(&nodes, &[pod("x", "1", 0, None), pod("y", "1", 0, None)]),
            ["x b", "y b"]
        );
    }

    #[test]
    fn a_pod_waits_for_its_company() {
        let nodes = [node("a", "4")];
        let pods = [
            pod("follower", "1", 9, Some("leader")),
            pod("leader", "1", 0, None),
        ];
        assert_eq!(placed(&nodes, &pods), ["leader a", "follower a"]);
        assert!(placed(&nodes, &pods[..1]).is_empty());
    }
}
