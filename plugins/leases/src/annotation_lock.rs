//! Locks of older kinds: annotations of objects that are no Leases.
//!
//! client-go kept its election record as JSON in an annotation of a `ConfigMap` or an `Endpoints`
//! before there were Leases (`LeaderElectionRecordAnnotationKey`, client-go,
//! tools/leaderelection/resourcelock/interface.go). kured keeps its lock in an annotation of its
//! own `DaemonSet` (kubereboot/kured, `pkg/daemonsetlock`).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::lease::{Lease, Time};

const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
const KURED: &str = "weave.works/kured-node-lock";

/// A lock in an annotation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnnotationLock {
    /// The kind of the object that bears it.
    pub bearer_kind: String,
    /// The object's name.
    pub bearer_name: String,
    /// What it says.
    pub record: Record,
}

/// What a lock in an annotation says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Record {
    /// client-go's election record, as the Lease that it would be.
    Election(Box<Lease>),
    /// One of the nodes that hold kured's lock.
    Reboot {
        /// The node that may reboot.
        node: String,
        /// Since when.
        created: Time,
        /// For how long; `None` is without end.
        valid_for: Option<SignedDuration>,
    },
    /// Something that can't be read, and why.
    Unreadable(String),
}

/// The locks in the annotations of an object.
#[must_use]
pub fn locks(
    kind: &str,
    namespace: &str,
    name: &str,
    annotations: &BTreeMap<String, String>,
) -> Vec<AnnotationLock> {
    let lock = |record| AnnotationLock {
        bearer_kind: kind.to_owned(),
        bearer_name: name.to_owned(),
        record,
    };
    let mut locks = Vec::new();
    if let Some(json) = annotations.get(LEADER) {
        locks.push(lock(election(namespace, name, json)));
    }
    if let Some(json) = annotations.get(KURED) {
        locks.extend(reboots(json).into_iter().map(lock));
    }
    locks
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ElectionRecord {
    holder_identity: String,
    lease_duration_seconds: Option<i64>,
    #[serde(deserialize_with = "crate::lease::time")]
    acquire_time: Time,
    #[serde(deserialize_with = "crate::lease::time")]
    renew_time: Time,
    leader_transitions: Option<i64>,
}

fn election(namespace: &str, name: &str, json: &str) -> Record {
    match serde_json::from_str::<ElectionRecord>(json) {
        Ok(record) => Record::Election(Box::new(Lease {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            holder: Some(record.holder_identity).filter(|holder| !holder.is_empty()),
            duration_seconds: record.lease_duration_seconds,
            acquired: record.acquire_time,
            renewed: record.renew_time,
            transitions: record.leader_transitions,
            ..Lease::default()
        })),
        Err(error) => Record::Unreadable(error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RebootLocks {
    Several { locks: Vec<RebootLock> },
    One(RebootLock),
}

#[derive(Deserialize)]
struct RebootLock {
    #[serde(rename = "nodeID")]
    node: String,
    #[serde(default, deserialize_with = "crate::lease::time")]
    created: Time,
    /// Nanoseconds; 0 is without end.
    #[serde(rename = "TTL", default)]
    ttl: i64,
}

fn reboots(json: &str) -> Vec<Record> {
    let locks = match serde_json::from_str(json) {
        Ok(RebootLocks::Several { locks }) => locks,
        Ok(RebootLocks::One(lock)) => vec![lock],
        Err(error) => return vec![Record::Unreadable(error.to_string())],
    };
    locks
        .into_iter()
        .map(|lock| Record::Reboot {
            node: lock.node,
            created: lock.created,
            valid_for: (lock.ttl > 0).then(|| SignedDuration::from_nanos(lock.ttl)),
        })
        .collect()
}

/// Whether kured's lock has run out.
#[must_use]
pub fn has_run_out(created: Time, valid_for: Option<SignedDuration>, now: Timestamp) -> bool {
    created
        .known()
        .zip(valid_for)
        .is_some_and(|(created, valid_for)| now.duration_since(created) > valid_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(key: &str, json: &str) -> Vec<Record> {
        let annotations = BTreeMap::from([(key.to_owned(), json.to_owned())]);
        let locks = locks("ConfigMap", "kube-system", "ingress", &annotations);
        locks.into_iter().map(|lock| lock.record).collect()
    }

    #[test]
    fn an_election_record_reads_as_the_lease_it_would_be() {
        let records = found(
            LEADER,
            r#"{"holderIdentity":"web-0","leaseDurationSeconds":30,"acquireTime":"2026-01-01T00:00:00Z",
               "renewTime":"2026-01-01T00:05:00Z","leaderTransitions":4}"#,
        );
        let [Record::Election(lease)] = &records[..] else {
            panic!("{records:?}")
        };
        assert_eq!(lease.holder.as_deref(), Some("web-0"));
        assert_eq!(lease.duration_seconds, Some(30));
        assert_eq!(lease.transitions, Some(4));
        assert_eq!(
            lease.renewed,
            Time::At("2026-01-01T00:05:00Z".parse().unwrap())
        );
    }

    #[test]
    fn kureds_lock_has_one_owner_or_several() {
        let created = Time::At("2026-01-01T00:00:00Z".parse().unwrap());
        let reboot = |node: &str, valid_for: Option<i64>| Record::Reboot {
            node: node.into(),
            created,
            valid_for: valid_for.map(SignedDuration::from_mins),
        };
        assert_eq!(
            found(
                KURED,
                r#"{"nodeID":"node-1","metadata":{"unschedulable":false},"created":"2026-01-01T00:00:00Z","TTL":0}"#
            ),
            [reboot("node-1", None)]
        );
        assert_eq!(
            found(
                KURED,
                r#"{"maxOwners":2,"locks":[{"nodeID":"a","created":"2026-01-01T00:00:00Z","TTL":1800000000000},
                   {"nodeID":"b","created":"2026-01-01T00:00:00Z","TTL":0}]}"#
            ),
            [reboot("a", Some(30)), reboot("b", None)]
        );
        let now = "2026-01-01T00:40:00Z".parse().unwrap();
        assert!(has_run_out(
            created,
            Some(SignedDuration::from_mins(30)),
            now
        ));
        assert!(!has_run_out(created, None, now));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for key in [LEADER, KURED] {
            assert!(matches!(found(key, "{")[..], [Record::Unreadable(_)]));
        }
        assert!(found("other", "{}").is_empty());
    }
}
