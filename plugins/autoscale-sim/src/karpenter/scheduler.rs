//! Which pod goes where.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/scheduler.go`, `existingnode.go`,
//! and `Schedule` in `pkg/controllers/provisioning/provisioner.go`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use k8s_openapi::api::core::v1::Taint;

use super::amounts::Amounts;
use super::chance::{Chance, Settled};
use super::claim::{Around, Asks, Claim, Depth, Refusal};
use super::daemons::{self, DaemonPod};
use super::filter::{Filter, min_values, short_of_values, too_few_values};
use super::input::Input;
use super::instance_type::{self, InstanceType};
use super::launch;
use super::names::{CAPACITY_TYPE, HOSTNAME, Key, Names, Value};
use super::node_pool::NodePool;
use super::outcome::{self, Outcome};
use super::pod::{self, HostPort, Namespaces, PodFacts, Wishes};
use super::preferences::relax;
use super::queue::Queue;
use super::reason::Reason;
use super::requirement::{Requirement, Requirements, WellKnown};
use super::reservations::Reservations;
use super::selector::Labels;
use super::state_node::{StateNode, state_nodes};
use super::taints::tolerated;
use super::template::{self, Template, least_overheads};
use super::topology::{Dice, NodeView, Place, Surroundings, Topology};
use super::validation;
use super::volumes::{Storage, VolumeUsage, Volumes};
use super::{go_sort, going};

/// What else than provisioning is asked of the scheduler.
#[derive(Clone, Debug, Default)]
pub(super) struct Simulation {
    /// Nodes that are taken to be gone.
    pub(super) without: HashSet<String>,
    /// Pods that need a place beside those that wait, by their numbers.
    pub(super) moved: Vec<usize>,
    /// Capacity that is not reserved will do where a reservation is all gone.
    pub(super) falls_back: bool,
}

/// What Karpenter would do about the pods that wait now.
#[must_use]
pub fn provision(input: &Input, chance: &mut dyn Chance) -> Outcome {
    simulate(input, &Simulation::default(), chance)
}

/// The same if some nodes were not there.
pub(super) fn simulate(input: &Input, simulation: &Simulation, chance: &mut dyn Chance) -> Outcome {
    let mut names = Names::default();
    let mut outcome = Outcome::default();
    let pools = usable_pools(&input.node_pools, &mut outcome);
    let (types, well_known) =
        instance_type::build(&input.instance_types, &input.settings, &mut names);
    let namespaces = namespaces(input, &mut names);
    let storage = Storage::new(input);
    let mut states = state_nodes(&input.nodes, &input.node_claims);
    states.retain(|_, own| !simulation.without.contains(own.name()));

    let pods: Vec<PodFacts> = input
        .pods
        .iter()
        .map(|pod| PodFacts::read(pod, &namespaces, &mut names))
        .collect();
    let mut wishes: Vec<Wishes> = vec![Wishes::default(); pods.len()];
    let mut to_place = Vec::new();
    for (at, pod) in input.pods.iter().enumerate() {
        if !pod::is_provisionable(pod) {
            continue;
        }
        wishes[at] = pod::wishes(pod, &namespaces, &mut names);
        let mistakes =
            validation::mistakes(pod, &mut wishes[at], &well_known, &storage, &mut names);
        if mistakes.is_empty() {
            to_place.push(at);
        } else {
            outcome.ignored.insert(pods[at].name.clone(), mistakes);
        }
    }
    let going = going::pods_to_move(input, &states, &pods);
    outcome.going = going.iter().map(|&at| pods[at].name.clone()).collect();
    for at in simulation.moved.iter().copied().chain(going) {
        wishes[at] = pod::wishes(&input.pods[at], &namespaces, &mut names);
        to_place.push(at);
    }
    outcome.pods = to_place.len();
    if to_place.is_empty() || pools.is_empty() {
        return outcome;
    }

    let daemons = daemons::daemon_pods(&input.daemon_sets, &input.pods, &namespaces, &mut names);
    let mut around = surroundings(input, pods, &states, &mut names);
    let mut volumes = HashMap::new();
    for &at in &to_place {
        let pod = &input.pods[at];
        let alternatives = storage.alternatives(pod, &mut names);
        volumes.insert(at, (alternatives, storage.drivers(pod)));
    }
    // Upstream forgets pods whose volumes it cannot find, but only until they are tried.
    let known: Vec<usize> = to_place
        .iter()
        .copied()
        .filter(|at| volumes.get(at).is_some_and(|own| own.0.is_some()))
        .collect();
    around.excluded = known.iter().copied().collect();
    around.domains = template::domains(&pools, &types, &mut names);
    let mut topology = Topology::new(around, &mut names);
    topology.start(&known, &wishes);
    let mut scheduler = Scheduler {
        input,
        falls_back: simulation.falls_back,
        host_key: names.key(HOSTNAME),
        names,
        reservations: Reservations::new(&types),
        types,
        well_known,
        topology,
        templates: Vec::new(),
        existing: Vec::new(),
        claims: Vec::new(),
        order: Vec::new(),
        remaining: HashMap::new(),
        hosts: 0,
        asks: HashMap::new(),
        volumes,
    };
    scheduler.prepare(&pools, &states, daemons, &storage, &mut outcome);
    let mut dice = Dice {
        chance,
        asked: Vec::new(),
    };
    scheduler.solve(to_place, &wishes, &mut dice, &mut outcome);
    outcome.choices = dice.asked;
    scheduler.finish(&mut outcome);
    outcome
}

/// Pools that nodes may come from, the heaviest first.
fn usable_pools<'a>(pools: &'a [NodePool], outcome: &mut Outcome) -> Vec<&'a NodePool> {
    let mut usable = Vec::new();
    for pool in pools {
        match pool.skipped() {
            Some(why) => drop(outcome.pools_left_out.insert(pool.name().to_owned(), why)),
            None => usable.push(pool),
        }
    }
    usable.sort_by(|one, other| {
        let weight = |own: &NodePool| own.spec.weight.unwrap_or(0);
        let by_weight = weight(other).cmp(&weight(one));
        by_weight.then_with(|| other.name().cmp(one.name()))
    });
    usable
}

fn namespaces(input: &Input, names: &mut Names) -> Namespaces {
    let all = input.namespaces.iter().map(|own| {
        let name = own.metadata.name.clone().unwrap_or_default();
        (name, Labels::read(own.metadata.labels.as_ref(), names))
    });
    Namespaces(all.collect())
}

fn surroundings(
    input: &Input,
    pods: Vec<PodFacts>,
    states: &BTreeMap<String, StateNode<'_>>,
    names: &mut Names,
) -> Surroundings {
    let name_of =
        |node: &k8s_openapi::api::core::v1::Node| node.metadata.name.clone().unwrap_or_default();
    let mut place_of = HashMap::new();
    let mut nodes = Vec::new();
    for (at, node) in input.nodes.iter().enumerate() {
        place_of.insert(name_of(node), at);
        let labels = node.metadata.labels.as_ref();
        nodes.push(NodeView {
            name: names.value(&name_of(node)),
            labels: Labels::read(labels, names),
            requirements: Requirements::of_labels(labels.into_iter().flatten(), names),
            taints: node
                .spec
                .as_ref()
                .and_then(|own| own.taints.clone())
                .unwrap_or_default(),
        });
    }
    let node_of: Vec<Option<usize>> = pods
        .iter()
        .map(|pod| place_of.get(pod.node.as_ref()?).copied())
        .collect();
    let mut known = HashSet::new();
    let mut active = Vec::new();
    for state in states.values() {
        let Some(node) = state.node else { continue };
        let Some(&at) = place_of.get(&name_of(node)) else {
            continue;
        };
        known.insert(at);
        if !state.is_going() {
            active.push((at, Labels::read(Some(state.labels()), names)));
        }
    }
    let anti_affine = (0..pods.len()).filter(|&at| {
        let pod = &pods[at];
        !pod.anti_affinity.is_empty()
            && !pod.is_over
            && node_of[at].is_some_and(|node| known.contains(&node))
    });
    Surroundings {
        anti_affine: anti_affine.collect(),
        pods,
        node_of,
        nodes,
        active,
        ignore_preferences: input.settings.ignore_preferences,
        ..Surroundings::default()
    }
}

/// A node that is there, or a claim that is on its way.
struct Existing {
    name: String,
    is_initialized: bool,
    requirements: Requirements,
    taints: Vec<Taint>,
    remaining: Amounts,
    ports: Vec<(String, HostPort)>,
    volumes: VolumeUsage,
    pods: Vec<usize>,
}

/// The ways to reach a pod's volumes; nothing if they are not known.
type Reach = Option<Vec<Rc<Requirements>>>;

struct Scheduler<'a> {
    input: &'a Input,
    falls_back: bool,
    names: Names,
    host_key: Key,
    types: Vec<Rc<InstanceType>>,
    well_known: WellKnown,
    topology: Topology,
    templates: Vec<Template>,
    existing: Vec<Existing>,
    claims: Vec<Claim>,
    /// The order in which claims are tried.
    order: Vec<usize>,
    /// What is left of each pool's limits.
    remaining: HashMap<String, Amounts>,
    reservations: Reservations,
    /// How many names of hosts were given away.
    hosts: usize,
    asks: HashMap<usize, Asks>,
    volumes: HashMap<usize, (Reach, Volumes)>,
}

/// The place that a pod got.
#[derive(Clone, Copy)]
enum Found {
    Node(usize),
    Claim(usize),
}

/// Why a pod gets no place: in this round, or whatever it gives up.
enum Failure {
    Relaxable(Vec<Reason>),
    Final(Vec<Reason>),
}

impl Scheduler<'_> {
    fn prepare(
        &mut self,
        pools: &[&NodePool],
        states: &BTreeMap<String, StateNode<'_>>,
        mut daemons: Vec<DaemonPod>,
        storage: &Storage<'_>,
        outcome: &mut Outcome,
    ) {
        for pool in pools {
            let template = Template::new(pool, &mut self.names);
            let limits = Amounts::read(pool.spec.limits.as_ref(), &mut self.names);
            self.remaining.insert(template.pool.clone(), limits);
            match self.with_types(template) {
                Ok(template) => self.templates.push(template),
                Err(why) => drop(outcome.pools_left_out.insert(pool.name().to_owned(), why)),
            }
        }
        for template in &mut self.templates {
            (template.groups, template.group_of) = daemons::groups(
                &template.taints,
                &template.requirements,
                &template.types,
                &self.types,
                &self.well_known,
                &mut daemons,
            );
        }
        let mut on_node: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, pod) in self.topology.around.pods.iter().enumerate() {
            if let Some(node) = pod.node.clone().filter(|_| !pod.is_over) {
                on_node.entry(node).or_default().push(at);
            }
        }
        for state in states.values().filter(|state| !state.is_going()) {
            let node = state.node.and_then(|own| own.metadata.name.as_ref());
            let pods = node
                .and_then(|name| on_node.get(name))
                .map_or(&[][..], Vec::as_slice);
            self.add_existing(state, pods, &daemons, storage);
        }
        self.existing.sort_by(|one, other| {
            let by_state = other.is_initialized.cmp(&one.is_initialized);
            by_state.then_with(|| one.name.cmp(&other.name))
        });
    }

    /// The instance types that the pool's own requirements leave.
    fn with_types(&self, mut template: Template) -> Result<Template, String> {
        let all: Vec<u32> = (0..self.types.len())
            .filter_map(|at| u32::try_from(at).ok())
            .collect();
        let filter = Filter {
            all: &self.types,
            well_known: &self.well_known,
            requirements: &template.requirements,
            requests: &[Some(Amounts::default())],
            group_of: &vec![0; all.len()],
        };
        let types = filter.rest(&all);
        if types.is_empty() {
            return Err(filter.explain(&all).to_string());
        }
        let short = short_of_values(&types, &self.types, &template.requirements);
        if !short.is_empty() && !self.input.settings.relax_min_values {
            return Err(too_few_values(&short, &self.names).to_string());
        }
        template.types = types;
        Ok(template)
    }

    fn add_existing(
        &mut self,
        state: &StateNode<'_>,
        pods: &[usize],
        daemons: &[DaemonPod],
        storage: &Storage<'_>,
    ) {
        let names = &mut self.names;
        let (mut of_daemons, mut of_pods) = (Amounts::default(), Amounts::default());
        let mut ports = Vec::new();
        let mut volumes = VolumeUsage::default();
        let node_name = state.node.and_then(|own| own.metadata.name.as_deref());
        for &at in pods {
            let pod = &self.topology.around.pods[at];
            of_pods.add(&pod.requests);
            if pod.is_daemon {
                of_daemons.add(&pod.requests);
            }
            ports.extend(
                pod.ports
                    .iter()
                    .map(|port| (pod.name.clone(), port.clone())),
            );
            volumes.add(&storage.drivers(&self.input.pods[at]));
        }
        let of_node = self.input.csi_nodes.iter();
        let csi = of_node.filter(|own| own.metadata.name.as_deref() == node_name);
        for driver in csi
            .filter(|_| node_name.is_some())
            .flat_map(|own| &own.spec.drivers)
        {
            if let Some(allocatable) = &driver.allocatable {
                let count = usize::try_from(allocatable.count.unwrap_or(0)).unwrap_or(0);
                volumes.limit(&driver.name, count);
            }
        }
        let taints = state.taints();
        let mut requirements = Requirements::of_labels(state.labels(), names);
        let to_come = daemons::still_to_come(daemons, &taints, &requirements, &of_daemons, names);
        let available = state.allocatable(names).less(&of_pods);
        let host = names.value(state.host_name());
        requirements.add(Rc::new(Requirement::any_of(self.host_key, vec![host])));
        self.topology.register_host(host);
        if let Some(remaining) = self.remaining.get_mut(state.pool()) {
            *remaining = remaining.less(&state.capacity(names));
        }
        self.existing.push(Existing {
            name: state.name().to_owned(),
            is_initialized: state.is_initialized(),
            requirements,
            taints,
            remaining: available.less(&to_come),
            ports,
            volumes,
            pods: Vec::new(),
        });
    }

    fn solve(
        &mut self,
        pods: Vec<usize>,
        wishes: &[Wishes],
        dice: &mut Dice<'_>,
        outcome: &mut Outcome,
    ) {
        for &pod in &pods {
            self.update_asks(pod, &mut wishes[pod].clone());
        }
        let mut failed: HashMap<usize, Vec<Reason>> = HashMap::new();
        let mut queue = Queue::new(pods, &self.topology.around.pods, &mut self.names);
        while let Some(pod) = queue.pop() {
            match self.try_relaxed(pod, wishes[pod].clone(), dice) {
                Ok(place) => {
                    failed.remove(&pod);
                    if !self.tell(place, dice) {
                        outcome.is_cut = true;
                        return;
                    }
                }
                Err(reasons) => {
                    failed.insert(pod, reasons);
                    dice.chance.waits(pod);
                    self.topology.update(pod, &wishes[pod]);
                    self.update_asks(pod, &mut wishes[pod].clone());
                    queue.push(pod);
                }
            }
        }
        for (pod, reasons) in failed {
            let name = self.topology.around.pods[pod].name.clone();
            outcome.errors.insert(name, reasons);
        }
    }

    /// Tells where a pod was put; says whether to go on.
    fn tell(&self, place: Found, dice: &mut Dice<'_>) -> bool {
        let (pods, pool, requirements) = match place {
            Found::Node(at) => {
                let node = &self.existing[at];
                (&node.pods, "", &node.requirements)
            }
            Found::Claim(at) => {
                let claim = &self.claims[at];
                let pool = self.templates[claim.template].pool.as_str();
                (&claim.pods, pool, &claim.requirements)
            }
        };
        let labels = requirements.iter().map(|own| {
            let value = own.single().map(|own| self.names.text(own.id));
            (self.names.text(own.key), value)
        });
        dice.chance.goes_on(&Settled {
            pods,
            pool,
            labels: &labels.collect::<Vec<_>>(),
        })
    }

    /// Tries a pod, and gives up one preference after the other.
    fn try_relaxed(
        &mut self,
        pod: usize,
        mut wishes: Wishes,
        dice: &mut Dice<'_>,
    ) -> Result<Found, Vec<Reason>> {
        let soft_taints = self.templates_have_soft_taints();
        loop {
            match self.add(pod, dice) {
                Ok(place) => return Ok(place),
                Err(Failure::Final(reasons)) => return Err(reasons),
                Err(Failure::Relaxable(reasons)) => {
                    if !relax(&mut wishes, soft_taints) {
                        return Err(reasons);
                    }
                }
            }
            self.topology.update(pod, &wishes);
            self.update_asks(pod, &mut wishes);
        }
    }

    /// Whether a pool, of whatever use otherwise, has a taint that pods may overlook.
    fn templates_have_soft_taints(&self) -> bool {
        let pools = self
            .input
            .node_pools
            .iter()
            .filter(|own| own.skipped().is_none());
        let mut taints = pools.flat_map(|own| own.spec.template.spec.taints.iter().flatten());
        taints.any(|own| own.effect == "PreferNoSchedule")
    }

    fn update_asks(&mut self, pod: usize, wishes: &mut Wishes) {
        let strict = wishes.strict();
        let hopeful = if self.input.settings.ignore_preferences {
            strict.clone()
        } else {
            wishes.hopeful()
        };
        let volumes = self.volumes.get(&pod).and_then(|own| own.0.clone());
        let asks = Asks {
            hopeful,
            strict,
            tolerations: wishes.tolerations.clone(),
            volumes: volumes.unwrap_or_default(),
        };
        self.asks.insert(pod, asks);
    }

    fn add(&mut self, pod: usize, dice: &mut Dice<'_>) -> Result<Found, Failure> {
        self.topology.refresh(pod);
        if self.topology.around.pods[pod].claims_devices {
            let why = "pod has Dynamic Resource Allocation requirements that are not yet supported by Karpenter";
            return Err(Failure::Final(vec![Reason::Sentence(why.to_owned())]));
        }
        if let Some(at) = self.add_to_existing(pod, dice) {
            return Ok(Found::Node(at));
        }
        let claims = &self.claims;
        go_sort::sort(&mut self.order, |&one, &other| {
            claims[one].pods.len() < claims[other].pods.len()
        });
        if let Some(at) = self.add_to_claim(pod, dice) {
            return Ok(Found::Claim(at));
        }
        if self.templates.is_empty() {
            let why = "nodepool requirements filtered out all available instance types";
            return Err(Failure::Relaxable(vec![Reason::Sentence(why.to_owned())]));
        }
        self.add_to_new_claim(pod, dice)
    }

    fn add_to_existing(&mut self, pod: usize, dice: &mut Dice<'_>) -> Option<usize> {
        let asks = self.asks.get(&pod)?;
        let facts = &self.topology.around.pods[pod];
        let no_volumes = Volumes::new();
        let volumes = self.volumes.get(&pod).map_or(&no_volumes, |own| &own.1);
        let mut found = None;
        for (at, node) in self.existing.iter().enumerate() {
            let is_free = |port: &HostPort| {
                let mut taken = node.ports.iter();
                !taken.any(|(name, own)| *name != facts.name && port.clashes(own))
            };
            if !facts.requests.fit(&node.remaining)
                || !tolerated(&node.taints, &asks.tolerations)
                || !node.volumes.takes(volumes)
                || !facts.ports.iter().all(is_free)
                || !node.requirements.is_compatible(&asks.hopeful, None)
            {
                continue;
            }
            let mut base = node.requirements.clone();
            base.add_all(&asks.hopeful);
            let everywhere = [Rc::new(Requirements::default())];
            let ways = if asks.volumes.is_empty() {
                &everywhere[..]
            } else {
                &asks.volumes
            };
            for way in ways {
                if !base.is_compatible(way, None) {
                    continue;
                }
                let mut requirements = base.clone();
                requirements.add_all(way);
                let place = Place {
                    requirements: &requirements,
                    mates: &node.pods,
                    pool: "",
                };
                let narrowed = self
                    .topology
                    .narrow(pod, &asks.strict, place, &self.names, dice);
                if let Ok(narrowed) = narrowed
                    && requirements.is_compatible(&narrowed, None)
                {
                    found = Some((at, narrowed));
                    break;
                }
            }
            if found.is_some() {
                break;
            }
        }
        let (at, requirements) = found?;
        let node = &mut self.existing[at];
        node.pods.push(pod);
        node.remaining.take(&facts.requests);
        node.ports.extend(
            facts
                .ports
                .iter()
                .map(|port| (facts.name.clone(), port.clone())),
        );
        node.volumes.add(volumes);
        self.topology.record(pod, &node.taints, &requirements);
        node.requirements = requirements;
        Some(at)
    }

    fn around(&self) -> Around<'_> {
        Around {
            names: &self.names,
            types: &self.types,
            well_known: &self.well_known,
            settings: &self.input.settings,
            topology: &self.topology,
            reservations: &self.reservations,
            falls_back: self.falls_back,
        }
    }

    fn add_to_claim(&mut self, pod: usize, dice: &mut Dice<'_>) -> Option<usize> {
        let asks = self.asks.get(&pod)?.clone();
        let around = self.around();
        let found = self.order.iter().find_map(|&at| {
            let claim = &self.claims[at];
            let template = &self.templates[claim.template];
            let depth = Depth::Verdict;
            let fit = claim.take(pod, &asks, template, &around, depth, dice);
            Some((at, fit.ok()?))
        });
        let (at, fit) = found?;
        self.put(at, pod, fit);
        Some(at)
    }

    fn put(&mut self, at: usize, pod: usize, fit: super::claim::Fit) {
        let claim = &mut self.claims[at];
        let facts = &self.topology.around.pods[pod];
        self.reservations.hold(claim.host, &fit.reserved);
        claim.add(pod, facts, fit, &self.types);
        self.topology.register_host(claim.host);
        let taints = &self.templates[claim.template].taints;
        self.topology.record(pod, taints, &claim.requirements);
    }

    fn add_to_new_claim(&mut self, pod: usize, dice: &mut Dice<'_>) -> Result<Found, Failure> {
        let asks = self.asks.get(&pod).cloned().unwrap_or_default();
        let host = self.new_host();
        let mut reasons = Vec::new();
        let mut found = None;
        let mut is_final = false;
        let around = self.around();
        for (at, template) in self.templates.iter().enumerate() {
            let types = match self.within_limits(template) {
                Ok(types) => types,
                Err(why) => {
                    reasons.push(Reason::Sentence(why));
                    continue;
                }
            };
            let claim = Claim::new(at, template, types, host, self.host_key);
            let depth = Depth::Reasons;
            match claim.take(pod, &asks, template, &around, depth, dice) {
                Ok(fit) => {
                    found = Some((claim, fit));
                    break;
                }
                Err(why) => {
                    // A lighter pool is no way around a reservation.
                    is_final = matches!(why, Refusal::Reserved(_));
                    reasons.extend(why.reasons());
                    if is_final {
                        break;
                    }
                }
            }
        }
        let Some((claim, fit)) = found else {
            return Err(if is_final {
                Failure::Final(reasons)
            } else {
                Failure::Relaxable(reasons)
            });
        };
        self.hosts += 1;
        let at = self.claims.len();
        let pool = self.templates[claim.template].pool.clone();
        self.claims.push(claim);
        self.order.push(at);
        self.put(at, pod, fit);
        self.take_from_limits(&pool, at);
        Ok(Found::Claim(at))
    }

    fn new_host(&mut self) -> Value {
        let name = format!("hostname-placeholder-{:04}", self.hosts + 1);
        self.names.value(&name)
    }

    fn within_limits(&self, template: &Template) -> Result<Rc<[u32]>, String> {
        let pool = &template.pool;
        let Some(remaining) = self.remaining.get(pool) else {
            return Ok(template.types.clone().into());
        };
        let nodes = remaining
            .iter()
            .find(|own| self.names.text(own.0) == "nodes");
        if nodes.is_some_and(|own| own.1 == 0) {
            return Err(format!(
                "node limits have been exhausted for nodepool (NodePool={pool})"
            ));
        }
        let types = template.types.iter().copied().filter(|&at| {
            let capacity = &self.types[at as usize].capacity;
            let mut all = remaining.iter();
            all.all(|(resource, left)| capacity.get(resource) <= left)
        });
        let types: Vec<u32> = types.collect();
        if types.is_empty() {
            return Err(format!(
                "all available instance types exceed limits for nodepool (NodePool={pool})"
            ));
        }
        Ok(types.into())
    }

    /// The largest type that the claim may have counts in full.
    fn take_from_limits(&mut self, pool: &str, claim: usize) {
        let mut most = Amounts::default();
        for &at in self.claims[claim].types.iter() {
            most.raise(&self.types[at as usize].capacity);
        }
        if let Some(remaining) = self.remaining.get_mut(pool) {
            *remaining = remaining.less(&most);
        }
    }

    fn finish(mut self, outcome: &mut Outcome) {
        let name = |own: &Self, at: usize| own.topology.around.pods[at].name.clone();
        for node in &self.existing {
            if !node.pods.is_empty() {
                if !node.is_initialized {
                    outcome.uninitialized.insert(node.name.clone());
                }
                let pods = node.pods.iter().map(|&at| name(&self, at)).collect();
                outcome.existing.insert(node.name.clone(), pods);
            }
        }
        for claim in std::mem::take(&mut self.claims) {
            let pods: Vec<String> = claim.pods.iter().map(|&at| name(&self, at)).collect();
            match self.finish_claim(claim, pods.clone()) {
                Ok(claim) => outcome.claims.push(claim),
                Err(why) => {
                    for pod in pods {
                        outcome.errors.insert(pod, vec![why.clone()]);
                    }
                }
            }
        }
    }

    fn finish_claim(&mut self, claim: Claim, pods: Vec<String>) -> Result<outcome::Claim, Reason> {
        let mut requirements = claim.requirements;
        requirements.remove(self.host_key);
        if !claim.reserved.is_empty() {
            let key = self.names.key(CAPACITY_TYPE);
            let reserved = self.names.value("reserved");
            requirements.replace(Rc::new(Requirement::any_of(key, vec![reserved])));
            let key = self.names.key(&self.input.settings.reservation_id);
            let ids = claim.reserved.iter().copied().collect();
            requirements.add(Rc::new(Requirement::any_of(key, ids)));
        }
        let template = &self.templates[claim.template];
        let groups: Vec<_> = template
            .groups
            .iter()
            .enumerate()
            .filter(|(at, _)| {
                let mut types = claim.types.iter();
                types.any(|&own| usize::from(template.group_of[own as usize]) == *at)
            })
            .map(|(_, group)| group)
            .collect();
        let requests = least_overheads(&groups)
            .iter()
            .map(|least| claim.requests.plus(least).by_name(&self.names))
            .collect();
        let known = &self.well_known;
        let mut types = launch::by_price(&claim.types, &self.types, &requirements, known);
        types.truncate(self.input.settings.max_instance_types);
        if !self.input.settings.relax_min_values {
            let short = short_of_values(&types, &self.types, &requirements);
            if !short.is_empty() {
                let pool = &template.pool;
                return Err(Reason::Start(format!(
                    "pod didn’t schedule because NodePool couldn’t meet minValues requirements, validating minValues, {} (NodePool={pool})",
                    too_few_values(&short, &self.names)
                )));
            }
        }
        let mut written: Vec<outcome::Requirement> = requirements
            .iter()
            .flat_map(|own| own.written(&self.names))
            .collect();
        written.sort();
        let pool = template.pool.clone();
        let capacity_type = requirements.get(self.names.key(CAPACITY_TYPE));
        let allows = ["spot", "on-demand"].map(|own| capacity_type.has(self.names.value(own)));
        let known = &self.well_known;
        Ok(outcome::Claim {
            node_pool: pool,
            pods,
            instance_types: types
                .iter()
                .map(|&at| self.types[at as usize].name.clone())
                .collect(),
            requirements: written,
            requests,
            launches: launch::launches(&types, &self.types, &requirements, known, &mut self.names),
            min_values_relaxed: claim.min_values_relaxed,
            prices: launch::prices(&types, &self.types, &requirements, known, &mut self.names),
            min_values: min_values(&types, &self.types, &requirements),
            allows,
        })
    }
}
