//! One pod against a cluster of upstream's size limit: kube-scheduler and our crate, on the same
//! objects, in one run.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use k8s_openapi::api::core::v1::{Node, Pod};
use scheduler::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::case::Case;
use super::{judge, root};

/// Pods of one workload.
const REPLICAS: usize = 75;

/// How large the cluster is.
#[derive(Args, Debug)]
pub struct Bench {
    /// Nodes of the cluster
    #[arg(long, default_value_t = 5_000)]
    nodes: usize,
    /// Pods that run on them
    #[arg(long, default_value_t = 150_000)]
    pods: usize,
    /// How often each is run; the median counts
    #[arg(long, default_value_t = 9)]
    runs: usize,
}

/// What the judge says about its time.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timing {
    parallelism: u32,
    feasible: usize,
    prefilter_ms: f64,
    total_ms: f64,
}

/// Our times.
struct Ours {
    load: Duration,
    cold: Duration,
    warm: Duration,
    feasible: usize,
}

impl Bench {
    /// Times both and prints a table.
    pub fn run(&self) -> ExitCode {
        match self.compare() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn compare(&self) -> io::Result<()> {
        if cfg!(debug_assertions) {
            eprintln!(
                "warning: an unoptimised build says nothing about speed; use cargo run --release -p xtask"
            );
        }
        let program = judge::build(&root())?;
        println!(
            "{} nodes, {} pods, median of {}",
            self.nodes, self.pods, self.runs
        );
        // The even, threefold workload has spread and anti-affinity, the other neither.
        for (name, workload) in [("zone spread and host anti-affinity", 6), ("plain", 1)] {
            let case = self.case(name, workload);
            let ours = self.ours(&case)?;
            let theirs = self.theirs(&program, &case)?;
            show(name, &theirs, &ours);
        }
        Ok(())
    }

    fn case(&self, name: &str, workload: usize) -> Case {
        let nodes = (0..self.nodes).map(node);
        let pods = (0..self.pods).map(|at| {
            let (workload, replica) = (at / REPLICAS, at % REPLICAS);
            pod(
                workload,
                replica,
                Some((workload * 7 + replica) % self.nodes),
            )
        });
        Case {
            id: name.to_owned(),
            objects: nodes.chain(pods).collect(),
            pod: pod(workload, REPLICAS, None),
            ..Case::default()
        }
    }

    fn ours(&self, case: &Case) -> io::Result<Ours> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut pods: Vec<Pod> = Vec::new();
        for object in &case.objects {
            if object["kind"] == "Node" {
                nodes.push(Node::deserialize(object)?);
            } else {
                pods.push(Pod::deserialize(object)?);
            }
        }
        let incoming = Pod::deserialize(&case.pod)?;
        let start = Instant::now();
        let mut state = State::new();
        for node in &nodes {
            state.add_node(node);
        }
        state.add_pods(&pods);
        let load = start.elapsed();
        let mut feasible = 0;
        let mut times: Vec<Duration> = (0..=self.runs)
            .map(|_| {
                let start = Instant::now();
                let query = state.prepare(&incoming);
                feasible = state.filter(&query).feasible().count();
                start.elapsed()
            })
            .collect();
        let cold = times.remove(0);
        times.sort();
        let warm = times.get(times.len() / 2).copied().unwrap_or(cold);
        Ok(Ours {
            load,
            cold,
            warm,
            feasible,
        })
    }

    fn theirs(&self, program: &Path, case: &Case) -> io::Result<Vec<Timing>> {
        let path = scratch();
        let mut file = BufWriter::new(File::create(&path)?);
        serde_json::to_writer(&mut file, case)?;
        file.write_all(b"\n")?;
        drop(file);
        let output = Command::new(program)
            .args(["--time", "--runs", &self.runs.to_string(), "--file"])
            .arg(&path)
            .stderr(Stdio::inherit())
            .output()?;
        fs::remove_file(&path)?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn scratch() -> PathBuf {
    std::env::temp_dir().join(format!("day2-scheduler-bench-{}.jsonl", std::process::id()))
}

fn show(name: &str, theirs: &[Timing], ours: &Ours) {
    println!("\n{name}: {} nodes fit", ours.feasible);
    println!(
        "  ours            {:>9.3} ms   first question of its kind {:.3} ms, loading {:.0} ms",
        millis(ours.warm),
        millis(ours.cold),
        millis(ours.load)
    );
    for timing in theirs {
        println!(
            "  kube-scheduler  {:>9.3} ms   {:.0} times ours, {:.0} times our first ({:.1} ms of it PreFilter, parallelism {})",
            timing.total_ms,
            timing.total_ms / millis(ours.warm),
            timing.total_ms / millis(ours.cold),
            timing.prefilter_ms,
            timing.parallelism
        );
        if timing.feasible != ours.feasible {
            println!("  kube-scheduler finds {} nodes", timing.feasible);
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn node(at: usize) -> Value {
    let name = format!("node-{at}");
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/region": "eu-west-1",
            "topology.kubernetes.io/zone": format!("eu-west-1{}", ["a", "b", "c"][at % 3])}},
        "status": {"allocatable": {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "100Gi", "pods": "110"}}})
}

fn pod(workload: usize, replica: usize, node: Option<usize>) -> Value {
    let app = format!("app-{workload}");
    let selector = json!({"matchLabels": {"app": app}});
    let mut spec = json!({"containers": [{"name": "main", "image": "app:1", "resources": {
        "requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}}]});
    if workload.is_multiple_of(2) {
        spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}]}});
    }
    if workload.is_multiple_of(3) {
        spec["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}]);
    }
    if let Some(node) = node {
        spec["nodeName"] = json!(format!("node-{node}"));
    }
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": format!("team-{}", workload % 50), "name": format!("{app}-{replica}"),
            "uid": format!("{workload}-{replica}"), "labels": {"app": app, "pod-template-hash": format!("{workload:x}")}},
        "spec": spec, "status": {"phase": "Running"}})
}
