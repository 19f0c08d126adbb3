//! The time of both for one large batch of pods, in one run.
//!
//! The mix is that of Karpenter's own benchmark (`scheduling_benchmark_test.go`): a fifth each of
//! plain pods, pods spread over zones, pods spread over hosts, pods with affinity in a zone, and
//! pods that keep apart on hosts; instance types from 1 to `--types` cores.

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use autoscale_sim::karpenter::chance::First;
use autoscale_sim::karpenter::{provision, scenario};
use clap::Args;
use serde_json::{Value, json};

use super::judge::{self, Judge};
use super::root;
use crate::conformance::scheduler::random::Random;

const ZONE: &str = "topology.kubernetes.io/zone";
const HOSTNAME: &str = "kubernetes.io/hostname";

/// How large the batch is.
#[derive(Args, Debug)]
pub struct Bench {
    /// How many pods wait
    #[arg(long, default_value_t = 5000)]
    pods: usize,
    /// How many instance types there are
    #[arg(long, default_value_t = 400)]
    types: usize,
    /// Which pods to make up
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Leave the real one out
    #[arg(long)]
    alone: bool,
}

impl Bench {
    /// Measures and prints.
    pub fn run(&self) -> ExitCode {
        match self.measure() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn measure(&self) -> io::Result<()> {
        let case = self.case();
        let input = scenario::read(&case).map_err(io::Error::other)?;
        let started = Instant::now();
        let outcome = provision(&input, &mut First);
        let ours = started.elapsed().as_secs_f64();
        println!(
            "ours      {ours:>9.3} s  {} pods on {} claims, {} left",
            outcome.pods,
            outcome.claims.len(),
            outcome.errors.len()
        );
        if self.alone {
            return Ok(());
        }
        let mut judge = Judge::start(&judge::build(&root())?, true)?;
        let theirs = judge.time(&case)?.map_err(io::Error::other)?;
        println!("karpenter {theirs:>9.3} s  (one worker, as by default)");
        println!("ratio     {:>9.1}", theirs / ours);
        Ok(())
    }

    fn case(&self) -> Value {
        let mut random = Random::of_case(self.seed, 0);
        let conditions = ["ValidationSucceeded", "NodeClassReady", "Ready"].map(|kind| {
            json!({"type": kind, "status": "True", "reason": "Test", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z"})
        });
        let types: Vec<Value> = (1..=self.types).map(instance_type).collect();
        let mut objects = vec![
            json!({"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "default"},
            "spec": {"limits": {"cpu": "10000000", "memory": "10000000Gi"}, "template": {"spec": {"requirements": [],
                "nodeClassRef": {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "default"}}}},
            "status": {"conditions": conditions}}),
        ];
        for at in 0..self.pods {
            objects.push(pod(at, at * 5 / self.pods.max(1), &mut random));
        }
        json!({"id": "bench", "options": {}, "instanceTypes": types, "objects": objects})
    }
}

fn instance_type(cpu: usize) -> Value {
    let size = u32::try_from(cpu).map_or(0.0, f64::from);
    let offerings: Vec<Value> = ["zone-1", "zone-2", "zone-3"]
        .iter()
        .flat_map(|zone| [("spot", 0.7), ("on-demand", 1.0)].map(|own| (zone, own)))
        .map(|(zone, (kind, factor))| {
            json!({"Price": size * 0.3 * factor, "Available": true, "Requirements": [
                {"key": "karpenter.sh/capacity-type", "operator": "In", "values": [kind]},
                {"key": ZONE, "operator": "In", "values": [zone]}]})
        })
        .collect();
    json!({"name": format!("it-{cpu}"), "architecture": "amd64", "operatingSystems": ["linux"],
        "resources": {"cpu": cpu.to_string(), "memory": format!("{}Gi", cpu * 2), "pods": (cpu * 10).to_string()},
        "offerings": offerings})
}

fn pod(at: usize, kind: usize, random: &mut Random) -> Value {
    const LETTERS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
    let cpu = random.pick(&["100m", "250m", "500m", "1", "1500m"]);
    let memory = random.pick(&["100Mi", "256Mi", "512Mi", "1Gi", "2Gi", "4Gi"]);
    let mut spec = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu, "memory": memory}}}]});
    let mut labels = json!({"my-label": random.pick(&LETTERS)});
    match kind {
        1 | 2 => {
            let key = if kind == 1 { ZONE } else { HOSTNAME };
            spec["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"my-label": random.pick(&LETTERS)}}}]);
        }
        3 => {
            labels = json!({"my-affinity": random.pick(&LETTERS)});
            spec["affinity"] = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": ZONE, "labelSelector": {"matchLabels": labels}}]}});
        }
        4 => {
            labels = json!({"app": "nginx"});
            spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": labels}}]}});
        }
        _ => {}
    }
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("p{at}"), "namespace": "default", "uid": format!("{:016x}", random.next()),
            "labels": labels, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": spec, "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}})
}
