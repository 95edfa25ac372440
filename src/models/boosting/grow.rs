//! One tree, leaf by leaf: the leaf whose best split gains most is split next (Shi 2007; LightGBM's leaf-wise growth).

use rayon::prelude::*;

use super::bins::{Column, Rule};
use super::bundles::{Bundle, Member};
use super::codes::{CodeSet, LANES, Table};
use super::error::BoostingError;
use super::histogram::{BINS, Bin, Gradient, LeafRows, Sums, WordBins, add, fill, subtract};
use super::interactions::{Allowed, Interactions};
use super::params::BoostingValidParams;
use super::partition::partition;
use super::sample::Sample;
use super::split::{Bounds, Cut, Leaf, Search, Split, output};
use crate::observer::Observer;

/// Below so many additions a histogram is done before other threads have woken up.
const PARALLEL_FROM: usize = 1 << 16;
/// Looking for the best split takes about as long as so many additions a bin.
const SEARCH: usize = 4;
/// From so many rows a thread on, each thread has a histogram of its own, so that each row is fetched from memory once.
const ROWS_OF_A_THREAD: usize = 1 << 13;

/// A grown tree, before it joins the model.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Root first; children after their parent, side by side.
    pub(crate) nodes: Vec<TreeNode>,
    /// Its leaves in the order of their nodes.
    pub(crate) leaves: Vec<TreeLeaf>,
}

/// A node of a grown tree.
#[derive(Debug)]
pub(crate) struct TreeNode {
    /// What it asks, if it is no leaf.
    pub(crate) question: Option<Question>,
}

/// What a node asks.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) feature: usize,
    /// The left child; the right one follows it.
    pub(crate) left: usize,
    pub(crate) missing_left: bool,
    pub(crate) gain: f64,
    pub(crate) test: Test,
    /// The same in bin codes: those that go left.
    pub(crate) goes_left: CodeSet,
}

impl Question {
    /// Sends a bin to the left, or to the right.
    pub(crate) fn send(&mut self, bin: usize, left: bool, column: &Column) {
        let before = self.goes_left;
        self.goes_left = CodeSet::of(column.n_bins, |other| if other == bin { left } else { before.contains(other as u8) });
        if bin == column.missing() {
            self.missing_left = left;
        }
        if let Rule::Categorical { bin_of } = &column.rule {
            self.test = Test::Categories(set_of_codes(bin_of, self.goes_left));
        }
    }
}

/// How a value is tested.
#[derive(Debug)]
pub(crate) enum Test {
    /// Up to this value goes left.
    Threshold(f32),
    /// The categories of this bit set go left.
    Categories(Vec<u32>),
}

/// A leaf of a grown tree, and what its value depends on beside the gradients of its rows.
#[derive(Debug)]
pub(crate) struct TreeLeaf {
    parent_output: f64,
    bounds: Bounds,
    l2: f64,
}

impl TreeLeaf {
    /// The Newton step, learning rate not included, for rows of these sums.
    pub(crate) fn output(&self, sums: Sums, path_smooth: f64) -> f64 {
        output(sums, self.l2, self.parent_output, self.bounds, path_smooth)
    }
}

/// What a tree is grown from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    /// What the codes of each feature mean.
    pub(crate) columns: &'a [Column],
    /// Where they stand.
    pub(crate) table: &'a Table<'a>,
    pub(crate) params: &'a BoostingValidParams,
    pub(crate) sample: &'a Sample<'a>,
    pub(crate) interactions: &'a Interactions,
}

/// Grows trees, keeping its buffers from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Grower {
    /// Histograms not in use.
    pool: Vec<Vec<WordBins>>,
    /// Gradients in the order of a leaf's rows.
    gathered: Vec<Gradient>,
    moved: Vec<u32>,
}

/// The features that a tree may use, those of a word together.
#[derive(Debug)]
struct Asked<'a> {
    /// Per word its lanes,
    lanes: Vec<Vec<usize>>,
    /// and what they hold.
    bytes: Vec<Vec<AskedByte<'a>>>,
    n_bytes: usize,
    n_bins: usize,
}

/// A bundle, and which of its features a tree may use.
#[derive(Debug)]
struct AskedByte<'a> {
    lane: usize,
    bundle: &'a Bundle,
    features: Vec<(usize, &'a Member)>,
}

impl<'a> Asked<'a> {
    fn new(table: &Table<'a>, features: &[usize]) -> Self {
        let mut bytes: Vec<Vec<AskedByte<'a>>> = (0..table.n_words()).map(|_| Vec::new()).collect();
        for &feature in features {
            let (place, bundle, member) = table.place(feature);
            let of_word = &mut bytes[place.word];
            match of_word.iter_mut().find(|byte| byte.lane == place.lane) {
                Some(byte) => byte.features.push((feature, member)),
                None => of_word.push(AskedByte { lane: place.lane, bundle, features: vec![(feature, member)] }),
            }
        }
        let lanes: Vec<Vec<usize>> = bytes.iter().map(|of_word| of_word.iter().map(|byte| byte.lane).collect()).collect();
        let n_bins = bytes.iter().flatten().map(|byte| byte.bundle.n_codes()).sum();
        Self { n_bytes: lanes.iter().map(Vec::len).sum(), lanes, bytes, n_bins }
    }
}

/// A leaf that may still be split.
struct Growing {
    node: usize,
    begin: usize,
    end: usize,
    depth: usize,
    leaf: Leaf,
    allowed: Allowed,
    l2: f64,
    histogram: Vec<WordBins>,
    best: Option<Split>,
}

impl Grower {
    /// Grows a tree using only `features`.
    pub(crate) fn grow(&mut self, ground: Ground<'_>, features: &[usize], observer: &dyn Observer) -> Result<Tree, BoostingError> {
        let mut rows: Vec<u32> = (0..ground.sample.gradients.len() as u32).collect();
        let rows = rows.as_mut_slice();
        let asked = Asked::new(ground.table, features);
        let sums = total(ground.sample);
        let mut nodes = vec![TreeNode { question: None }];
        let leaf = Leaf { sums, parent_output: 0.0, bounds: Bounds::FREE };
        let mut root = Growing {
            node: 0,
            begin: 0,
            end: rows.len(),
            depth: 0,
            leaf,
            allowed: ground.interactions.root(),
            l2: ground.params.reg_lambda,
            histogram: Vec::new(),
            best: None,
        };
        if may_split(&root, ground.params) {
            self.search_root(ground, &asked, &mut root);
        }
        let mut leaves = vec![root];
        while leaves.len() < ground.params.num_leaves {
            if observer.cancelled() {
                return Err(BoostingError::Cancelled);
            }
            let Some(next) = most_gain(&leaves) else { break };
            let mut parent = leaves.swap_remove(next);
            let Some(split) = parent.best.take() else { break };
            let is_last = leaves.len() + 2 == ground.params.num_leaves;
            let (left, right) = self.split(ground, &asked, rows, &mut nodes, parent, split, is_last);
            leaves.push(left);
            leaves.push(right);
        }
        leaves.sort_unstable_by_key(|leaf| leaf.node);
        let finished = leaves.iter().map(finished).collect();
        self.pool.extend(leaves.into_iter().map(|leaf| leaf.histogram).filter(|histogram| !histogram.is_empty()));
        Ok(Tree { nodes, leaves: finished })
    }

    fn take_histogram(&mut self, n_words: usize) -> Vec<WordBins> {
        self.pool.pop().unwrap_or_else(|| vec![[[Bin::default(); BINS]; LANES]; n_words])
    }

    /// The gradients of `rows`, in their order.
    fn gather(&mut self, ground: Ground<'_>, rows: &[u32]) {
        self.gathered.clear();
        if rows.len() < PARALLEL_FROM {
            self.gathered.extend(rows.iter().map(|&row| ground.sample.gradients[row as usize]));
        } else {
            self.gathered.par_extend(rows.par_iter().with_min_len(8192).map(|&row| ground.sample.gradients[row as usize]));
        }
    }

    fn search_root(&mut self, ground: Ground<'_>, asked: &Asked<'_>, root: &mut Growing) {
        root.histogram = self.take_histogram(ground.table.n_words());
        self.fill(ground, asked, LeafRows::From(0), &ground.sample.gradients, &mut root.histogram);
        let search = Seeking { search: Search { params: ground.params, leaf: root.leaf }, allowed: &root.allowed };
        let words = root.histogram.iter().enumerate().collect();
        root.best =
            best_of(for_each_word(words, asked.n_bins * SEARCH, |(word, bins)| best_in_word(ground, search, &asked.bytes[word], bins)));
    }

    /// Sums the rows of a leaf into a histogram: many rows by as many threads as there are, each a run of rows; fewer by the words of a row.
    fn fill(&mut self, ground: Ground<'_>, asked: &Asked<'_>, rows: LeafRows<'_>, gradients: &[Gradient], histogram: &mut [WordBins]) {
        let (n, threads) = (gradients.len(), rayon::current_num_threads());
        let run = n.div_ceil(threads);
        if threads == 1 || n * asked.n_bytes < PARALLEL_FROM {
            fill(&ground.sample.units, &ground.sample.lines, rows, gradients, 0, &asked.lanes, histogram);
        } else if run < ROWS_OF_A_THREAD {
            let words = histogram.len().div_ceil(threads);
            histogram.par_chunks_mut(words).zip(asked.lanes.par_chunks(words)).enumerate().with_max_len(1).for_each(
                |(part, (bins, lanes))| {
                    fill(&ground.sample.units, &ground.sample.lines, rows, gradients, part * words, lanes, bins);
                },
            );
        } else {
            let n_words = histogram.len();
            let mut others: Vec<Vec<WordBins>> = (1..n.div_ceil(run)).map(|_| self.take_histogram(n_words)).collect();
            let of_run = |part: usize| match rows {
                LeafRows::From(row) => LeafRows::From(row + part * run),
                LeafRows::These(rows) => LeafRows::These(&rows[part * run..n.min((part + 1) * run)]),
            };
            let mut runs: Vec<&mut [WordBins]> = vec![histogram];
            runs.extend(others.iter_mut().map(Vec::as_mut_slice));
            runs.par_iter_mut().zip(gradients.par_chunks(run)).enumerate().with_max_len(1).for_each(|(part, (bins, gradients))| {
                fill(&ground.sample.units, &ground.sample.lines, of_run(part), gradients, 0, &asked.lanes, bins);
            });
            for other in &others {
                for ((bins, others), lanes) in histogram.iter_mut().zip(other).zip(&asked.lanes) {
                    lanes.iter().for_each(|&lane| add(&mut bins[lane], &others[lane]));
                }
            }
            self.pool.extend(others);
        }
    }

    /// Splits `parent` and looks for the best splits of its children. The histogram of the smaller child is summed, that of the larger is the
    /// difference to the parent's.
    fn split(
        &mut self,
        ground: Ground<'_>,
        asked: &Asked<'_>,
        rows: &mut [u32],
        nodes: &mut Vec<TreeNode>,
        parent: Growing,
        split: Split,
        is_last: bool,
    ) -> (Growing, Growing) {
        let column = &ground.columns[split.feature];
        let ((place, bundle, member), lines) = (ground.table.place(split.feature), &ground.sample.lines);
        let seen_left = sides(column, &split);
        let parent_rows = &mut rows[parent.begin..parent.end];
        let n_left = partition(parent_rows, &mut self.moved, |row| lines.byte(place, row), &member.bytes(seen_left));
        let middle = parent.begin + n_left;
        let first = nodes.len();
        nodes.push(TreeNode { question: None });
        nodes.push(TreeNode { question: None });
        let larger_left = split.left.hessian >= split.right.hessian;
        let (mut sums, bins) = ([Sums::default(); BINS], &parent.histogram[place.word][place.lane]);
        member.sums(&ground.sample.units, bins, bundle.whole(bins), &mut sums);
        let is_seen = |bin: usize| sums[bin].rows > 0;
        let missing_left = split.missing_left.unwrap_or(larger_left);
        let goes_left = with_unseen(column, &split.cut, seen_left, is_seen, larger_left, missing_left);
        nodes[parent.node].question = Some(Question {
            feature: split.feature,
            left: first,
            missing_left,
            gain: split.gain,
            test: test(column, &split.cut, goes_left),
            goes_left,
        });

        let allowed = ground.interactions.below(&parent.allowed, split.feature);
        let Growing { leaf, .. } = parent;
        let own = output(leaf.sums, parent.l2, leaf.parent_output, leaf.bounds, ground.params.path_smooth);
        let direction = ground.params.direction(split.feature);
        let (left_bounds, right_bounds) = leaf.bounds.children(direction, split.left_output, split.right_output);
        let child = |node, begin, end, sums, bounds| Growing {
            node,
            begin,
            end,
            depth: parent.depth + 1,
            leaf: Leaf { sums, parent_output: own, bounds },
            allowed: allowed.clone(),
            l2: split.l2,
            histogram: Vec::new(),
            best: None,
        };
        let mut left = child(first, parent.begin, middle, split.left, left_bounds);
        let mut right = child(first + 1, middle, parent.end, split.right, right_bounds);
        if is_last || !(may_split(&left, ground.params) || may_split(&right, ground.params)) {
            self.pool.push(parent.histogram);
        } else if middle - parent.begin <= parent.end - middle {
            self.search_children(ground, asked, rows, parent.histogram, &mut left, &mut right);
        } else {
            self.search_children(ground, asked, rows, parent.histogram, &mut right, &mut left);
        }
        (left, right)
    }

    fn search_children(
        &mut self,
        ground: Ground<'_>,
        asked: &Asked<'_>,
        rows: &[u32],
        parent_histogram: Vec<WordBins>,
        small: &mut Growing,
        large: &mut Growing,
    ) {
        let rows = &rows[small.begin..small.end];
        self.gather(ground, rows);
        small.histogram = self.take_histogram(ground.table.n_words());
        large.histogram = parent_histogram;
        let (allowed_small, allowed_large) = (small.allowed.clone(), large.allowed.clone());
        let seek = |growing: &Growing, allowed| {
            may_split(growing, ground.params).then_some(Seeking { search: Search { params: ground.params, leaf: growing.leaf }, allowed })
        };
        let (search_small, search_large) = (seek(small, &allowed_small), seek(large, &allowed_large));
        let gathered = std::mem::take(&mut self.gathered);
        self.fill(ground, asked, LeafRows::These(rows), &gathered, &mut small.histogram);
        self.gathered = gathered;
        let work = |(word, (small, large)): (usize, (&WordBins, &mut WordBins))| {
            let bytes = &asked.bytes[word];
            for &AskedByte { lane, bundle, .. } in bytes {
                subtract(&mut large[lane][..bundle.n_codes()], &small[lane][..bundle.n_codes()]);
            }
            let best = |search: Option<Seeking<'_>>, bins| search.and_then(|search| best_in_word(ground, search, bytes, bins));
            (best(search_small, small), best(search_large, &*large))
        };
        let words = small.histogram.iter().zip(&mut large.histogram).enumerate().collect();
        let (best_small, best_large) = for_each_word(words, 2 * asked.n_bins * SEARCH, work).into_iter().unzip();
        small.best = best_of(best_small);
        large.best = best_of(best_large);
    }
}

/// The search for the best split of a leaf.
#[derive(Clone, Copy)]
struct Seeking<'a> {
    search: Search<'a>,
    allowed: &'a Allowed,
}

/// The best split of a leaf among the features of a word; among equals that of the first feature.
fn best_in_word(ground: Ground<'_>, seeking: Seeking<'_>, asked: &[AskedByte<'_>], bins: &WordBins) -> Option<Split> {
    let mut sums = [Sums::default(); BINS];
    let mut splits = Vec::new();
    for byte in asked {
        let bins = &bins[byte.lane];
        let whole = byte.bundle.whole(bins);
        for &(feature, member) in byte.features.iter().filter(|(feature, _)| ground.interactions.allow(seeking.allowed, *feature)) {
            let column = &ground.columns[feature];
            let sums = &mut sums[..column.n_bins];
            member.sums(&ground.sample.units, bins, whole, sums);
            splits.push(seeking.search.best_split(feature, column, sums));
        }
    }
    best_of(splits)
}

/// The sums over all rows.
fn total(sample: &Sample<'_>) -> Sums {
    let parts: Vec<Bin> = sample.gradients.par_chunks(1 << 15).map(|gradients| sample.units.total(gradients.iter())).collect();
    sample.units.sums(parts.into_iter().fold(Bin::default(), |total, part| total + part))
}

/// Whether the settings allow to split the leaf at all.
fn may_split(growing: &Growing, params: &BoostingValidParams) -> bool {
    params.max_depth.is_none_or(|max| growing.depth < max) && growing.end - growing.begin >= params.min_child_samples.saturating_mul(2)
}

/// The leaf to split next: the first of those made earliest that gain most.
fn most_gain(leaves: &[Growing]) -> Option<usize> {
    let mut most: Option<(f64, usize, usize)> = None;
    for (i, leaf) in leaves.iter().enumerate() {
        let Some(split) = &leaf.best else { continue };
        if most.is_none_or(|(gain, node, _)| split.gain > gain || (split.gain == gain && leaf.node < node)) {
            most = Some((split.gain, leaf.node, i));
        }
    }
    most.map(|(_, _, i)| i)
}

/// The split that gains most; among equals that of the first feature, whichever thread found it.
fn best_of(splits: Vec<Option<Split>>) -> Option<Split> {
    let better = |best: &Split, split: &Split| split.gain > best.gain || (split.gain == best.gain && split.feature < best.feature);
    splits.into_iter().flatten().reduce(|best, split| if better(&best, &split) { split } else { best })
}

/// Works on the words, on all threads when there is enough to do. Each word is one thread's, so the results do not depend on their number.
fn for_each_word<S: Send, R: Send>(words: Vec<(usize, S)>, work_load: usize, work: impl Fn((usize, S)) -> R + Send + Sync) -> Vec<R> {
    if work_load < PARALLEL_FROM {
        words.into_iter().map(work).collect()
    } else {
        words.into_par_iter().with_max_len(1).map(work).collect()
    }
}

/// The bins that go left among those that the leaf has.
fn sides(column: &Column, split: &Split) -> CodeSet {
    let missing = column.missing();
    CodeSet::of(column.n_bins, |bin| {
        if bin == missing {
            return split.missing_left.unwrap_or(false);
        }
        match &split.cut {
            Cut::Bin(last) => bin <= *last,
            Cut::Categories { left, .. } => left.contains(&bin),
        }
    })
}

/// The bins that go left, those included that the leaf has not: categories go with the larger side, or with the rest where one is set apart.
fn with_unseen(
    column: &Column,
    cut: &Cut,
    seen_left: CodeSet,
    is_seen: impl Fn(usize) -> bool,
    larger_left: bool,
    missing_left: bool,
) -> CodeSet {
    let missing = column.missing();
    CodeSet::of(column.n_bins, |bin| match cut {
        _ if bin == missing => missing_left,
        Cut::Categories { one, .. } if larger_left && !one && !is_seen(bin) => true,
        _ => seen_left.contains(bin as u8),
    })
}

/// The cut as the model will test it.
fn test(column: &Column, cut: &Cut, goes_left: CodeSet) -> Test {
    match (cut, &column.rule) {
        // Above the last threshold there is one more bin: all values left, the missing ones right.
        (Cut::Bin(bin), Rule::Numeric { thresholds }) => Test::Threshold(thresholds.get(*bin).copied().unwrap_or(f32::MAX)),
        (Cut::Categories { .. }, Rule::Categorical { bin_of }) => Test::Categories(set_of_codes(bin_of, goes_left)),
        // A search cuts numbers between bins and categories into sets.
        _ => Test::Threshold(f32::MAX),
    }
}

/// The codes whose bins go left, as a bit set.
fn set_of_codes(bin_of: &[u8], goes_left: CodeSet) -> Vec<u32> {
    let mut words = vec![0_u32; bin_of.len().div_ceil(32)];
    for (code, &bin) in bin_of.iter().enumerate() {
        words[code / 32] |= u32::from(goes_left.contains(bin)) << (code % 32);
    }
    words
}

fn finished(growing: &Growing) -> TreeLeaf {
    TreeLeaf { parent_output: growing.leaf.parent_output, bounds: growing.leaf.bounds, l2: growing.l2 }
}
