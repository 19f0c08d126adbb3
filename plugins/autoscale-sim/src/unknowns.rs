//! What decides of the autoscaler's loop and is not known, each as a sentence that says what was assumed.

use std::collections::HashSet;

use console::human;
use scheduler::NodeId;

use crate::cluster_autoscaler::pod::PodFacts;
use crate::cluster_autoscaler::{Cluster, taints};
use crate::node_groups::listed;
use crate::scale_up::GroupReport;

/// What Google Cloud takes a core of a pod to be worth for an hour, and a GiB (kubernetes/autoscaler
/// `cluster-autoscaler/cloudprovider/gce/gce_price_info.go`).
const GCE_CORE_PRICE: f64 = 0.033_174;
const GCE_GIB_PRICE: f64 = 0.004_446;

/// With so many pods that wait, planning may take the real autoscaler longer than it allows itself.
const MANY_PODS: usize = 3_000;

/// What an expander asks for and is not there.
pub fn of_expander(
    cluster: &mut Cluster,
    groups: &[GroupReport],
    prices: (Option<f64>, Option<f64>),
    unknown: &mut Vec<String>,
) {
    let (core, gib) = (
        prices.0.unwrap_or(GCE_CORE_PRICE),
        prices.1.unwrap_or(GCE_GIB_PRICE),
    );
    cluster.unit_prices = Some((core, gib));
    let uses = |name: &str| cluster.options.expander.iter().any(|own| own == name);
    let unpriced: Vec<&str> = (groups.iter())
        .filter(|group| group.price.is_none())
        .map(|group| group.name.as_str())
        .collect();
    if uses("price") && !unpriced.is_empty() {
        unknown.push(format!(
            "the prices of {}, which the expander price compares; assumed: it may take any group; give them with --set price.GROUP=… or in --node-groups FILE",
            listed(&unpriced)
        ));
    }
    if uses("price") && (prices.0.is_none() || prices.1.is_none()) {
        unknown.push(format!(
            "what the cloud takes a core and a GiB of a pod to be worth for an hour; assumed: {core} and {gib}, as for Google Cloud; give them with --set core-price=… and gib-price=…"
        ));
    }
    if uses("priority") && cluster.priorities.is_none() {
        unknown.push(
            "priorities of groups: there is no ConfigMap cluster-autoscaler-priority-expander; assumed: it filters nothing"
                .to_owned(),
        );
    }
    if uses("grpc") {
        unknown
            .push("what the expander behind gRPC answers; assumed: it filters nothing".to_owned());
    }
}

/// Pods that the autoscaler counts as waiting already, for it drains their nodes.
#[must_use]
pub fn being_drained(cluster: &Cluster) -> Option<String> {
    let drained: HashSet<NodeId> = (cluster.nodes.iter())
        .filter(|node| taints::has(&node.object, taints::TO_BE_DELETED))
        .map(|node| node.id)
        .collect();
    let is_left = |pod: &&PodFacts| {
        let shape = cluster.shapes.get(pod.shape);
        let node = pod.placed.and_then(|place| cluster.state.pod_ref(place));
        node.is_some_and(|own| drained.contains(&own.node))
            && pod.deleted.is_none()
            && !shape.is_daemon()
            && !shape.is_mirror()
            && shape.owner.is_some()
    };
    let count = if drained.is_empty() {
        0
    } else {
        cluster.pods.iter().filter(is_left).count()
    };
    let pods = if count == 1 { "pod" } else { "pods" };
    (count > 0).then(|| {
        format!(
            "whether {count} {pods} on nodes that are being deleted will move elsewhere by themselves: the autoscaler counts them among those that wait; assumed: they do not wait yet"
        )
    })
}

/// The real one stops planning after a while.
#[must_use]
pub fn time_limits(cluster: &Cluster) -> Option<String> {
    let waiting = cluster.pods.iter().filter(|pod| pod.waiting.is_some());
    let count = waiting.count();
    let options = &cluster.options;
    (count >= MANY_PODS && !cluster.groups.is_empty()).then(|| {
        format!(
            "how far the autoscaler comes in one loop with {count} pods that wait: it stops planning after {} for a group (max-nodegroup-binpacking-duration) and {} for all (max-binpacking-time); assumed: that is enough",
            human(options.max_nodegroup_binpacking_duration),
            human(options.max_binpacking_time)
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cluster_autoscaler::{NodeGroup, Options};

    fn cluster(expander: &str) -> Cluster {
        let mut options = Options::default();
        options.set("expander", expander).unwrap();
        Cluster::new(options, "2026-01-01T12:00:00Z".parse().unwrap())
    }

    fn pod(cluster: &mut Cluster, name: &str, rest: &Value) {
        let mut own = json!({"metadata": {"name": name, "namespace": "d", "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "r", "controller": true}]},
            "spec": {"containers": [{"name": "c"}]}, "status": {"phase": "Pending", "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
        for (key, value) in rest.as_object().unwrap() {
            own["metadata"][key] = value.clone();
        }
        if let Some(node) = rest.get("nodeName") {
            own["spec"]["nodeName"] = node.clone();
        }
        cluster.add_pod(&serde_json::from_value(own).unwrap());
    }

    #[test]
    fn what_expanders_ask_for_and_is_not_there() {
        let group = |price: Option<f64>| GroupReport {
            name: "a".to_owned(),
            price,
            ..GroupReport::default()
        };
        let said = |expander: &str, price, units| {
            let mut all = Vec::new();
            let mut cluster = cluster(expander);
            of_expander(&mut cluster, &[group(price)], units, &mut all);
            assert!(cluster.unit_prices.is_some());
            all
        };
        assert!(said("least-waste", None, (None, None)).is_empty());
        assert!(said("price", Some(1.0), (Some(0.1), Some(0.2))).is_empty());
        let prices = said("price", None, (None, Some(0.2)));
        assert!(
            prices[0].starts_with("the prices of a, which"),
            "{prices:?}"
        );
        assert!(
            prices[1].contains("assumed: 0.033174 and 0.2, as for Google Cloud"),
            "{prices:?}"
        );
        let rest = said("priority,grpc", None, (None, None));
        assert!(
            rest[0].contains("there is no ConfigMap cluster-autoscaler-priority-expander"),
            "{rest:?}"
        );
        assert!(rest[1].contains("the expander behind gRPC"), "{rest:?}");
    }

    #[test]
    fn pods_on_nodes_that_are_being_deleted() {
        let mut all = cluster("random");
        for (name, taints) in [
            ("stays", json!([])),
            (
                "goes",
                json!([{"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}]),
            ),
        ] {
            let node = json!({"metadata": {"name": name}, "spec": {"taints": taints}});
            all.add_node(serde_json::from_value(node).unwrap());
        }
        pod(&mut all, "a", &json!({"nodeName": "stays"}));
        assert_eq!(being_drained(&all), None);
        pod(
            &mut all,
            "b",
            &json!({"nodeName": "goes", "deletionTimestamp": "2026-01-01T11:59:00Z"}),
        );
        assert_eq!(being_drained(&all), None);
        pod(&mut all, "c", &json!({"nodeName": "goes"}));
        let said = being_drained(&all).unwrap();
        assert!(said.starts_with("whether 1 pod on nodes"), "{said}");
    }

    #[test]
    fn many_pods_may_take_longer_than_the_autoscaler_allows_itself() {
        let mut all = cluster("random");
        all.groups.push(NodeGroup::default());
        for number in 1..MANY_PODS {
            pod(&mut all, &format!("p{number}"), &json!({}));
        }
        assert_eq!(time_limits(&all), None);
        pod(&mut all, "last", &json!({}));
        let said = time_limits(&all).unwrap();
        assert!(
            said.contains("with 3000 pods") && said.contains("10s for a group"),
            "{said}"
        );
    }
}
