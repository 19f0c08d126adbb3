//! How many volumes a CSI driver can attach to a node.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/nodevolumelimits/csi.go`.

use std::collections::BTreeSet;

use crate::class::{Class, Volumes};
use crate::cycle::{Cycle, Fail, Overlay};
use crate::intern::Sym;
use crate::state::State;
use crate::storage::{Pvc, migrated_driver};
use crate::verdict::{Plugin, Status};

pub(crate) const REASON: &str = "node(s) exceed max volume count";

/// A volume that is, or will be, attached: by driver and handle, or by the claim it will be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Handle {
    Known(Sym),
    For(Sym, Sym),
}

type Attached = BTreeSet<(Sym, Handle)>;

/// Upstream's error about a claim of an ephemeral volume that another pod owns.
pub(crate) fn not_owner(state: &State, namespace: Sym, claim: Sym, owner: Sym) -> String {
    let text = |sym| state.texts.text(sym);
    let namespace = text(namespace);
    format!(
        "PVC {namespace}/{} was not created for pod {namespace}/{} (pod is not owner)",
        text(claim),
        text(owner)
    )
}

fn driver(state: &State, has_csi_node: bool, claim: &Pvc) -> Option<(Sym, Handle)> {
    let Some(volume) = state.storage.volumes.get(&claim.volume) else {
        return driver_of_class(state, has_csi_node, claim);
    };
    if let Some((driver, handle)) = volume.csi {
        return Some((driver, Handle::Known(handle)));
    }
    let (_, driver, handle) = volume.migrated.filter(|_| has_csi_node)?;
    Some((driver, Handle::Known(handle)))
}

fn driver_of_class(state: &State, has_csi_node: bool, claim: &Pvc) -> Option<(Sym, Handle)> {
    let class = state.storage.classes.get(&claim.class)?;
    let handle = Handle::For(claim.namespace, claim.name);
    let provisioner = state.texts.text(class.provisioner);
    match migrated_driver(provisioner) {
        Some(_) if !has_csi_node => None,
        Some(driver) => Some((state.texts.find(driver)?, handle)),
        None => Some((class.provisioner, handle)),
    }
}

fn collect(
    state: &State,
    class: &Class,
    volumes: &Volumes,
    has_csi_node: bool,
    is_new: bool,
    all: &mut Attached,
) -> Result<(), String> {
    let empty = state.words.empty;
    let mut insert = |driver: Sym, handle: Handle| {
        if driver != empty && handle != Handle::Known(empty) {
            all.insert((driver, handle));
        }
    };
    for used in &volumes.claims {
        let Some(claim) = state.storage.claims.get(&(class.namespace, used.claim)) else {
            if is_new {
                let name = state.texts.text(used.claim);
                return Err(format!("persistentvolumeclaim \"{name}\" not found"));
            }
            continue;
        };
        if let (true, Some((name, uid))) = (used.ephemeral, volumes.owner)
            && claim.controller != Some(uid)
        {
            return Err(not_owner(state, class.namespace, used.claim, name));
        }
        if let Some((driver, handle)) = driver(state, has_csi_node, claim) {
            insert(driver, handle);
        }
    }
    if has_csi_node {
        for &(driver, handle) in &volumes.inline {
            insert(driver, Handle::Known(handle));
        }
    }
    Ok(())
}

pub(crate) fn filter(
    state: &State,
    cycle: &Cycle,
    node: u32,
    overlay: Option<&Overlay>,
) -> Option<Fail> {
    let class = &state.classes[cycle.class as usize];
    let volumes = class.volumes.as_ref()?;
    let name = state.nodes[node as usize].name;
    let csi_node = state.storage.csi_nodes.get(&name);
    let has_csi_node = csi_node.is_some();
    let failed = |error: String| {
        let reason = format!("running \"NodeVolumeLimits\" filter plugin: {error}");
        Some(Fail::Other(Box::new(Status::error(
            Plugin::NodeVolumeLimits,
            reason,
        ))))
    };
    let mut new = Attached::default();
    if let Err(error) = collect(state, class, volumes, has_csi_node, true, &mut new) {
        return failed(error);
    }
    let limits = csi_node
        .map(|own| own.limits.as_slice())
        .unwrap_or_default();
    if new.is_empty() || limits.is_empty() {
        return None;
    }
    let mut attached = Attached::default();
    let plain = Overlay::default();
    for pod in overlay.unwrap_or(&plain).pods(state, node) {
        let other = state.class_of_pod(pod);
        if let Some(volumes) = &other.volumes
            && let Err(error) = collect(state, other, volumes, true, false, &mut attached)
        {
            return failed(error);
        }
    }
    new.retain(|volume| !attached.contains(volume));
    for &(_, driver, volume) in state.storage.attached.get(&name).into_iter().flatten() {
        let handle = state
            .storage
            .volumes
            .get(&volume)
            .and_then(|volume| volume.csi);
        if let Some((_, handle)) = handle {
            attached.insert((driver, Handle::Known(handle)));
        }
    }
    let count = |all: &Attached, driver: Sym| {
        i64::try_from(all.iter().filter(|(own, _)| *own == driver).count()).unwrap_or(i64::MAX)
    };
    let over = limits.iter().any(|&(driver, most)| {
        let more = count(&new, driver);
        more > 0 && count(&attached, driver) + more > most
    });
    over.then(|| Fail::unschedulable(Plugin::NodeVolumeLimits, REASON))
}

#[cfg(test)]
mod tests {
    use super::REASON;
    use crate::testing::{node, on, pod, table};
    use serde_json::{Value, json};

    fn objects(limit: Value) -> Vec<Value> {
        let mut all = vec![
            node("n", json!({}), json!({})),
            json!({"kind": "CSINode", "metadata": {"name": "n"}, "spec": {"drivers": [
                {"name": "d", "nodeID": "n", "allocatable": {"count": limit}}]}}),
            json!({"kind": "StorageClass", "metadata": {"name": "late"}, "provisioner": "d", "volumeBindingMode": "WaitForFirstConsumer"}),
        ];
        for at in 0..4 {
            all.push(json!({"kind": "PersistentVolumeClaim",
                "metadata": {"namespace": "default", "name": format!("c{at}"), "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
                "spec": {"volumeName": format!("v{at}")}}));
            all.push(
                json!({"kind": "PersistentVolume", "metadata": {"name": format!("v{at}")},
                "spec": {"csi": {"driver": "d", "volumeHandle": format!("h{at}")}}}),
            );
        }
        all.push(json!({"kind": "PersistentVolumeClaim", "metadata": {"namespace": "default", "name": "late"},
            "spec": {"storageClassName": "late"}}));
        all
    }

    fn using(claims: &[&str]) -> Value {
        let all: Vec<Value> = claims
            .iter()
            .map(|claim| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}}))
            .collect();
        json!({"volumes": all})
    }

    #[test]
    fn limits() {
        let with = |limit: i32, used: &[&str]| {
            let mut all = objects(json!(limit));
            all.push(on("n", "p", json!({}), using(used)));
            all
        };
        let new = |claims: &[&str]| pod(json!({}), using(claims));
        let mut attached = with(2, &["c0"]);
        attached.push(
            json!({"kind": "VolumeAttachment", "metadata": {"name": "a"},
            "spec": {"attacher": "d", "nodeName": "n", "source": {"persistentVolumeName": "v3"}}}),
        );
        let mut attached_twice = with(2, &["c0"]);
        attached_twice.push(
            json!({"kind": "VolumeAttachment", "metadata": {"name": "a"},
            "spec": {"attacher": "d", "nodeName": "n", "source": {"persistentVolumeName": "v0"}}}),
        );
        table(vec![
            ("room left", with(2, &["c0"]), new(&["c1"]), vec![""]),
            (
                "no room",
                with(2, &["c0", "c1"]),
                new(&["c2"]),
                vec![REASON],
            ),
            (
                "a volume that is there already",
                with(2, &["c0", "c1"]),
                new(&["c1"]),
                vec![""],
            ),
            (
                "two at once",
                with(2, &["c0"]),
                new(&["c1", "c2"]),
                vec![REASON],
            ),
            (
                "attached by something else",
                attached,
                new(&["c1"]),
                vec![REASON],
            ),
            (
                "attached for the pod there",
                attached_twice,
                new(&["c1"]),
                vec![""],
            ),
            (
                "no claims",
                with(0, &[]),
                pod(json!({}), json!({})),
                vec![""],
            ),
            (
                "still to be made",
                with(1, &["c0"]),
                new(&["late"]),
                vec![REASON],
            ),
        ]);
    }
}
