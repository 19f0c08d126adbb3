//! JSON Schemas of the documents that plugins write, made from the types that are written.
//!
//! `cargo xtask schemas` keeps them in docs/schema; a test in each plugin says when a file there is
//! no longer what the types say.

use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The version of all documents.
const API_VERSION: &str = "day2.dev/v1alpha1";

/// A document and its schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its `kind`, which is also the name of the file.
    pub kind: &'static str,
    /// Its JSON Schema, draft 2020-12. Further fields are allowed: later versions may have some.
    pub schema: Value,
}

impl Document {
    /// The document that a type is written as.
    #[must_use]
    pub fn of<T: JsonSchema>(kind: &'static str) -> Self {
        let generator = SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator();
        let mut schema = generator.into_root_schema_for::<T>().to_value();
        schema["title"] = json!(kind);
        for (field, value) in [("apiVersion", API_VERSION), ("kind", kind)] {
            if let Some(field) = schema.pointer_mut(&format!("/properties/{field}")) {
                field["const"] = json!(value);
            }
        }
        Self { kind, schema }
    }

    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.json", self.kind)
    }

    /// What its file holds.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", self.schema)
    }
}

/// The documents whose file in the directory is missing or no longer what the types say.
#[must_use]
pub fn stale<'a>(documents: &'a [Document], dir: &Path) -> Vec<&'a str> {
    let is_stale = |document: &&Document| {
        let kept = fs::read_to_string(dir.join(document.file_name()));
        kept.ok() != Some(document.text())
    };
    documents
        .iter()
        .filter(is_stale)
        .map(|document| document.kind)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written.
    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its shape matters")]
    struct Answer {
        #[schemars(rename = "apiVersion")]
        api_version: &'static str,
        kind: &'static str,
        count: Option<u64>,
    }

    #[test]
    fn a_document_names_its_version_and_kind() {
        let document = Document::of::<Answer>("Answer");
        let properties = &document.schema["properties"];
        assert_eq!(properties["apiVersion"]["const"], API_VERSION);
        assert_eq!(properties["kind"]["const"], "Answer");
        assert_eq!(properties["count"]["type"], json!(["integer", "null"]));
        assert_eq!(document.schema["description"], "What is written.");
    }

    #[test]
    fn a_file_that_is_missing_or_another_is_stale() {
        let dir = std::env::temp_dir().join(format!("day2-schema-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let documents = [Document::of::<Answer>("Answer")];
        assert_eq!(stale(&documents, &dir), ["Answer"]);
        let path = dir.join("Answer.json");
        fs::write(&path, documents[0].text()).unwrap();
        assert!(stale(&documents, &dir).is_empty());
        fs::write(&path, documents[0].text() + " ").unwrap();
        assert_eq!(stale(&documents, &dir), ["Answer"]);
        fs::remove_dir_all(&dir).unwrap();
    }
}
