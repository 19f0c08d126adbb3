//! The tasks of the house, run as `cargo xtask`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool talks to its terminal"
)]

mod bench;
mod completions;
mod conformance;
mod control_plane;
mod dist;
mod failure;
mod record_demo;
mod schemas;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

/// The tasks of the house
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run a real Kubernetes control plane on this machine
    #[command(subcommand)]
    ControlPlane(control_plane::Task),
    /// Set up what the tests need and run everything: rustfmt, clippy, all tests
    Test,
    /// Compare our answers with those of the real programs
    #[command(subcommand)]
    Conformance(conformance::Conformance),
    /// Write the completion scripts for the binaries called without kubectl
    Completions(completions::Completions),
    /// Write the JSON Schemas of what the plugins write as JSON
    Schemas(schemas::Schemas),
    /// Build the archive of this machine, and fill in krew's manifests
    Dist(dist::Dist),
    /// Record the cluster of `kubectl day2 demo` from a real control plane
    RecordDemo,
    /// Measure what takes how long, against kubectl and an empty program
    Bench {
        /// Only this group of measurements
        #[arg(value_enum)]
        group: Option<bench::Group>,
    },
    /// Create the Leases of many nodes, for `bench`
    #[command(hide = true)]
    LoadLeases(bench::load::LoadLeases),
    /// Fetch tag lists, for `bench`
    #[command(hide = true)]
    FetchTagLists(bench::addons::FetchTagLists),
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode, Failure> {
    match task {
        Task::ControlPlane(task) => control_plane::run(task)?,
        Task::Test => test::run()?,
        Task::Conformance(conformance) => return Ok(conformance.run()),
        Task::Completions(completions) => completions::run(&completions)?,
        Task::Schemas(schemas) => schemas::run(&schemas)?,
        Task::Dist(dist) => dist::run(&dist)?,
        Task::RecordDemo => record_demo::run()?,
        Task::Bench { group } => return bench::run(group),
        Task::LoadLeases(load) => bench::load::run(&load)?,
        Task::FetchTagLists(lists) => bench::addons::fetch(&lists)?,
    }
    Ok(ExitCode::SUCCESS)
}
