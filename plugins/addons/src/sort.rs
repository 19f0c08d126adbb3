//! `--sort-by`: ascending, and what is unknown last.

use crate::cli::SortBy;
use crate::report::{AddonItem, Behind};

/// How far behind, so that it can be compared; not at all is the least.
fn rank(behind: Option<&Behind>) -> (u8, u64) {
    let Some(behind) = behind else {
        return (0, 0);
    };
    let level = match behind.level {
        "major" => 4,
        "minor" => 3,
        "patch" => 2,
        _ => 1,
    };
    (level, behind.count)
}

/// Puts the add-ons in order; equals stay in that of namespaces and names.
pub fn sort(items: &mut [AddonItem], by: SortBy) {
    items.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    match by {
        SortBy::Namespace => {}
        SortBy::Name => items.sort_by(|a, b| a.name.cmp(&b.name)),
        SortBy::Behind => items.sort_by_key(|item| {
            let is_unknown = item.installed.is_none() || item.latest.is_none();
            (is_unknown, rank(item.behind.as_ref()))
        }),
        SortBy::Eol => items.sort_by_key(|item| {
            let retired = item.retired.as_ref().map(|retired| retired.since);
            let date = retired.or(item.eol.as_ref().and_then(|eol| eol.from));
            (date.is_none(), date)
        }),
        SortBy::Cves => items.sort_by_key(|item| {
            let count = item.cves.as_ref().map(Vec::len);
            (count.is_none(), count)
        }),
        SortBy::ManagedBy => items.sort_by_key(|item| item.managed_by.tool.to_string()),
    }
}
