//! The flags of `kubectl addons`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use cluster::ConnectionFlags;
use jiff::SignedDuration;

use crate::compatibility::Minor;
use crate::image::Mirror;

/// Show which add-ons run here, what fits this cluster, and what is new upstream
///
/// For each add-on: its version, the newest that upstream supports on this version of Kubernetes
/// (FITS), the newest of all, the end of its branch, known vulnerabilities, and who manages it.
/// What nobody says is unknown, and never guessed.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct AddonsArgs {
    /// The other questions.
    #[command(subcommand)]
    pub command: Option<AddonsCommand>,

    /// What the list takes.
    #[command(flatten)]
    pub list: ListArgs,
}

const EXAMPLES: &str = "\
Examples:
  # Every add-on, and how it stands against upstream
  kubectl addons

  # Only what needs attention; exit code 3 if there is anything
  kubectl addons outdated --exit-code

  # Before an upgrade: what must move first, in which order
  kubectl addons outdated --target 1.37

  # All facts of one add-on with their sources, and the steps of its upgrade
  kubectl addons show cert-manager

  # Kubelets, kube-proxy and the control plane against the version skew policy
  kubectl addons skew

  # An air-gapped site: registries by way of its own
  kubectl addons --registry-mirror quay.io=registry.example.com/quay

  # Images that the catalogue does not know
  kubectl addons --image 'registry.example.com/team/*'";

/// The commands beside the list.
#[derive(Clone, Debug, Subcommand)]
pub enum AddonsCommand {
    /// Show only the add-ons that need attention
    ///
    /// Those that are behind, whose branch has ended, that upstream gave up, or that are
    /// unsupported on this Kubernetes. With --target, what must move before an upgrade of
    /// Kubernetes, in the order in which to go about it.
    Outdated(Box<OutdatedArgs>),

    /// Show all facts of one add-on, with their sources
    Show(Box<ShowArgs>),

    /// Compare control plane, kubelets and kube-proxy by the version skew policy
    Skew(Box<SkewArgs>),

    /// Show what is known of add-ons, and where it is known from
    Catalogue(Box<CatalogueArgs>),
}

/// What the list takes.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Track images of this name that the catalogue does not know; * stands for anything
    #[arg(long = "image", value_name = "IMAGE")]
    pub images: Vec<String>,

    /// Look in all namespaces, which is the default unless -n is given
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,

    /// Sort the rows, ascending and unknown last; by namespace unless --target asks for an order
    #[arg(long, value_enum, value_name = "COLUMN")]
    pub sort_by: Option<SortBy>,

    /// What all commands that read a cluster take.
    #[command(flatten)]
    pub source: SourceArgs,

    /// What all commands that ask upstream take.
    #[command(flatten)]
    pub upstream: UpstreamArgs,

    /// The output flags.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What `outdated` takes.
#[derive(Args, Clone, Debug)]
pub struct OutdatedArgs {
    /// Judge for an upgrade to this version of Kubernetes
    #[arg(long, value_name = "VERSION")]
    pub target: Option<Minor>,

    /// Exit with 3 if anything needs attention
    #[arg(long)]
    pub exit_code: bool,

    /// What the list takes.
    #[command(flatten)]
    pub list: ListArgs,
}

/// What `show` takes.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// The add-on, by the name that the list shows
    #[arg(value_name = "NAME")]
    pub name: String,

    /// What the list takes.
    #[command(flatten)]
    pub list: ListArgs,
}

/// What `skew` takes.
#[derive(Args, Clone, Debug)]
pub struct SkewArgs {
    /// Judge for an upgrade to this version of Kubernetes
    #[arg(long, value_name = "VERSION")]
    pub target: Option<Minor>,

    /// Exit with 3 if anything is unsupported
    #[arg(long)]
    pub exit_code: bool,

    /// What all commands that read a cluster take.
    #[command(flatten)]
    pub source: SourceArgs,

    /// The output flags.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What `catalogue` takes.
#[derive(Args, Clone, Debug)]
pub struct CatalogueArgs {
    /// Add-ons to show; all by default
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// A directory with files that add to the catalogue or override it; may be repeated
    #[arg(long = "catalogue", value_name = "DIR")]
    pub directories: Vec<PathBuf>,

    /// The output flags.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Where the cluster is.
#[derive(Args, Clone, Debug)]
pub struct SourceArgs {
    /// Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

/// How to ask upstream.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Upstream")]
pub struct UpstreamArgs {
    /// Ask nobody, and answer from the cache
    #[arg(long, conflicts_with = "refresh")]
    pub offline: bool,

    /// Ask again, however young the cache is
    #[arg(long)]
    pub refresh: bool,

    /// Until which age an answer from the cache will do
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "1h")]
    pub max_age: Duration,

    /// How long to wait for one source; chart indexes get six times as long
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "10s")]
    pub deadline: Duration,

    /// Ask for what is published at FROM (a host, perhaps with a path) at TO instead; may be repeated
    #[arg(long = "registry-mirror", value_name = "FROM=TO", value_parser = Mirror::parse)]
    pub mirrors: Vec<Mirror>,

    /// A directory with files that add to the catalogue or override it; may be repeated
    #[arg(long = "catalogue", value_name = "DIR")]
    pub directories: Vec<PathBuf>,
}

/// How the answer is printed.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Output format
    #[arg(
        short,
        long,
        value_enum,
        default_value_t,
        hide_default_value = true,
        value_name = "FORMAT"
    )]
    pub output: Format,

    /// Leave out the table's header line
    #[arg(long)]
    pub no_headers: bool,
}

/// What `--sort-by` takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum SortBy {
    /// Namespace, then name
    Namespace,
    /// Name
    Name,
    /// How far behind
    Behind,
    /// When the branch ends, or upstream gave it up
    Eol,
    /// How many known vulnerabilities
    Cves,
    /// Who manages it
    ManagedBy,
}

/// The forms in which the answer can be had.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// A table for people
    #[default]
    Table,
    /// The table with all columns
    Wide,
    /// The report as JSON
    Json,
    /// The report as YAML
    Yaml,
    /// Just the names, one a line
    Name,
    /// A table for a ticket or a wiki
    Markdown,
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    text.trim()
        .parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| *duration <= Duration::from_hours(24 * 365))
        .ok_or_else(|| "expected a duration such as 10s, 5m or 1h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_bounded() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        for text in ["", "-1s", "soon", "9000000000h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
