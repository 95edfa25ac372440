//! The feature matrix as a table.

use polars::prelude::{Column, DataFrame, DataType, Float32Chunked, IntoColumn, NamedFrom, Series, TimeUnit, TimeZone};
use polars_arrow::bitmap::Bitmap;

use super::FrameError;
use crate::features::{Feature, FeatureKind, FeatureMatrix};
use crate::parallel;

/// The feature matrix as a table: `lead_id`, `as_of` when given (one moment a row, microseconds UTC), then one column a feature.
///
/// Codes of categories become words again (`other` for those that are rare or were never seen in training), NaN becomes null.
///
/// # Errors
/// [`FrameError::Table`] when identifiers or moments are not as many as rows, or a feature's name is taken.
pub fn matrix_frame(matrix: &FeatureMatrix, ids: &[String], as_of: Option<&[i64]>) -> Result<DataFrame, FrameError> {
    columns_frame(&matrix.features, matrix.n_rows, matrix.columns(), ids, as_of)
}

/// [`matrix_frame`] of the values of each feature.
pub(crate) fn columns_frame(
    features: &[Feature],
    n_rows: usize,
    values: Vec<Vec<f32>>,
    ids: &[String],
    as_of: Option<&[i64]>,
) -> Result<DataFrame, FrameError> {
    if ids.len() != n_rows || as_of.is_some_and(|t| t.len() != n_rows) {
        let moments = as_of.map_or(n_rows, <[i64]>::len);
        return Err(FrameError::Table(format!(
            "{n_rows} rows of features, {} identifiers and {moments} moments; they must be as many",
            ids.len()
        )));
    }
    let mut columns: Vec<Column> = Vec::with_capacity(features.len() + 2);
    columns.push(Series::new("lead_id".into(), ids).into());
    if let Some(moments) = as_of {
        let micros = Series::new("as_of".into(), moments);
        columns.push(micros.cast(&DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)))?.into());
    }
    let features: Vec<(Vec<f32>, &Feature)> = values.into_iter().zip(features).collect();
    columns.extend(parallel::map(features, |(values, feature)| column(feature, values)));
    Ok(DataFrame::new(n_rows, columns)?)
}

fn column(feature: &Feature, values: Vec<f32>) -> Column {
    let name = feature.name.as_str().into();
    match &feature.kind {
        FeatureKind::Numeric => {
            let validity: Option<Bitmap> =
                values.iter().any(|value| value.is_nan()).then(|| values.iter().map(|value| !value.is_nan()).collect());
            Float32Chunked::from_vec_validity(name, values, validity).into_column()
        }
        FeatureKind::Categorical { levels } => {
            let word = |code: f32| (!code.is_nan()).then(|| levels.get(code as usize).map_or("other", String::as_str));
            Series::new(name, values.into_iter().map(word).collect::<Vec<Option<&str>>>()).into()
        }
    }
}
