//! A pod that names its node runs there or nowhere.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins/nodename/node_name.go`.

use crate::cycle::Fail;
use crate::needs::NODE_NAME;
use crate::verdict::Plugin;

pub(crate) const REASON: &str = "node(s) didn't match the requested node name";

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & NODE_NAME != 0).then(|| Fail::unresolvable(Plugin::NodeName, REASON))
}

#[cfg(test)]
mod tests {
    use super::REASON;
    use crate::testing::{node, pod, table};
    use serde_json::json;

    #[test]
    fn names() {
        let nodes = || {
            vec![
                node("a", json!({}), json!({})),
                node("b", json!({}), json!({})),
            ]
        };
        table(vec![
            ("no name", nodes(), pod(json!({}), json!({})), vec!["", ""]),
            (
                "a name",
                nodes(),
                pod(json!({}), json!({"nodeName": "b"})),
                vec![REASON, ""],
            ),
            (
                "an unknown name",
                nodes(),
                pod(json!({}), json!({"nodeName": "c"})),
                vec![REASON, REASON],
            ),
        ]);
    }
}
