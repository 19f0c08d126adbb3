//! What starting costs, and how large the binary is.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::bench::measure::alternate;
use crate::bench::programs::Programs;
use crate::bench::table::Line;
use crate::failure::Failure;

const RUNS: usize = 51;

/// How much longer than the empty program it may take.
const MOST_OVER: Duration = Duration::from_millis(3);

/// How large the binary may be.
const MOST_BYTES: u64 = 12_000_000;

/// The rows of start-up and size.
pub(crate) fn lines(programs: &Programs) -> Result<[Line; 2], Failure> {
    eprintln!("measuring start-up");
    let version = || {
        let mut command = Command::new(programs.binary());
        command.arg("--version");
        command
    };
    let (ours, empty) = alternate(RUNS, programs, version, || programs.empty())?;
    let binary = programs.binary();
    let size = fs::metadata(binary)
        .map_err(Failure::io("read", binary))?
        .len();
    Ok([
        Line::over(
            "--version, to an empty binary",
            ours.wall,
            empty.wall,
            MOST_OVER,
        ),
        Line::size("the binary", size, MOST_BYTES),
    ])
}
