//! A node to come: what it may be, and whether one more pod goes on it.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/nodeclaim.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::amounts::Amounts;
use super::filter::{Filter, short_of_values, too_few_values};
use super::input::Settings;
use super::instance_type::InstanceType;
use super::names::{Key, Names, Value};
use super::pod::{HostPort, PodFacts};
use super::reason::Reason;
use super::requirement::{Mismatch, Requirement, Requirements, WellKnown};
use super::reservations::Reservations;
use super::taints;
use super::template::Template;
use super::topology::{Dice, Place, Topology};

/// What every try needs.
pub(super) struct Around<'a> {
    pub(super) names: &'a Names,
    pub(super) types: &'a [Rc<InstanceType>],
    pub(super) well_known: &'a WellKnown,
    pub(super) settings: &'a Settings,
    pub(super) topology: &'a Topology,
    pub(super) reservations: &'a Reservations,
    /// See [`super::scheduler::Simulation`].
    pub(super) falls_back: bool,
}

/// What a pod asks for just now.
#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    /// Preferences are musts.
    pub(super) hopeful: Requirements,
    /// Musts only.
    pub(super) strict: Requirements,
    pub(super) tolerations: Vec<k8s_openapi::api::core::v1::Toleration>,
    /// Ways to reach the pod's volumes.
    pub(super) volumes: Vec<Rc<Requirements>>,
}

/// A node to come.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) template: usize,
    pub(super) host: Value,
    pub(super) requirements: Requirements,
    pub(super) types: Rc<[u32]>,
    pub(super) requests: Amounts,
    pub(super) pods: Vec<usize>,
    pub(super) ports: Vec<(usize, HostPort)>,
    pub(super) reserved: BTreeSet<Value>,
    pub(super) min_values_relaxed: bool,
    /// The most that any of the types has of each resource.
    pub(super) ceiling: Amounts,
}

/// How a claim is with the pod on it.
#[derive(Debug)]
pub(super) struct Fit {
    pub(super) requirements: Requirements,
    pub(super) types: Vec<u32>,
    pub(super) reserved: BTreeSet<Value>,
    pub(super) min_values_relaxed: bool,
}

/// Why a pod does not go on a claim.
#[derive(Debug)]
pub(super) enum Refusal {
    /// For these reasons.
    Reasons(Vec<Reason>),
    /// Its reservation would be lost, or is all gone; the pod waits for a later round.
    Reserved(Reason),
}

impl Refusal {
    pub(super) fn reasons(self) -> Vec<Reason> {
        match self {
            Self::Reasons(all) => all,
            Self::Reserved(one) => vec![one],
        }
    }
}

impl From<Vec<Reason>> for Refusal {
    fn from(all: Vec<Reason>) -> Self {
        Self::Reasons(all)
    }
}

/// Why requirements do not go together, in words.
pub(super) fn mismatch(prefix: &'static str, why: &Mismatch, names: &Names) -> Vec<Reason> {
    match why {
        Mismatch::Undefined(labels) => vec![Reason::UnknownLabel {
            prefix,
            labels: labels
                .iter()
                .map(|&key| names.text(key).to_owned())
                .collect(),
        }],
        Mismatch::Disjoint(all) => {
            let part = |(key, asked, there): &(Key, Rc<Requirement>, Rc<Requirement>)| {
                let (asked, there) = (asked.describe(names), there.describe(names));
                format!("key {}, {asked} not in {there}", names.text(*key))
            };
            let parts: Vec<String> = all.iter().map(part).collect();
            if !prefix.is_empty() {
                return vec![Reason::Incompatible { prefix, parts }];
            }
            let one = |part| Reason::Incompatible {
                prefix,
                parts: vec![part],
            };
            parts.into_iter().map(one).collect()
        }
    }
}

/// How much is to be found out about a claim that does not take the pod.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Only that it does not.
    Verdict,
    /// Why it does not.
    Reasons,
}

impl Claim {
    pub(super) fn new(
        at: usize,
        template: &Template,
        types: Rc<[u32]>,
        host: Value,
        key: Key,
    ) -> Self {
        let mut requirements = template.requirements.clone();
        requirements.add(Rc::new(Requirement::any_of(key, vec![host])));
        Self {
            template: at,
            host,
            requirements,
            types,
            requests: Amounts::default(),
            pods: Vec::new(),
            ports: Vec::new(),
            reserved: BTreeSet::new(),
            min_values_relaxed: false,
            ceiling: Amounts::default(),
        }
    }

    /// Whether the pod goes on the claim, and what that makes of it.
    pub(super) fn take(
        &self,
        pod: usize,
        asks: &Asks,
        template: &Template,
        around: &Around<'_>,
        depth: Depth,
        dice: &mut Dice<'_>,
    ) -> Result<Fit, Refusal> {
        let refuse = |reasons: Vec<Reason>| Err(Refusal::Reasons(reasons));
        if !taints::tolerated(&template.taints, &asks.tolerations) {
            let all = taints::untolerated(&template.taints, &asks.tolerations);
            let sentence = |own| {
                let taint = taints::describe(own);
                Reason::Sentence(format!("did not tolerate taint (taint={taint})"))
            };
            return refuse(all.into_iter().map(sentence).collect());
        }
        let quick = depth == Depth::Verdict;
        if quick && (!self.may_fit(pod, around) || around.topology.refuses_host(pod, self.host)) {
            return refuse(Vec::new());
        }
        let known = Some(around.well_known);
        if let Err(why) = self.requirements.compatible(&asks.hopeful, known) {
            return refuse(mismatch("incompatible requirements, ", &why, around.names));
        }
        let mut base = self.requirements.clone();
        base.add_all(&asks.hopeful);
        if asks.volumes.is_empty() {
            return self.take_with(pod, asks, base, template, around, depth, dice);
        }
        let mut last = Refusal::Reasons(Vec::new());
        for volumes in &asks.volumes {
            let mut base = base.clone();
            if let Err(why) = base.compatible(volumes, known) {
                let prefix = "incompatible volume requirements, ";
                last = mismatch(prefix, &why, around.names).into();
                continue;
            }
            base.add_all(volumes);
            match self.take_with(pod, asks, base, template, around, depth, dice) {
                Ok(fit) => return Ok(fit),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    /// A quick look at the resources alone.
    fn may_fit(&self, pod: usize, around: &Around<'_>) -> bool {
        let requests = &around.topology.around.pods[pod].requests;
        let mut all = requests.iter();
        all.all(|(key, amount)| self.requests.get(key) + amount <= self.ceiling.get(key))
    }

    #[expect(clippy::too_many_arguments, reason = "one step of a longer way")]
    fn take_with(
        &self,
        pod: usize,
        asks: &Asks,
        mut requirements: Requirements,
        template: &Template,
        around: &Around<'_>,
        depth: Depth,
        dice: &mut Dice<'_>,
    ) -> Result<Fit, Refusal> {
        let place = Place {
            requirements: &requirements,
            mates: &self.pods,
            pool: &template.pool,
        };
        let narrowed = around
            .topology
            .narrow(pod, &asks.strict, place, around.names, dice)?;
        let known = Some(around.well_known);
        if let Err(why) = requirements.compatible(&narrowed, known) {
            return Err(mismatch("", &why, around.names).into());
        }
        // What was narrowed is within what it came from, so that both together are the former.
        requirements = narrowed;
        let facts = &around.topology.around.pods[pod];
        let total = self.requests.plus(&facts.requests);
        let requests: Vec<Option<Amounts>> = template
            .groups
            .iter()
            .map(|group| {
                let free = self.is_free(pod, facts, &group.ports);
                free.then(|| total.plus(&group.overhead))
            })
            .collect();
        let filter = Filter {
            all: around.types,
            well_known: around.well_known,
            requirements: &requirements,
            requests: &requests,
            group_of: &template.group_of,
        };
        let types = filter.rest(&self.types);
        if types.is_empty() {
            let why = (depth == Depth::Reasons).then(|| filter.explain(&self.types));
            return Err(why.into_iter().collect::<Vec<_>>().into());
        }
        let short = short_of_values(&types, around.types, &requirements);
        if !short.is_empty() {
            // Only a new claim may give way, and it is the only one whose reasons are asked for.
            if depth == Depth::Verdict || !around.settings.relax_min_values {
                return Err(vec![too_few_values(&short, around.names)].into());
            }
            relax_min_values(&mut requirements, &short);
        }
        let reserved = self.reserve(&types, &requirements, around)?;
        Ok(Fit {
            requirements,
            types,
            reserved,
            min_values_relaxed: !short.is_empty(),
        })
    }

    fn is_free(&self, pod: usize, facts: &PodFacts, daemons: &[(String, HostPort)]) -> bool {
        facts.ports.iter().all(|port| {
            let of_daemon =
                |(name, other): &(String, HostPort)| *name != facts.name && port.clashes(other);
            let of_pod = |(at, other): &(usize, HostPort)| *at != pod && port.clashes(other);
            !daemons.iter().any(of_daemon) && !self.ports.iter().any(of_pod)
        })
    }

    /// The reservations that the claim could be launched from.
    fn reserve(
        &self,
        types: &[u32],
        requirements: &Requirements,
        around: &Around<'_>,
    ) -> Result<BTreeSet<Value>, Refusal> {
        let mut reserved = BTreeSet::new();
        if !around.settings.reserved_capacity {
            return Ok(reserved);
        }
        let mut any = false;
        let types = types.iter().map(|&at| &around.types[at as usize]);
        for offering in types.flat_map(|own| &own.offerings) {
            let Some((id, _)) = offering.reservation.filter(|_| offering.available) else {
                continue;
            };
            let known = Some(around.well_known);
            if !requirements.is_compatible(&offering.requirements, known) {
                continue;
            }
            any = true;
            if around.reservations.can_hold(self.host, id) {
                reserved.insert(id);
            }
        }
        let refuse = |why: &str| Err(Refusal::Reserved(Reason::Sentence(why.to_owned())));
        if around.falls_back {
            return Ok(reserved);
        }
        if any && reserved.is_empty() {
            return refuse(
                "one or more instance types with compatible reserved offerings are available, but could not be reserved",
            );
        }
        if !self.reserved.is_empty() && reserved.is_empty() {
            return refuse(
                "satisfying updated nodeclaim constraints would remove all compatible reserved offering options",
            );
        }
        Ok(reserved)
    }

    /// Puts the pod on the claim.
    pub(super) fn add(
        &mut self,
        pod: usize,
        facts: &PodFacts,
        fit: Fit,
        types: &[Rc<InstanceType>],
    ) {
        self.pods.push(pod);
        self.requests.add(&facts.requests);
        let ports = facts.ports.iter();
        self.ports.extend(ports.map(|port| (pod, port.clone())));
        self.requirements = fit.requirements;
        if self.types.len() != fit.types.len() || self.ceiling.is_empty() {
            self.ceiling = Amounts::default();
            for &at in &fit.types {
                self.ceiling.raise(&types[at as usize].allocatable);
            }
            self.types = fit.types.into();
        }
        self.reserved = fit.reserved;
        self.min_values_relaxed |= fit.min_values_relaxed;
    }
}

/// Asks for as many values as there are.
fn relax_min_values(requirements: &mut Requirements, short: &BTreeMap<Key, i64>) {
    for (&key, &found) in short {
        if let Some(own) = requirements.find(key) {
            let mut relaxed = Requirement::clone(own);
            relaxed.min_values = Some(found);
            requirements.replace(Rc::new(relaxed));
        }
    }
}
