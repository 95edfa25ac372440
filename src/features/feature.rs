//! What a feature is called, what it means, and the matrix of them.

use serde::{Deserialize, Serialize};

/// One column of the feature matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Feature {
    /// Stable, unique, readable name, for example `demo_request.count.7d`.
    pub name: String,
    /// What it speaks of: features of one concept are explained as one reason, for example `demo_request`.
    pub concept: String,
    /// Numeric or categorical.
    pub kind: FeatureKind,
}

/// How a model may treat a feature's values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FeatureKind {
    /// An ordered quantity; NaN is unknown.
    Numeric,
    /// A code `0..levels.len()` of a known category, `levels.len()` for any other category (rare in training, or unseen); NaN is missing.
    Categorical {
        /// The known categories, in canonical form.
        levels: Vec<String>,
    },
}

impl Feature {
    /// A feature of the given name, concept and kind.
    pub fn new(name: impl Into<String>, concept: impl Into<String>, kind: FeatureKind) -> Self {
        Self { name: name.into(), concept: concept.into(), kind }
    }

    /// Whether its values are codes of categories.
    #[must_use]
    pub fn is_categorical(&self) -> bool {
        matches!(self.kind, FeatureKind::Categorical { .. })
    }
}

/// Rows of features, row after row in one block of memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureMatrix {
    /// The columns.
    pub features: Vec<Feature>,
    /// `n_rows * features.len()` values.
    pub values: Vec<f32>,
    /// How many rows.
    pub n_rows: usize,
}

impl FeatureMatrix {
    /// The values of row `row`.
    ///
    /// # Panics
    /// When `row` is not below `n_rows`.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        let width = self.features.len();
        &self.values[row * width..(row + 1) * width]
    }

    /// Keeps only the columns for which `keep` is true.
    pub fn retain(&mut self, keep: &[bool]) {
        let width = self.features.len();
        let kept = |index: usize| keep.get(index).copied().unwrap_or(false);
        if width > 0 {
            let mut position = 0;
            self.values.retain(|_| {
                position += 1;
                kept((position - 1) % width)
            });
        }
        let mut position = 0;
        self.features.retain(|_| {
            position += 1;
            kept(position - 1)
        });
    }

    /// The values column by column. Some rows at a time, so that they are in the processor's cache for all columns.
    #[must_use]
    pub fn columns(&self) -> Vec<Vec<f32>> {
        const AT_ONCE: usize = 256;
        let width = self.features.len();
        let mut columns: Vec<Vec<f32>> = (0..width).map(|_| Vec::with_capacity(self.n_rows)).collect();
        for rows in self.values.chunks((AT_ONCE * width).max(1)) {
            for (place, column) in columns.iter_mut().enumerate() {
                column.extend(rows.iter().skip(place).step_by(width));
            }
        }
        columns
    }

    /// The values of column `column`, from the first row to the last.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f32> + '_ {
        self.values.iter().skip(column).step_by(self.features.len().max(1)).copied()
    }
}
