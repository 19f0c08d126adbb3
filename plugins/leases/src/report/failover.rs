//! The answer to `kubectl leases failover`: the plan, and what came of it.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::{API_VERSION, LeaseItem, optional_seconds};
use crate::contender::{Contender, successors};
use crate::failover::{Drill, Method, Moment, Objection, Outcome, What, method};
use crate::holder::{Holder, Known, resolve};
use crate::lease::Lease;

/// The answer to `kubectl leases failover`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseFailover {
    /// The document's version.
    pub api_version: &'static str,
    /// `LeaseFailover`.
    pub kind: &'static str,
    /// When it was planned, by the API server's clock.
    pub time: Timestamp,
    /// How leadership is taken away.
    pub method: Method,
    /// What speaks against it.
    pub objections: Vec<ObjectionItem>,
    /// Who leads or could lead, the holder first.
    pub contenders: Vec<Contender>,
    /// How many of them could take over.
    pub successors: usize,
    /// What came of it; absent where nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<FailoverResult>,
    /// The Lease before.
    pub lease: LeaseItem,
}

/// Why a drill is not done.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectionItem {
    /// What speaks against it.
    pub reason: String,
    /// Whether `--force` overrules it.
    pub forcible: bool,
}

/// What came of a drill.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailoverResult {
    /// How it ended.
    pub outcome: Outcome,
    /// Who leads now, as the Lease names it.
    pub new_holder_identity: Option<String>,
    /// Who leads now, resolved as far as it can be known.
    pub new_holder: Option<Holder>,
    /// The last renewal by the old leader.
    pub last_renewal: Option<Timestamp>,
    /// When leadership was taken away.
    pub taken: Option<Timestamp>,
    /// When the new leader took it.
    pub acquired: Option<Timestamp>,
    /// Seconds between the last renewal and the acquisition.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub gap_seconds: Option<SignedDuration>,
    /// Seconds between the end of the old leader and the acquisition; null where that end can't be
    /// seen.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub leaderless_seconds: Option<SignedDuration>,
    /// What became of the old leader's process; null where its pod is not known.
    pub old_leader: Option<OldLeader>,
    /// What happened, in its order.
    pub timeline: Vec<Moment>,
    /// What of ours is left on the Lease.
    pub left: Vec<String>,
}

/// What became of the old leader's process.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OldLeader {
    /// Its pod.
    pub pod: String,
    /// Whether its container was restarted, or the pod is gone.
    pub restarted: bool,
    /// When its container ended, by the kubelet's report, in whole seconds.
    pub ended: Option<Timestamp>,
    /// With which exit code.
    pub exit_code: Option<i32>,
}

/// The plan of a drill.
#[must_use]
pub fn plan(
    lease: Lease,
    contenders: Vec<Contender>,
    objections: &[Objection],
    known: &Known,
    now: Timestamp,
) -> LeaseFailover {
    LeaseFailover {
        api_version: API_VERSION,
        kind: "LeaseFailover",
        time: now,
        method: method(&lease),
        objections: objections
            .iter()
            .map(|objection| ObjectionItem {
                reason: objection.reason.clone(),
                forcible: objection.forcible,
            })
            .collect(),
        successors: successors(&contenders).count(),
        contenders,
        result: None,
        lease: LeaseItem::new(lease, known, now),
    }
}

/// What came of a drill; `last` is the Lease as it was last seen.
#[must_use]
pub fn result(
    drill: &Drill,
    outcome: Outcome,
    last: &Lease,
    known: &Known,
    old_leader: Option<OldLeader>,
    left: Vec<String>,
) -> FailoverResult {
    let acquired = drill.when(What::Acquired);
    let last_renewal = drill.when(What::LastRenewal);
    let since = |time: Option<Timestamp>| {
        Some(acquired?.duration_since(time?)).filter(|time| !time.is_negative())
    };
    let mut timeline = drill.moments().to_vec();
    timeline.sort_by_key(|moment| moment.time);
    let led_again = matches!(outcome, Outcome::TakenOver | Outcome::TakenBack);
    FailoverResult {
        outcome,
        new_holder_identity: last.holder.clone().filter(|_| led_again),
        new_holder: resolve(last, known).filter(|_| led_again),
        last_renewal,
        taken: drill.when(What::Taken),
        acquired,
        gap_seconds: since(last_renewal),
        leaderless_seconds: since(
            drill
                .when(What::OldLeaderEnded)
                .or(drill.when(What::GivenUp)),
        ),
        old_leader,
        timeline,
        left,
    }
}
