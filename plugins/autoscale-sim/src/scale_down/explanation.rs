//! The autoscaler's words for why a node stays, in plain words and with the object that is to blame.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster_autoscaler::outcome::{Unremovable, Utilization};
use crate::cluster_autoscaler::{Cluster, NodeGroup, Options, scale_down};

/// Why a node goes, waits or stays.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// The autoscaler's word for it; absent where the node goes or waits for its turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The pod that keeps it, as `namespace/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking_pod: Option<String>,
    /// The autoscaler's word for why the pod keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking_reason: Option<String>,
    /// In plain words.
    pub explanation: String,
}

/// Puts words to reasons.
pub(super) struct Explained<'a> {
    cluster: &'a Cluster,
}

impl<'a> Explained<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Self { cluster }
    }

    fn options(&self) -> &Options {
        &self.cluster.options
    }

    /// A node that goes.
    pub(super) fn goes(evicted: &[String]) -> Why {
        let explanation = match evicted.len() {
            0 => "no pod has to move".to_owned(),
            1 => "its pod fits elsewhere".to_owned(),
            count => format!("its {count} pods fit elsewhere"),
        };
        said(None, explanation)
    }

    /// An unneeded node that is left out, for only so many go at once.
    pub(super) fn waits_for_turn(&self) -> Why {
        let options = self.options();
        said(
            None,
            format!(
                "unneeded, and its turn comes later: at most {} nodes go at once, {} of them with pods",
                options.max_scale_down_parallelism,
                options
                    .max_drain_parallelism
                    .min(options.max_scale_down_parallelism)
            ),
        )
    }

    /// An unneeded node in a loop that adds nodes.
    pub(super) fn waits_for_additions() -> Why {
        said(
            None,
            "unneeded now; nodes are added first, and it is looked at anew then".to_owned(),
        )
    }

    /// A node of which the loops say nothing.
    pub(super) fn not_a_candidate(&self, group: Option<&NodeGroup>, is_candidate: bool) -> Why {
        let Some(group) = group else {
            return said(
                Some("NotAutoscaled"),
                "no known node group has it".to_owned(),
            );
        };
        if !self.options().scale_down_enabled {
            return said(None, "--scale-down-enabled is false".to_owned());
        }
        if group.target <= group.min {
            return said(
                Some("NodeGroupMinSizeReached"),
                format!("group {} is at its minimum of {}", group.name, group.min),
            );
        }
        if is_candidate {
            return said(
                None,
                "not looked at in these loops: in each, only so many more nodes become unneeded"
                    .to_owned(),
            );
        }
        said(
            None,
            "not looked at: it has not started yet, or too many nodes are not ready".to_owned(),
        )
    }

    /// A node that the loops found unremovable.
    pub(super) fn unremovable(&self, own: &Unremovable, used: Option<&Utilization>) -> Why {
        let options = self.options();
        let explanation = match own.reason.as_str() {
            "ScaleDownDisabledAnnotation" => {
                "annotation cluster-autoscaler.kubernetes.io/scale-down-disabled=true".to_owned()
            }
            "ScaleDownUnreadyDisabled" => {
                "not ready, and --scale-down-unready-enabled is false".to_owned()
            }
            "NotUnneededLongEnough" => format!(
                "unneeded, but not for {} yet",
                console::human(options.scale_down_unneeded_time)
            ),
            "NotUnreadyLongEnough" => format!(
                "unneeded and not ready, but not for {} yet",
                console::human(options.scale_down_unready_time)
            ),
            "NodeGroupMinSizeReached" => "its group is at its minimum then".to_owned(),
            "MinimalResourceLimitExceeded" => {
                "the cluster would fall below --cores-total, --memory-total or --gpu-total"
                    .to_owned()
            }
            "CurrentlyBeingDeleted" => "its deletion has begun".to_owned(),
            "NotUnderutilized" => used.map_or_else(
                || "too much of it is requested".to_owned(),
                |used| self.not_underutilized(used),
            ),
            "RecentlyUnremovable" => format!(
                "it could not go a short time ago; it is looked at again after {}",
                console::human(options.unremovable_node_recheck_timeout)
            ),
            "NoPlaceToMovePods" => "its pods do not all fit on other nodes".to_owned(),
            "BlockedByOnCompletionPod" => {
                "it waits for a pod to end (annotation safe-to-evict=on-completion)".to_owned()
            }
            "UnexpectedError" => "it does not say what it has for pods".to_owned(),
            "BlockedByPod" => self.blocked(own),
            other => other.to_owned(),
        };
        Why {
            reason: Some(own.reason.clone()),
            blocking_pod: own.blocking_pod.clone(),
            blocking_reason: own.blocking_reason.clone(),
            explanation,
        }
    }

    fn not_underutilized(&self, used: &Utilization) -> String {
        let options = self.options();
        let threshold = if used.gpu.is_some() {
            options.scale_down_gpu_utilization_threshold
        } else {
            options.scale_down_utilization_threshold
        };
        format!(
            "{:.1}% of {} is requested, more than {:.0}%",
            used.utilization * 100.0,
            used.resource,
            threshold * 100.0
        )
    }

    fn blocked(&self, own: &Unremovable) -> String {
        let options = self.options();
        let pod = own.blocking_pod.as_deref().unwrap_or("a pod");
        let why = match own.blocking_reason.as_deref().unwrap_or_default() {
            "ControllerNotFound" => "its controller is gone".to_owned(),
            "MinReplicasReached" => format!(
                "its controller has fewer than {} replicas (--min-replica-count)",
                options.min_replica_count
            ),
            "NotReplicated" => "no controller would make it anew".to_owned(),
            "LocalStorageRequested" => {
                "it would lose its local storage (emptyDir or hostPath)".to_owned()
            }
            "NotSafeToEvictAnnotation" => {
                "annotation cluster-autoscaler.kubernetes.io/safe-to-evict=false".to_owned()
            }
            "UnmovableKubeSystemPod" => format!(
                "of kube-system, younger than {}, and no PodDisruptionBudget covers it",
                console::human(options.blocking_system_pod_distruption_timeout)
            ),
            "NotEnoughPdb" => self.budget(pod),
            other => other.to_owned(),
        };
        format!("pod {pod}: {why}")
    }

    /// The budget that is used up.
    fn budget(&self, pod: &str) -> String {
        let names = scale_down::budgets_over(self.cluster, pod);
        match names.first() {
            Some((name, 0)) => format!("PodDisruptionBudget {name} allows no disruption now"),
            Some((name, allowed)) => format!(
                "PodDisruptionBudget {name} allows {allowed} now, and nodes that go before take them"
            ),
            None => "its PodDisruptionBudget allows no disruption".to_owned(),
        }
    }
}

fn said(reason: Option<&str>, explanation: String) -> Why {
    Why {
        reason: reason.map(str::to_owned),
        explanation,
        ..Why::default()
    }
}
