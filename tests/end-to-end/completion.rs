//! Tab, in real shells, through the real kubectl's own completion.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::json;
use test_support::tools;

use crate::plugin::{BINARY, Said, kubectl, plane, scratch};

/// A directory with the plugins and their completers, laid by the command itself.
fn installed() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let dir = scratch("completers");
        let mut command = Command::new(BINARY);
        Said::of(
            command
                .args(["install", "--dir"])
                .arg(&dir)
                .output()
                .unwrap(),
        )
        .ok();
        // The shells find kubectl by its name.
        std::os::unix::fs::symlink(plane().kubectl(), dir.join("kubectl")).unwrap();
        dir
    })
}

/// A program that finds kubectl and the plugins, on the shared control plane.
fn with_plugins(program: &str) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var("PATH").unwrap();
    command
        .env("PATH", format!("{}:{path}", installed().display()))
        .env("KUBECONFIG", plane().kubeconfig())
        .env("TERM", "dumb");
    command
}

/// What kubectl itself hands to every shell.
fn offered(words: &[&str]) -> String {
    let mut command = kubectl(plane());
    let path = std::env::var("PATH").unwrap();
    command
        .env("PATH", format!("{}:{path}", installed().display()))
        .arg("__complete")
        .args(words);
    Said::of(command.output().unwrap()).ok()
}

#[test]
fn kubectl_is_offered_flags_values_and_what_the_cluster_holds() {
    for (words, expected) in [
        (
            &["leases", "--all"][..],
            "--all-namespaces\tLook in all namespaces\n",
        ),
        (&["leases", "-o", ""], "wide"),
        (&["leases", "--sort-by", "l"], "lag\t"),
        (&["leases", "-n", "kube-s"], "kube-system\tActive\n"),
        (
            &["leases", "-n", "kube-system", "kube-c"],
            "kube-controller-manager\theld by controller-0_",
        ),
        (
            &["day2", "leases", "-n", "kube-system", "kube-s"],
            "kube-scheduler\theld by controller-0_",
        ),
        (&["leases", "--context", ""], "day2-test\t"),
        (&["day2", "sn"], "snapshot\t"),
    ] {
        let offered = offered(words);
        assert!(offered.contains(expected), "{words:?}: {offered}");
        assert!(offered.contains("\n:4\n"), "{words:?}: {offered}");
    }
}

#[test]
fn addons_and_node_groups_are_offered_by_name() {
    let objects = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tab"}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "keda", "namespace": "tab"},
         "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "keda"}},
            "template": {"metadata": {"labels": {"app": "keda"}},
                "spec": {"containers": [{"name": "keda", "image": "ghcr.io/kedacore/keda:2.18.3"}]}}}},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "tab-node",
            "labels": {"eks.amazonaws.com/nodegroup": "tab-pool"}}, "spec": {"unschedulable": true}},
    ]});
    plane().apply(&objects.to_string()).unwrap();
    // The first answer may come too late, for the API server has only just learnt of all this.
    let until = |words: &[&str], expected: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let offered = offered(words);
            if offered.contains(expected) {
                break offered;
            }
            assert!(Instant::now() < deadline, "{words:?}: {offered}");
        }
    };
    until(
        &["addons", "show", "-n", "tab", ""],
        "keda\t2.18.3 in tab\n:4\n",
    );
    until(&["day2", "addons", "show", "ke"], "keda\t2.18.3 in ");
    until(
        &["addons", "catalogue", "cert"],
        "cert-manager\tcert-manager\n:4\n",
    );
    until(
        &["autoscale-sim", "--set", "ma"],
        "max.\tthe most nodes of a group\n:6\n",
    );
    until(
        &["autoscale-sim", "--set", "max.tab"],
        "max.tab-pool=\t1 node\n:6\n",
    );
    plane()
        .kubectl_output(&["delete", "node", "tab-node"])
        .unwrap();
}

#[test]
fn a_cluster_that_cannot_be_reached_costs_nothing_but_its_names() {
    for server in [
        "https://127.0.0.1:1",
        "https://192.0.2.1:443",
        "nonsense://",
    ] {
        let mut completer = Command::new(installed().join("kubectl_complete-leases"));
        let said = Said::of(completer.args(["-s", server, ""]).output().unwrap());
        assert_eq!(said.stderr, "", "{server}");
        let offered = said.ok();
        assert!(offered.starts_with("check\t"), "{server}: {offered}");
        assert!(offered.ends_with("\n:4\n"), "{server}: {offered}");
        // No name of a Lease, which comes with its holder.
        let names = ["held by", "no holder"];
        assert!(
            !names.iter().any(|name| offered.contains(name)),
            "{server}: {offered}"
        );
        let mut completer = Command::new(installed().join("kubectl_complete-leases"));
        let said = Said::of(completer.args(["-s", server, "--no-h"]).output().unwrap());
        assert!(said.ok().starts_with("--no-headers\t"), "{server}");
        for (plugin, words) in [
            ("addons", ["show", ""]),
            ("autoscale_sim", ["--set", "max."]),
        ] {
            let name = format!("kubectl_complete-{plugin}");
            let mut completer = Command::new(installed().join(name));
            let said = Said::of(completer.args(["-s", server]).args(words).output().unwrap());
            assert_eq!(said.stderr, "", "{server}");
            assert_eq!(said.ok(), ":4\n", "{plugin}: {server}");
        }
    }
}

#[test]
fn bash_completes() {
    tools::debian(&[(
        "/usr/share/bash-completion/bash_completion",
        "bash-completion",
    )])
    .unwrap();
    let script = r#"
source /usr/share/bash-completion/bash_completion
source <(kubectl completion bash)
COMP_LINE='kubectl leases -n kube-sys'
COMP_WORDS=(kubectl leases -n kube-sys)
COMP_CWORD=3
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
__start_kubectl
printf '%s\n' "${COMPREPLY[@]}"
"#;
    let said = Said::of(with_plugins("bash").args(["-c", script]).output().unwrap());
    assert_eq!(said.ok().trim(), "kube-system");
}

#[test]
fn fish_completes() {
    tools::debian(&[("fish", "fish")]).unwrap();
    let script = "kubectl completion fish | source; complete -C 'kubectl leases -n kube-'";
    let mut fish = with_plugins("fish");
    fish.env("HOME", scratch("fish-home"));
    let said = Said::of(fish.args(["--no-config", "-c", script]).output().unwrap());
    let offered = said.ok();
    for namespace in ["kube-system\tActive", "kube-public\tActive"] {
        assert!(offered.contains(namespace), "{offered}");
    }
}

#[test]
fn zsh_completes() {
    tools::debian(&[("zsh", "zsh")]).unwrap();
    let home = scratch("zsh-home");
    let file = home.join("type.zsh");
    // A shell in a pseudo-terminal, for zsh completes only where somebody types.
    fs::write(
        &file,
        r#"
zmodload zsh/zpty
zpty typed zsh -f -i
zpty -w typed 'PS1="> "; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source <(kubectl completion zsh); print re''ady'
heard=
until [[ $heard == *ready* ]]; do zpty -r typed line || exit 1; heard+=$line; done
zpty -w -n typed $'kubectl leases -n kube-sys\t'
heard=
until [[ $heard == *kube-system* ]]; do zpty -r typed piece '*'$'[a-z]' || exit 1; heard+=$piece; done
print -r -- "completed"
zpty -d typed
"#,
    )
    .unwrap();
    let mut zsh = with_plugins("timeout");
    zsh.args(["60", "zsh", "-f"]).arg(&file).env("HOME", &home);
    let said = Said::of(zsh.output().unwrap());
    assert!(
        said.stdout.contains("completed"),
        "{}{}",
        said.stdout,
        said.stderr
    );
}

#[test]
fn the_scripts_for_direct_use_are_fresh() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let mut checked = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let (binary, shell) = match name.rsplit_once('.') {
            Some((binary, "ps1")) => (binary, "powershell"),
            Some((binary, shell)) => (binary, shell),
            None => (name, "zsh"),
        };
        let plugin = binary.trim_start_matches('_').replacen("kubectl-", "", 1);
        let plugin = plugin.replace('_', "-");
        let mut command = Command::new(BINARY);
        command.args(["completion", shell]);
        if plugin != "day2" {
            command.arg(&plugin);
        }
        let script = Said::of(command.output().unwrap()).ok();
        let kept = fs::read_to_string(&path).unwrap();
        assert!(
            kept == script,
            "{name} is stale; cargo xtask completions writes it anew"
        );
        checked += 1;
    }
    assert_eq!(checked, 20, "five binaries, four shells");
}
