//! Credentials for registries, from where docker and podman keep them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::secret::Secret;

/// How long a credential helper may take.
const HELPER_TIME: Duration = Duration::from_secs(5);
/// The name under which docker keeps Docker Hub's credentials.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// A login.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Login {
    /// A name and a password.
    Password(String, Secret),
    /// A refresh token, which stands for a name and a password at the token server.
    Identity(Secret),
}

impl Login {
    /// The header of basic authentication, where the login has a name.
    #[must_use]
    pub fn basic(&self) -> Option<Secret> {
        match self {
            Self::Password(user, password) => {
                let pair = STANDARD.encode(format!("{user}:{}", password.reveal()));
                Some(Secret::new(format!("Basic {pair}")))
            }
            Self::Identity(_) => None,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Auth {
    #[serde(rename = "auth")]
    pair: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("<secret>")
    }
}

/// What the user's configuration files hold.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    configs: Vec<Config>,
}

impl Credentials {
    /// Reads `REGISTRY_AUTH_FILE` and docker's configuration; files that are not there are skipped.
    ///
    /// # Errors
    /// Names the file that can't be read; never what is in it.
    pub fn load() -> Result<Self, String> {
        let path = |name: &str| env::var_os(name).map(PathBuf::from);
        let docker = path("DOCKER_CONFIG")
            .or_else(|| path("HOME").map(|home| home.join(".docker")))
            .map(|directory| directory.join("config.json"));
        let files = [path("REGISTRY_AUTH_FILE"), docker];
        let mut all = Self::default();
        for file in files.into_iter().flatten() {
            let Ok(text) = fs::read(&file) else { continue };
            let one = Self::from_docker_config(&text)
                .map_err(|reason| format!("{}: {reason}", file.display()))?;
            all.configs.extend(one.configs);
        }
        Ok(all)
    }

    /// Credentials from the text of one docker configuration.
    ///
    /// # Errors
    /// Where it is none.
    pub fn from_docker_config(text: &[u8]) -> Result<Self, String> {
        let config = serde_json::from_slice(text)
            .map_err(|error| format!("no docker configuration, at line {}", error.line()))?;
        Ok(Self {
            configs: vec![config],
        })
    }

    /// The login for a registry. May run a credential helper, which takes its time.
    ///
    /// # Errors
    /// When a credential helper fails.
    pub fn login(&self, registry: &str) -> Result<Option<Login>, String> {
        let names = names(registry);
        for config in &self.configs {
            let helper = names
                .iter()
                .find_map(|name| config.cred_helpers.get(name))
                .or(config.creds_store.as_ref());
            if let Some(helper) = helper
                && let Some(login) =
                    ask_helper(helper, names.first().map_or(registry, |name| name))?
            {
                return Ok(Some(login));
            }
            let login = names
                .iter()
                .find_map(|name| config.auths.get(name))
                .and_then(Auth::login);
            if login.is_some() {
                return Ok(login);
            }
        }
        Ok(None)
    }
}

/// The names under which a registry's login may be kept.
fn names(registry: &str) -> Vec<String> {
    let mut names = Vec::new();
    if matches!(
        registry,
        "docker.io" | "registry-1.docker.io" | "index.docker.io"
    ) {
        names.push(DOCKER_HUB.to_owned());
        names.extend(["index.docker.io", "docker.io"].map(str::to_owned));
    }
    names.extend([
        registry.to_owned(),
        format!("https://{registry}"),
        format!("http://{registry}"),
        format!("https://{registry}/v2/"),
        format!("https://{registry}/v1/"),
    ]);
    names
}

impl Auth {
    fn login(&self) -> Option<Login> {
        if !self.identitytoken.is_empty() {
            return Some(Login::Identity(Secret::new(&*self.identitytoken)));
        }
        if !self.username.is_empty() {
            return Some(Login::Password(
                self.username.clone(),
                Secret::new(&*self.password),
            ));
        }
        let decoded = STANDARD.decode(self.pair.trim()).ok()?;
        let pair = String::from_utf8(decoded).ok()?;
        let (user, password) = pair.split_once(':')?;
        Some(Login::Password(
            user.to_owned(),
            Secret::new(password.trim_end_matches('\0')),
        ))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Helped {
    username: String,
    secret: String,
}

/// Asks `docker-credential-NAME get`, by docker/docker-credential-helpers' protocol.
fn ask_helper(name: &str, registry: &str) -> Result<Option<Login>, String> {
    let program = format!("docker-credential-{name}");
    let failed = |reason: String| format!("credential helper {program}: {reason}");
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        return Err(failed("it has no valid name".into()));
    }
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that knows its answer may not read.
        let _ = stdin.write_all(registry.as_bytes());
    }
    let mut stdout = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(stdout) = &mut stdout {
            let _ = stdout.take(64 << 10).read_to_end(&mut said);
        }
        said
    });
    let end = Instant::now() + HELPER_TIME;
    let status = loop {
        if let Some(status) = child
            .try_wait()
            .map_err(|error| failed(error.to_string()))?
        {
            break status;
        }
        if Instant::now() >= end {
            let _ = child.kill();
            let _ = child.wait();
            return Err(failed(format!(
                "no answer within {} s",
                HELPER_TIME.as_secs()
            )));
        }
        thread::sleep(Duration::from_millis(5));
    };
    let said = reader.join().unwrap_or_default();
    if !status.success() {
        // By the protocol it says on standard output that it has none.
        return Ok(None);
    }
    let helped: Helped = serde_json::from_slice(&said)
        .map_err(|_| failed("its answer is no JSON credential".into()))?;
    if helped.username == "<token>" {
        return Ok(Some(Login::Identity(Secret::new(helped.secret))));
    }
    Ok(Some(Login::Password(
        helped.username,
        Secret::new(helped.secret),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> Credentials {
        Credentials::from_docker_config(json.as_bytes()).unwrap()
    }

    #[test]
    fn logins_are_found_under_the_names_docker_uses() {
        let credentials = config(
            r#"{"auths": {
                "https://index.docker.io/v1/": {"auth": "dXNlcjpwYXNzOndvcmQ="},
                "registry.example.com": {"username": "a", "password": "b"},
                "https://token.example.com": {"identitytoken": "t"},
                "empty.example.com": {}
            }}"#,
        );
        let password =
            |user: &str, password: &str| Login::Password(user.into(), Secret::new(password));
        for (registry, expected) in [
            ("docker.io", Some(password("user", "pass:word"))),
            ("registry-1.docker.io", Some(password("user", "pass:word"))),
            ("registry.example.com", Some(password("a", "b"))),
            ("token.example.com", Some(Login::Identity(Secret::new("t")))),
            ("empty.example.com", None),
            ("other.example.com", None),
        ] {
            assert_eq!(credentials.login(registry).unwrap(), expected, "{registry}");
        }
        let basic = password("user", "pass:word").basic().unwrap();
        assert_eq!(basic.reveal(), "Basic dXNlcjpwYXNzOndvcmQ=");
    }

    #[test]
    fn nothing_shows_a_secret() {
        let credentials = config(
            r#"{"auths": {"x": {"username": "u", "password": "hunter2", "auth": "hunter3"}}}"#,
        );
        let login = credentials.login("x").unwrap();
        let shown = format!("{credentials:?} {login:?}");
        assert!(!shown.contains("hunter"), "{shown}");
    }

    #[test]
    fn a_missing_helper_is_named() {
        let credentials = config(r#"{"credHelpers": {"x": "day2-test-missing"}}"#);
        let reason = credentials.login("x").unwrap_err();
        assert!(
            reason.starts_with("credential helper docker-credential-day2-test-missing: "),
            "{reason}"
        );
        assert!(
            config(r#"{"credsStore": "../evil"}"#)
                .login("x")
                .unwrap_err()
                .contains("no valid name")
        );
    }
}
