//! `kubectl day2 demo`: the plugins on a recorded cluster, for those who have none at hand.

use clap::{Args, FromArgMatches};
use console::{ExitCode, Failure, Output};
use leases::cli::LeasesArgs;

/// Recorded by `cargo xtask record-demo` from the real control plane: three API-server-side
/// controllers, one of which was stopped moments before.
const SNAPSHOT: &[u8] = include_bytes!("demo/cluster.json.gz");

/// The questions that the demo asks.
const QUESTIONS: [(&str, &[&str]); 2] = [
    ("kubectl leases -n kube-system", &["-n", "kube-system"]),
    (
        "kubectl leases -n kube-node-lease -o wide",
        &["-n", "kube-node-lease", "-o", "wide"],
    ),
];

/// Asks each question and shows the answer under it.
///
/// # Errors
/// When standard output can't be written.
pub fn run() -> Result<ExitCode, Failure> {
    for (typed, flags) in QUESTIONS {
        let mut output = Output::stdout();
        output.line(&format!("$ {typed}"))?;
        output.flush()?;
        leases::demo("demo", SNAPSHOT, &leases_args(flags)?)?;
        output.line("")?;
        output.flush()?;
    }
    Ok(ExitCode::Done)
}

fn leases_args(flags: &[&str]) -> Result<LeasesArgs, Failure> {
    let command = LeasesArgs::augment_args(clap::Command::new("leases").no_binary_name(true));
    command
        .try_get_matches_from(flags)
        .and_then(|matches| LeasesArgs::from_arg_matches(&matches))
        .map_err(|error| Failure::usage(error.to_string()))
}
