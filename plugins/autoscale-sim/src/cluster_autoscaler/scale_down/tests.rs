//! Loops as a whole.

use serde_json::{Value, json};

use super::testing::{budget, cluster, group, node, pod, way, ways};
use super::{Effort, plan};
use crate::cluster_autoscaler::cluster::Cluster;
use crate::cluster_autoscaler::loop_state::LoopState;

/// Three nodes, and one of another group that stays.
fn three(flags: &[(&str, &str)]) -> Cluster {
    let mut all = cluster(flags);
    group(&mut all, "a", 0, &["a1", "a2", "a3"]);
    group(&mut all, "b", 1, &["b1"]);
    pod(&mut all, "b1", "busy", 2100, json!({}));
    all
}

fn selector(labels: Value) -> Value {
    json!({"spec": {"nodeSelector": labels}})
}

#[test]
fn empty_nodes_go_after_ten_minutes() {
    let mut all = three(&[]);
    let waits = "NotUnneededLongEnough";
    assert_eq!(
        way(&mut all, 0),
        ["a1", "a2", "a3"].map(|own| format!("{own}: {waits}"))
    );
    assert_eq!(
        way(&mut all, 601),
        ["a1: deleted", "a2: deleted", "a3: deleted"]
    );
    let mut two = three(&[("max-scale-down-parallelism", "2")]);
    // A walk through three nodes begins at any of them.
    assert_eq!(ways(&mut two, 601).len(), 3);
    let mut later = three(&[("scale-down-unneeded-time", "15m")]);
    assert!(way(&mut later, 0).contains(&format!("a1: {waits}")));
    assert_eq!(way(&mut later, 901)[0], "a1: deleted");
    let mut at_once = three(&[("scale-down-unneeded-time", "0s")]);
    assert_eq!(way(&mut at_once, 0)[0], "a1: deleted");
}

#[test]
fn nodes_that_were_marked_before_go_earlier() {
    let marked = |first_loop: bool| {
        let mut all = cluster(&[]);
        group(&mut all, "a", 0, &["a1"]);
        // Marked nine minutes ago.
        let taint = json!({"key": "DeletionCandidateOfClusterAutoscaler", "value": "1767268260", "effect": "PreferNoSchedule"});
        node(&mut all, "a2", json!({"spec": {"taints": [taint]}}));
        all.groups[0].nodes.push("a2".to_owned());
        all.groups[0].target = 2;
        all.first_loop = first_loop;
        all
    };
    let waits = "NotUnneededLongEnough";
    assert_eq!(
        way(&mut marked(false), 61),
        [format!("a1: {waits}"), "a2: deleted".to_owned()]
    );
    // A new process does not know of it.
    assert_eq!(way(&mut marked(true), 601), ["a1: deleted", "a2: deleted"]);
}

#[test]
fn one_node_with_pods_at_a_time() {
    let mut all = three(&[]);
    pod(&mut all, "a1", "p", 100, json!({}));
    pod(&mut all, "a2", "q", 100, json!({}));
    let found = ways(&mut all, 601);
    let want = |drained: &str, other: &str| {
        let mut own = vec![
            drained.to_owned(),
            "a3: deleted".to_owned(),
            other.to_owned(),
        ];
        own.sort_unstable();
        own
    };
    assert_eq!(found.len(), 2);
    assert!(found.contains(&want("a1: drained default/p", "a2: unneeded")));
    assert!(found.contains(&want("a2: drained default/q", "a1: unneeded")));
    all.options.set("max-drain-parallelism", "5").unwrap();
    let both = [
        "a1: drained default/p",
        "a2: drained default/q",
        "a3: deleted",
    ];
    assert_eq!(way(&mut all, 601), both);
}

#[test]
fn pods_need_a_place() {
    for (about, milli, rest, want) in [
        ("fits", 1900, json!({}), "NotUnneededLongEnough"),
        ("too big", 1901, json!({}), "NoPlaceToMovePods"),
        (
            "wants its node",
            100,
            selector(json!({"kubernetes.io/hostname": "a1"})),
            "NoPlaceToMovePods",
        ),
    ] {
        let mut all = cluster(&[]);
        group(&mut all, "a", 0, &["a1"]);
        group(&mut all, "b", 1, &["b1"]);
        pod(&mut all, "b1", "busy", 2100, json!({}));
        pod(&mut all, "a1", "p", milli, rest);
        assert_eq!(way(&mut all, 0), [format!("a1: {want}")], "{about}");
    }
}

#[test]
fn cordoned_nodes_take_no_pods() {
    let mut all = cluster(&[]);
    group(&mut all, "a", 0, &["a1"]);
    node(&mut all, "b1", json!({"spec": {"unschedulable": true}}));
    pod(&mut all, "a1", "p", 100, json!({}));
    assert_eq!(way(&mut all, 0), ["a1: NoPlaceToMovePods"]);
}

#[test]
fn moves_persist() {
    // Each of the two fits on the other, and on nothing else.
    let mut all = cluster(&[]);
    group(&mut all, "a", 0, &["a1", "a2"]);
    pod(&mut all, "a1", "p", 1000, json!({}));
    pod(&mut all, "a2", "q", 1000, json!({}));
    let found = ways(&mut all, 0);
    let want = |goes: &str, stays: &str| {
        let mut own = vec![
            format!("{goes}: NotUnneededLongEnough"),
            format!("{stays}: NoPlaceToMovePods"),
        ];
        own.sort_unstable();
        own
    };
    assert_eq!(found, [want("a1", "a2"), want("a2", "a1")]);
}

#[test]
fn an_emptied_node_is_still_a_domain() {
    let spread = |skew: i64, taints: &str| {
        json!({"spec": {"topologySpreadConstraints": [{"maxSkew": skew, "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "DoNotSchedule", "nodeTaintsPolicy": taints,
            "labelSelector": {"matchLabels": {"app": "web"}}}]}})
    };
    for (about, skew, taints, want) in [
        ("the skew would be 2", 1, "Ignore", "NoPlaceToMovePods"),
        ("2 is fine", 2, "Ignore", "NotUnneededLongEnough"),
        (
            "its taint leaves it out",
            1,
            "Honor",
            "NotUnneededLongEnough",
        ),
    ] {
        let mut all = cluster(&[]);
        group(&mut all, "a", 0, &["a1"]);
        group(&mut all, "b", 1, &["b1"]);
        pod(&mut all, "a1", "p", 100, spread(skew, taints));
        pod(&mut all, "b1", "q", 100, spread(skew, taints));
        assert_eq!(way(&mut all, 0), [format!("a1: {want}")], "{about}");
    }
}

#[test]
fn budgets_are_used_up() {
    let blocked = "BlockedByPod default/";
    for (allowed, unneeded, drained) in [(0, 0, 0), (1, 1, 1), (2, 2, 2)] {
        let mut all = three(&[("max-drain-parallelism", "5")]);
        budget(&mut all, allowed);
        for name in ["a1", "a2", "a3"] {
            pod(&mut all, name, &format!("p-{name}"), 1500, json!({}));
        }
        // Only b1, which stays, has room for one of them.
        pod(&mut all, "b1", "filler", 0, json!({}));
        for found in ways(&mut all, 0) {
            let waits = found
                .iter()
                .filter(|own| own.ends_with("NotUnneededLongEnough"));
            assert!(waits.count() <= unneeded, "{found:?}");
            if allowed == 0 {
                assert!(
                    found
                        .iter()
                        .all(|own| own.contains(blocked) && own.ends_with("NotEnoughPdb"))
                );
            }
        }
        for found in ways(&mut all, 601) {
            assert!(found.iter().filter(|own| own.contains("drained")).count() <= drained);
        }
    }
}

#[test]
fn nodes_at_risk_go_last() {
    let mut all = cluster(&[]);
    group(&mut all, "a", 0, &["a1", "a2"]);
    group(&mut all, "b", 1, &["b1"]);
    budget(&mut all, 1);
    // The budget does not allow for both at once.
    let to_b1 = || selector(json!({"kubernetes.io/hostname": "b1"}));
    pod(&mut all, "a1", "p", 100, to_b1());
    pod(&mut all, "a1", "q", 100, to_b1());
    pod(
        &mut all,
        "a2",
        "r",
        100,
        json!({"metadata": {"labels": {"app": "other"}}}),
    );
    for found in ways(&mut all, 601) {
        assert!(
            found.contains(&"a2: drained default/r".to_owned()),
            "{found:?}"
        );
    }
}

#[test]
fn the_end_of_pods_is_waited_for() {
    let mut all = cluster(&[]);
    group(&mut all, "a", 0, &["a1"]);
    group(&mut all, "b", 1, &["b1"]);
    let waits = json!({"metadata": {"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "on-completion"}}});
    pod(&mut all, "a1", "p", 100, waits);
    assert_eq!(way(&mut all, 0), ["a1: NotUnneededLongEnough"]);
    assert_eq!(way(&mut all, 601), ["a1: BlockedByOnCompletionPod"]);
}

#[test]
fn a_loop_that_adds_nodes_deletes_none() {
    let mut all = three(&[("scale-down-unneeded-time", "0")]);
    let effort = Effort::of(&all);
    let situation = LoopState {
        scaled_up: true,
        ..LoopState::default()
    };
    let planned = plan(&mut all, &situation, effort).unwrap();
    let (passes, _) = planned.ways.first_key_value().unwrap();
    assert_eq!((planned.ways.len(), passes.len()), (1, 1));
    assert_eq!(passes[0].result.name(), "ScaleDownInCooldown");
    assert_eq!(passes[0].unneeded, ["a1", "a2", "a3"]);
    let planned = plan(&mut all, &LoopState::default(), effort).unwrap();
    let (passes, _) = planned.ways.first_key_value().unwrap();
    assert_eq!(
        passes[0].deleted.len(),
        3,
        "with no time to wait they go at once"
    );
}

#[test]
fn not_all_unneeded_nodes_are_found_at_once() {
    let mut all = cluster(&[("max-scale-down-parallelism", "2")]);
    group(
        &mut all,
        "a",
        0,
        &["a1", "a2", "a3", "a4", "a5", "a6", "a7"],
    );
    for found in ways(&mut all, 0) {
        assert_eq!(found.len(), 4, "twice as many as go at once");
    }
    for found in ways(&mut all, 601) {
        let deleted = found.iter().filter(|own| own.ends_with("deleted")).count();
        assert_eq!((found.len(), deleted), (7, 2));
    }
}

#[test]
fn large_clusters_are_sampled() {
    let mut all = cluster(&[]);
    let names: Vec<String> = (0..12).map(|at| format!("a{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    group(&mut all, "a", 0, &names);
    let planned = plan(&mut all, &LoopState::default(), Effort { loops: 400 }).unwrap();
    assert!(planned.cut.unwrap().ends_with("there may be more"));
    for passes in planned.ways.keys() {
        let last = passes.last().unwrap();
        assert_eq!((last.at_seconds, last.deleted.len()), (601, 10));
    }
}

#[test]
fn nothing_is_planned_if_nodes_never_go() {
    let mut all = three(&[("scale-down-enabled", "false")]);
    let effort = Effort::of(&all);
    assert_eq!(plan(&mut all, &LoopState::default(), effort), None);
}
