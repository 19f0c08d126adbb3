//! How many pods each domain has, for one rule about other pods.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/topologygroup.go`,
//! `topologydomaingroup.go` and `topologynodefilter.go`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use k8s_openapi::api::core::v1::{Taint, Toleration};

use super::names::{Key, Value};
use super::pod::{PodFacts, Spread, Term, Wishes};
use super::requirement::{Operator, Requirement, Requirements};
use super::selector::{Selector, odd};
use super::taints::tolerated;

/// What kind of rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Spread,
    Affinity,
    AntiAffinity,
}

impl Kind {
    /// As upstream names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Spread => "topology spread",
            Self::Affinity => "pod affinity",
            Self::AntiAffinity => "pod anti-affinity",
        }
    }
}

/// The taints that stand before a domain: one list for each pool that has it.
pub(super) type Domains = BTreeMap<Value, Vec<Rc<[Taint]>>>;

/// Adds a domain of a pool; without taints, no other pool's taints matter any more.
pub(super) fn add_domain(domains: &mut Domains, domain: Value, taints: &Rc<[Taint]>) {
    let lists = domains.entry(domain).or_default();
    if taints.is_empty() {
        *lists = vec![Rc::clone(taints)];
    } else if lists.first().is_none_or(|first| !first.is_empty()) {
        lists.push(Rc::clone(taints));
    }
}

/// Which nodes a spread counts.
#[derive(Debug, Default)]
struct NodeFilter {
    /// One of these must hold; none at all for rules that count every node.
    terms: Option<Vec<Requirements>>,
    honors_taints: bool,
    tolerations: Vec<Toleration>,
}

impl NodeFilter {
    fn matches(&self, taints: &[Taint], requirements: &Requirements) -> bool {
        let mut terms = self.terms.iter().flatten().peekable();
        let selected =
            terms.peek().is_none() || terms.any(|term| requirements.is_compatible(term, None));
        selected && (!self.honors_taints || tolerated(taints, &self.tolerations))
    }
}

/// One rule, shared by all pods that have it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) kind: Kind,
    pub(super) key: Key,
    is_hostname: bool,
    max_skew: i64,
    min_domains: Option<i64>,
    pub(super) namespaces: Rc<BTreeSet<String>>,
    pub(super) selector: Rc<Selector>,
    filter: NodeFilter,
    pub(super) owners: HashSet<usize>,
    domains: BTreeMap<Value, i64>,
    empty: BTreeSet<Value>,
}

/// What makes two rules one. Upstream hashes a spread's node terms without their values.
pub(super) fn identity_of_term(kind: Kind, term: &Term) -> String {
    let (key, selector) = (term.key, &term.selector.identity);
    format!("{kind:?} {key} {:?} {selector}", term.namespaces)
}

/// See [`identity_of_term`].
pub(super) fn identity_of_spread(spread: &Spread, wishes: &Wishes, namespace: &str) -> String {
    let terms: Vec<Vec<Key>> = filter_terms(wishes)
        .iter()
        .map(|term| term.iter().map(|own| own.key).collect())
        .collect();
    let text = |field: Option<&String>| field.cloned().unwrap_or_default();
    let tolerations = wishes.tolerations.iter().map(|own| {
        let seconds = own.toleration_seconds.unwrap_or(0);
        let (key, value) = (text(own.key.as_ref()), text(own.value.as_ref()));
        let operator = text(own.operator.as_ref());
        (key, operator, value, text(own.effect.as_ref()), seconds)
    });
    let tolerations: Vec<_> = tolerations.collect();
    format!(
        "{} {} {namespace:?} {} {} {:?} {:?} {}",
        spread.key,
        spread.max_skew,
        spread.honors_taints,
        spread.honors_affinity,
        odd(&terms),
        odd(&tolerations),
        spread.selector.identity,
    )
}

fn filter_terms(wishes: &Wishes) -> Vec<Requirements> {
    match &wishes.required {
        None => vec![wishes.node_selector.clone()],
        Some(terms) => terms
            .iter()
            .map(|term| {
                let mut all = wishes.node_selector.clone();
                all.add_all(term);
                all
            })
            .collect(),
    }
}

impl Group {
    pub(super) fn of_spread(
        spread: &Spread,
        wishes: &Wishes,
        pod: &PodFacts,
        is_hostname: bool,
        domains: Option<&Domains>,
    ) -> Self {
        let open = domains_of(domains, |taints| {
            !spread.honors_taints || tolerated(taints, &wishes.tolerations)
        });
        Self {
            kind: Kind::Spread,
            key: spread.key,
            is_hostname,
            max_skew: spread.max_skew,
            min_domains: spread.min_domains,
            namespaces: Rc::new(BTreeSet::from([pod.namespace.clone()])),
            selector: Rc::clone(&spread.selector),
            filter: NodeFilter {
                terms: spread.honors_affinity.then(|| filter_terms(wishes)),
                honors_taints: spread.honors_taints,
                tolerations: wishes.tolerations.clone(),
            },
            owners: HashSet::new(),
            empty: open.keys().copied().collect(),
            domains: open,
        }
    }

    pub(super) fn of_term(
        kind: Kind,
        term: &Term,
        tolerations: &[Toleration],
        is_hostname: bool,
        domains: Option<&Domains>,
    ) -> Self {
        // Nothing is said about taints here, and upstream then honours them.
        let open = domains_of(domains, |taints| tolerated(taints, tolerations));
        Self {
            kind,
            key: term.key,
            is_hostname,
            max_skew: i64::from(i32::MAX),
            min_domains: None,
            namespaces: Rc::clone(&term.namespaces),
            selector: Rc::clone(&term.selector),
            filter: NodeFilter::default(),
            owners: HashSet::new(),
            empty: open.keys().copied().collect(),
            domains: open,
        }
    }

    /// Whether a pod to be placed is one of those that the rule is about.
    pub(super) fn selects(&self, pod: &PodFacts) -> bool {
        self.namespaces.contains(&pod.namespace) && self.selector.selects(&pod.labels)
    }

    pub(super) fn counts_node(&self, taints: &[Taint], requirements: &Requirements) -> bool {
        self.filter.matches(taints, requirements)
    }

    pub(super) fn register(&mut self, domain: Value) {
        if let Entry::Vacant(place) = self.domains.entry(domain) {
            place.insert(0);
            self.empty.insert(domain);
        }
    }

    pub(super) fn record(&mut self, domain: Value) {
        *self.domains.entry(domain).or_insert(0) += 1;
        self.empty.remove(&domain);
    }

    /// Whether this rule, which is about hosts, keeps a pod from a host.
    pub(super) fn refuses_host(&self, pod: &PodFacts, host: Value) -> bool {
        match self.kind {
            Kind::Spread => self.count(host) + i64::from(self.selects(pod)) > self.max_skew,
            Kind::AntiAffinity => self.count(host) != 0,
            Kind::Affinity => false,
        }
    }

    fn count(&self, domain: Value) -> i64 {
        self.domains.get(&domain).copied().unwrap_or(0)
    }

    /// The domains that the pod may go to; `choose` decides between equally good ones.
    pub(super) fn next(
        &self,
        pod: &PodFacts,
        pod_domains: &Requirement,
        node_domains: &Requirement,
        choose: &mut dyn FnMut(&[Value]) -> Option<Value>,
    ) -> Requirement {
        let single = match node_domains.values() {
            [one] if self.is_hostname => Some(*one),
            _ => None,
        };
        let domains = match self.kind {
            Kind::Spread => self.next_spread(pod, pod_domains, node_domains, single, choose),
            Kind::Affinity => self.next_affinity(pod, pod_domains, node_domains, single, choose),
            Kind::AntiAffinity => self.next_anti_affinity(pod_domains, node_domains, single),
        };
        Requirement::any_of(self.key, domains)
    }

    /// All domains that a node may be in, with their counts.
    fn candidates<'a>(
        &'a self,
        node_domains: &'a Requirement,
    ) -> Box<dyn Iterator<Item = (Value, i64)> + 'a> {
        if node_domains.operator() == Operator::In {
            let listed = node_domains.values().iter();
            return Box::new(listed.filter_map(|own| Some((*own, *self.domains.get(own)?))));
        }
        let all = self.domains.iter();
        Box::new(
            all.filter(|(own, _)| node_domains.has(**own))
                .map(|(own, count)| (*own, *count)),
        )
    }

    fn next_spread(
        &self,
        pod: &PodFacts,
        pod_domains: &Requirement,
        node_domains: &Requirement,
        single: Option<Value>,
        choose: &mut dyn FnMut(&[Value]) -> Option<Value>,
    ) -> Vec<Value> {
        let own = i64::from(self.selects(pod));
        if let Some(host) = single {
            // A new host can always be made, so the emptiest one has none.
            let fits = self.count(host) + own <= self.max_skew;
            return fits.then_some(host).into_iter().collect();
        }
        let least = self.least_count(pod_domains);
        let mut best = i64::from(i32::MAX);
        let mut ties = Vec::new();
        for (domain, count) in self.candidates(node_domains) {
            let count = count + own;
            if count - least > self.max_skew || count > best {
                continue;
            }
            if count < best {
                best = count;
                ties.clear();
            }
            ties.push(domain);
        }
        choose(&ties).into_iter().collect()
    }

    fn least_count(&self, pod_domains: &Requirement) -> i64 {
        if self.is_hostname {
            return 0;
        }
        let all = self.domains.iter();
        let open = all.filter(|(own, _)| pod_domains.has(**own));
        let (mut least, mut found) = (i64::from(i32::MAX), 0);
        for (_, &count) in open {
            least = least.min(count);
            found += 1;
        }
        match self.min_domains {
            Some(wanted) if found < wanted => 0,
            _ => least,
        }
    }

    fn next_affinity(
        &self,
        pod: &PodFacts,
        pod_domains: &Requirement,
        node_domains: &Requirement,
        single: Option<Value>,
        choose: &mut dyn FnMut(&[Value]) -> Option<Value>,
    ) -> Vec<Value> {
        let may_be_first = || {
            let nowhere = self.domains.len() == self.empty.len();
            self.selects(pod) && (nowhere || !self.has_pods_within(pod_domains))
        };
        if let Some(host) = single {
            let fits = pod_domains.has(host) && (self.count(host) > 0 || may_be_first());
            return fits.then_some(host).into_iter().collect();
        }
        let candidates = self.candidates(node_domains);
        let with_pods: Vec<Value> = candidates
            .filter(|(own, count)| *count > 0 && pod_domains.has(*own))
            .map(|(own, _)| own)
            .collect();
        if !with_pods.is_empty() || !may_be_first() {
            return with_pods;
        }
        // Any domain will do; upstream takes one that the node may be in and one that the pod may.
        let both = pod_domains.intersection(node_domains);
        let all = || self.domains.keys().copied();
        let of_both: Vec<Value> = all().filter(|own| both.has(*own)).collect();
        let of_pod: Vec<Value> = all().filter(|own| pod_domains.has(*own)).collect();
        let first = choose(&of_both);
        let second = choose(&of_pod);
        first.into_iter().chain(second).collect()
    }

    fn has_pods_within(&self, pod_domains: &Requirement) -> bool {
        let mut all = self.domains.iter();
        all.any(|(own, count)| *count > 0 && pod_domains.has(*own))
    }

    fn next_anti_affinity(
        &self,
        pod_domains: &Requirement,
        node_domains: &Requirement,
        single: Option<Value>,
    ) -> Vec<Value> {
        if let Some(host) = single {
            return (self.count(host) == 0)
                .then_some(host)
                .into_iter()
                .collect();
        }
        let fits = |own: &Value| node_domains.has(*own) && pod_domains.has(*own);
        if node_domains.operator() == Operator::In && node_domains.values().len() < self.empty.len()
        {
            let listed = node_domains.values().iter();
            return listed
                .filter(|own| self.empty.contains(own) && pod_domains.has(**own))
                .copied()
                .collect();
        }
        self.empty.iter().filter(|own| fits(own)).copied().collect()
    }
}

fn domains_of(
    domains: Option<&Domains>,
    is_open: impl Fn(&[Taint]) -> bool,
) -> BTreeMap<Value, i64> {
    let all = domains.into_iter().flatten();
    all.filter(|(_, lists)| lists.iter().any(|taints| is_open(taints)))
        .map(|(domain, _)| (*domain, 0))
        .collect()
}
