//! Nodes, their shapes, and static verdicts by shape.

use k8s_openapi::api::core::v1::Node;

use crate::class::Port;
use crate::filters::node_declared_features;
use crate::intern::{FastMap, Sym, index};
use crate::labels::{Labels, intern_labels};
use crate::needs::{Needs, NodeFace, NodeRules, Taint, Words};
use crate::resources::{self, Resources};
use crate::state::State;

/// What like nodes share: all that static rules see, but for the name and the hostname.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) labels: Labels,
    pub(crate) taints: Vec<Taint>,
    pub(crate) unschedulable: bool,
    pub(crate) features: u8,
}

/// A node, or the place of one that pods name and that was not seen yet.
#[derive(Clone, Debug)]
pub(crate) struct NodeSlot {
    pub(crate) name: Sym,
    pub(crate) present: bool,
    pub(crate) face: Face,
    pub(crate) used: Resources,
    pub(crate) non_zero: (i64, i64),
    pub(crate) pods: Vec<u32>,
    pub(crate) nominated: Vec<u32>,
    pub(crate) ports: Vec<Port>,
}

/// The part of a node that comes from its object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Face {
    pub(crate) shape: u32,
    pub(crate) hostname: Option<Sym>,
    pub(crate) allocatable: Resources,
    pub(crate) max_pods: i64,
}

/// Not judged yet.
const OPEN: u8 = u8::MAX;

/// Needs, with the verdicts found so far.
#[derive(Clone, Debug)]
struct Judged {
    needs: Needs,
    /// Whether verdicts are by node, for they look at names.
    by_node: bool,
    verdicts: Vec<u8>,
    /// The revision of the nodes at which all were judged.
    complete_at: Option<u64>,
}

/// All needs of pods.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllNeeds {
    all: Vec<Judged>,
}

impl AllNeeds {
    pub(crate) fn add(&mut self, needs: Needs, words: &Words) -> u32 {
        let by_node = needs.is_about_one_node(words.hostname);
        self.all.push(Judged {
            needs,
            by_node,
            verdicts: Vec::new(),
            complete_at: None,
        });
        index(self.all.len() - 1)
    }

    pub(crate) fn get(&self, needs: u32) -> &Needs {
        &self.all[needs as usize].needs
    }

    fn forget(&mut self, node: u32) {
        for judged in self.all.iter_mut().filter(|judged| judged.by_node) {
            if let Some(verdict) = judged.verdicts.get_mut(node as usize) {
                *verdict = OPEN;
            }
        }
    }
}

impl State {
    pub(crate) fn read_face(&mut self, node: &Node) -> Face {
        let mut labels = intern_labels(node.metadata.labels.as_ref(), &mut self.texts);
        let key = self.words.hostname;
        let hostname = crate::labels::get(&labels, key);
        labels.retain(|&(own, _)| own != key);
        let spec = node.spec.as_ref();
        let status = node.status.as_ref();
        let taints = spec.and_then(|spec| spec.taints.as_ref());
        let features = status.and_then(|status| status.declared_features.as_deref());
        let shape = Shape {
            labels,
            taints: taints
                .into_iter()
                .flatten()
                .map(|taint| Taint::read(taint, &mut self.texts))
                .collect(),
            unschedulable: spec.and_then(|spec| spec.unschedulable) == Some(true),
            features: node_declared_features::declared(features.unwrap_or_default()),
        };
        let (allocatable, max_pods) = resources::allocatable(
            status.and_then(|status| status.allocatable.as_ref()),
            &mut self.resource_names,
            &mut self.texts,
        );
        Face {
            shape: self.shape_of(shape),
            hostname,
            allocatable,
            max_pods,
        }
    }

    fn shape_of(&mut self, shape: Shape) -> u32 {
        if let Some(&id) = self.shape_ids.get(&shape) {
            return id;
        }
        let id = index(self.shapes.len());
        self.shapes.push(shape.clone());
        self.shape_ids.insert(shape, id);
        id
    }

    /// The place of the node of that name.
    pub(crate) fn slot(&mut self, name: &str) -> u32 {
        let name = self.texts.intern(name);
        if let Some(&id) = self.node_ids.get(&name) {
            return id;
        }
        let id = index(self.nodes.len());
        self.nodes.push(NodeSlot {
            name,
            present: false,
            face: Face::default(),
            used: Resources::default(),
            non_zero: (0, 0),
            pods: Vec::new(),
            nominated: Vec::new(),
            ports: Vec::new(),
        });
        self.node_ids.insert(name, id);
        id
    }

    pub(crate) fn face(&self, node: u32) -> NodeFace<'_> {
        let slot = &self.nodes[node as usize];
        NodeFace {
            // A node without a name has no fields to match.
            name: Some(slot.name).filter(|&name| name != self.words.empty),
            labels: &self.shapes[slot.face.shape as usize].labels,
            hostname: slot.face.hostname,
            hostname_key: self.words.hostname,
        }
    }

    pub(crate) fn shape(&self, node: u32) -> &Shape {
        &self.shapes[self.nodes[node as usize].face.shape as usize]
    }

    /// Which rules a node breaks, as bits; judged once per shape of node.
    pub(crate) fn broken(&mut self, needs: u32, node: u32) -> u8 {
        let judged = &self.needs.all[needs as usize];
        let at = if judged.by_node {
            node
        } else {
            self.nodes[node as usize].face.shape
        } as usize;
        if let Some(&verdict) = judged.verdicts.get(at)
            && verdict != OPEN
        {
            return verdict;
        }
        let shape = self.shape(node);
        let rules = NodeRules {
            taints: &shape.taints,
            unschedulable: shape.unschedulable,
            features: shape.features,
        };
        let verdict = judged
            .needs
            .judge(&self.face(node), rules, &self.words, &self.texts);
        let verdicts = &mut self.needs.all[needs as usize].verdicts;
        if verdicts.len() <= at {
            verdicts.resize(at + 1, OPEN);
        }
        verdicts[at] = verdict;
        verdict
    }

    /// Judges all nodes, so that [`State::judged`] has an answer for each.
    pub(crate) fn judge_all(&mut self, needs: u32) {
        let complete_at = self.needs.all[needs as usize].complete_at;
        let behind = complete_at.and_then(|at| usize::try_from(self.node_revision - at).ok());
        match behind {
            Some(0) => return,
            Some(behind) if behind <= self.changed_nodes.len() => {
                for at in self.changed_nodes.len() - behind..self.changed_nodes.len() {
                    self.judge_present(needs, self.changed_nodes[at]);
                }
            }
            _ => (0..index(self.nodes.len())).for_each(|node| self.judge_present(needs, node)),
        }
        self.needs.all[needs as usize].complete_at = Some(self.node_revision);
    }

    fn judge_present(&mut self, needs: u32, node: u32) {
        if self.nodes[node as usize].present {
            self.broken(needs, node);
        }
    }

    /// Remembers which node changed, as far back as that is cheaper than to look at all.
    fn note_change(&mut self, node: u32) {
        self.node_revision += 1;
        let enough = self.nodes.len();
        if self.changed_nodes.len() >= 2 * enough {
            self.changed_nodes.drain(..enough);
        }
        self.changed_nodes.push(node);
    }

    /// The verdict of a node that was judged.
    pub(crate) fn judged(&self, needs: u32, node: u32) -> u8 {
        let judged = &self.needs.all[needs as usize];
        let at = if judged.by_node {
            node
        } else {
            self.nodes[node as usize].face.shape
        } as usize;
        judged
            .verdicts
            .get(at)
            .copied()
            .filter(|&verdict| verdict != OPEN)
            .unwrap_or(0)
    }

    /// Gives a node its object; its pods stay.
    pub(crate) fn set_face(&mut self, node: u32, face: Option<Face>) -> Option<Face> {
        let pods = self.nodes[node as usize].pods.clone();
        let slot = &mut self.nodes[node as usize];
        let before = slot.present.then(|| std::mem::take(&mut slot.face));
        if let Some(before) = &before {
            self.nodes[node as usize].face = before.clone();
            for &pod in &pods {
                self.count_pod(pod, false);
            }
            self.leave_topology(node);
            self.nodes[node as usize].present = false;
            self.present -= 1;
        }
        self.needs.forget(node);
        self.note_change(node);
        if let Some(face) = face {
            let slot = &mut self.nodes[node as usize];
            slot.face = face;
            slot.present = true;
            self.present += 1;
            self.enter_topology(node);
            for &pod in &pods {
                self.count_pod(pod, true);
            }
        }
        before
    }
}

pub(crate) type ShapeIds = FastMap<Shape, u32>;
