//! Why a pod stays pending, and the smallest change that would free it. Each change is tried: the
//! loop is played with it, and only what then helps the pod is told.

mod change;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, Pod};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster_autoscaler::outcome::{Answer, PodCount, ScaleUpOutcome};
use crate::cluster_autoscaler::pod::Stage;
use crate::cluster_autoscaler::{Cluster, Search, run_once, templates};
use crate::placement::best_node;
use crate::report::Head;
use crate::scale_up::Autoscaler;

use change::{Change, Room, candidates};

/// A trial follows fewer ways than an answer: whether the pod is helped is the same in most.
fn trial() -> Search {
    Search {
        choices: 200,
        samples: 20,
        ..Search::default()
    }
}
/// No maximum that would help is looked for beyond this.
const MOST_NODES: i64 = 1 << 14;
/// Pairs of changes are tried if none alone helps, but not all pairs of many.
const MOST_PAIRED: usize = 10;

/// `kubectl autoscale-sim why POD`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodExplanation {
    /// The head; kind `PodExplanation`.
    #[serde(flatten)]
    pub head: Head,
    /// The autoscaler.
    pub autoscaler: Autoscaler,
    /// The pod, as `namespace/name`.
    pub pod: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Whether it stays pending in some outcome.
    pub may_stay: bool,
    /// The node it is on, or fits on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What the scheduler says of the nodes that are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why it does not fit nodes that are there, most nodes first.
    pub nodes_by_reason: Vec<ReasonCount>,
    /// Why a new node of a group would not do, by group.
    pub rejected: BTreeMap<String, Vec<String>>,
    /// Groups that are not asked, and why.
    pub skipped: BTreeMap<String, Vec<String>>,
    /// Changes that help, each tried; the smallest first.
    pub changes: Vec<VerifiedChange>,
    /// How many changes were tried.
    pub tried: usize,
}

impl PodExplanation {
    /// The pod's name as kubectl names it, if it stays pending.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let name = self.pod.rsplit('/').next().unwrap_or_default();
        let left = self.fate == Fate::Left;
        left.then(|| format!("pod/{name}")).into_iter().collect()
    }
}

/// What becomes of a pod.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It has a node.
    Bound,
    /// It fits a node that exists or comes anyway.
    Schedulable,
    /// The autoscaler adds a node for it.
    Helped,
    /// The autoscaler adds a node for it in some outcomes; chance decides.
    Chance,
    /// The autoscaler could help it, but not in this loop.
    LaterLoop,
    /// It stays pending.
    Left,
    /// The autoscaler does not look at it.
    NotConsidered,
    /// The autoscaler does not look at it, for its priority is too low.
    Expendable,
}

/// So many nodes reject the pod for the same reasons.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReasonCount {
    /// How many nodes.
    pub nodes: usize,
    /// As the scheduler says them.
    pub reasons: Vec<String>,
}

/// A change that helps.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedChange {
    /// What to change, in words.
    pub change: String,
    /// What happens then, in words.
    pub then: String,
}

/// Explains a pod that was read whole; its number in the cluster's pods is `at`.
#[must_use]
pub fn explain(
    cluster: &mut Cluster,
    at: usize,
    pod: &Pod,
    autoscaler: Autoscaler,
) -> PodExplanation {
    let meta = &pod.metadata;
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let mut report = PodExplanation {
        head: Head::new("PodExplanation", cluster),
        autoscaler,
        pod: format!("{}/{}", text(&meta.namespace), text(&meta.name)),
        fate: Fate::Bound,
        may_stay: false,
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        message: None,
        nodes_by_reason: Vec::new(),
        rejected: BTreeMap::new(),
        skipped: BTreeMap::new(),
        changes: Vec::new(),
        tried: 0,
    };
    if report.node.as_ref().is_some_and(|node| !node.is_empty()) {
        return report;
    }
    report.node = None;
    let query = cluster.state.prepare(pod);
    let verdicts = cluster.state.filter(&query);
    report.message = verdicts.message();
    report.nodes_by_reason = verdicts
        .histogram()
        .into_iter()
        .filter(|(status, _)| !status.is_success())
        .map(|(status, nodes)| ReasonCount {
            nodes,
            reasons: status.reasons.clone(),
        })
        .collect();
    let answer = run_once(cluster, Search::default());
    report.fate = fate(cluster, &answer, at);
    note_groups(cluster, &answer, at, &mut report);
    if report.fate == Fate::Schedulable {
        let node = best_node(&mut cluster.state, &query);
        report.node = node
            .and_then(|node| cluster.state.node_name(node))
            .map(str::to_owned);
    }
    let left = answer.outcomes.iter();
    report.may_stay = match report.fate {
        Fate::Left | Fate::Expendable | Fate::NotConsidered => true,
        _ => left
            .flat_map(|own| &own.scale_up.unschedulable)
            .any(|own| is_of_kind(&answer, at, own.pods.kind)),
    };
    if report.may_stay {
        let mut trials = Trials {
            fits_as_it_is: best_node(&mut cluster.state, &query).is_some(),
            cluster,
            at,
            pod,
            tried: 0,
        };
        report.changes = trials.find();
        report.tried = trials.tried;
    }
    report
}

fn counts(answer: &Answer, at: usize, all: &[PodCount]) -> Option<bool> {
    let own = all.iter().find(|own| is_of_kind(answer, at, own.kind))?;
    let kind = answer.kinds.get(own.kind as usize)?;
    Some(own.count as usize == kind.pods.len())
}

fn is_of_kind(answer: &Answer, at: usize, kind: u32) -> bool {
    let kind = answer.kinds.get(kind as usize);
    kind.is_some_and(|kind| kind.pods.iter().any(|&pod| pod as usize == at))
}

fn fate(cluster: &Cluster, answer: &Answer, at: usize) -> Fate {
    let pod = &cluster.pods[at];
    if pod.expendable {
        return Fate::Expendable;
    }
    if pod.stage == Stage::NotConsidered {
        return Fate::NotConsidered;
    }
    let all: Vec<Fate> = answer
        .outcomes
        .iter()
        .map(|own| fate_in(answer, at, &own.scale_up))
        .collect();
    match all.as_slice() {
        [] => Fate::Left,
        [first, rest @ ..] if rest.iter().all(|own| own == first) => *first,
        _ if all
            .iter()
            .any(|own| matches!(own, Fate::Helped | Fate::Schedulable | Fate::Chance)) =>
        {
            Fate::Chance
        }
        _ => Fate::LaterLoop,
    }
}

/// The first of these lists that has pods of its kind; where only some of a kind are meant, chance
/// decides which.
fn fate_in(answer: &Answer, at: usize, own: &ScaleUpOutcome) -> Fate {
    for (list, fate) in [
        (&own.triggered, Fate::Helped),
        (&own.schedulable, Fate::Schedulable),
        (&own.await_evaluation, Fate::LaterLoop),
    ] {
        match counts(answer, at, list) {
            Some(true) => return fate,
            Some(false) if fate != Fate::LaterLoop => return Fate::Chance,
            _ => {}
        }
    }
    Fate::Left
}

/// Whether all pods of its kind get a node in each outcome, whichever gets which.
fn is_sure(answer: &Answer, at: usize) -> bool {
    let kind = answer
        .kinds
        .iter()
        .position(|kind| kind.pods.iter().any(|&pod| pod as usize == at));
    let Some(kind) = kind else {
        return false;
    };
    let all = answer.kinds[kind].pods.len();
    answer.outcomes.iter().all(|own| {
        let own = &own.scale_up;
        let placed = own.triggered.iter().chain(&own.schedulable);
        let of_kind = placed.filter(|own| own.kind as usize == kind);
        of_kind.map(|own| own.count as usize).sum::<usize>() >= all
    })
}

fn note_groups(cluster: &Cluster, answer: &Answer, at: usize, report: &mut PodExplanation) {
    let name = |group: u32| {
        cluster
            .groups
            .get(group as usize)
            .map(|own| own.name.clone())
            .unwrap_or_default()
    };
    let own = answer
        .outcomes
        .iter()
        .flat_map(|own| &own.scale_up.unschedulable)
        .find(|own| is_of_kind(answer, at, own.pods.kind));
    if let Some(own) = own {
        let named = |all: &BTreeMap<u32, Vec<String>>| -> BTreeMap<String, Vec<String>> {
            all.iter()
                .map(|(&group, reasons)| (name(group), reasons.clone()))
                .collect()
        };
        report.rejected = named(&own.rejected);
        report.skipped = named(&own.skipped);
    }
}

struct Trials<'a> {
    cluster: &'a mut Cluster,
    at: usize,
    pod: &'a Pod,
    /// Whether there is room for it, unless others take that.
    fits_as_it_is: bool,
    tried: usize,
}

impl Trials<'_> {
    fn find(&mut self) -> Vec<VerifiedChange> {
        let changes = candidates(
            self.pod,
            &self.rooms(),
            self.cluster.options.expendable_pods_priority_cutoff,
        );
        let mut found: Vec<(u32, VerifiedChange)> = Vec::new();
        for change in &changes {
            if let Some(pod) = change.apply(self.pod)
                && let Some(then) = self.helps(&pod)
            {
                found.push((change.weight(), told(&[change], then)));
            }
        }
        found.extend(self.maximum(None));
        if found.is_empty() {
            found = self.pairs(&changes);
        }
        found.sort_by_key(|(weight, _)| *weight);
        found.into_iter().map(|(_, own)| own).collect()
    }

    /// Two changes at once, or one of the pod and a greater maximum.
    fn pairs(&mut self, changes: &[Change]) -> Vec<(u32, VerifiedChange)> {
        let mut found = Vec::new();
        let some = &changes[..changes.len().min(MOST_PAIRED)];
        for (at, first) in some.iter().enumerate() {
            let Some(once) = first.apply(self.pod) else {
                continue;
            };
            for second in &some[at + 1..] {
                if let Some(twice) = second.apply(&once)
                    && let Some(then) = self.helps(&twice)
                {
                    found.push((
                        first.weight() + second.weight(),
                        told(&[first, second], then),
                    ));
                }
            }
            found.extend(self.maximum(Some((first, &once))));
        }
        found
    }

    /// The least maximum of a group at its own that helps.
    fn maximum(&mut self, with: Option<(&Change, &Pod)>) -> Vec<(u32, VerifiedChange)> {
        let mut found = Vec::new();
        let pod = with.map_or_else(|| self.pod.clone(), |(_, pod)| pod.clone());
        for group in 0..self.cluster.groups.len() {
            let own = &self.cluster.groups[group];
            let (before, target) = (own.max, own.target);
            // A group with room is not held back by its maximum, but it may be by less than it needs.
            let helps = |trials: &mut Self, max: i64| {
                trials.cluster.groups[group].max = max;
                let then = trials.helps(&pod);
                trials.cluster.groups[group].max = before;
                then
            };
            let start = before.max(target);
            if helps(self, start + MOST_NODES).is_none() {
                continue;
            }
            let (mut low, mut high) = (start, start + MOST_NODES);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if helps(self, middle).is_some() {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            if let Some(then) = helps(self, high) {
                let name = self.cluster.groups[group].name.clone();
                let raise = format!("raise the maximum of {name} from {before} to {high}");
                let (weight, change) = match with {
                    None => (1, raise),
                    Some((change, _)) => (1 + change.weight(), format!("{raise}, and {change}")),
                };
                found.push((weight, VerifiedChange { change, then }));
            }
        }
        found
    }

    /// Plays the loop with another form of the pod; says what helps it then.
    fn helps(&mut self, pod: &Pod) -> Option<String> {
        self.tried += 1;
        self.cluster.add_pod(pod);
        let last = self.cluster.pods.len() - 1;
        self.cluster.pods.swap(self.at, last);
        let before = self.cluster.pods.pop()?;
        let then = self.outcome(pod);
        self.cluster.pods[self.at] = before;
        then
    }

    fn outcome(&mut self, pod: &Pod) -> Option<String> {
        let query = self.cluster.state.prepare(pod);
        if !self.fits_as_it_is
            && let Some(node) = best_node(&mut self.cluster.state, &query)
        {
            let name = self.cluster.state.node_name(node).unwrap_or_default();
            return Some(format!("it fits on node {name}"));
        }
        let answer = run_once(self.cluster, trial());
        match fate(self.cluster, &answer, self.at) {
            Fate::Helped => Some(format!(
                "a new node of {} takes it",
                self.groups_that_help(&answer)
            )),
            Fate::Schedulable => Some("it fits on a node that comes anyway".to_owned()),
            Fate::Chance if is_sure(&answer, self.at) => Some(format!(
                "it fits on a node that is there, or a new node of {} takes it",
                self.groups_that_help(&answer)
            )),
            _ => None,
        }
    }

    fn groups_that_help(&self, answer: &Answer) -> String {
        let mut names: Vec<&str> = answer
            .outcomes
            .iter()
            .flat_map(|own| &own.scale_up.scale_ups)
            .filter_map(|&(group, _)| self.cluster.groups.get(group as usize))
            .map(|group| group.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names.join(" or ")
    }

    /// What nodes that are there and nodes that could come have for the pod.
    fn rooms(&mut self) -> Vec<Room> {
        let mut all: Vec<Room> = templates(self.cluster)
            .into_iter()
            .flatten()
            .map(|template| {
                let (cpu, memory) = template.allocatable();
                let used = |name: &str| template.requested.get(name).copied().unwrap_or(0);
                Room::new(&template.node, cpu - used("cpu"), memory - used("memory"))
            })
            .collect();
        for node in &self.cluster.nodes {
            let (used, whole) = (
                self.cluster.state.used(node.id),
                self.cluster.state.allocatable(node.id),
            );
            let room = Room::new(
                &node.object,
                whole.milli_cpu - used.milli_cpu,
                whole.memory - used.memory,
            );
            // Of nodes with the same taints only the one with most room matters.
            match all.iter_mut().find(|own| own.taints == room.taints) {
                Some(own) => own.widen(&room),
                None => all.push(room),
            }
        }
        all
    }
}

fn told(changes: &[&Change], then: String) -> VerifiedChange {
    let change: Vec<String> = changes.iter().map(ToString::to_string).collect();
    VerifiedChange {
        change: change.join(", and "),
        then,
    }
}

impl Room {
    fn new(node: &Node, milli_cpu: i64, memory: i64) -> Self {
        let taints = node.spec.as_ref().and_then(|spec| spec.taints.clone());
        let hard = taints
            .unwrap_or_default()
            .into_iter()
            .filter(|taint| taint.effect != "PreferNoSchedule");
        Self {
            taints: hard.collect(),
            rooms: vec![(milli_cpu, memory)],
        }
    }

    fn widen(&mut self, other: &Self) {
        for room in &other.rooms {
            let is_covered = |own: &(i64, i64)| own.0 >= room.0 && own.1 >= room.1;
            if !self.rooms.iter().any(is_covered) {
                self.rooms.retain(|own| own.0 > room.0 || own.1 > room.1);
                self.rooms.push(*room);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::api::core::v1::NodeCondition;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde_json::{Value, json};

    use super::*;
    use crate::cluster_autoscaler::{NodeGroup, Options};
    use crate::{pod_json, shape};

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn node(text: &str, name: &str) -> Node {
        let mut node = shape::parse(text, name).unwrap();
        let old = Some(Time(time("2026-01-01T00:00:00Z")));
        node.metadata.creation_timestamp.clone_from(&old);
        node.status.get_or_insert_default().conditions = Some(vec![NodeCondition {
            type_: "Ready".into(),
            status: "True".into(),
            last_transition_time: old,
            ..NodeCondition::default()
        }]);
        node
    }

    /// A full node of a group that may grow, and a full one with a taint of a group at its maximum.
    fn cluster(pod: &Pod) -> Cluster {
        let mut cluster = Cluster::new(Options::default(), time("2026-01-01T12:00:00Z"));
        cluster.add_node(node("cpu=4,memory=8Gi,label=pool=a", "a-0"));
        cluster.add_node(node(
            "cpu=16,memory=64Gi,label=pool=b,taint=big=yes:NoSchedule",
            "b-0",
        ));
        for (name, node, cpu) in [("x", "a-0", "3"), ("y", "b-0", "16")] {
            let own = json!({"metadata": {"name": name, "namespace": "d"}, "spec": {"nodeName": node,
                "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}});
            cluster.add_pod(&serde_json::from_value(own).unwrap());
        }
        let group = |name: &str, node: &str, max| NodeGroup {
            name: name.into(),
            max,
            target: 1,
            nodes: vec![node.into()],
            ..NodeGroup::default()
        };
        cluster.groups = vec![group("a", "a-0", 5), group("b", "b-0", 1)];
        cluster.add_pod(pod);
        cluster
    }

    fn explained(spec: &Value) -> PodExplanation {
        let mut text = json!({"metadata": {"name": "p", "namespace": "d", "labels": {"app": "p"}, "creationTimestamp": "2026-01-01T11:00:00Z"},
            "spec": spec,
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
        let cpu = text["spec"]["cpu"].take();
        text["spec"]["containers"] =
            json!([{"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]);
        let pod = pod_json::parse(text.to_string().as_bytes()).unwrap();
        let mut cluster = cluster(&pod);
        let at = cluster.pods.len() - 1;
        let report = explain(&mut cluster, at, &pod, Autoscaler::default());
        assert_eq!(cluster.groups[1].max, 1);
        assert_eq!(cluster.pods.len(), 3);
        report
    }

    #[test]
    fn the_smallest_change_comes_first_and_each_was_tried() {
        for (spec, fate, first) in [
            (json!({"cpu": "2"}), Fate::Helped, None),
            (json!({"cpu": "1"}), Fate::Schedulable, None),
            (
                json!({"cpu": "5"}),
                Fate::Left,
                Some("lower its cpu request from 5 to 4: a new node of a takes it"),
            ),
            (
                json!({"cpu": "5", "tolerations": [{"key": "big", "operator": "Exists"}]}),
                Fate::Left,
                Some("raise the maximum of b from 1 to 2: a new node of b takes it"),
            ),
            (
                json!({"cpu": "2", "nodeSelector": {"pool": "c"}}),
                Fate::Left,
                Some("drop the node selector pool=c: a new node of a takes it"),
            ),
            (
                json!({"cpu": "2", "nodeSelector": {"pool": "b"}}),
                Fate::Left,
                Some("drop the node selector pool=b: a new node of a takes it"),
            ),
            (
                json!({"cpu": "2", "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "nope", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "p"}}}]}),
                Fate::Left,
                Some("make its spread over nope soft (ScheduleAnyway): a new node of a takes it"),
            ),
            (
                json!({"cpu": "2", "priority": -50}),
                Fate::Expendable,
                Some("raise its priority from -50 to -10: a new node of a takes it"),
            ),
        ] {
            let report = explained(&spec);
            assert_eq!(report.fate, fate, "{report:#?}");
            let own = report
                .changes
                .first()
                .map(|own| format!("{}: {}", own.change, own.then));
            assert_eq!(own.as_deref(), first, "{report:#?}");
        }
    }

    #[test]
    fn of_what_chance_decides_only_what_may_stay_needs_a_change() {
        for (max, may_stay) in [(5, false), (1, true)] {
            let pod = |name: &str| {
                let text = json!({"metadata": {"name": name, "namespace": "d", "creationTimestamp": "2026-01-01T11:00:00Z",
                        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "r", "controller": true}]},
                    "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]},
                    "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
                pod_json::parse(text.to_string().as_bytes()).unwrap()
            };
            // One core is left: one of the two fits on a node that is there.
            let mut cluster = cluster(&pod("p"));
            cluster.add_pod(&pod("q"));
            cluster.groups[0].max = max;
            let report = explain(&mut cluster, 3, &pod("q"), Autoscaler::default());
            assert_eq!(report.fate, Fate::Chance, "{report:#?}");
            assert_eq!(report.may_stay, may_stay, "{report:#?}");
            let changes: Vec<String> = (report.changes.iter())
                .map(|own| format!("{}: {}", own.change, own.then))
                .collect();
            if may_stay {
                assert_eq!(
                    changes[0],
                    "raise the maximum of a from 1 to 2: it fits on a node that is there, or a new node of a takes it",
                    "{changes:?}"
                );
            } else {
                assert!(changes.is_empty(), "{changes:?}");
            }
        }
    }

    #[test]
    fn reasons_are_counted_and_two_changes_are_tried_if_one_does_not_help() {
        let report = explained(&json!({"cpu": "9", "nodeSelector": {"pool": "b"}}));
        assert_eq!(
            report
                .nodes_by_reason
                .iter()
                .map(|own| own.nodes)
                .sum::<usize>(),
            2
        );
        assert_eq!(report.skipped["b"], ["max node group size reached"]);
        let own = &report.changes[0];
        assert!(
            own.change.contains("raise the maximum of b from 1 to 2")
                && own.change.contains("toleration"),
            "{report:#?}"
        );
        assert!(report.tried > 5);
    }
}
