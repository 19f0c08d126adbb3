//! How many cores, how much memory and how many GPUs a cluster may have.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/resourcequotas/{tracker,usage,cache}.go` and
//! `cluster-autoscaler/cloudprovider/resource_limiter.go`.

use std::collections::{BTreeMap, HashMap};

use k8s_openapi::api::core::v1::Node;
use scheduler::quantity::Quantity;

use super::cluster::Cluster;
use super::health::{GPU_LABEL, GPU_RESOURCES, Health};
use super::template::Template;

const GIB: i64 = 1 << 30;

/// What is left of the limits.
#[derive(Clone, Debug)]
pub struct Quotas {
    left: BTreeMap<String, i64>,
    /// What a node of a group counts as: upstream looks at one node only.
    nodes: HashMap<u32, BTreeMap<String, i64>>,
}

impl Quotas {
    /// Counts all nodes of the snapshot: those that exist, but for those that were taken out, and
    /// those that come.
    pub fn new(
        cluster: &Cluster,
        health: &Health,
        gone: &[u32],
        coming: &[(u32, &Template)],
    ) -> Self {
        let options = &cluster.options;
        let mut left = BTreeMap::from([
            ("cpu".to_owned(), options.cores_total.1),
            (
                "memory".to_owned(),
                options.memory_total.1.saturating_mul(GIB),
            ),
        ]);
        for (name, _, most) in &options.gpu_total {
            left.insert(name.clone(), *most);
        }
        let mut all = Self {
            left,
            nodes: HashMap::new(),
        };
        let nodes = cluster.nodes.iter().zip(&health.nodes).zip(0_u32..);
        for ((node, own), at) in nodes {
            if !gone.contains(&at) {
                all.count(cluster, &node.object, own.group);
            }
        }
        for &(group, template) in coming {
            all.count(cluster, &template.node, Some(group));
        }
        for amount in all.left.values_mut() {
            *amount = (*amount).max(0);
        }
        all
    }

    fn count(&mut self, cluster: &Cluster, node: &Node, group: Option<u32>) {
        let labels = node.metadata.labels.as_ref();
        if labels
            .and_then(|labels| labels.get("type"))
            .is_some_and(|own| own == "virtual-kubelet")
        {
            return;
        }
        let own = self.node(cluster, node, group);
        for (name, amount) in own {
            if let Some(left) = self.left.get_mut(&name) {
                *left = left.saturating_sub(amount);
            }
        }
    }

    fn node(
        &mut self,
        cluster: &Cluster,
        node: &Node,
        group: Option<u32>,
    ) -> BTreeMap<String, i64> {
        let Some(group) = group else {
            return resources(cluster, node, None);
        };
        let own = self.nodes.entry(group);
        own.or_insert_with(|| resources(cluster, node, Some(group)))
            .clone()
    }

    /// How many of so many new nodes are allowed, and which resources forbid more.
    pub fn check(
        &mut self,
        cluster: &Cluster,
        group: u32,
        template: &Template,
        nodes: i64,
    ) -> (i64, Vec<String>) {
        let own = self.node(cluster, &template.node, Some(group));
        let mut allowed = nodes;
        let mut exceeded = Vec::new();
        for (name, amount) in own {
            let Some(&left) = self.left.get(&name).filter(|_| amount > 0) else {
                continue;
            };
            if left < amount.saturating_mul(nodes) {
                allowed = allowed.min(left / amount);
                exceeded.push(name);
            }
        }
        (allowed, exceeded)
    }

    /// Takes so many new nodes off what is left.
    pub fn consume(&mut self, cluster: &Cluster, group: u32, template: &Template, nodes: i64) {
        for (name, amount) in self.node(cluster, &template.node, Some(group)) {
            if let Some(left) = self.left.get_mut(&name) {
                *left = left.saturating_sub(amount.saturating_mul(nodes)).max(0);
            }
        }
    }
}

/// The reason why a group is not looked at, as upstream words it. Upstream lists the resources in
/// no certain order; here they are sorted.
pub fn reason(exceeded: &[String]) -> String {
    format!(
        "exceeded quota: \"cluster-wide\", resources: {}",
        exceeded.join(", ")
    )
}

fn amount(node: &Node, name: &str) -> Option<i64> {
    let capacity = node.status.as_ref()?.capacity.as_ref()?.get(name)?;
    Some(
        Quantity::parse(&capacity.0)
            .map_or(0, |read| read.value())
            .max(0),
    )
}

fn resources(cluster: &Cluster, node: &Node, group: Option<u32>) -> BTreeMap<String, i64> {
    let mut all = BTreeMap::from([
        ("cpu".to_owned(), amount(node, "cpu").unwrap_or(0)),
        ("memory".to_owned(), amount(node, "memory").unwrap_or(0)),
    ]);
    let kind = node
        .metadata
        .labels
        .as_ref()
        .and_then(|labels| labels.get(GPU_LABEL));
    if let Some(kind) = kind {
        let allocatable = node
            .status
            .as_ref()
            .and_then(|status| status.allocatable.as_ref());
        let ready = GPU_RESOURCES.iter().find_map(|name| {
            let read = Quantity::parse(&allocatable?.get(*name)?.0).ok()?;
            Some(read.value()).filter(|&count| count > 0)
        });
        let template = group.and_then(|group| cluster.groups[group as usize].template.as_ref());
        let promised = || {
            GPU_RESOURCES
                .iter()
                .find_map(|name| amount(template?, name))
        };
        if let Some(count) = ready.or_else(promised).filter(|&count| count > 0) {
            all.insert(kind.clone(), count);
        }
    }
    all
}
