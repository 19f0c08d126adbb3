//! OSV: known vulnerabilities of versions, many in one request, each of them counted once.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use http::{Method, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::address::base;
use super::http::{Request, Trouble};
use super::{Answer, Asked, Fetched, Fresh, Upstream};

const SITE: &str = "api.osv.dev";
/// Queries in one request, by OSV's documentation.
const LARGEST_BATCH: usize = 1000;
/// The largest answer.
const LARGEST: usize = 16 << 20;
/// Pages of one batch.
const MOST_PAGES: usize = 20;
/// Details asked for at once.
const AT_ONCE: usize = 8;

/// A package in a version.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Query {
    /// `Go`.
    pub ecosystem: String,
    /// `github.com/coredns/coredns`.
    pub package: String,
    /// `1.11.1`.
    pub version: String,
}

/// A vulnerability under all its names.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Vulnerability {
    /// The name that people use: the CVE's, where there is one.
    pub id: String,
    /// Its other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Whether it was taken back.
    #[serde(default, skip_serializing)]
    pub withdrawn: Option<String>,
}

#[derive(Serialize)]
struct Batch {
    queries: Vec<BatchQuery>,
}

#[derive(Clone, Serialize)]
struct BatchQuery {
    package: BatchPackage,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_token: Option<String>,
}

#[derive(Clone, Serialize)]
struct BatchPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct BatchAnswer {
    results: Vec<BatchResult>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BatchResult {
    vulns: Vec<Named>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// What is known of one query.
pub type Found = Answer<Vec<Vulnerability>>;

impl Upstream {
    /// The vulnerabilities of each package in its version, in the order of the queries.
    pub async fn vulnerabilities(&self, queries: &[Query]) -> Vec<Found> {
        let mut found = Vec::new();
        for batch in queries.chunks(LARGEST_BATCH) {
            match self.names_of(batch).await {
                Ok(names) => found.extend(self.details_of(names).await),
                Err(reason) => found.extend(batch.iter().map(|_| Err(reason.clone()))),
            }
        }
        found
    }

    /// The names of the vulnerabilities, of all queries in one request.
    async fn names_of(&self, queries: &[Query]) -> Answer<Vec<Vec<String>>> {
        let place = base(&self.place(SITE))?.to_string();
        let url = format!("{}/v1/querybatch", place.trim_end_matches('/'));
        let list: Vec<String> = queries
            .iter()
            .map(|query| format!("{}:{}@{}", query.ecosystem, query.package, query.version))
            .collect();
        let key = format!("{url}#{}", list.join(","));
        let mut answer = self
            .cached(&key, 1, async |_, until| {
                let value = self.ask_for_names(&url, queries, until).await?;
                Ok(Asked::New(Fresh {
                    value,
                    etag: None,
                    last_modified: None,
                }))
            })
            .await;
        if let Ok(fetched) = &mut answer {
            fetched.url = url;
        }
        answer
    }

    async fn ask_for_names(
        &self,
        url: &str,
        queries: &[Query],
        until: Instant,
    ) -> Result<Vec<Vec<String>>, Trouble> {
        let mut names: Vec<Vec<String>> = vec![Vec::new(); queries.len()];
        let mut open: Vec<(usize, BatchQuery)> = queries.iter().map(query_of).enumerate().collect();
        for _ in 0..MOST_PAGES {
            let batch = Batch {
                queries: open.iter().map(|(_, query)| query.clone()).collect(),
            };
            let uri = url.parse().map_err(|_| format!("{url} is no address"))?;
            let mut request =
                Request::get(uri, until).with(header::CONTENT_TYPE, "application/json");
            request.method = Method::POST;
            request.body = serde_json::to_vec(&batch)
                .map_err(|error| error.to_string())?
                .into();
            let response = self.http.send(&request).await?;
            if response.status != StatusCode::OK {
                return Err(response.refusal().await);
            }
            let body = response.read(LARGEST).await?;
            let answer: BatchAnswer = serde_json::from_slice(&body)
                .map_err(|error| format!("{SITE} sent what is no answer: {error}"))?;
            if answer.results.len() != open.len() {
                return Err(format!(
                    "{SITE} answered {} of {} questions",
                    answer.results.len(),
                    open.len()
                )
                .into());
            }
            let mut next = Vec::new();
            for ((index, query), result) in open.into_iter().zip(answer.results) {
                if let Some(names) = names.get_mut(index) {
                    names.extend(result.vulns.into_iter().map(|named| named.id));
                }
                if let Some(token) = result.next_page_token.filter(|token| !token.is_empty()) {
                    let page_token = Some(token);
                    next.push((
                        index,
                        BatchQuery {
                            page_token,
                            ..query
                        },
                    ));
                }
            }
            if next.is_empty() {
                return Ok(names);
            }
            open = next;
        }
        Err(format!("{SITE} has more than {MOST_PAGES} pages").into())
    }

    /// Looks up all names once, and counts a vulnerability once that has several.
    async fn details_of(&self, names: Fetched<Vec<Vec<String>>>) -> Vec<Found> {
        let all: BTreeSet<&String> = names.value.iter().flatten().collect();
        let details: Vec<(String, Vulnerability)> = stream::iter(all)
            .map(|id| async move {
                let detail = self.detail(id).await.map(|fetched| fetched.value);
                // Without its details it still has its name.
                let detail = detail.unwrap_or_else(|_| Vulnerability {
                    id: id.clone(),
                    ..Vulnerability::default()
                });
                (id.clone(), detail)
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let of = |ids: &Vec<String>| {
            let own = details.iter().filter(|(id, _)| ids.contains(id));
            merge(own.map(|(_, detail)| detail.clone()).collect())
        };
        let found = names.value.iter().map(|ids| {
            Ok(Fetched {
                value: of(ids),
                url: names.url.clone(),
                at: names.at,
                stale: names.stale.clone(),
            })
        });
        found.collect()
    }

    async fn detail(&self, id: &str) -> Answer<Vulnerability> {
        let known = id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if !known {
            return Err(format!("{SITE} names a vulnerability {id:?}"));
        }
        let place = base(&self.place(SITE))?.to_string();
        let url = format!("{}/v1/vulns/{id}", place.trim_end_matches('/'));
        self.cached(&url, 1, async |_, until| {
            let uri = url.parse().map_err(|_| format!("{url} is no address"))?;
            let response = self.http.send(&Request::get(uri, until)).await?;
            if response.status != StatusCode::OK {
                return Err(response.refusal().await);
            }
            let body = response.read(LARGEST).await?;
            let value: Vulnerability = serde_json::from_slice(&body)
                .map_err(|error| format!("{SITE} sent what is no vulnerability: {error}"))?;
            // Kept in the form in which it was sent, so that it can be read again.
            Ok(Asked::New(Fresh {
                value,
                etag: None,
                last_modified: None,
            }))
        })
        .await
    }
}

fn query_of(query: &Query) -> BatchQuery {
    BatchQuery {
        package: BatchPackage {
            ecosystem: query.ecosystem.clone(),
            name: query.package.clone(),
        },
        version: query.version.clone(),
        page_token: None,
    }
}

/// Joins entries that share a name; databases list one vulnerability under several.
fn merge(entries: Vec<Vulnerability>) -> Vec<Vulnerability> {
    let mut groups: Vec<(BTreeSet<String>, Option<String>)> = Vec::new();
    for entry in entries
        .into_iter()
        .filter(|entry| entry.withdrawn.is_none())
    {
        let mut names: BTreeSet<String> = entry.aliases.into_iter().collect();
        names.insert(entry.id);
        let mut summary = entry.summary;
        let (same, other) = groups
            .into_iter()
            .partition(|(known, _)| !known.is_disjoint(&names));
        groups = other;
        for (known, text) in same {
            names.extend(known);
            summary = text.or(summary);
        }
        groups.push((names, summary));
    }
    let mut merged: Vec<Vulnerability> = groups.into_iter().map(joined).collect();
    merged.sort_by(|one, two| one.id.cmp(&two.id));
    merged
}

fn joined((names, summary): (BTreeSet<String>, Option<String>)) -> Vulnerability {
    let rank = |name: &String| match name.split('-').next() {
        Some("CVE") => 0,
        Some("GHSA") => 1,
        _ => 2,
    };
    let id = names
        .iter()
        .min_by_key(|name| (rank(name), (*name).clone()));
    let id = id.cloned().unwrap_or_default();
    Vulnerability {
        aliases: names.into_iter().filter(|name| *name != id).collect(),
        id,
        summary,
        withdrawn: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_vulnerability_with_several_names_counts_once() {
        let entry = |id: &str, aliases: &[&str], withdrawn: bool| Vulnerability {
            id: id.into(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            summary: None,
            withdrawn: withdrawn.then(|| "2026-01-01T00:00:00Z".to_owned()),
        };
        let merged = merge(vec![
            entry("GHSA-aaaa", &["CVE-2026-1"], false),
            entry("GO-2026-7", &["CVE-2026-1", "GHSA-aaaa"], false),
            entry("GO-2026-8", &[], false),
            entry("GHSA-bbbb", &["GO-2026-9"], false),
            entry("GO-2026-10", &["CVE-2026-3"], true),
        ]);
        let ids: Vec<&str> = merged.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["CVE-2026-1", "GHSA-bbbb", "GO-2026-8"]);
        assert_eq!(merged[0].aliases, ["GHSA-aaaa", "GO-2026-7"]);
    }
}
