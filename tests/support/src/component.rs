use std::fmt;
use std::str::FromStr;

use crate::settings::Settings;
use crate::{ControlPlaneOptions, duration};

/// One process of a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// The database.
    Etcd,
    /// kube-apiserver.
    ApiServer,
    /// One of the kube-controller-managers, counted from 0.
    ControllerManager(usize),
    /// One of the kube-schedulers, counted from 0.
    Scheduler(usize),
    /// kwok, which plays the kubelets of all nodes.
    Kubelets,
}

impl Component {
    /// All components of a control plane, in the order in which they start.
    pub(crate) fn all(options: &ControlPlaneOptions) -> Vec<Self> {
        let mut all = vec![Self::Etcd, Self::ApiServer];
        all.extend((0..options.controller_managers).map(Self::ControllerManager));
        all.extend((0..options.schedulers).map(Self::Scheduler));
        all.push(Self::Kubelets);
        all
    }

    /// The role in which the Go program plays it.
    pub(crate) fn role(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "apiserver",
            Self::ControllerManager(_) => "controller-manager",
            Self::Scheduler(_) => "scheduler",
            Self::Kubelets => "kubelets",
        }
    }

    /// The arguments of the Go program after the role.
    ///
    /// Each names a file in the control plane's directory: that is how its processes are known.
    pub(crate) fn arguments(self, settings: &Settings) -> Vec<String> {
        match self {
            Self::Etcd => etcd(settings),
            Self::ApiServer => api_server(settings),
            Self::ControllerManager(index) => controller_manager(settings, index),
            Self::Scheduler(index) => scheduler(settings, index),
            Self::Kubelets => kubelets(settings),
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControllerManager(index) | Self::Scheduler(index) => {
                write!(f, "{}-{index}", self.role())
            }
            _ => f.write_str(self.role()),
        }
    }
}

impl FromStr for Component {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "`{name}` is no component such as etcd, apiserver, controller-manager-0, \
                 scheduler-0 or kubelets"
            )
        };
        match name {
            "etcd" => return Ok(Self::Etcd),
            "apiserver" => return Ok(Self::ApiServer),
            "kubelets" => return Ok(Self::Kubelets),
            _ => {}
        }
        let (role, index) = name.rsplit_once('-').ok_or_else(wrong)?;
        let index = index.parse().map_err(|_| wrong())?;
        match role {
            "controller-manager" => Ok(Self::ControllerManager(index)),
            "scheduler" => Ok(Self::Scheduler(index)),
            _ => Err(wrong()),
        }
    }
}

/// The truth about a failover is in the logs: each renewal, and who stopped or began to lead.
const RENEWALS_IN_LOG: &str = "--vmodule=leaderelection=5";

/// One machine of the control plane; a controller manager and a scheduler share it.
fn hostname(index: usize) -> String {
    format!("--hostname=controller-{index}")
}

fn etcd(settings: &Settings) -> Vec<String> {
    let client = settings.etcd_url();
    // Nobody dials a sole member's peer address, so it is made up.
    let peer = "http://127.0.0.1:2380";
    vec![
        format!("--data-dir={}", settings.path("etcd")),
        "--name=day2".into(),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        "--listen-peer-urls=http://127.0.0.1:0".into(),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=day2={peer}"),
        "--unsafe-no-fsync".into(),
    ]
}

fn api_server(settings: &Settings) -> Vec<String> {
    let mut arguments = vec![
        hostname(0),
        "--bind-address=127.0.0.1".into(),
        // Without it, it looks for a default route, which a test machine may not have.
        "--advertise-address=127.0.0.1".into(),
        "--endpoint-reconciler-type=none".into(),
        format!("--secure-port={}", settings.api_server_port),
        format!("--etcd-servers={}", settings.etcd_url()),
        format!("--tls-cert-file={}", settings.path("pki/apiserver.crt")),
        format!(
            "--tls-private-key-file={}",
            settings.path("pki/apiserver.key")
        ),
        format!("--client-ca-file={}", settings.path("pki/ca.crt")),
        format!("--token-auth-file={}", settings.path("pki/tokens.csv")),
        "--authorization-mode=Node,RBAC".into(),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--service-account-key-file={}", settings.path("pki/sa.pub")),
        format!(
            "--service-account-signing-key-file={}",
            settings.path("pki/sa.key")
        ),
        "--service-cluster-ip-range=10.96.0.0/16".into(),
        "--allow-privileged=true".into(),
        // Without it, SIGTERM waits a minute for watches to end by themselves.
        "--shutdown-watch-termination-grace-period=1s".into(),
    ];
    if settings.options.coordinated {
        arguments.push("--runtime-config=coordination.k8s.io/v1beta1=true".into());
    }
    arguments.extend(feature_gates(settings));
    arguments
}

fn controller_manager(settings: &Settings, index: usize) -> Vec<String> {
    let mut arguments = vec![
        hostname(index),
        format!(
            "--kubeconfig={}",
            settings.path("pki/controller-manager.kubeconfig")
        ),
        "--leader-elect=true".into(),
        RENEWALS_IN_LOG.into(),
        "--secure-port=0".into(),
        "--use-service-account-credentials=true".into(),
        format!("--root-ca-file={}", settings.path("pki/ca.crt")),
        format!(
            "--service-account-private-key-file={}",
            settings.path("pki/sa.key")
        ),
        format!(
            "--cluster-signing-cert-file={}",
            settings.path("pki/ca.crt")
        ),
        format!("--cluster-signing-key-file={}", settings.path("pki/ca.key")),
        // Tests make hundreds of pods at once, and should not wait for them.
        "--kube-api-qps=500".into(),
        "--kube-api-burst=1000".into(),
    ];
    arguments.extend(feature_gates(settings));
    arguments
}

fn scheduler(settings: &Settings, index: usize) -> Vec<String> {
    let mut arguments = vec![
        hostname(index),
        format!("--kubeconfig={}", settings.path("pki/scheduler.kubeconfig")),
        "--leader-elect=true".into(),
        RENEWALS_IN_LOG.into(),
        "--secure-port=0".into(),
        "--kube-api-qps=500".into(),
        "--kube-api-burst=1000".into(),
    ];
    arguments.extend(feature_gates(settings));
    arguments
}

fn kubelets(settings: &Settings) -> Vec<String> {
    let options = &settings.options;
    vec![
        format!("--kubeconfig={}", settings.path("pki/kubelets.kubeconfig")),
        format!("--ready-delay={}", duration::format(options.ready_delay)),
        format!(
            "--termination-delay={}",
            duration::format(options.termination_delay)
        ),
    ]
}

fn feature_gates(settings: &Settings) -> Option<String> {
    let gates = "--feature-gates=CoordinatedLeaderElection=true";
    settings.options.coordinated.then(|| gates.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back() {
        for component in Component::all(&ControlPlaneOptions::default()) {
            assert_eq!(component.to_string().parse(), Ok(component));
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "",
            "etcd-0",
            "scheduler",
            "scheduler-x",
            "kubelet",
            "controller-manager-",
        ] {
            assert!(name.parse::<Component>().is_err(), "{name}");
        }
    }
}
