//! What takes how long, against the real kubectl and an empty program, in one run on one machine.

pub(crate) mod addons;
mod autoscale_sim;
mod drain;
mod leases;
pub(crate) mod load;
mod measure;
mod pod_watch;
mod programs;
mod start_up;
mod table;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::bench::measure::Floor;
use crate::bench::programs::Programs;
use crate::bench::table::Line;
use crate::failure::Failure;

/// The exit code of bad news.
const MISSED: u8 = 3;

/// Which rows of the design's table to measure.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Group {
    /// `kubectl addons outdated` against the bare tag lists
    Addons,
    /// One loop of Cluster Autoscaler on large clusters
    AutoscaleSim,
    /// `kubectl leases` against `kubectl get leases`
    Leases,
    /// `kubectl drain-node` against `kubectl drain`; takes a quarter of an hour
    Drain,
    /// `--version` against an empty program, and the size of the binary
    StartUp,
}

/// Measures one group, or all, and prints the table.
pub(crate) fn run(group: Option<Group>) -> Result<ExitCode, Failure> {
    let wanted = |one| group.is_none_or(|group| group == one);
    let programs = Programs::build()?;
    if group == Some(Group::AutoscaleSim) {
        return Ok(print(&autoscale_sim::lines(&programs)?));
    }
    let floor = Floor::measure(&programs)?;
    let mut lines = Vec::new();
    // First, while the machine is quiet.
    if wanted(Group::StartUp) {
        lines.extend(start_up::lines(&programs)?);
    }
    if wanted(Group::Addons) {
        lines.extend(addons::lines(&programs)?);
    }
    if wanted(Group::Leases) {
        lines.extend(leases::lines(&programs)?);
    }
    if wanted(Group::Drain) {
        lines.extend(drain::lines(&programs)?);
    }
    if wanted(Group::AutoscaleSim) {
        lines.extend(autoscale_sim::lines(&programs)?);
    }
    let code = print(&lines);
    eprintln!("{floor}");
    Ok(code)
}

/// Prints the table, and says whether all is within its limits.
fn print(lines: &[Line]) -> ExitCode {
    print!("{}", table::render(lines));
    if lines.iter().any(Line::missed) {
        ExitCode::from(MISSED)
    } else {
        ExitCode::SUCCESS
    }
}
