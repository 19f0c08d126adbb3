//! Which group grows, by how much, and for whom.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/core/scaleup/orchestrator/orchestrator.go`,
//! `skippedreasons.go` and `rejectedreasons.go`.

use std::collections::{BTreeMap, HashMap};

use scheduler::{NodeId, State};

use super::balancing::{self, Share};
use super::cluster::Cluster;
use super::estimator::{self, Estimation, Plan, PodGroup};
use super::expander::{self, Offer};
use super::explore::{Budget, explore};
use super::filter_out_schedulable::Queries;
use super::free_room::FreeRoom;
use super::health::Health;
use super::kinds::Kinds;
use super::orders;
use super::outcome::{ExpansionOption, PodCount, ScaleUpOutcome, ScaleUpResult, Unschedulable};
use super::quotas::{self, Quotas};
use super::template::Template;

const BACKOFF: &str = "in backoff after failed scale-up";
const MAX_REACHED: &str = "max node group size reached";
const NOT_READY: &str = "not ready for scale-up";
const FILTERED_OUT: &str = "expansion options filtered out and no longer considered";
const FAILED: &str = "scale-up execution failed";

/// From the eleventh kind of a controller on, each pod is a group of its own.
const MOST_KINDS_BY_CONTROLLER: usize = 10;
/// The most combinations of what the groups may offer that are looked at.
const MOST_COMBINATIONS: usize = 4096;

/// What scaling up starts from.
pub struct Situation<'a> {
    /// All but its state.
    pub cluster: &'a Cluster,
    /// Nodes and groups.
    pub health: &'a Health,
    /// A new node, by group.
    pub templates: &'a [Option<&'a Template>],
    /// The pods' needs.
    pub queries: &'a Queries,
    /// The pods.
    pub kinds: &'a Kinds,
    /// By kind: how many fit on nodes that exist.
    pub placed: &'a [u32],
    /// By kind: how many need help.
    pub left: &'a [u32],
    /// Nodes that pods may be put on.
    pub open_nodes: &'a [NodeId],
    /// How many nodes there are in the snapshot.
    pub node_count: i64,
    /// Nodes that were taken out of the snapshot.
    pub gone: &'a [u32],
    /// Nodes to come.
    pub coming: &'a [(u32, &'a Template)],
    /// Whether one way of many is picked at random.
    pub samples: bool,
    /// Whether every pod simply goes to the first node that takes it.
    pub first_fit: bool,
}

/// What one group may offer: so many nodes for so many pods of each kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Estimate {
    nodes: i64,
    scheduled: Vec<u32>,
}

/// All outcomes, and why there may be more.
pub fn plan(
    situation: &Situation<'_>,
    state: &mut State,
    budget: &mut Budget,
    cut: &mut Vec<String>,
) -> Vec<ScaleUpOutcome> {
    let mut scale_up = ScaleUp::new(situation, state);
    scale_up.check_predicates(state);
    scale_up.check_skipped(state);
    let mut outcomes = Vec::new();
    let first = orders::first(situation.kinds, situation.left, MOST_KINDS_BY_CONTROLLER);
    let sampling = budget.choices == 0 && situation.samples;
    let first = if sampling {
        orders::any(&first, &mut budget.random)
    } else {
        first
    };
    let estimates = scale_up.estimate_all(state, &first, budget);
    let ties = if sampling {
        Vec::new()
    } else {
        orders::ties(&first, &scale_up.scores())
    };
    let exact = scale_up.all_scheduled(&estimates) && scale_up.interchangeable(state, &ties);
    let mut more = Vec::new();
    if !ties.is_empty() && !exact {
        if budget.choices == 0 {
            budget.cut = true;
        } else {
            let all = orders::all(&first, &ties);
            budget.cut |= all.cut;
            more = all.orders;
        }
    }
    let mut seen = vec![estimates];
    for order in more {
        let estimates = scale_up.estimate_all(state, &order, budget);
        if !seen.contains(&estimates) {
            seen.push(estimates);
        }
    }
    for estimates in seen {
        scale_up.decide(&estimates, &mut outcomes, budget, cut);
    }
    outcomes
}

struct ScaleUp<'a> {
    situation: &'a Situation<'a>,
    quotas: Quotas,
    skipped: BTreeMap<u32, Vec<String>>,
    valid: Vec<u32>,
    /// By kind: why a new node of a group would not do.
    rejected: Vec<BTreeMap<u32, Vec<String>>>,
    /// By kind: the groups that would do.
    fitting: Vec<Vec<u32>>,
    similar: HashMap<u32, Vec<u32>>,
    /// By kind: nodes with room, of kinds that spread over host names.
    room: Vec<Vec<NodeId>>,
}

impl<'a> ScaleUp<'a> {
    fn new(situation: &'a Situation<'a>, state: &State) -> Self {
        let cluster = situation.cluster;
        let mut quotas = Quotas::new(cluster, situation.health, situation.gone, situation.coming);
        let mut skipped = BTreeMap::new();
        let mut valid = Vec::new();
        for (group, at) in cluster.groups.iter().zip(0_u32..) {
            let health = &situation.health.groups[at as usize];
            let template = situation.templates[at as usize];
            let reason = if !health.healthy {
                NOT_READY.to_owned()
            } else if health.backed_off && template.is_some() {
                BACKOFF.to_owned()
            } else if group.target >= group.max {
                MAX_REACHED.to_owned()
            } else if let Some(template) = template {
                let (_, exceeded) = quotas.check(cluster, at, template, 1);
                if exceeded.is_empty() {
                    valid.push(at);
                    continue;
                }
                quotas::reason(&exceeded)
            } else {
                NOT_READY.to_owned()
            };
            skipped.insert(at, vec![reason]);
        }
        let kinds = situation.kinds.facts.len();
        let mut room = vec![Vec::new(); kinds];
        if situation
            .kinds
            .facts
            .iter()
            .any(|facts| facts.spreads_over_hosts)
        {
            let free = FreeRoom::new(state, situation.open_nodes);
            for (facts, own) in situation.kinds.facts.iter().zip(&mut room) {
                if facts.spreads_over_hosts {
                    *own = free.for_pod(facts);
                }
            }
        }
        Self {
            room,
            situation,
            quotas,
            skipped,
            valid,
            rejected: vec![BTreeMap::new(); kinds],
            fitting: vec![Vec::new(); kinds],
            similar: HashMap::new(),
        }
    }

    fn kinds_left(&self) -> impl Iterator<Item = u32> + use<'a> {
        let left = self.situation.left.iter().zip(0_u32..);
        left.filter(|(left, _)| **left > 0).map(|(_, kind)| kind)
    }

    fn template(&self, group: u32) -> Option<&'a Template> {
        self.situation.templates[group as usize]
    }

    /// Which kinds an empty new node of each group would take.
    fn check_predicates(&mut self, state: &mut State) {
        for group in self.valid.clone() {
            self.check_group(state, group, false);
        }
        // Similar groups are those that in addition take the same pods.
        if self.situation.cluster.options.balance_similar_node_groups {
            for &group in &self.valid {
                self.similar.insert(group, self.similar_to(group));
            }
        }
    }

    fn check_group(&mut self, state: &mut State, group: u32, only_rejected: bool) {
        let Some(template) = self.template(group) else {
            return;
        };
        let mark = state.mark();
        let node = template.add_to(state, "new/template");
        for kind in self.kinds_left() {
            let of = kind as usize;
            if only_rejected && !self.fitting[of].is_empty() {
                continue;
            }
            let status = state.check(&self.situation.kinds.facts[of].query, node);
            if !status.is_success() {
                // A node that the pre-filters leave out has no reasons upstream.
                let reasons = if status.plugin.is_none() {
                    Vec::new()
                } else {
                    status.reasons
                };
                self.rejected[of].insert(group, reasons);
            } else if !only_rejected {
                self.fitting[of].push(group);
            }
        }
        state.rollback(mark);
    }

    /// With the flag for it, groups that cannot grow are asked too whether they would do.
    fn check_skipped(&mut self, state: &mut State) {
        if !self
            .situation
            .cluster
            .options
            .scaleup_simulation_for_skipped_node_groups_enabled
        {
            return;
        }
        let groups: Vec<u32> = self.skipped.keys().copied().collect();
        for group in groups {
            self.check_group(state, group, true);
        }
    }

    fn similar_to(&self, group: u32) -> Vec<u32> {
        let options = &self.situation.cluster.options;
        let Some(own) = self.template(group) else {
            return Vec::new();
        };
        let takes = |group: u32, kind: u32| self.fitting[kind as usize].contains(&group);
        let wanted: Vec<u32> = self
            .kinds_left()
            .filter(|&kind| takes(group, kind))
            .collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let all = (0_u32..).take(self.situation.templates.len());
        all.filter(|&other| {
            let health = &self.situation.health.groups[other as usize];
            other != group
                && health.healthy
                && !health.backed_off
                && self.valid.contains(&other)
                && wanted.iter().all(|&kind| takes(other, kind))
                && (self.template(other))
                    .is_some_and(|template| balancing::are_similar(own, template, options))
        })
        .collect()
    }

    fn scores(&self) -> Vec<Vec<Option<f64>>> {
        let kinds = self.situation.kinds;
        let of_group = |&group: &u32| {
            let template = self.template(group);
            let all = (0_u32..).take(kinds.facts.len());
            all.map(|kind| {
                let fits = self.fitting[kind as usize].contains(&group);
                template
                    .filter(|_| fits)
                    .map(|own| estimator::score(kinds, kind, own))
            })
            .collect()
        };
        self.valid.iter().map(of_group).collect()
    }

    fn interchangeable(&self, state: &State, ties: &[Vec<u32>]) -> bool {
        let facts = &self.situation.kinds.facts;
        ties.iter().all(|tie| {
            let first = &facts[tie[0] as usize];
            tie.iter().all(|&kind| {
                let own = &facts[kind as usize];
                !own.looks_around
                    && !first.looks_around
                    && self.fitting[kind as usize] == self.fitting[tie[0] as usize]
                    && state.weigh_alike(&first.query, &own.query)
            })
        })
    }

    fn all_scheduled(&self, estimates: &[Vec<Estimate>]) -> bool {
        self.valid.iter().zip(estimates).all(|(group, estimates)| {
            estimates.iter().all(|estimate| {
                self.kinds_left().all(|kind| {
                    let of = kind as usize;
                    !self.fitting[of].contains(group)
                        || estimate.scheduled[of] == self.situation.left[of]
                })
            })
        })
    }

    fn limit(&self, group: u32) -> Option<i64> {
        let cluster = self.situation.cluster;
        let room = |group: u32| {
            let own = &cluster.groups[group as usize];
            (own.max - own.target).max(0)
        };
        let similar = self.similar.get(&group).into_iter().flatten();
        let room: i64 = room(group) + similar.map(|&group| room(group)).sum::<i64>();
        let total = cluster.options.max_nodes_total;
        let cluster_limit = match total {
            0 => 0,
            _ if total <= self.situation.node_count => -1,
            _ => total - self.situation.node_count,
        };
        let room = if room <= 0 { -1 } else { room };
        estimator::least_limit([cluster.options.max_nodes_per_scaleup, room, cluster_limit])
    }

    /// What each group may offer if pod groups come in this order.
    fn estimate_all(
        &self,
        state: &mut State,
        order: &[PodGroup],
        budget: &mut Budget,
    ) -> Vec<Vec<Estimate>> {
        let all = self.valid.iter();
        all.map(|&group| self.estimate(state, group, order, budget))
            .collect()
    }

    fn estimate(
        &self,
        state: &mut State,
        group: u32,
        order: &[PodGroup],
        budget: &mut Budget,
    ) -> Vec<Estimate> {
        let situation = self.situation;
        let Some(template) = self.template(group) else {
            return Vec::new();
        };
        let fits = |own: &&PodGroup| self.fitting[own.kind as usize].contains(&group);
        let mut groups: Vec<PodGroup> = order.iter().filter(fits).copied().collect();
        estimator::order(&mut groups, situation.kinds, template);
        let plan = Plan {
            queries: situation.queries,
            kinds: situation.kinds,
            placed: situation.placed,
            template,
            nodes: &self.room,
            groups,
            limit: self.limit(group),
            first_fit: situation.first_fit,
        };
        let mut all: Vec<Estimate> = Vec::new();
        explore(state, Estimation::new(&plan), budget, |_, end| {
            let estimate = Estimate {
                nodes: end.node_count(),
                scheduled: end.scheduled.clone(),
            };
            if !all.contains(&estimate) {
                all.push(estimate);
            }
        });
        all.sort();
        all
    }

    /// All that may come of what the groups offer.
    fn decide(
        &mut self,
        estimates: &[Vec<Estimate>],
        outcomes: &mut Vec<ScaleUpOutcome>,
        budget: &mut Budget,
        cut: &mut Vec<String>,
    ) {
        let combinations = estimates
            .iter()
            .fold(1_usize, |all, own| all.saturating_mul(own.len().max(1)));
        budget.cut |= combinations > MOST_COMBINATIONS;
        for at in 0..combinations.min(MOST_COMBINATIONS) {
            let mut rest = at;
            let chosen: Vec<(u32, &Estimate)> = (self.valid.iter().zip(estimates))
                .filter_map(|(&group, own)| {
                    let pick = own.get(rest % own.len().max(1));
                    rest /= own.len().max(1);
                    Some((group, pick?))
                })
                .filter(|(_, own)| own.nodes > 0 && own.scheduled.iter().any(|&count| count > 0))
                .collect();
            for outcome in self.decide_once(&chosen, cut) {
                let same = |other: &&mut ScaleUpOutcome| is_same(other, &outcome);
                if outcomes.iter_mut().find(same).is_none() {
                    outcomes.push(outcome);
                }
            }
        }
    }

    fn decide_once(
        &mut self,
        chosen: &[(u32, &Estimate)],
        cut: &mut Vec<String>,
    ) -> Vec<ScaleUpOutcome> {
        let cluster = self.situation.cluster;
        let kinds = &self.situation.kinds.facts;
        let sum = |own: &Estimate, of: fn(&super::kinds::KindFacts) -> i64| -> i64 {
            let all = own.scheduled.iter().zip(kinds);
            all.map(|(&count, facts)| i64::from(count) * of(facts))
                .sum()
        };
        let offers: Vec<Offer<'_>> = (chosen.iter())
            .filter_map(|&(group, own)| {
                let named = &cluster.groups[group as usize];
                Some(Offer {
                    name: &named.name,
                    price: named.price,
                    template: self.template(group)?,
                    nodes: own.nodes,
                    pods: sum(own, |_| 1),
                    milli_cpu: sum(own, |facts| facts.milli_cpu),
                    memory: sum(own, |facts| facts.memory),
                })
            })
            .collect();
        let mut options: Vec<ExpansionOption> = (chosen.iter())
            .map(|&(group, own)| ExpansionOption {
                group,
                nodes: own.nodes,
                pods: counts(&own.scheduled),
                similar: self.similar.get(&group).cloned().unwrap_or_default(),
            })
            .collect();
        options.sort();
        if offers.is_empty() {
            return vec![self.outcome(ScaleUpResult::NoOptionsAvailable, options, None)];
        }
        let best = expander::best(cluster, &offers, cut);
        if best.is_empty() {
            let mut outcome = self.outcome(ScaleUpResult::NoOptionsAvailable, options, None);
            outcome.unschedulable = self.remaining(Some(FILTERED_OUT));
            return vec![outcome];
        }
        let mut all = Vec::new();
        for at in best {
            let (group, own) = chosen[at];
            all.push(self.execute(group, own, options.clone()));
        }
        all
    }

    /// Grows the group, and those like it, as far as limits allow.
    fn execute(&self, group: u32, own: &Estimate, options: Vec<ExpansionOption>) -> ScaleUpOutcome {
        let cluster = self.situation.cluster;
        let mut nodes = own.nodes;
        let total = cluster.options.max_nodes_total;
        if total > 0 && nodes + self.situation.node_count > total {
            nodes = total - self.situation.node_count;
            if nodes < 1 {
                let mut outcome = self.outcome(ScaleUpResult::Error, options, None);
                outcome.triggered = counts(&own.scheduled);
                outcome.unschedulable = self.remaining(Some(FAILED));
                return outcome;
            }
        }
        let mut quotas = self.quotas.clone();
        if let Some(template) = self.template(group) {
            nodes = quotas.check(cluster, group, template, nodes).0;
        }
        let mut targets = vec![group];
        for &other in self.similar.get(&group).into_iter().flatten() {
            let exceeded = |template| quotas.check(cluster, other, template, 1).1;
            if self
                .template(other)
                .map(exceeded)
                .is_some_and(|all| all.is_empty())
            {
                targets.push(other);
            }
        }
        let sizes: Vec<(u32, i64, i64)> = (targets.iter())
            .map(|&at| {
                let own = &cluster.groups[at as usize];
                (at, own.target, own.max)
            })
            .collect();
        let mut shares: Vec<Share> = balancing::balance(&sizes, nodes);
        for share in &mut shares {
            let Some(template) = self.template(share.group) else {
                continue;
            };
            let delta = share.after - share.before;
            let (allowed, _) = quotas.check(cluster, share.group, template, delta);
            share.after = share.before + allowed.min(delta);
            if allowed > 0 {
                quotas.consume(cluster, share.group, template, allowed);
            }
        }
        let mut outcome = self.outcome(ScaleUpResult::Successful, options, Some(group));
        outcome.triggered = counts(&own.scheduled);
        outcome.scale_ups = (shares.iter())
            .filter(|share| share.after != share.before)
            .map(|share| (share.group, share.after - share.before))
            .collect();
        outcome.scale_ups.sort_unstable();
        outcome
    }

    fn outcome(
        &self,
        result: ScaleUpResult,
        options: Vec<ExpansionOption>,
        best: Option<u32>,
    ) -> ScaleUpOutcome {
        let waits = |kind: &u32| {
            let of = *kind as usize;
            best.is_some_and(|best| {
                !self.fitting[of].is_empty() && self.rejected[of].contains_key(&best)
            })
        };
        let count = |kind: u32| PodCount {
            kind,
            count: self.situation.left[kind as usize],
        };
        ScaleUpOutcome {
            result,
            scale_ups: Vec::new(),
            triggered: Vec::new(),
            schedulable: counts(self.situation.placed),
            unschedulable: self.remaining(None),
            await_evaluation: self.kinds_left().filter(waits).map(count).collect(),
            options,
        }
    }

    /// Pods that no group can help. With a reason, none of the groups that could is left either.
    fn remaining(&self, all_for: Option<&str>) -> Vec<Unschedulable> {
        let mut all = Vec::new();
        for kind in self.kinds_left() {
            let of = kind as usize;
            let mut rejected = self.rejected[of].clone();
            if !self.fitting[of].is_empty() {
                let Some(reason) = all_for else { continue };
                let groups = self.fitting[of].iter();
                rejected.extend(groups.map(|&group| (group, vec![reason.to_owned()])));
            }
            let mut skipped = self.skipped.clone();
            if self
                .situation
                .cluster
                .options
                .scaleup_simulation_for_skipped_node_groups_enabled
            {
                skipped.retain(|group, _| !rejected.contains_key(group));
            }
            all.push(Unschedulable {
                pods: PodCount {
                    kind,
                    count: self.situation.left[of],
                },
                rejected,
                skipped,
            });
        }
        all
    }
}

/// By how many nodes groups grow to their least size, beside what was added already.
pub fn to_min_size(
    cluster: &Cluster,
    health: &Health,
    templates: &[Option<&Template>],
    quotas: &mut Quotas,
    added: &[(u32, i64)],
) -> Vec<(u32, i64)> {
    let mut all = Vec::new();
    for (group, at) in cluster.groups.iter().zip(0_u32..) {
        let before = added
            .iter()
            .find(|(own, _)| *own == at)
            .map_or(0, |&(_, nodes)| nodes);
        let target = group.target + before;
        let own = &health.groups[at as usize];
        let Some(template) = templates[at as usize] else {
            continue;
        };
        if target >= group.min || !own.healthy || own.backed_off {
            continue;
        }
        let mut nodes = quotas.check(cluster, at, template, group.min - target).0;
        let total = cluster.options.max_nodes_total;
        // Upstream compares with the size of the group here, not with that of the cluster.
        if total > 0 && nodes + target > total {
            nodes = total - target;
        }
        if nodes > 0 {
            all.push((at, nodes));
        }
    }
    all
}

/// Those kinds of which there are some.
pub fn counts(by_kind: &[u32]) -> Vec<PodCount> {
    let all = by_kind.iter().zip(0_u32..);
    all.filter(|(count, _)| **count > 0)
        .map(|(&count, kind)| PodCount { kind, count })
        .collect()
}

/// Whether two outcomes are one; what there was to choose from does not matter.
pub fn is_same(a: &ScaleUpOutcome, b: &ScaleUpOutcome) -> bool {
    a.result == b.result
        && a.scale_ups == b.scale_ups
        && a.triggered == b.triggered
        && a.schedulable == b.schedulable
        && a.unschedulable == b.unschedulable
        && a.await_evaluation == b.await_evaluation
}
