//! What is read: nodes and pods into the autoscaler's own compact form, one by one, and beside them
//! only what the question needs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cluster::{ApiServer, Error, ListRequest, Resource, Snapshot, SnapshotObject, in_parallel};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    ConfigMap, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, ReplicationController,
};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::resource::v1::{DeviceClass, ResourceClaim, ResourceSlice};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::{
    CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cluster_autoscaler::cluster::Controller;
use crate::cluster_autoscaler::{Cluster, Options};
use crate::node_groups::{AutoscalerFlags, AutoscalerStatus, read_deployment, read_status};
use crate::pod_json;
use crate::workload::{
    Priorities, Workload, of_deployment, of_job, of_replica_set, of_replication_controller,
    of_stateful_set,
};

/// Where Cluster Autoscaler writes its status, unless a flag says otherwise.
pub(crate) const STATUS: &str = "cluster-autoscaler-status";
const STATUS_FLAG: &str = "status-config-map-name";
const PRIORITIES: &str = "cluster-autoscaler-priority-expander";
/// Controllers that the autoscaler looks for before it takes a pod off a node.
const CONTROLLERS: [&str; 5] = [
    "DaemonSet",
    "Job",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];
/// Which `ReplicaSet` of a Deployment is the newest.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// What the question needs beside nodes and pods.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "needs that do not exclude each other"
)]
pub struct Needs {
    /// Where the autoscaler runs; `None` if the question is about none.
    pub autoscaler: Option<String>,
    /// Controllers and budgets, which a drain asks for.
    pub drains: bool,
    /// Workloads, of which there may be more pods.
    pub workloads: bool,
    /// All HPAs.
    pub hpas: bool,
    /// Priority classes, for pods that are not applied.
    pub priority_classes: bool,
    /// Nodes that are assumed to be gone.
    pub removed_nodes: BTreeSet<String>,
    /// A pod that is wanted whole, by namespace and name.
    pub pod: Option<(String, String)>,
}

/// Something that an HPA scales.
#[derive(Clone, Debug)]
pub struct ScaleTarget {
    /// Namespace.
    pub namespace: String,
    /// As in `Deployment`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// `spec.maxReplicas`.
    pub max_replicas: i64,
    /// The HPA's name.
    pub hpa: String,
}

/// A `ReplicaSet` of a Deployment.
#[derive(Clone, Debug)]
pub struct Revision {
    /// The Deployment's UID.
    pub deployment: String,
    /// `deployment.kubernetes.io/revision`.
    pub number: i64,
    /// The `ReplicaSet`.
    pub workload: Workload,
}

/// What was read, and what could not be.
#[derive(Debug)]
pub struct Facts {
    /// Nodes, pods and all that decides where pods fit.
    pub cluster: Cluster,
    /// The autoscaler's status.
    pub status: Option<AutoscalerStatus>,
    /// The autoscaler's flags.
    pub flags: Option<AutoscalerFlags>,
    /// Requests that were refused, and what is unknown for that.
    pub unreadable: Vec<String>,
    /// Workloads by kind, namespace and name.
    pub workloads: BTreeMap<(String, String, String), Workload>,
    /// `ReplicaSet`s of Deployments.
    pub revisions: Vec<Revision>,
    /// A pod of each controller, by its UID: what admission has really made of the template.
    pub samples: BTreeMap<String, Pod>,
    /// What HPAs scale.
    pub scale_targets: Vec<ScaleTarget>,
    /// Priority classes.
    pub priorities: Priorities,
    /// Pods that the removed nodes held.
    pub displaced: Vec<Pod>,
    /// Removed nodes that there were.
    pub removed: BTreeSet<String>,
    /// The pod that is wanted whole.
    pub pod: Option<Pod>,
    /// The time is the newest in a snapshot that does not say when it was taken.
    pub now_is_newest: bool,
    /// How many objects were read.
    pub objects: usize,
    /// Kinds of controllers that were read, if only to find that there are none.
    listed: BTreeSet<String>,
    needs: Needs,
    newest: Timestamp,
}

impl Facts {
    fn new(options: Options, needs: Needs, now: Timestamp) -> Self {
        Self {
            cluster: Cluster::new(options, now),
            status: None,
            flags: None,
            unreadable: Vec::new(),
            workloads: BTreeMap::new(),
            revisions: Vec::new(),
            samples: BTreeMap::new(),
            scale_targets: Vec::new(),
            priorities: Priorities::built_in(),
            displaced: Vec::new(),
            removed: BTreeSet::new(),
            pod: None,
            now_is_newest: false,
            objects: 0,
            listed: BTreeSet::new(),
            needs,
            newest: Timestamp::UNIX_EPOCH,
        }
    }

    /// Takes one object; kinds that the question does not need are passed over.
    fn take(&mut self, api_version: &str, kind: &str, json: &[u8]) -> Result<(), String> {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        self.objects += 1;
        let state = &mut self.cluster.state;
        match (group, kind) {
            ("", "Pod") => {
                self.take_pod(pod_json::parse(json).map_err(|why| named(kind, json, &why))?);
            }
            ("", "Node") => {
                let node: Node = typed(kind, json)?;
                self.see(node.metadata.creation_timestamp.as_ref().map(|time| time.0));
                let name = node.metadata.name.clone().unwrap_or_default();
                if self.needs.removed_nodes.contains(&name) {
                    self.removed.insert(name);
                } else {
                    self.cluster.add_node(node);
                }
            }
            ("", "Namespace") => state.add_namespace(&typed::<Namespace>(kind, json)?),
            ("", "PersistentVolume") => {
                state.add_persistent_volume(&typed::<PersistentVolume>(kind, json)?);
            }
            ("", "PersistentVolumeClaim") => {
                state.add_persistent_volume_claim(&typed::<PersistentVolumeClaim>(kind, json)?);
            }
            ("storage.k8s.io", "StorageClass") => {
                state.add_storage_class(&typed::<StorageClass>(kind, json)?);
            }
            ("storage.k8s.io", "CSINode") => state.add_csi_node(&typed::<CSINode>(kind, json)?),
            ("storage.k8s.io", "CSIDriver") => {
                state.add_csi_driver(&typed::<CSIDriver>(kind, json)?);
            }
            ("storage.k8s.io", "CSIStorageCapacity") => {
                state.add_csi_storage_capacity(&typed::<CSIStorageCapacity>(kind, json)?);
            }
            ("storage.k8s.io", "VolumeAttachment") => {
                state.add_volume_attachment(&typed::<VolumeAttachment>(kind, json)?);
            }
            ("resource.k8s.io", "ResourceClaim") => {
                state.add_resource_claim(&typed::<ResourceClaim>(kind, json)?);
            }
            ("resource.k8s.io", "ResourceSlice") => {
                state.add_resource_slice(&typed::<ResourceSlice>(kind, json)?);
            }
            ("resource.k8s.io", "DeviceClass") => {
                state.add_device_class(&typed::<DeviceClass>(kind, json)?);
            }
            ("apps", "DaemonSet") => {
                self.cluster.add_daemon_set(typed::<DaemonSet>(kind, json)?);
                self.listed.insert(kind.to_owned());
            }
            ("policy", "PodDisruptionBudget") if self.needs.drains => {
                self.cluster
                    .add_pod_disruption_budget(typed::<PodDisruptionBudget>(kind, json)?);
            }
            ("scheduling.k8s.io", "PriorityClass") => {
                self.priorities.add(&typed::<PriorityClass>(kind, json)?);
            }
            ("", "ConfigMap") => self.take_config_map(json)?,
            ("apps" | "batch" | "", _) => self.take_workload(kind, json)?,
            ("autoscaling", "HorizontalPodAutoscaler") if self.needs.hpas => {
                self.take_hpa(typed::<HorizontalPodAutoscaler>(kind, json)?);
            }
            _ => {}
        }
        Ok(())
    }

    fn see(&mut self, time: Option<Timestamp>) {
        self.newest = self.newest.max(time.unwrap_or(self.newest));
    }

    fn take_pod(&mut self, pod: Pod) {
        self.see(pod.metadata.creation_timestamp.as_ref().map(|time| time.0));
        let spec = pod.spec.as_ref();
        let node = spec
            .and_then(|spec| spec.node_name.as_deref())
            .unwrap_or_default();
        let meta = &pod.metadata;
        if let Some((namespace, name)) = &self.needs.pod
            && meta.name.as_ref() == Some(name)
            && meta.namespace.as_ref() == Some(namespace)
        {
            self.pod = Some(pod.clone());
        }
        if self.needs.workloads
            && let Some(uid) = controller_uid(meta)
            && !self.samples.contains_key(uid)
        {
            self.samples.insert(uid.to_owned(), pod.clone());
        }
        if self.needs.removed_nodes.contains(node) {
            self.displaced.push(pod);
        } else {
            self.cluster.add_pod(&pod);
        }
    }

    fn take_config_map(&mut self, json: &[u8]) -> Result<(), String> {
        let Some(namespace) = self.needs.autoscaler.clone() else {
            return Ok(());
        };
        // Most are large and none of ours: only the names are read of those.
        let Named { metadata, .. } = typed("ConfigMap", json)?;
        if metadata.namespace != namespace {
            return Ok(());
        }
        if metadata.name == PRIORITIES {
            self.cluster
                .add_config_map(&typed::<ConfigMap>("ConfigMap", json)?);
        } else if metadata.name == STATUS {
            self.take_status(&typed::<ConfigMap>("ConfigMap", json)?);
        }
        Ok(())
    }

    fn take_status(&mut self, map: &ConfigMap) {
        match read_status(map) {
            Ok(status) => self.status = Some(status),
            Err(why) => self
                .unreadable
                .push(format!("{why}; node groups come from elsewhere")),
        }
    }

    fn take_workload(&mut self, kind: &str, json: &[u8]) -> Result<(), String> {
        if kind == "Deployment" {
            let own: Deployment = typed(kind, json)?;
            if self.needs.autoscaler.is_some() && self.flags.is_none() {
                self.flags = read_deployment(&own);
            }
            if self.needs.workloads {
                self.add_workload(kind, of_deployment(&own));
            }
            return Ok(());
        }
        if !self.needs.drains && !self.needs.workloads {
            return Ok(());
        }
        match kind {
            "ReplicaSet" => {
                let own: ReplicaSet = typed(kind, json)?;
                let workload = of_replica_set(&own);
                if let Some(deployment) = controller_uid(&own.metadata)
                    && self.needs.workloads
                {
                    let annotations = own.metadata.annotations.as_ref();
                    let number = annotations.and_then(|all| all.get(REVISION)?.parse().ok());
                    self.revisions.push(Revision {
                        deployment: deployment.to_owned(),
                        number: number.unwrap_or(0),
                        workload: workload.clone(),
                    });
                }
                self.add_controller(kind, workload);
            }
            "StatefulSet" => {
                let own: StatefulSet = typed(kind, json)?;
                self.add_controller(kind, of_stateful_set(&own));
            }
            "ReplicationController" => {
                let own: ReplicationController = typed(kind, json)?;
                self.add_controller(kind, of_replication_controller(&own));
            }
            "Job" => {
                let own: Job = typed(kind, json)?;
                let parallelism = own.spec.as_ref().and_then(|spec| spec.parallelism);
                let mut workload = of_job(&own);
                workload.replicas = parallelism.unwrap_or(1).into();
                self.add_controller(kind, workload);
            }
            _ => {}
        }
        Ok(())
    }

    fn add_controller(&mut self, kind: &str, workload: Workload) {
        if self.needs.drains {
            self.listed.insert(kind.to_owned());
            let own = Controller {
                uid: workload.uid.clone(),
                replicas: workload.replicas,
            };
            self.cluster
                .add_controller(kind, &workload.namespace, &workload.name, own);
        }
        if self.needs.workloads {
            self.add_workload(kind, workload);
        }
    }

    fn add_workload(&mut self, kind: &str, workload: Workload) {
        let key = (
            kind.to_owned(),
            workload.namespace.clone(),
            workload.name.clone(),
        );
        self.workloads.insert(key, workload);
    }

    fn take_hpa(&mut self, own: HorizontalPodAutoscaler) {
        let spec = own.spec;
        self.scale_targets.push(ScaleTarget {
            namespace: own.metadata.namespace.unwrap_or_default(),
            kind: spec.scale_target_ref.kind,
            name: spec.scale_target_ref.name,
            max_replicas: spec.max_replicas.into(),
            hpa: own.metadata.name.unwrap_or_default(),
        });
    }
}

impl Facts {
    /// Where no controller of a kind was read, for it was refused or is not in the snapshot, pods would
    /// seem to be left behind by theirs. Takes those for there, and says so.
    pub fn assume_controllers(&mut self) -> Option<String> {
        let shapes: BTreeSet<u32> = self.cluster.pods.iter().map(|pod| pod.shape).collect();
        let mut kinds = BTreeSet::new();
        for shape in shapes {
            let shape = self.cluster.shapes.get(shape);
            let Some(owner) = shape.owner.clone() else {
                continue;
            };
            let kind = owner.kind.as_str();
            if !CONTROLLERS.contains(&kind) || self.listed.contains(kind) {
                continue;
            }
            kinds.insert(owner.kind.clone());
            let namespace = shape.namespace.clone();
            if kind == "DaemonSet" {
                let mut set = DaemonSet::default();
                set.metadata.name = Some(owner.name);
                set.metadata.namespace = Some(namespace);
                self.cluster.add_daemon_set(set);
            } else {
                let own = Controller {
                    uid: owner.uid,
                    replicas: i64::MAX,
                };
                self.cluster
                    .add_controller(&owner.kind, &namespace, &owner.name, own);
            }
        }
        let kinds: Vec<String> = kinds.into_iter().collect();
        (!kinds.is_empty()).then(|| {
            format!(
                "whether the controllers of pods are still there: no {} was read; assumed: they are, with enough replicas",
                kinds.join(", no ")
            )
        })
    }
}

/// The UID of the controller that an object belongs to.
fn controller_uid(
    meta: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
) -> Option<&str> {
    let mut owners = meta.owner_references.iter().flatten();
    owners
        .find(|owner| owner.controller == Some(true))
        .map(|owner| owner.uid.as_str())
}

#[derive(Deserialize)]
struct Named {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
}

fn typed<T: DeserializeOwned>(kind: &str, json: &[u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| named(kind, json, &error.to_string()))
}

/// A failure with the name of the object, where that can be read.
fn named(kind: &str, json: &[u8], why: &str) -> String {
    let Ok(Named {
        metadata: Name { namespace, name },
    }) = serde_json::from_slice(json)
    else {
        return format!("{kind}: {why}");
    };
    let separator = if namespace.is_empty() { "" } else { "/" };
    format!("{kind} {namespace}{separator}{name}: {why}")
}

/// A kind that is listed, and what is unknown where that is refused; `None` where nothing can be
/// said without it.
struct Listed {
    resource: Resource,
    without: Option<&'static str>,
}

/// What is listed for the question.
fn listed(needs: &Needs) -> Vec<Listed> {
    let optional = |resource, without| Listed {
        resource,
        without: Some(without),
    };
    let volumes = "pods with volumes are judged without them";
    let devices = "pods with device claims are judged without devices";
    let mut all = vec![
        Listed {
            resource: Resource::of::<Pod>(),
            without: None,
        },
        optional(
            Resource::of::<DaemonSet>(),
            "the pods of DaemonSets on new nodes are unknown",
        ),
        optional(
            Resource::of::<Namespace>(),
            "namespace selectors of affinity terms find nothing",
        ),
        optional(Resource::of::<PersistentVolumeClaim>(), volumes),
        optional(Resource::of::<PersistentVolume>(), volumes),
        optional(Resource::of::<StorageClass>(), volumes),
        optional(
            Resource::of::<CSINode>(),
            "limits of volumes per node are unknown",
        ),
        optional(
            Resource::of::<CSIDriver>(),
            "free capacity of storage is unknown",
        ),
        optional(
            Resource::of::<CSIStorageCapacity>(),
            "free capacity of storage is unknown",
        ),
        optional(
            Resource::of::<VolumeAttachment>(),
            "limits of volumes per node are unknown",
        ),
        optional(Resource::of::<ResourceClaim>(), devices),
        optional(Resource::of::<ResourceSlice>(), devices),
        optional(Resource::of::<DeviceClass>(), devices),
    ];
    if needs.drains {
        all.push(optional(
            Resource::of::<PodDisruptionBudget>(),
            "disruption budgets are unknown; assumed: none",
        ));
    }
    if needs.drains || needs.workloads {
        let without = "controllers of pods are unknown";
        all.push(optional(Resource::of::<ReplicaSet>(), without));
        all.push(optional(Resource::of::<StatefulSet>(), without));
        all.push(optional(Resource::of::<ReplicationController>(), without));
        all.push(optional(Resource::of::<Job>(), without));
    }
    if needs.workloads {
        all.push(optional(
            Resource::of::<Deployment>(),
            "Deployments are unknown",
        ));
    }
    if needs.hpas {
        all.push(Listed {
            resource: Resource::of::<HorizontalPodAutoscaler>(),
            without: None,
        });
    }
    if needs.priority_classes {
        all.push(optional(
            Resource::of::<PriorityClass>(),
            "priority classes are unknown; assumed: priority 0",
        ));
    }
    all
}

/// Reads from a live cluster. `options` makes the autoscaler's options of its flags.
///
/// # Errors
/// When nodes or pods can't be read; what else can't be is noted.
pub async fn read_live(
    server: &ApiServer,
    needs: &Needs,
    options: impl FnOnce(Option<&AutoscalerFlags>) -> Result<Options, String>,
    progress: impl Fn(usize),
) -> Result<Result<Facts, String>, Error> {
    let mut unreadable = Unreadable::default();
    let flags = match &needs.autoscaler {
        Some(namespace) => read_flags(server, namespace, &mut unreadable).await?,
        None => None,
    };
    let options = match options(flags.as_ref()) {
        Ok(options) => options,
        Err(why) => return Ok(Err(why)),
    };
    let mut facts = Facts::new(options, needs.clone(), Timestamp::UNIX_EPOCH);
    if let Some(namespace) = &needs.autoscaler {
        read_config_maps(
            server,
            namespace,
            flags.as_ref(),
            &mut facts,
            &mut unreadable,
        )
        .await?;
    }
    facts.flags = flags;
    let shared = RefCell::new(facts);
    // Pods may name nodes that come later, but not the other way round: nodes are few, and first.
    let nodes = Listed {
        resource: Resource::of::<Node>(),
        without: None,
    };
    let list = |own: Listed| {
        let (shared, progress) = (&shared, &progress);
        async move {
            let resource = own.resource;
            let version = if resource.group.is_empty() {
                resource.version.to_owned()
            } else {
                format!("{}/{}", resource.group, resource.version)
            };
            let request = ListRequest::new(resource, None);
            let answer = server.list(&request, |json| {
                let mut facts = shared.borrow_mut();
                facts.take(&version, resource.kind, json)?;
                progress(facts.objects);
                Ok(())
            });
            (resource.kind, answer.await.map(|_| ()), own.without)
        }
    };
    let mut answers = vec![list(nodes).await];
    answers.extend(in_parallel(listed(needs).into_iter().map(list)).await);
    let mut read = BTreeSet::new();
    for (kind, answer, without) in answers {
        match (answer, without) {
            (Err(error), Some(without)) => unreadable.note(error, without)?,
            (answer, _) => {
                answer?;
                read.insert(kind.to_owned());
            }
        }
    }
    let mut facts = shared.into_inner();
    facts.listed.extend(read);
    facts.cluster.now = server.clock().now();
    facts.unreadable.extend(unreadable.into_remarks());
    Ok(Ok(facts))
}

/// Requests that were refused, by what is unknown for that.
#[derive(Default)]
struct Unreadable(Vec<(&'static str, Vec<String>)>);

impl Unreadable {
    /// Notes a refusal; any other failure is handed back. What a server does not know it does not
    /// have, as an older one of some kinds.
    fn note(&mut self, error: Error, without: &'static str) -> Result<(), Error> {
        let request = match error {
            Error::Forbidden { request, .. } => request,
            Error::UnknownResource { .. } => return Ok(()),
            other => return Err(other),
        };
        let text = format!("{} {}", request.verb, request.resource.qualified());
        match self.0.iter_mut().find(|(known, _)| *known == without) {
            Some((_, requests)) => requests.push(text),
            None => self.0.push((without, vec![text])),
        }
        Ok(())
    }

    fn into_remarks(self) -> impl Iterator<Item = String> {
        self.0
            .into_iter()
            .map(|(without, requests)| format!("not allowed to {}: {without}", requests.join(", ")))
    }
}

async fn read_flags(
    server: &ApiServer,
    namespace: &str,
    unreadable: &mut Unreadable,
) -> Result<Option<AutoscalerFlags>, Error> {
    let mut found = None;
    let request = ListRequest::new(Resource::of::<Deployment>(), Some(namespace));
    let answer = server
        .list(&request, |json| {
            found = found
                .take()
                .or(read_deployment(&typed("Deployment", json)?));
            Ok(())
        })
        .await;
    if let Err(error) = answer {
        unreadable.note(
            error,
            "the autoscaler's flags are unknown; assumed: their defaults",
        )?;
    }
    Ok(found)
}

async fn read_config_maps(
    server: &ApiServer,
    namespace: &str,
    flags: Option<&AutoscalerFlags>,
    facts: &mut Facts,
    unreadable: &mut Unreadable,
) -> Result<(), Error> {
    let own = flags.and_then(|own| own.flags.iter().find(|(name, _)| name == STATUS_FLAG));
    let name = own.map_or(STATUS, |(_, value)| value.as_str());
    let resource = Resource::of::<ConfigMap>();
    match server
        .get::<ConfigMap>(resource, Some(namespace), name)
        .await
    {
        Ok(Some(map)) => facts.take_status(&map),
        Ok(None) => {}
        Err(error) => unreadable.note(
            error,
            "the autoscaler's status is unknown; node groups come from elsewhere",
        )?,
    }
    if facts
        .cluster
        .options
        .expander
        .iter()
        .any(|own| own == "priority")
    {
        match server
            .get::<ConfigMap>(resource, Some(namespace), PRIORITIES)
            .await
        {
            Ok(Some(map)) => facts.cluster.add_config_map(&map),
            Ok(None) => {}
            Err(error) => {
                unreadable.note(error, "priorities of groups are unknown; assumed: none")?;
            }
        }
    }
    Ok(())
}

/// Reads from a snapshot. `options` makes the autoscaler's options of its flags.
///
/// # Errors
/// When the file can't be read.
pub fn read_snapshot(
    path: &Path,
    needs: &Needs,
    options: impl Fn(Option<&AutoscalerFlags>) -> Result<Options, String>,
    progress: impl Fn(usize),
) -> Result<Result<Facts, String>, Error> {
    let mut first = match options(None) {
        Ok(options) => options,
        Err(why) => return Ok(Err(why)),
    };
    loop {
        let facts = read_snapshot_once(path, needs, first.clone(), &progress)?;
        let settled = match options(facts.flags.as_ref()) {
            Ok(options) => options,
            Err(why) => return Ok(Err(why)),
        };
        if decides_same_pods(&first, &settled) {
            let mut facts = facts;
            facts.cluster.options = settled;
            return Ok(Ok(facts));
        }
        if path == Path::new("-") {
            return Ok(Err(
                "the autoscaler's flags in the snapshot decide which pods count, and standard input can't be read twice"
                    .to_owned(),
            ));
        }
        first = settled;
    }
}

fn read_snapshot_once(
    path: &Path,
    needs: &Needs,
    options: Options,
    progress: &impl Fn(usize),
) -> Result<Facts, Error> {
    let mut facts = Facts::new(options, needs.clone(), Timestamp::UNIX_EPOCH);
    let snapshot = Snapshot::read(path, |SnapshotObject { type_meta, json }| {
        facts.take(&type_meta.api_version, &type_meta.kind, json)?;
        progress(facts.objects);
        Ok(())
    })?;
    facts.now_is_newest = snapshot.taken_at.is_none();
    facts.cluster.now = snapshot.taken_at.unwrap_or(facts.newest);
    Ok(facts)
}

/// Whether pods that were read with one set of options are right for the other.
fn decides_same_pods(a: &Options, b: &Options) -> bool {
    a.expendable_pods_priority_cutoff == b.expendable_pods_priority_cutoff
        && a.allowed_scheduler_names == b.allowed_scheduler_names
        && a.bypassed_scheduler_names == b.bypassed_scheduler_names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster_autoscaler::pod::Stage;

    fn write(name: &str, items: &serde_json::Value) -> std::path::PathBuf {
        let path =
            std::env::temp_dir().join(format!("day2-facts-{}-{name}.json", std::process::id()));
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        std::fs::write(&path, list.to_string()).unwrap();
        path
    }

    fn pod(name: &str, node: &str) -> serde_json::Value {
        json!({"apiVersion": "v1", "kind": "Pod",
               "metadata": {"name": name, "namespace": "d", "creationTimestamp": "2026-01-01T11:00:00Z",
                            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "r", "controller": true}]},
               "spec": {"nodeName": node, "priority": -5, "containers": [{"name": "c"}]},
               "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}})
    }

    #[test]
    fn a_snapshot_is_read_in_any_order() {
        let autoscaler = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ca", "namespace": "kube-system"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "c", "image": "cluster-autoscaler",
                "args": ["--expendable-pods-priority-cutoff=0"]}]}}}});
        let items = json!([pod("a", "n1"), pod("b", ""), pod("gone", "n2"), autoscaler,
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "creationTimestamp": "2026-01-01T10:00:00Z"}},
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n2"}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}]);
        let path = write("order", &items);
        let needs = Needs {
            autoscaler: Some("kube-system".into()),
            removed_nodes: ["n2".to_owned()].into(),
            workloads: true,
            pod: Some(("d".into(), "b".into())),
            ..Needs::default()
        };
        let options = |flags: Option<&AutoscalerFlags>| {
            let mut options = Options::default();
            if let Some(flags) = flags {
                flags.apply(&mut options);
            }
            Ok(options)
        };
        let facts = read_snapshot(&path, &needs, options, |_| {})
            .unwrap()
            .unwrap();
        let cluster = &facts.cluster;
        // The flag stands behind the pods, and makes them expendable.
        let own: Vec<_> = cluster
            .pods
            .iter()
            .map(|pod| (&*pod.name, pod.stage, pod.expendable))
            .collect();
        assert_eq!(
            own,
            [
                ("a", Stage::Scheduled, true),
                ("b", Stage::Unschedulable, true)
            ]
        );
        assert_eq!(cluster.nodes.len(), 1);
        assert_eq!(facts.displaced.len(), 1);
        assert_eq!(facts.removed.len(), 1);
        assert!(facts.samples.contains_key("r"));
        assert_eq!(facts.pod.unwrap().metadata.name.as_deref(), Some("b"));
        assert!(facts.now_is_newest);
        assert_eq!(cluster.now, "2026-01-01T11:00:00Z".parse().unwrap());
    }

    #[test]
    fn controllers_that_were_not_read_are_taken_for_there() {
        let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "other", "namespace": "d"}, "spec": {"selector": {}}});
        let needs = Needs {
            drains: true,
            ..Needs::default()
        };
        let read = |name: &str, items: serde_json::Value| {
            let path = write(name, &items);
            read_snapshot(&path, &needs, |_| Ok(Options::default()), |_| {})
                .unwrap()
                .unwrap()
        };
        let mut facts = read("none", json!([pod("a", "n1")]));
        let said = facts.assume_controllers().unwrap();
        assert!(said.contains("no ReplicaSet was read"), "{said}");
        assert_eq!(facts.cluster.controllers.len(), 1);
        // Where the kind was read, a controller that is not among them is gone.
        let mut facts = read("some", json!([pod("a", "n1"), set]));
        assert_eq!(facts.assume_controllers(), None);
        assert_eq!(facts.cluster.controllers.len(), 1);
    }

    #[test]
    fn damage_names_the_object() {
        let items = json!([{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "d"}, "spec": {"containers": 3}}]);
        let path = write("damage", &items);
        let error = read_snapshot(&path, &Needs::default(), |_| Ok(Options::default()), |_| {})
            .unwrap_err();
        assert!(error.to_string().contains("items[0]: Pod d/p: "), "{error}");
    }
}
