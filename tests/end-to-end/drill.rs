//! `kubectl leases failover`: drills on real elections, and what is refused.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::{Component, ControlPlane, ControlPlaneOptions};

use crate::plugin::{kubectl, leases, plane, scratch};
use crate::terminal::{CTRL_C, ENTER, Terminal};

const MANAGER: &str = "kube-controller-manager";
const SCHEDULER: &str = "kube-scheduler";

fn drill(plane: &ControlPlane, name: &str, args: &[&str]) -> crate::plugin::Said {
    leases(
        plane,
        &[&["failover", name, "-n", "kube-system"], args].concat(),
    )
}

/// A drill in a terminal, up to the question.
fn asked(plane: &ControlPlane, name: &str, redirections: &str, args: &[&str]) -> Terminal {
    let mut command = kubectl(plane);
    command.args(["leases", "failover", name, "-n", "kube-system"]);
    let mut terminal = Terminal::start(command.args(args), redirections);
    terminal.wait_for(&format!("Take kube-system/{name} away from controller-"));
    terminal.wait_for("? [y/N]");
    terminal
}

fn lease(plane: &ControlPlane, name: &str) -> Value {
    let args = [
        "get",
        "lease",
        name,
        "-n",
        "kube-system",
        "-o",
        "json",
        "--show-managed-fields",
    ];
    serde_json::from_str(&plane.kubectl_output(&args).unwrap()).unwrap()
}

fn holder(plane: &ControlPlane, name: &str) -> String {
    lease(plane, name)["spec"]["holderIdentity"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn what_is_no_election_with_a_successor_is_refused() {
    let node = ["failover", "node-0", "-n", "kube-node-lease", "--yes"];
    leases(plane(), &node).fails(3, &["a node's heartbeat", "hint:"]);
    leases(plane(), &[&node[..], &["--force"]].concat()).fails(3, &["a node's heartbeat"]);
    let servers = leases(
        plane(),
        &["-n", "kube-system", "--kind", "apiserver", "-o", "name"],
    )
    .ok();
    drill(plane(), servers.trim(), &["--yes"]).fails(3, &["an API server's identity"]);
    drill(plane(), SCHEDULER, &["--yes"]).fails(3, &["no other candidate", "--force"]);
    drill(plane(), SCHEDULER, &["--force"]).fails(2, &["no terminal to ask at", "--yes"]);
    drill(
        plane(),
        SCHEDULER,
        &["--yes", "--force", "--timeout", "20s"],
    )
    .fails(3, &["longer than --timeout", "give --timeout 45s or more"]);
    drill(plane(), "nobody", &["--yes"]).fails(1, &["\"nobody\" not found"]);
    assert!(!lease(plane(), SCHEDULER).to_string().contains("day2"));
}

#[test]
fn a_drill_hands_an_election_over_and_leaves_nothing() {
    let plane = ControlPlane::start(&ControlPlaneOptions {
        controller_managers: 1,
        schedulers: 3,
        nodes: 0,
        ..ControlPlaneOptions::default()
    })
    .unwrap();
    plane.publish_controllers().unwrap();
    let old = holder(&plane, SCHEDULER);

    let plan = drill(&plane, SCHEDULER, &["--dry-run", "-o", "json"]).json();
    assert_eq!(plan["successors"], 2);
    assert!(plan["result"].is_null(), "{plan}");
    assert_eq!(holder(&plane, SCHEDULER), old);

    for (keys, code, words) in [
        ("n", 0, "note: nothing was changed"),
        (ENTER, 0, "note: nothing was changed"),
        (
            CTRL_C,
            130,
            "interrupted at the question; nothing was changed",
        ),
    ] {
        let mut terminal = asked(&plane, SCHEDULER, "", &[]);
        terminal.types(keys);
        let (ended, seen) = terminal.end();
        assert_eq!(ended, code, "{seen:#?}");
        assert!(seen.iter().any(|line| line.contains(words)), "{seen:#?}");
        assert!(!lease(&plane, SCHEDULER).to_string().contains("day2"));
    }

    // An interrupted one gives the Lease back, and the leader just goes on.
    let mut interrupted = kubectl(&plane);
    interrupted.args([
        "leases",
        "failover",
        SCHEDULER,
        "-n",
        "kube-system",
        "--yes",
    ]);
    let mut child = interrupted.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while !holder(&plane, SCHEDULER).starts_with("day2-failover_") {
        assert!(Instant::now() < deadline, "it does not begin");
        std::thread::sleep(Duration::from_millis(50));
    }
    let signal = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(signal.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(holder(&plane, SCHEDULER), old);
    std::thread::sleep(Duration::from_secs(5));
    let after = lease(&plane, SCHEDULER);
    assert_eq!(after["spec"]["holderIdentity"], old.as_str());
    assert_eq!(after["spec"]["leaseTransitions"], 0);

    let done = drill(&plane, SCHEDULER, &["--yes", "-o", "json"]).json();
    let result = &done["result"];
    assert_eq!(result["outcome"], "takenOver", "{done}");
    assert!(result["gapSeconds"].as_f64().unwrap() > 15.0, "{done}");
    assert_eq!(result["left"].as_array().unwrap().len(), 0, "{done}");
    let moments: Vec<&str> = result["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment["what"].as_str().unwrap())
        .collect();
    assert_eq!(moments, ["lastRenewal", "taken", "freed", "acquired"]);
    let after = lease(&plane, SCHEDULER);
    assert_ne!(after["spec"]["holderIdentity"], old.as_str());
    assert_eq!(after["spec"]["leaseTransitions"], 1);
    assert!(!after.to_string().contains("day2"), "{after}");
    // The old leader noticed and ended.
    let index = old.split('_').next().unwrap().strip_prefix("controller-");
    let index = index.unwrap().parse().unwrap();
    assert_eq!(plane.pid(Component::Scheduler(index)), None);
}

#[test]
fn a_drill_ends_the_term_of_a_coordinated_leader() {
    let plane = ControlPlane::start(&ControlPlaneOptions {
        controller_managers: 3,
        nodes: 0,
        coordinated: true,
        ..ControlPlaneOptions::default()
    })
    .unwrap();
    plane.publish_controllers().unwrap();
    let old = holder(&plane, MANAGER);
    let file = scratch("drill").join("report.json");
    let redirections = format!(">{}", file.display());
    let mut terminal = asked(&plane, MANAGER, &redirections, &["-o", "json"]);
    terminal.types("y");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen:#?}");
    let done: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(done["method"], "endTerm");
    assert_eq!(done["result"]["outcome"], "takenOver", "{done}");
    assert_eq!(
        done["result"]["left"].as_array().unwrap().len(),
        0,
        "{done}"
    );
    assert_ne!(done["result"]["newHolderIdentity"], old.as_str());
    let after = lease(&plane, MANAGER);
    assert_eq!(after["spec"]["strategy"], "OldestEmulationVersion");
    assert!(!after.to_string().contains("day2"), "{after}");
}

/// A drill's report in JSON, whatever its exit code.
fn report(said: &crate::plugin::Said) -> Value {
    serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{}", said.stderr))
}

#[test]
fn a_leader_that_keeps_no_rules_takes_it_back_and_that_is_told() {
    let renew = || {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ");
        plane()
            .apply(&format!(
                r#"{{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"stubborn","namespace":"default"}},
                "spec":{{"holderIdentity":"stubborn_1","leaseDurationSeconds":15,"acquireTime":"{now}","renewTime":"{now}"}}}}"#
            ))
            .unwrap();
    };
    renew();
    let over = std::sync::atomic::AtomicBool::new(false);
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                renew();
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        let args = ["failover", "stubborn", "--force", "--yes", "-o", "json"];
        let said = leases(plane(), &args);
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        said
    });
    assert_eq!(said.code, 3, "{}{}", said.stdout, said.stderr);
    let report = report(&said);
    assert_eq!(report["result"]["outcome"], "takenBack", "{report}");
    assert_eq!(report["result"]["newHolderIdentity"], "stubborn_1");
}

#[test]
fn where_nobody_takes_over_the_drill_ends_and_leaves_the_lease_free() {
    let plane = ControlPlane::start(&ControlPlaneOptions {
        controller_managers: 1,
        schedulers: 2,
        nodes: 0,
        ..ControlPlaneOptions::default()
    })
    .unwrap();
    plane.publish_controllers().unwrap();
    let old = holder(&plane, SCHEDULER);
    let index: usize = old
        .split('_')
        .next()
        .and_then(|host| host.strip_prefix("controller-"))
        .unwrap()
        .parse()
        .unwrap();
    // The other one is there, but does nothing.
    plane.freeze(Component::Scheduler(1 - index)).unwrap();
    let said = drill(
        &plane,
        SCHEDULER,
        &["--yes", "-o", "json", "--timeout", "45s"],
    );
    assert_eq!(said.code, 4, "{}{}", said.stdout, said.stderr);
    let report = report(&said);
    assert_eq!(report["result"]["outcome"], "nobodyLeads", "{report}");
    let left = lease(&plane, SCHEDULER);
    assert_eq!(left["spec"]["holderIdentity"], "", "{left}");
    plane.thaw(Component::Scheduler(1 - index)).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while holder(&plane, SCHEDULER).is_empty() {
        assert!(Instant::now() < deadline, "nobody leads");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(!lease(&plane, SCHEDULER).to_string().contains("day2"));
}
