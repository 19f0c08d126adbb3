//! One binary under several names: the name it is called by decides what it is.
//!
//! kubectl runs `kubectl-leases` for `kubectl leases`, and krew makes that name a symbolic link.
//! Under any name that is no plugin's, the plugins are subcommands.

use std::ffi::OsString;
use std::path::Path;

use addons::cli::AddonsArgs;
use autoscale_sim::cli::AutoscaleSimArgs;
use clap::{Args, CommandFactory, Parser, Subcommand};
use drain_node::cli::DrainArgs;
use leases::cli::LeasesArgs;

use crate::generate::{CompletionArgs, ManArgs};
use crate::install::InstallArgs;
use crate::snapshot::SnapshotArgs;

/// Day-2 operations for Kubernetes clusters that people run themselves
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-day2",
    bin_name = "kubectl day2",
    version,
    propagate_version = true
)]
struct Umbrella {
    #[command(subcommand)]
    command: Command,
}

/// The commands of the umbrella.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(name = "leases")]
    Leases(Box<LeasesArgs>),

    #[command(name = "addons")]
    Addons(Box<AddonsArgs>),

    #[command(name = "drain-node")]
    DrainNode(Box<DrainArgs>),

    #[command(name = "autoscale-sim")]
    AutoscaleSim(Box<AutoscaleSimArgs>),

    #[command(name = "snapshot")]
    Snapshot(Box<SnapshotArgs>),

    #[command(name = "install")]
    Install(InstallArgs),

    #[command(name = "completion")]
    Completion(CompletionArgs),

    /// Write a manual page for each command
    #[command(name = "man", hide = true)]
    Man(ManArgs),

    /// Show what the plugins say of a recorded cluster; needs no cluster
    Demo,
}

/// The umbrella's commands that are no plugins.
const OWN: [&str; 6] = ["snapshot", "install", "completion", "man", "demo", "help"];

/// The whole command line, as `kubectl day2` has it.
#[must_use]
pub fn umbrella() -> clap::Command {
    Umbrella::command()
}

/// The plugins, as they are typed.
#[must_use]
pub fn plugins(umbrella: &clap::Command) -> Vec<String> {
    let names = umbrella.get_subcommands().map(clap::Command::get_name);
    names
        .filter(|name| !OWN.contains(name))
        .map(str::to_owned)
        .collect()
}

/// Parses the command line by the name it was called with.
///
/// # Errors
/// clap's: help, version, or wrong usage.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let name = arguments.first().map(plugin_name).unwrap_or_default();
    match name.as_str() {
        "leases" => {
            let args = plugin_args("kubectl-leases", "kubectl leases", arguments)?;
            Ok(Command::Leases(Box::new(args)))
        }
        "addons" => {
            let args = plugin_args("kubectl-addons", "kubectl addons", arguments)?;
            Ok(Command::Addons(Box::new(args)))
        }
        "drain_node" => {
            let args = plugin_args("kubectl-drain_node", "kubectl drain-node", arguments)?;
            Ok(Command::DrainNode(Box::new(args)))
        }
        "autoscale_sim" => {
            let args = plugin_args("kubectl-autoscale_sim", "kubectl autoscale-sim", arguments)?;
            Ok(Command::AutoscaleSim(Box::new(args)))
        }
        _ => Ok(Umbrella::try_parse_from(arguments)?.command),
    }
}

fn plugin_args<T: Args>(
    name: &'static str,
    typed: &'static str,
    arguments: Vec<OsString>,
) -> Result<T, clap::Error> {
    let mut command = plugin::<T>(name, typed);
    let matches = command.try_get_matches_from_mut(arguments)?;
    T::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// A plugin's flags as a command of its own; `typed` is how the user calls it.
fn plugin<T: Args>(name: &'static str, typed: &'static str) -> clap::Command {
    let command = clap::Command::new(name)
        .bin_name(typed)
        .version(env!("CARGO_PKG_VERSION"));
    T::augment_args(command)
}

/// `leases` for `/usr/local/bin/kubectl-leases`, `kubectl-leases.exe` and the like.
fn plugin_name(called: &OsString) -> String {
    let file = Path::new(called)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let file = file.strip_suffix(".exe").unwrap_or(&file);
    file.strip_prefix("kubectl-").unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(words: &[&str]) -> Result<Command, clap::Error> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn the_name_decides() {
        for words in [
            &["kubectl-leases", "-A"][..],
            &["/usr/local/bin/kubectl-leases", "-A"],
            &["kubectl-leases.exe", "-A"],
            &["kubectl-day2", "leases", "-A"],
            &["/tmp/day2", "leases", "-A"],
        ] {
            let Command::Leases(args) = called(words).unwrap() else {
                panic!("{words:?}")
            };
            assert!(args.list.scope.all_namespaces, "{words:?}");
        }
        assert!(matches!(
            called(&["kubectl-day2", "demo"]).unwrap(),
            Command::Demo
        ));
    }

    #[test]
    fn help_shows_what_the_user_types() {
        for (words, expected) in [
            (
                &["/opt/krew/kubectl-leases", "--help"][..],
                "Usage: kubectl leases [OPTIONS] [NAME]...",
            ),
            (
                &["kubectl-drain_node", "-h"],
                "Usage: kubectl drain-node [OPTIONS] [NODE]...",
            ),
            (
                &["kubectl-day2", "leases", "-h"],
                "Usage: kubectl day2 leases [OPTIONS] [NAME]...",
            ),
            (&["kubectl-day2", "--help"], "Usage: kubectl day2 <COMMAND>"),
        ] {
            let help = called(words).unwrap_err().to_string();
            assert!(help.contains(expected), "{help}");
        }
    }

    #[test]
    fn flags_of_the_simulation_stand_before_or_behind_the_question() {
        for words in [
            &[
                "kubectl-autoscale_sim",
                "add",
                "3",
                "--like",
                "n",
                "--snapshot",
                "f",
            ][..],
            &[
                "kubectl-autoscale_sim",
                "--snapshot",
                "f",
                "add",
                "3",
                "--like",
                "n",
            ],
            &[
                "kubectl-day2",
                "autoscale-sim",
                "add",
                "3",
                "--snapshot",
                "f",
                "--like",
                "n",
            ],
        ] {
            let Command::AutoscaleSim(args) = called(words).unwrap() else {
                panic!("{words:?}")
            };
            assert_eq!(args.source.snapshot.as_deref(), Some(Path::new("f")));
            assert!(args.question.is_some());
        }
        assert!(called(&["kubectl-autoscale_sim", "add", "3"]).is_err());
        assert!(called(&["kubectl-autoscale_sim", "add", "0", "--like", "n"]).is_err());
    }

    #[test]
    fn addons_lists_unless_another_question_is_asked() {
        for (words, asks) in [
            (&["kubectl-addons", "-A"][..], false),
            (&["kubectl-addons", "outdated", "--target", "1.37"], true),
            (
                &["kubectl-day2", "addons", "show", "coredns", "-n", "x"],
                true,
            ),
        ] {
            let Command::Addons(args) = called(words).unwrap() else {
                panic!("{words:?}")
            };
            assert_eq!(args.command.is_some(), asks, "{words:?}");
        }
        assert!(called(&["kubectl-addons", "-n", "x", "skew"]).is_err());
    }

    #[test]
    fn the_command_line_is_consistent() {
        Umbrella::command().debug_assert();
        plugin::<LeasesArgs>("kubectl-leases", "kubectl leases").debug_assert();
        plugin::<DrainArgs>("kubectl-drain_node", "kubectl drain-node").debug_assert();
        plugin::<AutoscaleSimArgs>("kubectl-autoscale_sim", "kubectl autoscale-sim").debug_assert();
    }
}
