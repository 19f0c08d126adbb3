//! Lists of resources, exact to a billionth.
//!
//! Follows upstream's `pkg/utils/resources/resources.go`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use scheduler::quantity::Quantity;

use super::names::{Key, Names};

/// Billionths of a unit.
pub(super) type Nanos = i128;
/// One whole unit.
pub(super) const UNIT: Nanos = 1_000_000_000;

/// Amounts by resource, sorted by the resource's number. Being there with nothing and not being
/// there differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts(Vec<(Key, Nanos)>);

impl Amounts {
    pub(super) fn read(list: Option<&BTreeMap<String, ApiQuantity>>, names: &mut Names) -> Self {
        let mut all = Self::default();
        for (name, quantity) in list.into_iter().flatten() {
            all.set(names.key(name), nanos(&quantity.0));
        }
        all
    }

    /// What pods request, and how many they are.
    pub(super) fn of_pod(pod: &Pod, names: &mut Names) -> Self {
        let mut all = Self::default();
        for (name, quantity) in scheduler::pod_requests(pod) {
            all.set(names.key(name), quantity.nanos());
        }
        all.set(names.key("pods"), UNIT);
        all
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, Nanos)> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn find(&self, key: Key) -> Option<Nanos> {
        let at = self.0.binary_search_by_key(&key, |&(own, _)| own).ok()?;
        Some(self.0[at].1)
    }

    pub(super) fn get(&self, key: Key) -> Nanos {
        self.find(key).unwrap_or(0)
    }

    pub(super) fn set(&mut self, key: Key, amount: Nanos) {
        match self.0.binary_search_by_key(&key, |&(own, _)| own) {
            Ok(at) => self.0[at].1 = amount,
            Err(at) => self.0.insert(at, (key, amount)),
        }
    }

    /// Adds what the other list has.
    pub(super) fn add(&mut self, other: &Self) {
        for (key, amount) in other.iter() {
            let sum = self.get(key) + amount;
            self.set(key, sum);
        }
    }

    /// Takes away what the other list has, below nothing if need be.
    pub(super) fn take(&mut self, other: &Self) {
        for (key, amount) in other.iter() {
            let rest = self.get(key) - amount;
            self.set(key, rest);
        }
    }

    /// What is left of the resources of this list.
    #[must_use]
    pub(super) fn less(&self, other: &Self) -> Self {
        let own = self.iter();
        Self(
            own.map(|(key, amount)| (key, amount - other.get(key)))
                .collect(),
        )
    }

    /// The sum of two lists.
    #[must_use]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.add(other);
        all
    }

    /// The smaller of each resource that both lists have.
    #[must_use]
    pub(super) fn least(&self, other: &Self) -> Self {
        let own = self.iter();
        Self(
            own.filter_map(|(key, amount)| Some((key, amount.min(other.find(key)?))))
                .collect(),
        )
    }

    /// Raises each resource to what the other list has.
    pub(super) fn raise(&mut self, other: &Self) {
        for (key, amount) in other.iter() {
            match self.find(key) {
                Some(own) if own >= amount => {}
                _ => self.set(key, amount),
            }
        }
    }

    /// No resource goes below nothing.
    pub(super) fn floor(&mut self) {
        for (_, amount) in &mut self.0 {
            *amount = (*amount).max(0);
        }
    }

    /// Whether these requests fit into `total`, of which nothing may be below nothing.
    pub(super) fn fit(&self, total: &Self) -> bool {
        total.0.iter().all(|&(_, amount)| amount >= 0)
            && self.iter().all(|(key, amount)| amount <= total.get(key))
    }

    /// The amounts by name.
    pub(super) fn by_name(&self, names: &Names) -> BTreeMap<String, i128> {
        self.iter()
            .map(|(key, amount)| (names.text(key).to_owned(), amount))
            .collect()
    }
}

/// A quantity in billionths; one that cannot be read is nothing.
pub(super) fn nanos(text: &str) -> Nanos {
    Quantity::parse(text).map_or(0, |quantity| quantity.nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &mut Names, entries: &[(&str, &str)]) -> Amounts {
        let mut all = Amounts::default();
        for (name, amount) in entries {
            all.set(names.key(name), nanos(amount));
        }
        all
    }

    #[test]
    fn what_is_missing_is_nothing_but_not_the_same_as_nothing() {
        let mut names = Names::default();
        let own = list(&mut names, &[("cpu", "2"), ("memory", "1Gi")]);
        let other = list(&mut names, &[("cpu", "500m"), ("gpu", "1")]);
        let rest = own.less(&other);
        assert_eq!(rest, list(&mut names, &[("cpu", "1.5"), ("memory", "1Gi")]));
        let mut taken = own.clone();
        taken.take(&other);
        assert_eq!(taken.get(names.key("gpu")), -UNIT);
        assert!(!own.fit(&taken), "something is below nothing");
        assert_eq!(own.least(&other), list(&mut names, &[("cpu", "500m")]));
        assert!(other.fit(&list(&mut names, &[("cpu", "1"), ("gpu", "1")])));
        assert!(!other.fit(&own));
    }

    #[test]
    fn billionths_round_up() {
        assert_eq!(nanos("1"), UNIT);
        assert_eq!(nanos("100m"), UNIT / 10);
        assert_eq!(nanos("1Ki"), 1024 * UNIT);
        assert_eq!(nanos("0.1n"), 1);
    }
}
