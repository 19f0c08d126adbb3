//! Wall time and peak memory of programs, as medians.

use std::fmt;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::bench::programs::Programs;
use crate::bench::table::bytes;
use crate::failure::Failure;

/// How often the empty program is run for the floor.
const FLOOR_RUNS: usize = 5;

/// What one run, or the median of several, took.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sample {
    /// From its start until it was waited for.
    pub(crate) wall: Duration,
    /// Its peak resident memory in bytes.
    pub(crate) memory: u64,
}

/// Runs both in turn, so that whatever else happens on the machine meets both alike.
pub(crate) fn alternate(
    runs: usize,
    programs: &Programs,
    ours: impl Fn() -> Command,
    peer: impl Fn() -> Command,
) -> Result<(Sample, Sample), Failure> {
    let (mut our_samples, mut peer_samples) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        our_samples.push(once(programs, ours())?);
        peer_samples.push(once(programs, peer())?);
    }
    Ok((median(our_samples), median(peer_samples)))
}

/// The median of several runs of one program.
pub(crate) fn repeat(
    runs: usize,
    programs: &Programs,
    program: impl Fn() -> Command,
) -> Result<Sample, Failure> {
    let samples: Result<_, _> = (0..runs).map(|_| once(programs, program())).collect();
    Ok(median(samples?))
}

/// Runs a program once before it is measured, and makes sure that it gives the whole answer.
pub(crate) fn rehearse(
    programs: &Programs,
    mut program: Command,
    at_least_lines: usize,
) -> Result<(), Failure> {
    let path = programs.dir().join("answer");
    let file = File::create(&path).map_err(Failure::io("write", &path))?;
    run(programs, program.stdout(file))?;
    let text = fs::read(&path).map_err(Failure::io("read", &path))?;
    let lines = text.split(|byte| *byte == b'\n').count() - 1;
    if lines >= at_least_lines {
        return Ok(());
    }
    Err(Failure::Other(format!(
        "{} answered {lines} lines, where {at_least_lines} or more were expected\n\
         hint: its answer is in {}",
        program.get_program().display(),
        path.display()
    )))
}

/// Runs a program once.
pub(crate) fn once(programs: &Programs, mut program: Command) -> Result<Sample, Failure> {
    run(programs, program.stdout(Stdio::null()))
}

fn run(programs: &Programs, program: &mut Command) -> Result<Sample, Failure> {
    let errors = programs.dir().join("stderr");
    let file = File::create(&errors).map_err(Failure::io("write", &errors))?;
    program.stdin(Stdio::null()).stderr(file);
    let path = Path::new(program.get_program()).to_path_buf();
    let failed = || Failure::io("run", &path);
    let start = Instant::now();
    let child = program.spawn().map_err(failed())?;
    let used = child.wait4().map_err(failed())?;
    let wall = start.elapsed();
    if !used.status.success() {
        return Err(unsuccessful(program, used.status, &errors));
    }
    Ok(Sample {
        wall,
        memory: used.rusage.maxrss,
    })
}

fn unsuccessful(program: &Command, status: ExitStatus, errors: &Path) -> Failure {
    let said = fs::read_to_string(errors).unwrap_or_default();
    Failure::Other(format!(
        "{} ended with {status}: {}",
        program.get_program().display(),
        said.trim_end()
    ))
}

/// Each measure's own median.
fn median(samples: Vec<Sample>) -> Sample {
    let (walls, memories) = samples
        .into_iter()
        .map(|sample| (sample.wall, sample.memory))
        .unzip();
    Sample {
        wall: middle(walls),
        memory: middle(memories),
    }
}

fn middle<T: Copy + Default + Ord>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The least peak memory that can be measured: a program's count starts at that of the process
/// that starts it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor(u64);

impl Floor {
    /// Measures it with the empty program.
    pub(crate) fn measure(programs: &Programs) -> Result<Self, Failure> {
        let sample = repeat(FLOOR_RUNS, programs, || programs.empty())?;
        Ok(Self(sample.memory))
    }
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "medians; no less than {} of memory can be measured here",
            bytes(self.0)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_each_measure() {
        let sample = |wall, memory| Sample {
            wall: Duration::from_millis(wall),
            memory,
        };
        let samples = vec![sample(9, 1), sample(1, 9), sample(2, 2)];
        assert_eq!(median(samples), sample(2, 2));
        let samples = vec![sample(9, 5), sample(1, 9), sample(2, 2)];
        assert_eq!(median(samples), sample(2, 5));
        assert_eq!(median(Vec::new()), Sample::default());
    }
}
