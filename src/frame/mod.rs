//! Tables in: CSV, Parquet, Arrow; checks; columns that the kernel can read. The only room that knows polars.

mod arrow;
mod cells;
mod csv;
mod error;
mod event_file;
mod events;
mod history;
mod identity;
mod infer;
mod join;
mod labels;
mod leads;
#[cfg(feature = "fit")]
mod left_out;
mod matrix;
mod outcomes;
mod profile;
mod read;
mod status;
mod text;
mod time;
mod write;

pub use arrow::{ArrowError, ArrowStream};
pub use error::FrameError;
pub use event_file::EventFile;
pub(crate) use events::EventRows;
pub use events::{EventReport, raw_events};
pub(crate) use history::history_of;
pub use history::{HistoryReport, attribute_history};
pub use identity::{EventKeyColumns, ResolvedLeads};
pub use labels::labels;
pub(crate) use leads::LEADS;
pub use leads::{check_columns, lead_table};
#[cfg(feature = "fit")]
pub(crate) use left_out::{counting_column, left_out};
pub(crate) use matrix::columns_frame;
pub use matrix::matrix_frame;
pub use outcomes::{OutcomeReport, outcomes};
pub use read::{ReadOptions, read_table};
pub(crate) use status::known_word;
pub(crate) use time::{from_local, instant_column, parse, parse_instant, zone};
pub use write::write_table;
pub(crate) use write::write_whole;

#[cfg(test)]
mod real_tests;
#[cfg(test)]
mod tests;
