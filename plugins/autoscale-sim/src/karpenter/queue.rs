//! In which order pods are tried, and when to stop.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/queue.go`.

use std::collections::{HashMap, VecDeque};

use super::names::Names;
use super::pod::PodFacts;

/// Pods that wait for a place, by their numbers.
pub(super) struct Queue {
    pods: VecDeque<usize>,
    last: HashMap<usize, usize>,
}

impl Queue {
    /// The largest first, then the oldest.
    pub(super) fn new(mut pods: Vec<usize>, facts: &[PodFacts], names: &mut Names) -> Self {
        let (cpu, memory) = (names.key("cpu"), names.key("memory"));
        pods.sort_by(|&one, &other| {
            let (one, other) = (&facts[one], &facts[other]);
            let size = |own: &PodFacts| (own.requests.get(cpu), own.requests.get(memory));
            (size(other).cmp(&size(one)))
                .then_with(|| one.created.cmp(&other.created))
                .then_with(|| one.uid.cmp(&other.uid))
        });
        Self {
            pods: pods.into(),
            last: HashMap::new(),
        }
    }

    /// The next pod; none once all that wait have been tried in vain since one last got a place.
    pub(super) fn pop(&mut self) -> Option<usize> {
        let next = *self.pods.front()?;
        if self.last.get(&next) == Some(&self.pods.len()) {
            return None;
        }
        self.pods.pop_front()
    }

    pub(super) fn push(&mut self, pod: usize) {
        self.pods.push_back(pod);
        self.last.insert(pod, self.pods.len());
    }
}
