//! What is left over, each with its proof, and what became of it.

use console::{Cell, Failure, Output, OutputFormat, Tone};

use super::{View, incomplete};
use crate::report::prune::{Deletion, LeasePrune, OrphanItem};

/// Prints what is left over as a table; as data only at the end.
///
/// # Errors
/// When standard output can't be written.
pub fn table(prune: &LeasePrune, view: View, output: &mut Output) -> Result<(), Failure> {
    if matches!(view.format, OutputFormat::Table | OutputFormat::Wide) && !prune.items.is_empty() {
        let headers: &[&str] = if view.headers {
            &["NAMESPACE", "NAME", "KIND", "PROOF"]
        } else {
            &[]
        };
        output.table(headers, &prune.items, row)?;
    }
    output.flush()
}

/// Prints it all as data, or the names.
///
/// # Errors
/// When standard output can't be written.
pub fn data(prune: &LeasePrune, view: View, output: &mut Output) -> Result<(), Failure> {
    match view.format {
        OutputFormat::Json => output.json(prune)?,
        OutputFormat::Yaml => output.yaml(prune)?,
        OutputFormat::Name => {
            let listed = prune
                .items
                .iter()
                .filter(|item| matches!(item.deletion, None | Some(Deletion::Deleted)));
            for item in listed {
                output.line(&format!("lease.coordination.k8s.io/{}", item.name))?;
            }
        }
        OutputFormat::Table | OutputFormat::Wide => {}
    }
    output.flush()
}

/// What one should know about it, on standard error.
#[must_use]
pub fn remarks(prune: &LeasePrune) -> Vec<String> {
    let mut remarks: Vec<String> = incomplete(&prune.unreadable).into_iter().collect();
    if prune.items.is_empty() {
        remarks.push(format!(
            "nothing is left over among {} Leases",
            prune.examined
        ));
    }
    remarks
}

/// What was done, on standard error.
#[must_use]
pub fn done(prune: &LeasePrune) -> Vec<String> {
    let counted = |deletion: Deletion, one: &str, several: &str| match prune.count(deletion) {
        0 => None,
        1 => Some(format!("1 Lease {one}")),
        count => Some(format!("{count} Leases {several}")),
    };
    let mut said: Vec<String> = [
        counted(Deletion::Deleted, "was deleted", "were deleted"),
        counted(Deletion::Gone, "was gone already", "were gone already"),
        counted(
            Deletion::Changed,
            "changed meanwhile and was left alone",
            "changed meanwhile and were left alone",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    for item in &prune.items {
        if let Some(failure) = &item.failure {
            said.push(failure.clone());
        }
    }
    said
}

fn row(item: &OrphanItem) -> Vec<Cell> {
    vec![
        Cell::from(&*item.namespace),
        Cell::from(&*item.name),
        Cell::toned(item.kind.to_string(), Tone::Faint),
        Cell::from(item.proof.join("; ")),
    ]
}
