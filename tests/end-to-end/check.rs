//! `kubectl leases check`: what is a finding, and what a script sees of it.

use serde_json::{Value, json};

use crate::plugin::{fed, leases, plane};

#[test]
fn a_control_plane_that_works_is_no_finding() {
    let args = [
        "check",
        "-n",
        "kube-system",
        "--require",
        "kube-scheduler,kube-controller-manager",
    ];
    let said = leases(plane(), &args);
    assert_eq!(said.stderr, "");
    assert_eq!(said.ok(), "");
    let line = leases(plane(), &[&args[..], &["-o", "name"]].concat()).ok();
    assert!(
        line.starts_with("LEASES OK - ") && line.ends_with("| checked=3 critical=0 warning=0\n"),
        "{line}"
    );
}

#[test]
fn each_finding_is_a_line_and_the_exit_code_3() {
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"checks"}},
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"dead","namespace":"checks"},
             "spec":{"holderIdentity":"gone_1","leaseDurationSeconds":1,"renewTime":"2026-01-01T00:00:00.000000Z"}},
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"given-up","namespace":"checks"},
             "spec":{"holderIdentity":"","leaseDurationSeconds":1,"renewTime":"2026-01-01T00:00:00.000000Z"}}]}"#,
        )
        .unwrap();
    // What was written in the past counts from when it was written.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let said = leases(
        plane(),
        &[
            "check",
            "-n",
            "checks",
            "--max-gap",
            "1s",
            "--require",
            "other",
        ],
    );
    assert_eq!(said.code, 3, "{}{}", said.stdout, said.stderr);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("critical   other"), "{lines:?}");
    assert!(lines[0].ends_with("does not exist"), "{lines:?}");
    assert!(
        lines[1].starts_with("critical   checks/dead") && lines[1].contains("expired: gone"),
        "{lines:?}"
    );
    assert!(
        lines[2].starts_with("warning    checks/given-up") && lines[2].contains("nobody leads"),
        "{lines:?}"
    );
    let one = leases(
        plane(),
        &["check", "-n", "checks", "--max-gap", "1s", "-o", "name"],
    );
    assert_eq!(one.code, 3);
    assert!(
        one.stdout
            .starts_with("LEASES CRITICAL - checks/dead expired: gone"),
        "{}",
        one.stdout
    );
    assert_eq!(one.stdout.lines().count(), 1);
}

#[test]
fn heartbeats_are_judged_by_forty_and_fifty_seconds() {
    let node = |name: &str, renewed: &str| {
        json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": "kube-node-lease"},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": renewed}})
    };
    let list = json!({"apiVersion": "v1", "kind": "List",
    "metadata": {"annotations": {"day2.dev/snapshot-time": "2026-01-01T00:01:00Z"}},
    "items": [
        node("well", "2026-01-01T00:00:21.000000Z"),
        node("late", "2026-01-01T00:00:19.000000Z"),
        node("lost", "2026-01-01T00:00:09.000000Z"),
    ]})
    .to_string();
    let said = fed(
        &["check", "-A", "--snapshot", "-", "-o", "json"],
        list.as_bytes(),
    );
    assert_eq!(said.code, 3);
    let check: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(check["kind"], "LeaseCheck");
    assert_eq!(check["checked"]["nodes"], 3);
    let findings: Vec<_> = check["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (&finding["name"], &finding["reason"], &finding["severity"]))
        .collect();
    assert_eq!(
        findings,
        [
            (&json!("lost"), &json!("HeartbeatLost"), &json!("critical")),
            (&json!("late"), &json!("HeartbeatLate"), &json!("warning")),
        ]
    );
}

#[test]
fn what_is_no_duration_is_wrong_usage() {
    for args in [
        &["check", "--max-lag", "soon"][..],
        &["check", "--max-gap=-5s"],
    ] {
        leases(plane(), args).fails(2, &["--max-"]);
    }
}
