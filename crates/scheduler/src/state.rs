//! The cluster as the scheduler sees it.

use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::resource::v1::{DeviceClass, ResourceClaim, ResourceSlice};
use k8s_openapi::api::scheduling::v1::PriorityClass;

use crate::class::{Class, class_print, needs_print};
use crate::devices::Devices;
use crate::intern::{FastMap, Interner, Print, Sym, index};
use crate::labels::{Labels, intern_labels};
use crate::needs::Words;
use crate::nodes::{AllNeeds, Face, NodeSlot, Shape, ShapeIds};
use crate::preemption::Budget;
use crate::resources::ResourceNames;
use crate::storage::Storage;
use crate::topology::{AntiTerms, Counters, Group, Topologies};

/// A node of a [`State`]; grows in the order in which nodes are first named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// A pod of a [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PodId(pub(crate) u32);

/// A point in a [`State`]'s history that [`State::rollback`] returns to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Mark(usize);

/// What became of a pod that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedPod {
    /// It has a node, and counts there.
    Assigned(PodId),
    /// It waits, and has room reserved on the node it was nominated to by preemption.
    Nominated(PodId),
    /// It has no node and is not nominated (or is gated, or meant for another scheduler): it
    /// changes no verdict and was not kept.
    Pending,
    /// It has succeeded or failed; kube-scheduler does not see such pods, and it was not kept.
    Terminal,
}

/// A pod of a [`State`], as far as it was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodRef<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its priority; a missing one is 0.
    pub priority: i32,
    /// The node it is on, or nominated to.
    pub node: NodeId,
    /// Whether it only is nominated to the node.
    pub nominated: bool,
}

/// What a node is made from; see [`State::read_template`].
#[derive(Clone, Debug)]
pub struct NodeTemplate(Face);

/// A pod whose scheduling needs have been read; see [`State::prepare`]. Belongs to the state that
/// prepared it, and stays valid when that changes.
#[derive(Clone, Debug)]
pub struct PodQuery {
    pub(crate) class: u32,
    pub(crate) needs: u32,
    pub(crate) name: Box<str>,
    pub(crate) uid: Box<str>,
    pub(crate) priority: i32,
    pub(crate) gates: Vec<String>,
    pub(crate) nominated_node: Option<Box<str>>,
    pub(crate) never_preempts: bool,
    /// A pod that is being deleted is not counted by spread constraints, wherever it is put.
    pub(crate) terminating: bool,
}

/// Amounts of the two resources that everything has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Thousandths of a core.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
}

impl Amounts {
    fn of(all: &crate::resources::Resources) -> Self {
        Self {
            milli_cpu: all.cpu,
            memory: all.memory,
        }
    }
}

impl PodQuery {
    /// The same pod under another name.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        Self {
            name: name.into(),
            uid: name.into(),
            ..self.clone()
        }
    }

    /// Equal for pods that need the same, in every respect.
    #[must_use]
    pub fn needs_key(&self) -> (u32, u32) {
        (self.class, self.needs)
    }
}

/// One pod that was kept.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
pub(crate) struct PodEntry {
    pub(crate) class: u32,
    pub(crate) needs: u32,
    pub(crate) node: u32,
    /// Stands for its namespace and name.
    key: u64,
    /// Its place in its group.
    group_at: u32,
    pub(crate) priority: i32,
    /// Nanoseconds since 1970; the maximum for a pod that did not start.
    pub(crate) started: i64,
    pub(crate) name: Box<str>,
    pub(crate) terminating: bool,
    /// Terminating because kube-scheduler preempted it.
    pub(crate) preempted: bool,
    pub(crate) nominated: bool,
    live: bool,
}

#[derive(Clone, Debug)]
enum Change {
    PodAdded(u32),
    PodRemoved(u32),
    /// The node's object before, if it had one.
    Node(u32, Option<Box<Face>>),
}

/// Nodes, assigned and nominated pods, and the objects their scheduling depends on.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) texts: Interner,
    pub(crate) words: Words,
    pub(crate) resource_names: ResourceNames,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) shape_ids: ShapeIds,
    pub(crate) nodes: Vec<NodeSlot>,
    pub(crate) node_ids: FastMap<Sym, u32>,
    /// How many nodes have an object.
    pub(crate) present: usize,
    pub(crate) node_revision: u64,
    /// The nodes that changed last, one per revision.
    pub(crate) changed_nodes: Vec<u32>,
    pub(crate) pods: Vec<PodEntry>,
    free_pods: Vec<u32>,
    pod_ids: FastMap<u64, u32>,
    pub(crate) nominated_uids: FastMap<u32, Box<str>>,
    pub(crate) classes: Vec<Class>,
    pub(crate) class_ids: FastMap<u128, u32>,
    pub(crate) needs: AllNeeds,
    pub(crate) needs_ids: FastMap<u128, u32>,
    pub(crate) groups: Vec<Group>,
    pub(crate) group_ids: FastMap<(Sym, Labels), u32>,
    pub(crate) groups_by_pair: FastMap<(Sym, Sym), Vec<u32>>,
    pub(crate) topologies: Topologies,
    pub(crate) counters: Counters,
    pub(crate) anti: AntiTerms,
    pub(crate) namespaces: FastMap<Sym, Labels>,
    pub(crate) storage: Storage,
    pub(crate) devices: Devices,
    pub(crate) budgets: Vec<Budget>,
    log: Option<Vec<Change>>,
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// An empty cluster.
    #[must_use]
    pub fn new() -> Self {
        let mut texts = Interner::default();
        let words = Words::new(&mut texts);
        Self {
            texts,
            words,
            resource_names: ResourceNames::default(),
            shapes: Vec::new(),
            shape_ids: ShapeIds::default(),
            nodes: Vec::new(),
            node_ids: FastMap::default(),
            present: 0,
            node_revision: 0,
            changed_nodes: Vec::new(),
            pods: Vec::new(),
            free_pods: Vec::new(),
            pod_ids: FastMap::default(),
            nominated_uids: FastMap::default(),
            classes: Vec::new(),
            class_ids: FastMap::default(),
            needs: AllNeeds::default(),
            needs_ids: FastMap::default(),
            groups: Vec::new(),
            group_ids: FastMap::default(),
            groups_by_pair: FastMap::default(),
            topologies: Topologies::default(),
            counters: Counters::default(),
            anti: AntiTerms::default(),
            namespaces: FastMap::default(),
            storage: Storage::default(),
            devices: Devices::default(),
            budgets: Vec::new(),
            log: None,
        }
    }

    // --- nodes ----------------------------------------------------------------------------------

    /// Adds a node, or replaces the node of that name; pods stay. Pods may come before their node.
    pub fn add_node(&mut self, node: &Node) -> NodeId {
        let id = self.slot(node.metadata.name.as_deref().unwrap_or_default());
        let face = self.read_face(node);
        self.change_node(id, Some(face));
        NodeId(id)
    }

    /// Takes a node away, with the pods on it and those nominated to it. False if there is none.
    pub fn remove_node(&mut self, node: NodeId) -> bool {
        let Some(slot) = self.nodes.get(node.0 as usize).filter(|slot| slot.present) else {
            return false;
        };
        for pod in [slot.pods.clone(), slot.nominated.clone()].concat() {
            self.remove_pod(PodId(pod));
        }
        self.change_node(node.0, None);
        true
    }

    fn change_node(&mut self, node: u32, face: Option<Face>) {
        let before = self.set_face(node, face);
        self.record(|| Change::Node(node, before.map(Box::new)));
    }

    /// The node of that name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<NodeId> {
        let id = *self.node_ids.get(&self.texts.find(name)?)?;
        self.nodes[id as usize].present.then_some(NodeId(id))
    }

    /// A node's name.
    #[must_use]
    pub fn node_name(&self, node: NodeId) -> Option<&str> {
        let slot = self.nodes.get(node.0 as usize)?;
        Some(self.texts.text(slot.name))
    }

    /// All nodes, in the order in which they were first named.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        let slots = self.nodes.iter().enumerate();
        slots
            .filter(|(_, slot)| slot.present)
            .map(|(at, _)| NodeId(index(at)))
    }

    /// The pods on a node.
    pub fn pods_on(&self, node: NodeId) -> impl Iterator<Item = PodId> {
        let slot = self.nodes.get(node.0 as usize);
        slot.into_iter()
            .flat_map(|slot| &slot.pods)
            .map(|&pod| PodId(pod))
    }

    /// Adds `copies` nodes like this one, under the names `name(0..copies)`, without its pods.
    /// A hostname label becomes the name. Names that are taken are replaced.
    pub fn clone_node_as_template(
        &mut self,
        node: NodeId,
        copies: usize,
        mut name: impl FnMut(usize) -> String,
    ) -> Vec<NodeId> {
        let Some(slot) = self.nodes.get(node.0 as usize).filter(|slot| slot.present) else {
            return Vec::new();
        };
        let face = slot.face.clone();
        let template = slot.name;
        let mut all = Vec::with_capacity(copies);
        for copy in 0..copies {
            let id = self.slot(&name(copy));
            let own = self.nodes[id as usize].name;
            let mut face = face.clone();
            face.hostname = face.hostname.map(|_| own);
            self.storage.clone_csi_node(template, own);
            self.change_node(id, Some(face));
            all.push(NodeId(id));
        }
        all
    }

    /// What nodes made from this object would be like.
    pub fn read_template(&mut self, node: &Node) -> NodeTemplate {
        NodeTemplate(self.read_face(node))
    }

    /// Adds a node made from a template; a hostname label becomes the name.
    pub fn add_templated_node(&mut self, template: &NodeTemplate, name: &str) -> NodeId {
        let id = self.slot(name);
        let own = self.nodes[id as usize].name;
        let mut face = template.0.clone();
        face.hostname = face.hostname.map(|_| own);
        self.change_node(id, Some(face));
        NodeId(id)
    }

    /// Whether the node itself is one the pod asks for: its labels and taints, not what is free.
    pub fn node_is_wanted(&mut self, query: &PodQuery, node: NodeId) -> bool {
        self.broken(query.needs, node.0) == 0
    }

    // --- pods -----------------------------------------------------------------------------------

    /// Adds a pod, or replaces the pod of that namespace and name.
    pub fn add_pod(&mut self, pod: &Pod) -> AddedPod {
        self.add_read_pod(pod, PodRead::new(pod))
    }

    /// Adds many pods that are in memory already, like [`State::add_pod`] one after the other. What
    /// can be read of them alone is read on all cores.
    pub fn add_pods(&mut self, pods: &[Pod]) -> Vec<AddedPod> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = pods.len().div_ceil(cores).max(LEAST_SHARE);
        let reads: Vec<PodRead<'_>> = std::thread::scope(|scope| {
            let read = |chunk| <[Pod]>::iter(chunk).map(PodRead::new).collect::<Vec<_>>();
            let mut chunks = pods.chunks(share);
            let first = chunks.next().unwrap_or_default();
            let others: Vec<_> = chunks
                .map(|chunk| (chunk, scope.spawn(move || read(chunk))))
                .collect();
            let mut all = read(first);
            for (chunk, other) in others {
                all.extend(other.join().unwrap_or_else(|_| read(chunk)));
            }
            all
        });
        pods.iter()
            .zip(reads)
            .map(|(pod, read)| self.add_read_pod(pod, read))
            .collect()
    }

    fn add_read_pod(&mut self, pod: &Pod, read: PodRead<'_>) -> AddedPod {
        if let Some(&before) = self.pod_ids.get(&read.entry.key) {
            self.remove_pod(PodId(before));
        }
        let Some(node) = read.node else {
            return if read.is_over {
                AddedPod::Terminal
            } else {
                AddedPod::Pending
            };
        };
        let nominated = read.entry.nominated;
        let class = self.class_of(pod, read.class);
        let needs = self.needs_of(pod, false, read.needs);
        let node = self.slot(node);
        let id = self.insert_pod(PodEntry {
            class,
            needs,
            node,
            ..read.entry
        });
        if nominated {
            self.nominated_uids.insert(id, identity(pod));
            return AddedPod::Nominated(PodId(id));
        }
        AddedPod::Assigned(PodId(id))
    }

    /// Puts a prepared pod on a node, whatever its `spec.nodeName` says and whether it fits or
    /// not. A pod of its namespace and name is replaced. `None` if there is no such node.
    pub fn assign(&mut self, query: &PodQuery, node: NodeId) -> Option<PodId> {
        self.nodes
            .get(node.0 as usize)
            .filter(|slot| slot.present)?;
        let namespace = self.classes.get(query.class as usize)?.namespace;
        let key = pod_key(self.texts.text(namespace), &query.name);
        if let Some(&before) = self.pod_ids.get(&key) {
            self.remove_pod(PodId(before));
        }
        let id = self.insert_pod(PodEntry {
            class: query.class,
            needs: query.needs,
            node: node.0,
            key,
            group_at: 0,
            priority: query.priority,
            started: i64::MAX,
            name: query.name.clone(),
            terminating: query.terminating,
            preempted: false,
            nominated: false,
            live: true,
        });
        Some(PodId(id))
    }

    fn insert_pod(&mut self, entry: PodEntry) -> u32 {
        let free = if self.log.is_some() {
            None
        } else {
            self.free_pods.pop()
        };
        let id = if let Some(id) = free {
            self.pods[id as usize] = entry;
            id
        } else {
            self.pods.push(entry);
            index(self.pods.len() - 1)
        };
        self.attach(id);
        self.record(|| Change::PodAdded(id));
        id
    }

    /// Takes a pod away. False if there is none.
    pub fn remove_pod(&mut self, pod: PodId) -> bool {
        if !self.is_live(pod) {
            return false;
        }
        self.detach(pod.0);
        if self.log.is_some() {
            self.record(|| Change::PodRemoved(pod.0));
        } else {
            self.nominated_uids.remove(&pod.0);
            self.free_pods.push(pod.0);
        }
        true
    }

    fn is_live(&self, pod: PodId) -> bool {
        self.pods
            .get(pod.0 as usize)
            .is_some_and(|entry| entry.live)
    }

    fn attach(&mut self, pod: u32) {
        let entry = &mut self.pods[pod as usize];
        self.pod_ids.insert(entry.key, pod);
        entry.live = true;
        let slot = &mut self.nodes[entry.node as usize];
        if entry.nominated {
            slot.nominated.push(pod);
            return;
        }
        let class = &self.classes[entry.class as usize];
        slot.pods.push(pod);
        slot.used.change(&class.used, 1);
        slot.non_zero.0 = slot.non_zero.0.wrapping_add(class.non_zero.0);
        slot.non_zero.1 = slot.non_zero.1.wrapping_add(class.non_zero.1);
        slot.ports.extend(&class.ports);
        let group = &mut self.groups[class.group as usize];
        entry.group_at = index(group.pods.len());
        group.pods.push(pod);
        if slot.present {
            self.count_pod(pod, true);
        }
    }

    fn detach(&mut self, pod: u32) {
        let entry = &mut self.pods[pod as usize];
        self.pod_ids.remove(&entry.key);
        entry.live = false;
        let slot = &mut self.nodes[entry.node as usize];
        if entry.nominated {
            slot.nominated.retain(|&own| own != pod);
            return;
        }
        let class = &self.classes[entry.class as usize];
        if let Some(at) = slot.pods.iter().rposition(|&own| own == pod) {
            slot.pods.swap_remove(at);
        }
        slot.used.change(&class.used, -1);
        slot.non_zero.0 = slot.non_zero.0.wrapping_sub(class.non_zero.0);
        slot.non_zero.1 = slot.non_zero.1.wrapping_sub(class.non_zero.1);
        for port in &class.ports {
            if let Some(at) = slot.ports.iter().position(|own| own == port) {
                slot.ports.swap_remove(at);
            }
        }
        let at = entry.group_at as usize;
        let present = slot.present;
        let group = &mut self.groups[class.group as usize];
        group.pods.swap_remove(at);
        if let Some(&moved) = group.pods.get(at) {
            self.pods[moved as usize].group_at = index(at);
        }
        if present {
            self.count_pod(pod, false);
        }
    }

    /// The kept pod of that namespace and name.
    #[must_use]
    pub fn pod(&self, namespace: &str, name: &str) -> Option<PodId> {
        let id = *self.pod_ids.get(&pod_key(namespace, name))?;
        Some(PodId(id))
    }

    /// What is known of a pod.
    #[must_use]
    pub fn pod_ref(&self, pod: PodId) -> Option<PodRef<'_>> {
        let entry = self.pods.get(pod.0 as usize)?;
        let namespace = self.classes[entry.class as usize].namespace;
        Some(PodRef {
            namespace: self.texts.text(namespace),
            name: &entry.name,
            priority: entry.priority,
            node: NodeId(entry.node),
            nominated: entry.nominated,
        })
    }

    /// What a kept pod requests of a resource: thousandths of a core of `cpu`, else whole units.
    #[must_use]
    pub fn requested_by(&self, pod: PodId, resource: &str) -> i64 {
        let Some(entry) = self.pods.get(pod.0 as usize) else {
            return 0;
        };
        let used = &self.classes[entry.class as usize].used;
        match resource {
            "cpu" => used.cpu,
            "memory" => used.memory,
            "ephemeral-storage" => used.ephemeral,
            _ => {
                let name = self.texts.find(resource);
                let id = name.and_then(|name| self.resource_names.find(name));
                id.map_or(0, |id| used.scalar(id))
            }
        }
    }

    /// Whether the pod has hard topology spread constraints: then even nodes that cannot take it
    /// count, as domains.
    #[must_use]
    pub fn spreads(&self, query: &PodQuery) -> bool {
        let class = self.classes.get(query.class as usize);
        class.is_some_and(|class| !class.spread.is_empty())
    }

    /// Whether more of a node counts for the pod than what is free on it: other pods, volumes or
    /// devices.
    #[must_use]
    pub fn looks_around(&self, query: &PodQuery) -> bool {
        let class = self.classes.get(query.class as usize);
        class.is_some_and(|class| {
            !class.spread.is_empty()
                || class.terms.is_some()
                || class.volumes.is_some()
                || !class.devices.is_empty()
                || !self.anti_terms_on(class.group).is_empty()
        })
    }

    /// Whether two pods take the same room on the same nodes.
    #[must_use]
    pub fn weigh_alike(&self, a: &PodQuery, b: &PodQuery) -> bool {
        let class = |query: &PodQuery| self.classes.get(query.class as usize);
        let (Some(one), Some(other)) = (class(a), class(b)) else {
            return false;
        };
        a.needs == b.needs
            && one.ask == other.ask
            && one.used == other.used
            && one.ports == other.ports
    }

    /// How many assigned and nominated pods there are.
    #[must_use]
    pub fn pod_count(&self) -> usize {
        self.pod_ids.len()
    }

    // --- objects --------------------------------------------------------------------------------

    /// Adds or replaces a namespace; only its labels matter.
    pub fn add_namespace(&mut self, namespace: &Namespace) {
        let name = self
            .texts
            .intern(namespace.metadata.name.as_deref().unwrap_or_default());
        let labels = intern_labels(namespace.metadata.labels.as_ref(), &mut self.texts);
        self.namespaces.insert(name, labels);
    }

    /// Adds or replaces a slice of a pool of devices.
    pub fn add_resource_slice(&mut self, slice: &ResourceSlice) {
        self.devices.add_slice(slice, &mut self.texts);
    }

    /// Adds or replaces a claim of devices.
    pub fn add_resource_claim(&mut self, claim: &ResourceClaim) {
        self.devices.add_claim(claim, &mut self.texts);
    }

    /// Adds or replaces a class of devices.
    pub fn add_device_class(&mut self, class: &DeviceClass) {
        self.devices.add_class(class, &mut self.texts);
    }

    /// Adds or replaces a disruption budget; only preemption reads them.
    pub fn add_pod_disruption_budget(&mut self, budget: &PodDisruptionBudget) {
        let own = Budget::read(budget, &mut self.texts);
        self.budgets.retain(|other| !other.is_same_object(&own));
        self.budgets.push(own);
    }

    /// Adds a priority class. kube-scheduler reads the priority that the API server wrote into the
    /// pod, so this changes nothing; it is here so that all objects can be handed over alike.
    pub fn add_priority_class(&mut self, _class: &PriorityClass) {}

    // --- queries --------------------------------------------------------------------------------

    /// Reads what a pod needs. What depends on other objects is looked up in each cycle.
    pub fn prepare(&mut self, pod: &Pod) -> PodQuery {
        let spec = pod.spec.as_ref();
        let status = pod.status.as_ref();
        let gates = spec.and_then(|spec| spec.scheduling_gates.as_ref());
        let nominated = status.and_then(|status| status.nominated_node_name.as_deref());
        let policy = spec.and_then(|spec| spec.preemption_policy.as_deref());
        PodQuery {
            class: self.class_of(pod, class_print(pod)),
            needs: self.needs_of(pod, true, needs_print(spec, true)),
            name: pod.metadata.name.as_deref().unwrap_or_default().into(),
            uid: identity(pod),
            priority: spec.and_then(|spec| spec.priority).unwrap_or(0),
            gates: gates
                .into_iter()
                .flatten()
                .map(|gate| gate.name.clone())
                .collect(),
            nominated_node: nominated.filter(|name| !name.is_empty()).map(Into::into),
            never_preempts: policy == Some("Never"),
            terminating: pod.metadata.deletion_timestamp.is_some(),
        }
    }

    /// A query for a pod that was kept, as if it were still to be placed: without its node.
    #[must_use]
    pub fn query_of(&self, pod: PodId) -> Option<PodQuery> {
        let entry = self.pods.get(pod.0 as usize).filter(|entry| entry.live)?;
        let uid = self.nominated_uids.get(&pod.0).cloned().unwrap_or_default();
        Some(PodQuery {
            class: entry.class,
            needs: entry.needs,
            name: entry.name.clone(),
            uid,
            priority: entry.priority,
            gates: Vec::new(),
            nominated_node: None,
            never_preempts: false,
            terminating: entry.terminating,
        })
    }

    /// CPU and memory that a pod asks for.
    #[must_use]
    pub fn requested(&self, query: &PodQuery) -> Amounts {
        Amounts::of(&self.classes[query.class as usize].ask)
    }

    /// CPU and memory that the pods on a node are counted with.
    #[must_use]
    pub fn used(&self, node: NodeId) -> Amounts {
        let slot = self.nodes.get(node.0 as usize);
        slot.map(|slot| Amounts::of(&slot.used)).unwrap_or_default()
    }

    /// CPU and memory that a node has for pods.
    #[must_use]
    pub fn allocatable(&self, node: NodeId) -> Amounts {
        let slot = self.nodes.get(node.0 as usize);
        slot.map(|slot| Amounts::of(&slot.face.allocatable))
            .unwrap_or_default()
    }

    // --- history --------------------------------------------------------------------------------

    fn record(&mut self, change: impl FnOnce() -> Change) {
        if let Some(log) = &mut self.log {
            log.push(change());
        }
    }

    /// Remembers this moment: from here on changes of nodes and pods can be taken back. Changes of
    /// other objects cannot.
    pub fn mark(&mut self) -> Mark {
        Mark(self.log.get_or_insert_default().len())
    }

    /// Takes back every change of nodes and pods since the mark, which stays good for more.
    /// Costs as much as the changes did.
    pub fn rollback(&mut self, mark: Mark) {
        let Some(mut log) = self.log.take() else {
            return;
        };
        let changes = log.split_off(mark.0.min(log.len()));
        for change in changes.into_iter().rev() {
            match change {
                Change::PodAdded(pod) => {
                    self.detach(pod);
                    if pod + 1 == index(self.pods.len()) {
                        self.pods.pop();
                        self.nominated_uids.remove(&pod);
                    }
                }
                Change::PodRemoved(pod) => self.attach(pod),
                Change::Node(node, face) => {
                    self.set_face(node, face.map(|face| *face));
                }
            }
        }
        self.log = Some(log);
    }

    /// Makes all changes final; marks are void after this.
    pub fn forget_marks(&mut self) {
        self.log = None;
    }
}

/// Fewer pods than this are not worth a thread.
const LEAST_SHARE: usize = 4096;

/// What can be read of a pod that is to be kept without looking at anything else.
struct PodRead<'a> {
    /// Stands for its class, and its needs.
    class: u128,
    needs: u128,
    /// The node it is on or nominated to, if it is to be kept.
    node: Option<&'a str>,
    /// Whether it has succeeded or failed.
    is_over: bool,
    /// All but the numbers that only the state knows.
    entry: PodEntry,
}

impl<'a> PodRead<'a> {
    fn new(pod: &'a Pod) -> Self {
        let meta = &pod.metadata;
        let name = meta.name.as_deref().unwrap_or_default();
        let (spec, status) = (pod.spec.as_ref(), pod.status.as_ref());
        let phase = status.and_then(|status| status.phase.as_deref());
        let is_over = matches!(phase, Some("Succeeded" | "Failed"));
        let given = |name: &&str| !name.is_empty();
        let assigned = spec
            .and_then(|spec| spec.node_name.as_deref())
            .filter(given);
        let nominated = status.and_then(|status| status.nominated_node_name.as_deref());
        let nominated = nominated.filter(given).filter(|_| is_ours_to_place(pod));
        Self {
            class: class_print(pod),
            needs: needs_print(spec, false),
            node: assigned.or(nominated).filter(|_| !is_over),
            is_over,
            entry: PodEntry {
                class: 0,
                needs: 0,
                node: 0,
                key: pod_key(meta.namespace.as_deref().unwrap_or_default(), name),
                group_at: 0,
                priority: spec.and_then(|spec| spec.priority).unwrap_or(0),
                started: started(pod),
                name: name.into(),
                terminating: meta.deletion_timestamp.is_some(),
                preempted: is_preempted(pod),
                nominated: assigned.is_none(),
                live: true,
            },
        }
    }
}

fn pod_key(namespace: &str, name: &str) -> u64 {
    let mut print = Print::new();
    print.text(namespace);
    print.text(name);
    let wide = print.value();
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash")]
    let half = wide as u64;
    half
}

/// The UID, which every pod of an API server has; else what tells pods apart.
fn identity(pod: &Pod) -> Box<str> {
    let meta = &pod.metadata;
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    match meta.uid.as_deref() {
        None | Some("") => format!("{}/{}", given(&meta.namespace), given(&meta.name)).into(),
        Some(uid) => uid.into(),
    }
}

/// Pods that wait for this very scheduler.
fn is_ours_to_place(pod: &Pod) -> bool {
    let Some(spec) = &pod.spec else {
        return false;
    };
    // The API server fills in the default scheduler's name where there is none.
    let scheduler = spec.scheduler_name.as_deref().unwrap_or_default();
    matches!(scheduler, "" | "default-scheduler")
        && spec.scheduling_gates.as_ref().is_none_or(Vec::is_empty)
}

fn started(pod: &Pod) -> i64 {
    let time = pod
        .status
        .as_ref()
        .and_then(|status| status.start_time.as_ref());
    time.map_or(i64::MAX, |time| {
        i64::try_from(time.0.as_nanosecond()).unwrap_or(i64::MAX - 1)
    })
}

fn is_preempted(pod: &Pod) -> bool {
    if pod.metadata.deletion_timestamp.is_none() {
        return false;
    }
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    (conditions.into_iter().flatten())
        .find(|condition| condition.type_ == "DisruptionTarget")
        .is_some_and(|condition| {
            condition.status == "True"
                && condition.reason.as_deref() == Some("PreemptionByScheduler")
        })
}

#[cfg(test)]
mod tests {
    use super::{AddedPod, State};
    use crate::testing::{node, on, pod, state};
    use serde_json::{Value, json};

    fn query(state: &mut State, new: &Value) -> super::PodQuery {
        let mut new = new.clone();
        if new["spec"]["containers"].is_null() {
            new["spec"]["containers"] = json!([]);
        }
        state.prepare(&serde_json::from_value(new).unwrap())
    }

    fn spread_pod() -> Value {
        pod(
            json!({"app": "p"}),
            json!({
            "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}, "ports": [{"containerPort": 1, "hostPort": 80}]}],
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "host", "labelSelector": {"matchLabels": {"app": "p"}}}]}},
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"app": "p"}}}]}),
        )
    }

    fn four() -> Vec<Value> {
        ["a", "b", "c", "d"]
            .iter()
            .enumerate()
            .map(|(at, name)| {
                node(
                    name,
                    json!({"host": name, "zone": format!("z{}", at % 2)}),
                    json!({}),
                )
            })
            .collect()
    }

    fn feasible(state: &mut State, new: &Value) -> Vec<String> {
        let query = query(state, new);
        let nodes: Vec<_> = state.feasible(&query).collect();
        nodes
            .iter()
            .map(|&node| state.node_name(node).unwrap().to_owned())
            .collect()
    }

    #[test]
    fn counts_follow_every_change() {
        let mut state = state(&four());
        let new = spread_pod();
        assert_eq!(feasible(&mut state, &new), ["a", "b", "c", "d"]);
        let start = state.mark();
        let asked = query(&mut state, &new);
        let a = state.node("a").unwrap();
        let placed = state.assign(&asked, a).unwrap();
        assert_eq!(feasible(&mut state, &new), ["b", "d"]);
        let between = state.mark();
        assert!(state.remove_pod(placed));
        assert_eq!(feasible(&mut state, &new), ["a", "b", "c", "d"]);
        state.rollback(between);
        assert_eq!(feasible(&mut state, &new), ["b", "d"]);
        let b = state.node("b").unwrap();
        assert!(state.remove_node(b));
        assert!(!state.remove_node(b));
        assert_eq!(feasible(&mut state, &new), ["d"]);
        let copies =
            state.clone_node_as_template(state.node("d").unwrap(), 2, |at| format!("d{at}"));
        assert_eq!(copies.len(), 2);
        // Clones keep the label "host", which is not the hostname.
        assert_eq!(feasible(&mut state, &new), ["d", "d0", "d1"]);
        state.rollback(start);
        assert_eq!(feasible(&mut state, &new), ["a", "b", "c", "d"]);
        assert_eq!(state.pod_count(), 0);
        assert!(state.node("d0").is_none());
    }

    #[test]
    fn pods_may_come_before_their_node() {
        let mut objects = vec![on(
            "a",
            "p",
            json!({"app": "p"}),
            spread_pod()["spec"].clone(),
        )];
        objects.extend(four());
        let mut state = state(&objects);
        assert_eq!(feasible(&mut state, &spread_pod()), ["b", "d"]);
    }

    #[test]
    fn replacing_a_node_or_pod_moves_the_counts() {
        let mut state = state(&four());
        assert_eq!(feasible(&mut state, &spread_pod()).len(), 4);
        let add = |state: &mut State, node: &str| {
            let mut own = on(node, "p", json!({"app": "p"}), spread_pod()["spec"].clone());
            own["spec"]["nodeName"] = json!(node);
            state.add_pod(&serde_json::from_value(own).unwrap())
        };
        assert!(matches!(add(&mut state, "a"), AddedPod::Assigned(_)));
        assert_eq!(feasible(&mut state, &spread_pod()), ["b", "d"]);
        add(&mut state, "b");
        assert_eq!(
            (feasible(&mut state, &spread_pod()), state.pod_count()),
            (vec!["a".to_owned(), "c".to_owned()], 1)
        );
        let moved = node("b", json!({"host": "b", "zone": "z0"}), json!({}));
        state.add_node(&serde_json::from_value(moved).unwrap());
        assert_eq!(feasible(&mut state, &spread_pod()), ["d"]);
    }

    #[test]
    fn many_at_once_are_as_one_by_one() {
        let mut one = state(&four());
        let pods: Vec<k8s_openapi::api::core::v1::Pod> = (0..10_000)
            .map(|at| {
                let name = format!("p{}", at % 9_000);
                let mut own = on(
                    ["a", "b", "c", "d", "e"][at % 5],
                    &name,
                    json!({"app": "p"}),
                    spread_pod()["spec"].clone(),
                );
                own["spec"]["priority"] = json!(at % 7);
                serde_json::from_value(own).unwrap()
            })
            .collect();
        let mut many = one.clone();
        let singly: Vec<AddedPod> = pods.iter().map(|pod| one.add_pod(pod)).collect();
        assert_eq!(many.add_pods(&pods), singly);
        assert_eq!((many.pod_count(), one.pod_count()), (9_000, 9_000));
        assert_eq!(many.add_pods(&[]), []);
        assert_eq!(
            feasible(&mut many, &spread_pod()),
            feasible(&mut one, &spread_pod())
        );
    }

    #[test]
    fn which_pods_are_kept() {
        let mut state = state(&four());
        let mut own = on("a", "p", json!({}), json!({"containers": []}));
        own["status"] = json!({"phase": "Succeeded"});
        let mut add = |own: &Value| state.add_pod(&serde_json::from_value(own.clone()).unwrap());
        assert_eq!(add(&own), AddedPod::Terminal);
        own["status"] = json!({"phase": "Pending"});
        own["spec"] = json!({"containers": []});
        assert_eq!(add(&own), AddedPod::Pending);
        own["status"]["nominatedNodeName"] = json!("a");
        assert!(matches!(add(&own), AddedPod::Nominated(_)));
        own["spec"]["schedulingGates"] = json!([{"name": "g"}]);
        assert_eq!(add(&own), AddedPod::Pending);
        own["spec"] = json!({"containers": [], "schedulerName": "other"});
        assert_eq!(add(&own), AddedPod::Pending);
        assert_eq!(state.pod_count(), 0);
    }

    #[test]
    fn nominated_pods_hold_their_room() {
        let nominated = |priority: i32| {
            let mut own = spread_pod();
            own["kind"] = json!("Pod");
            own["metadata"]["name"] = json!("waiting");
            own["metadata"]["uid"] = json!("waiting");
            own["spec"]["priority"] = json!(priority);
            own["status"] = json!({"nominatedNodeName": "a"});
            own
        };
        for (priority, want) in [(0, vec!["b", "c", "d"]), (-1, vec!["a", "b", "c", "d"])] {
            let mut objects = four();
            objects.push(nominated(priority));
            assert_eq!(
                feasible(&mut state(&objects), &spread_pod()),
                want,
                "{priority}"
            );
        }
    }

    #[test]
    fn nodes_from_a_template() {
        let mut state = state(&four());
        let like = node(
            "t",
            json!({"kubernetes.io/hostname": "t", "host": "t", "zone": "z9"}),
            json!({"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}}),
        );
        let template = state.read_template(&serde_json::from_value(like).unwrap());
        let mark = state.mark();
        let new = state.add_templated_node(&template, "new");
        let mut asked = spread_pod();
        let query = query(&mut state, &asked);
        assert!(!state.node_is_wanted(&query, new));
        let refused = state.check(&query, new);
        assert_eq!(refused.reasons, ["node(s) had untolerated taint(s)"]);
        asked["spec"]["tolerations"] = json!([{"operator": "Exists"}]);
        let query = state.prepare(&serde_json::from_value(asked).unwrap());
        assert!(state.node_is_wanted(&query, new) && state.looks_around(&query));
        let a = state.node("a").unwrap();
        assert_eq!(state.check_all(&query, [a, new]), [a, new]);
        let placed = state.assign(&query.named("other"), new).unwrap();
        assert_eq!(state.pod_ref(placed).unwrap().name, "other");
        assert!(!state.check(&query, new).is_success());
        assert_eq!(state.check_all(&query, [a, new]), [a]);
        state.rollback(mark);
        assert!(state.node("new").is_none());
        assert_eq!(state.check_all(&query, [a, new]), [a]);
        let mut list = vec![new, a];
        assert_eq!(state.first_fit(&query, &mut list), Some(a));
        assert_eq!(list, [a]);
        let placed = state.assign(&query, a).unwrap();
        let b = state.node("b").unwrap();
        let c = state.node("c").unwrap();
        // The zone of a and c is one ahead until b has a pod too; a itself is taken.
        let mut list = vec![a, c, b];
        assert_eq!(state.first_fit(&query, &mut list), Some(b));
        assert_eq!(list, [c, b]);
        state.assign(&query.named("second"), b);
        assert_eq!(state.first_fit(&query.named("third"), &mut list), Some(c));
        state.remove_pod(placed);
        let mut other = spread_pod();
        other["spec"]["tolerations"] = json!([{"operator": "Exists"}]);
        other["metadata"]["labels"] = json!({"app": "other"});
        let like = state.prepare(&serde_json::from_value(other.clone()).unwrap());
        assert!(state.weigh_alike(&query, &like));
        other["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("2");
        let unlike = state.prepare(&serde_json::from_value(other).unwrap());
        assert!(!state.weigh_alike(&query, &unlike));
    }

    #[test]
    fn room_is_what_can_be_put() {
        for (spec, want) in [
            (json!({"requests": {"cpu": "3"}}), 3),
            (json!({"requests": {"cpu": "1", "memory": "2Gi"}}), 5),
            (json!({}), 110),
            (json!({"requests": {"cpu": "11"}}), 0),
        ] {
            let mut state = state(&four());
            let mut asked = spread_pod();
            asked["spec"] = json!({"containers": [{"name": "c", "resources": spec}]});
            let query = query(&mut state, &asked);
            let a = state.node("a").unwrap();
            assert_eq!(state.room_for(&query, a), want, "{spec}");
            for at in 0..want {
                assert!(state.check(&query, a).is_success(), "{spec} {at}");
                state.assign(&query.named(&at.to_string()), a);
            }
            assert!(!state.check(&query, a).is_success(), "{spec}");
            assert_eq!(state.room_for(&query, a), 0, "{spec}");
        }
    }

    #[test]
    fn amounts_follow_the_pods() {
        let mut state = state(&four());
        let query = query(&mut state, &spread_pod());
        let a = state.node("a").unwrap();
        let asked = state.requested(&query);
        assert_eq!((asked.milli_cpu, asked.memory), (1000, 0));
        assert_eq!(state.used(a), super::Amounts::default());
        let free = state.allocatable(a);
        state.assign(&query, a);
        assert_eq!(state.used(a), asked);
        assert_eq!(state.allocatable(a), free);
    }

    #[test]
    fn a_kept_pod_can_be_asked_about() {
        let mut objects = four();
        objects.push(on(
            "a",
            "p",
            json!({"app": "p"}),
            spread_pod()["spec"].clone(),
        ));
        let mut state = state(&objects);
        let pod = state.pod("default", "p").unwrap();
        let again = state.query_of(pod).unwrap();
        let mark = state.mark();
        state.remove_pod(pod);
        let nodes: Vec<_> = state.feasible(&again).collect();
        assert_eq!(nodes.len(), 4);
        let last = state.feasible_from(&again, nodes[3]).next();
        assert_eq!(last, Some(nodes[3]));
        state.rollback(mark);
        assert_eq!(state.pod("default", "p"), Some(pod));
    }
    #[test]
    fn the_order_of_the_nodes_asked_decides() {
        let mut state = state(&four());
        let asked = query(&mut state, &spread_pod());
        let nodes: Vec<_> = state.nodes().collect();
        let backwards = nodes.iter().rev().copied();
        assert_eq!(state.first_feasible(&asked, backwards), Some(nodes[3]));
        assert_eq!(state.first_feasible(&asked, []), None);
        assert!(state.spreads(&asked));
        state.assign(&asked, nodes[3]);
        // Only "b" and "d" are in the other zone.
        let not_that = [nodes[3], nodes[2], nodes[0]];
        assert_eq!(state.first_feasible(&asked, not_that), Some(nodes[2]));
    }

    #[test]
    fn nodes_are_judged_again_when_they_change() {
        let wants = json!({"containers": [], "nodeSelector": {"pool": "x"}});
        let new = pod(json!({}), wants);
        let mut state = state(&four());
        let asked = query(&mut state, &new);
        let mut set = |name: &str, pool: &str| {
            let own = node(name, json!({"pool": pool}), json!({}));
            let id = state.add_node(&serde_json::from_value(own).unwrap());
            let order = [id, state.node("a").unwrap(), state.node("d").unwrap()];
            state
                .first_feasible(&asked, order)
                .map(|id| state.node_name(id).unwrap().to_owned())
        };
        assert_eq!(set("a", "x").as_deref(), Some("a"));
        for round in 0..50 {
            assert_eq!(set("d", "x").as_deref(), Some("d"), "{round}");
            assert_eq!(set("d", "y").as_deref(), Some("a"), "{round}");
        }
        for other in ["b", "c", "e", "f", "g"] {
            set(other, "y");
        }
        assert_eq!(set("a", "y"), None);
    }

    #[test]
    fn what_pods_request_and_whether_they_end() {
        let requests = json!({"cpu": "1500m", "memory": "1Ki", "example.com/a": "3"});
        let spec = json!({"containers": [{"name": "c", "resources": {"requests": requests}}]});
        let mut going = on("a", "p", json!({"app": "p"}), spec);
        going["metadata"]["deletionTimestamp"] = json!("2026-01-01T12:00:00Z");
        let mut objects = four();
        objects.push(going);
        let mut state = state(&objects);
        let pod = state.pod("default", "p").unwrap();
        let asked = ["cpu", "memory", "example.com/a", "example.com/b"];
        assert_eq!(
            asked.map(|name| state.requested_by(pod, name)),
            [1500, 1024, 3, 0]
        );
        // A pod that ends counts for anti-affinity, but not for spread, also after it was moved.
        assert_eq!(feasible(&mut state, &spread_pod()).len(), 3);
        let query = state.query_of(pod).unwrap();
        assert!(!state.spreads(&query));
        state.remove_pod(pod);
        state.assign(&query, state.node("b").unwrap());
        assert_eq!(feasible(&mut state, &spread_pod()).len(), 3);
    }
}
