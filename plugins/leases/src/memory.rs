//! What a watch remembers of each Lease: how regularly it was renewed, how often it changed hands,
//! how long nobody led, and who came back.
//!
//! Pure: events and instants go in, a summary comes out.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::lease::Lease;
use crate::state::{State, judge};
use crate::tracker::{Event, News};

/// Of how many renewals the intervals are kept; older ones make room.
const KEPT: usize = 1024;

/// The memory of a watch.
#[derive(Debug, Default)]
pub struct Memory {
    leases: BTreeMap<(String, String), Remembered>,
}

/// What is remembered of one Lease.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// The Lease as it was last seen.
    pub lease: Lease,
    /// Whether it was deleted since.
    pub deleted: bool,
    /// How many renewals were seen.
    pub renewals: u64,
    /// How often it changed hands.
    pub changes: u64,
    /// Changes of holder that `leaseTransitions` counts and the watch did not see.
    pub unseen_changes: u64,
    /// How often it was late or expired and then renewed by the same holder after all.
    pub flaps: u64,
    /// The times without a leader, in their order.
    pub gaps: Vec<SignedDuration>,
    /// How often a holder that had been replaced showed that it still lives.
    pub returns: u64,
    intervals: Vec<SignedDuration>,
    oldest: usize,
    /// Something may have been missed since the last sight.
    blurred: bool,
    /// Those who lost it without giving it up, and when.
    replaced: BTreeMap<String, Timestamp>,
}

/// How regularly a Lease is renewed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cadence {
    /// The middle one of the intervals between renewals.
    pub median: SignedDuration,
    /// Longer than 99 of 100 intervals.
    pub p99: SignedDuration,
    /// The longest interval.
    pub longest: SignedDuration,
    /// By how much intervals differ from the median, on average.
    pub jitter: SignedDuration,
}

impl Memory {
    /// Takes in what happened.
    pub fn observe(&mut self, event: &Event, now: Timestamp) {
        let lease = &event.lease;
        let key = (lease.namespace.clone(), lease.name.clone());
        let remembered = self.leases.entry(key).or_default();
        match &event.news {
            News::Seen | News::Created => remembered.deleted = false,
            News::Deleted => remembered.deleted = true,
            News::Renewed => remembered.renewed(lease),
            News::StateChanged { previous_state } => {
                let late = matches!(previous_state, State::Late | State::Expired);
                if late && judge(lease, now) == State::Held {
                    remembered.flaps += 1;
                }
                remembered.renewed(lease);
            }
            News::HolderGone { .. } => {}
            News::HolderChanged {
                previous_holder,
                gap,
                missed,
            } => {
                remembered.changes += 1;
                remembered.unseen_changes += missed;
                remembered.gaps.extend(gap);
                let given_up = remembered.lease.holder.is_none();
                if let Some(previous) = previous_holder
                    && Some(previous) != lease.holder.as_ref()
                    && !given_up
                {
                    remembered.replaced.insert(previous.clone(), now);
                }
            }
        }
        remembered.blurred &= event.news == News::Seen;
        remembered.lease = lease.clone();
    }

    /// Notes that something may have been missed, so that no interval spans it.
    pub fn blur(&mut self) {
        for remembered in self.leases.values_mut() {
            remembered.blurred = true;
        }
    }

    /// Takes in a sign of life; the time since the identity was replaced where it had been, once.
    pub fn sign_of_life(
        &mut self,
        namespace: &str,
        name: &str,
        identity: &str,
        now: Timestamp,
    ) -> Option<SignedDuration> {
        let key = (namespace.to_owned(), name.to_owned());
        let remembered = self.leases.get_mut(&key)?;
        let replaced = remembered.replaced.remove(identity)?;
        remembered.returns += 1;
        Some(now.duration_since(replaced))
    }

    /// All that is remembered, by namespace and name.
    pub fn leases(&self) -> impl Iterator<Item = &Remembered> {
        self.leases.values()
    }

    /// What is remembered of one Lease.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Remembered> {
        self.leases.get(&(namespace.to_owned(), name.to_owned()))
    }
}

impl Remembered {
    fn renewed(&mut self, lease: &Lease) {
        let before = &self.lease;
        if before.renewed == lease.renewed {
            return;
        }
        self.renewals += 1;
        if self.blurred || before.holder != lease.holder {
            return;
        }
        // Both times are the holder's own, so its clock does not matter.
        if let (Some(earlier), Some(later)) = (before.renewed.known(), lease.renewed.known()) {
            let interval = later.duration_since(earlier);
            if interval.is_positive() {
                self.keep(interval);
            }
        }
    }

    fn keep(&mut self, interval: SignedDuration) {
        if self.intervals.len() < KEPT {
            self.intervals.push(interval);
        } else {
            self.intervals[self.oldest] = interval;
            self.oldest = (self.oldest + 1) % KEPT;
        }
    }

    /// How regularly it was renewed; `None` before the second renewal.
    #[must_use]
    pub fn cadence(&self) -> Option<Cadence> {
        let mut sorted = self.intervals.clone();
        sorted.sort_unstable();
        let longest = *sorted.last()?;
        // The nearest rank: the smallest interval that at least so many per cent do not exceed.
        let rank = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100);
            sorted[rank.saturating_sub(1)]
        };
        let median = rank(50);
        let apart: SignedDuration = sorted
            .iter()
            .map(|interval| (*interval - median).abs())
            .sum();
        Some(Cadence {
            median,
            p99: rank(99),
            longest,
            jitter: apart / i32::try_from(sorted.len()).unwrap_or(i32::MAX),
        })
    }

    /// The time without a leader, all gaps together.
    #[must_use]
    pub fn without_leader(&self) -> SignedDuration {
        self.gaps.iter().sum()
    }

    /// The longest gap.
    #[must_use]
    pub fn longest_gap(&self) -> Option<SignedDuration> {
        self.gaps.iter().max().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::Time;
    use crate::tracker::Tracker;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_767_225_600_000 + millis).unwrap()
    }

    fn lease(holder: &str, acquired: i64, renewed: i64, transitions: i64) -> Lease {
        Lease {
            namespace: "kube-system".into(),
            name: "kube-scheduler".into(),
            holder: Some(holder.to_owned()).filter(|holder| !holder.is_empty()),
            duration_seconds: Some(15),
            acquired: Time::At(at(acquired)),
            renewed: Time::At(at(renewed)),
            transitions: Some(transitions),
            ..Lease::default()
        }
    }

    /// A watch from its first list on.
    struct Watched {
        tracker: Tracker,
        memory: Memory,
    }

    impl Watched {
        fn new(first: Lease) -> Self {
            let mut watched = Self {
                tracker: Tracker::default(),
                memory: Memory::default(),
            };
            watched.list(first, 0);
            watched
        }

        fn list(&mut self, lease: Lease, now: i64) {
            for event in self.tracker.list(vec![lease], at(now)) {
                self.memory.observe(&event, at(now));
            }
        }

        fn apply(&mut self, lease: Lease, now: i64) {
            if let Some(event) = self.tracker.apply(lease, at(now)) {
                self.memory.observe(&event, at(now));
            }
        }

        fn tick(&mut self, now: i64) {
            for event in self.tracker.tick(at(now)) {
                self.memory.observe(&event, at(now));
            }
        }

        fn only(&self) -> &Remembered {
            self.memory.leases().next().unwrap()
        }
    }

    #[test]
    fn the_cadence_is_that_of_the_renewals() {
        let mut watched = Watched::new(lease("a", 0, 0, 0));
        assert_eq!(watched.only().cadence(), None);
        let mut now = 0;
        for interval in [2_000, 2_010, 1_990, 2_000, 6_000] {
            now += interval;
            watched.apply(lease("a", 0, now, 0), now);
        }
        let cadence = watched.only().cadence().unwrap();
        assert_eq!(cadence.median.as_millis(), 2_000);
        assert_eq!(cadence.p99.as_millis(), 6_000);
        assert_eq!(cadence.longest.as_millis(), 6_000);
        assert_eq!(cadence.jitter.as_millis(), (10 + 10 + 4_000) / 5);
        assert_eq!(watched.only().renewals, 5);
    }

    #[test]
    fn only_the_latest_intervals_are_kept() {
        let mut watched = Watched::new(lease("a", 0, 0, 0));
        let mut now = 0;
        for _ in 0..10 {
            now += 9_000;
            watched.apply(lease("a", 0, now, 0), now);
        }
        for _ in 0..KEPT {
            now += 2_000;
            watched.apply(lease("a", 0, now, 0), now);
        }
        let cadence = watched.only().cadence().unwrap();
        assert_eq!(cadence.longest.as_millis(), 2_000);
    }

    #[test]
    fn an_interruption_is_no_interval() {
        let mut watched = Watched::new(lease("a", 0, 0, 0));
        watched.apply(lease("a", 0, 2_000, 0), 2_000);
        watched.memory.blur();
        watched.list(lease("a", 0, 20_000, 0), 20_000);
        watched.apply(lease("a", 0, 22_000, 0), 22_000);
        watched.apply(lease("a", 0, 24_000, 0), 24_000);
        let cadence = watched.only().cadence().unwrap();
        assert_eq!(cadence.longest.as_millis(), 2_000);
    }

    #[test]
    fn flaps_changes_and_gaps_are_told_apart() {
        let mut watched = Watched::new(lease("a", 0, 0, 0));
        watched.tick(11_000);
        watched.apply(lease("a", 0, 12_000, 0), 12_000);
        assert_eq!((watched.only().flaps, watched.only().changes), (1, 0));
        watched.tick(28_000);
        watched.apply(lease("b", 29_000, 29_000, 1), 29_000);
        let remembered = watched.only();
        assert_eq!((remembered.flaps, remembered.changes), (1, 1));
        assert_eq!(remembered.longest_gap().unwrap().as_secs(), 17);
        watched.apply(lease("c", 60_000, 60_000, 4), 60_000);
        let remembered = watched.only();
        assert_eq!((remembered.changes, remembered.unseen_changes), (2, 2));
        assert_eq!(remembered.without_leader().as_secs(), 17 + 31);
    }

    #[test]
    fn who_was_replaced_and_lives_has_returned_once() {
        let mut watched = Watched::new(lease("a", 0, 0, 0));
        watched.apply(lease("b", 20_000, 20_000, 1), 20_000);
        let mut sign = |identity: &str, now: i64| {
            watched
                .memory
                .sign_of_life("kube-system", "kube-scheduler", identity, at(now))
                .map(|since| since.as_secs())
        };
        assert_eq!(sign("b", 21_000), None);
        assert_eq!(sign("a", 27_000), Some(7));
        assert_eq!(sign("a", 28_000), None);
        assert_eq!(watched.only().returns, 1);
    }

    #[test]
    fn who_gave_it_up_cannot_return() {
        let mut watched = Watched::new(lease("a", 0, 0, 0));
        watched.apply(lease("", 5_000, 5_000, 0), 5_000);
        watched.apply(lease("b", 6_000, 6_000, 1), 6_000);
        let sign = watched
            .memory
            .sign_of_life("kube-system", "kube-scheduler", "a", at(9_000));
        assert_eq!(sign, None);
    }
}
