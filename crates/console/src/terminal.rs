//! What the standard streams can show.

use std::env;
use std::io::{IsTerminal, stdout};

/// What standard output is: a terminal or not, and whether colour may be used on it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Terminal {
    /// Standard output is a terminal.
    pub interactive: bool,
    /// Colour may be used.
    pub colour: bool,
}

impl Terminal {
    /// Looks at standard output and at `NO_COLOR` and `TERM`.
    #[must_use]
    pub fn of_stdout() -> Self {
        let interactive = stdout().is_terminal();
        let forbidden = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self {
            interactive,
            colour: interactive && !forbidden && !dumb,
        }
    }
}
