//! Devices: classes, slices, claims (resource.k8s.io/v1).

use serde_json::{Value, json};

use super::cluster::Draft;
use super::{push, set, words};

const DRIVER: &str = "gpu.example.com";

pub fn devices(d: &mut Draft) {
    let condition = format!("device.driver == \"{DRIVER}\"");
    let mut class = json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu"}, "spec": {}});
    if d.random.chance(50) {
        class["spec"]["selectors"] = json!([{"cel": {"expression": condition}}]);
    }
    if d.random.chance(95) {
        d.others.push(class);
    }
    for i in 0..d.nodes.len() {
        if d.random.chance(70) {
            slice(d, i);
        }
    }
    if d.random.chance(10) {
        d.others.push(json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "all"},
            "spec": {"driver": DRIVER, "pool": {"name": "all", "generation": 1, "resourceSliceCount": 1},
                "allNodes": true, "devices": [{"name": "shared-0"}]}}));
    }
    let used = d.random.between(0, 3);
    for i in 0..used {
        taken(d, i);
    }
    wanted(d);
}

fn slice(d: &mut Draft, i: usize) {
    let r = &mut d.random;
    let devices: Vec<Value> = (0..r.between(1, 3))
        .map(|n| {
            let mut device = json!({"name": format!("dev-{n}")});
            if r.chance(40) {
                device["attributes"] = json!({"model": {"string": r.pick(&["a", "b"])}});
            }
            if r.chance(15) {
                device["taints"] =
                    json!([{"key": "bad", "effect": r.pick(&["NoSchedule", "NoExecute", "None"])}]);
            }
            device
        })
        .collect();
    let mut s = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": format!("slice-n{i}")},
        "spec": {"driver": DRIVER, "nodeName": format!("n{i}"),
            "pool": {"name": format!("n{i}"), "generation": 1, "resourceSliceCount": if r.chance(5) { 2 } else { 1 }},
            "devices": devices}});
    if r.chance(8) {
        s["spec"]["nodeSelector"] = json!({"nodeSelectorTerms": [{"matchExpressions": [{"key": words::ZONE,
            "operator": "In", "values": [r.pick(words::ZONES)]}]}]});
        if let Some(spec) = s["spec"].as_object_mut() {
            spec.remove("nodeName");
        }
    }
    d.others.push(s);
}

/// A claim that holds a device already.
fn taken(d: &mut Draft, i: usize) {
    let node = format!("n{}", d.random.below(d.nodes.len()));
    let mut claim = claim(d, &format!("taken-{i}"));
    claim["status"] = json!({"allocation": {
        "devices": {"results": [{"request": "one", "driver": DRIVER, "pool": node, "device": format!("dev-{}", d.random.below(2))}]},
        "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]}},
        "reservedFor": [{"resource": "pods", "name": format!("user-{i}"), "uid": format!("user-{i}")}]});
    d.others.push(claim);
}

fn wanted(d: &mut Draft) {
    for i in 0..d.random.between(1, 2) {
        let name = format!("dev-claim-{i}");
        match d.random.below(10) {
            0 => {}
            1 => {
                // Allocated, perhaps for this pod, perhaps for another.
                let node = format!("n{}", d.random.below(d.nodes.len()));
                let mut c = claim(d, &name);
                c["status"] = json!({"allocation": {"devices": {"results": [{"request": "one", "driver": DRIVER, "pool": node, "device": "dev-0"}]},
                    "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]}}});
                d.others.push(c);
            }
            _ => {
                let c = claim(d, &name);
                d.others.push(c);
            }
        }
        if d.random.chance(90) {
            push(
                &mut d.pod,
                &["spec", "resourceClaims"],
                json!({"name": format!("r{i}"), "resourceClaimName": name}),
            );
        } else {
            push(
                &mut d.pod,
                &["spec", "resourceClaims"],
                json!({"name": format!("r{i}"), "resourceClaimTemplateName": "t"}),
            );
            if d.random.chance(70) {
                set(&mut d.pod, &["metadata", "uid"], json!("uid-of-the-pod"));
            }
            if d.random.chance(70) {
                push(
                    &mut d.pod,
                    &["status", "resourceClaimStatuses"],
                    json!({"name": format!("r{i}"), "resourceClaimName": name}),
                );
            }
        }
        push(
            &mut d.pod["spec"]["containers"][0],
            &["resources", "claims"],
            json!({"name": format!("r{i}")}),
        );
    }
}

fn claim(d: &mut Draft, name: &str) -> Value {
    let namespace = d.namespace();
    let r = &mut d.random;
    let mut exact = json!({"deviceClassName": if r.chance(96) { "gpu" } else { "absent" },
        "allocationMode": "ExactCount", "count": ([1, 1, 1, 2, 3][r.below(5)])});
    if r.chance(15) {
        exact = json!({"deviceClassName": "gpu", "allocationMode": "All"});
    }
    if r.chance(20) {
        let expression = format!(
            "device.attributes[\"{DRIVER}\"].model == \"{}\"",
            r.pick(&["a", "b"])
        );
        exact["selectors"] = json!([{"cel": {"expression": expression}}]);
    }
    if r.chance(15) {
        exact["tolerations"] = json!([{"key": "bad", "operator": "Exists"}]);
    }
    if r.chance(5) {
        exact["adminAccess"] = json!(true);
    }
    let mut claim = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("uid-{name}")},
        "spec": {"devices": {"requests": [{"name": "one", "exactly": exact}]}}});
    if r.chance(20) {
        claim["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Pod", "name": "pod",
            "uid": "uid-of-the-pod", "controller": true}]);
    }
    if r.chance(4) {
        claim["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    }
    claim
}
