//! Label selectors over interned labels.
//!
//! Follows kubernetes/apimachinery `pkg/labels/selector.go` and `pkg/apis/meta/v1/helpers.go`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::collections::BTreeMap;

use crate::intern::{Interner, Sym};

/// Labels, sorted by the number of their key.
pub(crate) type Labels = Vec<(Sym, Sym)>;

pub(crate) fn intern_labels(
    labels: Option<&BTreeMap<String, String>>,
    texts: &mut Interner,
) -> Labels {
    let mut all: Labels = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| (texts.intern(key), texts.intern(value)))
        .collect();
    all.sort_unstable();
    all
}

pub(crate) fn get(labels: &[(Sym, Sym)], key: Sym) -> Option<Sym> {
    let at = labels.binary_search_by_key(&key, |&(key, _)| key).ok()?;
    Some(labels[at].1)
}

/// What one requirement asks of the value under its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    In(Vec<Sym>),
    NotIn(Vec<Sym>),
    Exists,
    DoesNotExist,
    Gt(i64),
    Lt(i64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Requirement {
    pub(crate) key: Sym,
    pub(crate) test: Test,
}

impl Requirement {
    pub(crate) fn matches(&self, value: Option<Sym>, texts: &Interner) -> bool {
        let number = |value: Option<Sym>| value.and_then(|sym| texts.text(sym).parse::<i64>().ok());
        match &self.test {
            Test::In(values) => value.is_some_and(|value| values.contains(&value)),
            Test::NotIn(values) => value.is_none_or(|value| !values.contains(&value)),
            Test::Exists => value.is_some(),
            Test::DoesNotExist => value.is_none(),
            Test::Gt(bound) => number(value).is_some_and(|number| number > *bound),
            Test::Lt(bound) => number(value).is_some_and(|number| number < *bound),
        }
    }
}

/// All requirements must hold; none at all is everything, and `nothing` is nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Selector {
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) nothing: bool,
}

impl Selector {
    pub(crate) fn nothing() -> Self {
        Self {
            requirements: Vec::new(),
            nothing: true,
        }
    }

    /// A missing selector matches nothing, an empty one everything. The error says what
    /// Kubernetes would not take.
    pub(crate) fn read(
        selector: Option<&LabelSelector>,
        texts: &mut Interner,
    ) -> Result<Self, String> {
        let Some(selector) = selector else {
            return Ok(Self::nothing());
        };
        let mut requirements = Vec::new();
        for (key, value) in selector.match_labels.iter().flatten() {
            requirements.push(requirement(key, "In", std::slice::from_ref(value), texts)?);
        }
        for expression in selector.match_expressions.iter().flatten() {
            let values = expression.values.as_deref().unwrap_or_default();
            let operator = expression.operator.as_str();
            if !matches!(operator, "In" | "NotIn" | "Exists" | "DoesNotExist") {
                return Err(format!(
                    "{operator:?} is not a valid label selector operator"
                ));
            }
            requirements.push(requirement(&expression.key, operator, values, texts)?);
        }
        // Upstream sorts by key; the order of the tests changes no answer.
        requirements.sort_by_key(|requirement| requirement.key);
        Ok(Self {
            requirements,
            nothing: false,
        })
    }

    pub(crate) fn is_everything(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }

    pub(crate) fn matches(&self, labels: &[(Sym, Sym)], texts: &Interner) -> bool {
        !self.nothing
            && self
                .requirements
                .iter()
                .all(|need| need.matches(get(labels, need.key), texts))
    }

    /// Pairs of which a match has at least one, if the selector names such: what to index by.
    pub(crate) fn pairs(&self) -> Option<(Sym, &[Sym])> {
        self.requirements.iter().find_map(|need| match &need.test {
            Test::In(values) => Some((need.key, values.as_slice())),
            _ => None,
        })
    }
}

/// One requirement, if Kubernetes takes it.
pub(crate) fn requirement(
    key: &str,
    operator: &str,
    values: &[String],
    texts: &mut Interner,
) -> Result<Requirement, String> {
    if !is_qualified_name(key) {
        return Err(format!("key: Invalid value: {key:?}"));
    }
    if let Some(value) = values.iter().find(|value| !is_label_value(value)) {
        return Err(format!("values: Invalid value: {value:?}"));
    }
    let interned = |texts: &mut Interner| {
        let mut all: Vec<Sym> = values.iter().map(|value| texts.intern(value)).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let bound = || {
        match values {
        [value] => value.parse::<i64>().map_err(|_| {
            format!("values[0]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer")
        }),
        _ => Err("values: Invalid value: for 'Gt', 'Lt' operators, exactly one value is required".to_owned()),
    }
    };
    let test = match operator {
        "In" | "NotIn" if values.is_empty() => {
            return Err(
                "values: Invalid value: for 'in', 'notin' operators, values set can't be empty"
                    .to_owned(),
            );
        }
        "In" => Test::In(interned(texts)),
        "NotIn" => Test::NotIn(interned(texts)),
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            return Err(
                "values: Invalid value: values set must be empty for exists and does not exist"
                    .to_owned(),
            );
        }
        "Exists" => Test::Exists,
        "DoesNotExist" => Test::DoesNotExist,
        "Gt" => Test::Gt(bound()?),
        "Lt" => Test::Lt(bound()?),
        _ => return Err(format!("operator: Unsupported value: {operator:?}")),
    };
    Ok(Requirement {
        key: texts.intern(key),
        test,
    })
}

fn is_name_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Whether Kubernetes takes it as a label's value.
pub(crate) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name_part(text)
}

fn is_dns_subdomain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.split('.').all(|part| {
            let bytes = part.as_bytes();
            let edge = |byte: Option<&u8>| {
                byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            };
            edge(bytes.first())
                && edge(bytes.last())
                && bytes
                    .iter()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
        })
}

/// Whether Kubernetes takes it as a label's key or a resource's name.
pub(crate) fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_name_part(name),
        None => is_name_part(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Selector, get, intern_labels, requirement};
    use crate::intern::Interner;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

    fn strings(values: &[&str]) -> Vec<String> {
        values.iter().map(|&value| value.to_owned()).collect()
    }

    #[test]
    fn tests_of_one_requirement() {
        let mut texts = Interner::default();
        let labels = [("a", "1"), ("b", "x"), ("n", "+5"), ("bad", "five")];
        let labels = labels
            .iter()
            .map(|&(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        let labels = intern_labels(Some(&labels), &mut texts);
        for (key, operator, values, want) in [
            ("a", "In", vec!["1", "2"], true),
            ("a", "In", vec!["2"], false),
            ("z", "In", vec!["2"], false),
            ("a", "NotIn", vec!["2"], true),
            ("z", "NotIn", vec!["2"], true),
            ("a", "NotIn", vec!["1"], false),
            ("a", "Exists", vec![], true),
            ("z", "Exists", vec![], false),
            ("z", "DoesNotExist", vec![], true),
            ("a", "Gt", vec!["0"], true),
            ("a", "Gt", vec!["1"], false),
            ("a", "Lt", vec!["2"], true),
            ("n", "Gt", vec!["4"], true),
            ("bad", "Lt", vec!["4"], false),
            ("z", "Lt", vec!["4"], false),
        ] {
            let need = requirement(key, operator, &strings(&values), &mut texts).unwrap();
            let value = get(&labels, need.key);
            assert_eq!(
                need.matches(value, &texts),
                want,
                "{key} {operator} {values:?}"
            );
        }
    }

    #[test]
    fn what_kubernetes_refuses() {
        let mut texts = Interner::default();
        for (key, operator, values) in [
            ("a", "In", vec![]),
            ("a", "Exists", vec!["x"]),
            ("a", "Gt", vec!["-1"]),
            ("a", "Gt", vec!["+5"]),
            ("a", "Gt", vec!["1", "2"]),
            ("a", "Lt", vec!["x"]),
            ("a", "Near", vec!["x"]),
            ("-a", "Exists", vec![]),
            ("a/b/c", "Exists", vec![]),
            ("a", "In", vec!["has space"]),
        ] {
            let got = requirement(key, operator, &strings(&values), &mut texts);
            assert!(got.is_err(), "{key} {operator} {values:?}");
        }
    }

    #[test]
    fn missing_is_nothing_and_empty_is_everything() {
        let mut texts = Interner::default();
        assert!(
            !Selector::read(None, &mut texts)
                .unwrap()
                .matches(&[], &texts)
        );
        let empty = Selector::read(Some(&LabelSelector::default()), &mut texts).unwrap();
        assert!(empty.is_everything() && empty.matches(&[], &texts));
    }
}
