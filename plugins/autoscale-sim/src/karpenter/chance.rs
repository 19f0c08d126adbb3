//! What upstream leaves to chance: which of several equally good domains a pod gets.

/// One choice.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The pod, by its number in the input.
    pub pod: usize,
    /// The label whose value is chosen.
    pub key: &'a str,
    /// The pods of the claim or node that is tried, by their numbers; a new claim has none.
    pub mates: &'a [usize],
    /// The pool of the claim that is tried; empty for a node.
    pub pool: &'a str,
    /// The values, sorted; at least two.
    pub values: &'a [&'a str],
}

/// A place that a pod got.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    /// The pods that are there now, by their numbers; the new one is the last.
    pub pods: &'a [usize],
    /// The pool of a claim; empty for a node.
    pub pool: &'a str,
    /// The labels that something is required of, and the value of those that can have one only.
    pub labels: &'a [(&'a str, Option<&'a str>)],
}

/// Makes the choices.
pub trait Chance {
    /// The place of the chosen value among [`Choice::values`].
    fn choose(&mut self, choice: &Choice<'_>) -> usize;

    /// Hears where a pod was put. Who looks for one outcome only may end the round here with `false`.
    fn goes_on(&mut self, _settled: &Settled<'_>) -> bool {
        true
    }

    /// Hears that a pod found no place; it is tried again once others have found theirs.
    fn waits(&mut self, _pod: usize) {}
}

/// Always the first by name, so that the same input has the same answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct First;

impl Chance for First {
    fn choose(&mut self, _: &Choice<'_>) -> usize {
        0
    }
}
