//! Cordoning nodes, and taking back just the cordons that this run set.

use std::time::Duration;

use cluster::{ApiServer, Error, Freshness, ListRequest, PatchType, Write, WriteError};
use serde::de::IgnoredAny;

use crate::facts::{NODES, read_all};
use crate::node::{Node, cordon_patch, uncordon_patch};
use crate::report::DrainMark;

/// A node changes now and then between reading and patching it; so often it is read again.
const ATTEMPTS: u32 = 12;
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a cordon found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cordon {
    /// It was set by this run.
    Set,
    /// The node was cordoned before.
    AlreadySet,
}

/// Reads a node as it is now, not as a cache has it; `None` where it is gone.
///
/// # Errors
/// When the request fails.
pub async fn read_node(server: &ApiServer, name: &str) -> Result<Option<Node>, Error> {
    let request = ListRequest {
        fields: Some(format!("metadata.name={name}")),
        freshness: Freshness::Latest,
        ..ListRequest::new(NODES, None)
    };
    Ok(read_all(server, &request).await?.pop())
}

/// Cordons a node and marks it as ours, unless somebody else has cordoned it.
///
/// # Errors
/// When the node is gone, a right is missing, or the API server refuses for good.
pub async fn cordon(
    server: &ApiServer,
    name: &str,
    mark: &DrainMark,
    dry_run: bool,
) -> Result<Cordon, WriteError> {
    let mut attempt = 0;
    loop {
        let error = match read_node(server, name).await {
            Ok(Some(node)) if node.unschedulable => {
                // An attempt whose answer was lost may have succeeded.
                let ours = node.mark.is_some_and(|found| found.id == mark.id);
                return Ok(if ours {
                    Cordon::Set
                } else {
                    Cordon::AlreadySet
                });
            }
            Ok(Some(node)) => {
                match patch(server, name, &cordon_patch(&node, mark), dry_run).await {
                    Ok(()) => return Ok(Cordon::Set),
                    Err(error) => error,
                }
            }
            Ok(None) => return Err(gone(server, name)),
            Err(error) => error.into(),
        };
        attempt += 1;
        if attempt >= ATTEMPTS || !may_pass(&error) {
            return Err(error);
        }
        pause(attempt).await;
    }
}

/// Uncordons a node if it bears the mark of this run; says whether it did.
///
/// # Errors
/// When the API server refuses for good.
pub async fn uncordon(server: &ApiServer, name: &str, id: &str) -> Result<bool, WriteError> {
    let mut attempt = 0;
    loop {
        let error = match read_node(server, name).await {
            Ok(Some(node)) if node.mark.as_ref().is_some_and(|mark| mark.id == id) => {
                match patch(server, name, &uncordon_patch(&node), false).await {
                    Ok(()) => return Ok(true),
                    Err(error) => error,
                }
            }
            Ok(_) => return Ok(false),
            Err(error) => error.into(),
        };
        attempt += 1;
        if attempt >= ATTEMPTS || !may_pass(&error) {
            return Err(error);
        }
        pause(attempt).await;
    }
}

async fn patch(
    server: &ApiServer,
    name: &str,
    patch: &serde_json::Value,
    dry_run: bool,
) -> Result<(), WriteError> {
    let write = Write::patch(NODES, None, name, PatchType::Merge, patch).dry_run(dry_run);
    server.write::<IgnoredAny>(&write).await.map(drop)
}

/// Also a conflict: the node changed since it was read.
fn may_pass(error: &WriteError) -> bool {
    let changed = matches!(error, WriteError::Refused(refusal) if refusal.code == 409);
    changed || error.is_transient()
}

async fn pause(attempt: u32) {
    let pause = PAUSE.saturating_mul(1 << attempt.min(8)).min(LONGEST_PAUSE);
    tokio::time::sleep(pause / 2).await;
}

fn gone(server: &ApiServer, name: &str) -> WriteError {
    Error::Refused {
        request: Box::new(cluster::Request {
            verb: "patch",
            resource: NODES,
            subresource: None,
            namespace: None,
            name: Some(name.to_owned()),
        }),
        code: 404,
        message: format!("nodes \"{name}\" not found at {}", server.address()),
    }
    .into()
}
