//! Clusters as short texts, for the tables.

use serde_json::{Value, json};

use crate::cluster_autoscaler::cluster::{Cluster, Controller};
use crate::cluster_autoscaler::loop_state::LoopState;
use crate::cluster_autoscaler::node_group::NodeGroup;
use crate::cluster_autoscaler::options::Options;
use crate::cluster_autoscaler::outcome::ScaleDownPass;

use super::{Effort, plan};

/// A cluster with these flags, at noon of the first of January 2026.
pub(super) fn cluster(flags: &[(&str, &str)]) -> Cluster {
    let mut options = Options::default();
    for (flag, value) in flags {
        options.set(flag, value).unwrap();
    }
    let mut cluster = Cluster::new(options, "2026-01-01T12:00:00Z".parse().unwrap());
    let uid = String::new();
    cluster.add_controller(
        "ReplicaSet",
        "default",
        "web",
        Controller { uid, replicas: 9 },
    );
    assert_eq!(cluster.now_seconds(), 1_767_268_800);
    cluster
}

pub(super) fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Adds a ready node of 4 cores and 16 GiB.
pub(super) fn node(cluster: &mut Cluster, name: &str, rest: Value) {
    let mut own = json!({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
            "allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True"}]}});
    merge(&mut own, rest);
    cluster.add_node(serde_json::from_value(own).unwrap());
}

/// Adds a group of such nodes.
pub(super) fn group(cluster: &mut Cluster, name: &str, min: i64, nodes: &[&str]) {
    for own in nodes {
        node(cluster, own, json!({}));
    }
    cluster.groups.push(NodeGroup {
        name: name.to_owned(),
        min,
        max: 100,
        target: i64::try_from(nodes.len()).unwrap(),
        nodes: nodes.iter().map(|&own| own.to_owned()).collect(),
        ..NodeGroup::default()
    });
}

/// Adds a pod of the `ReplicaSet` "web" that requests so many thousandths of a core.
pub(super) fn pod(cluster: &mut Cluster, node: &str, name: &str, milli: i64, rest: Value) {
    let requests = json!({"cpu": format!("{milli}m")});
    let mut own = json!({"metadata": {"name": name, "namespace": "default", "uid": name, "labels": {"app": "web"},
            "creationTimestamp": "2025-12-01T00:00:00Z", "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u", "controller": true}]},
        "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": requests}}]},
        "status": {"phase": "Running"}});
    merge(&mut own, rest);
    cluster.add_pod(&serde_json::from_value(own).unwrap());
}

/// Adds a budget over all pods of "web".
pub(super) fn budget(cluster: &mut Cluster, allowed: i64) {
    let own = json!({"metadata": {"namespace": "default", "name": "b"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}}, "status": {"disruptionsAllowed": allowed,
        "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}});
    cluster.add_pod_disruption_budget(serde_json::from_value(own).unwrap());
}

/// What becomes of each node in a loop, as `node: word`, in all ways there are.
pub(super) fn fates(pass: &ScaleDownPass) -> Vec<String> {
    let mut all: Vec<String> = (pass.unremovable.iter())
        .map(|own| {
            let pod = own.blocking_pod.as_ref().zip(own.blocking_reason.as_ref());
            let pod = pod.map(|(pod, why)| format!(" {pod} {why}"));
            format!("{}: {}{}", own.node, own.reason, pod.unwrap_or_default())
        })
        .collect();
    for own in &pass.deleted {
        let pods = own.evicted_pods.join(" ");
        let verb = if own.drain { "drained" } else { "deleted" };
        all.push(format!("{}: {verb} {pods}", own.node).trim_end().to_owned());
    }
    let said: Vec<String> = all
        .iter()
        .filter_map(|own| Some(own.split_once(':')?.0.to_owned()))
        .collect();
    let rest = pass.unneeded.iter().filter(|&own| !said.contains(own));
    all.extend(rest.map(|own| format!("{own}: unneeded")));
    all.sort_unstable();
    all
}

/// The distinct fates in the loop of that second, the likeliest first.
pub(super) fn ways(cluster: &mut Cluster, at: i64) -> Vec<Vec<String>> {
    let before = cluster.state.pod_count();
    let effort = Effort::of(cluster);
    let planned = plan(cluster, &LoopState::default(), effort).unwrap();
    assert_eq!(planned.cut, None);
    assert_eq!(
        cluster.state.pod_count(),
        before,
        "the snapshot is as before"
    );
    let sum: f64 = planned.ways.values().sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    let mut sorted: Vec<_> = planned.ways.iter().collect();
    sorted.sort_by(|one, other| other.1.total_cmp(one.1));
    let mut all = Vec::new();
    for (passes, _) in sorted {
        let passes = passes.iter().filter(|own| own.at_seconds == at);
        for fate in passes.map(fates) {
            if !all.contains(&fate) {
                all.push(fate);
            }
        }
    }
    all
}

/// The only fates in the loop of that second.
pub(super) fn way(cluster: &mut Cluster, at: i64) -> Vec<String> {
    let mut all = ways(cluster, at);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}
