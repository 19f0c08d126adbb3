//! The real scheduler as the judge of `kubectl autoscale-sim`: on generated clusters, the nodes that
//! the answer names are added, and the scheduler must then bind as many pods of each owner as the
//! answer said, and none of those it said would stay.
//!
//! More clusters than the few of an ordinary run:
//!
//!     DAY2_CLUSTERS=200 DAY2_SEED=1 cargo test --test end-to-end the_scheduler_binds

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use test_support::{ControlPlane, Signal};

use crate::autoscale_sim::{eventually, list, own_plane, simulate};
use crate::plugin::scratch;

/// How many clusters an ordinary run has.
const CLUSTERS: u64 = 25;
/// Loops of the autoscaler that are followed in each.
const LOOPS: usize = 2;
/// Pods of these shares of a node; each divides the ones before it, and larger ones have a higher
/// priority, so that what fits does not depend on which of several nodes the scheduler picks.
const SHARES: [u64; 4] = [1, 2, 4, 8];

/// Numbers that a seed decides (splitmix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut own = self.0;
        own = (own ^ (own >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        own = (own ^ (own >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        own ^ (own >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A group of nodes, and what it is for.
struct Group {
    name: String,
    class: String,
    cores: u64,
    zone: u64,
    tainted: bool,
    max: u64,
    /// Nodes it has at the start.
    nodes: u64,
}

struct Case {
    groups: Vec<Group>,
    objects: Vec<Value>,
    daemon: bool,
}

/// What a `DaemonSet` takes of each node, in thousandths of a core; nodes have it on top.
const DAEMON: u64 = 100;

fn generate(random: &mut Random) -> Case {
    let mut groups = Vec::new();
    let mut objects = Vec::new();
    let daemon = random.chance(50);
    if daemon {
        objects.push(daemon_set());
    }
    for class in 0..=random.below(3) {
        // Pods that keep their distance have a class of their own: larger ones could take their places.
        let apart = random.chance(35);
        let tainted = random.chance(30);
        for _ in 0..if apart { 1 } else { 1 + random.below(2) } {
            let nodes = random.below(3);
            groups.push(Group {
                name: format!("ng-{}", groups.len()),
                class: format!("class-{class}"),
                cores: 4 << random.below(3),
                zone: random.below(2),
                tainted,
                max: nodes + random.below(6),
                nodes,
            });
        }
        let workloads = if apart { 1 } else { 1 + random.below(4) };
        for number in 0..workloads {
            objects.push(replica_set(
                random,
                &format!("w{class}-{number}"),
                class,
                tainted,
                apart,
            ));
        }
    }
    if random.chance(60) {
        objects.push(replica_set(random, "nowhere", 99, false, false));
    }
    Case {
        groups,
        objects,
        daemon,
    }
}

fn daemon_set() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}},
            "spec": {"priorityClassName": "system-node-critical", "tolerations": [{"operator": "Exists"}],
                "containers": [container(DAEMON)]}}}})
}

fn container(milli: u64) -> Value {
    json!({"name": "c", "image": "i", "resources": {"requests": {"cpu": format!("{milli}m"), "memory": format!("{milli}Mi")}}})
}

fn replica_set(random: &mut Random, name: &str, class: u64, tainted: bool, apart: bool) -> Value {
    let share = SHARES[usize::try_from(random.below(4)).unwrap()];
    // Some are too large for any node.
    let cores = if random.chance(10) {
        64_000
    } else {
        4_000 / share
    };
    let mut spec = json!({
        "nodeSelector": {"class": format!("class-{class}")},
        "priorityClassName": format!("share-{share}"),
        "containers": [container(cores)],
    });
    if tainted && random.chance(85) {
        spec["tolerations"] =
            json!([{"key": "only", "value": format!("class-{class}"), "effect": "NoSchedule"}]);
    }
    if apart {
        let selector = json!({"matchLabels": {"app": name}});
        if random.chance(50) {
            spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}]}});
        } else {
            spec["topologySpreadConstraints"] = json!([{"maxSkew": 1 + random.below(2), "whenUnsatisfiable": "DoNotSchedule",
                "topologyKey": "kubernetes.io/hostname", "labelSelector": selector}]);
        }
    }
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": 1 + random.below(9), "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec}}})
}

impl Group {
    fn node(&self, number: u64, daemon: bool) -> Value {
        let name = format!("{}-{number}", self.name);
        let milli = self.cores * 1000 + if daemon { DAEMON } else { 0 };
        let resources = json!({"cpu": format!("{milli}m"), "memory": format!("{}Mi", milli * 2), "pods": "110"});
        let taints = if self.tainted {
            json!([{"key": "only", "value": self.class, "effect": "NoSchedule"}])
        } else {
            json!([])
        };
        json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                    "topology.kubernetes.io/zone": format!("zone-{}", self.zone), "class": self.class, "group": self.name}},
            "spec": {"taints": taints},
            "status": {"capacity": resources, "allocatable": resources}})
    }

    fn entry(&self, daemon: bool) -> Value {
        let mut template = self.node(0, daemon);
        template["metadata"]["name"] = json!(format!("{}-template", self.name));
        json!({"name": self.name, "minSize": 0, "maxSize": self.max, "selector": format!("group={}", self.name), "template": template})
    }
}

/// Pods by owner: all, and those that have a node.
type Counts = BTreeMap<String, (usize, usize)>;

fn counts(plane: &ControlPlane) -> Counts {
    let mut all = Counts::new();
    for pod in list(plane, "pods") {
        let owner = pod["metadata"]["ownerReferences"][0]["name"].as_str();
        let own = all.entry(owner.unwrap_or("none").to_owned()).or_default();
        own.0 += 1;
        own.1 += usize::from(pod["spec"]["nodeName"].is_string());
    }
    all
}

fn add_nodes(plane: &ControlPlane, nodes: &[Value]) {
    if nodes.is_empty() {
        return;
    }
    let text = json!({"apiVersion": "v1", "kind": "List", "items": nodes}).to_string();
    plane.apply(&text).unwrap();
    eventually("all nodes are ready", || {
        list(plane, "nodes").iter().all(|node| {
            let conditions = node["status"]["conditions"].as_array();
            let ready = |own: &Value| own["type"] == "Ready" && own["status"] == "True";
            // The controllers' own taint of a new node goes a moment later.
            let taints = node["spec"]["taints"].as_array();
            let passing = |own: &Value| {
                own["key"]
                    .as_str()
                    .unwrap_or_default()
                    .starts_with("node.kubernetes.io/")
            };
            conditions.into_iter().flatten().any(ready)
                && !taints.into_iter().flatten().any(passing)
        })
    });
}

/// Lets the scheduler look at every pod once, in the order of their priority: a pod of the lowest
/// priority is created, and once that one is bound all others have had their turn.
fn schedule(plane: &ControlPlane, round: usize) {
    let name = format!("last-{round}");
    let last = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"priorityClassName": "last", "nodeSelector": {"for": "last"}, "containers": [{"name": "c", "image": "i"}]}});
    plane.apply(&last.to_string()).unwrap();
    plane.start_scheduler(0).unwrap();
    eventually("the pod of the lowest priority is bound", || {
        let path = ["get", "pod", &name, "-o", "jsonpath={.spec.nodeName}"];
        plane
            .kubectl_output(&path)
            .is_ok_and(|node| !node.is_empty())
    });
    plane.stop_scheduler(0, Signal::Terminate).unwrap();
    let force = ["delete", "pod", &name, "--force", "--grace-period=0"];
    plane.kubectl_output(&force).unwrap();
}

/// Of the pods that an answer lists, how many of each owner.
fn by_owner(list: &Value) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for own in list.as_array().into_iter().flatten() {
        let count = usize::try_from(own["count"].as_u64().unwrap()).unwrap();
        *all.entry(own["owner"].as_str().unwrap().to_owned())
            .or_default() += count;
    }
    all
}

/// What is wrong with an outcome, given what the scheduler has done.
fn disagreement(outcome: &Value, before: &Counts, after: &Counts) -> Option<String> {
    let (helped, fit) = (
        by_owner(&outcome["podsHelped"]),
        by_owner(&outcome["podsSchedulable"]),
    );
    after
        .iter()
        .filter(|(owner, _)| *owner != "agent" && *owner != "none")
        .find_map(|(owner, own)| {
            let was = before.get(owner).map_or(0, |own| own.1);
            let said = helped.get(owner).unwrap_or(&0) + fit.get(owner).unwrap_or(&0);
            let bound = own.1 - was;
            (bound != said)
                .then(|| format!("{owner}: said {said} pods would be bound, and {bound} were"))
        })
}

/// Follows the first outcome; returns whether anything was added.
fn follow(
    plane: &ControlPlane,
    case: &Case,
    sizes: &mut [u64],
    file: &Path,
    round: usize,
    what: &str,
) -> bool {
    let before = counts(plane);
    let file = file.display().to_string();
    let report = simulate(plane, &["--node-groups", &file, "-o", "json"]).json();
    let first = &report["outcomes"][0];
    let added = first["scaleUps"].as_array().unwrap();
    let mut nodes = Vec::new();
    for change in added {
        let at = case
            .groups
            .iter()
            .position(|own| change["group"] == own.name.as_str())
            .unwrap();
        for _ in 0..change["add"].as_u64().unwrap() {
            nodes.push(case.groups[at].node(sizes[at], case.daemon));
            sizes[at] += 1;
        }
    }
    add_nodes(plane, &nodes);
    if case.daemon {
        let all: u64 = sizes.iter().sum();
        eventually("each node has its daemon", || {
            counts(plane)
                .get("agent")
                .is_some_and(|own| own.0 as u64 >= all)
        });
    }
    schedule(plane, round);
    let after = counts(plane);
    // Outcomes that add the same nodes may differ in the pods they help: chance has decided.
    let same = |own: &&Value| own["scaleUps"] == first["scaleUps"];
    let all: Vec<Option<String>> = (report["outcomes"].as_array().unwrap().iter())
        .filter(same)
        .map(|own| disagreement(own, &before, &after))
        .collect();
    assert!(
        all.iter().any(Option::is_none),
        "{what}, loop {round}: {}\n{report:#}",
        all[0].as_deref().unwrap_or_default()
    );
    !added.is_empty()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "how much was tried, and how to try it again"
)]
fn the_scheduler_binds_just_the_pods_that_the_answer_names() {
    let plane = own_plane(1);
    let seed = number("DAY2_SEED", 1);
    let classes: Vec<Value> = SHARES
        .iter()
        .map(|share| (format!("share-{share}"), 1000 / share))
        .chain([("last".to_owned(), 0)])
        .map(|(name, value)| {
            json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
                "value": value, "preemptionPolicy": "Never"})
        })
        .collect();
    let classes = json!({"apiVersion": "v1", "kind": "List", "items": classes});
    plane.apply(&classes.to_string()).unwrap();
    plane
        .kubectl_output(&["label", "node", "node-0", "for=last"])
        .unwrap();
    plane.stop_scheduler(0, Signal::Terminate).unwrap();
    let file = scratch("autoscale-truth").join("groups.json");
    let (mut added, mut helped) = (0, 0);
    for cluster in 0..number("DAY2_CLUSTERS", CLUSTERS) {
        let what = format!("DAY2_SEED={seed}, cluster {cluster}");
        let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(cluster));
        let case = generate(&mut random);
        let mut sizes: Vec<u64> = case.groups.iter().map(|group| group.nodes).collect();
        let nodes: Vec<Value> = case
            .groups
            .iter()
            .flat_map(|group| (0..group.nodes).map(|at| group.node(at, case.daemon)))
            .collect();
        add_nodes(&plane, &nodes);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": case.objects});
        plane.apply(&list.to_string()).unwrap();
        let wanted: u64 = case
            .objects
            .iter()
            .filter_map(|own| own["spec"]["replicas"].as_u64())
            .sum();
        let daemons = if case.daemon { nodes.len() as u64 } else { 0 };
        eventually("the controllers have made all pods", || {
            let all: usize = counts(&plane).values().map(|own| own.0).sum();
            all as u64 >= wanted + daemons
        });
        schedule(&plane, 0);
        let groups: Vec<Value> = case
            .groups
            .iter()
            .map(|group| group.entry(case.daemon))
            .collect();
        fs::write(&file, json!({"nodeGroups": groups}).to_string()).unwrap();
        for round in 1..=LOOPS {
            if !follow(&plane, &case, &mut sizes, &file, round, &what) {
                break;
            }
            added += 1;
        }
        helped += counts(&plane).values().map(|own| own.1).sum::<usize>();
        for kinds in ["replicasets,daemonsets", "pods"] {
            let delete = [
                "delete",
                kinds,
                "--all",
                "-n",
                "default",
                "--force",
                "--grace-period=0",
            ];
            plane.kubectl_output(&delete).unwrap();
        }
        plane
            .kubectl_output(&["delete", "nodes", "-l", "group", "--wait=false"])
            .unwrap();
        eventually("all is gone", || {
            counts(&plane).is_empty() && list_nodes(&plane) == 1
        });
    }
    println!("seed {seed}: {added} scale-ups followed, {helped} pods bound in all");
    assert!(added > 0 && helped > 0);
    plane.stop().unwrap();
}

fn list_nodes(plane: &ControlPlane) -> usize {
    list(plane, "nodes").len()
}
