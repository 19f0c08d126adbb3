//! Reserved capacity, of which there is only so much.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/reservationmanager.go`.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::instance_type::InstanceType;
use super::names::Value;

/// How much of each reservation is left, and who holds some.
#[derive(Debug, Default)]
pub(super) struct Reservations {
    left: HashMap<Value, i64>,
    held: HashMap<Value, BTreeSet<Value>>,
}

impl Reservations {
    pub(super) fn new(types: &[Rc<InstanceType>]) -> Self {
        let mut left: HashMap<Value, i64> = HashMap::new();
        for offering in types.iter().flat_map(|own| &own.offerings) {
            if let Some((id, capacity)) = offering.reservation {
                let own = left.entry(id).or_insert(capacity);
                *own = (*own).min(capacity);
            }
        }
        Self {
            left,
            held: HashMap::new(),
        }
    }

    pub(super) fn can_hold(&self, host: Value, reservation: Value) -> bool {
        let held = self.held.get(&host);
        held.is_some_and(|own| own.contains(&reservation))
            || self.left.get(&reservation).is_some_and(|left| *left != 0)
    }

    /// What a host holds from now on, instead of what it held.
    pub(super) fn hold(&mut self, host: Value, wanted: &BTreeSet<Value>) {
        let held = self.held.entry(host).or_default();
        for reservation in wanted.difference(held) {
            *self.left.entry(*reservation).or_default() -= 1;
        }
        for reservation in held.difference(wanted) {
            *self.left.entry(*reservation).or_default() += 1;
        }
        held.clone_from(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::karpenter::names::Names;

    #[test]
    fn a_reservation_is_held_once_a_host_and_given_back() {
        let mut names = Names::default();
        let (host, other, id) = (names.value("h"), names.value("o"), names.value("r"));
        let mut all = Reservations::default();
        all.left.insert(id, 1);
        assert!(all.can_hold(host, id));
        all.hold(host, &BTreeSet::from([id]));
        all.hold(host, &BTreeSet::from([id]));
        assert!(all.can_hold(host, id) && !all.can_hold(other, id));
        all.hold(host, &BTreeSet::new());
        assert!(all.can_hold(other, id));
    }
}
