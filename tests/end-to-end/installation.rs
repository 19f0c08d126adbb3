//! `kubectl day2 install`: the links, and what it must not touch.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::plugin::{BINARY, Said, scratch};

/// A directory on PATH with the binary alone, as krew leaves it.
fn with_binary(name: &str) -> PathBuf {
    let dir = scratch(name);
    symlink(BINARY, dir.join("kubectl-day2")).unwrap();
    dir
}

fn install(dir: &Path, args: &[&str]) -> Said {
    let mut command = Command::new(dir.join("kubectl-day2"));
    command.arg("install").args(args).env("PATH", dir);
    Said::of(command.output().unwrap())
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn links_are_laid_once_and_taken_away_again() {
    let dir = with_binary("install");
    let first = install(&dir, &[]).ok();
    assert!(first.contains("kubectl-leases linked"), "{first}");
    assert!(first.contains("kubectl_complete-day2 linked"), "{first}");
    let all = names(&dir);
    assert!(
        all.contains(&"kubectl_complete-leases".to_owned()),
        "{all:?}"
    );
    let help = Command::new(dir.join("kubectl-leases")).arg("-h").output();
    assert!(Said::of(help.unwrap()).ok().contains("kubectl leases"));

    let again = install(&dir, &[]).ok();
    assert!(!again.contains("linked"), "{again}");
    assert_eq!(names(&dir), all);

    let removed = install(&dir, &["--uninstall"]);
    assert!(
        removed.stderr.contains("still leads to"),
        "{}",
        removed.stderr
    );
    assert!(removed.ok().contains("kubectl-leases removed"));
    assert_eq!(names(&dir), ["kubectl-day2"]);
}

#[test]
fn what_is_not_ours_stays_as_it_is() {
    let dir = with_binary("install-foreign");
    fs::write(dir.join("kubectl-leases"), "#!/bin/sh\n").unwrap();
    symlink("/bin/true", dir.join("kubectl_complete-leases")).unwrap();
    for args in [&[][..], &["--uninstall"]] {
        install(&dir, args).fails(
            1,
            &[
                "kubectl-leases, kubectl_complete-leases in",
                "left alone",
                "hint:",
            ],
        );
        assert_eq!(
            fs::read_to_string(dir.join("kubectl-leases")).unwrap(),
            "#!/bin/sh\n"
        );
        let link = fs::read_link(dir.join("kubectl_complete-leases")).unwrap();
        assert_eq!(link, Path::new("/bin/true"));
    }
}

#[test]
fn a_link_to_an_older_day2_is_replaced() {
    let dir = with_binary("install-older");
    symlink("/nowhere/v0.0.9/kubectl-day2", dir.join("kubectl-leases")).unwrap();
    install(&dir, &[]).ok();
    let link = fs::read_link(dir.join("kubectl-leases")).unwrap();
    assert_eq!(link, Path::new("kubectl-day2"));
}

#[test]
fn without_a_place_on_path_one_must_be_given() {
    let dir = with_binary("install-elsewhere");
    let mut command = Command::new(BINARY);
    command.arg("install").env("PATH", "/nonexistent");
    Said::of(command.output().unwrap()).fails(2, &["no directory on PATH", "give --dir DIR"]);

    let other = dir.join("new");
    let mut command = Command::new(BINARY);
    command
        .args(["install", "--dir"])
        .arg(&other)
        .env("PATH", "/nonexistent");
    let said = Said::of(command.output().unwrap());
    assert!(said.stderr.contains("is not on PATH"), "{}", said.stderr);
    said.ok();
    let end = fs::canonicalize(other.join("kubectl-leases")).unwrap();
    assert_eq!(end, fs::canonicalize(BINARY).unwrap());
}
