//! Who manages a workload, and whether somebody else changed its image since.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::workload::{Workload, Writer};

/// A tool that puts workloads into a cluster and keeps them there.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, Ord, PartialEq, PartialOrd)]
#[schemars(rename_all = "kebab-case")]
pub enum Tool {
    /// helm.
    Helm,
    /// Flux, from a `HelmRelease` or a Kustomization.
    Flux,
    /// Argo CD.
    #[schemars(rename = "argocd")]
    ArgoCd,
    /// The add-on manager of kubernetes/kubernetes, `cluster/addons/addon-manager`.
    AddonManager,
    /// kubeadm.
    Kubeadm,
    /// Amazon EKS.
    Eks,
    /// k3s and RKE2, by manifests on the server's disk.
    Rke2,
    /// The Operator Lifecycle Manager.
    Olm,
    /// `kubectl apply`.
    #[schemars(rename = "kubectl apply")]
    KubectlApply,
    /// kubectl in another way: create, edit, set.
    Kubectl,
    /// The kubelet, from a file on the node.
    #[schemars(rename = "static pod")]
    StaticPod,
    /// Some other field manager.
    Other,
    /// The object does not tell.
    #[default]
    Unknown,
}

impl fmt::Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Helm => "helm",
            Self::Flux => "flux",
            Self::ArgoCd => "argocd",
            Self::AddonManager => "addon-manager",
            Self::Kubeadm => "kubeadm",
            Self::Eks => "eks",
            Self::Rke2 => "rke2",
            Self::Olm => "olm",
            Self::KubectlApply => "kubectl apply",
            Self::Kubectl => "kubectl",
            Self::StaticPod => "static pod",
            Self::Other => "other",
            Self::Unknown => "unknown",
        })
    }
}

impl Serialize for Tool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Who manages a workload.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedBy {
    /// The tool.
    pub tool: Tool,
    /// The release, application or manager that it goes by.
    pub name: Option<String>,
    /// Who set an image last, where the object tells.
    pub image_set_by: Option<String>,
    /// When.
    pub image_set_at: Option<Timestamp>,
    /// Whether that was somebody else than the tool.
    pub overridden: bool,
}

/// Finds out from labels, annotations and field managers.
#[must_use]
pub fn managed_by(workload: &Workload) -> ManagedBy {
    let (tool, name) = tool(workload);
    let last = workload.writers.iter().rev().find(|writer| writer.images);
    ManagedBy {
        overridden: last.is_some_and(|writer| !belongs(tool, &writer.manager)),
        image_set_by: last.map(|writer| writer.manager.clone()),
        image_set_at: last.and_then(|writer| writer.time),
        tool,
        name,
    }
}

fn tool(workload: &Workload) -> (Tool, Option<String>) {
    let label = |name: &str| workload.labels.get(name).filter(|value| !value.is_empty());
    let annotation = |name: &str| workload.annotations.get(name);
    let wrote = |manager: &str| {
        workload
            .writers
            .iter()
            .any(|writer| writer.manager == manager)
    };
    if let Some(tracking) = annotation("argocd.argoproj.io/tracking-id") {
        let application = tracking.split(':').next().unwrap_or_default();
        return (Tool::ArgoCd, Some(application.to_owned()));
    }
    if let Some(instance) = label("argocd.argoproj.io/instance") {
        return (Tool::ArgoCd, Some(instance.clone()));
    }
    let flux = label("helm.toolkit.fluxcd.io/name").or(label("kustomize.toolkit.fluxcd.io/name"));
    if let Some(name) = flux {
        return (Tool::Flux, Some(name.clone()));
    }
    if let Some(mode) = label("addonmanager.kubernetes.io/mode") {
        return (Tool::AddonManager, Some(mode.clone()));
    }
    if let Some(release) = annotation("meta.helm.sh/release-name") {
        return (Tool::Helm, Some(release.clone()));
    }
    if let Some(owner) = label("olm.owner") {
        return (Tool::Olm, Some(owner.clone()));
    }
    if annotation("objectset.rio.cattle.io/owner-gvk").is_some() {
        return (Tool::Rke2, None);
    }
    for (manager, tool) in [
        ("argocd-controller", Tool::ArgoCd),
        ("helm-controller", Tool::Flux),
        ("kustomize-controller", Tool::Flux),
        ("helm", Tool::Helm),
        ("eks", Tool::Eks),
        ("kubeadm", Tool::Kubeadm),
    ] {
        if wrote(manager) {
            return (tool, None);
        }
    }
    if workload.is_static {
        let kubeadm = workload
            .annotations
            .keys()
            .any(|name| name.starts_with("kubeadm.kubernetes.io/"));
        // kubeadm labels what it writes to disk with a tier, and nothing else does all of it.
        let control_plane = label("tier").is_some_and(|tier| tier == "control-plane");
        let tool = if kubeadm || control_plane {
            Tool::Kubeadm
        } else {
            Tool::StaticPod
        };
        return (tool, None);
    }
    let applied = annotation("kubectl.kubernetes.io/last-applied-configuration").is_some();
    if applied || wrote("kubectl-client-side-apply") {
        return (Tool::KubectlApply, None);
    }
    by_last_writer(&workload.writers)
}

fn by_last_writer(writers: &[Writer]) -> (Tool, Option<String>) {
    let Some(writer) = writers.iter().rev().find(|writer| writer.images) else {
        return (Tool::Unknown, None);
    };
    let tool = match writer.manager.as_str() {
        // Server-side apply goes by kubectl's bare name.
        "kubectl" => Tool::KubectlApply,
        name if name.starts_with("kubectl-") => Tool::Kubectl,
        _ => Tool::Other,
    };
    (tool, Some(writer.manager.clone()))
}

/// Whether a field manager is one that the tool writes as.
fn belongs(tool: Tool, manager: &str) -> bool {
    match tool {
        // Flux applies charts through the helm library.
        Tool::Helm => manager == "helm" || manager == "Go-http-client",
        Tool::Flux => matches!(manager, "helm-controller" | "kustomize-controller" | "helm"),
        Tool::ArgoCd => manager.starts_with("argocd"),
        Tool::KubectlApply => matches!(manager, "kubectl-client-side-apply" | "kubectl"),
        Tool::Kubeadm => manager == "kubeadm" || manager == "kubelet",
        Tool::Eks => manager == "eks",
        Tool::AddonManager => manager.starts_with("kubectl"),
        Tool::StaticPod => manager == "kubelet",
        Tool::Rke2 | Tool::Olm | Tool::Kubectl | Tool::Other | Tool::Unknown => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(
        kind: &str,
        labels: &[(&str, &str)],
        annotations: &[(&str, &str)],
        writers: &[&str],
    ) -> Workload {
        let map = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        Workload {
            kind: kind.into(),
            is_static: kind == "Pod",
            labels: map(labels),
            annotations: map(annotations),
            writers: writers
                .iter()
                .map(|manager| Writer {
                    manager: (*manager).to_owned(),
                    time: None,
                    images: !manager.starts_with("kube-controller"),
                })
                .collect(),
            ..Workload::default()
        }
    }

    /// Labels, annotations, writers; the tool and the name.
    type Case = (
        &'static [(&'static str, &'static str)],
        &'static [(&'static str, &'static str)],
        &'static [&'static str],
        Tool,
        Option<&'static str>,
    );

    const HELM: &[(&str, &str)] = &[("meta.helm.sh/release-name", "dns")];
    const APPLIED: &[(&str, &str)] = &[("kubectl.kubernetes.io/last-applied-configuration", "")];
    const TRACKED: &[(&str, &str)] =
        &[("argocd.argoproj.io/tracking-id", "cm:apps/Deployment:cm/cm")];
    const ETCD: &[(&str, &str)] = &[("kubeadm.kubernetes.io/etcd.advertise-client-urls", "x")];

    const WORKLOADS: &[Case] = &[
        (&[], HELM, &["helm"], Tool::Helm, Some("dns")),
        (
            &[("helm.toolkit.fluxcd.io/name", "cm")],
            HELM,
            &["helm-controller"],
            Tool::Flux,
            Some("cm"),
        ),
        (
            &[("kustomize.toolkit.fluxcd.io/name", "infra")],
            &[],
            &["kustomize-controller"],
            Tool::Flux,
            Some("infra"),
        ),
        (
            &[],
            TRACKED,
            &["argocd-controller"],
            Tool::ArgoCd,
            Some("cm"),
        ),
        (
            &[("argocd.argoproj.io/instance", "cm")],
            APPLIED,
            &[],
            Tool::ArgoCd,
            Some("cm"),
        ),
        (
            &[("addonmanager.kubernetes.io/mode", "Reconcile")],
            APPLIED,
            &["kubectl-client-side-apply"],
            Tool::AddonManager,
            Some("Reconcile"),
        ),
        (&[], &[], &["kubeadm"], Tool::Kubeadm, None),
        (
            &[],
            &[],
            &["eks", "kube-controller-manager"],
            Tool::Eks,
            None,
        ),
        (
            &[],
            APPLIED,
            &["kubectl-client-side-apply"],
            Tool::KubectlApply,
            None,
        ),
        (&[], &[], &["kubectl"], Tool::KubectlApply, Some("kubectl")),
        (
            &[],
            &[],
            &["kubectl-create"],
            Tool::Kubectl,
            Some("kubectl-create"),
        ),
        (&[], &[], &["terraform"], Tool::Other, Some("terraform")),
        (
            &[("olm.owner", "op.v1")],
            &[],
            &["olm"],
            Tool::Olm,
            Some("op.v1"),
        ),
        (
            &[],
            &[("objectset.rio.cattle.io/owner-gvk", "x")],
            &["deploy@node"],
            Tool::Rke2,
            None,
        ),
        (&[], &[], &[], Tool::Unknown, None),
    ];

    const STATIC_PODS: &[Case] = &[
        (&[], ETCD, &["kubelet"], Tool::Kubeadm, None),
        (
            &[("tier", "control-plane")],
            &[],
            &["kubelet"],
            Tool::Kubeadm,
            None,
        ),
        (&[], &[], &["kubelet"], Tool::StaticPod, None),
    ];

    #[test]
    fn labels_annotations_and_field_managers_tell_the_tool() {
        let deployments = WORKLOADS.iter().map(|case| ("Deployment", case));
        for (kind, case) in deployments.chain(STATIC_PODS.iter().map(|case| ("Pod", case))) {
            let (labels, annotations, writers, tool, name) = case;
            let managed = managed_by(&workload(kind, labels, annotations, writers));
            assert_eq!(
                (managed.tool, managed.name.as_deref()),
                (*tool, *name),
                "{case:?}"
            );
            assert!(!managed.overridden, "{case:?}");
        }
    }

    #[test]
    fn an_image_that_somebody_else_set_is_noticed() {
        let managed = managed_by(&workload(
            "Deployment",
            &[],
            HELM,
            &["helm", "kubectl-set", "kube-controller-manager"],
        ));
        assert!(managed.overridden);
        assert_eq!(managed.image_set_by.as_deref(), Some("kubectl-set"));
        assert!(
            managed_by(&workload(
                "Deployment",
                &[],
                APPLIED,
                &["kubectl-client-side-apply", "kubectl-edit"]
            ))
            .overridden
        );
    }
}
