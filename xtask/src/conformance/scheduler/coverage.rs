//! What the cases reached: filters and their outcomes, fields and their values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use super::case::{Answer, Case};

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
            let reason = format!("{plugin}: {}", without_names(reason));
            *self.reasons.entry(reason).or_default() += 1;
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
        let missing = self.missing();
        if all && !missing.is_empty() {
            let _ = writeln!(out, "not reached: {}", missing.join(", "));
        }
        out
    }

    /// Fields of a pod's spec that bear on scheduling, and that no case had.
    fn missing(&self) -> Vec<&'static str> {
        FIELDS
            .iter()
            .copied()
            .filter(|field| !self.pod_fields.contains_key(*field))
            .collect()
    }
}

/// Every field of a pod that some filter reads.
const FIELDS: &[&str] = &[
    ".metadata.labels",
    ".metadata.namespace",
    ".metadata.uid",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions.key",
    ".spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.weight",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=Exists",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=Gt",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=In",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=Lt",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions.operator=NotIn",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields.operator=In",
    ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields.operator=NotIn",
    ".spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.topologyKey",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=DoesNotExist",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=Exists",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=In",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchExpressions.operator=NotIn",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchLabels",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.matchLabelKeys",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.mismatchLabelKeys",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchLabels",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaces",
    ".spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.topologyKey",
    ".spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.podAffinityTerm.topologyKey",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.labelSelector.matchLabels",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.matchLabelKeys",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.mismatchLabelKeys",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchExpressions.operator=Exists",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaceSelector.matchLabels",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.namespaces",
    ".spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.topologyKey",
    ".spec.containers.ports.hostIP",
    ".spec.containers.ports.hostPort",
    ".spec.containers.ports.protocol=SCTP",
    ".spec.containers.ports.protocol=TCP",
    ".spec.containers.ports.protocol=UDP",
    ".spec.containers.resources.claims.name",
    ".spec.containers.resources.limits",
    ".spec.containers.resources.requests",
    ".spec.containers.restartPolicyRules.action=RestartAllContainers",
    ".spec.hostNetwork",
    ".spec.hostUsers",
    ".spec.initContainers.ports.hostPort",
    ".spec.initContainers.resources.requests",
    ".spec.initContainers.restartPolicy=Always",
    ".spec.nodeName",
    ".spec.nodeSelector",
    ".spec.overhead",
    ".spec.priority",
    ".spec.resourceClaims.resourceClaimName",
    ".spec.resourceClaims.resourceClaimTemplateName",
    ".spec.resources.limits",
    ".spec.resources.requests",
    ".spec.schedulerName",
    ".spec.schedulingGates.name",
    ".spec.tolerations.effect=NoExecute",
    ".spec.tolerations.effect=NoSchedule",
    ".spec.tolerations.effect=PreferNoSchedule",
    ".spec.tolerations.key",
    ".spec.tolerations.operator=Equal",
    ".spec.tolerations.operator=Exists",
    ".spec.tolerations.operator=Gt",
    ".spec.tolerations.operator=Lt",
    ".spec.tolerations.tolerationSeconds",
    ".spec.tolerations.value",
    ".spec.topologySpreadConstraints.labelSelector.matchExpressions.operator=NotIn",
    ".spec.topologySpreadConstraints.labelSelector.matchLabels",
    ".spec.topologySpreadConstraints.matchLabelKeys",
    ".spec.topologySpreadConstraints.maxSkew",
    ".spec.topologySpreadConstraints.minDomains",
    ".spec.topologySpreadConstraints.nodeAffinityPolicy=Honor",
    ".spec.topologySpreadConstraints.nodeAffinityPolicy=Ignore",
    ".spec.topologySpreadConstraints.nodeTaintsPolicy=Honor",
    ".spec.topologySpreadConstraints.nodeTaintsPolicy=Ignore",
    ".spec.topologySpreadConstraints.topologyKey",
    ".spec.topologySpreadConstraints.whenUnsatisfiable=DoNotSchedule",
    ".spec.topologySpreadConstraints.whenUnsatisfiable=ScheduleAnyway",
    ".spec.volumes.awsElasticBlockStore.readOnly",
    ".spec.volumes.csi.driver",
    ".spec.volumes.ephemeral.volumeClaimTemplate.spec.storageClassName",
    ".spec.volumes.gcePersistentDisk.readOnly",
    ".spec.volumes.iscsi.readOnly",
    ".spec.volumes.persistentVolumeClaim.claimName",
    ".spec.volumes.persistentVolumeClaim.readOnly",
    ".spec.volumes.rbd.readOnly",
    ".status.nominatedNodeName",
    ".status.resourceClaimStatuses.resourceClaimName",
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

/// A reason without the names in quotes, so that alike ones are counted together.
fn without_names(reason: &str) -> String {
    let mut quoted = false;
    reason
        .chars()
        .filter(|&c| {
            if c == '"' {
                quoted = !quoted;
                return true;
            }
            !quoted
        })
        .collect()
}
