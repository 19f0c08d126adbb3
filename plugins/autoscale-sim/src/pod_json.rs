//! Pods from JSON, quickly: of metadata and status only what is looked at is read. The rest, most
//! of a pod's text, is skipped without being held.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ContainerStatus, Pod, PodCondition, PodResourceClaimStatus, PodSpec, PodStatus,
    ResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use serde::Deserialize;

#[derive(Deserialize)]
struct PodText {
    #[serde(default)]
    metadata: MetaText,
    #[serde(default)]
    spec: PodSpec,
    #[serde(default)]
    status: StatusText,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MetaText {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<OwnerReference>>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
    deletion_grace_period_seconds: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StatusText {
    phase: Option<String>,
    nominated_node_name: Option<String>,
    start_time: Option<Time>,
    conditions: Option<Vec<ConditionText>>,
    container_statuses: Option<Vec<ContainerText>>,
    init_container_statuses: Option<Vec<ContainerText>>,
    resource_claim_statuses: Option<Vec<PodResourceClaimStatus>>,
    resources: Option<ResourceRequirements>,
    allocated_resources: Option<BTreeMap<String, Quantity>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConditionText {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerText {
    name: String,
    resources: Option<ResourceRequirements>,
    allocated_resources: Option<BTreeMap<String, Quantity>>,
}

/// Reads a pod.
///
/// # Errors
/// What serde says of the text.
pub fn parse(json: &[u8]) -> Result<Pod, String> {
    let PodText {
        metadata,
        spec,
        status,
    } = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    Ok(Pod {
        metadata: ObjectMeta {
            name: metadata.name,
            namespace: metadata.namespace,
            uid: metadata.uid,
            labels: metadata.labels,
            annotations: metadata.annotations,
            owner_references: metadata.owner_references,
            creation_timestamp: metadata.creation_timestamp,
            deletion_timestamp: metadata.deletion_timestamp,
            deletion_grace_period_seconds: metadata.deletion_grace_period_seconds,
            ..ObjectMeta::default()
        },
        spec: Some(spec),
        status: Some(status_of(status)),
    })
}

fn status_of(own: StatusText) -> PodStatus {
    let conditions = |all: Vec<ConditionText>| {
        all.into_iter()
            .map(|own| PodCondition {
                type_: own.kind,
                status: own.status,
                reason: own.reason,
                ..PodCondition::default()
            })
            .collect()
    };
    PodStatus {
        phase: own.phase,
        nominated_node_name: own.nominated_node_name,
        start_time: own.start_time,
        conditions: own.conditions.map(conditions),
        container_statuses: own.container_statuses.map(containers),
        init_container_statuses: own.init_container_statuses.map(containers),
        resource_claim_statuses: own.resource_claim_statuses,
        resources: own.resources,
        allocated_resources: own.allocated_resources,
        ..PodStatus::default()
    }
}

/// Only what a resize leaves in a status is looked at.
fn containers(all: Vec<ContainerText>) -> Vec<ContainerStatus> {
    all.into_iter()
        .map(|own| ContainerStatus {
            name: own.name,
            resources: own.resources,
            allocated_resources: own.allocated_resources,
            ..ContainerStatus::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_looked_at_is_read_as_the_whole_object_has_it() {
        let text = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "namespace": "d", "uid": "u", "labels": {"a": "b"},
                "annotations": {"x": "y"}, "creationTimestamp": "2026-01-01T00:00:00Z",
                "deletionTimestamp": "2026-01-02T00:00:00Z", "deletionGracePeriodSeconds": 30,
                "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "o", "controller": true}]},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
            "status": {"phase": "Running", "nominatedNodeName": "m", "startTime": "2026-01-01T00:00:01Z",
                "resourceClaimStatuses": [{"name": "gpu", "resourceClaimName": "g"}],
                "conditions": [{"type": "PodScheduled", "status": "True", "reason": "r"}],
                "containerStatuses": [{"name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                    "resources": {"requests": {"cpu": "2"}}, "allocatedResources": {"cpu": "2"}}]},
        });
        let text = text.to_string();
        let whole: Pod = serde_json::from_str(&text).unwrap();
        assert_eq!(parse(text.as_bytes()).unwrap(), whole);
        assert!(parse(b"{\"metadata\": 3}").is_err());
    }
}
