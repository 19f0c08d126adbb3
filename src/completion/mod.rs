//! `kubectl leases <Tab>`: kubectl asks `kubectl_complete-leases` what could come next.
//!
//! The protocol is that of kubernetes/kubectl `pkg/cmd/plugin/plugin_completion.go`: the words after
//! the plugin's name come as arguments, the last of them is the one to complete. The answer has one
//! choice a line with a tab before its description, and ends in a line `:N` of spf13/cobra's
//! `ShellCompDirective`.

mod live;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::{ArgMatches, Command, FromArgMatches};
use clap_complete::engine::{CompletionCandidate, complete};
use cluster::ConnectionFlags;

/// What a completer's file name starts with; the rest is the plugin's name.
const PREFIX: &str = "kubectl_complete-";
/// cobra's `ShellCompDirectiveNoSpace`: the word goes on.
const NO_SPACE: u8 = 2;
/// cobra's `ShellCompDirectiveNoFileComp`: files would be wrong here.
const NO_FILES: u8 = 4;

/// The plugin whose completer was called, by the name it was called by; `day2` is the umbrella.
#[must_use]
pub fn plugin_called(program: &OsString) -> Option<String> {
    let file = Path::new(program).file_name()?.to_string_lossy();
    let file = file.strip_suffix(".exe").unwrap_or(&file);
    Some(file.strip_prefix(PREFIX)?.replace('_', "-"))
}

/// Prints what could stand in the place of the last word.
///
/// # Errors
/// When standard output can't be written; nothing else is worth a disturbance of the prompt.
pub fn answer(umbrella: &Command, plugin: &str, words: &[OsString]) -> io::Result<()> {
    let command = if plugin == "day2" {
        Some(umbrella.clone())
    } else {
        umbrella.find_subcommand(plugin).cloned()
    };
    let choices = command.map_or_else(Vec::new, |command| choices(command, words));
    let mut stdout = io::stdout().lock();
    stdout.write_all(lines(&choices).as_bytes())
}

fn choices(command: Command, words: &[OsString]) -> Vec<CompletionCandidate> {
    let mut words = words.to_vec();
    if words.is_empty() {
        words.push(OsString::new());
    }
    let last = words.len() - 1;
    let before = command
        .clone()
        .ignore_errors(true)
        .no_binary_name(true)
        .try_get_matches_from(&words[..last]);
    let connection = before.map_or_else(|_| ConnectionFlags::default(), |m| connection(&m));
    let wants_flag = words[last].to_string_lossy().starts_with('-');
    let mut command = live::with_live_values(command, &connection).no_binary_name(true);
    let current = std::env::current_dir().ok();
    let found = complete(&mut command, words, last, current.as_deref()).unwrap_or_default();
    // As in kubectl, flags are offered to those who have typed a dash.
    found
        .into_iter()
        .filter(|choice| wants_flag || !choice.get_value().to_string_lossy().starts_with('-'))
        .collect()
}

/// The connection flags of the command that was typed, or of its innermost subcommand that has any.
fn connection(matches: &ArgMatches) -> ConnectionFlags {
    let mut found = ConnectionFlags::default();
    let mut typed = Some(matches);
    while let Some(matches) = typed {
        let has_flags = matches.try_contains_id("kubeconfig").is_ok();
        if has_flags && let Ok(flags) = ConnectionFlags::from_arg_matches(matches) {
            found = flags;
        }
        typed = matches.subcommand().map(|(_, inner)| inner);
    }
    found
}

fn lines(choices: &[CompletionCandidate]) -> String {
    let mut text = String::new();
    let mut directive = NO_FILES;
    for choice in choices {
        let value = choice.get_value().to_string_lossy();
        if value.ends_with(['/', '=', '.']) {
            directive |= NO_SPACE;
        }
        text += &value;
        let help = choice.get_help().map(ToString::to_string);
        if let Some(line) = help.as_deref().and_then(|help| help.lines().next()) {
            text += "\t";
            text += line;
        }
        text += "\n";
    }
    text + ":" + &directive.to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use clap::{Args, ValueHint};

    use super::*;

    fn command() -> Command {
        let command = Command::new("leases")
            .arg(
                clap::Arg::new("file")
                    .long("snapshot")
                    .value_hint(ValueHint::FilePath),
            )
            .arg(
                clap::Arg::new("output")
                    .short('o')
                    .long("output")
                    .help("How to print\nmore of it")
                    .value_parser(["wide", "json"]),
            )
            .subcommand(Command::new("check").about("Check them"));
        ConnectionFlags::augment_args(command)
    }

    fn asked(words: &[&str]) -> String {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        lines(&choices(command(), &words))
    }

    #[test]
    fn the_file_name_says_whose_completer_it_is() {
        for (program, expected) in [
            ("kubectl_complete-leases", Some("leases")),
            ("/opt/bin/kubectl_complete-drain_node", Some("drain-node")),
            ("kubectl_complete-day2.exe", Some("day2")),
            ("kubectl-leases", None),
            ("kubectl-day2", None),
        ] {
            assert_eq!(
                plugin_called(&program.into()).as_deref(),
                expected,
                "{program}"
            );
        }
    }

    #[test]
    fn flags_come_with_their_first_line_and_only_after_a_dash() {
        assert_eq!(asked(&["--outp"]), "--output\tHow to print\n:4\n");
        assert_eq!(
            asked(&[""]),
            "check\tCheck them\nhelp\tPrint this message or the help of the given subcommand(s)\n:4\n"
        );
        assert!(asked(&["-"]).contains("--kubeconfig\t"));
    }

    #[test]
    fn values_are_offered_after_their_flag() {
        for words in [&["-o", ""][..], &["--output", ""], &["-n", "x", "-o", ""]] {
            assert_eq!(asked(words), "wide\njson\n:4\n", "{words:?}");
        }
        assert_eq!(asked(&["--output=j"]), "--output=json\n:4\n");
        assert_eq!(asked(&["check", "--nonsense", ""]), ":4\n");
    }

    #[test]
    fn a_directory_is_not_the_end_of_the_word() {
        assert!(asked(&["--snapshot", "sr"]).contains("src/"));
        assert!(asked(&["--snapshot", "sr"]).ends_with(":6\n"));
    }
}
