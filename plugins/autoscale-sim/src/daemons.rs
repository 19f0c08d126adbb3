//! Pods that a new node gets of its own: those of `DaemonSet`s.
//!
//! Follows kubernetes `pkg/controller/daemon/daemon_controller.go` (`NodeShouldRunDaemonPod`).

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Container, Node, NodeStatus, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use scheduler::State;

use crate::cluster_autoscaler::daemon_sets::pod_of;

/// The pods that `DaemonSet`s run on a node, not yet put there.
#[must_use]
pub fn pods_for(node: &Node, sets: &[DaemonSet]) -> Vec<Pod> {
    let mut place = State::new();
    place.add_node(&roomy(node));
    sets.iter()
        .filter_map(|set| {
            let pod = pod_for(set, node.metadata.name.as_deref().unwrap_or_default());
            let query = place.prepare(&bare(&pod));
            let runs = place.feasible(&query).next().is_some();
            runs.then_some(pod)
        })
        .collect()
}

/// The pod that a `DaemonSet` makes for a node.
fn pod_for(set: &DaemonSet, node: &str) -> Pod {
    let mut pod = pod_of(set);
    let set_name = set.metadata.name.clone().unwrap_or_default();
    let name = format!("{set_name}-{node}");
    pod.metadata.uid = Some(name.clone());
    pod.metadata.name = Some(name);
    pod.metadata.owner_references = Some(vec![OwnerReference {
        api_version: "apps/v1".to_owned(),
        kind: "DaemonSet".to_owned(),
        name: set_name,
        uid: set.metadata.uid.clone().unwrap_or_default(),
        controller: Some(true),
        ..OwnerReference::default()
    }]);
    pod
}

/// The node with room for everything: the controller does not ask whether a pod fits.
fn roomy(node: &Node) -> Node {
    Node {
        metadata: node.metadata.clone(),
        spec: node.spec.clone(),
        status: Some(NodeStatus {
            allocatable: Some([("pods".to_owned(), Quantity("1000000".to_owned()))].into()),
            ..NodeStatus::default()
        }),
    }
}

/// A pod with nothing but what the controller looks at: node name, node affinity and tolerations.
fn bare(pod: &Pod) -> Pod {
    let empty = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&empty);
    let mut affinity = spec.affinity.clone();
    if let Some(affinity) = &mut affinity {
        affinity.pod_affinity = None;
        affinity.pod_anti_affinity = None;
    }
    Pod {
        metadata: ObjectMeta {
            name: pod.metadata.name.clone(),
            ..ObjectMeta::default()
        },
        spec: Some(PodSpec {
            containers: vec![Container::default()],
            node_name: spec.node_name.clone(),
            node_selector: spec.node_selector.clone(),
            affinity,
            tolerations: spec.tolerations.clone(),
            ..PodSpec::default()
        }),
        status: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn set(name: &str, spec: &Value) -> DaemonSet {
        serde_json::from_value(json!({
            "metadata": {"name": name, "namespace": "d", "uid": name},
            "spec": {"selector": {}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}},
        }))
        .unwrap()
    }

    #[test]
    fn sets_run_where_the_controller_would_run_them() {
        let node: Node = serde_json::from_value(json!({
            "metadata": {"name": "n", "labels": {"disk": "ssd"}},
            "spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"},
                                {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}],
                     "unschedulable": true},
            "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "1"}},
        }))
        .unwrap();
        let gpu = json!([{"key": "gpu", "operator": "Exists"}]);
        let huge = json!([{"name": "c", "resources": {"requests": {"cpu": "99"}}}]);
        let sets = [
            set(
                "tolerates",
                &json!({"containers": huge, "tolerations": gpu}),
            ),
            set("does-not", &json!({"containers": []})),
            set(
                "elsewhere",
                &json!({"containers": [], "tolerations": gpu, "nodeSelector": {"disk": "hdd"}}),
            ),
            set(
                "here",
                &json!({"containers": [], "tolerations": gpu, "nodeSelector": {"disk": "ssd"}}),
            ),
        ];
        let pods = pods_for(&node, &sets);
        let names: Vec<_> = pods
            .iter()
            .map(|pod| pod.metadata.name.as_deref().unwrap())
            .collect();
        assert_eq!(names, ["tolerates-n", "here-n"]);
        assert_eq!(
            pods[0].metadata.labels.as_ref().unwrap()["app"],
            "tolerates"
        );
        assert_eq!(
            pods[0]
                .spec
                .as_ref()
                .unwrap()
                .tolerations
                .as_ref()
                .unwrap()
                .len(),
            7
        );
    }
}
