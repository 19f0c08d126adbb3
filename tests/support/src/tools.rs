//! Programs that tests run beside our own: Go programs by their module, and Debian's packages.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::build::{self, Progress};

/// krew, which installs kubectl plugins.
pub const KREW: GoTool = GoTool {
    package: "sigs.k8s.io/krew/cmd/krew",
    version: "v0.4.3",
};

/// What the krew index checks manifests with.
pub const VALIDATE_KREW_MANIFEST: GoTool = GoTool {
    package: "sigs.k8s.io/krew/cmd/validate-krew-manifest",
    version: "v0.4.3",
};

/// helm.
pub const HELM: GoTool = GoTool {
    package: "helm.sh/helm/v3/cmd/helm",
    version: "v3.19.5",
};

/// What checks the licences and the sources of all that is depended on.
pub const CARGO_DENY: CargoTool = CargoTool {
    name: "cargo-deny",
    version: "0.20.2",
};

/// A program of a crate.
#[derive(Clone, Copy, Debug)]
pub struct CargoTool {
    /// The crate, and its program.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl CargoTool {
    /// The program, built when it is missing.
    ///
    /// # Errors
    /// Says what did not compile.
    pub fn get(&self, progress: Progress) -> Result<PathBuf, Error> {
        let dir = build::target()?.join("tools");
        let root = dir.join(format!("{}-{}", self.name, self.version));
        let program = root.join("bin").join(self.name);
        if program.exists() {
            return Ok(program);
        }
        fs::create_dir_all(&dir).map_err(Error::io("create", &dir))?;
        let _lock = build::lock(&dir.join("lock"), progress)?;
        progress(&format!("building {} {}", self.name, self.version));
        // Unoptimised is built in half the time, and runs for a second.
        let mut install = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        install
            .args(["install", self.name, "--version", self.version])
            .args(["--locked", "--no-default-features", "--debug", "--quiet"])
            .arg("--root")
            .arg(&root)
            .arg("--target-dir")
            .arg(dir.join("build"));
        build::run(&mut install, "cargo install")?;
        let build = dir.join("build");
        fs::remove_dir_all(&build).map_err(Error::io("remove", &build))?;
        Ok(program)
    }
}

/// A program of a Go module.
#[derive(Clone, Copy, Debug)]
pub struct GoTool {
    /// Its package.
    pub package: &'static str,
    /// The module's version.
    pub version: &'static str,
}

impl GoTool {
    /// The name of the directory that it is built into.
    fn directory(&self) -> String {
        let name = self.package.rsplit('/').next().unwrap_or(self.package);
        format!("{name}-{}", self.version)
    }

    /// The program, built when it is missing.
    ///
    /// # Errors
    /// Says what is missing or what did not compile.
    pub fn get(&self, progress: Progress) -> Result<PathBuf, Error> {
        let name = self.package.rsplit('/').next().unwrap_or(self.package);
        let dir = build::target()?.join("tools");
        let own = dir.join(self.directory());
        let program = own.join(name);
        if program.exists() {
            return Ok(program);
        }
        fs::create_dir_all(&dir).map_err(Error::io("create", &dir))?;
        let _lock = build::lock(&dir.join("lock"), progress)?;
        if program.exists() {
            return Ok(program);
        }
        progress(&format!("building {name} {}", self.version));
        let module = format!("{}@{}", self.package, self.version);
        // Under another name until it is whole.
        let unfinished = dir.join(format!("{}.unfinished", self.directory()));
        let mut install = build::go(&dir);
        install.args(["install", "-trimpath", &module]);
        build::run(install.env("GOBIN", &unfinished), "go install")?;
        fs::rename(&unfinished, &own).map_err(Error::io("write", &own))?;
        Ok(program)
    }
}

/// Installs those of Debian's packages whose program is missing; pairs of program and package.
///
/// # Errors
/// Where the packages can't be installed: not Debian, or not root.
pub fn debian(programs: &[(&'static str, &str)]) -> Result<(), Error> {
    let missing = || {
        let missing = programs.iter().filter(|(program, _)| !is_on_path(program));
        missing.collect::<Vec<_>>()
    };
    if missing().is_empty() {
        return Ok(());
    }
    // Tests run side by side, and apt-get refuses to.
    let dir = build::target()?.join("tools");
    fs::create_dir_all(&dir).map_err(Error::io("create", &dir))?;
    let _lock = build::lock(&dir.join("apt-lock"), &|_| {})?;
    let missing = missing();
    let Some((first, _)) = missing.first() else {
        return Ok(());
    };
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&packages);
    for arguments in [&["update"][..], &install] {
        let output = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .output()
            .map_err(|_| Error::Missing {
                program: first,
                hint: "install it; on Debian the tests do so themselves",
            })?;
        if !output.status.success() {
            return Err(Error::Command {
                command: format!("apt-get {}", arguments.join(" ")),
                output: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
    }
    Ok(())
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .any(|dir: PathBuf| Path::new(&dir).join(program).exists())
}
