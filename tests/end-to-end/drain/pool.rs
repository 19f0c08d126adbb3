//! A namespace and nodes of a test's own, so that tests can drain side by side.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{ControlPlane, ControlPlaneOptions};

use crate::plugin::{Said, kubectl};

/// The control plane that the drain tests share.
pub fn plane() -> &'static ControlPlane {
    static PLANE: OnceLock<ControlPlane> = OnceLock::new();
    PLANE.get_or_init(|| {
        let options = ControlPlaneOptions {
            nodes: 0,
            ready_delay: Duration::from_millis(200),
            termination_delay: Duration::from_millis(100),
            ..ControlPlaneOptions::default()
        };
        ControlPlane::start(&options).unwrap()
    })
}

/// A namespace, and nodes that take only its pods.
pub struct Pool {
    pub name: String,
    pub plane: &'static ControlPlane,
}

impl Pool {
    pub fn new(name: &str, nodes: usize) -> Self {
        let pool = Self {
            name: name.into(),
            plane: plane(),
        };
        let mut items = vec![json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name},
        })];
        items.extend((0..nodes).map(|number| pool.node_object(number)));
        pool.apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}));
        for number in 0..nodes {
            pool.wait("node ready", || {
                let node = pool.get(&["node", &pool.node(number)]);
                let taints = node["spec"]["taints"].as_array().unwrap().len();
                taints == 1 && node["status"]["conditions"][0]["status"] == "True"
            });
        }
        pool.wait("service account", || {
            !pool
                .output(&["get", "sa", "-n", name, "default", "--ignore-not-found"])
                .is_empty()
        });
        pool
    }

    fn node_object(&self, number: usize) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {
                "name": self.node(number),
                "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {"pool": self.name, "kubernetes.io/hostname": self.node(number)},
            },
            "spec": {"taints": [{"key": "pool", "value": self.name, "effect": "NoSchedule"}]},
        })
    }

    pub fn node(&self, number: usize) -> String {
        format!("{}-{number}", self.name)
    }

    /// A pod template that only these nodes take.
    pub fn template(&self, app: &str, spec: &Value) -> Value {
        let mut full = json!({
            "nodeSelector": {"pool": self.name},
            "tolerations": [{"key": "pool", "operator": "Exists"}],
            "terminationGracePeriodSeconds": 5,
            "containers": [{"name": "c", "image": "i"}],
        });
        full.as_object_mut()
            .unwrap()
            .extend(spec.as_object().cloned().unwrap_or_default());
        json!({"metadata": {"labels": {"app": app}}, "spec": full})
    }

    /// A workload whose pods are all on the first node when it is ready.
    pub fn workload(&self, kind: &str, app: &str, replicas: usize, spec: &Value) {
        let others: Vec<String> = self.names().into_iter().skip(1).collect();
        for node in &others {
            self.output(&["cordon", node]);
        }
        self.anywhere(kind, app, replicas, spec);
        for node in &others {
            self.output(&["uncordon", node]);
        }
    }

    /// A workload wherever the scheduler puts it.
    pub fn anywhere(&self, kind: &str, app: &str, replicas: usize, spec: &Value) {
        let mut object = json!({
            "apiVersion": "apps/v1", "kind": kind,
            "metadata": {"name": app, "namespace": self.name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": app}},
                "template": self.template(app, spec),
            },
        });
        if kind == "StatefulSet" {
            object["spec"]["podManagementPolicy"] = json!("Parallel");
            object["spec"]["serviceName"] = json!(app);
        }
        if kind == "DaemonSet" {
            object["spec"].as_object_mut().unwrap().remove("replicas");
        }
        self.apply(&object);
        self.wait("pods ready", || self.ready(app) >= replicas);
    }

    /// A bare pod on a node.
    pub fn pod(&self, name: &str, node: usize, spec: &Value) {
        let mut pod = self.template(name, spec);
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
        pod["metadata"]["name"] = json!(name);
        pod["metadata"]["namespace"] = json!(self.name);
        pod["spec"]["nodeName"] = json!(self.node(node));
        self.apply(&pod);
        self.wait("pod ready", || self.ready(name) >= 1);
    }

    pub fn budget(&self, name: &str, app: &str, spec: &Value) {
        let mut full = json!({"selector": {"matchLabels": {"app": app}}});
        full.as_object_mut()
            .unwrap()
            .extend(spec.as_object().cloned().unwrap());
        self.apply(&json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": name, "namespace": self.name}, "spec": full,
        }));
        self.wait("budget observed", || {
            let budget = self.get(&["pdb", "-n", &self.name, name]);
            let healthy = usize::try_from(budget["status"]["currentHealthy"].as_i64().unwrap_or(0));
            budget["status"]["observedGeneration"] == budget["metadata"]["generation"]
                && healthy.unwrap() >= self.ready(app)
        });
    }

    fn names(&self) -> Vec<String> {
        let list = self.get(&["nodes", "-l", &format!("pool={}", self.name)]);
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|node| node["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    }

    fn ready(&self, app: &str) -> usize {
        let pods = self.pods(&format!("app={app}"));
        let ready = |pod: &&Value| {
            let conditions = pod["status"]["conditions"].as_array();
            conditions.is_some_and(|all| {
                all.iter()
                    .any(|one| one["type"] == "Ready" && one["status"] == "True")
            })
        };
        pods.iter().filter(ready).count()
    }

    pub fn pods(&self, selector: &str) -> Vec<Value> {
        let list = self.get(&["pods", "-n", &self.name, "-l", selector]);
        list["items"].as_array().unwrap().clone()
    }

    /// The names of the pods on a node.
    pub fn pods_on(&self, node: usize) -> Vec<String> {
        let node = format!("spec.nodeName={}", self.node(node));
        let list = self.get(&["pods", "-A", "--field-selector", &node]);
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn is_cordoned(&self, node: usize) -> bool {
        self.get(&["node", &self.node(node)])["spec"]["unschedulable"] == true
    }

    pub fn get(&self, what: &[&str]) -> Value {
        let text = self.output(&[&["get", "-ojson"], what].concat());
        serde_json::from_str(&text).unwrap()
    }

    pub fn output(&self, args: &[&str]) -> String {
        self.plane.kubectl_output(args).unwrap()
    }

    pub fn apply(&self, objects: &Value) {
        self.plane.apply(&objects.to_string()).unwrap();
    }

    #[track_caller]
    pub fn wait(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !is_so() {
            assert!(Instant::now() < deadline, "{}: no {what}", self.name);
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = kubectl(self.plane);
        command.arg("drain-node").args(args).stdin(Stdio::null());
        command
    }

    /// `kubectl drain-node …`
    pub fn drain(&self, args: &[&str]) -> Said {
        Said::of(self.command(args).output().unwrap())
    }
}
