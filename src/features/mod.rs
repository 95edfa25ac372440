//! The feature plan and the kernel: attributes + events + moment -> one `f32` row.
//!
//! One function, [`FeaturePlan::row`] in `kernel.rs`, serves a batch, a single lead and an incremental state. It knows nothing of
//! tables, polars or linfa.

mod account;
mod answers;
mod attribute;
mod cell;
#[cfg(feature = "fit")]
mod clockless;
mod coding;
mod describe;
mod engagement;
mod engagement_bytes;
mod error;
mod events;
mod feature;
mod fit;
mod history;
mod kernel;
mod known;
mod last_seen;
mod lead_order;
mod matrix;
mod meaning;
mod part;
mod plan;
mod program;
mod queue;
mod raw;
mod recipe;
mod settings;
mod source;
mod unseen;
mod words;
mod zone;

#[cfg(test)]
mod tests;

pub(crate) use account::UNNAMED;
pub use account::{AccountEvents, AccountTable};
pub use attribute::{AttributePlan, PreparedLeads};
pub use cell::{AttributeColumn, Cell, LeadTable, TextColumn};
pub use coding::CodedEvent;
#[cfg(feature = "frame")]
pub(crate) use coding::EventBlocks;
pub(crate) use describe::duration;
pub use engagement::Engagement;
pub use error::{CellError, EngagementError, FeatureError};
pub use events::{EventTable, Events};
pub use feature::{Feature, FeatureKind, FeatureMatrix};
pub use history::History;
pub use kernel::Scratch;
pub use known::{AttributeChanges, AttributeHistory};
pub(crate) use part::LastRead;
pub use plan::FeaturePlan;
pub use raw::RawEvents;
pub use settings::{FeatureFamily, FeatureSettings};
pub use unseen::Unseen;
