//! The report on a screen.

mod scale_down;

use console::{Cell, Failure, Output, Tone};

use crate::cli::{Format, FormatFlags};
use crate::report::{Head, NodeAddition, PodGroup, PodsLeft, total};
use crate::scale_up::{Autoscaler, Decision, GroupChange, OutcomeReport, ScaleUpPlan};
use crate::until_stable::ScaleUpTimeline;
use crate::why::{Fate, PodExplanation};

pub use scale_down::scale_down_plan;

/// Reasons that a summary shows of each owner; wide shows all.
const REASONS: usize = 2;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub(crate) wide: bool,
    headers: bool,
}

impl View {
    /// What the flags ask for.
    #[must_use]
    pub fn new(flags: &FormatFlags) -> Self {
        Self {
            wide: flags.output == Format::Wide,
            headers: !flags.no_headers,
        }
    }

    /// A table with or without its header.
    pub(crate) fn table(
        self,
        output: &mut Output,
        headers: &[&str],
        rows: &[Vec<Cell>],
    ) -> Result<(), Failure> {
        let headers = if self.headers { headers } else { &[] };
        output.table(headers, rows, Clone::clone)
    }
}

/// Prints what more nodes would help.
///
/// # Errors
/// When standard output can't be written.
pub fn node_addition(
    report: &NodeAddition,
    view: View,
    output: &mut Output,
) -> Result<(), Failure> {
    let left: usize = report.pods_left.iter().map(|own| own.pods.count).sum();
    output.line(&format!(
        "{} {}: {} helped, {}{}",
        counted(report.new_nodes.len(), "more node"),
        report.like,
        counted(total(&report.pods_helped), "pod"),
        stay_pending(left),
        match total(&report.pods_schedulable) {
            0 => String::new(),
            count => format!("; {} fit on nodes that are there", counted(count, "pod")),
        }
    ))?;
    output.line("")?;
    nodes(report, view, output)?;
    pod_groups("HELPED", &report.pods_helped, view, output)?;
    if view.wide {
        pod_groups("FIT WITHOUT", &report.pods_schedulable, view, output)?;
    }
    pods_left(&report.pods_left, view, output)?;
    head(&report.head, output)
}

fn nodes(report: &NodeAddition, view: View, output: &mut Output) -> Result<(), Failure> {
    const SHOWN: usize = 5;
    let shown = if view.wide {
        report.new_nodes.len()
    } else {
        SHOWN
    };
    let rows: Vec<Vec<Cell>> = report
        .new_nodes
        .iter()
        .take(shown)
        .map(|node| {
            let tone = if node.pods.is_empty() {
                Tone::Warning
            } else {
                Tone::Plain
            };
            vec![
                Cell::from(node.name.as_str()),
                Cell::toned(node.pods.len().to_string(), tone),
                Cell::from(node.daemon_pods.len().to_string()),
                Cell::from(share(
                    node.usage.requested_milli_cpu,
                    node.usage.allocatable_milli_cpu,
                )),
                Cell::from(share(
                    node.usage.requested_memory_bytes,
                    node.usage.allocatable_memory_bytes,
                )),
            ]
        })
        .collect();
    view.table(
        output,
        &["NEW NODE", "PODS", "DAEMONS", "CPU", "MEMORY"],
        &rows,
    )?;
    let unused = report
        .new_nodes
        .iter()
        .filter(|node| node.pods.is_empty())
        .count();
    if let Some(more) = report
        .new_nodes
        .len()
        .checked_sub(shown)
        .filter(|more| *more > 0)
    {
        output.line(&format!("and {more} more (-o wide shows them)"))?;
    }
    if unused > 0 {
        output.line(&format!(
            "{} stay without a pod that waits",
            counted(unused, "new node")
        ))?;
    }
    output.line("")
}

/// Prints what the autoscaler would add now.
///
/// # Errors
/// When standard output can't be written.
pub fn scale_up_plan(report: &ScaleUpPlan, view: View, output: &mut Output) -> Result<(), Failure> {
    headline(report, output)?;
    output.line("")?;
    changes(&report.decisions, view, output)?;
    if view.wide {
        groups(&report.autoscaler, view, output)?;
    }
    if let Some(first) = report.outcomes.first() {
        if view.wide {
            pod_groups("HELPED", &first.pods_helped, view, output)?;
            pod_groups("FIT ALREADY", &first.pods_schedulable, view, output)?;
        }
        pod_groups("LATER LOOP", &first.pods_awaiting, view, output)?;
        pods_left(&first.pods_left, view, output)?;
    }
    pod_groups("TOO LOW PRIORITY", &report.expendable, view, output)?;
    pod_groups("DAEMONSET, NO ROOM", &report.daemon_set_pods, view, output)?;
    if view.wide {
        pod_groups("NOT LOOKED AT", &report.not_considered, view, output)?;
    }
    sources(&report.autoscaler, output)?;
    for why in &report.incomplete {
        output.line(&format!("unknown: there may be more outcomes: {why}"))?;
    }
    head(&report.head, output)
}

/// One line that says it all.
fn headline(report: &ScaleUpPlan, output: &mut Output) -> Result<(), Failure> {
    const SHOWN: usize = 3;
    let Some(first) = report.outcomes.first() else {
        return output.line("no outcome");
    };
    let then = consequence(&report.outcomes, report);
    if report.decisions.len() > 1 {
        let all: Vec<String> = (report.decisions.iter().take(SHOWN))
            .map(|own| added(&own.scale_ups))
            .collect();
        let more = match report.decisions.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" | {more} more"),
        };
        return output.line(&format!(
            "tie, left to chance: {}{more}; {then}",
            all.join(" | ")
        ));
    }
    let text = match first.result {
        "ScaleUpSuccessful" => added(&first.scale_ups),
        "ScaleUpNotNeeded" => "nothing to add: no pod needs a new node".to_owned(),
        "ScaleUpNoOptionsAvailable" if report.autoscaler.node_groups.is_empty() => {
            "nothing to add: no node group is known".to_owned()
        }
        "ScaleUpNoOptionsAvailable" => "nothing to add: no node group can help".to_owned(),
        "ScaleUpNotTried" => "nothing to add: too many nodes are not ready, or none is".to_owned(),
        "ScaleUpInCooldown" => "nothing to add yet: all pods are very young".to_owned(),
        "ScaleUpLimitedByMaxNodesTotal" => {
            "nothing to add: the cluster has as many nodes as it may (max-nodes-total)".to_owned()
        }
        other => format!("nothing to add: {other}"),
    };
    output.line(&format!("{text}; {then}"))
}

fn added(changes: &[GroupChange]) -> String {
    if changes.is_empty() {
        return "nothing".to_owned();
    }
    let all: Vec<String> = changes
        .iter()
        .map(|own| format!("+{} {}", own.add, own.group))
        .collect();
    all.join(", ")
}

/// Pods helped and left, by these outcomes of the report; a range where they differ.
pub(crate) fn consequence(outcomes: &[OutcomeReport], report: &ScaleUpPlan) -> String {
    let range = |count: fn(&OutcomeReport) -> usize| {
        let all = || outcomes.iter().map(count);
        let (least, most) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
        if least == most {
            (most.to_string(), most)
        } else {
            (format!("{least} to {most}"), most)
        }
    };
    let plural = |most: usize| if most == 1 { "pod" } else { "pods" };
    let mut text = Vec::new();
    let (helped, most) = range(|own| total(&own.pods_helped));
    if most > 0 {
        text.push(format!("{helped} {} helped", plural(most)));
    }
    let (fit, most) = range(|own| total(&own.pods_schedulable));
    if most > 0 {
        text.push(format!(
            "{fit} {} already",
            if most == 1 { "pod fits" } else { "pods fit" }
        ));
    }
    let (later, most) = range(|own| total(&own.pods_awaiting));
    if most > 0 {
        text.push(format!("{later} {} wait for a later loop", plural(most)));
    }
    let (left, most) = range(|own| own.pods_left.iter().map(|own| own.pods.count).sum());
    let others = passed_over(report);
    match most {
        0 if !others.is_empty() => {}
        0 => text.push("none stays pending".to_owned()),
        1 => text.push(format!("{left} pod stays pending")),
        _ => text.push(format!("{left} pods stay pending")),
    }
    text.extend(others);
    text.join(", ")
}

/// Pods that the autoscaler does not look at, however long they wait.
fn passed_over(report: &ScaleUpPlan) -> Vec<String> {
    let mut all = Vec::new();
    match total(&report.daemon_set_pods) {
        0 => {}
        1 => all.push("1 DaemonSet pod has no room on its node".to_owned()),
        count => all.push(format!(
            "{count} DaemonSet pods have no room on their nodes"
        )),
    }
    match total(&report.expendable) {
        0 => {}
        1 => all.push("1 pod of too low priority stays pending".to_owned()),
        count => all.push(format!("{count} pods of too low priority stay pending")),
    }
    match total(&report.not_considered) {
        0 => {}
        1 => all.push("1 pod is not looked at".to_owned()),
        count => all.push(format!("{count} pods are not looked at")),
    }
    all
}

/// Groups that grow, by decision.
fn changes(decisions: &[Decision], view: View, output: &mut Output) -> Result<(), Failure> {
    const SHOWN: usize = 6;
    let many = decisions.len() > 1;
    let shown = if view.wide { decisions.len() } else { SHOWN };
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for own in decisions.iter().take(shown) {
        let chance = own.likelihood.map_or_else(
            || Cell::toned("<unknown>", Tone::Faint),
            |share| Cell::from(percent(share)),
        );
        let (least, most) = own.pods_helped;
        let helped = if least == most {
            most.to_string()
        } else {
            format!("{least} to {most}")
        };
        for (change, at) in own.scale_ups.iter().zip(0..) {
            let mut row = change_cells(change).to_vec();
            row.push(Cell::from(if at == 0 { helped.as_str() } else { "" }));
            row.extend((many && at == 0).then(|| chance.clone()));
            rows.push(row);
        }
        if own.scale_ups.is_empty() && many {
            let mut row = vec![Cell::toned("<none>", Tone::Faint)];
            row.extend((1..5).map(|_| Cell::from("")));
            row.push(Cell::from(helped));
            row.push(chance);
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let headers = [
        "GROUP",
        "ADD",
        "NOW",
        "AFTER",
        "MAX",
        "PODS HELPED",
        "CHANCE",
    ];
    view.table(output, if many { &headers } else { &headers[..6] }, &rows)?;
    more(decisions.len(), shown, output)?;
    output.line("")
}

/// A likelihood in whole percent, which is no promise at either end.
fn percent(share: f64) -> String {
    match share * 100.0 {
        small if small < 1.0 => "<1%".to_owned(),
        large if large > 99.0 && large < 100.0 => ">99%".to_owned(),
        other => format!("{other:.0}%"),
    }
}

fn change_cells(change: &GroupChange) -> [Cell; 5] {
    [
        Cell::from(change.group.as_str()),
        Cell::toned(format!("+{}", change.add), Tone::Good),
        Cell::from(change.from.to_string()),
        Cell::from(change.to.to_string()),
        known(change.max),
    ]
}

fn known(value: Option<i64>) -> Cell {
    value.map_or_else(
        || Cell::toned("<unknown>", Tone::Faint),
        |value| Cell::from(value.to_string()),
    )
}

/// All groups.
fn groups(autoscaler: &Autoscaler, view: View, output: &mut Output) -> Result<(), Failure> {
    if autoscaler.node_groups.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = autoscaler
        .node_groups
        .iter()
        .map(|own| {
            vec![
                Cell::from(own.name.as_str()),
                known(own.min),
                known(own.max),
                Cell::from(own.target.to_string()),
                Cell::from(own.nodes.to_string()),
                own.price.map_or_else(
                    || Cell::toned("<unknown>", Tone::Faint),
                    |price| Cell::from(price.to_string()),
                ),
                own.backoff
                    .as_deref()
                    .map_or_else(|| Cell::from(""), |why| Cell::toned(why, Tone::Warning)),
            ]
        })
        .collect();
    view.table(
        output,
        &[
            "NODE GROUP",
            "MIN",
            "MAX",
            "TARGET",
            "NODES",
            "PRICE",
            "BACKED OFF",
        ],
        &rows,
    )?;
    output.line("")
}

fn sources(own: &Autoscaler, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!("node groups: {}", own.node_groups_from))?;
    output.line(&format!(
        "autoscaler: {}; expander {}",
        own.flags_from,
        own.expander.join(",")
    ))
}

/// Prints why a pod stays pending.
///
/// # Errors
/// When standard output can't be written.
pub fn pod_explanation(
    report: &PodExplanation,
    view: View,
    output: &mut Output,
) -> Result<(), Failure> {
    const SHOWN: usize = 3;
    let node = report.node.as_deref().unwrap_or("<unknown>");
    let fate = match report.fate {
        Fate::Bound => format!("is on node {node}"),
        Fate::Schedulable if report.node.is_some() => format!("fits on node {node}"),
        Fate::Schedulable => "fits on a node that comes anyway".to_owned(),
        Fate::Helped => "gets a node: the autoscaler adds one for it".to_owned(),
        Fate::Chance if report.may_stay => "may get a node: chance decides".to_owned(),
        Fate::Chance => {
            "gets a node that is there or comes, if not in this loop then in a later one: chance decides (--until-stable plays them)".to_owned()
        }
        Fate::LaterLoop => {
            "waits for a later loop: the autoscaler could help it (--until-stable plays them)"
                .to_owned()
        }
        Fate::Left => "stays pending".to_owned(),
        Fate::NotConsidered => {
            "is not looked at: the scheduler has not found it unschedulable".to_owned()
        }
        Fate::Expendable => "is not looked at: its priority is too low".to_owned(),
    };
    output.line(&format!("pod {} {fate}", report.pod))?;
    if report.fate == Fate::Bound {
        return Ok(());
    }
    output.line("")?;
    let shown = if view.wide {
        report.changes.len()
    } else {
        SHOWN
    };
    let rows: Vec<Vec<Cell>> = report
        .changes
        .iter()
        .take(shown)
        .map(|own| {
            vec![
                Cell::toned(own.change.as_str(), Tone::Good),
                Cell::from(own.then.as_str()),
            ]
        })
        .collect();
    if !rows.is_empty() {
        view.table(output, &["CHANGE THAT HELPS (TRIED)", "THEN"], &rows)?;
        more(report.changes.len(), shown, output)?;
        output.line("")?;
    } else if report.tried > 0 {
        output.line(&format!(
            "no change that helps was found among {} that were tried",
            report.tried
        ))?;
        output.line("")?;
    }
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (group, reasons) in report.rejected.iter().chain(&report.skipped) {
        rows.push(vec![
            Cell::from(group.as_str()),
            Cell::from(reasons.join(", ")),
        ]);
    }
    if !rows.is_empty() {
        view.table(output, &["NODE GROUP", "WHY NOT"], &rows)?;
        output.line("")?;
    }
    let rows: Vec<Vec<Cell>> = report
        .nodes_by_reason
        .iter()
        .map(|own| {
            vec![
                Cell::from(own.nodes.to_string()),
                Cell::from(own.reasons.join(", ")),
            ]
        })
        .collect();
    if !rows.is_empty() {
        view.table(output, &["NODES", "WHY NOT"], &rows)?;
        output.line("")?;
    }
    sources(&report.autoscaler, output)?;
    head(&report.head, output)
}

/// Prints a timeline.
///
/// # Errors
/// When standard output can't be written.
pub fn timeline(report: &ScaleUpTimeline, view: View, output: &mut Output) -> Result<(), Failure> {
    let left: usize = report.pods_left.iter().map(|own| own.pods.count).sum();
    output.line(&format!(
        "{}{}: {}, {} bound, {}",
        if report.stable {
            "stable after "
        } else {
            "not stable after "
        },
        counted(report.loops.len(), "loop"),
        added(&report.scale_ups),
        counted(total(&report.pods_bound), "pod"),
        stay_pending(left)
    ))?;
    output.line("")?;
    let rows: Vec<Vec<Cell>> = report
        .loops
        .iter()
        .map(|own| {
            let tone = if own.outcomes > 1 {
                Tone::Warning
            } else {
                Tone::Plain
            };
            vec![
                Cell::from(own.number.to_string()),
                Cell::from(added(&own.scale_ups)),
                Cell::from(total(&own.pods_bound).to_string()),
                Cell::from(own.waiting.to_string()),
                Cell::toned(own.outcomes.to_string(), tone),
                Cell::from(own.result),
            ]
        })
        .collect();
    view.table(
        output,
        &[
            "LOOP",
            "ADD",
            "PODS BOUND",
            "STILL WAIT",
            "OUTCOMES",
            "RESULT",
        ],
        &rows,
    )?;
    output.line("")?;
    if view.wide {
        groups(&report.autoscaler, view, output)?;
        pod_groups("BOUND", &report.pods_bound, view, output)?;
    }
    pods_left(&report.pods_left, view, output)?;
    sources(&report.autoscaler, output)?;
    if report.loops.iter().any(|own| own.outcomes > 1) {
        output.line(
            "unknown: chance decides where a loop has several outcomes; the likeliest is followed",
        )?;
    }
    head(&report.head, output)
}

/// Pods by owner.
pub(crate) fn pod_groups(
    title: &str,
    groups: &[PodGroup],
    view: View,
    output: &mut Output,
) -> Result<(), Failure> {
    const SHOWN: usize = 8;
    if groups.is_empty() {
        return Ok(());
    }
    let shown = if view.wide { groups.len() } else { SHOWN };
    let rows: Vec<Vec<Cell>> = groups
        .iter()
        .take(shown)
        .map(|own| {
            let mut row = vec![Cell::from(owner(own)), Cell::from(own.count.to_string())];
            if view.wide {
                row.push(Cell::from(own.pods.join(", ")));
            }
            row
        })
        .collect();
    let headers = [title, "PODS", "NAMES"];
    view.table(
        output,
        if view.wide { &headers } else { &headers[..2] },
        &rows,
    )?;
    more(groups.len(), shown, output)?;
    output.line("")
}

/// Pods that stay pending, most first.
pub(crate) fn pods_left(left: &[PodsLeft], view: View, output: &mut Output) -> Result<(), Failure> {
    const SHOWN: usize = 8;
    if left.is_empty() {
        return Ok(());
    }
    let mut sorted: Vec<&PodsLeft> = left.iter().collect();
    sorted.sort_by_key(|own| std::cmp::Reverse(own.pods.count));
    let shown = if view.wide { sorted.len() } else { SHOWN };
    let rows: Vec<Vec<Cell>> = sorted
        .iter()
        .take(shown)
        .map(|own| {
            let mut row = vec![
                Cell::toned(owner(&own.pods), Tone::Bad),
                Cell::from(own.pods.count.to_string()),
                Cell::from(why(own, view.wide)),
            ];
            if view.wide {
                row.push(Cell::from(own.pods.pods.join(", ")));
            }
            row
        })
        .collect();
    let headers = ["STAY PENDING", "PODS", "WHY", "NAMES"];
    view.table(
        output,
        if view.wide { &headers } else { &headers[..3] },
        &rows,
    )?;
    more(sorted.len(), shown, output)?;
    output.line("")
}

fn more(all: usize, shown: usize, output: &mut Output) -> Result<(), Failure> {
    match all.checked_sub(shown).filter(|more| *more > 0) {
        Some(more) => output.line(&format!("and {more} more (-o wide shows them)")),
        None => Ok(()),
    }
}

/// The reasons of all groups, those of most groups first, each with its groups.
fn why(own: &PodsLeft, wide: bool) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (group, all) in own.rejected.iter().chain(&own.skipped) {
        for reason in all {
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, groups)) => groups.push(group),
                None => reasons.push((reason, vec![group])),
            }
        }
    }
    if reasons.is_empty() {
        return own.message.clone().unwrap_or_default();
    }
    reasons.sort_by_key(|(_, groups)| std::cmp::Reverse(groups.len()));
    let shown = if wide { reasons.len() } else { REASONS };
    let mut text: Vec<String> = reasons
        .iter()
        .take(shown)
        .map(|(reason, groups)| {
            let groups = if wide {
                groups.join(", ")
            } else {
                crate::node_groups::listed(groups)
            };
            format!("{reason} ({groups})")
        })
        .collect();
    if let Some(more) = reasons.len().checked_sub(shown).filter(|more| *more > 0) {
        text.push(format!("{} more", counted(more, "reason")));
    }
    text.join("; ")
}

/// What was assumed, and what is unknown: part of the answer.
pub(crate) fn head(head: &Head, output: &mut Output) -> Result<(), Failure> {
    for (title, all) in [("assumed", &head.assumed), ("unknown", &head.unknown)] {
        for text in all {
            output.line(&format!("{title}: {text}"))?;
        }
    }
    Ok(())
}

/// `namespace/kind/name`, or a pod's own name.
pub(crate) fn owner(own: &PodGroup) -> String {
    let kind = own.owner_kind.as_deref().unwrap_or("Pod");
    format!("{}/{kind}/{}", own.namespace, own.owner)
}

/// `1 pod`, `2 pods`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `1 pod stays pending`.
pub(crate) fn stay_pending(count: usize) -> String {
    match count {
        0 => "none stays pending".to_owned(),
        1 => "1 pod stays pending".to_owned(),
        _ => format!("{count} pods stay pending"),
    }
}

/// A share in whole percent.
pub(crate) fn share(part: i64, whole: i64) -> String {
    match part.saturating_mul(100).checked_div(whole) {
        Some(percent) => format!("{percent}%"),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_and_cut() {
        let group = |name: &str, reasons: &[&str]| {
            (
                name.to_owned(),
                reasons.iter().map(|&text| text.to_owned()).collect(),
            )
        };
        let own = PodsLeft {
            rejected: [
                group("a", &["Insufficient cpu", "Insufficient memory"]),
                group("b", &["Insufficient cpu"]),
            ]
            .into(),
            skipped: [group("c", &["max node group size reached"])].into(),
            ..PodsLeft::default()
        };
        assert_eq!(
            why(&own, false),
            "Insufficient cpu (a, b); Insufficient memory (a); 1 reason more"
        );
        assert!(why(&own, true).ends_with("max node group size reached (c)"));
        let plain = PodsLeft {
            message: Some("0/1 nodes".into()),
            ..PodsLeft::default()
        };
        assert_eq!(why(&plain, false), "0/1 nodes");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(counted(1, "pod"), "1 pod");
        assert_eq!(counted(0, "pod"), "0 pods");
        assert_eq!(stay_pending(0), "none stays pending");
        assert_eq!(share(1, 0), "-");
        assert_eq!(share(1500, 2000), "75%");
    }
}
