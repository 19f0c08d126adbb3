//! kubectl's own drain cases (kubernetes/kubectl, `pkg/cmd/drain/drain_test.go`), and those it has
//! no tests for.

use serde_json::json;

use super::pool::Pool;

#[test]
fn managed_pods_leave_by_eviction_and_by_deletion() {
    for (name, flag, word) in [
        ("managed-evict", None, "evicted"),
        ("managed-delete", Some("--disable-eviction"), "deleted"),
    ] {
        let pool = Pool::new(name, 2);
        pool.workload("Deployment", "web", 2, &json!({}));
        pool.workload("StatefulSet", "db", 1, &json!({}));
        let node = pool.node(0);
        let mut args = vec![node.as_str()];
        args.extend(flag);
        let said = pool.drain(&args).ok();
        assert!(
            said.starts_with(&format!("node/{node} cordoned\n")),
            "{said}"
        );
        assert_eq!(said.matches(&format!(" {word} (")).count(), 3, "{said}");
        assert!(said.contains(&format!("node/{node} drained")), "{said}");
        assert!(said.contains(&format!("pod/{name}/db-0 {word}")), "{said}");
        assert!(pool.pods_on(0).is_empty());
        assert!(pool.is_cordoned(0) && !pool.is_cordoned(1));
        // Once more: there is nothing left to do.
        let again = pool.drain(&args).ok();
        assert!(
            again.contains(&format!("node/{node} already cordoned")),
            "{again}"
        );
    }
}

#[test]
fn fatal_pods_block_all_and_change_nothing() {
    let pool = Pool::new("fatal", 1);
    let local = json!({"volumes": [{"name": "tmp", "emptyDir": {}}]});
    pool.anywhere("DaemonSet", "agent", 1, &json!({}));
    pool.anywhere("Deployment", "web", 1, &json!({}));
    pool.anywhere("Deployment", "cache", 1, &local);
    pool.pod("naked", 0, &json!({}));
    let node = pool.node(0);
    let before = pool.pods_on(0).len();
    for (flags, words) in [
        (
            &[][..],
            &[
                "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): fatal/agent-",
                "cannot delete Pods with local storage (use --delete-emptydir-data to override): fatal/cache-",
                "cannot delete Pods that declare no controller (use --force to override): fatal/naked",
                "nothing was changed",
            ][..],
        ),
        (
            &["--ignore-daemonsets", "--delete-emptydir-data"],
            &["declare no controller"],
        ),
        (&["--ignore-daemonsets", "--force"], &["local storage"]),
        (
            &["--delete-emptydir-data", "--force", "--disable-eviction"],
            &["DaemonSet-managed"],
        ),
    ] {
        pool.drain(&[&[node.as_str()], flags].concat())
            .fails(3, words);
        assert!(!pool.is_cordoned(0));
        assert_eq!(pool.pods_on(0).len(), before);
    }

    let all = ["--ignore-daemonsets", "--delete-emptydir-data", "--force"];
    let said = pool.drain(&[&[node.as_str()], &all[..]].concat());
    assert!(said.stderr.contains("Warning: deleting Pods that declare no controller: fatal/naked; ignoring DaemonSet-managed Pods: fatal/agent-"), "{}", said.stderr);
    said.ok();
    assert_eq!(pool.pods_on(0).len(), 1, "the DaemonSet's stays");
}

#[test]
fn finished_pods_and_orphans_of_a_daemonset_go() {
    let pool = Pool::new("finished", 1);
    let node = pool.node(0);
    let local = json!({"volumes": [{"name": "tmp", "emptyDir": {}}], "restartPolicy": "Never"});
    let mut template = pool.template("job", &local);
    template["metadata"]["annotations"] = json!({"day2.dev/run-duration": "1ms"});
    pool.apply(&json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job", "namespace": "finished"},
        "spec": {"template": template},
    }));
    pool.wait("finished pod", || {
        let pods = pool.pods("app=job");
        pods.iter().any(|pod| pod["status"]["phase"] == "Succeeded")
    });
    let said = pool.drain(&[&node]).ok();
    assert!(said.contains("pod/finished/job-"), "{said}");
    pool.output(&["uncordon", &node]);

    pool.anywhere("DaemonSet", "agent", 1, &json!({}));
    // The API server's garbage collector must leave the pod: it names an owner of another UID.
    let pod = pool.pods("app=agent")[0].clone();
    let name = pod["metadata"]["name"].as_str().unwrap();
    pool.output(&[
        "delete",
        "ds",
        "-n",
        "finished",
        "agent",
        "--cascade=orphan",
    ]);
    pool.wait("orphan", || pool.pods("app=agent").len() == 1);
    pool.drain(&[&node])
        .fails(3, &["Pods that declare no controller"]);
    let said = pool.drain(&[&node, "--force"]).ok();
    assert!(said.contains(name), "{said}");
}

#[test]
fn a_node_that_is_missing_is_fatal_and_nothing_is_patched() {
    let pool = Pool::new("missing", 1);
    let node = pool.node(0);
    pool.drain(&[&node, "no-such-node"])
        .fails(1, &["nodes \"no-such-node\" not found"]);
    assert!(!pool.is_cordoned(0));
    pool.drain(&[&node, "-l", "a=b"]).fails(
        2,
        &["cannot specify both a node name and a --selector option"],
    );
    pool.drain(&[]).fails(2, &["no node is named"]);
    pool.drain(&["pod/x"])
        .fails(2, &["expected resource of type node"]);
    // An empty node, by selector.
    let said = pool.drain(&["-l", "pool=missing"]).ok();
    assert!(said.contains("node/missing-0 drained"), "{said}");
}

#[test]
fn pods_that_the_selector_leaves_out_stay() {
    let pool = Pool::new("selected", 1);
    pool.anywhere("Deployment", "web", 1, &json!({}));
    pool.pod("naked", 0, &json!({}));
    let said = pool
        .drain(&[&pool.node(0), "--pod-selector", "app!=naked"])
        .ok();
    assert!(said.contains("web-") && !said.contains("naked"), "{said}");
    assert_eq!(pool.pods_on(0), ["naked"]);
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_blocks() {
    let pool = Pool::new("dry", 2);
    pool.workload("Deployment", "web", 2, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 1}));
    let node = pool.node(0);
    for mode in ["--dry-run", "--dry-run=client", "--dry-run=server"] {
        let said = pool.drain(&[&node, mode]).ok();
        let run = if mode.ends_with("server") {
            "server dry run"
        } else {
            "dry run"
        };
        assert!(
            said.contains(&format!("node/{node} cordoned ({run})")),
            "{said}"
        );
        assert!(said.contains("evicting pod dry/web-"), "{said}");
        assert!(said.contains("2 pods, 1 at a time: 2 rounds"), "{said}");
        assert!(said.contains(&pool.node(1)), "where they would go: {said}");
    }
    let plan = pool.drain(&[&node, "--dry-run", "-o", "json"]).json();
    assert_eq!(plan["kind"], "DrainPlan");
    assert_eq!(plan["possible"], true);
    assert_eq!(plan["budgets"][0]["rounds"], json!([1, 1]));
    assert_eq!(plan["pods"][0]["placement"]["node"], pool.node(1));

    pool.budget("web", "web", &json!({"maxUnavailable": 0}));
    let plan = pool.drain(&[&node, "--dry-run=client", "-o", "json"]);
    assert_eq!(plan.code, 3, "{}", plan.stderr);
    assert!(
        plan.stdout.contains("\"budgetAllowsNone\""),
        "{}",
        plan.stdout
    );
    pool.drain(&[&node]).fails(
        3,
        &["disruption budget dry/web (maxUnavailable 0) allows no eviction"],
    );
    assert!(!pool.is_cordoned(0));
    assert_eq!(pool.pods_on(0).len(), 2);
}

#[test]
fn a_pod_of_two_budgets_is_explained() {
    let pool = Pool::new("several", 2);
    pool.workload("Deployment", "web", 2, &json!({}));
    for name in ["one", "two"] {
        pool.budget(name, "web", &json!({"maxUnavailable": 1}));
    }
    let node = pool.node(0);
    pool.drain(&[&node]).fails(
        3,
        &["more than one disruption budget selects the pod (several/one, several/two)"],
    );
    assert!(!pool.is_cordoned(0));
    // The API server hides this refusal in an answer with a good status.
    pool.drain(&[&node, "--proceed-anyway", "--once", "--undo-on-failure"])
        .fails(4, &["This pod has more than one PodDisruptionBudget"]);
    assert!(!pool.is_cordoned(0));
    assert_eq!(pool.pods_on(0).len(), 2);
}

#[test]
fn only_its_own_cordon_is_taken_back() {
    let pool = Pool::new("own-cordon", 2);
    pool.anywhere("Deployment", "web", 2, &json!({}));
    pool.budget("web", "web", &json!({"maxUnavailable": 0}));
    pool.output(&["cordon", &pool.node(0)]);
    let nodes = [pool.node(0), pool.node(1)];
    let flags = ["--proceed-anyway", "--timeout", "1s", "--undo-on-failure"];
    let args: Vec<&str> = nodes.iter().map(String::as_str).chain(flags).collect();
    let said = pool.drain(&args);
    assert!(
        said.stderr.contains("timed out: 0 of 2 nodes"),
        "{}",
        said.stderr
    );
    said.fails(
        4,
        &[
            "There are pending nodes to be drained:",
            "wait for disruption budget own-cordon/web",
        ],
    );
    assert!(pool.is_cordoned(0), "it was cordoned before");
    assert!(!pool.is_cordoned(1));
    pool.drain(&["undo", &nodes[0]]).fails(
        1,
        &["cordoned, but not by drain-node", "hint: kubectl uncordon"],
    );

    pool.output(&["uncordon", &nodes[0]]);
    let kept = [
        "--proceed-anyway",
        "--timeout",
        "1s",
        "--reason",
        "new disk",
    ];
    let said = pool.drain(&[&[nodes[1].as_str()], &kept[..]].concat());
    said.fails(
        4,
        &[
            "cordoned by this run",
            "kubectl drain-node undo own-cordon-1",
        ],
    );
    let status = pool.drain(&["status", &nodes[1]]).ok();
    assert!(
        status.contains("cordoned by drain-node") && status.contains("new disk"),
        "{status}"
    );
    assert!(status.contains("allows no eviction"), "{status}");
    let undone = pool.drain(&["undo", &nodes[1]]).ok();
    assert_eq!(undone, format!("node/{} uncordoned\n", nodes[1]));
    assert!(!pool.is_cordoned(1));
}

#[test]
fn a_cordon_that_is_denied_ends_it_before_any_eviction() {
    let pool = Pool::new("denied", 2);
    pool.anywhere("Deployment", "web", 2, &json!({}));
    pool.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
         "metadata": {"name": "denied"},
         "spec": {"matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
                "operations": ["UPDATE"], "resources": ["nodes"], "resourceNames": ["denied-1"]}]},
            "validations": [{"expression": "!has(object.spec.unschedulable)", "message": "not this node"}]}},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
         "metadata": {"name": "denied"}, "spec": {"policyName": "denied", "validationActions": ["Deny"]}}]}));
    pool.wait("policy", || {
        let args = ["cordon", "denied-1", "--dry-run=server"];
        let said = pool.plane.kubectl_command().args(args).output().unwrap();
        String::from_utf8_lossy(&said.stderr).contains("not this node")
    });
    pool.drain(&["denied-0", "denied-1"])
        .fails(1, &["unable to cordon node \"denied-1\"", "not this node"]);
    assert!(
        !pool.is_cordoned(0),
        "nothing was evicted, so nothing is left behind"
    );
    assert_eq!(pool.pods("app=web").len(), 2);
    let leaving = |pod: &serde_json::Value| pod["metadata"]["deletionTimestamp"].is_string();
    assert!(!pool.pods("app=web").iter().any(leaving));
}
