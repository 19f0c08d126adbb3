//! What a scale-down would remove, on a screen.

use std::collections::BTreeMap;

use console::{Cell, Failure, Output, Tone, human};
use jiff::Timestamp;

use super::{View, added, counted, groups, head, percent, sources};
use crate::scale_down::{Fate, FirstDeletion, NodeVerdict, ScaleDownPlan};

/// Nodes that a summary shows; wide shows all.
const SHOWN: usize = 20;
/// Nodes, or choices, that one line names.
const NAMED: usize = 3;

/// Prints what a scale-down would remove.
///
/// # Errors
/// When standard output can't be written.
pub fn scale_down_plan(
    report: &ScaleDownPlan,
    view: View,
    output: &mut Output,
) -> Result<(), Failure> {
    output.line(&headline(report))?;
    output.line("")?;
    nodes(report, view, output)?;
    if view.wide {
        groups(&report.autoscaler, view, output)?;
    }
    output.line(&limits(report))?;
    sources(&report.autoscaler, output)?;
    for why in &report.incomplete {
        output.line(&format!("unknown: there may be more outcomes: {why}"))?;
    }
    head(&report.head, output)
}

fn count(report: &ScaleDownPlan, fate: Fate) -> usize {
    report
        .verdicts
        .iter()
        .filter(|own| own.verdict == fate)
        .count()
}

/// One line that says it all.
fn headline(report: &ScaleDownPlan) -> String {
    if let Some(why) = report.not_looked {
        return format!("no node goes: {why}");
    }
    let waits = count(report, Fate::Waits);
    if !report.grows_first.is_empty() {
        let delay = jiff::SignedDuration::from_secs(report.limits.delay_after_add_seconds);
        return format!(
            "no node goes now: {} comes first, and nothing goes for {} after that; unneeded now: {}",
            added(&report.grows_first),
            human(delay),
            counted(waits, "node")
        );
    }
    let mut parts = vec![first(report)];
    if waits > 0 {
        parts.push(format!("{waits} wait{}", if waits == 1 { "s" } else { "" }));
    }
    let leaving = count(report, Fate::Leaving);
    if leaving > 0 {
        parts.push(format!(
            "{} being deleted",
            if leaving == 1 {
                "1 is".to_owned()
            } else {
                format!("{leaving} are")
            }
        ));
    }
    let stays = count(report, Fate::Stays);
    parts.push(format!("{stays} stay{}", if stays == 1 { "s" } else { "" }));
    parts.join(", ")
}

/// What goes first, and when.
fn first(report: &ScaleDownPlan) -> String {
    let Some(own) = report.first.first() else {
        return "no node goes".to_owned();
    };
    let when = format!("{} (at {})", until(own.time, report.head.time), own.time);
    if report.first_ways == 1 {
        let verb = if own.nodes.len() == 1 { "goes" } else { "go" };
        return format!("{} {verb} {when}", named(&own.nodes));
    }
    let same =
        |other: &FirstDeletion| (other.nodes.len(), other.time) == (own.nodes.len(), own.time);
    if report.first_ways > NAMED && report.first.iter().all(same) {
        let (go, may) = (count(report, Fate::Goes), count(report, Fate::MayGo));
        let rest = own.nodes.len().saturating_sub(go);
        let who = match go {
            0 => format!("{rest} of {may} nodes"),
            go => format!("{} and {rest} of {may} others", counted(go, "node")),
        };
        let verb = if own.nodes.len() == 1 { "goes" } else { "go" };
        return format!("{who}, left to chance, {verb} first {when}");
    }
    let shown = report.first.iter().take(NAMED);
    let choices: Vec<String> = shown.map(|own| named(&own.nodes)).collect();
    let more = match report.first_ways.saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" | {more} more"),
    };
    format!(
        "tie, left to chance: {}{more} first {when}",
        choices.join(" | ")
    )
}

/// A few names, and how many more there are.
fn named(nodes: &[String]) -> String {
    let names: Vec<&str> = nodes.iter().map(String::as_str).collect();
    match names.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

/// `now`, `in 10m`.
fn until(time: Timestamp, now: Timestamp) -> String {
    let left = time.duration_since(now);
    if left.is_positive() {
        format!("in {}", human(left))
    } else {
        "now".to_owned()
    }
}

fn nodes(report: &ScaleDownPlan, view: View, output: &mut Output) -> Result<(), Failure> {
    if report.verdicts.is_empty() {
        return Ok(());
    }
    let shown = if view.wide {
        report.verdicts.len()
    } else {
        SHOWN
    };
    let rows: Vec<Vec<Cell>> = (report.verdicts.iter().take(shown))
        .map(|own| row(own, report.head.time, view.wide))
        .collect();
    let mut headers = vec![
        "NODE", "GROUP", "VERDICT", "EARLIEST", "USED", "RULE", "WHY",
    ];
    if view.wide {
        headers.extend(["CPU", "MEMORY", "EVICTED PODS"]);
    }
    view.table(output, &headers, &rows)?;
    if let Some(rest) = report.verdicts.get(shown..).filter(|rest| !rest.is_empty()) {
        output.line(&cut(rest))?;
    }
    output.line("")
}

/// The nodes that are not shown, by rule.
fn cut(rest: &[NodeVerdict]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for own in rest {
        *counts.entry(rule(own)).or_default() += 1;
    }
    let mut sorted: Vec<(String, usize)> = counts.into_iter().collect();
    sorted.sort_by_key(|own| std::cmp::Reverse(own.1));
    let said: Vec<String> = (sorted.iter())
        .map(|(rule, count)| format!("{count} {rule}"))
        .collect();
    format!(
        "and {} more (-o wide shows them): {}",
        rest.len(),
        said.join(", ")
    )
}

/// The rule in the autoscaler's words; of a pod that blocks, that rule.
fn rule(own: &NodeVerdict) -> String {
    let why = &own.why;
    let word = why.blocking_reason.as_ref().or(why.reason.as_ref());
    word.map_or_else(|| verdict(own), Clone::clone)
}

fn verdict(own: &NodeVerdict) -> String {
    match own.verdict {
        Fate::Goes => "goes".to_owned(),
        Fate::MayGo => match own.likelihood {
            Some(share) => format!("may go ({})", percent(share)),
            None => "may go".to_owned(),
        },
        Fate::Waits => "waits".to_owned(),
        Fate::Leaving => "leaving".to_owned(),
        Fate::Stays => "stays".to_owned(),
    }
}

fn row(own: &NodeVerdict, now: Timestamp, wide: bool) -> Vec<Cell> {
    let tone = match own.verdict {
        Fate::Goes | Fate::MayGo => Tone::Good,
        Fate::Waits | Fate::Leaving => Tone::Warning,
        Fate::Stays => Tone::Plain,
    };
    let none = || Cell::toned("<none>", Tone::Faint);
    let share = |share: f64| format!("{:.0}%", share * 100.0);
    let word = own.why.blocking_reason.as_ref().or(own.why.reason.as_ref());
    let mut why = own.why.explanation.clone();
    for other in &own.otherwise {
        why = format!("{why}; or {}", other.explanation);
    }
    if own.verdict == Fate::MayGo {
        why = format!("if not: {why}");
    }
    let used = own.utilization.as_ref();
    let mut cells = vec![
        Cell::from(own.node.as_str()),
        own.group.as_deref().map_or_else(none, Cell::from),
        Cell::toned(verdict(own), tone),
        own.earliest
            .map_or_else(none, |time| Cell::from(until(time, now))),
        used.map_or_else(none, |used| {
            Cell::from(format!("{} {}", share(used.counts), used.resource))
        }),
        word.map_or_else(none, |word| Cell::from(word.as_str())),
        Cell::from(why),
    ];
    if wide {
        let on = |of: Option<f64>| of.map_or_else(none, |of| Cell::from(share(of)));
        let measured = used.filter(|used| used.gpu.is_none());
        cells.push(on(measured.map(|used| used.cpu)));
        cells.push(on(measured.map(|used| used.memory)));
        cells.push(Cell::from(own.evicted_pods.join(", ")));
    }
    cells
}

/// The limits that decide most.
fn limits(report: &ScaleDownPlan) -> String {
    let own = &report.limits;
    let time = |seconds: i64| human(jiff::SignedDuration::from_secs(seconds));
    format!(
        "limits: at most {:.0}% requested, unneeded for {} ({} if not ready), {} at once ({} with pods), {} after nodes were added",
        own.utilization_threshold * 100.0,
        time(own.unneeded_seconds),
        time(own.unready_seconds),
        own.most_at_once,
        own.most_drained_at_once,
        time(own.delay_after_add_seconds),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale_down::{Limits, Why};
    use crate::scale_up::Autoscaler;

    fn plan(first: &[(&[&str], f64)], fates: &[(&str, Fate)]) -> ScaleDownPlan {
        let cluster = crate::cluster_autoscaler::Cluster::new(
            crate::cluster_autoscaler::Options::default(),
            "2026-01-01T12:00:00Z".parse().unwrap(),
        );
        let node = |&(name, verdict): &(&str, Fate)| NodeVerdict {
            node: name.to_owned(),
            group: None,
            verdict,
            likelihood: None,
            why: Why {
                reason: Some("NotUnderutilized".to_owned()),
                ..Why::default()
            },
            otherwise: Vec::new(),
            utilization: None,
            unneeded_since: None,
            earliest: None,
            evicted_pods: Vec::new(),
        };
        let first: Vec<FirstDeletion> = (first.iter())
            .map(|(nodes, likelihood)| FirstDeletion {
                time: "2026-01-01T12:10:01Z".parse().unwrap(),
                likelihood: Some(*likelihood),
                nodes: nodes.iter().map(|&own| own.to_owned()).collect(),
            })
            .collect();
        ScaleDownPlan {
            limits: Limits::of(&cluster.options),
            head: crate::report::Head::new("ScaleDownPlan", &cluster),
            autoscaler: Autoscaler::default(),
            not_looked: None,
            grows_first: Vec::new(),
            first_ways: first.len(),
            first,
            verdicts: fates.iter().map(node).collect(),
            incomplete: Vec::new(),
        }
    }

    #[test]
    fn the_first_line_says_it_all() {
        use Fate::{Goes, MayGo, Stays, Waits};
        let when = "in 10m (at 2026-01-01T12:10:01Z)";
        for (first, fates, want) in [
            (
                &[][..],
                &[("a", Stays), ("b", Stays)][..],
                "no node goes, 2 stay".to_owned(),
            ),
            (
                &[(&["a"][..], 1.0)],
                &[("a", Goes), ("b", Waits), ("c", Stays)],
                format!("a goes {when}, 1 waits, 1 stays"),
            ),
            (
                &[(&["a", "b", "c", "d", "e"][..], 1.0)],
                &[("a", Goes)],
                format!("a, b, c and 2 more go {when}, 0 stay"),
            ),
            (
                &[(&["a"][..], 0.6), (&["b"], 0.4)],
                &[("a", MayGo), ("b", MayGo), ("c", Waits), ("d", Waits)],
                format!("tie, left to chance: a | b first {when}, 2 wait, 0 stay"),
            ),
            (
                &[
                    (&["z", "a"][..], 0.25),
                    (&["z", "b"], 0.25),
                    (&["z", "c"], 0.25),
                    (&["z", "d"], 0.25),
                ],
                &[
                    ("z", Goes),
                    ("a", MayGo),
                    ("b", MayGo),
                    ("c", MayGo),
                    ("d", MayGo),
                ],
                format!("1 node and 1 of 4 others, left to chance, go first {when}, 0 stay"),
            ),
        ] {
            assert_eq!(headline(&plan(first, fates)), want);
        }
        let mut later = plan(&[], &[("a", Waits)]);
        later.grows_first.push(crate::scale_up::GroupChange {
            group: "web".to_owned(),
            add: 2,
            from: 1,
            to: 3,
            max: None,
        });
        assert_eq!(
            headline(&later),
            "no node goes now: +2 web comes first, and nothing goes for 10m after that; unneeded now: 1 node"
        );
        later.not_looked = Some("no node group is known");
        assert_eq!(headline(&later), "no node goes: no node group is known");
    }

    #[test]
    fn what_is_not_shown_is_counted_by_rule() {
        let own = plan(&[], &[("a", Fate::Stays), ("b", Fate::Stays)]);
        assert_eq!(
            cut(&own.verdicts),
            "and 2 more (-o wide shows them): 2 NotUnderutilized"
        );
    }
}
