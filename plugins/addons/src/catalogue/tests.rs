//! The built-in files hold to the schema, and images find their add-on under all names.

use std::collections::BTreeSet;

use super::*;

fn built_in() -> Catalogue {
    Catalogue::load(None, &[]).unwrap()
}

#[test]
fn every_file_is_listed_valid_and_named_after_its_addon() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue");
    let on_disk: BTreeSet<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> = built_in::FILES
        .iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    assert_eq!(on_disk, listed);
    assert!(listed.len() >= 30, "{}", listed.len());
    for (file, text) in built_in::FILES {
        let addon = read(text).unwrap_or_else(|reason| panic!("{file}: {reason}"));
        assert_eq!(format!("{}.yaml", addon.name), *file);
        let used: BTreeSet<&str> = addon
            .facts()
            .into_iter()
            .map(|(_, source)| source)
            .collect();
        let defined: BTreeSet<&str> = addon.sources.keys().map(String::as_str).collect();
        assert_eq!(used, defined, "{file}: a source that no fact uses");
        for source in addon.sources.values() {
            assert!(source.url.starts_with("https://"), "{file}: {}", source.url);
            let earliest: Date = "2025-01-01".parse().unwrap();
            assert!(source.date > earliest, "{file}: {}", source.date);
        }
        let notes = addon.release_notes.as_ref().map(|notes| notes.url.as_str());
        if let Some(notes) = notes {
            assert!(
                ["{tag}", "{version}", "{minor}"]
                    .iter()
                    .any(|word| notes.contains(word)),
                "{file}"
            );
        }
    }
}

#[test]
fn no_two_addons_claim_one_name() {
    let catalogue = built_in();
    let mut names = BTreeSet::new();
    for addon in catalogue.addons() {
        for name in addon.images.iter().map(|image| &image.repository) {
            assert!(names.insert(name.clone()), "{name}");
        }
        let aliases: BTreeSet<&String> = addon.aliases.iter().collect();
        for alias in aliases {
            assert!(
                names.insert(format!("alias {alias}")),
                "{}: {alias}",
                addon.name
            );
        }
    }
}

/// Images under all the names that upstream, mirrors and vendors give them.
const IMAGES: &[(&str, Option<(&str, Origin)>)] = &[
    // Upstream's own.
    (
        "registry.k8s.io/coredns/coredns:v1.14.2",
        Some(("coredns", Origin::Upstream)),
    ),
    (
        "coredns/coredns:1.11.1",
        Some(("coredns", Origin::Upstream)),
    ),
    (
        "k8s.gcr.io/coredns/coredns:v1.8.6",
        Some(("coredns", Origin::Upstream)),
    ),
    (
        "registry.k8s.io/kube-proxy:v1.36.3",
        Some(("kube-proxy", Origin::Upstream)),
    ),
    (
        "quay.io/cilium/operator-generic:v1.18.3",
        Some(("cilium", Origin::Upstream)),
    ),
    ("traefik:v3.6.1", Some(("traefik", Origin::Upstream))),
    // Another registry that keeps the path.
    (
        "harbor.example.com/registry.k8s.io/coredns/coredns:v1.14.2",
        Some(("coredns", Origin::Mirror)),
    ),
    (
        "harbor.example.com/proxy/quay.io/cilium/cilium:v1.18.3@sha256:ab",
        Some(("cilium", Origin::Mirror)),
    ),
    (
        "127.0.0.1:35000/metrics-server/metrics-server:v0.8.0",
        Some(("metrics-server", Origin::Mirror)),
    ),
    (
        "127.0.0.1:35000/kube-proxy:v1.36.3",
        Some(("kube-proxy", Origin::Mirror)),
    ),
    (
        "harbor.example.com/dockerhub/library/traefik:v3.6.1",
        Some(("traefik", Origin::Mirror)),
    ),
    (
        "registry.example.com:5000/platform/cluster-autoscaler:v1.36.0",
        Some(("cluster-autoscaler", Origin::Mirror)),
    ),
    // Vendors.
    (
        "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/coredns:v1.11.4-eksbuild.2",
        Some(("coredns", Origin::Eks)),
    ),
    (
        "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy:v1.34.0-minimal-eksbuild.2",
        Some(("kube-proxy", Origin::Eks)),
    ),
    (
        "918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn/eks/coredns:v1.11.4-eksbuild.2",
        Some(("coredns", Origin::Eks)),
    ),
    (
        "602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.20.1-eksbuild.1",
        Some(("aws-vpc-cni", Origin::Eks)),
    ),
    (
        "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.1",
        Some(("aws-vpc-cni", Origin::Upstream)),
    ),
    (
        "public.ecr.aws/eks-distro/coredns/coredns:v1.11.4-eks-1-34-5",
        Some(("coredns", Origin::EksDistro)),
    ),
    (
        "public.ecr.aws/eks-distro/kubernetes/kube-proxy:v1.34.1-eks-1-34-5",
        Some(("kube-proxy", Origin::EksDistro)),
    ),
    (
        "public.ecr.aws/eks-distro/kubernetes-sigs/metrics-server:v0.8.0-eks-1-34-5",
        Some(("metrics-server", Origin::EksDistro)),
    ),
    (
        "public.ecr.aws/eks-distro/kubernetes-csi/external-provisioner:v2.1.1-eks-1-34-5",
        Some(("csi-provisioner", Origin::EksDistro)),
    ),
    (
        "rancher/mirrored-coredns-coredns:1.14.2",
        Some(("coredns", Origin::Rancher)),
    ),
    (
        "rancher/mirrored-metrics-server:v0.8.0",
        Some(("metrics-server", Origin::Rancher)),
    ),
    (
        "docker.io/rancher/mirrored-library-traefik:3.6.1",
        Some(("traefik", Origin::Rancher)),
    ),
    (
        "harbor.example.com/rancher/mirrored-cilium-operator-generic:v1.18.3",
        Some(("cilium", Origin::Rancher)),
    ),
    (
        "rancher/mirrored-sig-storage-snapshot-controller:v8.2.0",
        Some(("snapshot-controller", Origin::Rancher)),
    ),
    (
        "rancher/mirrored-longhornio-longhorn-manager:v1.10.0",
        Some(("longhorn", Origin::Rancher)),
    ),
    (
        "rancher/hardened-coredns:v1.12.1-build20250611",
        Some(("coredns", Origin::Rke2)),
    ),
    (
        "rancher/hardened-k8s-metrics-server:v0.8.0-build20250611",
        Some(("metrics-server", Origin::Rke2)),
    ),
    (
        "rancher/hardened-dns-node-cache:1.26.0-build20250611",
        Some(("node-local-dns", Origin::Rke2)),
    ),
    (
        "rancher/hardened-calico:v3.30.1-build20250611",
        Some(("calico", Origin::Rke2)),
    ),
    (
        "rancher/hardened-cluster-autoscaler:v1.10.2-build20250611",
        Some(("cluster-autoscaler", Origin::Rke2)),
    ),
    (
        "mcr.microsoft.com/oss/v2/kubernetes/coredns:v1.13.1-20",
        Some(("coredns", Origin::Aks)),
    ),
    (
        "mcr.microsoft.com/oss/v2/kubernetes/kube-proxy:v1.34.2",
        Some(("kube-proxy", Origin::Aks)),
    ),
    (
        "mcr.microsoft.com/oss/kubernetes/metrics-server:v0.6.3-2",
        Some(("metrics-server", Origin::Aks)),
    ),
    (
        "gke.gcr.io/k8s-dns-node-cache:1.23.0-gke.9",
        Some(("node-local-dns", Origin::Gke)),
    ),
    (
        "gke.gcr.io/metrics-server:v0.7.2-gke.3",
        Some(("metrics-server", Origin::Gke)),
    ),
    (
        "bitnamilegacy/metrics-server:0.8.0-debian-12-r3",
        Some(("metrics-server", Origin::Bitnami)),
    ),
    // Images of nobody that the catalogue knows.
    ("registry.k8s.io/pause:3.10", None),
    ("mcr.microsoft.com/oss/v2/kubernetes/pause:3.10.2", None),
    ("gke.gcr.io/prometheus-to-sd:v0.11.1-gke.1", None),
    ("nginx:1.27", None),
    ("example/traefik:v3", None),
    ("ghcr.io/somebody/coredns:v1", None),
    ("harbor.example.com/apps/my-coredns:v1", None),
    ("harbor.example.com/rancher/mirrored-pause:3.6", None),
];

#[test]
fn images_are_known_through_mirrors_and_vendors() {
    let catalogue = built_in();
    for (image, expected) in IMAGES {
        let reference = Reference::parse(image).unwrap();
        let found = catalogue
            .find(&reference, &[])
            .map(|found| (found.addon.name.as_str(), found.origin));
        assert_eq!(found, *expected, "{image}");
    }
}

#[test]
fn a_configured_mirror_is_seen_through() {
    let mirrors = [Mirror::parse("quay.io=registry.example.com/q").unwrap()];
    let reference =
        Reference::parse("registry.example.com/q/jetstack/cert-manager-controller:v1.20.0")
            .unwrap();
    let found = built_in();
    let found = found.find(&reference, &mirrors).unwrap();
    assert_eq!(
        (found.addon.name.as_str(), found.origin),
        ("cert-manager", Origin::Mirror)
    );
    assert_eq!(
        found.image.repository,
        "quay.io/jetstack/cert-manager-controller"
    );
}

const OWN: &str = "name: coredns\ntitle: Ours\nsources:\n  own: {url: 'https://wiki.example.com', date: 2026-01-01}\nimages:\n- {repository: registry.example.com/dns, source: own}\n";

fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("day2-addons-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    for (file, text) in files {
        fs::write(directory.join(file), text).unwrap();
    }
    directory
}

#[test]
fn users_add_and_override() {
    let usual = directory("usual", &[("dns.yaml", OWN), ("readme.txt", "no YAML")]);
    let catalogue = Catalogue::load(Some(&usual), &[]).unwrap();
    assert_eq!(catalogue.get("coredns").unwrap().title, "Ours");
    assert!(catalogue.get("coredns").unwrap().file.ends_with("dns.yaml"));
    let other = OWN.replace("coredns", "my-dns").replace("Ours", "Mine");
    let asked = directory("asked", &[("dns.yml", &other)]);
    let catalogue = Catalogue::load(Some(&usual), std::slice::from_ref(&asked)).unwrap();
    assert_eq!(catalogue.get("my-dns").unwrap().title, "Mine");
    assert_eq!(catalogue.get("coredns").unwrap().title, "Ours");
    fs::remove_dir_all(usual).unwrap();
    fs::remove_dir_all(asked).unwrap();
    assert!(Catalogue::load(Some(Path::new("/nonexistent")), &[]).is_ok());
    assert!(
        Catalogue::load(None, &["/nonexistent".into()])
            .unwrap_err()
            .starts_with("/nonexistent: ")
    );
}

#[test]
fn damaged_files_are_named_with_what_is_wrong() {
    for (name, text, expected) in [
        (
            "source",
            OWN.replace("source: own", "source: other"),
            "images: there is no source \"other\"",
        ),
        ("field", format!("{OWN}colour: blue\n"), "colour"),
        (
            "name",
            OWN.replace("name: coredns", "name: Core DNS"),
            "name \"Core DNS\": expected lower-case letters",
        ),
        ("tag", OWN.replace("/dns,", "/dns:v1,"), "is no repository"),
        ("date", OWN.replace("2026-01-01", "yesterday"), "date"),
        (
            "range",
            format!(
                "{OWN}compatibility: {{rule: branches, source: own, branches: {{'1.2': '1.9-1.2'}}}}\n"
            ),
            "ends before it begins",
        ),
        (
            "rule",
            format!("{OWN}compatibility: {{rule: branches, source: own}}\n"),
            "rule branches needs branches",
        ),
        ("yaml", "{{{".to_owned(), "x.yaml"),
        ("empty", String::new(), "x.yaml"),
    ] {
        let asked = directory(name, &[("x.yaml", &text)]);
        let reason = Catalogue::load(None, std::slice::from_ref(&asked)).unwrap_err();
        assert!(
            reason.contains("x.yaml") && reason.contains(expected),
            "{name}: {reason}"
        );
        fs::remove_dir_all(asked).unwrap();
    }
}
