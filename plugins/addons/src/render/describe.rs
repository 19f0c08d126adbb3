//! All facts of one add-on, as `kubectl describe` would show them.

use console::{Failure, Output};
use serde::Serialize;

use super::{UNKNOWN, behind, behind_text, fits, installed};
use crate::report::{AddonItem, AddonList, ChartItem, ImageItem, SourceItem};

/// Prints one add-on.
pub(super) fn describe(
    item: &AddonItem,
    report: &AddonList,
    output: &mut Output,
) -> Result<(), Failure> {
    for (name, value) in fields(item, report) {
        output.line(format!("{name:<16}{value}").trim_end())?;
    }
    section(output, "Images:", item.images.iter().map(image))?;
    let steps = item.steps.iter().map(|step| {
        let notes = step.release_notes.as_deref().unwrap_or_default();
        format!("{}  {notes}", step.version)
    });
    section(output, "Upgrade:", steps)?;
    let entries = item.cves.iter().flatten().map(|entry| {
        format!(
            "{}  {}",
            entry.id,
            entry.summary.as_deref().unwrap_or_default()
        )
    });
    section(output, "Vulnerabilities:", entries)?;
    section(output, "Sources:", item.sources.iter().map(source))?;
    let unknown = item
        .unknown
        .iter()
        .map(|unknown| format!("{:<14}  {}", unknown.fact, unknown.reason));
    section(output, "Unknown:", unknown)
}

fn fields(item: &AddonItem, report: &AddonList) -> Vec<(&'static str, String)> {
    let workloads: Vec<&str> = item.workloads.iter().map(String::as_str).collect();
    let kubernetes = report
        .kubernetes
        .map_or_else(|| UNKNOWN.to_owned(), |minor| minor.to_string());
    let behind = item.behind.as_ref().map_or_else(
        || behind(item).text,
        |behind| format!("{} behind {}", behind_text(behind), behind.version),
    );
    let managed = &item.managed_by;
    let name = managed.name.as_ref();
    let name = name.map_or(String::new(), |name| format!(" ({name})"));
    let mut fields = vec![
        ("Name:", item.name.clone()),
        ("Title:", item.title.clone()),
        ("Namespace:", item.namespace.clone()),
        ("Workloads:", workloads.join(", ")),
        ("Installed:", installed(item).text),
        (
            "Verdict:",
            format!(
                "{} on Kubernetes {kubernetes}: {}",
                item.verdict, item.verdict_reason
            ),
        ),
        ("Fits:", fits(item).text),
        (
            "Latest:",
            item.latest.clone().unwrap_or_else(|| UNKNOWN.into()),
        ),
        ("Behind:", behind),
        ("End of life:", end(item)),
        ("Managed by:", format!("{}{name}", managed.tool)),
    ];
    if let Some(writer) = &managed.image_set_by {
        let at = managed
            .image_set_at
            .map_or(String::new(), |at| format!(" at {at}"));
        let other = if managed.overridden {
            ", and not by the tool"
        } else {
            ""
        };
        fields.push(("Image set by:", format!("{writer}{at}{other}")));
    }
    fields.extend(item.chart.as_ref().map(|item| ("Chart:", chart(item))));
    fields
}

fn end(item: &AddonItem) -> String {
    match (&item.retired, &item.eol) {
        (Some(retired), _) => format!("retired on {}: {}", retired.since, retired.note),
        (None, Some(eol)) => {
            let date = eol
                .from
                .map_or_else(|| "no date yet".to_owned(), |date| date.to_string());
            let ended = if eol.ended { "ended, " } else { "" };
            format!("{ended}{date} (branch {})", eol.branch)
        }
        (None, None) => UNKNOWN.into(),
    }
}

fn chart(chart: &ChartItem) -> String {
    let text = |version: &Option<String>| version.clone().unwrap_or_else(|| UNKNOWN.into());
    let drift = if chart.drift {
        "; the image is another than the chart's"
    } else {
        ""
    };
    format!(
        "{} {}, fits {}, latest {}{drift}",
        chart.name,
        chart.version,
        text(&chart.fits),
        text(&chart.latest)
    )
}

fn image(image: &ImageItem) -> String {
    let version = image.version.as_deref().unwrap_or(UNKNOWN);
    let nodes = match image.nodes {
        0 => "no pod yet".to_owned(),
        1 => "1 node".to_owned(),
        count => format!("{count} nodes"),
    };
    format!(
        "{version}  {}  ({}, {nodes})",
        image.image,
        plain(&image.origin)
    )
}

fn source(source: &SourceItem) -> String {
    let of = match (source.date, source.fetched_at) {
        (Some(date), _) => format!("catalogue, {date}"),
        (None, Some(at)) => format!("fetched {at}"),
        (None, None) => String::new(),
    };
    let stale = source.stale.as_ref();
    let stale = stale.map_or(String::new(), |reason| format!("; {reason}"));
    format!("{:<14}  {}  ({of}{stale})", source.fact, source.url)
}

/// A heading and indented lines; nothing where there are none.
fn section(
    output: &mut Output,
    heading: &str,
    lines: impl Iterator<Item = String>,
) -> Result<(), Failure> {
    for (index, line) in lines.enumerate() {
        if index == 0 {
            output.line(heading)?;
        }
        output.line(format!("  {line}").trim_end())?;
    }
    Ok(())
}

/// The name under which a plain enum stands in JSON.
fn plain(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
