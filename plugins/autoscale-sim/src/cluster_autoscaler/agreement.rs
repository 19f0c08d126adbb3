//! Whether an answer agrees with what the real Cluster Autoscaler was seen to decide.
//!
//! The answer is a set. Every outcome of the real one must be in it; where so many runs were made
//! that an unseen outcome is unlikely, it may hold no other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cluster::Cluster;
use super::outcome::{Answer, Outcome, PodCount, ScaleUpOutcome};
use super::run::{Search, run_once};
use super::scale_down::{self, Effort};
use super::scale_up::is_same;
use super::scenario::{Expected, ExpectedOutcome};

/// Below this share of outcomes that were seen once, none is taken to be unseen.
const COMPLETE: f64 = 0.05;
/// Above it, so many are unseen that just the decisions are compared.
const OPEN: f64 = 0.2;
/// In so many runs the real one was watched.
const RUNS: i32 = 30;
/// An outcome of ours that those runs would show but for such a chance is wrong if they do not.
const UNLIKELY: f64 = 0.01;
/// From so many ways the chances are taken.
const SAMPLES: u32 = 500;
/// So many times as many are looked at for what was seen of the real one and is rare.
const ROUNDS: u64 = 20;

type ByOwner = BTreeMap<String, u32>;
type Reasons = BTreeMap<String, Vec<String>>;

/// One outcome of scaling up, as both sides can tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ScaleUp {
    result: String,
    adds: BTreeMap<String, i64>,
    triggered: ByOwner,
    schedulable: ByOwner,
    await_evaluation: ByOwner,
    unschedulable: BTreeMap<(String, Reasons, Reasons), u32>,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Where we disagree, a short sentence each.
    pub disagreements: Vec<String>,
    /// Outcomes of ours that were not seen, and are too unlikely to be missed.
    pub notes: Vec<String>,
}

/// Answers, and compares the answer with what was recorded. Scaling down is compared if an effort is
/// given for it.
#[must_use]
pub fn judge(cluster: &mut Cluster, expected: &Expected, scale_down: Option<Effort>) -> Verdict {
    let search = Search {
        scale_down,
        ..Search::default()
    };
    let answer = run_once(cluster, search);
    let mut verdict = Verdict::default();
    let (unseen, same) = compare(cluster, &answer, expected, &mut verdict.disagreements);
    if scale_down.is_some() {
        compare_scale_down(cluster, &answer, expected, &same, &mut verdict);
    }
    if unseen.is_empty() {
        return verdict;
    }
    let chances = chances(cluster, &answer);
    let names = Names::new(cluster, &answer);
    let theirs: Vec<ScaleUp> = expected.outcomes.iter().map(read).collect();
    for at in unseen {
        let what = closest(&theirs, &names.of(&answer.outcomes[at].scale_up));
        let chance = chances[at];
        if (1.0 - chance).powi(RUNS) < UNLIKELY {
            verdict.disagreements.push(format!("never seen: {what}"));
        } else {
            verdict.notes.push(format!(
                "happens in {:.1} % of the loops, for pods of one priority come in any order and \
                 go to any node that takes them: {what}",
                100.0 * chance
            ));
        }
    }
    verdict
}

fn compare_scale_down(
    cluster: &mut Cluster,
    answer: &Answer,
    expected: &Expected,
    same: &[Vec<usize>],
    verdict: &mut Verdict,
) {
    let is_open = expected.unseen_mass > OPEN;
    let is_complete = expected.unseen_mass < COMPLETE;
    let found =
        scale_down::agreement::compare(cluster, answer, expected, same, is_open, is_complete);
    verdict.disagreements.extend(found.disagreements);
    for used in found.utilizations {
        if !scale_down::agreement::can_be_made_up(cluster, answer, &used) {
            let (node, own) = used;
            let text = format!("utilization of {node} not in our set: {own:?}");
            verdict.disagreements.push(text);
        }
    }
    let mut missing = found.missing;
    for seed in 0..ROUNDS {
        if !is_open || missing.is_empty() {
            break;
        }
        // What is rare takes longer to find.
        let search = Search {
            choices: 0,
            seed: (seed + 1) << 32,
            scale_down: Some(Effort { loops: 1 }),
            ..Search::default()
        };
        let more = run_once(cluster, search);
        missing = scale_down::agreement::still_missing(cluster, &more, missing);
    }
    for own in missing {
        let (runs, value) = (own.count, own.value);
        let text = format!("scale-down by group not in our set ({runs} runs): {value:?}");
        verdict.disagreements.push(text);
    }
    for unseen in found.unseen {
        let (chance, what) = (unseen.likelihood, unseen.what);
        if (1.0 - chance).powi(RUNS) < UNLIKELY {
            let percent = 100.0 * chance;
            let text =
                format!("scale-down never seen, for us in {percent:.1} % of the runs: {what}");
            verdict.disagreements.push(text);
        } else {
            verdict.notes.push(format!(
                "happens in {:.1} % of the runs, for nodes and pods come in the order of Go's maps: \
                 {what}",
                100.0 * chance
            ));
        }
    }
}

/// Notes where the two disagree, and returns the places of those outcomes of ours that the real one
/// was not seen to have, and by recorded outcome the places of those that scale up alike.
fn compare(
    cluster: &Cluster,
    answer: &Answer,
    expected: &Expected,
    all: &mut Vec<String>,
) -> (Vec<usize>, Vec<Vec<usize>>) {
    let names = Names::new(cluster, answer);
    let ours: Vec<ScaleUp> = (answer.outcomes.iter())
        .map(|outcome| names.of(&outcome.scale_up))
        .collect();
    let mut met = vec![false; ours.len()];
    let mut places = Vec::new();
    for outcome in &expected.outcomes {
        let theirs = read(outcome);
        let mut alike = Vec::new();
        for (at, own) in ours.iter().enumerate() {
            let same = *own == theirs
                && (outcome.pod_names_vary || names.fits(&answer.outcomes[at].scale_up, outcome));
            met[at] |= same;
            alike.extend(Some(at).filter(|_| same));
        }
        if alike.is_empty() && expected.unseen_mass <= OPEN {
            let closest = closest(&ours, &theirs);
            all.push(format!(
                "not in our set ({} runs): {closest}",
                outcome.count
            ));
        }
        all.extend(names.left_out(answer, outcome));
        places.push(alike);
    }
    for decision in &expected.decisions {
        let adds: BTreeMap<String, i64> = (decision.value.iter())
            .map(|own| (own.group.clone(), own.delta))
            .collect();
        if !ours.iter().any(|own| own.adds == adds) {
            let adds = text(&adds);
            all.push(format!(
                "not decided by us ({} runs): {adds}",
                decision.count
            ));
        }
    }
    all.dedup();
    let unseen = (0..ours.len()).filter(|&at| !met[at] && expected.unseen_mass < COMPLETE);
    (unseen.collect(), places)
}

/// How likely each outcome is, from ways picked at random as upstream picks them.
fn chances(cluster: &mut Cluster, answer: &Answer) -> Vec<f64> {
    let search = Search {
        choices: 0,
        samples: SAMPLES,
        ..Search::default()
    };
    let sampled = run_once(cluster, search);
    let all = answer.outcomes.iter().map(|own| {
        let same = |other: &&Outcome| is_same(&other.scale_up, &own.scale_up);
        let seen = sampled
            .outcomes
            .iter()
            .find(same)
            .map_or(0, |other| other.samples);
        f64::from(seen) / f64::from(sampled.samples.max(1))
    });
    all.collect()
}

/// How an outcome differs from the likest of the others.
fn closest(others: &[ScaleUp], own: &ScaleUp) -> String {
    let differences = |other: &ScaleUp| -> Vec<String> {
        let mut all = Vec::new();
        let mut part = |name: &str, a: String, b: String| {
            if a != b {
                all.push(format!("{name} {a}, closest {b}"));
            }
        };
        part("result", own.result.clone(), other.result.clone());
        part("adds", text(&own.adds), text(&other.adds));
        part("helps", text(&own.triggered), text(&other.triggered));
        part("fit", text(&own.schedulable), text(&other.schedulable));
        part(
            "wait",
            text(&own.await_evaluation),
            text(&other.await_evaluation),
        );
        part(
            "stay",
            reasons(&own.unschedulable),
            reasons(&other.unschedulable),
        );
        all
    };
    let best = others.iter().map(differences).min_by_key(Vec::len);
    match best {
        None => "we have none".to_owned(),
        Some(all) if all.is_empty() => "only the pods' names differ".to_owned(),
        Some(all) => all.join("; "),
    }
}

fn text<T: std::fmt::Display>(map: &BTreeMap<String, T>) -> String {
    let all: Vec<String> = map
        .iter()
        .map(|(name, count)| format!("{name} x{count}"))
        .collect();
    format!("[{}]", all.join(", "))
}

fn reasons(map: &BTreeMap<(String, Reasons, Reasons), u32>) -> String {
    let all: Vec<String> = (map.iter())
        .map(|((owner, rejected, skipped), count)| {
            format!("{owner} x{count} rejected {rejected:?} skipped {skipped:?}")
        })
        .collect();
    format!("[{}]", all.join(", "))
}

fn read(outcome: &ExpectedOutcome) -> ScaleUp {
    let mut unschedulable = BTreeMap::new();
    for own in &outcome.unschedulable_pods {
        let key = (
            own.owner.clone(),
            sorted(&own.rejected),
            sorted(&own.skipped),
        );
        *unschedulable.entry(key).or_default() += own.count;
    }
    ScaleUp {
        result: outcome.result.clone(),
        adds: (outcome.scale_up.iter())
            .map(|own| (own.group.clone(), own.delta))
            .collect(),
        triggered: by_owner(&outcome.triggered_by_owner),
        schedulable: by_owner(&outcome.schedulable_by_owner),
        await_evaluation: by_owner(&outcome.await_evaluation_by_owner),
        unschedulable,
    }
}

/// Reasons in one order: upstream's varies, and so does that of the resources it lists.
fn sorted(reasons: &Reasons) -> Reasons {
    let one = |reason: &String| match reason.split_once("resources: ") {
        Some((before, list)) => {
            let mut names: Vec<&str> = list.split(", ").collect();
            names.sort_unstable();
            format!("{before}resources: {}", names.join(", "))
        }
        None => reason.clone(),
    };
    let all = reasons.iter().map(|(group, all)| {
        let mut own: Vec<String> = all.iter().map(one).collect();
        own.sort();
        (group.clone(), own)
    });
    all.collect()
}

/// Reads `namespace/Kind/name x3`.
fn by_owner(all: &[String]) -> ByOwner {
    let mut counts = ByOwner::new();
    for own in all {
        let (owner, count) = own.rsplit_once(" x").unwrap_or((own, "1"));
        *counts.entry(owner.to_owned()).or_default() += count.parse().unwrap_or(0);
    }
    counts
}

/// Our numbers as names.
struct Names<'a> {
    cluster: &'a Cluster,
    answer: &'a Answer,
    kind_of: HashMap<String, u32>,
}

impl<'a> Names<'a> {
    fn new(cluster: &'a Cluster, answer: &'a Answer) -> Self {
        let mut own = Self {
            cluster,
            answer,
            kind_of: HashMap::new(),
        };
        for (kind, at) in answer.kinds.iter().zip(0_u32..) {
            for &pod in &kind.pods {
                own.kind_of.insert(own.pod(pod), at);
            }
        }
        own
    }

    fn pod(&self, pod: u32) -> String {
        let own = &self.cluster.pods[pod as usize];
        let shape = self.cluster.shapes.get(own.shape);
        format!("{}/{}", shape.namespace, own.name)
    }

    fn owners(&self, counts: &[PodCount]) -> ByOwner {
        let mut all = ByOwner::new();
        for own in counts {
            for (owner, count) in self.owners_of(*own) {
                *all.entry(owner).or_default() += count;
            }
        }
        all
    }

    /// Pods without a controller are their own owners; of a kind of those, upstream tells which.
    fn owners_of(&self, own: PodCount) -> Vec<(String, u32)> {
        let pods = &self.answer.kinds[own.kind as usize].pods;
        let Some(&first) = pods.first() else {
            return Vec::new();
        };
        let shape = self
            .cluster
            .shapes
            .get(self.cluster.pods[first as usize].shape);
        let owner = shape.owner.as_ref();
        match owner {
            Some(owner) => {
                vec![(
                    format!("{}/{}/{}", shape.namespace, owner.kind, owner.name),
                    own.count,
                )]
            }
            None => (pods.iter().take(own.count as usize))
                .map(|&pod| {
                    let name = &self.cluster.pods[pod as usize].name;
                    (format!("{}/Pod/{name}", shape.namespace), 1)
                })
                .collect(),
        }
    }

    fn groups(&self, by_group: &BTreeMap<u32, Vec<String>>) -> Reasons {
        let all = by_group.iter();
        let named = all
            .map(|(&group, all)| {
                (
                    self.cluster.groups[group as usize].name.clone(),
                    all.clone(),
                )
            })
            .collect();
        sorted(&named)
    }

    fn of(&self, own: &ScaleUpOutcome) -> ScaleUp {
        let mut unschedulable = BTreeMap::new();
        for left in &own.unschedulable {
            let (rejected, skipped) = (self.groups(&left.rejected), self.groups(&left.skipped));
            for (owner, count) in self.owners_of(left.pods) {
                let key = (owner, rejected.clone(), skipped.clone());
                *unschedulable.entry(key).or_default() += count;
            }
        }
        ScaleUp {
            result: own.result.name().to_owned(),
            adds: (own.scale_ups.iter())
                .map(|&(group, delta)| (self.cluster.groups[group as usize].name.clone(), delta))
                .collect(),
            triggered: self.owners(&own.triggered),
            schedulable: self.owners(&own.schedulable),
            await_evaluation: self.owners(&own.await_evaluation),
            unschedulable,
        }
    }

    /// Whether the pods named are as many of each kind as we say.
    fn fits(&self, own: &ScaleUpOutcome, outcome: &ExpectedOutcome) -> bool {
        let same = |counts: &[PodCount], names: &[String]| {
            let mut all: BTreeMap<u32, u32> = BTreeMap::new();
            for name in names {
                match self.kind_of.get(name) {
                    Some(&kind) => *all.entry(kind).or_default() += 1,
                    None => return false,
                }
            }
            let ours: BTreeMap<u32, u32> = counts.iter().map(|own| (own.kind, own.count)).collect();
            all == ours
        };
        same(&own.triggered, &outcome.triggered_pods)
            && same(&own.schedulable, &outcome.schedulable_pods)
    }

    /// Pods that are left out before scaling up.
    fn left_out(&self, answer: &Answer, outcome: &ExpectedOutcome) -> Vec<String> {
        let mut all = Vec::new();
        let mut part = |what: &str, ours: &[u32], theirs: &[String]| {
            let ours: BTreeSet<String> = ours.iter().map(|&pod| self.pod(pod)).collect();
            let theirs: BTreeSet<String> = theirs.iter().cloned().collect();
            if ours != theirs {
                all.push(format!("{what}: {theirs:?}, ours {ours:?}"));
            }
        };
        part(
            "expendable",
            &answer.expendable,
            &outcome.filtered.expendable,
        );
        part(
            "of DaemonSets",
            &answer.daemon_set_pods,
            &outcome.filtered.daemonset,
        );
        part(
            "not considered",
            &answer.not_considered,
            &outcome.pending_not_considered,
        );
        all
    }
}
