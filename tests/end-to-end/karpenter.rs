//! `kubectl autoscale-sim --engine karpenter` on a real control plane: pools and claims are read from
//! the API, and what is wrong with them is said.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use test_support::ControlPlane;

use crate::autoscale_sim::{eventually, own_plane, simulate, unschedulable};
use crate::plugin::scratch;

/// As much of Karpenter's own definition as serves its objects; it also takes what Karpenter's would not.
fn definition(plural: &str, kind: &str) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.karpenter.sh")},
        "spec": {"group": "karpenter.sh", "scope": "Cluster",
            "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List")},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema":
                {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
}

pub fn pool(name: &str, weight: i32, requirements: &Value, limits: &Value) -> Value {
    json!({"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": name},
        "spec": {"weight": weight, "limits": limits,
            "disruption": {"consolidateAfter": "0s", "consolidationPolicy": "WhenEmptyOrUnderutilized"}, "template": {"spec": {"requirements": requirements,
            "nodeClassRef": {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "default"}}}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
}

pub fn apply(plane: &ControlPlane, items: &[Value]) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    plane.apply(&list.to_string()).unwrap();
}

fn instance_type(name: &str, cpu: &str, memory: &str, price: f64) -> Value {
    let offering = |capacity: &str, price: f64| {
        json!({"Price": price, "Available": true, "Requirements": [
            {"key": "karpenter.sh/capacity-type", "operator": "In", "values": [capacity]},
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a"]}]})
    };
    json!({"name": name, "architecture": "amd64", "operatingSystems": ["linux"],
        "resources": {"cpu": cpu, "memory": memory},
        "offerings": [offering("on-demand", price), offering("spot", price * 0.7)]})
}

fn web(replicas: usize) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "nodeSelector": {"karpenter.sh/capacity-type": "on-demand"},
                "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1500m", "memory": "1Gi"}}}]}}}})
}

pub fn files(dir: &Path) -> (String, String) {
    let types = dir.join("types.json");
    let list = json!([
        instance_type("s-2x", "2", "4Gi", 0.1),
        instance_type("s-4x", "4", "8Gi", 0.19)
    ]);
    fs::write(&types, list.to_string()).unwrap();
    let prices = dir.join("prices.csv");
    fs::write(&prices, "type,zone,capacity,price\ns-4x,*,on-demand,0.5\n").unwrap();
    (types.display().to_string(), prices.display().to_string())
}

fn compare(plane: &ControlPlane, types: &str) {
    // Side by side: there is no group that Cluster Autoscaler could let grow.
    let both = ["--engine", "both", "--instance-types", types, "-o", "json"];
    let report = simulate(plane, &both).json();
    let engines = report["engines"].as_array().unwrap();
    assert_eq!(engines[0]["engine"], "cluster-autoscaler", "{report:#}");
    assert_eq!(engines[0]["podsLeft"], 4);
    assert_eq!(engines[1]["newNodes"], 2);
    assert_eq!(engines[1]["podsPlaced"], 4);
    assert!((engines[1]["costPerHour"].as_f64().unwrap() - 0.38).abs() < 1e-9);
}

/// Makes the plane's only node one of Karpenter's; nothing runs on it.
fn hand_over_the_node(plane: &ControlPlane) {
    let patch = r#"{"spec": {"providerID": "test://node-0"}, "metadata": {"labels": {
        "karpenter.sh/nodepool": "plain", "karpenter.sh/registered": "true", "karpenter.sh/initialized": "true",
        "karpenter.sh/capacity-type": "spot", "topology.kubernetes.io/zone": "zone-a",
        "node.kubernetes.io/instance-type": "s-4x"}}}"#;
    plane
        .kubectl_output(&["patch", "node", "node-0", "-p", patch])
        .unwrap();
    let claim = json!({"apiVersion": "karpenter.sh/v1", "kind": "NodeClaim",
        "metadata": {"name": "plain-1", "labels": {"karpenter.sh/nodepool": "plain"}},
        "spec": {"requirements": []},
        "status": {"providerID": "test://node-0", "conditions": [{"type": "Consolidatable", "status": "True"}]}});
    apply(plane, &[claim]);
}

/// Makes the API server serve Karpenter's kinds.
pub fn install_kinds(plane: &ControlPlane) {
    apply(
        plane,
        &[
            definition("nodepools", "NodePool"),
            definition("nodeclaims", "NodeClaim"),
        ],
    );
    for name in ["nodepools", "nodeclaims"] {
        let name = format!("crd/{name}.karpenter.sh");
        plane
            .kubectl_output(&[
                "wait",
                "--for=condition=Established",
                &name,
                "--timeout=60s",
            ])
            .unwrap();
    }
    eventually("the API serves NodePools", || {
        plane
            .kubectl_output(&["get", "nodepools,nodeclaims"])
            .is_ok()
    });
}

#[test]
fn what_karpenter_would_launch_from_the_pools_that_are_there() {
    let plane = own_plane(1);
    let dir = scratch("karpenter");
    let (types, prices) = files(&dir);
    let karpenter = ["--engine", "karpenter", "--instance-types", types.as_str()];
    let ask = |more: &[&str]| simulate(&plane, &[&karpenter[..], more].concat());

    ask(&[]).fails(1, &["there are no NodePools", "Karpenter is not installed"]);
    simulate(&plane, &["--engine", "karpenter"]).fails(2, &["needs --instance-types FILE"]);

    install_kinds(&plane);
    ask(&[]).fails(1, &["there is no NodePool"]);

    apply(
        &plane,
        &[
            web(4),
            pool("plain", 1, &json!([]), &json!({"cpu": "100"})),
            pool(
                "odd",
                9,
                &json!([{"key": "team", "operator": "Like", "values": ["a"]}]),
                &json!({}),
            ),
            pool("tight", 5, &json!([]), &json!({"cpu": "1"})),
        ],
    );
    eventually("four pods wait", || unschedulable(&plane) == 4);

    // Four pods of one and a half cores: two of them on each node of four.
    let report = ask(&["-o", "json"]).json();
    assert_eq!(report["kind"], "KarpenterPlan");
    let claims = report["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 2, "{report:#}");
    for claim in claims {
        assert_eq!(claim["nodePool"], "plain");
        assert_eq!(claim["pods"].as_array().unwrap().len(), 2);
        assert_eq!(claim["instanceTypes"], json!(["s-4x"]));
        assert_eq!(claim["launches"][0]["capacityType"], "on-demand");
    }
    assert!((report["cost"]["perHour"].as_f64().unwrap() - 0.38).abs() < 1e-9);
    let pools = report["nodePools"].as_array().unwrap();
    let odd = pools.iter().find(|own| own["name"] == "odd").unwrap();
    let why = odd["leftOut"].as_str().unwrap();
    assert!(why.contains("unknown operator"), "{report:#}");

    let text = ask(&["--prices", &prices]).ok();
    for word in [
        "2 new nodes for 4 pods, 1.00 an hour, 730.00 a month; none stays pending",
        "requirement team Like: unknown operator; there are In, NotIn",
        "s-4x",
    ] {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }

    compare(&plane, &types);
    hand_over_the_node(&plane);
    let report = ask(&["--consolidation", "-o", "json"]).json();
    let own = &report["consolidation"];
    assert_eq!(own["empty"], json!(["node-0"]), "{report:#}");
    assert_eq!(own["nodes"][0]["verdict"], "empty");
    let text = ask(&["--consolidation"]).ok();
    let words = "consolidation: empty nodes go first: node-0";
    assert!(text.contains(words), "{text}");

    // Only the tight pool is left.
    plane
        .kubectl_output(&["delete", "nodepool", "plain"])
        .unwrap();
    let said = ask(&["--exit-code"]);
    assert_eq!(said.code, 3, "{}{}", said.stdout, said.stderr);
    assert!(
        said.stdout
            .contains("all available instance types exceed limits for nodepool (NodePool=tight)"),
        "{}",
        said.stdout
    );

    let empty = dir.join("empty.json");
    fs::write(&empty, "[]").unwrap();
    let empty = empty.display().to_string();
    simulate(
        &plane,
        &["--engine", "karpenter", "--instance-types", &empty],
    )
    .fails(2, &["the list is empty"]);
}
