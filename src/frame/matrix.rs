//! The feature matrix as a table.

use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series, TimeUnit, TimeZone};

use super::FrameError;
use crate::features::{FeatureKind, FeatureMatrix};

/// The feature matrix as a table: `lead_id`, `as_of` when given (one moment a row, microseconds UTC), then one column a feature.
///
/// Codes of categories become words again (`other` for those that are rare or were never seen in training), NaN becomes null.
///
/// # Errors
/// [`FrameError::Table`] when identifiers or moments are not as many as rows, or a feature's name is taken.
pub fn matrix_frame(matrix: &FeatureMatrix, ids: &[String], as_of: Option<&[i64]>) -> Result<DataFrame, FrameError> {
    if ids.len() != matrix.n_rows || as_of.is_some_and(|t| t.len() != matrix.n_rows) {
        let moments = as_of.map_or(matrix.n_rows, <[i64]>::len);
        return Err(FrameError::Table(format!(
            "{} rows of features, {} identifiers and {moments} moments; they must be as many",
            matrix.n_rows,
            ids.len()
        )));
    }
    let mut columns: Vec<Column> = Vec::with_capacity(matrix.features.len() + 2);
    columns.push(Series::new("lead_id".into(), ids).into());
    if let Some(moments) = as_of {
        let micros = Series::new("as_of".into(), moments);
        columns.push(micros.cast(&DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)))?.into());
    }
    for (at, feature) in matrix.features.iter().enumerate() {
        let name = feature.name.as_str().into();
        let present = |v: f32| (!v.is_nan()).then_some(v);
        let column: Column = match &feature.kind {
            FeatureKind::Numeric => Series::new(name, matrix.column(at).map(present).collect::<Vec<Option<f32>>>()).into(),
            FeatureKind::Categorical { levels } => {
                let word = |v: f32| present(v).map(|code| levels.get(code as usize).map_or("other", String::as_str));
                Series::new(name, matrix.column(at).map(word).collect::<Vec<Option<&str>>>()).into()
            }
        };
        columns.push(column);
    }
    Ok(DataFrame::new(matrix.n_rows, columns)?)
}
