//! Pods by their scheduling needs: equal needs are read once.

use k8s_openapi::api::core::v1::{
    Affinity, Container, NodeAffinity, Pod, PodAffinityTerm, PodSpec, TopologySpreadConstraint,
    Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::filters::node_declared_features;
use crate::intern::{Print, Sym};
use crate::labels::{Requirement, Selector, Test, get};
use crate::needs::{Needs, NodeTerm, Words};
use crate::resources::{self, ApiList, Resources};
use crate::state::State;

/// A port of the node that a pod takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Port {
    pub(crate) ip: Sym,
    pub(crate) protocol: Sym,
    pub(crate) number: i32,
}

/// One (anti-)affinity term of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Term {
    /// Sorted.
    pub(crate) namespaces: Vec<Sym>,
    /// A missing one is nothing.
    pub(crate) namespace_selector: Selector,
    pub(crate) selector: Selector,
    /// Number of the topology key.
    pub(crate) topology: u32,
}

/// The terms of a pod that has any.
#[derive(Clone, Debug, Default)]
pub(crate) struct PodTerms {
    pub(crate) affinity: Vec<Term>,
    pub(crate) anti: Vec<Term>,
    pub(crate) preferred: Vec<(i32, Term)>,
    pub(crate) preferred_anti: Vec<(i32, Term)>,
    /// What upstream cannot parse.
    pub(crate) error: Option<String>,
}

/// One topology spread constraint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Spread {
    pub(crate) max_skew: i32,
    pub(crate) topology: u32,
    /// With the pod's own labels under `matchLabelKeys`.
    pub(crate) selector: Selector,
    pub(crate) min_domains: i32,
    pub(crate) honor_affinity: bool,
    pub(crate) honor_taints: bool,
}

/// A volume that is a claim, named or of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClaimUse {
    pub(crate) claim: Sym,
    pub(crate) ephemeral: bool,
}

/// An in-tree disk that cannot be mounted twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    Gce {
        name: Sym,
        read_only: bool,
    },
    Ebs {
        id: Sym,
    },
    Iscsi {
        iqn: Sym,
        read_only: bool,
    },
    Rbd {
        monitors: Vec<Sym>,
        pool: Sym,
        image: Sym,
        read_only: bool,
    },
}

/// The volumes of a pod, as far as they matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Volumes {
    pub(crate) claims: Vec<ClaimUse>,
    pub(crate) disks: Vec<Disk>,
    /// In-tree volumes that CSI drivers attach: driver, and unique handle.
    pub(crate) inline: Vec<(Sym, Sym)>,
    /// Who must own the claims of ephemeral volumes.
    pub(crate) owner: Option<(Sym, Sym)>,
}

/// How a pod names a resource claim: a claim, or a template whose claim the status names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceUse {
    /// Name within the pod.
    pub(crate) name: Sym,
    pub(crate) claim: Option<Sym>,
    /// Whether the claim is made from a template, and so must be the pod's own.
    pub(crate) template: bool,
    /// Whether the status says that no claim is needed.
    pub(crate) not_needed: bool,
    /// Whether the pod names a claim or a template at all.
    pub(crate) supported: bool,
}

/// What pods of equal needs share; what they ask of a node itself is in [`Needs`].
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) namespace: Sym,
    /// Number of the namespace and labels.
    pub(crate) group: u32,
    pub(crate) ask: Resources,
    pub(crate) used: Resources,
    pub(crate) ask_non_zero: (i64, i64),
    pub(crate) non_zero: (i64, i64),
    pub(crate) ports: Vec<Port>,
    pub(crate) terms: Option<Box<PodTerms>>,
    /// The required anti-affinity terms, by number.
    pub(crate) anti_terms: Vec<u32>,
    pub(crate) spread: Vec<Spread>,
    pub(crate) soft_spread: Vec<Spread>,
    /// What upstream cannot parse of the hard constraints.
    pub(crate) spread_error: Option<String>,
    pub(crate) volumes: Option<Box<Volumes>>,
    pub(crate) devices: Vec<DeviceUse>,
    /// Preferred node affinity: weight and term.
    pub(crate) preferred_nodes: Vec<(i32, NodeTerm)>,
}

// --- prints -------------------------------------------------------------------------------------

fn list(print: &mut Print, list: Option<&ApiList>) {
    print.number(list.map_or(0, |list| list.len() as u64 + 1));
    for (name, quantity) in list.into_iter().flatten() {
        print.text(name);
        print.text(&quantity.0);
    }
}

fn option(print: &mut Print, text: Option<&str>) {
    print.number(u64::from(text.is_some()));
    print.text(text.unwrap_or_default());
}

fn texts<'a>(print: &mut Print, all: impl IntoIterator<Item = &'a String>) {
    let mut count = 0;
    for text in all {
        print.text(text);
        count += 1;
    }
    print.number(count);
}

fn selector(print: &mut Print, selector: Option<&LabelSelector>) {
    let Some(selector) = selector else {
        return print.number(0);
    };
    let labels = selector.match_labels.iter().flatten();
    let expressions = selector.match_expressions.as_deref().unwrap_or_default();
    print.number(1 + expressions.len() as u64);
    for (key, value) in labels {
        print.text(key);
        print.text(value);
    }
    for expression in expressions {
        print.text(&expression.key);
        print.text(&expression.operator);
        texts(print, expression.values.iter().flatten());
    }
}

fn number(print: &mut Print, value: i32) {
    print.number(u64::from(value.cast_unsigned()));
}

fn pod_term(print: &mut Print, weight: i32, term: &PodAffinityTerm) {
    number(print, weight);
    print.text(&term.topology_key);
    selector(print, term.label_selector.as_ref());
    selector(print, term.namespace_selector.as_ref());
    texts(print, term.namespaces.iter().flatten());
}

fn affinity(print: &mut Print, affinity: &Affinity) {
    let pod = affinity.pod_affinity.as_ref();
    let anti = affinity.pod_anti_affinity.as_ref();
    let sections = [
        pod.and_then(|pod| {
            pod.required_during_scheduling_ignored_during_execution
                .as_ref()
        }),
        anti.and_then(|anti| {
            anti.required_during_scheduling_ignored_during_execution
                .as_ref()
        }),
    ];
    for section in sections {
        print.number(7);
        section
            .into_iter()
            .flatten()
            .for_each(|term| pod_term(print, 0, term));
    }
    let sections = [
        pod.and_then(|pod| {
            pod.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        }),
        anti.and_then(|anti| {
            anti.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        }),
    ];
    for section in sections {
        print.number(8);
        for term in section.into_iter().flatten() {
            pod_term(print, term.weight, &term.pod_affinity_term);
        }
    }
    if let Some(node) = &affinity.node_affinity {
        for term in node
            .preferred_during_scheduling_ignored_during_execution
            .iter()
            .flatten()
        {
            number(print, term.weight);
            node_term(print, &term.preference);
        }
    }
}

fn node_term(print: &mut Print, term: &k8s_openapi::api::core::v1::NodeSelectorTerm) {
    for needs in [&term.match_expressions, &term.match_fields] {
        print.number(needs.as_ref().map_or(0, |needs| needs.len() as u64 + 1));
        for need in needs.iter().flatten() {
            print.text(&need.key);
            print.text(&need.operator);
            texts(print, need.values.iter().flatten());
        }
    }
}

fn container(print: &mut Print, container: &Container) {
    list(
        print,
        container
            .resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref()),
    );
    option(print, container.restart_policy.as_deref());
    for port in container.ports.iter().flatten() {
        if let Some(host_port) = port.host_port.filter(|&port| port > 0) {
            number(print, host_port);
            option(print, port.host_ip.as_deref());
            option(print, port.protocol.as_deref());
        }
    }
    print.number(9);
}

/// A resize in progress shows as a status unlike the spec; only then it is part of the needs.
fn resize(print: &mut Print, pod: &Pod, spec: &PodSpec) {
    let Some(status) = &pod.status else {
        return;
    };
    let containers = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten());
    let statuses = status.container_statuses.iter().flatten();
    for status in statuses.chain(status.init_container_statuses.iter().flatten()) {
        let Some(resources) = &status.resources else {
            continue;
        };
        let asked = (containers.clone())
            .find(|container| container.name == status.name)
            .and_then(|container| container.resources.as_ref()?.requests.as_ref());
        let allocated = status.allocated_resources.as_ref();
        if resources.requests.as_ref() != asked || allocated.is_some_and(|list| Some(list) != asked)
        {
            print.text(&status.name);
            for container in containers
                .clone()
                .filter(|container| container.name == status.name)
            {
                self::list(
                    print,
                    container
                        .resources
                        .as_ref()
                        .and_then(|r| r.requests.as_ref()),
                );
            }
            list(print, resources.requests.as_ref());
            list(print, allocated);
        }
    }
    if spec.resources.is_some() {
        print.number(u64::from(status.resources.is_some()));
        list(
            print,
            status
                .resources
                .as_ref()
                .and_then(|resources| resources.requests.as_ref()),
        );
        list(print, status.allocated_resources.as_ref());
    }
    print.number(u64::from(resources::resize_is_infeasible(pod)));
}

fn volume(print: &mut Print, volume: &Volume) -> bool {
    if let Some(claim) = &volume.persistent_volume_claim {
        print.number(1);
        print.text(&claim.claim_name);
    } else if volume.ephemeral.is_some() {
        print.number(2);
        print.text(&volume.name);
    }
    if let Some(disk) = &volume.gce_persistent_disk {
        print.number(3 + u64::from(disk.read_only == Some(true)));
        print.text(&disk.pd_name);
    }
    if let Some(disk) = &volume.aws_elastic_block_store {
        print.number(5);
        print.text(&disk.volume_id);
    }
    if let Some(disk) = &volume.iscsi {
        print.number(6 + u64::from(disk.read_only == Some(true)));
        print.text(&disk.iqn);
    }
    if let Some(disk) = &volume.rbd {
        print.number(8 + u64::from(disk.read_only == Some(true)));
        texts(print, &disk.monitors);
        option(print, disk.pool.as_deref());
        print.text(&disk.image);
    }
    if let Some(disk) = &volume.azure_disk {
        print.number(10);
        print.text(&disk.disk_uri);
    }
    if let Some(disk) = &volume.cinder {
        print.number(11);
        print.text(&disk.volume_id);
    }
    if let Some(disk) = &volume.portworx_volume {
        print.number(12);
        print.text(&disk.volume_id);
    }
    volume.ephemeral.is_some()
}

/// Stands for all that [`Class`] is read from.
pub(crate) fn class_print(pod: &Pod) -> u128 {
    let mut print = Print::new();
    print.text(pod.metadata.namespace.as_deref().unwrap_or_default());
    for (key, value) in pod.metadata.labels.iter().flatten() {
        print.text(key);
        print.text(value);
    }
    print.number(1);
    let Some(spec) = &pod.spec else {
        return print.value();
    };
    spec.containers
        .iter()
        .for_each(|own| container(&mut print, own));
    print.number(2);
    spec.init_containers
        .iter()
        .flatten()
        .for_each(|own| container(&mut print, own));
    print.number(3);
    list(
        &mut print,
        spec.resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref()),
    );
    list(&mut print, spec.overhead.as_ref());
    resize(&mut print, pod, spec);
    if let Some(own) = &spec.affinity {
        affinity(&mut print, own);
    }
    print.number(4);
    for own in spec.topology_spread_constraints.iter().flatten() {
        spread_print(&mut print, own);
    }
    print.number(5);
    let mut named = false;
    for own in spec.volumes.iter().flatten() {
        named |= volume(&mut print, own);
    }
    print.number(6);
    for own in spec.resource_claims.iter().flatten() {
        print.text(&own.name);
        option(&mut print, own.resource_claim_name.as_deref());
        option(&mut print, own.resource_claim_template_name.as_deref());
        let statuses = pod
            .status
            .as_ref()
            .and_then(|status| status.resource_claim_statuses.as_ref());
        for status in statuses.into_iter().flatten() {
            print.text(&status.name);
            option(&mut print, status.resource_claim_name.as_deref());
        }
        named = true;
    }
    if named {
        option(&mut print, pod.metadata.name.as_deref());
        option(&mut print, pod.metadata.uid.as_deref());
    }
    print.value()
}

fn spread_print(print: &mut Print, own: &TopologySpreadConstraint) {
    number(print, own.max_skew);
    number(print, own.min_domains.unwrap_or(1));
    print.text(&own.topology_key);
    print.text(&own.when_unsatisfiable);
    option(print, own.node_affinity_policy.as_deref());
    option(print, own.node_taints_policy.as_deref());
    selector(print, own.label_selector.as_ref());
    texts(print, own.match_label_keys.iter().flatten());
}

/// Stands for all that [`Needs`] is read from.
pub(crate) fn needs_print(spec: Option<&PodSpec>, with_node_name: bool) -> u128 {
    let mut print = Print::new();
    let Some(spec) = spec else {
        return print.value();
    };
    option(
        &mut print,
        spec.node_name.as_deref().filter(|_| with_node_name),
    );
    for (key, value) in spec.node_selector.iter().flatten() {
        print.text(key);
        print.text(value);
    }
    print.number(1);
    for own in spec.tolerations.iter().flatten() {
        option(&mut print, own.key.as_deref());
        option(&mut print, own.operator.as_deref());
        option(&mut print, own.value.as_deref());
        option(&mut print, own.effect.as_deref());
    }
    print.number(2);
    let node: Option<&NodeAffinity> = spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.node_affinity.as_ref());
    if let Some(required) = node.and_then(|node| {
        node.required_during_scheduling_ignored_during_execution
            .as_ref()
    }) {
        print.number(3);
        for term in &required.node_selector_terms {
            node_term(&mut print, term);
        }
    }
    print.number(u64::from(node_declared_features::required(spec)));
    print.value()
}

// --- reading ------------------------------------------------------------------------------------

impl State {
    /// The number of a pod's class, read if it is the first of its kind.
    pub(crate) fn class_of(&mut self, pod: &Pod, print: u128) -> u32 {
        if let Some(&class) = self.class_ids.get(&print) {
            return class;
        }
        let class = self.read_class(pod);
        let id = crate::intern::index(self.classes.len());
        self.classes.push(class);
        self.class_ids.insert(print, id);
        id
    }

    /// The number of what a pod asks of nodes.
    pub(crate) fn needs_of(&mut self, pod: &Pod, with_node_name: bool, print: u128) -> u32 {
        if let Some(&needs) = self.needs_ids.get(&print) {
            return needs;
        }
        let empty = PodSpec::default();
        let spec = pod.spec.as_ref().unwrap_or(&empty);
        let mut needs = Needs::read(
            spec,
            node_declared_features::required(spec),
            &mut self.texts,
        );
        if !with_node_name {
            needs.node_name = None;
        }
        let id = self.needs.add(needs, &self.words);
        self.needs_ids.insert(print, id);
        id
    }

    fn read_class(&mut self, pod: &Pod) -> Class {
        let namespace = self
            .texts
            .intern(pod.metadata.namespace.as_deref().unwrap_or_default());
        let labels = crate::labels::intern_labels(pod.metadata.labels.as_ref(), &mut self.texts);
        let vectors = resources::pod_vectors(pod, &mut self.resource_names, &mut self.texts);
        let empty = PodSpec::default();
        let spec = pod.spec.as_ref().unwrap_or(&empty);
        let affinity = spec.affinity.as_ref();
        let terms = affinity
            .filter(|own| own.pod_affinity.is_some() || own.pod_anti_affinity.is_some())
            .map(|own| Box::new(self.read_terms(own, namespace)));
        let anti_terms = terms.as_ref().map_or_else(Vec::new, |terms| {
            terms
                .anti
                .iter()
                .map(|term| self.add_anti_term(term))
                .collect()
        });
        let (spread, spread_error) = self.read_spread(spec, &labels, "DoNotSchedule");
        let (soft_spread, _) = self.read_spread(spec, &labels, "ScheduleAnyway");
        Class {
            namespace,
            group: self.group_of(namespace, labels),
            ask: vectors.ask,
            used: vectors.used,
            ask_non_zero: vectors.ask_non_zero,
            non_zero: vectors.non_zero,
            ports: self.read_ports(spec),
            terms,
            anti_terms,
            spread,
            soft_spread,
            spread_error,
            volumes: self.read_volumes(pod, spec),
            devices: self.read_devices(pod, spec),
            preferred_nodes: self.read_preferred_nodes(affinity),
        }
    }

    fn read_preferred_nodes(&mut self, affinity: Option<&Affinity>) -> Vec<(i32, NodeTerm)> {
        let node = affinity.and_then(|affinity| affinity.node_affinity.as_ref());
        let terms = node.and_then(|node| {
            node.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        });
        terms
            .into_iter()
            .flatten()
            .filter(|term| term.weight != 0)
            .filter_map(|term| {
                Some((
                    term.weight,
                    NodeTerm::read(&term.preference, &mut self.texts)?,
                ))
            })
            .collect()
    }

    fn read_term(&mut self, term: &PodAffinityTerm, namespace: Sym) -> Result<Term, String> {
        let selector = Selector::read(term.label_selector.as_ref(), &mut self.texts)?;
        let namespace_selector = Selector::read(term.namespace_selector.as_ref(), &mut self.texts)?;
        let listed = term.namespaces.as_deref().unwrap_or_default();
        let mut namespaces: Vec<Sym> = listed.iter().map(|name| self.texts.intern(name)).collect();
        if listed.is_empty() && term.namespace_selector.is_none() {
            namespaces.push(namespace);
        }
        namespaces.sort_unstable();
        namespaces.dedup();
        let key = self.texts.intern(&term.topology_key);
        Ok(Term {
            namespaces,
            namespace_selector,
            selector,
            topology: self.topology(key),
        })
    }

    fn read_terms(&mut self, affinity: &Affinity, namespace: Sym) -> PodTerms {
        let mut all = PodTerms::default();
        let mut errors = Vec::new();
        let mut hard = |state: &mut Self, name: &str, list: Option<&Vec<PodAffinityTerm>>| {
            let terms: Result<Vec<Term>, String> = (list.into_iter().flatten())
                .map(|term| state.read_term(term, namespace))
                .collect();
            terms.unwrap_or_else(|error| {
                errors.push(format!("{name}: {error}"));
                Vec::new()
            })
        };
        let pod = affinity.pod_affinity.as_ref();
        let anti = affinity.pod_anti_affinity.as_ref();
        let required = pod.and_then(|own| {
            own.required_during_scheduling_ignored_during_execution
                .as_ref()
        });
        all.affinity = hard(self, "requiredAffinityTerms", required);
        let required = anti.and_then(|own| {
            own.required_during_scheduling_ignored_during_execution
                .as_ref()
        });
        all.anti = hard(self, "requiredAntiAffinityTerms", required);
        let lists = [
            pod.and_then(|own| {
                own.preferred_during_scheduling_ignored_during_execution
                    .as_ref()
            }),
            anti.and_then(|own| {
                own.preferred_during_scheduling_ignored_during_execution
                    .as_ref()
            }),
        ];
        let [preferred, preferred_anti] = lists.map(|list| {
            let terms: Result<Vec<(i32, Term)>, String> = (list.into_iter().flatten())
                .map(|own| {
                    Ok((
                        own.weight,
                        self.read_term(&own.pod_affinity_term, namespace)?,
                    ))
                })
                .collect();
            terms
        });
        for (name, terms, into) in [
            ("preferredAffinityTerms", preferred, &mut all.preferred),
            (
                "preferredAntiAffinityTerms",
                preferred_anti,
                &mut all.preferred_anti,
            ),
        ] {
            match terms {
                Ok(terms) => *into = terms,
                Err(error) => errors.push(format!("{name}: {error}")),
            }
        }
        all.error = match errors.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            more => Some(format!("[{}]", more.join(", "))),
        };
        all
    }

    fn read_spread(
        &mut self,
        spec: &PodSpec,
        labels: &[(Sym, Sym)],
        action: &str,
    ) -> (Vec<Spread>, Option<String>) {
        let mut all = Vec::new();
        let constraints = spec.topology_spread_constraints.iter().flatten();
        for own in constraints.filter(|own| own.when_unsatisfiable == action) {
            let mut selector = match Selector::read(own.label_selector.as_ref(), &mut self.texts) {
                Ok(selector) => selector,
                Err(error) => return (Vec::new(), Some(error)),
            };
            // A selector of nothing stays one.
            if !selector.nothing {
                for key in own.match_label_keys.iter().flatten() {
                    let key = self.texts.intern(key);
                    if let Some(value) = get(labels, key) {
                        selector.requirements.push(Requirement {
                            key,
                            test: Test::In(vec![value]),
                        });
                    }
                }
            }
            let key = self.texts.intern(&own.topology_key);
            let honors = |policy: &Option<String>, default: bool| {
                policy
                    .as_deref()
                    .map_or(default, |policy| policy == "Honor")
            };
            all.push(Spread {
                max_skew: own.max_skew,
                topology: self.topology(key),
                selector,
                min_domains: own.min_domains.unwrap_or(1),
                honor_affinity: honors(&own.node_affinity_policy, true),
                honor_taints: honors(&own.node_taints_policy, false),
            });
        }
        (all, None)
    }

    fn read_ports(&mut self, spec: &PodSpec) -> Vec<Port> {
        let sidecars = spec
            .init_containers
            .iter()
            .flatten()
            .filter(|own| resources::is_sidecar(own));
        let mut all = Vec::new();
        for own in sidecars
            .chain(&spec.containers)
            .flat_map(|own| own.ports.iter().flatten())
        {
            let Some(port) = own.host_port.filter(|&port| port > 0) else {
                continue;
            };
            let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
            let words: Words = self.words;
            let ip = given(&own.host_ip).map_or(words.any_ip, |ip| self.texts.intern(&ip));
            let protocol =
                given(&own.protocol).map_or(words.tcp, |protocol| self.texts.intern(&protocol));
            all.push(Port {
                ip,
                protocol,
                number: port,
            });
        }
        all
    }

    fn read_volumes(&mut self, pod: &Pod, spec: &PodSpec) -> Option<Box<Volumes>> {
        let mut all = Volumes::default();
        let pod_name = pod.metadata.name.as_deref().unwrap_or_default();
        for own in spec.volumes.iter().flatten() {
            if let Some(claim) = &own.persistent_volume_claim {
                let claim = self.texts.intern(&claim.claim_name);
                all.claims.push(ClaimUse {
                    claim,
                    ephemeral: false,
                });
            } else if own.ephemeral.is_some() {
                let claim = self.texts.intern(&format!("{pod_name}-{}", own.name));
                all.claims.push(ClaimUse {
                    claim,
                    ephemeral: true,
                });
                let uid = pod.metadata.uid.as_deref().unwrap_or_default();
                all.owner = Some((self.texts.intern(pod_name), self.texts.intern(uid)));
            } else if let Some((driver, handle)) = crate::storage::inline_handle(own) {
                all.inline
                    .push((self.texts.intern(driver), self.texts.intern(&handle)));
            }
            self.read_disks(own, &mut all.disks);
        }
        let empty = all.claims.is_empty() && all.disks.is_empty() && all.inline.is_empty();
        (!empty).then(|| Box::new(all))
    }

    fn read_disks(&mut self, volume: &Volume, disks: &mut Vec<Disk>) {
        if let Some(disk) = &volume.gce_persistent_disk {
            let name = self.texts.intern(&disk.pd_name);
            disks.push(Disk::Gce {
                name,
                read_only: disk.read_only == Some(true),
            });
        }
        if let Some(disk) = &volume.aws_elastic_block_store {
            disks.push(Disk::Ebs {
                id: self.texts.intern(&disk.volume_id),
            });
        }
        if let Some(disk) = &volume.iscsi {
            let iqn = self.texts.intern(&disk.iqn);
            disks.push(Disk::Iscsi {
                iqn,
                read_only: disk.read_only == Some(true),
            });
        }
        if let Some(disk) = &volume.rbd {
            // The API server fills in the pool "rbd"; a missing one stays empty here, as upstream.
            disks.push(Disk::Rbd {
                monitors: disk
                    .monitors
                    .iter()
                    .map(|own| self.texts.intern(own))
                    .collect(),
                pool: self.texts.intern(disk.pool.as_deref().unwrap_or_default()),
                image: self.texts.intern(&disk.image),
                read_only: disk.read_only == Some(true),
            });
        }
    }

    fn read_devices(&mut self, pod: &Pod, spec: &PodSpec) -> Vec<DeviceUse> {
        let statuses = pod
            .status
            .as_ref()
            .and_then(|status| status.resource_claim_statuses.as_ref());
        let mut all = Vec::new();
        for own in spec.resource_claims.iter().flatten() {
            let name = self.texts.intern(&own.name);
            let template = own.resource_claim_name.is_none();
            let status = statuses
                .into_iter()
                .flatten()
                .find(|status| status.name == own.name);
            let generated = status.and_then(|status| status.resource_claim_name.as_ref());
            let claim = own.resource_claim_name.as_ref().or(generated);
            all.push(DeviceUse {
                name,
                claim: claim.map(|claim| self.texts.intern(claim)),
                template,
                not_needed: template && status.is_some() && generated.is_none(),
                supported: !template || own.resource_claim_template_name.is_some(),
            });
        }
        all
    }
}
