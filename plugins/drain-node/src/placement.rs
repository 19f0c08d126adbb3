//! Where evicted pods would fit, asked of the scheduler one after the other.

use std::collections::BTreeMap;

use scheduler::{Code, State, Verdicts};

use crate::pod::Pod;

/// Where a pod's replacement would go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Placement {
    /// To this node.
    Node(String),
    /// Nowhere; in kube-scheduler's words.
    Nowhere(String),
    /// It can't be told; why.
    Unknown(String),
}

/// Takes the pods off their nodes in this order and puts a replacement where the scheduler would.
///
/// `goes` says whether a pod is replaced at all; one that is not just makes room. The nodes to be
/// drained must count as unschedulable in `state` already.
pub fn place(
    state: &mut State,
    pods: &[&Pod],
    is_replaced: impl Fn(&Pod) -> bool,
) -> BTreeMap<String, Placement> {
    let mut placements = BTreeMap::new();
    for pod in pods {
        let Some(id) = state.pod(&pod.namespace, &pod.name) else {
            continue;
        };
        let query = state.query_of(id);
        state.remove_pod(id);
        let Some(query) = query.filter(|_| is_replaced(pod)) else {
            continue;
        };
        let verdicts = state.filter(&query);
        let feasible: Vec<_> = verdicts.feasible().collect();
        let placement = if feasible.is_empty() {
            refused(&verdicts)
        } else {
            let best = state.score(&query, &feasible).best.first().copied();
            let node = best.or_else(|| feasible.first().copied());
            match node {
                Some(node) => {
                    state.assign(&query, node);
                    Placement::Node(state.node_name(node).unwrap_or_default().to_owned())
                }
                None => refused(&verdicts),
            }
        };
        placements.insert(pod.uid.clone(), placement);
    }
    placements
}

fn refused(verdicts: &Verdicts) -> Placement {
    let unknown = verdicts
        .iter()
        .map(|(_, status)| status)
        .find(|status| status.code == Code::Unknown);
    if let Some(status) = unknown {
        return Placement::Unknown(status.reasons.join(", "));
    }
    Placement::Nowhere(verdicts.message().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1 as core;
    use serde_json::{Value, json};

    use super::*;

    fn node(name: &str, cpu: &str, cordoned: bool) -> core::Node {
        serde_json::from_value(json!({
            "metadata": {"name": name}, "spec": {"unschedulable": cordoned},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}},
        }))
        .unwrap()
    }

    fn pod(name: &str, cpu: &str, more: &Value) -> core::Pod {
        let mut spec = json!({"nodeName": "a",
            "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]});
        spec.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        serde_json::from_value(json!({
            "metadata": {"namespace": "ns", "name": name, "uid": name}, "spec": spec,
            "status": {"phase": "Running"},
        }))
        .unwrap()
    }

    #[test]
    fn each_pod_leaves_less_room_for_the_next() {
        let mut state = State::new();
        for node in [node("a", "8", true), node("b", "2", false)] {
            state.add_node(&node);
        }
        let objects = [
            pod("one", "1500m", &json!({})),
            pod("two", "1500m", &json!({})),
            pod("three", "1", &json!({"nodeSelector": {"disk": "ssd"}})),
            pod("naked", "1", &json!({})),
        ];
        for object in &objects {
            state.add_pod(object);
        }
        let pods: Vec<Pod> = objects.iter().map(Pod::from).collect();
        let order: Vec<&Pod> = pods.iter().collect();
        let placements = place(&mut state, &order, |pod| pod.name != "naked");
        assert_eq!(placements["one"], Placement::Node("b".into()));
        assert_eq!(
            placements["two"],
            Placement::Nowhere(
                "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.".into()
            )
        );
        let Placement::Nowhere(reason) = &placements["three"] else {
            panic!("{placements:?}")
        };
        assert!(
            reason.contains("didn't match Pod's node affinity/selector"),
            "{reason}"
        );
        assert!(!placements.contains_key("naked"));
    }
}
