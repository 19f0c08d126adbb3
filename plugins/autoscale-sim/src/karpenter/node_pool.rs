//! `NodePool` and `NodeClaim` (`karpenter.sh/v1`), as much as is looked at.
//!
//! Follows upstream's `pkg/apis/v1/nodepool.go`, `nodeclaim.go` and `nodeclaim_validation.go`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Taint;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer};

use super::names::{self, CAPACITY_TYPE};

/// A kind of node that Karpenter may make.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NodePool {
    /// Name and the like.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: NodePoolSpec,
    /// What is.
    #[serde(default)]
    pub status: Status,
}

/// What is wanted of a pool.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodePoolSpec {
    /// What its nodes are like.
    pub template: Template,
    /// How much there may be of each resource; `nodes` counts nodes.
    #[serde(default, deserialize_with = "quantities")]
    pub limits: Option<BTreeMap<String, Quantity>>,
    /// Heavier pools come first.
    #[serde(default)]
    pub weight: Option<i32>,
    /// When its nodes may be taken away.
    #[serde(default)]
    pub disruption: Disruption,
    /// A pool with a fixed number of nodes, which no pending pod changes.
    #[serde(default)]
    pub replicas: Option<i64>,
}

/// When nodes of a pool may be taken away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disruption {
    /// How long a node must have been left alone; `Never`, or nothing at all, keeps it for good.
    #[serde(default)]
    pub consolidate_after: Option<String>,
    /// `WhenEmpty`, `WhenEmptyOrUnderutilized` or `Balanced`.
    #[serde(default)]
    pub consolidation_policy: Option<String>,
    /// How many at a time.
    #[serde(default)]
    pub budgets: Vec<Budget>,
}

/// How many nodes of a pool may go at a time.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Budget {
    /// What it is for; without a word, for everything.
    #[serde(default)]
    pub reasons: Option<Vec<String>>,
    /// A number, or a share in percent.
    pub nodes: String,
    /// When it holds, as for cron; without a word, always.
    #[serde(default)]
    pub schedule: Option<String>,
}

impl Budget {
    /// How many of so many nodes; a share is rounded up, and what cannot be read allows none.
    fn allows(&self, nodes: i64) -> i64 {
        match self.nodes.strip_suffix('%') {
            Some(share) => share
                .parse::<i64>()
                .map_or(0, |share| (share * nodes + 99).div_euclid(100)),
            None => self.nodes.parse().unwrap_or(0),
        }
    }
}

impl Disruption {
    /// Whether nodes are ever taken away.
    #[must_use]
    pub fn consolidates(&self) -> bool {
        let after = self.consolidate_after.as_deref();
        after.is_some_and(|own| own != "Never")
    }

    /// How many of so many nodes may go for a reason. Schedules are taken to hold now.
    #[must_use]
    pub fn allows(&self, reason: &str, nodes: i64) -> i64 {
        let own = self.budgets.iter().filter(|own| {
            let reasons = own.reasons.as_ref();
            reasons.is_none_or(|all| all.iter().any(|own| own == reason))
        });
        let most = own.map(|own| own.allows(nodes)).min();
        most.unwrap_or(i64::from(i32::MAX))
    }
}

/// Limits may be written as numbers.
fn quantities<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<BTreeMap<String, Quantity>>, D::Error> {
    let list: Option<BTreeMap<String, serde_json::Value>> = Option::deserialize(source)?;
    Ok(list.map(|list| {
        list.into_iter()
            .map(|(name, value)| match value {
                serde_json::Value::String(text) => (name, Quantity(text)),
                other => (name, Quantity(other.to_string())),
            })
            .collect()
    }))
}

/// What a pool's nodes are like.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Template {
    /// Labels of the nodes.
    #[serde(default)]
    pub metadata: TemplateMeta,
    /// The rest.
    pub spec: ClaimSpec,
}

/// Labels of a pool's nodes.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TemplateMeta {
    /// Labels.
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
}

/// What is asked of a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimSpec {
    /// What its labels may be.
    #[serde(default)]
    pub requirements: Option<Vec<PoolRequirement>>,
    /// Its taints.
    #[serde(default)]
    pub taints: Option<Vec<Taint>>,
    /// Taints that somebody takes away before pods come.
    #[serde(default)]
    pub startup_taints: Option<Vec<Taint>>,
    /// The provider's settings.
    #[serde(default)]
    pub node_class_ref: NodeClassRef,
}

/// Where a provider's settings are.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NodeClassRef {
    /// API group.
    #[serde(default)]
    pub group: String,
    /// Kind.
    #[serde(default)]
    pub kind: String,
    /// Name.
    #[serde(default)]
    pub name: String,
}

/// What a label may be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolRequirement {
    /// The label's key.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt`, `Gte` or `Lte`.
    pub operator: String,
    /// Values.
    #[serde(default)]
    pub values: Vec<String>,
    /// How many different values the instance types of one claim must have between them.
    #[serde(default)]
    pub min_values: Option<i64>,
}

/// A node that Karpenter has asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NodeClaim {
    /// Name, labels and the like.
    pub metadata: ObjectMeta,
    /// What is wanted.
    #[serde(default)]
    pub spec: ClaimSpec,
    /// What is.
    #[serde(default)]
    pub status: ClaimStatus,
}

/// How far a claim has come.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimStatus {
    /// The machine, once there is one.
    #[serde(default, rename = "providerID")]
    pub provider_id: String,
    /// What the machine has.
    #[serde(default)]
    pub capacity: Option<BTreeMap<String, Quantity>>,
    /// What of it pods can have.
    #[serde(default)]
    pub allocatable: Option<BTreeMap<String, Quantity>>,
    /// Conditions.
    #[serde(default)]
    pub conditions: Option<Vec<Condition>>,
}

/// Conditions of a pool.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Status {
    /// Conditions.
    #[serde(default)]
    pub conditions: Option<Vec<Condition>>,
}

/// One condition.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, in words.
    #[serde(default)]
    pub message: String,
}

fn status_of<'a>(conditions: Option<&'a Vec<Condition>>, kind: &str) -> Option<&'a Condition> {
    conditions?.iter().find(|own| own.kind == kind)
}

impl NodeClaim {
    /// Whether Karpenter holds the node for one that may be consolidated.
    #[must_use]
    pub fn is_consolidatable(&self) -> bool {
        let own = status_of(self.status.conditions.as_ref(), "Consolidatable");
        own.is_some_and(|own| own.status == "True")
    }

    /// Whether the machine is gone, but for what is left to clean up.
    #[must_use]
    pub fn is_terminating(&self) -> bool {
        let own = status_of(self.status.conditions.as_ref(), "InstanceTerminating");
        own.is_some_and(|own| own.status == "True")
    }

    /// Whether the machine is on its way out.
    #[must_use]
    pub fn is_going(&self) -> bool {
        let terminating = status_of(self.status.conditions.as_ref(), "InstanceTerminating");
        self.metadata.deletion_timestamp.is_some()
            || terminating.is_some_and(|own| own.status == "True")
    }
}

impl NodePool {
    /// The pool's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// Why upstream would pass the pool over without looking at any instance type.
    #[must_use]
    pub fn skipped(&self) -> Option<String> {
        if self.spec.replicas.is_some() {
            return Some("it has a fixed number of replicas".to_owned());
        }
        if self.metadata.deletion_timestamp.is_some() {
            return Some("it is being deleted".to_owned());
        }
        match status_of(self.status.conditions.as_ref(), "Ready") {
            Some(ready) if ready.status != "True" => Some(match ready.message.as_str() {
                "" => "it is not ready".to_owned(),
                why => format!("it is not ready: {why}"),
            }),
            _ => None,
        }
    }

    /// Whether nobody has said if the pool is ready.
    #[must_use]
    pub fn readiness_is_unknown(&self) -> bool {
        status_of(self.status.conditions.as_ref(), "Ready").is_none()
    }

    /// What is wrong with the pool's own words; Karpenter's API would not take them.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let requirements = self.spec.template.spec.requirements.iter().flatten();
        let mut all: Vec<String> = requirements.flat_map(PoolRequirement::mistakes).collect();
        for (name, limit) in self.spec.limits.iter().flatten() {
            if scheduler::quantity::Quantity::parse(&limit.0).is_err() {
                all.push(format!("limit {name}: \"{}\" is no quantity", limit.0));
            }
        }
        all
    }
}

impl PoolRequirement {
    fn mistakes(&self) -> Vec<String> {
        let (key, operator) = (&self.key, &self.operator);
        let mut all = Vec::new();
        let mut wrong = |what: String| all.push(format!("requirement {key} {operator}: {what}"));
        let least = self.min_values.unwrap_or(0);
        let listed = i64::try_from(self.values.len()).unwrap_or(i64::MAX);
        match operator.as_str() {
            "In" if self.values.is_empty() => wrong("needs a value".to_owned()),
            "In" if least > listed => wrong(format!("has fewer values than minValues {least}")),
            "Gt" | "Lt" | "Gte" | "Lte" => {
                let numbers = self.values.iter().map(|value| names::atoi(value));
                let numbers: Vec<Option<i64>> = numbers.collect();
                if !matches!(numbers.as_slice(), [Some(number)] if *number >= 0) {
                    wrong("needs a single whole number, not below 0".to_owned());
                }
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => wrong(
                "unknown operator; there are In, NotIn, Exists, DoesNotExist, Gt, Lt, Gte and Lte"
                    .to_owned(),
            ),
        }
        if operator == "In" && names::normalized(key) == CAPACITY_TYPE {
            let known = |value: &&String| is_capacity_type(value);
            let known = self.values.iter().filter(known).count();
            if known == 0 && !self.values.is_empty() {
                wrong("none of the values is spot, on-demand or reserved".to_owned());
            } else if least > i64::try_from(known).unwrap_or(i64::MAX) {
                wrong(format!("has fewer known values than minValues {least}"));
            }
        }
        all
    }
}

/// Whether it is one of Karpenter's ways to pay.
pub(super) fn is_capacity_type(value: &str) -> bool {
    matches!(value, "spot" | "on-demand" | "reserved")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(requirements: &serde_json::Value, limits: &serde_json::Value) -> NodePool {
        serde_json::from_value(serde_json::json!({
            "metadata": {"name": "p"},
            "spec": {"limits": limits, "template": {"spec": {"requirements": requirements}}}
        }))
        .unwrap()
    }

    #[test]
    fn mistakes_of_a_pool_are_named() {
        let cases = [
            ("Like", vec!["a"], "unknown operator"),
            ("In", vec![], "needs a value"),
            ("Gt", vec!["x"], "single whole number"),
            ("Lte", vec!["-1"], "single whole number"),
            ("Gte", vec!["1", "2"], "single whole number"),
        ];
        for (operator, values, expected) in cases {
            let pool = pool(
                &serde_json::json!([{"key": "a", "operator": operator, "values": values}]),
                &serde_json::json!({"cpu": 10}),
            );
            let mistakes = pool.mistakes();
            assert_eq!(mistakes.len(), 1, "{operator}");
            assert!(mistakes[0].contains(expected), "{}", mistakes[0]);
        }
        let fine = pool(
            &serde_json::json!([{"key": "a", "operator": "Gte", "values": ["2"]}]),
            &serde_json::json!({"cpu": "x"}),
        );
        assert_eq!(fine.mistakes(), ["limit cpu: \"x\" is no quantity"]);
    }

    #[test]
    fn a_pool_that_is_not_ready_is_passed_over() {
        let mut own = pool(&serde_json::json!([]), &serde_json::json!({}));
        assert!(own.skipped().is_none() && own.readiness_is_unknown());
        own.status.conditions = Some(vec![Condition {
            kind: "Ready".into(),
            status: "False".into(),
            message: "no class".into(),
        }]);
        assert_eq!(own.skipped().unwrap(), "it is not ready: no class");
    }
}
