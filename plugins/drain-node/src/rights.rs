//! Whether all that a drain will ask for is allowed, before anything is changed.

use std::collections::BTreeSet;

use cluster::{ApiServer, Request, Resource, Write, in_parallel};
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use serde_json::json;

use crate::act::ATTACHMENTS;
use crate::cli::DrainFlags;
use crate::facts::{BUDGETS, NODES, PODS, workload_resource};
use crate::report::{DrainPlan, Verdict};
use crate::workload::Kind;

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

/// The rights that the plan needs beyond those that making it has shown to be there; `awaited` are
/// the kinds whose replacements will be waited for, and where.
pub fn needed(
    plan: &DrainPlan,
    flags: &DrainFlags,
    awaited: &BTreeSet<(Kind, String)>,
) -> Vec<Right> {
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
    for verb in ["list", "watch"] {
        for (kind, namespace) in awaited {
            rights.push(Right::new(verb, workload_resource(*kind), Some(namespace)));
        }
        if flags.wait_detach {
            rights.push(Right::new(verb, ATTACHMENTS, None));
        }
    }
    if flags.wait_replacements {
        rights.extend(makers(plan, &going));
    }
    rights
}

/// What must be read of the makers of the pods: without that nobody could say whose replacements
/// are to be waited for.
fn makers(plan: &DrainPlan, going: &[Verdict]) -> Vec<Right> {
    let pods = plan.pods.iter();
    let kinds: BTreeSet<(Kind, &str)> = pods
        .filter(|pod| going.contains(&pod.verdict))
        .filter_map(|pod| {
            let kind = Kind::of(pod.controller.as_ref()?)?;
            Some((kind, pod.namespace.as_str()))
        })
        .flat_map(|(kind, namespace)| {
            let above = (kind == Kind::ReplicaSet).then_some(Kind::Deployment);
            [Some(kind), above]
                .into_iter()
                .flatten()
                .map(move |kind| (kind, namespace))
        })
        .collect();
    kinds
        .into_iter()
        .map(|(kind, namespace)| Right::new("get", workload_resource(kind), Some(namespace)))
        .collect()
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
