//! The drain at work: what the watches see goes into the queue, what is due goes to the API server.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cluster::{ApiServer, Change, Error, Freshness, LabelSelector, ListRequest, WriteError};
use console::{Failure, Interrupts, short};
use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, LocalBoxStream, SelectAll};
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;
use serde::de::IgnoredAny;

use crate::act::evict::{deletion, eviction, meaning, restart};
use crate::act::queue::{Answer, Attempt, Entry, How, Queue, Stage};
use crate::act::watches::{WATCH_PAUSE, changes};
use crate::budget::Budget;
use crate::cli::DrainFlags;
use crate::facts::{BUDGETS, DAEMON_SETS, NODES, PODS, read_all};
use crate::filters::{
    DaemonSet, DaemonSets, Filter, Filtered, daemon_set_of, filter, is_deleted_long_ago,
};
use crate::node::Node;
use crate::pod::Pod;
use crate::report::EventType;
use crate::screen::{Event, Screen};
use crate::stuck::{Kubelet, reasons};

/// How long a drawn screen stands at least.
const DRAW: Duration = Duration::from_millis(100);
/// How often the screen is drawn anew without news.
const REDRAW: Duration = Duration::from_millis(250);
/// How often pods that do not leave are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How often a node is listed anew while pods are left, should a watch have gone silent.
const RELIST: Duration = Duration::from_secs(20);
/// How long such a list may take.
const LIST_LIMIT: Duration = Duration::from_secs(15);
/// How long a pod may be leaving before one says why it is still there.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many pods that are waited for the screen names.
const MOST_NAMED: usize = 6;

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

/// A node of the drain.
#[derive(Debug)]
pub struct NodeRun {
    pub name: String,
    pub progress: NodeProgress,
    pub kubelet: Kubelet,
    began: Option<Instant>,
    listing: bool,
    last_list: Option<Instant>,
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
                .map(|(name, kubelet)| NodeRun {
                    name,
                    progress: NodeProgress::Waits,
                    kubelet,
                    began: None,
                    listing: false,
                    last_list: None,
                    present_then: BTreeSet::new(),
                    gone_then: BTreeSet::new(),
                })
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

    // --- nodes ----------------------------------------------------------------------------------

    /// Gives as many nodes their turn as may be drained at once.
    fn activate(&mut self) {
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
    fn settle(&mut self) -> Result<(), Failure> {
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

    // --- pods -----------------------------------------------------------------------------------

    fn send_due(&mut self) -> Result<(), Failure> {
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

    fn take(&mut self, news: News) -> Result<Option<Stop>, Failure> {
        match news {
            News::Pods(index, change) => self.take_pods(index, change)?,
            News::Budgets(change) => self.take_budgets(change)?,
            News::Broken(error) => return Ok(Some(Stop::Broken(crate::failure(&error)))),
            News::Answer(attempt, result) => return self.take_answer(&attempt, result),
            News::Listed(index, result) => {
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
            }
            News::Kubelet(index, Ok(Some(node))) => self.nodes[index].kubelet = node.kubelet,
            News::Kubelet(index, Ok(None)) => self.nodes[index].kubelet = Kubelet::NoNode,
            // It is only a look; the next one may succeed.
            News::Kubelet(_, Err(_)) | News::DaemonSet(_, Err(_)) => {}
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

    fn take_pods(&mut self, index: usize, change: Change<Pod>) -> Result<(), Failure> {
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
    fn take_list(
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
    fn first_stage(&self, pod: &Pod) -> Stage {
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

    fn take_budgets(&mut self, change: Change<Budget>) -> Result<(), Failure> {
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

    fn take_answer(
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

    // --- what one sees --------------------------------------------------------------------------

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

    /// Says once of each budget that it keeps pods waiting.
    fn tell_budgets(&mut self) -> Result<(), Failure> {
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

    /// Pods whose deletion is overdue by more than the flag says are not waited for.
    fn skip_overdue(&mut self) -> Result<(), Failure> {
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

    /// Says of each pod that does not leave why; again when the reason is another.
    fn tell_stuck(&mut self) -> Result<(), Failure> {
        let now = self.now();
        let mut told = Vec::new();
        for entry in self.queue.entries() {
            let long = entry
                .first_tried
                .is_none_or(|tried| tried.elapsed() >= PATIENCE);
            if entry.stage != Stage::Leaving || !long {
                continue;
            }
            let reasons = reasons(&entry.pod, &self.nodes[entry.node].kubelet, now).join("; ");
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

    /// Asks after the kubelets of pods that are overdue.
    fn look_at_kubelets(&mut self) {
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
        for index in overdue {
            let server = self.server;
            let name = self.nodes[index].name.clone();
            let look =
                async move { News::Kubelet(index, server.get::<Node>(NODES, None, &name).await) };
            self.requests.push(look.boxed_local());
        }
    }

    /// A line for each node at work, and the pods that are waited for.
    fn lines(&self, now: Instant) -> Vec<String> {
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
                    let reasons = reasons(&entry.pod, &self.nodes[entry.node].kubelet, time);
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

impl NodeProgress {
    /// Whether its turn is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Drained | Self::NotDrained)
    }

    fn is_active(self) -> bool {
        !self.is_over() && self != Self::Waits
    }
}

/// The pods bound to a node.
pub fn pods_of(node: &str) -> ListRequest {
    ListRequest {
        fields: Some(format!("spec.nodeName={node}")),
        ..ListRequest::new(PODS, None)
    }
}

fn skipping(pod: &str, after: i64) -> String {
    format!("pod {pod:?} has DeletionTimestamp older than {after} seconds, skipping")
}
