//! What Karpenter would take away or replace: empty nodes, and nodes whose pods fit elsewhere or on
//! something cheaper.
//!
//! Follows upstream's `pkg/controllers/disruption` (`helpers.go`, `types.go`, `consolidation.go`,
//! `emptiness.go`, `singlenodeconsolidation.go`, `multinodeconsolidation.go`). Left out are drift,
//! expiry, schedules of budgets, `consolidateAfter` of nodes that pods would move to, scores of the
//! policy `Balanced`, and nodes that were promised to pods lately.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use k8s_openapi::api::core::v1::Pod;

use super::chance::Chance;
use super::going::{can_move, eviction_cost, is_reschedulable, keeps_node};
use super::input::Input;
use super::instance_type::{self, InstanceType};
use super::names::{CAPACITY_TYPE, INSTANCE_TYPE, Names, ZONE};
use super::node_pool::NodePool;
use super::outcome::{Claim, Outcome};
use super::pod::{Namespaces, PodFacts, is_provisionable};
use super::requirement::{Requirements, WellKnown};
use super::scheduler::{Simulation, simulate};
use super::state_node::{StateNode, state_nodes};

/// Nodes that are taken away at once, at most.
const MOST: usize = 100;
/// What moving nothing at all costs.
const BASE_COST: f64 = 1.0;

/// What would be done about each node of a pool.
#[derive(Clone, Debug, Default)]
pub struct Consolidation {
    /// Each node, by name.
    pub nodes: BTreeMap<String, NodeVerdict>,
    /// Empty nodes that go now.
    pub empty: Vec<String>,
    /// Several nodes that go now at once.
    pub multi: Option<Command>,
    /// How many nodes of each pool may go now: empty ones, and others.
    pub allowed: BTreeMap<String, (i64, i64)>,
}

/// What becomes of one node by itself, budgets aside.
#[derive(Clone, Debug)]
pub struct NodeVerdict {
    /// Its pool.
    pub node_pool: String,
    /// What it costs an hour; nothing if no offering is known.
    pub price: f64,
    /// What it costs to move its pods, 1 without any.
    pub cost: f64,
    /// The verdict.
    pub verdict: Verdict,
}

/// What becomes of a node.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It stays, for this reason.
    Stays(String),
    /// It is empty, and goes.
    Empty,
    /// It goes.
    Goes(Command),
}

/// Nodes that go, and what comes instead.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// The nodes.
    pub nodes: Vec<String>,
    /// What comes instead.
    pub replacement: Option<Replacement>,
    /// What that saves an hour, at the price that is likely.
    pub saves: f64,
}

/// A node instead of others.
#[derive(Clone, Debug, Default)]
pub struct Replacement {
    /// Its pool.
    pub node_pool: String,
    /// The instance types it may have, the cheapest first.
    pub instance_types: Vec<String>,
    /// The lowest price of one for an hour.
    pub price: f64,
}

/// A node that could go.
struct Candidate<'a> {
    name: String,
    pool: &'a NodePool,
    own_type: Option<Rc<InstanceType>>,
    labels: Requirements,
    is_spot: bool,
    price: f64,
    cost: f64,
    pods: Vec<usize>,
    /// Why it is not to be consolidated.
    stays: Option<String>,
}

impl Candidate<'_> {
    fn is_empty(&self) -> bool {
        self.cost <= BASE_COST
    }

    fn ratio(&self) -> f64 {
        self.price / self.cost
    }
}

/// What is looked up again and again.
struct World<'a> {
    input: &'a Input,
    names: Names,
    types: Vec<Rc<InstanceType>>,
    well_known: WellKnown,
    pods: Vec<PodFacts>,
    on_node: HashMap<String, Vec<usize>>,
}

/// What would be taken away or replaced.
#[must_use]
pub fn consolidate(input: &Input, chance: &mut dyn Chance) -> Consolidation {
    let mut names = Names::default();
    let (types, well_known) =
        instance_type::build(&input.instance_types, &input.settings, &mut names);
    let pods: Vec<PodFacts> = input
        .pods
        .iter()
        .map(|pod| PodFacts::read(pod, &Namespaces::default(), &mut names))
        .collect();
    let mut on_node: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, pod) in pods.iter().enumerate() {
        if let Some(node) = &pod.node {
            on_node.entry(node.clone()).or_default().push(at);
        }
    }
    let mut world = World {
        input,
        names,
        types,
        well_known,
        pods,
        on_node,
    };
    let states = state_nodes(&input.nodes, &input.node_claims);
    let mut result = Consolidation {
        allowed: allowed(input, &states),
        ..Consolidation::default()
    };
    let mut candidates = Vec::new();
    for state in states.values().filter(|own| own.claim.is_some()) {
        match world.candidate(state) {
            Ok(candidate) => candidates.push(candidate),
            Err((pool, why)) => {
                let verdict = NodeVerdict {
                    node_pool: pool,
                    price: 0.0,
                    cost: 0.0,
                    verdict: Verdict::Stays(why),
                };
                result.nodes.insert(state.name().to_owned(), verdict);
            }
        }
    }
    candidates.sort_by(|one, other| {
        let by_ratio = other.ratio().total_cmp(&one.ratio());
        by_ratio.then_with(|| one.name.cmp(&other.name))
    });
    result.empty = within(&candidates, true, &result.allowed);
    let others: Vec<&Candidate<'_>> = candidates
        .iter()
        .filter(|own| !own.is_empty() && own.stays.is_none())
        .collect();
    for own in &candidates {
        let verdict = match &own.stays {
            Some(why) => Verdict::Stays(why.clone()),
            None if own.is_empty() => Verdict::Empty,
            None => match world.compute(&[own], chance) {
                Ok(command) => Verdict::Goes(command),
                Err(why) => Verdict::Stays(why),
            },
        };
        let verdict = NodeVerdict {
            node_pool: own.pool.name().to_owned(),
            price: own.price,
            cost: own.cost,
            verdict,
        };
        result.nodes.insert(own.name.clone(), verdict);
    }
    let chosen = within(&candidates, false, &result.allowed);
    let chosen: Vec<&Candidate<'_>> = others
        .into_iter()
        .filter(|own| chosen.contains(&own.name))
        .collect();
    result.multi = world.several(&chosen, chance);
    result
}

/// How many nodes of each pool may go, as empty ones and for other reasons.
fn allowed(
    input: &Input,
    states: &BTreeMap<String, StateNode<'_>>,
) -> BTreeMap<String, (i64, i64)> {
    let mut counts: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for state in states.values() {
        let terminating = state
            .claim
            .is_none_or(super::node_pool::NodeClaim::is_terminating);
        if terminating || !state.is_initialized() {
            continue;
        }
        let own = counts.entry(state.pool()).or_default();
        own.0 += 1;
        own.1 += i64::from(!is_ready(state) || state.is_going());
    }
    let pools = input.node_pools.iter().map(|pool| {
        let (nodes, busy) = counts.get(pool.name()).copied().unwrap_or_default();
        let allows = |reason| (pool.spec.disruption.allows(reason, nodes) - busy).max(0);
        (
            pool.name().to_owned(),
            (allows("Empty"), allows("Underutilized")),
        )
    });
    pools.collect()
}

fn is_ready(state: &StateNode<'_>) -> bool {
    let status = state.node.and_then(|own| own.status.as_ref());
    let mut conditions = status
        .iter()
        .flat_map(|own| own.conditions.iter().flatten());
    conditions.any(|own| own.type_ == "Ready" && own.status == "True")
}

/// The candidates that budgets let go, in order.
fn within(
    candidates: &[Candidate<'_>],
    empty: bool,
    allowed: &BTreeMap<String, (i64, i64)>,
) -> Vec<String> {
    let mut left: BTreeMap<&str, i64> = allowed
        .iter()
        .map(|(pool, own)| (pool.as_str(), if empty { own.0 } else { own.1 }))
        .collect();
    let mut chosen = Vec::new();
    for own in candidates {
        if own.stays.is_some() || own.is_empty() != empty {
            continue;
        }
        let left = left.entry(own.pool.name()).or_default();
        if *left > 0 {
            *left -= 1;
            chosen.push(own.name.clone());
        }
    }
    chosen
}

impl<'a> World<'a> {
    /// What there is to know of a node that could go; else its pool, and why it cannot.
    fn candidate(&mut self, state: &StateNode<'_>) -> Result<Candidate<'a>, (String, String)> {
        let pool_name = state.pool().to_owned();
        let stays = |why: &str| Err((pool_name.clone(), why.to_owned()));
        if state.node.is_none() {
            return stays("nodeclaim does not have an associated node");
        }
        if !state.is_initialized() {
            return stays("node isn't initialized");
        }
        if state.is_going() {
            return stays("node is deleting or marked for deletion");
        }
        let annotations = state.node.and_then(|own| own.metadata.annotations.as_ref());
        let protected = annotations.and_then(|own| own.get("karpenter.sh/do-not-disrupt"));
        if protected.is_some_and(|own| own == "true") {
            return stays(
                "disruption is blocked through the \"karpenter.sh/do-not-disrupt\" annotation",
            );
        }
        if pool_name.is_empty() {
            return stays("node doesn't have required label (label=karpenter.sh/nodepool)");
        }
        let input: &'a Input = self.input;
        let pool = input.node_pools.iter().find(|own| own.name() == pool_name);
        let Some(pool) = pool.filter(|_| !self.types.is_empty()) else {
            return stays(&format!("NodePool not found (NodePool={pool_name})"));
        };
        let node = state
            .node
            .and_then(|own| own.metadata.name.clone())
            .unwrap_or_default();
        let pods = self.on_node.get(&node).cloned().unwrap_or_default();
        let all = pods.iter().map(|&at| (&input.pods[at], &self.pods[at]));
        if let Some(why) = all
            .clone()
            .find_map(|(pod, facts)| keeps_node(pod, facts, input))
        {
            return stays(&why);
        }
        let moved: Vec<&Pod> = all
            .filter(|(pod, facts)| is_reschedulable(facts, pod))
            .map(|(pod, _)| pod)
            .collect();
        let cost = BASE_COST
            + moved
                .iter()
                .map(|pod| eviction_cost(pod).max(0.0))
                .sum::<f64>();
        let label = |key: &str| state.labels().get(key).map(String::as_str);
        let own_type = label(INSTANCE_TYPE)
            .and_then(|name| self.types.iter().find(|own| own.name == name).cloned());
        let price = self.price(own_type.as_deref(), label(ZONE), label(CAPACITY_TYPE));
        let mut candidate = Candidate {
            name: state.name().to_owned(),
            pool,
            labels: Requirements::of_labels(state.labels(), &mut self.names),
            is_spot: label(CAPACITY_TYPE) == Some("spot"),
            price,
            cost,
            pods,
            stays: None,
            own_type,
        };
        candidate.stays = stays_by_itself(&candidate, state);
        Ok(candidate)
    }

    /// What an offering of the node's kind costs, whether there are any left or not.
    fn price(
        &mut self,
        own_type: Option<&InstanceType>,
        zone: Option<&str>,
        capacity_type: Option<&str>,
    ) -> f64 {
        let keys = [ZONE, CAPACITY_TYPE].map(|key| self.names.key(key));
        let wanted = [zone, capacity_type].map(|own| self.names.value(own.unwrap_or_default()));
        let mut all = own_type.into_iter().flat_map(|own| &own.offerings);
        let own = all.find(|offering| {
            let mut labels = keys.iter().zip(wanted);
            labels.all(|(key, value)| offering.requirements.get(*key).single() == Some(value))
        });
        own.map_or(0.0, |own| own.price)
    }

    /// What comes of taking these nodes away, or why nothing does.
    fn compute(
        &self,
        candidates: &[&Candidate<'_>],
        chance: &mut dyn Chance,
    ) -> Result<Command, String> {
        let without: HashSet<String> = candidates.iter().map(|own| own.name.clone()).collect();
        let moved = candidates
            .iter()
            .flat_map(|own| own.pods.iter().copied())
            .filter(|&at| can_move(&self.input.pods[at], &self.pods[at], self.input));
        let simulation = Simulation {
            without,
            moved: moved.collect(),
            falls_back: true,
        };
        let outcome = simulate(self.input, &simulation, chance);
        if let Some(why) = self.unplaced(&outcome) {
            return Err(why);
        }
        let price: f64 = candidates.iter().map(|own| own.price).sum();
        let nodes: Vec<String> = candidates.iter().map(|own| own.name.clone()).collect();
        let claim = match outcome.claims.as_slice() {
            [] => {
                return Ok(Command {
                    nodes,
                    replacement: None,
                    saves: price,
                });
            }
            [claim] => claim,
            more => {
                let count = more.len();
                return Err(format!("Can't remove without creating {count} candidates"));
            }
        };
        if candidates.iter().all(|own| own.is_spot) && claim.allows[0] {
            return Err(
                "SpotToSpotConsolidation is disabled, can't replace a spot node with a spot node"
                    .to_owned(),
            );
        }
        let cheaper = cheaper_than(claim, price, None);
        if !meets_min_values(claim, &cheaper) {
            return Err(
                "Filtering by price: minValues requirement is not met for label(s)".to_owned(),
            );
        }
        self.replace(candidates, claim, &cheaper, price, nodes)
            .ok_or_else(|| "Can't replace with a cheaper node".to_owned())
    }

    fn replace(
        &self,
        candidates: &[&Candidate<'_>],
        claim: &Claim,
        cheaper: &[usize],
        price: f64,
        nodes: Vec<String>,
    ) -> Option<Command> {
        let mut rest = cheaper.to_vec();
        if candidates.len() > 1 {
            let bound = self.same_type_bound(candidates, claim, cheaper);
            rest = cheaper_than(claim, bound, Some(cheaper));
            if !meets_min_values(claim, &rest) {
                return None;
            }
        }
        let likely = rest.iter().map(|&at| claim.prices[at].0).reduce(f64::min)?;
        Some(Command {
            nodes,
            replacement: Some(Replacement {
                node_pool: claim.node_pool.clone(),
                instance_types: rest
                    .iter()
                    .map(|&at| claim.instance_types[at].clone())
                    .collect(),
                price: likely,
            }),
            saves: price - likely,
        })
    }

    /// If the replacement may be of a type that goes, it must be cheaper than the cheapest of those.
    fn same_type_bound(
        &self,
        candidates: &[&Candidate<'_>],
        claim: &Claim,
        cheaper: &[usize],
    ) -> f64 {
        let mut bound = f64::MAX;
        for own in candidates {
            let Some(own_type) = &own.own_type else {
                continue;
            };
            let known = Some(&self.well_known);
            let offerings = own_type
                .offerings
                .iter()
                .filter(|offering| own.labels.is_compatible(&offering.requirements, known));
            // A type without an offering of its own counts as one that costs nothing.
            let price = offerings
                .map(|own| own.price)
                .reduce(f64::min)
                .unwrap_or(0.0);
            let is_among = |&at: &usize| claim.instance_types[at] == own_type.name;
            if cheaper.iter().any(is_among) {
                bound = bound.min(price);
            }
        }
        bound
    }

    /// Why a pod that runs has no place then.
    fn unplaced(&self, outcome: &Outcome) -> Option<String> {
        let names: HashMap<&str, usize> = (self.pods.iter().enumerate())
            .map(|(at, own)| (own.name.as_str(), at))
            .collect();
        let runs = |pod: &str| {
            names
                .get(pod)
                .is_some_and(|&at| !is_provisionable(&self.input.pods[at]))
        };
        for (pod, reasons) in &outcome.errors {
            if runs(pod) {
                let why = reasons.first().map(ToString::to_string).unwrap_or_default();
                return Some(format!("not all pods would schedule, {pod} => {why}"));
            }
        }
        for node in &outcome.uninitialized {
            let pods = outcome.existing.get(node).into_iter().flatten();
            for pod in pods.filter(|pod| !outcome.going.contains(*pod)) {
                if runs(pod) {
                    return Some(format!(
                        "not all pods would schedule, {pod} => would schedule against uninitialized node/{node}"
                    ));
                }
            }
        }
        let usable = self
            .input
            .node_pools
            .iter()
            .any(|own| own.skipped().is_none());
        (!usable).then(|| "no nodepools found".to_owned())
    }

    /// The most nodes that can go at once, found by halving.
    fn several(&self, candidates: &[&Candidate<'_>], chance: &mut dyn Chance) -> Option<Command> {
        if candidates.len() < 2 {
            return None;
        }
        let mut least = 1;
        let mut most = if candidates.len() <= MOST {
            candidates.len() - 1
        } else {
            MOST
        };
        let mut found = None;
        while least <= most {
            let middle = usize::midpoint(least, most);
            if let Ok(command) = self.compute(&candidates[..=middle], chance) {
                found = Some(command);
                least = middle + 1;
            } else {
                most = middle - 1;
            }
        }
        found
    }
}

/// Why a node is not consolidated, whatever is on the others.
fn stays_by_itself(own: &Candidate<'_>, state: &StateNode<'_>) -> Option<String> {
    let label = |key: &str| state.labels().get(key);
    let pool = own.pool.name();
    if own.pool.spec.replicas.is_some() {
        return Some(format!("NodePool {pool:?} has a fixed number of replicas"));
    }
    let disruption = &own.pool.spec.disruption;
    if !own.is_empty() {
        if own.own_type.is_none() {
            let name = label(INSTANCE_TYPE).map_or("", String::as_str);
            return Some(format!("Instance Type {name:?} not found"));
        }
        for key in [CAPACITY_TYPE, ZONE] {
            if label(key).is_none() {
                return Some(format!("Node does not have label {key:?}"));
            }
        }
    }
    if !disruption.consolidates() {
        return Some(format!("NodePool {pool:?} has consolidation disabled"));
    }
    if !own.is_empty() && disruption.consolidation_policy.as_deref() == Some("WhenEmpty") {
        return Some(format!(
            "NodePool {pool:?} has consolidation policy WhenEmpty, but node is not empty"
        ));
    }
    let ready = state
        .claim
        .is_some_and(super::node_pool::NodeClaim::is_consolidatable);
    (!ready).then(|| "its NodeClaim is not Consolidatable yet".to_owned())
}

/// The types, by their places, of which even the worst launch costs less.
fn cheaper_than(claim: &Claim, price: f64, among: Option<&[usize]>) -> Vec<usize> {
    let all = 0..claim.instance_types.len();
    all.filter(|at| among.is_none_or(|own| own.contains(at)))
        .filter(|&at| claim.prices[at].1 < price)
        .collect()
}

fn meets_min_values(claim: &Claim, types: &[usize]) -> bool {
    claim.min_values.iter().all(|(least, values)| {
        let found: HashSet<u32> = types
            .iter()
            .flat_map(|&at| values[at].iter().copied())
            .collect();
        types.is_empty() || i64::try_from(found.len()).unwrap_or(i64::MAX) >= *least
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::karpenter::chance::First;
    use crate::karpenter::scenario;

    fn instance_type(name: &str, cpu: &str, price: f64) -> Value {
        json!({"name": name, "architecture": "amd64", "operatingSystems": ["linux"],
            "resources": {"cpu": cpu, "memory": "8Gi"}, "offerings": [{"Price": price, "Requirements": [
                {"key": CAPACITY_TYPE, "operator": "In", "values": ["on-demand"]},
                {"key": ZONE, "operator": "In", "values": ["a"]}]}]})
    }

    fn node(name: &str) -> [Value; 2] {
        let mut labels = json!({CAPACITY_TYPE: "on-demand", ZONE: "a", INSTANCE_TYPE: "s-4x",
            "karpenter.sh/nodepool": "p", "kubernetes.io/hostname": name});
        let claim = json!({"kind": "NodeClaim", "metadata": {"name": format!("claim-{name}"), "labels": labels},
            "status": {"providerID": name, "conditions": [{"type": "Consolidatable", "status": "True"}]}});
        labels["karpenter.sh/registered"] = json!("true");
        labels["karpenter.sh/initialized"] = json!("true");
        let node = json!({"kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {"providerID": name},
            "status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
                "allocatable": {"cpu": "3900m", "memory": "8Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True"}]}});
        [claim, node]
    }

    fn pod(name: &str, node: &str, cpu: &str) -> Value {
        json!({"kind": "Pod", "metadata": {"name": name, "uid": name}, "spec": {"nodeName": node,
            "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}, "status": {"phase": "Running"}})
    }

    fn ask(budget: &str, pods: &[Value]) -> Consolidation {
        let pool = json!({"kind": "NodePool", "metadata": {"name": "p"}, "spec": {
            "disruption": {"consolidateAfter": "0s", "consolidationPolicy": "WhenEmptyOrUnderutilized",
                "budgets": [{"nodes": budget}]},
            "template": {"spec": {"requirements": []}}}});
        let mut objects = vec![pool];
        objects.extend(node("n1"));
        objects.extend(node("n2"));
        objects.extend(pods.iter().cloned());
        let case = json!({"options": {}, "objects": objects,
            "instanceTypes": [instance_type("s-2x", "2", 0.1), instance_type("s-4x", "4", 0.2)]});
        consolidate(&scenario::read(&case).unwrap(), &mut First)
    }

    #[test]
    fn a_node_whose_pods_fit_elsewhere_goes() {
        let found = ask("100%", &[pod("a", "n1", "1"), pod("b", "n2", "1")]);
        for name in ["n1", "n2"] {
            let Verdict::Goes(command) = &found.nodes[name].verdict else {
                panic!("{:?}", found.nodes[name]);
            };
            assert!(command.replacement.is_none());
            assert!((command.saves - 0.2).abs() < 1e-9);
        }
        // Both for one of the same kind is no more than one of them.
        assert!(found.multi.is_none() && found.empty.is_empty());
    }

    #[test]
    fn a_node_that_is_too_large_is_replaced() {
        let found = ask("100%", &[pod("a", "n1", "1500m"), pod("b", "n2", "3")]);
        let Verdict::Goes(command) = &found.nodes["n1"].verdict else {
            panic!("{:?}", found.nodes["n1"]);
        };
        let instead = command.replacement.as_ref().unwrap();
        assert_eq!(instead.instance_types, ["s-2x"]);
        assert!((command.saves - 0.1).abs() < 1e-9);
        let Verdict::Stays(why) = &found.nodes["n2"].verdict else {
            panic!("{:?}", found.nodes["n2"]);
        };
        assert_eq!(why, "Can't replace with a cheaper node");
    }

    #[test]
    fn budgets_hold_back_empty_nodes() {
        assert_eq!(ask("1", &[]).empty, ["n1"]);
        assert_eq!(ask("100%", &[]).empty, ["n1", "n2"]);
        assert!(ask("0", &[]).empty.is_empty());
        assert_eq!(ask("10%", &[]).allowed["p"], (1, 1));
    }
}
