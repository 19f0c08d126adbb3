use serde_json::{Value, json};

/// The node objects a control plane starts with; the kubelets add what a kubelet knows.
pub(crate) fn list(count: usize) -> Value {
    let items: Vec<Value> = (0..count).map(node).collect();
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

fn node(index: usize) -> Value {
    let name = format!("node-{index}");
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
