//! Pods as they are seen while something else works on them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;

/// What was seen of a pod.
struct Sight {
    at: Instant,
    uid: String,
    ready: bool,
    gone: bool,
}

/// A watch on the pods of the default namespace.
pub(crate) struct PodWatch {
    child: Child,
    sights: Receiver<Sight>,
    pods: usize,
    first: Vec<Sight>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    object: Value,
}

impl PodWatch {
    /// Begins, and waits until all pods that there are have been seen.
    pub(crate) fn start(mut kubectl: Command, pods: usize) -> Result<Self, Failure> {
        let mut child = kubectl
            .args(["get", "pods", "-w", "--output-watch-events", "-ojson"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failure::io("run", "kubectl".as_ref()))?;
        let (sender, sights) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let events = serde_json::Deserializer::from_reader(BufReader::new(stdout));
                for event in events.into_iter::<Event>().map_while(Result::ok) {
                    if sender.send(sight(&event)).is_err() {
                        break;
                    }
                }
            });
        }
        let mut watch = Self {
            child,
            sights,
            pods,
            first: Vec::new(),
        };
        while watch.first.len() < pods {
            let sight = watch.sights.recv_timeout(Duration::from_secs(20));
            let sight = sight.map_err(|_| Failure::Other("the pods were not all seen".into()))?;
            watch.first.push(sight);
        }
        Ok(watch)
    }

    /// For how long fewer pods than there were before were ready, until the last of those was gone.
    pub(crate) fn not_all_ready(mut self) -> Duration {
        // What happened before then may still be on its way.
        thread::sleep(Duration::from_millis(500));
        let _ = self.child.kill();
        let _ = self.child.wait();
        let all: Vec<Sight> = self.first.drain(..).chain(self.sights.try_iter()).collect();
        let old: BTreeSet<String> = all[..self.pods.min(all.len())]
            .iter()
            .map(|sight| sight.uid.clone())
            .collect();
        let ends = all
            .iter()
            .filter(|sight| sight.gone && old.contains(&sight.uid));
        let Some(until) = ends.map(|sight| sight.at).max() else {
            return Duration::ZERO;
        };
        let mut ready: BTreeMap<String, bool> = BTreeMap::new();
        let mut since: Option<Instant> = None;
        let mut total = Duration::ZERO;
        for (number, sight) in all.into_iter().enumerate() {
            if sight.gone {
                ready.remove(&sight.uid);
            } else {
                ready.insert(sight.uid, sight.ready);
            }
            if number + 1 < self.pods {
                continue;
            }
            let enough = ready.values().filter(|ready| **ready).count() >= self.pods;
            match (since, enough) {
                (None, false) => since = Some(sight.at),
                (Some(begin), true) => {
                    total += sight.at.min(until).saturating_duration_since(begin);
                    since = None;
                }
                _ => {}
            }
        }
        if let Some(begin) = since {
            total += until.saturating_duration_since(begin);
        }
        total
    }
}

fn sight(event: &Event) -> Sight {
    let object = &event.object;
    let leaving = object["metadata"]["deletionTimestamp"].is_string();
    let conditions = object["status"]["conditions"].as_array();
    let ready = conditions.is_some_and(|all| {
        all.iter()
            .any(|one| one["type"] == "Ready" && one["status"] == "True")
    });
    Sight {
        at: Instant::now(),
        uid: object["metadata"]["uid"]
            .as_str()
            .unwrap_or_default()
            .into(),
        ready: ready && !leaving,
        gone: event.kind == "DELETED",
    }
}
