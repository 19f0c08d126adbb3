//! Clusters in which less important pods are in the way.

use serde_json::{Value, json};

use super::cluster::Draft;
use super::{push, set, words};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// A full cluster of less important pods, some of them under a disruption budget.
pub fn crowded(d: &mut Draft) {
    d.pod["spec"]["priority"] = json!(*[100, 100, 10, 0].get(d.random.below(4)).unwrap_or(&0));
    d.pod["spec"]["containers"][0]["resources"] =
        json!({"requests": {"cpu": d.random.pick(&["1", "2", "4"])}});
    match d.random.below(20) {
        0 => d.pod["spec"]["preemptionPolicy"] = json!("Never"),
        1 | 2 => d.pod["status"]["nominatedNodeName"] = json!(d.node_name()),
        _ => {}
    }
    for i in 0..d.nodes.len() {
        if d.random.chance(85) {
            d.nodes[i]["status"]["allocatable"] = json!({"cpu": d.random.pick(&["2", "3", "4", "6"]), "memory": "64Gi", "pods": d.random.pick(&["110", "3"])});
        }
        for n in 0..d.random.between(1, 4) {
            let mut pod = d.running(&format!("low-{i}-{n}"));
            pod["spec"]["nodeName"] = json!(format!("n{i}"));
            pod["spec"]["priority"] =
                json!(*[0, 0, 5, 10, 100, -10].get(d.random.below(6)).unwrap_or(&0));
            pod["spec"]["containers"][0]["resources"] =
                json!({"requests": {"cpu": d.random.pick(&["500m", "1", "1500m", "2"])}});
            d.pods.push(pod);
        }
    }
    let nominated = d.pod["status"]["nominatedNodeName"].clone();
    for i in 0..d.pods.len() {
        let is_waited_for = nominated.is_string() && d.pods[i]["spec"]["nodeName"] == nominated;
        if d.random.chance(if is_waited_for { 40 } else { 3 }) {
            d.pods[i]["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:10:00Z");
            let reason = if d.random.chance(75) {
                "PreemptionByScheduler"
            } else {
                "EvictionByEvictionAPI"
            };
            push(
                &mut d.pods[i],
                &["status", "conditions"],
                json!({"type": "DisruptionTarget", "status": "True", "reason": reason}),
            );
        }
    }
    for i in 0..d.pods.len() {
        if d.random.chance(10) {
            d.pods[i]["metadata"]["labels"] = json!({});
        }
    }
    for i in 0..d.random.between(0, 3) {
        let namespace = d.random.pick(words::NAMESPACES);
        let selector = if d.random.chance(15) {
            json!({"matchExpressions": [{"key": "nowhere", "operator": "DoesNotExist"}]})
        } else {
            super::spread::selector(&mut d.random)
        };
        budget(d, i, namespace, &selector);
    }
}

fn budget(d: &mut Draft, number: usize, namespace: &str, selector: &Value) {
    let mut budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": format!("budget-{number}"), "namespace": namespace},
        "spec": {"selector": selector}, "status": {"disruptionsAllowed": d.random.below(3)}});
    if d.random.chance(25) && !d.pods.is_empty() {
        for _ in 0..d.random.between(1, 2) {
            let pod = &d.pods[d.random.below(d.pods.len())]["metadata"]["name"];
            let name = pod.as_str().unwrap_or_default().to_owned();
            set(
                &mut budget,
                &["status", "disruptedPods", &name],
                json!("2026-01-01T00:00:00Z"),
            );
        }
    }
    d.others.push(budget);
}

/// Less important pods that are like the pod in question: what keeps it out goes with them.
pub fn rivals(d: &mut Draft) {
    let app = d.app();
    let namespace = d.namespace();
    d.pod["spec"]["priority"] = json!(100);
    let rule = d.random.below(6);
    let key = d
        .random
        .pick(&[words::ZONE, words::HOSTNAME, words::REGION]);
    let alike = json!({"matchLabels": {"app": app}});
    let term = json!({"topologyKey": key, "labelSelector": alike});
    match rule {
        0 => push(
            &mut d.pod,
            &["spec", "topologySpreadConstraints"],
            json!({"maxSkew": d.random.between(1, 2), "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": alike}),
        ),
        1 | 2 => push(
            &mut d.pod,
            &[
                "spec",
                "affinity",
                ["podAffinity", "podAntiAffinity"][rule - 1],
                REQUIRED,
            ],
            term.clone(),
        ),
        _ => {}
    }
    give_port(rule, &mut d.pod);
    let crowded = d.random.chance(50);
    if crowded {
        d.pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "2"}});
    }
    for i in 0..d.nodes.len() {
        if crowded {
            d.nodes[i]["status"]["allocatable"] =
                json!({"cpu": d.random.pick(&["2", "3"]), "memory": "64Gi", "pods": "110"});
        }
        for n in 0..d.random.between(0, 3) {
            let mut pod = d.running(&format!("rival-{i}-{n}"));
            pod["metadata"]["namespace"] = json!(namespace);
            pod["metadata"]["labels"]["app"] = json!(app);
            pod["spec"]["nodeName"] = json!(format!("n{i}"));
            pod["spec"]["priority"] = json!(([0, 0, 5, 10, 100, 1000][d.random.below(6)]));
            pod["spec"]["containers"][0]["resources"] =
                json!({"requests": {"cpu": d.random.pick(&["500m", "1"])}});
            if rule == 3 {
                push(
                    &mut pod,
                    &["spec", "affinity", "podAntiAffinity", REQUIRED],
                    term.clone(),
                );
            }
            give_port(rule, &mut pod);
            if d.random.chance(15) {
                pod["status"] = json!({"phase": "Pending", "nominatedNodeName": format!("n{i}")});
                if let Some(spec) = pod["spec"].as_object_mut() {
                    spec.remove("nodeName");
                }
            }
            d.pods.push(pod);
        }
    }
}

fn give_port(rule: usize, pod: &mut Value) {
    if rule > 3 {
        pod["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": 8080}]);
    }
}

/// Nodes on all of which evictions help, and of which one is only a little better than another.
pub fn choice(d: &mut Draft) {
    let namespace = d.namespace();
    d.pod["spec"]["priority"] = json!(1000);
    d.pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "2"}});
    d.pods.clear();
    let values = [
        [0, 0, 0],
        [10, 0, 0],
        [10, 10, 0],
        [10, i64::from(i32::MIN), i64::from(i32::MIN)],
    ];
    for i in 0..d.nodes.len() {
        d.nodes[i]["status"]["allocatable"] = json!({"cpu": "2", "memory": "64Gi", "pods": "110"});
        let values = values[d.random.below(values.len())];
        let parts: &[&str] = [&["2"][..], &["1", "1"], &["1", "500m", "500m"]][d.random.below(3)];
        for (n, (cpu, value)) in parts.iter().zip(values).enumerate() {
            let mut pod = d.running(&format!("small-{i}-{n}"));
            pod["metadata"]["namespace"] = json!(namespace);
            pod["spec"]["nodeName"] = json!(format!("n{i}"));
            pod["spec"]["priority"] = json!(value);
            pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": cpu}});
            d.pods.push(pod);
        }
    }
    for i in 0..d.random.between(0, 2) {
        let app = d.random.pick(words::APPS);
        budget(d, i, &namespace, &json!({"matchLabels": {"app": app}}));
    }
}
