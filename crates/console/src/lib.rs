//! All that a person or a script sees: formats, tables, colour, notes, questions, errors
//! and exit codes.
//!
//! Data goes to standard output, everything else to standard error. Nothing here decides
//! what is true of a cluster; it only shows what a report says.

mod cell;
mod columns;
mod confirm;
mod duration;
mod exit_code;
mod failure;
mod format;
mod interrupts;
mod output;
mod progress;
pub mod schema;
mod screen;
mod terminal;

pub use cell::{Cell, Tone};
pub use columns::Columns;
pub use confirm::{Consent, confirm};
pub use duration::{human, short};
pub use exit_code::ExitCode;
pub use failure::Failure;
pub use format::{OutputFlags, OutputFormat};
pub use interrupts::Interrupts;
pub use output::{Output, hint, note};
pub use progress::Progress;
pub use screen::Screen;
pub use terminal::Terminal;
