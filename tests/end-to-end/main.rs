//! End to end: the real kubectl calls the real binary on a real control plane.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is test code, also what stands outside the test functions"
)]

mod addons;
mod autoscale_down;
mod autoscale_sim;
mod autoscale_truth;
mod check;
mod completion;
mod connection;
mod drain;
mod drill;
mod failover;
mod hostile;
mod installation;
mod karpenter;
mod krew;
mod list;
mod minimal_roles;
mod multicall;
mod plugin;
mod prune;
mod rbac;
mod restart;
mod roles;
mod schema;
mod show;
mod snapshot;
mod terminal;
mod token;
mod watch;
