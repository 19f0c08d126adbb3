//! `--dry-run`: the plan, kubectl's lines, and what the API server says to each request.

use cluster::{ApiServer, WriteError, in_parallel};
use console::{ExitCode, Failure, Output, OutputFormat, Terminal};
use serde::de::IgnoredAny;

use crate::act::cordon::cordon;
use crate::act::eprint_line;
use crate::act::evict::{deletion, eviction, restart, words};
use crate::cli::{DrainFlags, DryRun};
use crate::facts::Facts;
use crate::failure;
use crate::report::{DrainMark, DrainPlan, PlanPod, Verdict};
use crate::workload::deployment_of;

/// Shows the plan and changes nothing. Without a server there is nobody to ask for a dry run.
///
/// # Errors
/// When the server refuses a dry run for want of a right.
pub async fn show(
    server: Option<&ApiServer>,
    flags: &DrainFlags,
    format: OutputFormat,
    facts: &Facts,
    plan: &DrainPlan,
) -> Result<ExitCode, Failure> {
    let mut output = Output::stdout();
    match format {
        OutputFormat::Json => output.json(plan)?,
        OutputFormat::Yaml => output.yaml(plan)?,
        OutputFormat::Name => {
            for pod in plan.pods.iter().filter(|pod| goes(pod)) {
                output.line(&format!("pod/{}/{}", pod.namespace, pod.name))?;
            }
        }
        OutputFormat::Table | OutputFormat::Wide => {
            if !plan.warnings.is_empty() {
                eprint_line(&format!("Warning: {}", plan.warnings.join("; ")));
            }
            for line in crate::render::plan(plan, Terminal::of_stdout().colour) {
                output.line(&line)?;
            }
        }
    }
    output.flush()?;
    let refused = match server.filter(|_| flags.dry_run == DryRun::Server) {
        Some(server) => ask(server, flags, facts, plan).await?,
        None => 0,
    };
    if matches!(format, OutputFormat::Table | OutputFormat::Wide) && plan.possible {
        lines(&mut output, flags, plan)?;
    }
    output.flush()?;
    Ok(if plan.possible && refused == 0 {
        ExitCode::Done
    } else {
        ExitCode::BadNews
    })
}

fn goes(pod: &PlanPod) -> bool {
    !matches!(pod.verdict, Verdict::Skip | Verdict::Blocked)
}

/// The lines that kubectl drain prints.
fn lines(output: &mut Output, flags: &DrainFlags, plan: &DrainPlan) -> Result<(), Failure> {
    let mode = match flags.dry_run {
        DryRun::Server => "server dry run",
        DryRun::Client | DryRun::None => "dry run",
    };
    output.line("")?;
    for node in &plan.nodes {
        let word = if node.cordoned {
            "already cordoned"
        } else {
            "cordoned"
        };
        output.line(&format!("node/{} {word} ({mode})", node.name))?;
    }
    for node in &plan.nodes {
        let own = plan.pods.iter().filter(|pod| pod.node == node.name);
        for pod in own.filter(|pod| goes(pod)) {
            output.line(&format!(
                "evicting pod {}/{} ({mode})",
                pod.namespace, pod.name
            ))?;
        }
        output.line(&format!("node/{} drained ({mode})", node.name))?;
    }
    Ok(())
}

/// Sends each request as a dry run; returns how many were refused.
///
/// A dry run asks each budget anew and takes nothing from it, so that several pods of one budget are
/// all allowed: the plan's rounds say what happens really.
async fn ask(
    server: &ApiServer,
    flags: &DrainFlags,
    facts: &Facts,
    plan: &DrainPlan,
) -> Result<usize, Failure> {
    let mark = DrainMark::default();
    let nodes = plan.nodes.iter().filter(|node| !node.cordoned);
    let cordons = nodes.map(|node| cordon(server, &node.name, &mark, true));
    for result in in_parallel(cordons).await {
        result.map_err(|error| failure(&error.into()))?;
    }
    let pods: Vec<&PlanPod> = plan.pods.iter().filter(|pod| goes(pod)).collect();
    let requests = pods.iter().filter_map(|in_plan| {
        let pod = facts.pod(&in_plan.uid)?;
        let grace = flags.grace();
        let write = match in_plan.verdict {
            Verdict::Delete => deletion(pod, grace, true),
            Verdict::Surge => {
                let (deployment, _) = deployment_of(pod, &facts.workloads)?;
                restart(&pod.namespace, &deployment.name, facts.now, true)
            }
            _ => eviction(pod, grace, true),
        };
        Some(async move {
            let result = server.write::<IgnoredAny>(&write).await;
            (pod, result)
        })
    });
    let mut refused = 0;
    for (pod, result) in in_parallel(requests).await {
        match result {
            Ok(_) => {}
            Err(error) if error.is_forbidden() => return Err(failure(&error.into())),
            Err(error) => {
                refused += 1;
                let words = match &error {
                    WriteError::Refused(refusal) => words(refusal),
                    WriteError::Unanswered(error) => error.to_string(),
                };
                eprint_line(&format!("pod {}: {words} (server dry run)", pod.key()));
            }
        }
    }
    Ok(refused)
}
