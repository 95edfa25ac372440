//! One row through all terms, in a form that is made once from the fitted ones.
//!
//! The numbers of 32 terms lie side by side, so that the processor divides two at once and reads a third of the memory. Each term's value is computed by
//! the operations of [`Term::value`] and added in the order of the terms: the bits are those of the plain walk, which is the oracle.

use super::term::{NumericTerm, Scaling, Term, Transform};
use crate::math::wide;

/// How many terms lie side by side: measured among 8, 16, 32 and 64.
const SIDE_BY_SIDE: usize = 32;

/// The terms of a model as one row goes through them.
pub(super) struct Blocks(Vec<Block>);

impl Blocks {
    pub(super) fn new(terms: &[Term]) -> Self {
        Self(terms.chunks(SIDE_BY_SIDE).map(Block::new).collect())
    }

    /// `start` and the log-odds of all `terms`, of which these were made, on a row.
    pub(super) fn add_all(&self, start: f64, terms: &[Term], row: &[f32]) -> f64 {
        add_blocks(&self.0, start, terms, row)
    }
}

wide! {
    /// `start` and the log-odds of all `terms`, of which the blocks were made, on a row.
    fn add_blocks(blocks: &[Block], start: f64, terms: &[Term], row: &[f32]) -> f64 {
        let mut sum = start;
        // Not a fold, which would be compiled by itself, for any processor.
        for (block, terms) in blocks.iter().zip(terms.chunks(SIDE_BY_SIDE)) {
            sum = block.add(sum, terms, row);
        }
        sum
    }
}

/// The numbers of neighbouring terms. Places beyond the last term, and those of categories, hold numbers that nothing depends on.
struct Block {
    features: [u32; SIDE_BY_SIDE],
    /// Whether these are neighbours, so that a row's values of them are read together.
    is_run: bool,
    low: [f32; SIDE_BY_SIDE],
    high: [f32; SIDE_BY_SIDE],
    mean: [f64; SIDE_BY_SIDE],
    deviation: [f64; SIDE_BY_SIDE],
    coefficient: [f64; SIDE_BY_SIDE],
    missing: [f64; SIDE_BY_SIDE],
    /// The places of numbers that are not taken as they are, and of categories.
    transformed: Vec<(usize, Transform)>,
    categorical: Vec<usize>,
}

impl Block {
    fn new(terms: &[Term]) -> Self {
        let mut block = Self {
            features: [u32::MAX; SIDE_BY_SIDE],
            is_run: false,
            low: [0.0; SIDE_BY_SIDE],
            high: [0.0; SIDE_BY_SIDE],
            mean: [0.0; SIDE_BY_SIDE],
            deviation: [1.0; SIDE_BY_SIDE],
            coefficient: [0.0; SIDE_BY_SIDE],
            missing: [0.0; SIDE_BY_SIDE],
            transformed: Vec::new(),
            categorical: Vec::new(),
        };
        for (place, term) in terms.iter().enumerate() {
            match term {
                Term::Numeric(NumericTerm { feature, scaling, coefficient, missing, .. }) => {
                    let Scaling { low, high, transform, mean, deviation } = *scaling;
                    block.features[place] = *feature;
                    (block.low[place], block.high[place]) = (low, high);
                    (block.mean[place], block.deviation[place]) = (mean, deviation);
                    (block.coefficient[place], block.missing[place]) = (*coefficient, *missing);
                    if transform != Transform::Identity {
                        block.transformed.push((place, transform));
                    }
                }
                Term::Categorical(term) => {
                    block.features[place] = term.feature;
                    block.categorical.push(place);
                }
            }
        }
        block.is_run = block.features.windows(2).all(|two| two[0].checked_add(1) == Some(two[1]));
        block
    }

    /// Adds the log-odds of `terms`, of which the block was made, on a row to `sum`.
    #[inline(always)]
    fn add(&self, sum: f64, terms: &[Term], row: &[f32]) -> f64 {
        let raw = self.values_of(row);
        // Loops of their own, of one kind of operation each, are done for several terms at once.
        let mut z = [0.0; SIDE_BY_SIDE];
        for (i, z) in z.iter_mut().enumerate() {
            *z = f64::from(raw[i].max(self.low[i]).min(self.high[i]));
        }
        for &(place, transform) in &self.transformed {
            z[place] = transform.apply(z[place]);
        }
        for (i, z) in z.iter_mut().enumerate() {
            *z = self.coefficient[i] * f64::from(((*z - self.mean[i]) / self.deviation[i]) as f32);
        }
        for (i, z) in z.iter_mut().enumerate() {
            *z = if raw[i].is_nan() { self.missing[i] } else { *z };
        }
        for &place in &self.categorical {
            z[place] = terms[place].value(row);
        }
        z[..terms.len()].iter().fold(sum, |sum, z| sum + z)
    }

    /// The row's values of the features.
    #[inline(always)]
    fn values_of(&self, row: &[f32]) -> [f32; SIDE_BY_SIDE] {
        match row.get(self.features[0] as usize..).and_then(<[f32]>::first_chunk) {
            Some(run) if self.is_run => *run,
            _ => self.features.map(|feature| row.get(feature as usize).copied().unwrap_or(f32::NAN)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::super::term::{CategoricalTerm, Levels, Slots};
    use super::super::{FitReport, LogisticModel, Solver};
    use super::*;
    use crate::models::made::Made;

    fn model(intercept: f64, terms: Vec<Term>) -> LogisticModel {
        let report = FitReport {
            solver: Solver::Newton,
            l2: 1.0,
            l1_ratio: 0.0,
            iterations: None,
            gradient_norm: 0.0,
            converged: true,
            path: Vec::new(),
            log_loss: 0.0,
            separated: false,
            one_class_features: Vec::new(),
        };
        let n_features = terms.last().map_or(0, |term| term.feature() + 1);
        LogisticModel { n_features, intercept, terms, report, made: Made::default() }
    }

    /// Numbers that bounds and values are drawn from, so that they often meet; and what no training holds, but a row may.
    fn number() -> impl Strategy<Value = f32> {
        const ODD: [f32; 11] = [f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1e-40, -0.0, 0.0, -1.0, 1.0, 3.0, 2.5];
        prop_oneof![2 => prop::sample::select(&ODD[..]), 1 => Just(f32::NAN), 2 => -50.0_f32..50.0]
    }

    fn numeric() -> impl Strategy<Value = Term> {
        let transform = prop_oneof![Just(Transform::Identity), (1e-3..1e3).prop_map(|unit| Transform::SignedLog { unit })];
        let bound = || number().prop_map(|x| if x.is_finite() { x } else { 7.0 });
        let mean = prop_oneof![Just(0.0), Just(-0.0), -10.0..10.0];
        (transform, bound(), bound(), mean, 1e-3..1e3, -3.0..3.0, prop_oneof![Just(0.0), -3.0..3.0]).prop_map(
            |(transform, a, b, mean, deviation, coefficient, missing)| {
                let scaling = Scaling { low: a.min(b), high: a.max(b), transform, mean, deviation };
                Term::Numeric(NumericTerm { feature: 0, scaling, coefficient, missing, missing_share: 0.5, spread: 1.0 })
            },
        )
    }

    fn categorical() -> impl Strategy<Value = Term> {
        let of_code = prop::collection::vec(0_u16..=3, 0..5);
        let levels = prop::option::of(prop::collection::vec(-3.0..3.0, 7));
        (of_code, prop::collection::vec(-3.0..3.0, 5), levels).prop_map(|(of_code, coefficients, log_odds)| {
            let levels = log_odds.map(|log_odds| Levels { log_odds: log_odds[..of_code.len() + 2].to_vec(), mean: 0.0, deviation: 1.0 });
            Term::Categorical(CategoricalTerm {
                feature: 0,
                slots: Slots { of_code, n_kept: 3 },
                coefficients,
                shares: vec![0.2; 5],
                levels,
            })
        })
    }

    /// Terms of features that rise, with `gaps` between them.
    fn placed(mut terms: Vec<Term>, gaps: &[u32]) -> Vec<Term> {
        let mut next = 0;
        for (term, gap) in terms.iter_mut().zip(gaps.iter().cycle()) {
            next += gap;
            match term {
                Term::Numeric(term) => term.feature = next,
                Term::Categorical(term) => term.feature = next,
            }
            next += 1;
        }
        terms
    }

    proptest! {
        #[test]
        fn any_row_has_the_bits_of_the_plain_walk(
            intercept in prop_oneof![Just(-0.0), -3.0..3.0],
            terms in prop::collection::vec(prop_oneof![6 => numeric(), 1 => categorical()], 0..100),
            gaps in prop_oneof![Just(vec![0]), prop::collection::vec(0_u32..3, 1..40)],
            rows in prop::collection::vec(prop::collection::vec(number(), 0..140), 1..5),
        ) {
            let model = model(intercept, placed(terms, &gaps));
            for row in &rows {
                for end in [0, row.len() / 2, row.len()] {
                    let row = &row[..end];
                    let walked = model.walked_log_odds(row).to_bits();
                    prop_assert_eq!(model.log_odds(row).to_bits(), walked, "{:?}", row);
                    let plain = add_blocks::plain(&Blocks::new(&model.terms).0, model.intercept, &model.terms, row);
                    prop_assert_eq!(plain.to_bits(), walked, "{:?}", row);
                }
            }
        }
    }

    #[test]
    fn what_was_made_is_no_part_of_what_a_model_is() {
        let term = NumericTerm {
            feature: 0,
            scaling: Scaling { low: 0.0, high: 9.0, transform: Transform::Identity, mean: 1.0, deviation: 2.0 },
            coefficient: 0.5,
            missing: 0.25,
            missing_share: 0.1,
            spread: 1.0,
        };
        let used = model(-0.3, vec![Term::Numeric(term)]);
        let fresh = used.clone();
        assert_eq!(used.log_odds(&[3.0]), -0.3 + 0.5);
        assert_eq!(used, fresh);
        assert_eq!(rmp_serde::to_vec_named(&used).unwrap(), rmp_serde::to_vec_named(&fresh).unwrap());
        let read: LogisticModel = rmp_serde::from_slice(&rmp_serde::to_vec_named(&used).unwrap()).unwrap();
        assert_eq!(read, used);
        assert_eq!(read.log_odds(&[]), used.log_odds(&[]));
    }
}
