//! `kubectl autoscale-sim` on a real control plane: what is known is said, what is not known too.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{ControlPlane, ControlPlaneOptions, Signal};

use crate::plugin::{Said, kubectl, scratch};

/// `kubectl autoscale-sim …` on a control plane.
pub fn simulate(plane: &ControlPlane, args: &[&str]) -> Said {
    Said::of(
        kubectl(plane)
            .arg("autoscale-sim")
            .args(args)
            .output()
            .unwrap(),
    )
}

/// A control plane of the test's own: others' nodes and pods would be part of the answer.
pub fn own_plane(nodes: usize) -> ControlPlane {
    let options = ControlPlaneOptions {
        nodes,
        ready_delay: Duration::ZERO,
        termination_delay: Duration::ZERO,
        ..ControlPlaneOptions::default()
    };
    ControlPlane::start(&options).unwrap()
}

/// Asks until the answer is yes; the test fails by this limit only if something is broken.
#[track_caller]
pub fn eventually(what: &str, mut asked: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !asked() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// All objects of a kind.
pub fn list(plane: &ControlPlane, kind: &str) -> Vec<Value> {
    let text = plane
        .kubectl_output(&["get", kind, "-A", "-o", "json"])
        .unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    list["items"].as_array().unwrap().clone()
}

/// Pods that the scheduler has found no node for.
pub fn unschedulable(plane: &ControlPlane) -> usize {
    let pods = list(plane, "pods");
    let waits = |pod: &&Value| {
        let conditions = pod["status"]["conditions"].as_array();
        conditions
            .into_iter()
            .flatten()
            .any(|own| own["type"] == "PodScheduled" && own["reason"] == "Unschedulable")
    };
    pods.iter().filter(waits).count()
}

fn deployment(name: &str, replicas: usize, cpu: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}]}}}})
}

fn apply(plane: &ControlPlane, items: &[Value]) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    plane.apply(&list.to_string()).unwrap();
}

/// What Cluster Autoscaler writes, as far as it is read.
fn status(max: i64) -> Value {
    let status = format!(
        "time: 2026-01-01 12:00:00.5 +0000 UTC\nautoscalerStatus: Running\nnodeGroups:\n- name: workers\n  health:\n    status: Healthy\n    nodeCounts:\n      registered:\n        total: 2\n    cloudProviderTarget: 2\n    minSize: 1\n    maxSize: {max}\n  scaleUp:\n    status: NoActivity\n"
    );
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "cluster-autoscaler-status", "namespace": "kube-system"}, "data": {"status": status}})
}

fn autoscaler() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cluster-autoscaler", "namespace": "kube-system"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "ca"}},
            "template": {"metadata": {"labels": {"app": "ca"}}, "spec": {"containers": [{"name": "ca",
                "image": "registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.1",
                "command": ["./cluster-autoscaler", "--expander=priority", "--v=4"]}]}}}})
}

#[track_caller]
fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

#[track_caller]
fn says(report: &Value, words: &[&str]) {
    has(&report["unknown"].to_string(), words);
}

fn label_nodes(plane: &ControlPlane) {
    for node in ["node-0", "node-1"] {
        let label = "eks.amazonaws.com/nodegroup=workers";
        plane
            .kubectl_output(&["label", "node", node, label])
            .unwrap();
    }
}

#[test]
fn it_answers_from_what_there_is_and_says_what_there_is_not() {
    let plane = own_plane(2);
    // Nodes have four cores: three of nine pods fit on each, and three wait.
    apply(
        &plane,
        &[deployment("web", 9, "1200m"), deployment("big", 1, "9")],
    );
    eventually("four pods wait", || unschedulable(&plane) == 4);

    // No autoscaler, and no label of a group: the scheduler says why.
    let said = simulate(&plane, &[]).ok();
    has(
        &said,
        &[
            "nothing to add: no node group is known; 4 pods stay pending",
            "default/ReplicaSet/web-",
            "0/2 nodes are available: 2 Insufficient cpu.",
            "unknown: no node groups were found",
        ],
    );
    assert_eq!(
        simulate(&plane, &["-o", "name"]).ok().lines().count(),
        4,
        "{said}"
    );
    label_nodes(&plane);

    // Nothing but labels: limits, flags and targets are unknown, and said so.
    let report = simulate(&plane, &["-o", "json"]).json();
    assert_eq!(report["kind"], "ScaleUpPlan");
    assert_eq!(report["autoscaler"]["nodeGroups"][0]["name"], "workers");
    assert!(report["autoscaler"]["nodeGroups"][0]["max"].is_null());
    says(
        &report,
        &[
            "the maximum size of workers is unknown",
            "flags",
            "is unknown; assumed: no limit",
        ],
    );
    let first = &report["outcomes"][0];
    assert_eq!(first["scaleUps"][0]["add"], 1, "{report:#}");
    assert_eq!(first["podsHelped"][0]["count"], 3);
    assert_eq!(
        first["podsLeft"][0]["rejected"]["workers"][0],
        "Insufficient cpu"
    );

    // The autoscaler's own words are better; what they refer to and is not there is said.
    apply(&plane, &[status(2), autoscaler()]);
    let report = simulate(&plane, &["-o", "json"]).json();
    assert_eq!(report["autoscaler"]["expander"][0], "priority");
    assert_eq!(report["autoscaler"]["nodeGroups"][0]["max"], 2);
    says(
        &report,
        &["there is no ConfigMap cluster-autoscaler-priority-expander"],
    );
    assert_eq!(
        report["outcomes"][0]["result"], "ScaleUpNoOptionsAvailable",
        "{report:#}"
    );

    prices(&plane);

    // The summary is read in ten seconds.
    let said = simulate(&plane, &["--set", "max.workers=5", "--exit-code"]);
    assert_eq!(said.code, 3, "{}", said.stderr);
    has(
        &said.stdout,
        &[
            "+1 workers; 3 pods helped, 1 pod stays pending\n",
            "workers   +1    2     3       5     3",
            "Insufficient cpu (workers)",
            "node groups: ConfigMap kube-system/cluster-autoscaler-status, written 2026-01-01 12:00:00",
            "flags of Deployment kube-system/cluster-autoscaler; expander priority",
        ],
    );
    assert!(said.stdout.lines().count() < 20, "{}", said.stdout);

    assumed_load(&plane);
    rights(&plane);
    plane.stop_api_server(Signal::Kill).unwrap();
    simulate(&plane, &["--request-timeout", "5s"]).fails(1, &["can't be reached"]);
    plane.stop().unwrap();
}

/// Prices are asked for where they decide, and taken where they are given.
fn prices(plane: &ControlPlane) {
    // Nobody has given prices.
    let report = simulate(
        plane,
        &[
            "--set",
            "expander=price",
            "--set",
            "max.workers=5",
            "-o",
            "json",
        ],
    )
    .json();
    says(
        &report,
        &[
            "the prices of workers, which the expander price compares; assumed: it may take any group",
            "assumed: 0.033174 and 0.004446, as for Google Cloud",
        ],
    );
    let priced = [
        "expander=price",
        "max.workers=5",
        "price.workers=0.2",
        "core-price=0.03",
        "gib-price=0.004",
    ];
    let priced: Vec<&str> = priced.iter().flat_map(|own| ["--set", own]).collect();
    let report = simulate(plane, &[&priced[..], &["-o", "json"]].concat()).json();
    assert!(
        !report["unknown"].to_string().contains("price"),
        "{report:#}"
    );
    assert_eq!(report["incomplete"], json!([]), "{report:#}");
}

/// Load that is not there yet, loops to come, and nodes to add.
fn assumed_load(plane: &ControlPlane) {
    let manifest = scratch("autoscale-sim").join("launch.yaml");
    fs::write(&manifest, deployment("launch", 6, "2").to_string()).unwrap();
    let manifest = manifest.display().to_string();
    for (load, words) in [
        (
            &["--scale", "deploy/web=12"][..],
            &[
                "Deployment default/web has 12 pods, 3 more than now",
                "6 pods helped",
            ][..],
        ),
        (
            &["--scale", "deploy/web=4"],
            &["5 fewer than now", "1 pod stays pending"],
        ),
        (
            &["-f", &manifest],
            &["ReplicaSet default/launch is applied: 6 pods"],
        ),
        (
            &["--remove-node", "node-1"],
            &["node-1 gone", "3 pods of it are created anew"],
        ),
        (&["--hpa-max"], &["there is none"]),
    ] {
        let said = simulate(plane, &[load, &["--set", "max.workers=9"]].concat());
        has(&said.ok(), words);
    }
    simulate(plane, &["--scale", "deploy/nope=3"]).fails(1, &["there is no Deployment \"nope\""]);
    simulate(plane, &["--remove-node", "nope"]).fails(1, &["there is no node \"nope\""]);
    simulate(plane, &["--set", "max.nope=3"])
        .fails(2, &["there is no node group \"nope\"; there are: workers"]);

    // Loop after loop.
    let timeline = simulate(
        plane,
        &["--until-stable", "--set", "max.workers=9", "-o", "json"],
    )
    .json();
    assert_eq!(timeline["stable"], true);
    assert_eq!(timeline["scaleUps"][0]["to"], 3);
    assert_eq!(timeline["podsLeft"][0]["count"], 1);

    // More nodes, without any autoscaler.
    let said = simulate(plane, &["add", "2", "--shape", "cpu=10,memory=64Gi"]);
    has(
        &said.ok(),
        &["2 more nodes with cpu=10,memory=64Gi: 4 pods helped, none stays pending"],
    );
    let said = simulate(plane, &["add", "1", "--like", "node-0", "--exit-code"]);
    assert_eq!(said.code, 3, "{}", said.stdout);
    has(
        &said.stdout,
        &[
            "1 more node like node-0: 3 pods helped, 1 pod stays pending",
            "Insufficient cpu",
        ],
    );
    simulate(plane, &["add", "1", "--like", "nope"]).fails(1, &["nodes \"nope\" not found"]);
}

/// With the documented role nothing is missing; without some of it the answer says what.
fn rights(plane: &ControlPlane) {
    plane
        .apply(include_str!("../../docs/rbac/autoscale-sim.yaml"))
        .unwrap();
    let bind = |user: &str, role: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": user},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]})
    };
    let little = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "little"},
        "rules": [{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["list"]}]});
    apply(
        plane,
        &[
            little,
            bind("operator", "day2-autoscale-sim"),
            bind("reader", "little"),
        ],
    );
    for user in ["operator", "reader"] {
        eventually("the right holds", || {
            plane
                .kubectl_output(&["auth", "can-i", "--as", user, "list", "nodes"])
                .is_ok()
        });
    }
    for question in [
        &[][..],
        &["--hpa-max"],
        &["--scale", "deploy/web=9"],
        &["add", "1", "--like", "node-0"],
        &["down"],
    ] {
        let report = simulate(
            plane,
            &[question, &["--as", "operator", "-o", "json"]].concat(),
        )
        .json();
        let unknown = report["unknown"].to_string();
        assert!(!unknown.contains("not allowed"), "{question:?}: {unknown}");
    }
    let report = simulate(plane, &["--as", "reader", "-o", "json"]).json();
    says(
        &report,
        &[
            "not allowed to list daemonsets.apps: the pods of DaemonSets on new nodes are unknown",
            "not allowed to get configmaps: the autoscaler's status is unknown",
            "not allowed to list deployments.apps: the autoscaler's flags are unknown",
        ],
    );
    let down = simulate(plane, &["down", "--as", "reader", "-o", "json"]).json();
    says(
        &down,
        &[
            "not allowed to list poddisruptionbudgets.policy: disruption budgets are unknown; assumed: none",
            "whether the controllers of pods are still there: no ReplicaSet was read; assumed: they are",
        ],
    );
    assert_eq!(
        report["autoscaler"]["nodeGroupsFrom"],
        "labels of nodes (eks.amazonaws.com/nodegroup)"
    );
    simulate(plane, &["--as", "nobody"]).fails(
        5,
        &[
            "not allowed to list nodes",
            "hint: ClusterRole \"day2-autoscale-sim\" in docs/rbac/autoscale-sim.yaml",
        ],
    );
}

#[test]
fn files_that_are_wrong_are_named() {
    let dir = scratch("autoscale-sim-files");
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let alone = |args: &[&str]| {
        let mut command =
            std::process::Command::new(crate::plugin::installation().join("kubectl-autoscale_sim"));
        command.env_remove("KUBECONFIG").env("HOME", "/nonexistent");
        Said::of(command.args(args).output().unwrap())
    };
    let good = write(
        "good.json",
        r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}]}"#,
    );
    let damaged = write(
        "damaged.json",
        r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":"#,
    );
    let groups = write("groups.yaml", "nodeGroups: [{name: a, maxSize: -1}]");
    let manifest = write(
        "manifest.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nspec: 3\n",
    );
    for (args, code, words) in [
        (
            &["--snapshot", &damaged][..],
            1,
            &[
                "damaged.json: it ends in the middle",
                "items[0]",
                "hint: a snapshot is a Kubernetes List",
            ][..],
        ),
        (
            &["--snapshot", &good, "--node-groups", &groups],
            2,
            &["node group \"a\": maxSize is negative", "hint: nodeGroups:"],
        ),
        (
            &["--snapshot", &good, "--node-groups", "/nonexistent"],
            2,
            &["node groups /nonexistent: No such file"],
        ),
        (
            &["--snapshot", &good, "-f", &manifest],
            2,
            &[
                "a Deployment can't be read",
                "hint: a manifest is what kubectl apply -f takes",
            ],
        ),
        (
            &["--snapshot", &good, "--debugging-snapshot", &good],
            2,
            &["it has no TemplateNodes"],
        ),
        (
            &["--snapshot", &good, "--set", "nonsense=1"],
            2,
            &["is no flag of Cluster Autoscaler"],
        ),
        (
            &[
                "--snapshot",
                &good,
                "add",
                "1",
                "--shape",
                "cpu=x,memory=1Gi",
            ],
            2,
            &["--shape: cpu: \"x\" is no quantity"],
        ),
    ] {
        alone(args).fails(code, words);
    }
    let said = alone(&["--snapshot", &good]);
    has(
        &said.ok(),
        &[
            "no pod needs a new node",
            "give them with --node-groups FILE",
        ],
    );
}

/// The page as a browser sees it: it parses to what was written, and shows bars that have a width.
#[test]
fn the_page_shows_in_a_browser() {
    test_support::tools::debian(&[("chromium", "chromium")]).unwrap();
    let dir = scratch("autoscale-sim-page");
    let node = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z",
                "labels": {"kubernetes.io/hostname": name, "pool": "a"}},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"},
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}})
    };
    let pod = |number: usize| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("p{number}"), "namespace": "d", "creationTimestamp": "2026-01-01T01:00:00Z"},
            "spec": {"schedulerName": "default-scheduler",
                "containers": [{"name": "c", "resources": {"requests": {"cpu": "3", "memory": "2Gi"}}}]},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}})
    };
    let list = json!({"apiVersion": "v1", "kind": "List",
        "metadata": {"annotations": {"day2.dev/snapshot-time": "2026-01-01T12:00:00Z"}},
        "items": [node("a-1"), pod(1), pod(2), pod(3)]});
    let (snapshot, groups, page) = (
        dir.join("cluster.json"),
        dir.join("groups.yaml"),
        dir.join("page.html"),
    );
    fs::write(&snapshot, list.to_string()).unwrap();
    fs::write(
        &groups,
        "nodeGroups: [{name: ng, minSize: 0, maxSize: 9, selector: pool=a}]",
    )
    .unwrap();
    let mut command =
        std::process::Command::new(crate::plugin::installation().join("kubectl-autoscale_sim"));
    command
        .arg("--snapshot")
        .arg(&snapshot)
        .arg("--node-groups")
        .arg(&groups);
    let text = Said::of(command.args(["-o", "html"]).output().unwrap()).ok();
    fs::write(&page, text).unwrap();
    let browser = std::process::Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", dir.join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let seen = String::from_utf8(browser.stdout).unwrap();
    has(
        &seen,
        &[
            "<h1>+2 ng</h1>",
            "2 pods helped, 1 pod fits already, none stays pending",
            "</body></html>",
        ],
    );
    assert_eq!(seen.matches("class=\"node new\"").count(), 2, "{seen}");
    assert_eq!(seen.matches("<div class=\"node").count(), 4, "{seen}");
    // Three pods, each a part of a CPU and of a memory bar.
    assert_eq!(seen.matches("width:75.0%").count(), 3, "{seen}");
    assert_eq!(seen.matches("width:25.0%").count(), 3, "{seen}");
}
