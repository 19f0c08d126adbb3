//! The processes of a control plane: found by their PID files, known by their command lines.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, kill_process};

use crate::settings::Settings;
use crate::wait::eventually;
use crate::{Component, Error};

/// How to stop a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: it may release its Lease and say goodbye.
    Terminate,
    /// SIGKILL: it is gone without a word, as after a power failure.
    Kill,
}

/// How long a process may take to end by itself.
const GRACE: Duration = Duration::from_secs(10);

/// How long the system may take to end a killed process.
const KILL: Duration = Duration::from_secs(10);

/// Starts a component, with its output in its log and its PID in its PID file.
///
/// It gets a process group of its own, so that Ctrl-C in a terminal does not reach it.
pub(crate) fn spawn(settings: &Settings, component: Component) -> Result<Child, Error> {
    use std::os::unix::process::CommandExt;

    let log_path = settings.log(component);
    let log = File::options()
        .create(true)
        .append(true)
        .open(&log_path)
        .map_err(Error::io("write", &log_path))?;
    let second = log.try_clone().map_err(Error::io("write", &log_path))?;
    let child = Command::new(&settings.program)
        .arg(component.role())
        .args(component.arguments(settings))
        // The times in the logs are to be read by programs.
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(second)
        .process_group(0)
        .spawn()
        .map_err(Error::io("run", &settings.program))?;
    let pid_file = settings.pid_file(component);
    fs::write(&pid_file, format!("{}\n", child.id())).map_err(Error::io("write", &pid_file))?;
    Ok(child)
}

/// The PID of a component that runs.
pub(crate) fn running(settings: &Settings, component: Component) -> Option<u32> {
    let pid = fs::read_to_string(settings.pid_file(component)).ok()?;
    let pid = pid.trim().parse().ok()?;
    is_alive(settings, component, pid).then_some(pid)
}

/// Sends a signal to a component, if it runs; then waits until it has ended.
pub(crate) fn stop(settings: &Settings, component: Component, signal: Signal) -> Result<(), Error> {
    let Some(pid) = running(settings, component) else {
        return Ok(());
    };
    send(pid, signal);
    wait_for_end(settings, component, pid, signal)
}

/// Sends a component that runs to sleep, or wakes it; as after a virtual machine was paused.
pub(crate) fn set_frozen(settings: &Settings, component: Component, frozen: bool) {
    let signal = if frozen {
        rustix::process::Signal::STOP
    } else {
        rustix::process::Signal::CONT
    };
    let pid = running(settings, component).and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// Stops all components, the database last: without it the API server cannot end in peace.
pub(crate) fn stop_all(settings: &Settings, signal: Signal) -> Result<(), Error> {
    let (last, first): (Vec<_>, Vec<_>) = Component::all(&settings.options)
        .into_iter()
        .partition(|component| *component == Component::Etcd);
    stop_together(settings, &first, signal)?;
    stop_together(settings, &last, signal)
}

/// Stops some components: the signal goes to all of them first, so that they end side by side.
fn stop_together(
    settings: &Settings,
    components: &[Component],
    signal: Signal,
) -> Result<(), Error> {
    let running: Vec<_> = components
        .iter()
        .filter_map(|component| Some((*component, running(settings, *component)?)))
        .collect();
    for (_, pid) in &running {
        send(*pid, signal);
    }
    for (component, pid) in running {
        wait_for_end(settings, component, pid, signal)?;
    }
    Ok(())
}

fn wait_for_end(
    settings: &Settings,
    component: Component,
    pid: u32,
    signal: Signal,
) -> Result<(), Error> {
    let ended = || !is_alive(settings, component, pid);
    let mut gone = signal == Signal::Terminate && eventually(GRACE, ended);
    if !gone {
        send(pid, Signal::Kill);
        gone = eventually(KILL, ended);
    }
    if !gone {
        return Err(Error::Unstoppable { component, pid });
    }
    let pid_file = settings.pid_file(component);
    fs::remove_file(&pid_file).map_err(Error::io("remove", &pid_file))
}

/// Sends the signal; a process that has just ended needs none, so a refusal is no error.
fn send(pid: u32, signal: Signal) {
    let signal = match signal {
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
    };
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// Whether the process is still this component: its PID may have gone to another since.
fn is_alive(settings: &Settings, component: Component, pid: u32) -> bool {
    // A process that ended but was not waited for has an empty command line.
    fs::read(format!("/proc/{pid}/cmdline"))
        .is_ok_and(|command| is_ours(&command, component.role(), &settings.dir))
}

fn is_ours(command_line: &[u8], role: &str, dir: &Path) -> bool {
    let in_dir = format!("={}/", dir.display());
    let mut has_role = false;
    let mut has_dir = false;
    for argument in command_line.split(|byte| *byte == 0) {
        let argument = String::from_utf8_lossy(argument);
        has_role |= argument == role;
        has_dir |= argument.starts_with("--") && argument.contains(&in_dir);
    }
    has_role && has_dir
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(command: &str) -> bool {
        let command = command.replace(' ', "\0");
        is_ours(command.as_bytes(), "etcd", Path::new("/tmp/plane"))
    }

    #[test]
    fn knows_its_own_processes() {
        assert!(ours(
            "/x/control-plane etcd --data-dir=/tmp/plane/etcd --name=day2"
        ));
        assert!(ours(
            "unshare --user /x/control-plane etcd --data-dir=/tmp/plane/etcd"
        ));
    }

    #[test]
    fn leaves_other_processes_alone() {
        for command in [
            "",
            "/x/control-plane etcd --data-dir=/tmp/plane2/etcd",
            "/x/control-plane apiserver --tls-cert-file=/tmp/plane/pki/apiserver.crt",
            "tail -f /tmp/plane/etcd",
            "vim etcd /tmp/plane/",
        ] {
            assert!(!ours(command), "{command}");
        }
    }
}
