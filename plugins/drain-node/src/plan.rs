//! What a drain will do: a pure function of what was read.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::budget::{Budget, Gate, gate};
use crate::facts::Facts;
use crate::filters::{FilterOptions, Filtered, filter};
use crate::leaders::held_by;
use crate::placement::{Placement, place};
use crate::pod::Pod;
use crate::report::{
    API_VERSION, BudgetVerdict, DrainPlan, PlanBudget, PlanNode, PlanPlacement, PlanPod, Rule,
    Verdict,
};
use crate::workload::{Key, Workload, deployment_of};

/// A pod that is not ready for longer than this is not expected to get ready by itself.
const HOPELESS: SignedDuration = SignedDuration::from_mins(5);
/// Why a container waits when it won't start by itself.
const HOPELESS_REASONS: [&str; 6] = [
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "ErrImageNeverPull",
];

/// The flags that the plan obeys.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanOptions {
    pub filters: FilterOptions,
    /// `--disable-eviction`
    pub delete: bool,
    /// `--surge`
    pub surge: bool,
    /// `--grace-period`; `None` is each pod's own.
    pub grace: Option<i64>,
}

/// In which order pods are tried: by priority, those that lead an election last among equals.
pub fn order(a: (&Pod, bool), b: (&Pod, bool)) -> std::cmp::Ordering {
    let key = |(pod, leads): (&Pod, bool)| (pod.priority, leads);
    key(a)
        .cmp(&key(b))
        .then_with(|| (&a.0.namespace, &a.0.name).cmp(&(&b.0.namespace, &b.0.name)))
}

/// Makes the plan. The scheduler in the facts is used up.
pub fn plan(facts: &mut Facts, options: PlanOptions) -> DrainPlan {
    let mut scheduler = facts.scheduler.take();
    let facts = &*facts;
    let planner = Planner { facts, options };
    let mut warnings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut fatal: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut pods: Vec<(&Pod, PlanPod)> = Vec::new();
    for pod in &facts.pods {
        let filtered = filter(pod, options.filters, &facts.daemon_sets, facts.now);
        match &filtered {
            Filtered::GoesWithWarning(_, message) | Filtered::SkippedWithWarning(_, message) => {
                warnings.entry(message.clone()).or_default().push(pod.key());
            }
            Filtered::Fatal(_, message) => {
                fatal.entry(message.clone()).or_default().push(pod.key());
            }
            Filtered::Goes | Filtered::Skipped(_) => {}
        }
        pods.push((pod, planner.pod(pod, &filtered)));
    }
    pods.sort_by(|(a, in_plan), (b, other)| {
        order((a, !in_plan.leads.is_empty()), (b, !other.leads.is_empty()))
    });
    let budgets = planner.budgets(&mut pods);
    if let Some(scheduler) = &mut scheduler {
        planner.place(scheduler, &mut pods);
    }
    let full_grace = planner.full_grace(&pods);
    let mut obstacles: Vec<String> = fatal
        .iter()
        .map(|(message, pods)| format!("cannot delete {message}: {}", pods.join(", ")))
        .collect();
    obstacles.extend(budget_obstacles(&pods));
    let pods: Vec<PlanPod> = pods.into_iter().map(|(_, pod)| pod).collect();
    DrainPlan {
        api_version: API_VERSION,
        kind: "DrainPlan",
        time: facts.now,
        possible: obstacles.is_empty(),
        obstacles,
        nodes: planner.nodes(&pods),
        pods,
        budgets,
        warnings: warnings
            .iter()
            .map(|(message, pods)| format!("{message}: {}", pods.join(", ")))
            .collect(),
        full_grace_seconds: full_grace,
        unreadable: facts.unreadable.iter().cloned().collect(),
    }
}

/// Pods that a budget blocks for ever, by what is to be said of them.
fn budget_obstacles(pods: &[(&Pod, PlanPod)]) -> Vec<String> {
    let mut blocked: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (pod, in_plan) in pods {
        let by_budget =
            in_plan.verdict == Verdict::Blocked && !matches!(in_plan.rule, Rule::Filter(_));
        if let Some(message) = in_plan.message.as_deref().filter(|_| by_budget) {
            blocked.entry(message).or_default().push(pod.key());
        }
    }
    blocked
        .into_iter()
        .map(|(message, pods)| format!("{message}: {}", pods.join(", ")))
        .collect()
}

struct Planner<'a> {
    facts: &'a Facts,
    options: PlanOptions,
}

impl Planner<'_> {
    fn pod(&self, pod: &Pod, filtered: &Filtered) -> PlanPod {
        let facts = self.facts;
        let (verdict, rule, message) = self.verdict(pod, filtered);
        let goes = filtered.goes();
        let budgets = facts.budgets.iter().filter(|budget| budget.selects(pod));
        PlanPod {
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            uid: pod.uid.clone(),
            node: pod.node.clone(),
            verdict,
            rule,
            message,
            controller: pod.controller.clone(),
            budgets: budgets.map(|budget| budget.name.clone()).collect(),
            round: None,
            priority: pod.priority,
            grace_period_seconds: pod.effective_grace(self.options.grace),
            only_replica: goes && self.is_only_replica(pod),
            leads: if goes {
                held_by(pod, &facts.leases, facts.now)
            } else {
                Vec::new()
            },
            lost_volumes: if goes && !pod.is_finished() {
                pod.empty_dirs.clone()
            } else {
                Vec::new()
            },
            placement: None,
        }
    }

    fn is_only_replica(&self, pod: &Pod) -> bool {
        let workload = Key::of(pod).and_then(|key| self.facts.workloads.get(&key));
        !pod.is_finished() && workload.is_some_and(|workload: &Workload| workload.replicas == 1)
    }

    fn verdict(&self, pod: &Pod, filtered: &Filtered) -> (Verdict, Rule, Option<String>) {
        match filtered {
            Filtered::Goes | Filtered::GoesWithWarning(..) => {}
            Filtered::Skipped(by) => return (Verdict::Skip, Rule::Filter(*by), None),
            Filtered::SkippedWithWarning(by, message) => {
                return (Verdict::Skip, Rule::Filter(*by), Some(message.clone()));
            }
            Filtered::Fatal(by, message) => {
                return (Verdict::Blocked, Rule::Filter(*by), Some(message.clone()));
            }
        }
        if pod.is_terminating() {
            return (Verdict::Evict, Rule::Terminating, None);
        }
        if self.surges(pod) {
            return (Verdict::Surge, Rule::OnlyReplica, None);
        }
        if self.options.delete {
            return (Verdict::Delete, Rule::EvictionDisabled, None);
        }
        match gate(pod, &self.facts.budgets) {
            Gate::Open => (Verdict::Evict, Rule::NoBudget, None),
            Gate::Bypassed => (Verdict::Evict, Rule::NotRunning, None),
            Gate::UnreadyAllowed(_) => (Verdict::Evict, Rule::UnreadyAllowed, None),
            Gate::Several(budgets) => {
                let names: Vec<String> = budgets.iter().map(|budget| budget.key()).collect();
                let message = format!(
                    "more than one disruption budget selects the pod ({}), so the API server refuses its eviction always",
                    names.join(", ")
                );
                (Verdict::Blocked, Rule::SeveralBudgets, Some(message))
            }
            Gate::Needs(budget) => self.needs(budget),
        }
    }

    fn needs(&self, budget: &Budget) -> (Verdict, Rule, Option<String>) {
        if budget.never_allows() {
            let message = format!(
                "disruption budget {} ({}) allows no eviction: it needs {} healthy of {}",
                budget.key(),
                budget.asks,
                budget.desired,
                budget.expected
            );
            return (Verdict::Blocked, Rule::BudgetAllowsNone, Some(message));
        }
        if let Some(unready) = self.hopeless(budget) {
            let message = format!(
                "disruption budget {} {}, and these are not getting ready: {}",
                budget.key(),
                budget.reason(),
                unready.join(", ")
            );
            return (Verdict::Blocked, Rule::UnreadyPodsHoldBudget, Some(message));
        }
        (Verdict::Evict, Rule::Budget, None)
    }

    /// The pods that hold a budget that allows nothing now; `None` if any may still get ready.
    fn hopeless(&self, budget: &Budget) -> Option<Vec<String>> {
        if budget.allowed_now() > 0 || !budget.is_observed || budget.healthy > budget.desired {
            return None;
        }
        let here = self.facts.pods.iter();
        let unready: Vec<&Pod> = here
            .chain(&self.facts.unready_elsewhere)
            .filter(|pod| budget.selects(pod))
            .filter(|pod| !pod.ready && !pod.is_finished() && !pod.is_terminating())
            .collect();
        // Pods that are missing will be made anew and may get ready.
        let known = budget.healthy + i32::try_from(unready.len()).unwrap_or(i32::MAX);
        let all_known = known >= budget.expected;
        let hopeless =
            !unready.is_empty() && all_known && unready.iter().all(|pod| self.is_hopeless(pod));
        hopeless.then(|| unready.iter().map(|pod| pod.key()).collect())
    }

    fn is_hopeless(&self, pod: &Pod) -> bool {
        let waits = pod.waiting.as_deref();
        waits.is_some_and(|reason| HOPELESS_REASONS.contains(&reason))
            || pod
                .ready_changed
                .is_some_and(|since| self.facts.now.duration_since(since) > HOPELESS)
    }

    fn surges(&self, pod: &Pod) -> bool {
        self.options.surge
            && !pod.is_finished()
            && self.is_only_replica(pod)
            && deployment_of(pod, &self.facts.workloads)
                .is_some_and(|(_, deployment)| deployment.surges && deployment.replicas == 1)
    }

    /// Simulates each budget over all pods that need it, in order.
    fn budgets(&self, pods: &mut [(&Pod, PlanPod)]) -> Vec<PlanBudget> {
        let mut budgets = Vec::new();
        for budget in &self.facts.budgets {
            let mut sequence = Sequence::new(budget);
            let mut never = None;
            let mut touched = false;
            for (pod, in_plan) in pods.iter_mut() {
                let concerned = budget.selects(pod);
                touched |= concerned
                    && matches!(in_plan.verdict, Verdict::Evict | Verdict::Blocked)
                    && !matches!(in_plan.rule, Rule::Filter(_));
                if concerned && in_plan.rule == Rule::Budget {
                    in_plan.round = Some(sequence.take());
                } else if concerned
                    && matches!(
                        in_plan.rule,
                        Rule::BudgetAllowsNone | Rule::SeveralBudgets | Rule::UnreadyPodsHoldBudget
                    )
                {
                    never.clone_from(&in_plan.message);
                }
            }
            if !touched {
                continue;
            }
            let (verdict, message) = if never.is_some() {
                (BudgetVerdict::Never, never)
            } else if budget.allowed_now() > 0 || sequence.rounds.is_empty() {
                (BudgetVerdict::Allows, None)
            } else {
                (BudgetVerdict::Waits, Some(budget.reason()))
            };
            budgets.push(PlanBudget {
                namespace: budget.namespace.clone(),
                name: budget.name.clone(),
                asks: budget.asks.clone(),
                verdict,
                message,
                disruptions_allowed: budget.allowed_now(),
                current_healthy: budget.healthy,
                desired_healthy: budget.desired,
                expected_pods: budget.expected,
                pods: sequence.rounds.iter().sum(),
                per_round: sequence.per_round,
                rounds: sequence.rounds,
            });
        }
        budgets.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        budgets
    }

    fn place(&self, scheduler: &mut scheduler::State, pods: &mut [(&Pod, PlanPod)]) {
        let going: Vec<&Pod> = pods
            .iter()
            .filter(|(_, in_plan)| {
                matches!(
                    in_plan.verdict,
                    Verdict::Evict | Verdict::Delete | Verdict::Surge
                )
            })
            .map(|(pod, _)| *pod)
            .collect();
        let is_replaced =
            |pod: &Pod| pod.controller.is_some() && !pod.is_finished() && !pod.is_terminating();
        let mut placements = place(scheduler, &going, is_replaced);
        for (pod, in_plan) in pods.iter_mut() {
            in_plan.placement = placements
                .remove(&pod.uid)
                .map(|placement| self.placement(pod, placement));
        }
    }

    fn placement(&self, pod: &Pod, placement: Placement) -> PlanPlacement {
        let mut shown = PlanPlacement::default();
        let gap = self
            .facts
            .placement_gap
            .as_ref()
            .filter(|_| pod.has_attachments);
        match (gap, placement) {
            (Some(gap), _) => shown.unknown = Some(gap.clone()),
            (None, Placement::Node(node)) => shown.node = Some(node),
            (None, Placement::Nowhere(reason)) => shown.nowhere = Some(reason),
            (None, Placement::Unknown(reason)) => shown.unknown = Some(reason),
        }
        shown
    }

    /// The longest of all budgets' sums over rounds, and of the pods that need none.
    fn full_grace(&self, pods: &[(&Pod, PlanPod)]) -> i64 {
        let mut rounds: BTreeMap<(&str, &str), BTreeMap<usize, i64>> = BTreeMap::new();
        let mut alone = 0;
        for (pod, in_plan) in pods {
            if !matches!(in_plan.verdict, Verdict::Evict | Verdict::Delete) {
                continue;
            }
            let grace = match pod.deletion {
                Some(deletion) => deletion
                    .deadline
                    .duration_since(self.facts.now)
                    .as_secs()
                    .max(0),
                None => in_plan.grace_period_seconds,
            };
            match (in_plan.round, in_plan.budgets.first()) {
                (Some(round), Some(budget)) => {
                    let longest = rounds
                        .entry((&pod.namespace, budget))
                        .or_default()
                        .entry(round)
                        .or_default();
                    *longest = (*longest).max(grace);
                }
                _ => alone = alone.max(grace),
            }
        }
        let longest = rounds.values().map(|rounds| rounds.values().sum()).max();
        longest.unwrap_or(0).max(alone)
    }

    fn nodes(&self, pods: &[PlanPod]) -> Vec<PlanNode> {
        let nodes = self.facts.nodes.iter();
        nodes
            .map(|node| {
                let count = |verdict| {
                    let own = pods.iter().filter(|pod| pod.node == node.name);
                    own.filter(|pod| pod.verdict == verdict).count()
                };
                PlanNode {
                    name: node.name.clone(),
                    ready: node.is_ready(),
                    cordoned: node.unschedulable,
                    evict: count(Verdict::Evict),
                    delete: count(Verdict::Delete),
                    surge: count(Verdict::Surge),
                    skip: count(Verdict::Skip),
                    blocked: count(Verdict::Blocked),
                }
            })
            .collect()
    }
}

/// The evictions that one budget allows: some now, and after that as many at once as at its best.
struct Sequence {
    rounds: Vec<usize>,
    left: usize,
    per_round: usize,
}

impl Sequence {
    fn new(budget: &Budget) -> Self {
        Self {
            rounds: Vec::new(),
            left: budget.allowed_now(),
            per_round: budget.allowed_at_best().max(budget.allowed_now()),
        }
    }

    /// The round in which the next pod goes, counted from 1.
    fn take(&mut self) -> usize {
        if self.rounds.is_empty() {
            self.rounds.push(0);
            if self.left == 0 {
                self.left = self.per_round.max(1);
            }
        } else if self.left == 0 {
            self.rounds.push(0);
            self.left = self.per_round.max(1);
        }
        self.left -= 1;
        if let Some(last) = self.rounds.last_mut() {
            *last += 1;
        }
        self.rounds.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::tests::{budget, pod};
    use crate::node::Node;
    use crate::pod::{Deletion, Owner, Phase};
    use crate::workload::Kind;

    fn managed(name: &str, app: &str) -> Pod {
        Pod {
            controller: Some(Owner {
                api_version: "apps/v1".into(),
                kind: "ReplicaSet".into(),
                name: format!("{app}-rs"),
                uid: "1".into(),
            }),
            ..pod(name, app)
        }
    }

    fn facts(pods: Vec<Pod>, budgets: Vec<Budget>) -> Facts {
        Facts {
            now: "2026-01-01T00:10:00Z".parse().unwrap(),
            nodes: vec![Node {
                name: "n1".into(),
                kubelet: crate::stuck::Kubelet::Ready,
                ..Node::default()
            }],
            pods,
            budgets,
            ..Facts::default()
        }
    }

    fn replicas(facts: &mut Facts, app: &str, replicas: i32, surges: bool) {
        let key = |kind, name: &str| Key {
            kind,
            namespace: "ns".into(),
            name: name.into(),
        };
        let owner = Owner {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            name: app.into(),
            uid: "2".into(),
        };
        let workload = Workload {
            replicas,
            ready: replicas,
            owner: Some(owner),
            surges,
            ..Workload::default()
        };
        facts.workloads.insert(
            key(Kind::ReplicaSet, &format!("{app}-rs")),
            workload.clone(),
        );
        facts.workloads.insert(key(Kind::Deployment, app), workload);
    }

    #[test]
    fn budgets_are_simulated_over_all_pods() {
        for (allowed, healthy, desired, expected, pods, rounds, verdict) in [
            (1, 3, 2, 3, 3, vec![1, 1, 1], BudgetVerdict::Allows),
            (2, 4, 2, 4, 3, vec![2, 1], BudgetVerdict::Allows),
            (1, 4, 3, 5, 4, vec![1, 2, 1], BudgetVerdict::Allows),
            (0, 2, 2, 3, 2, vec![1, 1], BudgetVerdict::Waits),
            (5, 9, 4, 9, 3, vec![3], BudgetVerdict::Allows),
        ] {
            let pods = (0..pods).map(|n| managed(&format!("web-{n}"), "web"));
            let mut facts = facts(
                pods.collect(),
                vec![budget("web", allowed, healthy, desired, expected)],
            );
            let plan = plan(&mut facts, PlanOptions::default());
            assert!(plan.possible, "{:?}", plan.obstacles);
            assert_eq!(plan.budgets[0].rounds, rounds);
            assert_eq!(plan.budgets[0].verdict, verdict);
            let grace: i64 = rounds.len().try_into().unwrap();
            assert_eq!(plan.full_grace_seconds, 30 * grace);
        }
    }

    #[test]
    fn what_can_never_be_is_found() {
        let two = |name: &str| Budget {
            name: name.into(),
            ..budget("web", 1, 2, 1, 2)
        };
        let crashing = Pod {
            ready: false,
            waiting: Some("CrashLoopBackOff".into()),
            ..managed("web-1", "web")
        };
        let starting = Pod {
            waiting: None,
            ..crashing.clone()
        };
        let web = || managed("web-0", "web");
        let never = Some(Rule::BudgetAllowsNone);
        let held = Some(Rule::UnreadyPodsHoldBudget);
        for (name, pods, budgets, rule, says) in [
            (
                "maxUnavailable 0",
                vec![web()],
                vec![budget("web", 0, 3, 3, 3)],
                never,
                "allows no eviction",
            ),
            (
                "minAvailable = replicas",
                vec![web()],
                vec![budget("web", 0, 1, 1, 1)],
                never,
                "needs 1 healthy of 1",
            ),
            (
                "two budgets",
                vec![web()],
                vec![two("a"), two("b")],
                Some(Rule::SeveralBudgets),
                "ns/a, ns/b",
            ),
            (
                "crashing",
                vec![web(), crashing.clone()],
                vec![budget("web", 0, 1, 1, 2)],
                held,
                "ns/web-1",
            ),
            (
                "starting",
                vec![web(), starting.clone()],
                vec![budget("web", 0, 1, 1, 2)],
                None,
                "",
            ),
            (
                "one is missing",
                vec![web(), crashing.clone()],
                vec![budget("web", 0, 1, 1, 3)],
                None,
                "",
            ),
            (
                "crashing, budget well",
                vec![web(), crashing],
                vec![budget("web", 1, 2, 1, 3)],
                None,
                "",
            ),
        ] {
            let mut facts = facts(pods, budgets);
            let plan = plan(&mut facts, PlanOptions::default());
            assert_eq!(
                plan.possible,
                rule.is_none(),
                "{name}: {:?}",
                plan.obstacles
            );
            if let Some(rule) = rule {
                assert_eq!(plan.pods[0].verdict, Verdict::Blocked, "{name}");
                assert_eq!(plan.pods[0].rule, rule, "{name}");
                assert!(
                    plan.obstacles.join(" ").contains(says),
                    "{:?}",
                    plan.obstacles
                );
                assert_eq!(plan.budgets[0].verdict, BudgetVerdict::Never);
            }
        }
    }

    #[test]
    fn a_pod_that_no_budget_is_asked_about_takes_none() {
        let pending = Pod {
            phase: Phase::Pending,
            ready: false,
            ..managed("web-0", "web")
        };
        let leaving = Pod {
            deletion: Some(Deletion {
                deadline: "2026-01-01T00:10:07Z".parse().unwrap(),
                grace_seconds: 30,
            }),
            ..managed("web-1", "web")
        };
        let unready = Pod {
            ready: false,
            ..managed("web-2", "web")
        };
        let mut facts = facts(
            vec![pending, leaving, unready, managed("web-3", "web")],
            vec![budget("web", 1, 3, 2, 4)],
        );
        let plan = plan(&mut facts, PlanOptions::default());
        let rules: Vec<Rule> = plan.pods.iter().map(|pod| pod.rule).collect();
        assert_eq!(
            rules,
            [
                Rule::NotRunning,
                Rule::Terminating,
                Rule::UnreadyAllowed,
                Rule::Budget
            ]
        );
        assert_eq!(plan.budgets[0].rounds, [1]);
    }

    #[test]
    fn the_important_go_last() {
        let mut important = managed("a", "a");
        important.priority = 100;
        let mut facts = facts(
            vec![important, managed("b", "b"), managed("c", "c")],
            Vec::new(),
        );
        facts.leases = vec![crate::leaders::Lease {
            namespace: "ns".into(),
            name: "lock".into(),
            holder: "b_1".into(),
            ends: None,
        }];
        let plan = plan(&mut facts, PlanOptions::default());
        let names: Vec<&str> = plan.pods.iter().map(|pod| pod.name.as_str()).collect();
        assert_eq!(names, ["c", "b", "a"]);
        assert_eq!(plan.pods[1].leads, ["lock"]);
    }

    #[test]
    fn the_only_pod_of_a_deployment_surges_where_asked() {
        for (replicas_now, surges, asked, expected) in [
            (1, true, true, Verdict::Surge),
            (1, true, false, Verdict::Blocked),
            (1, false, true, Verdict::Blocked),
            (2, true, true, Verdict::Blocked),
        ] {
            let mut facts = facts(
                vec![managed("web-0", "web")],
                vec![budget("web", 0, 1, 1, 1)],
            );
            replicas(&mut facts, "web", replicas_now, surges);
            let options = PlanOptions {
                surge: asked,
                ..PlanOptions::default()
            };
            let plan = plan(&mut facts, options);
            assert_eq!(plan.pods[0].verdict, expected);
            assert_eq!(plan.pods[0].only_replica, replicas_now == 1);
        }
    }

    #[test]
    fn fatal_filters_block_and_warnings_are_kept_in_order() {
        let mut local = managed("b", "b");
        local.empty_dirs = vec!["tmp".into()];
        let naked = pod("a", "a");
        let mut facts = facts(vec![naked, local], Vec::new());
        let blocked = plan(&mut facts, PlanOptions::default());
        assert_eq!(
            blocked.obstacles,
            [
                "cannot delete Pods that declare no controller (use --force to override): ns/a",
                "cannot delete Pods with local storage (use --delete-emptydir-data to override): ns/b",
            ]
        );
        assert_eq!(blocked.nodes[0].blocked, 2);
        let options = PlanOptions {
            filters: FilterOptions {
                force: true,
                delete_emptydir_data: true,
                ..FilterOptions::default()
            },
            ..PlanOptions::default()
        };
        let free = plan(&mut facts, options);
        assert!(free.possible);
        assert_eq!(
            free.warnings,
            ["deleting Pods that declare no controller: ns/a"]
        );
        assert_eq!(free.pods[1].lost_volumes, ["tmp"]);
    }
}
