//! `cargo xtask test`: everything that must hold, from formatting to the last end-to-end test.

use std::process::{Command, ExitCode};

use test_support::{Error, build, tools};

use crate::conformance::Scheduler;

/// One step: what it is called, and what it runs.
struct Step {
    title: &'static str,
    program: &'static str,
    args: &'static [&'static str],
    dir: &'static str,
}

const CHECKS: [Step; 2] = [
    Step {
        title: "formatting of the Rust code",
        program: "cargo",
        args: &["fmt", "--all", "--check"],
        dir: ".",
    },
    Step {
        title: "lints",
        program: "cargo",
        args: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
        dir: ".",
    },
];

const TESTS: [Step; 3] = [
    Step {
        title: "unit tests, doc tests and end-to-end tests",
        program: "cargo",
        args: &["test", "--workspace"],
        dir: ".",
    },
    Step {
        title: "tests of the control plane's own code",
        program: "go",
        args: &["test", "-trimpath", "-vet=off", "."],
        dir: "tests/control-plane",
    },
    Step {
        title: "drains of generated workloads, with faults injected",
        program: "cargo",
        args: &[
            "run",
            "--quiet",
            "--package=xtask",
            "--",
            "conformance",
            "drain",
            "--cases=8",
            "--seed=1",
        ],
        dir: ".",
    },
];

/// Sets up what the tests need, and runs everything.
///
/// # Errors
/// Names the first step that failed, or the program that is missing.
pub(crate) fn run() -> Result<(), Error> {
    for step in &CHECKS {
        step.run()?;
    }
    check_go_formatting()?;
    let progress = |step: &str| eprintln!("{step}");
    check_dependencies(&progress)?;
    announce("the test control plane");
    build::control_plane(&progress)?;
    build::kubectl(&progress)?;
    for step in &TESTS {
        step.run()?;
    }
    check_scheduler()?;
    announce("all is well");
    Ok(())
}

impl Step {
    fn run(&self) -> Result<(), Error> {
        announce(self.title);
        let status = Command::new(self.program)
            .args(self.args)
            .current_dir(self.dir)
            .status()
            .map_err(|source| Error::Io {
                action: "run",
                path: self.program.into(),
                source,
            })?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Command {
            command: format!("{} {}", self.program, self.args.join(" ")),
            output: format!("{} did not pass", self.title),
        })
    }
}

/// Licences, sources and duplicates by deny.toml; advisories need a database that is not on a
/// package registry, so the release checks those.
fn check_dependencies(progress: build::Progress) -> Result<(), Error> {
    announce("what is depended on");
    let deny = tools::CARGO_DENY.get(progress)?;
    let output = Command::new(deny)
        .args(["--offline", "check", "licenses", "bans", "sources"])
        .output()
        .map_err(Error::io("run", "cargo-deny".as_ref()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Command {
        command: "cargo deny check".into(),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// How many made-up cases each run compares: other ones every time.
const CASES: u64 = 2000;

/// The scheduler crate against kube-scheduler itself, which is built if need be.
fn check_scheduler() -> Result<(), Error> {
    let share = Scheduler::fresh(CASES);
    let command = share.command();
    announce(&format!("the scheduler crate: {command}"));
    if share.run() == ExitCode::SUCCESS {
        return Ok(());
    }
    Err(Error::Command {
        output: "the scheduler crate does not say what kube-scheduler says; the same cases are compared again by this command".into(),
        command,
    })
}

/// gofmt lists what it would change and succeeds all the same.
fn check_go_formatting() -> Result<(), Error> {
    announce("formatting of the Go code");
    let output = Command::new("gofmt")
        .args(["-l", "tests"])
        .output()
        .map_err(|_| Error::Missing {
            program: "gofmt",
            hint: "install Go 1.26 or newer, which it is a part of",
        })?;
    if output.stdout.is_empty() {
        return Ok(());
    }
    Err(Error::Command {
        command: "gofmt -l tests".into(),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
    })
}

fn announce(title: &str) {
    eprintln!("── {title}");
}
