//! `cargo xtask conformance drain`: generated workloads are drained through a proxy that injects
//! faults, and everything that happens is held against what the budgets allow.

mod generate;
mod observer;
mod proxy;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};
use test_support::{ControlPlane, ControlPlaneOptions, Signal};

use crate::conformance::drain::generate::{Case, Mischief, NODES};
use crate::conformance::drain::observer::Observer;
use crate::conformance::drain::proxy::{Faults, Proxy};
use crate::conformance::scheduler::random::Random;
use crate::failure::Failure;

/// What to check.
#[derive(Args, Debug)]
pub struct Drain {
    /// How many workloads to generate
    #[arg(long, default_value_t = 200)]
    cases: u64,
    /// Where generation starts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only the case of this number
    #[arg(long)]
    only: Option<u64>,
}

/// What all cases came to.
#[derive(Default)]
struct Total {
    agreeing: usize,
    outcomes: BTreeMap<i32, usize>,
    mischief: BTreeMap<String, usize>,
    evicted: usize,
    refusals: usize,
    injected: usize,
}

impl Drain {
    /// Runs all cases; exit code 3 if any shows a violation.
    pub fn run(&self) -> ExitCode {
        match self.check() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(3),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn check(&self) -> Result<bool, Failure> {
        let bench = Bench::start(self.seed)?;
        let numbers: Vec<u64> = match self.only {
            Some(number) => vec![number],
            None => (0..self.cases).collect(),
        };
        let mut total = Total::default();
        for &number in &numbers {
            let case = Case::generate(self.seed, number);
            let violations = bench.check(&case, number, &mut total)?;
            if violations.is_empty() {
                total.agreeing += 1;
            }
            for violation in violations {
                println!("seed {} case {number}: {violation}", self.seed);
            }
        }
        println!(
            "exit codes {:?}; meanwhile {:?}; {} pods evicted, {} evictions refused and tried again, {} faults injected into {} requests",
            total.outcomes,
            total.mischief,
            total.evicted,
            total.refusals,
            total.injected,
            bench.proxy.requests()
        );
        println!("agree {} of {}", total.agreeing, numbers.len());
        Ok(total.agreeing == numbers.len())
    }
}

struct Bench {
    plane: ControlPlane,
    kubectl_proxy: Child,
    proxy: Proxy,
    binary: PathBuf,
    kubeconfig: PathBuf,
    seed: u64,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.kubectl_proxy.kill();
        let _ = self.kubectl_proxy.wait();
    }
}

impl Bench {
    fn start(seed: u64) -> Result<Self, Failure> {
        eprintln!("building");
        let binary = build()?;
        eprintln!("starting a control plane");
        let plane = ControlPlane::start(&ControlPlaneOptions {
            nodes: NODES,
            ready_delay: Duration::from_millis(200),
            termination_delay: Duration::from_millis(200),
            ..ControlPlaneOptions::default()
        })?;
        let (kubectl_proxy, upstream) = kubectl_proxy(&plane)?;
        let random = Random::of_case(seed, 0);
        let proxy = Proxy::start(&upstream, random)
            .map_err(Failure::io("listen on", Path::new("loopback")))?;
        let kubeconfig = plane.dir().join("through-proxy");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "proxy",
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "nobody"}}],
            "clusters": [{"name": "proxy", "cluster": {"server": proxy.url()}}],
            "users": [{"name": "nobody", "user": {}}],
        });
        fs::write(&kubeconfig, config.to_string()).map_err(Failure::io("write", &kubeconfig))?;
        Ok(Self {
            plane,
            kubectl_proxy,
            proxy,
            binary,
            kubeconfig,
            seed,
        })
    }

    fn check(&self, case: &Case, number: u64, total: &mut Total) -> Result<Vec<String>, Failure> {
        self.plane.apply(&case.objects().to_string())?;
        self.wait_ready(case)?;
        let kubectl = || self.plane.kubectl_command();
        let observer = Observer::start(&kubectl, &case.namespace)
            .map_err(Failure::io("run", "kubectl".as_ref()))?;
        thread::sleep(Duration::from_millis(700));
        let random = Random::of_case(self.seed ^ 0xFA, number);
        self.proxy.inject(case.faults, random.clone());
        let before = self.proxy.injected();
        let drain = self.drain(case)?;
        let second = (case.mischief == Mischief::SecondDrain)
            .then(|| self.drain(case))
            .transpose()?;
        let touched = self.mischief(case, random)?;
        let outputs: Vec<Output> = std::iter::once(drain)
            .chain(second)
            .map(|child| {
                child
                    .wait_with_output()
                    .map_err(Failure::io("wait for", &self.binary))
            })
            .collect::<Result<_, _>>()?;
        self.proxy.inject(Faults::default(), Random::of_case(0, 0));
        total.injected += self.proxy.injected() - before;
        *total
            .mischief
            .entry(format!("{:?}", case.mischief))
            .or_default() += 1;
        let nodes: BTreeSet<String> = case.drained.iter().map(|node| name(*node)).collect();
        let mut violations = if case.mischief == Mischief::Restart {
            // The observer's watches broke too; what they saw has gaps.
            drop(observer);
            Vec::new()
        } else {
            observer.violations(&nodes, &touched)
        };
        for output in &outputs {
            *total
                .outcomes
                .entry(output.status.code().unwrap_or(-1))
                .or_default() += 1;
            violations.extend(self.judge(case, output, total)?);
        }
        violations.extend(self.leaked(&nodes, &outputs)?);
        self.clean(case)?;
        for output in outputs
            .iter()
            .filter(|output| output.status.code() == Some(1))
        {
            let said = String::from_utf8_lossy(&output.stderr);
            eprintln!(
                "  {}",
                said.lines()
                    .find(|line| line.starts_with("error: "))
                    .unwrap_or("no error")
            );
        }
        eprintln!(
            "case {number}: exit {:?}, {:?}, {} workloads, {}",
            outputs
                .iter()
                .map(|output| output.status.code().unwrap_or(-1))
                .collect::<Vec<_>>(),
            case.mischief,
            case.workloads.len(),
            if violations.is_empty() {
                "ok"
            } else {
                "VIOLATION"
            }
        );
        Ok(violations)
    }

    fn drain(&self, case: &Case) -> Result<Child, Failure> {
        let timeout = format!("{}s", case.timeout_seconds);
        let mut command = Command::new(&self.binary);
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .args(case.drained.iter().map(|node| name(*node)))
            .args([
                "--undo-on-failure",
                "--proceed-anyway",
                "-ojson",
                "--timeout",
                &timeout,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().map_err(Failure::io("run", &self.binary))
    }

    /// What happens meanwhile; the UIDs of the pods that were deleted, and when.
    fn mischief(
        &self,
        case: &Case,
        mut random: Random,
    ) -> Result<BTreeMap<String, Instant>, Failure> {
        let mut touched = BTreeMap::new();
        match case.mischief {
            Mischief::None | Mischief::SecondDrain => {}
            Mischief::DeletePods => {
                for _ in 0..3 {
                    thread::sleep(Duration::from_millis(400));
                    let pods = self.pods(&case.namespace)?;
                    let Some(pod) = pods.get(random.below(pods.len())) else {
                        continue;
                    };
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    touched.insert(text(&pod["metadata"]["uid"]), Instant::now());
                    let name = text(&pod["metadata"]["name"]);
                    self.plane.kubectl_output(&[
                        "delete",
                        "pod",
                        "-n",
                        &case.namespace,
                        &name,
                        "--wait=false",
                        "--ignore-not-found",
                    ])?;
                }
            }
            Mischief::EditBudgets => {
                for _ in 0..3 {
                    thread::sleep(Duration::from_millis(400));
                    for workload in case.workloads.iter().filter(|own| own.budget.is_some()) {
                        let asks = generate::asks(&mut random, workload.replicas);
                        let budget = workload.budget_object(&case.namespace, &asks);
                        self.plane.kubectl_output(&[
                            "delete",
                            "pdb",
                            "-n",
                            &case.namespace,
                            &workload.app,
                        ])?;
                        self.plane.apply(&budget.to_string())?;
                    }
                }
            }
            Mischief::Restart => {
                thread::sleep(Duration::from_millis(300));
                self.plane.stop_api_server(Signal::Kill)?;
                self.plane.start_api_server()?;
            }
        }
        Ok(touched)
    }

    /// Whether what the drain said is what it did.
    fn judge(
        &self,
        case: &Case,
        output: &Output,
        total: &mut Total,
    ) -> Result<Vec<String>, Failure> {
        let mut wrong = Vec::new();
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        if stderr.contains("panicked") {
            wrong.push(format!("it panicked: {stderr}"));
        }
        let summary: Option<Value> = stdout
            .lines()
            .rev()
            .find(|line| line.contains("\"DrainSummary\""))
            .and_then(|line| serde_json::from_str(line).ok());
        let code = output.status.code();
        let Some(summary) = summary else {
            // It did not get as far as to change anything.
            if code != Some(1) || !stderr.contains("error:") {
                wrong.push(format!("exit {code:?} without a summary: {stderr}"));
            }
            return Ok(wrong);
        };
        let number = |field: &str| {
            let number = summary[field].as_u64().unwrap_or(0);
            usize::try_from(number).unwrap_or(0)
        };
        total.evicted += number("evicted");
        total.refusals += number("refusals");
        if code == Some(0) && case.mischief != Mischief::SecondDrain {
            for &node in &case.drained {
                let left = self.pods_on(node, &case.namespace)?;
                if !left.is_empty() {
                    wrong.push(format!(
                        "it said drained, but {left:?} are on {}",
                        name(node)
                    ));
                }
            }
        }
        Ok(wrong)
    }

    /// Cordons that are left though no drain succeeded.
    fn leaked(&self, nodes: &BTreeSet<String>, outputs: &[Output]) -> Result<Vec<String>, Failure> {
        if outputs.iter().any(|output| output.status.success()) {
            return Ok(Vec::new());
        }
        let mut leaked = Vec::new();
        for node in nodes {
            let cordoned = "-ojsonpath={.spec.unschedulable}";
            if self
                .plane
                .kubectl_output(&["get", "node", node, cordoned])?
                == "true"
            {
                let said = outputs
                    .iter()
                    .map(|output| String::from_utf8_lossy(&output.stderr));
                let said: Vec<String> = said.map(Into::into).collect();
                leaked.push(format!(
                    "the cordon of {node} was leaked: {}",
                    said.join("\n")
                ));
            }
        }
        Ok(leaked)
    }

    fn wait_ready(&self, case: &Case) -> Result<(), Failure> {
        let wanted: usize = case
            .workloads
            .iter()
            .map(|workload| workload.replicas)
            .sum();
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            let pods = self.pods(&case.namespace)?;
            let ready = pods.iter().filter(|pod| is_ready(pod)).count();
            let budgets = self.plane.kubectl_output(&[
                "get",
                "pdb",
                "-n",
                &case.namespace,
                "-ojsonpath={.items[*].status.expectedPods}",
            ])?;
            let counted: usize = budgets
                .split(' ')
                .filter_map(|number| number.parse::<usize>().ok())
                .sum();
            let guarded = case
                .workloads
                .iter()
                .filter(|workload| workload.budget.is_some());
            let guarded: usize = guarded.map(|workload| workload.replicas).sum();
            if ready == wanted && counted == guarded {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Failure::Other(format!(
                    "{}: {ready} of {wanted} pods are ready",
                    case.namespace
                )));
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn pods(&self, namespace: &str) -> Result<Vec<Value>, Failure> {
        let list = self
            .plane
            .kubectl_output(&["get", "pods", "-n", namespace, "-ojson"])?;
        let list: Value = serde_json::from_str(&list)?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    fn pods_on(&self, node: usize, namespace: &str) -> Result<Vec<String>, Failure> {
        let pods = self.pods(namespace)?;
        let own = pods
            .iter()
            .filter(|pod| pod["spec"]["nodeName"] == name(node));
        Ok(own
            .map(|pod| {
                pod["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect())
    }

    fn clean(&self, case: &Case) -> Result<(), Failure> {
        let nodes: Vec<String> = case.drained.iter().map(|node| name(*node)).collect();
        let mut args = vec!["uncordon"];
        args.extend(nodes.iter().map(String::as_str));
        self.plane.kubectl_output(&args)?;
        self.plane
            .kubectl_output(&["delete", "ns", &case.namespace, "--wait=false"])?;
        if case.mischief == Mischief::Restart {
            self.revive()?;
        }
        Ok(())
    }

    /// Starts what ended when it could not renew its Lease.
    fn revive(&self) -> Result<(), Failure> {
        for component in self.plane.components() {
            if self.plane.pid(component).is_none() {
                self.plane.start_component(component)?;
            }
        }
        Ok(())
    }
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.is_some_and(|all| {
        all.iter()
            .any(|one| one["type"] == "Ready" && one["status"] == "True")
    })
}

fn name(node: usize) -> String {
    format!("node-{node}")
}

/// Builds the binary and links it under the plugin's name.
fn build() -> Result<PathBuf, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = root.canonicalize().map_err(Failure::io("find", &root))?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(&cargo)
        .current_dir(&root)
        .args([
            "build",
            "--quiet",
            "--package=kubectl-day2",
            "--bin=kubectl-day2",
        ])
        .status()
        .map_err(Failure::io("run", cargo.as_ref()))?;
    if !status.success() {
        return Err(Failure::Other("the binary does not compile".into()));
    }
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |target| root.join(target));
    let dir = target.join("conformance");
    fs::create_dir_all(&dir).map_err(Failure::io("create", &dir))?;
    let link = dir.join("kubectl-drain_node");
    let _ = fs::remove_file(&link);
    symlink(target.join("debug/kubectl-day2"), &link).map_err(Failure::io("create", &link))?;
    Ok(link)
}

/// The API server as plain HTTP, and where that is.
fn kubectl_proxy(plane: &ControlPlane) -> Result<(Child, String), Failure> {
    let mut child = plane
        .kubectl_command()
        .args(["proxy", "--port=0", "--reject-paths=^$"])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Failure::io("run", "kubectl".as_ref()))?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(Failure::io("read", "kubectl proxy".as_ref()))?;
    }
    match line.trim().rsplit(' ').next() {
        Some(address) if address.contains(':') => Ok((child, address.to_owned())),
        _ => Err(Failure::Other(format!("kubectl proxy said: {line}"))),
    }
}
