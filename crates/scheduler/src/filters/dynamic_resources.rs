//! Resource claims (DRA).
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go`.

use crate::cycle::{Cycle, Fail};
use crate::state::{PodQuery, State};
use crate::verdict::{Plugin, Status};

/// The pod's claims in a cycle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    unknown: bool,
}

/// The extended resources of the pod that a device class stands in for.
pub(crate) fn delegated(state: &State, class: u32) -> Vec<u32> {
    let scalars = state.classes[class as usize].ask.scalars.iter();
    scalars
        .filter(|&&(resource, amount)| {
            amount > 0
                && state
                    .devices
                    .extended
                    .contains_key(&state.resource_names.name(resource))
        })
        .map(|&(resource, _)| resource)
        .collect()
}

pub(crate) fn pre_filter(state: &State, query: &PodQuery) -> Claims {
    let own = &state.classes[query.class as usize];
    Claims {
        unknown: !own.devices.is_empty(),
    }
}

pub(crate) fn filter(state: &State, cycle: &Cycle, node: u32) -> Option<Fail> {
    let why = if cycle.devices.unknown {
        "resource claims are not modelled"
    } else {
        let allocatable = &state.nodes[node as usize].face.allocatable;
        if cycle
            .delegated
            .iter()
            .all(|&resource| allocatable.scalar(resource) > 0)
        {
            return None;
        }
        "extended resources of device classes are not modelled"
    };
    Some(Fail::Other(Box::new(Status::unknown(
        Plugin::DynamicResources,
        why,
    ))))
}
