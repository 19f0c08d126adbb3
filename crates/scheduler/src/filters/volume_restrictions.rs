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
