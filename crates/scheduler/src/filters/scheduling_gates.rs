//! Pods with scheduling gates wait outside the queue.
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go`. Upstream asks before the
//! pod enters the queue; here it is the first of the pre-filters.

use crate::verdict::{Plugin, Status};

pub(crate) fn pre_filter(gates: &[String]) -> Option<Status> {
    if gates.is_empty() {
        return None;
    }
    let reason = format!("waiting for scheduling gates: [{}]", gates.join(" "));
    Some(Status::unresolvable(Plugin::SchedulingGates, reason))
}

#[cfg(test)]
mod tests {
    use crate::testing::{node, pod, state, table};
    use serde_json::json;

    #[test]
    fn gated_pods_wait() {
        let want = "waiting for scheduling gates: [foo bar]";
        let gated = pod(
            json!({}),
            json!({"schedulingGates": [{"name": "foo"}, {"name": "bar"}]}),
        );
        let free = pod(json!({}), json!({}));
        let nodes = vec![node("a", json!({}), json!({}))];
        table(vec![
            ("gates", nodes.clone(), gated.clone(), vec![want]),
            ("none", nodes.clone(), free, vec![""]),
        ]);
        let mut state = state(&nodes);
        let query = state.prepare(&serde_json::from_value(
            json!({"metadata": gated["metadata"], "spec": {"containers": [], "schedulingGates": gated["spec"]["schedulingGates"]}}),
        ).unwrap());
        assert_eq!(state.filter(&query).message().as_deref(), Some(want));
    }
}
