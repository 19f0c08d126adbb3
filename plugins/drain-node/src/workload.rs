//! The workloads behind pods: how many replicas they want, have, and how they could make room.

use std::collections::BTreeMap;

use cluster::{LabelSelector, Versioned};
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;
use serde_json::Value;

use crate::pod::{Owner, Pod};

/// The kinds that are looked up.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    Deployment,
    ReplicaSet,
    StatefulSet,
    ReplicationController,
}

impl Kind {
    /// The kind an owner is of, if it is one of these.
    pub fn of(owner: &Owner) -> Option<Self> {
        match (owner.api_version.as_str(), owner.kind.as_str()) {
            ("apps/v1", "Deployment") => Some(Self::Deployment),
            ("apps/v1", "ReplicaSet") => Some(Self::ReplicaSet),
            ("apps/v1", "StatefulSet") => Some(Self::StatefulSet),
            ("v1", "ReplicationController") => Some(Self::ReplicationController),
            _ => None,
        }
    }

    /// As kubectl names an object of it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::ReplicaSet => "replicaset",
            Self::StatefulSet => "statefulset",
            Self::ReplicationController => "replicationcontroller",
        }
    }
}

/// Which workload.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Key {
    pub kind: Kind,
    pub namespace: String,
    pub name: String,
}

impl Key {
    /// The workload that made a pod.
    pub fn of(pod: &Pod) -> Option<Self> {
        let owner = pod.controller.as_ref()?;
        Some(Self {
            kind: Kind::of(owner)?,
            namespace: pod.namespace.clone(),
            name: owner.name.clone(),
        })
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}/{}/{}",
            self.kind.word(),
            self.namespace,
            self.name
        )
    }
}

/// A workload's numbers, and which pods are its own.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(from = "Read")]
pub struct Workload {
    pub name: String,
    pub resource_version: String,
    /// `None` selects no pod.
    pub selector: Option<LabelSelector>,
    pub replicas: i32,
    pub ready: i32,
    pub owner: Option<Owner>,
    /// Whether a Deployment would make a new pod ready before it takes the old one away.
    pub surges: bool,
}

impl Workload {
    /// Whether pods with these labels are its own.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        let selector = self.selector.as_ref();
        selector.is_some_and(|selector| selector.matches(labels))
    }
}

impl Versioned for Workload {
    fn resource_version(&self) -> &str {
        &self.resource_version
    }
}

/// Workloads by key; one that could not be read is missing.
pub type Workloads = BTreeMap<Key, Workload>;

/// The parts that all four kinds have in common, and a Deployment's strategy.
#[derive(Deserialize)]
struct Read {
    metadata: meta::ObjectMeta,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    /// Labels alone in a `ReplicationController`, a `LabelSelector` in the others.
    selector: Option<Value>,
    replicas: Option<i32>,
    paused: Option<bool>,
    strategy: Option<apps::DeploymentStrategy>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    ready_replicas: Option<i32>,
}

impl From<Read> for Workload {
    fn from(read: Read) -> Self {
        let pod_like = core::Pod {
            metadata: read.metadata,
            ..core::Pod::default()
        };
        let replicas = read.spec.replicas.unwrap_or(1);
        let metadata = &pod_like.metadata;
        Self {
            name: metadata.name.clone().unwrap_or_default(),
            resource_version: metadata.resource_version.clone().unwrap_or_default(),
            selector: read.spec.selector.and_then(selector),
            replicas,
            ready: read.status.ready_replicas.unwrap_or(0),
            owner: Pod::from(&pod_like).controller,
            surges: read.spec.paused != Some(true)
                && read
                    .spec
                    .strategy
                    .as_ref()
                    .is_some_and(|strategy| surges(strategy, replicas)),
        }
    }
}

fn selector(written: Value) -> Option<LabelSelector> {
    let is_whole = written.get("matchLabels").is_some_and(Value::is_object)
        || written.get("matchExpressions").is_some_and(Value::is_array);
    let selector = if is_whole {
        serde_json::from_value(written)
    } else {
        serde_json::from_value(written).map(|labels| meta::LabelSelector {
            match_labels: Some(labels),
            match_expressions: None,
        })
    };
    LabelSelector::of(&selector.ok()?)
}

/// Whether a rolling update adds a pod before it takes one away.
///
/// Percentages are rounded up for maxSurge and down for maxUnavailable, as `ResolveFenceposts`
/// (kubernetes/kubernetes, `pkg/controller/deployment/util/deployment_util.go`) does.
fn surges(strategy: &apps::DeploymentStrategy, replicas: i32) -> bool {
    if strategy.type_.as_deref() == Some("Recreate") {
        return false;
    }
    let rolling = strategy.rolling_update.clone().unwrap_or_default();
    let quarter = || IntOrString::String("25%".into());
    let surge = scaled(&rolling.max_surge.unwrap_or_else(quarter), replicas, true);
    let unavailable = scaled(
        &rolling.max_unavailable.unwrap_or_else(quarter),
        replicas,
        false,
    );
    surge >= 1 && unavailable == 0
}

fn scaled(value: &IntOrString, of: i32, up: bool) -> i32 {
    match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => {
            let percent: i64 = text
                .strip_suffix('%')
                .and_then(|number| number.parse().ok())
                .unwrap_or(0);
            let exact = percent * i64::from(of);
            let whole = if up { (exact + 99) / 100 } else { exact / 100 };
            i32::try_from(whole).unwrap_or(i32::MAX)
        }
    }
}

/// The Deployment behind a pod, and what is known of it.
pub fn deployment_of<'a>(pod: &Pod, workloads: &'a Workloads) -> Option<(Key, &'a Workload)> {
    let replica_set = workloads.get(&Key::of(pod)?)?;
    let owner = replica_set.owner.as_ref()?;
    let key = Key {
        kind: Kind::of(owner).filter(|kind| *kind == Kind::Deployment)?,
        namespace: pod.namespace.clone(),
        name: owner.name.clone(),
    };
    workloads.get(&key).map(|deployment| (key, deployment))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deployment_surges_where_it_adds_before_it_takes() {
        let rolling = |surge: serde_json::Value, unavailable: serde_json::Value| {
            json!({"replicas": 1, "strategy": {"type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}})
        };
        for (spec, expected) in [
            (json!({"strategy": {"type": "RollingUpdate"}}), true),
            (rolling(json!(1), json!(0)), true),
            (rolling(json!("25%"), json!("25%")), true),
            (rolling(json!(1), json!(1)), false),
            (rolling(json!(0), json!(1)), false),
            (rolling(json!("100%"), json!("100%")), false),
            (json!({"strategy": {"type": "Recreate"}}), false),
            (
                json!({"paused": true, "strategy": {"type": "RollingUpdate"}}),
                false,
            ),
            (json!({}), false),
        ] {
            let object = json!({"metadata": {"name": "web"}, "spec": spec});
            let read: Workload = serde_json::from_value(object).unwrap();
            assert_eq!(read.surges, expected, "{spec}");
        }
    }

    #[test]
    fn numbers_and_owner_are_read() {
        let read: Workload = serde_json::from_value(json!({
            "metadata": {"name": "web-1", "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1", "controller": true}]},
            "spec": {"replicas": 3}, "status": {"readyReplicas": 2},
        }))
        .unwrap();
        assert_eq!((read.replicas, read.ready), (3, 2));
        assert_eq!(read.owner.unwrap().name, "web");
        assert_eq!(read.name, "web-1");
    }

    #[test]
    fn a_selector_is_whole_or_just_labels() {
        let labels = |app: &str| BTreeMap::from([("app".to_owned(), app.to_owned())]);
        for (selector, expected) in [
            (json!({"matchLabels": {"app": "web"}}), true),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}),
                true,
            ),
            (json!({"app": "web"}), true),
            (json!({"matchLabels": {"app": "db"}}), false),
            (json!({"app": "db"}), false),
            (json!(null), false),
        ] {
            let object = json!({"metadata": {"name": "web"}, "spec": {"selector": selector}});
            let read: Workload = serde_json::from_value(object).unwrap();
            assert_eq!(read.selects(&labels("web")), expected, "{selector}");
        }
    }
}
