//! Cordoned nodes take only pods that tolerate the taint which stands for the cordon.
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go`.

use crate::cycle::Fail;
use crate::needs::UNSCHEDULABLE;
use crate::verdict::Plugin;

pub(crate) const REASON: &str = "node(s) were unschedulable";

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & UNSCHEDULABLE != 0).then(|| Fail::unresolvable(Plugin::NodeUnschedulable, REASON))
}
