//! What a scale-down would remove: a verdict for each node, from all the ways in which the loops can go.

mod explanation;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster_autoscaler::outcome::{
    Answer, Outcome, ScaleDown, ScaleDownPass, ScaleDownResult, Unremovable, Utilization,
};
use crate::cluster_autoscaler::{Cluster, Options, taints};
use crate::report::Head;
use crate::scale_up::{Autoscaler, GroupChange, plan, ranked};

use explanation::Explained;
pub use explanation::Why;

/// More choices of what goes first than this are counted, but not told.
const MOST_CHOICES: usize = 100;
/// The autoscaler's loop comes every so many seconds (`--scan-interval`).
const SCAN_SECONDS: i64 = 10;

/// `kubectl autoscale-sim down`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaleDownPlan {
    /// The head; kind `ScaleDownPlan`.
    #[serde(flatten)]
    pub head: Head,
    /// The autoscaler.
    pub autoscaler: Autoscaler,
    /// Its limits for scaling down.
    pub limits: Limits,
    /// Whether it looks at nodes at all; otherwise why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_looked: Option<&'static str>,
    /// Groups that grow in the loop at hand, in its likeliest outcome: nothing goes for a while then.
    pub grows_first: Vec<GroupChange>,
    /// What goes first, in all ways that chance allows, the likeliest first.
    pub first: Vec<FirstDeletion>,
    /// How many such ways there are, with those that are not told.
    pub first_ways: usize,
    /// A verdict for each node: those that go, those that may, those that wait, those that stay.
    pub verdicts: Vec<NodeVerdict>,
    /// Why there may be more ways than these; empty if these are all.
    pub incomplete: Vec<String>,
}

impl ScaleDownPlan {
    /// The names of the nodes that are unneeded, as kubectl names them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let unneeded =
            |own: &&NodeVerdict| matches!(own.verdict, Fate::Goes | Fate::MayGo | Fate::Waits);
        let all = self.verdicts.iter().filter(unneeded);
        all.map(|own| format!("node/{}", own.node)).collect()
    }
}

/// How much may go, and when.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Up to this share of requests a node may go.
    pub utilization_threshold: f64,
    /// The same for nodes with GPUs.
    pub gpu_utilization_threshold: f64,
    /// So many seconds a node must be unneeded.
    pub unneeded_seconds: i64,
    /// The same for a node that is not ready.
    pub unready_seconds: i64,
    /// Nothing goes for so many seconds after nodes were added.
    pub delay_after_add_seconds: i64,
    /// The same after a node was deleted.
    pub delay_after_delete_seconds: i64,
    /// The same after a deletion failed.
    pub delay_after_failure_seconds: i64,
    /// The most nodes deleted at once.
    pub most_at_once: i64,
    /// The most nodes with pods deleted at once.
    pub most_drained_at_once: i64,
}

impl Limits {
    pub(crate) fn of(options: &Options) -> Self {
        let seconds = |duration: SignedDuration| duration.as_secs();
        Self {
            utilization_threshold: options.scale_down_utilization_threshold,
            gpu_utilization_threshold: options.scale_down_gpu_utilization_threshold,
            unneeded_seconds: seconds(options.scale_down_unneeded_time),
            unready_seconds: seconds(options.scale_down_unready_time),
            delay_after_add_seconds: seconds(options.scale_down_delay_after_add),
            delay_after_delete_seconds: seconds(options.scale_down_delay_after_delete),
            delay_after_failure_seconds: seconds(options.scale_down_delay_after_failure),
            most_at_once: options.max_scale_down_parallelism,
            most_drained_at_once: options
                .max_drain_parallelism
                .min(options.max_scale_down_parallelism),
        }
    }
}

/// Nodes that go at once.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FirstDeletion {
    /// The earliest time.
    pub time: Timestamp,
    /// How likely it is; absent where it is certain or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<f64>,
    /// The nodes.
    pub nodes: Vec<String>,
}

/// What becomes of a node.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It is among the first to go.
    Goes,
    /// It is among the first to go in some ways; chance decides.
    MayGo,
    /// It is unneeded, and its time or its turn comes later.
    Waits,
    /// Its deletion has begun.
    Leaving,
    /// It stays.
    Stays,
}

/// The verdict on one node.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeVerdict {
    /// The node.
    pub node: String,
    /// Its group; absent where no known group has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What becomes of it.
    pub verdict: Fate,
    /// How likely it is among the first to go; absent where that is certain or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<f64>,
    /// Why it stays or waits; the rule, as the autoscaler names it.
    #[serde(flatten)]
    pub why: Why,
    /// Other reasons that it may have to stay; chance decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<Why>,
    /// Shares of what is requested of it; absent where the autoscaler does not ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization: Option<UtilizationReport>,
    /// Since when the autoscaler has marked it as unneeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unneeded_since: Option<Timestamp>,
    /// When it goes at the earliest; absent where it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest: Option<Timestamp>,
    /// Pods that are evicted when it goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evicted_pods: Vec<String>,
}

/// Shares of a node's allocatable that pods request.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UtilizationReport {
    /// Of CPU.
    pub cpu: f64,
    /// Of memory.
    pub memory: f64,
    /// Of GPUs, on nodes with such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<f64>,
    /// Which of them counts.
    pub resource: String,
    /// The one that counts.
    pub counts: f64,
}

impl UtilizationReport {
    fn of(own: &Utilization) -> Self {
        Self {
            cpu: own.cpu,
            memory: own.memory,
            gpu: own.gpu,
            resource: own.resource.clone(),
            counts: own.utilization,
        }
    }
}

/// Puts names to an answer for which scaling down was planned too.
#[must_use]
pub fn scale_down_plan(
    cluster: &mut Cluster,
    answer: &Answer,
    autoscaler: Autoscaler,
) -> ScaleDownPlan {
    let ranked = ranked(answer);
    let grows_first = (ranked
        .first()
        .filter(|own| !own.scale_up.scale_ups.is_empty()))
    .map(|_| plan(cluster, answer, autoscaler.clone()))
    .and_then(|own| Some(own.outcomes.into_iter().next()?.scale_ups))
    .unwrap_or_default();
    let plans: Vec<&ScaleDown> = ranked.iter().flat_map(|own| &own.scale_down).collect();
    let ways = Ways::new(cluster, &plans);
    let mut head = Head::new("ScaleDownPlan", cluster);
    head.unknown.extend(unknown(cluster, &ways));
    let first = ways.first();
    let mut nodes: Vec<NodeVerdict> = verdicts(cluster, &ways);
    nodes.sort_by(|a, b| {
        let key = |own: &NodeVerdict| (own.verdict, own.earliest, own.group.clone());
        key(a).cmp(&key(b)).then_with(|| a.node.cmp(&b.node))
    });
    let mut incomplete: Vec<String> = answer.cut.clone();
    incomplete.extend(plans.iter().filter_map(|plan| plan.cut.clone()));
    incomplete.sort();
    incomplete.dedup();
    ScaleDownPlan {
        limits: Limits::of(&cluster.options),
        not_looked: not_looked(cluster, &ranked),
        grows_first,
        first_ways: first.len(),
        first: first.into_iter().take(MOST_CHOICES).collect(),
        verdicts: nodes,
        incomplete,
        head,
        autoscaler,
    }
}

/// Why no node is looked at.
fn not_looked(cluster: &Cluster, outcomes: &[&Outcome]) -> Option<&'static str> {
    if !cluster.options.scale_down_enabled {
        Some("--scale-down-enabled is false")
    } else if cluster.groups.is_empty() {
        Some("no node group is known")
    } else if outcomes.iter().all(|own| own.scale_down.is_empty()) {
        Some("too many nodes are not ready, or none is")
    } else {
        None
    }
}

fn unknown(cluster: &Cluster, ways: &Ways<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let unneeded: BTreeSet<&str> = (ways.all.iter())
        .flat_map(|way| way.passes.iter().flat_map(|pass| &pass.unneeded))
        .map(String::as_str)
        .collect();
    let marked = |name: &str| ways.since.contains_key(name);
    let unmarked = unneeded.iter().filter(|&&name| !marked(name)).count();
    if unmarked > 0 {
        let (nodes, have) = if unmarked == 1 {
            ("node has", "it has")
        } else {
            ("nodes have", "they have")
        };
        all.push(format!(
            "since when {unmarked} {nodes} been unneeded: {have} no taint {} of the autoscaler; assumed: since now",
            taints::DELETION_CANDIDATE
        ));
    }
    if !unneeded.is_empty() {
        all.extend(recent_addition(cluster));
    }
    if ways.plans.len() > 1 {
        all.push(
            "which nodes take the pods that wait and fit: chance decides; utilisation is shown for one of the ways"
                .to_owned(),
        );
    }
    all
}

/// A young node may be one that the autoscaler has added, and then nothing goes for a while.
fn recent_addition(cluster: &Cluster) -> Option<String> {
    let delay = cluster.options.scale_down_delay_after_add;
    let grouped: BTreeSet<&str> = (cluster.groups.iter())
        .flat_map(|group| &group.nodes)
        .map(String::as_str)
        .collect();
    let created = cluster.nodes.iter().filter_map(|node| {
        let created = node.object.metadata.creation_timestamp.as_ref()?.0;
        grouped
            .contains(node.name())
            .then_some((created, node.name()))
    });
    let (created, name) = created.max()?;
    let until = created.checked_add(delay).ok()?;
    (until > cluster.now).then(|| {
        format!(
            "whether the autoscaler has added {name}, created at {created}; if so, nothing goes before about {until} (scale-down-delay-after-add); assumed: it has not"
        )
    })
}

/// One way in which the loops can go.
struct Way<'a> {
    passes: &'a [ScaleDownPass],
    likelihood: f64,
}

/// All ways, of all plans.
struct Ways<'a> {
    now: Timestamp,
    plans: Vec<&'a ScaleDown>,
    all: Vec<Way<'a>>,
    /// Whether the likelihoods are known: chance has no part before scaling down.
    is_weighed: bool,
    since: HashMap<String, Timestamp>,
}

impl<'a> Ways<'a> {
    fn new(cluster: &Cluster, plans: &[&'a ScaleDown]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let share = 1.0 / plans.len().max(1) as f64;
        let all = plans.iter().flat_map(|plan| &plan.ways);
        let since = cluster.nodes.iter().filter_map(|node| {
            let since = taints::unneeded_since(&node.object)?;
            Some((node.name().to_owned(), Timestamp::from_second(since).ok()?))
        });
        Self {
            now: cluster.now,
            plans: plans.to_vec(),
            all: all
                .map(|(passes, likelihood)| Way {
                    passes,
                    likelihood: likelihood * share,
                })
                .collect(),
            is_weighed: plans.len() == 1,
            since: since.collect(),
        }
    }

    fn time(&self, seconds: i64) -> Timestamp {
        let later = self.now.as_second().saturating_add(seconds);
        Timestamp::from_second(later).unwrap_or(Timestamp::MAX)
    }

    /// A likelihood that is worth to be told.
    fn told(&self, likelihood: f64) -> Option<f64> {
        (self.is_weighed && likelihood < 1.0 - 1e-9).then_some(likelihood)
    }

    fn first(&self) -> Vec<FirstDeletion> {
        let mut found: BTreeMap<(i64, Vec<&str>), f64> = BTreeMap::new();
        for way in &self.all {
            let Some(pass) = way.passes.iter().find(|pass| !pass.deleted.is_empty()) else {
                continue;
            };
            let nodes = pass.deleted.iter().map(|own| own.node.as_str()).collect();
            *found.entry((pass.at_seconds, nodes)).or_default() += way.likelihood;
        }
        let mut all: Vec<FirstDeletion> = (found.into_iter())
            .map(|((at, nodes), likelihood)| FirstDeletion {
                time: self.time(at),
                likelihood: self.told(likelihood),
                nodes: nodes.into_iter().map(str::to_owned).collect(),
            })
            .collect();
        all.sort_by(|a, b| {
            let of = |own: &FirstDeletion| own.likelihood.unwrap_or(1.0);
            of(b).total_cmp(&of(a))
        });
        all
    }
}

/// What the ways say of one node.
#[derive(Default)]
struct Found<'a> {
    /// How likely it goes among the first, and the earliest second.
    goes: f64,
    goes_at: Option<i64>,
    evicted: Vec<String>,
    /// How likely it is unneeded then, and the earliest second at which its turn may come.
    waits: f64,
    waits_until: Option<i64>,
    /// Why it stays or waits, and how likely.
    reasons: BTreeMap<Option<&'a Unremovable>, f64>,
    /// Whether it waits for nodes are added first.
    in_cooldown: bool,
}

/// Words for a moment only: the node is unneeded, but it is not yet its time.
fn is_timer(reason: &str) -> bool {
    matches!(reason, "NotUnneededLongEnough" | "NotUnreadyLongEnough")
}

fn earlier(known: &mut Option<i64>, other: i64) {
    *known = Some(known.map_or(other, |known| known.min(other)));
}

/// Goes through all ways once.
fn collect<'a>(cluster: &Cluster, ways: &Ways<'a>) -> HashMap<&'a str, Found<'a>> {
    let mut all: HashMap<&str, Found<'a>> = HashMap::new();
    for way in &ways.all {
        let mut seen: HashMap<&str, (i64, Option<&'a Unremovable>, bool)> = HashMap::new();
        for pass in way.passes {
            let at = pass.at_seconds;
            for node in &pass.unneeded {
                seen.insert(node, (at, None, true));
            }
            for own in &pass.unremovable {
                // What was said a short time ago still holds, and says more.
                if own.reason == "RecentlyUnremovable" && seen.contains_key(own.node.as_str()) {
                    continue;
                }
                seen.insert(&own.node, (at, Some(own), is_timer(&own.reason)));
            }
            for own in &pass.deleted {
                seen.remove(own.node.as_str());
                let found = all.entry(&own.node).or_default();
                found.goes += way.likelihood;
                earlier(&mut found.goes_at, at);
                found.evicted.clone_from(&own.evicted_pods);
            }
        }
        let last = way.passes.last();
        let in_cooldown = last.is_some_and(|own| own.result == ScaleDownResult::InCooldown);
        for (node, (at, reason, is_unneeded)) in seen {
            let found = all.entry(node).or_default();
            *found.reasons.entry(reason).or_default() += way.likelihood;
            if is_unneeded {
                found.waits += way.likelihood;
                let until = match reason {
                    Some(own) => threshold(cluster, ways, node, &own.reason),
                    None if in_cooldown => {
                        found.in_cooldown = true;
                        let delay = cluster.options.scale_down_delay_after_add.as_secs();
                        threshold(cluster, ways, node, "NotUnneededLongEnough").max(delay)
                    }
                    None => at + SCAN_SECONDS,
                };
                earlier(&mut found.waits_until, until);
            }
        }
    }
    all
}

/// The second at which a node has been unneeded for long enough.
fn threshold(cluster: &Cluster, ways: &Ways<'_>, node: &str, reason: &str) -> i64 {
    let options = &cluster.options;
    let time = if reason == "NotUnreadyLongEnough" {
        options.scale_down_unready_time
    } else {
        options.scale_down_unneeded_time
    };
    let since = ways.since.get(node);
    let passed = since.map_or(0, |since| ways.now.as_second() - since.as_second());
    (time.as_secs() + 1 - passed).max(0)
}

fn verdicts(cluster: &Cluster, ways: &Ways<'_>) -> Vec<NodeVerdict> {
    let mut groups: HashMap<&str, u32> = HashMap::new();
    for (at, group) in (0..).zip(&cluster.groups) {
        groups.extend(group.nodes.iter().map(|node| (node.as_str(), at)));
    }
    let found = collect(cluster, ways);
    let none = Found::default();
    let explained = Explained::new(cluster);
    let one = |node: &crate::cluster_autoscaler::cluster::NodeFacts| {
        let name = node.name();
        let found = found.get(name).unwrap_or(&none);
        let group = groups.get(name).map(|&at| &cluster.groups[at as usize]);
        let utilization = ways
            .plans
            .iter()
            .find_map(|plan| plan.utilization.get(name));
        let mut reasons: Vec<(Option<&Unremovable>, f64)> = found
            .reasons
            .iter()
            .map(|(own, share)| (*own, *share))
            .collect();
        reasons.sort_by(|a, b| b.1.total_cmp(&a.1));
        // Where pods that wait can go to several nodes, the fullest way is the one that keeps it.
        let all_used = ways
            .plans
            .iter()
            .filter_map(|plan| plan.utilization.get(name));
        let fullest = all_used.max_by(|a, b| a.utilization.total_cmp(&b.utilization));
        let mut told = reasons.iter().map(|&(own, _)| match own {
            Some(own) => explained.unremovable(own, fullest),
            None if found.in_cooldown => Explained::waits_for_additions(),
            None => explained.waits_for_turn(),
        });
        let is_leaving = reasons
            .first()
            .and_then(|(own, _)| *own)
            .is_some_and(|own| own.reason == "CurrentlyBeingDeleted");
        let verdict = if found.goes > 1.0 - 1e-9 {
            Fate::Goes
        } else if found.goes > 0.0 {
            Fate::MayGo
        } else if is_leaving {
            Fate::Leaving
        } else if found.waits > 0.0 {
            Fate::Waits
        } else {
            Fate::Stays
        };
        let why = told.next().unwrap_or_else(|| match verdict {
            Fate::Goes => Explained::goes(&found.evicted),
            _ => explained.not_a_candidate(group, utilization.is_some()),
        });
        let earliest = match verdict {
            Fate::Goes | Fate::MayGo => found.goes_at,
            Fate::Waits => found.waits_until,
            Fate::Leaving | Fate::Stays => None,
        };
        NodeVerdict {
            node: name.to_owned(),
            group: group.map(|own| own.name.clone()),
            verdict,
            likelihood: match verdict {
                Fate::MayGo => ways.told(found.goes),
                _ => None,
            },
            why,
            otherwise: told.collect(),
            utilization: utilization.map(UtilizationReport::of),
            unneeded_since: ways.since.get(name).copied(),
            earliest: earliest.map(|at| ways.time(at)),
            evicted_pods: found.evicted.clone(),
        }
    };
    cluster.nodes.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cluster_autoscaler::scale_down::Effort;
    use crate::cluster_autoscaler::{NodeGroup, Search, run_once};

    fn node(cluster: &mut Cluster, name: &str, annotations: &Value, taints: &Value) {
        let own = json!({"metadata": {"name": name, "creationTimestamp": "2025-12-01T00:00:00Z",
                "labels": {"kubernetes.io/hostname": name}, "annotations": annotations},
            "spec": {"taints": taints},
            "status": {"capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
                "allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2025-12-01T00:00:00Z"}]}});
        cluster.add_node(serde_json::from_value(own).unwrap());
    }

    fn pod(cluster: &mut Cluster, node: &str, name: &str, cpu: &str, owner: &Value) {
        let own = json!({"metadata": {"name": name, "namespace": "d", "labels": {"app": name},
                "creationTimestamp": "2025-12-01T00:00:00Z", "ownerReferences": owner},
            "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]},
            "status": {"phase": "Running"}});
        cluster.add_pod(&serde_json::from_value(own).unwrap());
    }

    fn job() -> Value {
        json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "j", "controller": true}])
    }

    fn group(cluster: &mut Cluster, name: &str, min: i64, nodes: &[&str]) {
        cluster.groups.push(NodeGroup {
            name: name.to_owned(),
            min,
            max: 9,
            target: i64::try_from(nodes.len()).unwrap(),
            nodes: nodes.iter().map(|&own| own.to_owned()).collect(),
            ..NodeGroup::default()
        });
    }

    fn cluster(flags: &[(&str, &str)]) -> Cluster {
        let mut options = Options::default();
        for (flag, value) in flags {
            options.set(flag, value).unwrap();
        }
        let mut cluster = Cluster::new(options, "2026-01-01T12:00:00Z".parse().unwrap());
        cluster.first_loop = false;
        let own = crate::cluster_autoscaler::cluster::Controller {
            uid: "j".to_owned(),
            replicas: 1,
        };
        cluster.add_controller("Job", "d", "j", own);
        cluster
    }

    fn plan_of(cluster: &mut Cluster) -> ScaleDownPlan {
        let search = Search {
            scale_down: Some(Effort::of(cluster)),
            ..Search::default()
        };
        let answer = run_once(cluster, search);
        scale_down_plan(cluster, &answer, Autoscaler::default())
    }

    fn told(plan: &ScaleDownPlan) -> Vec<String> {
        let one = |own: &NodeVerdict| {
            let word = own.why.blocking_reason.as_ref().or(own.why.reason.as_ref());
            let word = word.map(|word| format!(" {word}")).unwrap_or_default();
            let time = own.earliest.map(|time| format!(" {time}"));
            format!(
                "{} {:?}{word}{}",
                own.node,
                own.verdict,
                time.unwrap_or_default()
            )
        };
        plan.verdicts.iter().map(one).collect()
    }

    #[test]
    fn each_node_has_a_verdict_with_rule_and_time() {
        let mut all = cluster(&[]);
        let kept = json!({"cluster-autoscaler.kubernetes.io/scale-down-disabled": "true"});
        // Marked nine minutes ago.
        let marked = json!([{"key": "DeletionCandidateOfClusterAutoscaler", "value": "1767268260", "effect": "PreferNoSchedule"}]);
        for (name, annotations, taints) in [
            ("busy", json!({}), json!([])),
            ("empty", json!({}), json!([])),
            ("kept", kept, json!([])),
            ("marked", json!({}), marked),
            ("bare", json!({}), json!([])),
            ("least", json!({}), json!([])),
            ("unmanaged", json!({}), json!([])),
        ] {
            node(&mut all, name, &annotations, &taints);
        }
        group(
            &mut all,
            "a",
            0,
            &["busy", "empty", "kept", "marked", "bare"],
        );
        group(&mut all, "b", 1, &["least"]);
        pod(&mut all, "busy", "p", "3", &job());
        pod(&mut all, "bare", "alone", "1", &json!([]));
        let plan = plan_of(&mut all);
        assert_eq!(
            told(&plan),
            [
                "marked Goes 2026-01-01T12:01:01Z",
                "empty Waits NotUnneededLongEnough 2026-01-01T12:10:01Z",
                "unmanaged Stays NotAutoscaled",
                "bare Stays NotReplicated",
                "busy Stays NotUnderutilized",
                "kept Stays ScaleDownDisabledAnnotation",
                "least Stays NodeGroupMinSizeReached",
            ]
        );
        assert_eq!(plan.first.len(), 1);
        assert_eq!(plan.first[0].nodes, ["marked"]);
        assert_eq!(plan.names(), ["node/marked", "node/empty"]);
        let why = |name: &str| {
            let own = plan.verdicts.iter().find(|own| own.node == name).unwrap();
            own.why.explanation.clone()
        };
        assert_eq!(why("busy"), "75.0% of cpu is requested, more than 50%");
        assert_eq!(why("bare"), "pod d/alone: no controller would make it anew");
        assert_eq!(why("least"), "group b is at its minimum of 1");
        assert!(
            plan.head.unknown[0].starts_with("since when 1 node has been unneeded"),
            "{:?}",
            plan.head.unknown
        );
    }

    #[test]
    fn what_chance_decides_is_a_tie() {
        let mut all = cluster(&[]);
        for name in ["a-1", "a-2"] {
            node(&mut all, name, &json!({}), &json!([]));
        }
        group(&mut all, "a", 1, &["a-1", "a-2"]);
        let plan = plan_of(&mut all);
        assert_eq!(plan.first_ways, 2);
        for own in &plan.verdicts {
            assert_eq!(own.verdict, Fate::MayGo);
            assert_eq!(own.why.reason.as_deref(), Some("NodeGroupMinSizeReached"));
        }
        let sum: f64 = plan.verdicts.iter().filter_map(|own| own.likelihood).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn what_keeps_all_nodes_is_said() {
        let small = |flags: &[(&str, &str)], grouped: bool| {
            let mut all = cluster(flags);
            node(&mut all, "a-1", &json!({}), &json!([]));
            if grouped {
                group(&mut all, "a", 0, &["a-1"]);
            }
            plan_of(&mut all)
        };
        let plan = small(&[("scale-down-enabled", "false")], true);
        assert_eq!(plan.not_looked, Some("--scale-down-enabled is false"));
        assert_eq!(told(&plan), ["a-1 Stays"]);
        let plan = small(&[], false);
        assert_eq!(plan.not_looked, Some("no node group is known"));
        assert_eq!(told(&plan), ["a-1 Stays NotAutoscaled"]);
        let plan = small(&[("scale-down-unneeded-time", "0")], true);
        assert_eq!(told(&plan), ["a-1 Goes 2026-01-01T12:00:00Z"]);
        assert!(plan.head.unknown.iter().all(|own| !own.contains("created")));
    }

    #[test]
    fn a_scale_up_comes_first() {
        let mut all = cluster(&[]);
        node(&mut all, "full", &json!({}), &json!([]));
        node(&mut all, "empty", &json!({}), &json!([]));
        group(&mut all, "a", 0, &["full"]);
        group(&mut all, "b", 0, &["empty"]);
        pod(&mut all, "full", "p", "4", &job());
        let mut helped = json!({"metadata": {"name": "w1", "namespace": "d", "creationTimestamp": "2026-01-01T11:00:00Z", "ownerReferences": job()},
            "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "4"}}}]},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
        all.add_pod(&serde_json::from_value(helped.clone()).unwrap());
        helped["metadata"]["name"] = json!("w2");
        all.add_pod(&serde_json::from_value(helped).unwrap());
        let plan = plan_of(&mut all);
        assert_eq!(plan.grows_first.len(), 1, "{plan:#?}");
        assert!(plan.first.is_empty());
        assert!(plan.verdicts.iter().all(|own| own.verdict != Fate::Goes));
    }
}
