//! All that the autoscaler looks at. Objects are handed over one by one and may be dropped
//! afterwards: pods are kept as compact records, and their needs in the scheduler's own state.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/utils/kubernetes/listers.go` (which pods are
//! seen, and how far they have come) and `cluster-autoscaler/core/utils/expendable.go`.

use std::collections::HashMap;

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod, PodStatus};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use scheduler::{AddedPod, NodeId, State};

use super::node_group::NodeGroup;
use super::options::Options;
use super::pod::{PodFacts, Shapes, Stage, Waiting, seconds};

/// One node.
#[derive(Clone, Debug)]
pub struct NodeFacts {
    /// Its number in the scheduler's state.
    pub id: NodeId,
    /// The object, without what takes room and is not looked at (images, addresses and the like).
    pub object: Node,
}

impl NodeFacts {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.object.metadata.name.as_deref().unwrap_or_default()
    }
}

/// A controller of pods that a drain asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Its UID.
    pub uid: String,
    /// `spec.replicas`, or `spec.parallelism` of a `Job`; the default is 1.
    pub replicas: i64,
}

/// The input of the autoscaler's loop.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The flags.
    pub options: Options,
    /// The time of the loop.
    pub now: Timestamp,
    /// Nodes and pods as the scheduler counts them: all nodes, and those pods with a node that
    /// are not expendable. Objects that only scheduling reads (claims, volumes, classes,
    /// namespaces, devices) are added here directly.
    pub state: State,
    /// All nodes.
    pub nodes: Vec<NodeFacts>,
    /// The groups, in the order in which the cloud lists them.
    pub groups: Vec<NodeGroup>,
    /// All pods that have not succeeded or failed.
    pub pods: Vec<PodFacts>,
    /// What pods share.
    pub shapes: Shapes,
    /// All `DaemonSet`s, without status.
    pub daemon_sets: Vec<DaemonSet>,
    /// All budgets.
    pub budgets: Vec<PodDisruptionBudget>,
    /// Controllers by kind, namespace and name.
    pub controllers: HashMap<(String, String, String), Controller>,
    /// `priorities` of the `ConfigMap` `cluster-autoscaler-priority-expander`.
    pub priorities: Option<String>,
    /// The price of a core and of a GiB for an hour, for the expander `price`.
    pub unit_prices: Option<(f64, f64)>,
    /// Whether the loop is the first of a new process: it removes the taints of deletions that
    /// another process began.
    pub first_loop: bool,
}

impl Cluster {
    /// An empty cluster. Options come first, for they decide which pods are seen.
    #[must_use]
    pub fn new(options: Options, now: Timestamp) -> Self {
        Self {
            options,
            now,
            state: State::new(),
            nodes: Vec::new(),
            groups: Vec::new(),
            pods: Vec::new(),
            shapes: Shapes::default(),
            daemon_sets: Vec::new(),
            budgets: Vec::new(),
            controllers: HashMap::new(),
            priorities: None,
            unit_prices: None,
            first_loop: true,
        }
    }

    /// The time of the loop in seconds since 1970.
    #[must_use]
    pub fn now_seconds(&self) -> i64 {
        self.now.as_second()
    }

    /// Adds a node.
    pub fn add_node(&mut self, mut node: Node) {
        let id = self.state.add_node(&node);
        node.metadata.managed_fields = None;
        if let Some(status) = &mut node.status {
            status.images = None;
            status.addresses = None;
            status.node_info = None;
            status.volumes_attached = None;
            status.volumes_in_use = None;
        }
        self.nodes.push(NodeFacts { id, object: node });
    }

    /// Adds a pod. Pods may come before their node.
    pub fn add_pod(&mut self, pod: &Pod) {
        let (meta, spec, status) = (&pod.metadata, pod.spec.as_ref(), pod.status.as_ref());
        let phase = status.and_then(|status| status.phase.as_deref());
        if matches!(phase, Some("Succeeded" | "Failed")) {
            return;
        }
        let stage = self.stage(pod);
        let priority = spec.and_then(|spec| spec.priority);
        let cutoff = self.options.expendable_pods_priority_cutoff;
        let expendable = priority.is_some_and(|priority| i64::from(priority) < cutoff);
        let placed = if stage == Stage::Scheduled && !expendable {
            match self.state.add_pod(pod) {
                AddedPod::Assigned(id) => Some(id),
                _ => None,
            }
        } else {
            None
        };
        let is_waiting = !matches!(stage, Stage::Scheduled | Stage::NotConsidered);
        let waiting = is_waiting.then(|| Box::new(self.read_waiting(pod)));
        self.pods.push(PodFacts {
            name: meta.name.as_deref().unwrap_or_default().into(),
            shape: self.shapes.of(pod),
            stage,
            expendable,
            placed,
            created: seconds(meta.creation_timestamp.as_ref()).unwrap_or(i64::MIN),
            deleted: seconds(meta.deletion_timestamp.as_ref()),
            deletion_grace_seconds: meta.deletion_grace_period_seconds,
            started: seconds(status.and_then(|status| status.start_time.as_ref())),
            waiting,
        });
    }

    fn stage(&self, pod: &Pod) -> Stage {
        let spec = pod.spec.as_ref();
        let given = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
        let scheduler = spec
            .and_then(|spec| spec.scheduler_name.as_deref())
            .unwrap_or_default();
        let is_named = |names: &[String]| names.iter().any(|name| name == scheduler);
        let allowed = &self.options.allowed_scheduler_names;
        let bypassed = &self.options.bypassed_scheduler_names;
        // Upstream then does not see running pods of other schedulers either.
        if !allowed.is_empty() && !is_named(allowed) && !is_named(bypassed) {
            return Stage::NotConsidered;
        }
        if spec.is_some_and(|spec| given(&spec.node_name)) {
            return Stage::Scheduled;
        }
        if pod.metadata.deletion_timestamp.is_some() {
            return Stage::NotConsidered;
        }
        let status = pod.status.as_ref();
        if status.is_some_and(|status| given(&status.nominated_node_name)) {
            return Stage::Nominated;
        }
        match condition(status, "PodScheduled") {
            Some(("False", "Unschedulable")) => Stage::Unschedulable,
            None | Some(("False", "")) if is_named(bypassed) => Stage::Unprocessed,
            _ => Stage::NotConsidered,
        }
    }

    fn read_waiting(&mut self, pod: &Pod) -> Waiting {
        let query = self.state.prepare(pod);
        let requested = self.state.requested(&query);
        let status = pod.status.as_ref();
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let mut requests = containers
            .filter_map(|container| container.resources.as_ref()?.requests.as_ref())
            .flatten();
        Waiting {
            spec: self.shapes.spec_of(pod.spec.as_ref()),
            uid: pod.metadata.uid.as_deref().unwrap_or_default().into(),
            milli_cpu: requested.milli_cpu,
            memory: requested.memory,
            wants_gpu: requests.any(|(name, _)| name == "nvidia.com/gpu"),
            nominated_node: status
                .and_then(|status| status.nominated_node_name.as_deref())
                .filter(|name| !name.is_empty())
                .map(Into::into),
            query,
        }
    }

    /// Adds a `DaemonSet`.
    pub fn add_daemon_set(&mut self, mut set: DaemonSet) {
        set.status = None;
        set.metadata.managed_fields = None;
        self.daemon_sets.push(set);
    }

    /// Adds a disruption budget.
    pub fn add_pod_disruption_budget(&mut self, budget: PodDisruptionBudget) {
        self.budgets.push(budget);
    }

    /// Adds a controller of pods: a `ReplicaSet`, `StatefulSet`, `ReplicationController` or `Job`.
    pub fn add_controller(&mut self, kind: &str, namespace: &str, name: &str, own: Controller) {
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        self.controllers.insert(key, own);
    }

    /// Adds a `ConfigMap`; just the one that says which groups are preferred is looked at.
    pub fn add_config_map(&mut self, map: &ConfigMap) {
        if map.metadata.name.as_deref() == Some("cluster-autoscaler-priority-expander")
            && let Some(data) = &map.data
        {
            self.priorities = data.get("priorities").cloned();
        }
    }
}

/// Status and reason of a pod's condition.
fn condition<'a>(status: Option<&'a PodStatus>, kind: &str) -> Option<(&'a str, &'a str)> {
    let conditions = status.and_then(|status| status.conditions.as_deref());
    let own = conditions
        .unwrap_or_default()
        .iter()
        .find(|own| own.type_ == kind)?;
    Some((&own.status, own.reason.as_deref().unwrap_or_default()))
}
