//! How much of a node its pods request.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/simulator/utilization/info.go`. Devices of
//! dynamic resource allocation are not measured.

use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::outcome::Utilization;

use super::facts::{Facts, NodeEntry};

/// How much of a node is requested; `None` if the node does not say what it has.
pub(super) fn of(
    cluster: &Cluster,
    facts: &Facts,
    node: &NodeEntry,
    now: i64,
) -> Option<Utilization> {
    if let Some(gpu) = node.gpu {
        // A node whose GPUs are still to come is unused.
        let share = node
            .gpus
            .filter(|&gpus| gpus != 0)
            .map_or(0.0, |gpus| gpu_share(cluster, facts, node, now, gpu, gpus));
        return Some(Utilization {
            cpu: 0.0,
            memory: 0.0,
            gpu: Some(share),
            resource: gpu.to_owned(),
            utilization: share,
        });
    }
    let (has_cpu, has_memory) = (node.cpu?, node.memory?);
    if has_cpu == 0 || has_memory == 0 {
        return None;
    }
    let mut requested = [0_i64; 2];
    let mut left_out = [0_i64; 2];
    for_each_counted(cluster, facts, node, now, |pod, counts| {
        let pod = &facts.pods[pod as usize];
        let to = if counts {
            &mut requested
        } else {
            &mut left_out
        };
        to[0] += pod.cpu;
        to[1] += pod.memory.saturating_mul(1000);
    });
    let cpu = share(requested[0], has_cpu - left_out[0]);
    let memory = share(requested[1], has_memory - left_out[1]);
    let (resource, utilization) = if cpu > memory {
        ("cpu", cpu)
    } else {
        ("memory", memory)
    };
    Some(Utilization {
        cpu,
        memory,
        gpu: None,
        resource: resource.to_owned(),
        utilization,
    })
}

fn gpu_share(
    cluster: &Cluster,
    facts: &Facts,
    node: &NodeEntry,
    now: i64,
    gpu: &str,
    gpus: i64,
) -> f64 {
    let (mut requested, mut left_out) = (0_i64, 0_i64);
    for_each_counted(cluster, facts, node, now, |pod, counts| {
        let place = facts.pods[pod as usize].place;
        let own = place.map_or(0, |place| cluster.state.requested_by(place, gpu));
        *(if counts {
            &mut requested
        } else {
            &mut left_out
        }) += own * 1000;
    });
    share(requested, gpus - left_out)
}

/// Hands out each pod that takes room, and whether as a request or as less room for others.
fn for_each_counted(
    cluster: &Cluster,
    facts: &Facts,
    node: &NodeEntry,
    now: i64,
    mut each: impl FnMut(u32, bool),
) {
    let options = &cluster.options;
    for &pod in &node.pods {
        let own = &cluster.pods[pod as usize];
        let shape = &facts.shapes[own.shape as usize];
        if options.ignore_daemonsets_utilization && shape.is_daemon
            || options.ignore_mirror_pods_utilization && shape.is_mirror
        {
            each(pod, false);
        } else if !shape.is_long_terminating(own, now) {
            each(pod, true);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "upstream divides floating-point numbers too"
)]
fn share(part: i64, of: i64) -> f64 {
    part as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use super::super::facts::Facts;
    use super::super::testing::{cluster, node, pod};
    use super::of;
    use crate::cluster_autoscaler::loop_state::LoopState;
    use serde_json::{Value, json};

    fn gpus(count: &str) -> Value {
        json!({"metadata": {"labels": {"cloud.google.com/gke-accelerator": "t4"}},
            "status": {"allocatable": {"nvidia.com/gpu": count}}})
    }

    #[test]
    fn what_counts() {
        let daemon = || json!({"metadata": {"annotations": {"cluster-autoscaler.kubernetes.io/daemonset-pod": "true"}}});
        let mirror = || json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}});
        let memory = |amount: &str| json!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"memory": amount}}}]}});
        let gpu = |count: &str| json!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "3", "nvidia.com/gpu": count}}}]}});
        let ended = || json!({"metadata": {"deletionTimestamp": "2026-01-01T11:00:00Z"}});
        let ends = || json!({"metadata": {"deletionTimestamp": "2026-01-01T11:59:30Z"}});
        let low = || json!({"spec": {"priority": -11}});
        let no_daemons = [("ignore-daemonsets-utilization", "true")];
        let no_mirrors = [("ignore-mirror-pods-utilization", "true")];
        let none: &[(&str, &str)] = &[];
        for (about, flags, own, pods, want) in [
            ("empty", none, json!({}), vec![], Some(("memory", 0.0))),
            (
                "by CPU",
                none,
                json!({}),
                vec![(1000, json!({}))],
                Some(("cpu", 0.25)),
            ),
            (
                "by memory",
                none,
                json!({}),
                vec![(1000, memory("8Gi"))],
                Some(("memory", 0.5)),
            ),
            (
                "a tie is memory's",
                none,
                json!({}),
                vec![(1000, json!({})), (0, memory("4Gi"))],
                Some(("memory", 0.25)),
            ),
            (
                "daemons count",
                none,
                json!({}),
                vec![(1000, daemon())],
                Some(("cpu", 0.25)),
            ),
            (
                "daemons make less room",
                &no_daemons,
                json!({}),
                vec![(2000, daemon()), (1000, json!({}))],
                Some(("cpu", 0.5)),
            ),
            (
                "mirrors count",
                none,
                json!({}),
                vec![(1000, mirror())],
                Some(("cpu", 0.25)),
            ),
            (
                "mirrors make less room",
                &no_mirrors,
                json!({}),
                vec![(2000, mirror()), (1000, json!({}))],
                Some(("cpu", 0.5)),
            ),
            (
                "those that should have ended do not",
                none,
                json!({}),
                vec![(1000, ended())],
                Some(("memory", 0.0)),
            ),
            (
                "those that end do",
                none,
                json!({}),
                vec![(1000, ends())],
                Some(("cpu", 0.25)),
            ),
            (
                "expendable ones are not seen",
                none,
                json!({}),
                vec![(1000, low())],
                Some(("memory", 0.0)),
            ),
            (
                "GPUs alone count",
                none,
                gpus("4"),
                vec![(0, gpu("1"))],
                Some(("nvidia.com/gpu", 0.25)),
            ),
            (
                "GPUs that are to come",
                none,
                gpus("0"),
                vec![(3000, json!({}))],
                Some(("nvidia.com/gpu", 0.0)),
            ),
            (
                "says nothing",
                none,
                json!({"status": {"allocatable": {"cpu": "0"}}}),
                vec![],
                None,
            ),
        ] {
            let mut all = cluster(flags);
            node(&mut all, "n", own);
            for (at, (milli, rest)) in pods.into_iter().enumerate() {
                pod(&mut all, "n", &format!("p{at}"), milli, rest);
            }
            let facts = Facts::new(&all, &LoopState::default());
            let used = of(&all, &facts, &facts.nodes[0], all.now_seconds());
            let used = used
                .as_ref()
                .map(|own| (own.resource.as_str(), own.utilization));
            assert_eq!(used, want, "{about}");
        }
    }
}
