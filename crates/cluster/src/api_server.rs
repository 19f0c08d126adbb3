//! The door to the API server.

use std::error::Error as StdError;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use futures::Stream;
use http::{Request as HttpRequest, Response, StatusCode, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::Body;
use kube::core::{Status, WatchEvent};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::list_splitter::{ListSplitter, SplitError};
use crate::{ConnectionFlags, Error, Request, Resource, ServerClock, client, kubeconfig};

/// Objects per page where the answer must be fresh, as kubectl's `--chunk-size`.
const PAGE: u32 = 500;
/// How often a request is sent again when the server says "later", as in client-go.
const MAX_RETRIES: u32 = 10;
/// A server that asks for a longer pause than this is not waited for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(30);

/// What kind of answer is asked for.
const WHOLE: &str = "application/json";
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// The path `/version`, as messages name it.
const VERSION: Resource = Resource {
    group: "",
    version: "",
    kind: "Info",
    plural: "version",
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VersionInfo {
    git_version: String,
}

/// How current a list must be.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Freshness {
    /// What the API server's watch cache holds: whole, fast, at most moments old.
    #[default]
    Cached,
    /// What is true now, read in pages.
    Latest,
}

/// Which objects to list.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// What.
    pub resource: Resource,
    /// Where; `None` is the whole cluster.
    pub namespace: Option<String>,
    /// A label selector in Kubernetes' notation.
    pub labels: Option<String>,
    /// A field selector in Kubernetes' notation.
    pub fields: Option<String>,
    /// Whether only the objects' metadata is of interest.
    pub metadata_only: bool,
    /// How current the answer must be.
    pub freshness: Freshness,
}

impl ListRequest {
    /// All objects of a resource in a namespace, or in the whole cluster.
    #[must_use]
    pub fn new(resource: Resource, namespace: Option<&str>) -> Self {
        Self {
            resource,
            namespace: namespace.map(str::to_owned),
            labels: None,
            fields: None,
            metadata_only: false,
            freshness: Freshness::default(),
        }
    }

    /// The request as RBAC sees it.
    #[must_use]
    pub fn as_request(&self, verb: &'static str) -> Request {
        Request {
            verb,
            resource: self.resource,
            subresource: None,
            namespace: self.namespace.clone(),
            name: None,
        }
    }

    fn path(&self, parameters: &[(&str, &str)]) -> String {
        let selectors = [
            ("labelSelector", &self.labels),
            ("fieldSelector", &self.fields),
        ];
        let selectors = selectors
            .into_iter()
            .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)));
        let mut path = self.resource.path(self.namespace.as_deref());
        let mut separator = '?';
        for (name, value) in parameters.iter().copied().chain(selectors) {
            path.push(separator);
            path.push_str(name);
            path.push('=');
            path.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
            separator = '&';
        }
        path
    }
}

/// A connection to an API server; made when the first request is.
#[derive(Clone)]
pub struct ApiServer {
    client: kube::Client,
    address: String,
    namespace: String,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    clock: std::sync::Arc<OnceLock<ServerClock>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListEnvelope {
    kind: String,
    metadata: ListMetadata,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListMetadata {
    resource_version: Option<String>,
    #[serde(rename = "continue")]
    continuation: Option<String>,
}

impl ApiServer {
    /// Resolves the flags to a server; must be called within a tokio runtime.
    ///
    /// # Errors
    /// When flags and kubeconfig do not lead to a server, or credentials can't be had.
    pub fn connect(flags: &ConnectionFlags) -> Result<Self, Error> {
        let mut connection = kubeconfig::resolve(flags)?;
        let timeout = flags.request_timeout.0;
        if let Some(timeout) = timeout {
            connection.config.connect_timeout = Some(timeout);
        }
        let address = connection.config.cluster_url.to_string();
        let address = address.trim_end_matches('/').to_owned();
        let connect_timeout = connection.config.connect_timeout;
        let client = client::build(connection.config)
            .map_err(|error| unconnectable(error, address.clone()))?;
        Ok(Self {
            client,
            address,
            namespace: connection.namespace,
            timeout,
            connect_timeout,
            clock: std::sync::Arc::default(),
        })
    }

    /// The namespace of the flags, the context or the pod.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The server's address, without a slash at its end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn client(&self) -> &kube::Client {
        &self.client
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The server's clock as the first answer showed it; this machine's before that.
    #[must_use]
    pub fn clock(&self) -> ServerClock {
        self.clock.get().copied().unwrap_or_default()
    }

    /// Lists objects and hands out each as JSON while the answer arrives; returns the list's version.
    ///
    /// # Errors
    /// When the request fails, the answer is no list, or `each` can't read an object.
    pub async fn list(
        &self,
        request: &ListRequest,
        mut each: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<Option<String>, Error> {
        let described = request.as_request("list");
        let page = PAGE.to_string();
        let mut continuation: Option<String> = None;
        loop {
            let path = match (&continuation, request.freshness) {
                (Some(continuation), _) => {
                    request.path(&[("limit", &page), ("continue", continuation)])
                }
                (None, Freshness::Latest) => request.path(&[("limit", &page)]),
                (None, Freshness::Cached) => request.path(&[("resourceVersion", "0")]),
            };
            let envelope = self
                .bounded(self.list_page(&path, request.metadata_only, &described, &mut each))
                .await?;
            continuation = envelope
                .continuation
                .filter(|continuation| !continuation.is_empty());
            if continuation.is_none() {
                return Ok(envelope.resource_version);
            }
        }
    }

    async fn list_page(
        &self,
        path: &str,
        metadata_only: bool,
        request: &Request,
        each: &mut impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<ListMetadata, Error> {
        let accept = if metadata_only { METADATA } else { WHOLE };
        let response = self.send(path, accept, request).await?;
        let unreadable = |reason: String| Error::Answer {
            request: Box::new(request.clone()),
            reason,
        };
        let mut splitter = ListSplitter::default();
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.explain(error, request))?;
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            splitter
                .feed(&bytes, |index, json| {
                    each(json).map_err(|reason| ItemError(format!("items[{index}]: {reason}")))
                })
                .map_err(|error: ItemError| unreadable(error.0))?;
        }
        let envelope = splitter
            .finish()
            .map_err(|error| unreadable(error.to_string()))?;
        let envelope: ListEnvelope =
            serde_json::from_slice(&envelope).map_err(|error| unreadable(error.to_string()))?;
        if !envelope.kind.ends_with("List") {
            return Err(unreadable(format!(
                "expected a list, found kind {:?}",
                envelope.kind
            )));
        }
        Ok(envelope.metadata)
    }

    /// Reads one object from the watch cache; `None` where there is none of that name.
    ///
    /// # Errors
    /// When the request fails or the object can't be read.
    pub async fn get<T: DeserializeOwned>(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<T>, Error> {
        let request = Request {
            verb: "get",
            resource,
            subresource: None,
            namespace: namespace.map(str::to_owned),
            name: Some(name.to_owned()),
        };
        let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let path = format!("{}/{encoded}?resourceVersion=0", resource.path(namespace));
        self.bounded(async {
            let response = match self.send(&path, WHOLE, &request).await {
                Err(Error::UnknownResource { .. }) => return Ok(None),
                other => other?,
            };
            let body = response.into_body().collect().await;
            let body = body
                .map_err(|error| self.explain(error, &request))?
                .to_bytes();
            serde_json::from_slice(&body)
                .map(Some)
                .map_err(|error| Error::Answer {
                    request: Box::new(request.clone()),
                    reason: error.to_string(),
                })
        })
        .await
    }

    /// The version of Kubernetes that the API server says it is, as `v1.36.3`.
    ///
    /// # Errors
    /// When the request fails or the answer names no version.
    pub async fn version(&self) -> Result<String, Error> {
        let request = Request {
            verb: "get",
            resource: VERSION,
            subresource: None,
            namespace: None,
            name: None,
        };
        self.bounded(async {
            let body = self.send("/version", WHOLE, &request).await?.into_body();
            let body = body.collect().await;
            let body = body
                .map_err(|error| self.explain(error, &request))?
                .to_bytes();
            let version: VersionInfo =
                serde_json::from_slice(&body).map_err(|error| Error::Answer {
                    request: Box::new(request.clone()),
                    reason: error.to_string(),
                })?;
            Ok(version.git_version)
        })
        .await
    }

    /// Opens a watch from a version on.
    pub(crate) async fn open_watch<T: Clone + DeserializeOwned + 'static>(
        &self,
        request: &ListRequest,
        version: &str,
    ) -> Result<impl Stream<Item = Result<WatchEvent<T>, kube::Error>> + use<T>, Error> {
        let described = request.as_request("watch");
        let path = request.path(&[
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
        ]);
        let http = HttpRequest::get(path).body(Vec::new());
        let http = http.map_err(|error| self.explain(kube::Error::HttpError(error), &described))?;
        self.bounded(async {
            let events = self.client.request_events(http).await;
            events.map_err(|error| self.explain(error, &described))
        })
        .await
    }

    /// Sends a GET request; waits and sends it again where the server asks for that.
    async fn send(
        &self,
        path: &str,
        accept: &str,
        request: &Request,
    ) -> Result<Response<Body>, Error> {
        let mut retries = 0;
        loop {
            let http = HttpRequest::get(path)
                .header(header::ACCEPT, accept)
                .body(Body::empty())
                .map_err(|error| self.explain(kube::Error::HttpError(error), request))?;
            let sent = Timestamp::now();
            let response = self.client.send(http).await;
            let response = response.map_err(|error| self.explain(error, request))?;
            self.look_at_clock(&response, sent);
            if response.status().is_success() {
                return Ok(response);
            }
            match retry_after(&response) {
                Some(pause) if retries < MAX_RETRIES => {
                    retries += 1;
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(self.refusal(response, request).await),
            }
        }
    }

    pub(crate) fn look_at_clock(&self, response: &Response<Body>, sent: Timestamp) {
        let date = response
            .headers()
            .get(header::DATE)
            .and_then(|date| date.to_str().ok());
        if let Some(clock) =
            date.and_then(|date| ServerClock::measure(date, sent, Timestamp::now()))
        {
            // The first answer counts: later ones may have waited for a body.
            let _ = self.clock.set(clock);
        }
    }

    async fn refusal(&self, response: Response<Body>, request: &Request) -> Error {
        let code = response.status();
        let body = match response.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return self.explain(error, request),
        };
        let status = serde_json::from_slice::<Status>(&body).ok();
        let message = status.map_or_else(
            || {
                String::from_utf8_lossy(&body[..body.len().min(200)])
                    .trim()
                    .to_owned()
            },
            |status| status.message,
        );
        self.refused(code.as_u16(), message, request)
    }

    fn refused(&self, code: u16, message: String, request: &Request) -> Error {
        let request = Box::new(request.clone());
        let server = self.address.clone();
        match StatusCode::from_u16(code) {
            Ok(StatusCode::UNAUTHORIZED) => Error::Unauthorized { server },
            Ok(StatusCode::FORBIDDEN) => Error::Forbidden { request, message },
            Ok(StatusCode::NOT_FOUND) => Error::UnknownResource { request, server },
            _ => Error::Refused {
                request,
                code,
                message,
            },
        }
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        match self.timeout {
            None => work.await,
            Some(after) => tokio::time::timeout(after, work).await.unwrap_or_else(|_| {
                Err(Error::Timeout {
                    server: self.address.clone(),
                    after,
                })
            }),
        }
    }

    /// Turns the client's error into one that names the server or the request.
    pub(crate) fn explain(&self, error: kube::Error, request: &Request) -> Error {
        if let kube::Error::Api(status) = error {
            return self.refused(status.code, status.message, request);
        }
        let server = self.address.clone();
        let reason = innermost(&error).to_string();
        for cause in causes(&error) {
            if let Some(error) = cause.downcast_ref::<rustls::Error>() {
                return match error {
                    rustls::Error::InvalidCertificate(_)
                    | rustls::Error::InvalidCertRevocationList(_) => Error::Certificate {
                        server,
                        reason: certificate_reason(error),
                    },
                    rustls::Error::AlertReceived(alert) => Error::Credentials {
                        server,
                        reason: format!("the server refused the client certificate ({alert:?})"),
                    },
                    _ => Error::Unreachable {
                        server,
                        reason: format!("TLS: {error}"),
                    },
                };
            }
            if let Some(error) = cause.downcast_ref::<io::Error>()
                && error.kind() == io::ErrorKind::TimedOut
                && let Some(after) = self.connect_timeout
            {
                return Error::Timeout { server, after };
            }
        }
        if causes(&error).any(<dyn StdError>::is::<kube::client::AuthError>) {
            return Error::Credentials { server, reason };
        }
        Error::Unreachable { server, reason }
    }
}

struct ItemError(String);

impl From<SplitError> for ItemError {
    fn from(error: SplitError) -> Self {
        Self(error.to_string())
    }
}

fn unconnectable(error: kube::Error, server: String) -> Error {
    match error {
        kube::Error::Auth(error) => Error::Credentials {
            server,
            reason: error.to_string(),
        },
        error => Error::Configuration {
            message: format!("can't connect to {server}: {}", innermost(&error)),
            hint:
                "check the kubeconfig's certificates and keys; kubectl config view --raw shows them"
                    .into(),
        },
    }
}

/// An error and all that caused it, outermost first.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error)).take(16)
}

fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    // A custom io::Error hides what it wraps from source().
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    causes(error).last().unwrap_or(error)
}

/// rustls' words, without its prefix.
fn certificate_reason(error: &rustls::Error) -> String {
    use rustls::CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidYet, UnknownIssuer,
    };
    match error {
        // An authority of the same name with another key gives a bad signature.
        rustls::Error::InvalidCertificate(UnknownIssuer | BadSignature) => {
            "it is signed by an unknown authority".into()
        }
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            "it has expired".into()
        }
        rustls::Error::InvalidCertificate(NotValidYet) => "it is not valid yet".into(),
        error => {
            let text = error.to_string();
            text.trim_start_matches("invalid peer certificate: ")
                .to_owned()
        }
    }
}

/// How long the server asks to wait; `None` where it does not ask, or too much.
fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let status = response.status();
    if status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error() {
        return None;
    }
    let seconds = response
        .headers()
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds)).filter(|pause| *pause <= LONGEST_RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::coordination::v1::Lease;

    use super::*;

    #[test]
    fn parameters_are_encoded() {
        let mut request = ListRequest::new(Resource::of::<Lease>(), Some("kube-system"));
        assert_eq!(
            request.path(&[]),
            "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
        );
        request.labels = Some("a in (b,c)".into());
        assert_eq!(
            request.path(&[("resourceVersion", "0")]),
            "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?resourceVersion=0&labelSelector=a%20in%20%28b%2Cc%29"
        );
    }

    #[test]
    fn only_a_server_that_asks_for_it_is_asked_again() {
        for (code, header, expected) in [
            (429, Some("1"), Some(1)),
            (503, Some("10"), Some(10)),
            (500, None, None),
            (429, None, None),
            (429, Some("3600"), None),
            (403, Some("1"), None),
            (429, Some("soon"), None),
        ] {
            let mut response = Response::builder().status(code);
            if let Some(header) = header {
                response = response.header("Retry-After", header);
            }
            let pause = retry_after(&response.body(()).unwrap());
            assert_eq!(
                pause.map(|pause| pause.as_secs()),
                expected,
                "{code} {header:?}"
            );
        }
    }
}
