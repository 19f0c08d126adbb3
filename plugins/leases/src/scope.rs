//! Which Leases are asked for.

use cluster::{ListRequest, Resource};
use k8s_openapi::api::coordination::v1 as coordination;

use crate::lease::{LeaseKind, NODE_LEASE_NAMESPACE};

/// The resource this plugin is about.
pub const LEASES: Resource = Resource::of::<coordination::Lease>();

/// Which Leases are asked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scope {
    /// Where; `None` is the whole cluster.
    pub namespace: Option<String>,
    /// Which; empty is all.
    pub names: Vec<String>,
    /// A label selector, as given.
    pub selector: Option<String>,
    /// Of which kind.
    pub kind: KindFilter,
}

/// Which kinds of Lease are asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KindFilter {
    /// All, but node heartbeats only where the namespace or a name asks for them.
    #[default]
    Default,
    /// All.
    All,
    /// Elections, coordinated ones too.
    Election,
    /// Node heartbeats.
    Node,
    /// API server identities.
    ApiServer,
}

impl Scope {
    /// Whether a Lease of this kind is shown.
    #[must_use]
    pub fn shows(&self, kind: LeaseKind) -> bool {
        match self.kind {
            KindFilter::All => true,
            KindFilter::Default => kind != LeaseKind::Node || !self.hides_heartbeats(),
            KindFilter::Election => matches!(kind, LeaseKind::Election | LeaseKind::Coordinated),
            KindFilter::Node => kind == LeaseKind::Node,
            KindFilter::ApiServer => kind == LeaseKind::ApiServer,
        }
    }

    fn hides_heartbeats(&self) -> bool {
        let asked = self.namespace.as_deref() == Some(NODE_LEASE_NAMESPACE);
        !asked && self.names.is_empty()
    }

    /// Whether a Lease of this name is asked for.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|one| one == name)
    }

    /// The request for all of them.
    #[must_use]
    pub fn request(&self) -> ListRequest {
        let fields = match &self.names[..] {
            [only] => Some(format!("metadata.name={only}")),
            _ => None,
        };
        ListRequest {
            labels: self.selector.clone(),
            fields,
            ..ListRequest::new(LEASES, self.namespace.as_deref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_are_hidden_unless_asked_for() {
        let everywhere = Scope::default();
        let heartbeats = Scope {
            namespace: Some(NODE_LEASE_NAMESPACE.into()),
            ..Scope::default()
        };
        let named = Scope {
            names: vec!["node-1".into()],
            ..Scope::default()
        };
        for (scope, kind, expected) in [
            (&everywhere, LeaseKind::Node, false),
            (&everywhere, LeaseKind::Election, true),
            (&everywhere, LeaseKind::ApiServer, true),
            (&heartbeats, LeaseKind::Node, true),
            (&named, LeaseKind::Node, true),
        ] {
            assert_eq!(scope.shows(kind), expected, "{scope:?} {kind}");
        }
    }

    #[test]
    fn a_kind_that_is_asked_for_is_the_only_one_shown() {
        let shown = |kind: KindFilter| {
            let scope = Scope {
                kind,
                ..Scope::default()
            };
            [
                LeaseKind::Election,
                LeaseKind::Coordinated,
                LeaseKind::Node,
                LeaseKind::ApiServer,
            ]
            .map(|kind| scope.shows(kind))
        };
        assert_eq!(shown(KindFilter::All), [true, true, true, true]);
        assert_eq!(shown(KindFilter::Election), [true, true, false, false]);
        assert_eq!(shown(KindFilter::Node), [false, false, true, false]);
        assert_eq!(shown(KindFilter::ApiServer), [false, false, false, true]);
    }

    #[test]
    fn one_name_is_asked_of_the_server_several_are_picked_here() {
        let named = |names: &[&str]| Scope {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            ..Scope::default()
        };
        assert_eq!(
            named(&["a"]).request().fields.as_deref(),
            Some("metadata.name=a")
        );
        assert_eq!(named(&["a", "b"]).request().fields, None);
        assert!(named(&["a", "b"]).names("b") && !named(&["a", "b"]).names("c"));
    }
}
