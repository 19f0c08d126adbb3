//! Topology spread constraints, with every policy.

use serde_json::{Value, json};

use super::super::random::Random;
use super::cluster::Draft;
use super::{push, words};

pub fn spread(d: &mut Draft) {
    for i in 0..d.pods.len() {
        if d.random.chance(60) {
            d.pods[i]["metadata"]["namespace"] = json!(d.namespace());
        }
    }
    if d.random.chance(25) {
        for i in 0..d.nodes.len() {
            if d.random.chance(25) {
                push(
                    &mut d.nodes[i],
                    &["spec", "taints"],
                    json!({"key": "dedicated", "effect": "NoSchedule"}),
                );
            }
        }
    }
    if d.random.chance(25) {
        let disk = d.random.pick(words::DISKS);
        d.pod["spec"]["nodeSelector"] = json!({"disk": disk});
    }
    let own = d.pod["metadata"]["labels"]["app"].clone();
    if own.is_string() {
        crowd(d, &own);
    }
    let most = if d.random.chance(60) { 1 } else { 3 };
    for _ in 0..d.random.between(1, most) {
        let mut constraint = constraint(&mut d.random);
        if own.is_string() && d.random.chance(70) {
            constraint["labelSelector"] = json!({"matchLabels": {"app": own}});
        }
        push(
            &mut d.pod,
            &["spec", "topologySpreadConstraints"],
            constraint,
        );
    }
}

/// Domains that only count, or only not, because of a policy: nodes of one zone that the pod may
/// not use, for their taints or their labels, while the pods are in the others.
pub fn policies(d: &mut Draft) {
    let closed = d.random.pick(words::ZONES);
    let by_taint = d.random.chance(55);
    let app = d.app();
    let namespace = d.namespace();
    for i in 0..d.nodes.len() {
        let zone = d.random.pick(words::ZONES);
        d.nodes[i]["metadata"]["labels"][words::ZONE] = json!(zone);
        d.nodes[i]["metadata"]["labels"]["disk"] =
            json!(if zone == closed { "hdd" } else { "ssd" });
        d.nodes[i]["status"]["allocatable"] =
            json!({"cpu": "64", "memory": "256Gi", "pods": "110"});
        if zone == closed {
            if by_taint {
                let effect = d.random.pick(words::EFFECTS);
                push(
                    &mut d.nodes[i],
                    &["spec", "taints"],
                    json!({"key": "dedicated", "effect": effect}),
                );
            }
            continue;
        }
        for n in 0..d.random.between(0, 2) {
            let mut pod = d.running(&format!("near-{i}-{n}"));
            pod["metadata"]["namespace"] = json!(namespace);
            pod["metadata"]["labels"]["app"] = json!(app);
            pod["spec"]["nodeName"] = json!(format!("n{i}"));
            d.pods.push(pod);
        }
    }
    if !by_taint {
        d.pod["spec"]["nodeSelector"] = json!({"disk": "ssd"});
    }
    let key = if d.random.chance(75) {
        words::ZONE
    } else {
        words::HOSTNAME
    };
    let mut constraint = json!({"maxSkew": d.random.between(1, 2), "topologyKey": key,
        "whenUnsatisfiable": if d.random.chance(85) { "DoNotSchedule" } else { "ScheduleAnyway" },
        "labelSelector": {"matchLabels": {"app": app}}});
    for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
        if d.random.chance(75) {
            constraint[policy] = json!(d.random.pick(&["Honor", "Ignore"]));
        }
    }
    push(
        &mut d.pod,
        &["spec", "topologySpreadConstraints"],
        constraint,
    );
}

/// Constraints that only score, on nodes that mostly fit.
pub fn soft(d: &mut Draft) {
    let app = d.app();
    let shared = d.random.chance(25);
    for i in 0..d.nodes.len() {
        let node = &mut d.nodes[i];
        node["status"]["allocatable"] = json!({"cpu": "64", "memory": "256Gi", "pods": "110"});
        if d.random.chance(60) {
            node["metadata"]["labels"][words::ZONE] = json!(d.random.pick(words::ZONES));
            node["metadata"]["labels"][words::REGION] = json!(d.random.pick(words::REGIONS));
        }
        if shared && d.random.chance(50) {
            node["metadata"]["labels"][words::HOSTNAME] = json!(d.random.pick(&["n0", "n1"]));
        }
        if d.random.chance(15) {
            let taint = json!({"key": "dedicated", "effect": "NoSchedule"});
            push(node, &["spec", "taints"], taint);
        }
    }
    if d.random.chance(25) {
        d.pod["spec"]["nodeSelector"] = json!({"disk": d.random.pick(words::DISKS)});
    }
    crowd(d, &json!(app));
    for _ in 0..d.random.between(1, 2) {
        let mut constraint = constraint(&mut d.random);
        constraint["whenUnsatisfiable"] = json!("ScheduleAnyway");
        constraint["maxSkew"] = json!(d.random.between(1, 5));
        if let Some(fields) = constraint.as_object_mut() {
            fields.remove("minDomains");
        }
        if shared {
            constraint["topologyKey"] = json!(words::HOSTNAME);
        }
        constraint["labelSelector"] = match d.random.below(10) {
            0 => json!({}),
            1 => selector(&mut d.random),
            _ => json!({"matchLabels": {"app": app}}),
        };
        push(
            &mut d.pod,
            &["spec", "topologySpreadConstraints"],
            constraint,
        );
    }
}

/// Pods like the one in question, more of them on some nodes than on others.
fn crowd(d: &mut Draft, app: &Value) {
    let namespace = d.namespace();
    let most = 2 * d.nodes.len();
    for _ in 0..d.random.between(0, most) {
        let mut pod = d.running(&format!("like-{}", d.pods.len()));
        pod["metadata"]["namespace"] = json!(namespace);
        pod["metadata"]["labels"]["app"] = app.clone();
        if d.random.chance(50) {
            let low = d.random.below(d.nodes.len().div_ceil(2));
            pod["spec"]["nodeName"] = json!(format!("n{low}"));
        }
        if let Some(main) = pod["spec"]["containers"][0].as_object_mut() {
            main.remove("resources");
        }
        d.pods.push(pod);
    }
}

fn constraint(r: &mut Random) -> Value {
    let hard = r.chance(80);
    let mut c = json!({"maxSkew": r.between(1, 3), "topologyKey": r.pick(words::TOPOLOGIES),
        "whenUnsatisfiable": if hard { "DoNotSchedule" } else { "ScheduleAnyway" }});
    if r.chance(92) {
        c["labelSelector"] = selector(r);
    }
    if hard && r.chance(30) {
        c["minDomains"] = json!(r.between(1, 4));
    }
    if r.chance(30) {
        c["matchLabelKeys"] = json!(r.some(&["pod-template-hash", "tier", "nowhere"], 1, 2));
    }
    if r.chance(40) {
        c["nodeAffinityPolicy"] = json!(r.pick(&["Honor", "Ignore"]));
    }
    if r.chance(40) {
        c["nodeTaintsPolicy"] = json!(r.pick(&["Honor", "Ignore"]));
    }
    c
}

/// A selector of pods.
pub fn selector(r: &mut Random) -> Value {
    if r.chance(6) {
        return json!({});
    }
    let mut s = json!({});
    if r.chance(75) {
        s["matchLabels"] = json!({"app": r.pick(words::APPS)});
    }
    if s == json!({}) || r.chance(25) {
        let key = r.pick(&["app", "tier", "pod-template-hash", "nowhere"]);
        let operator = r.pick(&["In", "NotIn", "Exists", "DoesNotExist"]);
        let mut e = json!({"key": key, "operator": operator});
        if operator == "In" || operator == "NotIn" {
            let values = match key {
                "app" => r.some(words::APPS, 1, 2),
                "tier" => r.some(words::TIERS, 1, 2),
                _ => r.some(words::HASHES, 1, 2),
            };
            e["values"] = json!(values);
        }
        push(&mut s, &["matchExpressions"], e);
    }
    s
}
