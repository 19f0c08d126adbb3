//! Topology domains, groups of like pods, and counts of pods by domain that are kept up to date.
//!
//! kube-scheduler counts all pods anew in each cycle; here a count is made once, when a query first
//! needs it, and then follows every change of pods and nodes.

use std::cmp::Ordering;

use crate::intern::{FastMap, Sym, index};
use crate::labels::{Labels, Selector};
use crate::state::State;

/// No domain: the node has no such label.
pub(crate) const NO_DOMAIN: u32 = u32::MAX;

/// All nodes by their value of one label key.
#[derive(Clone, Debug)]
pub(crate) struct TopologyKey {
    pub(crate) key: Sym,
    domains: FastMap<Sym, u32>,
    /// By node.
    pub(crate) of_node: Vec<u32>,
}

impl TopologyKey {
    pub(crate) fn len(&self) -> usize {
        self.domains.len()
    }

    pub(crate) fn domain(&self, node: u32) -> u32 {
        self.of_node
            .get(node as usize)
            .copied()
            .unwrap_or(NO_DOMAIN)
    }

    fn set(&mut self, node: u32, value: Option<Sym>) {
        let next = index(self.domains.len());
        let domain = value.map_or(NO_DOMAIN, |value| {
            *self.domains.entry(value).or_insert(next)
        });
        let at = node as usize;
        if self.of_node.len() <= at {
            self.of_node.resize(at + 1, NO_DOMAIN);
        }
        self.of_node[at] = domain;
    }
}

/// The topology keys in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topologies {
    ids: FastMap<Sym, u32>,
    pub(crate) keys: Vec<TopologyKey>,
}

/// Pods of one namespace and one set of labels.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) namespace: Sym,
    pub(crate) labels: Labels,
    pub(crate) pods: Vec<u32>,
    /// Counters these pods count in.
    counters: Vec<u32>,
}

/// Which namespaces a term is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    All,
    /// Sorted.
    In(Vec<Sym>),
}

impl Scope {
    pub(crate) fn has(&self, namespace: Sym) -> bool {
        match self {
            Self::All => true,
            Self::In(names) => names.binary_search(&namespace).is_ok(),
        }
    }
}

/// Which nodes count for a spread constraint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Inclusion {
    /// The pod's needs, if one of the policies honors them.
    pub(crate) needs: Option<u32>,
    pub(crate) affinity: bool,
    pub(crate) taints: bool,
    /// A node must have all of these labels.
    pub(crate) keys: Vec<u32>,
}

/// What a counter counts: pods that match all parts, by domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CounterKey {
    pub(crate) parts: Vec<(Scope, Selector)>,
    pub(crate) topology: u32,
    /// Set for spread constraints: terminating pods do not count then.
    pub(crate) inclusion: Option<Inclusion>,
}

/// Least counts over the domains of a spread constraint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Low {
    /// Domains with a node that counts.
    pub(crate) domains: usize,
    least: i64,
    at_least: usize,
    next: i64,
}

impl Low {
    /// The least count over all domains, as if one of them had another count.
    pub(crate) fn least(&self, own: i64, other: i64) -> i64 {
        let rest = if own == self.least && self.at_least == 1 {
            self.next
        } else {
            self.least
        };
        rest.min(other)
    }
}

/// Pods by domain.
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    pub(crate) key: CounterKey,
    /// By domain.
    pub(crate) counts: Vec<u32>,
    /// By domain: the nodes that count. Only with an inclusion.
    nodes: Vec<u32>,
    /// By node, with an inclusion.
    pub(crate) included: Vec<bool>,
    pub(crate) total: u64,
    low: Option<Low>,
}

impl Counter {
    pub(crate) fn count(&self, domain: u32) -> i64 {
        self.counts
            .get(domain as usize)
            .copied()
            .map_or(0, i64::from)
    }

    pub(crate) fn includes(&self, node: u32) -> bool {
        self.key.inclusion.is_none() || self.included.get(node as usize) == Some(&true)
    }

    fn change(&mut self, domain: u32, up: bool) {
        let at = domain as usize;
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        let count = &mut self.counts[at];
        if up {
            *count += 1;
            self.total += 1;
        } else {
            *count = count.saturating_sub(1);
            self.total = self.total.saturating_sub(1);
        }
        self.low = None;
    }

    fn include(&mut self, node: u32, domain: u32, included: bool) {
        let at = node as usize;
        if self.included.len() <= at {
            self.included.resize(at + 1, false);
        }
        let was = std::mem::replace(&mut self.included[at], included);
        if was == included || domain == NO_DOMAIN {
            return;
        }
        let at = domain as usize;
        if self.nodes.len() <= at {
            self.nodes.resize(at + 1, 0);
        }
        if included {
            self.nodes[at] += 1;
        } else {
            self.nodes[at] = self.nodes[at].saturating_sub(1);
        }
        self.low = None;
    }

    pub(crate) fn low(&mut self) -> Low {
        if let Some(low) = self.low {
            return low;
        }
        // Upstream's empty minimum.
        let most = i64::from(i32::MAX);
        let mut low = Low {
            domains: 0,
            least: most,
            at_least: 0,
            next: most,
        };
        for (at, &nodes) in self.nodes.iter().enumerate() {
            if nodes == 0 {
                continue;
            }
            low.domains += 1;
            let count = self.counts.get(at).copied().map_or(0, i64::from);
            match count.cmp(&low.least) {
                Ordering::Less => {
                    low.next = low.least;
                    low.least = count;
                    low.at_least = 1;
                }
                Ordering::Equal => low.at_least += 1,
                Ordering::Greater => low.next = low.next.min(count),
            }
        }
        self.low = Some(low);
        low
    }
}

/// Counters by what they count, and by the labels they may count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    ids: FastMap<CounterKey, u32>,
    pub(crate) all: Vec<Counter>,
    by_pair: FastMap<(Sym, Sym), Vec<u32>>,
    unindexed: Vec<u32>,
}

/// A required anti-affinity term that some pods have, and where those pods are.
#[derive(Clone, Debug)]
pub(crate) struct AntiTerm {
    pub(crate) term: crate::class::Term,
    /// Pods with the term, by domain.
    pub(crate) counts: FastMap<u32, u32>,
}

/// All required anti-affinity terms of pods.
#[derive(Clone, Debug, Default)]
pub(crate) struct AntiTerms {
    ids: FastMap<crate::class::Term, u32>,
    pub(crate) all: Vec<AntiTerm>,
    by_pair: FastMap<(Sym, Sym), Vec<u32>>,
    unindexed: Vec<u32>,
}

/// Above so many numbers all counters are thrown away and made anew on demand.
const COUNTER_BUDGET: usize = 1 << 26;

impl State {
    /// The number of a topology key.
    pub(crate) fn topology(&mut self, key: Sym) -> u32 {
        if let Some(&id) = self.topologies.ids.get(&key) {
            return id;
        }
        let mut all = TopologyKey {
            key,
            domains: FastMap::default(),
            of_node: Vec::new(),
        };
        for node in 0..index(self.nodes.len()) {
            if self.nodes[node as usize].present {
                all.set(node, self.face(node).label(key));
            }
        }
        let id = index(self.topologies.keys.len());
        self.topologies.keys.push(all);
        self.topologies.ids.insert(key, id);
        id
    }

    /// The number of a namespace and labels.
    pub(crate) fn group_of(&mut self, namespace: Sym, labels: Labels) -> u32 {
        let key = (namespace, labels);
        if let Some(&id) = self.group_ids.get(&key) {
            return id;
        }
        let id = index(self.groups.len());
        let labels = &key.1;
        for pair in labels {
            self.groups_by_pair.entry(*pair).or_default().push(id);
        }
        let mut counters = Vec::new();
        let candidates = labels
            .iter()
            .filter_map(|pair| self.counters.by_pair.get(pair))
            .flatten();
        for &counter in candidates.chain(&self.counters.unindexed) {
            let own = &self.counters.all[counter as usize];
            if !counters.contains(&counter) && self.counts_group(&own.key, namespace, labels) {
                counters.push(counter);
            }
        }
        self.groups.push(Group {
            namespace,
            labels: labels.clone(),
            pods: Vec::new(),
            counters,
        });
        self.group_ids.insert(key, id);
        id
    }

    fn counts_group(&self, key: &CounterKey, namespace: Sym, labels: &[(Sym, Sym)]) -> bool {
        // Upstream counts nothing for an empty selector of a spread constraint.
        let is_spread = key.inclusion.is_some();
        key.parts.iter().all(|(scope, selector)| {
            scope.has(namespace)
                && !(is_spread && selector.is_everything())
                && selector.matches(labels, &self.texts)
        })
    }

    /// The number of an anti-affinity term.
    pub(crate) fn add_anti_term(&mut self, term: &crate::class::Term) -> u32 {
        if let Some(&id) = self.anti.ids.get(term) {
            return id;
        }
        let id = index(self.anti.all.len());
        match term.selector.pairs() {
            Some((key, values)) => {
                for &value in values {
                    self.anti.by_pair.entry((key, value)).or_default().push(id);
                }
            }
            None => self.anti.unindexed.push(id),
        }
        self.anti.all.push(AntiTerm {
            term: term.clone(),
            counts: FastMap::default(),
        });
        self.anti.ids.insert(term.clone(), id);
        id
    }

    /// The anti-affinity terms that are about pods of this group.
    pub(crate) fn anti_terms_on(&self, group: u32) -> Vec<u32> {
        let group = &self.groups[group as usize];
        let nothing = Vec::new();
        let labels = self.namespaces.get(&group.namespace).unwrap_or(&nothing);
        let mut all = Vec::new();
        let candidates = group
            .labels
            .iter()
            .filter_map(|pair| self.anti.by_pair.get(pair))
            .flatten();
        for &id in candidates.chain(&self.anti.unindexed) {
            let term = &self.anti.all[id as usize].term;
            let scoped = term.namespaces.binary_search(&group.namespace).is_ok()
                || term.namespace_selector.matches(labels, &self.texts);
            if scoped && term.selector.matches(&group.labels, &self.texts) {
                all.push(id);
            }
        }
        all
    }

    /// The number of a counter; made and filled if it is new.
    pub(crate) fn counter(&mut self, key: CounterKey) -> u32 {
        if let Some(&id) = self.counters.ids.get(&key) {
            return id;
        }
        let id = index(self.counters.all.len());
        let size = self.topologies.keys[key.topology as usize].len();
        let mut counter = Counter {
            counts: vec![0; size],
            nodes: Vec::new(),
            included: Vec::new(),
            total: 0,
            low: None,
            key: key.clone(),
        };
        if let Some(inclusion) = &key.inclusion {
            for node in 0..index(self.nodes.len()) {
                let included = self.nodes[node as usize].present && self.includes(inclusion, node);
                let domain = self.topologies.keys[key.topology as usize].domain(node);
                counter.include(node, domain, included);
            }
        }
        for group in self.groups_counted(&key) {
            let own = &mut self.groups[group as usize];
            own.counters.push(id);
            for &pod in &own.pods {
                let pod = &self.pods[pod as usize];
                let skipped = key.inclusion.is_some() && pod.terminating;
                if skipped || !self.nodes[pod.node as usize].present || !counter.includes(pod.node)
                {
                    continue;
                }
                let domain = self.topologies.keys[key.topology as usize].domain(pod.node);
                if domain != NO_DOMAIN {
                    counter.change(domain, true);
                }
            }
        }
        self.counters.index(&key, id);
        self.counters.all.push(counter);
        self.counters.ids.insert(key, id);
        id
    }

    fn groups_counted(&self, key: &CounterKey) -> Vec<u32> {
        let pairs = key.parts.iter().find_map(|(_, selector)| selector.pairs());
        let candidates: Vec<u32> = match pairs {
            Some((key, values)) => values
                .iter()
                .filter_map(|&value| self.groups_by_pair.get(&(key, value)))
                .flatten()
                .copied()
                .collect(),
            None => (0..index(self.groups.len())).collect(),
        };
        let counted = |&id: &u32| {
            let group = &self.groups[id as usize];
            self.counts_group(key, group.namespace, &group.labels)
        };
        candidates.into_iter().filter(counted).collect()
    }

    /// Frees the counters if they have become too many. Only between cycles.
    pub(crate) fn trim_counters(&mut self) {
        let size: usize = self
            .counters
            .all
            .iter()
            .map(|own| own.counts.len() + own.included.len() + 64)
            .sum();
        if size > COUNTER_BUDGET {
            self.drop_counters();
        }
    }

    pub(crate) fn drop_counters(&mut self) {
        self.counters = Counters::default();
        for group in &mut self.groups {
            group.counters.clear();
        }
    }

    pub(crate) fn includes(&mut self, inclusion: &Inclusion, node: u32) -> bool {
        let keys = &self.topologies.keys;
        if inclusion
            .keys
            .iter()
            .any(|&key| keys[key as usize].domain(node) == NO_DOMAIN)
        {
            return false;
        }
        let Some(needs) = inclusion.needs else {
            return true;
        };
        let broken = self.broken(needs, node);
        !(inclusion.affinity && broken & crate::needs::AFFINITY != 0
            || inclusion.taints && broken & crate::needs::TAINT != 0)
    }

    /// Counts a pod that came to a node, or left it.
    pub(crate) fn count_pod(&mut self, pod: u32, up: bool) {
        let entry = &self.pods[pod as usize];
        let class = &self.classes[entry.class as usize];
        let claims = class.volumes.iter().flat_map(|volumes| &volumes.claims);
        for own in claims.filter(|own| !own.ephemeral) {
            let users = self
                .storage
                .users
                .entry((class.namespace, own.claim))
                .or_default();
            *users = if up {
                *users + 1
            } else {
                users.saturating_sub(1)
            };
        }
        let keys = &self.topologies.keys;
        for &id in &class.anti_terms {
            let own = &mut self.anti.all[id as usize];
            let domain = keys[own.term.topology as usize].domain(entry.node);
            if domain == NO_DOMAIN {
                continue;
            }
            let count = own.counts.entry(domain).or_default();
            if up {
                *count += 1;
            } else {
                *count = count.saturating_sub(1);
            }
            if *count == 0 {
                own.counts.remove(&domain);
            }
        }
        for &id in &self.groups[class.group as usize].counters {
            let own = &mut self.counters.all[id as usize];
            let skipped = own.key.inclusion.is_some() && entry.terminating;
            let domain = keys[own.key.topology as usize].domain(entry.node);
            if !skipped && domain != NO_DOMAIN && own.includes(entry.node) {
                own.change(domain, up);
            }
        }
    }

    /// Puts a node into its domains and counters, before its pods are counted.
    pub(crate) fn enter_topology(&mut self, node: u32) {
        for at in 0..self.topologies.keys.len() {
            let label = self.face(node).label(self.topologies.keys[at].key);
            self.topologies.keys[at].set(node, label);
        }
        for at in 0..self.counters.all.len() {
            let Some(inclusion) = self.counters.all[at].key.inclusion.clone() else {
                continue;
            };
            let included = self.includes(&inclusion, node);
            let own = &mut self.counters.all[at];
            let domain = self.topologies.keys[own.key.topology as usize].domain(node);
            own.include(node, domain, included);
        }
    }

    /// Takes a node out of its domains and counters, after its pods were discounted.
    pub(crate) fn leave_topology(&mut self, node: u32) {
        for own in &mut self.counters.all {
            if own.key.inclusion.is_some() {
                let domain = self.topologies.keys[own.key.topology as usize].domain(node);
                own.include(node, domain, false);
            }
        }
        for key in &mut self.topologies.keys {
            key.set(node, None);
        }
    }
}

impl Counters {
    fn index(&mut self, key: &CounterKey, id: u32) {
        match key.parts.iter().find_map(|(_, selector)| selector.pairs()) {
            Some((key, values)) => {
                for &value in values {
                    self.by_pair.entry((key, value)).or_default().push(id);
                }
            }
            None => self.unindexed.push(id),
        }
    }
}
