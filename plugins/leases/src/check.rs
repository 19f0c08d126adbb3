//! Is all well? What of the Leases is a finding, and how bad.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use crate::lease::LeaseKind;
use crate::report::{LeaseItem, LeaseList};
use crate::state::State;

/// After this long without a heartbeat a node is taken for lost: kube-controller-manager's
/// `--node-monitor-grace-period` (kubernetes/kubernetes,
/// pkg/controller/nodelifecycle/config/v1alpha1/defaults.go).
const NODE_GRACE: SignedDuration = SignedDuration::from_secs(50);
/// An API server renews its identity every ten seconds; six in a row that are missing are no delay.
const API_SERVER_GRACE: SignedDuration = SignedDuration::from_mins(1);
/// An election may be without a leader for a moment while it is handed over: a candidate looks
/// every 2 to 4.4 seconds (`RetryPeriod` and `JitterFactor`, client-go, tools/leaderelection).
const HANDOVER: SignedDuration = SignedDuration::from_secs(15);

/// What is tolerated, and what is required.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Limits {
    /// The lag that is tolerated, whatever a Lease's duration.
    pub max_lag: Option<SignedDuration>,
    /// The time without a leader that is tolerated.
    pub max_gap: Option<SignedDuration>,
    /// Leases that must be there and held.
    pub required: Vec<Required>,
}

/// A Lease that must be there and held.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Required {
    /// Its namespace; `None` is any of those that are looked at.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It may still turn out well.
    Warning,
    /// It did not.
    Critical,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Reason {
    /// The renewal is late, by the duration or by `--max-lag`.
    Late,
    /// Nobody renews it any more.
    Expired,
    /// Nobody holds it.
    NoLeader,
    /// A required Lease is not there.
    Missing,
    /// A node's heartbeat is late.
    HeartbeatLate,
    /// A node is taken for lost.
    HeartbeatLost,
    /// An API server does not renew its identity.
    ApiServerSilent,
    /// It can't be judged.
    Unknown,
}

/// One thing that is wrong.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The Lease's namespace; null for a required one that is nowhere.
    pub namespace: Option<String>,
    /// The Lease's name.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub reason: Reason,
    /// The Lease; absent where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseItem>,
}

/// Finds what is wrong, the worst first.
#[must_use]
pub fn findings(list: &LeaseList, limits: &Limits) -> Vec<Finding> {
    let mut findings: Vec<Finding> = list
        .items
        .iter()
        .filter_map(|item| {
            let required = limits.required.iter().any(|required| required.is(item));
            let (reason, severity) = judge(item, limits, required)?;
            Some(Finding {
                namespace: Some(item.namespace.clone()),
                name: item.name.clone(),
                severity,
                reason,
                lease: Some(item.clone()),
            })
        })
        .collect();
    for required in &limits.required {
        if !list.items.iter().any(|item| required.is(item)) {
            findings.push(Finding {
                namespace: required.namespace.clone(),
                name: required.name.clone(),
                severity: Severity::Critical,
                reason: Reason::Missing,
                lease: None,
            });
        }
    }
    findings.sort_by(|a, b| {
        (b.severity, &a.namespace, &a.name).cmp(&(a.severity, &b.namespace, &b.name))
    });
    findings
}

impl Required {
    fn is(&self, item: &LeaseItem) -> bool {
        let here = |namespace: &String| *namespace == item.namespace;
        self.name == item.name && self.namespace.as_ref().is_none_or(here)
    }
}

fn judge(item: &LeaseItem, limits: &Limits, required: bool) -> Option<(Reason, Severity)> {
    match item.kind {
        LeaseKind::Node => heartbeat(item, limits),
        LeaseKind::ApiServer => api_server(item, limits),
        LeaseKind::Election | LeaseKind::Coordinated => election(item, limits, required),
    }
}

fn heartbeat(item: &LeaseItem, limits: &Limits) -> Option<(Reason, Severity)> {
    let Some(lag) = item.lag_seconds else {
        return Some((Reason::Unknown, Severity::Warning));
    };
    let lost = limits.max_lag.unwrap_or(NODE_GRACE).max(NODE_GRACE);
    if lag > lost {
        Some((Reason::HeartbeatLost, Severity::Critical))
    } else if limits
        .max_lag
        .map_or(item.state == State::Expired, |most| lag > most)
    {
        Some((Reason::HeartbeatLate, Severity::Warning))
    } else {
        None
    }
}

fn api_server(item: &LeaseItem, limits: &Limits) -> Option<(Reason, Severity)> {
    let Some(lag) = item.lag_seconds else {
        return Some((Reason::Unknown, Severity::Warning));
    };
    let silent = lag > limits.max_lag.unwrap_or(API_SERVER_GRACE);
    silent.then_some((Reason::ApiServerSilent, Severity::Warning))
}

fn election(item: &LeaseItem, limits: &Limits, required: bool) -> Option<(Reason, Severity)> {
    let longer_than = |most: SignedDuration| item.lag_seconds.is_none_or(|lag| lag > most);
    let worst = if required {
        Severity::Critical
    } else {
        Severity::Warning
    };
    match item.state {
        State::Expired => longer_than(limits.max_gap.unwrap_or_default())
            .then_some((Reason::Expired, Severity::Critical)),
        State::Released | State::Vacant => {
            longer_than(limits.max_gap.unwrap_or(HANDOVER)).then_some((Reason::NoLeader, worst))
        }
        State::Unknown => Some((Reason::Unknown, worst)),
        State::Held | State::Late => limits
            .max_lag
            .map_or(item.state == State::Late, longer_than)
            .then_some((Reason::Late, Severity::Warning)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::facts::Facts;
    use crate::lease::{Lease, Time};
    use crate::report::{SortKey, report};

    const NOW: &str = "2026-01-01T01:00:00Z";

    fn ago(seconds: i64) -> Time {
        let now: Timestamp = NOW.parse().unwrap();
        Time::At(now - SignedDuration::from_secs(seconds))
    }

    fn election(lag: i64) -> Lease {
        Lease {
            namespace: "kube-system".into(),
            name: "kube-scheduler".into(),
            holder: Some("a_1".into()),
            duration_seconds: Some(15),
            renewed: ago(lag),
            ..Lease::default()
        }
    }

    fn released(lag: i64) -> Lease {
        Lease {
            holder: None,
            duration_seconds: Some(1),
            ..election(lag)
        }
    }

    fn node(lag: i64) -> Lease {
        Lease {
            namespace: "kube-node-lease".into(),
            name: "node-1".into(),
            duration_seconds: Some(40),
            ..election(lag)
        }
    }

    fn api_server(lag: i64) -> Lease {
        Lease {
            name: "apiserver-x".into(),
            duration_seconds: Some(3600),
            api_server: Some("cp-1".into()),
            ..election(lag)
        }
    }

    fn found(lease: Lease, limits: &Limits) -> Option<(Reason, Severity)> {
        let facts = Facts {
            leases: vec![lease],
            now: NOW.parse().unwrap(),
            ..Facts::default()
        };
        let findings = findings(&report(facts, SortKey::Name), limits);
        findings
            .first()
            .map(|finding| (finding.reason, finding.severity))
    }

    fn lag(seconds: i64) -> Limits {
        Limits {
            max_lag: Some(SignedDuration::from_secs(seconds)),
            ..Limits::default()
        }
    }

    fn gap(seconds: i64) -> Limits {
        Limits {
            max_gap: Some(SignedDuration::from_secs(seconds)),
            ..Limits::default()
        }
    }

    fn required(name: &str) -> Limits {
        Limits {
            required: vec![Required {
                namespace: None,
                name: name.into(),
            }],
            ..Limits::default()
        }
    }

    #[test]
    fn each_kind_is_judged_by_its_own_measure() {
        use Reason::{
            ApiServerSilent, Expired, HeartbeatLate, HeartbeatLost, Late, Missing, NoLeader,
            Unknown,
        };
        use Severity::{Critical, Warning};
        let none = Limits::default();
        for (lease, limits, expected) in [
            (election(5), &none, None),
            (election(12), &none, Some((Late, Warning))),
            (election(16), &none, Some((Expired, Critical))),
            (election(12), &lag(14), None),
            (election(5), &lag(3), Some((Late, Warning))),
            (election(20), &gap(30), None),
            (election(31), &gap(30), Some((Expired, Critical))),
            (released(5), &none, None),
            (released(20), &none, Some((NoLeader, Warning))),
            (
                released(20),
                &required("kube-scheduler"),
                Some((NoLeader, Critical)),
            ),
            (released(20), &gap(30), None),
            (released(3), &gap(2), Some((NoLeader, Warning))),
            (election(5), &required("kube-scheduler"), None),
            (election(5), &required("other"), Some((Missing, Critical))),
            (
                Lease {
                    renewed: Time::Invalid,
                    ..election(0)
                },
                &none,
                Some((Unknown, Warning)),
            ),
            (node(30), &none, None),
            (node(41), &none, Some((HeartbeatLate, Warning))),
            (node(51), &none, Some((HeartbeatLost, Critical))),
            (node(21), &lag(20), Some((HeartbeatLate, Warning))),
            (node(55), &lag(60), None),
            (api_server(30), &none, None),
            (api_server(90), &none, Some((ApiServerSilent, Warning))),
        ] {
            assert_eq!(
                found(lease.clone(), limits),
                expected,
                "{lease:?} {limits:?}"
            );
        }
    }

    #[test]
    fn the_worst_comes_first() {
        let facts = Facts {
            leases: vec![node(45), election(20)],
            now: NOW.parse().unwrap(),
            ..Facts::default()
        };
        let findings = findings(&report(facts, SortKey::Name), &Limits::default());
        let names: Vec<_> = findings.iter().map(|finding| &*finding.name).collect();
        assert_eq!(names, ["kube-scheduler", "node-1"]);
    }
}
