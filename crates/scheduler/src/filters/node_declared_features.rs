//! Features a node must declare.
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/nodedeclaredfeatures/nodedeclaredfeatures.go` and
//! kubernetes/component-helpers `nodedeclaredfeatures/features`. Of the features known in v1.36 only
//! two are inferred from a pod that is to be scheduled.

use k8s_openapi::api::core::v1::PodSpec;

use crate::cycle::Fail;
use crate::needs::FEATURES;
use crate::verdict::Plugin;

pub(crate) const REASON: &str = "node(s) didn't match Pod's required features";

const RESTART_ALL_CONTAINERS: u8 = 1;
const USER_NAMESPACES_HOST_NETWORK: u8 = 2;

/// The features a pod needs, as bits.
pub(crate) fn required(spec: &PodSpec) -> u8 {
    let mut bits = 0;
    let containers = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten());
    let mut rules = containers.flat_map(|own| own.restart_policy_rules.iter().flatten());
    if rules.any(|rule| rule.action == "RestartAllContainers") {
        bits |= RESTART_ALL_CONTAINERS;
    }
    if spec.host_network == Some(true) && spec.host_users == Some(false) {
        bits |= USER_NAMESPACES_HOST_NETWORK;
    }
    bits
}

/// The features kube-scheduler v1.36 knows, sorted, and their bits; none for those no pod needs.
const KNOWN: [(&str, u8); 5] = [
    ("ExtendWebSocketsToKubelet", 0),
    ("InPlacePodLevelResourcesVerticalScaling", 0),
    ("InPlacePodVerticalScalingInitContainers", 0),
    (
        "RestartAllContainersOnContainerExits",
        RESTART_ALL_CONTAINERS,
    ),
    (
        "UserNamespacesHostNetworkSupport",
        USER_NAMESPACES_HOST_NETWORK,
    ),
];

/// The features a node declares, as bits. Upstream walks both lists side by side and counts on the
/// node's being sorted, as the API server makes sure: what is out of order is passed over.
pub(crate) fn declared(names: &[String]) -> u8 {
    let mut known = KNOWN.iter().peekable();
    let mut bits = 0;
    for name in names {
        while known.next_if(|(own, _)| *own < name.as_str()).is_some() {}
        if let Some((_, bit)) = known.next_if(|(own, _)| *own == name.as_str()) {
            bits |= bit;
        }
    }
    bits
}

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & FEATURES != 0).then(|| Fail::unresolvable(Plugin::NodeDeclaredFeatures, REASON))
}

#[cfg(test)]
mod tests {
    use super::{REASON, declared};
    use crate::testing::{node, pod, table};
    use serde_json::json;

    #[test]
    fn features() {
        let with = |names: &[&str]| {
            vec![node(
                "a",
                json!({}),
                json!({"status": {"declaredFeatures": names}}),
            )]
        };
        let hosted = || pod(json!({}), json!({"hostNetwork": true, "hostUsers": false}));
        let rules =
            json!([{"name": "c", "restartPolicyRules": [{"action": "RestartAllContainers"}]}]);
        let restarting = || pod(json!({}), json!({"containers": rules}));
        table(vec![
            (
                "nothing needed",
                with(&[]),
                pod(json!({}), json!({"hostNetwork": true})),
                vec![""],
            ),
            (
                "host network with user namespaces",
                with(&[]),
                hosted(),
                vec![REASON],
            ),
            (
                "declared",
                with(&["UserNamespacesHostNetworkSupport"]),
                hosted(),
                vec![""],
            ),
            (
                "restart rules",
                with(&["UserNamespacesHostNetworkSupport"]),
                restarting(),
                vec![REASON],
            ),
            (
                "restart rules declared",
                with(&["RestartAllContainersOnContainerExits", "Zzz"]),
                restarting(),
                vec![""],
            ),
        ]);
    }

    #[test]
    fn lists_out_of_order_are_read_as_upstream_does() {
        let names = |names: &[&str]| {
            declared(
                &names
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        let both = [
            "RestartAllContainersOnContainerExits",
            "UserNamespacesHostNetworkSupport",
        ];
        assert_eq!(names(&both), 3);
        assert_eq!(names(&[both[1], both[0]]), 2);
    }
}
