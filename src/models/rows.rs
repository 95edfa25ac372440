//! Labelled rows as both models read them: columns of either precision, outcomes, weights, groups, offsets.

use linfa::dataset::{AsSingleTargets, DatasetBase};
use ndarray::{ArrayBase, ArrayView1, ArrayView2, Axis, Data, Ix2};

/// Bytes that come from memory together.
const LINE: usize = 64;

/// One column of a table: a number per row, NaN where it is not known. Categories are codes `0, 1, 2 ...` written as numbers.
///
/// Models work in `f32`; `f64` is cast value by value as it is read.
#[derive(Debug, Clone, Copy)]
pub enum ColumnView<'a> {
    /// Single precision.
    F32(ArrayView1<'a, f32>),
    /// Double precision.
    F64(ArrayView1<'a, f64>),
}

impl ColumnView<'_> {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `row`, infinite when it is beyond `f32`.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn get(&self, row: usize) -> f32 {
        match self {
            Self::F32(values) => values[row],
            Self::F64(values) => values[row] as f32,
        }
    }

    /// Writes the values from row `first` on to `out`, as many as it has places.
    pub(crate) fn read(&self, first: usize, out: &mut [f32]) {
        match self {
            Self::F32(values) => read(values, first, out, |value| value),
            Self::F64(values) => read(values, first, out, |value| value as f32),
        }
    }

    /// The value of `row` as it was given, for messages.
    pub(crate) fn given(&self, row: usize) -> f64 {
        match self {
            Self::F32(values) => f64::from(values[row]),
            Self::F64(values) => values[row],
        }
    }
}

/// How many columns are read for the same rows before other rows are: where rows lie side by side, those whose values share a line of memory.
pub(crate) fn read_together(columns: &[ColumnView<'_>]) -> usize {
    let of_a_line = |column: &ColumnView<'_>| match column {
        ColumnView::F32(values) if values.strides() != [1] => LINE / size_of::<f32>(),
        ColumnView::F64(values) if values.strides() != [1] => LINE / size_of::<f64>(),
        _ => 1,
    };
    columns.iter().map(of_a_line).max().unwrap_or(1)
}

/// Writes the values from `first` on to `out`.
#[inline]
fn read<F: Copy>(values: &ArrayView1<'_, F>, first: usize, out: &mut [f32], cast: impl Fn(F) -> f32) {
    assert!(first.checked_add(out.len()).is_some_and(|end| end <= values.len()), "rows beyond the column are read");
    let stride = values.strides()[0];
    for (row, out) in (first as isize..).zip(out) {
        // SAFETY: `row` is below the view's length, as just asserted, and the element of that index lies `row` strides from the first. Slicing the view
        // and walking it takes twice as long where few rows are read at a time.
        *out = cast(unsafe { *values.as_ptr().offset(row * stride) });
    }
}

/// What weights are multiplied with before anything that is meant for rows (a penalty, a least leaf) meets their sum: 1, unless all are below 1. Then they can
/// count no rows and say only how much one weighs beside another, and are brought to the mean 1.
pub(crate) fn scale_of_weights(weights: impl Iterator<Item = f64> + Clone) -> f64 {
    let positive = weights.filter(|weight| *weight > 0.0);
    let (sum, n, most) = positive.fold((0.0, 0.0, 0.0_f64), |(sum, n, most), weight| (sum + weight, n + 1.0, most.max(weight)));
    if n > 0.0 && most < 1.0 { n / sum } else { 1.0 }
}

/// No offset may be further from 0: already `exp(-745)` is 0 in double precision, so that beyond it all log-odds say "certain", and what is added to them says nothing.
pub const MAX_OFFSET: f64 = 1000.0;

/// The precisions that records may have: `f32` and `f64`.
pub trait Precision: Sized + sealed::Sealed {
    /// The column as the models read it.
    fn column(values: ArrayView1<'_, Self>) -> ColumnView<'_>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Precision for f32 {
    fn column(values: ArrayView1<'_, Self>) -> ColumnView<'_> {
        ColumnView::F32(values)
    }
}

impl Precision for f64 {
    fn column(values: ArrayView1<'_, Self>) -> ColumnView<'_> {
        ColumnView::F64(values)
    }
}

/// Labelled rows to train on: the columns, whether each row was won, and what else is known of the rows.
///
/// ```
/// use leadscore::models::{ColumnView, Rows, boosting::BoostingParams};
/// use ndarray::Array1;
///
/// let visits: Array1<f64> = (0..200).map(f64::from).collect();
/// let won: Array1<bool> = (0..200).map(|row| row >= 120).collect();
/// let rows = Rows::new(vec![ColumnView::F64(visits.view())], won.view());
/// let model = BoostingParams::new().n_estimators(20).fit_rows(&rows)?;
/// assert!(model.log_odds(&[150.0]) > 0.0);
/// # Ok::<(), leadscore::models::boosting::BoostingError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    pub(crate) columns: Vec<ColumnView<'a>>,
    pub(crate) won: ArrayView1<'a, bool>,
    /// Empty: all 1.
    pub(crate) weights: ArrayView1<'a, f32>,
    /// Empty: each row is its own.
    pub(crate) groups: &'a [u32],
    /// Empty: all 0.
    pub(crate) offsets: &'a [f64],
}

impl<'a> Rows<'a> {
    /// Rows of these columns and outcomes.
    #[must_use]
    pub fn new(columns: Vec<ColumnView<'a>>, won: ArrayView1<'a, bool>) -> Self {
        Self { columns, won, weights: ArrayView1::from(&[]), groups: &[], offsets: &[] }
    }

    /// Rows of a matrix (n x features).
    #[must_use]
    pub fn of_matrix<F: Precision>(records: ArrayView2<'a, F>, won: ArrayView1<'a, bool>) -> Self {
        let columns = (0..records.ncols()).map(|column| F::column(records.index_axis_move(Axis(1), column))).collect();
        Self::new(columns, won)
    }

    /// Rows of a linfa dataset, with its weights.
    #[must_use]
    pub fn of_dataset<D, F, T>(dataset: &'a DatasetBase<ArrayBase<D, Ix2>, T>) -> Self
    where
        D: Data<Elem = F>,
        F: Precision + 'a,
        T: AsSingleTargets<Elem = bool>,
    {
        Self::of_matrix(dataset.records.view(), dataset.targets.as_single_targets()).weights(dataset.weights.view())
    }

    /// A weight per row, finite and not negative; none for 1 each.
    #[must_use]
    pub fn weights(self, weights: ArrayView1<'a, f32>) -> Self {
        Self { weights, ..self }
    }

    /// The group of each row, such as its lead: what a model learns of categories from one row of a group it never tells another row of it
    /// in training.
    #[must_use]
    pub fn groups(self, groups: &'a [u32]) -> Self {
        Self { groups, ..self }
    }

    /// Log-odds per row that the model starts from and does not learn, at most [`MAX_OFFSET`] from 0; whoever predicts adds them again.
    #[must_use]
    pub fn offsets(self, offsets: &'a [f64]) -> Self {
        Self { offsets, ..self }
    }

    /// The same rows with these offsets.
    pub(crate) fn with_offsets<'b>(&'b self, offsets: &'b [f64]) -> Rows<'b> {
        let columns = self.columns.iter().map(|column| match column {
            ColumnView::F32(values) => ColumnView::F32(values.reborrow()),
            ColumnView::F64(values) => ColumnView::F64(values.reborrow()),
        });
        Rows { columns: columns.collect(), won: self.won.reborrow(), weights: self.weights.reborrow(), groups: self.groups, offsets }
    }

    /// The first row whose offset is not a number, or too far from 0, and that offset.
    pub(crate) fn bad_offset(&self) -> Option<(usize, f64)> {
        self.offsets.iter().copied().enumerate().find(|(_, offset)| !(-MAX_OFFSET..=MAX_OFFSET).contains(offset))
    }

    /// The rows before row `middle` and those from it on; `None` when what is known of the rows differs in length.
    pub(crate) fn split_at(&self, middle: usize) -> Option<(Self, Self)> {
        fn halves<'a, T>(values: ArrayView1<'a, T>, middle: usize) -> (ArrayView1<'a, T>, ArrayView1<'a, T>) {
            if values.is_empty() { (values, values) } else { values.split_at(Axis(0), middle) }
        }
        let n = self.len();
        let is_whole = |len: usize| len == n || len == 0;
        if self.columns.iter().any(|column| column.len() != n)
            || ![self.weights.len(), self.groups.len(), self.offsets.len()].into_iter().all(is_whole)
        {
            return None;
        }
        let columns = self.columns.iter().map(|column| match column {
            ColumnView::F32(values) => {
                let (early, late) = halves(*values, middle);
                (ColumnView::F32(early), ColumnView::F32(late))
            }
            ColumnView::F64(values) => {
                let (early, late) = halves(*values, middle);
                (ColumnView::F64(early), ColumnView::F64(late))
            }
        });
        let (early_columns, late_columns) = columns.unzip();
        let (early_won, late_won) = halves(self.won, middle);
        let (early_weights, late_weights) = halves(self.weights, middle);
        let (early_groups, late_groups) = self.groups.split_at(middle.min(self.groups.len()));
        let (early_offsets, late_offsets) = self.offsets.split_at(middle.min(self.offsets.len()));
        Some((
            Self { columns: early_columns, won: early_won, weights: early_weights, groups: early_groups, offsets: early_offsets },
            Self { columns: late_columns, won: late_won, weights: late_weights, groups: late_groups, offsets: late_offsets },
        ))
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.won.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.won.is_empty()
    }
}
