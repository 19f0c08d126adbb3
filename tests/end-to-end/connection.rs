//! Every way to connect that kubectl has, against the real API server.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::plugin::{Said, alone, bare, installation, leases, plane, scratch, wait_until_allowed};
use crate::token::service_account;

const QUESTION: [&str; 4] = ["-n", "kube-system", "-o", "name"];

fn ask(args: &[&str]) -> Said {
    alone(&[&QUESTION, args].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn ca() -> String {
    text(&plane().ca_file()).to_owned()
}

fn token() -> String {
    fs::read_to_string(plane().token_file())
        .unwrap()
        .trim()
        .to_owned()
}

/// The admin kubeconfig as JSON, which is YAML too.
fn kubeconfig() -> Value {
    let json = plane()
        .kubectl_output(&["config", "view", "--raw", "-o", "json"])
        .unwrap();
    serde_json::from_str(&json).unwrap()
}

fn write(directory: &Path, name: &str, value: &Value) -> String {
    let file = directory.join(name);
    fs::write(&file, value.to_string()).unwrap();
    text(&file).to_owned()
}

#[test]
fn flags_alone_are_enough() {
    let server = plane().server_url();
    let said = ask(&[
        "--server",
        &server,
        "--certificate-authority",
        &ca(),
        "--token",
        &token(),
    ]);
    assert!(said.ok().contains("kube-scheduler"));
    let said = ask(&[
        "-s",
        &server,
        "--insecure-skip-tls-verify",
        "--token",
        &token(),
    ]);
    assert!(said.ok().contains("kube-scheduler"));
    let bare_address = server.trim_start_matches("https://");
    ask(&[
        "-s",
        bare_address,
        "--certificate-authority",
        &ca(),
        "--token",
        &token(),
    ])
    .ok();
}

#[test]
fn client_certificates_work_from_kubeconfig_and_from_files() {
    assert!(leases(plane(), &QUESTION).ok().contains("kube-scheduler"));
    let directory = scratch("certificates");
    let user = &kubeconfig()["users"][0]["user"];
    let [certificate, key] = ["client-certificate-data", "client-key-data"].map(|field| {
        use base64::Engine;
        let pem = base64::engine::general_purpose::STANDARD
            .decode(user[field].as_str().unwrap())
            .unwrap();
        let file = directory.join(field);
        fs::write(&file, pem).unwrap();
        text(&file).to_owned()
    });
    let server = plane().server_url();
    let said = ask(&[
        "--server",
        &server,
        "--certificate-authority",
        &ca(),
        "--client-certificate",
        &certificate,
        "--client-key",
        &key,
    ]);
    assert!(said.ok().contains("kube-scheduler"));
}

#[test]
fn a_list_of_kubeconfigs_is_merged_and_its_contexts_can_be_chosen() {
    let directory = scratch("merge");
    let whole = kubeconfig();
    let contexts = json!({"apiVersion": "v1", "kind": "Config", "current-context": "broken", "contexts": [
        {"name": "good", "context": {"cluster": "c", "user": "u", "namespace": "kube-system"}},
        {"name": "broken", "context": {"cluster": "nowhere", "user": "u"}}]});
    let rest = json!({"apiVersion": "v1", "kind": "Config",
        "clusters": [{"name": "c", "cluster": whole["clusters"][0]["cluster"]}],
        "users": [{"name": "u", "user": whole["users"][0]["user"]}]});
    let files = [
        write(&directory, "missing-is-skipped", &json!({})) + ".not",
        write(&directory, "contexts", &contexts),
        write(&directory, "rest", &rest),
    ];
    let list = files.join(":");
    let run =
        |args: &[&str]| Said::of(bare().env("KUBECONFIG", &list).args(args).output().unwrap());
    assert!(
        run(&["--context", "good", "-o", "name"])
            .ok()
            .contains("kube-scheduler")
    );
    run(&["-A"]).fails(1, &["cluster \"nowhere\" does not exist", "hint:"]);
    run(&["--context", "none"]).fails(1, &["context \"none\" does not exist", "hint:"]);
    assert!(
        run(&["--cluster", "c", "-n", "kube-system", "-o", "name"])
            .ok()
            .contains("kube-scheduler")
    );
}

#[test]
fn impersonation_reaches_the_server_with_groups_uid_and_extra() {
    leases(plane(), &["-n", "kube-system", "--as", "jane"])
        .fails(5, &["User \"jane\" cannot list"]);
    leases(
        plane(),
        &[
            "-n",
            "kube-system",
            "--as",
            "jane",
            "--as-group",
            "system:masters",
        ],
    )
    .ok();
    // Who may impersonate users, but neither uids nor extra fields, is told so by the server: so
    // they were sent.
    let token = service_account(plane(), -10, 600);
    let server = plane().server_url();
    let ca = ca();
    let connection = [
        "--server",
        &server,
        "--certificate-authority",
        &ca,
        "--token",
        &token,
    ];
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
        {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"impersonate-users"},
         "rules":[{"apiGroups":[""],"resources":["users"],"verbs":["impersonate"]}]},
        {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"impersonate-users"},
         "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"impersonate-users"},
         "subjects":[{"kind":"ServiceAccount","name":"default","namespace":"default"}]}]}"#,
        )
        .unwrap();
    wait_until_allowed(
        "system:serviceaccount:default:default",
        &["impersonate", "users"],
    );
    // The server remembers from this one that it is the plain kind of impersonation.
    ask(&[&connection, &["--as", "jane"][..]].concat()).fails(5, &["User \"jane\" cannot list"]);
    ask(&[&connection, &["--as", "jane", "--as-uid", "42"][..]].concat())
        .fails(5, &["\"uids\"", "42"]);
    ask(&[
        &connection,
        &["--as", "jane", "--as-user-extra", "scopes=view"][..],
    ]
    .concat())
    .fails(5, &["\"userextras/scopes\"", "view"]);
    alone(&["--server", &server, "--as-uid", "42"])
        .fails(1, &["without impersonating a user", "hint:"]);
}

#[test]
fn a_wrong_authority_is_a_certificate_error() {
    let other =
        test_support::ControlPlane::start(&test_support::ControlPlaneOptions::default()).unwrap();
    let ca = other.ca_file();
    let server = plane().server_url();
    ask(&[
        "--server",
        &server,
        "--certificate-authority",
        text(&ca),
        "--token",
        &token(),
    ])
    .fails(
        1,
        &[
            "the certificate of the API server at",
            "signed by an unknown authority",
            "--certificate-authority",
        ],
    );
    ask(&[
        "--server",
        &server,
        "--certificate-authority",
        &self::ca(),
        "--tls-server-name",
        "elsewhere",
        "--token",
        &token(),
    ])
    .fails(
        1,
        &["the certificate of the API server at", "--tls-server-name"],
    );
    ask(&[
        "--server",
        &server,
        "--certificate-authority",
        &self::ca(),
        "--tls-server-name",
        "localhost",
        "--token",
        &token(),
    ])
    .ok();
    ask(&[
        "--server",
        &server,
        "--certificate-authority",
        "/nonexistent",
        "--token",
        &token(),
    ])
    .fails(
        1,
        &["certificate authority /nonexistent: No such file", "hint:"],
    );
}

#[test]
fn an_expired_token_is_refused_as_unauthorized() {
    let server = plane().server_url();
    let ca = ca();
    let asked = |token: &str| {
        ask(&[
            "--server",
            &server,
            "--certificate-authority",
            &ca,
            "--token",
            token,
        ])
    };
    // A token made the same way that has not expired is known, though it allows nothing.
    asked(&service_account(plane(), -600, 600))
        .fails(5, &["system:serviceaccount:default:default"]);
    asked(&service_account(plane(), -600, -300)).fails(
        1,
        &[
            "does not accept the credentials (401 Unauthorized)",
            "log in again",
        ],
    );
    asked("nonsense").fails(1, &["401 Unauthorized"]);
}

#[test]
fn an_exec_plugin_gives_the_credentials() {
    let directory = scratch("exec");
    let plugin = directory.join("credentials");
    let credential = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token()}});
    fs::write(
        &plugin,
        format!("#!/bin/sh\n[ -n \"$KUBERNETES_EXEC_INFO\" ] && echo '{credential}'\n"),
    )
    .unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let mut config = kubeconfig();
    config["users"][0]["user"] = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": text(&plugin), "interactiveMode": "Never", "provideClusterInfo": true}});
    let file = write(&directory, "kubeconfig", &config);
    assert!(
        ask(&["--kubeconfig", &file])
            .ok()
            .contains("kube-scheduler")
    );
    fs::write(&plugin, "#!/bin/sh\necho not today >&2\nexit 1\n").unwrap();
    ask(&["--kubeconfig", &file]).fails(1, &["no credentials for the API server", "hint:"]);
    // A token on the command line needs no plugin.
    ask(&["--kubeconfig", &file, "--token", &token()]).ok();
}

#[test]
fn a_pod_uses_its_service_account() {
    let account = "system:serviceaccount:default:default";
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
        {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"in-cluster","namespace":"default"},
         "rules":[{"apiGroups":["coordination.k8s.io"],"resources":["leases"],"verbs":["list"]}]},
        {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"in-cluster","namespace":"default"},
         "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"in-cluster"},
         "subjects":[{"kind":"ServiceAccount","name":"default","namespace":"default"}]},
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"of-the-pod","namespace":"default"}}]}"#,
        )
        .unwrap();
    wait_until_allowed(account, &["list", "leases", "-n", "default"]);
    // The files have a fixed place, so the command gets a file system view of its own, as a pod has.
    let script = r#"mkdir -p /var/run/secrets && mount -t tmpfs none /var/run/secrets || exit 99
        directory=/var/run/secrets/kubernetes.io/serviceaccount
        mkdir -p $directory && cp "$1" $directory/ca.crt
        printf %s "$2" > $directory/token && printf default > $directory/namespace
        exec "$0" -o name"#;
    let address = plane().server_url();
    let (host, port) = address
        .trim_start_matches("https://")
        .split_once(':')
        .unwrap();
    let user = std::process::Command::new("id").arg("-u").output().unwrap();
    let root = user.stdout == b"0\n";
    let output = std::process::Command::new("unshare")
        .arg("--mount")
        .args((!root).then_some("--map-root-user"))
        .args(["sh", "-c", script])
        .arg(installation().join("kubectl-leases"))
        .args([&ca(), &service_account(plane(), -10, 600)])
        .env_remove("KUBECONFIG")
        .env("HOME", "/nonexistent")
        .env("KUBERNETES_SERVICE_HOST", host)
        .env("KUBERNETES_SERVICE_PORT", port)
        .output()
        .unwrap();
    let names = Said::of(output).ok();
    assert!(
        names.contains("lease.coordination.k8s.io/of-the-pod"),
        "{names}"
    );
}

#[test]
fn a_server_that_does_not_answer_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", silent.local_addr().unwrap());
    for args in [&["-n", "x"][..], &["-n", "x", "-w"], &["-n", "x", "name"]] {
        let start = Instant::now();
        alone(
            &[
                &[
                    "--server",
                    &address,
                    "--token",
                    "t",
                    "--request-timeout",
                    "1s",
                ],
                args,
            ]
            .concat(),
        )
        .fails(
            1,
            &[&address, "did not answer within 1s", "--request-timeout"],
        );
        assert!(start.elapsed() < Duration::from_secs(10));
    }
    drop(silent);
    alone(&["--server", &address, "--token", "t"])
        .fails(1, &[&address, "can't be reached", "refused"]);
    alone(&[
        "--server",
        "https://no-such-host.invalid",
        "--request-timeout",
        "5s",
    ])
    .fails(1, &["https://no-such-host.invalid", "hint:"]);
}

#[test]
fn without_any_cluster_the_way_out_is_shown() {
    alone(&["-A"]).fails(1, &["no cluster is configured", "KUBECONFIG"]);
    alone(&["-A", "--kubeconfig", "/nonexistent"]).fails(1, &["kubeconfig /nonexistent", "hint:"]);
    let directory = scratch("damaged");
    let file = directory.join("kubeconfig");
    fs::write(&file, "clusters: [").unwrap();
    alone(&["-A", "--kubeconfig", text(&file)]).fails(1, &["kubeconfig", "hint:"]);
}

#[test]
fn what_is_no_kubernetes_is_said_to_be_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 14\r\nconnection: close\r\n\r\n<html>hello</>");
        }
    });
    alone(&["-n", "x", "--server", &address])
        .fails(1, &["the answer can't be read", "expected a JSON object"]);
}
