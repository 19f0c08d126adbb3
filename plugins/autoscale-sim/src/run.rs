//! From flags to an answer on standard output.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use cluster::{ApiServer, Error, Snapshot};
use console::{ExitCode, Failure, Output};
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Node;
use serde::Serialize;

use crate::add;
use crate::cli::{AddArgs, AutoscaleSimArgs, Format, Question, WhyArgs};
use crate::cluster_autoscaler::outcome::{Outcome, ScaleUpResult};
use crate::cluster_autoscaler::scale_down::Effort;
use crate::cluster_autoscaler::{Cluster, Options, Search, run_once};
use crate::facts::{self, Facts, Needs};
use crate::html;
use crate::karpenter_run;
use crate::load::{self, Load};
use crate::node_groups::AutoscalerFlags;
use crate::node_groups::{self, DebuggingSnapshot, NodeGroups, Sources, read_file};
use crate::picture;
use crate::progress::Progress;
use crate::render::{self, View};
use crate::report::{Head, PodsLeft, pod_names};
use crate::scale_down;
use crate::scale_up::{self, Autoscaler, GroupReport};
use crate::settings::{self, apply_flags, apply_to_groups};
use crate::shape;
use crate::unknowns;
use crate::until_stable;
use crate::why;
use crate::workload::{Manifest, read_manifest};

/// The `ClusterRole` that allows all this plugin asks for.
const CLUSTER_ROLE: &str =
    "ClusterRole \"day2-autoscale-sim\" in docs/rbac/autoscale-sim.yaml allows it";

/// After this time no pod of now is very young.
const COOLDOWN: SignedDuration = SignedDuration::from_secs(3);

/// Runs the command.
///
/// # Errors
/// What the user is told when it fails.
pub fn run(args: &AutoscaleSimArgs) -> Result<ExitCode, Failure> {
    if args.until_stable && args.question.is_some() {
        return Err(Failure::usage(
            "--until-stable is about the loops that add nodes, and stands alone",
        ));
    }
    if karpenter_run::is_asked(args) {
        return karpenter_run::run(args);
    }
    match &args.source.snapshot {
        Some(path) => from_snapshot(args, path),
        None => from_cluster(args),
    }
}

fn from_snapshot(args: &AutoscaleSimArgs, path: &Path) -> Result<ExitCode, Failure> {
    let (question, facts) = read_from_snapshot(args, path)?;
    answer(args, &question, facts)
}

fn read_from_snapshot(args: &AutoscaleSimArgs, path: &Path) -> Result<(Asked, Facts), Failure> {
    let namespace = args
        .connection
        .namespace
        .clone()
        .unwrap_or_else(|| "default".to_owned());
    let question = Asked::read(args, namespace)?;
    let progress = Progress::new();
    let facts = facts::read_snapshot(
        path,
        &question.needs,
        |flags| question.options(flags),
        |objects| progress.at(objects),
    );
    drop(progress);
    let facts = facts
        .map_err(|error| failure(&error))?
        .map_err(Failure::usage)?;
    Ok((question, facts))
}

fn from_cluster(args: &AutoscaleSimArgs) -> Result<ExitCode, Failure> {
    let (question, facts) = read_from_cluster(args)?;
    answer(args, &question, facts)
}

fn read_from_cluster(args: &AutoscaleSimArgs) -> Result<(Asked, Facts), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the runtime can't start: {error}")))?;
    runtime.block_on(async {
        let server = ApiServer::connect(&args.connection).map_err(|error| failure(&error))?;
        let question = Asked::read(args, server.namespace().to_owned())?;
        let progress = Progress::new();
        let facts = facts::read_live(
            &server,
            &question.needs,
            |flags| question.options(flags),
            |objects| progress.at(objects),
        )
        .await;
        drop(progress);
        let facts = facts
            .map_err(|error| failure(&error))?
            .map_err(Failure::usage)?;
        Ok((question, facts))
    })
}

/// What Cluster Autoscaler comes to, for a comparison.
pub struct Played {
    /// The nodes that there were.
    pub before: HashSet<String>,
    /// The cluster as it is then.
    pub cluster: Cluster,
    /// How it got there.
    pub timeline: until_stable::ScaleUpTimeline,
}

/// Plays Cluster Autoscaler until nothing changes.
///
/// # Errors
/// What the user is told when it fails.
pub fn play(args: &AutoscaleSimArgs) -> Result<Played, Failure> {
    let (question, mut facts) = match &args.source.snapshot {
        Some(path) => read_from_snapshot(args, path)?,
        None => read_from_cluster(args)?,
    };
    let mut unknown = std::mem::take(&mut facts.unreadable);
    let autoscaler = find_autoscaler(&question, &mut facts, &mut unknown)?;
    let assumed = pass_cooldown(&mut facts.cluster).into_iter().collect();
    let nodes = facts.cluster.nodes.iter();
    let before = nodes.map(|node| node.name().to_owned()).collect();
    let mut timeline = until_stable::play(&mut facts.cluster, autoscaler);
    fill(&mut timeline.head, assumed, unknown);
    Ok(Played {
        before,
        cluster: facts.cluster,
        timeline,
    })
}

/// The question with all that its flags name, read from files but not yet from the cluster.
struct Asked {
    namespace: String,
    load: Load,
    needs: Needs,
    settings: Vec<settings::Setting>,
    sources: Sources,
    /// Every pod counts for the scheduler, whatever an autoscaler thinks of it.
    without_autoscaler: bool,
}

impl Asked {
    fn read(args: &AutoscaleSimArgs, namespace: String) -> Result<Self, Failure> {
        let mut manifests = Vec::new();
        for path in &args.load.filename {
            read_manifests(path, &namespace, &mut manifests)?;
        }
        let load = Load {
            manifests,
            scale: args.load.scale.clone(),
            hpa_max: args.load.hpa_max,
            removed_nodes: args.load.remove_node.clone(),
        };
        let without_autoscaler = matches!(args.question, Some(Question::Add(_)));
        let needs = Needs {
            autoscaler: (!without_autoscaler).then(|| args.groups.autoscaler_namespace.clone()),
            drains: matches!(args.question, Some(Question::Down)),
            workloads: load.has_workloads(),
            hpas: load.hpa_max,
            priority_classes: load.has_workloads(),
            removed_nodes: load.removed_nodes.iter().cloned().collect::<BTreeSet<_>>(),
            pod: match &args.question {
                Some(Question::Why(own)) => Some(own.place(&namespace)),
                _ => None,
            },
        };
        Ok(Self {
            namespace,
            load,
            needs,
            settings: args.groups.set.clone(),
            sources: read_sources(args)?,
            without_autoscaler,
        })
    }

    /// The autoscaler's options: its own flags, and what was set by hand.
    fn options(&self, flags: Option<&AutoscalerFlags>) -> Result<Options, String> {
        let mut options = Options::default();
        if self.without_autoscaler {
            options.expendable_pods_priority_cutoff = i64::MIN;
            options.bypassed_scheduler_names = vec!["default-scheduler".to_owned()];
            return Ok(options);
        }
        if let Some(flags) = flags {
            flags.apply(&mut options);
        }
        if let Some((name, file)) = &self.sources.file {
            for (flag, value) in file.options() {
                options
                    .set(&flag, &value)
                    .map_err(|why| format!("{name}: options: {why}"))?;
            }
        }
        apply_flags(&self.settings, &mut options)?;
        Ok(options)
    }
}

fn read_sources(args: &AutoscaleSimArgs) -> Result<Sources, Failure> {
    let mut sources = Sources::default();
    if let Some(path) = &args.groups.node_groups {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("node groups {name}: {error}")))?;
        let file = read_file(&text).map_err(|why| {
            Failure::usage(format!("node groups {name}: {why}"))
                .with_hint("nodeGroups: [{name: web, minSize: 1, maxSize: 10, selector: pool=web}]; docs/autoscale-sim.md has it all")
        })?;
        sources.file = Some((name, file));
    }
    if let Some(path) = &args.groups.debugging_snapshot {
        let name = path.display().to_string();
        let failed = |why: String| Failure::usage(format!("debugging snapshot {name}: {why}"));
        let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let dump = DebuggingSnapshot::read(&text).map_err(failed)?;
        sources.dump = Some((name, dump));
    }
    Ok(sources)
}

fn read_manifests(
    path: &Path,
    namespace: &str,
    manifests: &mut Vec<Manifest>,
) -> Result<(), Failure> {
    let file = path.display();
    let read = Snapshot::read(path, |object| {
        manifests.push(read_manifest(
            &object.type_meta.kind,
            object.json,
            namespace,
        )?);
        Ok(())
    });
    read.map(|_| ()).map_err(|error| {
        let reason = match error {
            Error::Snapshot { reason, .. } => reason,
            other => other.to_string(),
        };
        Failure::usage(format!("manifest {file}: {reason}"))
            .with_hint("a manifest is what kubectl apply -f takes, as YAML or JSON")
    })
}

fn answer(
    args: &AutoscaleSimArgs,
    question: &Asked,
    mut facts: Facts,
) -> Result<ExitCode, Failure> {
    let assumed =
        load::apply(&question.load, &question.namespace, &mut facts).map_err(Failure::new)?;
    let mut unknown = std::mem::take(&mut facts.unreadable);
    if facts.now_is_newest {
        unknown.push(format!(
            "when the snapshot was taken; assumed: at the newest time in it, {}",
            facts.cluster.now
        ));
    }
    unknown.extend(karpenter_run::remark_on_nodes(&facts.cluster.nodes));
    match &args.question {
        Some(Question::Add(own)) => answer_add(args, own, facts, assumed, unknown),
        Some(Question::Why(own)) => answer_why(args, own, question, facts, (assumed, unknown)),
        Some(Question::Down) => answer_scale_down(args, question, facts, assumed, unknown),
        None => answer_scale_up(args, question, facts, assumed, unknown),
    }
}

fn answer_scale_up(
    args: &AutoscaleSimArgs,
    question: &Asked,
    mut facts: Facts,
    mut assumed: Vec<String>,
    mut unknown: Vec<String>,
) -> Result<ExitCode, Failure> {
    let autoscaler = find_autoscaler(question, &mut facts, &mut unknown)?;
    unknown.extend(unknowns::time_limits(&facts.cluster));
    assumed.extend(pass_cooldown(&mut facts.cluster));
    if args.until_stable {
        let mut report = until_stable::play(&mut facts.cluster, autoscaler);
        fill(&mut report.head, assumed, unknown);
        let left = !report.pods_left.is_empty();
        print(
            args,
            &report,
            &left_names(&report.pods_left),
            |view, output| render::timeline(&report, view, output),
        )?;
        return Ok(verdict(args, left));
    }
    let answer = run_once(&mut facts.cluster, Search::default());
    let mut report = scale_up::plan(&mut facts.cluster, &answer, autoscaler);
    fill(&mut report.head, assumed, unknown);
    if args.output.output == Format::Html {
        let before = picture::fullness(&facts.cluster);
        let first = scale_up::ranked(&answer).first().copied();
        let bound = first.map(|own| until_stable::follow(&mut facts.cluster, &own.scale_up));
        let picture = picture::draw(&facts.cluster, &before, &bound.unwrap_or_default());
        let mut output = Output::stdout();
        output.line(html::scale_up_page(&report, &picture).trim_end())?;
        output.flush()?;
    } else {
        print(args, &report, &report.names(), |view, output| {
            render::scale_up_plan(&report, view, output)
        })?;
    }
    Ok(verdict(args, report.leaves_pods()))
}

fn answer_scale_down(
    args: &AutoscaleSimArgs,
    question: &Asked,
    mut facts: Facts,
    mut assumed: Vec<String>,
    mut unknown: Vec<String>,
) -> Result<ExitCode, Failure> {
    let autoscaler = find_autoscaler(question, &mut facts, &mut unknown)?;
    unknown.extend(facts.assume_controllers());
    let cluster = &mut facts.cluster;
    assumed.extend(pass_cooldown(cluster));
    let search = Search {
        scale_down: Some(Effort::of(cluster)),
        ..Search::default()
    };
    let answer = run_once(cluster, search);
    let left = answer
        .outcomes
        .iter()
        .any(|own| !own.scale_up.unschedulable.is_empty());
    let mut report = scale_down::scale_down_plan(cluster, &answer, autoscaler);
    fill(&mut report.head, assumed, unknown);
    print(args, &report, &report.names(), |view, output| {
        render::scale_down_plan(&report, view, output)
    })?;
    Ok(verdict(args, left))
}

fn answer_why(
    args: &AutoscaleSimArgs,
    own: &WhyArgs,
    question: &Asked,
    mut facts: Facts,
    (mut assumed, mut unknown): (Vec<String>, Vec<String>),
) -> Result<ExitCode, Failure> {
    let (namespace, name) = own.place(&question.namespace);
    let autoscaler = find_autoscaler(question, &mut facts, &mut unknown)?;
    assumed.extend(pass_cooldown(&mut facts.cluster));
    let cluster = &mut facts.cluster;
    let at = cluster
        .pods
        .iter()
        .position(|pod| *pod.name == *name && cluster.shapes.get(pod.shape).namespace == namespace);
    let (Some(pod), Some(at)) = (facts.pod.take(), at) else {
        return Err(Failure::new(format!(
            "pods \"{name}\" not found in namespace \"{namespace}\", or it is over"
        ))
        .with_hint(
            "kubectl get pods -A --field-selector status.phase=Pending lists pods that wait",
        ));
    };
    let mut report = why::explain(cluster, at, &pod, autoscaler);
    fill(&mut report.head, assumed, unknown);
    print(args, &report, &report.names(), |view, output| {
        render::pod_explanation(&report, view, output)
    })?;
    Ok(verdict(args, report.fate == why::Fate::Left))
}

/// Of pods that are all very young the autoscaler waits for more, and nobody asks about that loop.
fn pass_cooldown(cluster: &mut Cluster) -> Option<String> {
    let once = Search {
        choices: 1,
        samples: 1,
        ..Search::default()
    };
    let answer = run_once(cluster, once);
    let waits = |own: &Outcome| own.scale_up.result == ScaleUpResult::InCooldown;
    if answer.outcomes.is_empty() || !answer.outcomes.iter().all(waits) {
        return None;
    }
    cluster.now = cluster.now.saturating_add(COOLDOWN).unwrap_or(cluster.now);
    Some(
        "a loop in three seconds: pods are younger than two seconds, and it waits for more of them"
            .to_owned(),
    )
}

fn left_names(left: &[PodsLeft]) -> Vec<String> {
    pod_names(left.iter().map(|own| &own.pods))
}

/// Hands the node groups to the loop; returns what is known of the autoscaler.
fn find_autoscaler(
    question: &Asked,
    facts: &mut Facts,
    unknown: &mut Vec<String>,
) -> Result<Autoscaler, Failure> {
    let mut sources = question.sources.clone();
    sources.status = facts.status.take();
    sources.flags = facts.flags.take();
    let nodes: Vec<&Node> = facts
        .cluster
        .nodes
        .iter()
        .map(|node| &node.object)
        .collect();
    let set = settings::unit_prices(&question.settings);
    let written = (sources.file.as_ref()).map_or((None, None), |(_, file)| file.unit_prices());
    let unit_prices = (set.0.or(written.0), set.1.or(written.1));
    let mut found: NodeGroups = node_groups::find(&sources, &nodes).map_err(Failure::usage)?;
    apply_to_groups(&question.settings, &mut found.groups)
        .map_err(|why| Failure::usage(format!("--set: {why}")))?;
    let cluster = &mut facts.cluster;
    // The autoscaler runs for long: only a new process takes back what another one had begun.
    cluster.first_loop = false;
    cluster.groups = found
        .groups
        .iter()
        .map(|group| group.to_node_group(cluster.now))
        .collect();
    let reports = found.groups.iter().zip(&cluster.groups);
    let node_groups: Vec<GroupReport> = reports
        .map(|(known, taken)| GroupReport::new(known, taken))
        .collect();
    unknown.extend(found.unknowns);
    let flags_from = if let Some(flags) = &sources.flags {
        unknown.extend(flags.apply(&mut Options::default()));
        format!("flags of Deployment {}", flags.place)
    } else if let Some((name, _)) = sources.file.as_ref().filter(|(_, own)| own.has_options()) {
        format!("options of {name}")
    } else {
        unknown.push("the autoscaler's flags: no Deployment of it was found; assumed: their defaults in 1.36".to_owned());
        "default flags".to_owned()
    };
    unknowns::of_expander(cluster, &node_groups, unit_prices, unknown);
    unknown.extend(unknowns::being_drained(cluster));
    Ok(Autoscaler {
        node_groups_from: found.origin,
        flags_from,
        expander: cluster.options.expander.clone(),
        node_groups,
    })
}

fn answer_add(
    args: &AutoscaleSimArgs,
    own: &AddArgs,
    mut facts: Facts,
    assumed: Vec<String>,
    unknown: Vec<String>,
) -> Result<ExitCode, Failure> {
    let (node, description) = new_node(own, &facts)?;
    let count = usize::try_from(own.count).unwrap_or(usize::MAX);
    let mut report = add::add(&mut facts.cluster, &node, count, description);
    fill(&mut report.head, assumed, unknown);
    let left = !report.pods_left.is_empty();
    print(
        args,
        &report,
        &left_names(&report.pods_left),
        |view, output| render::node_addition(&report, view, output),
    )?;
    Ok(verdict(args, left))
}

fn new_node(own: &AddArgs, facts: &Facts) -> Result<(Node, String), Failure> {
    if let Some(text) = &own.shape {
        let node = shape::parse(text, "node").map_err(|why| {
            Failure::usage(format!("--shape: {why}"))
                .with_hint("--shape cpu=8,memory=32Gi,label=disk=ssd,taint=gpu=yes:NoSchedule")
        })?;
        return Ok((node, format!("with {text}")));
    }
    let name = own.like.as_deref().unwrap_or_default();
    let nodes = &facts.cluster.nodes;
    let found = nodes.iter().find(|node| node.name() == name);
    let found = found.ok_or_else(|| {
        Failure::new(format!("nodes \"{name}\" not found"))
            .with_hint("kubectl get nodes lists them; --shape needs none")
    })?;
    Ok((add::like(&found.object), format!("like {name}")))
}

fn fill(head: &mut Head, assumed: Vec<String>, unknown: Vec<String>) {
    head.assumed.extend(assumed);
    head.unknown.extend(unknown);
}

fn verdict(args: &AutoscaleSimArgs, is_bad: bool) -> ExitCode {
    if args.output.exit_code && is_bad {
        ExitCode::BadNews
    } else {
        ExitCode::Done
    }
}

/// Prints a report in the form that was asked for.
fn print(
    args: &AutoscaleSimArgs,
    report: &impl Serialize,
    names: &[String],
    table: impl FnOnce(View, &mut Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut output = Output::stdout();
    match args.output.output {
        Format::Table | Format::Wide => table(View::new(&args.output), &mut output)?,
        Format::Json => output.json(report)?,
        Format::Yaml => output.yaml(report)?,
        Format::Name => {
            for name in names {
                output.line(name)?;
            }
        }
        Format::Html => {
            return Err(Failure::usage(
                "only what the autoscaler would add now has a page",
            ));
        }
    }
    output.flush()
}

/// What the user is told when the cluster or the snapshot can't be read.
pub fn failure(error: &Error) -> Failure {
    let code = match error {
        Error::Forbidden { .. } => ExitCode::NotAllowed,
        error if error.is_usage() => ExitCode::Usage,
        _ => ExitCode::Failed,
    };
    let failure = Failure::new(error.to_string()).with_code(code);
    match (error, error.hint()) {
        (Error::Snapshot { .. }, _) => failure.with_hint(
            "a snapshot is a Kubernetes List as JSON or YAML, as `kubectl get nodes,pods,ds,rs,pdb -A -o json` writes it",
        ),
        (_, Some(hint)) => failure.with_hint(hint),
        (Error::Forbidden { .. }, None) => failure.with_hint(CLUSTER_ROLE),
        (_, None) => failure,
    }
}
