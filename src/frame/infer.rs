//! Inference from tables.

use polars::prelude::DataFrame;

use super::FrameError;
use super::profile::profiles;
use crate::schema::{Inference, Schema, infer};

impl Schema {
    /// Guesses a schema from the tables, by the columns' names and contents; every guess is explained, and the schema can be edited.
    ///
    /// Left out, each with its reason: identifiers, constants, near-unique words, columns that are almost all missing, and columns that change after
    /// a lead's creation (status, owner, last activity, ...), for they look ahead. A label is taken without `label` only when one column alone can be meant.
    ///
    /// ```
    /// use leadscore::Schema;
    /// use leadscore::frame::{ReadOptions, lead_table, read_table};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("leads.csv");
    /// std::fs::write(&path, "id,industry,employees,won\n1,Software,10,1\n2,Retail,3,0\n3,Retail,7,0\n")?;
    /// let leads = read_table(&path, &ReadOptions::default())?;
    /// let inference = Schema::infer(&leads, None, None, None, &[])?;
    /// println!("{inference}");
    /// assert_eq!(inference.schema, Schema::new().lead_id("id").label("won").categorical("industry").numeric("employees"));
    /// assert_eq!(lead_table(&leads, &inference.schema)?.ids, ["1", "2", "3"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`FrameError::Schema`] for a label or excluded column that no table has, and when the columns of events or outcomes cannot be told;
    /// [`FrameError::Empty`] for leads without rows.
    pub fn infer(
        leads: &DataFrame,
        events: Option<&DataFrame>,
        outcomes: Option<&DataFrame>,
        label: Option<&str>,
        exclude: &[String],
    ) -> Result<Inference, FrameError> {
        if leads.height() == 0 {
            return Err(FrameError::Empty { table: super::leads::LEADS });
        }
        let leads = profiles(super::leads::LEADS, leads)?;
        let events = events.map(|t| profiles(super::events::EVENTS, t)).transpose()?;
        let outcomes = outcomes.map(|t| profiles(super::outcomes::OUTCOMES, t)).transpose()?;
        Ok(infer(&leads, events.as_deref(), outcomes.as_deref(), label, exclude)?)
    }
}
