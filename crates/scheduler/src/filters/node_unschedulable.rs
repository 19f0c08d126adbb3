//! Cordoned nodes take only pods that tolerate the taint which stands for the cordon.
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go`.

use crate::cycle::Fail;
use crate::needs::UNSCHEDULABLE;
use crate::verdict::Plugin;

pub(crate) const REASON: &str = "node(s) were unschedulable";

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & UNSCHEDULABLE != 0).then(|| Fail::unresolvable(Plugin::NodeUnschedulable, REASON))
}

#[cfg(test)]
mod tests {
    use super::REASON;
    use crate::testing::{node, pod, table};
    use serde_json::json;

    #[test]
    fn cordons() {
        let cordoned = || {
            vec![node(
                "a",
                json!({}),
                json!({"spec": {"unschedulable": true}}),
            )]
        };
        let tolerating = |toleration| pod(json!({}), json!({"tolerations": [toleration]}));
        let key = "node.kubernetes.io/unschedulable";
        table(vec![
            (
                "cordoned",
                cordoned(),
                pod(json!({}), json!({})),
                vec![REASON],
            ),
            (
                "not cordoned",
                vec![node(
                    "a",
                    json!({}),
                    json!({"spec": {"unschedulable": false}}),
                )],
                pod(json!({}), json!({})),
                vec![""],
            ),
            (
                "tolerated",
                cordoned(),
                tolerating(json!({"key": key, "effect": "NoSchedule"})),
                vec![""],
            ),
            (
                "any key",
                cordoned(),
                tolerating(json!({"operator": "Exists"})),
                vec![""],
            ),
            (
                "another effect",
                cordoned(),
                tolerating(json!({"key": key, "operator": "Exists", "effect": "NoExecute"})),
                vec![REASON],
            ),
        ]);
    }
}
