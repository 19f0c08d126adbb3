//! Karpenter's plan on a screen.

use std::collections::BTreeMap;

use console::{Cell, Failure, Output, Tone};

use crate::karpenter_plan::{
    ClaimReport, CommandReport, ConsolidationReport, KarpenterPlan, LeftPods, LimitReport,
    PoolReport,
};
use crate::render::{View, counted, head, stay_pending};

/// Reasons and pods that a summary shows; wide shows all.
const SHOWN: usize = 3;

/// Prints what Karpenter would do.
///
/// # Errors
/// When standard output can't be written.
pub fn plan(report: &KarpenterPlan, view: View, output: &mut Output) -> Result<(), Failure> {
    headline(report, output)?;
    output.line("")?;
    if view.wide {
        every_claim(report, view, output)?;
    } else {
        claims(report, view, output)?;
    }
    placed(report, view, output)?;
    left("STAYS PENDING", &report.pods_left, view, output)?;
    left("NOT LOOKED AT", &report.pods_ignored, view, output)?;
    pools(report, view, output)?;
    if let Some(own) = &report.consolidation {
        consolidation(own, view, output)?;
    }
    chance(report, output)?;
    head(&report.head, output)
}

fn headline(report: &KarpenterPlan, output: &mut Output) -> Result<(), Failure> {
    let pods: usize = report.claims.iter().map(|own| own.pods.len()).sum();
    let fit: usize = report.placed.iter().map(|own| own.pods.len()).sum();
    let pending: usize = report.pods_left.iter().map(|own| own.pods.len()).sum();
    let text = match report.claims.len() {
        0 => "no new node".to_owned(),
        count => format!(
            "{} for {}, {} an hour, {} a month",
            counted(count, "new node"),
            counted(pods, "pod"),
            money(report.cost.per_hour),
            money(report.cost.per_month)
        ),
    };
    let fit = match fit {
        0 => "",
        1 => "1 pod fits on nodes that are there; ",
        _ => &format!("{fit} pods fit on nodes that are there; "),
    };
    output.line(&format!("{text}; {fit}{}", stay_pending(pending)))
}

/// Up to four places behind the point, and at least two.
#[must_use]
pub fn money(amount: f64) -> String {
    let text = format!("{amount:.4}");
    let short = text.trim_end_matches('0');
    let places = short.len() - short.find('.').map_or(0, |at| at + 1);
    if places >= 2 {
        return short.to_owned();
    }
    format!("{amount:.2}")
}

/// What a node would most likely be; more where the price is the same.
fn launch(own: &ClaimReport) -> [String; 3] {
    let choose = |all: Vec<&str>| {
        let mut all = all;
        all.sort_unstable();
        all.dedup();
        all.join("|")
    };
    let launches = || own.launches.iter();
    [
        choose(launches().map(|own| own.instance_type.as_str()).collect()),
        choose(launches().map(|own| own.zone.as_str()).collect()),
        choose(launches().map(|own| own.capacity_type.as_str()).collect()),
    ]
}

/// Claims of one kind in a line.
fn claims(report: &KarpenterPlan, view: View, output: &mut Output) -> Result<(), Failure> {
    let mut kinds: BTreeMap<(String, [String; 3]), (usize, usize, f64)> = BTreeMap::new();
    for own in &report.claims {
        let kind = kinds
            .entry((own.node_pool.clone(), launch(own)))
            .or_default();
        kind.0 += 1;
        kind.1 += own.pods.len();
        kind.2 += own.price_per_hour;
    }
    let rows: Vec<Vec<Cell>> = kinds
        .into_iter()
        .map(|((pool, [kind, zone, capacity]), (nodes, pods, price))| {
            vec![
                Cell::from(pool),
                Cell::toned(format!("+{nodes}"), Tone::Good),
                Cell::from(kind),
                Cell::from(zone),
                Cell::from(capacity),
                Cell::from(pods.to_string()),
                Cell::from(money(price)),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let headers = [
        "NODEPOOL",
        "ADD",
        "LIKELY TYPE",
        "ZONE",
        "CAPACITY",
        "PODS",
        "PRICE/H",
    ];
    view.table(output, &headers, &rows)?;
    output.line("")
}

fn every_claim(report: &KarpenterPlan, view: View, output: &mut Output) -> Result<(), Failure> {
    let rows: Vec<Vec<Cell>> = report
        .claims
        .iter()
        .map(|own| {
            let [kind, zone, capacity] = launch(own);
            let types = own.instance_types.len();
            vec![
                Cell::from(own.node_pool.as_str()),
                Cell::from(kind),
                Cell::from(zone),
                Cell::from(capacity),
                Cell::from(money(own.price_per_hour)),
                Cell::from(types.to_string()),
                Cell::from(own.pods.join(" ")),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let headers = [
        "NODEPOOL",
        "LIKELY TYPE",
        "ZONE",
        "CAPACITY",
        "PRICE/H",
        "TYPES",
        "PODS",
    ];
    view.table(output, &headers, &rows)?;
    output.line("")
}

fn placed(report: &KarpenterPlan, view: View, output: &mut Output) -> Result<(), Failure> {
    if report.placed.is_empty() || !view.wide {
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = report
        .placed
        .iter()
        .map(|own| {
            vec![
                Cell::from(own.node.as_str()),
                Cell::from(own.pods.join(" ")),
            ]
        })
        .collect();
    view.table(output, &["NODE", "TAKES"], &rows)?;
    output.line("")
}

fn left(title: &str, all: &[LeftPods], view: View, output: &mut Output) -> Result<(), Failure> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for own in all {
        let shown = if view.wide { own.pods.len() } else { SHOWN };
        let mut pods: Vec<&str> = own.pods.iter().take(shown).map(String::as_str).collect();
        let more = own.pods.len().saturating_sub(shown);
        let rest = format!("and {more} more");
        if more > 0 {
            pods.push(&rest);
        }
        let reasons = if view.wide { own.reasons.len() } else { SHOWN };
        for (at, reason) in own.reasons.iter().take(reasons).enumerate() {
            let first = if at == 0 {
                pods.join(" ")
            } else {
                String::new()
            };
            rows.push(vec![
                Cell::toned(first, Tone::Warning),
                Cell::from(reason.as_str()),
            ]);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    view.table(output, &[title, "WHY"], &rows)?;
    output.line("")
}

fn pools(report: &KarpenterPlan, view: View, output: &mut Output) -> Result<(), Failure> {
    let shown = report.node_pools.iter().filter(|own| {
        view.wide || own.left_out.is_some() || own.limits.iter().any(|own| own.exceeded)
    });
    let rows: Vec<Vec<Cell>> = shown.map(pool).collect();
    if rows.is_empty() {
        return Ok(());
    }
    view.table(
        output,
        &["NODEPOOL", "WEIGHT", "NODES", "LIMITS", "LEFT OUT"],
        &rows,
    )?;
    output.line("")
}

fn pool(own: &PoolReport) -> Vec<Cell> {
    let limit = |own: &LimitReport| {
        let over = if own.exceeded { ", exceeded" } else { "" };
        format!("{} {} of {}{over}", own.resource, own.used, own.limit)
    };
    let limits: Vec<String> = own.limits.iter().map(limit).collect();
    let over = own.limits.iter().any(|own| own.exceeded);
    vec![
        Cell::from(own.name.as_str()),
        Cell::from(own.weight.to_string()),
        Cell::from(format!("+{}", own.claims)),
        Cell::toned(
            limits.join("; "),
            if over { Tone::Bad } else { Tone::Plain },
        ),
        Cell::toned(own.left_out.clone().unwrap_or_default(), Tone::Bad),
    ]
}

fn consolidation(
    report: &ConsolidationReport,
    view: View,
    output: &mut Output,
) -> Result<(), Failure> {
    let now = match (&report.empty[..], &report.together) {
        ([], None) => "nothing goes for several nodes at once".to_owned(),
        ([], Some(own)) => format!(
            "{} at once{}, saves {} an hour",
            own.nodes.join(", "),
            instead(own),
            money(own.saves_per_hour)
        ),
        (empty, _) => format!("empty nodes go first: {}", empty.join(", ")),
    };
    output.line(&format!("consolidation: {now}"))?;
    let rows: Vec<Vec<Cell>> = report
        .nodes
        .iter()
        .map(|own| {
            let saves = own.command.as_ref().map(|own| money(own.saves_per_hour));
            let tone = if own.verdict == "stays" {
                Tone::Plain
            } else {
                Tone::Good
            };
            let why = own.why.clone();
            let what = own.command.as_ref().map(instead);
            vec![
                Cell::from(own.node.as_str()),
                Cell::from(own.node_pool.as_str()),
                Cell::from(money(own.price_per_hour)),
                Cell::toned(own.verdict, tone),
                Cell::from(saves.unwrap_or_default()),
                Cell::from(why.or(what).unwrap_or_default().trim().to_owned()),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let headers = ["NODE", "NODEPOOL", "PRICE/H", "BY ITSELF", "SAVES/H", "WHY"];
        view.table(output, &headers, &rows)?;
    }
    output.line("")
}

/// What comes instead.
fn instead(own: &CommandReport) -> String {
    match own.instance_types.as_slice() {
        [] => String::new(),
        [one] => format!(" for {one}"),
        [first, rest @ ..] => format!(" for {first} or one of {} others", rest.len()),
    }
}

fn chance(report: &KarpenterPlan, output: &mut Output) -> Result<(), Failure> {
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for own in &report.left_to_chance {
        *keys.entry(&own.key).or_default() += 1;
    }
    for (key, count) in keys {
        output.line(&format!(
            "left to chance: {} of {key} among equally good values; shown is the first by name (-o json has all)",
            counted(count, "choice")
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::money;

    #[test]
    fn money_has_two_to_four_places() {
        assert_eq!(money(0.0), "0.00");
        assert_eq!(money(1.5), "1.50");
        assert_eq!(money(0.0231), "0.0231");
        assert_eq!(money(300.123_456), "300.1235");
    }
}
