//! Which pod is tried when: the shared budget scheduler of a drain, as a pure state machine.
//!
//! It is told what the watches see and what the API server answers, and says which requests are due.
//! The API server guards the budgets; what is counted here only spares it requests that it would
//! refuse. An eviction that was refused becomes due when its budget or its pod changes, or after a
//! jittered pause of at most five seconds, should the change have gone unseen.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::budget::{Budget, Gate, gate};
use crate::pod::Pod;

/// Requests under way at once.
const MOST_IN_FLIGHT: usize = 64;
/// The longest and the shortest wait for a change that may have gone unseen.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const SHORTEST_WAIT: Duration = Duration::from_millis(2500);
const JITTER: Duration = Duration::from_millis(2500);
/// The first pause after an error that may pass.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The pause of all when the server has too much to do and does not say for how long.
const PRESSURE_PAUSE: Duration = Duration::from_secs(1);

/// How a pod is made to leave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    Evict,
    Delete,
    /// By a rolling restart of its Deployment.
    Surge,
}

/// A request that is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    pub uid: String,
    pub how: How,
    /// Whether it is the first for this pod.
    pub is_first: bool,
}

/// What came of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The pod is being deleted.
    Accepted,
    /// The pod is not there any more, or another has its name.
    Gone,
    /// A budget is in the way.
    Budget {
        message: String,
        retry_after: Option<Duration>,
    },
    /// Something else that may change by itself: a webhook, a migration, a namespace that ends.
    Refused {
        message: String,
        retry_after: Option<Duration>,
    },
    /// The server has too much to do.
    Pressure {
        message: String,
        retry_after: Option<Duration>,
    },
    /// An error that may pass, or no answer.
    Trouble { message: String },
    /// This will never succeed.
    Failed { message: String },
}

/// Where a pod stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stage {
    /// To be tried.
    Waiting,
    /// A request is under way.
    InFlight,
    /// It is being deleted, or its Deployment replaces it.
    Leaving,
    /// It is gone.
    Gone,
    /// It is not waited for, which is as it should be.
    Skipped,
    /// It stays: `--once`, or a filter.
    Left(String),
    /// It can't be removed.
    Failed(String),
}

/// A pod of the drain.
#[derive(Clone, Debug)]
pub struct Entry {
    pub pod: Pod,
    pub node: usize,
    pub how: How,
    pub stage: Stage,
    pub first_tried: Option<Instant>,
    /// The last refusal, in words.
    pub refusal: Option<String>,
    leads: bool,
    attempts: u32,
    not_before: Option<Instant>,
    /// Its budget has nothing for it; not looked at again before that or the pod changes.
    parked: bool,
    budgets: Vec<(String, String)>,
}

impl Entry {
    /// Whether nothing more is to be done or waited for.
    pub fn is_settled(&self) -> bool {
        !matches!(
            self.stage,
            Stage::Waiting | Stage::InFlight | Stage::Leaving
        )
    }
}

/// A budget as last seen, and what this drain took from it since.
#[derive(Debug)]
struct View {
    budget: Budget,
    /// UIDs whose disruption may not be in the numbers yet.
    taken: BTreeSet<String>,
    /// Refused since the last change.
    refused: bool,
    retry_at: Option<Instant>,
}

impl View {
    /// What is left for a pod; what it may have taken itself does not count against it.
    fn free_for(&self, uid: &str) -> usize {
        if self.refused {
            return 0;
        }
        let taken = self.taken.iter().filter(|other| *other != uid).count();
        self.budget.allowed_now().saturating_sub(taken)
    }
}

type OrderKey = (i32, bool, String, String, usize);
type BudgetKey = (String, String);

/// The state machine.
#[derive(Debug, Default)]
pub struct Queue {
    entries: Vec<Entry>,
    by_uid: HashMap<String, usize>,
    waiting: BTreeSet<OrderKey>,
    budgets: BTreeMap<BudgetKey, View>,
    /// By node: pods for which something is still to be done or waited for.
    open: BTreeMap<usize, usize>,
    in_flight: usize,
    paused_until: Option<Instant>,
    /// `--once`
    pub once: bool,
    /// From when on refused evictions become deletions.
    pub delete_from: Option<Instant>,
    /// Refusals that were met.
    pub refusals: usize,
}

impl Queue {
    /// An empty queue; see the fields for what may be asked of it.
    pub fn new(once: bool, delete_from: Option<Instant>) -> Self {
        Self {
            once,
            delete_from,
            ..Self::default()
        }
    }

    /// All pods, in the order in which they came.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The pod with this UID.
    pub fn entry(&self, uid: &str) -> Option<&Entry> {
        self.by_uid.get(uid).map(|&at| &self.entries[at])
    }

    /// Adds a pod.
    pub fn add(&mut self, pod: Pod, node: usize, how: How, stage: Stage, leads: bool) {
        let at = self.entries.len();
        let entry = Entry {
            budgets: self.budgets_of(&pod),
            node,
            how,
            stage,
            first_tried: None,
            refusal: None,
            leads,
            attempts: 0,
            not_before: None,
            parked: false,
            pod,
        };
        self.by_uid.insert(entry.pod.uid.clone(), at);
        if entry.stage == Stage::Waiting {
            self.waiting.insert(order_key(&entry, at));
        }
        *self.open.entry(node).or_default() += usize::from(!entry.is_settled());
        self.entries.push(entry);
    }

    /// A pod as it is now. `false` where it is not known.
    pub fn seen(&mut self, pod: Pod) -> bool {
        let Some(&at) = self.by_uid.get(&pod.uid) else {
            return false;
        };
        let budgets = (pod.labels != self.entries[at].pod.labels).then(|| self.budgets_of(&pod));
        let entry = &mut self.entries[at];
        if !is_newer(&pod.resource_version, &entry.pod.resource_version) {
            return true;
        }
        if let Some(budgets) = budgets {
            entry.budgets = budgets;
        }
        let begins_to_leave = pod.is_terminating() && !entry.pod.is_terminating();
        // What stood in the way may be gone: its phase, its readiness, its labels.
        entry.not_before = None;
        entry.parked = false;
        entry.pod = pod;
        if begins_to_leave && entry.stage == Stage::Waiting {
            self.set_stage(at, Stage::Leaving);
        }
        true
    }

    /// A pod is gone. Returns whether it was one of the drain's and still there.
    pub fn gone(&mut self, uid: &str) -> Option<&Entry> {
        let &at = self.by_uid.get(uid)?;
        if self.entries[at].stage == Stage::Gone {
            return None;
        }
        self.set_stage(at, Stage::Gone);
        for key in self.entries[at].budgets.clone() {
            let view = self.budgets.get_mut(&key);
            if view.is_some_and(|view| view.taken.remove(uid)) {
                self.unpark(&key);
            }
        }
        self.entries.get(at)
    }

    /// A pod that was thought to be gone is there.
    pub fn revive(&mut self, uid: &str, stage: Stage) {
        if let Some(&at) = self.by_uid.get(uid)
            && self.entries[at].stage == Stage::Gone
        {
            self.set_stage(at, stage);
        }
    }

    /// Takes a pod out of what is waited for.
    pub fn skip(&mut self, uid: &str) {
        if let Some(&at) = self.by_uid.get(uid) {
            self.set_stage(at, Stage::Skipped);
        }
    }

    /// The UIDs of a node's pods that are not gone.
    pub fn present(&self, node: usize) -> BTreeSet<String> {
        let own = self.entries.iter().filter(|entry| entry.node == node);
        own.filter(|entry| entry.stage != Stage::Gone)
            .map(|entry| entry.pod.uid.clone())
            .collect()
    }

    /// Whether nothing more is to be done or waited for on a node.
    pub fn is_settled(&self, node: usize) -> bool {
        self.open.get(&node).is_none_or(|open| *open == 0)
    }

    /// All budgets as they are now.
    pub fn budgets_listed(&mut self, budgets: Vec<Budget>) {
        let names: BTreeSet<BudgetKey> = budgets.iter().map(budget_key).collect();
        self.budgets.retain(|key, _| names.contains(key));
        for budget in budgets {
            self.take_budget(budget);
        }
        self.match_budgets(None);
    }

    /// A budget as it is now.
    pub fn budget_seen(&mut self, budget: Budget) {
        let namespace = budget.namespace.clone();
        let known = self.budgets.get(&budget_key(&budget));
        let same = known.is_some_and(|view| view.budget.selector == budget.selector);
        self.take_budget(budget);
        if !same {
            self.match_budgets(Some(&namespace));
        }
    }

    /// A budget is gone.
    pub fn budget_gone(&mut self, budget: &Budget) {
        self.budgets.remove(&budget_key(budget));
        self.match_budgets(Some(&budget.namespace));
    }

    fn take_budget(&mut self, budget: Budget) {
        let key = budget_key(&budget);
        let mut taken = self
            .budgets
            .get_mut(&key)
            .map(|view| std::mem::take(&mut view.taken))
            .unwrap_or_default();
        taken.retain(|uid| {
            let entry = self.by_uid.get(uid).map(|&at| &self.entries[at]);
            entry.is_some_and(|entry| {
                let shown = budget.disrupted.contains(&entry.pod.name);
                let leaves = entry.stage != Stage::InFlight && entry.pod.is_terminating();
                !shown && !leaves
            })
        });
        for at in self.waiting.iter().map(|key| key.4) {
            let entry = &mut self.entries[at];
            if entry.budgets.contains(&key) {
                entry.not_before = None;
                entry.parked = false;
            }
        }
        let view = View {
            budget,
            taken,
            refused: false,
            retry_at: None,
        };
        self.budgets.insert(key, view);
    }

    fn budgets_of(&self, pod: &Pod) -> Vec<BudgetKey> {
        let selecting = self
            .budgets
            .iter()
            .filter(|(_, view)| view.budget.selects(pod));
        selecting.map(|(key, _)| key.clone()).collect()
    }

    fn match_budgets(&mut self, namespace: Option<&str>) {
        for at in 0..self.entries.len() {
            let pod = &self.entries[at].pod;
            if self.entries[at].is_settled()
                || namespace.is_some_and(|namespace| namespace != pod.namespace)
            {
                continue;
            }
            let budgets = self.budgets_of(pod);
            if budgets != self.entries[at].budgets {
                self.entries[at].budgets = budgets;
                self.entries[at].not_before = None;
                self.entries[at].parked = false;
            }
        }
    }

    /// The requests that are due on the active nodes; they count as sent.
    pub fn due(&mut self, now: Instant, is_active: impl Fn(usize) -> bool) -> Vec<Attempt> {
        let mut due = Vec::new();
        if self.paused_until.is_some_and(|until| until > now) {
            return due;
        }
        self.paused_until = None;
        self.unpark_overdue(now);
        let candidates: Vec<usize> = self.waiting.iter().map(|key| key.4).collect();
        for at in candidates {
            if self.in_flight >= MOST_IN_FLIGHT {
                break;
            }
            if !is_active(self.entries[at].node) || !self.is_due(at, now) {
                continue;
            }
            let entry = &mut self.entries[at];
            let is_first = entry.first_tried.is_none();
            entry.first_tried.get_or_insert(now);
            entry.attempts += 1;
            entry.not_before = None;
            due.push(Attempt {
                uid: entry.pod.uid.clone(),
                how: entry.how,
                is_first,
            });
            self.in_flight += 1;
            self.set_stage(at, Stage::InFlight);
        }
        due
    }

    /// Looks again at the pods of a budget.
    fn unpark(&mut self, key: &BudgetKey) {
        for at in self.waiting.iter().map(|key| key.4) {
            let entry = &mut self.entries[at];
            if entry.parked && entry.budgets.contains(key) {
                entry.parked = false;
            }
        }
    }

    /// Looks again at the pods of budgets that were silent for too long.
    fn unpark_overdue(&mut self, now: Instant) {
        let views = self.budgets.iter();
        let overdue: Vec<BudgetKey> = views
            .filter(|(_, view)| view.retry_at.is_some_and(|at| at <= now))
            .map(|(key, _)| key.clone())
            .collect();
        for key in overdue {
            self.unpark(&key);
        }
    }

    /// Whether a waiting pod should be tried now; takes from its budget if so.
    fn is_due(&mut self, at: usize, now: Instant) -> bool {
        let delete_now = self.delete_from.is_some_and(|from| from <= now);
        let entry = &mut self.entries[at];
        if delete_now && entry.how == How::Evict && entry.refusal.is_some() {
            entry.how = How::Delete;
            entry.not_before = None;
        }
        let parked = entry.parked && entry.how == How::Evict;
        if parked || entry.not_before.is_some_and(|at| at > now) {
            return false;
        }
        if entry.how != How::Evict || self.once {
            return true;
        }
        let views: Vec<&Budget> = entry
            .budgets
            .iter()
            .filter_map(|key| self.budgets.get(key))
            .map(|view| &view.budget)
            .collect();
        let key = match gate(&entry.pod, views) {
            Gate::Open | Gate::Bypassed | Gate::UnreadyAllowed(_) | Gate::Several(_) => {
                return true;
            }
            Gate::Needs(budget) => budget_key(budget),
        };
        let uid = entry.pod.uid.clone();
        let Some(view) = self.budgets.get_mut(&key) else {
            return true;
        };
        let is_overdue = view.retry_at.is_some_and(|at| at <= now);
        if view.free_for(&uid) == 0 && !is_overdue {
            view.retry_at
                .get_or_insert_with(|| now + fallback(&uid, self.entries[at].attempts));
            let budget = &view.budget;
            let entry = &mut self.entries[at];
            entry.parked = true;
            entry.refusal.get_or_insert_with(|| {
                format!("disruption budget {}: {}", budget.key(), budget.reason())
            });
            return false;
        }
        if is_overdue {
            // What was counted as taken never showed: look at it anew.
            let in_flight: BTreeSet<String> = view
                .taken
                .iter()
                .filter(|uid| {
                    let other = self.by_uid.get(*uid).map(|&at| &self.entries[at]);
                    other.is_some_and(|other| other.stage == Stage::InFlight)
                })
                .cloned()
                .collect();
            view.taken = in_flight;
            view.retry_at = None;
        }
        view.taken.insert(uid);
        true
    }

    /// What the API server said. Returns the words to show, if they are new.
    pub fn answered(&mut self, uid: &str, answer: Answer, now: Instant) -> Option<String> {
        let &at = self.by_uid.get(uid)?;
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.entries[at].stage != Stage::InFlight {
            // The watch was quicker.
            return None;
        }
        let (stage, message) = match answer {
            // That it is gone the watch will tell.
            Answer::Accepted | Answer::Gone => (Stage::Leaving, None),
            Answer::Failed { message } => (Stage::Failed(message.clone()), Some(message)),
            Answer::Budget {
                message,
                retry_after,
            } => {
                self.budget_refused(at, retry_after, now);
                (Stage::Waiting, Some(message))
            }
            Answer::Refused {
                message,
                retry_after,
            } => {
                self.give_back(at);
                let pause = retry_after.unwrap_or_else(|| self.pause(at, LONGEST_WAIT));
                self.entries[at].not_before = Some(now + pause);
                (Stage::Waiting, Some(message))
            }
            Answer::Pressure {
                message,
                retry_after,
            } => {
                self.give_back(at);
                self.paused_until = Some(now + retry_after.unwrap_or(PRESSURE_PAUSE));
                (Stage::Waiting, Some(message))
            }
            Answer::Trouble { message } => {
                let pause = self.pause(at, LONGEST_WAIT);
                self.entries[at].not_before = Some(now + pause);
                (Stage::Waiting, Some(message))
            }
        };
        let leaves_already = self.entries[at].pod.is_terminating();
        let refused = stage == Stage::Waiting;
        let stage = match (stage, &message) {
            (Stage::Waiting, _) if leaves_already => Stage::Leaving,
            (Stage::Waiting, Some(message)) if self.once => Stage::Left(message.clone()),
            (stage, _) => stage,
        };
        self.set_stage(at, stage);
        let message = message?;
        self.refusals += usize::from(refused);
        let before = self.entries[at].refusal.replace(message.clone());
        (before.as_ref() != Some(&message)).then_some(message)
    }

    fn budget_refused(&mut self, at: usize, retry_after: Option<Duration>, now: Instant) {
        let entry = &self.entries[at];
        let pause = retry_after.unwrap_or_else(|| fallback(&entry.pod.uid, entry.attempts));
        let uid = entry.pod.uid.clone();
        for key in entry.budgets.clone() {
            if let Some(view) = self.budgets.get_mut(&key) {
                view.taken.remove(&uid);
                view.refused = true;
                view.retry_at = Some(now + pause);
            }
        }
        if self.entries[at].budgets.len() != 1 {
            // No one budget's change will tell: several select it, or one that was not seen.
            self.entries[at].not_before = Some(now + pause);
        }
    }

    /// Frees what an attempt that did not take place had taken.
    fn give_back(&mut self, at: usize) {
        let uid = self.entries[at].pod.uid.clone();
        for key in self.entries[at].budgets.clone() {
            let view = self.budgets.get_mut(&key);
            if view.is_some_and(|view| view.taken.remove(&uid)) {
                self.unpark(&key);
            }
        }
    }

    /// Longer with each attempt, jittered, at most `longest`.
    fn pause(&self, at: usize, longest: Duration) -> Duration {
        let entry = &self.entries[at];
        let doubled = FIRST_PAUSE.saturating_mul(1 << entry.attempts.min(6));
        let jitter = jitter(&entry.pod.uid, entry.attempts);
        doubled.min(longest).mul_f64(0.5 + jitter / 2.0)
    }

    /// When something becomes due without any news.
    pub fn next_wake(&self, now: Instant) -> Option<Instant> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Some(until);
        }
        let entries = self.waiting.iter().map(|key| &self.entries[key.4]);
        let pods = entries.filter_map(|entry| entry.not_before);
        let budgets = self.budgets.values().filter_map(|view| view.retry_at);
        let delete = self.delete_from.filter(|_| !self.waiting.is_empty());
        pods.chain(budgets)
            .chain(delete)
            .filter(|at| *at > now)
            .min()
    }

    /// Budgets that keep pods waiting now: their key, their reason, how many pods.
    pub fn blocking(&self) -> BTreeMap<String, (String, usize)> {
        let mut blocking = BTreeMap::new();
        for at in self.waiting.iter().map(|key| key.4) {
            let entry = &self.entries[at];
            let views: Vec<&Budget> = entry
                .budgets
                .iter()
                .filter_map(|key| self.budgets.get(key))
                .map(|view| &view.budget)
                .collect();
            if entry.how == How::Evict
                && let Gate::Needs(budget) = gate(&entry.pod, views)
            {
                let counted = blocking.entry(budget.key()).or_insert_with(|| {
                    // What it allows is taken already, and its numbers will show it in a moment.
                    let reason = match budget.allowed_now() {
                        0 => budget.reason(),
                        allowed => format!("{}, {allowed} at a time", budget.asks),
                    };
                    (reason, 0)
                });
                counted.1 += 1;
            }
        }
        blocking
    }

    fn set_stage(&mut self, at: usize, stage: Stage) {
        let key = order_key(&self.entries[at], at);
        if stage == Stage::Waiting {
            self.waiting.insert(key);
        } else {
            self.waiting.remove(&key);
        }
        let entry = &mut self.entries[at];
        let was_open = !entry.is_settled();
        entry.stage = stage;
        entry.parked = false;
        let open = self.open.entry(entry.node).or_default();
        *open = (*open + usize::from(!entry.is_settled())).saturating_sub(usize::from(was_open));
    }
}

/// The order of [`crate::plan::order`].
fn order_key(entry: &Entry, at: usize) -> OrderKey {
    let Pod {
        priority,
        namespace,
        name,
        ..
    } = &entry.pod;
    (*priority, entry.leads, namespace.clone(), name.clone(), at)
}

/// Whether a resource version is later than another; versions that are no numbers count as later.
fn is_newer(version: &str, before: &str) -> bool {
    match (version.parse::<u64>(), before.parse::<u64>()) {
        (Ok(version), Ok(before)) => version > before,
        _ => version != before,
    }
}

fn budget_key(budget: &Budget) -> BudgetKey {
    (budget.namespace.clone(), budget.name.clone())
}

/// Between the shortest and the longest wait; never the same for all.
fn fallback(uid: &str, attempts: u32) -> Duration {
    SHORTEST_WAIT + JITTER.mul_f64(jitter(uid, attempts))
}

/// A number from 0 to 1 that looks random and is the same for the same pod and attempt.
fn jitter(uid: &str, attempts: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (uid, attempts).hash(&mut hasher);
    let low = u32::try_from(hasher.finish() & u64::from(u32::MAX)).unwrap_or(0);
    f64::from(low) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::tests::{budget, pod};
    use crate::pod::{Deletion, Phase};

    fn queue(pods: usize, budgets: Vec<Budget>) -> Queue {
        let mut queue = Queue::default();
        queue.budgets_listed(budgets);
        for number in 0..pods {
            let pod = pod(&format!("web-{number}"), "web");
            queue.add(pod, 0, How::Evict, Stage::Waiting, false);
        }
        queue
    }

    fn due(queue: &mut Queue, now: Instant) -> Vec<String> {
        let due = queue.due(now, |_| true);
        due.into_iter().map(|attempt| attempt.uid).collect()
    }

    fn leaving(name: &str) -> Pod {
        Pod {
            resource_version: "2".into(),
            deletion: Some(Deletion {
                deadline: jiff::Timestamp::UNIX_EPOCH,
                grace_seconds: 30,
            }),
            ..pod(name, "web")
        }
    }

    fn refused() -> Answer {
        Answer::Budget {
            message: "needs 2".into(),
            retry_after: None,
        }
    }

    #[test]
    fn without_a_budget_all_go_at_once_but_never_too_many() {
        let mut queue = queue(100, Vec::new());
        let now = Instant::now();
        assert_eq!(due(&mut queue, now).len(), MOST_IN_FLIGHT);
        assert!(due(&mut queue, now).is_empty());
        queue.answered("web-0", Answer::Accepted, now);
        assert_eq!(due(&mut queue, now).len(), 1);
    }

    #[test]
    fn a_budget_is_never_asked_for_more_than_it_has() {
        let mut queue = queue(5, vec![budget("web", 2, 5, 3, 5)]);
        let now = Instant::now();
        assert_eq!(due(&mut queue, now), ["web-0", "web-1"]);
        queue.answered("web-0", Answer::Accepted, now);
        // The answer of the second is still out, and the numbers show neither.
        assert!(due(&mut queue, now).is_empty());
        let one_shown = Budget {
            disrupted: vec!["web-0".into()],
            ..budget("web", 1, 5, 3, 5)
        };
        queue.budget_seen(one_shown);
        assert!(due(&mut queue, now).is_empty());
        queue.answered("web-1", Answer::Accepted, now);
        let both_shown = Budget {
            disrupted: vec!["web-0".into(), "web-1".into()],
            ..budget("web", 0, 5, 3, 5)
        };
        queue.budget_seen(both_shown);
        assert!(due(&mut queue, now).is_empty());
        // One is replaced.
        queue.seen(leaving("web-0"));
        queue.gone("web-0");
        queue.budget_seen(budget("web", 1, 4, 3, 5));
        assert_eq!(due(&mut queue, now), ["web-2"]);
    }

    #[test]
    fn the_number_shown_before_the_answer_counts_once() {
        let mut queue = queue(3, vec![budget("web", 1, 3, 2, 3)]);
        let now = Instant::now();
        assert_eq!(due(&mut queue, now), ["web-0"]);
        let shown = Budget {
            disrupted: vec!["web-0".into()],
            ..budget("web", 0, 3, 2, 3)
        };
        queue.budget_seen(shown);
        queue.answered("web-0", Answer::Accepted, now);
        queue.budget_seen(budget("web", 1, 3, 2, 3));
        assert_eq!(due(&mut queue, now), ["web-1"]);
    }

    #[test]
    fn a_refusal_waits_for_the_budget_to_change_or_for_the_fallback() {
        let mut queue = queue(2, vec![budget("web", 1, 3, 2, 3)]);
        let now = Instant::now();
        assert_eq!(due(&mut queue, now), ["web-0"]);
        assert_eq!(
            queue.answered("web-0", refused(), now),
            Some("needs 2".into())
        );
        assert!(due(&mut queue, now).is_empty());
        let wake = queue.next_wake(now).unwrap();
        assert!(wake > now + SHORTEST_WAIT && wake <= now + LONGEST_WAIT);
        assert_eq!(due(&mut queue, wake), ["web-0"]);
        assert_eq!(
            queue.answered("web-0", refused(), wake),
            None,
            "said already"
        );
        // A change makes it due at once.
        queue.budget_seen(budget("web", 1, 3, 2, 3));
        assert_eq!(due(&mut queue, wake), ["web-0"]);
        assert_eq!(queue.refusals, 2);
    }

    #[test]
    fn retry_after_is_honoured_unless_the_budget_changes() {
        let mut queue = queue(1, vec![budget("web", 1, 3, 2, 3)]);
        let now = Instant::now();
        due(&mut queue, now);
        let later = Duration::from_secs(10);
        let answer = Answer::Budget {
            message: "still being processed".into(),
            retry_after: Some(later),
        };
        queue.answered("web-0", answer, now);
        assert!(due(&mut queue, now + LONGEST_WAIT).is_empty());
        assert_eq!(queue.next_wake(now), Some(now + later));
        assert_eq!(due(&mut queue, now + later), ["web-0"]);
    }

    #[test]
    fn a_pod_that_changes_is_looked_at_anew() {
        let mut queue = queue(1, vec![budget("web", 0, 1, 1, 2)]);
        let now = Instant::now();
        assert!(due(&mut queue, now).is_empty());
        let finished = Pod {
            phase: Phase::Succeeded,
            resource_version: "2".into(),
            ..pod("web-0", "web")
        };
        queue.seen(finished);
        assert_eq!(due(&mut queue, now), ["web-0"]);
    }

    #[test]
    fn budgets_that_come_and_go_are_seen() {
        let mut queue = queue(1, vec![budget("web", 0, 1, 1, 1)]);
        let now = Instant::now();
        assert!(due(&mut queue, now).is_empty());
        queue.budget_gone(&budget("web", 0, 1, 1, 1));
        assert_eq!(due(&mut queue, now), ["web-0"]);
        let trouble = Answer::Trouble {
            message: "503".into(),
        };
        queue.answered("web-0", trouble, now);
        queue.budget_seen(budget("web", 0, 1, 1, 1));
        assert!(due(&mut queue, now).is_empty());
        assert_eq!(queue.blocking()["ns/web"].1, 1);
    }

    #[test]
    fn errors_that_may_pass_wait_longer_each_time() {
        let mut queue = queue(1, Vec::new());
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            assert_eq!(due(&mut queue, now), ["web-0"]);
            let trouble = Answer::Trouble {
                message: "timeout".into(),
            };
            queue.answered("web-0", trouble, now);
            assert!(due(&mut queue, now).is_empty());
            let wake = queue.next_wake(now).unwrap();
            pauses.push(wake - now);
            now = wake;
        }
        assert!(pauses[0] <= Duration::from_millis(400), "{pauses:?}");
        assert!(
            pauses.iter().all(|pause| *pause <= LONGEST_WAIT),
            "{pauses:?}"
        );
        assert!(pauses[7] >= Duration::from_secs(2), "{pauses:?}");
    }

    #[test]
    fn a_busy_server_is_left_alone_by_all() {
        let mut queue = queue(70, Vec::new());
        let now = Instant::now();
        due(&mut queue, now);
        let pressure = Answer::Pressure {
            message: "too many requests".into(),
            retry_after: Some(Duration::from_secs(3)),
        };
        queue.answered("web-0", pressure, now);
        assert!(due(&mut queue, now).is_empty());
        assert_eq!(queue.next_wake(now), Some(now + Duration::from_secs(3)));
        assert!(!due(&mut queue, now + Duration::from_secs(3)).is_empty());
    }

    #[test]
    fn once_tries_each_and_leaves_what_is_refused() {
        let mut queue = queue(2, vec![budget("web", 1, 2, 1, 2)]);
        queue.once = true;
        let now = Instant::now();
        assert_eq!(due(&mut queue, now), ["web-0", "web-1"]);
        queue.answered("web-0", Answer::Accepted, now);
        queue.answered("web-1", refused(), now);
        assert_eq!(
            queue.entry("web-1").unwrap().stage,
            Stage::Left("needs 2".into())
        );
        queue.gone("web-0");
        assert!(queue.is_settled(0));
    }

    #[test]
    fn the_deadline_turns_refused_evictions_into_deletions() {
        let mut queue = queue(1, vec![budget("web", 0, 1, 1, 1)]);
        let now = Instant::now();
        let deadline = now + Duration::from_secs(1);
        queue.delete_from = Some(deadline);
        assert!(due(&mut queue, now).is_empty());
        assert_eq!(queue.next_wake(now), Some(deadline));
        let attempts = queue.due(deadline, |_| true);
        assert_eq!(attempts[0].how, How::Delete);
    }

    #[test]
    fn the_watch_may_be_quicker_than_the_answer() {
        let mut queue = queue(1, Vec::new());
        let now = Instant::now();
        due(&mut queue, now);
        queue.seen(leaving("web-0"));
        assert!(queue.gone("web-0").is_some());
        assert!(queue.gone("web-0").is_none());
        assert_eq!(queue.answered("web-0", refused(), now), None);
        assert!(queue.is_settled(0));
        // A pod that somebody else deletes is not evicted.
        let mut other = super::tests::queue(1, Vec::new());
        other.seen(leaving("web-0"));
        assert!(due(&mut other, now).is_empty());
        assert_eq!(other.entry("web-0").unwrap().stage, Stage::Leaving);
    }

    #[test]
    fn order_is_priority_then_leadership_then_name() {
        let mut queue = Queue::default();
        for (name, priority, leads) in [
            ("c", 0, true),
            ("b", 5, false),
            ("a", 0, true),
            ("d", 0, false),
        ] {
            let pod = Pod {
                priority,
                ..pod(name, "web")
            };
            queue.add(pod, 0, How::Evict, Stage::Waiting, leads);
        }
        assert_eq!(due(&mut queue, Instant::now()), ["d", "a", "c", "b"]);
    }

    #[test]
    fn nodes_that_are_not_active_wait() {
        let mut queue = queue(1, Vec::new());
        queue.add(pod("other", "web"), 1, How::Evict, Stage::Waiting, false);
        let due = queue.due(Instant::now(), |node| node == 1);
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].uid, "other");
        assert!(!queue.is_settled(0));
    }
}
