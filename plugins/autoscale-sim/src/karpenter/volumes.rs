//! Where a pod's volumes can be, and how many of them a node takes.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/volumetopology.go`,
//! `pkg/scheduling/volumeusage.go` and `pkg/utils/volume/volume.go`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use k8s_openapi::api::core::v1::{
    NodeSelectorRequirement, NodeSelectorTerm, PersistentVolume, PersistentVolumeClaim, Pod, Volume,
};
use k8s_openapi::api::storage::v1::StorageClass;

use super::input::Input;
use super::names::{HOSTNAME, Names};
use super::pod::{namespace_of, node_term};
use super::requirement::{Requirement, Requirements};

/// Claims by driver.
pub(super) type Volumes = BTreeMap<String, BTreeSet<String>>;

/// All storage.
pub(super) struct Storage<'a> {
    claims: HashMap<(String, &'a str), &'a PersistentVolumeClaim>,
    volumes: HashMap<&'a str, &'a PersistentVolume>,
    classes: HashMap<&'a str, &'a StorageClass>,
}

/// The name of the claim that a volume is, if it is one.
fn claim_name(pod: &Pod, volume: &Volume) -> Option<String> {
    if let Some(claim) = &volume.persistent_volume_claim {
        return Some(claim.claim_name.clone());
    }
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    volume.ephemeral.as_ref()?;
    Some(format!("{name}-{}", volume.name))
}

impl<'a> Storage<'a> {
    pub(super) fn new(input: &'a Input) -> Self {
        let claims = input.persistent_volume_claims.iter().map(|own| {
            let name = own.metadata.name.as_deref().unwrap_or_default();
            ((namespace_of(&own.metadata), name), own)
        });
        let volumes = input.persistent_volumes.iter();
        let classes = input.storage_classes.iter();
        Self {
            claims: claims.collect(),
            volumes: volumes
                .map(|own| (own.metadata.name.as_deref().unwrap_or_default(), own))
                .collect(),
            classes: classes
                .map(|own| (own.metadata.name.as_deref().unwrap_or_default(), own))
                .collect(),
        }
    }

    /// The claims of a pod; those that are not there have only a name.
    fn claims_of(&self, pod: &Pod) -> Vec<(String, Option<&'a PersistentVolumeClaim>)> {
        let namespace = namespace_of(&pod.metadata);
        let volumes = pod.spec.iter().flat_map(|own| own.volumes.iter().flatten());
        volumes
            .filter_map(|volume| {
                let name = claim_name(pod, volume)?;
                let found = self.claims.get(&(namespace.clone(), name.as_str()));
                Some((name.clone(), found.copied()))
            })
            .collect()
    }

    /// The ways in which all volumes of a pod can be reached, none at all if that is everywhere;
    /// nothing if a claim, volume or class that it takes to know that is not there.
    pub(super) fn alternatives(
        &self,
        pod: &Pod,
        names: &mut Names,
    ) -> Option<Vec<Rc<Requirements>>> {
        let mut all: Vec<Option<Requirements>> = vec![None];
        for (_, claim) in self.claims_of(pod) {
            let own = self.alternatives_of(claim?, names)?;
            if own.is_empty() {
                continue;
            }
            let both = pairs(&all, &own, true);
            all = if both.is_empty() {
                pairs(&all, &own, false)
            } else {
                both
            };
        }
        Some(all.into_iter().flatten().map(Rc::new).collect())
    }

    fn alternatives_of(
        &self,
        claim: &PersistentVolumeClaim,
        names: &mut Names,
    ) -> Option<Vec<Requirements>> {
        let spec = claim.spec.as_ref();
        let volume = spec.and_then(|own| own.volume_name.as_deref());
        if let Some(name) = volume.filter(|own| !own.is_empty()) {
            return Some(of_volume(self.volumes.get(name)?, names));
        }
        let class = spec.and_then(|own| own.storage_class_name.as_deref());
        match class.filter(|own| !own.is_empty()) {
            Some(class) => Some(of_class(self.classes.get(class)?, names)),
            None => Some(Vec::new()),
        }
    }

    /// The pod's claims by driver, as far as drivers are known.
    pub(super) fn drivers(&self, pod: &Pod) -> Volumes {
        let namespace = namespace_of(&pod.metadata);
        let mut all = Volumes::new();
        for (name, claim) in self.claims_of(pod) {
            if let Some(driver) = claim.and_then(|own| self.driver(own)) {
                let own = all.entry(driver).or_default();
                own.insert(format!("{namespace}/{name}"));
            }
        }
        all
    }

    fn driver(&self, claim: &PersistentVolumeClaim) -> Option<String> {
        let spec = claim.spec.as_ref()?;
        let volume = spec.volume_name.as_deref().filter(|own| !own.is_empty());
        if let Some(name) = volume {
            let spec = self.volumes.get(name)?.spec.as_ref()?;
            if let Some(csi) = &spec.csi {
                return Some(csi.driver.clone()).filter(|own| !own.is_empty());
            }
            let of_aws = spec.aws_elastic_block_store.as_ref();
            return of_aws.map(|_| "ebs.csi.aws.com".to_owned());
        }
        let class = spec.storage_class_name.as_deref()?;
        Some(driver_name(&self.classes.get(class)?.provisioner).to_owned())
    }

    /// Why a pod's volumes keep it from being looked at.
    pub(super) fn mistake(&self, pod: &Pod) -> Option<String> {
        for (name, claim) in self.claims_of(pod) {
            let Some(claim) = claim else {
                return Some(format!(
                    "getting persistent volume claim, persistentvolumeclaims \"{name}\" not found (PersistentVolumeClaim={name})"
                ));
            };
            if let Some(mistake) = self.mistake_of(claim) {
                return Some(mistake);
            }
        }
        None
    }

    fn mistake_of(&self, claim: &PersistentVolumeClaim) -> Option<String> {
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        let key = format!("{}/{name}", namespace_of(&claim.metadata));
        if claim.metadata.deletion_timestamp.is_some() {
            return Some(format!(
                "persistentvolumeclaim is being deleted (PersistentVolumeClaim={key})"
            ));
        }
        let spec = claim.spec.as_ref();
        let volume = spec
            .and_then(|own| own.volume_name.as_deref())
            .unwrap_or_default();
        let phase = claim.status.as_ref().and_then(|own| own.phase.as_deref());
        if phase == Some("Lost") {
            return Some(format!(
                "persistentvolumeclaim bound to non-existent persistentvolume (PersistentVolume={volume}, PersistentVolumeClaim={key})"
            ));
        }
        let class = spec
            .and_then(|own| own.storage_class_name.as_deref())
            .unwrap_or_default();
        if !volume.is_empty() {
            return self.mistake_of_bound(claim, &key, volume, class);
        }
        if class.is_empty() {
            return Some(format!(
                "unbound pvc must define a storage class (PersistentVolumeClaim={key}, StorageClass=)"
            ));
        }
        let place = format!("(PersistentVolumeClaim={key}, StorageClass={class})");
        let Some(found) = self.classes.get(class) else {
            return Some(format!(
                "failed to validate pvc, failed to get storage class, storageclasses.storage.k8s.io \"{class}\" not found {place}"
            ));
        };
        (found.volume_binding_mode.as_deref() == Some("Immediate")).then(|| {
            format!(
                "failed to validate pvc, pvc with immediate volume binding mode must be bound {place}"
            )
        })
    }

    fn mistake_of_bound(
        &self,
        claim: &PersistentVolumeClaim,
        key: &str,
        volume: &str,
        class: &str,
    ) -> Option<String> {
        let place = format!(
            "(PersistentVolume={volume}, PersistentVolumeClaim={key}, StorageClass={class})"
        );
        let failed = |why: &str| Some(format!("failed to validate pvc, {why} {place}"));
        let Some(found) = self.volumes.get(volume) else {
            return failed(&format!("persistentvolumes \"{volume}\" not found"));
        };
        if found.metadata.deletion_timestamp.is_some() {
            return failed("persistentvolume is being deleted");
        }
        let annotation = "pv.kubernetes.io/bind-completed";
        let mut annotations = claim.metadata.annotations.iter().flatten();
        if annotations.any(|(own, _)| own == annotation) {
            return None;
        }
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        Some(format!(
            "pvc is considered unbound because it does not contain annotation (PersistentVolume={volume}, PersistentVolumeClaim={name}, annotation={annotation})"
        ))
    }
}

/// The driver that took over from a built-in one.
fn driver_name(provisioner: &str) -> &str {
    match provisioner {
        "kubernetes.io/aws-ebs" => "ebs.csi.aws.com",
        "kubernetes.io/gce-pd" => "pd.csi.storage.gke.io",
        "kubernetes.io/cinder" => "cinder.csi.openstack.org",
        "kubernetes.io/azure-disk" => "disk.csi.azure.com",
        "kubernetes.io/azure-file" => "file.csi.azure.com",
        "kubernetes.io/vsphere-volume" => "csi.vsphere.vmware.com",
        "kubernetes.io/portworx-volume" => "pxd.portworx.com",
        other => other,
    }
}

fn pairs(
    all: &[Option<Requirements>],
    more: &[Requirements],
    only_compatible: bool,
) -> Vec<Option<Requirements>> {
    let mut both = Vec::new();
    for one in all {
        for other in more {
            let clash = one.as_ref().is_some_and(|own| !own.intersects(other));
            if clash && only_compatible {
                continue;
            }
            let mut merged = one.clone().unwrap_or_default();
            merged.add_all(other);
            both.push(Some(merged));
        }
    }
    both
}

fn of_class(class: &StorageClass, names: &mut Names) -> Vec<Requirements> {
    let terms = class.allowed_topologies.iter().flatten();
    terms
        .filter_map(|term| {
            let expressions = term.match_label_expressions.as_deref()?;
            let mut all = Requirements::default();
            for own in expressions {
                let key = names.key(&own.key);
                let own = Requirement::read(key, "In", &own.values, None, names);
                all.add(Rc::new(own));
            }
            (!expressions.is_empty()).then_some(all)
        })
        .collect()
}

fn of_volume(volume: &PersistentVolume, names: &mut Names) -> Vec<Requirements> {
    let Some(spec) = &volume.spec else {
        return Vec::new();
    };
    let required = spec
        .node_affinity
        .as_ref()
        .and_then(|own| own.required.as_ref());
    let is_local = spec.local.is_some() || spec.host_path.is_some();
    let terms = required.iter().flat_map(|own| &own.node_selector_terms);
    terms
        .filter_map(|term| {
            let given = term.match_expressions.as_deref().unwrap_or_default();
            // A local volume does not come along, so its host does not bind the pod.
            let kept: Vec<NodeSelectorRequirement> = given
                .iter()
                .filter(|own| !is_local || own.key != HOSTNAME)
                .cloned()
                .collect();
            let only_host = is_local && !given.is_empty() && kept.is_empty();
            let term = NodeSelectorTerm {
                match_expressions: Some(kept),
                match_fields: None,
            };
            let is_empty = term.match_expressions.as_ref().is_none_or(Vec::is_empty);
            (only_host || !is_empty).then(|| node_term(&term, names))
        })
        .collect()
}

/// How many volumes a node has and takes.
#[derive(Clone, Debug, Default)]
pub(super) struct VolumeUsage {
    used: Volumes,
    limits: BTreeMap<String, usize>,
}

impl VolumeUsage {
    pub(super) fn limit(&mut self, driver: &str, count: usize) {
        self.limits.insert(driver.to_owned(), count);
    }

    pub(super) fn add(&mut self, volumes: &Volumes) {
        for (driver, claims) in volumes {
            let own = self.used.entry(driver.clone()).or_default();
            own.extend(claims.iter().cloned());
        }
    }

    pub(super) fn takes(&self, volumes: &Volumes) -> bool {
        self.limits.iter().all(|(driver, limit)| {
            let used = self.used.get(driver);
            let more = volumes.get(driver).into_iter().flatten();
            let new = more.filter(|own| used.is_none_or(|used| !used.contains(*own)));
            let count = used.map_or(0, BTreeSet::len) + new.count();
            count <= *limit
        })
    }
}
