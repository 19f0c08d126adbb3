//! The groups that a `ConfigMap` prefers.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/expander/priority/priority.go`: a list of
//! patterns by number, the highest number wins, and patterns may match anywhere in the name. A map
//! that is missing, cannot be read or matches nothing changes nothing.

use std::collections::BTreeMap;

use regex::Regex;

use super::Offer;

/// The places of the best offers.
pub fn best(priorities: Option<&str>, offers: &[&Offer<'_>]) -> Vec<usize> {
    let everything = || (0..offers.len()).collect();
    let Some(patterns) = priorities.and_then(read) else {
        return everything();
    };
    let priority = |offer: &Offer<'_>| {
        let all = patterns.iter();
        let mut matching =
            all.filter(|(_, patterns)| patterns.iter().any(|pattern| pattern.is_match(offer.name)));
        matching.next_back().map(|(&priority, _)| priority)
    };
    let all: Vec<Option<i64>> = offers.iter().map(|offer| priority(offer)).collect();
    // Upstream starts at -1, so that lower numbers never win.
    let Some(highest) = all.iter().flatten().copied().filter(|&own| own >= -1).max() else {
        return everything();
    };
    let best = all.iter().enumerate();
    best.filter(|(_, own)| **own == Some(highest))
        .map(|(at, _)| at)
        .collect()
}

fn read(text: &str) -> Option<BTreeMap<i64, Vec<Regex>>> {
    let map: BTreeMap<i64, Vec<String>> = serde_saphyr::from_str(text).ok()?;
    map.into_iter()
        .map(|(priority, patterns)| {
            let read: Result<Vec<Regex>, _> =
                patterns.iter().map(|pattern| Regex::new(pattern)).collect();
            Some((priority, read.ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::best;
    use crate::cluster_autoscaler::expander::testing::{offer, template};

    #[test]
    fn the_highest_number_wins() {
        let shape = template(1000, 1000);
        let offers = [
            offer("ng-spot-a", &shape, 1, 1),
            offer("ng-spot-b", &shape, 1, 1),
            offer("ng-base", &shape, 1, 1),
        ];
        let all: Vec<_> = offers.iter().collect();
        for (map, want) in [
            (None, vec![0, 1, 2]),
            (Some("10:\n  - .*\n50:\n  - spot"), vec![0, 1]),
            (Some("10:\n  - ^ng-base$\n5: [a$]"), vec![2]),
            (Some("10: [nothing]"), vec![0, 1, 2]),
            (Some("10: ['(']"), vec![0, 1, 2]),
            (Some("-5: [base]"), vec![0, 1, 2]),
            (Some("not a map"), vec![0, 1, 2]),
        ] {
            assert_eq!(best(map, &all), want, "{map:?}");
        }
    }
}
