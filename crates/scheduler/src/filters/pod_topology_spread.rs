//! Hard topology spread constraints.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/podtopologyspread/filtering.go`
//! and `common.go`. Counts per domain are kept, not made: see `topology.rs`.

use crate::class::Spread;
use crate::cycle::{Cycle, Fail, Overlay};
use crate::state::State;
use crate::topology::{CounterKey, Inclusion, Low, NO_DOMAIN, Scope};
use crate::verdict::{Plugin, Status};

pub(crate) const REASON: &str = "node(s) didn't match pod topology spread constraints";
pub(crate) const REASON_LABEL: &str =
    "node(s) didn't match pod topology spread constraints (missing required label)";

/// One constraint in a cycle.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    pub(crate) counter: u32,
    pub(crate) topology: u32,
    low: Low,
    max_skew: i64,
    min_domains: i64,
    own: i64,
    pub(crate) selector: crate::labels::Selector,
}

pub(crate) fn pre_filter(
    state: &mut State,
    class: u32,
    needs: u32,
) -> Result<Vec<Constraint>, Status> {
    let own = &state.classes[class as usize];
    if let Some(error) = &own.spread_error {
        let reason = format!(
            "running PreFilter plugin \"PodTopologySpread\": get constraints from pod: {error}"
        );
        return Err(Status::error(Plugin::PodTopologySpread, reason));
    }
    if own.spread.is_empty() {
        return Ok(Vec::new());
    }
    let (namespace, group, spread) = (own.namespace, own.group, own.spread.clone());
    let mut keys: Vec<u32> = spread.iter().map(|spread| spread.topology).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut all = Vec::new();
    for spread in spread {
        let counter = state.counter(CounterKey {
            parts: vec![(Scope::In(vec![namespace]), spread.selector.clone())],
            topology: spread.topology,
            inclusion: Some(inclusion(&spread, needs, &keys)),
        });
        let labels = &state.groups[group as usize].labels;
        all.push(Constraint {
            counter,
            topology: spread.topology,
            low: state.counters.all[counter as usize].low(),
            max_skew: i64::from(spread.max_skew),
            min_domains: i64::from(spread.min_domains),
            own: i64::from(spread.selector.matches(labels, &state.texts)),
            selector: spread.selector,
        });
    }
    Ok(all)
}

pub(crate) fn inclusion(spread: &Spread, needs: u32, keys: &[u32]) -> Inclusion {
    let honors = spread.honor_affinity || spread.honor_taints;
    Inclusion {
        needs: honors.then_some(needs),
        affinity: spread.honor_affinity,
        taints: spread.honor_taints,
        keys: keys.to_vec(),
    }
}

pub(crate) fn filter(
    state: &State,
    cycle: &Cycle,
    node: u32,
    overlay: Option<&Overlay>,
) -> Option<Fail> {
    for (at, constraint) in cycle.spread.iter().enumerate() {
        let domain = state.topologies.keys[constraint.topology as usize].domain(node);
        if domain == NO_DOMAIN {
            return Some(Fail::unresolvable(Plugin::PodTopologySpread, REASON_LABEL));
        }
        let counter = &state.counters.all[constraint.counter as usize];
        let before = counter.count(domain);
        let delta = overlay.map_or(0, |overlay| overlay.spread[at]);
        let count = before + delta;
        let low = constraint.low;
        let mut least = low.least(before, count);
        if i64::try_from(low.domains).unwrap_or(i64::MAX) < constraint.min_domains {
            least = 0;
        }
        if count + constraint.own - least > constraint.max_skew {
            return Some(Fail::unschedulable(Plugin::PodTopologySpread, REASON));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{REASON, REASON_LABEL};
    use crate::testing::{merge, node, on, pod, table};
    use serde_json::{Value, json};

    /// Two zones of two nodes each.
    fn nodes() -> Vec<Value> {
        [("a", "z1"), ("b", "z1"), ("x", "z2"), ("y", "z2")]
            .map(|(name, zone)| node(name, json!({"zone": zone, "node": name}), json!({})))
            .into()
    }

    fn with(pods: &[&str]) -> Vec<Value> {
        let mut all = nodes();
        for (at, name) in pods.iter().enumerate() {
            all.push(on(name, &format!("p{at}"), json!({"foo": ""}), json!({})));
        }
        all
    }

    fn constraint(skew: i32, key: &str, rest: Value) -> Value {
        let mut all = json!({"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchExpressions": [{"key": "foo", "operator": "Exists"}]}});
        merge(&mut all, rest);
        all
    }

    fn new(constraints: Value) -> Value {
        pod(
            json!({"foo": ""}),
            json!({"topologySpreadConstraints": constraints}),
        )
    }

    #[test]
    fn skew() {
        let zone = |skew| new(json!([constraint(skew, "zone", json!({}))]));
        let host = |rest| new(json!([constraint(1, "node", rest)]));
        table(vec![
            ("no pods yet", nodes(), zone(1), vec!["", "", "", ""]),
            (
                "one zone ahead",
                with(&["a", "b"]),
                zone(1),
                vec![REASON, REASON, "", ""],
            ),
            (
                "a wider skew",
                with(&["a", "b"]),
                zone(3),
                vec!["", "", "", ""],
            ),
            (
                "even zones",
                with(&["a", "b", "x", "y"]),
                zone(1),
                vec!["", "", "", ""],
            ),
            (
                "nodes",
                with(&["a", "a", "b", "x"]),
                host(json!({})),
                vec![REASON, REASON, REASON, ""],
            ),
            (
                "the pod itself does not match",
                with(&["a", "b"]),
                pod(
                    json!({"bar": ""}),
                    json!({"topologySpreadConstraints": [constraint(1, "zone", json!({}))]}),
                ),
                vec![REASON, REASON, "", ""],
            ),
            (
                "both constraints",
                with(&["a", "a", "b", "x"]),
                new(json!([
                    constraint(1, "zone", json!({})),
                    constraint(1, "node", json!({}))
                ])),
                vec![REASON, REASON, REASON, ""],
            ),
            (
                "soft constraints do not filter",
                with(&["a", "b"]),
                new(json!([constraint(
                    1,
                    "zone",
                    json!({"whenUnsatisfiable": "ScheduleAnyway"})
                )])),
                vec!["", "", "", ""],
            ),
            (
                "an empty selector counts nothing but the pod",
                with(&["a", "a"]),
                new(json!([constraint(
                    1,
                    "zone",
                    json!({"labelSelector": {"matchExpressions": []}})
                )])),
                vec!["", "", "", ""],
            ),
            (
                "no selector matches nothing",
                with(&["a", "a"]),
                new(
                    json!([{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]),
                ),
                vec!["", "", "", ""],
            ),
        ]);
    }

    #[test]
    fn what_counts() {
        let zone = || new(json!([constraint(1, "zone", json!({}))]));
        let mut other = with(&["a", "b"]);
        other[4]["metadata"]["namespace"] = json!("other");
        other[5]["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        let mut unlabelled = with(&["a", "b"]);
        unlabelled[2]["metadata"]["labels"] = json!({"node": "x"});
        table(vec![
            (
                "other namespaces and terminating pods do not",
                other,
                zone(),
                vec!["", "", "", ""],
            ),
            (
                "a node without the label",
                unlabelled,
                zone(),
                vec![REASON, REASON, REASON_LABEL, ""],
            ),
        ]);
    }

    #[test]
    fn min_domains() {
        let zone = |least: i32| new(json!([constraint(1, "zone", json!({"minDomains": least}))]));
        table(vec![
            (
                "too few domains: the least is 0",
                with(&["a", "x"]),
                zone(3),
                vec![REASON; 4],
            ),
            (
                "enough domains",
                with(&["a", "x"]),
                zone(2),
                vec!["", "", "", ""],
            ),
        ]);
    }

    #[test]
    fn match_label_keys() {
        let mut objects = with(&["a", "b", "x"]);
        objects[4]["metadata"]["labels"]["rev"] = json!("1");
        objects[5]["metadata"]["labels"]["rev"] = json!("1");
        objects[6]["metadata"]["labels"]["rev"] = json!("2");
        let keyed = |labels: Value| {
            pod(
                labels,
                json!({"topologySpreadConstraints": [constraint(1, "zone", json!({"matchLabelKeys": ["rev"]}))]}),
            )
        };
        table(vec![
            (
                "of this revision",
                objects.clone(),
                keyed(json!({"foo": "", "rev": "1"})),
                vec![REASON, REASON, "", ""],
            ),
            (
                "of the other",
                objects.clone(),
                keyed(json!({"foo": "", "rev": "2"})),
                vec!["", "", REASON, REASON],
            ),
            (
                "a key the pod does not have",
                objects,
                keyed(json!({"foo": ""})),
                vec![REASON, REASON, "", ""],
            ),
        ]);
    }

    #[test]
    fn policies() {
        let mut objects = with(&["a", "b"]);
        for at in [2, 3] {
            objects[at]["spec"] = json!({"taints": [{"key": "t", "effect": "NoSchedule"}]});
        }
        let tainted = "node(s) had untolerated taint(s)";
        let affinity = "node(s) didn't match Pod's node affinity/selector";
        let selecting = |policy: &str| {
            let mut pod = new(json!([constraint(
                1,
                "zone",
                json!({"nodeAffinityPolicy": policy})
            )]));
            merge(&mut pod, json!({"spec": {"nodeSelector": {"zone": "z1"}}}));
            pod
        };
        table(vec![
            (
                "taints ignored",
                objects.clone(),
                new(json!([constraint(1, "zone", json!({}))])),
                vec![REASON, REASON, tainted, tainted],
            ),
            (
                "taints honoured",
                objects,
                new(json!([constraint(
                    1,
                    "zone",
                    json!({"nodeTaintsPolicy": "Honor"})
                )])),
                vec!["", "", tainted, tainted],
            ),
            (
                "affinity honoured",
                with(&["a", "b"]),
                selecting("Honor"),
                vec!["", "", affinity, affinity],
            ),
            (
                "affinity ignored",
                with(&["a", "b"]),
                selecting("Ignore"),
                vec![REASON, REASON, affinity, affinity],
            ),
        ]);
    }
}
