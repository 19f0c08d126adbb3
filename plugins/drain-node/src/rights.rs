//! Whether all that a drain will ask for is allowed, before anything is changed.

use std::collections::BTreeSet;

use cluster::{ApiServer, Request, Resource, Write, in_parallel};
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use k8s_openapi::api::storage::v1 as storage;
use serde_json::json;

use crate::cli::DrainFlags;
use crate::facts::{BUDGETS, NODES, PODS};
use crate::report::{DrainPlan, Verdict};

/// A right that is needed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Right {
    pub verb: &'static str,
    pub resource: Resource,
    pub subresource: Option<&'static str>,
    /// Where; `None` is the whole cluster.
    pub namespace: Option<String>,
}

impl Right {
    fn new(verb: &'static str, resource: Resource, namespace: Option<&str>) -> Self {
        Self {
            verb,
            resource,
            subresource: None,
            namespace: namespace.map(str::to_owned),
        }
    }

    fn request(&self) -> Request {
        Request {
            verb: self.verb,
            resource: self.resource,
            subresource: self.subresource,
            namespace: self.namespace.clone(),
            name: None,
        }
    }
}

/// The rights that the plan needs beyond those that making it has shown to be there.
pub fn needed(plan: &DrainPlan, flags: &DrainFlags) -> Vec<Right> {
    let namespaces = |verdicts: &[Verdict]| -> BTreeSet<&str> {
        let pods = plan.pods.iter();
        pods.filter(|pod| verdicts.contains(&pod.verdict))
            .map(|pod| pod.namespace.as_str())
            .collect()
    };
    let mut rights = vec![Right::new("watch", PODS, None)];
    if plan.nodes.iter().any(|node| !node.cordoned) {
        rights.push(Right::new("patch", NODES, None));
    }
    if !flags.disable_eviction {
        rights.push(Right::new("watch", BUDGETS, None));
    }
    let going = [Verdict::Evict, Verdict::Delete, Verdict::Surge];
    for namespace in namespaces(&going) {
        let mut evict = Right::new("create", PODS, Some(namespace));
        evict.subresource = Some("eviction");
        if !flags.disable_eviction {
            rights.push(evict);
        }
        if flags.disable_eviction || flags.deadline_delete.is_some() {
            rights.push(Right::new("delete", PODS, Some(namespace)));
        }
    }
    let deployments = Resource::of::<apps::Deployment>();
    for namespace in namespaces(&[Verdict::Surge]) {
        rights.push(Right::new("patch", deployments, Some(namespace)));
    }
    if flags.wait_detach {
        let attachments = Resource::of::<storage::VolumeAttachment>();
        rights.push(Right::new("list", attachments, None));
    }
    rights
}

/// The first of the rights that is missing. What the API server does not answer counts as there:
/// the request itself will tell.
pub async fn missing(server: &ApiServer, rights: &[Right]) -> Option<Request> {
    let answers = in_parallel(rights.iter().map(|right| is_allowed(server, right))).await;
    let mut missing = rights.iter().zip(answers).filter(|(_, allowed)| !allowed);
    missing.next().map(|(right, _)| right.request())
}

async fn is_allowed(server: &ApiServer, right: &Right) -> bool {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": right.verb,
            "group": right.resource.group,
            "version": right.resource.version,
            "resource": right.resource.plural,
            "subresource": right.subresource,
            "namespace": right.namespace,
        }},
    });
    let write = Write::create(Resource::of::<SelfSubjectAccessReview>(), None, &review);
    let answer: Result<SelfSubjectAccessReview, _> = server.write(&write).await;
    answer
        .ok()
        .and_then(|review| review.status)
        .is_none_or(|status| status.allowed)
}
