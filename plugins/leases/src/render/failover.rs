//! A failover drill: the plan, its moments as they come, and what came of it.

use console::{Cell, Columns, Failure, Output, OutputFormat, Tone, human, short};
use jiff::{SignedDuration, Timestamp};

use super::View;
use super::details::{contender_row, rows};
use crate::failover::{Method, Moment, Outcome, What};
use crate::report::failover::{FailoverResult, LeaseFailover};

/// Prints the plan; as data only where nothing is to follow.
///
/// # Errors
/// When standard output can't be written.
pub fn plan(plan: &LeaseFailover, view: View, output: &mut Output) -> Result<(), Failure> {
    if !matches!(view.format, OutputFormat::Table | OutputFormat::Wide) {
        return Ok(());
    }
    let lease = &plan.lease;
    let duration = SignedDuration::from_secs(lease.lease_duration_seconds.unwrap_or(15));
    output.line(&format!(
        "Failover of {}/{}, which has a duration of {} and {} changes of holder so far",
        lease.namespace,
        lease.name,
        human(duration),
        lease.transitions.unwrap_or(0)
    ))?;
    rows(
        &["  NAME", "NODE", "ROLE", "LED", "KNOWN BY"],
        &plan
            .contenders
            .iter()
            .map(|contender| contender_row(contender, plan.time))
            .collect::<Vec<_>>(),
        output,
    )?;
    output.line(match plan.method {
        Method::Hold => {
            "The Lease is held by this command for its duration, so that the leader can't renew and gives up; then it is freed."
        }
        Method::EndTerm => {
            "Another candidate is named as preferred, upon which the leader renews no more and gives up; then there is an election."
        }
    })?;
    output
        .line("Nobody leads for some seconds; a leader that exits is restarted by its kubelet.")?;
    output.flush()
}

/// Prints all as data.
///
/// # Errors
/// When standard output can't be written.
pub fn data(report: &LeaseFailover, view: View, output: &mut Output) -> Result<(), Failure> {
    match view.format {
        OutputFormat::Json => output.json(report)?,
        OutputFormat::Yaml => output.yaml(report)?,
        OutputFormat::Name => output.line(&super::name(&report.lease))?,
        OutputFormat::Table | OutputFormat::Wide => {
            if let Some(result) = &report.result {
                outcome(report, result, output)?;
            }
        }
    }
    output.flush()
}

/// The moments of a drill, a line each as they come.
#[derive(Debug, Default)]
pub struct Moments {
    columns: Columns,
    printed: usize,
}

impl Moments {
    /// Prints those that have come since.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub fn print(
        &mut self,
        moments: &[Moment],
        taken: Option<Timestamp>,
        view: View,
        output: &mut Output,
    ) -> Result<(), Failure> {
        if !matches!(view.format, OutputFormat::Table | OutputFormat::Wide) {
            return Ok(());
        }
        for moment in &moments[self.printed..] {
            let after = taken.map_or(SignedDuration::ZERO, |taken| {
                moment.time.duration_since(taken)
            });
            let cells = [
                Cell::from(moment.time.strftime("%H:%M:%S%.3f").to_string()),
                Cell::from(format!("{:>6}", short(after))),
                Cell::from(words(moment)),
            ];
            output.row(&mut self.columns, &cells)?;
        }
        self.printed = moments.len();
        output.flush()
    }
}

fn words(moment: &Moment) -> String {
    let who = moment.identity.as_deref().unwrap_or("nobody");
    match moment.what {
        What::LastRenewal => format!("last renewal by {who}"),
        What::Taken => "taken: the leader can't renew any more".into(),
        What::GivenUp => format!("given up by {who}"),
        What::Freed => "freed: whoever comes first may lead".into(),
        What::Elected => format!("elected: {who}"),
        What::Acquired => format!("{who} leads"),
        What::OldLeaderEnded => format!("{who} ended"),
        What::Undone => "undone: the leader may go on if it has not given up yet".into(),
    }
}

fn outcome(
    report: &LeaseFailover,
    result: &FailoverResult,
    output: &mut Output,
) -> Result<(), Failure> {
    let name = |identity: Option<&str>| {
        identity
            .and_then(|identity| identity.split('_').next())
            .unwrap_or("nobody")
            .to_owned()
    };
    let old = report
        .lease
        .holder
        .as_ref()
        .map_or_else(|| "nobody".to_owned(), |holder| holder.name.clone());
    let new = result.new_holder.as_ref().map_or_else(
        || name(result.new_holder_identity.as_deref()),
        |holder| holder.name.clone(),
    );
    let gap = result.gap_seconds.map(short).unwrap_or_default();
    let (text, tone) = match result.outcome {
        Outcome::TakenOver => (
            format!("{new} leads, {gap} after the last renewal by {old}"),
            Tone::Good,
        ),
        Outcome::TakenBack => (
            format!("{old} leads again, {gap} after its last renewal: nobody else took over"),
            Tone::Warning,
        ),
        Outcome::NobodyLeads => ("nobody leads yet".to_owned(), Tone::Bad),
        Outcome::Interrupted => (
            format!("interrupted, and given back to {old}"),
            Tone::Warning,
        ),
    };
    output.line("")?;
    let mut columns = Columns::default();
    columns.fit(&[Cell::from("Left on the Lease:")]);
    let mut row = |label: &str, text: Cell| output.row(&mut columns, &[Cell::from(label), text]);
    row("Outcome:", Cell::toned(text, tone))?;
    row("Without leader:", Cell::from(leaderless(result)))?;
    row("Old leader:", Cell::from(old_leader(result)))?;
    let left = if result.left.is_empty() {
        Cell::from("nothing")
    } else {
        Cell::toned(result.left.join(", "), Tone::Bad)
    };
    row("Left on the Lease:", left)
}

fn leaderless(result: &FailoverResult) -> String {
    if result.outcome == Outcome::Interrupted {
        return "not at all, if the leader had not given up yet".into();
    }
    if let Some(time) = result.leaderless_seconds {
        return format!("{}, from the end of the old leader on", short(time));
    }
    let most = result
        .acquired
        .zip(result.taken)
        .map(|(acquired, taken)| acquired.duration_since(taken));
    match most {
        Some(most) => format!(
            "at most {}: when the old leader stopped can't be seen from here",
            short(most)
        ),
        None => "until now".into(),
    }
}

fn old_leader(result: &FailoverResult) -> String {
    let Some(old) = &result.old_leader else {
        return "its pod is not known".into();
    };
    let code = old
        .exit_code
        .filter(|_| old.restarted)
        .map(|code| format!(", exit code {code}"))
        .unwrap_or_default();
    if old.restarted {
        format!("the process in pod {} was restarted{code}", old.pod)
    } else {
        format!(
            "the process in pod {} was not restarted so far: it stepped down, or is not reported yet",
            old.pod
        )
    }
}
