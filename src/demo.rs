//! `kubectl day2 demo`: the plugins on a recorded cluster, for those who have none at hand.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use console::{ExitCode, Failure, Output};

use crate::called_as::{self, Command};

/// Recorded by `cargo xtask record-demo` from a real control plane with three machines of
/// controllers and three nodes: a scheduler has handed its Lease over, 12 seconds ago the leading
/// controller manager was killed, pods wait for nodes, and add-ons of last year run.
const SNAPSHOT: &[u8] = include_bytes!("demo/cluster.json.gz");

/// What a stranger may want to know, and how it is asked.
const QUESTIONS: [(&str, &str); 6] = [
    (
        "Who leads? A controller manager was just killed.",
        "kubectl leases -n kube-system",
    ),
    (
        "What will happen if node-1 is drained?",
        "kubectl drain-node node-1 --ignore-daemonsets --dry-run",
    ),
    (
        "Pods are pending. What will the autoscaler do?",
        "kubectl autoscale-sim",
    ),
    (
        "Why does this one stay pending, and what would help?",
        "kubectl autoscale-sim why train-0",
    ),
    (
        "What has to be seen to before Kubernetes 1.37? Nobody upstream is asked here.",
        "kubectl addons outdated --target 1.37 --offline",
    ),
    (
        "Do the parts of Kubernetes itself fit each other?",
        "kubectl addons skew",
    ),
];

/// Asks each question and shows the answer under it.
///
/// # Errors
/// When an answer can't be had, or standard output can't be written.
pub fn run() -> Result<ExitCode, Failure> {
    let file = Recorded::lay()?;
    for (question, typed) in QUESTIONS {
        let mut output = Output::stdout();
        output.line(&format!("# {question}"))?;
        output.line(&format!("$ {typed}"))?;
        output.flush()?;
        // An answer may well be bad news; here that is no reason to stop.
        crate::run(&command(typed, &file.path)?)?;
        output.line("")?;
        output.flush()?;
    }
    Ok(ExitCode::Done)
}

/// The command that is typed, about a snapshot.
fn command(typed: &str, snapshot: &Path) -> Result<Command, Failure> {
    let mut words = typed.split(' ').skip(1);
    let plugin = words.next().unwrap_or_default();
    let name = format!("kubectl-{}", plugin.replace('-', "_"));
    let mut arguments = vec![OsString::from(name)];
    arguments.extend(words.map(OsString::from));
    arguments.extend(["--snapshot".into(), snapshot.as_os_str().to_owned()]);
    called_as::parse(arguments).map_err(|error| Failure::usage(error.to_string()))
}

/// The snapshot as a file, as the plugins take it; it goes when this is dropped.
struct Recorded {
    path: PathBuf,
}

impl Recorded {
    fn lay() -> Result<Self, Failure> {
        let name = format!("day2-demo-{}.json.gz", std::process::id());
        let path = std::env::temp_dir().join(name);
        let unwritable = |error: std::io::Error| {
            Failure::new(format!("{} can't be written: {error}", path.display()))
        };
        // What somebody else has put there is not followed; what is left of an earlier run goes.
        let _ = fs::remove_file(&path);
        let mut file = File::create_new(&path).map_err(unwritable)?;
        file.write_all(SNAPSHOT).map_err(unwritable)?;
        Ok(Self { path })
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cluster::Snapshot;

    use super::*;

    #[test]
    fn the_shipped_snapshot_holds_what_the_questions_are_about() {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let snapshot = Snapshot::read_from(SNAPSHOT, |object| {
            *kinds.entry(object.type_meta.kind.clone()).or_default() += 1;
            Ok(())
        })
        .unwrap();
        assert!(snapshot.taken_at.is_some());
        assert_eq!(snapshot.server_version.as_deref(), Some("v1.36.3"));
        // Three machines of controllers, three workers.
        assert_eq!(kinds["Node"], 6);
        for kind in [
            "Lease",
            "PodDisruptionBudget",
            "DaemonSet",
            "ConfigMap",
            "Pod",
        ] {
            assert!(kinds.contains_key(kind), "{kind}: {kinds:?}");
        }
        assert!(!kinds.contains_key("Secret"));
    }

    #[test]
    fn every_plugin_is_asked_by_what_can_be_typed() {
        let mut asked: Vec<String> = Vec::new();
        for (_, typed) in QUESTIONS {
            let command = command(typed, Path::new("x")).unwrap();
            let plugin = match command {
                Command::Leases(_) => "leases",
                Command::DrainNode(_) => "drain-node",
                Command::AutoscaleSim(_) => "autoscale-sim",
                Command::Addons(_) => "addons",
                _ => "none",
            };
            assert!(typed.starts_with(&format!("kubectl {plugin}")), "{typed}");
            asked.push(plugin.to_owned());
        }
        for plugin in called_as::plugins(&called_as::umbrella()) {
            assert!(asked.contains(&plugin), "{plugin}");
        }
    }
}
