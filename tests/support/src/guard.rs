use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::Error;
use crate::settings::Settings;

/// A small process that kills the control plane when this process has ended: by return, panic,
/// abort or SIGKILL, which no destructor survives.
///
/// It holds the read end of a pipe whose write end only this process has.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Child,
}

impl Guard {
    /// Starts watching; `remove` says whether the directory goes too.
    pub fn start(settings: &Settings, remove: bool) -> Result<Self, Error> {
        let shell = Command::new("sh")
            .args(["-c", include_str!("guard.sh"), "guard"])
            .arg(&settings.dir)
            .arg(&settings.program)
            .arg(if remove { "REMOVE" } else { "KEEP" })
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal goes to the whole group of the foreground process.
            .process_group(0)
            .spawn()
            .map_err(Error::io("run", "sh".as_ref()))?;
        Ok(Self { shell })
    }
}

impl Drop for Guard {
    /// Lets the guard do its work, and waits for it.
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
