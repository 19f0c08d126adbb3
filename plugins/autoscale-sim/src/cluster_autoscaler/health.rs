//! Which nodes are ready, which are still to come, and whether a group may grow.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/clusterstate/clusterstate.go`,
//! `cluster-autoscaler/utils/kubernetes/ready.go` and
//! `cluster-autoscaler/processors/customresources/gpu_processor.go`. The view is that of a process
//! whose first loop this is: nothing was observed before.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::Node;

use super::cluster::Cluster;
use super::pod::seconds;
use super::taints;

/// The label of nodes with GPUs.
pub const GPU_LABEL: &str = "cloud.google.com/gke-accelerator";
/// The names of GPUs as a resource.
pub const GPU_RESOURCES: [&str; 5] = [
    "nvidia.com/gpu",
    "habana.ai/gaudi",
    "gpu.intel.com/xe",
    "amd.com/gpu",
    "microsoft.com/directx",
];

/// A node as the loop sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeHealth {
    /// Its group.
    pub group: Option<u32>,
    /// Whether it is ready.
    pub ready: bool,
    /// Whether it counts as unready although its object says otherwise.
    pub overridden: bool,
    /// When it last changed between ready and not, in seconds since 1970.
    pub changed: i64,
}

/// How a group stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupHealth {
    /// Whether it may grow.
    pub healthy: bool,
    /// Whether a scale-up of it failed not long ago.
    pub backed_off: bool,
    /// Nodes to come that this process asked for.
    pub upcoming: i64,
    /// Nodes that have registered but not started, by their number in the cluster; only of
    /// groups with nodes to come.
    pub not_started: Vec<u32>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// By node.
    pub nodes: Vec<NodeHealth>,
    /// By group.
    pub groups: Vec<GroupHealth>,
    /// Whether the autoscaler acts at all.
    pub cluster_healthy: bool,
    /// How many nodes are ready and not cordoned.
    pub ready_and_schedulable: usize,
}

/// Whether the node is ready, and since when it has been so or not.
#[must_use]
pub fn readiness(node: &Node) -> (bool, i64) {
    let status = node.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref());
    let (mut ready, mut found, mut changed) = (true, false, i64::MIN);
    for condition in conditions.unwrap_or_default() {
        let bad = match condition.type_.as_str() {
            "Ready" => {
                found = true;
                matches!(condition.status.as_str(), "False" | "Unknown")
            }
            "DiskPressure" | "NetworkUnavailable" => condition.status == "True",
            _ => continue,
        };
        ready &= !bad;
        let time = seconds(condition.last_transition_time.as_ref());
        changed = changed.max(time.unwrap_or(i64::MIN));
    }
    for taint in taints::of(node) {
        if matches!(
            taint.key.as_str(),
            "node.kubernetes.io/not-ready"
                | "node.kubernetes.io/disk-pressure"
                | "node.kubernetes.io/network-unavailable"
        ) {
            ready = false;
            changed = changed.max(seconds(taint.time_added.as_ref()).unwrap_or(i64::MIN));
        }
    }
    (ready && found, changed)
}

fn is_cordoned(node: &Node) -> bool {
    node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true)
}

fn has_unready_gpu(node: &Node) -> bool {
    let labels = node.metadata.labels.as_ref();
    let allocatable = node
        .status
        .as_ref()
        .and_then(|status| status.allocatable.as_ref());
    let has = |name: &&'static str| {
        let amount = allocatable.and_then(|list| list.get(*name));
        let read = amount.map(|text| scheduler::quantity::Quantity::parse(&text.0));
        read.is_some_and(|read| read.is_ok_and(|amount| !amount.is_zero()))
    };
    labels.is_some_and(|labels| labels.contains_key(GPU_LABEL)) && !GPU_RESOURCES.iter().any(has)
}

#[derive(Default)]
struct Counts {
    registered: i64,
    ready: i64,
    unready: i64,
    suspended: i64,
    not_started: Vec<u32>,
}

/// Looks at all nodes and groups.
#[must_use]
pub fn observe(cluster: &Cluster) -> Health {
    let now = cluster.now_seconds();
    let groups: HashMap<&str, u32> = (cluster.groups.iter().zip(0_u32..))
        .flat_map(|(group, at)| group.nodes.iter().map(move |node| (node.as_str(), at)))
        .collect();
    let startup = cluster.options.max_node_startup_time.as_secs();
    let mut health = Health::default();
    let mut counts: Vec<Counts> = cluster.groups.iter().map(|_| Counts::default()).collect();
    let mut unready = 0;
    for (node, at) in cluster.nodes.iter().zip(0_u32..) {
        let object = &node.object;
        let (ready, changed) = readiness(object);
        let usable = ready && !is_cordoned(object);
        let booting = |key: &str| taints::is_startup(key, &cluster.options);
        let overridden = usable
            && (has_unready_gpu(object)
                || taints::of(object).iter().any(|taint| booting(&taint.key)));
        health.ready_and_schedulable += usize::from(usable && !overridden);
        let group = groups.get(node.name()).copied();
        let own = NodeHealth {
            group,
            ready: ready && !overridden,
            overridden,
            changed,
        };
        health.nodes.push(own);
        let mut nowhere = Counts::default();
        let count = match group {
            Some(group) => &mut counts[group as usize],
            None => &mut nowhere,
        };
        let created = seconds(object.metadata.creation_timestamp.as_ref()).unwrap_or(i64::MIN);
        count.registered += 1;
        if is_suspended(object) {
            count.suspended += 1;
        } else if own.ready {
            count.ready += 1;
        } else if created.saturating_add(startup) > now {
            count.not_started.push(at);
        } else {
            count.unready += 1;
            unready += 1;
        }
    }
    health.cluster_healthy = !too_many(cluster, unready, count(cluster.nodes.len()));
    for (group, counts) in cluster.groups.iter().zip(counts) {
        health.groups.push(group_health(cluster, group, counts));
    }
    health
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn is_suspended(node: &Node) -> bool {
    let conditions = node
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref());
    (conditions.unwrap_or_default().iter())
        .find(|condition| condition.type_ == "Suspended")
        .is_some_and(|condition| condition.status == "True")
}

fn too_many(cluster: &Cluster, unready: i64, of: i64) -> bool {
    let options = &cluster.options;
    #[expect(clippy::cast_precision_loss, reason = "numbers of nodes")]
    let (part, whole) = (unready as f64, of as f64);
    unready > options.ok_total_unready_count
        && part > options.max_total_unready_percentage / 100.0 * whole
}

fn group_health(
    cluster: &Cluster,
    group: &super::node_group::NodeGroup,
    counts: Counts,
) -> GroupHealth {
    let missing = group.target - (counts.ready + counts.unready + counts.suspended);
    let requested = if missing > 0 {
        group.scale_up_in_progress
    } else {
        0
    };
    let least = group.target - requested;
    let is_known = counts.registered > 0 || group.target > count(group.nodes.len());
    let healthy = if is_known {
        let up = counts.ready + counts.suspended;
        let lacking = (least - up).max(0);
        let all = up + counts.unready + count(counts.not_started.len());
        !too_many(cluster, lacking, all)
    } else {
        group.target == 0 || (least == 0 && group.target > 0)
    };
    let backed_off = group.backoff_until.is_some_and(|until| until > cluster.now);
    let upcoming = if requested > 0 && !backed_off {
        missing
    } else {
        0
    };
    GroupHealth {
        healthy,
        backed_off,
        upcoming,
        not_started: if upcoming > 0 {
            counts.not_started
        } else {
            Vec::new()
        },
    }
}
