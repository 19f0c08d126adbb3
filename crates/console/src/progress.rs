//! Lines at the bottom of a terminal that change while a command works.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// How often the sign of life moves.
const TICK: Duration = Duration::from_millis(120);

/// Lines that are drawn anew on standard error; only a terminal has them.
pub struct Progress {
    all: MultiProgress,
    lines: Vec<ProgressBar>,
}

impl Progress {
    /// `None` where standard error is no terminal.
    #[must_use]
    pub fn on_terminal() -> Option<Self> {
        stderr().is_terminal().then(|| Self {
            all: MultiProgress::new(),
            lines: Vec::new(),
        })
    }

    /// Shows these lines instead of the ones before, each cut at the terminal's width.
    pub fn show(&mut self, lines: &[String]) {
        while self.lines.len() > lines.len() {
            if let Some(line) = self.lines.pop() {
                line.finish_and_clear();
                self.all.remove(&line);
            }
        }
        while self.lines.len() < lines.len() {
            let first = self.lines.is_empty();
            let line = self.all.add(ProgressBar::new_spinner());
            let template = if first {
                "{spinner} {wide_msg}"
            } else {
                "  {wide_msg}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                line.set_style(style);
            }
            if first {
                line.enable_steady_tick(TICK);
            }
            self.lines.push(line);
        }
        for (line, text) in self.lines.iter().zip(lines) {
            if line.message() != *text {
                line.set_message(text.clone());
            }
        }
    }

    /// Does something that writes to the terminal, with the lines out of its way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }

    /// Takes all lines away.
    pub fn clear(&mut self) {
        self.show(&[]);
        // What was removed is gone only when it has been drawn.
        let _ = self.all.clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
