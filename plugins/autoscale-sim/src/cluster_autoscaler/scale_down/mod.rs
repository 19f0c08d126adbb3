//! Scaling down: which nodes could go, which go first, and why the others stay.
//!
//! A node goes after it was unneeded for a while, so one loop does not tell much. What is planned
//! here is the loop at hand and those that follow if nothing changes: right after it (more nodes
//! become unneeded with each loop), when the time for unneeded nodes is over, and when that for
//! unready ones is; for nodes that an autoscaler has marked as unneeded, as much earlier.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        clippy::too_many_lines,
        clippy::type_complexity,
        reason = "tables are long, and read best with plain values"
    )
)]

pub(super) mod agreement;
mod budgets;
mod candidates;
mod chance;
mod drainability;
mod eligibility;
mod facts;
mod limits;
mod memory;
mod planner;
mod reason;
mod simulation;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod utilization;

use std::collections::BTreeMap;

use super::cluster::Cluster;
use super::loop_state::LoopState;
use super::outcome::{
    Deletion, ScaleDown, ScaleDownPass, ScaleDownResult, Unremovable, Utilization,
};

use chance::Chance;
use facts::Facts;
use memory::Memory;
use planner::{Found, LoopReport};
use reason::Reason;

/// Seconds after the first loop at which loops just make more nodes unneeded.
const QUIET_LOOPS: [i64; 2] = [10, 20];
/// So many loops are played for nodes that were unneeded before, the first that may go.
const KNOWN_LOOPS: usize = 3;
/// No fewer loops are played than this, if none is cut short.
const LEAST_LOOPS: usize = 5;

/// The loops that are played: seconds after the first one, and whether they are told.
///
/// A node may go in the first loop in which it has been unneeded for longer than it must be.
fn schedule(cluster: &Cluster, facts: &Facts, memory: &Memory) -> Vec<(i64, bool)> {
    let options = &cluster.options;
    let now = cluster.now_seconds();
    let ready = options.scale_down_unneeded_time.as_secs();
    let unready = options.scale_down_unready_time.as_secs();
    let mut known: Vec<i64> = (memory.unneeded.iter())
        .map(|&(node, since)| {
            let is_ready = facts.nodes[node as usize].is_ready;
            let time = if is_ready { ready } else { unready };
            since.saturating_add(time).saturating_add(1) - now
        })
        .filter(|&at| at > 0)
        .collect();
    known.sort_unstable();
    known.dedup();
    known.truncate(KNOWN_LOOPS);
    let mut all: BTreeMap<i64, bool> = QUIET_LOOPS.into_iter().map(|at| (at, false)).collect();
    all.insert(0, true);
    for at in known
        .into_iter()
        .chain([ready, unready].map(|time| time.max(0).saturating_add(1)))
    {
        all.insert(at, true);
    }
    all.into_iter().collect()
}

/// How much is done to find all outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// About so many loops are run.
    pub loops: usize,
}

impl Effort {
    /// What is bearable for a cluster of that size.
    #[must_use]
    pub fn of(cluster: &Cluster) -> Self {
        let size = cluster.nodes.len() + cluster.pods.len();
        Self {
            loops: (1_000_000 / size.max(1)).clamp(LEAST_LOOPS, 10_000),
        }
    }

    /// The same for one of several plans.
    #[must_use]
    pub fn share(self, of: usize) -> Self {
        Self {
            loops: (self.loops / of.max(1)).max(LEAST_LOOPS),
        }
    }
}

/// Plans scaling down for the snapshot as the loop has left it; `None` if nodes are never removed.
/// The snapshot is not changed.
pub fn plan(cluster: &mut Cluster, situation: &LoopState, effort: Effort) -> Option<ScaleDown> {
    if !cluster.options.scale_down_enabled {
        return None;
    }
    let facts = Facts::new(cluster, situation);
    let memory = Memory::of(cluster);
    let mut plan = Plan {
        loops: schedule(cluster, &facts, &memory),
        memory,
        cluster,
        facts: &facts,
        situation,
        left: effort.loops,
    };
    let (ways, cut) = match plan.all() {
        Some(ways) => (ways, None),
        None => plan.drawn(effort),
    };
    let told = |(way, likelihood)| (told(cluster, &facts, &way), likelihood);
    Some(ScaleDown {
        ways: ways.into_iter().map(told).collect(),
        utilization: utilizations(cluster, &facts),
        cut,
    })
}

/// The loops of one way, by the second.
type Way = Vec<(i64, LoopReport)>;
/// Ways, and how likely each is.
type Ways = BTreeMap<Way, f64>;

/// Of what one drawn loop found, this many ways to pick what goes are drawn.
const DELETIONS: u8 = 32;
/// So many draws without a new way, and as many as there were before, are enough.
const PATIENCE: u32 = 300;
/// More ways than this help nobody.
const MOST_WAYS: usize = 10_000;
/// All ways together tell of about so many nodes, so that they fit in memory.
const MOST_TOLD: usize = 400_000;
/// So many ways are always looked for.
const LEAST_WAYS: usize = 100;

struct Plan<'a> {
    cluster: &'a mut Cluster,
    facts: &'a Facts,
    situation: &'a LoopState,
    /// What is known from loops before.
    memory: Memory,
    loops: Vec<(i64, bool)>,
    /// How many loops may still be run.
    left: usize,
}

impl Plan<'_> {
    fn find(&mut self, memory: &mut Memory, chance: &mut Chance, at: i64) -> Found {
        let now = self.cluster.now_seconds() + at;
        self.left = self.left.saturating_sub(1);
        planner::find(self.cluster, self.facts, memory, chance, now)
    }

    fn decide(&self, memory: &Memory, chance: &mut Chance, at: i64, found: &Found) -> LoopReport {
        let in_cooldown = at == 0 && (self.situation.scaled_up || self.situation.paused);
        planner::decide(self.cluster, self.facts, memory, chance, found, in_cooldown)
    }

    /// Whether no later loop is of interest after this one.
    fn is_last(&self, at: i64, report: &LoopReport) -> bool {
        let begun = report.result == ScaleDownResult::NodeDeleteStarted;
        begun
            || at == 0 && (self.situation.scaled_up || report.unneeded.is_empty())
            || self.loops.last().is_some_and(|&(last, _)| at == last)
    }

    /// All ways, or `None` if they are too many.
    fn all(&mut self) -> Option<Ways> {
        if !chance::is_small(self.facts.nodes.len()) {
            return None;
        }
        let mut done = Ways::new();
        let mut open = BTreeMap::from([(self.memory.clone(), Ways::from([(Way::new(), 1.0)]))]);
        for (at, is_told) in self.loops.clone() {
            let mut next: BTreeMap<Memory, Ways> = BTreeMap::new();
            for (memory, ways) in open {
                for ((report, memory), share) in self.every(&memory, at)? {
                    let is_last = self.is_last(at, &report);
                    for (way, likelihood) in &ways {
                        let mut way = way.clone();
                        if is_told || is_last {
                            way.push((at, report.clone()));
                        }
                        let to = if is_last {
                            &mut done
                        } else {
                            next.entry(memory.clone()).or_default()
                        };
                        *to.entry(way).or_default() += likelihood * share;
                    }
                }
            }
            open = next;
        }
        Some(done)
    }

    /// Every way one loop can go, and how likely it is.
    fn every(&mut self, memory: &Memory, at: i64) -> Option<BTreeMap<(LoopReport, Memory), f64>> {
        let mut chance = Chance::all();
        let mut seen = BTreeMap::new();
        loop {
            if self.left == 0 {
                return None;
            }
            let mut memory = memory.clone();
            let found = self.find(&mut memory, &mut chance, at);
            let report = self.decide(&memory, &mut chance, at, &found);
            *seen.entry((report, memory)).or_default() += chance.likelihood();
            if !chance.next() {
                return Some(seen);
            }
        }
    }

    /// Some ways, drawn at random, and what is to be said of that.
    fn drawn(&mut self, effort: Effort) -> (Ways, Option<String>) {
        self.left = effort.loops;
        let mut ways = Ways::new();
        let (mut draws, mut last_new) = (0_u32, 0);
        let most = (MOST_TOLD / self.facts.nodes.len().max(1)).clamp(LEAST_WAYS, MOST_WAYS);
        while draws == 0
            || self.left >= self.loops.len()
                && ways.len() < most
                && draws - last_new < PATIENCE.max(draws / 2)
        {
            let known = ways.len();
            self.draw(&mut Chance::Draw(u64::from(draws) << 32), &mut ways);
            draws += 1;
            if ways.len() > known {
                last_new = draws;
            }
        }
        for likelihood in ways.values_mut() {
            *likelihood /= f64::from(draws);
        }
        let count = ways.len();
        let said =
            format!("{count} ways to scale down were found in {draws} draws; there may be more");
        (ways, Some(said))
    }

    /// Draws how the loops go, and several times what the last of them picks.
    fn draw(&mut self, chance: &mut Chance, ways: &mut Ways) {
        let mut memory = self.memory.clone();
        let mut way = Way::new();
        for (at, is_told) in self.loops.clone() {
            let found = self.find(&mut memory, chance, at);
            let mut report = self.decide(&memory, chance, at, &found);
            if self.is_last(at, &report) {
                for _ in 0..DELETIONS {
                    let mut way = way.clone();
                    way.push((at, report));
                    *ways.entry(way).or_default() += 1.0 / f64::from(DELETIONS);
                    report = self.decide(&memory, chance, at, &found);
                }
                return;
            }
            if is_told {
                way.push((at, report));
            }
        }
    }
}

/// The budgets over a pod, given as `namespace/name`: name, and how many disruptions each allows now;
/// those that allow the fewest first.
#[must_use]
pub fn budgets_over(cluster: &Cluster, pod: &str) -> Vec<(String, i64)> {
    let own = cluster.pods.iter().find(|own| {
        let namespace = &cluster.shapes.get(own.shape).namespace;
        pod.split_once('/') == Some((namespace, &*own.name))
    });
    let Some(own) = own else {
        return Vec::new();
    };
    let shape = cluster.shapes.get(own.shape);
    let over = budgets::over(&cluster.budgets, &shape.namespace, &shape.labels);
    let mut all: Vec<(String, i64)> = (over.into_iter())
        .map(|at| {
            let budget = &cluster.budgets[at as usize];
            let name = budget.metadata.name.as_deref().unwrap_or_default();
            let status = budget.status.as_ref();
            let allowed = status.and_then(|status| status.disruptions_allowed);
            (
                format!("{}/{name}", shape.namespace),
                allowed.map_or(0, i64::from),
            )
        })
        .collect();
    all.sort_by_key(|own| own.1);
    all
}

fn utilizations(cluster: &Cluster, facts: &Facts) -> BTreeMap<String, Utilization> {
    let now = cluster.now_seconds();
    let both = cluster.nodes.iter().zip(&facts.nodes);
    both.filter(|(_, node)| candidates::may_go(cluster, node))
        .filter_map(|(own, node)| {
            let used = utilization::of(cluster, facts, node, now)?;
            Some((own.name().to_owned(), used))
        })
        .collect()
}

/// Names for numbers.
fn told(cluster: &Cluster, facts: &Facts, way: &Way) -> Vec<ScaleDownPass> {
    let node = |node: u32| cluster.nodes[node as usize].name().to_owned();
    let pod = |pod: u32| {
        let own = &cluster.pods[pod as usize];
        let namespace = &cluster.shapes.get(own.shape).namespace;
        format!("{namespace}/{}", own.name)
    };
    let sorted = |mut all: Vec<String>| {
        all.sort_unstable();
        all
    };
    let pass = |&(at, ref report): &(i64, LoopReport)| {
        let mut unremovable: Vec<Unremovable> = (report.unremovable.iter())
            .map(|(&own, &reason)| {
                let blocker = match reason {
                    Reason::BlockedByPod(pod, blocker) => Some((pod, blocker)),
                    _ => None,
                };
                Unremovable {
                    node: node(own),
                    reason: reason.name().to_owned(),
                    blocking_pod: blocker.map(|(blocking, _)| pod(blocking)),
                    blocking_reason: blocker.map(|(_, why)| why.name().to_owned()),
                }
            })
            .collect();
        unremovable.sort_unstable();
        let mut deleted: Vec<Deletion> = (report.deleted.iter())
            .map(|(&own, &drain)| {
                let pods = facts.nodes[own as usize].pods.iter().filter(|&&pod| {
                    let shape = &facts.shapes[cluster.pods[pod as usize].shape as usize];
                    drain && !shape.is_daemon && !shape.is_mirror
                });
                Deletion {
                    node: node(own),
                    drain,
                    evicted_pods: sorted(pods.map(|&own| pod(own)).collect()),
                }
            })
            .collect();
        deleted.sort_unstable();
        ScaleDownPass {
            at_seconds: at,
            result: report.result,
            unneeded: sorted(report.unneeded.iter().map(|&own| node(own)).collect()),
            unremovable,
            deleted,
        }
    };
    way.iter().map(pass).collect()
}
