//! The cluster as the scheduler sees it.

use k8s_openapi::api::core::v1::{Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::resource::v1::{DeviceClass, ResourceClaim, ResourceSlice};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::{
    CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment,
};

use crate::verdict::{Status, Verdicts};

/// A node of a [`State`]; grows in the order in which nodes are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// A pod of a [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PodId(pub(crate) u32);

/// A point in a [`State`]'s history that [`State::rollback`] returns to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Mark(pub(crate) usize);

/// What became of a pod that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedPod {
    /// It has a node, and counts there.
    Assigned(PodId),
    /// It waits, and has room reserved on the node it was nominated to by preemption.
    Nominated(PodId),
    /// It has no node and is not nominated (or is gated, or meant for another scheduler): it
    /// changes no verdict and was not kept.
    Pending,
    /// It has succeeded or failed; kube-scheduler does not see such pods, and it was not kept.
    Terminal,
}

/// A pod of a [`State`], as far as it was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodRef<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its priority; a missing one is 0.
    pub priority: i32,
    /// Its node.
    pub node: Option<NodeId>,
}

/// A pod whose scheduling needs have been read; see [`State::prepare`].
#[derive(Clone, Debug)]
pub struct PodQuery {}

/// Nodes, assigned and nominated pods, and the objects their scheduling depends on.
#[derive(Debug, Default)]
pub struct State {
    nodes: u32,
}

impl State {
    /// An empty cluster.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node, or replaces the node of that name. Pods may come before their node.
    pub fn add_node(&mut self, _node: &Node) -> NodeId {
        self.nodes += 1;
        NodeId(self.nodes - 1)
    }

    /// Takes a node away, with the pods on it. False if there is none.
    pub fn remove_node(&mut self, _node: NodeId) -> bool {
        false
    }

    /// The node of that name.
    #[must_use]
    pub fn node(&self, _name: &str) -> Option<NodeId> {
        None
    }

    /// A node's name.
    #[must_use]
    pub fn node_name(&self, _node: NodeId) -> Option<&str> {
        None
    }

    /// All nodes, in the order in which they were added.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        (0..self.nodes).map(NodeId)
    }

    /// Adds a pod, or replaces the pod of that namespace and name.
    pub fn add_pod(&mut self, _pod: &Pod) -> AddedPod {
        AddedPod::Pending
    }

    /// Puts a pod on a node, whatever its own `spec.nodeName` says.
    pub fn assign(&mut self, _query: &PodQuery, _node: NodeId) -> Option<PodId> {
        None
    }

    /// Takes a pod away. False if there is none.
    pub fn remove_pod(&mut self, _pod: PodId) -> bool {
        false
    }

    /// The kept pod of that namespace and name.
    #[must_use]
    pub fn pod(&self, _namespace: &str, _name: &str) -> Option<PodId> {
        None
    }

    /// What is known of a pod.
    #[must_use]
    pub fn pod_ref(&self, _pod: PodId) -> Option<PodRef<'_>> {
        None
    }

    /// Adds or replaces a namespace; only its labels matter.
    pub fn add_namespace(&mut self, _namespace: &Namespace) {}

    /// Adds or replaces a volume.
    pub fn add_persistent_volume(&mut self, _volume: &PersistentVolume) {}

    /// Adds or replaces a claim.
    pub fn add_persistent_volume_claim(&mut self, _claim: &PersistentVolumeClaim) {}

    /// Adds or replaces a storage class.
    pub fn add_storage_class(&mut self, _class: &StorageClass) {}

    /// Adds or replaces a node's list of CSI drivers.
    pub fn add_csi_node(&mut self, _node: &CSINode) {}

    /// Adds or replaces a CSI driver.
    pub fn add_csi_driver(&mut self, _driver: &CSIDriver) {}

    /// Adds or replaces a capacity a CSI driver publishes.
    pub fn add_csi_storage_capacity(&mut self, _capacity: &CSIStorageCapacity) {}

    /// Adds or replaces an attachment.
    pub fn add_volume_attachment(&mut self, _attachment: &VolumeAttachment) {}

    /// Adds or replaces a slice of a pool of devices.
    pub fn add_resource_slice(&mut self, _slice: &ResourceSlice) {}

    /// Adds or replaces a claim of devices.
    pub fn add_resource_claim(&mut self, _claim: &ResourceClaim) {}

    /// Adds or replaces a class of devices.
    pub fn add_device_class(&mut self, _class: &DeviceClass) {}

    /// Adds or replaces a disruption budget; only preemption reads them.
    pub fn add_pod_disruption_budget(&mut self, _budget: &PodDisruptionBudget) {}

    /// Adds or replaces a priority class; only preemption reads them.
    pub fn add_priority_class(&mut self, _class: &PriorityClass) {}

    /// Reads what a pod needs.
    pub fn prepare(&mut self, _pod: &Pod) -> PodQuery {
        PodQuery {}
    }

    /// Runs one cycle up to the filters: every node's verdict.
    pub fn filter(&mut self, _query: &PodQuery) -> Verdicts {
        Verdicts {
            prefilter: Status::success(),
            table: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// The nodes on which the pod could run, found one by one.
    pub fn feasible(&mut self, query: &PodQuery) -> impl Iterator<Item = NodeId> {
        let verdicts = self.filter(query);
        verdicts.feasible().collect::<Vec<_>>().into_iter()
    }

    /// Remembers this moment; changes of nodes and pods after it can be taken back.
    pub fn mark(&mut self) -> Mark {
        Mark(0)
    }

    /// Takes back every change of nodes and pods since the mark.
    pub fn rollback(&mut self, _mark: Mark) {}

    /// Adds `copies` nodes like this one, under the names `name(0..copies)`, without its pods.
    pub fn clone_node_as_template(
        &mut self,
        _node: NodeId,
        _copies: usize,
        _name: impl FnMut(usize) -> String,
    ) -> Vec<NodeId> {
        Vec::new()
    }
}
