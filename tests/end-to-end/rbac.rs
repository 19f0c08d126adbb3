//! What users with few rights get.

use std::collections::BTreeSet;
use std::sync::Once;

use serde_json::Value;
use test_support::ControlPlane;

use crate::plugin::{leases, plane, wait_until_allowed};
use crate::roles::{Right, grant_all_but_one, rights, without};

fn allow() {
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
        {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"leases","namespace":"kube-system"},
         "rules":[{"apiGroups":["coordination.k8s.io"],"resources":["leases"],"verbs":["list"]}]},
        {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"leases","namespace":"kube-system"},
         "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"leases"},
         "subjects":[{"kind":"User","name":"reader","apiGroup":"rbac.authorization.k8s.io"}]}]}"#,
        )
        .unwrap();
    wait_until_allowed("reader", &["list", "leases", "-n", "kube-system"]);
}

/// Makes the roles of docs/rbac/leases.yaml, once for all tests that run side by side.
pub fn documented_roles() {
    static APPLIED: Once = Once::new();
    let roles = include_str!("../../docs/rbac/leases.yaml");
    APPLIED.call_once(|| plane().apply(roles).unwrap());
}

#[test]
fn who_may_only_list_leases_gets_the_table_and_a_note() {
    allow();
    let said = leases(plane(), &["-n", "kube-system", "--as", "reader"]);
    assert!(
        said.stderr
            .contains("pods and nodes of holders are unknown"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("get pods in namespace \"kube-system\""),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("list nodes in the whole cluster"),
        "{}",
        said.stderr
    );
    let table = said.ok();
    assert!(
        table.contains("kube-scheduler") && table.contains("controller-0"),
        "{table}"
    );

    let json = leases(
        plane(),
        &["-n", "kube-system", "--as", "reader", "-o", "json"],
    )
    .json();
    assert_eq!(json["unreadable"].as_array().unwrap().len(), 2, "{json}");
    assert!(json["items"][0]["holder"]["pod"].is_null());
}

#[test]
fn who_may_not_list_is_told_which_role_allows_it() {
    allow();
    for args in [
        &["-n", "kube-system", "--as", "nobody"][..],
        &["-A", "--as", "reader"],
        &["-n", "default", "--as", "reader", "-w"],
    ] {
        leases(plane(), args).fails(
            5,
            &[
                "not allowed to list leases.coordination.k8s.io",
                "hint: ClusterRole \"day2-leases\" in docs/rbac/leases.yaml",
            ],
        );
    }
}

#[test]
fn the_documented_role_is_enough() {
    documented_roles();
    plane()
        .apply(
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"day2-leases"},
         "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"day2-leases"},
         "subjects":[{"kind":"User","name":"operator","apiGroup":"rbac.authorization.k8s.io"}]}"#,
        )
        .unwrap();
    wait_until_allowed("operator", &["list", "nodes"]);
    wait_until_allowed("operator", &["watch", "events"]);
    let watch = [
        "watch",
        "-n",
        "kube-system",
        "--until",
        "all-held",
        "--for",
        "5s",
    ];
    let read = [
        &["check", "-n", "kube-system"][..],
        &watch,
        &["prune", "-n", "kube-system", "--dry-run"],
        &[
            "failover",
            "kube-scheduler",
            "-n",
            "kube-system",
            "--dry-run",
            "--force",
        ],
    ];
    for args in read {
        let said = leases(plane(), &[args, &["--as", "operator"]].concat());
        assert!(!said.stderr.contains("not allowed to"), "{}", said.stderr);
        said.ok();
    }
    // Older locks have a role of their own.
    let said = leases(
        plane(),
        &[
            "show",
            "kube-scheduler",
            "-n",
            "kube-system",
            "--as",
            "operator",
        ],
    );
    assert!(
        said.stderr.contains("not allowed to list configmaps"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("events"), "{}", said.stderr);
    said.ok();
    for args in [
        &["-A"][..],
        &["-n", "kube-system", "kube-scheduler"],
        &["-n", "kube-system"],
    ] {
        let said = leases(
            plane(),
            &[args, &["--as", "operator", "--kind", "all"]].concat(),
        );
        assert!(!said.stderr.contains("not allowed"), "{}", said.stderr);
        said.ok();
    }
}

#[test]
fn what_changes_something_has_roles_of_its_own() {
    documented_roles();
    let bind = |user: &str, role: &str| {
        plane()
            .apply(&format!(
                r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{{"name":"{user}-{role}"}},
             "roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{role}"}},
             "subjects":[{{"kind":"User","name":"{user}","apiGroup":"rbac.authorization.k8s.io"}}]}}"#
            ))
            .unwrap();
    };
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"pruned"}},
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"dead","namespace":"pruned"},
             "spec":{"holderIdentity":"gone_1","leaseDurationSeconds":1,"renewTime":"2026-01-01T00:00:00.000000Z"}}]}"#,
        )
        .unwrap();
    bind("pruner", "day2-leases");
    wait_until_allowed("pruner", &["list", "nodes"]);
    let failover = [
        "failover",
        "kube-scheduler",
        "-n",
        "kube-system",
        "--force",
        "--yes",
        "--as",
        "pruner",
    ];
    leases(plane(), &failover).fails(
        5,
        &[
            "not allowed to patch leases.coordination.k8s.io",
            "day2-leases-failover",
        ],
    );
    bind("pruner", "day2-leases-prune");
    wait_until_allowed("pruner", &["delete", "leases", "-n", "pruned"]);
    let prune = [
        "prune",
        "-n",
        "pruned",
        "--older-than",
        "1s",
        "--yes",
        "--as",
        "pruner",
    ];
    std::thread::sleep(std::time::Duration::from_secs(3));
    let said = leases(plane(), &prune);
    assert!(
        said.stderr.contains("1 Lease was deleted"),
        "{}{}",
        said.stdout,
        said.stderr
    );
}

const SYSTEM: [&str; 2] = ["-n", "kube-system"];

/// Without each right: what is asked, the exit code, and the request that is named.
const WITHOUT: [(&str, &str, &[&str], i32, &str); 14] = [
    ("list", "leases", &[], 5, "list leases.coordination.k8s.io"),
    (
        "get",
        "leases",
        &["show", "kube-scheduler"],
        5,
        "get leases.coordination.k8s.io \"kube-scheduler\"",
    ),
    (
        "watch",
        "leases",
        &["watch", "--for", "3s"],
        5,
        "watch leases.coordination.k8s.io",
    ),
    ("get", "pods", &[], 0, "get pods"),
    ("list", "pods", &["show", "kube-scheduler"], 0, "list pods"),
    ("list", "nodes", &[], 0, "list nodes"),
    (
        "list",
        "leasecandidates",
        &["show", "kube-scheduler"],
        0,
        "list leasecandidates.coordination.k8s.io",
    ),
    (
        "list",
        "events",
        &["show", "kube-scheduler"],
        0,
        "list events",
    ),
    (
        "watch",
        "events",
        &["watch", "--for", "3s"],
        0,
        "watch events",
    ),
    (
        "list",
        "configmaps",
        &["show", "kube-scheduler"],
        0,
        "list configmaps",
    ),
    (
        "list",
        "endpoints",
        &["show", "kube-scheduler"],
        0,
        "list endpoints",
    ),
    (
        "list",
        "daemonsets",
        &["show", "kube-scheduler"],
        0,
        "list daemonsets.apps",
    ),
    (
        "patch",
        "leases",
        &["failover", "kube-scheduler", "--force", "--yes"],
        5,
        "patch leases.coordination.k8s.io",
    ),
    (
        "delete",
        "leases",
        &["prune", "--older-than", "1s", "--yes"],
        5,
        "delete leases.coordination.k8s.io",
    ),
];

/// Asked for only where elections are coordinated; `show` has the test.
const COORDINATED: (&str, &str) = ("watch", "leasecandidates");

#[test]
fn each_right_of_the_roles_is_needed_and_named() {
    documented_roles();
    let rules = documented_rules(plane());
    let tried = WITHOUT
        .iter()
        .map(|(verb, resource, ..)| (*verb, *resource));
    let tried: BTreeSet<Right> = tried
        .chain([COORDINATED])
        .map(|(verb, resource)| (verb.to_owned(), resource.to_owned()))
        .collect();
    assert_eq!(tried, rights(&rules), "each right is tried, and no other");
    grant_all_but_one(plane(), "observer", &rules);
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"left-alone"}},
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"dead","namespace":"left-alone"},
             "spec":{"holderIdentity":"gone_1","leaseDurationSeconds":1,"renewTime":"2026-01-01T00:00:00.000000Z"}}]}"#,
        )
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    for (verb, resource, args, code, words) in WITHOUT {
        let user = without("observer", verb, resource);
        let namespace = if verb == "delete" {
            ["-n", "left-alone"]
        } else {
            SYSTEM
        };
        let said = leases(plane(), &[args, &namespace, &["--as", &user]].concat());
        let context = format!("without {verb} {resource}: {}{}", said.stdout, said.stderr);
        assert_eq!(said.code, code, "{context}");
        let words = format!("not allowed to {words}");
        assert!(said.stderr.contains(&words), "no {words:?} {context}");
        assert_eq!(
            said.stderr.contains("hint: ClusterRole"),
            code == 5,
            "{context}"
        );
        // What is told is what is missing, and nothing else.
        assert_eq!(said.stderr.matches("not allowed").count(), 1, "{context}");
    }
    let show = ["show", "kube-scheduler", "-n", "kube-system"];
    let said = leases(plane(), &[&show[..], &["--as", "observer"]].concat());
    assert_eq!(said.stderr, "");
    said.ok();
}

/// The rules of all roles that docs/rbac/leases.yaml has.
pub fn documented_rules(plane: &ControlPlane) -> Vec<Value> {
    let names = ["", "-older-locks", "-failover", "-prune"];
    let rules = names.map(|name| {
        let name = format!("day2-leases{name}");
        let args = ["get", "clusterrole", &name, "-ojson"];
        let role: Value = serde_json::from_str(&plane.kubectl_output(&args).unwrap()).unwrap();
        role["rules"].as_array().unwrap().clone()
    });
    rules.concat()
}
