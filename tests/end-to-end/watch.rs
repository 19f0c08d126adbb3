//! `kubectl leases watch`: a memory, conditions, and a leader that comes back from the dead.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use test_support::{Component, ControlPlane, ControlPlaneOptions};

use crate::plugin::{Running, kubectl, leases, plane};
use crate::terminal::{CTRL_C, Terminal};

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

#[test]
fn a_script_can_wait_until_all_is_held_again() {
    let lapsed = lease("lapsed", "gone_1", 0).replace("3600", "1");
    plane().apply(&lapsed.replace("2100", "2026")).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    let args = ["watch", "lapsed", "--until", "all-held", "-o", "json"];
    let mut watch = Running::start(kubectl(plane()).arg("leases").args(args));
    let seen = watch.wait_for("the row", PATIENCE, |line| line.contains("\"Seen\""));
    assert!(seen.contains("\"expired\""), "{seen}");
    let early = watch.lines_within(Duration::from_secs(2));
    assert!(early.is_empty(), "{early:?}");
    plane().apply(&lease("lapsed", "back_2", 1)).unwrap();
    let summary = watch.wait_for("the summary", PATIENCE, |line| {
        line.contains("LeaseWatchSummary")
    });
    assert!(summary.contains("\"conditionMet\""), "{summary}");
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

/// What is late or expired is so by the time of the API server, whatever the holder's clock says.
#[test]
fn a_holder_with_a_wrong_clock_expires_in_its_own_time() {
    plane()
        .apply(r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"skewed"}}"#)
        .unwrap();
    for (name, skew) in [("ahead", 30_i32), ("behind", -30)] {
        let renew = || {
            let now = Timestamp::now();
            let renewed = now + SignedDuration::from_secs(skew.into());
            plane()
                .apply(&format!(
                    r#"{{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"{name}","namespace":"skewed"}},
                    "spec":{{"holderIdentity":"skewed_1","leaseDurationSeconds":9,"renewTime":"{}"}}}}"#,
                    renewed.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
                ))
                .unwrap();
            now
        };
        renew();
        let mut watch = Running::start(
            kubectl(plane()).args(["leases", "watch", name, "-n", "skewed", "-o", "json"]),
        );
        watch.wait_for("the row", PATIENCE, |line| line.contains("\"Seen\""));
        let mut last = Timestamp::now();
        for _ in 0..5 {
            last = renew();
            let lines = watch.lines_within(Duration::from_secs(2));
            assert!(lines.is_empty(), "{name}: {lines:?}");
        }
        // Two thirds of the duration, and all of it; the API server notes whole seconds.
        for (state, after) in [("late", 6), ("expired", 9)] {
            let line = watch.wait_for(state, PATIENCE, |line| line.contains("\"StateChanged\""));
            let event: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(event["lease"]["state"], state, "{line}");
            let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
            let passed = time.duration_since(last).as_secs_f64() - f64::from(after);
            assert!((-1.5..3.0).contains(&passed), "{name}: {passed} {line}");
            let offset = event["lease"]["holderClockOffsetSeconds"].as_f64().unwrap();
            assert!((offset - f64::from(skew)).abs() < 2.0, "{offset} {line}");
        }
    }
}

#[test]
fn on_a_terminal_the_table_is_drawn_anew_in_its_place() {
    plane().apply(&lease("pictured", "first_1", 0)).unwrap();
    let mut command = kubectl(plane());
    command.args(["leases", "watch", "pictured"]);
    let mut terminal = Terminal::start(&command, "");
    terminal.wait_for("first");
    for (number, holder) in [(1, "second"), (2, "third")] {
        plane()
            .apply(&lease("pictured", &format!("{holder}_{number}"), number))
            .unwrap();
        terminal.wait_for(&format!("{holder} "));
        terminal.wait_for("new holder");
    }
    let picture = terminal.picture();
    let starts = |word: &str| {
        let lines = picture.iter().filter(|line| line.starts_with(word));
        lines.count()
    };
    assert_eq!((starts("NAME"), starts("pictured")), (1, 1), "{picture:#?}");
    assert!(
        picture
            .iter()
            .any(|line| line.starts_with("pictured") && line.contains("third")),
        "{picture:#?}"
    );
    let news = picture.iter().filter(|line| line.contains("new holder"));
    assert_eq!(news.count(), 2, "{picture:#?}");
    terminal.types(CTRL_C);
    let (code, picture) = terminal.end();
    assert_eq!(code, 130, "{picture:#?}");
    assert!(
        picture.iter().any(|line| line.starts_with("Watched for ")),
        "{picture:#?}"
    );
}
