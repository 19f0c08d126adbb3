//! Any objects, one JSON document a line; the last one is the pod that is asked about.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scheduler::State;
use serde_json::Value;

fn add(state: &mut State, object: &Value) -> Option<()> {
    macro_rules! read {
        ($add:ident) => {{
            let _ = state.$add(&serde_json::from_value(object.clone()).ok()?);
        }};
    }
    match object["kind"].as_str()? {
        "Node" => read!(add_node),
        "Pod" => read!(add_pod),
        "Namespace" => read!(add_namespace),
        "PersistentVolume" => read!(add_persistent_volume),
        "PersistentVolumeClaim" => read!(add_persistent_volume_claim),
        "StorageClass" => read!(add_storage_class),
        "CSINode" => read!(add_csi_node),
        "CSIDriver" => read!(add_csi_driver),
        "CSIStorageCapacity" => read!(add_csi_storage_capacity),
        "VolumeAttachment" => read!(add_volume_attachment),
        "ResourceSlice" => read!(add_resource_slice),
        "ResourceClaim" => read!(add_resource_claim),
        "DeviceClass" => read!(add_device_class),
        "PodDisruptionBudget" => read!(add_pod_disruption_budget),
        _ => {}
    }
    Some(())
}

fuzz_target!(|text: &str| {
    let objects: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let Some((pod, others)) = objects.split_last() else {
        return;
    };
    let Ok(pod) = serde_json::from_value(pod.clone()) else {
        return;
    };
    let mut state = State::new();
    for object in others {
        add(&mut state, object);
    }
    let query = state.prepare(&pod);
    let verdicts = state.filter(&query);
    let _ = (verdicts.message(), state.preempt(&query));
    let nodes: Vec<_> = verdicts.feasible().collect();
    let _ = state.score(&query, &nodes);
    let mark = state.mark();
    for node in state.nodes().collect::<Vec<_>>() {
        state.assign(&query, node);
        state.clone_node_as_template(node, 2, |at| format!("copy-{at}"));
        state.remove_node(node);
    }
    state.rollback(mark);
    assert_eq!(state.filter(&query).message(), verdicts.message());
});
