//! Which of several groups grows.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/expander/factory/{expander_factory,chain}.go`:
//! expanders one after the other until one option is left; ties at the end are broken at random.

mod least_nodes;
mod least_waste;
mod most_pods;
mod price;
mod priority;

use super::cluster::Cluster;
use super::template::Template;

/// What there is to choose from: a group that could help.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// Its name.
    pub name: &'a str,
    /// The price of one of its nodes for an hour.
    pub price: Option<f64>,
    /// A new node of it.
    pub template: &'a Template,
    /// How many nodes.
    pub nodes: i64,
    /// How many pods are helped.
    pub pods: i64,
    /// Thousandths of a core that these request.
    pub milli_cpu: i64,
    /// Bytes of memory that these request.
    pub memory: i64,
}

/// The offers that may be taken, by their place. Empty if an expander wants none of them.
pub fn best(cluster: &Cluster, offers: &[Offer<'_>], cut: &mut Vec<String>) -> Vec<usize> {
    let mut left: Vec<usize> = (0..offers.len()).collect();
    for expander in &cluster.options.expander {
        let kept: Vec<&Offer<'_>> = left.iter().map(|&at| &offers[at]).collect();
        let best = match expander.as_str() {
            "least-waste" => least_waste::best(&kept),
            "most-pods" => most_pods::best(&kept),
            "least-nodes" => least_nodes::best(&kept),
            "priority" => priority::best(cluster.priorities.as_deref(), &kept),
            "price" => price::best(cluster, &kept).unwrap_or_else(|| {
                cut.push(
                    "the expander price needs prices of all groups, a core and a GiB; \
                     without them every group may be taken"
                        .to_owned(),
                );
                (0..kept.len()).collect()
            }),
            // Takes one of them, whatever comes after.
            "random" => return left,
            other => {
                cut.push(format!(
                    "what the expander {other} takes is not known here; every group may be taken"
                ));
                (0..kept.len()).collect()
            }
        };
        left = best.into_iter().map(|at| left[at]).collect();
        if left.len() == 1 {
            break;
        }
    }
    left
}

#[cfg(test)]
pub(super) mod testing {
    use super::Offer;
    use crate::cluster_autoscaler::template::Template;
    use scheduler::State;
    use serde_json::json;

    /// A template of so many thousandths of a core and MiB.
    pub fn template(milli_cpu: i64, mib: i64) -> Template {
        let node = serde_json::from_value(json!({"metadata": {"name": "t"}, "status": {
            "capacity": {"cpu": format!("{milli_cpu}m"), "memory": format!("{mib}Mi")},
            "allocatable": {"cpu": format!("{milli_cpu}m"), "memory": format!("{mib}Mi")}}}))
        .unwrap();
        let face = State::new().read_template(&node);
        Template {
            node,
            face,
            pods: Vec::new(),
            requested: std::collections::BTreeMap::new(),
        }
    }

    pub fn offer<'a>(name: &'a str, template: &'a Template, nodes: i64, pods: i64) -> Offer<'a> {
        Offer {
            name,
            price: None,
            template,
            nodes,
            pods,
            milli_cpu: 1000 * pods,
            memory: pods << 30,
        }
    }
}
