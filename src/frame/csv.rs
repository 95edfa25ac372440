//! Delimited text: checked as a whole, split by polars, typed column by column.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::{Column, CsvParseOptions, CsvReadOptions, DataFrame, NamedFrom, SerReader, Series};

use super::{FrameError, ReadOptions};
use crate::counted::counted;

/// The characters tried as separators, in order of preference.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

pub(super) fn parse(path: &Path, bytes: Vec<u8>, options: &ReadOptions) -> Result<DataFrame, FrameError> {
    let bytes = decode(path, bytes)?;
    let ascii = |what: &str, c: char| {
        u8::try_from(c)
            .ok()
            .filter(u8::is_ascii)
            .ok_or_else(|| refuse(path, None, format!("the {what} \"{c}\" is not a single ASCII character")))
    };
    let quote = options.quote.map(|c| ascii("quote", c)).transpose()?;
    let separator = match options.separator {
        Some(c) => ascii("separator", c)?,
        None => detect_separator(&bytes, quote),
    };
    if options.decimal_comma && separator == b',' {
        return Err(refuse(path, None, "the comma cannot both separate fields and mark decimals; give the separator".to_owned()));
    }
    let width = check_shape(path, &bytes, separator, quote)?;
    let parse = CsvParseOptions::default().with_separator(separator).with_quote_char(quote).with_truncate_ragged_lines(false);
    let table = CsvReadOptions::default()
        .with_has_header(options.header)
        // No inference: every column arrives as words, so that one rule of ours, over the whole file, decides on types.
        .with_infer_schema_length(Some(0))
        .with_parse_options(parse)
        .into_reader_with_file_handle(Cursor::new(bytes))
        .finish()
        .map_err(|e| refuse(path, None, e.to_string()))?;
    if let Some(name) = named_twice(&table).filter(|_| options.header) {
        return Err(refuse(path, Some(1), format!("the column \"{name}\" is named twice; rename one of the two")));
    }
    if table.width() != width {
        return Err(refuse(path, Some(1), format!("{} named and {width} found; is a name given twice?", counted(table.width(), "column"))));
    }
    let columns = table.columns().iter().map(|column| typed(column, options.decimal_comma)).collect::<Result<Vec<_>, _>>()?;
    Ok(DataFrame::new(table.height(), columns)?)
}

/// A name that the header gives twice: polars then appends `_duplicated_0` to the later one.
fn named_twice(table: &DataFrame) -> Option<&str> {
    let names: Vec<&str> = table.columns().iter().map(|c| c.name().as_str()).collect();
    names.iter().filter_map(|name| name.strip_suffix("_duplicated_0")).find(|name| names.contains(name))
}

pub(super) fn empty(path: &Path) -> FrameError {
    refuse(path, None, "the file is empty".to_owned())
}

fn refuse(path: &Path, line: Option<usize>, message: String) -> FrameError {
    FrameError::File { path: path.to_owned(), line, message }
}

/// The bytes without a byte order mark, when they are UTF-8.
fn decode(path: &Path, mut bytes: Vec<u8>) -> Result<Vec<u8>, FrameError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(refuse(
            path,
            Some(1),
            "the file is UTF-16, by its byte order mark; convert it with iconv -f utf-16 -t utf-8".to_owned(),
        ));
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(empty(path));
    }
    if let Err(error) = std::str::from_utf8(&bytes) {
        let offset = error.valid_up_to();
        let line = 1 + bytes[..offset].iter().filter(|&&b| b == b'\n').count();
        let byte = bytes.get(offset).copied().unwrap_or_default();
        let message = format!(
            "the file is not UTF-8: byte {byte:#04x} at offset {offset}; if it is Latin-1, convert it with iconv -f latin1 -t utf-8"
        );
        return Err(refuse(path, Some(line), message));
    }
    if let Some(offset) = bytes.iter().position(|&b| b == 0) {
        let line = 1 + bytes[..offset].iter().filter(|&&b| b == b'\n').count();
        let message = format!("a zero byte at offset {offset}; if the file is UTF-16, convert it with iconv -f utf-16 -t utf-8");
        return Err(refuse(path, Some(line), message));
    }
    Ok(bytes)
}

/// The separator that splits the first lines into the same number of fields, more than one, most often; a comma when none does.
fn detect_separator(bytes: &[u8], quote: Option<u8>) -> u8 {
    const LINES: usize = 50;
    let score = |separator: u8| {
        let widths: Vec<usize> = Records::new(bytes, separator, quote).take(LINES).map(|r| r.fields).collect();
        let first = widths.first().copied().unwrap_or(0);
        let alike = widths.iter().filter(|&&w| w == first).count();
        if first > 1 { (alike == widths.len(), first * alike) } else { (false, 0) }
    };
    // Of equals the first in order of preference.
    SEPARATORS.into_iter().rev().max_by_key(|&s| score(s)).unwrap_or(b',')
}

/// How many fields every record has; an error names the line of the first that differs.
fn check_shape(path: &Path, bytes: &[u8], separator: u8, quote: Option<u8>) -> Result<usize, FrameError> {
    let mut records = Records::new(bytes, separator, quote);
    let Some(first) = records.next() else { return Err(empty(path)) };
    for record in records {
        if record.open_quote {
            return Err(refuse(path, Some(record.line), "a quote is opened and never closed".to_owned()));
        }
        if record.fields != first.fields {
            // A table of one column may have empty lines that mean an empty cell; polars reads them so too.
            let shown = separator_name(separator);
            let message = format!(
                "{} where the first line has {}; the separator is taken to be {shown}",
                counted(record.fields, "field"),
                first.fields
            );
            return Err(refuse(path, Some(record.line), message));
        }
    }
    Ok(first.fields)
}

fn separator_name(separator: u8) -> String {
    if separator == b'\t' { "a tab".to_owned() } else { format!("\"{}\"", char::from(separator)) }
}

/// One record of delimited text.
struct Record {
    line: usize,
    fields: usize,
    open_quote: bool,
}

/// The records of delimited text; blank lines are skipped.
struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    separator: u8,
    quote: Option<u8>,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8], separator: u8, quote: Option<u8>) -> Self {
        Self { bytes, at: 0, line: 1, separator, quote }
    }
}

impl Iterator for Records<'_> {
    type Item = Record;
    fn next(&mut self) -> Option<Record> {
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b'\n' => self.line += 1,
                b'\r' if matches!(self.bytes.get(self.at + 1), Some(b'\n') | None) => {}
                _ => break,
            }
            self.at += 1;
        }
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let mut record = Record { line: self.line, fields: 1, open_quote: false };
        // Inside quotes; at the start of a field; in a field that began with a quote.
        let (mut quoted, mut field_start, mut quotable) = (false, true, false);
        for (i, &b) in rest.iter().enumerate() {
            if quoted {
                // A doubled quote closes and opens again, which comes to the same.
                quoted = Some(b) != self.quote;
                self.line += usize::from(b == b'\n');
            } else if Some(b) == self.quote && (field_start || (quotable && rest.get(i.wrapping_sub(1)) == Some(&b))) {
                (quoted, quotable) = (true, true);
            } else if b == b'\n' {
                self.line += 1;
                self.at += i + 1;
                return Some(record);
            } else if b == self.separator {
                record.fields += 1;
                (field_start, quotable) = (true, false);
                continue;
            }
            field_start = false;
        }
        record.open_quote = quoted;
        self.at = self.bytes.len();
        Some(record)
    }
}

/// A column of words as whole numbers, numbers or booleans, when every filled cell is one.
fn typed(column: &Column, decimal_comma: bool) -> Result<Column, FrameError> {
    let words = column.as_materialized_series().str()?;
    let name = column.name().clone();
    let filled = || words.iter().flatten().filter(|w| !says_missing(w));
    if filled().next().is_none() {
        return Ok(column.clone());
    }
    let typed: Series = if filled().all(|w| whole(w).is_some()) {
        let values: Vec<Option<i64>> = words.iter().map(|w| w.and_then(whole)).collect();
        Series::new(name, values)
    } else if filled().all(|w| number(w, decimal_comma).is_some()) {
        let values: Vec<Option<f64>> = words.iter().map(|w| w.and_then(|w| number(w, decimal_comma))).collect();
        Series::new(name, values)
    } else if filled().all(|w| truth(w).is_some()) {
        let values: Vec<Option<bool>> = words.iter().map(|w| w.and_then(truth)).collect();
        Series::new(name, values)
    } else {
        return Ok(column.clone());
    };
    Ok(typed.into())
}

/// Whether a cell of numbers says "missing". In a column of words such cells stay, for the canonical form to judge.
fn says_missing(word: &str) -> bool {
    matches!(word.trim(), "" | "NA" | "N/A" | "n/a" | "na" | "NaN" | "nan" | "NULL" | "null" | "None" | "none" | "-" | "?")
}

/// A whole number; not one with leading zeros, which is a code.
fn whole(word: &str) -> Option<i64> {
    let word = word.trim();
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    word.parse().ok()
}

/// A number, infinite ones too: what reads the column names their row.
fn number(word: &str, decimal_comma: bool) -> Option<f64> {
    let word = word.trim();
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word).as_bytes();
    // Leading zeros and numerals too long for any quantity are codes.
    let code =
        digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit() || digits.len() > 18 && digits.iter().all(u8::is_ascii_digit);
    if code || says_missing(word) {
        return None;
    }
    if decimal_comma {
        if word.contains('.') {
            return None;
        }
        return word.replacen(',', ".", 1).parse().ok();
    }
    word.parse().ok()
}

fn truth(word: &str) -> Option<bool> {
    match word.trim() {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
