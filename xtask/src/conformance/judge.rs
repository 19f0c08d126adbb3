//! A judge's process: built when its sources have changed, started once, asked line by line.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A judge's sources.
pub struct Sources {
    /// The folder in `tests/oracles`.
    pub folder: &'static str,
    /// What it is, for people.
    pub program: &'static str,
    /// Go's `-ldflags`.
    pub linker_flags: &'static str,
}

impl Sources {
    /// The judge's program, built if there is none of these very sources.
    pub fn build(&self, root: &Path) -> io::Result<PathBuf> {
        let sources = root.join("tests/oracles").join(self.folder);
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let name = format!("{}-{:016x}", self.folder, self.fingerprint(&sources)?);
        let program = target.join("judges").join(name);
        if program.exists() {
            return Ok(program);
        }
        eprintln!("building the judge ({})", self.program);
        let status = Command::new("go")
            .current_dir(&sources)
            .args(["build", "-trimpath", "-ldflags", self.linker_flags, "-o"])
            .arg(&program)
            .arg(".")
            .status()?;
        if status.success() {
            return Ok(program);
        }
        Err(io::Error::other("the judge does not build"))
    }

    fn fingerprint(&self, sources: &Path) -> io::Result<u64> {
        let mut files: Vec<PathBuf> = fs::read_dir(sources)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        let mut hasher = DefaultHasher::new();
        self.linker_flags.hash(&mut hasher);
        for file in files {
            file.file_name().hash(&mut hasher);
            fs::read(&file)?.hash(&mut hasher);
        }
        Ok(hasher.finish())
    }
}

/// A judge, waiting for questions.
pub struct Process {
    child: Child,
    stdin: Option<BufWriter<ChildStdin>>,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the judge's program.
    pub fn start(program: &Path, flag: &str) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg(flag)
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

    /// The judge's line for a case. One case at a time: neither pipe may fill up while the other
    /// side waits.
    pub fn ask<T: DeserializeOwned>(&mut self, case: &impl Serialize) -> io::Result<T> {
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

impl Drop for Process {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}
