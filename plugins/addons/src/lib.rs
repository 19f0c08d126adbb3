//! `kubectl addons`: what runs here, what fits this cluster, what is new upstream.

pub mod catalogue;
pub mod compatibility;
pub mod image;
pub mod upstream;
pub mod version;
