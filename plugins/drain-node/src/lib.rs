//! `kubectl drain-node`: what a drain will do, then the drain: fast, exact, undoable.

mod act;
mod budget;
pub mod cli;
mod dry_run;
mod facts;
mod filters;
mod leaders;
mod node;
mod placement;
mod plan;
mod pod;
mod render;
mod report;
mod rights;
pub mod schema;
mod screen;
mod snapshot;
mod status;
mod stuck;
mod workload;

use std::path::Path;

use cluster::{ApiServer, Error};
use console::{Consent, ExitCode, Failure, Interrupts, Output, OutputFormat, confirm, note};

use crate::act::{Aftermath, eprint_line};
use crate::cli::{DrainArgs, DrainCommand, DrainFlags, DryRun};
use crate::facts::{Facts, FactsError};
use crate::plan::PlanOptions;
use crate::report::DrainPlan;
use crate::screen::Screen;

/// The `ClusterRole` that allows all this plugin asks for.
const CLUSTER_ROLE: &str = "ClusterRole \"day2-drain-node\" in docs/rbac/drain-node.yaml allows it";

/// Runs the command.
///
/// # Errors
/// What the user is told when it fails.
pub fn run(args: &DrainArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the runtime can't start: {error}")))?;
    let code = runtime.block_on(async {
        let connect = |flags| ApiServer::connect(flags).map_err(|error| failure(&error));
        match &args.command {
            None => {
                args.drain.check(args.output.output)?;
                if let Some(path) = &args.drain.snapshot {
                    return plan_from(path, args).await;
                }
                drain(&connect(&args.connection)?, args).await
            }
            Some(DrainCommand::Status(args)) => {
                status::status(&connect(&args.connection)?, args).await
            }
            Some(DrainCommand::Undo(args)) => status::undo(&connect(&args.connection)?, args).await,
        }
    });
    // What is still under way must not keep the process.
    runtime.shutdown_background();
    code
}

/// Plans from a snapshot.
async fn plan_from(path: &Path, args: &DrainArgs) -> Result<ExitCode, Failure> {
    let flags = &args.drain;
    let mut facts = snapshot::read(path, flags).map_err(|error| facts_failure(&error))?;
    if facts.nodes.is_empty() {
        note("no node has these labels");
        return Ok(ExitCode::Done);
    }
    let plan = plan::plan(&mut facts, options(flags));
    dry_run::show(None, flags, args.output.output, &facts, &plan).await
}

fn options(flags: &DrainFlags) -> PlanOptions {
    PlanOptions {
        filters: flags.filters(),
        delete: flags.disable_eviction,
        surge: flags.surge,
        grace: flags.grace(),
    }
}

async fn drain(server: &ApiServer, args: &DrainArgs) -> Result<ExitCode, Failure> {
    let flags = &args.drain;
    let format = args.output.output;
    let mut facts = facts::read(server, flags)
        .await
        .map_err(|error| facts_failure(&error))?;
    if facts.nodes.is_empty() {
        note("no node has these labels");
        return Ok(ExitCode::Done);
    }
    let plan = plan::plan(&mut facts, options(flags));
    if flags.dry_run != DryRun::None {
        return dry_run::show(Some(server), flags, format, &facts, &plan).await;
    }
    let json = format == OutputFormat::Json;
    if json {
        let mut output = Output::stdout();
        output.json_line(&plan)?;
        output.flush()?;
    } else if !plan.warnings.is_empty() {
        eprint_line(&format!("Warning: {}", plan.warnings.join("; ")));
    }
    if !plan.possible && !flags.proceed_anyway {
        return Err(blocked(&plan, json));
    }
    let aftermath = Aftermath::prepare(server, flags, &facts, &plan).await?;
    let rights = rights::needed(&plan, flags, &aftermath.kinds());
    if let Some(request) = rights::missing(server, &rights).await {
        let message = format!("not allowed to {request}; nothing was changed");
        return Err(Failure::new(message)
            .with_code(ExitCode::NotAllowed)
            .with_hint(CLUSTER_ROLE));
    }
    let mut interrupts = Interrupts::listen()?;
    if !consent(flags, &plan)? {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let screen = Screen::new(json);
    act::drain(
        server,
        flags,
        &facts,
        &plan,
        aftermath,
        &mut interrupts,
        screen,
    )
    .await
}

/// Shows the summary and asks, where there is somebody to ask.
fn consent(flags: &DrainFlags, plan: &DrainPlan) -> Result<bool, Failure> {
    use std::io::IsTerminal;
    if flags.yes || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(true);
    }
    let colour = console::Terminal::of_stdout().colour;
    for line in render::summary(plan, colour) {
        eprint_line(&line);
    }
    eprint_line("");
    let question = format!("Drain {}?", render::count(plan.nodes.len(), "node"));
    Ok(confirm(&question, false)? != Consent::Refused)
}

/// Says why a plan can't succeed, in kubectl's words where it has some.
fn blocked(plan: &DrainPlan, json: bool) -> Failure {
    if !json {
        for line in render::summary(plan, console::Terminal::of_stdout().colour) {
            eprint_line(&line);
        }
        eprint_line("");
    }
    let names: Vec<String> = plan
        .nodes
        .iter()
        .map(|node| format!("\"{}\"", node.name))
        .collect();
    let word = if names.len() == 1 { "node" } else { "nodes" };
    Failure::new(format!(
        "unable to drain {word} {}: {}; nothing was changed",
        names.join(", "),
        plan.obstacles.join("; ")
    ))
    .with_code(ExitCode::BadNews)
    .with_hint("change what stands in the way, or drain what can be drained with --proceed-anyway")
}

/// What the user is told when the plan can't be made.
fn facts_failure(error: &FactsError) -> Failure {
    match error {
        FactsError::Read(error) => failure(error),
        FactsError::NoNode(name) => Failure::new(format!("nodes \"{name}\" not found"))
            .with_hint("kubectl get nodes lists those there are"),
        FactsError::Usage(failure) => failure.clone(),
    }
}

/// What the user is told when the cluster can't be read or changed.
fn failure(error: &Error) -> Failure {
    let code = match error {
        Error::Forbidden { .. } => ExitCode::NotAllowed,
        error if error.is_usage() => ExitCode::Usage,
        _ => ExitCode::Failed,
    };
    let failure = Failure::new(error.to_string()).with_code(code);
    match error.hint() {
        Some(hint) => failure.with_hint(hint),
        None if code == ExitCode::NotAllowed => failure.with_hint(CLUSTER_ROLE),
        None => failure,
    }
}

/// Everything of the facts that acting needs, without what the scheduler held.
impl Facts {
    /// The pod with this UID.
    fn pod(&self, uid: &str) -> Option<&pod::Pod> {
        self.pods.iter().find(|pod| pod.uid == uid)
    }
}
