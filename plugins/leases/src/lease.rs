//! A Lease as this plugin keeps it: a few words of what the API server sends.

use std::collections::BTreeMap;
use std::fmt;

use cluster::Versioned;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::{Deserializer, IgnoredAny, Visitor};
use serde::{Deserialize, Serialize};

/// The namespace in which kubelets renew their heartbeats.
pub const NODE_LEASE_NAMESPACE: &str = "kube-node-lease";
/// The label by which API servers mark their identity leases.
const IDENTITY_LABEL: &str = "apiserver.kubernetes.io/identity";
/// The label with the host name of an API server, and of a node.
pub const HOSTNAME_LABEL: &str = "kubernetes.io/hostname";

/// What a Lease is for.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LeaseKind {
    /// A leader election by client-go's rules.
    Election,
    /// A leader election that the control plane decides by a strategy.
    Coordinated,
    /// A kubelet's heartbeat.
    Node,
    /// An API server's identity.
    ApiServer,
}

impl fmt::Display for LeaseKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Election => "election",
            Self::Coordinated => "coordinated",
            Self::Node => "node",
            Self::ApiServer => "apiserver",
        })
    }
}

/// A time of an object; objects in files can hold anything.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Time {
    /// There is none.
    #[default]
    Unset,
    /// There is something else than a time.
    Invalid,
    /// A time.
    At(Timestamp),
}

impl Time {
    /// The time, where there is a valid one.
    #[must_use]
    pub fn known(self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Unset | Self::Invalid => None,
        }
    }
}

/// The facts of one Lease.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lease {
    /// The Lease's namespace.
    pub namespace: String,
    /// The Lease's name.
    pub name: String,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// When it was made, by the API server's clock.
    pub created: Time,
    /// `spec.holderIdentity`; an empty one is none.
    pub holder: Option<String>,
    /// `spec.leaseDurationSeconds`.
    pub duration_seconds: Option<i64>,
    /// When the holder took it, by the holder's clock.
    pub acquired: Time,
    /// When the holder last renewed it, by the holder's clock.
    pub renewed: Time,
    /// When the API server wrote that renewal, by its own clock, cut to whole seconds.
    pub renewal_written: Option<Timestamp>,
    /// `spec.leaseTransitions`.
    pub transitions: Option<i64>,
    /// `spec.strategy` of a coordinated election.
    pub strategy: Option<String>,
    /// `spec.preferredHolder` of a coordinated election.
    pub preferred_holder: Option<String>,
    /// The host of the API server whose identity this is; empty where it does not say.
    pub api_server: Option<String>,
}

impl Lease {
    /// What the Lease is for.
    #[must_use]
    pub fn kind(&self) -> LeaseKind {
        if self.namespace == NODE_LEASE_NAMESPACE {
            LeaseKind::Node
        } else if self.api_server.is_some() {
            LeaseKind::ApiServer
        } else if self.strategy.is_some() || self.preferred_holder.is_some() {
            LeaseKind::Coordinated
        } else {
            LeaseKind::Election
        }
    }
}

impl Versioned for Lease {
    fn resource_version(&self) -> &str {
        &self.resource_version
    }
}

impl<'de> Deserialize<'de> for Lease {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LeaseObject::deserialize(deserializer).map(Self::from)
    }
}

impl From<LeaseObject> for Lease {
    fn from(object: LeaseObject) -> Self {
        let LeaseObject { mut metadata, spec } = object;
        let identity = metadata.labels.contains_key(IDENTITY_LABEL);
        let hostname = metadata.labels.remove(HOSTNAME_LABEL).unwrap_or_default();
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            renewal_written: metadata
                .managed_fields
                .iter()
                .filter_map(ManagedFields::renewal_written)
                .max(),
            namespace: metadata.namespace,
            name: metadata.name,
            uid: metadata.uid,
            resource_version: metadata.resource_version,
            created: metadata.creation_timestamp,
            holder: filled(spec.holder_identity),
            duration_seconds: spec.lease_duration_seconds,
            acquired: spec.acquire_time,
            renewed: spec.renew_time,
            transitions: spec.lease_transitions,
            strategy: filled(spec.strategy),
            preferred_holder: filled(spec.preferred_holder),
            api_server: identity.then_some(hostname),
        }
    }
}

#[derive(Deserialize)]
struct LeaseObject {
    metadata: Metadata,
    #[serde(default, deserialize_with = "null_as_default")]
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    namespace: String,
    name: String,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    resource_version: String,
    #[serde(default, deserialize_with = "time")]
    creation_timestamp: Time,
    #[serde(default, deserialize_with = "null_as_default")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_as_default")]
    managed_fields: Vec<ManagedFields>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    holder_identity: Option<String>,
    lease_duration_seconds: Option<i64>,
    #[serde(deserialize_with = "time")]
    acquire_time: Time,
    #[serde(deserialize_with = "time")]
    renew_time: Time,
    lease_transitions: Option<i64>,
    strategy: Option<String>,
    preferred_holder: Option<String>,
}

/// Who wrote what, and when; only the renewal is of interest.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ManagedFields {
    #[serde(deserialize_with = "time")]
    time: Time,
    fields_v1: Option<Fields>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    #[serde(rename = "f:spec")]
    spec: Option<SpecFields>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SpecFields {
    #[serde(rename = "f:renewTime")]
    renew_time: Option<IgnoredAny>,
}

impl ManagedFields {
    fn renewal_written(&self) -> Option<Timestamp> {
        let renewal = self.fields_v1.as_ref()?.spec.as_ref()?.renew_time.as_ref();
        renewal.and(self.time.known())
    }
}

pub(crate) fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a time without failing on what is none.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    struct TimeVisitor;

    impl<'de> Visitor<'de> for TimeVisitor {
        type Value = Time;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a time")
        }

        fn visit_unit<E>(self) -> Result<Time, E> {
            Ok(Time::Unset)
        }

        fn visit_none<E>(self) -> Result<Time, E> {
            Ok(Time::Unset)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Time, D::Error> {
            deserializer.deserialize_any(self)
        }

        fn visit_str<E>(self, text: &str) -> Result<Time, E> {
            Ok(text.parse().map_or(Time::Invalid, Time::At))
        }

        fn visit_i64<E>(self, _: i64) -> Result<Time, E> {
            Ok(Time::Invalid)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Time, E> {
            Ok(Time::Invalid)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Time, E> {
            Ok(Time::Invalid)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Time, E> {
            Ok(Time::Invalid)
        }
    }

    deserializer.deserialize_any(TimeVisitor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Lease {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_facts_are_taken_from_the_object() {
        let lease = parse(
            r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease",
            "metadata":{"name":"kube-scheduler","namespace":"kube-system","resourceVersion":"42",
              "creationTimestamp":"2026-01-01T00:00:00Z","managedFields":[
                {"manager":"kubectl","operation":"Update","time":"2026-01-01T05:00:00Z",
                 "fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{}}}},
                {"manager":"kube-scheduler","operation":"Update","time":"2026-01-01T01:00:05Z",
                 "fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:acquireTime":{},"f:renewTime":{}}}}]},
            "spec":{"holderIdentity":"controller-0_x","leaseDurationSeconds":15,"leaseTransitions":2,
              "acquireTime":"2026-01-01T00:00:01.5Z","renewTime":"2026-01-01T01:00:05.123456Z"}}"#,
        );
        assert_eq!(lease.kind(), LeaseKind::Election);
        assert_eq!(lease.holder.as_deref(), Some("controller-0_x"));
        assert_eq!(lease.duration_seconds, Some(15));
        assert_eq!(lease.transitions, Some(2));
        assert_eq!(
            lease.renewed,
            Time::At("2026-01-01T01:00:05.123456Z".parse().unwrap())
        );
        assert_eq!(
            lease.renewal_written,
            Some("2026-01-01T01:00:05Z".parse().unwrap())
        );
        assert_eq!(lease.resource_version(), "42");
    }

    #[test]
    fn kinds_are_told_apart() {
        for (json, expected) in [
            (
                r#"{"metadata":{"name":"n","namespace":"kube-node-lease"}}"#,
                LeaseKind::Node,
            ),
            (
                r#"{"metadata":{"name":"apiserver-x","namespace":"kube-system","labels":{"apiserver.kubernetes.io/identity":"kube-apiserver","kubernetes.io/hostname":"cp-1"}}}"#,
                LeaseKind::ApiServer,
            ),
            (
                r#"{"metadata":{"name":"c","namespace":"kube-system"},"spec":{"strategy":"OldestEmulationVersion"}}"#,
                LeaseKind::Coordinated,
            ),
            (
                r#"{"metadata":{"name":"e","namespace":"default"},"spec":null}"#,
                LeaseKind::Election,
            ),
        ] {
            assert_eq!(parse(json).kind(), expected, "{json}");
        }
    }

    #[test]
    fn missing_and_absurd_values_are_no_failure() {
        let lease = parse(
            r#"{"metadata":{"name":"x","creationTimestamp":null,"labels":null,"managedFields":null},
            "spec":{"holderIdentity":"","renewTime":"yesterday","acquireTime":7}}"#,
        );
        assert_eq!(lease.holder, None);
        assert_eq!(lease.renewed, Time::Invalid);
        assert_eq!(lease.acquired, Time::Invalid);
        assert_eq!(lease.created, Time::Unset);
    }
}
