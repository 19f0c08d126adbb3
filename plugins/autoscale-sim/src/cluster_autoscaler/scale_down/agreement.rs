//! Whether what we say of scaling down agrees with what the real one was seen to do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use scheduler::{NodeId, PodQuery, State};

use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::kinds;
use crate::cluster_autoscaler::loop_state::LoopState;
use crate::cluster_autoscaler::outcome::{
    Answer, Deletion, ScaleDown, ScaleDownPass, Unremovable, Utilization,
};
use crate::cluster_autoscaler::scenario::{
    Counted, Expected, ExpectedPass, ExpectedUtilization, PassSummary,
};

use super::facts::Facts;
use super::utilization;

/// Shares were recorded with so many digits.
const ROUNDING: f64 = 1e-9;
/// With more ways than this the closest one is not looked for.
const MOST_COMPARED: usize = 5_000;

/// One loop, as both sides can tell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pass {
    at: i64,
    result: String,
    unneeded: BTreeSet<String>,
    unremovable: BTreeSet<Unremovable>,
    deleted: BTreeSet<Deletion>,
}

/// Ways of ours that were not seen.
#[derive(Clone, Debug)]
pub(in crate::cluster_autoscaler) struct Unseen {
    /// How likely it is, if the loop scales up as it was seen to.
    pub(in crate::cluster_autoscaler) likelihood: f64,
    /// How it differs from the closest of those that were seen.
    pub(in crate::cluster_autoscaler) what: String,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub(in crate::cluster_autoscaler) struct Found {
    /// Where we disagree.
    pub(in crate::cluster_autoscaler) disagreements: Vec<String>,
    /// Numbers by group that we did not come to.
    pub(in crate::cluster_autoscaler) missing: Vec<Summary>,
    /// Utilisations of nodes that we did not come to.
    pub(in crate::cluster_autoscaler) utilizations: Vec<Used>,
    /// Ways of ours that were not seen.
    pub(in crate::cluster_autoscaler) unseen: Vec<Unseen>,
}

/// A node, and how much of it was used.
pub(in crate::cluster_autoscaler) type Used = (String, ExpectedUtilization);

/// Numbers by group, in all loops, and in how many runs they were seen.
pub(in crate::cluster_autoscaler) type Summary = Counted<Vec<PassSummary>>;

/// Compares. `same` tells which outcomes of ours scale up as each expected one does. If the recorded
/// ones are `open`, they need not be in our set; if they are `complete`, our set may hold no others.
pub(in crate::cluster_autoscaler) fn compare(
    cluster: &Cluster,
    answer: &Answer,
    expected: &Expected,
    same: &[Vec<usize>],
    is_open: bool,
    is_complete: bool,
) -> Found {
    let mut found = Found::default();
    let ours: Vec<Vec<Plan<'_>>> = (answer.outcomes.iter())
        .map(|own| own.scale_down.iter().map(Plan::new).collect())
        .collect();
    let mut seen: Vec<(Vec<Pass>, &[usize])> = Vec::new();
    for (outcome, same) in expected.outcomes.iter().zip(same) {
        if same.is_empty() {
            continue;
        }
        let theirs = &outcome.scale_down;
        let passes: Vec<Pass> = theirs.passes.iter().map(read).collect();
        let plans = || same.iter().flat_map(|&at| &ours[at]);
        let runs = outcome.count;
        if theirs.evaluated != plans().next().is_some() {
            let what = if theirs.evaluated { "is" } else { "is not" };
            let text = format!("scaling down {what} looked at ({runs} runs)");
            found.disagreements.push(text);
        } else if theirs.evaluated {
            // Where pods may be put on nodes in several ways, one of them was recorded.
            let same_nodes = |plan: &Plan<'_>| {
                let ours = plan.plan.utilization.keys();
                ours.eq(theirs.utilization.keys())
            };
            if is_open && ours.iter().flatten().any(same_nodes) {
                found.utilizations.extend(rare(&ours, &theirs.utilization));
            } else if !plans().any(|plan| plan.uses(&theirs.utilization)) {
                let all = plans().map(|plan| plan.differs(&theirs.utilization));
                let closest = all.min_by_key(Vec::len).unwrap_or_default();
                let text = closest[..closest.len().min(3)].join("; ");
                found.disagreements.push(format!("utilization: {text}"));
            }
            if !is_open && !plans().any(|plan| plan.ways.contains_key(&passes)) {
                let closest = closest(plans().flat_map(|plan| plan.ways.keys()), &passes);
                let text = format!("scale-down not in our set ({runs} runs): {closest}");
                found.disagreements.push(text);
            }
        }
        seen.push((passes, same));
    }
    let ways = ours.iter().flatten().flat_map(|plan| plan.ways.keys());
    let mut all = by_group(cluster, ways);
    if ours.iter().any(Vec::is_empty) {
        // A loop that ended before is told as one that found nothing.
        let (deleted, unneeded) = (BTreeMap::new(), BTreeMap::new());
        all.insert(vec![PassSummary {
            at_seconds: 0,
            deleted,
            unneeded,
        }]);
    }
    let missing = (expected.scale_down_summary.iter()).filter(|own| !all.contains(&own.value));
    found.missing = missing.cloned().collect();
    found.disagreements.dedup();
    if is_complete {
        found.unseen = unseen(&ours, &seen);
    }
    found
}

fn unseen(ours: &[Vec<Plan<'_>>], seen: &[(Vec<Pass>, &[usize])]) -> Vec<Unseen> {
    let mut all = Vec::new();
    for (at, plans) in (0..).zip(ours) {
        let meant = || (seen.iter()).filter(|(_, same)| same.contains(&at));
        if meant().next().is_none() {
            // That outcome was not seen at all, which is told elsewhere.
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let share = 1.0 / plans.len().max(1) as f64;
        let mut ways: BTreeMap<&Vec<Pass>, f64> = BTreeMap::new();
        for (way, likelihood) in plans.iter().flat_map(|plan| &plan.ways) {
            *ways.entry(way).or_default() += likelihood * share;
        }
        ways.retain(|way, _| !meant().any(|(passes, _)| passes == *way));
        all.extend(ways.into_iter().map(|(way, likelihood)| Unseen {
            likelihood,
            what: closest(meant().map(|(passes, _)| passes), way),
        }));
    }
    all
}

struct Plan<'a> {
    plan: &'a ScaleDown,
    ways: BTreeMap<Vec<Pass>, f64>,
}

impl<'a> Plan<'a> {
    fn new(plan: &'a ScaleDown) -> Self {
        let ways = plan.ways.iter();
        Self {
            plan,
            ways: ways
                .map(|(way, &likelihood)| (way.iter().map(own).collect(), likelihood))
                .collect(),
        }
    }

    fn uses(&self, theirs: &BTreeMap<String, ExpectedUtilization>) -> bool {
        let ours = &self.plan.utilization;
        ours.len() == theirs.len()
            && theirs
                .iter()
                .all(|(node, own)| ours.get(node).is_some_and(|ours| is_equal(ours, own)))
    }

    /// Where the utilisation of nodes differs.
    fn differs(&self, theirs: &BTreeMap<String, ExpectedUtilization>) -> Vec<String> {
        let ours = &self.plan.utilization;
        let nodes: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        let differ = nodes.into_iter().filter(|&node| {
            let both = ours.get(node).zip(theirs.get(node));
            !both.is_some_and(|(ours, theirs)| is_equal(ours, theirs))
        });
        let said = differ.map(|node| {
            let (ours, theirs) = (ours.get(node), theirs.get(node));
            format!("{node} {theirs:?}, ours {ours:?}")
        });
        said.collect()
    }
}

/// Those of the utilisations that none of the plans has of that node.
fn rare(ours: &[Vec<Plan<'_>>], theirs: &BTreeMap<String, ExpectedUtilization>) -> Vec<Used> {
    let is_rare = |(node, theirs): &(&String, &ExpectedUtilization)| {
        let mut all = (ours.iter().flatten()).filter_map(|plan| plan.plan.utilization.get(*node));
        !all.any(|own| is_equal(own, theirs))
    };
    let all = theirs.iter().filter(is_rare);
    all.map(|(node, own)| (node.clone(), own.clone())).collect()
}

/// Whether pods that wait can make up a utilisation, put on the node beside those that are there. So
/// it is in our set, although we have not come to it in the ways that were looked at.
pub(in crate::cluster_autoscaler) fn can_be_made_up(
    cluster: &mut Cluster,
    answer: &Answer,
    (node, theirs): &Used,
) -> bool {
    let facts = Facts::new(cluster, &LoopState::default());
    let Some(at) = cluster.nodes.iter().position(|own| own.name() == node) else {
        return false;
    };
    let entry = &facts.nodes[at];
    let before = utilization::of(cluster, &facts, entry, cluster.now_seconds());
    let (Some(before), Some(cpu), Some(memory)) = (before, entry.cpu, entry.memory) else {
        return false;
    };
    let share = |part: i64, of: i64| {
        #[expect(clippy::cast_precision_loss, reason = "as upstream divides")]
        let share = part as f64 / of as f64;
        share
    };
    let facts = kinds::read(cluster).facts;
    let kinds: Vec<Kind> = (answer.kinds.iter().zip(&facts))
        .filter_map(|(kind, facts)| {
            let first = *kind.pods.first()?;
            let own = cluster.pods[first as usize].waiting.as_deref()?;
            Some(Kind {
                cpu: share(own.milli_cpu, cpu),
                memory: share(own.memory.saturating_mul(1000), memory),
                looks_around: facts.looks_around,
                queries: (kind.pods.iter())
                    .filter_map(|&pod| {
                        let own = cluster.pods[pod as usize].waiting.as_deref()?;
                        Some(own.query.clone())
                    })
                    .collect(),
            })
        })
        .collect();
    let mark = cluster.state.mark();
    let found = fill(&mut cluster.state, entry.id, &kinds, &before, theirs);
    cluster.state.rollback(mark);
    found
}

/// Pods that wait and are alike, with the shares of the node that each requests.
struct Kind {
    cpu: f64,
    memory: f64,
    /// Whether it matters where others of them are; then only room on the node is asked for.
    looks_around: bool,
    queries: Vec<PodQuery>,
}

/// Puts more and more pods of the first kind on the node, as long as they fit, and with each number of
/// them tries the other kinds.
fn fill(
    state: &mut State,
    node: NodeId,
    kinds: &[Kind],
    used: &Utilization,
    theirs: &ExpectedUtilization,
) -> bool {
    if used.cpu > theirs.cpu + ROUNDING || used.memory > theirs.mem + ROUNDING {
        return false;
    }
    let Some((kind, rest)) = kinds.split_first() else {
        return is_equal(used, theirs);
    };
    let mut used = used.clone();
    let without = state.mark();
    if fill(state, node, rest, &used, theirs) {
        return true;
    }
    state.rollback(without);
    for query in &kind.queries {
        let fits = kind.looks_around || state.first_feasible(query, [node]).is_some();
        if !fits || state.assign(query, node).is_none() {
            return false;
        }
        used.cpu += kind.cpu;
        used.memory += kind.memory;
        let (resource, most) = if used.cpu > used.memory {
            ("cpu", used.cpu)
        } else {
            ("memory", used.memory)
        };
        resource.clone_into(&mut used.resource);
        used.utilization = most;
        let mark = state.mark();
        let found = fill(state, node, rest, &used, theirs);
        state.rollback(mark);
        if found {
            return true;
        }
    }
    false
}

fn is_equal(ours: &Utilization, theirs: &ExpectedUtilization) -> bool {
    let near = |one: f64, other: f64| (one - other).abs() <= ROUNDING;
    near(ours.cpu, theirs.cpu)
        && near(ours.memory, theirs.mem)
        && near(ours.gpu.unwrap_or(0.0), theirs.gpu.unwrap_or(0.0))
        && near(ours.utilization, theirs.utilization)
        && ours.resource == theirs.resource
}

fn own(pass: &ScaleDownPass) -> Pass {
    Pass {
        at: pass.at_seconds,
        result: pass.result.name().to_owned(),
        unneeded: pass.unneeded.iter().cloned().collect(),
        unremovable: pass.unremovable.iter().cloned().collect(),
        deleted: pass.deleted.iter().cloned().collect(),
    }
}

fn read(pass: &ExpectedPass) -> Pass {
    let unremovable = pass.unremovable.iter().map(|own| Unremovable {
        node: own.node.clone(),
        reason: own.reason.clone(),
        blocking_pod: own.blocking_pod.clone(),
        blocking_reason: own.blocking_reason.clone(),
    });
    let deleted = pass.deleted.iter().map(|own| {
        let mut evicted_pods = own.evicted_pods.clone();
        evicted_pods.sort();
        Deletion {
            node: own.node.clone(),
            drain: own.drain,
            evicted_pods,
        }
    });
    Pass {
        at: pass.at_seconds,
        result: pass.result.clone(),
        unneeded: pass.unneeded.iter().cloned().collect(),
        unremovable: unremovable.collect(),
        deleted: deleted.collect(),
    }
}

/// Those of the summaries that are not in this answer either.
pub(in crate::cluster_autoscaler) fn still_missing(
    cluster: &Cluster,
    answer: &Answer,
    missing: Vec<Summary>,
) -> Vec<Summary> {
    let plans = answer.outcomes.iter().flat_map(|own| &own.scale_down);
    let plans: Vec<Plan<'_>> = plans.map(Plan::new).collect();
    let all = by_group(cluster, plans.iter().flat_map(|plan| plan.ways.keys()));
    let mut missing = missing;
    missing.retain(|own| !all.contains(&own.value));
    missing
}

/// Ways as numbers by group.
fn by_group<'a>(
    cluster: &Cluster,
    ways: impl Iterator<Item = &'a Vec<Pass>>,
) -> BTreeSet<Vec<PassSummary>> {
    let mut groups: HashMap<&str, &str> = HashMap::new();
    for group in &cluster.groups {
        let nodes = group.nodes.iter();
        groups.extend(nodes.map(|node| (node.as_str(), group.name.as_str())));
    }
    let count = |nodes: &mut dyn Iterator<Item = &String>| {
        let mut all: BTreeMap<String, i64> = BTreeMap::new();
        for node in nodes {
            let group = groups.get(node.as_str()).copied().unwrap_or_default();
            *all.entry(group.to_owned()).or_default() += 1;
        }
        all
    };
    let summary = |pass: &Pass| PassSummary {
        at_seconds: pass.at,
        deleted: count(&mut pass.deleted.iter().map(|own| &own.node)),
        unneeded: count(&mut pass.unneeded.iter()),
    };
    ways.map(|way| way.iter().map(summary).collect()).collect()
}

/// How a way differs from the likest of the others.
fn closest<'a>(others: impl Iterator<Item = &'a Vec<Pass>>, way: &[Pass]) -> String {
    let differences = |other: &Vec<Pass>| {
        let mut all = Vec::new();
        for at in 0..way.len().max(other.len()) {
            match (way.get(at), other.get(at)) {
                (Some(one), Some(other)) if one.at == other.at => {
                    all.extend(difference(one, other));
                }
                (Some(one), _) => all.push(format!("a loop at {} s", one.at)),
                (None, Some(other)) => all.push(format!("no loop at {} s", other.at)),
                (None, None) => {}
            }
        }
        all
    };
    let best = others
        .take(MOST_COMPARED)
        .map(differences)
        .min_by_key(Vec::len);
    best.map_or_else(|| "there is none".to_owned(), |all| all.join("; "))
}

fn difference(one: &Pass, other: &Pass) -> Vec<String> {
    let mut all = Vec::new();
    if one.result != other.result {
        all.push(format!("{} instead of {}", one.result, other.result));
    }
    let mut part = |what: &str, one: BTreeSet<String>, other: BTreeSet<String>| {
        let more = one.difference(&other).map(|own| format!("+{own}"));
        let fewer = other.difference(&one).map(|own| format!("-{own}"));
        all.extend(more.chain(fewer).map(|own| format!("{what} {own}")));
    };
    part("unneeded", one.unneeded.clone(), other.unneeded.clone());
    let kept = |pass: &Pass| {
        let said = pass.unremovable.iter().map(|own| {
            let pod = own.blocking_pod.as_deref().unwrap_or_default();
            let why = own.blocking_reason.as_deref().unwrap_or_default();
            format!("{} {} {pod} {why}", own.node, own.reason)
                .trim_end()
                .to_owned()
        });
        said.collect()
    };
    part("stays", kept(one), kept(other));
    let gone = |pass: &Pass| {
        let said = pass.deleted.iter();
        said.map(|own| {
            format!("{} {}", own.node, own.evicted_pods.join(" "))
                .trim_end()
                .to_owned()
        })
        .collect()
    };
    part("goes", gone(one), gone(other));
    all.iter()
        .map(|own| format!("at {} s: {own}", one.at))
        .collect()
}
