//! Pods that need another place because their node is on its way out.
//!
//! Follows upstream's `pkg/utils/pdb/pdb.go`, `pkg/utils/pod/scheduling.go` and `Deleting` in
//! `pkg/controllers/state/statenode.go`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, Taint};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::go_duration;
use super::input::Input;
use super::names::Names;
use super::pod::{PodFacts, is_owned_by, namespace_of};
use super::selector::{Labels, Selector};
use super::state_node::StateNode;
use super::taints::tolerated;

/// The pods, by their numbers in the input.
pub(super) fn pods_to_move(
    input: &Input,
    states: &BTreeMap<String, StateNode<'_>>,
    pods: &[PodFacts],
) -> Vec<usize> {
    let going = states.values().filter(|own| own.is_going());
    let names: Vec<&str> = going
        .filter_map(|own| own.node?.metadata.name.as_deref())
        .collect();
    let is_there = |facts: &PodFacts| {
        let node = facts.node.as_deref();
        node.is_some_and(|node| names.contains(&node))
    };
    let all = pods.iter().zip(&input.pods).enumerate();
    all.filter(|(_, (facts, pod))| is_there(facts) && can_move(pod, facts, input))
        .map(|(at, _)| at)
        .collect()
}

/// Whether the pod needs another place if its node goes, and can be moved there.
pub(super) fn can_move(pod: &Pod, facts: &PodFacts, input: &Input) -> bool {
    is_reschedulable(facts, pod)
        && !is_protected(pod, input.now, facts)
        && !is_held(pod, facts, input)
}

/// Why the pod keeps its node from going just now.
pub(super) fn keeps_node(pod: &Pod, facts: &PodFacts, input: &Input) -> Option<String> {
    if is_protected(pod, input.now, facts) {
        return Some(format!(
            "pod has \"karpenter.sh/do-not-disrupt\" annotation (Pod={})",
            facts.name
        ));
    }
    if !is_evictable(pod, facts, input) {
        return None;
    }
    let budgets = budgets_of(pod, input);
    let key = |own: &PodDisruptionBudget| {
        let name = own.metadata.name.as_deref().unwrap_or_default();
        format!("{}/{name}", namespace_of(&own.metadata))
    };
    match budgets.as_slice() {
        [] => None,
        [one] => {
            let allowed = one.status.as_ref().and_then(|own| own.disruptions_allowed);
            let free = allowed.unwrap_or(0) != 0 || allows_unhealthy(one) && is_unready(pod);
            (!free).then(|| {
                format!(
                    "pdb prevents pod evictions (PodDisruptionBudget=[{}])",
                    key(one)
                )
            })
        }
        all => {
            let all: Vec<String> = all.iter().map(|own| key(own)).collect();
            let all = all.join(" ");
            Some(format!(
                "eviction does not support multiple PDBs (PodDisruptionBudget(s)=[{all}])"
            ))
        }
    }
}

/// What it costs to move the pod, from -10 to 10.
pub(super) fn eviction_cost(pod: &Pod) -> f64 {
    let annotations = pod.metadata.annotations.as_ref();
    let deletion = annotations
        .and_then(|own| own.get("controller.kubernetes.io/pod-deletion-cost"))
        .and_then(|own| own.parse::<f64>().ok())
        .unwrap_or(0.0);
    let priority = pod.spec.as_ref().and_then(|own| own.priority).unwrap_or(0);
    let cost = 1.0 + deletion / 134_217_728.0 + f64::from(priority) / 33_554_432.0;
    cost.clamp(-10.0, 10.0)
}

/// Whether the pod counts as one that must be placed again.
pub(super) fn is_reschedulable(facts: &PodFacts, pod: &Pod) -> bool {
    let active = !facts.is_over && !facts.is_ending;
    let comes_back = facts.is_ending && is_owned_by(&pod.metadata, "apps/v1", "StatefulSet");
    (active || comes_back) && !facts.is_daemon && !is_owned_by(&pod.metadata, "v1", "Node")
}

/// Whether an annotation keeps the pod from being moved; only pods that run are asked.
fn is_protected(pod: &Pod, now: Timestamp, facts: &PodFacts) -> bool {
    !facts.is_over && !facts.is_ending && do_not_disrupt(pod, now)
}

fn do_not_disrupt(pod: &Pod, now: Timestamp) -> bool {
    let annotations = pod.metadata.annotations.as_ref();
    let Some(value) = annotations.and_then(|own| own.get("karpenter.sh/do-not-disrupt")) else {
        return false;
    };
    if value == "true" {
        return true;
    }
    let Some(protected_for) = go_duration::read(value) else {
        return false;
    };
    let started = pod.status.as_ref().and_then(|own| own.start_time.as_ref());
    started.is_none_or(|started| now.duration_since(started.0) < protected_for)
}

/// Whether the pod would be evicted at all.
fn is_evictable(pod: &Pod, facts: &PodFacts, input: &Input) -> bool {
    let disrupted = Taint {
        key: "karpenter.sh/disrupted".to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    };
    !facts.is_over
        && !facts.is_ending
        && !tolerated(&[disrupted], &facts.tolerations)
        && !is_owned_by(&pod.metadata, "v1", "Node")
        && !do_not_disrupt(pod, input.now)
}

fn budgets_of<'a>(pod: &Pod, input: &'a Input) -> Vec<&'a PodDisruptionBudget> {
    let all = input.pod_disruption_budgets.iter();
    all.filter(|own| selects(own, pod)).collect()
}

/// Whether budgets never let the pod go.
fn is_held(pod: &Pod, facts: &PodFacts, input: &Input) -> bool {
    if !is_evictable(pod, facts, input) {
        return false;
    }
    match budgets_of(pod, input).as_slice() {
        [] => false,
        [one] => never_allows(one) && !(allows_unhealthy(one) && is_unready(pod)),
        _ => true,
    }
}

fn selects(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    let selector = budget.spec.as_ref().and_then(|own| own.selector.as_ref());
    let mut names = Names::default();
    let selector = Selector::read(selector, &[], &mut names);
    let labels = Labels::read(pod.metadata.labels.as_ref(), &mut names);
    namespace_of(&budget.metadata) == namespace_of(&pod.metadata) && selector.selects(&labels)
}

fn never_allows(budget: &PodDisruptionBudget) -> bool {
    let Some(spec) = &budget.spec else {
        return false;
    };
    let none = match &spec.max_unavailable {
        Some(IntOrString::Int(most)) => *most == 0,
        Some(IntOrString::String(most)) => most == "0%",
        None => false,
    };
    none || matches!(&spec.min_available, Some(IntOrString::String(least)) if least == "100%")
}

fn allows_unhealthy(budget: &PodDisruptionBudget) -> bool {
    let policy = budget
        .spec
        .as_ref()
        .and_then(|own| own.unhealthy_pod_eviction_policy.as_deref());
    policy == Some("AlwaysAllow")
}

fn is_unready(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let mut conditions = status
        .iter()
        .flat_map(|own| own.conditions.iter().flatten());
    conditions.any(|own| own.type_ == "Ready" && own.status == "False")
}
