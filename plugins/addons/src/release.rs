//! Helm releases: name, chart, version and status, and nothing of what they hold.
//!
//! Helm keeps them in Secrets, or in `ConfigMap`s where it is told so; a snapshot holds what is kept
//! of them here, in plain sight.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster::{ApiServer, Error, ListRequest, Resource};
use flate2::read::GzDecoder;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A release is at most 1 MiB in a Secret; unpacked it may be this large.
const LARGEST: u64 = 64 << 20;

/// What is kept of a Helm release.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Release {
    /// The release's namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The chart's name.
    pub chart: String,
    /// The chart's version.
    pub chart_version: String,
    /// The version of what the chart installs.
    pub app_version: Option<String>,
    /// As in `deployed`.
    pub status: String,
}

#[derive(Deserialize)]
struct Stored<'a> {
    metadata: StoredMetadata,
    #[serde(borrow, default)]
    data: Option<StoredData<'a>>,
}

#[derive(Deserialize)]
struct StoredMetadata {
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct StoredData<'a> {
    #[serde(borrow, default)]
    release: Option<&'a str>,
}

#[derive(Deserialize)]
struct Payload {
    name: String,
    #[serde(default)]
    info: Info,
    #[serde(default)]
    chart: Chart,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chart {
    metadata: Option<ChartMetadata>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ChartMetadata {
    name: String,
    version: String,
    app_version: Option<String>,
}

/// The type of a release in a snapshot.
pub const RECORDED: (&str, &str) = ("day2.dev/v1alpha1", "HelmRelease");

/// A release in a snapshot.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Recorded<'a> {
    #[serde(borrow)]
    api_version: Cow<'a, str>,
    kind: Cow<'a, str>,
    metadata: RecordedMetadata<'a>,
    chart: RecordedChart<'a>,
    status: Cow<'a, str>,
}

#[derive(Deserialize, Serialize)]
struct RecordedMetadata<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    namespace: Cow<'a, str>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordedChart<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    version: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app_version: Option<Cow<'a, str>>,
}

/// Where Helm keeps its releases.
pub const STORES: [Resource; 2] = [Resource::of::<Secret>(), Resource::of::<ConfigMap>()];

/// What Helm writes on the objects that hold its releases.
const LABELS: &str = "owner=helm,status=deployed";
/// The type of its Secrets.
const SECRET_TYPE: &str = "helm.sh/release.v1";

/// The deployed releases of one of the [`STORES`].
///
/// # Errors
/// When they may not be listed.
pub async fn list(server: &ApiServer, store: Resource) -> Result<Vec<Release>, Error> {
    let is_secret = store.kind == "Secret";
    let mut request = ListRequest::new(store, None);
    request.labels = Some(LABELS.to_owned());
    if is_secret {
        request.fields = Some(format!("type={SECRET_TYPE}"));
    }
    let mut releases = Vec::new();
    server
        .list(&request, |json| {
            // A damaged release is no reason to fail; what it runs is seen by its images.
            releases.extend(Release::read(json, is_secret));
            Ok(())
        })
        .await?;
    Ok(releases)
}

impl Release {
    /// The release as a snapshot holds it.
    #[must_use]
    pub fn recorded(&self) -> Value {
        let text = |text: &str| Cow::Owned(text.to_owned());
        let recorded = Recorded {
            api_version: RECORDED.0.into(),
            kind: RECORDED.1.into(),
            metadata: RecordedMetadata {
                name: text(&self.name),
                namespace: text(&self.namespace),
            },
            chart: RecordedChart {
                name: text(&self.chart),
                version: text(&self.chart_version),
                app_version: self.app_version.as_deref().map(text),
            },
            status: text(&self.status),
        };
        serde_json::to_value(recorded).unwrap_or_default()
    }

    /// Reads a release from a snapshot.
    ///
    /// # Errors
    /// What is not as it should be.
    pub fn from_recorded(json: &[u8]) -> Result<Self, String> {
        let recorded: Recorded<'_> =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        Ok(Self {
            namespace: recorded.metadata.namespace.into_owned(),
            name: recorded.metadata.name.into_owned(),
            chart: recorded.chart.name.into_owned(),
            chart_version: recorded.chart.version.into_owned(),
            app_version: recorded.chart.app_version.map(Cow::into_owned),
            status: recorded.status.into_owned(),
        })
    }

    /// Reads what helm keeps in a Secret or a `ConfigMap` (helm/helm, `pkg/storage/driver/util.go`):
    /// base64 of gzip of JSON, and in a Secret base64 around that.
    ///
    /// # Errors
    /// When it is something else; never with anything of its content.
    pub fn read(json: &[u8], is_secret: bool) -> Result<Self, String> {
        let unreadable = || "it is no Helm release".to_owned();
        let stored: Stored<'_> = serde_json::from_slice(json).map_err(|_| unreadable())?;
        let text = stored
            .data
            .and_then(|data| data.release)
            .ok_or_else(unreadable)?;
        let mut bytes = STANDARD.decode(text).map_err(|_| unreadable())?;
        if is_secret {
            bytes = STANDARD.decode(&bytes).map_err(|_| unreadable())?;
        }
        // Releases of Helm 2 were not packed.
        let payload: Payload = if bytes.starts_with(&[0x1f, 0x8b, 0x08]) {
            let unpacked = GzDecoder::new(&bytes[..]).take(LARGEST);
            serde_json::from_reader(std::io::BufReader::new(unpacked)).map_err(|_| unreadable())?
        } else {
            serde_json::from_slice(&bytes).map_err(|_| unreadable())?
        };
        let chart = payload.chart.metadata.unwrap_or_default();
        Ok(Self {
            namespace: stored.metadata.namespace,
            name: payload.name,
            chart: chart.name,
            chart_version: chart.version,
            app_version: chart.app_version.filter(|version| !version.is_empty()),
            status: payload.info.status,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PAYLOAD: &str = r#"{"name":"dns","info":{"status":"deployed","notes":"x"},"chart":{"metadata":{"name":"coredns","version":"1.45.0","appVersion":"1.13.1"},"templates":[{"name":"a","data":"eA=="}],"values":{"password":"hunter2"}},"config":{"password":"hunter2"},"manifest":"kind: Secret","version":3}"#;

    fn stored(bytes: &[u8], is_secret: bool) -> Vec<u8> {
        let mut text = STANDARD.encode(bytes);
        if is_secret {
            text = STANDARD.encode(text);
        }
        format!(r#"{{"metadata":{{"name":"sh.helm.release.v1.dns.v3","namespace":"kube-system"}},"data":{{"release":"{text}"}}}}"#).into_bytes()
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn releases_of_both_drivers_are_read_and_nothing_more_is_kept() {
        for is_secret in [true, false] {
            for bytes in [packed(PAYLOAD), PAYLOAD.as_bytes().to_vec()] {
                let release = Release::read(&stored(&bytes, is_secret), is_secret).unwrap();
                assert_eq!(release.name, "dns");
                assert_eq!(
                    (release.chart.as_str(), release.chart_version.as_str()),
                    ("coredns", "1.45.0")
                );
                assert_eq!(release.app_version.as_deref(), Some("1.13.1"));
                assert_eq!(
                    (release.namespace.as_str(), release.status.as_str()),
                    ("kube-system", "deployed")
                );
                assert!(!format!("{release:?}").contains("hunter2"));
            }
        }
    }

    #[test]
    fn a_snapshot_gives_back_what_it_was_given() {
        let release = Release::read(&stored(&packed(PAYLOAD), true), true).unwrap();
        let recorded = release.recorded();
        assert_eq!(
            recorded,
            serde_json::json!({"apiVersion": "day2.dev/v1alpha1", "kind": "HelmRelease",
                "metadata": {"name": "dns", "namespace": "kube-system"},
                "chart": {"name": "coredns", "version": "1.45.0", "appVersion": "1.13.1"},
                "status": "deployed"})
        );
        let read = Release::from_recorded(recorded.to_string().as_bytes());
        assert_eq!(read, Ok(release));
        assert!(Release::from_recorded(b"{}").is_err());
    }

    #[test]
    fn anything_else_is_no_release_and_stays_secret() {
        for json in [
            &b"{}"[..],
            br#"{"metadata":{}}"#,
            br#"{"metadata":{},"data":{"release":"hunter2!"}}"#,
            &stored(b"hunter2", true),
            &stored(&packed("{\"hunter2\": 1}"), true),
            &stored(&packed(PAYLOAD)[..40], true),
        ] {
            assert_eq!(
                Release::read(json, true).unwrap_err(),
                "it is no Helm release"
            );
        }
    }
}
