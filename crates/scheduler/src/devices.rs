//! Resource claims and devices (DRA), as far as devices are counted.
//!
//! Follows kubernetes/dynamic-resource-allocation `structured/internal/incubating` (pools and
//! allocation). Modelled are claims for a count of whole devices, chosen by driver. Everything else
//! (attributes, capacities, counters, taints, alternatives, constraints, admin access, extended
//! resources) is kept as a reason why the answer is unknown.

use k8s_openapi::api::resource::v1::{
    Device, DeviceClass, DeviceRequest, DeviceSelector, ResourceClaim, ResourceSlice,
};

use crate::intern::{FastMap, Interner, Sym};
use crate::needs::{NodeFace, NodeTerm, node_terms};

/// Driver, pool and name.
pub(crate) type DeviceId = (Sym, Sym, Sym);

/// What a list of selectors asks: all of these drivers at once, or something not modelled.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    drivers: Vec<Sym>,
    never: bool,
    pub(crate) unknown: bool,
}

impl Selection {
    fn read(selectors: Option<&Vec<DeviceSelector>>, texts: &mut Interner) -> Self {
        let mut all = Self {
            drivers: Vec::new(),
            never: false,
            unknown: false,
        };
        for selector in selectors.into_iter().flatten() {
            let expression = selector
                .cel
                .as_ref()
                .map_or("", |cel| cel.expression.trim());
            match expression {
                "true" => {}
                "false" => all.never = true,
                _ => match driver_of(expression) {
                    Some(driver) => all.drivers.push(texts.intern(driver)),
                    None => all.unknown = true,
                },
            }
        }
        all
    }

    pub(crate) fn selects(&self, driver: Sym) -> bool {
        !self.never && self.drivers.iter().all(|&own| own == driver)
    }
}

/// The driver in `device.driver == "…"`.
fn driver_of(expression: &str) -> Option<&str> {
    let rest = expression.strip_prefix("device.driver")?.trim_start();
    let literal = rest.strip_prefix("==")?.trim();
    let quote = literal
        .chars()
        .next()
        .filter(|own| matches!(own, '"' | '\''))?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    let plain = |own: char| own.is_ascii_alphanumeric() || matches!(own, '.' | '-' | '/');
    inner.chars().all(plain).then_some(inner)
}

/// One request of a claim.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) name: Sym,
    /// The device classes it names, each with upstream's name for the (sub)request.
    pub(crate) classes: Vec<(Sym, Box<str>)>,
    /// Whether it is of a kind that upstream knows.
    pub(crate) known_kind: bool,
    pub(crate) count: usize,
    pub(crate) selection: Selection,
    /// What of it is not modelled.
    pub(crate) unknown: Option<&'static str>,
}

/// A claim.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) deleting: bool,
    /// UID of the controller that owns it.
    pub(crate) controller: Option<Sym>,
    pub(crate) allocated: bool,
    /// Where the allocated devices can be used.
    pub(crate) terms: Option<Vec<NodeTerm>>,
    pub(crate) devices: Vec<DeviceId>,
    pub(crate) requests: Vec<Request>,
    /// What of it is not modelled.
    pub(crate) unknown: Option<&'static str>,
}

#[derive(Clone, Debug)]
enum Reach {
    All,
    Node(Sym),
    Terms(Vec<NodeTerm>),
    Nowhere,
}

#[derive(Clone, Debug)]
struct Slice {
    name: Sym,
    driver: Sym,
    pool: Sym,
    generation: i64,
    slices: i64,
    reach: Reach,
    devices: Vec<Sym>,
    unknown: Option<&'static str>,
}

/// All device objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    /// Extended resources that device classes stand in for.
    pub(crate) extended: FastMap<Sym, Sym>,
    pub(crate) classes: FastMap<Sym, Selection>,
    pub(crate) claims: FastMap<(Sym, Sym), Claim>,
    slices: Vec<Slice>,
}

impl Devices {
    pub(crate) fn add_class(&mut self, class: &DeviceClass, texts: &mut Interner) {
        let name = class.metadata.name.as_deref().unwrap_or_default();
        let own = texts.intern(name);
        let implicit = texts.intern(&format!("deviceclass.resource.kubernetes.io/{name}"));
        self.extended.retain(|_, class| *class != own);
        self.extended.insert(implicit, own);
        if let Some(resource) = &class.spec.extended_resource_name {
            self.extended.insert(texts.intern(resource), own);
        }
        self.classes
            .insert(own, Selection::read(class.spec.selectors.as_ref(), texts));
    }

    pub(crate) fn add_claim(&mut self, claim: &ResourceClaim, texts: &mut Interner) {
        let meta = &claim.metadata;
        let key = (
            texts.intern(meta.namespace.as_deref().unwrap_or_default()),
            texts.intern(meta.name.as_deref().unwrap_or_default()),
        );
        let owners = meta.owner_references.iter().flatten();
        let controller = owners.clone().find(|owner| owner.controller == Some(true));
        let spec = claim.spec.devices.as_ref();
        let allocation = claim
            .status
            .as_ref()
            .and_then(|status| status.allocation.as_ref());
        let results = allocation.and_then(|own| own.devices.as_ref()?.results.as_ref());
        let constraints = spec.and_then(|spec| spec.constraints.as_ref());
        let mut unknown = None;
        if constraints.is_some_and(|all| !all.is_empty()) {
            unknown = Some("constraints between devices are not modelled");
        }
        let mut devices = Vec::new();
        for own in results.into_iter().flatten() {
            if own
                .binding_conditions
                .as_ref()
                .is_some_and(|all| !all.is_empty())
            {
                unknown = Some("binding conditions of devices are not modelled");
            }
            if own.admin_access != Some(true) {
                devices.push((
                    texts.intern(&own.driver),
                    texts.intern(&own.pool),
                    texts.intern(&own.device),
                ));
            }
        }
        let requests = spec.and_then(|spec| spec.requests.as_ref());
        let own = Claim {
            deleting: meta.deletion_timestamp.is_some(),
            controller: controller.map(|owner| texts.intern(&owner.uid)),
            allocated: allocation.is_some(),
            terms: allocation
                .and_then(|own| own.node_selector.as_ref())
                .map(|selector| node_terms(selector, texts)),
            devices,
            requests: requests
                .into_iter()
                .flatten()
                .map(|own| request(own, texts))
                .collect(),
            unknown,
        };
        self.claims.insert(key, own);
    }

    pub(crate) fn add_slice(&mut self, slice: &ResourceSlice, texts: &mut Interner) {
        let spec = &slice.spec;
        let node = spec.node_name.as_deref().filter(|name| !name.is_empty());
        let reach = if let Some(node) = node {
            Reach::Node(texts.intern(node))
        } else if spec.all_nodes == Some(true) {
            Reach::All
        } else if let Some(selector) = &spec.node_selector {
            Reach::Terms(node_terms(selector, texts))
        } else {
            Reach::Nowhere
        };
        let mut unknown = spec.devices.iter().flatten().find_map(unlike);
        if spec.per_device_node_selection == Some(true) {
            unknown = Some("devices that choose their nodes one by one are not modelled");
        }
        if spec
            .shared_counters
            .as_ref()
            .is_some_and(|all| !all.is_empty())
        {
            unknown = Some("devices that share counters are not modelled");
        }
        let own = Slice {
            name: texts.intern(slice.metadata.name.as_deref().unwrap_or_default()),
            driver: texts.intern(&spec.driver),
            pool: texts.intern(&spec.pool.name),
            generation: spec.pool.generation,
            slices: spec.pool.resource_slice_count,
            reach,
            devices: spec
                .devices
                .iter()
                .flatten()
                .map(|own| texts.intern(&own.name))
                .collect(),
            unknown,
        };
        self.slices.retain(|other| other.name != own.name);
        self.slices.push(own);
    }

    /// The devices a node can use, allocated or not.
    pub(crate) fn on_node(
        &self,
        face: &NodeFace<'_>,
        texts: &Interner,
    ) -> Result<Vec<DeviceId>, &'static str> {
        let mut pools: FastMap<(Sym, Sym), Vec<&Slice>> = FastMap::default();
        for slice in &self.slices {
            let here = match &slice.reach {
                Reach::All => true,
                Reach::Node(name) => face.name == Some(*name),
                Reach::Terms(terms) => terms.iter().any(|term| term.matches(face, texts)),
                Reach::Nowhere => false,
            };
            if slice.unknown.is_some() && !matches!(slice.reach, Reach::Node(_)) {
                // Whether such a slice reaches this node is part of what is not modelled.
                return Err(slice.unknown.unwrap_or_default());
            }
            if here {
                pools
                    .entry((slice.driver, slice.pool))
                    .or_default()
                    .push(slice);
            }
        }
        let mut all = Vec::new();
        for ((driver, pool), mut slices) in pools {
            let latest = slices
                .iter()
                .map(|slice| slice.generation)
                .max()
                .unwrap_or(0);
            slices.retain(|slice| slice.generation == latest);
            if self.is_current(driver, pool, latest, &slices)? {
                for slice in slices {
                    if let Some(why) = slice.unknown {
                        return Err(why);
                    }
                    all.extend(slice.devices.iter().map(|&device| (driver, pool, device)));
                }
            }
        }
        let mut names = all.clone();
        names.sort_unstable();
        names.dedup();
        if names.len() != all.len() {
            return Err("a pool names a device twice, which is not modelled");
        }
        Ok(all)
    }

    /// Whether a pool is complete, and not known in a later generation elsewhere.
    fn is_current(
        &self,
        driver: Sym,
        pool: Sym,
        generation: i64,
        here: &[&Slice],
    ) -> Result<bool, &'static str> {
        let wanted = here.first().map_or(0, |slice| slice.slices);
        let complete = |count: usize| i64::try_from(count) == Ok(wanted);
        if complete(here.len()) {
            return Ok(true);
        }
        let all = || {
            self.slices
                .iter()
                .filter(|slice| slice.driver == driver && slice.pool == pool)
        };
        if all().any(|slice| slice.generation > generation) {
            return Ok(false);
        }
        if complete(all().filter(|slice| slice.generation == generation).count()) {
            return Ok(true);
        }
        Err("a pool of devices is incomplete, which is not modelled")
    }
}

/// What of a device is more than a name.
fn unlike(device: &Device) -> Option<&'static str> {
    if device.allow_multiple_allocations == Some(true) {
        return Some("devices that are shared are not modelled");
    }
    if device
        .consumes_counters
        .as_ref()
        .is_some_and(|all| !all.is_empty())
    {
        return Some("devices that share counters are not modelled");
    }
    if device
        .taints
        .iter()
        .flatten()
        .any(|taint| taint.effect != "None")
    {
        return Some("taints of devices are not modelled");
    }
    let binds = device.binds_to_node == Some(true)
        || device
            .binding_conditions
            .as_ref()
            .is_some_and(|all| !all.is_empty());
    binds.then_some("binding conditions of devices are not modelled")
}

fn request(own: &DeviceRequest, texts: &mut Interner) -> Request {
    let mut read = Request {
        name: texts.intern(&own.name),
        classes: Vec::new(),
        known_kind: true,
        count: 0,
        selection: Selection {
            drivers: Vec::new(),
            never: false,
            unknown: false,
        },
        unknown: None,
    };
    if let Some(exactly) = &own.exactly {
        read.classes.push((
            texts.intern(&exactly.device_class_name),
            own.name.as_str().into(),
        ));
        read.selection = Selection::read(exactly.selectors.as_ref(), texts);
        read.count = usize::try_from(exactly.count.unwrap_or(0)).unwrap_or(0);
        if exactly.admin_access == Some(true) {
            read.unknown = Some("admin access to devices is not modelled");
        } else if exactly.capacity.is_some() {
            read.unknown = Some("requests for a capacity are not modelled");
        } else if exactly.allocation_mode.as_deref() != Some("ExactCount") || read.count == 0 {
            read.unknown = Some("requests without a count of devices are not modelled");
        } else if read.selection.unknown {
            read.unknown = Some("selectors other than by driver are not modelled");
        }
    } else if let Some(alternatives) = own.first_available.as_ref().filter(|all| !all.is_empty()) {
        for sub in alternatives {
            let name = format!("{}/{}", own.name, sub.name);
            read.classes
                .push((texts.intern(&sub.device_class_name), name.into()));
        }
        read.unknown = Some("requests with alternatives are not modelled");
    } else {
        read.known_kind = false;
    }
    read
}
