//! What a watch remembers, summed up.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::{API_VERSION, LeaseItem, optional_seconds};
use crate::holder::Known;
use crate::memory::{Memory, Remembered};

/// The last document of `kubectl leases watch`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseWatchSummary {
    /// The document's version.
    pub api_version: &'static str,
    /// `LeaseWatchSummary`.
    pub kind: &'static str,
    /// When the watch began, by the API server's clock.
    pub started: Timestamp,
    /// When it ended.
    pub time: Timestamp,
    /// Why it ended.
    pub ended: Ending,
    /// How often the connection broke.
    pub interruptions: u64,
    /// The Leases that were watched.
    pub items: Vec<SummaryItem>,
}

/// Why a watch ended.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// `--until` has come true.
    ConditionMet,
    /// `--for` has passed.
    Elapsed,
    /// Somebody stopped it.
    Interrupted,
}

/// What was seen of one Lease.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryItem {
    /// How many renewals were seen.
    pub renewals: u64,
    /// The middle one of the intervals between renewals.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub median_seconds: Option<SignedDuration>,
    /// Longer than 99 of 100 intervals.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub p99_seconds: Option<SignedDuration>,
    /// The longest interval.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub longest_seconds: Option<SignedDuration>,
    /// By how much intervals differ from the median, on average.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub jitter_seconds: Option<SignedDuration>,
    /// How often it changed hands.
    pub changes: u64,
    /// Changes of holder that were counted and not seen.
    pub unseen_changes: u64,
    /// How often it was late or expired and then renewed by the same holder after all.
    pub flaps: u64,
    /// How often a holder that had been replaced showed that it still lives.
    pub returns: u64,
    /// The time without a leader, all gaps together.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub without_leader_seconds: Option<SignedDuration>,
    /// The longest time without a leader; null where there was none.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub longest_gap_seconds: Option<SignedDuration>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// The Lease as it was last seen.
    pub lease: LeaseItem,
}

impl SummaryItem {
    /// What is remembered of a Lease.
    #[must_use]
    pub fn new(remembered: &Remembered, known: &Known, now: Timestamp) -> Self {
        let cadence = remembered.cadence();
        Self {
            renewals: remembered.renewals,
            median_seconds: cadence.map(|cadence| cadence.median),
            p99_seconds: cadence.map(|cadence| cadence.p99),
            longest_seconds: cadence.map(|cadence| cadence.longest),
            jitter_seconds: cadence.map(|cadence| cadence.jitter),
            changes: remembered.changes,
            unseen_changes: remembered.unseen_changes,
            flaps: remembered.flaps,
            returns: remembered.returns,
            without_leader_seconds: Some(remembered.without_leader()),
            longest_gap_seconds: remembered.longest_gap(),
            deleted: remembered.deleted,
            lease: LeaseItem::new(remembered.lease.clone(), known, now),
        }
    }
}

/// Sums up a watch.
#[must_use]
pub fn summary(
    memory: &Memory,
    known: &Known,
    (started, now): (Timestamp, Timestamp),
    ended: Ending,
    interruptions: u64,
) -> LeaseWatchSummary {
    LeaseWatchSummary {
        api_version: API_VERSION,
        kind: "LeaseWatchSummary",
        started,
        time: now,
        ended,
        interruptions,
        items: memory
            .leases()
            .map(|remembered| SummaryItem::new(remembered, known, now))
            .collect(),
    }
}
