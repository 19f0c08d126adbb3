//! What is read: the Leases asked for, and of pods and nodes only those that may hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cluster::{ApiServer, Error, LabelSelector, Snapshot, SnapshotObject, TypeMeta, in_parallel};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::candidates::{NODES, PODS, parse_node, parse_pod, read_holders};
use crate::holder::Known;
use crate::lease::Lease;
use crate::scope::{KindFilter, LEASES, Scope};

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Facts {
    /// The Leases, by the order of the source.
    pub leases: Vec<Lease>,
    /// Node heartbeats that were not asked for.
    pub hidden: usize,
    /// Names that were asked for and do not exist.
    pub missing: Vec<String>,
    /// Pods and nodes that may hold them.
    pub known: Known,
    /// Requests that were refused.
    pub unreadable: BTreeSet<String>,
    /// The API server's time, or the snapshot's.
    pub now: Timestamp,
    /// The API server's time minus this machine's.
    pub clock_offset: Option<SignedDuration>,
    /// The snapshot does not say when it was taken, so `now` is the newest time in it.
    pub now_is_newest: bool,
}

impl Facts {
    fn take(&mut self, lease: Lease, scope: &Scope) {
        if !scope.names(&lease.name) {
            return;
        }
        if scope.shows(lease.kind()) {
            self.leases.push(lease);
        } else if scope.kind == KindFilter::Default {
            self.hidden += 1;
        }
    }

    fn look_for_missing(&mut self, scope: &Scope) {
        let found: BTreeSet<&str> = self
            .leases
            .iter()
            .map(|lease| lease.name.as_str())
            .collect();
        let missing = scope
            .names
            .iter()
            .filter(|name| !found.contains(name.as_str()));
        self.missing = missing.cloned().collect();
    }
}

/// Reads from a live cluster.
///
/// # Errors
/// When the Leases themselves can't be read; pods and nodes that can't be are noted.
pub async fn read_live(server: &ApiServer, scope: &Scope) -> Result<Facts, Error> {
    let mut facts = Facts::default();
    if scope.names.is_empty() {
        server
            .list(&scope.request(), |json| {
                facts.take(parse(json)?, scope);
                Ok(())
            })
            .await?;
    } else {
        let wanted: BTreeSet<&String> = scope.names.iter().collect();
        let gets = wanted
            .iter()
            .map(|name| server.get::<Lease>(LEASES, scope.namespace.as_deref(), name));
        for lease in in_parallel(gets).await {
            if let Some(lease) = lease? {
                facts.take(lease, scope);
            }
        }
    }
    facts.look_for_missing(scope);
    facts.now = server.clock().now();
    facts.clock_offset = Some(server.clock().offset());
    facts.known = read_holders(server, &facts.leases, &mut facts.unreadable).await?;
    Ok(facts)
}

/// Reads from a snapshot.
///
/// # Errors
/// When the file or the selector can't be read.
pub fn read_snapshot(path: &Path, scope: &Scope) -> Result<Facts, Error> {
    let selector = LabelSelector::parse(scope.selector.as_deref().unwrap_or_default())?;
    let mut facts = Facts::default();
    let snapshot = Snapshot::read(path, |object| {
        take_object(object, scope, &selector, &mut facts)
    })?;
    settle(&mut facts, &snapshot, scope);
    Ok(facts)
}

fn take_object(
    object: &SnapshotObject<'_>,
    scope: &Scope,
    selector: &LabelSelector,
    facts: &mut Facts,
) -> Result<(), String> {
    let TypeMeta { api_version, kind } = &object.type_meta;
    if LEASES.matches(api_version, kind) {
        let lease: Lease = parse(object.json)?;
        facts.now = facts.now.max(newest_time(&lease));
        let here = scope
            .namespace
            .as_deref()
            .is_none_or(|namespace| namespace == lease.namespace);
        if here && (scope.selector.is_none() || selector.matches(&labels(object.json)?)) {
            facts.take(lease, scope);
        }
    } else if PODS.matches(api_version, kind) {
        facts.known.pods.push(parse_pod(object.json)?);
    } else if NODES.matches(api_version, kind) {
        facts.known.nodes.push(parse_node(object.json)?);
    }
    Ok(())
}

fn settle(facts: &mut Facts, snapshot: &Snapshot, scope: &Scope) {
    facts.now_is_newest = snapshot.taken_at.is_none();
    facts.now = snapshot.taken_at.unwrap_or(facts.now);
    facts.look_for_missing(scope);
}

/// A snapshot is at least as young as the newest time the API server wrote into it.
pub(crate) fn newest_time(lease: &Lease) -> Timestamp {
    let renewal = lease.renewal_written.or(lease.renewed.known());
    renewal.max(lease.created.known()).unwrap_or_default()
}

/// Reads an object; the reason of a failure names it.
pub(crate) fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| match named(json) {
        Some(name) => format!("{name}: {error}"),
        None => error.to_string(),
    })
}

/// How an object that can't be read calls itself.
fn named(json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        kind: String,
        metadata: Name,
    }
    #[derive(Deserialize)]
    struct Name {
        #[serde(default)]
        namespace: String,
        name: String,
    }
    let named: Named = serde_json::from_slice(json).ok()?;
    let Name { namespace, name } = named.metadata;
    let separator = if namespace.is_empty() { "" } else { "/" };
    Some(
        format!("{} {namespace}{separator}{name}", named.kind)
            .trim()
            .to_owned(),
    )
}

fn labels(json: &[u8]) -> Result<BTreeMap<String, String>, String> {
    #[derive(Deserialize)]
    struct Labelled {
        metadata: Labels,
    }
    #[derive(Deserialize)]
    struct Labels {
        #[serde(default)]
        labels: Option<BTreeMap<String, String>>,
    }
    parse::<Labelled>(json).map(|object| object.metadata.labels.unwrap_or_default())
}
