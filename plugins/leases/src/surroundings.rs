//! One Lease and all that surrounds it: pods that may take part, candidates, events, older locks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cluster::{ApiServer, Error, ListRequest, Resource, Snapshot, SnapshotObject, TypeMeta};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{apps::v1 as apps, core::v1 as core};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::annotation_lock::{AnnotationLock, locks};
use crate::candidates::{NODES, PODS, allowed, parse_node, read_holders};
use crate::coordinated::{Candidate, LEASE_CANDIDATES};
use crate::events::{EVENTS, LeaseEventRecord, is_about, selector, sort};
use crate::facts::{newest_time, parse};
use crate::holder::{Known, Node};
use crate::lease::{Lease, Time, null_as_default, time};
use crate::scope::LEASES;
use crate::workload::{Annotated, Instance, parse_instance};

/// The kinds that may bear a lock in an annotation.
const BEARERS: [Resource; 3] = [
    Resource::of::<core::ConfigMap>(),
    Resource::of::<core::Endpoints>(),
    Resource::of::<apps::DaemonSet>(),
];

/// A Lease and all that surrounds it.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The Lease; `None` where there is none of that name.
    pub lease: Option<Lease>,
    /// Who wrote what of it, and when.
    pub writes: Vec<Written>,
    /// The pods of its namespace.
    pub instances: Vec<Instance>,
    /// What identities are resolved by.
    pub known: Known,
    /// Those who stand for a coordinated election.
    pub candidates: Vec<Candidate>,
    /// Events about it, oldest first.
    pub events: Vec<LeaseEventRecord>,
    /// Locks of older kinds under the same name.
    pub locks: Vec<AnnotationLock>,
    /// Requests that were refused.
    pub unreadable: BTreeSet<String>,
    /// The API server's time, or the snapshot's.
    pub now: Timestamp,
    /// The API server's time minus this machine's.
    pub clock_offset: Option<SignedDuration>,
}

/// One entry of `managedFields`: the last time somebody wrote these fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    /// Who.
    pub manager: String,
    /// `Update` or `Apply`.
    pub operation: String,
    /// When, by the API server's clock, cut to whole seconds.
    pub time: Option<Timestamp>,
    /// Which, as `spec.renewTime`.
    pub fields: Vec<String>,
}

/// Reads from a live cluster.
///
/// # Errors
/// When the Lease itself can't be read; what else can't be is noted.
pub async fn read_live(
    server: &ApiServer,
    namespace: &str,
    name: &str,
) -> Result<Surroundings, Error> {
    let mut unreadable = BTreeSet::new();
    let (lease, writes) = read_writes(server, namespace, name).await?.unzip();
    let (pods, candidates, events, bearers) = tokio::join!(
        list_pods(server, namespace),
        list::<Candidate>(server, ListRequest::new(LEASE_CANDIDATES, Some(namespace))),
        list_events(server, namespace, name),
        list_bearers(server, namespace, name),
    );
    let instances = allowed(pods, &mut unreadable)?.unwrap_or_default();
    let mut candidates = match candidates {
        // Coordinated elections are off, or the server does not have them.
        Err(Error::UnknownResource { .. }) => Vec::new(),
        other => allowed(other, &mut unreadable)?.unwrap_or_default(),
    };
    candidates.retain(|candidate| candidate.lease == name);
    let events = allowed(events, &mut unreadable)?.unwrap_or_default();
    let mut found = Vec::new();
    for bearer in bearers {
        found.extend(allowed(bearer, &mut unreadable)?.unwrap_or_default());
    }
    let known = match &lease {
        Some(lease) => read_holders(server, std::slice::from_ref(lease), &mut unreadable).await?,
        None => Known::default(),
    };
    Ok(Surroundings {
        writes: writes.unwrap_or_default(),
        lease,
        instances,
        known,
        candidates,
        events,
        locks: found,
        unreadable,
        now: server.clock().now(),
        clock_offset: Some(server.clock().offset()),
    }
    .settled())
}

/// Reads from a snapshot.
///
/// # Errors
/// When the file can't be read.
pub fn read_snapshot(path: &Path, namespace: &str, name: &str) -> Result<Surroundings, Error> {
    let mut found = Surroundings::default();
    let snapshot = Snapshot::read(path, |object| take(object, namespace, name, &mut found))?;
    found.now = snapshot.taken_at.unwrap_or(found.now);
    Ok(found.settled())
}

fn take(
    object: &SnapshotObject<'_>,
    namespace: &str,
    name: &str,
    found: &mut Surroundings,
) -> Result<(), String> {
    let TypeMeta { api_version, kind } = &object.type_meta;
    let is = |resource: Resource| resource.matches(api_version, kind);
    if is(LEASES) {
        let whole: Whole = parse(object.json)?;
        found.now = found.now.max(newest_time(&whole.lease));
        if whole.lease.namespace == namespace && whole.lease.name == name {
            (found.lease, found.writes) = (Some(whole.lease), whole.writes);
        }
    } else if is(PODS) {
        let instance = parse_instance(object.json)?;
        if instance.pod.namespace == namespace {
            found.instances.push(instance);
        }
    } else if is(NODES) {
        found.known.nodes.push(parse_node(object.json)?);
    } else if is(LEASE_CANDIDATES) {
        let candidate: Candidate = parse(object.json)?;
        if candidate.namespace == namespace && candidate.lease == name {
            found.candidates.push(candidate);
        }
    } else if is(EVENTS) && is_about(object.json, name) {
        let event: LeaseEventRecord = parse(object.json)?;
        if event.namespace == namespace {
            found.events.push(event);
        }
    } else if BEARERS.into_iter().any(is) {
        let bearer: Annotated = parse(object.json)?;
        if bearer.metadata.namespace == namespace && bearer.metadata.name == name {
            found.locks.extend(locks_of(kind, &bearer));
        }
    }
    Ok(())
}

impl Surroundings {
    /// All that is known of pods and nodes in one place, in order.
    fn settled(mut self) -> Self {
        for instance in &self.instances {
            let pod = &instance.pod;
            if !self.known.pods.contains(pod) {
                self.known.pods.push(pod.clone());
            }
            if let Some(node) = &pod.node
                && !self.known.nodes.iter().any(|known| known.name == *node)
            {
                self.known.nodes.push(Node {
                    name: node.clone(),
                    hostname: None,
                });
            }
        }
        sort(&mut self.events);
        self
    }
}

async fn list<T: DeserializeOwned>(
    server: &ApiServer,
    request: ListRequest,
) -> Result<Vec<T>, Error> {
    let mut objects = Vec::new();
    server
        .list(&request, |json| {
            objects.push(parse(json)?);
            Ok(())
        })
        .await?;
    Ok(objects)
}

/// The pods of a namespace.
///
/// # Errors
/// When the request fails.
pub async fn list_pods(server: &ApiServer, namespace: &str) -> Result<Vec<Instance>, Error> {
    let mut instances = Vec::new();
    server
        .list(&ListRequest::new(PODS, Some(namespace)), |json| {
            instances.push(parse_instance(json)?);
            Ok(())
        })
        .await?;
    Ok(instances)
}

/// The events about a Lease.
///
/// # Errors
/// When the request fails.
pub async fn list_events(
    server: &ApiServer,
    namespace: &str,
    name: &str,
) -> Result<Vec<LeaseEventRecord>, Error> {
    let request = ListRequest {
        fields: Some(selector(Some(name))),
        ..ListRequest::new(EVENTS, Some(namespace))
    };
    list(server, request).await
}

/// A Lease and who wrote it; `None` where there is none of that name.
///
/// # Errors
/// When the request fails.
pub async fn read_writes(
    server: &ApiServer,
    namespace: &str,
    name: &str,
) -> Result<Option<(Lease, Vec<Written>)>, Error> {
    let object: Option<Whole> = server.get(LEASES, Some(namespace), name).await?;
    Ok(object.map(|whole| (whole.lease, whole.writes)))
}

async fn list_bearers(
    server: &ApiServer,
    namespace: &str,
    name: &str,
) -> Vec<Result<Vec<AnnotationLock>, Error>> {
    let lists = BEARERS.map(|resource| async move {
        let request = ListRequest {
            fields: Some(format!("metadata.name={name}")),
            metadata_only: true,
            ..ListRequest::new(resource, Some(namespace))
        };
        let bearers: Vec<Annotated> = list(server, request).await?;
        let locks = bearers
            .iter()
            .flat_map(|bearer| locks_of(resource.kind, bearer));
        Ok(locks.collect())
    });
    futures::future::join_all(lists).await
}

fn locks_of(kind: &str, bearer: &Annotated) -> Vec<AnnotationLock> {
    let metadata = &bearer.metadata;
    locks(
        kind,
        &metadata.namespace,
        &metadata.name,
        &metadata.annotations,
    )
}

/// A Lease together with who wrote it.
struct Whole {
    lease: Lease,
    writes: Vec<Written>,
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let written = serde_json::from_value::<WrittenObject>(value.clone());
        let lease = serde_json::from_value(value);
        Ok(Self {
            lease: lease.map_err(serde::de::Error::custom)?,
            writes: written
                .map_err(serde::de::Error::custom)?
                .metadata
                .managed_fields
                .into_iter()
                .map(Written::from)
                .collect(),
        })
    }
}

#[derive(Deserialize)]
struct WrittenObject {
    metadata: WrittenMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenMetadata {
    #[serde(default, deserialize_with = "null_as_default")]
    managed_fields: Vec<ManagedFields>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ManagedFields {
    manager: String,
    operation: String,
    #[serde(deserialize_with = "time")]
    time: Time,
    fields_v1: BTreeMap<String, Map<String, Value>>,
}

impl From<ManagedFields> for Written {
    fn from(entry: ManagedFields) -> Self {
        let mut fields = Vec::new();
        for (part, names) in &entry.fields_v1 {
            let part = part.trim_start_matches("f:");
            let names = names.keys().filter_map(|name| name.strip_prefix("f:"));
            fields.extend(names.map(|name| format!("{part}.{name}")));
        }
        Self {
            manager: entry.manager,
            operation: entry.operation,
            time: entry.time.known(),
            fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_fields_tell_who_wrote_what() {
        let whole: Whole = serde_json::from_str(
            r#"{"metadata":{"name":"a","namespace":"n","managedFields":[
                {"manager":"kube-scheduler","operation":"Update","time":"2026-01-01T00:00:00Z",
                 "fieldsV1":{"f:spec":{"f:renewTime":{},"f:holderIdentity":{}}}},
                {"manager":"kubectl","operation":"Apply","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:a":{}}}}}]},
              "spec":{"holderIdentity":"x"}}"#,
        )
        .unwrap();
        assert_eq!(whole.lease.holder.as_deref(), Some("x"));
        let told: Vec<_> = whole
            .writes
            .iter()
            .map(|written| (written.manager.as_str(), written.fields.join(",")))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "kube-scheduler",
                    "spec.holderIdentity,spec.renewTime".to_owned()
                ),
                ("kubectl", "metadata.labels".to_owned())
            ]
        );
    }
}
