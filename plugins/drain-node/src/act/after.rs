//! What may still be waited for when the nodes are empty: ready replacements, detached volumes.

mod replacements;
mod volumes;

pub use volumes::{ATTACHMENTS, Attachment, attached};

use std::collections::BTreeSet;
use std::time::Instant;

use cluster::{ApiServer, Change, Error, ListRequest};
use console::{Failure, Interrupts};
use futures::StreamExt;
use futures::stream::{LocalBoxStream, SelectAll};

use crate::act::engine::Engine;
use crate::act::going;
use crate::act::watches::changes;
use crate::cli::DrainFlags;
use crate::facts::{Facts, PODS, workload_resource};
use crate::failure;
use crate::pod::Pod;
use crate::render::count;
use crate::report::{DrainPlan, EventType, Outcome};
use crate::screen::Event;
use crate::workload::{Kind, Workload};
use replacements::{Replacements, Settled};
use volumes::Volumes;

/// What the flags want to be waited for.
#[derive(Debug, Default)]
pub struct Aftermath {
    replacements: Replacements,
    volumes: Volumes,
}

/// What a watch brought.
enum Sight {
    Workloads(Kind, String, Change<Workload>),
    Pods(String, Box<Change<Pod>>),
    Attachments(Change<Attachment>),
}

impl Aftermath {
    /// What will have to be waited for, as long as the pods that leave are there to tell.
    ///
    /// # Errors
    /// When it can't be known.
    pub async fn prepare(
        server: &ApiServer,
        flags: &DrainFlags,
        facts: &Facts,
        plan: &DrainPlan,
    ) -> Result<Self, Failure> {
        let going = going(plan);
        let mut aftermath = Self::default();
        if flags.wait_replacements {
            aftermath.replacements = Replacements::of(facts, &going);
        }
        if flags.wait_detach {
            let volumes = Volumes::of(server, facts, &going).await;
            aftermath.volumes = volumes.map_err(|error| failure(&error))?;
        }
        Ok(aftermath)
    }

    /// Of which kinds in which namespaces workloads will be watched.
    pub fn kinds(&self) -> BTreeSet<(Kind, String)> {
        self.replacements.kinds()
    }

    /// Waits for it; says what stopped it, if something did.
    ///
    /// # Errors
    /// When the cluster can't be watched for good.
    pub async fn wait(
        mut self,
        server: &ApiServer,
        flags: &DrainFlags,
        engine: &mut Engine<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<Option<Outcome>, Failure> {
        let timeout = Some(flags.timeout).filter(|timeout| !timeout.is_zero());
        let give_up = timeout.map(|timeout| engine.began() + timeout);
        let mut watches = self.watches(server);
        while !self.is_over() {
            if give_up.is_some_and(|at| at <= Instant::now()) {
                engine.screen().note(&self.words());
                return Ok(Some(Outcome::Timeout));
            }
            engine.screen().progress(&[self.words()]);
            let sight = tokio::select! {
                sight = watches.next() => sight,
                () = until(give_up) => continue,
                () = interrupts.next() => return Ok(Some(Outcome::Interrupted)),
            };
            let events = match sight {
                Some(Ok(sight)) => self.take(sight),
                Some(Err(error)) => return Err(failure(&error)),
                None => break,
            };
            for (event_type, words) in events {
                let event = Event::default().saying(words);
                let now = server.clock().now();
                engine.screen().show(event_type, event, now)?;
            }
        }
        Ok(None)
    }

    fn is_over(&self) -> bool {
        self.replacements.waited_for().is_none() && self.volumes.is_over()
    }

    fn watches<'a>(
        &self,
        server: &'a ApiServer,
    ) -> SelectAll<LocalBoxStream<'a, Result<Sight, Error>>> {
        let mut watches = SelectAll::new();
        for (kind, namespace) in self.replacements.kinds() {
            let request = ListRequest::new(workload_resource(kind), Some(&namespace));
            let sights = changes(server, request).map(move |change| {
                change.map(|change| Sight::Workloads(kind, namespace.clone(), change))
            });
            watches.push(sights.boxed_local());
        }
        for namespace in self.replacements.namespaces() {
            let request = ListRequest::new(PODS, Some(&namespace));
            let sights = changes(server, request).map(move |change| {
                change.map(|change| Sight::Pods(namespace.clone(), Box::new(change)))
            });
            watches.push(sights.boxed_local());
        }
        if !self.volumes.is_empty() {
            let sights = changes(server, ListRequest::new(ATTACHMENTS, None))
                .map(|change| change.map(Sight::Attachments));
            watches.push(sights.boxed_local());
        }
        watches
    }

    /// Takes in what was seen; returns what is to be told.
    fn take(&mut self, sight: Sight) -> Vec<(EventType, String)> {
        match sight {
            Sight::Workloads(kind, namespace, change) => {
                self.replacements.take_workloads(kind, &namespace, change);
            }
            Sight::Pods(namespace, change) => self.replacements.take_pods(&namespace, *change),
            Sight::Attachments(change) => {
                let detached = self.volumes.take(change).into_iter();
                return detached
                    .map(|Attachment { node, volume, .. }| {
                        let words = format!("volume {volume} is detached from node {node}");
                        (EventType::Detached, words)
                    })
                    .collect();
            }
        }
        let settled = self.replacements.settle().into_iter();
        settled
            .map(|(key, how)| {
                let words = match how {
                    Settled::Back { ready, replicas } => {
                        format!("{key} has {ready} of {replicas} ready")
                    }
                    Settled::Deleted => format!("{key} was deleted, and is not waited for"),
                };
                (EventType::Replaced, words)
            })
            .collect()
    }

    fn words(&self) -> String {
        let mut parts = Vec::new();
        if let Some((workloads, key, ready)) = self.replacements.waited_for() {
            parts.push(format!(
                "{} to have ready pods again, as {key} ({ready})",
                count(workloads, "workload")
            ));
        }
        if let Some((volumes, volume)) = self.volumes.waited_for() {
            parts.push(format!(
                "{} to be detached, as {volume}",
                count(volumes, "volume")
            ));
        } else if !self.volumes.is_over() {
            parts.push("word of the attached volumes".to_owned());
        }
        format!("waiting for {}", parts.join(" and "))
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}
