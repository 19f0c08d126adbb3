//! The binary: which name was I called by, and whose room is that.

mod called_as;
mod demo;

use std::io::Write;
use std::process;

use called_as::Command;
use console::{ExitCode, Failure};

fn main() -> process::ExitCode {
    let command = match called_as::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(error) => return usage(&error),
    };
    let result = match command {
        Command::Leases(args) => leases::run(&args),
        Command::Demo => demo::run(),
    };
    match result {
        Ok(code) => code.into(),
        Err(failure) => {
            report(&failure);
            failure.code.into()
        }
    }
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
