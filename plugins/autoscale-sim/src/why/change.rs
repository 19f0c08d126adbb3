//! Changes of a pod that may let it fit.

use std::fmt;

use k8s_openapi::api::core::v1::{Pod, PodSpec, Taint, Toleration};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use scheduler::quantity::Quantity;

const MIB: i64 = 1 << 20;

/// What a node, or several with the same taints, has for a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Room {
    /// Taints that keep pods away.
    pub taints: Vec<Taint>,
    /// Thousandths of a core, and bytes.
    pub rooms: Vec<(i64, i64)>,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Lower requests: thousandths of a core, and bytes.
    Requests {
        cpu: Option<(i64, i64)>,
        memory: Option<(i64, i64)>,
    },
    /// Tolerate these taints.
    Tolerate(Vec<Taint>),
    /// Drop a key of the node selector.
    NodeSelector(String, String),
    /// Drop an expression of the only required term of node affinity.
    AffinityExpression(usize, String),
    /// Drop all required node affinity.
    NodeAffinity,
    /// Make a spread constraint soft.
    Spread(usize, String),
    /// Drop a required anti-affinity term.
    AntiAffinity(usize, String),
    /// Drop a required affinity term.
    Affinity(usize, String),
    /// Use no host ports.
    HostPorts,
    /// Raise the priority: from, to.
    Priority(i32, i32),
    /// Remove the scheduling gates.
    Gates(Vec<String>),
}

impl Change {
    /// How much of a change it is; the smallest is told first.
    pub fn weight(&self) -> u32 {
        let share = |both: &Option<(i64, i64)>| {
            both.map_or(0, |(from, to)| {
                (from - to)
                    .saturating_mul(100)
                    .checked_div(from)
                    .unwrap_or(0)
            })
        };
        match self {
            Self::Gates(_) => 0,
            Self::Tolerate(taints) => 2 + u32::try_from(taints.len()).unwrap_or(u32::MAX / 8),
            Self::Requests { cpu, memory } => match share(cpu).max(share(memory)) {
                0..=25 => 2,
                26..=50 => 6,
                _ => 20,
            },
            Self::Spread(..) | Self::Priority(..) => 4,
            Self::NodeSelector(..) | Self::AffinityExpression(..) => 5,
            Self::AntiAffinity(..) | Self::Affinity(..) => 7,
            Self::HostPorts => 8,
            Self::NodeAffinity => 9,
        }
    }

    /// The pod with the change; `None` where it has nothing of that kind.
    pub fn apply(&self, pod: &Pod) -> Option<Pod> {
        let mut pod = pod.clone();
        let spec = pod.spec.as_mut()?;
        match self {
            Self::Requests { cpu, memory } => {
                if let Some((from, to)) = cpu {
                    lower(spec, "cpu", from - to, Quantity::milli_value, |milli| {
                        format!("{milli}m")
                    })?;
                }
                if let Some((from, to)) = memory {
                    lower(spec, "memory", from - to, Quantity::value, |bytes| {
                        bytes.to_string()
                    })?;
                }
            }
            Self::Tolerate(taints) => {
                let all = spec.tolerations.get_or_insert_default();
                all.extend(taints.iter().map(toleration));
            }
            Self::NodeSelector(key, _) => {
                spec.node_selector.as_mut()?.remove(key)?;
            }
            Self::AffinityExpression(at, _) => {
                let own = spec.affinity.as_mut()?.node_affinity.as_mut()?;
                let required = own
                    .required_during_scheduling_ignored_during_execution
                    .as_mut()?;
                let expressions = required
                    .node_selector_terms
                    .first_mut()?
                    .match_expressions
                    .as_mut()?;
                if *at >= expressions.len() {
                    return None;
                }
                expressions.remove(*at);
                if expressions.is_empty() {
                    own.required_during_scheduling_ignored_during_execution = None;
                }
            }
            Self::NodeAffinity => {
                let own = spec.affinity.as_mut()?.node_affinity.as_mut()?;
                own.required_during_scheduling_ignored_during_execution
                    .take()?;
            }
            Self::Spread(at, _) => {
                let own = spec.topology_spread_constraints.as_mut()?.get_mut(*at)?;
                "ScheduleAnyway".clone_into(&mut own.when_unsatisfiable);
                own.min_domains = None;
            }
            Self::AntiAffinity(at, _) => {
                let own = spec.affinity.as_mut()?.pod_anti_affinity.as_mut()?;
                remove(
                    own.required_during_scheduling_ignored_during_execution
                        .as_mut()?,
                    *at,
                )?;
            }
            Self::Affinity(at, _) => {
                let own = spec.affinity.as_mut()?.pod_affinity.as_mut()?;
                remove(
                    own.required_during_scheduling_ignored_during_execution
                        .as_mut()?,
                    *at,
                )?;
            }
            Self::HostPorts => {
                for port in spec
                    .containers
                    .iter_mut()
                    .flat_map(|own| own.ports.iter_mut().flatten())
                {
                    port.host_port = None;
                }
            }
            Self::Priority(_, to) => spec.priority = Some(*to),
            Self::Gates(_) => {
                spec.scheduling_gates = None;
                found_unschedulable(&mut pod);
            }
        }
        Some(pod)
    }
}

/// A pod without gates has been looked at, and no node was found.
fn found_unschedulable(pod: &mut Pod) {
    let conditions = pod
        .status
        .iter_mut()
        .flat_map(|status| status.conditions.iter_mut().flatten());
    for own in conditions.filter(|own| own.type_ == "PodScheduled") {
        own.reason = Some("Unschedulable".to_owned());
    }
}

fn remove<T>(all: &mut Vec<T>, at: usize) -> Option<()> {
    (at < all.len()).then(|| {
        all.remove(at);
    })
}

fn toleration(taint: &Taint) -> Toleration {
    let value = taint.value.clone().filter(|value| !value.is_empty());
    Toleration {
        key: Some(taint.key.clone()),
        operator: Some(if value.is_some() { "Equal" } else { "Exists" }.to_owned()),
        value,
        effect: Some(taint.effect.clone()),
        ..Toleration::default()
    }
}

/// Lowers the largest request of a container by so much.
fn lower(
    spec: &mut PodSpec,
    name: &str,
    by: i64,
    read: fn(&Quantity) -> i64,
    write: fn(i64) -> String,
) -> Option<()> {
    let requests = spec
        .containers
        .iter_mut()
        .filter_map(|own| own.resources.as_mut()?.requests.as_mut()?.get_mut(name));
    let amount = |own: &ApiQuantity| Quantity::parse(&own.0).ok().map_or(0, |own| read(&own));
    let largest = requests.max_by_key(|own| amount(own))?;
    let left = amount(largest).checked_sub(by).filter(|left| *left > 0)?;
    largest.0 = write(left);
    Some(())
}

/// All changes that may help, each once.
pub fn candidates(pod: &Pod, rooms: &[Room], priority_cutoff: i64) -> Vec<Change> {
    let Some(spec) = &pod.spec else {
        return Vec::new();
    };
    let mut all = Vec::new();
    if let Some(gates) = spec
        .scheduling_gates
        .as_ref()
        .filter(|gates| !gates.is_empty())
    {
        all.push(Change::Gates(
            gates.iter().map(|gate| gate.name.clone()).collect(),
        ));
    }
    if let Some(priority) = spec.priority
        && i64::from(priority) < priority_cutoff
        && let Ok(to) = i32::try_from(priority_cutoff)
    {
        all.push(Change::Priority(priority, to));
    }
    all.extend(tolerations(spec, rooms));
    all.extend(requests(spec, rooms));
    for (key, value) in spec.node_selector.iter().flatten() {
        all.push(Change::NodeSelector(key.clone(), value.clone()));
    }
    all.extend(terms(spec));
    if spec
        .containers
        .iter()
        .flat_map(|own| own.ports.iter().flatten())
        .any(|port| port.host_port.is_some())
    {
        all.push(Change::HostPorts);
    }
    let mut unique: Vec<Change> = Vec::new();
    for change in all {
        if !unique.contains(&change) {
            unique.push(change);
        }
    }
    unique.sort_by_key(Change::weight);
    unique
}

fn terms(spec: &PodSpec) -> Vec<Change> {
    let mut all = Vec::new();
    for (at, own) in spec
        .topology_spread_constraints
        .iter()
        .flatten()
        .enumerate()
    {
        if own.when_unsatisfiable == "DoNotSchedule" {
            all.push(Change::Spread(at, own.topology_key.clone()));
        }
    }
    let Some(affinity) = &spec.affinity else {
        return all;
    };
    let node = affinity.node_affinity.as_ref();
    if let Some(required) = node.and_then(|own| {
        own.required_during_scheduling_ignored_during_execution
            .as_ref()
    }) {
        if let [term] = required.node_selector_terms.as_slice() {
            for (at, own) in term.match_expressions.iter().flatten().enumerate() {
                let values = own.values.clone().unwrap_or_default().join(", ");
                let text = format!("{} {} {values}", own.key, own.operator);
                all.push(Change::AffinityExpression(at, text.trim().to_owned()));
            }
        }
        all.push(Change::NodeAffinity);
    }
    let anti = affinity.pod_anti_affinity.as_ref();
    let required = anti.and_then(|own| {
        own.required_during_scheduling_ignored_during_execution
            .as_ref()
    });
    for (at, own) in required.into_iter().flatten().enumerate() {
        all.push(Change::AntiAffinity(at, own.topology_key.clone()));
    }
    let own = affinity.pod_affinity.as_ref();
    let required = own.and_then(|own| {
        own.required_during_scheduling_ignored_during_execution
            .as_ref()
    });
    for (at, own) in required.into_iter().flatten().enumerate() {
        all.push(Change::Affinity(at, own.topology_key.clone()));
    }
    all
}

/// For each set of taints that the pod does not tolerate all of.
fn tolerations(spec: &PodSpec, rooms: &[Room]) -> Vec<Change> {
    let own = spec.tolerations.as_deref().unwrap_or_default();
    rooms
        .iter()
        .filter_map(|room| {
            let lacking = room
                .taints
                .iter()
                .filter(|taint| !own.iter().any(|one| tolerates(one, taint)));
            let lacking: Vec<Taint> = lacking.cloned().collect();
            // Nodes that are not ready, cordoned or on their way out are not to be tolerated.
            let passing = |taint: &Taint| {
                taint.key.starts_with("node.kubernetes.io/")
                    || taint.key.ends_with("ClusterAutoscaler")
            };
            let is_useful = !lacking.is_empty() && !lacking.iter().any(passing);
            is_useful.then_some(Change::Tolerate(lacking))
        })
        .collect()
}

fn tolerates(own: &Toleration, taint: &Taint) -> bool {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    given(&own.effect).is_none_or(|effect| effect == taint.effect)
        && given(&own.key).is_none_or(|key| key == taint.key)
        && (own.operator.as_deref() == Some("Exists") || given(&own.value) == given(&taint.value))
}

/// For each room that the pod is too large for: what would fit.
fn requests(spec: &PodSpec, rooms: &[Room]) -> Vec<Change> {
    let sum = |name: &str, read: fn(&Quantity) -> i64| -> i64 {
        let containers = spec.containers.iter();
        let requests =
            containers.filter_map(|own| own.resources.as_ref()?.requests.as_ref()?.get(name));
        requests
            .filter_map(|own| Quantity::parse(&own.0).ok())
            .map(|own| read(&own))
            .sum()
    };
    let (cpu, memory) = (
        sum("cpu", Quantity::milli_value),
        sum("memory", Quantity::value),
    );
    let lowered = |from: i64, room: i64| (from > room && room > 0).then_some((from, room));
    rooms
        .iter()
        .flat_map(|room| &room.rooms)
        .filter_map(|&(free_cpu, free_memory)| {
            let memory = lowered(memory, free_memory / MIB * MIB);
            let cpu = lowered(cpu, free_cpu);
            (cpu.is_some() || memory.is_some()).then_some(Change::Requests { cpu, memory })
        })
        .collect()
}

fn cores(milli: i64) -> String {
    if milli % 1000 == 0 {
        (milli / 1000).to_string()
    } else {
        format!("{milli}m")
    }
}

fn mebibytes(bytes: i64) -> String {
    if bytes % (MIB << 10) == 0 {
        format!("{}Gi", bytes / (MIB << 10))
    } else {
        format!("{}Mi", bytes / MIB)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests { cpu, memory } => {
                let cpu = cpu.map(|(from, less)| {
                    format!("its cpu request from {} to {}", cores(from), cores(less))
                });
                let memory = memory.map(|(from, less)| {
                    format!(
                        "its memory request from {} to {}",
                        mebibytes(from),
                        mebibytes(less)
                    )
                });
                let both: Vec<String> = cpu.into_iter().chain(memory).collect();
                write!(to, "lower {}", both.join(" and "))
            }
            Self::Tolerate(taints) => {
                let all: Vec<String> = taints
                    .iter()
                    .map(|taint| {
                        let value = taint.value.as_deref().filter(|value| !value.is_empty());
                        let value = value.map_or(String::new(), |value| format!("={value}"));
                        format!("{}{value}:{}", taint.key, taint.effect)
                    })
                    .collect();
                write!(to, "add a toleration of {}", all.join(" and "))
            }
            Self::NodeSelector(key, value) => write!(to, "drop the node selector {key}={value}"),
            Self::AffinityExpression(_, text) => write!(to, "drop the node affinity \"{text}\""),
            Self::NodeAffinity => write!(to, "drop its required node affinity"),
            Self::Spread(_, key) => write!(to, "make its spread over {key} soft (ScheduleAnyway)"),
            Self::AntiAffinity(_, key) => write!(to, "drop its required anti-affinity over {key}"),
            Self::Affinity(_, key) => write!(to, "drop its required affinity over {key}"),
            Self::HostPorts => write!(to, "use no host ports"),
            Self::Priority(from, less) => write!(to, "raise its priority from {from} to {less}"),
            Self::Gates(gates) => write!(to, "remove its scheduling gates {}", gates.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    fn pod(spec: &Value) -> Pod {
        serde_json::from_value(json!({"metadata": {"name": "p"}, "spec": spec})).unwrap()
    }

    #[test]
    fn every_part_of_a_pod_that_can_stand_in_the_way_is_a_candidate() {
        let term = json!({"topologyKey": "zone"});
        let pod = pod(&json!({
            "schedulingGates": [{"name": "wait"}], "priority": -50, "nodeSelector": {"disk": "ssd"},
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "host", "whenUnsatisfiable": "DoNotSchedule"},
                {"maxSkew": 1, "topologyKey": "soft", "whenUnsatisfiable": "ScheduleAnyway"}],
            "affinity": {
                "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "arch", "operator": "In", "values": ["arm64"]}]}]}},
                "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]},
                "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}},
            "containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}],
                "resources": {"requests": {"cpu": "4", "memory": "3Gi"}}}]}));
        let taint = Taint {
            key: "gpu".into(),
            value: Some("yes".into()),
            effect: "NoSchedule".into(),
            time_added: None,
        };
        let rooms = [
            Room {
                taints: vec![taint],
                rooms: vec![(3500, 2 << 30)],
            },
            Room {
                taints: Vec::new(),
                rooms: vec![(8000, 0)],
            },
        ];
        let all: Vec<String> = candidates(&pod, &rooms, -10)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            all,
            [
                "remove its scheduling gates wait",
                "add a toleration of gpu=yes:NoSchedule",
                "raise its priority from -50 to -10",
                "make its spread over host soft (ScheduleAnyway)",
                "drop the node selector disk=ssd",
                "drop the node affinity \"arch In arm64\"",
                "lower its cpu request from 4 to 3500m and its memory request from 3Gi to 2Gi",
                "drop its required anti-affinity over zone",
                "drop its required affinity over zone",
                "use no host ports",
                "drop its required node affinity",
            ]
        );
        for change in candidates(&pod, &rooms, -10) {
            assert_ne!(change.apply(&pod), Some(pod.clone()), "{change}");
        }
    }

    #[test]
    fn taints_are_matched_as_the_scheduler_does() {
        let taint = |value: Option<&str>| Taint {
            key: "k".into(),
            value: value.map(Into::into),
            effect: "NoSchedule".into(),
            time_added: None,
        };
        let own = |text: Value| -> Toleration { serde_json::from_value(text).unwrap() };
        for (toleration, value, expected) in [
            (json!({"operator": "Exists"}), Some("v"), true),
            (
                json!({"key": "k", "operator": "Exists", "effect": "NoExecute"}),
                Some("v"),
                false,
            ),
            (json!({"key": "k", "value": "v"}), Some("v"), true),
            (json!({"key": "k", "value": "w"}), Some("v"), false),
            (json!({"key": "k"}), None, true),
        ] {
            assert_eq!(
                tolerates(&own(toleration.clone()), &taint(value)),
                expected,
                "{toleration}"
            );
        }
        // What adding it writes is tolerated.
        for value in [None, Some("v")] {
            assert!(tolerates(&super::toleration(&taint(value)), &taint(value)));
        }
    }

    #[test]
    fn the_largest_container_gives_way() {
        let pod = pod(&json!({"containers": [
            {"name": "a", "resources": {"requests": {"cpu": "500m"}}},
            {"name": "b", "resources": {"requests": {"cpu": "3"}}}]}));
        let change = Change::Requests {
            cpu: Some((3500, 2000)),
            memory: None,
        };
        let lowered = change.apply(&pod).unwrap();
        let requests: Vec<BTreeMap<String, ApiQuantity>> = lowered
            .spec
            .unwrap()
            .containers
            .into_iter()
            .map(|own| own.resources.unwrap().requests.unwrap())
            .collect();
        assert_eq!(requests[0]["cpu"].0, "500m");
        assert_eq!(requests[1]["cpu"].0, "1500m");
        // Nothing is lowered below what there is.
        assert!(
            Change::Requests {
                cpu: Some((3500, 100)),
                memory: None
            }
            .apply(&pod)
            .is_none()
        );
    }
}
