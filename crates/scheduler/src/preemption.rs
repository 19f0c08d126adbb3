//! Which pods would go to make room.
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go`,
//! `pkg/scheduler/framework/preemption/preemption.go` and `pkg/scheduler/util/utils.go`.

use std::collections::BTreeMap;

use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use crate::cycle::{Cycle, Fail, Overlay};
use crate::intern::{Interner, Sym, index};
use crate::labels::Selector;
use crate::state::{NodeId, PodId, PodQuery, State};
use crate::verdict::Code;

/// A disruption budget.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    namespace: Sym,
    name: Sym,
    /// `None` if it cannot be parsed: the budget covers nothing then.
    selector: Option<Selector>,
    allowed: i32,
    /// Pods whose eviction was already granted.
    disrupted: Vec<Box<str>>,
}

impl Budget {
    pub(crate) fn read(budget: &PodDisruptionBudget, texts: &mut Interner) -> Self {
        let meta = &budget.metadata;
        let status = budget.status.as_ref();
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        let disrupted = status.and_then(|status| status.disrupted_pods.as_ref());
        Self {
            namespace: texts.intern(meta.namespace.as_deref().unwrap_or_default()),
            name: texts.intern(meta.name.as_deref().unwrap_or_default()),
            selector: Selector::read(selector, texts).ok(),
            allowed: status
                .and_then(|status| status.disruptions_allowed)
                .unwrap_or(0),
            disrupted: disrupted
                .into_iter()
                .flatten()
                .map(|(pod, _)| pod.as_str().into())
                .collect(),
        }
    }

    pub(crate) fn is_same_object(&self, other: &Self) -> bool {
        self.namespace == other.namespace && self.name == other.name
    }
}

/// A node, and the pods that would have to go from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node.
    pub node: NodeId,
    /// Most important first.
    pub victims: Vec<PodId>,
    /// How many of them go although a disruption budget does not allow it.
    pub violations: usize,
}

/// What preemption could do for a pod that fits nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preemption {
    /// Every node on which evictions help, with the least of them. Upstream looks at a random part
    /// of large clusters only: see `sampled`.
    pub candidates: Vec<Candidate>,
    /// Which candidates upstream could choose, as positions; it picks at random among several.
    pub best: Vec<usize>,
    /// Set when there are so many nodes to try that upstream stops after some of them, and so may
    /// not find the best.
    pub sampled: bool,
    /// Set when a verdict that is not modelled had a part in it: the rest may be wrong then.
    pub unknown: Option<String>,
    /// The sentence upstream adds to the pod's message when preemption does not help.
    pub message: Option<String>,
}

/// Upstream's errors as one: each text once.
fn failed(errors: &[String]) -> Option<String> {
    let mut all: Vec<&str> = Vec::new();
    for error in errors {
        if !all.contains(&error.as_str()) {
            all.push(error);
        }
    }
    match all.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        more => Some(format!("[{}]", more.join(", "))),
    }
}

/// Upstream tries a tenth of the nodes, and at least so many.
const LEAST_CANDIDATES: usize = 100;

impl State {
    /// Which lower-priority pods would go to make room for this one, as kube-scheduler's default
    /// preemption chooses them. Nothing is changed. Pods on a node of equal priority and start
    /// time are taken in any order, as upstream.
    pub fn preempt(&mut self, query: &PodQuery) -> Preemption {
        if query.never_preempts {
            let message = "preemption: not eligible due to preemptionPolicy=Never.";
            return Preemption {
                message: Some(message.to_owned()),
                ..Preemption::default()
            };
        }
        let cycle = match self.pre_filter(query) {
            Ok(cycle) => cycle,
            Err(status) if status.code.is_rejected() => {
                return Preemption {
                    message: Some(self.unhelpful(&BTreeMap::new(), 0)),
                    ..Preemption::default()
                };
            }
            Err(_) => return Preemption::default(),
        };
        let fails = self.all_fails(query, &cycle);
        if !self.may_preempt(query, &fails) {
            let message =
                "preemption: not eligible due to a terminating pod on the nominated node.";
            return Preemption {
                message: Some(message.to_owned()),
                ..Preemption::default()
            };
        }
        let potential: Vec<u32> = fails
            .iter()
            .filter(|(_, code)| *code == Code::Unschedulable)
            .map(|&(node, _)| node)
            .collect();
        let wanted = (potential.len() / 10).max(LEAST_CANDIDATES);
        let mut found = Preemption {
            sampled: potential.len() > wanted,
            ..Preemption::default()
        };
        if fails.iter().any(|(_, code)| *code == Code::Unknown) {
            found.unknown = Some("what the filters say of some nodes is not modelled".to_owned());
        }
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut errors: Vec<String> = Vec::new();
        for &node in &potential {
            match self.select_victims(query, &cycle, node, &mut found.unknown) {
                Ok(candidate) => found.candidates.push(candidate),
                Err((Code::Error, why)) => errors.extend(why),
                Err((_, why)) => why
                    .into_iter()
                    .for_each(|why| *reasons.entry(why).or_default() += 1),
            }
        }
        if found.candidates.is_empty() {
            let failed = failed(&errors).map(|error| format!("preemption: {error}"));
            found.message =
                Some(failed.unwrap_or_else(|| self.unhelpful(&reasons, potential.len())));
        }
        found.best = self.pick(&found.candidates);
        found
    }

    fn all_fails(&self, query: &PodQuery, cycle: &Cycle) -> Vec<(u32, Code)> {
        let mut all = Vec::with_capacity(self.present);
        for node in self.nodes() {
            let named = cycle
                .only
                .as_ref()
                .is_none_or(|only| only.binary_search(&node.0).is_ok());
            let fail = if named {
                self.run_with_nominated(query, cycle, node.0, None)
            } else {
                Some(Fail::NotNamed)
            };
            all.push((node.0, fail.map_or(Code::Success, |fail| fail.code())));
        }
        all
    }

    /// A pod that preempted before waits until its victims are gone.
    fn may_preempt(&self, query: &PodQuery, fails: &[(u32, Code)]) -> bool {
        let nominated = query
            .nominated_node
            .as_ref()
            .and_then(|name| self.node(name));
        let Some(node) = nominated else {
            return true;
        };
        let code = fails
            .iter()
            .find(|(own, _)| *own == node.0)
            .map(|&(_, code)| code);
        if code == Some(Code::UnschedulableAndUnresolvable) {
            return true;
        }
        !self.nodes[node.0 as usize].pods.iter().any(|&pod| {
            let pod = &self.pods[pod as usize];
            pod.priority < query.priority && pod.preempted
        })
    }

    /// The sentence about nodes on which preemption does not help; `tried` of them have a reason.
    fn unhelpful(&self, reasons: &BTreeMap<String, usize>, tried: usize) -> String {
        if self.present == 0 {
            return "preemption: no nodes available".to_owned();
        }
        let mut parts: Vec<String> = reasons
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        let rest = self.present.saturating_sub(tried);
        if rest > 0 {
            parts.push(format!("{rest} Preemption is not helpful for scheduling"));
        }
        parts.sort_unstable();
        format!(
            "preemption: 0/{} nodes are available: {}.",
            self.present,
            parts.join(", ")
        )
    }

    fn importance(&self, pod: u32) -> (std::cmp::Reverse<i32>, i64) {
        let pod = &self.pods[pod as usize];
        (std::cmp::Reverse(pod.priority), pod.started)
    }

    fn select_victims(
        &self,
        query: &PodQuery,
        cycle: &Cycle,
        node: u32,
        unknown: &mut Option<String>,
    ) -> Result<Candidate, (Code, Vec<String>)> {
        let mut run = |overlay: &Overlay| {
            let fail = self.run_with_nominated(query, cycle, node, Some(overlay))?;
            if fail.code() == Code::Unknown {
                let reasons = fail.status(self, cycle).reasons;
                unknown.get_or_insert_with(|| reasons.join(", "));
            }
            Some(fail)
        };
        let pods = self.nodes[node as usize].pods.iter().copied();
        let mut lower: Vec<u32> = pods
            .filter(|&pod| self.pods[pod as usize].priority < query.priority)
            .collect();
        if lower.is_empty() {
            let why = "No preemption victims found for incoming pod";
            return Err((Code::UnschedulableAndUnresolvable, vec![why.to_owned()]));
        }
        let mut overlay = Overlay::new(cycle);
        for &pod in &lower {
            overlay.remove(self, cycle, pod, node);
        }
        if let Some(fail) = run(&overlay) {
            return Err((fail.code(), fail.status(self, cycle).reasons));
        }
        lower.sort_by_key(|&pod| self.importance(pod));
        let (violating, others) = self.split_by_budget(&lower);
        let mut victims = Vec::new();
        let mut reprieve = |pod: u32, victims: &mut Vec<u32>| {
            overlay.add(self, cycle, pod, node);
            let fits = run(&overlay).is_none();
            if !fits {
                overlay.remove(self, cycle, pod, node);
                victims.push(pod);
            }
            fits
        };
        let violations = violating
            .iter()
            .filter(|&&pod| !reprieve(pod, &mut victims))
            .count();
        for &pod in &others {
            reprieve(pod, &mut victims);
        }
        if !violating.is_empty() && !others.is_empty() {
            victims.sort_by_key(|&pod| self.importance(pod));
        }
        if victims.is_empty() {
            let name = self.texts.text(self.nodes[node as usize].name);
            let why = format!("expected at least one victim pod on node \"{name}\"");
            return Err((Code::Error, vec![why]));
        }
        let victims = victims.into_iter().map(PodId).collect();
        Ok(Candidate {
            node: NodeId(node),
            victims,
            violations,
        })
    }

    fn split_by_budget(&self, pods: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let mut left: Vec<i64> = self
            .budgets
            .iter()
            .map(|own| i64::from(own.allowed))
            .collect();
        pods.iter().partition(|&&pod| {
            let class = self.class_of_pod(pod);
            let labels = &self.groups[class.group as usize].labels;
            let name = &self.pods[pod as usize].name;
            let mut violated = false;
            for (budget, left) in self.budgets.iter().zip(&mut left) {
                let covers = !labels.is_empty()
                    && budget.namespace == class.namespace
                    && budget.selector.as_ref().is_some_and(|selector| {
                        !selector.is_everything() && selector.matches(labels, &self.texts)
                    })
                    && !budget.disrupted.contains(name);
                if covers {
                    *left -= 1;
                    violated |= *left < 0;
                }
            }
            violated
        })
    }

    /// Upstream's order of preference; all that are equally good stay.
    fn pick(&self, candidates: &[Candidate]) -> Vec<usize> {
        let pod = |id: PodId| &self.pods[id.0 as usize];
        let rank = |candidate: &Candidate| {
            let highest = candidate
                .victims
                .first()
                .map_or(i32::MIN, |&id| pod(id).priority);
            let sum: i64 = candidate
                .victims
                .iter()
                .map(|&id| i64::from(pod(id).priority) + (1_i64 << 31))
                .fold(0, i64::wrapping_add);
            let most = candidate.victims.iter().map(|&id| pod(id).priority).max();
            let earliest = candidate
                .victims
                .iter()
                .filter(|&&id| Some(pod(id).priority) == most)
                .map(|&id| pod(id).started)
                .min()
                .unwrap_or(i64::MIN);
            let count = index(candidate.victims.len());
            (
                candidate.violations,
                highest,
                sum,
                count,
                std::cmp::Reverse(earliest),
            )
        };
        let best = candidates.iter().map(rank).min();
        let all = candidates.iter().enumerate();
        all.filter(|(_, candidate)| Some(rank(candidate)) == best)
            .map(|(at, _)| at)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::state::{PodQuery, State};
    use crate::testing::{merge, node, on, pod, state};
    use serde_json::{Value, json};

    fn asks(cpu: &str, priority: i32) -> Value {
        json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}], "priority": priority})
    }

    fn low(node: &str, name: &str, cpu: &str, priority: i32) -> Value {
        on(node, name, json!({"app": name}), asks(cpu, priority))
    }

    fn ask(state: &mut State, priority: i32, more: Value) -> PodQuery {
        let mut new = pod(json!({}), asks("8", priority));
        merge(&mut new, more);
        state.prepare(&serde_json::from_value(new).unwrap())
    }

    /// A node, its victims, and how many of them a budget protects.
    type Gone = (String, Vec<String>, usize);

    /// Victims by node, and the nodes that could be chosen.
    fn answer(objects: &[Value], priority: i32) -> (Vec<Gone>, Vec<String>) {
        let mut state = state(objects);
        let query = ask(&mut state, priority, json!({}));
        let got = state.preempt(&query);
        let name = |node| state.node_name(node).unwrap().to_owned();
        let all = got.candidates.iter().map(|own| {
            let victims = own
                .victims
                .iter()
                .map(|&pod| state.pod_ref(pod).unwrap().name.to_owned());
            (name(own.node), victims.collect(), own.violations)
        });
        (
            all.collect(),
            got.best
                .iter()
                .map(|&at| name(got.candidates[at].node))
                .collect(),
        )
    }

    #[test]
    fn the_least_of_lower_pods_go() {
        let objects = [
            node("a", json!({}), json!({})),
            low("a", "first", "4", 1),
            low("a", "second", "3", 2),
            low("a", "third", "1", 0),
            low("a", "equal", "1", 5),
        ];
        let (all, best) = answer(&objects, 5);
        // Reprieved in the order of importance: second does not fit, first does not, third does.
        assert_eq!(
            all,
            [(
                "a".to_owned(),
                vec!["second".to_owned(), "first".to_owned()],
                0
            )]
        );
        assert_eq!(best, ["a"]);
    }

    #[test]
    fn the_best_node() {
        let four = |node: &str, name: &str, priority| low(node, name, "9", priority);
        let nodes = || {
            ["a", "b", "c"]
                .map(|name| node(name, json!({}), json!({})))
                .to_vec()
        };
        let mut by_priority = nodes();
        by_priority.extend([four("a", "p1", 3), four("b", "p2", 1), four("c", "p3", 1)]);
        assert_eq!(answer(&by_priority, 5).1, ["b", "c"]);
        let mut by_start = by_priority.clone();
        by_start[4]["status"] = json!({"startTime": "2026-01-01T00:00:00Z"});
        by_start[5]["status"] = json!({"startTime": "2026-01-02T00:00:00Z"});
        assert_eq!(answer(&by_start, 5).1, ["c"]);
        let mut by_count = nodes();
        by_count.extend([
            low("a", "p1", "5", 1),
            low("a", "p2", "5", 1),
            four("b", "p3", 1),
            four("c", "p4", 2),
        ]);
        assert_eq!(answer(&by_count, 5).1, ["b"]);
    }

    #[test]
    fn budgets_are_broken_last() {
        let budget = |app: &str, allowed: i32| {
            json!({"kind": "PodDisruptionBudget",
            "metadata": {"namespace": "default", "name": app},
            "spec": {"selector": {"matchLabels": {"app": app}}},
            "status": {"disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}})
        };
        let objects = |allowed| {
            [
                node("a", json!({}), json!({})),
                low("a", "kept", "5", 0),
                low("a", "other", "5", 1),
                budget("kept", allowed),
            ]
        };
        // The more important pod goes, for the other one is protected.
        let (all, _) = answer(&objects(0), 5);
        assert_eq!(all[0].1, ["other", "kept"]);
        assert_eq!(all[0].2, 1);
        let (all, _) = answer(&objects(1), 5);
        assert_eq!((all[0].1.len(), all[0].2), (2, 0));
    }

    #[test]
    fn when_it_does_not_help() {
        let objects = [
            node("a", json!({}), json!({})),
            node(
                "small",
                json!({}),
                json!({"status": {"allocatable": {"cpu": "1"}}}),
            ),
            low("a", "high", "9", 9),
        ];
        let mut state = state(&objects);
        let query = ask(&mut state, 5, json!({}));
        assert_eq!(
            state.preempt(&query).message.as_deref(),
            Some(
                "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."
            )
        );
        let query = ask(
            &mut state,
            99,
            json!({"spec": {"preemptionPolicy": "Never"}}),
        );
        assert_eq!(
            state.preempt(&query).message.as_deref(),
            Some("preemption: not eligible due to preemptionPolicy=Never.")
        );
    }

    #[test]
    fn a_preempted_pod_still_ending_is_waited_for() {
        let mut ending = low("a", "ending", "9", 0);
        ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        ending["status"] = json!({"conditions": [
            {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]});
        let mut state = state(&[node("a", json!({}), json!({})), ending]);
        let query = ask(&mut state, 5, json!({"status": {"nominatedNodeName": "a"}}));
        let got = state.preempt(&query);
        assert!(got.candidates.is_empty());
        assert_eq!(
            got.message.as_deref(),
            Some("preemption: not eligible due to a terminating pod on the nominated node.")
        );
    }

    #[test]
    fn anti_affinity_goes_with_its_pod() {
        let mut blocker = low("a", "blocker", "1", 0);
        merge(
            &mut blocker["spec"],
            json!({"affinity": {"podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "zone", "labelSelector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}}]}}}),
        );
        let objects = [node("a", json!({"zone": "z"}), json!({})), blocker];
        let (all, _) = answer(&objects, 5);
        assert_eq!(all, [("a".to_owned(), vec!["blocker".to_owned()], 0)]);
    }
}
