//! Schemas written in Rust, one call a column.

use super::{Attribute, EventColumns, HistoryColumns, Initiator, OutcomeColumns, Schema};

/// Schemas are built by chaining.
///
/// ```
/// use leadscore::{EventColumns, OutcomeColumns, Schema};
/// let schema = Schema::new()
///     .lead_id("id")
///     .created_at("created")
///     .numeric("employees")
///     .categorical("industry")
///     .events(EventColumns::new("lead", "at", "kind").channel("channel"))
///     .outcomes(OutcomeColumns::new("stage", "closed_at").lead_id("lead").won_values(["Closed Won", "Bound"]));
/// schema.check()?;
/// # Ok::<(), leadscore::SchemaError>(())
/// ```
impl Schema {
    /// A schema that names nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the column of leads with the identifier.
    #[must_use]
    pub fn lead_id(mut self, column: impl Into<String>) -> Self {
        self.lead_id = Some(column.into());
        self
    }

    /// Names the column of leads with the moment of creation.
    #[must_use]
    pub fn created_at(mut self, column: impl Into<String>) -> Self {
        self.created_at = Some(column.into());
        self
    }

    /// Names the column of leads with the account.
    #[must_use]
    pub fn account(mut self, column: impl Into<String>) -> Self {
        self.account = Some(column.into());
        self
    }

    /// Names the column of leads with the e-mail address that identifies the person.
    #[must_use]
    pub fn email(mut self, column: impl Into<String>) -> Self {
        self.email = Some(column.into());
        self
    }

    /// Names the column of leads with the telephone number that identifies the person.
    #[must_use]
    pub fn phone(mut self, column: impl Into<String>) -> Self {
        self.phone = Some(column.into());
        self
    }

    /// Names the column of leads by which evaluations are broken down.
    #[must_use]
    pub fn segment(mut self, column: impl Into<String>) -> Self {
        self.segment = Some(column.into());
        self
    }

    /// Names the column of leads that says whether the person may be contacted.
    #[must_use]
    pub fn consent(mut self, column: impl Into<String>) -> Self {
        self.consent = Some(column.into());
        self
    }

    /// Names the column of leads with the 0/1 label of a flat table.
    #[must_use]
    pub fn label(mut self, column: impl Into<String>) -> Self {
        self.label = Some(column.into());
        self
    }

    /// Names the zone (IANA, for example `Europe/Berlin`) of timestamps that carry none.
    #[must_use]
    pub fn time_zone(mut self, zone: impl Into<String>) -> Self {
        self.time_zone = Some(zone.into());
        self
    }

    /// Names the column of leads, a categorical attribute, with the time zone (IANA) of each lead: see [`Schema::lead_time_zone`].
    ///
    /// ```
    /// use leadscore::{Attribute, Schema};
    /// let schema = Schema::new().attribute("tz", Attribute::Categorical { aliases: Default::default() }).lead_time_zone("tz");
    /// assert!(schema.check().is_ok());
    /// assert!(Schema::new().lead_time_zone("tz").check().is_err());
    /// ```
    #[must_use]
    pub fn lead_time_zone(mut self, column: impl Into<String>) -> Self {
        self.lead_time_zone = Some(column.into());
        self
    }

    /// Adds a column that the model must not read.
    #[must_use]
    pub fn exclude(mut self, column: impl Into<String>) -> Self {
        self.exclude.insert(column.into());
        self
    }

    /// Adds an attribute of any type.
    #[must_use]
    pub fn attribute(mut self, column: impl Into<String>, attribute: Attribute) -> Self {
        self.attributes.insert(column.into(), attribute);
        self
    }

    /// Adds a quantity.
    #[must_use]
    pub fn numeric(self, column: impl Into<String>) -> Self {
        self.attribute(column, Attribute::Numeric {})
    }

    /// Adds one of a set of words.
    #[must_use]
    pub fn categorical(self, column: impl Into<String>) -> Self {
        self.attribute(column, Attribute::Categorical { aliases: Default::default() })
    }

    /// Adds one of a set of words with other spellings: what is written -> what is meant (the empty word means "missing").
    #[must_use]
    pub fn categorical_with_aliases<W: Into<String>, M: Into<String>>(
        self,
        column: impl Into<String>,
        aliases: impl IntoIterator<Item = (W, M)>,
    ) -> Self {
        let aliases = aliases.into_iter().map(|(written, meant)| (written.into(), meant.into())).collect();
        self.attribute(column, Attribute::Categorical { aliases })
    }

    /// Adds a yes or no.
    #[must_use]
    pub fn boolean(self, column: impl Into<String>) -> Self {
        self.attribute(column, Attribute::Boolean {})
    }

    /// Adds free text.
    #[must_use]
    pub fn text(self, column: impl Into<String>) -> Self {
        self.attribute(column, Attribute::Text {})
    }

    /// Adds a date whose value is unknown while it lies in the future.
    #[must_use]
    pub fn date(self, column: impl Into<String>) -> Self {
        self.attribute(column, Attribute::Date { future: false })
    }

    /// Adds a planned date, known before it comes.
    #[must_use]
    pub fn future_date(self, column: impl Into<String>) -> Self {
        self.attribute(column, Attribute::Date { future: true })
    }

    /// Declares the table of events.
    #[must_use]
    pub fn events(mut self, columns: EventColumns) -> Self {
        self.events = Some(columns);
        self
    }

    /// Declares the table with the attributes' history.
    #[must_use]
    pub fn history(mut self, columns: HistoryColumns) -> Self {
        self.history = Some(columns);
        self
    }

    /// Declares how leads end.
    #[must_use]
    pub fn outcomes(mut self, columns: OutcomeColumns) -> Self {
        self.outcomes = Some(columns);
        self
    }
}

impl EventColumns {
    /// The columns with the lead's identifier, the moment and the kind.
    pub fn new(lead_id: impl Into<String>, at: impl Into<String>, kind: impl Into<String>) -> Self {
        Self {
            lead_id: lead_id.into(),
            at: at.into(),
            kind: kind.into(),
            channel: None,
            value: None,
            recorded_at: None,
            groups: Default::default(),
            intents: Default::default(),
            initiator: Default::default(),
        }
    }

    /// Names the column with where or through what it happened.
    #[must_use]
    pub fn channel(mut self, column: impl Into<String>) -> Self {
        self.channel = Some(column.into());
        self
    }

    /// Names the column with the quantity that an event carries.
    #[must_use]
    pub fn value(mut self, column: impl Into<String>) -> Self {
        self.value = Some(column.into());
        self
    }

    /// Names the column with the moment when an event became known.
    #[must_use]
    pub fn recorded_at(mut self, column: impl Into<String>) -> Self {
        self.recorded_at = Some(column.into());
        self
    }

    /// Adds a group of kinds that is counted like a kind of its own, and is called otherwise than every kind.
    #[must_use]
    pub fn group<K: Into<String>>(mut self, name: impl Into<String>, kinds: impl IntoIterator<Item = K>) -> Self {
        self.groups.insert(name.into(), kinds.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a sign of the intent to buy, made of one or more kinds.
    #[must_use]
    pub fn intent<K: Into<String>>(mut self, name: impl Into<String>, kinds: impl IntoIterator<Item = K>) -> Self {
        self.intents.insert(name.into(), kinds.into_iter().map(Into::into).collect());
        self
    }

    /// Says who starts events of a kind.
    #[must_use]
    pub fn initiator(mut self, kind: impl Into<String>, who: Initiator) -> Self {
        self.initiator.insert(kind.into(), who);
        self
    }
}

impl HistoryColumns {
    /// The columns with the lead's identifier, the attribute's name, its value, and from when on it was known.
    pub fn new(lead_id: impl Into<String>, column: impl Into<String>, value: impl Into<String>, valid_from: impl Into<String>) -> Self {
        Self { lead_id: lead_id.into(), column: column.into(), value: value.into(), valid_from: valid_from.into() }
    }
}

impl OutcomeColumns {
    /// The columns that say whether a lead was won and when it closed, standing on leads until `lead_id` names a table of its own.
    pub fn new(won: impl Into<String>, closed_at: impl Into<String>) -> Self {
        Self {
            lead_id: None,
            won: won.into(),
            closed_at: closed_at.into(),
            value: None,
            recorded_at: None,
            won_values: None,
            lost_values: None,
        }
    }

    /// Names the column of the table of outcomes with the lead's identifier.
    #[must_use]
    pub fn lead_id(mut self, column: impl Into<String>) -> Self {
        self.lead_id = Some(column.into());
        self
    }

    /// Names the column with the deal's worth.
    #[must_use]
    pub fn value(mut self, column: impl Into<String>) -> Self {
        self.value = Some(column.into());
        self
    }

    /// Names the column with the moment when the outcome became known.
    #[must_use]
    pub fn recorded_at(mut self, column: impl Into<String>) -> Self {
        self.recorded_at = Some(column.into());
        self
    }

    /// Gives the words that mean won.
    #[must_use]
    pub fn won_values<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.won_values = Some(words.into_iter().map(Into::into).collect());
        self
    }

    /// Gives the words that mean lost; every other word then means "still open".
    #[must_use]
    pub fn lost_values<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.lost_values = Some(words.into_iter().map(Into::into).collect());
        self
    }
}
