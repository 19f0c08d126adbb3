//! Groups as a file describes them (`--node-groups FILE`, docs/autoscale-sim.md).

use std::collections::{BTreeMap, BTreeSet};

use cluster::LabelSelector;
use k8s_openapi::api::core::v1::Node;
use serde::Deserialize;
use serde_json::Value;

use super::{KnownGroup, NodeGroups};
use crate::shape;

/// The file as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupsFile {
    #[serde(default)]
    options: BTreeMap<String, Value>,
    #[serde(default)]
    node_groups: Vec<GroupEntry>,
    core_price: Option<f64>,
    gib_price: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupEntry {
    name: String,
    min_size: Option<i64>,
    max_size: Option<i64>,
    target_size: Option<i64>,
    #[serde(default)]
    nodes: Vec<String>,
    selector: Option<String>,
    template: Option<Value>,
    shape: Option<String>,
    price: Option<f64>,
    #[serde(default)]
    scale_up_in_progress: i64,
}

/// Reads the file, YAML or JSON.
///
/// # Errors
/// A phrase that says what is wrong, and where.
pub fn read_file(text: &str) -> Result<GroupsFile, String> {
    let file: GroupsFile = serde_saphyr::from_str(text).map_err(|error| {
        let whole = error.to_string();
        whole.lines().next().unwrap_or_default().to_owned()
    })?;
    if file.node_groups.is_empty() {
        return Err("it has no nodeGroups".to_owned());
    }
    let mut names = BTreeSet::new();
    for group in &file.node_groups {
        if !names.insert(&group.name) {
            return Err(format!("two node groups have the name \"{}\"", group.name));
        }
        check(group).map_err(|why| format!("node group \"{}\": {why}", group.name))?;
    }
    Ok(file)
}

fn check(group: &GroupEntry) -> Result<(), String> {
    if group.name.is_empty() {
        return Err("it has no name".to_owned());
    }
    for (field, value) in [
        ("minSize", group.min_size),
        ("maxSize", group.max_size),
        ("targetSize", group.target_size),
    ] {
        if value.is_some_and(|value| value < 0) {
            return Err(format!("{field} is negative"));
        }
    }
    if let (Some(min), Some(max)) = (group.min_size, group.max_size)
        && max < min
    {
        return Err("maxSize is below minSize".to_owned());
    }
    if !group.nodes.is_empty() && group.selector.is_some() {
        return Err("it has both nodes and a selector".to_owned());
    }
    if group.template.is_some() && group.shape.is_some() {
        return Err("it has both a template and a shape".to_owned());
    }
    template(group).map(|_| ())
}

fn template(group: &GroupEntry) -> Result<Option<Node>, String> {
    if let Some(text) = &group.shape {
        return shape::parse(text, &format!("{}-template", group.name)).map(Some);
    }
    let Some(value) = &group.template else {
        return Ok(None);
    };
    let mut node: Node =
        serde_json::from_value(value.clone()).map_err(|error| format!("template: {error}"))?;
    node.metadata
        .name
        .get_or_insert_with(|| format!("{}-template", group.name));
    Ok(Some(node))
}

impl GroupsFile {
    /// Whether it says anything of the autoscaler's flags.
    #[must_use]
    pub fn has_options(&self) -> bool {
        !self.options.is_empty()
    }

    /// What a core and a GiB of a pod are worth for an hour, as far as the file says.
    #[must_use]
    pub fn unit_prices(&self) -> (Option<f64>, Option<f64>) {
        (self.core_price, self.gib_price)
    }

    /// The autoscaler's flags that the file sets; a list gives a flag several times.
    #[must_use]
    pub fn options(&self) -> Vec<(String, String)> {
        self.options
            .iter()
            .flat_map(|(name, value)| values(value).into_iter().map(|value| (name.clone(), value)))
            .collect()
    }
}

fn values(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().flat_map(values).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

pub(super) fn groups(name: &str, file: &GroupsFile, nodes: &[&Node]) -> Result<NodeGroups, String> {
    let groups = file
        .node_groups
        .iter()
        .map(|group| {
            known(group, nodes)
                .map_err(|why| format!("{name}: node group \"{}\": {why}", group.name))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut seen = BTreeMap::new();
    for group in &groups {
        for node in &group.nodes {
            if let Some(other) = seen.insert(node, &group.name) {
                return Err(format!(
                    "{name}: node \"{node}\" is in both \"{other}\" and \"{}\"",
                    group.name
                ));
            }
        }
    }
    Ok(NodeGroups {
        origin: name.to_owned(),
        groups,
        unknowns: Vec::new(),
    })
}

fn known(group: &GroupEntry, nodes: &[&Node]) -> Result<KnownGroup, String> {
    let own = |node: &Node| node.metadata.name.clone().unwrap_or_default();
    let members = if let Some(selector) = &group.selector {
        let selector = LabelSelector::parse(selector).map_err(|error| error.to_string())?;
        let none = BTreeMap::new();
        nodes
            .iter()
            .filter(|node| selector.matches(node.metadata.labels.as_ref().unwrap_or(&none)))
            .map(|node| own(node))
            .collect()
    } else {
        let names: BTreeSet<String> = nodes.iter().map(|node| own(node)).collect();
        if let Some(missing) = group.nodes.iter().find(|name| !names.contains(*name)) {
            return Err(format!("the cluster has no node \"{missing}\""));
        }
        group.nodes.clone()
    };
    let here = i64::try_from(members.len()).unwrap_or(i64::MAX);
    Ok(KnownGroup {
        name: group.name.clone(),
        min: group.min_size,
        max: group.max_size,
        // A file that says nothing of it means that all nodes are there.
        target: Some(group.target_size.unwrap_or(here)),
        nodes: members,
        template: template(group)?,
        template_pods: Vec::new(),
        scale_up_in_progress: group.scale_up_in_progress,
        backoff: None,
        price: group.price,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::node;
    use super::*;

    #[test]
    fn the_documented_form_is_read() {
        let file = read_file(
            "options: {expander: priority, max-nodes-total: 9, startup-taint: [a, b]}\n\
             nodeGroups:\n\
             - {name: a, minSize: 0, maxSize: 5, targetSize: 2, nodes: [n1]}\n\
             - {name: b, minSize: 1, maxSize: 3, selector: 'pool=b', price: 0.5}\n\
             - {name: c, minSize: 0, maxSize: 3, shape: 'cpu=8,memory=32Gi'}\n\
             - name: d\n  maxSize: 1\n  template: {metadata: {labels: {x: z}}, status: {allocatable: {cpu: 2}}}\n",
        )
        .unwrap();
        let options = file.options();
        assert_eq!(options.len(), 4);
        assert_eq!(options[1], ("max-nodes-total".to_owned(), "9".to_owned()));
        let nodes = [node("n1", &[], ""), node("n2", &[("pool", "b")], "")];
        let found = groups("f", &file, &nodes.iter().collect::<Vec<_>>()).unwrap();
        let own: Vec<_> = found
            .groups
            .iter()
            .map(|group| (group.target, group.nodes.len(), group.template.is_some()))
            .collect();
        assert_eq!(
            own,
            [
                (Some(2), 1, false),
                (Some(1), 1, false),
                (Some(0), 0, true),
                (Some(0), 0, true)
            ]
        );
        assert_eq!(found.groups[3].min, None);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("[]", ""),
            ("nodeGroups: []", "it has no nodeGroups"),
            ("nodeGroups: [{name: a, maxsize: 3}]", "maxsize"),
            (
                "nodeGroups: [{name: a}, {name: a}]",
                "two node groups have the name \"a\"",
            ),
            (
                "nodeGroups: [{name: a, minSize: 3, maxSize: 2}]",
                "maxSize is below minSize",
            ),
            (
                "nodeGroups: [{name: a, maxSize: -2}]",
                "maxSize is negative",
            ),
            ("nodeGroups: [{name: a, shape: cpu}]", "node group \"a\": "),
            (
                "nodeGroups: [{name: a, nodes: [x], selector: y}]",
                "both nodes and a selector",
            ),
        ] {
            let error = read_file(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        for (text, expected) in [
            (
                "nodeGroups: [{name: a, nodes: [x]}]",
                "the cluster has no node \"x\"",
            ),
            (
                "nodeGroups: [{name: a, nodes: [n]}, {name: b, nodes: [n]}]",
                "is in both \"a\" and \"b\"",
            ),
        ] {
            let file = read_file(text).unwrap();
            let nodes = [node("n", &[], "")];
            let error = groups("f", &file, &nodes.iter().collect::<Vec<_>>()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
