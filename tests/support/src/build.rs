//! Builds the Go programs, when they are missing or older than their sources.

use std::env;
use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// Told in words what is being done.
pub type Progress<'a> = &'a dyn Fn(&str);

const KUBERNETES: &str = "k8s.io/kubernetes";

/// Returns the program that plays the parts of a control plane.
///
/// # Errors
/// Says what is missing or what did not compile.
pub fn control_plane(progress: Progress) -> Result<PathBuf, Error> {
    let module = Module::new()?;
    let sources = module.files(|name| !name.ends_with("_test.go"))?;
    module.build("control-plane", ".", &sources, progress)
}

/// Returns the real kubectl, of the control plane's version.
///
/// # Errors
/// Says what is missing or what did not compile.
pub fn kubectl(progress: Progress) -> Result<PathBuf, Error> {
    let module = Module::new()?;
    let sources = module.files(|name| matches!(name, "go.mod" | "go.sum"))?;
    module.build(
        "kubectl",
        "k8s.io/kubernetes/cmd/kubectl",
        &sources,
        progress,
    )
}

/// The Go module in tests/control-plane.
struct Module {
    dir: PathBuf,
    cache: PathBuf,
    go_version: String,
}

impl Module {
    fn new() -> Result<Self, Error> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let tests = tests.canonicalize().map_err(Error::io("find", &tests))?;
        let cache = target()?.join("control-plane");
        fs::create_dir_all(&cache).map_err(Error::io("create", &cache))?;
        let dir = tests.join("control-plane");
        Ok(Self {
            cache: cache.canonicalize().map_err(Error::io("find", &cache))?,
            go_version: run(go(&dir).arg("version"), "go version")?,
            dir,
        })
    }

    /// The module's files that the program is made of, in a fixed order.
    fn files(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, Error> {
        let failed = || Error::io("read", &self.dir);
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(failed())? {
            let path = entry.map_err(failed())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_source = [".go", ".mod", ".sum", ".yaml"]
                .iter()
                .any(|end| name.ends_with(end));
            if is_source && wanted(&name) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    fn build(
        &self,
        name: &str,
        package: &str,
        sources: &[PathBuf],
        progress: Progress,
    ) -> Result<PathBuf, Error> {
        let flags = linker_flags(&kubernetes_version(&self.dir.join("go.mod"))?);
        let key = content_hash(sources, &[&self.go_version, &flags])?;
        let program = self.cache.join(format!("{key:016x}")).join(name);
        if program.exists() {
            return Ok(program);
        }
        let _lock = lock(&self.cache.join("lock"), progress)?;
        if program.exists() {
            return Ok(program);
        }
        progress(&format!(
            "building {name} (the first time takes several minutes)"
        ));
        // Under another name until it is whole.
        let unfinished = program.with_extension("unfinished");
        run(
            go(&self.dir)
                .args(["build", "-trimpath", "-ldflags", &flags, "-o"])
                .arg(&unfinished)
                .arg(package),
            "go build",
        )?;
        fs::rename(&unfinished, &program).map_err(Error::io("write", &program))?;
        Ok(program)
    }
}

/// Cargo's target directory, where what was built is kept.
pub(crate) fn target() -> Result<PathBuf, Error> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let target = env::var_os("CARGO_TARGET_DIR").map_or(ours, PathBuf::from);
    fs::create_dir_all(&target).map_err(Error::io("create", &target))?;
    target.canonicalize().map_err(Error::io("find", &target))
}

pub(crate) fn go(dir: &Path) -> Command {
    let mut command = Command::new("go");
    command.current_dir(dir);
    command
}

pub(crate) fn run(command: &mut Command, name: &str) -> Result<String, Error> {
    let output = command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::Missing {
            program: "go",
            hint: "install Go 1.26 or newer, of which the test control plane is built",
        },
        _ => Error::io("run", "go".as_ref())(error),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Command {
        command: name.into(),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Small binaries that know their version; without it clients cannot read the server's.
fn linker_flags(version: &str) -> String {
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or("0"), numbers.next().unwrap_or("0"));
    let mut flags = String::from("-s -w");
    for package in [
        "k8s.io/component-base/version",
        "k8s.io/client-go/pkg/version",
    ] {
        for (name, value) in [
            ("gitVersion", version),
            ("gitMajor", major),
            ("gitMinor", minor),
        ] {
            flags.extend([" -X ", package, ".", name, "=", value]);
        }
    }
    flags
}

/// The version of Kubernetes that go.mod requires.
fn kubernetes_version(go_mod: &Path) -> Result<String, Error> {
    let text = fs::read_to_string(go_mod).map_err(Error::io("read", go_mod))?;
    required_version(&text, KUBERNETES)
        .map(str::to_owned)
        .ok_or_else(|| Error::Module {
            module: KUBERNETES,
            file: go_mod.to_path_buf(),
        })
}

fn required_version<'a>(go_mod: &'a str, module: &str) -> Option<&'a str> {
    go_mod.lines().find_map(|line| {
        let line = line.trim().trim_start_matches("require ");
        let version = line.strip_prefix(module)?.strip_prefix(' ')?;
        version
            .starts_with('v')
            .then(|| version.split(' ').next())?
    })
}

/// A number that changes with the name or the content of any file, or with any of the words.
fn content_hash(files: &[PathBuf], words: &[&str]) -> Result<u64, Error> {
    let mut hasher = DefaultHasher::new();
    let mut add = |part: &[u8]| {
        hasher.write_usize(part.len());
        hasher.write(part);
    };
    for word in words {
        add(word.as_bytes());
    }
    for file in files {
        add(file.file_name().unwrap_or_default().as_encoded_bytes());
        add(&fs::read(file).map_err(Error::io("read", file))?);
    }
    Ok(hasher.finish())
}

/// Waits for its turn, so that two processes do not build the same at once.
pub(crate) fn lock(path: &Path, progress: Progress) -> Result<File, Error> {
    let failed = || Error::io("lock", path);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(failed())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress("waiting for another process that builds");
            file.lock().map_err(failed())?;
        }
        Err(TryLockError::Error(error)) => return Err(failed()(error)),
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_required_version() {
        let go_mod = "module x\n\nrequire (\n\tk8s.io/kubernetes v1.36.3\n\tk8s.io/api v0.36.3 // indirect\n)\n\nreplace (\n\tk8s.io/api => k8s.io/api v0.36.4\n)\n";
        assert_eq!(
            required_version(go_mod, "k8s.io/kubernetes"),
            Some("v1.36.3")
        );
        assert_eq!(required_version(go_mod, "k8s.io/api"), Some("v0.36.3"));
        assert_eq!(required_version(go_mod, "k8s.io/client-go"), None);
        assert_eq!(
            required_version("require a.b/c v1.0.0\n", "a.b/c"),
            Some("v1.0.0")
        );
    }

    #[test]
    fn a_child_does_not_hold_the_lock_for_longer() {
        let path = env::temp_dir().join(format!("day2-lock-{}", std::process::id()));
        let held = lock(&path, &|_| {}).unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        drop(held);
        let again = File::options().write(true).open(&path).unwrap();
        assert!(again.try_lock().is_ok(), "the child has the lock");
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_hash_follows_names_contents_and_words() {
        let dir = env::temp_dir().join(format!("day2-content-hash-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (one, two) = (dir.join("one"), dir.join("two"));
        fs::write(&one, "text").unwrap();
        fs::write(&two, "text").unwrap();
        let hash =
            |file: &PathBuf, word| content_hash(std::slice::from_ref(file), &[word]).unwrap();

        let before = hash(&one, "go1.26");
        assert_eq!(hash(&one, "go1.26"), before);
        assert_ne!(hash(&one, "go1.27"), before);
        assert_ne!(hash(&two, "go1.26"), before);
        fs::write(&one, "other text").unwrap();
        assert_ne!(hash(&one, "go1.26"), before);

        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn the_linker_is_told_the_version() {
        let flags = linker_flags("v1.36.3");
        assert!(flags.contains("-X k8s.io/component-base/version.gitVersion=v1.36.3"));
        assert!(flags.contains("-X k8s.io/client-go/pkg/version.gitMinor=36"));
    }
}
