//! Which kind of object is asked for.

use k8s_openapi::Resource as KubernetesType;

/// A resource of the Kubernetes API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The API version without its group.
    pub version: &'static str,
    /// The kind, as in `Lease`.
    pub kind: &'static str,
    /// The plural, as in `leases`.
    pub plural: &'static str,
}

impl Resource {
    /// The resource behind a typed object.
    #[must_use]
    pub const fn of<T: KubernetesType>() -> Self {
        Self {
            group: T::GROUP,
            version: T::VERSION,
            kind: T::KIND,
            plural: T::URL_PATH_SEGMENT,
        }
    }

    /// The path of all objects in a namespace, or in the whole cluster.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            "/api"
        } else {
            "/apis"
        };
        let separator = if self.group.is_empty() { "" } else { "/" };
        let place = namespace.map_or(String::new(), |namespace| {
            format!("/namespaces/{namespace}")
        });
        format!(
            "{root}{separator}{}/{}{place}/{}",
            self.group, self.version, self.plural
        )
    }

    /// The name as kubectl's messages write it: `leases.coordination.k8s.io`.
    #[must_use]
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_owned()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// Whether an object with these type fields is one of this resource.
    #[must_use]
    pub fn matches(&self, api_version: &str, kind: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        kind == self.kind && group == self.group && version == self.version
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::{coordination::v1::Lease, core::v1::Node};

    use super::*;

    #[test]
    fn paths_follow_the_api_conventions() {
        let leases = Resource::of::<Lease>();
        let nodes = Resource::of::<Node>();
        assert_eq!(
            leases.path(Some("kube-system")),
            "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
        );
        assert_eq!(leases.path(None), "/apis/coordination.k8s.io/v1/leases");
        assert_eq!(nodes.path(None), "/api/v1/nodes");
        assert_eq!(leases.qualified(), "leases.coordination.k8s.io");
        assert_eq!(nodes.qualified(), "nodes");
    }

    #[test]
    fn only_the_same_group_version_and_kind_match() {
        let leases = Resource::of::<Lease>();
        assert!(leases.matches("coordination.k8s.io/v1", "Lease"));
        assert!(!leases.matches("coordination.k8s.io/v1beta1", "Lease"));
        assert!(!leases.matches("v1", "Lease"));
        assert!(!leases.matches("coordination.k8s.io/v1", "LeaseCandidate"));
    }
}
