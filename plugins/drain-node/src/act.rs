//! The drain itself: cordon, evict, wait, and say truly what is left.

mod after;
pub mod cordon;
mod engine;
pub mod evict;
mod queue;
mod watches;

pub use after::{ATTACHMENTS, Aftermath, Attachment, attached};

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cluster::{ApiServer, Freshness, ListRequest, WriteError, in_parallel};
use console::{ExitCode, Failure, Interrupts};
use jiff::SignedDuration;

use crate::act::cordon::{Cordon, cordon, read_node, uncordon};
use crate::act::engine::{Engine, NodeProgress, Orders, Stop, pods_of};
use crate::act::queue::Stage;
use crate::cli::DrainFlags;
use crate::facts::{Facts, insist, read_all};
use crate::failure;
use crate::pod::Pod;
use crate::report::{
    API_VERSION, Cordoned, DrainMark, DrainPlan, DrainSummary, EventType, NodeState, Outcome, Rule,
    Verdict,
};
use crate::screen::{Event, Screen, seconds};
use crate::workload::deployment_of;

/// How long answers are waited for after a stop.
const LAST_ANSWERS: Duration = Duration::from_secs(3);
/// How long the state that is left may take to read.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// Carries a plan out.
///
/// # Errors
/// When a right is missing, a node can't be cordoned, or a watch can't go on; the state that is left
/// has been printed then.
pub async fn drain(
    server: &ApiServer,
    flags: &DrainFlags,
    facts: &Facts,
    plan: &DrainPlan,
    aftermath: Aftermath,
    interrupts: &mut Interrupts,
    mut screen: Screen,
) -> Result<ExitCode, Failure> {
    let mark = DrainMark {
        id: run_id(),
        started: Some(server.clock().now()),
        reason: flags.reason.clone(),
    };
    let began = Instant::now();
    let names: Vec<String> = facts.nodes.iter().map(|node| node.name.clone()).collect();
    let cordoned = cordon_all(server, &names, &mark, &mut screen, interrupts).await?;
    let orders = orders(facts, plan);
    let pod_selector = flags.pods()?;
    let mut engine = Engine::new(server, flags, &mut screen, pod_selector, orders);
    let mut problem = None;
    let stop = match cordoned {
        CordonAll::Done => engine.run(interrupts).await?,
        CordonAll::Interrupted => Stop::Interrupted,
        CordonAll::Failed(failure) => Stop::Broken(failure),
    };
    let nothing_tried = engine
        .queue
        .entries()
        .iter()
        .all(|entry| entry.first_tried.is_none());
    let mut outcome = outcome(&stop, &engine);
    if let Stop::Broken(failure) = stop {
        problem = Some(failure);
    }
    if outcome == Outcome::Done {
        let waited = aftermath.wait(server, flags, &mut engine, interrupts).await;
        match waited {
            Ok(None) => {}
            Ok(Some(stopped)) => outcome = stopped,
            Err(failure) => {
                outcome = Outcome::Failed;
                problem = Some(failure);
            }
        }
    }
    // Where it broke off before the first eviction, there is nothing to keep the nodes empty for.
    let broke_off = matches!(
        outcome,
        Outcome::Interrupted | Outcome::Failed | Outcome::NotAllowed
    );
    let undo = outcome != Outcome::Done && (flags.undo_on_failure || (broke_off && nothing_tried));
    let ending = Ending {
        server,
        id: &mark.id,
        undo,
    };
    let last = last_seen(&engine, plan);
    let nodes = ending.state(&mut engine, last, interrupts).await?;
    let summary = DrainSummary {
        api_version: API_VERSION,
        kind: "DrainSummary",
        time: server.clock().now(),
        outcome,
        seconds: seconds(SignedDuration::try_from(began.elapsed()).unwrap_or_default()),
        evicted: engine.evicted,
        deleted: engine.deleted,
        refusals: engine.queue.refusals,
        nodes,
    };
    print_summary(engine.screen(), &summary)?;
    match problem {
        Some(failure) => Err(failure),
        None => Ok(exit_code(outcome, flags)),
    }
}

fn exit_code(outcome: Outcome, flags: &DrainFlags) -> ExitCode {
    match outcome {
        Outcome::Done => ExitCode::Done,
        Outcome::Failed => ExitCode::Failed,
        Outcome::NotDone if flags.once => ExitCode::Deadline,
        Outcome::NotDone => ExitCode::BadNews,
        Outcome::Timeout => ExitCode::Deadline,
        Outcome::Interrupted => ExitCode::Interrupted,
        Outcome::NotAllowed => ExitCode::NotAllowed,
    }
}

fn print_summary(screen: &mut Screen, summary: &DrainSummary) -> Result<(), Failure> {
    screen.end_progress();
    if screen.is_json() {
        screen.output.json_line(summary)?;
        return screen.output.flush();
    }
    screen.output.flush()?;
    let pending: Vec<&NodeState> = summary.nodes.iter().filter(|node| !node.drained).collect();
    if !pending.is_empty() {
        eprint_line("There are pending nodes to be drained:");
        for node in pending {
            eprint_line(&format!(" {}", node.name));
        }
    }
    for line in crate::render::ended(summary) {
        eprint_line(&line);
    }
    Ok(())
}

/// A line on standard error; one that can't be printed is no reason to fail.
pub fn eprint_line(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn outcome(stop: &Stop, engine: &Engine<'_>) -> Outcome {
    match stop {
        Stop::Timeout => Outcome::Timeout,
        Stop::Interrupted => Outcome::Interrupted,
        Stop::Broken(failure) if failure.code == ExitCode::NotAllowed => Outcome::NotAllowed,
        Stop::Broken(_) => Outcome::Failed,
        Stop::Settled => {
            let stages = || engine.queue.entries().iter().map(|entry| &entry.stage);
            if stages().any(|stage| matches!(stage, Stage::Failed(_))) {
                Outcome::Failed
            } else if stages().any(|stage| matches!(stage, Stage::Left(_))) {
                Outcome::NotDone
            } else {
                Outcome::Done
            }
        }
    }
}

fn orders(facts: &Facts, plan: &DrainPlan) -> Orders {
    let by_uid: BTreeMap<&str, &Pod> = facts
        .pods
        .iter()
        .map(|pod| (pod.uid.as_str(), pod))
        .collect();
    let surging = plan.pods.iter().filter(|pod| pod.verdict == Verdict::Surge);
    let surges = surging
        .filter_map(|pod| {
            let (deployment, _) = deployment_of(by_uid.get(pod.uid.as_str())?, &facts.workloads)?;
            Some((pod.uid.clone(), deployment.name))
        })
        .collect();
    let leading = plan.pods.iter().filter(|pod| !pod.leads.is_empty());
    Orders {
        nodes: facts
            .nodes
            .iter()
            .map(|node| (node.name.clone(), node.kubelet.clone()))
            .collect(),
        daemon_sets: facts.daemon_sets.clone(),
        surges,
        leaders: leading.map(|pod| pod.uid.clone()).collect(),
        planned: plan.pods.iter().map(|pod| pod.uid.clone()).collect(),
    }
}

/// What came of cordoning all nodes.
enum CordonAll {
    Done,
    Interrupted,
    Failed(Failure),
}

/// Cordons all nodes before the first pod is touched; one that can't be is the end.
async fn cordon_all(
    server: &ApiServer,
    names: &[String],
    mark: &DrainMark,
    screen: &mut Screen,
    interrupts: &mut Interrupts,
) -> Result<CordonAll, Failure> {
    let cordons = in_parallel(names.iter().map(|name| cordon(server, name, mark, false)));
    let results = tokio::select! {
        results = cordons => results,
        () = interrupts.next() => return Ok(CordonAll::Interrupted),
    };
    let mut failed: Option<Failure> = None;
    for (name, result) in names.iter().zip(results) {
        let event_type = match result {
            Ok(Cordon::Set) => EventType::Cordoned,
            Ok(Cordon::AlreadySet) => EventType::AlreadyCordoned,
            Err(error) => {
                failed.get_or_insert(cannot_cordon(name, error));
                continue;
            }
        };
        screen.show(event_type, Event::of_node(name), server.clock().now())?;
    }
    Ok(failed.map_or(CordonAll::Done, CordonAll::Failed))
}

fn cannot_cordon(name: &str, error: WriteError) -> Failure {
    let mut failure = failure(&error.into());
    failure.message = format!("unable to cordon node \"{name}\": {}", failure.message);
    failure
}

/// Something that no other run has.
fn run_id() -> String {
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("{now:x}-{:x}", std::process::id())
}

/// The end of a drain: what is left, and what is taken back.
struct Ending<'a> {
    server: &'a ApiServer,
    id: &'a str,
    undo: bool,
}

impl Ending<'_> {
    /// Waits for the last answers, takes the cordons back if asked, and reads what is left. A second
    /// Ctrl-C ends it at once with what was last seen.
    async fn state(
        &self,
        engine: &mut Engine<'_>,
        last: Vec<NodeState>,
        interrupts: &mut Interrupts,
    ) -> Result<Vec<NodeState>, Failure> {
        let verified = tokio::select! {
            verified = self.verify(engine, last.clone()) => verified?,
            () = interrupts.next() => last,
        };
        Ok(verified)
    }

    async fn verify(
        &self,
        engine: &mut Engine<'_>,
        mut nodes: Vec<NodeState>,
    ) -> Result<Vec<NodeState>, Failure> {
        let _ = tokio::time::timeout(LAST_ANSWERS, engine.finish_requests()).await;
        if self.undo {
            let undone = in_parallel(
                nodes
                    .iter()
                    .map(|node| uncordon(self.server, &node.name, self.id)),
            );
            for (node, result) in nodes.clone().iter().zip(undone.await) {
                let now = self.server.clock().now();
                match result {
                    Ok(true) => {
                        let event = Event::of_node(&node.name);
                        engine.screen().show(EventType::Uncordoned, event, now)?;
                    }
                    Ok(false) => {}
                    Err(error) => engine.screen().note(&format!(
                        "unable to uncordon node \"{}\": {error}",
                        node.name
                    )),
                }
            }
        }
        let looks = nodes.iter_mut().map(|node| self.look(node));
        in_parallel(looks).await;
        Ok(nodes)
    }

    /// Reads a node and its pods as they are now.
    async fn look(&self, state: &mut NodeState) {
        let name = state.name.clone();
        let request = ListRequest {
            freshness: Freshness::Latest,
            ..pods_of(&name)
        };
        let reads = futures::future::join(
            insist(|| read_node(self.server, &name)),
            insist(|| read_all::<Pod>(self.server, &request)),
        );
        let Ok((node, pods)) = tokio::time::timeout(LAST_LOOK, reads).await else {
            return;
        };
        match node {
            Ok(Some(node)) => {
                let ours = node.mark.is_some_and(|mark| mark.id == self.id);
                state.cordoned = match (node.unschedulable, ours) {
                    (true, true) => Cordoned::ByThisRun,
                    (true, false) => Cordoned::Before,
                    (false, _) => Cordoned::No,
                };
            }
            Ok(None) => state.cordoned = Cordoned::No,
            Err(_) => {}
        }
        state.undo = undo_command(state.cordoned, &name);
        if let Ok(pods) = pods {
            let there: BTreeMap<String, Pod> =
                pods.into_iter().map(|pod| (pod.key(), pod)).collect();
            let known: Vec<String> = state
                .terminating
                .drain(..)
                .chain(state.left.drain(..))
                .collect();
            for key in known {
                match there.get(&key) {
                    None => state.gone += 1,
                    Some(pod) if pod.is_terminating() => state.terminating.push(key),
                    Some(_) => state.left.push(key),
                }
            }
            state.verified = true;
        }
    }
}

/// The nodes as the drain last saw them; of pods that it had not come to yet the plan tells.
fn last_seen(engine: &Engine<'_>, plan: &DrainPlan) -> Vec<NodeState> {
    let nodes = engine.nodes.iter().enumerate();
    nodes
        .map(|(index, node)| {
            let mut state = NodeState {
                name: node.name.clone(),
                drained: node.progress == NodeProgress::Drained,
                ..NodeState::default()
            };
            let planned = plan.pods.iter().filter(|pod| pod.node == node.name);
            for pod in planned.filter(|pod| engine.queue.entry(&pod.uid).is_none()) {
                let key = format!("{}/{}", pod.namespace, pod.name);
                match (pod.verdict, &pod.rule) {
                    (Verdict::Skip, _) => {}
                    (_, Rule::Terminating) => state.terminating.push(key),
                    _ => state.left.push(key),
                }
            }
            let own = engine.queue.entries().iter();
            for entry in own.filter(|entry| entry.node == index) {
                match entry.stage {
                    Stage::Gone => state.gone += 1,
                    Stage::Skipped => {}
                    Stage::Leaving if entry.pod.is_terminating() => {
                        state.terminating.push(entry.pod.key());
                    }
                    _ => state.left.push(entry.pod.key()),
                }
            }
            state.undo = undo_command(state.cordoned, &node.name);
            state
        })
        .collect()
}

fn undo_command(cordoned: Cordoned, node: &str) -> Option<String> {
    match cordoned {
        Cordoned::ByThisRun | Cordoned::Unknown => Some(format!("kubectl drain-node undo {node}")),
        Cordoned::Before => Some(format!("kubectl uncordon {node}")),
        Cordoned::No => None,
    }
}

/// The pods that the plan wants to leave.
fn going(plan: &DrainPlan) -> BTreeSet<&str> {
    let pods = plan.pods.iter();
    pods.filter(|pod| {
        matches!(
            pod.verdict,
            Verdict::Evict | Verdict::Delete | Verdict::Surge
        ) && pod.rule != Rule::Terminating
    })
    .map(|pod| pod.uid.as_str())
    .collect()
}
