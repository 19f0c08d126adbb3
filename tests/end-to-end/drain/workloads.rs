//! Drains while things happen: budgets that open, pods that move, arrive or get stuck.

use std::time::Duration;

use serde_json::{Value, json};

use super::pool::Pool;
use crate::plugin::Running;

const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn pods_go_as_the_budget_allows_and_the_workload_is_whole_at_the_end() {
    let pool = Pool::new("rolling", 2);
    pool.workload("Deployment", "web", 5, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 1}));
    let said = pool
        .drain(&[&pool.node(0), "--wait-replacements", "-o", "json"])
        .ok();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["kind"], "DrainPlan");
    let summary = lines.last().unwrap();
    assert_eq!(summary["kind"], "DrainSummary");
    assert_eq!(summary["outcome"], "done");
    assert_eq!(summary["evicted"], 5);
    // The next is tried only when the one before is gone.
    let order: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["type"].as_str())
        .filter(|kind| ["Evicting", "Evicted"].contains(kind))
        .collect();
    assert_eq!(order, ["Evicting", "Evicted"].repeat(5));
    assert_eq!(pool.pods_on(1).len(), 5);
    let deployment = pool.get(&["deploy", "-n", "rolling", "web"]);
    assert_eq!(deployment["status"]["readyReplicas"], 5);
}

#[test]
fn a_pod_that_moved_meanwhile_is_left_alone() {
    let pool = Pool::new("moved", 2);
    pool.workload("StatefulSet", "db", 2, &json!({}));
    pool.budget("db", "db", &json!({"minAvailable": 2}));
    let node = pool.node(0);
    let mut drain = Running::start(&mut pool.command(&[&node, "--proceed-anyway", "-o", "json"]));
    drain.wait_for("cordon", PATIENCE, |line| line.contains("\"Cordoned\""));
    for name in ["db-0", "db-1"] {
        pool.output(&["delete", "pod", "-n", "moved", name]);
        pool.wait("new pod", || pool.pods_on(1).contains(&name.to_owned()));
    }
    let summary = drain.wait_for("summary", PATIENCE, |line| line.contains("DrainSummary"));
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["outcome"], "done");
    assert_eq!(summary["evicted"], 0);
    for pod in pool.pods("app=db") {
        assert!(pod["metadata"]["deletionTimestamp"].is_null(), "{pod}");
    }
}

#[test]
fn what_arrives_after_the_cordon_leaves_too() {
    let pool = Pool::new("arriving", 1);
    pool.pod("slow", 0, &json!({}));
    pool.output(&[
        "annotate",
        "pod",
        "-n",
        "arriving",
        "slow",
        "day2.dev/termination-delay=3s",
    ]);
    let node = pool.node(0);
    let mut drain = Running::start(&mut pool.command(&[&node, "--force", "-o", "json"]));
    drain.wait_for("eviction", PATIENCE, |line| line.contains("\"Evicting\""));
    pool.plane
        .apply(
            &json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "late", "namespace": "arriving"},
            "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}})
            .to_string(),
        )
        .unwrap();
    drain.wait_for("arrival", PATIENCE, |line| {
        line.contains("\"Arrived\"") && line.contains("late")
    });
    let summary = drain.wait_for("summary", PATIENCE, |line| line.contains("DrainSummary"));
    assert!(summary.contains("\"outcome\":\"done\""), "{summary}");
    assert!(pool.pods_on(0).is_empty());
}

#[test]
fn the_only_pod_is_replaced_before_it_goes() {
    let pool = Pool::new("surging", 2);
    pool.workload("Deployment", "solo", 1, &json!({}));
    pool.budget("solo", "solo", &json!({"minAvailable": 1}));
    let node = pool.node(0);
    pool.drain(&[&node]).fails(3, &["allows no eviction"]);
    let said = pool.drain(&[&node, "--surge"]);
    assert!(
        said.stderr.contains("deployment solo is restarted"),
        "{}",
        said.stderr
    );
    said.ok();
    assert!(pool.pods_on(0).is_empty());
    assert_eq!(pool.pods_on(1).len(), 1);
}

#[test]
fn a_stuck_pod_is_explained_and_can_be_skipped() {
    let pool = Pool::new("stuck", 1);
    pool.pod("held", 0, &json!({}));
    let patch = r#"{"metadata":{"finalizers":["example.com/hold"]}}"#;
    pool.output(&["patch", "pod", "-n", "stuck", "held", "-p", patch]);
    let node = pool.node(0);
    let flags = [
        node.as_str(),
        "--force",
        "--grace-period",
        "1",
        "--timeout",
        "4s",
    ];
    pool.drain(&flags)
        .fails(4, &["1 being deleted (stuck/held)"]);
    let status = pool.drain(&["status", &node]).ok();
    assert!(
        status.contains("finalizer example.com/hold not removed yet"),
        "{status}"
    );
    // 0 waits for ever, and what is not overdue by that much is waited for too.
    for (after, code) in [("0", 4), ("100", 4), ("1", 0)] {
        let flag = format!("--skip-wait-for-delete-timeout={after}");
        let said = pool.drain(&[&node, "--force", &flag, "--timeout", "2s"]);
        assert_eq!(said.code, code, "{after}: {}{}", said.stdout, said.stderr);
        let words = "pod \"held\" has DeletionTimestamp older than 1 seconds, skipping";
        assert_eq!(said.stdout.contains(words), code == 0, "{}", said.stdout);
    }
    let free = r#"{"metadata":{"finalizers":null}}"#;
    pool.output(&["patch", "pod", "-n", "stuck", "held", "-p", free]);
}

#[test]
fn a_refused_eviction_becomes_a_deletion_only_when_asked() {
    let pool = Pool::new("deadline", 2);
    pool.workload("Deployment", "web", 1, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 0}));
    let flags = ["--proceed-anyway", "--deadline-delete", "1s"];
    let said = pool
        .drain(&[&[pool.node(0).as_str()], &flags[..]].concat())
        .ok();
    assert!(said.contains(" deleted ("), "{said}");
    assert!(pool.pods_on(0).is_empty());
}

#[test]
fn a_namespace_that_ends_is_waited_for() {
    let pool = Pool::new("ending", 1);
    pool.pod("held", 0, &json!({}));
    let patch = r#"{"metadata":{"finalizers":["example.com/hold"]}}"#;
    pool.output(&["patch", "pod", "-n", "ending", "held", "-p", patch]);
    pool.output(&["delete", "ns", "ending", "--wait=false"]);
    pool.wait("deletion of the pod", || {
        pool.pods("app=held")[0]["metadata"]["deletionTimestamp"].is_string()
    });
    let node = pool.node(0);
    let mut drain = Running::start(&mut pool.command(&[&node, "--force", "-o", "json"]));
    drain.wait_for("cordon", PATIENCE, |line| line.contains("\"Cordoned\""));
    let free = r#"{"metadata":{"finalizers":null}}"#;
    pool.output(&["patch", "pod", "-n", "ending", "held", "-p", free]);
    let summary = drain.wait_for("summary", PATIENCE, |line| line.contains("DrainSummary"));
    assert!(summary.contains("\"outcome\":\"done\""), "{summary}");
}
