//! What calling the best leads first would catch.

use serde::{Deserialize, Serialize};

use super::MetricsError;
use super::input::{Input, Tie};

/// Points kept of a curve.
const STEPS: usize = 1000;

/// The cumulative gains curve: which share of all wins lies in the best share of rows.
///
/// Rows of one probability count in part: half of them catch half of their wins, so the order within a tie does not matter. The curve is exact at every multiple of
/// 0.001 (everywhere, up to 1,000 different probabilities) and straight in between. Shares are of weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gains {
    /// Share of rows and share of wins, both rising from 0 to 1.
    points: Vec<(f64, f64)>,
}

impl Gains {
    /// The curve; `None` when no row is won.
    ///
    /// # Errors
    /// [`MetricsError`] when lengths differ, a probability is outside 0..=1, a weight is bad, or there is no row.
    pub fn new(probability: &[f64], won: &[bool], weights: Option<&[f64]>) -> Result<Option<Self>, MetricsError> {
        Ok(Self::of(&Input::new(probability, won, weights)?.ties()))
    }

    pub(super) fn of(ties: &[Tie]) -> Option<Self> {
        let wins: f64 = ties.iter().map(|tie| tie.won).sum();
        let total: f64 = ties.iter().map(|tie| tie.won + tie.lost).sum();
        if wins <= 0.0 {
            return None;
        }
        let (mut won, mut seen) = (0.0, 0.0);
        let mut points = vec![(0.0, 0.0)];
        points.extend(ties.iter().map(|tie| {
            won += tie.won;
            seen += tie.won + tie.lost;
            (seen / total, won / wins)
        }));
        let full = Self { points };
        if full.points.len() <= STEPS + 1 {
            return Some(full);
        }
        let sampled = (0..=STEPS).map(|step| step as f64 / STEPS as f64);
        Some(Self { points: sampled.map(|fraction| (fraction, full.capture(fraction))).collect() })
    }

    /// Share of rows and share of wins caught by them, both rising from 0 to 1.
    #[must_use]
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// The share of all wins in the best `fraction` of rows; a fraction outside 0..=1 counts as the nearer end, NaN as 0.
    #[must_use]
    pub fn capture(&self, fraction: f64) -> f64 {
        let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        let after = self.points.partition_point(|(share, _)| *share < fraction);
        match (self.points.get(after.wrapping_sub(1)), self.points.get(after)) {
            (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (fraction - x0) / (x1 - x0),
            (None, Some((_, y))) | (Some((_, y)), None) => *y,
            (None, None) => 0.0,
        }
    }

    /// The win rate of the best `fraction` of rows over that of all: 1 is no better than chance. At fraction 0 it is the limit, the lift of the very best rows.
    #[must_use]
    pub fn lift(&self, fraction: f64) -> f64 {
        let fraction = if fraction > 0.0 { fraction.min(1.0) } else { self.points.get(1).map_or(1.0, |(share, _)| *share) };
        self.capture(fraction) / fraction
    }
}
