//! Tables in: polars frames, Arrow streams. The only room that knows polars.

mod arrow;

pub use arrow::{ArrowError, ArrowStream};
