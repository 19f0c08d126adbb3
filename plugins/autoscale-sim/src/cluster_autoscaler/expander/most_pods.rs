//! The group that helps most pods.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/expander/mostpods/mostpods.go`.

use super::Offer;

/// The places of the best offers.
pub fn best(offers: &[&Offer<'_>]) -> Vec<usize> {
    let most = offers.iter().map(|offer| offer.pods).max();
    let all = offers.iter().enumerate();
    all.filter(|(_, offer)| Some(offer.pods) == most)
        .map(|(at, _)| at)
        .collect()
}
