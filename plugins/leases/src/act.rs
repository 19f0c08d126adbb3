//! The changes that commands make: each names the object and the version that it is meant for.

pub mod failover;
pub mod prune;

use cluster::{ApiServer, Error, PatchType, Write, WriteError};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::lease::Lease;
use crate::report::prune::Deletion;
use crate::scope::LEASES;

/// As the API server writes times with microseconds.
fn micro(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// This very Lease in this very version, as a condition of a change.
fn version(lease: &Lease) -> Value {
    json!({ "uid": lease.uid, "resourceVersion": lease.resource_version })
}

/// What came of a change.
#[derive(Debug)]
pub enum Written {
    /// It was made; the Lease as it is now.
    Done(Box<Lease>),
    /// The Lease has changed meanwhile, or is gone: nothing was written.
    Changed,
}

/// Changes the spec of a Lease, if it is still this one in this version.
async fn patch(server: &ApiServer, lease: &Lease, spec: Value) -> Result<Written, Error> {
    let body = json!({ "metadata": version(lease), "spec": spec });
    let write = Write::patch(
        LEASES,
        Some(&lease.namespace),
        &lease.name,
        PatchType::Merge,
        &body,
    );
    match server.write::<Lease>(&write).await {
        Ok(lease) => Ok(Written::Done(Box::new(lease))),
        Err(WriteError::Refused(refusal)) if matches!(refusal.code, 404 | 409) => {
            Ok(Written::Changed)
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes an election's Lease as one of its candidates would, under an identity of ours.
async fn take(
    server: &ApiServer,
    lease: &Lease,
    identity: &str,
    now: Timestamp,
) -> Result<Written, Error> {
    let now = micro(now);
    let spec = json!({ "holderIdentity": identity, "acquireTime": now, "renewTime": now });
    patch(server, lease, spec).await
}

/// Frees a Lease as client-go does when a leader gives up (`release`, client-go,
/// tools/leaderelection/leaderelection.go).
async fn free(server: &ApiServer, lease: &Lease, now: Timestamp) -> Result<Written, Error> {
    let now = micro(now);
    let spec = json!({
        "holderIdentity": "",
        "leaseDurationSeconds": 1,
        "acquireTime": now,
        "renewTime": now,
    });
    patch(server, lease, spec).await
}

/// Gives a Lease back to the leader from whom it was taken: it renews again if it has not given up
/// yet, and otherwise the others wait for a duration. To free the Lease instead would let another
/// lead while the old leader still does.
async fn give_back(
    server: &ApiServer,
    lease: &Lease,
    before: &Lease,
    now: Timestamp,
) -> Result<Written, Error> {
    let spec = json!({
        "holderIdentity": before.holder,
        "leaseDurationSeconds": before.duration_seconds,
        "acquireTime": before.acquired.known().map(micro),
        "renewTime": micro(now),
    });
    patch(server, lease, spec).await
}

/// Names whom a coordinated election is to prefer; `None` names nobody any more.
async fn prefer(
    server: &ApiServer,
    lease: &Lease,
    identity: Option<&str>,
) -> Result<Written, Error> {
    patch(server, lease, json!({ "preferredHolder": identity })).await
}

/// Deletes a Lease, if it is still this one in this version. An error is what the server said.
async fn delete(server: &ApiServer, lease: &Lease) -> Result<Deletion, Error> {
    let options = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": version(lease),
    });
    let write = Write::delete(LEASES, Some(&lease.namespace), &lease.name, &options);
    match server.write::<Value>(&write).await {
        Ok(_) => Ok(Deletion::Deleted),
        Err(WriteError::Refused(refusal)) if refusal.code == 404 => Ok(Deletion::Gone),
        Err(WriteError::Refused(refusal)) if refusal.code == 409 => Ok(Deletion::Changed),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_meant_for_one_object_in_one_version() {
        let lease: Lease = serde_json::from_str(
            r#"{"metadata":{"name":"a","namespace":"n","uid":"u-1","resourceVersion":"42"}}"#,
        )
        .unwrap();
        assert_eq!(
            version(&lease),
            json!({ "uid": "u-1", "resourceVersion": "42" })
        );
    }

    #[test]
    fn times_are_written_with_microseconds() {
        let time = "2026-01-01T00:00:00.1234567Z".parse().unwrap();
        assert_eq!(micro(time), "2026-01-01T00:00:00.123456Z");
    }
}
