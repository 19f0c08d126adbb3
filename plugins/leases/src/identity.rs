//! Which host an identity names.
//!
//! Each project composes its identity in its own way, and none says how. The forms known here:
//!
//! | form | who |
//! |---|---|
//! | `HOST_UUID` | kube-controller-manager, kube-scheduler, controller-runtime, Karpenter |
//! | `HOST-RANDOM` (10 characters) | cilium-operator |
//! | `HOST-external-cert-manager-controller` | cert-manager |
//! | `HOST` | cluster-autoscaler, ingress-nginx and others |
//! | `HOST`, other characters replaced by `-` | CSI sidecars |
//!
//! `HOST` is the pod's name, or the node's for pods on the host's network.

const CERT_MANAGER_SUFFIX: &str = "-external-cert-manager-controller";
const CILIUM_RANDOM: usize = 10;

/// A host that an identity may name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Host<'a> {
    /// The host's name.
    pub name: &'a str,
    /// Whether the form leaves no doubt; otherwise only a pod or node of that name proves it.
    pub certain: bool,
}

/// The hosts that an identity may name, the likeliest first.
#[must_use]
pub fn hosts(identity: &str) -> Vec<Host<'_>> {
    // A host name holds no underscore, so the first one ends it.
    if let Some((host, _)) = identity.split_once('_') {
        return vec![Host {
            name: host,
            certain: !host.is_empty(),
        }];
    }
    if let Some(host) = identity.strip_suffix(CERT_MANAGER_SUFFIX) {
        return vec![Host {
            name: host,
            certain: !host.is_empty(),
        }];
    }
    let mut hosts = vec![Host {
        name: identity,
        certain: false,
    }];
    if let Some((host, random)) = identity.rsplit_once('-')
        && random.len() == CILIUM_RANDOM
        && random
            .chars()
            .all(|character| character.is_ascii_alphanumeric())
        && !host.is_empty()
    {
        hosts.push(Host {
            name: host,
            certain: false,
        });
    }
    hosts
}

/// A name as the CSI sidecars write it into their identity.
///
/// Follows `sanitizeName` (kubernetes-csi/csi-lib-utils, `leaderelection/leader_election.go`).
#[must_use]
pub fn sanitised(name: &str) -> String {
    let mut text: String = name
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() || character == '-' {
                character
            } else {
                '-'
            }
        })
        .collect();
    if text.ends_with('-') {
        text.push('X');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_form_is_read() {
        for (identity, expected) in [
            (
                "controller-0_6dc4cb06-8e6a-4b8f-9d1c-2b1b3f0b6f0e",
                vec![("controller-0", true)],
            ),
            (
                "karpenter-7d9f8b6c5-x2x4z_0b1c",
                vec![("karpenter-7d9f8b6c5-x2x4z", true)],
            ),
            (
                "cert-manager-6f8d7-abcde-external-cert-manager-controller",
                vec![("cert-manager-6f8d7-abcde", true)],
            ),
            (
                "node-3-aB3dE6gH9k",
                vec![("node-3-aB3dE6gH9k", false), ("node-3", false)],
            ),
            (
                "ip-10-0-0-1-ec2-internal",
                vec![("ip-10-0-0-1-ec2-internal", false)],
            ),
            ("worker", vec![("worker", false)]),
            ("_x", vec![("", false)]),
            ("", vec![("", false)]),
        ] {
            let found: Vec<_> = hosts(identity)
                .iter()
                .map(|host| (host.name, host.certain))
                .collect();
            assert_eq!(found, expected, "{identity}");
        }
    }

    #[test]
    fn csi_sidecars_replace_what_is_no_letter_digit_or_dash() {
        assert_eq!(
            sanitised("ip-10-0-0-1.ec2.internal"),
            "ip-10-0-0-1-ec2-internal"
        );
        assert_eq!(sanitised("host."), "host-X");
    }
}
