//! Which pods would go to make room.

use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use crate::intern::{Interner, Sym};
use crate::labels::Selector;

/// A disruption budget.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    namespace: Sym,
    name: Sym,
    /// `None` if it cannot be parsed: the budget covers nothing then.
    pub(crate) selector: Option<Selector>,
    pub(crate) allowed: i32,
    /// Pods whose eviction was already granted.
    pub(crate) disrupted: Vec<Box<str>>,
}

impl Budget {
    pub(crate) fn read(budget: &PodDisruptionBudget, texts: &mut Interner) -> Self {
        let meta = &budget.metadata;
        let status = budget.status.as_ref();
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        let disrupted = status.and_then(|status| status.disrupted_pods.as_ref());
        Self {
            namespace: texts.intern(meta.namespace.as_deref().unwrap_or_default()),
            name: texts.intern(meta.name.as_deref().unwrap_or_default()),
            selector: Selector::read(selector, texts).ok(),
            allowed: status
                .and_then(|status| status.disruptions_allowed)
                .unwrap_or(0),
            disrupted: disrupted
                .into_iter()
                .flatten()
                .map(|(pod, _)| pod.as_str().into())
                .collect(),
        }
    }

    pub(crate) fn is_same_object(&self, other: &Self) -> bool {
        self.namespace == other.namespace && self.name == other.name
    }
}
