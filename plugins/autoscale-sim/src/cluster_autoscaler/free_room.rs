//! Which nodes have enough CPU and memory left for a pod: a quick look that spares the scheduler's
//! own, where most nodes are full.

use scheduler::{Amounts, NodeId, State};

use super::kinds::KindFacts;

/// What is left on nodes.
#[derive(Clone, Debug, Default)]
pub struct FreeRoom {
    /// Ascending, with what is free.
    nodes: Vec<(NodeId, Amounts)>,
}

impl FreeRoom {
    /// Looks at the nodes as they are.
    pub fn new(state: &State, nodes: &[NodeId]) -> Self {
        let mut all: Vec<(NodeId, Amounts)> = (nodes.iter())
            .map(|&node| (node, free(state, node)))
            .collect();
        all.sort_unstable_by_key(|&(node, _)| node);
        Self { nodes: all }
    }

    /// Looks at one node again.
    pub fn refresh(&mut self, state: &State, node: NodeId) {
        if let Ok(at) = self.nodes.binary_search_by_key(&node, |&(own, _)| own) {
            self.nodes[at].1 = free(state, node);
        }
    }

    /// The nodes that may have room for a pod of the kind; none of the others has.
    pub fn for_pod(&self, facts: &KindFacts) -> Vec<NodeId> {
        let fits = |ask: i64, free: i64| ask <= 0 || ask <= free;
        (self.nodes.iter())
            .filter(|(_, free)| {
                fits(facts.milli_cpu, free.milli_cpu) && fits(facts.memory, free.memory)
            })
            .map(|&(node, _)| node)
            .collect()
    }
}

fn free(state: &State, node: NodeId) -> Amounts {
    let (all, used) = (state.allocatable(node), state.used(node));
    Amounts {
        milli_cpu: all.milli_cpu.saturating_sub(used.milli_cpu),
        memory: all.memory.saturating_sub(used.memory),
    }
}
