//! One question to the scheduler, and its answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line of a case file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Case {
    /// Names the case among others.
    pub id: String,
    /// What the case is about, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The cluster: plain Kubernetes objects.
    #[serde(default)]
    pub objects: Vec<Value>,
    /// The pod that looks for a node.
    pub pod: Value,
    /// Whether scores are asked for too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scores: bool,
    /// Whether it is asked what evictions could do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preempt: bool,
    /// What kube-scheduler says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Answer>,
}

/// What a scheduler says about a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What keeps the pod out of the queue.
    #[serde(
        default,
        rename = "preEnqueue",
        skip_serializing_if = "Option::is_none"
    )]
    pub pre_enqueue: Option<Verdict>,
    /// The rejection before any node was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefilter: Option<Verdict>,
    /// Every node's verdict.
    #[serde(default)]
    pub nodes: BTreeMap<String, Verdict>,
    /// What the filters say about nodes that a pre-filter left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub excluded: BTreeMap<String, Verdict>,
    /// The message when no node fits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Weighted scores of the nodes that fit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<String, Score>,
    /// What evictions could do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preemption: Option<Preemption>,
}

/// What evictions could do for a pod that fits nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preemption {
    /// Every node on which they help.
    #[serde(default)]
    pub candidates: BTreeMap<String, Victims>,
    /// The node chosen; of several equal ones upstream takes any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub best: String,
    /// All that could be chosen: on upstream's side those that were when it was asked often.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// Whether our side leaves the question open.
    #[serde(skip)]
    pub open: bool,
    /// Why upstream has no answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// The sentence when nothing helps.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// The pods that would go from a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Victims {
    /// `namespace/name` of each.
    pub pods: Vec<String>,
    /// How many of them a disruption budget protects.
    pub violations: i64,
}

/// A node's verdict, or that of the whole cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Verdict {
    /// The status code by its upstream name.
    pub code: String,
    /// Upstream's words.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Who said so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plugin: String,
}

/// A node's weighted scores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Their sum.
    pub total: i64,
    /// Each plugin's share.
    #[serde(default)]
    pub plugins: BTreeMap<String, i64>,
}
