use serde_json::{Value, json};

use crate::ControlPlaneOptions;

/// The node objects a control plane starts with; the kubelets add what a kubelet knows.
pub(crate) fn list(count: usize) -> Value {
    let items: Vec<Value> = (0..count).map(node).collect();
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

/// The nodes and the static pods of the controllers, as kubeadm's cluster shows them.
pub(crate) fn controllers(options: &ControlPlaneOptions) -> Value {
    let machines = options.controller_managers.max(options.schedulers);
    let mut items: Vec<Value> = (0..machines)
        .map(|index| named(&format!("controller-{index}"), index))
        .collect();
    for (count, component) in [
        (options.controller_managers, "kube-controller-manager"),
        (options.schedulers, "kube-scheduler"),
    ] {
        items.extend((0..count).map(|index| static_pod(component, index)));
    }
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

fn static_pod(component: &str, index: usize) -> Value {
    let node = format!("controller-{index}");
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("{component}-{node}"),
            "namespace": "kube-system",
            "labels": { "component": component, "tier": "control-plane" },
        },
        "spec": {
            "nodeName": node,
            "hostNetwork": true,
            "tolerations": [{ "operator": "Exists" }],
            "containers": [{ "name": component, "image": format!("registry.k8s.io/{component}:v1.36.3") }],
        },
    })
}

fn node(index: usize) -> Value {
    named(&format!("node-{index}"), index)
}

fn named(name: &str, index: usize) -> Value {
    let zone = ["zone-a", "zone-b", "zone-c"][index % 3];
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": { "kwok.x-k8s.io/node": "fake" },
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/region": "region-1",
                "topology.kubernetes.io/zone": zone,
            },
        },
        "status": {
            "addresses": [
                { "type": "InternalIP", "address": address(index) },
                { "type": "Hostname", "address": name },
            ],
        },
    })
}

fn address(index: usize) -> String {
    let host = index + 1;
    format!("172.18.{}.{}", host / 256 % 256, host % 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_go_round_the_zones() {
        let list = list(4);
        let zones: Vec<_> = (0..4)
            .map(|index| &list["items"][index]["metadata"]["labels"]["topology.kubernetes.io/zone"])
            .collect();
        assert_eq!(zones, ["zone-a", "zone-b", "zone-c", "zone-a"]);
    }
}
