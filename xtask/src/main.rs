//! The tasks of the house, run as `cargo xtask`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool talks to its terminal"
)]

mod conformance;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The tasks of the house
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compare our answers with those of the real programs
    #[command(subcommand)]
    Conformance(conformance::Conformance),
}

fn main() -> ExitCode {
    match Cli::parse().task {
        Task::Conformance(conformance) => conformance.run(),
    }
}
