//! `kubectl leases failover`: takes leadership away and follows what comes of it.

use std::time::Duration;

use cluster::{ApiServer, Change, Error, Watch};
use console::{Consent, ExitCode, Failure, Interrupts, Output, confirm, note};
use jiff::{SignedDuration, Timestamp};

use super::{Written, free, give_back, prefer, take};
use crate::cli::{FailoverArgs, bare};
use crate::contender::contenders;
use crate::failover::{
    DRILL_IDENTITY, Drill, Method, Outcome, What, duration, method, objections, preferred,
};
use crate::lease::Lease;
use crate::render::View;
use crate::render::failover::{Moments, data, plan as print_plan};
use crate::report::failover::{LeaseFailover, OldLeader, plan, result};
use crate::scope::{KindFilter, Scope};
use crate::surroundings::{Surroundings, list_events, list_pods, read_live, read_writes};
use crate::{failure, not_found};

/// How often a change is tried that others are faster with.
const ATTEMPTS: usize = 5;
/// How long after the takeover the old leader may take to show that it was restarted, and the new
/// one to overwrite what is left.
const AFTERMATH: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Plans a drill, asks, and does it.
///
/// # Errors
/// What the user is told when it fails.
pub async fn failover(server: &ApiServer, args: &FailoverArgs) -> Result<ExitCode, Failure> {
    let mut interrupts = Interrupts::listen()?;
    let name = bare(&args.name);
    let found = read_live(server, server.namespace(), name)
        .await
        .map_err(|error| failure(&error))?;
    let Some(lease) = found.lease.clone() else {
        return Err(not_found(name));
    };
    let all = contenders(
        &lease,
        &found.known,
        &found.instances,
        &found.candidates,
        &found.events,
        found.now,
    );
    let against = objections(&lease, &all, args.timeout, found.now);
    let mut report = plan(lease.clone(), all, &against, &found.known, found.now);
    let view = View::new(&args.output, false);
    let mut output = Output::stdout();
    print_plan(&report, view, &mut output)?;
    let standing = against
        .iter()
        .find(|objection| !objection.forcible || !args.force);
    if args.dry_run {
        data(&report, view, &mut output)?;
    }
    if let Some(objection) = standing {
        return Err(Failure::new(objection.reason.clone())
            .with_hint(objection.hint.clone())
            .with_code(ExitCode::BadNews));
    }
    if args.dry_run {
        return Ok(ExitCode::Done);
    }
    let leader = report
        .lease
        .holder
        .as_ref()
        .map_or("", |holder| &holder.name);
    let question = format!(
        "Take {}/{} away from {leader}?",
        lease.namespace, lease.name
    );
    match confirm(&question, args.yes)? {
        Consent::Given => {}
        Consent::Refused => {
            note("nothing was changed");
            return Ok(ExitCode::Done);
        }
        Consent::NotAsked => {
            return Err(
                Failure::usage("there is no terminal to ask at, so nothing was changed")
                    .with_hint("give --yes to go on without the question"),
            );
        }
    }
    let run = Run {
        server,
        timeout: args.timeout,
        view,
        output,
        printed: Moments::default(),
    };
    let code = run
        .drill(&lease, &found, &mut report, &mut interrupts)
        .await?;
    Ok(code)
}

/// A drill under way.
struct Run<'a> {
    server: &'a ApiServer,
    timeout: SignedDuration,
    view: View,
    output: Output,
    printed: Moments,
}

/// What a drill waits for.
enum Next {
    Change(Box<Change<Lease>>),
    Free,
    Deadline,
    Interrupt,
}

impl Run<'_> {
    fn now(&self) -> Timestamp {
        self.server.clock().now()
    }

    async fn drill(
        mut self,
        planned: &Lease,
        found: &Surroundings,
        report: &mut LeaseFailover,
        interrupts: &mut Interrupts,
    ) -> Result<ExitCode, Failure> {
        let scope = Scope {
            namespace: Some(planned.namespace.clone()),
            names: vec![planned.name.clone()],
            selector: None,
            kind: KindFilter::All,
        };
        let mut watch = Watch::<Lease>::new(self.server, scope.request());
        let ours = match method(planned) {
            Method::Hold => format!("{DRILL_IDENTITY}{}", unique(self.now())),
            Method::EndTerm => preferred(planned, &found.candidates, self.now())
                .unwrap_or_else(|| format!("{DRILL_IDENTITY}nobody")),
        };
        let (before, mut last) = self.begin(&mut watch, planned, &ours, interrupts).await?;
        let mut drill = Drill::new(&before, &ours, self.now_taken(&last, planned));
        let outcome = self
            .follow(&mut watch, &mut drill, (&before, &mut last), interrupts)
            .await?;
        let old_leader = self.old_leader(report, found, &mut drill).await;
        let left = self.left(&drill, planned).await;
        self.print(&drill)?;
        report.result = Some(result(
            &drill,
            outcome,
            &last,
            &found.known,
            old_leader,
            left,
        ));
        data(report, self.view, &mut self.output)?;
        Ok(match outcome {
            Outcome::TakenOver => ExitCode::Done,
            Outcome::TakenBack => ExitCode::BadNews,
            Outcome::NobodyLeads => ExitCode::Deadline,
            Outcome::Interrupted => ExitCode::Interrupted,
        })
    }

    /// When the Lease was taken: what was written says it, or else it is now.
    fn now_taken(&self, written: &Lease, planned: &Lease) -> Timestamp {
        match method(planned) {
            Method::Hold => written.renewed.known().unwrap_or_else(|| self.now()),
            Method::EndTerm => self.now(),
        }
    }

    /// Takes leadership away just after a renewal, when the leader is not about to write itself;
    /// returns the Lease before and after.
    async fn begin(
        &mut self,
        watch: &mut Watch<'_, Lease>,
        planned: &Lease,
        ours: &str,
        interrupts: &mut Interrupts,
    ) -> Result<(Lease, Lease), Failure> {
        for _ in 0..ATTEMPTS {
            let before = self.next_renewal(watch, planned, interrupts).await?;
            let written = match method(planned) {
                Method::Hold => take(self.server, &before, ours, self.now()).await,
                Method::EndTerm => prefer(self.server, &before, Some(ours)).await,
            };
            match written.map_err(|error| failure(&error))? {
                Written::Done(after) => return Ok((before, *after)),
                Written::Changed => {}
            }
        }
        Err(Failure::new(format!(
            "lease \"{}\" changes faster than it can be taken; nothing was changed",
            planned.name
        ))
        .with_hint("try again"))
    }

    async fn next_renewal(
        &self,
        watch: &mut Watch<'_, Lease>,
        planned: &Lease,
        interrupts: &mut Interrupts,
    ) -> Result<Lease, Failure> {
        let patience = Duration::try_from(duration(planned)).unwrap_or_default();
        let meanwhile = |what: &str| {
            Failure::new(format!(
                "lease \"{}\" {what} meanwhile; nothing was changed",
                planned.name
            ))
            .with_hint("kubectl leases show tells how it stands now")
        };
        let renewal = async {
            loop {
                let change = watch.next().await.map_err(|error| failure(&error))?;
                let Change::Applied(lease) = change else {
                    continue;
                };
                if lease.uid != planned.uid || lease.holder != planned.holder {
                    return Err(meanwhile("changed hands"));
                }
                if lease.renewed != planned.renewed {
                    return Ok(lease);
                }
            }
        };
        tokio::select! {
            renewed = renewal => renewed,
            () = tokio::time::sleep(patience) => Err(meanwhile("was not renewed any more")),
            () = interrupts.next() => Err(Failure::new("interrupted; nothing was changed")
                .with_code(ExitCode::Interrupted)),
        }
    }

    /// Follows the Lease until somebody leads, the time is over or the user has enough.
    async fn follow(
        &mut self,
        watch: &mut Watch<'_, Lease>,
        drill: &mut Drill,
        (before, last): (&Lease, &mut Lease),
        interrupts: &mut Interrupts,
    ) -> Result<Outcome, Failure> {
        let taken = drill.when(What::Taken).unwrap_or_else(|| self.now());
        let free_at = taken.saturating_add(duration(last)).unwrap_or(taken);
        let deadline = taken.saturating_add(self.timeout).unwrap_or(taken);
        let hold = method(last) == Method::Hold;
        let mut freed = !hold;
        loop {
            self.print(drill)?;
            let next = tokio::select! {
                change = watch.next() => match change {
                    Ok(change) => Next::Change(Box::new(change)),
                    Err(error) => {
                        self.undo(drill, before, last).await?;
                        return Err(failure(&error));
                    }
                },
                () = self.sleep_until(free_at), if !freed => Next::Free,
                () = self.sleep_until(deadline) => Next::Deadline,
                () = interrupts.next() => Next::Interrupt,
            };
            match next {
                Next::Change(change) => {
                    if let Some(outcome) = Self::take_change(*change, drill, last) {
                        return Ok(outcome);
                    }
                }
                Next::Free => freed = self.free(drill, last).await?,
                Next::Deadline => {
                    self.undo(drill, before, last).await?;
                    return Ok(Outcome::NobodyLeads);
                }
                Next::Interrupt => {
                    self.undo(drill, before, last).await?;
                    return Ok(Outcome::Interrupted);
                }
            }
        }
    }

    async fn sleep_until(&self, time: Timestamp) {
        let pause = time.duration_since(self.now());
        tokio::time::sleep(Duration::try_from(pause).unwrap_or_default()).await;
    }

    fn take_change(change: Change<Lease>, drill: &mut Drill, last: &mut Lease) -> Option<Outcome> {
        let lease = match change {
            Change::Listed(leases) => leases.into_iter().next()?,
            Change::Applied(lease) => lease,
            Change::Interrupted(error) => {
                note(&format!("{error}; trying again"));
                return None;
            }
            Change::Deleted(_) | Change::Resumed => return None,
        };
        let outcome = drill.observe(&lease);
        *last = lease;
        outcome
    }

    /// Frees the Lease; `false` where that has to be tried again.
    async fn free(&self, drill: &mut Drill, last: &mut Lease) -> Result<bool, Failure> {
        if !drill.bears_ours(last) {
            return Ok(true);
        }
        let now = self.now();
        match free(self.server, last, now).await {
            Ok(Written::Done(lease)) => {
                *last = *lease;
                drill.note(now, What::Freed, None);
                Ok(true)
            }
            // The watch tells who was faster.
            Ok(Written::Changed) => Ok(true),
            Err(error) if error.is_transient() => {
                note(&format!("{error}; trying again"));
                tokio::time::sleep(LOOK_AGAIN).await;
                Ok(false)
            }
            Err(error) => Err(failure(&error)),
        }
    }

    /// Takes back what was written, so that the old leader goes on if it has not given up yet.
    async fn undo(
        &self,
        drill: &mut Drill,
        before: &Lease,
        last: &mut Lease,
    ) -> Result<(), Failure> {
        if !drill.bears_ours(last) {
            return Ok(());
        }
        let written = match method(last) {
            Method::Hold => give_back(self.server, last, before, self.now()).await,
            Method::EndTerm => prefer(self.server, last, None).await,
        };
        match written {
            Ok(Written::Done(lease)) => {
                *last = *lease;
                drill.note(self.now(), What::Undone, None);
                Ok(())
            }
            Ok(Written::Changed) => Ok(()),
            Err(error) => Err(Self::stuck(&error, last)),
        }
    }

    fn stuck(error: &Error, last: &Lease) -> Failure {
        failure(error).with_hint(format!(
            "what was written to lease \"{}\" may still be there; candidates take it over {}s after they first saw it",
            last.name,
            duration(last).as_secs()
        ))
    }

    fn print(&mut self, drill: &Drill) -> Result<(), Failure> {
        self.printed.print(
            drill.moments(),
            drill.when(What::Taken),
            self.view,
            &mut self.output,
        )
    }

    /// What became of the old leader's process, as far as its pod and events tell.
    async fn old_leader(
        &self,
        report: &LeaseFailover,
        found: &Surroundings,
        drill: &mut Drill,
    ) -> Option<OldLeader> {
        let taken = drill.when(What::Taken)?;
        let identity = report.lease.holder_identity.clone();
        let namespace = &report.lease.namespace;
        let holder = report.lease.holder.as_ref();
        let container = holder.and_then(|holder| holder.container.as_deref());
        let pod = holder.and_then(|holder| holder.pod.clone());
        let before = pod.as_ref().and_then(|pod| {
            found
                .instances
                .iter()
                .find(|instance| instance.pod.name == *pod)
        });
        let (pod, before) = pod.zip(before).unzip();
        let mut old = None;
        let end = tokio::time::Instant::now() + AFTERMATH;
        while let (Some(pod), Some(before)) = (&pod, before) {
            let Ok(instances) = list_pods(self.server, namespace).await else {
                break;
            };
            let now = instances.iter().find(|one| one.uid == before.uid);
            let restarted =
                now.is_none_or(|now| now.restarts(container) > before.restarts(container));
            let ended = now
                .and_then(|now| now.ended(container))
                .filter(|ended| *ended >= taken);
            old = Some(OldLeader {
                pod: pod.clone(),
                restarted,
                ended,
                exit_code: now.and_then(|now| now.exit_code(container)),
            });
            if restarted || tokio::time::Instant::now() >= end {
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let stopped = self.stopped(namespace, &report.lease.name, identity.as_deref(), taken);
        let ended = old.as_ref().and_then(|old| old.ended);
        if let Some(time) = stopped.await.or(ended) {
            drill.note(time, What::OldLeaderEnded, identity);
        }
        old
    }

    /// When the old leader says that it stopped; most exit before they can say so.
    async fn stopped(
        &self,
        namespace: &str,
        name: &str,
        identity: Option<&str>,
        taken: Timestamp,
    ) -> Option<Timestamp> {
        let events = list_events(self.server, namespace, name).await.ok()?;
        events
            .iter()
            .filter(|event| identity.is_some() && event.stopped_leading() == identity)
            .filter_map(|event| event.time)
            .find(|time| *time >= taken)
    }

    /// What of ours is left on the Lease once the new leader has renewed it.
    async fn left(&self, drill: &Drill, planned: &Lease) -> Vec<String> {
        let end = tokio::time::Instant::now() + AFTERMATH;
        loop {
            let read = read_writes(self.server, &planned.namespace, &planned.name).await;
            let Ok(Some((lease, writes))) = read else {
                return vec!["unknown: it can't be read".into()];
            };
            let mut left: Vec<String> = writes
                .into_iter()
                .filter(|write| write.manager == "day2")
                .flat_map(|write| write.fields)
                .collect();
            if drill.bears_ours(&lease) {
                left.push("its holder or preferred holder".into());
            }
            if left.is_empty() || tokio::time::Instant::now() >= end {
                return left;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// What makes our identity one of its kind.
fn unique(now: Timestamp) -> String {
    format!("{}-{}", std::process::id(), now.as_microsecond())
}
