//! `kubectl autoscale-sim`: what the autoscaler would do about the pending pods, and why.

pub mod cluster_autoscaler;
