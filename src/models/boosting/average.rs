//! Several models of the same rows, averaged on the log-odds into one.

use std::ops::Range;

use super::model::BoostingModel;

/// How far apart the seeds of the models lie: close ones would give a user who tries seed after seed the same models again (the golden ratio, Knuth, volume 3, 6.4).
const BETWEEN_SEEDS: u64 = 0x9e37_79b9_7f4a_7c15;

/// The seed of model `member` of those that are averaged.
pub(super) fn seed(seed: u64, member: usize) -> u64 {
    seed.wrapping_add((member as u64).wrapping_mul(BETWEEN_SEEDS))
}

/// The mean log-odds of models that were fitted to the same rows, as one sum of trees: the first tree of each, then the second of each, and so on, all leaves divided by
/// the number of models. What differs between them is the luck of their draws, and that shrinks in the mean (Breiman 1996).
pub(super) fn average(models: &[&BoostingModel]) -> BoostingModel {
    let n = models.len() as f64;
    let Some(first) = models.first() else { return BoostingModel::empty(0.0, Vec::new()) };
    let mut mean = BoostingModel::empty(models.iter().map(|model| model.base).sum::<f64>() / n, first.codes.clone());
    // Statistics are made of the rows alone, without any draw.
    debug_assert!(models.iter().all(|model| model.statistics == first.statistics && model.pairs == first.pairs));
    mean.statistics.clone_from(&first.statistics);
    mean.pairs.clone_from(&first.pairs);
    for tree in 0..models.iter().map(|model| model.n_trees()).max().unwrap_or(0) {
        for model in models.iter().filter(|model| tree < model.n_trees()) {
            append(&mut mean, model, tree, n);
        }
    }
    mean.max_depth = mean.depth();
    mean
}

/// Appends a tree of `model`, its leaves divided by `parts`.
pub(super) fn append(to: &mut BoostingModel, model: &BoostingModel, tree: usize, parts: f64) {
    let Range { start: root, end } = model.nodes_of(tree);
    let moved = to.left.len();
    to.roots.push(moved as u32);
    for node in root..end {
        let left = model.left[node] as usize;
        let payload = model.payload[node] as usize;
        to.left.push(if left == 0 { 0 } else { (left - root + moved) as u32 });
        to.payload.push(if left == 0 {
            to.leaves.push(model.leaves[payload] / parts);
            to.leaves.len() as u32 - 1
        } else if model.column_codes(model.column(node)) > 0 {
            to.set_words.extend_from_slice(&model.set_words[model.set_starts[payload] as usize..model.set_starts[payload + 1] as usize]);
            to.set_starts.push(to.set_words.len() as u32);
            to.set_starts.len() as u32 - 2
        } else {
            model.payload[node]
        });
    }
    to.feature.extend_from_slice(&model.feature[root..end]);
    to.cover.extend_from_slice(&model.cover[root..end]);
    to.share.extend_from_slice(&model.share[root.min(model.share.len())..end.min(model.share.len())]);
    to.gain.extend_from_slice(&model.gain[root..end]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use linfa::ParamGuard;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::Silent;
    use crate::models::Rows;
    use crate::models::boosting::{BoostingFit, BoostingParams};

    /// Rows of two numbers, with gaps, and a category of 80 levels, which has a statistic; a third is won.
    fn rows() -> (ndarray::Array2<f32>, ndarray::Array1<bool>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
        let records = ndarray::Array2::from_shape_fn((900, 3), |(_, feature)| match feature {
            2 => random.gen_range(0..80) as f32,
            _ if random.gen_bool(0.1) => f32::NAN,
            _ => random.gen_range(-1.0..1.0),
        });
        let won = records.rows().into_iter().map(|row| random.gen_bool(if row[0] > 0.2 || row[2] < 20.0 { 0.5 } else { 0.2 })).collect();
        (records, won)
    }

    fn fitted(params: BoostingParams) -> BoostingFit {
        let (records, won) = rows();
        let params = params.categorical(vec![None, None, Some(80)]);
        let rows = Rows::of_matrix(records.view(), won.view());
        params.check().unwrap().fit_rows_observed(&rows, Some(&rows), &Silent).unwrap()
    }

    #[test]
    fn the_average_is_the_mean_of_models_fitted_one_by_one() {
        let params = BoostingParams::new().n_estimators(20).learning_rate(0.1).seed(7);
        let alone: Vec<BoostingModel> = (0..3).map(|member| fitted(params.clone().seed(seed(7, member))).model).collect();
        assert_ne!(alone[0], alone[1]);
        let together = fitted(params.clone().averaging(3)).model;
        assert_eq!(together.n_trees(), 60);
        together.validate_trees().unwrap();
        let (records, _) = rows();
        for row in records.rows() {
            let row = row.to_vec();
            let mean = alone.iter().map(|model| model.log_odds(&row)).sum::<f64>() / 3.0;
            assert!((together.log_odds(&row) - mean).abs() < 1e-12);
            assert_eq!(together.log_odds(&row).to_bits(), together.walked_log_odds(&row).to_bits());
        }
        // Its first trees are the average of the models' first trees.
        let fewer = fitted(params.n_estimators(5).averaging(3)).model;
        assert_eq!(together.truncated(15).leaves, fewer.leaves);
    }

    #[test]
    fn the_average_of_one_is_that_one() {
        let params = BoostingParams::new().n_estimators(10);
        assert_eq!(fitted(params.clone().averaging(1)), fitted(params));
    }

    #[test]
    fn each_model_stops_by_itself_and_the_mean_of_their_losses_is_told() {
        let params = BoostingParams::new().n_estimators(60).early_stopping_rounds(Some(3)).learning_rate(0.5);
        let alone: Vec<BoostingFit> = (0..2).map(|member| fitted(params.clone().seed(seed(0, member)))).collect();
        let together = fitted(params.averaging(2));
        assert_eq!(together.model.n_trees(), alone.iter().map(|fit| fit.model.n_trees()).sum::<usize>());
        let lengths = alone.iter().map(|fit| fit.validation_log_loss.len());
        assert_eq!(together.validation_log_loss.len(), lengths.max().unwrap());
        let first = (alone[0].validation_log_loss[1] + alone[1].validation_log_loss[1]) / 2.0;
        assert!((together.validation_log_loss[1] - first).abs() < 1e-15);
    }
}
