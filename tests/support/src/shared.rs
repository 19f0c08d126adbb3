use std::sync::OnceLock;

use crate::{ControlPlane, ControlPlaneOptions, Error};

/// The control plane that all tests of this process share, with the default options.
///
/// The first call starts it; it is stopped when the process ends. Each test should keep to a
/// namespace of its own, and start a control plane of its own if it stops components or nodes.
///
/// # Errors
/// Says why it could not be started, to every caller.
pub fn shared() -> Result<&'static ControlPlane, Error> {
    static SHARED: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            let options = ControlPlaneOptions::default();
            ControlPlane::start(&options).map_err(|error| error.to_string())
        })
        .as_ref()
        .map_err(|message| Error::Shared(message.clone()))
}
