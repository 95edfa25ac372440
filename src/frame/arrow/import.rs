//! An Arrow stream as a frame.

use polars::prelude::*;
use polars_arrow::array::{Array as ArrowArray, DictionaryArray, DictionaryKey, Float32Array, PrimitiveArray};
use polars_arrow::datatypes::{ArrowDataType, IntegerType, TimeUnit as ArrowTimeUnit};
use polars_arrow::ffi;

use super::ArrowError;
use super::abi::{Array, Schema as AbiSchema, Stream};

/// Reads all of `stream`; columns that cannot be read are left out when `skip` says so.
pub(super) fn read(mut stream: Stream, table: &str, skip: &dyn Fn(&str) -> bool) -> Result<DataFrame, ArrowError> {
    let source = |message: String| ArrowError::Source { table: table.to_owned(), message };
    let malformed = |message: String| ArrowError::Malformed { table: table.to_owned(), message };

    let schema = stream.schema().map_err(source)?;
    let is_record = schema.format() == "+s" && schema.extension().is_none();
    let fields: Vec<&AbiSchema> = if is_record { schema.children().collect() } else { vec![&schema] };
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let name = field.name();
        let kind = Kind::of(field);
        columns.push(match kind {
            Ok(kind) => Some(Reader { name, kind, chunks: None, rows: 0 }),
            Err(_) if skip(&name) => None,
            Err(found) => return Err(ArrowError::Unreadable { table: table.to_owned(), column: name, found }),
        });
    }

    let mut height = 0_usize;
    while let Some(mut batch) = stream.next().map_err(source)? {
        let rows = usize::try_from(batch.length).map_err(|_| malformed(format!("a batch has {} rows", batch.length)))?;
        if rows == 0 {
            continue;
        }
        if !is_record {
            if let Some(Some(reader)) = columns.first_mut() {
                reader.push(batch, table, 0, rows)?;
            }
            height += rows;
            continue;
        }
        if batch.null_count > 0 {
            return Err(malformed("a whole row is null".to_owned()));
        }
        let offset = usize::try_from(batch.offset).map_err(|_| malformed(format!("a batch begins at row {}", batch.offset)))?;
        let children = batch.take_children();
        drop(batch);
        if children.len() != columns.len() {
            return Err(malformed(format!("a batch has {} columns instead of {}", children.len(), columns.len())));
        }
        for (reader, child) in columns.iter_mut().zip(children) {
            if let Some(reader) = reader {
                reader.push(child, table, offset, rows)?;
            }
        }
        height += rows;
    }

    let columns = columns.into_iter().flatten().map(|reader| reader.finish().map(Column::from)).collect::<PolarsResult<Vec<_>>>();
    columns.and_then(|columns| DataFrame::new(height, columns)).map_err(|e| malformed(e.to_string()))
}

/// How a column is read: every type that leadscore takes from Arrow.
enum Kind {
    /// polars takes the array as it is.
    Plain(ArrowDataType),
    /// Half floats, widened: polars is built without them.
    Half,
    /// Seconds since 1970, which polars would multiply without a check, as milliseconds of the given type.
    Seconds(ArrowDataType),
    /// Codes of words.
    Words(IntegerType, ArrowDataType),
    /// Codes of anything else.
    Codes(IntegerType, Box<Kind>),
}

impl Kind {
    /// How to read a column of type `schema`; if it cannot be read, its type in words.
    fn of(schema: &AbiSchema) -> Result<Self, String> {
        if let Some(extension) = schema.extension() {
            // Storage of other extensions does not mean what it looks like (a period is stored as an integer).
            if !matches!(extension.as_str(), "arrow.json" | "arrow.bool8" | "google:sqlType:string") {
                return Err(format!("of extension type \"{extension}\""));
            }
        }
        let format = schema.format();
        if let Some(values) = schema.dictionary() {
            let keys = integer(&format).ok_or_else(|| describe(&format))?;
            return Ok(match Self::of(values)? {
                Self::Plain(words @ (ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8View)) => Self::Words(keys, words),
                Self::Words(..) | Self::Codes(..) => return Err("a dictionary of dictionaries".to_owned()),
                other => Self::Codes(keys, Box::new(other)),
            });
        }
        let plain = match format.as_str() {
            "n" => ArrowDataType::Null,
            "b" => ArrowDataType::Boolean,
            "c" => ArrowDataType::Int8,
            "C" => ArrowDataType::UInt8,
            "s" => ArrowDataType::Int16,
            "S" => ArrowDataType::UInt16,
            "i" => ArrowDataType::Int32,
            "I" => ArrowDataType::UInt32,
            "l" => ArrowDataType::Int64,
            "L" => ArrowDataType::UInt64,
            "e" => return Ok(Self::Half),
            "f" => ArrowDataType::Float32,
            "g" => ArrowDataType::Float64,
            "u" => ArrowDataType::Utf8,
            "U" => ArrowDataType::LargeUtf8,
            "vu" => ArrowDataType::Utf8View,
            "tdD" => ArrowDataType::Date32,
            "tdm" => ArrowDataType::Date64,
            "tDs" => return Ok(Self::Seconds(ArrowDataType::Duration(ArrowTimeUnit::Millisecond))),
            "tDm" => ArrowDataType::Duration(ArrowTimeUnit::Millisecond),
            "tDu" => ArrowDataType::Duration(ArrowTimeUnit::Microsecond),
            "tDn" => ArrowDataType::Duration(ArrowTimeUnit::Nanosecond),
            other => return timestamp(other).or_else(|| decimal(other).map(Self::Plain)).ok_or_else(|| describe(other)),
        };
        Ok(Self::Plain(plain))
    }

    /// The buffers of the column's arrays, validity included, and how many after it may not be null when there are rows.
    fn buffers(&self) -> (usize, usize) {
        match self {
            Self::Plain(ArrowDataType::Null) => (0, 0),
            Self::Plain(ArrowDataType::Utf8 | ArrowDataType::LargeUtf8) => (3, 1),
            // Of a view, the last buffer holds the sizes of the others.
            Self::Plain(ArrowDataType::Utf8View) => (3, 1),
            _ => (2, 1),
        }
    }
}

/// A timestamp's type. With a zone, the values are instants in UTC, whatever the zone.
fn timestamp(format: &str) -> Option<Kind> {
    let (unit, zone) = format.strip_prefix("ts")?.split_once(':')?;
    let zone = (!zone.is_empty()).then(|| "UTC".into());
    Some(match unit {
        "s" => Kind::Seconds(ArrowDataType::Timestamp(ArrowTimeUnit::Millisecond, zone)),
        "m" => Kind::Plain(ArrowDataType::Timestamp(ArrowTimeUnit::Millisecond, zone)),
        "u" => Kind::Plain(ArrowDataType::Timestamp(ArrowTimeUnit::Microsecond, zone)),
        "n" => Kind::Plain(ArrowDataType::Timestamp(ArrowTimeUnit::Nanosecond, zone)),
        _ => return None,
    })
}

/// A decimal's type; `None` when its scale is negative or its width one that polars panics on (256).
fn decimal(format: &str) -> Option<ArrowDataType> {
    let mut parts = format.strip_prefix("d:")?.split(',');
    let precision: usize = parts.next()?.parse().ok()?;
    let scale: usize = parts.next()?.parse().ok()?;
    let decimal = match parts.next().unwrap_or("128") {
        "32" => ArrowDataType::Decimal32(precision, scale),
        "64" => ArrowDataType::Decimal64(precision, scale),
        "128" => ArrowDataType::Decimal(precision, scale),
        _ => return None,
    };
    (scale <= precision && (1..=38).contains(&precision)).then_some(decimal)
}

fn integer(format: &str) -> Option<IntegerType> {
    Some(match format {
        "c" => IntegerType::Int8,
        "C" => IntegerType::UInt8,
        "s" => IntegerType::Int16,
        "S" => IntegerType::UInt16,
        "i" => IntegerType::Int32,
        "I" => IntegerType::UInt32,
        "l" => IntegerType::Int64,
        "L" => IntegerType::UInt64,
        _ => return None,
    })
}

/// The type of format string `format`, in words that follow "is".
fn describe(format: &str) -> String {
    let words = match format.split(':').next().unwrap_or_default() {
        "+l" | "+L" | "+w" | "+vl" | "+vL" => "a list",
        "+s" => "a struct",
        "+m" => "a map",
        "+ud" | "+us" => "a union",
        "+r" => "run-end encoded",
        "z" | "Z" | "vz" | "w" => "binary data",
        "tts" | "ttm" | "ttu" | "ttn" => "a time of day",
        "tiM" | "tiD" | "tin" => "a calendar interval",
        "d" => return format!("a decimal of precision and scale {}", &format[2.min(format.len())..]),
        _ => return format!("of Arrow format \"{format}\""),
    };
    words.to_owned()
}

/// A column under way.
struct Reader {
    name: String,
    kind: Kind,
    chunks: Option<Series>,
    rows: usize,
}

impl Reader {
    /// Takes rows `offset..offset + rows` of `array`.
    fn push(&mut self, array: Array, table: &str, offset: usize, rows: usize) -> Result<(), ArrowError> {
        let name = PlSmallStr::from_str(&self.name);
        let chunk = series(&self.kind, array, name).map_err(|fault| match fault {
            Fault::Overflow { row, value } => ArrowError::Overflow {
                table: table.to_owned(),
                column: self.name.clone(),
                row: (self.rows + row).saturating_sub(offset),
                value,
            },
            Fault::Malformed(message) => {
                ArrowError::Malformed { table: table.to_owned(), message: format!("column \"{}\": {message}", self.name) }
            }
        })?;
        if chunk.len() < offset + rows {
            let message = format!("column \"{}\" has {} rows where its batch has {}", self.name, chunk.len(), offset + rows);
            return Err(ArrowError::Malformed { table: table.to_owned(), message });
        }
        let chunk = if offset == 0 && chunk.len() == rows { chunk } else { chunk.slice(offset as i64, rows) };
        match &mut self.chunks {
            None => self.chunks = Some(chunk),
            Some(chunks) => {
                chunks.append(&chunk).map_err(|e| ArrowError::Malformed { table: table.to_owned(), message: e.to_string() })?;
            }
        }
        self.rows += rows;
        Ok(())
    }

    fn finish(self) -> PolarsResult<Series> {
        let name = PlSmallStr::from_str(&self.name);
        if let Some(chunks) = self.chunks {
            return Ok(chunks);
        }
        let empty = |dtype: &ArrowDataType| Series::try_from((name.clone(), polars_arrow::array::new_empty_array(dtype.clone())));
        match &self.kind {
            Kind::Plain(dtype) | Kind::Seconds(dtype) => empty(dtype),
            Kind::Half => empty(&ArrowDataType::Float32),
            Kind::Words(..) | Kind::Codes(..) => Ok(Series::new_empty(name, &DataType::String)),
        }
    }
}

enum Fault {
    Overflow { row: usize, value: i64 },
    Malformed(String),
}

impl From<PolarsError> for Fault {
    fn from(error: PolarsError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// The rows of `array`, an array of a column of kind `kind`, as polars has them.
fn series(kind: &Kind, mut array: Array, name: PlSmallStr) -> Result<Series, Fault> {
    if array.length == 0 {
        // Arrays without rows may lack buffers that `polars_arrow` would look into.
        return Ok(Series::new_empty(name, &DataType::Null));
    }
    let (buffers, required) = kind.buffers();
    array.check(buffers, required).map_err(Fault::Malformed)?;
    match kind {
        Kind::Plain(dtype) => Ok(Series::try_from((name, import(array, dtype.clone())?))?),
        Kind::Half => {
            let halves = import(array, ArrowDataType::Float16)?;
            let halves = primitive::<pf16>(halves.as_ref())?;
            let floats: Float32Array = halves.iter().map(|half| half.map(|half| half.0.to_f32())).collect();
            Ok(Series::try_from((name, floats.boxed()))?)
        }
        Kind::Seconds(dtype) => {
            let seconds = import(array, ArrowDataType::Int64)?;
            let seconds = primitive::<i64>(seconds.as_ref())?;
            let mut millis = Vec::with_capacity(seconds.len());
            for (row, value) in seconds.iter().enumerate() {
                let Some(value) = value else {
                    millis.push(0);
                    continue;
                };
                millis.push(value.checked_mul(1000).ok_or(Fault::Overflow { row, value: *value })?);
            }
            let millis = PrimitiveArray::<i64>::try_new(dtype.clone(), millis.into(), seconds.validity().cloned())?;
            Ok(Series::try_from((name, millis.boxed()))?)
        }
        Kind::Words(keys, words) => {
            if without_words(&mut array, &Kind::Plain(words.clone()))? {
                return Ok(Series::full_null(name, array.length as usize, &DataType::from_categories(Categories::global())));
            }
            Ok(Series::try_from((name, import(array, ArrowDataType::Dictionary(*keys, Box::new(words.clone()), false))?))?)
        }
        Kind::Codes(keys, values) => {
            if without_words(&mut array, values)? {
                return Ok(Series::full_null(name, array.length as usize, &DataType::Null));
            }
            let storage = match values.as_ref() {
                Kind::Plain(dtype) => dtype.clone(),
                Kind::Half => ArrowDataType::Float16,
                _ => return Err(Fault::Malformed("a dictionary of seconds".to_owned())),
            };
            let coded = import(array, ArrowDataType::Dictionary(*keys, Box::new(storage), false))?;
            decoded(coded.as_ref(), *keys, name)
        }
    }
}

/// Whether a dictionary has no values (then `polars_arrow` must not look into it: all rows are null). Checks the values' buffers otherwise.
fn without_words(array: &mut Array, values: &Kind) -> Result<bool, Fault> {
    let dictionary = array.dictionary().ok_or_else(|| Fault::Malformed("a dictionary without values".to_owned()))?;
    if dictionary.length == 0 {
        return Ok(true);
    }
    let (buffers, required) = values.buffers();
    dictionary.check(buffers, required).map_err(Fault::Malformed)?;
    Ok(false)
}

/// The values behind the codes of a dictionary; integers as words.
fn decoded(coded: &dyn ArrowArray, keys: IntegerType, name: PlSmallStr) -> Result<Series, Fault> {
    fn codes<K: DictionaryKey>(coded: &dyn ArrowArray) -> Option<(IdxCa, Box<dyn ArrowArray>)> {
        let coded = coded.as_any().downcast_ref::<DictionaryArray<K>>()?;
        // A code that no index can hold is as wrong as one beyond the values, and is refused with them.
        let codes = coded.keys().iter().map(|key| key.map(|&key| key.try_into().map_or(IdxSize::MAX, |key: usize| key as IdxSize)));
        Some((codes.collect(), coded.values().clone()))
    }
    let parts = match keys {
        IntegerType::Int8 => codes::<i8>(coded),
        IntegerType::UInt8 => codes::<u8>(coded),
        IntegerType::Int16 => codes::<i16>(coded),
        IntegerType::UInt16 => codes::<u16>(coded),
        IntegerType::Int32 => codes::<i32>(coded),
        IntegerType::UInt32 => codes::<u32>(coded),
        IntegerType::Int64 => codes::<i64>(coded),
        IntegerType::UInt64 => codes::<u64>(coded),
        _ => None,
    };
    let (codes, values) = parts.ok_or_else(|| Fault::Malformed("codes of an unknown width".to_owned()))?;
    let values = if values.dtype() == &ArrowDataType::Float16 {
        let halves = primitive::<pf16>(values.as_ref())?;
        halves.iter().map(|half| half.map(|half| half.0.to_f32())).collect::<Float32Array>().boxed()
    } else {
        values
    };
    let values = Series::try_from((name, values))?;
    let values = if values.dtype().is_integer() { values.cast(&DataType::String)? } else { values };
    Ok(values.take(&codes)?)
}

fn primitive<T: polars_arrow::types::NativeType>(array: &dyn ArrowArray) -> Result<&PrimitiveArray<T>, Fault> {
    array.as_any().downcast_ref().ok_or_else(|| Fault::Malformed("an array of an unexpected type".to_owned()))
}

/// Hands `array` to polars as an array of type `dtype`, without copying its buffers.
fn import(array: Array, dtype: ArrowDataType) -> PolarsResult<Box<dyn ArrowArray>> {
    // SAFETY: both are `struct ArrowArray` of the interface, whose layout is fixed.
    let array = unsafe { std::mem::transmute::<Array, ffi::ArrowArray>(array) };
    // SAFETY: the producer promises arrays of the type that its schema tells, from which `dtype` was made; `check` saw that the buffers are there.
    unsafe { ffi::import_array_from_c(array, dtype) }
}
