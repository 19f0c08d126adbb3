//! Makes cases up: small clusters from a small vocabulary, each about one to three filters, some
//! of them changed afterwards in one place, so that they just miss, or just hit.
//!
//! Everything that is built here an API server would accept, as far as its validation bears on
//! scheduling; what it fills in by default is sometimes left out.

mod cluster;
mod devices;
mod interpod;
mod labels;
mod mutate;
mod ports;
mod preemption;
mod resources;
mod spread;
mod taints;
mod volumes;
mod words;

use serde_json::{Value, json};

use super::case::Case;
use super::random::Random;
use cluster::Draft;
pub use words::NAMESPACES;

/// One idea that a case can be about.
type Theme = (&'static str, fn(&mut Draft));

const THEMES: &[Theme] = &[
    ("unschedulable nodes", taints::unschedulable),
    ("a node's name", labels::node_name),
    ("taints", taints::taints),
    ("soft taints", taints::soft),
    ("node affinity", labels::affinity),
    ("matchFields", labels::fields),
    ("preferred node affinity", labels::preferred),
    ("host ports", ports::ports),
    ("resources", resources::requests),
    ("crowded nodes", resources::crowded),
    ("extended resources", resources::extended),
    ("pod-level resources", resources::pod_level),
    ("resizes", resources::resizes),
    ("overcommitted nodes", resources::overcommitted),
    ("in-tree disks", volumes::disks),
    ("claims", volumes::claims),
    ("exclusive claims", volumes::exclusive),
    ("attach limits", volumes::limits),
    ("volume zones", volumes::zones),
    ("unbound claims", volumes::unbound),
    ("volumes that just suffice", volumes::tight),
    ("ephemeral volumes", volumes::ephemeral),
    ("provisioning", volumes::provisioning),
    ("topology spread", spread::spread),
    ("spread policies", spread::policies),
    ("soft spread", spread::soft),
    ("pod affinity", interpod::affinity),
    ("pod anti-affinity", interpod::anti_affinity),
    ("anti-affinity of others", interpod::symmetry),
    ("preferred pod affinity", interpod::preferred),
    ("nominated pods", cluster::nominate),
    ("scheduling gates", cluster::gates),
    ("declared features", labels::declared_features),
    ("devices", devices::devices),
    ("preemption", preemption::crowded),
    ("preemption of like pods", preemption::rivals),
    ("preemption's choice", preemption::choice),
];

/// Themes that are mostly about where a pod would be put.
const SCORED: &[&str] = &[
    "preferred node affinity",
    "soft taints",
    "overcommitted nodes",
    "soft spread",
    "preferred pod affinity",
];

/// The case of that number of that seed.
pub fn case(seed: u64, number: u64) -> Case {
    let mut draft = Draft::new(Random::of_case(seed, number));
    let first = THEMES[usize::try_from(number).unwrap_or(0) % THEMES.len()];
    let mut themes = vec![first];
    let more = [0, 0, 1, 1, 2][draft.random.below(5)];
    for _ in 0..more {
        let next = THEMES[draft.random.below(THEMES.len())];
        // Devices are judged apart: their unknowns would hide the rest.
        if !themes.contains(&next) && next.0 != "devices" {
            themes.push(next);
        }
    }
    for (_, theme) in &themes {
        theme(&mut draft);
    }
    draft.sprinkle();
    let mut about: Vec<&str> = themes.iter().map(|(name, _)| *name).collect();
    let is_scored = about.iter().any(|name| SCORED.contains(name));
    let scores = draft.random.chance(if is_scored { 90 } else { 25 });
    let preempts = about.iter().any(|name| name.starts_with("preemption"));
    let preempt = draft.random.chance(30) || preempts;
    if preempt {
        draft.start_pods();
    }
    let mut random = draft.random.clone();
    let (mut objects, mut pod) = draft.finish();
    if random.chance(40) {
        for _ in 0..random.between(1, 3) {
            mutate::once(&mut random, &mut objects, &mut pod);
        }
        about.push("changed in places");
    }
    Case {
        id: format!("s{seed}-{number}"),
        about: about.join(", "),
        objects,
        pod,
        scores,
        preempt,
        expect: None,
    }
}

/// Sets a value deep inside an object, making the maps on the way.
fn set(object: &mut Value, path: &[&str], value: Value) {
    let mut at = object;
    for key in path {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[*key];
    }
    *at = value;
}

/// Appends to a list deep inside an object, making it if needed.
fn push(object: &mut Value, path: &[&str], value: Value) {
    let mut at = object;
    for key in path {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[*key];
    }
    match at.as_array_mut() {
        Some(list) => list.push(value),
        None => *at = json!([value]),
    }
}
