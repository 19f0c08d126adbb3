//! `kubectl drain-node` against `kubectl drain`, on a real control plane.
//!
//! What no drain can be faster than is computed from the pods as they were seen during that very
//! drain: the time in which the budget's pods were not all ready, because then the budget allowed
//! nothing.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{ControlPlane, ControlPlaneOptions};

use crate::bench::measure::{Sample, once};
use crate::bench::pod_watch::PodWatch;
use crate::bench::programs::Programs;
use crate::bench::table::Line;
use crate::failure::Failure;

/// The longest a workload may take to be ready.
const PATIENCE: Duration = Duration::from_mins(5);

/// From a pod's binding until it is ready, where nothing else is said.
const READY: Duration = Duration::from_millis(200);

/// From a pod's deletion until it is gone.
const TERMINATION: Duration = Duration::from_millis(200);

/// Nodes of the plane, half of them to be drained.
const NODES: usize = 6;

/// How many times faster than kubectl the drain without a budget is to be.
const FASTER: u32 = 25;

/// How much of the bound may be added, in hundredths.
const OVER_BOUND: u32 = 5;

/// The ready delays of the rows with a budget.
const DELAYS: [&str; 3] = ["200ms", "1s", "6s"];

/// The large row: nodes to be drained, workloads, and pods of each.
const MANY_NODES: usize = 20;
const MANY_WORKLOADS: usize = 100;
const MANY_REPLICAS: usize = 20;

/// The rows of `kubectl drain-node`.
pub(crate) fn lines(programs: &Programs) -> Result<Vec<Line>, Failure> {
    eprintln!("starting a control plane");
    let bench = Bench::start(programs, NODES)?;
    let mut lines = bench.without_budget()?;
    for delay in DELAYS {
        lines.extend(bench.one_at_a_time(delay)?);
    }
    drop(bench);
    eprintln!("starting a large control plane");
    lines.push(Bench::start(programs, 2 * MANY_NODES)?.many()?);
    Ok(lines)
}

struct Bench<'a> {
    programs: &'a Programs,
    plane: ControlPlane,
}

impl<'a> Bench<'a> {
    fn start(programs: &'a Programs, nodes: usize) -> Result<Self, Failure> {
        let plane = ControlPlane::start(&ControlPlaneOptions {
            nodes,
            ready_delay: READY,
            termination_delay: TERMINATION,
            ..ControlPlaneOptions::default()
        })?;
        Ok(Self { programs, plane })
    }

    /// 300 pods of no budget on three nodes: ours moves them to three others, kubectl back.
    fn without_budget(&self) -> Result<Vec<Line>, Failure> {
        eprintln!("measuring 3 nodes with 300 pods and no budget");
        let (here, there) = (names(0..3), names(3..6));
        self.cordon(&there)?;
        self.deploy("bulk", 300, "200ms")?;
        self.wait_ready("bulk", 300)?;
        self.uncordon(&there)?;
        let ours = self.timed(self.ours(&here))?;
        self.wait_ready("bulk", 300)?;
        self.uncordon(&here)?;
        let peer = self.timed(self.kubectl(&there))?;
        self.uncordon(&there)?;
        self.delete("bulk")?;
        let work = "drain 3 nodes, 300 pods, no budget";
        Ok(vec![Line::faster(work, ours.wall, peer.wall, FASTER)])
    }

    /// 30 pods of which one may be away: from one node to another, and back by kubectl.
    fn one_at_a_time(&self, delay: &str) -> Result<Vec<Line>, Failure> {
        eprintln!("measuring 30 pods at maxUnavailable 1, ready after {delay}");
        let (here, there) = (names(0..1), names(1..2));
        let spare = names(2..NODES);
        self.cordon(&spare)?;
        self.cordon(&there)?;
        self.deploy("web", 30, delay)?;
        self.budget("web", &json!({"maxUnavailable": 1}))?;
        self.wait_ready("web", 30)?;
        self.uncordon(&there)?;
        let (ours, bound) = self.observed(self.ours(&here), 30)?;
        self.wait_ready("web", 30)?;
        self.uncordon(&here)?;
        let (peer, peer_bound) = self.observed(self.kubectl(&there), 30)?;
        self.uncordon(&there)?;
        self.uncordon(&spare)?;
        self.plane
            .kubectl_output(&["delete", "pdb", "--all", "--wait=true"])?;
        self.delete("web")?;
        let work = format!("drain 30 pods, 1 at a time, ready after {delay}");
        Ok(vec![
            Line::bound(&work, ours.wall, bound, OVER_BOUND),
            Line::bound_of_peer("  kubectl against its own bound", peer.wall, peer_bound),
            Line::faster("  ours against kubectl", ours.wall, peer.wall, 1),
        ])
    }

    /// 20 nodes, 2,000 pods, 100 budgets: ours alone.
    fn many(&self) -> Result<Line, Failure> {
        eprintln!("measuring {MANY_NODES} nodes with 2,000 pods and {MANY_WORKLOADS} budgets");
        let (here, there) = (names(0..MANY_NODES), names(MANY_NODES..2 * MANY_NODES));
        self.cordon(&there)?;
        for number in 0..MANY_WORKLOADS {
            let name = format!("app-{number}");
            self.deploy(&name, MANY_REPLICAS, "200ms")?;
            self.budget(&name, &json!({"maxUnavailable": 2}))?;
        }
        for number in 0..MANY_WORKLOADS {
            self.wait_ready(&format!("app-{number}"), MANY_REPLICAS)?;
        }
        self.uncordon(&there)?;
        let ours = self.timed(self.ours(&here))?;
        Ok(Line::alone(
            "drain 20 nodes, 2,000 pods, 100 budgets",
            ours.wall,
        ))
    }

    fn timed(&self, command: Command) -> Result<Sample, Failure> {
        once(self.programs, command)
    }

    /// A run, and the time in which the pods were not all ready before the last of them left.
    fn observed(&self, command: Command, pods: usize) -> Result<(Sample, Duration), Failure> {
        let watch = PodWatch::start(self.plane.kubectl_command(), pods)?;
        let sample = self.timed(command)?;
        Ok((sample, watch.not_all_ready()))
    }

    fn ours(&self, nodes: &[String]) -> Command {
        let mut command = self.programs.drain_node();
        command
            .env("KUBECONFIG", self.plane.kubeconfig())
            .args(nodes)
            .arg("--yes");
        command
    }

    fn kubectl(&self, nodes: &[String]) -> Command {
        let mut command = self.plane.kubectl_command();
        command.arg("drain").args(nodes);
        command
    }

    fn cordon(&self, nodes: &[String]) -> Result<(), Failure> {
        self.on_nodes("cordon", nodes)
    }

    fn uncordon(&self, nodes: &[String]) -> Result<(), Failure> {
        self.on_nodes("uncordon", nodes)
    }

    fn on_nodes(&self, verb: &str, nodes: &[String]) -> Result<(), Failure> {
        let args: Vec<&str> = std::iter::once(verb)
            .chain(nodes.iter().map(String::as_str))
            .collect();
        self.plane.kubectl_output(&args)?;
        Ok(())
    }

    fn deploy(&self, name: &str, replicas: usize, ready: &str) -> Result<(), Failure> {
        let labels = json!({"app": name});
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels, "annotations": {"day2.dev/ready-delay": ready}},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            }},
        });
        self.plane.apply(&deployment.to_string())?;
        Ok(())
    }

    fn budget(&self, name: &str, asks: &Value) -> Result<(), Failure> {
        let mut spec = json!({"selector": {"matchLabels": {"app": name}}});
        if let (Some(spec), Some(asks)) = (spec.as_object_mut(), asks.as_object()) {
            spec.extend(asks.clone());
        }
        let budget = json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": name, "namespace": "default"}, "spec": spec,
        });
        self.plane.apply(&budget.to_string())?;
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), Failure> {
        let app = format!("app={name}");
        self.plane
            .kubectl_output(&["delete", "deployment", name, "--cascade=foreground"])?;
        self.plane.kubectl_output(&[
            "wait",
            "--for=delete",
            "pod",
            "-l",
            &app,
            "--timeout=120s",
        ])?;
        Ok(())
    }

    fn wait_ready(&self, name: &str, replicas: usize) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        let ready = "-ojsonpath={.status.readyReplicas}";
        while self.plane.kubectl_output(&["get", "deploy", name, ready])? != replicas.to_string() {
            if Instant::now() > deadline {
                return Err(Failure::Other(format!("{name} does not get ready")));
            }
            thread::sleep(Duration::from_millis(250));
        }
        // The budget's controller and the pods of before get time to settle.
        thread::sleep(Duration::from_secs(1));
        Ok(())
    }
}

fn names(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("node-{number}")).collect()
}
