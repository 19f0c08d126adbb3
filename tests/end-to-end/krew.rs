//! Installed by the real krew, as a user would, without a network.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use test_support::tools::{KREW, VALIDATE_KREW_MANIFEST};

use crate::plugin::{BINARY, Said, plane, scratch};

const PLUGINS: [&str; 5] = ["leases", "addons", "drain-node", "autoscale-sim", "day2"];

/// What `cargo xtask dist` makes of the binary under test.
fn dist() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let dir = scratch("dist");
        build(&dir);
        dir
    })
}

fn build(dir: &Path) {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--package", "xtask", "--", "dist"])
        .args(["--binary", BINARY, "--out"])
        .arg(dir);
    Said::of(command.output().unwrap()).ok();
}

fn archive(dir: &Path) -> PathBuf {
    let entries = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "gz"))
        .unwrap()
}

fn manifest(plugin: &str) -> PathBuf {
    dist().join("plugins").join(format!("{plugin}.yaml"))
}

/// A home of krew's own.
struct Home(PathBuf);

impl Home {
    fn krew(&self, args: &[&str]) -> Said {
        let krew = KREW.get(&|_| ()).unwrap();
        let mut command = Command::new(krew);
        command
            .args(args)
            .env("KREW_ROOT", &self.0)
            .env("PATH", self.path());
        Said::of(command.output().unwrap())
    }

    fn path(&self) -> String {
        let rest = std::env::var("PATH").unwrap();
        format!("{}/bin:{rest}", self.0.display())
    }

    fn kubectl(&self, args: &[&str]) -> Said {
        let mut command = plane().kubectl_command();
        command.args(args).env("PATH", self.path());
        Said::of(command.output().unwrap())
    }
}

#[test]
fn every_manifest_is_valid() {
    let validate = VALIDATE_KREW_MANIFEST.get(&|_| ()).unwrap();
    for plugin in PLUGINS {
        let mut command = Command::new(&validate);
        command
            .arg("-skip-install")
            .arg("-manifest")
            .arg(manifest(plugin));
        let said = Said::of(command.output().unwrap());
        assert!(
            said.stderr.contains("structural validation OK"),
            "{plugin}: {}",
            said.stderr
        );
        assert_eq!(said.code, 0, "{plugin}: {}", said.stderr);
    }
}

#[test]
fn each_plugin_is_installed_run_and_removed() {
    let home = Home(scratch("krew"));
    let index = Index::new("index-empty");
    index.publish("leases", "v0.0.1", "file:///nowhere");
    home.krew(&["index", "add", "day2", index.0.to_str().unwrap()])
        .ok();
    let archive = archive(dist());
    for plugin in PLUGINS {
        let from = format!("--manifest={}", manifest(plugin).display());
        let with = format!("--archive={}", archive.display());
        let said = home.krew(&["install", &from, &with]);
        assert_eq!(said.code, 0, "{plugin}: {}", said.stderr);
        let help = home.kubectl(&[plugin, "--help"]).ok();
        assert!(help.contains(&format!("Usage: kubectl {plugin}")), "{help}");
    }
    // krew lays no completers; the umbrella does.
    let laid = home.kubectl(&["day2", "install"]);
    assert!(
        laid.stdout.contains("kubectl_complete-leases linked"),
        "{}",
        laid.stdout
    );
    let offered = home
        .kubectl(&["__complete", "leases", "-n", "kube-sys"])
        .ok();
    assert!(offered.contains("kube-system"), "{offered}");
    home.kubectl(&["leases", "-n", "kube-system"]).ok();

    let listed = home.krew(&["list"]).ok();
    for plugin in PLUGINS {
        assert!(listed.contains(plugin), "{listed}");
        home.krew(&["uninstall", plugin]).ok();
        assert!(
            !home
                .0
                .join("bin")
                .join(format!("kubectl-{}", plugin.replace('-', "_")))
                .exists()
        );
    }
}

#[test]
fn a_custom_index_installs_and_upgrades() {
    let home = Home(scratch("krew-index"));
    let index = Index::new("index");
    let address = serve(dist());
    index.publish("leases", "v0.0.1", &address);
    home.krew(&["index", "add", "day2", index.0.to_str().unwrap()])
        .ok();
    home.krew(&["install", "day2/leases"]).ok();
    assert!(home.0.join("store/leases/v0.0.1").exists());

    index.publish("leases", "v0.0.2", &address);
    home.krew(&["upgrade"]).ok();
    assert!(home.0.join("store/leases/v0.0.2").exists());
    home.kubectl(&["leases", "--version"]).ok();
}

/// A custom index: a git repository with manifests.
struct Index(PathBuf);

impl Index {
    fn new(name: &str) -> Self {
        let index = Self(scratch(name));
        std::fs::create_dir_all(index.0.join("plugins")).unwrap();
        index.git(&["init", "--quiet"]);
        index
    }

    fn git(&self, args: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=day2", "-c", "user.email=day2@example.com"]);
        Said::of(command.args(args).current_dir(&self.0).output().unwrap()).ok();
    }

    /// Publishes a version of a plugin, to be downloaded from an address.
    fn publish(&self, plugin: &str, version: &str, address: &str) {
        let own = format!("version: v{}", env!("CARGO_PKG_VERSION"));
        let manifest = std::fs::read_to_string(manifest(plugin)).unwrap();
        let manifest = manifest
            .replace(&format!("file://{}", dist().display()), address)
            .replace(&own, &format!("version: {version}"));
        assert!(manifest.contains(version) && manifest.contains(address));
        let file = self.0.join("plugins").join(format!("{plugin}.yaml"));
        std::fs::write(file, manifest).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "--quiet", "-m", version]);
    }
}

/// Serves the files of a directory on loopback, as the place of a release does.
fn serve(dir: &'static Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut request = BufReader::new(stream);
            let mut line = String::new();
            while request.read_line(&mut line).unwrap_or(0) > 2 && !line.ends_with("\r\n\r\n") {}
            let name = line.split([' ', '/']).nth(2).unwrap_or_default().to_owned();
            let body = std::fs::read(dir.join(name)).unwrap_or_default();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let mut stream = request.into_inner();
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&body);
        }
    });
    address
}

#[test]
fn the_same_contents_give_the_same_archive() {
    let again = scratch("dist-again");
    build(&again);
    let (first, second) = (archive(dist()), archive(&again));
    assert_eq!(first.file_name(), second.file_name());
    assert!(std::fs::read(first).unwrap() == std::fs::read(second).unwrap());
}
