//! Karpenter 1.14, as far as provisioning and consolidation go: a pure function of an [`Input`].
//!
//! Upstream is kubernetes-sigs/karpenter at tag v1.14.1; each file names what it follows. Upstream
//! iterates over Go maps where several zones are equally good, so an answer depends on chance
//! there: [`chance::Chance`] makes these choices, and an outcome says where there were any. The
//! order of Go's unstable sort is no chance, it is followed exactly ([`go_sort`]).
//!
//! Not modelled: dynamic resource allocation (upstream ignores such pods by default, and so does
//! this), node overlays, capacity buffers, static node pools, offerings that override capacity.

pub mod agreement;
mod amounts;
pub mod chance;
mod claim;
mod daemons;
pub mod disruption;
mod filter;
mod go_duration;
mod go_sort;
mod going;
pub mod input;
mod instance_type;
mod launch;
mod names;
pub mod node_pool;
pub mod outcome;
mod pod;
mod preferences;
mod queue;
pub mod reason;
mod requirement;
mod reservations;
pub mod scenario;
mod scheduler;
mod selector;
mod state_node;
mod taints;
mod template;
mod topology;
mod topology_group;
mod validation;
mod volumes;

pub use disruption::{Consolidation, consolidate};
pub use input::{Input, Settings};
pub use instance_type::{InstanceTypeSpec, OfferingSpec, read_instance_types};
pub use outcome::Outcome;
pub use scheduler::provision;
pub use state_node::used_by_pools;
