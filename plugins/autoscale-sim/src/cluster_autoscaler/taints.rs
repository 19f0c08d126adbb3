//! Taints that the autoscaler sets, and such that come and go with a node's state.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/utils/taints/taints.go`.

use k8s_openapi::api::core::v1::{Node, Taint};

use super::options::Options;

/// Set on nodes that are being deleted.
pub const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";
/// Set on nodes that are unneeded.
pub const DELETION_CANDIDATE: &str = "DeletionCandidateOfClusterAutoscaler";

const CONDITIONS: [&str; 11] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/pid-pressure",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "node.cloudprovider.kubernetes.io/shutdown",
    "cloud.google.com/impending-node-termination",
    "NodeWithImpairedVolumes",
];
const STARTUP_PREFIXES: [&str; 2] = [
    "ignore-taint.cluster-autoscaler.kubernetes.io/",
    "startup-taint.cluster-autoscaler.kubernetes.io/",
];
const STATUS_PREFIX: &str = "status-taint.cluster-autoscaler.kubernetes.io/";

/// A node's taints.
pub fn of(node: &Node) -> &[Taint] {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref());
    taints.unwrap_or_default()
}

/// Whether the node has a taint of that key.
pub fn has(node: &Node, key: &str) -> bool {
    of(node).iter().any(|taint| taint.key == key)
}

/// Since when the autoscaler has marked the node as unneeded, in seconds since 1970.
pub fn unneeded_since(node: &Node) -> Option<i64> {
    let mut all = of(node).iter();
    let mark = all.find(|taint| taint.key == DELETION_CANDIDATE)?;
    mark.value.as_deref()?.parse().ok()
}

/// Whether the taint is one of a node that is still booting.
pub fn is_startup(taint: &str, options: &Options) -> bool {
    let is = |own: &String| own == taint;
    let begins = |prefix: &String| taint.starts_with(prefix.as_str());
    options.startup_taint.iter().any(is)
        || STARTUP_PREFIXES
            .iter()
            .any(|prefix| taint.starts_with(prefix))
        || options.startup_taint_prefix.iter().any(begins)
}

/// Whether a new node of the group would not have the taint.
pub fn is_transient(taint: &str, options: &Options) -> bool {
    taint == TO_BE_DELETED
        || taint == DELETION_CANDIDATE
        || CONDITIONS.contains(&taint)
        || is_startup(taint, options)
        || taint.starts_with(STATUS_PREFIX)
        || options.status_taint.iter().any(|own| own == taint)
}
