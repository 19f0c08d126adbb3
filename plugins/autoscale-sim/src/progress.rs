//! How far reading has come, on a terminal.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// What is over sooner needs no progress, and it is not shown more often than this.
const PAUSE: Duration = Duration::from_millis(250);

/// Counts objects that were read, on standard error.
pub struct Progress {
    shown: bool,
    last: Cell<Instant>,
    drawn: Cell<bool>,
}

impl Progress {
    /// Shows nothing where standard error is no terminal.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shown: stderr().is_terminal(),
            last: Cell::new(Instant::now()),
            drawn: Cell::new(false),
        }
    }

    /// So many objects were read.
    pub fn at(&self, objects: usize) {
        // The clock is asked seldom: there are a million objects.
        if !self.shown || !objects.is_multiple_of(512) || self.last.get().elapsed() < PAUSE {
            return;
        }
        self.last.set(Instant::now());
        self.drawn.set(true);
        let _ = write!(stderr().lock(), "\rreading: {objects} objects ");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.get() {
            let _ = write!(stderr().lock(), "\r\x1b[K");
        }
    }
}
