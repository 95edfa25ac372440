//! The choice of a method by the amount of data and by cross-validated log loss.

use std::collections::HashMap;

use super::sample::{Sample, row_loss};
use super::{CalibrationMethod, Calibrator};

const FOLDS: u32 = 10;
/// The rarer class must have rows of so many leads before a method is tried. Isotonic regression needs the most: below a thousand wins it follows noise (Niculescu-Mizil and Caruana 2005).
const LADDER: [(CalibrationMethod, usize); 4] = [
    (CalibrationMethod::Temperature, 10),
    (CalibrationMethod::Platt, 10),
    (CalibrationMethod::Beta, 200),
    (CalibrationMethod::Isotonic, 1000),
];

/// How rows follow each other in time: blocks, each judged by maps fitted on what was known when it began, which alone shows whether a map
/// outlives the time it was fitted in. Rows of one lead belong together.
#[derive(Debug, Clone, Copy)]
pub struct TimeOrder<'a> {
    /// Per row the number of its block, from 0 on, in order of time.
    pub blocks: &'a [u32],
    /// Per row the number of its lead.
    pub leads: &'a [u32],
    /// Per row the moment from which on its outcome is known.
    pub ripe: &'a [i64],
    /// Per block the moment at which it begins.
    pub starts: &'a [i64],
}

/// How held-out rows are found, and which rows belong together.
#[derive(Debug, Clone, Copy)]
pub(super) enum Structure<'a> {
    /// Rows are independent of each other but for those of one lead (its number per row; each row is its own where there are none): cross-validation.
    OfLeads(&'a [u32]),
    /// Rows come in blocks, one after the other in time.
    InTime(TimeOrder<'a>),
}

/// The simplest method that none beats by more than a standard error.
pub(super) fn choose(sample: &Sample, structure: Structure<'_>) -> Calibrator {
    let held = Held::new(sample, structure);
    // Rows of one lead hardly say more than one of them.
    let rarer = [true, false].map(|won| held.clusters_of(sample, won)).into_iter().min().unwrap_or(0);
    let mut best = CalibrationMethod::None;
    let mut losses = held.losses(sample, best);
    for (method, needed) in LADDER {
        if rarer < needed {
            break;
        }
        let trial = held.losses(sample, method);
        if held.is_better(sample, &trial, &losses) {
            (best, losses) = (method, trial);
        }
    }
    Calibrator::fit_sample(best, sample)
}

/// The division of the rows of a sample.
struct Held {
    /// Per row its fold or block.
    fold: Vec<u32>,
    folds: u32,
    /// In time: per row the moment from which on its outcome is known, and per block its start.
    purge: Option<(Vec<i64>, Vec<i64>)>,
    /// Per row its cluster, numbered from 0.
    cluster: Vec<u32>,
    clusters: usize,
}

impl Held {
    fn new(sample: &Sample, structure: Structure<'_>) -> Self {
        let of = |values: &[u32]| -> Vec<u32> { sample.rows.iter().map(|row| values.get(row.place).copied().unwrap_or(0)).collect() };
        match structure {
            Structure::OfLeads(leads) => {
                let n = sample.rows.len();
                let (cluster, clusters) = if leads.is_empty() { ((0..n as u32).collect(), n) } else { numbered(&of(leads)) };
                Self { fold: assign(sample, &cluster, clusters), folds: FOLDS, purge: None, cluster, clusters }
            }
            Structure::InTime(order) => {
                let ripe = sample.rows.iter().map(|row| order.ripe.get(row.place).copied().unwrap_or(i64::MAX)).collect();
                let fold = of(order.blocks);
                let folds = fold.iter().max().map_or(0, |last| last + 1);
                let (cluster, clusters) = numbered(&of(order.leads));
                Self { fold, folds, purge: Some((ripe, order.starts.to_vec())), cluster, clusters }
            }
        }
    }

    /// How many leads have a row that was won, or lost.
    fn clusters_of(&self, sample: &Sample, won: bool) -> usize {
        let mut has = vec![false; self.clusters];
        let clusters = sample.rows.iter().zip(&self.cluster).filter(|(row, _)| row.won == won);
        clusters.for_each(|(_, &cluster)| has[cluster as usize] = true);
        has.into_iter().filter(|has| *has).count()
    }

    /// Whether row `row` of the sample may be learned from before fold `fold` is judged.
    fn learns(&self, row: usize, fold: u32) -> bool {
        let of = self.fold[row];
        match &self.purge {
            None => of != fold,
            Some((ripe, starts)) => of < fold && starts.get(fold as usize).is_some_and(|start| ripe[row] <= *start),
        }
    }

    /// Each row's log loss under the map fitted on other folds, or on earlier blocks; NaN where there are none.
    fn losses(&self, sample: &Sample, method: CalibrationMethod) -> Vec<f64> {
        let mut losses = vec![f64::NAN; sample.rows.len()];
        for fold in 0..self.folds {
            let train =
                Sample { rows: sample.rows.iter().enumerate().filter(|(row, _)| self.learns(*row, fold)).map(|(_, row)| *row).collect() };
            if self.purge.is_some() && train.rows.is_empty() {
                continue;
            }
            let map = if train.missing_class().is_some() { Calibrator::Identity } else { Calibrator::fit_sample(method, &train) };
            for ((row, of), loss) in sample.rows.iter().zip(&self.fold).zip(&mut losses) {
                if *of == fold {
                    *loss = row_loss(row.won, map.apply(row.z));
                }
            }
        }
        losses
    }

    /// Whether the mean of `trial` is below that of `losses` by more than the standard error of the paired difference, clustered by lead.
    fn is_better(&self, sample: &Sample, trial: &[f64], losses: &[f64]) -> bool {
        let gains = || {
            let pairs = trial.iter().zip(losses).map(|(trial, loss)| loss - trial);
            sample
                .rows
                .iter()
                .zip(&self.cluster)
                .zip(pairs)
                .map(|((row, cluster), gain)| (row.weight, *cluster, gain))
                .filter(|(_, _, gain)| !gain.is_nan())
        };
        let total: f64 = gains().map(|(weight, ..)| weight).sum();
        let mean = gains().map(|(weight, _, gain)| weight * gain).sum::<f64>() / total;
        let mut residuals = vec![0.0; self.clusters];
        for (weight, cluster, gain) in gains() {
            if let Some(residual) = residuals.get_mut(cluster as usize) {
                *residual += weight * (gain - mean);
            }
        }
        let squares: f64 = residuals.iter().map(|residual: &f64| residual * residual).sum();
        mean > squares.sqrt() / total
    }
}

/// The clusters numbered from 0 as they come, and how many they are.
fn numbered(clusters: &[u32]) -> (Vec<u32>, usize) {
    let mut known: HashMap<u32, u32> = HashMap::with_capacity(clusters.len());
    let mut number = |cluster: &u32| {
        let next = known.len() as u32;
        *known.entry(*cluster).or_insert(next)
    };
    (clusters.iter().map(&mut number).collect(), known.len())
}

/// Each class is dealt in order of log-odds, so that every fold sees the whole range and both classes; the rows of a lead go with its first.
fn assign(sample: &Sample, cluster: &[u32], clusters: usize) -> Vec<u32> {
    let mut order: Vec<usize> = (0..sample.rows.len()).collect();
    let key = |row: &usize| sample.rows.get(*row).map_or((false, 0.0), |row| (row.won, row.z));
    order.sort_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
    let (mut fold_of, mut dealt) = (vec![None; clusters], 0);
    for row in order {
        let fold: &mut Option<u32> = &mut fold_of[cluster[row] as usize];
        if fold.is_none() {
            *fold = Some(dealt % FOLDS);
            dealt += 1;
        }
    }
    cluster.iter().map(|&cluster| fold_of[cluster as usize].unwrap_or(0)).collect()
}
