//! Which pairs of categorical features say together what trees cannot say of them one by one.
//!
//! A few trees are grown without pairs. What they leave unexplained is then predicted from each pair of categories in the manner of ordered
//! statistics (see [`ordered`](crate::models::ordered)): row by row in a random order, each from the rows before it alone, by the Newton step of its
//! pair. By how much that lowers the loss is an honest account of what the pair is worth, however many categories it has: a pair that says nothing
//! new raises it. CatBoost (Prokhorenkova et al. 2018, section 3.3) combines categories greedily within each tree instead.

use linfa::ParamGuard;
use rayon::prelude::*;

use super::derived::places;
use super::error::BoostingError;
use super::fit::fit_and_keep_log_odds;
use super::interactions::Interactions;
use super::params::{BoostingParams, BoostingValidParams};
use super::rows::CheckedRows;
use crate::math::sigmoid;
use crate::models::Rows;
use crate::models::copies::groups_or_copies;
use crate::models::ordered::Order;
use crate::models::statistic::pair;
use crate::observer::Observer;

/// Two categorical features, the first before the second.
pub(super) type Pair = [usize; 2];

/// The most rows on which pairs are compared.
const SAMPLE: usize = 30_000;
/// The most features of which pairs are made; of more, those that the first trees ask most.
const MOST_FEATURES: usize = 16;
/// The trees that are grown first, of a few bins and leaves and by large steps, so that they take little of the time of a fit.
const TREES: usize = 20;
const RATE: f64 = 0.3;
const BINS: usize = 63;
const LEAVES: usize = 15;
const FEATURES: f64 = 0.4;
/// Orders of the rows, and by how many of them pairs are compared.
const ORDERS: u64 = 4;
const JUDGES: usize = 2;
/// Up to so many places a row, pairs are looked up in a table of all that could be.
const DENSE: usize = 8;
/// How many rows without a residual are mixed into each cell.
const STRENGTH: f64 = 30.0;
/// How many standard deviations above nothing the gain of the best pair must be, and that of those which then come along. Within the training parts of sixteen
/// public sets the best pair of four was above 3, that of all others below 1.5. With 200 trees the log loss of held-out rows fell by 0.005 to 0.04 on three of the four; on the
/// fourth, a quarter of whose rows are copies, it stayed.
const SURE: f64 = 2.5;
const LIKELY: f64 = 0.5;

/// The pairs that pay, best first.
pub(super) fn choose(
    params: &BoostingValidParams,
    train: &Rows<'_>,
    rows: &CheckedRows<'_>,
    observer: &dyn Observer,
) -> Result<Vec<Pair>, BoostingError> {
    let may_be_used = |feature: &usize| params.codes(*feature) > 0 && !params.excluded.contains(feature);
    let features: Vec<usize> = (0..train.columns.len()).filter(may_be_used).collect();
    if params.statistics_pairs == 0 || features.len() < 2 {
        return Ok(Vec::new());
    }
    let n = rows.active.len();
    if n <= SAMPLE {
        return among(params, &features, train, rows, observer);
    }
    let sampled: Vec<u32> = (0..SAMPLE).map(|i| rows.active[i * n / SAMPLE]).collect();
    let sampled = train.select(&sampled);
    let train = sampled.rows();
    let rows = CheckedRows::new(&train)?;
    if rows.size().rarer == 0 {
        return Ok(Vec::new());
    }
    among(params, &features, &train, &rows, observer)
}

/// The pairs of these features that pay.
fn among(
    params: &BoostingValidParams,
    features: &[usize],
    train: &Rows<'_>,
    rows: &CheckedRows<'_>,
    observer: &dyn Observer,
) -> Result<Vec<Pair>, BoostingError> {
    let few = BoostingParams::from(params.clone())
        .n_estimators(TREES)
        .learning_rate(RATE)
        .early_stopping_rounds(None)
        .max_bins(params.max_bins.min(BINS))
        .num_leaves(params.num_leaves.min(LEAVES))
        .feature_fraction(params.feature_fraction.min(FEATURES));
    let (model, log_odds) = fit_and_keep_log_odds(&few.check()?, train, rows, observer)?;
    let importance = model.importance();
    let mut features = features.to_vec();
    features.sort_by(|&a, &b| importance[b].total_cmp(&importance[a]));
    features.truncate(MOST_FEATURES);
    features.sort_unstable();
    let places: Vec<Vec<u32>> = features.par_iter().map(|&feature| places(train, feature, params.codes(feature))).collect();

    let interactions = Interactions::new(&params.interaction_constraints, (0..train.columns.len()).map(|feature| vec![feature]));
    let together = |&[a, b]: &[usize; 2]| interactions.allow(&interactions.below(&interactions.root(), features[a]), features[b]);
    let candidates = (0..features.len()).flat_map(|a| (a + 1..features.len()).map(move |b| [a, b])).filter(together);
    let candidates: Vec<[usize; 2]> = candidates.collect();
    let residuals = Residuals::new(rows, &log_odds);
    let judged = |groups: &[u32]| {
        let orders: Vec<Order> = orders(params, rows, groups).take(JUDGES).collect();
        let judged = |&[a, b]: &[usize; 2]| {
            let paired = Paired::new([&places[a], &places[b]], &rows.active, groups, params.min_pair_rows);
            ([features[a], features[b]], residuals.worth(&orders, &paired.index, paired.pairs.len() + 1))
        };
        let mut judged: Vec<(Pair, Worth)> = candidates.par_iter().map(judged).collect();
        // The sort is stable: of pairs that gain the same, the first comes first.
        judged.sort_by(|a, b| b.1.gain.total_cmp(&a.1.gain));
        judged
    };
    let is_sure = |judged: &[(Pair, Worth)]| judged.iter().any(|(_, worth)| worth.deviations() > SURE);
    let mut best = judged(train.groups);
    if is_sure(&best) && train.groups.is_empty() {
        // A pair of categories that few rows have is known again in their copies.
        let copies = groups_or_copies(train, &rows.active);
        if !copies.is_empty() {
            best = judged(&copies);
        }
    }
    if !is_sure(&best) {
        return Ok(Vec::new());
    }
    Ok(best.into_iter().filter(|(_, worth)| worth.deviations() > LIKELY).take(params.statistics_pairs).map(|(pair, _)| pair).collect())
}

/// The orders in which statistics see the rows, of these groups. Trees take turns, so that the luck of one order does not stay.
pub(super) fn orders(params: &BoostingValidParams, rows: &CheckedRows<'_>, groups: &[u32]) -> impl Iterator<Item = Order> {
    (0..ORDERS).map(move |order| Order::random(&rows.active, groups, params.seed.wrapping_mul(ORDERS).wrapping_add(order)))
}

/// What a few trees leave unexplained, row by row.
struct Residuals {
    gradient: Vec<f64>,
    hessian: Vec<f64>,
    /// Of the gradient; the hessian where all rows weigh 1.
    variance: Vec<f64>,
    /// The hessian that is mixed into each cell's.
    strength: f64,
}

/// By how much the loss would fall, and the variance of that.
#[derive(Debug, Clone, Copy, Default)]
struct Worth {
    gain: f64,
    variance: f64,
}

impl Worth {
    /// The gain in standard deviations.
    fn deviations(self) -> f64 {
        if self.variance > 0.0 { self.gain / self.variance.sqrt() } else { 0.0 }
    }
}

impl Residuals {
    fn new(rows: &CheckedRows<'_>, log_odds: &[f64]) -> Self {
        let [mut gradient, mut hessian, mut variance] = [(); 3].map(|()| vec![0.0; log_odds.len()]);
        for &row in &rows.active {
            let row = row as usize;
            let (probability, weight) = (sigmoid(log_odds[row]), f64::from(rows.weights[row]));
            gradient[row] = weight * (f64::from(u8::from(rows.won[row])) - probability);
            hessian[row] = weight * probability * (1.0 - probability);
            variance[row] = weight * hessian[row];
        }
        let mean = hessian.iter().sum::<f64>() / rows.active.len() as f64;
        Self { gradient, hessian, variance, strength: (STRENGTH * mean).max(f64::MIN_POSITIVE) }
    }

    /// By how much the Newton step of each row's cell, as the rows before it have it, lowers the loss of all rows: the mean over some orders, whose
    /// variance counts as one's, as they hardly differ.
    fn worth(&self, orders: &[Order], cell: &[u32], n_cells: usize) -> Worth {
        let mut worth = Worth::default();
        for order in orders {
            let mut seen = vec![(0.0, 0.0); n_cells];
            for group in order.groups() {
                for &row in group {
                    let (gradient, hessian) = seen[cell[row as usize] as usize];
                    let step = gradient / (hessian + self.strength);
                    worth.gain += step * self.gradient[row as usize] - 0.5 * step * step * self.hessian[row as usize];
                    worth.variance += step * step * self.variance[row as usize];
                }
                for &row in group {
                    let seen = &mut seen[cell[row as usize] as usize];
                    seen.0 += self.gradient[row as usize];
                    seen.1 += self.hessian[row as usize];
                }
            }
        }
        let n = orders.len() as f64;
        Worth { gain: worth.gain / n, variance: worth.variance / n }
    }
}

/// The pairs that the categories of two features make.
#[derive(Debug, PartialEq)]
pub(super) struct Paired {
    /// Those that enough rows have, rising.
    pub(super) pairs: Vec<u64>,
    /// Per row which of them is its own; their number when none is.
    pub(super) index: Vec<u32>,
}

impl Paired {
    /// The pairs of `places` that at least `least` active rows have, of different groups where there are any.
    pub(super) fn new(places: [&[u32]; 2], active: &[u32], groups: &[u32], least: usize) -> Self {
        let of = |row: usize| pair(places[0][row] as usize, places[1][row] as usize);
        let group = |row: u32| groups.get(row as usize).copied().unwrap_or(row);
        let [n_first, n_second] = places.map(|places| places.iter().max().map_or(0, |&most| most as usize + 1));
        if least <= 1 && n_first.saturating_mul(n_second) <= DENSE * active.len() {
            return Self::dense(places, active, n_first, n_second);
        }
        let pairs = if least <= 1 {
            let mut pairs: Vec<u64> = active.iter().map(|&row| of(row as usize)).collect();
            pairs.sort_unstable();
            pairs.dedup();
            pairs
        } else {
            let mut seen: Vec<(u64, u32)> = active.iter().map(|&row| (of(row as usize), group(row))).collect();
            seen.sort_unstable();
            seen.dedup();
            seen.chunk_by(|a, b| a.0 == b.0).filter(|of_pair| of_pair.len() >= least).map(|of_pair| of_pair[0].0).collect()
        };
        let index = (0..places[0].len()).map(|row| pairs.binary_search(&of(row)).unwrap_or(pairs.len()) as u32).collect();
        Self { pairs, index }
    }

    /// The same by a table of all pairs that could be.
    fn dense(places: [&[u32]; 2], active: &[u32], n_first: usize, n_second: usize) -> Self {
        let of = |row: usize| places[0][row] as usize * n_second + places[1][row] as usize;
        let mut number = vec![u32::MAX; n_first * n_second];
        active.iter().for_each(|&row| number[of(row as usize)] = 0);
        let mut pairs = Vec::new();
        for (both, number) in number.iter_mut().enumerate().filter(|(_, number)| **number == 0) {
            *number = pairs.len() as u32;
            pairs.push(pair(both / n_second, both % n_second));
        }
        let index = (0..places[0].len()).map(|row| number[of(row)].min(pairs.len() as u32)).collect();
        Self { pairs, index }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ndarray::{Array1, Array2, Axis};
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::Silent;

    const LEVELS: u32 = 30;

    /// Rows of four categorical features. The first and the third together say a lot; beside that each says a little of its own.
    fn made(n: usize, together: f64) -> (Array2<f32>, Array1<bool>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(4);
        let x = Array2::from_shape_fn((n, 4), |_| random.gen_range(0..LEVELS) as f32);
        let won = x.rows().into_iter().map(|row| {
            let [a, b, c] = [0, 1, 2].map(|feature| row[feature] as u32);
            let of_pair = (a * LEVELS + c).wrapping_mul(2_654_435_761) >> 16 & 1;
            let log_odds = together * (f64::from(of_pair) - 0.5) + f64::from(a % 3) + f64::from(b % 2) - 2.0;
            random.gen_bool(sigmoid(log_odds))
        });
        let won = won.collect();
        (x, won)
    }

    fn params() -> BoostingParams {
        BoostingParams::new().n_estimators(40).categorical(vec![Some(LEVELS); 4])
    }

    fn chosen(params: BoostingParams, (x, won): &(Array2<f32>, Array1<bool>)) -> Vec<Pair> {
        let rows = Rows::of_matrix(x.view(), won.view());
        choose(&params.check().unwrap(), &rows, &CheckedRows::new(&rows).unwrap(), &Silent).unwrap()
    }

    #[test]
    fn a_pair_that_says_more_than_its_features_is_found_and_no_other_where_there_is_none() {
        for n in [6_000, SAMPLE + 20_000] {
            assert_eq!(chosen(params(), &made(n, 4.0))[0], [0, 2], "{n} rows");
        }
        assert_eq!(chosen(params(), &made(6_000, 0.0)), [] as [Pair; 0]);
    }

    #[test]
    fn what_the_caller_forbids_is_not_paired() {
        let rows = made(6_000, 4.0);
        assert_eq!(chosen(params().statistics_pairs(0), &rows), [] as [Pair; 0]);
        assert_eq!(chosen(params().statistics_pairs(1), &rows), [[0, 2]]);
        assert!(!chosen(params().excluded(vec![2]), &rows).contains(&[0, 2]));
        assert!(!chosen(params().interaction_constraints(vec![vec![0, 1], vec![2, 3]]), &rows).contains(&[0, 2]));
        assert!(chosen(params().interaction_constraints(vec![vec![0, 1, 2], vec![2, 3]]), &rows).contains(&[0, 2]));
    }

    #[test]
    fn rows_that_it_has_not_seen_are_told_better_with_the_pair() {
        let (train, test) = (made(6_000, 4.0), made(12_000, 4.0));
        let loss = |params: BoostingParams| {
            let model = params.fit_rows(&Rows::of_matrix(train.0.view(), train.1.view())).unwrap();
            model.validate_trees().unwrap();
            let z = model.predict_log_odds(&test.0.view());
            let unseen = || z.iter().zip(&test.1).skip(6_000);
            unseen().map(|(&z, &won)| crate::math::softplus(if won { -z } else { z })).sum::<f64>() / 6_000.0
        };
        let (with, without) = (loss(params()), loss(params().statistics_pairs(0)));
        assert!(with < without - 0.03, "with {with}, without {without}");
    }

    #[test]
    fn the_same_bits_on_any_number_of_threads() {
        let (x, won) = made(3_000, 4.0);
        let fitted = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| params().fit_rows(&Rows::of_matrix(x.view(), won.view())).unwrap())
        };
        let one = fitted(1);
        assert!(!one.pairs.is_empty());
        assert_eq!(one, fitted(3));
    }

    #[test]
    fn copies_of_rows_do_not_make_a_pair_of_their_luck() {
        let (x, won) = made(3_000, 0.0);
        let twice: Vec<usize> = (0..3_000).chain(0..3_000).collect();
        let copied = (x.select(Axis(0), &twice), won.select(Axis(0), &twice));
        // Four categories agree by chance, too; with a number beside them, rows that hold the same are copies.
        let number = Array2::from_shape_fn((6_000, 1), |(row, _)| (row % 3_000) as f32);
        let told = (ndarray::concatenate(Axis(1), &[copied.0.view(), number.view()]).unwrap(), copied.1.clone());
        let categorical = params().categorical([vec![Some(LEVELS); 4], vec![None]].concat());
        assert_eq!(chosen(categorical, &told), [] as [Pair; 0]);
        assert_ne!(chosen(params(), &copied), [] as [Pair; 0], "what the copies would have said");
    }

    #[test]
    fn weights_that_are_all_the_same_change_nothing() {
        let (x, won) = made(6_000, 4.0);
        let weights = Array1::from_elem(6_000, 64.0_f32);
        let plain = Rows::of_matrix(x.view(), won.view());
        let heavy = plain.clone().weights(weights.view());
        let cell: Vec<u32> = x.column(0).iter().map(|&code| code as u32).collect();
        let [plain, heavy] = [plain, heavy].map(|rows| {
            let rows = CheckedRows::new(&rows).unwrap();
            let worth = Residuals::new(&rows, &vec![0.25; 6_000]).worth(&[Order::random(&rows.active, &[], 1)], &cell, LEVELS as usize);
            worth.deviations()
        });
        assert!((plain - heavy).abs() < 1e-9 && plain > 1.0, "{plain} {heavy}");
    }

    #[test]
    fn trees_of_a_single_split_have_no_pairs_unless_they_are_asked_for() {
        let (x, won) = made(6_000, 4.0);
        let pairs = |params: BoostingParams| params.fit_rows(&Rows::of_matrix(x.view(), won.view())).unwrap().pairs.len();
        assert_eq!([pairs(params().max_depth(Some(1))), pairs(params().num_leaves(2))], [0, 0]);
        assert_eq!(pairs(params().max_depth(Some(1)).statistics_pairs(1)), 1);
    }

    #[test]
    fn pairs_of_too_few_rows_are_not_told_apart() {
        let places: [&[u32]; 2] = [&[0, 0, 1, 1, 1, 2], &[5, 5, 5, 6, 6, 5]];
        let all = Paired::new(places, &[0, 1, 2, 3, 4, 5], &[], 1);
        assert_eq!((all.pairs, all.index), (vec![pair(0, 5), pair(1, 5), pair(1, 6), pair(2, 5)], vec![0, 0, 1, 2, 2, 3]));
        let two = Paired::new(places, &[0, 1, 2, 3, 4, 5], &[], 2);
        assert_eq!((two.pairs, two.index), (vec![pair(0, 5), pair(1, 6)], vec![0, 0, 2, 1, 1, 2]));
        // Two rows of one group count as one.
        let grouped = Paired::new(places, &[0, 1, 2, 3, 4, 5], &[1, 1, 2, 3, 4, 5], 2);
        assert_eq!((grouped.pairs, grouped.index), (vec![pair(1, 6)], vec![1, 1, 1, 0, 0, 1]));
        // A row without weight is not there.
        assert_eq!(Paired::new(places, &[0, 1], &[], 1).index, [0, 0, 1, 1, 1, 1]);
        // The one by sorting, the other by a table.
        assert_eq!(Paired::new(places, &[0, 1], &[], 1), Paired::dense(places, &[0, 1], 3, 7));
    }

    #[test]
    fn the_gain_of_a_cell_is_what_its_steps_lower_the_loss_by() {
        let (gradient, hessian) = (vec![0.5, -0.25, 0.5, 0.75], vec![0.25, 0.1875, 0.25, 0.1875]);
        let residuals = Residuals { gradient, hessian, variance: vec![0.5, 0.25, 1.0, 2.0], strength: 1.0 };
        let order = Order::random(&[0, 1, 2, 3], &[0, 1, 0, 2], 9);
        let cell = [0, 1, 0, 0];
        let (mut gain, mut variance) = (0.0, 0.0);
        let groups: Vec<&[u32]> = order.groups().collect();
        for (i, group) in groups.iter().enumerate() {
            for &row in *group {
                let row = row as usize;
                let earlier = || groups[..i].iter().copied().flatten().map(|&row| row as usize).filter(|&other| cell[other] == cell[row]);
                let step = earlier().map(|row| residuals.gradient[row]).sum::<f64>()
                    / (1.0 + earlier().map(|row| residuals.hessian[row]).sum::<f64>());
                variance += step * step * residuals.variance[row];
                gain += step * residuals.gradient[row] - step * step * residuals.hessian[row] / 2.0;
            }
        }
        assert_eq!(groups.len(), 3);
        let worth = residuals.worth(&[order], &cell, 2);
        assert!((worth.gain - gain).abs() < 1e-15 && (worth.variance - variance).abs() < 1e-15 && gain != 0.0);
    }
}
