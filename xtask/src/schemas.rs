//! `cargo xtask schemas`: docs/schema, a JSON Schema for each document that the plugins write.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use console::schema::Document;

use crate::failure::Failure;

/// Flags of `cargo xtask schemas`.
#[derive(Args)]
pub(crate) struct Schemas {
    /// Where to write them; other files there are removed
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema"))]
    dir: PathBuf,
}

/// Every document of every plugin.
fn documents() -> Vec<Document> {
    [
        leases::schema::documents(),
        addons::schema::documents(),
        drain_node::schema::documents(),
        autoscale_sim::schema::documents(),
    ]
    .concat()
}

/// Writes the schemas, and removes those of documents that there are no more.
pub(crate) fn run(schemas: &Schemas) -> Result<(), Failure> {
    let dir = &schemas.dir;
    fs::create_dir_all(dir).map_err(Failure::io("create", dir))?;
    let documents = documents();
    let known: BTreeSet<String> = documents.iter().map(Document::file_name).collect();
    for document in &documents {
        let path = dir.join(document.file_name());
        fs::write(&path, document.text()).map_err(Failure::io("write", &path))?;
    }
    for entry in fs::read_dir(dir).map_err(Failure::io("read", dir))? {
        let path = entry.map_err(Failure::io("read", dir))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".json") && !known.contains(&*name) {
            fs::remove_file(&path).map_err(Failure::io("remove", &path))?;
        }
    }
    Ok(())
}
