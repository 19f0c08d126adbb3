//! `kubectl day2 install`: links for the plugins and their completers, which krew can't lay.
//!
//! A link is ours if it is a symbolic link that ends at a file named `kubectl-day2`; anything else
//! under one of the names belongs to somebody else and stays as it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use console::{ExitCode, Failure, Output, note};

/// Lay the links by which kubectl finds the plugins and completes their words
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct InstallArgs {
    /// Where to lay them; by default beside the kubectl-day2 that PATH finds
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub dir: Option<PathBuf>,

    /// Take the links away again
    #[arg(long)]
    pub uninstall: bool,
}

const EXAMPLES: &str = "\
Examples:
  # After kubectl krew install day2: the other names, and completion
  kubectl day2 install

  # From an unpacked archive
  ./kubectl-day2 install --dir ~/.local/bin

  # Take them away
  kubectl day2 install --uninstall";

/// The binary's own name, to which the others are links.
const BINARY: &str = "kubectl-day2";

/// What is under a name.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Found {
    Nothing,
    /// A link of ours, with what it says.
    Ours(PathBuf),
    /// This very binary.
    Itself,
    Foreign,
}

/// Lays or removes the links for these plugins.
///
/// # Errors
/// When the directory can't be found or written, or when something foreign is in the way; links
/// that can be laid are laid all the same.
pub fn run(args: &InstallArgs, plugins: &[String]) -> Result<ExitCode, Failure> {
    let binary = std::env::current_exe()
        .and_then(fs::canonicalize)
        .map_err(|error| Failure::new(format!("this program can't find itself: {error}")))?;
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => on_path(&binary)?,
    };
    let mut output = Output::stdout();
    let foreign = if args.uninstall {
        uninstall(&dir, &binary, plugins, &mut output)?
    } else {
        install(&dir, &binary, plugins, &mut output)?
    };
    output.flush()?;
    if !args.uninstall && !is_on_path(&dir) {
        note(&format!(
            "{} is not on PATH; kubectl finds plugins only there",
            dir.display()
        ));
    }
    if foreign.is_empty() {
        return Ok(ExitCode::Done);
    }
    Err(Failure::new(format!(
        "{} in {} left alone: not made by this command",
        foreign.join(", "),
        dir.display()
    ))
    .with_hint("remove or rename what is in the way, or give another --dir"))
}

/// All names beside the binary's own: the plugins', and the completers'.
fn names(plugins: &[String]) -> Vec<String> {
    let files: Vec<String> = plugins
        .iter()
        .map(|plugin| plugin.replace('-', "_"))
        .collect();
    let runs = files.iter().map(|file| format!("kubectl-{file}"));
    let completers = files.iter().map(|file| format!("kubectl_complete-{file}"));
    runs.chain(completers)
        .chain(["kubectl_complete-day2".to_owned()])
        .map(|name| name + std::env::consts::EXE_SUFFIX)
        .collect()
}

fn install(
    dir: &Path,
    binary: &Path,
    plugins: &[String],
    output: &mut Output,
) -> Result<Vec<String>, Failure> {
    fs::create_dir_all(dir).map_err(|error| unwritable(dir, &error))?;
    let own = BINARY.to_owned() + std::env::consts::EXE_SUFFIX;
    let mut foreign = Vec::new();
    let mut wanted = vec![(own.clone(), binary.to_owned())];
    // Through the binary's own name, so that an update of that one link updates all.
    wanted.extend(
        names(plugins)
            .into_iter()
            .map(|name| (name, own.clone().into())),
    );
    for (name, target) in wanted {
        let path = dir.join(&name);
        match found(&path, binary) {
            Found::Foreign => {
                foreign.push(name);
                continue;
            }
            Found::Itself => continue,
            Found::Ours(old) if old == target || name == own && leads_to(&path, binary) => {
                output.line(&format!("{} unchanged", path.display()))?;
                continue;
            }
            Found::Ours(_) => {
                fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?;
            }
            Found::Nothing => {}
        }
        link(&target, &path).map_err(|error| unwritable(&path, &error))?;
        output.line(&format!("{} linked", path.display()))?;
    }
    Ok(foreign)
}

fn uninstall(
    dir: &Path,
    binary: &Path,
    plugins: &[String],
    output: &mut Output,
) -> Result<Vec<String>, Failure> {
    let mut foreign = Vec::new();
    for name in names(plugins) {
        let path = dir.join(&name);
        match found(&path, binary) {
            Found::Ours(_) => {
                fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?;
                output.line(&format!("{} removed", path.display()))?;
            }
            Found::Foreign => foreign.push(name),
            Found::Nothing | Found::Itself => {}
        }
    }
    // The binary's own link may be krew's; it goes the way it came.
    let own = dir.join(BINARY.to_owned() + std::env::consts::EXE_SUFFIX);
    if let Found::Ours(target) = found(&own, binary) {
        note(&format!(
            "{} still leads to {}",
            own.display(),
            target.display()
        ));
    }
    Ok(foreign)
}

fn found(path: &Path, binary: &Path) -> Found {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Found::Nothing;
    };
    if !metadata.is_symlink() {
        let same = fs::canonicalize(path).is_ok_and(|path| path == binary);
        return if same { Found::Itself } else { Found::Foreign };
    }
    let Ok(target) = fs::read_link(path) else {
        return Found::Foreign;
    };
    // A link whose end is gone is judged by what it says.
    let end = fs::canonicalize(path).unwrap_or_else(|_| target.clone());
    let is_ours = end == binary || end.file_stem().is_some_and(|name| name == BINARY);
    if is_ours {
        Found::Ours(target)
    } else {
        Found::Foreign
    }
}

fn leads_to(path: &Path, binary: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|end| end == binary)
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, path)
}

fn on_path(binary: &Path) -> Result<PathBuf, Failure> {
    let name = BINARY.to_owned() + std::env::consts::EXE_SUFFIX;
    search_path()
        .into_iter()
        .find(|dir| leads_to(&dir.join(&name), binary))
        .ok_or_else(|| {
            Failure::usage(format!("no directory on PATH holds this {BINARY}"))
                .with_hint("give --dir DIR, a directory on PATH")
        })
}

fn is_on_path(dir: &Path) -> bool {
    let same = fs::canonicalize(dir).ok();
    search_path()
        .iter()
        .any(|entry| fs::canonicalize(entry).ok() == same)
}

fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} can't be written: {error}", path.display()))
        .with_hint("give --dir DIR, a directory that is yours and on PATH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_in_a_plugin_is_an_underscore_in_its_file() {
        let names = names(&["leases".to_owned(), "drain-node".to_owned()]);
        let suffix = std::env::consts::EXE_SUFFIX;
        let expected = [
            "kubectl-leases",
            "kubectl-drain_node",
            "kubectl_complete-leases",
            "kubectl_complete-drain_node",
            "kubectl_complete-day2",
        ];
        assert_eq!(names, expected.map(|name| format!("{name}{suffix}")));
    }
}
