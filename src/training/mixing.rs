//! Whether the logistic model, the trees, or both together did best on rows that neither had seen.

use super::folds::Fold;
use super::out_of_fold::Examples;
use crate::math::{shift_to_share, softplus};

/// Weights of the logistic part that are tried: twentieths.
const STEPS: u32 = 20;
/// So many of its own standard errors must trees gain, alone or in a blend, over the logistic model, where there is much data. On little, where their
/// number was chosen on the rows that judge, they would otherwise be taken by luck and do harm: three times as many where next to nothing was won.
const OVER_LOGISTIC: f64 = 1.0;
/// The number of rows of the rarer outcome at which the demand is half-way between the two.
const FEW_POSITIVES: f64 = 100.0;
/// So many must a blend gain over trees alone: less is noise, and pays for no second model.
const OVER_BOOSTING: f64 = 1.0;

/// By so many standard errors must trees at a glance be behind the logistic model to be given up at once. Chosen with trees of 15 leaves: of 28 trainings on public and made tables 11
/// were this far behind with no blend that gained; with all settled, ten of them came to logistic regression, and one to a blend that gained 0.0002.
const SURELY_BEHIND: f64 = 2.0;

/// What is left of logistic and boosting, by out-of-fold log loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mix {
    Logistic,
    Boosting,
    /// Both, with this weight of the logistic part.
    Both(f64),
}

/// What trees gained over a logistic model that stays, because luck might have done it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct KeptBack {
    /// Whether they do better alone, not only in a blend.
    pub(crate) alone: bool,
    /// What they gained, alone or in a blend, in its own standard errors,
    pub(crate) gain: f64,
    /// what is asked,
    pub(crate) asked: f64,
    /// and of how many rows of the rarer outcome.
    pub(crate) rarer: usize,
}

/// The logistic model beside trees, and their mixes by its weight, on the rows that both judged.
///
/// Rows of one lead share their luck, so the standard error of a gain counts leads, not rows. Blocks of time are each compared at their own base
/// rate: how the rate of a whole block moved is one draw for thousands of rows, and would drown what the models know of the leads in it.
pub(crate) struct Comparison<'a> {
    examples: &'a Examples<'a>,
    logistic: &'a [f64],
    boosting: &'a [f64],
    in_time: bool,
    /// Rows that are compared at one rate.
    blocks: Vec<Vec<usize>>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(examples: &'a Examples<'a>, folds: &[Fold], logistic: &'a [f64], boosting: &'a [f64]) -> Self {
        let judged = |row: &usize| logistic[*row].is_finite() && boosting[*row].is_finite();
        let in_time = !folds.is_empty() && folds.iter().all(|fold| fold.start != i64::MIN);
        let blocks = if in_time {
            folds.iter().map(|fold| fold.validate.iter().map(|&row| row as usize).filter(judged).collect()).collect()
        } else {
            vec![(0..logistic.len()).filter(judged).collect()]
        };
        Self { examples, logistic, boosting, in_time, blocks }
    }

    /// The mix of least log loss on the rows that both judged, or a single model where the gain over it is within noise; and where the logistic model
    /// stays, what keeps trees back that gain more than half of what is asked of them.
    pub(crate) fn best_mix(&self) -> (Mix, Option<KeptBack>) {
        let best = self.best_weight();
        let (gain, asked) = (self.sureness(best, 1.0), demand(self.examples));
        if gain <= asked {
            let kept_back = || KeptBack { alone: self.are_trees_ahead(), gain, asked, rarer: self.examples.size().rarer };
            (Mix::Logistic, (gain > 0.5 * asked).then(kept_back))
        } else if self.sureness(best, 0.0) <= OVER_BOOSTING {
            (Mix::Boosting, None)
        } else {
            (Mix::Both(best), None)
        }
    }

    /// Whether trees alone do better than the logistic model.
    pub(crate) fn are_trees_ahead(&self) -> bool {
        self.sureness(0.0, 1.0) > 0.0
    }

    /// Whether they gain what [`best_mix`](Self::best_mix) asks.
    pub(crate) fn are_trees_surely_ahead(&self) -> bool {
        self.sureness(0.0, 1.0) > demand(self.examples)
    }

    /// Whether trees that were only glanced at are so far behind the logistic model that all that can be done for them would not help.
    pub(crate) fn are_trees_surely_behind(&self) -> bool {
        self.sureness(1.0, 0.0) > SURELY_BEHIND
    }

    /// The loss of each row, with `weight` for the logistic part.
    fn losses(&self, weight: f64) -> Vec<(usize, f64)> {
        let Self { examples, logistic, boosting, .. } = self;
        let mut losses = Vec::with_capacity(logistic.len());
        for rows in &self.blocks {
            let mixed: Vec<f64> = rows.iter().map(|&row| weight * logistic[row] + (1.0 - weight) * boosting[row]).collect();
            let shift = if self.in_time { shift_to_rate(examples, rows, &mixed) } else { 0.0 };
            losses.extend(rows.iter().zip(&mixed).map(|(&row, z)| {
                let z = z + shift;
                (row, f64::from(examples.weights[row]) * softplus(if examples.won[row] { -z } else { z }))
            }));
        }
        losses
    }

    /// The weight of least loss.
    fn best_weight(&self) -> f64 {
        let total = |weight: f64| self.losses(weight).iter().map(|(_, loss)| loss).sum::<f64>();
        let mut best = (0.0, total(0.0));
        // The loss is convex in the weight, so the first rise ends the search.
        for step in 1..=STEPS {
            let weight = f64::from(step) / f64::from(STEPS);
            let loss = total(weight);
            if loss >= best.1 {
                break;
            }
            best = (weight, loss);
        }
        best.0
    }

    /// By how many of its standard errors weight `one` does better than weight `other`; 0 where it does not.
    fn sureness(&self, one: f64, other: f64) -> f64 {
        let (one, other) = (self.losses(one), self.losses(other));
        let n_leads = one.iter().map(|&(row, _)| self.examples.leads[row] as usize + 1).max().unwrap_or(0);
        let mut of_lead = vec![0.0; n_leads];
        for ((row, one), (_, other)) in one.iter().zip(&other) {
            of_lead[self.examples.leads[*row] as usize] += other - one;
        }
        let (gain, squares) = of_lead.iter().fold((0.0, 0.0), |(gain, squares), of_lead| (gain + of_lead, squares + of_lead * of_lead));
        if gain > 0.0 { gain / f64::sqrt(squares) } else { 0.0 }
    }
}

/// How many of its own standard errors trees must gain over the logistic model.
fn demand(examples: &Examples<'_>) -> f64 {
    OVER_LOGISTIC * (1.0 + 2.0 * FEW_POSITIVES / (examples.size().rarer as f64 + FEW_POSITIVES))
}

/// What must be added to the log-odds of some rows for their mean probability to be the share that was won; 0 when all or none were.
fn shift_to_rate(examples: &Examples<'_>, rows: &[usize], log_odds: &[f64]) -> f64 {
    let weight = |row: usize| f64::from(examples.weights[row]);
    let won: f64 = rows.iter().filter(|&&row| examples.won[row]).map(|&row| weight(row)).sum();
    let all: f64 = rows.iter().map(|&row| weight(row)).sum();
    if won <= 0.0 || won >= all {
        return 0.0;
    }
    shift_to_share(|| rows.iter().zip(log_odds).map(|(&row, &z)| (weight(row), z)), won / all)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::features::FeatureMatrix;
    use crate::math::sigmoid;
    use crate::models::Numbered;

    /// Log-odds made of two independent parts, and outcomes by their sum.
    fn parts(n: usize) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut draw = || -> Vec<f64> { (0..n).map(|_| random.gen_range(-2.0..2.0)).collect() };
        let (a, b) = (draw(), draw());
        let won = a.iter().zip(&b).map(|(a, b)| random.r#gen::<f64>() < sigmoid(a + b)).collect();
        (a, b, won)
    }

    fn mix(logistic: &[f64], boosting: &[f64], won: &[bool], leads: &[u32]) -> Mix {
        let matrix = FeatureMatrix::default();
        let weights = vec![1.0; won.len()];
        let examples = Examples { matrix: &matrix, won, weights: &weights, leads, constraints: &Numbered::default() };
        Comparison::new(&examples, &[], logistic, boosting).best_mix().0
    }

    #[test]
    fn two_halves_of_the_truth_are_blended_and_the_whole_truth_stands_alone() {
        let (a, b, won) = parts(4000);
        let leads: Vec<u32> = (0..4000).collect();
        // Twice each part: half of both is the truth.
        let twice = |part: &[f64]| -> Vec<f64> { part.iter().map(|z| 2.0 * z).collect() };
        let both = mix(&twice(&a), &twice(&b), &won, &leads);
        assert!(matches!(both, Mix::Both(weight) if (0.4..=0.6).contains(&weight)), "{both:?}");
        let truth: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        assert_eq!(mix(&truth, &a, &won, &leads), Mix::Logistic);
        assert_eq!(mix(&a, &truth, &won, &leads), Mix::Boosting);
    }

    #[test]
    fn trees_are_ahead_or_behind_and_surely_so_or_not() {
        let (a, b, won) = parts(4000);
        let leads: Vec<u32> = (0..4000).collect();
        let (matrix, weights) = (FeatureMatrix::default(), vec![1.0; 4000]);
        let examples = Examples { matrix: &matrix, won: &won, weights: &weights, leads: &leads, constraints: &Numbered::default() };
        let compare = |logistic: &[f64], boosting: &[f64]| {
            let compared = Comparison::new(&examples, &[], logistic, boosting);
            let weight = match compared.best_mix().0 {
                Mix::Logistic => None,
                Mix::Boosting => Some(0.0),
                Mix::Both(weight) => Some(weight),
            };
            (weight, compared.are_trees_ahead(), compared.are_trees_surely_ahead(), compared.are_trees_surely_behind())
        };
        let truth: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let nearly: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 0.98 * a + b).collect();
        assert_eq!(compare(&truth, &a), (None, false, false, true));
        let (weight, ahead, surely, behind) = compare(&a, &truth);
        assert!(weight.is_some_and(|weight| weight < 0.1) && ahead && surely && !behind);
        let (forth, back) = (compare(&truth, &nearly), compare(&nearly, &truth));
        assert!(forth.1 != back.1 && ![forth, back].iter().any(|(_, _, ahead, behind)| *ahead || *behind), "one is ahead, not surely");
        // Of the first part more is known than of the second: trees are behind, and yet a blend gains.
        let less: Vec<f64> = b.iter().map(|b| 0.6 * b).collect();
        let (weight, ahead, ..) = compare(&a, &less);
        assert!(weight.is_some_and(|weight| (0.1..0.9).contains(&weight)) && !ahead, "{weight:?}");
    }

    #[test]
    fn what_trees_gain_is_told_when_it_is_not_enough_but_not_when_it_is_next_to_nothing() {
        let (a, b, won) = parts(400);
        let leads: Vec<u32> = (0..400).collect();
        let (matrix, weights) = (FeatureMatrix::default(), vec![1.0; 400]);
        let examples = Examples { matrix: &matrix, won: &won, weights: &weights, leads: &leads, constraints: &Numbered::default() };
        // The more is known of the second part and the less is mistaken for it, the more trees gain: alone, where they are moderate.
        let told = |moderation: f64| -> Vec<(Mix, Option<KeptBack>)> {
            let at = |step| {
                let known = f64::from(step) / 50.0;
                let tell = |row: usize| moderation * (known * b[row] + (1.0 - known) * b[(row + 200) % 400]);
                let trees: Vec<f64> = (0..400).map(|row| a[row] + tell(row)).collect();
                Comparison::new(&examples, &[], &a, &trees).best_mix()
            };
            (0..=50).map(at).collect()
        };
        let told = [told(1.0), told(0.3)].concat();
        assert_eq!(told[0], (Mix::Logistic, None));
        assert!(told.iter().all(|(mix, kept)| *mix == Mix::Logistic || kept.is_none()), "{told:?}");
        let kept: Vec<KeptBack> = told.iter().filter_map(|(_, kept)| *kept).collect();
        assert!(kept.iter().all(|kept| kept.gain > 0.5 * kept.asked && kept.gain <= kept.asked), "{told:?}");
        assert!(kept.iter().any(|kept| kept.alone) && kept.iter().any(|kept| !kept.alone), "{told:?}");
        assert!(kept.iter().all(|kept| (1.0..3.0).contains(&kept.asked) && kept.rarer == won.iter().filter(|won| **won).count().min(200)));
    }

    #[test]
    fn rows_that_no_fold_judged_have_no_say() {
        let (a, b, won) = parts(400);
        let truth: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let mut other = a.clone();
        other[..200].fill(f64::NAN);
        let leads: Vec<u32> = (0..400).collect();
        assert_eq!(mix(&truth, &other, &won, &leads), mix(&truth[200..], &a[200..], &won[200..], &leads[200..]));
    }

    #[test]
    fn blocks_of_time_are_compared_at_their_own_base_rate() {
        let (a, b, won) = parts(4000);
        let truth: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        // The truth, but for a shift of the later half that nobody could know.
        let moved: Vec<f64> = truth.iter().enumerate().map(|(row, z)| if row < 2000 { *z } else { z - 2.0 }).collect();
        let leads: Vec<u32> = (0..4000).collect();
        let (matrix, weights) = (FeatureMatrix::default(), vec![1.0; 4000]);
        let examples = Examples { matrix: &matrix, won: &won, weights: &weights, leads: &leads, constraints: &Numbered::default() };
        let block = |start: i64, rows: std::ops::Range<u32>| Fold { start, train: Vec::new(), validate: rows.collect() };
        let best = |folds: &[Fold]| Comparison::new(&examples, folds, &moved, &a).best_mix().0;
        assert_eq!(best(&[block(1, 0..2000), block(2, 2000..4000)]), Mix::Logistic);
        assert_ne!(best(&[]), Mix::Logistic);
    }
}
