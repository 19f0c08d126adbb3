//! How many new nodes of one group help how many pods.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/estimator/binpacking_estimator.go`,
//! `decreasing_pod_orderer.go`, `threshold_based_limiter.go` and the thresholds beside it.
//!
//! Pods come in groups of equals, the largest first. Those that fit are put on any of the new
//! nodes, which are in no certain order, until the first does not fit; the rest only on the last
//! new node, or on one more. How long the real one may take (`--max-binpacking-time`,
//! `--max-nodegroup-binpacking-duration`) is not part of this.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use scheduler::{NodeId, Plugin, State};

use super::explore::Simulation;
use super::filter_out_schedulable::Queries;
use super::kinds::Kinds;
use super::template::Template;

const NO_MATCH: &str = "node(s) didn't match pod topology spread constraints";

/// Equal pods, as upstream groups them: so many of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodGroup {
    /// The kind.
    pub kind: u32,
    /// How many.
    pub count: u32,
}

/// What stays the same during an estimation.
pub struct Plan<'a> {
    /// The needs of all pods of a kind, by kind.
    pub queries: &'a Queries,
    /// The kinds.
    pub kinds: &'a Kinds,
    /// By kind: how many pods were put on nodes that exist.
    pub placed: &'a [u32],
    /// The new node.
    pub template: &'a Template,
    /// By kind: nodes that exist or come, and may have room for a pod. Only of kinds that spread over
    /// host names; others stay on new nodes.
    pub nodes: &'a [Vec<NodeId>],
    /// The pod groups that fit on an empty new node, in order.
    pub groups: Vec<PodGroup>,
    /// The most nodes; below 0 is none at all, and `None` no limit.
    pub limit: Option<i64>,
    /// Whether every pod simply goes to the first node that takes it.
    pub first_fit: bool,
}

/// Sorts the groups as upstream does: by their share of a new node, largest first. Upstream's sort
/// keeps the order of equals while there are few groups.
pub fn order(groups: &mut [PodGroup], kinds: &Kinds, template: &Template) {
    let all = (0_u32..).take(kinds.facts.len());
    let scores: Vec<f64> = all.map(|kind| score(kinds, kind, template)).collect();
    let of = |group: &PodGroup| scores[group.kind as usize];
    groups.sort_by(|a, b| of(b).total_cmp(&of(a)));
}

/// The share of a new node that one pod of the kind takes: of its CPU, plus of its memory.
#[expect(clippy::cast_precision_loss, reason = "as upstream divides")]
pub fn score(kinds: &Kinds, kind: u32, template: &Template) -> f64 {
    let facts = &kinds.facts[kind as usize];
    let (cpu, memory) = template.allocatable();
    let share = |part: i64, of: i64| if of > 0 { part as f64 / of as f64 } else { 0.0 };
    share(facts.milli_cpu, cpu) + share(facts.memory, memory)
}

/// The least of several limits, as upstream combines them: 0 is none, and below 0 wins.
pub fn least_limit(limits: [i64; 3]) -> Option<i64> {
    let mut least = 0;
    for limit in limits {
        if least < 0 || limit < 0 {
            least = -1;
        } else if limit > 0 && (least == 0 || least > limit) {
            least = limit;
        }
    }
    (least != 0).then_some(least)
}

/// A new node.
#[derive(Clone, Debug)]
struct Bin {
    id: NodeId,
    /// How many pods of which kinds are on it, in the order in which they came.
    pods: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    OldBins,
    LastBin,
}

/// An estimation under way.
#[derive(Clone)]
pub struct Estimation<'a> {
    plan: &'a Plan<'a>,
    at: usize,
    left: u32,
    phase: Phase,
    /// Of whose pods the two lists are.
    lists_of: Option<u32>,
    /// Bins that may still take a pod of that kind.
    open: Vec<NodeId>,
    /// The same of all nodes but the last bin, if they were looked at.
    elsewhere_open: Option<Vec<NodeId>>,
    bins: Vec<Bin>,
    more_bins: bool,
    /// Nodes that were there before and got a pod.
    elsewhere: Vec<(NodeId, u32)>,
    /// By kind.
    pub scheduled: Vec<u32>,
    options: Vec<NodeId>,
}

impl<'a> Estimation<'a> {
    /// Before the first pod.
    pub fn new(plan: &'a Plan<'a>) -> Self {
        Self {
            plan,
            at: 0,
            left: plan.groups.first().map_or(0, |group| group.count),
            phase: Phase::OldBins,
            lists_of: None,
            open: Vec::new(),
            elsewhere_open: None,
            bins: Vec::new(),
            more_bins: true,
            elsewhere: Vec::new(),
            scheduled: vec![0; plan.kinds.facts.len()],
            options: Vec::new(),
        }
    }

    /// How many nodes have pods; upstream counts nodes that exist if they got some.
    pub fn node_count(&self) -> i64 {
        let mut others: Vec<NodeId> = self.elsewhere.iter().map(|&(node, _)| node).collect();
        others.sort_unstable();
        others.dedup();
        let bins = self.bins.iter().filter(|bin| !bin.pods.is_empty()).count();
        i64::try_from(bins + others.len()).unwrap_or(i64::MAX)
    }

    fn next_group(&mut self) {
        self.at += 1;
        self.left = self.plan.groups.get(self.at).map_or(0, |group| group.count);
        self.phase = Phase::OldBins;
    }

    /// Pods of one kind that come one after the other close the same bins.
    fn refresh_lists(&mut self) {
        let kind = self.plan.groups[self.at].kind;
        if self.lists_of != Some(kind) {
            self.lists_of = Some(kind);
            self.open = self.bins.iter().map(|bin| bin.id).collect();
            self.elsewhere_open = None;
        }
    }

    /// Bins have ascending numbers.
    fn bin_at(&self, node: NodeId) -> Option<usize> {
        self.bins.binary_search_by_key(&node, |bin| bin.id).ok()
    }

    fn put(&mut self, state: &mut State, node: NodeId) {
        let kind = self.plan.groups[self.at].kind;
        let of = kind as usize;
        let pod = self.plan.placed[of] + self.scheduled[of];
        self.scheduled[of] += 1;
        self.left -= 1;
        state.assign(&self.plan.queries[of][pod as usize], node);
        match self.bin_at(node) {
            Some(at) => match self.bins[at].pods.last_mut() {
                Some((last, count)) if *last == kind => *count += 1,
                _ => self.bins[at].pods.push((kind, 1)),
            },
            None => self.elsewhere.push((node, kind)),
        }
    }

    /// The bins that would take a pod of the group; of like ones just the first.
    fn open_bins(&mut self, state: &mut State) {
        self.refresh_lists();
        let query = &self.plan.kinds.facts[self.plan.groups[self.at].kind as usize].query;
        self.options.clear();
        let first = state.first_fit(query, &mut self.open);
        if self.plan.first_fit || first.is_none() {
            self.options.extend(first);
            return;
        }
        let fits = state.check_all(query, self.open.iter().copied());
        self.offer(fits);
    }

    /// Of like nodes the first is as good as all.
    fn offer(&mut self, fits: Vec<NodeId>) {
        let mut seen: Vec<Vec<(u32, u32)>> = Vec::new();
        for id in fits {
            if let Some(at) = self.bin_at(id) {
                let contents = contents(&self.bins[at]);
                if seen.contains(&contents) {
                    continue;
                }
                seen.push(contents);
            }
            self.options.push(id);
        }
    }

    /// True if the choice is to be made; else the simulation goes on.
    fn old_bins(&mut self, state: &mut State) -> bool {
        if self.left == 0 {
            self.next_group();
            return false;
        }
        self.open_bins(state);
        match self.options.len() {
            0 if self.more_bins => self.phase = Phase::LastBin,
            0 => self.next_group(),
            1 => self.put(state, self.options[0]),
            _ => return true,
        }
        false
    }

    fn last_bin(&mut self, state: &mut State) -> bool {
        if self.left == 0 {
            self.next_group();
            return false;
        }
        let facts = &self.plan.kinds.facts[self.plan.groups[self.at].kind as usize];
        if let Some(last) = self.bins.last() {
            let last = last.id;
            if self.put_all(state, last) {
                return false;
            }
            if facts.spreads_over_hosts {
                let status = state.check(&facts.query, last);
                let spread = status.plugin == Some(Plugin::PodTopologySpread)
                    && status.reasons.iter().any(|reason| reason == NO_MATCH);
                if spread {
                    self.open_elsewhere(state, last);
                    match self.options.len() {
                        0 => {}
                        1 => {
                            self.put(state, self.options[0]);
                            return false;
                        }
                        _ => return true,
                    }
                }
            }
            if self.bins.last().is_some_and(|bin| bin.pods.is_empty()) {
                self.next_group();
                return false;
            }
        }
        self.add_bin(state);
        false
    }

    /// Puts as many pods of the group on the node as it takes; false if it takes none. Those that
    /// look around are put one by one.
    fn put_all(&mut self, state: &mut State, node: NodeId) -> bool {
        let facts = &self.plan.kinds.facts[self.plan.groups[self.at].kind as usize];
        let room = if facts.looks_around {
            state.check_all(&facts.query, [node]).len()
        } else {
            state.room_for(&facts.query, node)
        };
        for _ in 0..room.min(self.left as usize) {
            self.put(state, node);
        }
        room > 0
    }

    fn open_elsewhere(&mut self, state: &mut State, last: NodeId) {
        self.refresh_lists();
        let kind = self.plan.groups[self.at].kind as usize;
        let query = &self.plan.kinds.facts[kind].query;
        self.options.clear();
        let all = self.elsewhere_open.get_or_insert_with(|| {
            let bins = self.bins.iter().map(|bin| bin.id).filter(|&id| id != last);
            bins.chain(self.plan.nodes[kind].iter().copied()).collect()
        });
        let first = state.first_fit(query, all);
        if self.plan.first_fit || first.is_none() {
            self.options.extend(first);
            return;
        }
        let fits = state.check_all(query, all.iter().copied());
        self.offer(fits);
    }

    fn add_bin(&mut self, state: &mut State) {
        let allowed = self
            .plan
            .limit
            .is_none_or(|limit| i64::try_from(self.bins.len()).is_ok_and(|bins| bins < limit));
        if !allowed {
            self.more_bins = false;
            self.next_group();
            return;
        }
        let name = format!("new/{}", self.bins.len());
        let id = self.plan.template.add_to(state, &name);
        if let (Some(all), Some(bin)) = (&mut self.elsewhere_open, self.bins.last()) {
            all.push(bin.id);
        }
        self.open.push(id);
        self.bins.push(Bin {
            id,
            pods: Vec::new(),
        });
        if !self.put_all(state, id) {
            self.next_group();
        }
    }
}

/// What is on a bin, whatever the order.
fn contents(bin: &Bin) -> Vec<(u32, u32)> {
    let mut all = bin.pods.clone();
    all.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(all.len());
    for (kind, count) in all {
        match merged.last_mut() {
            Some((last, sum)) if *last == kind => *sum += count,
            _ => merged.push((kind, count)),
        }
    }
    merged
}

impl Simulation for Estimation<'_> {
    fn advance(&mut self, state: &mut State) -> Option<usize> {
        while self.at < self.plan.groups.len() {
            let choice = match self.phase {
                Phase::OldBins => self.old_bins(state),
                Phase::LastBin => self.last_bin(state),
            };
            if choice {
                return Some(self.options.len());
            }
        }
        None
    }

    fn choose(&mut self, state: &mut State, option: usize) {
        self.put(state, self.options[option]);
    }

    fn situation(&self) -> u64 {
        let mut print = DefaultHasher::new();
        (self.at, self.left, self.phase, self.more_bins).hash(&mut print);
        let mut bins: Vec<_> = self.bins.iter().map(contents).collect();
        bins.last().hash(&mut print);
        bins.sort_unstable();
        bins.hash(&mut print);
        let mut others = self.elsewhere.clone();
        others.sort_unstable();
        others.hash(&mut print);
        print.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::least_limit;

    #[test]
    fn limits_combine_as_upstream() {
        for (limits, want) in [
            ([0, 0, 0], None),
            ([1000, 5, 0], Some(5)),
            ([1000, -1, 0], Some(-1)),
            ([0, 7, 9], Some(7)),
            ([1000, 7, -1], Some(-1)),
        ] {
            assert_eq!(least_limit(limits), want, "{limits:?}");
        }
    }
}
