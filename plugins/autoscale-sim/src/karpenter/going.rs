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
    all.filter(|(_, (facts, pod))| {
        is_there(facts)
            && is_reschedulable(facts, pod)
            && !is_protected(pod, input.now, facts)
            && !is_held(pod, facts, input)
    })
    .map(|(at, _)| at)
    .collect()
}

fn is_reschedulable(facts: &PodFacts, pod: &Pod) -> bool {
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

/// Whether budgets never let the pod go.
fn is_held(pod: &Pod, facts: &PodFacts, input: &Input) -> bool {
    let disrupted = Taint {
        key: "karpenter.sh/disrupted".to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    };
    let evictable = !facts.is_over
        && !facts.is_ending
        && !tolerated(&[disrupted], &facts.tolerations)
        && !is_owned_by(&pod.metadata, "v1", "Node")
        && !do_not_disrupt(pod, input.now);
    if !evictable {
        return false;
    }
    let budgets: Vec<&PodDisruptionBudget> = (input.pod_disruption_budgets.iter())
        .filter(|own| selects(own, pod))
        .collect();
    match budgets.as_slice() {
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
