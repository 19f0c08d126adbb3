//! What `DaemonSet`s take of a node, by instance type.
//!
//! Follows upstream's `buildDaemonOverheadGroups` and `isDaemonPodCompatible`
//! (`pkg/controllers/provisioning/scheduling/scheduler.go`), `getDaemonSetPods`
//! (`pkg/controllers/provisioning/provisioner.go`) and `pkg/utils/daemonset/daemonset.go`.

use std::rc::Rc;

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Container, Pod, Taint};

use super::amounts::{Amounts, UNIT};
use super::instance_type::InstanceType;
use super::names::Names;
use super::pod::{HostPort, Namespaces, PodFacts, Wishes, namespace_of, wishes};
use super::preferences;
use super::requirement::{Requirements, WellKnown};
use super::taints;

/// The pod that a `DaemonSet` would put on a new node.
#[derive(Debug)]
pub(super) struct DaemonPod {
    pub(super) facts: PodFacts,
    /// Upstream relaxes these for good as soon as one instance type does not fit.
    wishes: Wishes,
}

/// `DaemonSet` pods that come with some instance types of a pool.
#[derive(Clone, Debug, Default)]
pub(super) struct DaemonGroup {
    /// Which of the [`DaemonPod`]s.
    pods: Vec<usize>,
    pub(super) overhead: Amounts,
    /// With the pod that has each.
    pub(super) ports: Vec<(String, HostPort)>,
}

/// The pods of all `DaemonSet`s: the newest that is there, else one from the template.
pub(super) fn daemon_pods(
    sets: &[DaemonSet],
    pods: &[Pod],
    namespaces: &Namespaces,
    names: &mut Names,
) -> Vec<DaemonPod> {
    let all = sets.iter().map(|set| {
        let mut pod = newest(set, pods)
            .cloned()
            .unwrap_or_else(|| of_template(set));
        take_required_affinity(set, &mut pod);
        DaemonPod {
            facts: PodFacts::read(&pod, namespaces, names),
            wishes: wishes(&pod, namespaces, names),
        }
    });
    all.filter(|own| !own.facts.claims_devices).collect()
}

fn newest<'a>(set: &DaemonSet, pods: &'a [Pod]) -> Option<&'a Pod> {
    let namespace = namespace_of(&set.metadata);
    let uid = set.metadata.uid.as_deref()?;
    let own = pods.iter().filter(|pod| {
        let mut owners = pod.metadata.owner_references.iter().flatten();
        namespace_of(&pod.metadata) == namespace
            && owners.any(|owner| owner.controller == Some(true) && owner.uid == uid)
    });
    let created = |pod: &Pod| pod.metadata.creation_timestamp.as_ref().map(|own| own.0);
    // Of several of one second the first by name, as lists come sorted.
    let mut own: Vec<&Pod> = own.collect();
    own.sort_by(|one, other| {
        let by_name = one.metadata.name.cmp(&other.metadata.name);
        created(other).cmp(&created(one)).then(by_name)
    });
    own.first().copied()
}

fn of_template(set: &DaemonSet) -> Pod {
    let mut pod = Pod {
        spec: set.spec.as_ref().and_then(|own| own.template.spec.clone()),
        ..Pod::default()
    };
    pod.metadata.name.clone_from(&set.metadata.name);
    pod.metadata.namespace.clone_from(&set.metadata.namespace);
    if let Some(spec) = &mut pod.spec {
        let more = spec.init_containers.iter_mut().flatten();
        spec.containers
            .iter_mut()
            .chain(more)
            .for_each(default_requests);
    }
    pod
}

/// Where there is a limit and no request, the API server requests the limit.
fn default_requests(container: &mut Container) {
    let Some(resources) = &mut container.resources else {
        return;
    };
    let requests = resources.requests.get_or_insert_default();
    for (name, limit) in resources.limits.iter().flatten() {
        requests
            .entry(name.clone())
            .or_insert_with(|| limit.clone());
    }
}

/// The controller binds each pod to its node by affinity; what the template says is meant instead.
fn take_required_affinity(set: &DaemonSet, pod: &mut Pod) {
    let template = set.spec.as_ref().and_then(|own| own.template.spec.as_ref());
    let affinity = template.and_then(|own| own.affinity.as_ref()?.node_affinity.as_ref());
    let required = affinity.and_then(|own| {
        own.required_during_scheduling_ignored_during_execution
            .clone()
    });
    if let (Some(required), Some(spec)) = (required, &mut pod.spec) {
        let affinity = spec.affinity.get_or_insert_default();
        let affinity = affinity.node_affinity.get_or_insert_default();
        affinity.required_during_scheduling_ignored_during_execution = Some(required);
    }
}

/// Groups a pool's instance types by the `DaemonSet` pods that come with them: the groups, and
/// for each type which of them it is in.
pub(super) fn groups(
    taints: &[Taint],
    requirements: &Requirements,
    types: &[u32],
    all: &[Rc<InstanceType>],
    well_known: &WellKnown,
    daemons: &mut [DaemonPod],
) -> (Vec<DaemonGroup>, Vec<u16>) {
    let mut found: Vec<DaemonGroup> = Vec::new();
    let mut group_of = vec![0; all.len()];
    for &own in types {
        let own_type = &all[own as usize];
        let comes = |(at, daemon): (usize, &mut DaemonPod)| {
            comes_with(taints, requirements, own_type, well_known, daemon).then_some(at)
        };
        let pods: Vec<usize> = daemons.iter_mut().enumerate().filter_map(comes).collect();
        let at = found.iter().position(|group| group.pods == pods);
        let at = at.unwrap_or_else(|| {
            found.push(group(pods, daemons));
            found.len() - 1
        });
        group_of[own as usize] = u16::try_from(at).unwrap_or(u16::MAX);
    }
    (found, group_of)
}

fn group(pods: Vec<usize>, daemons: &[DaemonPod]) -> DaemonGroup {
    let mut group = DaemonGroup::default();
    for &at in &pods {
        let facts = &daemons[at].facts;
        group.overhead.add(&facts.requests);
        let ports = facts.ports.iter();
        group
            .ports
            .extend(ports.map(|port| (facts.name.clone(), port.clone())));
    }
    group.pods = pods;
    group
}

fn comes_with(
    taints: &[Taint],
    requirements: &Requirements,
    own_type: &InstanceType,
    well_known: &WellKnown,
    daemon: &mut DaemonPod,
) -> bool {
    taints::add_prefer_no_schedule(&mut daemon.wishes.tolerations);
    if !taints::tolerated(taints, &daemon.wishes.tolerations) {
        return false;
    }
    loop {
        let strict = daemon.wishes.strict();
        if requirements.is_compatible(&strict, Some(well_known))
            && own_type.requirements.intersects(&strict)
        {
            return true;
        }
        if !preferences::drop_required_term(&mut daemon.wishes) {
            return false;
        }
    }
}

/// What `DaemonSet`s will yet put on a node that is there.
pub(super) fn still_to_come(
    daemons: &[DaemonPod],
    taints: &[Taint],
    labels: &Requirements,
    there: &Amounts,
    names: &mut Names,
) -> Amounts {
    let mut all = Amounts::default();
    let mut count = 0;
    for daemon in daemons {
        let fits = taints::tolerated(taints, &daemon.wishes.tolerations)
            && labels.is_compatible(&daemon.wishes.strict(), None);
        if fits {
            all.add(&daemon.facts.requests);
            count += 1;
        }
    }
    all.set(names.key("pods"), count * UNIT);
    all.take(there);
    all.floor();
    all
}
