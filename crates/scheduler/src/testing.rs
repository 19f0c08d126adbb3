//! Situations as plain objects, for the tables of the filters.

use serde_json::{Value, json};

use crate::{State, Status};

/// A state of these objects.
pub(crate) fn state(objects: &[Value]) -> State {
    let mut state = State::new();
    for object in objects {
        add(&mut state, object);
    }
    state
}

fn add(state: &mut State, object: &Value) {
    fn read<T: serde::de::DeserializeOwned>(object: &Value) -> T {
        serde_json::from_value(object.clone()).unwrap()
    }
    match object["kind"].as_str().unwrap() {
        "Node" => {
            state.add_node(&read(object));
        }
        "Pod" => {
            state.add_pod(&read(object));
        }
        "Namespace" => state.add_namespace(&read(object)),
        "PersistentVolume" => state.add_persistent_volume(&read(object)),
        "PersistentVolumeClaim" => state.add_persistent_volume_claim(&read(object)),
        "StorageClass" => state.add_storage_class(&read(object)),
        "CSINode" => state.add_csi_node(&read(object)),
        "CSIDriver" => state.add_csi_driver(&read(object)),
        "CSIStorageCapacity" => state.add_csi_storage_capacity(&read(object)),
        "VolumeAttachment" => state.add_volume_attachment(&read(object)),
        "ResourceSlice" => state.add_resource_slice(&read(object)),
        "ResourceClaim" => state.add_resource_claim(&read(object)),
        "DeviceClass" => state.add_device_class(&read(object)),
        "PodDisruptionBudget" => state.add_pod_disruption_budget(&read(object)),
        other => panic!("{other}"),
    }
}

/// A node that takes many pods.
pub(crate) fn node(name: &str, labels: Value, rest: Value) -> Value {
    let mut node = json!({
        "kind": "Node", "metadata": {"name": name, "labels": labels},
        "status": {"allocatable": {"pods": "110", "cpu": "10", "memory": "10Gi"}},
    });
    merge(&mut node, rest);
    node
}

/// A pod of the namespace `default` on a node.
pub(crate) fn on(node: &str, name: &str, labels: Value, spec: Value) -> Value {
    let mut pod = json!({
        "kind": "Pod",
        "metadata": {"namespace": "default", "name": name, "uid": name, "labels": labels},
        "spec": {"nodeName": node},
    });
    merge(&mut pod["spec"], spec);
    pod
}

/// A pod of the namespace `default` that is to be placed.
pub(crate) fn pod(labels: Value, spec: Value) -> Value {
    json!({
        "metadata": {"namespace": "default", "name": "new", "uid": "new", "labels": labels},
        "spec": spec,
    })
}

pub(crate) fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// The status of each node, by name, in the order of the nodes.
pub(crate) fn statuses(state: &mut State, pod: &Value) -> Vec<(String, Status)> {
    let mut pod = pod.clone();
    merge(&mut pod, json!({"spec": {}}));
    if pod["spec"]["containers"].is_null() {
        pod["spec"]["containers"] = json!([]);
    }
    let query = state.prepare(&serde_json::from_value(pod).unwrap());
    let verdicts = state.filter(&query);
    let feasible: Vec<_> = state.feasible(&query).collect();
    assert_eq!(feasible, verdicts.feasible().collect::<Vec<_>>());
    let all = verdicts.iter();
    all.map(|(id, status)| (state.node_name(id).unwrap().to_owned(), status.clone()))
        .collect()
}

/// What each node says: its reasons, joined; empty where the pod fits.
pub(crate) fn reasons(objects: &[Value], pod: &Value) -> Vec<String> {
    let all = statuses(&mut state(objects), pod);
    all.into_iter()
        .map(|(_, status)| status.reasons.join("; "))
        .collect()
}

/// One row of a table: what it is about, the objects, the pod, and the reason of each node.
pub(crate) type Row = (&'static str, Vec<Value>, Value, Vec<&'static str>);

/// Checks a table.
pub(crate) fn table(rows: Vec<Row>) {
    for (about, objects, pod, want) in rows {
        assert_eq!(reasons(&objects, &pod), want, "{about}");
    }
}
