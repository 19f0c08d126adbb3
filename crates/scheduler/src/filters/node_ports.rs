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
        Some(overlay) => {
            // Upstream keeps a set: a pod that goes frees its ports, even one that another pod on
            // the node claims too.
            let freed = |port: &Port| {
                let mut gone = overlay.removed.iter();
                gone.any(|&pod| state.class_of_pod(pod).ports.contains(port))
            };
            let clashes = |pod: u32| {
                let late = overlay.added.contains(&pod) || overlay.returned.contains(&pod);
                let mut used = state.class_of_pod(pod).ports.iter();
                used.any(|port| taken(port) && (late || !freed(port)))
            };
            overlay.pods(state, node).any(clashes)
        }
    };
    clashes.then(|| Fail::unschedulable(Plugin::NodePorts, REASON))
}

#[cfg(test)]
mod tests {
    use super::REASON;
    use crate::testing::{node, on, pod, table};
    use serde_json::{Value, json};

    fn ports(all: &[(&str, &str, i32)]) -> Value {
        let all: Vec<Value> = all
            .iter()
            .map(|(ip, protocol, port)| json!({"containerPort": 1, "hostIP": ip, "protocol": protocol, "hostPort": port}))
            .collect();
        json!({"containers": [{"name": "c", "ports": all}]})
    }

    #[test]
    fn wildcards_and_protocols() {
        for (about, used, wanted, want) in [
            ("nothing used", vec![], vec![("", "TCP", 80)], ""),
            ("nothing wanted", vec![("", "TCP", 80)], vec![], ""),
            (
                "the same",
                vec![("127.0.0.1", "TCP", 80)],
                vec![("127.0.0.1", "TCP", 80)],
                REASON,
            ),
            (
                "another port",
                vec![("127.0.0.1", "UDP", 80)],
                vec![("127.0.0.1", "UDP", 81)],
                "",
            ),
            (
                "another protocol",
                vec![("127.0.0.1", "TCP", 80)],
                vec![("127.0.0.1", "UDP", 80)],
                "",
            ),
            (
                "another address",
                vec![("127.0.0.1", "TCP", 80)],
                vec![("127.0.0.2", "TCP", 80)],
                "",
            ),
            (
                "wanted on all addresses",
                vec![("127.0.0.1", "TCP", 80)],
                vec![("0.0.0.0", "TCP", 80)],
                REASON,
            ),
            (
                "used on all addresses",
                vec![("", "", 80)],
                vec![("10.0.0.1", "TCP", 80)],
                REASON,
            ),
            (
                "one of two",
                vec![("", "TCP", 80), ("", "UDP", 81)],
                vec![("", "TCP", 79), ("", "UDP", 81)],
                REASON,
            ),
            (
                ":: is one address",
                vec![("::", "TCP", 80)],
                vec![("127.0.0.1", "TCP", 80)],
                "",
            ),
            (
                "no host port",
                vec![("", "TCP", 80)],
                vec![("", "TCP", 0)],
                "",
            ),
        ] {
            let objects = vec![
                node("a", json!({}), json!({})),
                on("a", "p", json!({}), ports(&used)),
            ];
            table(vec![(
                about,
                objects,
                pod(json!({}), ports(&wanted)),
                vec![want],
            )]);
        }
    }

    #[test]
    fn sidecars_hold_ports_and_init_containers_do_not() {
        let init = |policy: Value| json!({"initContainers": [{"name": "i", "restartPolicy": policy, "ports": [{"containerPort": 1, "hostPort": 80}]}]});
        let wanted = || pod(json!({}), ports(&[("", "TCP", 80)]));
        let with = |spec| {
            vec![
                node("a", json!({}), json!({})),
                on("a", "p", json!({}), spec),
            ]
        };
        table(vec![
            (
                "sidecar",
                with(init(json!("Always"))),
                wanted(),
                vec![REASON],
            ),
            (
                "init container",
                with(init(Value::Null)),
                wanted(),
                vec![""],
            ),
        ]);
    }
}
