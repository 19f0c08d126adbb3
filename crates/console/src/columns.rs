//! A table whose rows are not all known yet: its columns only ever grow.

use std::fmt::Write;

use crate::Cell;
use crate::table::colour_of;

/// The widths of the columns so far.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    widths: Vec<usize>,
}

impl Columns {
    /// Makes the columns wide enough for a row that is to come.
    pub fn fit(&mut self, cells: &[Cell]) {
        self.widths.resize(self.widths.len().max(cells.len()), 0);
        for (width, cell) in self.widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.text.chars().count());
        }
    }

    /// A row as a line without its end; the last cell is not padded.
    pub fn line(&mut self, cells: &[Cell], colour: bool) -> String {
        self.fit(cells);
        let mut line = String::new();
        for (index, (width, cell)) in self.widths.iter().zip(cells).enumerate() {
            if index > 0 {
                line.push_str("   ");
            }
            let (before, after) = match colour_of(cell.tone).filter(|_| colour) {
                Some(colour) => (
                    colour.get_prefix().to_owned(),
                    colour.get_suffix().to_owned(),
                ),
                None => (String::new(), String::new()),
            };
            let padding = width - cell.text.chars().count();
            let _ = write!(line, "{before}{}{after}{:padding$}", cell.text, "");
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tone;

    #[test]
    fn columns_keep_their_widths_and_grow() {
        let mut columns = Columns::default();
        columns.fit(&[Cell::from("kube-scheduler"), Cell::from("held")]);
        let row = |name: &str, state: &str| [Cell::from(name), Cell::from(state)];
        assert_eq!(
            columns.line(&row("a", "held"), false),
            "a                held"
        );
        assert_eq!(
            columns.line(&row("a-name-that-is-longer", "held"), false),
            "a-name-that-is-longer   held"
        );
        assert_eq!(columns.line(&row("a", ""), false), "a");
    }

    #[test]
    fn colour_does_not_count_as_width() {
        let mut columns = Columns::default();
        let line = columns.line(&[Cell::toned("held", Tone::Good), Cell::from("x")], true);
        assert_eq!(line, "\u{1b}[32mheld\u{1b}[39m   x");
    }
}
