//! Groups that look alike, and a scale-up spread over them.
//!
//! Follows kubernetes/autoscaler
//! `cluster-autoscaler/processors/nodegroupset/{compare_nodegroups,balancing_processor,label_nodegroups}.go`.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use scheduler::quantity::Quantity;

use super::options::Options;
use super::template::Template;

const IGNORED: [&str; 7] = [
    "kubernetes.io/hostname",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "beta.kubernetes.io/fluentd-ds-ready",
    "kops.k8s.io/instancegroup",
];

/// Whether new nodes of two groups are alike enough to be spread over.
pub fn are_similar(a: &Template, b: &Template, options: &Options) -> bool {
    if !options.balancing_label.is_empty() {
        let label =
            |of: &Template, key: &String| of.node.metadata.labels.as_ref()?.get(key).cloned();
        return (options.balancing_label.iter())
            .all(|key| label(a, key).is_some() && label(a, key) == label(b, key));
    }
    let none = BTreeMap::new();
    let list = |of: &Template, capacity: bool| -> BTreeMap<String, Quantity> {
        let status = of.node.status.as_ref();
        let list = status.and_then(|status| {
            if capacity {
                status.capacity.as_ref()
            } else {
                status.allocatable.as_ref()
            }
        });
        read(list.unwrap_or(&none))
    };
    let both = [a, b];
    let [capacity_a, capacity_b] = both.map(|of| list(of, true));
    let [for_pods_a, for_pods_b] = both.map(|of| list(of, false));
    capacities_match(&capacity_a, &capacity_b, options.memory_difference_ratio)
        && all_within(
            &for_pods_a,
            &for_pods_b,
            options.max_allocatable_difference_ratio,
        )
        && all_within(
            &free(a, &for_pods_a),
            &free(b, &for_pods_b),
            options.max_free_difference_ratio,
        )
        && labels_match(a, b, options)
}

fn read(list: &BTreeMap<String, ApiQuantity>) -> BTreeMap<String, Quantity> {
    let all = list.iter();
    all.map(|(name, text)| (name.clone(), Quantity::parse(&text.0).unwrap_or_default()))
        .collect()
}

fn capacities_match(
    a: &BTreeMap<String, Quantity>,
    b: &BTreeMap<String, Quantity>,
    memory: f64,
) -> bool {
    a.keys().eq(b.keys())
        && a.iter().all(|(name, amount)| match name.as_str() {
            "memory" => is_within(amount.milli_value(), b[name].milli_value(), memory),
            _ => *amount == b[name],
        })
}

fn all_within(a: &BTreeMap<String, Quantity>, b: &BTreeMap<String, Quantity>, by: f64) -> bool {
    a.keys().eq(b.keys())
        && a.iter()
            .all(|(name, amount)| is_within(amount.milli_value(), b[name].milli_value(), by))
}

#[expect(clippy::cast_precision_loss, reason = "as upstream compares")]
fn is_within(a: i64, b: i64, by: f64) -> bool {
    let (larger, smaller) = ((a.max(b)) as f64, (a.min(b)) as f64);
    larger - smaller <= larger * by
}

/// What is left of CPU, memory, ephemeral storage and the number of pods, and of whatever else is
/// requested.
fn free(of: &Template, for_pods: &BTreeMap<String, Quantity>) -> BTreeMap<String, Quantity> {
    let mut names: BTreeSet<&str> = ["cpu", "memory", "pods", "ephemeral-storage"].into();
    names.extend(of.requested.keys().map(String::as_str));
    let left = |name: &str| {
        let all = for_pods.get(name).copied().unwrap_or_default();
        let used = match name {
            // Upstream takes the number of pods a request may name, which is none.
            "pods" => 0,
            _ => of.requested.get(name).copied().unwrap_or(0),
        };
        match name {
            "cpu" => Quantity::milli(all.milli_value() - used),
            _ => all.plus(Quantity::new(-used)),
        }
    };
    names
        .into_iter()
        .map(|name| (name.to_owned(), left(name)))
        .collect()
}

fn labels_match(a: &Template, b: &Template, options: &Options) -> bool {
    let counted = |of: &Template| -> BTreeMap<String, String> {
        let labels = of.node.metadata.labels.iter().flatten();
        let ignored = |key: &String| {
            IGNORED.contains(&key.as_str()) || options.balancing_ignore_label.contains(key)
        };
        labels
            .filter(|(key, _)| !ignored(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    counted(a) == counted(b)
}

/// A group that takes part in a scale-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The group.
    pub group: u32,
    /// Its size before.
    pub before: i64,
    /// Its size after.
    pub after: i64,
    /// The most nodes it may have.
    pub max: i64,
}

/// Spreads new nodes: one after the other to the smallest group, as long as there is room.
pub fn balance(groups: &[(u32, i64, i64)], mut nodes: i64) -> Vec<Share> {
    let mut all: Vec<Share> = (groups.iter())
        .filter(|(_, size, max)| size != max)
        .map(|&(group, size, max)| Share {
            group,
            before: size,
            after: size,
            max,
        })
        .collect();
    let room: i64 = all
        .iter()
        .map(|share| (share.max - share.before).max(0))
        .sum();
    nodes = nodes.min(room);
    all.sort_by_key(|share| share.before);
    let (mut start, mut at) = (0, 0);
    while nodes > 0 {
        let own = all[at];
        if own.after < own.max {
            all[at].after += 1;
            nodes -= 1;
        } else {
            all.swap(start, at);
            start += 1;
        }
        // Upstream looks at the place it has just been at, whatever a swap put there.
        let size = all[at].after;
        at = if at + 1 < all.len() && size > all[at + 1].after {
            at + 1
        } else {
            start
        };
    }
    all.retain(|share| share.after != share.before);
    all
}

#[cfg(test)]
mod tests {
    use super::{are_similar, balance};
    use crate::cluster_autoscaler::expander::testing::template;
    use crate::cluster_autoscaler::options::Options;

    #[test]
    fn the_smallest_grows_first() {
        for (groups, nodes, want) in [
            (vec![(0, 1, 9), (1, 3, 9)], 4, vec![(0, 4), (1, 4)]),
            (vec![(0, 2, 9), (1, 2, 9)], 1, vec![(0, 3)]),
            (vec![(0, 2, 3), (1, 2, 9)], 5, vec![(0, 3), (1, 6)]),
            (vec![(0, 2, 3), (1, 3, 4)], 9, vec![(0, 3), (1, 4)]),
            (vec![(0, 2, 2), (1, 5, 9)], 1, vec![(1, 6)]),
            (
                vec![(0, 0, 1), (1, 0, 1), (2, 0, 9)],
                7,
                vec![(0, 1), (1, 1), (2, 5)],
            ),
        ] {
            let mut got: Vec<_> = (balance(&groups, nodes).iter())
                .map(|share| (share.group, share.after))
                .collect();
            got.sort_unstable();
            assert_eq!(got, want, "{groups:?} {nodes}");
        }
    }

    #[test]
    fn likeness() {
        let options = Options::default();
        let base = template(4000, 16384);
        for (cpu, mib, want) in [
            (4000, 16384, true),
            (4000, 16200, true),
            (4000, 16000, false),
            (4001, 16384, false),
        ] {
            let other = template(cpu, mib);
            assert_eq!(are_similar(&base, &other, &options), want, "{cpu} {mib}");
        }
        let mut other = base.clone();
        let labels = other.node.metadata.labels.get_or_insert_default();
        labels.insert("topology.kubernetes.io/zone".to_owned(), "z".to_owned());
        assert!(are_similar(&base, &other, &options));
        let labels = other.node.metadata.labels.get_or_insert_default();
        labels.insert("pool".to_owned(), "b".to_owned());
        assert!(!are_similar(&base, &other, &options));
    }
}
