//! What kube-scheduler itself says.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::case::{Answer, Case};
use crate::conformance::judge::{Process, Sources};

const SOURCES: Sources = Sources {
    folder: "scheduler",
    program: "kube-scheduler v1.36.3",
    linker_flags: "-X k8s.io/component-base/version.gitVersion=v1.36.3",
};

/// The judge's program, built if there is none of these very sources.
pub fn build(root: &Path) -> io::Result<PathBuf> {
    SOURCES.build(root)
}

/// kube-scheduler, waiting for questions.
pub struct Judge(Process);

#[derive(Deserialize)]
struct Line {
    expect: Option<Answer>,
    #[serde(default)]
    error: String,
}

impl Judge {
    /// Starts the judge's program.
    pub fn start(program: &Path) -> io::Result<Self> {
        Process::start(program, "--brief").map(Self)
    }

    /// What kube-scheduler says to each case; the inner error is the judge's own sentence.
    pub fn ask(&mut self, cases: &[Case]) -> io::Result<Vec<Result<Answer, String>>> {
        let mut answers = Vec::with_capacity(cases.len());
        for case in cases {
            let line: Line = self.0.ask(case)?;
            answers.push(line.expect.ok_or(line.error));
        }
        Ok(answers)
    }
}
