//! One pod against a cluster at upstream's size limit: 5,000 nodes, 150,000 pods.
#![expect(clippy::unwrap_used, reason = "the objects are written here")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use k8s_openapi::api::core::v1::{Node, Pod};
use scheduler::State;
use serde_json::json;

const NODES: usize = 5_000;
const PODS: usize = 150_000;
/// Pods of one workload.
const REPLICAS: usize = 75;

fn node(at: usize) -> Node {
    let name = format!("node-{at}");
    serde_json::from_value(json!({
        "metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "node.kubernetes.io/instance-type": format!("m5.{}xlarge", at % 4),
            "topology.kubernetes.io/region": "eu-west-1",
            "topology.kubernetes.io/zone": format!("eu-west-1{}", ["a", "b", "c"][at % 3]),
        }},
        "status": {"allocatable": {
            "cpu": "32", "memory": "128Gi", "ephemeral-storage": "100Gi", "pods": "110",
        }},
    }))
    .unwrap()
}

fn workload_pod(workload: usize, replica: usize, node: Option<usize>) -> Pod {
    let app = format!("app-{workload}");
    let selector = json!({"matchLabels": {"app": app}});
    let mut spec = json!({
        "containers": [{"name": "main", "resources": {
            "requests": {"cpu": "250m", "memory": "512Mi"},
            "limits": {"memory": "1Gi"},
        }}],
        "tolerations": [
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
        ],
    });
    if workload.is_multiple_of(2) {
        spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"},
        ]}});
    }
    if workload.is_multiple_of(3) {
        spec["topologySpreadConstraints"] = json!([
            {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
             "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector},
        ]);
    }
    if let Some(node) = node {
        spec["nodeName"] = json!(format!("node-{node}"));
    }
    serde_json::from_value(json!({
        "metadata": {"namespace": format!("team-{}", workload % 50), "name": format!("{app}-{replica}"),
            "uid": format!("{workload}-{replica}"),
            "labels": {"app": app, "team": format!("t{}", workload % 50), "pod-template-hash": format!("{workload:x}")}},
        "spec": spec,
        "status": {"phase": "Running"},
    }))
    .unwrap()
}

fn objects() -> (Vec<Node>, Vec<Pod>) {
    let nodes = (0..NODES).map(node).collect();
    let pods = (0..PODS)
        .map(|at| {
            let (workload, replica) = (at / REPLICAS, at % REPLICAS);
            workload_pod(workload, replica, Some((workload * 7 + replica) % NODES))
        })
        .collect();
    (nodes, pods)
}

fn load(nodes: &[Node], pods: &[Pod]) -> State {
    let mut state = State::new();
    for node in nodes {
        state.add_node(node);
    }
    state.add_pods(pods);
    state
}

fn cycle(criterion: &mut Criterion) {
    let (nodes, pods) = objects();
    let mut group = criterion.benchmark_group("5000-nodes-150000-pods");
    group.sample_size(10);
    group.bench_function("load", |bench| {
        bench.iter_batched(|| (), |()| load(&nodes, &pods), BatchSize::PerIteration);
    });
    let mut state = load(&nodes, &pods);
    drop((nodes, pods));
    // Workload 6 has both spread and anti-affinity, 1 has neither.
    for (name, workload) in [("spread-and-anti-affinity", 6), ("plain", 1)] {
        let pod = workload_pod(workload, REPLICAS, None);
        group.bench_function(format!("{name}/filter"), |bench| {
            bench.iter(|| {
                let query = state.prepare(&pod);
                black_box(state.filter(&query));
            });
        });
        group.bench_function(format!("{name}/feasible"), |bench| {
            bench.iter(|| {
                let query = state.prepare(&pod);
                black_box(state.feasible(&query).count())
            });
        });
        group.bench_function(format!("{name}/first"), |bench| {
            bench.iter(|| {
                let query = state.prepare(&pod);
                black_box(state.feasible(&query).next())
            });
        });
        group.bench_function(format!("{name}/place-and-roll-back"), |bench| {
            bench.iter(|| {
                let query = state.prepare(&pod);
                let mark = state.mark();
                let first = state.feasible(&query).next();
                black_box(first.and_then(|node| state.assign(&query, node)));
                state.rollback(mark);
                state.forget_marks();
            });
        });
    }
    // The first query of its kind makes the counts that later ones share.
    group.bench_function("spread-and-anti-affinity/cold", |bench| {
        bench.iter_batched_ref(
            || state.clone(),
            |state| {
                let query = state.prepare(&workload_pod(12, REPLICAS, None));
                black_box(state.filter(&query));
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, cycle);
criterion_main!(benches);
