//! Affinity and anti-affinity between pods, in both directions.

use serde_json::{Value, json};

use super::super::random::Random;
use super::cluster::Draft;
use super::spread::selector;
use super::{push, words};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub fn affinity(d: &mut Draft) {
    gather(d);
    for _ in 0..d.random.between(1, 2) {
        let term = term(&mut d.random);
        push(
            &mut d.pod,
            &["spec", "affinity", "podAffinity", REQUIRED],
            term,
        );
    }
    if d.random.chance(30) {
        // The first pod of a group that wants to be together.
        let labels = d.pod["metadata"]["labels"].clone();
        if labels["app"].is_string() {
            d.pod["spec"]["affinity"]["podAffinity"][REQUIRED][0]["labelSelector"] =
                json!({"matchLabels": {"app": labels["app"]}});
        }
    }
}

pub fn anti_affinity(d: &mut Draft) {
    gather(d);
    for _ in 0..d.random.between(1, 2) {
        let term = term(&mut d.random);
        push(
            &mut d.pod,
            &["spec", "affinity", "podAntiAffinity", REQUIRED],
            term,
        );
    }
}

pub fn symmetry(d: &mut Draft) {
    gather(d);
    for i in 0..d.pods.len() {
        if d.random.chance(35) {
            let mut pod = std::mem::take(&mut d.pods[i]);
            give_terms(d, &mut pod, true);
            d.pods[i] = pod;
        }
    }
}

pub fn preferred(d: &mut Draft) {
    gather(d);
    for i in 0..d.pods.len() {
        if d.random.chance(25) {
            let mut pod = std::mem::take(&mut d.pods[i]);
            prefer(&mut d.random, &mut pod);
            d.pods[i] = pod;
        }
    }
    let mut pod = std::mem::take(&mut d.pod);
    prefer(&mut d.random, &mut pod);
    d.pod = pod;
}

/// Gives a pod required terms, anti-affinity above all.
pub fn give_terms(d: &mut Draft, pod: &mut Value, anti: bool) {
    let kind = if anti && d.random.chance(80) {
        "podAntiAffinity"
    } else {
        "podAffinity"
    };
    for _ in 0..d.random.between(1, 2) {
        let term = term(&mut d.random);
        push(pod, &["spec", "affinity", kind, REQUIRED], term);
    }
}

fn prefer(r: &mut Random, pod: &mut Value) {
    for _ in 0..r.between(1, 2) {
        let kind = r.pick(&["podAffinity", "podAntiAffinity"]);
        let term = term(r);
        let weight = r.between(1, 100);
        push(
            pod,
            &["spec", "affinity", kind, PREFERRED],
            json!({"weight": weight, "podAffinityTerm": term}),
        );
    }
}

/// Most affinity is between pods of one namespace.
fn gather(d: &mut Draft) {
    let namespace = d.namespace();
    for i in 0..d.pods.len() {
        if d.random.chance(40) {
            d.pods[i]["metadata"]["namespace"] = json!(namespace);
        }
    }
}

fn term(r: &mut Random) -> Value {
    let mut t = json!({"topologyKey": r.pick(words::TOPOLOGIES)});
    if r.chance(95) {
        t["labelSelector"] = selector(r);
    }
    if r.chance(25) {
        t["namespaces"] = json!(r.some(words::NAMESPACES, 1, 2));
    }
    match r.below(10) {
        0 => t["namespaceSelector"] = json!({}),
        1 => t["namespaceSelector"] = json!({"matchLabels": {"team": r.pick(words::TEAMS)}}),
        2 => {
            t["namespaceSelector"] = json!({"matchExpressions": [{"key": "team",
            "operator": r.pick(&["Exists", "DoesNotExist"])}]});
        }
        _ => {}
    }
    // An API server merges these into the selector; the scheduler reads the selector only.
    match r.below(25) {
        0..=2 => {
            t["matchLabelKeys"] = json!(["pod-template-hash"]);
            push(
                &mut t,
                &["labelSelector", "matchExpressions"],
                json!({"key": "pod-template-hash", "operator": "In", "values": [r.pick(words::HASHES)]}),
            );
        }
        3..=5 => {
            t["mismatchLabelKeys"] = json!(["tier"]);
            push(
                &mut t,
                &["labelSelector", "matchExpressions"],
                json!({"key": "tier", "operator": "NotIn", "values": [r.pick(words::TIERS)]}),
            );
        }
        6 => t["matchLabelKeys"] = json!(["pod-template-hash"]),
        _ => {}
    }
    t
}
