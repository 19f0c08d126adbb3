//! The JSON Schemas of what `-o json` writes; docs/schema holds them.

use console::schema::Document;

use crate::comparison::EngineComparison;
use crate::karpenter_plan::KarpenterPlan;
use crate::report::NodeAddition;
use crate::scale_down::ScaleDownPlan;
use crate::scale_up::ScaleUpPlan;
use crate::until_stable::ScaleUpTimeline;
use crate::why::PodExplanation;

/// Every document that this plugin writes. A new one belongs here, and
/// `cargo xtask schemas` writes its file.
#[must_use]
pub fn documents() -> Vec<Document> {
    vec![
        Document::of::<ScaleUpPlan>("ScaleUpPlan"),
        Document::of::<ScaleUpTimeline>("ScaleUpTimeline"),
        Document::of::<ScaleDownPlan>("ScaleDownPlan"),
        Document::of::<PodExplanation>("PodExplanation"),
        Document::of::<NodeAddition>("NodeAddition"),
        Document::of::<KarpenterPlan>("KarpenterPlan"),
        Document::of::<EngineComparison>("EngineComparison"),
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
