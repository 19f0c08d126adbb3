//! From flags, kubeconfig files and the pod's environment to one connection.
//!
//! The rules are those of client-go's clientcmd (kubernetes/client-go, tools/clientcmd: `loader.go`,
//! `client_config.go`, `overrides.go`): files named by `KUBECONFIG` that do not exist are skipped, the
//! first file to set a value wins, flags override what the chosen context says, and a pod without
//! any kubeconfig uses its service account.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};

use base64::Engine;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use kube::Config;
use kube::config::{AuthInfo, Cluster, Context, ExecAuthCluster, Kubeconfig};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use secrecy::SecretString;

use crate::{ConnectionFlags, Error};

/// What a kubeconfig that knows no namespace means.
const DEFAULT_NAMESPACE: &str = "default";

/// Where to connect, as whom, and in which namespace.
pub struct Connection {
    /// The configuration of the HTTP client.
    pub config: Config,
    /// The namespace of the flags, the context or the pod.
    pub namespace: String,
}

/// What a kubeconfig names, for those who choose from it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KubeconfigNames {
    /// Contexts, each with its cluster.
    pub contexts: Vec<(String, String)>,
    /// Clusters, each with its server's address.
    pub clusters: Vec<(String, String)>,
    /// Users.
    pub users: Vec<String>,
}

impl KubeconfigNames {
    /// Reads the files that the flags and `KUBECONFIG` name.
    ///
    /// # Errors
    /// [`Error::Configuration`] when a file can't be read.
    pub fn read(flags: &ConnectionFlags) -> Result<Self, Error> {
        let kubeconfig = merged(flags)?;
        let contexts = kubeconfig.contexts.into_iter().map(|named| {
            let cluster = named.context.map(|context| context.cluster);
            (named.name, cluster.unwrap_or_default())
        });
        let clusters = kubeconfig.clusters.into_iter().map(|named| {
            let server = named.cluster.and_then(|cluster| cluster.server);
            (named.name, server.unwrap_or_default())
        });
        let users = kubeconfig.auth_infos.into_iter().map(|named| named.name);
        Ok(Self {
            contexts: contexts.collect(),
            clusters: clusters.collect(),
            users: users.collect(),
        })
    }
}

/// Resolves the flags.
///
/// # Errors
/// [`Error::Configuration`] when they do not lead to a server.
pub fn resolve(flags: &ConnectionFlags) -> Result<Connection, Error> {
    let kubeconfig = merged(flags)?;
    let server = given(flags.server.as_deref());
    let empty = kubeconfig.contexts.is_empty() && kubeconfig.clusters.is_empty();
    let mut connection = if empty && server.is_none() {
        in_cluster()?
    } else {
        from_kubeconfig(&kubeconfig, flags)?
    };
    // Retries are this crate's own: bounded, and only where the server asks for them.
    connection.config.default_retry = false;
    connection.config.disable_compression |= flags.disable_compression;
    impersonate(&mut connection.config.auth_info, flags)?;
    if let Some(namespace) = given(flags.namespace.as_deref()) {
        namespace.clone_into(&mut connection.namespace);
    }
    Ok(connection)
}

fn given(flag: Option<&str>) -> Option<&str> {
    flag.filter(|value| !value.is_empty())
}

fn given_path(flag: Option<&PathBuf>) -> Option<String> {
    flag.filter(|path| !path.as_os_str().is_empty())
        .map(|path| path.display().to_string())
}

fn wrong(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::Configuration {
        message: message.into(),
        hint: hint.into(),
    }
}

fn merged(flags: &ConnectionFlags) -> Result<Kubeconfig, Error> {
    if let Some(file) = flags
        .kubeconfig
        .as_deref()
        .filter(|file| !file.as_os_str().is_empty())
    {
        return read(file);
    }
    let mut merged = Kubeconfig::default();
    for file in default_files().iter().filter(|file| file.exists()) {
        merged = merged.merge(read(file)?).map_err(|error| {
            wrong(
                format!("kubeconfig {}: {error}", file.display()),
                "all files named by KUBECONFIG must be of kind Config, version v1",
            )
        })?;
    }
    Ok(merged)
}

fn default_files() -> Vec<PathBuf> {
    let listed: Vec<PathBuf> = env::var_os("KUBECONFIG")
        .map(|value| {
            env::split_paths(&value)
                .filter(|file| !file.as_os_str().is_empty())
                .collect()
        })
        .unwrap_or_default();
    if !listed.is_empty() {
        return listed;
    }
    env::home_dir()
        .map(|home| vec![home.join(".kube").join("config")])
        .unwrap_or_default()
}

fn read(file: &Path) -> Result<Kubeconfig, Error> {
    Kubeconfig::read_from(file).map_err(|error| {
        let reason = error.to_string();
        let first = reason.lines().next().unwrap_or_default();
        wrong(
            format!("kubeconfig {}: {first}", file.display()),
            "kubectl config view --kubeconfig FILE shows how kubectl reads it",
        )
    })
}

fn in_cluster() -> Result<Connection, Error> {
    let config = Config::incluster().map_err(|_| {
        wrong(
            "no cluster is configured: there is no kubeconfig, and this is not a pod",
            "set KUBECONFIG, or give --kubeconfig or --server",
        )
    })?;
    let namespace = config.default_namespace.clone();
    Ok(Connection { config, namespace })
}

fn from_kubeconfig(kubeconfig: &Kubeconfig, flags: &ConnectionFlags) -> Result<Connection, Error> {
    let context = context(kubeconfig, flags)?;
    let cluster = cluster(kubeconfig, flags, &context)?;
    let user = user(kubeconfig, flags, &context, &cluster)?;
    let server = cluster.server.as_deref().unwrap_or_default();
    let url = server_url(server)?;
    let mut config = Config::new(url.clone());
    config.root_cert = root_certificates(&cluster)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.proxy_url = proxy(cluster.proxy_url.as_deref(), &url)?;
    config.auth_info = user;
    let namespace = context.namespace.filter(|namespace| !namespace.is_empty());
    Ok(Connection {
        config,
        namespace: namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned()),
    })
}

fn context(kubeconfig: &Kubeconfig, flags: &ConnectionFlags) -> Result<Context, Error> {
    let asked = given(flags.context.as_deref());
    let current = kubeconfig
        .current_context
        .as_deref()
        .filter(|name| !name.is_empty());
    let Some(name) = asked.or(current) else {
        return Ok(Context::default());
    };
    let found = kubeconfig
        .contexts
        .iter()
        .find(|context| context.name == name);
    match found.and_then(|context| context.context.clone()) {
        Some(context) => Ok(context),
        // kubectl too goes on without the current context where flags name the cluster.
        None if asked.is_none() && given(flags.server.as_deref()).is_some() => {
            Ok(Context::default())
        }
        None => Err(wrong(
            format!("context \"{name}\" does not exist"),
            "kubectl config get-contexts lists those there are",
        )),
    }
}

fn cluster(
    kubeconfig: &Kubeconfig,
    flags: &ConnectionFlags,
    context: &Context,
) -> Result<Cluster, Error> {
    let asked = given(flags.cluster.as_deref());
    let name = asked.unwrap_or(&context.cluster);
    let found = kubeconfig
        .clusters
        .iter()
        .find(|cluster| cluster.name == name);
    let mut cluster = found
        .and_then(|cluster| cluster.cluster.clone())
        .unwrap_or_default();
    if found.is_none() && (asked.is_some() || given(flags.server.as_deref()).is_none()) {
        return Err(no_cluster(name));
    }
    if let Some(server) = given(flags.server.as_deref()) {
        cluster.server = Some(server.to_owned());
    }
    if let Some(file) = given_path(flags.certificate_authority.as_ref()) {
        cluster.certificate_authority = Some(file);
        cluster.certificate_authority_data = None;
    }
    if flags.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
    }
    if let Some(name) = given(flags.tls_server_name.as_deref()) {
        cluster.tls_server_name = Some(name.to_owned());
    }
    if cluster.server.as_deref().unwrap_or_default().is_empty() {
        return Err(no_cluster(name));
    }
    Ok(cluster)
}

fn no_cluster(name: &str) -> Error {
    if name.is_empty() {
        wrong(
            "no cluster is chosen: the kubeconfig has no current context",
            "kubectl config use-context NAME, or give --context, --cluster or --server",
        )
    } else {
        wrong(
            format!("cluster \"{name}\" does not exist, or has no server"),
            "kubectl config get-clusters lists those there are",
        )
    }
}

fn user(
    kubeconfig: &Kubeconfig,
    flags: &ConnectionFlags,
    context: &Context,
    cluster: &Cluster,
) -> Result<AuthInfo, Error> {
    let asked = given(flags.user.as_deref());
    let name = asked.or(context.user.as_deref()).unwrap_or_default();
    let found = kubeconfig.auth_infos.iter().find(|user| user.name == name);
    if found.is_none() && asked.is_some() {
        return Err(wrong(
            format!("auth info \"{name}\" does not exist"),
            "kubectl config get-users lists those there are",
        ));
    }
    let mut user = found
        .and_then(|user| user.auth_info.clone())
        .unwrap_or_default();
    override_credentials(&mut user, flags);
    if let Some(exec) = &mut user.exec
        && exec.provide_cluster_info
    {
        let info = ExecAuthCluster::try_from(cluster).map_err(|error| {
            wrong(
                error.to_string(),
                "check the cluster's certificate-authority",
            )
        })?;
        exec.cluster = Some(info);
    }
    Ok(user)
}

fn override_credentials(user: &mut AuthInfo, flags: &ConnectionFlags) {
    if let Some(token) = given(flags.token.as_deref()) {
        user.token = Some(SecretString::from(token.to_owned()));
        user.token_file = None;
        user.username = None;
        user.password = None;
        user.auth_provider = None;
        user.exec = None;
    }
    if let Some(file) = given_path(flags.client_certificate.as_ref()) {
        user.client_certificate = Some(file);
        user.client_certificate_data = None;
    }
    if let Some(file) = given_path(flags.client_key.as_ref()) {
        user.client_key = Some(file);
        user.client_key_data = None;
    }
}

fn impersonate(user: &mut AuthInfo, flags: &ConnectionFlags) -> Result<(), Error> {
    if let Some(name) = given(flags.impersonate.as_deref()) {
        user.impersonate = Some(name.to_owned());
    }
    if let Some(uid) = given(flags.impersonate_uid.as_deref()) {
        user.impersonate_uid = Some(uid.to_owned());
    }
    if !flags.impersonate_groups.is_empty() {
        user.impersonate_groups = Some(flags.impersonate_groups.clone());
    }
    if !flags.impersonate_extra.is_empty() {
        user.impersonate_user_extra = Some(extra(&flags.impersonate_extra)?);
    }
    let more = user.impersonate_uid.is_some()
        || user.impersonate_groups.is_some()
        || user.impersonate_user_extra.is_some();
    if more && user.impersonate.is_none() {
        return Err(wrong(
            "requesting uid, groups or user-extra without impersonating a user",
            "give --as USER too",
        ));
    }
    Ok(())
}

fn extra(pairs: &[String]) -> Result<HashMap<String, Vec<String>>, Error> {
    let mut extra: HashMap<String, Vec<String>> = HashMap::new();
    for pair in pairs {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(wrong(
                format!("--as-user-extra \"{pair}\" is not KEY=VALUE"),
                "as in --as-user-extra scopes=view",
            ));
        };
        extra
            .entry(key.to_owned())
            .or_default()
            .push(value.to_owned());
    }
    Ok(extra)
}

/// The server's address; without a scheme it is plain HTTP on loopback names and HTTPS elsewhere,
/// as `DefaultServerURL` (kubernetes/client-go, `rest/url_utils.go`) has it for a secure config.
fn server_url(server: &str) -> Result<Uri, Error> {
    let full = if server.contains("://") {
        server.to_owned()
    } else {
        format!("https://{server}")
    };
    let url: Option<Uri> = full.parse().ok();
    url.filter(|url| {
        url.host().is_some_and(|host| !host.is_empty())
            && matches!(url.scheme_str(), Some("http" | "https"))
    })
    .ok_or_else(|| {
        wrong(
            format!("server \"{server}\" is not the address of an API server"),
            "as in https://HOST:6443",
        )
    })
}

fn root_certificates(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, Error> {
    let unreadable = |what: &str, reason: String| {
        wrong(
            format!("{what}: {reason}"),
            "the certificate authority must be PEM",
        )
    };
    let (what, pem) = match (
        &cluster.certificate_authority_data,
        &cluster.certificate_authority,
    ) {
        (Some(data), _) if !data.is_empty() => {
            let what = "certificate-authority-data".to_owned();
            let pem = base64::engine::general_purpose::STANDARD
                .decode(data)
                .map_err(|error| unreadable(&what, error.to_string()))?;
            (what, pem)
        }
        (_, Some(file)) if !file.is_empty() => {
            let what = format!("certificate authority {file}");
            let pem = std::fs::read(file).map_err(|error| unreadable(&what, error.to_string()))?;
            (what, pem)
        }
        _ => return Ok(None),
    };
    let certificates: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(&pem)
        .map(|certificate| certificate.map(|certificate| certificate.to_vec()))
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(&what, error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable(&what, "it holds no certificate".into()));
    }
    Ok(Some(certificates))
}

/// The kubeconfig's proxy, else the environment's unless `NO_PROXY` names the server.
fn proxy(configured: Option<&str>, server: &Uri) -> Result<Option<Uri>, Error> {
    let chosen = match given(configured) {
        Some(url) => Some(url.to_owned()),
        None => Matcher::from_env()
            .intercept(server)
            .and_then(|_| proxy_variable(server)),
    };
    let Some(url) = chosen else { return Ok(None) };
    let full = if url.contains("://") {
        url.clone()
    } else {
        format!("http://{url}")
    };
    full.parse().map(Some).map_err(|_| {
        wrong(
            format!("proxy \"{url}\" is not a URL"),
            "check proxy-url and HTTPS_PROXY",
        )
    })
}

fn proxy_variable(server: &Uri) -> Option<String> {
    let names = if server.scheme_str() == Some("http") {
        ["http_proxy", "HTTP_PROXY"]
    } else {
        ["https_proxy", "HTTPS_PROXY"]
    };
    names
        .into_iter()
        .chain(["all_proxy", "ALL_PROXY"])
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBECONFIG: &str = r"
apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: east, user: admin, namespace: team}}
- {name: two, context: {cluster: west, user: admin}}
- {name: broken, context: {cluster: nowhere, user: admin}}
clusters:
- {name: east, cluster: {server: 'https://east:6443'}}
- {name: west, cluster: {server: 'https://west:6443', tls-server-name: api}}
users:
- {name: admin, user: {token: secret, as: root}}
- {name: guest, user: {}}
";

    fn resolved(flags: &ConnectionFlags) -> Result<Connection, String> {
        let kubeconfig = Kubeconfig::from_yaml(KUBECONFIG).unwrap();
        from_kubeconfig(&kubeconfig, flags).map_err(|error| error.to_string())
    }

    fn flags(change: impl FnOnce(&mut ConnectionFlags)) -> ConnectionFlags {
        let mut flags = ConnectionFlags::default();
        change(&mut flags);
        flags
    }

    #[test]
    fn the_current_context_counts_and_flags_override_it() {
        let connection = resolved(&ConnectionFlags::default()).unwrap();
        assert_eq!(connection.config.cluster_url, "https://east:6443/");
        assert_eq!(connection.namespace, "team");
        assert!(connection.config.auth_info.token.is_some());

        let connection = resolved(&flags(|flags| flags.context = Some("two".into()))).unwrap();
        assert_eq!(connection.config.cluster_url, "https://west:6443/");
        assert_eq!(connection.config.tls_server_name.as_deref(), Some("api"));
        assert_eq!(connection.namespace, "default");

        let connection = resolved(&flags(|flags| {
            flags.cluster = Some("west".into());
            flags.user = Some("guest".into());
            flags.server = Some("localhost:8443".into());
        }))
        .unwrap();
        assert_eq!(connection.config.cluster_url, "https://localhost:8443/");
        assert!(connection.config.auth_info.token.is_none());
        assert_eq!(connection.namespace, "team");
    }

    #[test]
    fn what_does_not_exist_is_named() {
        for (flags, expected) in [
            (
                flags(|flags| flags.context = Some("x".into())),
                "context \"x\" does not exist",
            ),
            (
                flags(|flags| flags.context = Some("broken".into())),
                "cluster \"nowhere\" does not exist, or has no server",
            ),
            (
                flags(|flags| flags.cluster = Some("x".into())),
                "cluster \"x\" does not exist, or has no server",
            ),
            (
                flags(|flags| flags.user = Some("x".into())),
                "auth info \"x\" does not exist",
            ),
            (
                flags(|flags| flags.server = Some("ftp://x".into())),
                "server \"ftp://x\" is not the address of an API server",
            ),
        ] {
            assert_eq!(resolved(&flags).err().as_deref(), Some(expected));
        }
    }

    #[test]
    fn impersonation_takes_uid_groups_and_extra_but_needs_a_user() {
        let mut user = AuthInfo::default();
        let given = flags(|flags| {
            flags.impersonate = Some("jane".into());
            flags.impersonate_uid = Some("42".into());
            flags.impersonate_groups = vec!["dev".into(), "ops".into()];
            flags.impersonate_extra = vec!["scopes=a".into(), "scopes=b".into()];
        });
        impersonate(&mut user, &given).unwrap();
        assert_eq!(user.impersonate.as_deref(), Some("jane"));
        assert_eq!(user.impersonate_uid.as_deref(), Some("42"));
        assert_eq!(user.impersonate_groups.unwrap(), ["dev", "ops"]);
        assert_eq!(user.impersonate_user_extra.unwrap()["scopes"], ["a", "b"]);

        let lone = flags(|flags| flags.impersonate_groups = vec!["dev".into()]);
        assert!(impersonate(&mut AuthInfo::default(), &lone).is_err());
        let malformed = flags(|flags| {
            flags.impersonate = Some("jane".into());
            flags.impersonate_extra = vec!["scopes".into()];
        });
        assert!(impersonate(&mut AuthInfo::default(), &malformed).is_err());
    }

    #[test]
    fn a_token_flag_replaces_all_other_credentials_of_the_user() {
        let mut user = AuthInfo {
            exec: Some(kube::config::ExecConfig::default()),
            token_file: Some("f".into()),
            ..AuthInfo::default()
        };
        override_credentials(&mut user, &flags(|flags| flags.token = Some("t".into())));
        assert!(user.exec.is_none() && user.token_file.is_none() && user.token.is_some());
    }
}
