//! What Karpenter would do, as a report.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::karpenter::disruption::{self, Consolidation, Verdict};
use crate::karpenter::outcome::{ChosenByChance, Claim, Launch, Requirement};
use crate::karpenter::{Input, Outcome, used_by_pools};
use crate::karpenter_facts::KarpenterFacts;
use crate::report::{API_VERSION, Head};

/// Hours of a month, as clouds count them.
pub const HOURS: f64 = 730.0;
/// Labels that are no more than Karpenter's own book-keeping.
const INTERNAL: [&str; 2] = ["karpenter.sh/registered", "karpenter.sh/initialized"];

/// `kubectl autoscale-sim --engine karpenter`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KarpenterPlan {
    /// The head; kind `KarpenterPlan`.
    #[serde(flatten)]
    pub head: Head,
    /// Pools, the first to be tried first.
    pub node_pools: Vec<PoolReport>,
    /// Nodes to come.
    pub claims: Vec<ClaimReport>,
    /// Pods that fit on nodes that are there or on their way.
    pub placed: Vec<Placed>,
    /// Pods that stay pending.
    pub pods_left: Vec<LeftPods>,
    /// Pods that Karpenter does not look at.
    pub pods_ignored: Vec<LeftPods>,
    /// Where upstream leaves the choice to chance; another choice may have other consequences.
    pub left_to_chance: Vec<ChosenByChance>,
    /// What the nodes to come cost.
    pub cost: Cost,
    /// What consolidation would do, if that is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consolidation: Option<ConsolidationReport>,
}

/// What consolidation would take away or replace.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsolidationReport {
    /// Empty nodes that go first, within budgets.
    pub empty: Vec<String>,
    /// Several nodes that go at once, within budgets, where there are no empty ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<CommandReport>,
    /// Each node by itself, budgets aside.
    pub nodes: Vec<NodeReport>,
    /// How many nodes of each pool may go now.
    pub allowed: BTreeMap<String, Allowed>,
}

/// How many nodes of a pool may go now.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowed {
    /// Empty ones.
    pub empty: i64,
    /// Others.
    pub underutilized: i64,
}

/// Nodes that go, and what comes instead.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandReport {
    /// The nodes.
    pub nodes: Vec<String>,
    /// The pool of the node that comes instead; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_pool: Option<String>,
    /// The instance types it may have, the cheapest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instance_types: Vec<String>,
    /// What that saves an hour.
    pub saves_per_hour: f64,
}

/// What becomes of a node by itself.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeReport {
    /// The node.
    pub node: String,
    /// Its pool.
    pub node_pool: String,
    /// What it costs; 0 if no offering of its kind is known.
    pub price_per_hour: f64,
    /// `empty`, `delete`, `replace` or `stays`.
    pub verdict: &'static str,
    /// What comes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandReport>,
    /// Why it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

fn command(own: &disruption::Command) -> CommandReport {
    let instead = own.replacement.as_ref();
    CommandReport {
        nodes: own.nodes.clone(),
        node_pool: instead.map(|own| own.node_pool.clone()),
        instance_types: instead.map_or_else(Vec::new, |own| own.instance_types.clone()),
        saves_per_hour: own.saves,
    }
}

/// Makes the report of consolidation.
#[must_use]
pub fn consolidation(own: &Consolidation) -> ConsolidationReport {
    let nodes = own.nodes.iter().map(|(name, node)| {
        let (verdict, order, why) = match &node.verdict {
            Verdict::Empty => ("empty", None, None),
            Verdict::Stays(why) => ("stays", None, Some(why.clone())),
            Verdict::Goes(order) => {
                let replaced = order.replacement.is_some();
                let verdict = if replaced { "replace" } else { "delete" };
                (verdict, Some(command(order)), None)
            }
        };
        NodeReport {
            node: name.clone(),
            node_pool: node.node_pool.clone(),
            price_per_hour: node.price,
            verdict,
            command: order,
            why,
        }
    });
    let allowed = own.allowed.iter().map(|(pool, (empty, others))| {
        let own = Allowed {
            empty: *empty,
            underutilized: *others,
        };
        (pool.clone(), own)
    });
    ConsolidationReport {
        empty: own.empty.clone(),
        together: own.multi.as_ref().map(command),
        nodes: nodes.collect(),
        allowed: allowed.collect(),
    }
}

/// A pool.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolReport {
    /// Its name.
    pub name: String,
    /// Heavier pools come first.
    pub weight: i32,
    /// How many nodes it gets.
    pub claims: usize,
    /// Why no node comes from it, whatever pods ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// Its limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitReport>,
}

/// A limit of a pool.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitReport {
    /// The resource; `nodes` counts nodes.
    pub resource: String,
    /// As it is written.
    pub limit: String,
    /// What its nodes have now, in whole units.
    pub used: f64,
    /// Whether that is more than the limit.
    pub exceeded: bool,
}

/// A node to come.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimReport {
    /// Its pool.
    pub node_pool: String,
    /// The pods it is for, as `namespace/name`.
    pub pods: Vec<String>,
    /// The instance types it may have, the cheapest first.
    pub instance_types: Vec<String>,
    /// What its labels may be.
    pub requirements: Vec<Requirement>,
    /// Ways to launch it at the lowest price; one of them is chosen.
    pub launches: Vec<Launch>,
    /// The lowest price for an hour.
    pub price_per_hour: f64,
    /// `minValues` of its pool had to give way.
    pub min_values_relaxed: bool,
}

/// Pods for a node that is there.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed {
    /// The node, or a claim on its way.
    pub node: String,
    /// The pods, as `namespace/name`.
    pub pods: Vec<String>,
}

/// Pods that stay pending for the same reasons.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftPods {
    /// The pods, as `namespace/name`.
    pub pods: Vec<String>,
    /// Why, one reason a pool at least; as Karpenter says it.
    pub reasons: Vec<String>,
}

/// A cost.
#[derive(Clone, Copy, Debug, Default, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// In the currency of the prices.
    pub per_hour: f64,
    /// For 730 hours.
    pub per_month: f64,
}

/// Makes the report.
#[must_use]
pub fn plan(facts: &KarpenterFacts, outcome: &Outcome) -> KarpenterPlan {
    let input = &facts.input;
    let over = |pod: &&k8s_openapi::api::core::v1::Pod| {
        let phase = pod.status.as_ref().and_then(|own| own.phase.as_deref());
        !matches!(phase, Some("Succeeded" | "Failed"))
    };
    let claims: Vec<ClaimReport> = outcome.claims.iter().map(claim).collect();
    let per_hour: f64 = claims.iter().map(|own| own.price_per_hour).sum();
    KarpenterPlan {
        head: Head {
            api_version: API_VERSION,
            kind: "KarpenterPlan",
            time: input.now,
            nodes: input.nodes.len(),
            pods: input.pods.iter().filter(over).count(),
            assumed: Vec::new(),
            unknown: Vec::new(),
        },
        node_pools: pools(facts, outcome),
        placed: outcome
            .existing
            .iter()
            .map(|(node, pods)| Placed {
                node: node.clone(),
                pods: pods.clone(),
            })
            .collect(),
        pods_left: by_reasons(&outcome.errors),
        pods_ignored: by_reasons(&outcome.ignored),
        left_to_chance: outcome.choices.clone(),
        cost: Cost {
            per_hour,
            per_month: per_hour * HOURS,
        },
        claims,
        consolidation: None,
    }
}

fn claim(own: &Claim) -> ClaimReport {
    let requirements = own.requirements.iter();
    ClaimReport {
        node_pool: own.node_pool.clone(),
        pods: own.pods.clone(),
        instance_types: own.instance_types.clone(),
        requirements: requirements
            .filter(|own| !INTERNAL.contains(&own.key.as_str()))
            .cloned()
            .collect(),
        launches: own.launches.clone(),
        price_per_hour: own.launches.first().map_or(0.0, |own| own.price),
        min_values_relaxed: own.min_values_relaxed,
    }
}

fn by_reasons(pods: &BTreeMap<String, Vec<crate::karpenter::reason::Reason>>) -> Vec<LeftPods> {
    let mut all: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (pod, reasons) in pods {
        let reasons = reasons.iter().map(ToString::to_string).collect();
        all.entry(reasons).or_default().push(pod.clone());
    }
    let mut all: Vec<LeftPods> = all
        .into_iter()
        .map(|(reasons, pods)| LeftPods { pods, reasons })
        .collect();
    all.sort_by(|one, other| one.pods.cmp(&other.pods));
    all
}

fn pools(facts: &KarpenterFacts, outcome: &Outcome) -> Vec<PoolReport> {
    let used = used_by_pools(&facts.input);
    let mut all: Vec<PoolReport> = (facts.input.node_pools.iter())
        .map(|pool| PoolReport {
            name: pool.name().to_owned(),
            weight: pool.spec.weight.unwrap_or(0),
            claims: (outcome.claims.iter())
                .filter(|own| own.node_pool == pool.name())
                .count(),
            left_out: outcome.pools_left_out.get(pool.name()).cloned(),
            limits: limits(&facts.input, pool.name(), &used),
        })
        .collect();
    all.extend(facts.broken_pools.iter().map(|(name, why)| PoolReport {
        name: name.clone(),
        weight: 0,
        claims: 0,
        left_out: Some(why.clone()),
        limits: Vec::new(),
    }));
    all.sort_by(|one, other| {
        let by_weight = other.weight.cmp(&one.weight);
        by_weight.then_with(|| other.name.cmp(&one.name))
    });
    all
}

fn limits(
    input: &Input,
    pool: &str,
    used: &BTreeMap<String, BTreeMap<String, i128>>,
) -> Vec<LimitReport> {
    let pool = input.node_pools.iter().find(|own| own.name() == pool);
    let limits = pool
        .into_iter()
        .flat_map(|own| own.spec.limits.iter().flatten());
    limits
        .map(|(resource, limit)| {
            let used = pool
                .and_then(|own| used.get(own.name())?.get(resource))
                .copied()
                .unwrap_or(0);
            let most = scheduler::quantity::Quantity::parse(&limit.0);
            LimitReport {
                resource: resource.clone(),
                limit: limit.0.clone(),
                used: in_units(used),
                exceeded: most.is_ok_and(|most| used > most.nanos()),
            }
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn in_units(billionths: i128) -> f64 {
    billionths as f64 / 1e9
}
