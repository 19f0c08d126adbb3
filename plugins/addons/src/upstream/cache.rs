//! Answers of upstream that are kept from run to run, one file each.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// An answer as it is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<T> {
    /// What was asked.
    pub url: String,
    /// When it was answered.
    pub fetched_at: Timestamp,
    /// The host's mark of this answer.
    pub etag: Option<String>,
    /// When the host says that it last changed.
    pub last_modified: Option<String>,
    /// What is needed of the answer.
    pub body: T,
}

/// The directory; `None` keeps nothing.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    directory: Option<PathBuf>,
}

impl Cache {
    /// Keeps answers in a directory, which is made when the first one is kept.
    #[must_use]
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self { directory }
    }

    /// The user's own place for caches, by the XDG base directory specification.
    #[must_use]
    pub fn usual_directory() -> Option<PathBuf> {
        let absolute = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let caches = absolute("XDG_CACHE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
        Some(caches.join("kubectl-day2").join("addons"))
    }

    /// Reads an answer; a damaged or foreign file is none.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, url: &str) -> Option<Entry<T>> {
        let text = fs::read(self.path(url)?).ok()?;
        let entry: Entry<T> = serde_json::from_slice(&text).ok()?;
        (entry.url == url).then_some(entry)
    }

    /// Keeps an answer; a cache that can't be written is no reason to fail.
    pub fn write<T: Serialize>(&self, entry: &Entry<T>) {
        if let Some(path) = self.path(&entry.url) {
            let _ = write(&path, entry);
        }
    }

    fn path(&self, url: &str) -> Option<PathBuf> {
        let mut hasher = DefaultHasher::new();
        hasher.write(url.as_bytes());
        // The name is for people, the number for the program.
        let name: String = url
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '_'
                }
            })
            .take(100)
            .collect();
        let file = format!("{name}-{:016x}.json", hasher.finish());
        Some(self.directory.as_ref()?.join(file))
    }
}

/// Writes under another name until it is whole. What a private registry holds is nobody else's
/// business.
fn write<T: Serialize>(path: &Path, entry: &Entry<T>) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    if !directory.is_dir() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = serde_json::to_vec(entry)?;
    let written = options
        .open(&unfinished)
        .and_then(|mut file| file.write_all(&text))
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}
