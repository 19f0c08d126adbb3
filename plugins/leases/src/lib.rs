//! `kubectl leases`: who leads, since when, how late is the renewal, how long was there no leader.

mod candidates;
pub mod cli;
mod facts;
mod follow;
mod holder;
mod identity;
mod lease;
mod render;
mod report;
mod scope;
mod state;
mod tracker;

use std::path::Path;

use cluster::{ApiServer, Error};
use console::{ExitCode, Failure, Output, note};

use crate::cli::LeasesArgs;
use crate::facts::Facts;
use crate::render::View;
use crate::scope::Scope;

/// The `ClusterRole` that allows all this plugin asks for.
const CLUSTER_ROLE: &str = "ClusterRole \"day2-leases\" in docs/rbac/leases.yaml allows it";

/// What else may be refused: acting as somebody else.
const IMPERSONATION: &str =
    "the credentials themselves do not allow --as; ask for the right to impersonate";

/// Runs the command.
///
/// # Errors
/// What the user is told when it fails.
pub fn run(args: &LeasesArgs) -> Result<ExitCode, Failure> {
    match &args.snapshot {
        Some(path) => from_snapshot(args, path),
        None => from_cluster(args),
    }
}

fn from_snapshot(args: &LeasesArgs, path: &Path) -> Result<ExitCode, Failure> {
    let scope = args.scope(args.connection.namespace.as_deref())?;
    let facts = facts::read_snapshot(path, &scope).map_err(|error| failure(&error))?;
    answer(args, &scope, facts)
}

/// Answers from a snapshot in memory, for the demo.
///
/// # Errors
/// What the user is told when it fails.
pub fn demo(name: &str, snapshot: &[u8], args: &LeasesArgs) -> Result<ExitCode, Failure> {
    let scope = args.scope(args.connection.namespace.as_deref())?;
    let facts =
        facts::read_snapshot_bytes(name, snapshot, &scope).map_err(|error| failure(&error))?;
    answer(args, &scope, facts)
}

fn from_cluster(args: &LeasesArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the runtime can't start: {error}")))?;
    runtime.block_on(async {
        let server = ApiServer::connect(&args.connection).map_err(|error| failure(&error))?;
        let scope = args.scope(Some(server.namespace()))?;
        if args.watch {
            return follow::follow(&server, args, &scope).await;
        }
        let facts = facts::read_live(&server, &scope)
            .await
            .map_err(|error| failure(&error))?;
        answer(args, &scope, facts)
    })
}

fn answer(args: &LeasesArgs, scope: &Scope, mut facts: Facts) -> Result<ExitCode, Failure> {
    let missing = std::mem::take(&mut facts.missing);
    let now_is_newest = facts.now_is_newest;
    let report = report::report(facts, args.sort_key());
    let view = View::new(&args.output, scope.namespace.is_none());
    let mut remarks = render::remarks(&report);
    if now_is_newest && !report.items.is_empty() {
        remarks.push(format!(
            "the snapshot does not say when it was taken; lag and age count from the newest time in it, {}",
            report.time
        ));
    }
    let mut output = Output::stdout();
    render::print(&report, view, &mut output)?;
    if report.items.is_empty() && missing.is_empty() {
        note(&nothing_found(scope));
    }
    render::print_remarks(&remarks);
    match &missing[..] {
        [] => Ok(ExitCode::Done),
        [name] => Err(not_found(name)),
        several => {
            let names: Vec<String> = several.iter().map(|name| format!("\"{name}\"")).collect();
            Err(Failure::new(format!(
                "leases.coordination.k8s.io {} not found",
                names.join(", ")
            ))
            .with_hint(ELSEWHERE))
        }
    }
}

const ELSEWHERE: &str = "kubectl leases -A --kind all lists those of all namespaces";

fn not_found(name: &str) -> Failure {
    Failure::new(format!("leases.coordination.k8s.io \"{name}\" not found")).with_hint(ELSEWHERE)
}

fn nothing_found(scope: &Scope) -> String {
    match &scope.namespace {
        Some(namespace) => format!("no Leases found in namespace \"{namespace}\""),
        None => "no Leases found".into(),
    }
}

/// What the user is told when the cluster or the snapshot can't be read.
fn failure(error: &Error) -> Failure {
    let code = match error {
        Error::Forbidden { .. } => ExitCode::NotAllowed,
        error if error.is_usage() => ExitCode::Usage,
        _ => ExitCode::Failed,
    };
    let failure = Failure::new(error.to_string()).with_code(code);
    match error.hint() {
        Some(hint) => failure.with_hint(hint),
        None if code != ExitCode::NotAllowed => failure,
        None if failure.message.contains("cannot impersonate") => failure.with_hint(IMPERSONATION),
        None => failure.with_hint(CLUSTER_ROLE),
    }
}
