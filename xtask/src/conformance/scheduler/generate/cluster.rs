//! The ground every case stands on: nodes, namespaces, pods that run already.

use serde_json::{Value, json};

use super::super::random::Random;
use super::{push, set, words};

/// A case in the making.
pub struct Draft {
    pub random: Random,
    pub nodes: Vec<Value>,
    pub pods: Vec<Value>,
    pub others: Vec<Value>,
    pub pod: Value,
    /// The node for which the pod in question waits already, as one pod among others.
    waits_for: Option<String>,
}

impl Draft {
    pub fn new(mut random: Random) -> Self {
        let most = if random.chance(8) { 40 } else { 9 };
        let count = random.between(2, most);
        let roomy = random.chance(80);
        let nodes: Vec<Value> = (0..count).map(|i| node(&mut random, i, roomy)).collect();
        let per_node = random.between(0, 3);
        let namespace = random.pick(words::NAMESPACES);
        let pod = plain_pod(&mut random, "pod", namespace);
        let mut draft = Self {
            random,
            nodes,
            pods: Vec::new(),
            others: Vec::new(),
            pod,
            waits_for: None,
        };
        for i in 0..count * per_node {
            let pod = draft.running(&format!("run-{i}"));
            draft.pods.push(pod);
        }
        draft.namespaces();
        draft
    }

    fn namespaces(&mut self) {
        for name in words::NAMESPACES {
            if self.random.chance(10) {
                continue;
            }
            let mut labels = json!({"kubernetes.io/metadata.name": name});
            if self.random.chance(70) {
                labels["team"] = json!(self.random.pick(words::TEAMS));
            }
            self.others
                .push(json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name, "labels": labels}}));
        }
    }

    /// A pod that runs on some node.
    pub fn running(&mut self, name: &str) -> Value {
        let namespace = self.random.pick(words::NAMESPACES);
        let mut pod = plain_pod(&mut self.random, name, namespace);
        let node = self.node_name();
        set(&mut pod, &["spec", "nodeName"], json!(node));
        set(&mut pod, &["status", "phase"], json!("Running"));
        pod
    }

    /// Some node's name; rarely one that does not exist.
    pub fn node_name(&mut self) -> String {
        if self.random.chance(2) {
            return "gone".to_owned();
        }
        format!("n{}", self.random.below(self.nodes.len()))
    }

    /// The namespace of the pod in question.
    pub fn namespace(&self) -> String {
        self.pod["metadata"]["namespace"]
            .as_str()
            .unwrap_or("default")
            .to_owned()
    }

    /// The label by which pods like the one in question are chosen; given to it if it has none.
    pub fn app(&mut self) -> String {
        let app = self.pod["metadata"]["labels"]["app"]
            .as_str()
            .unwrap_or("web")
            .to_owned();
        self.pod["metadata"]["labels"]["app"] = json!(app);
        app
    }

    /// Small things that any case may have.
    pub fn sprinkle(&mut self) {
        for i in 0..self.pods.len() {
            let r = self.random.below(200);
            match r {
                0 => set(&mut self.pods[i], &["status", "phase"], json!("Succeeded")),
                1 => set(&mut self.pods[i], &["status", "phase"], json!("Failed")),
                2..=6 => set(
                    &mut self.pods[i],
                    &["metadata", "deletionTimestamp"],
                    json!("2026-01-01T00:00:00Z"),
                ),
                _ => {}
            }
        }
        if self.random.chance(5) {
            set(&mut self.pod, &["metadata", "uid"], json!("uid-of-the-pod"));
        }
        if self.random.chance(3) {
            set(
                &mut self.pod,
                &["spec", "schedulerName"],
                json!("default-scheduler"),
            );
        }
    }

    /// Gives each pod another start: among pods of one priority that started together upstream
    /// evicts whichever its cache lists last.
    pub fn start_pods(&mut self) {
        let mut seconds: Vec<usize> = (0..self.pods.len()).collect();
        for pod in &mut self.pods {
            let second = seconds.swap_remove(self.random.below(seconds.len()));
            let time = format!("2026-01-01T00:{:02}:{:02}Z", second / 60, second % 60);
            set(pod, &["status", "startTime"], json!(time));
        }
    }

    /// The objects, and the pod.
    pub fn finish(mut self) -> (Vec<Value>, Value) {
        if let Some(node) = self.waits_for {
            let mut pod = self.pod.clone();
            pod["status"]["nominatedNodeName"] = json!(node);
            self.pods.push(pod);
        }
        let mut objects = self.nodes;
        objects.append(&mut self.others);
        objects.append(&mut self.pods);
        (objects, self.pod)
    }
}

fn node(random: &mut Random, i: usize, roomy: bool) -> Value {
    let name = format!("n{i}");
    let mut labels = json!({});
    if random.chance(95) {
        labels[words::HOSTNAME] = json!(if random.chance(3) {
            "n0"
        } else {
            name.as_str()
        });
    }
    if random.chance(88) {
        labels[words::ZONE] = json!(random.pick(words::ZONES));
    }
    if random.chance(60) {
        labels[words::REGION] = json!(random.pick(words::REGIONS));
    }
    if random.chance(60) {
        labels["disk"] = json!(random.pick(words::DISKS));
    }
    if random.chance(30) {
        labels["gen"] = json!(random.pick(words::NUMBERS));
    }
    if random.chance(30) {
        labels["rack"] = json!(random.pick(&["k1", "k2", "k3", "k4", ""]));
    }
    let mut allocatable = json!({"cpu": "16", "memory": "64Gi", "pods": "110"});
    if !roomy {
        allocatable = json!({
            "cpu": random.pick(words::CPU), "memory": random.pick(words::MEMORY),
            "pods": random.pick(&["0", "1", "2", "5", "110", "110", "110"]),
        });
        if random.chance(30) {
            allocatable["ephemeral-storage"] = json!(random.pick(words::MEMORY));
        }
    }
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        "spec": {}, "status": {"allocatable": allocatable}})
}

/// A pod of one container with labels and, sometimes, requests.
pub fn plain_pod(random: &mut Random, name: &str, namespace: &str) -> Value {
    let mut labels = json!({});
    for (key, values) in [
        ("app", words::APPS),
        ("tier", words::TIERS),
        ("pod-template-hash", words::HASHES),
    ] {
        if random.chance(70) {
            labels[key] = json!(random.pick(values));
        }
    }
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "main", "image": "app:1"}]}});
    if random.chance(50) {
        pod["spec"]["containers"][0]["resources"] = json!({"requests": {
            "cpu": random.pick(&["100m", "250m", "500m", "1", "2"]),
            "memory": random.pick(&["64Mi", "128Mi", "1Gi", "2Gi"])}});
    }
    if random.chance(30) {
        pod["spec"]["priority"] = json!(
            random
                .pick(&["-10", "0", "10", "1000"])
                .parse::<i32>()
                .unwrap_or(0)
        );
    }
    pod
}

/// Pods that wait for room on a node that preemption chose for them.
pub fn nominate(d: &mut Draft) {
    for i in 0..d.random.between(1, 5) {
        let name = format!("wait-{i}");
        let mut pod = d.running(&name);
        let node = d.node_name();
        if let Some(spec) = pod["spec"].as_object_mut() {
            spec.remove("nodeName");
        }
        pod["status"] = json!({"phase": "Pending", "nominatedNodeName": node});
        if d.random.chance(60) {
            pod["spec"]["priority"] = json!(
                d.random
                    .pick(&["-5", "0", "10", "1000"])
                    .parse::<i32>()
                    .unwrap_or(0)
            );
        }
        if d.random.chance(50) {
            pod["spec"]["containers"][0]["resources"] =
                json!({"requests": {"cpu": d.random.pick(&["1", "4", "15", "16"])}});
        }
        if d.random.chance(30) {
            pod["spec"]["containers"][0]["ports"] =
                json!([{"containerPort": 80, "hostPort": 8080}]);
        }
        match d.random.below(20) {
            0 => pod["spec"]["schedulingGates"] = json!([{"name": "example.com/wait"}]),
            1 => pod["spec"]["schedulerName"] = json!("other"),
            2 => pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"),
            _ => {}
        }
        if d.random.chance(40) {
            super::interpod::give_terms(d, &mut pod, true);
        }
        if d.random.chance(30) {
            pod["metadata"]["namespace"] = json!(d.namespace());
            pod["metadata"]["labels"] = d.pod["metadata"]["labels"].clone();
        }
        d.pods.push(pod);
    }
    if d.random.chance(50) {
        d.pod["spec"]["containers"][0]["resources"] =
            json!({"requests": {"cpu": d.random.pick(&["1", "2", "12", "16"])}});
    }
    if d.random.chance(30) {
        d.pod["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": 8080}]);
    }
    match d.random.below(20) {
        0..=2 => d.pod["status"]["nominatedNodeName"] = json!(d.node_name()),
        3 | 4 => d.waits_for = Some(d.node_name()),
        _ => {}
    }
}

/// Gates on the pod in question.
pub fn gates(d: &mut Draft) {
    for gate in d
        .random
        .some(&["example.com/a", "example.com/b", "c"], 1, 2)
    {
        push(
            &mut d.pod,
            &["spec", "schedulingGates"],
            json!({"name": gate}),
        );
    }
}
