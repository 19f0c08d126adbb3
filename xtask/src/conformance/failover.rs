//! `cargo xtask conformance failover`: what a drill measures against what the instances' own logs
//! say.

use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use test_support::{Component, ControlPlane, ControlPlaneOptions};

use crate::failure::Failure;

const ELECTIONS: [&str; 2] = ["kube-controller-manager", "kube-scheduler"];

/// What a drill may be off.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(300);

/// How long an instance may take to end or to stand again.
const PATIENCE: Duration = Duration::from_mins(1);

/// What client-go writes (tools/leaderelection/leaderelection.go).
const ACQUIRED: &str = "\"Successfully acquired lease\"";
const RENEWED: &str = "\"Successfully renewed lease\"";
const LOST: &str = "\"Failed to renew lease\"";
const STANDS: &str = "\"Attempting to acquire leader lease...\"";

/// How many drills, and on what.
#[derive(Debug, Args)]
pub struct Failover {
    /// How many drills on each of the two elections
    #[arg(long, default_value_t = 5, value_name = "N")]
    drills: usize,
    /// With coordinated elections
    #[arg(long)]
    coordinated: bool,
}

impl Failover {
    /// Holds the drills and prints what differs, and last how many agree.
    pub fn run(&self) -> ExitCode {
        match self.compare() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn compare(&self) -> Result<bool, Failure> {
        eprintln!("building");
        build()?;
        eprintln!("starting a control plane");
        let plane = ControlPlane::start(&ControlPlaneOptions {
            controller_managers: 3,
            schedulers: 3,
            nodes: 0,
            coordinated: self.coordinated,
            ..ControlPlaneOptions::default()
        })?;
        plane.publish_controllers()?;
        println!(
            "{:<24} {:<28} {:>8} {:>8} {:>7} {:>10}",
            "election", "leader", "gap", "logs", "off", "leaderless"
        );
        let (mut agree, mut all) = (0, 0);
        for _ in 0..self.drills {
            for name in ELECTIONS {
                let drill = drill(&plane, name)?;
                let off = (drill.gap - drill.truth).abs();
                all += 1;
                agree += usize::from(off <= TOLERANCE);
                println!(
                    "{name:<24} {:<28} {:>8.3} {:>8.3} {:>7.3} {:>10.3}",
                    format!("{} → {}", drill.old, drill.new),
                    drill.gap.as_secs_f64(),
                    drill.truth.as_secs_f64(),
                    off.as_secs_f64(),
                    drill.leaderless.as_secs_f64(),
                );
            }
        }
        println!("agree {agree} of {all}");
        Ok(agree == all)
    }
}

/// What one drill measured, and the truth.
struct Drill {
    old: String,
    new: String,
    gap: SignedDuration,
    truth: SignedDuration,
    /// From the end of the old leader to the acquisition, which only the logs tell.
    leaderless: SignedDuration,
}

fn build() -> Result<(), Failure> {
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--package=kubectl-day2"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Failure::Other("the binary does not build".into())),
    }
}

fn drill(plane: &ControlPlane, name: &str) -> Result<Drill, Failure> {
    let binary = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/debug/kubectl-day2");
    let output = Command::new(binary)
        .args(["leases", "failover", name, "-n", "kube-system"])
        .args(["--yes", "-o", "json", "--timeout", "3m", "--kubeconfig"])
        .arg(plane.kubeconfig())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::Other(format!("the drill can't be started: {error}")))?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let result = &report["result"];
    let seconds = result["gapSeconds"].as_f64();
    let holder = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (old, new) = (
        holder(&report["lease"]["holderIdentity"]),
        holder(&result["newHolderIdentity"]),
    );
    let Some(seconds) = seconds.filter(|_| result["outcome"] == "takenOver") else {
        return Err(Failure::Other(format!("nobody took over: {report}")));
    };
    let (old, new) = (component(name, &old)?, component(name, &new)?);
    let truth = truth(plane, old, new)?;
    plane.start_component(old)?;
    eventually(|| last(plane, old, STANDS).is_some_and(|stands| stands > truth.lost))?;
    Ok(Drill {
        old: old.to_string(),
        new: new.to_string(),
        gap: SignedDuration::try_from_secs_f64(seconds).unwrap_or_default(),
        truth: truth.acquired.duration_since(truth.renewed),
        leaderless: truth.acquired.duration_since(truth.lost),
    })
}

struct Truth {
    renewed: Timestamp,
    lost: Timestamp,
    acquired: Timestamp,
}

/// Waits until the old leader has ended, and reads both logs.
fn truth(plane: &ControlPlane, old: Component, new: Component) -> Result<Truth, Failure> {
    eventually(|| plane.pid(old).is_none())?;
    let missing = |what: &str| Failure::Other(format!("no {what} in the log of {old} or {new}"));
    let renewed = last(plane, old, RENEWED).max(last(plane, old, ACQUIRED));
    Ok(Truth {
        renewed: renewed.ok_or_else(|| missing("renewal"))?,
        lost: last(plane, old, LOST).ok_or_else(|| missing("end"))?,
        acquired: last(plane, new, ACQUIRED).ok_or_else(|| missing("acquisition"))?,
    })
}

fn eventually(mut done: impl FnMut() -> bool) -> Result<(), Failure> {
    let end = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > end {
            return Err(Failure::Other("an instance does not end or stand".into()));
        }
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// When a log last says something about an election.
fn last(plane: &ControlPlane, component: Component, words: &str) -> Option<Timestamp> {
    let log = plane.log(component).ok()?;
    let line = log.lines().rfind(|line| line.contains(words))?;
    time(line, Timestamp::now())
}

/// The time of a line such as `I1124 20:21:29.522811   21023 leaderelection.go:272] …`, in UTC.
fn time(line: &str, now: Timestamp) -> Option<Timestamp> {
    let (day, rest) = line.get(1..)?.split_once(' ')?;
    let (month, day) = day.split_at_checked(2)?;
    let clock = rest.split(' ').next()?;
    let year = now.strftime("%Y").to_string();
    format!("{year}-{month}-{day}T{clock}Z").parse().ok()
}

/// Which instance an identity such as `controller-1_4e7a…` belongs to.
fn component(name: &str, identity: &str) -> Result<Component, Failure> {
    let host = identity.split('_').next().unwrap_or_default();
    let index = host
        .strip_prefix("controller-")
        .and_then(|index| index.parse().ok())
        .ok_or_else(|| Failure::Other(format!("`{identity}` is no identity of a controller")))?;
    Ok(if name == ELECTIONS[0] {
        Component::ControllerManager(index)
    } else {
        Component::Scheduler(index)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_log_tells_its_time() {
        let now = "2026-11-24T20:30:00Z".parse().unwrap();
        let line =
            "I1124 20:21:29.522811   21023 leaderelection.go:272] \"Successfully acquired lease\"";
        assert_eq!(
            time(line, now),
            Some("2026-11-24T20:21:29.522811Z".parse().unwrap())
        );
        assert_eq!(time("", now), None);
        assert_eq!(time("Warning: something", now), None);
    }
}
