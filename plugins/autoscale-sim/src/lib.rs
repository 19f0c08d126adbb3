//! `kubectl autoscale-sim`: what the autoscaler would do about the pending pods, and why.

mod add;
pub mod cli;
pub mod cluster_autoscaler;
mod comparison;
pub mod complete;
mod daemons;
mod facts;
mod html;
pub mod karpenter;
mod karpenter_facts;
mod karpenter_plan;
mod karpenter_render;
mod karpenter_run;
mod load;
mod node_groups;
mod picture;
mod placement;
mod pod_json;
mod prices;
mod progress;
mod render;
mod report;
mod run;
mod scale_down;
mod scale_up;
pub mod schema;
mod settings;
mod shape;
mod unknowns;
mod until_stable;
mod why;
mod workload;

pub use run::run;
