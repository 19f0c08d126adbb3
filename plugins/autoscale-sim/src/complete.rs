//! What a shell may offer in the place of a node group's name.

use cluster::{ApiServer, ConnectionFlags, Error, ListRequest, Resource};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Node};

use crate::facts::STATUS;
use crate::node_groups::{self, KnownGroup, Sources, read_deployment, read_status};

/// Where the autoscaler runs unless something else is said.
const NAMESPACE: &str = "kube-system";

/// The node groups that the autoscaler's status, its flags or the nodes' labels name, with their
/// sizes. None where the cluster can't be read.
pub async fn node_groups(connection: &ConnectionFlags) -> Vec<(String, String)> {
    let found = match ApiServer::connect(connection) {
        Ok(server) => read(&server).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let described = found.into_iter().map(|group| {
        let about = about(&group);
        (group.name, about)
    });
    described.collect()
}

async fn read(server: &ApiServer) -> Result<Vec<KnownGroup>, Error> {
    let status = server.get::<ConfigMap>(Resource::of::<ConfigMap>(), Some(NAMESPACE), STATUS);
    let mut flags = None;
    let deployments = ListRequest::new(Resource::of::<Deployment>(), Some(NAMESPACE));
    let deployments = server.list(&deployments, |json| {
        let deployment = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        flags = flags.take().or(read_deployment(&deployment));
        Ok(())
    });
    let mut nodes: Vec<Node> = Vec::new();
    let request = ListRequest::new(Resource::of::<Node>(), None);
    let listed = server.list(&request, |json| {
        nodes.push(serde_json::from_slice(json).map_err(|error| error.to_string())?);
        Ok(())
    });
    // Who may not read the one may still read another.
    let (status, _, listed) = tokio::join!(status, deployments, listed);
    listed?;
    let status = status.ok().flatten();
    let sources = Sources {
        status: status.and_then(|map| read_status(&map).ok()),
        flags,
        ..Sources::default()
    };
    let nodes: Vec<&Node> = nodes.iter().collect();
    let found = node_groups::find(&sources, &nodes).unwrap_or_default();
    Ok(found.groups)
}

/// As `2 nodes, 1 to 9`.
fn about(group: &KnownGroup) -> String {
    let nodes = match group.nodes.len() {
        1 => "1 node".to_owned(),
        count => format!("{count} nodes"),
    };
    match (group.min, group.max) {
        (Some(min), Some(max)) => format!("{nodes}, {min} to {max}"),
        (None, Some(max)) => format!("{nodes}, at most {max}"),
        (Some(min), None) => format!("{nodes}, at least {min}"),
        (None, None) => nodes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_described_as_far_as_it_is_known() {
        let group = |min, max, nodes: &[&str]| KnownGroup {
            min,
            max,
            nodes: nodes.iter().map(|&name| name.to_owned()).collect(),
            ..KnownGroup::default()
        };
        assert_eq!(
            about(&group(Some(1), Some(9), &["a", "b"])),
            "2 nodes, 1 to 9"
        );
        assert_eq!(about(&group(None, Some(9), &["a"])), "1 node, at most 9");
        assert_eq!(about(&group(None, None, &[])), "0 nodes");
    }
}
