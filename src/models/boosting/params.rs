//! The settings of boosting: unchecked, and checked.

#[cfg(feature = "fit")]
use linfa::ParamGuard;
#[cfg(feature = "fit")]
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::adaptive::Given;
#[cfg(feature = "fit")]
use super::adaptive::Size;
#[cfg(feature = "fit")]
use super::error::BoostingError;
#[cfg(feature = "fit")]
use super::validate::MAX_DEPTH;

/// Checked settings of boosting: what [`BoostingParams`] becomes when every setting is in its range. Only these fit.
///
/// The fields have the names and meanings of the setters of [`BoostingParams`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BoostingValidParams {
    /// Which of the settings that adapt to the data the caller fixed.
    pub(crate) given: Given,
    pub(crate) n_estimators: usize,
    pub(crate) learning_rate: f64,
    pub(crate) num_leaves: usize,
    pub(crate) max_depth: Option<usize>,
    pub(crate) min_child_samples: usize,
    pub(crate) min_child_weight: f64,
    pub(crate) reg_lambda: f64,
    pub(crate) min_split_gain: f64,
    pub(crate) path_smooth: f64,
    pub(crate) max_bins: usize,
    pub(crate) feature_fraction: f64,
    pub(crate) bagging_fraction: f64,
    pub(crate) gradient_sampling: Option<f64>,
    pub(crate) early_stopping_rounds: Option<usize>,
    pub(crate) validation_fraction: f64,
    pub(crate) monotone_constraints: Vec<i8>,
    pub(crate) interaction_constraints: Vec<Vec<usize>>,
    pub(crate) excluded: Vec<usize>,
    pub(crate) categorical: Vec<Option<u32>>,
    pub(crate) cat_smooth: f64,
    pub(crate) cat_l2: f64,
    pub(crate) max_cat_threshold: usize,
    pub(crate) max_cat_to_onehot: usize,
    pub(crate) min_data_per_group: usize,
    pub(crate) statistics_from: usize,
    pub(crate) statistics_strength: f64,
    pub(crate) statistics_pairs: usize,
    pub(crate) min_pair_rows: usize,
    pub(crate) averaging: usize,
    pub(crate) seed: u64,
    /// The most combinations of codes that features which share a byte may have. No model depends on it.
    pub(crate) combinations: usize,
    /// Whether the trees start from a ridge regression (see `linear_start`).
    pub(crate) linear_start: bool,
}

/// Settings of boosting, not yet checked: set what you need, then `fit` (which checks), or [`check`](linfa::ParamGuard::check) first.
///
/// Names and meanings are LightGBM's. Settings that are left alone adapt to the numbers of rows and of outcomes of the rarer kind when the fit
/// begins: the learning rate, the number of leaves, the fewest rows of a leaf, and the shares of rows and features that each tree uses. A number of trees that is given is the number that is grown; it, too, moves the learning rate.
///
/// A fit without a number of trees, without early stopping and without a validation set chooses that number, the number of leaves, whether pairs of categories pay and how smooth categories are by cross-validation on its rows (five
/// folds; of more than 50,000 rows one fifth is held out), then fits all of them, up to 50,000 rows three times, averaged. With fewer than 100 rows of the rarer outcome (of different groups), up to 50,000 rows in all, and all left alone that
/// says what a leaf may be (`num_leaves`, `max_depth`, the `min_` settings, `reg_lambda`, `path_smooth`, those of categories), the trees start from a ridge regression, which is written as trees too, one a feature, of up to 32 leaves, and
/// learn what it leaves over. That takes many times as long as a fit with a
/// number of trees, and is much better where signals are strong.
///
/// ```
/// use leadscore::models::boosting::BoostingParams;
/// use linfa::{Dataset, traits::{Fit, Predict}};
/// use ndarray::Array;
///
/// let visits = Array::from_shape_fn((200, 1), |(row, _)| row as f32);
/// let won = Array::from_shape_fn(200, |row| row >= 120);
/// let model = BoostingParams::new().n_estimators(50).fit(&Dataset::new(visits, won))?;
/// assert!(model.log_odds(&[150.0]) > 0.0);
/// assert!(model.log_odds(&[20.0]) < 0.0);
/// # Ok::<(), leadscore::models::boosting::BoostingError>(())
/// ```
///
/// Read by serde, a setting that is absent or null has its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BoostingParams(BoostingValidParams);

impl Default for BoostingValidParams {
    fn default() -> Self {
        Self {
            given: Given::default(),
            n_estimators: 200,
            learning_rate: 0.05,
            num_leaves: 15,
            max_depth: None,
            min_child_samples: 10,
            min_child_weight: 1e-3,
            reg_lambda: 3.0,
            min_split_gain: 0.0,
            path_smooth: 0.0,
            max_bins: 255,
            feature_fraction: 0.4,
            bagging_fraction: 1.0,
            gradient_sampling: None,
            early_stopping_rounds: None,
            validation_fraction: 0.1,
            monotone_constraints: Vec::new(),
            interaction_constraints: Vec::new(),
            excluded: Vec::new(),
            categorical: Vec::new(),
            cat_smooth: 10.0,
            cat_l2: 10.0,
            max_cat_threshold: 32,
            max_cat_to_onehot: 20,
            min_data_per_group: 100,
            statistics_from: 19,
            statistics_strength: 10.0,
            statistics_pairs: 8,
            min_pair_rows: 1,
            averaging: 1,
            seed: 0,
            combinations: 256,
            linear_start: false,
        }
    }
}

impl<'de> Deserialize<'de> for BoostingValidParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let params = Self::read(deserializer)?;
        #[cfg(feature = "fit")]
        params.check().map_err(D::Error::custom)?;
        Ok(params)
    }
}

impl Serialize for BoostingParams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BoostingParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BoostingValidParams::read(deserializer).map(Self)
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        impl BoostingParams {
            /// The default settings.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $name: $kind) -> Self {
                self.0.$name = $name;
                self.0.given.add(stringify!($name));
                self
            })*
        }

        /// The settings as they are written: null for one that the caller left to adapt.
        #[derive(Serialize, Deserialize)]
        #[serde(default)]
        struct Written {
            $($name: Option<$kind>,)*
        }

        impl Default for Written {
            fn default() -> Self {
                Self { $($name: None,)* }
            }
        }

        impl Serialize for BoostingValidParams {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Written { $($name: self.given.fixes(stringify!($name)).then(|| self.$name.clone()),)* }.serialize(serializer)
            }
        }

        impl BoostingValidParams {
            /// Reads settings, not yet checked.
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let written = Written::deserialize(deserializer)?;
                let mut params = Self::default();
                $(if let Some($name) = written.$name {
                    params.$name = $name;
                    params.given.add(stringify!($name));
                })*
                Ok(params)
            }
        }

        impl BoostingValidParams {
            $(#[doc = concat!("The checked [`", stringify!($name), "`](BoostingParams::", stringify!($name), ").")]
            #[must_use]
            pub fn $name(&self) -> &$kind {
                &self.$name
            })*
        }
    };
}

setters! {
    /// How many trees, 1 to 100 000; fewer when early stopping says so. Left alone they are chosen by cross-validation, unless early stopping or a validation set is given.
    n_estimators: usize,
    /// The factor on each tree's leaf values, in (0, 1].
    learning_rate: f64,
    /// The most leaves a tree may have, 2 to 4096.
    num_leaves: usize,
    /// The most splits between root and leaf, at least 1. `None`: no limit but `num_leaves`.
    max_depth: Option<usize>,
    /// The fewest rows in a leaf, whatever their weights (rows of weight 0 do not count); at least 1.
    min_child_samples: usize,
    /// The smallest sum of hessians `weight * p * (1 - p)` in a leaf, at least 0.
    min_child_weight: f64,
    /// L2 penalty on leaf values (LightGBM's `lambda_l2`), at least 0.
    reg_lambda: f64,
    /// The gain that a split must exceed, at least 0.
    min_split_gain: f64,
    /// Pulls the value of a leaf of few rows towards its parent's, at least 0: with `n` rows the leaf's own value has share
    /// `n / (n + path_smooth)`.
    path_smooth: f64,
    /// The most bins of a numeric feature, missing values apart, at least 2. A bin code is one byte, so more than 255 count as 255.
    max_bins: usize,
    /// The share of the features that each tree may use, drawn anew for each, in (0, 1]; never fewer than 4 features, if there are so many.
    feature_fraction: f64,
    /// The share of the rows that the shape of each tree is chosen on, drawn anew for each without replacement, in (0, 1]; the values of leaves are those of
    /// all rows.
    bagging_fraction: f64,
    /// The share of the rows that the shape of each tree is chosen on, those with most left to teach preferred (minimal variance sampling,
    /// Ibragimov and Gusev 2019), in (0, 1]; the values of leaves are always those of all rows. `None`: all of up to 65,536 rows, and of more a
    /// share that falls to 15 %.
    gradient_sampling: Option<f64>,
    /// Stop when validation log loss has not fallen for so many trees, at least 1, and keep the best number of trees. `None`: never.
    early_stopping_rounds: Option<usize>,
    /// The share of the rows, from the end, on which early stopping validates when no validation set is given, in (0, 1). Rows should then be
    /// in order of time, newest last. Nothing is purged between the two parts: a caller whose labels look ahead gives a validation set.
    validation_fraction: f64,
    /// Per feature 1 (log-odds never fall as it rises), -1 (never rise) or 0 (free). Empty: all free. Categorical features are free; so are
    /// missing values. Bounds pass down the tree from the middle of each constrained split (LightGBM's "basic" method), so that the whole
    /// model is monotone.
    monotone_constraints: Vec<i8>,
    /// Groups of features (by number) that may be asked together on one way through a tree. A feature may be in several groups; one that is in
    /// none is asked with no other. Empty: all may.
    interaction_constraints: Vec<Vec<usize>>,
    /// Features (by number) that no tree asks.
    excluded: Vec<usize>,
    /// Per feature `None` (numeric) or the number of known categories `n`: codes `0..n` are known, `n` is any other category, NaN is missing.
    /// Empty: all numeric.
    categorical: Vec<Option<u32>>,
    /// The fewest rows of a category that may be told apart at a node, and how much hessian of the node's mean is mixed into each
    /// category's own when they are put in order, at least 0. Left alone 10, where the category has a statistic 30 for the first; where the number of trees is chosen by cross-validation
    /// on up to 50,000 rows, it also chooses between this and 100 times the rows of a group.
    cat_smooth: f64,
    /// L2 penalty added to `reg_lambda` on both sides of a split of many categories, at least 0.
    cat_l2: f64,
    /// The most categories on the smaller side of a categorical split, at least 1.
    max_cat_threshold: usize,
    /// Up to so many categories at a node, each is tried against the rest instead of in order; at least 0.
    max_cat_to_onehot: usize,
    /// The fewest rows between two tried cuts in the order of categories, at least 1.
    min_data_per_group: usize,
    /// A categorical feature of at least so many categories has an ordered target statistic beside its own splits (Prokhorenkova et al. 2018):
    /// a number, the share of won rows among the earlier rows of its category, that trees cut like any other. By default 19: with
    /// what is missing and any other, whatever is not tried one category against the rest. `usize::MAX`: never.
    statistics_from: usize,
    /// How many rows of the overall share are mixed into each category's statistic, above 0.
    statistics_strength: f64,
    /// The most pairs of categorical features that have an ordered target statistic, at least 0: those whose categories say together what they do not say one by one, if
    /// there are such. Left alone, up to 8, none for trees of a single split; where the number of trees is chosen by cross-validation, it also chooses between these and none.
    statistics_pairs: usize,
    /// The fewest rows, of different groups where there are any, of a pair of categories that has a value of its own; at least 1. All other pairs of the two features share
    /// one value. Training on leads takes [`FeatureSettings::min_category_leads`](crate::FeatureSettings::min_category_leads) where that is more.
    min_pair_rows: usize,
    /// How many models are fitted, each with draws of its own, and averaged on the log-odds, 1 to 100. The average is one model of so many times the trees, which
    /// costs as much more to fit and to score, and is a little better: the luck of the draws shrinks (Breiman 1996). With early stopping each stops for itself.
    averaging: usize,
    /// Draws features and rows. The same seed gives the same model, to the bit, on any number of threads.
    seed: u64,
}

impl BoostingParams {
    /// Whether some setting speaks of features by number.
    #[cfg(feature = "fit")]
    pub(crate) fn names_features(&self) -> bool {
        let BoostingValidParams { monotone_constraints, interaction_constraints, excluded, categorical, .. } = &self.0;
        !(monotone_constraints.is_empty() && interaction_constraints.is_empty() && excluded.is_empty() && categorical.is_empty())
    }

    /// Whether a validation set may end the fit before `n_estimators` trees.
    #[must_use]
    pub fn stops_early(&self) -> bool {
        self.0.early_stopping_rounds.is_some()
    }

    /// Whether the caller left the number of trees open and did not say how to settle it.
    #[cfg(feature = "fit")]
    pub(crate) fn settles_trees(&self) -> bool {
        !self.0.given.fixes("n_estimators") && !self.stops_early()
    }

    /// These settings with all those fixed that adapt to the size of the data.
    #[cfg(feature = "fit")]
    pub(crate) fn adapted(&self, size: Size) -> Self {
        Self(self.0.adapted(size))
    }

    /// Whether the trees start from a ridge regression.
    #[cfg(feature = "fit")]
    pub(super) fn starts_from_line(&self) -> bool {
        self.0.linear_start
    }

    /// Whether the caller says nothing of what a leaf may be. A default that is given says nothing either: files of before `cat_smooth` adapted hold it so.
    #[cfg(feature = "fit")]
    pub(super) fn leaves_open(&self) -> bool {
        let said = |params: &BoostingValidParams| {
            let of_sets = (params.max_cat_threshold, params.max_cat_to_onehot, params.min_data_per_group);
            let smooth = (params.path_smooth, params.cat_smooth, params.cat_l2, params.reg_lambda);
            (params.max_depth, params.min_child_weight, params.min_split_gain, smooth, of_sets)
        };
        !self.fixes("num_leaves") && !self.fixes("min_child_samples") && said(&self.0) == said(&BoostingValidParams::default())
    }

    /// Lets the trees start from a ridge regression, or not.
    #[cfg(feature = "fit")]
    pub(super) fn start_from_line(&mut self, starts: bool) {
        self.0.linear_start = starts;
    }

    /// The learning rate.
    #[cfg(feature = "fit")]
    pub(super) fn step(&self) -> f64 {
        self.0.learning_rate
    }

    /// The trees that a fit grows at most.
    #[cfg(feature = "fit")]
    pub(super) fn trees_at_most(&self) -> usize {
        self.0.n_estimators * self.0.averaging
    }

    /// Whether several models are averaged.
    #[cfg(feature = "fit")]
    pub(crate) fn averages(&self) -> bool {
        self.0.averaging > 1
    }

    /// The leaves that a tree of a fit has at most.
    #[cfg(feature = "fit")]
    pub(super) fn leaves_at_most(&self) -> usize {
        self.0.num_leaves
    }

    /// The rows that a pair must have for a value of its own.
    #[cfg(feature = "fit")]
    pub(crate) fn least_rows_of_pair(&self) -> usize {
        self.0.min_pair_rows
    }

    /// Whether setting `name` is the caller's.
    #[cfg(feature = "fit")]
    pub(super) fn fixes(&self, name: &str) -> bool {
        self.0.given.fixes(name)
    }

    /// How many models of settled settings to average: as many as the caller says, else several where there are few rows.
    #[cfg(feature = "fit")]
    pub(super) fn settled_averaging(&self, size: Size) -> usize {
        self.0.settled_averaging(size)
    }
}

impl From<BoostingValidParams> for BoostingParams {
    /// The settings, to be changed again.
    fn from(checked: BoostingValidParams) -> Self {
        Self(checked)
    }
}

#[cfg(feature = "fit")]
impl BoostingValidParams {
    fn check(&self) -> Result<(), BoostingError> {
        fn ensure(ok: bool, name: &'static str, range: &'static str, got: impl ToString) -> Result<(), BoostingError> {
            if ok { Ok(()) } else { Err(BoostingError::Param { name, range, got: got.to_string() }) }
        }
        let not_negative = |name, value: f64| ensure(value.is_finite() && value >= 0.0, name, "a finite number of at least 0", value);
        let share = |name, value: f64| ensure(value > 0.0 && value <= 1.0, name, "in (0, 1]", value);

        ensure((1..=100_000).contains(&self.n_estimators), "n_estimators", "in 1..=100000", self.n_estimators)?;
        share("learning_rate", self.learning_rate)?;
        ensure((2..=MAX_DEPTH as usize + 1).contains(&self.num_leaves), "num_leaves", "in 2..=4096", self.num_leaves)?;
        ensure(self.max_depth != Some(0), "max_depth", "at least 1 (or none)", 0)?;
        ensure(self.min_child_samples >= 1, "min_child_samples", "at least 1", self.min_child_samples)?;
        not_negative("min_child_weight", self.min_child_weight)?;
        not_negative("reg_lambda", self.reg_lambda)?;
        not_negative("min_split_gain", self.min_split_gain)?;
        not_negative("path_smooth", self.path_smooth)?;
        ensure((2..=65_535).contains(&self.max_bins), "max_bins", "in 2..=65535", self.max_bins)?;
        share("feature_fraction", self.feature_fraction)?;
        share("bagging_fraction", self.bagging_fraction)?;
        if let Some(rate) = self.gradient_sampling {
            share("gradient_sampling", rate)?;
        }
        ensure(self.early_stopping_rounds != Some(0), "early_stopping_rounds", "at least 1 (or none)", 0)?;
        ensure(
            self.validation_fraction > 0.0 && self.validation_fraction < 1.0,
            "validation_fraction",
            "in (0, 1)",
            self.validation_fraction,
        )?;
        if let Some(bad) = self.monotone_constraints.iter().find(|direction| !(-1..=1).contains(*direction)) {
            return ensure(false, "monotone_constraints", "-1, 0 or 1 for each feature", bad);
        }
        if let Some(Some(bad)) = self.categorical.iter().find(|n| n.is_some_and(|n| n > MAX_LEVELS)) {
            return ensure(false, "categorical", "at most 16777214 categories for each feature", bad);
        }
        let both = self.monotone_constraints.iter().zip(&self.categorical).position(|(&direction, n)| direction != 0 && n.is_some());
        if let Some(feature) = both {
            return Err(BoostingError::NoOrder { feature, direction: self.direction(feature) });
        }
        not_negative("cat_smooth", self.cat_smooth)?;
        not_negative("cat_l2", self.cat_l2)?;
        ensure(self.max_cat_threshold >= 1, "max_cat_threshold", "at least 1", self.max_cat_threshold)?;
        ensure(self.min_data_per_group >= 1, "min_data_per_group", "at least 1", self.min_data_per_group)?;
        let strength = self.statistics_strength;
        ensure(strength.is_finite() && strength > 0.0, "statistics_strength", "a finite number above 0", strength)?;
        ensure(self.min_pair_rows >= 1, "min_pair_rows", "at least 1", self.min_pair_rows)?;
        ensure((1..=100).contains(&self.averaging), "averaging", "in 1..=100", self.averaging)
    }

    /// The constraint of `feature`.
    pub(crate) fn direction(&self, feature: usize) -> i8 {
        self.monotone_constraints.get(feature).copied().unwrap_or(0)
    }

    /// The share of the rows that a tree is grown on, out of `n_rows`.
    pub(crate) fn gradient_sampling_rate(&self, n_rows: usize) -> f64 {
        const ALL: f64 = 65_536.0;
        self.gradient_sampling.unwrap_or_else(|| (0.15 + 0.85 * ALL / n_rows as f64).min(1.0))
    }

    /// Whether a statistic is derived from `feature`.
    pub(crate) fn has_statistic(&self, feature: usize) -> bool {
        let levels = self.categorical.get(feature).copied().flatten();
        levels.is_some_and(|levels| levels as usize >= self.statistics_from)
    }

    /// The fewest rows of a category that a split of many may tell apart. Where the category has a statistic, few rows speak through that: among categories
    /// that were chosen by their rows' outcomes, the statistic of a row, which leaves its own outcome out, would tell that outcome.
    pub(crate) fn least_rows_of_category(&self, feature: usize) -> f64 {
        const WITH_STATISTIC: f64 = 30.0;
        if self.has_statistic(feature) { self.cat_smooth.max(WITH_STATISTIC) } else { self.cat_smooth }
    }

    /// How many codes `feature` has: 0 when numeric, else its categories and "any other".
    pub(crate) fn codes(&self, feature: usize) -> u32 {
        self.categorical.get(feature).copied().flatten().map_or(0, |levels| levels + 1)
    }
}

#[cfg(feature = "fit")]
/// Codes of categories and of "any other" are told apart as `f32`.
const MAX_LEVELS: u32 = (1 << 24) - 2;

#[cfg(feature = "fit")]
impl ParamGuard for BoostingParams {
    type Checked = BoostingValidParams;
    type Error = BoostingError;

    fn check_ref(&self) -> Result<&BoostingValidParams, BoostingError> {
        self.0.check()?;
        Ok(&self.0)
    }

    fn check(self) -> Result<BoostingValidParams, BoostingError> {
        self.0.check()?;
        Ok(self.0)
    }
}
