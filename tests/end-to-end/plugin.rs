//! How tests run the plugin: as kubectl does, by its name on PATH.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::{ControlPlane, shared};

use crate::schema;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-day2");

/// A directory with the binary under the names that a user's installation has.
pub fn installation() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = scratch("bin");
        for name in [
            "kubectl-leases",
            "kubectl-addons",
            "kubectl-autoscale_sim",
            "kubectl-drain_node",
            "kubectl-day2",
        ] {
            symlink(BINARY, directory.join(name)).unwrap();
        }
        directory
    })
}

/// A new directory for a test's own files.
pub fn scratch(name: &str) -> PathBuf {
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// What a command said.
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Documents among what it said are held against their schemas.
    #[track_caller]
    pub fn of(output: Output) -> Self {
        let stdout = String::from_utf8(output.stdout).unwrap();
        schema::check(&stdout);
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output of a command that went well.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Standard output of a command that went well, as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    /// Checks that it failed as it should, without a panic or a debug dump.
    #[track_caller]
    pub fn fails(self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no {word:?} in:\n{}",
                self.stderr
            );
        }
        for ugly in ["panicked", "Error(", "kind:", "Some("] {
            assert!(!self.stderr.contains(ugly), "{}", self.stderr);
        }
    }
}

/// The control plane that most tests share.
pub fn plane() -> &'static ControlPlane {
    shared().unwrap()
}

/// The real kubectl with the plugins on its PATH.
pub fn kubectl(plane: &ControlPlane) -> Command {
    let mut command = plane.kubectl_command();
    command.env("PATH", search_path());
    command.env_remove("NO_COLOR");
    command
}

fn search_path() -> OsString {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(installation().to_owned()).chain(std::env::split_paths(&rest));
    std::env::join_paths(all).unwrap()
}

/// Waits until a right that was just given holds; the API server learns of it a moment later.
pub fn wait_until_allowed(user: &str, question: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while plane()
        .kubectl_output(&[&["auth", "can-i", "--as", user], question].concat())
        .is_err()
    {
        assert!(
            Instant::now() < deadline,
            "{user} is still not allowed to {question:?}"
        );
        thread::sleep(Duration::from_millis(50));
    }
}

/// `kubectl leases …` on a control plane.
pub fn leases(plane: &ControlPlane, args: &[&str]) -> Said {
    Said::of(kubectl(plane).arg("leases").args(args).output().unwrap())
}

/// `kubectl-leases …` without kubectl and without any kubeconfig.
pub fn alone(args: &[&str]) -> Said {
    Said::of(bare().args(args).output().unwrap())
}

/// `kubectl-leases` in an environment that knows no cluster.
pub fn bare() -> Command {
    let mut command = Command::new(installation().join("kubectl-leases"));
    command.env_remove("KUBECONFIG").env("HOME", "/nonexistent");
    command
}

/// `kubectl-leases …` fed from standard input.
pub fn fed(args: &[&str], input: &[u8]) -> Said {
    let mut child = bare()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that has seen enough may close its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    Said::of(child.wait_with_output().unwrap())
}

/// A command that goes on; its lines arrive as it prints them.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Waits for a line of which all of this is true, and returns it.
    #[track_caller]
    pub fn wait_for(
        &mut self,
        what: &str,
        within: Duration,
        matches: impl Fn(&str) -> bool,
    ) -> String {
        let deadline = Instant::now() + within;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    schema::check(&line);
                    self.seen.push(line.clone());
                    if matches(&line) {
                        return line;
                    }
                }
                Err(error) => panic!(
                    "no {what} within {within:?} ({error}); seen:\n{}",
                    self.seen.join("\n")
                ),
            }
        }
    }

    /// The lines of the next while.
    pub fn lines_within(&mut self, time: Duration) -> Vec<String> {
        let deadline = Instant::now() + time;
        let mut lines = Vec::new();
        while let Ok(line) = self
            .lines
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            lines.push(line);
        }
        self.seen.extend(lines.iter().cloned());
        lines
    }

    /// Ctrl-C.
    pub fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status();
        assert!(sent.unwrap().success());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
