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

#[cfg(test)]
mod tests {
    use crate::testing::{node, on, pod, state, statuses, table};
    use crate::verdict::Code;
    use serde_json::{Value, json};

    fn asks(requests: Value) -> Value {
        json!({"containers": [{"name": "c", "resources": {"requests": requests}}]})
    }

    fn small(extra: Value) -> Value {
        let mut allocatable =
            json!({"pods": "2", "cpu": "10m", "memory": "20", "ephemeral-storage": "20"});
        crate::testing::merge(&mut allocatable, extra);
        json!({"kind": "Node", "metadata": {"name": "a"}, "status": {"allocatable": allocatable}})
    }

    #[test]
    fn what_is_short() {
        let used = |requests| on("a", "p", json!({}), asks(requests));
        let new = |requests| pod(json!({}), asks(requests));
        let with = |used_requests| vec![small(json!({"example.com/a": "5"})), used(used_requests)];
        table(vec![
            (
                "asks for nothing",
                with(json!({"cpu": "10m", "memory": "20"})),
                pod(json!({}), json!({})),
                vec![""],
            ),
            (
                "fits exactly",
                with(json!({"cpu": "5m", "memory": "19"})),
                new(json!({"cpu": "5m", "memory": "1"})),
                vec![""],
            ),
            (
                "both short",
                with(json!({"cpu": "10m", "memory": "20"})),
                new(json!({"cpu": "1m", "memory": "1"})),
                vec!["Insufficient cpu; Insufficient memory"],
            ),
            (
                "memory short",
                with(json!({"cpu": "5m", "memory": "19"})),
                new(json!({"cpu": "1m", "memory": "2"})),
                vec!["Insufficient memory"],
            ),
            (
                "storage short",
                with(json!({"ephemeral-storage": "19"})),
                new(json!({"ephemeral-storage": "2"})),
                vec!["Insufficient ephemeral-storage"],
            ),
            (
                "extended",
                with(json!({"example.com/a": "3"})),
                new(json!({"example.com/a": "2"})),
                vec![""],
            ),
            (
                "extended short",
                with(json!({"example.com/a": "4"})),
                new(json!({"example.com/a": "2"})),
                vec!["Insufficient example.com/a"],
            ),
            (
                "extended unknown",
                with(json!({})),
                new(json!({"example.com/b": "1", "example.com/a": "6"})),
                vec!["Insufficient example.com/a; Insufficient example.com/b"],
            ),
            (
                "extended of none",
                with(json!({})),
                new(json!({"example.com/b": "0"})),
                vec![""],
            ),
            (
                "too many pods",
                vec![small(json!({"pods": "1"})), used(json!({}))],
                new(json!({"cpu": "11m"})),
                vec!["Too many pods; Insufficient cpu"],
            ),
            (
                "overcommitted",
                with(json!({"cpu": "20m"})),
                new(json!({"memory": "1"})),
                vec![""],
            ),
        ]);
    }

    #[test]
    fn more_than_the_node_has_is_unresolvable() {
        for (requests, code) in [
            (json!({"cpu": "11m"}), Code::UnschedulableAndUnresolvable),
            (json!({"cpu": "10m"}), Code::Unschedulable),
            (
                json!({"cpu": "10m", "memory": "21"}),
                Code::UnschedulableAndUnresolvable,
            ),
        ] {
            let objects = [
                small(json!({})),
                on("a", "p", json!({}), asks(json!({"cpu": "1m"}))),
            ];
            let got = statuses(
                &mut state(&objects),
                &pod(json!({}), asks(requests.clone())),
            );
            assert_eq!(got[0].1.code, code, "{requests}");
        }
        let full = node(
            "a",
            json!({}),
            json!({"status": {"allocatable": {"pods": "0"}}}),
        );
        let got = statuses(&mut state(&[full]), &pod(json!({}), json!({})));
        assert_eq!(
            (got[0].1.code, got[0].1.reasons[0].as_str()),
            (Code::Unschedulable, "Too many pods")
        );
    }
}
