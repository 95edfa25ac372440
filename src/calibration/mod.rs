//! Calibration: from the classifier's log-odds to log-odds that mean what they say. Fitted on rows that the classifier did not see.

mod affine;
mod beta;
mod choice;
mod error;
mod isotonic;
mod newton;
mod sample;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use choice::Structure;
pub use choice::TimeOrder;
pub use error::CalibrationError;
pub use isotonic::IsotonicMap;
use sample::Sample;

/// Log-odds beyond this are read as this: no probability differs there.
const LARGEST: f64 = 1e9;
/// Slopes that a fit may give; outside, scores would all but collapse or burst.
const SLOPES: std::ops::RangeInclusive<f64> = 0.01..=100.0;

/// How to calibrate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CalibrationMethod {
    /// The simplest method that none beats by more than noise.
    ///
    /// From 10 won and 10 lost leads on, `None`, `Temperature` and `Platt` are compared by log loss in 10-fold cross-validation, from 200 of each on `Beta` too, and from 1,000 of each on `Isotonic`.
    /// In this order, a method takes the place of the one before when its log loss is lower by more than one standard error of the paired difference. Below 10 nothing is fitted.
    #[default]
    Auto,
    /// Leaves log-odds as they are.
    None,
    /// `slope * z + intercept` (Platt 1999).
    Platt,
    /// A non-decreasing step function (Zadrozny and Elkan 2002), each level drawn towards Platt's line as by ten rows more (the m-estimate of Cestnik 1990), made strictly increasing.
    Isotonic,
    /// A map of three parameters with a slope at each end (Kull, Silva Filho and Flach 2017).
    Beta,
    /// `slope * z` (Guo, Pleiss, Sun and Weinberger 2017).
    Temperature,
}

impl CalibrationMethod {
    /// Every method and its name.
    const NAMES: [(Self, &'static str); 6] = [
        (Self::Auto, "auto"),
        (Self::None, "none"),
        (Self::Platt, "platt"),
        (Self::Isotonic, "isotonic"),
        (Self::Beta, "beta"),
        (Self::Temperature, "temperature"),
    ];
}

impl fmt::Display for CalibrationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES.iter().find(|(method, _)| method == self).map_or("auto", |(_, name)| name))
    }
}

impl FromStr for CalibrationMethod {
    type Err = CalibrationError;
    fn from_str(text: &str) -> Result<Self, CalibrationError> {
        let found = Self::NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text.trim()));
        found.map(|(method, _)| *method).ok_or_else(|| CalibrationError::UnknownMethod { text: text.to_owned() })
    }
}

/// A fitted, strictly increasing map from raw to calibrated log-odds.
///
/// ```
/// use leadscore::{CalibrationMethod, Calibrator};
/// // A classifier twice as sure as it should be: log-odds of 2 are right in 73 % of cases, which is log-odds of 1.
/// let log_odds: Vec<f64> = (0..2000).map(|row| if row < 1000 { 2.0 } else { -2.0 }).collect();
/// let won: Vec<bool> = (0..2000).map(|row| if row < 1000 { row % 100 < 73 } else { row % 100 < 27 }).collect();
/// let calibrator = Calibrator::fit(CalibrationMethod::Auto, &log_odds, &won, None)?;
/// assert!((calibrator.apply(2.0) - 1.0).abs() < 0.02);
/// # Ok::<(), leadscore::CalibrationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Calibrator {
    /// Leaves log-odds as they are.
    Identity,
    /// `slope * z + intercept` (Platt 1999).
    Platt {
        /// Slope, above 0.
        slope: f64,
        /// Intercept.
        intercept: f64,
    },
    /// `slope * z`.
    Temperature {
        /// Slope, above 0: the inverse of the temperature.
        slope: f64,
    },
    /// `a ln(p) - b ln(1 - p) + intercept` of the raw probability p (Kull, Silva Filho and Flach 2017).
    Beta {
        /// The slope among low log-odds, above 0.
        a: f64,
        /// The slope among high log-odds, above 0.
        b: f64,
        /// Intercept.
        intercept: f64,
    },
    /// Straight between knots.
    Isotonic(IsotonicMap),
}

impl Calibrator {
    /// Fits on rows that the classifier did not see: its log-odds, the outcomes, and weights (1 each when `None`).
    ///
    /// A fitted slope is kept within 0.01 to 100, and one that is not positive means that the rows contradict the classifier's order: then the slope is 1 and the intercept alone is fitted
    /// (`Temperature` becomes the identity).
    /// Rows are taken as independent; where some are of one lead, ask [`fit_grouped`](Self::fit_grouped). `Auto` never fails for want of data: it leaves the log-odds as they are.
    ///
    /// # Errors
    /// [`CalibrationError`] when lengths differ, a number is not finite, a weight is negative, or one class is missing (other than for `None` and `Auto`).
    pub fn fit(method: CalibrationMethod, log_odds: &[f64], won: &[bool], weights: Option<&[f64]>) -> Result<Self, CalibrationError> {
        Self::fit_structured(method, log_odds, won, weights, Structure::OfLeads(&[]))
    }

    /// The same for rows of which several are of one lead, whose number stands per row: `Auto` counts leads instead of rows, judges those of a lead together by maps
    /// that saw none of them, and takes them as one. Else what three snapshots of a lead have in common would count as proved three times.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_grouped(
        method: CalibrationMethod,
        log_odds: &[f64],
        won: &[bool],
        weights: Option<&[f64]>,
        leads: &[u32],
    ) -> Result<Self, CalibrationError> {
        if leads.len() != log_odds.len() {
            return Err(CalibrationError::Lengths { what: "leads", found: leads.len(), expected: log_odds.len() });
        }
        Self::fit_structured(method, log_odds, won, weights, Structure::OfLeads(leads))
    }

    /// The same for rows in order of time: `Auto` judges each block of rows by maps fitted on what was known when the block began, and takes
    /// rows of one lead as one. A map that only random cross-validation likes does not outlive the time it was fitted in.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_in_time(
        method: CalibrationMethod,
        log_odds: &[f64],
        won: &[bool],
        weights: Option<&[f64]>,
        order: TimeOrder<'_>,
    ) -> Result<Self, CalibrationError> {
        for (what, found) in [("blocks", order.blocks.len()), ("leads", order.leads.len()), ("ripe", order.ripe.len())] {
            if found != log_odds.len() {
                return Err(CalibrationError::Lengths { what, found, expected: log_odds.len() });
            }
        }
        Self::fit_structured(method, log_odds, won, weights, Structure::InTime(order))
    }

    fn fit_structured(
        method: CalibrationMethod,
        log_odds: &[f64],
        won: &[bool],
        weights: Option<&[f64]>,
        structure: Structure<'_>,
    ) -> Result<Self, CalibrationError> {
        let sample = Sample::new(log_odds, won, weights)?;
        match method {
            CalibrationMethod::None => Ok(Self::Identity),
            CalibrationMethod::Auto => Ok(choice::choose(&sample, structure)),
            method => match sample.missing_class() {
                Some(won) => Err(CalibrationError::OneClass { won }),
                None => Ok(Self::fit_sample(method, &sample)),
            },
        }
    }

    /// Fits a single method on a sample that has both classes.
    fn fit_sample(method: CalibrationMethod, sample: &Sample) -> Self {
        match method {
            CalibrationMethod::Platt => affine::platt(sample),
            CalibrationMethod::Temperature => affine::temperature(sample),
            CalibrationMethod::Beta => beta::fit(sample),
            CalibrationMethod::Isotonic => Self::Isotonic(isotonic::fit(sample)),
            CalibrationMethod::Auto | CalibrationMethod::None => Self::Identity,
        }
    }

    /// The calibrated log-odds of raw log-odds `z`: finite, and strictly increasing in z as far as f64 tells numbers apart, within -1e9 to 1e9. NaN reads as 0.
    #[must_use]
    pub fn apply(&self, z: f64) -> f64 {
        let z = if z.is_nan() { 0.0 } else { z.clamp(-LARGEST, LARGEST) };
        match self {
            Self::Identity => z,
            Self::Platt { slope, intercept } => slope * z + intercept,
            Self::Temperature { slope } => slope * z,
            Self::Beta { a, b, intercept } => beta::apply(*a, *b, *intercept, z),
            Self::Isotonic(map) => map.apply(z),
        }
    }

    /// The same map with `shift` added to the log-odds it gives: what turns the odds of a rebalanced sample into those of the population (Saerens,
    /// Latinne and Decaestecker 2002).
    #[must_use]
    pub fn shifted(self, shift: f64) -> Self {
        match self {
            Self::Identity => Self::Platt { slope: 1.0, intercept: shift },
            Self::Platt { slope, intercept } => Self::Platt { slope, intercept: intercept + shift },
            Self::Temperature { slope } => Self::Platt { slope, intercept: shift },
            Self::Beta { a, b, intercept } => Self::Beta { a, b, intercept: intercept + shift },
            Self::Isotonic(map) => Self::Isotonic(map.shifted(shift)),
        }
    }

    /// Slope and intercept, when the map is a straight line: then it scales the contributions of features; otherwise it is a contribution of its own.
    #[must_use]
    pub fn affine(&self) -> Option<(f64, f64)> {
        match self {
            Self::Identity => Some((1.0, 0.0)),
            Self::Platt { slope, intercept } => Some((*slope, *intercept)),
            Self::Temperature { slope } => Some((*slope, 0.0)),
            Self::Beta { .. } | Self::Isotonic(_) => None,
        }
    }

    /// The method that made it.
    #[must_use]
    pub fn method(&self) -> CalibrationMethod {
        match self {
            Self::Identity => CalibrationMethod::None,
            Self::Platt { .. } => CalibrationMethod::Platt,
            Self::Temperature { .. } => CalibrationMethod::Temperature,
            Self::Beta { .. } => CalibrationMethod::Beta,
            Self::Isotonic(_) => CalibrationMethod::Isotonic,
        }
    }

    /// Checks a map that was read from a file: finite, and strictly increasing.
    pub(crate) fn validate(&self) -> Result<(), String> {
        let slope_fits = |slope: f64| SLOPES.contains(&slope);
        // The product with the largest log-odds stays finite and precise.
        let intercept_fits = |intercept: f64| intercept.abs() <= LARGEST;
        let sound = match self {
            Self::Identity => true,
            Self::Platt { slope, intercept } => slope_fits(*slope) && intercept_fits(*intercept),
            Self::Temperature { slope } => slope_fits(*slope),
            Self::Beta { a, b, intercept } => slope_fits(*a) && slope_fits(*b) && intercept_fits(*intercept),
            Self::Isotonic(map) => return map.validate(),
        };
        if sound { Ok(()) } else { Err(format!("the {} calibration holds numbers that no fit gives", self.method())) }
    }
}
