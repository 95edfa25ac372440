//! What the columns of the sources mean: roles, types, vocabularies, exclusions.

mod columns;
mod tags;

pub use columns::{Attribute, EventColumns, Initiator, OutcomeColumns, Schema, SchemaError};
pub use tags::canonical;
