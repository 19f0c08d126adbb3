use std::path::Path;

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The control plane, a program or a file says why.
    #[error(transparent)]
    ControlPlane(#[from] test_support::Error),
    /// kubectl answered something that is no JSON.
    #[error("kubectl's answer cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Anything else, as a sentence that is complete.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// What could not be done with a file, to be completed by what the system says.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let complete = test_support::Error::io(action, path);
        move |source| complete(source).into()
    }
}
