//! Where the scheduler would put a pod: scores of the default profile.
//!
//! Follows kubernetes/kubernetes `pkg/scheduler/framework/plugins`: `noderesources` (least and
//! balanced allocation), `tainttoleration`, `nodeaffinity`, `podtopologyspread/scoring.go`,
//! `interpodaffinity/scoring.go`, `helper/normalize_score.go`. Left out are `ImageLocality`,
//! which needs the images on nodes, the default spread constraints of pods without any, which need
//! the Services and owners of pods, and the scores of DRA.

use crate::class::{Class, Spread, Term};
use crate::filters::inter_pod_affinity::scope;
use crate::filters::pod_topology_spread::inclusion;
use crate::intern::FastMap;
use crate::state::{NodeId, PodQuery, State};
use crate::topology::{CounterKey, Inclusion, NO_DOMAIN, Scope};

/// The best score a plugin gives.
const MAX: i64 = 100;

/// A node's score: the weighted sum, and what each plugin gives before its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeScore {
    /// The node.
    pub node: NodeId,
    /// The sum of all, each times its weight.
    pub total: i64,
    /// Fewer untolerated `PreferNoSchedule` taints; weight 3.
    pub taint_toleration: i64,
    /// Preferred node affinity; weight 2.
    pub node_affinity: i64,
    /// Soft spread constraints; weight 2.
    pub pod_topology_spread: i64,
    /// Preferred pod affinity and anti-affinity, in both directions; weight 2.
    pub inter_pod_affinity: i64,
    /// More CPU and memory left; weight 1.
    pub least_allocated: i64,
    /// CPU and memory used evenly; weight 1.
    pub balanced_allocation: i64,
}

/// Scores, and the nodes among which the scheduler would choose at random.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// In the order asked for.
    pub nodes: Vec<NodeScore>,
    /// The nodes of the best total.
    pub best: Vec<NodeId>,
}

impl State {
    /// Scores nodes on which the pod fits, relative to each other. Nodes that are gone are left out.
    pub fn score(&mut self, query: &PodQuery, nodes: &[NodeId]) -> Scores {
        let present = |node: &&NodeId| {
            self.nodes
                .get(node.0 as usize)
                .is_some_and(|slot| slot.present)
        };
        let nodes: Vec<u32> = nodes.iter().filter(present).map(|node| node.0).collect();
        let class = query.class;
        let taints = normalize(&self.taint_counts(query.needs, &nodes), true);
        let affinity = normalize(&self.preferred_node_sums(class, &nodes), false);
        let spread = self.spread_scores(query, &nodes);
        let pods = self.pod_affinity_scores(class, &nodes);
        let mut scores = Scores::default();
        for (at, &node) in nodes.iter().enumerate() {
            let own = &self.classes[class as usize];
            let mut score = NodeScore {
                node: NodeId(node),
                total: 0,
                taint_toleration: taints[at],
                node_affinity: affinity[at],
                pod_topology_spread: spread[at],
                inter_pod_affinity: pods[at],
                least_allocated: self.least_allocated(own, node),
                balanced_allocation: self.balanced_allocation(own, node),
            };
            score.total = 3 * score.taint_toleration
                + 2 * (score.node_affinity + score.pod_topology_spread + score.inter_pod_affinity)
                + score.least_allocated
                + score.balanced_allocation;
            scores.nodes.push(score);
        }
        let best = scores.nodes.iter().map(|score| score.total).max();
        let ties = scores
            .nodes
            .iter()
            .filter(|score| Some(score.total) == best);
        scores.best = ties.map(|score| score.node).collect();
        scores
    }

    fn least_allocated(&self, class: &Class, node: u32) -> i64 {
        let slot = &self.nodes[node as usize];
        let pairs = [
            (
                slot.non_zero.0.wrapping_add(class.ask_non_zero.0),
                slot.face.allocatable.cpu,
            ),
            (
                slot.non_zero.1.wrapping_add(class.ask_non_zero.1),
                slot.face.allocatable.memory,
            ),
        ];
        let (mut sum, mut weights) = (0_i64, 0);
        for (asked, most) in pairs.into_iter().filter(|&(_, most)| most != 0) {
            if asked <= most {
                sum += most
                    .wrapping_sub(asked)
                    .wrapping_mul(MAX)
                    .wrapping_div(most);
            }
            weights += 1;
        }
        if weights == 0 { 0 } else { sum / weights }
    }

    fn balanced_allocation(&self, class: &Class, node: u32) -> i64 {
        let (cpu, memory) = (class.used.cpu, class.used.memory);
        if cpu == 0 && memory == 0 {
            return 0;
        }
        let slot = &self.nodes[node as usize];
        let most = [slot.face.allocatable.cpu, slot.face.allocatable.memory];
        let before = [slot.used.cpu, slot.used.memory];
        let after = [before[0].wrapping_add(cpu), before[1].wrapping_add(memory)];
        let gain = balance(after, most) - balance(before, most);
        MAX / 2 + i64::midpoint(MAX / 2, gain)
    }

    fn taint_counts(&self, needs: u32, nodes: &[u32]) -> Vec<i64> {
        let needs = self.needs.get(needs);
        let prefer = self.words.prefer_no_schedule;
        let tolerations: Vec<_> = needs
            .tolerations
            .iter()
            .filter(|own| own.effect.is_none_or(|effect| effect == prefer))
            .collect();
        let count = |&node: &u32| {
            let taints = self
                .shape(node)
                .taints
                .iter()
                .filter(|taint| taint.effect == prefer);
            let bad = taints.filter(|taint| !tolerations.iter().any(|own| own.tolerates(taint)));
            i64::try_from(bad.count()).unwrap_or(i64::MAX)
        };
        nodes.iter().map(count).collect()
    }

    fn preferred_node_sums(&self, class: u32, nodes: &[u32]) -> Vec<i64> {
        let preferred = &self.classes[class as usize].preferred_nodes;
        let sum = |&node: &u32| {
            let face = self.face(node);
            preferred
                .iter()
                .filter(|(_, term)| term.matches(&face, &self.texts))
                .map(|&(weight, _)| i64::from(weight))
                .sum()
        };
        nodes.iter().map(sum).collect()
    }

    fn spread_scores(&mut self, query: &PodQuery, nodes: &[u32]) -> Vec<i64> {
        let own = &self.classes[query.class as usize];
        let soft = own.soft_spread.clone();
        if soft.is_empty() {
            return vec![0; nodes.len()];
        }
        let namespace = own.namespace;
        let mut keys: Vec<u32> = soft.iter().map(|spread| spread.topology).collect();
        keys.sort_unstable();
        keys.dedup();
        let domain =
            |state: &Self, key: u32, node: u32| state.topologies.keys[key as usize].domain(node);
        let ignored: Vec<bool> = nodes
            .iter()
            .map(|&node| keys.iter().any(|&key| domain(self, key, node) == NO_DOMAIN))
            .collect();
        let mut sums = vec![0.0; nodes.len()];
        for spread in &soft {
            let is_host = self.topologies.keys[spread.topology as usize].key == self.words.hostname;
            let counter = self.soft_counter(spread, namespace, query.needs, &keys, is_host);
            let kept = || nodes.iter().zip(&ignored).filter(|(_, ignored)| !**ignored);
            let size = if is_host {
                kept().count()
            } else {
                let mut domains: Vec<u32> = kept()
                    .map(|(&node, _)| domain(self, spread.topology, node))
                    .collect();
                domains.sort_unstable();
                domains.dedup();
                domains.len()
            };
            let shared = if is_host {
                self.shared_domains(spread.topology)
            } else {
                Vec::new()
            };
            let weight = to_float(i64::try_from(size).unwrap_or(i64::MAX) + 2).ln();
            for (at, &node) in nodes.iter().enumerate() {
                let domain = domain(self, spread.topology, node);
                let count = if shared.get(domain as usize) == Some(&true) {
                    self.alike_on(spread, namespace, node)
                } else {
                    self.counters.all[counter as usize].count(domain)
                };
                sums[at] += to_float(count) * weight + to_float(i64::from(spread.max_skew) - 1);
            }
        }
        let rounded: Vec<i64> = sums
            .into_iter()
            .map(|sum: f64| to_int(sum.round()))
            .collect();
        normalize_spread(&rounded, &ignored)
    }

    /// Which domains have more than one node. Upstream takes a host name for a node's own and counts
    /// the pods of the node, whatever other nodes have that name.
    fn shared_domains(&self, topology: u32) -> Vec<bool> {
        let key = &self.topologies.keys[topology as usize];
        let mut nodes = vec![0_usize; key.len()];
        for node in self.nodes() {
            if let Some(count) = nodes.get_mut(key.domain(node.0) as usize) {
                *count += 1;
            }
        }
        nodes.into_iter().map(|count| count > 1).collect()
    }

    fn alike_on(&self, spread: &Spread, namespace: crate::intern::Sym, node: u32) -> i64 {
        if spread.selector.is_everything() {
            return 0;
        }
        let alike = self.nodes[node as usize].pods.iter().filter(|&&pod| {
            let entry = &self.pods[pod as usize];
            let group = &self.groups[self.classes[entry.class as usize].group as usize];
            !entry.terminating
                && group.namespace == namespace
                && spread.selector.matches(&group.labels, &self.texts)
        });
        i64::try_from(alike.count()).unwrap_or(i64::MAX)
    }

    fn soft_counter(
        &mut self,
        spread: &Spread,
        namespace: crate::intern::Sym,
        needs: u32,
        keys: &[u32],
        is_host: bool,
    ) -> u32 {
        let all = Inclusion {
            needs: None,
            affinity: false,
            taints: false,
            keys: Vec::new(),
        };
        let included = if is_host {
            all
        } else {
            inclusion(spread, needs, keys)
        };
        self.counter(CounterKey {
            parts: vec![(Scope::In(vec![namespace]), spread.selector.clone())],
            topology: spread.topology,
            inclusion: Some(included),
        })
    }

    fn pod_affinity_scores(&mut self, class: u32, nodes: &[u32]) -> Vec<i64> {
        // By topology key, then domain.
        let mut all: FastMap<u32, FastMap<u32, i64>> = FastMap::default();
        let terms = self.classes[class as usize]
            .terms
            .clone()
            .unwrap_or_default();
        let ours = terms
            .preferred
            .iter()
            .map(|(weight, term)| (i64::from(*weight), term));
        let anti = terms
            .preferred_anti
            .iter()
            .map(|(weight, term)| (-i64::from(*weight), term));
        for (weight, term) in ours.chain(anti) {
            let key = CounterKey {
                parts: vec![(scope(self, term), term.selector.clone())],
                topology: term.topology,
                inclusion: None,
            };
            let counter = self.counter(key);
            let into = all.entry(term.topology).or_default();
            for (domain, &count) in self.counters.all[counter as usize]
                .counts
                .iter()
                .enumerate()
            {
                if count > 0 {
                    let sum = into.entry(crate::intern::index(domain)).or_default();
                    *sum += weight * i64::from(count);
                }
            }
        }
        self.add_others_terms(class, &mut all);
        let raw: Vec<i64> = nodes
            .iter()
            .map(|&node| {
                let of_key = |(&key, sums): (&u32, &FastMap<u32, i64>)| {
                    let domain = self.topologies.keys[key as usize].domain(node);
                    sums.get(&domain).copied().unwrap_or(0)
                };
                all.iter().map(of_key).sum()
            })
            .collect();
        stretch(&raw)
    }

    /// Terms of pods on nodes that are about the incoming pod.
    fn add_others_terms(&self, class: u32, all: &mut FastMap<u32, FastMap<u32, i64>>) {
        let own = &self.classes[class as usize];
        let group = &self.groups[own.group as usize];
        let nothing = Vec::new();
        let namespace = self.namespaces.get(&own.namespace).unwrap_or(&nothing);
        let about_us = |term: &Term| {
            (term.namespaces.binary_search(&own.namespace).is_ok()
                || term.namespace_selector.matches(namespace, &self.texts))
                && term.selector.matches(&group.labels, &self.texts)
        };
        let weights = |class: &Class| -> Vec<(u32, i64)> {
            let Some(terms) = &class.terms else {
                return Vec::new();
            };
            // The default weight of a required term is 1.
            let hard = terms.affinity.iter().map(|term| (1, term));
            let soft = terms
                .preferred
                .iter()
                .map(|(weight, term)| (i64::from(*weight), term));
            let anti = terms
                .preferred_anti
                .iter()
                .map(|(weight, term)| (-i64::from(*weight), term));
            let wanted = hard
                .chain(soft)
                .chain(anti)
                .filter(|(_, term)| about_us(term));
            wanted
                .map(|(weight, term)| (term.topology, weight))
                .collect()
        };
        let by_class: Vec<Vec<(u32, i64)>> = self.classes.iter().map(weights).collect();
        if by_class.iter().all(Vec::is_empty) {
            return;
        }
        for node in self.nodes() {
            for &pod in &self.nodes[node.0 as usize].pods {
                for &(key, weight) in &by_class[self.pods[pod as usize].class as usize] {
                    let domain = self.topologies.keys[key as usize].domain(node.0);
                    if domain != NO_DOMAIN {
                        *all.entry(key).or_default().entry(domain).or_default() += weight;
                    }
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "as upstream")]
fn to_float(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, reason = "as upstream")]
fn to_int(value: f64) -> i64 {
    value as i64
}

fn balance(used: [i64; 2], most: [i64; 2]) -> i64 {
    let fractions: Vec<f64> = used
        .into_iter()
        .zip(most)
        .filter(|&(_, most)| most != 0)
        .map(|(used, most)| (to_float(used) / to_float(most)).min(1.0))
        .collect();
    let deviation = match fractions.as_slice() {
        [a, b] => ((a - b) / 2.0).abs(),
        _ => 0.0,
    };
    to_int((1.0 - deviation) * to_float(MAX))
}

fn normalize(raw: &[i64], reverse: bool) -> Vec<i64> {
    let most = raw.iter().copied().max().unwrap_or(0).max(0);
    let scale = |&score: &i64| {
        let scaled = if most == 0 {
            0
        } else {
            MAX.wrapping_mul(score) / most
        };
        if reverse {
            MAX - scaled
        } else if most == 0 {
            score
        } else {
            scaled
        }
    };
    raw.iter().map(scale).collect()
}

fn normalize_spread(raw: &[i64], ignored: &[bool]) -> Vec<i64> {
    let kept = || {
        raw.iter()
            .zip(ignored)
            .filter(|(_, ignored)| !**ignored)
            .map(|(&score, _)| score)
    };
    let least = kept().min().unwrap_or(i64::MAX);
    let most = kept().max().unwrap_or(0).max(0);
    let scale = |(&score, &ignored): (&i64, &bool)| {
        if ignored {
            0
        } else if most == 0 {
            MAX
        } else {
            MAX.wrapping_mul(most.wrapping_add(least).wrapping_sub(score)) / most
        }
    };
    raw.iter().zip(ignored).map(scale).collect()
}

fn stretch(raw: &[i64]) -> Vec<i64> {
    let least = raw.iter().copied().min().unwrap_or(0);
    let span = raw.iter().copied().max().unwrap_or(0) - least;
    let scale = |&score: &i64| {
        if span > 0 {
            to_int(to_float(MAX) * (to_float(score - least) / to_float(span)))
        } else {
            0
        }
    };
    raw.iter().map(scale).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{merge, node, on, pod, state};
    use serde_json::{Value, json};

    fn best(objects: &[Value], new: &Value) -> Vec<String> {
        let mut new = new.clone();
        if new["spec"]["containers"].is_null() {
            merge(&mut new, json!({"spec": {"containers": [{"name": "c"}]}}));
        }
        let mut state = state(objects);
        let query = state.prepare(&serde_json::from_value(new).unwrap());
        let nodes: Vec<_> = state.feasible(&query).collect();
        let scores = state.score(&query, &nodes);
        scores
            .best
            .iter()
            .map(|&node| state.node_name(node).unwrap().to_owned())
            .collect()
    }

    fn nodes(zones: [&str; 3]) -> Vec<Value> {
        ["a", "b", "c"]
            .iter()
            .zip(zones)
            .map(|(name, zone)| {
                node(
                    name,
                    json!({"zone": zone, "kubernetes.io/hostname": name}),
                    json!({}),
                )
            })
            .collect()
    }

    #[test]
    fn ties_are_all_returned() {
        assert_eq!(
            best(&nodes(["x", "y", "z"]), &pod(json!({}), json!({}))),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn the_emptiest_node() {
        let mut objects = nodes(["x", "y", "z"]);
        let asks = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "2", "memory": "2Gi"}}}]});
        objects.push(on("a", "p", json!({}), asks.clone()));
        objects.push(on("c", "q", json!({}), asks));
        assert_eq!(best(&objects, &pod(json!({}), json!({}))), ["b"]);
    }

    #[test]
    fn preferences() {
        let soft_taint = |mut objects: Vec<Value>| {
            objects[0]["spec"] = json!({"taints": [{"key": "t", "effect": "PreferNoSchedule"}]});
            objects
        };
        let plain = pod(json!({}), json!({}));
        assert_eq!(
            best(&soft_taint(nodes(["x", "y", "z"])), &plain),
            ["b", "c"]
        );
        let prefers = pod(
            json!({}),
            json!({"affinity": {"nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "preference": {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["x", "y"]}]}},
                {"weight": 5, "preference": {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["y"]}]}}]}}}),
        );
        assert_eq!(best(&nodes(["x", "y", "z"]), &prefers), ["b"]);
        let near = pod(
            json!({}),
            json!({"affinity": {"podAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 9, "podAffinityTerm": {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "p"}}}}]}}}),
        );
        let mut objects = nodes(["x", "y", "x"]);
        objects.push(on("a", "p", json!({"app": "p"}), json!({})));
        assert_eq!(best(&objects, &near), ["a", "c"]);
    }

    #[test]
    fn soft_spread() {
        let mut objects = nodes(["x", "x", "y"]);
        objects.push(on("a", "p", json!({"app": "p"}), json!({})));
        let spread = pod(
            json!({"app": "p"}),
            json!({"topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"app": "p"}}}]}),
        );
        assert_eq!(best(&objects, &spread), ["c"]);
    }
}
