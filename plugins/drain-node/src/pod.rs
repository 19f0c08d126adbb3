//! A pod as far as a drain is concerned with it.

use std::collections::BTreeMap;

use cluster::Versioned;
use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The annotation by which a kubelet marks the mirror of a static pod
/// (kubernetes/api, `core/v1/annotation_key_constants.go`).
const MIRROR: &str = "kubernetes.io/config.mirror";
/// What a pod without `terminationGracePeriodSeconds` has.
const DEFAULT_GRACE_SECONDS: i64 = 30;

/// A pod.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(from = "core::Pod")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
pub struct Pod {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    /// Empty while it is not bound.
    pub node: String,
    pub labels: BTreeMap<String, String>,
    pub controller: Option<Owner>,
    pub phase: Phase,
    pub ready: bool,
    /// Since when it is as ready as it is.
    pub ready_changed: Option<Timestamp>,
    /// Why a container waits, as `CrashLoopBackOff`.
    pub waiting: Option<String>,
    /// Set from the moment of its deletion on.
    pub deletion: Option<Deletion>,
    pub finalizers: Vec<String>,
    pub is_mirror: bool,
    /// The names of its emptyDir volumes.
    pub empty_dirs: Vec<String>,
    /// The names of its persistent volume claims.
    pub claims: Vec<String>,
    /// Whether it has volumes of any kind that a node must attach, or devices.
    pub has_attachments: bool,
    pub grace_seconds: i64,
    pub has_pre_stop: bool,
    pub priority: i32,
}

/// When a pod that is being deleted should be gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deletion {
    /// The end of the grace period.
    pub deadline: Timestamp,
    /// The grace period.
    pub grace_seconds: i64,
}

/// Who made a pod, and makes it anew.
#[derive(Clone, Debug, Default, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    #[serde(skip)]
    pub uid: String,
}

/// `status.phase`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    #[default]
    Unknown,
}

impl Pod {
    /// `namespace/name`, as kubectl writes it.
    pub fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Whether it has run to its end.
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// Whether it is being deleted.
    pub fn is_terminating(&self) -> bool {
        self.deletion.is_some()
    }

    /// The grace it will have: its own, unless the flag says another.
    pub fn effective_grace(&self, flag: Option<i64>) -> i64 {
        flag.unwrap_or(self.grace_seconds)
    }
}

impl Versioned for Pod {
    fn resource_version(&self) -> &str {
        &self.resource_version
    }
}

impl From<core::Pod> for Pod {
    fn from(pod: core::Pod) -> Self {
        Self::from(&pod)
    }
}

impl From<&core::Pod> for Pod {
    fn from(pod: &core::Pod) -> Self {
        let metadata = &pod.metadata;
        let empty_spec = core::PodSpec::default();
        let empty_status = core::PodStatus::default();
        let spec = pod.spec.as_ref().unwrap_or(&empty_spec);
        let status = pod.status.as_ref().unwrap_or(&empty_status);
        let volumes = spec.volumes.as_deref().unwrap_or_default();
        let ready = status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == "Ready");
        Self {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            uid: metadata.uid.clone().unwrap_or_default(),
            resource_version: metadata.resource_version.clone().unwrap_or_default(),
            node: spec.node_name.clone().unwrap_or_default(),
            labels: metadata.labels.clone().unwrap_or_default(),
            controller: controller(pod),
            phase: phase(status.phase.as_deref()),
            ready: ready.is_some_and(|condition| condition.status == "True"),
            ready_changed: ready
                .and_then(|condition| condition.last_transition_time.as_ref())
                .map(|time| time.0),
            waiting: waiting(status),
            deletion: metadata.deletion_timestamp.as_ref().map(|time| Deletion {
                deadline: time.0,
                grace_seconds: metadata.deletion_grace_period_seconds.unwrap_or(0),
            }),
            finalizers: metadata.finalizers.clone().unwrap_or_default(),
            is_mirror: metadata
                .annotations
                .as_ref()
                .is_some_and(|annotations| annotations.contains_key(MIRROR)),
            empty_dirs: volumes
                .iter()
                .filter(|volume| volume.empty_dir.is_some())
                .map(|volume| volume.name.clone())
                .collect(),
            claims: volumes
                .iter()
                .filter_map(|volume| claim(volume, metadata.name.as_deref().unwrap_or_default()))
                .collect(),
            has_attachments: volumes.iter().any(is_attached)
                || spec
                    .resource_claims
                    .as_ref()
                    .is_some_and(|claims| !claims.is_empty()),
            grace_seconds: spec
                .termination_grace_period_seconds
                .unwrap_or(DEFAULT_GRACE_SECONDS),
            has_pre_stop: spec.containers.iter().any(|container| {
                container
                    .lifecycle
                    .as_ref()
                    .is_some_and(|lifecycle| lifecycle.pre_stop.is_some())
            }),
            priority: spec.priority.unwrap_or(0),
        }
    }
}

fn controller(pod: &core::Pod) -> Option<Owner> {
    let owners = pod.metadata.owner_references.as_deref().unwrap_or_default();
    owners
        .iter()
        .find(|owner| owner.controller == Some(true))
        .map(|owner| Owner {
            api_version: owner.api_version.clone(),
            kind: owner.kind.clone(),
            name: owner.name.clone(),
            uid: owner.uid.clone(),
        })
}

fn phase(phase: Option<&str>) -> Phase {
    match phase {
        Some("Pending") => Phase::Pending,
        Some("Running") => Phase::Running,
        Some("Succeeded") => Phase::Succeeded,
        Some("Failed") => Phase::Failed,
        _ => Phase::Unknown,
    }
}

fn waiting(status: &core::PodStatus) -> Option<String> {
    let containers = status.container_statuses.as_deref().unwrap_or_default();
    containers.iter().find_map(|container| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        waiting.reason.clone()
    })
}

/// The claim of a volume; an ephemeral one is named after pod and volume.
fn claim(volume: &core::Volume, pod: &str) -> Option<String> {
    let own = volume.persistent_volume_claim.as_ref();
    own.map(|claim| claim.claim_name.clone()).or_else(|| {
        volume
            .ephemeral
            .as_ref()
            .map(|_| format!("{pod}-{}", volume.name))
    })
}

/// Whether a volume is none of those that any node can make from the API alone.
fn is_attached(volume: &core::Volume) -> bool {
    let everywhere = volume.empty_dir.is_some()
        || volume.config_map.is_some()
        || volume.secret.is_some()
        || volume.projected.is_some()
        || volume.downward_api.is_some()
        || volume.host_path.is_some();
    !everywhere
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_matters_is_read() {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"namespace": "shop", "name": "web-0", "uid": "u", "resourceVersion": "7",
                "labels": {"app": "web"}, "finalizers": ["a/b"],
                "deletionTimestamp": "2026-01-01T00:00:30Z", "deletionGracePeriodSeconds": 20,
                "ownerReferences": [
                    {"apiVersion": "v1", "kind": "Thing", "name": "t", "uid": "1"},
                    {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "2", "controller": true}]},
            "spec": {"nodeName": "n1", "priority": 5,
                "containers": [{"name": "c", "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}],
                "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
                    {"name": "e", "ephemeral": {}}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
                "containerStatuses": [{"name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 3,
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
        }))
        .unwrap();
        assert_eq!(pod.key(), "shop/web-0");
        assert_eq!(pod.controller.as_ref().unwrap().kind, "ReplicaSet");
        assert_eq!(pod.phase, Phase::Running);
        assert!(!pod.ready && pod.is_terminating() && !pod.is_finished() && !pod.is_mirror);
        assert_eq!(pod.deletion.unwrap().grace_seconds, 20);
        assert_eq!(pod.empty_dirs, ["tmp"]);
        assert_eq!(pod.claims, ["data", "web-0-e"]);
        assert!(pod.has_attachments && pod.has_pre_stop);
        assert_eq!(pod.waiting.as_deref(), Some("CrashLoopBackOff"));
        assert_eq!(pod.effective_grace(None), 30);
        assert_eq!(pod.effective_grace(Some(0)), 0);
        assert_eq!(pod.finalizers, ["a/b"]);
    }

    #[test]
    fn an_empty_object_is_a_pod_that_says_nothing() {
        let pod: Pod = serde_json::from_value(json!({})).unwrap();
        assert_eq!(pod.phase, Phase::Unknown);
        assert_eq!(pod.controller, None);
        assert!(!pod.ready);
    }
}
