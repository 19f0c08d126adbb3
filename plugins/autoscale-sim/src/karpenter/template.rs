//! What a pool's nodes have in common.
//!
//! Follows upstream's `pkg/controllers/provisioning/scheduling/nodeclaimtemplate.go`, and
//! `buildDomainGroups` (`topology.go`).

use std::collections::HashMap;
use std::rc::Rc;

use k8s_openapi::api::core::v1::Taint;

use super::amounts::Amounts;
use super::daemons::DaemonGroup;
use super::instance_type::InstanceType;
use super::names::{INITIALIZED, Key, NODE_POOL, Names, REGISTERED};
use super::node_pool::NodePool;
use super::requirement::{Operator, Requirement, Requirements};
use super::topology_group::{Domains, add_domain};

/// A pool to make claims from.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) pool: String,
    pub(super) taints: Rc<[Taint]>,
    pub(super) requirements: Requirements,
    /// The instance types that a claim may have.
    pub(super) types: Vec<u32>,
    pub(super) groups: Vec<DaemonGroup>,
    /// For each of all instance types, its place in `groups`.
    pub(super) group_of: Vec<u16>,
}

/// The pool's own requirements and labels, without those that Karpenter adds.
fn own_requirements(pool: &NodePool, names: &mut Names) -> Requirements {
    let template = &pool.spec.template;
    let mut all = Requirements::default();
    for own in template.spec.requirements.iter().flatten() {
        let key = names.key(&own.key);
        let own = Requirement::read(key, &own.operator, &own.values, own.min_values, names);
        all.add(Rc::new(own));
    }
    let labels = template.metadata.labels.iter().flatten();
    all.add_all(&Requirements::of_labels(labels, names));
    all
}

/// A pool's taints.
fn pool_taints(pool: &NodePool) -> Rc<[Taint]> {
    pool.spec
        .template
        .spec
        .taints
        .clone()
        .unwrap_or_default()
        .into()
}

impl Template {
    /// A template that has no instance types yet.
    pub(super) fn new(pool: &NodePool, names: &mut Names) -> Self {
        let class = &pool.spec.template.spec.node_class_ref;
        let class_label = format!("{}/{}", class.group, class.kind.to_lowercase());
        let added = [
            (NODE_POOL, pool.name()),
            (class_label.as_str(), class.name.as_str()),
            (REGISTERED, "true"),
            (INITIALIZED, "true"),
        ];
        let mut requirements = own_requirements(pool, names);
        for (key, value) in added {
            let key = names.key(key);
            let value = names.value(value);
            requirements.add(Rc::new(Requirement::any_of(key, vec![value])));
        }
        Self {
            pool: pool.name().to_owned(),
            taints: pool_taints(pool),
            requirements,
            types: Vec::new(),
            groups: Vec::new(),
            group_of: Vec::new(),
        }
    }
}

/// The domains of each label that nodes of the pools can be in.
pub(super) fn domains(
    pools: &[&NodePool],
    types: &[Rc<InstanceType>],
    names: &mut Names,
) -> HashMap<Key, Domains> {
    let mut all: HashMap<Key, Domains> = HashMap::new();
    if types.is_empty() {
        return all;
    }
    for pool in pools {
        let own = own_requirements(pool, names);
        let taints = pool_taints(pool);
        let mut add = |requirement: &Requirement| {
            let domains = all.entry(requirement.key).or_default();
            for value in requirement.values() {
                add_domain(domains, *value, &taints);
            }
        };
        for one in types {
            let mut both = own.clone();
            both.add_all(&one.requirements);
            both.iter().for_each(|requirement| add(requirement));
        }
        let listed = own.iter().filter(|own| own.operator() == Operator::In);
        listed.for_each(|requirement| add(requirement));
    }
    all
}

/// Least amounts that may be added for `DaemonSet`s once a claim is done. Upstream goes through
/// the groups in the order of a map and begins anew after a group that has none, so there may be
/// several answers.
pub(super) fn least_overheads(groups: &[&DaemonGroup]) -> Vec<Amounts> {
    // More groups than this have more orders than anybody would look at.
    const FEW: usize = 5;
    let mut found: Vec<Amounts> = Vec::new();
    let mut order: Vec<usize> = (0..groups.len().min(FEW)).collect();
    permute(&mut order, 0, &mut |order| {
        let mut least = Amounts::default();
        for &at in order {
            let overhead = &groups[at].overhead;
            least = if least.is_empty() {
                overhead.clone()
            } else {
                least.least(overhead)
            };
        }
        if !found.contains(&least) {
            found.push(least);
        }
    });
    found
}

fn permute(order: &mut [usize], from: usize, each: &mut impl FnMut(&[usize])) {
    if from >= order.len() {
        each(order);
        return;
    }
    for at in from..order.len() {
        order.swap(from, at);
        permute(order, from + 1, each);
        order.swap(from, at);
    }
}
