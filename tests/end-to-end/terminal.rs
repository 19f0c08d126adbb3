//! Commands in a terminal: `script` (util-linux) gives them one; a test types and looks.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What Ctrl-C sends.
pub const CTRL_C: &str = "\u{3}";
/// What Enter sends.
pub const ENTER: &str = "\r";

const ROWS: usize = 40;
const COLUMNS: usize = 200;
const PATIENCE: Duration = Duration::from_secs(90);

/// A command in a terminal of its own.
pub struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    output: Receiver<Vec<u8>>,
    seen: Vec<u8>,
}

impl Terminal {
    /// Runs a command; `redirections` are a shell's, as `>file`.
    pub fn start(command: &Command, redirections: &str) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<String> = words
            .map(|word| format!("'{}'", word.to_str().unwrap()))
            .collect();
        let line = format!(
            "stty rows {ROWS} cols {COLUMNS}; exec {} {redirections}",
            words.join(" ")
        );
        let mut script = Command::new("script");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        let mut child = script
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .args(["--quiet", "--return", "--flush", "--command", &line])
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keyboard = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            output,
            seen: Vec::new(),
        }
    }

    /// Waits until the terminal was sent these words.
    #[track_caller]
    pub fn wait_for(&mut self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.seen().contains(words) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(error) => panic!("no {words:?} ({error}) in:\n{}", self.seen()),
            }
        }
    }

    /// Types, as somebody who has read what is there: a question is printed a moment before its
    /// command listens for single keys.
    pub fn types(&mut self, keys: &str) {
        thread::sleep(Duration::from_millis(500));
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// All that the terminal was sent.
    pub fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// The lines that one sees now.
    pub fn picture(&mut self) -> Vec<String> {
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(300)) {
            self.seen.extend(bytes);
        }
        picture(&self.seen())
    }

    /// Waits for the command's end: its exit code, and the lines that one sees then.
    #[track_caller]
    pub fn end(mut self) -> (i32, Vec<String>) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("no end ({error}) after:\n{}", self.seen()),
            }
        }
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, picture(&self.seen()))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a terminal that does not scroll makes of what it is sent.
fn picture(sent: &str) -> Vec<String> {
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column, mut wraps) = (0_usize, 0_usize, true);
    let mut characters = sent.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' => row += 1,
            '\r' => column = 0,
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                let mut parameters = String::new();
                let end = loop {
                    match characters.next() {
                        Some(character @ ('0'..='9' | ';' | '?')) => parameters.push(character),
                        other => break other,
                    }
                };
                let number = parameters.parse().unwrap_or(1);
                match end {
                    Some('A') => row = row.saturating_sub(number),
                    Some('B') => row += number,
                    Some('G') => column = number.saturating_sub(1),
                    Some('h') if parameters == "?7" => wraps = true,
                    Some('l') if parameters == "?7" => wraps = false,
                    Some('J') => {
                        lines.truncate(row + 1);
                        if let Some(line) = lines.get_mut(row) {
                            line.truncate(column);
                        }
                    }
                    Some('K') => {
                        if let Some(line) = lines.get_mut(row) {
                            line.truncate(if parameters == "2" { 0 } else { column });
                        }
                    }
                    _ => {}
                }
            }
            character if character.is_control() => {}
            character => {
                if column >= COLUMNS && wraps {
                    (row, column) = (row + 1, 0);
                } else if column >= COLUMNS {
                    column = COLUMNS - 1;
                }
                if lines.len() <= row {
                    lines.resize(row + 1, Vec::new());
                }
                let line = &mut lines[row];
                if line.len() <= column {
                    line.resize(column + 1, ' ');
                }
                line[column] = character;
                column += 1;
            }
        }
    }
    let lines = lines.into_iter().map(String::from_iter);
    lines.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn what_is_drawn_again_is_seen_once() {
    assert_eq!(picture("one\r\ntwo\r\n"), ["one", "two"]);
    assert_eq!(picture("one\r\ntwo\r\n\u{1b}[2A\r\u{1b}[Jnew\r\n"), ["new"]);
    assert_eq!(
        picture("\u{1b}[32mone\u{1b}[0m\rO\u{1b}[?7l\u{1b}[K"),
        ["O"]
    );
    let full = "x".repeat(COLUMNS);
    assert_eq!(picture(&format!("{full}y")), [full.as_str(), "y"]);
}
