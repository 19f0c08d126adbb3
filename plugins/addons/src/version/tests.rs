//! Tag lists as registries have them, and the newest tag that is an update and not a guess.

use super::*;

/// What is installed, what the registry has, and the newest tag that may be offered.
const LISTS: &[(&str, &str, &str)] = &[
    // Plain versions, in the order of text and not of numbers.
    ("v1.9.0", "v1.10.0 v1.9.0 v1.9.1", "v1.10.0"),
    ("1.9.0", "1.10.0 1.9.0 1.9.1", "1.10.0"),
    ("v1.13.1", "v1.12.0 v1.13.1 v1.14.2 v1.14.1", "v1.14.2"),
    ("v0.7.2", "v0.7.2 v0.8.0 v0.8.1 v0.9.0", "v0.9.0"),
    ("v1.18.3", "v1.18.3 v1.18.13 v1.19.7 v1.20.1", "v1.20.1"),
    ("v3.3.6", "v3.3.6 v3.3.14 v3.4.7 v3.5.1", "v3.5.1"),
    ("v2.13.0", "v2.13.0 v2.14.0", "v2.14.0"),
    ("v1.36.0", "v1.36.0 v1.36.4 v1.35.8", "v1.36.4"),
    ("v0.0.9", "v0.0.10 v0.0.9", "v0.0.10"),
    ("v1.0.0", "v1.0.0", "v1.0.0"),
    ("v1.0.0", "", "-"),
    ("v99.0.0", "v1.0.0 v2.0.0", "v2.0.0"),
    // With and without v: the same number, and the installed form is kept.
    ("1.11.1", "1.11.1 v1.12.0", "v1.12.0"),
    ("1.11.1", "1.11.1 1.12.0 v1.12.0", "1.12.0"),
    ("v1.11.1", "1.12.0 v1.12.0 v1.11.1", "v1.12.0"),
    // Prereleases are never offered.
    (
        "v1.34.0",
        "v1.34.0 v1.35.0-alpha.1 v1.35.0-beta.1",
        "v1.34.0",
    ),
    ("v3.2.0", "v3.2.0 v3.3.0-rc1", "v3.2.0"),
    ("v3.2.0", "v3.2.0 v3.3.0-rc.1 v3.3.0-rc2", "v3.2.0"),
    (
        "1.16.0",
        "1.16.0 1.17.0-rc.0 1.17.0-pre.1 1.17.0-snapshot.3",
        "1.16.0",
    ),
    ("v0.5.0", "v0.5.0 v0.6.0-0.dev", "v0.5.0"),
    (
        "v0.5.0",
        "v0.5.0 v0.6.0-dev v0.6.0-nightly v0.6.0-canary",
        "v0.5.0",
    ),
    ("3.11.0", "3.11.0 3.12.0a1 3.12.0b2 3.12.0rc1", "3.11.0"),
    ("1.0.0", "1.0.0 1.1.0-M1 1.1.0-milestone.2", "1.0.0"),
    (
        "1.0.0",
        "1.0.0 1.1.0-preview 1.1.0-ea 1.1.0-SNAPSHOT",
        "1.0.0",
    ),
    ("v2.0.0", "v2.0.0 v2.1.0-test v2.1.0-testing.4", "v2.0.0"),
    (
        "v2.0.0",
        "v2.0.0 nightly-2.1.0 dev-2.1.0 canary-v2.2.0",
        "v2.0.0",
    ),
    (
        "v1.2.0",
        "v1.2.0 v1.2.0-12-gabcdef1 v1.3.0-1-g1234567",
        "v1.2.0",
    ),
    (
        "v1.2.0",
        "v1.2.0 v1.3.0-dirty v1.3.0-abcdef1-dirty",
        "v1.2.0",
    ),
    ("v1.2.0", "v1.2.0 v1.3.0-4f5e6d7", "v1.2.0"),
    ("v1.2.0", "v1.2.0 v1.3.0-alpha.0.12+4f5e6d7", "v1.2.0"),
    ("v1.20.0-rc.1", "v1.20.0-rc.1 v1.20.0 v1.19.4", "v1.20.0"),
    ("v1.21.0-rc.1", "v1.21.0-rc.1 v1.20.0", "v1.20.0"),
    // Flavours are other images.
    ("v1.2.0", "v1.2.0 v1.3.0-distroless", "v1.2.0"),
    (
        "v1.2.0-distroless",
        "v1.2.0-distroless v1.3.0 v1.3.0-distroless",
        "v1.3.0-distroless",
    ),
    (
        "v1.2.0-distroless",
        "v1.2.0-distroless v1.4.0 v1.5.0-debug",
        "v1.2.0-distroless",
    ),
    (
        "8.2.2-alpine",
        "8.2.2-alpine 8.2.3-alpine 8.4.0 8.4.0-bookworm",
        "8.2.3-alpine",
    ),
    ("8.2.2", "8.2.2 8.4.0-alpine 8.4.0-bookworm 8.2.3", "8.2.3"),
    (
        "8.2.2-bookworm",
        "8.2.3-bookworm 8.4.0-alpine 8.4.1-trixie",
        "8.2.3-bookworm",
    ),
    (
        "1.27.0-alpine",
        "1.27.1-alpine 1.27.1-alpine-slim 1.27.1-alpine-perl",
        "1.27.1-alpine",
    ),
    (
        "1.27.0-alpine-slim",
        "1.27.1-alpine 1.27.2-alpine-slim",
        "1.27.2-alpine-slim",
    ),
    (
        "1.27.0-alpine3.20",
        "1.27.1-alpine3.21 1.27.2-alpine 1.27.1",
        "1.27.1-alpine3.21",
    ),
    (
        "1.27.0-alpine",
        "1.27.1-alpine3.21 1.27.0-alpine",
        "1.27.0-alpine",
    ),
    (
        "v3.6.0",
        "v3.6.0 v3.7.0-windowsservercore-ltsc2022 v3.7.0-nanoserver-ltsc2022",
        "v3.6.0",
    ),
    (
        "v3.6.0-nanoserver-ltsc2022",
        "v3.7.0-nanoserver-ltsc2022 v3.7.1-nanoserver-ltsc2019",
        "v3.7.0-nanoserver-ltsc2022",
    ),
    (
        "v1.14.0",
        "v1.14.0 v1.15.0-amd64 v1.15.0-arm64 v1.15.0-s390x",
        "v1.14.0",
    ),
    (
        "v1.14.0-amd64",
        "v1.15.0-amd64 v1.16.0-arm64 v1.16.0",
        "v1.15.0-amd64",
    ),
    ("v1.14.0", "v1.14.0 v1.15.0-linux-amd64", "v1.14.0"),
    ("v1.14.0-fips", "v1.15.0-fips v1.16.0", "v1.15.0-fips"),
    ("v1.14.0", "v1.15.0-fips v1.14.1", "v1.14.1"),
    ("2.19.0", "2.19.0 2.20.0-ubi9 2.20.0-ubi8", "2.19.0"),
    ("2.19.0-ubi8", "2.20.0-ubi9 2.19.1-ubi8", "2.19.1-ubi8"),
    (
        "1.0-php8.2",
        "1.1-php8.3 1.0-php8.2 1.1-php8.2",
        "1.1-php8.2",
    ),
    (
        "2.462.3-lts-jdk17",
        "2.479.1-lts-jdk17 2.480.0-jdk17 2.479.2-lts-jdk21",
        "2.479.1-lts-jdk17",
    ),
    ("12.4.1-cuda", "12.5.0-cuda 12.6.0", "12.5.0-cuda"),
    ("v1.8.0", "v1.8.0 v1.9.0-rootless v1.9.0-scratch", "v1.8.0"),
    (
        "v1.30.0",
        "v1.30.0 v1.31.0-distroless v1.31.0-debug v1.30.3",
        "v1.30.3",
    ),
    // Prefixes are other products of one repository.
    (
        "1.9.0",
        "1.9.0 helm-chart-4.15.1 controller-v1.15.1",
        "1.9.0",
    ),
    (
        "controller-v1.14.0",
        "controller-v1.15.1 helm-chart-4.16.0",
        "controller-v1.15.1",
    ),
    ("release-1.2.0", "release-1.3.0 1.4.0", "release-1.3.0"),
    ("agent-1.2.0", "agent-1.3.0 server-1.9.0", "agent-1.3.0"),
    // Numbers that are no versions.
    ("v1.18.2", "v1.18.2 608111629 v1.19.6 608111630", "v1.19.6"),
    ("v1.15.0", "v1.15.0 1220 1221 v1.16.1", "v1.16.1"),
    ("v0.1.0", "011 v0.1.0 v0.1.1", "v0.1.1"),
    ("1.9.9", "011 1.11 1.9.9", "1.9.9"),
    ("1.9.9", "1.10.0 1.11 1.9.9 1 2", "1.10.0"),
    ("v1.0.0", "v1.0.0 12345678901234567890", "v1.0.0"),
    ("v1.0.0", "v1.0.0 99999.0.0 v1.0.1", "v1.0.1"),
    ("v1.0.0", "v1.0.0 1.2.3.4.5 v1.1.0", "v1.1.0"),
    ("v1.0.0", "v1.0.0 v18446744073709551616.0.0", "v1.0.0"),
    ("v1.0.0", "v1.0.0 v1.01.0 v1.1.0", "v1.1.0"),
    // Channels move.
    (
        "v1.4.0",
        "latest stable edge main master nightly v1.4.0 v1.4.1",
        "v1.4.1",
    ),
    ("1.4.0", "1 1.4 1.4.0 1.4.1 1.5", "1.4.1"),
    ("v3.6.1", "v3 v3.6 v3.6.1 v3.7 v3.6.2", "v3.6.2"),
    (
        "1.4.0-alpine",
        "1-alpine 1.4-alpine 1.4.0-alpine 1.4.1-alpine alpine",
        "1.4.1-alpine",
    ),
    ("1.4.0", "1.4.x 1.5.x 1.4.0", "1.4.0"),
    ("latest", "latest v1.4.0 v1.4.1 v1.5.0-rc1", "v1.4.1"),
    ("latest", "latest 1 1.2 1.2.3 1.2.4 1.2.4-alpine", "1.2.4"),
    ("latest", "latest stable", "-"),
    ("stable", "stable 2.0 2.1", "2.1"),
    // Digests, signatures and commits are not offered.
    (
        "v1.4.0",
        "sha256-0123456789abcdef.sig sha256-0123456789abcdef.att v1.4.0 v1.4.1",
        "v1.4.1",
    ),
    (
        "v1.4.0",
        "v1.4.0 v1.4.2.sig v1.4.2.att v1.4.2.sbom",
        "v1.4.0",
    ),
    (
        "v1.4.0",
        "sha-4f5e6d7 4f5e6d7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e v1.4.0",
        "v1.4.0",
    ),
    ("v1.4.0", "4f5e6d7 a1b2c3d v1.4.0 pr-123 pr-4.5", "v1.4.0"),
    ("4f5e6d7", "4f5e6d7 v1.4.0", "v1.4.0"),
    // Calendar versions.
    ("2024.6.1", "2024.6.1 2024.10.0 2025.2.4", "2025.2.4"),
    ("2024.6.1", "2024.6.1 2025.2.0-rc1", "2024.6.1"),
    ("2024.06.01", "2024.06.01 2024.10.02", "2024.10.02"),
    ("v1.5.0", "v1.5.0 2021.12.1 2024.1.1 v1.6.0", "v1.6.0"),
    ("24.10.1", "24.10.1 25.04.0 25.4.0", "25.4.0"),
    ("2026.1", "2026.1 2026.4 2025.12", "2026.4"),
    // Dates.
    ("20240101", "20240101 20240115 20250301", "20250301"),
    (
        "20240101",
        "20240101 99999999 20241301 20250301",
        "20250301",
    ),
    (
        "v20231011-8b53cabe0",
        "v20231011-8b53cabe0 v20240401-0a1b2c3d4 v1.4.0",
        "v20240401-0a1b2c3d4",
    ),
    ("v1.4.0", "v1.4.0 v20240401-0a1b2c3d4 20250101", "v1.4.0"),
    (
        "2024-01-15",
        "2024-01-15 2024-02-01 2023-12-31",
        "2024-02-01",
    ),
    (
        "RELEASE.2024-01-15T10-20-30Z",
        "RELEASE.2024-01-15T10-20-30Z RELEASE.2024-01-15T22-00-00Z RELEASE.2023-12-31T00-00-00Z",
        "RELEASE.2024-01-15T22-00-00Z",
    ),
    (
        "RELEASE.2024-01-15T10-20-30Z",
        "RELEASE.2024-02-01T10-20-30Z.fips RELEASE.2024-01-16T10-20-30Z",
        "RELEASE.2024-01-16T10-20-30Z",
    ),
    (
        "20240101.1",
        "20240101.1 20240101.2 20240101.10",
        "20240101.10",
    ),
    (
        "20240101-alpine",
        "20240101-alpine 20240301 20240201-alpine",
        "20240201-alpine",
    ),
    (
        "20240101120000",
        "20240101120000 20240101130000",
        "20240101130000",
    ),
    // Vendors' builds are revisions.
    (
        "v1.11.4-eksbuild.2",
        "v1.11.4-eksbuild.2 v1.11.4-eksbuild.14 v1.11.4-eksbuild.3",
        "v1.11.4-eksbuild.14",
    ),
    (
        "v1.11.4-eksbuild.2",
        "v1.11.4-eksbuild.2 v1.12.1-eksbuild.1 v1.12.2",
        "v1.12.1-eksbuild.1",
    ),
    (
        "v1.34.0-minimal-eksbuild.2",
        "v1.34.0-eksbuild.9 v1.34.1-minimal-eksbuild.1",
        "v1.34.1-minimal-eksbuild.1",
    ),
    (
        "v1.34.0-eksbuild.2",
        "v1.34.1-minimal-eksbuild.1 v1.34.0-eksbuild.4",
        "v1.34.0-eksbuild.4",
    ),
    ("v1.11.4", "v1.11.4 v1.12.1-eksbuild.1", "v1.11.4"),
    (
        "v1.11.4-eks-1-34-5",
        "v1.11.4-eks-1-34-5 v1.11.4-eks-1-34-12 v1.12.1-eks-1-35-2",
        "v1.12.1-eks-1-35-2",
    ),
    (
        "v1.11.4-eks-1-34-5",
        "v1.11.4-eks-1-34-latest v1.11.4-eks-1-34-6",
        "v1.11.4-eks-1-34-6",
    ),
    (
        "v1.12.1-build20250101",
        "v1.12.1-build20250101 v1.12.1-build20250611 v1.11.9-build20250701",
        "v1.12.1-build20250611",
    ),
    (
        "v1.33.5-rke2r1-build20250910",
        "v1.33.5-rke2r1-build20250910 v1.33.6-rke2r1-build20251112",
        "v1.33.6-rke2r1-build20251112",
    ),
    (
        "v1.33.5-rke2r1",
        "v1.33.5-rke2r1 v1.33.5-rke2r2 v1.34.0-rc1-rke2r1",
        "v1.33.5-rke2r2",
    ),
    (
        "v1.33.5-k3s1",
        "v1.33.5-k3s1 v1.33.6-k3s1 v1.34.0-alpha1-k3s1",
        "v1.33.6-k3s1",
    ),
    (
        "v1.12.1-20",
        "v1.12.1-3 v1.12.1-20 v1.12.1-100",
        "v1.12.1-100",
    ),
    ("v1.12.1", "v1.12.1 v1.12.1-2 v1.13.0-1", "v1.13.0-1"),
    (
        "v0.11.1-gke.1",
        "v0.11.1-gke.1 v0.11.1-gke.20 v0.12.0-gke.0",
        "v0.12.0-gke.0",
    ),
    ("v0.11.1-gke.1", "v0.12.0 v0.11.1-gke.3", "v0.11.1-gke.3"),
    (
        "0.8.0-debian-12-r3",
        "0.8.0-debian-12-r10 0.8.1-debian-12-r0",
        "0.8.1-debian-12-r0",
    ),
    (
        "0.8.0-debian-11-r3",
        "0.8.0-debian-11-r3 0.8.1-debian-12-r0",
        "0.8.1-debian-12-r0",
    ),
    (
        "1.16.2-hotfix.20240101",
        "1.16.2-hotfix.20240101 1.16.2-hotfix.20240301",
        "1.16.2-hotfix.20240301",
    ),
    (
        "3.6.8-0",
        "3.6.8-0 3.5.24-0 3.6.12-0 3.7.0-rc.0-0",
        "3.6.12-0",
    ),
    (
        "v1.16.2-1.1",
        "v1.16.2-1.1 v1.16.2-1.10 v1.16.2-1.9",
        "v1.16.2-1.10",
    ),
    ("1.33.5+k3s1", "1.33.5+k3s1 1.33.6+k3s1", "1.33.6+k3s1"),
    (
        "1.33.5_build2",
        "1.33.5_build2 1.33.5_build11",
        "1.33.5_build11",
    ),
    // Four numbers are four numbers.
    ("1.2.3.4", "1.2.3.4 1.2.3.10 1.2.4", "1.2.3.10"),
    ("1.26.7", "1.26.7 1.27.0.1 1.26.8", "1.26.8"),
    // Two numbers are not three.
    ("3.9", "3.9 3.10 3.10.1", "3.10"),
    ("3.10.1", "3.10.1 3.11", "3.10.1"),
    ("v2.5", "v2.5 v2.6 v2.6.1", "v2.6"),
    // Odd characters.
    ("V1.2.0", "V1.2.0 V1.3.0", "V1.3.0"),
    ("v1.2.0", "v1.2.0 v1..4 - . v v1. 1.x", "v1.2.0"),
    ("v1.2.0", "v1.2.0 ünïcode1.3.0 v1.2.1", "v1.2.1"),
];

fn list(tags: &str) -> Vec<Version> {
    let tags: Vec<String> = tags.split_whitespace().map(str::to_owned).collect();
    versions(&tags)
}

#[test]
fn only_a_real_update_is_offered() {
    assert!(LISTS.len() >= 120, "{}", LISTS.len());
    let mut wrong = Vec::new();
    for (installed, tags, expected) in LISTS {
        let tags_of = list(tags);
        let found = newest(&tags_of, parse(installed).version().as_ref(), |_| true);
        let found = found.map_or("-".to_owned(), |version| version.text.clone());
        if found != *expected {
            wrong.push(format!("{installed} of [{tags}]: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_order_of_the_tags_does_not_matter() {
    for (installed, tags, _) in LISTS {
        let installed = parse(installed).version();
        let forwards = list(tags);
        let backwards: Vec<Version> = forwards.iter().rev().cloned().collect();
        let newest = |tags: &[Version]| newest(tags, installed.as_ref(), |_| true).cloned();
        assert_eq!(newest(&forwards), newest(&backwards), "{tags}");
    }
}

#[test]
fn nothing_is_offered_from_another_track() {
    for (installed, _, _) in LISTS {
        let Some(version) = parse(installed).version() else {
            continue;
        };
        for (_, tags, _) in LISTS {
            if let Some(found) = newest(&list(tags), Some(&version), |_| true) {
                assert_eq!(
                    found.track(),
                    version.track(),
                    "{installed} and {}",
                    found.text
                );
                assert_eq!(found.prerelease, None);
            }
        }
    }
}

#[test]
fn a_distance_is_named_by_the_number_that_differs() {
    for (installed, newest, expected) in [
        ("v1.14.2", "v1.14.2", Distance::Current),
        ("v1.14.2", "v1.14.5", Distance::Patch(3)),
        ("v1.12.9", "v1.14.0", Distance::Minor(2)),
        ("v1.12.9", "v3.0.0", Distance::Major(2)),
        ("v1.14.3", "v1.14.2", Distance::Ahead),
        (
            "v1.14.2-eksbuild.2",
            "v1.14.2-eksbuild.10",
            Distance::Revision,
        ),
        ("v1.20.0-rc.1", "v1.20.0", Distance::Patch(1)),
        ("20240101", "20240301", Distance::Release),
        ("2024.6.1", "2025.1.0", Distance::Release),
        ("3.9", "3.10", Distance::Minor(1)),
    ] {
        let version = |tag| parse(tag).version().unwrap();
        assert_eq!(
            distance(&version(installed), &version(newest)),
            expected,
            "{installed} {newest}"
        );
    }
}

#[test]
fn the_steps_of_an_upgrade_are_the_newest_of_each_minor() {
    let tags = list("v1.16.1 v1.17.0 v1.17.4 v1.18.6 v1.18.9-rc1 v1.19.2 v1.19.6 v1.20.0");
    let version = |tag| parse(tag).version().unwrap();
    let steps = newest_by_minor(&tags, &version("v1.16.1"), &version("v1.19.6"));
    let texts: Vec<String> = steps.into_iter().map(|step| step.text).collect();
    assert_eq!(texts, ["v1.17.4", "v1.18.6", "v1.19.6"]);
}

#[test]
fn branches_are_prefixes_of_numbers_and_not_of_text() {
    let version = parse("v1.18.3").version().unwrap();
    for (branch, expected) in [
        ("1.18", true),
        ("1", true),
        ("1.1", false),
        ("1.18.3", true),
        ("1.18.3.1", false),
        ("2", false),
        ("x", false),
    ] {
        assert_eq!(version.is_of_branch(branch), expected, "{branch}");
    }
}
