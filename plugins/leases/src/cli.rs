//! The flags of `kubectl leases` and its commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use cluster::ConnectionFlags;
use console::{Failure, OutputFlags};
use jiff::SignedDuration;

use crate::report::SortKey;
use crate::scope::{KindFilter, Scope};

/// Show who leads, since when, and how late the renewal is
///
/// Lists Leases with their verdict: held, late (past two thirds of the duration), expired,
/// released, or vacant. Lag is measured against the API server's clock. Node heartbeats are left
/// out unless the namespace, a name or --kind asks for them. A Lease that is named like a command
/// is had as lease/NAME.
#[derive(Args, Clone, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = EXAMPLES
)]
pub struct LeasesArgs {
    /// What to do instead of listing.
    #[command(subcommand)]
    pub command: Option<LeasesCommand>,

    /// The flags of the list.
    #[command(flatten)]
    pub list: ListArgs,
}

/// The commands beside the plain list.
#[derive(Clone, Debug, Subcommand)]
#[expect(missing_docs, reason = "the help is that of each one's flags")]
pub enum LeasesCommand {
    Check(Box<CheckArgs>),
    Show(Box<ShowArgs>),
    Watch(Box<WatchArgs>),
    Failover(Box<FailoverArgs>),
    Prune(Box<PruneArgs>),
}

/// The flags of the list.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Which Leases.
    #[command(flatten)]
    pub scope: ScopeFlags,

    /// Sort by this column, ascending; unknown values come last
    #[arg(
        long,
        value_enum,
        value_name = "COLUMN",
        default_value = "name",
        hide_default_value = true
    )]
    pub sort_by: SortArg,

    /// Go on and print a line for each change of holder or state
    #[arg(short, long, conflicts_with = "snapshot")]
    pub watch: bool,

    /// With --watch, print a line for each renewal too
    #[arg(long, requires = "watch")]
    pub watch_renewals: bool,

    /// Where to read from.
    #[command(flatten)]
    pub source: SourceFlags,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,
}

/// Which Leases are asked for.
#[derive(Args, Clone, Debug)]
pub struct ScopeFlags {
    /// Leases by name; all of the namespace by default
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Look in all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,

    /// Only Leases with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,

    /// Only Leases of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<KindArg>,
}

/// A cluster, or a file instead.
#[derive(Args, Clone, Debug)]
pub struct SourceFlags {
    /// Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

const EXAMPLES: &str = "\
Examples:
  # Who leads in the control plane
  kubectl leases -n kube-system

  # Watch a failover: late, expired, the new holder and the gap without a leader
  kubectl leases -n kube-system -w

  # All elections of the cluster, the latest renewal last
  kubectl leases -A --sort-by lag

  # All that is known of one
  kubectl leases show kube-scheduler -n kube-system

  # Is all well? Exit code 3 where it is not
  kubectl leases check -A

  # A failover drill, without SSH
  kubectl leases failover kube-scheduler -n kube-system

  # From a file
  kubectl get leases,nodes,pods -A -o json --show-managed-fields > cluster.json
  kubectl leases -A --snapshot cluster.json";

/// Check that all is well: nothing late, expired or without a leader
///
/// Prints one line a finding and exits with 3 where there is one. Elections and API server
/// identities are judged by their state, node heartbeats by the 40 seconds of their Lease and the
/// 50 seconds after which a node is taken for lost. -o name prints one line in the manner of
/// Nagios plugins.
#[derive(Args, Clone, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// Which Leases.
    #[command(flatten)]
    pub scope: ScopeFlags,

    /// A renewal may be this long ago, whatever the Lease's duration
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub max_lag: Option<SignedDuration>,

    /// There may be no leader for this long before that is a finding
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub max_gap: Option<SignedDuration>,

    /// Leases that must exist and be held, as NAME or NAMESPACE/NAME
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub require: Vec<String>,

    /// Where to read from.
    #[command(flatten)]
    pub source: SourceFlags,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  # In cron or CI: silent while all is well
  kubectl leases check -A

  # The control plane must have its leaders, and a failover may take half a minute
  kubectl leases check -n kube-system --require kube-scheduler,kube-controller-manager --max-gap 30s

  # One line for a monitoring system
  kubectl leases check -A -o name";

/// Show all that is known of one Lease
///
/// Its holder with pod, node and container, who else could lead, why a coordinated election chose
/// as it did, who wrote what and when, the clocks, events, and locks of older kinds under the same
/// name: the leader annotation of config maps and endpoints, and kured's annotation of its daemon set.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// The Lease
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Where to read from.
    #[command(flatten)]
    pub source: SourceFlags,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,
}

/// Watch, remember, and sum up: renewals, changes of holder, time without a leader
///
/// Prints a line for each change, as -w does, or on a terminal a table that refreshes in place.
/// At the end (Ctrl-C, --for, --until) it sums up for each Lease how regularly it was renewed, how
/// often it changed hands, and how long nobody led.
#[derive(Args, Clone, Debug)]
#[command(after_help = WATCH_EXAMPLES)]
pub struct WatchArgs {
    /// Which Leases.
    #[command(flatten)]
    pub scope: ScopeFlags,

    /// Stop after this long
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub watch_for: Option<SignedDuration>,

    /// Stop when this has come true; exit code 4 where --for ends first
    #[arg(long, value_enum, value_name = "CONDITION")]
    pub until: Option<UntilArg>,

    /// Print a line for each renewal too
    #[arg(long)]
    pub watch_renewals: bool,

    /// Print lines on a terminal too, instead of a table that refreshes
    #[arg(long)]
    pub lines: bool,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

const WATCH_EXAMPLES: &str = "\
Examples:
  # How regularly does the control plane renew?
  kubectl leases watch -n kube-system --for 1m

  # In a script: wait for the end of a failover
  kubectl leases watch kube-scheduler -n kube-system --until holder-changed --for 2m -o json";

/// What `--until` takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum UntilArg {
    /// One of the Leases has another holder
    HolderChanged,
    /// All Leases are held
    AllHeld,
}

/// Take leadership away and measure how long it takes until somebody leads again
///
/// A drill without SSH: as if the leader had lost its connection, it can't renew, gives up as its
/// own timers say, and another candidate takes over. Nobody leads meanwhile. Nothing is left on
/// the Lease. docs/leases.md says how it works for each kind of election, and why it is safe.
#[derive(Args, Clone, Debug)]
#[command(after_help = FAILOVER_EXAMPLES)]
pub struct FailoverArgs {
    /// The Lease of the election
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Show who leads, who could take over and what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Do not ask; needed where there is no terminal
    #[arg(short, long)]
    pub yes: bool,

    /// Go on even where no other candidate is known
    #[arg(long)]
    pub force: bool,

    /// Give up when nobody leads after this long; what was written is then taken back
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2m")]
    pub timeout: SignedDuration,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

const FAILOVER_EXAMPLES: &str = "\
Examples:
  # What would be done
  kubectl leases failover kube-controller-manager -n kube-system --dry-run

  # A drill in a script
  kubectl leases failover kube-scheduler -n kube-system --yes -o json";

/// Delete Leases that nobody can need any more, each with its proof
///
/// Heartbeats of nodes that do not exist, elections whose holder and workload are gone, identities
/// of API servers that have not renewed for an hour. Each is deleted only if it is still the one
/// that was judged, unchanged.
#[derive(Args, Clone, Debug)]
#[command(after_help = PRUNE_EXAMPLES)]
pub struct PruneArgs {
    /// Which Leases.
    #[command(flatten)]
    pub scope: ScopeFlags,

    /// Elections must have been without a living leader for this long
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h")]
    pub older_than: SignedDuration,

    /// Show what would be deleted, and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Do not ask; needed where there is no terminal
    #[arg(short, long)]
    pub yes: bool,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

const PRUNE_EXAMPLES: &str = "\
Examples:
  # What is left over in the whole cluster
  kubectl leases prune -A --dry-run

  # Only heartbeats of nodes that are gone
  kubectl leases prune -n kube-node-lease";

/// What `--kind` takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum KindArg {
    /// Leader elections
    Election,
    /// Node heartbeats
    Node,
    /// API server identities
    Apiserver,
    /// All of them
    All,
}

/// What `--sort-by` takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum SortArg {
    /// Time since the last renewal
    Lag,
    /// Time since the Lease was made
    Age,
    /// Namespace and name
    Name,
    /// Time since the holder took it
    Held,
    /// How often another identity took over
    Transitions,
}

/// Reads a duration such as 30s, 2m or 1h30m.
fn duration(text: &str) -> Result<SignedDuration, String> {
    text.trim()
        .parse::<SignedDuration>()
        .ok()
        .filter(SignedDuration::is_positive)
        .ok_or_else(|| "expected a duration such as 30s, 2m or 1h".to_owned())
}

impl ScopeFlags {
    /// Which Leases are asked for; the namespace is the connection's where no flag says so.
    ///
    /// # Errors
    /// When names are given together with `-A`, as in kubectl.
    pub fn scope(&self, namespace: Option<&str>) -> Result<Scope, Failure> {
        if self.all_namespaces && !self.names.is_empty() {
            return Err(
                Failure::usage("a Lease can't be named across all namespaces")
                    .with_hint("give -n instead of -A"),
            );
        }
        if self.selector.is_some() && !self.names.is_empty() {
            return Err(
                Failure::usage("names and a selector can't be given together")
                    .with_hint("leave one of them out"),
            );
        }
        Ok(Scope {
            namespace: namespace
                .filter(|_| !self.all_namespaces)
                .map(str::to_owned),
            names: self
                .names
                .iter()
                .map(|name| bare(name).to_owned())
                .collect(),
            selector: self
                .selector
                .clone()
                .filter(|selector| !selector.trim().is_empty()),
            kind: match self.kind {
                None => KindFilter::Default,
                Some(KindArg::Election) => KindFilter::Election,
                Some(KindArg::Node) => KindFilter::Node,
                Some(KindArg::Apiserver) => KindFilter::ApiServer,
                Some(KindArg::All) => KindFilter::All,
            },
        })
    }
}

impl ListArgs {
    /// By what the rows are sorted.
    #[must_use]
    pub fn sort_key(&self) -> SortKey {
        match self.sort_by {
            SortArg::Lag => SortKey::Lag,
            SortArg::Age => SortKey::Age,
            SortArg::Name => SortKey::Name,
            SortArg::Held => SortKey::Held,
            SortArg::Transitions => SortKey::Transitions,
        }
    }
}

/// Whether a word is one of the commands.
#[must_use]
pub fn is_command(word: &str) -> bool {
    LeasesCommand::has_subcommand(word)
}

/// A name as `-o name` prints it, or a bare one.
#[must_use]
pub fn bare(name: &str) -> &str {
    match name.split_once('/') {
        Some((
            "lease" | "leases" | "lease.coordination.k8s.io" | "leases.coordination.k8s.io",
            name,
        )) => name,
        _ => name,
    }
}
