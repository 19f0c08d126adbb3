//! The requests that make a pod leave, and what the API server's answers mean.
//!
//! Follows kubernetes/kubectl `pkg/drain/drain.go` and kubernetes/kubernetes
//! `pkg/registry/core/pod/storage/eviction.go`; where kubectl gives a pod up for good, as after a
//! webhook's denial or a server's error, it is tried again here.

use std::time::Duration;

use cluster::{PatchType, Refusal, Resource, Write, WriteError};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1 as apps;
use serde_json::{Value, json};

use crate::act::queue::Answer;
use crate::facts::PODS;
use crate::pod::Pod;

/// The cause by which the API server says that a budget is in the way
/// (kubernetes/api, `policy/v1/types.go`).
const BUDGET_CAUSE: &str = "DisruptionBudget";
/// The cause by which it says that a namespace is being deleted (kubernetes/api, `core/v1/types.go`).
const NAMESPACE_CAUSE: &str = "NamespaceTerminating";
/// How the API server begins what a webhook says.
const WEBHOOK: &str = "admission webhook";
/// How `KubeVirt` answers an eviction that it turns into a live migration.
const MIGRATION: &str = "Eviction triggered evacuation of VMI";

/// The eviction of just this pod, not of another with its name.
pub fn eviction(pod: &Pod, grace: Option<i64>, dry_run: bool) -> Write {
    let body = json!({
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": { "namespace": pod.namespace, "name": pod.name },
        "deleteOptions": delete_options(pod, grace),
    });
    let namespace = Some(pod.namespace.as_str());
    Write::create_subresource(PODS, namespace, &pod.name, "eviction", &body).dry_run(dry_run)
}

/// The deletion of just this pod.
pub fn deletion(pod: &Pod, grace: Option<i64>, dry_run: bool) -> Write {
    let mut options = delete_options(pod, grace);
    options["apiVersion"] = json!("v1");
    options["kind"] = json!("DeleteOptions");
    Write::delete(PODS, Some(&pod.namespace), &pod.name, &options).dry_run(dry_run)
}

fn delete_options(pod: &Pod, grace: Option<i64>) -> Value {
    let mut options = json!({ "preconditions": { "uid": pod.uid } });
    if let Some(grace) = grace {
        options["gracePeriodSeconds"] = json!(grace);
    }
    options
}

/// A rolling restart, as `kubectl rollout restart` makes it.
pub fn restart(namespace: &str, deployment: &str, now: Timestamp, dry_run: bool) -> Write {
    let annotation = json!({ "kubectl.kubernetes.io/restartedAt": now.to_string() });
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": annotation } } } });
    Write::patch(
        Resource::of::<apps::Deployment>(),
        Some(namespace),
        deployment,
        PatchType::StrategicMerge,
        &patch,
    )
    .dry_run(dry_run)
}

/// What an answer means; an error where the drain must end, for want of a right.
pub fn meaning(result: Result<(), WriteError>) -> Result<Answer, WriteError> {
    let refusal = match result {
        Ok(()) => return Ok(Answer::Accepted),
        Err(WriteError::Refused(refusal)) => refusal,
        Err(WriteError::Unanswered(error)) => {
            return if error.is_transient() {
                Ok(Answer::Trouble {
                    message: error.to_string(),
                })
            } else {
                Err(WriteError::Unanswered(error))
            };
        }
    };
    if refusal.code == 401 || is_missing_right(&refusal) {
        return Err(WriteError::Refused(refusal));
    }
    Ok(refused(&refusal))
}

/// Whether a 403 is for want of a right, and not for what the pod or its budget is like.
fn is_missing_right(refusal: &Refusal) -> bool {
    refusal.code == 403
        && refusal.causes.is_empty()
        && !refusal.message.contains(WEBHOOK)
        && !refusal.message.contains("disruptions allowed is negative")
        && !refusal.message.contains("DisruptedPods map too big")
}

fn refused(refusal: &Refusal) -> Answer {
    let message = words(refusal);
    let retry_after = refusal.retry_after;
    if refusal.message.contains(WEBHOOK) {
        return Answer::Refused {
            message,
            retry_after,
        };
    }
    match refusal.code {
        404 if refusal.reason == "NotFound" => Answer::Gone,
        409 if refusal.message.contains("UID in the precondition") => Answer::Gone,
        429 if refusal.cause(BUDGET_CAUSE).is_some() => Answer::Budget {
            message,
            retry_after,
        },
        429 if refusal.message.contains(MIGRATION) => Answer::Refused {
            message: format!("the virtual machine is being migrated ({message})"),
            retry_after,
        },
        429 => Answer::Pressure {
            message,
            retry_after,
        },
        403 if refusal.cause(NAMESPACE_CAUSE).is_some() => Answer::Refused {
            message: format!("its namespace is being deleted ({message})"),
            retry_after: Some(retry_after.unwrap_or(Duration::from_secs(5))),
        },
        // The controller recomputes such a budget.
        403 => Answer::Budget {
            message,
            retry_after,
        },
        500 if refusal
            .message
            .contains("more than one PodDisruptionBudget") =>
        {
            Answer::Budget {
                message,
                retry_after,
            }
        }
        404 | 409 | 500.. => Answer::Trouble { message },
        _ => Answer::Failed { message },
    }
}

/// The server's words, with the cause that kubectl leaves out.
pub fn words(refusal: &Refusal) -> String {
    let message = refusal.message.trim_end_matches('.');
    let causes: Vec<&str> = refusal
        .causes
        .iter()
        .map(|cause| cause.message.trim_end_matches('.'))
        .filter(|cause| !cause.is_empty() && !message.contains(cause))
        .collect();
    let text = if message.is_empty() {
        format!("the API server said {}", refusal.code)
    } else {
        message.to_owned()
    };
    if causes.is_empty() {
        text
    } else {
        format!("{text}: {}", causes.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use cluster::{Cause, Request};

    use super::*;
    use crate::budget::tests::pod;

    fn refusal(code: u16, reason: &str, message: &str, cause: &str) -> WriteError {
        let causes = if cause.is_empty() {
            Vec::new()
        } else {
            vec![Cause {
                reason: cause.into(),
                message: "The disruption budget web needs 2 healthy pods and has 2 currently"
                    .into(),
                field: String::new(),
            }]
        };
        WriteError::Refused(Box::new(Refusal {
            request: Box::new(Request {
                verb: "create",
                resource: PODS,
                subresource: Some("eviction"),
                namespace: Some("ns".into()),
                name: Some("web-0".into()),
            }),
            server: "https://a".into(),
            code,
            reason: reason.into(),
            message: message.into(),
            causes,
            retry_after: None,
        }))
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn each_answer_has_its_meaning() {
        let kind = |error: WriteError| match meaning(Err(error)) {
            Err(_) => "not allowed",
            Ok(Answer::Accepted) => "accepted",
            Ok(Answer::Gone) => "gone",
            Ok(Answer::Budget { .. }) => "budget",
            Ok(Answer::Refused { .. }) => "refused",
            Ok(Answer::Pressure { .. }) => "pressure",
            Ok(Answer::Trouble { .. }) => "trouble",
            Ok(Answer::Failed { .. }) => "failed",
        };
        let webhook = "admission webhook \"x.io\" denied the request: not now";
        for (code, reason, message, cause, expected) in [
            (
                429,
                "TooManyRequests",
                "Cannot evict pod as it would violate the pod's disruption budget.",
                BUDGET_CAUSE,
                "budget",
            ),
            (
                429,
                "TooManyRequests",
                "too many requests, please try again later",
                "",
                "pressure",
            ),
            (
                429,
                "TooManyRequests",
                "Eviction triggered evacuation of VMI \"ns/vm\"",
                "",
                "refused",
            ),
            (429, "", webhook, "", "refused"),
            (403, "Forbidden", webhook, "", "refused"),
            (400, "BadRequest", webhook, "", "refused"),
            (
                403,
                "Forbidden",
                "User \"a\" cannot create resource \"pods/eviction\"",
                "",
                "not allowed",
            ),
            (
                403,
                "Forbidden",
                "ns is being terminated",
                NAMESPACE_CAUSE,
                "refused",
            ),
            (
                403,
                "Forbidden",
                "pdb disruptions allowed is negative",
                "",
                "budget",
            ),
            (
                403,
                "Forbidden",
                "DisruptedPods map too big - too many evictions not confirmed",
                "",
                "budget",
            ),
            (401, "Unauthorized", "Unauthorized", "", "not allowed"),
            (404, "NotFound", "pods \"web-0\" not found", "", "gone"),
            (404, "", "page not found", "", "trouble"),
            (
                409,
                "Conflict",
                "the UID in the precondition (a) does not match",
                "",
                "gone",
            ),
            (
                409,
                "Conflict",
                "the object has been modified",
                "",
                "trouble",
            ),
            (
                500,
                "",
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                "",
                "budget",
            ),
            (
                500,
                "InternalError",
                "etcdserver: request timed out",
                "",
                "trouble",
            ),
            (503, "", "upstream", "", "trouble"),
            (
                504,
                "Timeout",
                "couldn't update PodDisruptionBudget",
                "",
                "trouble",
            ),
            (
                422,
                "Invalid",
                "gracePeriodSeconds: Invalid value",
                "",
                "failed",
            ),
        ] {
            let error = refusal(code, reason, message, cause);
            assert_eq!(kind(error), expected, "{code} {message}");
        }
        assert_eq!(meaning(Ok(())).unwrap(), Answer::Accepted);
    }

    #[test]
    fn the_cause_is_said_too() {
        let WriteError::Refused(refusal) = refusal(429, "", "Cannot evict pod.", BUDGET_CAUSE)
        else {
            panic!()
        };
        assert_eq!(
            words(&refusal),
            "Cannot evict pod: The disruption budget web needs 2 healthy pods and has 2 currently"
        );
    }

    #[test]
    fn options_say_what_the_api_wants() {
        let options = delete_options(&pod("web-0", "web"), Some(5));
        assert_eq!(
            options,
            json!({"preconditions": {"uid": "web-0"}, "gracePeriodSeconds": 5})
        );
        let own = delete_options(&pod("web-0", "web"), None);
        assert_eq!(own, json!({"preconditions": {"uid": "web-0"}}));
        let request = eviction(&pod("web-0", "web"), None, false);
        assert_eq!(
            request.request().to_string(),
            "create pods/eviction \"web-0\" in namespace \"ns\""
        );
    }
}
