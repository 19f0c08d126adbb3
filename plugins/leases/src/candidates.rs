//! The pods and nodes that may hold a Lease: of a large cluster only these few are read.

use std::collections::{BTreeMap, BTreeSet};

use cluster::{ApiServer, Error, ListRequest, Resource, in_parallel};
use k8s_openapi::api::core::v1 as core;
use serde::Deserialize;

use crate::facts::parse;
use crate::holder::{COMPONENT_LABELS, Holder, Known, Node, Pod, resolve};
use crate::identity::{Host, hosts};
use crate::lease::{HOSTNAME_LABEL, Lease, LeaseKind};

/// Pods, of which holders run in some.
pub const PODS: Resource = Resource::of::<core::Pod>();
/// Nodes, of which holders run on some.
pub const NODES: Resource = Resource::of::<core::Node>();

/// Reads a pod from JSON.
///
/// # Errors
/// When it is none.
pub fn parse_pod(json: &[u8]) -> Result<Pod, String> {
    parse::<PodObject>(json).map(Pod::from)
}

/// Reads a node from JSON.
///
/// # Errors
/// When it is none.
pub fn parse_node(json: &[u8]) -> Result<Node, String> {
    parse::<NodeObject>(json).map(Node::from)
}

/// Reads the pods and nodes that may hold these Leases.
///
/// # Errors
/// When a request fails for another reason than a missing right; those are noted instead.
pub async fn read_holders(
    server: &ApiServer,
    leases: &[Lease],
    unreadable: &mut BTreeSet<String>,
) -> Result<Known, Error> {
    let mut places: BTreeSet<(&str, &str)> = BTreeSet::new();
    for lease in leases {
        places.extend(
            holder_hosts(lease)
                .into_iter()
                .map(|host| (lease.namespace.as_str(), host.name)),
        );
    }
    if places.is_empty() {
        return Ok(Known::default());
    }
    let pods = in_parallel(
        places
            .iter()
            .map(|(namespace, host)| server.get::<PodObject>(PODS, Some(namespace), host)),
    );
    let nodes = read_nodes_named(server, places.iter().map(|(_, host)| *host).collect());
    let (pods, nodes) = futures::future::join(pods, nodes).await;
    let mut known = Known::default();
    for pod in pods {
        known
            .pods
            .extend(allowed(pod, unreadable)?.flatten().map(Pod::from));
    }
    if let Some(nodes) = allowed(nodes, unreadable)? {
        known.nodes = nodes;
        if leases.iter().any(|lease| is_doubtful(lease, &known)) {
            known.nodes = allowed(read_nodes(server, None).await, unreadable)?.unwrap_or_default();
        }
    }
    read_pods_on_nodes(server, leases, &mut known, unreadable).await?;
    Ok(known)
}

/// The hosts that may hold a Lease; heartbeats name their node themselves.
fn holder_hosts(lease: &Lease) -> Vec<Host<'_>> {
    let found = match lease.kind() {
        LeaseKind::Node => Vec::new(),
        LeaseKind::ApiServer => {
            let name = lease.api_server.as_deref().unwrap_or_default();
            vec![Host {
                name,
                certain: true,
            }]
        }
        LeaseKind::Election | LeaseKind::Coordinated => {
            hosts(lease.holder.as_deref().unwrap_or_default())
        }
    };
    found
        .into_iter()
        .filter(|host| is_object_name(host.name))
        .collect()
}

/// Whether a pod or node may have this name; anything else need not be asked for.
fn is_object_name(name: &str) -> bool {
    let plain = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character)
    };
    !name.is_empty() && name.len() <= 253 && name.chars().all(plain)
}

/// Whether only a look at all nodes can tell what an identity means: a node's name in it may
/// have had its dots replaced.
fn is_doubtful(lease: &Lease, known: &Known) -> bool {
    let hosts = holder_hosts(lease);
    hosts
        .iter()
        .any(|host| !host.certain && host.name.contains('-'))
        && !hosts
            .iter()
            .any(|host| known.knows(&lease.namespace, host.name))
}

/// Nodes by their host names; every kubelet labels its node with that.
async fn read_nodes_named(server: &ApiServer, hosts: BTreeSet<&str>) -> Result<Vec<Node>, Error> {
    let hosts: Vec<&str> = hosts.into_iter().filter(|host| host.len() <= 63).collect();
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    read_nodes(
        server,
        Some(format!("{HOSTNAME_LABEL} in ({})", hosts.join(","))),
    )
    .await
}

async fn read_nodes(server: &ApiServer, labels: Option<String>) -> Result<Vec<Node>, Error> {
    let request = ListRequest {
        labels,
        metadata_only: true,
        ..ListRequest::new(NODES, None)
    };
    let mut nodes = Vec::new();
    server
        .list(&request, |json| {
            nodes.push(parse_node(json)?);
            Ok(())
        })
        .await?;
    Ok(nodes)
}

/// The pods on the host's network of the nodes that hold something.
async fn read_pods_on_nodes(
    server: &ApiServer,
    leases: &[Lease],
    known: &mut Known,
    unreadable: &mut BTreeSet<String>,
) -> Result<(), Error> {
    let mut places: BTreeSet<(&str, String)> = BTreeSet::new();
    for lease in leases
        .iter()
        .filter(|lease| lease.kind() != LeaseKind::Node)
    {
        if let Some(Holder {
            node: Some(node),
            pod: None,
            ..
        }) = resolve(lease, known)
        {
            places.insert((&lease.namespace, node));
        }
    }
    let lists = places
        .iter()
        .map(|(namespace, node)| read_pods_on(server, namespace, node));
    for pods in in_parallel(lists).await {
        known
            .pods
            .extend(allowed(pods, unreadable)?.unwrap_or_default());
    }
    Ok(())
}

async fn read_pods_on(server: &ApiServer, namespace: &str, node: &str) -> Result<Vec<Pod>, Error> {
    let request = ListRequest {
        fields: Some(format!("spec.nodeName={node}")),
        ..ListRequest::new(PODS, Some(namespace))
    };
    let mut pods = Vec::new();
    server
        .list(&request, |json| {
            pods.push(parse_pod(json)?);
            Ok(())
        })
        .await?;
    pods.retain(|pod| pod.host_network);
    Ok(pods)
}

/// Notes a missing right and goes on.
///
/// # Errors
/// Other errors stay errors.
pub fn allowed<T>(
    result: Result<T, Error>,
    unreadable: &mut BTreeSet<String>,
) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Forbidden { request, .. }) => {
            let mut request = *request;
            request.name = None;
            unreadable.insert(request.to_string());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
struct PodObject {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: PodSpec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodSpec {
    node_name: Option<String>,
    host_network: Option<bool>,
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    name: String,
}

#[derive(Deserialize)]
struct NodeObject {
    metadata: ObjectMeta,
}

#[derive(Deserialize)]
struct ObjectMeta {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

impl From<PodObject> for Pod {
    fn from(object: PodObject) -> Self {
        let PodObject { metadata, spec } = object;
        let labels = metadata.labels.unwrap_or_default();
        Self {
            namespace: metadata.namespace,
            name: metadata.name,
            node: spec.node_name.filter(|node| !node.is_empty()),
            host_network: spec.host_network.unwrap_or(false),
            containers: spec
                .containers
                .into_iter()
                .map(|container| container.name)
                .collect(),
            components: COMPONENT_LABELS
                .iter()
                .filter_map(|label| labels.get(*label).cloned())
                .collect(),
        }
    }
}

impl From<NodeObject> for Node {
    fn from(object: NodeObject) -> Self {
        let mut labels = object.metadata.labels.unwrap_or_default();
        Self {
            name: object.metadata.name,
            hostname: labels.remove(HOSTNAME_LABEL),
        }
    }
}
