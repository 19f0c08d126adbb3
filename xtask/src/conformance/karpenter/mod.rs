//! Our Karpenter against the real one.

mod bench;
mod generate;
mod judge;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autoscale_sim::karpenter::agreement::{self, Verdict};
use autoscale_sim::karpenter::scenario;
use clap::Args;
use serde::Deserialize;
use serde_json::Value;

pub use bench::Bench;
use judge::Judge;

/// What to compare.
#[derive(Args, Debug)]
pub struct Karpenter {
    /// How many cases to make up
    #[arg(long, default_value_t = 200)]
    cases: u64,
    /// Which cases to make up
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of the first case, to come back to one
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Compare with the answers recorded in these files instead of asking the judge
    #[arg(long, value_name = "CASES.jsonl")]
    file: Vec<PathBuf>,
    /// Write the cases, with the judge's answers, to this file
    #[arg(long, value_name = "CASES.jsonl")]
    record: Option<PathBuf>,
    /// Write the cases that differ to this file
    #[arg(long, value_name = "CASES.jsonl")]
    save: Option<PathBuf>,
}

#[derive(Default)]
struct Tally {
    cases: usize,
    refused: usize,
    agree: usize,
    by_chance: usize,
    claims: usize,
    errors: usize,
    existing: usize,
    ignored: usize,
    /// Nodes that consolidation was asked about, and of these the ones that go by themselves.
    candidates: usize,
    moves: usize,
    /// Empty nodes that go, and times that several go at once.
    empty: usize,
    together: usize,
    recorded: Vec<Value>,
    differing: Vec<Value>,
}

impl Karpenter {
    /// Compares and prints; the last line is `agree N of M`.
    pub fn run(&self) -> ExitCode {
        match self.compare() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(3),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn compare(&self) -> io::Result<bool> {
        let mut tally = Tally::default();
        if self.file.is_empty() {
            let mut judge = Judge::start(&judge::build(&root())?, false)?;
            for number in self.first..self.first + self.cases {
                let mut case = generate::case(self.seed, number);
                match judge.ask(&case)? {
                    Ok(expect) => {
                        case["expect"] = expect;
                        tally.add(case, self.record.is_some());
                    }
                    Err(why) => {
                        println!("{}: the judge refuses: {why}", case["id"]);
                        tally.refused += 1;
                        tally.differing.push(case);
                    }
                }
            }
        }
        for path in &self.file {
            for case in read_cases(path)? {
                tally.add(case, false);
            }
        }
        if let Some(path) = &self.record {
            write_cases(path, &tally.recorded)?;
        }
        if let Some(path) = &self.save {
            write_cases(path, &tally.differing)?;
        }
        tally.report();
        Ok(tally.agree == tally.cases)
    }
}

impl Tally {
    fn add(&mut self, case: Value, record: bool) {
        self.cases += 1;
        let count = |what: &str| {
            let own = &case["expect"][what];
            own.as_array().map_or(0, Vec::len) + own.as_object().map_or(0, serde_json::Map::len)
        };
        self.claims += count("claims");
        self.errors += count("errors");
        self.existing += count("existing");
        self.ignored += count("ignored");
        let disruption = &case["expect"]["disruption"];
        let single = disruption["single"].as_object();
        let goes = |own: &&Value| own["decision"] != "no-op";
        self.candidates += single.map_or(0, serde_json::Map::len);
        self.moves += single.map_or(0, |own| own.values().filter(goes).count());
        self.empty += disruption["empty"].as_array().map_or(0, Vec::len);
        self.together += usize::from(disruption["multi"].is_object());
        let verdict = verdict(&case);
        self.by_chance += usize::from(verdict.by_chance);
        if verdict.differences.is_empty() {
            self.agree += 1;
        } else {
            println!("{}", case["id"].as_str().unwrap_or_default());
            for one in verdict.differences.iter().take(4) {
                println!("  {one}");
            }
            self.differing.push(case.clone());
        }
        if record {
            self.recorded.push(case);
        }
    }

    fn report(&self) {
        if self.refused > 0 {
            println!(
                "{} cases were refused by the judge and not compared",
                self.refused
            );
        }
        println!(
            "{} claims, {} nodes with more pods, {} pods left, {} pods not looked at; {} cases left to chance in part",
            self.claims, self.existing, self.errors, self.ignored, self.by_chance
        );
        println!(
            "consolidation: {} of {} nodes go by themselves, {} go empty, {} times several go at once",
            self.moves, self.candidates, self.empty, self.together
        );
        println!("agree {} of {}", self.agree, self.cases);
    }
}

/// Our answer to a case beside the expected one.
fn verdict(case: &Value) -> Verdict {
    let failed = |why: String| Verdict {
        differences: vec![why],
        by_chance: false,
    };
    let expected = match scenario::Expected::deserialize(&case["expect"]) {
        Ok(expected) => expected,
        Err(why) => return failed(format!("what was expected cannot be read: {why}")),
    };
    match scenario::read(case) {
        Ok(input) => agreement::judge(&input, &expected),
        Err(why) => failed(format!("the case cannot be read: {why}")),
    }
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

fn read_cases(path: &Path) -> io::Result<Vec<Value>> {
    let text = fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| serde_json::from_str(line).map_err(io::Error::other))
        .collect()
}

fn write_cases(path: &Path, cases: &[Value]) -> io::Result<()> {
    let mut text = Vec::new();
    for case in cases {
        serde_json::to_writer(&mut text, case)?;
        text.push(b'\n');
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_cases_agree() {
        let folder = root().join("tests/oracles/karpenter/cases");
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            for case in read_cases(&entry.unwrap().path()).unwrap() {
                let verdict = verdict(&case);
                let id = &case["id"];
                assert!(
                    verdict.differences.is_empty(),
                    "{id}: {:#?}",
                    verdict.differences
                );
                count += 1;
            }
        }
        assert!(count >= 100, "only {count} cases");
    }

    #[test]
    fn a_wrong_answer_is_seen() {
        let folder = root().join("tests/oracles/karpenter/cases");
        let path = fs::read_dir(folder)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let cases = read_cases(&path).unwrap();
        let with_claims = |case: &&Value| !case["expect"]["claims"][0].is_null();
        let mut case = cases.iter().find(with_claims).unwrap().clone();
        case["expect"]["claims"][0]["instanceTypes"] = serde_json::json!(["none"]);
        assert!(!verdict(&case).differences.is_empty());
    }

    #[test]
    fn the_same_seed_makes_the_same_cases() {
        for number in 0..20 {
            assert_eq!(generate::case(7, number), generate::case(7, number));
        }
        assert_ne!(generate::case(7, 0), generate::case(8, 0));
    }
}
