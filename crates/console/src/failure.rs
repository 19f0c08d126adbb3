//! How a command says that it failed.

use std::fmt;

use crate::ExitCode;

/// A failure as a person reads it: one sentence that names the object, and the way out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// What the process exits with.
    pub code: ExitCode,
    /// One sentence without a full stop: what failed, on which object.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            code: ExitCode::Failed,
            message: message.into(),
            hint: None,
        }
    }

    /// A failure of the command line: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(message).with_code(ExitCode::Usage)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Replaces the exit code.
    #[must_use]
    pub fn with_code(mut self, code: ExitCode) -> Self {
        self.code = code;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hint_follows_the_sentence_on_its_own_line() {
        let failure = Failure::new("lease \"a\" not found").with_hint("look in another namespace");
        assert_eq!(
            failure.to_string(),
            "error: lease \"a\" not found\nhint: look in another namespace"
        );
        assert_eq!(Failure::usage("no").code, ExitCode::Usage);
    }
}
