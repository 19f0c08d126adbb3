//! What users with few rights get.

use crate::plugin::{leases, plane, wait_until_allowed};

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
    plane()
        .apply(include_str!("../../docs/rbac/leases.yaml"))
        .unwrap();
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
    plane()
        .apply(include_str!("../../docs/rbac/leases.yaml"))
        .unwrap();
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
