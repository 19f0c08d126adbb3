//! What a terminal shows while a drain works: a line for each node, and the pods waited for.

use std::time::Instant;

use console::short;

use super::Engine;
use super::nodes::{NodeProgress, NodeRun};
use crate::act::queue::{How, Stage};
use crate::stuck::reasons;

/// How many pods that are waited for the screen names.
const MOST_NAMED: usize = 6;

impl Engine<'_> {
    /// A line for each node at work, and the pods that are waited for.
    pub(super) fn lines(&self, now: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if node.progress.is_active() {
                lines.push(self.node_line(index, node, now));
            }
        }
        let waits = self
            .nodes
            .iter()
            .filter(|node| node.progress == NodeProgress::Waits);
        let waits = waits.count();
        if waits > 0 {
            lines.push(format!(
                "{} wait for their turn",
                crate::render::count(waits, "node")
            ));
        }
        let mut named = Vec::new();
        for (budget, (reason, pods)) in self.queue.blocking() {
            let pods = crate::render::count(pods, "pod");
            named.push(format!(
                "  {pods} waiting for disruption budget {budget}: {reason}"
            ));
        }
        named.extend(self.pod_lines(now));
        let more = named.len().saturating_sub(MOST_NAMED);
        named.truncate(MOST_NAMED);
        if more > 0 {
            named.push(format!("  and {more} more"));
        }
        lines.extend(named);
        lines
    }

    fn node_line(&self, index: usize, node: &NodeRun, now: Instant) -> String {
        let own = self
            .queue
            .entries()
            .iter()
            .filter(|entry| entry.node == index);
        let (mut all, mut gone, mut leaving) = (0, 0, 0);
        for entry in own {
            match entry.stage {
                Stage::Skipped => continue,
                Stage::Gone => gone += 1,
                Stage::Leaving => leaving += 1,
                _ => {}
            }
            all += 1;
        }
        let took = node.began.map(|began| now.duration_since(began));
        let took = took.and_then(|took| jiff::SignedDuration::try_from(took).ok());
        let took = short(took.unwrap_or_default());
        match node.progress {
            NodeProgress::Begins => format!("{}: looking for its pods ({took})", node.name),
            NodeProgress::Checks => format!("{}: empty, looking once more ({took})", node.name),
            _ => format!(
                "{}: {gone} of {all} pods gone, {leaving} leaving ({took})",
                node.name
            ),
        }
    }

    /// Pods that are waited for with another reason than a budget; the longest first.
    fn pod_lines(&self, now: Instant) -> Vec<String> {
        let time = self.now();
        let mut pods: Vec<(Option<Instant>, String)> = Vec::new();
        for entry in self.queue.entries() {
            let why = match entry.stage {
                Stage::Leaving => {
                    let node = &self.nodes[entry.node];
                    let reasons = reasons(&entry.pod, &node.kubelet, &node.attached, time);
                    match (reasons.is_empty(), entry.how) {
                        (true, How::Surge) if !entry.pod.is_terminating() => {
                            "its new pod is not ready yet".to_owned()
                        }
                        (true, _) => "ending".to_owned(),
                        (false, _) => reasons.join("; "),
                    }
                }
                Stage::Waiting if entry.first_tried.is_some() => {
                    entry.refusal.clone().unwrap_or_default()
                }
                _ => continue,
            };
            pods.push((entry.first_tried, format!("  {}: {why}", entry.pod.key())));
        }
        pods.sort_by_key(|(tried, _)| tried.unwrap_or(now));
        pods.into_iter().map(|(_, line)| line).collect()
    }
}
