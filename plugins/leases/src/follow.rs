//! `kubectl leases -w` and `kubectl leases watch`: from the API server's watches to what is seen.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster::{ApiServer, Change, Error, ListRequest, Versioned, Watch};
use console::{ExitCode, Failure, Interrupts, Output, note};
use futures::stream::{self, LocalBoxStream, SelectAll, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use crate::candidates::read_holders;
use crate::cli::UntilArg;
use crate::coordinated::{Candidate, LEASE_CANDIDATES};
use crate::events::{EVENTS, LeaseEventRecord, selector};
use crate::failure;
use crate::holder::Known;
use crate::lease::Lease;
use crate::memory::Memory;
use crate::render::live::Live;
use crate::render::{View, WatchView, summary, unresolved};
use crate::report::summary::{Ending, SummaryItem};
use crate::report::{EventType, LeaseEvent};
use crate::scope::Scope;
use crate::state::{State, judge};
use crate::tracker::{Event, News, Tracker};

/// After an interruption, what was missed arrives first; only then does silence mean anything.
const CATCH_UP: SignedDuration = SignedDuration::from_secs(2);
/// How often a picture is drawn anew while nothing happens.
const REDRAW: Duration = Duration::from_secs(1);

/// How to follow.
#[derive(Clone, Debug)]
pub struct Course {
    /// Which Leases.
    pub scope: Scope,
    /// How to show them.
    pub view: View,
    /// Whether renewals are news too.
    pub renewals: bool,
    /// Whether to remember, and to sum up at the end.
    pub remember: bool,
    /// Whether to draw a picture instead of lines.
    pub picture: bool,
    /// For how long.
    pub time: Option<SignedDuration>,
    /// Until what.
    pub until: Option<UntilArg>,
}

/// Shows what is there, then each change, until the course ends or the reader goes away.
///
/// # Errors
/// When the API server refuses, or standard output can't be written.
pub async fn follow(server: &ApiServer, course: Course) -> Result<ExitCode, Failure> {
    let mut interrupts = if course.remember {
        Some(Interrupts::listen()?)
    } else {
        // Nothing is lost when Ctrl-C just ends it.
        None
    };
    let mut sights = sights(server, &course);
    let mut follower = Follower::new(server, course);
    let mut redraw = tokio::time::interval(REDRAW);
    let ending = loop {
        if follower.output.is_closed() {
            return Ok(ExitCode::Done);
        }
        if let Some(ending) = follower.ending() {
            break ending;
        }
        let tick = follower.until_tick();
        let picture = follower.course.picture;
        let end = follower.until_end();
        tokio::select! {
            sight = sights.next() => match sight {
                Some(sight) => follower.take(sight).await?,
                None => return Ok(ExitCode::Done),
            },
            () = pause(tick) => follower.tick().await?,
            _ = redraw.tick(), if picture => follower.draw()?,
            () = pause(end) => break Ending::Elapsed,
            () = interrupt(interrupts.as_mut()) => break Ending::Interrupted,
        }
    };
    follower.sum_up(ending)
}

async fn pause(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

async fn interrupt(interrupts: Option<&mut Interrupts>) {
    match interrupts {
        Some(interrupts) => interrupts.next().await,
        None => std::future::pending().await,
    }
}

/// What is seen of the cluster.
enum Sight {
    Leases(Result<Change<Lease>, Error>),
    Candidates(Result<Change<Candidate>, Error>),
    Events(Result<Change<LeaseEventRecord>, Error>),
}

/// The Leases, and with a memory what shows that a former holder lives.
fn sights<'a>(server: &'a ApiServer, course: &Course) -> SelectAll<LocalBoxStream<'a, Sight>> {
    let scope = &course.scope;
    let namespace = scope.namespace.as_deref();
    let mut all = SelectAll::new();
    all.push(changes(Watch::new(server, scope.request()), Sight::Leases));
    if course.remember {
        let candidates = ListRequest::new(LEASE_CANDIDATES, namespace);
        all.push(changes(Watch::new(server, candidates), Sight::Candidates));
        let events = ListRequest {
            fields: Some(selector(None)),
            ..ListRequest::new(EVENTS, namespace)
        };
        all.push(changes(Watch::new(server, events), Sight::Events));
    }
    all
}

/// The changes of a watch; after an error there are none.
fn changes<T>(
    watch: Watch<'_, T>,
    sight: fn(Result<Change<T>, Error>) -> Sight,
) -> LocalBoxStream<'_, Sight>
where
    T: Clone + DeserializeOwned + Versioned + 'static,
{
    let changes = stream::unfold(Some(watch), move |watch| async move {
        let mut watch = watch?;
        let change = watch.next().await;
        let rest = change.is_ok().then_some(watch);
        Some((sight(change), rest))
    });
    changes.boxed_local()
}

struct Follower<'a> {
    server: &'a ApiServer,
    course: Course,
    tracker: Tracker,
    memory: Memory,
    lines: WatchView,
    picture: Live,
    output: Output,
    known: Known,
    unreadable: BTreeSet<String>,
    started: Timestamp,
    silent_until: Option<Timestamp>,
    connected: bool,
    listed: bool,
    changed: bool,
    interruptions: u64,
}

impl<'a> Follower<'a> {
    fn new(server: &'a ApiServer, course: Course) -> Self {
        Self {
            server,
            tracker: Tracker::default(),
            memory: Memory::default(),
            lines: WatchView::new(course.view),
            picture: Live::default(),
            output: Output::stdout(),
            known: Known::default(),
            unreadable: BTreeSet::new(),
            started: server.clock().now(),
            silent_until: None,
            connected: true,
            listed: false,
            changed: false,
            interruptions: 0,
            course,
        }
    }

    fn now(&self) -> Timestamp {
        self.server.clock().now()
    }

    /// How long until silence means something; never while the connection is broken.
    fn until_tick(&self) -> Option<Duration> {
        let now = self.now();
        let next = self.tracker.next_tick(now).filter(|_| self.connected)?;
        let next = self.silent_until.map_or(next, |silent| next.max(silent));
        Some(Duration::try_from(next.duration_since(now)).unwrap_or_default())
    }

    /// How long until `--for` has passed.
    fn until_end(&self) -> Option<Duration> {
        let end = self.started.saturating_add(self.course.time?).ok()?;
        Some(Duration::try_from(end.duration_since(self.now())).unwrap_or_default())
    }

    /// Whether `--until` has come true.
    fn ending(&self) -> Option<Ending> {
        let met = match self.course.until? {
            UntilArg::HolderChanged => self.changed,
            UntilArg::AllHeld => self.listed && self.connected && self.all_held(),
        };
        met.then_some(Ending::ConditionMet)
    }

    fn all_held(&self) -> bool {
        let now = self.now();
        let there = || self.memory.leases().filter(|one| !one.deleted);
        let named = |name: &String| there().any(|one| one.lease.name == *name);
        there().count() > 0
            && there().all(|one| judge(&one.lease, now) == State::Held)
            && self.course.scope.names.iter().all(named)
    }

    async fn tick(&mut self) -> Result<(), Failure> {
        let now = self.now();
        let events = self.tracker.tick(now);
        self.tell(events, now).await
    }

    async fn take(&mut self, sight: Sight) -> Result<(), Failure> {
        match sight {
            Sight::Leases(change) => {
                let change = change.map_err(|error| failure(&error))?;
                self.take_lease(change).await
            }
            Sight::Candidates(change) => match change {
                Ok(Change::Applied(candidate)) => {
                    let Candidate {
                        namespace,
                        lease,
                        name,
                        ..
                    } = candidate;
                    self.sign_of_life(&namespace, &lease, &name).await
                }
                // Without coordinated elections there are none of them.
                Err(Error::UnknownResource { .. }) => Ok(()),
                other => self.refusal(other.err()),
            },
            Sight::Events(change) => match change {
                Ok(Change::Applied(event)) => match event.stopped_leading() {
                    Some(identity) => {
                        self.sign_of_life(&event.namespace, &event.lease, identity)
                            .await
                    }
                    None => Ok(()),
                },
                other => self.refusal(other.err()),
            },
        }
    }

    async fn take_lease(&mut self, change: Change<Lease>) -> Result<(), Failure> {
        let now = self.now();
        let events = match change {
            Change::Listed(leases) => {
                self.connected = true;
                self.memory.blur();
                if !std::mem::replace(&mut self.listed, true) {
                    self.started = now;
                }
                let mut leases: Vec<Lease> = leases
                    .into_iter()
                    .filter(|lease| self.is_watched(lease))
                    .collect();
                leases.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
                self.tracker.list(leases, now)
            }
            Change::Applied(lease) if self.is_watched(&lease) => {
                self.tracker.apply(lease, now).into_iter().collect()
            }
            Change::Deleted(lease) => self.tracker.delete(lease).into_iter().collect(),
            Change::Applied(_) => Vec::new(),
            Change::Interrupted(error) => {
                self.connected = false;
                self.interruptions += 1;
                self.remark(&format!(
                    "{error}; trying again, no change of holder will be missed"
                ));
                Vec::new()
            }
            Change::Resumed => {
                self.connected = true;
                self.silent_until = now.checked_add(CATCH_UP).ok();
                self.remark("the connection stands again");
                Vec::new()
            }
        };
        self.tell(events, now).await
    }

    fn is_watched(&self, lease: &Lease) -> bool {
        let scope = &self.course.scope;
        scope.names(&lease.name) && scope.shows(lease.kind())
    }

    /// Notes once what can't be watched; the rest goes on.
    fn refusal(&mut self, error: Option<Error>) -> Result<(), Failure> {
        if let Some(Error::Forbidden { request, .. }) = error
            && self.unreadable.insert(request.to_string())
        {
            self.remark(&format!(
                "whether a holder that was replaced still lives may go unseen: not allowed to {request}"
            ));
        }
        self.draw()
    }

    async fn sign_of_life(
        &mut self,
        namespace: &str,
        name: &str,
        identity: &str,
    ) -> Result<(), Failure> {
        let now = self.now();
        let Some(after) = self.memory.sign_of_life(namespace, name, identity, now) else {
            return Ok(());
        };
        let Some(lease) = self.memory.get(namespace, name) else {
            return Ok(());
        };
        let lease = lease.lease.clone();
        let former = Lease {
            holder: Some(identity.to_owned()),
            ..lease.clone()
        };
        self.resolve(&[lease.clone(), former]).await;
        let event = LeaseEvent::returned(lease, identity, after, &self.known, now);
        self.print(&[event])
    }

    async fn tell(&mut self, mut events: Vec<Event>, now: Timestamp) -> Result<(), Failure> {
        if self.course.remember {
            for event in &events {
                self.memory.observe(event, now);
                self.changed |= matches!(event.news, News::HolderChanged { .. });
            }
        }
        events.retain(|event| self.course.renewals || event.news != News::Renewed);
        if events.is_empty() {
            return Ok(());
        }
        let leases: Vec<Lease> = events.iter().map(|event| event.lease.clone()).collect();
        self.resolve(&leases).await;
        let events: Vec<LeaseEvent> = events
            .into_iter()
            .map(|event| LeaseEvent::new(event, &self.known, now))
            .collect();
        self.print(&events)
    }

    fn print(&mut self, events: &[LeaseEvent]) -> Result<(), Failure> {
        if !self.course.picture {
            return self.lines.print(events, &mut self.output);
        }
        for event in events {
            if event.event_type != EventType::Seen {
                let line = self.lines.text(event, &self.output);
                self.picture.tell(line);
            }
        }
        self.draw()
    }

    fn draw(&mut self) -> Result<(), Failure> {
        if !self.course.picture || !self.listed {
            return Ok(());
        }
        let now = self.now();
        let items: Vec<SummaryItem> = self
            .memory
            .leases()
            .map(|remembered| SummaryItem::new(remembered, &self.known, now))
            .collect();
        self.picture
            .draw(&items, self.course.view, &mut self.output)
    }

    /// A remark on standard error, or in the picture, which it would disturb.
    fn remark(&mut self, remark: &str) {
        if self.course.picture {
            self.picture.tell(format!("note: {remark}"));
        } else {
            note(remark);
        }
    }

    /// Resolves the holders of what is shown; a watch goes on without where that fails.
    async fn resolve(&mut self, leases: &[Lease]) {
        let refused = self.unreadable.len();
        let found = read_holders(self.server, leases, &mut self.unreadable).await;
        if self.unreadable.len() > refused {
            let refused: Vec<String> = self.unreadable.iter().cloned().collect();
            self.remark(&unresolved(&refused));
        }
        if !self.course.remember {
            self.known = found.unwrap_or_default();
        } else if let Ok(found) = found {
            self.known.learn(found);
        }
    }

    fn sum_up(mut self, ending: Ending) -> Result<ExitCode, Failure> {
        self.draw()?;
        let times = (self.started, self.now());
        let report = crate::report::summary::summary(
            &self.memory,
            &self.known,
            times,
            ending,
            self.interruptions,
        );
        summary::print(&report, self.course.view, &mut self.output)?;
        Ok(match ending {
            Ending::ConditionMet => ExitCode::Done,
            Ending::Elapsed if self.course.until.is_none() => ExitCode::Done,
            Ending::Elapsed => ExitCode::Deadline,
            Ending::Interrupted => ExitCode::Interrupted,
        })
    }
}
