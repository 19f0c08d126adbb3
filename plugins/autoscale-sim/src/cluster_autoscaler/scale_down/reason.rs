//! Why a node does not go.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/simulator/cluster.go` (`UnremovableReason`).

use super::drainability::Blocker;

/// Why a node does not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// An annotation keeps it.
    ScaleDownDisabledAnnotation,
    /// It is not ready, and such nodes are not removed.
    ScaleDownUnreadyDisabled,
    /// It has not been unneeded for long enough.
    NotUnneededLongEnough,
    /// It is not ready, and has not been unneeded for long enough.
    NotUnreadyLongEnough,
    /// Its group has become as small as it may be.
    NodeGroupMinSizeReached,
    /// The cluster would have fewer cores or less memory than it must have.
    MinimalResourceLimitExceeded,
    /// It is going already.
    CurrentlyBeingDeleted,
    /// Too much of it is requested.
    NotUnderutilized,
    /// It could not go a short time ago.
    RecentlyUnremovable,
    /// Its pods would fit nowhere else.
    NoPlaceToMovePods,
    /// A pod keeps it.
    BlockedByPod(u32, Blocker),
    /// It waits for a pod to end.
    BlockedByOnCompletionPod,
    /// What it has for pods is not known.
    UnexpectedError,
}

impl Reason {
    /// The name upstream gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScaleDownDisabledAnnotation => "ScaleDownDisabledAnnotation",
            Self::ScaleDownUnreadyDisabled => "ScaleDownUnreadyDisabled",
            Self::NotUnneededLongEnough => "NotUnneededLongEnough",
            Self::NotUnreadyLongEnough => "NotUnreadyLongEnough",
            Self::NodeGroupMinSizeReached => "NodeGroupMinSizeReached",
            Self::MinimalResourceLimitExceeded => "MinimalResourceLimitExceeded",
            Self::CurrentlyBeingDeleted => "CurrentlyBeingDeleted",
            Self::NotUnderutilized => "NotUnderutilized",
            Self::RecentlyUnremovable => "RecentlyUnremovable",
            Self::NoPlaceToMovePods => "NoPlaceToMovePods",
            Self::BlockedByPod(..) => "BlockedByPod",
            Self::BlockedByOnCompletionPod => "BlockedByOnCompletionPod",
            Self::UnexpectedError => "UnexpectedError",
        }
    }
}
