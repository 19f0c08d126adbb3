//! Bound claims must be usable on the node; unbound ones must find a volume, or a place to make one.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/volumebinding/volume_binding.go`
//! and `binder.go`, kubernetes/component-helpers `storage/volume/pv_helpers.go`.

use crate::cycle::{Cycle, Fail};
use crate::filters::node_volume_limits::not_owner;
use crate::intern::Sym;
use crate::needs::{NodeFace, NodeTerm};
use crate::quantity::Quantity;
use crate::state::State;
use crate::storage::{Pv, Pvc};
use crate::verdict::{Code, Plugin, Status};

pub(crate) const REASON_BIND: &str = "node(s) didn't find available persistent volumes to bind";
pub(crate) const REASON_NODE: &str = "node(s) didn't match PersistentVolume's node affinity";
pub(crate) const REASON_SPACE: &str = "node(s) did not have enough free storage";
pub(crate) const REASON_NO_VOLUME: &str =
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
const REASON_IMMEDIATE: &str = "pod has unbound immediate PersistentVolumeClaims";

type Key = (Sym, Sym);

/// The pod's claims, as far as they are bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    bound: Vec<Key>,
    unbound: Vec<Key>,
}

fn is_bound(state: &State, claim: &Pvc) -> bool {
    claim.volume != state.words.empty && claim.bind_completed
}

pub(crate) fn pre_filter(state: &State, class: u32) -> Result<Option<Claims>, Status> {
    let own = &state.classes[class as usize];
    let Some(volumes) = own
        .volumes
        .as_ref()
        .filter(|volumes| !volumes.claims.is_empty())
    else {
        return Ok(None);
    };
    let reject = |reason: String| Err(Status::unresolvable(Plugin::VolumeBinding, reason));
    for used in &volumes.claims {
        let name = state.texts.text(used.claim);
        let Some(claim) = state.storage.claims.get(&(own.namespace, used.claim)) else {
            return reject(if used.ephemeral {
                format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
                )
            } else {
                format!("persistentvolumeclaim \"{name}\" not found")
            });
        };
        if claim.lost {
            let volume = state.texts.text(claim.volume);
            return reject(format!(
                "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
            ));
        }
        if claim.deleting {
            return reject(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        if let (true, Some((pod, uid))) = (used.ephemeral, volumes.owner)
            && claim.controller != Some(uid)
        {
            return reject(not_owner(state, own.namespace, used.claim, pod));
        }
    }
    let mut claims = Claims::default();
    let mut immediate = false;
    for used in &volumes.claims {
        let key = (own.namespace, used.claim);
        let Some(claim) = state.storage.claims.get(&key) else {
            continue;
        };
        if is_bound(state, claim) {
            claims.bound.push(key);
        } else if waits(state, claim)? && claim.volume == state.words.empty {
            claims.unbound.push(key);
        } else {
            immediate = true;
        }
    }
    if immediate {
        return reject(REASON_IMMEDIATE.to_owned());
    }
    Ok(Some(claims))
}

fn waits(state: &State, claim: &Pvc) -> Result<bool, Status> {
    match state
        .storage
        .classes
        .get(&claim.class)
        .map(|class| class.waits)
    {
        None => Ok(false),
        Some(Some(waits)) => Ok(waits),
        Some(None) => {
            let name = state.texts.text(claim.class);
            let reason = format!(
                "running PreFilter plugin \"VolumeBinding\": VolumeBindingMode not set for StorageClass \"{name}\""
            );
            Err(Status::error(Plugin::VolumeBinding, reason))
        }
    }
}

/// What a node has.
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
struct Found {
    bound: bool,
    unbound: bool,
    space: bool,
    volumes: bool,
}

pub(crate) fn filter(state: &State, cycle: &Cycle, node: u32) -> Option<Fail> {
    let claims = cycle.binding.as_ref()?;
    let mut found = Found {
        bound: true,
        unbound: true,
        space: true,
        volumes: true,
    };
    let name = state.nodes[node as usize].name;
    let bound = check_bound(state, &claims.bound, node);
    let checked = bound.and_then(|(bound, volumes)| {
        (found.bound, found.volumes) = (bound, volumes);
        check_unbound(state, &claims.unbound, node, name, &mut found)
    });
    if let Err(error) = checked {
        let reason = format!("running \"VolumeBinding\" filter plugin: {error}");
        return Some(Fail::Other(Box::new(Status::error(
            Plugin::VolumeBinding,
            reason,
        ))));
    }
    let reasons: Vec<&'static str> = [
        (found.bound, REASON_NODE),
        (found.unbound, REASON_BIND),
        (found.space, REASON_SPACE),
        (found.volumes, REASON_NO_VOLUME),
    ]
    .into_iter()
    .filter(|(fine, _)| !fine)
    .map(|(_, reason)| reason)
    .collect();
    match reasons.as_slice() {
        [] => None,
        [one] => Some(Fail::unresolvable(Plugin::VolumeBinding, one)),
        more => Some(Fail::Other(Box::new(Status {
            code: Code::UnschedulableAndUnresolvable,
            plugin: Some(Plugin::VolumeBinding),
            reasons: more.iter().map(|&reason| reason.to_owned()).collect(),
        }))),
    }
}

/// A volume's node affinity sees a node's labels, not its name.
fn reaches(state: &State, terms: Option<&Vec<NodeTerm>>, node: u32) -> bool {
    let face = NodeFace {
        name: None,
        ..state.face(node)
    };
    terms.is_none_or(|terms| terms.iter().any(|term| term.matches(&face, &state.texts)))
}

/// Whether the volumes can be used here, and whether they exist.
fn check_bound(state: &State, claims: &[Key], node: u32) -> Result<(bool, bool), String> {
    let csi_node = state
        .storage
        .csi_nodes
        .get(&state.nodes[node as usize].name);
    for key in claims {
        let Some(claim) = state.storage.claims.get(key) else {
            continue;
        };
        let Some(volume) = state.storage.volumes.get(&claim.volume) else {
            return Ok((true, false));
        };
        let taken_over = volume.migrated.is_some_and(|(plugin, ..)| {
            csi_node.is_some_and(|own| own.migrated_plugins.contains(&plugin))
        });
        let terms = if taken_over {
            volume.translated.as_ref().map_err(Clone::clone)?
        } else {
            &volume.terms
        };
        if !reaches(state, terms.as_ref(), node) {
            return Ok((false, true));
        }
    }
    Ok((true, true))
}

fn check_unbound(
    state: &State,
    claims: &[Key],
    node: u32,
    name: Sym,
    found: &mut Found,
) -> Result<(), String> {
    let mut to_match = Vec::new();
    let mut to_provision = Vec::new();
    for claim in claims
        .iter()
        .filter_map(|key| state.storage.claims.get(key))
    {
        match claim.selected_node {
            Some(selected) if selected != name => {
                found.unbound = false;
                return Ok(());
            }
            Some(_) => to_provision.push(claim),
            None => to_match.push(claim),
        }
    }
    to_match.sort_by_key(|claim| claim.request.unwrap_or_default());
    let mut chosen = Vec::new();
    let mut matched_all = true;
    for claim in to_match {
        if let Some(volume) = find_volume(state, claim, node, &chosen)? {
            chosen.push(volume);
        } else {
            matched_all = false;
            to_provision.push(claim);
        }
    }
    found.unbound = matched_all;
    if !to_provision.is_empty() {
        (found.unbound, found.space) = check_provisions(state, &to_provision, node)?;
    }
    Ok(())
}

fn find_volume(
    state: &State,
    claim: &Pvc,
    node: u32,
    chosen: &[Sym],
) -> Result<Option<Sym>, String> {
    let selector = match &claim.selector {
        None => None,
        Some(Ok(selector)) => Some(selector),
        Some(Err(error)) => {
            return Err(format!(
                "error creating internal label selector for claim: {}/{}: {error}",
                state.texts.text(claim.namespace),
                state.texts.text(claim.name)
            ));
        }
    };
    let request = claim.request.unwrap_or_default();
    let empty = state.words.empty;
    let mut smallest: Option<(&Pv, Quantity)> = None;
    let names = state
        .storage
        .volumes_by_class
        .get(&claim.class)
        .into_iter()
        .flatten();
    for volume in names.filter_map(|name| state.storage.volumes.get(name)) {
        let bound_to_us = volume.claim.map(|(namespace, name, uid)| {
            namespace == claim.namespace && name == claim.name && (uid == empty || uid == claim.uid)
        });
        if chosen.contains(&volume.name)
            || bound_to_us == Some(false)
            || volume.capacity < request
            || volume.mode != claim.mode
            || volume.attributes_class != claim.attributes_class
            || volume.deleting
        {
            continue;
        }
        let reaches = reaches(state, volume.terms.as_ref(), node);
        if bound_to_us == Some(true) {
            return Ok(reaches.then_some(volume.name));
        }
        let fits = volume.available
            && selector.is_none_or(|selector| selector.matches(&volume.labels, &state.texts))
            && reaches
            && claim
                .access_modes
                .iter()
                .all(|mode| volume.access_modes.contains(mode));
        if fits && smallest.is_none_or(|(_, capacity)| capacity > volume.capacity) {
            smallest = Some((volume, volume.capacity));
        }
    }
    Ok(smallest.map(|(volume, _)| volume.name))
}

fn check_provisions(state: &State, claims: &[&Pvc], node: u32) -> Result<(bool, bool), String> {
    let face = state.face(node);
    for claim in claims {
        let text = |sym| state.texts.text(sym);
        if claim.class == state.words.empty {
            return Err(format!(
                "no class for claim \"{}/{}\"",
                text(claim.namespace),
                text(claim.name)
            ));
        }
        let Some(class) = state.storage.classes.get(&claim.class) else {
            return Err(format!(
                "failed to find storage class \"{}\"",
                text(claim.class)
            ));
        };
        if matches!(text(class.provisioner), "" | "kubernetes.io/no-provisioner") {
            return Ok((false, true));
        }
        let topologies = &class.topologies;
        let allowed = topologies.is_empty()
            || topologies.iter().flatten().any(|needs| {
                needs
                    .iter()
                    .all(|need| need.matches(face.label(need.key), &state.texts))
            });
        if !allowed {
            return Ok((false, true));
        }
        if !has_capacity(state, claim, class.provisioner, &face) {
            return Ok((true, false));
        }
    }
    Ok((true, true))
}

fn has_capacity(state: &State, claim: &Pvc, provisioner: Sym, face: &NodeFace<'_>) -> bool {
    let Some(request) = claim.request else {
        return true;
    };
    if state.storage.drivers.get(&provisioner) != Some(&true) {
        return true;
    }
    let size = request.value();
    state.storage.capacities.iter().any(|capacity| {
        let here = capacity.topology.as_ref().is_some_and(|selector| {
            !selector.nothing
                && selector
                    .requirements
                    .iter()
                    .all(|need| need.matches(face.label(need.key), &state.texts))
        });
        capacity.class == claim.class && capacity.limit.is_some_and(|limit| limit >= size) && here
    })
}

#[cfg(test)]
mod tests {
    use super::{REASON_BIND, REASON_IMMEDIATE, REASON_NODE, REASON_SPACE};
    use crate::testing::{merge, node, pod, table};
    use serde_json::{Value, json};

    fn nodes() -> Vec<Value> {
        ["n1", "n2"]
            .map(|name| node(name, json!({"host": name}), json!({})))
            .into()
    }

    fn class(name: &str, mode: &str, provisioner: &str, rest: Value) -> Value {
        let mut all = json!({"kind": "StorageClass", "metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode});
        merge(&mut all, rest);
        all
    }

    fn claim(rest: Value) -> Value {
        let mut all = json!({"kind": "PersistentVolumeClaim", "metadata": {"namespace": "default", "name": "c", "uid": "c"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}}});
        merge(&mut all, rest);
        all
    }

    fn volume(name: &str, rest: Value) -> Value {
        let mut all = json!({"kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "5Gi"}, "storageClassName": "wait",
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "host", "operator": "In", "values": ["n1"]}]}]}}},
            "status": {"phase": "Available"}});
        merge(&mut all, rest);
        all
    }

    fn new() -> Value {
        pod(
            json!({}),
            json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}),
        )
    }

    fn with(more: Vec<Value>) -> Vec<Value> {
        let mut all = nodes();
        all.push(class(
            "wait",
            "WaitForFirstConsumer",
            "kubernetes.io/no-provisioner",
            json!({}),
        ));
        all.push(class("make", "WaitForFirstConsumer", "d", json!({})));
        all.push(class(
            "here",
            "WaitForFirstConsumer",
            "d",
            json!({"allowedTopologies": [
            {"matchLabelExpressions": [{"key": "host", "values": ["n2"]}]}]}),
        ));
        all.push(class("now", "Immediate", "d", json!({})));
        all.extend(more);
        all
    }

    fn of_class(name: &str) -> Value {
        claim(json!({"spec": {"storageClassName": name}}))
    }

    #[test]
    fn bound_claims() {
        let bound = || {
            claim(
                json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "spec": {"volumeName": "v"}}),
            )
        };
        table(vec![
            (
                "where the volume can be used",
                with(vec![bound(), volume("v", json!({}))]),
                new(),
                vec!["", REASON_NODE],
            ),
            (
                "anywhere",
                with(vec![
                    bound(),
                    json!({"kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": {}}),
                ]),
                new(),
                vec!["", ""],
            ),
            (
                "lost",
                with(vec![claim(
                    json!({"spec": {"volumeName": "v"}, "status": {"phase": "Lost"}}),
                )]),
                new(),
                vec!["persistentvolumeclaim \"c\" bound to non-existent persistentvolume \"v\""; 2],
            ),
            (
                "being deleted",
                with(vec![claim(
                    json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
                )]),
                new(),
                vec!["persistentvolumeclaim \"c\" is being deleted"; 2],
            ),
        ]);
    }

    #[test]
    fn unbound_claims() {
        table(vec![
            (
                "immediate",
                with(vec![of_class("now")]),
                new(),
                vec![REASON_IMMEDIATE; 2],
            ),
            (
                "without a class",
                with(vec![claim(json!({}))]),
                new(),
                vec![REASON_IMMEDIATE; 2],
            ),
            (
                "a volume to bind",
                with(vec![of_class("wait"), volume("v", json!({}))]),
                new(),
                vec!["", REASON_BIND],
            ),
            (
                "no volume",
                with(vec![of_class("wait")]),
                new(),
                vec![REASON_BIND; 2],
            ),
            (
                "too small",
                with(vec![
                    of_class("wait"),
                    volume("v", json!({"spec": {"capacity": {"storage": "4Gi"}}})),
                ]),
                new(),
                vec![REASON_BIND; 2],
            ),
            (
                "another mode",
                with(vec![
                    of_class("wait"),
                    volume("v", json!({"spec": {"accessModes": ["ReadOnlyMany"]}})),
                ]),
                new(),
                vec![REASON_BIND; 2],
            ),
            (
                "a block device",
                with(vec![
                    of_class("wait"),
                    volume("v", json!({"spec": {"volumeMode": "Block"}})),
                ]),
                new(),
                vec![REASON_BIND; 2],
            ),
            (
                "in use",
                with(vec![
                    of_class("wait"),
                    volume("v", json!({"status": {"phase": "Bound"}})),
                ]),
                new(),
                vec![REASON_BIND; 2],
            ),
            (
                "reserved for this claim",
                with(vec![
                    of_class("wait"),
                    volume(
                        "v",
                        json!({"spec": {"claimRef": {"namespace": "default", "name": "c"}}, "status": {"phase": "Bound"}}),
                    ),
                ]),
                new(),
                vec!["", REASON_BIND],
            ),
            (
                "reserved for another",
                with(vec![
                    of_class("wait"),
                    volume(
                        "v",
                        json!({"spec": {"claimRef": {"namespace": "default", "name": "other"}}}),
                    ),
                ]),
                new(),
                vec![REASON_BIND; 2],
            ),
        ]);
    }

    #[test]
    fn claims_to_provision() {
        let selected = |node: &str| {
            claim(
                json!({"metadata": {"annotations": {"volume.kubernetes.io/selected-node": node}}, "spec": {"storageClassName": "make"}}),
            )
        };
        table(vec![
            (
                "to be made",
                with(vec![of_class("make")]),
                new(),
                vec!["", ""],
            ),
            (
                "to be made on some nodes",
                with(vec![of_class("here")]),
                new(),
                vec![REASON_BIND, ""],
            ),
            (
                "to be made on a chosen node",
                with(vec![selected("n2")]),
                new(),
                vec![REASON_BIND, ""],
            ),
        ]);
    }

    #[test]
    fn capacity() {
        let driver = json!({"kind": "CSIDriver", "metadata": {"name": "d"}, "spec": {"storageCapacity": true}});
        let capacity = |size: &str| {
            json!({"kind": "CSIStorageCapacity", "metadata": {"namespace": "kube-system", "name": "c"},
            "storageClassName": "make", "capacity": size, "nodeTopology": {"matchLabels": {"host": "n1"}}})
        };
        table(vec![
            (
                "enough on one node",
                with(vec![of_class("make"), driver.clone(), capacity("5Gi")]),
                new(),
                vec!["", REASON_SPACE],
            ),
            (
                "too little",
                with(vec![of_class("make"), driver, capacity("4Gi")]),
                new(),
                vec![REASON_SPACE; 2],
            ),
            (
                "not published",
                with(vec![of_class("make"), capacity("4Gi")]),
                new(),
                vec!["", ""],
            ),
        ]);
    }
}
