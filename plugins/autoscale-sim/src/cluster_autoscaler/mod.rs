//! Cluster Autoscaler 1.36.1, as far as its decisions go: a pure function of a [`Cluster`].
//!
//! Upstream is kubernetes/autoscaler at tag cluster-autoscaler-1.36.1; each file names what it
//! follows. Upstream leaves much to chance (map order, random numbers, unstable sorting), so an
//! answer is the set of all outcomes it can have.

pub mod agreement;
mod balancing;
pub mod cluster;
pub(crate) mod daemon_sets;
mod estimator;
mod expander;
mod explore;
mod filter_out_schedulable;
mod free_room;
mod health;
mod kinds;
pub mod loop_state;
pub mod node_group;
pub mod options;
mod orders;
pub mod outcome;
pub mod pod;
mod quotas;
mod run;
pub mod scale_down;
mod scale_up;
pub mod scenario;
pub(crate) mod taints;
pub(crate) mod template;

pub use cluster::Cluster;
pub use node_group::NodeGroup;
pub use options::Options;
pub use outcome::Answer;
pub(crate) use run::templates;
pub use run::{Search, run_once};
