//! Volumes labelled with a zone or region are to be used there.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/volumezone/volume_zone.go`.

use crate::cycle::{Cycle, Fail};
use crate::filters::volume_restrictions::not_found;
use crate::intern::Sym;
use crate::state::State;
use crate::storage::ZONE_LABELS;
use crate::verdict::{Plugin, Status};

pub(crate) const REASON: &str = "node(s) had no available volume zone";

/// The label, its name of today, and the values it may have.
pub(crate) fn pre_filter(state: &State, class: u32) -> Result<Vec<(Sym, Sym, Vec<Sym>)>, Status> {
    let own = &state.classes[class as usize];
    let mut all = Vec::new();
    let claims = own.volumes.iter().flat_map(|volumes| &volumes.claims);
    for used in claims.filter(|used| !used.ephemeral) {
        let reject = |reason: String| Err(Status::unresolvable(Plugin::VolumeZone, reason));
        if used.claim == state.words.empty {
            return reject("PersistentVolumeClaim had no name".to_owned());
        }
        let Some(claim) = state.storage.claims.get(&(own.namespace, used.claim)) else {
            return reject(not_found(state, "persistentvolumeclaim", used.claim));
        };
        if claim.volume == state.words.empty {
            if claim.class == state.words.empty {
                let reason = "PersistentVolumeClaim had no pv name and storageClass name";
                return reject(reason.to_owned());
            }
            let Some(class) = state.storage.classes.get(&claim.class) else {
                return reject(not_found(state, "storageclass.storage.k8s.io", claim.class));
            };
            match class.waits {
                None => {
                    let name = state.texts.text(claim.class);
                    return reject(format!(
                        "VolumeBindingMode not set for StorageClass \"{name}\""
                    ));
                }
                Some(true) => continue,
                Some(false) => return reject("PersistentVolume had no name".to_owned()),
            }
        }
        let Some(volume) = state.storage.volumes.get(&claim.volume) else {
            return reject(not_found(state, "persistentvolume", claim.volume));
        };
        all.extend(
            volume
                .zones
                .iter()
                .map(|(key, values)| (*key, today(state, *key), values.clone())),
        );
    }
    Ok(all)
}

fn today(state: &State, key: Sym) -> Sym {
    let label = match state.texts.text(key) {
        "failure-domain.beta.kubernetes.io/zone" => "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region" => "topology.kubernetes.io/region",
        _ => return key,
    };
    // A label no text is known of is on no node; its old name then stands for it.
    state.texts.find(label).unwrap_or(key)
}

pub(crate) fn filter(state: &State, cycle: &Cycle, node: u32) -> Option<Fail> {
    if cycle.zones.is_empty() {
        return None;
    }
    let face = state.face(node);
    let zoned = ZONE_LABELS.iter().any(|label| {
        state
            .texts
            .find(label)
            .is_some_and(|key| face.label(key).is_some())
    });
    if !zoned {
        return None;
    }
    let fits = cycle.zones.iter().all(|(key, today, values)| {
        face.label(*key)
            .or_else(|| face.label(*today))
            .is_some_and(|value| values.contains(&value))
    });
    (!fits).then(|| Fail::unresolvable(Plugin::VolumeZone, REASON))
}

#[cfg(test)]
mod tests {
    use super::REASON;
    use crate::testing::{node, pod, table};
    use serde_json::{Value, json};

    fn objects(node_labels: Value, volume_labels: Value) -> Vec<Value> {
        vec![
            node("n", node_labels, json!({})),
            json!({"kind": "PersistentVolumeClaim", "metadata": {"namespace": "default", "name": "c",
                "annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "spec": {"volumeName": "v"}}),
            json!({"kind": "PersistentVolume", "metadata": {"name": "v", "labels": volume_labels}, "spec": {}}),
        ]
    }

    #[test]
    fn zones() {
        let zone = "topology.kubernetes.io/zone";
        let old = "failure-domain.beta.kubernetes.io/zone";
        let new = || {
            pod(
                json!({}),
                json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}),
            )
        };
        for (about, node_labels, volume_labels, want) in [
            ("no labels", json!({}), json!({zone: "a"}), ""),
            ("no labels on the volume", json!({zone: "a"}), json!({}), ""),
            ("the same zone", json!({zone: "a"}), json!({zone: "a"}), ""),
            (
                "another zone",
                json!({zone: "b"}),
                json!({zone: "a"}),
                REASON,
            ),
            (
                "one of several zones",
                json!({zone: "b"}),
                json!({zone: "a__b"}),
                "",
            ),
            (
                "the old label on the volume",
                json!({zone: "a"}),
                json!({old: "a"}),
                "",
            ),
            (
                "the old label, another zone",
                json!({zone: "b"}),
                json!({old: "a"}),
                REASON,
            ),
            (
                "the new label on the volume, the old on the node",
                json!({old: "a"}),
                json!({zone: "a"}),
                REASON,
            ),
            (
                "a label that cannot be parsed",
                json!({zone: "b"}),
                json!({zone: "a__"}),
                "",
            ),
        ] {
            table(vec![(
                about,
                objects(node_labels, volume_labels),
                new(),
                vec![want],
            )]);
        }
        let mut lost = objects(json!({}), json!({}));
        lost.pop();
        table(vec![(
            "no such volume",
            lost,
            new(),
            vec!["persistentvolume \"v\" not found"],
        )]);
    }
}
