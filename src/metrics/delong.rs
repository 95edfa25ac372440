//! The sampling error of the AUC.
//!
//! DeLong, DeLong and Clarke-Pearson (1988), in the fast form of Sun and Xu (2014): the placements that make up the variance are differences of midranks.

use super::MetricsError;
use super::input::{Input, same_length};

/// The 97.5th percentile of the standard normal distribution.
const Z95: f64 = 1.959_963_984_540_054;

/// An AUC, or a difference of two, with its sampling error.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AucInterval {
    /// The AUC, or the difference.
    pub estimate: f64,
    /// Its standard error, rows taken as independent.
    pub standard_error: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// The AUC with its 95 % interval, cut at 0 and 1. `None` with fewer than two won or two lost rows. Rows count equally; snapshots of one lead are not independent, so give one row per lead.
///
/// # Errors
/// [`MetricsError`] when lengths differ, a probability is outside 0..=1, or there is no row.
pub fn auc_interval(probability: &[f64], won: &[bool]) -> Result<Option<AucInterval>, MetricsError> {
    Input::new(probability, won, None)?;
    let Some(placements) = Placements::new(probability, won) else { return Ok(None) };
    let interval = placements.interval(placements.auc());
    Ok(Some(AucInterval { low: interval.low.max(0.0), high: interval.high.min(1.0), ..interval }))
}

/// The AUC of `first` minus that of `second` on the same rows, with its 95 % interval; otherwise as [`auc_interval`].
///
/// # Errors
/// As [`auc_interval`].
pub fn auc_difference(first: &[f64], second: &[f64], won: &[bool]) -> Result<Option<AucInterval>, MetricsError> {
    Input::new(first, won, None)?;
    same_length("second", second.len(), first.len())?;
    Input::new(second, won, None)?;
    let (Some(mut a), Some(b)) = (Placements::new(first, won), Placements::new(second, won)) else { return Ok(None) };
    let estimate = a.auc() - b.auc();
    a.won.iter_mut().zip(&b.won).for_each(|(a, b)| *a -= b);
    a.lost.iter_mut().zip(&b.lost).for_each(|(a, b)| *a -= b);
    Ok(Some(a.interval(estimate)))
}

/// For each won row the share of lost rows below it, for each lost row the share of won rows above it.
struct Placements {
    won: Vec<f64>,
    lost: Vec<f64>,
}

impl Placements {
    fn new(probability: &[f64], won: &[bool]) -> Option<Self> {
        let of = |class: bool| -> Vec<f64> { probability.iter().zip(won).filter(|(_, won)| **won == class).map(|(p, _)| *p).collect() };
        let (wins, losses) = (of(true), of(false));
        if wins.len() < 2 || losses.len() < 2 {
            return None;
        }
        let all = midranks(probability);
        let (among_wins, among_losses) = (midranks(&wins), midranks(&losses));
        let mut placements = Self { won: Vec::with_capacity(wins.len()), lost: Vec::with_capacity(losses.len()) };
        for (rank, won) in all.iter().zip(won) {
            if *won {
                let own = among_wins.get(placements.won.len())?;
                placements.won.push((rank - own) / losses.len() as f64);
            } else {
                let own = among_losses.get(placements.lost.len())?;
                placements.lost.push(1.0 - (rank - own) / wins.len() as f64);
            }
        }
        Some(placements)
    }

    fn auc(&self) -> f64 {
        self.won.iter().sum::<f64>() / self.won.len() as f64
    }

    fn interval(&self, estimate: f64) -> AucInterval {
        let variance = variance(&self.won) / self.won.len() as f64 + variance(&self.lost) / self.lost.len() as f64;
        let standard_error = variance.sqrt();
        AucInterval { estimate, standard_error, low: estimate - Z95 * standard_error, high: estimate + Z95 * standard_error }
    }
}

/// The sample variance, of at least two values.
fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (values.len() - 1) as f64
}

/// The rank of each value from 1 on, equal values sharing their mean rank.
fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tie in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = before as f64 + 0.5 * (tie.len() + 1) as f64;
        tie.iter().for_each(|row| ranks[*row] = rank);
        before += tie.len();
    }
    ranks
}
