//! A question to the person at the terminal.

use std::io::{self, IsTerminal, stderr, stdin};

use dialoguer::Confirm;
use dialoguer::console::Term;

use crate::{ExitCode, Failure};

/// What came of a question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Consent {
    /// Yes, by hand or by `--yes`.
    Given,
    /// No, or just Enter.
    Refused,
    /// There is nobody to ask: standard input or standard error is no terminal.
    NotAsked,
}

/// Asks `question [y/N]` on standard error; `yes` answers it beforehand.
///
/// What the answer is about should have been printed before. Install
/// [`Interrupts`](crate::Interrupts) first: Ctrl-C then leaves the terminal as it was.
///
/// # Errors
/// When the person interrupts (exit code 130), or the terminal can't be read.
pub fn confirm(question: &str, yes: bool) -> Result<Consent, Failure> {
    if yes {
        return Ok(Consent::Given);
    }
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Ok(Consent::NotAsked);
    }
    let terminal = Term::stderr();
    let answer = Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact_on(&terminal);
    match answer {
        Ok(true) => Ok(Consent::Given),
        Ok(false) => Ok(Consent::Refused),
        Err(dialoguer::Error::IO(error)) => {
            // The question hides the cursor while it waits.
            let _ = terminal.show_cursor();
            let _ = terminal.write_line("");
            Err(unanswered(&error))
        }
    }
}

fn unanswered(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::Interrupted {
        return Failure::new("interrupted at the question; nothing was changed")
            .with_code(ExitCode::Interrupted);
    }
    Failure::new(format!(
        "the answer can't be read from the terminal: {error}"
    ))
    .with_hint("give --yes to go on without the question")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_beforehand_is_not_asked_again() {
        assert_eq!(confirm("Go on?", true), Ok(Consent::Given));
    }

    #[test]
    fn an_interrupt_is_no_failure_of_the_terminal() {
        let interrupted = unanswered(&io::ErrorKind::Interrupted.into());
        assert_eq!(interrupted.code, ExitCode::Interrupted);
        let broken = unanswered(&io::ErrorKind::UnexpectedEof.into());
        assert_eq!(broken.code, ExitCode::Failed);
        assert!(broken.hint.is_some());
    }
}
