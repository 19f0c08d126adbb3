//! Recorded decisions of the real Cluster Autoscaler: `scenario.json` is the input,
//! `expected.json` what it decided in many runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::cluster::{Cluster, Controller};
use super::node_group::NodeGroup;
use super::options::Options;

/// Scenarios take place at this time.
pub const NOW: &str = "2026-01-01T12:00:00Z";

#[derive(Deserialize)]
struct ScenarioFile<'a> {
    name: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    options: BTreeMap<String, Value>,
    #[serde(borrow)]
    objects: Vec<&'a RawValue>,
    #[serde(rename = "nodeGroups")]
    node_groups: Vec<GroupFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupFile {
    name: String,
    #[serde(default)]
    min_size: i64,
    max_size: i64,
    target_size: i64,
    #[serde(default)]
    nodes: Vec<String>,
    template: Option<k8s_openapi::api::core::v1::Node>,
}

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// The input of the loop.
    pub cluster: Cluster,
}

/// Reads a `scenario.json`.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub fn read(text: &str) -> Result<Scenario, String> {
    let file: ScenarioFile<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut options = Options::default();
    let mut in_progress = BTreeMap::new();
    for (flag, value) in &file.options {
        if flag == "oracle:scale-up-in-progress" {
            in_progress = serde_json::from_value(value.clone()).map_err(|why| why.to_string())?;
            continue;
        }
        for value in flag_values(value) {
            options.set(flag, &value)?;
        }
    }
    let now: Timestamp = NOW
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    let mut cluster = Cluster::new(options, now);
    cluster.groups = file
        .node_groups
        .into_iter()
        .map(|group| group_of(group, &in_progress))
        .collect();
    for object in &file.objects {
        add(&mut cluster, object.get())?;
    }
    Ok(Scenario {
        name: file.name,
        about: file.about,
        cluster,
    })
}

fn flag_values(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().flat_map(flag_values).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn group_of(group: GroupFile, in_progress: &BTreeMap<String, i64>) -> NodeGroup {
    NodeGroup {
        scale_up_in_progress: in_progress.get(&group.name).copied().unwrap_or(0),
        name: group.name,
        min: group.min_size,
        max: group.max_size,
        target: group.target_size,
        nodes: group.nodes,
        template: group.template,
        ..NodeGroup::default()
    }
}

#[derive(Deserialize)]
struct Named<'a> {
    kind: &'a str,
}

fn typed<T: DeserializeOwned>(kind: &str, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("a {kind} among the objects: {error}"))
}

/// Hands one object over, whatever its kind; kinds that decide nothing are passed over.
fn add(cluster: &mut Cluster, text: &str) -> Result<(), String> {
    let Named { kind } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match kind {
        "Node" => cluster.add_node(typed(kind, text)?),
        "Pod" => cluster.add_pod(&typed(kind, text)?),
        "DaemonSet" => cluster.add_daemon_set(typed(kind, text)?),
        "PodDisruptionBudget" => cluster.add_pod_disruption_budget(typed(kind, text)?),
        "ConfigMap" => cluster.add_config_map(&typed(kind, text)?),
        "ReplicaSet" | "StatefulSet" | "ReplicationController" | "Job" => {
            let own: ControllerFile = typed(kind, text)?;
            let replicas = own.spec.replicas.or(own.spec.parallelism).unwrap_or(1);
            let uid = own.metadata.uid;
            let (namespace, name) = (own.metadata.namespace, own.metadata.name);
            cluster.add_controller(kind, &namespace, &name, Controller { uid, replicas });
        }
        "Namespace" => cluster.state.add_namespace(&typed(kind, text)?),
        "PersistentVolume" => cluster.state.add_persistent_volume(&typed(kind, text)?),
        "PersistentVolumeClaim" => cluster
            .state
            .add_persistent_volume_claim(&typed(kind, text)?),
        "StorageClass" => cluster.state.add_storage_class(&typed(kind, text)?),
        "CSINode" => cluster.state.add_csi_node(&typed(kind, text)?),
        "CSIDriver" => cluster.state.add_csi_driver(&typed(kind, text)?),
        "CSIStorageCapacity" => cluster.state.add_csi_storage_capacity(&typed(kind, text)?),
        "VolumeAttachment" => cluster.state.add_volume_attachment(&typed(kind, text)?),
        "ResourceClaim" => cluster.state.add_resource_claim(&typed(kind, text)?),
        "ResourceSlice" => cluster.state.add_resource_slice(&typed(kind, text)?),
        "DeviceClass" => cluster.state.add_device_class(&typed(kind, text)?),
        _ => {}
    }
    Ok(())
}

#[derive(Deserialize)]
struct ControllerFile {
    metadata: ControllerMeta,
    #[serde(default)]
    spec: ControllerSpec,
}

#[derive(Deserialize)]
struct ControllerMeta {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    uid: String,
}

#[derive(Default, Deserialize)]
struct ControllerSpec {
    replicas: Option<i64>,
    parallelism: Option<i64>,
}

/// What the real one decided.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expected {
    /// Distinct scale-ups.
    #[serde(default)]
    pub decisions: Vec<Counted<Vec<GroupDelta>>>,
    /// Distinct scale-downs, by group.
    #[serde(default)]
    pub scale_down_summary: Vec<Counted<Vec<PassSummary>>>,
    /// Share of the outcomes that were seen once.
    #[serde(default)]
    pub unseen_mass: f64,
    /// Distinct outcomes.
    pub outcomes: Vec<ExpectedOutcome>,
}

/// A value and in how many runs it was seen.
#[derive(Clone, Debug, Deserialize)]
pub struct Counted<T> {
    /// In how many runs.
    pub count: u32,
    /// What was seen.
    pub value: T,
}

/// By how many nodes a group grows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct GroupDelta {
    /// The group.
    pub group: String,
    /// The nodes.
    pub delta: i64,
}

/// A loop of scaling down, by group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PassSummary {
    /// Seconds after the first loop.
    pub at_seconds: i64,
    /// Deleted nodes by group.
    #[serde(default)]
    pub deleted: BTreeMap<String, i64>,
    /// Unneeded nodes by group.
    #[serde(default)]
    pub unneeded: BTreeMap<String, i64>,
}

/// One outcome.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedOutcome {
    /// In how many runs.
    pub count: u32,
    /// Upstream's name of how scaling up ended.
    pub result: String,
    /// What is added.
    #[serde(default)]
    pub scale_up: Vec<GroupDelta>,
    /// Whether the pods' names differed between runs that else were alike.
    #[serde(default)]
    pub pod_names_vary: bool,
    /// Pods helped.
    #[serde(default)]
    pub triggered_pods: Vec<String>,
    /// The same by owner, as `namespace/Kind/name xCOUNT`.
    #[serde(default)]
    pub triggered_by_owner: Vec<String>,
    /// Pods that fit.
    #[serde(default)]
    pub schedulable_pods: Vec<String>,
    /// The same by owner.
    #[serde(default)]
    pub schedulable_by_owner: Vec<String>,
    /// Pods that stay pending.
    #[serde(default)]
    pub unschedulable_pods: Vec<ExpectedUnschedulable>,
    /// Pods for a later loop, by owner.
    #[serde(default)]
    pub await_evaluation_by_owner: Vec<String>,
    /// Pods left out.
    #[serde(default)]
    pub filtered: Filtered,
    /// Pods without a node that are not looked at.
    #[serde(default)]
    pub pending_not_considered: Vec<String>,
    /// What there was to choose from; no part of an outcome's identity.
    #[serde(default)]
    pub options: Vec<ExpectedOption>,
    /// Whether that differed between runs that else were alike.
    #[serde(default)]
    pub options_vary: bool,
    /// What is removed.
    #[serde(default)]
    pub scale_down: ExpectedScaleDown,
}

/// Pods left out before scaling up.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filtered {
    /// For their priority.
    #[serde(default)]
    pub expendable: Vec<String>,
    /// For they are of a `DaemonSet`.
    #[serde(default)]
    pub daemonset: Vec<String>,
}

/// Pods that stay pending.
#[derive(Clone, Debug, Deserialize)]
pub struct ExpectedUnschedulable {
    /// Their owner, as `namespace/Kind/name`.
    pub owner: String,
    /// How many.
    pub count: u32,
    /// The pods, as `namespace/name`.
    #[serde(default)]
    pub pods: Vec<String>,
    /// One of them.
    #[serde(default)]
    pub pod: String,
    /// Reasons by group.
    #[serde(default)]
    pub rejected: BTreeMap<String, Vec<String>>,
    /// Reasons by group.
    #[serde(default)]
    pub skipped: BTreeMap<String, Vec<String>>,
}

/// A group that could help.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedOption {
    /// The group.
    pub group: String,
    /// How many nodes.
    pub nodes: i64,
    /// How many pods.
    pub pods: u32,
    /// The same by owner.
    #[serde(default)]
    pub pods_by_owner: Vec<String>,
    /// Groups that look alike.
    #[serde(default)]
    pub similar: Vec<String>,
}

/// How scaling down went.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ExpectedScaleDown {
    /// Whether the loop came so far.
    #[serde(default)]
    pub evaluated: bool,
    /// By candidate.
    #[serde(default)]
    pub utilization: BTreeMap<String, ExpectedUtilization>,
    /// The loops.
    #[serde(default)]
    pub passes: Vec<ExpectedPass>,
}

/// How much of a node is requested.
#[derive(Clone, Debug, Deserialize)]
pub struct ExpectedUtilization {
    /// Share of CPU.
    #[serde(default)]
    pub cpu: f64,
    /// Share of memory.
    #[serde(default)]
    pub mem: f64,
    /// Share of GPUs.
    pub gpu: Option<f64>,
    /// Which of them counts.
    #[serde(default)]
    pub resource: String,
    /// The one that counts.
    #[serde(default)]
    pub utilization: f64,
}

/// One loop of scaling down.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedPass {
    /// Seconds after the first loop.
    pub at_seconds: i64,
    /// Upstream's name of how it ended.
    pub result: String,
    /// Nodes that are unneeded.
    #[serde(default)]
    pub unneeded: Vec<String>,
    /// Nodes that cannot go.
    #[serde(default)]
    pub unremovable: Vec<ExpectedUnremovable>,
    /// Deletions that began.
    #[serde(default)]
    pub deleted: Vec<ExpectedDeletion>,
}

/// A node that cannot go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedUnremovable {
    /// The node.
    pub node: String,
    /// Why.
    pub reason: String,
    /// The pod that keeps it.
    pub blocking_pod: Option<String>,
    /// Why the pod does.
    pub blocking_reason: Option<String>,
}

/// A node that goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedDeletion {
    /// The node.
    pub node: String,
    /// Whether pods must be evicted.
    #[serde(default)]
    pub drain: bool,
    /// Those pods.
    #[serde(default)]
    pub evicted_pods: Vec<String>,
}

/// Reads an `expected.json`.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub fn read_expected(text: &str) -> Result<Expected, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{read, read_expected};
    use crate::cluster_autoscaler::pod::Stage;

    #[test]
    fn a_scenario_is_read() {
        let scenario = read(
            r#"{"name": "s", "about": "a", "options": {"expander": "random", "startup-taint": ["x", "y"],
            "oracle:scale-up-in-progress": {"g": 2}}, "objects": [
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "d"},
             "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
             "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}},
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}},
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "d", "uid": "u"}, "spec": {"parallelism": 3}}],
            "nodeGroups": [{"name": "g", "minSize": 0, "maxSize": 3, "targetSize": 1, "nodes": ["n"], "template": null}]}"#,
        )
        .unwrap();
        let cluster = scenario.cluster;
        assert_eq!(cluster.options.startup_taint, ["x", "y"]);
        assert_eq!(cluster.groups[0].scale_up_in_progress, 2);
        assert_eq!(cluster.pods[0].stage, Stage::Unschedulable);
        assert_eq!(cluster.pods[0].waiting.as_ref().unwrap().milli_cpu, 1000);
        assert_eq!(cluster.nodes[0].name(), "n");
        assert_eq!(cluster.controllers.len(), 1);
        let wrong =
            read(r#"{"name": "s", "objects": [{"kind": "Pod", "spec": 3}], "nodeGroups": []}"#);
        assert!(wrong.unwrap_err().starts_with("a Pod among the objects"));
        assert!(read_expected("{}").is_err());
    }
}
