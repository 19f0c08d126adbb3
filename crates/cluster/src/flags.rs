//! kubectl's connection flags, with kubectl's names, short forms and meaning.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

/// The flags that say which API server to ask, and as whom.
///
/// The list follows `ConfigFlags` (kubernetes/cli-runtime, `pkg/genericclioptions/config_flags.go`).
/// An empty value counts as not given, as in kubectl.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionFlags {
    /// Path to the kubeconfig file to use
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Name of the kubeconfig context to use
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,

    /// Name of the kubeconfig cluster to use
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,

    /// Name of the kubeconfig user to use
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,

    /// Namespace to ask in
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// Username to impersonate
    #[arg(long = "as", value_name = "USER")]
    pub impersonate: Option<String>,

    /// Group to impersonate; may be repeated
    #[arg(long = "as-group", value_name = "GROUP")]
    pub impersonate_groups: Vec<String>,

    /// UID to impersonate
    #[arg(long = "as-uid", value_name = "UID")]
    pub impersonate_uid: Option<String>,

    /// Extra user field to impersonate; may be repeated
    #[arg(long = "as-user-extra", value_name = "KEY=VALUE")]
    pub impersonate_extra: Vec<String>,

    /// Address and port of the Kubernetes API server
    #[arg(short, long, value_name = "URL")]
    pub server: Option<String>,

    /// Bearer token for authentication to the API server
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,

    /// Path to a certificate file for the certificate authority
    #[arg(long, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,

    /// Do not check the server's certificate; the connection is then insecure
    #[arg(
        long,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "BOOL"
    )]
    pub insecure_skip_tls_verify: bool,

    /// Server name to use for server certificate validation
    #[arg(long, value_name = "NAME")]
    pub tls_server_name: Option<String>,

    /// Path to a client certificate file for TLS
    #[arg(long, value_name = "FILE")]
    pub client_certificate: Option<PathBuf>,

    /// Path to a client key file for TLS
    #[arg(long, value_name = "FILE")]
    pub client_key: Option<PathBuf>,

    /// How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end
    #[arg(long, value_name = "DURATION", value_parser = parse_timeout, default_value = "0", hide_default_value = true)]
    pub request_timeout: RequestTimeout,

    /// Accepted for kubectl's sake; nothing is cached
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub cache_dir: Option<PathBuf>,

    /// Do not ask the server for compressed responses
    #[arg(
        long,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "BOOL"
    )]
    pub disable_compression: bool,
}

/// The bound on a single request; `None` where there is none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RequestTimeout(pub Option<Duration>);

/// Reads `--request-timeout`: a Go duration, or a whole number of seconds.
fn parse_timeout(text: &str) -> Result<RequestTimeout, String> {
    let text = text.trim();
    if text.is_empty() || text == "0" {
        return Ok(RequestTimeout(None));
    }
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(RequestTimeout(Some(Duration::from_secs(seconds))));
    }
    let duration = text
        .parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| "expected a duration such as 5s, 2m or 1h".to_owned())?;
    Ok(RequestTimeout(
        Some(duration).filter(|duration| !duration.is_zero()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_kubectl_reads_them() {
        for (text, expected) in [
            ("0", None),
            ("0s", None),
            ("", None),
            ("5", Some(Duration::from_secs(5))),
            ("1s", Some(Duration::from_secs(1))),
            ("250ms", Some(Duration::from_millis(250))),
            ("2m", Some(Duration::from_mins(2))),
            ("1h30m", Some(Duration::from_mins(90))),
        ] {
            assert_eq!(parse_timeout(text), Ok(RequestTimeout(expected)), "{text}");
        }
        for text in ["soon", "-1s", "-1", "1 parsec"] {
            assert!(parse_timeout(text).is_err(), "{text}");
        }
    }
}
