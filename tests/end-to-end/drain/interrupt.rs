//! Ctrl-C at several moments: what is printed is true, and nothing is left that should not be.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::pool::Pool;

/// Milliseconds after the start; some fall before the cordon, some between two evictions.
const MOMENTS: [u64; 5] = [30, 120, 300, 700, 1300];

#[test]
fn ctrl_c_tells_the_truth_and_takes_the_cordon_back_if_asked() {
    let pool = Pool::new("interrupted", 2);
    pool.workload("Deployment", "web", 6, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 1}));
    for (number, moment) in MOMENTS.into_iter().enumerate() {
        // Back and forth between the two nodes.
        let from = number % 2;
        let undo = number % 2 == 0;
        let node = pool.node(from);
        let mut args = vec![node.as_str(), "-o", "json"];
        if undo {
            args.push("--undo-on-failure");
        }
        let child = pool
            .command(&args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(moment));
        let pid = child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let cordoned = pool.is_cordoned(from);
        let Some(last) = said
            .lines()
            .last()
            .filter(|line| line.contains("DrainSummary"))
        else {
            // It had not begun to change anything.
            assert!(!cordoned, "{moment} ms: {said}");
            continue;
        };
        let summary: Value = serde_json::from_str(last).unwrap();
        let state = &summary["nodes"][0];
        if summary["outcome"] == "done" {
            assert_eq!(output.status.code(), Some(0));
        } else {
            assert_eq!(output.status.code(), Some(130), "{said}");
            assert_eq!(summary["outcome"], "interrupted");
            assert_eq!(state["verified"], true);
            assert_eq!(
                state["cordoned"] == "byThisRun",
                cordoned,
                "{moment} ms: {state}"
            );
            assert!(!(undo && cordoned), "{moment} ms: {state}");
            let left = state["left"].as_array().unwrap().len();
            let there = pool.pods_on(from).len();
            assert!(left <= there, "{moment} ms: {state}, but {there} are there");
        }
        if cordoned {
            pool.output(&["uncordon", &node]);
        }
        pool.wait("whole workload", || {
            pool.get(&["deploy", "-n", "interrupted", "web"])["status"]["readyReplicas"] == 6
        });
    }
}
