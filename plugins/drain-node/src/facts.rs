//! What is read for the plan: streamed, and nothing that the question does not need.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster::{ApiServer, Error, ListRequest, Resource, in_parallel};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::coordination::v1 as coordination;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::policy::v1 as policy;
use scheduler::State;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::budget::Budget;
use crate::cli::{DrainFlags, node_name};
use crate::filters::{DaemonSet, DaemonSets, daemon_set_of};
use crate::leaders::Lease;
use crate::node::Node;
use crate::pod::Pod;
use crate::workload::{Key, Kind, Workload, Workloads};

pub const PODS: Resource = Resource::of::<core::Pod>();
pub const NODES: Resource = Resource::of::<core::Node>();
pub const BUDGETS: Resource = Resource::of::<policy::PodDisruptionBudget>();
pub const DAEMON_SETS: Resource = Resource::of::<apps::DaemonSet>();
pub const LEASES: Resource = Resource::of::<coordination::Lease>();

/// Why a plan can't be made.
#[derive(Debug)]
pub enum FactsError {
    /// The cluster can't be read.
    Read(Error),
    /// A node that was named is not there.
    NoNode(String),
    /// The command line is wrong.
    Usage(console::Failure),
}

impl From<Error> for FactsError {
    fn from(error: Error) -> Self {
        Self::Read(error)
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Facts {
    /// The API server's time.
    pub now: Timestamp,
    /// The nodes to drain, in the order in which they were named.
    pub nodes: Vec<Node>,
    /// The pods on them that `--pod-selector` selects.
    pub pods: Vec<Pod>,
    pub budgets: Vec<Budget>,
    /// Pods elsewhere that are not ready and that a budget selects.
    pub unready_elsewhere: Vec<Pod>,
    pub daemon_sets: DaemonSets,
    pub workloads: Workloads,
    pub leases: Vec<Lease>,
    /// What the scheduler must know; `None` where it is not asked.
    pub scheduler: Option<State>,
    /// Why the scheduler can't be asked about some pods.
    pub placement_gap: Option<String>,
    /// Requests that were refused.
    pub unreadable: BTreeSet<String>,
}

/// How often a read that failed for a reason that may pass is tried again.
const RETRIES: u32 = 4;
/// The first pause before that; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(150);

/// Reads that are tried again, as long as that may help.
#[derive(Default)]
struct Patience {
    attempt: u32,
}

impl Patience {
    /// Rests and says yes, if another attempt may help and there were not too many.
    async fn again(&mut self, error: &Error) -> bool {
        if !error.is_transient() || self.attempt >= RETRIES {
            return false;
        }
        tokio::time::sleep(PAUSE * (1 << self.attempt)).await;
        self.attempt += 1;
        true
    }
}

/// Reads, and reads again where that may help.
///
/// # Errors
/// The last attempt's.
pub async fn insist<T, F: Future<Output = Result<T, Error>>>(
    read: impl Fn() -> F,
) -> Result<T, Error> {
    let mut patience = Patience::default();
    loop {
        match read().await {
            Err(error) if patience.again(&error).await => {}
            answer => return answer,
        }
    }
}

/// Reads all that the plan is made of.
///
/// # Errors
/// When nodes, pods, budgets or `DaemonSets` can't be read; what else can't be is noted.
pub async fn read(server: &ApiServer, flags: &DrainFlags) -> Result<Facts, FactsError> {
    let pod_selector = flags.pods().map_err(FactsError::Usage)?;
    let mut facts = Facts::default();
    let mut state = (!flags.no_placement).then(State::new);
    facts.nodes = read_nodes(server, flags, state.as_mut()).await?;
    if facts.nodes.is_empty() {
        facts.now = server.clock().now();
        return Ok(facts);
    }
    let leases = ListRequest {
        fields: Some("metadata.namespace!=kube-node-lease".into()),
        ..ListRequest::new(LEASES, None)
    };
    let budgets = ListRequest::new(BUDGETS, None);
    let (budgets, leases) = futures::future::join(
        insist(|| read_all::<Budget>(server, &budgets)),
        insist(|| read_all::<Lease>(server, &leases)),
    )
    .await;
    facts.budgets = budgets?;
    facts.leases = optional(leases, &mut facts.unreadable)?.unwrap_or_default();
    read_pods(server, &mut facts, state.as_mut()).await?;
    facts.pods.retain(|pod| pod_selector.matches(&pod.labels));
    facts.daemon_sets = read_daemon_sets(server, &facts.pods).await?;
    read_workloads(server, &mut facts).await?;
    if let Some(state) = &mut state {
        read_for_scheduler(server, state, &mut facts).await?;
    }
    facts.scheduler = state;
    facts.now = server.clock().now();
    Ok(facts)
}

/// The nodes to drain; the scheduler gets all, those to drain as cordoned.
async fn read_nodes(
    server: &ApiServer,
    flags: &DrainFlags,
    state: Option<&mut State>,
) -> Result<Vec<Node>, FactsError> {
    for name in &flags.nodes {
        node_name(name).map_err(FactsError::Usage)?;
    }
    let request = ListRequest::new(NODES, None);
    let all = insist(|| read_all::<core::Node>(server, &request)).await?;
    choose_nodes(all, flags, state)
}

/// The nodes of the flags, out of all.
///
/// # Errors
/// When a node that is named is not among them.
pub fn choose_nodes(
    all: Vec<core::Node>,
    flags: &DrainFlags,
    state: Option<&mut State>,
) -> Result<Vec<Node>, FactsError> {
    let names: Vec<&str> = flags
        .nodes
        .iter()
        .map(|name| node_name(name))
        .collect::<Result<_, _>>()
        .map_err(FactsError::Usage)?;
    let selector = cluster::LabelSelector::parse(flags.selector().unwrap_or_default())?;
    let mut objects: BTreeMap<String, core::Node> = all
        .into_iter()
        .map(|node| (node.metadata.name.clone().unwrap_or_default(), node))
        .collect();
    let chosen: Vec<String> = if flags.selector().is_some() {
        let selected = objects.iter().filter(|(_, node)| {
            selector.matches(&node.metadata.labels.clone().unwrap_or_default())
        });
        selected.map(|(name, _)| name.clone()).collect()
    } else {
        let mut seen = BTreeSet::new();
        names
            .into_iter()
            .filter(|name| seen.insert(*name))
            .map(str::to_owned)
            .collect()
    };
    let mut nodes = Vec::new();
    for name in &chosen {
        let object = objects
            .get_mut(name)
            .ok_or_else(|| FactsError::NoNode(name.clone()))?;
        nodes.push(Node::from(&*object));
        object.spec.get_or_insert_default().unschedulable = Some(true);
    }
    if let Some(state) = state {
        for node in objects.values() {
            state.add_node(node);
        }
    }
    Ok(nodes)
}

/// The pods of the nodes; where the scheduler is asked, all of the cluster.
async fn read_pods(
    server: &ApiServer,
    facts: &mut Facts,
    state: Option<&mut State>,
) -> Result<(), Error> {
    let whole = state.is_some();
    let mut sorting = Sorting::new(facts, state);
    let requests: Vec<ListRequest> = if whole {
        vec![ListRequest::new(PODS, None)]
    } else {
        let names = sorting.nodes.iter();
        let fields = names.map(|name| format!("spec.nodeName={name}"));
        fields
            .map(|fields| ListRequest {
                fields: Some(fields),
                ..ListRequest::new(PODS, None)
            })
            .collect()
    };
    let mut take = |json: &[u8]| {
        sorting.take(&parse(json)?);
        Ok(())
    };
    for request in &requests {
        let mut patience = Patience::default();
        loop {
            match server.list(request, &mut take).await {
                Ok(_) => break,
                Err(error) if patience.again(&error).await => {}
                Err(error) => return Err(error),
            }
        }
    }
    sorting.settle(facts);
    Ok(())
}

/// Tells the pods on the nodes from those elsewhere that matter, and shows all to the scheduler.
pub struct Sorting<'a> {
    nodes: BTreeSet<String>,
    budgets: Vec<Budget>,
    state: Option<&'a mut State>,
    // By UID, so that a list that broke off may be read again.
    here: BTreeMap<String, Pod>,
    unready: BTreeMap<String, Pod>,
}

impl<'a> Sorting<'a> {
    /// Takes the budgets of the facts until it settles.
    pub fn new(facts: &mut Facts, state: Option<&'a mut State>) -> Self {
        Self {
            nodes: facts.nodes.iter().map(|node| node.name.clone()).collect(),
            budgets: std::mem::take(&mut facts.budgets),
            state,
            here: BTreeMap::new(),
            unready: BTreeMap::new(),
        }
    }

    /// Takes a pod.
    pub fn take(&mut self, object: &core::Pod) {
        if let Some(state) = &mut self.state {
            state.add_pod(object);
        }
        let pod = Pod::from(object);
        if self.nodes.contains(&pod.node) {
            self.here.insert(pod.uid.clone(), pod);
        } else if !pod.ready
            && !pod.is_finished()
            && !pod.is_terminating()
            && self.budgets.iter().any(|budget| budget.selects(&pod))
        {
            self.unready.insert(pod.uid.clone(), pod);
        }
    }

    /// Gives all to the facts.
    pub fn settle(self, facts: &mut Facts) {
        let mut here: Vec<Pod> = self.here.into_values().collect();
        here.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        facts.pods = here;
        facts.unready_elsewhere = self.unready.into_values().collect();
        facts.budgets = self.budgets;
    }
}

async fn read_daemon_sets(server: &ApiServer, pods: &[Pod]) -> Result<DaemonSets, Error> {
    let named: BTreeSet<(String, String)> = pods
        .iter()
        .filter_map(|pod| Some((pod.namespace.clone(), daemon_set_of(pod)?.to_owned())))
        .collect();
    let gets = named.iter().map(|(namespace, name)| {
        insist(move || server.get::<serde::de::IgnoredAny>(DAEMON_SETS, Some(namespace), name))
    });
    let mut found = DaemonSets::new();
    for (key, answer) in named.iter().zip(in_parallel(gets).await) {
        let state = match answer? {
            Some(_) => DaemonSet::Exists,
            None => DaemonSet::Missing,
        };
        found.insert(key.clone(), state);
    }
    Ok(found)
}

/// The makers of the pods, and theirs: a `ReplicaSet` and its `Deployment`.
async fn read_workloads(server: &ApiServer, facts: &mut Facts) -> Result<(), Error> {
    let makers: BTreeSet<Key> = facts.pods.iter().filter_map(Key::of).collect();
    read_workloads_named(server, makers, facts).await?;
    let owners: BTreeSet<Key> = facts
        .workloads
        .iter()
        .filter_map(|(key, workload)| {
            let owner = workload.owner.as_ref()?;
            Some(Key {
                kind: Kind::of(owner)?,
                namespace: key.namespace.clone(),
                name: owner.name.clone(),
            })
        })
        .collect();
    read_workloads_named(server, owners, facts).await
}

async fn read_workloads_named(
    server: &ApiServer,
    keys: BTreeSet<Key>,
    facts: &mut Facts,
) -> Result<(), Error> {
    let gets = keys.iter().map(|key| read_workload(server, key));
    for (key, answer) in keys.iter().zip(in_parallel(gets).await) {
        if let Some(workload) = optional(answer, &mut facts.unreadable)?.flatten() {
            facts.workloads.insert(key.clone(), workload);
        }
    }
    Ok(())
}

/// Reads a workload's numbers; `None` where it is gone.
///
/// # Errors
/// When the request fails.
pub async fn read_workload(server: &ApiServer, key: &Key) -> Result<Option<Workload>, Error> {
    let resource = workload_resource(key.kind);
    insist(|| server.get(resource, Some(&key.namespace), &key.name)).await
}

/// What a kind is called in the API.
pub fn workload_resource(kind: Kind) -> Resource {
    match kind {
        Kind::Deployment => Resource::of::<apps::Deployment>(),
        Kind::ReplicaSet => Resource::of::<apps::ReplicaSet>(),
        Kind::StatefulSet => Resource::of::<apps::StatefulSet>(),
        Kind::ReplicationController => Resource::of::<core::ReplicationController>(),
    }
}

/// What else the scheduler must know; volumes and devices only where a pod has some.
async fn read_for_scheduler(
    server: &ApiServer,
    state: &mut State,
    facts: &mut Facts,
) -> Result<(), Error> {
    let mut reader = SchedulerReader {
        server,
        state,
        refused: Vec::new(),
    };
    reader.read(State::add_namespace).await?;
    if facts.pods.iter().any(|pod| pod.has_attachments) {
        reader.read(State::add_persistent_volume_claim).await?;
        reader.read(State::add_persistent_volume).await?;
        reader.read(State::add_storage_class).await?;
        reader.read(State::add_csi_node).await?;
        reader.read(State::add_csi_driver).await?;
        reader.read(State::add_csi_storage_capacity).await?;
        reader.read(State::add_volume_attachment).await?;
        reader.read(State::add_resource_claim).await?;
        reader.read(State::add_resource_slice).await?;
        reader.read(State::add_device_class).await?;
    }
    let refused = reader.refused;
    if !refused.is_empty() {
        facts.placement_gap = Some(format!("not allowed to {}", refused.join(", ")));
        facts.unreadable.extend(refused);
    }
    Ok(())
}

struct SchedulerReader<'a> {
    server: &'a ApiServer,
    state: &'a mut State,
    refused: Vec<String>,
}

impl SchedulerReader<'_> {
    async fn read<T>(&mut self, add: impl Fn(&mut State, &T)) -> Result<(), Error>
    where
        T: DeserializeOwned + k8s_openapi::Resource,
    {
        let request = ListRequest::new(Resource::of::<T>(), None);
        let mut patience = Patience::default();
        let answer = loop {
            let state = &mut *self.state;
            let list = self.server.list(&request, |json| {
                add(state, &parse(json)?);
                Ok(())
            });
            match list.await {
                Err(error) if patience.again(&error).await => {}
                answer => break answer,
            }
        };
        match answer {
            // An API that this server does not have has no objects either.
            Ok(_) | Err(Error::UnknownResource { .. }) => Ok(()),
            Err(Error::Forbidden { request, .. }) => {
                self.refused.push(request.to_string());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// Reads all objects of a request.
///
/// # Errors
/// When the request fails.
pub async fn read_all<T: DeserializeOwned>(
    server: &ApiServer,
    request: &ListRequest,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    server
        .list(request, |json| {
            all.push(parse(json)?);
            Ok(())
        })
        .await?;
    Ok(all)
}

/// Notes a missing right and goes on; other errors stay errors.
fn optional<T>(
    answer: Result<T, Error>,
    unreadable: &mut BTreeSet<String>,
) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Error::Forbidden { mut request, .. }) => {
            request.name = None;
            unreadable.insert(request.to_string());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Reads an object.
///
/// # Errors
/// What is not as it should be.
pub fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string())
}
