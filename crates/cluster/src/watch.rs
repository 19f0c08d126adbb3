//! A list that stays true: what changed since, across broken connections.

use std::pin::Pin;
use std::time::Duration;

use futures::{Stream, TryStreamExt};
use kube::core::WatchEvent;
use serde::de::DeserializeOwned;

use crate::{ApiServer, Error, Freshness, ListRequest};

/// The first and the longest pause before a broken watch is taken up again.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The API server sends a bookmark about once a minute; longer silence is a dead connection.
const SILENCE: Duration = Duration::from_secs(90);

/// An object that knows its own version.
pub trait Versioned {
    /// The object's `metadata.resourceVersion`.
    fn resource_version(&self) -> &str;
}

/// What a watch reports.
#[derive(Debug)]
pub enum Change<T> {
    /// All objects that exist now; the first report, and again when the server no longer knows
    /// what happened in between.
    Listed(Vec<T>),
    /// An object was made or changed.
    Applied(T),
    /// An object was deleted; its last state.
    Deleted(T),
    /// The connection broke; it is taken up again where it broke.
    Interrupted(Error),
    /// The connection stands again after an interruption.
    Resumed,
}

type Events<T> = Pin<Box<dyn Stream<Item = Result<WatchEvent<T>, kube::Error>>>>;

/// A watch on the objects of a request; lost connections lose no change.
pub struct Watch<'a, T> {
    server: &'a ApiServer,
    request: ListRequest,
    version: Option<String>,
    events: Option<Events<T>>,
    pause: Option<Duration>,
    backoff: Duration,
    started: bool,
    interrupted: bool,
}

impl<'a, T: Clone + DeserializeOwned + Versioned + 'static> Watch<'a, T> {
    /// Prepares a watch; nothing is asked before [`next`](Self::next).
    #[must_use]
    pub fn new(server: &'a ApiServer, request: ListRequest) -> Self {
        let request = ListRequest {
            freshness: Freshness::Latest,
            ..request
        };
        Self {
            server,
            request,
            version: None,
            events: None,
            pause: None,
            backoff: FIRST_PAUSE,
            started: false,
            interrupted: false,
        }
    }

    /// Waits for what happens next. A cancelled wait loses no change, but begins its pause anew.
    ///
    /// # Errors
    /// When the API server refuses, or the very first list fails: what a new attempt won't mend.
    pub async fn next(&mut self) -> Result<Change<T>, Error> {
        loop {
            if let Some(pause) = self.pause {
                tokio::time::sleep(pause).await;
                self.pause = None;
            }
            match self.step().await {
                Ok(Some(change)) => return Ok(change),
                Ok(None) => {}
                // What happened since that version is no longer known, so look at what is.
                Err(Error::Refused { code: 410, .. }) if self.version.is_some() => self.forget(),
                Err(error) if self.started && error.is_transient() => {
                    if let Some(change) = self.interrupt(error) {
                        return Ok(change);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// One step: list, open the watch, or read one event. `None` where there is nothing to report.
    async fn step(&mut self) -> Result<Option<Change<T>>, Error> {
        let Some(version) = &self.version else {
            return self.list().await.map(Some);
        };
        let Some(events) = &mut self.events else {
            self.events = Some(Box::pin(
                self.server.open_watch(&self.request, version).await?,
            ));
            return Ok(self.resume());
        };
        let Ok(event) = tokio::time::timeout(SILENCE, events.try_next()).await else {
            self.events = None;
            return Ok(None);
        };
        match event {
            Ok(Some(event)) => self.event(event),
            // The server ends each watch after some minutes.
            Ok(None) => {
                self.events = None;
                self.pause = Some(FIRST_PAUSE);
                Ok(None)
            }
            Err(error) => {
                self.events = None;
                Err(self
                    .server
                    .explain(error, &self.request.as_request("watch")))
            }
        }
    }

    async fn list(&mut self) -> Result<Change<T>, Error> {
        let request = self.request.as_request("list");
        let mut objects = Vec::new();
        let version = self
            .server
            .list(&self.request, |json| {
                objects.push(serde_json::from_slice(json).map_err(|error| error.to_string())?);
                Ok(())
            })
            .await?;
        self.version = Some(version.ok_or_else(|| Error::Answer {
            request: Box::new(request),
            reason: "the list has no resourceVersion".into(),
        })?);
        self.started = true;
        self.interrupted = false;
        Ok(Change::Listed(objects))
    }

    fn event(&mut self, event: WatchEvent<T>) -> Result<Option<Change<T>>, Error> {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                self.version = Some(object.resource_version().to_owned());
                Ok(Some(Change::Applied(object)))
            }
            WatchEvent::Deleted(object) => {
                self.version = Some(object.resource_version().to_owned());
                Ok(Some(Change::Deleted(object)))
            }
            WatchEvent::Bookmark(bookmark) => {
                self.version = Some(bookmark.metadata.resource_version);
                Ok(None)
            }
            WatchEvent::Error(status) => {
                self.events = None;
                Err(self
                    .server
                    .explain(kube::Error::Api(status), &self.request.as_request("watch")))
            }
        }
    }

    fn forget(&mut self) {
        self.version = None;
        self.events = None;
    }

    /// Notes an interruption once, and waits longer with each failed attempt.
    fn interrupt(&mut self, error: Error) -> Option<Change<T>> {
        let first = !self.interrupted;
        self.interrupted = true;
        self.events = None;
        self.backoff = if first {
            FIRST_PAUSE
        } else {
            LONGEST_PAUSE.min(self.backoff * 2)
        };
        self.pause = Some(self.backoff);
        first.then_some(Change::Interrupted(error))
    }

    fn resume(&mut self) -> Option<Change<T>> {
        std::mem::take(&mut self.interrupted).then_some(Change::Resumed)
    }
}
