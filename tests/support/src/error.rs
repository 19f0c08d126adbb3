use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Component;

/// Why a control plane could not be built, started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, in words.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program that is needed is not installed.
    #[error("cannot run {program}: it is not installed\nhint: {hint}")]
    Missing {
        /// The program.
        program: &'static str,
        /// How to get it.
        hint: &'static str,
    },
    /// A program ran and failed.
    #[error("{command} failed: {}", output.trim_end())]
    Command {
        /// The program and what it was to do.
        command: String,
        /// What it wrote to stderr.
        output: String,
    },
    /// `go.mod` does not name the version of a module that is needed.
    #[error("{} requires no version of {module}", file.display())]
    Module {
        /// The module.
        module: &'static str,
        /// The file that should name it.
        file: PathBuf,
    },
    /// A control plane already runs in the directory.
    #[error("a control plane already runs in {}\nhint: stop it with `cargo xtask control-plane down --dir {}`", .0.display(), .0.display())]
    AlreadyRunning(PathBuf),
    /// There is no control plane in the directory.
    #[error("no control plane was started in {}\nhint: start one with `cargo xtask control-plane up --dir {}`", .0.display(), .0.display())]
    NotFound(PathBuf),
    /// The control plane's own record cannot be read.
    #[error("cannot read {}: {source}\nhint: it was written by another version; remove the directory and start anew", path.display())]
    Settings {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The control plane has no such component.
    #[error("this control plane has no {component}\nhint: it has {known}")]
    NoSuchComponent {
        /// What was asked for.
        component: String,
        /// All it has.
        known: String,
    },
    /// A component is to be started, but it runs.
    #[error("{0} already runs")]
    ComponentRuns(Component),
    /// A component ended by itself.
    #[error("{component} ended by itself: {last_words}\nhint: its log is {}", log.display())]
    Ended {
        /// Which.
        component: Component,
        /// The last line of its log.
        last_words: String,
        /// The whole log.
        log: PathBuf,
    },
    /// Something did not become ready.
    #[error("{what} after {} s: {last}\nhint: the logs are in {}", waited.as_secs(), logs.display())]
    NotReady {
        /// What was awaited, as a sentence in the negative.
        what: String,
        /// For how long.
        waited: Duration,
        /// The last answer.
        last: String,
        /// Where the logs are.
        logs: PathBuf,
    },
    /// A process did not end, even when killed.
    #[error("{component} (PID {pid}) cannot be stopped")]
    Unstoppable {
        /// Which.
        component: Component,
        /// Its process.
        pid: u32,
    },
    /// No port is free.
    #[error("no port between {first} and {last} is free on 127.0.0.1")]
    NoFreePort {
        /// The first that was tried.
        first: u16,
        /// The last that was tried.
        last: u16,
    },
    /// The shared control plane could not be started earlier in this process.
    #[error("{0}")]
    Shared(String),
}

impl Error {
    /// An [`Error::Io`], to be completed by what the system says.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
