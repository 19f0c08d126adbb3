//! `nodeSelector` and required node affinity.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go`.
//! There is no added affinity in the default profile.

use crate::cycle::Fail;
use crate::needs::AFFINITY;
use crate::state::State;
use crate::verdict::{Plugin, Status};

pub(crate) const REASON: &str = "node(s) didn't match Pod's node affinity/selector";
const CONFLICT: &str = "pod affinity terms conflict";
/// What upstream says of nodes that the affinity does not name, when it names nodes.
pub(crate) const NOT_NAMED: &str = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

/// The nodes that the pod's affinity names in each of its terms, if it does.
pub(crate) fn pre_filter(state: &State, needs: u32) -> Result<Option<Vec<u32>>, Status> {
    let Some(names) = &state.needs.get(needs).pinned else {
        return Ok(None);
    };
    if names.is_empty() {
        return Err(Status::unresolvable(Plugin::NodeAffinity, CONFLICT));
    }
    let mut nodes: Vec<u32> = names
        .iter()
        .filter_map(|name| state.node_ids.get(name))
        .copied()
        .collect();
    nodes.sort_unstable();
    Ok(Some(nodes))
}

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & AFFINITY != 0).then(|| Fail::unresolvable(Plugin::NodeAffinity, REASON))
}

#[cfg(test)]
mod tests {
    use super::{CONFLICT, NOT_NAMED, REASON};
    use crate::testing::{Row, node, pod, table};
    use serde_json::{Value, json};

    fn terms(terms: Value) -> Value {
        pod(
            json!({}),
            json!({"affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}}),
        )
    }

    fn labels(needs: Value) -> Value {
        terms(json!([{"matchExpressions": needs}]))
    }

    #[test]
    fn selectors_and_labels() {
        let nodes = || {
            vec![node(
                "n1",
                json!({"zone": "a", "cores": "8", "bad": "eight"}),
                json!({}),
            )]
        };
        let need = |key: &str, operator: &str, values: Value| {
            labels(json!([{"key": key, "operator": operator, "values": values}]))
        };
        let selector = |selector: Value| pod(json!({}), json!({"nodeSelector": selector}));
        let rows: Vec<(&'static str, Value, &'static str)> = vec![
            ("no selector", pod(json!({}), json!({})), ""),
            ("selector", selector(json!({"zone": "a"})), ""),
            (
                "selector of another value",
                selector(json!({"zone": "b"})),
                REASON,
            ),
            (
                "selector of more",
                selector(json!({"zone": "a", "x": "y"})),
                REASON,
            ),
            ("In", need("zone", "In", json!(["b", "a"])), ""),
            ("In others", need("zone", "In", json!(["b"])), REASON),
            ("NotIn", need("zone", "NotIn", json!(["b"])), ""),
            (
                "NotIn without the label",
                need("x", "NotIn", json!(["b"])),
                "",
            ),
            ("Exists", need("zone", "Exists", json!([])), ""),
            (
                "DoesNotExist",
                need("zone", "DoesNotExist", json!([])),
                REASON,
            ),
            ("Gt", need("cores", "Gt", json!(["7"])), ""),
            ("Gt itself", need("cores", "Gt", json!(["8"])), REASON),
            ("Lt", need("cores", "Lt", json!(["9"])), ""),
            ("Gt of no number", need("bad", "Gt", json!(["7"])), REASON),
            (
                "Gt a negative number is no label value",
                need("cores", "Gt", json!(["-1"])),
                REASON,
            ),
            ("no term matches nothing", terms(json!([])), REASON),
            ("an empty term matches nothing", terms(json!([{}])), REASON),
            (
                "one of two terms",
                terms(json!([
                {"matchExpressions": [{"key": "x", "operator": "Exists"}]},
                {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}])),
                "",
            ),
            (
                "a broken term is passed over",
                terms(json!([
                {"matchExpressions": [{"key": "zone", "operator": "In"}]},
                {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}])),
                "",
            ),
        ];
        let row = |(about, pod, want)| -> Row { (about, nodes(), pod, vec![want]) };
        table(rows.into_iter().map(row).collect());
    }

    #[test]
    fn fields() {
        let nodes = || {
            vec![
                node("n1", json!({"zone": "a"}), json!({})),
                node("n2", json!({}), json!({})),
            ]
        };
        let field = |operator: &str, name: &str| json!({"matchFields": [{"key": "metadata.name", "operator": operator, "values": [name]}]});
        table(vec![
            (
                "In",
                nodes(),
                terms(json!([field("In", "n1")])),
                vec!["", NOT_NAMED],
            ),
            (
                "NotIn",
                nodes(),
                terms(json!([field("NotIn", "n1")])),
                vec![REASON, ""],
            ),
            (
                "two names",
                nodes(),
                terms(json!([field("In", "n1"), field("In", "n2")])),
                vec!["", ""],
            ),
            (
                "a contradiction",
                nodes(),
                terms(json!([{"matchFields": [
                {"key": "metadata.name", "operator": "In", "values": ["n1"]},
                {"key": "metadata.name", "operator": "In", "values": ["n2"]}]}])),
                vec![CONFLICT, CONFLICT],
            ),
            (
                "a term without names opens all",
                nodes(),
                terms(json!([field("In", "n2"),
                {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}])),
                vec!["", ""],
            ),
            (
                "names and labels",
                nodes(),
                terms(json!([{
                "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}],
                "matchExpressions": [{"key": "zone", "operator": "Exists"}]}])),
                vec![NOT_NAMED, REASON],
            ),
        ]);
    }
}
