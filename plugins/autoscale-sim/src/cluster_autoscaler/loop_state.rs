//! What a loop has changed in the snapshot when scaling down is planned.

use scheduler::{NodeId, PodId};

/// The snapshot ([`super::Cluster::state`]) after scale-up was planned. Like upstream's it then has
/// placeholders for nodes to come, and holds pods that wait for a node and fit on one. All of this
/// is taken back after the loop, so whoever plans with it takes back what it changes itself, and
/// forgets no marks.
#[derive(Clone, Debug, Default)]
pub struct LoopState {
    /// Placeholders for nodes to come; they are neither candidates nor destinations.
    pub upcoming: Vec<NodeId>,
    /// Nodes (numbers in [`super::Cluster::nodes`]) that have registered but not started: they were
    /// taken out of the snapshot, and are neither candidates nor destinations.
    pub not_started: Vec<u32>,
    /// Nodes that count as unready although their object says otherwise: their GPUs are still to
    /// come, or they have a startup taint.
    pub unready: Vec<u32>,
    /// Pods without a node that were put on one: those that preemption made room for, and those
    /// that fit. By number in [`super::Cluster::pods`].
    pub placed: Vec<(u32, PodId)>,
    /// Whether nodes are added in this loop: nothing is deleted then.
    pub scaled_up: bool,
    /// Whether scaling down is off for this loop, for all pods that wait are very young.
    pub paused: bool,
}
