//! The judge's process: built when its sources have changed, started once, asked in batches.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;

use super::case::{Answer, Case};

const RELEASE: &str = "-X k8s.io/component-base/version.gitVersion=v1.36.3";

/// kube-scheduler, waiting for questions.
pub struct Judge {
    child: Child,
    stdin: Option<BufWriter<ChildStdin>>,
    stdout: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Line {
    expect: Option<Answer>,
    #[serde(default)]
    error: String,
}

impl Judge {
    /// Starts the judge's program.
    pub fn start(program: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg("--brief")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let gone = || io::Error::other("the judge has no stream");
        let stdin = child.stdin.take().map(BufWriter::new);
        let stdout = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Self {
            child,
            stdin,
            stdout,
        })
    }

    /// What kube-scheduler says to each case; the inner error is the judge's own sentence.
    pub fn ask(&mut self, cases: &[Case]) -> io::Result<Vec<Result<Answer, String>>> {
        let mut answers = Vec::with_capacity(cases.len());
        // Small helpings: neither pipe may fill up while the other side waits.
        for case in cases {
            self.send(case)?;
            answers.push(self.receive()?);
        }
        Ok(answers)
    }

    fn send(&mut self, case: &Case) -> io::Result<()> {
        let stdin = self.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        serde_json::to_writer(&mut *stdin, case)?;
        stdin.write_all(b"\n")?;
        stdin.flush()
    }

    fn receive(&mut self) -> io::Result<Result<Answer, String>> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the judge ended before it had answered"));
        }
        let line: Line = serde_json::from_str(&line)?;
        Ok(line.expect.ok_or(line.error))
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}

/// The judge's program, built if there is none of these very sources.
pub fn build(root: &Path) -> io::Result<PathBuf> {
    let sources = root.join("tests/oracles/scheduler");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let program = target
        .join("judges")
        .join(format!("scheduler-{:016x}", fingerprint(&sources)?));
    if program.exists() {
        return Ok(program);
    }
    eprintln!("building the judge (kube-scheduler v1.36.3)");
    let status = Command::new("go")
        .current_dir(&sources)
        .args(["build", "-trimpath", "-ldflags", RELEASE, "-o"])
        .arg(&program)
        .arg(".")
        .status()?;
    if status.success() {
        return Ok(program);
    }
    Err(io::Error::other("the judge does not build"))
}

fn fingerprint(sources: &Path) -> io::Result<u64> {
    let mut files: Vec<PathBuf> = fs::read_dir(sources)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    RELEASE.hash(&mut hasher);
    for file in files {
        file.file_name().hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}
