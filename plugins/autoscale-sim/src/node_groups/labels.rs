//! Groups as the clouds' labels on live nodes tell them.
//!
//! The labels are those that the providers in kubernetes/autoscaler
//! (`cluster-autoscaler/cloudprovider/`) or their node bootstraps set.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Node;

use super::{KnownGroup, NodeGroups, listed};

/// Labels whose value names a node's group, the most telling first.
pub(super) const GROUP_LABELS: [&str; 13] = [
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "kops.k8s.io/instancegroup",
    "k8s.scaleway.com/pool",
    "kubernetes.civo.com/civo-node-pool",
    "oci.oraclecloud.com/node-pool-id",
    "magnum.openstack.org/nodegroup",
    "hcloud/node-group",
    "doks.digitalocean.com/node-pool-id",
    "lke.linode.com/pool-id",
];

/// A pool of Google's has an instance group in each zone, and each is a group of its own.
const ZONAL: &str = "cloud.google.com/gke-nodepool";
const ZONE: &str = "topology.kubernetes.io/zone";
/// Karpenter's nodes are in no group of Cluster Autoscaler's.
const KARPENTER: &str = "karpenter.sh/nodepool";

const KWOK: &str = "cluster-autoscaler.kwok.nodegroup/name";
const KWOK_MIN: &str = "cluster-autoscaler.kwok.nodegroup/min-count";
const KWOK_MAX: &str = "cluster-autoscaler.kwok.nodegroup/max-count";
const KWOK_TARGET: &str = "cluster-autoscaler.kwok.nodegroup/desired-count";

pub(super) fn label<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    let labels = node.metadata.labels.as_ref()?;
    labels
        .get(key)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

pub(super) fn annotation<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    let annotations = node.metadata.annotations.as_ref()?;
    annotations
        .get(key)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

pub(super) fn name(node: &Node) -> &str {
    node.metadata.name.as_deref().unwrap_or_default()
}

/// A node's group as its own labels and annotations tell, and the key that told.
pub(super) fn group_of(node: &Node) -> Option<(&'static str, String)> {
    if let Some(name) = annotation(node, KWOK) {
        return Some((KWOK, name.to_owned()));
    }
    let key = GROUP_LABELS
        .into_iter()
        .find(|key| label(node, key).is_some())?;
    let value = label(node, key)?;
    let name = match label(node, ZONE).filter(|_| key == ZONAL) {
        Some(zone) => format!("{value}/{zone}"),
        None => value.to_owned(),
    };
    Some((key, name))
}

pub(super) fn groups(nodes: &[&Node]) -> NodeGroups {
    let mut found: BTreeMap<String, KnownGroup> = BTreeMap::new();
    let mut keys = BTreeSet::new();
    let (mut without, mut karpenter) = (Vec::new(), 0_usize);
    for node in nodes {
        let Some((key, group)) = group_of(node) else {
            if label(node, KARPENTER).is_some() {
                karpenter += 1;
            } else {
                without.push(name(node));
            }
            continue;
        };
        keys.insert(key);
        let own = found.entry(group.clone()).or_insert_with(|| KnownGroup {
            name: group,
            ..KnownGroup::default()
        });
        own.nodes.push(name(node).to_owned());
        let count = |key| annotation(node, key).and_then(|text| text.parse().ok());
        own.min = own.min.or_else(|| count(KWOK_MIN));
        own.max = own.max.or_else(|| count(KWOK_MAX));
        own.target = own.target.or_else(|| count(KWOK_TARGET));
    }
    let mut unknowns = Vec::new();
    if !found.is_empty() && !without.is_empty() {
        unknowns.push(format!(
            "no label says which group {} {} in; assumed: not autoscaled",
            listed(&without),
            if without.len() == 1 { "is" } else { "are" }
        ));
    }
    if karpenter > 0 {
        unknowns.push(format!(
            "{karpenter} nodes are Karpenter's (label {KARPENTER}): Cluster Autoscaler leaves them alone"
        ));
    }
    if found.is_empty() {
        unknowns.push(
            "no node groups were found: there is no cluster-autoscaler-status, and no node has a \
             cloud's label; give them with --node-groups FILE"
                .to_owned(),
        );
    } else {
        unknowns.push(
            "groups without any node are unknown: labels show only groups that have one".to_owned(),
        );
    }
    let keys: Vec<&str> = keys.into_iter().collect();
    NodeGroups {
        origin: match keys[..] {
            [] => "none".to_owned(),
            _ => format!("labels of nodes ({})", keys.join(", ")),
        },
        groups: found.into_values().collect(),
        unknowns,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::node;
    use super::*;

    #[test]
    fn every_listed_label_names_a_group() {
        for key in GROUP_LABELS {
            let nodes = [
                node("a", &[(key, "pool")], ""),
                node("b", &[(key, "pool")], ""),
            ];
            let found = groups(&nodes.iter().collect::<Vec<_>>());
            assert_eq!(found.groups.len(), 1, "{key}");
            assert_eq!(found.groups[0].nodes, ["a", "b"], "{key}");
            assert_eq!(found.groups[0].max, None, "{key}");
        }
    }

    #[test]
    fn zones_karpenter_and_kwok_are_told_apart() {
        let mut kwok = node("k", &[], "");
        kwok.metadata.annotations = Some(
            [
                (KWOK, "ng"),
                (KWOK_MIN, "1"),
                (KWOK_MAX, "9"),
                (KWOK_TARGET, "3"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        );
        let nodes = [
            node("a", &[(ZONAL, "pool"), (ZONE, "z1")], ""),
            node("b", &[(ZONAL, "pool"), (ZONE, "z2")], ""),
            node("c", &[(KARPENTER, "default")], ""),
            node("d", &[], ""),
            kwok,
        ];
        let found = groups(&nodes.iter().collect::<Vec<_>>());
        let names: Vec<&str> = found.groups.iter().map(|own| own.name.as_str()).collect();
        assert_eq!(names, ["ng", "pool/z1", "pool/z2"]);
        let own = &found.groups[0];
        assert_eq!((own.min, own.max, own.target), (Some(1), Some(9), Some(3)));
        assert!(
            found.unknowns[0].contains("which group d is in"),
            "{:?}",
            found.unknowns
        );
        assert!(
            found.unknowns[1].contains("1 nodes are Karpenter's"),
            "{:?}",
            found.unknowns
        );
    }

    #[test]
    fn no_label_is_no_group() {
        let nodes = [node("a", &[], "")];
        let found = groups(&nodes.iter().collect::<Vec<_>>());
        assert!(found.groups.is_empty());
        assert!(
            found.unknowns[0].contains("--node-groups FILE"),
            "{:?}",
            found.unknowns
        );
    }
}
