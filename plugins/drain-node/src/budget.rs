//! The arithmetic of `PodDisruptionBudgets`: what the API server would say to an eviction.
//!
//! Follows kubernetes/kubernetes `pkg/registry/core/pod/storage/eviction.go` (v1.36.3) for what an
//! eviction meets, and `pkg/controller/disruption/disruption.go` for where the numbers come from.

use std::collections::BTreeMap;

use cluster::{LabelSelector, Versioned};
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;

use crate::pod::{Phase, Pod};

/// With more evictions than this unconfirmed, the API server allows none.
const MOST_DISRUPTED_PODS: usize = 2000;

/// A `PodDisruptionBudget`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(from = "policy::PodDisruptionBudget")]
pub struct Budget {
    pub namespace: String,
    pub name: String,
    pub resource_version: String,
    /// `None` selects no pod.
    pub selector: Option<LabelSelector>,
    pub unhealthy_policy: UnhealthyPolicy,
    /// What it asks for, in words: `maxUnavailable 1`.
    pub asks: String,
    /// Whether the status is about the spec as it is now.
    pub is_observed: bool,
    pub allowed: i32,
    pub healthy: i32,
    pub desired: i32,
    pub expected: i32,
    /// Evicted pods that still count as being there.
    pub disrupted: Vec<String>,
    /// Why the controller can't tell, if it can't.
    pub sync_failure: Option<String>,
}

/// What becomes of pods that are not ready.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum UnhealthyPolicy {
    /// They may go while the budget has all the healthy pods it wants.
    #[default]
    IfHealthyBudget,
    /// They may always go.
    AlwaysAllow,
}

/// What an eviction meets.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate<'a> {
    /// No budget selects the pod.
    Open,
    /// The pod is in a state in which no budget is asked.
    Bypassed,
    /// The pod is not ready, and its budget lets such pods go.
    UnreadyAllowed(&'a Budget),
    /// One disruption of this budget is needed.
    Needs(&'a Budget),
    /// More than one budget selects the pod: the API server refuses always.
    Several(Vec<&'a Budget>),
}

impl Budget {
    /// `namespace/name`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Whether it is asked about a pod.
    pub fn selects(&self, pod: &Pod) -> bool {
        self.namespace == pod.namespace
            && self
                .selector
                .as_ref()
                .is_some_and(|selector| selector.matches(&pod.labels))
    }

    /// How many evictions it allows now; 0 also where the API server could not tell.
    pub fn allowed_now(&self) -> usize {
        if !self.is_observed || self.disrupted.len() > MOST_DISRUPTED_PODS {
            return 0;
        }
        usize::try_from(self.allowed).unwrap_or(0)
    }

    /// How many of its pods may be away at once when all are well.
    pub fn allowed_at_best(&self) -> usize {
        usize::try_from(self.expected - self.desired).unwrap_or(0)
    }

    /// Whether it allows no eviction even when all its pods are well.
    pub fn never_allows(&self) -> bool {
        self.is_observed
            && self.sync_failure.is_none()
            && self.expected > 0
            && self.expected <= self.desired
    }

    /// Why it allows none now, in words.
    pub fn reason(&self) -> String {
        if let Some(failure) = &self.sync_failure {
            return format!("its status could not be computed: {failure}");
        }
        if !self.is_observed {
            return "its status is not up to date".into();
        }
        if self.disrupted.len() > MOST_DISRUPTED_PODS {
            return "too many evictions are not confirmed yet".into();
        }
        format!(
            "needs {} healthy, has {} of {}",
            self.desired, self.healthy, self.expected
        )
    }
}

/// What the eviction of a pod meets, given all budgets of its namespace.
pub fn gate<'a>(pod: &Pod, budgets: impl IntoIterator<Item = &'a Budget>) -> Gate<'a> {
    let mut selecting: Vec<&Budget> = budgets
        .into_iter()
        .filter(|budget| budget.selects(pod))
        .collect();
    let Some(first) = selecting.first().copied() else {
        return Gate::Open;
    };
    if pod.is_finished() || pod.phase == Phase::Pending || pod.is_terminating() {
        return Gate::Bypassed;
    }
    if selecting.len() > 1 {
        selecting.sort_by(|a, b| a.name.cmp(&b.name));
        return Gate::Several(selecting);
    }
    let is_well = first.healthy >= first.desired && first.desired > 0;
    if !pod.ready && (first.unhealthy_policy == UnhealthyPolicy::AlwaysAllow || is_well) {
        return Gate::UnreadyAllowed(first);
    }
    Gate::Needs(first)
}

impl Versioned for Budget {
    fn resource_version(&self) -> &str {
        &self.resource_version
    }
}

impl From<policy::PodDisruptionBudget> for Budget {
    fn from(budget: policy::PodDisruptionBudget) -> Self {
        let generation = budget.metadata.generation.unwrap_or(0);
        let spec = budget.spec.unwrap_or_default();
        let status = budget.status.unwrap_or_default();
        let observed = status.observed_generation.unwrap_or(0);
        let sync_failure = status.conditions.iter().flatten().find(|condition| {
            condition.type_ == "DisruptionAllowed"
                && condition.status == "False"
                && condition.reason == "SyncFailed"
        });
        Self {
            namespace: budget.metadata.namespace.unwrap_or_default(),
            name: budget.metadata.name.unwrap_or_default(),
            resource_version: budget.metadata.resource_version.unwrap_or_default(),
            selector: spec.selector.as_ref().and_then(LabelSelector::of),
            unhealthy_policy: match spec.unhealthy_pod_eviction_policy.as_deref() {
                Some("AlwaysAllow") => UnhealthyPolicy::AlwaysAllow,
                // A policy that is not known yet must refuse, as the default may.
                _ => UnhealthyPolicy::IfHealthyBudget,
            },
            asks: asks(spec.max_unavailable.as_ref(), spec.min_available.as_ref()),
            is_observed: observed >= generation,
            allowed: status.disruptions_allowed.unwrap_or(0),
            healthy: status.current_healthy.unwrap_or(0),
            desired: status.desired_healthy.unwrap_or(0),
            expected: status.expected_pods.unwrap_or(0),
            disrupted: status
                .disrupted_pods
                .map(BTreeMap::into_keys)
                .into_iter()
                .flatten()
                .collect(),
            sync_failure: sync_failure.map(|condition| condition.message.clone()),
        }
    }
}

fn asks(max_unavailable: Option<&IntOrString>, min_available: Option<&IntOrString>) -> String {
    let text = |value: &IntOrString| match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    };
    match (max_unavailable, min_available) {
        (Some(value), _) => format!("maxUnavailable {}", text(value)),
        (None, Some(value)) => format!("minAvailable {}", text(value)),
        (None, None) => "nothing".into(),
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;
    use crate::pod::Deletion;

    /// A budget over `app=NAME` with these numbers.
    pub fn budget(name: &str, allowed: i32, healthy: i32, desired: i32, expected: i32) -> Budget {
        Budget {
            namespace: "ns".into(),
            name: name.into(),
            resource_version: "1".into(),
            selector: Some(LabelSelector::parse(&format!("app={name}")).unwrap()),
            asks: format!("minAvailable {desired}"),
            is_observed: true,
            allowed,
            healthy,
            desired,
            expected,
            ..Budget::default()
        }
    }

    /// A running, ready pod with `app=APP`.
    pub fn pod(name: &str, app: &str) -> Pod {
        Pod {
            namespace: "ns".into(),
            name: name.into(),
            uid: name.into(),
            node: "n1".into(),
            labels: BTreeMap::from([("app".into(), app.into())]),
            phase: Phase::Running,
            ready: true,
            grace_seconds: 30,
            ..Pod::default()
        }
    }

    fn said(pod: &Pod, budgets: &[Budget]) -> &'static str {
        match gate(pod, budgets) {
            Gate::Open => "open",
            Gate::Bypassed => "bypassed",
            Gate::UnreadyAllowed(_) => "unready",
            Gate::Needs(_) => "needs",
            Gate::Several(_) => "several",
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn an_eviction_meets_what_the_api_server_checks() {
        let ready = pod("p", "web");
        let unready = Pod {
            ready: false,
            ..ready.clone()
        };
        let phase = |phase| Pod {
            phase,
            ready: false,
            ..ready.clone()
        };
        let leaving = Pod {
            deletion: Some(Deletion {
                deadline: jiff::Timestamp::UNIX_EPOCH,
                grace_seconds: 1,
            }),
            ..ready.clone()
        };
        let well = budget("web", 1, 3, 2, 3);
        let poor = budget("web", 0, 1, 2, 3);
        let nothing_wanted = budget("web", 0, 0, 0, 3);
        let always = Budget {
            unhealthy_policy: UnhealthyPolicy::AlwaysAllow,
            ..poor.clone()
        };
        let other_namespace = Budget {
            namespace: "other".into(),
            ..well.clone()
        };
        let no_selector = Budget {
            selector: None,
            ..well.clone()
        };
        let second = Budget {
            name: "second".into(),
            ..well.clone()
        };
        for (name, pod, budgets, expected) in [
            ("no budget", &ready, vec![], "open"),
            (
                "another app",
                &ready,
                vec![budget("api", 0, 1, 1, 1)],
                "open",
            ),
            ("another namespace", &ready, vec![other_namespace], "open"),
            ("no selector", &ready, vec![no_selector], "open"),
            ("ready", &ready, vec![well.clone()], "needs"),
            ("ready, poor budget", &ready, vec![poor.clone()], "needs"),
            (
                "unready, well budget",
                &unready,
                vec![well.clone()],
                "unready",
            ),
            (
                "unready, poor budget",
                &unready,
                vec![poor.clone()],
                "needs",
            ),
            (
                "unready, budget wants none",
                &unready,
                vec![nothing_wanted],
                "needs",
            ),
            ("unready, always", &unready, vec![always.clone()], "unready"),
            ("ready, always", &ready, vec![always], "needs"),
            (
                "two budgets",
                &ready,
                vec![well.clone(), second.clone()],
                "several",
            ),
            (
                "pending, two budgets",
                &phase(Phase::Pending),
                vec![well.clone(), second],
                "bypassed",
            ),
            (
                "pending",
                &phase(Phase::Pending),
                vec![poor.clone()],
                "bypassed",
            ),
            (
                "succeeded",
                &phase(Phase::Succeeded),
                vec![poor.clone()],
                "bypassed",
            ),
            (
                "failed",
                &phase(Phase::Failed),
                vec![poor.clone()],
                "bypassed",
            ),
            (
                "unknown phase",
                &phase(Phase::Unknown),
                vec![poor.clone()],
                "needs",
            ),
            ("terminating", &leaving, vec![poor], "bypassed"),
        ] {
            assert_eq!(said(pod, &budgets), expected, "{name}");
        }
    }

    #[test]
    fn numbers_say_what_is_possible_at_all() {
        let stale = Budget {
            is_observed: false,
            ..budget("web", 2, 3, 1, 3)
        };
        let failed = Budget {
            sync_failure: Some("no scale".into()),
            ..budget("web", 0, 3, 3, 3)
        };
        let crowded = Budget {
            disrupted: vec![String::new(); 2001],
            ..budget("web", 2, 3, 1, 3)
        };
        let negative = budget("web", -1, 1, 2, 3);
        for (name, budget, now, best, never) in [
            ("one may go", budget("web", 1, 3, 2, 3), 1, 1, false),
            ("unwell", budget("web", 0, 2, 2, 3), 0, 1, false),
            ("maxUnavailable 0", budget("web", 0, 3, 3, 3), 0, 0, true),
            (
                "more wanted than there are",
                budget("web", 0, 3, 5, 3),
                0,
                0,
                true,
            ),
            ("no pods known yet", budget("web", 0, 0, 0, 0), 0, 0, false),
            ("stale", stale, 0, 2, false),
            ("failed sync", failed, 0, 0, false),
            ("too many unconfirmed", crowded, 0, 2, false),
            ("negative", negative, 0, 1, false),
        ] {
            assert_eq!(budget.allowed_now(), now, "{name}");
            assert_eq!(budget.allowed_at_best(), best, "{name}");
            assert_eq!(budget.never_allows(), never, "{name}");
        }
    }

    #[test]
    fn a_budget_is_read_from_the_api() {
        let read: Budget = serde_json::from_value(json!({
            "metadata": {"namespace": "ns", "name": "web", "resourceVersion": "5", "generation": 2},
            "spec": {"maxUnavailable": "10%", "selector": {"matchLabels": {"app": "web"}},
                "unhealthyPodEvictionPolicy": "AlwaysAllow"},
            "status": {"observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 3,
                "desiredHealthy": 2, "expectedPods": 3, "disruptedPods": {"web-1": "2026-01-01T00:00:00Z"},
                "conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed",
                    "message": "found no controllers", "lastTransitionTime": "2026-01-01T00:00:00Z"}]},
        }))
        .unwrap();
        assert_eq!(read.asks, "maxUnavailable 10%");
        assert_eq!(read.unhealthy_policy, UnhealthyPolicy::AlwaysAllow);
        assert!(!read.is_observed);
        assert_eq!(read.disrupted, ["web-1"]);
        assert!(read.reason().contains("found no controllers"));
        assert!(read.selects(&pod("p", "web")));
    }
}
