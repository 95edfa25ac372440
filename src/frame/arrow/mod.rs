//! Tables across a border: the Arrow C stream interface, in and out.
//!
//! Every frame library of Python speaks it, so no version of any of them is pinned. A stream is read column by column, and only types that
//! polars is known to take are handed to it: everything else is refused by the column's name before polars sees it.

mod abi;
mod export;
mod import;
#[cfg(test)]
mod tests;

use std::ffi::c_void;
use std::ptr::NonNull;

use polars::frame::DataFrame;
use polars_arrow::ffi;

/// An Arrow C stream that this process owns and has not read yet. Dropping it releases it.
///
/// ```
/// use leadscore::frame::ArrowStream;
/// use polars::df;
/// let leads = df!("lead_id" => ["a", "b"], "employees" => [Some(10), None])?;
/// let stream = ArrowStream::of(leads.clone());
/// assert_eq!(stream.read("leads", &|_| false)?, leads);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ArrowStream(abi::Stream);

impl ArrowStream {
    /// Takes over the stream at `address`, and leaves a released one behind, as the interface asks of a consumer.
    ///
    /// # Safety
    /// `address` points to a valid, writable `struct ArrowArrayStream` of the Arrow C stream interface that nobody else uses meanwhile.
    #[must_use]
    pub unsafe fn take(address: NonNull<c_void>) -> Self {
        // SAFETY: the caller's promise; the layout is fixed by the interface.
        Self(unsafe { address.cast::<abi::Stream>().replace(abi::Stream::released()) })
    }

    /// The stream of `frame`, one batch a chunk; strings travel as large strings, which every reader of Arrow knows.
    #[must_use]
    pub fn of(frame: DataFrame) -> Self {
        Self::from(export::stream(frame))
    }

    /// Reads all of it into a frame. `table` names it in errors.
    ///
    /// A stream of a single array, not of records, gives a frame of one column. Zones become UTC (the instants are the same), seconds become milliseconds, dictionaries of
    /// words become categoricals, other dictionaries are decoded (integers to words: who encoded them meant categories). Columns of a type that leadscore does not read are left out when `skip` says
    /// that they are not needed.
    ///
    /// # Errors
    /// [`ArrowError::Unreadable`] for such a column otherwise, [`ArrowError::Overflow`] for instants beyond 64 bits, [`ArrowError::Source`] when the producer
    /// fails, [`ArrowError::Malformed`] when it breaks the interface.
    pub fn read(self, table: &str, skip: &dyn Fn(&str) -> bool) -> Result<DataFrame, ArrowError> {
        import::read(self.0, table, skip)
    }
}

impl From<ffi::ArrowArrayStream> for ArrowStream {
    fn from(stream: ffi::ArrowArrayStream) -> Self {
        // SAFETY: both are `struct ArrowArrayStream` of the interface, whose layout is fixed.
        Self(unsafe { std::mem::transmute::<ffi::ArrowArrayStream, abi::Stream>(stream) })
    }
}

impl From<ArrowStream> for ffi::ArrowArrayStream {
    fn from(stream: ArrowStream) -> Self {
        // SAFETY: as above.
        unsafe { std::mem::transmute::<abi::Stream, Self>(stream.0) }
    }
}

/// What is wrong with a table that came as an Arrow stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrowError {
    /// A column of a type that cannot be an attribute.
    #[error(
        "{table}.{column} is {found}, which leadscore does not read; convert it to numbers, words or timestamps, or leave the column out"
    )]
    Unreadable {
        /// Name of the table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// An instant or duration in seconds that does not fit 64 bits of milliseconds.
    #[error("{table}.{column}, row {row}: {value} seconds do not fit a timestamp; is the number in another unit?")]
    Overflow {
        /// Name of the table.
        table: String,
        /// The column.
        column: String,
        /// Row, counted from 0.
        row: usize,
        /// What stands there.
        value: i64,
    },
    /// The library that gave the stream reports an error.
    #[error("{table}: the library that holds the table could not hand it over: {message}")]
    Source {
        /// Name of the table.
        table: String,
        /// Its words.
        message: String,
    },
    /// The stream breaks the rules of the Arrow C interface, or polars cannot take it.
    #[error("{table}: the Arrow stream cannot be read: {message}")]
    Malformed {
        /// Name of the table.
        table: String,
        /// What is wrong.
        message: String,
    },
}
