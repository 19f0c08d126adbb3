//! One loop of the autoscaler on large made-up clusters, against what the real one took for inputs of
//! the same sizes and distributions (Cluster Autoscaler 1.36.1, `RunOnce` alone, 2 cores).

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bench::measure::{self, Sample};
use crate::bench::programs::Programs;
use crate::bench::table::{Limit, Line};
use crate::failure::Failure;

const MIB: u64 = 1 << 20;
/// The largest cluster, which is also read from a snapshot.
const LARGE: &str = "large-mix";
/// A snapshot is to be read at so many megabytes of JSON a second.
const READING: u64 = 150;

/// What is measured: the kind of cluster, and what it has to be compared with.
const WORK: [(&str, &str, Against); 7] = [
    (
        "a",
        "scale-up, 1,000 nodes, 1,000 pending",
        Against::Real(1_070, 502, 1, 1),
    ),
    (
        "a-mix",
        "the same with constraints",
        Against::Real(33_900, 475, 100, 1),
    ),
    (
        "a-down",
        "scale-down, 1,000 nodes, one loop",
        Against::Real(5_000, 528, 50, 1),
    ),
    (
        "b",
        "scale-up, 5,000 nodes, 10,000 pending",
        Against::Real(43_400, 2_704, 100, 4),
    ),
    (
        "b-mix",
        "the same with constraints",
        Against::Most(5_000, 2_206),
    ),
    (
        "c",
        "scale-up, 50,000 pending without a controller",
        Against::Real(263_000, 800, 100, 1),
    ),
    (
        LARGE,
        "100,000 nodes, 1,000,000 pods, 50,000 pending",
        Against::Most(15_000, 8 * 1024),
    ),
];

#[derive(Clone, Copy)]
enum Against {
    /// The real one's milliseconds and MiB, and which parts of them may be taken.
    Real(u64, u64, u32, u32),
    /// The most milliseconds and MiB.
    Most(u64, u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Measured {
    wall_microseconds: u64,
    memory_peak: u64,
}

#[derive(Deserialize)]
struct Written {
    bytes: u64,
}

/// The rows of single loops, and of reading a large snapshot.
pub(crate) fn lines(programs: &Programs) -> Result<Vec<Line>, Failure> {
    let mut all = Vec::new();
    let mut large = Duration::ZERO;
    for (kind, work, against) in WORK {
        eprintln!("measuring {kind}");
        let measured: Measured = example(&[kind])?;
        let ours = Sample {
            wall: Duration::from_micros(measured.wall_microseconds),
            memory: measured.memory_peak,
        };
        if kind == LARGE {
            large = ours.wall;
        }
        match against {
            Against::Real(milliseconds, mib, wall, memory) => {
                let peer = Sample {
                    wall: Duration::from_millis(milliseconds),
                    memory: mib * MIB,
                };
                all.extend(Line::both(work, ours, peer, Limit { wall, memory }));
            }
            Against::Most(milliseconds, mib) => {
                let most = Duration::from_millis(milliseconds);
                all.push(Line::within(work, ours.wall, most));
                all.push(Line::size(work, ours.memory, mib * MIB));
            }
        }
    }
    all.extend(reading(programs, large)?);
    Ok(all)
}

/// The plugin on a snapshot of the largest cluster; the loop itself takes so long.
fn reading(programs: &Programs, one_loop: Duration) -> Result<[Line; 2], Failure> {
    eprintln!("reading {LARGE}");
    let directory = programs.dir().join("snapshot");
    fs::create_dir_all(&directory).map_err(Failure::io("create", &directory))?;
    let to = directory.display().to_string();
    let written: Written = example(&[LARGE, "1", &to])?;
    let mut command = Command::new(programs.binary());
    command
        .args(["autoscale-sim", "-o", "json", "--snapshot"])
        .arg(directory.join("cluster.json"))
        .arg("--node-groups")
        .arg(directory.join("groups.yaml"));
    let sample = measure::once(programs, command)?;
    fs::remove_dir_all(&directory).map_err(Failure::io("remove", &directory))?;
    let time = sample.wall.saturating_sub(one_loop);
    Ok([
        Line::rate(
            "the same from a snapshot, reading",
            written.bytes,
            time,
            READING,
        ),
        Line::size("the same from a snapshot", sample.memory, 8 * 1024 * MIB),
    ])
}

/// Runs the example that makes such clusters, and reads what it says.
fn example<T: DeserializeOwned>(arguments: &[&str]) -> Result<T, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(&cargo)
        .args(["run", "--quiet", "--release", "--package=autoscale-sim"])
        .args(["--example=loop", "--"])
        .args(arguments)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(Failure::io("run", Path::new(&cargo)))?;
    Ok(serde_json::from_slice(&output.stdout)?)
}
