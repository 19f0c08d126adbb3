//! The flags of `kubectl leases`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cluster::ConnectionFlags;
use console::{Failure, OutputFlags};

use crate::report::SortKey;
use crate::scope::{KindFilter, Scope};

/// Show who leads, since when, and how late the renewal is
///
/// Lists Leases with their verdict: held, late (past two thirds of the duration), expired,
/// released, or vacant. Lag is measured against the API server's clock. Node heartbeats are left
/// out unless the namespace, a name or --kind asks for them.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct LeasesArgs {
    /// Leases to show; all of the namespace by default
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Look in all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,

    /// Show only Leases with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,

    /// Show only Leases of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<KindArg>,

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

    /// Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,

    /// The shared output flags.
    #[command(flatten)]
    pub output: OutputFlags,

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

  # The nodes whose heartbeat is late
  kubectl leases -n kube-node-lease -o json | jq -r '.items[] | select(.state != \"held\") | .name'

  # From a file
  kubectl get leases,nodes,pods -A -o json --show-managed-fields > cluster.json
  kubectl leases -A --snapshot cluster.json";

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

impl LeasesArgs {
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

/// A name as `-o name` prints it, or a bare one.
fn bare(name: &str) -> &str {
    match name.split_once('/') {
        Some((
            "lease" | "leases" | "lease.coordination.k8s.io" | "leases.coordination.k8s.io",
            name,
        )) => name,
        _ => name,
    }
}
