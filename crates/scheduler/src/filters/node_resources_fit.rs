//! Requests must fit into what is left of a node's allocatable, and the node must take one more pod.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/noderesources/fit.go`. All that is
//! short is reported; upstream leaves the order of scalar resources to chance, here it is by name.

use crate::cycle::{Cycle, Fail, Overlay};
use crate::resources::Resources;
use crate::state::State;
use crate::verdict::{Code, Plugin, Status};

/// What is short, as bits: pods, CPU, memory, ephemeral storage, then scalars as the pod lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short {
    bits: u64,
    unresolvable: bool,
}

impl Short {
    pub(crate) fn code(self) -> Code {
        if self.unresolvable {
            Code::UnschedulableAndUnresolvable
        } else {
            Code::Unschedulable
        }
    }
}

const FIRST_SCALAR: usize = 4;

pub(crate) fn filter(
    state: &State,
    cycle: &Cycle,
    node: u32,
    overlay: Option<&Overlay>,
) -> Option<Fail> {
    let slot = &state.nodes[node as usize];
    let ask = &state.classes[cycle.class as usize].ask;
    match overlay {
        None => {
            let pods = i64::try_from(slot.pods.len()).unwrap_or(i64::MAX);
            short(
                cycle,
                ask,
                &slot.face.allocatable,
                &slot.used,
                slot.face.max_pods,
                pods,
            )
        }
        Some(overlay) => {
            let pods = i64::try_from(overlay.pods(state, node).count()).unwrap_or(i64::MAX);
            let mut used = slot.used.clone();
            overlay.change_resources(state, &mut used);
            short(
                cycle,
                ask,
                &slot.face.allocatable,
                &used,
                slot.face.max_pods,
                pods,
            )
        }
    }
}

fn short(
    cycle: &Cycle,
    ask: &Resources,
    allocatable: &Resources,
    used: &Resources,
    max_pods: i64,
    pods: i64,
) -> Option<Fail> {
    let mut found = Short {
        bits: u64::from(pods.saturating_add(1) > max_pods),
        unresolvable: false,
    };
    let mut check = |bit: usize, ask: i64, allocatable: i64, used: i64| {
        if ask > 0 && ask > allocatable.wrapping_sub(used) {
            found.bits |= 1_u64
                .checked_shl(u32::try_from(bit).unwrap_or(63).min(63))
                .unwrap_or(0);
            found.unresolvable |= ask > allocatable;
        }
    };
    check(1, ask.cpu, allocatable.cpu, used.cpu);
    check(2, ask.memory, allocatable.memory, used.memory);
    check(3, ask.ephemeral, allocatable.ephemeral, used.ephemeral);
    for (at, &(resource, amount)) in ask.scalars.iter().enumerate() {
        let most = allocatable.scalar(resource);
        // A device class may stand in for a resource the node does not have.
        let delegated = most <= 0 && cycle.delegated.contains(&resource);
        if !delegated {
            check(FIRST_SCALAR + at, amount, most, used.scalar(resource));
        }
    }
    (found.bits != 0).then_some(Fail::Fit(found))
}

/// The status that stands for what is short.
pub(crate) fn status(state: &State, cycle: &Cycle, short: Short) -> Status {
    let has = |bit: usize| short.bits & (1_u64 << bit.min(63)) != 0;
    let mut reasons = Vec::new();
    let fixed = [
        "Too many pods",
        "Insufficient cpu",
        "Insufficient memory",
        "Insufficient ephemeral-storage",
    ];
    reasons.extend(
        fixed
            .iter()
            .enumerate()
            .filter(|&(bit, _)| has(bit))
            .map(|(_, &text)| text.into()),
    );
    let scalars = &state.classes[cycle.class as usize].ask.scalars;
    let mut names: Vec<String> = scalars
        .iter()
        .enumerate()
        .filter(|&(at, _)| has(FIRST_SCALAR + at))
        .map(|(_, &(resource, _))| {
            format!(
                "Insufficient {}",
                state.texts.text(state.resource_names.name(resource))
            )
        })
        .collect();
    names.sort_unstable();
    reasons.extend(names);
    Status {
        code: short.code(),
        plugin: Some(Plugin::NodeResourcesFit),
        reasons,
    }
}
