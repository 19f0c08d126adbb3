//! The group whose new nodes stay least empty.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/expander/waste/waste.go`: of the capacity, not
//! what is for pods.

use super::Offer;

/// The places of the best offers.
#[expect(clippy::float_cmp, reason = "upstream compares so")]
pub fn best(offers: &[&Offer<'_>]) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::new();
    let mut least = 0.0;
    for (at, offer) in offers.iter().enumerate() {
        let waste = waste(offer);
        if best.is_empty() || waste < least {
            least = waste;
            best = vec![at];
        } else if waste == least {
            best.push(at);
        }
    }
    best
}

#[expect(clippy::cast_precision_loss, reason = "as upstream divides")]
fn waste(offer: &Offer<'_>) -> f64 {
    let (cpu, memory) = offer.template.capacity();
    let share = |one: i64, used: i64| {
        let all = one * offer.nodes;
        (all - used) as f64 / all as f64
    };
    share(cpu, offer.milli_cpu) + share(memory, offer.memory)
}

#[cfg(test)]
mod tests {
    use super::best;
    use crate::cluster_autoscaler::expander::testing::{offer, template};

    #[test]
    fn proportional_shapes_tie() {
        let (small, big) = (template(4000, 16384), template(8000, 32768));
        let offers = [
            offer("a", &small, 2, 6),
            offer("b", &big, 1, 6),
            offer("c", &big, 2, 6),
        ];
        let all: Vec<_> = offers.iter().collect();
        assert_eq!(best(&all), [0, 1]);
    }
}
