//! Where the answer goes, and where remarks go.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::{Cell, Columns, Failure, Terminal};

/// Standard output, buffered; a reader that went away ends it quietly.
pub struct Output {
    stream: BufWriter<io::Stdout>,
    terminal: Terminal,
    closed: bool,
}

impl Output {
    /// Takes standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self {
            stream: BufWriter::with_capacity(32 * 1024, io::stdout()),
            terminal: Terminal::of_stdout(),
            closed: false,
        }
    }

    /// Whether the reader has closed the pipe; nothing more needs to be written then.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes a table; the rows are made twice, once for their widths, and never held.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub fn table<T>(
        &mut self,
        headers: &[&str],
        items: &[T],
        row: impl Fn(&T) -> Vec<Cell>,
    ) -> Result<(), Failure> {
        let headers: Vec<Cell> = headers.iter().map(|&header| Cell::from(header)).collect();
        let mut columns = Columns::default();
        columns.fit(&headers);
        for item in items {
            columns.fit(&row(item));
        }
        if !headers.is_empty() {
            self.row(&mut columns, &headers)?;
        }
        for item in items {
            self.row(&mut columns, &row(item))?;
            if self.closed {
                break;
            }
        }
        Ok(())
    }

    /// Writes one line of a table that grows, coloured where the terminal allows it.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub fn row(&mut self, columns: &mut Columns, cells: &[Cell]) -> Result<(), Failure> {
        let line = self.text(columns, cells);
        self.line(&line)
    }

    /// A row as a line without its end, coloured where the terminal allows it.
    #[must_use]
    pub fn text(&self, columns: &mut Columns, cells: &[Cell]) -> String {
        columns.line(cells, self.terminal.colour)
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub(crate) fn write_text(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.write(line.as_bytes())?;
        self.write(b"\n")
    }

    /// Writes a report as indented JSON.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub fn json(&mut self, report: &impl Serialize) -> Result<(), Failure> {
        let result =
            serde_json::to_writer_pretty(&mut self.stream, report).map_err(io::Error::from);
        self.checked(result)?;
        self.write(b"\n")
    }

    /// Writes a report as JSON on one line.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub fn json_line(&mut self, report: &impl Serialize) -> Result<(), Failure> {
        let result = serde_json::to_writer(&mut self.stream, report).map_err(io::Error::from);
        self.checked(result)?;
        self.write(b"\n")
    }

    /// Writes a report as YAML.
    ///
    /// # Errors
    /// When the stream can't be written or the report has no YAML form.
    pub fn yaml(&mut self, report: &impl Serialize) -> Result<(), Failure> {
        let text = serde_saphyr::to_string(report).map_err(|error| {
            Failure::new(format!("the report can't be written as YAML: {error}"))
        })?;
        self.write(text.as_bytes())
    }

    /// Hands everything written so far to the reader.
    ///
    /// # Errors
    /// When the stream can't be written.
    pub fn flush(&mut self) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let result = self.stream.flush();
        self.checked(result)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let result = self.stream.write_all(bytes);
        self.checked(result)
    }

    fn checked(&mut self, result: io::Result<()>) -> Result<(), Failure> {
        match result {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(Failure::new(format!(
                "standard output can't be written: {error}"
            ))),
        }
    }
}

/// Prints a remark on standard error; a remark that can't be printed is no reason to fail.
pub fn note(remark: &str) {
    let _ = writeln!(io::stderr().lock(), "note: {remark}");
}

/// Prints the way out of something on standard error.
pub fn hint(hint: &str) {
    let _ = writeln!(io::stderr().lock(), "hint: {hint}");
}
