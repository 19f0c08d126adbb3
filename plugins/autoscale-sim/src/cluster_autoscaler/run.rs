//! One loop of the autoscaler.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/core/static_autoscaler.go` (`RunOnce`).

use std::collections::{HashMap, HashSet};

use scheduler::NodeId;

use super::cluster::Cluster;
use super::explore::{Budget, explore};
use super::filter_out_schedulable::{Packing, Put, Queries, levels, open_nodes};
use super::health::{self, Health};
use super::kinds::{self, Kinds};
use super::loop_state::LoopState;
use super::options::Options;
use super::outcome::{
    Answer, Outcome, PodCount, ScaleDown, ScaleUpOutcome, ScaleUpResult, Unschedulable,
};
use super::pod::Stage;
use super::quotas::Quotas;
use super::scale_down::{self, Effort};
use super::scale_up::{self, Situation, counts};
use super::taints;
use super::template::{self, Template};

/// In so much work, in pods times nodes, several ways are picked; above the second, none is, and
/// just the most obvious one is followed.
const WORK: usize = 2_000_000;
const MOST_WORK: usize = 400_000;
/// The most ways to put pods on nodes that exist which are followed further.
const MOST_PACKINGS: usize = 512;
/// The most combinations of templates.
const MOST_TEMPLATES: usize = 64;

const CUT_CHOICES: &str = "there are more ways for pods to be put on nodes than were looked at";
const CUT_TEMPLATES: &str =
    "nodes of the groups differ, and there are more ways to copy one than were looked at";

/// How hard to look for everything that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// The most choices that are followed in every way.
    pub choices: usize,
    /// If there are more, so many ways are picked at random; in large clusters fewer.
    pub samples: u32,
    /// Picks differ by this number.
    pub seed: u64,
    /// Whether scaling down is planned too, and how hard.
    pub scale_down: Option<Effort>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            choices: 2_000,
            samples: 300,
            seed: 0x9e37_79b9_7f4a_7c15,
            scale_down: None,
        }
    }
}

/// Plays one loop. The cluster is as before afterwards, but for taints that a new process removes.
pub fn run_once(cluster: &mut Cluster, search: Search) -> Answer {
    clean_taints(cluster);
    let health = health::observe(cluster);
    let kinds = kinds::read(cluster);
    let mut answer = Answer {
        kinds: kinds.pods.clone(),
        expendable: kinds.expendable.clone(),
        not_considered: kinds.not_considered.clone(),
        ..Answer::default()
    };
    let from_zero = cluster.options.scale_up_from_zero;
    let is_empty = cluster.nodes.is_empty() || health.ready_and_schedulable == 0;
    if !health.cluster_healthy || !from_zero && is_empty {
        answer.outcomes.push(not_tried());
        answer
            .not_considered
            .extend(kinds.pods.iter().flat_map(|kind| &kind.pods));
        answer.not_considered.sort_unstable();
        return answer;
    }
    let templates = template::all(cluster, &health);
    let mut cut = false;
    let combinations = templates
        .iter()
        .fold(1_usize, |all, own| all.saturating_mul(own.len().max(1)));
    if combinations > MOST_TEMPLATES {
        answer.cut.push(CUT_TEMPLATES.to_owned());
    }
    for at in 0..combinations.min(MOST_TEMPLATES) {
        let mut rest = at;
        let chosen: Vec<Option<&Template>> = (templates.iter())
            .map(|own| {
                let pick = own.get(rest % own.len().max(1));
                rest /= own.len().max(1);
                pick
            })
            .collect();
        let mut round = Loop {
            cluster,
            health: &health,
            kinds: &kinds,
            templates: &chosen,
            budget: Budget::new(search.choices, search.seed),
            scale_down: search.scale_down,
            answer: &mut answer,
        };
        round.play(search);
        cut |= round.budget.cut;
    }
    if cut {
        answer.cut.push(CUT_CHOICES.to_owned());
    }
    answer.cut.extend(not_modelled(&cluster.options));
    answer.cut.sort();
    answer.cut.dedup();
    answer
}

/// What a new node of each group would be like: the first where several may be copied.
pub fn templates(cluster: &mut Cluster) -> Vec<Option<Template>> {
    let health = health::observe(cluster);
    let all = template::all(cluster, &health);
    all.into_iter().map(|own| own.into_iter().next()).collect()
}

/// Flags that are set and change decisions in ways that are not played here.
fn not_modelled(options: &Options) -> Vec<String> {
    let flags = [
        (
            options.salvo_scale_up,
            "--salvo-scale-up (several scale-ups in one loop)",
        ),
        (
            options.fastpath_binpacking_enabled,
            "--fastpath-binpacking-enabled (the nodes for the last kind of pods by arithmetic)",
        ),
    ];
    let set = flags.into_iter().filter(|(set, _)| *set);
    set.map(|(_, flag)| format!("{flag} is set, and not played here"))
        .collect()
}

/// A new process removes the marks of deletions that another one began.
fn clean_taints(cluster: &mut Cluster) {
    if !cluster.first_loop {
        return;
    }
    for at in 0..cluster.nodes.len() {
        if !taints::has(&cluster.nodes[at].object, taints::TO_BE_DELETED) {
            continue;
        }
        let name = cluster.nodes[at].name().to_owned();
        let managed = cluster
            .groups
            .iter()
            .any(|group| group.nodes.contains(&name));
        if let Some(spec) = cluster.nodes[at].object.spec.as_mut().filter(|_| managed) {
            if let Some(taints) = &mut spec.taints {
                taints.retain(|taint| taint.key != taints::TO_BE_DELETED);
            }
            if cluster.options.cordon_node_before_terminating {
                spec.unschedulable = None;
            }
            let object = cluster.nodes[at].object.clone();
            cluster.state.add_node(&object);
        }
    }
}

fn not_tried() -> Outcome {
    Outcome {
        scale_up: bare(ScaleUpResult::NotTried),
        scale_down: Vec::new(),
        samples: 0,
    }
}

fn bare(result: ScaleUpResult) -> ScaleUpOutcome {
    ScaleUpOutcome {
        result,
        scale_ups: Vec::new(),
        triggered: Vec::new(),
        schedulable: Vec::new(),
        unschedulable: Vec::new(),
        await_evaluation: Vec::new(),
        options: Vec::new(),
    }
}

/// How ways are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    EveryWay,
    Random,
    FirstFit,
}

/// One way to put pods on nodes that exist.
struct Packed {
    placed: Vec<u32>,
    put: Vec<Put>,
}

struct Loop<'a> {
    cluster: &'a mut Cluster,
    health: &'a Health,
    kinds: &'a Kinds,
    templates: &'a [Option<&'a Template>],
    budget: Budget,
    scale_down: Option<Effort>,
    answer: &'a mut Answer,
}

/// What stays the same in one loop, whatever way it goes.
struct Ground {
    queries: Queries,
    open: Vec<NodeId>,
    state: LoopState,
    /// The groups of nodes to come.
    coming: Vec<u32>,
}

impl Loop<'_> {
    fn play(&mut self, search: Search) {
        let mark = self.cluster.state.mark();
        let state = self.prepare();
        let ground = Ground {
            queries: self.queries(),
            open: open_nodes(self.cluster, &state.upcoming, &state.not_started),
            state,
            coming: self.coming(),
        };
        if self.work(&ground) > MOST_WORK {
            self.budget.choices = 0;
            self.follow_first(&ground);
            self.cluster.state.rollback(mark);
            return;
        }
        self.follow_all(&ground);
        if self.budget.cut || search.choices == 0 {
            self.follow_some(&ground, search);
        }
        self.cluster.state.rollback(mark);
    }

    fn queries(&self) -> Queries {
        let of_pod = |&pod: &u32| {
            let own = self.cluster.pods[pod as usize].waiting.as_ref()?;
            Some(own.query.clone())
        };
        let kinds = self.kinds.pods.iter();
        kinds
            .map(|kind| kind.pods.iter().filter_map(of_pod).collect())
            .collect()
    }

    fn work(&self, ground: &Ground) -> usize {
        let pods: usize = self.kinds.pods.iter().map(|kind| kind.pods.len()).sum();
        pods.saturating_mul(ground.open.len() + 20 * self.cluster.groups.len())
    }

    /// Follows one way: each pod goes to the first node that takes it.
    fn follow_first(&mut self, ground: &Ground) {
        let levels = levels(self.kinds);
        let mut one = Packing::new(&ground.queries, self.kinds, &ground.open, &levels);
        let mark = self.cluster.state.mark();
        self.budget.cut |= one.fill(&mut self.cluster.state);
        self.cluster.state.rollback(mark);
        let packed = Packed {
            placed: one.placed,
            put: one.put,
        };
        self.go_on(ground, &packed, None, Mode::FirstFit);
    }

    /// Follows every way.
    fn follow_all(&mut self, ground: &Ground) {
        if self.budget.choices == 0 {
            return;
        }
        let around = self.kinds.facts.iter().any(|facts| facts.looks_around);
        let mut known: HashMap<_, Vec<ScaleUpOutcome>> = HashMap::new();
        let all = self.pack(ground);
        let effort = self.scale_down;
        self.scale_down = effort.map(|effort| effort.share(all.len()));
        for packed in all {
            let mut spots: Vec<(NodeId, u32)> = Vec::new();
            if around {
                spots.extend(packed.put.iter().map(|put| (put.node, put.kind)));
                spots.sort_unstable();
            }
            let key = (packed.placed.clone(), spots);
            let before = known.get(&key).cloned();
            let all = self.go_on(ground, &packed, before, Mode::EveryWay);
            known.entry(key).or_insert(all);
        }
        self.scale_down = effort;
    }

    /// Follows some ways picked at random.
    fn follow_some(&mut self, ground: &Ground, search: Search) {
        let affordable = u32::try_from(WORK / self.work(ground).max(1)).unwrap_or(u32::MAX);
        self.budget.choices = 0;
        let samples = search.samples.min(affordable);
        let effort = self.scale_down;
        self.scale_down = effort.map(|effort| effort.share(samples as usize));
        for _ in 0..samples {
            let levels = levels(self.kinds);
            let mut one = Packing::new(&ground.queries, self.kinds, &ground.open, &levels);
            let mark = self.cluster.state.mark();
            one.sample(&mut self.cluster.state, &mut self.budget.random);
            self.cluster.state.rollback(mark);
            let packed = Packed {
                placed: one.placed,
                put: one.put,
            };
            self.go_on(ground, &packed, None, Mode::Random);
            self.answer.samples += 1;
        }
        self.scale_down = effort;
    }

    /// From pods put on nodes to what is added and removed.
    fn go_on(
        &mut self,
        ground: &Ground,
        packed: &Packed,
        known: Option<Vec<ScaleUpOutcome>>,
        mode: Mode,
    ) -> Vec<ScaleUpOutcome> {
        let mark = self.cluster.state.mark();
        let mut state = ground.state.clone();
        for put in &packed.put {
            let (kind, at) = (put.kind as usize, put.at as usize);
            if let Some(id) = (self.cluster.state).assign(&ground.queries[kind][at], put.node) {
                state.placed.push((self.kinds.pods[kind].pods[at], id));
            }
        }
        let all = known.unwrap_or_else(|| self.scale_up(ground, packed, mode));
        for scale_up in &all {
            state.scaled_up = scale_up.result == ScaleUpResult::Successful;
            state.paused = scale_up.result == ScaleUpResult::InCooldown;
            let planned =
                (self.scale_down).map(|effort| scale_down::plan(self.cluster, &state, effort));
            self.keep(scale_up.clone(), planned.flatten(), mode == Mode::Random);
        }
        self.cluster.state.rollback(mark);
        all
    }

    fn keep(&mut self, mut scale_up: ScaleUpOutcome, planned: Option<ScaleDown>, sample: bool) {
        if self.cluster.options.enforce_node_group_min_size {
            self.grow_to_min_size(&mut scale_up);
        }
        let all = &mut self.answer.outcomes;
        let same = |own: &&mut Outcome| scale_up::is_same(&own.scale_up, &scale_up);
        match all.iter_mut().find(same) {
            Some(own) => {
                own.samples += u32::from(sample);
                if let Some(planned) = planned.filter(|planned| !own.scale_down.contains(planned)) {
                    own.scale_down.push(planned);
                }
            }
            None => all.push(Outcome {
                scale_up,
                scale_down: planned.into_iter().collect(),
                samples: u32::from(sample),
            }),
        }
    }

    fn grow_to_min_size(&self, scale_up: &mut ScaleUpOutcome) {
        let mut quotas = Quotas::new(self.cluster, self.health, &[], &[]);
        let more = scale_up::to_min_size(
            self.cluster,
            self.health,
            self.templates,
            &mut quotas,
            &scale_up.scale_ups,
        );
        if more.is_empty() {
            return;
        }
        for (group, nodes) in more {
            match scale_up.scale_ups.iter_mut().find(|(own, _)| *own == group) {
                Some((_, before)) => *before += nodes,
                None => scale_up.scale_ups.push((group, nodes)),
            }
        }
        scale_up.scale_ups.sort_unstable();
        scale_up.result = ScaleUpResult::Successful;
    }

    /// Nodes to come, one entry each.
    fn coming(&self) -> Vec<u32> {
        let groups = self.health.groups.iter().zip(0_u32..);
        groups
            .flat_map(|(group, at)| {
                std::iter::repeat_n(at, usize::try_from(group.upcoming).unwrap_or(0))
            })
            .collect()
    }

    /// Changes the snapshot as upstream does before it looks at pods that wait.
    fn prepare(&mut self) -> LoopState {
        let mut own = LoopState::default();
        for (at, node) in (0_u32..).zip(&self.health.nodes) {
            if node.overridden {
                own.unready.push(at);
            }
        }
        for (pod, at) in self.cluster.pods.iter().zip(0_u32..) {
            if pod.stage != Stage::Nominated || pod.expendable {
                continue;
            }
            let Some(waiting) = pod.waiting.as_deref() else {
                continue;
            };
            let node = waiting
                .nominated_node
                .as_deref()
                .and_then(|name| self.cluster.state.node(name));
            if let Some(node) = node
                && let Some(id) = self.cluster.state.assign(&waiting.query, node)
            {
                own.placed.push((at, id));
            }
        }
        for (group, at) in self.health.groups.iter().zip(0_usize..) {
            let Some(template) = self.templates[at].filter(|_| group.upcoming > 0) else {
                continue;
            };
            for node in 0..group.upcoming {
                let name = format!("upcoming/{at}/{node}");
                own.upcoming
                    .push(template.add_to(&mut self.cluster.state, &name));
            }
            own.not_started.extend(&group.not_started);
        }
        for &at in &own.not_started {
            let id = self.cluster.nodes[at as usize].id;
            self.cluster.state.remove_node(id);
        }
        own
    }

    fn pack(&mut self, ground: &Ground) -> Vec<Packed> {
        let levels = levels(self.kinds);
        let start = Packing::new(&ground.queries, self.kinds, &ground.open, &levels);
        let mut all = Vec::new();
        let state = &mut self.cluster.state;
        let mut seen = HashSet::new();
        let mut more = false;
        explore(state, start, &mut self.budget, |_, end| {
            let mut spots: Vec<_> = end.put.iter().map(|put| (put.node, put.kind)).collect();
            spots.sort_unstable();
            if all.len() == MOST_PACKINGS {
                more = true;
            } else if seen.insert(spots) {
                all.push(Packed {
                    placed: end.placed.clone(),
                    put: end.put.clone(),
                });
            }
        });
        self.budget.cut |= more;
        if self.budget.cut {
            // Ways that were followed first are all alike; some at random tell more.
            all.truncate(1);
        }
        all
    }

    /// By kind: the pods that need help, and may be helped now.
    fn left(&self, placed: &[u32]) -> Vec<u32> {
        let kinds = self.kinds.facts.iter().zip(&self.kinds.pods).zip(placed);
        kinds
            .map(|((facts, kind), &placed)| {
                let all = u32::try_from(kind.pods.len()).unwrap_or(u32::MAX);
                if facts.daemon || !facts.old_enough {
                    0
                } else {
                    all - placed
                }
            })
            .collect()
    }

    fn scale_up(&mut self, ground: &Ground, packed: &Packed, mode: Mode) -> Vec<ScaleUpOutcome> {
        self.note_daemons(packed);
        let left = self.left(&packed.placed);
        let own = &ground.state;
        let options = &self.cluster.options;
        let ready = i64::try_from(self.health.ready_and_schedulable).unwrap_or(i64::MAX);
        let mut outcome = bare(ScaleUpResult::NotNeeded);
        outcome.schedulable = counts(&packed.placed);
        if left.iter().all(|&left| left == 0) {
            return vec![outcome];
        }
        if options.max_nodes_total > 0 && ready >= options.max_nodes_total {
            outcome.result = ScaleUpResult::LimitedByMaxNodesTotal;
            let unschedulable = |pods: PodCount| Unschedulable {
                pods,
                rejected: std::collections::BTreeMap::new(),
                skipped: std::collections::BTreeMap::new(),
            };
            outcome.unschedulable = counts(&left).into_iter().map(unschedulable).collect();
            return vec![outcome];
        }
        if options.bypassed_scheduler_names.is_empty() && self.all_new(&left) {
            outcome.result = ScaleUpResult::InCooldown;
            return vec![outcome];
        }
        let nodes = self.cluster.nodes.len() + own.upcoming.len() - own.not_started.len();
        let coming: Vec<(u32, &Template)> = (ground.coming.iter())
            .filter_map(|&group| Some((group, self.templates[group as usize]?)))
            .collect();
        let mut state = std::mem::take(&mut self.cluster.state);
        let situation = Situation {
            cluster: self.cluster,
            health: self.health,
            templates: self.templates,
            queries: &ground.queries,
            kinds: self.kinds,
            placed: &packed.placed,
            left: &left,
            open_nodes: &ground.open,
            node_count: i64::try_from(nodes).unwrap_or(i64::MAX),
            gone: &own.not_started,
            coming: &coming,
            samples: mode == Mode::Random,
            first_fit: mode == Mode::FirstFit,
        };
        let cut = &mut self.answer.cut;
        let all = scale_up::plan(&situation, &mut state, &mut self.budget, cut);
        self.cluster.state = state;
        all
    }

    fn all_new(&self, left: &[u32]) -> bool {
        let facts = self.kinds.facts.iter().zip(left);
        let left = || {
            facts
                .clone()
                .filter(|(_, left)| **left > 0)
                .map(|(facts, _)| facts)
        };
        let gpus: Vec<bool> = left().filter_map(|facts| facts.new_with_gpu).collect();
        left().all(|facts| facts.new) || !gpus.is_empty() && gpus.iter().all(|&new| new)
    }

    /// Pods of `DaemonSet`s that fit nowhere are left out.
    fn note_daemons(&mut self, packed: &Packed) {
        let kinds = self
            .kinds
            .facts
            .iter()
            .zip(&self.kinds.pods)
            .zip(&packed.placed);
        for ((facts, kind), &placed) in kinds {
            if facts.daemon {
                self.answer
                    .daemon_set_pods
                    .extend(&kind.pods[placed as usize..]);
            }
        }
        self.answer.daemon_set_pods.sort_unstable();
        self.answer.daemon_set_pods.dedup();
    }
}
