use std::io::Write;
use std::process::{Command, Stdio};

use crate::Error;
use crate::settings::Settings;

/// A call of the real kubectl as the administrator of the control plane.
pub(crate) fn command(settings: &Settings) -> Command {
    let mut command = Command::new(&settings.kubectl);
    command
        .env("KUBECONFIG", settings.path("kubeconfig"))
        // Another control plane may have had the same port before.
        .env("KUBECACHEDIR", settings.path("cache"));
    command
}

/// Runs kubectl to its end and returns what it wrote to stdout.
pub(crate) fn output(settings: &Settings, args: &[&str], input: &[u8]) -> Result<String, Error> {
    let failed = Error::io("run", &settings.kubectl);
    let mut child = command(settings)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A kubectl that does not want to read more says why itself.
        let _ = stdin.write_all(input);
    }
    let output = child
        .wait_with_output()
        .map_err(Error::io("run", &settings.kubectl))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Command {
        command: format!("kubectl {}", args.join(" ")),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
