//! A frame as an Arrow stream.

use polars::prelude::{CompatLevel, DataFrame};
use polars_arrow::array::{Array, StructArray};
use polars_arrow::datatypes::{ArrowDataType, Field};
use polars_arrow::ffi::{self, ArrowArrayStream};

pub(super) fn stream(mut frame: DataFrame) -> ArrowArrayStream {
    frame.align_chunks();
    // Views of strings are younger than many readers; large strings everybody reads.
    let level = CompatLevel::oldest();
    let fields: Vec<Field> = frame.columns().iter().map(|column| column.field().to_arrow(level)).collect();
    let record = ArrowDataType::Struct(fields);
    let batches: Vec<Box<dyn Array>> = frame
        .iter_chunks(level, false)
        .map(|batch| Box::new(StructArray::new(record.clone(), batch.len(), batch.into_arrays(), None)) as Box<dyn Array>)
        .collect();
    ffi::export_iterator(Box::new(batches.into_iter().map(Ok)), Field::new("".into(), record, false))
}
