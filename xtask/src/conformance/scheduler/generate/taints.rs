//! Taints, tolerations, and nodes that are closed.

use serde_json::{Value, json};

use super::cluster::Draft;
use super::{push, words};

pub fn unschedulable(d: &mut Draft) {
    for i in 0..d.nodes.len() {
        if d.random.chance(50) {
            d.nodes[i]["spec"]["unschedulable"] = json!(!d.random.chance(10));
            if d.random.chance(30) {
                push(
                    &mut d.nodes[i],
                    &["spec", "taints"],
                    json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}),
                );
            }
        }
    }
    for _ in 0..d.random.between(0, 2) {
        let mut t = toleration(d);
        if d.random.chance(80) {
            t["key"] = json!("node.kubernetes.io/unschedulable");
        }
        push(&mut d.pod, &["spec", "tolerations"], t);
    }
}

pub fn taints(d: &mut Draft) {
    for i in 0..d.nodes.len() {
        for _ in 0..d.random.between(0, 3) {
            let mut taint = json!({"key": d.random.pick(words::TAINT_KEYS), "effect": d.random.pick(words::EFFECTS)});
            if d.random.chance(70) {
                taint["value"] = json!(d.random.pick(words::TAINT_VALUES));
            }
            push(&mut d.nodes[i], &["spec", "taints"], taint);
        }
    }
    for _ in 0..d.random.between(0, 5) {
        let t = toleration(d);
        push(&mut d.pod, &["spec", "tolerations"], t);
    }
}

/// Taints that only score, and tolerations some of which are for another effect.
pub fn soft(d: &mut Draft) {
    for i in 0..d.nodes.len() {
        for _ in 0..d.random.between(0, 3) {
            let soft = d.random.chance(80);
            let key = if soft {
                d.random.pick(words::TAINT_KEYS)
            } else {
                "dedicated"
            };
            let effect = if soft {
                "PreferNoSchedule"
            } else {
                "NoSchedule"
            };
            push(
                &mut d.nodes[i],
                &["spec", "taints"],
                json!({"key": key, "effect": effect}),
            );
        }
    }
    let hard = json!({"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"});
    push(&mut d.pod, &["spec", "tolerations"], hard);
    for _ in 0..d.random.between(0, 3) {
        let mut t = json!({"key": d.random.pick(words::TAINT_KEYS), "operator": "Exists"});
        if d.random.chance(60) {
            t["effect"] = json!(d.random.pick(words::EFFECTS));
        }
        push(&mut d.pod, &["spec", "tolerations"], t);
    }
}

fn toleration(d: &mut Draft) -> Value {
    let r = &mut d.random;
    let operator = r.pick(&["Exists", "Equal", "Equal", "", "Lt", "Gt"]);
    let mut t = json!({});
    if !operator.is_empty() {
        t["operator"] = json!(operator);
    }
    if operator != "Exists" || r.chance(85) {
        t["key"] = json!(r.pick(words::TAINT_KEYS));
    }
    match operator {
        "Exists" => {}
        "Lt" | "Gt" => t["value"] = json!(r.pick(&["5", "7", "10"])),
        _ => t["value"] = json!(r.pick(words::TAINT_VALUES)),
    }
    if r.chance(60) {
        t["effect"] = json!(r.pick(words::EFFECTS));
    }
    if t["effect"] == "NoExecute" && r.chance(50) {
        t["tolerationSeconds"] = json!(300);
    }
    t
}
