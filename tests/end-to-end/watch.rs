//! `kubectl leases watch`: a memory, conditions, and a leader that comes back from the dead.

use std::time::Duration;

use serde_json::Value;
use test_support::{Component, ControlPlane, ControlPlaneOptions};

use crate::plugin::{Running, kubectl, leases, plane};

const PATIENCE: Duration = Duration::from_secs(90);

fn lease(name: &str, holder: &str, transitions: u32) -> String {
    format!(
        r#"{{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"{name}","namespace":"default"}},
        "spec":{{"holderIdentity":"{holder}","leaseDurationSeconds":3600,"leaseTransitions":{transitions},
        "acquireTime":"2100-01-01T00:00:0{transitions}.000000Z","renewTime":"2100-01-01T00:00:0{transitions}.000000Z"}}}}"#
    )
}

#[test]
fn the_summary_tells_how_regularly_the_control_plane_renews() {
    let said = leases(
        plane(),
        &[
            "watch",
            "kube-scheduler",
            "-n",
            "kube-system",
            "--for",
            "7s",
            "-o",
            "json",
        ],
    )
    .ok();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["type"], "Seen");
    let summary = lines.last().unwrap();
    assert_eq!(summary["kind"], "LeaseWatchSummary");
    assert_eq!(summary["ended"], "elapsed");
    let item = &summary["items"][0];
    assert!(item["renewals"].as_u64().unwrap() >= 1, "{summary}");
    let median = item["medianSeconds"].as_f64();
    assert!(median.is_none_or(|median| median >= 1.9), "{summary}");
    assert_eq!(item["changes"], 0);
}

#[test]
fn a_script_can_wait_for_a_change_of_holder() {
    plane().apply(&lease("awaited", "first_1", 0)).unwrap();
    let mut watch = Running::start(kubectl(plane()).args([
        "leases",
        "watch",
        "awaited",
        "--until",
        "holder-changed",
        "-o",
        "json",
    ]));
    watch.wait_for("the first holder", PATIENCE, |line| {
        line.contains("\"Seen\"")
    });
    plane().apply(&lease("awaited", "second_2", 3)).unwrap();
    let changed = watch.wait_for("the change", PATIENCE, |line| {
        line.contains("\"HolderChanged\"")
    });
    let changed: Value = serde_json::from_str(&changed).unwrap();
    assert_eq!(changed["previousHolderIdentity"], "first_1");
    assert_eq!(changed["unseenChanges"], 2);
    let summary = watch.wait_for("the summary", PATIENCE, |line| {
        line.contains("LeaseWatchSummary")
    });
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["ended"], "conditionMet");
    assert_eq!(summary["items"][0]["changes"], 1);
}

#[test]
fn conditions_end_the_watch_with_an_exit_code() {
    let held = ["watch", "-n", "kube-system", "--until", "all-held"];
    let said = leases(plane(), &held).ok();
    assert!(said.contains("Watched for "), "{said}");
    plane().apply(&lease("steady", "first_1", 0)).unwrap();
    let said = leases(
        plane(),
        &[
            "watch",
            "steady",
            "--until",
            "holder-changed",
            "--for",
            "1s",
        ],
    );
    assert_eq!(said.code, 4, "{}{}", said.stdout, said.stderr);
}

/// Its `LeaseCandidate` shows that the old leader lives; a client-go election has no such sign.
#[test]
fn a_frozen_leader_is_late_then_expired_then_replaced_and_returns() {
    let plane = ControlPlane::start(&ControlPlaneOptions {
        controller_managers: 3,
        nodes: 0,
        coordinated: true,
        ..ControlPlaneOptions::default()
    })
    .unwrap();
    let name = "kube-controller-manager";
    let list = leases(&plane, &["-n", "kube-system", name, "-o", "json"]).json();
    let old = list["items"][0]["holder"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let index = old.strip_prefix("controller-").unwrap().parse().unwrap();
    let mut watch =
        Running::start(kubectl(&plane).args(["leases", "watch", name, "-n", "kube-system"]));
    watch.wait_for("the row", PATIENCE, |line| line.contains(&old));

    let leader = Component::ControllerManager(index);
    plane.freeze(leader).unwrap();
    for state in ["late", "expired"] {
        watch.wait_for(state, PATIENCE, |line| {
            line.contains(&old) && line.contains(state)
        });
    }
    let replaced = format!("new holder, before it {old}");
    watch.wait_for("the new holder", PATIENCE, |line| line.contains(&replaced));
    plane.thaw(leader).unwrap();
    let returned = format!("{old} lives, ");
    watch.wait_for("the return", PATIENCE, |line| line.contains(&returned));
}
