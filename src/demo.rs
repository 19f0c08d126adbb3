//! `kubectl day2 demo`: the plugins on a recorded cluster, for those who have none at hand.

use clap::{Args, FromArgMatches};
use console::{ExitCode, Failure, Output};
use leases::cli::LeasesArgs;

/// Recorded by `cargo xtask record-demo` from a real control plane with three machines of
/// controllers and three nodes: a scheduler has handed its Lease over, and 12 seconds ago the
/// leading controller manager was killed, so that its Lease is late and not yet taken over.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cluster::Snapshot;

    use super::*;

    #[test]
    fn the_shipped_snapshot_holds_what_the_questions_are_about() {
        let mut kinds = BTreeMap::new();
        let snapshot = Snapshot::read_from(SNAPSHOT, |object| {
            *kinds.entry(object.type_meta.kind.clone()).or_insert(0) += 1;
            Ok(())
        })
        .unwrap();
        assert!(snapshot.taken_at.is_some());
        // One of the API server, two of elections, one of each node.
        let expected = [("Lease", 6), ("Node", 3), ("Pod", 3)];
        assert_eq!(
            kinds,
            expected
                .map(|(kind, count)| (kind.to_owned(), count))
                .into()
        );
    }

    #[test]
    fn the_questions_are_typed_as_shown() {
        for (typed, flags) in QUESTIONS {
            assert!(leases_args(flags).is_ok(), "{typed}");
            assert_eq!(typed, format!("kubectl leases {}", flags.join(" ")));
        }
    }
}
