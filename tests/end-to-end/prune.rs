//! `kubectl leases prune`: what is proven to be left over goes, and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster::{ApiServer, ConnectionFlags, PatchType, Resource, Write, in_parallel};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Node;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use test_support::{ControlPlane, ControlPlaneOptions};

use crate::plugin::{kubectl, leases, plane, scratch, wait_until_allowed};
use crate::rbac::documented_roles;
use crate::terminal::Terminal;

const HEARTBEATS: &str = "kube-node-lease";

fn lease(namespace: &str, name: &str, holder: &str, seconds: u32) -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": name, "namespace": namespace, "labels": {"test": namespace}},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": "2026-01-01T00:00:00.000000Z"}})
}

/// Makes a namespace with elections: `dead` ones with nobody alive, and others.
fn elections(namespace: &str) {
    let mut items = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alive-0", "namespace": namespace},
            "spec": {"nodeName": "node-0", "containers": [{"name": "main", "image": "pause"}]}}),
        lease(namespace, "renewed", "gone-9_1", 3600),
        lease(namespace, "of-a-pod", "alive-0_1", 1),
    ];
    items.extend((0..5).map(|index| {
        lease(
            namespace,
            &format!("dead-{index}"),
            &format!("gone-{index}_1"),
            1,
        )
    }));
    plane()
        .apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())
        .unwrap();
    // What was written in the past counts from when it was written.
    std::thread::sleep(std::time::Duration::from_secs(4));
}

fn names(namespace: &str) -> Vec<String> {
    let args = ["get", "leases", "-n", namespace, "-o", "name"];
    let names = plane().kubectl_output(&args).unwrap();
    names
        .lines()
        .map(|name| name.split('/').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn just_the_proven_orphans_go() {
    elections("left-over");
    let args = ["prune", "-n", "left-over", "--older-than", "1s"];
    let plan = leases(plane(), &[&args[..], &["--dry-run"]].concat()).ok();
    assert_eq!(plan.lines().count(), 6, "{plan}");
    assert!(
        plan.contains("its holder gone-3_1 is no pod and no node"),
        "{plan}"
    );
    leases(plane(), &args).fails(2, &["no terminal to ask at", "--yes"]);
    assert_eq!(names("left-over").len(), 7);
    let an_hour = leases(plane(), &["prune", "-n", "left-over", "--yes"]);
    assert!(
        an_hour.stderr.contains("nothing is left over"),
        "{}",
        an_hour.stderr
    );

    let done = leases(plane(), &[&args[..], &["--yes", "-o", "json"]].concat()).json();
    assert_eq!(done["kind"], "LeasePrune");
    assert_eq!(done["items"].as_array().unwrap().len(), 5);
    for item in done["items"].as_array().unwrap() {
        assert_eq!(item["deletion"], "deleted", "{done}");
    }
    assert_eq!(names("left-over"), ["of-a-pod", "renewed"]);
}

#[test]
fn heartbeats_of_nodes_that_are_gone_go() {
    plane()
        .apply(&lease("kube-node-lease", "left-behind", "left-behind", 1).to_string())
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let args = ["prune", "left-behind", "-n", "kube-node-lease", "--yes"];
    let said = leases(plane(), &args);
    assert!(
        said.stdout.contains("no node left-behind exists"),
        "{}{}",
        said.stdout,
        said.stderr
    );
    assert!(
        said.stderr.contains("1 Lease was deleted"),
        "{}",
        said.stderr
    );
    let left = names("kube-node-lease");
    assert!(!left.contains(&"left-behind".to_owned()), "{left:?}");
    assert!(left.contains(&"node-0".to_owned()), "{left:?}");
}

#[test]
fn who_may_only_read_deletes_nothing() {
    elections("kept");
    documented_roles();
    plane()
        .apply(
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"prune-reader"},
         "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"day2-leases"},
         "subjects":[{"kind":"User","name":"prune-reader","apiGroup":"rbac.authorization.k8s.io"}]}"#,
        )
        .unwrap();
    wait_until_allowed("prune-reader", &["list", "nodes"]);
    let args = [
        "prune",
        "-n",
        "kept",
        "--older-than",
        "1s",
        "--yes",
        "--as",
        "prune-reader",
    ];
    leases(plane(), &args).fails(5, &["not allowed to delete leases.coordination.k8s.io"]);
    assert_eq!(names("kept").len(), 7);
}

/// Of so many heartbeats …
const ALL: usize = 3_000;
/// … so many are left over and stay as they are,
const ORPHANS: usize = 50;
/// so many are written to while they are being deleted,
const RACED: usize = 12;
/// and so many have no node, but are renewed.
const FRESH: usize = 70;

/// Nobody minds these nodes: there are no controllers.
#[test]
fn of_three_thousand_heartbeats_just_the_orphans_go() {
    let plane = ControlPlane::start(&ControlPlaneOptions {
        controller_managers: 0,
        schedulers: 0,
        nodes: 0,
        ..ControlPlaneOptions::default()
    })
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let heartbeats = runtime.block_on(async { Heartbeats::of(&plane) });
    runtime.block_on(heartbeats.create());
    let names = || -> BTreeSet<String> {
        let args = ["get", "leases", "-n", HEARTBEATS, "-o", "name"];
        let names = plane.kubectl_output(&args).unwrap();
        names
            .lines()
            .map(|name| name.split('/').nth(1).unwrap().to_owned())
            .collect()
    };
    let before = names();
    assert_eq!(before.len(), ALL);
    std::thread::sleep(Duration::from_secs(3));

    let file = scratch("pruned").join("report.json");
    let mut command = kubectl(&plane);
    command.args(["leases", "prune", "-n", HEARTBEATS, "-o", "json"]);
    let mut terminal = Terminal::start(&command, &format!(">{}", file.display()));
    terminal.wait_for("Delete these 63 Leases? [y/N]");
    // A node that comes back while one thinks about it.
    runtime.block_on(heartbeats.renew("returning"));
    terminal.types("y");
    let raced = runtime.block_on(heartbeats.race());
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen:#?}");

    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(report["examined"], ALL);
    let became = |name: &str| {
        let items = report["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["name"] == name);
        item.unwrap_or_else(|| panic!("{name} is not among {items:?}"))["deletion"].clone()
    };
    let mut gone: BTreeSet<String> = (0..ORPHANS)
        .map(|index| format!("orphan-{index}"))
        .collect();
    for name in &gone {
        assert_eq!(became(name), "deleted", "{name}");
    }
    assert_eq!(became("returning"), "changed");
    for (name, was_written) in raced {
        // Who could still write to it must find it as it was written.
        assert_eq!(
            became(&name),
            if was_written { "changed" } else { "deleted" },
            "{name}"
        );
        if !was_written {
            gone.insert(name);
        }
    }
    let left: BTreeSet<String> = before.difference(&gone).cloned().collect();
    assert_eq!(names(), left);
}

/// Thousands of heartbeats, and a quick hand to write them.
struct Heartbeats {
    server: ApiServer,
}

impl Heartbeats {
    fn of(plane: &ControlPlane) -> Self {
        let server = ApiServer::connect(&ConnectionFlags {
            kubeconfig: Some(plane.kubeconfig()),
            ..ConnectionFlags::default()
        });
        Self {
            server: server.unwrap(),
        }
    }

    async fn create(&self) {
        let nodes = (0..ALL - FRESH - ORPHANS - RACED - 1).map(|index| format!("worker-{index}"));
        let fresh = (0..FRESH).map(|index| format!("fresh-{index}"));
        let orphans = (0..ORPHANS).map(|index| format!("orphan-{index}"));
        let raced = (0..RACED).map(|index| format!("raced-{index}"));
        let silent = orphans.chain(raced).chain(["returning".to_owned()]);
        let now = Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
            .to_string();
        let mut writes = Vec::new();
        for name in nodes.clone() {
            let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}});
            writes.push(Write::create(Resource::of::<Node>(), None, &node));
        }
        let lease =
            |object: &Value| Write::create(Resource::of::<Lease>(), Some(HEARTBEATS), object);
        // Those of the nodes are silent too: that there is a node is all that keeps them.
        writes.extend(
            nodes
                .chain(silent)
                .map(|name| lease(&self::lease(HEARTBEATS, &name, &name, 1))),
        );
        writes.extend(fresh.map(|name| {
            let mut object = self::lease(HEARTBEATS, &name, &name, 3600);
            object["spec"]["renewTime"] = json!(now);
            lease(&object)
        }));
        let send = |write: Write| async move {
            self.server.write::<IgnoredAny>(&write).await.unwrap();
        };
        let mut parts = writes
            .chunks(writes.len().div_ceil(4))
            .map(<[Write]>::to_vec);
        let mut part = || in_parallel(parts.next().unwrap_or_default().into_iter().map(send));
        tokio::join!(part(), part(), part(), part());
    }

    async fn renew(&self, name: &str) {
        let now = Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
            .to_string();
        let patch = json!({"spec": {"renewTime": now}});
        assert!(self.patch(name, &patch).await, "{name} is gone");
    }

    /// Writes to one after the other while they are being deleted; whether each was there.
    async fn race(&self) -> Vec<(String, bool)> {
        let mut raced = Vec::new();
        for index in 0..RACED {
            let name = format!("raced-{index}");
            let patch = json!({"metadata": {"labels": {"written": "meanwhile"}}});
            let was_there = self.patch(&name, &patch).await;
            raced.push((name, was_there));
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        raced
    }

    async fn patch(&self, name: &str, patch: &Value) -> bool {
        let lease = Resource::of::<Lease>();
        let write = Write::patch(lease, Some(HEARTBEATS), name, PatchType::Merge, patch);
        self.server.write::<IgnoredAny>(&write).await.is_ok()
    }
}
