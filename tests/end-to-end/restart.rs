//! An API server that restarts under a watch.

use std::time::Duration;

use test_support::{ControlPlane, ControlPlaneOptions, Signal};

use crate::plugin::{Running, kubectl, leases};

#[test]
fn a_watch_survives_a_restart_and_misses_no_change_of_holder() {
    let plane = ControlPlane::start(&ControlPlaneOptions::default()).unwrap();
    let lease = |holder: &str, transitions: u32| {
        format!(
            r#"{{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"lock","namespace":"default"}},
            "spec":{{"holderIdentity":"{holder}","leaseDurationSeconds":3600,"leaseTransitions":{transitions},
            "renewTime":"2100-01-01T00:00:00.000000Z"}}}}"#
        )
    };
    plane.apply(&lease("first_1", 0)).unwrap();
    let mut watch = Running::start(kubectl(&plane).args(["leases", "lock", "-w"]));
    watch.wait_for("the first holder", Duration::from_secs(20), |line| {
        line.contains("first")
    });

    let mut memory =
        Running::start(kubectl(&plane).args(["leases", "watch", "lock", "-o", "json"]));
    memory.wait_for("the first event", Duration::from_secs(20), |line| {
        line.contains("first")
    });

    plane.stop_api_server(Signal::Kill).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert!(watch.is_running() && memory.is_running());
    plane.start_api_server().unwrap();
    // Before the watches stand again; each is seen, or at least counted.
    let holders = ["second_2", "third_3", "fourth_4"];
    for (holder, transitions) in holders.into_iter().zip(1..) {
        plane.apply(&lease(holder, transitions)).unwrap();
    }
    watch.wait_for("the last holder", Duration::from_secs(30), |line| {
        line.contains("fourth") && line.contains("new holder, before it ")
    });
    memory.wait_for("the last change", Duration::from_secs(30), |line| {
        line.contains("HolderChanged") && line.contains("\"holderIdentity\":\"fourth_4\"")
    });
    memory.interrupt();
    let summary = memory.wait_for("the summary", Duration::from_secs(30), |line| {
        line.contains("LeaseWatchSummary")
    });
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let item = &summary["items"][0];
    let count = |field: &str| item[field].as_u64().unwrap();
    assert_eq!(count("changes") + count("unseenChanges"), 3, "{summary}");
    assert!(summary["interruptions"].as_u64() >= Some(1), "{summary}");
}

#[test]
fn an_api_server_that_is_down_is_named() {
    let plane = ControlPlane::start(&ControlPlaneOptions::default()).unwrap();
    plane.stop_api_server(Signal::Kill).unwrap();
    leases(&plane, &["-n", "kube-system"])
        .fails(1, &["can't be reached", &plane.server_url(), "hint:"]);
}
