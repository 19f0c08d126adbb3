//! The answer to `kubectl leases show`.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::{API_VERSION, LeaseItem, optional_seconds};
use crate::annotation_lock::{Record, has_run_out};
use crate::contender::{Contender, contenders, successors};
use crate::coordinated::{Reasoning, reasoning};
use crate::events::LeaseEventRecord;
use crate::surroundings::Surroundings;
use crate::workload::Instance;

/// The answer to `kubectl leases show`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseDetails {
    /// The document's version.
    pub api_version: &'static str,
    /// `LeaseDetails`.
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
    /// Requests that were refused; what they would have told is unknown.
    pub unreadable: BTreeSet<String>,
    /// The Lease; null where only an older lock has that name.
    pub lease: Option<LeaseItem>,
    /// `metadata.uid` of the Lease.
    pub uid: Option<String>,
    /// `metadata.resourceVersion` of the Lease.
    pub resource_version: Option<String>,
    /// The holder's pod; null where it is not known.
    pub holder_pod: Option<PodItem>,
    /// Who leads or could lead, the holder first.
    pub contenders: Vec<Contender>,
    /// How many of them could take over.
    pub successors: usize,
    /// The reasoning of a coordinated election.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub election: Option<Reasoning>,
    /// Who last wrote which fields.
    pub writes: Vec<WriteItem>,
    /// Events about the Lease, oldest first.
    pub events: Vec<LeaseEventRecord>,
    /// Locks of older kinds under the same name.
    pub locks: Vec<LockItem>,
}

/// The holder's pod.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodItem {
    /// Its name.
    pub name: String,
    /// Its phase.
    pub phase: String,
    /// Whether it is ready.
    pub ready: bool,
    /// The workload it belongs to.
    pub workload: Option<String>,
    /// How often the holder's container was restarted; of all containers where it is not known which.
    pub restarts: i64,
    /// Since when that container runs.
    pub started: Option<Timestamp>,
    /// When it last ended.
    pub ended: Option<Timestamp>,
    /// With which exit code it last ended.
    pub exit_code: Option<i32>,
}

/// One entry of `managedFields`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteItem {
    /// Who.
    pub manager: String,
    /// `Update` or `Apply`.
    pub operation: String,
    /// When, by the API server's clock, cut to whole seconds.
    pub time: Option<Timestamp>,
    /// Which, as `spec.renewTime`.
    pub fields: Vec<String>,
}

/// A lock in an annotation.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LockItem {
    /// The kind of the object that bears it: `ConfigMap`, `Endpoints`, `DaemonSet`.
    pub bearer_kind: String,
    /// The object's name.
    pub bearer_name: String,
    /// client-go's election record, as the Lease that it would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub election: Option<LeaseItem>,
    /// kured's lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reboot: Option<RebootItem>,
    /// Why it can't be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// A node that holds kured's lock.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RebootItem {
    /// The node that may reboot.
    pub node: String,
    /// Since when.
    pub created: Option<Timestamp>,
    /// For how many seconds; null is without end.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub valid_for_seconds: Option<SignedDuration>,
    /// Whether that has passed.
    pub expired: bool,
}

/// Puts together all that is known of one Lease.
#[must_use]
pub fn details(found: Surroundings) -> LeaseDetails {
    let Surroundings {
        lease,
        writes,
        instances,
        known,
        candidates,
        events,
        locks,
        unreadable,
        now,
        clock_offset,
    } = found;
    let contenders = lease.as_ref().map_or_else(Vec::new, |lease| {
        contenders(lease, &known, &instances, &candidates, &events, now)
    });
    let election = lease
        .as_ref()
        .and_then(|lease| reasoning(lease, &candidates, now));
    let uid = lease.as_ref().map(|lease| lease.uid.clone());
    let resource_version = lease.as_ref().map(|lease| lease.resource_version.clone());
    let item = lease.map(|lease| LeaseItem::new(lease, &known, now));
    LeaseDetails {
        api_version: API_VERSION,
        kind: "LeaseDetails",
        time: now,
        clock_offset_seconds: clock_offset,
        unreadable,
        uid,
        resource_version,
        holder_pod: item.as_ref().and_then(|item| holder_pod(item, &instances)),
        successors: successors(&contenders).count(),
        contenders,
        election,
        writes: writes
            .into_iter()
            .map(|written| WriteItem {
                manager: written.manager,
                operation: written.operation,
                time: written.time,
                fields: written.fields,
            })
            .collect(),
        events,
        locks: locks
            .into_iter()
            .map(|lock| {
                let mut item = LockItem {
                    bearer_kind: lock.bearer_kind,
                    bearer_name: lock.bearer_name,
                    election: None,
                    reboot: None,
                    unreadable: None,
                };
                match lock.record {
                    Record::Election(lease) => {
                        item.election = Some(LeaseItem::new(*lease, &known, now));
                    }
                    Record::Reboot {
                        node,
                        created,
                        valid_for,
                    } => {
                        item.reboot = Some(RebootItem {
                            node,
                            created: created.known(),
                            valid_for_seconds: valid_for,
                            expired: has_run_out(created, valid_for, now),
                        });
                    }
                    Record::Unreadable(reason) => item.unreadable = Some(reason),
                }
                item
            })
            .collect(),
        lease: item,
    }
}

fn holder_pod(item: &LeaseItem, instances: &[Instance]) -> Option<PodItem> {
    let holder = item.holder.as_ref()?;
    let name = holder.pod.as_deref()?;
    let instance = instances
        .iter()
        .find(|instance| instance.pod.namespace == item.namespace && instance.pod.name == name)?;
    let container = holder.container.as_deref();
    let of_holder = || {
        instance
            .containers
            .iter()
            .filter(move |one| container.is_none_or(|name| name == one.name))
    };
    Some(PodItem {
        name: name.to_owned(),
        phase: instance.phase.clone(),
        ready: instance.ready,
        workload: instance.workload.clone(),
        restarts: instance.restarts(container),
        started: of_holder().filter_map(|one| one.started).max(),
        ended: instance.ended(container),
        exit_code: instance.exit_code(container),
    })
}
