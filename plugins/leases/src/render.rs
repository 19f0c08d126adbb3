//! The report as a table, as names, and as the lines of a watch.

pub mod check;
pub mod details;
pub mod failover;
pub mod live;
pub mod prune;
pub mod summary;

use std::collections::{BTreeMap, BTreeSet};

use console::{
    Cell, Columns, Failure, Output, OutputFlags, OutputFormat, Tone, human, note, short,
};
use jiff::SignedDuration;

use crate::lease::LeaseKind;
use crate::report::{EventType, LeaseEvent, LeaseItem, LeaseList, notable};
use crate::state::State;

const NONE: &str = "<none>";
const UNKNOWN: &str = "<unknown>";
const INVALID: &str = "<invalid>";

/// How to show it.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Whether rows of several namespaces are mixed.
    pub namespaces: bool,
    /// In which form.
    pub format: OutputFormat,
    /// Whether a table has a header line.
    pub headers: bool,
}

impl View {
    /// The view that the flags ask for.
    #[must_use]
    pub fn new(flags: &OutputFlags, namespaces: bool) -> Self {
        Self {
            namespaces,
            format: flags.output,
            headers: !flags.no_headers,
        }
    }
}

/// Prints the report, and on standard error what one should know about it.
///
/// # Errors
/// When standard output can't be written.
pub fn print(report: &LeaseList, view: View, output: &mut Output) -> Result<(), Failure> {
    match view.format {
        OutputFormat::Table | OutputFormat::Wide if report.items.is_empty() => {}
        OutputFormat::Table | OutputFormat::Wide => {
            let wide = view.format == OutputFormat::Wide;
            output.table(&headers(view, wide), &report.items, |item| {
                row(item, view, wide)
            })?;
        }
        OutputFormat::Json => output.json(report)?,
        OutputFormat::Yaml => output.yaml(report)?,
        OutputFormat::Name => {
            for item in &report.items {
                output.line(&name(item))?;
            }
        }
    }
    output.flush()
}

/// The remarks that belong to a report, each a sentence without a full stop.
#[must_use]
pub fn remarks(report: &LeaseList) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(offset) = notable(report.clock_offset_seconds) {
        remarks.push(format!(
            "this machine's clock is {} the API server's; all times are corrected for it",
            apart(-offset)
        ));
    }
    remarks.extend(wrong_clocks(report));
    match report.hidden_node_heartbeats {
        0 => {}
        1 => remarks.push("1 node heartbeat is not shown; --kind all shows it".into()),
        count => remarks.push(format!(
            "{count} node heartbeats are not shown; --kind all shows them"
        )),
    }
    if !report.unreadable.is_empty() {
        remarks.push(unresolved(&report.unreadable));
    }
    remarks
}

/// What was left out for want of rights, where that is more than holders.
fn incomplete(refused: &BTreeSet<String>) -> Option<String> {
    let refused: Vec<&str> = refused.iter().map(String::as_str).collect();
    (!refused.is_empty()).then(|| {
        format!(
            "not all is known: not allowed to {}",
            refused.join(", nor to ")
        )
    })
}

/// What the refused requests mean for the reader.
#[must_use]
pub fn unresolved(refused: &[String]) -> String {
    format!(
        "pods and nodes of holders are unknown where that is needed: not allowed to {}",
        refused.join(", nor to ")
    )
}

/// How many holders with a wrong clock are named; the report has them all.
const NAMED_CLOCKS: usize = 3;

/// Which holders' clocks are wrong, in one remark for all of them.
fn wrong_clocks(report: &LeaseList) -> Option<String> {
    let mut named: BTreeMap<&str, SignedDuration> = BTreeMap::new();
    for item in &report.items {
        if let (Some(offset), Some(holder)) = (item.notable_clock_offset(), &item.holder) {
            named.entry(&holder.name).or_insert(offset);
        }
    }
    let more = named.len().saturating_sub(NAMED_CLOCKS);
    let clocks: Vec<String> = named
        .iter()
        .take(NAMED_CLOCKS)
        .map(|(holder, offset)| format!("{holder} is {} the API server's", apart(*offset)))
        .collect();
    let rest = if more == 0 {
        String::new()
    } else {
        format!(", and {more} more are wrong")
    };
    (!clocks.is_empty()).then(|| {
        format!(
            "the clock of {}{rest}, or writes take that long; the lag is corrected for it",
            clocks.join(", of ")
        )
    })
}

/// Prints remarks on standard error.
pub fn print_remarks(remarks: &[String]) {
    for remark in remarks {
        note(remark);
    }
}

fn apart(offset: SignedDuration) -> String {
    let side = if offset < SignedDuration::ZERO {
        "behind"
    } else {
        "ahead of"
    };
    format!("{} {side}", short(offset.abs()))
}

fn name(item: &LeaseItem) -> String {
    format!("lease.coordination.k8s.io/{}", item.name)
}

fn headers(view: View, wide: bool) -> Vec<&'static str> {
    let mut headers = Vec::new();
    if !view.headers {
        return headers;
    }
    if view.namespaces {
        headers.push("NAMESPACE");
    }
    headers.extend([
        "NAME",
        "HOLDER",
        "STATE",
        "RENEWED",
        "DURATION",
        "HELD",
        "TRANSITIONS",
        "AGE",
    ]);
    if wide {
        headers.extend([
            "KIND",
            "NODE",
            "POD",
            "CONTAINER",
            "RENEW-TIME",
            "ACQUIRE-TIME",
            "STRATEGY",
            "PREFERRED-HOLDER",
            "IDENTITY",
        ]);
    }
    headers
}

fn row(item: &LeaseItem, view: View, wide: bool) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(18);
    if view.namespaces {
        cells.push(Cell::from(&*item.namespace));
    }
    cells.extend([
        Cell::from(&*item.name),
        holder(item),
        state(item.state),
        renewed(item),
        duration(item),
        held(item),
        Cell::from(
            item.transitions
                .map_or_else(|| "0".to_owned(), |count| count.to_string()),
        ),
        age(item),
    ]);
    if wide {
        let holder = item.holder.as_ref();
        cells.extend([
            Cell::from(item.kind.to_string()),
            optional(holder.and_then(|holder| holder.node.as_deref())),
            optional(holder.and_then(|holder| holder.pod.as_deref())),
            optional(holder.and_then(|holder| holder.container.as_deref())),
            optional(item.renew_time.map(|time| time.to_string()).as_deref()),
            optional(item.acquire_time.map(|time| time.to_string()).as_deref()),
            optional(item.strategy.as_deref()),
            optional(item.preferred_holder.as_deref()),
            optional(item.holder_identity.as_deref()),
        ]);
    }
    cells
}

fn optional(text: Option<&str>) -> Cell {
    text.map_or_else(|| Cell::toned(NONE, Tone::Faint), Cell::from)
}

fn holder(item: &LeaseItem) -> Cell {
    optional(item.holder.as_ref().map(|holder| holder.name.as_str()))
}

fn state(state: State) -> Cell {
    let tone = match state {
        State::Held => Tone::Good,
        State::Late => Tone::Warning,
        State::Expired => Tone::Bad,
        State::Released | State::Vacant | State::Unknown => Tone::Faint,
    };
    Cell::toned(state.to_string(), tone)
}

fn renewed(item: &LeaseItem) -> Cell {
    match item.lag_seconds {
        Some(lag) => Cell::from(short(lag)),
        None => absent(item, "renewTime"),
    }
}

fn duration(item: &LeaseItem) -> Cell {
    match item.lease_duration_seconds {
        Some(seconds) => Cell::from(human(SignedDuration::from_secs(seconds))),
        None => Cell::toned(UNKNOWN, Tone::Faint),
    }
}

/// Heartbeats and API server identities are never acquired, so nothing is unknown about it.
fn held(item: &LeaseItem) -> Cell {
    let elected = matches!(item.kind, LeaseKind::Election | LeaseKind::Coordinated);
    match item.held_seconds {
        Some(held) => Cell::from(human(held)),
        None if item.holder.is_none() || !elected => Cell::toned(NONE, Tone::Faint),
        None => absent(item, "acquireTime"),
    }
}

fn age(item: &LeaseItem) -> Cell {
    match item.age_seconds {
        Some(age) => Cell::from(human(age)),
        None => absent(item, "creationTimestamp"),
    }
}

fn absent(item: &LeaseItem, field: &str) -> Cell {
    if item.invalid.contains(&field) {
        Cell::toned(INVALID, Tone::Bad)
    } else {
        Cell::toned(UNKNOWN, Tone::Faint)
    }
}

/// The lines of a watch.
#[derive(Debug)]
pub struct WatchView {
    view: View,
    columns: Columns,
    headed: bool,
}

impl WatchView {
    /// A watch in the form that the flags ask for.
    #[must_use]
    pub fn new(view: View) -> Self {
        Self {
            view,
            columns: Columns::default(),
            headed: false,
        }
    }

    /// An event as a line, for a view that shows only the latest ones.
    pub fn text(&mut self, event: &LeaseEvent, output: &Output) -> String {
        self.leave_room();
        let line = self.line(event);
        output.text(&mut self.columns, &line)
    }

    /// Prints events as they come.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub fn print(&mut self, events: &[LeaseEvent], output: &mut Output) -> Result<(), Failure> {
        match self.view.format {
            OutputFormat::Json => {
                for event in events {
                    output.json_line(event)?;
                }
            }
            OutputFormat::Yaml => {
                for event in events {
                    output.line("---")?;
                    output.yaml(event)?;
                }
            }
            OutputFormat::Name => {
                for event in events {
                    output.line(&name(&event.lease))?;
                }
            }
            OutputFormat::Table | OutputFormat::Wide => self.lines(events, output)?,
        }
        output.flush()
    }

    fn lines(&mut self, events: &[LeaseEvent], output: &mut Output) -> Result<(), Failure> {
        let rows: Vec<Vec<Cell>> = events.iter().map(|event| self.line(event)).collect();
        self.leave_room();
        for row in &rows {
            self.columns.fit(row);
        }
        if self.view.headers && !self.headed {
            self.headed = true;
            let headers = self.headers();
            output.row(&mut self.columns, &headers)?;
        }
        for row in &rows {
            output.row(&mut self.columns, row)?;
        }
        Ok(())
    }

    /// States and lags to come may be longer than those that are there.
    fn leave_room(&mut self) {
        let before = if self.view.namespaces { 4 } else { 3 };
        let mut widest = vec![Cell::default(); before];
        widest.extend([Cell::from(State::Released.to_string()), Cell::from("59.9s")]);
        self.columns.fit(&widest);
    }

    fn headers(&self) -> Vec<Cell> {
        let mut headers = vec!["TIME(UTC)"];
        if self.view.namespaces {
            headers.push("NAMESPACE");
        }
        headers.extend(["NAME", "HOLDER", "STATE", "RENEWED"]);
        if self.view.format == OutputFormat::Wide {
            headers.extend(["NODE", "POD", "IDENTITY"]);
        }
        headers.push("CHANGE");
        headers.into_iter().map(Cell::from).collect()
    }

    fn line(&self, event: &LeaseEvent) -> Vec<Cell> {
        let item = &event.lease;
        let mut cells = vec![Cell::from(event.time.strftime("%H:%M:%S").to_string())];
        if self.view.namespaces {
            cells.push(Cell::from(&*item.namespace));
        }
        cells.extend([
            Cell::from(&*item.name),
            holder(item),
            state(item.state),
            renewed(item),
        ]);
        if self.view.format == OutputFormat::Wide {
            let holder = item.holder.as_ref();
            cells.extend([
                optional(holder.and_then(|holder| holder.node.as_deref())),
                optional(holder.and_then(|holder| holder.pod.as_deref())),
                optional(item.holder_identity.as_deref()),
            ]);
        }
        cells.push(Cell::from(change(event)));
        cells
    }
}

/// What happened, in words.
fn change(event: &LeaseEvent) -> String {
    let before = event
        .previous_holder
        .as_ref()
        .map_or("nobody", |holder| &holder.name);
    match event.event_type {
        EventType::Seen => String::new(),
        EventType::Created => "created".into(),
        EventType::Deleted => "deleted".into(),
        EventType::Renewed => "renewed".into(),
        EventType::HolderGone => format!("given up by {before}"),
        EventType::HolderChanged => {
            let gap = event
                .gap_seconds
                .map(|gap| format!("; no leader for {}", short(gap)));
            let unseen = event
                .unseen_changes
                .map(|count| format!("; {count} more changes in between were not seen"));
            format!(
                "new holder, before it {before}{}{}",
                gap.unwrap_or_default(),
                unseen.unwrap_or_default()
            )
        }
        EventType::HolderReturned => format!(
            "{before} lives, {} after it was replaced, and may have led on",
            short(event.returned_after_seconds.unwrap_or_default())
        ),
        EventType::StateChanged => match event.lease.state {
            State::Held => "renewed again".into(),
            State::Late => "no renewal for two thirds of its duration".into(),
            State::Expired => "no renewal for its duration: others may take it".into(),
            State::Released | State::Vacant | State::Unknown => {
                format!("now {}", event.lease.state)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::facts::Facts;
    use crate::holder::Known;
    use crate::lease::{Lease, Time};
    use crate::report::{SortKey, report};
    use crate::tracker::{Event, News};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn lease() -> Lease {
        Lease {
            namespace: "kube-system".into(),
            name: "kube-scheduler".into(),
            holder: Some("controller-0_4e7a".into()),
            duration_seconds: Some(15),
            acquired: Time::At(at("2026-01-01T00:00:00Z")),
            renewed: Time::At(at("2026-01-01T01:00:00Z")),
            created: Time::At(at("2025-12-30T00:00:00Z")),
            transitions: Some(3),
            ..Lease::default()
        }
    }

    fn rendered(leases: Vec<Lease>) -> String {
        let facts = Facts {
            leases,
            now: at("2026-01-01T01:00:01.200Z"),
            ..Facts::default()
        };
        let view = View {
            namespaces: false,
            format: OutputFormat::Table,
            headers: true,
        };
        let headers: Vec<Cell> = headers(view, false).into_iter().map(Cell::from).collect();
        let rows = report(facts, SortKey::Name).items;
        let rows = std::iter::once(headers).chain(rows.iter().map(|item| row(item, view, false)));
        let rows: Vec<Vec<Cell>> = rows.collect();
        let mut columns = Columns::default();
        for row in &rows {
            columns.fit(row);
        }
        rows.iter()
            .map(|row| columns.line(row, false) + "\n")
            .collect()
    }

    #[test]
    fn the_table_shows_one_line_a_lease() {
        assert_eq!(
            rendered(vec![lease()]),
            "NAME             HOLDER         STATE   RENEWED   DURATION   HELD   TRANSITIONS   AGE\n\
             kube-scheduler   controller-0   held    1.2s      15s        60m    3             2d1h\n"
        );
    }

    #[test]
    fn what_is_missing_or_absurd_is_said_in_its_cell() {
        let broken = Lease {
            holder: Some("a".into()),
            renewed: Time::Invalid,
            duration_seconds: None,
            acquired: Time::Unset,
            created: Time::Unset,
            ..lease()
        };
        let text = rendered(vec![
            broken,
            Lease {
                holder: None,
                ..lease()
            },
        ]);
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines[1],
            [
                "kube-scheduler",
                "a",
                "unknown",
                "<invalid>",
                "<unknown>",
                "<unknown>",
                "3",
                "<unknown>"
            ]
        );
        assert_eq!(
            lines[2][1..6],
            ["<none>", "vacant", "1.2s", "15s", "<none>"]
        );
    }

    #[test]
    fn remarks_name_what_is_hidden_unreadable_or_skewed() {
        let facts = Facts {
            leases: vec![Lease {
                renewal_written: Some(at("2026-01-01T00:59:50Z")),
                ..lease()
            }],
            hidden: 3,
            unreadable: BTreeSet::from(["get pods in namespace \"kube-system\"".to_owned()]),
            clock_offset: Some(SignedDuration::from_millis(-3_500)),
            now: at("2026-01-01T01:00:01Z"),
            ..Facts::default()
        };
        assert_eq!(
            remarks(&report(facts, SortKey::Name)),
            [
                "this machine's clock is 3.5s ahead of the API server's; all times are corrected for it",
                "the clock of controller-0 is 9.0s ahead of the API server's, or writes take that long; the lag is corrected for it",
                "3 node heartbeats are not shown; --kind all shows them",
                "pods and nodes of holders are unknown where that is needed: not allowed to get pods in namespace \"kube-system\"",
            ]
        );
    }

    #[test]
    fn many_wrong_clocks_are_one_remark() {
        let leases = (0..100)
            .map(|number| Lease {
                name: format!("lease-{number}"),
                holder: Some(format!("host-{number}_x")),
                renewal_written: Some(at("2026-01-01T00:59:50Z")),
                ..lease()
            })
            .collect();
        let facts = Facts {
            leases,
            now: at("2026-01-01T01:00:01Z"),
            ..Facts::default()
        };
        let remarks = remarks(&report(facts, SortKey::Name));
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].contains("and 97 more are wrong"), "{remarks:?}");
    }

    #[test]
    fn a_watch_says_what_changed_in_words() {
        let known = Known::default();
        let now = at("2026-01-01T01:00:20Z");
        let told = |news: News| {
            change(&LeaseEvent::new(
                Event {
                    lease: lease(),
                    news,
                },
                &known,
                now,
            ))
        };
        for (news, expected) in [
            (News::Seen, ""),
            (
                News::HolderChanged {
                    previous_holder: Some("controller-1_9".into()),
                    gap: Some(SignedDuration::from_millis(17_250)),
                    missed: 0,
                },
                "new holder, before it controller-1; no leader for 17.2s",
            ),
            (
                News::HolderChanged {
                    previous_holder: Some("controller-1_9".into()),
                    gap: None,
                    missed: 2,
                },
                "new holder, before it controller-1; 2 more changes in between were not seen",
            ),
            (
                News::HolderGone {
                    previous_holder: Some("controller-1_9".into()),
                },
                "given up by controller-1",
            ),
            (
                News::StateChanged {
                    previous_state: State::Late,
                },
                "no renewal for its duration: others may take it",
            ),
        ] {
            assert_eq!(told(news), expected);
        }
    }
}
