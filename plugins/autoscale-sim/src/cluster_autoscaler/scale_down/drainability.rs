//! Whether a pod may be moved when its node is to go: rules, asked in order, the first to answer
//! decides.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/simulator/drainability/rules/` (a folder per
//! rule, their order in `rules.go`), `cluster-autoscaler/simulator/drain.go` and
//! `cluster-autoscaler/utils/drain/drain.go`. Finished pods need no rule: they are not seen at all.

use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::options::Options;
use crate::cluster_autoscaler::pod::{PodFacts, PodShape};

use super::budgets;

/// Why a pod keeps its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blocker {
    /// Its controller is gone.
    ControllerNotFound,
    /// Its controller has too few replicas.
    MinReplicasReached,
    /// No controller would make it anew.
    NotReplicated,
    /// It would lose its local storage.
    LocalStorageRequested,
    /// An annotation says so.
    NotSafeToEvictAnnotation,
    /// It is a young pod of kube-system.
    UnmovableKubeSystemPod,
    /// A disruption budget is used up.
    NotEnoughPdb,
}

impl Blocker {
    /// The name upstream gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ControllerNotFound => "ControllerNotFound",
            Self::MinReplicasReached => "MinReplicasReached",
            Self::NotReplicated => "NotReplicated",
            Self::LocalStorageRequested => "LocalStorageRequested",
            Self::NotSafeToEvictAnnotation => "NotSafeToEvictAnnotation",
            Self::UnmovableKubeSystemPod => "UnmovableKubeSystemPod",
            Self::NotEnoughPdb => "NotEnoughPdb",
        }
    }
}

/// What becomes of a pod when its node goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    /// It is as good as gone, or goes with the node.
    Stay,
    /// It is moved.
    Move,
    /// It is moved, unless a budget that covers it is used up.
    MoveInBudget,
    /// Its node waits for it to end.
    Await,
    /// It keeps its node.
    Block(Blocker),
}

/// What all pods of a shape have in common.
#[derive(Clone, Debug)]
pub(super) struct ShapeRules {
    /// What the rules say that come before and after the one for kube-system.
    rules: Outcome,
    /// What the rules say to one who cannot look for controllers and budgets.
    alone: Outcome,
    /// Whether the pod is one of a `DaemonSet`, or of the kubelet: such are not evicted.
    pub(super) is_daemon: bool,
    pub(super) is_mirror: bool,
    grace_seconds: i64,
    /// The budgets over it.
    pub(super) budgets: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Sure(Verdict),
    /// A pod of kube-system: it blocks while it is young.
    WhileYoung,
}

/// After the grace period, so many seconds more pass until a pod counts as gone.
const LONG_TERMINATING_SECONDS: i64 = 30;
const DEFAULT_GRACE_SECONDS: i64 = 30;
const SAFE_TO_EVICT: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";
const SAFE_LOCAL_VOLUMES: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";
/// Controllers that make their pods anew.
const REPLICATED: [&str; 4] = ["ReplicationController", "Job", "ReplicaSet", "StatefulSet"];

/// What the rules look at.
struct Asked<'a> {
    cluster: &'a Cluster,
    shape: &'a PodShape,
    /// Whether controllers and budgets can be looked up.
    listers: bool,
    has_budgets: bool,
}

type Rule = fn(&Asked<'_>) -> Option<Outcome>;

/// All rules that do not look at a pod's own times, in order. The one for pods that have been
/// terminating for long comes second, see [`ShapeRules::verdict`].
const RULES: [Rule; 8] = [
    mirror,
    replica_count,
    daemon_set,
    safe_to_evict,
    replicated,
    system,
    not_safe_to_evict,
    local_storage,
];

fn block(blocker: Blocker) -> Outcome {
    Outcome::Sure(Verdict::Block(blocker))
}

fn mirror(asked: &Asked<'_>) -> Option<Outcome> {
    asked
        .shape
        .is_mirror()
        .then_some(Outcome::Sure(Verdict::Stay))
}

fn replica_count(asked: &Asked<'_>) -> Option<Outcome> {
    let Asked { cluster, shape, .. } = asked;
    let options = &cluster.options;
    if !options.skip_nodes_with_custom_controller_pods || !asked.listers {
        return None;
    }
    let owner = shape.owner.as_ref()?;
    let mut parts = owner.api_version.split('/');
    let (group, rest) = match (parts.next(), parts.next(), parts.next()) {
        (Some(group), Some(_), None) => (group, None),
        (Some(_), None, None) => ("", None),
        (_, _, rest) => ("", rest),
    };
    if rest.is_some() {
        return None;
    }
    let find = |kind: &str| {
        let key = (kind.into(), shape.namespace.clone(), owner.name.clone());
        cluster.controllers.get(&key)
    };
    let kind = owner.kind.as_str();
    if kind != "ReplicationController" && shape.is_daemon() {
        if group != "apps" || kind != "DaemonSet" {
            return None;
        }
        let exists = cluster.daemon_sets.iter().any(|set| {
            set.metadata.name.as_deref() == Some(&owner.name)
                && set.metadata.namespace.as_deref().unwrap_or_default() == shape.namespace
        });
        return if exists {
            None
        } else {
            Some(block(Blocker::ControllerNotFound))
        };
    }
    let (is_known, counts) = match kind {
        "ReplicationController" | "ReplicaSet" => (true, true),
        "Job" => (true, false),
        "StatefulSet" => (group == "apps", false),
        _ => (false, false),
    };
    if !is_known {
        return None;
    }
    match find(kind) {
        None => Some(block(Blocker::ControllerNotFound)),
        Some(own) if counts && own.replicas < options.min_replica_count => {
            Some(block(Blocker::MinReplicasReached))
        }
        Some(_) => None,
    }
}

fn daemon_set(asked: &Asked<'_>) -> Option<Outcome> {
    asked
        .shape
        .is_daemon()
        .then_some(Outcome::Sure(Verdict::Stay))
}

fn safe_to_evict(asked: &Asked<'_>) -> Option<Outcome> {
    match asked.shape.annotation(SAFE_TO_EVICT) {
        Some("true") => Some(Outcome::Sure(Verdict::Move)),
        Some("on-completion") => Some(Outcome::Sure(Verdict::Await)),
        _ => None,
    }
}

fn replicated(asked: &Asked<'_>) -> Option<Outcome> {
    let any = !asked.cluster.options.skip_nodes_with_custom_controller_pods;
    let is_replicated = (asked.shape.owner.as_ref())
        .is_some_and(|owner| any || REPLICATED.contains(&owner.kind.as_str()));
    if is_replicated {
        None
    } else {
        Some(block(Blocker::NotReplicated))
    }
}

fn system(asked: &Asked<'_>) -> Option<Outcome> {
    let blocks = asked.cluster.options.skip_nodes_with_system_pods
        && asked.shape.namespace == "kube-system"
        && !asked.has_budgets;
    blocks.then_some(Outcome::WhileYoung)
}

fn not_safe_to_evict(asked: &Asked<'_>) -> Option<Outcome> {
    if asked.shape.annotation(SAFE_TO_EVICT) == Some("false") {
        return Some(block(Blocker::NotSafeToEvictAnnotation));
    }
    None
}

fn local_storage(asked: &Asked<'_>) -> Option<Outcome> {
    let annotation = asked.shape.annotation(SAFE_LOCAL_VOLUMES);
    let safe = |name: &String| {
        let mut listed = annotation.unwrap_or_default().split(',');
        listed.any(|volume| volume == name) && annotation != Some("")
    };
    let loses = !asked.shape.local_volumes.iter().all(safe);
    if asked.cluster.options.skip_nodes_with_local_storage && loses {
        return Some(block(Blocker::LocalStorageRequested));
    }
    None
}

impl ShapeRules {
    pub(super) fn new(cluster: &Cluster, shape: &PodShape) -> Self {
        let budgets = budgets::over(&cluster.budgets, &shape.namespace, &shape.labels);
        let ask = |listers: bool| {
            let asked = Asked {
                cluster,
                shape,
                listers,
                has_budgets: listers && !budgets.is_empty(),
            };
            let budget = Outcome::Sure(Verdict::MoveInBudget);
            RULES
                .iter()
                .find_map(|rule| rule(&asked))
                .unwrap_or(if asked.has_budgets {
                    budget
                } else {
                    Outcome::Sure(Verdict::Move)
                })
        };
        Self {
            rules: ask(true),
            alone: ask(false),
            is_daemon: shape.is_daemon(),
            is_mirror: shape.is_mirror(),
            grace_seconds: shape
                .termination_grace_seconds
                .unwrap_or(DEFAULT_GRACE_SECONDS),
            budgets,
        }
    }

    /// Whether a pod should have ended long ago; it then counts as gone.
    pub(super) fn is_long_terminating(&self, pod: &PodFacts, now: i64) -> bool {
        let end = self.grace_seconds + LONG_TERMINATING_SECONDS;
        pod.deleted.is_some_and(|at| at.saturating_add(end) < now)
    }

    /// What becomes of the pod if its node goes.
    pub(super) fn verdict(&self, pod: &PodFacts, now: i64, options: &Options) -> Verdict {
        self.decide(self.rules, pod, now, options)
    }

    /// Whether the pod leaves its node empty, as upstream sees it when it sorts nodes: without a
    /// look at controllers and budgets.
    pub(super) fn verdict_alone(&self, pod: &PodFacts, now: i64, options: &Options) -> Verdict {
        self.decide(self.alone, pod, now, options)
    }

    fn decide(&self, outcome: Outcome, pod: &PodFacts, now: i64, options: &Options) -> Verdict {
        if self.is_mirror || self.is_long_terminating(pod, now) {
            return Verdict::Stay;
        }
        match outcome {
            Outcome::Sure(verdict) => verdict,
            Outcome::WhileYoung => {
                let timeout = options.blocking_system_pod_distruption_timeout.as_secs();
                // A pod that does not say when it was created stays young.
                if pod.created != i64::MIN && now > pod.created.saturating_add(timeout) {
                    Verdict::Move
                } else {
                    Verdict::Block(Blocker::UnmovableKubeSystemPod)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::merge;
    use super::{Blocker, ShapeRules, Verdict};
    use crate::cluster_autoscaler::cluster::{Cluster, Controller};
    use crate::cluster_autoscaler::options::Options;
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::{Value, json};

    const NOW: &str = "2026-01-01T12:00:00Z";

    /// A pod of the `ReplicaSet` "web", which has two replicas.
    fn pod(rest: Value) -> Pod {
        let mut pod = json!({
            "metadata": {"namespace": "default", "name": "p", "creationTimestamp": "2025-12-01T00:00:00Z",
                "labels": {"app": "web"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u", "controller": true}]},
            "spec": {"nodeName": "n", "containers": []},
        });
        merge(&mut pod, rest);
        serde_json::from_value(pod).unwrap()
    }

    fn owned_by(version: &str, kind: &str, name: &str) -> Value {
        json!({"metadata": {"ownerReferences": [
            {"apiVersion": version, "kind": kind, "name": name, "uid": "u", "controller": true}]}})
    }

    fn annotated(annotation: &str, value: &str) -> Value {
        json!({"metadata": {"annotations": {(format!("cluster-autoscaler.kubernetes.io/{annotation}")): value}}})
    }

    fn both(mut one: Value, other: Value) -> Value {
        merge(&mut one, other);
        one
    }

    fn judge(options: &[(&str, &str)], budget: Option<&str>, pod: &Pod) -> (Verdict, Verdict) {
        let mut own = Options::default();
        for (flag, value) in options {
            own.set(flag, value).unwrap();
        }
        let mut cluster = Cluster::new(own, NOW.parse().unwrap());
        for (kind, name, replicas) in [
            ("ReplicaSet", "web", 2),
            ("ReplicationController", "rc", 1),
            ("Job", "job", 1),
            ("StatefulSet", "db", 1),
        ] {
            let uid = String::new();
            cluster.add_controller(kind, "default", name, Controller { uid, replicas });
            let uid = String::new();
            cluster.add_controller(kind, "kube-system", name, Controller { uid, replicas });
        }
        cluster.add_daemon_set(
            serde_json::from_value(json!({"metadata": {"namespace": "default", "name": "agent"}}))
                .unwrap(),
        );
        if let Some(namespace) = budget {
            let budget = json!({"metadata": {"namespace": namespace, "name": "b"},
                "spec": {"selector": {"matchLabels": {"app": "web"}}}});
            cluster.add_pod_disruption_budget(serde_json::from_value(budget).unwrap());
        }
        cluster.add_pod(pod);
        let facts = &cluster.pods[0];
        let rules = ShapeRules::new(&cluster, cluster.shapes.get(facts.shape));
        let now = cluster.now_seconds();
        (
            rules.verdict(facts, now, &cluster.options),
            rules.verdict_alone(facts, now, &cluster.options),
        )
    }

    #[test]
    fn rules_in_their_order() {
        use Blocker::{
            ControllerNotFound, LocalStorageRequested, MinReplicasReached, NotReplicated,
            NotSafeToEvictAnnotation, UnmovableKubeSystemPod,
        };
        use Verdict::{Await, Block, Move, Stay};
        let none: &[(&str, &str)] = &[];
        let custom = [("skip-nodes-with-custom-controller-pods", "false")];
        let storage = [("skip-nodes-with-local-storage", "false")];
        let systems = [("skip-nodes-with-system-pods", "false")];
        let replicas = [("min-replica-count", "3")];
        let naked = || json!({"metadata": {"ownerReferences": []}});
        let mirror = || json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": ""}}});
        let system = |created: &str| json!({"metadata": {"namespace": "kube-system", "creationTimestamp": created}});
        let volume =
            |volume: Value| json!({"spec": {"volumes": [both(json!({"name": "v"}), volume)]}});
        let empty_dir = || volume(json!({"emptyDir": {}}));
        let agent = |name: &str| owned_by("apps/v1", "DaemonSet", name);
        for (about, options, pod_rest, want, alone) in [
            ("plain", none, json!({}), Move, Move),
            (
                "mirror, without a controller",
                none,
                both(naked(), mirror()),
                Stay,
                Stay,
            ),
            (
                "no controller",
                none,
                naked(),
                Block(NotReplicated),
                Block(NotReplicated),
            ),
            (
                "no controller, safe",
                none,
                both(naked(), annotated("safe-to-evict", "true")),
                Move,
                Move,
            ),
            (
                "controller is gone",
                none,
                owned_by("apps/v1", "ReplicaSet", "gone"),
                Block(ControllerNotFound),
                Move,
            ),
            (
                "gone, and safe: the count comes first",
                none,
                both(
                    owned_by("apps/v1", "ReplicaSet", "gone"),
                    annotated("safe-to-evict", "true"),
                ),
                Block(ControllerNotFound),
                Move,
            ),
            (
                "gone, but not looked for",
                &custom,
                owned_by("apps/v1", "ReplicaSet", "gone"),
                Move,
                Move,
            ),
            (
                "custom controller",
                none,
                owned_by("x.io/v1", "Crd", "c"),
                Block(NotReplicated),
                Block(NotReplicated),
            ),
            (
                "custom controller, any will do",
                &custom,
                owned_by("x.io/v1", "Crd", "c"),
                Move,
                Move,
            ),
            ("job", none, owned_by("batch/v1", "Job", "job"), Move, Move),
            (
                "job is gone",
                none,
                owned_by("batch/v1", "Job", "gone"),
                Block(ControllerNotFound),
                Move,
            ),
            (
                "stateful set",
                none,
                owned_by("apps/v1", "StatefulSet", "db"),
                Move,
                Move,
            ),
            (
                "stateful set is gone",
                none,
                owned_by("apps/v1", "StatefulSet", "gone"),
                Block(ControllerNotFound),
                Move,
            ),
            (
                "stateful set of another group",
                none,
                owned_by("apps.kruise.io/v1", "StatefulSet", "gone"),
                Move,
                Move,
            ),
            (
                "odd version",
                none,
                owned_by("a/b/c", "ReplicaSet", "gone"),
                Move,
                Move,
            ),
            (
                "replication controller",
                none,
                owned_by("v1", "ReplicationController", "rc"),
                Move,
                Move,
            ),
            (
                "too few replicas",
                &replicas,
                json!({}),
                Block(MinReplicasReached),
                Move,
            ),
            (
                "replication controller with too few",
                &replicas,
                owned_by("v1", "ReplicationController", "rc"),
                Block(MinReplicasReached),
                Move,
            ),
            (
                "replicas of others do not count",
                &replicas,
                owned_by("apps/v1", "StatefulSet", "db"),
                Move,
                Move,
            ),
            ("daemon set", none, agent("agent"), Stay, Stay),
            (
                "daemon set is gone",
                none,
                agent("gone"),
                Block(ControllerNotFound),
                Stay,
            ),
            (
                "daemon set by annotation",
                none,
                both(
                    owned_by("apps/v1", "ReplicaSet", "gone"),
                    annotated("daemonset-pod", "true"),
                ),
                Stay,
                Stay,
            ),
            (
                "waits for its end",
                none,
                annotated("safe-to-evict", "on-completion"),
                Await,
                Await,
            ),
            (
                "waits, without a controller",
                none,
                both(naked(), annotated("safe-to-evict", "on-completion")),
                Await,
                Await,
            ),
            (
                "must not be evicted",
                none,
                annotated("safe-to-evict", "false"),
                Block(NotSafeToEvictAnnotation),
                Block(NotSafeToEvictAnnotation),
            ),
            (
                "annotation of another value",
                none,
                annotated("safe-to-evict", "yes"),
                Move,
                Move,
            ),
            (
                "young system pod",
                none,
                system("2026-01-01T11:30:00Z"),
                Block(UnmovableKubeSystemPod),
                Block(UnmovableKubeSystemPod),
            ),
            (
                "system pod of just an hour",
                none,
                system("2026-01-01T11:00:00Z"),
                Block(UnmovableKubeSystemPod),
                Block(UnmovableKubeSystemPod),
            ),
            (
                "old system pod",
                none,
                system("2026-01-01T10:59:59Z"),
                Move,
                Move,
            ),
            (
                "old system pod: what follows is not asked",
                none,
                both(system("2026-01-01T10:59:59Z"), empty_dir()),
                Move,
                Move,
            ),
            (
                "young system pod, no matter",
                &systems,
                system("2026-01-01T11:30:00Z"),
                Move,
                Move,
            ),
            (
                "emptyDir",
                none,
                empty_dir(),
                Block(LocalStorageRequested),
                Block(LocalStorageRequested),
            ),
            ("emptyDir, no matter", &storage, empty_dir(), Move, Move),
            (
                "emptyDir in memory",
                none,
                volume(json!({"emptyDir": {"medium": "Memory"}})),
                Move,
                Move,
            ),
            (
                "hostPath",
                none,
                volume(json!({"hostPath": {"path": "/x"}})),
                Block(LocalStorageRequested),
                Block(LocalStorageRequested),
            ),
            (
                "configMap",
                none,
                volume(json!({"configMap": {"name": "x"}})),
                Move,
                Move,
            ),
            (
                "named as safe",
                none,
                both(empty_dir(), annotated("safe-to-evict-local-volumes", "w,v")),
                Move,
                Move,
            ),
            (
                "another named as safe",
                none,
                both(
                    empty_dir(),
                    annotated("safe-to-evict-local-volumes", "w, v"),
                ),
                Block(LocalStorageRequested),
                Block(LocalStorageRequested),
            ),
            (
                "terminating",
                none,
                json!({"metadata": {"deletionTimestamp": "2026-01-01T11:59:30Z"}}),
                Move,
                Move,
            ),
            (
                "terminating for a minute",
                none,
                json!({"metadata": {"deletionTimestamp": "2026-01-01T11:59:00Z"}}),
                Move,
                Move,
            ),
            (
                "terminating for long",
                none,
                both(
                    naked(),
                    json!({"metadata": {"deletionTimestamp": "2026-01-01T11:58:59Z"}}),
                ),
                Stay,
                Stay,
            ),
            (
                "terminating in its own time",
                none,
                json!({"metadata": {"deletionTimestamp": "2026-01-01T11:58:59Z"}, "spec": {"terminationGracePeriodSeconds": 90}}),
                Move,
                Move,
            ),
        ] {
            assert_eq!(
                judge(options, None, &pod(pod_rest)),
                (want, alone),
                "{about}"
            );
        }
    }

    #[test]
    fn budgets_come_last() {
        use Verdict::{Block, Move, MoveInBudget};
        let system = json!({"metadata": {"namespace": "kube-system", "creationTimestamp": "2026-01-01T11:30:00Z"}});
        let young = Block(Blocker::UnmovableKubeSystemPod);
        for (about, budget, rest, want) in [
            ("covered", "default", json!({}), (MoveInBudget, Move)),
            ("a budget elsewhere", "other", json!({}), (Move, Move)),
            (
                "safe: budgets are not asked",
                "default",
                annotated("safe-to-evict", "true"),
                (Move, Move),
            ),
            (
                "a covered system pod may move",
                "kube-system",
                system,
                (MoveInBudget, young),
            ),
        ] {
            assert_eq!(judge(&[], Some(budget), &pod(rest)), want, "{about}");
        }
    }
}
