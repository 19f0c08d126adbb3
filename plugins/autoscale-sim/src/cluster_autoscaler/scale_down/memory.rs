//! What the autoscaler remembers from one loop to the next.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/core/scaledown/unneeded/nodes.go`,
//! `cluster-autoscaler/core/scaledown/unremovable/nodes.go`,
//! `cluster-autoscaler/simulator/scheduling/hints.go` and
//! `cluster-autoscaler/core/scaledown/planner/planner.go` (`unneededNodesLimit`).

use std::collections::BTreeMap;

use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::options::Options;
use crate::cluster_autoscaler::taints;

use super::reason::Reason;

/// Times are in seconds since 1970, nodes and pods are numbers in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Memory {
    /// Unneeded nodes and since when, in the order in which the last loop came to them.
    pub(super) unneeded: Vec<(u32, i64)>,
    /// Nodes that could not go, and until when they are not asked again.
    pub(super) unremovable_until: BTreeMap<u32, i64>,
    pub(super) hints: Hints,
    /// Where in the list of nodes the last place for a pod was found; the next search begins after
    /// it.
    pub(super) cursor: usize,
    last_loop: Option<i64>,
    shortest_interval: Option<i64>,
}

/// Where pods were put before, and are tried first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hints {
    current: BTreeMap<u32, u32>,
    old: BTreeMap<u32, u32>,
}

impl Hints {
    pub(super) fn get(&self, pod: u32) -> Option<u32> {
        self.current
            .get(&pod)
            .or_else(|| self.old.get(&pod))
            .copied()
    }

    pub(super) fn set(&mut self, pod: u32, node: u32) {
        self.current.insert(pod, node);
    }

    /// Forgets what was not used since the last time this was called.
    pub(super) fn drop_old(&mut self) {
        self.old = std::mem::take(&mut self.current);
    }
}

impl Memory {
    /// What a running autoscaler remembers, as far as its marks on nodes tell; a new process
    /// remembers nothing.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let mut own = Self::default();
        if !cluster.first_loop {
            let marked = (0..).zip(&cluster.nodes);
            own.unneeded = marked
                .filter_map(|(at, node)| Some((at, taints::unneeded_since(&node.object)?)))
                .collect();
        }
        own
    }

    /// Begins a loop.
    pub(super) fn begin(&mut self, now: i64) {
        if let Some(last) = self.last_loop {
            let interval = now - last;
            let shortest = self.shortest_interval.get_or_insert(interval);
            *shortest = interval.min(*shortest);
        }
        self.last_loop = Some(now);
        self.unremovable_until.retain(|_, until| *until > now);
    }

    /// With so many unneeded nodes found, no more are looked for.
    pub(super) fn unneeded_limit(&self, options: &Options) -> usize {
        let unneeded_time = options.scale_down_unneeded_time.as_secs();
        let parallelism = options.max_scale_down_parallelism.max(0);
        let shortest = self.shortest_interval.unwrap_or(i64::MAX);
        let interval = shortest.min(unneeded_time).max(1);
        let loops = unneeded_time.max(interval) / interval;
        let most = parallelism
            .saturating_mul(loops)
            .saturating_add(parallelism);
        let known = i64::try_from(self.unneeded.len()).unwrap_or(i64::MAX);
        let limit = known.saturating_add(parallelism.saturating_mul(2));
        usize::try_from(limit.min(most)).unwrap_or(0)
    }

    /// Takes over what this loop found unneeded; known ones keep their time.
    pub(super) fn update_unneeded(&mut self, found: impl Iterator<Item = u32>, now: i64) {
        let known: BTreeMap<u32, i64> = std::mem::take(&mut self.unneeded).into_iter().collect();
        self.unneeded = found
            .map(|node| (node, known.get(&node).copied().unwrap_or(now)))
            .collect();
    }
}

/// Why a node that is unneeded since then must wait.
pub(super) fn waits(options: &Options, is_ready: bool, since: i64, now: i64) -> Option<Reason> {
    let (time, reason) = if is_ready {
        (
            options.scale_down_unneeded_time,
            Reason::NotUnneededLongEnough,
        )
    } else {
        (
            options.scale_down_unready_time,
            Reason::NotUnreadyLongEnough,
        )
    };
    let seconds = time.as_secs();
    (seconds > 0 && since.saturating_add(seconds) >= now).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::{Hints, Memory, waits};
    use crate::cluster_autoscaler::options::Options;
    use crate::cluster_autoscaler::scale_down::reason::Reason;

    #[test]
    fn the_limit_grows_with_the_loops() {
        let options = Options::default();
        let mut memory = Memory::default();
        memory.begin(0);
        assert_eq!(memory.unneeded_limit(&options), 20);
        memory.update_unneeded(0..20, 0);
        memory.begin(10);
        assert_eq!(memory.unneeded_limit(&options), 40);
        memory.update_unneeded(0..600, 10);
        // Not more than can go: 10 in each of 60 loops, and 10.
        assert_eq!(memory.unneeded_limit(&options), 610);
        memory.begin(20);
        assert_eq!(memory.unneeded_limit(&options), 610);
        let mut slow = Memory::default();
        slow.begin(0);
        slow.update_unneeded(0..20, 0);
        slow.begin(1200);
        assert_eq!(slow.unneeded_limit(&options), 20);
    }

    #[test]
    fn nodes_stay_unneeded_since_the_first_time() {
        let mut memory = Memory::default();
        memory.update_unneeded([3, 1].into_iter(), 0);
        memory.update_unneeded([1, 2].into_iter(), 10);
        assert_eq!(memory.unneeded, [(1, 0), (2, 10)]);
        memory.update_unneeded([3].into_iter(), 20);
        assert_eq!(memory.unneeded, [(3, 20)]);
    }

    #[test]
    fn how_long_nodes_wait() {
        let mut options = Options::default();
        let (unneeded, unready) = (Reason::NotUnneededLongEnough, Reason::NotUnreadyLongEnough);
        for (is_ready, now, want) in [
            (true, 600, Some(unneeded)),
            (true, 601, None),
            (false, 601, Some(unready)),
            (false, 1201, None),
        ] {
            assert_eq!(waits(&options, is_ready, 0, now), want, "{is_ready} {now}");
        }
        options.set("scale-down-unneeded-time", "0").unwrap();
        assert_eq!(waits(&options, true, 0, 0), None);
    }

    #[test]
    fn hints_are_forgotten_when_unused() {
        let mut hints = Hints::default();
        hints.set(1, 7);
        hints.drop_old();
        assert_eq!(hints.get(1), Some(7));
        hints.drop_old();
        assert_eq!(hints.get(1), None);
    }
}
