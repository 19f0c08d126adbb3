//! Nodes and claims that are there, put together as Karpenter sees them.
//!
//! Follows upstream's `pkg/controllers/state/cluster.go` and `statenode.go`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, Taint};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::amounts::{Amounts, UNIT};
use super::input::Input;
use super::names::{HOSTNAME, INITIALIZED, INSTANCE_TYPE, NODE_POOL, Names, REGISTERED};
use super::node_pool::NodeClaim;
use super::taints;

/// A node, a claim, or both of one machine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StateNode<'a> {
    pub(super) node: Option<&'a Node>,
    pub(super) claim: Option<&'a NodeClaim>,
}

type Labels = BTreeMap<String, String>;
type List = BTreeMap<String, Quantity>;

static NO_LABELS: Labels = BTreeMap::new();

/// All machines, by what their provider calls them.
pub(super) fn state_nodes<'a>(
    nodes: &'a [Node],
    claims: &'a [NodeClaim],
) -> BTreeMap<String, StateNode<'a>> {
    let mut all: BTreeMap<String, StateNode<'a>> = BTreeMap::new();
    for claim in claims {
        if !claim.status.provider_id.is_empty() {
            let own = all.entry(claim.status.provider_id.clone()).or_default();
            own.claim = Some(claim);
        }
    }
    for node in nodes {
        if let Some(id) = provider_id(node) {
            all.entry(id).or_default().node = Some(node);
        }
    }
    all
}

/// What the machines of each pool have that count against its limits, by pool and resource, in
/// billionths of a unit.
#[must_use]
pub fn used_by_pools(input: &Input) -> BTreeMap<String, BTreeMap<String, i128>> {
    let mut names = Names::default();
    let mut all: BTreeMap<String, Amounts> = BTreeMap::new();
    for state in state_nodes(&input.nodes, &input.node_claims).values() {
        if !state.is_going() && !state.pool().is_empty() {
            let capacity = state.capacity(&mut names);
            let own = all.entry(state.pool().to_owned()).or_default();
            own.add(&capacity);
        }
    }
    all.into_iter()
        .map(|(pool, amounts)| (pool, amounts.by_name(&names)))
        .collect()
}

/// What the provider calls the machine; none while Karpenter waits to learn more of it.
fn provider_id(node: &Node) -> Option<String> {
    let label = |key: &str| {
        let labels = node.metadata.labels.as_ref();
        labels
            .and_then(|own| own.get(key))
            .map_or("", String::as_str)
    };
    let is_managed = !label(NODE_POOL).is_empty();
    let id = node.spec.as_ref().and_then(|own| own.provider_id.clone());
    let id = match id.filter(|id| !id.is_empty()) {
        Some(id) => id,
        None if is_managed => return None,
        None => node.metadata.name.clone().unwrap_or_default(),
    };
    let is_known = !label(INSTANCE_TYPE).is_empty() || !label(INITIALIZED).is_empty();
    (!is_managed || is_known).then_some(id)
}

impl<'a> StateNode<'a> {
    fn node_labels(&self) -> &'a Labels {
        let node = self.node.and_then(|own| own.metadata.labels.as_ref());
        node.unwrap_or(&NO_LABELS)
    }

    fn claim_labels(&self) -> &'a Labels {
        let claim = self.claim.and_then(|own| own.metadata.labels.as_ref());
        claim.unwrap_or(&NO_LABELS)
    }

    fn node_says(&self, label: &str) -> bool {
        self.node_labels()
            .get(label)
            .is_some_and(|own| own == "true")
    }

    pub(super) fn is_registered(&self) -> bool {
        self.claim.is_none() || self.node.is_some() && self.node_says(REGISTERED)
    }

    pub(super) fn is_initialized(&self) -> bool {
        self.claim.is_none() || self.node.is_some() && self.node_says(INITIALIZED)
    }

    /// Whether the node's own word counts, not the claim's.
    fn speaks_for_itself(&self) -> bool {
        self.node.is_some() && self.is_registered()
    }

    pub(super) fn name(&self) -> &'a str {
        let node = self.node.and_then(|own| own.metadata.name.as_deref());
        let claim = self.claim.and_then(|own| own.metadata.name.as_deref());
        let own = if self.speaks_for_itself() {
            node
        } else {
            claim
        };
        own.unwrap_or_default()
    }

    pub(super) fn labels(&self) -> &'a Labels {
        if self.speaks_for_itself() {
            self.node_labels()
        } else {
            self.claim_labels()
        }
    }

    pub(super) fn host_name(&self) -> &'a str {
        let label = self.labels().get(HOSTNAME).map_or("", String::as_str);
        if label.is_empty() { self.name() } else { label }
    }

    pub(super) fn pool(&self) -> &'a str {
        self.labels().get(NODE_POOL).map_or("", String::as_str)
    }

    /// Whether the machine is on its way out, and its pods need another place.
    pub(super) fn is_going(&self) -> bool {
        match (self.claim, self.node) {
            (Some(claim), _) => claim.is_going(),
            (None, Some(node)) => node.metadata.deletion_timestamp.is_some(),
            (None, None) => false,
        }
    }

    /// The taints that will stay.
    pub(super) fn taints(&self) -> Vec<Taint> {
        let of_node = self.node.and_then(|own| own.spec.as_ref()?.taints.clone());
        let of_claim = self.claim.and_then(|own| own.spec.taints.clone());
        let own = if self.speaks_for_itself() {
            of_node
        } else {
            of_claim
        };
        let mut all = own.unwrap_or_default();
        if let Some(claim) = self.claim.filter(|_| !self.is_initialized()) {
            let startup = claim.spec.startup_taints.as_deref().unwrap_or_default();
            all.retain(|own| {
                let is_startup = startup.iter().any(|other| taints::same(other, own));
                !is_startup && !taints::is_ephemeral(own)
            });
        }
        all
    }

    fn list(&self, of_node: Option<&List>, of_claim: Option<&List>, names: &mut Names) -> Amounts {
        let Some(_) = self.claim.filter(|_| !self.is_initialized()) else {
            return Amounts::read(of_node, names);
        };
        let claimed = Amounts::read(of_claim, names);
        if self.node.is_none() {
            return claimed;
        }
        let mut all = Amounts::read(of_node, names);
        for (resource, amount) in claimed.iter() {
            if all.get(resource) == 0 {
                all.set(resource, amount);
            }
        }
        all
    }

    pub(super) fn allocatable(&self, names: &mut Names) -> Amounts {
        let status = self.node.and_then(|own| own.status.as_ref());
        let of_node = status.and_then(|own| own.allocatable.as_ref());
        let of_claim = self.claim.and_then(|own| own.status.allocatable.as_ref());
        self.list(of_node, of_claim, names)
    }

    /// What it counts against its pool's limits.
    pub(super) fn capacity(&self, names: &mut Names) -> Amounts {
        let status = self.node.and_then(|own| own.status.as_ref());
        let of_node = status.and_then(|own| own.capacity.as_ref());
        let of_claim = self.claim.and_then(|own| own.status.capacity.as_ref());
        let mut all = self.list(of_node, of_claim, names);
        all.set(names.key("nodes"), UNIT);
        all
    }
}
