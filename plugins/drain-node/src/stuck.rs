//! Why a pod that is being deleted is still there.

use console::short;
use jiff::{SignedDuration, Timestamp};

use crate::pod::Pod;

/// After its deadline a kubelet gets this long to confirm before one wonders about it.
const KUBELET_SLACK: SignedDuration = SignedDuration::from_secs(5);

/// What is known of the node's kubelet.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Kubelet {
    /// Not looked at.
    #[default]
    Unknown,
    /// The node is ready.
    Ready,
    /// The node is not ready since then, and why.
    NotReady(Option<Timestamp>, String),
    /// The node object is gone.
    NoNode,
}

/// The reasons in words, the weightiest first. `attached` are the volumes that are attached to the
/// node, as far as that is known.
pub fn reasons(pod: &Pod, kubelet: &Kubelet, attached: &[String], now: Timestamp) -> Vec<String> {
    let Some(deletion) = pod.deletion else {
        return Vec::new();
    };
    let mut reasons = Vec::new();
    match kubelet {
        Kubelet::NoNode => reasons.push(format!(
            "node {} does not exist any more: nobody confirms the pod's end",
            pod.node
        )),
        Kubelet::NotReady(since, why) => reasons.push(format!(
            "node {} is not ready{}: its kubelet does not confirm the pod's end{}",
            pod.node,
            since.map_or(String::new(), |since| format!(
                " for {}",
                short(now.duration_since(since))
            )),
            if why.is_empty() {
                String::new()
            } else {
                format!(" ({why})")
            }
        )),
        Kubelet::Unknown | Kubelet::Ready => {}
    }
    let left = deletion.deadline.duration_since(now);
    if left > SignedDuration::ZERO {
        let hook = if pod.has_pre_stop {
            ", with a preStop hook"
        } else {
            ""
        };
        reasons.push(format!(
            "{} of its grace period of {}s left{hook}",
            short(left),
            deletion.grace_seconds
        ));
        return reasons;
    }
    if !pod.finalizers.is_empty() {
        reasons.push(format!(
            "{} {} not removed yet",
            if pod.finalizers.len() == 1 {
                "finalizer"
            } else {
                "finalizers"
            },
            pod.finalizers.join(", ")
        ));
    } else if left.abs() > KUBELET_SLACK && reasons.is_empty() {
        reasons.push(format!(
            "its grace period is over for {}, and the kubelet has not confirmed its end{}",
            short(left.abs()),
            if pod.has_attachments {
                " (volumes may not unmount)"
            } else {
                ""
            }
        ));
    }
    if !pod.claims.is_empty() && !attached.is_empty() {
        reasons.push(format!(
            "still attached to node {}: {}",
            pod.node,
            attached.join(", ")
        ));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::tests::pod;
    use crate::pod::Deletion;

    #[test]
    fn each_reason_is_named() {
        let now: Timestamp = "2026-01-01T00:10:00Z".parse().unwrap();
        let leaving = |left: i64, change: &dyn Fn(&mut Pod)| {
            let mut pod = pod("web-0", "web");
            pod.deletion = Some(Deletion {
                deadline: now + SignedDuration::from_secs(left),
                grace_seconds: 30,
            });
            change(&mut pod);
            pod
        };
        let hook = |pod: &mut Pod| pod.has_pre_stop = true;
        let finalizer = |pod: &mut Pod| pod.finalizers = vec!["a/b".into()];
        let volumes = |pod: &mut Pod| pod.has_attachments = true;
        let gone = Kubelet::NotReady(
            Some(now - SignedDuration::from_secs(40)),
            "NodeStatusUnknown".into(),
        );
        let ready = Kubelet::Ready;
        for (pod, kubelet, expected) in [
            (pod("web-0", "web"), &ready, vec![]),
            (
                leaving(12, &|_| ()),
                &ready,
                vec!["12.0s of its grace period of 30s left"],
            ),
            (
                leaving(12, &hook),
                &ready,
                vec!["12.0s of its grace period of 30s left, with a preStop hook"],
            ),
            (leaving(-2, &|_| ()), &ready, vec![]),
            (
                leaving(-20, &|_| ()),
                &ready,
                vec![
                    "its grace period is over for 20.0s, and the kubelet has not confirmed its end",
                ],
            ),
            (
                leaving(-20, &volumes),
                &ready,
                vec![
                    "its grace period is over for 20.0s, and the kubelet has not confirmed its end (volumes may not unmount)",
                ],
            ),
            (
                leaving(-1, &finalizer),
                &ready,
                vec!["finalizer a/b not removed yet"],
            ),
            (
                leaving(-20, &|_| ()),
                &gone,
                vec![
                    "node n1 is not ready for 40.0s: its kubelet does not confirm the pod's end (NodeStatusUnknown)",
                ],
            ),
            (
                leaving(-20, &finalizer),
                &Kubelet::NoNode,
                vec![
                    "node n1 does not exist any more: nobody confirms the pod's end",
                    "finalizer a/b not removed yet",
                ],
            ),
        ] {
            assert_eq!(reasons(&pod, kubelet, &[], now), expected);
        }
        let claim = |pod: &mut Pod| pod.claims = vec!["data".into()];
        let attached = ["pv-1".to_owned(), "pv-2".to_owned()];
        for (pod, expected) in [
            (
                leaving(-1, &claim),
                vec!["still attached to node n1: pv-1, pv-2"],
            ),
            (leaving(-1, &|_| ()), vec![]),
        ] {
            assert_eq!(reasons(&pod, &ready, &attached, now), expected);
        }
    }
}
