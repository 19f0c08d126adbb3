//! Changes a case in one place: what fitted just misses, what missed just fits.

use serde_json::{Value, json};

use super::super::random::Random;
use super::words;

/// Where a value sits in a document.
type Path = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// One change to one object, or to the pod.
pub fn once(r: &mut Random, objects: &mut Vec<Value>, pod: &mut Value) {
    if r.chance(8) && objects.len() > 2 {
        objects.swap_remove(r.below(objects.len()));
        return;
    }
    if r.chance(45) {
        change(r, pod);
    } else if !objects.is_empty() {
        let at = r.below(objects.len());
        change(r, &mut objects[at]);
    }
}

fn change(r: &mut Random, object: &mut Value) {
    let mut leaves = Vec::new();
    collect(object, &mut Vec::new(), &mut leaves);
    leaves.retain(|path| may_change(path));
    if leaves.is_empty() {
        return;
    }
    let path = leaves[r.below(leaves.len())].clone();
    let key = path.iter().rev().find_map(|s| match s {
        Step::Key(k) => Some(k.clone()),
        Step::Index(_) => None,
    });
    let Some(at) = find(object, &path) else {
        return;
    };
    let key = key.unwrap_or_default();
    let new = alternative(r, &key, &path, at);
    if let Some(new) = new {
        *at = new;
    }
}

fn collect(value: &Value, at: &mut Path, out: &mut Vec<Path>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                at.push(Step::Key(key.clone()));
                collect(inner, at, out);
                at.pop();
            }
        }
        Value::Array(list) => {
            for (i, inner) in list.iter().enumerate() {
                at.push(Step::Index(i));
                collect(inner, at, out);
                at.pop();
            }
        }
        _ => out.push(at.clone()),
    }
}

fn find<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |at, step| match step {
        Step::Key(key) => at.get_mut(key),
        Step::Index(i) => at.get_mut(i),
    })
}

/// Names, kinds and identities stay: without them an object is another one.
fn may_change(path: &[Step]) -> bool {
    let keys: Vec<&str> = path
        .iter()
        .filter_map(|s| match s {
            Step::Key(k) => Some(k.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    let fixed = [
        "kind",
        "apiVersion",
        "uid",
        "image",
        "imageID",
        "deletionTimestamp",
        "phase",
        "provisioner",
        "expression",
    ];
    match keys.as_slice() {
        []
        | ["metadata", "name"]
        | [
            "spec" | "status",
            "containers"
            | "initContainers"
            | "volumes"
            | "containerStatuses"
            | "initContainerStatuses",
            "name",
        ] => false,
        [.., last] => !fixed.contains(last),
    }
}

/// Another value that the API would take in the same place.
fn alternative(r: &mut Random, key: &str, path: &[Step], old: &Value) -> Option<Value> {
    let within = |name: &str| path.iter().any(|s| matches!(s, Step::Key(k) if k == name));
    Some(match key {
        "operator"
            if within("matchExpressions") || within("matchFields") || within("tolerations") =>
        {
            return None;
        }
        "effect" if within("taints") => json!(r.pick(words::EFFECTS)),
        "cpu" => json!(r.pick(words::CPU)),
        "memory" | "ephemeral-storage" => json!(r.pick(words::MEMORY)),
        "pods" => json!(r.pick(&["0", "1", "2", "3"])),
        "namespace" => json!(r.pick(words::NAMESPACES)),
        "app" => json!(r.pick(words::APPS)),
        "tier" => json!(r.pick(words::TIERS)),
        "topologyKey" => json!(r.pick(words::TOPOLOGIES)),
        "hostPort" if !within("initContainers") => json!(([80, 443, 8080][r.below(3)])),
        "hostIP" => json!(r.pick(&["0.0.0.0", "127.0.0.1", "10.0.0.1"])),
        "protocol" => json!(r.pick(&["TCP", "UDP", "SCTP"])),
        "maxSkew" | "minDomains" => json!(r.between(1, 4)),
        "nodeName" | "nominatedNodeName" if !within("spec") || !within("devices") => {
            json!(format!("n{}", r.below(6)))
        }
        "storage" | "capacity" => json!(r.pick(&["500Mi", "1Gi", "2Gi", "10Gi"])),
        "storageClassName" => json!(r.pick(&["wait", "now", "local", "narrow"])),
        "claimName" | "volumeName" | "driver" | "device" | "request" | "pool" => return None,
        words::ZONE => json!(r.pick(words::ZONES)),
        words::REGION => json!(r.pick(words::REGIONS)),
        "disk" => json!(r.pick(words::DISKS)),
        "gen" => json!(r.pick(words::NUMBERS)),
        "count" if within("allocatable") => json!(r.between(0, 4)),
        "priority" => json!(([-10, 0, 10, 1000][r.below(4)])),
        _ => match old {
            Value::Bool(b) if !within("controller") => json!(!b),
            _ => return None,
        },
    })
}
