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
