//! The facts of a plan, from a snapshot of a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cluster::{Resource, Snapshot, SnapshotObject};
use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::resource::v1 as resource;
use k8s_openapi::api::storage::v1 as storage;
use scheduler::State;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::budget::Budget;
use crate::cli::DrainFlags;
use crate::facts::{
    BUDGETS, DAEMON_SETS, Facts, FactsError, LEASES, NODES, PODS, Sorting, choose_nodes, parse,
    workload_resource,
};
use crate::filters::{DaemonSet, daemon_set_of};
use crate::leaders::Lease;
use crate::workload::{Key, Kind, Workload, Workloads};

/// Leases of nodes are no elections.
const HEARTBEATS: &str = "kube-node-lease";

const WORKLOADS: [Kind; 4] = [
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::ReplicationController,
];

/// What the scheduler is told when it knows the nodes and their pods.
type Tell = Box<dyn FnOnce(&mut State)>;

/// The objects of a snapshot, as far as a plan is made of them.
#[derive(Default)]
struct Objects {
    nodes: Vec<core::Node>,
    pods: Vec<core::Pod>,
    budgets: Vec<Budget>,
    leases: Vec<Lease>,
    daemon_sets: BTreeSet<(String, String)>,
    workloads: Workloads,
    for_scheduler: Vec<Tell>,
}

/// Reads a snapshot.
///
/// # Errors
/// When the file can't be read, or a node that was named is not in it.
pub fn read(path: &Path, flags: &DrainFlags) -> Result<Facts, FactsError> {
    let pod_selector = flags.pods().map_err(FactsError::Usage)?;
    let mut objects = Objects::default();
    let snapshot = Snapshot::read(path, |object| objects.take(object))?;
    let mut facts = Facts {
        now: snapshot.taken_at.unwrap_or_else(Timestamp::now),
        leases: objects.leases,
        workloads: objects.workloads,
        budgets: objects.budgets,
        ..Facts::default()
    };
    let mut state = (!flags.no_placement).then(State::new);
    facts.nodes = choose_nodes(objects.nodes, flags, state.as_mut())?;
    let mut sorting = Sorting::new(&mut facts, state.as_mut());
    for pod in &objects.pods {
        sorting.take(pod);
    }
    sorting.settle(&mut facts);
    facts.pods.retain(|pod| pod_selector.matches(&pod.labels));
    for pod in &facts.pods {
        if let Some(name) = daemon_set_of(pod) {
            let key = (pod.namespace.clone(), name.to_owned());
            let found = if objects.daemon_sets.contains(&key) {
                DaemonSet::Exists
            } else {
                DaemonSet::Missing
            };
            facts.daemon_sets.insert(key, found);
        }
    }
    if let Some(state) = &mut state {
        for tell in objects.for_scheduler {
            tell(state);
        }
    }
    facts.scheduler = state;
    Ok(facts)
}

impl Objects {
    fn take(&mut self, object: &SnapshotObject<'_>) -> Result<(), String> {
        let meta = &object.type_meta;
        let is = |resource: Resource| resource.matches(&meta.api_version, &meta.kind);
        let json = object.json;
        if is(NODES) {
            self.nodes.push(parse(json)?);
        } else if is(PODS) {
            self.pods.push(parse(json)?);
        } else if is(BUDGETS) {
            self.budgets.push(parse(json)?);
        } else if is(LEASES) {
            let lease: Lease = parse(json)?;
            if lease.namespace != HEARTBEATS {
                self.leases.push(lease);
            }
        } else if is(DAEMON_SETS) {
            self.daemon_sets.insert(place(json)?);
        } else if let Some(kind) = WORKLOADS
            .into_iter()
            .find(|kind| is(workload_resource(*kind)))
        {
            let (namespace, name) = place(json)?;
            let key = Key {
                kind,
                namespace,
                name,
            };
            self.workloads.insert(key, parse::<Workload>(json)?);
        } else {
            self.take_for_scheduler(&is, json)?;
        }
        Ok(())
    }

    fn take_for_scheduler(
        &mut self,
        is: &dyn Fn(Resource) -> bool,
        json: &[u8],
    ) -> Result<(), String> {
        self.tell(is, json, State::add_namespace)?;
        self.tell(is, json, State::add_persistent_volume_claim)?;
        self.tell(is, json, State::add_persistent_volume)?;
        self.tell(is, json, State::add_storage_class)?;
        self.tell(is, json, State::add_csi_node)?;
        self.tell(is, json, State::add_csi_driver)?;
        self.tell(is, json, State::add_csi_storage_capacity)?;
        self.tell::<storage::VolumeAttachment>(is, json, State::add_volume_attachment)?;
        self.tell(is, json, State::add_resource_claim)?;
        self.tell(is, json, State::add_resource_slice)?;
        self.tell::<resource::DeviceClass>(is, json, State::add_device_class)
    }

    /// Remembers an object of the kind that the function takes.
    fn tell<T>(
        &mut self,
        is: &dyn Fn(Resource) -> bool,
        json: &[u8],
        add: fn(&mut State, &T),
    ) -> Result<(), String>
    where
        T: DeserializeOwned + k8s_openapi::Resource + 'static,
    {
        if is(Resource::of::<T>()) {
            let object: T = parse(json)?;
            self.for_scheduler
                .push(Box::new(move |state| add(state, &object)));
        }
        Ok(())
    }
}

/// Namespace and name of an object.
fn place(json: &[u8]) -> Result<(String, String), String> {
    #[derive(serde::Deserialize)]
    struct Named {
        metadata: BTreeMap<String, Value>,
    }
    let named: Named = parse(json)?;
    let text = |field: &str| {
        let value = named.metadata.get(field).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    Ok((text("namespace"), text("name")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flags(nodes: &[&str]) -> DrainFlags {
        use clap::FromArgMatches;
        let command = <DrainFlags as clap::Args>::augment_args(
            clap::Command::new("drain").no_binary_name(true),
        );
        let words = nodes.iter().copied().chain(["--dry-run"]);
        DrainFlags::from_arg_matches(&command.get_matches_from(words)).unwrap()
    }

    fn pod(name: &str, node: &str, owner: (&str, &str)) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": name, "labels": {"app": "web"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": owner.0, "name": owner.1,
                    "uid": "u", "controller": true}]},
            "spec": {"nodeName": node, "containers": [{"name": "c"}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})
    }

    #[test]
    fn a_plan_is_made_of_what_the_snapshot_holds() {
        let node = |name: &str| {
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
                "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}})
        };
        let list = json!({"apiVersion": "v1", "kind": "List",
        "metadata": {"annotations": {"day2.dev/snapshot-time": "2026-01-01T00:00:00Z"}},
        "items": [
            node("a"), node("b"),
            pod("web-1", "a", ("ReplicaSet", "web")),
            pod("agent-1", "a", ("DaemonSet", "agent")),
            pod("lost-1", "a", ("DaemonSet", "lost")),
            pod("web-2", "b", ("ReplicaSet", "web")),
            {"apiVersion": "apps/v1", "kind": "ReplicaSet",
             "metadata": {"name": "web", "namespace": "default"},
             "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}},
             "status": {"readyReplicas": 2}},
            {"apiVersion": "apps/v1", "kind": "DaemonSet",
             "metadata": {"name": "agent", "namespace": "default"}},
            {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
             "metadata": {"name": "web", "namespace": "default"},
             "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}},
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}},
        ]});
        let path = std::env::temp_dir().join(format!("day2-drain-{}.json", std::process::id()));
        std::fs::write(&path, list.to_string()).unwrap();
        let facts = read(&path, &flags(&["a"])).unwrap();
        assert_eq!(facts.now, "2026-01-01T00:00:00Z".parse().unwrap());
        let names: Vec<&str> = facts.pods.iter().map(|pod| pod.name.as_str()).collect();
        assert_eq!(names, ["agent-1", "lost-1", "web-1"]);
        let found: Vec<&DaemonSet> = facts.daemon_sets.values().collect();
        assert!(matches!(found[..], [DaemonSet::Exists, DaemonSet::Missing]));
        assert_eq!(facts.budgets.len(), 1);
        let key = Key {
            kind: Kind::ReplicaSet,
            namespace: "default".into(),
            name: "web".into(),
        };
        assert_eq!(facts.workloads[&key].replicas, 2);
        assert!(facts.scheduler.is_some());
        assert!(matches!(
            read(&path, &flags(&["c"])),
            Err(FactsError::NoNode(name)) if name == "c"
        ));
        std::fs::remove_file(&path).unwrap();
    }
}
