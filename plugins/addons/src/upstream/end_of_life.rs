//! endoflife.date: when a branch ends, and which versions of Kubernetes it supports.

use std::collections::BTreeMap;

use http::StatusCode;
use http::header;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::address::base;
use super::http::{Request, text};
use super::{Answer, Asked, Fresh, Upstream};
use crate::version::Version;

const SITE: &str = "endoflife.date";
/// The largest answer.
const LARGEST: usize = 8 << 20;

/// A branch of a product, as endoflife.date's API v1 describes it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Branch {
    /// As `1.18`.
    pub name: String,
    /// Whether it has ended.
    pub is_eol: bool,
    /// When it ends or ended, where that is known.
    pub eol_from: Option<Date>,
    /// Further fields of the product, such as the supported versions of Kubernetes.
    pub custom: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Deserialize)]
struct Document {
    result: Product,
}

#[derive(Deserialize)]
struct Product {
    releases: Vec<Branch>,
}

impl Upstream {
    /// The branches of a product.
    ///
    /// # Errors
    /// Why they can't be had, as a phrase.
    pub async fn end_of_life(&self, product: &str) -> Answer<Vec<Branch>> {
        let place = base(&self.place(SITE))?;
        let place = place.to_string();
        let url = format!("{}/api/v1/products/{product}", place.trim_end_matches('/'));
        self.cached(&url, 1, async |known, until| {
            let uri = url.parse().map_err(|_| format!("{url} is no address"))?;
            let mut request = Request::get(uri, until)
                .with(header::ACCEPT, "application/json")
                .with(header::ACCEPT_ENCODING, "gzip");
            let etag = known.and_then(|entry| entry.etag);
            if let Some(etag) = &etag {
                request = request.with(header::IF_NONE_MATCH, etag);
            }
            let response = self.http.send(&request).await?;
            if response.status == StatusCode::NOT_MODIFIED && etag.is_some() {
                return Ok(Asked::NotModified);
            }
            if response.status != StatusCode::OK {
                return Err(response.refusal().await);
            }
            let etag = text(&response.headers, &header::ETAG).map(str::to_owned);
            let body = response.read(LARGEST).await?;
            let document: Document = serde_json::from_slice(&body)
                .map_err(|error| format!("{SITE} sent what is no product: {error}"))?;
            Ok(Asked::New(Fresh {
                value: document.result.releases,
                etag,
                last_modified: None,
            }))
        })
        .await
    }
}

/// The branch that a version belongs to: the most special one.
#[must_use]
pub fn branch_of<'a>(branches: &'a [Branch], version: &Version) -> Option<&'a Branch> {
    branches
        .iter()
        .filter(|branch| version.is_of_branch(&branch.name))
        .max_by_key(|branch| branch.name.len())
}
