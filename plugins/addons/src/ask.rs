//! What the installed add-ons make one ask upstream: each thing once, all at the same time.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use futures::{StreamExt, stream};
use tokio::join;

use crate::detect::{Installation, Installed};
use crate::manager::Tool;
use crate::upstream::end_of_life::Branch;
use crate::upstream::helm::Charts;
use crate::upstream::vulnerabilities::{Query, Vulnerability};
use crate::upstream::{Answer, Upstream};
use crate::version::{Version, parse};

/// How many of the newest tags are compared with a digest.
const DIGESTS: usize = 32;
/// How many of them at a time.
const AT_ONCE: usize = 8;

/// What upstream said.
#[derive(Debug, Default)]
pub struct Findings {
    /// Tags by repository.
    pub tags: BTreeMap<String, Answer<Vec<String>>>,
    /// Branches by product.
    pub branches: BTreeMap<String, Answer<Vec<Branch>>>,
    /// Charts by the chart repository's address.
    pub charts: BTreeMap<String, Answer<Charts>>,
    /// Vulnerabilities by package and version.
    pub vulnerabilities: BTreeMap<Query, Answer<Vec<Vulnerability>>>,
    /// Tags by repository and digest.
    pub digests: BTreeMap<(String, String), Result<String, String>>,
}

impl Findings {
    /// The version of an image, also where only its digest tells it.
    #[must_use]
    pub fn version(&self, image: &Installed) -> Option<Version> {
        image.version.clone().or_else(|| {
            let key = (image.repository.clone(), image.digest.clone()?);
            let tag = self.digests.get(&key)?.as_ref().ok()?;
            parse(tag).version()
        })
    }
}

/// Asks for all that the report of these add-ons needs.
pub async fn ask(upstream: &Upstream, installations: &[Installation<'_>]) -> Findings {
    let firsts: Vec<&Installed> = installations
        .iter()
        .filter_map(Installation::first)
        .collect();
    let repositories: BTreeSet<&String> = firsts.iter().map(|image| &image.repository).collect();
    let products: BTreeSet<&String> = installations
        .iter()
        .filter_map(|one| Some(&one.addon?.end_of_life.as_ref()?.product))
        .collect();
    let mut findings = Findings::default();
    let known = queries(installations, &findings);
    let (tags, branches, charts, found) = join!(
        join_all(repositories.iter().map(|name| upstream.tags(name))),
        join_all(products.iter().map(|name| upstream.end_of_life(name))),
        charts(upstream, installations),
        ask_for_vulnerabilities(upstream, &known),
    );
    findings.tags = repositories.into_iter().cloned().zip(tags).collect();
    findings.branches = products.into_iter().cloned().zip(branches).collect();
    findings.charts = charts;
    findings.vulnerabilities = found;
    let unknown = firsts.iter().filter(|image| image.version.is_none());
    let digests: BTreeSet<(String, String)> = unknown
        .filter_map(|image| Some((image.repository.clone(), image.digest.clone()?)))
        .collect();
    if digests.is_empty() {
        return findings;
    }
    for key in digests {
        let tag = tag_of_digest(upstream, &findings, &key).await;
        findings.digests.insert(key, tag);
    }
    let later: Vec<Query> = queries(installations, &findings)
        .into_iter()
        .filter(|query| !findings.vulnerabilities.contains_key(query))
        .collect();
    let found = ask_for_vulnerabilities(upstream, &later).await;
    findings.vulnerabilities.extend(found);
    findings
}

/// The packages whose vulnerabilities are asked for.
fn queries(installations: &[Installation<'_>], findings: &Findings) -> Vec<Query> {
    let queries = installations.iter().filter_map(|one| query(one, findings));
    let queries: BTreeSet<Query> = queries.collect();
    queries.into_iter().collect()
}

/// The package of an add-on in its installed version.
#[must_use]
pub fn query(installation: &Installation<'_>, findings: &Findings) -> Option<Query> {
    let package = installation.addon?.vulnerabilities.as_ref()?;
    let version = oldest(installation, findings)?;
    Some(Query {
        ecosystem: package.ecosystem.clone(),
        package: package.package.clone(),
        version: version.core(),
    })
}

/// The oldest version of the image that speaks for the add-on.
#[must_use]
pub fn oldest(installation: &Installation<'_>, findings: &Findings) -> Option<Version> {
    let first = installation.first()?;
    installation
        .images
        .iter()
        .filter(|image| image.repository == first.repository)
        .filter_map(|image| findings.version(image))
        .min_by(Version::order)
}

async fn ask_for_vulnerabilities(
    upstream: &Upstream,
    queries: &[Query],
) -> BTreeMap<Query, Answer<Vec<Vulnerability>>> {
    if queries.is_empty() {
        return BTreeMap::new();
    }
    let found = upstream.vulnerabilities(queries).await;
    queries.iter().cloned().zip(found).collect()
}

/// Indexes are large, so only those of add-ons that a chart has installed are asked for.
async fn charts(
    upstream: &Upstream,
    installations: &[Installation<'_>],
) -> BTreeMap<String, Answer<Charts>> {
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for installation in installations {
        if let Some((repository, name)) = chart_of(installation) {
            wanted.entry(repository).or_default().insert(name);
        }
    }
    let asked = wanted
        .iter()
        .map(|(repository, names)| upstream.charts(repository, names));
    let answers = join_all(asked).await;
    wanted.into_keys().zip(answers).collect()
}

/// The repository and the name of the chart that installed an add-on.
#[must_use]
pub fn chart_of(installation: &Installation<'_>) -> Option<(String, String)> {
    let by_chart = matches!(
        installation.managed_by.tool,
        Tool::Helm | Tool::Flux | Tool::ArgoCd
    );
    if !by_chart || (installation.release.is_none() && installation.chart_label.is_none()) {
        return None;
    }
    let release = installation.release.map(|release| release.chart.as_str());
    let label = installation.chart_label.as_deref().unwrap_or_default();
    let chart = installation
        .addon?
        .charts
        .iter()
        .find(|chart| match release {
            Some(name) => chart.name == name,
            None => label
                .strip_prefix(&*chart.name)
                .is_some_and(|rest| rest.starts_with('-')),
        })?;
    Some((chart.repository.clone(), chart.name.clone()))
}

/// The newest of the newest tags that stands for a digest.
async fn tag_of_digest(
    upstream: &Upstream,
    findings: &Findings,
    (repository, digest): &(String, String),
) -> Result<String, String> {
    let tags = match findings.tags.get(repository) {
        Some(Ok(tags)) => &tags.value,
        Some(Err(reason)) => return Err(reason.clone()),
        None => return Err("it was not asked for".into()),
    };
    let mut versions: Vec<Version> = tags.iter().filter_map(|tag| parse(tag).version()).collect();
    versions.retain(|version| version.prerelease.is_none() && version.flavour.is_empty());
    versions.sort_by(|one, two| two.order(one));
    versions.truncate(DIGESTS);
    let count = versions.len();
    let mut asked = stream::iter(versions)
        .map(|version| async move {
            let answer = upstream.digest(repository, &version.text).await;
            (version, answer)
        })
        .buffered(AT_ONCE);
    let mut failure = None;
    while let Some((version, answer)) = asked.next().await {
        match answer {
            Ok(found) if found.value == *digest => return Ok(version.text),
            Ok(_) => {}
            Err(reason) => failure = Some(reason),
        }
    }
    Err(failure
        .unwrap_or_else(|| format!("none of the {count} newest tags has the digest {digest}")))
}
