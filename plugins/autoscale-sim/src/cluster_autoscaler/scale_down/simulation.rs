//! Whether a node's pods fit elsewhere. A successful simulation persists: later ones find the pods
//! where this one put them.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/simulator/cluster.go`,
//! `cluster-autoscaler/simulator/scheduling/hinting_simulator.go` and
//! `cluster-autoscaler/simulator/clustersnapshot/predicate/plugin_runner.go`.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::{Node, Taint};
use scheduler::{NodeId, PodId, PodQuery, State};

use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::taints::TO_BE_DELETED;

use super::budgets::Budgets;
use super::chance::{Chance, is_small};
use super::drainability::{Blocker, Verdict};
use super::facts::Facts;
use super::memory::Memory;
use super::reason::Reason;

/// A node that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Removable {
    pub(super) node: u32,
    /// Whether pods have to be moved.
    pub(super) needs_drain: bool,
    /// Whether it is waited for the end of a pod.
    pub(super) awaits: bool,
    /// Whether budgets do not allow for moving all its pods at once.
    pub(super) is_risky: bool,
}

/// The snapshot of a loop while nodes are taken out of it.
pub(super) struct Simulation<'a> {
    pub(super) cluster: &'a mut Cluster,
    pub(super) facts: &'a Facts,
    pub(super) chance: &'a mut Chance,
    pub(super) now: i64,
    budgets: Budgets,
    /// Nodes of the snapshot. They come from a map, and get their order when it first matters.
    order: Vec<u32>,
    is_ordered: bool,
    is_destination: Vec<bool>,
    /// Thousandths of cores and bytes that are left on each node. To look here first is a lot faster
    /// than to ask the scheduler.
    left: Vec<(i64, i64)>,
    /// Pods on nodes that were looked at, in the order of the snapshot.
    pods: Vec<Option<Vec<u32>>>,
    /// Where moved pods are.
    moved: HashMap<u32, PodId>,
    /// With which pod the walk through a small map of pods begins, once that matters.
    first_pod: Option<u32>,
}

impl<'a> Simulation<'a> {
    /// Begins with these nodes, in the order in which they were put into the snapshot.
    pub(super) fn new(
        cluster: &'a mut Cluster,
        facts: &'a Facts,
        chance: &'a mut Chance,
        order: Vec<u32>,
        now: i64,
    ) -> Self {
        let mut is_destination = vec![false; facts.nodes.len()];
        let mut left = vec![(0, 0); facts.nodes.len()];
        for &node in &order {
            is_destination[node as usize] = true;
            left[node as usize] = left_on(&cluster.state, facts.nodes[node as usize].id);
        }
        Self {
            budgets: Budgets::new(&cluster.budgets),
            cluster,
            facts,
            chance,
            now,
            order,
            is_ordered: false,
            is_destination,
            left,
            pods: vec![None; facts.nodes.len()],
            moved: HashMap::new(),
            first_pod: None,
        }
    }

    /// Takes a node out, if its pods fit elsewhere.
    pub(super) fn remove(&mut self, node: u32, memory: &mut Memory) -> Result<Removable, Reason> {
        let (pods, awaits) = self.pods_to_move(node)?;
        self.find_places(node, &pods, memory)?;
        let budgets_of = |pod: &u32| {
            let shape = self.cluster.pods[*pod as usize].shape;
            self.facts.shapes[shape as usize].budgets.as_slice()
        };
        let is_risky = !self.budgets.allow_at_once(pods.iter().map(budgets_of));
        for pod in &pods {
            self.budgets.evict(budgets_of(pod));
        }
        self.is_destination[node as usize] = false;
        if let Some(at) = self.order.iter().position(|&own| own == node) {
            self.order.remove(at);
        }
        Ok(Removable {
            node,
            needs_drain: !pods.is_empty(),
            awaits,
            is_risky,
        })
    }

    /// The pods that have to be moved, and whether it is waited for others to end.
    fn pods_to_move(&mut self, node: u32) -> Result<(Vec<u32>, bool), Reason> {
        let mut all = Vec::new();
        let mut awaits = false;
        self.materialize(node);
        for &pod in self.pods[node as usize].iter().flatten() {
            match self.verdict(pod) {
                Verdict::Stay => {}
                Verdict::Await => awaits = true,
                Verdict::Move => all.push(pod),
                Verdict::MoveInBudget => {
                    let shape = self.cluster.pods[pod as usize].shape;
                    let budgets = &self.facts.shapes[shape as usize].budgets;
                    if self.budgets.any_is_empty(budgets) {
                        return Err(Reason::BlockedByPod(pod, Blocker::NotEnoughPdb));
                    }
                    all.push(pod);
                }
                Verdict::Block(blocker) => return Err(Reason::BlockedByPod(pod, blocker)),
            }
        }
        Ok((all, awaits))
    }

    fn verdict(&self, pod: u32) -> Verdict {
        let own = &self.cluster.pods[pod as usize];
        let rules = &self.facts.shapes[own.shape as usize];
        rules.verdict(own, self.now, &self.cluster.options)
    }

    /// Brings the pods of a node into an order, unless that was done. It comes from a map of all
    /// pods.
    fn materialize(&mut self, node: u32) {
        if self.pods[node as usize].is_some() {
            return;
        }
        // The order of those that neither move nor block is of no account.
        let counts = |pod: &u32| !matches!(self.verdict(*pod), Verdict::Stay | Verdict::Await);
        let all = self.facts.nodes[node as usize].pods.iter().copied();
        let (mut own, rest): (Vec<u32>, Vec<u32>) = all.partition(counts);
        if own.len() > 1 && is_small(self.cluster.pods.len()) {
            let first = self.first_pod();
            let by = own.partition_point(|&pod| pod < first);
            own.rotate_left(by);
        } else {
            self.chance.shuffle(&mut own);
        }
        own.extend(rest);
        self.pods[node as usize] = Some(own);
    }

    fn first_pod(&mut self) -> u32 {
        *self.first_pod.get_or_insert_with(|| {
            let first = self.chance.rotation(self.cluster.pods.len());
            u32::try_from(first).unwrap_or(0)
        })
    }

    fn find_places(&mut self, from: u32, pods: &[u32], memory: &mut Memory) -> Result<(), Reason> {
        let id = self.facts.nodes[from as usize].id;
        if pods.is_empty() {
            self.cluster.state.remove_node(id);
            return Ok(());
        }
        let queries: Vec<PodQuery> = (pods.iter())
            .filter_map(|&pod| self.cluster.state.query_of(self.place(pod)?))
            .collect();
        if queries.len() != pods.len() {
            return Err(Reason::UnexpectedError);
        }
        let start = self.cluster.state.mark();
        // The emptied node stays with a taint until it is gone. That matters to spread constraints
        // only, which count it as a domain.
        let stays = queries
            .iter()
            .any(|query| self.cluster.state.spreads(query));
        if stays {
            self.empty(from, id);
        } else {
            self.cluster.state.remove_node(id);
        }
        let mut placed: Vec<(u32, u32, PodId)> = Vec::with_capacity(pods.len());
        for (&pod, query) in pods.iter().zip(&queries) {
            let found = self.find_place(from, pod, query, memory);
            let put = found.and_then(|node| {
                let id = self.facts.nodes[node as usize].id;
                Some((pod, node, self.cluster.state.assign(query, id)?))
            });
            let Some(put) = put else {
                self.cluster.state.rollback(start);
                for (_, node, _) in placed {
                    self.measure(node);
                }
                return Err(Reason::NoPlaceToMovePods);
            };
            memory.hints.set(pod, put.1);
            self.measure(put.1);
            placed.push(put);
        }
        if stays {
            self.cluster.state.remove_node(id);
        }
        for (pod, node, place) in placed {
            self.moved.insert(pod, place);
            self.materialize(node);
            if let Some(pods) = &mut self.pods[node as usize] {
                pods.push(pod);
            }
        }
        Ok(())
    }

    fn measure(&mut self, node: u32) {
        let id = self.facts.nodes[node as usize].id;
        self.left[node as usize] = left_on(&self.cluster.state, id);
    }

    fn place(&self, pod: u32) -> Option<PodId> {
        let moved = self.moved.get(&pod).copied();
        moved.or(self.facts.pods[pod as usize].place)
    }

    /// Takes the pods off a node, and taints it.
    fn empty(&mut self, node: u32, id: NodeId) {
        let state = &mut self.cluster.state;
        let pods: Vec<PodId> = state.pods_on(id).collect();
        for pod in pods {
            state.remove_pod(pod);
        }
        state.add_node(&tainted(
            &self.cluster.nodes[node as usize].object,
            self.now,
        ));
    }

    /// Where a pod fits: on the node it was put on before, else on the first one from where the last
    /// pod was put.
    fn find_place(
        &mut self,
        from: u32,
        pod: u32,
        query: &PodQuery,
        memory: &mut Memory,
    ) -> Option<u32> {
        let nodes = &self.facts.nodes;
        let state = &mut self.cluster.state;
        let may_take = |node: u32| node != from && self.is_destination[node as usize];
        if let Some(hint) = memory.hints.get(pod)
            && may_take(hint)
            && (state.first_feasible(query, [nodes[hint as usize].id])).is_some()
        {
            return Some(hint);
        }
        if !self.is_ordered {
            self.is_ordered = true;
            self.chance.map_order(&mut self.order);
        }
        let ask = state.requested(query);
        let has_room = |node: u32| {
            let (cpu, bytes) = self.left[node as usize];
            (ask.milli_cpu <= 0 || ask.milli_cpu <= cpu) && (ask.memory <= 0 || ask.memory <= bytes)
        };
        let (len, cursor) = (self.order.len(), memory.cursor);
        let mut at = 0;
        let asked = (1..=len)
            .map(|step| (cursor + step) % len)
            .filter(|&at| {
                let node = self.order[at];
                has_room(node) && may_take(node) && !nodes[node as usize].is_cordoned
            })
            .map(|next| {
                at = next;
                nodes[self.order[next] as usize].id
            });
        state.first_feasible(query, asked)?;
        memory.cursor = at;
        Some(self.order[at])
    }
}

fn left_on(state: &State, node: NodeId) -> (i64, i64) {
    let (all, used) = (state.allocatable(node), state.used(node));
    (all.milli_cpu - used.milli_cpu, all.memory - used.memory)
}

fn tainted(node: &Node, now: i64) -> Node {
    let mut node = node.clone();
    let spec = node.spec.get_or_insert_default();
    spec.taints.get_or_insert_default().push(Taint {
        key: TO_BE_DELETED.to_owned(),
        value: Some(now.to_string()),
        effect: "NoSchedule".to_owned(),
        time_added: None,
    });
    node
}
