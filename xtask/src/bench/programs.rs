//! The programs that are measured, beside the real kubectl.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// The release binary and an empty program.
#[derive(Debug)]
pub(crate) struct Programs {
    dir: PathBuf,
    binary: PathBuf,
}

impl Programs {
    /// Builds both.
    pub(crate) fn build() -> Result<Self, Failure> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let root = root.canonicalize().map_err(Failure::io("find", &root))?;
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |target| root.join(target));
        let programs = Self {
            dir: target.join("bench"),
            binary: target.join("release/kubectl-day2"),
        };
        let dir = &programs.dir;
        fs::create_dir_all(dir).map_err(Failure::io("create", dir))?;
        eprintln!("building");
        build_release(&root)?;
        build_empty(dir)?;
        for name in ["kubectl-leases", "kubectl-drain_node", "kubectl-addons"] {
            link(&programs.binary, &dir.join(name))?;
        }
        Ok(programs)
    }

    /// Where files of the run may be written.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The release binary.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// A call of the binary as `kubectl-leases`.
    pub(crate) fn leases(&self) -> Command {
        Command::new(self.dir.join("kubectl-leases"))
    }

    /// A call of the binary as `kubectl-drain_node`.
    pub(crate) fn drain_node(&self) -> Command {
        Command::new(self.dir.join("kubectl-drain_node"))
    }

    /// A call of the binary as `kubectl-addons`.
    pub(crate) fn addons(&self) -> Command {
        Command::new(self.dir.join("kubectl-addons"))
    }

    /// A call of the empty program.
    pub(crate) fn empty(&self) -> Command {
        Command::new(self.dir.join("empty"))
    }
}

fn build_release(root: &Path) -> Result<(), Failure> {
    let mut cargo = Command::new(tool("CARGO", "cargo"));
    cargo.current_dir(root).args([
        "build",
        "--quiet",
        "--release",
        "--package=kubectl-day2",
        "--bin=kubectl-day2",
    ]);
    succeed(cargo)
}

fn build_empty(dir: &Path) -> Result<(), Failure> {
    let source = dir.join("empty.rs");
    fs::write(&source, "fn main() {}\n").map_err(Failure::io("write", &source))?;
    let mut rustc = Command::new(tool("RUSTC", "rustc"));
    rustc.current_dir(dir).args(["-O", "-o", "empty"]);
    rustc.arg(&source);
    succeed(rustc)
}

/// The tool that cargo names in the environment, or the one of the path.
fn tool(variable: &str, name: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| name.into())
}

fn succeed(mut command: Command) -> Result<(), Failure> {
    let program = Path::new(command.get_program()).to_path_buf();
    let status = command.status().map_err(Failure::io("run", &program))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Other(format!(
        "{} ended with {status}",
        program.display()
    )))
}

fn link(original: &Path, link: &Path) -> Result<(), Failure> {
    match fs::remove_file(link) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Failure::io("remove", link)(error));
        }
        _ => {}
    }
    symlink(original, link).map_err(Failure::io("create", link))
}
