//! What the caller leaves open, settled by rows that were held out: the number of trees, their size, whether pairs of categories pay, how smooth categories are, and how many models are averaged.

use std::ops::Range;

use rayon::prelude::*;

use super::adaptive::Size;
use super::fit::BoostingFit;
use super::params::BoostingParams;
use crate::observer::Observer;

/// The most trees that are tried where the caller gives no number, and after how many without progress a fold stops.
const MOST_TREES: usize = 2000;
const PATIENCE: usize = 50;
/// How far all trees together may go, their number times the learning rate, for each root of the number of rows of the rarer outcome. Where there are few of these, folds that
/// judge by a handful of them now and then praise several times as many trees as do well.
const REACH: f64 = 1.1;
/// The same of trees that start from a line and learn what it leaves over.
const REACH_FROM_LINE: f64 = 0.5;
/// The number of leaves that is tried first of few rows, and those that follow: fewer, each while it is better than the one before, or when the first of them is not, more. Where
/// signals are strong, few leaves underfit whatever the number of trees.
const FIRST: usize = 15;
const FEWER: [usize; 2] = [8, 4];
const MORE: [usize; 2] = [31, 63];
/// The numbers of leaves that are tried of many rows, each only while it is better than the one before. There they are compared on the last fold alone, by large steps: these order them much as
/// small steps do, and take a quarter of the trees. Validated within the training parts of seven public sets of 60,000 to 180,000 rows, comparing so and with all
/// steps small led to the same log loss (0.2525 and 0.2528 on the set that gained most, of 0.2636 with 15 leaves).
const LEAVES_OF_MANY: [usize; 4] = [15, 31, 63, 127];
const LARGE_STEP: f64 = 0.2;
const LARGE_STEP_PATIENCE: usize = 20;

/// So many times the rows of a group are asked of a category, and mixed into it, where that does better than the default: a node then tells apart only what many leads say, and what fewer
/// say goes through the statistic. On bpic2012 (53 resources, three snapshots a lead) boosting as one model had a log loss of 0.5547 so on four blocks forward in time, 0.5569 with the default, and
/// 0.5573 with neither; 60, 200 and 400 leads instead of 100 were as good. It is not always better: what categories and numbers only say together, the statistic does not tell.
const SMOOTH: f64 = 100.0;

/// Quick looks at what trees can do, in this order.
///
/// Chosen on 72 trainings on made tables (500 to 6,000 rows, truths from straight lines to products alone), of which settled trees became part of the model in 22: one of the two looks
/// gained in each of these, and trees of the second gained and were ahead of the logistic model exactly where settled ones did and were. Looks at trees of 8 and 15 leaves by
/// large steps missed up to ten of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Large steps.
    First,
    /// Half as large, without pairs of categories.
    Second,
}

impl Look {
    /// Trees of more overfit by large steps, and take longer.
    pub(crate) const LEAVES: usize = FEWER[1];

    /// The learning rate, and after how many trees without progress a fold stops.
    fn step(self) -> (f64, usize) {
        match self {
            Self::First => (LARGE_STEP, LARGE_STEP_PATIENCE),
            Self::Second => (LARGE_STEP / 2.0, 30),
        }
    }
}

impl BoostingParams {
    /// These settings with as many trees as held-out rows like best, when the caller left their number open; of few rows no more than these can bear.
    pub(crate) fn opened(self, size: Size) -> Self {
        if !self.settles_trees() {
            return self;
        }
        let open = self.n_estimators(MOST_TREES).early_stopping_rounds(Some(PATIENCE));
        let reach = if open.starts_from_line() { REACH_FROM_LINE } else { REACH };
        let bearable = reach * f64::sqrt(size.rarer as f64) / open.adapted(size).step();
        open.n_estimators(MOST_TREES.min(bearable.ceil() as usize).max(1))
    }
}

/// Passes on all but the stages: the folds are one stage together.
struct OneOfFolds<'a>(&'a dyn Observer);

impl Observer for OneOfFolds<'_> {
    fn advance(&self, steps: u64) {
        self.0.advance(steps);
    }

    fn warning(&self, what: &str) {
        self.0.warning(what);
    }

    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// Folds that settings are tried on.
pub(crate) struct Trial<'a, F> {
    /// Of the rows that the last fit will have.
    pub(crate) size: Size,
    /// Counts how many of those rows a group has on average: of a lead, where rows are snapshots.
    pub(crate) rows_per_group: Box<dyn Fn() -> f64 + Sync + 'a>,
    /// The weight of each fold's held-out rows.
    pub(crate) weights: &'a [f64],
    /// Fits a fold; its held-out rows validate where the settings stop early.
    pub(crate) fit: F,
    pub(crate) observer: &'a dyn Observer,
}

impl<E: Send, F: Fn(&BoostingParams, usize, &dyn Observer) -> Result<BoostingFit, E> + Sync> Trial<'_, F> {
    /// The fit of each fold.
    pub(crate) fn fit_folds(&self, params: &BoostingParams, what: &str) -> Result<Vec<BoostingFit>, E> {
        self.fit_some(params, 0..self.weights.len(), what)
    }

    fn fit_some(&self, params: &BoostingParams, folds: Range<usize>, what: &str) -> Result<Vec<BoostingFit>, E> {
        let name = format!("boosting, {} fold{}{what}", folds.len(), if folds.len() == 1 { "" } else { "s" });
        self.observer.stage(&name, (folds.len() * params.trees_at_most()) as u64);
        let fit_fold = |fold| (self.fit)(params, fold, &OneOfFolds(self.observer));
        // A fit of few rows has little for a second thread to do; many rows would be in memory several times.
        if self.size.is_small() { folds.into_par_iter().map(fit_fold).collect() } else { folds.map(fit_fold).collect() }
    }

    /// The settings with nothing left open, and the fit of each fold with them, of a single model. With early stopping the number of trees is chosen, and the number
    /// of leaves and whether there are pairs of categories unless the caller gives them; of few rows several models are to be averaged.
    pub(crate) fn settle(&self, params: &BoostingParams) -> Result<(BoostingParams, Vec<BoostingFit>), E> {
        if !params.stops_early() {
            let params = params.adapted(self.size);
            let fits = self.fit_folds(&params, "")?;
            return Ok((params, fits));
        }
        let averaged = params.settled_averaging(self.size);
        // A single model finds the number of trees, of which then several are averaged.
        let single = if averaged > 1 { params.clone().averaging(1) } else { params.clone() };
        let all = 0..self.weights.len();
        let tried = if params.fixes("num_leaves") {
            let tried = self.try_out(&single, all)?;
            self.smooth_or_not(&single, self.with_or_without_pairs(&single, tried)?)?
        } else if self.size.is_small() {
            self.smooth_or_not(&single, self.with_or_without_pairs(&single, self.best_of_few(&single)?)?)?
        } else {
            self.try_out(&self.best_of_many(&single)?, all)?
        };
        Ok(tried.settled(averaged))
    }

    /// Few trees of large steps in each fold, as many as the folds do best with together and no more than `rounds`: what they predict shows roughly, at a part of the
    /// cost, what [`settle`](Self::settle) can come to.
    pub(crate) fn look(&self, params: &BoostingParams, look: Look, rounds: usize) -> Result<(BoostingParams, Vec<BoostingFit>), E> {
        let quick = self.stepping(params, look.step()).averaging(1).num_leaves(Look::LEAVES);
        let most = quick.trees_at_most().min(rounds).max(1);
        let quick = quick.n_estimators(most);
        let quick = if look == Look::Second { quick.statistics_pairs(0) } else { quick };
        Ok(self.try_out(&quick, 0..self.weights.len())?.settled(1))
    }

    /// These settings with large steps, unless the caller gives them, and so few trees that they go no further.
    fn quick(&self, params: &BoostingParams) -> BoostingParams {
        self.stepping(params, (LARGE_STEP, LARGE_STEP_PATIENCE))
    }

    /// The same with steps of this size, and this patience.
    fn stepping(&self, params: &BoostingParams, (step, patience): (f64, usize)) -> BoostingParams {
        if params.fixes("learning_rate") {
            return params.clone();
        }
        let single = params.clone().averaging(1);
        let as_far = single.trees_at_most() as f64 * single.adapted(self.size).step() / step;
        let quick = params.clone().learning_rate(step).early_stopping_rounds(Some(patience));
        quick.n_estimators((as_far.ceil() as usize).max(1))
    }

    /// The best number of leaves, by all folds.
    fn best_of_few(&self, params: &BoostingParams) -> Result<Tried, E> {
        let attempt = |leaves| self.try_out(&params.clone().num_leaves(leaves), 0..self.weights.len());
        let mut best = attempt(FIRST)?;
        for direction in [FEWER, MORE] {
            for leaves in direction {
                let other = attempt(leaves)?;
                if other.loss() >= best.loss() {
                    break;
                }
                best = other;
            }
            if best.params.leaves_at_most() != FIRST {
                break;
            }
        }
        Ok(best)
    }

    /// What was tried of settings that began as `params`, or the same without pairs of categories if the folds do better so.
    fn with_or_without_pairs(&self, params: &BoostingParams, tried: Tried) -> Result<Tried, E> {
        if params.fixes("statistics_pairs") {
            return Ok(tried);
        }
        if !tried.has_pairs() {
            // Pairs that more rows might show have not been judged.
            return Ok(Tried { params: tried.params.statistics_pairs(0), ..tried });
        }
        let without = tried.params.clone().statistics_pairs(0);
        self.better_of(tried, &without)
    }

    /// What was tried of settings that began as `params`, or the same with smoother categories if the folds of few rows do better so.
    fn smooth_or_not(&self, params: &BoostingParams, tried: Tried) -> Result<Tried, E> {
        if params.fixes("cat_smooth") || !self.size.is_small() || !tried.has_statistics() {
            return Ok(tried);
        }
        let smooth = tried.params.clone().cat_smooth(SMOOTH * (self.rows_per_group)());
        self.better_of(tried, &smooth)
    }

    /// What was tried, or these settings if all folds do better with them.
    fn better_of(&self, tried: Tried, params: &BoostingParams) -> Result<Tried, E> {
        let other = self.try_out(params, 0..self.weights.len())?;
        Ok(if other.loss() < tried.loss() { other } else { tried })
    }

    /// `params` with the best number of leaves, and with pairs of categories or without, by the last fold.
    fn best_of_many(&self, params: &BoostingParams) -> Result<BoostingParams, E> {
        let (leaves, tried) = self.leaves_of_many(params)?;
        let best = params.clone().num_leaves(leaves);
        if params.fixes("statistics_pairs") {
            return Ok(best);
        }
        if !tried.has_pairs() {
            return Ok(best.statistics_pairs(0));
        }
        let (leaves, without) = self.leaves_of_many(&params.clone().statistics_pairs(0))?;
        Ok(if without.loss() < tried.loss() { params.clone().num_leaves(leaves).statistics_pairs(0) } else { best })
    }

    /// The best number of leaves, by the last fold.
    fn leaves_of_many(&self, params: &BoostingParams) -> Result<(usize, Tried), E> {
        let quick = self.quick(params);
        let last = self.weights.len().saturating_sub(1)..self.weights.len();
        let attempt = |leaves| self.try_out(&quick.clone().num_leaves(leaves), last.clone());
        let mut best = (LEAVES_OF_MANY[0], attempt(LEAVES_OF_MANY[0])?);
        for leaves in &LEAVES_OF_MANY[1..] {
            let other = attempt(*leaves)?;
            if other.loss() >= best.1.loss() {
                break;
            }
            best = (*leaves, other);
        }
        Ok(best)
    }

    /// Fits some of the folds and finds the number of trees at which they do best together.
    fn try_out(&self, params: &BoostingParams, folds: Range<usize>) -> Result<Tried, E> {
        let params = params.adapted(self.size);
        let fits = self.fit_some(&params, folds.clone(), &format!(", {} leaves", params.leaves_at_most()))?;
        let curves: Vec<(&[f64], f64)> =
            fits.iter().zip(&self.weights[folds]).map(|(fit, &weight)| (fit.validation_log_loss.as_slice(), weight)).collect();
        // One number of trees for all folds: it is chosen once, from as many rows as all folds judge together, so that the optimism of choosing it on the judged rows
        // is that of a single setting.
        let best = best_round(&curves);
        Ok(Tried { params, fits, best })
    }
}

/// Settings, the fits of folds with them, and the number of trees at which the folds do best together, with their log loss there.
struct Tried {
    params: BoostingParams,
    fits: Vec<BoostingFit>,
    best: Option<(usize, f64)>,
}

impl Tried {
    /// Whether some features have so many categories that these are put in order, and a statistic.
    fn has_statistics(&self) -> bool {
        self.fits.iter().any(|fit| !fit.grown.statistics.is_empty())
    }

    /// Whether some fold found pairs of categories that pay.
    fn has_pairs(&self) -> bool {
        self.fits.iter().any(|fit| !fit.grown.pairs.is_empty())
    }

    /// The settings with the number of trees that did best and of models to average, and the fits of that many trees.
    fn settled(self, averaged: usize) -> (BoostingParams, Vec<BoostingFit>) {
        let Self { params, mut fits, best } = self;
        // A model has a tree at least.
        let Some(trees) = best.map(|(trees, _)| trees.max(1)) else { return (params, fits) };
        fits.iter_mut().for_each(|fit| fit.grown = fit.grown.truncated(fit.n_start + trees));
        (params.n_estimators(trees).early_stopping_rounds(None).averaging(averaged), fits)
    }

    fn loss(&self) -> f64 {
        self.best.map_or(f64::INFINITY, |(_, loss)| loss)
    }
}

/// The number of trees (the curves begin with none) at which the folds' validation curves, weighted by their rows, are lowest together, and their weighted sum there. A
/// fold that stopped early counts with its last value from there on.
fn best_round(curves: &[(&[f64], f64)]) -> Option<(usize, f64)> {
    let rounds = curves.iter().map(|(curve, _)| curve.len()).max().filter(|&rounds| rounds > 0)?;
    let total = |round: usize| -> f64 {
        curves.iter().filter_map(|(curve, weight)| curve.get(round.min(curve.len().saturating_sub(1))).map(|loss| loss * weight)).sum()
    };
    let mut best = (0, f64::INFINITY);
    for round in 0..rounds {
        let loss = total(round);
        if loss < best.1 {
            best = (round, loss);
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::convert::Infallible;
    use std::sync::Mutex;

    use super::*;
    use crate::models::boosting::BoostingModel;
    use crate::models::statistic::{PairStatistic, Statistic};
    use crate::observer::Silent;

    /// Rows of which so many have the rarer outcome that they bear any number of trees.
    const MANY: Size = Size { rows: 100_000, rarer: 10_000 };

    /// Three folds of unlike weight.
    fn three_folds<F>(size: Size, rows_per_group: f64, fit: F) -> Trial<'static, F> {
        Trial { size, rows_per_group: Box::new(move || rows_per_group), weights: &[1.0, 2.0, 1.5], fit, observer: &Silent }
    }

    /// What was fitted: the fold, the number of leaves, the learning rate.
    type Fitted = (usize, usize, f64);

    /// Settles among curves that fall to a loss by the number of leaves, at a tree that is their number; what was fitted comes along.
    fn settled(params: &BoostingParams, rows: usize, loss: fn(usize) -> f64) -> (BoostingParams, Vec<Fitted>) {
        let fitted = Mutex::new(Vec::new());
        let fit = |params: &BoostingParams, fold: usize, _: &dyn Observer| {
            let leaves = params.leaves_at_most();
            let json = serde_json::to_value(params).unwrap();
            fitted.lock().unwrap().push((fold, leaves, json["learning_rate"].as_f64().unwrap()));
            let mut validation_log_loss = vec![1.0; 2 * leaves];
            validation_log_loss[leaves] = loss(leaves);
            let model = BoostingModel::empty(0.0, vec![0]);
            Ok::<_, Infallible>(BoostingFit { model: model.clone(), grown: model, best_iteration: leaves, validation_log_loss, n_start: 0 })
        };
        let trial = three_folds(Size { rows, rarer: rows / 10 }, 1.0, fit);
        let (params, fits) = trial.settle(params).unwrap();
        assert_eq!(fits.len(), 3);
        (params, fitted.into_inner().unwrap())
    }

    fn found(params: &BoostingParams) -> (u64, u64, u64) {
        let json = serde_json::to_value(params).unwrap();
        let number = |name: &str| json[name].as_u64().unwrap();
        assert!(json["early_stopping_rounds"].is_null());
        (number("num_leaves"), number("n_estimators"), number("averaging"))
    }

    #[test]
    fn of_few_rows_all_folds_judge_numbers_of_leaves_while_these_do_better() {
        let open = BoostingParams::new().opened(MANY);
        let (params, fitted) = settled(&open, 5000, |leaves| if leaves == 8 { 0.2 } else { 0.3 });
        assert_eq!(found(&params), (8, 8, 3));
        assert_eq!(fitted.len(), 9, "{fitted:?}");
        let (params, fitted) = settled(&open, 5000, |leaves| 1.0 / leaves as f64);
        assert_eq!((found(&params).0, fitted.len()), (63, 12));
        let (params, fitted) = settled(&open, 5000, |leaves| if leaves == 31 { 0.01 } else { leaves as f64 / 100.0 });
        assert_eq!((found(&params).0, fitted.len()), (4, 9), "when fewer are better, more are not tried");
        let (params, fitted) = settled(&open, 5000, |_| 0.2);
        assert_eq!((found(&params).0, fitted.len()), (15, 9));
    }

    /// Settles among folds that find pairs of categories unless told not to, with a loss by the number of leaves and whether there are pairs.
    fn settled_with_pairs(params: &BoostingParams, rows: usize, loss: fn(usize, bool) -> f64) -> (u64, u64) {
        let fit = |params: &BoostingParams, _: usize, _: &dyn Observer| {
            let json = serde_json::to_value(params).unwrap();
            let pairs = json["statistics_pairs"] != 0;
            let mut grown = BoostingModel::empty(0.0, vec![2, 2]);
            if pairs {
                grown.pairs.push(PairStatistic { features: [0, 1], pairs: Vec::new(), values: vec![0.5] });
            }
            let validation_log_loss = vec![1.0, loss(params.leaves_at_most(), pairs)];
            Ok::<_, Infallible>(BoostingFit { model: grown.clone(), grown, best_iteration: 1, validation_log_loss, n_start: 0 })
        };
        let trial = three_folds(Size { rows, rarer: rows / 10 }, 1.0, fit);
        let json = serde_json::to_value(trial.settle(params).unwrap().0).unwrap();
        (json["num_leaves"].as_u64().unwrap(), json["statistics_pairs"].as_u64().unwrap())
    }

    #[test]
    fn pairs_of_categories_are_given_up_where_the_folds_do_better_without() {
        let open = BoostingParams::new().opened(MANY);
        for rows in [5000, 100_000] {
            assert_eq!(settled_with_pairs(&open, rows, |_, pairs| if pairs { 0.2 } else { 0.3 }), (15, 8));
            assert_eq!(settled_with_pairs(&open, rows, |_, pairs| if pairs { 0.2 } else { 0.1 }), (15, 0));
            assert_eq!(settled_with_pairs(&open, rows, |_, _| 0.2), (15, 8), "what is no better is not taken");
            let given = open.clone().num_leaves(6).statistics_pairs(3);
            assert_eq!(settled_with_pairs(&given, rows, |_, pairs| if pairs { 0.2 } else { 0.1 }), (6, 3));
            assert_eq!(settled_with_pairs(&open.clone().num_leaves(6), rows, |_, pairs| if pairs { 0.2 } else { 0.1 }), (6, 0));
        }
        // Of many rows trees may want to be larger without pairs.
        let by_leaves = |leaves: usize, pairs: bool| if pairs { 0.2 } else { 1.0 / leaves as f64 };
        assert_eq!(settled_with_pairs(&open, 100_000, by_leaves), (127, 0));
    }

    #[test]
    fn categories_are_smoother_where_folds_of_few_rows_do_better_so() {
        let smoothing = |params: &BoostingParams, size: Size, has_statistic: bool, smooth_is_better: bool| {
            let fit = |params: &BoostingParams, _: usize, _: &dyn Observer| {
                let smooth = serde_json::to_value(params).unwrap()["cat_smooth"].as_f64().unwrap() > 10.0;
                let mut grown = BoostingModel::empty(0.0, vec![31]);
                if has_statistic {
                    grown.statistics.push(Statistic { feature: 0, values: vec![0.5; 32] });
                }
                let validation_log_loss = vec![1.0, if smooth == smooth_is_better { 0.2 } else { 0.3 }];
                Ok::<_, Infallible>(BoostingFit { model: grown.clone(), grown, best_iteration: 1, validation_log_loss, n_start: 0 })
            };
            let trial = three_folds(size, 3.0, fit);
            serde_json::to_value(trial.settle(params).unwrap().0).unwrap()["cat_smooth"].as_f64().unwrap()
        };
        let few = Size { rows: 6000, rarer: 600 };
        for open in [BoostingParams::new(), BoostingParams::new().num_leaves(6)] {
            let open = open.opened(few);
            assert_eq!(smoothing(&open, few, true, true), 300.0, "100 times the three rows of a group");
            assert_eq!(smoothing(&open, few, true, false), 10.0);
            assert_eq!(smoothing(&open, few, false, true), 10.0, "no categories in order");
            assert_eq!(smoothing(&open, MANY, true, true), 10.0);
            assert_eq!(smoothing(&open.cat_smooth(12.0), few, true, false), 12.0);
        }
    }

    #[test]
    fn of_many_rows_the_last_fold_chooses_by_large_steps_and_all_folds_the_number_of_trees() {
        let open = BoostingParams::new().opened(MANY);
        let (params, fitted) = settled(&open, 100_000, |leaves| if leaves == 31 { 0.2 } else { 0.3 });
        assert_eq!(found(&params), (31, 31, 1));
        let tried: Vec<Fitted> = [15, 31, 63].map(|leaves| (2, leaves, LARGE_STEP)).into();
        assert_eq!(fitted[..3], tried);
        assert_eq!(fitted[3..], [0, 1, 2].map(|fold| (fold, 31, 0.05)));
        let trial = three_folds(MANY, 1.0, |_: &BoostingParams, _, _: &dyn Observer| Err(()));
        assert_eq!(trial.quick(&open).trees_at_most(), MOST_TREES / 4, "no further than small steps go");
        assert_eq!(trial.quick(&open.clone().learning_rate(0.3)).trees_at_most(), MOST_TREES);
        let (params, _) = settled(&open, 100_000, |leaves| 1.0 / leaves as f64);
        assert_eq!(found(&params).0, 127);
    }

    #[test]
    fn a_look_is_a_fit_of_each_fold_with_no_more_trees_than_it_may_have() {
        let fitted = Mutex::new(Vec::new());
        let fit = |params: &BoostingParams, _: usize, _: &dyn Observer| {
            let json = serde_json::to_value(params).unwrap();
            let rate = json["learning_rate"].as_f64().unwrap();
            fitted.lock().unwrap().push((params.leaves_at_most(), params.trees_at_most(), rate, json["statistics_pairs"] != 0));
            let model = BoostingModel::empty(0.0, vec![0]);
            let fit =
                BoostingFit { model: model.clone(), grown: model, best_iteration: 1, validation_log_loss: vec![1.0, 0.5], n_start: 0 };
            Ok::<_, Infallible>(fit)
        };
        let trial = Trial { size: MANY, rows_per_group: Box::new(|| 1.0), weights: &[1.0, 2.0], fit, observer: &Silent };
        let open = BoostingParams::new().opened(MANY);
        trial.look(&open, Look::First, 33).unwrap();
        trial.look(&open, Look::Second, 40).unwrap();
        trial.look(&open, Look::Second, 1_000_000).unwrap();
        let looks = [(4, 33, 0.2, true), (4, 40, 0.1, false), (4, MOST_TREES / 2, 0.1, false)];
        assert_eq!(fitted.into_inner().unwrap(), looks.map(|look| [look; 2]).concat(), "the last goes no further than small steps");
    }

    #[test]
    fn what_the_caller_gives_is_not_chosen() {
        let given = BoostingParams::new().num_leaves(6).averaging(2).learning_rate(0.3).opened(MANY);
        for rows in [5000, 100_000] {
            let (params, mut fitted) = settled(&given, rows, |_| 0.2);
            // Of few rows folds are fitted side by side.
            fitted.sort_by_key(|fit| fit.0);
            assert_eq!((found(&params), fitted), ((6, 6, 2), [0, 1, 2].map(|fold| (fold, 6, 0.3)).into()));
        }
        let (params, fitted) = settled(&BoostingParams::new().learning_rate(0.3).opened(MANY), 100_000, |_| 0.2);
        assert!(fitted.iter().all(|fit| fit.2 == 0.3) && found(&params).0 == 15);
        // A number of trees that is given leaves nothing to settle.
        let (params, fitted) = settled(&BoostingParams::new().n_estimators(70).opened(MANY), 5000, |_| 0.2);
        assert_eq!((found(&params).1, fitted.len()), (70, 3));
    }

    #[test]
    fn few_rows_of_an_outcome_bear_few_trees_unless_the_caller_gives_their_number() {
        let most = |params: BoostingParams, rarer| {
            serde_json::to_value(params.opened(Size { rows: 10 * rarer, rarer })).unwrap()["n_estimators"].as_u64()
        };
        assert_eq!(most(BoostingParams::new(), 20), Some(99));
        assert_eq!(most(BoostingParams::new(), 100), Some(220));
        assert_eq!(most(BoostingParams::new(), 20_000), Some(MOST_TREES as u64));
        assert_eq!(most(BoostingParams::new().learning_rate(0.1), 100), Some(110), "as far by larger steps");
        assert_eq!(most(BoostingParams::new().n_estimators(500), 20), Some(500));
        assert_eq!(most(BoostingParams::new().n_estimators(500).early_stopping_rounds(Some(9)), 20), Some(500));
        assert_eq!(most(BoostingParams::new(), 0), Some(1));
    }

    #[test]
    fn the_best_round_is_the_lowest_point_of_the_summed_curves() {
        let (a, b) = ([0.9, 0.5, 0.6, 0.7], [0.8, 0.7]);
        assert_eq!(best_round(&[(&a, 1.0), (&b, 1.0)]), Some((1, 1.2)));
        assert_eq!(best_round(&[(&[], 1.0)]), None);
    }
}
