//! Addresses: what is one host and what is another, and where a redirect leads.

use std::net::IpAddr;

use http::Uri;

/// Scheme, host and port: what credentials are for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Host {
    /// `http` or `https`.
    pub scheme: String,
    /// Without a port.
    pub name: String,
    /// The port, also where it is the scheme's usual one.
    pub port: u16,
}

impl Host {
    /// The host of an address.
    ///
    /// # Errors
    /// When it is no http or https address.
    pub fn of(uri: &Uri) -> Result<Self, String> {
        let usual = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => {
                return Err(format!(
                    "{} is no http or https address",
                    without_query(uri)
                ));
            }
        };
        let name = uri.host().unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() {
            return Err(format!("{} names no host", without_query(uri)));
        }
        Ok(Self {
            scheme: uri.scheme_str().unwrap_or_default().to_owned(),
            name,
            port: uri.port_u16().unwrap_or(usual),
        })
    }

    /// As it stands in messages: without the usual port.
    #[must_use]
    pub fn shown(&self) -> String {
        match (self.scheme.as_str(), self.port) {
            ("http", 80) | ("https", 443) => self.name.clone(),
            _ => format!("{}:{}", self.name, self.port),
        }
    }

    /// Whether nobody on the way can read what is sent to it.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.scheme == "https" || is_loopback(&self.name)
    }

    /// Whether credentials for this registry may be shown to a token server: the same host, or one
    /// of the same domain, as `auth.docker.io` is for `registry-1.docker.io`.
    #[must_use]
    pub fn trusts(&self, realm: &Self) -> bool {
        if self == realm {
            return true;
        }
        realm.is_private()
            && realm.scheme == self.scheme
            && match (domain(&self.name), domain(&realm.name)) {
                (Some(own), Some(theirs)) => own == theirs,
                _ => false,
            }
    }
}

/// The domain that one owner has; `None` for addresses and for bare names.
fn domain(name: &str) -> Option<&str> {
    if name.parse::<IpAddr>().is_ok() || name.starts_with('[') {
        return None;
    }
    let labels: Vec<&str> = name.split('.').collect();
    let [.., second, top] = labels[..] else {
        return None;
    };
    // `example.co.uk` belongs to one owner, `co.uk` does not.
    let public = if top.len() == 2 && second.len() <= 3 {
        3
    } else {
        2
    };
    let start = labels.len().checked_sub(public)?;
    let skipped: usize = labels[..start].iter().map(|label| label.len() + 1).sum();
    name.get(skipped..)
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Where a reference such as `/v2/?last=x` leads from an address (RFC 3986, 5.2, without dots).
///
/// # Errors
/// When it is no address.
pub fn resolve(base: &Uri, reference: &str) -> Result<Uri, String> {
    let scheme = base.scheme_str().unwrap_or("https");
    let authority = base.authority().map_or("", |authority| authority.as_str());
    let whole = if reference.contains("://") {
        reference.to_owned()
    } else if reference.starts_with("//") {
        format!("{scheme}:{reference}")
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else if reference.starts_with('?') {
        format!("{scheme}://{authority}{}{reference}", base.path())
    } else {
        let folder = base
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{reference}")
    };
    let whole = whole.split('#').next().unwrap_or_default();
    whole
        .parse()
        .map_err(|_| "it leads to something that is no address".to_owned())
}

/// An address without what a query may hold.
#[must_use]
pub fn without_query(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    let port = uri
        .port_u16()
        .map_or(String::new(), |port| format!(":{port}"));
    format!(
        "{}://{host}{port}{}",
        uri.scheme_str().unwrap_or_default(),
        uri.path()
    )
}

/// The address of a place such as `registry.k8s.io/coredns`: with the scheme that it names, and
/// otherwise https, or http on this machine.
///
/// # Errors
/// When it is no address.
pub fn base(place: &str) -> Result<Uri, String> {
    let whole = if place.contains("://") {
        place.to_owned()
    } else {
        let authority = place.split('/').next().unwrap_or_default();
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => authority,
        };
        let scheme = if is_loopback(name) { "http" } else { "https" };
        format!("{scheme}://{place}")
    };
    let uri: Uri = whole
        .parse()
        .map_err(|_| format!("{place:?} is no address"))?;
    Host::of(&uri)?;
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Host::of(&text.parse().unwrap()).unwrap()
    }

    #[test]
    fn credentials_are_for_one_owner() {
        for (registry, realm, trusted) in [
            (
                "https://registry-1.docker.io",
                "https://auth.docker.io",
                true,
            ),
            (
                "https://registry.example.com:5050",
                "https://git.example.com",
                true,
            ),
            (
                "https://r.example.co.uk",
                "https://auth.example.co.uk",
                true,
            ),
            ("https://r.example.co.uk", "https://auth.evil.co.uk", false),
            ("https://ghcr.io", "https://ghcr.io", true),
            ("https://ghcr.io", "http://ghcr.io", false),
            ("https://ghcr.io", "https://evil.io", false),
            ("https://example.com", "https://example.com.evil.org", false),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000", true),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5001", false),
            ("http://localhost:5000", "http://127.0.0.1:5000", false),
            ("https://10.0.0.1", "https://10.0.0.2", false),
            ("https://registry", "https://auth", false),
        ] {
            assert_eq!(
                host(registry).trusts(&host(realm)),
                trusted,
                "{registry} {realm}"
            );
        }
    }

    #[test]
    fn references_are_resolved() {
        let base: Uri = "https://r.example.com/v2/a/tags/list?n=1".parse().unwrap();
        for (reference, expected) in [
            (
                "/v2/a/tags/list?last=x",
                "https://r.example.com/v2/a/tags/list?last=x",
            ),
            ("?last=x", "https://r.example.com/v2/a/tags/list?last=x"),
            ("list?last=x", "https://r.example.com/v2/a/tags/list?last=x"),
            ("//o.example.com/x", "https://o.example.com/x"),
            ("http://o.example.com/x#y", "http://o.example.com/x"),
        ] {
            assert_eq!(resolve(&base, reference).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn this_machine_speaks_http_and_others_https() {
        for (place, expected) in [
            ("registry.k8s.io/coredns", "https://registry.k8s.io/coredns"),
            ("127.0.0.1:5000/a", "http://127.0.0.1:5000/a"),
            ("localhost:5000", "http://localhost:5000/"),
            ("[::1]:5000/a", "http://[::1]:5000/a"),
            ("http://r.example.com/a", "http://r.example.com/a"),
        ] {
            assert_eq!(base(place).unwrap().to_string(), expected);
        }
        for place in ["", "ftp://x", "https://", "a b"] {
            assert!(base(place).is_err(), "{place}");
        }
    }
}
