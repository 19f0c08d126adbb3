//! RBAC: the documented role is enough, and each right that is taken away is named.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::pool::Pool;

const ROLE: &str = include_str!("../../../docs/rbac/drain-node.yaml");

/// What a drain can't do without: the rule's resource, the verb, and how it is named.
const NEEDED: [(&str, &str, &str); 7] = [
    ("nodes", "list", "list nodes in the whole cluster"),
    ("nodes", "patch", "patch nodes in the whole cluster"),
    ("pods", "list", "list pods in the whole cluster"),
    ("pods", "watch", "watch pods in the whole cluster"),
    (
        "pods/eviction",
        "create",
        "create pods/eviction in namespace \"rights\"",
    ),
    (
        "poddisruptionbudgets",
        "list",
        "list poddisruptionbudgets.policy",
    ),
    (
        "poddisruptionbudgets",
        "watch",
        "watch poddisruptionbudgets.policy",
    ),
];

#[test]
fn the_documented_role_is_enough_and_each_missing_right_is_named() {
    let pool = Pool::new("rights", 2);
    pool.workload("Deployment", "web", 2, &json!({}));
    pool.anywhere("DaemonSet", "agent", 2, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 1}));
    pool.plane.apply(ROLE).unwrap();
    let role = pool.get(&["clusterrole", "day2-drain-node"]);
    pool.apply(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "drainer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "drainer"},
        "subjects": [{"kind": "User", "name": "drainer", "apiGroup": "rbac.authorization.k8s.io"}]}));
    let node = pool.node(0);
    let args = [node.as_str(), "--ignore-daemonsets", "--as", "drainer"];
    for (resource, verb, words) in NEEDED {
        grant(&pool, &role, Some((resource, verb)));
        pool.drain(&args).fails(
            5,
            &[
                "not allowed to",
                words,
                "hint: ClusterRole \"day2-drain-node\" in docs/rbac/drain-node.yaml",
            ],
        );
        assert!(!pool.is_cordoned(0), "without {verb} {resource}");
    }
    grant(&pool, &role, Some(("daemonsets", "get")));
    pool.drain(&args)
        .fails(5, &["not allowed to get daemonsets.apps"]);
    assert!(!pool.is_cordoned(0));

    // Without what is only informative it drains, and says what it does not know.
    grant(&pool, &role, Some(("leases", "list")));
    let said = pool.drain(&[&args[..], &["--dry-run"]].concat()).ok();
    assert!(
        said.contains("not allowed to list leases.coordination.k8s.io"),
        "{said}"
    );

    grant(&pool, &role, None);
    let said = pool.drain(&args);
    assert!(!said.stderr.contains("not allowed"), "{}", said.stderr);
    said.ok();
}

/// Gives the role without one verb, and waits until that holds.
fn grant(pool: &Pool, role: &Value, without: Option<(&str, &str)>) {
    let mut role = role.clone();
    role["metadata"] = json!({"name": "drainer"});
    for rule in role["rules"].as_array_mut().unwrap() {
        let Some((resource, verb)) = without else {
            continue;
        };
        let names = rule["resources"].as_array().unwrap();
        if names.iter().any(|name| name == resource) {
            rule["verbs"]
                .as_array_mut()
                .unwrap()
                .retain(|own| own != verb);
        }
    }
    // A rule without verbs is none.
    role["rules"]
        .as_array_mut()
        .unwrap()
        .retain(|rule| !rule["verbs"].as_array().unwrap().is_empty());
    pool.apply(&role);
    let deadline = Instant::now() + Duration::from_secs(20);
    let all: Vec<(&str, &str)> = NEEDED
        .iter()
        .map(|(resource, verb, _)| (*resource, *verb))
        .chain([("daemonsets", "get"), ("leases", "list")])
        .collect();
    for (resource, verb) in all {
        let expected = without != Some((resource, verb));
        let (kind, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let subresource = format!("--subresource={subresource}");
        loop {
            let said = pool
                .plane
                .kubectl_command()
                .args([
                    "auth",
                    "can-i",
                    verb,
                    kind,
                    &subresource,
                    "-n",
                    "rights",
                    "--as",
                    "drainer",
                    "-q",
                ])
                .output()
                .unwrap();
            if said.status.success() == expected {
                break;
            }
            assert!(Instant::now() < deadline, "{verb} {resource}");
            thread::sleep(Duration::from_millis(100));
        }
    }
}
