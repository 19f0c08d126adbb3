//! All that is known of one Lease, in paragraphs.

use console::{Cell, Columns, Failure, Output, OutputFormat, Tone, human, short};
use jiff::{SignedDuration, Timestamp};

use super::{NONE, View, apart, incomplete, optional, state};
use crate::contender::{Contender, Trace};
use crate::coordinated::{Place, Standing};
use crate::lease::LeaseKind;
use crate::report::details::{LeaseDetails, LockItem, PodItem};
use crate::report::{LeaseItem, notable};

/// Prints it in the form that is asked for.
///
/// # Errors
/// When standard output can't be written.
pub fn print(details: &LeaseDetails, view: View, output: &mut Output) -> Result<(), Failure> {
    match view.format {
        OutputFormat::Json => output.json(details)?,
        OutputFormat::Yaml => output.yaml(details)?,
        OutputFormat::Name => {
            if let Some(item) = &details.lease {
                output.line(&super::name(item))?;
            }
        }
        OutputFormat::Table | OutputFormat::Wide => paragraphs(details, output)?,
    }
    output.flush()
}

/// What one should know about it, on standard error.
#[must_use]
pub fn remarks(details: &LeaseDetails) -> Vec<String> {
    incomplete(&details.unreadable).into_iter().collect()
}

fn paragraphs(details: &LeaseDetails, output: &mut Output) -> Result<(), Failure> {
    if let Some(item) = &details.lease {
        facts(details, item, output)?;
        if elected(item) {
            heading("Candidates", output)?;
            contenders(&details.contenders, details.time, output)?;
            if details.successors == 0 {
                output.line("  nobody else is known who could take over")?;
            }
        }
    }
    if let Some(election) = &details.election {
        heading(&format!("Election by {}", election.strategy), output)?;
        output.line(&format!("  {}", election.conclusion))?;
        let places = election
            .candidates
            .iter()
            .map(|candidate| place(candidate, details.time));
        rows(
            &[
                "  CANDIDATE",
                "EMULATES",
                "BINARY",
                "AGE",
                "STANDING",
                "WHY NOT BEFORE",
            ],
            &places.collect::<Vec<_>>(),
            output,
        )?;
    }
    if !details.writes.is_empty() {
        heading("Last written by (API server's clock)", output)?;
        let writes = details.writes.iter().map(|write| {
            vec![
                Cell::from(format!("  {}", write.manager)),
                Cell::from(&*write.operation),
                since(write.time, details.time),
                Cell::from(write.fields.join(", ")),
            ]
        });
        rows(
            &["  MANAGER", "OPERATION", "AGO", "FIELDS"],
            &writes.collect::<Vec<_>>(),
            output,
        )?;
    }
    if details.lease.is_some() {
        heading("Events", output)?;
        let events = details.events.iter().map(|event| {
            vec![
                Cell::from("  ".to_owned() + &since(event.time, details.time).text),
                Cell::from(&*event.reason),
                Cell::from(&*event.component),
                Cell::from(&*event.message),
            ]
        });
        rows(
            &["  AGO", "REASON", "FROM", "MESSAGE"],
            &events.collect::<Vec<_>>(),
            output,
        )?;
    }
    for lock in &details.locks {
        heading(
            &format!(
                "Older lock: annotation of {} {}",
                lock.bearer_kind, lock.bearer_name
            ),
            output,
        )?;
        output.line(&format!("  {}", older(lock, details.time)))?;
    }
    Ok(())
}

fn heading(text: &str, output: &mut Output) -> Result<(), Failure> {
    output.line("")?;
    output.line(&format!("{text}:"))
}

/// A small table; an empty one says so.
pub(super) fn rows(
    headers: &[&str],
    rows: &[Vec<Cell>],
    output: &mut Output,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return output.line(&format!("  {NONE}"));
    }
    let mut columns = Columns::default();
    let headers: Vec<Cell> = headers.iter().map(|&header| Cell::from(header)).collect();
    columns.fit(&headers);
    for row in rows {
        columns.fit(row);
    }
    output.row(&mut columns, &headers)?;
    for row in rows {
        output.row(&mut columns, row)?;
    }
    Ok(())
}

fn facts(details: &LeaseDetails, item: &LeaseItem, output: &mut Output) -> Result<(), Failure> {
    let mut lines: Vec<(&str, Vec<Cell>)> = vec![
        ("Name", vec![Cell::from(&*item.name)]),
        ("Namespace", vec![Cell::from(&*item.namespace)]),
        ("Kind", vec![Cell::from(kind(item))]),
        ("State", vec![state(item.state), Cell::from(renewal(item))]),
    ];
    let holder = item.holder.as_ref();
    lines.push(("Holder", vec![optional(holder.map(|holder| &*holder.name))]));
    if let Some(holder) = holder {
        lines.push((
            "  Identity",
            vec![optional(item.holder_identity.as_deref())],
        ));
        let pod = details
            .holder_pod
            .as_ref()
            .map(|pod| described(pod, details.time));
        lines.push((
            "  Pod",
            vec![optional(pod.as_deref().or(holder.pod.as_deref()))],
        ));
        lines.push(("  Container", vec![optional(holder.container.as_deref())]));
        lines.push(("  Node", vec![optional(holder.node.as_deref())]));
    }
    if elected(item) {
        let held = item.held_seconds.map(|held| format!("for {}", human(held)));
        lines.push(("Held", vec![optional(held.as_deref())]));
        let changes = item.transitions.map(|count| count.to_string());
        lines.push(("Transitions", vec![optional(changes.as_deref())]));
    }
    if let Some(preferred) = &item.preferred_holder {
        let text = format!("{preferred}: the holder's term is over, it does not renew any more");
        lines.push(("Preferred", vec![Cell::toned(text, Tone::Warning)]));
    }
    let age = item.age_seconds.map(human);
    lines.push(("Age", vec![optional(age.as_deref())]));
    lines.push(("Clocks", vec![Cell::from(clocks(details, item))]));
    let mut columns = Columns::default();
    columns.fit(&[Cell::from("Transitions:")]);
    for (label, cells) in lines {
        let text: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        let tone = cells.first().map_or(Tone::Plain, |cell| cell.tone);
        let label = Cell::from(format!("{label}:"));
        output.row(&mut columns, &[label, Cell::toned(text.join(", "), tone)])?;
    }
    Ok(())
}

fn elected(item: &LeaseItem) -> bool {
    matches!(item.kind, LeaseKind::Election | LeaseKind::Coordinated)
}

fn kind(item: &LeaseItem) -> &'static str {
    match item.kind {
        LeaseKind::Election => "election by client-go's rules",
        LeaseKind::Coordinated => "coordinated election",
        LeaseKind::Node => "node heartbeat",
        LeaseKind::ApiServer => "API server identity",
    }
}

fn renewal(item: &LeaseItem) -> String {
    let lag = item.lag_seconds.map_or_else(
        || "never renewed".to_owned(),
        |lag| format!("renewed {} ago", short(lag)),
    );
    match item.lease_duration_seconds {
        Some(seconds) => format!("{lag}, for {}", human(SignedDuration::from_secs(seconds))),
        None => lag,
    }
}

fn described(pod: &PodItem, now: Timestamp) -> String {
    let ago = |time: Timestamp| human(now.duration_since(time));
    let ended = pod.ended.zip(pod.exit_code);
    let said: Vec<String> = [
        Some(pod.phase.clone()),
        (!pod.ready).then(|| "not ready".to_owned()),
        pod.workload
            .as_ref()
            .map(|workload| format!("of {workload}")),
        pod.started
            .map(|started| format!("runs for {}", ago(started))),
        Some(format!("{} restarts", pod.restarts)),
        ended.map(|(ended, code)| format!("ended {} ago with exit code {code}", ago(ended))),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{} ({})", pod.name, said.join(", "))
}

fn clocks(details: &LeaseDetails, item: &LeaseItem) -> String {
    let holder = match (
        item.holder_clock_offset_seconds,
        item.notable_clock_offset(),
    ) {
        (_, Some(offset)) => format!(
            "the holder's is {} the API server's, or its writes take that long",
            apart(offset)
        ),
        (Some(_), None) => "the holder's agrees with the API server's to two seconds".into(),
        (None, None) => "the holder's offset is unknown".into(),
    };
    match notable(details.clock_offset_seconds) {
        Some(offset) => format!("{holder}; this machine's is {} it", apart(-offset)),
        None => holder,
    }
}

fn since(time: Option<Timestamp>, now: Timestamp) -> Cell {
    let text = time.map(|time| human(now.duration_since(time).max(SignedDuration::ZERO)));
    optional(text.as_deref())
}

fn contenders(all: &[Contender], now: Timestamp, output: &mut Output) -> Result<(), Failure> {
    let listed = all.iter().map(|contender| contender_row(contender, now));
    rows(
        &["  NAME", "NODE", "ROLE", "LED", "KNOWN BY"],
        &listed.collect::<Vec<_>>(),
        output,
    )
}

/// One who leads or could lead, as a row.
pub fn contender_row(contender: &Contender, now: Timestamp) -> Vec<Cell> {
    let (role, tone) = if contender.holds {
        ("leads", Tone::Good)
    } else if contender.live {
        ("could lead", Tone::Plain)
    } else {
        ("not seen alive", Tone::Faint)
    };
    let led = contender.led_at.map(|led| {
        format!(
            "{} ago",
            human(now.duration_since(led).max(SignedDuration::ZERO))
        )
    });
    let traces: Vec<String> = contender
        .traces
        .iter()
        .map(|trace| match trace {
            Trace::LeaseCandidate => "its LeaseCandidate".to_owned(),
            Trace::Workload => contender
                .workload
                .clone()
                .unwrap_or_else(|| "its pod".to_owned()),
            Trace::Event => "an event".to_owned(),
        })
        .collect();
    let known_by = if traces.is_empty() {
        "the Lease".to_owned()
    } else {
        traces.join(", ")
    };
    vec![
        Cell::from(format!("  {}", contender.name)),
        optional(contender.node.as_deref()),
        Cell::toned(role, tone),
        optional(led.as_deref()),
        Cell::from(known_by),
    ]
}

fn place(place: &Place, now: Timestamp) -> Vec<Cell> {
    let (standing, tone) = match place.standing {
        _ if place.holds => ("leads", Tone::Good),
        Standing::Eligible => ("eligible", Tone::Plain),
        Standing::Asked => ("asked whether it lives", Tone::Plain),
        Standing::Silent => ("did not answer", Tone::Warning),
        Standing::Expired => ("expired", Tone::Faint),
        Standing::Unversioned => ("without versions", Tone::Warning),
    };
    vec![
        Cell::from(format!("  {}", place.identity)),
        Cell::from(&*place.emulation_version),
        Cell::from(&*place.binary_version),
        since(place.creation_timestamp, now),
        Cell::toned(standing, tone),
        optional(place.behind_because.as_deref()),
    ]
}

fn older(lock: &LockItem, now: Timestamp) -> String {
    if let Some(item) = &lock.election {
        let holder = item.holder.as_ref().map_or(NONE, |holder| &holder.name);
        return format!("{}, held by {holder}, {}", item.state, renewal(item));
    }
    if let Some(reboot) = &lock.reboot {
        let since = reboot.created.map_or_else(
            || "at an unknown time".to_owned(),
            |created| format!("{} ago", human(now.duration_since(created))),
        );
        let end = match (reboot.valid_for_seconds, reboot.expired) {
            (None, _) => "without end".to_owned(),
            (Some(valid), false) => format!("for {}", human(valid)),
            (Some(valid), true) => format!("for {}, which has passed", human(valid)),
        };
        return format!(
            "kured lets node {} reboot, since {since}, {end}",
            reboot.node
        );
    }
    let reason = lock.unreadable.as_deref().unwrap_or_default();
    format!("can't be read: {reason}")
}
