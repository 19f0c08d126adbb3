//! The forms in which an answer can be had.

use clap::{Args, ValueEnum};

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum OutputFormat {
    /// A table for people
    #[default]
    Table,
    /// The table with all columns
    Wide,
    /// The report as JSON
    Json,
    /// The report as YAML
    Yaml,
    /// Just the names, one a line
    Name,
}

/// The output flags that all commands share.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputFlags {
    /// Output format
    #[arg(
        short,
        long,
        value_enum,
        default_value_t,
        hide_default_value = true,
        value_name = "FORMAT"
    )]
    pub output: OutputFormat,

    /// Leave out the table's header line
    #[arg(long)]
    pub no_headers: bool,
}
