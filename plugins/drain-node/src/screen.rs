//! What one sees of a drain while it works: kubectl's lines, a terminal's, or one document a line.

use std::io::{Write, stderr};

use console::{Failure, Output, Progress, note};
use jiff::{SignedDuration, Timestamp};

use crate::pod::Pod;
use crate::report::{API_VERSION, DrainEvent, EventType, PodName};

/// How it is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// As kubectl writes it.
    Lines,
    /// Nodes and problems as lines, pods in the progress.
    Terminal,
    /// One document a line.
    Json,
}

/// Something to show.
#[derive(Clone, Debug, Default)]
pub struct Event {
    pub node: Option<String>,
    pub pod: Option<PodName>,
    pub message: Option<String>,
    pub took: Option<SignedDuration>,
}

impl Event {
    /// An event of a node.
    pub fn of_node(name: &str) -> Self {
        Self {
            node: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// An event of a pod.
    pub fn of_pod(pod: &Pod) -> Self {
        Self {
            node: Some(pod.node.clone()),
            pod: Some(PodName {
                namespace: pod.namespace.clone(),
                name: pod.name.clone(),
                uid: pod.uid.clone(),
            }),
            ..Self::default()
        }
    }

    /// With words.
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// With the time it took.
    pub fn after(mut self, took: Option<std::time::Duration>) -> Self {
        self.took = took.and_then(|took| SignedDuration::try_from(took).ok());
        self
    }
}

/// The screen of a drain.
pub struct Screen {
    form: Form,
    progress: Option<Progress>,
    pub output: Output,
}

impl Screen {
    /// `json` writes documents; otherwise it depends on whether there is a terminal.
    pub fn new(json: bool) -> Self {
        let progress = if json { None } else { Progress::on_terminal() };
        let form = match (&progress, json) {
            (_, true) => Form::Json,
            (Some(_), false) => Form::Terminal,
            (None, false) => Form::Lines,
        };
        Self {
            form,
            progress,
            output: Output::stdout(),
        }
    }

    /// Whether there is room for lines that change.
    pub fn has_progress(&self) -> bool {
        self.progress.is_some()
    }

    /// Whether documents are written.
    pub fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// Shows lines that change.
    pub fn progress(&mut self, lines: &[String]) {
        if let Some(progress) = &mut self.progress {
            progress.show(lines);
        }
    }

    /// Takes the lines that change away.
    pub fn end_progress(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.clear();
        }
    }

    /// Shows an event.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub fn show(
        &mut self,
        event_type: EventType,
        event: Event,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if self.form == Form::Json {
            return self.document(event_type, event, now);
        }
        let terminal = self.form == Form::Terminal;
        let Some((line, is_data)) = line(event_type, &event, terminal) else {
            return Ok(());
        };
        let output = &mut self.output;
        let mut write = || {
            if is_data {
                output.line(&line)?;
                output.flush()
            } else {
                let _ = writeln!(stderr().lock(), "{line}");
                Ok(())
            }
        };
        match &self.progress {
            Some(progress) => progress.aside(write),
            None => write(),
        }
    }

    fn document(
        &mut self,
        event_type: EventType,
        event: Event,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.output.json_line(&DrainEvent {
            api_version: API_VERSION,
            kind: "DrainEvent",
            time: now,
            event_type,
            node: event.node,
            pod: event.pod,
            message: event.message,
            seconds: event.took.map(seconds),
        })?;
        self.output.flush()
    }

    /// Prints a remark.
    pub fn note(&mut self, remark: &str) {
        match &self.progress {
            Some(progress) => progress.aside(|| note(remark)),
            None => note(remark),
        }
    }
}

/// Seconds with milliseconds.
pub fn seconds(duration: SignedDuration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// A line, and whether it is data; `None` where this form does not show it.
fn line(event_type: EventType, event: &Event, terminal: bool) -> Option<(String, bool)> {
    let node = event.node.as_deref().unwrap_or_default();
    let message = event.message.as_deref().unwrap_or_default();
    let took = event
        .took
        .map_or(String::new(), |took| format!(" ({})", console::short(took)));
    let pod = event.pod.as_ref();
    let slashed = pod.map_or(String::new(), |pod| {
        format!("{}/{}", pod.namespace, pod.name)
    });
    let quoted = pod.map_or(String::new(), |pod| {
        format!("pods/\"{}\" -n \"{}\"", pod.name, pod.namespace)
    });
    let data = |line: String| Some((line, true));
    let remark = |line: String| Some((line, false));
    let pod_line = |line: String| if terminal { None } else { data(line) };
    match event_type {
        EventType::Cordoned => data(format!("node/{node} cordoned")),
        EventType::AlreadyCordoned => data(format!("node/{node} already cordoned")),
        EventType::Uncordoned => data(format!("node/{node} uncordoned")),
        EventType::Drained => data(format!("node/{node} drained{took}")),
        EventType::Evicting => pod_line(format!("evicting pod {slashed}")),
        EventType::Deleting => None,
        EventType::Evicted => pod_line(format!("pod/{slashed} evicted{took}")),
        EventType::Deleted => pod_line(format!("pod/{slashed} deleted{took}")),
        EventType::Gone => pod_line(format!("pod/{slashed} gone{took}")),
        EventType::Skipped => data(message.to_owned()),
        EventType::Surging => remark(format!("note: pod {slashed}: {message}")),
        EventType::Arrived => remark(format!("note: pod {slashed} came to node {node} meanwhile")),
        EventType::Refused => remark(format!(
            "error when evicting {quoted} (will retry): {message}"
        )),
        EventType::Failed => remark(format!("error when evicting {quoted}: {message}")),
        EventType::Stuck => remark(format!("note: pod {slashed} is still there: {message}")),
        EventType::NotDrained => remark(format!(
            "error: unable to drain node \"{node}\" due to error: {message}"
        )),
        EventType::Waiting
        | EventType::Interrupted
        | EventType::Resumed
        | EventType::Replaced
        | EventType::Detached => remark(format!("note: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::tests::pod;

    #[test]
    fn lines_read_as_kubectls() {
        let took = Some(std::time::Duration::from_millis(1240));
        let node = Event::of_node("n1");
        let of_pod = Event::of_pod(&pod("web-0", "web"));
        for (event_type, event, terminal, expected) in [
            (
                EventType::Cordoned,
                node.clone(),
                false,
                Some("node/n1 cordoned"),
            ),
            (
                EventType::AlreadyCordoned,
                node.clone(),
                true,
                Some("node/n1 already cordoned"),
            ),
            (
                EventType::Evicting,
                of_pod.clone(),
                false,
                Some("evicting pod ns/web-0"),
            ),
            (EventType::Evicting, of_pod.clone(), true, None),
            (
                EventType::Evicted,
                of_pod.clone().after(took),
                false,
                Some("pod/ns/web-0 evicted (1.2s)"),
            ),
            (
                EventType::Drained,
                node.after(took),
                true,
                Some("node/n1 drained (1.2s)"),
            ),
            (
                EventType::Refused,
                of_pod.saying("no"),
                true,
                Some("error when evicting pods/\"web-0\" -n \"ns\" (will retry): no"),
            ),
        ] {
            let line = line(event_type, &event, terminal).map(|(line, _)| line);
            assert_eq!(line.as_deref(), expected);
        }
    }
}
