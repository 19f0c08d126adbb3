//! The tasks of the house, run as `cargo xtask`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool talks to its terminal"
)]

mod control_plane;
mod test;

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
    /// Run a real Kubernetes control plane on this machine
    #[command(subcommand)]
    ControlPlane(control_plane::Task),
    /// Set up what the tests need and run everything: rustfmt, clippy, all tests
    Test,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::ControlPlane(task) => control_plane::run(task),
        Task::Test => test::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
