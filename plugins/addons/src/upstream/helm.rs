//! Chart repositories: the one entry that matters, out of an index of up to 140 MB.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use http::header;
use serde::{Deserialize, Serialize};

use super::address::base;
use super::http::{Request, text};
use super::{Answer, Asked, Fetched, Fresh, Upstream};

/// An index is that much larger than a tag list that it gets this many times the time.
const PATIENCE: u32 = 6;
/// The largest index, unpacked.
const LARGEST_INDEX: usize = 1 << 30;
/// An index in JSON can't be read line by line.
const LARGEST_JSON: usize = 32 << 20;
/// A line beyond this holds no version.
const LONGEST_LINE: usize = 64 << 10;
/// Versions of one chart.
const MOST_VERSIONS: usize = 20_000;

/// One version of a chart.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChartVersion {
    /// The chart's own version.
    pub version: String,
    /// The version of what it installs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
}

/// Charts by name.
pub type Charts = BTreeMap<String, Vec<ChartVersion>>;

impl Upstream {
    /// The versions of some charts of a repository, `https://…` or `oci://…`.
    ///
    /// # Errors
    /// Why they can't be had, as a phrase.
    pub async fn charts(&self, repository: &str, names: &BTreeSet<String>) -> Answer<Charts> {
        if let Some(registry) = repository.strip_prefix("oci://") {
            return self.oci_charts(registry, names).await;
        }
        let published = repository
            .strip_prefix("https://")
            .unwrap_or(repository)
            .trim_end_matches('/');
        let place = self.place(published);
        let place = if place == published {
            repository
        } else {
            &place
        };
        let uri = base(place)?;
        let url = format!("{}/index.yaml", uri.to_string().trim_end_matches('/'));
        let list: Vec<&str> = names.iter().map(String::as_str).collect();
        // What is kept depends on what was looked for.
        let key = format!("{url}#{}", list.join(","));
        let mut answer = self
            .cached(&key, PATIENCE, async |known, until| {
                let uri = url.parse().map_err(|_| format!("{url} is no address"))?;
                let mut request = Request::get(uri, until).with(header::ACCEPT_ENCODING, "gzip");
                let marks = known.map(|entry| (entry.etag, entry.last_modified));
                if let Some((etag, last_modified)) = &marks {
                    if let Some(etag) = etag {
                        request = request.with(header::IF_NONE_MATCH, etag);
                    } else if let Some(date) = last_modified {
                        request = request.with(header::IF_MODIFIED_SINCE, date);
                    }
                }
                let response = self.http.send(&request).await?;
                if response.status == StatusCode::NOT_MODIFIED && marks.is_some() {
                    return Ok(Asked::NotModified);
                }
                if response.status != StatusCode::OK {
                    return Err(response.refusal().await);
                }
                let mark = |name| text(&response.headers, &name).map(str::to_owned);
                let (etag, last_modified) = (mark(header::ETAG), mark(header::LAST_MODIFIED));
                let mut index = Index::new(names);
                response.stream(&mut |bytes| index.feed(bytes)).await?;
                Ok(Asked::New(Fresh {
                    value: index.finish()?,
                    etag,
                    last_modified,
                }))
            })
            .await;
        if let Ok(fetched) = &mut answer {
            fetched.url = url;
        }
        answer
    }

    async fn oci_charts(&self, registry: &str, names: &BTreeSet<String>) -> Answer<Charts> {
        let mut charts = Charts::new();
        let mut last = Err("no chart was asked for".to_owned());
        for name in names {
            let tags = self.tags(&format!("{registry}/{name}")).await?;
            let versions = tags.value.iter().map(|tag| ChartVersion {
                // A tag can't hold the + of a build.
                version: tag.replace('_', "+"),
                app_version: None,
            });
            charts.insert(name.clone(), versions.collect());
            last = Ok(Fetched {
                value: Charts::new(),
                url: tags.url,
                at: tags.at,
                stale: tags.stale,
            });
        }
        last.map(|fetched| Fetched {
            value: charts,
            ..fetched
        })
    }
}

/// Reads an index as it arrives; holds one line, and of the charts that are looked for the
/// versions.
#[derive(Debug)]
pub struct Index<'a> {
    wanted: &'a BTreeSet<String>,
    charts: Charts,
    line: Vec<u8>,
    json: Option<Vec<u8>>,
    size: usize,
    place: Place,
    found_entries: bool,
}

/// Where in the index the next line is.
#[derive(Clone, Debug, Default)]
struct Place {
    in_entries: bool,
    /// The chart whose versions follow, if it is looked for, and the indent of its name.
    chart: Option<String>,
    chart_indent: Option<usize>,
    /// The indents of a version's dash and of its fields.
    item: Option<(usize, usize)>,
}

#[derive(Deserialize)]
struct JsonIndex {
    entries: BTreeMap<String, Vec<ChartVersion>>,
}

impl<'a> Index<'a> {
    /// Looks for these charts.
    #[must_use]
    pub fn new(wanted: &'a BTreeSet<String>) -> Self {
        Self {
            wanted,
            charts: Charts::new(),
            line: Vec::new(),
            json: None,
            size: 0,
            place: Place::default(),
            found_entries: false,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When there are more than an index may have.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), String> {
        let first = self.size == 0;
        self.size += bytes.len();
        if self.size > LARGEST_INDEX {
            return Err(format!(
                "the index is larger than {} MiB",
                LARGEST_INDEX >> 20
            ));
        }
        if first && bytes.trim_ascii_start().starts_with(b"{") {
            self.json = Some(Vec::new());
        }
        if let Some(json) = &mut self.json {
            if json.len() + bytes.len() > LARGEST_JSON {
                return Err(format!(
                    "the index is JSON and larger than {} MiB",
                    LARGEST_JSON >> 20
                ));
            }
            json.extend_from_slice(bytes);
            return Ok(());
        }
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend(&rest[..end]);
            self.end_line();
            rest = &rest[end + 1..];
        }
        self.extend(rest);
        Ok(())
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if let Ok(text) = std::str::from_utf8(&line) {
            self.take(text.trim_end_matches('\r'));
        }
        self.line = line;
        self.line.clear();
    }

    /// The charts that were found.
    ///
    /// # Errors
    /// When it was no index.
    pub fn finish(mut self) -> Result<Charts, String> {
        if let Some(json) = &self.json {
            let index: JsonIndex = serde_json::from_slice(json)
                .map_err(|error| format!("it is no chart index: {error}"))?;
            let wanted = index
                .entries
                .into_iter()
                .filter(|(name, _)| self.wanted.contains(name));
            return Ok(wanted.collect());
        }
        self.end_line();
        if !self.found_entries {
            return Err("it is no chart index: it has no entries".into());
        }
        self.charts
            .values_mut()
            .for_each(|versions| versions.retain(|version| !version.version.is_empty()));
        Ok(self.charts)
    }

    fn take(&mut self, line: &str) {
        let text = line.trim_start_matches(' ');
        if text.is_empty() || text.starts_with('#') {
            return;
        }
        let indent = line.len() - text.len();
        if indent == 0 && !text.starts_with('-') {
            self.place = Place {
                in_entries: text.starts_with("entries:"),
                ..Place::default()
            };
            self.found_entries |= self.place.in_entries;
            return;
        }
        if !self.place.in_entries {
            return;
        }
        let dash = text.starts_with("- ");
        let name_indent = *self.place.chart_indent.get_or_insert(indent);
        if indent == name_indent && !dash {
            let name = scalar(
                text.trim_end()
                    .trim_end_matches("[]")
                    .trim_end()
                    .trim_end_matches(':'),
            );
            self.place.chart = self.wanted.contains(&name).then_some(name);
            self.place.item = None;
            return;
        }
        let Some(chart) = &self.place.chart else {
            return;
        };
        let begins = dash && self.place.item.is_none_or(|(item, _)| item == indent);
        let (field, fields) = if begins {
            let field = text[1..].trim_start();
            let fields = indent + text.len() - field.len();
            self.place.item = Some((indent, fields));
            let versions = self.charts.entry(chart.clone()).or_default();
            if versions.len() < MOST_VERSIONS {
                versions.push(ChartVersion::default());
            }
            (field, fields)
        } else {
            match self.place.item {
                Some((_, fields)) => (text, fields),
                None => return,
            }
        };
        if !begins && indent != fields {
            return;
        }
        let version = self
            .charts
            .get_mut(chart)
            .and_then(|versions| versions.last_mut());
        if let (Some(version), Some((key, value))) = (version, field.split_once(':')) {
            match key {
                "version" => version.version = scalar(value),
                "appVersion" => {
                    version.app_version = Some(scalar(value)).filter(|text| !text.is_empty());
                }
                _ => {}
            }
        }
    }
}

/// A YAML scalar on one line, without its quotes.
fn scalar(text: &str) -> String {
    let text = text.trim();
    let quoted = |quote: char| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.split_once(quote))
            .map(|(inner, _)| inner.to_owned())
    };
    quoted('"').or_else(|| quoted('\'')).unwrap_or_else(|| {
        text.split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "apiVersion: v1
entries:
  other:
  - appVersion: 9.9.9
    version: 9.9.9
  coredns:
  - annotations:
      version: wrong
      appVersion: wrong
    apiVersion: v2
    appVersion: 1.14.2
    dependencies:
    - name: library
      version: 0.0.1
    description: |-
      version: in a text
      - a list in it
    keywords:
    - version
    urls:
    - https://example.com/coredns-1.46.0.tgz
    version: 1.46.0
  - apiVersion: v2
    appVersion: \"1.13.1\"
    version: '1.45.0'   # quoted
  empty: []
  zeta:
  - {version: 1.0.0}
generated: \"2026-01-01T00:00:00Z\"
";

    fn read(text: &str, names: &[&str], piece: usize) -> Result<Charts, String> {
        let wanted = names.iter().map(|name| (*name).to_owned()).collect();
        let mut index = Index::new(&wanted);
        for piece in text.as_bytes().chunks(piece) {
            index.feed(piece)?;
        }
        index.finish()
    }

    fn version(version: &str, app: &str) -> ChartVersion {
        ChartVersion {
            version: version.into(),
            app_version: Some(app.into()),
        }
    }

    #[test]
    fn one_chart_is_read_out_of_the_index() {
        let expected: Charts = [(
            "coredns".to_owned(),
            vec![version("1.46.0", "1.14.2"), version("1.45.0", "1.13.1")],
        )]
        .into();
        for piece in [1, 7, 100_000] {
            assert_eq!(
                read(INDEX, &["coredns", "absent"], piece).unwrap(),
                expected
            );
        }
        // The other usual way to indent.
        let deeper = "entries:\n    coredns:\n        - version: 1.0.0\n          appVersion: 2.0.0\n        - version: 0.9.0\n";
        let found = read(deeper, &["coredns"], 3).unwrap();
        assert_eq!(found["coredns"][0], version("1.0.0", "2.0.0"));
        assert_eq!(found["coredns"][1].version, "0.9.0");
    }

    #[test]
    fn an_index_may_be_json() {
        let json = r#"{"apiVersion":"v1","entries":{"a":[{"version":"1","appVersion":"2","urls":[]}],"b":[]}}"#;
        assert_eq!(read(json, &["a"], 5).unwrap()["a"], [version("1", "2")]);
    }

    #[test]
    fn other_files_are_no_index() {
        for text in ["", "<html>\nentries: none\n", "{\"a\": 1}", "{", "a: b\n"] {
            let found = read(text, &["a"], 4);
            assert!(
                found
                    .as_ref()
                    .is_err_and(|reason| reason.starts_with("it is no chart index"))
                    || text.contains("entries"),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn memory_does_not_grow_with_the_index() {
        let wanted = BTreeSet::from(["wanted".to_owned()]);
        let mut index = Index::new(&wanted);
        index.feed(b"entries:\n").unwrap();
        let filler = "  other:\n  - version: 1.0.0\n    description: long\n".repeat(2000);
        for _ in 0..700 {
            index.feed(filler.as_bytes()).unwrap();
        }
        index.feed("x".repeat(1 << 20).as_bytes()).unwrap();
        assert!(index.size > 60 << 20);
        assert!(index.line.capacity() <= 2 * LONGEST_LINE);
        assert!(index.charts.is_empty());
    }
}
