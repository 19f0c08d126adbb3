//! Who could lead: the candidates of an election, as far as the cluster shows them.
//!
//! client-go's candidates leave no trace while they wait. What shows them: `LeaseCandidates` of a
//! coordinated election, the ready pods of the holder's workload, and events of those that led
//! before.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::coordinated::{Candidate, Place, Standing, reasoning};
use crate::events::LeaseEventRecord;
use crate::holder::{Known, is_component_of, resolve};
use crate::lease::Lease;
use crate::workload::Instance;

/// By what a contender is known.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Trace {
    /// Its `LeaseCandidate`.
    LeaseCandidate,
    /// A pod of the workload that the holder belongs to.
    Workload,
    /// An event: it led before.
    Event,
}

/// One who leads or could lead.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contender {
    /// What it is known by: its pod, or else its identity.
    pub name: String,
    /// The identity it holds or would hold the Lease with, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Its pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// Its node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The workload of its pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// Whether it holds the Lease.
    pub holds: bool,
    /// Whether it could lead now, as far as can be seen.
    pub live: bool,
    /// By what it is known.
    pub traces: Vec<Trace>,
    /// When it last became leader, where an event tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub led_at: Option<Timestamp>,
}

/// All who lead or could lead, the holder first.
#[must_use]
pub fn contenders(
    lease: &Lease,
    known: &Known,
    instances: &[Instance],
    candidates: &[Candidate],
    events: &[LeaseEventRecord],
    now: Timestamp,
) -> Vec<Contender> {
    let mut found: BTreeMap<String, Contender> = BTreeMap::new();
    let places = reasoning(lease, candidates, now).map_or_else(Vec::new, |found| found.candidates);
    // A pod that was restarted has candidates of its former lives too: the youngest speaks for it.
    let mut places: Vec<&Place> = places.iter().collect();
    places.sort_by_key(|place| (place.holds, place.creation_timestamp));
    for place in places {
        let contender = entry(&mut found, lease, known, instances, &place.identity);
        contender.identity = Some(place.identity.clone());
        contender.live = matches!(place.standing, Standing::Eligible | Standing::Asked);
        note(contender, Trace::LeaseCandidate);
    }
    if let Some(holder) = &lease.holder {
        let contender = entry(&mut found, lease, known, instances, holder);
        contender.identity = Some(holder.clone());
        contender.holds = true;
    }
    let coordinated = !found.values().all(|contender| contender.traces.is_empty());
    for instance in alike(lease, &found, instances) {
        let contender = found
            .entry(instance.pod.name.clone())
            .or_insert_with(|| of_pod(instance));
        contender.live = instance.is_live() && (!coordinated || contender.live);
        note(contender, Trace::Workload);
    }
    for event in events {
        if let Some(identity) = event.became_leader() {
            let contender = entry(&mut found, lease, known, instances, identity);
            contender.led_at = contender.led_at.max(event.time);
            if contender.pod.is_none() {
                contender
                    .identity
                    .get_or_insert_with(|| identity.to_owned());
            }
            note(contender, Trace::Event);
        }
    }
    let mut all: Vec<Contender> = found.into_values().collect();
    all.sort_by(|a, b| (!a.holds, !a.live, &a.name).cmp(&(!b.holds, !b.live, &b.name)));
    all
}

/// Those who could take over from the holder.
pub fn successors(contenders: &[Contender]) -> impl Iterator<Item = &Contender> {
    contenders
        .iter()
        .filter(|contender| contender.live && !contender.holds)
}

fn entry<'a>(
    found: &'a mut BTreeMap<String, Contender>,
    lease: &Lease,
    known: &Known,
    instances: &[Instance],
    identity: &str,
) -> &'a mut Contender {
    let as_holder = Lease {
        holder: Some(identity.to_owned()),
        ..lease.clone()
    };
    let holder = resolve(&as_holder, known).unwrap_or_default();
    let instance = instances
        .iter()
        .find(|instance| Some(&instance.pod.name) == holder.pod.as_ref());
    let key = holder.pod.clone().unwrap_or_else(|| identity.to_owned());
    found.entry(key).or_insert_with(|| match instance {
        Some(instance) => of_pod(instance),
        None => Contender {
            name: identity.to_owned(),
            identity: None,
            pod: holder.pod,
            node: holder.node,
            workload: None,
            holds: false,
            live: false,
            traces: Vec::new(),
            led_at: None,
        },
    })
}

fn of_pod(instance: &Instance) -> Contender {
    Contender {
        name: instance.pod.name.clone(),
        identity: None,
        pod: Some(instance.pod.name.clone()),
        node: instance.pod.node.clone(),
        workload: instance.workload.clone(),
        holds: false,
        live: instance.is_live(),
        traces: Vec::new(),
        led_at: None,
    }
}

fn note(contender: &mut Contender, trace: Trace) {
    if !contender.traces.contains(&trace) {
        contender.traces.push(trace);
    }
}

/// The pods of the workloads of those who are known, or else of the component that the Lease is
/// named after.
fn alike<'a>(
    lease: &Lease,
    found: &BTreeMap<String, Contender>,
    instances: &'a [Instance],
) -> Vec<&'a Instance> {
    let workloads: Vec<&str> = found
        .values()
        .filter_map(|contender| contender.workload.as_deref())
        .collect();
    instances
        .iter()
        .filter(|instance| {
            if workloads.is_empty() {
                instance.pod.namespace == lease.namespace
                    && is_component_of(&instance.pod, &lease.name)
            } else {
                instance
                    .workload
                    .as_deref()
                    .is_some_and(|workload| workloads.contains(&workload))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordinated::OLDEST_EMULATION_VERSION;
    use crate::holder::{Node, Pod};
    use crate::lease::Time;

    fn instance(name: &str, node: &str, ready: bool) -> Instance {
        Instance {
            pod: Pod {
                namespace: "kube-system".into(),
                name: name.into(),
                node: Some(node.into()),
                host_network: true,
                containers: vec!["kube-scheduler".into()],
                components: Vec::new(),
            },
            ready,
            workload: Some("static pod kube-scheduler".into()),
            ..Instance::default()
        }
    }

    fn instances() -> Vec<Instance> {
        let mut other = Instance {
            workload: Some("static pod etcd".into()),
            ..instance("etcd-cp-0", "cp-0", true)
        };
        other.pod.containers = vec!["etcd".into()];
        vec![
            instance("kube-scheduler-cp-0", "cp-0", true),
            instance("kube-scheduler-cp-1", "cp-1", true),
            instance("kube-scheduler-cp-2", "cp-2", false),
            other,
        ]
    }

    fn known(instances: &[Instance]) -> Known {
        let mut pods: Vec<Pod> = instances
            .iter()
            .map(|instance| instance.pod.clone())
            .collect();
        pods.retain(|pod| pod.name.starts_with("kube-scheduler"));
        Known {
            pods,
            nodes: ["cp-0", "cp-1", "cp-2"]
                .map(|name| Node {
                    name: name.into(),
                    hostname: None,
                })
                .into(),
        }
    }

    fn lease(holder: Option<&str>) -> Lease {
        Lease {
            namespace: "kube-system".into(),
            name: "kube-scheduler".into(),
            holder: holder.map(str::to_owned),
            ..Lease::default()
        }
    }

    fn event(message: &str) -> LeaseEventRecord {
        LeaseEventRecord {
            reason: "LeaderElection".into(),
            message: message.into(),
            time: Some(Timestamp::UNIX_EPOCH),
            ..LeaseEventRecord::default()
        }
    }

    fn names(contenders: &[Contender]) -> Vec<(&str, bool, bool)> {
        contenders
            .iter()
            .map(|contender| (contender.name.as_str(), contender.holds, contender.live))
            .collect()
    }

    #[test]
    fn the_ready_pods_of_the_holders_workload_could_lead() {
        let instances = instances();
        let known = known(&instances);
        let events = [
            event("cp-1_old became leader"),
            event("gone_1 became leader"),
        ];
        let found = contenders(
            &lease(Some("cp-0_x")),
            &known,
            &instances,
            &[],
            &events,
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(
            names(&found),
            [
                ("kube-scheduler-cp-0", true, true),
                ("kube-scheduler-cp-1", false, true),
                ("gone_1", false, false),
                ("kube-scheduler-cp-2", false, false),
            ]
        );
        assert_eq!(found[1].traces, [Trace::Workload, Trace::Event]);
        assert_eq!(successors(&found).count(), 1);
    }

    #[test]
    fn without_a_holder_the_lease_names_the_component() {
        let instances = instances();
        let known = known(&instances);
        let found = contenders(
            &lease(None),
            &known,
            &instances,
            &[],
            &[],
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(found.len(), 3);
        assert_eq!(successors(&found).count(), 2);
    }

    #[test]
    fn a_lease_candidate_is_proof_of_life_only_while_it_answers() {
        let now = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(5);
        let candidate = |name: &str, created: i64, pinged: Time| Candidate {
            namespace: "kube-system".into(),
            name: name.into(),
            lease: "kube-scheduler".into(),
            emulation_version: "1.36".into(),
            binary_version: "1.36.3".into(),
            strategy: OLDEST_EMULATION_VERSION.into(),
            created: Time::At(Timestamp::from_second(created).unwrap()),
            renewed: Time::At(Timestamp::from_second(100).unwrap()),
            pinged,
            ..Candidate::default()
        };
        let silent = Time::At(Timestamp::from_second(200).unwrap());
        let candidates = [
            candidate("cp-0_x", 1, Time::Unset),
            candidate("cp-1_former", 2, silent),
            candidate("cp-1_now", 50, Time::Unset),
            candidate("elsewhere_1", 3, silent),
        ];
        let instances = instances();
        let known = known(&instances);
        let found = contenders(
            &lease(Some("cp-0_x")),
            &known,
            &instances,
            &candidates,
            &[],
            now,
        );
        assert_eq!(
            names(&found),
            [
                ("kube-scheduler-cp-0", true, true),
                ("kube-scheduler-cp-1", false, true),
                ("elsewhere_1", false, false),
                ("kube-scheduler-cp-2", false, false),
            ]
        );
        assert_eq!(found[1].identity.as_deref(), Some("cp-1_now"));
    }
}
