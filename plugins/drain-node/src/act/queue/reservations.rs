//! What the drain has reserved of each budget: disruptions that it asked for and that the numbers of
//! the budget may not show yet.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::backoff::fallback;
use super::{Queue, Stage};
use crate::budget::Budget;
use crate::pod::Pod;

pub type BudgetKey = (String, String);

/// A budget as last seen, and what this drain took from it since.
#[derive(Debug)]
pub(super) struct View {
    pub(super) budget: Budget,
    /// UIDs whose disruption may not be in the numbers yet.
    pub(super) taken: BTreeSet<String>,
    /// Refused since the last change.
    pub(super) refused: bool,
    pub(super) retry_at: Option<Instant>,
}

impl View {
    /// What is left for a pod; what it may have taken itself does not count against it.
    pub(super) fn free_for(&self, uid: &str) -> usize {
        if self.refused {
            return 0;
        }
        let taken = self.taken.iter().filter(|other| *other != uid).count();
        self.budget.allowed_now().saturating_sub(taken)
    }
}

impl Queue {
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

    pub(super) fn budgets_of(&self, pod: &Pod) -> Vec<BudgetKey> {
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

    /// Looks again at the pods of a budget.
    pub(super) fn unpark(&mut self, key: &BudgetKey) {
        for at in self.waiting.iter().map(|key| key.4) {
            let entry = &mut self.entries[at];
            if entry.parked && entry.budgets.contains(key) {
                entry.parked = false;
            }
        }
    }

    /// Looks again at the pods of budgets that were silent for too long.
    pub(super) fn unpark_overdue(&mut self, now: Instant) {
        let views = self.budgets.iter();
        let overdue: Vec<BudgetKey> = views
            .filter(|(_, view)| view.retry_at.is_some_and(|at| at <= now))
            .map(|(key, _)| key.clone())
            .collect();
        for key in overdue {
            self.unpark(&key);
        }
    }

    pub(super) fn budget_refused(
        &mut self,
        at: usize,
        retry_after: Option<Duration>,
        now: Instant,
    ) {
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
    pub(super) fn give_back(&mut self, at: usize) {
        let uid = self.entries[at].pod.uid.clone();
        for key in self.entries[at].budgets.clone() {
            let view = self.budgets.get_mut(&key);
            if view.is_some_and(|view| view.taken.remove(&uid)) {
                self.unpark(&key);
            }
        }
    }
}

pub(super) fn budget_key(budget: &Budget) -> BudgetKey {
    (budget.namespace.clone(), budget.name.clone())
}
