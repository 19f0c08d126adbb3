//! Which pods lead an election.
//!
//! client-go leaves it to each program how it calls itself; the usual forms are the pod's name
//! alone, or followed by `_` or `-` and something random.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1 as coordination;
use serde::Deserialize;

use crate::pod::Pod;

/// A Lease that somebody holds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(from = "coordination::Lease")]
pub struct Lease {
    pub namespace: String,
    pub name: String,
    pub holder: String,
    /// When it ends unless it is renewed.
    pub ends: Option<Timestamp>,
}

impl From<coordination::Lease> for Lease {
    fn from(lease: coordination::Lease) -> Self {
        let spec = lease.spec.unwrap_or_default();
        let renewed = spec.renew_time.map(|time| time.0);
        let duration = SignedDuration::from_secs(spec.lease_duration_seconds.unwrap_or(0).into());
        Self {
            namespace: lease.metadata.namespace.unwrap_or_default(),
            name: lease.metadata.name.unwrap_or_default(),
            holder: spec.holder_identity.unwrap_or_default(),
            ends: renewed.and_then(|renewed| renewed.checked_add(duration).ok()),
        }
    }
}

/// The Leases that a pod holds, by name.
pub fn held_by(pod: &Pod, leases: &[Lease], now: Timestamp) -> Vec<String> {
    leases
        .iter()
        .filter(|lease| lease.namespace == pod.namespace && names(&lease.holder, &pod.name))
        .filter(|lease| lease.ends.is_none_or(|ends| ends > now))
        .map(|lease| lease.name.clone())
        .collect()
}

fn names(holder: &str, pod: &str) -> bool {
    match holder.strip_prefix(pod) {
        Some(rest) => rest.is_empty() || rest.starts_with(['_', '-']),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::tests::pod;

    #[test]
    fn a_holder_names_its_pod() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let later = now + SignedDuration::from_secs(5);
        let earlier = now - SignedDuration::from_secs(5);
        for (namespace, holder, ends, expected) in [
            ("ns", "web-0", Some(later), true),
            ("ns", "web-0_4f1c", Some(later), true),
            ("ns", "web-0-8x7pm", None, true),
            ("ns", "web-01", Some(later), false),
            ("ns", "api-0", Some(later), false),
            ("ns", "", Some(later), false),
            ("other", "web-0", Some(later), false),
            ("ns", "web-0", Some(earlier), false),
        ] {
            let lease = Lease {
                namespace: namespace.into(),
                name: "lock".into(),
                holder: holder.into(),
                ends,
            };
            let held = held_by(&pod("web-0", "web"), &[lease], now);
            assert_eq!(!held.is_empty(), expected, "{namespace} {holder}");
        }
    }
}
