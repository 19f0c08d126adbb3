//! Resource claims (DRA).
//!
//! Follows kubernetes/kubernetes
//! `pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go`; see `devices.rs` for what
//! is modelled. Claims are as they were added: placing a pod allocates nothing.

use std::collections::HashSet;

use crate::class::DeviceUse;
use crate::cycle::{Cycle, Fail};
use crate::devices::{Claim, DeviceId};
use crate::intern::Sym;
use crate::state::{PodQuery, State};
use crate::verdict::{Plugin, Status};

const NOT_HERE: &str = "resourceclaim not available on the node";
const NOT_ENOUGH: &str = "cannot allocate all claims";
/// Upstream's limit of devices in one claim.
const MOST_DEVICES: usize = 32;

/// The pod's claims in a cycle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    allocated: Vec<(Sym, Sym)>,
    open: Vec<(Sym, Sym)>,
    /// Devices that are taken.
    taken: HashSet<DeviceId>,
    /// What of the open claims is not modelled.
    unknown: Option<&'static str>,
}

/// The extended resources of the pod that a device class stands in for.
pub(crate) fn delegated(state: &State, class: u32) -> Vec<u32> {
    let scalars = state.classes[class as usize].ask.scalars.iter();
    scalars
        .filter(|&&(resource, amount)| {
            amount > 0
                && state
                    .devices
                    .extended
                    .contains_key(&state.resource_names.name(resource))
        })
        .map(|&(resource, _)| resource)
        .collect()
}

fn find<'a>(
    state: &'a State,
    query: &PodQuery,
    namespace: Sym,
    used: &DeviceUse,
) -> Result<Option<(Sym, &'a Claim)>, String> {
    let text = |sym| state.texts.text(sym);
    let (space, pod) = (text(namespace), &query.name);
    if !used.supported {
        let name = text(used.name);
        return Err(format!(
            "pod \"{space}/{pod}\", spec.resourceClaim \"{name}\": none of the supported fields are set"
        ));
    }
    let Some(name) = used.claim else {
        if used.not_needed {
            return Ok(None);
        }
        return Err(format!(
            "pod \"{space}/{pod}\": ResourceClaim not created yet"
        ));
    };
    let Some(claim) = state.devices.claims.get(&(namespace, name)) else {
        return Err(format!(
            "could not find ResourceClaim \"{space}/{}\"",
            text(name)
        ));
    };
    if claim.deleting {
        return Err(format!("resourceclaim \"{}\" is being deleted", text(name)));
    }
    if used.template && claim.controller.is_none_or(|uid| text(uid) != &*query.uid) {
        return Err(format!(
            "ResourceClaim {space}/{} was not created for Pod {space}/{pod} (Pod is not owner)",
            text(name)
        ));
    }
    Ok(Some((name, claim)))
}

pub(crate) fn pre_filter(state: &State, query: &PodQuery) -> Result<Claims, Status> {
    let own = &state.classes[query.class as usize];
    let mut all = Claims::default();
    if own.devices.is_empty() {
        return Ok(all);
    }
    let reject = |reason: String| Err(Status::unresolvable(Plugin::DynamicResources, reason));
    let mut found = Vec::new();
    for used in &own.devices {
        match find(state, query, own.namespace, used) {
            Ok(claim) => found.extend(claim),
            Err(reason) => return reject(reason),
        }
    }
    for (name, claim) in found {
        if claim.allocated {
            all.allocated.push((own.namespace, name));
            continue;
        }
        check_classes(state, own.namespace, name, claim)?;
        all.open.push((own.namespace, name));
        all.unknown = all.unknown.or_else(|| unknown(state, claim));
    }
    if !all.open.is_empty() {
        let devices = state
            .devices
            .claims
            .values()
            .flat_map(|claim| &claim.devices);
        all.taken = devices.copied().collect();
    }
    Ok(all)
}

fn check_classes(state: &State, namespace: Sym, name: Sym, claim: &Claim) -> Result<(), Status> {
    let text = |sym| state.texts.text(sym);
    for request in &claim.requests {
        if !request.known_kind {
            let reason = format!(
                "resource claim {}/{}, request {}: unknown request type",
                text(namespace),
                text(name),
                text(request.name)
            );
            return Err(Status::unresolvable(Plugin::DynamicResources, reason));
        }
        for (class, request) in &request.classes {
            if *class == state.words.empty {
                let reason = format!(
                    "running PreFilter plugin \"DynamicResources\": request {request}: unsupported request type"
                );
                return Err(Status::error(Plugin::DynamicResources, reason));
            }
            if !state.devices.classes.contains_key(class) {
                let class = text(*class);
                let reason = format!("request {request}: device class {class} does not exist");
                return Err(Status::unresolvable(Plugin::DynamicResources, reason));
            }
        }
    }
    Ok(())
}

/// What of an open claim is not modelled.
fn unknown(state: &State, claim: &Claim) -> Option<&'static str> {
    let count: usize = claim
        .requests
        .iter()
        .fold(0, |sum, request| sum.saturating_add(request.count));
    if count > MOST_DEVICES {
        return Some("claims for more than 32 devices are not modelled");
    }
    let class_is_unknown = |class: &Sym| {
        state
            .devices
            .classes
            .get(class)
            .is_none_or(|selection| selection.unknown)
    };
    claim.unknown.or_else(|| {
        claim.requests.iter().find_map(|request| {
            let odd = request
                .classes
                .iter()
                .any(|(class, _)| class_is_unknown(class));
            request
                .unknown
                .or(odd
                    .then_some("device classes that select by more than a driver are not modelled"))
        })
    })
}

pub(crate) fn filter(state: &State, cycle: &Cycle, node: u32) -> Option<Fail> {
    let unknown = |why: &str| {
        Some(Fail::Other(Box::new(Status::unknown(
            Plugin::DynamicResources,
            why,
        ))))
    };
    let allocatable = &state.nodes[node as usize].face.allocatable;
    if cycle
        .delegated
        .iter()
        .any(|&resource| allocatable.scalar(resource) <= 0)
    {
        return unknown("extended resources of device classes are not modelled");
    }
    let claims = &cycle.devices;
    if claims.allocated.is_empty() && claims.open.is_empty() {
        return None;
    }
    let face = state.face(node);
    let mut here = true;
    for claim in claims
        .allocated
        .iter()
        .filter_map(|key| state.devices.claims.get(key))
    {
        if let Some(why) = claim.unknown {
            return unknown(why);
        }
        here &= claim
            .terms
            .as_ref()
            .is_none_or(|terms| terms.iter().any(|term| term.matches(&face, &state.texts)));
    }
    if !claims.open.is_empty() {
        if let Some(why) = claims.unknown {
            return unknown(why);
        }
        match state.devices.on_node(&face, &state.texts) {
            Err(why) => return unknown(why),
            Ok(devices) => {
                if !allocate(state, claims, &devices) {
                    return Some(Fail::unresolvable(Plugin::DynamicResources, NOT_ENOUGH));
                }
            }
        }
    }
    (!here).then(|| Fail::unresolvable(Plugin::DynamicResources, NOT_HERE))
}

/// Whether all requests find their devices at once.
fn allocate(state: &State, claims: &Claims, devices: &[DeviceId]) -> bool {
    let free: Vec<&DeviceId> = devices
        .iter()
        .filter(|own| !claims.taken.contains(*own))
        .collect();
    let open = claims
        .open
        .iter()
        .filter_map(|key| state.devices.claims.get(key));
    // A place for each device asked for, with the devices that would do.
    let mut places: Vec<Vec<usize>> = Vec::new();
    for request in open.flat_map(|claim| &claim.requests) {
        let fits = |driver: Sym| {
            request.selection.selects(driver)
                && request.classes.iter().all(|(class, _)| {
                    state
                        .devices
                        .classes
                        .get(class)
                        .is_some_and(|own| own.selects(driver))
                })
        };
        let good: Vec<usize> = (0..free.len())
            .filter(|&device| fits(free[device].0))
            .collect();
        if good.len() < request.count {
            return false;
        }
        places.extend(std::iter::repeat_n(good, request.count));
    }
    let mut of_device: Vec<Option<usize>> = vec![None; free.len()];
    (0..places.len()).all(|place| {
        let mut seen = vec![false; free.len()];
        assign(place, &places, &mut of_device, &mut seen)
    })
}

/// Finds a device for a place, moving others if need be.
fn assign(
    place: usize,
    places: &[Vec<usize>],
    of_device: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for &device in &places[place] {
        if std::mem::replace(&mut seen[device], true) {
            continue;
        }
        let open = match of_device[device] {
            None => true,
            Some(other) => assign(other, places, of_device, seen),
        };
        if open {
            of_device[device] = Some(place);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{NOT_ENOUGH, NOT_HERE};
    use crate::testing::{merge, node, on, pod, state, statuses, table};
    use crate::verdict::Code;
    use serde_json::{Value, json};

    fn objects(count: i64, more: Vec<Value>) -> Vec<Value> {
        let mut all: Vec<Value> = ["a", "b"]
            .map(|name| node(name, json!({"host": name}), json!({})))
            .into();
        all.push(json!({"kind": "DeviceClass", "metadata": {"name": "gpu"},
            "spec": {"selectors": [{"cel": {"expression": "device.driver == 'gpu.example.com'"}}]}}));
        all.push(json!({"kind": "ResourceSlice", "metadata": {"name": "s"}, "spec": {
            "driver": "gpu.example.com", "nodeName": "a", "pool": {"name": "a", "generation": 1, "resourceSliceCount": 1},
            "devices": [{"name": "d0"}, {"name": "d1"}]}}));
        all.push(claim(
            "c",
            json!({"spec": {"devices": {"requests": [request(count)]}}}),
        ));
        all.extend(more);
        all
    }

    fn request(count: i64) -> Value {
        json!({"name": "r", "exactly": {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": count}})
    }

    fn claim(name: &str, rest: Value) -> Value {
        let mut all = json!({"kind": "ResourceClaim", "metadata": {"namespace": "default", "name": name}, "spec": {}});
        merge(&mut all, rest);
        all
    }

    fn allocated(device: &str) -> Value {
        json!({"status": {"allocation": {
            "devices": {"results": [{"request": "r", "driver": "gpu.example.com", "pool": "a", "device": device}]},
            "nodeSelector": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "host", "operator": "In", "values": ["a"]}]}]}}}})
    }

    fn new() -> Value {
        pod(
            json!({}),
            json!({"resourceClaims": [{"name": "x", "resourceClaimName": "c"}]}),
        )
    }

    #[test]
    fn counts() {
        table(vec![
            (
                "no claims",
                objects(1, vec![]),
                pod(json!({}), json!({})),
                vec!["", ""],
            ),
            (
                "one device",
                objects(1, vec![]),
                new(),
                vec!["", NOT_ENOUGH],
            ),
            (
                "both devices",
                objects(2, vec![]),
                new(),
                vec!["", NOT_ENOUGH],
            ),
            (
                "three devices",
                objects(3, vec![]),
                new(),
                vec![NOT_ENOUGH; 2],
            ),
            (
                "one is taken",
                objects(2, vec![claim("other", allocated("d1"))]),
                new(),
                vec![NOT_ENOUGH; 2],
            ),
            (
                "allocated already",
                objects(1, vec![claim("c", allocated("d1"))]),
                new(),
                vec!["", NOT_HERE],
            ),
            (
                "no such claim",
                vec![
                    node("a", json!({}), json!({})),
                    on("a", "p", json!({}), json!({})),
                ],
                new(),
                vec!["could not find ResourceClaim \"default/c\""],
            ),
            (
                "not made yet",
                objects(1, vec![]),
                pod(
                    json!({}),
                    json!({"resourceClaims": [{"name": "x", "resourceClaimTemplateName": "t"}]}),
                ),
                vec!["pod \"default/new\": ResourceClaim not created yet"; 2],
            ),
        ]);
    }

    #[test]
    fn what_is_not_modelled_is_unknown() {
        for rest in [
            json!({"selectors": [{"cel": {"expression": "device.attributes['x'].y == 1"}}]}),
            json!({"allocationMode": "All"}),
            json!({"adminAccess": true}),
        ] {
            let mut asked = request(1);
            merge(&mut asked["exactly"], rest.clone());
            let more = claim("c", json!({"spec": {"devices": {"requests": [asked]}}}));
            let got = statuses(&mut state(&objects(1, vec![more])), &new());
            assert_eq!(got[0].1.code, Code::Unknown, "{rest}");
        }
    }
}
