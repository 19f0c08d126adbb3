//! The documents that `-o json` writes: the plan, the events of a drain, its summary, the status.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::filters::Filter;
use crate::pod::Owner;

/// The version of all documents.
pub const API_VERSION: &str = "day2.dev/v1alpha1";

/// What a drain will do.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainPlan {
    pub api_version: &'static str,
    pub kind: &'static str,
    /// The instant for which it holds.
    pub time: Timestamp,
    /// Whether the drain can come to its end.
    pub possible: bool,
    /// Why not, in words.
    pub obstacles: Vec<String>,
    pub nodes: Vec<PlanNode>,
    /// In the order in which they will be tried.
    pub pods: Vec<PlanPod>,
    pub budgets: Vec<PlanBudget>,
    /// What kubectl warns of, in its words.
    pub warnings: Vec<String>,
    /// The time it takes if each pod uses its whole grace period and replacements are ready at once.
    pub full_grace_seconds: i64,
    /// Requests that were refused, in words; what depends on them is unknown.
    pub unreadable: Vec<String>,
}

/// A node of the plan.
#[derive(Clone, Debug, Default, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanNode {
    pub name: String,
    pub ready: bool,
    /// Whether it is cordoned already.
    pub cordoned: bool,
    pub evict: usize,
    pub delete: usize,
    pub surge: usize,
    pub skip: usize,
    pub blocked: usize,
}

/// What becomes of a pod.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is evicted.
    Evict,
    /// It is deleted; no budget is asked.
    Delete,
    /// Its Deployment replaces it first.
    Surge,
    /// It stays, and that is no matter.
    Skip,
    /// It stays, and the drain can't come to its end.
    Blocked,
}

/// Why that becomes of it.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// Nothing speaks against it.
    NoBudget,
    /// A budget must allow it.
    Budget,
    /// It is Pending or finished, so no budget is asked.
    NotRunning,
    /// It is being deleted already.
    Terminating,
    /// It is not ready, and its budget lets such pods go.
    UnreadyAllowed,
    /// `--disable-eviction`
    EvictionDisabled,
    /// `--surge`
    OnlyReplica,
    /// Its budget allows no eviction even when all is well.
    BudgetAllowsNone,
    /// More than one budget selects it.
    SeveralBudgets,
    /// Its budget waits for pods that do not get ready.
    UnreadyPodsHoldBudget,
    /// One of kubectl's filters.
    #[serde(untagged)]
    Filter(Filter),
}

/// A pod of the plan.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanPod {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub node: String,
    pub verdict: Verdict,
    pub rule: Rule,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<Owner>,
    /// The budgets that select it.
    pub budgets: Vec<String>,
    /// In which round of its budget it goes, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<usize>,
    pub priority: i32,
    pub grace_period_seconds: i64,
    /// Whether its workload has no other pod.
    pub only_replica: bool,
    /// The Leases it holds.
    pub leads: Vec<String>,
    /// The emptyDir volumes whose data is lost.
    pub lost_volumes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlanPlacement>,
}

/// Where a pod's replacement would go.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanPlacement {
    /// The node the scheduler would choose, or one of those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Why there is none, in kube-scheduler's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nowhere: Option<String>,
    /// Why it can't be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A budget of the plan.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanBudget {
    pub namespace: String,
    pub name: String,
    /// What it asks for, as `maxUnavailable 1`.
    pub asks: String,
    pub verdict: BudgetVerdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub disruptions_allowed: usize,
    pub current_healthy: i32,
    pub desired_healthy: i32,
    pub expected_pods: i32,
    /// Pods of this drain that need one of its disruptions.
    pub pods: usize,
    /// How many of them go at the same time when all is well.
    pub per_round: usize,
    /// How many go in each round.
    pub rounds: Vec<usize>,
}

/// What a budget means for the drain.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BudgetVerdict {
    /// It allows an eviction now.
    Allows,
    /// It allows none now, but may later.
    Waits,
    /// It allows none, whatever the drain waits for.
    Never,
}

/// What happened during a drain; one a line.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainEvent {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub time: Timestamp,
    #[serde(rename = "type")]
    pub event_type: EventType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<PodName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Since the pod was first tried, or since the drain began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// Which pod.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodName {
    pub namespace: String,
    pub name: String,
    pub uid: String,
}

/// What happened.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub enum EventType {
    /// The node was cordoned by this run.
    Cordoned,
    /// The node was cordoned before.
    AlreadyCordoned,
    /// The cordon of this run was taken back.
    Uncordoned,
    /// A pod is evicted for the first time.
    Evicting,
    /// A pod is deleted for the first time.
    Deleting,
    /// A pod's Deployment is restarted, so that a new pod is ready before the old one goes.
    Surging,
    /// An eviction was refused; it will be tried again.
    Refused,
    /// Pods wait for a budget.
    Waiting,
    /// A pod is being deleted and does not end.
    Stuck,
    /// A pod came to the node after the drain had begun.
    Arrived,
    /// An evicted pod is gone.
    Evicted,
    /// A deleted pod is gone.
    Deleted,
    /// A pod is gone that this run did not touch.
    Gone,
    /// A pod is not waited for.
    Skipped,
    /// A pod can't be removed.
    Failed,
    /// The connection broke and is taken up again.
    Interrupted,
    /// The connection stands again.
    Resumed,
    /// A workload has its ready pods back.
    Replaced,
    /// The volumes of the evicted pods are detached.
    Detached,
    /// The node is empty.
    Drained,
    /// The node could not be emptied.
    NotDrained,
}

/// How a drain ended; the last line.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainSummary {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub time: Timestamp,
    /// `done`, `failed`, `notDone`, `timeout`, `interrupted`, `notAllowed`.
    pub outcome: Outcome,
    pub seconds: f64,
    pub evicted: usize,
    pub deleted: usize,
    /// Evictions that were refused and tried again.
    pub refusals: usize,
    pub nodes: Vec<NodeState>,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// All nodes are empty.
    Done,
    /// Some pod could not be removed.
    Failed,
    /// `--once`, or a plan that could not succeed: pods are left.
    NotDone,
    /// `--timeout` passed.
    Timeout,
    /// Ctrl-C.
    Interrupted,
    /// A right is missing.
    NotAllowed,
}

/// In what state a node is left.
#[derive(Clone, Debug, Default, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeState {
    pub name: String,
    pub drained: bool,
    /// `byThisRun`, `before`, `no`, `unknown`.
    pub cordoned: Cordoned,
    /// Pods that are gone.
    pub gone: usize,
    /// Pods that are being deleted.
    pub terminating: Vec<String>,
    /// Pods that were not removed.
    pub left: Vec<String>,
    /// Whether `terminating` and `left` were just read; otherwise they are what was last seen.
    pub verified: bool,
    /// The command that takes the cordon back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

/// Whether a node is cordoned, and by whom.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cordoned {
    /// By this run.
    ByThisRun,
    /// It was before.
    Before,
    /// It is not.
    No,
    /// A request was under way when the drain ended.
    #[default]
    Unknown,
}

/// What a drain left on nodes.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainStatus {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub time: Timestamp,
    pub items: Vec<NodeStatus>,
}

/// What a drain left on a node.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    pub name: String,
    pub ready: bool,
    pub cordoned: bool,
    /// Present where this plugin cordoned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<DrainMark>,
    /// Pods that a drain would still remove.
    pub pods: Vec<RemainingPod>,
    /// Pods that stay anyway: of `DaemonSets`, and mirrors of static pods.
    pub staying: usize,
    /// Volumes that are still attached to the node; null where they could not be read.
    pub attached_volumes: Option<Vec<String>>,
}

/// What this plugin notes on a node that it cordons.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainMark {
    /// Which run it was.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A pod that is still there.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemainingPod {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// `terminating`, `finished`, `running`, `pending`.
    pub state: &'static str,
    /// Why it is still there.
    pub reasons: Vec<String>,
}
