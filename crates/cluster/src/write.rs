//! The door to the API server for changes: each is sent once, and its answer is kept whole.

use std::time::Duration;

use http::{Method, Request as HttpRequest, Response, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Status, StatusCause};
use kube::client::Body;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ApiServer, Error, Request, Resource};

/// The API server itself ends a request after 60 seconds; an answer later than this never comes.
const LONGEST_ANSWER: Duration = Duration::from_secs(65);
/// As whom the API server notes our changes in `managedFields`.
const FIELD_MANAGER: &str = "day2";

/// How the body of a patch is to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PatchType {
    /// Given fields replace those there are, null removes one (RFC 7386).
    Merge,
    /// As merge, but lists are merged by the keys that Kubernetes' types define.
    StrategicMerge,
    /// A list of operations, among them tests (RFC 6902).
    Json,
}

impl PatchType {
    fn content_type(self) -> &'static str {
        match self {
            Self::Merge => "application/merge-patch+json",
            Self::StrategicMerge => "application/strategic-merge-patch+json",
            Self::Json => "application/json-patch+json",
        }
    }
}

/// A change of one object; a value that says all, and does nothing before [`ApiServer::write`].
#[derive(Clone, Debug)]
pub struct Write {
    request: Request,
    method: Method,
    content_type: &'static str,
    body: String,
    dry_run: bool,
}

impl Write {
    /// Makes an object (POST).
    #[must_use]
    pub fn create(resource: Resource, namespace: Option<&str>, object: &Value) -> Self {
        Self::new("create", Method::POST, resource, namespace, None, object)
    }

    /// Posts to an object's subresource, as to `eviction` of a pod.
    #[must_use]
    pub fn create_subresource(
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
        subresource: &'static str,
        object: &Value,
    ) -> Self {
        let mut write = Self::create(resource, namespace, object);
        write.request.name = Some(name.to_owned());
        write.request.subresource = Some(subresource);
        write
    }

    /// Replaces an object whole (PUT). With `metadata.resourceVersion` in it, only that version.
    #[must_use]
    pub fn replace(
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
        object: &Value,
    ) -> Self {
        Self::new(
            "update",
            Method::PUT,
            resource,
            namespace,
            Some(name),
            object,
        )
    }

    /// Changes parts of an object (PATCH). With `metadata.uid` or `metadata.resourceVersion` in a
    /// merge patch, only that object or version.
    #[must_use]
    pub fn patch(
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
        patch_type: PatchType,
        patch: &Value,
    ) -> Self {
        let content_type = patch_type.content_type();
        let name = Some(name);
        Self {
            content_type,
            ..Self::new("patch", Method::PATCH, resource, namespace, name, patch)
        }
    }

    /// Deletes an object (DELETE). `options` is a `DeleteOptions`: grace period, preconditions.
    #[must_use]
    pub fn delete(
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
        options: &Value,
    ) -> Self {
        let name = Some(name);
        Self::new("delete", Method::DELETE, resource, namespace, name, options)
    }

    /// Has the API server check it all and change nothing.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// The request as RBAC sees it.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    fn new(
        verb: &'static str,
        method: Method,
        resource: Resource,
        namespace: Option<&str>,
        name: Option<&str>,
        body: &Value,
    ) -> Self {
        Self {
            request: Request {
                verb,
                resource,
                subresource: None,
                namespace: namespace.map(str::to_owned),
                name: name.map(str::to_owned),
            },
            method,
            content_type: "application/json",
            body: body.to_string(),
            dry_run: false,
        }
    }

    fn path(&self) -> String {
        let Request {
            resource,
            subresource,
            namespace,
            name,
            ..
        } = &self.request;
        let mut path = resource.path(namespace.as_deref());
        if let Some(name) = name {
            path.push('/');
            path.extend(utf8_percent_encode(name, NON_ALPHANUMERIC));
        }
        if let Some(subresource) = subresource {
            path.push('/');
            path.push_str(subresource);
        }
        let mut parameters = Vec::new();
        if self.method != Method::DELETE && subresource.is_none() {
            parameters.push(format!("fieldManager={FIELD_MANAGER}"));
        }
        if self.dry_run {
            parameters.push("dryRun=All".to_owned());
        }
        if !parameters.is_empty() {
            path.push('?');
            path.push_str(&parameters.join("&"));
        }
        path
    }
}

/// A refusal as the API server gave it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("can't {request}: the API server said {code}: {message}")]
pub struct Refusal {
    /// What was asked.
    pub request: Box<Request>,
    /// The server's address.
    pub server: String,
    /// The HTTP status code; the one in the body where they differ.
    pub code: u16,
    /// The machine's word for it, as `TooManyRequests`; empty where there is none.
    pub reason: String,
    /// The server's words.
    pub message: String,
    /// What more it knows, as the disruption budget that refuses an eviction.
    pub causes: Vec<Cause>,
    /// How long the server asks to wait before the next attempt.
    pub retry_after: Option<Duration>,
}

/// One cause of a refusal.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cause {
    /// The machine's word for it, as `DisruptionBudget`.
    pub reason: String,
    /// The words for people.
    pub message: String,
    /// The field that is at fault, where one is.
    pub field: String,
}

impl Refusal {
    /// The cause with this reason.
    #[must_use]
    pub fn cause(&self, reason: &str) -> Option<&Cause> {
        self.causes.iter().find(|cause| cause.reason == reason)
    }
}

/// Why a change is not known to have been made.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The API server answered, and made no change.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// There was no answer that could be read: the change may have been made or not.
    #[error("{0}")]
    Unanswered(Box<Error>),
}

impl WriteError {
    /// Whether asking again later may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.code == 429 || refusal.code >= 500,
            Self::Unanswered(error) => error.is_transient(),
        }
    }

    /// Whether the API server refused for want of a right.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == 403 && refusal.causes.is_empty())
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(_) => None,
            Self::Unanswered(error) => error.hint(),
        }
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        Self::Unanswered(Box::new(error))
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        let refusal = match error {
            WriteError::Unanswered(error) => return *error,
            WriteError::Refused(refusal) => *refusal,
        };
        let Refusal {
            request,
            server,
            code,
            message,
            ..
        } = refusal;
        match code {
            401 => Self::Unauthorized { server },
            403 => Self::Forbidden { request, message },
            _ => Self::Refused {
                request,
                code,
                message,
            },
        }
    }
}

impl ApiServer {
    /// Sends a change, once: what a refusal means and whether to try again is the caller's to say.
    ///
    /// # Errors
    /// [`WriteError::Refused`] with all that the server said, also where the failure stands in the
    /// body of an answer with a good status, as for a pod with several disruption budgets
    /// (kubernetes/kubernetes, `pkg/registry/core/pod/storage/eviction.go`);
    /// [`WriteError::Unanswered`] where it is not known whether the change was made.
    pub async fn write<T: DeserializeOwned>(&self, write: &Write) -> Result<T, WriteError> {
        let after = self.timeout().unwrap_or(LONGEST_ANSWER);
        let late = || {
            Error::Timeout {
                server: self.address().to_owned(),
                after,
            }
            .into()
        };
        tokio::time::timeout(after, self.write_unbounded(write))
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn write_unbounded<T: DeserializeOwned>(&self, write: &Write) -> Result<T, WriteError> {
        let request = write.request();
        let http = HttpRequest::builder()
            .method(write.method.clone())
            .uri(write.path())
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, write.content_type)
            .body(Body::from(write.body.clone().into_bytes()))
            .map_err(|error| self.explain(kube::Error::HttpError(error), request))?;
        let sent = Timestamp::now();
        let response = self.client().send(http).await;
        let response = response.map_err(|error| self.explain(error, request))?;
        self.look_at_clock(&response, sent);
        let (code, pause) = (response.status(), asked_pause(&response));
        let body = response.into_body().collect().await;
        let body = body
            .map_err(|error| self.explain(error, request))?
            .to_bytes();
        if !code.is_success() || is_failure(&body) {
            let server = self.address().to_owned();
            let refusal = refusal(code.as_u16(), pause, &body, request.clone(), server);
            return Err(WriteError::Refused(Box::new(refusal)));
        }
        serde_json::from_slice(&body).map_err(|error| {
            Error::Answer {
                request: Box::new(request.clone()),
                reason: error.to_string(),
            }
            .into()
        })
    }
}

/// How long the server asks to wait, however long that is.
fn asked_pause<B>(response: &Response<B>) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?;
    seconds
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_secs)
}

/// Whether the body is a Status that says the change failed.
fn is_failure(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Outcome<'a> {
        kind: Option<&'a str>,
        status: Option<Value>,
    }
    // Pods and the like have a status too, of another form.
    serde_json::from_slice::<Outcome<'_>>(body).is_ok_and(|outcome| {
        outcome.kind == Some("Status") && outcome.status.is_some_and(|status| status == "Failure")
    })
}

fn refusal(
    code: u16,
    pause: Option<Duration>,
    body: &[u8],
    request: Request,
    server: String,
) -> Refusal {
    let status: Option<Status> = serde_json::from_slice(body).ok();
    let without_status = || {
        let text = String::from_utf8_lossy(&body[..body.len().min(200)]);
        text.trim().to_owned()
    };
    let Some(status) = status else {
        return Refusal {
            request: Box::new(request),
            server,
            code,
            reason: String::new(),
            message: without_status(),
            causes: Vec::new(),
            retry_after: pause,
        };
    };
    let stated = status.code.and_then(|code| u16::try_from(code).ok());
    let details = status.details.unwrap_or_default();
    let in_details = details
        .retry_after_seconds
        .and_then(|seconds| u64::try_from(seconds).ok());
    Refusal {
        request: Box::new(request),
        server,
        code: stated.filter(|code| *code != 0).unwrap_or(code),
        reason: status.reason.unwrap_or_default(),
        message: status.message.unwrap_or_default(),
        causes: details
            .causes
            .unwrap_or_default()
            .into_iter()
            .map(cause)
            .collect(),
        retry_after: pause.or(in_details
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs)),
    }
}

fn cause(cause: StatusCause) -> Cause {
    Cause {
        reason: cause.reason.unwrap_or_default(),
        message: cause.message.unwrap_or_default(),
        field: cause.field.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::{Node, Pod};
    use serde_json::json;

    use super::*;

    const PODS: Resource = Resource::of::<Pod>();
    const NODES: Resource = Resource::of::<Node>();

    #[test]
    fn each_change_names_its_place_and_its_right() {
        let body = json!({});
        let evict = Write::create_subresource(PODS, Some("team"), "web-0", "eviction", &body);
        let patch = |name| Write::patch(NODES, None, name, PatchType::Merge, &body);
        let deployments = Resource::of::<Deployment>();
        for (write, method, path, request) in [
            (
                evict.clone(),
                "POST",
                "/api/v1/namespaces/team/pods/web%2D0/eviction",
                "create pods/eviction \"web-0\" in namespace \"team\"",
            ),
            (
                evict.dry_run(true),
                "POST",
                "/api/v1/namespaces/team/pods/web%2D0/eviction?dryRun=All",
                "create pods/eviction \"web-0\" in namespace \"team\"",
            ),
            (
                patch("n1"),
                "PATCH",
                "/api/v1/nodes/n1?fieldManager=day2",
                "patch nodes \"n1\" in the whole cluster",
            ),
            (
                Write::delete(PODS, Some("team"), "a.b", &body),
                "DELETE",
                "/api/v1/namespaces/team/pods/a%2Eb",
                "delete pods \"a.b\" in namespace \"team\"",
            ),
            (
                Write::replace(deployments, Some("team"), "web", &body).dry_run(true),
                "PUT",
                "/apis/apps/v1/namespaces/team/deployments/web?fieldManager=day2&dryRun=All",
                "update deployments.apps \"web\" in namespace \"team\"",
            ),
            (
                Write::create(deployments, Some("team"), &body),
                "POST",
                "/apis/apps/v1/namespaces/team/deployments?fieldManager=day2",
                "create deployments.apps in namespace \"team\"",
            ),
        ] {
            assert_eq!(write.method.as_str(), method);
            assert_eq!(write.path(), path);
            assert_eq!(write.request().to_string(), request);
        }
    }

    fn refused(code: u16, pause: Option<u64>, body: &[u8]) -> Refusal {
        let write = Write::create(PODS, Some("team"), &json!({}));
        let pause = pause.map(Duration::from_secs);
        refusal(
            code,
            pause,
            body,
            write.request().clone(),
            "https://a".into(),
        )
    }

    #[test]
    fn a_refusal_keeps_all_that_was_said() {
        let body = json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 429,
            "reason": "TooManyRequests", "message": "Cannot evict pod",
            "details": {"retryAfterSeconds": 10, "causes": [
                {"reason": "DisruptionBudget", "message": "needs 2 healthy pods and has 2 currently"}]},
        });
        let refusal = refused(429, None, body.to_string().as_bytes());
        assert_eq!(refusal.code, 429);
        assert_eq!(refusal.reason, "TooManyRequests");
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(10)));
        let cause = refusal.cause("DisruptionBudget").unwrap();
        assert!(cause.message.starts_with("needs 2"));
        assert_eq!(refusal.cause("NamespaceTerminating"), None);
        assert!(WriteError::Refused(refusal.into()).is_transient());
    }

    #[test]
    fn a_refusal_that_is_no_status_keeps_the_first_words() {
        let refusal = refused(503, Some(1), b" upstream is down\n");
        assert_eq!(refusal.message, "upstream is down");
        assert_eq!(refusal.code, 503);
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));
    }

    #[test]
    fn only_a_right_that_is_missing_counts_as_not_allowed() {
        let missing = json!({"kind": "Status", "status": "Failure", "code": 403,
            "reason": "Forbidden", "message": "User \"a\" cannot create resource"});
        let ending = json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
            "message": "being terminated", "details": {"causes": [{"reason": "NamespaceTerminating"}]}});
        for (body, expected) in [(missing, true), (ending, false)] {
            let refusal = refused(403, None, body.to_string().as_bytes());
            assert_eq!(WriteError::Refused(refusal.into()).is_forbidden(), expected);
        }
    }

    #[test]
    fn a_failure_can_hide_in_an_answer_that_looks_well() {
        for (body, expected) in [
            (r#"{"kind":"Status","status":"Failure","code":500}"#, true),
            (r#"{"kind":"Status","status":"Success"}"#, false),
            (r#"{"kind":"Pod","status":{"phase":"Running"}}"#, false),
            (r#"{"kind":"Pod","status":"Failure"}"#, false),
            ("", false),
        ] {
            assert_eq!(is_failure(body.as_bytes()), expected, "{body}");
        }
        let several =
            br#"{"kind":"Status","status":"Failure","code":500,"message":"more than one"}"#;
        assert_eq!(refused(201, None, several).code, 500);
    }
}
