//! What the facts consist of: workloads, their images, and who applied them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Something that runs images: a Deployment, a `DaemonSet`, a static pod.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Workload {
    /// As in `Deployment`; `Pod` for static and bare pods.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name; of a static pod without its node's.
    pub name: String,
    /// Its labels, and those of its pods.
    pub labels: BTreeMap<String, String>,
    /// Annotations that tell who manages it; no others are kept.
    pub annotations: BTreeMap<String, String>,
    /// Who wrote what, oldest first.
    pub writers: Vec<Writer>,
    /// The images that it is to run.
    pub images: BTreeSet<String>,
    /// The images that its pods run.
    pub running: Vec<Running>,
    /// Whether it is a static pod.
    pub is_static: bool,
}

/// An image in a pod.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Running {
    /// As the pod names it.
    pub image: String,
    /// The digest that the node pulled, where it says so.
    pub digest: Option<String>,
    /// The pod's node.
    pub node: String,
}

/// A field manager of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Writer {
    /// The manager's name, as `kubectl-client-side-apply`.
    pub manager: String,
    /// When it last wrote.
    pub time: Option<Timestamp>,
    /// Whether it set an image.
    pub images: bool,
}

/// Annotations that tell who manages an object.
const TELLING: [&str; 7] = [
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
    "argocd.argoproj.io/tracking-id",
    "kubectl.kubernetes.io/last-applied-configuration",
    "objectset.rio.cattle.io/owner-gvk",
    "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint",
    "kubeadm.kubernetes.io/etcd.advertise-client-urls",
];

/// The parts of any object's metadata that are read.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Metadata<'a> {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    #[serde(borrow)]
    annotations: Option<BTreeMap<String, &'a RawValue>>,
    owner_references: Option<Vec<Owner>>,
    #[serde(borrow)]
    managed_fields: Option<Vec<ManagedFields<'a>>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Owner {
    pub(crate) kind: String,
    pub(crate) name: String,
    controller: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ManagedFields<'a> {
    manager: String,
    time: Option<String>,
    subresource: Option<String>,
    #[serde(borrow)]
    fields_v1: Option<&'a RawValue>,
}

impl Metadata<'_> {
    /// The annotations that tell who manages the object; what was last applied is only noted.
    pub(crate) fn telling(&self) -> BTreeMap<String, String> {
        let annotations = self.annotations.iter().flatten();
        annotations
            .filter(|(name, _)| TELLING.contains(&name.as_str()))
            .map(|(name, value)| {
                let short = value.get().len() < 1024;
                let text = short
                    .then(|| serde_json::from_str(value.get()).ok())
                    .flatten();
                (name.clone(), text.unwrap_or_default())
            })
            .collect()
    }

    /// Whether the object is the API server's picture of a static pod.
    pub(crate) fn is_mirror(&self) -> bool {
        self.annotations
            .iter()
            .flatten()
            .any(|(name, _)| name == "kubernetes.io/config.mirror")
    }

    pub(crate) fn controller(&self) -> Option<&Owner> {
        let owners = self.owner_references.iter().flatten();
        owners
            .into_iter()
            .find(|owner| owner.controller == Some(true))
    }

    /// The managers of the object itself, not of its status, oldest first.
    pub(crate) fn writers(&self) -> Vec<Writer> {
        let mut writers: Vec<Writer> = self
            .managed_fields
            .iter()
            .flatten()
            .filter(|fields| fields.subresource.as_deref().unwrap_or_default().is_empty())
            .map(|fields| Writer {
                manager: fields.manager.clone(),
                time: fields.time.as_deref().and_then(|time| time.parse().ok()),
                images: fields
                    .fields_v1
                    .is_some_and(|fields| fields.get().contains("\"f:image\":")),
            })
            .collect();
        writers.sort_by_key(|writer| writer.time);
        writers
    }
}

#[derive(Deserialize)]
pub(crate) struct Object<'a> {
    #[serde(borrow, default)]
    pub(crate) metadata: Metadata<'a>,
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    template: Option<Template>,
    job_template: Option<JobTemplate>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JobTemplate {
    spec: JobSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JobSpec {
    template: Option<Template>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Template {
    metadata: TemplateMetadata,
    spec: PodSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TemplateMetadata {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodSpec {
    containers: Option<Vec<Container>>,
    init_containers: Option<Vec<Container>>,
    node_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
    #[serde(default)]
    restart_policy: Option<String>,
}

impl PodSpec {
    /// What runs on: containers and sidecars, not what runs once before them.
    fn lasting(&self) -> impl Iterator<Item = &Container> {
        let sidecars = self.init_containers.iter().flatten();
        let sidecars =
            sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
        self.containers.iter().flatten().chain(sidecars)
    }
}

impl Workload {
    /// Reads a Deployment, `DaemonSet`, `StatefulSet` or `CronJob`.
    ///
    /// # Errors
    /// When it is no such object.
    pub fn from_controller(kind: &str, json: &[u8]) -> Result<Self, String> {
        let object: Object<'_> = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let template = object
            .spec
            .template
            .or(object.spec.job_template.and_then(|job| job.spec.template))
            .unwrap_or_default();
        let metadata = object.metadata;
        let mut labels = template.metadata.labels.unwrap_or_default();
        labels.extend(metadata.labels.clone().unwrap_or_default());
        let images = template
            .spec
            .lasting()
            .map(|container| container.image.clone());
        Ok(Self {
            kind: kind.to_owned(),
            labels,
            annotations: metadata.telling(),
            writers: metadata.writers(),
            images: images.collect(),
            namespace: metadata.namespace,
            name: metadata.name,
            ..Self::default()
        })
    }
}

/// A pod: what it runs, and whose it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pod {
    /// The pod as if it were a workload of its own.
    pub workload: Workload,
    /// Kind and name of the controller above it, with a `ReplicaSet` taken for its Deployment.
    pub owner: Option<(String, String)>,
}

#[derive(Deserialize)]
struct PodObject<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(default)]
    spec: PodSpec,
    #[serde(default)]
    status: PodStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodStatus {
    phase: String,
    container_statuses: Option<Vec<ContainerStatus>>,
    init_container_statuses: Option<Vec<ContainerStatus>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContainerStatus {
    name: String,
    #[serde(rename = "imageID")]
    image_id: String,
}

impl Pod {
    /// Reads a pod; `None` for one that has ended.
    ///
    /// # Errors
    /// When it is no pod.
    pub fn read(json: &[u8]) -> Result<Option<Self>, String> {
        let pod: PodObject<'_> = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if matches!(pod.status.phase.as_str(), "Succeeded" | "Failed") {
            return Ok(None);
        }
        let statuses = |name: &str| {
            let init = pod.status.init_container_statuses.iter().flatten();
            let mut all = pod.status.container_statuses.iter().flatten().chain(init);
            all.find(|status| status.name == name)
        };
        let running: Vec<Running> = pod
            .spec
            .lasting()
            .map(|container| Running {
                image: container.image.clone(),
                digest: statuses(&container.name).and_then(|status| {
                    let (_, digest) = status.image_id.split_once('@')?;
                    Some(digest.to_owned())
                }),
                node: pod.spec.node_name.clone(),
            })
            .collect();
        let metadata = &pod.metadata;
        let labels = metadata.labels.clone().unwrap_or_default();
        let owner = metadata.controller().map(|owner| {
            let hash = labels.get("pod-template-hash");
            let deployment =
                hash.and_then(|hash| owner.name.strip_suffix(hash.as_str())?.strip_suffix('-'));
            match deployment {
                Some(name) if owner.kind == "ReplicaSet" => {
                    ("Deployment".to_owned(), name.to_owned())
                }
                _ => (owner.kind.clone(), owner.name.clone()),
            }
        });
        let is_static = metadata.is_mirror();
        // The kubelet names a static pod after its node.
        let name = metadata
            .name
            .strip_suffix(&pod.spec.node_name)
            .and_then(|name| name.strip_suffix('-'))
            .filter(|_| is_static)
            .unwrap_or(&metadata.name);
        Ok(Some(Self {
            workload: Workload {
                kind: "Pod".into(),
                namespace: metadata.namespace.clone(),
                name: name.to_owned(),
                annotations: metadata.telling(),
                writers: metadata.writers(),
                images: running
                    .iter()
                    .map(|running| running.image.clone())
                    .collect(),
                labels,
                running,
                is_static,
            },
            owner: owner.filter(|_| !is_static),
        }))
    }
}
