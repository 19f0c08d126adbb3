//! Label keys, label values and resource names as small numbers.

use std::collections::HashMap;

/// A label key, or the name of a resource.
pub(super) type Key = u32;

/// What stands for "no whole number".
const NO_NUMBER: i64 = i64::MIN;

/// A label value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Value {
    pub(super) id: u32,
    number: i64,
}

impl Value {
    /// The value as a whole number, if it is one.
    pub(super) fn number(self) -> Option<i64> {
        (self.number != NO_NUMBER).then_some(self.number)
    }
}

/// All texts, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    ids: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
    numbers: Vec<i64>,
}

impl Names {
    /// The number of a key; old names of well-known labels become the new ones.
    pub(super) fn key(&mut self, text: &str) -> Key {
        self.intern(normalized(text)).id
    }

    /// The number of a value.
    pub(super) fn value(&mut self, text: &str) -> Value {
        self.intern(text)
    }

    fn intern(&mut self, text: &str) -> Value {
        if let Some(&id) = self.ids.get(text) {
            return Value {
                id,
                number: self.numbers[id as usize],
            };
        }
        let id = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let number = atoi(text).unwrap_or(NO_NUMBER);
        self.ids.insert(text.into(), id);
        self.texts.push(text.into());
        self.numbers.push(number);
        Value { id, number }
    }

    /// The text of a key.
    pub(super) fn text(&self, id: u32) -> &str {
        self.texts.get(id as usize).map_or("", |text| text)
    }
}

/// A whole number as Go's `strconv.Atoi` reads it: a sign and decimal digits.
pub(super) fn atoi(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Follows upstream's `NormalizedLabels` (`pkg/apis/v1/labels.go`).
pub(super) fn normalized(key: &str) -> &str {
    match key {
        "failure-domain.beta.kubernetes.io/zone" => ZONE,
        "failure-domain.beta.kubernetes.io/region" => REGION,
        "beta.kubernetes.io/arch" => ARCH,
        "beta.kubernetes.io/os" => OS,
        "beta.kubernetes.io/instance-type" => INSTANCE_TYPE,
        other => other,
    }
}

/// The label for the zone.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// The label for the region.
pub const REGION: &str = "topology.kubernetes.io/region";
/// The label for the instance type.
pub const INSTANCE_TYPE: &str = "node.kubernetes.io/instance-type";
/// The label for the processor's architecture.
pub const ARCH: &str = "kubernetes.io/arch";
/// The label for the operating system.
pub const OS: &str = "kubernetes.io/os";
/// The label for the host name.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// The label for spot, on-demand or reserved.
pub const CAPACITY_TYPE: &str = "karpenter.sh/capacity-type";
/// The label for the node pool.
pub const NODE_POOL: &str = "karpenter.sh/nodepool";
/// The label of nodes that have registered.
pub const REGISTERED: &str = "karpenter.sh/registered";
/// The label of nodes that are ready for pods.
pub const INITIALIZED: &str = "karpenter.sh/initialized";
/// The label for the build of Windows.
pub const WINDOWS_BUILD: &str = "node.kubernetes.io/windows-build";
