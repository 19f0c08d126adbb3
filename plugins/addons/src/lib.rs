//! `kubectl addons`: what runs here, what fits this cluster, what is new upstream.

mod ask;
pub mod catalogue;
pub mod cli;
pub mod compatibility;
pub mod complete;
mod detect;
mod facts;
pub mod image;
mod manager;
pub mod release;
mod render;
mod report;
pub mod schema;
mod skew;
mod sort;
mod upgrade;
pub mod upstream;
pub mod version;
mod workload;

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use cluster::{ApiServer, Error};
use console::{ExitCode, Failure, Output, note};
use jiff::Timestamp;

use crate::catalogue::Catalogue;
use crate::cli::{
    AddonsArgs, AddonsCommand, CatalogueArgs, ListArgs, OutdatedArgs, ShowArgs, SkewArgs,
    SourceArgs, UpstreamArgs,
};
use crate::compatibility::{Minor, Verdict};
use crate::detect::{Search, detect};
use crate::facts::{Facts, Need};
use crate::report::AddonList;
use crate::upgrade::When;
use crate::upstream::cache::Cache;
use crate::upstream::credentials::Credentials;
use crate::upstream::{Options, Upstream};

/// The `ClusterRole` that allows all this plugin asks for.
const CLUSTER_ROLE: &str = "ClusterRole \"day2-addons\" in docs/rbac/addons.yaml allows it";

/// What else may be refused: acting as somebody else.
const IMPERSONATION: &str =
    "the credentials themselves do not allow --as; ask for the right to impersonate";

/// Runs the command.
///
/// # Errors
/// What the user is told when it fails.
pub fn run(args: &AddonsArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        None => list(&args.list),
        Some(AddonsCommand::Outdated(args)) => outdated(args),
        Some(AddonsCommand::Show(args)) => show(args),
        Some(AddonsCommand::Skew(args)) => skew(args),
        Some(AddonsCommand::Catalogue(args)) => show_catalogue(args),
    }
}

fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let report = read_and_ask(args, None, None)?;
    render::list(&report, args.output, &mut Output::stdout())?;
    if report.items.is_empty() {
        note(&nothing_found(args));
    }
    remark(&render::remarks(&report, Timestamp::now()));
    Ok(ExitCode::Done)
}

fn nothing_found(args: &ListArgs) -> String {
    match &args.source.connection.namespace {
        Some(namespace) => format!("no add-ons found in namespace \"{namespace}\""),
        None => "no add-ons found".into(),
    }
}

fn outdated(args: &OutdatedArgs) -> Result<ExitCode, Failure> {
    let mut report = read_and_ask(&args.list, None, args.target)?;
    let all = report.items.len();
    let remarks = render::remarks(&report, Timestamp::now());
    match args.target {
        None => report.items.retain(report::AddonItem::needs_attention),
        Some(_) => report.items.retain(|item| {
            item.upgrade
                .as_ref()
                .is_none_or(|upgrade| upgrade.when != When::Stays)
        }),
    }
    render::list(&report, args.list.output, &mut Output::stdout())?;
    if report.items.is_empty() {
        note(&match (all, args.target) {
            (0, _) => nothing_found(&args.list),
            (_, None) => format!("none of the {all} add-ons is known to need attention"),
            (_, Some(target)) => {
                format!("all {all} add-ons can stay as they are on Kubernetes {target}")
            }
        });
    }
    if let (Some(target), Some(now)) = (args.target, report.kubernetes)
        && now.behind(target) > 1
    {
        note(&format!(
            "Kubernetes moves one minor version at a time: {now} to {target} takes {} upgrades",
            now.behind(target)
        ));
    }
    remark(&remarks);
    let bad = if args.target.is_some() {
        let known = |item: &report::AddonItem| {
            item.upgrade
                .as_ref()
                .is_some_and(|upgrade| upgrade.when != When::Unknown)
        };
        report.items.iter().any(known)
    } else {
        !report.items.is_empty()
    };
    Ok(bad_news(args.exit_code && bad))
}

fn bad_news(bad: bool) -> ExitCode {
    if bad {
        ExitCode::BadNews
    } else {
        ExitCode::Done
    }
}

fn show(args: &ShowArgs) -> Result<ExitCode, Failure> {
    let name = args.name.strip_prefix("addon/").unwrap_or(&args.name);
    let report = read_and_ask(&args.list, Some(name), None)?;
    if report.items.is_empty() {
        return Err(Failure::new(format!("no add-on \"{name}\" runs here"))
            .with_hint("kubectl addons lists those that do"));
    }
    render::show(&report, args.list.output, &mut Output::stdout())?;
    remark(&render::remarks(&report, Timestamp::now()));
    Ok(ExitCode::Done)
}

fn skew(args: &SkewArgs) -> Result<ExitCode, Failure> {
    let facts = in_runtime(read(&args.source, Need::Versions))?;
    let report = skew::skew(&facts, args.target);
    render::skew(&report, args.output, &mut Output::stdout())?;
    if report.items.is_empty() {
        note("no component with a version found");
    }
    remark(&render::skew_remarks(&report));
    let bad = report
        .items
        .iter()
        .any(|item| item.verdict == Verdict::Unsupported);
    Ok(bad_news(args.exit_code && bad))
}

fn show_catalogue(args: &CatalogueArgs) -> Result<ExitCode, Failure> {
    let catalogue = catalogue(&args.directories)?;
    let chosen = render::chosen(&catalogue, &args.names)?;
    render::catalogue(&chosen, args.output, &mut Output::stdout())?;
    Ok(ExitCode::Done)
}

fn remark(remarks: &[String]) {
    for remark in remarks {
        note(remark);
    }
}

/// Reads the cluster, asks upstream, and judges.
fn read_and_ask(
    args: &ListArgs,
    only: Option<&str>,
    target: Option<Minor>,
) -> Result<AddonList, Failure> {
    let catalogue = catalogue(&args.upstream.directories)?;
    let credentials = credentials(&args.upstream)?;
    in_runtime(async {
        let facts = read(&args.source, Need::Everything).await?;
        let kubernetes = facts.kubernetes();
        if let (Some(target), Some(now)) = (target, kubernetes)
            && target < now
        {
            return Err(
                Failure::usage(format!("Kubernetes {now} can't be upgraded to {target}"))
                    .with_hint("give a newer version with --target"),
            );
        }
        let search = Search {
            namespace: args
                .source
                .connection
                .namespace
                .clone()
                .filter(|name| !name.is_empty()),
            images: args.images.clone(),
            mirrors: args.upstream.mirrors.clone(),
        };
        let mut found = detect(&facts, &catalogue, &search);
        found.retain(|one| only.is_none_or(|name| name == one.name));
        let now = whole_second(Timestamp::now());
        let cache = Cache::new(Cache::usual_directory());
        let upstream = Upstream::new(options(&args.upstream), cache, credentials, now);
        let findings = ask::ask(&upstream, &found).await;
        let mut report = report::report(&facts, &found, &findings, now, kubernetes, target);
        if let Some(by) = args.sort_by {
            sort::sort(&mut report.items, by);
        }
        Ok(report)
    })
}

/// Nobody needs to know it to the nanosecond.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn options(args: &UpstreamArgs) -> Options {
    Options {
        offline: args.offline,
        max_age: if args.refresh {
            Duration::ZERO
        } else {
            args.max_age
        },
        deadline: args.deadline,
        mirrors: args.mirrors.clone(),
    }
}

fn credentials(args: &UpstreamArgs) -> Result<Credentials, Failure> {
    if args.offline {
        return Ok(Credentials::default());
    }
    Credentials::load().map_err(|reason| {
        Failure::new(reason).with_hint("mend the file, or name another directory in DOCKER_CONFIG")
    })
}

fn catalogue(asked: &[PathBuf]) -> Result<Catalogue, Failure> {
    let absolute = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let usual = absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".config")))
        .map(|config| config.join("day2").join("addons.d"));
    Catalogue::load(usual.as_deref(), asked).map_err(|reason| {
        Failure::new(format!("catalogue: {reason}")).with_hint(
            "docs/addons.md describes the files; kubectl addons catalogue NAME -o yaml shows one",
        )
    })
}

async fn read(args: &SourceArgs, need: Need) -> Result<Facts, Failure> {
    let read = match &args.snapshot {
        Some(path) => facts::read_snapshot(path),
        None => match ApiServer::connect(&args.connection) {
            Ok(server) => facts::read_live(&server, need).await,
            Err(error) => Err(error),
        },
    };
    read.map_err(|error| failure(&error))
}

fn in_runtime<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the runtime can't start: {error}")))?;
    let result = runtime.block_on(work);
    // A credential helper or a name server that hangs is not waited for.
    runtime.shutdown_background();
    result
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
