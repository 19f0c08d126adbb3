//! Pods that Karpenter does not look at, and why.
//!
//! Follows upstream's `pkg/controllers/provisioning/provisioner.go` (`Validate`) and
//! `pkg/apis/v1/nodeclaim_validation.go`.

use k8s_openapi::api::core::v1::Pod;

use super::names::{self, CAPACITY_TYPE, HOSTNAME, NODE_POOL, Names};
use super::node_pool::is_capacity_type;
use super::pod::Wishes;
use super::reason::Reason;
use super::requirement::{Operator, WellKnown};
use super::volumes::Storage;

/// Domains of labels that only Karpenter sets.
const RESTRICTED_DOMAINS: [&str; 2] = ["karpenter.sh", "karpenter.kwok.sh"];

/// Why the pod is left alone; nothing if it is not.
pub(super) fn mistakes(
    pod: &Pod,
    wishes: &mut Wishes,
    well_known: &WellKnown,
    storage: &Storage<'_>,
    names: &mut Names,
) -> Vec<Reason> {
    let mut all = Vec::new();
    let pool = names.key(NODE_POOL);
    let avoids = wishes.hopeful().find(pool).map(|own| own.operator());
    if avoids == Some(Operator::DoesNotExist) {
        all.push(Reason::Sentence(format!(
            "configured to not run on a Karpenter provisioned node (requirement={NODE_POOL} DoesNotExist)"
        )));
    }
    if let Some(spec) = &pod.spec {
        for (key, value) in spec.node_selector.iter().flatten() {
            let values = std::slice::from_ref(value);
            mistakes_of(key, "In", values, well_known, names, &mut all);
        }
        let node = spec
            .affinity
            .as_ref()
            .and_then(|own| own.node_affinity.as_ref());
        let required = node.and_then(|own| {
            own.required_during_scheduling_ignored_during_execution
                .as_ref()
        });
        for term in required.iter().flat_map(|own| &own.node_selector_terms) {
            if term
                .match_fields
                .as_ref()
                .is_some_and(|own| !own.is_empty())
            {
                all.push(Reason::Sentence(
                    "node selector term with matchFields is not supported".to_owned(),
                ));
            }
            for own in term.match_expressions.iter().flatten() {
                let values = own.values.as_deref().unwrap_or_default();
                mistakes_of(&own.key, &own.operator, values, well_known, names, &mut all);
            }
        }
    }
    all.extend(storage.mistake(pod).map(Reason::Sentence));
    all
}

fn mistakes_of(
    key: &str,
    operator: &str,
    values: &[String],
    well_known: &WellKnown,
    names: &mut Names,
    all: &mut Vec<Reason>,
) {
    let key = names::normalized(key);
    let known = [
        "In",
        "NotIn",
        "Exists",
        "DoesNotExist",
        "Gt",
        "Lt",
        "Gte",
        "Lte",
    ];
    if !known.contains(&operator) {
        all.push(Reason::Start(format!(
            "key {key} has an unsupported operator {operator} not in "
        )));
    }
    if is_restricted(key, well_known, names) {
        all.push(Reason::Start(format!(
            "using label {key} is not allowed as it might interfere with the internal provisioning logic"
        )));
    }
    if operator == "In" && key == CAPACITY_TYPE && !values.iter().any(|own| is_capacity_type(own)) {
        all.push(Reason::Start(format!(
            "no valid values found in [{}] for {key}",
            values.join(" ")
        )));
    }
    for value in values.iter().filter(|own| !is_label_value(own)) {
        all.push(Reason::Start(format!(
            "invalid value {value} for key {key}, "
        )));
    }
    if operator == "In" && values.is_empty() {
        all.push(Reason::Sentence(format!(
            "key {key} with operator In must have a value defined"
        )));
    }
    if matches!(operator, "Gt" | "Lt" | "Gte" | "Lte") {
        let is_number = |own: &String| names::atoi(own).is_some_and(|number| number >= 0);
        if values.len() != 1 || !values.iter().all(is_number) {
            all.push(Reason::Sentence(format!(
                "key {key} with operator {operator} must have a single positive integer value"
            )));
        }
    }
}

/// Whether a label can have the value at all.
fn is_label_value(value: &str) -> bool {
    let is_end = |own: Option<u8>| own.is_none_or(|own| own.is_ascii_alphanumeric());
    let bytes = value.as_bytes();
    let inside = |own: &u8| own.is_ascii_alphanumeric() || b"-_.".contains(own);
    bytes.len() <= 63
        && bytes.iter().all(inside)
        && is_end(bytes.first().copied())
        && is_end(bytes.last().copied())
}

/// Whether users may not ask for the label.
fn is_restricted(key: &str, well_known: &WellKnown, names: &mut Names) -> bool {
    if well_known.has(names.key(key)) {
        return false;
    }
    let domain = key.split_once('/').map_or("", |own| own.0);
    let mut domains = RESTRICTED_DOMAINS.iter();
    key == HOSTNAME
        || domains.any(|own| {
            domain
                .strip_suffix(own)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}
