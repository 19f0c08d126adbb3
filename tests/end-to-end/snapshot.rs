//! `kubectl day2 snapshot`: complete, and without what must not leave the cluster.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::plugin::{Said, alone, kubectl, leases, plane, scratch};

/// A release as Helm keeps it (helm/helm, `pkg/storage/driver`), with secrets in its values, its
/// templates, its manifest and its notes.
fn release(name: &str, is_secret: bool) -> Value {
    let payload = json!({
        "name": name, "version": 3, "namespace": "planted",
        "info": {"status": "deployed", "notes": "PLANTED-SECRET", "description": "PLANTED-SECRET"},
        "chart": {
            "metadata": {"name": "coredns", "version": "1.45.0", "appVersion": "1.13.1",
                "annotations": {"key": "PLANTED-SECRET"}},
            "templates": [{"name": "PLANTED-SECRET", "data": STANDARD.encode("PLANTED-SECRET")}],
            "values": {"password": "PLANTED-SECRET"},
        },
        "config": {"password": "PLANTED-SECRET"},
        "manifest": "kind: Secret\nstringData: {password: PLANTED-SECRET}",
    });
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(payload.to_string().as_bytes()).unwrap();
    // The API's own base64 of a Secret's data is around Helm's.
    let text = STANDARD.encode(packed.finish().unwrap());
    let (kind, data) = if is_secret {
        ("Secret", "stringData")
    } else {
        ("ConfigMap", "data")
    };
    let mut object = json!({"apiVersion": "v1", "kind": kind,
        "metadata": {"name": format!("sh.helm.release.v1.{name}.v3"), "namespace": "planted",
            "labels": {"owner": "helm", "status": "deployed", "name": name, "version": "3"}},
        data: {"release": text}});
    if is_secret {
        object["type"] = json!("helm.sh/release.v1");
    }
    object
}

/// What a release and its Deployment are made of.
fn plant_releases() {
    let coredns = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "coredns", "namespace": "planted",
            "annotations": {"meta.helm.sh/release-name": "dns", "meta.helm.sh/release-namespace": "planted"}},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "dns"}},
            "template": {"metadata": {"labels": {"app": "dns"}},
                "spec": {"containers": [{"name": "dns", "image": "registry.k8s.io/coredns/coredns:v1.13.1"}]}}}});
    let list = json!({"apiVersion": "v1", "kind": "List",
        "items": [release("dns", true), release("maps", false), coredns]});
    plane().apply(&list.to_string()).unwrap();
}

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
    plant_releases();
    // Server-side objects of `kubectl apply` carry the whole manifest once more.
    let text = snapshot(&[]).ok();
    assert!(!text.contains("PLANTED-SECRET"), "{text}");
    assert!(!text.contains("UExBTlRFRC1TRUNSRVQ"), "in base64");
    assert!(
        !text.contains("H4sI"),
        "what is packed can't be seen through"
    );
    let list: Value = serde_json::from_str(&text).unwrap();
    let items = list["items"].as_array().unwrap();
    let count = |kind: &str| {
        let planted = items
            .iter()
            .filter(|item| item["metadata"]["namespace"] == "planted");
        planted.filter(|item| item["kind"] == kind).count()
    };
    assert_eq!((count("Secret"), count("ConfigMap")), (0, 0));
    assert_eq!((count("Deployment"), count("CronJob")), (2, 1));
    assert_eq!(count("HelmRelease"), 2);
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

    // All that is known of a release is what kubectl addons asks, and it does know that.
    let file = scratch("snapshot-releases").join("cluster.json");
    std::fs::write(&file, &text).unwrap();
    let mut addons = kubectl(plane());
    addons
        .args([
            "addons",
            "--offline",
            "-n",
            "planted",
            "-o",
            "json",
            "--snapshot",
        ])
        .arg(&file);
    let list = Said::of(addons.output().unwrap()).json();
    assert_eq!(list["kubernetes"], "1.36");
    assert_eq!(list["helmReleasesRead"], true);
    let chart = &list["items"][0]["chart"];
    assert_eq!(
        (&chart["release"], &chart["name"], &chart["version"]),
        (&json!("dns"), &json!("coredns"), &json!("1.45.0"))
    );
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
    assert!(
        said.stderr
            .contains("note: Helm releases in secrets not allowed"),
        "{}",
        said.stderr
    );
    plane()
        .apply(&BINDING.replace("day2-snapshot", "day2-snapshot-helm-releases"))
        .unwrap();
    crate::plugin::wait_until_allowed("recorder", &["list", "secrets", "-A"]);
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
