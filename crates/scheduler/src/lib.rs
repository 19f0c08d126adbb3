//! kube-scheduler's filters as a pure library: on which nodes could this pod run, and if not, why
//! not, in kube-scheduler's own words (v1.36.3, default profile and default feature gates).
//!
//! ```
//! use k8s_openapi::api::core::v1::{Node, Pod};
//! use scheduler::State;
//!
//! let mut state = State::new();
//! state.add_node(&Node::default());
//! let query = state.prepare(&Pod::default());
//! let verdicts = state.filter(&query);
//! assert_eq!(verdicts.message().as_deref(), Some("0/1 nodes are available: 1 Too many pods."));
//! ```
//!
//! Objects are taken by reference and may be dropped afterwards: [`State`] keeps interned forms
//! only. There is no I/O, no clock and no randomness in here; where upstream picks at random, all
//! it could pick is returned. What is not modelled is [`Code::Unknown`], never a guess.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        reason = "plain values keep the tables readable"
    )
)]

mod class;
mod cycle;
mod devices;
mod filters;
mod intern;
mod labels;
mod migration;
mod needs;
mod nodes;
mod preemption;
pub mod quantity;
mod resources;
mod score;
mod state;
mod storage;
#[cfg(test)]
mod testing;
mod topology;
mod verdict;

pub use preemption::{Candidate, Preemption};
pub use resources::pod_requests;
pub use score::{NodeScore, Scores};
pub use state::{AddedPod, Amounts, Mark, NodeId, NodeTemplate, PodId, PodQuery, PodRef, State};
pub use verdict::{Code, Plugin, Status, Verdicts};
