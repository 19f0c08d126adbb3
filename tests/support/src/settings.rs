use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Component, ControlPlaneOptions, Error};

/// All that must be known to start and stop the parts of a control plane; kept in its directory,
/// so that another process can do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub dir: PathBuf,
    pub program: PathBuf,
    pub kubectl: PathBuf,
    pub api_server_port: u16,
    pub etcd_port: u16,
    pub options: ControlPlaneOptions,
}

impl Settings {
    /// Reads what was saved in a control plane's directory.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let path = file(dir);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::NotFound(dir.to_path_buf()));
            }
            Err(error) => return Err(Error::io("read", &path)(error)),
        };
        serde_json::from_slice(&text).map_err(|source| Error::Settings { path, source })
    }

    /// Writes them into the directory.
    pub fn save(&self) -> Result<(), Error> {
        let path = file(&self.dir);
        let text = serde_json::to_vec_pretty(self).map_err(|source| Error::Settings {
            path: path.clone(),
            source,
        })?;
        fs::write(&path, text).map_err(Error::io("write", &path))
    }

    /// A file of the control plane, as an argument.
    pub fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    pub fn server_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.api_server_port)
    }

    pub fn etcd_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.etcd_port)
    }

    pub fn log(&self, component: Component) -> PathBuf {
        self.dir.join("logs").join(format!("{component}.log"))
    }

    pub fn pid_file(&self, component: Component) -> PathBuf {
        self.dir.join("pids").join(format!("{component}.pid"))
    }
}

fn file(dir: &Path) -> PathBuf {
    dir.join("control-plane.json")
}
