//! From flags to Karpenter's answer on standard output.

use std::path::Path;

use cluster::ApiServer;
use console::{ExitCode, Failure, Output};
use serde::Serialize;

use crate::cli::{AutoscaleSimArgs, Engine, Format};
use crate::cluster_autoscaler::cluster::NodeFacts;
use crate::comparison::{self, EngineComparison};
use crate::karpenter::chance::First;
use crate::karpenter::{InstanceTypeSpec, Outcome, consolidate, provision, read_instance_types};
use crate::karpenter_facts::{self, KarpenterFacts};
use crate::karpenter_plan::{self, KarpenterPlan};
use crate::karpenter_render;
use crate::prices;
use crate::progress::Progress;
use crate::render::View;
use crate::run::{failure, play};

const NODE_POOL: &str = "karpenter.sh/nodepool";

/// Whether the question is for Karpenter.
#[must_use]
pub fn is_asked(args: &AutoscaleSimArgs) -> bool {
    match args.engine.engine {
        Engine::Karpenter | Engine::Both => true,
        Engine::ClusterAutoscaler => false,
        Engine::Auto => args.engine.instance_types.is_some(),
    }
}

/// That Cluster Autoscaler does not decide about nodes of Karpenter's.
pub fn remark_on_nodes(nodes: &[NodeFacts]) -> Option<String> {
    let is_of_pool = |node: &&NodeFacts| {
        let labels = node.object.metadata.labels.as_ref();
        labels.is_some_and(|own| own.contains_key(NODE_POOL))
    };
    let count = nodes.iter().filter(is_of_pool).count();
    (count > 0).then(|| {
        format!(
            "what Karpenter does, to which {} belong; --engine karpenter --instance-types FILE answers for it",
            crate::render::counted(count, "node")
        )
    })
}

/// Answers.
///
/// # Errors
/// What the user is told when it fails.
pub fn run(args: &AutoscaleSimArgs) -> Result<ExitCode, Failure> {
    refuse_other_questions(args)?;
    let (types, remarks) = instance_types(args)?;
    let progress = Progress::new();
    let facts = if let Some(path) = &args.source.snapshot {
        karpenter_facts::read_snapshot(path, |objects| progress.at(objects))
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(format!("the runtime can't start: {error}")))?;
        runtime.block_on(async {
            let server = ApiServer::connect(&args.connection)?;
            karpenter_facts::read_live(&server, |objects| progress.at(objects)).await
        })
    };
    drop(progress);
    let mut facts = facts.map_err(|error| failure(&error))?;
    facts.input.instance_types = types;
    answer(args, &facts, remarks)
}

fn refuse_other_questions(args: &AutoscaleSimArgs) -> Result<(), Failure> {
    let load = &args.load;
    let what = if args.question.is_some() {
        "add, why and down are questions"
    } else if args.until_stable {
        "--until-stable is a question"
    } else if !matches!(
        args.output.output,
        Format::Table | Format::Wide | Format::Json | Format::Yaml
    ) {
        "this output format is"
    } else if !load.filename.is_empty() || !load.scale.is_empty() || load.hpa_max {
        "assumed load is"
    } else if !load.remove_node.is_empty() {
        "--remove-node is"
    } else if args.engine.engine != Engine::Both
        && (!args.groups.set.is_empty() || args.groups.node_groups.is_some())
    {
        "node groups and --set are"
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!(
        "{what} for Cluster Autoscaler only, not for --engine karpenter"
    )))
}

fn read(what: &str, path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{what} {}: {error}", path.display())))
}

fn instance_types(
    args: &AutoscaleSimArgs,
) -> Result<(Vec<InstanceTypeSpec>, Vec<String>), Failure> {
    let Some(path) = &args.engine.instance_types else {
        let engine = if args.engine.engine == Engine::Both {
            "both"
        } else {
            "karpenter"
        };
        return Err(Failure::usage(format!("--engine {engine} needs --instance-types FILE"))
            .with_hint("a JSON list as Karpenter's kwok provider reads it; docs/autoscale-sim.md has the form"));
    };
    let text = read("instance types", path)?;
    let mut types = read_instance_types(&text)
        .map_err(|why| Failure::usage(format!("instance types {}: {why}", path.display())))?;
    let mut remarks = Vec::new();
    if let Some(path) = &args.engine.prices {
        let text = read("prices", path)?;
        let unknown = prices::apply(&text, &mut types)
            .map_err(|why| Failure::usage(format!("prices {}: {why}", path.display())))?;
        if !unknown.is_empty() {
            let names = unknown.join(", ");
            remarks.push(format!(
                "instance types that {} has prices of: {names}",
                path.display()
            ));
        }
    }
    Ok((types, remarks))
}

fn answer(
    args: &AutoscaleSimArgs,
    facts: &KarpenterFacts,
    remarks: Vec<String>,
) -> Result<ExitCode, Failure> {
    if facts.input.node_pools.is_empty() && facts.broken_pools.is_empty() {
        let text = if facts.knows_karpenter {
            "there is no NodePool, so Karpenter would do nothing"
        } else {
            "there are no NodePools (karpenter.sh/v1): Karpenter is not installed there"
        };
        return Err(Failure::new(text)
            .with_hint("a snapshot needs nodepools.karpenter.sh and nodeclaims.karpenter.sh too"));
    }
    let outcome = provision(&facts.input, &mut First);
    let mut report = karpenter_plan::plan(facts, &outcome);
    if args.engine.consolidation {
        let own = consolidate(&facts.input, &mut First);
        report.consolidation = Some(karpenter_plan::consolidation(&own));
    }
    let mut unknown = facts.unreadable.clone();
    unknown.extend(remarks);
    unknown.push(
        "Karpenter's flags; assumed: --preference-policy Respect, --min-values-policy Strict, feature gates as by default".to_owned(),
    );
    if facts.now_is_newest {
        unknown.push(format!(
            "when the snapshot was taken; assumed: at the newest time in it, {}",
            facts.input.now
        ));
    }
    let silent: Vec<&str> = (facts.input.node_pools.iter())
        .filter(|own| own.readiness_is_unknown())
        .map(crate::karpenter::node_pool::NodePool::name)
        .collect();
    if !silent.is_empty() {
        unknown.push(format!(
            "whether {} ready; assumed: yes",
            if let [one] = silent.as_slice() {
                format!("the NodePool {one} is")
            } else {
                format!("the NodePools {} are", silent.join(", "))
            }
        ));
    }
    unknown.extend(labels_without_effect(facts));
    if args.engine.consolidation {
        unknown.extend(left_out_of_consolidation(facts));
    }
    report.head.unknown = unknown;
    let is_bad = if args.engine.engine == Engine::Both {
        let report = compare(args, facts, &outcome, report)?;
        print(args, &report, |view, output| {
            comparison::table(&report, view, output)
        })?;
        report.engines.iter().any(|own| own.pods_left > 0)
    } else {
        print(args, &report, |view, output| {
            karpenter_render::plan(&report, view, output)
        })?;
        !report.pods_left.is_empty()
    };
    if args.output.exit_code && is_bad {
        return Ok(ExitCode::BadNews);
    }
    Ok(ExitCode::Done)
}

fn compare(
    args: &AutoscaleSimArgs,
    facts: &KarpenterFacts,
    outcome: &Outcome,
    plan: KarpenterPlan,
) -> Result<EngineComparison, Failure> {
    let played = play(args)?;
    let requests: Vec<(i64, i64)> = outcome
        .claims
        .iter()
        .map(|claim| {
            let amount = |resource: &str, billionths: i128| {
                let all = claim.requests.first().and_then(|own| own.get(resource));
                let all = all.copied().unwrap_or(0) / billionths;
                i64::try_from(all).unwrap_or(i64::MAX)
            };
            (amount("cpu", 1_000_000), amount("memory", 1_000_000_000))
        })
        .collect();
    let types = &facts.input.instance_types;
    Ok(comparison::compare(
        &played.before,
        &played.cluster,
        played.timeline,
        plan,
        &requests,
        types,
    ))
}

/// Prints a report in the form that was asked for.
fn print(
    args: &AutoscaleSimArgs,
    report: &impl Serialize,
    table: impl FnOnce(View, &mut Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut output = Output::stdout();
    match args.output.output {
        Format::Json => output.json(report)?,
        Format::Yaml => output.yaml(report)?,
        _ => table(View::new(&args.output), &mut output)?,
    }
    output.flush()
}

/// Labels of the provider that pools ask for, and that the instance types do not have.
fn labels_without_effect(facts: &KarpenterFacts) -> Option<String> {
    const PROVIDERS: [&str; 4] = [
        "karpenter.k8s.aws/",
        "karpenter.azure.com/",
        "karpenter.k8s.gcp/",
        "karpenter.k8s.oracle/",
    ];
    let pools = facts.input.node_pools.iter();
    let requirements = pools.flat_map(|own| own.spec.template.spec.requirements.iter().flatten());
    let mut keys: Vec<&str> = requirements
        .map(|own| own.key.as_str())
        .filter(|key| PROVIDERS.iter().any(|own| key.starts_with(own)))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    (!keys.is_empty()).then(|| {
        format!(
            "which instance types have {}: the form of the kwok provider has no such labels, so these requirements exclude none",
            keys.join(", ")
        )
    })
}

/// What consolidation depends on, and is not modelled.
fn left_out_of_consolidation(facts: &KarpenterFacts) -> Vec<String> {
    let pools = &facts.input.node_pools;
    let mut all = Vec::new();
    let disruption = || pools.iter().map(|own| (own.name(), &own.spec.disruption));
    for (name, own) in disruption() {
        if own.budgets.iter().any(|own| own.schedule.is_some()) {
            all.push(format!(
                "when the scheduled budgets of the NodePool {name} hold; assumed: now"
            ));
        }
        if own.consolidation_policy.as_deref() == Some("Balanced") {
            all.push(format!(
                "the scores of the NodePool {name}, whose policy is Balanced; assumed: all are good enough"
            ));
        }
    }
    all
}
