//! Which pods of a node a drain may touch: kubectl's five filters, in its order, with its messages.
//!
//! Follows kubernetes/kubectl `pkg/drain/filters.go` (v0.36.3). The first filter that says no ends
//! the matter; of filters that say yes with a warning only the last one's word is kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::pod::Pod;

const DAEMON_SET_FATAL: &str = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
const DAEMON_SET_WARNING: &str = "ignoring DaemonSet-managed Pods";
const LOCAL_STORAGE_FATAL: &str =
    "Pods with local storage (use --delete-emptydir-data to override)";
const LOCAL_STORAGE_WARNING: &str = "deleting Pods with local storage";
const UNMANAGED_FATAL: &str = "Pods that declare no controller (use --force to override)";
const UNMANAGED_WARNING: &str = "deleting Pods that declare no controller";

/// The flags that the filters obey.
#[derive(Clone, Copy, Debug, Default)]
pub struct FilterOptions {
    /// `--force`
    pub force: bool,
    /// `--ignore-daemonsets`
    pub ignore_daemonsets: bool,
    /// `--delete-emptydir-data`
    pub delete_emptydir_data: bool,
    /// `--skip-wait-for-delete-timeout`, in seconds; 0 is off.
    pub skip_deleted_after: i64,
}

/// Whether a `DaemonSet` that a pod names is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DaemonSet {
    /// It is.
    Exists,
    /// It is not.
    Missing,
}

/// `DaemonSets` by namespace and name; one that was not looked for counts as there.
pub type DaemonSets = BTreeMap<(String, String), DaemonSet>;

/// What decided.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Filter {
    /// It was deleted long ago, and is not waited for.
    DeletedLongAgo,
    /// A `DaemonSet` would make it anew at once.
    DaemonSet,
    /// Its `DaemonSet` is gone.
    DaemonSetMissing,
    /// It is run by the kubelet alone.
    MirrorPod,
    /// It would lose the data of an emptyDir.
    LocalStorage,
    /// Nobody would make it anew.
    NoController,
}

/// What the filters say of a pod.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Filtered {
    /// It goes.
    Goes,
    /// It goes, with a warning.
    GoesWithWarning(Filter, String),
    /// It stays, and that is no matter.
    Skipped(Filter),
    /// It stays, with a warning.
    SkippedWithWarning(Filter, String),
    /// It stays, and the node can't be drained.
    Fatal(Filter, String),
}

impl Filtered {
    /// Whether the pod goes.
    pub fn goes(&self) -> bool {
        matches!(self, Self::Goes | Self::GoesWithWarning(..))
    }

    fn ends_the_matter(&self) -> bool {
        !self.goes()
    }
}

/// Runs a pod through the filters.
pub fn filter(
    pod: &Pod,
    options: FilterOptions,
    daemon_sets: &DaemonSets,
    now: Timestamp,
) -> Filtered {
    let mut last = Filtered::Goes;
    let filters: [&dyn Fn() -> Filtered; 5] = [
        &|| deleted_long_ago(pod, options, now),
        &|| daemon_set(pod, options, daemon_sets),
        &|| mirror_pod(pod),
        &|| local_storage(pod, options),
        &|| no_controller(pod, options),
    ];
    for filter in filters {
        last = filter();
        if last.ends_the_matter() {
            break;
        }
    }
    last
}

/// Whether a pod's deletion is so long ago that it is not waited for.
pub fn is_deleted_long_ago(pod: &Pod, after: i64, now: Timestamp) -> bool {
    after > 0
        && pod
            .deletion
            .is_some_and(|deletion| now.duration_since(deletion.deadline).as_secs() > after)
}

fn deleted_long_ago(pod: &Pod, options: FilterOptions, now: Timestamp) -> Filtered {
    if is_deleted_long_ago(pod, options.skip_deleted_after, now) {
        return Filtered::Skipped(Filter::DeletedLongAgo);
    }
    Filtered::Goes
}

fn daemon_set(pod: &Pod, options: FilterOptions, daemon_sets: &DaemonSets) -> Filtered {
    let Some(name) = daemon_set_of(pod) else {
        return Filtered::Goes;
    };
    if pod.is_finished() {
        return Filtered::Goes;
    }
    let key = (pod.namespace.clone(), name.to_owned());
    if daemon_sets.get(&key) == Some(&DaemonSet::Missing) {
        let message = format!("daemonsets.apps \"{name}\" not found");
        return if options.force {
            Filtered::GoesWithWarning(Filter::DaemonSetMissing, message)
        } else {
            Filtered::Fatal(Filter::DaemonSetMissing, message)
        };
    }
    if !options.ignore_daemonsets {
        return Filtered::Fatal(Filter::DaemonSet, DAEMON_SET_FATAL.into());
    }
    Filtered::SkippedWithWarning(Filter::DaemonSet, DAEMON_SET_WARNING.into())
}

/// The `DaemonSet` that a pod says it belongs to.
pub fn daemon_set_of(pod: &Pod) -> Option<&str> {
    let owner = pod.controller.as_ref()?;
    let is_daemon_set = owner.kind == "DaemonSet" && owner.api_version == "apps/v1";
    is_daemon_set.then_some(owner.name.as_str())
}

fn mirror_pod(pod: &Pod) -> Filtered {
    if pod.is_mirror {
        return Filtered::Skipped(Filter::MirrorPod);
    }
    Filtered::Goes
}

fn local_storage(pod: &Pod, options: FilterOptions) -> Filtered {
    if pod.empty_dirs.is_empty() || pod.is_finished() {
        return Filtered::Goes;
    }
    if !options.delete_emptydir_data {
        return Filtered::Fatal(Filter::LocalStorage, LOCAL_STORAGE_FATAL.into());
    }
    Filtered::GoesWithWarning(Filter::LocalStorage, LOCAL_STORAGE_WARNING.into())
}

fn no_controller(pod: &Pod, options: FilterOptions) -> Filtered {
    if pod.is_finished() || pod.controller.is_some() {
        return Filtered::Goes;
    }
    if options.force {
        return Filtered::GoesWithWarning(Filter::NoController, UNMANAGED_WARNING.into());
    }
    Filtered::Fatal(Filter::NoController, UNMANAGED_FATAL.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::{Deletion, Owner, Phase};

    const NOW: &str = "2026-01-01T00:10:00Z";

    fn pod(change: impl FnOnce(&mut Pod)) -> Pod {
        let mut pod = Pod {
            namespace: "ns".into(),
            name: "p".into(),
            controller: Some(owner("ReplicaSet")),
            phase: Phase::Running,
            ..Pod::default()
        };
        change(&mut pod);
        pod
    }

    fn owner(kind: &str) -> Owner {
        Owner {
            api_version: "apps/v1".into(),
            kind: kind.into(),
            name: "o".into(),
            uid: "1".into(),
        }
    }

    fn deleted(seconds_ago: i64) -> impl FnOnce(&mut Pod) {
        move |pod| {
            let now: Timestamp = NOW.parse().unwrap();
            pod.deletion = Some(Deletion {
                deadline: now - jiff::SignedDuration::from_secs(seconds_ago),
                grace_seconds: 30,
            });
        }
    }

    fn said(pod: &Pod, options: FilterOptions) -> String {
        let missing = DaemonSets::from([(("ns".into(), "gone".into()), DaemonSet::Missing)]);
        match filter(pod, options, &missing, NOW.parse().unwrap()) {
            Filtered::Goes => "goes".into(),
            Filtered::GoesWithWarning(_, message) => format!("goes: {message}"),
            Filtered::Skipped(filter) => format!("skipped {filter:?}"),
            Filtered::SkippedWithWarning(_, message) => format!("skipped: {message}"),
            Filtered::Fatal(_, message) => format!("fatal: {message}"),
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn each_filter_speaks_as_kubectl_does() {
        let none = FilterOptions::default();
        let force = FilterOptions {
            force: true,
            ..none
        };
        let ignore = FilterOptions {
            ignore_daemonsets: true,
            ..none
        };
        let data = FilterOptions {
            delete_emptydir_data: true,
            ..none
        };
        let data_and_force = FilterOptions {
            force: true,
            ..data
        };
        let skip = |seconds| FilterOptions {
            skip_deleted_after: seconds,
            ..none
        };
        let naked = |pod: &mut Pod| pod.controller = None;
        let of_daemon_set = |pod: &mut Pod| pod.controller = Some(owner("DaemonSet"));
        let orphan = |pod: &mut Pod| {
            pod.controller = Some(Owner {
                name: "gone".into(),
                ..owner("DaemonSet")
            });
        };
        let other_group = |pod: &mut Pod| {
            pod.controller = Some(Owner {
                api_version: "x.io/v1".into(),
                ..owner("DaemonSet")
            });
        };
        let local = |pod: &mut Pod| pod.empty_dirs = vec!["tmp".into()];
        let local_naked = |pod: &mut Pod| {
            pod.empty_dirs = vec!["tmp".into()];
            pod.controller = None;
        };
        let finished = |phase| {
            move |pod: &mut Pod| {
                pod.phase = phase;
                pod.controller = None;
                pod.empty_dirs = vec!["tmp".into()];
            }
        };
        let finished_of_daemon_set = |pod: &mut Pod| {
            pod.phase = Phase::Failed;
            pod.controller = Some(owner("DaemonSet"));
        };
        let mirror = |pod: &mut Pod| {
            pod.is_mirror = true;
            pod.controller = None;
        };
        for (name, pod, options, expected) in [
            ("managed", pod(|_| ()), none, "goes"),
            (
                "naked",
                pod(naked),
                none,
                "fatal: Pods that declare no controller (use --force to override)",
            ),
            (
                "naked forced",
                pod(naked),
                force,
                "goes: deleting Pods that declare no controller",
            ),
            (
                "daemon",
                pod(of_daemon_set),
                none,
                "fatal: DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
            ),
            (
                "daemon ignored",
                pod(of_daemon_set),
                ignore,
                "skipped: ignoring DaemonSet-managed Pods",
            ),
            ("daemon finished", pod(finished_of_daemon_set), none, "goes"),
            ("other group", pod(other_group), none, "goes"),
            (
                "orphan",
                pod(orphan),
                ignore,
                "fatal: daemonsets.apps \"gone\" not found",
            ),
            ("orphan forced", pod(orphan), force, "goes"),
            ("mirror", pod(mirror), none, "skipped MirrorPod"),
            (
                "local",
                pod(local),
                none,
                "fatal: Pods with local storage (use --delete-emptydir-data to override)",
            ),
            // The next filter's yes has the last word, as in kubectl.
            ("local allowed", pod(local), data, "goes"),
            (
                "local naked",
                pod(local_naked),
                data,
                "fatal: Pods that declare no controller (use --force to override)",
            ),
            (
                "local naked forced",
                pod(local_naked),
                data_and_force,
                "goes: deleting Pods that declare no controller",
            ),
            ("succeeded", pod(finished(Phase::Succeeded)), none, "goes"),
            ("failed", pod(finished(Phase::Failed)), none, "goes"),
            ("deleted, no limit", pod(deleted(1000)), skip(0), "goes"),
            ("deleted, within", pod(deleted(60)), skip(100), "goes"),
            (
                "deleted, on the second",
                pod(deleted(100)),
                skip(100),
                "goes",
            ),
            (
                "deleted, beyond",
                pod(deleted(101)),
                skip(100),
                "skipped DeletedLongAgo",
            ),
            (
                "deleted, beyond one",
                pod(deleted(3)),
                skip(1),
                "skipped DeletedLongAgo",
            ),
            ("being deleted", pod(deleted(-20)), skip(1), "goes"),
        ] {
            assert_eq!(said(&pod, options), expected, "{name}");
        }
    }
}
