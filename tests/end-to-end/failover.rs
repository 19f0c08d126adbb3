//! A failover as an operator sees it: the leading controller goes down, and comes back.

use std::time::Duration;

use serde_json::Value;
use test_support::{ControlPlane, ControlPlaneOptions, Signal};

use crate::plugin::{Running, kubectl, leases};

const MANAGER: &str = "kube-controller-manager";
const SCHEDULER: &str = "kube-scheduler";

fn three_controllers() -> ControlPlane {
    let options = ControlPlaneOptions {
        controller_managers: 3,
        schedulers: 3,
        ..ControlPlaneOptions::default()
    };
    ControlPlane::start(&options).unwrap()
}

/// The host that leads, and its number.
fn leader(plane: &ControlPlane, name: &str) -> (String, usize) {
    let list = leases(plane, &["-n", "kube-system", name, "-o", "json"]).json();
    let host = list["items"][0]["holder"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let index = host.strip_prefix("controller-").unwrap().parse().unwrap();
    (host, index)
}

fn watch(plane: &ControlPlane, more: &[&str]) -> Running {
    Running::start(
        kubectl(plane)
            .args(["leases", "-n", "kube-system", "-w"])
            .args(more),
    )
}

fn about<'a>(name: &'a str, words: &'a [&'a str]) -> impl Fn(&str) -> bool + 'a {
    move |line| line.contains(name) && words.iter().all(|word| line.contains(word))
}

/// The seconds in "no leader for 17.2s".
fn gap(line: &str) -> f64 {
    let figure = line
        .split("no leader for ")
        .nth(1)
        .unwrap_or_else(|| panic!("no gap in {line}"));
    figure.trim().trim_end_matches('s').parse().unwrap()
}

#[test]
fn a_dead_controller_manager_is_late_then_expired_then_replaced() {
    let plane = three_controllers();
    let (old, index) = leader(&plane, MANAGER);
    let mut watch = watch(&plane, &[]);
    watch.wait_for(
        "first rows",
        Duration::from_secs(20),
        about(MANAGER, &[&old, "held"]),
    );
    watch.lines_within(Duration::from_secs(5));

    plane.stop_controller_manager(index, Signal::Kill).unwrap();
    watch.wait_for(
        "late",
        Duration::from_secs(20),
        about(MANAGER, &[&old, "late"]),
    );
    watch.wait_for(
        "expired",
        Duration::from_secs(20),
        about(MANAGER, &[&old, "expired"]),
    );
    let taken = watch.wait_for(
        "new holder",
        Duration::from_secs(30),
        about(MANAGER, &["new holder", &old]),
    );
    let gap = gap(&taken);
    assert!((15.0..40.0).contains(&gap), "{taken}");
    let (new, _) = leader(&plane, MANAGER);
    assert_ne!(new, old);
    assert!(taken.contains(&new), "{taken}");
    let item = leases(&plane, &["-n", "kube-system", MANAGER, "-o", "json"]).json();
    assert_eq!(item["items"][0]["transitions"], 1);

    // The old one comes back, does not reclaim, and that is no news.
    plane.start_controller_manager(index).unwrap();
    let lines = watch.lines_within(Duration::from_secs(20));
    assert!(
        !lines.iter().any(|line| line.contains(MANAGER)),
        "{lines:?}"
    );
    assert_eq!(leader(&plane, MANAGER).0, new);
}

#[test]
fn a_scheduler_that_exits_cleanly_releases_its_lease() {
    let plane = three_controllers();
    let (old, index) = leader(&plane, SCHEDULER);
    let mut events = watch(&plane, &["-o", "json"]);
    let mut lines = watch(&plane, &[]);
    let seen = events.wait_for(
        "first event",
        Duration::from_secs(20),
        about(SCHEDULER, &["\"Seen\""]),
    );
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["kind"], "LeaseEvent");
    lines.wait_for(
        "first rows",
        Duration::from_secs(20),
        about(SCHEDULER, &[&old]),
    );

    plane.stop_scheduler(index, Signal::Terminate).unwrap();
    lines.wait_for(
        "released",
        Duration::from_secs(20),
        about(SCHEDULER, &["released", "given up by", &old]),
    );
    let taken = lines.wait_for(
        "new holder",
        Duration::from_secs(20),
        about(SCHEDULER, &["new holder"]),
    );
    assert!(gap(&taken) < 5.0, "{taken}");

    events.wait_for(
        "released",
        Duration::from_secs(20),
        about(SCHEDULER, &["\"HolderGone\"", "\"released\""]),
    );
    let taken = events.wait_for(
        "new holder",
        Duration::from_secs(20),
        about(SCHEDULER, &["\"HolderChanged\""]),
    );
    let taken: Value = serde_json::from_str(&taken).unwrap();
    assert_eq!(taken["previousHolder"]["name"], old.as_str());
    assert!(taken["gapSeconds"].as_f64().unwrap() < 5.0, "{taken}");
    assert_eq!(taken["lease"]["state"], "held");
    assert_ne!(taken["lease"]["holder"]["name"], old.as_str());
}

#[test]
fn renewals_are_printed_only_where_they_are_asked_for() {
    let plane = crate::plugin::plane();
    let renew = |second: u32| {
        plane
            .apply(&format!(
                r#"{{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"cadence","namespace":"default"}},
                "spec":{{"holderIdentity":"steady_1","leaseDurationSeconds":3600,"renewTime":"2100-01-01T00:00:{second:02}.000000Z"}}}}"#
            ))
            .unwrap();
    };
    renew(0);
    let mut quiet = Running::start(kubectl(plane).args(["leases", "cadence", "-w"]));
    let mut all =
        Running::start(kubectl(plane).args(["leases", "cadence", "-w", "--watch-renewals"]));
    for watch in [&mut quiet, &mut all] {
        watch.wait_for("the row", Duration::from_secs(20), |line| {
            line.contains("steady")
        });
    }
    for second in 1..4 {
        renew(second);
        all.wait_for("a renewal", Duration::from_secs(20), |line| {
            line.contains("steady") && line.ends_with("renewed")
        });
    }
    let lines = quiet.lines_within(Duration::from_secs(1));
    assert!(lines.is_empty(), "{lines:?}");
}
