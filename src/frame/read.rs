//! Files to tables.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;

use polars::prelude::{DataFrame, IpcReader, ParquetReader, SerReader};

use super::FrameError;
use super::csv;

/// How a delimited file is written. Parquet and Arrow files need no options.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// What separates the fields; found among `,` `;` tab and `|` when `None`.
    pub separator: Option<char>,
    /// Whether numbers are written `1,5`.
    pub decimal_comma: bool,
    /// What encloses fields that hold separators; `None` when quotes mean nothing.
    pub quote: Option<char>,
    /// Whether the first line names the columns; otherwise they are `column_1`, `column_2`, ...
    pub header: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { separator: None, decimal_comma: false, quote: Some('"'), header: true }
    }
}

impl ReadOptions {
    /// Sets the separator, a single ASCII character.
    #[must_use]
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = Some(separator);
        self
    }

    /// Reads numbers as `1,5`.
    #[must_use]
    pub fn decimal_comma(mut self, decimal_comma: bool) -> Self {
        self.decimal_comma = decimal_comma;
        self
    }

    /// Sets the quote character, or that there is none.
    #[must_use]
    pub fn quote(mut self, quote: Option<char>) -> Self {
        self.quote = quote;
        self
    }

    /// Says whether the first line names the columns.
    #[must_use]
    pub fn header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }
}

/// Reads a table by its extension: `.csv`, `.tsv`, `.txt` (each also `.gz`), `.parquet`, `.arrow`, `.ipc`, `.feather`.
///
/// Delimited text is UTF-8. A column of it becomes whole numbers, numbers or booleans when every filled cell of the whole file
/// is one, otherwise words; words with leading zeros (`00123`) and dates stay words.
///
/// ```
/// use leadscore::frame::{ReadOptions, read_table};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("leads.csv");
/// std::fs::write(&path, "id;employees\n00123;4,5\n")?;
/// let leads = read_table(&path, &ReadOptions::default().decimal_comma(true))?;
/// assert_eq!(leads.column("employees")?.f64()?.get(0), Some(4.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`FrameError::Io`] when the file cannot be read, [`FrameError::File`] with the line when it is no table.
pub fn read_table(path: impl AsRef<Path>, options: &ReadOptions) -> Result<DataFrame, FrameError> {
    let path = path.as_ref();
    let refuse = |message: String| FrameError::File { path: path.to_owned(), line: None, message };
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let (stem, zipped) = name.strip_suffix(".gz").map_or((name.as_str(), false), |stem| (stem, true));
    let extension = stem.rsplit_once('.').map_or("", |(_, extension)| extension);
    let mut file = open(path)?;
    match (extension, zipped) {
        ("csv" | "tsv" | "tab" | "txt", _) => {
            let mut options = options.clone();
            if extension == "tsv" || extension == "tab" {
                options.separator.get_or_insert('\t');
            }
            csv::parse(path, read_bytes(path, file, zipped)?, &options)
        }
        ("parquet" | "pq", false) => {
            sized(path, &file)?;
            ParquetReader::new(file).finish().map_err(|e| refuse(format!("not a readable Parquet file: {e}")))
        }
        ("arrow" | "ipc" | "feather", false) => {
            sized(path, &file)?;
            let io = |source| FrameError::Io { path: path.to_owned(), source };
            let mut magic = [0; 6];
            let read = file.read(&mut magic).map_err(io)?;
            file.rewind().map_err(io)?;
            if magic.starts_with(b"FEA1") {
                return Err(refuse("Feather version 1 is not read; write it as Arrow IPC (Feather version 2)".to_owned()));
            }
            if &magic[..read] != b"ARROW1" {
                return Err(refuse("not an Arrow IPC file (streams are not read); write it as a file, for example with polars' write_ipc or pyarrow's new_file".to_owned()));
            }
            IpcReader::new(file).finish().map_err(|e| refuse(format!("not a readable Arrow IPC file: {e}")))
        }
        _ => Err(refuse(format!(
            "the extension \"{extension}\" is not known; use .csv, .tsv, .txt (each also .gz), .parquet, .arrow, .ipc or .feather"
        ))),
    }
}

fn open(path: &Path) -> Result<File, FrameError> {
    let io = |source| FrameError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.is_dir() {
        return Err(FrameError::File { path: path.to_owned(), line: None, message: "is a folder, not a file".to_owned() });
    }
    Ok(file)
}

/// Refuses an empty file before a reader maps it into memory.
fn sized(path: &Path, file: &File) -> Result<(), FrameError> {
    match file.metadata() {
        Ok(data) if data.len() == 0 => Err(csv::empty(path)),
        Ok(_) => Ok(()),
        Err(source) => Err(FrameError::Io { path: path.to_owned(), source }),
    }
}

fn read_bytes(path: &Path, mut file: File, zipped: bool) -> Result<Vec<u8>, FrameError> {
    let mut raw = Vec::new();
    file.read_to_end(&mut raw).map_err(|source| FrameError::Io { path: path.to_owned(), source })?;
    if !zipped {
        return Ok(raw);
    }
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(Cursor::new(raw)).read_to_end(&mut bytes).map_err(|e| FrameError::File {
        path: path.to_owned(),
        line: None,
        message: format!("not a whole gzip file: {e}"),
    })?;
    Ok(bytes)
}
