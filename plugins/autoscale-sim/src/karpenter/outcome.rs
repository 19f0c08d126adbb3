//! What Karpenter would do.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reason::Reason;

/// The whole answer.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Nodes to come, in the order in which they were thought of.
    pub claims: Vec<Claim>,
    /// Pods that go on nodes or claims that are there already, by the node's name.
    pub existing: BTreeMap<String, Vec<String>>,
    /// Pods that stay pending, and why.
    pub errors: BTreeMap<String, Vec<Reason>>,
    /// Pods that are not looked at, and why.
    pub ignored: BTreeMap<String, Vec<Reason>>,
    /// Pools that no node can come from, and why.
    pub pools_left_out: BTreeMap<String, String>,
    /// Where upstream leaves the choice to chance.
    pub choices: Vec<ChosenByChance>,
    /// How many pods were to be placed.
    pub pods: usize,
    /// Pods among them whose node is on its way out.
    pub going: BTreeSet<String>,
    /// Those of [`Outcome::existing`] that are not ready yet.
    pub uninitialized: BTreeSet<String>,
    /// Whether [`super::chance::Chance::goes_on`] ended the round.
    pub is_cut: bool,
}

/// A node to come.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// Its pool.
    pub node_pool: String,
    /// The pods it is for, as `namespace/name`.
    pub pods: Vec<String>,
    /// The instance types it may have, the cheapest first.
    pub instance_types: Vec<String>,
    /// What its labels may be, sorted by label.
    pub requirements: Vec<Requirement>,
    /// What is requested of it, by resource, in billionths; with the least that `DaemonSet`s take
    /// on any of the instance types. Where upstream's answer depends on the order of a map, each.
    pub requests: Vec<BTreeMap<String, i128>>,
    /// What it would be launched as; several where they cost the same.
    pub launches: Vec<Launch>,
    /// Whether `minValues` had to give way.
    pub min_values_relaxed: bool,
    /// For each instance type the lowest price, and the highest that a launch may come to.
    pub prices: Vec<(f64, f64)>,
    /// For each label with `minValues` how many values there must be, and which each type has.
    pub min_values: Vec<(i64, Vec<Vec<u32>>)>,
    /// Whether it may be spot, and whether it may be on demand.
    pub allows: [bool; 2],
}

/// What a label of a claim may be.
#[derive(
    Clone, Debug, Default, JsonSchema, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub struct Requirement {
    /// The label.
    pub key: String,
    /// How the values are meant.
    pub operator: String,
    /// Values, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// How many different ones there must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_values: Option<i64>,
}

/// A way to launch a claim.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Launch {
    /// Instance type.
    pub instance_type: String,
    /// Zone.
    pub zone: String,
    /// spot, on-demand or reserved.
    pub capacity_type: String,
    /// For an hour.
    pub price: f64,
}

/// A choice that upstream leaves to chance.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChosenByChance {
    /// The pod, as `namespace/name`.
    pub pod: String,
    /// The label.
    pub key: String,
    /// What could be chosen.
    pub values: Vec<String>,
    /// What was assumed.
    pub assumed: String,
}
