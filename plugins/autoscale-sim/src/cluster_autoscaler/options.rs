//! The flags of Cluster Autoscaler that change its decisions, with their defaults in 1.36.
//!
//! Follows kubernetes/autoscaler `cluster-autoscaler/config/flags/flags.go` and
//! `cluster-autoscaler/config/const.go`.

use jiff::SignedDuration;

/// The flags. Field names are the flags' names.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags that do not exclude each other"
)]
pub struct Options {
    /// How the best of several groups is picked: expanders one after the other.
    pub expander: Vec<String>,
    /// Spread a scale-up over groups that look alike.
    pub balance_similar_node_groups: bool,
    /// Labels that may differ between similar groups, beside the built-in ones.
    pub balancing_ignore_label: Vec<String>,
    /// If any: groups are similar when these labels are equal, and nothing else counts.
    pub balancing_label: Vec<String>,
    /// Share by which the memory capacity of similar groups may differ.
    pub memory_difference_ratio: f64,
    /// Share by which the free resources of similar groups may differ.
    pub max_free_difference_ratio: f64,
    /// Share by which the allocatable resources of similar groups may differ.
    pub max_allocatable_difference_ratio: f64,
    /// The most nodes in the cluster; 0 is no limit.
    pub max_nodes_total: i64,
    /// Least and most cores in the cluster.
    pub cores_total: (i64, i64),
    /// Least and most GiB of memory in the cluster.
    pub memory_total: (i64, i64),
    /// Least and most GPUs by type.
    pub gpu_total: Vec<(String, i64, i64)>,
    /// The most nodes one scale-up plans for; 0 is no limit.
    pub max_nodes_per_scaleup: i64,
    /// The longest that planning for one group may take.
    pub max_nodegroup_binpacking_duration: SignedDuration,
    /// The longest that planning for all groups may take.
    pub max_binpacking_time: SignedDuration,
    /// Count nodes by arithmetic for the last kind of pods.
    pub fastpath_binpacking_enabled: bool,
    /// Scale up to a group's least size.
    pub enforce_node_group_min_size: bool,
    /// Pods of lower priority do not count.
    pub expendable_pods_priority_cutoff: i64,
    /// Younger pods do not cause a scale-up.
    pub new_pod_scale_up_delay: SignedDuration,
    /// Schedulers that may have not looked at a pod yet when it counts.
    pub bypassed_scheduler_names: Vec<String>,
    /// If any: only pods of these schedulers count.
    pub allowed_scheduler_names: Vec<String>,
    /// Whether to scale up with no node ready at all.
    pub scale_up_from_zero: bool,
    /// Count all `DaemonSet`s that would run on a new node, even if they do not on its like.
    pub force_ds: bool,
    /// Taints that a booting node has; also `--ignore-taint`.
    pub startup_taint: Vec<String>,
    /// Prefixes of such taints.
    pub startup_taint_prefix: Vec<String>,
    /// Taints that come and go.
    pub status_taint: Vec<String>,
    /// Take cordoned nodes for schedulable in templates.
    pub scale_from_unschedulable: bool,
    /// Share in percent of unready nodes above which nothing is done.
    pub max_total_unready_percentage: f64,
    /// So many unready nodes are always fine.
    pub ok_total_unready_count: i64,
    /// How long a node may take to register.
    pub max_node_provision_time: SignedDuration,
    /// How long a registered node may take to become ready.
    pub max_node_startup_time: SignedDuration,
    /// Say why a pod does not fit groups that cannot grow either.
    pub scaleup_simulation_for_skipped_node_groups_enabled: bool,
    /// Several scale-ups in one loop.
    pub salvo_scale_up: bool,
    /// Whether nodes are ever removed.
    pub scale_down_enabled: bool,
    /// Whether unready nodes are removed.
    pub scale_down_unready_enabled: bool,
    /// No scale-down for so long after a scale-up.
    pub scale_down_delay_after_add: SignedDuration,
    /// No scale-down for so long after a node was deleted.
    pub scale_down_delay_after_delete: SignedDuration,
    /// No scale-down for so long after one failed.
    pub scale_down_delay_after_failure: SignedDuration,
    /// Count these delays by group.
    pub scale_down_delay_type_local: bool,
    /// How long a node must be unneeded.
    pub scale_down_unneeded_time: SignedDuration,
    /// How long an unready node must be unneeded.
    pub scale_down_unready_time: SignedDuration,
    /// Up to this utilisation a node may go.
    pub scale_down_utilization_threshold: f64,
    /// The same for nodes with GPUs.
    pub scale_down_gpu_utilization_threshold: f64,
    /// How many nodes with pods are looked at in a loop.
    pub scale_down_non_empty_candidates_count: i64,
    /// Share of the nodes that are looked at beside the candidates of the loop before.
    pub scale_down_candidates_pool_ratio: f64,
    /// At least so many of them.
    pub scale_down_candidates_pool_min_count: i64,
    /// How long the simulation may take.
    pub scale_down_simulation_timeout: SignedDuration,
    /// A node that cannot go is looked at again after this time.
    pub unremovable_node_recheck_timeout: SignedDuration,
    /// The most nodes deleted at once.
    pub max_scale_down_parallelism: i64,
    /// The most nodes drained at once.
    pub max_drain_parallelism: i64,
    /// The longest wait for a pod to stop, in seconds.
    pub max_graceful_termination_sec: i64,
    /// The most soft taints set in a loop; 0 turns them off.
    pub max_bulk_soft_taint_count: i64,
    /// `DaemonSet` pods do not count as utilisation.
    pub ignore_daemonsets_utilization: bool,
    /// Mirror pods do not count as utilisation.
    pub ignore_mirror_pods_utilization: bool,
    /// Pods of kube-system keep their node.
    pub skip_nodes_with_system_pods: bool,
    /// Pods with local storage keep their node.
    pub skip_nodes_with_local_storage: bool,
    /// Pods of unknown controllers keep their node.
    pub skip_nodes_with_custom_controller_pods: bool,
    /// Controllers with fewer replicas keep their pods' nodes.
    pub min_replica_count: i64,
    /// Pods of kube-system keep their node only while younger than this.
    pub blocking_system_pod_distruption_timeout: SignedDuration,
    /// Cordon nodes before they are deleted.
    pub cordon_node_before_terminating: bool,
    /// Evict `DaemonSet` pods from empty nodes.
    pub daemonset_eviction_for_empty_nodes: bool,
    /// Evict `DaemonSet` pods from nodes with pods.
    pub daemonset_eviction_for_occupied_nodes: bool,
}

impl Default for Options {
    fn default() -> Self {
        let minutes = SignedDuration::from_mins;
        Self {
            expander: vec!["least-waste".to_owned()],
            balance_similar_node_groups: false,
            balancing_ignore_label: Vec::new(),
            balancing_label: Vec::new(),
            memory_difference_ratio: 0.015,
            max_free_difference_ratio: 0.05,
            max_allocatable_difference_ratio: 0.05,
            max_nodes_total: 0,
            cores_total: (0, 5000 * 64),
            memory_total: (0, 5000 * 64 * 20),
            gpu_total: Vec::new(),
            max_nodes_per_scaleup: 1000,
            max_nodegroup_binpacking_duration: SignedDuration::from_secs(10),
            max_binpacking_time: minutes(5),
            fastpath_binpacking_enabled: false,
            enforce_node_group_min_size: false,
            expendable_pods_priority_cutoff: -10,
            new_pod_scale_up_delay: SignedDuration::ZERO,
            bypassed_scheduler_names: Vec::new(),
            allowed_scheduler_names: Vec::new(),
            scale_up_from_zero: true,
            force_ds: false,
            startup_taint: Vec::new(),
            startup_taint_prefix: Vec::new(),
            status_taint: Vec::new(),
            scale_from_unschedulable: false,
            max_total_unready_percentage: 45.0,
            ok_total_unready_count: 3,
            max_node_provision_time: minutes(15),
            max_node_startup_time: minutes(15),
            scaleup_simulation_for_skipped_node_groups_enabled: false,
            salvo_scale_up: false,
            scale_down_enabled: true,
            scale_down_unready_enabled: true,
            scale_down_delay_after_add: minutes(10),
            scale_down_delay_after_delete: SignedDuration::ZERO,
            scale_down_delay_after_failure: minutes(3),
            scale_down_delay_type_local: false,
            scale_down_unneeded_time: minutes(10),
            scale_down_unready_time: minutes(20),
            scale_down_utilization_threshold: 0.5,
            scale_down_gpu_utilization_threshold: 0.5,
            scale_down_non_empty_candidates_count: 30,
            scale_down_candidates_pool_ratio: 0.1,
            scale_down_candidates_pool_min_count: 50,
            scale_down_simulation_timeout: SignedDuration::from_secs(30),
            unremovable_node_recheck_timeout: minutes(5),
            max_scale_down_parallelism: 10,
            max_drain_parallelism: 1,
            max_graceful_termination_sec: 600,
            max_bulk_soft_taint_count: 10,
            ignore_daemonsets_utilization: false,
            ignore_mirror_pods_utilization: false,
            skip_nodes_with_system_pods: true,
            skip_nodes_with_local_storage: true,
            skip_nodes_with_custom_controller_pods: true,
            min_replica_count: 0,
            blocking_system_pod_distruption_timeout: minutes(60),
            cordon_node_before_terminating: true,
            daemonset_eviction_for_empty_nodes: false,
            daemonset_eviction_for_occupied_nodes: true,
        }
    }
}

/// What became of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is taken into account.
    Set,
    /// It changes no decision, or none that is modelled here.
    Unknown,
}

impl Options {
    /// Sets one flag, by its name without dashes. A flag that may be given several times adds
    /// to what it was given before.
    ///
    /// # Errors
    /// A sentence that says why the value is none for that flag.
    pub fn set(&mut self, flag: &str, value: &str) -> Result<Effect, String> {
        self.set_scale_up(flag, value)
            .or_else(|| self.set_scale_down(flag, value))
            .unwrap_or(Ok(()))
            .map_err(|why| format!("--{flag}={value}: {why}"))
            .map(|()| {
                if is_known(flag) {
                    Effect::Set
                } else {
                    Effect::Unknown
                }
            })
    }

    fn set_scale_up(&mut self, flag: &str, value: &str) -> Option<Result<(), String>> {
        Some(match flag {
            "expander" => {
                self.expander = value.split(',').map(str::to_owned).collect();
                Ok(())
            }
            "balance-similar-node-groups" => boolean(&mut self.balance_similar_node_groups, value),
            "balancing-ignore-label" => push(&mut self.balancing_ignore_label, value),
            "balancing-label" => push(&mut self.balancing_label, value),
            "memory-difference-ratio" => number(&mut self.memory_difference_ratio, value),
            "max-free-difference-ratio" => number(&mut self.max_free_difference_ratio, value),
            "max-allocatable-difference-ratio" => {
                number(&mut self.max_allocatable_difference_ratio, value)
            }
            "max-nodes-total" => number(&mut self.max_nodes_total, value),
            "cores-total" => range(&mut self.cores_total, value),
            "memory-total" => range(&mut self.memory_total, value),
            "gpu-total" => gpu_range(&mut self.gpu_total, value),
            "max-nodes-per-scaleup" => number(&mut self.max_nodes_per_scaleup, value),
            "max-nodegroup-binpacking-duration" => {
                duration(&mut self.max_nodegroup_binpacking_duration, value)
            }
            "max-binpacking-time" => duration(&mut self.max_binpacking_time, value),
            "fastpath-binpacking-enabled" => boolean(&mut self.fastpath_binpacking_enabled, value),
            "enforce-node-group-min-size" => boolean(&mut self.enforce_node_group_min_size, value),
            "expendable-pods-priority-cutoff" => {
                number(&mut self.expendable_pods_priority_cutoff, value)
            }
            "new-pod-scale-up-delay" => duration(&mut self.new_pod_scale_up_delay, value),
            "bypassed-scheduler-names" => push_all(&mut self.bypassed_scheduler_names, value),
            "allowed-scheduler-names" => push_all(&mut self.allowed_scheduler_names, value),
            "scale-up-from-zero" => boolean(&mut self.scale_up_from_zero, value),
            "force-ds" => boolean(&mut self.force_ds, value),
            "startup-taint" | "ignore-taint" => push(&mut self.startup_taint, value),
            "startup-taint-prefix" => push(&mut self.startup_taint_prefix, value),
            "status-taint" => push(&mut self.status_taint, value),
            "scale-from-unschedulable" => boolean(&mut self.scale_from_unschedulable, value),
            "max-total-unready-percentage" => number(&mut self.max_total_unready_percentage, value),
            "ok-total-unready-count" => number(&mut self.ok_total_unready_count, value),
            "max-node-provision-time" => duration(&mut self.max_node_provision_time, value),
            "max-node-startup-time" => duration(&mut self.max_node_startup_time, value),
            "scaleup-simulation-for-skipped-node-groups-enabled" => boolean(
                &mut self.scaleup_simulation_for_skipped_node_groups_enabled,
                value,
            ),
            "salvo-scale-up" => boolean(&mut self.salvo_scale_up, value),
            _ => return None,
        })
    }

    fn set_scale_down(&mut self, flag: &str, value: &str) -> Option<Result<(), String>> {
        Some(match flag {
            "scale-down-enabled" => boolean(&mut self.scale_down_enabled, value),
            "scale-down-unready-enabled" => boolean(&mut self.scale_down_unready_enabled, value),
            "scale-down-delay-after-add" => duration(&mut self.scale_down_delay_after_add, value),
            "scale-down-delay-after-delete" => {
                duration(&mut self.scale_down_delay_after_delete, value)
            }
            "scale-down-delay-after-failure" => {
                duration(&mut self.scale_down_delay_after_failure, value)
            }
            "scale-down-delay-type-local" => boolean(&mut self.scale_down_delay_type_local, value),
            "scale-down-unneeded-time" => duration(&mut self.scale_down_unneeded_time, value),
            "scale-down-unready-time" => duration(&mut self.scale_down_unready_time, value),
            "scale-down-utilization-threshold" => {
                number(&mut self.scale_down_utilization_threshold, value)
            }
            "scale-down-gpu-utilization-threshold" => {
                number(&mut self.scale_down_gpu_utilization_threshold, value)
            }
            "scale-down-non-empty-candidates-count" => {
                number(&mut self.scale_down_non_empty_candidates_count, value)
            }
            "scale-down-candidates-pool-ratio" => {
                number(&mut self.scale_down_candidates_pool_ratio, value)
            }
            "scale-down-candidates-pool-min-count" => {
                number(&mut self.scale_down_candidates_pool_min_count, value)
            }
            "scale-down-simulation-timeout" => {
                duration(&mut self.scale_down_simulation_timeout, value)
            }
            "unremovable-node-recheck-timeout" => {
                duration(&mut self.unremovable_node_recheck_timeout, value)
            }
            "max-scale-down-parallelism" => number(&mut self.max_scale_down_parallelism, value),
            "max-drain-parallelism" => number(&mut self.max_drain_parallelism, value),
            "max-graceful-termination-sec" => number(&mut self.max_graceful_termination_sec, value),
            "max-bulk-soft-taint-count" => number(&mut self.max_bulk_soft_taint_count, value),
            "ignore-daemonsets-utilization" => {
                boolean(&mut self.ignore_daemonsets_utilization, value)
            }
            "ignore-mirror-pods-utilization" => {
                boolean(&mut self.ignore_mirror_pods_utilization, value)
            }
            "skip-nodes-with-system-pods" => boolean(&mut self.skip_nodes_with_system_pods, value),
            "skip-nodes-with-local-storage" => {
                boolean(&mut self.skip_nodes_with_local_storage, value)
            }
            "skip-nodes-with-custom-controller-pods" => {
                boolean(&mut self.skip_nodes_with_custom_controller_pods, value)
            }
            "min-replica-count" => number(&mut self.min_replica_count, value),
            "blocking-system-pod-distruption-timeout" => {
                duration(&mut self.blocking_system_pod_distruption_timeout, value)
            }
            "cordon-node-before-terminating" => {
                boolean(&mut self.cordon_node_before_terminating, value)
            }
            "daemonset-eviction-for-empty-nodes" => {
                boolean(&mut self.daemonset_eviction_for_empty_nodes, value)
            }
            "daemonset-eviction-for-occupied-nodes" => {
                boolean(&mut self.daemonset_eviction_for_occupied_nodes, value)
            }
            _ => return None,
        })
    }
}

/// Whether the flag is one of [`Options`].
#[must_use]
pub fn is_known(flag: &str) -> bool {
    let mut scratch = Options::default();
    scratch.set_scale_up(flag, "").is_some() || scratch.set_scale_down(flag, "").is_some()
}

/// As Go's `strconv.ParseBool`; a flag alone is true.
fn boolean(to: &mut bool, value: &str) -> Result<(), String> {
    *to = match value {
        "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
        "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
        _ => return Err("is neither true nor false".to_owned()),
    };
    Ok(())
}

fn number<T: std::str::FromStr>(to: &mut T, value: &str) -> Result<(), String> {
    *to = value.parse().map_err(|_| "is not a number".to_owned())?;
    Ok(())
}

fn duration(to: &mut SignedDuration, value: &str) -> Result<(), String> {
    *to = if value == "0" {
        SignedDuration::ZERO
    } else {
        value
            .parse()
            .map_err(|_| "is not a duration such as 10m0s".to_owned())?
    };
    Ok(())
}

fn range(to: &mut (i64, i64), value: &str) -> Result<(), String> {
    let wrong = || "is not of the form MIN:MAX".to_owned();
    let (least, most) = value.split_once(':').ok_or_else(wrong)?;
    let least: i64 = least.parse().map_err(|_| wrong())?;
    let most: i64 = most.parse().map_err(|_| wrong())?;
    if least < 0 || most < least {
        return Err("MIN must not be negative, and MAX not below it".to_owned());
    }
    *to = (least, most);
    Ok(())
}

fn gpu_range(to: &mut Vec<(String, i64, i64)>, value: &str) -> Result<(), String> {
    let (name, limits) = value
        .split_once(':')
        .ok_or_else(|| "is not of the form TYPE:MIN:MAX".to_owned())?;
    let mut both = (0, 0);
    range(&mut both, limits)?;
    to.push((name.to_owned(), both.0, both.1));
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "one of many setters of one shape")]
fn push(to: &mut Vec<String>, value: &str) -> Result<(), String> {
    to.push(value.to_owned());
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "one of many setters of one shape")]
fn push_all(to: &mut Vec<String>, value: &str) -> Result<(), String> {
    let names = value.split(',').filter(|name| !name.is_empty());
    to.extend(names.map(str::to_owned));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Effect, Options};
    use jiff::SignedDuration;

    #[test]
    fn flags_are_read_as_the_autoscaler_does() {
        let mut options = Options::default();
        for (flag, value) in [
            ("expander", "priority,least-waste"),
            ("balance-similar-node-groups", "true"),
            ("cores-total", "0:24"),
            ("scale-down-unneeded-time", "5m30s"),
            ("startup-taint", "a"),
            ("ignore-taint", "b"),
            ("gpu-total", "nvidia:0:4"),
        ] {
            assert_eq!(options.set(flag, value), Ok(Effect::Set), "{flag}");
        }
        assert_eq!(options.expander, ["priority", "least-waste"]);
        assert_eq!(options.cores_total, (0, 24));
        assert_eq!(
            options.scale_down_unneeded_time,
            SignedDuration::from_secs(330)
        );
        assert_eq!(options.startup_taint, ["a", "b"]);
        assert_eq!(options.set("v", "4"), Ok(Effect::Unknown));
        assert!(options.set("cores-total", "9:1").is_err());
        assert!(options.set("max-nodes-total", "many").is_err());
        assert!(options.set("scale-down-unneeded-time", "soon").is_err());
    }
}
