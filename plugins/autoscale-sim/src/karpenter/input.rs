//! All that an answer depends on.

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::storage::v1::{CSINode, StorageClass};

use super::instance_type::InstanceTypeSpec;
use super::node_pool::{NodeClaim, NodePool};

/// The label that tells reservations apart, of Karpenter's provider for AWS.
pub const RESERVATION_ID: &str = "karpenter.k8s.aws/capacity-reservation-id";

/// Karpenter's own flags, as far as they decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `--preference-policy Ignore`: preferences are none.
    pub ignore_preferences: bool,
    /// `--min-values-policy BestEffort`: `minValues` gives way where it cannot be met.
    pub relax_min_values: bool,
    /// Feature gate `ReservedCapacity`.
    pub reserved_capacity: bool,
    /// The label that tells reservations apart.
    pub reservation_id: String,
    /// How many instance types a claim may name.
    pub max_instance_types: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ignore_preferences: false,
            relax_min_values: false,
            reserved_capacity: true,
            reservation_id: RESERVATION_ID.to_owned(),
            max_instance_types: 600,
        }
    }
}

/// A cluster, and what its provider offers.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Flags.
    pub settings: Settings,
    /// The time of the question, for annotations that last a while.
    pub now: Timestamp,
    /// What the provider offers to every pool.
    pub instance_types: Vec<InstanceTypeSpec>,
    /// Pools.
    pub node_pools: Vec<NodePool>,
    /// Nodes that were asked for.
    pub node_claims: Vec<NodeClaim>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Pods, pending ones and others.
    pub pods: Vec<Pod>,
    /// `DaemonSet`s.
    pub daemon_sets: Vec<DaemonSet>,
    /// Namespaces, for selectors of namespaces.
    pub namespaces: Vec<Namespace>,
    /// Volumes.
    pub persistent_volumes: Vec<PersistentVolume>,
    /// Claims to volumes.
    pub persistent_volume_claims: Vec<PersistentVolumeClaim>,
    /// Storage classes.
    pub storage_classes: Vec<StorageClass>,
    /// How many volumes of each driver a node takes.
    pub csi_nodes: Vec<CSINode>,
    /// Disruption budgets: a pod that no budget lets go needs no new place.
    pub pod_disruption_budgets: Vec<PodDisruptionBudget>,
}
