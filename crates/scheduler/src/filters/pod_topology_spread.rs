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
        let mut least = if counter.has_domain(domain) {
            low.least(before, count)
        } else {
            low.least(-1, i64::MAX)
        };
        if i64::try_from(low.domains).unwrap_or(i64::MAX) < constraint.min_domains {
            least = 0;
        }
        if count + constraint.own - least > constraint.max_skew {
            return Some(Fail::unschedulable(Plugin::PodTopologySpread, REASON));
        }
    }
    None
}
