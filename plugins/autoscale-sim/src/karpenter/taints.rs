//! Taints and tolerations.
//!
//! Follows kubernetes/api `core/v1/toleration.go` and upstream's `pkg/scheduling/taints.go`.

use k8s_openapi::api::core::v1::{Taint, Toleration};

/// The taints that a list of tolerations does not tolerate.
pub(super) fn untolerated<'a>(taints: &'a [Taint], tolerations: &[Toleration]) -> Vec<&'a Taint> {
    let all = taints.iter();
    all.filter(|taint| !tolerations.iter().any(|own| tolerates(own, taint)))
        .collect()
}

/// Whether all taints are tolerated.
pub(super) fn tolerated(taints: &[Taint], tolerations: &[Toleration]) -> bool {
    let mut all = taints.iter();
    all.all(|taint| tolerations.iter().any(|own| tolerates(own, taint)))
}

fn text(field: Option<&String>) -> &str {
    field.map_or("", String::as_str)
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let (effect, key) = (
        text(toleration.effect.as_ref()),
        text(toleration.key.as_ref()),
    );
    if !effect.is_empty() && effect != taint.effect || !key.is_empty() && key != taint.key {
        return false;
    }
    let (own, other) = (text(toleration.value.as_ref()), text(taint.value.as_ref()));
    match text(toleration.operator.as_ref()) {
        "" | "Equal" => own == other,
        "Exists" => true,
        "Lt" => numbers(own, other).is_some_and(|(own, other)| other < own),
        "Gt" => numbers(own, other).is_some_and(|(own, other)| other > own),
        _ => false,
    }
}

fn numbers(own: &str, other: &str) -> Option<(i64, i64)> {
    Some((decimal(own)?, decimal(other)?))
}

/// A whole number without needless signs or zeros.
fn decimal(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// `key=value:effect`, as upstream writes it.
pub(super) fn describe(taint: &Taint) -> String {
    match text(taint.value.as_ref()) {
        "" => format!("{}:{}", taint.key, taint.effect),
        value => format!("{}={value}:{}", taint.key, taint.effect),
    }
}

/// Whether two taints are one to Kubernetes, whatever their values.
pub(super) fn same(one: &Taint, other: &Taint) -> bool {
    one.key == other.key && one.effect == other.effect
}

/// Whether a node that is starting has the taint only until it is ready.
pub(super) fn is_ephemeral(taint: &Taint) -> bool {
    let effects: &[&str] = match taint.key.as_str() {
        "node.kubernetes.io/not-ready" => &["NoSchedule", "NoExecute"],
        "node.kubernetes.io/unreachable" | "node.cloudprovider.kubernetes.io/uninitialized" => {
            &["NoSchedule"]
        }
        "karpenter.sh/unregistered" => &["NoExecute"],
        key if key.starts_with("readiness.k8s.io/") => return true,
        _ => &[],
    };
    effects.contains(&taint.effect.as_str())
}

/// The toleration that a pod gets when nothing else helps.
pub(super) fn prefer_no_schedule() -> Toleration {
    Toleration {
        operator: Some("Exists".to_owned()),
        effect: Some("PreferNoSchedule".to_owned()),
        ..Toleration::default()
    }
}

/// Adds [`prefer_no_schedule`] unless it is there; says whether it was not.
pub(super) fn add_prefer_no_schedule(tolerations: &mut Vec<Toleration>) -> bool {
    let is_there = tolerations.iter().any(|own| {
        text(own.operator.as_ref()) == "Exists"
            && text(own.effect.as_ref()) == "PreferNoSchedule"
            && text(own.key.as_ref()).is_empty()
            && text(own.value.as_ref()).is_empty()
    });
    if !is_there {
        tolerations.push(prefer_no_schedule());
    }
    !is_there
}
