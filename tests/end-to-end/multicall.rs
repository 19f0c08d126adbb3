//! One binary under several names.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::plugin::{BINARY, Said, kubectl, plane, scratch};

fn run(program: &std::path::Path, args: &[&str]) -> Said {
    Said::of(Command::new(program).args(args).output().unwrap())
}

#[test]
fn the_name_decides_through_a_symbolic_link() {
    let store = scratch("store");
    let binary = store.join("kubectl-day2");
    std::fs::copy(BINARY, &binary).unwrap();
    let link = store.join("kubectl-leases");
    symlink(&binary, &link).unwrap();
    let help = run(&link, &["--help"]).ok();
    assert!(
        help.contains("Usage: kubectl leases [OPTIONS] [NAME]..."),
        "{help}"
    );
    assert!(!help.contains("kubectl-leases"), "{help}");
    let help = run(&binary, &["leases", "--help"]).ok();
    assert!(
        help.contains("Usage: kubectl day2 leases [OPTIONS] [NAME]..."),
        "{help}"
    );
    assert!(
        run(&link, &["--version"])
            .ok()
            .contains(env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn kubectl_finds_both_names() {
    let day2 = Said::of(
        kubectl(plane())
            .args(["day2", "leases", "-n", "kube-system", "-o", "name"])
            .output()
            .unwrap(),
    );
    let own = Said::of(
        kubectl(plane())
            .args(["leases", "-n", "kube-system", "-o", "name"])
            .output()
            .unwrap(),
    );
    assert_eq!(day2.ok(), own.ok());
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let link = crate::plugin::installation().join("kubectl-leases");
    run(&link, &["--nonsense"]).fails(2, &["unexpected argument '--nonsense'", "kubectl leases"]);
    run(&link, &["-w", "--snapshot", "x"]).fails(2, &["cannot be used with"]);
    run(std::path::Path::new(BINARY), &["nonsense"]).fails(2, &["unrecognized subcommand"]);
}

#[test]
fn the_demo_needs_no_cluster() {
    let home = crate::plugin::scratch("demo");
    let output = Command::new(BINARY)
        .arg("demo")
        .env_remove("KUBECONFIG")
        .env("HOME", "/nonexistent")
        .env("XDG_CACHE_HOME", &home)
        .env("TMPDIR", &home)
        .output()
        .unwrap();
    let text = Said::of(output).ok();
    for words in [
        "$ kubectl leases -n kube-system",
        "late",
        "$ kubectl drain-node node-1 --ignore-daemonsets --dry-run",
        "maxUnavailable 1",
        "$ kubectl autoscale-sim",
        "+2 workers",
        "$ kubectl autoscale-sim why train-0",
        "drop the node selector disk=ssd",
        "$ kubectl addons outdated --target 1.37 --offline",
        "cert-manager",
        "$ kubectl addons skew",
        "kube-proxy",
    ] {
        assert!(text.contains(words), "no {words:?} in:\n{text}");
    }
    assert_eq!(
        std::fs::read_dir(&home).unwrap().count(),
        0,
        "it leaves nothing"
    );
}
