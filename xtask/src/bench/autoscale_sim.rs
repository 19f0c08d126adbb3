//! One loop of the autoscaler on large made-up clusters, against what the real one took for inputs of
//! the same sizes and distributions (Cluster Autoscaler 1.36.1, `RunOnce` alone, 2 cores).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::bench::measure::Sample;
use crate::bench::table::{Limit, Line};
use crate::failure::Failure;

const MIB: u64 = 1 << 20;

/// What is measured: the kind of cluster, and what it has to be compared with.
const WORK: [(&str, &str, Against); 6] = [
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
        "large-mix",
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

/// The rows of scaling up.
pub(crate) fn lines() -> Result<Vec<Line>, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut all = Vec::new();
    for (kind, work, against) in WORK {
        eprintln!("measuring {kind}");
        let output = Command::new(&cargo)
            .args(["run", "--quiet", "--release", "--package=autoscale-sim"])
            .args(["--example=loop", "--", kind])
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(Failure::io("run", Path::new(&cargo)))?;
        let measured: Measured = serde_json::from_slice(&output.stdout)?;
        let ours = Sample {
            wall: Duration::from_micros(measured.wall_microseconds),
            memory: measured.memory_peak,
        };
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
    Ok(all)
}
