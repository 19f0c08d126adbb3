//! Tables in kubectl's style: upper-case headers, columns padded with three spaces, no borders.
//!
//! Only the widths are kept, never the rows: a list of 15,000 rows is printed without being held
//! as text, and the rows of a watch may still be to come.

use std::fmt::Write;

use crate::Cell;

/// The widths of the columns so far; they only ever grow.
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
            let padding = width - cell.text.chars().count();
            let style = cell.tone.style();
            // Writing to a string can't fail.
            let _ = if colour {
                write!(line, "{style}{}{style:#}{:padding$}", cell.text, "")
            } else {
                write!(line, "{}{:padding$}", cell.text, "")
            };
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
        for (name, state, expected) in [
            ("a", "held", "a                held"),
            ("one-that-is-longer", "held", "one-that-is-longer   held"),
            ("a", "held", "a                    held"),
            ("a", "", "a"),
        ] {
            assert_eq!(columns.line(&row(name, state), false), expected);
        }
    }

    #[test]
    fn colour_does_not_count_as_width() {
        let mut columns = Columns::default();
        columns.fit(&[Cell::from("expired")]);
        let line = columns.line(&[Cell::toned("held", Tone::Good), Cell::from("x")], true);
        assert_eq!(line, "\u{1b}[32mheld\u{1b}[0m      x");
    }
}
