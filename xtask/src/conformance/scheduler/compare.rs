//! Two answers side by side.

use std::collections::BTreeSet;

use super::case::{Answer, Preemption, Score, Verdict, Victims};

/// One place in which the answers differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// A node's name, or what part of the answer it is.
    pub place: String,
    /// kube-scheduler's side.
    pub expected: String,
    /// Ours.
    pub ours: String,
    /// The same for differences that are likely of one cause.
    pub kind: String,
}

/// How two answers stand to each other.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Verdicts that were compared: one a node, or one for a rejection before any node.
    pub verdicts: usize,
    /// Verdicts that we do not give, where we may leave them open.
    pub unknown: usize,
    /// Scores that were compared.
    pub scores: usize,
    /// Preemptions that were compared.
    pub preemptions: usize,
    /// Where the answers differ.
    pub differences: Vec<Difference>,
}

const DEVICES: &str = "DynamicResources";
const UNKNOWN: &str = "Unknown";

/// Compares verdicts, reasons, plugins and messages; what was not recorded is not compared.
pub fn compare(expected: &Answer, ours: &Answer) -> Comparison {
    let mut out = Comparison::default();
    gates(expected, ours, &mut out);
    let pre = expected
        .prefilter
        .as_ref()
        .filter(|pre| pre.code != "Success");
    if let Some(pre) = pre {
        prefilter(pre, expected, ours, &mut out);
    } else {
        nodes(expected, ours, &mut out);
    }
    if out.unknown == 0 {
        message(expected, ours, &mut out);
        scores(expected, ours, &mut out);
        if let (Some(expected), Some(ours)) = (&expected.preemption, &ours.preemption) {
            preemption(expected, ours, &mut out);
        }
    }
    out
}

fn gates(expected: &Answer, ours: &Answer, out: &mut Comparison) {
    let recorded = expected.pre_enqueue.as_ref();
    let gated = recorded.filter(|verdict| verdict.plugin == "SchedulingGates");
    if let Some(gate) = gated {
        let own = ours.pre_enqueue.clone().unwrap_or_default();
        out.verdict("gates", gate, &own);
    }
}

fn prefilter(pre: &Verdict, expected: &Answer, ours: &Answer, out: &mut Comparison) {
    let gate = pre.plugin == "SchedulingGates"
        || pre
            .reasons
            .iter()
            .any(|r| r.starts_with("waiting for scheduling gates"));
    let own = if gate {
        ours.pre_enqueue.clone()
    } else {
        ours.prefilter.clone()
    };
    let own = own.unwrap_or_default();
    if own.code == UNKNOWN && own.plugin == DEVICES {
        out.unknown += 1;
        return;
    }
    // Claims of devices are looked at before any node; ours may be left open on each.
    let open = |verdict: &Verdict| verdict.code == UNKNOWN && verdict.plugin == DEVICES;
    if own.code.is_empty() && ours.nodes.values().any(open) {
        out.unknown += 1;
        return;
    }
    out.verdict("prefilter", pre, &own);
    // Some write the rejection down again for every node.
    for (node, verdict) in &expected.nodes {
        out.verdict(node, verdict, &own);
    }
}

fn nodes(expected: &Answer, ours: &Answer, out: &mut Comparison) {
    if let Some(own) = &ours.prefilter {
        if own.code == UNKNOWN && own.plugin == DEVICES {
            out.unknown += expected.nodes.len();
            return;
        }
        out.verdicts += expected.nodes.len();
        out.differ("prefilter", String::new(), show(own));
        return;
    }
    for (node, verdict) in &expected.nodes {
        let own = ours.nodes.get(node).cloned().unwrap_or_default();
        if own.code == UNKNOWN && own.plugin == DEVICES {
            out.unknown += 1;
        } else {
            out.verdict(node, verdict, &own);
        }
    }
    for node in ours
        .nodes
        .keys()
        .filter(|node| !expected.nodes.contains_key(*node))
    {
        out.differ(node, "no such node".to_owned(), "a verdict".to_owned());
    }
}

fn message(expected: &Answer, ours: &Answer, out: &mut Comparison) {
    if expected.message.is_empty() || same_message(expected, ours) {
        return;
    }
    out.differ("message", expected.message.clone(), ours.message.clone());
}

fn scores(expected: &Answer, ours: &Answer, out: &mut Comparison) {
    for (node, score) in &expected.scores {
        let own = ours.scores.get(node);
        out.scores += 1;
        if own.is_none_or(|own| own.total != score.total) {
            let none = Score::default();
            out.score(node, score, own.unwrap_or(&none));
        }
    }
}

fn preemption(expected: &Preemption, ours: &Preemption, out: &mut Comparison) {
    if ours.open {
        out.unknown += 1;
        return;
    }
    out.preemptions += 1;
    if !expected.error.is_empty() {
        out.differ("preemption", expected.error.clone(), String::new());
        return;
    }
    let mut differs = false;
    let nodes: BTreeSet<&String> = expected
        .candidates
        .keys()
        .chain(ours.candidates.keys())
        .collect();
    for node in nodes {
        let (theirs, own) = (expected.candidates.get(node), ours.candidates.get(node));
        if theirs.map(sorted) != own.map(sorted) {
            differs = true;
            out.differ(
                "preemption",
                format!("{node}: {theirs:?}"),
                format!("{own:?}"),
            );
        }
    }
    let best = expected.best.is_empty() || ours.equals.contains(&expected.best);
    let known = |node: &String| expected.equals.is_empty() || expected.equals.contains(node);
    let chosen = best && ours.equals.iter().all(known);
    if !chosen && !differs {
        out.differ(
            "preemption's choice",
            format!("{} of {:?}", expected.best, expected.equals),
            format!("{:?}", ours.equals),
        );
    }
    if expected.message != ours.message {
        out.differ(
            "preemption's message",
            expected.message.clone(),
            ours.message.clone(),
        );
    }
}

fn sorted(victims: &Victims) -> Victims {
    let mut victims = victims.clone();
    victims.pods.sort();
    victims
}

fn same_message(expected: &Answer, ours: &Answer) -> bool {
    // Preemption's own sentence is not ours to say.
    let theirs = expected
        .message
        .split(" preemption: ")
        .next()
        .unwrap_or_default();
    if theirs == ours.message {
        return true;
    }
    // Of several errors, the first to arrive wins.
    let errors = || {
        expected
            .nodes
            .values()
            .filter(|verdict| verdict.code == "Error")
    };
    errors().count() > 1 && errors().any(|verdict| ours.message == verdict.reasons.join(", "))
}

impl Comparison {
    fn verdict(&mut self, place: &str, expected: &Verdict, ours: &Verdict) {
        self.verdicts += 1;
        if !same(expected, ours) {
            self.differ(place, show(expected), show(ours));
            let kind = format!(
                "{} {} / {} {}",
                expected.code, expected.plugin, ours.code, ours.plugin
            );
            self.name_last(kind);
        }
    }

    fn score(&mut self, node: &str, expected: &Score, ours: &Score) {
        let show = |score: &Score| format!("{} {:?}", score.total, score.plugins);
        self.differ(&format!("score of {node}"), show(expected), show(ours));
        let share = |score: &Score, name: &str| score.plugins.get(name).copied().unwrap_or(0);
        let names = expected.plugins.keys().chain(ours.plugins.keys());
        let kind: BTreeSet<&str> = names
            .map(String::as_str)
            .filter(|name| share(expected, name) != share(ours, name))
            .collect();
        self.name_last(format!("score {kind:?}"));
    }

    fn differ(&mut self, place: &str, expected: String, ours: String) {
        self.differences.push(Difference {
            kind: place.to_owned(),
            place: place.to_owned(),
            expected,
            ours,
        });
    }

    fn name_last(&mut self, kind: String) {
        if let Some(last) = self.differences.last_mut() {
            last.kind = kind;
        }
    }
}

fn same(expected: &Verdict, ours: &Verdict) -> bool {
    let plugin = expected.plugin.is_empty() || expected.plugin == ours.plugin;
    plugin && expected.code == ours.code && in_order(expected) == in_order(ours)
}

/// Upstream lists scalar resources in the order of a map, so theirs and ours are sorted.
fn in_order(verdict: &Verdict) -> Vec<&String> {
    let mut reasons: Vec<&String> = verdict.reasons.iter().collect();
    if reasons
        .iter()
        .all(|reason| reason.starts_with("Insufficient ") || *reason == "Too many pods")
    {
        reasons.sort();
    }
    reasons
}

fn show(verdict: &Verdict) -> String {
    format!("{} {} {:?}", verdict.code, verdict.plugin, verdict.reasons)
}
