//! Which candidates are worth a simulation.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/core/scaledown/eligibility/eligibility.go`.

use crate::cluster_autoscaler::cluster::Cluster;

use super::facts::{Facts, NodeEntry};
use super::reason::Reason;
use super::utilization;

/// So long after its deletion began, a node counts as being deleted
/// (`cluster-autoscaler/core/scaledown/actuation/delete_in_batch.go`).
const DELETION_SECONDS: i64 = 5 * 60;

/// Why a candidate is out of the question.
pub(super) fn check(
    cluster: &Cluster,
    facts: &Facts,
    node: &NodeEntry,
    now: i64,
) -> Option<Reason> {
    let options = &cluster.options;
    if node
        .deleted_since
        .is_some_and(|since| now - since < DELETION_SECONDS)
    {
        return Some(Reason::CurrentlyBeingDeleted);
    }
    if node.is_kept {
        return Some(Reason::ScaleDownDisabledAnnotation);
    }
    let Some(used) = utilization::of(cluster, facts, node, now) else {
        return Some(Reason::UnexpectedError);
    };
    if !options.scale_down_unready_enabled && !node.is_ready {
        return Some(Reason::ScaleDownUnreadyDisabled);
    }
    let threshold = if node.gpu.is_some() {
        options.scale_down_gpu_utilization_threshold
    } else {
        options.scale_down_utilization_threshold
    };
    (used.utilization > threshold).then_some(Reason::NotUnderutilized)
}

#[cfg(test)]
mod tests {
    use super::super::facts::Facts;
    use super::super::testing::{cluster, node, pod};
    use super::{Reason, check};
    use crate::cluster_autoscaler::loop_state::LoopState;
    use serde_json::{Value, json};

    #[test]
    fn who_is_worth_a_simulation() {
        use Reason::{
            CurrentlyBeingDeleted, NotUnderutilized, ScaleDownDisabledAnnotation,
            ScaleDownUnreadyDisabled, UnexpectedError,
        };
        let going = |since: &str| json!({"spec": {"taints": [{"key": "ToBeDeletedByClusterAutoscaler", "value": since, "effect": "NoSchedule"}]}});
        let kept = |value: &str| json!({"metadata": {"annotations": {"cluster-autoscaler.kubernetes.io/scale-down-disabled": value}}});
        let unready =
            || json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}});
        let not_ready = || json!({"spec": {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}});
        let gpus = || json!({"status": {"allocatable": {"nvidia.com/gpu": "4"}}});
        let ready_only = [("scale-down-unready-enabled", "false")];
        let lower = [("scale-down-utilization-threshold", "0.3")];
        let for_gpus = [("scale-down-gpu-utilization-threshold", "-1")];
        let none: &[(&str, &str)] = &[];
        let cases: Vec<(&str, &[(&str, &str)], Value, i64, Option<Reason>)> = vec![
            ("just at the threshold", none, json!({}), 2000, None),
            ("above it", none, json!({}), 2001, Some(NotUnderutilized)),
            (
                "above another",
                &lower,
                json!({}),
                2000,
                Some(NotUnderutilized),
            ),
            (
                "going for four minutes",
                none,
                going("1767268561"),
                0,
                Some(CurrentlyBeingDeleted),
            ),
            ("going for too long", none, going("1767268500"), 0, None),
            (
                "kept",
                none,
                kept("true"),
                4000,
                Some(ScaleDownDisabledAnnotation),
            ),
            ("not kept", none, kept("false"), 0, None),
            ("unready", none, unready(), 0, None),
            (
                "unready ones stay",
                &ready_only,
                unready(),
                4000,
                Some(ScaleDownUnreadyDisabled),
            ),
            (
                "unready by taint",
                &ready_only,
                not_ready(),
                0,
                Some(ScaleDownUnreadyDisabled),
            ),
            (
                "no conditions",
                &ready_only,
                json!({"status": {"conditions": []}}),
                0,
                Some(ScaleDownUnreadyDisabled),
            ),
            (
                "GPUs have their own threshold",
                &for_gpus,
                gpus(),
                4000,
                Some(NotUnderutilized),
            ),
            (
                "full of CPU, but with unused GPUs",
                none,
                gpus(),
                4000,
                None,
            ),
            (
                "says nothing",
                none,
                json!({"status": {"allocatable": {"memory": "0"}}}),
                0,
                Some(UnexpectedError),
            ),
        ];
        for (about, flags, own, milli, want) in cases {
            let mut all = cluster(flags);
            node(&mut all, "n", own);
            pod(&mut all, "n", "p", milli, json!({}));
            let facts = Facts::new(&all, &LoopState::default());
            let found = check(&all, &facts, &facts.nodes[0], all.now_seconds());
            assert_eq!(found, want, "{about}");
        }
    }
}
