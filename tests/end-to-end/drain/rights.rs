//! RBAC: the documented role is enough, and what happens without each right is known.

use std::collections::BTreeSet;

use serde_json::json;

use super::pool::Pool;
use crate::plugin::Said;
use crate::roles::{Right, grant_all_but_one, rights, without};

const ROLE: &str = include_str!("../../../docs/rbac/drain-node.yaml");

const WAIT: &[&str] = &["--wait-replacements"];
const DETACH: &[&str] = &["--wait-detach"];
const PLAN: &[&str] = &["--dry-run"];

/// What a drain cannot do without: a verb, its resource, with which flags, and the request that is
/// named before anything is changed.
const NEEDED: [(&str, &str, &[&str], &str); 26] = [
    ("list", "nodes", &[], "list nodes in the whole cluster"),
    ("patch", "nodes", &[], "patch nodes in the whole cluster"),
    ("list", "pods", &[], "list pods in the whole cluster"),
    ("watch", "pods", &[], "watch pods in the whole cluster"),
    (
        "delete",
        "pods",
        &["--disable-eviction"],
        "delete pods in namespace \"rights\"",
    ),
    (
        "delete",
        "pods",
        &["--deadline-delete=1m"],
        "delete pods in namespace \"rights\"",
    ),
    (
        "create",
        "pods/eviction",
        &[],
        "create pods/eviction in namespace \"rights\"",
    ),
    (
        "list",
        "poddisruptionbudgets",
        &[],
        "list poddisruptionbudgets.policy in the whole cluster",
    ),
    (
        "watch",
        "poddisruptionbudgets",
        &[],
        "watch poddisruptionbudgets.policy in the whole cluster",
    ),
    ("get", "daemonsets", &[], "get daemonsets.apps"),
    ("get", "deployments", WAIT, "get deployments.apps in"),
    ("list", "deployments", WAIT, "list deployments.apps in"),
    ("watch", "deployments", WAIT, "watch deployments.apps in"),
    (
        "patch",
        "deployments",
        &["--surge"],
        "patch deployments.apps in namespace \"rights\"",
    ),
    ("get", "replicasets", WAIT, "get replicasets.apps in"),
    ("list", "replicasets", WAIT, "list replicasets.apps in"),
    ("watch", "replicasets", WAIT, "watch replicasets.apps in"),
    ("get", "statefulsets", WAIT, "get statefulsets.apps in"),
    ("list", "statefulsets", WAIT, "list statefulsets.apps in"),
    ("watch", "statefulsets", WAIT, "watch statefulsets.apps in"),
    (
        "get",
        "replicationcontrollers",
        WAIT,
        "get replicationcontrollers in",
    ),
    (
        "list",
        "replicationcontrollers",
        WAIT,
        "list replicationcontrollers in",
    ),
    (
        "watch",
        "replicationcontrollers",
        WAIT,
        "watch replicationcontrollers in",
    ),
    (
        "get",
        "persistentvolumeclaims",
        DETACH,
        "get persistentvolumeclaims",
    ),
    (
        "list",
        "volumeattachments",
        DETACH,
        "list volumeattachments.storage.k8s.io in the whole cluster",
    ),
    (
        "watch",
        "volumeattachments",
        DETACH,
        "watch volumeattachments.storage.k8s.io in the whole cluster",
    ),
];

/// What only informs: without it the plan says what it does not know.
const INFORMS: [(&str, &str, &str); 16] = [
    ("list", "leases", "list leases.coordination.k8s.io"),
    ("get", "deployments", "get deployments.apps"),
    ("get", "replicasets", "get replicasets.apps"),
    ("get", "statefulsets", "get statefulsets.apps"),
    (
        "get",
        "replicationcontrollers",
        "get replicationcontrollers",
    ),
    ("list", "namespaces", "list namespaces"),
    ("list", "persistentvolumes", "list persistentvolumes"),
    (
        "list",
        "persistentvolumeclaims",
        "list persistentvolumeclaims",
    ),
    ("list", "storageclasses", "list storageclasses"),
    ("list", "csinodes", "list csinodes"),
    ("list", "csidrivers", "list csidrivers"),
    ("list", "csistoragecapacities", "list csistoragecapacities"),
    ("list", "volumeattachments", "list volumeattachments"),
    ("list", "resourceclaims", "list resourceclaims"),
    ("list", "resourceslices", "list resourceslices"),
    ("list", "deviceclasses", "list deviceclasses"),
];

/// What is asked for only when a pod does not leave.
const RARE: (&str, &str) = ("get", "nodes");

#[test]
fn the_documented_role_is_enough_and_each_missing_right_is_named() {
    let pool = Pool::new("rights", 2);
    workloads(&pool);
    pool.plane.apply(ROLE).unwrap();
    let role = pool.get(&["clusterrole", "day2-drain-node"]);
    let rules = role["rules"].as_array().unwrap();
    let needed = NEEDED.iter().map(|(verb, resource, ..)| (*verb, *resource));
    let informs = INFORMS.iter().map(|(verb, resource, _)| (*verb, *resource));
    let tried: BTreeSet<Right> = needed
        .chain(informs)
        .chain([RARE])
        .map(|(verb, resource)| (verb.to_owned(), resource.to_owned()))
        .collect();
    assert_eq!(tried, rights(rules), "each right is tried, and no other");
    grant_all_but_one(pool.plane, "drainer", rules);

    let node = pool.node(0);
    let run = |user: &str, flags: &[&str]| -> Said {
        let args = [
            node.as_str(),
            "--ignore-daemonsets",
            "--force",
            "--as",
            user,
        ];
        pool.drain(&[&args[..], flags].concat())
    };
    for (verb, resource, flags, words) in NEEDED {
        let said = run(&without("drainer", verb, resource), flags);
        let context = format!("without {verb} {resource}: {}{}", said.stdout, said.stderr);
        assert_eq!(said.code, 5, "{context}");
        let role = "hint: ClusterRole \"day2-drain-node\" in docs/rbac/drain-node.yaml";
        for words in ["not allowed to", words, role] {
            assert!(said.stderr.contains(words), "no {words:?} {context}");
        }
        assert!(!pool.is_cordoned(0), "{context}");
    }
    for (verb, resource, words) in INFORMS {
        let said = run(&without("drainer", verb, resource), PLAN);
        let context = format!("without {verb} {resource}: {}{}", said.stdout, said.stderr);
        let words = format!("not allowed to {words}");
        assert!(said.stdout.contains(&words), "no {words:?} {context}");
        said.ok();
    }
    let everything = [PLAN, &["--surge"]].concat();
    let said = run("drainer", &everything).ok();
    assert!(!said.contains("not allowed"), "{said}");

    let (verb, resource) = RARE;
    let flags = ["--wait-replacements", "--wait-detach"];
    let said = run(&without("drainer", verb, resource), &flags);
    assert!(!said.stderr.contains("not allowed"), "{}", said.stderr);
    said.ok();
    pool.drain(&["undo", &node, "--as", "drainer"]).ok();
    let said = run("drainer", &flags);
    assert!(!said.stderr.contains("not allowed"), "{}", said.stderr);
    said.ok();
}

/// One of each kind whose pods are drained, one with a volume.
fn workloads(pool: &Pool) {
    pool.workload("Deployment", "web", 2, &json!({}));
    pool.workload("Deployment", "solo", 1, &json!({}));
    pool.workload("StatefulSet", "db", 1, &json!({}));
    pool.workload("ReplicaSet", "set", 1, &json!({}));
    pool.anywhere("DaemonSet", "agent", 2, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 1}));
    let mut controller = json!({
        "apiVersion": "v1", "kind": "ReplicationController",
        "metadata": {"name": "old", "namespace": "rights"},
        "spec": {"replicas": 1, "selector": {"app": "old"}, "template": pool.template("old", &json!({}))},
    });
    controller["spec"]["template"]["spec"]["nodeSelector"] =
        json!({"kubernetes.io/hostname": pool.node(0)});
    pool.apply(&controller);
    pool.wait("old pod", || {
        let controller = pool.get(&["rc", "-n", "rights", "old"]);
        controller["status"]["readyReplicas"] == 1
    });
    // From now on it may run anywhere.
    controller["spec"]["template"] = pool.template("old", &json!({}));
    pool.apply(&controller);
    pool.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "rights-disk"},
         "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "",
            "claimRef": {"namespace": "rights", "name": "disk"},
            "csi": {"driver": "disks.example.com", "volumeHandle": "rights-disk"}}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "disk", "namespace": "rights"},
         "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": "rights-disk",
            "resources": {"requests": {"storage": "1Gi"}}}}]}));
    let spec =
        json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "disk"}}]});
    pool.pod("holder", 0, &spec);
}
