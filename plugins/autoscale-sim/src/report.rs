//! The JSON contract (docs/autoscale-sim.md). Field names are camelCase, times RFC 3339.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster_autoscaler::Cluster;

/// The version of all documents.
pub const API_VERSION: &str = "day2.dev/v1alpha1";

/// What every document begins with.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// [`API_VERSION`].
    pub api_version: &'static str,
    /// The document's kind.
    pub kind: &'static str,
    /// The instant for which the answer holds.
    pub time: Timestamp,
    /// How many nodes were read.
    pub nodes: usize,
    /// How many pods, without those that are over.
    pub pods: usize,
    /// Load that was assumed, in sentences.
    pub assumed: Vec<String>,
    /// What is not known, and what was assumed instead, in sentences.
    pub unknown: Vec<String>,
}

impl Head {
    /// A head without assumptions.
    #[must_use]
    pub fn new(kind: &'static str, cluster: &Cluster) -> Self {
        Self {
            api_version: API_VERSION,
            kind,
            time: cluster.now,
            nodes: cluster.nodes.len(),
            pods: cluster.pods.len(),
            assumed: Vec::new(),
            unknown: Vec::new(),
        }
    }
}

/// Pods of one owner.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodGroup {
    /// Their namespace.
    pub namespace: String,
    /// The kind of their controller; absent for pods by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_kind: Option<String>,
    /// The controller's name; a pod's own where it has none.
    pub owner: String,
    /// How many.
    pub count: usize,
    /// The pods that are meant; where chance decides which `count` of them, all that it may be.
    pub pods: Vec<String>,
}

/// Pods that stay pending, and why.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodsLeft {
    /// The pods.
    #[serde(flatten)]
    pub pods: PodGroup,
    /// Why a new node of a group would not do, by group; as the scheduler says it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rejected: BTreeMap<String, Vec<String>>,
    /// Groups that were not asked, and why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, Vec<String>>,
    /// What the scheduler says of the nodes that are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `kubectl autoscale-sim add`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeAddition {
    /// The head; kind `NodeAddition`.
    #[serde(flatten)]
    pub head: Head,
    /// What the new nodes are like, in words.
    pub like: String,
    /// The new nodes.
    pub new_nodes: Vec<NewNode>,
    /// Pods that get a node for the new ones are there.
    pub pods_helped: Vec<PodGroup>,
    /// Pods that fit on nodes that are there already.
    pub pods_schedulable: Vec<PodGroup>,
    /// Pods that stay pending.
    pub pods_left: Vec<PodsLeft>,
}

/// A node that is added.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewNode {
    /// Its name.
    pub name: String,
    /// Pods of `DaemonSet`s that it gets of its own.
    pub daemon_pods: Vec<String>,
    /// Pods that wait and are put on it, as `namespace/name`.
    pub pods: Vec<String>,
    /// How full it is then.
    pub usage: Usage,
}

/// How much of a node pods request.
#[derive(Clone, Copy, Debug, Default, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Requested thousandths of a core.
    pub requested_milli_cpu: i64,
    /// Thousandths of a core for pods.
    pub allocatable_milli_cpu: i64,
    /// Requested bytes.
    pub requested_memory_bytes: i64,
    /// Bytes for pods.
    pub allocatable_memory_bytes: i64,
}

/// Groups pods, numbers in [`Cluster::pods`], by owner.
#[must_use]
pub fn by_owner(cluster: &Cluster, pods: impl IntoIterator<Item = u32>) -> Vec<PodGroup> {
    let mut all: BTreeMap<(String, Option<String>, String), PodGroup> = BTreeMap::new();
    for at in pods {
        let Some(pod) = cluster.pods.get(at as usize) else {
            continue;
        };
        let shape = cluster.shapes.get(pod.shape);
        let owner_kind = shape.owner.as_ref().map(|owner| owner.kind.clone());
        let owner = shape
            .owner
            .as_ref()
            .map_or_else(|| pod.name.to_string(), |owner| owner.name.clone());
        let key = (shape.namespace.clone(), owner_kind.clone(), owner.clone());
        let group = all.entry(key).or_insert_with(|| PodGroup {
            namespace: shape.namespace.clone(),
            owner_kind,
            owner,
            ..PodGroup::default()
        });
        group.count += 1;
        group.pods.push(pod.name.to_string());
    }
    all.into_values().collect()
}

/// The names of pods, as kubectl names them; where chance decides which of them are meant, of all that
/// it may be.
#[must_use]
pub fn pod_names<'a>(groups: impl Iterator<Item = &'a PodGroup>) -> Vec<String> {
    let mut all: Vec<String> = groups
        .flat_map(|own| &own.pods)
        .map(|name| format!("pod/{name}"))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// How many pods there are in all.
#[must_use]
pub fn total(groups: &[PodGroup]) -> usize {
    groups.iter().map(|group| group.count).sum()
}
