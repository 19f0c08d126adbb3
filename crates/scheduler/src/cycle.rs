//! One scheduling cycle up to the filters.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/runtime/framework.go`
//! (`RunPreFilterPlugins`, `RunFilterPlugins`, `RunFilterPluginsWithNominatedPods`) and
//! `pkg/scheduler/schedule_one.go` (`findNodesThatFitPod`).

use crate::class::Class;
use crate::filters::inter_pod_affinity::{self, Affinity, matches_all, matches_one};
use crate::filters::node_resources_fit::Short;
use crate::filters::pod_topology_spread::{self, Constraint};
use crate::filters::{
    dynamic_resources, node_affinity, node_declared_features, node_name, node_ports,
    node_resources_fit, node_unschedulable, node_volume_limits, scheduling_gates, taint_toleration,
    volume_binding, volume_restrictions, volume_zone,
};
use crate::intern::{FastMap, Sym, index};
use crate::needs::FEATURES;
use crate::resources::Resources;
use crate::state::{NodeId, PodQuery, State};
use crate::topology::NO_DOMAIN;
use crate::verdict::{Code, Plugin, Status, Verdicts};

/// Why a node does not do, as short as it can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fail {
    Plain(Code, Plugin, &'static str),
    Fit(Short),
    NotNamed,
    Other(Box<Status>),
}

impl Fail {
    pub(crate) fn unschedulable(plugin: Plugin, reason: &'static str) -> Self {
        Self::Plain(Code::Unschedulable, plugin, reason)
    }

    pub(crate) fn unresolvable(plugin: Plugin, reason: &'static str) -> Self {
        Self::Plain(Code::UnschedulableAndUnresolvable, plugin, reason)
    }

    pub(crate) fn status(&self, state: &State, cycle: &Cycle) -> Status {
        match self {
            Self::Plain(code, plugin, reason) => Status::new(*code, *plugin, *reason),
            Self::Fit(short) => node_resources_fit::status(state, cycle, *short),
            Self::NotNamed => Status {
                code: Code::UnschedulableAndUnresolvable,
                plugin: None,
                reasons: vec![node_affinity::NOT_NAMED.to_owned()],
            },
            Self::Other(status) => (**status).clone(),
        }
    }

    /// Whether more pods, here or elsewhere, may make the node do.
    fn may_pass(&self) -> bool {
        match self {
            Self::Plain(_, plugin, reason) => {
                *plugin == Plugin::PodTopologySpread
                    || *reason == inter_pod_affinity::REASON_AFFINITY
            }
            Self::Fit(_) | Self::NotNamed | Self::Other(_) => false,
        }
    }

    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Plain(code, ..) => *code,
            Self::Fit(short) => short.code(),
            Self::NotNamed => Code::UnschedulableAndUnresolvable,
            Self::Other(status) => status.code,
        }
    }
}

/// What the pre-filters found out.
#[derive(Clone, Debug)]
pub(crate) struct Cycle {
    pub(crate) class: u32,
    pub(crate) needs: u32,
    /// The only nodes that are looked at; sorted.
    pub(crate) only: Option<Vec<u32>>,
    pub(crate) spread: Vec<Constraint>,
    pub(crate) affinity: Affinity,
    pub(crate) restrictions: Option<volume_restrictions::Restrictions>,
    pub(crate) binding: Option<volume_binding::Claims>,
    pub(crate) zones: Vec<(Sym, Sym, Vec<Sym>)>,
    /// Extended resources that a device class stands in for.
    pub(crate) delegated: Vec<u32>,
    pub(crate) devices: dynamic_resources::Claims,
}

/// A node with some pods added to it, and some of its own taken away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay {
    pub(crate) added: Vec<u32>,
    pub(crate) removed: Vec<u32>,
    /// Pods that were removed and added again.
    pub(crate) returned: Vec<u32>,
    /// By constraint, in the node's own domain.
    pub(crate) spread: Vec<i64>,
    /// By term, in the node's own domain.
    pub(crate) affinity: Vec<i64>,
    pub(crate) anti: Vec<i64>,
    /// By topology key.
    pub(crate) existing: Vec<(u32, i64)>,
    pub(crate) claims: i64,
}

impl Overlay {
    pub(crate) fn new(cycle: &Cycle) -> Self {
        Self {
            spread: vec![0; cycle.spread.len()],
            affinity: vec![0; cycle.affinity.near.len()],
            anti: vec![0; cycle.affinity.anti.len()],
            ..Self::default()
        }
    }

    /// The pods on the node as it would be.
    pub(crate) fn pods<'a>(
        &'a self,
        state: &'a State,
        node: u32,
    ) -> impl Iterator<Item = u32> + 'a {
        let own = state.nodes[node as usize].pods.iter();
        own.filter(|pod| !self.removed.contains(pod))
            .chain(&self.added)
            .copied()
    }

    pub(crate) fn change_resources(&self, state: &State, used: &mut Resources) {
        for &pod in &self.removed {
            used.change(&state.class_of_pod(pod).used, -1);
        }
        for &pod in &self.added {
            used.change(&state.class_of_pod(pod).used, 1);
        }
    }

    pub(crate) fn existing(&self, topology: u32) -> i64 {
        self.existing
            .iter()
            .find(|(own, _)| *own == topology)
            .map_or(0, |&(_, count)| count)
    }

    pub(crate) fn add(&mut self, state: &State, cycle: &Cycle, pod: u32, node: u32) {
        if let Some(at) = self.removed.iter().position(|&own| own == pod) {
            self.removed.swap_remove(at);
            self.returned.push(pod);
        } else {
            self.added.push(pod);
        }
        self.count(state, cycle, pod, node, 1);
    }

    pub(crate) fn remove(&mut self, state: &State, cycle: &Cycle, pod: u32, node: u32) {
        self.returned.retain(|&own| own != pod);
        self.removed.push(pod);
        self.count(state, cycle, pod, node, -1);
    }

    /// Upstream's pre-filter extensions. Unlike the count they start from, they count terminating
    /// pods too, and with an empty spread selector all pods.
    fn count(&mut self, state: &State, cycle: &Cycle, pod: u32, node: u32, by: i64) {
        let own = state.class_of_pod(pod);
        let group = &state.groups[own.group as usize];
        let incoming = &state.classes[cycle.class as usize];
        let has =
            |topology: u32| state.topologies.keys[topology as usize].domain(node) != NO_DOMAIN;
        if own.namespace == incoming.namespace {
            for (at, constraint) in cycle.spread.iter().enumerate() {
                let counter = &state.counters.all[constraint.counter as usize];
                if constraint.selector.matches(&group.labels, &state.texts)
                    && counter.includes(node)
                {
                    self.spread[at] += by;
                }
            }
        }
        let affinity = &cycle.affinity;
        if !affinity.skip {
            if matches_all(state, &affinity.together, own.namespace, &group.labels) {
                for (at, &(topology, _)) in affinity.near.iter().enumerate() {
                    self.affinity[at] += by * i64::from(has(topology));
                }
            }
            for (at, part) in affinity.anti_parts.iter().enumerate() {
                let matches = matches_one(state, part, own.namespace, &group.labels);
                self.anti[at] += by * i64::from(matches && has(affinity.anti[at].0));
            }
            for id in own
                .anti_terms
                .iter()
                .filter(|id| affinity.on_us.contains(id))
            {
                let topology = state.anti.all[*id as usize].term.topology;
                if !has(topology) {
                    continue;
                }
                match self
                    .existing
                    .iter_mut()
                    .find(|(known, _)| *known == topology)
                {
                    Some((_, count)) => *count += by,
                    None => self.existing.push((topology, by)),
                }
            }
        }
        if let Some(restrictions) = &cycle.restrictions {
            self.claims += by * restrictions.uses(own);
        }
    }
}

/// Verdicts as they come in, each text once.
#[derive(Default)]
struct Tally {
    table: Vec<Status>,
    plain: Vec<(Fail, u32)>,
    other: FastMap<Status, u32>,
    nodes: Vec<(NodeId, u32)>,
}

impl Tally {
    fn push(&mut self, state: &State, cycle: &Cycle, node: u32, fail: Option<Fail>) {
        let at = match fail {
            None => 0,
            Some(Fail::Other(status)) => {
                let next = index(self.table.len());
                let at = *self.other.entry((*status).clone()).or_insert(next);
                if at == next {
                    self.table.push(*status);
                }
                at
            }
            Some(fail) => {
                if let Some(&(_, at)) = self.plain.iter().find(|(known, _)| *known == fail) {
                    at
                } else {
                    let at = index(self.table.len());
                    self.table.push(fail.status(state, cycle));
                    self.plain.push((fail, at));
                    at
                }
            }
        };
        self.nodes.push((NodeId(node), at));
    }
}

impl State {
    pub(crate) fn class_of_pod(&self, pod: u32) -> &Class {
        &self.classes[self.pods[pod as usize].class as usize]
    }

    /// Runs the pre-filters, as the default profile orders them.
    pub(crate) fn pre_filter(&mut self, query: &PodQuery) -> Result<Cycle, Status> {
        self.trim_counters();
        if let Some(status) = scheduling_gates::pre_filter(&query.gates) {
            return Err(status);
        }
        let (class, needs) = (query.class, query.needs);
        let only = node_affinity::pre_filter(self, needs)?;
        let restrictions = volume_restrictions::pre_filter(self, class)?;
        let binding = volume_binding::pre_filter(self, class)?;
        let zones = volume_zone::pre_filter(self, class)?;
        let spread = pod_topology_spread::pre_filter(self, class, needs)?;
        let affinity = inter_pod_affinity::pre_filter(self, class)?;
        let devices = dynamic_resources::pre_filter(self, query)?;
        self.judge_all(needs);
        Ok(Cycle {
            class,
            needs,
            only,
            spread,
            affinity,
            restrictions,
            binding,
            zones,
            delegated: dynamic_resources::delegated(self, class),
            devices,
        })
    }

    /// Runs the filters on one node; the first to fail decides.
    pub(crate) fn run_filters(
        &self,
        cycle: &Cycle,
        node: u32,
        overlay: Option<&Overlay>,
    ) -> Option<Fail> {
        let broken = self.judged(cycle.needs, node);
        if broken & !FEATURES != 0 {
            let fail = node_unschedulable::filter(broken)
                .or_else(|| node_name::filter(broken))
                .or_else(|| taint_toleration::filter(broken))
                .or_else(|| node_affinity::filter(broken));
            if fail.is_some() {
                return fail;
            }
        }
        node_ports::filter(self, cycle, node, overlay)
            .or_else(|| node_resources_fit::filter(self, cycle, node, overlay))
            .or_else(|| volume_restrictions::filter(self, cycle, node, overlay))
            .or_else(|| node_volume_limits::filter(self, cycle, node, overlay))
            .or_else(|| volume_binding::filter(self, cycle, node))
            .or_else(|| volume_zone::filter(self, cycle, node))
            .or_else(|| pod_topology_spread::filter(self, cycle, node, overlay))
            .or_else(|| inter_pod_affinity::filter(self, cycle, node, overlay))
            .or_else(|| dynamic_resources::filter(self, cycle, node))
            .or_else(|| node_declared_features::filter(broken))
    }

    /// Runs the filters with the node's nominated pods of no lower priority, then without.
    pub(crate) fn run_with_nominated(
        &self,
        query: &PodQuery,
        cycle: &Cycle,
        node: u32,
        overlay: Option<&Overlay>,
    ) -> Option<Fail> {
        let nominated = &self.nodes[node as usize].nominated;
        if !nominated.is_empty() {
            let counts = |&&pod: &&u32| {
                let uid = self.nominated_uids.get(&pod).map_or("", |uid| uid);
                self.pods[pod as usize].priority >= query.priority && uid != &*query.uid
            };
            let mut with = overlay.cloned().unwrap_or_else(|| Overlay::new(cycle));
            let mut any = false;
            for &pod in nominated.iter().filter(counts) {
                with.add(self, cycle, pod, node);
                any = true;
            }
            if any {
                let fail = self.run_filters(cycle, node, Some(&with));
                if fail.is_some() {
                    return fail;
                }
            }
        }
        self.run_filters(cycle, node, overlay)
    }

    /// Runs one cycle up to the filters: every node's verdict.
    pub fn filter(&mut self, query: &PodQuery) -> Verdicts {
        let cycle = match self.pre_filter(query) {
            Ok(cycle) => cycle,
            Err(status) => {
                let nodes = self.nodes().map(|node| (node, 0)).collect();
                return Verdicts {
                    prefilter: status.clone(),
                    table: vec![status],
                    nodes,
                    nominated: None,
                };
            }
        };
        let mut tally = Tally {
            table: vec![Status::success()],
            ..Tally::default()
        };
        for (at, slot) in self.nodes.iter().enumerate() {
            if !slot.present {
                continue;
            }
            let node = index(at);
            let named = cycle
                .only
                .as_ref()
                .is_none_or(|only| only.binary_search(&node).is_ok());
            let fail = if named {
                self.run_with_nominated(query, &cycle, node, None)
            } else {
                Some(Fail::NotNamed)
            };
            tally.push(self, &cycle, node, fail);
        }
        Verdicts {
            nominated: self.look_at_nominated(query, &cycle),
            prefilter: Status::success(),
            table: tally.table,
            nodes: tally.nodes,
        }
    }

    /// kube-scheduler first looks at the node a pod is nominated to, even if the pre-filters leave
    /// that node out, and keeps what it found for the message.
    fn look_at_nominated(&self, query: &PodQuery, cycle: &Cycle) -> Option<(NodeId, Status)> {
        let node = self.node(query.nominated_node.as_ref()?)?;
        let fail = self.run_with_nominated(query, cycle, node.0, None)?;
        let status = fail.status(self, cycle);
        status.code.is_rejected().then_some((node, status))
    }

    /// The nodes on which the pod could run, found one by one and in the order of
    /// [`State::nodes`]: to take the first one costs little. What is unknown or an error is left
    /// out; [`State::filter`] tells.
    pub fn feasible<'a>(
        &'a mut self,
        query: &'a PodQuery,
    ) -> impl Iterator<Item = NodeId> + use<'a> {
        self.feasible_from(query, NodeId(0))
    }

    /// The first of these nodes on which the pod could run. Of what is unknown or an error, the same
    /// holds as for [`State::feasible`].
    pub fn first_feasible(
        &mut self,
        query: &PodQuery,
        nodes: impl IntoIterator<Item = NodeId>,
    ) -> Option<NodeId> {
        let cycle = self.pre_filter(query).ok()?;
        nodes
            .into_iter()
            .find(|node| self.is_open(query, &cycle, node.0))
    }

    fn is_open(&self, query: &PodQuery, cycle: &Cycle, node: u32) -> bool {
        let slot = self.nodes.get(node as usize);
        let named = |only: &Vec<u32>| only.binary_search(&node).is_ok();
        slot.is_some_and(|slot| slot.present)
            && cycle.only.as_ref().is_none_or(named)
            && self.run_with_nominated(query, cycle, node, None).is_none()
    }

    /// Whether the pod could run on this node, without a thought of pods that are nominated to it.
    /// Errors and what is unknown are told like a rejection.
    pub fn check(&mut self, query: &PodQuery, node: NodeId) -> Status {
        let cycle = match self.pre_filter(query) {
            Ok(cycle) => cycle,
            Err(status) => return status,
        };
        let fail = self.look_at(&cycle, node.0);
        fail.map_or_else(Status::success, |fail| fail.status(self, &cycle))
    }

    /// Those of these nodes on which the pod could run; like [`State::check`] on each.
    pub fn check_all(
        &mut self,
        query: &PodQuery,
        nodes: impl IntoIterator<Item = NodeId>,
    ) -> Vec<NodeId> {
        let Ok(cycle) = self.pre_filter(query) else {
            return Vec::new();
        };
        let fits = |node: &NodeId| self.look_at(&cycle, node.0).is_none();
        nodes.into_iter().filter(fits).collect()
    }

    /// The first of these nodes on which the pod could run, as [`State::check`] sees it. Nodes that
    /// will not take such a pod however many other pods come are taken off the list on the way.
    pub fn first_fit(&mut self, query: &PodQuery, nodes: &mut Vec<NodeId>) -> Option<NodeId> {
        let cycle = self.pre_filter(query).ok()?;
        let mut kept = 0;
        let mut found = None;
        let mut at = 0;
        while at < nodes.len() {
            let node = nodes[at];
            let fail = self.look_at(&cycle, node.0);
            if fail.as_ref().is_none_or(Fail::may_pass) {
                nodes[kept] = node;
                kept += 1;
            }
            at += 1;
            if fail.is_none() {
                found = Some(node);
                break;
            }
        }
        nodes.drain(kept..at);
        found
    }

    /// How many such pods the node would take one after the other: 0 if none, and at least as many as
    /// are returned. Only for pods that do not look around; see [`State::looks_around`].
    pub fn room_for(&mut self, query: &PodQuery, node: NodeId) -> usize {
        if self.check_all(query, [node]).is_empty() {
            return 0;
        }
        let class = &self.classes[query.class as usize];
        let (ask, slot) = (&class.ask, &self.nodes[node.0 as usize]);
        if !class.ports.is_empty() || !ask.scalars.is_empty() || *ask != class.used {
            return 1;
        }
        let free = &slot.face.allocatable;
        let pods = slot.face.max_pods - i64::try_from(slot.pods.len()).unwrap_or(i64::MAX);
        let room = [
            (ask.cpu, free.cpu, slot.used.cpu),
            (ask.memory, free.memory, slot.used.memory),
            (ask.ephemeral, free.ephemeral, slot.used.ephemeral),
        ];
        let room = room.iter().filter(|(ask, ..)| *ask > 0);
        let least = room
            .map(|(ask, free, used)| free.wrapping_sub(*used) / ask)
            .fold(pods, i64::min);
        usize::try_from(least).unwrap_or(0).max(1)
    }

    fn look_at(&self, cycle: &Cycle, node: u32) -> Option<Fail> {
        let named = |only: &Vec<u32>| only.binary_search(&node).is_ok();
        if !self.nodes[node as usize].present || !cycle.only.as_ref().is_none_or(named) {
            return Some(Fail::NotNamed);
        }
        self.run_filters(cycle, node, None)
    }

    /// Like [`State::feasible`], but begins with this node and ends with the one before it.
    pub fn feasible_from<'a>(
        &'a mut self,
        query: &'a PodQuery,
        first: NodeId,
    ) -> impl Iterator<Item = NodeId> + use<'a> {
        let cycle = self.pre_filter(query).ok();
        let state: &'a Self = self;
        let len = index(state.nodes.len());
        let first = first.0.min(len);
        cycle.into_iter().flat_map(move |cycle| {
            (first..len)
                .chain(0..first)
                .filter_map(move |node| state.is_open(query, &cycle, node).then_some(NodeId(node)))
        })
    }
}
