//! Volumes, claims and what else decides where storage can be had.

use k8s_openapi::api::core::v1::{
    PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec, Volume,
};
use k8s_openapi::api::storage::v1::{
    CSIDriver, CSINode, CSIStorageCapacity, StorageClass as ApiStorageClass, VolumeAttachment,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::intern::{FastMap, Interner, Sym};
use crate::labels::{Labels, Requirement, Selector, intern_labels, requirement};
use crate::migration;
use crate::needs::{NodeTerm, node_terms};
use crate::quantity::Quantity;
use crate::resources::read;
use crate::state::State;

const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
const MIGRATED_PLUGINS: &str = "storage.alpha.kubernetes.io/migrated-plugins";

/// Labels of volumes and nodes that name a zone or region.
pub(crate) const ZONE_LABELS: [&str; 4] = [
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
];

/// In-tree plugins whose volumes CSI drivers took over, and those drivers.
const MIGRATED: [(&str, &str); 5] = [
    ("kubernetes.io/aws-ebs", "ebs.csi.aws.com"),
    ("kubernetes.io/gce-pd", "pd.csi.storage.gke.io"),
    ("kubernetes.io/azure-disk", "disk.csi.azure.com"),
    ("kubernetes.io/cinder", "cinder.csi.openstack.org"),
    ("kubernetes.io/portworx-volume", "pxd.portworx.com"),
];

/// The driver that took over from an in-tree provisioner.
pub(crate) fn migrated_driver(provisioner: &str) -> Option<&'static str> {
    MIGRATED
        .iter()
        .find(|(plugin, _)| *plugin == provisioner)
        .map(|&(_, driver)| driver)
}

/// Who made a claim for a pod of its own.
pub(crate) type Owner = Sym;

/// A volume.
#[derive(Clone, Debug)]
pub(crate) struct Pv {
    pub(crate) name: Sym,
    pub(crate) class: Sym,
    pub(crate) labels: Labels,
    pub(crate) capacity: Quantity,
    pub(crate) mode: Sym,
    pub(crate) attributes_class: Sym,
    pub(crate) access_modes: Vec<Sym>,
    pub(crate) available: bool,
    pub(crate) deleting: bool,
    /// Namespace, name and UID of the claim it is for.
    pub(crate) claim: Option<(Sym, Sym, Sym)>,
    pub(crate) terms: Option<Vec<NodeTerm>>,
    /// Driver and handle.
    pub(crate) csi: Option<(Sym, Sym)>,
    /// In-tree plugin, driver and handle of a volume that CSI took over. The handle is empty if
    /// there can be none.
    pub(crate) migrated: Option<(Sym, Sym, Sym)>,
    /// Of such a volume: its terms as the driver has them, or why there are none.
    pub(crate) translated: Result<Option<Vec<NodeTerm>>, String>,
    /// Zone and region labels, and the values they allow.
    pub(crate) zones: Vec<(Sym, Vec<Sym>)>,
}

/// A claim.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
pub(crate) struct Pvc {
    pub(crate) namespace: Sym,
    pub(crate) name: Sym,
    pub(crate) uid: Sym,
    /// Empty if it has no volume.
    pub(crate) volume: Sym,
    pub(crate) bind_completed: bool,
    pub(crate) selected_node: Option<Sym>,
    /// Empty if it has none.
    pub(crate) class: Sym,
    pub(crate) lost: bool,
    pub(crate) deleting: bool,
    pub(crate) once_per_pod: bool,
    pub(crate) access_modes: Vec<Sym>,
    pub(crate) request: Option<Quantity>,
    pub(crate) selector: Option<Result<Selector, String>>,
    pub(crate) mode: Sym,
    pub(crate) attributes_class: Sym,
    /// UID of the controller that owns it.
    pub(crate) controller: Option<Owner>,
}

/// A storage class.
#[derive(Clone, Debug)]
pub(crate) struct StorageClass {
    pub(crate) provisioner: Sym,
    /// Whether volumes wait for their first consumer; missing if the class does not say.
    pub(crate) waits: Option<bool>,
    /// `None` for a term that matches nothing.
    pub(crate) topologies: Vec<Option<Vec<Requirement>>>,
}

/// The CSI drivers of a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct CsiNode {
    /// Driver and how many volumes it can attach.
    pub(crate) limits: Vec<(Sym, i64)>,
    pub(crate) migrated_plugins: Vec<Sym>,
}

/// What a driver says it has left, for nodes of a topology.
#[derive(Clone, Debug)]
pub(crate) struct Capacity {
    object: (Sym, Sym),
    pub(crate) class: Sym,
    pub(crate) limit: Option<i64>,
    pub(crate) topology: Option<Selector>,
}

/// All storage objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Storage {
    pub(crate) volumes: FastMap<Sym, Pv>,
    /// Sorted by name.
    pub(crate) volumes_by_class: FastMap<Sym, Vec<Sym>>,
    pub(crate) claims: FastMap<(Sym, Sym), Pvc>,
    pub(crate) classes: FastMap<Sym, StorageClass>,
    pub(crate) csi_nodes: FastMap<Sym, CsiNode>,
    /// Drivers that publish capacities.
    pub(crate) drivers: FastMap<Sym, bool>,
    pub(crate) capacities: Vec<Capacity>,
    attachments: FastMap<Sym, Sym>,
    /// By node: attachment, driver and volume.
    pub(crate) attached: FastMap<Sym, Vec<(Sym, Sym, Sym)>>,
    /// Pods on nodes by the claim they name.
    pub(crate) users: FastMap<(Sym, Sym), u32>,
}

impl Storage {
    pub(crate) fn clone_csi_node(&mut self, from: Sym, to: Sym) {
        if let Some(own) = self.csi_nodes.get(&from).cloned() {
            self.csi_nodes.insert(to, own);
        }
    }
}

fn name(meta: &ObjectMeta, texts: &mut Interner) -> Sym {
    texts.intern(meta.name.as_deref().unwrap_or_default())
}

fn namespace(meta: &ObjectMeta, texts: &mut Interner) -> Sym {
    texts.intern(meta.namespace.as_deref().unwrap_or_default())
}

fn annotation<'a>(meta: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    meta.annotations.as_ref()?.get(key).map(String::as_str)
}

fn class_name<'a>(meta: &'a ObjectMeta, class: Option<&'a String>) -> &'a str {
    annotation(meta, CLASS_ANNOTATION).unwrap_or(class.map_or("", String::as_str))
}

fn zones(own: &PersistentVolume, texts: &mut Interner) -> Vec<(Sym, Vec<Sym>)> {
    let mut all = Vec::new();
    for key in ZONE_LABELS {
        let Some(value) = own
            .metadata
            .labels
            .as_ref()
            .and_then(|labels| labels.get(key))
        else {
            continue;
        };
        let parts: Vec<&str> = value.split("__").map(str::trim).collect();
        // Upstream passes over a label it cannot parse.
        if parts.iter().all(|part| !part.is_empty()) {
            let parts = parts.into_iter().map(|part| texts.intern(part)).collect();
            all.push((texts.intern(key), parts));
        }
    }
    all
}

/// The last part of an EBS volume's name, `aws://zone/vol-1`.
fn ebs_handle(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The plugin of an in-tree volume that CSI took over.
fn migrated_plugin(spec: &PersistentVolumeSpec) -> Option<&'static str> {
    let given = [
        spec.aws_elastic_block_store.is_some(),
        spec.gce_persistent_disk.is_some(),
        spec.azure_disk.is_some(),
        spec.cinder.is_some(),
        spec.portworx_volume.is_some(),
    ];
    let at = given.iter().position(|&given| given)?;
    Some(MIGRATED[at].0)
}

/// Driver and handle of a pod's in-tree volume that CSI took over.
pub(crate) fn inline_handle(volume: &Volume) -> Option<(&'static str, String)> {
    if let Some(disk) = &volume.aws_elastic_block_store {
        return Some((MIGRATED[0].1, ebs_handle(&disk.volume_id).to_owned()));
    }
    if let Some(disk) = &volume.gce_persistent_disk {
        let handle = migration::gce_handle(migration::GCE_ANYWHERE, &disk.pd_name);
        return Some((MIGRATED[1].1, handle));
    }
    if let Some(disk) = &volume.azure_disk {
        return Some((MIGRATED[2].1, disk.disk_uri.clone()));
    }
    if let Some(disk) = &volume.cinder {
        return Some((MIGRATED[3].1, disk.volume_id.clone()));
    }
    let disk = volume.portworx_volume.as_ref()?;
    Some((MIGRATED[4].1, disk.volume_id.clone()))
}

fn mode(given: Option<&String>, texts: &mut Interner) -> Sym {
    texts.intern(given.map_or("Filesystem", String::as_str))
}

fn modes(given: Option<&Vec<String>>, texts: &mut Interner) -> Vec<Sym> {
    given
        .into_iter()
        .flatten()
        .map(|mode| texts.intern(mode))
        .collect()
}

impl State {
    /// Adds or replaces a volume.
    pub fn add_persistent_volume(&mut self, volume: &PersistentVolume) {
        let texts = &mut self.texts;
        let empty = PersistentVolumeSpec::default();
        let spec = volume.spec.as_ref().unwrap_or(&empty);
        let phase = volume
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        let capacity = spec
            .capacity
            .as_ref()
            .and_then(|capacity| capacity.get("storage"));
        let claim = spec.claim_ref.as_ref().map(|own| {
            let mut part =
                |text: &Option<String>| texts.intern(text.as_deref().unwrap_or_default());
            (part(&own.namespace), part(&own.name), part(&own.uid))
        });
        let required = spec
            .node_affinity
            .as_ref()
            .and_then(|own| own.required.as_ref());
        let csi = spec.csi.as_ref();
        let in_tree = migrated_plugin(spec).filter(|_| csi.is_none());
        let translated = match &in_tree {
            Some(_) => migration::node_affinity(volume),
            None => Ok(None),
        };
        let own = Pv {
            name: name(&volume.metadata, texts),
            class: texts.intern(class_name(
                &volume.metadata,
                spec.storage_class_name.as_ref(),
            )),
            labels: intern_labels(volume.metadata.labels.as_ref(), texts),
            capacity: capacity.map_or(Quantity::ZERO, read),
            mode: mode(spec.volume_mode.as_ref(), texts),
            attributes_class: texts.intern(
                spec.volume_attributes_class_name
                    .as_deref()
                    .unwrap_or_default(),
            ),
            access_modes: modes(spec.access_modes.as_ref(), texts),
            available: phase == Some("Available"),
            deleting: volume.metadata.deletion_timestamp.is_some(),
            claim,
            terms: required.map(|selector| node_terms(selector, texts)),
            csi: csi.map(|own| (texts.intern(&own.driver), texts.intern(&own.volume_handle))),
            migrated: in_tree.map(|plugin| {
                let driver = migrated_driver(plugin).unwrap_or_default();
                let handle = migration::handle(volume).unwrap_or_default();
                (
                    texts.intern(plugin),
                    texts.intern(driver),
                    texts.intern(&handle),
                )
            }),
            translated: translated
                .map(|affinity| affinity.map(|selector| node_terms(&selector, texts))),
            zones: zones(volume, texts),
        };
        let storage = &mut self.storage;
        if let Some(before) = storage.volumes.get(&own.name)
            && let Some(names) = storage.volumes_by_class.get_mut(&before.class)
        {
            names.retain(|&name| name != own.name);
        }
        let names = storage.volumes_by_class.entry(own.class).or_default();
        let text = self.texts.text(own.name);
        let at = names.partition_point(|&name| self.texts.text(name) < text);
        names.insert(at, own.name);
        storage.volumes.insert(own.name, own);
    }

    /// Adds or replaces a claim.
    pub fn add_persistent_volume_claim(&mut self, claim: &PersistentVolumeClaim) {
        let texts = &mut self.texts;
        let spec = claim.spec.clone().unwrap_or_default();
        let meta = &claim.metadata;
        let phase = claim
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        let requests = spec
            .resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref());
        let owners = meta.owner_references.iter().flatten();
        let controller = owners.clone().find(|owner| owner.controller == Some(true));
        let access_modes = modes(spec.access_modes.as_ref(), texts);
        let own = Pvc {
            namespace: namespace(meta, texts),
            name: name(meta, texts),
            uid: texts.intern(meta.uid.as_deref().unwrap_or_default()),
            volume: texts.intern(spec.volume_name.as_deref().unwrap_or_default()),
            bind_completed: annotation(meta, BIND_COMPLETED).is_some(),
            selected_node: annotation(meta, SELECTED_NODE).map(|node| texts.intern(node)),
            class: texts.intern(class_name(meta, spec.storage_class_name.as_ref())),
            lost: phase == Some("Lost"),
            deleting: meta.deletion_timestamp.is_some(),
            once_per_pod: access_modes.contains(&texts.intern("ReadWriteOncePod")),
            access_modes,
            request: requests
                .and_then(|requests| requests.get("storage"))
                .map(read),
            selector: spec
                .selector
                .as_ref()
                .map(|selector| Selector::read(Some(selector), texts)),
            mode: mode(spec.volume_mode.as_ref(), texts),
            attributes_class: texts.intern(
                spec.volume_attributes_class_name
                    .as_deref()
                    .unwrap_or_default(),
            ),
            controller: controller.map(|owner| texts.intern(&owner.uid)),
        };
        self.storage.claims.insert((own.namespace, own.name), own);
    }

    /// Adds or replaces a storage class.
    pub fn add_storage_class(&mut self, class: &ApiStorageClass) {
        let texts = &mut self.texts;
        let mut topologies = Vec::new();
        for term in class.allowed_topologies.iter().flatten() {
            let needs = term.match_label_expressions.as_deref().unwrap_or_default();
            let parsed: Result<Vec<Requirement>, String> = needs
                .iter()
                .map(|need| requirement(&need.key, "In", &need.values, texts))
                .collect();
            topologies.push(parsed.ok().filter(|needs| !needs.is_empty()));
        }
        let own = StorageClass {
            provisioner: texts.intern(&class.provisioner),
            waits: class
                .volume_binding_mode
                .as_ref()
                .map(|mode| mode == "WaitForFirstConsumer"),
            topologies,
        };
        let name = name(&class.metadata, texts);
        self.storage.classes.insert(name, own);
    }

    /// Adds or replaces a node's list of CSI drivers.
    pub fn add_csi_node(&mut self, node: &CSINode) {
        let texts = &mut self.texts;
        let mut own = CsiNode::default();
        for driver in &node.spec.drivers {
            if let Some(count) = driver.allocatable.as_ref().and_then(|limits| limits.count) {
                let name = texts.intern(&driver.name);
                own.limits.retain(|&(other, _)| other != name);
                own.limits.push((name, i64::from(count)));
            }
        }
        let plugins = annotation(&node.metadata, MIGRATED_PLUGINS).unwrap_or_default();
        own.migrated_plugins = plugins
            .split(',')
            .map(|plugin| texts.intern(plugin))
            .collect();
        let name = name(&node.metadata, texts);
        self.storage.csi_nodes.insert(name, own);
    }

    /// Adds or replaces a CSI driver.
    pub fn add_csi_driver(&mut self, driver: &CSIDriver) {
        let name = name(&driver.metadata, &mut self.texts);
        self.storage
            .drivers
            .insert(name, driver.spec.storage_capacity == Some(true));
    }

    /// Adds or replaces a capacity a CSI driver publishes.
    pub fn add_csi_storage_capacity(&mut self, capacity: &CSIStorageCapacity) {
        let texts = &mut self.texts;
        let limit = capacity
            .maximum_volume_size
            .as_ref()
            .or(capacity.capacity.as_ref());
        let topology = capacity.node_topology.as_ref();
        let own = Capacity {
            object: (
                namespace(&capacity.metadata, texts),
                name(&capacity.metadata, texts),
            ),
            class: texts.intern(&capacity.storage_class_name),
            limit: limit.map(|limit| read(limit).value()),
            topology: topology.and_then(|own| Selector::read(Some(own), texts).ok()),
        };
        self.storage
            .capacities
            .retain(|other| other.object != own.object);
        self.storage.capacities.push(own);
    }

    /// Adds or replaces an attachment.
    pub fn add_volume_attachment(&mut self, attachment: &VolumeAttachment) {
        let texts = &mut self.texts;
        let own = name(&attachment.metadata, texts);
        let node = texts.intern(&attachment.spec.node_name);
        let storage = &mut self.storage;
        if let Some(before) = storage.attachments.insert(own, node)
            && let Some(all) = storage.attached.get_mut(&before)
        {
            all.retain(|&(other, ..)| other != own);
        }
        let Some(volume) = &attachment.spec.source.persistent_volume_name else {
            return;
        };
        if attachment.spec.attacher.is_empty() {
            return;
        }
        let entry = (
            own,
            texts.intern(&attachment.spec.attacher),
            texts.intern(volume),
        );
        storage.attached.entry(node).or_default().push(entry);
    }
}
