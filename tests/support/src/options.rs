use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a control plane consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlPlaneOptions {
    /// Where it keeps its files; without one, a temporary directory that is removed at the end.
    pub dir: Option<PathBuf>,
    /// How many controller managers compete for leadership.
    pub controller_managers: usize,
    /// How many schedulers compete for leadership.
    pub schedulers: usize,
    /// How many nodes it has from the start.
    pub nodes: usize,
    /// From a pod's binding until it is ready.
    pub ready_delay: Duration,
    /// From a pod's deletion until it is gone, if its grace period is not shorter.
    pub termination_delay: Duration,
    /// Coordinated leader election, which Kubernetes has off by default.
    pub coordinated: bool,
}

impl Default for ControlPlaneOptions {
    fn default() -> Self {
        Self {
            dir: None,
            controller_managers: 1,
            schedulers: 1,
            nodes: 3,
            ready_delay: Duration::from_secs(1),
            termination_delay: Duration::from_secs(1),
            coordinated: false,
        }
    }
}
