//! The cluster of `kubectl day2 demo`: a real control plane in the middle of a failover.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use flate2::{Compression, GzBuilder};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use test_support::{ControlPlane, ControlPlaneOptions, Signal};

use crate::failure::Failure;

/// Where the binary takes it from.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/demo/cluster.json.gz");

/// From the end of the leader to the recording: its Lease is late, and not yet taken over.
const SILENCE: Duration = Duration::from_secs(12);

/// The lags of a Lease of 15 seconds that is late.
const LATE: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(10), SignedDuration::from_secs(15));

/// How long a scheduler may take to take over.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many pods are to wait for a node.
const WAITING: usize = 3;

const CONTROLLER_MANAGER: &str = "kube-controller-manager";
const SCHEDULER: &str = "kube-scheduler";

/// What runs on nodes with four cores each.
const WORKLOADS: &str = include_str!("record_demo/workloads.yaml");
/// What finds no room there any more.
const LATECOMERS: &str = include_str!("record_demo/waiting.yaml");

/// Makes the cluster, brings it into the state that is worth a look, and records it.
pub(crate) fn run() -> Result<(), Failure> {
    // Not later, when every second counts.
    build()?;
    eprintln!("starting a control plane");
    let control_plane = ControlPlane::start(&ControlPlaneOptions {
        controller_managers: 3,
        schedulers: 3,
        nodes: 3,
        ..ControlPlaneOptions::default()
    })?;
    eprintln!("filling it");
    control_plane.publish_controllers()?;
    for number in 0..3 {
        let controller = format!("controller-{number}");
        let taint = "node-role.kubernetes.io/control-plane:NoSchedule";
        control_plane.kubectl_output(&["taint", "node", &controller, taint])?;
        let worker = format!("node-{number}");
        let group = "kops.k8s.io/instancegroup=workers";
        control_plane.kubectl_output(&["label", "node", &worker, group])?;
    }
    control_plane.apply(WORKLOADS)?;
    for deployment in ["web", "api"] {
        let deployment = format!("deployment/{deployment}");
        control_plane.kubectl_output(&["rollout", "status", &deployment, "--timeout=60s"])?;
    }
    control_plane.apply(LATECOMERS)?;
    wait_until_pending(&control_plane)?;

    eprintln!("letting another scheduler take over");
    hand_over_scheduling(&control_plane)?;
    eprintln!("killing the leading controller manager");
    let leader = leader(&control_plane, CONTROLLER_MANAGER)?;
    control_plane.stop_controller_manager(index(&leader)?, Signal::Kill)?;
    sleep(SILENCE);

    let snapshot = record(&control_plane)?;
    write(Path::new(FILE), &snapshot)
}

fn build() -> Result<(), Failure> {
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--package", "kubectl-day2"])
        .status()
        .map_err(Failure::io("run", Path::new("cargo")))?;
    if built.success() {
        Ok(())
    } else {
        Err(Failure::Other("kubectl-day2 can't be built".into()))
    }
}

/// Waits until the scheduler has said of the pods without a node that they fit nowhere.
fn wait_until_pending(control_plane: &ControlPlane) -> Result<(), Failure> {
    let args = ["get", "pods", "-l", "wait=yes", "-ojson"];
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let pods: Value = serde_json::from_str(&control_plane.kubectl_output(&args)?)?;
        let unschedulable = |pod: &&Value| {
            let conditions = pod["status"]["conditions"].as_array();
            let mut conditions = conditions.into_iter().flatten();
            conditions.any(|own| own["reason"] == "Unschedulable")
        };
        if items(&pods).filter(unschedulable).count() == WAITING {
            return Ok(());
        }
        sleep(Duration::from_millis(200));
    }
    Err(Failure::Other(format!(
        "there are not {WAITING} pods that wait"
    )))
}

/// Stops the leading scheduler, which gives its Lease up, and waits for the next one.
fn hand_over_scheduling(control_plane: &ControlPlane) -> Result<(), Failure> {
    let before = leader(control_plane, SCHEDULER)?;
    control_plane.stop_scheduler(index(&before)?, Signal::Terminate)?;
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let now = leader(control_plane, SCHEDULER)?;
        if !now.is_empty() && now != before {
            return Ok(());
        }
        sleep(Duration::from_millis(200));
    }
    Err(Failure::Other(format!(
        "no other scheduler took over from {before} within {} s",
        PATIENCE.as_secs()
    )))
}

/// The identity that holds a Lease of the control plane; empty for none.
fn leader(control_plane: &ControlPlane, lease: &str) -> Result<String, Failure> {
    let args = ["get", "lease", "-nkube-system", lease, "-ojson"];
    let lease: Value = serde_json::from_str(&control_plane.kubectl_output(&args)?)?;
    let holder = lease["spec"]["holderIdentity"].as_str();
    Ok(holder.unwrap_or_default().to_owned())
}

/// Which of the components an identity such as `controller-1_4e7a…` belongs to.
fn index(identity: &str) -> Result<usize, Failure> {
    let host = identity.split('_').next().unwrap_or_default();
    host.strip_prefix("controller-")
        .and_then(|index| index.parse().ok())
        .ok_or_else(|| Failure::Other(format!("`{identity}` is no identity of a controller")))
}

/// Reads the cluster as `kubectl day2 snapshot` does, and makes sure that the answer is the one that
/// the demo is about.
fn record(control_plane: &ControlPlane) -> Result<Value, Failure> {
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--package", "kubectl-day2", "--"])
        .args(["snapshot", "--kubeconfig"])
        .arg(control_plane.kubeconfig())
        .output()
        .map_err(Failure::io("run", Path::new("cargo")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Other(said.trim_end().to_owned()));
    }
    let list: Value = serde_json::from_slice(&output.stdout)?;
    // The API server runs on this machine, so this is its clock too.
    check(&list, Timestamp::now())?;
    Ok(list)
}

/// The controller manager's Lease has to be late.
fn check(list: &Value, now: Timestamp) -> Result<(), Failure> {
    let renewed = items(list)
        .find(|item| item["kind"] == "Lease" && item["metadata"]["name"] == CONTROLLER_MANAGER)
        .and_then(|lease| lease["spec"]["renewTime"].as_str())
        .and_then(|time| time.parse::<Timestamp>().ok())
        .ok_or_else(|| Failure::Other(format!("{CONTROLLER_MANAGER} has no renewal time")))?;
    let lag = now.duration_since(renewed);
    if lag > LATE.0 && lag < LATE.1 {
        return Ok(());
    }
    Err(Failure::Other(format!(
        "the renewal of {CONTROLLER_MANAGER} was {} ms ago, which is not late or no longer\n\
         hint: run it again, with less else going on",
        lag.as_millis()
    )))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

/// Writes it so that the same content gives the same file.
fn write(path: &Path, snapshot: &Value) -> Result<(), Failure> {
    let failed = || Failure::io("write", path);
    let file = File::create(path).map_err(failed())?;
    let mut encoder = GzBuilder::new().mtime(0).write(file, Compression::best());
    encoder
        .write_all(snapshot.to_string().as_bytes())
        .map_err(failed())?;
    encoder.finish().map_err(failed())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T00:00:12.5Z".parse().unwrap()
    }

    #[test]
    fn an_identity_tells_the_component() {
        assert_eq!(index("controller-2_4e7a").unwrap(), 2);
        for identity in ["", "controller-", "node-1", "controller-x_1"] {
            assert!(index(identity).is_err(), "{identity}");
        }
    }

    #[test]
    fn only_a_late_lease_is_worth_recording() {
        let list = |renewed: &str| {
            json!({ "items": [{
                "kind": "Lease",
                "metadata": { "name": CONTROLLER_MANAGER },
                "spec": { "renewTime": renewed },
            }] })
        };
        assert!(check(&list("2026-01-01T00:00:00.000000Z"), now()).is_ok());
        assert!(check(&list("2026-01-01T00:00:09.000000Z"), now()).is_err());
        assert!(check(&list("2025-12-31T23:59:57.000000Z"), now()).is_err());
        assert!(check(&json!({ "items": [] }), now()).is_err());
    }
}
