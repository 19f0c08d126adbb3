//! The answer: a report that is the JSON contract, and that all renderers read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use crate::ask::{Findings, chart_of, oldest, query};
use crate::catalogue::{Addon, Step};
use crate::compatibility::{Judgement, Minor, Published, Verdict, judge};
use crate::detect::{Installation, VersionFrom};
use crate::facts::Facts;
use crate::image::Origin;
use crate::manager::ManagedBy;
use crate::upgrade::{self, Move};
use crate::upstream::end_of_life::branch_of;
use crate::upstream::helm::ChartVersion;
use crate::upstream::vulnerabilities::Vulnerability;
use crate::upstream::{Answer, Fetched};
use crate::version::{Distance, Version, distance, newest, newest_by_minor, parse, versions};

/// The version of the documents in docs/addons.md.
pub const API_VERSION: &str = "day2.dev/v1alpha1";

/// The answer to `kubectl addons`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddonList {
    /// The document's version.
    pub api_version: &'static str,
    /// `AddonList`.
    pub kind: &'static str,
    /// When the cluster was read.
    pub time: Timestamp,
    /// The version of Kubernetes that FITS is for.
    pub kubernetes: Option<Minor>,
    /// The version that is to come, with `--target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Minor>,
    /// Whether Helm's releases could be read.
    pub helm_releases_read: bool,
    /// Requests to the API server that were refused.
    pub unreadable: Vec<String>,
    /// The add-ons.
    pub items: Vec<AddonItem>,
}

/// One add-on in a namespace.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddonItem {
    /// Its name in the catalogue, or the image's.
    pub name: String,
    /// What it calls itself.
    pub title: String,
    /// Its namespace.
    pub namespace: String,
    /// The installed version, the oldest where there are several; null where unknown.
    pub installed: Option<String>,
    /// How it is known.
    pub installed_from: Option<VersionFrom>,
    /// All images of it, in their versions.
    pub images: Vec<ImageItem>,
    /// Whether one image runs in several versions.
    pub drift: bool,
    /// What holds for the installed version on this Kubernetes.
    pub verdict: Verdict,
    /// The rule behind it.
    pub verdict_reason: String,
    /// The newest version that upstream supports on this Kubernetes.
    pub fits: Option<String>,
    /// The newest version of all.
    pub latest: Option<String>,
    /// How far it is behind; null where it is not, or where that is unknown.
    pub behind: Option<Behind>,
    /// When its branch ends.
    pub eol: Option<EndOfLife>,
    /// Whether upstream has given it up.
    pub retired: Option<RetiredItem>,
    /// Known vulnerabilities; null where unknown.
    pub cves: Option<Vec<Vulnerability>>,
    /// Who manages it.
    pub managed_by: ManagedBy,
    /// The chart that installed it.
    pub chart: Option<ChartItem>,
    /// The workloads, as `DaemonSet/kube-proxy`.
    pub workloads: BTreeSet<String>,
    /// What to do before an upgrade of Kubernetes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Move>,
    /// The versions to go through, from the installed one to the one that fits.
    pub steps: Vec<StepItem>,
    /// Where each fact stands, and of what time it is.
    pub sources: Vec<SourceItem>,
    /// What is not known, and why.
    pub unknown: Vec<UnknownItem>,
}

/// One image of an add-on.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageItem {
    /// As the pod names it.
    pub image: String,
    /// Whose build it is.
    pub origin: Origin,
    /// Its version.
    pub version: Option<String>,
    /// On how many nodes it runs.
    pub nodes: usize,
}

/// How far behind.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Behind {
    /// The version that it is behind.
    pub version: String,
    /// `fits` or `latest`: which one that is.
    pub against: &'static str,
    /// `major`, `minor`, `patch`, `revision` or `release`.
    pub level: &'static str,
    /// By how many of them; 1 where they can't be counted.
    pub count: u64,
}

/// The end of a branch.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndOfLife {
    /// The branch.
    pub branch: String,
    /// Whether it has ended.
    pub ended: bool,
    /// When; null where that is not known yet.
    pub from: Option<Date>,
}

/// An add-on without a future.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct RetiredItem {
    /// Since when.
    pub since: Date,
    /// What upstream says.
    pub note: String,
}

/// A chart and its versions.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChartItem {
    /// The release, where it may be read.
    pub release: Option<String>,
    /// The chart's name.
    pub name: String,
    /// The installed version of the chart.
    pub version: String,
    /// The version of the chart that installs what fits.
    pub fits: Option<String>,
    /// The newest version of the chart.
    pub latest: Option<String>,
    /// Whether the chart's own application version is another than the running image's.
    pub drift: bool,
}

/// A step of an upgrade.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepItem {
    /// The version.
    pub version: String,
    /// What changes in it.
    pub release_notes: Option<String>,
}

/// Where a fact stands.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceItem {
    /// `versions`, `compatibility`, `endOfLife`, `vulnerabilities`, `chart`, `retired`.
    pub fact: &'static str,
    /// An address.
    pub url: String,
    /// Of which day a fact of the catalogue is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// When an answer was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<Timestamp>,
    /// Why an old answer stands in for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<String>,
}

/// What is not known.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownItem {
    /// The field.
    pub fact: &'static str,
    /// Why.
    pub reason: String,
}

impl AddonItem {
    /// Whether there is something to do about it: it is behind, its branch has ended, upstream
    /// gave it up, or it is unsupported on this Kubernetes.
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        self.behind.is_some()
            || self.eol.as_ref().is_some_and(|eol| eol.ended)
            || self.retired.is_some()
            || self.verdict == Verdict::Unsupported
    }
}

/// Judges all add-ons; `now` is for ends of life, whatever the age of a snapshot.
#[must_use]
pub fn report(
    facts: &Facts,
    installations: &[Installation<'_>],
    findings: &Findings,
    now: Timestamp,
    kubernetes: Option<Minor>,
    target: Option<Minor>,
) -> AddonList {
    let items = installations.iter().map(|installation| {
        let judge = Judge {
            installation,
            findings,
            kubernetes,
            today: now.to_zoned(TimeZone::UTC).date(),
            sources: Vec::new(),
            unknown: Vec::new(),
        };
        judge.item(target)
    });
    let mut items: Vec<AddonItem> = items.collect();
    if target.is_some() {
        items.sort_by_key(|item| item.upgrade.as_ref().map(|upgrade| upgrade.when));
    }
    AddonList {
        api_version: API_VERSION,
        kind: "AddonList",
        time: facts.now,
        kubernetes,
        target,
        helm_releases_read: facts.releases.is_some(),
        unreadable: facts.unreadable.iter().cloned().collect(),
        items,
    }
}

/// What is needed to judge one add-on, and what was noted along the way.
struct Judge<'a> {
    installation: &'a Installation<'a>,
    findings: &'a Findings,
    kubernetes: Option<Minor>,
    today: Date,
    sources: Vec<SourceItem>,
    unknown: Vec<UnknownItem>,
}

impl<'a> Judge<'a> {
    fn item(mut self, target: Option<Minor>) -> AddonItem {
        let installation = self.installation;
        let installed = self.installed();
        let tags = self.tags();
        let published = self.published();
        let judgement = self.judgement(installed.as_ref(), &published);
        let tags = tags.map(versions);
        let tags = tags.as_deref();
        let latest = tags.and_then(|tags| newest(tags, installed.as_ref(), |_| true).cloned());
        let fits = self.fits(tags, installed.as_ref(), &published);
        if tags.is_some() && latest.is_none() {
            self.note(
                "latest",
                "upstream has no version that is comparable with the installed one",
            );
        }
        let behind = installed
            .as_ref()
            .and_then(|installed| behind(installed, fits.as_ref(), latest.as_ref()));
        let eol = self.end_of_life(installed.as_ref());
        let cves = self.vulnerabilities(installed.as_ref());
        let chart = self.chart(fits.as_ref(), installed.as_ref());
        let retired = self.retired();
        let goal = fits.as_ref().or(latest.as_ref());
        let steps = self.steps(tags, installed.as_ref(), goal);
        let upgrade = target.zip(self.kubernetes).map(|(target, now)| {
            let judge =
                |version: &Version, on: Minor| judge(installation.addon, &published, version, on);
            upgrade::plan(tags, installed.as_ref(), now, target, &judge)
        });
        let texts = |version: Option<Version>| version.map(|version| version.text);
        AddonItem {
            name: installation.name.clone(),
            title: installation
                .addon
                .map_or_else(|| installation.name.clone(), |addon| addon.title.clone()),
            namespace: installation.namespace.clone(),
            installed_from: self.installed_from(),
            images: self.images(),
            drift: self.drift(),
            verdict: judgement.verdict,
            verdict_reason: judgement.reason,
            fits: texts(fits),
            latest: texts(latest),
            behind,
            eol,
            retired,
            cves,
            managed_by: installation.managed_by.clone(),
            chart,
            workloads: installation.workloads.clone(),
            upgrade,
            steps,
            installed: texts(installed),
            sources: self.sources,
            unknown: self.unknown,
        }
    }

    fn note(&mut self, fact: &'static str, reason: impl Into<String>) {
        self.unknown.push(UnknownItem {
            fact,
            reason: reason.into(),
        });
    }

    /// Notes where a fact of the catalogue stands.
    fn cite(&mut self, fact: &'static str, addon: &Addon, name: &str) {
        if let Some(source) = addon.source(name) {
            self.sources.push(SourceItem {
                fact,
                url: source.url.clone(),
                date: Some(source.date),
                fetched_at: None,
                stale: None,
            });
        }
    }

    /// The value of an answer; its source, or why there is none, is noted.
    fn answered<T>(&mut self, fact: &'static str, answer: Option<&'a Answer<T>>) -> Option<&'a T> {
        match answer? {
            Ok(Fetched {
                value,
                url,
                at,
                stale,
            }) => {
                self.sources.push(SourceItem {
                    fact,
                    url: url.clone(),
                    date: None,
                    fetched_at: Some(*at),
                    stale: stale.clone(),
                });
                Some(value)
            }
            Err(reason) => {
                self.note(fact, reason.clone());
                None
            }
        }
    }

    fn installed(&mut self) -> Option<Version> {
        let installed = oldest(self.installation, self.findings);
        if installed.is_none()
            && let Some(first) = self.installation.first()
        {
            let key = first
                .digest
                .clone()
                .map(|digest| (first.repository.clone(), digest));
            let tried = key.and_then(|key| self.findings.digests.get(&key));
            let reason = match (tried, &first.reference.tag) {
                (Some(Err(reason)), _) => format!("it is pinned by digest: {reason}"),
                (_, Some(tag)) => format!("the tag {tag:?} is no version"),
                _ => "the image has no tag, and no label names the version".into(),
            };
            self.note("installed", reason);
        }
        installed
    }

    fn installed_from(&self) -> Option<VersionFrom> {
        let first = self.installation.first()?;
        let by_digest = || self.findings.version(first).map(|_| VersionFrom::Digest);
        first.version_from.or_else(by_digest)
    }

    fn images(&self) -> Vec<ImageItem> {
        let images = self.installation.images.iter();
        images
            .map(|image| ImageItem {
                image: image.reference.to_string(),
                origin: image.origin,
                version: self.findings.version(image).map(|version| version.text),
                nodes: image.nodes.len(),
            })
            .collect()
    }

    fn drift(&self) -> bool {
        let Some(first) = self.installation.first() else {
            return false;
        };
        let own = self.installation.images.iter();
        let versions: BTreeSet<Option<String>> = own
            .filter(|image| image.repository == first.repository)
            .map(|image| self.findings.version(image).map(|version| version.text))
            .collect();
        versions.len() > 1
    }

    fn tags(&mut self) -> Option<&'a [String]> {
        let first = self.installation.first()?;
        let answer = self.findings.tags.get(&first.repository);
        self.answered("versions", answer).map(Vec::as_slice)
    }

    /// What endoflife.date says of the versions of Kubernetes that branches support.
    fn published(&self) -> Published {
        let product = self
            .installation
            .addon
            .and_then(|addon| addon.end_of_life.as_ref());
        let Some((product, field)) = product.and_then(|one| Some((one, one.kubernetes.as_ref()?)))
        else {
            return Published::new();
        };
        let Some(Ok(branches)) = self.findings.branches.get(&product.product) else {
            return Published::new();
        };
        let ranges = branches.value.iter().filter_map(|branch| {
            let range = branch.custom.as_ref()?.get(field)?.as_ref()?;
            Some((branch.name.clone(), range.parse().ok()?))
        });
        ranges.collect()
    }

    fn judgement(&mut self, installed: Option<&Version>, published: &Published) -> Judgement {
        let addon = self.installation.addon;
        let unknown = |reason: &str| Judgement {
            verdict: Verdict::Unknown,
            reason: reason.to_owned(),
            published: false,
        };
        let judgement = match (installed, self.kubernetes) {
            (None, _) => unknown("the installed version is not known"),
            (_, None) => unknown("the version of Kubernetes is not known"),
            (Some(version), Some(kubernetes)) => judge(addon, published, version, kubernetes),
        };
        if judgement.verdict == Verdict::Unknown {
            self.note("verdict", judgement.reason.clone());
        }
        if let Some(addon) = addon
            && let Some(rule) = &addon.compatibility
            && !judgement.published
        {
            self.cite("compatibility", addon, &rule.source);
        }
        judgement
    }

    fn fits(
        &mut self,
        tags: Option<&[Version]>,
        installed: Option<&Version>,
        published: &Published,
    ) -> Option<Version> {
        let (tags, kubernetes) = (tags?, self.kubernetes?);
        let addon = self.installation.addon;
        let supported = |version: &Version| {
            judge(addon, published, version, kubernetes).verdict == Verdict::Supported
        };
        let fits = newest(tags, installed, supported).cloned();
        if fits.is_none() {
            let has_rule = addon.is_some_and(|addon| addon.compatibility.is_some());
            let unjudged = newest(tags, installed, |_| true).filter(|newer| {
                judge(addon, published, newer, kubernetes).verdict == Verdict::Unknown
            });
            let reason = match unjudged {
                _ if !has_rule && published.is_empty() => "the catalogue has no rule for it".into(),
                Some(newer) => {
                    let (major, minor) = newer.minor();
                    format!("the catalogue does not know the branch {major}.{minor}")
                }
                None => format!("no version is known to support Kubernetes {kubernetes}"),
            };
            self.note("fits", reason);
        }
        fits
    }

    fn end_of_life(&mut self, installed: Option<&Version>) -> Option<EndOfLife> {
        let product = self.installation.addon?.end_of_life.as_ref()?;
        let answer = self.findings.branches.get(&product.product);
        let branches = self.answered("eol", answer)?;
        let installed = installed?;
        let Some(branch) = branch_of(branches, installed) else {
            self.note(
                "eol",
                format!(
                    "endoflife.date does not know a branch of {}",
                    installed.core()
                ),
            );
            return None;
        };
        Some(EndOfLife {
            branch: branch.name.clone(),
            ended: branch.is_eol || branch.eol_from.is_some_and(|from| from <= self.today),
            from: branch.eol_from,
        })
    }

    fn vulnerabilities(&mut self, installed: Option<&Version>) -> Option<Vec<Vulnerability>> {
        if self.installation.addon?.vulnerabilities.is_none() {
            self.note("cves", "the catalogue has no package for it");
            return None;
        }
        installed?;
        let query = query(self.installation, self.findings)?;
        let answer = self.findings.vulnerabilities.get(&query);
        self.answered("cves", answer).cloned()
    }

    fn retired(&mut self) -> Option<RetiredItem> {
        let addon = self.installation.addon?;
        let retired = addon.retired.as_ref()?;
        self.cite("retired", addon, &retired.source);
        Some(RetiredItem {
            since: retired.since,
            note: retired.note.clone(),
        })
    }

    fn chart(&mut self, fits: Option<&Version>, installed: Option<&Version>) -> Option<ChartItem> {
        let installation = self.installation;
        let release = installation.release;
        let label = installation.chart_label.as_deref();
        let known = chart_of(installation);
        let (name, version) = match (release, &known) {
            (Some(release), _) => (release.chart.clone(), release.chart_version.clone()),
            (None, Some((_, name))) => {
                let version = label?.strip_prefix(&**name)?.strip_prefix('-')?;
                // A label can't hold the + of a build.
                (name.clone(), version.replace('_', "+"))
            }
            (None, None) => return None,
        };
        let mut item = ChartItem {
            release: release.map(|release| release.name.clone()),
            fits: None,
            latest: None,
            drift: false,
            name,
            version,
        };
        let app = release.and_then(|release| release.app_version.as_deref());
        let app = app.and_then(|version| parse(version).version());
        item.drift = app
            .zip(installed)
            .is_some_and(|(app, installed)| app.order_of_core(installed).is_ne());
        let Some((repository, name)) = known else {
            self.note(
                "chart",
                "the catalogue does not know the chart's repository",
            );
            return Some(item);
        };
        let answer = self.findings.charts.get(&repository);
        let charts = self.answered("chart", answer);
        let versions = charts.and_then(|charts| charts.get(&name));
        if charts.is_some() && versions.is_none() {
            self.note("chart", format!("{repository} has no chart {name:?}"));
        }
        let versions = versions.map(Vec::as_slice).unwrap_or_default();
        item.latest = newest_chart(versions, |_| true);
        item.fits = fits.and_then(|fits| {
            newest_chart(versions, |chart| {
                let app = chart.app_version.as_deref().map(parse);
                let app = app.and_then(crate::version::Tag::version);
                app.is_some_and(|app| app.order_of_core(fits).is_eq())
            })
        });
        Some(item)
    }

    /// The versions on the way; minor by minor where upstream wants that.
    fn steps(
        &mut self,
        tags: Option<&[Version]>,
        installed: Option<&Version>,
        goal: Option<&Version>,
    ) -> Vec<StepItem> {
        let (Some(tags), Some(installed), Some(goal)) = (tags, installed, goal) else {
            return Vec::new();
        };
        if installed.order(goal).is_ge() {
            return Vec::new();
        }
        let addon = self.installation.addon;
        let rule = addon.and_then(|addon| addon.upgrade.as_ref());
        let versions = match rule {
            Some(rule) if rule.step == Step::Minor && installed.minor() != goal.minor() => {
                if let Some(addon) = addon {
                    self.cite("steps", addon, &rule.source);
                }
                let mut steps = newest_by_minor(tags, installed, goal);
                // The last step is the goal itself, whatever else its minor version has.
                steps.retain(|step| step.minor() < goal.minor());
                steps.push(goal.clone());
                steps
            }
            _ => vec![goal.clone()],
        };
        let notes = addon.and_then(|addon| addon.release_notes.as_ref());
        versions
            .into_iter()
            .map(|version| StepItem {
                release_notes: notes.map(|notes| notes.of(&version)),
                version: version.text,
            })
            .collect()
    }
}

/// The newest version of a chart; versions of charts are semantic versions.
fn newest_chart(charts: &[ChartVersion], fits: impl Fn(&ChartVersion) -> bool) -> Option<String> {
    charts
        .iter()
        .filter(|chart| fits(chart))
        .filter_map(|chart| parse(&chart.version).version())
        .filter(|version| version.prerelease.is_none())
        .max_by(Version::order)
        .map(|version| version.text)
}

/// Behind what fits where that is known, and otherwise behind what is newest.
fn behind(installed: &Version, fits: Option<&Version>, latest: Option<&Version>) -> Option<Behind> {
    let (against, version) = match (fits, latest) {
        (Some(fits), _) => ("fits", fits),
        (None, Some(latest)) => ("latest", latest),
        (None, None) => return None,
    };
    let (level, count) = match distance(installed, version) {
        Distance::Current | Distance::Ahead => return None,
        Distance::Major(count) => ("major", count),
        Distance::Minor(count) => ("minor", count),
        Distance::Patch(count) => ("patch", count),
        Distance::Revision => ("revision", 1),
        Distance::Release => ("release", 1),
    };
    Some(Behind {
        version: version.text.clone(),
        against,
        level,
        count,
    })
}

#[cfg(test)]
mod tests;
