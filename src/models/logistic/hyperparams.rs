//! The settings of a fit, unchecked and checked.

#[cfg(feature = "fit")]
use linfa::ParamGuard;
#[cfg(feature = "fit")]
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(feature = "fit")]
use super::LogisticError;
use super::Solver;

/// Checked settings of a logistic regression; made by [`LogisticParams::check`](ParamGuard::check).
// serde's derived functions are inherent here (`remote`), so that the trait below can check what was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
pub struct LogisticValidParams {
    pub(super) l2: Option<f64>,
    pub(super) l1_ratio: f64,
    pub(super) solver: Solver,
    pub(super) max_iterations: u32,
    pub(super) tolerance: f64,
    pub(super) folds: u32,
    pub(super) min_level_rows: u32,
    pub(super) transform: bool,
    pub(super) standardize: bool,
    pub(super) level_statistics: Option<bool>,
    pub(super) categorical: Vec<Option<u32>>,
}

/// Settings of a logistic regression, a linfa algorithm: `LogisticParams::new().fit(&dataset)`.
///
/// The records are f32 or f64 (n x features), NaN is unknown; the targets say whether the lead was won; the dataset's weights are used. What is minimised is
/// `sum(weight * log loss) + l2 / 2 * sum(coefficient^2)` over standardised numbers and categories; the intercept is not penalised. So a weight of 2
/// is the same as the row twice, and `l2` is scikit-learn's `1 / C`.
///
/// ```
/// use leadscore::models::logistic::LogisticParams;
/// use linfa::prelude::*;
/// use ndarray::{Array1, Array2};
///
/// let records = Array2::from_shape_fn((200, 2), |(row, column)| ((row * (7 + 4 * column)) % 31) as f32);
/// let won: Array1<bool> = records.rows().into_iter().map(|row| row[0] + 0.5 * row[1] > 25.0).collect();
/// let model = LogisticParams::new().fit(&Dataset::new(records, won))?;
/// assert!(model.report().converged);
/// assert!(model.log_odds(&[30.0, 30.0]) > 0.0);
/// # Ok::<(), leadscore::models::logistic::LogisticError>(())
/// ```
///
/// Read by serde, a setting that is not given has its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogisticParams(LogisticValidParams);

impl Default for LogisticValidParams {
    fn default() -> Self {
        Self {
            l2: None,
            l1_ratio: 0.0,
            solver: Solver::Auto,
            max_iterations: 100,
            tolerance: 1e-8,
            folds: 5,
            min_level_rows: 10,
            transform: true,
            standardize: true,
            level_statistics: None,
            categorical: Vec::new(),
        }
    }
}

impl Serialize for LogisticValidParams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for LogisticValidParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let params = Self::deserialize(deserializer)?;
        #[cfg(feature = "fit")]
        params.check().map_err(D::Error::custom)?;
        Ok(params)
    }
}

impl Serialize for LogisticParams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LogisticValidParams::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for LogisticParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LogisticValidParams::deserialize(deserializer).map(Self)
    }
}

impl LogisticParams {
    /// The default settings: every feature numeric, the penalty chosen by cross-validation, Newton's method.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The strength of the L2 penalty, above 0. `None` (the default) chooses the one of 1000, 316, 100 ... 0.1 with the least log loss in cross-validation.
    #[must_use]
    pub fn l2(mut self, l2: impl Into<Option<f64>>) -> Self {
        self.0.l2 = l2.into();
        self
    }

    /// The share of the penalty that is on magnitudes instead of squares, 0 to 1; 0 by default. With `r` the penalty is
    /// `l2 * ((1 - r) / 2 * sum(coefficient^2) + r * sum(|coefficient|))`, scikit-learn's elastic net at `C = 1 / l2`: coefficients of little use are exactly 0.
    #[must_use]
    pub fn l1_ratio(mut self, l1_ratio: f64) -> Self {
        self.0.l1_ratio = l1_ratio;
        self
    }

    /// How the coefficients are found; [`Solver::Auto`] by default.
    #[must_use]
    pub fn solver(mut self, solver: Solver) -> Self {
        self.0.solver = solver;
        self
    }

    /// At most this many iterations of the solver, at least 1; 100 by default.
    #[must_use]
    pub fn max_iterations(mut self, max_iterations: u32) -> Self {
        self.0.max_iterations = max_iterations;
        self
    }

    /// The fit has converged when no component of the gradient, divided by the sum of weights, is larger; above 0, 1e-8 by default.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// How many folds choose the penalty, 2 to 100; 5 by default. With fewer won or lost rows than that there are as many folds as rows of the rarer class, and with
    /// a single one the penalty is 10.
    #[must_use]
    pub fn folds(mut self, folds: u32) -> Self {
        self.0.folds = folds;
        self
    }

    /// A category has a coefficient of its own from this many training rows on (the 32,768 most frequent at most), at least 1; 10 by default. A numeric feature that differs
    /// from its commonest value in fewer rows is dropped, and fewer missing values get no coefficient. Below 500 rows the limit is a fiftieth of them, if that is lower.
    #[must_use]
    pub fn min_level_rows(mut self, rows: u32) -> Self {
        self.0.min_level_rows = rows;
        self
    }

    /// Whether heavy-tailed numbers may be replaced by their signed logarithm, where that tells more of the outcome; true by default.
    #[must_use]
    pub fn transform(mut self, transform: bool) -> Self {
        self.0.transform = transform;
        self
    }

    /// Whether numbers are divided by their standard deviation before their coefficients are penalised; true by default. With `false` the penalty is on the
    /// coefficients of the numbers as they are, as scikit-learn's is.
    #[must_use]
    pub fn standardize(mut self, standardize: bool) -> Self {
        self.0.standardize = standardize;
        self
    }

    /// Whether a categorical feature with more than 64 levels also tells the log-odds of its levels' shares of won rows, with one coefficient for all levels,
    /// which serves those too rare for one of their own. In training a row sees the shares among rows before it in a random order (Prokhorenkova, Gusev,
    /// Vorobev, Dorogush and Gulin 2018), and none of its group. `None` (the default): when that lowers the log loss of training rows that are held out for the question.
    #[must_use]
    pub fn level_statistics(mut self, wanted: impl Into<Option<bool>>) -> Self {
        self.0.level_statistics = wanted.into();
        self
    }

    /// Which features are categorical: for each feature `None` (numeric) or how many known levels it has. Values of such a feature are codes `0..levels`,
    /// `levels` for any other category, NaN for a missing one. Empty, the default: all numeric.
    #[must_use]
    pub fn categorical(mut self, categorical: Vec<Option<u32>>) -> Self {
        self.0.categorical = categorical;
        self
    }
}

#[cfg(feature = "fit")]
impl LogisticValidParams {
    fn check(&self) -> Result<(), LogisticError> {
        let bad = |name, expected, found: String| Err(LogisticError::BadParameter { name, expected, found });
        match self.l2 {
            Some(l2) if !(l2 > 0.0 && l2.is_finite()) => return bad("l2", "a finite number above 0, or None to choose it", l2.to_string()),
            _ => {}
        }
        if !(0.0..=1.0).contains(&self.l1_ratio) {
            return bad("l1_ratio", "in 0..=1", self.l1_ratio.to_string());
        }
        if self.l1_ratio > 0.0 && self.solver == Solver::Lbfgs {
            return bad("l1_ratio", "0 with solver \"lbfgs\"", self.l1_ratio.to_string());
        }
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            return bad("tolerance", "a finite number above 0", self.tolerance.to_string());
        }
        if self.max_iterations == 0 {
            return bad("max_iterations", "at least 1", "0".to_owned());
        }
        if !(2..=100).contains(&self.folds) {
            return bad("folds", "2 to 100", self.folds.to_string());
        }
        if self.min_level_rows == 0 {
            return bad("min_level_rows", "at least 1", "0".to_owned());
        }
        Ok(())
    }
}

#[cfg(feature = "fit")]
impl ParamGuard for LogisticParams {
    type Checked = LogisticValidParams;
    type Error = LogisticError;

    fn check_ref(&self) -> Result<&LogisticValidParams, LogisticError> {
        self.0.check()?;
        Ok(&self.0)
    }

    fn check(self) -> Result<LogisticValidParams, LogisticError> {
        self.0.check()?;
        Ok(self.0)
    }
}
