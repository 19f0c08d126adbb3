//! Which pod is tried when: the shared budget scheduler of a drain, as a pure state machine.
//!
//! It is told what the watches see and what the API server answers, and says which requests are due.
//! The API server guards the budgets; what is counted here only spares it requests that it would
//! refuse. An eviction that was refused becomes due when its budget or its pod changes, or after a
//! jittered pause of at most five seconds, should the change have gone unseen.

mod backoff;
mod reservations;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use backoff::{PRESSURE_PAUSE, fallback};
use reservations::{BudgetKey, View, budget_key};

use crate::budget::{Budget, Gate, gate};
use crate::pod::Pod;

/// Requests under way at once.
const MOST_IN_FLIGHT: usize = 64;

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

type OrderKey = (i32, bool, String, String, usize);

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
                let pause = retry_after.unwrap_or_else(|| self.pause(at));
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
                let pause = self.pause(at);
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

    /// How long a pod rests after an error that may pass.
    fn pause(&self, at: usize) -> Duration {
        let entry = &self.entries[at];
        backoff::pause(&entry.pod.uid, entry.attempts)
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
