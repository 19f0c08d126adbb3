//! What is made from the command line's own description: completion scripts and manual pages.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use console::{ExitCode, Failure};

use crate::called_as;

/// Print a completion script for the binaries called without kubectl
///
/// For `kubectl leases <Tab>` no script is needed: kubectl asks the completers that
/// `kubectl day2 install` lays.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,

    /// The plugin whose binary is completed; the umbrella's by default
    #[arg(value_name = "PLUGIN")]
    pub plugin: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  # kubectl-day2 <Tab> in this bash
  source <(kubectl day2 completion bash)

  # kubectl-leases <Tab> in fish
  kubectl day2 completion fish leases > ~/.config/fish/completions/kubectl-leases.fish";

/// Where the manual pages go.
#[derive(Args, Clone, Debug)]
pub struct ManArgs {
    /// The directory
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}

/// Prints the script.
///
/// # Errors
/// When there is no such plugin.
pub fn completion(args: &CompletionArgs) -> Result<ExitCode, Failure> {
    let mut command = command_of(args.plugin.as_deref())?;
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    let mut output = console::Output::stdout();
    output.line(String::from_utf8_lossy(&script).trim_end())?;
    output.flush()?;
    Ok(ExitCode::Done)
}

/// The command under the name of its executable.
fn command_of(plugin: Option<&str>) -> Result<Command, Failure> {
    let umbrella = called_as::umbrella();
    let Some(plugin) = plugin else {
        return Ok(umbrella);
    };
    let names = called_as::plugins(&umbrella);
    let found = umbrella.find_subcommand(plugin).cloned();
    match found.filter(|_| names.iter().any(|name| name == plugin)) {
        Some(command) => Ok(command.name(format!("kubectl-{}", plugin.replace('-', "_")))),
        None => Err(Failure::usage(format!("there is no plugin \"{plugin}\""))
            .with_hint(format!("one of {}", names.join(", ")))),
    }
}

/// Writes a page for the umbrella, each plugin and each of their commands.
///
/// # Errors
/// When the directory can't be written.
pub fn man(args: &ManArgs) -> Result<ExitCode, Failure> {
    fs::create_dir_all(&args.dir).map_err(|error| unwritable(&args.dir, &error))?;
    let umbrella = called_as::umbrella();
    for plugin in called_as::plugins(&umbrella) {
        let command = command_of(Some(&plugin))?;
        write_pages(command.name(format!("kubectl-{plugin}")), &args.dir)?;
    }
    write_pages(umbrella, &args.dir)?;
    Ok(ExitCode::Done)
}

fn write_pages(mut command: Command, dir: &Path) -> Result<(), Failure> {
    command.build();
    let prefix = command.get_name().to_owned();
    let mut open = vec![(prefix, command)];
    while let Some((name, command)) = open.pop() {
        let shown = command
            .get_subcommands()
            .filter(|inner| !inner.is_hide_set());
        let inner = shown.filter(|inner| inner.get_name() != "help");
        // The plugins have pages of their own.
        let inner = inner.filter(|inner| name != "kubectl-day2" || is_own(inner));
        open.extend(inner.map(|inner| (format!("{name}-{}", inner.get_name()), inner.clone())));
        let path = dir.join(format!("{name}.1"));
        let typed = name.replacen("kubectl-", "kubectl ", 1);
        let page = Man::new(command.name(name).display_name(typed));
        File::create(&path)
            .and_then(|mut file| page.render(&mut file))
            .map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

fn is_own(command: &Command) -> bool {
    !called_as::plugins(&called_as::umbrella())
        .iter()
        .any(|plugin| plugin == command.get_name())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} can't be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_completed_under_its_executables_name() {
        assert_eq!(command_of(None).unwrap().get_name(), "kubectl-day2");
        let leases = command_of(Some("leases")).unwrap();
        assert_eq!(leases.get_name(), "kubectl-leases");
        let error = command_of(Some("snapshot")).unwrap_err();
        assert!(error.hint.unwrap().contains("leases"));
    }
}
