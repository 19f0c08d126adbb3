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
