//! One careful HTTP client for all upstream sources.
//!
//! It is the hyper stack that the connection to the API server brings along, with what is needed
//! here: a bound on everything, a pause for a whole host when it says "later", and credentials
//! that stay with the host they are for.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use flate2::write::GzDecoder;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::address::{Host, is_loopback, resolve, without_query};
use super::proxy::Connector;
use super::secret::Secret;

/// Requests to one host at a time.
const AT_ONCE: usize = 8;
/// As in curl and Go, but a registry never needs more.
const MOST_REDIRECTS: usize = 5;
/// How often a request is sent again when the host says "later".
const MOST_RETRIES: u32 = 3;
/// The pause where the host does not say how long.
const USUAL_PAUSE: Duration = Duration::from_secs(1);
/// What is read of an answer that says why not.
const REFUSAL: usize = 64 << 10;

/// Why a source gave no answer, as a phrase that names the host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trouble(pub String);

impl<T: Into<String>> From<T> for Trouble {
    fn from(reason: T) -> Self {
        Self(reason.into())
    }
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET, HEAD or POST.
    pub method: Method,
    /// Where.
    pub uri: Uri,
    /// What else to send; never a credential.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The Authorization header, for the host of `uri` alone.
    pub authorization: Option<Secret>,
    /// The body of a POST.
    pub body: Bytes,
    /// When to give up.
    pub until: Instant,
}

impl Request {
    /// A GET.
    #[must_use]
    pub fn get(uri: Uri, until: Instant) -> Self {
        Self {
            method: Method::GET,
            uri,
            headers: Vec::new(),
            authorization: None,
            body: Bytes::new(),
            until,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Where it came from, after redirects.
    pub uri: Uri,
    body: Incoming,
    until: Instant,
}

type Body = Full<Bytes>;

/// The client.
pub struct Http {
    plain: Client<Connector, Body>,
    secure: OnceCell<Result<Client<HttpsConnector<Connector>, Body>, String>>,
    hosts: RefCell<HashMap<Host, Rc<Traffic>>>,
}

/// What is under way to one host.
struct Traffic {
    permits: Semaphore,
    /// Until when it wants to be left alone.
    pause: Cell<Option<Instant>>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            plain: Client::builder(TokioExecutor::new()).build(Connector::default()),
            secure: OnceCell::new(),
            hosts: RefCell::default(),
        }
    }
}

impl Http {
    /// Sends a request, follows redirects, and waits where the host asks for that.
    ///
    /// # Errors
    /// What went wrong, naming the host. A refusal is an answer and no error, except 429.
    pub async fn send(&self, request: &Request) -> Result<Response, Trouble> {
        let origin = Host::of(&request.uri)?;
        let mut uri = request.uri.clone();
        for _ in 0..=MOST_REDIRECTS {
            let host = Host::of(&uri)?;
            let authorization = request
                .authorization
                .as_ref()
                .filter(|_| host == origin && host.is_private());
            let response = self
                .send_patiently(request, &uri, &host, authorization)
                .await?;
            let Some(next) = redirect(&response, &request.method)? else {
                return Ok(response);
            };
            if host.scheme == "https" && next.scheme_str() != Some("https") {
                return Err(format!("{} redirects to an unencrypted address", host.shown()).into());
            }
            // A registry in the network must not make this machine ask its own services.
            let target = Host::of(&next)?;
            if is_loopback(&target.name) && !is_loopback(&host.name) {
                return Err(format!("{} redirects to this machine", host.shown()).into());
            }
            uri = next;
        }
        Err(format!(
            "{} redirects more than {MOST_REDIRECTS} times",
            origin.shown()
        )
        .into())
    }

    async fn send_patiently(
        &self,
        request: &Request,
        uri: &Uri,
        host: &Host,
        authorization: Option<&Secret>,
    ) -> Result<Response, Trouble> {
        let traffic = self.traffic(host);
        let late = || Trouble(format!("{} did not answer in time", host.shown()));
        for retry in 0.. {
            traffic.wait(host, request.until).await?;
            let sent = async {
                let permit = traffic.permits.acquire().await;
                // Whoever waited for a place may have to wait for the host now.
                if traffic.is_paused() {
                    return Ok(None);
                }
                let sent = self.send_once(request, uri, host, authorization).await;
                drop(permit);
                sent.map(Some)
            };
            let Some(response) = timeout_at(request.until, sent)
                .await
                .map_err(|_| late())??
            else {
                continue;
            };
            let Some(pause) = retry_after(&response) else {
                return Ok(response);
            };
            let end = Instant::now() + pause * 2_u32.saturating_pow(retry).min(8);
            let end = if response.headers.contains_key(header::RETRY_AFTER) {
                Instant::now() + pause
            } else {
                end
            };
            traffic.pause(end);
            if retry >= MOST_RETRIES {
                return Err(limited(host, pause));
            }
        }
        Err(late())
    }

    async fn send_once(
        &self,
        request: &Request,
        uri: &Uri,
        host: &Host,
        authorization: Option<&Secret>,
    ) -> Result<Response, Trouble> {
        let mut builder = http::Request::builder()
            .method(&request.method)
            .uri(uri)
            .header(
                header::USER_AGENT,
                concat!("kubectl-addons/", env!("CARGO_PKG_VERSION")),
            );
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(secret) = authorization {
            let value = HeaderValue::from_str(secret.reveal());
            let mut value =
                value.map_err(|_| "the credentials have characters that can't be sent")?;
            value.set_sensitive(true);
            builder = builder.header(header::AUTHORIZATION, value);
        }
        let unreachable =
            |reason: String| Trouble(format!("{} can't be reached: {reason}", host.shown()));
        let built = builder
            .body(Full::new(request.body.clone()))
            .map_err(|error| unreachable(error.to_string()))?;
        let answer = if host.scheme == "https" {
            let client = self.secure.get_or_init(secure_client).as_ref();
            client
                .map_err(|error| unreachable(error.clone()))?
                .request(built)
                .await
        } else {
            self.plain.request(built).await
        };
        let answer = answer.map_err(|error| unreachable(innermost(&error)))?;
        let (parts, body) = answer.into_parts();
        Ok(Response {
            status: parts.status,
            headers: parts.headers,
            uri: uri.clone(),
            body,
            until: request.until,
        })
    }

    fn traffic(&self, host: &Host) -> Rc<Traffic> {
        let mut hosts = self.hosts.borrow_mut();
        let traffic = hosts.entry(host.clone()).or_insert_with(|| {
            Rc::new(Traffic {
                permits: Semaphore::new(AT_ONCE),
                pause: Cell::new(None),
            })
        });
        Rc::clone(traffic)
    }
}

impl Traffic {
    fn is_paused(&self) -> bool {
        self.pause.get().is_some_and(|end| end > Instant::now())
    }

    fn pause(&self, end: Instant) {
        let longest = self.pause.get().map_or(end, |known| known.max(end));
        self.pause.set(Some(longest));
    }

    /// Waits out the host's pause, unless that takes longer than there is time.
    async fn wait(&self, host: &Host, until: Instant) -> Result<(), Trouble> {
        while let Some(end) = self.pause.get().filter(|end| *end > Instant::now()) {
            if end >= until {
                return Err(limited(host, end - Instant::now()));
            }
            sleep_until(end).await;
        }
        Ok(())
    }
}

fn limited(host: &Host, pause: Duration) -> Trouble {
    let pause = pause.saturating_add(Duration::from_millis(999)).as_secs();
    let pause = jiff::SignedDuration::from_secs(i64::try_from(pause).unwrap_or(i64::MAX));
    let pause = console::human(pause);
    Trouble(format!(
        "{} limits requests (429); try again in {pause}",
        host.shown()
    ))
}

/// How long the host wants to be left alone, if it does.
fn retry_after(response: &Response) -> Option<Duration> {
    let later = response.status == StatusCode::TOO_MANY_REQUESTS
        || (response.status == StatusCode::SERVICE_UNAVAILABLE
            && response.headers.contains_key(header::RETRY_AFTER));
    if !later {
        return None;
    }
    let said = text(&response.headers, &header::RETRY_AFTER).unwrap_or_default();
    let seconds = said.trim().parse().ok().map(Duration::from_secs);
    let date = || {
        // The day of the week adds nothing, and may be wrong.
        let said = said.split_once(", ").map_or(said, |(_, date)| date);
        let date = jiff::fmt::rfc2822::parse(said).ok()?.timestamp();
        Duration::try_from(date.duration_since(Timestamp::now())).ok()
    };
    // A century is a lie, and more than a clock can hold.
    let longest = Duration::from_hours(7 * 24);
    Some(seconds.or_else(date).unwrap_or(USUAL_PAUSE).min(longest))
}

/// Where an answer redirects to.
fn redirect(response: &Response, method: &Method) -> Result<Option<Uri>, Trouble> {
    let redirects = matches!(response.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    if !redirects || method == Method::POST {
        return Ok(None);
    }
    let Some(location) = text(&response.headers, &header::LOCATION) else {
        return Ok(None);
    };
    Ok(Some(resolve(&response.uri, location)?))
}

fn secure_client() -> Result<Client<HttpsConnector<Connector>, Body>, String> {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(rustls::crypto::ring::default_provider())
        .map_err(|error| error.to_string())?
        .https_only()
        .enable_http1()
        .wrap_connector(Connector::default());
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// A header as text.
#[must_use]
pub fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

impl Response {
    /// The host it came from, for messages.
    #[must_use]
    pub fn host(&self) -> String {
        Host::of(&self.uri).map_or_else(|_| without_query(&self.uri), |host| host.shown())
    }

    /// Reads the body to its end, up to a limit.
    ///
    /// # Errors
    /// When it is longer, breaks off, or comes too late.
    pub async fn read(self, limit: usize) -> Result<Vec<u8>, Trouble> {
        let mut whole = Vec::new();
        let host = self.host();
        self.stream(&mut |bytes| {
            if whole.len() + bytes.len() > limit {
                return Err(format!("{host} sent more than {} KiB", limit >> 10));
            }
            whole.extend_from_slice(bytes);
            Ok(())
        })
        .await?;
        Ok(whole)
    }

    /// Hands out the body piece by piece, unpacked.
    ///
    /// # Errors
    /// What `each` says, or when the body breaks off or comes too late.
    pub async fn stream(
        self,
        each: &mut dyn FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), Trouble> {
        let host = self.host();
        let packed = text(&self.headers, &header::CONTENT_ENCODING) == Some("gzip");
        let mut body = self.body;
        let sink = Sink {
            each,
            failure: None,
        };
        let mut pipe = if packed {
            Pipe::Packed(Box::new(GzDecoder::new(sink)))
        } else {
            Pipe::Plain(sink)
        };
        loop {
            let frame = timeout_at(self.until, body.frame()).await;
            let frame = frame.map_err(|_| Trouble(format!("{host} did not answer in time")))?;
            let Some(frame) = frame else { break };
            let frame = frame
                .map_err(|error| Trouble(format!("{host} broke off: {}", innermost(&error))))?;
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            if let Err(error) = pipe.write(&bytes) {
                let own = pipe.sink().failure.take();
                let reason =
                    own.unwrap_or_else(|| format!("{host} sent what can't be unpacked: {error}"));
                return Err(reason.into());
            }
        }
        match pipe {
            Pipe::Plain(_) => Ok(()),
            Pipe::Packed(decoder) => match decoder.finish() {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("{host} broke off: {error}").into()),
            },
        }
    }

    /// What a refusal means, with the server's own words where there are any.
    pub async fn refusal(self) -> Trouble {
        #[derive(serde::Deserialize)]
        struct Refusal {
            errors: Vec<Detail>,
        }
        #[derive(serde::Deserialize)]
        struct Detail {
            #[serde(default)]
            code: String,
            #[serde(default)]
            message: String,
        }
        let (host, status) = (self.host(), self.status);
        let body = self.read(REFUSAL).await.unwrap_or_default();
        let said = serde_json::from_slice::<Refusal>(&body).ok();
        let said = said.and_then(|refusal| refusal.errors.into_iter().next());
        let words = said.map_or(String::new(), |detail| {
            let words = if detail.message.is_empty() {
                detail.code
            } else {
                detail.message
            };
            let clean: String = words
                .chars()
                .filter(|c| !c.is_control())
                .take(120)
                .collect();
            format!(": {clean}")
        });
        Trouble(format!("{host} said {status}{words}"))
    }
}

/// Hands on what a decoder writes, and keeps the reader's own reason for stopping.
struct Sink<'a> {
    each: &'a mut dyn FnMut(&[u8]) -> Result<(), String>,
    failure: Option<String>,
}

/// What the body is written into.
enum Pipe<'a> {
    Plain(Sink<'a>),
    Packed(Box<GzDecoder<Sink<'a>>>),
}

impl<'a> Pipe<'a> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(sink) => sink.write_all(bytes),
            Self::Packed(decoder) => decoder.write_all(bytes),
        }
    }

    fn sink(&mut self) -> &mut Sink<'a> {
        match self {
            Self::Plain(sink) => sink,
            Self::Packed(decoder) => decoder.get_mut(),
        }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match (self.each)(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(reason) => {
                self.failure = Some(reason);
                Err(std::io::Error::other("stopped"))
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The cause that says most.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    for _ in 0..16 {
        match innermost.source() {
            Some(source) => innermost = source,
            None => break,
        }
    }
    innermost.to_string()
}
