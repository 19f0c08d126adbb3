//! Which volumes of the evicted pods are still attached to the nodes.

use std::collections::{BTreeMap, BTreeSet};

use cluster::{ApiServer, Change, Error, ListRequest, Resource, Versioned, in_parallel};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1 as storage;
use serde::Deserialize;

use crate::facts::{Facts, insist, read_all};

pub const ATTACHMENTS: Resource = Resource::of::<storage::VolumeAttachment>();

/// A persistent volume that is attached to a node.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(from = "storage::VolumeAttachment")]
pub struct Attachment {
    pub name: String,
    pub node: String,
    /// Empty where a volume of another kind is attached.
    pub volume: String,
    resource_version: String,
}

impl From<storage::VolumeAttachment> for Attachment {
    fn from(attachment: storage::VolumeAttachment) -> Self {
        let volume = attachment.spec.source.persistent_volume_name;
        Self {
            name: attachment.metadata.name.unwrap_or_default(),
            node: attachment.spec.node_name,
            volume: volume.unwrap_or_default(),
            resource_version: attachment.metadata.resource_version.unwrap_or_default(),
        }
    }
}

impl Versioned for Attachment {
    fn resource_version(&self) -> &str {
        &self.resource_version
    }
}

/// All attached persistent volumes.
///
/// # Errors
/// When they can't be listed.
pub async fn attached(server: &ApiServer) -> Result<Vec<Attachment>, Error> {
    let mut all: Vec<Attachment> = read_all(server, &ListRequest::new(ATTACHMENTS, None)).await?;
    all.retain(|attachment| !attachment.volume.is_empty());
    Ok(all)
}

/// The volumes that are to be detached.
#[derive(Debug, Default)]
pub struct Volumes {
    names: BTreeSet<String>,
    nodes: BTreeSet<String>,
    /// By the attachment's name; `None` before they were listed.
    attached: Option<BTreeMap<String, Attachment>>,
}

impl Volumes {
    /// The persistent volumes of the pods that leave. Asked for while the pods are there: an
    /// ephemeral claim goes with its pod.
    ///
    /// # Errors
    /// When a claim can't be read.
    pub async fn of(
        server: &ApiServer,
        facts: &Facts,
        going: &BTreeSet<&str>,
    ) -> Result<Self, Error> {
        let pods = facts.pods.iter();
        let claims: BTreeSet<(&str, &str)> = pods
            .filter(|pod| going.contains(pod.uid.as_str()))
            .flat_map(|pod| {
                let claims = pod.claims.iter();
                claims.map(|claim| (pod.namespace.as_str(), claim.as_str()))
            })
            .collect();
        let resource = Resource::of::<core::PersistentVolumeClaim>();
        let gets = claims.iter().map(|(namespace, name)| {
            insist(move || {
                server.get::<core::PersistentVolumeClaim>(resource, Some(namespace), name)
            })
        });
        let mut names = BTreeSet::new();
        for claim in in_parallel(gets).await {
            let spec = claim?.and_then(|claim| claim.spec);
            names.extend(spec.and_then(|spec| spec.volume_name));
        }
        Ok(Self {
            names,
            nodes: facts.nodes.iter().map(|node| node.name.clone()).collect(),
            attached: None,
        })
    }

    /// Whether there is any to wait for.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether nothing is attached any more.
    pub fn is_over(&self) -> bool {
        let attached = self.attached.as_ref();
        self.is_empty() || attached.is_some_and(BTreeMap::is_empty)
    }

    /// How many are still attached, and the first of them; `None` also before they were listed.
    pub fn waited_for(&self) -> Option<(usize, &str)> {
        let attached = self.attached.as_ref()?;
        let (_, first) = attached.first_key_value()?;
        Some((attached.len(), &first.volume))
    }

    /// Takes in what was seen; returns those that were detached since.
    pub fn take(&mut self, change: Change<Attachment>) -> Vec<Attachment> {
        let is_waited_for = |attachment: &Attachment| {
            self.names.contains(&attachment.volume) && self.nodes.contains(&attachment.node)
        };
        let known = self.attached.take();
        match change {
            Change::Listed(all) => {
                let own = all.into_iter().filter(is_waited_for);
                let now: BTreeMap<_, _> = own.map(|one| (one.name.clone(), one)).collect();
                let before = known.unwrap_or_default().into_values();
                let gone = before.filter(|one| !now.contains_key(&one.name)).collect();
                self.attached = Some(now);
                gone
            }
            Change::Applied(attachment) => {
                let mut now = known.unwrap_or_default();
                if is_waited_for(&attachment) {
                    now.insert(attachment.name.clone(), attachment);
                }
                self.attached = Some(now);
                Vec::new()
            }
            Change::Deleted(attachment) => {
                let mut now = known.unwrap_or_default();
                let gone = now.remove(&attachment.name);
                self.attached = Some(now);
                gone.into_iter().collect()
            }
            Change::Interrupted(_) | Change::Resumed => {
                self.attached = known;
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(name: &str, node: &str, volume: &str) -> Attachment {
        Attachment {
            name: name.into(),
            node: node.into(),
            volume: volume.into(),
            ..Attachment::default()
        }
    }

    fn volumes() -> Volumes {
        Volumes {
            names: BTreeSet::from(["one".to_owned(), "two".to_owned()]),
            nodes: BTreeSet::from(["n1".to_owned()]),
            attached: None,
        }
    }

    #[test]
    fn only_the_pods_volumes_on_the_drained_nodes_are_waited_for() {
        let mut volumes = volumes();
        assert!(!volumes.is_over(), "they are not known yet");
        let all = vec![
            attachment("a", "n1", "one"),
            attachment("b", "n2", "one"),
            attachment("c", "n1", "other"),
        ];
        assert!(volumes.take(Change::Listed(all)).is_empty());
        assert_eq!(volumes.waited_for(), Some((1, "one")));
        volumes.take(Change::Deleted(attachment("b", "n2", "one")));
        assert!(!volumes.is_over());
        let gone = volumes.take(Change::Deleted(attachment("a", "n1", "one")));
        assert_eq!(gone, [attachment("a", "n1", "one")]);
        assert!(volumes.is_over());
    }

    #[test]
    fn a_new_list_tells_what_was_missed() {
        let mut volumes = volumes();
        volumes.take(Change::Listed(vec![
            attachment("a", "n1", "one"),
            attachment("b", "n1", "two"),
        ]));
        let gone = volumes.take(Change::Listed(vec![attachment("b", "n1", "two")]));
        assert_eq!(gone, [attachment("a", "n1", "one")]);
        assert!(!volumes.is_over());
        assert_eq!(volumes.take(Change::Listed(Vec::new())).len(), 1);
        assert!(volumes.is_over());
        assert!(Volumes::default().is_over());
    }
}
