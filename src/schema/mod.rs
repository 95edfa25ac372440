//! What the columns of the sources mean: roles, types, vocabularies, exclusions.

mod builder;
mod check;
mod columns;
#[cfg(feature = "frame")]
mod contact;
#[cfg(feature = "frame")]
mod infer;
#[cfg(feature = "frame")]
mod infer_history;
#[cfg(any(feature = "frame", feature = "fit", test))]
mod names;
#[cfg(feature = "frame")]
mod profile;
#[cfg(feature = "frame")]
mod recognise;
mod tags;
#[cfg(feature = "frame")]
mod toml;
#[cfg(feature = "frame")]
mod zones;

pub use columns::{Attribute, EventColumns, HistoryColumns, Initiator, OutcomeColumns, Schema, SchemaError};
#[cfg(feature = "frame")]
pub use infer::{Guess, Inference};
#[cfg(feature = "frame")]
pub(crate) use infer::{as_attribute, counts_up, identifies, infer, may_change_later};
#[cfg(any(feature = "frame", feature = "fit"))]
pub(crate) use names::missing_column;
#[cfg(any(test, feature = "frame", feature = "fit"))]
pub use names::nearest_name;
#[cfg(feature = "frame")]
pub use profile::{ColumnClass, ColumnProfile};
pub use tags::{account_key, canonical};
pub(crate) use tags::{canonical_then, fold, folded_chars, is_foldable, says_something};
#[cfg(feature = "frame")]
pub(crate) use zones::zone_named;
