use std::path::{Path, PathBuf};

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The control plane says why.
    #[error(transparent)]
    ControlPlane(#[from] test_support::Error),
    /// Reading or writing failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, in words.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// kubectl answered something that is no JSON.
    #[error("kubectl's answer cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Anything else, as a sentence that is complete.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// A [`Failure::Io`], to be completed by what the system says.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
