//! The requests of a drain: what is due is sent, and what was answered goes into the queue.

use std::time::Instant;

use cluster::{Change, WriteError};
use console::Failure;
use futures::FutureExt;
use serde::de::IgnoredAny;

use super::nodes::NodeProgress;
use super::{Engine, News, Stop};
use crate::act::evict::{deletion, eviction, meaning, restart};
use crate::act::queue::{Answer, Attempt, How};
use crate::budget::Budget;
use crate::report::EventType;
use crate::screen::Event;

impl Engine<'_> {
    pub(super) fn send_due(&mut self) -> Result<(), Failure> {
        if !self.budgets_known {
            return Ok(());
        }
        let nodes = &self.nodes;
        let due = self.queue.due(Instant::now(), |node| {
            nodes[node].progress == NodeProgress::Drains
        });
        for attempt in due {
            self.send(attempt)?;
        }
        Ok(())
    }

    fn send(&mut self, attempt: Attempt) -> Result<(), Failure> {
        let Some(entry) = self.queue.entry(&attempt.uid) else {
            return Ok(());
        };
        let pod = entry.pod.clone();
        let (server, grace) = (self.server, self.flags.grace());
        let deployment = self.surges.get(&pod.uid).cloned();
        let write = match (attempt.how, &deployment) {
            (How::Surge, Some(name)) => {
                let key = (pod.namespace.clone(), name.clone());
                if !self.restarted.insert(key) {
                    self.queue
                        .answered(&attempt.uid, Answer::Accepted, Instant::now());
                    return Ok(());
                }
                restart(&pod.namespace, name, self.now(), false)
            }
            (How::Delete, _) => deletion(&pod, grace, false),
            (How::Evict | How::Surge, _) => eviction(&pod, grace, false),
        };
        if attempt.is_first {
            let event = Event::of_pod(&pod);
            match attempt.how {
                How::Evict => self.show(EventType::Evicting, event)?,
                How::Delete => self.show(EventType::Deleting, event)?,
                How::Surge => {
                    let name = deployment.unwrap_or_default();
                    let words =
                        format!("deployment {name} is restarted, so that a new pod is ready first");
                    self.show(EventType::Surging, event.saying(words))?;
                }
            }
        }
        let request = async move {
            let result = server.write::<IgnoredAny>(&write).await.map(drop);
            News::Answer(attempt, result)
        };
        self.requests.push(request.boxed_local());
        Ok(())
    }

    pub(super) fn take_answer(
        &mut self,
        attempt: &Attempt,
        result: Result<(), WriteError>,
    ) -> Result<Option<Stop>, Failure> {
        let answer = match meaning(result) {
            Ok(answer) => answer,
            Err(error) => return Ok(Some(Stop::Broken(crate::failure(&error.into())))),
        };
        let failed = matches!(answer, Answer::Failed { .. });
        if attempt.how == How::Surge && !matches!(answer, Answer::Accepted) {
            // It may be tried again.
            self.restarted.clear();
        }
        let words = self.queue.answered(&attempt.uid, answer, Instant::now());
        if let (Some(words), Some(entry)) = (words, self.queue.entry(&attempt.uid)) {
            let event = Event::of_pod(&entry.pod).saying(words);
            let event_type = if failed {
                EventType::Failed
            } else {
                EventType::Refused
            };
            self.show(event_type, event)?;
        }
        Ok(None)
    }

    pub(super) fn take_budgets(&mut self, change: Change<Budget>) -> Result<(), Failure> {
        match change {
            Change::Listed(budgets) => {
                self.budgets_known = true;
                self.queue.budgets_listed(budgets);
            }
            Change::Applied(budget) => self.queue.budget_seen(budget),
            Change::Deleted(budget) => self.queue.budget_gone(&budget),
            Change::Interrupted(error) => {
                let words =
                    format!("{error}; trying again, budgets are asked for every 5s meanwhile");
                self.show(EventType::Interrupted, Event::default().saying(words))?;
            }
            Change::Resumed => {
                let event = Event::default().saying("the connection stands again");
                self.show(EventType::Resumed, event)?;
            }
        }
        Ok(())
    }
}
