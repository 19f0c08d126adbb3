//! What the autoscaler decides: a set of outcomes, for much of it is left to chance.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/processors/status/scale_up_status_processor.go`
//! and `cluster-autoscaler/core/scaledown/status/status.go` in what is told.

use std::collections::BTreeMap;

/// All outcomes that one loop can have.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The pods without a node, by kind.
    pub kinds: Vec<Kind>,
    /// Distinct outcomes.
    pub outcomes: Vec<Outcome>,
    /// Why there may be more outcomes than these; empty if these are all.
    pub cut: Vec<String>,
    /// How many ways were picked at random, beside those that were followed in full.
    pub samples: u32,
    /// Pods that are not looked at, for their priority is below the cutoff.
    pub expendable: Vec<u32>,
    /// Pods of `DaemonSet`s that fit nowhere: a new node would not help them.
    pub daemon_set_pods: Vec<u32>,
    /// Pods without a node that the scheduler has not found unschedulable, or for which preemption
    /// made room; all of them if the loop ended before it came to pods.
    pub not_considered: Vec<u32>,
}

/// Pods that only their names tell apart: of one owner, with equal labels and specs. Which of them
/// an outcome is about is left to chance, so outcomes count them.
///
/// Pods are their numbers in [`super::Cluster::pods`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// The pods; ascending.
    pub pods: Vec<u32>,
}

/// So many pods of a kind, which is its number in [`Answer::kinds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodCount {
    /// The kind.
    pub kind: u32,
    /// How many of its pods.
    pub count: u32,
}

/// One way the loop can go.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What is added.
    pub scale_up: ScaleUpOutcome,
    /// What may be removed, then: for each way to put pods on nodes that exist. Empty if that was not
    /// asked for, or the loop ended before.
    pub scale_down: Vec<ScaleDown>,
    /// How often it came up among [`Answer::samples`].
    pub samples: u32,
}

/// How the attempt to scale up ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScaleUpResult {
    /// Nodes are added.
    Successful,
    /// There was an error.
    Error,
    /// No group can help.
    NoOptionsAvailable,
    /// No pod needs help.
    NotNeeded,
    /// The loop ended before.
    NotTried,
    /// All pods are very young: it waits for more.
    InCooldown,
    /// The cluster has as many nodes as it may have.
    LimitedByMaxNodesTotal,
}

impl ScaleUpResult {
    /// The name upstream gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Successful => "ScaleUpSuccessful",
            Self::Error => "ScaleUpError",
            Self::NoOptionsAvailable => "ScaleUpNoOptionsAvailable",
            Self::NotNeeded => "ScaleUpNotNeeded",
            Self::NotTried => "ScaleUpNotTried",
            Self::InCooldown => "ScaleUpInCooldown",
            Self::LimitedByMaxNodesTotal => "ScaleUpLimitedByMaxNodesTotal",
        }
    }
}

/// One way to scale up. Groups are their numbers in [`super::Cluster::groups`]; lists ascend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScaleUpOutcome {
    /// How it ended.
    pub result: ScaleUpResult,
    /// By how many nodes groups grow.
    pub scale_ups: Vec<(u32, i64)>,
    /// Pods that the scale-up helps.
    pub triggered: Vec<PodCount>,
    /// Pods that fit on nodes that exist or come anyway.
    pub schedulable: Vec<PodCount>,
    /// Pods that stay pending.
    pub unschedulable: Vec<Unschedulable>,
    /// Pods that could be helped, but not in this loop.
    pub await_evaluation: Vec<PodCount>,
    /// What there was to choose from, by group.
    pub options: Vec<ExpansionOption>,
}

/// Pods that stay pending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unschedulable {
    /// The pods.
    pub pods: PodCount,
    /// Why a new node of a group would not do; reasons as the scheduler says them.
    pub rejected: BTreeMap<u32, Vec<String>>,
    /// Groups that were not asked, and why.
    pub skipped: BTreeMap<u32, Vec<String>>,
}

/// A group that could help.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExpansionOption {
    /// The group.
    pub group: u32,
    /// How many nodes of it are needed.
    pub nodes: i64,
    /// The pods that it helps.
    pub pods: Vec<PodCount>,
    /// Groups that look alike.
    pub similar: Vec<u32>,
}

/// How the attempt to scale down ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScaleDownResult {
    /// There was an error.
    Error,
    /// No node is unneeded for long enough.
    NoUnneeded,
    /// No node may be deleted now.
    NoNodeDeleted,
    /// Deletions began.
    NodeDeleteStarted,
    /// The loop ended before.
    NotTried,
    /// A scale-up or a failure was not long ago.
    InCooldown,
    /// A deletion is in progress.
    InProgress,
    /// No node is a candidate.
    NoCandidates,
}

impl ScaleDownResult {
    /// The name upstream gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "ScaleDownError",
            Self::NoUnneeded => "ScaleDownNoUnneeded",
            Self::NoNodeDeleted => "ScaleDownNoNodeDeleted",
            Self::NodeDeleteStarted => "ScaleDownNodeDeleteStarted",
            Self::NotTried => "ScaleDownNotTried",
            Self::InCooldown => "ScaleDownInCooldown",
            Self::InProgress => "ScaleDownInProgress",
            Self::NoCandidates => "ScaleDownNoCandidates",
        }
    }
}

/// All ways in which scaling down can go. Nodes are their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScaleDown {
    /// By candidate.
    pub utilization: BTreeMap<String, Utilization>,
    /// The loop at hand, and those that follow if nothing else changes; and how likely it is that
    /// they go so, which is an estimate if ways were drawn.
    pub ways: BTreeMap<Vec<ScaleDownPass>, f64>,
    /// Why there may be more ways; `None` if these are all.
    pub cut: Option<String>,
}

/// How much of a node is requested, as shares of its allocatable.
#[derive(Clone, Debug, PartialEq)]
pub struct Utilization {
    /// Share of CPU.
    pub cpu: f64,
    /// Share of memory.
    pub memory: f64,
    /// Share of GPUs, on nodes with such.
    pub gpu: Option<f64>,
    /// Which of them counts.
    pub resource: String,
    /// The one that counts.
    pub utilization: f64,
}

/// One loop's view of what is unneeded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScaleDownPass {
    /// Seconds after the first loop.
    pub at_seconds: i64,
    /// How it ended.
    pub result: ScaleDownResult,
    /// Nodes that are unneeded; sorted.
    pub unneeded: Vec<String>,
    /// Nodes that cannot go; sorted.
    pub unremovable: Vec<Unremovable>,
    /// Deletions that began; sorted.
    pub deleted: Vec<Deletion>,
}

/// A node that cannot go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unremovable {
    /// The node.
    pub node: String,
    /// Upstream's word for why.
    pub reason: String,
    /// The pod that keeps it, as `namespace/name`.
    pub blocking_pod: Option<String>,
    /// Upstream's word for why the pod keeps it.
    pub blocking_reason: Option<String>,
}

/// A node that goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deletion {
    /// The node.
    pub node: String,
    /// Whether pods must be evicted.
    pub drain: bool,
    /// Those pods, as `namespace/name`; sorted.
    pub evicted_pods: Vec<String>,
}
