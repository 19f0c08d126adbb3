//! Label selectors, and when upstream takes two of them for one.
//!
//! Follows kubernetes/apimachinery `pkg/apis/meta/v1/helpers.go`, and the hash in upstream's
//! `pkg/controllers/provisioning/scheduling/topologygroup.go`.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::names::{Key, Names, Value};

/// Labels of an object, as they are; their keys are not normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Labels(Vec<(Key, Value)>);

impl Labels {
    pub(super) fn read(labels: Option<&BTreeMap<String, String>>, names: &mut Names) -> Self {
        let mut all: Vec<(Key, Value)> = labels
            .into_iter()
            .flatten()
            .map(|(key, value)| (names.value(key).id, names.value(value)))
            .collect();
        all.sort_unstable();
        Self(all)
    }

    pub(super) fn get(&self, key: Key) -> Option<Value> {
        let at = self.0.binary_search_by_key(&key, |&(own, _)| own).ok()?;
        Some(self.0[at].1)
    }
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<Value>),
    NotIn(Vec<Value>),
    Exists,
    DoesNotExist,
}

/// A selector that may be missing.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    tests: Vec<(Key, Test)>,
    /// Upstream lists all pods for a missing selector, but lets it select none.
    missing: bool,
    invalid: bool,
    /// Equal for selectors that upstream takes for one.
    pub(super) identity: String,
}

impl Selector {
    /// Reads a selector; `extra` are further keys that must have the values.
    pub(super) fn read(
        selector: Option<&LabelSelector>,
        extra: &[(String, String)],
        names: &mut Names,
    ) -> Self {
        let Some(selector) = selector else {
            return Self {
                tests: Vec::new(),
                missing: true,
                invalid: false,
                identity: "none".to_owned(),
            };
        };
        let mut tests = Vec::new();
        let mut invalid = false;
        let mut identities = BTreeSet::new();
        let labels: BTreeMap<&String, &String> = selector.match_labels.iter().flatten().collect();
        for (key, value) in &labels {
            let value = names.value(value);
            tests.push((names.value(key).id, Test::In(vec![value])));
        }
        let mut expression = |key: &str, operator: &str, values: &[String]| {
            identities.insert(format!("{key:?} {operator} {:?}", odd(values)));
            let list = |names: &mut Names| values.iter().map(|value| names.value(value)).collect();
            let listed = matches!(operator, "In" | "NotIn");
            invalid |= listed == values.is_empty();
            let test = match operator {
                "In" => Test::In(list(names)),
                "NotIn" => Test::NotIn(list(names)),
                "Exists" => Test::Exists,
                "DoesNotExist" => Test::DoesNotExist,
                _ => {
                    invalid = true;
                    Test::Exists
                }
            };
            tests.push((names.value(key).id, test));
        };
        for own in selector.match_expressions.iter().flatten() {
            let values = own.values.as_deref().unwrap_or_default();
            expression(&own.key, &own.operator, values);
        }
        for (key, value) in extra {
            expression(key, "In", std::slice::from_ref(value));
        }
        Self {
            tests,
            missing: false,
            invalid,
            identity: format!("{labels:?} {identities:?}"),
        }
    }

    fn test(&self, labels: &Labels) -> bool {
        self.tests.iter().all(|(key, test)| {
            let value = labels.get(*key);
            match test {
                Test::In(values) => value.is_some_and(|value| values.contains(&value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.contains(&value)),
                Test::Exists => value.is_some(),
                Test::DoesNotExist => value.is_none(),
            }
        })
    }

    /// Whether a pod to be placed is selected.
    pub(super) fn selects(&self, labels: &Labels) -> bool {
        !self.missing && !self.invalid && self.test(labels)
    }

    /// Whether a pod that has a node is counted.
    pub(super) fn counts(&self, labels: &Labels) -> bool {
        self.missing || !self.invalid && self.test(labels)
    }
}

/// Those that occur an odd number of times: upstream's hash of a list cancels equal pairs out.
pub(super) fn odd<T: Ord + Clone>(all: &[T]) -> BTreeSet<T> {
    let mut left = BTreeSet::new();
    for one in all {
        if !left.remove(one) {
            left.insert(one.clone());
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(json: serde_json::Value) -> LabelSelector {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_missing_selector_counts_everything_and_selects_nothing() {
        let mut names = Names::default();
        let labels = BTreeMap::from([("app".to_owned(), "a".to_owned())]);
        let labels = Labels::read(Some(&labels), &mut names);
        let none = Selector::read(None, &[], &mut names);
        assert!(none.counts(&labels) && !none.selects(&labels));
        let all = Selector::read(Some(&LabelSelector::default()), &[], &mut names);
        assert!(all.counts(&labels) && all.selects(&labels));
        assert_ne!(none.identity, all.identity);
    }

    #[test]
    fn repeated_expressions_are_one() {
        let mut names = Names::default();
        let once = selector(serde_json::json!({"matchExpressions": [
            {"key": "a", "operator": "In", "values": ["x"]}]}));
        let own = [("a".to_owned(), "x".to_owned())];
        let plain = Selector::read(Some(&once), &[], &mut names);
        let twice = Selector::read(Some(&once), &own, &mut names);
        assert_eq!(plain.identity, twice.identity);
        assert_eq!(odd(&[1, 2, 1, 3, 3, 3]), BTreeSet::from([2, 3]));
    }
}
