//! Tables in kubectl's style: upper-case headers, columns padded with three spaces, no borders.

use tabled::builder::Builder;
use tabled::settings::object::Cell as Position;
use tabled::settings::{Color, Padding, Style};

/// What a cell's value means to the reader; shown as colour, and never by colour alone.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Tone {
    /// Nothing to say.
    #[default]
    Plain,
    /// All is well.
    Good,
    /// Worth a look.
    Warning,
    /// Bad news.
    Bad,
    /// Not known, or of little interest.
    Faint,
}

/// One value of a table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cell {
    /// What is printed.
    pub text: String,
    /// What it means.
    pub tone: Tone,
}

impl Cell {
    /// A cell with a tone.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// A table that is built row by row and rendered once, when all widths are known.
#[derive(Debug, Default)]
pub struct Table {
    builder: Builder,
    tones: Vec<(usize, usize, Tone)>,
}

impl Table {
    /// A table with a header line, unless `headers` is empty.
    pub fn new<'a>(headers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut table = Self::default();
        let headers: Vec<String> = headers.into_iter().map(str::to_owned).collect();
        if !headers.is_empty() {
            table.builder.push_record(headers);
        }
        table
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let row = self.builder.count_records();
        let mut texts = Vec::new();
        for (column, cell) in cells.into_iter().enumerate() {
            if cell.tone != Tone::Plain {
                self.tones.push((row, column, cell.tone));
            }
            texts.push(cell.text);
        }
        self.builder.push_record(texts);
    }

    /// The table as text, each line ended by a line feed.
    #[must_use]
    pub fn render(self, colour: bool) -> String {
        if self.builder.count_records() == 0 {
            return String::new();
        }
        let mut table = self.builder.build();
        table.with(Style::empty()).with(Padding::new(0, 3, 0, 0));
        if colour {
            for (row, column, tone) in self.tones {
                if let Some(colour) = colour_of(tone) {
                    table.modify(Position::new(row, column), colour);
                }
            }
        }
        let mut text = table.to_string();
        text.push('\n');
        text
    }
}

pub(crate) fn colour_of(tone: Tone) -> Option<Color> {
    match tone {
        Tone::Plain => None,
        Tone::Good => Some(Color::FG_GREEN),
        Tone::Warning => Some(Color::FG_YELLOW),
        Tone::Bad => Some(Color::FG_RED),
        Tone::Faint => Some(Color::FG_BRIGHT_BLACK),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["NAME", "STATE"]);
        table.row([
            Cell::from("kube-scheduler"),
            Cell::toned("held", Tone::Good),
        ]);
        table
    }

    #[test]
    fn columns_are_aligned_with_three_spaces_between() {
        assert_eq!(
            table().render(false),
            "NAME             STATE   \nkube-scheduler   held    \n"
        );
    }

    #[test]
    fn colour_does_not_change_the_widths() {
        assert_eq!(
            table().render(true),
            "NAME             STATE   \nkube-scheduler   \u{1b}[32mheld\u{1b}[39m    \n"
        );
    }

    #[test]
    fn without_rows_nothing_is_printed() {
        assert_eq!(Table::new([]).render(false), "");
    }
}
