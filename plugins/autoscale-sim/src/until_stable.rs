//! Loop after loop until nothing changes: nodes come, the scheduler binds pods, and the autoscaler
//! looks again.
//!
//! Nodes are taken to be ready before the next loop. Where an outcome is left to chance, the likeliest
//! is followed, and how many there were is told.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, NodeCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::Serialize;

use crate::add::pods_left;
use crate::cluster_autoscaler::outcome::ScaleUpOutcome;
use crate::cluster_autoscaler::pod::Stage;
use crate::cluster_autoscaler::template::Template;
use crate::cluster_autoscaler::{Cluster, Search, run_once, templates};
use crate::placement::{place, waiting};
use crate::report::{Head, PodGroup, PodsLeft, by_owner};
use crate::scale_up::{Autoscaler, GroupChange, plan, ranked};

/// No cluster needs more loops than this to come to rest.
const MOST_LOOPS: usize = 200;

/// `kubectl autoscale-sim --until-stable`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaleUpTimeline {
    /// The head; kind `ScaleUpTimeline`.
    #[serde(flatten)]
    pub head: Head,
    /// The autoscaler, as it was at the start.
    pub autoscaler: Autoscaler,
    /// The loops that changed something, and the last one, which did not.
    pub loops: Vec<LoopReport>,
    /// Whether it came to rest; otherwise it was cut.
    pub stable: bool,
    /// How much groups grow in all.
    pub scale_ups: Vec<GroupChange>,
    /// Pods that have a node then.
    pub pods_bound: Vec<PodGroup>,
    /// Pods that stay pending.
    pub pods_left: Vec<PodsLeft>,
}

/// One loop.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoopReport {
    /// Counts from 1.
    pub number: usize,
    /// The autoscaler's name for how it ends.
    pub result: &'static str,
    /// How many outcomes it could have; the likeliest is followed.
    pub outcomes: usize,
    /// Groups that grow.
    pub scale_ups: Vec<GroupChange>,
    /// Pods that the scheduler binds then.
    pub pods_bound: Vec<PodGroup>,
    /// How many pods wait afterwards.
    pub waiting: usize,
}

/// Plays loops until nothing changes. The cluster is afterwards as it would be then.
#[must_use]
pub fn play(cluster: &mut Cluster, autoscaler: Autoscaler) -> ScaleUpTimeline {
    let head = Head::new("ScaleUpTimeline", cluster);
    let before: Vec<i64> = cluster.groups.iter().map(|group| group.target).collect();
    let (mut loops, mut bound, mut stable) = (Vec::new(), Vec::new(), false);
    let mut last = None;
    for number in 1..=MOST_LOOPS {
        let answer = run_once(cluster, Search::default());
        let mut current = autoscaler.clone();
        for (own, group) in current.node_groups.iter_mut().zip(&cluster.groups) {
            own.target = group.target;
        }
        let report = plan(cluster, &answer, current);
        let Some(outcome) = ranked(&answer).first().copied() else {
            break;
        };
        let new = follow(cluster, &outcome.scale_up);
        let changed = !new.is_empty() || !outcome.scale_up.scale_ups.is_empty();
        let first = report.outcomes.into_iter().next();
        loops.push(LoopReport {
            number,
            result: outcome.scale_up.result.name(),
            outcomes: answer.outcomes.len(),
            scale_ups: first
                .as_ref()
                .map(|own| own.scale_ups.clone())
                .unwrap_or_default(),
            pods_bound: by_owner(cluster, new.iter().copied()),
            waiting: count_waiting(cluster),
        });
        bound.extend(new);
        last = first;
        if !changed {
            stable = true;
            break;
        }
    }
    let scale_ups = autoscaler
        .node_groups
        .iter()
        .zip(&cluster.groups)
        .zip(before)
        .filter(|((_, group), before)| group.target != *before)
        .map(|((own, group), before)| GroupChange {
            group: own.name.clone(),
            add: group.target - before,
            from: before,
            to: group.target,
            max: own.max,
        })
        .collect();
    // The last loop's reasons are the ones that hold; pods it does not speak of have the scheduler's.
    let order = waiting(cluster);
    let left = last
        .map(|own| own.pods_left)
        .filter(|left| left.iter().map(|own| own.pods.count).sum::<usize>() == order.len())
        .unwrap_or_else(|| pods_left(cluster, &order));
    ScaleUpTimeline {
        head,
        autoscaler,
        loops,
        stable,
        scale_ups,
        pods_bound: by_owner(cluster, bound),
        pods_left: left,
    }
}

fn count_waiting(cluster: &Cluster) -> usize {
    cluster
        .pods
        .iter()
        .filter(|pod| pod.waiting.is_some())
        .count()
}

/// Lets an outcome come true: nodes come, and the scheduler binds pods. Returns those pods.
pub fn follow(cluster: &mut Cluster, outcome: &ScaleUpOutcome) -> Vec<u32> {
    let templates = templates(cluster);
    for &(group, add) in &outcome.scale_ups {
        if let Some(Some(template)) = templates.get(group as usize) {
            grow(cluster, group as usize, add, template);
        }
    }
    let order = waiting(cluster);
    let placed = place(cluster, &order);
    let mut bound = Vec::with_capacity(placed.len());
    for (at, _) in placed {
        let pod = &mut cluster.pods[at as usize];
        let namespace = &cluster.shapes.get(pod.shape).namespace;
        pod.placed = cluster.state.pod(namespace, &pod.name);
        pod.stage = Stage::Scheduled;
        pod.waiting = None;
        bound.push(at);
    }
    bound
}

/// Adds nodes to a group, with the pods that they start with.
fn grow(cluster: &mut Cluster, group: usize, add: i64, template: &Template) {
    let base = cluster.groups[group].name.replace('/', "-");
    let mut number = 0;
    for _ in 0..add {
        let name = loop {
            number += 1;
            let name = format!("{base}-new-{number}");
            if cluster.state.node(&name).is_none() {
                break name;
            }
        };
        cluster.add_node(object(&template.node, &name, cluster.now));
        if let Some(id) = cluster.state.node(&name) {
            for (pod, at) in template.pods.iter().zip(0_u32..) {
                cluster
                    .state
                    .assign(&pod.named(&format!("{name}/{at}")), id);
            }
        }
        cluster.groups[group].nodes.push(name);
    }
    cluster.groups[group].target += add;
}

/// The node that comes: ready from now on, so that it is not yet one to copy from.
fn object(template: &Node, name: &str, now: Timestamp) -> Node {
    let mut node = template.clone();
    node.metadata.name = Some(name.to_owned());
    node.metadata.creation_timestamp = Some(Time(now));
    if let Some(labels) = &mut node.metadata.labels {
        labels.remove("cluster-autoscaler.kubernetes.io/template-node");
        if let Some(hostname) = labels.get_mut("kubernetes.io/hostname") {
            name.clone_into(hostname);
        }
    }
    let status = node.status.get_or_insert_default();
    status.conditions = Some(vec![NodeCondition {
        type_: "Ready".to_owned(),
        status: "True".to_owned(),
        last_transition_time: Some(Time(now)),
        ..NodeCondition::default()
    }]);
    node
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster_autoscaler::{NodeGroup, Options};
    use crate::scale_up::GroupReport;
    use crate::shape;

    fn cluster(pods: usize, max: i64) -> Cluster {
        let mut cluster = Cluster::new(Options::default(), "2026-01-01T12:00:00Z".parse().unwrap());
        let mut node = shape::parse("cpu=2,memory=8Gi,label=pool=a", "a-0").unwrap();
        node.metadata.creation_timestamp = Some(Time("2026-01-01T00:00:00Z".parse().unwrap()));
        node.status.as_mut().unwrap().conditions = Some(vec![NodeCondition {
            type_: "Ready".into(),
            status: "True".into(),
            last_transition_time: Some(Time("2026-01-01T00:00:00Z".parse().unwrap())),
            ..NodeCondition::default()
        }]);
        cluster.add_node(node);
        for number in 0..pods {
            let pod = json!({"metadata": {"name": format!("p-{number}"), "namespace": "d", "creationTimestamp": "2026-01-01T11:00:00Z",
                    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "r", "controller": true}]},
                "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
                "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
            cluster.add_pod(&serde_json::from_value(pod).unwrap());
        }
        cluster.groups = vec![NodeGroup {
            name: "a".into(),
            max,
            target: 1,
            nodes: vec!["a-0".into()],
            ..NodeGroup::default()
        }];
        cluster
    }

    #[test]
    fn it_plays_until_nothing_changes() {
        for (pods, max, grown, left) in [(2, 9, 0, 0), (7, 9, 3, 0), (9, 3, 2, 3)] {
            let mut cluster = cluster(pods, max);
            let autoscaler = Autoscaler {
                node_groups: vec![GroupReport {
                    name: "a".into(),
                    max: Some(max),
                    target: 1,
                    ..GroupReport::default()
                }],
                ..Autoscaler::default()
            };
            let timeline = play(&mut cluster, autoscaler);
            assert!(timeline.stable, "{timeline:#?}");
            let add: i64 = timeline.scale_ups.iter().map(|own| own.add).sum();
            assert_eq!(add, grown, "{timeline:#?}");
            let still: usize = timeline.pods_left.iter().map(|own| own.pods.count).sum();
            assert_eq!(still, left, "{timeline:#?}");
            assert_eq!(
                timeline
                    .pods_bound
                    .iter()
                    .map(|own| own.count)
                    .sum::<usize>(),
                pods - left
            );
            assert_eq!(timeline.loops.last().unwrap().waiting, left);
        }
    }
}
