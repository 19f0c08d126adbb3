//! What the pods and the budgets of a namespace did, as the API server told it, past the proxy.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

/// For so long what the test itself did to a pod may not be in the budget's numbers yet.
const SETTLING: Duration = Duration::from_secs(3);

/// An event, and when it came.
struct Event {
    at: Instant,
    kind: String,
    object: Value,
}

#[derive(Deserialize)]
struct WatchEvent {
    #[serde(rename = "type")]
    kind: String,
    object: Value,
}

/// Two watches.
pub struct Observer {
    children: Vec<Child>,
    events: Receiver<Event>,
}

/// A pod as last seen.
struct Pod {
    app: String,
    node: String,
    ready: bool,
    terminating: bool,
}

impl Observer {
    /// Begins to watch; `kubectl` makes a call of the administrator.
    pub fn start(kubectl: &dyn Fn() -> Command, namespace: &str) -> std::io::Result<Self> {
        let (sender, events) = channel();
        let mut children = Vec::new();
        for kind in ["pods", "pdb"] {
            let mut command = kubectl();
            command.args([
                "get",
                kind,
                "-n",
                namespace,
                "-w",
                "--output-watch-events",
                "-ojson",
            ]);
            let mut child = command
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()?;
            if let Some(stdout) = child.stdout.take() {
                let sender = sender.clone();
                thread::spawn(move || read(BufReader::new(stdout), &sender));
            }
            children.push(child);
        }
        Ok(Self { children, events })
    }

    /// Ends the watches and says what was wrong: `nodes` were drained, `touched` are the UIDs of pods
    /// that the test itself deleted, and when.
    pub fn violations(
        mut self,
        nodes: &BTreeSet<String>,
        touched: &BTreeMap<String, Instant>,
    ) -> Vec<String> {
        thread::sleep(Duration::from_millis(500));
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        let mut events: Vec<Event> = self.events.try_iter().collect();
        events.sort_by_key(|event| event.at);
        let mut history = History {
            nodes,
            touched,
            pods: BTreeMap::new(),
            desired: BTreeMap::new(),
            violations: Vec::new(),
        };
        for event in &events {
            history.take(event);
        }
        history.violations
    }
}

fn read(stdout: impl std::io::Read, sender: &Sender<Event>) {
    let events = serde_json::Deserializer::from_reader(stdout);
    for event in events.into_iter::<WatchEvent>().map_while(Result::ok) {
        let event = Event {
            at: Instant::now(),
            kind: event.kind,
            object: event.object,
        };
        if sender.send(event).is_err() {
            return;
        }
    }
}

struct History<'a> {
    nodes: &'a BTreeSet<String>,
    touched: &'a BTreeMap<String, Instant>,
    pods: BTreeMap<String, Pod>,
    /// By app: what its budget wanted, the newest last.
    desired: BTreeMap<String, Vec<(Instant, i64)>>,
    violations: Vec<String>,
}

impl History<'_> {
    fn take(&mut self, event: &Event) {
        let object = &event.object;
        if object["kind"] == "PodDisruptionBudget" {
            self.take_budget(event);
            return;
        }
        let uid = text(&object["metadata"]["uid"]);
        if event.kind == "DELETED" {
            self.pods.remove(&uid);
            return;
        }
        let conditions = object["status"]["conditions"].as_array();
        let has = |kind: &str| {
            conditions.is_some_and(|all| {
                all.iter()
                    .any(|one| one["type"] == kind && one["status"] == "True")
            })
        };
        let pod = Pod {
            app: text(&object["metadata"]["labels"]["app"]),
            node: text(&object["spec"]["nodeName"]),
            ready: has("Ready"),
            terminating: object["metadata"]["deletionTimestamp"].is_string(),
        };
        let before = self.pods.get(&uid);
        let began = pod.terminating && before.is_some_and(|before| !before.terminating);
        let was_ready = before.is_some_and(|before| before.ready);
        let evicted = began && has("DisruptionTarget") && !self.touched.contains_key(&uid);
        let name = text(&object["metadata"]["name"]);
        let (app, node) = (pod.app.clone(), pod.node.clone());
        self.pods.insert(uid, pod);
        if !evicted {
            return;
        }
        if !self.nodes.contains(&node) {
            self.violations.push(format!(
                "{name} was evicted on {node}, which is not drained"
            ));
        }
        if was_ready {
            self.check_budget(&app, &name, event.at);
        }
    }

    fn take_budget(&mut self, event: &Event) {
        let object = &event.object;
        let app = text(&object["spec"]["selector"]["matchLabels"]["app"]);
        if event.kind == "DELETED" {
            self.desired.entry(app).or_default().push((event.at, 0));
            return;
        }
        // What the controller has not looked at yet binds nobody.
        if object["status"]["observedGeneration"] == object["metadata"]["generation"] {
            let desired = object["status"]["desiredHealthy"].as_i64().unwrap_or(0);
            self.desired
                .entry(app)
                .or_default()
                .push((event.at, desired));
        }
    }

    /// After an eviction there must be as many healthy pods as the budget wanted around then.
    fn check_budget(&mut self, app: &str, name: &str, at: Instant) {
        let Some(history) = self.desired.get(app) else {
            return;
        };
        let lately = |then: Instant| at.saturating_duration_since(then) < SETTLING;
        // The value in force, and those that were replaced a moment ago: the watches are two.
        let last = history.last().map(|(_, desired)| *desired);
        let recent = history.iter().rev().skip(1);
        let recent = recent
            .take_while(|(then, _)| lately(*then))
            .map(|(_, desired)| *desired);
        let Some(desired) = last.into_iter().chain(recent).min() else {
            return;
        };
        let healthy = self
            .pods
            .values()
            .filter(|pod| pod.app == app && pod.ready && !pod.terminating)
            .count();
        let touched = self.touched.values().filter(|then| lately(**then)).count();
        let counted = i64::try_from(healthy + touched).unwrap_or(i64::MAX);
        if counted < desired {
            self.violations.push(format!(
                "the eviction of {name} left {healthy} healthy pods of {app}, where its budget wants {desired}"
            ));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
