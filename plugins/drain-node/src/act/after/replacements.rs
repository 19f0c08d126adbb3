//! Which workloads have their ready pods back.
//!
//! Pure: what the watches see goes in. Ready pods are counted themselves: `status.readyReplicas` is
//! their controller's word, which comes later than the end of a pod and so may be an old one.

use std::collections::{BTreeMap, BTreeSet};

use cluster::Change;

use crate::facts::Facts;
use crate::pod::Pod;
use crate::workload::{Key, Kind, Workload, deployment_of};

/// The workloads that are waited for.
#[derive(Debug, Default)]
pub struct Replacements {
    /// How many ready pods each is to have again.
    wanted: BTreeMap<Key, i32>,
    /// What was seen of each kind in each namespace.
    workloads: BTreeMap<(Kind, String), BTreeMap<String, Workload>>,
    /// What was seen of the ready pods of each namespace: their labels, by UID.
    ready: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    /// Those of which something has changed since they were counted.
    changed: BTreeSet<Key>,
}

/// A workload that need not be waited for any more.
#[derive(Debug, Eq, PartialEq)]
pub enum Settled {
    /// It has so many ready pods, of so many that it wants.
    Back { ready: i32, replicas: i32 },
    /// It was deleted.
    Deleted,
}

impl Replacements {
    /// The workloads of the pods that leave, each with the ready pods that it has now.
    pub fn of(facts: &Facts, going: &BTreeSet<&str>) -> Self {
        let mut wanted = BTreeMap::new();
        let pods = facts.pods.iter();
        for pod in pods.filter(|pod| going.contains(pod.uid.as_str())) {
            let Some(own) = Key::of(pod) else { continue };
            let (key, workload) = match deployment_of(pod, &facts.workloads) {
                Some((key, deployment)) => (key, deployment),
                None => match facts.workloads.get(&own) {
                    Some(workload) => (own, workload),
                    None => continue,
                },
            };
            wanted.insert(key, workload.ready.min(workload.replicas));
        }
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// How many are still waited for, and the first of them with the ready pods it is to have.
    pub fn waited_for(&self) -> Option<(usize, &Key, i32)> {
        let (key, ready) = self.wanted.first_key_value()?;
        Some((self.wanted.len(), key, *ready))
    }

    /// Of which kinds in which namespaces the workloads are.
    pub fn kinds(&self) -> BTreeSet<(Kind, String)> {
        let keys = self.wanted.keys();
        keys.map(|key| (key.kind, key.namespace.clone())).collect()
    }

    /// In which namespaces their pods are.
    pub fn namespaces(&self) -> BTreeSet<String> {
        let keys = self.wanted.keys();
        keys.map(|key| key.namespace.clone()).collect()
    }

    /// Takes in what was seen of a kind in a namespace.
    pub fn take_workloads(&mut self, kind: Kind, namespace: &str, change: Change<Workload>) {
        let of_kind = (kind, namespace.to_owned());
        match change {
            Change::Listed(workloads) => {
                let named = workloads.into_iter();
                let named = named.map(|workload| (workload.name.clone(), workload));
                self.workloads.insert(of_kind, named.collect());
                let keys = self.wanted.keys();
                let own = keys.filter(|key| key.kind == kind && key.namespace == namespace);
                self.changed.extend(own.cloned());
            }
            Change::Applied(workload) => {
                let name = workload.name.clone();
                let known = self.workloads.entry(of_kind).or_default();
                known.insert(name.clone(), workload);
                self.change(kind, namespace, name);
            }
            Change::Deleted(workload) => {
                let known = self.workloads.entry(of_kind).or_default();
                known.remove(&workload.name);
                self.change(kind, namespace, workload.name);
            }
            Change::Interrupted(_) | Change::Resumed => {}
        }
    }

    fn change(&mut self, kind: Kind, namespace: &str, name: String) {
        let namespace = namespace.to_owned();
        self.changed.insert(Key {
            kind,
            namespace,
            name,
        });
    }

    /// Takes in what was seen of the pods of a namespace.
    pub fn take_pods(&mut self, namespace: &str, change: Change<Pod>) {
        let known = self.ready.entry(namespace.to_owned()).or_default();
        match change {
            Change::Listed(pods) => {
                let ready = pods.into_iter().filter(counts);
                *known = ready.map(|pod| (pod.uid, pod.labels)).collect();
                let keys = self.wanted.keys();
                let own = keys.filter(|key| key.namespace == namespace);
                self.changed.extend(own.cloned());
            }
            Change::Applied(pod) if counts(&pod) => {
                known.insert(pod.uid.clone(), pod.labels.clone());
                self.pod_changed(&pod);
            }
            Change::Applied(pod) | Change::Deleted(pod) => {
                known.remove(&pod.uid);
                self.pod_changed(&pod);
            }
            Change::Interrupted(_) | Change::Resumed => {}
        }
    }

    fn pod_changed(&mut self, pod: &Pod) {
        let selects = |key: &&Key| {
            let workload = self.workload(key);
            workload.is_some_and(|workload| workload.selects(&pod.labels))
        };
        let keys = self.wanted.keys();
        let own = keys.filter(|key| key.namespace == pod.namespace);
        let selecting: Vec<Key> = own.filter(selects).cloned().collect();
        self.changed.extend(selecting);
    }

    fn workload(&self, key: &Key) -> Option<&Workload> {
        let of_kind = self.workloads.get(&(key.kind, key.namespace.clone()))?;
        of_kind.get(&key.name)
    }

    /// Those that need not be waited for any more since the last time.
    pub fn settle(&mut self) -> Vec<(Key, Settled)> {
        let mut settled = Vec::new();
        for key in std::mem::take(&mut self.changed) {
            if let Some(how) = self.settled(&key) {
                self.wanted.remove(&key);
                settled.push((key, how));
            }
        }
        settled
    }

    fn settled(&self, key: &Key) -> Option<Settled> {
        let wanted = *self.wanted.get(key)?;
        // Neither was listed yet, or both were.
        let pods = self.ready.get(&key.namespace)?;
        let of_kind = self.workloads.get(&(key.kind, key.namespace.clone()))?;
        let Some(workload) = of_kind.get(&key.name) else {
            return Some(Settled::Deleted);
        };
        let ready = pods.values().filter(|labels| workload.selects(labels));
        let ready = i32::try_from(ready.count()).unwrap_or(i32::MAX);
        let replicas = workload.replicas;
        (ready >= wanted.min(replicas)).then_some(Settled::Back { ready, replicas })
    }
}

/// Whether a pod does its work, and has somebody who made it.
fn counts(pod: &Pod) -> bool {
    pod.ready && !pod.is_terminating() && !pod.is_finished() && pod.controller.is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pod::{Deletion, Owner, Phase};

    fn key(name: &str) -> Key {
        Key {
            kind: Kind::Deployment,
            namespace: "ns".into(),
            name: name.into(),
        }
    }

    fn workload(name: &str, replicas: i32) -> Workload {
        serde_json::from_value(json!({"metadata": {"name": name, "namespace": "ns"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}},
            "status": {"readyReplicas": replicas}}))
        .unwrap()
    }

    fn pod(name: &str, app: &str, ready: bool) -> Pod {
        Pod {
            namespace: "ns".into(),
            uid: name.into(),
            labels: BTreeMap::from([("app".to_owned(), app.to_owned())]),
            controller: Some(Owner::default()),
            phase: Phase::Running,
            ready,
            ..Pod::default()
        }
    }

    fn waiting(workloads: Vec<Workload>, pods: Vec<Pod>) -> Replacements {
        let wanted = workloads.iter();
        let wanted = wanted.map(|workload| (key(&workload.name), workload.replicas));
        let mut waiting = Replacements {
            wanted: wanted.collect(),
            ..Replacements::default()
        };
        waiting.take_pods("ns", Change::Listed(pods));
        assert!(waiting.settle().is_empty(), "the workloads are not known");
        waiting.take_workloads(Kind::Deployment, "ns", Change::Listed(workloads));
        waiting
    }

    #[test]
    fn what_its_status_says_does_not_count() {
        let mut waiting = waiting(vec![workload("web", 2)], vec![pod("a", "web", true)]);
        assert!(waiting.settle().is_empty());
        waiting.take_pods("ns", Change::Applied(pod("b", "web", false)));
        waiting.take_pods("ns", Change::Applied(pod("c", "other", true)));
        assert!(waiting.settle().is_empty());
        waiting.take_pods("ns", Change::Applied(pod("b", "web", true)));
        let back = Settled::Back {
            ready: 2,
            replicas: 2,
        };
        assert_eq!(waiting.settle(), [(key("web"), back)]);
        assert_eq!(waiting.waited_for(), None);
    }

    #[test]
    fn a_pod_that_leaves_counts_no_more() {
        let mut waiting = waiting(
            vec![workload("web", 2)],
            vec![pod("a", "web", true), pod("b", "web", false)],
        );
        let leaving = Pod {
            deletion: Some(Deletion {
                deadline: jiff::Timestamp::UNIX_EPOCH,
                grace_seconds: 30,
            }),
            ..pod("a", "web", true)
        };
        waiting.take_pods("ns", Change::Applied(leaving));
        waiting.take_pods("ns", Change::Applied(pod("b", "web", true)));
        assert!(waiting.settle().is_empty());
        waiting.take_pods("ns", Change::Deleted(pod("a", "web", true)));
        waiting.take_pods("ns", Change::Applied(pod("c", "web", true)));
        assert_eq!(waiting.settle().len(), 1);
    }

    #[test]
    fn one_that_wants_fewer_or_is_deleted_is_not_waited_for() {
        let mut waiting = waiting(
            vec![workload("web", 3), workload("db", 2)],
            vec![pod("a", "web", true)],
        );
        assert!(waiting.settle().is_empty());
        assert_eq!(waiting.waited_for(), Some((2, &key("db"), 2)));
        let smaller = Change::Applied(workload("web", 1));
        waiting.take_workloads(Kind::Deployment, "ns", smaller);
        let back = Settled::Back {
            ready: 1,
            replicas: 1,
        };
        assert_eq!(waiting.settle(), [(key("web"), back)]);
        let deleted = Change::Deleted(workload("db", 2));
        waiting.take_workloads(Kind::Deployment, "ns", deleted);
        assert_eq!(waiting.settle(), [(key("db"), Settled::Deleted)]);
    }
}
