//! Node groups, as the cloud knows them.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod};

/// A group of like nodes that grows and shrinks by its target size.
#[derive(Clone, Debug, Default)]
pub struct NodeGroup {
    /// Its name.
    pub name: String,
    /// The least size the autoscaler goes down to.
    pub min: i64,
    /// The most nodes it may have.
    pub max: i64,
    /// The size that the cloud was asked for: the nodes, and those that are still to come.
    pub target: i64,
    /// The names of its nodes in the cluster.
    pub nodes: Vec<String>,
    /// What a new node would look like, if the cloud tells; needed where no node is to copy from.
    pub template: Option<Node>,
    /// Pods that the cloud says every new node has, such as kube-proxy.
    pub template_pods: Vec<Pod>,
    /// Nodes that this very autoscaler asked for and that are to come. Without such a request,
    /// nodes to come are ignored, for example after the autoscaler was restarted.
    pub scale_up_in_progress: i64,
    /// No scale-up before this time, for one failed.
    pub backoff_until: Option<Timestamp>,
    /// Price of a node for an hour, for the expander `price`.
    pub price: Option<f64>,
}
