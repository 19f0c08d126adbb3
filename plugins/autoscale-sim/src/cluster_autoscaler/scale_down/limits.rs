//! How many nodes may go: the sizes of groups, the least cores and memory of the cluster, and how
//! many may go at once.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/core/scaledown/unneeded/nodes.go`
//! (`verifyMinSize`), `cluster-autoscaler/resourcequotas/` and
//! `cluster-autoscaler/core/scaledown/budgets/budgets.go`.

use std::collections::HashMap;

use crate::cluster_autoscaler::cluster::Cluster;

use super::facts::{Facts, NodeEntry};
use super::reason::Reason;

const GIB: i64 = 1 << 30;

/// What may still go in a loop.
#[derive(Debug)]
pub(super) struct Limits {
    /// Sizes of the groups.
    sizes: Vec<i64>,
    /// How much may go of each limited resource.
    left: Vec<i64>,
    resources: HashMap<Option<u32>, Vec<i64>>,
    gpu_types: Vec<String>,
}

impl Limits {
    /// What may go of these nodes, in the order in which upstream comes to them: it takes all nodes
    /// of a group for like the first.
    pub(super) fn new(cluster: &Cluster, facts: &Facts, nodes: &[u32]) -> Self {
        let options = &cluster.options;
        let mut least = vec![
            options.cores_total.0,
            options.memory_total.0.saturating_mul(GIB),
        ];
        least.extend(options.gpu_total.iter().map(|&(_, least, _)| least));
        let mut limits = Self {
            sizes: cluster.groups.iter().map(|group| group.target).collect(),
            left: Vec::new(),
            resources: HashMap::new(),
            gpu_types: options.gpu_total.iter().map(|own| own.0.clone()).collect(),
        };
        // Without a least amount, all may go.
        if least.iter().any(|&least| least > 0) {
            limits.left = vec![0; least.len()];
            for &node in nodes {
                let node = &facts.nodes[node as usize];
                if !node.is_virtual {
                    let own = limits.counted(node);
                    limits
                        .left
                        .iter_mut()
                        .zip(own)
                        .for_each(|(left, own)| *left += own);
                }
            }
            for (left, least) in limits.left.iter_mut().zip(least) {
                *left = (*left - least).max(0);
            }
        }
        limits
    }

    fn counted(&mut self, node: &NodeEntry) -> Vec<i64> {
        let read = || {
            let mut own = node.capacity.to_vec();
            own.extend(self.gpu_types.iter().map(|kind| match &node.gpu_type {
                Some((own, count)) if own == kind => *count,
                _ => 0,
            }));
            own
        };
        if node.group.is_none() {
            return read();
        }
        if let Some(known) = self.resources.get(&node.group) {
            return known.clone();
        }
        let own = read();
        self.resources.insert(node.group, own.clone());
        own
    }

    /// Lets a node go, or says why not.
    pub(super) fn take(&mut self, cluster: &Cluster, node: &NodeEntry) -> Result<(), Reason> {
        let Some(group) = node.group else {
            return Ok(());
        };
        let at = group as usize;
        if self.sizes[at] <= cluster.groups[at].min {
            return Err(Reason::NodeGroupMinSizeReached);
        }
        if !self.left.is_empty() {
            let own = self.counted(node);
            let mut both = self.left.iter().zip(&own);
            if both.any(|(&left, &own)| own > 0 && left < own) {
                return Err(Reason::MinimalResourceLimitExceeded);
            }
            self.left
                .iter_mut()
                .zip(own)
                .for_each(|(left, own)| *left -= own);
        }
        self.sizes[at] -= 1;
        Ok(())
    }
}

/// As many of the nodes as may go at once: upstream goes through them by group.
pub(super) fn crop(facts: &Facts, nodes: &[u32], most: i64) -> Vec<u32> {
    let mut groups: Vec<(Option<u32>, Vec<u32>)> = Vec::new();
    let mut at: HashMap<Option<u32>, usize> = HashMap::new();
    for &node in nodes {
        let group = facts.nodes[node as usize].group;
        let at = *at.entry(group).or_insert(groups.len());
        if at == groups.len() {
            groups.push((group, Vec::new()));
        }
        groups[at].1.push(node);
    }
    let all = groups.into_iter().flat_map(|(_, nodes)| nodes);
    all.take(usize::try_from(most).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::facts::Facts;
    use super::super::testing::{cluster, group, node};
    use super::{Limits, crop};
    use crate::cluster_autoscaler::loop_state::LoopState;
    use crate::cluster_autoscaler::scale_down::reason::Reason;
    use serde_json::json;

    #[test]
    fn how_many_may_go() {
        let size = Reason::NodeGroupMinSizeReached;
        let resources = Reason::MinimalResourceLimitExceeded;
        let none: &[(&str, &str)] = &[];
        for (about, flags, min, want) in [
            ("to nothing", none, 0, [None, None, None]),
            ("to the least size", none, 1, [None, None, Some(size)]),
            // 3 nodes of 4 cores, and one of 8 outside all groups.
            (
                "to the least cores",
                &[("cores-total", "12:99")],
                0,
                [None, None, Some(resources)],
            ),
            (
                "the least cores just hold",
                &[("cores-total", "8:99")],
                0,
                [None, None, None],
            ),
            (
                "fewer cores than must be",
                &[("cores-total", "99:99")],
                0,
                [Some(resources); 3],
            ),
            (
                "to the least memory",
                &[("memory-total", "32:999")],
                0,
                [None, Some(resources), Some(resources)],
            ),
            (
                "to the least GPUs",
                &[("gpu-total", "t4:3:9")],
                0,
                [None, Some(resources), Some(resources)],
            ),
            (
                "GPUs of another type",
                &[("gpu-total", "v100:3:9")],
                0,
                [None, None, None],
            ),
        ] {
            let mut all = cluster(flags);
            group(&mut all, "a", min, &[]);
            for name in ["a1", "a2", "a3"] {
                let gpus = json!({"metadata": {"labels": {"cloud.google.com/gke-accelerator": "t4"}}, "status": {"allocatable": {"nvidia.com/gpu": "2"}}});
                node(&mut all, name, gpus);
                all.groups[0].nodes.push(name.to_owned());
            }
            all.groups[0].target = 3;
            node(
                &mut all,
                "big",
                json!({"status": {"capacity": {"cpu": "8", "memory": "0"}}}),
            );
            let virtual_node = json!({"metadata": {"labels": {"type": "virtual-kubelet"}}});
            node(&mut all, "virtual", virtual_node);
            let facts = Facts::new(&all, &LoopState::default());
            let mut limits = Limits::new(&all, &facts, &[0, 1, 2, 3, 4]);
            let found = [0, 1, 2].map(|own| limits.take(&all, &facts.nodes[own]).err());
            assert_eq!(found, want, "{about}");
        }
    }

    #[test]
    fn nodes_go_by_group() {
        let mut all = cluster(&[]);
        group(&mut all, "a", 0, &["a0", "a1", "a2"]);
        group(&mut all, "b", 0, &["b3", "b4"]);
        let facts = Facts::new(&all, &LoopState::default());
        for (most, want) in [
            (9, vec![3, 4, 0, 2]),
            (3, vec![3, 4, 0]),
            (1, vec![3]),
            (0, vec![]),
            (-1, vec![]),
        ] {
            assert_eq!(crop(&facts, &[3, 0, 4, 2], most), want, "{most}");
        }
    }
}
