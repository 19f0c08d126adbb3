//! What is read for Karpenter: its own objects, and what decides where pods go.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use cluster::{ApiServer, Error, ListRequest, Resource, Snapshot, in_parallel};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::storage::v1::{CSINode, StorageClass};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::karpenter::Input;

const GROUP: &str = "karpenter.sh";

const NODE_POOLS: Resource = Resource {
    group: GROUP,
    version: "v1",
    kind: "NodePool",
    plural: "nodepools",
};

const NODE_CLAIMS: Resource = Resource {
    group: GROUP,
    version: "v1",
    kind: "NodeClaim",
    plural: "nodeclaims",
};

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct KarpenterFacts {
    /// The cluster.
    pub input: Input,
    /// Pools that make no sense, and why.
    pub broken_pools: BTreeMap<String, String>,
    /// Requests that were refused, and what is unknown for that.
    pub unreadable: Vec<String>,
    /// The time is the newest in a snapshot that does not say when it was taken.
    pub now_is_newest: bool,
    /// Whether the server knows Karpenter's kinds.
    pub knows_karpenter: bool,
    newest: Timestamp,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    metadata: Name,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Name {
    name: String,
}

fn typed<T: DeserializeOwned>(kind: &str, json: &[u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| format!("{kind} {}: {error}", name_of(json)))
}

fn name_of(json: &[u8]) -> String {
    let named: Named = serde_json::from_slice(json).unwrap_or_default();
    named.metadata.name
}

impl KarpenterFacts {
    /// Takes one object; kinds that decide nothing are passed over.
    fn take(&mut self, group: &str, kind: &str, json: &[u8]) -> Result<(), String> {
        let input = &mut self.input;
        match (group, kind) {
            ("", "Pod") => {
                let pod: Pod = typed(kind, json)?;
                self.newest = pod
                    .metadata
                    .creation_timestamp
                    .as_ref()
                    .map_or(self.newest, |time| self.newest.max(time.0));
                input.pods.push(pod);
            }
            ("", "Node") => input.nodes.push(typed::<Node>(kind, json)?),
            ("apps", "DaemonSet") => input.daemon_sets.push(typed::<DaemonSet>(kind, json)?),
            ("", "Namespace") => input.namespaces.push(typed::<Namespace>(kind, json)?),
            ("", "PersistentVolume") => {
                input
                    .persistent_volumes
                    .push(typed::<PersistentVolume>(kind, json)?);
            }
            ("", "PersistentVolumeClaim") => {
                let claim = typed::<PersistentVolumeClaim>(kind, json)?;
                input.persistent_volume_claims.push(claim);
            }
            ("storage.k8s.io", "StorageClass") => {
                input
                    .storage_classes
                    .push(typed::<StorageClass>(kind, json)?);
            }
            ("storage.k8s.io", "CSINode") => input.csi_nodes.push(typed::<CSINode>(kind, json)?),
            ("policy", "PodDisruptionBudget") => {
                let budget = typed::<PodDisruptionBudget>(kind, json)?;
                input.pod_disruption_budgets.push(budget);
            }
            (GROUP, "NodePool") => self.take_pool(json),
            (GROUP, "NodeClaim") => input.node_claims.push(typed(kind, json)?),
            _ => {}
        }
        Ok(())
    }

    /// A pool that cannot be read is no reason to say nothing of the others.
    fn take_pool(&mut self, json: &[u8]) {
        match serde_json::from_slice::<crate::karpenter::node_pool::NodePool>(json) {
            Ok(pool) => {
                let mistakes = pool.mistakes();
                if mistakes.is_empty() {
                    self.input.node_pools.push(pool);
                } else {
                    let name = pool.name().to_owned();
                    self.broken_pools.insert(name, mistakes.join("; "));
                }
            }
            Err(why) => {
                let why = format!("it cannot be read: {why}");
                self.broken_pools.insert(name_of(json), why);
            }
        }
    }
}

/// Reads from a snapshot.
///
/// # Errors
/// When the file can't be read.
pub fn read_snapshot(path: &Path, progress: impl Fn(usize)) -> Result<KarpenterFacts, Error> {
    let mut facts = KarpenterFacts::default();
    let mut objects = 0;
    let snapshot = Snapshot::read(path, |object| {
        let meta = &object.type_meta;
        let group = meta.api_version.rsplit_once('/').map_or("", |own| own.0);
        facts.knows_karpenter |= group == GROUP;
        objects += 1;
        progress(objects);
        facts.take(group, &meta.kind, object.json)
    })?;
    facts.now_is_newest = snapshot.taken_at.is_none();
    facts.input.now = snapshot.taken_at.unwrap_or(facts.newest);
    Ok(facts)
}

/// Reads from a live cluster.
///
/// # Errors
/// When nodes, pods or pools can't be read; what else can't be is noted.
pub async fn read_live(
    server: &ApiServer,
    progress: impl Fn(usize),
) -> Result<KarpenterFacts, Error> {
    let volumes = "pods with volumes are judged without them";
    let listed = [
        (Resource::of::<Node>(), None),
        (Resource::of::<Pod>(), None),
        (NODE_POOLS, None),
        (
            NODE_CLAIMS,
            Some("nodes that Karpenter waits for are unknown"),
        ),
        (
            Resource::of::<DaemonSet>(),
            Some("the pods of DaemonSets on new nodes are unknown"),
        ),
        (
            Resource::of::<Namespace>(),
            Some("namespace selectors of affinity terms find nothing"),
        ),
        (Resource::of::<PersistentVolumeClaim>(), Some(volumes)),
        (Resource::of::<PersistentVolume>(), Some(volumes)),
        (Resource::of::<StorageClass>(), Some(volumes)),
        (
            Resource::of::<CSINode>(),
            Some("limits of volumes per node are unknown"),
        ),
        (
            Resource::of::<PodDisruptionBudget>(),
            Some("disruption budgets are unknown; assumed: none"),
        ),
    ];
    let shared = RefCell::new(KarpenterFacts {
        knows_karpenter: true,
        ..KarpenterFacts::default()
    });
    let objects = RefCell::new(0);
    let list = |(resource, without): (Resource, Option<&'static str>)| {
        let (shared, objects, progress) = (&shared, &objects, &progress);
        async move {
            let request = ListRequest::new(resource, None);
            let answer = server.list(&request, |json| {
                *objects.borrow_mut() += 1;
                progress(*objects.borrow());
                shared
                    .borrow_mut()
                    .take(resource.group, resource.kind, json)
            });
            (resource, answer.await.map(|_| ()), without)
        }
    };
    let answers = in_parallel(listed.into_iter().map(list)).await;
    let mut facts = shared.into_inner();
    for (resource, answer, without) in answers {
        match (answer, without) {
            (Err(Error::UnknownResource { .. }), _) if resource.group == GROUP => {
                facts.knows_karpenter = false;
            }
            (Err(Error::Forbidden { request, .. }), Some(without)) => {
                let verb = request.verb;
                let resource = request.resource.qualified();
                let remark = format!("not allowed to {verb} {resource}: {without}");
                facts.unreadable.push(remark);
            }
            (Err(Error::UnknownResource { .. }), Some(_)) => {}
            (answer, _) => answer?,
        }
    }
    facts.input.now = server.clock().now();
    Ok(facts)
}
