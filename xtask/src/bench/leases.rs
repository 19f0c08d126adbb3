//! `kubectl leases` against `kubectl get leases`, on a real control plane.

use std::env;
use std::process::Command;

use test_support::{ControlPlane, ControlPlaneOptions};

use crate::bench::load::NAMESPACE;
use crate::bench::measure::{alternate, rehearse, repeat};
use crate::bench::programs::Programs;
use crate::bench::table::{Limit, Line};
use crate::failure::Failure;

/// How often each program answers for the control plane.
const FEW_RUNS: usize = 11;

/// How often each program answers for all nodes.
const MANY_RUNS: usize = 5;

/// How many nodes send heartbeats.
const MANY: usize = 15_000;

/// How many of them the control plane has itself.
const NODES: usize = 3;

const FEW_LIMIT: Limit = Limit { wall: 5, memory: 4 };

const MANY_LIMIT: Limit = Limit {
    wall: 10,
    memory: 5,
};

/// The same list as both read it, without a look at it.
const RAW: &str =
    "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?resourceVersion=0";

/// The rows of `kubectl leases`.
pub(crate) fn lines(programs: &Programs) -> Result<Vec<Line>, Failure> {
    eprintln!("starting a control plane");
    let control_plane = ControlPlane::start(&ControlPlaneOptions {
        nodes: NODES,
        ..ControlPlaneOptions::default()
    })?;
    let bench = Bench {
        programs,
        control_plane: &control_plane,
    };

    eprintln!("measuring the Leases of kube-system");
    // The header, the two elections, and for some the API server's own Lease.
    let mut lines = bench.compare(
        "kube-system",
        3,
        FEW_RUNS,
        FEW_LIMIT,
        "leases of kube-system",
    )?;

    eprintln!("creating Leases of {MANY} nodes");
    bench.load()?;
    eprintln!("measuring the Leases of {MANY} nodes");
    let work = "leases of 15,000 nodes";
    lines.extend(bench.compare(NAMESPACE, MANY + 1, MANY_RUNS, MANY_LIMIT, work)?);
    lines.extend(bench.transfer()?);
    Ok(lines)
}

struct Bench<'a> {
    programs: &'a Programs,
    control_plane: &'a ControlPlane,
}

impl Bench<'_> {
    fn compare(
        &self,
        namespace: &str,
        lines: usize,
        runs: usize,
        limit: Limit,
        work: &str,
    ) -> Result<Vec<Line>, Failure> {
        let ours = || self.ours(&["-n", namespace]);
        let peer = || self.kubectl(&["get", "leases", "-n", namespace]);
        rehearse(self.programs, ours(), lines)?;
        rehearse(self.programs, peer(), lines)?;
        let (ours, peer) = alternate(runs, self.programs, ours, peer)?;
        Ok(Line::both(work, ours, peer, limit).into())
    }

    /// What no reader of the whole list can be faster than.
    fn transfer(&self) -> Result<[Line; 2], Failure> {
        let raw = || self.kubectl(&["get", "--raw", RAW]);
        let sample = repeat(MANY_RUNS, self.programs, raw)?;
        Ok(Line::peer_alone("  their bare transfer", sample))
    }

    /// Creates the Leases in another process, so that this one stays small.
    fn load(&self) -> Result<(), Failure> {
        let program = env::current_exe().map_err(Failure::io("find", "this program".as_ref()))?;
        let status = Command::new(&program)
            .args(["load-leases", &(MANY - NODES).to_string()])
            .arg(self.control_plane.kubeconfig())
            .status()
            .map_err(Failure::io("run", &program))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::Other(format!(
            "the Leases of {MANY} nodes could not be created"
        )))
    }

    fn ours(&self, flags: &[&str]) -> Command {
        let mut command = self.programs.leases();
        command
            .env("KUBECONFIG", self.control_plane.kubeconfig())
            .args(flags);
        command
    }

    fn kubectl(&self, args: &[&str]) -> Command {
        let mut command = self.control_plane.kubectl_command();
        command.args(args);
        command
    }
}
