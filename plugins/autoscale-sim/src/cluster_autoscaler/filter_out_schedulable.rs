//! Pods that fit on nodes which exist, or come anyway, need no scale-up.
//!
//! Follows kubernetes/autoscaler
//! `cluster-autoscaler/core/podlistprocessor/filter_out_schedulable.go`,
//! `cluster-autoscaler/simulator/scheduling/{hinting_simulator,similar_pods}.go` and
//! `cluster-autoscaler/simulator/clustersnapshot/{scheduling_opts.go,store/delta.go}`. Pods of one
//! priority come in any order. The list of nodes is made anew from a map whenever a pod was put on
//! one, so a pod may go to any node that it fits on. A kind that fitted nowhere once is not tried
//! again.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use scheduler::{NodeId, PodQuery, State};

use super::cluster::Cluster;
use super::explore::{Random, Simulation};
use super::free_room::FreeRoom;
use super::kinds::Kinds;

/// A pod that was put on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// Its kind.
    pub kind: u32,
    /// Its place among the pods of the kind.
    pub at: u32,
    /// The node.
    pub node: NodeId,
}

/// The needs of all pods of a kind, by kind: what is needed of the cluster while its state changes.
pub type Queries = Vec<Vec<PodQuery>>;

/// Pods put on nodes, and those left.
#[derive(Clone)]
pub struct Packing<'a> {
    queries: &'a Queries,
    kinds: &'a Kinds,
    /// Nodes that are neither cordoned nor gone.
    nodes: &'a [NodeId],
    /// Kinds by priority, highest first.
    levels: &'a [Vec<u32>],
    level: usize,
    /// By kind: how many were put on a node.
    pub placed: Vec<u32>,
    /// Kinds that are not tried any more.
    spent: Vec<bool>,
    /// Which pods went where.
    pub put: Vec<Put>,
    /// What may be done next: put a pod of a kind on a node, or try it in vain.
    options: Vec<(u32, Option<NodeId>)>,
}

/// The kinds by priority, highest first.
pub fn levels(kinds: &Kinds) -> Vec<Vec<u32>> {
    let mut all: Vec<u32> = (0_u32..).take(kinds.facts.len()).collect();
    let priority = |kind: u32| kinds.facts[kind as usize].priority;
    all.sort_by_key(|&kind| std::cmp::Reverse(priority(kind)));
    all.chunk_by(|&a, &b| priority(a) == priority(b))
        .map(<[u32]>::to_vec)
        .collect()
}

/// Nodes on which pods may be put: those neither cordoned nor out of the snapshot.
pub fn open_nodes(cluster: &Cluster, upcoming: &[NodeId], gone: &[u32]) -> Vec<NodeId> {
    let nodes = cluster.nodes.iter().zip(0_u32..);
    let open = nodes.filter(|(node, at)| {
        let spec = node.object.spec.as_ref();
        spec.and_then(|spec| spec.unschedulable) != Some(true) && !gone.contains(at)
    });
    open.map(|(node, _)| node.id)
        .chain(upcoming.iter().copied())
        .collect()
}

impl<'a> Packing<'a> {
    /// Before the first pod.
    pub fn new(
        queries: &'a Queries,
        kinds: &'a Kinds,
        nodes: &'a [NodeId],
        levels: &'a [Vec<u32>],
    ) -> Self {
        Self {
            queries,
            kinds,
            nodes,
            levels,
            level: 0,
            placed: vec![0; kinds.facts.len()],
            spent: vec![false; kinds.facts.len()],
            put: Vec::new(),
            options: Vec::new(),
        }
    }

    fn is_open(&self, kind: u32) -> bool {
        let of = self.kinds.pods[kind as usize].pods.len();
        !self.spent[kind as usize] && (self.placed[kind as usize] as usize) < of
    }

    fn put(&mut self, state: &mut State, kind: u32, node: NodeId) {
        let placed = &mut self.placed[kind as usize];
        let at = *placed;
        *placed += 1;
        if state
            .assign(&self.queries[kind as usize][at as usize], node)
            .is_some()
        {
            self.put.push(Put { kind, at, node });
        }
    }

    /// Goes one way, picked at random: each pod, in any order, on any node that takes it.
    pub fn sample(&mut self, state: &mut State, random: &mut Random) {
        for level in self.levels {
            let mut order: Vec<u32> = (level.iter())
                .flat_map(|&kind| {
                    let count = self.kinds.pods[kind as usize].pods.len();
                    std::iter::repeat_n(kind, count)
                })
                .collect();
            random.shuffle(&mut order);
            for kind in order {
                if !self.is_open(kind) {
                    continue;
                }
                let facts = &self.kinds.facts[kind as usize];
                let fits = state.check_all(&facts.query, self.nodes.iter().copied());
                if fits.is_empty() {
                    // Only pods of a controller are remembered as fitting nowhere.
                    self.spent[kind as usize] = facts.controller.is_some();
                    continue;
                }
                let node = fits[random.below(fits.len())];
                self.put(state, kind, node);
            }
        }
    }

    /// Puts pods on the first node that takes them, kind by kind; for clusters too large to look
    /// at all ways. True if there may be another way.
    pub fn fill(&mut self, state: &mut State) -> bool {
        let mut room = FreeRoom::new(state, self.nodes);
        for level in self.levels {
            for &kind in level {
                let facts = &self.kinds.facts[kind as usize];
                let mut nodes = room.for_pod(facts);
                while self.is_open(kind) {
                    let Some(node) = state.first_fit(&facts.query, &mut nodes) else {
                        break;
                    };
                    self.put(state, kind, node);
                    room.refresh(state, node);
                }
            }
        }
        !self.put.is_empty()
    }
}

impl Simulation for Packing<'_> {
    fn advance(&mut self, state: &mut State) -> Option<usize> {
        loop {
            let level = self.levels.get(self.level)?;
            self.options.clear();
            let mut vain = Vec::new();
            for &kind in level {
                if !self.is_open(kind) {
                    continue;
                }
                let facts = &self.kinds.facts[kind as usize];
                let fits = state.check_all(&facts.query, self.nodes.iter().copied());
                if fits.is_empty() && facts.looks_around {
                    // A pod that is put later may be the one that these want to be near.
                    vain.push((kind, None));
                } else if fits.is_empty() {
                    self.spent[kind as usize] = true;
                }
                self.options
                    .extend(fits.into_iter().map(|node| (kind, Some(node))));
            }
            if !self.options.is_empty() {
                self.options.extend(vain);
            }
            match self.options.len() {
                0 => self.level += 1,
                1 => self.choose(state, 0),
                several => return Some(several),
            }
        }
    }

    fn choose(&mut self, state: &mut State, option: usize) {
        match self.options[option] {
            (kind, Some(node)) => self.put(state, kind, node),
            (kind, None) => self.spent[kind as usize] = true,
        }
    }

    fn situation(&self) -> u64 {
        let mut print = DefaultHasher::new();
        (self.level, &self.spent).hash(&mut print);
        let mut all: Vec<_> = self.put.iter().map(|put| (put.node, put.kind)).collect();
        all.sort_unstable();
        all.hash(&mut print);
        print.finish()
    }
}
