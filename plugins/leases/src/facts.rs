//! What is read: the Leases asked for, and of pods and nodes only those that may hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cluster::{
    ApiServer, Error, LabelSelector, ListRequest, Resource, Snapshot, SnapshotObject, TypeMeta,
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{coordination::v1 as coordination, core::v1 as core};
use serde::Deserialize;

use crate::holder::{COMPONENT_LABELS, Holder, Known, Node, Pod, resolve};
use crate::identity::{Host, hosts};
use crate::lease::{HOSTNAME_LABEL, Lease, LeaseKind};

/// The resource this plugin is about.
pub const LEASES: Resource = Resource::of::<coordination::Lease>();
const PODS: Resource = Resource::of::<core::Pod>();
const NODES: Resource = Resource::of::<core::Node>();

/// Which Leases are asked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scope {
    /// Where; `None` is the whole cluster.
    pub namespace: Option<String>,
    /// Which; empty is all.
    pub names: Vec<String>,
    /// A label selector, as given.
    pub selector: Option<String>,
    /// Of which kind.
    pub kind: KindFilter,
}

/// Which kinds of Lease are asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KindFilter {
    /// All, but node heartbeats only where the namespace or a name asks for them.
    #[default]
    Default,
    /// All.
    All,
    /// Elections, coordinated ones too.
    Election,
    /// Node heartbeats.
    Node,
    /// API server identities.
    ApiServer,
}

impl Scope {
    /// Whether a Lease of this kind is shown.
    #[must_use]
    pub fn shows(&self, kind: LeaseKind) -> bool {
        match self.kind {
            KindFilter::All => true,
            KindFilter::Default => kind != LeaseKind::Node || !self.hides_heartbeats(),
            KindFilter::Election => matches!(kind, LeaseKind::Election | LeaseKind::Coordinated),
            KindFilter::Node => kind == LeaseKind::Node,
            KindFilter::ApiServer => kind == LeaseKind::ApiServer,
        }
    }

    fn hides_heartbeats(&self) -> bool {
        let asked = self.namespace.as_deref() == Some(crate::lease::NODE_LEASE_NAMESPACE);
        !asked && self.names.is_empty()
    }

    /// Whether a Lease of this name is asked for.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|one| one == name)
    }

    /// The request for all of them.
    #[must_use]
    pub fn request(&self) -> ListRequest {
        let fields = match &self.names[..] {
            [only] => Some(format!("metadata.name={only}")),
            _ => None,
        };
        ListRequest {
            labels: self.selector.clone(),
            fields,
            ..ListRequest::new(LEASES, self.namespace.as_deref())
        }
    }
}

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Facts {
    /// The Leases, by the order of the source.
    pub leases: Vec<Lease>,
    /// Node heartbeats that were not asked for.
    pub hidden: usize,
    /// Names that were asked for and do not exist.
    pub missing: Vec<String>,
    /// Pods and nodes that may hold them.
    pub known: Known,
    /// Requests that were refused.
    pub unreadable: BTreeSet<String>,
    /// The API server's time, or the snapshot's.
    pub now: Timestamp,
    /// The API server's time minus this machine's.
    pub clock_offset: Option<SignedDuration>,
    /// The snapshot does not say when it was taken, so `now` is the newest time in it.
    pub now_is_newest: bool,
}

impl Facts {
    fn take(&mut self, lease: Lease, scope: &Scope) {
        if !scope.names(&lease.name) {
            return;
        }
        if scope.shows(lease.kind()) {
            self.leases.push(lease);
        } else if scope.kind == KindFilter::Default {
            self.hidden += 1;
        }
    }

    fn look_for_missing(&mut self, scope: &Scope) {
        let found: BTreeSet<&str> = self
            .leases
            .iter()
            .map(|lease| lease.name.as_str())
            .collect();
        let missing = scope
            .names
            .iter()
            .filter(|name| !found.contains(name.as_str()));
        self.missing = missing.cloned().collect();
    }
}

/// Reads from a live cluster.
///
/// # Errors
/// When the Leases themselves can't be read; pods and nodes that can't be are noted.
pub async fn read_live(server: &ApiServer, scope: &Scope) -> Result<Facts, Error> {
    let mut facts = Facts::default();
    if scope.names.is_empty() {
        server
            .list(&scope.request(), |json| {
                facts.take(parse(json)?, scope);
                Ok(())
            })
            .await?;
    } else {
        let wanted: BTreeSet<&String> = scope.names.iter().collect();
        let gets = wanted
            .iter()
            .map(|name| server.get::<Lease>(LEASES, scope.namespace.as_deref(), name));
        for lease in join_all(gets).await {
            if let Some(lease) = lease? {
                facts.take(lease, scope);
            }
        }
    }
    facts.look_for_missing(scope);
    facts.now = server.clock().now();
    facts.clock_offset = Some(server.clock().offset());
    facts.known = read_holders(server, &facts.leases, &mut facts.unreadable).await?;
    Ok(facts)
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
    let pods = join_all(
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
            nodes.push(Node::from(parse::<NodeObject>(json)?));
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
    for pods in join_all(lists).await {
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
            pods.push(Pod::from(parse::<PodObject>(json)?));
            Ok(())
        })
        .await?;
    pods.retain(|pod| pod.host_network);
    Ok(pods)
}

/// Notes a missing right and goes on; other errors stay errors.
fn allowed<T>(
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

/// Reads from a snapshot.
///
/// # Errors
/// When the file or the selector can't be read.
pub fn read_snapshot(path: &Path, scope: &Scope) -> Result<Facts, Error> {
    let selector = LabelSelector::parse(scope.selector.as_deref().unwrap_or_default())?;
    let mut facts = Facts::default();
    let snapshot = Snapshot::read(path, |object| {
        take_object(object, scope, &selector, &mut facts)
    })?;
    settle(&mut facts, snapshot, scope);
    Ok(facts)
}

/// Reads from a snapshot that is already in memory, as the demo's.
///
/// # Errors
/// When it can't be read.
pub fn read_snapshot_bytes(name: &str, bytes: &[u8], scope: &Scope) -> Result<Facts, Error> {
    let mut facts = Facts::default();
    let selector = LabelSelector::default();
    let snapshot = Snapshot::read_from(bytes, |object| {
        take_object(object, scope, &selector, &mut facts)
    });
    let snapshot = snapshot.map_err(|reason| Error::Snapshot {
        file: name.to_owned(),
        reason,
    })?;
    settle(&mut facts, snapshot, scope);
    Ok(facts)
}

fn take_object(
    object: &SnapshotObject<'_>,
    scope: &Scope,
    selector: &LabelSelector,
    facts: &mut Facts,
) -> Result<(), String> {
    let TypeMeta { api_version, kind } = &object.type_meta;
    if LEASES.matches(api_version, kind) {
        let lease: Lease = parse(object.json)?;
        facts.now = facts.now.max(newest_time(&lease));
        let here = scope
            .namespace
            .as_deref()
            .is_none_or(|namespace| namespace == lease.namespace);
        if here && (scope.selector.is_none() || selector.matches(&labels(object.json)?)) {
            facts.take(lease, scope);
        }
    } else if PODS.matches(api_version, kind) {
        facts
            .known
            .pods
            .push(Pod::from(parse::<PodObject>(object.json)?));
    } else if NODES.matches(api_version, kind) {
        facts
            .known
            .nodes
            .push(Node::from(parse::<NodeObject>(object.json)?));
    }
    Ok(())
}

fn settle(facts: &mut Facts, snapshot: Snapshot, scope: &Scope) {
    facts.now_is_newest = snapshot.taken_at.is_none();
    facts.now = snapshot.taken_at.unwrap_or(facts.now);
    facts.look_for_missing(scope);
}

/// A snapshot is at least as young as the newest time the API server wrote into it.
fn newest_time(lease: &Lease) -> Timestamp {
    let renewal = lease.renewal_written.or(lease.renewed.known());
    renewal.max(lease.created.known()).unwrap_or_default()
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| match named(json) {
        Some(name) => format!("{name}: {error}"),
        None => error.to_string(),
    })
}

/// How an object that can't be read calls itself.
fn named(json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        kind: String,
        metadata: Name,
    }
    #[derive(Deserialize)]
    struct Name {
        #[serde(default)]
        namespace: String,
        name: String,
    }
    let named: Named = serde_json::from_slice(json).ok()?;
    let Name { namespace, name } = named.metadata;
    let separator = if namespace.is_empty() { "" } else { "/" };
    Some(
        format!("{} {namespace}{separator}{name}", named.kind)
            .trim()
            .to_owned(),
    )
}

fn labels(json: &[u8]) -> Result<BTreeMap<String, String>, String> {
    #[derive(Deserialize)]
    struct Labelled {
        metadata: Labels,
    }
    #[derive(Deserialize)]
    struct Labels {
        #[serde(default)]
        labels: Option<BTreeMap<String, String>>,
    }
    parse::<Labelled>(json).map(|object| object.metadata.labels.unwrap_or_default())
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
