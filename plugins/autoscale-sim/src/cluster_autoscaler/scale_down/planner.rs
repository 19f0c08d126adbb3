//! One loop: which nodes are unneeded, and which of them go now.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/core/scaledown/planner/planner.go`,
//! `cluster-autoscaler/core/scaledown/unneeded/nodes.go` (`RemovableAt`) and
//! `cluster-autoscaler/core/static_autoscaler.go` (`scaleDown`).

use std::collections::BTreeMap;

use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::outcome::ScaleDownResult;

use super::chance::{Chance, is_small};
use super::facts::Facts;
use super::limits::{Limits, crop};
use super::memory::{Memory, waits};
use super::reason::Reason;
use super::simulation::{Removable, Simulation};
use super::{candidates, eligibility};

/// How a loop went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LoopReport {
    pub(super) result: ScaleDownResult,
    /// Sorted.
    pub(super) unneeded: Vec<u32>,
    pub(super) unremovable: BTreeMap<u32, Reason>,
    /// Nodes whose deletion begins, and whether pods must be evicted.
    pub(super) deleted: BTreeMap<u32, bool>,
}

/// What a loop found before it comes to what goes now.
#[derive(Debug)]
pub(super) struct Found {
    removable: Vec<Removable>,
    unremovable: BTreeMap<u32, Reason>,
    has_candidates: bool,
    /// The nodes of the snapshot.
    listed: Vec<u32>,
    now: i64,
}

/// Finds the unneeded nodes. The snapshot is as before afterwards.
pub(super) fn find(
    cluster: &mut Cluster,
    facts: &Facts,
    memory: &mut Memory,
    chance: &mut Chance,
    now: i64,
) -> Found {
    let mut listed: Vec<u32> = (0..).take(facts.nodes.len()).collect();
    chance.map_order(&mut listed);
    listed.retain(|&node| facts.nodes[node as usize].is_seen);
    let mut was_unneeded = vec![false; facts.nodes.len()];
    for &(node, _) in &memory.unneeded {
        was_unneeded[node as usize] = true;
    }
    let candidates = candidates::of(cluster, facts, &listed, &was_unneeded, now);
    memory.begin(now);
    let mut unremovable = BTreeMap::new();
    let asked = worth_asking(cluster, facts, memory, &candidates, now, &mut unremovable);
    let start = cluster.state.mark();
    let mut simulation = Simulation::new(cluster, facts, chance, listed.clone(), now);
    let removable = simulate(&mut simulation, memory, &asked, &mut unremovable);
    cluster.state.rollback(start);
    memory.update_unneeded(removable.iter().map(|own| own.node), now);
    memory.hints.drop_old();
    Found {
        removable,
        unremovable,
        has_candidates: !candidates.is_empty(),
        listed,
        now,
    }
}

/// Decides what goes now.
pub(super) fn decide(
    cluster: &Cluster,
    facts: &Facts,
    memory: &Memory,
    chance: &mut Chance,
    found: &Found,
    in_cooldown: bool,
) -> LoopReport {
    let mut report = LoopReport {
        result: ScaleDownResult::InCooldown,
        unneeded: found.removable.iter().map(|own| own.node).collect(),
        unremovable: found.unremovable.clone(),
        deleted: BTreeMap::new(),
    };
    report.unneeded.sort_unstable();
    if in_cooldown {
        return report;
    }
    if found.has_candidates {
        delete(cluster, facts, memory, chance, found, &mut report);
    } else {
        report.result = ScaleDownResult::NoCandidates;
    }
    report
}

/// The candidates to simulate; why the others are not goes to `unremovable`.
fn worth_asking(
    cluster: &Cluster,
    facts: &Facts,
    memory: &Memory,
    candidates: &[u32],
    now: i64,
    unremovable: &mut BTreeMap<u32, Reason>,
) -> Vec<u32> {
    let mut asked = Vec::with_capacity(candidates.len());
    for &node in candidates {
        let reason = if memory.unremovable_until.contains_key(&node) {
            Some(Reason::RecentlyUnremovable)
        } else {
            eligibility::check(cluster, facts, &facts.nodes[node as usize], now)
        };
        match reason {
            Some(reason) => {
                unremovable.insert(node, reason);
            }
            None => asked.push(node),
        }
    }
    asked
}

fn simulate(
    simulation: &mut Simulation<'_>,
    memory: &mut Memory,
    asked: &[u32],
    unremovable: &mut BTreeMap<u32, Reason>,
) -> Vec<Removable> {
    let options = &simulation.cluster.options;
    let limit = memory.unneeded_limit(options);
    let recheck = options.unremovable_node_recheck_timeout.as_secs();
    let until = simulation.now.saturating_add(recheck);
    let mut found = Vec::new();
    for &node in asked {
        if found.len() >= limit {
            break;
        }
        match simulation.remove(node, memory) {
            Ok(removable) => found.push(removable),
            Err(reason) => {
                unremovable.insert(node, reason);
                memory.unremovable_until.insert(node, until);
            }
        }
    }
    found
}

/// Picks the nodes that go now.
fn delete(
    cluster: &Cluster,
    facts: &Facts,
    memory: &Memory,
    chance: &mut Chance,
    found: &Found,
    report: &mut LoopReport,
) {
    let options = &cluster.options;
    let is_small = is_small(found.removable.len());
    let mut ripe = Vec::new();
    for (own, &(_, since)) in found.removable.iter().zip(&memory.unneeded) {
        let is_ready = facts.nodes[own.node as usize].is_ready;
        match waits(options, is_ready, since, found.now) {
            Some(reason) => {
                report.unremovable.insert(own.node, reason);
            }
            None => ripe.push(own),
        }
    }
    // Upstream goes through maps of unneeded nodes: all of them, then the empty and the others.
    let (mut drain, mut empty): (Vec<_>, Vec<_>) =
        ripe.into_iter().partition(|own| own.needs_drain);
    for own in [&mut empty, &mut drain] {
        if is_small {
            chance.map_order(own);
        } else {
            chance.shuffle(own);
        }
    }
    let mut limits = Limits::new(cluster, facts, &found.listed);
    let mut may_go = |own: &&Removable| {
        let node = &facts.nodes[own.node as usize];
        let taken = limits.take(cluster, node);
        let reason = match taken {
            Err(reason) => reason,
            Ok(()) if own.awaits => Reason::BlockedByOnCompletionPod,
            Ok(()) => return true,
        };
        report.unremovable.insert(own.node, reason);
        false
    };
    empty.retain(&mut may_go);
    drain.retain(&mut may_go);
    drain.sort_by_key(|own| own.is_risky);
    let nodes = |all: &[&Removable]| all.iter().map(|own| own.node).collect::<Vec<u32>>();
    let most = options.max_scale_down_parallelism;
    let empty = crop(facts, &nodes(&empty), most);
    let left = most - i64::try_from(empty.len()).unwrap_or(i64::MAX);
    let drain = crop(
        facts,
        &nodes(&drain),
        left.min(options.max_drain_parallelism),
    );
    report.deleted = (empty.into_iter().map(|node| (node, false)))
        .chain(drain.into_iter().map(|node| (node, true)))
        .collect();
    report.result = if report.deleted.is_empty() {
        ScaleDownResult::NoNodeDeleted
    } else {
        ScaleDownResult::NodeDeleteStarted
    };
}
