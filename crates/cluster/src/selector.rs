//! Label selectors in kubectl's notation or the API's, for objects that no API server filters.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;

use crate::Error;

/// A parsed label selector; all of its requirements must hold.
///
/// The grammar follows `labels.Parse` (kubernetes/apimachinery, pkg/labels/selector.go).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Test {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    GreaterThan(i64),
    LessThan(i64),
}

impl LabelSelector {
    /// Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`.
    ///
    /// # Errors
    /// [`Error::Selector`] when the text is not a selector.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let requirements = split_outside_parentheses(text)
            .into_iter()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(requirement)
            .collect::<Result<_, _>>()
            .map_err(|reason| Error::Selector {
                selector: text.to_owned(),
                reason,
            })?;
        Ok(Self { requirements })
    }

    /// Takes over a selector of the API; an empty one selects all.
    ///
    /// `None` when it has an operator that Kubernetes does not know. Follows
    /// `LabelSelectorAsSelector` (kubernetes/apimachinery, pkg/apis/meta/v1/helpers.go).
    #[must_use]
    pub fn of(selector: &meta::LabelSelector) -> Option<Self> {
        let labels = selector.match_labels.iter().flatten();
        let mut requirements: Vec<Requirement> = labels
            .map(|(key, value)| Requirement {
                key: key.clone(),
                test: Test::In(vec![value.clone()]),
            })
            .collect();
        for expression in selector.match_expressions.iter().flatten() {
            let values = expression.values.clone().unwrap_or_default();
            let test = match expression.operator.as_str() {
                "In" if !values.is_empty() => Test::In(values),
                "NotIn" if !values.is_empty() => Test::NotIn(values),
                "Exists" if values.is_empty() => Test::Exists,
                "DoesNotExist" if values.is_empty() => Test::Absent,
                _ => return None,
            };
            requirements.push(Requirement {
                key: expression.key.clone(),
                test,
            });
        }
        Some(Self { requirements })
    }

    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            requirement.test.holds(value.map(String::as_str))
        })
    }
}

impl Test {
    /// An absent label satisfies the negative tests, as in Kubernetes.
    fn holds(&self, value: Option<&str>) -> bool {
        let among =
            |values: &[String]| value.is_some_and(|value| values.iter().any(|one| one == value));
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::Exists => value.is_some(),
            Self::Absent => value.is_none(),
            Self::In(values) => among(values),
            Self::NotIn(values) => !among(values),
            Self::GreaterThan(bound) => number().is_some_and(|number| number > *bound),
            Self::LessThan(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(text: &str) -> Result<Requirement, String> {
    if let Some(name) = text.strip_prefix('!') {
        return Ok(Requirement {
            key: key(name)?,
            test: Test::Absent,
        });
    }
    for (operator, negative) in [("!=", true), ("==", false), ("=", false)] {
        if let Some((name, value)) = text.split_once(operator) {
            let values = vec![label_value(value)?];
            let make = if negative { Test::NotIn } else { Test::In };
            return Ok(Requirement {
                key: key(name)?,
                test: make(values),
            });
        }
    }
    if let Some((name, bound)) = text.split_once('>') {
        return Ok(Requirement {
            key: key(name)?,
            test: Test::GreaterThan(number(bound)?),
        });
    }
    if let Some((name, bound)) = text.split_once('<') {
        return Ok(Requirement {
            key: key(name)?,
            test: Test::LessThan(number(bound)?),
        });
    }
    set_requirement(text)
}

/// `key`, `key in (…)`, `key notin (…)`.
fn set_requirement(text: &str) -> Result<Requirement, String> {
    let Some((head, list)) = text.split_once('(') else {
        return Ok(Requirement {
            key: key(text)?,
            test: Test::Exists,
        });
    };
    let list = list
        .trim_end()
        .strip_suffix(')')
        .ok_or("a closing parenthesis is missing")?;
    let values = list.split(',').map(label_value).collect::<Result<_, _>>()?;
    match head.split_whitespace().collect::<Vec<_>>()[..] {
        [name, "in"] => Ok(Requirement {
            key: key(name)?,
            test: Test::In(values),
        }),
        [name, "notin"] => Ok(Requirement {
            key: key(name)?,
            test: Test::NotIn(values),
        }),
        _ => Err(format!(
            "expected \"KEY in (…)\" or \"KEY notin (…)\", found \"{text}\""
        )),
    }
}

fn key(text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    if text.is_empty() || !text.chars().all(plain) {
        return Err(format!("\"{text}\" is not a label key"));
    }
    Ok(text.to_owned())
}

fn label_value(text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if !text.chars().all(plain) {
        return Err(format!("\"{text}\" is not a label value"));
    }
    Ok(text.to_owned())
}

fn number(text: &str) -> Result<i64, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("\"{}\" is not a whole number", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_as_kubernetes_does() {
        let labels = BTreeMap::from([
            ("app".to_owned(), "web".to_owned()),
            ("tier".to_owned(), "3".to_owned()),
            ("empty".to_owned(), String::new()),
        ]);
        for (selector, expected) in [
            ("", true),
            ("app", true),
            ("!app", false),
            ("other", false),
            ("!other", true),
            ("app=web", true),
            ("app==web", true),
            ("app = web", true),
            ("app!=web", false),
            ("other!=web", true),
            ("app=web,tier=3", true),
            ("app=web,tier=4", false),
            ("app in (api, web)", true),
            ("app in (api)", false),
            ("app notin (api,db)", true),
            ("other notin (api)", true),
            ("other in (api)", false),
            ("tier>2", true),
            ("tier<3", false),
            ("app>2", false),
            ("empty=", true),
        ] {
            let parsed = LabelSelector::parse(selector).unwrap();
            assert_eq!(parsed.matches(&labels), expected, "{selector}");
        }
    }

    #[test]
    fn selectors_of_the_api_select_alike() {
        let labels = BTreeMap::from([("app".to_owned(), "web".to_owned())]);
        for (selector, expected) in [
            (serde_json::json!({}), Some(true)),
            (
                serde_json::json!({"matchLabels": {"app": "web"}}),
                Some(true),
            ),
            (
                serde_json::json!({"matchLabels": {"app": "api"}}),
                Some(false),
            ),
            (
                serde_json::json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}),
                Some(true),
            ),
            (
                serde_json::json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}),
                Some(false),
            ),
            (
                serde_json::json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
                Some(true),
            ),
            (
                serde_json::json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
                Some(true),
            ),
            (
                serde_json::json!({"matchExpressions": [{"key": "app", "operator": "Near"}]}),
                None,
            ),
            (
                serde_json::json!({"matchExpressions": [{"key": "app", "operator": "In"}]}),
                None,
            ),
        ] {
            let parsed: meta::LabelSelector = serde_json::from_value(selector.clone()).unwrap();
            let answer = LabelSelector::of(&parsed).map(|selector| selector.matches(&labels));
            assert_eq!(answer, expected, "{selector}");
        }
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for selector in [
            "=web",
            "app in (a",
            "app within (a)",
            "app=(",
            "a b",
            "tier>high",
            "app=ü",
        ] {
            let message = LabelSelector::parse(selector).unwrap_err().to_string();
            assert!(message.contains(selector), "{message}");
        }
    }
}
