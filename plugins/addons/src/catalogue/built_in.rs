//! The files of `catalogue/`, as a part of the binary.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((concat!($name, ".yaml"), include_str!(concat!("../../catalogue/", $name, ".yaml")))),*]
    };
}

/// Each file's name and text.
pub(super) const FILES: &[(&str, &str)] = files![
    "addon-resizer",
    "argo-cd",
    "aws-ebs-csi-driver",
    "aws-load-balancer-controller",
    "aws-vpc-cni",
    "calico",
    "cert-manager",
    "cilium",
    "cluster-autoscaler",
    "cluster-proportional-autoscaler",
    "coredns",
    "csi-attacher",
    "csi-livenessprobe",
    "csi-node-driver-registrar",
    "csi-provisioner",
    "csi-resizer",
    "csi-snapshotter",
    "etcd",
    "external-dns",
    "flannel",
    "gatekeeper",
    "ingress-nginx",
    "ip-masq-agent",
    "istio",
    "karpenter",
    "keda",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-network-policies",
    "kube-proxy",
    "kube-scheduler",
    "kube-state-metrics",
    "kyverno",
    "longhorn",
    "metallb",
    "metrics-server",
    "node-local-dns",
    "node-problem-detector",
    "snapshot-controller",
    "traefik",
    "vertical-pod-autoscaler",
];
