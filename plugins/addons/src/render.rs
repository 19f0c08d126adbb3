//! The reports as tables, as Markdown, as names, and as the description of one add-on.

use std::collections::{BTreeMap, BTreeSet};

use console::{Cell, Failure, Output, Tone, human};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::catalogue::{Addon, Catalogue, Rule};
use crate::cli::{Format, OutputArgs};
use crate::compatibility::Verdict;
use crate::report::{AddonItem, AddonList, Behind};
use crate::skew::{SkewItem, SkewReport};
use crate::upgrade::When;

mod describe;

const NONE: &str = "<none>";
const UNKNOWN: &str = "<unknown>";

/// How old an answer of the cache must be to be worth a remark.
const NOTABLE_AGE: SignedDuration = SignedDuration::from_mins(1);
/// How many names a remark holds.
const NAMED: usize = 3;

/// A table that can be printed in several ways.
struct Table<T> {
    headers: Vec<&'static str>,
    row: fn(&T) -> Vec<Cell>,
}

impl<T> Table<T> {
    fn print(&self, items: &[T], args: OutputArgs, output: &mut Output) -> Result<(), Failure> {
        if args.output == Format::Markdown {
            return self.markdown(items, output);
        }
        if items.is_empty() {
            return Ok(());
        }
        let headers: &[&str] = if args.no_headers { &[] } else { &self.headers };
        output.table(headers, items, self.row)
    }

    fn markdown(&self, items: &[T], output: &mut Output) -> Result<(), Failure> {
        output.line(&format!("| {} |", self.headers.join(" | ")))?;
        output.line(&format!("|{}", "---|".repeat(self.headers.len())))?;
        for item in items {
            let cells: Vec<String> = (self.row)(item)
                .iter()
                .map(|cell| cell.text.replace('|', "\\|").replace('<', "&lt;"))
                .collect();
            output.line(&format!("| {} |", cells.join(" | ")))?;
        }
        Ok(())
    }
}

/// Prints a report: JSON and YAML whole, names alone, and otherwise a table.
fn print<T, R: Serialize>(
    report: &R,
    items: &[T],
    args: OutputArgs,
    output: &mut Output,
    name: fn(&T) -> String,
    table: &Table<T>,
) -> Result<(), Failure> {
    match args.output {
        Format::Json => output.json(report)?,
        Format::Yaml => output.yaml(report)?,
        Format::Name => {
            for item in items {
                output.line(&name(item))?;
            }
        }
        Format::Table | Format::Wide | Format::Markdown => table.print(items, args, output)?,
    }
    output.flush()
}

/// Prints the list of add-ons.
///
/// # Errors
/// When standard output can't be written.
pub fn list(report: &AddonList, args: OutputArgs, output: &mut Output) -> Result<(), Failure> {
    let wide = args.output == Format::Wide;
    let mut headers = vec!["NAMESPACE", "NAME", "INSTALLED"];
    if report.target.is_some() {
        headers.extend(["MOVE", "TO", "VERDICT", "MANAGED BY"]);
    } else {
        headers.extend(["FITS", "LATEST", "BEHIND", "EOL", "CVES", "MANAGED BY"]);
    }
    if wide {
        headers.extend(["VERDICT", "CHART", "NODES", "IMAGE", "REASON"]);
    }
    let row = match (report.target.is_some(), wide) {
        (false, false) => row,
        (false, true) => wide_row,
        (true, false) => target_row,
        (true, true) => wide_target_row,
    };
    let table = Table { headers, row };
    print(report, &report.items, args, output, addon_name, &table)
}

fn addon_name(item: &AddonItem) -> String {
    format!("addon/{}", item.name)
}

fn row(item: &AddonItem) -> Vec<Cell> {
    let mut cells = start(item);
    cells.extend([
        fits(item),
        optional(item.latest.as_deref()),
        behind(item),
        eol(item),
        cves(item),
        managed(item),
    ]);
    cells
}

fn wide_row(item: &AddonItem) -> Vec<Cell> {
    let mut cells = row(item);
    cells.extend(wide(item));
    cells
}

fn target_row(item: &AddonItem) -> Vec<Cell> {
    let mut cells = start(item);
    let (when, to, there) = match &item.upgrade {
        Some(upgrade) => (
            when(upgrade.when),
            upgrade.to.as_deref(),
            verdict(upgrade.verdict),
        ),
        None => (Cell::from(NONE), None, verdict(Verdict::Unknown)),
    };
    let to = to.map_or_else(|| Cell::toned(NONE, Tone::Faint), Cell::from);
    cells.extend([when, to, there, managed(item)]);
    cells
}

fn wide_target_row(item: &AddonItem) -> Vec<Cell> {
    let mut cells = target_row(item);
    let mut more = wide(item);
    if let Some(upgrade) = &item.upgrade {
        more[4] = Cell::from(&*upgrade.reason);
    }
    cells.extend(more);
    cells
}

fn start(item: &AddonItem) -> Vec<Cell> {
    vec![
        Cell::from(&*item.namespace),
        Cell::from(&*item.name),
        installed(item),
    ]
}

fn wide(item: &AddonItem) -> [Cell; 5] {
    let chart = item
        .chart
        .as_ref()
        .map(|chart| format!("{}-{}", chart.name, chart.version));
    let nodes: usize = item
        .images
        .iter()
        .map(|image| image.nodes)
        .max()
        .unwrap_or(0);
    [
        verdict(item.verdict),
        chart.map_or_else(|| Cell::toned(NONE, Tone::Faint), Cell::from),
        Cell::from(nodes.to_string()),
        optional(item.images.first().map(|image| image.image.as_str())),
        Cell::from(&*item.verdict_reason),
    ]
}

fn optional(text: Option<&str>) -> Cell {
    text.map_or_else(|| Cell::toned(UNKNOWN, Tone::Faint), Cell::from)
}

/// All versions that run, where there are several.
fn installed(item: &AddonItem) -> Cell {
    if !item.drift {
        return optional(item.installed.as_deref());
    }
    let mut versions: Vec<&str> = Vec::new();
    for version in item
        .images
        .iter()
        .filter_map(|image| image.version.as_deref())
    {
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    Cell::toned(versions.join(","), Tone::Warning)
}

fn fits(item: &AddonItem) -> Cell {
    let unknown = item.unknown.iter().find(|unknown| unknown.fact == "fits");
    match (&item.fits, unknown) {
        (Some(fits), _) => Cell::from(&**fits),
        // Upstream's word is known, and it is no.
        (None, Some(unknown)) if unknown.reason.starts_with("no version") => {
            Cell::toned(NONE, Tone::Warning)
        }
        _ => Cell::toned(UNKNOWN, Tone::Faint),
    }
}

fn behind(item: &AddonItem) -> Cell {
    match &item.behind {
        Some(behind) => Cell::toned(behind_text(behind), tone_of(behind)),
        None if item.installed.is_none() || item.latest.is_none() => {
            Cell::toned(UNKNOWN, Tone::Faint)
        }
        None => Cell::toned("-", Tone::Good),
    }
}

fn behind_text(behind: &Behind) -> String {
    let plural = if behind.count == 1 { "" } else { "s" };
    match behind.level {
        "patch" if behind.count != 1 => format!("{} patches", behind.count),
        level => format!("{} {level}{plural}", behind.count),
    }
}

fn tone_of(behind: &Behind) -> Tone {
    match behind.level {
        "major" => Tone::Bad,
        "minor" => Tone::Warning,
        _ => Tone::Plain,
    }
}

fn eol(item: &AddonItem) -> Cell {
    if let Some(retired) = &item.retired {
        return Cell::toned(format!("retired {}", retired.since), Tone::Bad);
    }
    match &item.eol {
        None => Cell::toned(UNKNOWN, Tone::Faint),
        Some(eol) => {
            let date = eol.from.map(|date| date.to_string());
            if eol.ended {
                let date = date.unwrap_or_else(|| "ended".into());
                Cell::toned(date, Tone::Bad)
            } else {
                Cell::from(date.unwrap_or_else(|| "-".into()))
            }
        }
    }
}

fn cves(item: &AddonItem) -> Cell {
    match item.cves.as_deref() {
        None => Cell::toned(UNKNOWN, Tone::Faint),
        Some([]) => Cell::from("0"),
        Some(list) => Cell::toned(list.len().to_string(), Tone::Bad),
    }
}

fn managed(item: &AddonItem) -> Cell {
    let managed = &item.managed_by;
    let by = match &managed.image_set_by {
        Some(writer) if managed.overridden => format!("{}, image by {writer}", managed.tool),
        _ => managed.tool.to_string(),
    };
    let tone = if managed.overridden {
        Tone::Warning
    } else {
        Tone::Plain
    };
    Cell::toned(by, tone)
}

fn verdict(verdict: Verdict) -> Cell {
    let tone = match verdict {
        Verdict::Supported => Tone::Good,
        Verdict::Untested => Tone::Warning,
        Verdict::Unsupported => Tone::Bad,
        Verdict::Unknown => Tone::Faint,
    };
    Cell::toned(verdict.to_string(), tone)
}

fn when(when: When) -> Cell {
    let (text, tone) = match when {
        When::Blocked => ("blocked", Tone::Bad),
        When::Before => ("before", Tone::Warning),
        When::With => ("with", Tone::Warning),
        When::Untested => ("untested", Tone::Warning),
        When::Unknown => ("unknown", Tone::Faint),
        When::Stays => ("stays", Tone::Good),
    };
    Cell::toned(text, tone)
}

/// Prints all facts of add-ons.
///
/// # Errors
/// When standard output can't be written.
pub fn show(report: &AddonList, args: OutputArgs, output: &mut Output) -> Result<(), Failure> {
    if matches!(args.output, Format::Table | Format::Wide) {
        for (index, item) in report.items.iter().enumerate() {
            if index > 0 {
                output.line("")?;
            }
            describe::describe(item, report, output)?;
        }
        return output.flush();
    }
    list(report, args, output)
}

/// What one should know about a list, each a sentence without a full stop.
#[must_use]
pub fn remarks(report: &AddonList, now: Timestamp) -> Vec<String> {
    let mut remarks = refused(&report.unreadable);
    if report.kubernetes.is_none() && !report.items.is_empty() {
        remarks
            .push("the version of Kubernetes is not known, so nothing can be said to fit".into());
    }
    remarks.extend(failures(report));
    remarks.extend(ages(report, now));
    remarks
}

/// What refused requests mean for the reader.
fn refused(unreadable: &[String]) -> Vec<String> {
    let (secrets, others): (Vec<&String>, Vec<&String>) = unreadable
        .iter()
        .partition(|request| request.contains("secrets"));
    let mut remarks = Vec::new();
    if let Some(request) = secrets.first() {
        remarks.push(format!("versions come from images and labels, and not from Helm's releases: not allowed to {request}"));
    }
    for request in others {
        remarks.push(format!(
            "what they would tell is unknown: not allowed to {request}"
        ));
    }
    remarks
}

/// Sources that failed, each once with the add-ons that it costs something.
fn failures(report: &AddonList) -> Vec<String> {
    let asked = ["versions", "eol", "cves", "chart"];
    let mut reasons: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for item in &report.items {
        for unknown in item
            .unknown
            .iter()
            .filter(|unknown| asked.contains(&unknown.fact))
        {
            // Gaps of the catalogue are no failures.
            if unknown.reason.starts_with("the catalogue")
                || unknown.reason.starts_with("endoflife.date does not know")
            {
                continue;
            }
            let names = reasons.entry((&unknown.reason, unknown.fact)).or_default();
            names.insert(&item.name);
        }
    }
    let remarks = reasons.into_iter().map(|((reason, fact), names)| {
        let fact = match fact {
            "eol" => "ends of life",
            "cves" => "vulnerabilities",
            "chart" => "charts",
            _ => "versions",
        };
        format!("{fact} of {} are unknown: {reason}", enumerate(&names))
    });
    remarks.collect()
}

fn enumerate(names: &BTreeSet<&str>) -> String {
    let first: Vec<&str> = names.iter().copied().take(NAMED).collect();
    match names.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// How old the oldest answer of the cache is, and why it was not replaced.
fn ages(report: &AddonList, now: Timestamp) -> Vec<String> {
    let sources: Vec<_> = report.items.iter().flat_map(|item| &item.sources).collect();
    let mut remarks = BTreeSet::new();
    for source in &sources {
        if let (Some(reason), Some(at)) = (&source.stale, source.fetched_at) {
            remarks.insert(format!(
                "an answer that is {} old stands in: {reason}",
                human(now.duration_since(at))
            ));
        }
    }
    let fresh = sources.iter().filter(|source| source.stale.is_none());
    let oldest = fresh.filter_map(|source| source.fetched_at).min();
    let age = oldest
        .map(|at| now.duration_since(at))
        .filter(|age| *age > NOTABLE_AGE);
    if let Some(age) = age {
        remarks.insert(format!(
            "upstream's answers come from the cache and are up to {} old; --refresh asks again",
            human(age)
        ));
    }
    remarks.into_iter().collect()
}

/// Prints the comparison by the version skew policy.
///
/// # Errors
/// When standard output can't be written.
pub fn skew(report: &SkewReport, args: OutputArgs, output: &mut Output) -> Result<(), Failure> {
    let mut headers = vec![
        "COMPONENT",
        "VERSION",
        "COUNT",
        "SUPPORTED",
        "VERDICT",
        "REASON",
    ];
    let row = if args.output == Format::Wide {
        headers.push("NODES");
        |item: &SkewItem| {
            let mut cells = skew_row(item);
            let nodes: Vec<&str> = item.nodes.iter().map(String::as_str).collect();
            cells.push(Cell::from(nodes.join(",")));
            cells
        }
    } else {
        skew_row
    };
    let name = |item: &SkewItem| format!("{}/{}", item.component, item.version);
    print(
        report,
        &report.items,
        args,
        output,
        name,
        &Table { headers, row },
    )
}

fn skew_row(item: &SkewItem) -> Vec<Cell> {
    let range = match (item.oldest, item.newest) {
        (Some(oldest), Some(newest)) if oldest == newest => newest.to_string(),
        (Some(oldest), Some(newest)) => format!("{oldest}-{newest}"),
        _ => UNKNOWN.into(),
    };
    vec![
        Cell::from(&*item.component),
        Cell::from(&*item.version),
        Cell::from(item.instances.to_string()),
        Cell::from(range),
        verdict(item.verdict),
        Cell::from(&*item.reason),
    ]
}

/// What one should know about the comparison.
#[must_use]
pub fn skew_remarks(report: &SkewReport) -> Vec<String> {
    refused(&report.unreadable)
}

/// What is known of add-ons.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueReport<'a> {
    /// The document's version.
    api_version: &'static str,
    /// `AddonCatalogue`.
    kind: &'static str,
    /// The add-ons.
    items: &'a [Addon],
}

/// Prints what is known of add-ons.
///
/// # Errors
/// When standard output can't be written.
pub fn catalogue(items: &[Addon], args: OutputArgs, output: &mut Output) -> Result<(), Failure> {
    let report = CatalogueReport {
        api_version: crate::report::API_VERSION,
        kind: "AddonCatalogue",
        items,
    };
    let mut headers = vec!["NAME", "TITLE", "KUBERNETES", "OSV", "END OF LIFE", "AS OF"];
    let row = if args.output == Format::Wide {
        headers.extend(["IMAGE", "CHART", "FROM"]);
        wide_catalogue_row
    } else {
        catalogue_row
    };
    let name = |addon: &Addon| format!("addon/{}", addon.name);
    print(&report, items, args, output, name, &Table { headers, row })
}

fn catalogue_row(addon: &Addon) -> Vec<Cell> {
    let rule = addon.compatibility.as_ref().map(|rule| match rule.rule {
        Rule::Branches if rule.branches.len() == 1 => "1 branch".into(),
        Rule::Branches => format!("{} branches", rule.branches.len()),
        Rule::SameMinor => "same minor".into(),
        Rule::Skew => format!("at most {} older", rule.older),
        Rule::KubeadmDefault => "kubeadm's default".into(),
    });
    let none = || Cell::toned(UNKNOWN, Tone::Faint);
    let newest = addon.sources.values().map(|source| source.date).min();
    let end = match (&addon.retired, &addon.end_of_life) {
        (Some(retired), _) => Cell::toned(format!("retired {}", retired.since), Tone::Bad),
        (None, Some(product)) => Cell::from(&*product.product),
        (None, None) => none(),
    };
    vec![
        Cell::from(&*addon.name),
        Cell::from(&*addon.title),
        rule.map_or_else(none, Cell::from),
        addon
            .vulnerabilities
            .as_ref()
            .map_or_else(none, |package| Cell::from(&*package.package)),
        end,
        newest.map_or_else(none, |date| Cell::from(date.to_string())),
    ]
}

fn wide_catalogue_row(addon: &Addon) -> Vec<Cell> {
    let mut cells = catalogue_row(addon);
    let chart = addon
        .charts
        .first()
        .map(|chart| format!("{} of {}", chart.name, chart.repository));
    let from = if addon.file.is_empty() {
        "built in"
    } else {
        &addon.file
    };
    cells.extend([
        optional(addon.images.first().map(|image| image.repository.as_str())),
        chart.map_or_else(|| Cell::toned(NONE, Tone::Faint), Cell::from),
        Cell::from(from),
    ]);
    cells
}

/// The add-ons of those names, or all of them.
///
/// # Errors
/// Names the first one that there is not.
pub fn chosen(catalogue: &Catalogue, names: &[String]) -> Result<Vec<Addon>, Failure> {
    if names.is_empty() {
        return Ok(catalogue.addons().to_vec());
    }
    let find = |name: &String| {
        let bare = name.strip_prefix("addon/").unwrap_or(name);
        catalogue.get(bare).cloned().ok_or_else(|| {
            Failure::new(format!("the catalogue has no add-on \"{bare}\""))
                .with_hint("kubectl addons catalogue lists them; --catalogue DIR adds to it")
        })
    };
    names.iter().map(find).collect()
}
