//! What the scheduler answers: a status per node, and the message it would write on the pod.
//!
//! Follows kubernetes/kubernetes `staging/src/k8s.io/kube-scheduler/framework/interface.go` (codes)
//! and `pkg/scheduler/framework/types.go` (assembly of the message).

use std::collections::BTreeMap;

use crate::NodeId;

/// The plugins of the default profile that can reject a pod, in the order of their filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Plugin {
    /// Pods with scheduling gates do not enter the queue.
    SchedulingGates,
    /// `spec.unschedulable` of the node.
    NodeUnschedulable,
    /// `spec.nodeName` of the pod.
    NodeName,
    /// Taints of effect `NoSchedule` and `NoExecute`.
    TaintToleration,
    /// `nodeSelector` and required node affinity.
    NodeAffinity,
    /// Host ports.
    NodePorts,
    /// Requests against what is left of allocatable.
    NodeResourcesFit,
    /// In-tree disks, and claims of access mode `ReadWriteOncePod`.
    VolumeRestrictions,
    /// CSI attach limits.
    NodeVolumeLimits,
    /// Bound and unbound claims.
    VolumeBinding,
    /// Zone and region labels of volumes.
    VolumeZone,
    /// Hard topology spread constraints.
    PodTopologySpread,
    /// Required pod affinity and anti-affinity, in both directions.
    InterPodAffinity,
    /// Resource claims (DRA).
    DynamicResources,
    /// Features a node declares.
    NodeDeclaredFeatures,
}

impl Plugin {
    /// The name upstream gives the plugin.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SchedulingGates => "SchedulingGates",
            Self::NodeUnschedulable => "NodeUnschedulable",
            Self::NodeName => "NodeName",
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::NodePorts => "NodePorts",
            Self::NodeResourcesFit => "NodeResourcesFit",
            Self::VolumeRestrictions => "VolumeRestrictions",
            Self::NodeVolumeLimits => "NodeVolumeLimits",
            Self::VolumeBinding => "VolumeBinding",
            Self::VolumeZone => "VolumeZone",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
            Self::DynamicResources => "DynamicResources",
            Self::NodeDeclaredFeatures => "NodeDeclaredFeatures",
        }
    }
}

/// How a node, or the whole cycle, stands towards a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The pod could run there.
    Success,
    /// Not as things are; evicting pods could help.
    Unschedulable,
    /// Not, and evicting pods would not help.
    UnschedulableAndUnresolvable,
    /// kube-scheduler would fail on this and try again later.
    Error,
    /// The case is not modelled here; the reason says what is missing.
    Unknown,
}

impl Code {
    /// The name upstream gives the code; `Unknown` is ours.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Unschedulable => "Unschedulable",
            Self::UnschedulableAndUnresolvable => "UnschedulableAndUnresolvable",
            Self::Error => "Error",
            Self::Unknown => "Unknown",
        }
    }

    /// Whether the code is one of the two rejections.
    #[must_use]
    pub fn is_rejected(self) -> bool {
        matches!(
            self,
            Self::Unschedulable | Self::UnschedulableAndUnresolvable
        )
    }
}

/// One verdict, with upstream's reasons verbatim.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Status {
    /// How it stands.
    pub code: Code,
    /// Who decided; `None` for a success, and for nodes that a pre-filter left out of the cycle.
    pub plugin: Option<Plugin>,
    /// Upstream's words. Scalar resources are in the order of their names, which upstream leaves
    /// to chance.
    pub reasons: Vec<String>,
}

impl Status {
    /// The pod fits.
    #[must_use]
    pub const fn success() -> Self {
        Self {
            code: Code::Success,
            plugin: None,
            reasons: Vec::new(),
        }
    }

    pub(crate) fn new(code: Code, plugin: Plugin, reason: impl Into<String>) -> Self {
        Self {
            code,
            plugin: Some(plugin),
            reasons: vec![reason.into()],
        }
    }

    pub(crate) fn unresolvable(plugin: Plugin, reason: impl Into<String>) -> Self {
        Self::new(Code::UnschedulableAndUnresolvable, plugin, reason)
    }

    pub(crate) fn error(plugin: Plugin, reason: impl Into<String>) -> Self {
        Self::new(Code::Error, plugin, reason)
    }

    pub(crate) fn unknown(plugin: Plugin, why: impl Into<String>) -> Self {
        Self::new(Code::Unknown, plugin, why)
    }

    /// Whether the pod fits.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.code == Code::Success
    }
}

/// The outcome of one cycle: the pre-filters' status, and a status for each node.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// What the pre-filters say. When they reject, every node has this very status.
    pub prefilter: Status,
    /// Distinct statuses; `nodes` points into it.
    pub(crate) table: Vec<Status>,
    /// In the order in which the nodes were added.
    pub(crate) nodes: Vec<(NodeId, u32)>,
    /// What was found of the node the pod is nominated to, before all others were looked at: it
    /// shows in the message when the pre-filters left nodes out.
    pub(crate) nominated: Option<(NodeId, Status)>,
}

impl Verdicts {
    /// Every node with its status, in the order in which the nodes were added.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Status)> {
        self.nodes
            .iter()
            .filter_map(|&(id, at)| Some((id, self.table.get(at as usize)?)))
    }

    /// The status of one node.
    #[must_use]
    pub fn get(&self, node: NodeId) -> Option<&Status> {
        let at = self.nodes.binary_search_by_key(&node, |&(id, _)| id).ok()?;
        self.table.get(self.nodes.get(at)?.1 as usize)
    }

    /// The nodes on which the pod could run.
    pub fn feasible(&self) -> impl Iterator<Item = NodeId> {
        self.iter()
            .filter(|(_, status)| status.is_success())
            .map(|(id, _)| id)
    }

    /// Each distinct status and how many nodes have it, most nodes first.
    #[must_use]
    pub fn histogram(&self) -> Vec<(&Status, usize)> {
        let mut counts = vec![0_usize; self.table.len()];
        for &(_, at) in &self.nodes {
            if let Some(count) = counts.get_mut(at as usize) {
                *count += 1;
            }
        }
        let mut all: Vec<_> = self
            .table
            .iter()
            .zip(counts)
            .filter(|&(_, count)| count > 0)
            .collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.reasons.cmp(&b.0.reasons)));
        all
    }

    /// The message kube-scheduler writes on the pod when no node fits; `None` when one does.
    /// An error ends the cycle, so its text is the message then (of the first such node here;
    /// upstream's choice between several is a race). What is unknown here is counted like a
    /// reason. Preemption's own sentence is not part of it.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        if self.nodes.is_empty() {
            return Some("no nodes available to schedule pods".to_owned());
        }
        if self.prefilter.code == Code::Error {
            return Some(self.prefilter.reasons.join(", "));
        }
        if self.prefilter.plugin == Some(Plugin::SchedulingGates) {
            return Some(self.prefilter.reasons.join(", "));
        }
        let head = format!("0/{} nodes are available:", self.nodes.len());
        if !self.prefilter.is_success() {
            return Some(format!("{head} {}.", self.prefilter.reasons.join(", ")));
        }
        let error = self.iter().find(|(_, status)| status.code == Code::Error);
        if let Some((_, status)) = error {
            return Some(status.reasons.join(", "));
        }
        if self.feasible().next().is_some() {
            return None;
        }
        let left_out = self.left_out_reason();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, mut status) in self.iter() {
            if let Some((node, found)) = &self.nominated
                && *node == id
            {
                status = found;
            }
            if status.plugin.is_none() {
                *counts.entry(&left_out).or_default() += 1;
                continue;
            }
            for reason in &status.reasons {
                *counts.entry(reason).or_default() += 1;
            }
        }
        let mut parts: Vec<String> = counts
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        // Upstream sorts the finished text, so "10 …" comes before "2 …".
        parts.sort_unstable();
        if parts.is_empty() {
            return Some(head);
        }
        Some(format!("{head} {}.", parts.join(", ")))
    }

    /// The reason of nodes that were left out. Upstream's names of plugins are a set that what was
    /// found of the nominated node goes into as well.
    fn left_out_reason(&self) -> String {
        let found = self
            .nominated
            .as_ref()
            .and_then(|(_, status)| status.plugin);
        let mut names = vec![Plugin::NodeAffinity.name()];
        names.extend(found.map(Plugin::name));
        names.sort_unstable();
        names.dedup();
        format!("node(s) didn't satisfy plugin(s) [{}]", names.join(" "))
    }
}
