//! Why a pod stays pending, in upstream's words as far as they are not left to chance.

use std::fmt;

/// One of the reasons; there is at least one for every pool that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A sentence that is always the same.
    Sentence(String),
    /// A sentence that goes on with lists in no fixed order.
    Start(String),
    /// A sentence that ends in details which depend on chance; upstream names one of the labels.
    UnknownLabel {
        /// What comes before.
        prefix: &'static str,
        /// The labels, one of which upstream names.
        labels: Vec<String>,
    },
    /// Labels for which nothing goes together.
    Incompatible {
        /// What comes before; without one, upstream gives each label a sentence of its own.
        prefix: &'static str,
        /// One part a label, in any order.
        parts: Vec<String>,
    },
    /// A rule about other pods that no domain meets; upstream names one of them.
    Topology {
        /// The kind and the label of each.
        rules: Vec<(&'static str, String)>,
    },
    /// No instance type is left.
    InstanceTypes {
        /// What they lack.
        lack: &'static str,
    },
    /// The instance types left have too few values of labels.
    MinValues {
        /// The labels.
        labels: Vec<String>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sentence(text) | Self::Start(text) => f.write_str(text.trim_end()),
            Self::UnknownLabel { prefix, labels } => {
                let label = labels.first().map_or("", String::as_str);
                write!(f, "{prefix}label \"{label}\" does not have known values")
            }
            Self::Incompatible { prefix, parts } => write!(f, "{prefix}{}", parts.join("; ")),
            Self::Topology { rules } => {
                let (kind, key) = rules.first().map_or(("", ""), |own| (own.0, &own.1));
                write!(f, "unsatisfiable topology constraint for {kind}, key={key}")
            }
            Self::InstanceTypes { lack } => f.write_str(lack),
            Self::MinValues { labels } => write!(
                f,
                "minValues requirement is not met for label(s) (label(s)=[{}])",
                labels.join(" ")
            ),
        }
    }
}

impl Reason {
    /// Whether upstream's sentence is this one.
    #[must_use]
    pub fn is(&self, sentence: &str) -> bool {
        match self {
            Self::Sentence(text) => sentence == text,
            Self::Start(text) => sentence.starts_with(text),
            Self::UnknownLabel { prefix, labels } => labels.iter().any(|label| {
                let start = format!("{prefix}label {label:?} does not have known values");
                sentence
                    .strip_prefix(&start)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(" (typo of "))
            }),
            Self::Incompatible { prefix, parts } => {
                let Some(rest) = sentence.strip_prefix(prefix) else {
                    return false;
                };
                let mut theirs: Vec<String> = rest.split("; ").map(without_number).collect();
                let mut own: Vec<String> = parts.iter().map(|own| without_number(own)).collect();
                theirs.sort_unstable();
                own.sort_unstable();
                theirs == own
            }
            Self::Topology { rules } => rules.iter().any(|(kind, key)| {
                let start = format!("unsatisfiable topology constraint for {kind}, key={key} (");
                sentence.starts_with(&start)
            }),
            Self::InstanceTypes { lack } => {
                sentence.starts_with(lack) && sentence[lack.len()..].starts_with(", requirements=")
            }
            Self::MinValues { labels } => {
                let start = "minValues requirement is not met for label(s) (label(s)=[";
                let Some(rest) = sentence.strip_prefix(start) else {
                    return false;
                };
                let mut theirs: Vec<&str> =
                    rest.split(']').next().unwrap_or("").split(' ').collect();
                let mut own: Vec<&str> = labels.iter().map(String::as_str).collect();
                theirs.sort_unstable();
                own.sort_unstable();
                theirs == own
            }
        }
    }
}

/// New hosts are numbered, in upstream through the life of the process.
fn without_number(text: &str) -> String {
    const HOST: &str = "hostname-placeholder-";
    match text.split_once(HOST) {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|own: char| own.is_ascii_digit());
            format!("{before}{HOST}{rest}")
        }
        None => text.to_owned(),
    }
}
