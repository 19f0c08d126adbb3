//! What upstream has: image tags, charts, vulnerabilities, ends of life.
//!
//! oci-client was looked at: it brings 81 further crates (reqwest, url and ICU among them), and its
//! `list_tags` hides the `Link` header that paging needs. What is needed of the distribution
//! specification is small, so it stands here on the HTTP stack that is there anyway.

pub mod address;
pub mod cache;
pub mod credentials;
pub mod end_of_life;
pub mod helm;
pub mod http;
mod proxy;
pub mod registry;
pub mod secret;
pub mod vulnerabilities;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use self::cache::{Cache, Entry};
use self::credentials::Credentials;
use self::http::{Http, Trouble};
use self::registry::Challenges;
use crate::image::Mirror;

/// How to ask upstream.
#[derive(Clone, Debug)]
pub struct Options {
    /// Never ask, answer from the cache.
    pub offline: bool,
    /// Until it has this age, an answer from the cache is not asked for again; with none, always.
    pub max_age: Duration,
    /// How long to wait for one source.
    pub deadline: Duration,
    /// Where else to ask.
    pub mirrors: Vec<Mirror>,
}

/// Everything that is needed to ask upstream.
pub struct Upstream {
    options: Options,
    http: Http,
    cache: Cache,
    credentials: Credentials,
    challenges: Challenges,
    now: Timestamp,
}

/// An answer, and how it was had.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetched<T> {
    /// The answer.
    pub value: T,
    /// Where it was asked for.
    pub url: String,
    /// When upstream gave it.
    pub at: Timestamp,
    /// Why it was not asked for again, where it is older than wanted.
    pub stale: Option<String>,
}

/// An answer, or why there is none.
pub type Answer<T> = Result<Fetched<T>, String>;

/// A new answer, and what the host wants to be asked with next time.
pub(crate) struct Fresh<T> {
    pub(crate) value: T,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
}

/// What asking again brought.
pub(crate) enum Asked<T> {
    New(Fresh<T>),
    NotModified,
}

impl Upstream {
    /// Prepares to ask; nothing is sent yet.
    #[must_use]
    pub fn new(options: Options, cache: Cache, credentials: Credentials, now: Timestamp) -> Self {
        Self {
            options,
            http: Http::default(),
            cache,
            credentials,
            challenges: Challenges::default(),
            now,
        }
    }

    /// Where something that is published at `place` is asked for.
    fn place(&self, place: &str) -> String {
        self.options
            .mirrors
            .iter()
            .filter_map(|mirror| Some((mirror.from.len(), mirror.forward(place)?)))
            .max_by_key(|(length, _)| *length)
            .map_or_else(|| place.to_owned(), |(_, place)| place)
    }

    /// Answers from the cache, or asks and fills it.
    ///
    /// `patience` times the deadline is the time for it.
    async fn cached<T>(
        &self,
        url: &str,
        patience: u32,
        ask: impl AsyncFnOnce(Option<Entry<T>>, Instant) -> Result<Asked<T>, Trouble>,
    ) -> Answer<T>
    where
        T: Clone + Serialize + DeserializeOwned,
    {
        let known: Option<Entry<T>> = self.cache.read(url);
        let from_cache = |entry: Entry<T>, stale: Option<String>| Fetched {
            value: entry.body,
            url: url.to_owned(),
            at: entry.fetched_at,
            stale,
        };
        if let Some(entry) = &known
            && (self.options.offline || self.is_fresh(entry.fetched_at))
        {
            return Ok(from_cache(entry.clone(), None));
        }
        if self.options.offline {
            return Err("it is not in the cache, and --offline forbids to ask".into());
        }
        let time = self.options.deadline * patience;
        let until = Instant::now() + time;
        let asked = tokio::time::timeout_at(until, ask(known.clone(), until)).await;
        let asked = asked.unwrap_or_else(|_| {
            let seconds = time.as_secs_f64();
            Err(Trouble(format!("no answer within {seconds} s")))
        });
        match (asked, known) {
            (Ok(Asked::New(fresh)), _) => {
                let entry = Entry {
                    url: url.to_owned(),
                    fetched_at: self.now,
                    etag: fresh.etag,
                    last_modified: fresh.last_modified,
                    body: fresh.value,
                };
                self.cache.write(&entry);
                Ok(from_cache(entry, None))
            }
            (Ok(Asked::NotModified), Some(entry)) => {
                let entry = Entry {
                    fetched_at: self.now,
                    ..entry
                };
                self.cache.write(&entry);
                Ok(from_cache(entry, None))
            }
            (Ok(Asked::NotModified), None) => {
                Err("it said 304 without having been asked for changes".into())
            }
            (Err(Trouble(reason)), Some(entry)) => Ok(from_cache(entry, Some(reason))),
            (Err(Trouble(reason)), None) => Err(reason),
        }
    }

    fn is_fresh(&self, at: Timestamp) -> bool {
        let age = self.now.duration_since(at);
        Duration::try_from(age).is_ok_and(|age| age < self.options.max_age)
    }
}

#[cfg(test)]
mod tests;
