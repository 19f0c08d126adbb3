//! Our answers against decisions of the real Cluster Autoscaler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use autoscale_sim::cluster_autoscaler::scale_down::Effort;
use autoscale_sim::cluster_autoscaler::{agreement, scenario};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Recorded<'a> {
    #[serde(borrow)]
    scenario: &'a RawValue,
    #[serde(borrow)]
    expected: &'a RawValue,
}

#[test]
fn decisions_are_those_of_the_real_one() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/golden/cluster-autoscaler/decisions.json.gz"
    );
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let all: Vec<Recorded<'_>> = serde_json::from_str(&text).unwrap();
    assert_eq!(all.len(), 164);
    let next = AtomicUsize::new(0);
    let compare = || {
        let mut wrong = Vec::new();
        while let Some(recorded) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut scenario = scenario::read(recorded.scenario.get()).unwrap();
            let expected = scenario::read_expected(recorded.expected.get()).unwrap();
            let cluster = &mut scenario.cluster;
            let effort = Effort::of(cluster);
            let verdict = agreement::judge(cluster, &expected, Some(effort));
            for one in verdict.disagreements {
                wrong.push(format!("{}: {one}", scenario.name));
            }
        }
        wrong
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let wrong: Vec<String> = thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(compare)).collect();
        all.into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
