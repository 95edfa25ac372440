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
pub(crate) use tags::{FOLDABLE, canonical_then, fold, folded_chars, is_foldable, plainly_folded, says_something};
pub use tags::{account_key, canonical};
#[cfg(feature = "frame")]
pub(crate) use zones::zone_named;
