//! The drain at work: what the watches see goes into the queue, what is due goes to the API server.

mod diagnosis;
mod nodes;
mod pods;
mod progress;
mod requests;

pub use nodes::{NodeProgress, NodeRun, pods_of};

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cluster::{ApiServer, Change, Error, LabelSelector, ListRequest, WriteError};
use console::{Failure, Interrupts};
use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, LocalBoxStream, SelectAll};
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;

use crate::act::Attachment;
use crate::act::queue::{Answer, Attempt, Queue};
use crate::act::watches::changes;
use crate::budget::Budget;
use crate::cli::DrainFlags;
use crate::facts::BUDGETS;
use crate::filters::{DaemonSet, DaemonSets};
use crate::node::Node;
use crate::pod::Pod;
use crate::report::EventType;
use crate::screen::{Event, Screen};
use crate::stuck::Kubelet;

/// How long a drawn screen stands at least.
const DRAW: Duration = Duration::from_millis(100);
/// How often the screen is drawn anew without news.
const REDRAW: Duration = Duration::from_millis(250);
/// How often pods that do not leave are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What a watch, a request or a look brought.
#[expect(
    clippy::large_enum_variant,
    reason = "there is never more than one at rest"
)]
enum News {
    Pods(usize, Change<Pod>),
    Budgets(Change<Budget>),
    /// A watch can't go on.
    Broken(Error),
    Answer(Attempt, Result<(), WriteError>),
    Listed(usize, Result<Vec<Pod>, Error>),
    Kubelet(usize, Result<Option<Node>, Error>),
    Attached(Result<Vec<Attachment>, Error>),
    DaemonSet((String, String), Result<bool, Error>),
}

/// Why the drain stopped.
#[derive(Debug)]
pub enum Stop {
    /// Nothing more is to be done.
    Settled,
    /// `--timeout`
    Timeout,
    /// Ctrl-C
    Interrupted,
    /// A watch or a request can't go on.
    Broken(Failure),
}

/// All that a drain knows while it works.
pub struct Engine<'a> {
    pub server: &'a ApiServer,
    pub flags: &'a DrainFlags,
    pub queue: Queue,
    pub nodes: Vec<NodeRun>,
    pub evicted: usize,
    pub deleted: usize,
    screen: &'a mut Screen,
    pod_selector: LabelSelector,
    daemon_sets: DaemonSets,
    /// Pods that the plan wants their Deployment to replace, with its name.
    surges: BTreeMap<String, String>,
    /// Deployments that were restarted.
    restarted: BTreeSet<(String, String)>,
    /// Pods that lead an election, when the plan was made.
    leaders: BTreeSet<String>,
    /// Pods that the plan knew.
    planned: BTreeSet<String>,
    budgets_known: bool,
    watches: SelectAll<LocalBoxStream<'a, News>>,
    requests: FuturesUnordered<LocalBoxFuture<'a, News>>,
    began: Instant,
    said: BTreeMap<String, String>,
    budgets_said: BTreeSet<String>,
    last_look: Instant,
    last_draw: Instant,
}

/// What the engine takes over from the plan.
pub struct Orders {
    pub nodes: Vec<(String, Kubelet)>,
    pub daemon_sets: DaemonSets,
    pub surges: BTreeMap<String, String>,
    pub leaders: BTreeSet<String>,
    pub planned: BTreeSet<String>,
}

impl<'a> Engine<'a> {
    /// Prepares a drain; nothing is asked before [`run`](Self::run).
    pub fn new(
        server: &'a ApiServer,
        flags: &'a DrainFlags,
        screen: &'a mut Screen,
        pod_selector: LabelSelector,
        orders: Orders,
    ) -> Self {
        let now = Instant::now();
        let delete_from = flags.deadline_delete.map(|after| now + after);
        let queue = Queue::new(flags.once, delete_from);
        Self {
            server,
            flags,
            queue,
            nodes: orders
                .nodes
                .into_iter()
                .map(|(name, kubelet)| NodeRun::new(name, kubelet))
                .collect(),
            evicted: 0,
            deleted: 0,
            screen,
            pod_selector,
            daemon_sets: orders.daemon_sets,
            surges: orders.surges,
            restarted: BTreeSet::new(),
            leaders: orders.leaders,
            planned: orders.planned,
            budgets_known: flags.disable_eviction,
            watches: SelectAll::new(),
            requests: FuturesUnordered::new(),
            began: now,
            said: BTreeMap::new(),
            budgets_said: BTreeSet::new(),
            last_look: now,
            last_draw: now,
        }
    }

    /// When the drain began.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// The screen, between the drain and its end.
    pub fn screen(&mut self) -> &mut Screen {
        self.screen
    }

    /// Drains until nothing more is to be done, or something stops it.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub async fn run(&mut self, interrupts: &mut Interrupts) -> Result<Stop, Failure> {
        if !self.flags.disable_eviction {
            let request = ListRequest::new(BUDGETS, None);
            let budgets = changes(self.server, request)
                .map(|change| change.map_or_else(News::Broken, News::Budgets));
            self.watches.push(budgets.boxed_local());
        }
        let timeout = Some(self.flags.timeout).filter(|timeout| !timeout.is_zero());
        let give_up = timeout.map(|timeout| self.began + timeout);
        loop {
            self.activate();
            self.send_due()?;
            self.settle()?;
            if self.nodes.iter().all(|node| node.progress.is_over()) {
                return Ok(Stop::Settled);
            }
            let now = Instant::now();
            if give_up.is_some_and(|at| at <= now) {
                return Ok(Stop::Timeout);
            }
            self.look(now)?;
            let wake = self.next_wake(now, give_up);
            let news = tokio::select! {
                biased;
                () = interrupts.next() => return Ok(Stop::Interrupted),
                Some(news) = self.requests.next(), if !self.requests.is_empty() => Some(news),
                Some(news) = self.watches.next(), if !self.watches.is_empty() => Some(news),
                () = tokio::time::sleep_until(wake.into()) => None,
            };
            // All that is there already, before anything new is decided.
            let mut next = news;
            while let Some(news) = next {
                if let Some(stop) = self.take(news)? {
                    return Ok(stop);
                }
                next = self.ready_news();
            }
        }
    }

    fn ready_news(&mut self) -> Option<News> {
        if !self.requests.is_empty()
            && let Some(Some(news)) = self.requests.next().now_or_never()
        {
            return Some(news);
        }
        if self.watches.is_empty() {
            return None;
        }
        self.watches.next().now_or_never().flatten()
    }

    fn next_wake(&self, now: Instant, give_up: Option<Instant>) -> Instant {
        // What happened since the screen was drawn is shown soon, also if nothing more happens.
        let drawn_until = self.last_draw + DRAW;
        let redraw = if now < drawn_until {
            drawn_until
        } else {
            now + REDRAW
        };
        let wakes = [
            Some(redraw),
            self.queue.next_wake(now),
            give_up.filter(|at| *at > now),
        ];
        wakes.into_iter().flatten().min().unwrap_or(redraw)
    }

    /// Waits for the answers that are still out, after a stop.
    pub async fn finish_requests(&mut self) {
        while let Some(news) = self.requests.next().await {
            if let News::Answer(attempt, Ok(())) = news {
                self.queue
                    .answered(&attempt.uid, Answer::Accepted, Instant::now());
            }
        }
    }

    fn take(&mut self, news: News) -> Result<Option<Stop>, Failure> {
        match news {
            News::Pods(index, change) => self.take_pods(index, change)?,
            News::Budgets(change) => self.take_budgets(change)?,
            News::Broken(error) => return Ok(Some(Stop::Broken(crate::failure(&error)))),
            News::Answer(attempt, result) => return self.take_answer(&attempt, result),
            News::Listed(index, result) => return self.take_listed(index, result),
            News::Kubelet(index, Ok(Some(node))) => self.nodes[index].kubelet = node.kubelet,
            News::Kubelet(index, Ok(None)) => self.nodes[index].kubelet = Kubelet::NoNode,
            // It is only a look; the next one may succeed.
            News::Kubelet(_, Err(_)) | News::Attached(Err(_)) | News::DaemonSet(_, Err(_)) => {}
            News::Attached(Ok(attachments)) => {
                for node in &mut self.nodes {
                    let own = attachments.iter().filter(|one| one.node == node.name);
                    node.attached = own.map(|one| one.volume.clone()).collect();
                }
            }
            News::DaemonSet(key, Ok(exists)) => {
                let state = if exists {
                    DaemonSet::Exists
                } else {
                    DaemonSet::Missing
                };
                self.daemon_sets.insert(key, state);
            }
        }
        Ok(None)
    }

    fn now(&self) -> Timestamp {
        self.server.clock().now()
    }

    fn show(&mut self, event_type: EventType, event: Event) -> Result<(), Failure> {
        let now = self.server.clock().now();
        self.screen.show(event_type, event, now)
    }

    /// Looks at what does not go on, and draws the screen.
    fn look(&mut self, now: Instant) -> Result<(), Failure> {
        if now.duration_since(self.last_draw) >= DRAW {
            self.last_draw = now;
            if self.screen.has_progress() {
                let lines = self.lines(now);
                self.screen.progress(&lines);
            } else {
                self.tell_budgets()?;
            }
        }
        if now.duration_since(self.last_look) < LOOK {
            return Ok(());
        }
        self.last_look = now;
        self.skip_overdue()?;
        self.tell_stuck()?;
        self.look_at_kubelets();
        Ok(())
    }
}
