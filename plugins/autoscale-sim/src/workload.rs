//! The pods that workloads would make: for manifests that are not applied, and for more replicas of
//! what is there.
//!
//! Follows the controllers in kubernetes `pkg/controller/{deployment,replicaset,statefulset,job}` in
//! what a pod is called and whose it is, and the API server's defaults
//! (`pkg/apis/core/v1/defaults.go`, `plugin/pkg/admission/priority`) in what it fills in.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    Container, PersistentVolumeClaim, PersistentVolumeClaimVolumeSource, Pod, PodCondition,
    PodSpec, PodStatus, PodTemplateSpec, ReplicationController, ResourceRequirements, Volume,
};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};

/// Pods that are assumed were created this long ago: younger ones would be waited for.
const AGE: SignedDuration = SignedDuration::from_mins(1);

/// A workload that makes pods of one template.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its kind: the one that owns the pods, so a `ReplicaSet` for a Deployment.
    pub kind: String,
    /// As in the owner reference.
    pub api_version: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// UID; made up for what is not applied.
    pub uid: String,
    /// What each pod looks like.
    pub template: PodTemplateSpec,
    /// Claims that each pod gets, of a `StatefulSet`.
    pub claims: Vec<PersistentVolumeClaim>,
    /// How many pods there should be.
    pub replicas: i64,
}

/// An object of a manifest.
#[derive(Clone, Debug)]
pub enum Manifest {
    /// Makes so many pods.
    Workload(Box<Workload>),
    /// Makes a pod on each node that it is meant for.
    DaemonSet(Box<DaemonSet>),
    /// A pod by itself.
    Pod(Box<Pod>),
    /// Gives pods their priority.
    PriorityClass(Box<PriorityClass>),
    /// A claim of a volume.
    Claim(Box<PersistentVolumeClaim>),
    /// Makes no pods; its kind.
    Other(String),
}

/// Reads one object of a manifest.
///
/// # Errors
/// A sentence that names the object and what is wrong with it.
pub fn read_manifest(kind: &str, json: &[u8], namespace: &str) -> Result<Manifest, String> {
    let typed = |error: serde_json::Error| format!("a {kind} can't be read: {error}");
    Ok(match kind {
        "Deployment" => workload(
            of_deployment(&serde_json::from_slice(json).map_err(typed)?),
            namespace,
        ),
        "ReplicaSet" => workload(
            of_replica_set(&serde_json::from_slice(json).map_err(typed)?),
            namespace,
        ),
        "StatefulSet" => workload(
            of_stateful_set(&serde_json::from_slice(json).map_err(typed)?),
            namespace,
        ),
        "ReplicationController" => workload(
            of_replication_controller(&serde_json::from_slice(json).map_err(typed)?),
            namespace,
        ),
        "Job" => workload(
            of_job(&serde_json::from_slice(json).map_err(typed)?),
            namespace,
        ),
        "CronJob" => workload(
            of_cron_job(&serde_json::from_slice(json).map_err(typed)?),
            namespace,
        ),
        "DaemonSet" => {
            let mut own: DaemonSet = serde_json::from_slice(json).map_err(typed)?;
            own.metadata
                .namespace
                .get_or_insert_with(|| namespace.to_owned());
            Manifest::DaemonSet(Box::new(own))
        }
        "Pod" => {
            let mut own: Pod = serde_json::from_slice(json).map_err(typed)?;
            own.metadata
                .namespace
                .get_or_insert_with(|| namespace.to_owned());
            Manifest::Pod(Box::new(own))
        }
        "PersistentVolumeClaim" => {
            let mut own: PersistentVolumeClaim = serde_json::from_slice(json).map_err(typed)?;
            own.metadata
                .namespace
                .get_or_insert_with(|| namespace.to_owned());
            Manifest::Claim(Box::new(own))
        }
        "PriorityClass" => {
            Manifest::PriorityClass(Box::new(serde_json::from_slice(json).map_err(typed)?))
        }
        other => Manifest::Other(other.to_owned()),
    })
}

fn workload(mut own: Workload, namespace: &str) -> Manifest {
    if own.namespace.is_empty() {
        namespace.clone_into(&mut own.namespace);
    }
    Manifest::Workload(Box::new(own))
}

fn base(kind: &str, api_version: &str, meta: &ObjectMeta) -> Workload {
    let name = meta.name.clone().unwrap_or_default();
    Workload {
        kind: kind.to_owned(),
        api_version: api_version.to_owned(),
        namespace: meta.namespace.clone().unwrap_or_default(),
        uid: meta
            .uid
            .clone()
            .unwrap_or_else(|| format!("not-applied-{kind}-{name}")),
        name,
        template: PodTemplateSpec::default(),
        claims: Vec::new(),
        replicas: 1,
    }
}

/// The `ReplicaSet` that a Deployment makes for its template.
#[must_use]
pub fn of_deployment(own: &Deployment) -> Workload {
    let spec = own.spec.clone().unwrap_or_default();
    Workload {
        template: spec.template,
        replicas: spec.replicas.unwrap_or(1).into(),
        ..base("ReplicaSet", "apps/v1", &own.metadata)
    }
}

/// A `ReplicaSet`.
#[must_use]
pub fn of_replica_set(own: &ReplicaSet) -> Workload {
    let spec = own.spec.clone().unwrap_or_default();
    Workload {
        template: spec.template.unwrap_or_default(),
        replicas: spec.replicas.unwrap_or(1).into(),
        ..base("ReplicaSet", "apps/v1", &own.metadata)
    }
}

/// A `StatefulSet`.
#[must_use]
pub fn of_stateful_set(own: &StatefulSet) -> Workload {
    let spec = own.spec.clone().unwrap_or_default();
    Workload {
        template: spec.template,
        replicas: spec.replicas.unwrap_or(1).into(),
        claims: spec.volume_claim_templates.unwrap_or_default(),
        ..base("StatefulSet", "apps/v1", &own.metadata)
    }
}

/// A `ReplicationController`.
#[must_use]
pub fn of_replication_controller(own: &ReplicationController) -> Workload {
    let spec = own.spec.clone().unwrap_or_default();
    Workload {
        template: spec.template.unwrap_or_default(),
        replicas: spec.replicas.unwrap_or(1).into(),
        ..base("ReplicationController", "v1", &own.metadata)
    }
}

/// A Job runs as many pods at once as are left to complete, up to its parallelism.
#[must_use]
pub fn of_job(own: &Job) -> Workload {
    let spec = own.spec.clone().unwrap_or_default();
    let parallelism = spec.parallelism.unwrap_or(1);
    let at_once = spec
        .completions
        .map_or(parallelism, |all| all.min(parallelism));
    Workload {
        template: spec.template,
        replicas: if spec.suspend == Some(true) {
            0
        } else {
            at_once.into()
        },
        ..base("Job", "batch/v1", &own.metadata)
    }
}

/// One run of a `CronJob`.
#[must_use]
pub fn of_cron_job(own: &CronJob) -> Workload {
    let template = own.spec.job_template.clone();
    let job = Job {
        metadata: own.metadata.clone(),
        spec: template.spec,
        status: None,
    };
    of_job(&job)
}

impl Workload {
    /// Pods with these ordinals, waiting for a node, and the claims that they bring.
    #[must_use]
    pub fn pods(
        &self,
        ordinals: std::ops::Range<i64>,
        priorities: &Priorities,
        now: Timestamp,
    ) -> (Vec<Pod>, Vec<PersistentVolumeClaim>) {
        let mut claims = Vec::new();
        let pods = ordinals
            .map(|ordinal| {
                let mut pod = self.pod(ordinal);
                for claim in &self.claims {
                    claims.push(self.claim(claim, ordinal));
                }
                complete(&mut pod, priorities, now);
                pod
            })
            .collect();
        (pods, claims)
    }

    fn pod(&self, ordinal: i64) -> Pod {
        let own = self.template.metadata.clone().unwrap_or_default();
        // Only a StatefulSet's pods have numbers; the others are told apart from real ones.
        let name = match self.kind.as_str() {
            "StatefulSet" => format!("{}-{ordinal}", self.name),
            _ => format!("{}-new-{ordinal}", self.name),
        };
        let mut spec = self.template.spec.clone().unwrap_or_default();
        let mut labels = own.labels.unwrap_or_default();
        if self.kind == "StatefulSet" {
            let volumes = spec.volumes.get_or_insert_default();
            for claim in &self.claims {
                let volume = claim.metadata.name.clone().unwrap_or_default();
                volumes.retain(|other| other.name != volume);
                volumes.push(Volume {
                    persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                        claim_name: format!("{volume}-{}-{ordinal}", self.name),
                        read_only: None,
                    }),
                    name: volume,
                    ..Volume::default()
                });
            }
            labels.insert(
                "statefulset.kubernetes.io/pod-name".to_owned(),
                name.clone(),
            );
            labels.insert(
                "apps.kubernetes.io/pod-index".to_owned(),
                ordinal.to_string(),
            );
        }
        Pod {
            metadata: ObjectMeta {
                uid: Some(format!("{}-{ordinal}", self.uid)),
                name: Some(name),
                namespace: Some(self.namespace.clone()),
                labels: Some(labels),
                annotations: own.annotations,
                owner_references: Some(vec![OwnerReference {
                    api_version: self.api_version.clone(),
                    kind: self.kind.clone(),
                    name: self.name.clone(),
                    uid: self.uid.clone(),
                    controller: Some(true),
                    ..OwnerReference::default()
                }]),
                ..ObjectMeta::default()
            },
            spec: Some(spec),
            status: None,
        }
    }

    fn claim(&self, template: &PersistentVolumeClaim, ordinal: i64) -> PersistentVolumeClaim {
        let mut claim = template.clone();
        let volume = template.metadata.name.as_deref().unwrap_or_default();
        claim.metadata.name = Some(format!("{volume}-{}-{ordinal}", self.name));
        claim.metadata.namespace = Some(self.namespace.clone());
        claim
    }
}

/// Priorities by class.
#[derive(Clone, Debug, Default)]
pub struct Priorities {
    by_name: BTreeMap<String, (i32, Option<String>)>,
    default: Option<(i32, Option<String>)>,
}

impl Priorities {
    /// The classes that every cluster has.
    #[must_use]
    pub fn built_in() -> Self {
        let mut own = Self::default();
        for (name, value) in [
            ("system-cluster-critical", 2_000_000_000),
            ("system-node-critical", 2_000_001_000),
        ] {
            own.by_name.insert(name.to_owned(), (value, None));
        }
        own
    }

    /// Adds a class.
    pub fn add(&mut self, class: &PriorityClass) {
        let own = (class.value.unwrap_or(0), class.preemption_policy.clone());
        if class.global_default == Some(true) {
            self.default = Some(own.clone());
        }
        let name = class.metadata.name.clone().unwrap_or_default();
        self.by_name.insert(name, own);
    }

    /// Whether there is a class of that name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    fn of(&self, name: Option<&str>) -> (i32, Option<String>) {
        let named = name.and_then(|name| self.by_name.get(name));
        named.or(self.default.as_ref()).cloned().unwrap_or_default()
    }
}

/// Makes a pod what it would be once the API server has taken it and the scheduler has found no node.
pub fn complete(pod: &mut Pod, priorities: &Priorities, now: Timestamp) {
    let created = now.checked_sub(AGE).unwrap_or(now);
    pod.metadata.creation_timestamp = Some(Time(created));
    pod.metadata.deletion_timestamp = None;
    let name = pod.metadata.name.clone().unwrap_or_default();
    pod.metadata
        .uid
        .get_or_insert_with(|| format!("not-applied-{name}"));
    let spec = pod.spec.get_or_insert_default();
    spec.node_name = None;
    spec.scheduler_name
        .get_or_insert_with(|| "default-scheduler".to_owned());
    if spec.priority.is_none() {
        let class = spec
            .priority_class_name
            .as_deref()
            .filter(|name| !name.is_empty());
        let (priority, policy) = priorities.of(class);
        spec.priority = Some(priority);
        spec.preemption_policy = spec.preemption_policy.take().or(policy);
    }
    default_requests(spec);
    pod.status = Some(PodStatus {
        phase: Some("Pending".to_owned()),
        conditions: Some(vec![PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "False".to_owned(),
            reason: Some("Unschedulable".to_owned()),
            last_transition_time: Some(Time(created)),
            ..PodCondition::default()
        }]),
        ..PodStatus::default()
    });
}

/// A limit without a request is a request too.
fn default_requests(spec: &mut PodSpec) {
    let containers = spec
        .containers
        .iter_mut()
        .chain(spec.init_containers.iter_mut().flatten());
    for Container { resources, .. } in containers {
        let Some(ResourceRequirements {
            limits: Some(limits),
            requests,
            ..
        }) = resources
        else {
            continue;
        };
        let requests = requests.get_or_insert_default();
        for (name, amount) in limits {
            requests
                .entry(name.clone())
                .or_insert_with(|| amount.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    fn read(object: &Value) -> Workload {
        let kind = object["kind"].as_str().unwrap();
        let text = object.to_string();
        match read_manifest(kind, text.as_bytes(), "here").unwrap() {
            Manifest::Workload(own) => *own,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_kind_makes_its_pods() {
        let template =
            json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c"}]}});
        for (object, replicas, owner, first) in [
            (
                json!({"kind": "Deployment", "metadata": {"name": "w"}, "spec": {"replicas": 3, "selector": {}, "template": template}}),
                3,
                "ReplicaSet",
                "w-new-0",
            ),
            (
                json!({"kind": "Deployment", "metadata": {"name": "w"}, "spec": {"selector": {}, "template": template}}),
                1,
                "ReplicaSet",
                "w-new-0",
            ),
            (
                json!({"kind": "StatefulSet", "metadata": {"name": "s"}, "spec": {"replicas": 2, "selector": {}, "serviceName": "s", "template": template}}),
                2,
                "StatefulSet",
                "s-0",
            ),
            (
                json!({"kind": "Job", "metadata": {"name": "j"}, "spec": {"parallelism": 5, "completions": 3, "template": template}}),
                3,
                "Job",
                "j-new-0",
            ),
            (
                json!({"kind": "Job", "metadata": {"name": "j"}, "spec": {"suspend": true, "template": template}}),
                0,
                "Job",
                "j-new-0",
            ),
            (
                json!({"kind": "CronJob", "metadata": {"name": "n"}, "spec": {"schedule": "", "jobTemplate": {"spec": {"parallelism": 2, "template": template}}}}),
                2,
                "Job",
                "n-new-0",
            ),
        ] {
            let own = read(&object);
            assert_eq!(own.replicas, replicas, "{object}");
            let (pods, _) = own.pods(0..1, &Priorities::built_in(), now());
            let meta = &pods[0].metadata;
            assert_eq!(meta.name.as_deref(), Some(first));
            assert_eq!(meta.namespace.as_deref(), Some("here"));
            assert_eq!(meta.owner_references.as_ref().unwrap()[0].kind, owner);
        }
    }

    #[test]
    fn a_stateful_set_brings_its_claims() {
        let own = read(
            &json!({"kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {
            "selector": {}, "serviceName": "db", "template": {"spec": {"containers": []}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}}]}}),
        );
        let (pods, claims) = own.pods(1..3, &Priorities::built_in(), now());
        let names: Vec<_> = claims
            .iter()
            .map(|claim| claim.metadata.name.as_deref().unwrap())
            .collect();
        assert_eq!(names, ["data-db-1", "data-db-2"]);
        let volume = &pods[0].spec.as_ref().unwrap().volumes.as_ref().unwrap()[0];
        assert_eq!(
            volume.persistent_volume_claim.as_ref().unwrap().claim_name,
            "data-db-1"
        );
    }

    #[test]
    fn defaults_are_filled_in_as_the_api_server_does() {
        let mut priorities = Priorities::built_in();
        let class: PriorityClass = serde_json::from_value(
            json!({"metadata": {"name": "low"}, "value": -20, "globalDefault": true, "preemptionPolicy": "Never"}),
        )
        .unwrap();
        priorities.add(&class);
        for (class, expected) in [
            (Value::Null, -20),
            (json!("system-node-critical"), 2_000_001_000),
        ] {
            let mut pod: Pod = serde_json::from_value(json!({"metadata": {"name": "p"}, "spec": {
                "priorityClassName": class, "nodeName": "x",
                "containers": [{"name": "c", "resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}}]}}))
            .unwrap();
            complete(&mut pod, &priorities, now());
            let spec = pod.spec.unwrap();
            assert_eq!(spec.priority, Some(expected));
            assert_eq!(spec.node_name, None);
            let requests = spec.containers[0]
                .resources
                .as_ref()
                .unwrap()
                .requests
                .as_ref()
                .unwrap();
            assert_eq!(
                (requests["cpu"].0.as_str(), requests["memory"].0.as_str()),
                ("1", "1Gi")
            );
            assert_eq!(
                pod.status.unwrap().conditions.unwrap()[0].reason.as_deref(),
                Some("Unschedulable")
            );
        }
    }

    #[test]
    fn what_makes_no_pods_is_passed_over_and_nonsense_is_named() {
        assert!(
            matches!(read_manifest("Service", b"{}", "d"), Ok(Manifest::Other(kind)) if kind == "Service")
        );
        let error = read_manifest("Deployment", br#"{"spec": 3}"#, "d").unwrap_err();
        assert!(error.starts_with("a Deployment can't be read"), "{error}");
    }
}
