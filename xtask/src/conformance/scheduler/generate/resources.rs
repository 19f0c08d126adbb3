//! Requests of every shape against what nodes can give.

use serde_json::{Value, json};

use super::super::random::Random;
use super::cluster::Draft;
use super::{push, set, words};

pub fn requests(d: &mut Draft) {
    narrow(d, 80);
    let mut pod = std::mem::take(&mut d.pod);
    heavy(&mut d.random, &mut pod);
    d.pod = pod;
}

pub fn crowded(d: &mut Draft) {
    narrow(d, 90);
    for i in 0..d.pods.len() {
        if d.random.chance(60) {
            let mut pod = std::mem::take(&mut d.pods[i]);
            heavy(&mut d.random, &mut pod);
            d.pods[i] = pod;
        }
    }
    for i in 0..d.nodes.len() {
        let name = format!("n{i}");
        let count = d
            .pods
            .iter()
            .filter(|p| p["spec"]["nodeName"] == json!(name))
            .count();
        if d.random.chance(40) {
            let room = (count + d.random.below(3)).saturating_sub(1);
            d.nodes[i]["status"]["allocatable"]["pods"] = json!(room.to_string());
        }
    }
}

pub fn extended(d: &mut Draft) {
    for i in 0..d.nodes.len() {
        for name in d.random.some(words::EXTENDED, 0, 3) {
            d.nodes[i]["status"]["allocatable"][name] = json!(amount(&mut d.random, name));
        }
    }
    for i in 0..d.pods.len() {
        if d.random.chance(40) {
            let mut pod = std::mem::take(&mut d.pods[i]);
            take_extended(&mut d.random, &mut pod);
            d.pods[i] = pod;
        }
    }
    let mut pod = std::mem::take(&mut d.pod);
    take_extended(&mut d.random, &mut pod);
    d.pod = pod;
}

pub fn pod_level(d: &mut Draft) {
    narrow(d, 60);
    for i in 0..d.pods.len() {
        if d.random.chance(40) {
            let resources = bundle(&mut d.random, true);
            d.pods[i]["spec"]["resources"] = resources;
        }
    }
    let mut pod = std::mem::take(&mut d.pod);
    if d.random.chance(70) {
        heavy(&mut d.random, &mut pod);
    }
    pod["spec"]["resources"] = bundle(&mut d.random, true);
    d.pod = pod;
}

pub fn resizes(d: &mut Draft) {
    narrow(d, 90);
    for i in 0..d.pods.len() {
        if !d.random.chance(75) {
            continue;
        }
        let mut pod = std::mem::take(&mut d.pods[i]);
        if d.random.chance(60) {
            heavy(&mut d.random, &mut pod);
        }
        resize(&mut d.random, &mut pod);
        d.pods[i] = pod;
    }
    if d.random.chance(40) {
        let mut pod = std::mem::take(&mut d.pod);
        heavy(&mut d.random, &mut pod);
        if d.random.chance(25) {
            resize(&mut d.random, &mut pod);
        }
        d.pod = pod;
    }
}

/// Nodes whose pods ask for more of one resource than there is, and a pod that asks for the other.
pub fn overcommitted(d: &mut Draft) {
    for i in 0..d.nodes.len() {
        d.nodes[i]["status"]["allocatable"] = json!({"cpu": d.random.pick(&["1", "2", "4", "16"]),
            "memory": d.random.pick(&["1Gi", "4Gi", "16Gi"]), "pods": "110"});
    }
    let one = |r: &mut Random| {
        let mut requests = json!({});
        if r.chance(50) {
            requests["cpu"] = json!(r.pick(&["250m", "500m", "1", "3"]));
        }
        if r.chance(50) {
            requests["memory"] = json!(r.pick(&["128Mi", "512Mi", "2Gi", "3Gi"]));
        }
        json!({"requests": requests})
    };
    for i in 0..d.pods.len() {
        d.pods[i]["spec"]["containers"][0]["resources"] = one(&mut d.random);
    }
    d.pod["spec"]["containers"][0]["resources"] = if d.random.chance(50) {
        json!({"requests": {"cpu": "100m"}})
    } else {
        one(&mut d.random)
    };
}

fn resize(r: &mut Random, pod: &mut Value) {
    for (spec, status) in [
        ("containers", "containerStatuses"),
        ("initContainers", "initContainerStatuses"),
    ] {
        let names: Vec<Value> = pod["spec"][spec].as_array().map_or_else(Vec::new, |list| {
            list.iter().map(|c| c["name"].clone()).collect()
        });
        for name in names {
            if r.chance(10) {
                continue;
            }
            let mut entry = json!({"name": name, "image": "x", "imageID": "x", "ready": true, "restartCount": 0});
            if r.chance(80) {
                entry["resources"] = bundle(r, false);
            }
            if r.chance(80) {
                entry["allocatedResources"] =
                    json!({"cpu": r.pick(words::CPU), "memory": r.pick(words::MEMORY)});
            }
            push(pod, &["status", status], entry);
        }
    }
    match r.below(4) {
        0 => push(
            pod,
            &["status", "conditions"],
            json!({"type": "PodResizePending", "status": "True", "reason": r.pick(&["Infeasible", "Deferred"])}),
        ),
        1 => push(
            pod,
            &["status", "conditions"],
            json!({"type": "PodResizeInProgress", "status": "True"}),
        ),
        2 => set(
            pod,
            &["status", "resize"],
            json!(r.pick(&["Infeasible", "Deferred", "InProgress", "Proposed"])),
        ),
        _ => {}
    }
    if r.chance(30) {
        pod["spec"]["resources"] = bundle(r, true);
        pod["status"]["resources"] = bundle(r, true);
        if r.chance(60) {
            pod["status"]["allocatedResources"] =
                json!({"cpu": r.pick(words::CPU), "memory": r.pick(words::MEMORY)});
        }
    }
}

/// Gives nodes allocatable resources close to what pods ask for.
fn narrow(d: &mut Draft, percent: usize) {
    for i in 0..d.nodes.len() {
        if !d.random.chance(percent) {
            continue;
        }
        let allocatable = &mut d.nodes[i]["status"]["allocatable"];
        allocatable["cpu"] = json!(d.random.pick(words::CPU));
        allocatable["memory"] = json!(d.random.pick(words::MEMORY));
        if d.random.chance(50) {
            allocatable["ephemeral-storage"] = json!(d.random.pick(words::MEMORY));
        }
        if d.random.chance(15) {
            allocatable["pods"] = json!(d.random.pick(&["0", "1", "2", "3"]));
        }
        if d.random.chance(30) {
            d.nodes[i]["status"]["capacity"] =
                json!({"cpu": "64", "memory": "256Gi", "pods": "110"});
        }
    }
}

/// Containers, init containers, sidecars and overhead.
fn heavy(r: &mut Random, pod: &mut Value) {
    for i in 0..r.between(1, 2) {
        if i > 0 {
            push(
                pod,
                &["spec", "containers"],
                json!({"name": format!("more-{i}"), "image": "x"}),
            );
        }
        pod["spec"]["containers"][i]["resources"] = bundle(r, false);
    }
    let inits = [0, 0, 1, 2, 3][r.below(5)];
    for i in 0..inits {
        let mut init =
            json!({"name": format!("early-{i}"), "image": "x", "resources": bundle(r, false)});
        if r.chance(50) {
            init["restartPolicy"] = json!("Always");
        }
        push(pod, &["spec", "initContainers"], init);
    }
    if r.chance(25) {
        let mut overhead = json!({"cpu": r.pick(words::CPU)});
        if r.chance(60) {
            overhead["memory"] = json!(r.pick(words::MEMORY));
        }
        if r.chance(10) {
            overhead["example.com/foo"] = json!("1");
        }
        pod["spec"]["overhead"] = overhead;
    }
}

fn bundle(r: &mut Random, pod_level: bool) -> Value {
    let mut requests = json!({});
    if r.chance(80) {
        requests["cpu"] = json!(r.pick(words::CPU));
    }
    if r.chance(70) {
        requests["memory"] = json!(r.pick(words::MEMORY));
    }
    if !pod_level && r.chance(15) {
        requests["ephemeral-storage"] = json!(r.pick(words::MEMORY));
    }
    if r.chance(8) {
        requests["hugepages-2Mi"] = json!(amount(r, "hugepages-2Mi"));
    }
    let mut both = json!({"requests": requests});
    if r.chance(20) {
        both["limits"] = both["requests"].clone();
    }
    if r.chance(5) {
        both = json!({"limits": both["requests"]});
    }
    both
}

fn take_extended(r: &mut Random, pod: &mut Value) {
    let most = if r.chance(20) { 3 } else { 1 };
    for name in r.some(words::EXTENDED, 1, most) {
        let amount = amount(r, name);
        set(
            &mut pod["spec"]["containers"][0],
            &["resources", "requests", name],
            json!(amount),
        );
        set(
            &mut pod["spec"]["containers"][0],
            &["resources", "limits", name],
            json!(amount),
        );
    }
}

fn amount(r: &mut Random, name: &str) -> &'static str {
    if name.starts_with("hugepages") {
        return r.pick(&["0", "2Mi", "4Mi", "64Mi", "1Gi"]);
    }
    r.pick(words::COUNTS)
}
