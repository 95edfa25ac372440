//! Schemas as TOML files.

use std::path::Path;

use toml::{Table, Value};

use super::{Schema, SchemaError};

impl Schema {
    /// Reads a schema from TOML and checks it.
    ///
    /// ```
    /// let schema = leadscore::Schema::from_toml(r#"
    ///     lead_id = "id"
    ///     [attributes]
    ///     employees = "numeric"
    ///     country = { type = "categorical", aliases = { "u.s." = "usa" } }
    /// "#)?;
    /// assert_eq!(schema.attributes.len(), 2);
    /// # Ok::<(), leadscore::SchemaError>(())
    /// ```
    ///
    /// # Errors
    /// [`SchemaError::Unreadable`] with the line of an unknown key or a wrong value, [`SchemaError::Contradiction`] as of [`Schema::check`].
    pub fn from_toml(text: &str) -> Result<Self, SchemaError> {
        let schema: Self = toml::from_str(text).map_err(|e| SchemaError::Unreadable { message: e.to_string().trim_end().to_owned() })?;
        schema.check()?;
        Ok(schema)
    }

    /// Writes the schema as TOML, for [`Schema::from_toml`] and for people to edit.
    ///
    /// # Errors
    /// [`SchemaError::Unreadable`] when it cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, SchemaError> {
        let unreadable = |e: toml::ser::Error| SchemaError::Unreadable { message: e.to_string() };
        let mut table = Table::try_from(self).map_err(unreadable)?;
        if let Some(Value::Table(attributes)) = table.get_mut("attributes") {
            attributes.iter_mut().for_each(|(_, attribute)| shorten(attribute));
        }
        toml::to_string_pretty(&table).map_err(unreadable)
    }

    /// Reads a schema from a TOML file.
    ///
    /// # Errors
    /// [`SchemaError::Unreadable`] when the file cannot be read, otherwise as [`Schema::from_toml`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SchemaError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|e| SchemaError::Unreadable { message: format!("{}: {e}", path.display()) })?;
        Self::from_toml(&text).map_err(|e| match e {
            SchemaError::Unreadable { message } => SchemaError::Unreadable { message: format!("{}: {message}", path.display()) },
            other => other,
        })
    }

    /// Writes the schema to a TOML file, whole or not at all.
    ///
    /// # Errors
    /// [`SchemaError::Unreadable`] when it cannot be written there.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SchemaError> {
        let path = path.as_ref();
        let text = self.to_toml()?;
        crate::frame::write_whole(path, |file| std::io::Write::write_all(file, text.as_bytes()))
            .map_err(|e| SchemaError::Unreadable { message: format!("{}: {e}", path.display()) })
    }
}

/// `{ type = "numeric" }` becomes `"numeric"`, and options that are as by default are dropped.
fn shorten(attribute: &mut Value) {
    let Value::Table(fields) = attribute else { return };
    if fields.get("future") == Some(&Value::Boolean(false)) {
        fields.remove("future");
    }
    if fields.len() == 1
        && let Some(name) = fields.remove("type")
    {
        *attribute = name;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::schema::{Attribute, EventColumns, Initiator, OutcomeColumns};

    fn whole() -> Schema {
        Schema::new()
            .lead_id("id")
            .created_at("created")
            .account("company")
            .time_zone("Europe/Berlin")
            .exclude("owner")
            .numeric("employees")
            .categorical_with_aliases("country", [("u.s.", "usa")])
            .boolean("newsletter")
            .date("founded")
            .future_date("renewal")
            .attribute("e-mail", Attribute::Email {})
            .events(EventColumns::new("lead", "at", "kind").channel("channel").group("touch", ["call"]).initiator("call", Initiator::Sales))
            .outcomes(OutcomeColumns::new("stage", "closed").lead_id("lead").won_values(["Bound"]))
    }

    #[test]
    fn a_schema_round_trips_through_toml() {
        let text = whole().to_toml().unwrap();
        assert_eq!(Schema::from_toml(&text).unwrap(), whole());
        assert!(text.contains("employees = \"numeric\""), "{text}");
        assert!(text.contains("founded = \"date\""), "{text}");
    }

    #[test]
    fn a_schema_round_trips_through_json() {
        let text = serde_json::to_string(&whole()).unwrap();
        assert_eq!(serde_json::from_str::<Schema>(&text).unwrap(), whole());
        let short: Schema = serde_json::from_str(r#"{"attributes": {"a": "numeric", "b": {"type": "date", "future": true}}}"#).unwrap();
        assert_eq!(short, Schema::new().numeric("a").future_date("b"));
    }

    #[test]
    fn a_schema_round_trips_through_message_pack() {
        let bytes = rmp_serde::to_vec_named(&whole()).unwrap();
        assert_eq!(rmp_serde::from_slice::<Schema>(&bytes).unwrap(), whole());
    }

    #[test]
    fn a_schema_round_trips_through_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leads.toml");
        whole().save(&path).unwrap();
        assert_eq!(Schema::load(&path).unwrap(), whole());
        let missing = Schema::load(folder.path().join("none.toml")).unwrap_err().to_string();
        assert!(missing.contains("none.toml: No such file"), "{missing}");
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let error = Schema::from_toml("lead_id = \"id\"\ncreatedat = \"c\"\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("unknown field `createdat`"), "{error}");
        let error = Schema::from_toml("[attributes]\na = \"numeric\"\nb = \"number\"\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("unknown variant `number`"), "{error}");
        let error = Schema::from_toml("[attributes]\nb = { type = \"numeric\", alias = {} }\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("alias"), "{error}");
    }

    #[test]
    fn a_contradiction_in_a_file_is_found() {
        assert!(Schema::from_toml("lead_id = \"a\"\ncreated_at = \"a\"\n").is_err());
    }
}
