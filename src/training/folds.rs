//! How the observations are divided for validation: forward in time where there is time, at random where there is none.

use crate::models::folds::deal;

/// Rows that train and rows that judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fold {
    /// When the judged rows begin: what was known then may be learned from. `i64::MIN` for a random fold.
    pub(crate) start: i64,
    pub(crate) train: Vec<u32>,
    pub(crate) validate: Vec<u32>,
}

/// What the division needs to know of each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowTime {
    /// The lead. All rows of a lead are judged in the same fold.
    pub(crate) lead: u32,
    /// When the lead came in: the fold goes by this. A time, or a position.
    pub(crate) cohort: i64,
    /// From when on the row's label is known: it trains only for blocks that start at or after this.
    pub(crate) ripe: i64,
}

/// Shares of the rows, by cohort, at which the judged blocks begin.
const BLOCK_STARTS: [f64; 4] = [0.40, 0.55, 0.70, 0.85];
/// Fewest rows of each class that a fold may train on.
const MIN_CLASS_TO_TRAIN: usize = 10;
/// Fewest won rows that all judged blocks together must hold for the division in time to be worth anything.
const MIN_POSITIVES_TO_JUDGE: usize = 20;

/// Forward blocks: each is judged by models that trained only on what was known when the block began.
///
/// A row trains for a block when its label was known at the block's start (the boundary is purged); a lead is judged, with all its
/// rows, in the block in which it came in. `None` when the history is too short for at least two blocks.
pub(crate) fn forward_blocks(rows: &[RowTime], won: &[bool]) -> Option<Vec<Fold>> {
    let mut cohorts: Vec<i64> = rows.iter().map(|row| row.cohort).collect();
    cohorts.sort_unstable();
    let mut starts: Vec<i64> =
        BLOCK_STARTS.iter().filter_map(|share| cohorts.get((share * cohorts.len() as f64) as usize).copied()).collect();
    starts.dedup();
    let mut folds = Vec::with_capacity(starts.len());
    for (block, &start) in starts.iter().enumerate() {
        let end = starts.get(block + 1).copied().unwrap_or(i64::MAX);
        let select =
            |keep: &dyn Fn(&RowTime) -> bool| -> Vec<u32> { (0_u32..).zip(rows).filter(|(_, row)| keep(row)).map(|(i, _)| i).collect() };
        // A row of the same moment as the start is judged, not learned from.
        let train = select(&|row| row.ripe <= start && row.cohort < start);
        let validate = select(&|row| row.cohort >= start && (row.cohort < end || end == i64::MAX));
        let positives = count_won(&train, won);
        if positives >= MIN_CLASS_TO_TRAIN && train.len() - positives >= MIN_CLASS_TO_TRAIN && !validate.is_empty() {
            folds.push(Fold { start, train, validate });
        }
    }
    let judged: usize = folds.iter().map(|fold| count_won(&fold.validate, won)).sum();
    (folds.len() >= 2 && judged >= MIN_POSITIVES_TO_JUDGE).then_some(folds)
}

/// `k` random folds of whole leads, each with its share of the leads that were won.
pub(crate) fn random_folds(rows: &[RowTime], won: &[bool], k: usize, seed: u64) -> Vec<Fold> {
    let fold_of = deal(rows.iter().map(|row| Some(row.lead)), won, k, seed);
    (0..k)
        .map(|fold| {
            let (mut train, mut validate) = (Vec::new(), Vec::new());
            for (i, fold_of) in (0_u32..).zip(&fold_of) {
                if *fold_of == Some(fold) { validate.push(i) } else { train.push(i) }
            }
            Fold { start: i64::MIN, train, validate }
        })
        .collect()
}

fn count_won(rows: &[u32], won: &[bool]) -> usize {
    rows.iter().filter(|&&i| won[i as usize]).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn rows() -> impl Strategy<Value = (Vec<RowTime>, Vec<bool>)> {
        prop::collection::vec((0_u32..300, 0_i64..400, any::<bool>()), 200..800).prop_map(|seen| {
            let cohort = |lead: u32| i64::from(lead) * 2;
            (
                seen.iter().map(|&(lead, age, _)| RowTime { lead, cohort: cohort(lead), ripe: cohort(lead) + age + 30 }).collect(),
                seen.iter().map(|&(_, _, won)| won).collect(),
            )
        })
    }

    proptest! {
        #[test]
        fn no_block_learns_from_what_was_unknown_at_its_start((rows, won) in rows()) {
            for fold in forward_blocks(&rows, &won).into_iter().flatten() {
                let start = fold.validate.iter().map(|&i| rows[i as usize].cohort).min().unwrap();
                prop_assert!(fold.train.iter().all(|&i| rows[i as usize].ripe <= start));
            }
        }

        #[test]
        fn a_lead_is_judged_in_one_fold_and_never_by_a_model_that_saw_it((rows, won) in rows()) {
            for folds in [forward_blocks(&rows, &won).unwrap_or_default(), random_folds(&rows, &won, 5, 3)] {
                let mut judged_in = std::collections::BTreeMap::new();
                for (k, fold) in folds.iter().enumerate() {
                    let trained: std::collections::BTreeSet<u32> = fold.train.iter().map(|&i| rows[i as usize].lead).collect();
                    for &i in &fold.validate {
                        let lead = rows[i as usize].lead;
                        prop_assert_eq!(*judged_in.entry(lead).or_insert(k), k);
                        prop_assert!(!trained.contains(&lead));
                    }
                }
            }
        }

        #[test]
        fn random_folds_judge_every_row_once((rows, won) in rows()) {
            let mut judged: Vec<u32> = random_folds(&rows, &won, 5, 0).into_iter().flat_map(|fold| fold.validate).collect();
            judged.sort_unstable();
            prop_assert!(judged.into_iter().eq(0..rows.len() as u32));
        }
    }

    #[test]
    fn too_short_a_history_has_no_forward_blocks() {
        let rows: Vec<RowTime> = (0..1000).map(|i| RowTime { lead: i, cohort: i64::from(i), ripe: i64::from(i) + 2000 }).collect();
        assert_eq!(forward_blocks(&rows, &vec![true; 1000]), None);
    }
}
