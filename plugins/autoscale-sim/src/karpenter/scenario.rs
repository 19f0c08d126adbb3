//! Questions as JSON documents: plain objects, and instance types in the kwok provider's form.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::Value;

use super::input::{Input, Settings};
use super::instance_type::InstanceTypeSpec;
use super::outcome::Requirement;

/// The flags of a question.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    #[serde(default)]
    preference_policy: String,
    #[serde(default)]
    min_values_policy: String,
}

/// Reads the question of a case: `options`, `instanceTypes` and `objects`.
///
/// # Errors
/// A sentence that says what is wrong with the document.
pub fn read(case: &Value) -> Result<Input, String> {
    let options: Options = typed("options", &case["options"])?;
    let instance_types: Vec<InstanceTypeSpec> = typed("instanceTypes", &case["instanceTypes"])?;
    let mut input = Input {
        settings: Settings {
            ignore_preferences: options.preference_policy == "Ignore",
            relax_min_values: options.min_values_policy == "BestEffort",
            ..Settings::default()
        },
        now: Timestamp::UNIX_EPOCH,
        instance_types,
        ..Input::default()
    };
    for object in case["objects"].as_array().into_iter().flatten() {
        let kind = object["kind"].as_str().unwrap_or_default();
        take(&mut input, kind, object)?;
    }
    Ok(input)
}

fn typed<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("{what}: {error}"))
}

/// Hands one object over, whatever its kind; kinds that decide nothing are passed over.
fn take(input: &mut Input, kind: &str, object: &Value) -> Result<(), String> {
    match kind {
        "Node" => input.nodes.push(typed(kind, object)?),
        "Pod" => input.pods.push(typed(kind, object)?),
        "DaemonSet" => input.daemon_sets.push(typed(kind, object)?),
        "Namespace" => input.namespaces.push(typed(kind, object)?),
        "PersistentVolume" => input.persistent_volumes.push(typed(kind, object)?),
        "PersistentVolumeClaim" => input.persistent_volume_claims.push(typed(kind, object)?),
        "StorageClass" => input.storage_classes.push(typed(kind, object)?),
        "CSINode" => input.csi_nodes.push(typed(kind, object)?),
        "PodDisruptionBudget" => input.pod_disruption_budgets.push(typed(kind, object)?),
        "NodePool" => input.node_pools.push(typed(kind, object)?),
        "NodeClaim" => input.node_claims.push(typed(kind, object)?),
        _ => {}
    }
    Ok(())
}

/// What the real one answered.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Expected {
    /// Nodes to come.
    #[serde(default)]
    pub claims: Vec<ExpectedClaim>,
    /// Pods placed on what is there, by node.
    #[serde(default)]
    pub existing: BTreeMap<String, Vec<String>>,
    /// Pods that stay pending, with sentences.
    #[serde(default)]
    pub errors: BTreeMap<String, Vec<String>>,
    /// Pods that are not looked at, with sentences.
    #[serde(default)]
    pub ignored: BTreeMap<String, Vec<String>>,
    /// What would be taken away or replaced, if that was asked.
    #[serde(default)]
    pub disruption: Option<ExpectedDisruption>,
}

/// What would be taken away or replaced.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ExpectedDisruption {
    /// Empty nodes that go.
    pub empty: Vec<String>,
    /// What becomes of each node by itself.
    pub single: BTreeMap<String, ExpectedCommand>,
    /// What becomes of several at once.
    #[serde(default)]
    pub multi: Option<ExpectedCommand>,
}

/// Nodes that go, and what comes instead.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedCommand {
    /// `no-op`, `delete` or `replace`.
    pub decision: String,
    /// The nodes, sorted.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// The instance types of what comes, sorted.
    #[serde(default)]
    pub instance_types: Vec<String>,
}

/// A node to come.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedClaim {
    /// Its pool.
    pub node_pool: String,
    /// Its pods.
    pub pods: Vec<String>,
    /// The instance types it may have, sorted by name.
    pub instance_types: Vec<String>,
    /// What its labels may be.
    pub requirements: Vec<Requirement>,
    /// What is requested of it.
    pub requests: BTreeMap<String, String>,
    /// What the kwok provider made of it; it makes nothing of reservations.
    #[serde(default)]
    pub launch: Option<ExpectedLaunch>,
}

/// What a claim was launched as.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedLaunch {
    /// Instance type.
    pub instance_type: String,
    /// Zone.
    pub zone: String,
    /// Capacity type.
    pub capacity_type: String,
    /// For an hour, in millionths at the finest.
    pub price: f64,
}
