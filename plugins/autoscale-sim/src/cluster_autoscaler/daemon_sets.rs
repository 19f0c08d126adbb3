//! Pods that every new node of a group starts with.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/utils/daemonset/daemonset.go` and
//! kubernetes/kubernetes `pkg/controller/daemon/daemon_controller.go` (`NodeShouldRunDaemonPod`),
//! `pkg/controller/daemon/util/daemonset_util.go` (the tolerations).

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Pod, PodSpec, Toleration};

/// The pod that a `DaemonSet` would run on a new node.
pub fn pod_of(set: &DaemonSet) -> Pod {
    let template = set.spec.as_ref().map(|spec| &spec.template);
    let mut metadata = template
        .and_then(|template| template.metadata.clone())
        .unwrap_or_default();
    metadata.namespace.clone_from(&set.metadata.namespace);
    metadata.name.clone_from(&set.metadata.name);
    let mut spec = template
        .and_then(|template| template.spec.clone())
        .unwrap_or_default();
    add_tolerations(&mut spec);
    Pod {
        metadata,
        spec: Some(spec),
        status: None,
    }
}

fn add_tolerations(spec: &mut PodSpec) {
    let mut all = vec![
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ];
    if spec.host_network == Some(true) {
        all.push(("node.kubernetes.io/network-unavailable", "NoSchedule"));
    }
    let own = spec.tolerations.get_or_insert_default();
    for (key, effect) in all {
        own.push(Toleration {
            key: Some(key.to_owned()),
            operator: Some("Exists".to_owned()),
            effect: Some(effect.to_owned()),
            ..Toleration::default()
        });
    }
}

/// Whether the pod would make room for itself on any node: such pods count on a new node even if
/// they do not run on the node it is copied from.
pub fn preempts_as_node_critical(pod: &Pod) -> bool {
    pod.spec.as_ref().is_some_and(|spec| {
        spec.priority_class_name.as_deref() == Some("system-node-critical")
            && matches!(
                spec.preemption_policy.as_deref(),
                None | Some("PreemptLowerPriority")
            )
    })
}
