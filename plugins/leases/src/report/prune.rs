//! The answer to `kubectl leases prune`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::API_VERSION;
use crate::lease::LeaseKind;
use crate::prune::Orphan;

/// The answer to `kubectl leases prune`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeasePrune {
    /// The document's version.
    pub api_version: &'static str,
    /// `LeasePrune`.
    pub kind: &'static str,
    /// The instant for which the proofs hold, by the API server's clock.
    pub time: Timestamp,
    /// How many Leases were looked at.
    pub examined: usize,
    /// Requests that were refused; what hangs on them is not judged.
    pub unreadable: BTreeSet<String>,
    /// What is left over.
    pub items: Vec<OrphanItem>,
}

/// A Lease that nobody can need any more.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrphanItem {
    /// The Lease's namespace.
    pub namespace: String,
    /// The Lease's name.
    pub name: String,
    /// What it is for.
    pub kind: LeaseKind,
    /// `metadata.uid`.
    pub uid: String,
    /// The version that the proof is about.
    pub resource_version: String,
    /// The proof, a sentence a fact.
    pub proof: Vec<String>,
    /// What became of it; absent where nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Deletion>,
    /// Why it could not be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// What became of an orphan.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Deletion {
    /// It was deleted.
    Deleted,
    /// It was gone already.
    Gone,
    /// It has changed meanwhile, so it was left alone.
    Changed,
    /// The API server refused or did not answer.
    Failed,
}

/// What is left over, before anything is done about it.
#[must_use]
pub fn prune(
    orphans: &[Orphan],
    examined: usize,
    unreadable: BTreeSet<String>,
    now: Timestamp,
) -> LeasePrune {
    LeasePrune {
        api_version: API_VERSION,
        kind: "LeasePrune",
        time: now,
        examined,
        unreadable,
        items: orphans
            .iter()
            .map(|orphan| OrphanItem {
                namespace: orphan.lease.namespace.clone(),
                name: orphan.lease.name.clone(),
                kind: orphan.lease.kind(),
                uid: orphan.lease.uid.clone(),
                resource_version: orphan.lease.resource_version.clone(),
                proof: orphan.proof.clone(),
                deletion: None,
                failure: None,
            })
            .collect(),
    }
}

impl LeasePrune {
    /// How many orphans became this.
    #[must_use]
    pub fn count(&self, deletion: Deletion) -> usize {
        let became = |item: &&OrphanItem| item.deletion == Some(deletion);
        self.items.iter().filter(became).count()
    }
}
