//! Which nodes may be asked to go, and in which order.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/processors/nodes/pre_filtering_processor.go`
//! and `cluster-autoscaler/processors/scaledowncandidates/` (`emptycandidates`, then
//! `previouscandidates`). Upstream sorts unstably; here the order among equals is that of the list,
//! which is left to chance.

use crate::cluster_autoscaler::cluster::Cluster;

use super::drainability::Verdict;
use super::facts::{Facts, NodeEntry};

/// The candidates among these nodes, sorted: empty ones first, then those that were unneeded in
/// the loop before.
pub(super) fn of(
    cluster: &Cluster,
    facts: &Facts,
    nodes: &[u32],
    was_unneeded: &[bool],
    now: i64,
) -> Vec<u32> {
    let mut all: Vec<(Emptiness, bool, u32)> = (nodes.iter())
        .filter(|&&node| may_go(cluster, &facts.nodes[node as usize]))
        .map(|&node| {
            let own = &facts.nodes[node as usize];
            (
                emptiness(cluster, facts, own, now),
                !was_unneeded[node as usize],
                node,
            )
        })
        .collect();
    all.sort_by_key(|&(emptiness, is_new, _)| (emptiness, is_new));
    all.into_iter().map(|(_, _, node)| node).collect()
}

/// Whether the node's group may become smaller.
pub(super) fn may_go(cluster: &Cluster, node: &NodeEntry) -> bool {
    let group = node.group.map(|group| &cluster.groups[group as usize]);
    node.is_seen && group.is_some_and(|group| group.target > group.min)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Emptiness {
    /// No pod is to be moved.
    Empty,
    /// None either, but the end of one is waited for.
    Awaits,
    Occupied,
}

fn emptiness(cluster: &Cluster, facts: &Facts, node: &NodeEntry, now: i64) -> Emptiness {
    let mut found = Emptiness::Empty;
    for &pod in &node.pods {
        let own = &cluster.pods[pod as usize];
        let rules = &facts.shapes[own.shape as usize];
        match rules.verdict_alone(own, now, &cluster.options) {
            Verdict::Stay => {}
            Verdict::Await => found = Emptiness::Awaits,
            Verdict::Move | Verdict::MoveInBudget | Verdict::Block(_) => {
                return Emptiness::Occupied;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::facts::Facts;
    use super::super::testing::{cluster, group, node, pod};
    use super::of;
    use crate::cluster_autoscaler::loop_state::LoopState;
    use serde_json::json;

    #[test]
    fn order_and_who_is_left_out() {
        let mut all = cluster(&[]);
        group(
            &mut all,
            "a",
            0,
            &["full", "awaits", "was", "empty", "starts"],
        );
        group(&mut all, "at-min", 1, &["only"]);
        node(&mut all, "unmanaged", json!({}));
        pod(&mut all, "full", "p1", 100, json!({}));
        pod(&mut all, "was", "p2", 100, json!({}));
        let waits = json!({"metadata": {"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "on-completion"}}});
        pod(&mut all, "awaits", "p3", 100, waits);
        // Without a look at controllers, a pod of a missing DaemonSet leaves its node empty.
        let agent = json!({"metadata": {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "gone", "uid": "u", "controller": true}]}});
        pod(&mut all, "empty", "p4", 100, agent);
        let situation = LoopState {
            not_started: vec![4],
            ..LoopState::default()
        };
        let facts = Facts::new(&all, &situation);
        let was = [false, false, true, false, false, false, false];
        let list: Vec<u32> = (0..7).collect();
        let found = of(&all, &facts, &list, &was, all.now_seconds());
        let names: Vec<&str> = found
            .iter()
            .map(|&own| all.nodes[own as usize].name())
            .collect();
        assert_eq!(names, ["empty", "awaits", "was", "full"]);
    }
}
