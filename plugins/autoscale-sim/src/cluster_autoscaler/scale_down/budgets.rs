//! Disruption budgets, used up by the moves of a loop.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/core/scaledown/pdb/basic.go`.

use std::collections::BTreeMap;

use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// How many disruptions each budget still allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Budgets {
    allowed: Vec<i64>,
}

impl Budgets {
    pub(super) fn new(all: &[PodDisruptionBudget]) -> Self {
        let allowed = |budget: &PodDisruptionBudget| {
            let status = budget.status.as_ref();
            status
                .and_then(|status| status.disruptions_allowed)
                .map_or(0, i64::from)
        };
        Self {
            allowed: all.iter().map(allowed).collect(),
        }
    }

    /// Whether one of these budgets is used up.
    pub(super) fn any_is_empty(&self, budgets: &[u32]) -> bool {
        budgets
            .iter()
            .any(|&budget| self.allowed[budget as usize] < 1)
    }

    /// Whether all the pods may be evicted at once; each is given as the budgets it is under.
    pub(super) fn allow_at_once<'a>(&self, pods: impl Iterator<Item = &'a [u32]>) -> bool {
        let mut needed: BTreeMap<u32, i64> = BTreeMap::new();
        for &budget in pods.flatten() {
            *needed.entry(budget).or_default() += 1;
        }
        needed
            .iter()
            .all(|(&budget, &count)| self.allowed[budget as usize] >= count)
    }

    /// Uses up a disruption of each of these budgets; below zero it goes too.
    pub(super) fn evict(&mut self, budgets: &[u32]) {
        for &budget in budgets {
            self.allowed[budget as usize] -= 1;
        }
    }
}

/// The budgets a pod is under.
pub(super) fn over(
    all: &[PodDisruptionBudget],
    namespace: &str,
    labels: &BTreeMap<String, String>,
) -> Vec<u32> {
    let covers = |budget: &PodDisruptionBudget| {
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        budget.metadata.namespace.as_deref().unwrap_or_default() == namespace
            && selector.is_some_and(|selector| selects(selector, labels))
    };
    (0..)
        .zip(all)
        .filter(|(_, budget)| covers(budget))
        .map(|(at, _)| at)
        .collect()
}

/// Whether a selector of the API picks these labels; an empty one picks all.
fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let mut equal = selector.match_labels.iter().flatten();
    let mut terms = selector.match_expressions.iter().flatten();
    equal.all(|(key, value)| labels.get(key) == Some(value))
        && terms.all(|term| {
            let own = labels.get(&term.key);
            let listed = own.is_some_and(|own| term.values.iter().flatten().any(|one| one == own));
            match term.operator.as_str() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => own.is_some(),
                "DoesNotExist" => own.is_none(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::{Budgets, over};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn labels(all: Value) -> BTreeMap<String, String> {
        serde_json::from_value(all).unwrap()
    }

    fn budget(selector: Value, allowed: i64) -> k8s_openapi::api::policy::v1::PodDisruptionBudget {
        serde_json::from_value(json!({"metadata": {"namespace": "d", "name": "b"},
            "spec": {"selector": selector}, "status": {"disruptionsAllowed": allowed,
            "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}}))
        .unwrap()
    }

    #[test]
    fn which_pods_a_budget_covers() {
        let term = |operator: &str, values: Value| json!({"matchExpressions": [{"key": "app", "operator": operator, "values": values}]});
        for (about, selector, pod, want) in [
            ("no selector", json!(null), json!({"app": "a"}), false),
            ("empty selector", json!({}), json!({}), true),
            (
                "equal",
                json!({"matchLabels": {"app": "a"}}),
                json!({"app": "a", "x": ""}),
                true,
            ),
            (
                "other",
                json!({"matchLabels": {"app": "a"}}),
                json!({"app": "b"}),
                false,
            ),
            (
                "in",
                term("In", json!(["a", "b"])),
                json!({"app": "b"}),
                true,
            ),
            ("in nothing", term("In", json!(["a"])), json!({}), false),
            ("not in", term("NotIn", json!(["a"])), json!({}), true),
            (
                "exists",
                term("Exists", json!([])),
                json!({"app": ""}),
                true,
            ),
            (
                "is absent",
                term("DoesNotExist", json!([])),
                json!({"app": ""}),
                false,
            ),
        ] {
            let all = [budget(selector, 1)];
            let want: &[u32] = if want { &[0] } else { &[] };
            assert_eq!(over(&all, "d", &labels(pod.clone())), want, "{about}");
            assert!(over(&all, "other", &labels(pod)).is_empty(), "{about}");
        }
    }

    #[test]
    fn moves_use_budgets_up() {
        let all = [budget(json!({}), 2), budget(json!({}), 1)];
        let mut budgets = Budgets::new(&all);
        let [both, one]: [&[u32]; 2] = [&[0, 1], &[0]];
        assert!(budgets.allow_at_once([both, one].into_iter()));
        assert!(!budgets.allow_at_once([both, both].into_iter()));
        assert!(!budgets.any_is_empty(both));
        budgets.evict(both);
        assert!(budgets.any_is_empty(both));
        assert!(!budgets.any_is_empty(one));
        budgets.evict(both);
        assert!(budgets.any_is_empty(one));
    }
}
