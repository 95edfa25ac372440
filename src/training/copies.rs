//! What a table says that makes figures flatter, or a column poorer than it looks: copies of rows, and categories too rare for a place of their own.

use ndarray::ArrayView2;

use crate::FeatureMatrix;
use crate::features::{FeatureKind, FeatureSettings};
use crate::models::ColumnView;
use crate::models::copies::{could_differ, first_alike};

/// From this share of the rows on, copies are spoken of.
const MANY_COPIES: f64 = 0.1;
/// From this share of a column's categories on, those that share the place of the rest are.
const MOSTLY_RARE: f64 = 0.5;

/// A warning when many rows of a flat table hold the same as others: where they are copies of one lead, folds tell of each other.
/// Those that may well agree by chance are not spoken of.
pub(crate) fn copies(matrix: &FeatureMatrix) -> Option<String> {
    let n = matrix.n_rows;
    // One value a row and feature, so the shape always fits.
    let records = ArrayView2::from_shape((n, matrix.features.len()), &matrix.values).ok()?;
    let columns: Vec<ColumnView<'_>> = records.columns().into_iter().map(ColumnView::F32).collect();
    let rows: Vec<u32> = (0..n as u32).collect();
    let copies = (0_u32..).zip(first_alike(&columns, &rows)).filter(|(row, first)| row != first).count();
    ((copies as f64) >= MANY_COPIES * n as f64 && could_differ(&columns, &rows)).then(|| {
        format!(
            "{copies} of {n} rows hold the same as another row in every feature; where they are copies of one lead, keep one of them: folds that hold out \
             one copy and learn from another flatter"
        )
    })
}

/// A warning for each column of which most rows have a category that shares its place with others.
pub(crate) fn rare_categories(matrix: &FeatureMatrix, settings: &FeatureSettings) -> Vec<String> {
    let warning = |(column, feature): (usize, &crate::Feature)| {
        let FeatureKind::Categorical { levels } = &feature.kind else { return None };
        let (mut known, mut other) = (0_usize, 0_usize);
        for code in matrix.column(column).filter(|code| !code.is_nan()) {
            known += 1;
            other += usize::from(code as usize >= levels.len());
        }
        let share = other as f64 / known.max(1) as f64;
        (share > MOSTLY_RARE).then(|| {
            let least = settings.min_category_leads;
            // Fewer than that many are there when only rare ones were left out.
            let (which, what_to_do) = if levels.len() < settings.max_categories {
                (format!("that fewer than {least} leads have"), "lower features.min_category_leads (the model file then holds such words)")
            } else {
                (
                    format!("that is not among the {} most common ones, or that fewer than {least} leads have", settings.max_categories),
                    "raise features.max_categories, or lower features.min_category_leads (the model file then holds such words)",
                )
            };
            format!(
                "{}: {:.0} % of the rows with a value have a category {which}; the model takes all such categories for one and cannot tell them apart. Group them, \
                 or {what_to_do}",
                feature.name,
                100.0 * share
            )
        })
    };
    matrix.features.iter().enumerate().filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Feature;

    fn matrix(features: usize, rows: impl Iterator<Item = Vec<f32>>) -> FeatureMatrix {
        let values: Vec<f32> = rows.flatten().collect();
        FeatureMatrix {
            features: (0..features).map(|i| Feature::new(format!("f{i}"), "c", FeatureKind::Numeric)).collect(),
            n_rows: values.len() / features,
            values,
        }
    }

    #[test]
    fn copies_of_rows_that_could_differ_are_told_and_chance_is_not() {
        let number = |row: usize, column: usize| (row * 7919 % 1009 * (column + 3) % 1009) as f32;
        let twice = matrix(3, (0..400).map(|row| (0..3).map(|column| number(row / 2, column)).collect()));
        assert!(copies(&twice).is_some_and(|warning| warning.starts_with("200 of 400 rows")));
        let once = matrix(3, (0..400).map(|row| (0..3).map(|column| number(row, column)).collect()));
        assert_eq!(copies(&once), None);
        let few = matrix(2, (0..400).map(|row| vec![(row % 5) as f32, (row % 3) as f32]));
        assert_eq!(copies(&few), None, "15 different rows are all that there can be");
    }

    #[test]
    fn a_column_of_rare_categories_is_named() {
        let mut rows = matrix(1, (0..10).map(|row| vec![if row < 7 { 1.0 } else { 0.0 }]));
        rows.features = vec![Feature::new("city", "city", FeatureKind::Categorical { levels: vec!["berlin".to_owned()] })];
        let warnings = rare_categories(&rows, &FeatureSettings::default());
        assert_eq!(
            warnings,
            [
                "city: 70 % of the rows with a value have a category that fewer than 20 leads have; the model takes all such categories for one and cannot tell them \
              apart. Group them, or lower features.min_category_leads (the model file then holds such words)"
            ]
        );
        let warnings = rare_categories(&rows, &FeatureSettings::default().max_categories(1));
        assert_eq!(
            warnings,
            [
                "city: 70 % of the rows with a value have a category that is not among the 1 most common ones, or that fewer than 20 leads have; the model takes all \
              such categories for one and cannot tell them apart. Group them, or raise features.max_categories, or lower features.min_category_leads (the model \
              file then holds such words)"
            ]
        );
        rows.values.iter_mut().for_each(|code| *code = 0.0);
        assert!(rare_categories(&rows, &FeatureSettings::default()).is_empty());
    }
}
