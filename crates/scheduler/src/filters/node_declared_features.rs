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

/// The features a node declares, as bits; unknown names are passed over.
pub(crate) fn declared(names: &[String]) -> u8 {
    names.iter().fold(0, |bits, name| {
        bits | match name.as_str() {
            "RestartAllContainersOnContainerExits" => RESTART_ALL_CONTAINERS,
            "UserNamespacesHostNetworkSupport" => USER_NAMESPACES_HOST_NETWORK,
            _ => 0,
        }
    })
}

pub(crate) fn filter(broken: u8) -> Option<Fail> {
    (broken & FEATURES != 0).then(|| Fail::unresolvable(Plugin::NodeDeclaredFeatures, REASON))
}
