//! Plays one loop on a large made-up cluster, and says how long it took and how much memory.
//!
//! `loop KIND [PART]`, with the kinds and sizes of [`Kind`], or an Nth of them. Reading the objects is
//! not part of the time. `loop KIND PART DIRECTORY` writes the cluster as a snapshot and its groups
//! instead, for whoever measures the reading too.
#![allow(
    clippy::print_stdout,
    reason = "a tool that talks to whoever measures with it"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use autoscale_sim::cluster_autoscaler::cluster::Controller;
use autoscale_sim::cluster_autoscaler::scale_down::Effort;
use autoscale_sim::cluster_autoscaler::scenario::NOW;
use autoscale_sim::cluster_autoscaler::{Answer, Cluster, NodeGroup, Options, Search, run_once};
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::{Value, json};

/// So often it is played; the median counts.
const RUNS: usize = 5;
/// Thousandths of a core, and MiB, of the groups in turn.
const SHAPES: [(i64, i64); 5] = [
    (16_000, 65_536),
    (8_000, 32_768),
    (16_000, 131_072),
    (32_000, 131_072),
    (8_000, 65_536),
];
/// Of both, what is not for pods.
const RESERVED: (i64, i64) = (200, 2_000);

/// What a cluster is like.
struct Kind {
    name: &'static str,
    groups: usize,
    nodes_per_group: usize,
    /// Running pods on each node, beside two of `DaemonSet`s.
    pods_per_node: usize,
    controllers: usize,
    pending: usize,
    /// Whether two fifths of the controllers have spread constraints or anti-affinity.
    mix: bool,
    /// Whether nodes are filled unevenly, and scaling down is planned.
    down: bool,
}

/// How full nodes are in turn, in hundredths, if they are filled unevenly.
const UNEVEN: [i64; 5] = [20, 35, 45, 60, 90];

const KINDS: [Kind; 7] = [
    kind("a", 10, 100, 28, (20, 1_000), false),
    kind("a-mix", 10, 100, 28, (20, 1_000), true),
    Kind {
        down: true,
        ..kind("a-down", 10, 100, 28, (0, 0), false)
    },
    kind("b", 20, 250, 28, (100, 10_000), false),
    kind("b-mix", 20, 250, 28, (100, 10_000), true),
    kind("c", 10, 0, 0, (0, 50_000), false),
    kind("large-mix", 100, 1_000, 8, (500, 50_000), true),
];

const fn kind(
    name: &'static str,
    groups: usize,
    nodes_per_group: usize,
    pods_per_node: usize,
    (controllers, pending): (usize, usize),
    mix: bool,
) -> Kind {
    Kind {
        name,
        groups,
        nodes_per_group,
        pods_per_node,
        controllers,
        pending,
        mix,
        down: false,
    }
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let span = u64::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from((self.0 >> 33) % span).unwrap_or(0)
    }

    fn of(&mut self, all: &[i64]) -> i64 {
        let at = self.between(0, i64::try_from(all.len()).unwrap_or(1) - 1);
        all[usize::try_from(at).unwrap_or(0)]
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let part: Option<usize> = arguments.next().map_or(Some(1), |part| part.parse().ok());
    let kind = KINDS.iter().find(|kind| kind.name == name);
    let (Some(kind), Some(part @ 1..)) = (kind, part) else {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        println!("loop KIND [PART [DIRECTORY]], KIND one of {names:?}");
        return ExitCode::from(2);
    };
    let kind = Kind {
        nodes_per_group: kind.nodes_per_group.div_ceil(part),
        pending: kind.pending / part,
        ..*kind
    };
    let done = match arguments.next() {
        Some(directory) => write(&kind, Path::new(&directory)),
        None => measure(&kind),
    };
    match done {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(kind: &Kind) -> Made<Value> {
    let mut cluster = build(kind)?;
    let before = memory("VmRSS:");
    let search = Search {
        scale_down: kind.down.then_some(Effort { loops: 1 }),
        ..Search::default()
    };
    let mut times = Vec::new();
    let mut answer = Answer::default();
    for _ in 0..RUNS {
        let start = Instant::now();
        answer = run_once(&mut cluster, search);
        times.push(start.elapsed());
    }
    times.sort();
    let first = answer.outcomes.first();
    let added: i64 = first.map_or(0, |own| {
        own.scale_up.scale_ups.iter().map(|own| own.1).sum()
    });
    let helped: u32 = first.map_or(0, |own| {
        own.scale_up.triggered.iter().map(|own| own.count).sum()
    });
    let unneeded = first
        .and_then(|own| own.scale_down.first()?.ways.keys().next()?.first())
        .map(|pass| pass.unneeded.len());
    Ok(json!({
        "kind": kind.name, "nodes": cluster.nodes.len(), "pods": cluster.pods.len(),
        "pending": kind.pending, "wallMicroseconds": u64::try_from(times[RUNS / 2].as_micros()).unwrap_or(u64::MAX),
        "memoryBefore": before, "memoryPeak": memory("VmHWM:"),
        "added": added, "helped": helped, "unneeded": unneeded, "outcomes": answer.outcomes.len(),
    }))
}

/// Writes `cluster.json` and `groups.yaml`, and returns how large the first is.
fn write(kind: &Kind, directory: &Path) -> Made<Value> {
    let file = directory.join("cluster.json");
    let mut out = BufWriter::new(File::create(&file)?);
    write!(
        out,
        r#"{{"apiVersion":"v1","kind":"List","metadata":{{"annotations":{{"day2.dev/snapshot-time":"{NOW}"}}}},"items":["#
    )?;
    let mut count = 0_usize;
    let groups = generate(kind, &mut |object| {
        let separator: &[u8] = if count == 0 { b"\n" } else { b",\n" };
        out.write_all(separator)?;
        count += 1;
        match object {
            Object::Node(own) => serde_json::to_writer(&mut out, &own)?,
            Object::Pod(own) => serde_json::to_writer(&mut out, &own)?,
            Object::DaemonSet(own) => serde_json::to_writer(&mut out, &own)?,
            Object::ReplicaSet(name, replicas) => {
                let own = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
                    "metadata": {"name": name, "namespace": "default", "uid": format!("ReplicaSet-{name}")},
                    "spec": {"replicas": replicas, "selector": {}}});
                serde_json::to_writer(&mut out, &own)?;
            }
        }
        Ok(())
    })?;
    out.write_all(b"]}\n")?;
    out.flush()?;
    let groups: Vec<Value> = (groups.iter())
        .map(|own| json!({"name": own.name, "minSize": 0, "maxSize": own.max, "nodes": own.nodes}))
        .collect();
    // JSON is YAML too.
    let options = json!({"cores-total": "0:9000000000", "memory-total": "0:9000000000"});
    let text = json!({"options": options, "nodeGroups": groups}).to_string();
    std::fs::write(directory.join("groups.yaml"), text)?;
    let bytes = std::fs::metadata(&file)?.len();
    Ok(json!({"kind": kind.name, "objects": count, "bytes": bytes}))
}

/// What is made, one by one.
enum Object {
    Node(Box<Node>),
    Pod(Box<Pod>),
    DaemonSet(Box<DaemonSet>),
    /// Name and replicas.
    ReplicaSet(String, usize),
}

type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// Bytes of memory, as the system counts them.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    1024 * kib.unwrap_or(0)
}

fn build(kind: &Kind) -> Made<Cluster> {
    // So large a cluster has no autoscaler that stops at 320,000 cores.
    let mut options = Options {
        cores_total: (0, i64::MAX),
        memory_total: (0, i64::MAX >> 30),
        ..Options::default()
    };
    if kind.down {
        // All unneeded nodes in one loop, and nothing after it.
        options.set("max-scale-down-parallelism", "1000")?;
        options.set("scale-down-unneeded-time", "0")?;
    }
    let mut cluster = Cluster::new(options, NOW.parse()?);
    let groups = generate(kind, &mut |object| {
        match object {
            Object::Node(own) => cluster.add_node(*own),
            Object::Pod(own) => cluster.add_pod(&own),
            Object::DaemonSet(own) => cluster.add_daemon_set(*own),
            Object::ReplicaSet(name, replicas) => {
                let own = Controller {
                    uid: format!("ReplicaSet-{name}"),
                    replicas: i64::try_from(replicas)?,
                };
                cluster.add_controller("ReplicaSet", "default", &name, own);
            }
        }
        Ok(())
    })?;
    cluster.groups = groups;
    Ok(cluster)
}

/// Makes all objects, and returns the groups.
fn generate(kind: &Kind, take: &mut dyn FnMut(Object) -> Made<()>) -> Made<Vec<NodeGroup>> {
    let mut random = Random(42);
    let mut groups = Vec::new();
    for (name, _, _) in DAEMONS {
        take(Object::DaemonSet(Box::new(daemon_set(name)?)))?;
    }
    let nodes = kind.groups * kind.nodes_per_group;
    let apps = (nodes / 4).max(1);
    if kind.down {
        for app in 0..apps {
            let replicas = nodes * kind.pods_per_node / apps;
            take(Object::ReplicaSet(format!("run{app}"), replicas))?;
        }
    }
    for group in 0..kind.groups {
        let (cpu, memory) = SHAPES[group % SHAPES.len()];
        let names: Vec<String> = (0..kind.nodes_per_group)
            .map(|at| format!("ng-{group}-{at}"))
            .collect();
        for (at, name) in names.iter().enumerate() {
            take(Object::Node(Box::new(node(name, group, cpu, memory)?)))?;
            for (daemon, cpu, memory) in DAEMONS {
                let pod = daemon_pod(daemon, name, cpu, memory)?;
                take(Object::Pod(Box::new(pod)))?;
            }
            let number = group * kind.nodes_per_group + at;
            for pod in running(&mut random, kind, name, number, (cpu, memory), apps) {
                take(Object::Pod(Box::new(pod?)))?;
            }
        }
        let most = if kind.nodes_per_group == 0 {
            3_000
        } else {
            8 * kind.nodes_per_group
        };
        groups.push(NodeGroup {
            name: format!("ng-{group}"),
            max: i64::try_from(most)?,
            target: i64::try_from(names.len())?,
            template: if names.is_empty() {
                Some(node("template", group, cpu, memory)?)
            } else {
                None
            },
            nodes: names,
            ..NodeGroup::default()
        });
    }
    add_pending(&mut random, kind, take)?;
    Ok(groups)
}

const DAEMONS: [(&str, i64, i64); 2] = [("cni", 50, 64), ("logs", 100, 200)];

fn node(name: &str, group: usize, cpu: i64, memory: i64) -> Made<Node> {
    let zone = ["z-a", "z-b", "z-c"][group % 3];
    let list = |cpu: i64, memory: i64| json!({"cpu": format!("{cpu}m"), "memory": format!("{memory}Mi"), "pods": "110"});
    let text = json!({
        "metadata": {"name": name, "creationTimestamp": "2025-12-30T12:00:00Z", "labels": {
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/zone": zone, "topology.kubernetes.io/region": "r1",
            "pool": format!("pool-{}", group / 3)}},
        "spec": {},
        "status": {"capacity": list(cpu, memory),
            "allocatable": list(cpu - RESERVED.0, memory - RESERVED.1),
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2025-12-30T12:00:00Z"}]},
    });
    Ok(serde_json::from_value(text)?)
}

fn owner(kind: &str, name: &str) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": format!("{kind}-{name}"), "controller": true}])
}

fn containers(cpu: i64, memory: i64) -> Value {
    json!([{"name": "c", "image": "img", "resources": {"requests": {
        "cpu": format!("{cpu}m"), "memory": format!("{memory}Mi")}}}])
}

fn daemon_set(name: &str) -> Made<DaemonSet> {
    let own = DAEMONS.iter().find(|own| own.0 == name);
    let (_, cpu, memory) = *own.ok_or("no such DaemonSet")?;
    let text = json!({
        "metadata": {"name": name, "namespace": "kube-system", "uid": format!("DaemonSet-{name}")},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}}, "spec": {"containers": containers(cpu, memory)}}},
    });
    Ok(serde_json::from_value(text)?)
}

fn daemon_pod(name: &str, node: &str, cpu: i64, memory: i64) -> Made<Pod> {
    let text = json!({
        "metadata": {"name": format!("{name}-{node}"), "namespace": "kube-system",
            "creationTimestamp": "2025-12-30T13:00:00Z",
            "labels": {"app": name}, "ownerReferences": owner("DaemonSet", name)},
        "spec": {"nodeName": node, "containers": containers(cpu, memory)},
        "status": {"phase": "Running"},
    });
    Ok(serde_json::from_value(text)?)
}

/// Pods that leave about a quarter of a core of the node.
fn running<'a>(
    random: &'a mut Random,
    kind: &'a Kind,
    node: &'a str,
    number: usize,
    (cpu, memory): (i64, i64),
    apps: usize,
) -> impl Iterator<Item = Made<Pod>> + 'a {
    let part = if kind.down {
        UNEVEN[number % UNEVEN.len()]
    } else {
        100
    };
    let cpu = (cpu - RESERVED.0 - 150 - random.between(150, 350)) * part / 100;
    let memory = (memory - RESERVED.1 - 264 - random.between(500, 3_000)) * part * 4 / 500;
    let weights: Vec<i64> = (0..kind.pods_per_node)
        .map(|_| random.between(500, 1_500))
        .collect();
    let all: i64 = weights.iter().sum();
    weights.into_iter().enumerate().map(move |(at, weight)| {
        let app = format!("run{}", (number * kind.pods_per_node + at) % apps);
        let text = json!({
            "metadata": {"name": format!("{app}-{number}-{at}"), "namespace": "default",
                "creationTimestamp": "2025-12-30T13:00:00Z",
                "labels": {"app": app}, "ownerReferences": owner("ReplicaSet", &app)},
            "spec": {"nodeName": node, "schedulerName": "default-scheduler",
                "containers": containers((cpu * weight / all).max(10), (memory * weight / all).max(16))},
            "status": {"phase": "Running"},
        });
        Ok(serde_json::from_value(text)?)
    })
}

fn add_pending(
    random: &mut Random,
    kind: &Kind,
    take: &mut dyn FnMut(Object) -> Made<()>,
) -> Made<()> {
    if kind.controllers == 0 {
        let cpus = [100, 250, 300, 500, 700, 1000, 1500, 2000, 3000, 4000];
        let memories = [128, 256, 512, 1024, 2048, 4096, 8192];
        for at in 0..kind.pending {
            let spec = json!({"containers": containers(random.of(&cpus), random.of(&memories))});
            let pod = pending(&format!("p{at}"), None, spec)?;
            take(Object::Pod(Box::new(pod)))?;
        }
        return Ok(());
    }
    for at in 0..kind.controllers {
        let name = format!("pend{at}");
        let cpu = random.of(&[500, 800, 1200, 2000, 3000, 4000]);
        let memory = random.of(&[512, 1024, 3000, 6000]);
        let mut spec = json!({"containers": containers(cpu, memory)});
        let selector = json!({"matchLabels": {"app": name}});
        if kind.mix && at % 5 == 1 {
            spec["topologySpreadConstraints"] = spread("topology.kubernetes.io/zone", 5, &selector);
        } else if kind.mix && at % 10 == 2 {
            spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}]}});
        } else if kind.mix && at % 10 == 7 {
            spec["topologySpreadConstraints"] = spread("kubernetes.io/hostname", 3, &selector);
        }
        for number in 0..kind.pending / kind.controllers {
            let pod = pending(&format!("{name}-{number}"), Some(&name), spec.clone())?;
            take(Object::Pod(Box::new(pod)))?;
        }
    }
    Ok(())
}

fn spread(key: &str, skew: i64, selector: &Value) -> Value {
    json!([{"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}])
}

fn pending(name: &str, controller: Option<&str>, mut spec: Value) -> Made<Pod> {
    spec["schedulerName"] = json!("default-scheduler");
    let labels: BTreeMap<&str, &str> = controller.into_iter().map(|name| ("app", name)).collect();
    let owners = controller.map(|name| owner("ReplicaSet", name));
    let text = json!({
        "metadata": {"name": name, "namespace": "default", "uid": name,
            "creationTimestamp": "2026-01-01T11:55:00Z", "labels": labels,
            "ownerReferences": owners.unwrap_or_else(|| json!([]))},
        "spec": spec,
        "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]},
    });
    Ok(serde_json::from_value(text)?)
}
