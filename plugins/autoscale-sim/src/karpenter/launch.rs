//! What a claim is launched as: the cheapest.
//!
//! Follows upstream's `OrderByPrice` (`pkg/cloudprovider/types.go`) and the kwok provider's choice
//! (`kwok/cloudprovider/cloudprovider.go`, `toNode`).

use std::rc::Rc;

use super::go_sort;
use super::instance_type::{InstanceType, Offering};
use super::names::{CAPACITY_TYPE, Names, ZONE};
use super::outcome::Launch;
use super::requirement::{Requirements, WellKnown};

fn open<'a>(
    own: &'a InstanceType,
    requirements: &'a Requirements,
    well_known: &'a WellKnown,
) -> impl Iterator<Item = &'a Offering> {
    own.offerings
        .iter()
        .filter(|own| own.available)
        .filter(|own| requirements.is_compatible(&own.requirements, Some(well_known)))
}

fn cheapest(own: &InstanceType, requirements: &Requirements, well_known: &WellKnown) -> f64 {
    let prices = open(own, requirements, well_known).map(|own| own.price);
    prices.fold(f64::MAX, f64::min)
}

/// Sorts by the cheapest offering that is open.
pub(super) fn by_price(
    types: &[u32],
    all: &[Rc<InstanceType>],
    requirements: &Requirements,
    well_known: &WellKnown,
) -> Vec<u32> {
    let mut priced: Vec<(f64, u32)> = types
        .iter()
        .map(|&at| (cheapest(&all[at as usize], requirements, well_known), at))
        .collect();
    go_sort::sort(&mut priced, |one, other| one.0 < other.0);
    priced.into_iter().map(|(_, at)| at).collect()
}

/// For each type the lowest price, and the highest that a launch may come to: of reserved offerings
/// if there are any, else of spot, else of those on demand.
pub(super) fn prices(
    types: &[u32],
    all: &[Rc<InstanceType>],
    requirements: &Requirements,
    well_known: &WellKnown,
    names: &mut Names,
) -> Vec<(f64, f64)> {
    let key = names.key(CAPACITY_TYPE);
    let kinds = ["reserved", "spot", "on-demand"].map(|own| names.value(own));
    types
        .iter()
        .map(|&at| {
            let own = &all[at as usize];
            let worst = kinds.iter().find_map(|kind| {
                let of_kind = open(own, requirements, well_known)
                    .filter(|own| own.requirements.get(key).has(*kind));
                of_kind.map(|own| own.price).reduce(f64::max)
            });
            let least = cheapest(own, requirements, well_known);
            (least, worst.unwrap_or(f64::MAX))
        })
        .collect()
}

/// All ways to launch at the lowest price.
pub(super) fn launches(
    types: &[u32],
    all: &[Rc<InstanceType>],
    requirements: &Requirements,
    well_known: &WellKnown,
    names: &mut Names,
) -> Vec<Launch> {
    let prices = types
        .iter()
        .map(|&at| cheapest(&all[at as usize], requirements, well_known));
    let least = prices.fold(f64::MAX, f64::min);
    let (zone, capacity_type) = (names.key(ZONE), names.key(CAPACITY_TYPE));
    let mut found = Vec::new();
    for &at in types {
        let own = &all[at as usize];
        for offering in open(own, requirements, well_known) {
            if offering.price.total_cmp(&least).is_ne() {
                continue;
            }
            let value = |key| {
                let value = offering.requirements.find(key).and_then(|own| own.single());
                value.map_or_else(String::new, |own| names.text(own.id).to_owned())
            };
            found.push(Launch {
                instance_type: own.name.clone(),
                zone: value(zone),
                capacity_type: value(capacity_type),
                price: offering.price,
            });
        }
    }
    found
}
