//! Pods without a node, by kind: those of a kind are equal in all that decides.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/core/scaleup/equivalence/groups.go` in what
//! makes pods equal, and `cluster-autoscaler/core/static_autoscaler.go` in which pods are young.

use std::collections::{BTreeMap, HashMap};

use scheduler::PodQuery;

use super::cluster::Cluster;
use super::outcome::Kind;
use super::pod::{PodShape, Stage, Waiting};

/// In a loop in which all pods are younger, nothing happens; in seconds.
const NEW: i64 = 2;
/// The same for pods that ask for GPUs.
const NEW_WITH_GPU: i64 = 30;
const DELAY: &str = "cluster-autoscaler.kubernetes.io/pod-scale-up-delay";

/// What all pods of a kind share.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
pub struct KindFacts {
    /// What they need; the name is that of the first.
    pub query: PodQuery,
    /// The UID of their controller.
    pub controller: Option<String>,
    /// Their priority; a missing one is 0.
    pub priority: i32,
    /// Whether they are of a `DaemonSet`.
    pub daemon: bool,
    /// Whether they spread over host names.
    pub spreads_over_hosts: bool,
    /// Requested thousandths of a core, of one pod.
    pub milli_cpu: i64,
    /// Requested bytes of memory, of one pod.
    pub memory: i64,
    /// Whether other pods, volumes or devices matter to them.
    pub looks_around: bool,
    /// Whether they may be helped already.
    pub old_enough: bool,
    /// Whether they are so new that more may come.
    pub new: bool,
    /// The same for pods that ask for GPUs.
    pub new_with_gpu: Option<bool>,
}

/// All pods without a node that are looked at.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    /// Which pods.
    pub pods: Vec<Kind>,
    /// What they share.
    pub facts: Vec<KindFacts>,
    /// Pods of too low a priority.
    pub expendable: Vec<u32>,
    /// Pods without a node that are not looked at, or have room made for them.
    pub not_considered: Vec<u32>,
}

/// Namespace, labels, UID of the controller, and whether that is a `DaemonSet`.
type Identity<'a> = (&'a str, &'a BTreeMap<String, String>, Option<&'a str>, bool);

#[derive(PartialEq, Eq, Hash)]
struct Key {
    identity: u32,
    spec: u32,
    age: (bool, bool, bool),
}

/// Sorts the pods.
pub fn read(cluster: &Cluster) -> Kinds {
    let mut all = Kinds::default();
    let mut identities: HashMap<Identity<'_>, u32> = HashMap::new();
    let mut of_shape: HashMap<u32, u32> = HashMap::new();
    let mut ids: HashMap<Key, u32> = HashMap::new();
    for (pod, at) in cluster.pods.iter().zip(0_u32..) {
        match pod.stage {
            Stage::Scheduled => continue,
            Stage::NotConsidered | Stage::Nominated => {
                all.not_considered.push(at);
                continue;
            }
            Stage::Unschedulable | Stage::Unprocessed => {}
        }
        let Some(waiting) = pod.waiting.as_deref() else {
            continue;
        };
        if pod.expendable {
            all.expendable.push(at);
            continue;
        }
        let shape = cluster.shapes.get(pod.shape);
        let identity = *of_shape.entry(pod.shape).or_insert_with(|| {
            let owner = shape.owner.as_ref().map(|owner| owner.uid.as_str());
            let key = (
                shape.namespace.as_str(),
                &shape.labels,
                owner,
                shape.is_daemon(),
            );
            let next = u32::try_from(identities.len()).unwrap_or(u32::MAX);
            *identities.entry(key).or_insert(next)
        });
        let age = cluster.now_seconds().saturating_sub(pod.created);
        // Upstream's clock is never at the very second of the creation.
        let old_enough = age >= delay(cluster, shape);
        let key = Key {
            identity,
            spec: waiting.spec,
            age: (old_enough, age < NEW, age < NEW_WITH_GPU),
        };
        let next = u32::try_from(all.facts.len()).unwrap_or(u32::MAX);
        let id = *ids.entry(key).or_insert(next);
        if id == next {
            all.facts
                .push(facts(cluster, shape, waiting, age, old_enough));
            all.pods.push(Kind::default());
        }
        all.pods[id as usize].pods.push(at);
    }
    all
}

fn delay(cluster: &Cluster, shape: &PodShape) -> i64 {
    let least = cluster.options.new_pod_scale_up_delay;
    let own: Option<jiff::SignedDuration> =
        shape.annotation(DELAY).and_then(|text| text.parse().ok());
    // A shorter delay than the general one is refused.
    own.filter(|own| *own >= least).unwrap_or(least).as_secs()
}

fn facts(
    cluster: &Cluster,
    shape: &PodShape,
    waiting: &Waiting,
    age: i64,
    old_enough: bool,
) -> KindFacts {
    KindFacts {
        query: waiting.query.clone(),
        controller: shape.owner.as_ref().map(|owner| owner.uid.clone()),
        priority: shape.priority.unwrap_or(0),
        daemon: shape.is_daemon(),
        spreads_over_hosts: shape.spreads_over_hosts,
        milli_cpu: waiting.milli_cpu,
        memory: waiting.memory,
        looks_around: cluster.state.looks_around(&waiting.query),
        old_enough,
        new: age < NEW,
        new_with_gpu: waiting.wants_gpu.then_some(age < NEW_WITH_GPU),
    }
}
