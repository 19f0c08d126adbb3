//! What events say of a Lease.

use cluster::{Resource, Versioned};
use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::lease::{Time, time};

/// Events of any kind.
pub const EVENTS: Resource = Resource::of::<core::Event>();

/// client-go's reason for what happens in elections (tools/leaderelection/resourcelock).
pub const LEADER_ELECTION: &str = "LeaderElection";

/// An event about a Lease.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseEventRecord {
    /// The namespace of event and Lease.
    #[serde(skip)]
    pub namespace: String,
    /// The Lease.
    #[serde(skip)]
    pub lease: String,
    /// `metadata.resourceVersion`.
    #[serde(skip)]
    pub resource_version: String,
    /// When it last happened, by the clock of who tells.
    pub time: Option<Timestamp>,
    /// The machine's word.
    pub reason: String,
    /// The words for people.
    pub message: String,
    /// Who tells.
    pub component: String,
    /// How often it happened.
    pub count: i64,
}

impl LeaseEventRecord {
    /// The identity that became leader, where the event says that.
    #[must_use]
    pub fn became_leader(&self) -> Option<&str> {
        self.identity("became leader")
    }

    /// The identity that stopped leading, where the event says that.
    #[must_use]
    pub fn stopped_leading(&self) -> Option<&str> {
        self.identity("stopped leading")
    }

    fn identity(&self, what: &str) -> Option<&str> {
        if self.reason != LEADER_ELECTION {
            return None;
        }
        let identity = self.message.strip_suffix(what)?.trim_end();
        Some(identity).filter(|identity| !identity.is_empty())
    }
}

/// Puts events in the order in which they happened.
pub fn sort(events: &mut [LeaseEventRecord]) {
    events.sort_by(|a, b| (a.time, &a.message).cmp(&(b.time, &b.message)));
}

impl Versioned for LeaseEventRecord {
    fn resource_version(&self) -> &str {
        &self.resource_version
    }
}

impl<'de> Deserialize<'de> for LeaseEventRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = EventObject::deserialize(deserializer)?;
        let component = [event.reporting_component, event.source.component]
            .into_iter()
            .flatten()
            .find(|component| !component.is_empty());
        let series = event.series.unwrap_or_default();
        let time = [
            series.last_observed_time,
            event.last_timestamp,
            event.event_time,
            event.first_timestamp,
            event.metadata.creation_timestamp,
        ]
        .into_iter()
        .find_map(Time::known);
        Ok(Self {
            namespace: event.metadata.namespace,
            lease: event.involved_object.name,
            resource_version: event.metadata.resource_version,
            time,
            reason: event.reason.unwrap_or_default(),
            message: event.message.unwrap_or_default(),
            component: component.unwrap_or_default(),
            count: series.count.or(event.count).unwrap_or(1),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventObject {
    metadata: Metadata,
    #[serde(default)]
    involved_object: Involved,
    reason: Option<String>,
    message: Option<String>,
    reporting_component: Option<String>,
    #[serde(default)]
    source: Source,
    count: Option<i64>,
    series: Option<Series>,
    #[serde(default, deserialize_with = "time")]
    event_time: Time,
    #[serde(default, deserialize_with = "time")]
    first_timestamp: Time,
    #[serde(default, deserialize_with = "time")]
    last_timestamp: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    resource_version: String,
    #[serde(default, deserialize_with = "time")]
    creation_timestamp: Time,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Involved {
    kind: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    component: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Series {
    count: Option<i64>,
    #[serde(deserialize_with = "time")]
    last_observed_time: Time,
}

/// Whether an event's JSON is about a Lease of this name.
#[must_use]
pub fn is_about(json: &[u8], lease: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct About {
        #[serde(default)]
        involved_object: Involved,
    }
    serde_json::from_slice::<About>(json).is_ok_and(|event| {
        event.involved_object.kind == "Lease" && event.involved_object.name == lease
    })
}

/// The field selector for the events of one Lease, or of all.
#[must_use]
pub fn selector(lease: Option<&str>) -> String {
    let name = lease.map(|lease| format!(",involvedObject.name={lease}"));
    format!("involvedObject.kind=Lease{}", name.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_events_are_read() {
        for (json, time, component, count) in [
            (
                r#"{"metadata":{"name":"a","namespace":"kube-system","creationTimestamp":"2026-01-01T00:00:00Z"},
                "involvedObject":{"kind":"Lease","name":"kube-scheduler"},"reason":"LeaderElection","message":"a_1 became leader",
                "source":{"component":"default-scheduler"},"firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:01:00Z",
                "count":3,"eventTime":null,"reportingComponent":""}"#,
                "2026-01-01T00:01:00Z",
                "default-scheduler",
                3,
            ),
            (
                r#"{"metadata":{"name":"a","namespace":"kube-system"},"involvedObject":{"kind":"Lease","name":"kube-scheduler"},
                "reason":"LeaderElection","message":"a_1 stopped leading","source":{},"firstTimestamp":null,"lastTimestamp":null,
                "eventTime":"2026-01-01T00:00:00.5Z","reportingComponent":"ours"}"#,
                "2026-01-01T00:00:00.5Z",
                "ours",
                1,
            ),
        ] {
            let event: LeaseEventRecord = serde_json::from_str(json).unwrap();
            assert_eq!(event.time, Some(time.parse().unwrap()));
            assert_eq!(event.component, component);
            assert_eq!(event.count, count);
            assert!(is_about(json.as_bytes(), "kube-scheduler"));
            assert!(!is_about(json.as_bytes(), "other"));
        }
    }

    #[test]
    fn only_elections_tell_of_leaders() {
        let event = |reason: &str, message: &str| LeaseEventRecord {
            reason: reason.into(),
            message: message.into(),
            ..LeaseEventRecord::default()
        };
        let became = event(LEADER_ELECTION, "a_1 became leader");
        assert_eq!(became.became_leader(), Some("a_1"));
        assert_eq!(became.stopped_leading(), None);
        assert_eq!(
            event(LEADER_ELECTION, "a_1 stopped leading").stopped_leading(),
            Some("a_1")
        );
        assert_eq!(event("Other", "a_1 became leader").became_leader(), None);
        assert_eq!(
            event(LEADER_ELECTION, "became leader").became_leader(),
            None
        );
    }

    #[test]
    fn the_selector_names_the_lease() {
        assert_eq!(
            selector(Some("a")),
            "involvedObject.kind=Lease,involvedObject.name=a"
        );
        assert_eq!(selector(None), "involvedObject.kind=Lease");
    }
}
