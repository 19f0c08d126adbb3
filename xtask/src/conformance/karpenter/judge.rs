//! The judge's process: built when its sources have changed, started once, asked one by one.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// Karpenter, waiting for questions.
pub struct Judge {
    child: Child,
    stdin: Option<BufWriter<ChildStdin>>,
    stdout: BufReader<ChildStdout>,
}

impl Judge {
    /// Starts the judge's program; if `timed`, it answers with seconds only.
    pub fn start(program: &Path, timed: bool) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg(if timed { "--time" } else { "--brief" })
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

    /// What Karpenter says to a case; the inner error is the judge's own sentence.
    pub fn ask(&mut self, case: &Value) -> io::Result<Result<Value, String>> {
        let mut line = self.line(case)?;
        let expect = line["expect"].take();
        if expect.is_null() {
            return Ok(Err(line["error"].as_str().unwrap_or_default().to_owned()));
        }
        Ok(Ok(expect))
    }

    /// How many seconds Karpenter took for a case.
    pub fn time(&mut self, case: &Value) -> io::Result<Result<f64, String>> {
        let line = self.line(case)?;
        let error = line["error"].as_str().unwrap_or_default().to_owned();
        Ok(line["seconds"].as_f64().ok_or(error))
    }

    fn line(&mut self, case: &Value) -> io::Result<Value> {
        let stdin = self.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        serde_json::to_writer(&mut *stdin, case)?;
        stdin.write_all(b"\n")?;
        stdin.flush()?;
        let mut line = String::new();
        if self.stdout.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the judge ended before it had answered"));
        }
        Ok(serde_json::from_str(&line)?)
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
    let sources = root.join("tests/oracles/karpenter");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let program = target
        .join("judges")
        .join(format!("karpenter-{:016x}", fingerprint(&sources)?));
    if program.exists() {
        return Ok(program);
    }
    eprintln!("building the judge (Karpenter v1.14.1)");
    let status = Command::new("go")
        .current_dir(&sources)
        .args(["build", "-trimpath", "-o"])
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
    for file in files {
        file.file_name().hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}
