//! The nodes of a drain: whose turn it is, and when one is empty.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cluster::{Error, Freshness, ListRequest};
use console::Failure;
use futures::{FutureExt, StreamExt};

use super::{Engine, News, Stop};
use crate::act::queue::{Entry, Stage};
use crate::act::watches::{WATCH_PAUSE, changes};
use crate::facts::{PODS, read_all};
use crate::pod::Pod;
use crate::report::EventType;
use crate::screen::Event;
use crate::stuck::Kubelet;

/// How often a node is listed anew while pods are left, should a watch have gone silent.
const RELIST: Duration = Duration::from_secs(20);
/// How long such a list may take.
const LIST_LIMIT: Duration = Duration::from_secs(15);

/// A node of the drain.
#[derive(Debug)]
pub struct NodeRun {
    pub name: String,
    pub progress: NodeProgress,
    pub kubelet: Kubelet,
    /// The volumes that are attached to it, where somebody looked.
    pub attached: Vec<String>,
    pub(super) began: Option<Instant>,
    pub(super) listing: bool,
    pub(super) last_list: Option<Instant>,
    /// What was known when the list was asked for: only of that can it bring news.
    present_then: BTreeSet<String>,
    gone_then: BTreeSet<String>,
}

/// How far a node is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NodeProgress {
    /// Its turn comes later.
    Waits,
    /// Its pods have not been listed yet.
    Begins,
    /// Pods leave.
    Drains,
    /// It seems empty, and is listed once more.
    Checks,
    /// It is empty.
    Drained,
    /// Nothing more is to be done, but pods are left.
    NotDrained,
}

impl NodeRun {
    /// A node whose turn comes later.
    pub(super) fn new(name: String, kubelet: Kubelet) -> Self {
        Self {
            name,
            progress: NodeProgress::Waits,
            kubelet,
            attached: Vec::new(),
            began: None,
            listing: false,
            last_list: None,
            present_then: BTreeSet::new(),
            gone_then: BTreeSet::new(),
        }
    }
}

impl NodeProgress {
    /// Whether its turn is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Drained | Self::NotDrained)
    }

    pub(super) fn is_active(self) -> bool {
        !self.is_over() && self != Self::Waits
    }
}

impl Engine<'_> {
    /// Gives as many nodes their turn as may be drained at once.
    pub(super) fn activate(&mut self) {
        let active = self.nodes.iter().filter(|node| node.progress.is_active());
        let mut free = self.flags.parallel().saturating_sub(active.count());
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if free == 0 {
                return;
            }
            if node.progress == NodeProgress::Waits {
                node.progress = NodeProgress::Begins;
                node.began = Some(Instant::now());
                let request = pods_of(&node.name);
                let pods = changes(self.server, request).map(move |change| {
                    change.map_or_else(News::Broken, |change| News::Pods(index, change))
                });
                self.watches.push(pods.boxed_local());
                free -= 1;
            }
        }
    }

    /// Nodes whose pods are all gone are listed once more; that decides.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        for index in 0..self.nodes.len() {
            let node = &self.nodes[index];
            let now = Instant::now();
            let is_settled = self.queue.is_settled(index);
            match node.progress {
                NodeProgress::Drains if is_settled && !node.listing => {
                    self.nodes[index].progress = NodeProgress::Checks;
                    self.list(index, Duration::ZERO);
                }
                NodeProgress::Drains
                    if !node.listing
                        && node
                            .last_list
                            .is_none_or(|at| now.duration_since(at) > RELIST) =>
                {
                    self.list(index, Duration::ZERO);
                }
                NodeProgress::Checks if !node.listing => {
                    if is_settled {
                        self.end_node(index)?;
                    } else {
                        self.nodes[index].progress = NodeProgress::Drains;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn list(&mut self, index: usize, pause: Duration) {
        let own = self
            .queue
            .entries()
            .iter()
            .filter(|entry| entry.node == index);
        let (gone, present): (Vec<&Entry>, Vec<&Entry>) =
            own.partition(|entry| entry.stage == Stage::Gone);
        let uids = |entries: Vec<&Entry>| -> BTreeSet<String> {
            entries
                .into_iter()
                .map(|entry| entry.pod.uid.clone())
                .collect()
        };
        let (gone, present) = (uids(gone), uids(present));
        let node = &mut self.nodes[index];
        node.gone_then = gone;
        node.present_then = present;
        node.listing = true;
        node.last_list = Some(Instant::now());
        let server = self.server;
        let request = ListRequest {
            freshness: Freshness::Latest,
            ..pods_of(&node.name)
        };
        let list = async move {
            tokio::time::sleep(pause).await;
            let list = read_all::<Pod>(server, &request);
            let listed = tokio::time::timeout(LIST_LIMIT, list).await;
            News::Listed(
                index,
                listed.unwrap_or_else(|_| {
                    Err(Error::Timeout {
                        server: server.address().to_owned(),
                        after: LIST_LIMIT,
                    })
                }),
            )
        };
        self.requests.push(list.boxed_local());
    }

    fn end_node(&mut self, index: usize) -> Result<(), Failure> {
        let own = |entry: &&Entry| entry.node == index;
        let entries = self.queue.entries().iter().filter(own);
        let mut left: Vec<String> = Vec::new();
        for entry in entries {
            match &entry.stage {
                Stage::Left(why) | Stage::Failed(why) => {
                    left.push(format!("{}: {why}", entry.pod.key()));
                }
                _ => {}
            }
        }
        let name = self.nodes[index].name.clone();
        let took = self.nodes[index].began.map(|began| began.elapsed());
        if left.is_empty() {
            self.nodes[index].progress = NodeProgress::Drained;
            let event = Event::of_node(&name).after(took);
            return self.show(EventType::Drained, event);
        }
        self.nodes[index].progress = NodeProgress::NotDrained;
        let event = Event::of_node(&name).saying(left.join("; ")).after(took);
        self.show(EventType::NotDrained, event)
    }

    /// Takes in a fresh list of a node's pods.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(super) fn take_listed(
        &mut self,
        index: usize,
        result: Result<Vec<Pod>, Error>,
    ) -> Result<Option<Stop>, Failure> {
        self.nodes[index].listing = false;
        match result {
            Ok(pods) => {
                let present = std::mem::take(&mut self.nodes[index].present_then);
                let gone = std::mem::take(&mut self.nodes[index].gone_then);
                for pod in pods.iter().filter(|pod| gone.contains(&pod.uid)) {
                    // A watch was wrong about it.
                    let stage = self.first_stage(pod);
                    self.queue.revive(&pod.uid, stage);
                }
                self.take_list(index, pods, &present)?;
            }
            Err(error) if error.is_transient() => self.list(index, WATCH_PAUSE),
            Err(error) => return Ok(Some(Stop::Broken(crate::failure(&error)))),
        }
        Ok(None)
    }
}

/// The pods bound to a node.
pub fn pods_of(node: &str) -> ListRequest {
    ListRequest {
        fields: Some(format!("spec.nodeName={node}")),
        ..ListRequest::new(PODS, None)
    }
}
