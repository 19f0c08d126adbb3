//! `kubectl leases -w`: from the API server's watch to printed lines.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use cluster::{ApiServer, Change, Watch};
use console::{ExitCode, Failure, Output, note};
use jiff::{SignedDuration, Timestamp};

use crate::candidates::read_holders;
use crate::cli::LeasesArgs;

use crate::failure;
use crate::holder::Known;
use crate::lease::Lease;
use crate::render::{View, WatchView, unresolved};
use crate::report::LeaseEvent;
use crate::scope::Scope;
use crate::tracker::{Event, News, Tracker};

/// After an interruption, what was missed arrives first; only then does silence mean anything.
const CATCH_UP: SignedDuration = SignedDuration::from_secs(2);

/// Prints what is there, then each change, until the reader goes away.
///
/// # Errors
/// When the API server refuses, or standard output can't be written.
pub async fn follow(
    server: &ApiServer,
    args: &LeasesArgs,
    scope: &Scope,
) -> Result<ExitCode, Failure> {
    let view = View::new(&args.output, scope.namespace.is_none());
    let mut follower = Follower {
        server,
        scope,
        renewals: args.watch_renewals,
        tracker: Tracker::default(),
        view: WatchView::new(view),
        output: Output::stdout(),
        unreadable: BTreeSet::new(),
        silent_until: None,
        connected: true,
    };
    let mut watch = Watch::<Lease>::new(server, scope.request());
    while !follower.output.is_closed() {
        let mut next = pin!(watch.next());
        let change = loop {
            let pause = follower.until_tick();
            tokio::select! {
                change = &mut next => break change.map_err(|error| failure(&error))?,
                () = tokio::time::sleep(pause.unwrap_or(Duration::MAX)), if pause.is_some() => follower.tick().await?,
            }
            if follower.output.is_closed() {
                return Ok(ExitCode::Done);
            }
        };
        follower.take(change).await?;
    }
    Ok(ExitCode::Done)
}

struct Follower<'a> {
    server: &'a ApiServer,
    scope: &'a Scope,
    renewals: bool,
    tracker: Tracker,
    view: WatchView,
    output: Output,
    unreadable: BTreeSet<String>,
    silent_until: Option<Timestamp>,
    connected: bool,
}

impl Follower<'_> {
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

    async fn tick(&mut self) -> Result<(), Failure> {
        let now = self.now();
        let events = self.tracker.tick(now);
        self.print(events, now).await
    }

    async fn take(&mut self, change: Change<Lease>) -> Result<(), Failure> {
        let now = self.now();
        let events = match change {
            Change::Listed(leases) => {
                self.connected = true;
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
                note(&format!(
                    "{error}; trying again, no change of holder will be missed"
                ));
                Vec::new()
            }
            Change::Resumed => {
                self.connected = true;
                self.silent_until = now.checked_add(CATCH_UP).ok();
                note("the connection stands again");
                Vec::new()
            }
        };
        self.print(events, now).await
    }

    fn is_watched(&self, lease: &Lease) -> bool {
        self.scope.names(&lease.name) && self.scope.shows(lease.kind())
    }

    async fn print(&mut self, mut events: Vec<Event>, now: Timestamp) -> Result<(), Failure> {
        events.retain(|event| self.renewals || event.news != News::Renewed);
        if events.is_empty() {
            return Ok(());
        }
        let known = self.holders_of(&events).await;
        let events: Vec<LeaseEvent> = events
            .into_iter()
            .map(|event| LeaseEvent::new(event, &known, now))
            .collect();
        self.view.print(&events, &mut self.output)
    }

    /// Resolves the holders of what is printed; a watch goes on without where that fails.
    async fn holders_of(&mut self, events: &[Event]) -> Known {
        let leases: Vec<Lease> = events.iter().map(|event| event.lease.clone()).collect();
        let refused = self.unreadable.len();
        let known = read_holders(self.server, &leases, &mut self.unreadable).await;
        if self.unreadable.len() > refused {
            let refused: Vec<String> = self.unreadable.iter().cloned().collect();
            note(&unresolved(&refused));
        }
        known.unwrap_or_default()
    }
}
