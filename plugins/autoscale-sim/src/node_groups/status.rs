//! Groups as the autoscaler's own status tells them.
//!
//! The form is that of kubernetes/autoscaler `cluster-autoscaler/clusterstate/api/types.go`, written
//! by `cluster-autoscaler/clusterstate/utils/status.go` as YAML.

use k8s_openapi::api::core::v1::{ConfigMap, Node};
use serde::Deserialize;

use super::members::assign;
use super::{KnownGroup, NodeGroups, listed};

/// The status that the autoscaler writes in each loop.
#[derive(Clone, Debug)]
pub struct AutoscalerStatus {
    /// Where it stands, as `namespace/name`.
    place: String,
    status: Status,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    time: String,
    #[serde(rename = "autoscalerStatus")]
    phase: String,
    node_groups: Vec<GroupStatus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GroupStatus {
    name: String,
    health: Health,
    scale_up: ScaleUp,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Health {
    node_counts: NodeCounts,
    cloud_provider_target: Option<i64>,
    min_size: Option<i64>,
    max_size: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeCounts {
    registered: Registered,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Registered {
    total: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ScaleUp {
    status: String,
    backoff_info: BackoffInfo,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BackoffInfo {
    error_code: String,
    error_message: String,
}

/// Reads the status `ConfigMap`.
///
/// # Errors
/// A sentence when it has no status, or one in another form.
pub fn read_status(map: &ConfigMap) -> Result<AutoscalerStatus, String> {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let place = format!(
        "{}/{}",
        text(&map.metadata.namespace),
        text(&map.metadata.name)
    );
    let status = map.data.as_ref().and_then(|data| data.get("status"));
    let status = status.ok_or_else(|| format!("ConfigMap {place} has no key \"status\""))?;
    let status: Status = serde_saphyr::from_str(status).map_err(|error| {
        let whole = error.to_string();
        let first = whole.lines().next().unwrap_or_default().to_owned();
        format!("ConfigMap {place} has a status in a form that is not known, perhaps of before 1.30: {first}")
    })?;
    Ok(AutoscalerStatus { place, status })
}

pub(super) fn groups(own: &AutoscalerStatus, nodes: &[&Node]) -> NodeGroups {
    let status = &own.status;
    let mut groups: Vec<KnownGroup> = status.node_groups.iter().map(known).collect();
    assign(&mut groups, nodes);
    let mut unknowns = Vec::new();
    let mut incomplete = Vec::new();
    for (group, written) in groups.iter_mut().zip(&status.node_groups) {
        let registered = written.health.node_counts.registered.total;
        let here = i64::try_from(group.nodes.len()).unwrap_or(i64::MAX);
        if here < registered {
            incomplete.push(group.name.as_str());
        }
        if written.scale_up.status == "InProgress" {
            let to_come = group.target.unwrap_or(0) - registered.max(here);
            group.scale_up_in_progress = to_come.max(0);
        }
    }
    if !incomplete.is_empty() {
        unknowns.push(format!(
            "no label or provider ID tells all nodes of {}: the others count as not autoscaled",
            listed(&incomplete)
        ));
    }
    if status.phase == "Initializing" {
        unknowns.push(
            "the autoscaler says that it is still initialising: its status has no groups yet"
                .to_owned(),
        );
    }
    let backed_off: Vec<&str> = groups
        .iter()
        .filter(|group| group.backoff.is_some())
        .map(|group| group.name.as_str())
        .collect();
    if !backed_off.is_empty() {
        unknowns.push(format!(
            "until when {} is backed off is unknown (5 to 30 minutes after a failure by default); assumed: in this loop",
            listed(&backed_off)
        ));
    }
    let written = status.time.split('.').next().unwrap_or_default();
    let written = if written.is_empty() {
        String::new()
    } else {
        format!(", written {written}")
    };
    NodeGroups {
        origin: format!("ConfigMap {}{written}", own.place),
        groups,
        unknowns,
    }
}

fn known(own: &GroupStatus) -> KnownGroup {
    let info = &own.scale_up.backoff_info;
    let backoff = (own.scale_up.status == "Backoff").then(|| {
        [info.error_code.as_str(), info.error_message.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(": ")
    });
    KnownGroup {
        name: own.name.clone(),
        min: own.health.min_size,
        max: own.health.max_size,
        target: own.health.cloud_provider_target,
        backoff,
        ..KnownGroup::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::node;
    use super::*;

    const STATUS: &str = "\
time: 2026-01-01 11:59:55.123456789 +0000 UTC
autoscalerStatus: Running
clusterWide:
  health:
    status: Healthy
    lastProbeTime: \"2026-01-01T11:59:55Z\"
nodeGroups:
- name: web
  health:
    status: Healthy
    nodeCounts:
      registered:
        total: 2
        ready: 2
        notStarted: 0
        unready:
          total: 0
          resourceUnready: 0
      longUnregistered: 0
      unregistered: 1
    cloudProviderTarget: 4
    minSize: 1
    maxSize: 10
  scaleUp:
    status: InProgress
- name: gpu
  health:
    cloudProviderTarget: 0
    minSize: 0
    maxSize: 3
  scaleUp:
    status: Backoff
    backoffInfo:
      errorCode: QuotaExceeded
      errorMessage: no more of these
";

    fn map(status: &str) -> ConfigMap {
        serde_json::from_value(serde_json::json!({
            "metadata": {"namespace": "kube-system", "name": "cluster-autoscaler-status"},
            "data": {"status": status},
        }))
        .unwrap()
    }

    #[test]
    fn the_status_is_read() {
        let label = "eks.amazonaws.com/nodegroup";
        let nodes = [
            node("a", &[(label, "web")], ""),
            node("b", &[(label, "web")], ""),
        ];
        let status = read_status(&map(STATUS)).unwrap();
        let found = groups(&status, &nodes.iter().collect::<Vec<_>>());
        assert_eq!(
            found.origin,
            "ConfigMap kube-system/cluster-autoscaler-status, written 2026-01-01 11:59:55"
        );
        let web = &found.groups[0];
        assert_eq!((web.min, web.max, web.target), (Some(1), Some(10), Some(4)));
        assert_eq!(web.nodes, ["a", "b"]);
        assert_eq!(web.scale_up_in_progress, 2);
        let gpu = &found.groups[1];
        assert_eq!(
            gpu.backoff.as_deref(),
            Some("QuotaExceeded: no more of these")
        );
        assert_eq!(found.unknowns.len(), 1, "{:?}", found.unknowns);
        let found = groups(&status, &[]);
        assert!(
            found.unknowns[0].contains("all nodes of web"),
            "{:?}",
            found.unknowns
        );
    }

    #[test]
    fn other_forms_are_named() {
        let old = "Cluster-autoscaler status at 2020-01-01:\nCluster-wide:\n  Health: Healthy (ready=3)\n  x";
        let error = read_status(&map(old)).unwrap_err();
        assert!(
            error.starts_with(
                "ConfigMap kube-system/cluster-autoscaler-status has a status in a form"
            ),
            "{error}"
        );
        assert!(read_status(&ConfigMap::default()).is_err());
    }
}
