#![allow(clippy::unwrap_used, clippy::panic)]

use polars::prelude::*;
use polars_arrow::array::{Array, Int64Array, StructArray};
use polars_arrow::datatypes::{ArrowDataType, Field as ArrowField, TimeUnit as ArrowTimeUnit};
use polars_arrow::ffi;

use super::{ArrowError, ArrowStream};

fn keep_all(_: &str) -> bool {
    false
}

/// A stream of one batch whose only column is `array`.
fn stream_of(name: &str, array: Box<dyn Array>) -> ArrowStream {
    let record = ArrowDataType::Struct(vec![ArrowField::new(name.into(), array.dtype().clone(), true)]);
    let batch = StructArray::new(record.clone(), array.len(), vec![array], None).boxed();
    ArrowStream::from(ffi::export_iterator(Box::new(std::iter::once(Ok(batch))), ArrowField::new("".into(), record, false)))
}

#[test]
fn a_frame_survives_the_round_trip() {
    let frame = df!(
        "text" => [Some("a"), None, Some("a string longer than a view holds inline")],
        "number" => [Some(1.5), None, Some(f64::NAN)],
        "small" => [1_u8, 2, 3],
        "yes" => [Some(true), Some(false), None],
    )
    .unwrap();
    let frame = frame.vstack(&frame).unwrap();
    assert!(ArrowStream::of(frame.clone()).read("leads", &keep_all).unwrap().equals_missing(&frame));
}

#[test]
fn an_empty_frame_keeps_its_columns() {
    let frame = df!("a" => Vec::<i64>::new(), "b" => Vec::<String>::new()).unwrap();
    let read = ArrowStream::of(frame.clone()).read("leads", &keep_all).unwrap();
    assert_eq!(read.schema(), frame.schema());
    assert_eq!(read.height(), 0);
}

#[test]
fn seconds_become_milliseconds_and_an_overflow_is_named() {
    let seconds = ArrowDataType::Timestamp(ArrowTimeUnit::Second, Some("+02:00".into()));
    let array = Int64Array::from([Some(1_700_000_000), None]).to(seconds.clone()).boxed();
    let read = stream_of("created_at", array).read("leads", &keep_all).unwrap();
    assert_eq!(read.column("created_at").unwrap().dtype(), &DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)));
    let physical = read.column("created_at").unwrap().cast(&DataType::Int64).unwrap();
    assert_eq!(physical.i64().unwrap().get(0), Some(1_700_000_000_000));

    let array = Int64Array::from([Some(0), Some(1_700_000_000_000_000_000)]).to(seconds).boxed();
    let error = stream_of("created_at", array).read("leads", &keep_all).unwrap_err();
    assert_eq!(
        error,
        ArrowError::Overflow { table: "leads".into(), column: "created_at".into(), row: 1, value: 1_700_000_000_000_000_000 }
    );
}

#[test]
fn a_nested_column_is_refused_by_name_unless_it_is_not_needed() {
    let list = || df!("id" => [1_i64], "tags" => [Series::new("".into(), ["x", "y"])]).unwrap();
    let error = ArrowStream::of(list()).read("leads", &keep_all).unwrap_err();
    assert_eq!(
        error.to_string(),
        "leads.tags is a list, which leadscore does not read; convert it to numbers, words or timestamps, or leave the column out"
    );
    let read = ArrowStream::of(list()).read("leads", &|name| name == "tags").unwrap();
    assert_eq!(read.get_column_names(), ["id"]);
}

#[test]
fn a_stream_read_twice_is_an_error() {
    let mut stream = ffi::ArrowArrayStream::from(ArrowStream::of(df!("a" => [1_i64]).unwrap()));
    let address = std::ptr::NonNull::from(&mut stream).cast();
    // SAFETY: the stream lives on this stack frame and nobody else uses it.
    let (first, second) = unsafe { (ArrowStream::take(address), ArrowStream::take(address)) };
    assert_eq!(first.read("leads", &keep_all).unwrap().height(), 1);
    assert!(second.read("leads", &keep_all).unwrap_err().to_string().contains("already read"));
}

#[test]
fn a_failing_source_is_reported_in_its_own_words() {
    let record = ArrowDataType::Struct(vec![ArrowField::new("a".into(), ArrowDataType::Int64, true)]);
    let failing = std::iter::once(Err(polars_err!(ComputeError: "the disk is on fire")));
    let stream = ArrowStream::from(ffi::export_iterator(Box::new(failing), ArrowField::new("".into(), record, false)));
    assert!(stream.read("leads", &keep_all).unwrap_err().to_string().contains("the disk is on fire"));
}

#[test]
fn a_dropped_stream_is_released() {
    drop(ArrowStream::of(df!("a" => ["x"]).unwrap()));
}
