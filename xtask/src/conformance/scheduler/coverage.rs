//! What the cases reached: filters and their outcomes, fields and their values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use super::case::{Answer, Case, Preemption};
use super::generate::NAMESPACES;

/// The filters of the default profile, in the order in which they run.
const FILTERS: &[&str] = &[
    "SchedulingGates",
    "NodeUnschedulable",
    "NodeName",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "NodeVolumeLimits",
    "VolumeBinding",
    "VolumeZone",
    "PodTopologySpread",
    "InterPodAffinity",
    "DynamicResources",
    "NodeDeclaredFeatures",
];

const OUTCOMES: &[&str] = &[
    "before any node",
    "Unschedulable",
    "UnschedulableAndUnresolvable",
    "Error",
];

/// Maps whose keys are the user's own: they are one field, not many.
const OPEN_MAPS: &[&str] = &[
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "requests",
    "limits",
    "overhead",
    "allocatedResources",
    "allocatable",
    "capacity",
    "attributes",
];

/// Fields whose values are few, and each of which is an outcome of its own.
const CLOSED: &[&str] = &[
    "operator",
    "effect",
    "whenUnsatisfiable",
    "nodeAffinityPolicy",
    "nodeTaintsPolicy",
    "protocol",
    "restartPolicy",
    "hostIP",
    "minDomains",
    "action",
    "volumeBindingMode",
    "phase",
    "allocationMode",
    "accessModes",
];

/// Counts over all cases.
#[derive(Debug, Default)]
pub struct Coverage {
    rejections: BTreeMap<(String, String), usize>,
    reasons: BTreeMap<String, usize>,
    passed: BTreeMap<String, usize>,
    pod_fields: BTreeMap<String, usize>,
    object_fields: BTreeMap<String, usize>,
    fits: usize,
    nodes: usize,
}

impl Coverage {
    /// Counts one case and what the judge said.
    pub fn add(&mut self, case: &Case, answer: &Answer) {
        self.outcomes(answer);
        let concerned = concerned(&case.pod, &case.objects);
        let fits = answer
            .nodes
            .values()
            .filter(|verdict| verdict.code == "Success")
            .count();
        self.fits += fits;
        self.nodes += answer.nodes.len();
        for filter in concerned {
            *self.passed.entry(filter.to_owned()).or_default() += fits;
        }
        let mut seen = BTreeSet::new();
        fields(&case.pod, "", &mut seen);
        for field in seen {
            *self.pod_fields.entry(field).or_default() += 1;
        }
        let mut seen = BTreeSet::new();
        for object in &case.objects {
            fields(
                object,
                object["kind"].as_str().unwrap_or_default(),
                &mut seen,
            );
        }
        for field in seen {
            *self.object_fields.entry(field).or_default() += 1;
        }
    }

    fn outcomes(&mut self, answer: &Answer) {
        if let Some(preemption) = &answer.preemption {
            self.preemption(preemption);
        }
        let before = answer.prefilter.iter().chain(&answer.pre_enqueue);
        for verdict in before {
            self.reject(&verdict.plugin, "before any node", &verdict.reasons);
        }
        for verdict in answer
            .nodes
            .values()
            .filter(|verdict| verdict.code != "Success")
        {
            let plugin = if verdict.plugin.is_empty() {
                "NodeAffinity"
            } else {
                &verdict.plugin
            };
            self.reject(plugin, &verdict.code, &verdict.reasons);
        }
    }

    fn reject(&mut self, plugin: &str, outcome: &str, reasons: &[String]) {
        *self
            .rejections
            .entry((plugin.to_owned(), outcome.to_owned()))
            .or_default() += 1;
        for reason in reasons {
            self.reason(plugin, reason);
        }
    }

    fn reason(&mut self, plugin: &str, reason: &str) {
        let reason = format!("{plugin}: {}", without_names(reason));
        *self.reasons.entry(reason).or_default() += 1;
    }

    /// What preemption says: that it helps, or `preemption: 0/5 nodes are available: 5 why.`
    fn preemption(&mut self, answer: &Preemption) {
        if !answer.candidates.is_empty() {
            return self.reason("preemption", "victims found");
        }
        let sentence = answer.message.trim_start_matches("preemption: ");
        let why = sentence.split_once("are available: ");
        for part in why.map_or(sentence, |(_, why)| why).split(", ") {
            let counted = |c: char| c.is_ascii_digit() || c == ' ';
            let part = part.trim_start_matches(counted).trim_end_matches('.');
            self.reason("preemption", part);
        }
    }

    /// Takes in what another thread counted.
    pub fn merge(&mut self, other: Self) {
        merge(&mut self.rejections, other.rejections);
        merge(&mut self.reasons, other.reasons);
        merge(&mut self.passed, other.passed);
        merge(&mut self.pod_fields, other.pod_fields);
        merge(&mut self.object_fields, other.object_fields);
        self.fits += other.fits;
        self.nodes += other.nodes;
    }

    /// The table; with `fields`, every field and value too; with `all`, what was not reached.
    pub fn table(&self, with_fields: bool, all: bool) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{:<22}{:>12}{:>17}{:>15}{:>30}{:>8}",
            "filter", "passed", OUTCOMES[0], OUTCOMES[1], OUTCOMES[2], OUTCOMES[3]
        );
        for filter in FILTERS {
            let count = |outcome: &str| {
                self.rejections
                    .get(&((*filter).to_owned(), outcome.to_owned()))
                    .copied()
                    .unwrap_or(0)
            };
            let _ = writeln!(
                out,
                "{filter:<22}{:>12}{:>17}{:>15}{:>30}{:>8}",
                self.passed.get(*filter).copied().unwrap_or(0),
                count(OUTCOMES[0]),
                count(OUTCOMES[1]),
                count(OUTCOMES[2]),
                count(OUTCOMES[3])
            );
        }
        let _ = writeln!(out, "{} of {} nodes fit", self.fits, self.nodes);
        if with_fields {
            section(&mut out, "reasons", &self.reasons);
            section(&mut out, "fields of the pod (cases)", &self.pod_fields);
            section(
                &mut out,
                "fields of other objects (cases)",
                &self.object_fields,
            );
        }
        if all {
            for missing in self.missing() {
                let _ = writeln!(out, "not reached: {missing}");
            }
        }
        out
    }

    /// Fields of a pod that bear on scheduling, and reasons, that no case had.
    pub fn missing(&self) -> Vec<&'static str> {
        let fields = FIELDS
            .iter()
            .filter(|field| !self.pod_fields.contains_key(**field));
        let reasons = REASONS
            .iter()
            .filter(|reason| !self.reasons.contains_key(**reason));
        fields.chain(reasons).copied().collect()
    }
}

/// Every field of a pod that some filter, score or preemption reads.
const FIELDS: &[&str] = &[
    ".metadata.labels",
    ".metadata.namespace",
    ".metadata.uid",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.key",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.operator",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.operator=Exists",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.operator=Gt",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.operator=In",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.operator=Lt",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.operator=NotIn",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.values",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchFields.key",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchFields.operator",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchFields.operator=In",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchFields.values",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.weight",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.key",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=Exists",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=Gt",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=In",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=Lt",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=NotIn",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.values",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields.key",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields.operator",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields.operator=In",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields.operator=NotIn",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields.values",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.key",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator=Exists",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator=In",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator=NotIn",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.values",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchLabels",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.matchLabelKeys",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.mismatchLabelKeys",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.namespaceSelector.matchExpressions.key",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.namespaceSelector.matchExpressions.operator",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.namespaceSelector.matchLabels",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.namespaces",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.topologyKey",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.weight",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.key",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=Exists",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=In",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=NotIn",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.values",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchLabels",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.matchLabelKeys",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.mismatchLabelKeys",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.key",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.operator",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.operator=Exists",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchLabels",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaces",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.topologyKey",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.key",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator=Exists",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator=In",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.operator=NotIn",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchExpressions.values",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.labelSelector.matchLabels",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.matchLabelKeys",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.mismatchLabelKeys",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.namespaceSelector.matchExpressions.key",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.namespaceSelector.matchExpressions.operator",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.namespaces",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.topologyKey",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.weight",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.key",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=Exists",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=In",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=NotIn",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.values",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchLabels",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.matchLabelKeys",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.mismatchLabelKeys",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.key",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.operator",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.operator=Exists",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchLabels",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaces",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.topologyKey",
    ".spec.containers.name",
    ".spec.containers.ports.hostIP",
    ".spec.containers.ports.hostPort",
    ".spec.containers.ports.protocol",
    ".spec.containers.ports.protocol=SCTP",
    ".spec.containers.ports.protocol=TCP",
    ".spec.containers.ports.protocol=UDP",
    ".spec.containers.resources.claims.name",
    ".spec.containers.resources.limits",
    ".spec.containers.resources.requests",
    ".spec.containers.restartPolicy",
    ".spec.containers.restartPolicy=Never",
    ".spec.containers.restartPolicyRules.action",
    ".spec.containers.restartPolicyRules.action=Restart",
    ".spec.containers.restartPolicyRules.action=RestartAllContainers",
    ".spec.containers.restartPolicyRules.exitCodes.operator",
    ".spec.containers.restartPolicyRules.exitCodes.operator=In",
    ".spec.containers.restartPolicyRules.exitCodes.values",
    ".spec.hostNetwork",
    ".spec.hostUsers",
    ".spec.initContainers.name",
    ".spec.initContainers.ports.hostIP",
    ".spec.initContainers.ports.hostPort",
    ".spec.initContainers.ports.protocol",
    ".spec.initContainers.ports.protocol=SCTP",
    ".spec.initContainers.ports.protocol=TCP",
    ".spec.initContainers.resources.limits",
    ".spec.initContainers.resources.requests",
    ".spec.initContainers.restartPolicy",
    ".spec.initContainers.restartPolicy=Always",
    ".spec.initContainers.restartPolicy=Never",
    ".spec.initContainers.restartPolicyRules.action",
    ".spec.initContainers.restartPolicyRules.action=Restart",
    ".spec.initContainers.restartPolicyRules.action=RestartAllContainers",
    ".spec.initContainers.restartPolicyRules.exitCodes.operator",
    ".spec.initContainers.restartPolicyRules.exitCodes.operator=In",
    ".spec.initContainers.restartPolicyRules.exitCodes.values",
    ".spec.nodeName",
    ".spec.nodeSelector",
    ".spec.overhead",
    ".spec.preemptionPolicy",
    ".spec.priority",
    ".spec.resourceClaims.name",
    ".spec.resourceClaims.resourceClaimName",
    ".spec.resourceClaims.resourceClaimTemplateName",
    ".spec.resources.limits",
    ".spec.resources.requests",
    ".spec.schedulerName",
    ".spec.schedulingGates.name",
    ".spec.tolerations.effect",
    ".spec.tolerations.effect=NoExecute",
    ".spec.tolerations.effect=NoSchedule",
    ".spec.tolerations.effect=PreferNoSchedule",
    ".spec.tolerations.key",
    ".spec.tolerations.operator",
    ".spec.tolerations.operator=Equal",
    ".spec.tolerations.operator=Exists",
    ".spec.tolerations.operator=Gt",
    ".spec.tolerations.operator=Lt",
    ".spec.tolerations.tolerationSeconds",
    ".spec.tolerations.value",
    ".spec.topologySpreadConstraints.labelSelector.matchExpressions.key",
    ".spec.topologySpreadConstraints.labelSelector.matchExpressions.operator",
    ".spec.topologySpreadConstraints.labelSelector.matchExpressions.operator=DoesNotExist",
    ".spec.topologySpreadConstraints.labelSelector.matchExpressions.operator=Exists",
    ".spec.topologySpreadConstraints.labelSelector.matchExpressions.operator=In",
    ".spec.topologySpreadConstraints.labelSelector.matchExpressions.operator=NotIn",
    ".spec.topologySpreadConstraints.labelSelector.matchExpressions.values",
    ".spec.topologySpreadConstraints.labelSelector.matchLabels",
    ".spec.topologySpreadConstraints.matchLabelKeys",
    ".spec.topologySpreadConstraints.maxSkew",
    ".spec.topologySpreadConstraints.minDomains",
    ".spec.topologySpreadConstraints.nodeAffinityPolicy",
    ".spec.topologySpreadConstraints.nodeAffinityPolicy=Honor",
    ".spec.topologySpreadConstraints.nodeAffinityPolicy=Ignore",
    ".spec.topologySpreadConstraints.nodeTaintsPolicy",
    ".spec.topologySpreadConstraints.nodeTaintsPolicy=Honor",
    ".spec.topologySpreadConstraints.nodeTaintsPolicy=Ignore",
    ".spec.topologySpreadConstraints.topologyKey",
    ".spec.topologySpreadConstraints.whenUnsatisfiable",
    ".spec.topologySpreadConstraints.whenUnsatisfiable=DoNotSchedule",
    ".spec.topologySpreadConstraints.whenUnsatisfiable=ScheduleAnyway",
    ".spec.volumes.awsElasticBlockStore.readOnly",
    ".spec.volumes.awsElasticBlockStore.volumeID",
    ".spec.volumes.azureDisk.diskURI",
    ".spec.volumes.cinder.volumeID",
    ".spec.volumes.csi.driver",
    ".spec.volumes.ephemeral.volumeClaimTemplate.spec.accessModes",
    ".spec.volumes.ephemeral.volumeClaimTemplate.spec.accessModes=ReadWriteOnce",
    ".spec.volumes.ephemeral.volumeClaimTemplate.spec.resources.requests",
    ".spec.volumes.ephemeral.volumeClaimTemplate.spec.storageClassName",
    ".spec.volumes.gcePersistentDisk.pdName",
    ".spec.volumes.gcePersistentDisk.readOnly",
    ".spec.volumes.iscsi.iqn",
    ".spec.volumes.iscsi.readOnly",
    ".spec.volumes.name",
    ".spec.volumes.persistentVolumeClaim.claimName",
    ".spec.volumes.persistentVolumeClaim.readOnly",
    ".spec.volumes.portworxVolume.volumeID",
    ".spec.volumes.rbd.monitors",
    ".spec.volumes.rbd.pool",
    ".spec.volumes.rbd.readOnly",
    ".status.containerStatuses.allocatedResources",
    ".status.containerStatuses.name",
    ".status.containerStatuses.resources.requests",
    ".status.initContainerStatuses.name",
    ".status.initContainerStatuses.resources.requests",
    ".status.nominatedNodeName",
    ".status.resourceClaimStatuses.name",
    ".status.resourceClaimStatuses.resourceClaimName",
];

/// Every reason of a filter, as far as an API server's objects can lead to it, and what preemption says.
const REASONS: &[&str] = &[
    "DynamicResources: ResourceClaim … was not created for Pod … (Pod is not owner)",
    "DynamicResources: cannot allocate all claims",
    "DynamicResources: could not find ResourceClaim \"\"",
    "DynamicResources: pod \"\": ResourceClaim not created yet",
    "DynamicResources: request one: device class absent does not exist",
    "DynamicResources: resourceclaim \"\" is being deleted",
    "DynamicResources: resourceclaim not available on the node",
    "InterPodAffinity: node(s) didn't match pod affinity rules",
    "InterPodAffinity: node(s) didn't match pod anti-affinity rules",
    "InterPodAffinity: node(s) didn't satisfy existing pods anti-affinity rules",
    "NodeAffinity: node(s) didn't match Pod's node affinity/selector",
    "NodeAffinity: node(s) didn't satisfy plugin(s) [NodeAffinity]",
    "NodeAffinity: pod affinity terms conflict",
    "NodeDeclaredFeatures: node(s) didn't match Pod's required features",
    "NodeName: node(s) didn't match the requested node name",
    "NodePorts: node(s) didn't have free ports for the requested pod ports",
    "NodeResourcesFit: Insufficient attachable-volumes-x",
    "NodeResourcesFit: Insufficient cpu",
    "NodeResourcesFit: Insufficient ephemeral-storage",
    "NodeResourcesFit: Insufficient example.com/foo",
    "NodeResourcesFit: Insufficient hugepages-2Mi",
    "NodeResourcesFit: Insufficient memory",
    "NodeResourcesFit: Too many pods",
    "NodeUnschedulable: node(s) were unschedulable",
    "NodeVolumeLimits: node(s) exceed max volume count",
    "NodeVolumeLimits: running \"\" filter plugin: PVC … was not created for pod … (pod is not owner)",
    "PodTopologySpread: node(s) didn't match pod topology spread constraints",
    "PodTopologySpread: node(s) didn't match pod topology spread constraints (missing required label)",
    "SchedulingGates: waiting for scheduling gates: […]",
    "TaintToleration: node(s) had untolerated taint(s)",
    "VolumeBinding: PVC … was not created for pod … (pod is not owner)",
    "VolumeBinding: node(s) did not have enough free storage",
    "VolumeBinding: node(s) didn't find available persistent volumes to bind",
    "VolumeBinding: node(s) didn't match PersistentVolume's node affinity",
    "VolumeBinding: node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
    "VolumeBinding: persistentvolumeclaim \"\" bound to non-existent persistentvolume \"\"",
    "VolumeBinding: persistentvolumeclaim \"\" is being deleted",
    "VolumeBinding: pod has unbound immediate PersistentVolumeClaims",
    "VolumeBinding: waiting for ephemeral volume controller to create the persistentvolumeclaim \"\"",
    "VolumeRestrictions: node(s) had no available disk",
    "VolumeRestrictions: node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
    "VolumeRestrictions: persistentvolumeclaim \"\" not found",
    "VolumeZone: node(s) had no available volume zone",
    "VolumeZone: persistentvolume \"\" not found",
    "preemption: No preemption victims found for incoming pod",
    "preemption: Preemption is not helpful for scheduling",
    "preemption: not eligible due to a terminating pod on the nominated node",
    "preemption: not eligible due to preemptionPolicy=Never",
    "preemption: victims found",
];

fn merge<K: Ord>(into: &mut BTreeMap<K, usize>, from: BTreeMap<K, usize>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}

fn section(out: &mut String, title: &str, counts: &BTreeMap<String, usize>) {
    let _ = writeln!(out, "\n{title}");
    for (name, count) in counts {
        let _ = writeln!(out, "{count:>9}  {name}");
    }
}

fn fields(value: &Value, at: &str, out: &mut BTreeSet<String>) {
    let last = at.rsplit('.').next().unwrap_or_default();
    match value {
        Value::Object(map) if !OPEN_MAPS.contains(&last) => {
            for (key, inner) in map {
                fields(inner, &format!("{at}.{key}"), out);
            }
        }
        Value::Array(items) => {
            for inner in items {
                fields(inner, at, out);
            }
        }
        _ => {
            out.insert(at.to_owned());
            if CLOSED.contains(&last) {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), ToOwned::to_owned);
                out.insert(format!("{at}={text}"));
            }
        }
    }
}

/// The filters that have something to look at.
fn concerned(pod: &Value, objects: &[Value]) -> Vec<&'static str> {
    let text = pod["spec"].to_string();
    let has = |word: &str| text.contains(word);
    let some = |word: &str| objects.iter().any(|o| o.to_string().contains(word));
    let checks: [(&str, bool); 15] = [
        ("SchedulingGates", has("schedulingGates")),
        ("NodeUnschedulable", some("\"unschedulable\":true")),
        ("NodeName", has("\"nodeName\"")),
        ("TaintToleration", some("\"taints\"")),
        ("NodeAffinity", has("nodeAffinity") || has("nodeSelector\"")),
        ("NodePorts", has("hostPort\"")),
        ("NodeResourcesFit", has("\"requests\"")),
        (
            "VolumeRestrictions",
            has("readOnly") || some("ReadWriteOncePod"),
        ),
        ("NodeVolumeLimits", has("claimName") && some("CSINode")),
        ("VolumeBinding", has("claimName")),
        ("VolumeZone", has("claimName") && some("pv-zoned")),
        ("PodTopologySpread", has("DoNotSchedule")),
        (
            "InterPodAffinity",
            has("podAffinity") || has("podAntiAffinity") || some("podAntiAffinity"),
        ),
        ("DynamicResources", has("resourceClaims")),
        (
            "NodeDeclaredFeatures",
            has("RestartAllContainers") || has("hostUsers"),
        ),
    ];
    checks
        .into_iter()
        .filter(|(_, yes)| *yes)
        .map(|(name, _)| name)
        .collect()
}

/// A reason without names, so that alike ones are counted together.
fn without_names(reason: &str) -> String {
    if let Some((head, _)) = reason.split_once("gates: [") {
        return format!("{head}gates: […]");
    }
    let mut quoted = false;
    let unquoted: String = reason
        .chars()
        .filter(|&c| {
            if c == '"' {
                quoted = !quoted;
                return true;
            }
            !quoted
        })
        .collect();
    let is_name = |word: &str| {
        let namespace = word.split_once('/').map(|(namespace, _)| namespace);
        namespace.is_some_and(|own| NAMESPACES.contains(&own))
    };
    let words = unquoted.split(' ').map(|word| {
        let (name, rest) = match word.strip_suffix([':', ',']) {
            Some(name) => (name, &word[name.len()..]),
            None => (word, ""),
        };
        if is_name(name) {
            format!("…{rest}")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
