//! Tables to files: whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use polars::prelude::{CsvWriter, DataFrame, DataType, IpcWriter, ParquetWriter, SerWriter};

use super::FrameError;

/// Writes a table by its extension: `.csv`, `.tsv`, `.parquet`, `.arrow`, `.ipc`, `.feather`.
///
/// Instants are written to text in ISO 8601. The file is written beside its place, synced and then moved there, so that
/// a reader never sees half of it.
///
/// # Errors
/// [`FrameError::File`] for an unknown extension or a column that text cannot hold, [`FrameError::Io`] when writing fails.
pub fn write_table(table: &DataFrame, path: impl AsRef<Path>) -> Result<(), FrameError> {
    let path = path.as_ref();
    let refuse = |message: String| FrameError::File { path: path.to_owned(), line: None, message };
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let separator = match extension.as_str() {
        "csv" => b',',
        "tsv" | "tab" => b'\t',
        "parquet" | "pq" | "arrow" | "ipc" | "feather" => 0,
        _ => return Err(refuse(format!("the extension \"{extension}\" is not known; use .csv, .tsv, .parquet, .arrow, .ipc or .feather"))),
    };
    let unwritable = || table.columns().iter().find(|c| c.dtype().is_nested() || matches!(c.dtype(), DataType::Binary));
    if separator != 0
        && let Some(column) = unwritable()
    {
        return Err(refuse(format!(
            "the column \"{}\" is {}, which delimited text cannot hold; use .parquet or .arrow",
            column.name(),
            column.dtype()
        )));
    }
    let mut refused = None;
    let written = write_whole(path, |file| {
        let mut buffered = BufWriter::new(file);
        let mut table = table.clone();
        let result = match extension.as_str() {
            "parquet" | "pq" => ParquetWriter::new(&mut buffered).finish(&mut table).map(|_| ()),
            "arrow" | "ipc" | "feather" => IpcWriter::new(&mut buffered).finish(&mut table),
            _ => CsvWriter::new(&mut buffered).with_separator(separator).finish(&mut table),
        };
        result.map_err(|e| {
            let text = e.to_string();
            refused = Some(text.clone());
            io::Error::other(text)
        })?;
        buffered.flush()
    });
    written.map_err(|source| refused.take().map_or(FrameError::Io { path: path.to_owned(), source }, refuse))
}

/// Writes a file beside its place, syncs it and moves it there.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(beside);
    let result = (|| {
        let mut file = File::create(&beside)?;
        write(&mut file)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, path)
    })();
    if result.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    result
}
