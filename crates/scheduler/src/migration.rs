//! In-tree volumes as the CSI drivers see them that took over.
//!
//! Follows kubernetes/csi-translation-lib `plugins/in_tree_volume.go`, `aws_ebs.go`, `gce_pd.go`,
//! `azure_disk.go`, `openstack_cinder.go` and `portworx.go`, as far as the node affinity goes.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{
    NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PersistentVolume, PersistentVolumeSpec,
};

/// The place of a GCE disk that names none.
pub(crate) const GCE_ANYWHERE: &str = "zones/UNSPECIFIED";
const ZONE: &str = "topology.kubernetes.io/zone";
const REGION: &str = "topology.kubernetes.io/region";
const OLD_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
const OLD_REGION: &str = "failure-domain.beta.kubernetes.io/region";

/// The node affinity of a volume once it is translated, or upstream's error. `None` stands for no
/// affinity.
pub(crate) fn node_affinity(volume: &PersistentVolume) -> Result<Option<NodeSelector>, String> {
    let fail = |error: String| format!("could not translate pv: {error}");
    let empty = PersistentVolumeSpec::default();
    let spec = volume.spec.as_ref().unwrap_or(&empty);
    let affinity = spec.node_affinity.as_ref();
    let required = affinity.and_then(|own| own.required.clone());
    match topology_key(volume, spec).map_err(fail)? {
        Some(key) => Ok(translate(volume, required, key)),
        None => Ok(required),
    }
}

/// The handle of a GCE disk.
pub(crate) fn gce_handle(place: &str, name: &str) -> String {
    format!("projects/UNSPECIFIED/{place}/disks/{name}")
}

/// A volume's handle once it is translated; `None` for volumes that no CSI driver took over, or
/// that cannot be translated.
pub(crate) fn handle(volume: &PersistentVolume) -> Option<String> {
    let spec = volume.spec.as_ref()?;
    topology_key(volume, spec).ok()?;
    if let Some(disk) = &spec.aws_elastic_block_store {
        return ebs_id(&disk.volume_id).ok().map(ToOwned::to_owned);
    }
    if let Some(disk) = &spec.gce_persistent_disk {
        return Some(gce_handle(&gce_place(volume).ok()?, &disk.pd_name));
    }
    let azure = spec.azure_disk.as_ref().map(|disk| &disk.disk_uri);
    let cinder = spec.cinder.as_ref().map(|disk| &disk.volume_id);
    let portworx = spec.portworx_volume.as_ref().map(|disk| &disk.volume_id);
    azure.or(cinder).or(portworx).cloned()
}

/// The driver's own label for zones; `None` if the driver's volumes keep their affinity.
fn topology_key(
    volume: &PersistentVolume,
    spec: &PersistentVolumeSpec,
) -> Result<Option<&'static str>, String> {
    if let Some(disk) = &spec.aws_elastic_block_store {
        ebs_id(&disk.volume_id)?;
        return Ok(Some("topology.ebs.csi.aws.com/zone"));
    }
    if spec.gce_persistent_disk.is_some() {
        gce_place(volume)?;
        return Ok(Some("topology.gke.io/zone"));
    }
    if let Some(disk) = &spec.azure_disk {
        return match disk.kind.as_deref() {
            Some(kind) if !kind.eq_ignore_ascii_case("managed") => {
                Err(format!("kind({kind}) is not supported in csi migration"))
            }
            _ => Ok(None),
        };
    }
    let cinder = spec.cinder.as_ref();
    Ok(cinder.map(|_| "topology.cinder.csi.openstack.org/zone"))
}

/// The last part of an EBS volume's name, `aws://zone/vol-1`.
fn ebs_id(name: &str) -> Result<&str, String> {
    let Some(rest) = name.strip_prefix("aws://") else {
        return Ok(name);
    };
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let id = path.trim_matches('/');
    if id.starts_with("vol-") && !id.contains('/') {
        return Ok(id);
    }
    Err(format!(
        "failed to translate Kubernetes ID to EBS Volume ID Invalid format for AWS volume ({name})"
    ))
}

/// Where a disk is, as its driver writes it. A disk of several zones must be of one region, which is
/// read off the zones' names.
fn gce_place(volume: &PersistentVolume) -> Result<String, String> {
    let zones = label(volume, OLD_ZONE)
        .filter(|zones| !zones.is_empty())
        .or_else(|| label(volume, ZONE))
        .unwrap_or_default();
    if zones.is_empty() {
        return Ok(GCE_ANYWHERE.to_owned());
    }
    if !zones.contains("__") {
        return Ok(format!("zones/{zones}"));
    }
    let mut regions = BTreeSet::new();
    for zone in zones.split("__") {
        let parts: Vec<&str> = zone.split('-').collect();
        let [place, region, _] = parts.as_slice() else {
            return Err(format!(
                "failed to get region from zones: zone in unexpected format, expected: {{locale}}-{{region}}-{{zone}}, got: {zone}"
            ));
        };
        regions.insert(format!("{place}-{region}"));
    }
    if let (1, Some(region)) = (regions.len(), regions.first()) {
        return Ok(format!("regions/{region}"));
    }
    let all: Vec<String> = regions
        .iter()
        .map(|region| format!("{region}:{{}}"))
        .collect();
    Err(format!(
        "failed to get region from zones: multiple or no regions gotten from zones, got: map[{}]",
        all.join(" ")
    ))
}

fn label<'a>(volume: &'a PersistentVolume, key: &str) -> Option<&'a str> {
    let labels = volume.metadata.labels.as_ref()?;
    labels.get(key).map(String::as_str)
}

/// Zones go under the driver's label: those of the affinity, or else those of the volume's labels.
fn translate(
    volume: &PersistentVolume,
    mut required: Option<NodeSelector>,
    driver_key: &str,
) -> Option<NodeSelector> {
    let (zone, region) = labels_in_use(volume, required.as_ref());
    if values(required.as_ref(), zone) {
        rename(required.as_mut(), zone, driver_key);
    } else if let Some(zones) = label(volume, zone) {
        required = add_zones(required, zones, driver_key);
    }
    if region == OLD_REGION && values(required.as_ref(), region) {
        rename(required.as_mut(), region, REGION);
    }
    required
}

fn labels_in_use(
    volume: &PersistentVolume,
    required: Option<&NodeSelector>,
) -> (&'static str, &'static str) {
    let (today, before) = ((ZONE, REGION), (OLD_ZONE, OLD_REGION));
    let named = |key: &str| requirements(required).any(|own| own.key == key);
    let labelled = |key: &str| label(volume, key).is_some();
    let old = !named(ZONE) && (named(OLD_ZONE) || !labelled(ZONE) && labelled(OLD_ZONE));
    if old { before } else { today }
}

fn requirements(selector: Option<&NodeSelector>) -> impl Iterator<Item = &NodeSelectorRequirement> {
    let terms = selector
        .into_iter()
        .flat_map(|own| &own.node_selector_terms);
    terms.flat_map(|term| term.match_expressions.iter().flatten())
}

/// Whether the affinity has values for that label.
fn values(selector: Option<&NodeSelector>, key: &str) -> bool {
    requirements(selector)
        .filter(|own| own.key == key)
        .any(|own| own.values.as_ref().is_some_and(|values| !values.is_empty()))
}

fn rename(selector: Option<&mut NodeSelector>, from: &str, to: &str) {
    let terms = selector
        .into_iter()
        .flat_map(|own| &mut own.node_selector_terms);
    let all = terms.flat_map(|term| term.match_expressions.iter_mut().flatten());
    for own in all.filter(|own| own.key == from) {
        to.clone_into(&mut own.key);
    }
}

fn add_zones(
    required: Option<NodeSelector>,
    zones: &str,
    driver_key: &str,
) -> Option<NodeSelector> {
    let zones: BTreeSet<&str> = zones
        .split("__")
        .map(str::trim)
        .filter(|zone| !zone.is_empty())
        .collect();
    if zones.is_empty() {
        return required;
    }
    let mut selector = required.unwrap_or_default();
    if selector.node_selector_terms.is_empty() {
        selector
            .node_selector_terms
            .push(NodeSelectorTerm::default());
    }
    for term in &mut selector.node_selector_terms {
        let all = term.match_expressions.get_or_insert_default();
        all.push(NodeSelectorRequirement {
            key: driver_key.to_owned(),
            operator: "In".to_owned(),
            values: Some(zones.iter().map(|&zone| zone.to_owned()).collect()),
        });
    }
    Some(selector)
}

#[cfg(test)]
mod tests {
    use super::{ebs_id, gce_place, node_affinity};
    use k8s_openapi::api::core::v1::PersistentVolume;
    use serde_json::{Value, json};

    fn volume(labels: Value, spec: Value) -> PersistentVolume {
        serde_json::from_value(json!({"metadata": {"labels": labels}, "spec": spec})).unwrap()
    }

    fn translated(labels: Value, spec: Value) -> Value {
        serde_json::to_value(node_affinity(&volume(labels, spec)).unwrap()).unwrap()
    }

    #[test]
    fn zones_go_under_the_drivers_label() {
        let zone = "topology.kubernetes.io/zone";
        let ebs = json!({"awsElasticBlockStore": {"volumeID": "vol-1"}});
        assert_eq!(
            translated(json!({zone: "b__a"}), ebs.clone()),
            json!({"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "topology.ebs.csi.aws.com/zone", "operator": "In", "values": ["a", "b"]}]}]})
        );
        assert_eq!(translated(json!({}), ebs), Value::Null);
        let affinity = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": zone, "operator": "In", "values": ["c"]}]}]}});
        assert_eq!(
            translated(
                json!({zone: "a"}),
                json!({"gcePersistentDisk": {"pdName": "d"}, "nodeAffinity": affinity})
            ),
            json!({"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "topology.gke.io/zone", "operator": "In", "values": ["c"]}]}]})
        );
    }

    #[test]
    fn what_cannot_be_translated() {
        assert!(ebs_id("aws://zone/vol-1").is_ok());
        assert!(ebs_id("anything").is_ok());
        assert!(ebs_id("aws://zone/disk").is_err());
        let zones = |zones: &str| {
            let labels = json!({"topology.kubernetes.io/zone": zones});
            gce_place(&volume(labels, json!({})))
        };
        assert!(zones("x").is_ok());
        assert!(zones("us-east1-a__us-east1-b").is_ok());
        assert!(zones("us-east1-a__x").is_err());
        assert_eq!(
            zones("us-west1-a__us-east1-b").unwrap_err(),
            "failed to get region from zones: multiple or no regions gotten from zones, got: map[us-east1:{} us-west1:{}]"
        );
    }
}
