//! The answer: a Report that is the JSON contract, and that all renderers read.

pub mod check;
pub mod details;
pub mod failover;
pub mod prune;
pub mod summary;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::facts::Facts;
use crate::holder::{Holder, Known, resolve};
use crate::lease::{Lease, LeaseKind, Time};
use crate::state::{State, holder_clock_offset, judge, lag};
use crate::tracker::{Event, News};

/// The version of the documents in docs/leases.md.
pub const API_VERSION: &str = "day2.dev/v1alpha1";
/// Clocks that differ by more than this are reported.
const NOTABLE_OFFSET: SignedDuration = SignedDuration::from_secs(2);

/// The answer to `kubectl leases`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseList {
    /// The document's version.
    pub api_version: &'static str,
    /// `LeaseList`.
    pub kind: &'static str,
    /// The instant for which everything here holds, by the API server's clock or the snapshot's.
    pub time: Timestamp,
    /// The API server's time minus this machine's; absent for a snapshot.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "optional_seconds"
    )]
    #[schemars(with = "Option<f64>")]
    pub clock_offset_seconds: Option<SignedDuration>,
    /// Node heartbeats that were not asked for.
    pub hidden_node_heartbeats: usize,
    /// Requests that were refused; what they would have told is unknown.
    pub unreadable: Vec<String>,
    /// The Leases.
    pub items: Vec<LeaseItem>,
}

/// One Lease and the verdict on it.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseItem {
    /// The Lease's namespace.
    pub namespace: String,
    /// The Lease's name.
    pub name: String,
    /// What it is for.
    pub kind: LeaseKind,
    /// How it stands.
    pub state: State,
    /// The holder as the Lease names it; null where nobody holds it.
    pub holder_identity: Option<String>,
    /// The holder, resolved as far as it can be known; null where nobody holds it.
    pub holder: Option<Holder>,
    /// When the holder says it last renewed; null where there is no valid time.
    pub renew_time: Option<Timestamp>,
    /// Seconds since the last renewal by the API server's clock.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub lag_seconds: Option<SignedDuration>,
    /// Seconds after which others may take the Lease.
    pub lease_duration_seconds: Option<i64>,
    /// When the holder says it took the Lease.
    pub acquire_time: Option<Timestamp>,
    /// Seconds since the holder took it; null where nobody holds it.
    #[serde(serialize_with = "optional_whole_seconds")]
    #[schemars(with = "Option<i64>")]
    pub held_seconds: Option<SignedDuration>,
    /// How often another identity took over.
    pub transitions: Option<i64>,
    /// When the Lease was made.
    pub creation_timestamp: Option<Timestamp>,
    /// Seconds since the Lease was made.
    #[serde(serialize_with = "optional_whole_seconds")]
    #[schemars(with = "Option<i64>")]
    pub age_seconds: Option<SignedDuration>,
    /// The strategy of a coordinated election.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Whom a coordinated election prefers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_holder: Option<String>,
    /// The holder's time minus the API server's at the last renewal; absent where unknown.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "optional_seconds"
    )]
    #[schemars(with = "Option<f64>")]
    pub holder_clock_offset_seconds: Option<SignedDuration>,
    /// Fields whose value is no valid time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invalid: Vec<&'static str>,
}

impl LeaseItem {
    /// The verdict on a Lease at an instant.
    #[must_use]
    pub fn new(lease: Lease, known: &Known, now: Timestamp) -> Self {
        let since = |time: Time| time.known().map(|time| now.duration_since(time));
        Self {
            kind: lease.kind(),
            state: judge(&lease, now),
            holder: resolve(&lease, known),
            renew_time: lease.renewed.known(),
            lag_seconds: lag(&lease, now),
            lease_duration_seconds: lease.duration_seconds,
            acquire_time: lease.acquired.known(),
            held_seconds: lease
                .holder
                .as_ref()
                .and_then(|_| since(lease.acquired))
                .map(about_now),
            transitions: lease.transitions,
            creation_timestamp: lease.created.known(),
            age_seconds: since(lease.created).map(about_now),
            holder_clock_offset_seconds: holder_clock_offset(&lease),
            invalid: invalid(&lease),
            namespace: lease.namespace,
            name: lease.name,
            holder_identity: lease.holder,
            strategy: lease.strategy,
            preferred_holder: lease.preferred_holder,
        }
    }

    /// The offset of the holder's clock, where it is worth a remark.
    #[must_use]
    pub fn notable_clock_offset(&self) -> Option<SignedDuration> {
        notable(self.holder_clock_offset_seconds)
    }
}

/// What just happened may seem to lie ahead by the little that clocks are known apart.
fn about_now(since: SignedDuration) -> SignedDuration {
    if -NOTABLE_OFFSET <= since && since < SignedDuration::ZERO {
        SignedDuration::ZERO
    } else {
        since
    }
}

fn invalid(lease: &Lease) -> Vec<&'static str> {
    [
        ("renewTime", lease.renewed),
        ("acquireTime", lease.acquired),
        ("creationTimestamp", lease.created),
    ]
    .into_iter()
    .filter_map(|(field, time)| (time == Time::Invalid).then_some(field))
    .collect()
}

/// A clock offset that is worth a remark.
#[must_use]
pub fn notable(offset: Option<SignedDuration>) -> Option<SignedDuration> {
    offset.filter(|offset| offset.abs() > NOTABLE_OFFSET)
}

/// One line of `kubectl leases -w`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseEvent {
    /// The document's version.
    pub api_version: &'static str,
    /// `LeaseEvent`.
    pub kind: &'static str,
    /// When it was seen, by the API server's clock.
    pub time: Timestamp,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The state before, where the state changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_state: Option<State>,
    /// The holder before as the Lease named it, where the holder changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_holder_identity: Option<String>,
    /// The holder before, resolved as far as it can be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_holder: Option<Holder>,
    /// Seconds between the last sign of the old leader and the acquisition by the new one.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "optional_seconds"
    )]
    #[schemars(with = "Option<f64>")]
    pub gap_seconds: Option<SignedDuration>,
    /// Changes of holder in between that nobody saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unseen_changes: Option<u64>,
    /// Seconds between the replacement of a holder and its sign of life.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "optional_seconds"
    )]
    #[schemars(with = "Option<f64>")]
    pub returned_after_seconds: Option<SignedDuration>,
    /// The Lease as it is now.
    pub lease: LeaseItem,
}

/// What happened to a Lease.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub enum EventType {
    /// It was there when the watch began.
    Seen,
    /// It was made.
    Created,
    /// It was deleted.
    Deleted,
    /// It was renewed.
    Renewed,
    /// Its state changed.
    StateChanged,
    /// Nobody holds it any more.
    HolderGone,
    /// Somebody took it.
    HolderChanged,
    /// One who was replaced, and had not given it up, shows that it lives.
    HolderReturned,
}

impl LeaseEvent {
    /// The document for an event.
    #[must_use]
    pub fn new(event: Event, known: &Known, now: Timestamp) -> Self {
        let Event { lease, news } = event;
        let (mut previous_state, mut previous_holder_identity) = (None, None);
        let (mut gap_seconds, mut unseen_changes) = (None, None);
        let event_type = match news {
            News::Seen => EventType::Seen,
            News::Created => EventType::Created,
            News::Deleted => EventType::Deleted,
            News::Renewed => EventType::Renewed,
            News::StateChanged {
                previous_state: state,
            } => {
                previous_state = Some(state);
                EventType::StateChanged
            }
            News::HolderGone { previous_holder } => {
                previous_holder_identity = previous_holder;
                EventType::HolderGone
            }
            News::HolderChanged {
                previous_holder,
                gap,
                missed,
            } => {
                previous_holder_identity = previous_holder;
                gap_seconds = gap;
                unseen_changes = Some(missed).filter(|missed| *missed > 0);
                EventType::HolderChanged
            }
        };
        Self {
            event_type,
            previous_state,
            gap_seconds,
            unseen_changes,
            ..Self::about(lease, previous_holder_identity, known, now)
        }
    }

    /// The document for a holder that was replaced and shows that it lives.
    #[must_use]
    pub fn returned(
        lease: Lease,
        identity: &str,
        after: SignedDuration,
        known: &Known,
        now: Timestamp,
    ) -> Self {
        Self {
            event_type: EventType::HolderReturned,
            returned_after_seconds: Some(after),
            ..Self::about(lease, Some(identity.to_owned()), known, now)
        }
    }

    fn about(lease: Lease, previous: Option<String>, known: &Known, now: Timestamp) -> Self {
        let before = Lease {
            holder: previous.clone(),
            ..lease.clone()
        };
        Self {
            api_version: API_VERSION,
            kind: "LeaseEvent",
            time: now,
            event_type: EventType::Seen,
            previous_state: None,
            previous_holder: resolve(&before, known),
            previous_holder_identity: previous,
            gap_seconds: None,
            unseen_changes: None,
            returned_after_seconds: None,
            lease: LeaseItem::new(lease, known, now),
        }
    }
}

/// By what the rows are sorted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SortKey {
    /// Namespace and name.
    #[default]
    Name,
    /// Time since the last renewal.
    Lag,
    /// Time since the Lease was made.
    Age,
    /// Time since the holder took it.
    Held,
    /// How often another identity took over.
    Transitions,
}

/// Judges all Leases and puts them in order: ascending, unknown last.
#[must_use]
pub fn report(facts: Facts, sort: SortKey) -> LeaseList {
    let Facts {
        leases, known, now, ..
    } = facts;
    let mut items: Vec<LeaseItem> = leases
        .into_iter()
        .map(|lease| LeaseItem::new(lease, &known, now))
        .collect();
    items.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    items.sort_by_key(|item| {
        let figure = match sort {
            SortKey::Name => Some(0),
            SortKey::Lag => item.lag_seconds.map(|lag| lag.as_nanos()),
            SortKey::Age => item.age_seconds.map(|age| age.as_nanos()),
            SortKey::Held => item.held_seconds.map(|held| held.as_nanos()),
            SortKey::Transitions => item.transitions.map(i128::from),
        };
        (figure.is_none(), figure)
    });
    LeaseList {
        api_version: API_VERSION,
        kind: "LeaseList",
        time: now,
        clock_offset_seconds: facts.clock_offset,
        hidden_node_heartbeats: facts.hidden,
        unreadable: facts.unreadable.into_iter().collect(),
        items,
    }
}

/// Seconds with milliseconds.
#[expect(
    clippy::ref_option,
    clippy::cast_precision_loss,
    reason = "serde's signature; milliseconds fit"
)]
pub(crate) fn optional_seconds<S: Serializer>(
    duration: &Option<SignedDuration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let millis = duration.map(|duration| duration.as_millis());
    millis
        .map(|millis| millis as f64 / 1000.0)
        .serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn optional_whole_seconds<S: Serializer>(
    duration: &Option<SignedDuration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration
        .map(|duration| duration.as_secs())
        .serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(name: &str, renewed: &str, transitions: Option<i64>) -> Lease {
        Lease {
            namespace: "kube-system".into(),
            name: name.into(),
            holder: Some(format!("{name}-holder")),
            duration_seconds: Some(15),
            renewed: renewed.parse().map_or(Time::Invalid, Time::At),
            acquired: Time::At("2026-01-01T00:00:00Z".parse().unwrap()),
            created: Time::At("2025-12-31T00:00:00Z".parse().unwrap()),
            transitions,
            ..Lease::default()
        }
    }

    fn facts() -> Facts {
        Facts {
            leases: vec![
                lease("c", "2026-01-01T00:00:59Z", Some(1)),
                lease("a", "2026-01-01T00:00:50Z", Some(7)),
                lease("b", "never", None),
            ],
            now: "2026-01-01T00:01:00Z".parse().unwrap(),
            ..Facts::default()
        }
    }

    #[test]
    fn rows_are_sorted_ascending_with_unknown_last() {
        for (sort, expected) in [
            (SortKey::Name, ["a", "b", "c"]),
            (SortKey::Lag, ["c", "a", "b"]),
            (SortKey::Transitions, ["c", "a", "b"]),
            (SortKey::Held, ["a", "b", "c"]),
            (SortKey::Age, ["a", "b", "c"]),
        ] {
            let names: Vec<String> = report(facts(), sort)
                .items
                .into_iter()
                .map(|item| item.name)
                .collect();
            assert_eq!(names, expected, "{sort:?}");
        }
    }

    #[test]
    fn the_document_has_the_fields_of_the_contract() {
        let json = serde_json::to_value(report(facts(), SortKey::Name)).unwrap();
        assert_eq!(json["apiVersion"], "day2.dev/v1alpha1");
        assert_eq!(json["kind"], "LeaseList");
        assert_eq!(json["time"], "2026-01-01T00:01:00Z");
        let item = &json["items"][0];
        assert_eq!(item["namespace"], "kube-system");
        assert_eq!(item["kind"], "election");
        assert_eq!(item["state"], "held");
        assert_eq!(item["holderIdentity"], "a-holder");
        assert_eq!(item["holder"]["name"], "a-holder");
        assert_eq!(item["renewTime"], "2026-01-01T00:00:50Z");
        assert_eq!(item["lagSeconds"], 10.0);
        assert_eq!(item["leaseDurationSeconds"], 15);
        assert_eq!(item["heldSeconds"], 60);
        assert_eq!(item["transitions"], 7);
        assert_eq!(item["ageSeconds"], 86_460);
        let broken = &json["items"][1];
        assert_eq!(broken["state"], "unknown");
        assert_eq!(broken["invalid"][0], "renewTime");
        assert!(broken["lagSeconds"].is_null());
    }
}
