use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};

use crate::Error;

/// A program that ends when this process has ended: by return, panic, abort or SIGKILL, which no
/// destructor survives. What lives in a static is never dropped either.
///
/// A shell between the two holds the read end of a pipe whose write end only this process has.
#[derive(Debug)]
pub struct Companion {
    shell: Child,
}

/// Runs a program until standard input ends. Ctrl-C in a terminal goes to the whole group.
const SCRIPT: &str = r#"
"$@" </dev/null &
trap '' INT TERM HUP QUIT
while read -r _; do :; done
kill -KILL $!
"#;

impl Companion {
    /// Starts a program, without input and output.
    ///
    /// # Errors
    /// When there is no shell. A program that can't be run is noticed by what it does not do.
    pub fn start<A: AsRef<OsStr>>(
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Self, Error> {
        use std::os::unix::process::CommandExt;

        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "companion", program])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(Error::io("run", "sh".as_ref()))?;
        Ok(Self { shell })
    }
}

impl Drop for Companion {
    /// Ends the program, and waits for that.
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;
    use crate::wait::eventually;

    /// Whether a `sleep` of so many seconds runs.
    fn sleeps(seconds: &str) -> bool {
        let command = format!("sleep\0{seconds}\0");
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let mut lines = processes.filter_map(|one| fs::read(one.path().join("cmdline")).ok());
        lines.any(|line| line == command.as_bytes())
    }

    #[test]
    fn it_ends_with_its_pipe() {
        let seconds = format!("86400.{}", std::process::id());
        let companion = Companion::start("sleep", [&seconds]).unwrap();
        assert!(eventually(Duration::from_secs(10), || sleeps(&seconds)));
        drop(companion);
        assert!(eventually(Duration::from_secs(10), || !sleeps(&seconds)));
    }
}
