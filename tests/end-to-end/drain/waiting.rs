//! What a drain waits for beyond its pods, and how many nodes it drains at a time.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::pool::Pool;
use crate::plugin::Running;

const PATIENCE: Duration = Duration::from_mins(1);

fn documents(said: &str) -> Vec<Value> {
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A pod on the first node, with a volume.
fn with_volume(pool: &Pool) {
    let spec =
        json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "disk"}}]});
    pool.pod("holder", 0, &spec);
}

#[test]
fn volumes_are_waited_for_until_they_are_detached() {
    let pool = Pool::new("detaching", 2);
    let volume = |name: &str| {
        json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "",
                "claimRef": {"namespace": "detaching", "name": "disk"},
                "csi": {"driver": "disks.example.com", "volumeHandle": name}}})
    };
    // An attacher's finalizer keeps what is being detached.
    let attachment = |name: &str, node: usize, volume: &str| {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment",
            "metadata": {"name": name, "finalizers": ["example.com/attacher"]},
            "spec": {"attacher": "disks.example.com", "nodeName": pool.node(node),
                "source": {"persistentVolumeName": volume}}})
    };
    pool.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
        volume("detaching-disk"),
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "disk", "namespace": "detaching"},
         "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": "detaching-disk",
            "resources": {"requests": {"storage": "1Gi"}}}},
        attachment("detaching-here", 0, "detaching-disk"),
        attachment("detaching-there", 1, "detaching-disk"),
        attachment("detaching-other", 0, "another-disk")]}));
    let node = pool.node(0);
    let args = [node.as_str(), "--force", "--wait-detach"];

    with_volume(&pool);
    pool.drain(&[&args[..], &["--timeout", "3s"]].concat())
        .fails(
            4,
            &["waiting for 1 volume to be detached, as detaching-disk"],
        );
    assert!(pool.pods_on(0).is_empty());
    pool.drain(&["undo", &node]).ok();

    // One that does not leave is explained by them too.
    with_volume(&pool);
    let free = r#"{"metadata":{"finalizers":null}}"#;
    let pod = ["pod", "-n", "detaching", "holder"];
    let hold = r#"{"metadata":{"finalizers":["example.com/hold"]}}"#;
    pool.output(&[&["patch"], &pod[..], &["-p", hold]].concat());
    pool.output(&[&["delete"], &pod[..], &["--wait=false", "--grace-period=1"]].concat());
    pool.wait("overdue pod", || {
        let status = pool.drain(&["status", &node]).ok();
        status.contains("still attached to node detaching-0: detaching-disk, another-disk")
    });
    pool.output(&[&["patch"], &pod[..], &["-p", free]].concat());
    pool.wait("end of the pod", || pool.pods_on(0).is_empty());

    with_volume(&pool);
    let mut drain = Running::start(&mut pool.command(&[&args[..], &["-o", "json"]].concat()));
    drain.wait_for("eviction", PATIENCE, |line| line.contains("\"Evicted\""));
    drain.wait_for("node", PATIENCE, |line| line.contains("\"Drained\""));
    let early = drain.lines_within(Duration::from_secs(2));
    assert!(early.is_empty(), "{early:?}");
    let name = "detaching-here";
    pool.output(&["delete", "volumeattachment", name, "--wait=false"]);
    let early = drain.lines_within(Duration::from_secs(1));
    assert!(early.is_empty(), "{early:?}");
    pool.output(&[
        "patch",
        "volumeattachment",
        name,
        "--type=merge",
        "-p",
        free,
    ]);
    let detached = drain.wait_for("detachment", PATIENCE, |line| line.contains("\"Detached\""));
    assert!(
        detached.contains("volume detaching-disk is detached from node detaching-0"),
        "{detached}"
    );
    let summary = drain.wait_for("summary", PATIENCE, |line| line.contains("DrainSummary"));
    assert!(summary.contains("\"outcome\":\"done\""), "{summary}");
    for name in ["detaching-there", "detaching-other"] {
        pool.output(&[
            "patch",
            "volumeattachment",
            name,
            "--type=merge",
            "-p",
            free,
        ]);
        pool.output(&["delete", "volumeattachment", name]);
    }
}

#[test]
fn replacements_are_waited_for_until_they_are_ready() {
    let pool = Pool::new("replacing", 2);
    for kind in ["Deployment", "StatefulSet", "ReplicaSet"] {
        pool.workload(kind, &kind.to_lowercase(), 2, &json!({}));
    }
    // What is made anew from now on takes its time.
    let slow =
        r#"{"spec":{"template":{"metadata":{"annotations":{"day2.dev/ready-delay":"4s"}}}}}"#;
    pool.output(&[
        "patch",
        "replicaset",
        "-n",
        "replacing",
        "replicaset",
        "-p",
        slow,
    ]);
    let node = pool.node(0);
    let args = [node.as_str(), "--wait-replacements"];
    pool.drain(&[&args[..], &["--timeout", "2s"]].concat()).fails(
        4,
        &["waiting for 1 workload to have ready pods again, as replicaset/replacing/replicaset (2)"],
    );
    let ready = || {
        let set = pool.get(&["rs", "-n", "replacing", "replicaset"]);
        set["status"]["readyReplicas"] == 2
    };
    pool.wait("ready pods", ready);

    // The other way round, and somebody wants fewer while it waits.
    let never = slow.replace("4s", "24h");
    pool.output(&[
        "patch",
        "replicaset",
        "-n",
        "replacing",
        "replicaset",
        "-p",
        &never,
    ]);
    pool.drain(&["undo", &node]).ok();
    let other = pool.node(1);
    let args = [other.as_str(), "--wait-replacements", "-o", "json"];
    let mut drain = Running::start(&mut pool.command(&args));
    for kind in ["deployment", "statefulset"] {
        let words = format!("{kind}/replacing/{kind} has 2 of 2 ready");
        drain.wait_for(kind, PATIENCE, |line| {
            line.contains("\"Replaced\"") && line.contains(&words)
        });
    }
    let early = drain.lines_within(Duration::from_secs(2));
    assert!(early.is_empty(), "{early:?}");
    pool.output(&[
        "scale",
        "rs",
        "-n",
        "replacing",
        "replicaset",
        "--replicas",
        "0",
    ]);
    let settled = drain.wait_for("replaced", PATIENCE, |line| line.contains("\"Replaced\""));
    assert!(
        settled.contains("replicaset/replacing/replicaset has 0 of 0 ready"),
        "{settled}"
    );
    let summary = drain.wait_for("summary", PATIENCE, |line| line.contains("DrainSummary"));
    assert!(summary.contains("\"outcome\":\"done\""), "{summary}");
}

#[test]
fn no_more_nodes_are_drained_at_a_time_than_asked() {
    for most in [1, 2] {
        let name = format!("parallel-{most}");
        let pool = Pool::new(&name, 4);
        let pods = (0..8).map(|number| {
            let mut pod = pool.template("slow", &json!({}));
            pod["apiVersion"] = json!("v1");
            pod["kind"] = json!("Pod");
            pod["metadata"]["name"] = json!(format!("slow-{number}"));
            pod["metadata"]["namespace"] = json!(name);
            pod["metadata"]["annotations"] = json!({"day2.dev/termination-delay": "1s"});
            pod["spec"]["nodeName"] = json!(pool.node(number % 4));
            pod
        });
        let pods: Vec<Value> = pods.collect();
        pool.apply(&json!({"apiVersion": "v1", "kind": "List", "items": pods}));
        let selector = format!("pool={name}");
        let most_flag = most.to_string();
        let args = [
            "-l",
            &selector,
            "--force",
            "--max-parallel",
            &most_flag,
            "-o",
            "json",
        ];
        let documents = documents(&pool.drain(&args).ok());
        let mut cordoned = 0;
        let mut active: BTreeSet<&str> = BTreeSet::new();
        let mut most_active = 0;
        for document in &documents {
            let node = document["node"].as_str().unwrap_or_default();
            match document["type"].as_str() {
                Some("Cordoned") => cordoned += 1,
                Some("Evicting") => {
                    assert_eq!(cordoned, 4, "all are cordoned before the first eviction");
                    active.insert(node);
                }
                Some("Drained") => assert!(active.remove(node), "{document}"),
                _ => {}
            }
            most_active = most_active.max(active.len());
        }
        assert_eq!(most_active, most);
        assert!(active.is_empty(), "{active:?}");
        assert_eq!(documents.last().unwrap()["evicted"], 8);
    }
}
