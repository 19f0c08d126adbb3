//! The flags that a running autoscaler was given.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/config/flags/flags.go`, and spf13/pflag in how
//! flags are written.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Node;

use super::members::assign;
use super::{KnownGroup, NodeGroups};
use crate::cluster_autoscaler::Options;
use crate::cluster_autoscaler::options::is_known;

/// Flags that change decisions in ways that are not modelled, and what they turn on.
const NOT_MODELLED: [(&str, &str); 10] = [
    ("enable-provisioning-requests", "ProvisioningRequests"),
    (
        "capacity-buffer-pod-injection-enabled",
        "pods of CapacityBuffers",
    ),
    ("capacity-quotas-enabled", "CapacityQuotas"),
    (
        "enable-proactive-scaleup",
        "pods that are still to be created",
    ),
    (
        "async-node-groups",
        "node groups that are created in the background",
    ),
    (
        "node-autoprovisioning-enabled",
        "node groups that the autoscaler creates itself",
    ),
    ("drain-priority-config", "draining by priority"),
    ("grpc-expander-url", "an expander behind gRPC"),
    (
        "enable-csi-node-aware-scheduling",
        "volume limits of new nodes",
    ),
    ("frequent-loops-enabled", "loops without a pause"),
];

/// The flags of a running autoscaler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AutoscalerFlags {
    /// The Deployment they stand in, as `namespace/name`.
    pub place: String,
    /// Name and value of each; a flag alone has no value.
    pub flags: Vec<(String, String)>,
    /// The values of `--nodes`.
    pub nodes: Vec<String>,
}

/// Reads the flags of a Deployment that runs Cluster Autoscaler; `None` if it runs something else.
#[must_use]
pub fn read_deployment(deployment: &Deployment) -> Option<AutoscalerFlags> {
    let meta = &deployment.metadata;
    let pod = deployment.spec.as_ref()?.template.spec.as_ref()?;
    pod.containers.iter().find_map(|container| {
        let words: Vec<&str> = container
            .command
            .iter()
            .chain(&container.args)
            .flatten()
            .flat_map(|text| text.split_whitespace())
            .collect();
        let image = container.image.as_deref().unwrap_or_default();
        let image = image.rsplit('/').next().unwrap_or_default();
        let image = image.split([':', '@']).next().unwrap_or_default();
        let runs = words
            .iter()
            .any(|word| word.rsplit('/').next() == Some("cluster-autoscaler"));
        if !runs && !image.starts_with("cluster-autoscaler") {
            return None;
        }
        let (nodes, flags) = parse(&words)
            .into_iter()
            .partition::<Vec<_>, _>(|(name, _)| name == "nodes");
        Some(AutoscalerFlags {
            place: format!(
                "{}/{}",
                meta.namespace.as_deref().unwrap_or_default(),
                meta.name.as_deref().unwrap_or_default()
            ),
            flags,
            nodes: nodes.into_iter().map(|(_, value)| value).collect(),
        })
    })
}

/// `--name=value`, `--name value` and `--name`; one dash is as good as two.
fn parse(words: &[&str]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            continue;
        };
        if flag.is_empty() {
            continue;
        }
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, value),
            None => match rest
                .next_if(|next| !next.starts_with('-') && !next.contains("cluster-autoscaler"))
            {
                Some(value) => (flag, *value),
                None => (flag, ""),
            },
        };
        all.push((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()));
    }
    all
}

impl AutoscalerFlags {
    /// Sets what the flags say; returns what they ask for and is not modelled.
    pub fn apply(&self, options: &mut Options) -> Vec<String> {
        let mut unknowns = Vec::new();
        for (name, value) in &self.flags {
            if value.contains("$(") {
                if is_known(name) {
                    unknowns.push(format!(
                        "--{name}={value} of {} is a variable; assumed: its default",
                        self.place
                    ));
                }
                continue;
            }
            if let Err(why) = options.set(name, value) {
                unknowns.push(format!(
                    "{why} (a flag of {}); assumed: its default",
                    self.place
                ));
            }
            let turned_on = !matches!(
                value.as_str(),
                "false" | "0" | "f" | "F" | "FALSE" | "False"
            );
            if let Some((_, what)) = NOT_MODELLED.iter().find(|(flag, _)| flag == name)
                && turned_on
            {
                unknowns.push(format!("--{name} is set, and {what} are not modelled"));
            }
        }
        unknowns
    }
}

pub(super) fn groups(flags: &AutoscalerFlags, nodes: &[&Node]) -> NodeGroups {
    let mut unknowns = Vec::new();
    let mut groups = Vec::new();
    for spec in &flags.nodes {
        let parts: Vec<&str> = spec.splitn(3, ':').collect();
        let read = match parts[..] {
            [min, max, name] => min
                .parse()
                .ok()
                .zip(max.parse().ok())
                .map(|both| (both, name)),
            _ => None,
        };
        match read {
            Some(((min, max), name)) => groups.push(KnownGroup {
                name: name.to_owned(),
                min: Some(min),
                max: Some(max),
                ..KnownGroup::default()
            }),
            None => unknowns.push(format!(
                "--nodes={spec} is not of the form MIN:MAX:NAME; left out"
            )),
        }
    }
    assign(&mut groups, nodes);
    NodeGroups {
        origin: format!("flags --nodes of Deployment {}", flags.place),
        groups,
        unknowns,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(image: &str, command: &[&str], args: &[&str]) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"namespace": "kube-system", "name": "ca"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [
                {"name": "c", "image": image, "command": command, "args": args}]}}},
        }))
        .unwrap()
    }

    #[test]
    fn flags_are_found_however_they_are_written() {
        for (command, args) in [
            (
                &[
                    "./cluster-autoscaler",
                    "--expander=priority",
                    "--nodes=1:5:web",
                    "--balance-similar-node-groups",
                ][..],
                &[][..],
            ),
            (
                &["/cluster-autoscaler"],
                &[
                    "--expander",
                    "priority",
                    "--nodes",
                    "1:5:web",
                    "--balance-similar-node-groups",
                ],
            ),
            (
                &[
                    "sh",
                    "-c",
                    "./cluster-autoscaler --expander=priority --nodes=1:5:web --balance-similar-node-groups",
                ],
                &[],
            ),
        ] {
            let own = read_deployment(&deployment("x", command, args)).unwrap();
            assert_eq!(own.nodes, ["1:5:web"], "{command:?}");
            let mut options = Options::default();
            assert!(own.apply(&mut options).is_empty());
            assert_eq!(options.expander, ["priority"]);
            assert!(options.balance_similar_node_groups);
        }
        let by_image = deployment(
            "registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.1",
            &[],
            &["--v=4"],
        );
        assert!(read_deployment(&by_image).is_some());
        assert!(read_deployment(&deployment("nginx", &["nginx"], &["-g"])).is_none());
    }

    #[test]
    fn what_is_not_modelled_or_not_known_is_said() {
        let own = AutoscalerFlags {
            place: "kube-system/ca".into(),
            flags: [
                ("enable-provisioning-requests", "true"),
                ("capacity-quotas-enabled", "false"),
                ("max-nodes-total", "$(MAX)"),
                ("cores-total", "many"),
                ("v", "4"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            nodes: Vec::new(),
        };
        let said = own.apply(&mut Options::default());
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said[0].contains("ProvisioningRequests are not modelled"),
            "{said:?}"
        );
        assert!(said[1].contains("is a variable"), "{said:?}");
        assert!(said[2].contains("is not of the form MIN:MAX"), "{said:?}");
    }

    #[test]
    fn nodes_flags_are_groups() {
        let flags = AutoscalerFlags {
            place: "a/b".into(),
            nodes: vec![
                "1:5:web".into(),
                "x".into(),
                "0:9:MachineDeployment/ns/w:1".into(),
            ],
            ..AutoscalerFlags::default()
        };
        let found = groups(&flags, &[]);
        assert_eq!(found.groups.len(), 2);
        assert_eq!(found.groups[1].name, "MachineDeployment/ns/w:1");
        assert_eq!(found.unknowns.len(), 1);
    }
}
