//! What a shell may offer in the place of an add-on's name.

use std::collections::BTreeMap;

use cluster::{ApiServer, ConnectionFlags};

use crate::catalogue::Catalogue;
use crate::detect::{Search, detect};
use crate::facts::{Need, read_live};

/// A name and what is said of it.
type Choices = Vec<(String, String)>;

/// The add-ons of the catalogue, with their titles.
#[must_use]
pub fn known() -> Choices {
    let catalogue = crate::catalogue(&[]);
    let addons = catalogue.iter().flat_map(Catalogue::addons);
    addons
        .map(|addon| (addon.name.clone(), addon.title.clone()))
        .collect()
}

/// The add-ons that run in the namespace of the flags, or anywhere, with their versions. None where
/// the cluster can't be read: then there is nothing to offer.
pub async fn running(connection: &ConnectionFlags) -> Choices {
    let Ok(catalogue) = crate::catalogue(&[]) else {
        return Choices::new();
    };
    let Ok(server) = ApiServer::connect(connection) else {
        return Choices::new();
    };
    let Ok(facts) = read_live(&server, Need::Versions).await else {
        return Choices::new();
    };
    let search = Search {
        namespace: connection.namespace.clone().filter(|name| !name.is_empty()),
        ..Search::default()
    };
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in detect(&facts, &catalogue, &search) {
        let version = found.first().and_then(|first| first.version.as_ref());
        let version = version.map_or("?", |version| version.text.as_str());
        let place = format!("{version} in {}", found.namespace);
        places.entry(found.name).or_default().push(place);
    }
    places
        .into_iter()
        .map(|(name, places)| (name, places.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_offered_with_its_titles() {
        let known = known();
        assert!(known.len() >= 30, "{}", known.len());
        assert!(known.contains(&("coredns".into(), "CoreDNS".into())));
    }
}
