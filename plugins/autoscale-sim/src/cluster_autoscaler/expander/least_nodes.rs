//! The group that needs fewest nodes.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/expander/leastnodes/leastnodes.go`.

use super::Offer;

/// The places of the best offers.
pub fn best(offers: &[&Offer<'_>]) -> Vec<usize> {
    let least = offers.iter().map(|offer| offer.nodes).min();
    let all = offers.iter().enumerate();
    all.filter(|(_, offer)| Some(offer.nodes) == least)
        .map(|(at, _)| at)
        .collect()
}
