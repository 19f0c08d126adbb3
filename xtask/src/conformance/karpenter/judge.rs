//! What Karpenter itself says.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::conformance::judge::{Process, Sources};

const SOURCES: Sources = Sources {
    folder: "karpenter",
    program: "Karpenter v1.14.1",
    linker_flags: "",
};

/// The judge's program, built if there is none of these very sources.
pub fn build(root: &Path) -> io::Result<PathBuf> {
    SOURCES.build(root)
}

/// Karpenter, waiting for questions.
pub struct Judge(Process);

impl Judge {
    /// Starts the judge's program; if `timed`, it answers with seconds only.
    pub fn start(program: &Path, timed: bool) -> io::Result<Self> {
        Process::start(program, if timed { "--time" } else { "--brief" }).map(Self)
    }

    /// What Karpenter says to a case; the inner error is the judge's own sentence.
    pub fn ask(&mut self, case: &Value) -> io::Result<Result<Value, String>> {
        let mut line: Value = self.0.ask(case)?;
        let expect = line["expect"].take();
        if expect.is_null() {
            return Ok(Err(line["error"].as_str().unwrap_or_default().to_owned()));
        }
        Ok(Ok(expect))
    }

    /// How many seconds Karpenter took for a case.
    pub fn time(&mut self, case: &Value) -> io::Result<Result<f64, String>> {
        let line: Value = self.0.ask(case)?;
        let error = line["error"].as_str().unwrap_or_default().to_owned();
        Ok(line["seconds"].as_f64().ok_or(error))
    }
}
