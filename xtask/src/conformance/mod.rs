//! `cargo xtask conformance`: our answers against those of the real ones.

mod cluster_autoscaler;
mod drain;
mod failover;
mod judge;
mod karpenter;
mod scheduler;

pub use scheduler::Scheduler;

use std::process::ExitCode;

use clap::Subcommand;

/// Whose answers are compared.
#[derive(Debug, Subcommand)]
pub enum Conformance {
    /// Our Cluster Autoscaler against recorded decisions of the real one
    ClusterAutoscaler(cluster_autoscaler::ClusterAutoscaler),
    /// Drains of generated workloads, with faults injected, against what the budgets allow
    Drain(drain::Drain),
    /// What failover drills measure against the instances' own logs
    Failover(failover::Failover),
    /// Our Karpenter against Karpenter itself, on generated or recorded cases
    Karpenter(karpenter::Karpenter),
    /// The time of both for one large batch of pods, in one run
    KarpenterBench(karpenter::Bench),
    /// The scheduler crate against kube-scheduler itself, on generated or recorded cases
    Scheduler(Scheduler),
    /// The time of both for one pod against a large cluster, in one run
    SchedulerBench(scheduler::Bench),
}

impl Conformance {
    /// Compares, prints what differs, and last how many verdicts agree.
    pub fn run(self) -> ExitCode {
        match self {
            Self::ClusterAutoscaler(all) => all.run(),
            Self::Drain(drain) => drain.run(),
            Self::Failover(failover) => failover.run(),
            Self::Karpenter(karpenter) => karpenter.run(),
            Self::KarpenterBench(bench) => bench.run(),
            Self::Scheduler(scheduler) => scheduler.run(),
            Self::SchedulerBench(bench) => bench.run(),
        }
    }
}
