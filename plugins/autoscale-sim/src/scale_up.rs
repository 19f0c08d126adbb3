//! What the autoscaler would add now: its answer in names instead of numbers.

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster_autoscaler::outcome::{
    Answer, ExpansionOption, Outcome, PodCount, ScaleUpOutcome, ScaleUpResult, Unschedulable,
};
use crate::cluster_autoscaler::{Cluster, NodeGroup};
use crate::node_groups::KnownGroup;
use crate::report::{Head, PodGroup, PodsLeft, by_owner, pod_names, total};

/// Why a loop ends before it comes to pods.
pub const NOT_TRIED: &str = "too many nodes are not ready, or none is";

/// What is known of the autoscaler, and from where.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Autoscaler {
    /// Where node groups come from.
    pub node_groups_from: String,
    /// Where its flags come from.
    pub flags_from: String,
    /// Its expanders.
    pub expander: Vec<String>,
    /// The groups.
    pub node_groups: Vec<GroupReport>,
}

/// A node group; what is unknown is absent.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupReport {
    /// Its name.
    pub name: String,
    /// The least size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The most nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// The size the cloud was asked for.
    pub target: i64,
    /// How many nodes it has in the cluster.
    pub nodes: usize,
    /// Why it is backed off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<String>,
    /// Price of a node for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
}

impl GroupReport {
    /// A group as it is known, and as the loop takes it.
    #[must_use]
    pub fn new(known: &KnownGroup, taken: &NodeGroup) -> Self {
        Self {
            name: known.name.clone(),
            min: known.min,
            max: known.max,
            target: taken.target,
            nodes: known.nodes.len(),
            backoff: known.backoff.clone(),
            price: known.price,
        }
    }
}

/// `kubectl autoscale-sim`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaleUpPlan {
    /// The head; kind `ScaleUpPlan`.
    #[serde(flatten)]
    pub head: Head,
    /// The autoscaler.
    pub autoscaler: Autoscaler,
    /// What is added, in all ways that chance allows, the likeliest first.
    pub decisions: Vec<Decision>,
    /// All outcomes that the loop can have, the likeliest first. Several may add the same nodes and
    /// help other pods.
    pub outcomes: Vec<OutcomeReport>,
    /// Why there may be more outcomes than these; empty if these are all.
    pub incomplete: Vec<String>,
    /// Pods that do not count, for their priority is below the cutoff.
    pub expendable: Vec<PodGroup>,
    /// Pods of `DaemonSet`s that fit nowhere: a new node would not help them.
    pub daemon_set_pods: Vec<PodGroup>,
    /// Pods without a node that the scheduler has not found unschedulable.
    pub not_considered: Vec<PodGroup>,
}

impl ScaleUpPlan {
    /// Whether pods stay pending in some outcome.
    #[must_use]
    pub fn leaves_pods(&self) -> bool {
        let never_helped = self.expendable.len() + self.daemon_set_pods.len();
        never_helped > 0 || self.outcomes.iter().any(|own| !own.pods_left.is_empty())
    }

    /// The names of the pods that stay pending in some outcome, as kubectl names them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let left = self.outcomes.iter().flat_map(|own| &own.pods_left);
        let left = left.map(|own| &own.pods);
        let never_helped = self.expendable.iter().chain(&self.daemon_set_pods);
        pod_names(left.chain(never_helped))
    }
}

/// Outcomes that add the same.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Groups that grow.
    pub scale_ups: Vec<GroupChange>,
    /// How many outcomes add just that.
    pub outcomes: usize,
    /// How likely it is, by ways that were picked at random; absent where all were followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<f64>,
    /// How many pods that helps, at least and at most.
    pub pods_helped: (usize, usize),
}

/// One outcome.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeReport {
    /// The autoscaler's name for how it ends.
    pub result: &'static str,
    /// Groups that grow.
    pub scale_ups: Vec<GroupChange>,
    /// Pods that this helps.
    pub pods_helped: Vec<PodGroup>,
    /// Pods that fit on nodes that exist or come anyway.
    pub pods_schedulable: Vec<PodGroup>,
    /// Pods that could be helped, but not in this loop.
    pub pods_awaiting: Vec<PodGroup>,
    /// Pods that stay pending.
    pub pods_left: Vec<PodsLeft>,
    /// Groups that the expander was offered.
    pub options: Vec<OptionReport>,
}

/// A group that grows.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupChange {
    /// The group.
    pub group: String,
    /// By how many nodes.
    pub add: i64,
    /// From this size.
    pub from: i64,
    /// To this size.
    pub to: i64,
    /// The most it may have, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// A group that could help.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OptionReport {
    /// The group.
    pub group: String,
    /// How many nodes of it are needed.
    pub nodes: i64,
    /// How many pods that helps.
    pub pods: usize,
    /// Groups that look alike.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub similar: Vec<String>,
}

/// Puts names to an answer.
#[must_use]
pub fn plan(cluster: &mut Cluster, answer: &Answer, autoscaler: Autoscaler) -> ScaleUpPlan {
    let messages = messages(cluster, answer);
    let cluster = &*cluster;
    let names = Names {
        cluster,
        answer,
        autoscaler: &autoscaler,
        messages: &messages,
    };
    let ranked = ranked(answer);
    let outcomes: Vec<OutcomeReport> = ranked
        .iter()
        .map(|own| names.outcome(&own.scale_up))
        .collect();
    let samples: Vec<u32> = ranked.iter().map(|own| own.samples).collect();
    // A loop that ended before it came to pods leaves all of them as they are.
    let ended: HashSet<u32> = (ranked.iter())
        .filter(|own| own.scale_up.result == ScaleUpResult::NotTried)
        .flat_map(|_| answer.kinds.iter().flat_map(|kind| &kind.pods))
        .copied()
        .collect();
    let not_considered = answer.not_considered.iter().copied();
    ScaleUpPlan {
        head: Head::new("ScaleUpPlan", cluster),
        decisions: decisions(&outcomes, &samples, answer.samples),
        outcomes,
        incomplete: answer.cut.clone(),
        expendable: by_owner(cluster, answer.expendable.iter().copied()),
        daemon_set_pods: by_owner(cluster, answer.daemon_set_pods.iter().copied()),
        not_considered: by_owner(cluster, not_considered.filter(|pod| !ended.contains(pod))),
        autoscaler,
    }
}

/// What the scheduler says of the nodes that are there, for kinds of pods of which no group says
/// anything: there may be no group.
fn messages(cluster: &mut Cluster, answer: &Answer) -> HashMap<u32, String> {
    let left = answer
        .outcomes
        .iter()
        .flat_map(|own| &own.scale_up.unschedulable);
    let bare: HashSet<u32> = left
        .filter(|own| own.rejected.is_empty() && own.skipped.is_empty())
        .map(|own| own.pods.kind)
        .collect();
    let of_kind = |kind: u32| {
        let pod = *answer.kinds.get(kind as usize)?.pods.first()?;
        let waiting = cluster.pods.get(pod as usize)?.waiting.as_deref()?;
        let query = waiting.query.clone();
        Some((kind, cluster.state.filter(&query).message()?))
    };
    bare.into_iter().filter_map(of_kind).collect()
}

/// The outcomes of an answer, the likeliest first.
#[must_use]
pub fn ranked(answer: &Answer) -> Vec<&Outcome> {
    let mut all: Vec<&Outcome> = answer.outcomes.iter().collect();
    all.sort_by_key(|own| std::cmp::Reverse(own.samples));
    all
}

fn decisions(outcomes: &[OutcomeReport], samples: &[u32], all: u32) -> Vec<Decision> {
    let mut found: Vec<(Decision, u32)> = Vec::new();
    for (own, samples) in outcomes.iter().zip(samples) {
        let helped = total(&own.pods_helped);
        match found
            .iter_mut()
            .find(|(known, _)| known.scale_ups == own.scale_ups)
        {
            Some((known, seen)) => {
                known.outcomes += 1;
                known.pods_helped.0 = known.pods_helped.0.min(helped);
                known.pods_helped.1 = known.pods_helped.1.max(helped);
                *seen += samples;
            }
            None => found.push((
                Decision {
                    scale_ups: own.scale_ups.clone(),
                    outcomes: 1,
                    likelihood: None,
                    pods_helped: (helped, helped),
                },
                *samples,
            )),
        }
    }
    found.sort_by_key(|(_, seen)| std::cmp::Reverse(*seen));
    found
        .into_iter()
        .map(|(mut own, seen)| {
            own.likelihood = (all > 0).then(|| f64::from(seen) / f64::from(all));
            own
        })
        .collect()
}

struct Names<'a> {
    cluster: &'a Cluster,
    answer: &'a Answer,
    autoscaler: &'a Autoscaler,
    messages: &'a HashMap<u32, String>,
}

impl Names<'_> {
    fn group(&self, group: u32) -> String {
        let own = self.cluster.groups.get(group as usize);
        own.map(|own| own.name.clone()).unwrap_or_default()
    }

    fn outcome(&self, own: &ScaleUpOutcome) -> OutcomeReport {
        OutcomeReport {
            result: own.result.name(),
            scale_ups: own
                .scale_ups
                .iter()
                .map(|&(group, add)| self.change(group, add))
                .collect(),
            pods_helped: self.pods(&own.triggered),
            pods_schedulable: self.pods(&own.schedulable),
            pods_awaiting: self.pods(&self.awaiting(own)),
            pods_left: match own.result {
                ScaleUpResult::NotTried => self.all_left(),
                _ => self.left(&own.unschedulable),
            },
            options: own
                .options
                .iter()
                .map(|option| self.option(option))
                .collect(),
        }
    }

    fn change(&self, group: u32, add: i64) -> GroupChange {
        let own = self.autoscaler.node_groups.get(group as usize);
        let from = own.map_or(0, |own| own.target);
        GroupChange {
            group: self.group(group),
            add,
            from,
            to: from.saturating_add(add),
            max: own.and_then(|own| own.max),
        }
    }

    fn option(&self, own: &ExpansionOption) -> OptionReport {
        OptionReport {
            group: self.group(own.group),
            nodes: own.nodes,
            pods: own.pods.iter().map(|pods| pods.count as usize).sum(),
            similar: own.similar.iter().map(|&group| self.group(group)).collect(),
        }
    }

    /// Pods of a kind, of which only some may be meant.
    fn kind(&self, own: PodCount) -> Option<PodGroup> {
        let kind = self.answer.kinds.get(own.kind as usize)?;
        let mut group = by_owner(self.cluster, kind.pods.iter().copied())
            .into_iter()
            .next()?;
        group.count = own.count as usize;
        Some(group)
    }

    /// Pods for a later loop: those that the autoscaler tells of, and those that it does not, for the
    /// limit of what it adds left them out.
    fn awaiting(&self, own: &ScaleUpOutcome) -> Vec<PodCount> {
        let skipped: HashSet<u32> = (self.answer.expendable.iter())
            .chain(&self.answer.daemon_set_pods)
            .chain(&self.answer.not_considered)
            .copied()
            .collect();
        let mut told: HashMap<u32, u32> = HashMap::new();
        let left = own.unschedulable.iter().map(|own| &own.pods);
        for pods in own.triggered.iter().chain(&own.schedulable).chain(left) {
            *told.entry(pods.kind).or_default() += pods.count;
        }
        (0_u32..)
            .zip(&self.answer.kinds)
            .filter_map(|(kind, pods)| {
                let all = pods
                    .pods
                    .iter()
                    .filter(|pod| !skipped.contains(pod))
                    .count();
                let told = told.get(&kind).copied().unwrap_or(0);
                let count = u32::try_from(all).unwrap_or(u32::MAX).saturating_sub(told);
                (count > 0).then_some(PodCount { kind, count })
            })
            .collect()
    }

    fn pods(&self, counts: &[PodCount]) -> Vec<PodGroup> {
        merge(counts.iter().filter_map(|&own| self.kind(own)))
    }

    /// All pods that wait, in a loop that ends before it comes to them.
    fn all_left(&self) -> Vec<PodsLeft> {
        let waiting = self.answer.kinds.iter().flat_map(|kind| &kind.pods);
        let skipped: HashSet<u32> = self.answer.expendable.iter().copied().collect();
        let waiting = waiting.copied().filter(|pod| !skipped.contains(pod));
        let all = by_owner(self.cluster, waiting).into_iter();
        all.map(|pods| PodsLeft {
            pods,
            message: Some(NOT_TRIED.to_owned()),
            ..PodsLeft::default()
        })
        .collect()
    }

    fn left(&self, all: &[Unschedulable]) -> Vec<PodsLeft> {
        let mut merged: Vec<PodsLeft> = Vec::new();
        for own in all {
            let Some(pods) = self.kind(own.pods) else {
                continue;
            };
            let named = |reasons: &BTreeMap<u32, Vec<String>>| -> BTreeMap<String, Vec<String>> {
                let named = reasons
                    .iter()
                    .map(|(&group, all)| (self.group(group), all.clone()));
                named.collect()
            };
            let message = self.messages.get(&own.pods.kind);
            let left = PodsLeft {
                pods,
                rejected: named(&own.rejected),
                skipped: named(&own.skipped),
                message: message.cloned(),
            };
            let same = merged.iter_mut().find(|other| {
                is_same_owner(&other.pods, &left.pods)
                    && other.rejected == left.rejected
                    && other.skipped == left.skipped
                    && other.message == left.message
            });
            match same {
                Some(other) => join(&mut other.pods, left.pods),
                None => merged.push(left),
            }
        }
        merged
    }
}

fn is_same_owner(a: &PodGroup, b: &PodGroup) -> bool {
    (&a.namespace, &a.owner_kind, &a.owner) == (&b.namespace, &b.owner_kind, &b.owner)
}

fn join(to: &mut PodGroup, from: PodGroup) {
    to.count += from.count;
    to.pods.extend(from.pods);
}

/// One entry for each owner.
fn merge(groups: impl Iterator<Item = PodGroup>) -> Vec<PodGroup> {
    let mut merged: Vec<PodGroup> = Vec::new();
    for group in groups {
        match merged.iter_mut().find(|other| is_same_owner(other, &group)) {
            Some(other) => join(other, group),
            None => merged.push(group),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster_autoscaler::Options;
    use crate::cluster_autoscaler::outcome::Kind;

    fn cluster() -> Cluster {
        let mut cluster = Cluster::new(Options::default(), jiff::Timestamp::UNIX_EPOCH);
        for (name, owner) in [("a-0", "a"), ("a-1", "a"), ("b-0", "b"), ("a-2", "a")] {
            let pod = serde_json::from_value(json!({"metadata": {"name": name, "namespace": "d",
                "ownerReferences": [{"apiVersion": "v1", "kind": "ReplicaSet", "name": owner, "uid": owner, "controller": true}]}}));
            cluster.add_pod(&pod.unwrap());
        }
        cluster.groups = vec![NodeGroup {
            name: "ng".into(),
            target: 2,
            max: 9,
            ..NodeGroup::default()
        }];
        cluster
    }

    #[test]
    fn numbers_become_names_and_owners_are_told_once() {
        let count = |kind, count| PodCount { kind, count };
        let left = |kind| Unschedulable {
            pods: count(kind, 1),
            rejected: [(0, vec!["Insufficient cpu".to_owned()])].into(),
            skipped: BTreeMap::new(),
        };
        let answer = Answer {
            kinds: vec![
                Kind { pods: vec![0, 1] },
                Kind { pods: vec![2] },
                Kind { pods: vec![3] },
            ],
            outcomes: vec![Outcome {
                scale_up: ScaleUpOutcome {
                    result: ScaleUpResult::Successful,
                    scale_ups: vec![(0, 3)],
                    triggered: vec![count(0, 1), count(2, 1), count(1, 1)],
                    schedulable: Vec::new(),
                    unschedulable: vec![left(0), left(2), left(1)],
                    await_evaluation: Vec::new(),
                    options: Vec::new(),
                },
                scale_down: Vec::new(),
                samples: 0,
            }],
            ..Answer::default()
        };
        let group = GroupReport {
            name: "ng".into(),
            target: 2,
            ..GroupReport::default()
        };
        let autoscaler = Autoscaler {
            node_groups: vec![group],
            ..Autoscaler::default()
        };
        let plan = plan(&mut cluster(), &answer, autoscaler);
        let own = &plan.outcomes[0];
        assert_eq!(own.result, "ScaleUpSuccessful");
        let change = &own.scale_ups[0];
        assert_eq!(
            (change.group.as_str(), change.from, change.to, change.max),
            ("ng", 2, 5, None)
        );
        let helped: Vec<_> = own
            .pods_helped
            .iter()
            .map(|pods| (pods.owner.as_str(), pods.count, pods.pods.len()))
            .collect();
        // Which one of a-0 and a-1 is meant is left to chance.
        assert_eq!(helped, [("a", 2, 3), ("b", 1, 1)]);
        assert_eq!(plan.decisions[0].pods_helped, (3, 3));
        assert_eq!(plan.decisions[0].likelihood, None);
        assert_eq!(own.pods_left.len(), 2);
        assert_eq!(own.pods_left[0].rejected["ng"], ["Insufficient cpu"]);
        assert_eq!(own.pods_left[0].message, None);
    }

    #[test]
    fn a_loop_that_is_not_tried_leaves_all_pods() {
        let mut cluster = cluster();
        let answer = Answer {
            kinds: vec![Kind { pods: vec![0, 1] }],
            outcomes: vec![Outcome {
                scale_up: ScaleUpOutcome {
                    result: ScaleUpResult::NotTried,
                    scale_ups: Vec::new(),
                    triggered: Vec::new(),
                    schedulable: Vec::new(),
                    unschedulable: Vec::new(),
                    await_evaluation: Vec::new(),
                    options: Vec::new(),
                },
                scale_down: Vec::new(),
                samples: 0,
            }],
            not_considered: vec![0, 1, 2],
            ..Answer::default()
        };
        let plan = plan(&mut cluster, &answer, Autoscaler::default());
        let left = &plan.outcomes[0].pods_left[0];
        assert_eq!((left.pods.owner.as_str(), left.pods.count), ("a", 2));
        assert_eq!(left.message.as_deref(), Some(NOT_TRIED));
        assert_eq!(plan.not_considered[0].owner, "b");
        assert!(plan.leaves_pods());
    }

    #[test]
    fn without_groups_the_scheduler_says_why() {
        let mut cluster = cluster();
        cluster.groups.clear();
        let node = crate::shape::parse("cpu=1,memory=1Gi", "full").unwrap();
        cluster.add_node(node);
        let pod = json!({"metadata": {"name": "wide-0", "namespace": "d"},
            "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}]},
            "status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
        cluster.add_pod(&serde_json::from_value(pod).unwrap());
        let answer = crate::cluster_autoscaler::run_once(
            &mut cluster,
            crate::cluster_autoscaler::Search::default(),
        );
        let plan = plan(&mut cluster, &answer, Autoscaler::default());
        let left = &plan.outcomes[0].pods_left;
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(
            left[0].message.as_deref(),
            Some("0/1 nodes are available: 1 Insufficient cpu.")
        );
        assert_eq!(plan.names(), ["pod/wide-0"]);
    }
}
