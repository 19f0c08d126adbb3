//! Whether an outcome is one that the real Karpenter had.
//!
//! Where upstream leaves a choice to chance, the choices are made so that they lead to its
//! outcome, if any choices do.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::amounts::nanos;
use super::chance::{Chance, Choice, First, Settled};
use super::disruption::{self, Consolidation, consolidate};
use super::input::Input;
use super::names::{CAPACITY_TYPE, HOSTNAME};
use super::outcome::{Claim, Outcome};
use super::reason::Reason;
use super::scenario::{Expected, ExpectedClaim, ExpectedCommand, ExpectedDisruption};
use super::scheduler::provision;

/// How often other choices are tried.
const TRIES: u64 = 6000;
/// How often choices are made anew for what would be taken away.
const DISRUPTION_TRIES: u64 = 60;
/// After so many failures in one place, some of what came before it is chosen anew.
const STUCK: usize = 60;

/// How an answer of ours compares.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What differs, in sentences; nothing when the outcome is one of ours.
    pub differences: Vec<String>,
    /// Whether upstream left anything to chance.
    pub by_chance: bool,
}

/// Compares what the real one answered with all that ours can be.
#[must_use]
pub fn judge(input: &Input, expected: &Expected) -> Verdict {
    let mut best: Option<Vec<String>> = None;
    let mut by_chance = false;
    let mut guide = Guide::new(input, expected);
    for round in 0..=TRIES {
        guide.begin(round);
        let mut outcome = provision(input, &mut guide);
        by_chance |= !outcome.choices.is_empty();
        if outcome.is_cut {
            if !outcome.choices.is_empty() {
                guide.stumble();
                continue;
            }
            outcome = provision(input, &mut First);
        }
        let differences = differences(expected, &outcome);
        let fewer = best
            .as_ref()
            .is_none_or(|own| differences.len() < own.len());
        if fewer {
            best = Some(differences);
        }
        if best.as_ref().is_some_and(Vec::is_empty) || outcome.choices.is_empty() {
            break;
        }
        guide.script.clear();
    }
    let mut verdict = Verdict {
        differences: best.unwrap_or_else(|| {
            let first = provision(input, &mut First);
            let (came, next) = &guide.furthest;
            let mut all = vec![format!(
                "none of {TRIES} rounds of choices leads there, at best to {came} pods' places and then {next}; the first by name:"
            )];
            all.extend(differences(expected, &first));
            all
        }),
        by_chance,
    };
    if let Some(expected) = &expected.disruption {
        verdict
            .differences
            .extend(judge_disruption(input, expected));
    }
    verdict
}

/// Chooses anything.
struct Any(u64);

impl Chance for Any {
    fn choose(&mut self, choice: &Choice<'_>) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let count = choice.values.len().max(1) as u64;
        usize::try_from((self.0 >> 33) % count).unwrap_or(0)
    }
}

/// Compares what would be taken away. Each answer must be one of ours in one of some rounds, for
/// each has choices of its own.
fn judge_disruption(input: &Input, expected: &ExpectedDisruption) -> Vec<String> {
    let mut left: Option<Vec<(String, String)>> = None;
    for round in 0..DISRUPTION_TRIES {
        let ours = if round == 0 {
            consolidate(input, &mut First)
        } else {
            consolidate(
                input,
                &mut Any(round.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            )
        };
        let differing = disruption_differences(expected, &ours);
        let still = match left {
            None => differing,
            Some(left) => left
                .into_iter()
                .filter(|(what, _)| differing.iter().any(|own| own.0 == *what))
                .collect(),
        };
        if still.is_empty() {
            return Vec::new();
        }
        left = Some(still);
    }
    let left = left.unwrap_or_default();
    left.into_iter()
        .map(|(what, how)| format!("{what}: {how}"))
        .collect()
}

fn disruption_differences(
    expected: &ExpectedDisruption,
    ours: &Consolidation,
) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut differ = |what: String, theirs: String, ours: String| {
        if theirs != ours {
            all.push((what, format!("expected {theirs}, ours {ours}")));
        }
    };
    let mut empty = ours.empty.clone();
    empty.sort();
    differ(
        "empty nodes".to_owned(),
        expected.empty.join(" "),
        empty.join(" "),
    );
    let mut names: Vec<&String> = expected.single.keys().collect();
    names.extend(ours.nodes.iter().filter_map(|(name, own)| {
        matches!(own.verdict, disruption::Verdict::Goes(_)).then_some(name)
    }));
    names.sort();
    names.dedup();
    for name in names {
        let theirs = expected.single.get(name).cloned().unwrap_or_else(stays);
        let own = match ours.nodes.get(name).map(|own| &own.verdict) {
            Some(disruption::Verdict::Goes(command)) => ExpectedCommand {
                nodes: Vec::new(),
                ..as_expected(command)
            },
            _ => stays(),
        };
        let place = format!("node {name} by itself");
        differ(place, format!("{theirs:?}"), format!("{own:?}"));
    }
    let own = ours.multi.as_ref().map(as_expected);
    let place = "several nodes at once".to_owned();
    differ(place, format!("{:?}", expected.multi), format!("{own:?}"));
    all
}

fn stays() -> ExpectedCommand {
    ExpectedCommand {
        decision: "no-op".to_owned(),
        ..ExpectedCommand::default()
    }
}

fn as_expected(command: &disruption::Command) -> ExpectedCommand {
    let mut nodes = command.nodes.clone();
    nodes.sort();
    let own = command.replacement.as_ref();
    let mut instance_types = own.map_or_else(Vec::new, |own| own.instance_types.clone());
    instance_types.sort();
    let decision = if own.is_some() { "replace" } else { "delete" };
    ExpectedCommand {
        decision: decision.to_owned(),
        nodes,
        instance_types,
    }
}

/// Makes the choices that seem to have been made. Those that led every pod so far to its place are
/// kept, and made again in the next round.
struct Guide {
    /// Namespace and name of each pod of the input.
    names: Vec<String>,
    /// The place of each pod among the expected ones, claims and then nodes, and how many pods came
    /// there before it.
    places: HashMap<String, (usize, usize)>,
    /// What the labels of each expected claim may be.
    labels: Vec<BTreeMap<String, Vec<String>>>,
    /// The labels that something is required of, of each expected claim, and the values they may
    /// have; none for other requirements.
    keys: Vec<BTreeMap<String, HashSet<String>>>,
    /// The pool of each expected claim.
    pools: Vec<String>,
    /// Why pods stay pending; the sentences name what was chosen.
    errors: BTreeMap<String, Vec<String>>,
    script: Vec<usize>,
    /// How much of the script has been played.
    played: usize,
    /// Choices for the pod whose turn it is.
    pending: Vec<usize>,
    /// How many pods have each place.
    settled: HashMap<usize, usize>,
    stumbles: usize,
    /// The most pods that came to their places, and the next one, which did not.
    furthest: (usize, String),
    round: u64,
    state: u64,
}

impl Guide {
    fn new(input: &Input, expected: &Expected) -> Self {
        let names = input.pods.iter().map(|pod| {
            let namespace = super::pod::namespace_of(&pod.metadata);
            let name = pod.metadata.name.as_deref().unwrap_or_default();
            format!("{namespace}/{name}")
        });
        let of_claims = expected.claims.iter().map(|own| &own.pods);
        let mut places = HashMap::new();
        for (at, pods) in of_claims.chain(expected.existing.values()).enumerate() {
            for (rank, pod) in pods.iter().enumerate() {
                places.insert(pod.clone(), (at, rank));
            }
        }
        let labels = expected.claims.iter().map(|own| {
            let known = own.requirements.iter().filter(|own| own.operator == "In");
            known
                .map(|own| (own.key.clone(), own.values.clone()))
                .collect()
        });
        Self {
            names: names.collect(),
            places,
            labels: labels.collect(),
            keys: expected.claims.iter().map(keys_of).collect(),
            pools: (expected.claims.iter())
                .map(|own| own.node_pool.clone())
                .collect(),
            errors: expected.errors.clone(),
            script: Vec::new(),
            played: 0,
            pending: Vec::new(),
            settled: HashMap::new(),
            stumbles: 0,
            furthest: (0, String::new()),
            round: 0,
            state: 0,
        }
    }

    fn begin(&mut self, round: u64) {
        self.round = round;
        self.state = round.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        self.played = 0;
        self.pending.clear();
        self.settled.clear();
    }

    /// A pod came to a wrong place.
    fn stumble(&mut self) {
        self.stumbles += 1;
        if self.stumbles > STUCK {
            self.stumbles = 0;
            let kept = self.any(self.script.len().max(1));
            self.script.truncate(kept);
        }
    }

    fn place(&self, pod: usize) -> Option<usize> {
        Some(self.places.get(self.names.get(pod)?)?.0)
    }

    /// How many pods came to its place before this one, and how many are there by now.
    fn turn(&self, pod: usize) -> Option<(usize, usize)> {
        let (place, rank) = self.places.get(self.names.get(pod)?)?;
        Some((*rank, self.settled.get(place).copied().unwrap_or(0)))
    }

    /// Keeps the choices so far.
    fn keep(&mut self) {
        if !self.pending.is_empty() {
            self.script.append(&mut self.pending);
            self.played = self.script.len();
            self.stumbles = 0;
        }
    }

    fn any(&mut self, count: usize) -> usize {
        if self.round == 0 {
            return 0;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let count = count as u64;
        usize::try_from((self.state >> 33) % count.max(1)).unwrap_or(0)
    }

    /// The values that seem to have been chosen, by their places.
    fn wanted(&self, choice: &Choice<'_>) -> Vec<usize> {
        let place = self.place(choice.pod);
        let all = 0..choice.values.len();
        if let Some(labels) = place.and_then(|at| self.labels.get(at)) {
            let pool = place.and_then(|at| self.pools.get(at));
            let is_there = if choice.mates.is_empty() {
                pool.is_some_and(|own| own == choice.pool)
            } else {
                choice.mates.iter().any(|&mate| self.place(mate) == place)
            };
            let wanted = labels.get(choice.key).filter(|_| is_there);
            return all
                .filter(|&at| {
                    wanted.is_some_and(|own| own.iter().any(|own| own == choice.values[at]))
                })
                .collect();
        }
        let sentences = self
            .names
            .get(choice.pod)
            .and_then(|pod| self.errors.get(pod));
        let pool = format!("karpenter.sh/nodepool In [{}]", choice.pool);
        let mut sentences = sentences.into_iter().flatten();
        let Some(sentence) = sentences.find(|own| own.contains(&pool)) else {
            return Vec::new();
        };
        let chosen = |value: &str| sentence.contains(&format!("{} In [{value}]", choice.key));
        all.filter(|&at| chosen(choice.values[at])).collect()
    }
}

fn keys_of(claim: &ExpectedClaim) -> BTreeMap<String, HashSet<String>> {
    let all = claim.requirements.iter().map(|own| {
        // What a claim is launched as may be narrowed to its reservations at the end.
        let is_open = own.operator != "In" || own.key == CAPACITY_TYPE;
        let values = own.values.iter().filter(|_| !is_open);
        (own.key.clone(), values.cloned().collect())
    });
    all.collect()
}

impl Chance for Guide {
    fn choose(&mut self, choice: &Choice<'_>) -> usize {
        if let Some(&again) = self.script.get(self.played) {
            self.played += 1;
            return again;
        }
        let open = self.wanted(choice);
        // A choice may also have led nowhere, and the pod may have been tried again with less.
        let often = usize::try_from(self.round % 4).unwrap_or(0);
        let astray = often != 0 && self.any(4) < often;
        let chosen = if open.is_empty() || astray {
            self.any(choice.values.len())
        } else {
            open[self.any(open.len())]
        };
        self.pending.push(chosen);
        chosen
    }

    fn goes_on(&mut self, settled: &Settled<'_>) -> bool {
        let came: usize = self.settled.values().sum();
        let fits = self.fits(settled);
        if !fits && came >= self.furthest.0 {
            let pod = settled.pods.last().and_then(|&pod| self.names.get(pod));
            let pod = pod.cloned().unwrap_or_default();
            self.furthest = (came, format!("{pod} in {:?}", settled.labels));
        }
        fits
    }

    fn waits(&mut self, pod: usize) {
        // It has to while others come before it, and for good if it stays pending.
        let has_to = self.turn(pod).is_none_or(|(rank, there)| rank > there);
        if has_to {
            self.keep();
        }
    }
}

impl Guide {
    fn fits(&mut self, settled: &Settled<'_>) -> bool {
        let pods = settled.pods;
        let place = pods.last().and_then(|&pod| self.place(pod));
        let Some(at) = place else {
            return false;
        };
        let in_turn = pods
            .last()
            .and_then(|&pod| self.turn(pod))
            .is_some_and(|(rank, there)| rank == there);
        let count = self.settled.entry(at).or_default();
        *count += 1;
        let together = in_turn && *count == pods.len();
        if !together || pods.iter().any(|&pod| self.place(pod) != place) {
            return false;
        }
        // Something that was given up on the way is no longer required.
        let fits = match (self.pools.get(at), self.keys.get(at)) {
            (Some(pool), Some(keys)) => {
                let fits = |(key, value): &(&str, Option<&str>)| match keys.get(*key) {
                    Some(values) => {
                        value.is_none_or(|own| values.is_empty() || values.contains(own))
                    }
                    None => *key == HOSTNAME,
                };
                pool == settled.pool && settled.labels.iter().all(fits)
            }
            _ => settled.pool.is_empty(),
        };
        if !fits {
            return false;
        }
        self.keep();
        true
    }
}

fn differences(expected: &Expected, ours: &Outcome) -> Vec<String> {
    let mut all = Vec::new();
    let key = |pods: &[String]| {
        let mut pods = pods.to_vec();
        pods.sort();
        pods
    };
    let mut theirs: BTreeMap<Vec<String>, &ExpectedClaim> = BTreeMap::new();
    for claim in &expected.claims {
        theirs.insert(key(&claim.pods), claim);
    }
    for claim in &ours.claims {
        let pods = key(&claim.pods);
        match theirs.remove(&pods) {
            Some(other) => compare_claims(other, claim, &mut all),
            None => all.push(format!("claim of {}: only ours", pods.join(" "))),
        }
    }
    for pods in theirs.keys() {
        all.push(format!("claim of {}: only theirs", pods.join(" ")));
    }
    let sorted = |nodes: &BTreeMap<String, Vec<String>>| -> BTreeMap<String, Vec<String>> {
        let all = nodes.iter();
        all.map(|(node, pods)| (node.clone(), key(pods))).collect()
    };
    differ(
        "existing",
        &format!("{:?}", sorted(&expected.existing)),
        &format!("{:?}", sorted(&ours.existing)),
        &mut all,
    );
    compare_reasons("error", &expected.errors, &ours.errors, &mut all);
    compare_reasons("ignored", &expected.ignored, &ours.ignored, &mut all);
    all
}

fn differ(what: &str, theirs: &str, ours: &str, all: &mut Vec<String>) {
    if theirs != ours {
        all.push(format!("{what}: expected {theirs}, ours {ours}"));
    }
}

fn compare_claims(theirs: &ExpectedClaim, ours: &Claim, all: &mut Vec<String>) {
    let pods = ours.pods.join(" ");
    let place = |what: &str| format!("{what} of the claim of {pods}");
    differ(&place("pool"), &theirs.node_pool, &ours.node_pool, all);
    let mut types = ours.instance_types.clone();
    types.sort();
    differ(
        &place("types"),
        &theirs.instance_types.join(" "),
        &types.join(" "),
        all,
    );
    let mut requirements = theirs.requirements.clone();
    for own in &mut requirements {
        own.values.sort();
    }
    requirements.sort();
    if requirements != ours.requirements {
        differ(
            &place("requirements"),
            &format!("{requirements:?}"),
            &format!("{:?}", ours.requirements),
            all,
        );
    }
    let requests: BTreeMap<String, i128> = theirs
        .requests
        .iter()
        .map(|(name, amount)| (name.clone(), nanos(amount)))
        .collect();
    if !ours.requests.contains(&requests) {
        differ(
            &place("requests"),
            &format!("{requests:?}"),
            &format!("{:?}", ours.requests),
            all,
        );
    }
    let Some(launch) = &theirs.launch else {
        return;
    };
    let is_one = ours.launches.iter().any(|own| {
        own.instance_type == launch.instance_type
            && own.zone == launch.zone
            && own.capacity_type == launch.capacity_type
            && (own.price - launch.price).abs() < 1e-6
    });
    if !is_one {
        differ(
            &place("launch"),
            &format!("{launch:?}"),
            &format!("{:?}", ours.launches),
            all,
        );
    }
}

fn compare_reasons(
    what: &str,
    theirs: &BTreeMap<String, Vec<String>>,
    ours: &BTreeMap<String, Vec<Reason>>,
    all: &mut Vec<String>,
) {
    for (pod, sentences) in theirs {
        let Some(reasons) = ours.get(pod) else {
            all.push(format!("{what} of {pod}: only theirs: {sentences:?}"));
            continue;
        };
        let mut left: Vec<&String> = sentences.iter().collect();
        let same = reasons.iter().all(|reason| {
            let at = left.iter().position(|sentence| reason.is(sentence));
            at.map(|at| left.remove(at)).is_some()
        });
        if !same || !left.is_empty() {
            let ours: Vec<String> = reasons.iter().map(Reason::to_string).collect();
            all.push(format!(
                "{what} of {pod}: expected {sentences:?}, ours {ours:?}"
            ));
        }
    }
    for pod in ours.keys().filter(|pod| !theirs.contains_key(*pod)) {
        all.push(format!("{what} of {pod}: only ours: {:?}", ours[pod]));
    }
}
