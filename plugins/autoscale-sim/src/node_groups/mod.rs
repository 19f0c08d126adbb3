//! Where node groups come from: a file, the autoscaler's own status and flags, its debugging
//! snapshot, or labels of the nodes. Each is a function of what was read; what none of them tells
//! stays unknown and is said.

mod autoscaler_flags;
mod debugging_snapshot;
mod file;
mod labels;
mod members;
mod status;

use k8s_openapi::api::core::v1::{Node, Pod};

use crate::cluster_autoscaler::NodeGroup;

pub use autoscaler_flags::{AutoscalerFlags, read_deployment};
pub use debugging_snapshot::DebuggingSnapshot;
pub use file::{GroupsFile, read_file};
pub use status::{AutoscalerStatus, read_status};

/// Groups without a known limit may grow by this much, which is above any cluster.
const NO_LIMIT: i64 = 1_000_000;

/// A group as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct KnownGroup {
    /// Its name.
    pub name: String,
    /// The least size.
    pub min: Option<i64>,
    /// The most nodes.
    pub max: Option<i64>,
    /// The size the cloud was asked for.
    pub target: Option<i64>,
    /// The names of its nodes.
    pub nodes: Vec<String>,
    /// What a new node looks like.
    pub template: Option<Node>,
    /// Pods that every new node has.
    pub template_pods: Vec<Pod>,
    /// Nodes that the autoscaler asked for and that are still to come.
    pub scale_up_in_progress: i64,
    /// Why the autoscaler does not scale this group up for a while.
    pub backoff: Option<String>,
    /// Price of a node for an hour.
    pub price: Option<f64>,
}

impl KnownGroup {
    /// The group as the autoscaler's loop wants it; what is unknown is as [`assumptions`] says.
    #[must_use]
    pub fn to_node_group(&self, now: jiff::Timestamp) -> NodeGroup {
        let here = i64::try_from(self.nodes.len()).unwrap_or(i64::MAX);
        let target = self.target.unwrap_or(here);
        let soon = now.saturating_add(jiff::SignedDuration::from_mins(1));
        NodeGroup {
            name: self.name.clone(),
            min: self.min.unwrap_or(0),
            max: self.max.unwrap_or(NO_LIMIT.saturating_add(target)),
            target,
            nodes: self.nodes.clone(),
            template: self.template.clone(),
            template_pods: self.template_pods.clone(),
            scale_up_in_progress: self.scale_up_in_progress,
            backoff_until: self.backoff.as_ref().and_then(|_| soon.ok()),
            price: self.price,
        }
    }
}

/// What node groups are read from. In this order: the first that is there counts.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--node-groups`, and the file's name.
    pub file: Option<(String, GroupsFile)>,
    /// The autoscaler's own status.
    pub status: Option<AutoscalerStatus>,
    /// The autoscaler's own flags.
    pub flags: Option<AutoscalerFlags>,
    /// A dump of the autoscaler's memory, and the file's name.
    pub dump: Option<(String, DebuggingSnapshot)>,
}

/// The groups that were found.
#[derive(Clone, Debug, Default)]
pub struct NodeGroups {
    /// Where they come from, in words.
    pub origin: String,
    /// The groups, in the source's order.
    pub groups: Vec<KnownGroup>,
    /// What is not known, and what is assumed instead.
    pub unknowns: Vec<String>,
}

/// Takes the groups from the best source there is.
///
/// # Errors
/// When a file names what does not exist.
pub fn find(sources: &Sources, nodes: &[&Node]) -> Result<NodeGroups, String> {
    let mut found = if let Some((name, file)) = &sources.file {
        file::groups(name, file, nodes)?
    } else if let Some(status) = &sources.status {
        status::groups(status, nodes)
    } else if let Some(flags) = sources.flags.as_ref().filter(|own| !own.nodes.is_empty()) {
        autoscaler_flags::groups(flags, nodes)
    } else if let Some((name, dump)) = &sources.dump {
        debugging_snapshot::groups(name, dump, nodes)
    } else {
        labels::groups(nodes)
    };
    if let Some((name, dump)) = &sources.dump {
        debugging_snapshot::add_templates(name, dump, &mut found);
    }
    found.unknowns.extend(assumptions(&found.groups));
    found.unknowns.extend(templates_unknown(&found.groups));
    Ok(found)
}

/// What is assumed where a source does not tell.
fn assumptions(groups: &[KnownGroup]) -> Vec<String> {
    let lacking = |lacks: fn(&KnownGroup) -> bool| {
        let names: Vec<&str> = groups
            .iter()
            .filter(|group| lacks(group))
            .map(|group| group.name.as_str())
            .collect();
        names
    };
    let mut all = Vec::new();
    for (names, what, assumed) in [
        (
            lacking(|group| group.max.is_none()),
            "the maximum size",
            "no limit",
        ),
        (
            lacking(|group| group.min.is_none()),
            "the minimum size",
            "0",
        ),
        (
            lacking(|group| group.target.is_none()),
            "the size that the cloud was asked for",
            "as many as there are nodes",
        ),
    ] {
        if !names.is_empty() {
            all.push(format!(
                "{what} of {} is unknown; assumed: {assumed}",
                listed(&names)
            ));
        }
    }
    all
}

fn templates_unknown(groups: &[KnownGroup]) -> Option<String> {
    let names: Vec<&str> = groups
        .iter()
        .filter(|group| group.nodes.is_empty() && group.template.is_none())
        .map(|group| group.name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "what a new node of {} looks like is unknown: it has no node to copy from",
            listed(&names)
        )
    })
}

/// A few names, and how many more there are.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod testing {
    use k8s_openapi::api::core::v1::Node;
    use serde_json::json;

    pub(super) fn node(name: &str, labels: &[(&str, &str)], provider_id: &str) -> Node {
        let labels: std::collections::BTreeMap<_, _> = labels.iter().copied().collect();
        serde_json::from_value(json!({
            "metadata": {"name": name, "labels": labels},
            "spec": {"providerID": provider_id},
        }))
        .unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::node;
    use super::*;

    #[test]
    fn the_best_source_counts_and_unknowns_are_named() {
        let nodes = [node("a", &[("eks.amazonaws.com/nodegroup", "web")], "")];
        let nodes: Vec<&Node> = nodes.iter().collect();
        let found = find(&Sources::default(), &nodes).unwrap();
        assert!(
            found.origin.starts_with("labels of nodes"),
            "{}",
            found.origin
        );
        assert_eq!(found.groups[0].nodes, ["a"]);
        assert!(
            found
                .unknowns
                .contains(&"the maximum size of web is unknown; assumed: no limit".to_owned()),
            "{:?}",
            found.unknowns
        );
        let flags = AutoscalerFlags {
            nodes: vec!["1:5:web".into()],
            ..AutoscalerFlags::default()
        };
        let with_flags = Sources {
            flags: Some(flags),
            ..Sources::default()
        };
        let found = find(&with_flags, &nodes).unwrap();
        assert_eq!(found.groups[0].max, Some(5));
        assert_eq!(found.groups[0].nodes, ["a"]);
        let file =
            read_file("nodeGroups: [{name: mine, minSize: 0, maxSize: 2, nodes: [a]}]").unwrap();
        let with_file = Sources {
            file: Some(("groups.yaml".into(), file)),
            ..with_flags
        };
        let found = find(&with_file, &nodes).unwrap();
        assert_eq!(found.origin, "groups.yaml");
        assert!(found.unknowns.is_empty(), "{:?}", found.unknowns);
    }

    #[test]
    fn unknown_limits_become_assumptions_of_the_loop() {
        let now: jiff::Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let group = KnownGroup {
            name: "g".into(),
            nodes: vec!["a".into(), "b".into()],
            backoff: Some("QuotaExceeded".into()),
            ..KnownGroup::default()
        };
        let own = group.to_node_group(now);
        assert_eq!((own.min, own.target), (0, 2));
        assert!(own.max > 100_000);
        assert!(own.backoff_until.unwrap() > now);
    }
}
