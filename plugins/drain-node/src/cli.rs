//! The flags of `kubectl drain-node`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use cluster::{ConnectionFlags, LabelSelector};
use console::{Failure, OutputFlags, OutputFormat};
use jiff::SignedDuration;

use crate::filters::FilterOptions;

/// Show what a drain will do, then do it: fast, exact, undoable
///
/// Takes kubectl drain's flags with the same meaning. First it makes a plan: what becomes of each
/// pod, what each disruption budget allows, where the pods would fit. A plan that cannot succeed
/// ends with exit code 3 and changes nothing. Then it cordons the nodes and evicts, retrying a
/// refused eviction at the moment the budget allows it.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct DrainArgs {
    /// Something else than a drain.
    #[command(subcommand)]
    pub command: Option<DrainCommand>,

    /// What to drain, and how.
    #[command(flatten)]
    pub drain: DrainFlags,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

const EXAMPLES: &str = "\
Examples:
  # What would happen, and would it succeed
  kubectl drain-node worker-3 --ignore-daemonsets --dry-run

  # Show the summary, ask, drain
  kubectl drain-node worker-3 --ignore-daemonsets --delete-emptydir-data

  # A whole zone, two nodes at a time, each workload whole again before the end
  kubectl drain-node -l topology.kubernetes.io/zone=a --ignore-daemonsets --max-parallel 2 --wait-replacements -y

  # Give up after ten minutes, and then leave no cordon behind
  kubectl drain-node worker-3 --ignore-daemonsets --timeout 10m --undo-on-failure -y

  # What a drain left, and taking its cordon back
  kubectl drain-node status worker-3
  kubectl drain-node undo worker-3";

/// What else can be done about a drain.
#[derive(Clone, Debug, Subcommand)]
pub enum DrainCommand {
    /// Show what a drain left: who cordoned the node and why, which pods remain and why
    Status(StatusArgs),
    /// Take back the cordon that a drain by this plugin set
    Undo(UndoArgs),
}

/// The flags of `status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// Nodes to look at
    #[arg(value_name = "NODE", required = true)]
    pub nodes: Vec<String>,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

/// The flags of `undo`.
#[derive(Args, Clone, Debug)]
pub struct UndoArgs {
    /// Nodes to make schedulable again
    #[arg(value_name = "NODE", required = true)]
    pub nodes: Vec<String>,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

/// What to drain, and how.
#[derive(Args, Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags that do not exclude each other"
)]
pub struct DrainFlags {
    /// Nodes to drain
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,

    /// Drain the nodes with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,

    /// Leave DaemonSet-managed pods where they are
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub ignore_daemonsets: bool,

    /// Go on where pods use emptyDir; its data is lost
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub delete_emptydir_data: bool,

    /// Go on where pods have no controller that makes them anew
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub force: bool,

    /// Seconds each pod gets to end; negative means its own grace period
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "-1",
        allow_negative_numbers = true,
        hide_default_value = true
    )]
    pub grace_period: i64,

    /// Give up after this long; 0 means never
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0", hide_default_value = true)]
    pub timeout: Duration,

    /// Touch only pods with these labels
    #[arg(long, value_name = "SELECTOR")]
    pub pod_selector: Option<String>,

    /// Delete instead of evicting; no disruption budget is asked
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub disable_eviction: bool,

    /// Do not wait for pods whose deletion is more than this many seconds overdue; 0 waits for all
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "0",
        hide_default_value = true
    )]
    pub skip_wait_for_delete_timeout: i64,

    /// Show the plan and change nothing; server has the API server check each step too
    #[arg(
        long,
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "client",
        default_value = "none",
        hide_default_value = true,
        value_name = "MODE"
    )]
    pub dry_run: DryRun,

    /// Accepted for kubectl's sake; lists come whole from the API server's cache
    #[arg(
        long,
        value_name = "N",
        default_value = "500",
        hide_default_value = true,
        hide_short_help = true
    )]
    pub chunk_size: i64,

    /// Do not ask before the drain
    #[arg(short, long)]
    pub yes: bool,

    /// Drain even where the plan says that it cannot be finished
    #[arg(long)]
    pub proceed_anyway: bool,

    /// Note on the node why it is drained
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// Nodes drained at the same time; 0 means all
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true)]
    pub max_parallel: usize,

    /// Try each pod once; what a budget refuses stays
    #[arg(long)]
    pub once: bool,

    /// Delete pods whose eviction is still refused after this long
    #[arg(long, value_name = "AFTER", value_parser = duration)]
    pub deadline_delete: Option<Duration>,

    /// Replace the only pod of a Deployment before it goes, by a rolling restart
    #[arg(long)]
    pub surge: bool,

    /// End only when each affected workload has its ready pods back
    #[arg(long)]
    pub wait_replacements: bool,

    /// End only when the volumes of the evicted pods are detached
    #[arg(long)]
    pub wait_detach: bool,

    /// Uncordon what this run cordoned, if it fails or is interrupted
    #[arg(long)]
    pub undo_on_failure: bool,

    /// With --dry-run, plan from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,

    /// Leave out where the evicted pods would fit; large clusters are then read faster
    #[arg(long)]
    pub no_placement: bool,
}

/// What `--dry-run` takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum DryRun {
    /// Drain
    #[default]
    None,
    /// Only the plan
    Client,
    /// The plan, and each request as a dry run
    Server,
}

impl DrainFlags {
    /// Checks what clap can't.
    ///
    /// # Errors
    /// When names and selector are given together, or neither is.
    pub(crate) fn check(&self, output: OutputFormat) -> Result<(), Failure> {
        let selector = self.selector().unwrap_or_default();
        if self.nodes.is_empty() && selector.is_empty() {
            return Err(Failure::usage("no node is named")
                .with_hint("kubectl drain-node NODE, or -l SELECTOR"));
        }
        if !self.nodes.is_empty() && !selector.is_empty() {
            return Err(Failure::usage(
                "cannot specify both a node name and a --selector option",
            ));
        }
        LabelSelector::parse(selector).map_err(|error| Failure::usage(error.to_string()))?;
        self.pods()?;
        if self.snapshot.is_some() && self.dry_run != DryRun::Client {
            return Err(
                Failure::usage("a file can't be drained, only planned").with_hint("add --dry-run")
            );
        }
        if self.dry_run == DryRun::None && matches!(output, OutputFormat::Yaml | OutputFormat::Name)
        {
            return Err(Failure::usage(
                "-o yaml and -o name are for --dry-run; a drain writes lines or -o json",
            ));
        }
        Ok(())
    }

    /// Which nodes by their labels. An empty selector is none, and not one for all nodes.
    pub(crate) fn selector(&self) -> Option<&str> {
        let selector = self.selector.as_deref();
        selector.filter(|selector| !selector.trim().is_empty())
    }

    /// Which pods may be touched.
    ///
    /// # Errors
    /// When `--pod-selector` is none.
    pub(crate) fn pods(&self) -> Result<LabelSelector, Failure> {
        let selector = self.pod_selector.as_deref().unwrap_or_default();
        LabelSelector::parse(selector).map_err(|_| {
            Failure::usage("--pod-selector=<pod_selector> must be a valid label selector")
        })
    }

    /// The flags that the filters obey.
    pub(crate) fn filters(&self) -> FilterOptions {
        FilterOptions {
            force: self.force,
            ignore_daemonsets: self.ignore_daemonsets,
            delete_emptydir_data: self.delete_emptydir_data,
            skip_deleted_after: self.skip_wait_for_delete_timeout,
        }
    }

    /// The grace period asked for; `None` is each pod's own.
    pub(crate) fn grace(&self) -> Option<i64> {
        (self.grace_period >= 0).then_some(self.grace_period)
    }

    /// How many nodes may be drained at once.
    pub(crate) fn parallel(&self) -> usize {
        match self.max_parallel {
            0 => usize::MAX,
            number => number,
        }
    }
}

/// The name of a node as kubectl takes it: `NAME`, `node/NAME`, `nodes/NAME`.
pub(crate) fn node_name(given: &str) -> Result<&str, Failure> {
    match given.split_once('/') {
        None => Ok(given),
        Some(("node" | "nodes" | "no", name)) => Ok(name),
        Some((kind, _)) => Err(Failure::usage(format!(
            "expected resource of type node, got \"{kind}\""
        ))),
    }
}

/// Reads a Go duration; `0` is none.
fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| "expected a duration such as 30s, 5m or 1h".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn parsed(words: &[&str]) -> Result<DrainArgs, clap::Error> {
        let command = DrainArgs::augment_args(clap::Command::new("drain").no_binary_name(true));
        let matches = command.try_get_matches_from(words)?;
        DrainArgs::from_arg_matches(&matches)
    }

    #[test]
    fn kubectls_words_are_understood() {
        let args = parsed(&[
            "n1",
            "n2",
            "--ignore-daemonsets",
            "--delete-emptydir-data=true",
            "--force=false",
            "--grace-period=-1",
            "--timeout=90s",
            "--pod-selector=app!=db",
            "--disable-eviction",
            "--skip-wait-for-delete-timeout=20",
            "--dry-run=server",
            "--chunk-size=0",
        ])
        .unwrap();
        let flags = args.drain;
        assert_eq!(flags.nodes, ["n1", "n2"]);
        assert!(flags.ignore_daemonsets && flags.delete_emptydir_data && flags.disable_eviction);
        assert!(!flags.force);
        assert_eq!(flags.grace(), None);
        assert_eq!(flags.timeout, Duration::from_secs(90));
        assert_eq!(flags.dry_run, DryRun::Server);
        assert_eq!(flags.skip_wait_for_delete_timeout, 20);
        flags.check(OutputFormat::Table).unwrap();
        assert_eq!(
            parsed(&["n1", "--dry-run"]).unwrap().drain.dry_run,
            DryRun::Client
        );
        assert_eq!(
            parsed(&["n1", "--grace-period", "0"])
                .unwrap()
                .drain
                .grace(),
            Some(0)
        );
        assert!(matches!(
            parsed(&["undo", "n1"]).unwrap().command,
            Some(DrainCommand::Undo(_))
        ));
    }

    #[test]
    fn wrong_usage_is_told() {
        for (words, expected) in [
            (&[][..], "no node is named"),
            (&["-l", ""], "no node is named"),
            (&["--selector= "], "no node is named"),
            (&["n1", "-l", "a=b"], "both a node name and a --selector"),
            (&["-l", "a in"], "unable to parse label selector"),
            (
                &["n1", "--pod-selector", "=b"],
                "must be a valid label selector",
            ),
        ] {
            let failure = parsed(words)
                .unwrap()
                .drain
                .check(OutputFormat::Table)
                .unwrap_err();
            assert!(failure.message.contains(expected), "{failure}");
            assert_eq!(failure.code, console::ExitCode::Usage);
        }
        assert!(
            parsed(&["n1"])
                .unwrap()
                .drain
                .check(OutputFormat::Yaml)
                .is_err()
        );
        assert!(parsed(&["n1", "--timeout", "soon"]).is_err());
        assert_eq!(node_name("node/n1").unwrap(), "n1");
        assert!(node_name("pod/n1").is_err());
    }
}
