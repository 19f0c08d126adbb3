//! The plan, the summary and the status as a person reads them.

use console::{Cell, Columns, Tone, human, short};
use jiff::SignedDuration;

use crate::report::{
    BudgetVerdict, Cordoned, DrainPlan, DrainStatus, DrainSummary, NodeState, NodeStatus, Outcome,
    PlanBudget, PlanNode, PlanPlacement, PlanPod, Verdict,
};

/// More than this many pods are counted, not listed, where all but a few would say the same.
const MOST_LISTED: usize = 12;

/// The whole plan, for `--dry-run`.
pub fn plan(plan: &DrainPlan, colour: bool) -> Vec<String> {
    let mut lines = nodes(plan, colour);
    if !plan.pods.is_empty() {
        lines.push(String::new());
        lines.extend(pods(&plan.pods.iter().collect::<Vec<_>>(), colour));
    }
    lines.extend(budgets(plan, colour));
    lines.extend(remarks(plan));
    lines
}

/// What one should know before one says yes: nodes, budgets, and the pods that are special.
pub fn summary(plan: &DrainPlan, colour: bool) -> Vec<String> {
    let mut lines = nodes(plan, colour);
    let special: Vec<&PlanPod> = plan.pods.iter().filter(|pod| is_special(pod)).collect();
    if !special.is_empty() {
        lines.push(String::new());
        let shown = &special[..special.len().min(MOST_LISTED)];
        lines.extend(pods(shown, colour));
        if special.len() > shown.len() {
            lines.push(format!(
                "and {} more like these; --dry-run shows all",
                special.len() - shown.len()
            ));
        }
    }
    lines.extend(budgets(plan, colour));
    lines.extend(remarks(plan));
    lines
}

fn is_special(pod: &PlanPod) -> bool {
    let nowhere = pod
        .placement
        .as_ref()
        .is_some_and(|placement| placement.nowhere.is_some());
    pod.verdict == Verdict::Blocked
        || pod.verdict == Verdict::Surge
        || pod.only_replica
        || nowhere
        || !pod.leads.is_empty()
        || !pod.lost_volumes.is_empty()
        || (pod.controller.is_none() && pod.verdict != Verdict::Skip)
}

fn table(headers: &[&str], rows: &[Vec<Cell>], colour: bool) -> Vec<String> {
    let mut columns = Columns::default();
    let headers: Vec<Cell> = headers.iter().map(|&header| Cell::from(header)).collect();
    columns.fit(&headers);
    for row in rows {
        columns.fit(row);
    }
    let mut lines = vec![columns.line(&headers, false)];
    lines.extend(rows.iter().map(|row| columns.line(row, colour)));
    lines
}

fn nodes(plan: &DrainPlan, colour: bool) -> Vec<String> {
    type Count = fn(&PlanNode) -> usize;
    let all: [(&str, Count, bool); 5] = [
        ("EVICT", |node| node.evict, true),
        ("DELETE", |node| node.delete, false),
        ("SURGE", |node| node.surge, false),
        ("SKIP", |node| node.skip, true),
        ("BLOCKED", |node| node.blocked, true),
    ];
    // What happens to no pod at all is no column, if it is out of the ordinary.
    let shown: Vec<&(&str, Count, bool)> = all
        .iter()
        .filter(|(_, count, always)| *always || plan.nodes.iter().any(|node| count(node) > 0))
        .collect();
    let rows: Vec<Vec<Cell>> = plan
        .nodes
        .iter()
        .map(|node| {
            let (ready, tone) = if node.ready {
                ("Ready", Tone::Good)
            } else {
                ("NotReady", Tone::Bad)
            };
            let already = if node.cordoned {
                ", cordoned already"
            } else {
                ""
            };
            let mut row = vec![
                Cell::from(node.name.as_str()),
                Cell::toned(format!("{ready}{already}"), tone),
            ];
            row.extend(shown.iter().map(|(name, count, _)| {
                let number = count(node);
                let bad = *name == "BLOCKED" && number > 0;
                Cell::toned(
                    number.to_string(),
                    if bad { Tone::Bad } else { Tone::Plain },
                )
            }));
            row
        })
        .collect();
    let mut headers = vec!["NODE", "STATE"];
    headers.extend(shown.iter().map(|(name, ..)| *name));
    table(&headers, &rows, colour)
}

fn pods(pods: &[&PlanPod], colour: bool) -> Vec<String> {
    let rows: Vec<Vec<Cell>> = pods.iter().map(|pod| pod_row(pod)).collect();
    let headers = [
        "NAMESPACE",
        "POD",
        "NODE",
        "VERDICT",
        "BUDGET",
        "GOES TO",
        "WHY AND WHAT ELSE",
    ];
    table(&headers, &rows, colour)
}

fn pod_row(pod: &PlanPod) -> Vec<Cell> {
    let verdict = match pod.verdict {
        Verdict::Evict => Cell::from("evict"),
        Verdict::Delete => Cell::toned("delete", Tone::Warning),
        Verdict::Surge => Cell::from("surge"),
        Verdict::Skip => Cell::toned("skip", Tone::Faint),
        Verdict::Blocked => Cell::toned("blocked", Tone::Bad),
    };
    let mut budget = pod.budgets.join(",");
    if let Some(round) = pod.round {
        budget = format!("{budget} #{round}");
    }
    let placement = match &pod.placement {
        Some(PlanPlacement {
            node: Some(node), ..
        }) => Cell::from(node.as_str()),
        Some(PlanPlacement {
            nowhere: Some(_), ..
        }) => Cell::toned("nowhere", Tone::Bad),
        Some(PlanPlacement {
            unknown: Some(_), ..
        }) => Cell::toned("<unknown>", Tone::Faint),
        _ => Cell::toned("-", Tone::Faint),
    };
    vec![
        Cell::from(pod.namespace.as_str()),
        Cell::from(pod.name.as_str()),
        Cell::from(pod.node.as_str()),
        verdict,
        if budget.is_empty() {
            Cell::toned("-", Tone::Faint)
        } else {
            Cell::from(budget)
        },
        placement,
        Cell::from(why(pod)),
    ]
}

fn why(pod: &PlanPod) -> String {
    use crate::filters::Filter;
    use crate::report::Rule;
    let mut parts: Vec<String> = Vec::new();
    match pod.rule {
        Rule::NoBudget | Rule::Budget | Rule::EvictionDisabled => {}
        Rule::NotRunning => parts.push("not running, so no budget is asked".into()),
        Rule::Terminating => parts.push("is being deleted already".into()),
        Rule::UnreadyAllowed => parts.push("not ready, and its budget lets such pods go".into()),
        Rule::OnlyReplica => parts.push("its Deployment makes a new pod ready first".into()),
        Rule::BudgetAllowsNone => parts.push("the budget allows no eviction, ever".into()),
        Rule::SeveralBudgets => parts.push("more than one budget selects it".into()),
        Rule::UnreadyPodsHoldBudget => {
            parts.push("pods that don't get ready hold the budget".into());
        }
        Rule::Filter(Filter::DeletedLongAgo) => parts.push("deleted long ago".into()),
        Rule::Filter(Filter::DaemonSet) => parts.push("DaemonSet-managed".into()),
        Rule::Filter(Filter::DaemonSetMissing) => parts.push("its DaemonSet is gone".into()),
        Rule::Filter(Filter::MirrorPod) => parts.push("mirror of a static pod".into()),
        Rule::Filter(Filter::LocalStorage) => parts.push("has emptyDir data".into()),
        Rule::Filter(Filter::NoController) => parts.push("has no controller".into()),
    }
    if pod.only_replica {
        parts.push("the only replica".into());
    }
    if !pod.leads.is_empty() {
        parts.push(format!("leads {}", pod.leads.join(", ")));
    }
    if !pod.lost_volumes.is_empty() {
        parts.push(format!("loses emptyDir {}", pod.lost_volumes.join(", ")));
    }
    if pod.controller.is_none() && matches!(pod.verdict, Verdict::Evict | Verdict::Delete) {
        parts.push("nobody makes it anew".into());
    }
    parts.join("; ")
}

fn budgets(plan: &DrainPlan, colour: bool) -> Vec<String> {
    if plan.budgets.is_empty() {
        return Vec::new();
    }
    let rows: Vec<Vec<Cell>> = plan
        .budgets
        .iter()
        .map(|budget| {
            let (now, tone) = match budget.verdict {
                BudgetVerdict::Allows => {
                    (format!("allows {}", budget.disruptions_allowed), Tone::Good)
                }
                BudgetVerdict::Waits => ("allows none yet".into(), Tone::Warning),
                BudgetVerdict::Never => ("never allows it".into(), Tone::Bad),
            };
            vec![
                Cell::from(format!("{}/{}", budget.namespace, budget.name)),
                Cell::from(budget.asks.as_str()),
                Cell::from(format!(
                    "{} of {}, needs {}",
                    budget.current_healthy, budget.expected_pods, budget.desired_healthy
                )),
                Cell::toned(now, tone),
                Cell::from(sequence(budget)),
            ]
        })
        .collect();
    let mut lines = vec![String::new()];
    lines.extend(table(
        &["BUDGET", "ASKS", "HEALTHY", "NOW", "THIS DRAIN"],
        &rows,
        colour,
    ));
    lines
}

/// `10 pods, 1 at a time`.
fn sequence(budget: &PlanBudget) -> String {
    match (budget.pods, budget.verdict) {
        (_, BudgetVerdict::Never) => "can't be finished".into(),
        (0, _) => "needs nothing of it".into(),
        (1, _) => "1 pod".into(),
        (pods, _) if budget.rounds.len() == 1 => format!("{pods} pods, all at once"),
        (pods, _) => format!(
            "{pods} pods, {} at a time: {} rounds",
            budget.per_round,
            budget.rounds.len()
        ),
    }
}

fn remarks(plan: &DrainPlan) -> Vec<String> {
    let mut lines = Vec::new();
    let nowhere: Vec<&PlanPod> = plan
        .pods
        .iter()
        .filter(|pod| {
            let placement = pod.placement.as_ref();
            placement.is_some_and(|placement| placement.nowhere.is_some())
        })
        .collect();
    if let Some(first) = nowhere.first() {
        let reason = first
            .placement
            .as_ref()
            .and_then(|placement| placement.nowhere.clone());
        lines.push(format!(
            "{} will stay Pending, as {}/{}: {}",
            count(nowhere.len(), "pod"),
            first.namespace,
            first.name,
            reason.unwrap_or_default()
        ));
    }
    for request in &plan.unreadable {
        lines.push(format!(
            "not allowed to {request}: what depends on it is unknown"
        ));
    }
    if plan.full_grace_seconds > 0 {
        let time = SignedDuration::from_secs(plan.full_grace_seconds);
        lines.push(format!(
            "if each pod uses its whole grace period it takes {}, plus the time until replacements are ready",
            human(time)
        ));
    }
    for obstacle in &plan.obstacles {
        lines.push(format!("can't be finished: {obstacle}"));
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

/// `1 pod`, `3 pods`.
pub fn count(number: usize, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}

/// How the drain ended: one line for all, and what is left of each node that was not drained.
pub fn ended(summary: &DrainSummary) -> Vec<String> {
    let time = SignedDuration::try_from_secs_f64(summary.seconds).unwrap_or_default();
    let drained = summary.nodes.iter().filter(|node| node.drained).count();
    let removed = summary.evicted + summary.deleted;
    let outcome = match summary.outcome {
        Outcome::Done => "drained",
        Outcome::Failed => "failed",
        Outcome::NotDone => "not finished",
        Outcome::Timeout => "timed out",
        Outcome::Interrupted => "interrupted",
        Outcome::NotAllowed => "not allowed",
    };
    let mut lines = vec![format!(
        "{outcome}: {drained} of {}, {} removed in {}",
        count(summary.nodes.len(), "node"),
        count(removed, "pod"),
        short(time)
    )];
    if summary.outcome == Outcome::Done {
        return lines;
    }
    for node in &summary.nodes {
        lines.extend(left_of(node));
    }
    lines
}

fn left_of(node: &NodeState) -> Vec<String> {
    let cordon = match node.cordoned {
        Cordoned::ByThisRun => "cordoned by this run",
        Cordoned::Before => "cordoned, but not by this run",
        Cordoned::No => "not cordoned",
        Cordoned::Unknown => "it is not known whether it is cordoned",
    };
    let mut parts = vec![format!(
        "node {}: {cordon}; {} gone",
        node.name,
        count(node.gone, "pod")
    )];
    for (pods, state) in [(&node.terminating, "being deleted"), (&node.left, "left")] {
        if !pods.is_empty() {
            let shown = &pods[..pods.len().min(5)];
            let more = pods.len() - shown.len();
            let and = if more == 0 {
                String::new()
            } else {
                format!(" and {more} more")
            };
            let shown = shown.join(", ");
            parts.push(format!("{} {state} ({shown}{and})", pods.len()));
        }
    }
    if !node.verified {
        parts.push("as last seen".into());
    }
    let mut lines = vec![parts.join(", ")];
    if let Some(undo) = &node.undo {
        lines.push(format!("  to make it schedulable again: {undo}"));
    }
    lines
}

/// What a drain left, for `status`.
pub fn status(status: &DrainStatus, colour: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, node) in status.items.iter().enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        lines.extend(node_status(node, status.time, colour));
    }
    lines
}

fn node_status(node: &NodeStatus, now: jiff::Timestamp, colour: bool) -> Vec<String> {
    let cordon = match (&node.drain, node.cordoned) {
        (Some(mark), true) => {
            let since = mark.started.map_or(String::new(), |started| {
                format!(" {} ago", human(now.duration_since(started)))
            });
            let reason = mark
                .reason
                .as_ref()
                .map_or(String::new(), |reason| format!(": {reason}"));
            format!("cordoned by drain-node{since}{reason}")
        }
        (None, true) => "cordoned, but not by drain-node".into(),
        (_, false) => "not cordoned".into(),
    };
    let ready = if node.ready { "Ready" } else { "NotReady" };
    let mut lines = vec![format!(
        "node {}: {ready}, {cordon}; {} left, {} staying",
        node.name,
        count(node.pods.len(), "pod"),
        node.staying
    )];
    if !node.pods.is_empty() {
        let rows: Vec<Vec<Cell>> = node
            .pods
            .iter()
            .map(|pod| {
                vec![
                    Cell::from(pod.namespace.as_str()),
                    Cell::from(pod.name.as_str()),
                    Cell::from(pod.state),
                    Cell::from(pod.reasons.join("; ")),
                ]
            })
            .collect();
        lines.extend(table(
            &["NAMESPACE", "POD", "STATE", "WHY IT IS STILL THERE"],
            &rows,
            colour,
        ));
    }
    match &node.attached_volumes {
        Some(volumes) if !volumes.is_empty() => {
            lines.push(format!("attached volumes: {}", volumes.join(", ")));
        }
        Some(_) => {}
        None => lines.push("attached volumes are unknown: not allowed to list them".into()),
    }
    if node.cordoned && node.drain.is_some() {
        lines.push(format!(
            "to make it schedulable again: kubectl drain-node undo {}",
            node.name
        ));
    }
    lines
}
