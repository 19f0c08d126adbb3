//! What a label may be, as a set of values or of all but some, within bounds.
//!
//! Follows upstream's `pkg/scheduling/requirement.go` and `requirements.go`.

use std::rc::Rc;

use super::names::{Key, Names, Value};

/// How a requirement reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Operator {
    fn name(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        }
    }
}

/// What is required of one label.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    pub(super) key: Key,
    /// All values but the listed ones.
    complement: bool,
    /// Sorted.
    values: Vec<Value>,
    gte: Option<i64>,
    lte: Option<i64>,
    /// How many values the instance types must have between them.
    pub(super) min_values: Option<i64>,
}

impl Requirement {
    fn new(key: Key, complement: bool, mut values: Vec<Value>) -> Self {
        values.sort_unstable();
        values.dedup();
        Self {
            key,
            complement,
            values,
            gte: None,
            lte: None,
            min_values: None,
        }
    }

    pub(super) fn any_of(key: Key, values: Vec<Value>) -> Self {
        Self::new(key, false, values)
    }

    pub(super) fn exists(key: Key) -> Self {
        Self::new(key, true, Vec::new())
    }

    pub(super) fn nothing(key: Key) -> Self {
        Self::new(key, false, Vec::new())
    }

    /// Reads an operator of the API with its values. Bounds that are no number count as zero, and
    /// an unknown operator asks for the label only, as upstream takes them; both are refused
    /// before it comes to this.
    pub(super) fn read(
        key: Key,
        operator: &str,
        values: &[String],
        min_values: Option<i64>,
        names: &mut Names,
    ) -> Self {
        let bound = values
            .first()
            .and_then(|value| super::names::atoi(value))
            .unwrap_or(0);
        let list = |names: &mut Names| values.iter().map(|value| names.value(value)).collect();
        let mut all = match operator {
            "In" => Self::any_of(key, list(names)),
            "NotIn" => Self::new(key, true, list(names)),
            "DoesNotExist" => Self::nothing(key),
            _ => Self::exists(key),
        };
        match operator {
            "Gt" => match bound.checked_add(1) {
                Some(least) => all.gte = Some(least),
                None => return Self::nothing(key),
            },
            "Lt" => all.lte = Some(bound.wrapping_sub(1)),
            "Gte" => all.gte = Some(bound),
            "Lte" => all.lte = Some(bound),
            _ => {}
        }
        all.min_values = min_values;
        all
    }

    /// The listed values: those that are allowed, or those that are not.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    pub(super) fn operator(&self) -> Operator {
        match (self.complement, self.values.is_empty()) {
            (true, false) => Operator::NotIn,
            (true, true) => Operator::Exists,
            (false, false) => Operator::In,
            (false, true) => Operator::DoesNotExist,
        }
    }

    /// The only value that is allowed.
    pub(super) fn single(&self) -> Option<Value> {
        match self.values.as_slice() {
            [one] if !self.complement => Some(*one),
            _ => None,
        }
    }

    /// Whether no value is allowed.
    pub(super) fn is_nothing(&self) -> bool {
        !self.complement && self.values.is_empty()
    }

    pub(super) fn has(&self, value: Value) -> bool {
        self.values.binary_search(&value).is_ok() != self.complement
            && within(value, self.gte, self.lte)
    }

    fn bounds(&self, other: &Self) -> (Option<i64>, Option<i64>) {
        let least = |a: Option<i64>, b: Option<i64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
        (self.gte.max(other.gte), least(self.lte, other.lte))
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (gte, lte) = self.bounds(other);
        let min_values = self.min_values.max(other.min_values);
        if matches!((gte, lte), (Some(gte), Some(lte)) if gte > lte) {
            return Self {
                min_values,
                ..Self::nothing(self.key)
            };
        }
        let complement = self.complement && other.complement;
        let mut values: Vec<Value> = match (self.complement, other.complement) {
            (true, true) => {
                let mut both = self.values.clone();
                both.extend(&other.values);
                both.sort_unstable();
                both.dedup();
                both
            }
            (true, false) => without(&other.values, &self.values),
            (false, true) => without(&self.values, &other.values),
            (false, false) => {
                let own = self.values.iter();
                own.filter(|value| other.values.binary_search(value).is_ok())
                    .copied()
                    .collect()
            }
        };
        values.retain(|value| within(*value, gte, lte));
        Self {
            key: self.key,
            complement,
            values,
            gte: gte.filter(|_| complement),
            lte: lte.filter(|_| complement),
            min_values,
        }
    }

    pub(super) fn has_intersection(&self, other: &Self) -> bool {
        let (gte, lte) = self.bounds(other);
        if matches!((gte, lte), (Some(gte), Some(lte)) if gte > lte) {
            return false;
        }
        let inside = |value: &&Value| within(**value, gte, lte);
        match (self.complement, other.complement) {
            (true, true) => true,
            (true, false) => {
                let mut rest = other.values.iter().filter(inside);
                rest.any(|value| self.values.binary_search(value).is_err())
            }
            (false, true) => {
                let mut rest = self.values.iter().filter(inside);
                rest.any(|value| other.values.binary_search(value).is_err())
            }
            (false, false) => {
                let mut rest = self.values.iter().filter(inside);
                rest.any(|value| other.values.binary_search(value).is_ok())
            }
        }
    }

    /// As upstream writes it in messages.
    pub(super) fn describe(&self, names: &Names) -> String {
        let mut text = format!("{} {}", names.text(self.key), self.operator().name());
        if !self.values.is_empty() {
            let mut values: Vec<&str> = self.texts(names);
            let more = values.len().saturating_sub(5);
            values.truncate(5);
            let last = format!("and {more} others");
            if more > 0 {
                values.push(&last);
            }
            text = format!("{text} [{}]", values.join(" "));
        }
        if let Some(gte) = self.gte {
            text = format!("{text} >={gte}");
        }
        if let Some(lte) = self.lte {
            text = format!("{text} <={lte}");
        }
        if let Some(least) = self.min_values {
            text = format!("{text} minValues {least}");
        }
        text
    }

    fn texts<'a>(&self, names: &'a Names) -> Vec<&'a str> {
        let mut values: Vec<&str> = self.values.iter().map(|own| names.text(own.id)).collect();
        values.sort_unstable();
        values
    }

    /// As a node claim has it: bounds on both sides are two requirements.
    pub(super) fn written(&self, names: &Names) -> Vec<super::outcome::Requirement> {
        let one = |operator: &str, values: Vec<String>| super::outcome::Requirement {
            key: names.text(self.key).to_owned(),
            operator: operator.to_owned(),
            values,
            min_values: self.min_values,
        };
        let gte = self.gte.map(|gte| one("Gte", vec![gte.to_string()]));
        let lte = self.lte.map(|lte| one("Lte", vec![lte.to_string()]));
        if gte.is_some() || lte.is_some() {
            return gte.into_iter().chain(lte).collect();
        }
        let values = self.texts(names).into_iter().map(str::to_owned).collect();
        vec![one(self.operator().name(), values)]
    }
}

fn without(values: &[Value], others: &[Value]) -> Vec<Value> {
    let own = values.iter();
    own.filter(|value| others.binary_search(value).is_err())
        .copied()
        .collect()
}

fn within(value: Value, gte: Option<i64>, lte: Option<i64>) -> bool {
    if gte.is_none() && lte.is_none() {
        return true;
    }
    value.number().is_some_and(|number| {
        gte.is_none_or(|least| number >= least) && lte.is_none_or(|most| number <= most)
    })
}

/// Why two sets of requirements do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// These labels have no known value.
    Undefined(Vec<Key>),
    /// For each label what is asked for, and what there is.
    Disjoint(Vec<(Key, Rc<Requirement>, Rc<Requirement>)>),
}

impl PartialEq for Requirement {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
            && self.complement == other.complement
            && self.values == other.values
            && (self.gte, self.lte) == (other.gte, other.lte)
    }
}

impl Eq for Requirement {}

/// Labels that may be asked for though nobody has defined them.
#[derive(Clone, Debug, Default)]
pub(super) struct WellKnown(Vec<bool>);

impl WellKnown {
    pub(super) fn insert(&mut self, key: Key) {
        let at = key as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, false);
        }
        self.0[at] = true;
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.0.get(key as usize).copied().unwrap_or(false)
    }
}

/// Requirements of several labels, one each, sorted by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Requirements(Vec<Rc<Requirement>>);

impl Requirements {
    pub(super) fn of_labels<'a>(
        labels: impl IntoIterator<Item = (&'a String, &'a String)>,
        names: &mut Names,
    ) -> Self {
        let mut all = Self::default();
        for (key, value) in labels {
            let key = names.key(key);
            let value = names.value(value);
            all.add(Rc::new(Requirement::any_of(key, vec![value])));
        }
        all
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Rc<Requirement>> {
        self.0.iter()
    }

    pub(super) fn find(&self, key: Key) -> Option<&Rc<Requirement>> {
        let at = self.0.binary_search_by_key(&key, |own| own.key).ok()?;
        Some(&self.0[at])
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.find(key).is_some()
    }

    /// What is required of a label; without anything, that it is there.
    pub(super) fn get(&self, key: Key) -> Rc<Requirement> {
        let own = self.find(key).cloned();
        own.unwrap_or_else(|| Rc::new(Requirement::exists(key)))
    }

    /// Requires this too.
    pub(super) fn add(&mut self, requirement: Rc<Requirement>) {
        match self.0.binary_search_by_key(&requirement.key, |own| own.key) {
            Ok(at) => self.0[at] = Rc::new(requirement.intersection(&self.0[at])),
            Err(at) => self.0.insert(at, requirement),
        }
    }

    pub(super) fn add_all(&mut self, others: &Self) {
        for requirement in others.iter() {
            self.add(Rc::clone(requirement));
        }
    }

    /// Requires this and forgets what was required of the label.
    pub(super) fn replace(&mut self, requirement: Rc<Requirement>) {
        self.remove(requirement.key);
        self.add(requirement);
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.0.retain(|own| own.key != key);
    }

    /// Pairs of requirements of the same label, own first.
    fn shared<'a>(
        &'a self,
        others: &'a Self,
    ) -> impl Iterator<Item = (&'a Rc<Requirement>, &'a Rc<Requirement>)> {
        let mut rest = others.0.as_slice();
        self.0.iter().filter_map(move |own| {
            while let [first, tail @ ..] = rest
                && first.key < own.key
            {
                rest = tail;
            }
            rest.first()
                .filter(|first| first.key == own.key)
                .map(|first| (own, first))
        })
    }

    /// Whether every label of both has a value that both allow.
    pub(super) fn intersects(&self, others: &Self) -> bool {
        self.shared(others)
            .all(|(own, other)| Rc::ptr_eq(own, other) || agree(own, other))
    }

    fn defines(&self, others: &Self, undefined: Option<&WellKnown>) -> bool {
        others
            .iter()
            .all(|other| self.defines_one(other, undefined))
    }

    fn defines_one(&self, other: &Requirement, undefined: Option<&WellKnown>) -> bool {
        undefined.is_some_and(|well_known| well_known.has(other.key))
            || matches!(other.operator(), Operator::NotIn | Operator::DoesNotExist)
            || self.has(other.key)
    }

    pub(super) fn is_compatible(&self, others: &Self, undefined: Option<&WellKnown>) -> bool {
        self.intersects(others) && self.defines(others, undefined)
    }

    /// Whether these can be met where own requirements hold; labels outside `undefined` must be
    /// defined here.
    pub(super) fn compatible(
        &self,
        others: &Self,
        undefined: Option<&WellKnown>,
    ) -> Result<(), Mismatch> {
        let unknown: Vec<Key> = others
            .iter()
            .filter(|other| !self.defines_one(other, undefined))
            .map(|other| other.key)
            .collect();
        if !unknown.is_empty() {
            return Err(Mismatch::Undefined(unknown));
        }
        let disjoint: Vec<_> = self
            .shared(others)
            .filter(|(own, other)| !Rc::ptr_eq(own, other) && !agree(own, other))
            .map(|(own, other)| (own.key, Rc::clone(other), Rc::clone(own)))
            .collect();
        if disjoint.is_empty() {
            Ok(())
        } else {
            Err(Mismatch::Disjoint(disjoint))
        }
    }
}

fn agree(own: &Requirement, other: &Requirement) -> bool {
    let excludes =
        |one: &Requirement| matches!(one.operator(), Operator::NotIn | Operator::DoesNotExist);
    own.has_intersection(other) || excludes(other) && excludes(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &mut Names, operator: &str, values: &[&str]) -> Requirement {
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        let key = names.key("k");
        Requirement::read(key, operator, &values, None, names)
    }

    #[test]
    fn intersections_of_all_operators() {
        let mut names = Names::default();
        let cases = [
            (("In", &["a", "b"][..]), ("In", &["b", "c"][..]), "k In [b]"),
            (("In", &["a", "b"]), ("NotIn", &["b"]), "k In [a]"),
            (("NotIn", &["a"]), ("NotIn", &["b"]), "k NotIn [a b]"),
            (("In", &["a"]), ("In", &["b"]), "k DoesNotExist"),
            (("Gt", &["1"]), ("Lt", &["3"]), "k Exists >=2 <=2"),
            (("Gt", &["2"]), ("Lt", &["3"]), "k DoesNotExist"),
            (("Gte", &["2"]), ("In", &["1", "2", "x"]), "k In [2]"),
            (("Lte", &["2"]), ("NotIn", &["1", "5"]), "k NotIn [1] <=2"),
            (("Exists", &[]), ("DoesNotExist", &[]), "k DoesNotExist"),
        ];
        for ((operator, values), (other_operator, other_values), expected) in cases {
            let one = read(&mut names, operator, values);
            let other = read(&mut names, other_operator, other_values);
            let both = one.intersection(&other);
            assert_eq!(both.describe(&names), expected);
            assert_eq!(other.intersection(&one).describe(&names), expected);
            assert_eq!(
                one.has_intersection(&other),
                !both.is_nothing(),
                "{expected}"
            );
        }
    }

    #[test]
    fn labels_that_nobody_defined_are_refused_unless_well_known() {
        let mut names = Names::default();
        let (zone, own) = (names.key("zone"), names.key("own"));
        let value = names.value("a");
        let mut well_known = WellKnown::default();
        well_known.insert(zone);
        let node = Requirements::default();
        let mut pod = Requirements::default();
        pod.add(Rc::new(Requirement::any_of(zone, vec![value])));
        assert!(node.is_compatible(&pod, Some(&well_known)));
        assert_eq!(
            node.compatible(&pod, None),
            Err(Mismatch::Undefined(vec![zone]))
        );
        pod.add(Rc::new(Requirement::any_of(own, vec![value])));
        assert_eq!(
            node.compatible(&pod, Some(&well_known)),
            Err(Mismatch::Undefined(vec![own]))
        );
    }
}
