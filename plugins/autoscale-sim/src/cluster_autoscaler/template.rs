//! What a new node of a group would be like.
//!
//! Follows kubernetes/autoscaler
//! `cluster-autoscaler/processors/nodeinfosprovider/mixed_nodeinfos_processor.go` (which node is
//! copied) and `cluster-autoscaler/simulator/node_info_utils.go` (what of it is kept). Which of
//! several good nodes is copied depends on the order in which they are listed, which is by chance.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};

use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use scheduler::{NodeId, NodeTemplate, PodQuery, State};

use super::cluster::Cluster;
use super::daemon_sets;
use super::health::Health;
use super::taints;

/// For how long a node must have been ready to be copied, in seconds.
const STABLE_AFTER: i64 = 60;
const HOSTNAME: &str = "kubernetes.io/hostname";

/// A new node of a group.
#[derive(Clone, Debug)]
pub struct Template {
    /// The object; its name is not the final one.
    pub node: Node,
    /// The same as the scheduler reads it.
    pub face: NodeTemplate,
    /// The pods it starts with.
    pub pods: Vec<PodQuery>,
    /// What these pods request, by resource: thousandths of a core of `cpu`, else whole units.
    pub requested: BTreeMap<String, i64>,
}

impl Template {
    /// Thousandths of a core, and bytes, of its capacity.
    #[must_use]
    pub fn capacity(&self) -> (i64, i64) {
        let list = self
            .node
            .status
            .as_ref()
            .and_then(|status| status.capacity.as_ref());
        amounts(list)
    }

    /// Thousandths of a core, and bytes, that are for pods.
    #[must_use]
    pub fn allocatable(&self) -> (i64, i64) {
        let list = self
            .node
            .status
            .as_ref()
            .and_then(|status| status.allocatable.as_ref());
        amounts(list)
    }

    /// Puts a node made from this, with its pods, into the state. No node of the cluster may have
    /// the name; with a slash in it none has.
    pub fn add_to(&self, state: &mut State, name: &str) -> NodeId {
        let id = state.add_templated_node(&self.face, name);
        for (pod, at) in self.pods.iter().zip(0_u32..) {
            state.assign(&pod.named(&format!("{name}/{at}")), id);
        }
        id
    }
}

fn amounts(list: Option<&BTreeMap<String, Quantity>>) -> (i64, i64) {
    let read = |name: &str| {
        let text = list.and_then(|list| list.get(name))?;
        scheduler::quantity::Quantity::parse(&text.0).ok()
    };
    (
        read("cpu").map_or(0, |amount| amount.milli_value()),
        read("memory").map_or(0, |amount| amount.value()),
    )
}

/// All templates that each group may get; none if there is nothing to make one from. Several if
/// nodes that may be copied differ. Leaves the state as it was.
pub fn all(cluster: &mut Cluster, health: &Health) -> Vec<Vec<Template>> {
    let daemons = daemons_by_node(cluster);
    let now = cluster.now_seconds();
    let mut good: Vec<Vec<u32>> = vec![Vec::new(); cluster.groups.len()];
    let mut bad = good.clone();
    for (own, at) in health.nodes.iter().zip(0_u32..) {
        let Some(group) = own.group else { continue };
        let object = &cluster.nodes[at as usize].object;
        let cordoned = object.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true);
        let is_good = own.ready
            && own.changed.saturating_add(STABLE_AFTER) < now
            && !cordoned
            && !taints::has(object, taints::TO_BE_DELETED);
        let side = if is_good { &mut good } else { &mut bad };
        side[group as usize].push(at);
    }
    let mark = cluster.state.mark();
    let mut all = Vec::with_capacity(cluster.groups.len());
    for group in 0..cluster.groups.len() {
        let cloud = cluster.groups[group].template.clone();
        let own = match cloud {
            _ if !good[group].is_empty() => from_nodes(cluster, &daemons, &good[group]),
            Some(node) => vec![from_cloud(cluster, group, node)],
            None => from_nodes(cluster, &daemons, &bad[group]),
        };
        all.push(own);
    }
    cluster.state.rollback(mark);
    all
}

/// The pods of `DaemonSet`s and the kubelet's own, by node; those being deleted are left out.
fn daemons_by_node(cluster: &Cluster) -> HashMap<NodeId, Vec<u32>> {
    let mut all: HashMap<NodeId, Vec<u32>> = HashMap::new();
    for (pod, at) in cluster.pods.iter().zip(0_u32..) {
        let shape = cluster.shapes.get(pod.shape);
        if pod.deleted.is_some() || !(shape.is_daemon() || shape.is_mirror()) {
            continue;
        }
        let node = pod
            .placed
            .and_then(|id| cluster.state.pod_ref(id))
            .map(|own| own.node);
        if let Some(node) = node {
            all.entry(node).or_default().push(at);
        }
    }
    all
}

fn from_nodes(
    cluster: &mut Cluster,
    daemons: &HashMap<NodeId, Vec<u32>>,
    nodes: &[u32],
) -> Vec<Template> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for &at in nodes {
        let node = &cluster.nodes[at as usize];
        let empty = Vec::new();
        let pods = daemons.get(&node.id).unwrap_or(&empty);
        if !seen.insert(print_of(cluster, &node.object, pods)) {
            continue;
        }
        let mut object = node.object.clone();
        sanitize(cluster, &mut object);
        let mut running = HashSet::new();
        let mut queries = Vec::new();
        for &pod in pods {
            let own = &cluster.pods[pod as usize];
            queries.extend(own.placed.and_then(|id| cluster.state.query_of(id)));
            let owner = cluster.shapes.get(own.shape).owner.as_ref();
            running.extend(
                owner
                    .filter(|owner| owner.kind == "DaemonSet")
                    .map(|owner| owner.uid.clone()),
            );
        }
        let forced = cluster.options.force_ds;
        all.push(finish(cluster, object, queries, &running, forced));
    }
    all
}

fn from_cloud(cluster: &mut Cluster, group: usize, mut node: Node) -> Template {
    sanitize(cluster, &mut node);
    let labels = node.metadata.labels.get_or_insert_default();
    for (new, old) in [
        (
            "node.kubernetes.io/instance-type",
            "beta.kubernetes.io/instance-type",
        ),
        (
            "topology.kubernetes.io/region",
            "failure-domain.beta.kubernetes.io/region",
        ),
        (
            "topology.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/zone",
        ),
    ] {
        if let Some(value) = labels.get(new).cloned() {
            labels.insert(old.to_owned(), value);
        }
    }
    let given = cluster.groups[group].template_pods.clone();
    let mut running = HashSet::new();
    let mut pods = Vec::new();
    for pod in &given {
        let owners = pod.metadata.owner_references.iter().flatten();
        running.extend(
            owners
                .filter(|owner| owner.kind == "DaemonSet")
                .map(|owner| owner.uid.clone()),
        );
        pods.push(cluster.state.prepare(pod));
    }
    finish(cluster, node, pods, &running, true)
}

fn sanitize(cluster: &Cluster, node: &mut Node) {
    let labels = node.metadata.labels.get_or_insert_default();
    // The value is the final name; only that there is a label matters before.
    labels.insert(HOSTNAME.to_owned(), "template".to_owned());
    labels.insert(
        "cluster-autoscaler.kubernetes.io/template-node".to_owned(),
        "true".to_owned(),
    );
    if let Some(spec) = &mut node.spec {
        if cluster.options.scale_from_unschedulable {
            spec.unschedulable = None;
        }
        if let Some(taints) = &mut spec.taints {
            taints.retain(|taint| !taints::is_transient(&taint.key, &cluster.options));
        }
    }
}

/// Adds the pods of those `DaemonSet`s that are not running on the node that was copied.
fn finish(
    cluster: &mut Cluster,
    node: Node,
    mut pods: Vec<PodQuery>,
    running: &HashSet<String>,
    forced: bool,
) -> Template {
    let face = cluster.state.read_template(&node);
    let probe = cluster.state.add_templated_node(&face, "new/template");
    for set in &cluster.daemon_sets {
        let uid = set.metadata.uid.as_deref().unwrap_or_default();
        if running.contains(uid) {
            continue;
        }
        let pod = daemon_sets::pod_of(set);
        if !forced && !daemon_sets::preempts_as_node_critical(&pod) {
            continue;
        }
        let query = cluster.state.prepare(&pod);
        if cluster.state.node_is_wanted(&query, probe) {
            pods.push(query);
        }
    }
    let mut requested = BTreeMap::new();
    let status = node.status.as_ref();
    let lists = [status.and_then(|status| status.allocatable.as_ref())];
    let names: Vec<String> = (lists.into_iter().flatten())
        .flat_map(BTreeMap::keys)
        .cloned()
        .collect();
    for (pod, at) in pods.iter().zip(0_u32..) {
        let Some(id) = cluster
            .state
            .assign(&pod.named(&format!("new/template/{at}")), probe)
        else {
            continue;
        };
        for name in &names {
            let amount = cluster.state.requested_by(id, name);
            if amount != 0 {
                *requested.entry(name.clone()).or_default() += amount;
            }
        }
    }
    cluster.state.remove_node(probe);
    Template {
        node,
        face,
        pods,
        requested,
    }
}

/// Equal for nodes that make equal templates.
fn print_of(cluster: &Cluster, node: &Node, pods: &[u32]) -> u64 {
    let mut print = DefaultHasher::new();
    for (key, value) in node.metadata.labels.iter().flatten() {
        if key != HOSTNAME {
            (key, value).hash(&mut print);
        }
    }
    for taint in taints::of(node) {
        if !taints::is_transient(&taint.key, &cluster.options) {
            (&taint.key, &taint.value, &taint.effect).hash(&mut print);
        }
    }
    node.spec
        .as_ref()
        .and_then(|spec| spec.unschedulable)
        .hash(&mut print);
    if let Some(status) = &node.status {
        for list in [&status.capacity, &status.allocatable] {
            for (name, amount) in list.iter().flatten() {
                (name, &amount.0).hash(&mut print);
            }
            0_u8.hash(&mut print);
        }
        status.declared_features.hash(&mut print);
    }
    let mut needs: Vec<_> = (pods.iter())
        .filter_map(|&pod| cluster.state.query_of(cluster.pods[pod as usize].placed?))
        .map(|query| query.needs_key())
        .collect();
    needs.sort_unstable();
    needs.hash(&mut print);
    print.finish()
}
