//! Nodes before and after, with what is on them: what the page draws.

use std::collections::{BTreeMap, HashMap};

use scheduler::{NodeId, PodId};

use crate::add::usage;
use crate::cluster_autoscaler::Cluster;
use crate::report::Usage;

/// More nodes than this are not drawn; those that change are drawn first.
const MOST_NODES: usize = 400;

/// All nodes that are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// By group, nodes in no group last.
    pub groups: Vec<GroupPicture>,
    /// Nodes that are not drawn.
    pub left_out: usize,
}

/// The nodes of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupPicture {
    /// Its name; empty for nodes in no group.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<NodePicture>,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodePicture {
    /// Its name.
    pub name: String,
    /// Whether it is not there yet.
    pub is_new: bool,
    /// How full it is before; nothing for a new one.
    pub before: Usage,
    /// How full it is after.
    pub after: Usage,
    /// What is on it after, by workload, the largest first.
    pub parts: Vec<Part>,
}

/// What a workload requests on a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// The workload, as `namespace/kind/name`.
    pub workload: String,
    /// How many pods.
    pub pods: usize,
    /// How many of them are not there yet.
    pub new_pods: usize,
    /// Thousandths of a core.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
}

/// How full each node was before, by name.
#[must_use]
pub fn fullness(cluster: &Cluster) -> HashMap<String, Usage> {
    let nodes = cluster.nodes.iter();
    nodes
        .map(|node| (node.name().to_owned(), usage(cluster, node.id)))
        .collect()
}

/// Draws the cluster as it is now; `before` is how full nodes were, `bound` are the pods that are new.
#[must_use]
pub fn draw(cluster: &Cluster, before: &HashMap<String, Usage>, bound: &[u32]) -> Picture {
    let pods: HashMap<PodId, u32> = (0_u32..)
        .zip(&cluster.pods)
        .filter_map(|(at, pod)| Some((pod.placed?, at)))
        .collect();
    let is_new: std::collections::HashSet<u32> = bound.iter().copied().collect();
    let groups: HashMap<&str, &str> = cluster
        .groups
        .iter()
        .flat_map(|group| {
            group
                .nodes
                .iter()
                .map(|node| (node.as_str(), group.name.as_str()))
        })
        .collect();
    let mut all: Vec<(String, NodePicture)> = cluster
        .nodes
        .iter()
        .map(|node| {
            let group = groups.get(node.name()).copied().unwrap_or_default();
            let drawn = NodePicture {
                name: node.name().to_owned(),
                is_new: !before.contains_key(node.name()),
                before: before.get(node.name()).copied().unwrap_or_default(),
                after: usage(cluster, node.id),
                parts: parts(cluster, node.id, &pods, &is_new),
            };
            (group.to_owned(), drawn)
        })
        .collect();
    // Those that change are what the page is about.
    all.sort_by_key(|(_, node)| (!node.is_new, node.before == node.after));
    let left_out = all.len().saturating_sub(MOST_NODES);
    all.truncate(MOST_NODES);
    let mut by_group: BTreeMap<(bool, String), Vec<NodePicture>> = BTreeMap::new();
    for (group, node) in all {
        by_group
            .entry((group.is_empty(), group))
            .or_default()
            .push(node);
    }
    let groups = by_group
        .into_iter()
        .map(|((_, name), nodes)| GroupPicture { name, nodes })
        .collect();
    Picture { groups, left_out }
}

fn parts(
    cluster: &Cluster,
    node: NodeId,
    pods: &HashMap<PodId, u32>,
    is_new: &std::collections::HashSet<u32>,
) -> Vec<Part> {
    let mut all: BTreeMap<String, Part> = BTreeMap::new();
    for id in cluster.state.pods_on(node) {
        let own = pods.get(&id);
        let workload = own.map_or_else(
            || "pods that every new node has".to_owned(),
            |&at| workload(cluster, at),
        );
        let part = all.entry(workload.clone()).or_insert_with(|| Part {
            workload,
            ..Part::default()
        });
        part.pods += 1;
        part.new_pods += usize::from(own.is_some_and(|at| is_new.contains(at)));
        part.milli_cpu += cluster.state.requested_by(id, "cpu");
        part.memory += cluster.state.requested_by(id, "memory");
    }
    let mut all: Vec<Part> = all.into_values().collect();
    all.sort_by(|a, b| (b.milli_cpu, &a.workload).cmp(&(a.milli_cpu, &b.workload)));
    all
}

fn workload(cluster: &Cluster, at: u32) -> String {
    let pod = &cluster.pods[at as usize];
    let shape = cluster.shapes.get(pod.shape);
    match &shape.owner {
        Some(owner) => format!("{}/{}/{}", shape.namespace, owner.kind, owner.name),
        None => format!("{}/Pod/{}", shape.namespace, pod.name),
    }
}
