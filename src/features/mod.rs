//! The feature plan and the kernel: attributes + events + moment -> one `f32` row.
//!
//! One function, [`FeaturePlan::row`], serves a batch, a single lead and an incremental state. It knows nothing of
//! tables, polars or linfa.

mod cell;
mod events;
mod feature;
mod raw;

pub use cell::{AttributeColumn, Cell, LeadTable, TextColumn};
pub use events::{EventTable, Events};
pub use feature::{Feature, FeatureKind, FeatureMatrix};
pub use raw::RawEvents;
