//! The list: same holders as kubectl, right lags, and every form of output.

use jiff::Timestamp;
use serde_json::Value;

use test_support::{ControlPlane, ControlPlaneOptions};

use crate::plugin::{fed, leases, plane, scratch};

/// The Leases as kubectl has them.
fn kubectls(namespace: &str) -> Vec<Value> {
    let json = plane()
        .kubectl_output(&["get", "leases", "-n", namespace, "-o", "json"])
        .unwrap();
    let list: Value = serde_json::from_str(&json).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn item<'a>(list: &'a Value, name: &str) -> &'a Value {
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .find(|item| item["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {list}"))
}

#[test]
fn the_holders_are_those_that_kubectl_shows() {
    let ours = leases(plane(), &["-n", "kube-system", "-o", "json"]).json();
    let table = leases(plane(), &["-n", "kube-system"]).ok();
    let wide = leases(plane(), &["-n", "kube-system", "-o", "wide"]).ok();
    let theirs = kubectls("kube-system");
    assert!(theirs.len() >= 3);
    assert_eq!(ours["items"].as_array().unwrap().len(), theirs.len());
    for lease in theirs {
        let (name, identity) = (&lease["metadata"]["name"], &lease["spec"]["holderIdentity"]);
        let ours = item(&ours, name.as_str().unwrap());
        assert_eq!(&ours["holderIdentity"], identity);
        assert_eq!(ours["state"], "held");
        assert_eq!(
            &ours["leaseDurationSeconds"],
            &lease["spec"]["leaseDurationSeconds"]
        );
        let row = table
            .lines()
            .find(|line| line.starts_with(name.as_str().unwrap()))
            .unwrap();
        assert!(
            row.contains("controller-0") && row.contains("held"),
            "{row}"
        );
        assert!(wide.contains(identity.as_str().unwrap()), "{wide}");
    }
}

#[test]
fn the_lag_is_right_to_a_second() {
    let before = Timestamp::now();
    let ours = leases(plane(), &["-n", "kube-system", "-o", "json"]).json();
    let after = Timestamp::now();
    for name in ["kube-controller-manager", "kube-scheduler"] {
        let item = item(&ours, name);
        let renewed: Timestamp = item["renewTime"].as_str().unwrap().parse().unwrap();
        let lag = item["lagSeconds"].as_f64().unwrap();
        let least = before.duration_since(renewed).as_secs_f64() - 1.0;
        let most = after.duration_since(renewed).as_secs_f64() + 1.0;
        assert!((least..most).contains(&lag), "{name}: {least} {lag} {most}");
        assert!((0.0..15.0).contains(&lag), "{name}: {lag}");
        assert_eq!(item["kind"], "election");
        assert!(item["heldSeconds"].as_i64().unwrap() >= 0);
        assert!(item["ageSeconds"].as_i64().unwrap() >= 0);
        assert!(item["transitions"].as_i64().is_some());
    }
}

#[test]
fn heartbeats_are_shown_only_where_they_are_asked_for() {
    let all = leases(plane(), &["-A"]);
    assert!(
        all.stderr
            .contains("3 node heartbeats are not shown; --kind all shows them"),
        "{}",
        all.stderr
    );
    let all = all.ok();
    assert!(
        all.contains("kube-scheduler") && !all.contains("node-0"),
        "{all}"
    );
    assert!(all.starts_with("NAMESPACE"), "{all}");
    assert!(
        leases(plane(), &["-A", "--kind", "all"])
            .ok()
            .contains("node-0")
    );
    assert!(
        leases(plane(), &["-n", "kube-node-lease"])
            .ok()
            .contains("node-2")
    );
    let node = leases(plane(), &["-A", "--kind", "node", "-o", "json"]).json();
    assert_eq!(node["items"].as_array().unwrap().len(), 3);
    assert_eq!(node["items"][0]["kind"], "node");
    assert_eq!(node["items"][0]["holder"]["node"], "node-0");
    let servers = leases(plane(), &["-A", "--kind", "apiserver", "-o", "name"]).ok();
    assert!(
        servers.starts_with("lease.coordination.k8s.io/apiserver-"),
        "{servers}"
    );
    assert_eq!(servers.lines().count(), 1);
}

#[test]
fn one_can_ask_by_name_and_by_label() {
    let one = leases(
        plane(),
        &["-n", "kube-system", "kube-scheduler", "-o", "name"],
    )
    .ok();
    assert_eq!(one, "lease.coordination.k8s.io/kube-scheduler\n");
    let back = leases(plane(), &["-n", "kube-system", one.trim(), "--no-headers"]).ok();
    assert!(
        back.starts_with("kube-scheduler ") && back.lines().count() == 1,
        "{back}"
    );
    let some = leases(plane(), &["-n", "kube-system", "kube-scheduler", "nobody"]);
    assert!(some.stdout.contains("kube-scheduler"));
    some.fails(
        1,
        &["leases.coordination.k8s.io \"nobody\" not found", "hint:"],
    );
    let labelled = leases(
        plane(),
        &[
            "-n",
            "kube-system",
            "-l",
            "apiserver.kubernetes.io/identity in (kube-apiserver)",
            "-o",
            "name",
        ],
    );
    assert_eq!(labelled.ok().lines().count(), 1);
    let none = leases(plane(), &["-n", "kube-system", "-l", "no=body"]);
    assert!(
        none.stderr
            .contains("no Leases found in namespace \"kube-system\""),
        "{}",
        none.stderr
    );
    assert_eq!(none.ok(), "");
    leases(plane(), &["-A", "kube-scheduler"])
        .fails(2, &["a Lease can't be named across all namespaces"]);
}

#[test]
fn rows_are_sorted_by_the_column_asked_for() {
    for (column, field) in [
        ("lag", "lagSeconds"),
        ("age", "ageSeconds"),
        ("held", "heldSeconds"),
        ("transitions", "transitions"),
    ] {
        let list = leases(
            plane(),
            &["-A", "--kind", "all", "--sort-by", column, "-o", "json"],
        )
        .json();
        let figures: Vec<f64> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item[field].as_f64().unwrap_or(f64::MAX))
            .collect();
        assert!(
            figures.len() >= 6 && figures.is_sorted(),
            "{column}: {figures:?}"
        );
    }
}

#[test]
fn yaml_says_what_json_says() {
    let yaml = leases(plane(), &["-n", "kube-system", "-o", "yaml"]).ok();
    assert!(
        yaml.starts_with("apiVersion: day2.dev/v1alpha1\nkind: LeaseList\n"),
        "{yaml}"
    );
    assert!(yaml.contains("name: kube-scheduler"), "{yaml}");
}

#[test]
fn every_form_of_holder_is_found() {
    plane().apply(include_str!("holders.yaml")).unwrap();
    plane()
        .kubectl_output(&[
            "wait",
            "pod",
            "--all",
            "-n",
            "holders",
            "--for=condition=Ready",
            "--timeout=60s",
        ])
        .unwrap();
    let list = leases(plane(), &["-n", "holders", "-o", "json"]).json();
    for (name, holder, node, pod, container) in [
        (
            "host-uuid",
            "web-0",
            Some("node-0"),
            Some("web-0"),
            Some("web"),
        ),
        (
            "cilium-operator-resource-lock",
            "node-1",
            Some("node-1"),
            Some("cilium-operator-x"),
            Some("cilium-operator"),
        ),
        (
            "cert-manager-controller",
            "web-0",
            Some("node-0"),
            Some("web-0"),
            Some("web"),
        ),
        (
            "external-attacher-leader-csi",
            "csi-0",
            Some("node-2"),
            Some("csi-0"),
            Some("csi-attacher"),
        ),
        (
            "sanitised",
            "worker.example",
            Some("worker.example"),
            None,
            None,
        ),
        ("nobody-knows", "gone", None, None, None),
        ("opaque", "some-thing-else", None, None, None),
    ] {
        let found = &item(&list, name)["holder"];
        let text = |field: &str| found[field].as_str().map(str::to_owned);
        assert_eq!(found["name"], holder, "{name}: {found}");
        assert_eq!(text("node").as_deref(), node, "{name}: {found}");
        assert_eq!(text("pod").as_deref(), pod, "{name}: {found}");
        assert_eq!(text("container").as_deref(), container, "{name}: {found}");
    }
    assert_eq!(item(&list, "released")["state"], "released");
    assert_eq!(item(&list, "vacant")["state"], "vacant");
    assert_eq!(item(&list, "released")["holder"], Value::Null);
    assert_eq!(item(&list, "expired")["state"], "expired");
}

#[test]
fn a_coordinated_election_is_told_apart() {
    let options = ControlPlaneOptions {
        coordinated: true,
        ..ControlPlaneOptions::default()
    };
    let plane = ControlPlane::start(&options).unwrap();
    let list = leases(&plane, &["-n", "kube-system", "-o", "json"]).json();
    let item = item(&list, "kube-controller-manager");
    assert_eq!(item["kind"], "coordinated");
    assert_eq!(item["strategy"], "OldestEmulationVersion");
    assert_eq!(item["holder"]["name"], "controller-0");
    let wide = leases(&plane, &["-n", "kube-system", "-o", "wide"]).ok();
    assert!(
        wide.contains("OldestEmulationVersion") && wide.contains("coordinated"),
        "{wide}"
    );
}

#[test]
fn a_holder_with_a_wrong_clock_is_corrected_and_named() {
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"clocks"}},
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"ahead","namespace":"clocks"},
             "spec":{"holderIdentity":"x_1","leaseDurationSeconds":3600,"renewTime":"2100-01-01T00:00:00.000000Z"}}]}"#,
        )
        .unwrap();
    let said = leases(plane(), &["-n", "clocks", "-o", "json"]);
    assert!(said.stderr.contains("the clock of x is"), "{}", said.stderr);
    assert!(
        said.stderr.contains("ahead of the API server's"),
        "{}",
        said.stderr
    );
    let list = said.json();
    assert_eq!(list["items"][0]["state"], "held");
    assert!(
        list["items"][0]["lagSeconds"].as_f64().unwrap() < 60.0,
        "{list}"
    );
}

#[test]
fn a_snapshot_gives_the_same_answers() {
    let file = scratch("snapshot").join("cluster.json");
    let json = plane()
        .kubectl_output(&[
            "get",
            "leases,nodes,pods",
            "-A",
            "-o",
            "json",
            "--show-managed-fields",
        ])
        .unwrap();
    std::fs::write(&file, &json).unwrap();
    let live = leases(plane(), &["-n", "kube-system", "-o", "json"]).json();
    let file = file.to_str().unwrap();
    let said = crate::plugin::alone(&["-n", "kube-system", "--snapshot", file, "-o", "json"]);
    assert!(
        said.stderr.contains("does not say when it was taken"),
        "{}",
        said.stderr
    );
    let recorded = said.json();
    for live in live["items"].as_array().unwrap() {
        let recorded = item(&recorded, live["name"].as_str().unwrap());
        for field in [
            "namespace",
            "kind",
            "state",
            "holderIdentity",
            "holder",
            "leaseDurationSeconds",
            "acquireTime",
            "transitions",
        ] {
            assert_eq!(recorded[field], live[field], "{field} of {}", live["name"]);
        }
    }
    let piped = fed(
        &["-A", "--kind", "all", "--snapshot", "-", "-o", "name"],
        json.as_bytes(),
    )
    .ok();
    assert!(
        piped.contains("lease.coordination.k8s.io/node-2"),
        "{piped}"
    );
}
