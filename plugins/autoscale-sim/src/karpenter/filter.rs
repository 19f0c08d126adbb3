//! Which instance types a claim may still have.
//!
//! Follows upstream's `filterInstanceTypesByRequirements`
//! (`pkg/controllers/provisioning/scheduling/nodeclaim.go`) and `SatisfiesMinValues`
//! (`pkg/cloudprovider/types.go`).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::amounts::Amounts;
use super::instance_type::InstanceType;
use super::names::{Key, Names};
use super::reason::Reason;
use super::requirement::{Requirements, WellKnown};

/// What every instance type is held against.
pub(super) struct Filter<'a> {
    pub(super) all: &'a [Rc<InstanceType>],
    pub(super) well_known: &'a WellKnown,
    pub(super) requirements: &'a Requirements,
    /// What is requested by group of `DaemonSet` pods; none where a port is taken.
    pub(super) requests: &'a [Option<Amounts>],
    pub(super) group_of: &'a [u16],
}

/// What at least one instance type met.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "any of them may hold")]
struct Met {
    requirements: bool,
    fits: bool,
    offering: bool,
    requirements_and_fits: bool,
    requirements_and_offering: bool,
    fits_and_offering: bool,
}

impl Met {
    /// Upstream's sentence about what is missing.
    fn lack(&self) -> &'static str {
        match (self.requirements, self.fits, self.offering) {
            (false, false, false) => {
                "no instance type met the scheduling requirements or had enough resources or had a required offering"
            }
            (false, false, true) => {
                "no instance type met the scheduling requirements or had enough resources"
            }
            (false, true, false) => {
                "no instance type met the scheduling requirements or had a required offering"
            }
            (true, false, false) => {
                "no instance type had enough resources or had a required offering"
            }
            (false, true, true) => "no instance type met all requirements",
            (true, false, true) => "no instance type has enough resources",
            (true, true, false) => "no instance type has the required offering",
            (true, true, true) if self.requirements_and_fits => {
                "no instance type which met the scheduling requirements and had enough resources, had a required offering"
            }
            (true, true, true) if self.fits_and_offering => {
                "no instance type which had enough resources and the required offering met the scheduling requirements"
            }
            (true, true, true) if self.requirements_and_offering => {
                "no instance type which met the scheduling requirements and the required offering had the required resources"
            }
            (true, true, true) => "no instance type met the requirements/resources/offering tuple",
        }
    }
}

impl Filter<'_> {
    fn has_offering(&self, own: &InstanceType) -> bool {
        let mut all = own.offerings.iter().filter(|own| own.available);
        all.any(|offering| {
            self.requirements
                .is_compatible(&offering.requirements, Some(self.well_known))
        })
    }

    /// The types that are left.
    pub(super) fn rest(&self, types: &[u32]) -> Vec<u32> {
        let left = types.iter().copied().filter(|&at| {
            let own = &self.all[at as usize];
            let group = self.group_of[at as usize];
            let requests = self.requests[group as usize].as_ref();
            requests.is_some_and(|requests| requests.fit(&own.allocatable))
                && own.requirements.intersects(self.requirements)
                && self.has_offering(own)
        });
        left.collect()
    }

    /// Why no type is left.
    pub(super) fn explain(&self, types: &[u32]) -> Reason {
        let mut met = Met::default();
        for &at in types {
            let own = &self.all[at as usize];
            let group = self.group_of[at as usize];
            let Some(requests) = &self.requests[group as usize] else {
                continue;
            };
            let offering = self.has_offering(own);
            let fits = offering && requests.fit(&own.allocatable);
            let compatible = own.requirements.intersects(self.requirements);
            met.requirements |= compatible;
            met.fits |= fits;
            met.offering |= offering;
            met.requirements_and_fits |= compatible && fits && !offering;
            met.requirements_and_offering |= compatible && offering && !fits;
            met.fits_and_offering |= fits && offering && !compatible;
        }
        Reason::InstanceTypes { lack: met.lack() }
    }
}

/// The labels of which instance types have too few values between them, with how many they have.
pub(super) fn short_of_values(
    types: &[u32],
    all: &[Rc<InstanceType>],
    requirements: &Requirements,
) -> BTreeMap<Key, i64> {
    let mut short = BTreeMap::new();
    if types.is_empty() {
        return short;
    }
    for requirement in requirements.iter() {
        let Some(least) = requirement.min_values else {
            continue;
        };
        let values: BTreeSet<_> = types
            .iter()
            .filter_map(|&at| all[at as usize].requirements.find(requirement.key))
            .flat_map(|own| own.values())
            .collect();
        let found = i64::try_from(values.len()).unwrap_or(i64::MAX);
        if found < least {
            short.insert(requirement.key, found);
        }
    }
    short
}

/// For each label with `minValues` how many values there must be, and which each type has.
pub(super) fn min_values(
    types: &[u32],
    all: &[Rc<InstanceType>],
    requirements: &Requirements,
) -> Vec<(i64, Vec<Vec<u32>>)> {
    let needed = requirements
        .iter()
        .filter_map(|own| Some((own.key, own.min_values?)));
    needed
        .map(|(key, least)| {
            let of_type = |&at: &u32| {
                let own = all[at as usize].requirements.find(key);
                own.map_or_else(Vec::new, |own| {
                    own.values().iter().map(|own| own.id).collect()
                })
            };
            (least, types.iter().map(of_type).collect())
        })
        .collect()
}

/// The reason to [`short_of_values`].
pub(super) fn too_few_values(short: &BTreeMap<Key, i64>, names: &Names) -> Reason {
    Reason::MinValues {
        labels: short
            .keys()
            .map(|&key| names.text(key).to_owned())
            .collect(),
    }
}
