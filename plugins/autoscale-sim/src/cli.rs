//! The flags of `kubectl autoscale-sim`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use cluster::ConnectionFlags;

use crate::load::Scale;
use crate::settings::Setting;

/// Show what Cluster Autoscaler would do about pending pods, and why
///
/// Reads the cluster, never writes, and plays the autoscaler's loop (Cluster Autoscaler 1.36): which
/// node groups grow, which pods that helps, which stay pending, and why. Where the real one leaves
/// the choice to chance, all outcomes are shown. What could not be read is listed as unknown.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES, mut_args(|own| own.global(true)))]
pub struct AutoscaleSimArgs {
    /// What is asked; without one, what the autoscaler would add now.
    #[command(subcommand)]
    pub question: Option<Question>,

    /// Play loop after loop until nothing changes, as a timeline
    #[arg(long)]
    pub until_stable: bool,

    /// Where the cluster is read from.
    #[command(flatten)]
    pub source: SourceFlags,

    /// Which autoscaler is played.
    #[command(flatten)]
    pub engine: EngineFlags,

    /// Where node groups come from.
    #[command(flatten)]
    pub groups: GroupFlags,

    /// Load that is not there yet.
    #[command(flatten)]
    pub load: LoadFlags,

    /// How the answer is printed.
    #[command(flatten)]
    pub output: FormatFlags,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

const EXAMPLES: &str = "\
Examples:
  # What the autoscaler would add for the pods that are pending now, and which it leaves
  kubectl autoscale-sim

  # The same, loop after loop until nothing changes
  kubectl autoscale-sim --until-stable

  # Which pods three more nodes like this one would help; needs no autoscaler
  kubectl autoscale-sim add 3 --like worker-1
  kubectl autoscale-sim add 1 --shape cpu=8,memory=32Gi,taint=gpu=yes:NoSchedule

  # Why this pod stays pending, and the smallest change that would free it
  kubectl autoscale-sim why web-5d8f7-x2x9c

  # What a scale-down would remove, when, and what keeps the other nodes
  kubectl autoscale-sim down
  kubectl autoscale-sim down --set scale-down-utilization-threshold=0.7

  # Before the launch day: more replicas, a manifest, every HPA at its maximum, another maximum
  kubectl autoscale-sim --scale deploy/web=50 --set max.web-pool=20
  kubectl autoscale-sim -f launch.yaml --exit-code
  kubectl autoscale-sim --hpa-max --until-stable

  # Before a failure: this node is gone
  kubectl autoscale-sim --remove-node worker-1

  # What Karpenter would launch, from its NodePools and these instance types
  kubectl autoscale-sim --engine karpenter --instance-types types.json --prices prices.csv
  kubectl autoscale-sim --instance-types types.json --consolidation

  # Both autoscalers on the same cluster, with cost
  kubectl autoscale-sim --engine both --instance-types types.json --node-groups groups.yaml

  # From a file, with node groups from a file
  kubectl get nodes,pods,ds,rs,sts,jobs,pdb,pv,pvc,sc -A -o json > cluster.json
  kubectl autoscale-sim --snapshot cluster.json --node-groups groups.yaml";

/// The questions.
#[derive(Clone, Debug, Subcommand)]
pub enum Question {
    /// Show which pods more nodes would help; needs no autoscaler
    Add(AddArgs),

    /// Show why a pod stays pending, and the smallest change that would free it
    Why(WhyArgs),

    /// Show which nodes a scale-down would remove, when, and what keeps the others
    Down,
}

/// `why`.
#[derive(Args, Clone, Debug)]
pub struct WhyArgs {
    /// The pod, or NAMESPACE/POD
    #[arg(value_name = "POD")]
    pub pod: String,
}

impl WhyArgs {
    /// Namespace and name.
    #[must_use]
    pub fn place(&self, namespace: &str) -> (String, String) {
        let own = |namespace: &str, name: &str| (namespace.to_owned(), name.to_owned());
        match self.pod.split_once('/') {
            Some(("pod" | "pods", name)) => own(namespace, name),
            Some((other, name)) => own(other, name),
            None => own(namespace, &self.pod),
        }
    }
}

/// `add`.
#[derive(Args, Clone, Debug)]
pub struct AddArgs {
    /// How many nodes
    #[arg(value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub count: u32,

    /// The new nodes are like this one
    #[arg(
        long,
        value_name = "NODE",
        required_unless_present = "shape",
        conflicts_with = "shape"
    )]
    pub like: Option<String>,

    /// The new nodes have this for pods: cpu=8,memory=32Gi,label=KEY=VALUE,taint=KEY=VALUE:EFFECT
    #[arg(long, value_name = "SHAPE")]
    pub shape: Option<String>,
}

/// Where the cluster is read from.
#[derive(Args, Clone, Debug, Default)]
pub struct SourceFlags {
    /// Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
}

/// Which autoscaler is played.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Engine")]
pub struct EngineFlags {
    /// The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    pub engine: Engine,

    /// What Karpenter may launch: a JSON list in the form of its kwok provider
    #[arg(long, value_name = "FILE")]
    pub instance_types: Option<PathBuf>,

    /// Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any
    #[arg(long, value_name = "FILE", requires = "instance_types")]
    pub prices: Option<PathBuf>,

    /// Also what Karpenter's consolidation would take away or replace
    #[arg(long, requires = "instance_types")]
    pub consolidation: bool,
}

/// What `--engine` takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Engine {
    /// Karpenter if there are instance types, else Cluster Autoscaler
    #[default]
    Auto,
    /// Cluster Autoscaler 1.36
    ClusterAutoscaler,
    /// Karpenter 1.14
    Karpenter,
    /// Both, side by side, with cost
    Both,
}

/// Where node groups come from.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Node groups")]
pub struct GroupFlags {
    /// Node groups from a YAML file; otherwise from the autoscaler's status and flags, its debugging snapshot, or nodes' labels
    #[arg(long, value_name = "FILE")]
    pub node_groups: Option<PathBuf>,

    /// Templates of new nodes from what the autoscaler's /snapshotz wrote
    #[arg(long, value_name = "FILE")]
    pub debugging_snapshot: Option<PathBuf>,

    /// The namespace that the autoscaler runs in
    #[arg(long, value_name = "NAMESPACE", default_value = "kube-system")]
    pub autoscaler_namespace: String,

    /// Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = Setting::parse)]
    pub set: Vec<Setting>,
}

/// Load that is not there yet.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Assumed load")]
pub struct LoadFlags {
    /// Assume that this manifest is applied; - for standard input; may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub filename: Vec<PathBuf>,

    /// Assume so many replicas; may be repeated
    #[arg(long, value_name = "KIND/NAME=REPLICAS", value_parser = Scale::parse)]
    pub scale: Vec<Scale>,

    /// Assume every HPA at its maximum
    #[arg(long)]
    pub hpa_max: bool,

    /// Assume that this node is gone; may be repeated
    #[arg(long, value_name = "NODE")]
    pub remove_node: Vec<String>,
}

/// How the answer is printed.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct FormatFlags {
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

    /// Leave out the tables' header lines
    #[arg(long)]
    pub no_headers: bool,

    /// Exit with 3 when pods stay unschedulable
    #[arg(long)]
    pub exit_code: bool,
}

/// What `-o` takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// A summary for people
    #[default]
    Table,
    /// The summary with every group and pod
    Wide,
    /// The report as JSON
    Json,
    /// The report as YAML
    Yaml,
    /// Just the pods that stay pending; of down, the nodes that are unneeded
    Name,
    /// One self-contained page
    Html,
}
