//! A node as far as a drain is concerned with it, and the mark that this plugin leaves on it.

use k8s_openapi::api::core::v1 as core;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::report::DrainMark;
use crate::stuck::Kubelet;

/// On a node that this plugin cordoned: which run it was.
pub const MARK: &str = "day2.dev/drain";
/// When that was.
pub const MARK_STARTED: &str = "day2.dev/drain-started";
/// Why, as `--reason` says.
pub const MARK_REASON: &str = "day2.dev/drain-reason";

/// A node.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(from = "core::Node")]
pub struct Node {
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    pub unschedulable: bool,
    pub kubelet: Kubelet,
    /// Present where this plugin cordoned it.
    pub mark: Option<DrainMark>,
}

impl Node {
    /// Whether its kubelet says that all is well.
    pub fn is_ready(&self) -> bool {
        self.kubelet == Kubelet::Ready
    }
}

impl From<core::Node> for Node {
    fn from(node: core::Node) -> Self {
        Self::from(&node)
    }
}

impl From<&core::Node> for Node {
    fn from(node: &core::Node) -> Self {
        let metadata = &node.metadata;
        let annotation = |name: &str| metadata.annotations.as_ref()?.get(name).cloned();
        Self {
            name: metadata.name.clone().unwrap_or_default(),
            uid: metadata.uid.clone().unwrap_or_default(),
            resource_version: metadata.resource_version.clone().unwrap_or_default(),
            unschedulable: node
                .spec
                .as_ref()
                .is_some_and(|spec| spec.unschedulable == Some(true)),
            kubelet: kubelet(node),
            mark: annotation(MARK).map(|id| DrainMark {
                id,
                started: annotation(MARK_STARTED).and_then(|time| time.parse().ok()),
                reason: annotation(MARK_REASON),
            }),
        }
    }
}

fn kubelet(node: &core::Node) -> Kubelet {
    let conditions = node
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    let ready = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition.type_ == "Ready");
    match ready {
        Some(ready) if ready.status == "True" => Kubelet::Ready,
        Some(ready) => Kubelet::NotReady(
            ready.last_transition_time.as_ref().map(|time| time.0),
            ready.reason.clone().unwrap_or_default(),
        ),
        None => Kubelet::NotReady(None, "it never reported".into()),
    }
}

/// The merge patch that cordons a node, unless it has changed since it was read.
pub fn cordon_patch(node: &Node, mark: &DrainMark) -> Value {
    let mut annotations = json!({ MARK: mark.id });
    if let Some(started) = mark.started {
        annotations[MARK_STARTED] = json!(started.to_string());
    }
    annotations[MARK_REASON] = json!(mark.reason);
    json!({
        "metadata": {
            "uid": node.uid,
            "resourceVersion": node.resource_version,
            "annotations": annotations,
        },
        "spec": { "unschedulable": true },
    })
}

/// The merge patch that takes a cordon back, unless the node has changed since it was read.
pub fn uncordon_patch(node: &Node) -> Value {
    json!({
        "metadata": {
            "uid": node.uid,
            "resourceVersion": node.resource_version,
            "annotations": { MARK: null, MARK_STARTED: null, MARK_REASON: null },
        },
        "spec": { "unschedulable": null },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let node = Node {
            uid: "u".into(),
            resource_version: "7".into(),
            ..Node::default()
        };
        let mark = DrainMark {
            id: "run".into(),
            started: Some("2026-01-01T00:00:00Z".parse().unwrap()),
            reason: Some("disk".into()),
        };
        let mut patch = cordon_patch(&node, &mark);
        patch["metadata"]["name"] = json!("n1");
        patch["status"] = json!({"conditions": [{"type": "Ready", "status": "Unknown",
            "reason": "NodeStatusUnknown", "lastTransitionTime": "2026-01-01T00:00:00Z"}]});
        let read: Node = serde_json::from_value(patch).unwrap();
        assert_eq!(read.mark, Some(mark));
        assert!(read.unschedulable && !read.is_ready());
        assert_eq!(uncordon_patch(&node)["spec"]["unschedulable"], Value::Null);
        // Without a reason an older one is taken away.
        let bare = cordon_patch(&node, &DrainMark::default());
        assert_eq!(bare["metadata"]["annotations"][MARK_REASON], Value::Null);
    }
}
