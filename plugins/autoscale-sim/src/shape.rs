//! A node in words: `cpu=8,memory=32Gi,label=disk=ssd,taint=gpu=yes:NoSchedule`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, NodeSpec, NodeStatus, Taint};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// A kubelet's default of pods on a node.
const PODS: &str = "110";

/// Reads a shape. The amounts are what pods can use (`status.allocatable`).
///
/// # Errors
/// A phrase that says which part is wrong.
pub fn parse(text: &str, name: &str) -> Result<Node, String> {
    let mut resources: BTreeMap<String, Quantity> = BTreeMap::new();
    let mut labels: BTreeMap<String, String> = [
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    let mut taints = Vec::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| format!("\"{part}\" is not of the form NAME=VALUE"))?;
        match key {
            "label" => {
                let (key, value) = value.split_once('=').unwrap_or((value, ""));
                labels.insert(key.to_owned(), value.to_owned());
            }
            "taint" => taints.push(taint(value)?),
            _ => {
                let amount = scheduler::quantity::Quantity::parse(value)
                    .map_err(|error| format!("{key}: \"{value}\" is no quantity: {error}"))?;
                if amount.milli_value() < 0 {
                    return Err(format!("{key}: \"{value}\" is negative"));
                }
                resources.insert(key.to_owned(), Quantity(value.to_owned()));
            }
        }
    }
    for needed in ["cpu", "memory"] {
        if !resources.contains_key(needed) {
            return Err(format!("{needed} is missing, as in cpu=8,memory=32Gi"));
        }
    }
    resources
        .entry("pods".to_owned())
        .or_insert_with(|| Quantity(PODS.to_owned()));
    Ok(Node {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(labels),
            ..ObjectMeta::default()
        },
        spec: Some(NodeSpec {
            taints: Some(taints).filter(|all| !all.is_empty()),
            ..NodeSpec::default()
        }),
        status: Some(NodeStatus {
            allocatable: Some(resources.clone()),
            capacity: Some(resources),
            ..NodeStatus::default()
        }),
    })
}

/// `key=value:Effect` or `key:Effect`, as kubectl taint takes it.
fn taint(text: &str) -> Result<Taint, String> {
    let wrong = || format!("taint \"{text}\" is not of the form KEY[=VALUE]:EFFECT");
    let (key, effect) = text.rsplit_once(':').ok_or_else(wrong)?;
    if !matches!(effect, "NoSchedule" | "NoExecute" | "PreferNoSchedule") {
        return Err(format!(
            "taint \"{text}\": the effect is NoSchedule, NoExecute or PreferNoSchedule"
        ));
    }
    let (key, value) = match key.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (key, None),
    };
    if key.is_empty() {
        return Err(wrong());
    }
    Ok(Taint {
        key: key.to_owned(),
        value,
        effect: effect.to_owned(),
        time_added: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_nodes() {
        let node = parse(
            "cpu=8, memory=32Gi,nvidia.com/gpu=1,label=disk=ssd,label=plain,taint=gpu=yes:NoSchedule,taint=x:NoExecute",
            "new",
        )
        .unwrap();
        let allocatable = node.status.unwrap().allocatable.unwrap();
        assert_eq!(allocatable["cpu"].0, "8");
        assert_eq!(allocatable["nvidia.com/gpu"].0, "1");
        assert_eq!(allocatable["pods"].0, "110");
        let labels = node.metadata.labels.unwrap();
        assert_eq!(labels["disk"], "ssd");
        assert_eq!(labels["plain"], "");
        assert_eq!(labels["kubernetes.io/hostname"], "new");
        let taints = node.spec.unwrap().taints.unwrap();
        assert_eq!(taints[0].value.as_deref(), Some("yes"));
        assert_eq!(
            (taints[1].key.as_str(), taints[1].effect.as_str()),
            ("x", "NoExecute")
        );
    }

    #[test]
    fn mistakes_name_their_part() {
        for (text, expected) in [
            ("", "cpu is missing"),
            ("cpu=8", "memory is missing"),
            ("cpu,memory=1Gi", "\"cpu\" is not of the form NAME=VALUE"),
            ("cpu=many,memory=1Gi", "cpu: \"many\" is no quantity"),
            ("cpu=-1,memory=1Gi", "cpu: \"-1\" is negative"),
            ("cpu=1,memory=1Gi,taint=a", "taint \"a\" is not of the form"),
            ("cpu=1,memory=1Gi,taint=a:Never", "the effect is NoSchedule"),
        ] {
            let error = parse(text, "n").unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
