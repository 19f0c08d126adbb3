//! `kubectl autoscale-sim down` on a real control plane: a verdict for each node, and a node that is
//! said to go can be emptied.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use test_support::ControlPlane;

use crate::autoscale_sim::{eventually, list, own_plane, simulate};
use crate::plugin::{Said, installation, scratch};

/// A Deployment that runs on the nodes of these names only.
fn deployment(name: &str, cpu: &str, hosts: &[&str]) -> Value {
    let term = json!({"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": hosts}]});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}},
                "spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}},
                    "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}]}}}})
}

fn group(name: &str, min: i64, nodes: i64) -> String {
    format!(
        "- name: {name}\n  health:\n    status: Healthy\n    nodeCounts:\n      registered:\n        total: {nodes}\n    cloudProviderTarget: {nodes}\n    minSize: {min}\n    maxSize: 9\n  scaleUp:\n    status: NoActivity\n"
    )
}

/// What Cluster Autoscaler writes, as far as it is read, and its own Deployment.
fn autoscaler() -> [Value; 2] {
    let groups = [("workers", 1, 4), ("spare", 0, 2), ("fixed", 1, 1)];
    let groups: String = groups
        .iter()
        .map(|&(name, min, nodes)| group(name, min, nodes))
        .collect();
    let status = format!(
        "time: 2026-01-01 12:00:00.5 +0000 UTC\nautoscalerStatus: Running\nnodeGroups:\n{groups}"
    );
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "cluster-autoscaler-status", "namespace": "kube-system"}, "data": {"status": status}});
    let own = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cluster-autoscaler", "namespace": "kube-system"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "ca"}},
            "template": {"metadata": {"labels": {"app": "ca"}}, "spec": {"containers": [{"name": "ca",
                "image": "registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.1",
                "command": ["./cluster-autoscaler", "--scale-down-unneeded-time=30m"]}]}}}});
    [map, own]
}

fn set_up(plane: &ControlPlane) {
    let label = |node: &str, group: &str| {
        let label = format!("eks.amazonaws.com/nodegroup={group}");
        plane
            .kubectl_output(&["label", "node", node, &label])
            .unwrap();
    };
    for node in ["node-0", "node-1", "node-2", "node-6"] {
        label(node, "workers");
    }
    for node in ["node-3", "node-4"] {
        label(node, "spare");
    }
    label("node-5", "fixed");
    let alone = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alone", "namespace": "default"},
        "spec": {"nodeName": "node-2", "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "100m"}}}]}});
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "guard", "namespace": "default"},
        "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "guarded"}}}});
    let items = [
        deployment("busy", "2500m", &["node-0"]),
        deployment("pinned", "500m", &["node-1"]),
        deployment("guarded", "500m", &["node-6"]),
        alone,
        budget,
    ];
    let items: Vec<Value> = items.into_iter().chain(autoscaler()).collect();
    let list_of = json!({"apiVersion": "v1", "kind": "List", "items": items});
    eventually("pods may be created", || {
        plane.kubectl_output(&["get", "sa", "default"]).is_ok()
    });
    plane.apply(&list_of.to_string()).unwrap();
    let running = |count: usize| {
        eventually("the pods run", || {
            let pods = list(plane, "pods");
            pods.iter()
                .filter(|pod| pod["status"]["phase"] == "Running")
                .count()
                == count
        });
    };
    running(4);
    // Of two nodes that it may run on, the scheduler takes the emptier one.
    let light = deployment("light", "200m", &["node-3", "node-0"]);
    plane.apply(&light.to_string()).unwrap();
    running(5);
    eventually("the budget is counted", || {
        list(plane, "pdb")[0]["status"]["expectedPods"] == 1
    });
    // The autoscaler has found node-4 unneeded 20 minutes ago.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let taint = format!(
        "DeletionCandidateOfClusterAutoscaler={}:PreferNoSchedule",
        now - 20 * 60
    );
    plane
        .kubectl_output(&["taint", "node", "node-4", &taint])
        .unwrap();
}

/// Verdict and rule by node.
fn verdicts(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let nodes = report["verdicts"].as_array().unwrap();
    let mut all: Vec<String> = (nodes.iter())
        .map(|own| {
            let rule = own.get("blockingReason").unwrap_or(&own["reason"]);
            let pod = text(&own["blockingPod"]);
            let pod = pod.split('/').nth(1).unwrap_or("-");
            let pod = pod.split('-').next().unwrap_or("-");
            format!(
                "{} {} {} {pod}",
                text(&own["node"]),
                text(&own["verdict"]),
                text(rule)
            )
        })
        .collect();
    all.sort();
    all
}

const WANT: [&str; 7] = [
    "node-0 stays NotUnderutilized ",
    "node-1 stays NoPlaceToMovePods ",
    "node-2 stays NotReplicated alone",
    "node-3 waits NotUnneededLongEnough ",
    "node-4 goes - ",
    "node-5 stays NodeGroupMinSizeReached ",
    "node-6 stays NotEnoughPdb guarded",
];

#[test]
fn each_node_has_a_verdict_and_what_goes_can_be_emptied() {
    let plane = own_plane(7);
    set_up(&plane);
    let report = simulate(&plane, &["down", "-o", "json"]).json();
    assert_eq!(report["kind"], "ScaleDownPlan");
    let said = verdicts(&report);
    let said: Vec<&str> = said.iter().map(|own| own.trim_end_matches('-')).collect();
    assert_eq!(said, WANT, "{report:#}");
    assert_eq!(report["first"][0]["nodes"], json!(["node-4"]));
    assert_eq!(report["limits"]["unneededSeconds"], 1800);
    let unknown = report["unknown"].to_string();
    assert!(
        unknown.contains("since when 1 node has been unneeded"),
        "{unknown}"
    );
    assert!(
        unknown.contains("whether the autoscaler has added"),
        "{unknown}"
    );

    let table = simulate(&plane, &["down"]).ok();
    let first = table.lines().next().unwrap();
    assert!(first.starts_with("node-4 goes in "), "{table}");
    assert!(first.ends_with(", 1 waits, 5 stay"), "{table}");
    for words in [
        "PodDisruptionBudget default/guard allows no disruption now",
        "group fixed is at its minimum of 1",
        "pod default/alone: no controller would make it anew",
        "% of cpu is requested, more than 50%",
        "limits: at most 50% requested, unneeded for 30m (20m if not ready), 10 at once (1 with pods), 10m after nodes were added",
        "node groups: ConfigMap kube-system/cluster-autoscaler-status",
        "flags of Deployment kube-system/cluster-autoscaler",
    ] {
        assert!(table.contains(words), "no {words:?} in:\n{table}");
    }
    assert_eq!(
        simulate(&plane, &["down", "-o", "name"]).ok(),
        "node/node-4\nnode/node-3\n"
    );
    let freer = [
        "down",
        "--set",
        "scale-down-utilization-threshold=0.9",
        "-o",
        "json",
    ];
    let freer = verdicts(&simulate(&plane, &freer).json());
    assert!(
        freer[0].starts_with("node-0 stays NoPlaceToMovePods"),
        "{freer:?}"
    );
    simulate(&plane, &["down", "--until-stable"]).fails(2, &["--until-stable"]);

    from_other_sources(&plane);

    // Both unneeded nodes can be emptied, and all pods run then.
    for node in ["node-4", "node-3"] {
        plane
            .kubectl_output(&["drain", node, "--ignore-daemonsets", "--timeout=60s"])
            .unwrap();
        plane.kubectl_output(&["delete", "node", node]).unwrap();
    }
    eventually("all pods run elsewhere", || {
        let pods = list(&plane, "pods");
        let runs = |pod: &&Value| {
            pod["status"]["phase"] == "Running" && pod["metadata"]["deletionTimestamp"].is_null()
        };
        pods.len() == 5 && pods.iter().filter(runs).count() == 5
    });
    plane.stop().unwrap();
}

/// A snapshot says the same, without an API server; with less known, that is said.
fn from_other_sources(plane: &ControlPlane) {
    let dir = scratch("autoscale-down");
    let kinds = "nodes,pods,ns,ds,deploy,rs,sts,rc,jobs,pdb,cm";
    let text = plane
        .kubectl_output(&["get", kinds, "-A", "-o", "json"])
        .unwrap();
    let file = dir.join("cluster.json");
    fs::write(&file, &text).unwrap();
    let file = file.display().to_string();
    let alone = |args: &[&str]| {
        let mut command = Command::new(installation().join("kubectl-autoscale_sim"));
        command.env_remove("KUBECONFIG").env("HOME", "/nonexistent");
        Said::of(command.args(args).output().unwrap())
    };
    let report = alone(&["down", "--snapshot", &file, "-o", "json"]).json();
    let said = verdicts(&report);
    let said: Vec<&str> = said.iter().map(|own| own.trim_end_matches('-')).collect();
    assert_eq!(said, WANT);

    // Groups from a file, and the autoscaler's options too.
    let groups = dir.join("groups.yaml");
    fs::write(
        &groups,
        "options: {scale-down-unneeded-time: 5m}\nnodeGroups: [{name: all, minSize: 6, maxSize: 9, nodes: [node-0, node-1, node-2, node-3, node-4, node-5, node-6]}]\n",
    )
    .unwrap();
    let groups = groups.display().to_string();
    let args = [
        "down",
        "--snapshot",
        &file,
        "--node-groups",
        &groups,
        "-o",
        "json",
    ];
    let report = alone(&args).json();
    // One node may go. The marked one's time is over by far, so it goes at once.
    assert_eq!(report["first"][0]["nodes"], json!(["node-4"]), "{report:#}");
    assert_eq!(report["first"][0]["time"], report["time"]);

    // Without the autoscaler's own words, labels tell groups, and limits are assumed.
    let mut objects: Value = serde_json::from_str(&text).unwrap();
    let items = objects["items"].as_array_mut().unwrap();
    items.retain(|item| {
        item["metadata"]["name"] != "cluster-autoscaler-status"
            && item["metadata"]["name"] != "cluster-autoscaler"
            && item["kind"] != "PodDisruptionBudget"
    });
    let bare = dir.join("bare.json");
    fs::write(&bare, objects.to_string()).unwrap();
    let bare = bare.display().to_string();
    let report = alone(&["down", "--snapshot", &bare, "-o", "json"]).json();
    let unknown = report["unknown"].to_string();
    for words in [
        "the minimum size of fixed, spare, workers is unknown; assumed: 0",
        "the autoscaler's flags: no Deployment of it was found",
    ] {
        assert!(unknown.contains(words), "no {words:?} in {unknown}");
    }
    let said = verdicts(&report);
    // No minimum is known, so the last node of its group may go as well.
    assert!(!said[5].contains("NodeGroupMinSizeReached"), "{said:?}");

    // No group at all: said as such, and every node has a verdict.
    for item in objects["items"].as_array_mut().unwrap() {
        if item["kind"] == "Node" {
            item["metadata"]["labels"]
                .as_object_mut()
                .unwrap()
                .remove("eks.amazonaws.com/nodegroup");
        }
    }
    fs::write(&bare, objects.to_string()).unwrap();
    let said = alone(&["down", "--snapshot", &bare]);
    let text = said.ok();
    assert!(
        text.starts_with("no node goes: no node group is known\n"),
        "{text}"
    );
    assert!(text.contains("give them with --node-groups FILE"), "{text}");
}
