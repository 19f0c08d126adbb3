//! The answer to `kubectl leases check`.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::{API_VERSION, LeaseList, optional_seconds};
use crate::check::{Finding, Limits, Severity, findings};
use crate::lease::LeaseKind;

/// The answer to `kubectl leases check`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseCheck {
    /// The document's version.
    pub api_version: &'static str,
    /// `LeaseCheck`.
    pub kind: &'static str,
    /// The instant for which everything here holds, by the API server's clock or the snapshot's.
    pub time: Timestamp,
    /// The API server's time minus this machine's; absent for a snapshot.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "optional_seconds"
    )]
    #[schemars(with = "Option<f64>")]
    pub clock_offset_seconds: Option<SignedDuration>,
    /// How many were looked at.
    pub checked: Checked,
    /// What is wrong, the worst first.
    pub findings: Vec<Finding>,
}

/// How many Leases were looked at.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Elections, coordinated ones too.
    pub elections: usize,
    /// Node heartbeats.
    pub nodes: usize,
    /// API server identities.
    pub api_servers: usize,
}

impl LeaseCheck {
    /// How many findings are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// Checks all Leases of a list.
#[must_use]
pub fn check(list: &LeaseList, limits: &Limits) -> LeaseCheck {
    let of = |kinds: &[LeaseKind]| {
        list.items
            .iter()
            .filter(|item| kinds.contains(&item.kind))
            .count()
    };
    LeaseCheck {
        api_version: API_VERSION,
        kind: "LeaseCheck",
        time: list.time,
        clock_offset_seconds: list.clock_offset_seconds,
        checked: Checked {
            elections: of(&[LeaseKind::Election, LeaseKind::Coordinated]),
            nodes: of(&[LeaseKind::Node]),
            api_servers: of(&[LeaseKind::ApiServer]),
        },
        findings: findings(list, limits),
    }
}
