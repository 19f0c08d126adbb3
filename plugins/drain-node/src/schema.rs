//! The JSON Schemas of what `-o json` writes; docs/schema holds them.

use console::schema::Document;

use crate::report::{DrainEvent, DrainPlan, DrainStatus, DrainSummary};

/// Every document that this plugin writes. A new one belongs here, and
/// `cargo xtask schemas` writes its file.
#[must_use]
pub fn documents() -> Vec<Document> {
    vec![
        Document::of::<DrainPlan>("DrainPlan"),
        Document::of::<DrainEvent>("DrainEvent"),
        Document::of::<DrainSummary>("DrainSummary"),
        Document::of::<DrainStatus>("DrainStatus"),
    ]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_files_are_fresh() {
        let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema"));
        let documents = documents();
        let stale = console::schema::stale(&documents, dir);
        assert!(
            stale.is_empty(),
            "{stale:?} in docs/schema are stale; cargo xtask schemas writes them anew"
        );
    }
}
