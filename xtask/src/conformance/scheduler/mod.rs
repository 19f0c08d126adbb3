//! The scheduler crate against kube-scheduler.

mod bench;
mod case;
mod compare;
mod coverage;
mod generate;
mod judge;
pub(crate) mod random;
mod shrink;
mod subject;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

pub use bench::Bench;
use case::{Answer, Case};
use compare::{Comparison, compare};
use coverage::Coverage;
use judge::Judge;

/// How many cases a thread asks about at a time.
const BATCH: u64 = 50;
/// How often the judge is asked again when it may not always say the same.
const ASK_AGAIN: usize = 12;
/// How many questions shrinking one case may take.
const SHRINK_TRIES: usize = 3000;

/// What to compare.
#[derive(Args, Debug)]
pub struct Scheduler {
    /// How many cases to make up
    #[arg(long, default_value_t = 2000)]
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
    /// Ask the judge about the files' cases, whatever was recorded
    #[arg(long, requires = "file")]
    ask: bool,
    /// Where disagreements are kept, one file each, as small as they get
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// How many disagreements to shrink and keep
    #[arg(long, default_value_t = 10)]
    keep: usize,
    /// Print every reason, field and value that was reached; fail if one of the known ones was not
    #[arg(long)]
    coverage: bool,
    /// Only ask the judge, and print what the cases reach
    #[arg(long)]
    judge_only: bool,
    /// Write the cases, with the judge's answers, to this file
    #[arg(long, value_name = "CASES.jsonl")]
    record: Option<PathBuf>,
    /// How many judges to ask side by side
    #[arg(long, default_value_t = 1)]
    jobs: u64,
}

/// What came out, summed up.
#[derive(Default)]
struct Tally {
    cases: usize,
    refused: usize,
    verdicts: usize,
    unknown: usize,
    scores: usize,
    preemptions: usize,
    varied: usize,
    coverage: Coverage,
    failures: Vec<Failure>,
    recorded: Vec<Case>,
    differing: usize,
}

struct Failure {
    case: Case,
    comparison: Comparison,
}

impl Scheduler {
    /// Cases that were never asked before: their number is fixed, their seed is the time.
    pub fn fresh(cases: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            cases,
            seed: now.map_or(1, |since| since.as_secs()),
            first: 0,
            file: Vec::new(),
            ask: false,
            save: None,
            keep: 10,
            coverage: false,
            judge_only: false,
            record: None,
            jobs: 2,
        }
    }

    /// The command that compares the same cases again.
    pub fn command(&self) -> String {
        format!(
            "cargo xtask conformance scheduler --cases {} --seed {}",
            self.cases, self.seed
        )
    }

    /// Compares and prints; the last line is `agree N of M`.
    pub fn run(self) -> ExitCode {
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
        let root = root();
        let recorded = !self.file.is_empty() && !self.ask;
        let program = if recorded {
            None
        } else {
            Some(judge::build(&root)?)
        };
        let tally = if self.file.is_empty() {
            self.generated(program.as_deref())?
        } else {
            self.filed(program.as_deref())?
        };
        if let Some(path) = &self.record {
            write_cases(path, &tally.recorded)?;
        }
        let mut tally = tally;
        self.report(&mut tally, program.as_deref(), &root)?;
        let gaps = self.coverage && self.file.is_empty() && !tally.coverage.missing().is_empty();
        Ok(tally.differing == 0 && !gaps)
    }

    fn generated(&self, program: Option<&Path>) -> io::Result<Tally> {
        let jobs = self.jobs.max(1);
        let parts: Vec<io::Result<Tally>> = thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs)
                .map(|job| scope.spawn(move || self.share(program, job, jobs)))
                .collect();
            workers
                .into_iter()
                .map(|worker| {
                    worker
                        .join()
                        .unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
                })
                .collect()
        });
        let mut whole = Tally::default();
        for part in parts {
            whole.merge(part?);
        }
        Ok(whole)
    }

    /// One thread's share of the cases.
    fn share(&self, program: Option<&Path>, job: u64, jobs: u64) -> io::Result<Tally> {
        let mut tally = Tally::default();
        let mut judge = program.map(Judge::start).transpose()?;
        let end = self.first + self.cases;
        let mut first = self.first + job * BATCH;
        while first < end {
            let numbers = first..(first + BATCH).min(end);
            let cases: Vec<Case> = numbers
                .map(|number| generate::case(self.seed, number))
                .collect();
            self.batch(&mut tally, judge.as_mut(), cases)?;
            first += BATCH * jobs;
        }
        Ok(tally)
    }

    fn filed(&self, program: Option<&Path>) -> io::Result<Tally> {
        let mut tally = Tally::default();
        let mut judge = program.map(Judge::start).transpose()?;
        for path in &self.file {
            for case in read_cases(path)? {
                self.batch(&mut tally, judge.as_mut(), vec![case?])?;
            }
        }
        Ok(tally)
    }

    fn batch(
        &self,
        tally: &mut Tally,
        mut judge: Option<&mut Judge>,
        cases: Vec<Case>,
    ) -> io::Result<()> {
        let answers = match judge.as_deref_mut() {
            Some(judge) => judge.ask(&cases)?,
            None => cases
                .iter()
                .map(|case| {
                    case.expect
                        .clone()
                        .ok_or_else(|| "no answer is recorded".to_owned())
                })
                .collect(),
        };
        for (mut case, answer) in cases.into_iter().zip(answers) {
            tally.cases += 1;
            let expected = match answer {
                Ok(expected) => expected,
                Err(why) => {
                    eprintln!("{}: the judge refuses: {why}", case.id);
                    tally.refused += 1;
                    continue;
                }
            };
            tally.coverage.add(&case, &expected);
            case.expect = Some(expected.clone());
            if self.record.is_some() {
                tally.recorded.push(case.clone());
            }
            if !self.judge_only {
                tally.judge(case, &expected, judge.as_deref_mut())?;
            }
        }
        Ok(())
    }

    fn report(&self, tally: &mut Tally, program: Option<&Path>, root: &Path) -> io::Result<()> {
        print!(
            "{}",
            tally.coverage.table(self.coverage, self.file.is_empty())
        );
        let save = self
            .save
            .clone()
            .unwrap_or_else(|| root.join("tests/oracles/scheduler/cases"));
        let mut kinds = BTreeSet::new();
        let failures = std::mem::take(&mut tally.failures);
        for failure in failures {
            if kinds.len() >= self.keep || !kinds.insert(kind(&failure.comparison).to_owned()) {
                continue;
            }
            let small = match program {
                Some(program) => smallest(program, failure.case, kind(&failure.comparison))?,
                None => failure.case,
            };
            show(&small, &failure.comparison);
            if program.is_some() {
                fs::create_dir_all(&save)?;
                let path = save.join(format!("{}.jsonl", small.id));
                write_cases(&path, &[small])?;
                println!("  kept in {}", path.display());
            }
        }
        if tally.refused > 0 {
            println!(
                "{} cases were refused by the judge and not compared",
                tally.refused
            );
        }
        if tally.varied > 0 {
            println!(
                "{} cases have more than one answer upstream; ours is one of them",
                tally.varied
            );
        }
        println!(
            "{} cases, {} scores and {} preemptions compared, {} verdicts unknown to us",
            tally.cases, tally.scores, tally.preemptions, tally.unknown
        );
        println!(
            "agree {} of {}",
            tally.verdicts.saturating_sub(tally.differing),
            tally.verdicts
        );
        Ok(())
    }
}

impl Tally {
    fn judge(
        &mut self,
        case: Case,
        expected: &Answer,
        judge: Option<&mut Judge>,
    ) -> io::Result<()> {
        let comparison = verdict(&case, expected);
        self.verdicts += comparison.verdicts;
        self.unknown += comparison.unknown;
        self.scores += comparison.scores;
        self.preemptions += comparison.preemptions;
        if comparison.differences.is_empty() {
            return Ok(());
        }
        if let Some(judge) = judge
            && varies(judge, &case)?
        {
            self.varied += 1;
            return Ok(());
        }
        self.differing += comparison.differences.len();
        self.failures.push(Failure { case, comparison });
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.refused += other.refused;
        self.verdicts += other.verdicts;
        self.unknown += other.unknown;
        self.scores += other.scores;
        self.preemptions += other.preemptions;
        self.varied += other.varied;
        self.differing += other.differing;
        self.coverage.merge(other.coverage);
        self.failures.extend(other.failures);
        self.recorded.extend(other.recorded);
    }
}

/// Our answer to a case beside the expected one.
fn verdict(case: &Case, expected: &Answer) -> Comparison {
    match subject::answer(case) {
        Ok(ours) => compare(expected, &ours),
        Err(why) => {
            let mut comparison = compare(expected, &Answer::default());
            comparison.differences.truncate(1);
            for difference in &mut comparison.differences {
                difference.ours = format!("cannot be read: {why}");
            }
            comparison
        }
    }
}

/// Whether kube-scheduler gives other answers when it is asked again, ours among them.
fn varies(judge: &mut Judge, case: &Case) -> io::Result<bool> {
    let again = vec![case.clone(); ASK_AGAIN];
    let answers = judge.ask(&again)?;
    Ok(answers
        .iter()
        .flatten()
        .any(|answer| verdict(case, answer).differences.is_empty()))
}

fn smallest(program: &Path, case: Case, same: &str) -> io::Result<Case> {
    let mut judge = Judge::start(program)?;
    let fails = |case: &Case| {
        let Ok(answers) = judge.ask(std::slice::from_ref(case)) else {
            return false;
        };
        let Some(Ok(expected)) = answers.first() else {
            return false;
        };
        let comparison = verdict(case, expected);
        if comparison.differences.is_empty() || kind(&comparison) != same {
            return false;
        }
        matches!(varies(&mut judge, case), Ok(false))
    };
    let mut small = shrink::shrink(case, SHRINK_TRIES, fails);
    let mut judge = Judge::start(program)?;
    small.expect = judge
        .ask(std::slice::from_ref(&small))?
        .into_iter()
        .next()
        .and_then(Result::ok);
    Ok(small)
}

/// Differences of the same kind need be shown once only.
fn kind(comparison: &Comparison) -> &str {
    let first = comparison.differences.first();
    first.map_or("", |first| first.kind.as_str())
}

fn show(case: &Case, before: &Comparison) {
    println!("\n{} ({})", case.id, case.about);
    let comparison = case.expect.as_ref().map(|expected| verdict(case, expected));
    let comparison = comparison.as_ref().unwrap_or(before);
    for difference in comparison.differences.iter().take(3) {
        println!(
            "  {}\n    expected {}\n    ours     {}",
            difference.place, difference.expected, difference.ours
        );
    }
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

fn read_cases(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Case>>> {
    let name = path.display().to_string();
    let wrap = move |error: &dyn std::fmt::Display| io::Error::other(format!("{name}: {error}"));
    let file = fs::File::open(path).map_err(|error| wrap(&error))?;
    let lines = BufReader::new(file).lines();
    Ok(lines
        .filter(|line| line.as_ref().map_or(true, |line| !line.trim().is_empty()))
        .map(move |line| serde_json::from_str(&line?).map_err(|error| wrap(&error))))
}

fn write_cases(path: &Path, cases: &[Case]) -> io::Result<()> {
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
    fn kept_cases_agree() {
        let folder = root().join("tests/oracles/scheduler/cases");
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty());
        for path in files {
            for case in read_cases(&path).unwrap() {
                let case = case.unwrap();
                let comparison = verdict(&case, case.expect.as_ref().unwrap());
                assert!(
                    comparison.differences.is_empty(),
                    "{}: {:#?}",
                    case.id,
                    comparison.differences
                );
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_cases() {
        for number in 0..50 {
            let (one, other) = (generate::case(7, number), generate::case(7, number));
            assert_eq!(one.objects, other.objects);
            assert_eq!(one.pod, other.pod);
        }
        assert_ne!(generate::case(7, 0).objects, generate::case(8, 0).objects);
    }

    #[test]
    fn shrinking_keeps_what_fails() {
        let case = generate::case(3, 11);
        let small = shrink::shrink(case, 5000, |case| {
            case.objects.iter().any(|o| o["kind"] == "Node")
        });
        assert_eq!(small.objects.len(), 1);
        assert_eq!(
            small.pod,
            serde_json::json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "pod", "namespace": "default"},
            })
        );
    }
}
