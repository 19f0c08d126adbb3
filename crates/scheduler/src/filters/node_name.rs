//! A pod that names its node runs there or nowhere.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/nodename/node_name.go`.

use crate::cycle::Fail;
use crate::needs::NODE_NAME;
use crate::verdict::Plugin;

pub(crate) const REASON: &str = "node(s) didn't match the requested node name";

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & NODE_NAME != 0).then(|| Fail::unresolvable(Plugin::NodeName, REASON))
}
