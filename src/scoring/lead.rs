//! A lead as a caller describes it: its identifier, its moment of creation, its attributes by name.

use crate::features::Cell;
use crate::time::Timestamp;

/// One lead to be scored.
///
/// Attributes go by the column names of the model's schema. An attribute that the model reads and that the lead never mentions, neither
/// with a value nor as [`missing`](Self::missing), makes the score a schema mismatch: leaving a field out by mistake must not look like a lead of
/// whom nothing is known. Attributes that the model does not read are ignored. Saying an attribute again replaces what was said before.
///
/// ```
/// use leadscore::{Lead, Timestamp};
/// let lead = Lead::new("L-17")
///     .created_at(Timestamp::from_micros(1_700_000_000_000_000)?)
///     .text("industry", "Software")
///     .number("employees", 120.0)
///     .missing("country");
/// assert_eq!(lead.id(), "L-17");
/// # Ok::<(), leadscore::TimeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    id: String,
    created_at: Option<i64>,
    /// Sorted by name.
    attributes: Vec<(String, Value)>,
}

/// An owned [`Cell`].
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Missing,
    Number(f64),
    Bool(bool),
    Text(String),
    Time(i64),
}

impl Lead {
    /// A lead of whom only the identifier is known so far.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), created_at: None, attributes: Vec::new() }
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same lead by another identifier.
    #[cfg(test)]
    pub(super) fn called(self, id: &str) -> Self {
        Self { id: id.to_owned(), ..self }
    }

    /// When it was created; the same as [`date`](Self::date) with the schema's column name, which it prevails over. A moment that is not known is said with [`missing`](Self::missing) and the schema's column name.
    #[must_use]
    pub fn created_at(mut self, at: Timestamp) -> Self {
        self.created_at = Some(at.micros());
        self
    }

    /// A number; NaN says that it is missing.
    #[must_use]
    pub fn number(self, name: impl Into<String>, value: f64) -> Self {
        self.with(name.into(), Value::Number(value))
    }

    /// A word, a category, a text, an e-mail address or a telephone number, as found in the source.
    #[must_use]
    pub fn text(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(name.into(), Value::Text(value.into()))
    }

    /// Yes or no.
    #[must_use]
    pub fn boolean(self, name: impl Into<String>, value: bool) -> Self {
        self.with(name.into(), Value::Bool(value))
    }

    /// A date: a [`Timestamp`], or microseconds since 1970-01-01 UTC (negative before, for a date of birth).
    #[must_use]
    pub fn date(self, name: impl Into<String>, at: impl Into<i64>) -> Self {
        self.with(name.into(), Value::Time(at.into()))
    }

    /// An attribute that the lead has no value for.
    #[must_use]
    pub fn missing(self, name: impl Into<String>) -> Self {
        self.with(name.into(), Value::Missing)
    }

    /// An attribute as a [`Cell`], for callers that read records of any type.
    #[must_use]
    pub fn cell(self, name: impl Into<String>, cell: Cell<'_>) -> Self {
        let value = match cell {
            Cell::Missing => Value::Missing,
            Cell::Number(x) => Value::Number(x),
            Cell::Bool(b) => Value::Bool(b),
            Cell::Text(word) => Value::Text(word.to_owned()),
            Cell::Time(t) => Value::Time(t),
        };
        self.with(name.into(), value)
    }

    fn with(mut self, name: String, value: Value) -> Self {
        if self.attributes.is_empty() {
            // Most leads have more than a few.
            self.attributes.reserve(16);
        }
        // And most callers have their columns in order, but for one or another, as an identifier before all others.
        if self.attributes.last().is_none_or(|(last, _)| *last < name) {
            self.attributes.push((name, value));
            return self;
        }
        let last = self.attributes.len() - 1;
        let first = if last > 0 && self.attributes[last - 1].0 < name { last } else { 0 };
        match self.attributes[first..].binary_search_by(|(known, _)| known.as_str().cmp(&name)) {
            Ok(i) => self.attributes[first + i].1 = value,
            Err(i) => self.attributes.insert(first + i, (name, value)),
        }
        self
    }

    /// When it was created, in microseconds, if said.
    pub(crate) fn created(&self) -> Option<i64> {
        self.created_at
    }

    /// What was said of attribute `name`; `None` when nothing was.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cell<'_>> {
        self.attribute_near(name, &mut 0)
    }

    /// The same, faster for one attribute after the other in order of name: `place` is that of the last one, which may be asked for again.
    pub(crate) fn attribute_near(&self, name: &str, place: &mut usize) -> Option<Cell<'_>> {
        let is_here = |place: &usize| self.attributes.get(*place).is_some_and(|(known, _)| known == name);
        *place = match [*place, *place + 1].into_iter().find(is_here) {
            Some(near) => near,
            None => self.attributes.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?,
        };
        Some(match &self.attributes[*place].1 {
            // The same values mean "missing" in a column of a table.
            Value::Missing | Value::Time(i64::MIN) => Cell::Missing,
            Value::Number(x) if x.is_nan() => Cell::Missing,
            Value::Number(x) => Cell::Number(*x),
            Value::Bool(b) => Cell::Bool(*b),
            Value::Text(word) => Cell::Text(word),
            Value::Time(t) => Cell::Time(*t),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_last_of_an_attribute_counts() {
        let lead = Lead::new("a").number("x", 1.0).text("b", "word").missing("x").boolean("b", true);
        assert_eq!(lead.attribute("x"), Some(Cell::Missing));
        assert_eq!(lead.attribute("b"), Some(Cell::Bool(true)));
        assert_eq!(lead.attribute("y"), None);
    }

    #[test]
    fn attributes_may_be_said_and_asked_for_in_any_order() {
        let names = ["a", "b", "c", "d", "e"];
        let number = |name: &str| f64::from(name.as_bytes()[0]);
        let mut orders = vec![vec![]];
        for n in 1..=names.len() {
            // Each name at each place of the orders of those before.
            let inserted = |order: &Vec<&'static str>, place| {
                let mut order = order.clone();
                order.insert(place, names[n - 1]);
                order
            };
            orders = orders.iter().flat_map(|order| (0..n).map(|place| inserted(order, place))).collect();
        }
        let said = |order: &[&'static str]| order.iter().fold(Lead::new("x"), |lead, &name| lead.number(name, number(name)));
        for order in &orders {
            let lead = said(order);
            assert_eq!(lead, said(&names), "{order:?}");
            assert_eq!(said(&[&order[..], &order[..]].concat()), lead, "{order:?} twice");
            let mut place = 0;
            for &name in order.iter().flat_map(|name| [name, &"bb", name]) {
                let expected = names.contains(&name).then(|| Cell::Number(number(name)));
                assert_eq!(lead.attribute_near(name, &mut place), expected, "{name} in {order:?}");
            }
        }
    }

    #[test]
    fn nan_is_missing_as_it_is_in_a_column() {
        assert_eq!(Lead::new("a").number("x", f64::NAN).attribute("x"), Some(Cell::Missing));
        assert_eq!(Lead::new("a").date("x", i64::MIN).attribute("x"), Some(Cell::Missing));
    }
}
