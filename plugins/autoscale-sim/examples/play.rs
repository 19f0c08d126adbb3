//! Plays one loop of a scenario and says how long each part took.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool for measuring"
)]
use autoscale_sim::cluster_autoscaler::{Search, run_once, scenario};
use std::time::Instant;
fn main() {
    let file = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let start = Instant::now();
    let mut scenario = scenario::read(&text).unwrap();
    println!("read {:?}", start.elapsed());
    let start = Instant::now();
    let answer = run_once(&mut scenario.cluster, Search::default());
    println!("run {:?}", start.elapsed());
    for outcome in &answer.outcomes {
        let up = &outcome.scale_up;
        let sum = |all: &[autoscale_sim::cluster_autoscaler::outcome::PodCount]| -> u32 {
            all.iter().map(|own| own.count).sum()
        };
        println!(
            "{:?} adds {:?} helps {} fit {} stay {}",
            up.result,
            up.scale_ups,
            sum(&up.triggered),
            sum(&up.schedulable),
            up.unschedulable
                .iter()
                .map(|own| own.pods.count)
                .sum::<u32>()
        );
        for option in &up.options {
            println!(
                "   {} nodes {} pods {}",
                option.group,
                option.nodes,
                sum(&option.pods)
            );
        }
    }
    println!("{:?}", answer.cut);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("{line}");
    }
}
