//! Registries by the OCI distribution specification: tags and digests, and nothing more.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use http::header::{self, HeaderMap};
use http::{Method, StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::time::Instant;

use super::address::{Host, base, is_loopback, resolve};
use super::credentials::Login;
use super::http::{Request, Response, Trouble, text};
use super::secret::Secret;
use super::{Answer, Asked, Fresh, Upstream};
use crate::version::outline;

/// The largest page of tags.
const LARGEST_PAGE: usize = 16 << 20;
/// Pages of one repository; with 100 tags a page that is more than any repository has.
const MOST_PAGES: usize = 500;
/// Tags of one repository.
const MOST_TAGS: usize = 100_000;
/// The largest answer of a token server.
const LARGEST_TOKEN: usize = 256 << 10;
/// What a manifest may be: the digest of the index is the one that a pod's image has.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// Registries that give few tags a page unless asked for more, and allow a thousand.
const SMALL_PAGES: [&str; 3] = ["quay.io", "ghcr.io", "public.ecr.aws"];

/// How a registry wants to be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Challenge {
    Basic,
    Bearer {
        realm: Uri,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// What registries demanded so far, so that each is asked anonymously only once.
#[derive(Default)]
pub struct Challenges {
    known: RefCell<HashMap<Host, Challenge>>,
    tokens: RefCell<HashMap<(Host, String), Secret>>,
}

#[derive(Deserialize)]
struct TagPage {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Upstream {
    /// The tags of a repository such as `registry.k8s.io/coredns/coredns` that are versions.
    ///
    /// # Errors
    /// Why they can't be had, as a phrase.
    pub async fn tags(&self, repository: &str) -> Answer<Vec<String>> {
        let (uri, name) = self.registry_address(repository)?;
        let host = uri.host().unwrap_or_default();
        let asks_for_more = SMALL_PAGES.contains(&host) || host.contains(".dkr.ecr.");
        let query = if asks_for_more { "?n=1000" } else { "" };
        let url = format!("{}/tags/list{query}", uri.to_string().trim_end_matches('/'));
        self.cached(&url, 1, async |known, until| {
            let known = known.and_then(|entry| entry.etag);
            self.ask_for_tags(&url, &name, known.as_deref(), until)
                .await
        })
        .await
    }

    /// The digest that a tag stands for.
    ///
    /// # Errors
    /// Why it can't be had, as a phrase.
    pub async fn digest(&self, repository: &str, tag: &str) -> Answer<String> {
        let (uri, name) = self.registry_address(repository)?;
        let url = format!("{}/manifests/{tag}", uri.to_string().trim_end_matches('/'));
        self.cached(&url, 1, async |_, until| {
            let uri = url.parse().map_err(|_| format!("{url} is no address"))?;
            let mut request = Request::get(uri, until).with(header::ACCEPT, MANIFESTS);
            request.method = Method::HEAD;
            let response = self.authorized(request, &name).await?;
            if response.status != StatusCode::OK {
                return Err(response.refusal().await);
            }
            let digest = response.headers.get("docker-content-digest");
            let digest = digest.and_then(|digest| digest.to_str().ok());
            let digest = digest.ok_or("it does not say the digest")?.to_owned();
            Ok(Asked::New(Fresh {
                value: digest,
                etag: None,
                last_modified: None,
            }))
        })
        .await
    }

    /// The address below which a repository is asked, and the repository's name there.
    fn registry_address(&self, repository: &str) -> Result<(Uri, String), String> {
        let place = self.place(repository);
        let place = match place.strip_prefix("docker.io/") {
            Some(path) => format!("registry-1.docker.io/{path}"),
            None => place,
        };
        let uri = base(&place)?;
        let host = Host::of(&uri)?;
        let name = uri.path().trim_matches('/').to_owned();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // What stands before an @ would be credentials on the command line.
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let uri = format!("{}://{authority}/v2/{name}", host.scheme);
        let uri = uri
            .parse()
            .map_err(|_| format!("{repository:?} is no address"))?;
        Ok((uri, name))
    }

    async fn ask_for_tags(
        &self,
        url: &str,
        name: &str,
        etag: Option<&str>,
        until: Instant,
    ) -> Result<Asked<Vec<String>>, Trouble> {
        let mut uri: Uri = url.parse().map_err(|_| format!("{url} is no address"))?;
        let first = Host::of(&uri)?;
        let mut seen = BTreeSet::new();
        let mut tags = BTreeSet::new();
        for page in 0..MOST_PAGES {
            let mut request =
                Request::get(uri.clone(), until).with(header::ACCEPT, "application/json");
            if let (0, Some(etag)) = (page, etag) {
                request = request.with(header::IF_NONE_MATCH, etag);
            }
            let response = self.authorized(request, name).await?;
            if response.status == StatusCode::NOT_MODIFIED && page == 0 && etag.is_some() {
                return Ok(Asked::NotModified);
            }
            if response.status != StatusCode::OK {
                return Err(response.refusal().await);
            }
            let host = Host::of(&response.uri)?;
            let next = next_page(&response.headers, &response.uri)?;
            let own_mark = text(&response.headers, &header::ETAG).map(str::to_owned);
            let body = response.read(LARGEST_PAGE).await?;
            let list: TagPage = serde_json::from_slice(&body)
                .map_err(|error| format!("{} sent no tag list: {error}", host.shown()))?;
            let before = tags.len();
            tags.extend(list.tags.unwrap_or_default());
            if tags.len() > MOST_TAGS {
                return Err(format!("{} has more than {MOST_TAGS} tags", first.shown()).into());
            }
            let Some(next) = next else {
                // A mark of the first page says nothing of the others.
                let etag = own_mark.filter(|_| page == 0);
                return Ok(Asked::New(Fresh {
                    value: outline(tags.into_iter().collect()),
                    etag,
                    last_modified: None,
                }));
            };
            let other = Host::of(&next)?;
            if other != host && other != first {
                return Err(format!("{} sends the next page to another host", host.shown()).into());
            }
            if !seen.insert(next.to_string()) || (page > 0 && tags.len() == before) {
                return Err(format!("{} sends the same pages again", host.shown()).into());
            }
            uri = next;
        }
        Err(format!("{} has more than {MOST_PAGES} pages of tags", first.shown()).into())
    }

    /// Sends a request as the registry demands it; anonymously as long as it demands nothing.
    async fn authorized(&self, mut request: Request, name: &str) -> Result<Response, Trouble> {
        let host = Host::of(&request.uri)?;
        let known = self.challenges.known.borrow().get(&host).cloned();
        if let Some(challenge) = &known {
            request.authorization = self.answer(&host, challenge, name, request.until).await?;
        }
        let response = self.http.send(&request).await?;
        if response.status != StatusCode::UNAUTHORIZED || request.authorization.is_some() {
            return Ok(response);
        }
        // A redirect's demand is none of the registry's.
        if Host::of(&response.uri)? != host {
            return Ok(response);
        }
        let Some(challenge) = challenge(&response.headers) else {
            return Ok(response);
        };
        self.challenges
            .known
            .borrow_mut()
            .insert(host.clone(), challenge.clone());
        request.authorization = self.answer(&host, &challenge, name, request.until).await?;
        if request.authorization.is_none() {
            return Ok(response);
        }
        self.http.send(&request).await
    }

    /// The Authorization header that answers a challenge; `None` without credentials.
    async fn answer(
        &self,
        host: &Host,
        challenge: &Challenge,
        name: &str,
        until: Instant,
    ) -> Result<Option<Secret>, Trouble> {
        let (realm, service, scope) = match challenge {
            Challenge::Basic => {
                let login = self.login(host).await?;
                return Ok(login.as_ref().and_then(Login::basic));
            }
            Challenge::Bearer {
                realm,
                service,
                scope,
            } => (realm, service, scope),
        };
        // Another registry's own kind of scope is kept; a repository's is always just this one's.
        let scope = scope
            .clone()
            .filter(|scope| !scope.starts_with("repository:"))
            .unwrap_or_else(|| format!("repository:{name}:pull"));
        let key = (host.clone(), scope.clone());
        if let Some(token) = self.challenges.tokens.borrow().get(&key) {
            return Ok(Some(token.clone()));
        }
        let token = self
            .token(host, realm, service.as_deref(), &scope, until)
            .await?;
        let header = Secret::new(format!("Bearer {}", token.reveal()));
        self.challenges
            .tokens
            .borrow_mut()
            .insert(key, header.clone());
        Ok(Some(header))
    }

    async fn token(
        &self,
        host: &Host,
        realm: &Uri,
        service: Option<&str>,
        scope: &str,
        until: Instant,
    ) -> Result<Secret, Trouble> {
        #[derive(Deserialize)]
        struct Token {
            token: Option<String>,
            access_token: Option<String>,
        }
        let server = Host::of(realm)?;
        if !server.is_private() {
            return Err(format!(
                "{} names an unencrypted token server, {}",
                host.shown(),
                server.shown()
            )
            .into());
        }
        if is_loopback(&server.name) && !is_loopback(&host.name) {
            return Err(format!("{} names this machine as its token server", host.shown()).into());
        }
        let login = self.login(host).await?;
        let trusted = host.trusts(&server);
        let mut request = Request::get(token_address(realm, service, scope)?, until);
        match login.as_ref().filter(|_| trusted) {
            Some(Login::Identity(identity)) => {
                request.method = Method::POST;
                request.uri = realm.clone();
                request = request.with(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                request.body = format!(
                    "grant_type=refresh_token&client_id=kubectl-addons&service={}&scope={}&refresh_token={}",
                    encoded(service.unwrap_or_default()),
                    encoded(scope),
                    encoded(identity.reveal()),
                )
                .into();
            }
            Some(login) => request.authorization = login.basic(),
            None => {}
        }
        let withheld = login.is_some() && !trusted;
        let response = self.http.send(&request).await?;
        if response.status != StatusCode::OK {
            let Trouble(reason) = response.refusal().await;
            let note = if withheld {
                format!("; the credentials for {} are not for it", host.shown())
            } else {
                String::new()
            };
            return Err(format!("token server {reason}{note}").into());
        }
        let body = response.read(LARGEST_TOKEN).await?;
        let token: Option<Token> = serde_json::from_slice(&body).ok();
        let token = token.and_then(|token| token.token.or(token.access_token));
        let token = token.filter(|token| !token.is_empty());
        let token =
            token.ok_or_else(|| format!("token server {} gave no token", server.shown()))?;
        Ok(Secret::new(token))
    }

    /// The login for a host; a credential helper is waited for without holding up the others.
    async fn login(&self, host: &Host) -> Result<Option<Login>, Trouble> {
        let credentials = self.credentials.clone();
        let name = host.shown();
        let asked = tokio::task::spawn_blocking(move || credentials.login(&name)).await;
        let login = asked.map_err(|error| error.to_string())??;
        Ok(login.filter(|_| host.is_private()))
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn token_address(realm: &Uri, service: Option<&str>, scope: &str) -> Result<Uri, Trouble> {
    let separator = if realm.query().is_some() { '&' } else { '?' };
    let service = service.map_or(String::new(), |service| {
        format!("service={}&", encoded(service))
    });
    let address = format!("{realm}{separator}{service}scope={}", encoded(scope));
    address
        .parse()
        .map_err(|_| "the registry names a token server that is no address".into())
}

/// The page that `Link: <…>; rel="next"` names.
fn next_page(headers: &HeaderMap, page: &Uri) -> Result<Option<Uri>, Trouble> {
    for value in headers.get_all(header::LINK) {
        let value = value.to_str().unwrap_or_default();
        for link in value.split(",<").flat_map(|part| part.split(", <")) {
            let Some((target, parameters)) = link.split_once('>') else {
                continue;
            };
            let next = parameters
                .split(';')
                .map(|parameter| parameter.trim().replace('"', "").to_ascii_lowercase())
                .any(|parameter| parameter == "rel=next");
            if next {
                let target = target.trim().trim_start_matches('<');
                return Ok(Some(resolve(page, target)?));
            }
        }
    }
    Ok(None)
}

/// What a 401 demands; Bearer where there is a choice.
fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let mut basic = None;
    for value in headers.get_all(header::WWW_AUTHENTICATE) {
        let value = value.to_str().unwrap_or_default();
        let (scheme, parameters) = value.split_once(' ').unwrap_or((value, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            basic = Some(Challenge::Basic);
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            let parameters = parameters_of(parameters);
            let realm = parameters.get("realm").and_then(|realm| realm.parse().ok());
            if let Some(realm) = realm {
                return Some(Challenge::Bearer {
                    realm,
                    service: parameters.get("service").cloned(),
                    scope: parameters.get("scope").cloned(),
                });
            }
        }
    }
    basic
}

/// `realm="…",service="…"`; commas within quotes belong to the value.
fn parameters_of(text: &str) -> HashMap<String, String> {
    let mut parameters = HashMap::new();
    let mut rest = text;
    while let Some((name, value)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ',']).to_ascii_lowercase();
        let (value, left) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_once(',').unwrap_or((value, "")),
        };
        parameters.insert(name, value.trim().to_owned());
        rest = left;
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let headers = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::WWW_AUTHENTICATE, value.parse().unwrap());
            }
            headers
        };
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            Some(Challenge::Bearer {
                realm: realm.parse().unwrap(),
                service: service.map(str::to_owned),
                scope: scope.map(str::to_owned),
            })
        };
        for (values, expected) in [
            (
                &[
                    r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                ][..],
                bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:a/b:pull,push"),
                ),
            ),
            (
                &["bearer realm=https://a.example.com/t, service=x"],
                bearer("https://a.example.com/t", Some("x"), None),
            ),
            (
                &[
                    r#"Basic realm="x""#,
                    r#"Bearer realm="https://a.example.com/t""#,
                ],
                bearer("https://a.example.com/t", None, None),
            ),
            (&[r#"Basic realm="x""#], Some(Challenge::Basic)),
            (&["Negotiate"], None),
            (&[r#"Bearer realm="no address""#], None),
            (&[], None),
        ] {
            assert_eq!(challenge(&headers(values)), expected, "{values:?}");
        }
    }

    #[test]
    fn next_pages_are_found() {
        let page: Uri = "https://r.example.com/v2/a/tags/list".parse().unwrap();
        for (value, expected) in [
            (
                r#"</v2/a/tags/list?last=b&n=2>; rel="next""#,
                Some("https://r.example.com/v2/a/tags/list?last=b&n=2"),
            ),
            (
                "<https://o.example.com/x>;rel=next",
                Some("https://o.example.com/x"),
            ),
            (
                r#"</first>; rel="first", </next>; rel="next""#,
                Some("https://r.example.com/next"),
            ),
            (r#"</first>; rel="first""#, None),
            ("nonsense", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::LINK, value.parse().unwrap());
            let next = next_page(&headers, &page).unwrap();
            assert_eq!(
                next.map(|next| next.to_string()).as_deref(),
                expected,
                "{value}"
            );
        }
    }
}
