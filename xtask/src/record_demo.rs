//! The cluster of `kubectl day2 demo`: a real control plane in the middle of a failover.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use flate2::{Compression, GzBuilder};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use test_support::{ControlPlane, ControlPlaneOptions, Signal};

use crate::failure::Failure;

/// Where the binary takes it from.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/demo/cluster.json.gz");

/// The annotation on the List that says when the snapshot was taken.
const TAKEN_AT: &str = "day2.dev/snapshot-time";

/// From the end of the leader to the recording: its Lease is late, and not yet taken over.
const SILENCE: Duration = Duration::from_secs(12);

/// The lags of a Lease of 15 seconds that is late.
const LATE: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(10), SignedDuration::from_secs(15));

/// How long a scheduler may take to take over.
const PATIENCE: Duration = Duration::from_mins(1);

const CONTROLLER_MANAGER: &str = "kube-controller-manager";
const SCHEDULER: &str = "kube-scheduler";

/// Something that runs on the nodes.
const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'pause:3.10'}]
";

/// Makes the cluster, brings it into the state that is worth a look, and records it.
pub(crate) fn run() -> Result<(), Failure> {
    eprintln!("starting a control plane");
    let control_plane = ControlPlane::start(&ControlPlaneOptions {
        controller_managers: 3,
        schedulers: 3,
        nodes: 3,
        ..ControlPlaneOptions::default()
    })?;
    control_plane.apply(DEPLOYMENT)?;
    control_plane.kubectl_output(&["rollout", "status", "deployment/web", "--timeout=60s"])?;

    eprintln!("letting another scheduler take over");
    hand_over_scheduling(&control_plane)?;
    eprintln!("killing the leading controller manager");
    let leader = leader(&control_plane, CONTROLLER_MANAGER)?;
    control_plane.stop_controller_manager(index(&leader)?, Signal::Kill)?;
    sleep(SILENCE);

    let snapshot = record(&control_plane)?;
    write(Path::new(FILE), &snapshot)
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

/// Reads the cluster, and makes sure that the answer is the one that the demo is about.
fn record(control_plane: &ControlPlane) -> Result<Value, Failure> {
    let args = [
        "get",
        "leases,nodes,pods",
        "-A",
        "-ojson",
        "--show-managed-fields",
    ];
    let mut list = serde_json::from_str(&control_plane.kubectl_output(&args)?)?;
    // The API server runs on this machine, so this is its clock too.
    let now = Timestamp::now();
    check(&list, now)?;
    tidy(&mut list, now);
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

/// Says when it was taken, and leaves out what a snapshot never holds or the plugins never ask.
fn tidy(list: &mut Value, now: Timestamp) {
    let now = now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    list["metadata"] = json!({ "annotations": { TAKEN_AT: now } });
    let items = list["items"].as_array_mut();
    for item in items.into_iter().flatten() {
        tidy_metadata(item);
        for containers in ["containers", "initContainers", "ephemeralContainers"] {
            let pointer = format!("/spec/{containers}");
            let containers = item.pointer_mut(&pointer).and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                remove(container, &["env", "envFrom"]);
            }
        }
    }
}

fn tidy_metadata(item: &mut Value) {
    let is_lease = item["kind"] == "Lease";
    let Some(metadata) = item.get_mut("metadata") else {
        return;
    };
    if !is_lease {
        remove(metadata, &["managedFields"]);
    }
    if let Some(annotations) = metadata.get_mut("annotations") {
        remove(
            annotations,
            &["kubectl.kubernetes.io/last-applied-configuration"],
        );
        if annotations.as_object().is_some_and(Map::is_empty) {
            remove(metadata, &["annotations"]);
        }
    }
}

fn remove(object: &mut Value, keys: &[&str]) {
    if let Some(object) = object.as_object_mut() {
        for key in keys {
            object.remove(*key);
        }
    }
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
    fn what_a_snapshot_never_holds_is_left_out() {
        let mut list = json!({
            "kind": "List",
            "metadata": { "resourceVersion": "" },
            "items": [
                {
                    "kind": "Lease",
                    "metadata": { "managedFields": [1] },
                },
                {
                    "kind": "Pod",
                    "metadata": {
                        "managedFields": [1],
                        "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "x" },
                    },
                    "spec": {
                        "containers": [{ "name": "a", "env": [1], "envFrom": [1] }],
                        "initContainers": [{ "name": "b", "env": [1] }],
                    },
                },
            ],
        });
        tidy(&mut list, now());
        assert_eq!(
            list,
            json!({
                "kind": "List",
                "metadata": { "annotations": { TAKEN_AT: "2026-01-01T00:00:12.500000Z" } },
                "items": [
                    { "kind": "Lease", "metadata": { "managedFields": [1] } },
                    {
                        "kind": "Pod",
                        "metadata": {},
                        "spec": {
                            "containers": [{ "name": "a" }],
                            "initContainers": [{ "name": "b" }],
                        },
                    },
                ],
            })
        );
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
