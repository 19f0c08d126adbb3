//! Which nodes belong to a group that is known by name only: the autoscaler's status and flags
//! name groups as the cloud does, and say nothing of their nodes.
//!
//! Follows the names that the providers in kubernetes/autoscaler (`cluster-autoscaler/cloudprovider/`)
//! give their groups. A name that could stand for several groups decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Node;

use super::KnownGroup;
use super::labels::{GROUP_LABELS, annotation, group_of, label, name};

/// The `MachineSet` of a node, by Cluster API.
const MACHINE_OWNER: &str = "cluster.x-k8s.io/owner-name";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Hands each node to the group that its labels, its owner or its provider's ID name.
pub(super) fn assign(groups: &mut [KnownGroup], nodes: &[&Node]) {
    let names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
    let mut left = Vec::new();
    for node in nodes {
        let mut certain = names
            .iter()
            .enumerate()
            .filter(|(_, group)| is_member(node, group));
        match (certain.next(), certain.next()) {
            (Some((at, _)), None) => groups[at].nodes.push(name(node).to_owned()),
            _ => left.push(*node),
        }
    }
    assign_by_part_of_name(groups, &names, &left);
}

/// Whether node and group are named as belonging together by something that is unique.
fn is_member(node: &Node, group: &str) -> bool {
    if group_of(node).is_some_and(|(_, own)| own == group)
        || GROUP_LABELS
            .iter()
            .any(|key| label(node, key) == Some(group))
    {
        return true;
    }
    let provider_id = node
        .spec
        .as_ref()
        .and_then(|spec| spec.provider_id.as_deref());
    provider_id.is_some_and(|id| named_by_provider(node, id, group))
        || made_by_cluster_api(node, group)
}

/// An Azure scale set is part of its nodes' IDs; a Google instance is named after its group.
fn named_by_provider(node: &Node, id: &str, group: &str) -> bool {
    if id.starts_with("azure://") {
        let mut parts = id.split('/');
        return parts.any(|part| part.eq_ignore_ascii_case(group));
    }
    if id.starts_with("gce://") {
        let instance = id.rsplit('/').next().unwrap_or_default();
        let manager = group.rsplit('/').next().unwrap_or_default();
        let base = manager.strip_suffix("-grp").unwrap_or(manager);
        let own = instance.strip_prefix(base).is_some_and(|rest| {
            let random = rest.strip_prefix('-');
            random.is_some_and(|random| !random.is_empty() && !random.contains('-'))
        });
        // The same base name can occur in each zone.
        let zone = group
            .split_once("/zones/")
            .and_then(|(_, rest)| rest.split('/').next());
        let own_zone = label(node, ZONE).or_else(|| id.rsplit('/').nth(1));
        return own && zone.is_none_or(|zone| own_zone == Some(zone));
    }
    false
}

/// `MachineDeployment/NAMESPACE/NAME`: its machine sets are named after it, and after a hash.
fn made_by_cluster_api(node: &Node, group: &str) -> bool {
    let (Some(owner), Some((kind, rest))) =
        (annotation(node, MACHINE_OWNER), group.split_once('/'))
    else {
        return false;
    };
    let own = rest.rsplit('/').next().unwrap_or_default();
    match kind {
        "MachineSet" | "MachinePool" => owner == own,
        "MachineDeployment" => owner
            .strip_prefix(own)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|hash| !hash.is_empty() && !hash.contains('-')),
        _ => false,
    }
}

/// `eks-web-1234…` is the group of nodes with the label `web`, if no other name holds that word;
/// of several words in a name the longest counts.
fn assign_by_part_of_name(groups: &mut [KnownGroup], names: &[String], nodes: &[&Node]) {
    let values: BTreeSet<String> = nodes.iter().filter_map(|node| part(node)).collect();
    let mut owners: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, group) in names.iter().enumerate() {
        let longest = values
            .iter()
            .filter(|value| has_word(group, value))
            .max_by_key(|value| value.len());
        if let Some(value) = longest {
            owners.entry(value.clone()).or_default().push(at);
        }
    }
    for node in nodes {
        let Some(value) = part(node) else {
            continue;
        };
        if let Some([at]) = owners.get(&value).map(Vec::as_slice) {
            groups[*at].nodes.push(name(node).to_owned());
        }
    }
}

fn part(node: &Node) -> Option<String> {
    let (key, _) = group_of(node)?;
    label(node, key).map(str::to_owned)
}

/// Whether a word stands in a name between its ends or separators.
fn has_word(name: &str, word: &str) -> bool {
    let is_end = |at: Option<char>| at.is_none_or(|own| !own.is_ascii_alphanumeric());
    name.match_indices(word).any(|(at, _)| {
        is_end(name[..at].chars().next_back()) && is_end(name[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::node;
    use super::*;

    fn assigned(groups: &[&str], nodes: &[Node]) -> Vec<Vec<String>> {
        let mut all: Vec<KnownGroup> = groups
            .iter()
            .map(|&name| KnownGroup {
                name: name.to_owned(),
                ..KnownGroup::default()
            })
            .collect();
        assign(&mut all, &nodes.iter().collect::<Vec<_>>());
        all.into_iter().map(|group| group.nodes).collect()
    }

    #[test]
    fn nodes_find_the_group_that_each_cloud_names() {
        let eks = "eks.amazonaws.com/nodegroup";
        let azure = |set: &str| {
            format!("azure:///subscriptions/1/virtualMachineScaleSets/{set}/virtualMachines/0")
        };
        let mig = |zone: &str, name: &str| {
            format!(
                "https://www.googleapis.com/compute/v1/projects/p/zones/{zone}/instanceGroups/{name}"
            )
        };
        let mut machine = node("m", &[], "");
        machine.metadata.annotations =
            Some([(MACHINE_OWNER.to_owned(), "workers-abc12".to_owned())].into());
        let (a, b) = (
            mig("z1", "gke-c-pool-1a2b-grp"),
            mig("z2", "gke-c-pool-1a2b-grp"),
        );
        for (groups, nodes, expected) in [
            // A label that is the name, and one that is a word in it.
            (
                &["web", "db"][..],
                vec![
                    node("a", &[(eks, "web")], ""),
                    node("b", &[(eks, "db")], ""),
                ],
                &[&["a"][..], &["b"]][..],
            ),
            (
                &["eks-web-0ec1", "eks-web-gpu-7f20"],
                vec![
                    node("a", &[(eks, "web")], ""),
                    node("b", &[(eks, "web-gpu")], ""),
                ],
                &[&["a"], &["b"]],
            ),
            (
                &["nodes-a.example.com", "nodes-b.example.com"],
                vec![node("a", &[("kops.k8s.io/instancegroup", "nodes-a")], "")],
                &[&["a"], &[]],
            ),
            // Two groups whose names hold the word: nobody knows.
            (
                &["eks-web-1", "eks-web-2"],
                vec![node("a", &[(eks, "web")], "")],
                &[&[], &[]],
            ),
            (
                &["aks-pool1-1-vmss", "aks-pool2-1-vmss"],
                vec![node("a", &[], &azure("AKS-pool2-1-vmss"))],
                &[&[], &["a"]],
            ),
            (
                &[a.as_str(), b.as_str()],
                vec![
                    node("a", &[], "gce://p/z1/gke-c-pool-1a2b-x1y2"),
                    node("b", &[], "gce://p/z2/gke-c-pool-1a2b-x1y2"),
                    node("c", &[], "gce://p/z2/gke-c-pool-1a2b-grp-other"),
                ],
                &[&["a"], &["b"]],
            ),
            (
                &[
                    "MachineDeployment/default/workers",
                    "MachineDeployment/default/workers-abc12",
                ],
                vec![machine],
                &[&["m"], &[]],
            ),
        ] {
            assert_eq!(assigned(groups, &nodes), expected, "{groups:?}");
        }
    }
}
