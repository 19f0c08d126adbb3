//! A real Kubernetes control plane for the end-to-end tests, and for `cargo xtask control-plane`.
//!
//! ```no_run
//! use test_support::{ControlPlane, ControlPlaneOptions};
//!
//! let options = ControlPlaneOptions { nodes: 5, ..ControlPlaneOptions::default() };
//! let control_plane = ControlPlane::start(&options)?;
//! println!("{}", control_plane.kubeconfig().display());
//! # Ok::<(), test_support::Error>(())
//! ```

pub mod build;
mod companion;
mod component;
mod control_plane;
pub mod duration;
mod error;
mod guard;
mod http_server;
mod kubectl;
mod nodes;
mod options;
mod ports;
mod process;
mod settings;
mod shared;
pub mod tools;
mod wait;

pub use companion::Companion;
pub use component::Component;
pub use control_plane::ControlPlane;
pub use error::Error;
pub use http_server::{HttpServer, Received, Reply};
pub use jsonschema;
pub use options::ControlPlaneOptions;
pub use process::Signal;
pub use shared::shared;
