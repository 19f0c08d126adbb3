//! The pods of a drain: what the watches and lists tell of them.

use std::collections::BTreeSet;
use std::time::Instant;

use cluster::Change;
use console::Failure;
use futures::FutureExt;
use serde::de::IgnoredAny;

use super::nodes::NodeProgress;
use super::{Engine, News};
use crate::act::queue::{How, Stage};
use crate::facts::DAEMON_SETS;
use crate::filters::{DaemonSet, Filter, Filtered, daemon_set_of, filter, is_deleted_long_ago};
use crate::pod::Pod;
use crate::report::EventType;
use crate::screen::Event;

impl Engine<'_> {
    pub(super) fn take_pods(&mut self, index: usize, change: Change<Pod>) -> Result<(), Failure> {
        match change {
            Change::Listed(pods) => {
                let present = self.queue.present(index);
                self.take_list(index, pods, &present)
            }
            Change::Applied(pod) => self.take_pod(index, pod),
            Change::Deleted(pod) => self.gone(&pod.uid),
            Change::Interrupted(error) => {
                let event = Event::of_node(&self.nodes[index].name)
                    .saying(format!("{error}; trying again, no pod will be missed"));
                self.show(EventType::Interrupted, event)
            }
            Change::Resumed => {
                let event =
                    Event::of_node(&self.nodes[index].name).saying("the connection stands again");
                self.show(EventType::Resumed, event)
            }
        }
    }

    /// All pods of a node; of those `present` before, the ones that are not among them are gone.
    pub(super) fn take_list(
        &mut self,
        index: usize,
        pods: Vec<Pod>,
        present: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        if self.nodes[index].progress == NodeProgress::Begins {
            self.nodes[index].progress = NodeProgress::Drains;
            self.nodes[index].last_list = Some(Instant::now());
        }
        let there: BTreeSet<&str> = pods.iter().map(|pod| pod.uid.as_str()).collect();
        for uid in present.iter().filter(|uid| !there.contains(uid.as_str())) {
            self.gone(uid)?;
        }
        for pod in pods {
            self.take_pod(index, pod)?;
        }
        Ok(())
    }

    fn take_pod(&mut self, index: usize, pod: Pod) -> Result<(), Failure> {
        if self.queue.entry(&pod.uid).is_some() {
            // A list that was asked for before an event may be older than it.
            self.queue.seen(pod);
            return Ok(());
        }
        if self.nodes[index].progress.is_over() || !self.pod_selector.matches(&pod.labels) {
            return Ok(());
        }
        self.look_up_daemon_set(&pod);
        let filtered = filter(&pod, self.flags.filters(), &self.daemon_sets, self.now());
        let leads = self.leaders.contains(&pod.uid);
        let (how, stage) = match &filtered {
            Filtered::Fatal(_, message) => {
                let stage = Stage::Left(format!("cannot delete {message}"));
                (How::Evict, stage)
            }
            Filtered::Skipped(Filter::DeletedLongAgo) => {
                let words = skipping(&pod.name, self.flags.skip_wait_for_delete_timeout);
                self.show(EventType::Skipped, Event::of_pod(&pod).saying(words))?;
                (How::Evict, Stage::Skipped)
            }
            Filtered::Skipped(_) | Filtered::SkippedWithWarning(..) => (How::Evict, Stage::Skipped),
            Filtered::Goes | Filtered::GoesWithWarning(..) => {
                if !self.planned.contains(&pod.uid) && !pod.is_terminating() {
                    self.show(EventType::Arrived, Event::of_pod(&pod))?;
                }
                let how = if self.surges.contains_key(&pod.uid) {
                    How::Surge
                } else if self.flags.disable_eviction {
                    How::Delete
                } else {
                    How::Evict
                };
                (how, self.first_stage(&pod))
            }
        };
        self.queue.add(pod, index, how, stage, leads);
        Ok(())
    }

    /// A pod that is being deleted is only waited for, unless it is to end sooner than it would.
    pub(super) fn first_stage(&self, pod: &Pod) -> Stage {
        match (pod.deletion, self.flags.grace()) {
            (Some(deletion), Some(grace)) if grace < deletion.grace_seconds => Stage::Waiting,
            (Some(_), _) => Stage::Leaving,
            (None, _) => Stage::Waiting,
        }
    }

    fn look_up_daemon_set(&mut self, pod: &Pod) {
        let Some(name) = daemon_set_of(pod) else {
            return;
        };
        let key = (pod.namespace.clone(), name.to_owned());
        if self.daemon_sets.contains_key(&key) {
            return;
        }
        // Until it is known, it counts as there: such a pod would come back at once.
        self.daemon_sets.insert(key.clone(), DaemonSet::Exists);
        let server = self.server;
        let look = async move {
            let found = server
                .get::<IgnoredAny>(DAEMON_SETS, Some(&key.0), &key.1)
                .await;
            News::DaemonSet(key, found.map(|found| found.is_some()))
        };
        self.requests.push(look.boxed_local());
    }

    fn gone(&mut self, uid: &str) -> Result<(), Failure> {
        let Some(entry) = self.queue.entry(uid) else {
            return Ok(());
        };
        let was_of_no_matter = matches!(entry.stage, Stage::Skipped);
        let Some(entry) = self.queue.gone(uid) else {
            return Ok(());
        };
        if was_of_no_matter {
            return Ok(());
        }
        let took = entry.first_tried.map(|tried| tried.elapsed());
        let event = Event::of_pod(&entry.pod).after(took);
        let event_type = match (entry.first_tried, entry.how) {
            (None, _) => EventType::Gone,
            (Some(_), How::Delete) => EventType::Deleted,
            (Some(_), How::Evict | How::Surge) => EventType::Evicted,
        };
        match event_type {
            EventType::Deleted => self.deleted += 1,
            EventType::Evicted => self.evicted += 1,
            _ => {}
        }
        self.show(event_type, event)
    }

    /// Pods whose deletion is overdue by more than the flag says are not waited for.
    pub(super) fn skip_overdue(&mut self) -> Result<(), Failure> {
        let after = self.flags.skip_wait_for_delete_timeout;
        let now = self.now();
        let overdue: Vec<Pod> = self
            .queue
            .entries()
            .iter()
            .filter(|entry| entry.stage == Stage::Leaving)
            .filter(|entry| is_deleted_long_ago(&entry.pod, after, now))
            .map(|entry| entry.pod.clone())
            .collect();
        for pod in overdue {
            self.queue.skip(&pod.uid);
            let words = skipping(&pod.name, after);
            self.show(EventType::Skipped, Event::of_pod(&pod).saying(words))?;
        }
        Ok(())
    }
}

fn skipping(pod: &str, after: i64) -> String {
    format!("pod {pod:?} has DeletionTimestamp older than {after} seconds, skipping")
}
