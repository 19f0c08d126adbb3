//! `kubectl leases`: who leads, since when, how late is the renewal, how long was there no leader.

mod act;
mod annotation_lock;
mod candidates;
mod check;
pub mod cli;
mod contender;
mod coordinated;
mod events;
mod facts;
mod failover;
mod follow;
mod holder;
mod identity;
mod lease;
mod memory;
mod prune;
mod render;
mod report;
pub mod schema;
mod scope;
mod state;
mod surroundings;
mod tracker;
mod workload;

use std::path::Path;

use cluster::{ApiServer, ConnectionFlags, Error};
use console::{ExitCode, Failure, Output, OutputFormat, Terminal, note};

use crate::check::{Limits, Required};
use crate::cli::{CheckArgs, LeasesArgs, LeasesCommand, ListArgs, ShowArgs, WatchArgs};
use crate::facts::Facts;
use crate::follow::Course;
use crate::render::View;
use crate::report::SortKey;
use crate::scope::{KindFilter, Scope};

/// The `ClusterRole` that allows a request of this plugin.
fn cluster_role(verb: &str) -> String {
    let role = match verb {
        "patch" => "day2-leases-failover",
        "delete" => "day2-leases-prune",
        _ => "day2-leases",
    };
    format!("ClusterRole \"{role}\" in docs/rbac/leases.yaml allows it")
}

/// What else may be refused: acting as somebody else.
const IMPERSONATION: &str =
    "the credentials themselves do not allow --as; ask for the right to impersonate";

/// Runs the command.
///
/// # Errors
/// What the user is told when it fails.
pub fn run(args: &LeasesArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        None => list(&args.list),
        Some(LeasesCommand::Check(args)) => check(args),
        Some(LeasesCommand::Show(args)) => show(args),
        Some(LeasesCommand::Watch(args)) => watch(args),
        Some(LeasesCommand::Failover(args)) => in_cluster(&args.connection, async |server| {
            act::failover::failover(server, args).await
        }),
        Some(LeasesCommand::Prune(args)) => in_cluster(&args.connection, async |server| {
            act::prune::prune(server, args).await
        }),
    }
}

fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let connection = &args.source.connection;
    if let Some(path) = &args.source.snapshot {
        let scope = args.scope.scope(connection.namespace.as_deref())?;
        return answer(args, &scope, from_snapshot(path, &scope)?);
    }
    in_cluster(connection, async |server| {
        let scope = args.scope.scope(Some(server.namespace()))?;
        if args.watch {
            let course = Course {
                view: View::new(&args.output, scope.namespace.is_none()),
                scope,
                renewals: args.watch_renewals,
                remember: false,
                picture: false,
                time: None,
                until: None,
            };
            return follow::follow(server, course).await;
        }
        answer(args, &scope, from_cluster(server, &scope).await?)
    })
}

fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let connection = &args.source.connection;
    if let Some(path) = &args.source.snapshot {
        let scope = everything(args.scope.scope(connection.namespace.as_deref())?);
        return verdict(args, from_snapshot(path, &scope)?);
    }
    in_cluster(connection, async |server| {
        let scope = everything(args.scope.scope(Some(server.namespace()))?);
        verdict(args, from_cluster(server, &scope).await?)
    })
}

/// Whoever asks whether all is well, or what is left over, means heartbeats too.
fn everything(mut scope: Scope) -> Scope {
    if scope.kind == KindFilter::Default {
        scope.kind = KindFilter::All;
    }
    scope
}

fn verdict(args: &CheckArgs, facts: Facts) -> Result<ExitCode, Failure> {
    let required = args.require.iter().filter(|name| !name.is_empty());
    let missing = facts.missing.iter().map(|name| Required {
        namespace: None,
        name: name.clone(),
    });
    let limits = Limits {
        max_lag: args.max_lag,
        max_gap: args.max_gap,
        required: required
            .map(|name| required_lease(name))
            .chain(missing)
            .collect(),
    };
    let list = report::report(facts, SortKey::Name);
    let report = report::check::check(&list, &limits);
    let mut output = Output::stdout();
    render::check::print(&report, View::new(&args.output, true), &mut output)?;
    if !report.findings.is_empty() {
        return Ok(ExitCode::BadNews);
    }
    // Silent in cron, which mails whatever is said.
    if Terminal::of_stdout().interactive && args.output.output == OutputFormat::Table {
        note(&render::check::all_well(&report));
    }
    Ok(ExitCode::Done)
}

/// `NAME` or `NAMESPACE/NAME`.
fn required_lease(text: &str) -> Required {
    let bare = cli::bare(text);
    match bare.split_once('/') {
        Some((namespace, name)) => Required {
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        },
        None => Required {
            namespace: None,
            name: bare.to_owned(),
        },
    }
}

fn show(args: &ShowArgs) -> Result<ExitCode, Failure> {
    let name = cli::bare(&args.name);
    let connection = &args.source.connection;
    if let Some(path) = &args.source.snapshot {
        let namespace = connection.namespace.as_deref().unwrap_or("default");
        let found = surroundings::read_snapshot(path, namespace, name);
        return tell(args, name, found.map_err(|error| failure(&error))?);
    }
    in_cluster(connection, async |server| {
        let found = surroundings::read_live(server, server.namespace(), name).await;
        tell(args, name, found.map_err(|error| failure(&error))?)
    })
}

fn tell(
    args: &ShowArgs,
    name: &str,
    found: surroundings::Surroundings,
) -> Result<ExitCode, Failure> {
    let details = report::details::details(found);
    if details.lease.is_none() && details.locks.is_empty() {
        return Err(not_found(name));
    }
    let mut output = Output::stdout();
    render::details::print(&details, View::new(&args.output, false), &mut output)?;
    render::print_remarks(&render::details::remarks(&details));
    Ok(ExitCode::Done)
}

fn watch(args: &WatchArgs) -> Result<ExitCode, Failure> {
    in_cluster(&args.connection, async |server| {
        let scope = args.scope.scope(Some(server.namespace()))?;
        let tables = matches!(args.output.output, OutputFormat::Table | OutputFormat::Wide);
        let course = Course {
            view: View::new(&args.output, scope.namespace.is_none()),
            scope,
            renewals: args.watch_renewals,
            remember: true,
            picture: tables && !args.lines && Terminal::of_stdout().interactive,
            time: args.watch_for,
            until: args.until,
        };
        follow::follow(server, course).await
    })
}

/// Connects, and runs what asks the cluster.
fn in_cluster(
    connection: &ConnectionFlags,
    work: impl AsyncFnOnce(&ApiServer) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the runtime can't start: {error}")))?;
    runtime.block_on(async {
        let server = ApiServer::connect(connection).map_err(|error| failure(&error))?;
        work(&server).await
    })
}

fn from_snapshot(path: &Path, scope: &Scope) -> Result<Facts, Failure> {
    facts::read_snapshot(path, scope).map_err(|error| failure(&error))
}

async fn from_cluster(server: &ApiServer, scope: &Scope) -> Result<Facts, Failure> {
    facts::read_live(server, scope)
        .await
        .map_err(|error| failure(&error))
}

fn answer(args: &ListArgs, scope: &Scope, mut facts: Facts) -> Result<ExitCode, Failure> {
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
        // clap takes a command for a name where a flag stands before it.
        [name] if args.scope.names.contains(name) && cli::is_command(name) => Err(not_found(name)
            .with_hint(format!(
                "flags come after the command: kubectl leases {name} …"
            ))),
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
    let verb = match error {
        Error::Forbidden { request, .. } => request.verb,
        _ => "",
    };
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
        None => failure.with_hint(cluster_role(verb)),
    }
}
