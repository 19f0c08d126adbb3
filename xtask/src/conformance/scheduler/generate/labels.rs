//! What a pod asks of a node's name, labels and features.

use serde_json::{Value, json};

use super::super::random::Random;
use super::cluster::Draft;
use super::{push, set, words};

const REQUIRED: &[&str] = &[
    "spec",
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
];

pub fn node_name(d: &mut Draft) {
    let name = d.node_name();
    set(&mut d.pod, &["spec", "nodeName"], json!(name));
}

pub fn affinity(d: &mut Draft) {
    if d.random.chance(40) {
        for key in d.random.some(words::NODE_LABELS, 1, 2) {
            let value = value_of(&mut d.random, key);
            set(&mut d.pod, &["spec", "nodeSelector", key], json!(value));
        }
    }
    if d.random.chance(85) {
        for _ in 0..d.random.between(1, 3) {
            let term = term(d, 10);
            push(&mut d.pod, REQUIRED, term);
        }
    }
}

pub fn fields(d: &mut Draft) {
    for _ in 0..d.random.between(1, 3) {
        let term = term(d, 85);
        push(&mut d.pod, REQUIRED, term);
    }
}

pub fn preferred(d: &mut Draft) {
    for _ in 0..d.random.between(1, 3) {
        let preference = term(d, 5);
        let weight = d.random.between(1, 100);
        push(
            &mut d.pod,
            &[
                "spec",
                "affinity",
                "nodeAffinity",
                "preferredDuringSchedulingIgnoredDuringExecution",
            ],
            json!({"weight": weight, "preference": preference}),
        );
    }
}

fn term(d: &mut Draft, fields: usize) -> Value {
    let mut term = json!({});
    let with_fields = d.random.chance(fields);
    if with_fields {
        let two = usize::from(d.random.chance(15));
        for _ in 0..=two {
            let name = d.node_name();
            let operator = if d.random.chance(80) { "In" } else { "NotIn" };
            push(
                &mut term,
                &["matchFields"],
                json!({"key": "metadata.name", "operator": operator, "values": [name]}),
            );
        }
    }
    let most = if with_fields { 1 } else { 3 };
    let least = usize::from(!with_fields && !d.random.chance(5));
    for _ in 0..d.random.between(least, most) {
        let e = expression(&mut d.random);
        push(&mut term, &["matchExpressions"], e);
    }
    term
}

/// A requirement on a node's labels.
pub fn expression(r: &mut Random) -> Value {
    let key = r.pick(words::NODE_LABELS);
    let operator = r.pick(&["In", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]);
    match operator {
        "Exists" | "DoesNotExist" => json!({"key": key, "operator": operator}),
        "Gt" | "Lt" => {
            let key = if r.chance(90) { "gen" } else { key };
            json!({"key": key, "operator": operator, "values": [r.pick(words::NUMBERS)]})
        }
        _ => {
            let values: Vec<&str> = (0..r.between(1, 3)).map(|_| value_of(r, key)).collect();
            json!({"key": key, "operator": operator, "values": values})
        }
    }
}

/// A value that the label may have.
pub fn value_of(r: &mut Random, key: &str) -> &'static str {
    match key {
        words::ZONE => r.pick(words::ZONES),
        words::REGION => r.pick(words::REGIONS),
        words::HOSTNAME => r.pick(&["n0", "n1", "n2", "n3"]),
        "disk" => r.pick(words::DISKS),
        "rack" => r.pick(&["k1", "k2", "k3", ""]),
        _ => r.pick(words::NUMBERS),
    }
}

pub fn declared_features(d: &mut Draft) {
    for i in 0..d.nodes.len() {
        let features = d.random.some(
            &[
                "RestartAllContainersOnContainerExits",
                "UserNamespacesHostNetworkSupport",
                "ContainerRestartRules",
                "Other",
            ],
            0,
            3,
        );
        if !features.is_empty() {
            d.nodes[i]["status"]["declaredFeatures"] = json!(features);
        }
    }
    if d.random.chance(70) {
        let action = d
            .random
            .pick(&["RestartAllContainers", "RestartAllContainers", "Restart"]);
        let rule = json!([{"action": action, "exitCodes": {"operator": "In", "values": [42]}}]);
        if d.random.chance(70) {
            d.pod["spec"]["containers"][0]["restartPolicy"] = json!("Never");
            d.pod["spec"]["containers"][0]["restartPolicyRules"] = rule;
        } else {
            push(
                &mut d.pod,
                &["spec", "initContainers"],
                json!({"name": "early", "image": "x", "restartPolicy": "Never", "restartPolicyRules": rule}),
            );
        }
    }
    if d.random.chance(50) {
        d.pod["spec"]["hostNetwork"] = json!(d.random.chance(80));
        d.pod["spec"]["hostUsers"] = json!(d.random.chance(20));
    }
}
