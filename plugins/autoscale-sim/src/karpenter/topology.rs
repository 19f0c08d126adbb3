//! All rules about other pods.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/topology.go`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use k8s_openapi::api::core::v1::{Taint, Toleration};

use super::chance::{Chance, Choice};
use super::names::{HOSTNAME, Key, Names, Value};
use super::outcome::ChosenByChance;
use super::pod::{PodFacts, Term, Wishes};
use super::reason::Reason;
use super::requirement::{Requirement, Requirements};
use super::selector::Labels;
use super::topology_group::{Domains, Group, Kind, identity_of_spread, identity_of_term};

/// What rules need to know of a node that is there.
#[derive(Debug)]
pub(super) struct NodeView {
    pub(super) name: Value,
    pub(super) labels: Labels,
    pub(super) requirements: Requirements,
    pub(super) taints: Vec<Taint>,
}

/// What is there already.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) pods: Vec<PodFacts>,
    /// The node of each pod, if it is there.
    pub(super) node_of: Vec<Option<usize>>,
    pub(super) nodes: Vec<NodeView>,
    /// Nodes whose labels make domains, with the labels that count.
    pub(super) active: Vec<(usize, Labels)>,
    /// Pods that are to be placed, so that they count nowhere.
    pub(super) excluded: HashSet<usize>,
    /// Pods with required anti-affinity that have a node, in the order of the input.
    pub(super) anti_affine: Vec<usize>,
    pub(super) domains: HashMap<Key, Domains>,
    pub(super) ignore_preferences: bool,
}

/// The rules, and which pods are under them.
pub(super) struct Topology {
    pub(super) around: Surroundings,
    hostname: Key,
    groups: Rules,
    /// The other side of anti-affinity: pods must not come where such a pod is.
    inverse: Rules,
    owned: HashMap<usize, Vec<usize>>,
    inverse_owned: HashMap<usize, BTreeSet<usize>>,
}

#[derive(Default)]
struct Rules {
    all: Vec<Group>,
    by_identity: HashMap<String, usize>,
    /// For each pod how many rules were looked at, and which of them are about the pod.
    selecting: HashMap<usize, (usize, Vec<usize>)>,
}

impl Rules {
    fn refresh(&mut self, pod: usize, facts: &PodFacts) {
        let (seen, groups) = self.selecting.entry(pod).or_default();
        for (at, group) in self.all.iter().enumerate().skip(*seen) {
            if group.selects(facts) {
                groups.push(at);
            }
        }
        *seen = self.all.len();
    }

    fn selecting(&self, pod: usize) -> &[usize] {
        self.selecting
            .get(&pod)
            .map_or(&[], |(_, groups)| groups.as_slice())
    }
}

/// Where a pod is tried.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) requirements: &'a Requirements,
    /// The pods that are there.
    pub(super) mates: &'a [usize],
    /// The pool of a claim.
    pub(super) pool: &'a str,
}

/// Chance, and what it was asked.
pub(super) struct Dice<'a> {
    pub(super) chance: &'a mut dyn Chance,
    pub(super) asked: Vec<ChosenByChance>,
}

impl Topology {
    pub(super) fn new(around: Surroundings, names: &mut Names) -> Self {
        Self {
            around,
            hostname: names.key(HOSTNAME),
            groups: Rules::default(),
            inverse: Rules::default(),
            owned: HashMap::new(),
            inverse_owned: HashMap::new(),
        }
    }

    /// Counts what is there for every pod to be placed.
    pub(super) fn start(&mut self, pods: &[usize], wishes: &[Wishes]) {
        for pod in self.around.anti_affine.clone() {
            let node = self.around.node_of[pod];
            if !self.around.excluded.contains(&pod) && node.is_some() {
                let tolerations = self.around.pods[pod].tolerations.clone();
                self.add_inverse(pod, &tolerations, node);
            }
        }
        for &pod in pods {
            self.update(pod, &wishes[pod]);
        }
    }

    /// Puts a pod under the rules of its present wishes, and under no others.
    pub(super) fn update(&mut self, pod: usize, wishes: &Wishes) {
        for group in self.owned.remove(&pod).unwrap_or_default() {
            self.groups.all[group].owners.remove(&pod);
        }
        let preferred = !wishes.preferred_anti_affinity.is_empty();
        if !wishes.anti_affinity.is_empty() || preferred && !self.around.ignore_preferences {
            self.add_inverse(pod, &wishes.tolerations, None);
        }
        let mut owned = Vec::new();
        for spread in &wishes.spreads {
            if self.around.ignore_preferences && spread.is_soft {
                continue;
            }
            let facts = &self.around.pods[pod];
            let identity = identity_of_spread(spread, wishes, &facts.namespace);
            let group = if let Some(&group) = self.groups.by_identity.get(&identity) {
                group
            } else {
                let domains = self.around.domains.get(&spread.key);
                let is_hostname = spread.key == self.hostname;
                let group = Group::of_spread(spread, wishes, facts, is_hostname, domains);
                self.add_group(identity, group)
            };
            owned.push(group);
        }
        let soft = |terms: &[(i32, Rc<Term>)]| -> Vec<Rc<Term>> {
            let all = terms.iter().filter(|_| !self.around.ignore_preferences);
            all.map(|(_, term)| Rc::clone(term)).collect()
        };
        let affinity = (
            Kind::Affinity,
            [wishes.affinity.clone(), soft(&wishes.preferred_affinity)].concat(),
        );
        let anti_affinity = (
            Kind::AntiAffinity,
            [
                wishes.anti_affinity.clone(),
                soft(&wishes.preferred_anti_affinity),
            ]
            .concat(),
        );
        for (kind, terms) in [affinity, anti_affinity] {
            for term in terms {
                let identity = identity_of_term(kind, &term);
                let group = if let Some(&group) = self.groups.by_identity.get(&identity) {
                    group
                } else {
                    let group = self.of_term(kind, &term, wishes);
                    self.add_group(identity, group)
                };
                owned.push(group);
            }
        }
        owned.sort_unstable();
        owned.dedup();
        for &group in &owned {
            self.groups.all[group].owners.insert(pod);
        }
        self.owned.insert(pod, owned);
        self.groups.refresh(pod, &self.around.pods[pod]);
        self.inverse.refresh(pod, &self.around.pods[pod]);
    }

    /// Catches up with rules that came since the pod was last looked at.
    pub(super) fn refresh(&mut self, pod: usize) {
        self.groups.refresh(pod, &self.around.pods[pod]);
        self.inverse.refresh(pod, &self.around.pods[pod]);
    }

    fn of_term(&self, kind: Kind, term: &Term, wishes: &Wishes) -> Group {
        let domains = self.around.domains.get(&term.key);
        let is_hostname = term.key == self.hostname;
        Group::of_term(kind, term, &wishes.tolerations, is_hostname, domains)
    }

    fn add_group(&mut self, identity: String, mut group: Group) -> usize {
        self.count(&mut group);
        let at = self.groups.all.len();
        self.groups.all.push(group);
        self.groups.by_identity.insert(identity, at);
        at
    }

    fn add_inverse(&mut self, pod: usize, tolerations: &[Toleration], node: Option<usize>) {
        for term in self.around.pods[pod].anti_affinity.clone() {
            let identity = identity_of_term(Kind::AntiAffinity, &term);
            let group = if let Some(&group) = self.inverse.by_identity.get(&identity) {
                group
            } else {
                let domains = self.around.domains.get(&term.key);
                let is_hostname = term.key == self.hostname;
                let own = Kind::AntiAffinity;
                let group = Group::of_term(own, &term, tolerations, is_hostname, domains);
                self.inverse.all.push(group);
                let at = self.inverse.all.len() - 1;
                self.inverse.by_identity.insert(identity, at);
                at
            };
            self.inverse_owned.entry(pod).or_default().insert(group);
            let group = &mut self.inverse.all[group];
            let domain = node.and_then(|node| self.around.nodes[node].labels.get(term.key));
            if let Some(domain) = domain {
                group.record(domain);
            }
            group.owners.insert(pod);
        }
    }

    /// Counts the pods that are there.
    fn count(&self, group: &mut Group) {
        let around = &self.around;
        for (node, labels) in &around.active {
            let view = &around.nodes[*node];
            if let Some(domain) = labels.get(group.key)
                && group.counts_node(&view.taints, &view.requirements)
            {
                group.register(domain);
            }
        }
        for (at, pod) in around.pods.iter().enumerate() {
            let Some(node) = around.node_of[at] else {
                continue;
            };
            if pod.is_over
                || pod.is_ending
                || around.excluded.contains(&at)
                || !group.namespaces.contains(&pod.namespace)
                || !group.selector.counts(&pod.labels)
            {
                continue;
            }
            let view = &around.nodes[node];
            let label = view.labels.get(group.key);
            let domain = label.or_else(|| (group.key == self.hostname).then_some(view.name));
            if let Some(domain) = domain
                && group.counts_node(&view.taints, &view.requirements)
            {
                group.record(domain);
            }
        }
    }

    /// A host that is there now.
    pub(super) fn register_host(&mut self, host: Value) {
        for rules in [&mut self.groups, &mut self.inverse] {
            for group in &mut rules.all {
                if group.key == self.hostname {
                    group.register(host);
                }
            }
        }
    }

    /// A pod has got a place.
    pub(super) fn record(&mut self, pod: usize, taints: &[Taint], requirements: &Requirements) {
        let about: Vec<usize> = self.groups.selecting(pod).to_vec();
        for group in about {
            let group = &mut self.groups.all[group];
            if !group.counts_node(taints, requirements) {
                continue;
            }
            let domains = requirements.get(group.key);
            if group.kind == Kind::AntiAffinity {
                domains.values().iter().for_each(|own| group.record(*own));
            } else if let Some(domain) = domains.single() {
                group.record(domain);
            }
        }
        for &group in self.inverse_owned.get(&pod).into_iter().flatten() {
            let group = &mut self.inverse.all[group];
            let domains = requirements.get(group.key);
            domains.values().iter().for_each(|own| group.record(*own));
        }
    }

    /// Whether a rule about hosts keeps the pod from this one, whatever else the place is like.
    pub(super) fn refuses_host(&self, pod: usize, host: Value) -> bool {
        let facts = &self.around.pods[pod];
        let owned = self.owned.get(&pod).map_or(&[][..], Vec::as_slice);
        let own = owned.iter().map(|&at| &self.groups.all[at]);
        let inverse = self
            .inverse
            .selecting(pod)
            .iter()
            .map(|&at| &self.inverse.all[at]);
        let mut all = own.chain(inverse).filter(|own| own.key == self.hostname);
        all.any(|group| group.refuses_host(facts, host))
    }

    /// What the rules add to the requirements of a place, or which of them cannot be met there.
    pub(super) fn narrow(
        &self,
        pod: usize,
        strict: &Requirements,
        place: Place<'_>,
        names: &Names,
        dice: &mut Dice<'_>,
    ) -> Result<Requirements, Vec<Reason>> {
        let facts = &self.around.pods[pod];
        let owned = self.owned.get(&pod).map_or(&[][..], Vec::as_slice);
        let own = owned.iter().map(|&at| &self.groups.all[at]);
        let inverse = self
            .inverse
            .selecting(pod)
            .iter()
            .map(|&at| &self.inverse.all[at]);
        let mut all = place.requirements.clone();
        let mut failed = Vec::new();
        for group in own.chain(inverse) {
            let any = || Rc::new(Requirement::exists(group.key));
            let pod_domains = strict.find(group.key).cloned().unwrap_or_else(any);
            let node_domains = place.requirements.find(group.key).cloned();
            let node_domains = node_domains.unwrap_or_else(any);
            let mut choose =
                |ties: &[Value]| dice.choose((pod, facts), group.key, place, ties, names);
            let domains = group.next(facts, &pod_domains, &node_domains, &mut choose);
            if domains.is_nothing() {
                failed.push((group.kind.name(), names.text(group.key).to_owned()));
            } else {
                all.add(Rc::new(domains));
            }
        }
        if failed.is_empty() {
            Ok(all)
        } else {
            Err(vec![Reason::Topology { rules: failed }])
        }
    }
}

impl Dice<'_> {
    fn choose(
        &mut self,
        (pod, facts): (usize, &PodFacts),
        key: Key,
        place: Place<'_>,
        ties: &[Value],
        names: &Names,
    ) -> Option<Value> {
        if ties.len() < 2 {
            return ties.first().copied();
        }
        let mut sorted: Vec<(&str, Value)> =
            ties.iter().map(|own| (names.text(own.id), *own)).collect();
        sorted.sort_unstable();
        let values: Vec<&str> = sorted.iter().map(|own| own.0).collect();
        let at = self.chance.choose(&Choice {
            pod,
            key: names.text(key),
            mates: place.mates,
            pool: place.pool,
            values: &values,
        });
        let (assumed, value) = *sorted.get(at).or(sorted.first())?;
        self.asked.push(ChosenByChance {
            pod: facts.name.clone(),
            key: names.text(key).to_owned(),
            values: values.iter().map(|&own| own.to_owned()).collect(),
            assumed: assumed.to_owned(),
        });
        Some(value)
    }
}
