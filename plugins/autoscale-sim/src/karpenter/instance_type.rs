//! Instance types, in the JSON form of Karpenter's kwok provider.
//!
//! Follows upstream's `kwok/cloudprovider/helpers.go` and `pkg/cloudprovider/types.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde::Deserialize;

use super::amounts::{Amounts, nanos};
use super::input::Settings;
use super::names::{ARCH, CAPACITY_TYPE, INSTANCE_TYPE, Names, OS, Value, ZONE};
use super::requirement::{Requirement, Requirements, WellKnown};

/// An instance type as it is written.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct InstanceTypeSpec {
    /// Its name.
    pub name: String,
    /// Where and how it is sold.
    #[serde(default)]
    pub offerings: Vec<OfferingSpec>,
    /// Of the processor: amd64, arm64.
    #[serde(default)]
    pub architecture: String,
    /// Operating systems: linux, windows.
    #[serde(default)]
    pub operating_systems: Vec<String>,
    /// What it has. Without `pods`, 110 of them.
    #[serde(default)]
    pub resources: BTreeMap<String, Quantity>,
}

/// Where and how an instance type is sold.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct OfferingSpec {
    /// For an hour.
    #[serde(rename = "Price", alias = "price", default)]
    pub price: f64,
    /// Whether there are any; without a word, there are.
    #[serde(rename = "Available", alias = "available", default)]
    pub available: Option<bool>,
    /// Of a reservation, how many are left.
    #[serde(rename = "ReservationCapacity", alias = "reservationCapacity", default)]
    pub reservation_capacity: i64,
    /// Zone and capacity type, at least.
    #[serde(rename = "Requirements", alias = "requirements", default)]
    pub requirements: Vec<OfferingRequirement>,
}

/// What a label is of a node from an offering.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct OfferingRequirement {
    /// The label's key.
    pub key: String,
    /// Usually `In`.
    pub operator: String,
    /// Values.
    #[serde(default)]
    pub values: Vec<String>,
}

/// Reads a list of instance types.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub fn read_instance_types(text: &str) -> Result<Vec<InstanceTypeSpec>, String> {
    let all: Vec<InstanceTypeSpec> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    if all.is_empty() {
        return Err("the list is empty: there is nothing to make a node of".to_owned());
    }
    for one in &all {
        one.check()?;
    }
    Ok(all)
}

impl InstanceTypeSpec {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if name.is_empty() {
            return Err("an instance type has no name".to_owned());
        }
        for resource in ["cpu", "memory"] {
            if !self.resources.contains_key(resource) {
                return Err(format!("{name}: resources has no {resource}"));
            }
        }
        for (resource, amount) in &self.resources {
            if scheduler::quantity::Quantity::parse(&amount.0).is_err() {
                return Err(format!(
                    "{name}: {resource}: \"{}\" is no quantity",
                    amount.0
                ));
            }
        }
        if self.architecture.is_empty() {
            return Err(format!("{name}: architecture is missing"));
        }
        if self.operating_systems.is_empty() {
            return Err(format!("{name}: operatingSystems is missing"));
        }
        if self.offerings.is_empty() {
            return Err(format!("{name}: there are no offerings"));
        }
        for offering in &self.offerings {
            for key in [ZONE, CAPACITY_TYPE] {
                if offering.values_of(key).is_empty() {
                    return Err(format!("{name}: an offering does not say its {key}"));
                }
            }
            if !offering.price.is_finite() || offering.price < 0.0 {
                return Err(format!("{name}: {} is no price", offering.price));
            }
        }
        Ok(())
    }
}

impl OfferingSpec {
    pub(super) fn values_of(&self, key: &str) -> &[String] {
        let mut all = self.requirements.iter();
        all.find(|own| own.key == key)
            .map_or(&[], |own| own.values.as_slice())
    }
}

/// An instance type to choose from.
#[derive(Debug)]
pub(super) struct InstanceType {
    pub(super) name: String,
    pub(super) requirements: Requirements,
    pub(super) offerings: Vec<Offering>,
    pub(super) capacity: Amounts,
    pub(super) allocatable: Amounts,
}

/// An offering to choose from.
#[derive(Debug)]
pub(super) struct Offering {
    pub(super) price: f64,
    pub(super) available: bool,
    pub(super) requirements: Requirements,
    pub(super) reservation: Option<(Value, i64)>,
}

/// The provider's labels of an instance type; its nodes' sizes are known by them.
const LABEL_PREFIX: &str = "karpenter.kwok.sh/instance-";

/// All types, and the labels that may be asked for though no pool has them.
pub(super) fn build(
    specs: &[InstanceTypeSpec],
    settings: &Settings,
    names: &mut Names,
) -> (Vec<Rc<InstanceType>>, WellKnown) {
    let mut well_known = WellKnown::default();
    let own = ["size", "family", "cpu", "memory"].map(|label| format!("{LABEL_PREFIX}{label}"));
    let given = [
        super::names::NODE_POOL,
        ZONE,
        super::names::REGION,
        INSTANCE_TYPE,
        ARCH,
        OS,
        CAPACITY_TYPE,
        super::names::WINDOWS_BUILD,
    ];
    for key in given.into_iter().chain(own.iter().map(String::as_str)) {
        well_known.insert(names.key(key));
    }
    for spec in specs {
        for requirement in spec.offerings.iter().flat_map(|own| &own.requirements) {
            // Upstream takes these keys as they are written.
            well_known.insert(names.value(&requirement.key).id);
        }
    }
    let types = specs.iter().map(|spec| Rc::new(one(spec, settings, names)));
    (types.collect(), well_known)
}

fn one(spec: &InstanceTypeSpec, settings: &Settings, names: &mut Names) -> InstanceType {
    let (cpu, memory) = (size(spec, "cpu"), size(spec, "memory"));
    let mut capacity = Amounts::read(Some(&spec.resources), names);
    let pods = names.key("pods");
    if capacity.find(pods).is_none() {
        capacity.set(pods, nanos("110"));
    }
    let unique = |key: &str| {
        let mut all: Vec<String> = Vec::new();
        for value in spec.offerings.iter().flat_map(|own| own.values_of(key)) {
            if !all.contains(value) {
                all.push(value.clone());
            }
        }
        all
    };
    let labels = [
        (INSTANCE_TYPE.to_owned(), vec![spec.name.clone()]),
        (ARCH.to_owned(), vec![spec.architecture.clone()]),
        (OS.to_owned(), spec.operating_systems.clone()),
        (ZONE.to_owned(), unique(ZONE)),
        (CAPACITY_TYPE.to_owned(), unique(CAPACITY_TYPE)),
        (
            format!("{LABEL_PREFIX}size"),
            vec![size_name(&spec.name, &cpu)],
        ),
        (format!("{LABEL_PREFIX}family"), vec![family(&spec.name)]),
        (format!("{LABEL_PREFIX}cpu"), vec![cpu]),
        (format!("{LABEL_PREFIX}memory"), vec![memory]),
    ];
    let mut requirements = Requirements::default();
    for (key, values) in labels {
        let key = names.key(&key);
        let own = Requirement::read(key, "In", &values, None, names);
        requirements.add(Rc::new(own));
    }
    InstanceType {
        name: spec.name.clone(),
        requirements,
        offerings: spec
            .offerings
            .iter()
            .map(|own| offering(own, settings, names))
            .collect(),
        allocatable: allocatable(&capacity, names),
        capacity,
    }
}

fn offering(spec: &OfferingSpec, settings: &Settings, names: &mut Names) -> Offering {
    let mut requirements = Requirements::default();
    for own in &spec.requirements {
        let key = names.key(&own.key);
        let own = Requirement::read(key, &own.operator, &own.values, None, names);
        requirements.add(Rc::new(own));
    }
    let is_reserved = requirements
        .find(names.key(CAPACITY_TYPE))
        .and_then(|own| own.single())
        .is_some_and(|value| value == names.value("reserved"));
    let id = requirements.find(names.key(&settings.reservation_id));
    let reservation = id
        .and_then(|own| own.single())
        .filter(|_| is_reserved)
        .map(|id| (id, spec.reservation_capacity));
    Offering {
        price: spec.price,
        available: spec.available.unwrap_or(true),
        requirements,
        reservation,
    }
}

/// What is left of the capacity for pods: the provider keeps 100m and 10Mi, and huge pages are no
/// ordinary memory.
fn allocatable(capacity: &Amounts, names: &mut Names) -> Amounts {
    let memory = names.key("memory");
    let mut overhead = Amounts::default();
    overhead.set(names.key("cpu"), nanos("100m"));
    overhead.set(memory, nanos("10Mi"));
    let mut rest = capacity.less(&overhead);
    for (resource, amount) in capacity.iter() {
        if names.text(resource).starts_with("hugepages-") {
            let left: i128 = rest.get(memory) - amount;
            rest.set(memory, left.max(0));
        }
    }
    rest
}

/// A resource as Kubernetes writes its amount.
fn size(spec: &InstanceTypeSpec, resource: &str) -> String {
    let text = spec.resources.get(resource).map_or("", |own| own.0.trim());
    canonical(text)
}

/// The canonical form of a quantity. Go keeps the text of a quantity that it has just parsed only
/// where nothing was rounded, so binary multiples are written with the largest suffix that fits.
fn canonical(text: &str) -> String {
    let digits_end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+'))
        .unwrap_or(text.len());
    let suffix = &text[digits_end..];
    let amount = nanos(text);
    if suffix.ends_with('i') {
        return binary(amount);
    }
    if suffix.starts_with(['e', 'E']) && suffix.len() > 1 {
        return text.to_owned();
    }
    decimal(amount)
}

fn binary(amount: i128) -> String {
    let unit = super::amounts::UNIT;
    if amount % unit != 0 {
        return decimal(amount);
    }
    let mut whole = amount / unit;
    let mut suffix = "";
    for next in ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] {
        if whole == 0 || whole % 1024 != 0 {
            break;
        }
        whole /= 1024;
        suffix = next;
    }
    format!("{whole}{suffix}")
}

fn decimal(amount: i128) -> String {
    if amount == 0 {
        return "0".to_owned();
    }
    let mut whole = amount;
    let mut suffix = "n";
    for next in ["u", "m", "", "k", "M", "G", "T", "P", "E"] {
        if whole % 1000 != 0 {
            break;
        }
        whole /= 1000;
        suffix = next;
    }
    format!("{whole}{suffix}")
}

/// The size in a name like those of AWS, else the processors.
fn size_name(name: &str, cpu: &str) -> String {
    let is_word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let Some((family, size)) = name.split_once('.') else {
        return cpu.to_owned();
    };
    let sizes = ["nano", "micro", "small", "medium", "large", "metal"];
    let digits = size.strip_suffix("xlarge");
    let is_size = sizes.contains(&size)
        || digits.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit()));
    if is_word(family) && is_size {
        size.to_owned()
    } else {
        cpu.to_owned()
    }
}

/// What comes before the first `.` or `-` of a name, else its first letter.
fn family(name: &str) -> String {
    match name.split_once(['.', '-']) {
        Some((family, _)) => family.to_owned(),
        None => name.chars().take(1).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &str = r#"[{"name": "c-4x-amd64-linux", "architecture": "amd64",
        "operatingSystems": ["linux"], "resources": {"cpu": "4", "memory": "8Gi"},
        "offerings": [{"Price": 0.1, "Available": true, "Requirements": [
            {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]},
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a"]}]}]}]"#;

    #[test]
    fn a_type_is_read() {
        let specs = read_instance_types(TYPES).unwrap();
        let mut names = Names::default();
        let (types, well_known) = build(&specs, &Settings::default(), &mut names);
        let own = &types[0];
        assert_eq!(own.allocatable.get(names.key("cpu")), nanos("3900m"));
        assert_eq!(own.allocatable.get(names.key("pods")), nanos("110"));
        let label = |names: &mut Names, label: &str| {
            let key = names.key(&format!("karpenter.kwok.sh/instance-{label}"));
            own.requirements.get(key).describe(names)
        };
        assert!(label(&mut names, "memory").ends_with("In [8Gi]"));
        assert!(label(&mut names, "family").ends_with("In [c]"));
        assert!(label(&mut names, "size").ends_with("In [4]"));
        assert!(well_known.has(names.key(CAPACITY_TYPE)));
    }

    #[test]
    fn mistakes_are_named() {
        for (from, to, expected) in [
            (
                "\"cpu\": \"4\", ",
                "",
                "c-4x-amd64-linux: resources has no cpu",
            ),
            ("8Gi", "8Xi", "\"8Xi\" is no quantity"),
            ("0.1", "-1", "-1 is no price"),
            (
                "karpenter.sh/capacity-type",
                "other",
                "does not say its karpenter.sh/capacity-type",
            ),
            ("[\"linux\"]", "[]", "operatingSystems is missing"),
        ] {
            let error = read_instance_types(&TYPES.replace(from, to)).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(read_instance_types("[]").unwrap_err().contains("empty"));
        assert!(read_instance_types("{}").is_err());
    }

    #[test]
    fn quantities_as_kubernetes_writes_them() {
        for (text, expected) in [
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("2000m", "2"),
            ("0.5", "500m"),
            ("16384", "16384"),
            ("1000M", "1G"),
        ] {
            assert_eq!(canonical(text), expected);
        }
        assert_eq!(size_name("m5.2xlarge", "8"), "2xlarge");
        assert_eq!(size_name("m5.huge", "8"), "8");
        assert_eq!(family("m5.large"), "m5");
    }
}
