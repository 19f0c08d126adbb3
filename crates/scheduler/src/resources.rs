//! What a pod asks for, as one vector of integers.
//!
//! Follows kubernetes/component-helpers `resource/helpers.go` (sidecars, init containers, pod-level
//! resources, overhead, in-place resize) and kubernetes/kubernetes `pkg/scheduler/framework/types.go`.

use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use std::collections::BTreeMap;

use crate::intern::{FastMap, Interner, Sym, index};
use crate::labels::is_qualified_name;
use crate::quantity::Quantity;

/// A list of resources as the API has it.
pub(crate) type ApiList = BTreeMap<String, ApiQuantity>;
type List<'a> = BTreeMap<&'a str, Quantity>;

/// Upstream's stand-in for a container without a CPU request, in thousandths of a core.
pub(crate) const DEFAULT_MILLI_CPU: i64 = 100;
/// Upstream's stand-in for a container without a memory request, in bytes.
pub(crate) const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts by resource: thousandths of a core, bytes, bytes, and whole units of all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) cpu: i64,
    pub(crate) memory: i64,
    pub(crate) ephemeral: i64,
    /// Extended resources, huge pages and the like, by their number in [`ResourceNames`].
    pub(crate) scalars: Vec<(u32, i64)>,
}

impl Resources {
    pub(crate) fn scalar(&self, resource: u32) -> i64 {
        self.scalars
            .iter()
            .find(|&&(id, _)| id == resource)
            .map_or(0, |&(_, amount)| amount)
    }

    /// Adds or takes away, wrapping as Go does.
    pub(crate) fn change(&mut self, other: &Self, sign: i64) {
        let step = |to: &mut i64, by: i64| *to = to.wrapping_add(by.wrapping_mul(sign));
        step(&mut self.cpu, other.cpu);
        step(&mut self.memory, other.memory);
        step(&mut self.ephemeral, other.ephemeral);
        for &(id, amount) in &other.scalars {
            match self.scalars.iter_mut().find(|(own, _)| *own == id) {
                Some((_, own)) => step(own, amount),
                None => self.scalars.push((id, amount.wrapping_mul(sign))),
            }
        }
    }
}

/// The names of scalar resources.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResourceNames {
    ids: FastMap<Sym, u32>,
    names: Vec<Sym>,
}

impl ResourceNames {
    pub(crate) fn id(&mut self, name: Sym) -> u32 {
        let next = index(self.names.len());
        let id = *self.ids.entry(name).or_insert(next);
        if id == next {
            self.names.push(name);
        }
        id
    }

    pub(crate) fn find(&self, name: Sym) -> Option<u32> {
        self.ids.get(&name).copied()
    }

    pub(crate) fn name(&self, id: u32) -> Sym {
        self.names[id as usize]
    }
}

pub(crate) fn read(quantity: &ApiQuantity) -> Quantity {
    Quantity::parse(&quantity.0).unwrap_or_default()
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

pub(crate) fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && is_qualified_name(&format!("requests.{name}"))
}

fn is_scalar(name: &str) -> bool {
    is_extended(name)
        || name.starts_with("hugepages-")
        || name.contains("kubernetes.io/")
        || name.starts_with("attachable-volumes-")
}

/// A node's allocatable, and how many pods it takes.
pub(crate) fn allocatable(
    list: Option<&ApiList>,
    names: &mut ResourceNames,
    texts: &mut Interner,
) -> (Resources, i64) {
    let parsed: List<'_> = list
        .into_iter()
        .flatten()
        .map(|(name, quantity)| (name.as_str(), read(quantity)))
        .collect();
    let pods = parsed.get("pods").map_or(0, Quantity::value);
    (vector(&parsed, false, names, texts), pods)
}

/// `floor` is upstream's `SetMaxResource` on an empty vector: nothing goes below nothing.
fn vector(
    list: &List<'_>,
    floor: bool,
    names: &mut ResourceNames,
    texts: &mut Interner,
) -> Resources {
    let bound = |amount: i64| if floor { amount.max(0) } else { amount };
    let mut all = Resources::default();
    for (&name, quantity) in list {
        match name {
            "cpu" => all.cpu = bound(quantity.milli_value()),
            "memory" => all.memory = bound(quantity.value()),
            "ephemeral-storage" => all.ephemeral = bound(quantity.value()),
            _ if is_scalar(name) => {
                let id = names.id(texts.intern(name));
                all.scalars.push((id, bound(quantity.value())));
            }
            _ => {}
        }
    }
    all
}

/// The three ways in which upstream counts one pod.
pub(crate) struct PodVectors {
    /// As an incoming pod: from its spec.
    pub(crate) ask: Resources,
    /// As a pod on a node: what a resize in progress may use counts too.
    pub(crate) used: Resources,
    /// As a pod on a node, for scores: CPU and memory with stand-ins for missing requests.
    pub(crate) non_zero: (i64, i64),
    /// As an incoming pod, for scores.
    pub(crate) ask_non_zero: (i64, i64),
}

pub(crate) fn pod_vectors(
    pod: &Pod,
    names: &mut ResourceNames,
    texts: &mut Interner,
) -> PodVectors {
    let ask = requests(pod, false, &[]);
    let used = requests(pod, true, &[]);
    PodVectors {
        non_zero: non_zero(pod, true, &used),
        ask_non_zero: scored(pod),
        ask: vector(&ask, true, names, texts),
        used: vector(&used, false, names, texts),
    }
}

fn non_zero(pod: &Pod, with_status: bool, plain: &List<'_>) -> (i64, i64) {
    let pod_level = has_pod_level_requests(pod);
    let mut stand_ins = Vec::new();
    for (name, quantity) in [
        ("cpu", Quantity::milli(DEFAULT_MILLI_CPU)),
        ("memory", Quantity::new(DEFAULT_MEMORY)),
    ] {
        if !pod_level || !plain.contains_key(name) {
            stand_ins.push((name, quantity));
        }
    }
    let list = requests(pod, with_status, &stand_ins);
    (
        list.get("cpu").map_or(0, Quantity::milli_value),
        list.get("memory").map_or(0, Quantity::value),
    )
}

/// The pod itself in the score for what is left: every container without a request has a stand-in.
/// Upstream leaves the gates of this scorer off, so it sees neither pod-level resources nor resizes.
fn scored(pod: &Pod) -> (i64, i64) {
    let stand_ins = [
        ("cpu", Quantity::milli(DEFAULT_MILLI_CPU)),
        ("memory", Quantity::new(DEFAULT_MEMORY)),
    ];
    let mut list = container_requests(pod, false, &stand_ins);
    for (name, quantity) in pod
        .spec
        .iter()
        .flat_map(|spec| spec.overhead.iter().flatten())
    {
        add(&mut list, name, read(quantity));
    }
    (
        list.get("cpu").map_or(0, Quantity::milli_value),
        list.get("memory").map_or(0, Quantity::value),
    )
}

pub(crate) fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn is_pod_level(name: &str) -> bool {
    name == "cpu" || name == "memory" || name.starts_with("hugepages-")
}

fn pod_level_requests(pod: &Pod) -> Option<&ApiList> {
    pod.spec.as_ref()?.resources.as_ref()?.requests.as_ref()
}

fn has_pod_level_requests(pod: &Pod) -> bool {
    pod_level_requests(pod).is_some_and(|list| list.keys().any(|name| is_pod_level(name)))
}

/// The most recent resize is one the node can never do.
pub(crate) fn resize_is_infeasible(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    conditions
        .into_iter()
        .flatten()
        .find(|condition| condition.type_ == "PodResizePending")
        .is_some_and(|condition| condition.reason.as_deref() == Some("Infeasible"))
}

/// What a pod takes of a node, by resource: the larger of its containers and init containers,
/// sidecars, pod-level requests, overhead, and what a resize in progress holds.
///
/// Follows kubernetes/component-helpers `resource/helpers.go` (`PodRequests`). Quantities that
/// cannot be read count nothing.
#[must_use]
pub fn pod_requests(pod: &Pod) -> BTreeMap<&str, Quantity> {
    requests(pod, true, &[])
}

fn requests<'a>(pod: &'a Pod, with_status: bool, stand_ins: &[(&'a str, Quantity)]) -> List<'a> {
    let mut all = container_requests(pod, with_status, stand_ins);
    let Some(spec) = &pod.spec else {
        return all;
    };
    if let Some(list) = pod_level_requests(pod).filter(|_| has_pod_level_requests(pod)) {
        let status = pod.status.as_ref().filter(|_| with_status);
        let effective = status.and_then(|status| {
            let actuated = status.resources.as_ref()?.requests.as_ref();
            Some(effective(
                pod,
                Some(list),
                actuated,
                status.allocated_resources.as_ref(),
            ))
        });
        for (name, quantity) in list.iter().filter(|(name, _)| is_pod_level(name)) {
            let amount = match &effective {
                Some(effective) => effective.get(name.as_str()).copied().unwrap_or_default(),
                None => read(quantity),
            };
            all.insert(name, amount);
        }
    }
    for (name, quantity) in spec.overhead.iter().flatten() {
        add(&mut all, name, read(quantity));
    }
    all
}

fn container_requests<'a>(
    pod: &'a Pod,
    with_status: bool,
    stand_ins: &[(&'a str, Quantity)],
) -> List<'a> {
    let mut all = List::new();
    let Some(spec) = &pod.spec else {
        return all;
    };
    let own = |container: &'a Container, resized: bool| -> List<'a> {
        let spec = container
            .resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref());
        let status = if resized {
            status_of(pod, &container.name)
        } else {
            None
        };
        let resources = status.and_then(|status| Some((status, status.resources.as_ref()?)));
        let mut list = match resources {
            Some((status, resources)) => effective(
                pod,
                spec,
                resources.requests.as_ref(),
                status.allocated_resources.as_ref(),
            ),
            None => parsed(spec),
        };
        for &(name, quantity) in stand_ins {
            list.entry(name).or_insert(quantity);
        }
        list
    };
    for container in &spec.containers {
        add_all(&mut all, &own(container, with_status));
    }
    let mut sidecars = List::new();
    let mut peak = List::new();
    for container in spec.init_containers.iter().flatten() {
        if is_sidecar(container) {
            let list = own(container, with_status);
            add_all(&mut all, &list);
            add_all(&mut sidecars, &list);
        } else {
            let mut list = own(container, false);
            add_all(&mut list, &sidecars);
            max_all(&mut peak, &list);
        }
    }
    max_all(&mut all, &peak);
    all
}

/// Upstream's map by name: of two of one name the last one counts, init containers after others.
fn status_of<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let status = pod.status.as_ref()?;
    let last = |list: &'a Option<Vec<ContainerStatus>>| {
        list.iter()
            .flatten()
            .rev()
            .find(|status| status.name == name)
    };
    last(&status.init_container_statuses).or_else(|| last(&status.container_statuses))
}

fn effective<'a>(
    pod: &Pod,
    spec: Option<&'a ApiList>,
    actuated: Option<&'a ApiList>,
    allocated: Option<&'a ApiList>,
) -> List<'a> {
    let mut all = if resize_is_infeasible(pod) {
        List::new()
    } else {
        parsed(spec)
    };
    max_all(&mut all, &parsed(actuated));
    max_all(&mut all, &parsed(allocated));
    all
}

fn parsed(list: Option<&ApiList>) -> List<'_> {
    list.into_iter()
        .flatten()
        .map(|(name, quantity)| (name.as_str(), read(quantity)))
        .collect()
}

fn add<'a>(all: &mut List<'a>, name: &'a str, quantity: Quantity) {
    let sum = all.entry(name).or_default();
    *sum = sum.plus(quantity);
}

fn add_all<'a>(all: &mut List<'a>, more: &List<'a>) {
    for (&name, &quantity) in more {
        add(all, name, quantity);
    }
}

fn max_all<'a>(all: &mut List<'a>, other: &List<'a>) {
    for (&name, &quantity) in other {
        all.entry(name)
            .and_modify(|own| *own = (*own).max(quantity))
            .or_insert(quantity);
    }
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT_MEMORY, ResourceNames, pod_vectors};
    use crate::intern::Interner;
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::{Value, json};

    fn vectors(spec: &Value, status: &Value) -> super::PodVectors {
        let pod: Pod = serde_json::from_value(json!({"spec": spec, "status": status})).unwrap();
        pod_vectors(
            &pod,
            &mut ResourceNames::default(),
            &mut Interner::default(),
        )
    }

    fn container(name: &str, cpu: &str) -> Value {
        json!({"name": name, "resources": {"requests": {"cpu": cpu}}})
    }

    fn sidecar(name: &str, cpu: &str) -> Value {
        let mut all = container(name, cpu);
        all["restartPolicy"] = json!("Always");
        all
    }

    fn cpu(spec: &Value) -> i64 {
        vectors(spec, &json!({})).ask.cpu
    }

    #[test]
    fn containers_run_together_and_init_containers_one_by_one() {
        assert_eq!(
            cpu(&json!({"containers": [container("a", "1"), container("b", "2")]})),
            3000
        );
        assert_eq!(
            cpu(
                &json!({"containers": [container("a", "1")], "initContainers": [container("i", "2"), container("j", "5")]})
            ),
            5000
        );
    }

    #[test]
    fn sidecars_count_from_their_place_on() {
        // Init container i runs beside s only; then a runs beside s and t.
        assert_eq!(
            cpu(&json!({
                "containers": [container("a", "1")],
                "initContainers": [sidecar("s", "1"), container("i", "4"), sidecar("t", "2")],
            })),
            5000
        );
        assert_eq!(
            cpu(&json!({
                "containers": [container("a", "3")],
                "initContainers": [container("i", "4"), sidecar("s", "2")],
            })),
            5000
        );
    }

    #[test]
    fn overhead_and_pod_level() {
        let spec = json!({
            "containers": [container("a", "1")],
            "resources": {"requests": {"cpu": "7", "memory": "1Gi", "example.com/x": "5"}},
            "overhead": {"cpu": "250m"},
        });
        let got = vectors(&spec, &json!({}));
        assert_eq!((got.ask.cpu, got.ask.memory), (7250, 1 << 30));
        assert!(got.ask.scalars.is_empty());
        // A pod that asks for pod-level CPU and memory needs no stand-ins.
        assert_eq!(got.non_zero, (7250, 1 << 30));
    }

    #[test]
    fn stand_ins_are_per_container() {
        let got = vectors(
            &json!({"containers": [{"name": "a"}, container("b", "1")]}),
            &json!({}),
        );
        assert_eq!(got.ask.cpu, 1000);
        assert_eq!(got.non_zero, (1100, 2 * DEFAULT_MEMORY));
    }

    #[test]
    fn a_resize_counts_at_its_largest_unless_infeasible() {
        let spec = json!({"containers": [container("a", "3")]});
        let statuses = json!([{
            "name": "a", "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "resources": {"requests": {"cpu": "1"}}, "allocatedResources": {"cpu": "2"},
        }]);
        let got = vectors(&spec, &json!({"containerStatuses": statuses}));
        assert_eq!((got.ask.cpu, got.used.cpu), (3000, 3000));
        let conditions =
            json!([{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]);
        let got = vectors(
            &spec,
            &json!({"containerStatuses": statuses, "conditions": conditions}),
        );
        assert_eq!((got.ask.cpu, got.used.cpu), (3000, 2000));
    }

    #[test]
    fn only_scalar_names_count() {
        let requests = json!({
            "example.com/gpu": "2", "hugepages-2Mi": "4Mi", "kubernetes.io/thing": "1",
            "attachable-volumes-x": "3", "plain": "9", "requests.example.com/x": "1",
        });
        let spec = json!({"containers": [{"name": "a", "resources": {"requests": requests}}]});
        let mut amounts: Vec<i64> = vectors(&spec, &json!({}))
            .ask
            .scalars
            .iter()
            .map(|&(_, amount)| amount)
            .collect();
        amounts.sort_unstable();
        assert_eq!(amounts, [1, 2, 3, 4 << 20]);
    }
}
