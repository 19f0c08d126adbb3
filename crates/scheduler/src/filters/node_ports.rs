//! Host ports must be free. An empty address and 0.0.0.0 are all addresses; `::` is one of its own.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/nodeports/node_ports.go` and
//! `staging/src/k8s.io/kube-scheduler/framework/types.go` (`HostPortInfo`).

use crate::class::Port;
use crate::cycle::{Cycle, Fail, Overlay};
use crate::intern::Sym;
use crate::state::State;
use crate::verdict::Plugin;

pub(crate) const REASON: &str = "node(s) didn't have free ports for the requested pod ports";

fn clash(want: &Port, used: &Port, any: Sym) -> bool {
    want.number == used.number
        && want.protocol == used.protocol
        && (want.ip == used.ip || want.ip == any || used.ip == any)
}

pub(crate) fn filter(
    state: &State,
    cycle: &Cycle,
    node: u32,
    overlay: Option<&Overlay>,
) -> Option<Fail> {
    let wanted = &state.classes[cycle.class as usize].ports;
    if wanted.is_empty() {
        return None;
    }
    let any = state.words.any_ip;
    let taken = |used: &Port| wanted.iter().any(|want| clash(want, used, any));
    let clashes = match overlay {
        None => state.nodes[node as usize].ports.iter().any(taken),
        Some(overlay) => overlay
            .pods(state, node)
            .any(|pod| state.class_of_pod(pod).ports.iter().any(taken)),
    };
    clashes.then(|| Fail::unschedulable(Plugin::NodePorts, REASON))
}
