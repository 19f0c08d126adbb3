//! `cargo xtask completions`: the scripts in completions/, for the binaries called without kubectl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::failure::Failure;

/// The shells, and how their files are named.
const SHELLS: [(&str, &str, &str); 4] = [
    ("bash", "", ".bash"),
    ("zsh", "_", ""),
    ("fish", "", ".fish"),
    ("powershell", "_", ".ps1"),
];

/// The executables, and the plugins they are.
const BINARIES: [(&str, &[&str]); 5] = [
    ("kubectl-day2", &[]),
    ("kubectl-leases", &["leases"]),
    ("kubectl-addons", &["addons"]),
    ("kubectl-drain_node", &["drain-node"]),
    ("kubectl-autoscale_sim", &["autoscale-sim"]),
];

/// Flags of `cargo xtask completions`.
#[derive(Args)]
pub(crate) struct Completions {
    /// Where to write them
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../completions"))]
    dir: PathBuf,

    /// The program whose completions they are; by default it is built
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// Writes the scripts.
pub(crate) fn run(completions: &Completions) -> Result<(), Failure> {
    let dir = &completions.dir;
    fs::create_dir_all(dir).map_err(Failure::io("create", dir))?;
    for (binary, plugin) in BINARIES {
        for (shell, before, after) in SHELLS {
            let script = script(completions.binary.as_deref(), shell, plugin)?;
            let path = dir.join(format!("{before}{binary}{after}"));
            fs::write(&path, script).map_err(Failure::io("write", &path))?;
        }
    }
    Ok(())
}

fn script(binary: Option<&Path>, shell: &str, plugin: &[&str]) -> Result<Vec<u8>, Failure> {
    let mut command = if let Some(binary) = binary {
        Command::new(binary)
    } else {
        let mut cargo = Command::new("cargo");
        cargo.args(["run", "--quiet", "--package", "kubectl-day2", "--"]);
        cargo
    };
    command.args(["completion", shell]).args(plugin);
    let output = command
        .output()
        .map_err(Failure::io("run", Path::new("kubectl-day2")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Failure::Other(format!(
        "no completion of {plugin:?} for {shell}: {}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    )))
}
