//! Our answers against decisions of the real Cluster Autoscaler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::Read;

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
    let mut wrong = Vec::new();
    for recorded in all {
        let mut scenario = scenario::read(recorded.scenario.get()).unwrap();
        let expected = scenario::read_expected(recorded.expected.get()).unwrap();
        // Where scaling down can go in many ways, to look for all takes too long without optimisation;
        // the conformance command does.
        let cluster = &mut scenario.cluster;
        let effort = (cluster.nodes.len() <= 8).then(|| Effort::of(cluster));
        let verdict = agreement::judge(cluster, &expected, effort);
        for one in verdict.disagreements {
            wrong.push(format!("{}: {one}", scenario.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
