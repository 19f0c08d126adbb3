//! What a pod gives up, one thing at a time, when nothing takes it.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/preferences.go`.

use super::pod::Wishes;
use super::taints;

/// Gives up the next thing; says whether there was one.
pub(super) fn relax(wishes: &mut Wishes, tolerate_prefer_no_schedule: bool) -> bool {
    drop_required_term(wishes)
        || drop_heaviest(&mut wishes.preferred_affinity)
        || drop_heaviest(&mut wishes.preferred_anti_affinity)
        || drop_heaviest(&mut wishes.preferred)
        || drop_soft_spread(wishes)
        || tolerate_prefer_no_schedule && taints::add_prefer_no_schedule(&mut wishes.tolerations)
}

/// Of several node affinity terms, one of which must hold, the first goes.
pub(super) fn drop_required_term(wishes: &mut Wishes) -> bool {
    match &mut wishes.required {
        Some(terms) if terms.len() > 1 => {
            terms.remove(0);
            true
        }
        _ => false,
    }
}

fn drop_heaviest<T>(terms: &mut Vec<(i32, T)>) -> bool {
    if terms.is_empty() {
        return false;
    }
    terms.sort_by_key(|own| std::cmp::Reverse(own.0));
    terms.remove(0);
    true
}

/// The last constraint takes the place of the one that goes.
fn drop_soft_spread(wishes: &mut Wishes) -> bool {
    let at = wishes.spreads.iter().position(|own| own.is_soft);
    at.map(|at| wishes.spreads.swap_remove(at)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::karpenter::names::Names;
    use crate::karpenter::pod::{Namespaces, wishes};

    #[test]
    fn preferences_go_in_upstreams_order() {
        let pod = serde_json::from_value(serde_json::json!({
            "metadata": {"name": "p"},
            "spec": {"containers": [], "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
                        {"matchExpressions": [{"key": "b", "operator": "Exists"}]}]},
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 1, "preference": {}}, {"weight": 9, "preference": {}}]},
                "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": {"topologyKey": "z"}}]},
                "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": {"topologyKey": "z"}}]}},
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "x", "whenUnsatisfiable": "ScheduleAnyway"},
                    {"maxSkew": 1, "topologyKey": "y", "whenUnsatisfiable": "DoNotSchedule"}]}
        }))
        .unwrap();
        let mut own = wishes(&pod, &Namespaces::default(), &mut Names::default());
        let left = |own: &Wishes| {
            let required = own.required.as_ref().map_or(0, Vec::len);
            let soft = own.spreads.iter().filter(|own| own.is_soft).count();
            let pods = (
                own.preferred_affinity.len(),
                own.preferred_anti_affinity.len(),
            );
            (
                required,
                pods,
                own.preferred.len(),
                soft,
                own.tolerations.len(),
            )
        };
        let mut seen = vec![left(&own)];
        while relax(&mut own, true) {
            seen.push(left(&own));
        }
        assert_eq!(
            seen,
            [
                (2, (1, 1), 2, 1, 0),
                (1, (1, 1), 2, 1, 0),
                (1, (0, 1), 2, 1, 0),
                (1, (0, 0), 2, 1, 0),
                (1, (0, 0), 1, 1, 0),
                (1, (0, 0), 0, 1, 0),
                (1, (0, 0), 0, 0, 0),
                (1, (0, 0), 0, 0, 1),
            ]
        );
    }
}
