//! `status` and `undo`: what a drain left, and taking its cordon back.

use std::collections::BTreeMap;

use cluster::{ApiServer, Error};
use console::{ExitCode, Failure, Output, OutputFormat};

use crate::act::cordon::{read_node, uncordon};
use crate::act::{Attachment, attached};
use crate::budget::{Gate, gate};
use crate::cli::{DrainFlags, StatusArgs, UndoArgs, node_name};
use crate::facts::{self, Facts};
use crate::filters::{FilterOptions, filter};
use crate::node::Node;
use crate::pod::{Phase, Pod};
use crate::report::{API_VERSION, DrainStatus, NodeStatus, RemainingPod};
use crate::stuck::reasons;
use crate::{facts_failure, failure};

/// Shows what a drain left.
///
/// # Errors
/// When the cluster can't be read.
pub async fn status(server: &ApiServer, args: &StatusArgs) -> Result<ExitCode, Failure> {
    let flags = DrainFlags {
        nodes: args.nodes.clone(),
        no_placement: true,
        ..DrainFlags::default()
    };
    let facts = facts::read(server, &flags)
        .await
        .map_err(|error| facts_failure(&error))?;
    let volumes = match attached(server).await {
        Ok(volumes) => Some(volumes),
        Err(Error::Forbidden { .. }) => None,
        Err(error) => return Err(failure(&error)),
    };
    let report = report(&facts, volumes.as_deref());
    let mut output = Output::stdout();
    match args.output.output {
        OutputFormat::Json => output.json(&report)?,
        OutputFormat::Yaml => output.yaml(&report)?,
        OutputFormat::Name => {
            for pod in report.items.iter().flat_map(|node| &node.pods) {
                output.line(&format!("pod/{}/{}", pod.namespace, pod.name))?;
            }
        }
        OutputFormat::Table | OutputFormat::Wide => {
            let colour = console::Terminal::of_stdout().colour;
            for line in crate::render::status(&report, colour) {
                output.line(&line)?;
            }
        }
    }
    output.flush()?;
    Ok(ExitCode::Done)
}

fn report(facts: &Facts, volumes: Option<&[Attachment]>) -> DrainStatus {
    let items = facts
        .nodes
        .iter()
        .map(|node| node_status(node, facts, volumes))
        .collect();
    DrainStatus {
        api_version: API_VERSION,
        kind: "DrainStatus",
        time: facts.now,
        items,
    }
}

fn node_status(node: &Node, facts: &Facts, volumes: Option<&[Attachment]>) -> NodeStatus {
    // All that a drain with every permission would remove.
    let options = FilterOptions {
        force: true,
        ignore_daemonsets: true,
        delete_emptydir_data: true,
        skip_deleted_after: 0,
    };
    let own = facts.pods.iter().filter(|pod| pod.node == node.name);
    let (going, staying): (Vec<&Pod>, Vec<&Pod>) =
        own.partition(|pod| filter(pod, options, &facts.daemon_sets, facts.now).goes());
    let attached: Option<Vec<String>> = volumes.map(|volumes| {
        let own = volumes.iter().filter(|volume| volume.node == node.name);
        own.map(|volume| volume.volume.clone()).collect()
    });
    NodeStatus {
        name: node.name.clone(),
        ready: node.is_ready(),
        cordoned: node.unschedulable,
        drain: node.mark.clone(),
        pods: going
            .into_iter()
            .map(|pod| remaining(pod, node, attached.as_deref().unwrap_or_default(), facts))
            .collect(),
        staying: staying.len(),
        attached_volumes: attached,
    }
}

fn remaining(pod: &Pod, node: &Node, attached: &[String], facts: &Facts) -> RemainingPod {
    let (state, reasons) = if pod.is_terminating() {
        (
            "terminating",
            reasons(pod, &node.kubelet, attached, facts.now),
        )
    } else {
        let state = match pod.phase {
            Phase::Succeeded | Phase::Failed => "finished",
            Phase::Pending => "pending",
            Phase::Running | Phase::Unknown => "running",
        };
        (state, standing_in_the_way(pod, facts))
    };
    RemainingPod {
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        uid: pod.uid.clone(),
        state,
        reasons,
    }
}

fn standing_in_the_way(pod: &Pod, facts: &Facts) -> Vec<String> {
    match gate(pod, &facts.budgets) {
        Gate::Several(budgets) => {
            let names: Vec<String> = budgets.iter().map(|budget| budget.key()).collect();
            vec![format!(
                "more than one disruption budget: {}",
                names.join(", ")
            )]
        }
        Gate::Needs(budget) if budget.allowed_now() == 0 => vec![format!(
            "disruption budget {} ({}) allows no eviction: {}",
            budget.key(),
            budget.asks,
            budget.reason()
        )],
        _ => Vec::new(),
    }
}

/// Takes back the cordons that this plugin set.
///
/// # Errors
/// When a node is not there, or was cordoned by somebody else.
pub async fn undo(server: &ApiServer, args: &UndoArgs) -> Result<ExitCode, Failure> {
    let mut nodes: BTreeMap<&str, Node> = BTreeMap::new();
    for given in &args.nodes {
        let name = node_name(given)?;
        let node = read_node(server, name)
            .await
            .map_err(|error| failure(&error))?;
        let node = node.ok_or_else(|| Failure::new(format!("nodes \"{name}\" not found")))?;
        if node.unschedulable && node.mark.is_none() {
            return Err(Failure::new(format!(
                "node \"{name}\" is cordoned, but not by drain-node; nothing was changed"
            ))
            .with_hint(format!("kubectl uncordon {name}")));
        }
        nodes.insert(name, node);
    }
    let mut output = Output::stdout();
    for (name, node) in nodes {
        let undone = match &node.mark {
            Some(mark) => uncordon(server, name, &mark.id)
                .await
                .map_err(|error| failure(&error.into()))?,
            None => false,
        };
        let word = if undone && node.unschedulable {
            "uncordoned"
        } else {
            "already uncordoned"
        };
        output.line(&format!("node/{name} {word}"))?;
    }
    output.flush()?;
    Ok(ExitCode::Done)
}
