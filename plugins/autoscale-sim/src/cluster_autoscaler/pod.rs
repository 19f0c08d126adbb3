//! Pods, as much of them as the autoscaler looks at, in little memory.

use std::collections::{BTreeMap, HashMap};

use k8s_openapi::api::core::v1::{Pod, PodSpec, Volume};
use scheduler::{PodId, PodQuery};

/// The controller of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// As in the owner reference.
    pub api_version: String,
    /// As in the owner reference.
    pub kind: String,
    /// As in the owner reference.
    pub name: String,
    /// As in the owner reference.
    pub uid: String,
}

/// What all pods of a controller usually share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodShape {
    /// Namespace.
    pub namespace: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The owner that is marked as controller.
    pub owner: Option<Owner>,
    /// Priority, if the API server wrote one.
    pub priority: Option<i32>,
    /// Those annotations that the autoscaler reads.
    pub annotations: BTreeMap<String, String>,
    /// `spec.restartPolicy`; the default is Always.
    pub restart_policy: Option<String>,
    /// `spec.terminationGracePeriodSeconds`.
    pub termination_grace_seconds: Option<i64>,
    /// The names of the volumes that are lost when the pod moves: `hostPath`, and `emptyDir`
    /// outside memory.
    pub local_volumes: Vec<String>,
    /// Whether one of the spread constraints, hard or soft, is about host names.
    pub spreads_over_hosts: bool,
}

impl PodShape {
    /// Whether a `DaemonSet` runs the pod, or an annotation says so.
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.owner
            .as_ref()
            .is_some_and(|owner| owner.kind == "DaemonSet")
            || self.annotation("cluster-autoscaler.kubernetes.io/daemonset-pod") == Some("true")
    }

    /// Whether the kubelet runs the pod from a file, and this is its image in the API.
    #[must_use]
    pub fn is_mirror(&self) -> bool {
        self.annotation("kubernetes.io/config.mirror").is_some()
    }

    /// An annotation of those that are kept.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(String::as_str)
    }

    fn read(pod: &Pod) -> Self {
        let (meta, spec) = (&pod.metadata, pod.spec.as_ref());
        let owners = meta.owner_references.iter().flatten();
        let owner = owners
            .filter(|owner| owner.controller == Some(true))
            .map(|owner| Owner {
                api_version: owner.api_version.clone(),
                kind: owner.kind.clone(),
                name: owner.name.clone(),
                uid: owner.uid.clone(),
            });
        let volumes = spec
            .and_then(|spec| spec.volumes.as_deref())
            .unwrap_or_default();
        let spreads = spec.and_then(|spec| spec.topology_spread_constraints.as_deref());
        Self {
            namespace: meta.namespace.clone().unwrap_or_default(),
            labels: meta.labels.clone().unwrap_or_default(),
            owner: owner.into_iter().next(),
            priority: spec.and_then(|spec| spec.priority),
            annotations: (meta.annotations.iter().flatten())
                .filter(|(key, _)| is_read(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            restart_policy: spec.and_then(|spec| spec.restart_policy.clone()),
            termination_grace_seconds: spec.and_then(|spec| spec.termination_grace_period_seconds),
            local_volumes: volumes
                .iter()
                .filter(|volume| is_local(volume))
                .map(|volume| volume.name.clone())
                .collect(),
            spreads_over_hosts: (spreads.unwrap_or_default())
                .iter()
                .any(|constraint| constraint.topology_key == "kubernetes.io/hostname"),
        }
    }
}

fn is_read(annotation: &str) -> bool {
    annotation.starts_with("cluster-autoscaler.kubernetes.io/")
        || matches!(
            annotation,
            "kubernetes.io/config.mirror" | "kubernetes.io/config.source"
        )
}

fn is_local(volume: &Volume) -> bool {
    volume.host_path.is_some()
        || (volume.empty_dir.as_ref()).is_some_and(|dir| dir.medium.as_deref() != Some("Memory"))
}

/// How far a pod has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It has a node.
    Scheduled,
    /// It has no node, but preemption made room for it on one.
    Nominated,
    /// The scheduler found no node for it.
    Unschedulable,
    /// A scheduler that need not be waited for has not looked at it yet.
    Unprocessed,
    /// It has no node, and the autoscaler does not look at it.
    NotConsidered,
}

/// One pod.
#[derive(Clone, Debug)]
pub struct PodFacts {
    /// Its name.
    pub name: Box<str>,
    /// Its number among the [`Shapes`].
    pub shape: u32,
    /// How far it has come.
    pub stage: Stage,
    /// Whether its priority is below the cutoff: it is then in no snapshot.
    pub expendable: bool,
    /// Where it is in the scheduler's state: pods with a node that are not expendable.
    pub placed: Option<PodId>,
    /// When it was created, in seconds since 1970.
    pub created: i64,
    /// When it was asked to stop, and may take until, in seconds since 1970.
    pub deleted: Option<i64>,
    /// `metadata.deletionGracePeriodSeconds`.
    pub deletion_grace_seconds: Option<i64>,
    /// When it started, in seconds since 1970.
    pub started: Option<i64>,
    /// Only of pods that wait for a node.
    pub waiting: Option<Box<Waiting>>,
}

/// What is known beyond that of a pod that waits for a node.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its needs, as the scheduler reads them.
    pub query: PodQuery,
    /// Equal for specs that are equal but for what does not matter to scheduling.
    pub spec: u32,
    /// Its UID.
    pub uid: Box<str>,
    /// Requested thousandths of a core.
    pub milli_cpu: i64,
    /// Requested bytes of memory.
    pub memory: i64,
    /// Whether it requests a GPU.
    pub wants_gpu: bool,
    /// The node it was nominated to.
    pub nominated_node: Option<Box<str>>,
}

/// All shapes, each once, and numbers for specs.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    ids: HashMap<PodShape, u32>,
    all: Vec<PodShape>,
    specs: HashMap<Box<str>, u32>,
}

impl Shapes {
    /// A shape by its number, which must be of these shapes.
    #[must_use]
    pub fn get(&self, shape: u32) -> &PodShape {
        &self.all[shape as usize]
    }

    pub(super) fn of(&mut self, pod: &Pod) -> u32 {
        let shape = PodShape::read(pod);
        if let Some(&id) = self.ids.get(&shape) {
            return id;
        }
        let id = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(shape.clone());
        self.ids.insert(shape, id);
        id
    }

    /// A number that equal specs share. Follows `cluster-autoscaler/utils/utils.go`
    /// (`PodSpecSemanticallyEqual`): projected volumes, host name and environment do not count.
    pub(super) fn spec_of(&mut self, spec: Option<&PodSpec>) -> u32 {
        let text = spec.map(spec_text).unwrap_or_default();
        let next = u32::try_from(self.specs.len()).unwrap_or(u32::MAX);
        *self.specs.entry(text.into()).or_insert(next)
    }
}

fn spec_text(spec: &PodSpec) -> String {
    let mut spec = spec.clone();
    spec.hostname = None;
    let mut dropped = Vec::new();
    for volume in spec
        .volumes
        .iter()
        .flatten()
        .filter(|volume| volume.projected.is_some())
    {
        dropped.push(volume.name.clone());
    }
    if let Some(volumes) = &mut spec.volumes {
        volumes.retain(|volume| volume.projected.is_none());
    }
    for container in spec
        .containers
        .iter_mut()
        .chain(spec.init_containers.iter_mut().flatten())
    {
        container.env = None;
        if let Some(mounts) = &mut container.volume_mounts {
            mounts.retain(|mount| !dropped.contains(&mount.name));
        }
        let resources = container.resources.iter_mut();
        for list in resources.flat_map(|own| [&mut own.requests, &mut own.limits]) {
            for quantity in list.iter_mut().flat_map(BTreeMap::values_mut) {
                if let Ok(read) = scheduler::quantity::Quantity::parse(&quantity.0) {
                    // Equal amounts are equal however they are written.
                    quantity.0 = format!("{}/{}", read.value(), read.milli_value());
                }
            }
        }
    }
    serde_json::to_string(&spec).unwrap_or_default()
}

/// Seconds since 1970.
#[must_use]
pub fn seconds(time: Option<&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>) -> Option<i64> {
    time.map(|time| time.0.as_second())
}
