//! Image references, and what a repository's name says of where it comes from.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// The registry of references that name none.
const DEFAULT_REGISTRY: &str = "docker.io";

/// An image as a pod names it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Reference {
    /// Host, and port where there is one: `registry.k8s.io`, `127.0.0.1:5000`.
    pub registry: String,
    /// Path without registry and tag: `coredns/coredns`.
    pub repository: String,
    /// The tag, if there is one.
    pub tag: Option<String>,
    /// The digest, if it is pinned: `sha256:…`.
    pub digest: Option<String>,
}

impl Reference {
    /// Reads a reference by the rules of distribution/reference (`normalize.go`): the first part
    /// is a host if it has a dot or a colon or is `localhost`. `None` for what is no reference.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (text, None),
        };
        let path_start = name.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match name[path_start..].rfind(':') {
            Some(colon) => {
                let colon = path_start + colon;
                (&name[..colon], Some(name[colon + 1..].to_owned()))
            }
            None => (name, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => (DEFAULT_REGISTRY, name),
        };
        let registry = canonical_registry(registry);
        let whole = path.split('/').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        });
        if !whole || tag.as_deref() == Some("") || digest.as_deref() == Some("") {
            return None;
        }
        let repository = if registry == DEFAULT_REGISTRY && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        Some(Self {
            registry: registry.to_owned(),
            repository,
            tag,
            digest,
        })
    }

    /// `registry.k8s.io/coredns/coredns`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(formatter, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// The names under which one registry is known.
fn canonical_registry(registry: &str) -> &str {
    match registry {
        "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com" => DEFAULT_REGISTRY,
        // Frozen in 2023; the same images under the older name.
        "k8s.gcr.io" => "registry.k8s.io",
        other => other,
    }
}

/// Who built an image that is not upstream's own.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Upstream's own repository.
    Upstream,
    /// Upstream's image in another registry.
    Mirror,
    /// Amazon EKS.
    Eks,
    /// Amazon EKS Distro.
    EksDistro,
    /// Rancher's copies.
    Rancher,
    /// RKE2's hardened builds.
    Rke2,
    /// Azure AKS.
    Aks,
    /// Google GKE.
    Gke,
    /// Bitnami.
    Bitnami,
}

impl Origin {
    /// Whether somebody other than upstream built it, with tags of their own.
    #[must_use]
    pub fn is_vendor(self) -> bool {
        !matches!(self, Self::Upstream | Self::Mirror)
    }
}

/// The vendor that a repository belongs to, and the name that the vendor gave the image.
#[must_use]
pub fn vendor(reference: &Reference) -> Option<(Origin, &str)> {
    let (registry, path) = (reference.registry.as_str(), reference.repository.as_str());
    if is_private_ecr(registry) {
        return Some((Origin::Eks, path.strip_prefix("eks/").unwrap_or(path)));
    }
    if let Some((_, name)) = split_at(path, "rancher/mirrored-") {
        return Some((Origin::Rancher, name));
    }
    if let Some((_, name)) = split_at(path, "rancher/hardened-") {
        return Some((Origin::Rke2, name));
    }
    match registry {
        "public.ecr.aws" => path
            .strip_prefix("eks-distro/")
            .map(|name| (Origin::EksDistro, name)),
        "mcr.microsoft.com" => path
            .strip_prefix("oss/")
            .map(|name| (Origin::Aks, name.strip_prefix("v2/").unwrap_or(name))),
        "gke.gcr.io" => Some((Origin::Gke, path)),
        DEFAULT_REGISTRY => ["bitnami/", "bitnamilegacy/"]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix))
            .map(|name| (Origin::Bitnami, name)),
        _ => None,
    }
}

/// `602401143452.dkr.ecr.eu-west-1.amazonaws.com`.
fn is_private_ecr(registry: &str) -> bool {
    registry.contains(".dkr.ecr.")
        && (registry.ends_with(".amazonaws.com") || registry.ends_with(".amazonaws.com.cn"))
}

/// Splits at a part of a path that begins where a component does.
fn split_at<'a>(path: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let start = path.find(part)?;
    let begins = start == 0 || path.as_bytes()[start - 1] == b'/';
    begins.then(|| (&path[..start], &path[start + part.len()..]))
}

/// How well an image's name agrees with one of a catalogue's; smaller is better.
#[must_use]
pub fn agreement(
    reference: &Reference,
    known: &Reference,
    aliases: &[String],
) -> Option<(u8, Origin)> {
    if reference.registry == known.registry && reference.repository == known.repository {
        return Some((0, Origin::Upstream));
    }
    let path = reference.repository.as_str();
    let last = path.rsplit('/').next().unwrap_or(path);
    if let Some((origin, name)) = vendor(reference) {
        let name_end = name.rsplit('/').next().unwrap_or(name);
        let known_end = known.repository.rsplit('/').next();
        let joined = known.repository.replace('/', "-");
        let known_name = known_end == Some(name_end)
            || joined == name
            || aliases.iter().any(|alias| alias == name_end);
        return known_name.then_some((1, origin));
    }
    // A mirror that keeps the registry's name as a part of the path, or that leaves it out.
    let with_registry = known.name();
    if ends_with_path(path, &with_registry) {
        return Some((2, Origin::Mirror));
    }
    if known.repository.contains('/') && ends_with_path(path, &known.repository) {
        return Some((3, Origin::Mirror));
    }
    let public = is_public(&reference.registry);
    let alias = aliases.iter().any(|alias| alias == last);
    (!public && alias).then_some((4, Origin::Mirror))
}

fn ends_with_path(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|start| start.is_empty() || start.ends_with('/'))
}

/// Registries in which anybody has a namespace: a like name there is no copy.
fn is_public(registry: &str) -> bool {
    [
        DEFAULT_REGISTRY,
        "quay.io",
        "ghcr.io",
        "gcr.io",
        "public.ecr.aws",
        "registry.gitlab.com",
        "mcr.microsoft.com",
    ]
    .contains(&registry)
        || registry.ends_with(".gcr.io")
        || registry.ends_with(".pkg.dev")
}

/// One `--registry-mirror FROM=TO`: what is published at FROM is asked for at TO.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mirror {
    /// A host, or a host and the beginning of a path.
    pub from: String,
    /// The same, perhaps after `http://`.
    pub to: String,
}

impl Mirror {
    /// Reads `FROM=TO`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (from, to) = text
            .split_once('=')
            .ok_or("expected FROM=TO, as in quay.io=registry.example.com/quay")?;
        let bare = |text: &str| text.trim().trim_end_matches('/').to_owned();
        let (from, to) = (bare(from), bare(to));
        let from = from.strip_prefix("https://").unwrap_or(&from).to_owned();
        if from.is_empty() || to.is_empty() || to.ends_with(':') {
            return Err("both sides of FROM=TO must name a host".into());
        }
        Ok(Self { from, to })
    }

    /// The place at which to ask for what is published at `place`, if this mirror has it.
    #[must_use]
    pub fn forward(&self, place: &str) -> Option<String> {
        below(place, &self.from).map(|rest| format!("{}{rest}", self.to))
    }

    /// Where that which is found at `place` was published.
    #[must_use]
    pub fn backward(&self, place: &str) -> Option<String> {
        let to = self
            .to
            .split_once("://")
            .map_or(&*self.to, |(_, rest)| rest);
        below(place, to).map(|rest| format!("{}{rest}", self.from))
    }
}

/// What follows a prefix that ends where a component does.
fn below<'a>(place: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = place.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reference, its registry, repository, tag and digest.
    type Parts = (
        &'static str,
        &'static str,
        &'static str,
        Option<&'static str>,
        Option<&'static str>,
    );

    const REFERENCES: &[Parts] = &[
        ("nginx", "docker.io", "library/nginx", None, None),
        (
            "nginx:1.27",
            "docker.io",
            "library/nginx",
            Some("1.27"),
            None,
        ),
        (
            "coredns/coredns:1.11.1",
            "docker.io",
            "coredns/coredns",
            Some("1.11.1"),
            None,
        ),
        (
            "registry.k8s.io/kube-proxy:v1.36.3",
            "registry.k8s.io",
            "kube-proxy",
            Some("v1.36.3"),
            None,
        ),
        (
            "127.0.0.1:35000/kube-proxy:v1.36.3",
            "127.0.0.1:35000",
            "kube-proxy",
            Some("v1.36.3"),
            None,
        ),
        (
            "127.0.0.1:35000/kube-proxy",
            "127.0.0.1:35000",
            "kube-proxy",
            None,
            None,
        ),
        (
            "localhost/kube-proxy:1",
            "localhost",
            "kube-proxy",
            Some("1"),
            None,
        ),
        ("localhost:5000/a/b", "localhost:5000", "a/b", None, None),
        (
            "quay.io/cilium/cilium:v1.18.3@sha256:abc",
            "quay.io",
            "cilium/cilium",
            Some("v1.18.3"),
            Some("sha256:abc"),
        ),
        (
            "quay.io/cilium/cilium@sha256:abc",
            "quay.io",
            "cilium/cilium",
            None,
            Some("sha256:abc"),
        ),
        (
            "docker-pullable://quay.io/cilium/cilium@sha256:abc",
            "quay.io",
            "cilium/cilium",
            None,
            Some("sha256:abc"),
        ),
        (
            "host:5000/a@sha256:abc",
            "host:5000",
            "a",
            None,
            Some("sha256:abc"),
        ),
        (
            "index.docker.io/library/traefik:v3",
            "docker.io",
            "library/traefik",
            Some("v3"),
            None,
        ),
        (
            "k8s.gcr.io/pause:3.5",
            "registry.k8s.io",
            "pause",
            Some("3.5"),
            None,
        ),
    ];

    #[test]
    fn references_are_read_as_docker_reads_them() {
        for (text, registry, repository, tag, digest) in REFERENCES {
            let expected = Reference {
                registry: (*registry).into(),
                repository: (*repository).into(),
                tag: tag.map(str::to_owned),
                digest: digest.map(str::to_owned),
            };
            assert_eq!(Reference::parse(text), Some(expected), "{text}");
        }
        for text in [
            "", ":v1", "a//b", "a b", "host/:1", "nginx:", "nginx@", "sha256:",
        ] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }

    #[test]
    fn mirrors_map_whole_components_and_back() {
        let mirror = Mirror::parse("https://quay.io=http://127.0.0.1:5000/quay/").unwrap();
        assert_eq!(
            mirror.forward("quay.io/cilium/cilium").as_deref(),
            Some("http://127.0.0.1:5000/quay/cilium/cilium")
        );
        assert_eq!(mirror.forward("quay.iox/cilium"), None);
        assert_eq!(
            mirror
                .backward("127.0.0.1:5000/quay/cilium/cilium")
                .as_deref(),
            Some("quay.io/cilium/cilium")
        );
        assert_eq!(mirror.backward("127.0.0.1:5000/quayx/cilium"), None);
        for text in ["quay.io", "=a", "a=", "a=http://"] {
            assert!(Mirror::parse(text).is_err(), "{text}");
        }
    }
}
