//! `kubectl leases prune`: finds what is left over, asks, looks again, and deletes it.

use std::collections::{BTreeMap, BTreeSet};

use cluster::{ApiServer, Error, Freshness, ListRequest, in_parallel};
use console::{Consent, ExitCode, Failure, Interrupts, Output, confirm, hint, note};

use super::delete;
use crate::candidates::{NODES, allowed, parse_node};
use crate::cli::PruneArgs;
use crate::coordinated::{Candidate, LEASE_CANDIDATES};
use crate::facts::parse;
use crate::prune::{Evidence, Orphan, is_suspect, orphans, still};
use crate::render::View;
use crate::render::prune::{data, done, remarks, table};
use crate::report::prune::{Deletion, LeasePrune, OrphanItem};
use crate::scope::Scope;
use crate::surroundings::list_pods;
use crate::{cluster_role, everything, failure};

/// Finds what is left over, asks, and deletes it.
///
/// # Errors
/// What the user is told when it fails.
pub async fn prune(server: &ApiServer, args: &PruneArgs) -> Result<ExitCode, Failure> {
    let mut interrupts = Interrupts::listen()?;
    let scope = everything(args.scope.scope(Some(server.namespace()))?);
    let view = View::new(&args.output, true);
    let mut output = Output::stdout();
    let (first, mut report) = look(server, &scope, args).await?;
    table(&report, view, &mut output)?;
    crate::render::print_remarks(&remarks(&report));
    if args.dry_run || first.is_empty() {
        data(&report, view, &mut output)?;
        return Ok(ExitCode::Done);
    }
    let question = match first.len() {
        1 => "Delete this Lease?".to_owned(),
        count => format!("Delete these {count} Leases?"),
    };
    match confirm(&question, args.yes)? {
        Consent::Given => {}
        Consent::Refused => {
            note("nothing was changed");
            return Ok(ExitCode::Done);
        }
        Consent::NotAsked => {
            return Err(
                Failure::usage("there is no terminal to ask at, so nothing was changed")
                    .with_hint("give --yes to go on without the question"),
            );
        }
    }
    // Whoever had to think about it may have given a node the time to come back.
    let (later, _) = look(server, &scope, args).await?;
    let settled = still(&first, later);
    let deletions = tokio::select! {
        deletions = delete_all(server, &settled) => deletions,
        () = interrupts.next() => {
            return Err(Failure::new("interrupted; some of the Leases may be deleted")
                .with_hint("run it again to see what is left")
                .with_code(ExitCode::Interrupted));
        }
    };
    for item in &mut report.items {
        note_deletion(item, &deletions);
    }
    data(&report, view, &mut output)?;
    crate::render::print_remarks(&done(&report));
    Ok(if report.count(Deletion::Failed) == 0 {
        ExitCode::Done
    } else if deletions.values().any(|(_, allowed)| !allowed) {
        hint(&cluster_role("delete"));
        ExitCode::NotAllowed
    } else {
        ExitCode::Failed
    })
}

/// What became of each, and whether it was allowed.
type Deletions = BTreeMap<(String, String), (Result<Deletion, String>, bool)>;

async fn delete_all(server: &ApiServer, orphans: &[Orphan]) -> Deletions {
    let deletions = orphans.iter().map(|orphan| async move {
        let lease = &orphan.lease;
        let deletion = delete(server, lease).await;
        let allowed = !matches!(deletion, Err(Error::Forbidden { .. }));
        (
            (lease.namespace.clone(), lease.name.clone()),
            (deletion.map_err(|error| error.to_string()), allowed),
        )
    });
    in_parallel(deletions).await.into_iter().collect()
}

fn note_deletion(item: &mut OrphanItem, deletions: &Deletions) {
    let found = deletions.get(&(item.namespace.clone(), item.name.clone()));
    (item.deletion, item.failure) = match found {
        Some((Ok(deletion), _)) => (Some(*deletion), None),
        Some((Err(failure), _)) => (Some(Deletion::Failed), Some(failure.clone())),
        // At the second look it was no orphan any more, or another version.
        None => (Some(Deletion::Changed), None),
    };
}

/// Looks at what there is, the Leases before all that could prove that they are needed.
async fn look(
    server: &ApiServer,
    scope: &Scope,
    args: &PruneArgs,
) -> Result<(Vec<Orphan>, LeasePrune), Failure> {
    let (evidence, unreadable) = read(server, scope, args)
        .await
        .map_err(|error| failure(&error))?;
    let now = server.clock().now();
    let found = orphans(&evidence, args.older_than, now);
    let report = crate::report::prune::prune(&found, evidence.leases.len(), unreadable, now);
    Ok((found, report))
}

async fn read(
    server: &ApiServer,
    scope: &Scope,
    args: &PruneArgs,
) -> Result<(Evidence, BTreeSet<String>), Error> {
    let mut evidence = Evidence::default();
    let mut unreadable = BTreeSet::new();
    let leases = fresh(scope.request());
    server
        .list(&leases, |json| {
            let lease: crate::lease::Lease = parse(json)?;
            if scope.names(&lease.name) && scope.shows(lease.kind()) {
                evidence.leases.push(lease);
            }
            Ok(())
        })
        .await?;
    let now = server.clock().now();
    let nodes = list_nodes(server).await;
    if let Some(nodes) = allowed(nodes, &mut unreadable)? {
        evidence.known.nodes = nodes;
        evidence.nodes_known = true;
    }
    let namespaces: BTreeSet<&str> = evidence
        .leases
        .iter()
        .filter(|lease| is_suspect(lease, args.older_than, now))
        .map(|lease| lease.namespace.as_str())
        .collect();
    if !namespaces.is_empty() {
        let found = candidates(server, scope, &mut unreadable).await?;
        evidence.candidates_known = found.is_some();
        evidence.candidates = found.unwrap_or_default();
    }
    for namespace in namespaces {
        let pods = allowed(list_pods(server, namespace).await, &mut unreadable)?;
        evidence
            .pods_known
            .insert(namespace.to_owned(), pods.is_some());
        let pods = pods.unwrap_or_default().into_iter();
        evidence
            .known
            .pods
            .extend(pods.map(|instance| instance.pod));
    }
    Ok((evidence, unreadable))
}

fn fresh(request: ListRequest) -> ListRequest {
    ListRequest {
        freshness: Freshness::Latest,
        ..request
    }
}

async fn list_nodes(server: &ApiServer) -> Result<Vec<crate::holder::Node>, Error> {
    let request = ListRequest {
        metadata_only: true,
        ..fresh(ListRequest::new(NODES, None))
    };
    let mut nodes = Vec::new();
    server
        .list(&request, |json| {
            nodes.push(parse_node(json)?);
            Ok(())
        })
        .await?;
    Ok(nodes)
}

async fn candidates(
    server: &ApiServer,
    scope: &Scope,
    unreadable: &mut BTreeSet<String>,
) -> Result<Option<Vec<Candidate>>, Error> {
    let mut candidates = Vec::new();
    let request = fresh(ListRequest::new(
        LEASE_CANDIDATES,
        scope.namespace.as_deref(),
    ));
    let listed = server
        .list(&request, |json| {
            candidates.push(parse(json)?);
            Ok(())
        })
        .await;
    match listed {
        // Coordinated elections are off, or the server does not have them.
        Err(Error::UnknownResource { .. }) => Ok(Some(Vec::new())),
        other => Ok(allowed(other, unreadable)?.map(|_| candidates)),
    }
}
