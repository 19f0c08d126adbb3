//! Reads a cluster, or a snapshot of one, and changes a cluster.
//!
//! This is the only room with a door to the API server. It hands out objects one by one as raw
//! JSON or as the caller's own compact types, so that a large list is never held twice, and it
//! knows nothing of what the objects mean. A change is sent once and its answer handed back whole.

mod api_server;
mod client;
mod clock;
mod error;
mod flags;
mod kubeconfig;
mod list_splitter;
mod parallel;
mod resource;
mod selector;
mod snapshot;
mod watch;
mod write;

pub use api_server::{ApiServer, Freshness, ListRequest};
pub use clock::ServerClock;
pub use error::{Error, Request};
pub use flags::ConnectionFlags;
pub use kubeconfig::KubeconfigNames;
pub use parallel::in_parallel;
pub use resource::Resource;
pub use selector::LabelSelector;
pub use snapshot::{Snapshot, SnapshotObject, TypeMeta};
pub use watch::{Change, Versioned, Watch};
pub use write::{Cause, PatchType, Refusal, Write, WriteError};
