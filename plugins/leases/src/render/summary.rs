//! What a watch remembers, as a table.

use console::{Cell, Failure, Output, OutputFormat, Tone, human, short};
use jiff::SignedDuration;

use super::{NONE, View, holder, renewed, state};
use crate::report::summary::{LeaseWatchSummary, SummaryItem};

/// Prints the summary after the lines of the watch.
///
/// # Errors
/// When standard output can't be written.
pub fn print(summary: &LeaseWatchSummary, view: View, output: &mut Output) -> Result<(), Failure> {
    match view.format {
        OutputFormat::Json => output.json_line(summary)?,
        OutputFormat::Yaml => {
            output.line("---")?;
            output.yaml(summary)?;
        }
        OutputFormat::Name => {}
        OutputFormat::Table | OutputFormat::Wide => {
            output.line("")?;
            output.line(&headline(summary))?;
            output.table(&headers(view, false), &summary.items, |item| {
                row(item, view, false)
            })?;
        }
    }
    output.flush()
}

fn headline(summary: &LeaseWatchSummary) -> String {
    let watched = human(summary.time.duration_since(summary.started));
    let breaks = match summary.interruptions {
        0 => String::new(),
        1 => ", 1 interruption".into(),
        count => format!(", {count} interruptions"),
    };
    format!("Watched for {watched}{breaks}:")
}

/// The columns of a table about what is remembered; a picture has room for the main ones.
#[must_use]
pub fn headers(view: View, picture: bool) -> Vec<&'static str> {
    let mut headers = Vec::new();
    if view.namespaces {
        headers.push("NAMESPACE");
    }
    headers.extend(["NAME", "HOLDER", "STATE", "RENEWED", "EVERY", "P99"]);
    if !picture {
        headers.extend(["LONGEST", "JITTER", "RENEWALS"]);
    }
    headers.extend(["CHANGES", "NO-LEADER", "FLAPS", "RETURNS"]);
    headers
}

/// One Lease as a row under [`headers`].
#[must_use]
pub fn row(item: &SummaryItem, view: View, picture: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    if view.namespaces {
        cells.push(Cell::from(&*item.lease.namespace));
    }
    let counted = |count: u64| {
        let tone = if count == 0 {
            Tone::Faint
        } else {
            Tone::Warning
        };
        Cell::toned(count.to_string(), tone)
    };
    cells.extend([
        Cell::from(&*item.lease.name),
        holder(&item.lease),
        if item.deleted {
            Cell::toned("deleted", Tone::Faint)
        } else {
            state(item.lease.state)
        },
        renewed(&item.lease),
        optional(item.median_seconds, hundredths),
        optional(item.p99_seconds, hundredths),
    ]);
    if !picture {
        cells.extend([
            optional(item.longest_seconds, hundredths),
            optional(item.jitter_seconds, thousandths),
            Cell::from(item.renewals.to_string()),
        ]);
    }
    let without_leader = item
        .without_leader_seconds
        .filter(|time| !time.is_zero() || item.changes > 0);
    cells.extend([
        counted(item.changes + item.unseen_changes),
        optional(without_leader, short),
        counted(item.flaps),
        counted(item.returns),
    ]);
    cells
}

fn optional(time: Option<SignedDuration>, write: impl Fn(SignedDuration) -> String) -> Cell {
    time.map_or_else(
        || Cell::toned(NONE, Tone::Faint),
        |time| Cell::from(write(time)),
    )
}

fn hundredths(time: SignedDuration) -> String {
    let hundredths = time.as_millis() / 10;
    format!("{}.{:02}s", hundredths / 100, hundredths % 100)
}

fn thousandths(time: SignedDuration) -> String {
    let millis = time.as_millis();
    format!("{}.{:03}s", millis / 1000, millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_show_what_matters_of_them() {
        assert_eq!(hundredths(SignedDuration::from_millis(2_017)), "2.01s");
        assert_eq!(hundredths(SignedDuration::from_millis(61_050)), "61.05s");
        assert_eq!(thousandths(SignedDuration::from_millis(2_007)), "2.007s");
    }
}
