//! `kubectl addons` on a real cluster, with a real registry, a real helm and a static chart
//! repository; OSV and endoflife.date answer in their own format from loopback.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::{Companion, HttpServer, Received, Reply, tools};

use crate::plugin::{Said, kubectl, plane, scratch, wait_until_allowed};

/// What the registry holds: names as they are published, without their registry.
const IMAGES: &[(&str, &str)] = &[
    (
        "coredns/coredns",
        "v1.12.1 v1.13.1 v1.14.2 v1.15.0 v1.16.0-rc.1 v1.14.2-amd64 latest",
    ),
    ("kube-proxy", "v1.35.2 v1.36.3 v1.36.4 v1.37.0-beta.0"),
    ("metrics-server/metrics-server", "v0.7.2 v0.8.1 v0.9.0"),
    ("cilium/cilium", "v1.18.3 v1.18.14 v1.19.7 v1.20.1"),
    (
        "jetstack/cert-manager-controller",
        "v1.19.1 v1.20.3 v1.21.1 608111629",
    ),
    ("ingress-nginx/controller", "v1.14.0 v1.15.1"),
    ("kedacore/keda", "2.18.3 2.20.2"),
    (
        "eks-distro/coredns/coredns",
        "v1.13.1-eks-1-35-4 v1.14.2-eks-1-36-2 v1.14.2-eks-1-36-11",
    ),
    ("rancher/mirrored-metrics-server", "v0.8.0 v0.8.1"),
    (
        "rancher/hardened-coredns",
        "v1.13.1-build20250611 v1.14.2-build20260101",
    ),
    ("oss/v2/kubernetes/coredns", "v1.13.1-3 v1.13.1-20"),
    ("k8s-dns-node-cache", "1.26.7-gke.1 1.26.7-gke.12"),
    (
        "eks/kube-proxy",
        "v1.36.0-minimal-eksbuild.2 v1.36.3-minimal-eksbuild.7 v1.36.3-eksbuild.9",
    ),
    ("team/api", "1.2.3 1.2.4-alpine 1.3.0"),
];

/// The hosts that images are published at; none of them is ever asked.
const HOSTS: [&str; 8] = [
    "registry.k8s.io",
    "quay.io",
    "docker.io",
    "ghcr.io",
    "public.ecr.aws",
    "mcr.microsoft.com",
    "gke.gcr.io",
    "602401143452.dkr.ecr.eu-west-1.amazonaws.com",
];

/// Everything that stands in for the world.
struct Site {
    directory: PathBuf,
    registry: Registry,
    knowledge: HttpServer,
    charts: HttpServer,
    helm: PathBuf,
}

/// Debian's docker-registry.
struct Registry {
    host: String,
    /// The site is a static, which nobody drops.
    _process: Companion,
}

fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        tools::debian(&[("docker-registry", "docker-registry")]).unwrap();
        let helm = tools::HELM.get(&|_| {}).unwrap();
        let directory = scratch("addons");
        let registry = Registry::start(&directory);
        for (name, tags) in IMAGES {
            for tag in tags.split(' ') {
                registry.push(name, tag);
            }
        }
        let site = Site {
            knowledge: HttpServer::start(knowledge).unwrap(),
            charts: chart_repository(&helm, &directory),
            directory,
            registry,
            helm,
        };
        install(&site);
        site
    })
}

impl Registry {
    fn start(directory: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let host = format!("127.0.0.1:{port}");
        let config = directory.join("registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: {host}}}\n",
            directory.join("registry").display()
        );
        fs::write(&config, text).unwrap();
        let arguments = [OsStr::new("serve"), config.as_os_str()];
        let process = Companion::start("docker-registry", arguments).unwrap();
        let registry = Self {
            host,
            _process: process,
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(&registry.host).is_err() {
            assert!(Instant::now() < deadline, "the registry does not start");
            thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    /// Puts an image there that is nothing but its name; returns its digest.
    fn push(&self, name: &str, tag: &str) -> String {
        let config = format!("{{\"of\":\"{name}:{tag}\"}}");
        let digest = format!("sha256:{}", sha256(config.as_bytes()));
        let (_, head, _) = self.send("POST", &format!("/v2/{name}/blobs/uploads/"), "", b"");
        let place = header(&head, "location");
        let path = place
            .split_once("127.0.0.1")
            .map_or(&*place, |(_, rest)| &rest[rest.find('/').unwrap()..]);
        let (status, ..) = self.send(
            "PUT",
            &format!("{path}&digest={digest}"),
            "application/octet-stream",
            config.as_bytes(),
        );
        assert_eq!(status, 201);
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{kind}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":{}}},"layers":[]}}"#,
            config.len()
        );
        let (status, head, body) = self.send(
            "PUT",
            &format!("/v2/{name}/manifests/{tag}"),
            kind,
            manifest.as_bytes(),
        );
        assert_eq!(status, 201, "{body}");
        header(&head, "docker-content-digest")
    }

    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }
}

fn header(head: &str, name: &str) -> String {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .unwrap()
        .1
        .to_owned()
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut text = String::new();
    for byte in digest.as_ref() {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// OSV and endoflife.date, in the form in which they answer.
fn knowledge(request: &Received) -> Reply {
    let json = |text: &str| Reply::new(200, text).header("Content-Type", "application/json");
    match request.path() {
        "/v1/querybatch" => {
            let batch: Value = serde_json::from_slice(&request.body).unwrap();
            let results = batch["queries"].as_array().unwrap().iter().map(|query| {
                let hit = query["package"]["name"] == "github.com/coredns/coredns" && query["version"] == "1.13.1";
                if hit {
                    r#"{"vulns":[{"id":"GHSA-93mf-426m-g6x9","modified":"2026-01-01T00:00:00Z"},{"id":"GO-2026-4289","modified":"2026-01-01T00:00:00Z"}]}"#
                } else {
                    "{}"
                }
            });
            json(&format!(
                "{{\"results\":[{}]}}",
                results.collect::<Vec<_>>().join(",")
            ))
        }
        path if path.starts_with("/v1/vulns/") => {
            let id = path.rsplit('/').next().unwrap();
            json(&format!(
                r#"{{"id":"{id}","summary":"CoreDNS may run out of memory","aliases":["CVE-2026-12345"],"affected":[{{"package":{{"name":"github.com/coredns/coredns","ecosystem":"Go"}}}}]}}"#
            ))
        }
        "/api/v1/products/cert-manager" => json(
            r#"{"schema_version":"1.2.0","result":{"name":"cert-manager","releases":[{"name":"1.21","isEol":false,"eolFrom":null,"custom":null},{"name":"1.19","isEol":true,"eolFrom":"2026-07-08","custom":null}]}}"#,
        ),
        "/api/v1/products/keda" => json(
            r#"{"schema_version":"1.2.0","result":{"name":"keda","releases":[{"name":"2.20","isEol":false,"eolFrom":null,"custom":{"supportedKubernetesVersions":"1.33 - 1.35"}}]}}"#,
        ),
        _ => Reply::new(404, "{}"),
    }
}

/// A chart of the test's own, packaged by helm, behind a web server that knows files.
fn chart_repository(helm: &Path, directory: &Path) -> HttpServer {
    let charts = directory.join("charts");
    fs::create_dir_all(&charts).unwrap();
    for (version, app) in [
        ("v1.19.1", "v1.19.1"),
        ("v1.20.3", "v1.20.3"),
        ("v1.21.1", "v1.21.1"),
        ("v1.22.0-alpha.0", "v1.22.0-alpha.0"),
    ] {
        let chart = directory.join("cert-manager");
        fs::create_dir_all(chart.join("templates")).unwrap();
        fs::write(
            chart.join("Chart.yaml"),
            format!("apiVersion: v2\nname: cert-manager\nversion: {version}\nappVersion: {app}\n"),
        )
        .unwrap();
        let template = workload(
            "Deployment",
            "cert-manager",
            "quay.io/jetstack/cert-manager-controller:{{ .Chart.AppVersion }}",
            0,
        )
        .replace("\"NAMESPACE\"", "{{ .Release.Namespace | quote }}");
        fs::write(chart.join("templates/deployment.yaml"), template).unwrap();
        run(Command::new(helm)
            .arg("package")
            .arg(&chart)
            .arg("-d")
            .arg(&charts));
    }
    run(Command::new(helm).args(["repo", "index"]).arg(&charts));
    HttpServer::start(move |request| {
        match fs::read(charts.join(request.path().trim_start_matches('/'))) {
            Ok(file) => Reply::new(200, file),
            Err(_) => Reply::new(404, ""),
        }
    })
    .unwrap()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A Deployment or `DaemonSet` of one container.
fn workload(kind: &str, name: &str, image: &str, replicas: u32) -> String {
    let replicas = if kind == "Deployment" {
        format!("\"replicas\":{replicas},")
    } else {
        "\"updateStrategy\":{\"type\":\"OnDelete\"},".to_owned()
    };
    format!(
        r#"{{"apiVersion":"apps/v1","kind":"{kind}","metadata":{{"name":"{name}","namespace":"NAMESPACE"}},
        "spec":{{{replicas}"selector":{{"matchLabels":{{"app":"{name}"}}}},"template":{{"metadata":{{"labels":{{"app":"{name}"}}}},
        "spec":{{"containers":[{{"name":"main","image":"{image}"}}]}}}}}}}}"#
    )
}

/// Applies workloads in a namespace as somebody.
fn apply(namespace: &str, manager: Option<&str>, workloads: &[String]) {
    let create =
        format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{namespace}"}}}}"#);
    plane().apply(&create).unwrap();
    for workload in workloads {
        let mut command = kubectl(plane());
        command.arg("apply");
        if let Some(manager) = manager {
            command.args([
                "--server-side",
                "--force-conflicts",
                "--field-manager",
                manager,
            ]);
        }
        let mut child = command
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let text = workload.replace("NAMESPACE", namespace);
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        assert!(child.wait().unwrap().success(), "{text}");
    }
}

fn install(site: &Site) {
    let deployment = |name: &str, image: &str| workload("Deployment", name, image, 0);
    apply(
        "addons-dns",
        Some("kubeadm"),
        &[
            deployment("coredns", "registry.k8s.io/coredns/coredns:v1.13.1"),
            workload(
                "DaemonSet",
                "kube-proxy",
                "registry.k8s.io/kube-proxy:v1.35.2",
                0,
            ),
        ],
    );
    apply(
        "addons",
        None,
        &[
            deployment(
                "metrics-server",
                "registry.k8s.io/metrics-server/metrics-server:v0.8.1",
            ),
            workload("DaemonSet", "cilium", "quay.io/cilium/cilium:v1.18.3", 0),
            deployment(
                "ingress-nginx",
                "registry.k8s.io/ingress-nginx/controller:v1.15.1",
            ),
            deployment("keda", "ghcr.io/kedacore/keda:2.18.3"),
            deployment("api", "registry.example.invalid:5000/team/api:1.2.3"),
        ],
    );
    for (number, (image, ..)) in VENDORS.iter().enumerate() {
        apply(
            &format!("addons-vendor-{number}"),
            None,
            &[deployment("vendor", image)],
        );
    }
    let digest = site.registry.push("coredns/coredns", "v1.13.1");
    apply(
        "addons-pinned",
        None,
        &[deployment(
            "coredns",
            &format!("registry.k8s.io/coredns/coredns@{digest}"),
        )],
    );
    let chart = site.directory.join("charts/cert-manager-v1.19.1.tgz");
    let mut helm = Command::new(&site.helm);
    helm.env("KUBECONFIG", plane().kubeconfig())
        .env("HOME", &site.directory);
    run(helm
        .args(["install", "cm", "--create-namespace", "-n", "addons-cm"])
        .arg(chart));
}

/// Vendors' builds and mirrors: the add-on, what fits on Kubernetes 1.36, and the newest.
const VENDORS: &[(&str, &str, &str, Option<&str>, &str)] = &[
    (
        "public.ecr.aws/eks-distro/coredns/coredns:v1.13.1-eks-1-35-4",
        "coredns",
        "eks-distro",
        Some("v1.14.2-eks-1-36-11"),
        "v1.14.2-eks-1-36-11",
    ),
    (
        "rancher/mirrored-metrics-server:v0.8.0",
        "metrics-server",
        "rancher",
        Some("v0.8.1"),
        "v0.8.1",
    ),
    (
        "rancher/hardened-coredns:v1.13.1-build20250611",
        "coredns",
        "rke2",
        Some("v1.14.2-build20260101"),
        "v1.14.2-build20260101",
    ),
    (
        "mcr.microsoft.com/oss/v2/kubernetes/coredns:v1.13.1-3",
        "coredns",
        "aks",
        None,
        "v1.13.1-20",
    ),
    (
        "gke.gcr.io/k8s-dns-node-cache:1.26.7-gke.1",
        "node-local-dns",
        "gke",
        None,
        "1.26.7-gke.12",
    ),
    (
        "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy:v1.36.0-minimal-eksbuild.2",
        "kube-proxy",
        "eks",
        Some("v1.36.3-minimal-eksbuild.7"),
        "v1.36.3-minimal-eksbuild.7",
    ),
    (
        "harbor.example.invalid/proxy/registry.k8s.io/metrics-server/metrics-server:v0.8.1",
        "metrics-server",
        "mirror",
        Some("v0.9.0"),
        "v0.9.0",
    ),
    (
        "127.0.0.1:35000/kube-proxy:v1.36.3",
        "kube-proxy",
        "mirror",
        Some("v1.36.4"),
        "v1.36.4",
    ),
];

/// `kubectl addons …` with everything published at this site.
fn addons(cache: &str, args: &[&str]) -> Said {
    let mut command = kubectl(plane());
    command.arg("addons").args(args);
    at_site(&mut command, cache, &site().charts.url());
    Said::of(command.output().unwrap())
}

/// Has everything that is published looked for at this site, and cert-manager's charts at `charts`.
fn at_site(command: &mut Command, cache: &str, charts: &str) {
    let site = site();
    command
        .env("XDG_CACHE_HOME", site.directory.join(cache))
        .env("XDG_CONFIG_HOME", site.directory.join("config"))
        .env("DOCKER_CONFIG", site.directory.join("docker"));
    let registry = format!("http://{}", site.registry.host);
    let hosts = HOSTS.iter().map(|host| (*host, registry.as_str()));
    let knowledge = site.knowledge.url();
    let others = [
        ("api.osv.dev", knowledge.as_str()),
        ("endoflife.date", knowledge.as_str()),
        ("charts.jetstack.io", charts),
    ];
    for (host, place) in hosts.chain(others) {
        command.args(["--registry-mirror", &format!("{host}={place}")]);
    }
}

/// The cells of the row of an add-on.
fn cells(table: &str, namespace: &str, name: &str) -> Vec<String> {
    let row = table.lines().find(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some(namespace) && words.next() == Some(name)
    });
    let row = row.unwrap_or_else(|| panic!("no {namespace} {name} in:\n{table}"));
    row.split("   ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_table_shows_what_fits_what_is_new_and_who_manages_it() {
    let said = addons("list", &[]);
    let table = said.ok();
    assert!(table.starts_with("NAMESPACE"), "{table}");
    for row in [
        &[
            "addons-dns",
            "coredns",
            "v1.13.1",
            "v1.14.2",
            "v1.15.0",
            "1 minor",
            "<unknown>",
            "1",
            "kubeadm",
        ][..],
        &[
            "addons-dns",
            "kube-proxy",
            "v1.35.2",
            "v1.36.4",
            "v1.36.4",
            "1 minor",
            "<unknown>",
            "0",
            "kubeadm",
        ],
        &[
            "addons",
            "metrics-server",
            "v0.8.1",
            "v0.9.0",
            "v0.9.0",
            "1 minor",
            "<unknown>",
            "0",
            "kubectl apply",
        ],
        &[
            "addons",
            "cilium",
            "v1.18.3",
            "v1.20.1",
            "v1.20.1",
            "2 minors",
            "<unknown>",
            "0",
            "kubectl apply",
        ],
        &[
            "addons",
            "ingress-nginx",
            "v1.15.1",
            "<none>",
            "v1.15.1",
            "-",
            "retired 2026-03-20",
            "0",
            "kubectl apply",
        ],
        // What endoflife.date publishes is as good as the catalogue.
        &[
            "addons",
            "keda",
            "2.18.3",
            "<none>",
            "2.20.2",
            "2 minors",
            "<unknown>",
            "0",
            "kubectl apply",
        ],
        &[
            "addons-cm",
            "cert-manager",
            "v1.19.1",
            "v1.21.1",
            "v1.21.1",
            "2 minors",
            "2026-07-08",
            "0",
            "helm",
        ],
        &[
            "addons-pinned",
            "coredns",
            "v1.13.1",
            "v1.14.2",
            "v1.15.0",
            "1 minor",
            "<unknown>",
            "1",
            "kubectl apply",
        ],
    ] {
        assert_eq!(cells(&table, row[0], row[1]), row);
    }
}

#[test]
fn images_of_vendors_and_mirrors_are_known_and_stay_on_their_track() {
    for (number, (image, name, origin, fits, latest)) in VENDORS.iter().enumerate() {
        let namespace = format!("addons-vendor-{number}");
        let json = addons("vendors", &["-n", &namespace, "-o", "json"]).json();
        let items = json["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{json}");
        assert_eq!(items[0]["name"], *name, "{image}");
        assert_eq!(items[0]["images"][0]["origin"], *origin, "{image}");
        assert_eq!(items[0]["fits"].as_str(), *fits, "{image}");
        assert_eq!(items[0]["latest"], *latest, "{image}");
    }
}

#[test]
fn the_document_has_the_fields_of_the_contract() {
    let json = addons("json", &["-n", "addons-cm", "-o", "json"]).json();
    assert_eq!(json["apiVersion"], "day2.dev/v1alpha1");
    assert_eq!(json["kind"], "AddonList");
    assert_eq!(json["kubernetes"], "1.36");
    assert_eq!(json["helmReleasesRead"], true);
    let item = &json["items"][0];
    for (field, expected) in [
        ("name", "cert-manager"),
        ("namespace", "addons-cm"),
        ("installed", "v1.19.1"),
        ("fits", "v1.21.1"),
        ("latest", "v1.21.1"),
        ("verdict", "untested"),
    ] {
        assert_eq!(item[field], expected, "{item:#}");
    }
    assert_eq!(
        item["behind"],
        serde_json::json!({"version": "v1.21.1", "against": "fits", "level": "minor", "count": 2})
    );
    assert_eq!(
        item["eol"],
        serde_json::json!({"branch": "1.19", "ended": true, "from": "2026-07-08"})
    );
    assert_eq!(item["cves"], serde_json::json!([]));
    assert_eq!(item["managedBy"]["tool"], "helm");
    assert_eq!(item["managedBy"]["name"], "cm");
    assert_eq!(item["chart"]["release"], "cm");
    assert_eq!(item["chart"]["version"], "v1.19.1");
    assert_eq!(item["chart"]["fits"], "v1.21.1");
    assert_eq!(item["chart"]["latest"], "v1.21.1");
    let steps: Vec<&str> = item["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["version"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["v1.20.3", "v1.21.1"]);
    let facts: Vec<&str> = item["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["fact"].as_str().unwrap())
        .collect();
    for fact in ["versions", "compatibility", "eol", "cves", "chart", "steps"] {
        assert!(facts.contains(&fact), "{facts:?}");
    }
    let yaml = addons("json", &["-n", "addons-cm", "-o", "yaml"]).ok();
    assert!(
        yaml.contains("kind: AddonList") && yaml.contains("installed: v1.19.1"),
        "{yaml}"
    );
    assert_eq!(
        addons("json", &["-n", "addons-cm", "-o", "name"]).ok(),
        "addon/cert-manager\n"
    );
    let markdown = addons("json", &["-n", "addons-cm", "-o", "markdown"]).ok();
    assert!(
        markdown.contains("| addons-cm | cert-manager | v1.19.1 | v1.21.1 |"),
        "{markdown}"
    );
    let wide = addons("json", &["-n", "addons-cm", "-o", "wide", "--no-headers"]).ok();
    assert!(
        !wide.contains("NAMESPACE") && wide.contains("cert-manager-v1.19.1"),
        "{wide}"
    );
}

#[test]
fn rows_come_in_the_order_that_is_asked_for() {
    let sorted = |by: &str| -> Vec<String> {
        let args = ["-n", "addons", "--no-headers", "--sort-by", by];
        let table = addons("sorted", &args).ok();
        let names = table.lines().map(|line| line.split_whitespace().nth(1));
        names.map(|name| name.unwrap().to_owned()).collect()
    };
    assert_eq!(
        sorted("name"),
        ["cilium", "ingress-nginx", "keda", "metrics-server"]
    );
    // Up to date, a minor version, two of them.
    assert_eq!(
        sorted("behind"),
        ["ingress-nginx", "metrics-server", "cilium", "keda"]
    );
    // Only one has an end that is known.
    assert_eq!(sorted("eol")[0], "ingress-nginx");
}

#[test]
fn charts_of_an_oci_registry_are_known() {
    let site = site();
    let registry = format!("oci://{}/karpenter", site.registry.host);
    let helm = |args: &[&str]| {
        let mut helm = Command::new(&site.helm);
        helm.env("KUBECONFIG", plane().kubeconfig())
            .env("HOME", &site.directory)
            .args(args);
        run(&mut helm)
    };
    let directory = site.directory.join("oci");
    let chart = directory.join("karpenter");
    fs::create_dir_all(chart.join("templates")).unwrap();
    let template = workload(
        "Deployment",
        "karpenter",
        "public.ecr.aws/karpenter/controller:{{ .Chart.AppVersion }}",
        0,
    );
    let template = template.replace("\"NAMESPACE\"", "{{ .Release.Namespace | quote }}");
    fs::write(chart.join("templates/deployment.yaml"), template).unwrap();
    for version in ["1.5.0", "1.13.2", "1.14.1", "1.15.0-rc.1"] {
        let about =
            format!("apiVersion: v2\nname: karpenter\nversion: {version}\nappVersion: {version}\n");
        fs::write(chart.join("Chart.yaml"), about).unwrap();
        let place = directory.to_str().unwrap();
        helm(&["package", chart.to_str().unwrap(), "-d", place]);
        let archive = directory.join(format!("karpenter-{version}.tgz"));
        helm(&["push", archive.to_str().unwrap(), &registry, "--plain-http"]);
        site.registry.push("karpenter/controller", version);
    }
    let reference = format!("{registry}/karpenter");
    let install = [
        "install",
        "kp",
        reference.as_str(),
        "--version",
        "1.5.0",
        "--plain-http",
    ];
    helm(&[&install[..], &["--create-namespace", "-n", "addons-oci"]].concat());

    let json = addons("oci", &["-n", "addons-oci", "-o", "json"]).json();
    let item = &json["items"][0];
    assert_eq!(item["installed"], "1.5.0", "{item:#}");
    assert_eq!(item["fits"], "1.14.1");
    let chart = &item["chart"];
    assert_eq!(chart["release"], "kp");
    assert_eq!(chart["version"], "1.5.0");
    assert_eq!(chart["latest"], "1.14.1");
    let mut sources = item["sources"].as_array().unwrap().iter();
    let source = sources.find(|source| source["fact"] == "chart").unwrap();
    let url = source["url"].as_str().unwrap();
    assert!(url.contains("/v2/karpenter/karpenter/tags/list"), "{url}");
}

#[test]
fn an_index_of_140_megabytes_does_not_need_as_much_memory() {
    site();
    let other = "  - apiVersion: v2\n    appVersion: 7.4.1\n    description: Something else that is long enough to be like the real ones\n    digest: 3f1d\n    urls:\n    - https://example.com/other.tgz\n    version: 1.0.0\n";
    let mut index = String::from("apiVersion: v1\nentries:\n  another:\n");
    while index.len() < 140 << 20 {
        index += other;
    }
    index += "  cert-manager:\n  - appVersion: v1.21.1\n    version: v1.21.1\n  zzz:\n";
    index += other;
    let charts = HttpServer::start(move |request| match request.path() {
        "/index.yaml" => Reply::new(200, index.clone()),
        _ => Reply::new(404, ""),
    })
    .unwrap();
    // The whole address space, program and all; kubectl in between would need more by itself.
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -v 250000 && exec \"$@\"", "sh"])
        .arg(crate::plugin::installation().join("kubectl-addons"))
        .args(["-n", "addons-cm", "-o", "json", "--deadline", "60s"])
        .env("KUBECONFIG", plane().kubeconfig());
    at_site(&mut limited, "huge", &charts.url());
    let json = Said::of(limited.output().unwrap()).json();
    assert_eq!(json["items"][0]["chart"]["latest"], "v1.21.1", "{json:#}");
}

#[test]
fn outdated_shows_what_needs_attention_and_can_say_so_to_a_script() {
    let said = addons("outdated", &["outdated", "--exit-code", "-n", "addons"]);
    assert_eq!(said.code, 3, "{}", said.stderr);
    assert!(
        said.stdout.contains("metrics-server") && said.stdout.contains("ingress-nginx"),
        "{}",
        said.stdout
    );
    let said = addons(
        "outdated",
        &["outdated", "--exit-code", "-n", "addons-nothing"],
    );
    assert_eq!(said.code, 0);
    assert!(
        said.stderr
            .contains("no add-ons found in namespace \"addons-nothing\""),
        "{}",
        said.stderr
    );
}

#[test]
fn before_an_upgrade_the_order_is_shown() {
    let json = addons("target", &["outdated", "--target", "1.37", "-o", "json"]).json();
    assert_eq!(json["target"], "1.37");
    let of = |namespace: &str, name: &str| {
        let mut items = json["items"].as_array().unwrap().iter();
        let item = items.find(|item| item["namespace"] == namespace && item["name"] == name);
        item.map(|item| {
            (
                item["upgrade"]["when"].clone(),
                item["upgrade"]["to"].clone(),
            )
        })
    };
    // kube-proxy may be three minor versions older, and metrics-server 0.8 is for 1.31 and later.
    assert_eq!(of("addons-dns", "kube-proxy"), None);
    assert_eq!(of("addons", "metrics-server"), None);
    assert_eq!(of("addons", "ingress-nginx").unwrap().0, "untested");
    assert_eq!(of("addons-dns", "coredns").unwrap().0, "unknown");
    let order: Vec<&str> = json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["upgrade"]["when"].as_str().unwrap())
        .collect();
    let rank = |when: &&str| {
        ["blocked", "before", "with", "untested", "unknown"]
            .iter()
            .position(|known| known == when)
    };
    assert!(order.is_sorted_by_key(rank), "{order:?}");
    addons("target", &["outdated", "--target", "1.35"])
        .fails(2, &["Kubernetes 1.36 can't be upgraded to 1.35", "hint:"]);
    addons("target", &["outdated", "--target", "soon"]).fails(2, &["1.36"]);
}

#[test]
fn show_has_all_facts_and_where_they_stand() {
    let text = addons("show", &["show", "coredns", "-n", "addons-dns"]).ok();
    for words in [
        "Managed by:     kubeadm",
        "Verdict:        untested on Kubernetes 1.36: kubeadm installs v1.14.2 with Kubernetes 1.36",
        "CVE-2026-12345  CoreDNS may run out of memory",
        "v1.14.2  https://github.com/coredns/coredns/releases/tag/v1.14.2",
        "catalogue, 2026-07-22",
        "/v2/coredns/coredns/tags/list  (fetched ",
    ] {
        assert!(text.contains(words), "no {words:?} in:\n{text}");
    }
    let pinned = addons(
        "show",
        &["show", "coredns", "-n", "addons-pinned", "-o", "json"],
    )
    .json();
    assert_eq!(pinned["items"][0]["installedFrom"], "digest");
    addons("show", &["show", "nonsense"]).fails(
        1,
        &[
            "no add-on \"nonsense\" runs here",
            "hint: kubectl addons lists",
        ],
    );
}

#[test]
fn the_cache_answers_offline_and_says_how() {
    let asked = addons("offline", &["-n", "addons"]).ok();
    assert_eq!(
        addons("offline", &["-n", "addons", "--offline"]).ok(),
        asked
    );
    let said = addons("offline-empty", &["-n", "addons", "--offline"]);
    assert!(
        said.stderr
            .contains("it is not in the cache, and --offline forbids to ask"),
        "{}",
        said.stderr
    );
    assert_eq!(
        cells(&said.ok(), "addons", "cilium")[2..5],
        ["v1.18.3", "<unknown>", "<unknown>"]
    );
}

#[test]
fn a_source_that_fails_costs_only_its_own_cells() {
    // The longest mirror that matches counts.
    let said = addons(
        "broken",
        &[
            "-n",
            "addons",
            "--registry-mirror",
            "quay.io/cilium=http://127.0.0.1:9",
        ],
    );
    assert!(
        said.stderr
            .contains("versions of cilium are unknown: 127.0.0.1:9 can't be reached"),
        "{}",
        said.stderr
    );
    let table = said.ok();
    assert_eq!(
        cells(&table, "addons", "cilium")[2..6],
        ["v1.18.3", "<unknown>", "<unknown>", "<unknown>"]
    );
    assert_eq!(cells(&table, "addons", "metrics-server")[3], "v0.9.0");
}

#[test]
fn an_image_of_ones_own_can_be_tracked() {
    let mirror = format!(
        "registry.example.invalid:5000=http://{}",
        site().registry.host
    );
    let said = addons(
        "image",
        &[
            "-n",
            "addons",
            "--image",
            "*/team/*",
            "--registry-mirror",
            &mirror,
        ],
    );
    let table = said.ok();
    assert_eq!(
        cells(&table, "addons", "api")[2..6],
        ["1.2.3", "<unknown>", "1.3.0", "1 minor"]
    );
}

#[test]
fn two_versions_at_once_are_drift() {
    site();
    let daemon = |tag: &str| {
        workload(
            "DaemonSet",
            "kube-proxy",
            &format!("registry.k8s.io/kube-proxy:{tag}"),
            0,
        )
    };
    apply("addons-drift", None, &[daemon("v1.35.2")]);
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let pods = plane()
            .kubectl_output(&[
                "get",
                "pods",
                "-n",
                "addons-drift",
                "-o",
                "jsonpath={.items[*].spec.nodeName}",
            ])
            .unwrap();
        if pods.split_whitespace().count() >= 3 {
            break;
        }
        assert!(Instant::now() < deadline, "{pods}");
        thread::sleep(Duration::from_millis(100));
    }
    // OnDelete leaves the old pods.
    apply("addons-drift", None, &[daemon("v1.36.3")]);
    let json = addons("drift", &["-n", "addons-drift", "-o", "json"]).json();
    let item = &json["items"][0];
    assert_eq!(item["drift"], true, "{item:#}");
    assert_eq!(item["installed"], "v1.35.2");
    assert!(
        item["images"][0]["nodes"].as_u64().unwrap() >= 3,
        "{item:#}"
    );
    let table = addons("drift", &["-n", "addons-drift"]).ok();
    assert_eq!(
        cells(&table, "addons-drift", "kube-proxy")[2],
        "v1.35.2,v1.36.3"
    );
}

#[test]
fn an_image_that_was_set_by_hand_is_noticed() {
    site();
    let deployment = |tag: &str| {
        workload(
            "Deployment",
            "metrics-server",
            &format!("registry.k8s.io/metrics-server/metrics-server:{tag}"),
            0,
        )
    };
    apply("addons-hand", None, &[deployment("v0.8.1")]);
    plane()
        .kubectl_output(&[
            "set",
            "image",
            "-n",
            "addons-hand",
            "deployment/metrics-server",
            "main=registry.k8s.io/metrics-server/metrics-server:v0.7.2",
        ])
        .unwrap();
    let table = addons("hand", &["-n", "addons-hand"]).ok();
    let row = cells(&table, "addons-hand", "metrics-server");
    assert_eq!(
        (&*row[2], &*row[8]),
        ("v0.7.2", "kubectl apply, image by kubectl-set")
    );
}

#[test]
fn skew_holds_components_against_the_api_server() {
    site();
    let said = Said::of(
        kubectl(plane())
            .args(["addons", "skew", "-o", "json"])
            .output()
            .unwrap(),
    );
    let json = said.json();
    assert_eq!(json["kind"], "VersionSkew");
    assert_eq!(json["serverVersion"], "v1.36.3");
    let of = |component: &str| {
        let mut items = json["items"].as_array().unwrap().iter();
        items
            .find(|item| item["component"] == component)
            .unwrap()
            .clone()
    };
    assert_eq!(of("kube-apiserver")["verdict"], "supported");
    assert_eq!(of("kube-proxy")["newest"], "1.36");
    assert!(of("kubelet")["instances"].as_u64().unwrap() >= 3);
    let said = Said::of(
        kubectl(plane())
            .args(["addons", "skew", "--target", "1.38", "--exit-code"])
            .output()
            .unwrap(),
    );
    assert_eq!(said.code, 3);
    assert!(
        said.stdout.contains("it can't skip 1 minor versions"),
        "{}",
        said.stdout
    );
}

#[test]
fn the_catalogue_can_be_read_and_extended() {
    let directory = scratch("catalogue");
    let own = "name: team-api\ntitle: Our API\nsources:\n  wiki: {url: 'https://wiki.example.com/api', date: 2026-01-01}\nimages:\n- {repository: 'registry.example.invalid:5000/team/api', source: wiki}\n";
    fs::write(directory.join("api.yaml"), own).unwrap();
    let path = directory.to_str().unwrap();
    let said = Said::of(
        kubectl(plane())
            .args(["addons", "catalogue", "--catalogue", path])
            .output()
            .unwrap(),
    );
    let table = said.ok();
    assert!(
        table.lines().count() > 40 && table.contains("team-api"),
        "{table}"
    );
    let said = Said::of(
        kubectl(plane())
            .args(["addons", "catalogue", "cilium", "-o", "yaml"])
            .output()
            .unwrap(),
    );
    assert!(said.ok().contains("repository: quay.io/cilium/cilium"));
    fs::write(directory.join("bad.yaml"), "name: x\n").unwrap();
    let said = Said::of(
        kubectl(plane())
            .args(["addons", "catalogue", "--catalogue", path])
            .output()
            .unwrap(),
    );
    said.fails(1, &["catalogue: ", "bad.yaml", "hint: docs/addons.md"]);
    let said = Said::of(
        kubectl(plane())
            .args(["addons", "catalogue", "nonsense"])
            .output()
            .unwrap(),
    );
    said.fails(1, &["the catalogue has no add-on \"nonsense\"", "hint:"]);
}

fn bind(user: &str, role: &str) {
    let binding = format!(
        r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{{"name":"{role}"}},
        "roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{role}"}},
        "subjects":[{{"kind":"User","name":"{user}","apiGroup":"rbac.authorization.k8s.io"}}]}}"#
    );
    plane().apply(&binding).unwrap();
}

#[test]
fn the_documented_role_is_enough() {
    site();
    plane()
        .apply(include_str!("../../docs/rbac/addons.yaml"))
        .unwrap();
    bind("addons-operator", "day2-addons");
    wait_until_allowed("addons-operator", &["list", "secrets", "-A"]);
    let said = addons(
        "role",
        &["-n", "addons-cm", "--as", "addons-operator", "-o", "json"],
    );
    assert!(!said.stderr.contains("not allowed"), "{}", said.stderr);
    assert_eq!(said.json()["items"][0]["chart"]["release"], "cm");
    let said = Said::of(
        kubectl(plane())
            .args(["addons", "skew", "--as", "addons-operator"])
            .output()
            .unwrap(),
    );
    assert!(!said.stderr.contains("not allowed"), "{}", said.stderr);
    said.ok();
}

#[test]
fn without_secrets_the_answer_comes_from_images_and_says_so() {
    site();
    let role = include_str!("../../docs/rbac/addons.yaml")
        .replace("day2-addons", "day2-addons-without-secrets")
        .replace("resources: [secrets]", "resources: [services]");
    plane().apply(&role).unwrap();
    bind("addons-reader", "day2-addons-without-secrets");
    wait_until_allowed("addons-reader", &["list", "nodes"]);
    let said = addons(
        "secrets",
        &["-n", "addons-cm", "--as", "addons-reader", "-o", "json"],
    );
    assert!(
        said.stderr.contains("versions come from images and labels, and not from Helm's releases: not allowed to list secrets in the whole cluster"),
        "{}",
        said.stderr
    );
    let json = said.json();
    assert_eq!(json["helmReleasesRead"], false);
    assert_eq!(json["items"][0]["installed"], "v1.19.1");
    assert_eq!(json["items"][0]["managedBy"]["tool"], "helm");
    assert!(json["items"][0]["chart"].is_null());
    addons("secrets", &["--as", "addons-nobody"]).fails(
        5,
        &[
            "not allowed to list",
            "hint: ClusterRole \"day2-addons\" in docs/rbac/addons.yaml",
        ],
    );
}

#[test]
fn nothing_of_a_release_or_a_login_is_shown_or_kept() {
    let site = site();
    let docker = site.directory.join("docker");
    fs::create_dir_all(&docker).unwrap();
    let config = format!(
        r#"{{"auths":{{"{}":{{"username":"u","password":"hunter2"}}}}}}"#,
        site.registry.host
    );
    fs::write(docker.join("config.json"), config).unwrap();
    let said = addons("leaks", &["-o", "json"]);
    assert!(!said.stdout.contains("hunter2") && !said.stderr.contains("hunter2"));
    for file in fs::read_dir(site.directory.join("leaks/kubectl-day2/addons")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(
            !text.contains("hunter2") && !text.contains("aHVudGVyMg"),
            "{text}"
        );
    }
    // A closed pipe ends quietly.
    let mut child = kubectl(plane())
        .args(["addons", "catalogue", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
