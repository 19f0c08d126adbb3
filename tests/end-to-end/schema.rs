//! Every JSON document that any of these tests gets to see is held against its JSON Schema.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Deserializer, Value, json};
use test_support::jsonschema::{self, Validator};

use crate::plugin::{Said, bare};

/// The version that all documents have.
const API_VERSION: &str = "day2.dev/v1alpha1";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema")
}

/// The validators of docs/schema, by kind.
fn validators() -> &'static BTreeMap<String, Validator> {
    static VALIDATORS: OnceLock<BTreeMap<String, Validator>> = OnceLock::new();
    VALIDATORS.get_or_init(|| {
        let files = fs::read_dir(directory()).unwrap();
        files
            .map(|file| {
                let path = file.unwrap().path();
                let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let mut schema = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                close(&mut schema);
                let validator = jsonschema::options()
                    .should_validate_formats(true)
                    .build(&schema)
                    .unwrap();
                (kind, validator)
            })
            .collect()
    })
}

/// Forbids fields that the schema does not name: readers must bear them, but we may not write them.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.entry("additionalProperties").or_insert(json!(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// What is wrong with a document.
fn faults(document: &Value) -> Vec<String> {
    let kind = document["kind"].as_str().unwrap_or_default();
    let Some(validator) = validators().get(kind) else {
        return vec![format!("docs/schema has no {kind:?}")];
    };
    validator
        .iter_errors(document)
        .map(|fault| format!("{kind}{}: {fault}", fault.instance_path()))
        .collect()
}

/// Checks the documents of ours in a text, which may hold one or one a line.
#[track_caller]
pub fn check(text: &str) {
    if !text.starts_with('{') || !text.contains(API_VERSION) {
        return;
    }
    let documents = Deserializer::from_str(text).into_iter::<Value>();
    for document in documents.map_while(Result::ok) {
        if document["apiVersion"] == API_VERSION {
            assert_eq!(faults(&document), Vec::<String>::new(), "{document:#}");
        }
    }
}

#[test]
fn a_schema_finds_what_is_wrong() {
    let snapshot = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
         "metadata": {"name": "a", "namespace": "b"}, "spec": {"holderIdentity": "c"}}]});
    let file = crate::plugin::scratch("schema").join("snapshot.json");
    fs::write(&file, snapshot.to_string()).unwrap();
    let mut leases = bare();
    leases.args(["-A", "-o", "json", "--snapshot"]).arg(&file);
    let list = Said::of(leases.output().unwrap()).json();
    assert_eq!(faults(&list), Vec::<String>::new());
    let spoilt: [fn(&mut Value); 6] = [
        |list| list["kind"] = json!("LeaseSoup"),
        |list| list["time"] = json!("yesterday"),
        |list| list["items"][0]["state"] = json!("thirsty"),
        |list| list["items"][0]["transitions"] = json!("many"),
        |list| list["items"][0]["colour"] = json!("blue"),
        |list| {
            list["items"][0].as_object_mut().unwrap().remove("name");
        },
    ];
    for (at, spoil) in spoilt.iter().enumerate() {
        let mut list = list.clone();
        spoil(&mut list);
        assert_eq!(faults(&list).len(), 1, "{at}: {:?}", faults(&list));
    }
}
