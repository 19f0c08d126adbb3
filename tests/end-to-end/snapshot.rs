//! `kubectl day2 snapshot`: complete, and without what must not leave the cluster.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::plugin::{Said, alone, kubectl, leases, plane, scratch};

/// Objects with a secret in every place that people put them.
const PLANTED: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: planted}
---
apiVersion: v1
kind: Secret
metadata: {name: planted, namespace: planted}
stringData: {password: PLANTED-SECRET}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: planted, namespace: planted}
data: {password: PLANTED-SECRET}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: planted
  namespace: planted
  annotations: {vault.example.com/token: PLANTED-SECRET}
spec:
  selector: {matchLabels: {app: planted}}
  template:
    metadata:
      labels: {app: planted}
      annotations: {note: PLANTED-SECRET}
    spec:
      initContainers:
      - {name: init, image: 'busybox:1', args: ['--token=PLANTED-SECRET']}
      containers:
      - name: web
        image: web:1.2.3
        command: [web, PLANTED-SECRET]
        env: [{name: PASSWORD, value: PLANTED-SECRET}]
        readinessProbe:
          httpGet: {path: /, port: 80, httpHeaders: [{name: Authorization, value: PLANTED-SECRET}]}
        lifecycle: {preStop: {exec: {command: [PLANTED-SECRET]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: planted, namespace: planted}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: job, image: 'job:1', env: [{name: PASSWORD, value: PLANTED-SECRET}]}
"#;

fn snapshot(args: &[&str]) -> Said {
    let mut command = kubectl(plane());
    Said::of(
        command
            .args(["day2", "snapshot"])
            .args(args)
            .output()
            .unwrap(),
    )
}

#[test]
fn planted_secrets_are_not_in_it_and_the_workloads_are() {
    plane().apply(PLANTED).unwrap();
    // Server-side objects of `kubectl apply` carry the whole manifest once more.
    let text = snapshot(&[]).ok();
    assert!(!text.contains("PLANTED-SECRET"), "{text}");
    assert!(!text.contains("UExBTlRFRC1TRUNSRVQ"), "in base64");
    let list: Value = serde_json::from_str(&text).unwrap();
    let items = list["items"].as_array().unwrap();
    let count = |kind: &str| {
        let planted = items
            .iter()
            .filter(|item| item["metadata"]["namespace"] == "planted");
        planted.filter(|item| item["kind"] == kind).count()
    };
    assert_eq!((count("Secret"), count("ConfigMap")), (0, 0));
    assert_eq!((count("Deployment"), count("CronJob")), (1, 1));
    assert_eq!(
        list["metadata"]["annotations"]["day2.dev/server-version"],
        "v1.36.3"
    );
    let web = items
        .iter()
        .find(|item| item["kind"] == "Deployment" && item["metadata"]["name"] == "planted")
        .unwrap();
    let image = &web["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, "web:1.2.3");
}

#[test]
fn a_plugin_answers_from_it_as_from_the_cluster() {
    let file = scratch("snapshot").join("cluster.json.gz");
    snapshot(&["-f", file.to_str().unwrap()]).ok();
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(&file).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.starts_with("{\"apiVersion\":\"v1\",\"kind\":\"List\""));

    let names = ["-n", "kube-system", "-o", "name"];
    let live = leases(plane(), &names).ok();
    let recorded = [&names[..], &["--snapshot", file.to_str().unwrap()]].concat();
    assert_eq!(alone(&recorded).ok(), live);
}

#[test]
fn what_may_not_be_read_is_named_and_nothing_half_is_left() {
    let dir = scratch("snapshot-denied");
    let file = dir.join("cluster.json");
    snapshot(&["-f", file.to_str().unwrap(), "--as", "nobody"]).fails(
        5,
        &[
            "nothing of this cluster may be read",
            "hint: ClusterRole \"day2-snapshot\" in docs/rbac/snapshot.yaml",
        ],
    );
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    snapshot(&["-f", "/nonexistent/cluster.json"])
        .fails(1, &["/nonexistent/cluster.json can't be written"]);
}

#[test]
fn the_documented_role_is_enough_and_less_is_said() {
    plane()
        .apply(include_str!("../../docs/rbac/snapshot.yaml"))
        .unwrap();
    plane().apply(BINDING).unwrap();
    crate::plugin::wait_until_allowed("recorder", &["list", "nodes"]);
    let map = "configmaps/cluster-autoscaler-status";
    crate::plugin::wait_until_allowed("recorder", &["get", map, "-n", "kube-system"]);
    let said = snapshot(&["--as", "recorder"]);
    assert!(!said.stderr.contains("not allowed"), "{}", said.stderr);
    let list = said.json();
    assert!(list["metadata"]["annotations"]["day2.dev/snapshot-missing"].is_null());

    plane()
        .kubectl_output(&[
            "create",
            "clusterrole",
            "nodes-only",
            "--verb=list",
            "--resource=nodes",
        ])
        .unwrap();
    plane()
        .kubectl_output(&[
            "create",
            "clusterrolebinding",
            "nodes-only",
            "--clusterrole=nodes-only",
            "--user=less",
        ])
        .unwrap();
    crate::plugin::wait_until_allowed("less", &["list", "nodes"]);
    let said = snapshot(&["--as", "less"]);
    assert!(
        said.stderr.contains("note: pods not allowed"),
        "{}",
        said.stderr
    );
    let list = said.json();
    let missing = list["metadata"]["annotations"]["day2.dev/snapshot-missing"]
        .as_str()
        .unwrap();
    assert!(missing.contains("pods (not allowed)"), "{missing}");
}

const BINDING: &str = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"day2-snapshot"},
 "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"day2-snapshot"},
 "subjects":[{"kind":"User","name":"recorder","apiGroup":"rbac.authorization.k8s.io"}]}"#;
