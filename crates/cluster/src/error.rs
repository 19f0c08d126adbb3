//! What can go wrong while reading, in words that name the object and the way out.

use std::fmt;
use std::time::Duration;

use crate::Resource;

/// A request as RBAC sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// `list`, `get`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: &'static str,
    /// What is asked for.
    pub resource: Resource,
    /// Which part of it, as the `eviction` of a pod; `None` is the object itself.
    pub subresource: Option<&'static str>,
    /// Where; `None` is the whole cluster.
    pub namespace: Option<String>,
    /// Which one; `None` is all.
    pub name: Option<String>,
}

impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.verb, self.resource.qualified())?;
        if let Some(subresource) = self.subresource {
            write!(formatter, "/{subresource}")?;
        }
        if let Some(name) = &self.name {
            write!(formatter, " \"{name}\"")?;
        }
        match &self.namespace {
            Some(namespace) => write!(formatter, " in namespace \"{namespace}\""),
            None => write!(formatter, " in the whole cluster"),
        }
    }
}

/// Why a cluster or a snapshot can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kubeconfig or the flags do not say how to connect.
    #[error("{message}")]
    Configuration {
        /// What is wrong.
        message: String,
        /// The way out.
        hint: String,
    },
    /// No connection.
    #[error("the API server at {server} can't be reached: {reason}")]
    Unreachable {
        /// The server's address.
        server: String,
        /// What the network said.
        reason: String,
    },
    /// `--request-timeout` or the bound on connecting passed.
    #[error("the API server at {server} did not answer within {}", seconds(*.after))]
    Timeout {
        /// The server's address.
        server: String,
        /// The bound.
        after: Duration,
    },
    /// The server's certificate does not hold.
    #[error("the certificate of the API server at {server} can't be trusted: {reason}")]
    Certificate {
        /// The server's address.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The credentials could not be had, as when an exec plugin fails.
    #[error("no credentials for the API server at {server}: {reason}")]
    Credentials {
        /// The server's address.
        server: String,
        /// What failed.
        reason: String,
    },
    /// 401.
    #[error("the API server at {server} does not accept the credentials (401 Unauthorized)")]
    Unauthorized {
        /// The server's address.
        server: String,
    },
    /// 403.
    #[error("not allowed to {request}: {message}")]
    Forbidden {
        /// What was asked.
        request: Box<Request>,
        /// The server's words.
        message: String,
    },
    /// 404 for a whole resource or a namespace-less path: not a Kubernetes API, or an old one.
    #[error("can't {request}: the server at {server} does not know that resource")]
    UnknownResource {
        /// What was asked.
        request: Box<Request>,
        /// The server's address.
        server: String,
    },
    /// Any other refusal.
    #[error("can't {request}: the API server said {code}: {message}")]
    Refused {
        /// What was asked.
        request: Box<Request>,
        /// The HTTP status code.
        code: u16,
        /// The server's words.
        message: String,
    },
    /// The answer is not what Kubernetes would say.
    #[error("can't {request}: the answer can't be read: {reason}")]
    Answer {
        /// What was asked.
        request: Box<Request>,
        /// What is wrong with it.
        reason: String,
    },
    /// The snapshot can't be read.
    #[error("snapshot {file}: {reason}")]
    Snapshot {
        /// The file's name, `-` for standard input.
        file: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A label selector is malformed.
    #[error("unable to parse label selector \"{selector}\": {reason}")]
    Selector {
        /// As it was given.
        selector: String,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Configuration { hint, .. } => Some(hint.clone()),
            Self::Unreachable { .. } => {
                Some("check --server, --context and the network; kubectl cluster-info asks the same server".into())
            }
            Self::Timeout { .. } => Some("check the network and the server, or raise --request-timeout".into()),
            Self::Certificate { .. } => Some(
                "give the cluster's CA with --certificate-authority, or the name in the certificate with --tls-server-name"
                    .into(),
            ),
            Self::Credentials { .. } => Some("run the credential command of the kubeconfig's user by hand".into()),
            Self::Unauthorized { .. } => {
                Some("log in again, or give other credentials with --user, --token or --client-certificate".into())
            }
            Self::UnknownResource { .. } => Some("check that --server is a Kubernetes API server".into()),
            Self::Snapshot { .. } => Some(
                "a snapshot is a Kubernetes List as JSON or YAML, as `kubectl get leases,nodes,pods -A -o json` writes it"
                    .into(),
            ),
            Self::Forbidden { .. } | Self::Refused { .. } | Self::Answer { .. } | Self::Selector { .. } => None,
        }
    }

    /// Whether the API server refused for want of a right.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden { .. })
    }

    /// Whether the command line or the kubeconfig is at fault.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Selector { .. })
    }

    /// Whether asking again later may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Answer { .. } => true,
            Self::Refused { code, .. } => *code == 429 || *code >= 500,
            _ => false,
        }
    }
}

fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{}s", duration.as_secs())
    } else {
        format!("{:.1}s", duration.as_secs_f64())
    }
}
