//! Our Cluster Autoscaler against decisions that were recorded from the real one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autoscale_sim::cluster_autoscaler::agreement::{self, Verdict};
use autoscale_sim::cluster_autoscaler::scale_down::Effort;
use autoscale_sim::cluster_autoscaler::scenario;
use clap::Args;

use crate::failure::Failure;

/// Which decisions to compare with.
#[derive(Debug, Args)]
pub struct ClusterAutoscaler {
    /// Holds a directory a scenario, with scenario.json and expected.json
    directory: PathBuf,
    /// Only scenarios whose name begins so
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

impl ClusterAutoscaler {
    /// Compares, prints what differs, and last how many scenarios agree.
    pub fn run(&self) -> ExitCode {
        match self.compare_all() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(3),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn compare_all(&self) -> Result<bool, Failure> {
        let mut names: Vec<String> = read_dir(&self.directory)?;
        names.sort();
        if let Some(only) = &self.only {
            names.retain(|name| name.starts_with(only.as_str()));
        }
        let (mut agree, mut all) = (0, 0);
        for name in names {
            let directory = self.directory.join(&name);
            if !directory.join("scenario.json").is_file() {
                continue;
            }
            all += 1;
            let found = compare(&directory)?;
            agree += usize::from(found.disagreements.is_empty());
            for one in found.disagreements {
                println!("{name}: {one}");
            }
            for one in found.notes {
                println!("{name}: note: {one}");
            }
        }
        println!("agree {agree} of {all}");
        Ok(agree == all)
    }
}

fn read_dir(directory: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(directory).map_err(Failure::io("read", directory))?;
    Ok(entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect())
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::io("read", path))
}

fn compare(directory: &Path) -> Result<Verdict, Failure> {
    let wrong = |file: &Path, why: String| Failure::Other(format!("{}: {why}", file.display()));
    let file = directory.join("scenario.json");
    let mut scenario = scenario::read(&read(&file)?).map_err(|why| wrong(&file, why))?;
    let file = directory.join("expected.json");
    let expected = scenario::read_expected(&read(&file)?).map_err(|why| wrong(&file, why))?;
    let effort = Effort::of(&scenario.cluster);
    Ok(agreement::judge(
        &mut scenario.cluster,
        &expected,
        Some(effort),
    ))
}
