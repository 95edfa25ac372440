//! One feature's term of the linear model: how a raw value becomes log-odds.

use serde::{Deserialize, Serialize};

use crate::artifact::packed;
use crate::features::{Feature, FeatureKind};
use crate::math;

/// A monotone map of a numeric feature, applied before it is standardised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Transform {
    /// The value as it is.
    Identity,
    /// `sign(x) * ln(1 + |x| / unit)`: nearly linear below `unit`, logarithmic above, so that a heavy tail does not rule the fit.
    SignedLog {
        /// Where the logarithm sets in, above 0.
        unit: f64,
    },
}

impl Transform {
    /// The transformed value.
    #[must_use]
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            // What the logarithm gives, too; most counts are 0.
            Self::SignedLog { .. } if x == 0.0 => 0.0,
            Self::SignedLog { unit } => {
                let magnitude = math::ln_1p(x.abs() / unit);
                if x < 0.0 { -magnitude } else { magnitude }
            }
        }
    }
}

/// The term of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Term {
    Numeric(NumericTerm),
    Categorical(CategoricalTerm),
}

/// `coefficient * standardised value`, or `missing` for an unknown value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct NumericTerm {
    pub(super) feature: u32,
    pub(super) scaling: Scaling,
    /// Log-odds per standard deviation.
    pub(super) coefficient: f64,
    /// Log-odds of an unknown value; 0 when training had too few of them.
    pub(super) missing: f64,
    /// Weighted share of the training rows whose value is unknown.
    pub(super) missing_share: f64,
    /// The weighted standard deviation of the scaled values over the training rows that have one.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(super) spread: f64,
}

fn one() -> f64 {
    1.0
}

fn is_one(x: &f64) -> bool {
    *x == 1.0
}

/// From a raw number to a standardised one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaling {
    pub(super) low: f32,
    pub(super) high: f32,
    pub(super) transform: Transform,
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

impl Scaling {
    /// The standardised value. It is rounded to f32 here, as the design matrix of training is, so that training and prediction see the same number.
    #[inline]
    pub(super) fn apply(&self, x: f32) -> f32 {
        let clipped = x.max(self.low).min(self.high);
        ((self.transform.apply(f64::from(clipped)) - self.mean) / self.deviation) as f32
    }
}

/// One coefficient per slot. Slots are the kept levels, then "other", then "missing".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CategoricalTerm {
    pub(super) feature: u32,
    pub(super) slots: Slots,
    pub(super) coefficients: Vec<f64>,
    /// Weighted share of the training rows in each slot; they sum to 1.
    pub(super) shares: Vec<f64>,
    /// What is known of each level from its outcomes, where that was found to help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) levels: Option<Levels>,
}

/// Log-odds of each level by its share of won rows, in addition to its slot's coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Levels {
    /// One per code; then of any other category; then of a missing one.
    #[serde(with = "packed::f64s")]
    pub(super) log_odds: Vec<f64>,
    /// The weighted mean of the whole term over the training rows, and its standard deviation.
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

/// Which codes of a categorical feature have a coefficient of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Slots {
    /// The slot of each code; the slot `n_kept` is "other".
    pub(super) of_code: Vec<u16>,
    pub(super) n_kept: u16,
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        usize::from(self.n_kept) + 2
    }

    pub(super) fn missing(&self) -> usize {
        usize::from(self.n_kept) + 1
    }

    /// The slot of a raw value: NaN is missing, anything that is no known code is "other".
    #[inline]
    pub(super) fn of(&self, value: f32) -> usize {
        if value.is_nan() {
            return self.missing();
        }
        // A cast of a negative or huge float saturates, so the first test rejects it.
        let code = value as usize;
        let known = if code as f32 == value { self.of_code.get(code) } else { None };
        usize::from(known.copied().unwrap_or(self.n_kept))
    }
}

impl Term {
    pub(super) fn feature(&self) -> usize {
        match self {
            Self::Numeric(term) => term.feature as usize,
            Self::Categorical(term) => term.feature as usize,
        }
    }

    /// The term's log-odds on a row.
    #[inline]
    pub(super) fn value(&self, row: &[f32]) -> f64 {
        let raw = row.get(self.feature()).copied().unwrap_or(f32::NAN);
        match self {
            Self::Numeric(term) if raw.is_nan() => term.missing,
            Self::Numeric(term) => term.coefficient * f64::from(term.scaling.apply(raw)),
            Self::Categorical(term) => term.value(raw),
        }
    }

    /// The term's weighted mean over the training rows.
    pub(super) fn mean(&self) -> f64 {
        match self {
            // Standardised values have mean 0.
            Self::Numeric(term) => term.missing * term.missing_share,
            Self::Categorical(term) => term.mean(),
        }
    }

    /// The term's weighted standard deviation over the training rows.
    pub(super) fn deviation(&self) -> f64 {
        match self {
            Self::Numeric(NumericTerm { coefficient, missing, missing_share: share, spread, .. }) => {
                // The value is 0 where it is missing and 0 on average where it is not: the two parts do not covary.
                let moved = coefficient * spread;
                ((1.0 - share) * (moved * moved + share * missing * missing)).sqrt()
            }
            Self::Categorical(CategoricalTerm { levels: Some(levels), .. }) => levels.deviation,
            Self::Categorical(term) => {
                let mean = term.mean();
                let squares = term.coefficients.iter().zip(&term.shares).map(|(c, share)| share * (c - mean) * (c - mean));
                squares.sum::<f64>().sqrt()
            }
        }
    }

    pub(super) fn numeric_coefficient(&self) -> Option<(f64, Transform)> {
        match self {
            Self::Numeric(term) => Some((term.coefficient, term.scaling.transform)),
            Self::Categorical(_) => None,
        }
    }

    /// Checks a term that was read from a file.
    pub(super) fn validate(&self, feature: &Feature) -> Result<(), String> {
        let name = &feature.name;
        match (self, &feature.kind) {
            (Self::Numeric(term), FeatureKind::Numeric) => {
                let Scaling { low, high, transform, mean, deviation } = term.scaling;
                let unit = match transform {
                    Transform::Identity => 1.0,
                    Transform::SignedLog { unit } => unit,
                };
                let finite =
                    [mean, deviation, unit, term.coefficient, term.missing, term.missing_share, term.spread].iter().all(|x| x.is_finite());
                let ordered = low.is_finite() && high.is_finite() && low <= high;
                if finite && ordered && deviation > 0.0 && unit > 0.0 && (0.0..=1.0).contains(&term.missing_share) {
                    Ok(())
                } else {
                    Err(format!("the logistic term of \"{name}\" holds numbers that no fit gives"))
                }
            }
            (Self::Categorical(term), FeatureKind::Categorical { levels }) => {
                let lengths = [term.coefficients.len(), term.shares.len()];
                if term.slots.of_code.len() != levels.len() || lengths != [term.slots.len(); 2] {
                    return Err(format!("the logistic term of \"{name}\" does not fit its {} levels", levels.len()));
                }
                if term.slots.of_code.iter().any(|slot| *slot > term.slots.n_kept) {
                    return Err(format!("the logistic term of \"{name}\" points to a coefficient that is not there"));
                }
                if let Some(found) = &term.levels {
                    let finite = found.log_odds.iter().chain([&found.mean, &found.deviation]).all(|x| x.is_finite());
                    if found.log_odds.len() != levels.len() + 2 || !finite {
                        return Err(format!("the logistic term of \"{name}\" does not fit its {} levels", levels.len()));
                    }
                }
                if !term.coefficients.iter().all(|c| c.is_finite()) || !term.shares.iter().all(|s| (0.0..=1.0).contains(s)) {
                    return Err(format!("the logistic term of \"{name}\" holds numbers that no fit gives"));
                }
                Ok(())
            }
            _ => Err(format!("the logistic term of \"{name}\" is not of the feature's kind")),
        }
    }
}

impl CategoricalTerm {
    /// The term's log-odds of a raw value.
    #[inline]
    pub(super) fn value(&self, raw: f32) -> f64 {
        let own = self.coefficients.get(self.slots.of(raw)).copied().unwrap_or(0.0);
        match &self.levels {
            None => own,
            Some(levels) => own + levels.of(raw),
        }
    }

    fn mean(&self) -> f64 {
        match &self.levels {
            Some(levels) => levels.mean,
            None => self.coefficients.iter().zip(&self.shares).map(|(c, share)| c * share).sum(),
        }
    }

    /// Adds `coefficient` times the number of each code. `weights` has the weight of each code's training rows.
    #[cfg(feature = "fit")]
    pub(super) fn add_levels(&mut self, coefficient: f64, of_code: &[f32], weights: &[f64]) {
        let levels = Levels { log_odds: of_code.iter().map(|x| coefficient * f64::from(*x)).collect(), mean: 0.0, deviation: 0.0 };
        let n_codes = of_code.len() - 1;
        let levels = self.levels.insert(levels).clone();
        let raw = |code: usize| if code < n_codes { code as f32 } else { f32::NAN };
        let total: f64 = weights.iter().sum();
        let values: Vec<f64> = (0..=n_codes).map(|code| self.value(raw(code))).collect();
        let mean = values.iter().zip(weights).map(|(x, weight)| weight * x).sum::<f64>() / total;
        let squares = values.iter().zip(weights).map(|(x, weight)| weight * (x - mean) * (x - mean)).sum::<f64>();
        self.levels = Some(Levels { mean, deviation: (squares / total).sqrt(), ..levels });
    }
}

impl Levels {
    /// NaN is missing; what is no known code is any other category.
    #[inline]
    fn of(&self, raw: f32) -> f64 {
        let n_codes = self.log_odds.len().saturating_sub(1);
        let code = raw as usize;
        let code = match () {
            () if raw.is_nan() => n_codes,
            () if code < n_codes && code as f32 == raw => code,
            () => n_codes.saturating_sub(1),
        };
        self.log_odds.get(code).copied().unwrap_or(0.0)
    }
}
