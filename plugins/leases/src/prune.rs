//! What is left over: Leases that nobody can need any more, each with its proof.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::coordinated::{Candidate, Standing, reasoning};
use crate::holder::{Known, Pod};
use crate::identity::hosts;
use crate::lease::{Lease, LeaseKind};
use crate::state::{State, judge, lag};

/// All that a proof may need.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The Leases that are asked about.
    pub leases: Vec<Lease>,
    /// All nodes, and the pods of the namespaces in question.
    pub known: Known,
    /// Whether all nodes could be read.
    pub nodes_known: bool,
    /// Whether the pods of a namespace could be read.
    pub pods_known: BTreeMap<String, bool>,
    /// Those who stand for coordinated elections.
    pub candidates: Vec<Candidate>,
    /// Whether those could be read.
    pub candidates_known: bool,
}

/// A Lease that nobody can need any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Orphan {
    /// The Lease, in the version that the proof is about.
    pub lease: Lease,
    /// The proof, a sentence a fact.
    pub proof: Vec<String>,
}

/// Elections that nobody may be alive for: what pods and candidates there are decides.
#[must_use]
pub fn is_suspect(lease: &Lease, older_than: SignedDuration, now: Timestamp) -> bool {
    let elected = matches!(lease.kind(), LeaseKind::Election | LeaseKind::Coordinated);
    let unled = matches!(
        judge(lease, now),
        State::Expired | State::Released | State::Vacant
    );
    elected && unled && lag(lease, now).is_some_and(|lag| lag > older_than)
}

/// Finds what is left over.
#[must_use]
pub fn orphans(evidence: &Evidence, older_than: SignedDuration, now: Timestamp) -> Vec<Orphan> {
    evidence
        .leases
        .iter()
        .filter_map(|lease| {
            let proof = match lease.kind() {
                LeaseKind::Node => heartbeat(lease, evidence, now),
                LeaseKind::ApiServer => api_server(lease, now),
                LeaseKind::Election | LeaseKind::Coordinated => {
                    election(lease, evidence, older_than, now)
                }
            };
            Some(Orphan {
                lease: lease.clone(),
                proof: proof?,
            })
        })
        .collect()
}

/// Those of the later look that were orphans at the first, unchanged.
#[must_use]
pub fn still(first: &[Orphan], later: Vec<Orphan>) -> Vec<Orphan> {
    let versions: BTreeMap<(&str, &str), &str> = first
        .iter()
        .map(|orphan| {
            let lease = &orphan.lease;
            let name = (lease.namespace.as_str(), lease.name.as_str());
            (name, lease.resource_version.as_str())
        })
        .collect();
    later
        .into_iter()
        .filter(|orphan| {
            let lease = &orphan.lease;
            versions.get(&(lease.namespace.as_str(), lease.name.as_str()))
                == Some(&lease.resource_version.as_str())
        })
        .collect()
}

fn silent_for(lease: &Lease, now: Timestamp) -> Option<String> {
    lag(lease, now).map(|lag| format!("not renewed for {}", console::human(lag)))
}

fn heartbeat(lease: &Lease, evidence: &Evidence, now: Timestamp) -> Option<Vec<String>> {
    let exists = evidence
        .known
        .nodes
        .iter()
        .any(|node| node.name == lease.name);
    if !evidence.nodes_known || exists || judge(lease, now) != State::Expired {
        return None;
    }
    Some(vec![
        format!("no node {} exists", lease.name),
        silent_for(lease, now)?,
    ])
}

/// kube-apiserver itself deletes such identities, but looks only once an hour
/// (kubernetes/kubernetes, pkg/controlplane/controller/apiserverleasegc).
fn api_server(lease: &Lease, now: Timestamp) -> Option<Vec<String>> {
    if judge(lease, now) != State::Expired {
        return None;
    }
    let host = lease.api_server.as_deref().unwrap_or_default();
    Some(vec![
        format!("the API server on {host} is gone"),
        silent_for(lease, now)?,
    ])
}

fn election(
    lease: &Lease,
    evidence: &Evidence,
    older_than: SignedDuration,
    now: Timestamp,
) -> Option<Vec<String>> {
    let pods_known = evidence.pods_known.get(&lease.namespace) == Some(&true);
    let all_known = pods_known && evidence.nodes_known && evidence.candidates_known;
    if !is_suspect(lease, older_than, now) || !all_known {
        return None;
    }
    let stands = |place: &crate::coordinated::Place| place.standing != Standing::Expired;
    let candidates = reasoning(lease, &evidence.candidates, now);
    if candidates.is_some_and(|found| found.candidates.iter().any(stands)) {
        return None;
    }
    let mut proof = Vec::new();
    if let Some(holder) = &lease.holder {
        let lives = hosts(holder)
            .iter()
            .any(|host| evidence.known.knows(&lease.namespace, host.name));
        if lives {
            return None;
        }
        proof.push(format!("its holder {holder} is no pod and no node"));
    }
    let named_like = |pod: &&Pod| {
        pod.namespace == lease.namespace && crate::holder::is_component_of(pod, &lease.name)
    };
    if evidence.known.pods.iter().any(|pod| named_like(&pod)) {
        return None;
    }
    proof.push("no pod is named or labelled like it".into());
    proof.push(format!(
        "{}, while any candidate would have taken it within seconds",
        silent_for(lease, now)?
    ));
    Some(proof)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holder::Node;
    use crate::lease::Time;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn now() -> Timestamp {
        "2026-01-02T00:00:00Z".parse().unwrap()
    }

    fn lease(namespace: &str, name: &str, holder: Option<&str>, minutes: i64) -> Lease {
        Lease {
            namespace: namespace.into(),
            name: name.into(),
            resource_version: "7".into(),
            holder: holder.map(str::to_owned),
            duration_seconds: Some(if holder.is_some() { 15 } else { 1 }),
            renewed: Time::At(now() - SignedDuration::from_mins(minutes)),
            ..Lease::default()
        }
    }

    fn evidence(lease: Lease) -> Evidence {
        Evidence {
            leases: vec![lease],
            known: Known {
                pods: vec![Pod {
                    namespace: "team".into(),
                    name: "web-0".into(),
                    components: vec!["web".into()],
                    ..Pod::default()
                }],
                nodes: vec![Node {
                    name: "node-1".into(),
                    hostname: None,
                }],
            },
            nodes_known: true,
            pods_known: BTreeMap::from([("team".into(), true)]),
            candidates: Vec::new(),
            candidates_known: true,
        }
    }

    fn is_orphan(evidence: &Evidence) -> bool {
        !orphans(evidence, HOUR, now()).is_empty()
    }

    #[test]
    fn only_what_is_proven_is_an_orphan() {
        let node = |name: &str, minutes: i64| lease("kube-node-lease", name, Some(name), minutes);
        let server = |minutes: i64| Lease {
            api_server: Some("cp-1".into()),
            duration_seconds: Some(3_600),
            ..lease("kube-system", "apiserver-x", Some("apiserver-x_1"), minutes)
        };
        for (lease, expected) in [
            (node("node-1", 60), false),
            (node("node-7", 60), true),
            (node("node-7", 0), false),
            (server(30), false),
            (server(61), true),
            (lease("team", "lock", Some("gone_1"), 61), true),
            (lease("team", "lock", Some("gone_1"), 59), false),
            (lease("team", "lock", Some("gone_1"), 0), false),
            (lease("team", "lock", Some("web-0_1"), 61), false),
            (lease("team", "lock", Some("node-1_1"), 61), false),
            (lease("team", "lock", None, 61), true),
            (lease("team", "web-leader-election", None, 61), false),
            (lease("unread", "lock", None, 61), false),
            (
                Lease {
                    renewed: Time::Unset,
                    ..lease("team", "lock", None, 61)
                },
                false,
            ),
        ] {
            assert_eq!(is_orphan(&evidence(lease.clone())), expected, "{lease:?}");
        }
    }

    #[test]
    fn what_could_not_be_read_proves_nothing() {
        for lease in [
            lease("kube-node-lease", "node-7", Some("node-7"), 60),
            lease("team", "lock", Some("gone_1"), 61),
        ] {
            let unread = Evidence {
                nodes_known: false,
                ..evidence(lease)
            };
            assert!(!is_orphan(&unread));
        }
        let unread = Evidence {
            candidates_known: false,
            ..evidence(lease("team", "lock", Some("gone_1"), 61))
        };
        assert!(!is_orphan(&unread));
    }

    #[test]
    fn a_candidate_that_stands_is_alive() {
        let candidate = |minutes: i64| Candidate {
            namespace: "team".into(),
            name: "gone_1".into(),
            lease: "lock".into(),
            renewed: Time::At(now() - SignedDuration::from_mins(minutes)),
            ..Candidate::default()
        };
        for (minutes, expected) in [(10, false), (45, true)] {
            let with = Evidence {
                candidates: vec![candidate(minutes)],
                ..evidence(lease("team", "lock", Some("gone_1"), 61))
            };
            assert_eq!(is_orphan(&with), expected, "{minutes}");
        }
    }

    #[test]
    fn the_proof_names_its_facts() {
        let found = orphans(
            &evidence(lease("kube-node-lease", "node-7", Some("node-7"), 90)),
            HOUR,
            now(),
        );
        assert_eq!(
            found[0].proof,
            ["no node node-7 exists", "not renewed for 90m"]
        );
    }

    #[test]
    fn what_changed_at_the_second_look_is_left_alone() {
        let orphan = |name: &str, version: &str| Orphan {
            lease: Lease {
                resource_version: version.into(),
                ..lease("kube-node-lease", name, Some(name), 90)
            },
            proof: Vec::new(),
        };
        let first = [orphan("a", "1"), orphan("b", "1"), orphan("c", "1")];
        let later = vec![orphan("a", "1"), orphan("b", "2"), orphan("d", "1")];
        let names: Vec<String> = still(&first, later)
            .into_iter()
            .map(|orphan| orphan.lease.name)
            .collect();
        assert_eq!(names, ["a"]);
    }
}
