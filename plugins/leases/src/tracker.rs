//! What changed since the last look: a memory of Leases that tells news from heartbeats.
//!
//! Pure: objects and instants go in, events come out. The gap without a leader is measured from
//! the last sign of the old leader (its last renewal, or its release) to the acquisition by the
//! new one, both by the API server's clock as far as the objects tell. It is an upper bound: the
//! old leader may have led on for a while after its last renewal.

use std::collections::BTreeMap;

use crate::lease::{Lease, LeaseKind, Time};
use crate::state::{State, judge, next_change, renewal};
use jiff::{SignedDuration, Timestamp};

/// What happened to a Lease.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum News {
    /// It was there when the watch began.
    Seen,
    /// It was made.
    Created,
    /// It was deleted.
    Deleted,
    /// It was renewed, and nothing else changed.
    Renewed,
    /// Its state changed.
    StateChanged {
        /// The state before.
        previous_state: State,
    },
    /// The holder gave it up, or somebody took it away.
    HolderGone {
        /// The holder before.
        previous_holder: Option<String>,
    },
    /// Somebody took it: another identity, or the same one anew.
    HolderChanged {
        /// The holder before, if there was one in sight.
        previous_holder: Option<String>,
        /// The time without a leader.
        gap: Option<SignedDuration>,
        /// Changes of holder in between that `leaseTransitions` counts and nobody saw.
        missed: u64,
    },
}

/// A Lease and what happened to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The Lease as it is now.
    pub lease: Lease,
    /// What happened.
    pub news: News,
}

/// The memory.
#[derive(Debug, Default)]
pub struct Tracker {
    leases: BTreeMap<(String, String), Tracked>,
    listed: bool,
}

#[derive(Debug)]
struct Tracked {
    lease: Lease,
    state: State,
    /// The last holder in sight, and its last sign of life.
    last_holder: Option<String>,
    last_sign: Option<Timestamp>,
}

impl Tracked {
    fn new(lease: Lease, now: Timestamp) -> Self {
        Self {
            state: judge(&lease, now),
            last_holder: lease.holder.clone(),
            last_sign: renewal(&lease),
            lease,
        }
    }
}

impl Tracker {
    /// Takes in a whole list: at the beginning, or when it is not known what happened meanwhile.
    pub fn list(&mut self, leases: Vec<Lease>, now: Timestamp) -> Vec<Event> {
        let mut gone = std::mem::take(&mut self.leases);
        let first = !std::mem::replace(&mut self.listed, true);
        let mut events = Vec::new();
        for lease in leases {
            let key = (lease.namespace.clone(), lease.name.clone());
            if let Some(tracked) = gone.remove(&key) {
                self.leases.insert(key, tracked);
                events.extend(
                    self.apply(lease, now)
                        .filter(|event| event.news != News::Renewed),
                );
            } else {
                let news = if first { News::Seen } else { News::Created };
                self.leases.insert(key, Tracked::new(lease.clone(), now));
                events.push(Event { lease, news });
            }
        }
        events.extend(gone.into_values().map(|tracked| Event {
            lease: tracked.lease,
            news: News::Deleted,
        }));
        events
    }

    /// Takes in a Lease that was made or changed.
    pub fn apply(&mut self, lease: Lease, now: Timestamp) -> Option<Event> {
        let key = (lease.namespace.clone(), lease.name.clone());
        let Some(tracked) = self.leases.get_mut(&key) else {
            self.leases.insert(key, Tracked::new(lease.clone(), now));
            return Some(Event {
                lease,
                news: News::Created,
            });
        };
        let news = tracked.change(&lease, now)?;
        Some(Event { lease, news })
    }

    /// Takes in that a Lease was deleted.
    pub fn delete(&mut self, lease: Lease) -> Option<Event> {
        let key = (lease.namespace.clone(), lease.name.clone());
        self.leases.remove(&key)?;
        Some(Event {
            lease,
            news: News::Deleted,
        })
    }

    /// The states that changed just because time passed.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        for tracked in self.leases.values_mut() {
            if let Some(news) = tracked.set_state(judge(&tracked.lease, now)) {
                events.push(Event {
                    lease: tracked.lease.clone(),
                    news,
                });
            }
        }
        events
    }

    /// When [`tick`](Self::tick) will have something to say if nothing is renewed.
    #[must_use]
    pub fn next_tick(&self, now: Timestamp) -> Option<Timestamp> {
        self.leases
            .values()
            .filter_map(|tracked| next_change(&tracked.lease, now))
            .min()
    }
}

impl Tracked {
    fn change(&mut self, lease: &Lease, now: Timestamp) -> Option<News> {
        let before = std::mem::replace(&mut self.lease, lease.clone());
        let state = judge(lease, now);
        let taken = lease.holder.is_some()
            && (before.holder != lease.holder
                || before.acquired != lease.acquired && lease.acquired != Time::Unset);
        let renewed = before.renewed != lease.renewed;
        let news = if before.holder.is_some() && lease.holder.is_none() {
            self.state = state;
            Some(News::HolderGone {
                previous_holder: before.holder,
            })
        } else if taken {
            let gap = acquisition(lease)
                .zip(self.last_sign)
                .map(|(acquired, last_sign)| {
                    acquired.duration_since(last_sign).max(SignedDuration::ZERO)
                });
            self.state = state;
            Some(News::HolderChanged {
                previous_holder: std::mem::replace(&mut self.last_holder, lease.holder.clone()),
                gap,
                missed: missed(&before, lease),
            })
        } else {
            self.set_state(state).or(renewed.then_some(News::Renewed))
        };
        if renewed || taken {
            self.last_sign = renewal(lease).or(self.last_sign);
        }
        news
    }

    fn set_state(&mut self, state: State) -> Option<News> {
        let previous_state = std::mem::replace(&mut self.state, state);
        (previous_state != state).then_some(News::StateChanged { previous_state })
    }
}

/// How many changes of holder lie between two sights beside the one that is seen.
fn missed(before: &Lease, after: &Lease) -> u64 {
    let counted = before.transitions.zip(after.transitions);
    let more = counted.map_or(0, |(before, after)| after.saturating_sub(before) - 1);
    u64::try_from(more).unwrap_or(0)
}

/// When the holder took the Lease, by the API server's clock. Whoever decides a coordinated
/// election writes no such time, but renews the Lease in the elected one's name.
#[must_use]
pub fn acquisition(lease: &Lease) -> Option<Timestamp> {
    if lease.kind() == LeaseKind::Coordinated && lease.acquired == Time::Unset {
        return renewal(lease);
    }
    let acquired = lease.acquired.known()?;
    let (Some(renewed), Some(corrected)) = (lease.renewed.known(), renewal(lease)) else {
        return Some(acquired);
    };
    acquired.checked_add(corrected.duration_since(renewed)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + second).unwrap()
    }

    fn lease(holder: &str, acquired: i64, renewed: i64) -> Lease {
        Lease {
            namespace: "kube-system".into(),
            name: "kube-scheduler".into(),
            holder: Some(holder.to_owned()).filter(|holder| !holder.is_empty()),
            duration_seconds: Some(if holder.is_empty() { 1 } else { 15 }),
            acquired: Time::At(at(acquired)),
            renewed: Time::At(at(renewed)),
            ..Lease::default()
        }
    }

    fn changed(previous_holder: &str, gap: i64) -> News {
        News::HolderChanged {
            previous_holder: Some(previous_holder.into()),
            gap: Some(SignedDuration::from_secs(gap)),
            missed: 0,
        }
    }

    fn news(events: &[Event]) -> Vec<News> {
        events.iter().map(|event| event.news.clone()).collect()
    }

    #[test]
    fn a_dead_leader_is_late_then_expired_then_replaced() {
        let mut tracker = Tracker::default();
        assert_eq!(
            news(&tracker.list(vec![lease("a", 0, 100)], at(101))),
            [News::Seen]
        );
        assert_eq!(
            tracker.apply(lease("a", 0, 102), at(102)).unwrap().news,
            News::Renewed
        );
        assert!(tracker.tick(at(110)).is_empty());
        assert_eq!(
            tracker.next_tick(at(110)).unwrap().as_second(),
            at(112).as_second()
        );
        assert_eq!(
            news(&tracker.tick(at(113))),
            [News::StateChanged {
                previous_state: State::Held
            }]
        );
        assert!(tracker.tick(at(114)).is_empty());
        assert_eq!(
            news(&tracker.tick(at(118))),
            [News::StateChanged {
                previous_state: State::Late
            }]
        );
        assert_eq!(
            tracker.apply(lease("b", 119, 119), at(119)).unwrap().news,
            changed("a", 17)
        );
        assert!(tracker.tick(at(120)).is_empty());
    }

    #[test]
    fn a_released_lease_leaves_a_short_gap() {
        let mut tracker = Tracker::default();
        tracker.list(vec![lease("a", 0, 100)], at(100));
        let released = tracker.apply(lease("", 104, 104), at(104)).unwrap();
        assert_eq!(
            released.news,
            News::HolderGone {
                previous_holder: Some("a".into())
            }
        );
        assert_eq!(judge(&released.lease, at(104)), State::Released);
        assert_eq!(
            tracker.apply(lease("b", 105, 105), at(105)).unwrap().news,
            changed("a", 1)
        );
    }

    #[test]
    fn the_same_identity_that_takes_it_anew_is_a_change_of_holder() {
        let mut tracker = Tracker::default();
        tracker.list(vec![lease("host", 0, 100)], at(100));
        assert_eq!(
            tracker
                .apply(lease("host", 120, 120), at(120))
                .unwrap()
                .news,
            changed("host", 20)
        );
    }

    #[test]
    fn a_late_renewal_is_said_once() {
        let mut tracker = Tracker::default();
        tracker.list(vec![lease("a", 0, 100)], at(100));
        tracker.tick(at(111));
        let back = tracker.apply(lease("a", 0, 112), at(112)).unwrap();
        assert_eq!(
            back.news,
            News::StateChanged {
                previous_state: State::Late
            }
        );
        assert_eq!(
            tracker.apply(lease("a", 0, 114), at(114)).unwrap().news,
            News::Renewed
        );
    }

    #[test]
    fn writes_that_change_nothing_of_interest_are_silent() {
        let mut tracker = Tracker::default();
        tracker.list(vec![lease("a", 0, 100)], at(100));
        let labelled = Lease {
            resource_version: "9".into(),
            ..lease("a", 0, 100)
        };
        assert_eq!(tracker.apply(labelled, at(101)), None);
    }

    #[test]
    fn a_new_list_tells_what_happened_meanwhile() {
        let mut tracker = Tracker::default();
        let other = Lease {
            name: "other".into(),
            ..lease("x", 0, 100)
        };
        tracker.list(vec![lease("a", 0, 100), other], at(100));
        let newcomer = Lease {
            name: "newcomer".into(),
            ..lease("y", 110, 110)
        };
        let events = tracker.list(vec![lease("b", 117, 119), newcomer], at(120));
        assert_eq!(
            news(&events),
            [changed("a", 17), News::Created, News::Deleted]
        );
        assert_eq!(events[2].lease.name, "other");
    }

    #[test]
    fn an_elected_candidate_leads_from_the_election_on() {
        let elected = |holder: &str, renewed: i64| Lease {
            acquired: Time::Unset,
            strategy: Some("OldestEmulationVersion".into()),
            ..lease(holder, 0, renewed)
        };
        let mut tracker = Tracker::default();
        tracker.list(vec![elected("a", 100)], at(100));
        assert_eq!(
            tracker.apply(elected("b", 119), at(119)).unwrap().news,
            changed("a", 19)
        );
    }

    #[test]
    fn changes_that_nobody_saw_are_counted() {
        let counted = |holder: &str, acquired: i64, transitions: i64| Lease {
            transitions: Some(transitions),
            ..lease(holder, acquired, acquired)
        };
        for (transitions, expected) in [(4, 0), (7, 3), (0, 0)] {
            let mut tracker = Tracker::default();
            tracker.list(vec![counted("a", 0, 3)], at(0));
            let news = tracker
                .apply(counted("b", 20, transitions), at(20))
                .unwrap()
                .news;
            let News::HolderChanged { missed, .. } = news else {
                panic!("{news:?}")
            };
            assert_eq!(missed, expected, "{transitions}");
        }
    }

    #[test]
    fn the_new_holders_clock_does_not_shift_the_gap() {
        let mut tracker = Tracker::default();
        let old = Lease {
            renewal_written: Some(at(100)),
            ..lease("a", 0, 100)
        };
        tracker.list(vec![old], at(100));
        // The new holder's clock is an hour ahead.
        let new = Lease {
            renewal_written: Some(at(116)),
            ..lease("b", 3_716, 3_716)
        };
        assert_eq!(tracker.apply(new, at(116)).unwrap().news, changed("a", 17));
    }
}
