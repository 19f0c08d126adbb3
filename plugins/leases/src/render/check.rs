//! What is wrong, one line a finding; or all in one line for a monitoring system.

use console::{Cell, Columns, Failure, Output, OutputFormat, Tone, human, short};
use jiff::SignedDuration;

use super::View;
use crate::check::{Finding, Reason, Severity};
use crate::report::LeaseItem;
use crate::report::check::LeaseCheck;

/// Prints it in the form that is asked for; nothing where all is well, except as data.
///
/// # Errors
/// When standard output can't be written.
pub fn print(check: &LeaseCheck, view: View, output: &mut Output) -> Result<(), Failure> {
    match view.format {
        OutputFormat::Json => output.json(check)?,
        OutputFormat::Yaml => output.yaml(check)?,
        OutputFormat::Name => output.line(&one_line(check))?,
        OutputFormat::Table | OutputFormat::Wide => {
            let mut columns = Columns::default();
            for finding in &check.findings {
                columns.fit(&row(finding));
            }
            for finding in &check.findings {
                output.row(&mut columns, &row(finding))?;
            }
        }
    }
    output.flush()
}

/// What to say on a terminal where nothing was found.
#[must_use]
pub fn all_well(check: &LeaseCheck) -> String {
    format!("all is well: {}", checked(check))
}

fn row(finding: &Finding) -> Vec<Cell> {
    let (word, tone) = match finding.severity {
        Severity::Warning => ("warning", Tone::Warning),
        Severity::Critical => ("critical", Tone::Bad),
    };
    vec![
        Cell::toned(word, tone),
        Cell::from(full_name(finding)),
        Cell::from(words(finding)),
    ]
}

fn full_name(finding: &Finding) -> String {
    match &finding.namespace {
        Some(namespace) => format!("{namespace}/{}", finding.name),
        None => finding.name.clone(),
    }
}

fn words(finding: &Finding) -> String {
    let Some(item) = &finding.lease else {
        return "does not exist".into();
    };
    let lag = item.lag_seconds.map_or_else(|| "ever".to_owned(), short);
    let holder = item
        .holder
        .as_ref()
        .map_or("nobody", |holder| holder.name.as_str());
    match finding.reason {
        Reason::Missing => "does not exist".into(),
        Reason::Late => format!("late: {holder} has not renewed for {lag}{}", duration(item)),
        Reason::Expired => format!(
            "expired: {holder} has not renewed for {lag}{}, and nobody took over",
            duration(item)
        ),
        Reason::NoLeader => format!("nobody leads: {} for {lag}", item.state),
        Reason::HeartbeatLate => format!("no heartbeat of the node for {lag}"),
        Reason::HeartbeatLost => {
            format!("no heartbeat of the node for {lag}: it is taken for lost")
        }
        Reason::ApiServerSilent => {
            format!("the API server on {holder} has not renewed its identity for {lag}")
        }
        Reason::Unknown => "can't be judged: its times or its duration are missing or wrong".into(),
    }
}

fn duration(item: &LeaseItem) -> String {
    item.lease_duration_seconds
        .map(|seconds| format!(" (duration {})", human(SignedDuration::from_secs(seconds))))
        .unwrap_or_default()
}

fn checked(check: &LeaseCheck) -> String {
    let counted = |count: usize, one: &str, several: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {several}")),
    };
    let kinds: Vec<String> = [
        counted(check.checked.elections, "election", "elections"),
        counted(check.checked.nodes, "node heartbeat", "node heartbeats"),
        counted(
            check.checked.api_servers,
            "API server identity",
            "API server identities",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if kinds.is_empty() {
        "no Leases".into()
    } else {
        kinds.join(", ")
    }
}

/// As the Monitoring Plugins' guidelines have it: status, what it is about, and figures after a bar.
fn one_line(check: &LeaseCheck) -> String {
    let (critical, warning) = (
        check.count(Severity::Critical),
        check.count(Severity::Warning),
    );
    let status = match (critical, warning) {
        (0, 0) => "OK",
        (0, _) => "WARNING",
        _ => "CRITICAL",
    };
    let about = match &check.findings[..] {
        [] => checked(check),
        [one] => format!("{} {}", full_name(one), words(one)),
        [worst, ..] => format!(
            "{} {}, and {} more",
            full_name(worst),
            words(worst),
            check.findings.len() - 1
        ),
    };
    let all = check.checked.elections + check.checked.nodes + check.checked.api_servers;
    format!(
        "LEASES {status} - {about} | checked={all} critical={critical} warning={warning}",
        about = about.replace('|', "/")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Limits, Required};
    use crate::facts::Facts;
    use crate::lease::{Lease, Time};
    use crate::report::check::check;
    use crate::report::{SortKey, report};

    fn checked_at(now: &str, limits: &Limits) -> LeaseCheck {
        let facts = Facts {
            leases: vec![Lease {
                namespace: "kube-system".into(),
                name: "kube-scheduler".into(),
                holder: Some("controller-0_4e7a".into()),
                duration_seconds: Some(15),
                renewed: Time::At("2026-01-01T00:00:00Z".parse().unwrap()),
                ..Lease::default()
            }],
            now: now.parse().unwrap(),
            ..Facts::default()
        };
        check(&report(facts, SortKey::Name), limits)
    }

    #[test]
    fn one_line_says_it_all() {
        let required = Limits {
            required: vec![Required {
                namespace: None,
                name: "other".into(),
            }],
            ..Limits::default()
        };
        for (now, limits, expected) in [
            (
                "2026-01-01T00:00:01Z",
                Limits::default(),
                "LEASES OK - 1 election | checked=1 critical=0 warning=0",
            ),
            (
                "2026-01-01T00:00:12Z",
                Limits::default(),
                "LEASES WARNING - kube-system/kube-scheduler late: controller-0 has not renewed for 12.0s (duration 15s) | checked=1 critical=0 warning=1",
            ),
            (
                "2026-01-01T00:00:17.260Z",
                required,
                "LEASES CRITICAL - other does not exist, and 1 more | checked=1 critical=2 warning=0",
            ),
        ] {
            assert_eq!(one_line(&checked_at(now, &limits)), expected);
        }
    }
}
