//! `nodeSelector` and required node affinity.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go`.
//! There is no added affinity in the default profile.

use crate::cycle::Fail;
use crate::needs::AFFINITY;
use crate::state::State;
use crate::verdict::{Plugin, Status};

pub(crate) const REASON: &str = "node(s) didn't match Pod's node affinity/selector";
const CONFLICT: &str = "pod affinity terms conflict";
/// What upstream says of nodes that the affinity does not name, when it names nodes.
pub(crate) const NOT_NAMED: &str = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

/// The nodes that the pod's affinity names in each of its terms, if it does.
pub(crate) fn pre_filter(state: &State, needs: u32) -> Result<Option<Vec<u32>>, Status> {
    let Some(names) = &state.needs.get(needs).pinned else {
        return Ok(None);
    };
    if names.is_empty() {
        return Err(Status::unresolvable(Plugin::NodeAffinity, CONFLICT));
    }
    let mut nodes: Vec<u32> = names
        .iter()
        .filter_map(|name| state.node_ids.get(name))
        .copied()
        .collect();
    nodes.sort_unstable();
    Ok(Some(nodes))
}

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & AFFINITY != 0).then(|| Fail::unresolvable(Plugin::NodeAffinity, REASON))
}
