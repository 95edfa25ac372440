//! Settings that were left alone, from the size of the data.

#[cfg(feature = "fit")]
use super::params::BoostingValidParams;

/// The settings that adapt to the data unless the caller fixes them.
const ADAPTIVE: [&str; 9] = [
    "n_estimators",
    "learning_rate",
    "num_leaves",
    "min_child_samples",
    "bagging_fraction",
    "feature_fraction",
    "statistics_pairs",
    "averaging",
    "cat_smooth",
];

/// Which of the adaptive settings the caller fixed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Given(u16);

impl Given {
    /// Notes that setting `name` is fixed. Settings that do not adapt need no note.
    pub(crate) fn add(&mut self, name: &str) {
        if let Some(at) = ADAPTIVE.iter().position(|adaptive| *adaptive == name) {
            self.0 |= 1 << at;
        }
    }

    /// All fixed.
    #[cfg(feature = "fit")]
    fn all() -> Self {
        Self((1 << ADAPTIVE.len()) - 1)
    }

    /// Whether setting `name` has the value that it will have in the fit: it is fixed, or does not adapt.
    pub(crate) fn fixes(self, name: &str) -> bool {
        ADAPTIVE.iter().position(|adaptive| *adaptive == name).is_none_or(|at| self.0 >> at & 1 == 1)
    }
}

/// How much data there is to learn from: what the settings adapt to.
#[cfg(feature = "fit")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Rows with weight.
    pub(crate) rows: usize,
    /// Those of the rarer outcome.
    pub(crate) rarer: usize,
}

#[cfg(feature = "fit")]
impl BoostingValidParams {
    /// These settings with those that the caller left alone chosen for data of this size.
    pub(crate) fn adapted(&self, size: Size) -> Self {
        let mut params = self.clone();
        let open = |name: &str| !self.given.fixes(name);
        if open("num_leaves") {
            params.num_leaves = num_leaves(size);
        }
        if open("min_child_samples") {
            params.min_child_samples = if size.rows >= MANY_ROWS { 20 } else { 10 };
        }
        if open("bagging_fraction") {
            params.bagging_fraction = if size.rows >= MANY_ROWS { 1.0 } else { BAGGING };
        }
        if open("feature_fraction") {
            params.feature_fraction = if size.rows >= MANY_ROWS { 0.7 } else { 0.4 };
        }
        if open("learning_rate") {
            params.learning_rate =
                if self.early_stopping_rounds.is_some() { patient_learning_rate(size) } else { learning_rate(params.n_estimators, size) };
        }
        // Trees of a single split are asked for to have each feature act for itself.
        if open("statistics_pairs") && (params.num_leaves == 2 || params.max_depth == Some(1)) {
            params.statistics_pairs = 0;
        }
        params.given = Given::all();
        params
    }

    /// How many models to average, once the number of trees is settled.
    pub(super) fn settled_averaging(&self, size: Size) -> usize {
        if self.given.fixes("averaging") || !size.is_small() { self.averaging } else { AVERAGED }
    }
}

#[cfg(feature = "fit")]
impl Size {
    /// Of so many rows: which of them are won.
    pub(crate) fn of(rows: impl ExactSizeIterator<Item = usize>, won: &[bool]) -> Self {
        let n = rows.len();
        let n_won = rows.filter(|&row| won[row]).count();
        Self { rows: n, rarer: n_won.min(n - n_won) }
    }

    /// Whether comparing several settings takes no more than seconds.
    pub(super) fn is_small(self) -> bool {
        self.rows <= FEW_ROWS
    }
}

/// Up to here all folds choose the number of leaves, and [`AVERAGED`] models are averaged: it takes a few seconds more, and luck weighs most among few rows. Out of fold
/// within the training parts, choice and average together changed the log loss on bpic2012 by -0.0055 forward in time and by -0.0016 at random, on coil2000 by -0.0011,
/// x-education by -0.0003 and -0.0007, bank-marketing by -0.0003 at random.
#[cfg(feature = "fit")]
const FEW_ROWS: usize = 50_000;
#[cfg(feature = "fit")]
const AVERAGED: usize = 3;

/// From here on there is so much data that trees may be larger and steps longer, and time counts. On 250,000 snapshots of 60,000 made leads the smaller,
/// slower trees still came closer to the true probabilities, by 0.002 in AUC.
#[cfg(feature = "fit")]
const MANY_ROWS: usize = 500_000;

/// The share of the rows that each tree learns from, of few rows. Out of fold within the training parts of three splits of x-education it
/// lowered the log loss by 0.002, of bank-marketing by 0.0004; shares from 0.5 to 0.7 did about as well. Of many rows gradients choose.
#[cfg(feature = "fit")]
const BAGGING: f64 = 0.65;

/// Leaves by how many of the rarer outcome there are to tell apart: small trees learn little by heart.
#[cfg(feature = "fit")]
fn num_leaves(size: Size) -> usize {
    match size.rarer {
        0..100 => 4,
        100..400 => 8,
        _ if size.rows < MANY_ROWS => 15,
        _ => 31,
    }
}

/// The learning rate where the number of trees follows from it.
#[cfg(feature = "fit")]
fn patient_learning_rate(size: Size) -> f64 {
    if size.rows < MANY_ROWS { 0.05 } else { 0.1 }
}

/// The learning rate of a given number of trees. How far all of them together may go, their number times the rate, grows with the decades of
/// rows: about 10 at 20,000 rows and 20 at a million.
#[cfg(feature = "fit")]
fn learning_rate(n_estimators: usize, size: Size) -> f64 {
    let decades = libm::log10(size.rows.max(1) as f64);
    let distance = (10.0 + 6.0 * (decades - 4.3)).max(4.0);
    (distance / n_estimators as f64).clamp(0.02, 0.3)
}

#[cfg(all(test, feature = "fit"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use linfa::ParamGuard;

    use super::super::params::BoostingParams;
    use super::*;

    const SIZES: [Size; 4] = [
        Size { rows: 200, rarer: 20 },
        Size { rows: 6000, rarer: 350 },
        Size { rows: 30_000, rarer: 3000 },
        Size { rows: 1_000_000, rarer: 88_000 },
    ];

    fn adapted(params: BoostingParams, size: Size) -> BoostingValidParams {
        params.check().unwrap().adapted(size)
    }

    #[test]
    fn what_the_caller_fixes_stays() {
        let fixed = BoostingParams::new().n_estimators(7).learning_rate(0.7).num_leaves(6).min_child_samples(3).reg_lambda(0.0);
        for size in SIZES {
            let adapted = adapted(fixed.clone(), size);
            assert_eq!((adapted.n_estimators, adapted.learning_rate, adapted.num_leaves, adapted.min_child_samples), (7, 0.7, 6, 3));
        }
    }

    #[test]
    fn the_rarer_outcome_is_that_of_fewer_rows() {
        let won = [true, false, true, true, false];
        assert_eq!(Size::of(0..5, &won), Size { rows: 5, rarer: 2 });
        assert_eq!(Size::of([0, 2, 3].into_iter(), &won), Size { rows: 3, rarer: 0 });
        assert_eq!(Size::of([0, 1, 4].into_iter(), &won), Size { rows: 3, rarer: 1 });
    }

    #[test]
    fn adapted_settings_are_in_range_and_adapt_no_further() {
        for size in SIZES {
            let once = adapted(BoostingParams::new(), size);
            SIZES.iter().for_each(|other| assert_eq!(once.adapted(*other), once));
            let read: BoostingParams = serde_json::from_str(&serde_json::to_string(&once).unwrap()).unwrap();
            assert_eq!(read.check().unwrap(), once);
        }
    }

    #[test]
    fn few_trees_on_much_data_learn_fast_and_many_learn_slowly() {
        let rate = |n_estimators, size| adapted(BoostingParams::new().n_estimators(n_estimators), size).learning_rate;
        for size in SIZES {
            assert!(rate(1, size) >= rate(100, size) && rate(100, size) >= rate(1000, size));
        }
        assert!(rate(100, SIZES[3]) > 0.15 && rate(100, SIZES[0]) < 0.05);
        assert!(adapted(BoostingParams::new().early_stopping_rounds(Some(50)), SIZES[2]).learning_rate <= 0.05);
    }

    #[test]
    fn settings_left_alone_are_written_as_null_and_those_of_a_file_of_format_1_are_all_fixed() {
        let json = serde_json::to_value(BoostingParams::new().num_leaves(9)).unwrap();
        assert!(json["learning_rate"].is_null() && json["num_leaves"] == 9 && json["max_bins"] == 255);
        assert_eq!(serde_json::from_value::<BoostingParams>(json).unwrap(), BoostingParams::new().num_leaves(9));
        let old: BoostingParams = serde_json::from_str(r#"{"learning_rate": 0.05, "num_leaves": 15, "min_child_samples": 10}"#).unwrap();
        assert_eq!((adapted(old.clone(), SIZES[0]).num_leaves, adapted(old, SIZES[3]).learning_rate), (15, 0.05));
    }
}
