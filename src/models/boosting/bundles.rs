//! Features of few codes, several to a byte.
//!
//! Histograms cost an addition for each row and byte, so features share a byte where their codes come in at most [`BINS`] combinations: eight columns
//! of 0 and 1 whatever they hold, a whole one-hot table as one column at a time is 1, a few small vocabularies. The byte tells which combination a
//! row has. Sums are of whole numbers, so a feature's own histogram follows from that of the combinations without a bit of difference: each code has
//! the sum of the combinations with it, and the code of most combinations what the others leave of the whole. Exclusive feature bundling (Ke et al.
//! 2017) is the case of columns of which one at a time is not 0; here none need exclude another, and no conflicts are allowed.

use rayon::prelude::*;

use super::codes::CodeSet;
use super::histogram::{BINS, Bin, Sums, Units};

/// A bundle takes another feature if that adds at most one bin to be read in a search for each so many rows. A search reads bins of bundles again and
/// again however few rows a leaf has; what is saved is an addition a row.
const ROWS_OF_A_BIN: usize = 64;
/// Rows that one thread takes at a time.
const CHUNK: usize = 1 << 15;
/// Whether two features go together is tried on so many rows first.
const FIRST: usize = 1 << 12;

/// The features that share a byte.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// Rising.
    features: Vec<usize>,
    members: Vec<Member>,
    /// How many codes the byte has.
    n_codes: usize,
}

/// How a feature is read from its byte.
#[derive(Debug)]
pub(crate) enum Member {
    /// The byte is the feature's code.
    Alone,
    /// The byte tells a combination.
    Shared {
        /// Per combination the feature's code.
        code_of: Vec<u8>,
        /// The code that most combinations have.
        usual: u8,
        /// The other codes, and which combinations have them.
        others: Vec<(u8, Vec<u8>)>,
    },
}

impl Bundle {
    fn alone(feature: usize, n_bins: usize) -> Self {
        Self { features: vec![feature], members: vec![Member::Alone], n_codes: n_bins }
    }

    /// The features.
    pub(crate) fn features(&self) -> &[usize] {
        &self.features
    }

    /// How many codes the byte has.
    pub(crate) fn n_codes(&self) -> usize {
        self.n_codes
    }

    /// How a feature of it is read.
    pub(crate) fn member(&self, feature: usize) -> &Member {
        &self.members[self.features.partition_point(|&earlier| earlier < feature)]
    }

    /// The sum over all rows, which [`Member::sums`] asks for.
    pub(crate) fn whole(&self, bins: &[Bin; BINS]) -> Bin {
        match self.members[..] {
            [Member::Alone] => Bin::default(),
            _ => bins[..self.n_codes].iter().fold(Bin::default(), |whole, &bin| whole + bin),
        }
    }

    /// How many bins a search reads beside those of the features.
    fn reads(&self) -> usize {
        let of_others = |member: &Member| match member {
            Member::Alone => 0,
            Member::Shared { others, .. } => others.iter().map(|(_, combinations)| combinations.len()).sum(),
        };
        self.n_codes + self.members.iter().map(of_others).sum::<usize>()
    }
}

impl Member {
    fn shared(code_of: Vec<u8>) -> Self {
        let mut combinations_of = vec![Vec::new(); BINS];
        code_of.iter().enumerate().for_each(|(combination, &code)| combinations_of[usize::from(code)].push(combination as u8));
        // Among equals the first.
        let usual = (0..BINS).rev().max_by_key(|&code| combinations_of[code].len()).unwrap_or(0);
        let others = combinations_of.into_iter().enumerate().filter(|(code, combinations)| *code != usual && !combinations.is_empty());
        Self::Shared { usual: usual as u8, others: others.map(|(code, combinations)| (code as u8, combinations)).collect(), code_of }
    }

    /// The sums of each code of the feature, from the bins of the byte, which add up to `whole`.
    #[inline]
    pub(crate) fn sums(&self, units: &Units, bins: &[Bin; BINS], whole: Bin, out: &mut [Sums]) {
        let Self::Shared { usual, others, .. } = self else {
            out.iter_mut().zip(bins).for_each(|(sums, &bin)| *sums = units.sums(bin));
            return;
        };
        out.fill(Sums::default());
        let mut rest = whole;
        for (code, combinations) in others {
            let sum = combinations.iter().fold(Bin::default(), |sum, &combination| sum + bins[usize::from(combination)]);
            rest = rest - sum;
            out[usize::from(*code)] = units.sums(sum);
        }
        out[usize::from(*usual)] = units.sums(rest);
    }

    /// The codes of the byte with one of these codes of the feature.
    pub(crate) fn bytes(&self, codes: CodeSet) -> CodeSet {
        match self {
            Self::Alone => codes,
            Self::Shared { code_of, .. } => CodeSet::of(code_of.len(), |combination| codes.contains(code_of[combination])),
        }
    }
}

/// A bundle that may grow: which combination each row has, and the code of each feature in each combination.
struct Open {
    bundle: Bundle,
    bytes: Vec<u8>,
}

impl Open {
    fn new(n_rows: usize) -> Self {
        Self { bundle: Bundle { features: Vec::new(), members: Vec::new(), n_codes: 1 }, bytes: vec![0; n_rows] }
    }

    /// Takes in a feature; false when that would be more than `most` combinations, or not worth it.
    fn add(&mut self, feature: usize, codes: &[u8], n_bins: usize, most: usize) -> bool {
        let place = |(&byte, &code): (&u8, &u8)| usize::from(byte) * n_bins + usize::from(code);
        let seen_in = |bytes: &[u8], codes: &[u8]| {
            let mut seen = vec![false; self.bundle.n_codes * n_bins];
            bytes.iter().zip(codes).for_each(|both| seen[place(both)] = true);
            seen
        };
        let first = FIRST.min(codes.len());
        let count = |seen: &[bool]| seen.iter().filter(|&&seen| seen).count();
        if count(&seen_in(&self.bytes[..first], &codes[..first])) > most {
            return false;
        }
        let parts = self.bytes.par_chunks(CHUNK).zip(codes.par_chunks(CHUNK)).map(|(bytes, codes)| seen_in(bytes, codes));
        let Some(seen) = parts.reduce_with(|mut seen, other| {
            seen.iter_mut().zip(other).for_each(|(seen, other)| *seen |= other);
            seen
        }) else {
            return false;
        };
        if count(&seen) > most {
            return false;
        }
        let combinations: Vec<usize> = (0..seen.len()).filter(|&place| seen[place]).collect();
        let code_of = |member: &Member| match member {
            Member::Alone => Vec::new(),
            Member::Shared { code_of, .. } => combinations.iter().map(|&place| code_of[place / n_bins]).collect(),
        };
        let mut members: Vec<Member> = self.bundle.members.iter().map(|member| Member::shared(code_of(member))).collect();
        members.push(Member::shared(combinations.iter().map(|&place| (place % n_bins) as u8).collect()));
        let features = self.bundle.features.iter().copied().chain([feature]).collect();
        let bundle = Bundle { features, members, n_codes: combinations.len() };
        if !self.bundle.features.is_empty() && bundle.reads() > self.bundle.reads() + codes.len() / ROWS_OF_A_BIN {
            return false;
        }
        let mut combination_of = vec![0_u8; seen.len()];
        combinations.iter().enumerate().for_each(|(combination, &place)| combination_of[place] = combination as u8);
        self.bytes.par_chunks_mut(CHUNK).zip(codes.par_chunks(CHUNK)).for_each(|(bytes, codes)| {
            bytes.iter_mut().zip(codes).for_each(|(byte, code)| *byte = combination_of[place((byte, code))]);
        });
        self.bundle = bundle;
        true
    }
}

/// Puts neighbours together as long as they have at most `most` combinations, and few enough for the number of rows. `columns` has the codes of all
/// rows of each feature, `n_bins` how many there may be. Along with each bundle come the bytes of its rows; nothing when it is a feature alone, whose
/// codes they are.
pub(crate) fn bundles(columns: &[Vec<u8>], n_bins: &[usize], most: usize) -> Vec<(Bundle, Vec<u8>)> {
    let most = most.min(BINS);
    let mut closed = Vec::new();
    let mut open: Option<Open> = None;
    let mut close = |open: Option<Open>| {
        closed.extend(open.map(|open| match open.bundle.features[..] {
            [feature] => (Bundle::alone(feature, n_bins[feature]), Vec::new()),
            _ => (open.bundle, open.bytes),
        }));
    };
    for (feature, codes) in columns.iter().enumerate() {
        // Two features of two codes each are the least that go together.
        if n_bins[feature] > BINS / 2 + 1 {
            close(Some(Open { bundle: Bundle::alone(feature, n_bins[feature]), bytes: Vec::new() }));
            continue;
        }
        if open.as_mut().is_some_and(|open| open.add(feature, codes, n_bins[feature], most)) {
            continue;
        }
        let mut next = Open::new(codes.len());
        if next.add(feature, codes, n_bins[feature], most) {
            close(open.replace(next));
        } else {
            close(Some(Open { bundle: Bundle::alone(feature, n_bins[feature]), bytes: Vec::new() }));
        }
    }
    close(open);
    closed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use linfa::ParamGuard;
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::super::BoostingFit;
    use super::super::params::BoostingParams;
    use super::*;
    use crate::Silent;
    use crate::models::Rows;

    /// Which features share a byte.
    fn together(columns: &[Vec<u8>], n_bins: &[usize]) -> Vec<Vec<usize>> {
        bundles(columns, n_bins, BINS).into_iter().map(|(bundle, _)| bundle.features).collect()
    }

    /// The bits of each row's number: columns of 0 and 1 in all combinations.
    fn bits(n_rows: usize, columns: usize) -> Vec<Vec<u8>> {
        (0..columns).map(|column| (0..n_rows).map(|row| (row >> column & 1) as u8).collect()).collect()
    }

    #[test]
    fn as_many_share_a_byte_as_have_256_combinations() {
        let n = 1 << 16;
        assert_eq!(together(&bits(n, 10), &[3; 10]), [(0..8).collect::<Vec<_>>(), vec![8, 9]]);
        let one_hot: Vec<Vec<u8>> = (0..300).map(|column| (0..n).map(|row| u8::from(row % 300 == column)).collect()).collect();
        let shared = together(&one_hot, &[3; 300]);
        assert_eq!(shared, [(0..255).collect::<Vec<_>>(), (255..300).collect()]);
        // Those of many codes stay alone, and part nothing; equal columns have no more combinations than one.
        let many: Vec<u8> = (0..n).map(|row| (row % 200) as u8).collect();
        let two = |row: usize| (row / 7 % 2) as u8;
        let few: Vec<u8> = (0..n).map(two).collect();
        assert_eq!(together(&[few.clone(), many.clone(), few.clone(), vec![0; n]], &[3, 201, 3, 2]), [vec![1], vec![0, 2, 3]]);
        assert_eq!(together(&[many[..].iter().map(|code| code % 100).collect(), few], &[101, 3]), [[0, 1]]);
        assert_eq!(together(&[], &[]), [] as [Vec<usize>; 0]);
        assert_eq!(together(&[Vec::new(), Vec::new()], &[2, 2]), [[0], [1]]);
    }

    #[test]
    fn of_few_rows_only_so_many_share_a_byte_as_searches_may_read() {
        let sizes = |n: usize| together(&bits(n, 8), &[3; 8]).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!([sizes(256), sizes(2048), sizes(1 << 16)], [vec![1; 8], vec![4; 2], vec![8]]);
        // One-hot columns add a bin or two each.
        let one_hot: Vec<Vec<u8>> = (0..20).map(|column| (0..256).map(|row| u8::from(row % 21 == column)).collect()).collect();
        assert_eq!(together(&one_hot, &[3; 20]), [(0..20).collect::<Vec<_>>()]);
    }

    proptest! {
        #[test]
        fn the_histogram_of_each_feature_is_the_sum_of_its_rows(
            given in prop::collection::vec((any::<u32>(), -1.0..1.0, 0.0..0.25), 1..400),
            radices in prop::collection::vec(1_u32..7, 1..12),
        ) {
            let units = Units::new(given.len(), 1.0, 0.25);
            let gradients: Vec<_> = given.iter().map(|row| units.quantise(row.1, row.2, (0.5, 0.5))).collect();
            let column = |(feature, &radix): (usize, &u32)| given.iter().map(|row| (row.0.rotate_left(3 * feature as u32) % radix) as u8).collect();
            let columns: Vec<Vec<u8>> = radices.iter().enumerate().map(column).collect();
            let n_bins: Vec<usize> = radices.iter().map(|&radix| radix as usize + 1).collect();
            let sums = |codes: &[u8], code: usize| {
                units.total(gradients.iter().zip(codes).filter(|(_, of_row)| usize::from(**of_row) == code).map(|(gradient, _)| gradient))
            };
            let mut found = Vec::new();
            for (bundle, bytes) in bundles(&columns, &n_bins, BINS) {
                let bytes = if bytes.is_empty() { &columns[bundle.features[0]] } else { &bytes };
                let bins: [Bin; BINS] = std::array::from_fn(|byte| sums(bytes, byte));
                for &feature in &bundle.features {
                    let mut out = vec![Sums { rows: 9, ..Sums::default() }; n_bins[feature]];
                    bundle.member(feature).sums(&units, &bins, bundle.whole(&bins), &mut out);
                    let expected: Vec<Sums> = (0..n_bins[feature]).map(|code| units.sums(sums(&columns[feature], code))).collect();
                    prop_assert_eq!(out, expected);
                    let set = CodeSet::of(n_bins[feature], |code| code % 2 == 1);
                    let in_set = bundle.member(feature).bytes(set);
                    prop_assert!(bytes.iter().zip(&columns[feature]).all(|(&byte, &code)| in_set.contains(byte) == set.contains(code)));
                    found.push(feature);
                }
            }
            found.sort_unstable();
            prop_assert_eq!(found, (0..columns.len()).collect::<Vec<_>>());
        }
    }

    const FEATURES: usize = 40;

    /// Columns of 0 and 1, sparse and dense, with and without missing values, one-hot, constant, of few levels and of many numbers, and of few and many categories.
    fn rows(n: usize, seed: u64) -> (Array2<f32>, Array1<bool>, Array1<f32>) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut x = Array2::zeros((n, FEATURES));
        for mut row in x.rows_mut() {
            let level = random.gen_range(0..8);
            for (feature, value) in row.iter_mut().enumerate() {
                *value = match feature {
                    0..12 => f32::from(u8::from(random.gen_bool([0.02, 0.3, 0.5][feature % 3]))),
                    12..16 if random.gen_bool(0.1) => f32::NAN,
                    12..16 => f32::from(u8::from(random.gen_bool(0.2))),
                    16..24 => f32::from(u8::from(feature - 16 == level)),
                    24 => 1.0,
                    25 => f32::NAN,
                    26..32 => random.gen_range(0..feature as i32 - 23) as f32,
                    32..34 => random.r#gen(),
                    34..38 if random.gen_bool(0.05) => f32::NAN,
                    34..38 => random.gen_range(0..=LEVELS[feature - 34]) as f32,
                    _ => random.gen_range(0..=70) as f32,
                };
            }
        }
        let effect = |(feature, value): (usize, &f32)| if value.is_nan() { 0.3 } else { value * ((feature * 7 % 5) as f32 - 2.0) / 4.0 };
        let won =
            x.rows().into_iter().map(|row| row.iter().enumerate().take(37).map(effect).sum::<f32>() + random.gen_range(-3.0..3.0) > 0.0);
        let won = won.collect();
        let weights = Array1::from_shape_fn(n, |_| random.gen_range(0..4) as f32 / 2.0);
        (x, won, weights)
    }

    const LEVELS: [u32; 4] = [2, 3, 5, 9];

    fn fitted(
        params: &BoostingParams,
        (x, won, weights): &(Array2<f32>, Array1<bool>, Array1<f32>),
        combinations: usize,
        threads: usize,
    ) -> BoostingFit {
        let mut params = params.clone().check().unwrap();
        params.combinations = combinations;
        let train = Rows::of_matrix(x.view(), won.view()).weights(weights.view());
        let validation = Rows::of_matrix(x.slice(ndarray::s![..200, ..]), won.slice(ndarray::s![..200]));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| super::super::fit::fit(&params, &train, Some(&validation), &Silent).unwrap())
    }

    #[test]
    fn a_model_is_the_same_to_the_bit_whether_features_share_bytes_or_not_on_any_number_of_threads() {
        let levels = |feature: usize| match feature {
            34..38 => Some(LEVELS[feature - 34]),
            38.. => Some(70),
            _ => None,
        };
        let plain = BoostingParams::new()
            .n_estimators(12)
            .categorical((0..FEATURES).map(levels).collect())
            .min_data_per_group(5)
            .max_cat_to_onehot(4);
        let settings = [
            plain.clone().num_leaves(15).feature_fraction(1.0).bagging_fraction(1.0).statistics_from(usize::MAX).statistics_pairs(0),
            plain.clone().num_leaves(31).feature_fraction(0.3).bagging_fraction(0.7).statistics_from(3),
            plain.clone().num_leaves(80).min_child_samples(1).gradient_sampling(Some(0.4)).max_bins(4),
            plain
                .clone()
                .monotone_constraints((0..FEATURES).map(|feature| if feature < 34 { (feature % 3) as i8 - 1 } else { 0 }).collect())
                .path_smooth(2.0),
            plain
                .clone()
                .interaction_constraints(vec![vec![0, 1, 12, 34], vec![1, 16, 17, 18, 26], vec![34, 35, 36]])
                .excluded(vec![2, 20]),
            plain.averaging(2).max_depth(Some(3)).max_bins(2),
        ];
        for (seed, params) in settings.iter().enumerate() {
            for n in [300, 2_500, 12_000] {
                let rows = rows(n, seed as u64);
                let params = params.clone().seed(seed as u64);
                let apart = fitted(&params, &rows, 0, 1);
                assert!(apart.model.n_trees() > 0);
                for (combinations, threads) in [(BINS, 1), (BINS, 2), (BINS, 3), (17, 2), (0, 2)] {
                    let shared = fitted(&params, &rows, combinations, threads);
                    assert_eq!(shared, apart, "setting {seed}, {n} rows, {combinations} combinations, {threads} threads");
                    let file = |fit: &BoostingFit| rmp_serde::to_vec_named(&fit.model).unwrap();
                    assert_eq!(file(&shared), file(&apart));
                }
            }
        }
    }
}
