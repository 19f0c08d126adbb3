//! The crate under test, asked the way the judge is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use k8s_openapi::api::core::v1::Pod;
use scheduler::{NodeId, NodeScore, Plugin, PodId, PodQuery, State, Status, Verdicts};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::case::{Answer, Case, Preemption, Score, Verdict, Victims};

/// What the crate says; an error when the case cannot be read.
pub fn answer(case: &Case) -> Result<Answer, String> {
    let asked = catch_unwind(AssertUnwindSafe(|| ask(case)));
    asked.unwrap_or_else(|_| {
        Ok(Answer {
            message: "the crate panicked".to_owned(),
            ..Answer::default()
        })
    })
}

fn ask(case: &Case) -> Result<Answer, String> {
    let mut state = State::new();
    for (at, object) in case.objects.iter().enumerate() {
        add(&mut state, object).map_err(|error| format!("objects[{at}]: {error}"))?;
    }
    let mut pod: Pod = read(&case.pod).map_err(|error| format!("pod: {error}"))?;
    in_namespace(&mut pod);
    let gated = pod.spec.as_ref().is_some_and(|spec| {
        spec.scheduling_gates
            .as_ref()
            .is_some_and(|gates| !gates.is_empty())
    });
    let mut pre_enqueue = None;
    if gated {
        let query = state.prepare(&pod);
        let verdicts = state.filter(&query);
        pre_enqueue = Some(verdict(&verdicts.prefilter));
        if let Some(spec) = pod.spec.as_mut() {
            spec.scheduling_gates = None;
        }
    }
    let query = state.prepare(&pod);
    let verdicts = state.filter(&query);
    let mut answer = to_answer(&state, &verdicts);
    answer.pre_enqueue = pre_enqueue;
    if case.scores && verdicts.prefilter.is_success() {
        let fits: Vec<NodeId> = verdicts.feasible().collect();
        let scores = state.score(&query, &fits);
        for node in &scores.nodes {
            let name = state.node_name(node.node).unwrap_or_default().to_owned();
            answer.scores.insert(name, score(node));
        }
    }
    if case.preempt && verdicts.feasible().next().is_none() {
        answer.preemption = Some(preemption(&mut state, &query));
    }
    Ok(answer)
}

fn preemption(state: &mut State, query: &PodQuery) -> Preemption {
    let found = state.preempt(query);
    let name = |node: NodeId| state.node_name(node).unwrap_or_default().to_owned();
    let victim = |pod: &PodId| {
        let pod = state.pod_ref(*pod)?;
        Some(format!("{}/{}", pod.namespace, pod.name))
    };
    let candidates = found.candidates.iter().map(|candidate| {
        let victims = Victims {
            pods: candidate.victims.iter().filter_map(victim).collect(),
            violations: i64::try_from(candidate.violations).unwrap_or(i64::MAX),
        };
        (name(candidate.node), victims)
    });
    Preemption {
        candidates: candidates.collect(),
        equals: found
            .best
            .iter()
            .filter_map(|&at| Some(name(found.candidates.get(at)?.node)))
            .collect(),
        best: String::new(),
        open: found.unknown.is_some(),
        error: String::new(),
        message: found.message.unwrap_or_default(),
    }
}

fn to_answer(state: &State, verdicts: &Verdicts) -> Answer {
    let mut answer = Answer {
        message: verdicts.message().unwrap_or_default(),
        ..Answer::default()
    };
    if !verdicts.prefilter.is_success() {
        answer.prefilter = Some(verdict(&verdicts.prefilter));
        return answer;
    }
    for (node, status) in verdicts.iter() {
        let name = state.node_name(node).unwrap_or_default();
        answer.nodes.insert(name.to_owned(), verdict(status));
    }
    answer
}

/// Weighted as upstream does by default.
fn score(node: &NodeScore) -> Score {
    let plugins = [
        ("TaintToleration", 3 * node.taint_toleration),
        ("NodeAffinity", 2 * node.node_affinity),
        ("PodTopologySpread", 2 * node.pod_topology_spread),
        ("InterPodAffinity", 2 * node.inter_pod_affinity),
        ("NodeResourcesFit", node.least_allocated),
        ("NodeResourcesBalancedAllocation", node.balanced_allocation),
    ];
    Score {
        total: node.total,
        plugins: plugins
            .into_iter()
            .map(|(name, score)| (name.to_owned(), score))
            .collect(),
    }
}

fn verdict(status: &Status) -> Verdict {
    Verdict {
        code: status.code.name().to_owned(),
        reasons: status.reasons.clone(),
        plugin: status
            .plugin
            .map(Plugin::name)
            .unwrap_or_default()
            .to_owned(),
    }
}

fn add(state: &mut State, object: &Value) -> Result<(), serde_json::Error> {
    match object["kind"].as_str().unwrap_or_default() {
        "Node" => drop(state.add_node(&read(object)?)),
        "Pod" => {
            let mut pod = read(object)?;
            in_namespace(&mut pod);
            let _ = state.add_pod(&pod);
        }
        "Namespace" => state.add_namespace(&read(object)?),
        "PersistentVolume" => state.add_persistent_volume(&read(object)?),
        "PersistentVolumeClaim" => state.add_persistent_volume_claim(&read(object)?),
        "StorageClass" => state.add_storage_class(&read(object)?),
        "CSINode" => state.add_csi_node(&read(object)?),
        "CSIDriver" => state.add_csi_driver(&read(object)?),
        "CSIStorageCapacity" => state.add_csi_storage_capacity(&read(object)?),
        "VolumeAttachment" => state.add_volume_attachment(&read(object)?),
        "ResourceSlice" => state.add_resource_slice(&read(object)?),
        "ResourceClaim" => state.add_resource_claim(&read(object)?),
        "DeviceClass" => state.add_device_class(&read(object)?),
        "PodDisruptionBudget" => state.add_pod_disruption_budget(&read(object)?),
        "PriorityClass" => state.add_priority_class(&read(object)?),
        _ => {}
    }
    Ok(())
}

fn read<T: DeserializeOwned>(object: &Value) -> Result<T, serde_json::Error> {
    T::deserialize(object)
}

/// Plain objects may leave the namespace to the one that reads them.
fn in_namespace(pod: &mut Pod) {
    let namespace = pod.metadata.namespace.get_or_insert_default();
    if namespace.is_empty() {
        "default".clone_into(namespace);
    }
}
