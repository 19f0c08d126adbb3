//! Ctrl-C at several moments: what is printed is true, and nothing is left that should not be.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use test_support::{Component, ControlPlane, ControlPlaneOptions};

use super::pool::Pool;
use crate::plugin::{Said, kubectl};

/// How many moments, and into how long a time they fall: some before the cordon, some between two
/// evictions, some at the end.
const MOMENTS: u32 = 10;
const TIME: Duration = Duration::from_millis(2_500);

fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    let _ = Command::new("kill").args(["-INT", &pid]).status().unwrap();
}

/// One moment in each tenth of the time, at random in it.
fn moments() -> Vec<Duration> {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut state = seed.subsec_nanos() | 1;
    let each = TIME / MOMENTS;
    (0..MOMENTS)
        .map(|number| {
            // xorshift
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            each * number + each.mul_f64(f64::from(state) / f64::from(u32::MAX))
        })
        .collect()
}

#[test]
fn ctrl_c_at_ten_random_moments_tells_the_truth() {
    let pool = Pool::new("interrupted", 2);
    pool.workload("Deployment", "web", 6, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 1}));
    let mut interrupted = 0;
    for (number, moment) in moments().into_iter().enumerate() {
        // Back and forth between the two nodes; the second try of each takes its cordon back.
        let from = number % 2;
        let undo = number % 4 < 2;
        let node = pool.node(from);
        let mut args = vec![node.as_str(), "-o", "json"];
        if undo {
            args.push("--undo-on-failure");
        }
        let before: BTreeSet<String> = pool.pods_on(from).into_iter().collect();
        let child = pool
            .command(&args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        thread::sleep(moment);
        interrupt(&child);
        let said = Said::of(child.wait_with_output().unwrap());
        let context = format!("after {moment:?}: {}{}", said.stdout, said.stderr);
        let cordoned = pool.is_cordoned(from);
        let last = said.stdout.lines().last();
        match last.filter(|line| line.contains("DrainSummary")) {
            Some(last) => {
                let summary: Value = serde_json::from_str(last).unwrap();
                if summary["outcome"] == "done" {
                    assert_eq!(said.code, 0, "{context}");
                    assert!(cordoned && pool.pods_on(from).is_empty(), "{context}");
                } else {
                    interrupted += 1;
                    assert_eq!(said.code, 130, "{context}");
                    assert_eq!(summary["outcome"], "interrupted", "{context}");
                    let state = &summary["nodes"][0];
                    is_true(&pool, from, &before, state, &context);
                    assert!(!(undo && cordoned), "{context}");
                }
            }
            // It had not begun to change anything.
            None => assert!(!cordoned, "{context}"),
        }
        if cordoned {
            pool.output(&["uncordon", &node]);
        }
        pool.wait("whole workload", || {
            pool.get(&["deploy", "-n", "interrupted", "web"])["status"]["readyReplicas"] == 6
        });
    }
    assert!(
        interrupted >= 3,
        "only {interrupted} of {MOMENTS} hit a drain at work"
    );
}

/// Whether a node is as it was said to be.
fn is_true(pool: &Pool, node: usize, before: &BTreeSet<String>, state: &Value, context: &str) {
    let names = |field: &str| -> BTreeSet<String> {
        let keys = state[field].as_array().unwrap().iter();
        keys.map(|key| key.as_str().unwrap().split_once('/').unwrap().1.to_owned())
            .collect()
    };
    assert_eq!(state["verified"], true, "{context}");
    let by_this_run = state["cordoned"] == "byThisRun";
    assert_eq!(by_this_run, pool.is_cordoned(node), "{context}");
    assert_eq!(state["undo"].is_string(), by_this_run, "{context}");
    let there: BTreeSet<String> = pool.pods_on(node).into_iter().collect();
    let (left, terminating) = (names("left"), names("terminating"));
    // Nobody but the drain makes these pods leave.
    assert!(left.is_subset(&there), "{left:?} of {there:?}, {context}");
    assert!(
        there
            .intersection(before)
            .all(|name| left.contains(name) || terminating.contains(name)),
        "{there:?}, {context}"
    );
    let gone = usize::try_from(state["gone"].as_u64().unwrap()).unwrap();
    assert_eq!(
        gone + left.len() + terminating.len(),
        before.len(),
        "{before:?}, {context}"
    );
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let plane = ControlPlane::start(&ControlPlaneOptions {
        nodes: 1,
        ..ControlPlaneOptions::default()
    })
    .unwrap();
    plane
        .apply(
            &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "slow", "namespace": "default",
                "annotations": {"day2.dev/termination-delay": "60s"}},
            "spec": {"nodeName": "node-0", "containers": [{"name": "c", "image": "i"}]}})
            .to_string(),
        )
        .unwrap();
    let wait = ["wait", "pod/slow", "--for=condition=Ready", "--timeout=60s"];
    plane.kubectl_output(&wait).unwrap();
    let drain = || {
        let child = kubectl(&plane)
            .args(["drain-node", "node-0", "--force", "-o", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        let is_leaving = || {
            let args = [
                "get",
                "pod",
                "slow",
                "-ojsonpath={.metadata.deletionTimestamp}",
            ];
            let node = ["get", "node", "node-0", "-ojsonpath={.spec.unschedulable}"];
            let output = |args: &[&str]| plane.kubectl_output(args).unwrap();
            !output(&args).is_empty() && output(&node) == "true"
        };
        while !is_leaving() {
            assert!(Instant::now() < deadline, "it does not begin");
            thread::sleep(Duration::from_millis(50));
        }
        child
    };
    let child = drain();
    // Nobody answers any more: what is left can't be looked at.
    plane.freeze(Component::ApiServer).unwrap();
    interrupt(&child);
    thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    interrupt(&child);
    let said = Said::of(child.wait_with_output().unwrap());
    let took = began.elapsed();
    plane.thaw(Component::ApiServer).unwrap();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(said.code, 130, "{}", said.stderr);
    let summary: Value = serde_json::from_str(said.stdout.lines().last().unwrap()).unwrap();
    let state = &summary["nodes"][0];
    assert_eq!(state["verified"], false, "{state}");
    assert_eq!(state["cordoned"], "unknown", "{state}");
    assert_eq!(state["terminating"], json!(["default/slow"]));
    assert_eq!(state["undo"], "kubectl drain-node undo node-0");
}
