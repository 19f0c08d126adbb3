//! The same pods, messages and warnings as the real kubectl drain, whatever the flags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::pool::Pool;
use crate::plugin::Said;

const FLAGS: [&str; 4] = [
    "--ignore-daemonsets",
    "--delete-emptydir-data",
    "--force",
    "--disable-eviction",
];

/// What a drain would do.
#[derive(Debug, PartialEq)]
struct Verdict {
    possible: bool,
    /// The pods that go; known where it is possible.
    going: BTreeSet<String>,
    /// The pods of each message that is fatal.
    fatal: BTreeMap<String, BTreeSet<String>>,
    /// The pods of each warning; kubectl prints them where it is possible.
    warnings: BTreeMap<String, BTreeSet<String>>,
}

#[test]
fn each_kind_of_pod_goes_or_stays_as_with_kubectl_drain() {
    let pool = Pool::new("alike", 1);
    pods(&pool);
    let node = pool.node(0);
    assert_eq!(pool.pods_on(0).len(), 11, "{:?}", pool.pods_on(0));
    let mut possible = 0;
    for set in 0..1 << FLAGS.len() {
        let chosen = FLAGS.iter().enumerate();
        let flags: Vec<&str> = chosen
            .filter(|(bit, _)| set & (1 << bit) != 0)
            .map(|(_, flag)| *flag)
            .collect();
        let args = [&[node.as_str(), "--dry-run=client"], &flags[..]].concat();
        let theirs = kubectl_drain(&pool, &args);
        let ours = drain_node(&pool, &args);
        assert_eq!(ours, theirs, "{flags:?}");
        possible += usize::from(ours.possible);
    }
    assert_eq!(possible, 2, "with all flags, by eviction and by deletion");

    // And so it happens, with either way to make pods leave.
    let all = ["--ignore-daemonsets", "--delete-emptydir-data", "--force"];
    let stay: BTreeSet<String> = ["mirror".to_owned()].into();
    for flags in [&all[..], &FLAGS[..]] {
        pool.drain(&[&[node.as_str()], flags].concat()).ok();
        let left: BTreeSet<String> = pool
            .pods_on(0)
            .into_iter()
            .filter(|name| !name.starts_with("agent-"))
            .collect();
        assert_eq!(left, stay);
        if flags == all {
            pool.drain(&["undo", &node]).ok();
            pool.output(&["delete", "job", "-n", "alike", "--all"]);
            pool.output(&[
                "delete",
                "pod",
                "-n",
                "alike",
                "mirror",
                "--force",
                "--grace-period=0",
            ]);
            pods(&pool);
        }
    }
}

/// Scripts give flags in any of these ways; their defaults change nothing.
#[test]
fn each_flag_of_kubectl_drain_is_understood() {
    let pool = Pool::new("words", 1);
    pool.anywhere("Deployment", "web", 1, &json!({}));
    let node = pool.node(0);
    let help = pool.output(&["drain", "--help"]);
    let flags: Vec<(String, String)> = help
        .lines()
        .filter_map(|line| {
            let line = line.trim().trim_start_matches("-l, ");
            let (name, value) = line
                .strip_prefix("--")?
                .strip_suffix(':')?
                .split_once('=')?;
            Some((format!("--{name}"), value.trim_matches('\'').to_owned()))
        })
        .collect();
    assert!(flags.len() >= 11, "{help}");
    let words: Vec<String> = flags
        .iter()
        .filter(|(name, _)| name != "--dry-run")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    let with_defaults = [&[node.as_str(), "--dry-run=client"], &all[..]].concat();
    assert_eq!(
        drain_node(&pool, &with_defaults),
        kubectl_drain(&pool, &with_defaults)
    );
    for args in [
        &["--timeout", "1m30s", "--grace-period", "0"][..],
        &["--timeout=90s", "--grace-period=-1", "--chunk-size", "0"],
        &[
            "--force",
            "--ignore-daemonsets=true",
            "--delete-emptydir-data",
        ],
        &["--pod-selector", "app in (web)", "--disable-eviction=false"],
    ] {
        let args = [&[node.as_str(), "--dry-run=client"], args].concat();
        assert_eq!(
            drain_node(&pool, &args),
            kubectl_drain(&pool, &args),
            "{args:?}"
        );
    }
}

/// One of each kind.
fn pods(pool: &Pool) {
    let local = json!({"volumes": [{"name": "tmp", "emptyDir": {}}]});
    let plain = json!({});
    pool.anywhere("DaemonSet", "agent", 1, &plain);
    for (kind, name) in [
        ("Deployment", "web"),
        ("StatefulSet", "db"),
        ("ReplicaSet", "set"),
    ] {
        pool.anywhere(kind, name, 1, &plain);
    }
    pool.anywhere("Deployment", "cache", 1, &local);
    pool.apply(&json!({
        "apiVersion": "v1", "kind": "ReplicationController",
        "metadata": {"name": "old", "namespace": pool.name},
        "spec": {"replicas": 1, "selector": {"app": "old"}, "template": pool.template("old", &plain)},
    }));
    for (name, run, spec) in [
        ("working", "24h", &plain),
        ("writing", "24h", &local),
        ("finished", "1ms", &local),
    ] {
        let mut template = pool.template(name, spec);
        template["spec"]["restartPolicy"] = json!("Never");
        template["metadata"]["annotations"] = json!({"day2.dev/run-duration": run});
        pool.apply(&json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": name, "namespace": pool.name}, "spec": {"template": template},
        }));
    }
    pool.pod("naked", 0, &local);
    let mut mirror = pool.template("mirror", &plain);
    mirror["apiVersion"] = json!("v1");
    mirror["kind"] = json!("Pod");
    mirror["metadata"] = json!({"name": "mirror", "namespace": pool.name,
        "annotations": {"kubernetes.io/config.mirror": "made-up"}});
    mirror["spec"]["nodeName"] = json!(pool.node(0));
    pool.apply(&mirror);
    pool.wait("all pods as they are to be", || {
        let phase = |app: &str| {
            let pods = pool.pods(&format!("app={app}"));
            pods.first()
                .map_or(Value::Null, |pod| pod["status"]["phase"].clone())
        };
        ["working", "writing", "old"].map(phase) == ["Running"; 3].map(Value::from)
            && phase("finished") == "Succeeded"
    });
}

fn kubectl_drain(pool: &Pool, args: &[&str]) -> Verdict {
    let mut command = pool.plane.kubectl_command();
    let said = Said::of(command.arg("drain").args(args).output().unwrap());
    let fatal = said
        .stderr
        .split("due to error: ")
        .nth(1)
        .unwrap_or_default()
        .split(", continuing")
        .next()
        .unwrap_or_default();
    let warnings = said
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("Warning: "));
    let fatal = fatal.trim().trim_matches(['[', ']']);
    Verdict {
        possible: said.code == 0,
        going: going(&said),
        fatal: messages(fatal, ", cannot delete "),
        warnings: messages(warnings.unwrap_or_default(), "; "),
    }
}

fn drain_node(pool: &Pool, args: &[&str]) -> Verdict {
    let said = pool.drain(args);
    let plan = pool.drain(&[args, &["-o", "json"]].concat());
    assert_eq!(plan.code, said.code);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let texts = |field: &str| -> Vec<String> {
        let list = plan[field].as_array().unwrap().iter();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let possible = said.code == 0;
    assert!(possible || said.code == 3, "{}", said.stderr);
    let warnings = if possible {
        texts("warnings")
    } else {
        Vec::new()
    };
    Verdict {
        possible,
        going: going(&said),
        fatal: messages(&texts("obstacles").join(", "), ", cannot delete "),
        warnings: messages(&warnings.join("; "), "; "),
    }
}

/// The pods of which kubectl's line says that they go.
fn going(said: &Said) -> BTreeSet<String> {
    let lines = said.stdout.lines();
    lines
        .filter_map(|line| line.strip_prefix("evicting pod "))
        .map(|rest| rest.split(' ').next().unwrap().to_owned())
        .collect()
}

/// Messages of the form `what: namespace/a, namespace/b`.
fn messages(text: &str, separator: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = text.strip_prefix("cannot delete ").unwrap_or(text);
    text.split(separator)
        .filter(|message| !message.is_empty())
        .map(|message| {
            let (what, pods) = message.rsplit_once(": ").unwrap_or((message, ""));
            let pods = pods.split(", ").map(str::to_owned).collect();
            (what.to_owned(), pods)
        })
        .collect()
}
