//! `cargo xtask dist`: what is given to others: the archive of this machine, and krew's manifests.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use flate2::{Compression, GzBuilder};
use ring::digest;
use tar::{Builder, Header, HeaderMode};

use crate::failure::Failure;

const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// One plugin of the krew index.
struct Plugin {
    /// As it is typed.
    name: &'static str,
    /// At most 50 characters.
    short: &'static str,
    description: &'static str,
}

const PLUGINS: [Plugin; 5] = [
    Plugin {
        name: "leases",
        short: "Show who leads, and how late its renewal is",
        description: "Who leads each election, since when, how late the renewal is, and how long\nthere was no leader when one went down.",
    },
    Plugin {
        name: "addons",
        short: "Show which add-ons are behind upstream",
        description: "Which add-ons run in the cluster, which version fits this version of\nKubernetes, which is the newest, and what is known against the installed one.",
    },
    Plugin {
        name: "drain-node",
        short: "Plan a drain, then do it as fast as allowed",
        description: "Shows what a drain will do before anything is touched, then drains at the\nspeed that the disruption budgets allow, and can undo it.",
    },
    Plugin {
        name: "autoscale-sim",
        short: "Predict what the autoscaler would do, and why",
        description: "Says what Cluster Autoscaler or Karpenter would add or remove, what stays\nPending, and which change would help. Never writes.",
    },
    Plugin {
        name: "day2",
        short: "Leases, add-ons, drains and autoscaling in one",
        description: "The umbrella of leases, addons, drain-node and autoscale-sim. It also records\na cluster in a file, and lays the links for the other names and for completion.",
    },
];

/// A machine that archives are made for: krew's words for it, and the end of its programs' names.
struct Platform {
    os: &'static str,
    arch: &'static str,
    suffix: &'static str,
}

const fn platform(os: &'static str, arch: &'static str, suffix: &'static str) -> Platform {
    Platform { os, arch, suffix }
}

const PLATFORMS: [Platform; 6] = [
    platform("linux", "amd64", ""),
    platform("linux", "arm64", ""),
    platform("darwin", "amd64", ""),
    platform("darwin", "arm64", ""),
    platform("windows", "amd64", ".exe"),
    platform("windows", "arm64", ".exe"),
];

/// Flags of `cargo xtask dist`.
#[derive(Args)]
pub(crate) struct Dist {
    /// Where everything goes; archives of other machines that are there get into the manifests too
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Where the archives will be downloaded from; by default they are files in DIR
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// Take this program instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,

    /// The machine that the program is for, as linux/amd64; by default this one
    #[arg(long, value_name = "OS/ARCH", requires = "binary")]
    platform: Option<String>,

    /// The program that writes the manual pages, where the archive's own can't run here
    #[arg(long, value_name = "FILE", requires = "platform")]
    pages: Option<PathBuf>,

    /// Only fill in the manifests
    #[arg(long)]
    manifests_only: bool,
}

/// Builds the archive and fills in the manifests.
pub(crate) fn run(dist: &Dist) -> Result<(), Failure> {
    fs::create_dir_all(&dist.out).map_err(Failure::io("create", &dist.out))?;
    let out = fs::canonicalize(&dist.out).map_err(Failure::io("find", &dist.out))?;
    if !dist.manifests_only {
        let binary = match &dist.binary {
            Some(binary) => binary.clone(),
            None => build()?,
        };
        let platform = match &dist.platform {
            Some(name) => named_platform(name)?,
            None => named_platform(&this_platform())?,
        };
        let archive = archive(
            &out,
            platform,
            &binary,
            dist.pages.as_ref().unwrap_or(&binary),
        )?;
        println!("{}", archive.display());
    }
    for manifest in manifests(&out, dist.base_url.as_deref())? {
        println!("{}", manifest.display());
    }
    Ok(())
}

fn build() -> Result<PathBuf, Failure> {
    let built = Command::new("cargo")
        .args(["build", "--release", "--package", "kubectl-day2"])
        .current_dir(ROOT)
        .status()
        .map_err(Failure::io("run", Path::new("cargo")))?;
    if !built.success() {
        return Err(Failure::Other("the release build failed".into()));
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or(Path::new(ROOT).join("target"), PathBuf::from);
    Ok(target
        .join("release/kubectl-day2")
        .with_extension(std::env::consts::EXE_EXTENSION))
}

fn archive_name(platform: &Platform) -> String {
    format!(
        "kubectl-day2_{VERSION}_{}_{}.tar.gz",
        platform.os, platform.arch
    )
}

fn this_platform() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}/{arch}")
}

fn named_platform(name: &str) -> Result<&'static Platform, Failure> {
    PLATFORMS
        .iter()
        .find(|platform| name.split_once('/') == Some((platform.os, platform.arch)))
        .ok_or_else(|| Failure::Other(format!("there are no archives for {name}")))
}

/// Writes the archive. The same contents give the same bytes: no times, no owners, one order.
fn archive(
    out: &Path,
    platform: &Platform,
    binary: &Path,
    page_writer: &Path,
) -> Result<PathBuf, Failure> {
    let path = out.join(archive_name(platform));
    let pages = out.join("man");
    let made = Command::new(page_writer)
        .args(["man", "--dir"])
        .arg(&pages)
        .status()
        .map_err(Failure::io("run", page_writer))?;
    if !made.success() {
        return Err(Failure::Other("the manual pages can't be written".into()));
    }
    let file = File::create(&path).map_err(Failure::io("create", &path))?;
    let encoder = GzBuilder::new().mtime(0).write(file, Compression::best());
    let mut tar = Builder::new(encoder);
    tar.mode(HeaderMode::Deterministic);
    let program = format!("kubectl-day2{}", platform.suffix);
    let root = Path::new(ROOT);
    let mut contents = vec![
        (program, binary.to_owned(), 0o755),
        ("LICENSE".to_owned(), root.join("LICENSE"), 0o644),
    ];
    contents.extend(files_of(&root.join("completions"), "completions")?);
    contents.extend(files_of(&pages, "man")?);
    let write = |tar: &mut Builder<_>| -> io::Result<()> {
        for (name, file, mode) in &contents {
            append(tar, name, &fs::read(file)?, *mode)?;
        }
        Ok(())
    };
    write(&mut tar)
        .and_then(|()| tar.into_inner()?.finish()?.flush())
        .map_err(Failure::io("write", &path))?;
    fs::remove_dir_all(&pages).map_err(Failure::io("remove", &pages))?;
    Ok(path)
}

fn append<W: Write>(tar: &mut Builder<W>, name: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    header.set_mtime(0);
    tar.append_data(&mut header, name, bytes)
}

/// The files of a directory, in the order of their names.
fn files_of(dir: &Path, prefix: &str) -> Result<Vec<(String, PathBuf, u32)>, Failure> {
    let entries = fs::read_dir(dir).map_err(Failure::io("read", dir))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Failure::io("read", dir))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push((format!("{prefix}/{name}"), path.clone(), 0o644));
    }
    files.sort();
    Ok(files)
}

/// Fills the template in for every plugin, with the archives that are there.
fn manifests(out: &Path, base_url: Option<&str>) -> Result<Vec<PathBuf>, Failure> {
    let template = Path::new(ROOT).join("krew/template.yaml");
    let template = fs::read_to_string(&template).map_err(Failure::io("read", &template))?;
    let base_url = base_url.map_or_else(|| format!("file://{}", out.display()), str::to_owned);
    let mut platforms = String::new();
    for platform in &PLATFORMS {
        let archive = out.join(archive_name(platform));
        if archive.exists() {
            let bytes = fs::read(&archive).map_err(Failure::io("read", &archive))?;
            platforms += &platform_of_manifest(platform, &base_url, &checksum(&bytes));
        }
    }
    if platforms.is_empty() {
        return Err(Failure::Other(format!(
            "there is no archive of {VERSION} in {}",
            out.display()
        )));
    }
    let dir = out.join("plugins");
    fs::create_dir_all(&dir).map_err(Failure::io("create", &dir))?;
    let mut written = Vec::new();
    for plugin in &PLUGINS {
        let path = dir.join(format!("{}.yaml", plugin.name));
        let manifest = manifest(&template, plugin, &platforms);
        fs::write(&path, manifest).map_err(Failure::io("write", &path))?;
        written.push(path);
    }
    Ok(written)
}

fn manifest(template: &str, plugin: &Plugin, platforms: &str) -> String {
    let description: Vec<String> = plugin
        .description
        .lines()
        .map(|line| format!("    {line}"))
        .collect();
    template
        .replace("{name}", plugin.name)
        .replace("{version}", VERSION)
        .replace("{short}", plugin.short)
        .replace("{description}", &description.join("\n"))
        .replace("{platforms}", platforms.trim_end())
}

fn platform_of_manifest(platform: &Platform, base_url: &str, sha256: &str) -> String {
    let (os, arch, archive) = (platform.os, platform.arch, archive_name(platform));
    let program = format!("kubectl-day2{}", platform.suffix);
    format!(
        "  - selector:\n      matchLabels: {{os: {os}, arch: {arch}}}\n    uri: {base_url}/{archive}\n    sha256: {sha256}\n    bin: {program}\n    files:\n    - {{from: {program}, to: .}}\n    - {{from: LICENSE, to: .}}\n"
    )
}

fn checksum(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    let pairs = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_as_short_as_krew_wants_them() {
        for plugin in &PLUGINS {
            assert!(plugin.short.len() <= 50, "{}", plugin.short);
        }
    }

    #[test]
    fn a_manifest_has_no_place_left_open() {
        let template = include_str!("../../krew/template.yaml");
        let platforms = platform_of_manifest(&PLATFORMS[5], "https://a.example/v1", "ab");
        let manifest = manifest(template, &PLUGINS[2], &platforms);
        for part in [
            "  name: drain-node\n",
            "  shortDescription: Plan a drain",
            "uri: https://a.example/v1/kubectl-day2_v",
            "_windows_arm64.tar.gz",
            "bin: kubectl-day2.exe",
        ] {
            assert!(manifest.contains(part), "{part} in {manifest}");
        }
        for open in [
            "{name}",
            "{version}",
            "{short}",
            "{description}",
            "{platforms}",
        ] {
            assert!(!manifest.contains(open), "{open}");
        }
    }

    #[test]
    fn a_checksum_is_lowercase_hexadecimal() {
        assert_eq!(
            checksum(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
