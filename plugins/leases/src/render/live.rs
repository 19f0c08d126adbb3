//! A watch as a picture on a terminal that is drawn anew in its place.

use std::collections::VecDeque;

use console::{Cell, Columns, Failure, Output, Screen, Tone};

use super::View;
use super::summary::{headers, row};
use crate::report::summary::SummaryItem;

/// How many of the latest lines stand under the table.
const LATEST: usize = 8;

/// The picture.
#[derive(Debug, Default)]
pub struct Live {
    screen: Screen,
    latest: VecDeque<String>,
}

impl Live {
    /// Adds a line to the latest ones.
    pub fn tell(&mut self, line: String) {
        if self.latest.len() == LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(line);
    }

    /// Draws it all anew.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub fn draw(
        &mut self,
        items: &[SummaryItem],
        view: View,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let below = if self.latest.is_empty() {
            0
        } else {
            self.latest.len() + 1
        };
        // The header, and a line that says how many did not fit.
        let room = Screen::height().saturating_sub(below + 2).max(1);
        let mut columns = Columns::default();
        let head: Vec<Cell> = headers(view, true).into_iter().map(Cell::from).collect();
        columns.fit(&head);
        let rows: Vec<Vec<Cell>> = items
            .iter()
            .take(room)
            .map(|item| row(item, view, true))
            .collect();
        for row in &rows {
            columns.fit(row);
        }
        let mut lines = vec![output.text(&mut columns, &head)];
        lines.extend(rows.iter().map(|row| output.text(&mut columns, row)));
        if items.len() > room {
            let more = Cell::toned(format!("… and {} more", items.len() - room), Tone::Faint);
            lines.push(output.text(&mut Columns::default(), &[more]));
        }
        if !self.latest.is_empty() {
            lines.push(String::new());
            lines.extend(self.latest.iter().cloned());
        }
        self.screen.draw(&lines, output)
    }
}
