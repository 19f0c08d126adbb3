//! What is read: workloads of all namespaces, their pods, nodes' versions, and Helm releases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cluster::{ApiServer, Error, ListRequest, Resource, Snapshot, SnapshotObject};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::CronJob;
use k8s_openapi::api::core::v1;
use serde::Deserialize;

use crate::compatibility::Minor;
use crate::release::{self, Release};
use crate::workload::{Pod, Running, Workload};

const PODS: Resource = Resource::of::<v1::Pod>();
const NODES: Resource = Resource::of::<v1::Node>();
const SECRETS: Resource = release::STORES[0];
const CONFIG_MAPS: Resource = release::STORES[1];
const CONTROLLERS: [Resource; 4] = [
    Resource::of::<Deployment>(),
    Resource::of::<DaemonSet>(),
    Resource::of::<StatefulSet>(),
    Resource::of::<CronJob>(),
];

/// A node's own versions.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its kubelet's version, as `v1.36.3`.
    pub kubelet: String,
}

/// What was read, and what could not be.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The workloads by kind, namespace and name.
    pub workloads: Vec<Workload>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Helm's releases; `None` where they may not be read.
    pub releases: Option<Vec<Release>>,
    /// The API server's version, as `v1.36.3`.
    pub server_version: Option<String>,
    /// Requests that were refused.
    pub unreadable: BTreeSet<String>,
    /// The API server's time, or the snapshot's, or this machine's.
    pub now: Timestamp,
}

impl Facts {
    /// The minor version of Kubernetes: the API server's, or what the cluster shows of it.
    #[must_use]
    pub fn kubernetes(&self) -> Option<Minor> {
        let nodes = || {
            let kubelets = self
                .nodes
                .iter()
                .filter_map(|node| node.kubelet.parse().ok());
            kubelets.max()
        };
        let server = self.server_version.as_ref();
        server
            .and_then(|version| version.parse().ok())
            .or_else(nodes)
    }
}

/// Objects as they arrive, before pods are given to their workloads.
#[derive(Default)]
struct Reading {
    workloads: BTreeMap<(String, String, String), Workload>,
    pods: Vec<Pod>,
    nodes: Vec<Node>,
    releases: Vec<Release>,
}

impl Reading {
    fn controller(&mut self, kind: &str, json: &[u8]) -> Result<(), String> {
        let workload = Workload::from_controller(kind, json)?;
        self.workloads.insert(key(&workload), workload);
        Ok(())
    }

    fn pod(&mut self, json: &[u8]) -> Result<(), String> {
        self.pods.extend(Pod::read(json)?);
        Ok(())
    }

    fn node(&mut self, json: &[u8]) -> Result<(), String> {
        self.nodes.push(read_node(json)?);
        Ok(())
    }

    /// Gives each pod to its workload, and makes one for those that have none.
    fn settle(mut self) -> (Vec<Workload>, Vec<Node>, Vec<Release>) {
        for Pod { workload, owner } in std::mem::take(&mut self.pods) {
            let owned = owner.map(|(kind, name)| (kind, workload.namespace.clone(), name));
            let key = owned.clone().unwrap_or_else(|| key(&workload));
            let running = workload.running.clone();
            let known = self
                .workloads
                .entry(key)
                .or_insert_with_key(|(kind, _, name)| Workload {
                    kind: kind.clone(),
                    name: name.clone(),
                    running: Vec::new(),
                    ..workload
                });
            // A static pod has no workload above it that could say what it is to run.
            known.images.extend(
                running
                    .iter()
                    .filter(|_| known.is_static)
                    .map(|one| one.image.clone()),
            );
            known.running.extend(running);
        }
        let mut workloads: Vec<Workload> = self.workloads.into_values().collect();
        for workload in &mut workloads {
            workload.running.sort();
        }
        self.nodes.sort();
        (workloads, self.nodes, self.releases)
    }
}

fn key(workload: &Workload) -> (String, String, String) {
    (
        workload.kind.clone(),
        workload.namespace.clone(),
        workload.name.clone(),
    )
}

fn read_node(json: &[u8]) -> Result<Node, String> {
    #[derive(Deserialize)]
    struct Object {
        metadata: Name,
        #[serde(default)]
        status: Status,
    }
    #[derive(Deserialize)]
    struct Name {
        name: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Status {
        node_info: NodeInfo,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct NodeInfo {
        kubelet_version: String,
    }
    let node: Object = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    Ok(Node {
        name: node.metadata.name,
        kubelet: node.status.node_info.kubelet_version,
    })
}

/// Which facts a question needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// All.
    Everything,
    /// Only what runs, and not how it was installed.
    Versions,
}

/// Reads from a live cluster.
///
/// # Errors
/// When workloads or pods can't be read; nodes and releases that can't be are noted.
pub async fn read_live(server: &ApiServer, need: Need) -> Result<Facts, Error> {
    let controllers = async {
        let lists = CONTROLLERS.map(|resource| read_list(server, resource, None));
        let mut all = Vec::new();
        for (resource, list) in CONTROLLERS
            .iter()
            .zip(futures::future::join_all(lists).await)
        {
            all.push((resource.kind, list));
        }
        all
    };
    let releases = async {
        match need {
            Need::Versions => None,
            Need::Everything => Some(tokio::join!(
                release::list(server, SECRETS),
                release::list(server, CONFIG_MAPS),
            )),
        }
    };
    let (version, controllers, pods, nodes, releases) = tokio::join!(
        server.version(),
        controllers,
        read_pods(server),
        read_list(server, NODES, None),
        releases,
    );
    let mut facts = Facts::default();
    let mut reading = Reading {
        pods: pods?,
        ..Reading::default()
    };
    for (kind, list) in controllers {
        for json in required_or_noted(kind, list, &mut facts.unreadable)? {
            reading
                .controller(kind, json.get().as_bytes())
                .map_err(|reason| answer(kind, reason))?;
        }
    }
    for json in noted(nodes, &mut facts.unreadable)?.unwrap_or_default() {
        reading
            .node(json.get().as_bytes())
            .map_err(|reason| answer("Node", reason))?;
    }
    facts.server_version = Some(version?);
    if let Some((secrets, config_maps)) = releases {
        let secrets = noted(secrets, &mut facts.unreadable)?;
        // Hardly anybody has releases there, so nobody misses the right.
        let config_maps = config_maps.unwrap_or_default();
        let readable = secrets.is_some();
        reading
            .releases
            .extend(secrets.into_iter().flatten().chain(config_maps));
        facts.releases = (readable || !reading.releases.is_empty()).then(Vec::new);
    }
    settle(&mut facts, reading);
    facts.now = server.clock().now();
    Ok(facts)
}

fn settle(facts: &mut Facts, reading: Reading) {
    let (workloads, nodes, releases) = reading.settle();
    facts.workloads = workloads;
    facts.nodes = nodes;
    if let Some(known) = &mut facts.releases {
        *known = releases;
    }
}

fn answer(kind: &str, reason: String) -> Error {
    let resource = CONTROLLERS
        .into_iter()
        .find(|resource| resource.kind == kind)
        .unwrap_or(NODES);
    Error::Answer {
        request: Box::new(ListRequest::new(resource, None).as_request("list")),
        reason,
    }
}

type Json = Box<serde_json::value::RawValue>;

/// Controllers are few against pods, so they are held as they come.
async fn read_list(
    server: &ApiServer,
    resource: Resource,
    labels: Option<&str>,
) -> Result<Vec<Json>, Error> {
    let mut request = ListRequest::new(resource, None);
    request.labels = labels.map(str::to_owned);
    let mut objects = Vec::new();
    server
        .list(&request, |json| {
            objects.push(serde_json::from_slice(json).map_err(|error| error.to_string())?);
            Ok(())
        })
        .await?;
    Ok(objects)
}

async fn read_pods(server: &ApiServer) -> Result<Vec<Pod>, Error> {
    let mut pods = Vec::new();
    server
        .list(&ListRequest::new(PODS, None), |json| {
            pods.extend(Pod::read(json)?);
            Ok(())
        })
        .await?;
    Ok(pods)
}

/// Deployments and `DaemonSets` are what the question is about; the others are noted.
fn required_or_noted(
    kind: &str,
    list: Result<Vec<Json>, Error>,
    unreadable: &mut BTreeSet<String>,
) -> Result<Vec<Json>, Error> {
    if matches!(kind, "Deployment" | "DaemonSet") {
        return list;
    }
    Ok(noted(list, unreadable)?.unwrap_or_default())
}

fn noted<T>(read: Result<T, Error>, unreadable: &mut BTreeSet<String>) -> Result<Option<T>, Error> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::Forbidden { request, .. }) => {
            unreadable.insert(request.to_string());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Reads from a snapshot.
///
/// # Errors
/// When the file can't be read.
pub fn read_snapshot(path: &Path) -> Result<Facts, Error> {
    let mut reading = Reading::default();
    let mut facts = Facts::default();
    let snapshot = Snapshot::read(path, |object| take_object(object, &mut reading, &mut facts))?;
    // What `kubectl day2 snapshot` wrote has the version, and says if releases could not be read; a
    // cluster may be without any.
    if snapshot.server_version.is_some() && !snapshot.missing.contains(SECRETS.plural) {
        facts.releases.get_or_insert_default();
    }
    settle(&mut facts, reading);
    facts.server_version = snapshot
        .server_version
        .or_else(|| static_version(&facts.workloads));
    facts.now = snapshot.taken_at.unwrap_or_else(Timestamp::now);
    Ok(facts)
}

fn take_object(
    object: &SnapshotObject<'_>,
    reading: &mut Reading,
    facts: &mut Facts,
) -> Result<(), String> {
    let meta = &object.type_meta;
    let is = |resource: Resource| resource.matches(&meta.api_version, &meta.kind);
    if let Some(resource) = CONTROLLERS.into_iter().find(|resource| is(*resource)) {
        return reading.controller(resource.kind, object.json);
    }
    if is(PODS) {
        return reading.pod(object.json);
    }
    if is(NODES) {
        return reading.node(object.json);
    }
    if release::RECORDED == (&*meta.api_version, &*meta.kind) {
        reading.releases.push(Release::from_recorded(object.json)?);
        facts.releases.get_or_insert_default();
        return Ok(());
    }
    let is_secret = is(SECRETS);
    if (is_secret || is(CONFIG_MAPS))
        && let Ok(release) = Release::read(object.json, is_secret)
    {
        facts.releases.get_or_insert_default();
        if release.status == "deployed" {
            reading.releases.push(release);
        }
    }
    Ok(())
}

/// The version of the API server that runs as a static pod; the oldest, where there are several.
fn static_version(workloads: &[Workload]) -> Option<String> {
    let servers = workloads
        .iter()
        .filter(|workload| workload.is_static && workload.name == "kube-apiserver");
    let tags = servers
        .flat_map(|workload| &workload.running)
        .filter_map(tag_of);
    tags.min()
}

fn tag_of(running: &Running) -> Option<String> {
    let reference = crate::image::Reference::parse(&running.image)?;
    let tag = reference.tag?;
    tag.parse::<Minor>().ok().map(|_| tag)
}
