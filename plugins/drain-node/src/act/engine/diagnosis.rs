//! Why a drain does not go on: budgets that keep pods waiting, pods that do not leave, kubelets.

use std::collections::BTreeSet;
use std::time::Duration;

use console::Failure;
use futures::FutureExt;

use super::{Engine, News};
use crate::act::attached;
use crate::act::queue::{Entry, Stage};
use crate::facts::NODES;
use crate::node::Node;
use crate::report::EventType;
use crate::screen::Event;
use crate::stuck::reasons;

/// How long a pod may be leaving before one says why it is still there.
const PATIENCE: Duration = Duration::from_secs(10);

impl Engine<'_> {
    /// Says once of each budget that it keeps pods waiting.
    pub(super) fn tell_budgets(&mut self) -> Result<(), Failure> {
        if !self.budgets_known {
            return Ok(());
        }
        for (budget, (reason, pods)) in self.queue.blocking() {
            if self.budgets_said.insert(budget.clone()) {
                let words = format!(
                    "{} for disruption budget {budget} ({reason}); each goes when the budget allows it",
                    if pods == 1 {
                        "1 pod waits".into()
                    } else {
                        format!("{pods} pods wait")
                    },
                );
                self.show(EventType::Waiting, Event::default().saying(words))?;
            }
        }
        Ok(())
    }

    /// Says of each pod that does not leave why; again when the reason is another.
    pub(super) fn tell_stuck(&mut self) -> Result<(), Failure> {
        let now = self.now();
        let mut told = Vec::new();
        for entry in self.queue.entries() {
            let long = entry
                .first_tried
                .is_none_or(|tried| tried.elapsed() >= PATIENCE);
            if entry.stage != Stage::Leaving || !long {
                continue;
            }
            let node = &self.nodes[entry.node];
            let reasons = reasons(&entry.pod, &node.kubelet, &node.attached, now).join("; ");
            // The reason is the same when only its times differ.
            let key: String = reasons.chars().filter(|c| !c.is_ascii_digit()).collect();
            if !reasons.is_empty() && self.said.get(&entry.pod.uid) != Some(&key) {
                told.push((entry.pod.clone(), key, reasons));
            }
        }
        for (pod, key, reasons) in told {
            self.said.insert(pod.uid.clone(), key);
            self.show(EventType::Stuck, Event::of_pod(&pod).saying(reasons))?;
        }
        Ok(())
    }

    /// Asks after the kubelets of pods that are overdue, and after the volumes of their nodes.
    pub(super) fn look_at_kubelets(&mut self) {
        let now = self.now();
        let overdue: BTreeSet<usize> = self
            .queue
            .entries()
            .iter()
            .filter(|entry| entry.stage == Stage::Leaving)
            .filter(|entry| {
                entry
                    .pod
                    .deletion
                    .is_some_and(|deletion| deletion.deadline < now)
            })
            .map(|entry| entry.node)
            .collect();
        let has_claims = |entry: &Entry| !entry.pod.claims.is_empty();
        let mut leaving = self
            .queue
            .entries()
            .iter()
            .filter(|entry| entry.stage == Stage::Leaving && overdue.contains(&entry.node));
        if leaving.any(has_claims) {
            let server = self.server;
            let look = async move { News::Attached(attached(server).await) };
            self.requests.push(look.boxed_local());
        }
        for index in overdue {
            let server = self.server;
            let name = self.nodes[index].name.clone();
            let look =
                async move { News::Kubelet(index, server.get::<Node>(NODES, None, &name).await) };
            self.requests.push(look.boxed_local());
        }
    }
}
