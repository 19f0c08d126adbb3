//! In which orders groups of equal pods may come.
//!
//! Upstream makes pod groups in a map, whose order is by chance, and sorts them by size
//! (kubernetes/autoscaler `cluster-autoscaler/core/scaleup/equivalence/groups.go`,
//! `cluster-autoscaler/estimator/decreasing_pod_orderer.go`): only groups of one size can swap.

use std::collections::HashMap;

use super::estimator::PodGroup;
use super::explore::Random;
use super::kinds::Kinds;

/// The most orders that are looked at.
const MOST: usize = 120;

/// Orders of the pod groups.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Beside the first.
    pub orders: Vec<Vec<PodGroup>>,
    /// Whether there are more.
    pub cut: bool,
}

/// The pod groups in the order of their kinds. Pods without a controller, or of a controller with
/// many kinds, are a group each.
pub fn first(kinds: &Kinds, left: &[u32], most_kinds: usize) -> Vec<PodGroup> {
    let mut of_controller: HashMap<&str, usize> = HashMap::new();
    let mut all = Vec::new();
    for (facts, kind) in kinds.facts.iter().zip(0_u32..) {
        let count = left[kind as usize];
        if count == 0 {
            continue;
        }
        let shared = facts.controller.as_deref().is_some_and(|controller| {
            let own = of_controller.entry(controller).or_default();
            *own += 1;
            *own <= most_kinds
        });
        if shared {
            all.push(PodGroup { kind, count });
        } else {
            all.extend((0..count).map(|_| PodGroup { kind, count: 1 }));
        }
    }
    all
}

/// The pod groups in any order.
pub fn any(order: &[PodGroup], random: &mut Random) -> Vec<PodGroup> {
    let mut all = order.to_vec();
    random.shuffle(&mut all);
    all
}

/// Kinds that are of one size on a new node of some group, directly or by way of others.
pub fn ties(order: &[PodGroup], scores: &[Vec<Option<f64>>]) -> Vec<Vec<u32>> {
    let mut kinds: Vec<u32> = order.iter().map(|group| group.kind).collect();
    kinds.dedup();
    let mut ties: Vec<Vec<u32>> = Vec::new();
    for kind in kinds {
        let ties_with = |other: &u32| {
            scores.iter().any(|scores| {
                let (a, b) = (scores[kind as usize], scores[*other as usize]);
                a.is_some() && a == b
            })
        };
        let (mut with, without): (Vec<_>, Vec<_>) = ties
            .into_iter()
            .partition(|tie: &Vec<u32>| tie.iter().any(ties_with));
        ties = without;
        let mut merged: Vec<u32> = with.drain(..).flatten().collect();
        merged.push(kind);
        ties.push(merged);
    }
    ties.retain(|tie| tie.len() > 1);
    ties
}

/// All orders of the ties, but for the one at hand; if they are too many, some.
pub fn all(order: &[PodGroup], ties: &[Vec<u32>]) -> Orders {
    let mut all: Vec<Vec<u32>> = vec![Vec::new()];
    let mut cut = false;
    for tie in ties {
        let own = permutations(tie, MOST);
        cut |= own.len() == MOST;
        let mut next = Vec::new();
        'fill: for before in &all {
            for permutation in &own {
                if next.len() == MOST {
                    cut = true;
                    break 'fill;
                }
                next.push([before.as_slice(), permutation].concat());
            }
        }
        all = next;
    }
    let orders = all
        .into_iter()
        .skip(1)
        .map(|ranks| arrange(order, &ranks))
        .collect();
    Orders { orders, cut }
}

/// Puts the kinds that tie in the order given; all others stay.
fn arrange(order: &[PodGroup], ranks: &[u32]) -> Vec<PodGroup> {
    let rank = |kind: u32| ranks.iter().position(|&own| own == kind);
    let mut tied: Vec<PodGroup> = order
        .iter()
        .filter(|own| rank(own.kind).is_some())
        .copied()
        .collect();
    tied.sort_by_key(|own| rank(own.kind));
    let others = order.iter().filter(|own| rank(own.kind).is_none());
    // The sort by size comes after and keeps what is equal in this order.
    tied.into_iter().chain(others.copied()).collect()
}

/// The permutations, the given one first; at most so many.
fn permutations(all: &[u32], most: usize) -> Vec<Vec<u32>> {
    let mut done = Vec::new();
    extend(&mut Vec::new(), all, most, &mut done);
    done
}

fn extend(begun: &mut Vec<u32>, left: &[u32], most: usize, done: &mut Vec<Vec<u32>>) {
    if done.len() == most {
        return;
    }
    if left.is_empty() {
        done.push(begun.clone());
        return;
    }
    for at in 0..left.len() {
        begun.push(left[at]);
        let rest = [&left[..at], &left[at + 1..]].concat();
        extend(begun, &rest, most, done);
        begun.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::{PodGroup, all, ties};

    #[test]
    fn only_equals_swap() {
        let order: Vec<PodGroup> = (0..4).map(|kind| PodGroup { kind, count: 1 }).collect();
        let scores = [
            vec![Some(1.0), Some(2.0), Some(1.0), None],
            vec![Some(1.0), Some(2.0), Some(3.0), None],
        ];
        let tied = ties(&order, &scores);
        assert_eq!(tied, [[0, 2]]);
        let orders = all(&order, &tied);
        let kinds: Vec<u32> = orders.orders[0].iter().map(|own| own.kind).collect();
        assert_eq!(
            (kinds, orders.orders.len(), orders.cut),
            (vec![2, 0, 1, 3], 1, false)
        );
    }
}
