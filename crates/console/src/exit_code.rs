//! What the process tells the shell.

/// The exit codes that all day2 commands share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExitCode {
    /// Done, and all is well.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The answer is bad news.
    BadNews = 3,
    /// The deadline was reached; part of the work is done.
    Deadline = 4,
    /// The API server refused a request that the question cannot do without.
    NotAllowed = 5,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
