//! Taints of effect `NoSchedule` and `NoExecute` must be tolerated.
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go`.

use crate::cycle::Fail;
use crate::needs::TAINT;
use crate::verdict::Plugin;

pub(crate) const REASON: &str = "node(s) had untolerated taint(s)";

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & TAINT != 0).then(|| Fail::unresolvable(Plugin::TaintToleration, REASON))
}

#[cfg(test)]
mod tests {
    use super::REASON;
    use crate::testing::{node, pod, table};
    use serde_json::json;

    #[test]
    fn taints() {
        let tainted = |effect: &str| {
            let taint = json!({"key": "dedicated", "value": "user1", "effect": effect});
            vec![node("a", json!({}), json!({"spec": {"taints": [taint]}}))]
        };
        let tolerating = |toleration| pod(json!({}), json!({"tolerations": [toleration]}));
        let equal = |value: &str, effect: &str| {
            tolerating(
                json!({"key": "dedicated", "operator": "Equal", "value": value, "effect": effect}),
            )
        };
        table(vec![
            (
                "no toleration",
                tainted("NoSchedule"),
                pod(json!({}), json!({})),
                vec![REASON],
            ),
            (
                "the same value",
                tainted("NoSchedule"),
                equal("user1", "NoSchedule"),
                vec![""],
            ),
            (
                "another value",
                tainted("NoSchedule"),
                equal("user2", "NoSchedule"),
                vec![REASON],
            ),
            (
                "any effect",
                tainted("NoExecute"),
                equal("user1", ""),
                vec![""],
            ),
            (
                "another effect",
                tainted("NoSchedule"),
                equal("user1", "NoExecute"),
                vec![REASON],
            ),
            (
                "any value",
                tainted("NoSchedule"),
                tolerating(json!({"key": "dedicated", "operator": "Exists"})),
                vec![""],
            ),
            (
                "anything",
                tainted("NoExecute"),
                tolerating(json!({"operator": "Exists"})),
                vec![""],
            ),
            (
                "comparisons are off",
                tainted("NoSchedule"),
                tolerating(json!({"key": "dedicated", "operator": "Gt", "value": "1"})),
                vec![REASON],
            ),
            (
                "a soft taint",
                tainted("PreferNoSchedule"),
                pod(json!({}), json!({})),
                vec![""],
            ),
        ]);
    }
}
