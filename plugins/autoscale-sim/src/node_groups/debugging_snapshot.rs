//! Groups as a dump of the autoscaler's memory tells them (`/snapshotz`, with
//! `--debugging-snapshot-enabled`).
//!
//! The form is that of kubernetes/autoscaler
//! `cluster-autoscaler/debuggingsnapshot/debugging_snapshot.go`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, Pod};
use serde::Deserialize;

use super::labels::group_of;
use super::members::assign;
use super::{KnownGroup, NodeGroups};

/// What a dump holds of node groups.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct DebuggingSnapshot {
    #[serde(rename = "TemplateNodes")]
    templates: Option<BTreeMap<String, Template>>,
    #[serde(rename = "Error", default)]
    error: String,
    #[serde(rename = "EndTimestamp", default)]
    taken: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Template {
    #[serde(rename = "Node")]
    node: Node,
    #[serde(rename = "Pods")]
    pods: Option<Vec<Pod>>,
}

impl DebuggingSnapshot {
    /// Reads a dump.
    ///
    /// # Errors
    /// A phrase that says what is wrong with it.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let own: Self = serde_json::from_slice(text)
            .map_err(|error| format!("it is not what /snapshotz writes: {error}"))?;
        if !own.error.is_empty() {
            return Err(format!(
                "the autoscaler could not dump its memory: {}",
                own.error
            ));
        }
        if own.templates.is_none() {
            return Err("it has no TemplateNodes, as /snapshotz writes them".to_owned());
        }
        Ok(own)
    }

    fn templates(&self) -> impl Iterator<Item = (&String, &Template)> {
        self.templates.iter().flatten()
    }
}

pub(super) fn groups(name: &str, dump: &DebuggingSnapshot, nodes: &[&Node]) -> NodeGroups {
    let mut groups: Vec<KnownGroup> = dump
        .templates()
        .map(|(name, _)| KnownGroup {
            name: name.clone(),
            ..KnownGroup::default()
        })
        .collect();
    assign(&mut groups, nodes);
    // Where names do not tell: a template has the labels of the node it was copied from.
    let templates: Vec<_> = dump
        .templates()
        .map(|(_, own)| group_of(&own.node))
        .collect();
    for (at, own) in templates.iter().enumerate() {
        let unique = templates.iter().filter(|other| *other == own).count() == 1;
        if own.is_some() && unique && groups[at].nodes.is_empty() {
            groups[at].nodes = nodes
                .iter()
                .filter(|node| group_of(node) == *own)
                .filter_map(|node| node.metadata.name.clone())
                .collect();
        }
    }
    NodeGroups {
        origin: format!("debugging snapshot {name}, taken {}", dump.taken),
        groups,
        unknowns: Vec::new(),
    }
}

/// Gives groups of any source the templates that the autoscaler held for them.
pub(super) fn add_templates(name: &str, dump: &DebuggingSnapshot, found: &mut NodeGroups) {
    let mut used = 0_usize;
    for group in &mut found.groups {
        if let Some((_, own)) = dump.templates().find(|(name, _)| **name == group.name)
            && group.template.is_none()
        {
            group.template = Some(own.node.clone());
            group.template_pods = own.pods.clone().unwrap_or_default();
            used += 1;
        }
    }
    if used > 0 && !found.origin.starts_with("debugging snapshot") {
        found.origin = format!("{}; templates from {name}", found.origin);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::node;
    use super::*;

    const DUMP: &str = r#"{"NodeList": [], "UnscheduledPodsCanBeScheduled": null,
        "StartTimestamp": "2026-01-01T12:00:00Z", "EndTimestamp": "2026-01-01T12:00:01Z",
        "TemplateNodes": {
            "ocid1.pool.1": {"Node": {"metadata": {"name": "t", "labels": {"oci.oraclecloud.com/node-pool-id": "pool-1"}}}, "Pods": []},
            "empty": {"Node": {"metadata": {"name": "e"}}, "Pods": null}}}"#;

    #[test]
    fn groups_and_templates_are_read() {
        let dump = DebuggingSnapshot::read(DUMP.as_bytes()).unwrap();
        let nodes = [node(
            "a",
            &[("oci.oraclecloud.com/node-pool-id", "pool-1")],
            "",
        )];
        let mut found = groups("dump.json", &dump, &nodes.iter().collect::<Vec<_>>());
        add_templates("dump.json", &dump, &mut found);
        let own: Vec<_> = found
            .groups
            .iter()
            .map(|group| {
                (
                    group.name.as_str(),
                    group.nodes.len(),
                    group.template.is_some(),
                )
            })
            .collect();
        assert_eq!(own, [("empty", 0, true), ("ocid1.pool.1", 1, true)]);
        assert_eq!(
            found.origin,
            "debugging snapshot dump.json, taken 2026-01-01T12:00:01Z"
        );
    }

    #[test]
    fn other_files_are_refused_by_what_they_lack() {
        for (text, expected) in [
            ("[]", "it is not what /snapshotz writes"),
            ("{}", "it has no TemplateNodes"),
            (
                r#"{"Error": "timed out", "TemplateNodes": null}"#,
                "could not dump its memory: timed out",
            ),
        ] {
            let error = DebuggingSnapshot::read(text.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
