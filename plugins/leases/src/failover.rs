//! A failover drill: whether it may be done, how, and what came of it.
//!
//! Pure: Leases and instants go in, a plan and a timeline come out. docs/leases.md says why
//! leadership is taken in this way.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::contender::{Contender, successors};
use crate::coordinated::{Candidate, OLDEST_EMULATION_VERSION, Standing, reasoning};
use crate::lease::{Lease, LeaseKind};
use crate::state::{State, judge, renewal};
use crate::tracker::acquisition;

/// What our identity begins with while a drill holds a Lease.
pub const DRILL_IDENTITY: &str = "day2-failover_";
/// Beyond the Lease's duration a takeover needs some seconds more.
const TAKEOVER: SignedDuration = SignedDuration::from_secs(30);

/// How leadership is taken away.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// Hold the Lease ourselves for its duration, so that the leader can't renew, then free it.
    Hold,
    /// Name another as preferred, upon which the holder of a coordinated election gives up.
    EndTerm,
}

/// Why a drill is not done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Objection {
    /// What speaks against it, as a sentence without a full stop.
    pub reason: String,
    /// What to do instead.
    pub hint: String,
    /// Whether `--force` overrules it.
    pub forcible: bool,
}

fn objection(reason: impl Into<String>, hint: impl Into<String>) -> Objection {
    Objection {
        reason: reason.into(),
        hint: hint.into(),
        forcible: false,
    }
}

/// What speaks against a drill, the gravest first.
#[must_use]
pub fn objections(
    lease: &Lease,
    contenders: &[Contender],
    timeout: SignedDuration,
    now: Timestamp,
) -> Vec<Objection> {
    let name = &lease.name;
    match lease.kind() {
        LeaseKind::Node => {
            return vec![objection(
                format!("{name} is a node's heartbeat, which nobody else can take over"),
                "kubectl drain-node empties a node",
            )];
        }
        LeaseKind::ApiServer => {
            return vec![objection(
                format!("{name} is an API server's identity and no election"),
                "kubectl leases -n kube-system --kind election lists elections",
            )];
        }
        LeaseKind::Election | LeaseKind::Coordinated => {}
    }
    let mut found = Vec::new();
    let state = judge(lease, now);
    if lease
        .holder
        .as_ref()
        .is_some_and(|holder| holder.starts_with(DRILL_IDENTITY))
    {
        found.push(objection(
            format!("another drill holds {name}"),
            "wait for its end: kubectl leases watch shows it",
        ));
    } else if state != State::Held {
        found.push(objection(
            format!("{name} is {state}, so there is nothing to take away or it is already lost"),
            "wait until somebody leads: kubectl leases watch --until all-held",
        ));
    }
    if let Some(preferred) = &lease.preferred_holder {
        found.push(objection(
            format!("{name} is already to go to {preferred}"),
            "wait for the end of that election",
        ));
    }
    if lease
        .strategy
        .as_deref()
        .is_some_and(|strategy| strategy != OLDEST_EMULATION_VERSION)
    {
        found.push(objection(
            format!("{name} is elected by a strategy that is not Kubernetes' own"),
            "ask whoever carries that strategy out",
        ));
    }
    let duration = duration(lease);
    if duration + TAKEOVER > timeout {
        found.push(objection(
            format!(
                "{name} has a duration of {}s, so a takeover can take longer than --timeout",
                duration.as_secs()
            ),
            format!(
                "give --timeout {}s or more",
                (duration + TAKEOVER).as_secs()
            ),
        ));
    }
    if successors(contenders).next().is_none() {
        found.push(Objection {
            forcible: true,
            ..objection(
                format!("no other candidate for {name} is known, so nobody may take over"),
                "--force goes on nevertheless; kubectl leases show tells who is known",
            )
        });
    }
    found
}

/// The duration of a Lease; 15 seconds where it does not say.
#[must_use]
pub fn duration(lease: &Lease) -> SignedDuration {
    let seconds = lease
        .duration_seconds
        .filter(|seconds| (1..=86_400).contains(seconds));
    SignedDuration::from_secs(seconds.unwrap_or(15))
}

/// How leadership is taken away from the holder of this Lease.
#[must_use]
pub fn method(lease: &Lease) -> Method {
    match lease.kind() {
        LeaseKind::Coordinated => Method::EndTerm,
        _ => Method::Hold,
    }
}

/// Whom to name as preferred: the next in the order of preference that is there.
#[must_use]
pub fn preferred(lease: &Lease, candidates: &[Candidate], now: Timestamp) -> Option<String> {
    reasoning(lease, candidates, now)?
        .candidates
        .into_iter()
        .find(|place| !place.holds && place.standing == Standing::Eligible)
        .map(|place| place.identity)
}

/// What happened in a drill.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// The last renewal by the old leader.
    LastRenewal,
    /// The Lease was taken, or the holder's term was ended.
    Taken,
    /// The old leader gave the Lease up.
    GivenUp,
    /// The Lease was freed again, after all of its duration.
    Freed,
    /// A coordinated election chose somebody.
    Elected,
    /// Somebody leads.
    Acquired,
    /// The old leader's process ended.
    OldLeaderEnded,
    /// What was written was taken back.
    Undone,
}

/// One moment of a drill.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// When, by the API server's clock.
    pub time: Timestamp,
    /// What.
    pub what: What,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

/// What came of a drill.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Another identity leads.
    TakenOver,
    /// The old leader leads again, under the same identity.
    TakenBack,
    /// Nobody led when the time was over.
    NobodyLeads,
    /// Somebody stopped the drill.
    Interrupted,
}

/// A drill under way.
#[derive(Clone, Debug)]
pub struct Drill {
    method: Method,
    old: String,
    ours: String,
    moments: Vec<Moment>,
    freed: bool,
    elected: Option<(String, Option<Timestamp>)>,
}

impl Drill {
    /// A drill that has just taken a Lease: `before` is the Lease as the leader last renewed it,
    /// `ours` what was written, `taken` when.
    #[must_use]
    pub fn new(before: &Lease, ours: &str, taken: Timestamp) -> Self {
        let old = before.holder.clone().unwrap_or_default();
        let mut drill = Self {
            method: method(before),
            old,
            ours: ours.to_owned(),
            moments: Vec::new(),
            freed: false,
            elected: None,
        };
        if let Some(last) = renewal(before) {
            drill.note(last, What::LastRenewal, Some(drill.old.clone()));
        }
        drill.note(taken, What::Taken, None);
        drill
    }

    /// What happened so far, in the order in which it was learned.
    #[must_use]
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// When something happened for the last time.
    #[must_use]
    pub fn when(&self, what: What) -> Option<Timestamp> {
        let moment = self.moments.iter().rev().find(|moment| moment.what == what);
        moment.map(|moment| moment.time)
    }

    /// Notes what was done.
    pub fn note(&mut self, time: Timestamp, what: What, identity: Option<String>) {
        self.freed |= what == What::Freed;
        self.moments.push(Moment {
            time,
            what,
            identity,
        });
    }

    /// Whether the Lease still bears what was written.
    #[must_use]
    pub fn bears_ours(&self, lease: &Lease) -> bool {
        match self.method {
            Method::Hold => lease.holder.as_ref() == Some(&self.ours),
            Method::EndTerm => {
                lease.holder.as_ref() == Some(&self.old)
                    && lease.preferred_holder.as_ref() == Some(&self.ours)
            }
        }
    }

    /// Takes in the Lease as it is now; the outcome once there is one.
    pub fn observe(&mut self, lease: &Lease) -> Option<Outcome> {
        match self.method {
            Method::Hold => self.observe_held(lease),
            Method::EndTerm => self.observe_election(lease),
        }
    }

    fn observe_held(&mut self, lease: &Lease) -> Option<Outcome> {
        let holder = lease.holder.clone()?;
        if holder == self.ours {
            return None;
        }
        let outcome = if holder == self.old {
            Outcome::TakenBack
        } else {
            Outcome::TakenOver
        };
        let time = acquisition(lease).or_else(|| renewal(lease));
        self.note(time.unwrap_or_default(), What::Acquired, Some(holder));
        Some(outcome)
    }

    fn observe_election(&mut self, lease: &Lease) -> Option<Outcome> {
        let time = renewal(lease)?;
        let Some(holder) = lease.holder.clone() else {
            if self.when(What::GivenUp).is_none() {
                self.note(time, What::GivenUp, Some(self.old.clone()));
            }
            return None;
        };
        if self.bears_ours(lease) {
            // It was about to renew just when its term was ended.
            if let Some(last) = self
                .moments
                .iter_mut()
                .find(|moment| moment.what == What::LastRenewal)
            {
                last.time = last.time.max(time);
            }
            return None;
        }
        let renewed = lease.renewed.known();
        match &self.elected {
            // The elected one says itself that it leads: it renews.
            Some((elected, at)) if *elected == holder && *at != renewed => {
                self.note(time, What::Acquired, Some(holder.clone()));
                Some(if holder == self.old {
                    Outcome::TakenBack
                } else {
                    Outcome::TakenOver
                })
            }
            Some((elected, _)) if *elected == holder => None,
            _ => {
                self.note(time, What::Elected, Some(holder.clone()));
                self.elected = Some((holder, renewed));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::Time;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + second).unwrap()
    }

    fn lease(holder: &str, acquired: i64, renewed: i64) -> Lease {
        Lease {
            namespace: "kube-system".into(),
            name: "kube-scheduler".into(),
            holder: Some(holder.to_owned()).filter(|holder| !holder.is_empty()),
            duration_seconds: Some(15),
            acquired: Time::At(at(acquired)),
            renewed: Time::At(at(renewed)),
            ..Lease::default()
        }
    }

    fn elected(holder: &str, preferred: Option<&str>, renewed: i64) -> Lease {
        Lease {
            acquired: Time::Unset,
            strategy: Some(OLDEST_EMULATION_VERSION.into()),
            preferred_holder: preferred.map(str::to_owned),
            ..lease(holder, 0, renewed)
        }
    }

    fn told(drill: &Drill) -> Vec<(What, i64)> {
        drill
            .moments()
            .iter()
            .map(|moment| (moment.what, moment.time.duration_since(at(0)).as_secs()))
            .collect()
    }

    fn contender(holds: bool, live: bool) -> Contender {
        Contender {
            name: "x".into(),
            identity: None,
            pod: None,
            node: None,
            workload: None,
            holds,
            live,
            traces: Vec::new(),
            led_at: None,
        }
    }

    #[test]
    fn only_an_election_with_a_leader_and_a_successor_is_taken() {
        let both = [contender(true, true), contender(false, true)];
        let alone = [contender(true, true), contender(false, false)];
        let node = Lease {
            namespace: "kube-node-lease".into(),
            ..lease("a", 0, 100)
        };
        let server = Lease {
            api_server: Some(String::new()),
            ..lease("a", 0, 100)
        };
        let odd = Lease {
            strategy: Some("Other".into()),
            ..lease("a", 0, 100)
        };
        let long = Lease {
            duration_seconds: Some(137),
            ..lease("a", 0, 100)
        };
        for (lease, contenders, expected) in [
            (lease("a", 0, 100), &both, None),
            (lease("a", 0, 100), &alone, Some("no other candidate")),
            (node, &both, Some("a node's heartbeat")),
            (server, &both, Some("an API server's identity")),
            (lease("a", 0, 80), &both, Some("is expired")),
            (lease("", 0, 100), &both, Some("is vacant")),
            (
                lease("day2-failover_1", 0, 100),
                &both,
                Some("another drill"),
            ),
            (
                elected("a", Some("b"), 100),
                &both,
                Some("already to go to b"),
            ),
            (odd, &both, Some("not Kubernetes' own")),
            (long, &both, Some("longer than --timeout")),
        ] {
            let timeout = SignedDuration::from_mins(2);
            let found = objections(&lease, contenders, timeout, at(101));
            let reason = found.first().map(|objection| objection.reason.as_str());
            match (reason, expected) {
                (Some(reason), Some(expected)) => assert!(reason.contains(expected), "{reason}"),
                (reason, expected) => assert_eq!(reason, expected, "{lease:?}"),
            }
            let forcible = expected == Some("no other candidate");
            assert!(found.iter().all(|objection| objection.forcible == forcible));
        }
    }

    #[test]
    fn a_held_lease_goes_to_another_candidate() {
        let before = lease("a", 0, 100);
        let mut drill = Drill::new(&before, "day2-failover_1", at(101));
        assert_eq!(drill.observe(&lease("day2-failover_1", 101, 101)), None);
        assert!(drill.bears_ours(&lease("day2-failover_1", 101, 101)));
        drill.note(at(116), What::Freed, None);
        assert_eq!(drill.observe(&lease("", 116, 116)), None);
        assert_eq!(
            drill.observe(&lease("b", 118, 118)),
            Some(Outcome::TakenOver)
        );
        assert_eq!(
            told(&drill),
            [
                (What::LastRenewal, 100),
                (What::Taken, 101),
                (What::Freed, 116),
                (What::Acquired, 118)
            ]
        );
        assert_eq!(drill.when(What::Acquired), Some(at(118)));
    }

    #[test]
    fn a_leader_that_does_not_keep_the_rules_takes_it_back() {
        let mut drill = Drill::new(&lease("a", 0, 100), "day2-failover_1", at(101));
        assert_eq!(drill.observe(&lease("a", 0, 103)), Some(Outcome::TakenBack));
    }

    #[test]
    fn a_coordinated_election_may_first_choose_the_dead() {
        let mut drill = Drill::new(&elected("a", None, 100), "b", at(101));
        let marked = elected("a", Some("b"), 101);
        assert_eq!(drill.observe(&marked), None);
        assert!(drill.bears_ours(&marked));
        assert_eq!(drill.observe(&elected("", None, 113)), None);
        assert_eq!(drill.observe(&elected("a", None, 114)), None);
        assert_eq!(drill.observe(&elected("b", None, 120)), None);
        assert_eq!(drill.observe(&elected("b", None, 120)), None);
        assert_eq!(
            drill.observe(&elected("b", None, 122)),
            Some(Outcome::TakenOver)
        );
        assert_eq!(
            told(&drill),
            [
                (What::LastRenewal, 101),
                (What::Taken, 101),
                (What::GivenUp, 113),
                (What::Elected, 114),
                (What::Elected, 120),
                (What::Acquired, 122)
            ]
        );
    }

    #[test]
    fn the_next_in_order_is_named_as_preferred() {
        let candidate = |name: &str, created: i64| Candidate {
            namespace: "kube-system".into(),
            name: name.into(),
            lease: "kube-scheduler".into(),
            emulation_version: "1.36".into(),
            binary_version: "1.36.3".into(),
            created: Time::At(at(created)),
            renewed: Time::At(at(90)),
            ..Candidate::default()
        };
        let all = [candidate("c", 3), candidate("a", 1), candidate("b", 2)];
        let lease = elected("a", None, 100);
        assert_eq!(preferred(&lease, &all, at(101)).as_deref(), Some("b"));
        assert_eq!(preferred(&lease, &all[1..2], at(101)), None);
    }
}
