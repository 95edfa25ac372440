//! Isotonic calibration (Zadrozny and Elkan 2002) by pooling adjacent violators (Ayer et al. 1955), made strictly increasing.

use serde::{Deserialize, Serialize};

use super::affine;
use super::sample::{Row, Sample};
use super::{Calibrator, LARGEST, SLOPES};
use crate::math;

/// Knots of raw and calibrated log-odds, straight in between, and with a given slope beyond the first and the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IsotonicMap {
    raw: Vec<f64>,
    calibrated: Vec<f64>,
    slope: f64,
}

/// Rows pooled to one probability.
struct Pool {
    z: f64,
    won: f64,
    weight: f64,
}

impl Pool {
    fn rate(&self) -> f64 {
        self.won / self.weight
    }

    fn join(&mut self, next: &Self) {
        let weight = self.weight + next.weight;
        self.z = (self.z * self.weight + next.z * next.weight) / weight;
        self.won += next.won;
        self.weight = weight;
    }
}

/// Fits the pools of the non-decreasing rate of wins; each becomes a knot at its mean log-odds.
pub(super) fn fit(sample: &Sample) -> IsotonicMap {
    let mut rows: Vec<Row> = sample.rows.clone();
    rows.sort_unstable_by(|a, b| a.z.total_cmp(&b.z).then(a.won.cmp(&b.won)).then(a.weight.total_cmp(&b.weight)));
    let mut pools: Vec<Pool> = Vec::new();
    for tie in rows.chunk_by(|a, b| a.z == b.z) {
        let mut pool = Pool { z: tie.first().map_or(0.0, |row| row.z), won: 0.0, weight: 0.0 };
        for row in tie {
            pool.weight += row.weight;
            pool.won += if row.won { row.weight } else { 0.0 };
        }
        while let Some(last) = pools.pop_if(|last| last.rate() >= pool.rate()) {
            let mut joined = last;
            joined.join(&pool);
            pool = joined;
        }
        pools.push(pool);
    }
    // Beyond the knots the map goes on as Platt's line does.
    let line = affine::platt(sample);
    let (slope, _) = line.affine().unwrap_or((1.0, 0.0));
    let rates = clipped_rates(&pools, sample);
    let mut map = IsotonicMap { raw: Vec::new(), calibrated: Vec::new(), slope };
    for (pool, rate) in pools.iter().zip(rates) {
        let calibrated = math::logit(rate);
        // Rounding may merge what is distinct in theory.
        let rises = map.raw.last().is_none_or(|raw| pool.z > *raw) && map.calibrated.last().is_none_or(|last| calibrated > *last);
        if rises && calibrated.is_finite() {
            map.raw.push(pool.z);
            map.calibrated.push(calibrated);
        }
    }
    map
}

/// The pools' rates, the first and the last kept away from 0 and 1 as if half a row more of the other class had been seen, yet strictly within their neighbours.
fn clipped_rates(pools: &[Pool], sample: &Sample) -> Vec<f64> {
    let mean_weight = pools.iter().map(|pool| pool.weight).sum::<f64>() / sample.rows.len().max(1) as f64;
    let mut rates: Vec<f64> = pools.iter().map(Pool::rate).collect();
    // Only the first pool can have rate 0 and only the last rate 1, because the rates rise strictly.
    if let (Some(pool), [first, rest @ ..]) = (pools.first(), rates.as_mut_slice())
        && *first <= 0.0
    {
        let next = rest.first().copied().unwrap_or(1.0);
        *first = (0.5 * mean_weight / (pool.weight + mean_weight)).min(0.5 * next);
    }
    if let (Some(pool), [rest @ .., last]) = (pools.last(), rates.as_mut_slice())
        && *last >= 1.0
    {
        let before = rest.last().copied().unwrap_or(0.0);
        *last = 1.0 - (0.5 * mean_weight / (pool.weight + mean_weight)).min(0.5 * (1.0 - before));
    }
    rates
}

impl IsotonicMap {
    /// The same map with `shift` added to what it gives.
    pub(super) fn shifted(mut self, shift: f64) -> Self {
        self.calibrated.iter_mut().for_each(|z| *z += shift);
        self
    }

    /// The knots: raw and calibrated log-odds, both strictly rising.
    pub fn knots(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.raw.iter().copied().zip(self.calibrated.iter().copied())
    }

    pub(super) fn apply(&self, z: f64) -> f64 {
        let after = self.raw.partition_point(|raw| *raw <= z);
        let knot = |index: usize| Some((*self.raw.get(index)?, *self.calibrated.get(index)?));
        match (knot(after.wrapping_sub(1)), knot(after)) {
            (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * ((z - x0) / (x1 - x0)),
            (Some((x, y)), None) | (None, Some((x, y))) => y + self.slope * (z - x),
            (None, None) => self.slope * z,
        }
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        let rising = |knots: &[f64]| knots.iter().all(|x| x.abs() <= LARGEST) && knots.is_sorted_by(|a, b| a < b);
        if self.raw.len() == self.calibrated.len() && rising(&self.raw) && rising(&self.calibrated) && SLOPES.contains(&self.slope) {
            Ok(())
        } else {
            Err("the knots of the isotonic calibration do not rise".to_owned())
        }
    }
}

impl From<IsotonicMap> for Calibrator {
    fn from(map: IsotonicMap) -> Self {
        Self::Isotonic(map)
    }
}
