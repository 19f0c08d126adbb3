//! What the loops of scaling down look at again and again, read once.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use scheduler::quantity::Quantity;
use scheduler::{NodeId, PodId};

use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::health::{GPU_LABEL, GPU_RESOURCES, readiness};
use crate::cluster_autoscaler::loop_state::LoopState;
use crate::cluster_autoscaler::taints;

use super::drainability::ShapeRules;

const SCALE_DOWN_DISABLED: &str = "cluster-autoscaler.kubernetes.io/scale-down-disabled";

/// All that is read once.
#[derive(Debug)]
pub(super) struct Facts {
    /// As [`Cluster::nodes`].
    pub(super) nodes: Vec<NodeEntry>,
    /// As [`Cluster::pods`].
    pub(super) pods: Vec<PodEntry>,
    /// By number of the shape.
    pub(super) shapes: Vec<ShapeRules>,
}

/// One node.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
pub(super) struct NodeEntry {
    pub(super) id: NodeId,
    pub(super) group: Option<u32>,
    /// Whether it has registered and started.
    pub(super) is_seen: bool,
    pub(super) is_ready: bool,
    pub(super) is_cordoned: bool,
    /// Whether an annotation keeps it.
    pub(super) is_kept: bool,
    /// When its deletion began, in seconds since 1970.
    pub(super) deleted_since: Option<i64>,
    /// Thousandths of what it has for pods.
    pub(super) cpu: Option<i64>,
    pub(super) memory: Option<i64>,
    /// Which of the GPU resources counts for a node with GPUs.
    pub(super) gpu: Option<&'static str>,
    pub(super) gpus: Option<i64>,
    /// Whole cores and bytes that it counts with in the limits of the cluster.
    pub(super) capacity: [i64; 2],
    /// Type and number of GPUs that it counts with.
    pub(super) gpu_type: Option<(String, i64)>,
    /// Whether it is left out of the limits.
    pub(super) is_virtual: bool,
    /// Pods on it that the autoscaler sees, in the order of [`Cluster::pods`].
    pub(super) pods: Vec<u32>,
}

/// One pod.
#[derive(Clone, Debug)]
pub(super) struct PodEntry {
    pub(super) place: Option<PodId>,
    /// Requested thousandths of a core.
    pub(super) cpu: i64,
    /// Requested bytes.
    pub(super) memory: i64,
}

impl Facts {
    pub(super) fn new(cluster: &Cluster, situation: &LoopState) -> Self {
        let mut groups = HashMap::new();
        for (at, group) in (0..).zip(&cluster.groups) {
            groups.extend(group.nodes.iter().map(|node| (node.as_str(), at)));
        }
        let mut nodes: Vec<NodeEntry> = (cluster.nodes.iter())
            .map(|node| read_node(node.id, &node.object, groups.get(node.name()).copied()))
            .collect();
        for &node in &situation.not_started {
            nodes[node as usize].is_seen = false;
        }
        for &node in &situation.unready {
            nodes[node as usize].is_ready = false;
        }
        let mut places: Vec<Option<PodId>> = cluster.pods.iter().map(|pod| pod.placed).collect();
        for &(pod, place) in &situation.placed {
            places[pod as usize] = Some(place);
        }
        let by_id: HashMap<NodeId, usize> = (nodes.iter().enumerate())
            .map(|(at, node)| (node.id, at))
            .collect();
        let state = &cluster.state;
        for (pod, place) in (0..).zip(&places) {
            let node = place.and_then(|place| state.pod_ref(place));
            if let Some(at) = node.and_then(|own| by_id.get(&own.node)) {
                nodes[*at].pods.push(pod);
            }
        }
        let requests = |place: Option<PodId>, resource: &str| {
            place.map_or(0, |place| state.requested_by(place, resource))
        };
        let pods = places.iter().map(|&place| PodEntry {
            place,
            cpu: requests(place, "cpu"),
            memory: requests(place, "memory"),
        });
        let shapes = cluster.pods.iter().map(|pod| pod.shape + 1).max();
        Self {
            pods: pods.collect(),
            shapes: (0..shapes.unwrap_or(0))
                .map(|shape| ShapeRules::new(cluster, cluster.shapes.get(shape)))
                .collect(),
            nodes,
        }
    }
}

fn read_node(id: NodeId, node: &Node, group: Option<u32>) -> NodeEntry {
    let (spec, status) = (node.spec.as_ref(), node.status.as_ref());
    let list = |list: Option<&std::collections::BTreeMap<String, ApiQuantity>>, name: &str| {
        list.and_then(|list| Quantity::parse(&list.get(name)?.0).ok())
    };
    let allocatable = |name: &str| list(status.and_then(|own| own.allocatable.as_ref()), name);
    let capacity = |name: &str| {
        let own = list(status.and_then(|own| own.capacity.as_ref()), name);
        own.map_or(0, |own| own.value().max(0))
    };
    let label = |key: &str| node.metadata.labels.as_ref()?.get(key).cloned();
    let with_gpus = GPU_RESOURCES
        .into_iter()
        .find(|gpu| allocatable(gpu).is_some_and(|own| !own.is_zero()));
    let gpu = with_gpus.or_else(|| label(GPU_LABEL).map(|_| GPU_RESOURCES[0]));
    let gpus = gpu.and_then(allocatable);
    let annotations = node.metadata.annotations.as_ref();
    NodeEntry {
        id,
        group,
        is_seen: true,
        is_ready: readiness(node).0,
        is_cordoned: spec.and_then(|spec| spec.unschedulable) == Some(true),
        is_kept: annotations
            .and_then(|all| all.get(SCALE_DOWN_DISABLED))
            .is_some_and(|value| value == "true"),
        deleted_since: (taints::of(node).iter())
            .find(|taint| taint.key == taints::TO_BE_DELETED)
            .and_then(|taint| taint.value.as_deref()?.parse().ok()),
        cpu: allocatable("cpu").map(|own| own.milli_value()),
        memory: allocatable("memory").map(|own| own.milli_value()),
        gpu,
        gpus: gpus.map(|own| own.milli_value()),
        capacity: [capacity("cpu"), capacity("memory")],
        gpu_type: gpus.and_then(|own| Some((label(GPU_LABEL)?, own.value()))),
        is_virtual: label("type").as_deref() == Some("virtual-kubelet"),
        pods: Vec::new(),
    }
}
