//! The binary: which name was I called by, and whose room is that.

mod called_as;
mod completion;
mod demo;
mod generate;
mod install;
mod snapshot;

use std::io::Write;
use std::process;

use called_as::Command;
use console::{ExitCode, Failure};

fn main() -> process::ExitCode {
    if let Some(code) = complete_words() {
        return code;
    }
    let command = match called_as::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(error) => return usage(&error),
    };
    match run(&command) {
        Ok(code) => code.into(),
        Err(failure) => {
            report(&failure);
            failure.code.into()
        }
    }
}

fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Addons(args) => addons::run(args),
        Command::Leases(args) => leases::run(args),
        Command::AutoscaleSim(args) => autoscale_sim::run(args),
        Command::Snapshot(args) => snapshot::run(args),
        Command::Install(args) => install::run(args, &called_as::plugins(&called_as::umbrella())),
        Command::Completion(args) => generate::completion(args),
        Command::Man(args) => generate::man(args),
        Command::DrainNode(args) => drain_node::run(args),
        Command::Demo => demo::run(),
    }
}

/// Called as a completer, the binary has no command line of its own.
fn complete_words() -> Option<process::ExitCode> {
    let mut words = std::env::args_os();
    let plugin = completion::plugin_called(&words.next()?)?;
    let words: Vec<_> = words.collect();
    let answered = completion::answer(&called_as::umbrella(), &plugin, &words);
    Some(match answered {
        Ok(()) => process::ExitCode::SUCCESS,
        Err(_) => process::ExitCode::FAILURE,
    })
}

/// Help and version are answers; anything else is wrong usage.
fn usage(error: &clap::Error) -> process::ExitCode {
    let code = if error.use_stderr() {
        ExitCode::Usage
    } else {
        ExitCode::Done
    };
    // A closed pipe is no reason to complain about help that nobody reads.
    let _ = error.print();
    code.into()
}

fn report(failure: &Failure) {
    let _ = writeln!(std::io::stderr().lock(), "{failure}");
}
