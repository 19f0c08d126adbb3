//! Workloads, budgets, faults and mischief of one case.

use serde_json::{Value, json};

use crate::conformance::drain::proxy::Faults;
use crate::conformance::scheduler::random::Random;

/// Nodes of the control plane.
pub const NODES: usize = 6;

/// A case.
pub struct Case {
    pub namespace: String,
    pub workloads: Vec<Workload>,
    /// The nodes to be drained.
    pub drained: Vec<usize>,
    pub faults: Faults,
    pub mischief: Mischief,
    pub timeout_seconds: usize,
}

/// A workload and its budget.
pub struct Workload {
    pub app: String,
    pub kind: &'static str,
    pub replicas: usize,
    pub ready_ms: usize,
    pub termination_ms: usize,
    /// What the budget asks for, if there is one.
    pub budget: Option<Value>,
}

/// What else happens meanwhile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mischief {
    None,
    /// Pods are deleted, and some come back under their names.
    DeletePods,
    /// Budgets ask for something else.
    EditBudgets,
    /// The same nodes are drained a second time.
    SecondDrain,
    /// The API server is killed and started again.
    Restart,
}

impl Case {
    /// The case of this number.
    pub fn generate(seed: u64, number: u64) -> Self {
        let mut random = Random::of_case(seed, number);
        let count = random.between(1, 4);
        let workloads = (0..count)
            .map(|at| workload(&mut random, &format!("w{at}")))
            .collect();
        let first = random.below(NODES);
        let mut drained = vec![first];
        if random.chance(50) {
            drained.push((first + 1) % NODES);
        }
        let mischief = match random.below(20) {
            0..=5 => Mischief::None,
            6..=9 => Mischief::DeletePods,
            10..=13 => Mischief::EditBudgets,
            14..=17 => Mischief::SecondDrain,
            _ => Mischief::Restart,
        };
        Self {
            namespace: format!("case-{seed}-{number}"),
            workloads,
            drained,
            faults: faults(&mut random),
            mischief,
            timeout_seconds: random.between(4, 20),
        }
    }

    /// All objects of the case.
    pub fn objects(&self) -> Value {
        let mut items = vec![json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace},
        })];
        for workload in &self.workloads {
            items.push(workload.object(&self.namespace));
            items.extend(
                workload
                    .budget
                    .as_ref()
                    .map(|asks| workload.budget_object(&self.namespace, asks)),
            );
        }
        json!({"apiVersion": "v1", "kind": "List", "items": items})
    }
}

impl Workload {
    fn object(&self, namespace: &str) -> Value {
        let labels = json!({"app": self.app});
        let mut spec = json!({
            "replicas": self.replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {
                    "day2.dev/ready-delay": format!("{}ms", self.ready_ms),
                    "day2.dev/termination-delay": format!("{}ms", self.termination_ms),
                }},
                "spec": {"terminationGracePeriodSeconds": 5, "containers": [{"name": "c", "image": "i"}]},
            },
        });
        if self.kind == "StatefulSet" {
            spec["podManagementPolicy"] = json!("Parallel");
            spec["serviceName"] = json!(self.app);
        }
        json!({
            "apiVersion": "apps/v1", "kind": self.kind,
            "metadata": {"name": self.app, "namespace": namespace}, "spec": spec,
        })
    }

    /// The budget, asking for this.
    pub fn budget_object(&self, namespace: &str, asks: &Value) -> Value {
        let mut spec = json!({"selector": {"matchLabels": {"app": self.app}}});
        if let (Some(spec), Some(asks)) = (spec.as_object_mut(), asks.as_object()) {
            spec.extend(asks.clone());
        }
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": self.app, "namespace": namespace}, "spec": spec,
        })
    }
}

fn workload(random: &mut Random, app: &str) -> Workload {
    let replicas = random.between(1, 8);
    let kind = if random.chance(60) {
        "Deployment"
    } else {
        "StatefulSet"
    };
    Workload {
        app: app.into(),
        kind,
        replicas,
        ready_ms: random.between(1, 800),
        termination_ms: random.between(1, 800),
        budget: random.chance(75).then(|| asks(random, replicas)),
    }
}

/// What a budget of so many pods may ask for.
pub fn asks(random: &mut Random, replicas: usize) -> Value {
    let mut asks = match random.below(5) {
        0 => json!({"maxUnavailable": 2}),
        1 => json!({"maxUnavailable": "34%"}),
        2 => json!({"minAvailable": random.below(replicas + 1)}),
        3 => json!({"minAvailable": "50%"}),
        _ => json!({"maxUnavailable": 1}),
    };
    if random.chance(30) {
        asks["unhealthyPodEvictionPolicy"] = json!("AlwaysAllow");
    }
    asks
}

fn faults(random: &mut Random) -> Faults {
    if random.chance(15) {
        return Faults::default();
    }
    Faults {
        refusals: random.below(15),
        broken_before: random.below(10),
        broken_after: random.below(10),
        delays: random.below(8),
        cut_watches: random.below(90),
        denials: random.below(20),
    }
}
