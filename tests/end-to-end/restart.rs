//! An API server that restarts under a watch.

use std::time::Duration;

use test_support::{ControlPlane, ControlPlaneOptions, Signal};

use crate::plugin::{Running, kubectl, leases};

#[test]
fn a_watch_survives_a_restart_and_misses_no_change_of_holder() {
    let plane = ControlPlane::start(&ControlPlaneOptions::default()).unwrap();
    let lease = |holder: &str| {
        format!(
            r#"{{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"lock","namespace":"default"}},
            "spec":{{"holderIdentity":"{holder}","leaseDurationSeconds":3600,"renewTime":"2100-01-01T00:00:00.000000Z"}}}}"#
        )
    };
    plane.apply(&lease("first_1")).unwrap();
    let mut watch = Running::start(kubectl(&plane).args(["leases", "lock", "-w"]));
    watch.wait_for("the first holder", Duration::from_secs(20), |line| {
        line.contains("first")
    });

    let until = ["--until", "holder-changed", "-o", "json"];
    let mut memory = Running::start(
        kubectl(&plane)
            .args(["leases", "watch", "lock"])
            .args(until),
    );
    memory.wait_for("the first event", Duration::from_secs(20), |line| {
        line.contains("first")
    });

    plane.stop_api_server(Signal::Kill).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert!(watch.is_running() && memory.is_running());
    plane.start_api_server().unwrap();
    plane.apply(&lease("second_2")).unwrap();
    watch.wait_for("the second holder", Duration::from_secs(30), |line| {
        line.contains("second") && line.contains("new holder, before it first")
    });
    let summary = memory.wait_for("the summary", Duration::from_secs(30), |line| {
        line.contains("LeaseWatchSummary")
    });
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["items"][0]["changes"], 1, "{summary}");
    assert!(summary["interruptions"].as_u64() >= Some(1), "{summary}");
}

#[test]
fn an_api_server_that_is_down_is_named() {
    let plane = ControlPlane::start(&ControlPlaneOptions::default()).unwrap();
    plane.stop_api_server(Signal::Kill).unwrap();
    leases(&plane, &["-n", "kube-system"])
        .fails(1, &["can't be reached", &plane.server_url(), "hint:"]);
}
