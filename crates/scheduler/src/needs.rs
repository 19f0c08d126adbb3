//! What a pod asks of a node itself: the part of a verdict that no other pod changes.
//!
//! Follows kubernetes/component-helpers `scheduling/corev1/helpers.go` and
//! `scheduling/corev1/nodeaffinity/nodeaffinity.go`, kubernetes/api `core/v1/toleration.go`.

use k8s_openapi::api::core::v1::{
    NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint as ApiTaint,
    Toleration as ApiToleration,
};

use crate::intern::{Interner, Sym};
use crate::labels::{Labels, Requirement, get, requirement};

/// A node's taint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Taint {
    pub(crate) key: Sym,
    pub(crate) value: Sym,
    pub(crate) effect: Sym,
}

impl Taint {
    pub(crate) fn read(taint: &ApiTaint, texts: &mut Interner) -> Self {
        Self {
            key: texts.intern(&taint.key),
            value: texts.intern(taint.value.as_deref().unwrap_or_default()),
            effect: texts.intern(&taint.effect),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Match {
    Value(Sym),
    Anything,
    /// An operator that is unknown, or behind a feature gate that is off.
    Nothing,
}

/// A pod's toleration; a missing key or effect matches all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Toleration {
    key: Option<Sym>,
    pub(crate) effect: Option<Sym>,
    value: Match,
}

impl Toleration {
    pub(crate) fn read(toleration: &ApiToleration, texts: &mut Interner) -> Self {
        let given = |text: &Option<String>, texts: &mut Interner| {
            text.as_deref()
                .filter(|text| !text.is_empty())
                .map(|text| texts.intern(text))
        };
        let value = match toleration.operator.as_deref().unwrap_or_default() {
            "" | "Equal" => {
                Match::Value(texts.intern(toleration.value.as_deref().unwrap_or_default()))
            }
            "Exists" => Match::Anything,
            _ => Match::Nothing,
        };
        Self {
            key: given(&toleration.key, texts),
            effect: given(&toleration.effect, texts),
            value,
        }
    }

    pub(crate) fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|effect| effect == taint.effect)
            && self.key.is_none_or(|key| key == taint.key)
            && match self.value {
                Match::Value(value) => value == taint.value,
                Match::Anything => true,
                Match::Nothing => false,
            }
    }
}

/// A requirement on a field of the node; only its name has a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Field {
    Name { equal: bool, value: Sym },
    Fixed(bool),
}

/// One term of a node selector.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeTerm {
    labels: Vec<Requirement>,
    fields: Vec<Field>,
    /// A term upstream cannot parse matches nothing.
    invalid: bool,
}

impl NodeTerm {
    /// A term without any requirement selects nothing and is left out.
    pub(crate) fn read(term: &NodeSelectorTerm, texts: &mut Interner) -> Option<Self> {
        let expressions = term.match_expressions.as_deref().unwrap_or_default();
        let fields = term.match_fields.as_deref().unwrap_or_default();
        if expressions.is_empty() && fields.is_empty() {
            return None;
        }
        let mut read = Self {
            labels: Vec::new(),
            fields: Vec::new(),
            invalid: false,
        };
        for need in expressions {
            let values = need.values.as_deref().unwrap_or_default();
            match requirement(&need.key, &need.operator, values, texts) {
                Ok(parsed) => read.labels.push(parsed),
                Err(_) => read.invalid = true,
            }
        }
        for need in fields {
            match field(need, texts) {
                Some(parsed) => read.fields.push(parsed),
                None => read.invalid = true,
            }
        }
        Some(read)
    }

    pub(crate) fn matches(&self, node: &NodeFace<'_>, texts: &Interner) -> bool {
        !self.invalid
            && self
                .labels
                .iter()
                .all(|need| need.matches(node.label(need.key), texts))
            && (node.name.is_none() || self.fields.iter().all(|field| field.matches(node)))
    }

    fn is_about_one_node(&self, hostname: Sym) -> bool {
        !self.fields.is_empty() || self.labels.iter().any(|need| need.key == hostname)
    }
}

fn field(need: &NodeSelectorRequirement, texts: &mut Interner) -> Option<Field> {
    let equal = match need.operator.as_str() {
        "In" => true,
        "NotIn" => false,
        _ => return None,
    };
    let [value] = need.values.as_deref().unwrap_or_default() else {
        return None;
    };
    Some(if need.key == "metadata.name" {
        Field::Name {
            equal,
            value: texts.intern(value),
        }
    } else {
        Field::Fixed(value.is_empty() == equal)
    })
}

impl Field {
    fn matches(&self, node: &NodeFace<'_>) -> bool {
        match *self {
            Self::Name { equal, value } => (node.name == Some(value)) == equal,
            Self::Fixed(answer) => answer,
        }
    }
}

/// Reads the terms of a node selector, without the empty ones.
pub(crate) fn node_terms(selector: &NodeSelector, texts: &mut Interner) -> Vec<NodeTerm> {
    selector
        .node_selector_terms
        .iter()
        .filter_map(|term| NodeTerm::read(term, texts))
        .collect()
}

/// A node as these rules see it. The hostname label is apart, so that like nodes are alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeFace<'a> {
    /// `None` when only labels are asked about.
    pub(crate) name: Option<Sym>,
    pub(crate) labels: &'a Labels,
    pub(crate) hostname: Option<Sym>,
    /// The key of the hostname label.
    pub(crate) hostname_key: Sym,
}

impl NodeFace<'_> {
    pub(crate) fn label(&self, key: Sym) -> Option<Sym> {
        if key == self.hostname_key {
            self.hostname
        } else {
            get(self.labels, key)
        }
    }
}

/// Texts the rules compare with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) hostname: Sym,
    pub(crate) no_schedule: Sym,
    pub(crate) no_execute: Sym,
    pub(crate) prefer_no_schedule: Sym,
    pub(crate) unschedulable: Sym,
    pub(crate) empty: Sym,
    pub(crate) any_ip: Sym,
    pub(crate) tcp: Sym,
}

impl Words {
    pub(crate) fn new(texts: &mut Interner) -> Self {
        Self {
            hostname: texts.intern("kubernetes.io/hostname"),
            no_schedule: texts.intern("NoSchedule"),
            no_execute: texts.intern("NoExecute"),
            prefer_no_schedule: texts.intern("PreferNoSchedule"),
            unschedulable: texts.intern("node.kubernetes.io/unschedulable"),
            empty: texts.intern(""),
            any_ip: texts.intern("0.0.0.0"),
            tcp: texts.intern("TCP"),
        }
    }
}

/// What all pods of like constraints ask of a node itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Needs {
    pub(crate) node_name: Option<Sym>,
    pub(crate) tolerations: Vec<Toleration>,
    /// `spec.nodeSelector`
    pub(crate) selector: Vec<(Sym, Sym)>,
    /// Required node affinity; a node must match one of the terms.
    pub(crate) terms: Option<Vec<NodeTerm>>,
    /// The only nodes the affinity names, if it names nodes in each term.
    pub(crate) pinned: Option<Vec<Sym>>,
    /// Declared features, as bits.
    pub(crate) features: u8,
}

/// Bits of a static verdict: which rules a node breaks.
pub(crate) const UNSCHEDULABLE: u8 = 1;
pub(crate) const NODE_NAME: u8 = 2;
pub(crate) const TAINT: u8 = 4;
pub(crate) const AFFINITY: u8 = 8;
pub(crate) const FEATURES: u8 = 16;

/// The rest of a node that these rules see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeRules<'a> {
    pub(crate) taints: &'a [Taint],
    pub(crate) unschedulable: bool,
    pub(crate) features: u8,
}

impl Needs {
    pub(crate) fn read(spec: &PodSpec, features: u8, texts: &mut Interner) -> Self {
        let affinity = spec
            .affinity
            .as_ref()
            .and_then(|affinity| affinity.node_affinity.as_ref());
        let required = affinity.and_then(|affinity| {
            affinity
                .required_during_scheduling_ignored_during_execution
                .as_ref()
        });
        let name = spec.node_name.as_deref().filter(|name| !name.is_empty());
        let selector = spec.node_selector.iter().flatten();
        Self {
            node_name: name.map(|name| texts.intern(name)),
            tolerations: (spec.tolerations.iter().flatten())
                .map(|toleration| Toleration::read(toleration, texts))
                .collect(),
            selector: selector
                .map(|(key, value)| (texts.intern(key), texts.intern(value)))
                .collect(),
            terms: required.map(|selector| node_terms(selector, texts)),
            pinned: required.and_then(|selector| pinned(selector, texts)),
            features,
        }
    }

    /// Whether like nodes of other names may get other verdicts.
    pub(crate) fn is_about_one_node(&self, hostname: Sym) -> bool {
        self.node_name.is_some()
            || self.selector.iter().any(|&(key, _)| key == hostname)
            || self
                .terms
                .iter()
                .flatten()
                .any(|term| term.is_about_one_node(hostname))
    }

    pub(crate) fn matches_affinity(&self, node: &NodeFace<'_>, texts: &Interner) -> bool {
        self.selector
            .iter()
            .all(|&(key, value)| node.label(key) == Some(value))
            && self
                .terms
                .as_ref()
                .is_none_or(|terms| terms.iter().any(|term| term.matches(node, texts)))
    }

    pub(crate) fn tolerates(&self, taint: &Taint) -> bool {
        self.tolerations
            .iter()
            .any(|toleration| toleration.tolerates(taint))
    }

    /// All broken rules of a node, as bits.
    pub(crate) fn judge(
        &self,
        node: &NodeFace<'_>,
        rules: NodeRules<'_>,
        words: &Words,
        texts: &Interner,
    ) -> u8 {
        let mut broken = 0;
        let cordon = Taint {
            key: words.unschedulable,
            value: words.empty,
            effect: words.no_schedule,
        };
        if rules.unschedulable && !self.tolerates(&cordon) {
            broken |= UNSCHEDULABLE;
        }
        if self.node_name.is_some_and(|name| node.name != Some(name)) {
            broken |= NODE_NAME;
        }
        let hard =
            |taint: &&Taint| taint.effect == words.no_schedule || taint.effect == words.no_execute;
        if rules
            .taints
            .iter()
            .filter(hard)
            .any(|taint| !self.tolerates(taint))
        {
            broken |= TAINT;
        }
        if !self.matches_affinity(node, texts) {
            broken |= AFFINITY;
        }
        if self.features & !rules.features != 0 {
            broken |= FEATURES;
        }
        broken
    }
}

/// The names the terms pin the pod to: none at all if their fields contradict each other.
fn pinned(selector: &NodeSelector, texts: &mut Interner) -> Option<Vec<Sym>> {
    if selector.node_selector_terms.is_empty() {
        return None;
    }
    let mut all: Vec<Sym> = Vec::new();
    for term in &selector.node_selector_terms {
        let mut names: Option<Vec<Sym>> = None;
        let fields = term.match_fields.iter().flatten();
        for need in fields.filter(|need| need.key == "metadata.name" && need.operator == "In") {
            let values: Vec<Sym> = need
                .values
                .iter()
                .flatten()
                .map(|value| texts.intern(value))
                .collect();
            names = Some(match names {
                None => values,
                Some(names) => names
                    .into_iter()
                    .filter(|name| values.contains(name))
                    .collect(),
            });
        }
        all.extend(names?);
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}
