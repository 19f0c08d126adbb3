//! Pods as instances of a workload: which are alike, which are ready, which were restarted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use serde::Deserialize;

use crate::holder::{COMPONENT_LABELS, Pod};
use crate::lease::{Time, null_as_default, time};

const TEMPLATE_HASH: &str = "pod-template-hash";

/// A pod that may take part in an election.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Instance {
    /// What a holder is resolved by.
    pub pod: Pod,
    /// `metadata.uid`.
    pub uid: String,
    /// `status.phase`.
    pub phase: String,
    /// Whether its condition Ready is true.
    pub ready: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// The workload it belongs to, as `Deployment/web`; `None` for a pod of its own.
    pub workload: Option<String>,
    /// Its containers as the kubelet reports them.
    pub containers: Vec<Container>,
}

/// A container as the kubelet reports it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// How often it was restarted.
    pub restarts: i64,
    /// Since when it runs; `None` where it does not.
    pub started: Option<Timestamp>,
    /// When it last ended, where that is known.
    pub ended: Option<Timestamp>,
    /// With which exit code it last ended.
    pub exit_code: Option<i32>,
}

impl Instance {
    /// Whether it can lead: it is ready and not about to go.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.ready && !self.terminating
    }

    /// How often its containers, or one of them, were restarted.
    #[must_use]
    pub fn restarts(&self, container: Option<&str>) -> i64 {
        self.of(container).map(|container| container.restarts).sum()
    }

    /// When its containers, or one of them, last ended.
    #[must_use]
    pub fn ended(&self, container: Option<&str>) -> Option<Timestamp> {
        self.of(container)
            .filter_map(|container| container.ended)
            .max()
    }

    /// With which exit code its container, or the last of them, last ended.
    #[must_use]
    pub fn exit_code(&self, container: Option<&str>) -> Option<i32> {
        self.of(container)
            .max_by_key(|container| container.ended)
            .and_then(|container| container.exit_code)
    }

    fn of<'a>(&'a self, name: Option<&'a str>) -> impl Iterator<Item = &'a Container> {
        self.containers
            .iter()
            .filter(move |container| name.is_none_or(|name| name == container.name))
    }
}

/// Reads an instance from a pod's JSON.
///
/// # Errors
/// When it is no pod.
pub fn parse_instance(json: &[u8]) -> Result<Instance, String> {
    crate::facts::parse::<core::Pod>(json).map(|pod| instance(&pod))
}

fn instance(pod: &core::Pod) -> Instance {
    let metadata = &pod.metadata;
    let labels = metadata.labels.as_ref();
    let spec = pod.spec.as_ref();
    let status = pod.status.as_ref();
    let name = metadata.name.clone().unwrap_or_default();
    let node = spec
        .and_then(|spec| spec.node_name.clone())
        .filter(|node| !node.is_empty());
    let conditions = status.and_then(|status| status.conditions.as_ref());
    let statuses = status.and_then(|status| status.container_statuses.as_ref());
    Instance {
        uid: metadata.uid.clone().unwrap_or_default(),
        phase: status
            .and_then(|status| status.phase.clone())
            .unwrap_or_default(),
        ready: conditions
            .into_iter()
            .flatten()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True"),
        terminating: metadata.deletion_timestamp.is_some(),
        workload: workload(pod, &name, node.as_deref()),
        containers: statuses.into_iter().flatten().map(container).collect(),
        pod: Pod {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            host_network: spec.and_then(|spec| spec.host_network).unwrap_or(false),
            containers: spec
                .map(|spec| {
                    let names = spec.containers.iter();
                    names.map(|container| container.name.clone()).collect()
                })
                .unwrap_or_default(),
            components: COMPONENT_LABELS
                .iter()
                .filter_map(|label| labels?.get(*label).cloned())
                .collect(),
            node,
            name,
        },
    }
}

fn container(status: &core::ContainerStatus) -> Container {
    let last = status.last_state.as_ref();
    let ended = status
        .state
        .as_ref()
        .and_then(|state| state.terminated.as_ref())
        .or_else(|| last.and_then(|state| state.terminated.as_ref()));
    Container {
        name: status.name.clone(),
        restarts: i64::from(status.restart_count),
        started: status
            .state
            .as_ref()
            .and_then(|state| state.running.as_ref())
            .and_then(|running| Some(running.started_at.as_ref()?.0)),
        ended: ended.and_then(|ended| Some(ended.finished_at.as_ref()?.0)),
        exit_code: ended.map(|ended| ended.exit_code),
    }
}

/// The workload of a pod: its controller, the Deployment behind a `ReplicaSet`, or for a static pod
/// its manifest's name, which the kubelet joins with the node's.
fn workload(pod: &core::Pod, name: &str, node: Option<&str>) -> Option<String> {
    let owners = pod.metadata.owner_references.as_deref().unwrap_or_default();
    let controller = owners
        .iter()
        .find(|owner| owner.controller == Some(true))
        .or(owners.first());
    match controller {
        Some(owner) if owner.kind == "ReplicaSet" => {
            let labels = pod.metadata.labels.as_ref();
            let hash = labels.and_then(|labels| labels.get(TEMPLATE_HASH));
            let deployment = hash.and_then(|hash| owner.name.strip_suffix(&format!("-{hash}")));
            Some(match deployment {
                Some(name) => format!("Deployment/{name}"),
                None => format!("ReplicaSet/{}", owner.name),
            })
        }
        Some(owner) if owner.kind != "Node" => Some(format!("{}/{}", owner.kind, owner.name)),
        _ => {
            let manifest = name.strip_suffix(&format!("-{}", node?))?;
            Some(format!("static pod {manifest}"))
        }
    }
}

/// What identifies an object of any kind, and its annotations.
#[derive(Debug, Deserialize)]
pub struct Annotated {
    /// Its metadata.
    pub metadata: AnnotatedMetadata,
}

/// The metadata of any object, as far as locks and events need it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnnotatedMetadata {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its annotations.
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    /// When it was made.
    #[serde(deserialize_with = "time")]
    pub creation_timestamp: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(metadata: &str) -> Instance {
        let json = format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{metadata},
            "spec":{{"nodeName":"cp-1","hostNetwork":true,"containers":[{{"name":"main"}}]}},
            "status":{{"phase":"Running","conditions":[{{"type":"Ready","status":"True"}}],
              "containerStatuses":[{{"name":"main","image":"","imageID":"","ready":true,"restartCount":2,
                "state":{{"running":{{"startedAt":"2026-01-01T00:00:10Z"}}}},
                "lastState":{{"terminated":{{"exitCode":1,"finishedAt":"2026-01-01T00:00:05Z"}}}}}}]}}}}"#
        );
        parse_instance(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_workload_is_what_makes_pods_alike() {
        for (metadata, expected) in [
            (
                r#"{"name":"web-7d9f8-abcde","labels":{"pod-template-hash":"7d9f8"},
                   "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9f8","uid":"1","controller":true}]}"#,
                Some("Deployment/web"),
            ),
            (
                r#"{"name":"x-1","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"x","uid":"1","controller":true}]}"#,
                Some("ReplicaSet/x"),
            ),
            (
                r#"{"name":"db-0","ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"db","uid":"1","controller":true}]}"#,
                Some("StatefulSet/db"),
            ),
            (
                r#"{"name":"kube-scheduler-cp-1","ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"cp-1","uid":"1","controller":true}]}"#,
                Some("static pod kube-scheduler"),
            ),
            (
                r#"{"name":"kube-scheduler-cp-1"}"#,
                Some("static pod kube-scheduler"),
            ),
            (r#"{"name":"alone"}"#, None),
        ] {
            assert_eq!(parsed(metadata).workload.as_deref(), expected, "{metadata}");
        }
    }

    #[test]
    fn the_kubelets_report_is_kept() {
        let instance = parsed(r#"{"name":"kube-scheduler-cp-1","uid":"u"}"#);
        assert!(instance.is_live());
        assert_eq!(instance.restarts(Some("main")), 2);
        assert_eq!(instance.restarts(Some("other")), 0);
        assert_eq!(
            instance.ended(None),
            Some("2026-01-01T00:00:05Z".parse().unwrap())
        );
        let going = Instance {
            terminating: true,
            ..instance
        };
        assert!(!going.is_live());
    }
}
