//! In-tree disks that cannot be mounted twice, and claims that one pod at a time may use.
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go`.

use crate::class::{Class, Disk};
use crate::cycle::{Cycle, Fail, Overlay};
use crate::intern::Sym;
use crate::state::State;
use crate::verdict::{Plugin, Status};

pub(crate) const REASON_DISK: &str = "node(s) had no available disk";
pub(crate) const REASON_ONCE_PER_POD: &str = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";

/// The claims of the pod that only one pod may use, and how often others do.
#[derive(Clone, Debug)]
pub(crate) struct Restrictions {
    claims: Vec<Sym>,
    conflicts: i64,
}

impl Restrictions {
    /// How often a pod uses the claims. Upstream compares names only, not namespaces.
    pub(crate) fn uses(&self, class: &Class) -> i64 {
        let claims = class.volumes.iter().flat_map(|volumes| &volumes.claims);
        let uses = claims
            .filter(|own| !own.ephemeral && self.claims.contains(&own.claim))
            .count();
        i64::try_from(uses).unwrap_or(i64::MAX)
    }
}

/// Upstream's error of a lister.
pub(crate) fn not_found(state: &State, kind: &str, name: Sym) -> String {
    format!("{kind} \"{}\" not found", state.texts.text(name))
}

pub(crate) fn pre_filter(state: &State, class: u32) -> Result<Option<Restrictions>, Status> {
    let own = &state.classes[class as usize];
    let Some(volumes) = &own.volumes else {
        return Ok(None);
    };
    let mut claims = Vec::new();
    for used in volumes.claims.iter().filter(|used| !used.ephemeral) {
        let Some(claim) = state.storage.claims.get(&(own.namespace, used.claim)) else {
            let reason = not_found(state, "persistentvolumeclaim", used.claim);
            return Err(Status::unresolvable(Plugin::VolumeRestrictions, reason));
        };
        if claim.once_per_pod && !claims.contains(&used.claim) {
            claims.push(used.claim);
        }
    }
    let in_use = |claim: &&Sym| {
        state
            .storage
            .users
            .get(&(own.namespace, **claim))
            .is_some_and(|&users| users > 0)
    };
    let conflicts = i64::try_from(claims.iter().filter(in_use).count()).unwrap_or(i64::MAX);
    let skip = volumes.disks.is_empty() && conflicts == 0;
    Ok((!skip).then_some(Restrictions { claims, conflicts }))
}

fn clash(a: &Disk, b: &Disk) -> bool {
    match (a, b) {
        (
            Disk::Gce { name, read_only },
            Disk::Gce {
                name: other,
                read_only: other_read_only,
            },
        ) => name == other && !(*read_only && *other_read_only),
        (Disk::Ebs { id }, Disk::Ebs { id: other }) => id == other,
        (
            Disk::Iscsi { iqn, read_only },
            Disk::Iscsi {
                iqn: other,
                read_only: other_read_only,
            },
        ) => iqn == other && !(*read_only && *other_read_only),
        (
            Disk::Rbd {
                monitors,
                pool,
                image,
                read_only,
            },
            Disk::Rbd {
                monitors: other_monitors,
                pool: other_pool,
                image: other_image,
                read_only: other_read_only,
            },
        ) => {
            monitors
                .iter()
                .any(|monitor| other_monitors.contains(monitor))
                && pool == other_pool
                && image == other_image
                && !(*read_only && *other_read_only)
        }
        _ => false,
    }
}

pub(crate) fn filter(
    state: &State,
    cycle: &Cycle,
    node: u32,
    overlay: Option<&Overlay>,
) -> Option<Fail> {
    let restrictions = cycle.restrictions.as_ref()?;
    let disks = state.classes[cycle.class as usize]
        .volumes
        .as_ref()
        .map(|own| &own.disks);
    if let Some(disks) = disks.filter(|disks| !disks.is_empty()) {
        let clashes = |pod: u32| {
            let others = state
                .class_of_pod(pod)
                .volumes
                .iter()
                .flat_map(|own| &own.disks);
            others
                .clone()
                .any(|other| disks.iter().any(|disk| clash(disk, other)))
        };
        let plain = Overlay::default();
        if overlay.unwrap_or(&plain).pods(state, node).any(clashes) {
            return Some(Fail::unschedulable(Plugin::VolumeRestrictions, REASON_DISK));
        }
    }
    let conflicts = restrictions.conflicts + overlay.map_or(0, |overlay| overlay.claims);
    (conflicts > 0).then(|| Fail::unschedulable(Plugin::VolumeRestrictions, REASON_ONCE_PER_POD))
}

#[cfg(test)]
mod tests {
    use super::{REASON_DISK, REASON_ONCE_PER_POD};
    use crate::testing::{node, on, pod, table};
    use serde_json::{Value, json};

    fn volume(volume: Value) -> Value {
        let mut all = json!({"name": "v"});
        crate::testing::merge(&mut all, volume);
        json!({"volumes": [all]})
    }

    #[test]
    fn disks() {
        let gce = |name: &str, read_only: bool| json!({"gcePersistentDisk": {"pdName": name, "readOnly": read_only}});
        let ebs = |id: &str| json!({"awsElasticBlockStore": {"volumeID": id, "readOnly": true}});
        let iscsi = |iqn: &str, read_only: bool| json!({"iscsi": {"targetPortal": "t", "iqn": iqn, "lun": 0, "readOnly": read_only}});
        let rbd = |monitors: &[&str], image: &str, read_only: bool| json!({"rbd": {"monitors": monitors, "pool": "p", "image": image, "readOnly": read_only}});
        for (about, used, wanted, want) in [
            ("another kind", gce("a", false), ebs("a"), ""),
            (
                "the same disk",
                gce("a", false),
                gce("a", false),
                REASON_DISK,
            ),
            ("another disk", gce("a", false), gce("b", false), ""),
            ("read-only by both", gce("a", true), gce("a", true), ""),
            (
                "read-only by one",
                gce("a", true),
                gce("a", false),
                REASON_DISK,
            ),
            ("EBS, even read-only", ebs("a"), ebs("a"), REASON_DISK),
            ("another EBS volume", ebs("a"), ebs("b"), ""),
            ("iSCSI", iscsi("i", false), iscsi("i", true), REASON_DISK),
            ("iSCSI read-only", iscsi("i", true), iscsi("i", true), ""),
            (
                "RBD with a monitor in common",
                rbd(&["a", "b"], "i", false),
                rbd(&["c", "a"], "i", false),
                REASON_DISK,
            ),
            (
                "RBD of other monitors",
                rbd(&["a"], "i", false),
                rbd(&["b"], "i", false),
                "",
            ),
            (
                "RBD of another image",
                rbd(&["a"], "i", false),
                rbd(&["a"], "j", false),
                "",
            ),
            (
                "RBD read-only",
                rbd(&["a"], "i", true),
                rbd(&["a"], "i", true),
                "",
            ),
        ] {
            let objects = vec![
                node("n", json!({}), json!({})),
                node("other", json!({}), json!({})),
                on("n", "p", json!({}), volume(used)),
            ];
            table(vec![(
                about,
                objects,
                pod(json!({}), volume(wanted)),
                vec![want, ""],
            )]);
        }
    }

    fn using() -> Value {
        volume(json!({"persistentVolumeClaim": {"claimName": "c"}}))
    }

    #[test]
    fn claims_for_one_pod() {
        let claim = |modes: Value| {
            json!({"kind": "PersistentVolumeClaim",
            "metadata": {"namespace": "default", "name": "c", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"accessModes": modes, "volumeName": "v"}})
        };
        let objects = |modes: Value, used: bool| {
            let mut all = vec![
                node("a", json!({}), json!({})),
                claim(modes),
                json!({"kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": {}}),
            ];
            if used {
                all.push(on("gone", "q", json!({}), using()));
                all.push(node("b", json!({}), json!({})));
                all.push(on("b", "p", json!({}), using()));
            }
            all
        };
        let new = || pod(json!({}), using());
        table(vec![
            (
                "in use",
                objects(json!(["ReadWriteOncePod"]), true),
                new(),
                vec![REASON_ONCE_PER_POD; 2],
            ),
            (
                "not in use",
                objects(json!(["ReadWriteOncePod"]), false),
                new(),
                vec![""],
            ),
            (
                "for more pods",
                objects(json!(["ReadWriteMany"]), true),
                new(),
                vec!["", ""],
            ),
            (
                "no such claim",
                vec![node("a", json!({}), json!({}))],
                new(),
                vec!["persistentvolumeclaim \"c\" not found"],
            ),
        ]);
    }
}
