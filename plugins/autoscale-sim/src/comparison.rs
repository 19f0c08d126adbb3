//! Both autoscalers on one cluster, side by side.

use std::collections::HashSet;

use console::{Cell, Failure, Output, Tone};
use schemars::JsonSchema;
use serde::Serialize;

use crate::add::usage;
use crate::cluster_autoscaler::Cluster;
use crate::karpenter::InstanceTypeSpec;
use crate::karpenter_plan::{HOURS, KarpenterPlan};
use crate::karpenter_render::money;
use crate::render::{View, head};
use crate::report::{API_VERSION, Head, total};
use crate::until_stable::ScaleUpTimeline;

/// What is reserved on each node of Karpenter's, as its kwok provider has it.
const RESERVED_MILLI_CPU: i64 = 100;
const RESERVED_BYTES: i64 = 10 << 20;

/// `kubectl autoscale-sim --engine both`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineComparison {
    /// The head; kind `EngineComparison`.
    #[serde(flatten)]
    pub head: Head,
    /// One of each.
    pub engines: Vec<EngineSummary>,
    /// Cluster Autoscaler, loop after loop until nothing changes.
    pub cluster_autoscaler: ScaleUpTimeline,
    /// Karpenter, one round.
    pub karpenter: KarpenterPlan,
}

/// What comes of one of them.
#[derive(Clone, Debug, Default, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineSummary {
    /// Which.
    pub engine: &'static str,
    /// Nodes that are added.
    pub new_nodes: usize,
    /// Thousandths of a core that they have for pods.
    pub milli_cpu: i64,
    /// Bytes that they have for pods.
    pub memory_bytes: i64,
    /// Pods that get a node, new or there already.
    pub pods_placed: usize,
    /// Pods that stay pending.
    pub pods_left: usize,
    /// The new nodes' cost; absent where a price is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_hour: Option<f64>,
    /// The same for 730 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_month: Option<f64>,
    /// Share of the new nodes' cores that nothing requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_cpu: Option<f64>,
    /// Share of the new nodes' memory that nothing requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_memory: Option<f64>,
}

/// Sums of new nodes.
#[derive(Default)]
struct Sums {
    nodes: usize,
    milli_cpu: i64,
    used_milli_cpu: i64,
    memory: i64,
    used_memory: i64,
    cost: Option<f64>,
}

impl Sums {
    fn new() -> Self {
        Self {
            cost: Some(0.0),
            ..Self::default()
        }
    }

    fn summary(&self, engine: &'static str, placed: usize, left: usize) -> EngineSummary {
        EngineSummary {
            engine,
            new_nodes: self.nodes,
            milli_cpu: self.milli_cpu,
            memory_bytes: self.memory,
            pods_placed: placed,
            pods_left: left,
            cost_per_hour: self.cost,
            cost_per_month: self.cost.map(|own| own * HOURS),
            idle_cpu: idle(self.used_milli_cpu, self.milli_cpu),
            idle_memory: idle(self.used_memory, self.memory),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn idle(used: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| 1.0 - used as f64 / all as f64)
}

/// Compares. `before` are the nodes that there were, `cluster` is what Cluster Autoscaler made of
/// it, `requests` what is requested of each of Karpenter's claims: thousandths of a core, and bytes.
#[must_use]
pub fn compare(
    before: &HashSet<String>,
    cluster: &Cluster,
    timeline: ScaleUpTimeline,
    plan: KarpenterPlan,
    requests: &[(i64, i64)],
    types: &[InstanceTypeSpec],
) -> EngineComparison {
    let left = timeline.pods_left.iter().map(|own| own.pods.count).sum();
    let first = of_cluster(before, cluster, types).summary(
        "cluster-autoscaler",
        total(&timeline.pods_bound),
        left,
    );
    let left = plan.pods_left.iter().map(|own| own.pods.len()).sum();
    let on_nodes: usize = plan.placed.iter().map(|own| own.pods.len()).sum();
    let on_claims: usize = plan.claims.iter().map(|own| own.pods.len()).sum();
    let second = of_plan(&plan, requests, types).summary("karpenter", on_nodes + on_claims, left);
    let mut unknown = timeline.head.unknown.clone();
    for own in &plan.head.unknown {
        if !unknown.contains(own) {
            unknown.push(own.clone());
        }
    }
    EngineComparison {
        head: Head {
            api_version: API_VERSION,
            kind: "EngineComparison",
            time: plan.head.time,
            nodes: plan.head.nodes,
            pods: plan.head.pods,
            assumed: timeline.head.assumed.clone(),
            unknown,
        },
        engines: vec![first, second],
        cluster_autoscaler: timeline,
        karpenter: plan,
    }
}

fn of_cluster(before: &HashSet<String>, cluster: &Cluster, types: &[InstanceTypeSpec]) -> Sums {
    let mut sums = Sums::new();
    for node in &cluster.nodes {
        if before.contains(node.name()) {
            continue;
        }
        let own = usage(cluster, node.id);
        sums.nodes += 1;
        sums.milli_cpu += own.allocatable_milli_cpu;
        sums.used_milli_cpu += own.requested_milli_cpu;
        sums.memory += own.allocatable_memory_bytes;
        sums.used_memory += own.requested_memory_bytes;
        let group = cluster
            .groups
            .iter()
            .find(|group| group.nodes.iter().any(|own| own == node.name()));
        let price = group.and_then(|group| group.price);
        let labels = node.object.metadata.labels.as_ref();
        let label = |key: &str| labels.and_then(|own| own.get(key)).map(String::as_str);
        let price = price.or_else(|| {
            let name = label("node.kubernetes.io/instance-type")?;
            on_demand(types, name, label("topology.kubernetes.io/zone"))
        });
        sums.cost = sums.cost.zip(price).map(|(sum, price)| sum + price);
    }
    sums
}

/// The price of an instance type on demand, in its zone if that is known.
fn on_demand(types: &[InstanceTypeSpec], name: &str, zone: Option<&str>) -> Option<f64> {
    let own = types.iter().find(|own| own.name == name)?;
    let prices = own.offerings.iter().filter(|offering| {
        let is = |key: &str, value: &str| {
            let mut all = offering.requirements.iter();
            all.any(|own| own.key == key && own.values.iter().any(|own| own == value))
        };
        is("karpenter.sh/capacity-type", "on-demand")
            && zone.is_none_or(|zone| is("topology.kubernetes.io/zone", zone))
    });
    prices.map(|own| own.price).reduce(f64::min)
}

fn of_plan(plan: &KarpenterPlan, requests: &[(i64, i64)], types: &[InstanceTypeSpec]) -> Sums {
    let mut sums = Sums::new();
    for (claim, (cpu, memory)) in plan.claims.iter().zip(requests) {
        sums.nodes += 1;
        sums.used_milli_cpu += cpu;
        sums.used_memory += memory;
        sums.cost = sums.cost.map(|own| own + claim.price_per_hour);
        let likely = claim.launches.first();
        let own = likely.and_then(|own| types.iter().find(|other| other.name == own.instance_type));
        let amount = |resource: &str| {
            let text = own.and_then(|own| own.resources.get(resource));
            text.and_then(|own| scheduler::quantity::Quantity::parse(&own.0).ok())
        };
        sums.milli_cpu += amount("cpu").map_or(0, |own| own.milli_value() - RESERVED_MILLI_CPU);
        sums.memory += amount("memory").map_or(0, |own| own.value() - RESERVED_BYTES);
    }
    sums
}

/// Prints the comparison.
///
/// # Errors
/// When standard output can't be written.
pub fn table(report: &EngineComparison, view: View, output: &mut Output) -> Result<(), Failure> {
    let rows: Vec<Vec<Cell>> = report.engines.iter().map(row).collect();
    let headers = [
        "ENGINE",
        "NEW NODES",
        "VCPU",
        "MEMORY",
        "PLACED",
        "LEFT",
        "COST/H",
        "COST/MONTH",
        "IDLE CPU",
        "IDLE MEMORY",
    ];
    view.table(output, &headers, &rows)?;
    output.line("")?;
    output.line("VCPU and MEMORY are what new nodes have for pods; Cluster Autoscaler until nothing changes, Karpenter in one round.")?;
    head(&report.head, output)
}

fn row(own: &EngineSummary) -> Vec<Cell> {
    let unknown = || Cell::toned("<unknown>", Tone::Faint);
    let cost = |cost: Option<f64>| cost.map_or_else(unknown, |own| Cell::from(money(own)));
    let share = |share: Option<f64>| {
        share.map_or_else(
            || Cell::toned("-", Tone::Faint),
            |own| Cell::from(format!("{:.0}%", own * 100.0)),
        )
    };
    let left = if own.pods_left > 0 {
        Tone::Warning
    } else {
        Tone::Plain
    };
    vec![
        Cell::from(own.engine),
        Cell::from(format!("+{}", own.new_nodes)),
        Cell::from(tenths(own.milli_cpu, 1000)),
        Cell::from(format!("{} GiB", tenths(own.memory_bytes, 1 << 30))),
        Cell::from(own.pods_placed.to_string()),
        Cell::toned(own.pods_left.to_string(), left),
        cost(own.cost_per_hour),
        cost(own.cost_per_month),
        share(own.idle_cpu),
        share(own.idle_memory),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn tenths(amount: i64, unit: i64) -> String {
    format!("{:.1}", amount as f64 / unit as f64)
}
