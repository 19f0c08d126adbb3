//! Required pod affinity and anti-affinity, the latter in both directions.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/interpodaffinity/filtering.go` and
//! `plugin.go`. Counts per domain are kept, not made: see `topology.rs`.

use crate::class::Term;
use crate::cycle::{Cycle, Fail, Overlay};
use crate::intern::{FastMap, Sym};
use crate::labels::Selector;
use crate::state::State;
use crate::topology::{CounterKey, NO_DOMAIN, Scope};
use crate::verdict::{Plugin, Status};

pub(crate) const REASON_AFFINITY: &str = "node(s) didn't match pod affinity rules";
pub(crate) const REASON_ANTI: &str = "node(s) didn't match pod anti-affinity rules";
pub(crate) const REASON_EXISTING: &str = "node(s) didn't satisfy existing pods anti-affinity rules";

/// Pods whose anti-affinity is about the incoming pod, by domain of one topology key.
#[derive(Clone, Debug)]
pub(crate) enum Blocked {
    /// As one term counts them.
    Term(u32),
    /// As several terms of the key count them together.
    Merged(FastMap<u32, u32>),
}

/// The pod's terms in a cycle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Affinity {
    /// Upstream skips the filter: there is nothing to look at.
    pub(crate) skip: bool,
    /// Pods that match this count for the affinity: all terms at once.
    pub(crate) together: Vec<(Scope, Selector)>,
    /// Topology key and counter, a term each.
    pub(crate) near: Vec<(u32, u32)>,
    /// Whether the pod would be its own first match.
    own_match: bool,
    pub(crate) anti_parts: Vec<(Scope, Selector)>,
    pub(crate) anti: Vec<(u32, u32)>,
    /// Anti-affinity terms of other pods that are about this one.
    pub(crate) on_us: Vec<u32>,
    blocked: Vec<(u32, Blocked)>,
}

/// Namespaces a term of the incoming pod is about. A selector that matches a namespace without
/// labels matches all of them upstream, for it is asked again without any labels.
pub(crate) fn scope(state: &State, term: &Term) -> Scope {
    if term.namespace_selector.matches(&[], &state.texts) {
        return Scope::All;
    }
    let mut names: Vec<Sym> = term.namespaces.clone();
    if !term.namespace_selector.nothing {
        let all = state.namespaces.iter();
        let matching = all
            .filter(|(_, labels)| term.namespace_selector.matches(labels, &state.texts))
            .map(|(&name, _)| name);
        names.extend(matching);
        names.sort_unstable();
        names.dedup();
    }
    Scope::In(names)
}

pub(crate) fn pre_filter(state: &mut State, class: u32) -> Result<Affinity, Status> {
    let own = &state.classes[class as usize];
    let (namespace, group) = (own.namespace, own.group);
    let terms = own.terms.clone();
    if let Some(error) = terms.as_ref().and_then(|terms| terms.error.as_ref()) {
        return Err(Status::unresolvable(
            Plugin::InterPodAffinity,
            format!("parsing pod: {error}"),
        ));
    }
    let mut all = Affinity {
        on_us: state.anti_terms_on(group),
        ..Affinity::default()
    };
    all.blocked = blocked(state, &all.on_us);
    if let Some(terms) = terms {
        let part = |term: &Term| (scope(state, term), term.selector.clone());
        all.together = terms.affinity.iter().map(part).collect();
        all.anti_parts = terms.anti.iter().map(part).collect();
        for term in &terms.affinity {
            let key = CounterKey {
                parts: all.together.clone(),
                topology: term.topology,
                inclusion: None,
            };
            all.near.push((term.topology, state.counter(key)));
        }
        for (term, part) in terms.anti.iter().zip(&all.anti_parts) {
            let key = CounterKey {
                parts: vec![part.clone()],
                topology: term.topology,
                inclusion: None,
            };
            all.anti.push((term.topology, state.counter(key)));
        }
        let labels = &state.groups[group as usize].labels;
        all.own_match = matches_all(state, &all.together, namespace, labels);
    }
    all.skip = all.blocked.is_empty() && all.near.is_empty() && all.anti.is_empty();
    Ok(all)
}

pub(crate) fn matches_all(
    state: &State,
    parts: &[(Scope, Selector)],
    namespace: Sym,
    labels: &[(Sym, Sym)],
) -> bool {
    !parts.is_empty()
        && parts
            .iter()
            .all(|part| matches_one(state, part, namespace, labels))
}

pub(crate) fn matches_one(
    state: &State,
    (scope, selector): &(Scope, Selector),
    namespace: Sym,
    labels: &[(Sym, Sym)],
) -> bool {
    scope.has(namespace) && selector.matches(labels, &state.texts)
}

fn blocked(state: &State, terms: &[u32]) -> Vec<(u32, Blocked)> {
    let mut all: Vec<(u32, Blocked)> = Vec::new();
    for &id in terms {
        let own = &state.anti.all[id as usize];
        if own.counts.is_empty() {
            continue;
        }
        let topology = own.term.topology;
        let Some((_, known)) = all.iter_mut().find(|(other, _)| *other == topology) else {
            all.push((topology, Blocked::Term(id)));
            continue;
        };
        if let Blocked::Term(first) = *known {
            *known = Blocked::Merged(state.anti.all[first as usize].counts.clone());
        }
        if let Blocked::Merged(counts) = known {
            for (&domain, &count) in &own.counts {
                *counts.entry(domain).or_default() += count;
            }
        }
    }
    all
}

impl Affinity {
    fn blocked_by(&self, state: &State, node: u32, overlay: Option<&Overlay>) -> bool {
        let delta = |topology: u32| overlay.map_or(0, |overlay| overlay.existing(topology));
        let known = self.blocked.iter().any(|(topology, blocked)| {
            let domain = state.topologies.keys[*topology as usize].domain(node);
            if domain == NO_DOMAIN {
                return false;
            }
            let count = match blocked {
                Blocked::Term(id) => state.anti.all[*id as usize].counts.get(&domain),
                Blocked::Merged(counts) => counts.get(&domain),
            };
            count.copied().map_or(0, i64::from) + delta(*topology) > 0
        });
        known
            || overlay.is_some_and(|overlay| {
                let new = |&(topology, count): &(u32, i64)| {
                    count > 0 && !self.blocked.iter().any(|(known, _)| *known == topology)
                };
                overlay.existing.iter().any(new)
            })
    }
}

pub(crate) fn filter(
    state: &State,
    cycle: &Cycle,
    node: u32,
    overlay: Option<&Overlay>,
) -> Option<Fail> {
    let own = &cycle.affinity;
    if own.skip {
        return None;
    }
    if !own.near.is_empty() && !affinity_holds(state, own, node, overlay) {
        return Some(Fail::unresolvable(
            Plugin::InterPodAffinity,
            REASON_AFFINITY,
        ));
    }
    for (at, &(topology, counter)) in own.anti.iter().enumerate() {
        let domain = state.topologies.keys[topology as usize].domain(node);
        if domain == NO_DOMAIN {
            continue;
        }
        let delta = overlay.map_or(0, |overlay| overlay.anti[at]);
        if state.counters.all[counter as usize].count(domain) + delta > 0 {
            return Some(Fail::unschedulable(Plugin::InterPodAffinity, REASON_ANTI));
        }
    }
    if own.blocked_by(state, node, overlay) {
        return Some(Fail::unschedulable(
            Plugin::InterPodAffinity,
            REASON_EXISTING,
        ));
    }
    None
}

fn affinity_holds(state: &State, own: &Affinity, node: u32, overlay: Option<&Overlay>) -> bool {
    let mut pods = true;
    let mut any = false;
    for (at, &(topology, counter)) in own.near.iter().enumerate() {
        let domain = state.topologies.keys[topology as usize].domain(node);
        if domain == NO_DOMAIN {
            return false;
        }
        let counter = &state.counters.all[counter as usize];
        let delta = overlay.map_or(0, |overlay| overlay.affinity[at]);
        pods &= counter.count(domain) + delta > 0;
        any |= i64::try_from(counter.total)
            .unwrap_or(i64::MAX)
            .saturating_add(delta)
            > 0;
    }
    pods || (!any && own.own_match)
}

#[cfg(test)]
mod tests {
    use super::{REASON_AFFINITY, REASON_ANTI, REASON_EXISTING};
    use crate::testing::{merge, node, on, pod, reasons, table};
    use serde_json::{Value, json};

    fn nodes() -> Vec<Value> {
        [("a", "r1"), ("b", "r1"), ("x", "r2")]
            .map(|(name, region)| node(name, json!({"region": region, "host": name}), json!({})))
            .into()
    }

    fn term(key: &str, rest: Value) -> Value {
        let mut all =
            json!({"topologyKey": key, "labelSelector": {"matchLabels": {"service": "s"}}});
        merge(&mut all, rest);
        all
    }

    fn terms(kind: &str, terms: Value) -> Value {
        json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": terms}}})
    }

    fn with(pods: Vec<Value>) -> Vec<Value> {
        let mut all = nodes();
        all.extend(pods);
        all
    }

    fn service(node: &str) -> Value {
        on(node, "s", json!({"service": "s"}), json!({}))
    }

    #[test]
    fn affinity() {
        let near = |labels: Value, list: Value| pod(labels, terms("podAffinity", list));
        let one = || json!([term("region", json!({}))]);
        table(vec![
            (
                "no terms",
                with(vec![service("a")]),
                pod(json!({}), json!({})),
                vec!["", "", ""],
            ),
            (
                "in the region",
                with(vec![service("a")]),
                near(json!({}), one()),
                vec!["", "", REASON_AFFINITY],
            ),
            (
                "nowhere yet",
                nodes(),
                near(json!({}), one()),
                vec![REASON_AFFINITY; 3],
            ),
            (
                "the first of its kind",
                nodes(),
                near(json!({"service": "s"}), one()),
                vec!["", "", ""],
            ),
            (
                "another of its kind",
                with(vec![service("x")]),
                near(json!({"service": "s"}), one()),
                vec![REASON_AFFINITY, REASON_AFFINITY, ""],
            ),
            (
                "all terms, by one pod",
                with(vec![on(
                    "a",
                    "s",
                    json!({"service": "s", "tier": "t"}),
                    json!({}),
                )]),
                near(
                    json!({}),
                    json!([
                        term("region", json!({})),
                        term(
                            "host",
                            json!({"labelSelector": {"matchLabels": {"tier": "t"}}})
                        )
                    ]),
                ),
                vec!["", REASON_AFFINITY, REASON_AFFINITY],
            ),
            (
                "all terms, by two pods",
                with(vec![
                    service("a"),
                    on("a", "t", json!({"tier": "t"}), json!({})),
                ]),
                near(
                    json!({}),
                    json!([
                        term("region", json!({})),
                        term(
                            "host",
                            json!({"labelSelector": {"matchLabels": {"tier": "t"}}})
                        )
                    ]),
                ),
                vec![REASON_AFFINITY; 3],
            ),
            (
                "no such label on the nodes",
                nodes(),
                near(json!({"service": "s"}), json!([term("zone", json!({}))])),
                vec![REASON_AFFINITY; 3],
            ),
            (
                "a selector of nothing",
                with(vec![service("a")]),
                near(json!({}), json!([{"topologyKey": "region"}])),
                vec![REASON_AFFINITY; 3],
            ),
        ]);
    }

    #[test]
    fn anti_affinity_both_ways() {
        let far = |list: Value| terms("podAntiAffinity", list);
        let host = || json!([term("host", json!({}))]);
        table(vec![
            (
                "the pod's own",
                with(vec![service("a")]),
                pod(json!({}), far(host())),
                vec![REASON_ANTI, "", ""],
            ),
            (
                "the other's",
                with(vec![on("a", "e", json!({}), far(host()))]),
                pod(json!({"service": "s"}), json!({})),
                vec![REASON_EXISTING, "", ""],
            ),
            (
                "the other's, wider",
                with(vec![on(
                    "a",
                    "e",
                    json!({}),
                    far(json!([term("region", json!({}))])),
                )]),
                pod(json!({"service": "s"}), json!({})),
                vec![REASON_EXISTING, REASON_EXISTING, ""],
            ),
            (
                "not about this pod",
                with(vec![on("a", "e", json!({}), far(host()))]),
                pod(json!({"service": "t"}), json!({})),
                vec!["", "", ""],
            ),
            (
                "own first, then the other's",
                with(vec![on(
                    "a",
                    "e",
                    json!({"service": "s"}),
                    far(json!([term("region", json!({}))])),
                )]),
                pod(json!({"service": "s"}), far(host())),
                vec![REASON_ANTI, REASON_EXISTING, ""],
            ),
            (
                "two terms of others",
                with(vec![
                    on("a", "e", json!({}), far(host())),
                    on(
                        "x",
                        "f",
                        json!({}),
                        far(json!([term(
                            "host",
                            json!({"labelSelector": {"matchLabels": {"tier": "t"}}})
                        )])),
                    ),
                ]),
                pod(json!({"service": "s", "tier": "t"}), json!({})),
                vec![REASON_EXISTING, "", REASON_EXISTING],
            ),
            (
                "no such label on the nodes",
                with(vec![service("a")]),
                pod(json!({}), far(json!([term("zone", json!({}))]))),
                vec!["", "", ""],
            ),
        ]);
    }

    #[test]
    fn namespaces() {
        let mut far = service("a");
        far["metadata"]["namespace"] = json!("far");
        let space = |name: &str, labels: Value| json!({"kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        let objects = with(vec![
            far,
            space("far", json!({"team": "t"})),
            space("default", json!({})),
        ]);
        let near = |rest: Value| pod(json!({}), terms("podAffinity", json!([term("host", rest)])));
        let found = vec!["", REASON_AFFINITY, REASON_AFFINITY];
        let nowhere = vec![REASON_AFFINITY; 3];
        table(vec![
            (
                "its own by default",
                objects.clone(),
                near(json!({})),
                nowhere.clone(),
            ),
            (
                "by name",
                objects.clone(),
                near(json!({"namespaces": ["far"]})),
                found.clone(),
            ),
            (
                "by label",
                objects.clone(),
                near(json!({"namespaceSelector": {"matchLabels": {"team": "t"}}})),
                found.clone(),
            ),
            (
                "by another label",
                objects.clone(),
                near(json!({"namespaceSelector": {"matchLabels": {"team": "u"}}})),
                nowhere,
            ),
            (
                "all",
                objects.clone(),
                near(json!({"namespaceSelector": {}})),
                found.clone(),
            ),
            // Upstream asks a selector once more without any labels.
            (
                "a selector that matches no labels is about all",
                objects,
                near(
                    json!({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}),
                ),
                found,
            ),
        ]);
    }

    #[test]
    fn namespaces_of_the_other_side() {
        let space = |name: &str, labels: Value| json!({"kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        let far = |rest: Value| {
            on(
                "a",
                "e",
                json!({}),
                terms("podAntiAffinity", json!([term("host", rest)])),
            )
        };
        let mut new = pod(json!({"service": "s"}), json!({}));
        new["metadata"]["namespace"] = json!("ours");
        for (rest, want) in [
            (json!({}), ""),
            (json!({"namespaces": ["ours"]}), REASON_EXISTING),
            (
                json!({"namespaceSelector": {"matchLabels": {"team": "t"}}}),
                REASON_EXISTING,
            ),
            (
                json!({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}),
                "",
            ),
        ] {
            let objects = with(vec![space("ours", json!({"team": "t"})), far(rest.clone())]);
            assert_eq!(reasons(&objects, &new)[0], want, "{rest}");
        }
    }
}
