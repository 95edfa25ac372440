//! Columns of words: each distinct word kept once, from every dtype that can be written as a word.

use polars::prelude::{ChunkedArray, DataType, PlHashMap, PolarsNumericType, Series, StringChunked};
use polars_arrow::array::{Array, Utf8ViewArray};

use super::FrameError;
use crate::TextColumn;
use crate::parallel;

/// The code of a missing word.
pub(super) const MISSING: u32 = u32::MAX;

/// Rows whose words a thread reads at a time.
const ROWS_AT_ONCE: usize = 1 << 16;

/// Refuses the dtypes that no column of ours can have, by name.
pub(super) fn readable(table: &'static str, column: &str, dtype: &DataType) -> Result<(), FrameError> {
    let advice = match dtype {
        DataType::Duration(_) => "convert it to a number of days first",
        DataType::Time => "a time of day has no date; give a timestamp, or convert it to a number",
        DataType::List(_) => "lists are not read; give one column for each thing to know",
        DataType::Binary | DataType::BinaryOffset => "bytes are not read; decode them to text first",
        DataType::Boolean | DataType::String | DataType::Null | DataType::Date | DataType::Datetime(..) | DataType::Decimal(..) => {
            return Ok(());
        }
        DataType::Categorical(..) | DataType::Enum(..) => return Ok(()),
        DataType::Int128 | DataType::UInt128 | DataType::Float16 => "cast it to a 64-bit number first",
        dtype if dtype.is_primitive_numeric() => return Ok(()),
        _ => "columns of this type are not read; leave it out of the schema or convert it",
    };
    Err(FrameError::wrong_type(table, column, &dtype.to_string(), "read", advice))
}

/// The words of a column. Whole numbers are written as such, floats without a fraction too (pandas makes floats of whole numbers with gaps).
pub(super) fn text_column(table: &'static str, series: &Series) -> Result<TextColumn, FrameError> {
    let column = series.name().as_str();
    let dtype = series.dtype();
    readable(table, column, dtype)?;
    Ok(match dtype {
        DataType::String => words(series.str()?),
        DataType::Categorical(_, mapping) | DataType::Enum(_, mapping) => {
            let physical = series.to_physical_repr().cast(&DataType::UInt32)?;
            recode(physical.u32()?.iter(), |code| mapping.cat_to_str(code).unwrap_or_default().to_owned())
        }
        DataType::Boolean => {
            recode(series.bool()?.iter().map(|v| v.map(u32::from)), |code| if code == 1 { "true" } else { "false" }.to_owned())
        }
        DataType::Null => TextColumn { words: Vec::new(), codes: vec![MISSING; series.len()] },
        DataType::Date | DataType::Datetime(..) => {
            return Err(FrameError::wrong_type(
                table,
                column,
                &dtype.to_string(),
                "words",
                "declare it a date, or convert it to text first",
            ));
        }
        DataType::UInt64 => numbers(series.u64()?.iter(), u64::to_string),
        dtype if dtype.is_integer() => integers(series),
        DataType::Decimal(..) => {
            let text = series.cast(&DataType::String)?;
            let words = text.str()?;
            intern(words.iter().map(|w| w.map(|w| if w.contains('.') { w.trim_end_matches('0').trim_end_matches('.') } else { w })))
        }
        _ => {
            let floats = series.cast(&DataType::Float64)?;
            numbers(floats.f64()?.iter().map(|v| v.filter(|v| !v.is_nan()).map(f64::to_bits)), |bits| float_text(f64::from_bits(*bits)))
        }
    })
}

/// Calls `take` with every cell of a column of whole numbers, in order; `false`, and no call, when it is none or one of 64 bits without sign.
pub(super) fn for_each_integer(series: &Series, mut take: impl FnMut(Option<i64>)) -> bool {
    fn each<T: PolarsNumericType>(cells: &ChunkedArray<T>, mut take: impl FnMut(Option<i64>))
    where
        T::Native: Into<i64>,
    {
        for array in cells.downcast_iter() {
            if array.null_count() == 0 {
                array.values().iter().for_each(|&value| take(Some(value.into())));
            } else {
                array.iter().for_each(|value| take(value.map(|&value| value.into())));
            }
        }
    }
    match series.dtype() {
        DataType::Int8 => series.i8().map(|cells| each(cells, &mut take)),
        DataType::Int16 => series.i16().map(|cells| each(cells, &mut take)),
        DataType::Int32 => series.i32().map(|cells| each(cells, &mut take)),
        DataType::Int64 => series.i64().map(|cells| each(cells, &mut take)),
        DataType::UInt8 => series.u8().map(|cells| each(cells, &mut take)),
        DataType::UInt16 => series.u16().map(|cells| each(cells, &mut take)),
        DataType::UInt32 => series.u32().map(|cells| each(cells, &mut take)),
        _ => return false,
    }
    .is_ok()
}

/// `3.0` is written `3`.
fn float_text(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { value.to_string() }
}

/// The words of a column of text: pieces of it on several threads, put together in their order.
fn words(cells: &StringChunked) -> TextColumn {
    let pieces: Vec<(&Utf8ViewArray, usize)> =
        cells.downcast_iter().flat_map(|array| (0..array.len()).step_by(ROWS_AT_ONCE).map(move |first| (array, first))).collect();
    let piece = |(array, first): (&Utf8ViewArray, usize)| {
        let last = (first + ROWS_AT_ONCE).min(array.len());
        intern((first..last).map(|row| array.get(row)))
    };
    TextColumn::together(parallel::map(pieces, piece))
}

fn intern<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> TextColumn {
    let mut seen: PlHashMap<&str, u32> = PlHashMap::default();
    let mut words: Vec<String> = Vec::new();
    let codes = cells
        .map(|cell| {
            let Some(word) = cell else { return MISSING };
            *seen.entry(word).or_insert_with(|| {
                words.push(word.to_owned());
                words.len() as u32 - 1
            })
        })
        .collect();
    TextColumn { words, codes }
}

/// Words of whole numbers. Those that lie close together, as codes do, are looked up by their value.
fn integers(series: &Series) -> TextColumn {
    const FEW: u64 = 1 << 16;
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for_each_integer(series, |cell| {
        if let Some(number) = cell {
            (least, most) = (least.min(number), most.max(number));
        }
    });
    let span = if least > most { 0 } else { most.abs_diff(least) };
    if span > FEW {
        let mut cells = Vec::with_capacity(series.len());
        for_each_integer(series, |cell| cells.push(cell));
        return numbers(cells.into_iter(), i64::to_string);
    }
    let mut codes = Vec::with_capacity(series.len());
    let mut ours = vec![MISSING; span as usize + 1];
    let mut words = Vec::new();
    for_each_integer(series, |cell| {
        let Some(number) = cell else {
            codes.push(MISSING);
            return;
        };
        let code = &mut ours[number.abs_diff(least) as usize];
        if *code == MISSING {
            *code = words.len() as u32;
            words.push(number.to_string());
        }
        codes.push(*code);
    });
    TextColumn { words, codes }
}

/// Words of numbers: each distinct number is written once.
fn numbers<T: std::hash::Hash + Eq>(cells: impl Iterator<Item = Option<T>>, write: impl Fn(&T) -> String) -> TextColumn {
    let mut seen: PlHashMap<T, u32> = PlHashMap::default();
    let mut words: Vec<String> = Vec::new();
    let codes = cells
        .map(|cell| {
            let Some(number) = cell else { return MISSING };
            let next = words.len() as u32;
            let text = || write(&number);
            match seen.get(&number) {
                Some(&code) => code,
                None => {
                    words.push(text());
                    seen.insert(number, next);
                    next
                }
            }
        })
        .collect();
    TextColumn { words, codes }
}

/// Words of dense codes, kept in order of first appearance.
fn recode(cells: impl Iterator<Item = Option<u32>>, word: impl Fn(u32) -> String) -> TextColumn {
    let mut ours: Vec<u32> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let codes = cells
        .map(|cell| {
            let Some(code) = cell else { return MISSING };
            let at = code as usize;
            if at >= ours.len() {
                ours.resize(at + 1, MISSING);
            }
            if ours[at] == MISSING {
                ours[at] = words.len() as u32;
                words.push(word(code));
            }
            ours[at]
        })
        .collect();
    TextColumn { words, codes }
}
