//! The words of one lead that the model does not know.

use super::query::{Known, Query};
use crate::features::{AttributeColumn, Cell, LeadTable, RawEvents, TextColumn, Unseen};

impl Query<'_> {
    /// The columns in which the lead, or its events, have words that the model does not know by name; see [`Unseen`]. Each is of one lead, and
    /// `usual` says how common such words were in training.
    ///
    /// It allocates, and a score does not ask for it. Of a lead given by its state ([`Query::engagement`]) only the attributes can be told: a state
    /// holds no words.
    ///
    /// ```no_run
    /// use leadscore::{Event, Lead, Model, Timestamp};
    /// let model = Model::open("m.leadscore")?;
    /// let lead = Lead::new("L-17").text("industry", "space mining");
    /// for unseen in model.query(&lead).unseen() {
    ///     println!("{}.{}: {}", unseen.table, unseen.column, unseen.examples[0].0);
    /// }
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    #[must_use]
    pub fn unseen(&self) -> Vec<Unseen> {
        let plan = self.model().plan();
        let mut leads = LeadTable { ids: vec![self.lead().id().to_owned()], ..LeadTable::default() };
        for attribute in plan.attributes() {
            let name = attribute.name();
            // The parts of one column stand beside each other.
            if leads.attributes.last().is_none_or(|(last, _)| last != name)
                && let Some(cell) = self.lead().attribute(name)
            {
                leads.attributes.push((name.to_owned(), column(cell)));
            }
        }
        leads.attributes.sort_by(|a, b| a.0.cmp(&b.0));
        let events = match self.known() {
            Known::Events(events) => events,
            Known::Engagement(_) => &[],
        };
        let raw = RawEvents {
            lead: vec![0; events.len()],
            at: events.iter().map(|event| event.at().micros()).collect(),
            kind: words(events.iter().map(|event| Some(event.kind()))),
            channel: Some(words(events.iter().map(super::Event::channel_word))),
            ..RawEvents::default()
        };
        plan.unseen(self.model().schema(), &leads, &raw)
    }
}

/// A column of one value.
fn column(cell: Cell<'_>) -> AttributeColumn {
    match cell {
        Cell::Missing => AttributeColumn::Absent,
        Cell::Number(x) => AttributeColumn::Number(vec![x]),
        Cell::Bool(b) => AttributeColumn::Bool(vec![u8::from(b)]),
        Cell::Text(word) => AttributeColumn::Text(words(std::iter::once(Some(word)))),
        Cell::Time(micros) => AttributeColumn::Time(vec![micros]),
    }
}

/// A column of words, each row its own.
fn words<'w>(words: impl Iterator<Item = Option<&'w str>>) -> TextColumn {
    let mut column = TextColumn::default();
    for word in words {
        let code = word.map_or(u32::MAX, |_| column.words.len() as u32);
        column.words.extend(word.map(str::to_owned));
        column.codes.push(code);
    }
    column
}
