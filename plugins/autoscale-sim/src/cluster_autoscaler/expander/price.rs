//! The group that costs least for what it helps.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/expander/price/{price,preferred}.go`. What a
//! pod is worth is the cloud's to say; here it is the price of a core and of a GiB.

use super::Offer;
use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::health::GPU_LABEL;

/// Groups with GPUs are this unfit, so that pods without need of them go elsewhere.
const GPU_UNFITNESS: f64 = 1000.0;

/// The places of the best offers; `None` if a price is missing.
#[expect(clippy::float_cmp, reason = "upstream compares so")]
pub fn best(cluster: &Cluster, offers: &[&Offer<'_>]) -> Option<Vec<usize>> {
    let (core, gib) = cluster.unit_prices?;
    let worth = |milli_cpu: i64, memory: i64| cores(milli_cpu) * core + gibs(memory) * gib;
    // A pod of half a core and 500 MiB steadies the ratio.
    let steady = worth(500, 500 << 20);
    let preferred = preferred_milli_cpu(cluster.nodes.len());
    let mut best: Vec<usize> = Vec::new();
    let mut least = 0.0;
    for (at, offer) in offers.iter().enumerate() {
        let nodes = number(offer.nodes);
        let cost = offer.price? * nodes;
        let ratio = (cost + steady) / (worth(offer.milli_cpu, offer.memory) + steady);
        let own = number(offer.template.capacity().0);
        let unfit = (preferred / own).max(own / preferred);
        let labels = offer.template.node.metadata.labels.as_ref();
        let unfit = if labels.is_some_and(|labels| labels.contains_key(GPU_LABEL)) {
            GPU_UNFITNESS
        } else {
            (unfit - 1.0) * (1.0 - ((nodes - 1.0) / 15.0).tanh()) + 1.0
        };
        let score = unfit * ratio;
        if best.is_empty() || score < least {
            least = score;
            best = vec![at];
        } else if score == least {
            best.push(at);
        }
    }
    Some(best)
}

#[expect(clippy::cast_precision_loss, reason = "as upstream divides")]
fn number(value: i64) -> f64 {
    value as f64
}

fn cores(milli_cpu: i64) -> f64 {
    number(milli_cpu) / 1000.0
}

fn gibs(memory: i64) -> f64 {
    number(memory) / number(1 << 30)
}

/// The larger the cluster, the larger the nodes that suit it.
fn preferred_milli_cpu(nodes: usize) -> f64 {
    match nodes {
        0..=2 => 1000.0,
        3..=6 => 2000.0,
        7..=20 => 4000.0,
        21..=60 => 8000.0,
        61..=200 => 16000.0,
        _ => 32000.0,
    }
}
