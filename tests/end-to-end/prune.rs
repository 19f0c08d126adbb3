//! `kubectl leases prune`: what is proven to be left over goes, and nothing else.

use serde_json::{Value, json};

use crate::plugin::{leases, plane, wait_until_allowed};

fn lease(namespace: &str, name: &str, holder: &str, seconds: u32) -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": name, "namespace": namespace, "labels": {"test": namespace}},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": "2026-01-01T00:00:00.000000Z"}})
}

/// Makes a namespace with elections: `dead` ones with nobody alive, and others.
fn elections(namespace: &str) {
    let mut items = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alive-0", "namespace": namespace},
            "spec": {"nodeName": "node-0", "containers": [{"name": "main", "image": "pause"}]}}),
        lease(namespace, "renewed", "gone-9_1", 3600),
        lease(namespace, "of-a-pod", "alive-0_1", 1),
    ];
    items.extend((0..5).map(|index| {
        lease(
            namespace,
            &format!("dead-{index}"),
            &format!("gone-{index}_1"),
            1,
        )
    }));
    plane()
        .apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())
        .unwrap();
    // What was written in the past counts from when it was written.
    std::thread::sleep(std::time::Duration::from_secs(4));
}

fn names(namespace: &str) -> Vec<String> {
    let args = ["get", "leases", "-n", namespace, "-o", "name"];
    let names = plane().kubectl_output(&args).unwrap();
    names
        .lines()
        .map(|name| name.split('/').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn just_the_proven_orphans_go() {
    elections("left-over");
    let args = ["prune", "-n", "left-over", "--older-than", "1s"];
    let plan = leases(plane(), &[&args[..], &["--dry-run"]].concat()).ok();
    assert_eq!(plan.lines().count(), 6, "{plan}");
    assert!(
        plan.contains("its holder gone-3_1 is no pod and no node"),
        "{plan}"
    );
    leases(plane(), &args).fails(2, &["no terminal to ask at", "--yes"]);
    assert_eq!(names("left-over").len(), 7);
    let an_hour = leases(plane(), &["prune", "-n", "left-over", "--yes"]);
    assert!(
        an_hour.stderr.contains("nothing is left over"),
        "{}",
        an_hour.stderr
    );

    let done = leases(plane(), &[&args[..], &["--yes", "-o", "json"]].concat()).json();
    assert_eq!(done["kind"], "LeasePrune");
    assert_eq!(done["items"].as_array().unwrap().len(), 5);
    for item in done["items"].as_array().unwrap() {
        assert_eq!(item["deletion"], "deleted", "{done}");
    }
    assert_eq!(names("left-over"), ["of-a-pod", "renewed"]);
}

#[test]
fn heartbeats_of_nodes_that_are_gone_go() {
    plane()
        .apply(&lease("kube-node-lease", "left-behind", "left-behind", 1).to_string())
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let args = ["prune", "left-behind", "-n", "kube-node-lease", "--yes"];
    let said = leases(plane(), &args);
    assert!(
        said.stdout.contains("no node left-behind exists"),
        "{}{}",
        said.stdout,
        said.stderr
    );
    assert!(
        said.stderr.contains("1 Lease was deleted"),
        "{}",
        said.stderr
    );
    let left = names("kube-node-lease");
    assert!(!left.contains(&"left-behind".to_owned()), "{left:?}");
    assert!(left.contains(&"node-0".to_owned()), "{left:?}");
}

#[test]
fn who_may_only_read_deletes_nothing() {
    elections("kept");
    plane()
        .apply(include_str!("../../docs/rbac/leases.yaml"))
        .unwrap();
    plane()
        .apply(
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"prune-reader"},
         "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"day2-leases"},
         "subjects":[{"kind":"User","name":"prune-reader","apiGroup":"rbac.authorization.k8s.io"}]}"#,
        )
        .unwrap();
    wait_until_allowed("prune-reader", &["list", "nodes"]);
    let args = [
        "prune",
        "-n",
        "kept",
        "--older-than",
        "1s",
        "--yes",
        "--as",
        "prune-reader",
    ];
    leases(plane(), &args).fails(5, &["not allowed to delete leases.coordination.k8s.io"]);
    assert_eq!(names("kept").len(), 7);
}
