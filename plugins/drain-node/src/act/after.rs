//! What may still be waited for when the nodes are empty: ready replacements, detached volumes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cluster::{ApiServer, Error, ListRequest, Resource, in_parallel};
use console::{Failure, Interrupts};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1 as storage;

use crate::act::engine::Engine;
use crate::act::going;
use crate::cli::DrainFlags;
use crate::facts::{Facts, read_all, read_workload};
use crate::failure;
use crate::report::{DrainPlan, EventType, Outcome};
use crate::screen::Event;
use crate::workload::{Key, deployment_of};

/// How often what is waited for is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Waits for what the flags ask for; says what stopped it, if something did.
///
/// # Errors
/// When the cluster can't be read for good.
pub async fn wait(
    server: &ApiServer,
    flags: &DrainFlags,
    facts: &Facts,
    plan: &DrainPlan,
    engine: &mut Engine<'_>,
    interrupts: &mut Interrupts,
) -> Result<Option<Outcome>, Failure> {
    let mut waiting = Waiting::default();
    let going = going(plan);
    if flags.wait_replacements {
        waiting.workloads = affected(facts, &going);
    }
    if flags.wait_detach {
        waiting.volumes = volumes(server, facts, &going)
            .await
            .map_err(|error| failure(&error))?;
        waiting.nodes = facts.nodes.iter().map(|node| node.name.clone()).collect();
    }
    let timeout = Some(flags.timeout).filter(|timeout| !timeout.is_zero());
    let give_up = timeout.map(|timeout| engine.began() + timeout);
    while !waiting.is_over() {
        if give_up.is_some_and(|at| at <= Instant::now()) {
            engine.screen().note(&waiting.words());
            return Ok(Some(Outcome::Timeout));
        }
        let lines = [waiting.words()];
        engine.screen().progress(&lines);
        tokio::select! {
            looked = waiting.look(server) => match looked {
                Ok(events) => {
                    for (event_type, words) in events {
                        let event = Event::default().saying(words);
                        engine.screen().show(event_type, event, server.clock().now())?;
                    }
                }
                Err(error) if error.is_transient() => {}
                Err(error) => return Err(failure(&error)),
            },
            () = interrupts.next() => return Ok(Some(Outcome::Interrupted)),
        }
        if waiting.is_over() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = interrupts.next() => return Ok(Some(Outcome::Interrupted)),
        }
    }
    Ok(None)
}

/// The workloads of the pods that left, and how many ready pods each should have again.
fn affected(facts: &Facts, going: &BTreeSet<&str>) -> BTreeMap<Key, (i32, bool)> {
    let mut affected = BTreeMap::new();
    for pod in facts
        .pods
        .iter()
        .filter(|pod| going.contains(pod.uid.as_str()))
    {
        let Some(own) = Key::of(pod) else { continue };
        let (key, workload) = match deployment_of(pod, &facts.workloads) {
            Some((key, deployment)) => (key, deployment),
            None => match facts.workloads.get(&own) {
                Some(workload) => (own, workload),
                None => continue,
            },
        };
        affected.insert(key, (workload.ready.min(workload.replicas), false));
    }
    affected
}

/// The persistent volumes of the pods that left.
async fn volumes(
    server: &ApiServer,
    facts: &Facts,
    going: &BTreeSet<&str>,
) -> Result<BTreeSet<String>, Error> {
    let pods = facts
        .pods
        .iter()
        .filter(|pod| going.contains(pod.uid.as_str()));
    let claims: BTreeSet<(&str, &str)> = pods
        .flat_map(|pod| {
            let claims = pod.claims.iter();
            claims.map(|claim| (pod.namespace.as_str(), claim.as_str()))
        })
        .collect();
    let resource = Resource::of::<core::PersistentVolumeClaim>();
    let gets = claims.iter().map(|(namespace, name)| {
        server.get::<core::PersistentVolumeClaim>(resource, Some(namespace), name)
    });
    let mut volumes = BTreeSet::new();
    for claim in in_parallel(gets).await {
        volumes.extend(
            claim?
                .and_then(|claim| claim.spec)
                .and_then(|spec| spec.volume_name),
        );
    }
    Ok(volumes)
}

/// What is still waited for.
#[derive(Default)]
struct Waiting {
    /// How many ready pods each should have, and whether it had them at the last look.
    workloads: BTreeMap<Key, (i32, bool)>,
    volumes: BTreeSet<String>,
    nodes: BTreeSet<String>,
}

impl Waiting {
    fn is_over(&self) -> bool {
        self.workloads.is_empty() && self.volumes.is_empty()
    }

    fn words(&self) -> String {
        let mut parts = Vec::new();
        if let Some((key, (ready, _))) = self.workloads.first_key_value() {
            parts.push(format!(
                "{} to have ready pods again, as {key} ({ready})",
                crate::render::count(self.workloads.len(), "workload")
            ));
        }
        if let Some(volume) = self.volumes.first() {
            parts.push(format!(
                "{} to be detached, as {volume}",
                crate::render::count(self.volumes.len(), "volume")
            ));
        }
        format!("waiting for {}", parts.join(" and "))
    }

    async fn look(&mut self, server: &ApiServer) -> Result<Vec<(EventType, String)>, Error> {
        let mut events = Vec::new();
        let keys: Vec<Key> = self.workloads.keys().cloned().collect();
        let reads = in_parallel(keys.iter().map(|key| read_workload(server, key))).await;
        for (key, read) in keys.iter().zip(reads) {
            let Some(workload) = read? else {
                self.workloads.remove(key);
                continue;
            };
            let Some((wanted, seen_before)) = self.workloads.get_mut(key) else {
                continue;
            };
            let is_back = workload.ready >= (*wanted).min(workload.replicas);
            // Once may be a number from before the pods were gone.
            if is_back && *seen_before {
                events.push((
                    EventType::Replaced,
                    format!(
                        "{key} has {} of {} ready",
                        workload.ready, workload.replicas
                    ),
                ));
                self.workloads.remove(key);
            } else {
                *seen_before = is_back;
            }
        }
        if !self.volumes.is_empty() {
            let attached = attached(server).await?;
            let still: BTreeSet<String> = attached
                .into_iter()
                .filter(|(node, volume)| self.nodes.contains(node) && self.volumes.contains(volume))
                .map(|(_, volume)| volume)
                .collect();
            if still.is_empty() {
                events.push((
                    EventType::Detached,
                    "the volumes of the evicted pods are detached".to_owned(),
                ));
            }
            self.volumes = still;
        }
        Ok(events)
    }
}

/// Attached volumes: node and persistent volume.
///
/// # Errors
/// When they can't be listed.
pub async fn attached(server: &ApiServer) -> Result<Vec<(String, String)>, Error> {
    let resource = Resource::of::<storage::VolumeAttachment>();
    let attachments: Vec<storage::VolumeAttachment> =
        read_all(server, &ListRequest::new(resource, None)).await?;
    let volumes = attachments.into_iter().filter_map(|attachment| {
        let volume = attachment.spec.source.persistent_volume_name?;
        Some((attachment.spec.node_name, volume))
    });
    Ok(volumes.collect())
}
