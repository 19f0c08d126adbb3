//! Why a coordinated election chose as it did.
//!
//! Follows the controller in kube-apiserver that elects (kubernetes/kubernetes,
//! `pkg/controlplane/controller/leaderelection/election.go` and `leaderelection_controller.go`):
//! of the candidates that answered, the one with the lowest emulation version, then the lowest
//! binary version, then the oldest. The order of two that were made in the same second is not
//! defined there.

use std::cmp::Ordering;

use cluster::{Resource, Versioned};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1beta1 as coordination;
use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Deserializer, Serialize};

use crate::lease::{Lease, Time, time};

/// Who stands for a coordinated election.
pub const LEASE_CANDIDATES: Resource = Resource::of::<coordination::LeaseCandidate>();

/// The only strategy that Kubernetes itself carries out.
pub const OLDEST_EMULATION_VERSION: &str = "OldestEmulationVersion";

/// A candidate that has not renewed for this long is not looked at (`leaseCandidateValidDuration`).
const CANDIDATE_VALIDITY: SignedDuration = SignedDuration::from_mins(30);
/// How long a candidate may take to answer a ping (`electionDuration`).
const ELECTION: SignedDuration = SignedDuration::from_secs(5);

/// The facts of one `LeaseCandidate`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Candidate {
    /// Its namespace.
    pub namespace: String,
    /// Its name, which is the identity with which it would hold the Lease.
    pub name: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// The Lease it stands for.
    pub lease: String,
    /// The version it emulates.
    pub emulation_version: String,
    /// The version it is.
    pub binary_version: String,
    /// The strategy it asks for.
    pub strategy: String,
    /// When it was made, by the API server's clock.
    pub created: Time,
    /// When it last said that it lives, by its own clock.
    pub renewed: Time,
    /// When it was last asked whether it lives.
    pub pinged: Time,
}

/// How a candidate stands.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It can be elected.
    Eligible,
    /// It was asked whether it lives, and may still answer.
    Asked,
    /// It was asked whether it lives, and did not answer in time.
    Silent,
    /// It has not renewed for half an hour, so it is not looked at.
    Expired,
    /// Its versions can't be read, so it can't be elected.
    Unversioned,
}

/// A candidate's place in the order of preference.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The candidate's name, which is its identity.
    pub identity: String,
    /// How it stands.
    pub standing: Standing,
    /// Whether it holds the Lease.
    pub holds: bool,
    /// The version it emulates.
    pub emulation_version: String,
    /// The version it is.
    pub binary_version: String,
    /// When it was made.
    pub creation_timestamp: Option<Timestamp>,
    /// When it last said that it lives.
    pub renew_time: Option<Timestamp>,
    /// Why it stands behind the one before it; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind_because: Option<String>,
}

/// The reasoning of a coordinated election.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reasoning {
    /// The strategy of the Lease, or that of its candidates.
    pub strategy: String,
    /// The candidates, the most preferred first.
    pub candidates: Vec<Place>,
    /// Why the holder holds it, or why somebody else will.
    pub conclusion: String,
}

impl Versioned for Candidate {
    fn resource_version(&self) -> &str {
        &self.resource_version
    }
}

impl Candidate {
    fn versions(&self) -> Option<(Version, Version)> {
        Some((
            tolerant(&self.emulation_version)?,
            tolerant(&self.binary_version)?,
        ))
    }

    fn standing(&self, now: Timestamp) -> Standing {
        let since = |time: Time| time.known().map(|time| now.duration_since(time));
        if since(self.renewed).is_none_or(|since| since > CANDIDATE_VALIDITY) {
            return Standing::Expired;
        }
        if self.versions().is_none() {
            return Standing::Unversioned;
        }
        match (self.pinged.known(), self.renewed.known()) {
            (Some(pinged), Some(renewed)) if renewed < pinged => {
                if now.duration_since(pinged) > ELECTION {
                    Standing::Silent
                } else {
                    Standing::Asked
                }
            }
            _ => Standing::Eligible,
        }
    }
}

/// Puts the candidates of a Lease in order and says why; `None` where the election is none or has
/// no candidates.
#[must_use]
pub fn reasoning(lease: &Lease, candidates: &[Candidate], now: Timestamp) -> Option<Reasoning> {
    let mut candidates: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| candidate.namespace == lease.namespace && candidate.lease == lease.name)
        .collect();
    if candidates.is_empty() {
        return None;
    }
    candidates.sort_by(|a, b| {
        let rank = |candidate: &Candidate| match candidate.standing(now) {
            Standing::Eligible | Standing::Asked => 0,
            Standing::Silent => 1,
            Standing::Unversioned => 2,
            Standing::Expired => 3,
        };
        rank(a)
            .cmp(&rank(b))
            .then_with(|| compare(a, b))
            .then_with(|| a.name.cmp(&b.name))
    });
    let places: Vec<Place> = candidates
        .iter()
        .enumerate()
        .map(|(index, candidate)| {
            place(
                lease,
                candidate,
                index.checked_sub(1).map(|before| candidates[before]),
                now,
            )
        })
        .collect();
    Some(Reasoning {
        strategy: lease
            .strategy
            .clone()
            .unwrap_or_else(|| candidates[0].strategy.clone()),
        conclusion: conclusion(lease, &candidates, now),
        candidates: places,
    })
}

fn place(
    lease: &Lease,
    candidate: &Candidate,
    before: Option<&Candidate>,
    now: Timestamp,
) -> Place {
    let standing = candidate.standing(now);
    let why = |before: &Candidate| match standing {
        Standing::Silent => "it did not answer the last ping in time".to_owned(),
        Standing::Unversioned => "its versions can't be read".to_owned(),
        Standing::Expired => "it has not renewed for half an hour".to_owned(),
        Standing::Eligible | Standing::Asked => difference(before, candidate),
    };
    Place {
        identity: candidate.name.clone(),
        standing,
        holds: lease.holder.as_deref() == Some(&candidate.name),
        emulation_version: candidate.emulation_version.clone(),
        binary_version: candidate.binary_version.clone(),
        creation_timestamp: candidate.created.known(),
        renew_time: candidate.renewed.known(),
        behind_because: before.map(why),
    }
}

fn conclusion(lease: &Lease, ordered: &[&Candidate], now: Timestamp) -> String {
    let strategy = lease.strategy.as_deref().unwrap_or(&ordered[0].strategy);
    if strategy != OLDEST_EMULATION_VERSION {
        return format!(
            "strategy {strategy} is not carried out by Kubernetes itself: whoever does decides"
        );
    }
    let electable: Vec<&&Candidate> = ordered
        .iter()
        .filter(|candidate| {
            matches!(
                candidate.standing(now),
                Standing::Eligible | Standing::Asked
            )
        })
        .collect();
    let Some(best) = electable.first() else {
        return "no candidate can be elected".to_owned();
    };
    let tied = electable
        .get(1)
        .filter(|second| compare(best, second) == Ordering::Equal);
    if let Some(second) = tied {
        return format!(
            "{} and {} have the same versions and were made in the same second: which of them is \
             preferred is not defined, and the leader may change again and again",
            best.name, second.name
        );
    }
    let reason = electable.get(1).map_or_else(
        || "it is the only candidate that can be elected".to_owned(),
        |second| preference(best, second),
    );
    match lease.holder.as_deref() {
        Some(holder) if holder == best.name => format!("{holder} leads: {reason}"),
        Some(holder) => format!(
            "{} is preferred to the holder {holder}: {reason}; an election is due, in which the holder gives up",
            best.name
        ),
        None => format!("{} will be elected: {reason}", best.name),
    }
}

/// Why the first is preferred to the second.
fn preference(first: &Candidate, second: &Candidate) -> String {
    let versions = first.versions().zip(second.versions());
    match versions {
        Some((one, other)) if one.0 != other.0 => format!(
            "it has the lowest emulation version, {} before {}",
            one.0, other.0
        ),
        Some((one, other)) if one.1 != other.1 => format!(
            "the emulation versions are the same, and it has the lowest binary version, {} before {}",
            one.1, other.1
        ),
        _ => format!(
            "the versions are the same, and it is the oldest{}",
            by(first, second)
        ),
    }
}

/// Why the second stands behind the first.
fn difference(first: &Candidate, second: &Candidate) -> String {
    let versions = first.versions().zip(second.versions());
    match versions {
        Some((one, other)) if one.0 != other.0 => {
            format!(
                "its emulation version is higher, {} after {}",
                other.0, one.0
            )
        }
        Some((one, other)) if one.1 != other.1 => {
            format!("its binary version is higher, {} after {}", other.1, one.1)
        }
        _ if first.created == second.created => {
            "it has the same versions and was made in the same second: their order is not defined"
                .into()
        }
        _ => format!(
            "it has the same versions and is younger{}",
            by(first, second)
        ),
    }
}

fn by(first: &Candidate, second: &Candidate) -> String {
    match (first.created.known(), second.created.known()) {
        (Some(first), Some(second)) => format!(" by {}s", second.duration_since(first).as_secs()),
        _ => String::new(),
    }
}

/// Less is preferred.
fn compare(one: &Candidate, other: &Candidate) -> Ordering {
    one.versions()
        .cmp(&other.versions())
        .then_with(|| one.created.known().cmp(&other.created.known()))
}

/// Reads a version as blang/semver's `ParseTolerant` does: `v1.36` is `1.36.0`.
fn tolerant(text: &str) -> Option<Version> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at(end);
    let mut parts: Vec<&str> = core
        .split('.')
        .map(|part| match part.trim_start_matches('0') {
            "" if !part.is_empty() => "0",
            trimmed => trimmed,
        })
        .collect();
    if parts.len() < 3 && !rest.is_empty() {
        return None;
    }
    parts.resize(parts.len().max(3), "0");
    Version::parse(&format!("{}{rest}", parts.join("."))).ok()
}

impl<'de> Deserialize<'de> for Candidate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let CandidateObject { metadata, spec } = CandidateObject::deserialize(deserializer)?;
        Ok(Self {
            namespace: metadata.namespace,
            name: metadata.name,
            resource_version: metadata.resource_version,
            created: metadata.creation_timestamp,
            lease: spec.lease_name,
            emulation_version: spec.emulation_version.unwrap_or_default(),
            binary_version: spec.binary_version,
            strategy: spec.strategy,
            renewed: spec.renew_time,
            pinged: spec.ping_time,
        })
    }
}

#[derive(Deserialize)]
struct CandidateObject {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    namespace: String,
    name: String,
    #[serde(default)]
    resource_version: String,
    #[serde(default, deserialize_with = "time")]
    creation_timestamp: Time,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    lease_name: String,
    emulation_version: Option<String>,
    binary_version: String,
    strategy: String,
    #[serde(deserialize_with = "time")]
    renew_time: Time,
    #[serde(deserialize_with = "time")]
    ping_time: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + second).unwrap()
    }

    fn candidate(name: &str, emulation: &str, binary: &str, created: i64) -> Candidate {
        Candidate {
            namespace: "kube-system".into(),
            name: name.into(),
            lease: "kube-scheduler".into(),
            emulation_version: emulation.into(),
            binary_version: binary.into(),
            strategy: OLDEST_EMULATION_VERSION.into(),
            created: Time::At(at(created)),
            renewed: Time::At(at(100)),
            ..Candidate::default()
        }
    }

    fn lease(holder: &str) -> Lease {
        Lease {
            namespace: "kube-system".into(),
            name: "kube-scheduler".into(),
            holder: Some(holder.into()),
            strategy: Some(OLDEST_EMULATION_VERSION.into()),
            ..Lease::default()
        }
    }

    fn order(candidates: &[Candidate]) -> (Vec<String>, String) {
        let reasoning = reasoning(&lease("a"), candidates, at(120)).unwrap();
        let names = reasoning.candidates.into_iter().map(|place| place.identity);
        (names.collect(), reasoning.conclusion)
    }

    #[test]
    fn the_lowest_versions_and_then_the_oldest_lead() {
        for (candidates, expected, words) in [
            (
                [
                    candidate("b", "1.36.0", "1.36.3", 1),
                    candidate("a", "1.35", "1.36.3", 9),
                ],
                ["a", "b"],
                "a leads: it has the lowest emulation version, 1.35.0 before 1.36.0",
            ),
            (
                [
                    candidate("b", "1.35", "1.36.3", 1),
                    candidate("a", "1.35", "1.36.1", 9),
                ],
                ["a", "b"],
                "lowest binary version, 1.36.1 before 1.36.3",
            ),
            (
                [
                    candidate("a", "1.35", "1.36.3", 5),
                    candidate("b", "1.35", "1.36.3", 2),
                ],
                ["b", "a"],
                "b is preferred to the holder a: the versions are the same, and it is the oldest by 3s",
            ),
            (
                [
                    candidate("a", "1.35", "1.36.3", 5),
                    candidate("b", "1.35", "1.36.3", 5),
                ],
                ["a", "b"],
                "which of them is preferred is not defined",
            ),
        ] {
            let (names, conclusion) = order(&candidates);
            assert_eq!(names, expected, "{candidates:?}");
            assert!(conclusion.contains(words), "{conclusion}");
        }
    }

    #[test]
    fn who_does_not_answer_or_cannot_be_compared_stands_last() {
        let silent = Candidate {
            pinged: Time::At(at(110)),
            ..candidate("silent", "1.30", "1.30.0", 0)
        };
        let asked = Candidate {
            pinged: Time::At(at(118)),
            ..candidate("asked", "1.35", "1.36.3", 0)
        };
        let expired = Candidate {
            renewed: Time::At(at(-2_000)),
            ..candidate("expired", "1.20", "1.20.0", 0)
        };
        let odd = candidate("odd", "soon", "1.36.3", 0);
        let all = [expired, odd, silent, asked];
        let reasoning = reasoning(&lease("silent"), &all, at(120)).unwrap();
        let standings: Vec<_> = reasoning
            .candidates
            .iter()
            .map(|place| (place.identity.as_str(), place.standing))
            .collect();
        assert_eq!(
            standings,
            [
                ("asked", Standing::Asked),
                ("silent", Standing::Silent),
                ("odd", Standing::Unversioned),
                ("expired", Standing::Expired)
            ]
        );
        assert!(reasoning.candidates[1].holds);
        assert!(
            reasoning
                .conclusion
                .contains("the only candidate that can be elected"),
            "{}",
            reasoning.conclusion
        );
    }

    #[test]
    fn candidates_of_other_leases_do_not_count() {
        let other = Candidate {
            lease: "kube-controller-manager".into(),
            ..candidate("a", "1.36", "1.36.3", 0)
        };
        assert_eq!(reasoning(&lease("a"), &[other], at(120)), None);
    }

    #[test]
    fn versions_are_read_tolerantly() {
        for (text, expected) in [
            ("1.36", Some("1.36.0")),
            ("v1.36.3", Some("1.36.3")),
            (" 1 ", Some("1.0.0")),
            ("1.036.3", Some("1.36.3")),
            ("1.36.0-alpha.1", Some("1.36.0-alpha.1")),
            ("1.36-alpha.1", None),
            ("soon", None),
            ("", None),
        ] {
            let found = tolerant(text).map(|version| version.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
