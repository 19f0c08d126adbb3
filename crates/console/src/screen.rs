//! A picture of some lines on a terminal, drawn anew in its place.

use terminal_size::{Height, terminal_size};

use crate::{Failure, Output};

/// Clears from the cursor to the end of the screen.
const CLEAR: &str = "\u{1b}[J";
/// Lines that are too long are cut by the terminal instead of going on in the next one.
const CUT: &str = "\u{1b}[?7l";
const WRAP: &str = "\u{1b}[?7h";

/// The lines that were drawn last.
#[derive(Debug, Default)]
pub struct Screen {
    drawn: usize,
}

impl Screen {
    /// How many lines a picture may have without scrolling.
    #[must_use]
    pub fn height() -> usize {
        let height = terminal_size().map_or(24, |(_, Height(height))| usize::from(height));
        height.saturating_sub(1).max(1)
    }

    /// Draws lines in place of those that were drawn before; what does not fit is left out.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub fn draw(&mut self, lines: &[String], output: &mut Output) -> Result<(), Failure> {
        let text = self.frame(lines, Self::height());
        output.write_text(&text)?;
        output.flush()
    }

    fn frame(&mut self, lines: &[String], height: usize) -> String {
        // A window that became smaller has scrolled what is above it away.
        let up = match self.drawn.min(height) {
            0 => String::new(),
            lines => format!("\u{1b}[{lines}A"),
        };
        let mut text = format!("{up}\r{CLEAR}{CUT}");
        let shown = &lines[..lines.len().min(height)];
        for line in shown {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(WRAP);
        self.drawn = shown.len();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_replaces_the_one_before() {
        let mut screen = Screen::default();
        let lines = |count: usize| vec!["x".to_owned(); count];
        assert_eq!(
            screen.frame(&lines(2), 10),
            "\r\u{1b}[J\u{1b}[?7lx\nx\n\u{1b}[?7h"
        );
        assert!(screen.frame(&lines(1), 10).starts_with("\u{1b}[2A\r"));
        assert!(screen.frame(&lines(50), 5).starts_with("\u{1b}[1A\r"));
        assert!(screen.frame(&lines(1), 3).starts_with("\u{1b}[3A\r"));
    }
}
