//! What a probability means among all leads: score, the share of leads below it, and grade, a letter.

use serde::{Deserialize, Serialize};

use super::ScoringError;
use crate::math::sigmoid;

/// How many points of the reference distribution a model keeps at most: every tenth of a percent.
const MAX_REFERENCE: usize = 1001;
/// The shares of the reference below which a grade ends.
const CUTS: [(&str, f64); 3] = [("A", 0.9), ("B", 0.7), ("C", 0.4)];

/// The reference distribution of calibrated log-odds, and the cut-offs between grades.
///
/// The reference are the leads of training, each scored by a classifier that had not seen it. Cut-offs are probabilities, so that a lead of
/// the same probability keeps its grade when a retrained model inherits them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grades {
    /// Quantiles in rising order: the first is the least, the last is the greatest.
    reference: Vec<f64>,
    /// Names and least probabilities, best first.
    cuts: Vec<(String, f64)>,
    /// The grade of all others.
    rest: String,
}

impl Grades {
    /// Grades of a reference population with the given calibrated log-odds, in any order: A is the best tenth, B the next two, C the next three, D the rest.
    ///
    /// # Errors
    /// [`ScoringError::Reference`] when there are none, or one is not finite.
    pub fn from_reference(log_odds: &[f64]) -> Result<Self, ScoringError> {
        if log_odds.is_empty() {
            return Err(ScoringError::Reference { found: "there are none".to_owned() });
        }
        if let Some((row, value)) = log_odds.iter().enumerate().find(|(_, z)| !z.is_finite()) {
            return Err(ScoringError::Reference { found: format!("row {row} is {value}") });
        }
        let mut sorted = log_odds.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let cuts = CUTS.map(|(name, share)| (name.to_owned(), sigmoid(quantile(&sorted, share)))).to_vec();
        let reference = if sorted.len() <= MAX_REFERENCE {
            sorted
        } else {
            (0..MAX_REFERENCE).map(|i| quantile(&sorted, i as f64 / (MAX_REFERENCE - 1) as f64)).collect()
        };
        Ok(Self { reference, cuts, rest: "D".to_owned() })
    }

    /// As [`Grades::from_reference`], of a population in which each of the log-odds stands as often as its weight says.
    ///
    /// # Errors
    /// [`ScoringError::Reference`] as there, and when weights are not as many, not finite or below 0, or all 0.
    pub fn from_weighted_reference(log_odds: &[f64], weights: &[f64]) -> Result<Self, ScoringError> {
        let total: f64 = weights.iter().sum();
        if weights.len() != log_odds.len() || !weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0) || total <= 0.0 {
            return Err(ScoringError::Reference { found: format!("{} weights of a sum of {total}", weights.len()) });
        }
        let mut sorted: Vec<(f64, f64)> =
            log_odds.iter().copied().zip(weights.iter().copied()).filter(|(_, weight)| *weight > 0.0).collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        // The middles of as many equal shares of the population as there are values.
        let n = sorted.len();
        let (mut place, mut below) = (0, 0.0);
        let drawn = (0..n).map(|i| {
            let wanted = (i as f64 + 0.5) / n as f64 * total;
            while place + 1 < n && below + sorted[place].1 < wanted {
                below += sorted[place].1;
                place += 1;
            }
            sorted[place].0
        });
        Self::from_reference(&drawn.collect::<Vec<f64>>())
    }

    /// The same reference with other cut-offs: names and least probabilities, best first, and the name of the rest.
    ///
    /// # Errors
    /// [`ScoringError::Cuts`] when a cut-off is no probability, they do not fall, or a name comes twice.
    pub fn with_cuts(self, cuts: Vec<(String, f64)>, rest: impl Into<String>) -> Result<Self, ScoringError> {
        let grades = Self { cuts, rest: rest.into(), ..self };
        grades.check_cuts().map_err(|found| ScoringError::Cuts { found })?;
        Ok(grades)
    }

    /// The same reference with the cut-offs of `other`: what a retrained model inherits.
    #[must_use]
    pub fn inheriting(self, other: &Self) -> Self {
        Self { cuts: other.cuts.clone(), rest: other.rest.clone(), ..self }
    }

    /// 100 x the share of the reference below `log_odds` (calibrated), 0 to 100, rising with `log_odds`.
    #[must_use]
    pub fn score(&self, log_odds: f64) -> f64 {
        let n = self.reference.len();
        let at = self.reference.partition_point(|&q| q < log_odds);
        let steps = (n.max(2) - 1) as f64;
        match (at.checked_sub(1).and_then(|below| self.reference.get(below)), self.reference.get(at)) {
            (None, _) => 0.0,
            (Some(_), None) => 100.0,
            (Some(&below), Some(&above)) => {
                let within = (log_odds - below) / (above - below);
                100.0 * (((at - 1) as f64 + within) / steps).min(1.0)
            }
        }
    }

    /// The grade of a probability.
    #[must_use]
    pub fn grade(&self, probability: f64) -> &str {
        self.name(self.code(probability))
    }

    /// The cut-offs: names and least probabilities, best first.
    #[must_use]
    pub fn cuts(&self) -> &[(String, f64)] {
        &self.cuts
    }

    /// The names of the grades, best first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.cuts.iter().map(|(name, _)| name.as_str()).chain([self.rest.as_str()])
    }

    /// The index among [`names`](Self::names) of the grade of a probability.
    pub(crate) fn code(&self, probability: f64) -> u8 {
        let code = self.cuts.iter().position(|(_, cut)| probability >= *cut).unwrap_or(self.cuts.len());
        u8::try_from(code).unwrap_or(u8::MAX)
    }

    pub(crate) fn name(&self, code: u8) -> &str {
        self.cuts.get(usize::from(code)).map_or(&self.rest, |(name, _)| name)
    }

    /// Checks grades that were read from a file.
    pub(crate) fn validate(&self) -> Result<(), String> {
        if self.reference.is_empty() || self.reference.len() > MAX_REFERENCE {
            return Err(format!("the reference has {} points, not 1 to {MAX_REFERENCE}", self.reference.len()));
        }
        if !self.reference.iter().all(|q| q.is_finite()) || !self.reference.is_sorted() {
            return Err("the reference is not finite and rising".to_owned());
        }
        self.check_cuts()
    }

    fn check_cuts(&self) -> Result<(), String> {
        if self.cuts.len() > 100 {
            return Err(format!("{} cut-offs, more than 100", self.cuts.len()));
        }
        if let Some((name, cut)) = self.cuts.iter().find(|(_, cut)| !(0.0..=1.0).contains(cut)) {
            return Err(format!("{name} from {cut} on"));
        }
        if let Some(pair) = self.cuts.windows(2).find(|pair| pair[0].1 < pair[1].1) {
            return Err(format!("{} from {} on, then {} from {} on", pair[0].0, pair[0].1, pair[1].0, pair[1].1));
        }
        let mut names: Vec<&str> = self.names().collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("the name \"{}\" comes twice", pair[0])),
            None => Ok(()),
        }
    }
}

/// The quantile of `sorted` at `share`, interpolated linearly (Hyndman and Fan 1996, definition 7).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = (position as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let within = position - below as f64;
    // Rounding must not carry it past its neighbours: the reference is to be in order.
    (sorted[below] + (sorted[above] - sorted[below]) * within).clamp(sorted[below], sorted[above])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::math::logit;

    fn uniform(n: usize) -> Vec<f64> {
        (1..=n).map(|i| logit(i as f64 / (n + 1) as f64)).collect()
    }

    #[test]
    fn a_score_is_the_share_of_the_reference_below() {
        for n in [101, 1001, 5000, 100_000] {
            let grades = Grades::from_reference(&uniform(n)).unwrap();
            for share in [0.1, 0.25, 0.5, 0.87, 0.99] {
                let score = grades.score(logit(share));
                assert!((score - 100.0 * share).abs() < 1.1, "{n} {share} {score}");
            }
            assert_eq!(grades.score(-1e9), 0.0);
            assert_eq!(grades.score(1e9), 100.0);
        }
    }

    #[test]
    fn scores_rise_with_log_odds_and_ties_are_not_below_each_other() {
        let mut reference = vec![-1.0; 500];
        reference.extend(uniform(300));
        reference.extend([2.5; 400]);
        let grades = Grades::from_reference(&reference).unwrap();
        let mut last = 0.0;
        for i in -4000..4000 {
            let score = grades.score(f64::from(i) / 800.0);
            assert!((0.0..=100.0).contains(&score) && score >= last, "{i}: {score} after {last}");
            last = score;
        }
        let below = reference.iter().filter(|z| **z < 2.5).count() as f64 / reference.len() as f64;
        assert!((grades.score(2.5) - 100.0 * below).abs() < 0.2);
        assert_eq!(Grades::from_reference(&[0.3]).unwrap().score(0.3), 0.0);
    }

    #[test]
    fn a_weighted_reference_is_that_of_the_population_it_stands_for() {
        // A half of the upper end, which is a hundredth of the population.
        let mut sample = uniform(1000);
        sample.extend((0..1000).map(|i| 20.0 + f64::from(i)));
        let weights: Vec<f64> = (0..2000).map(|i| if i < 1000 { 0.99 } else { 0.01 }).collect();
        let grades = Grades::from_weighted_reference(&sample, &weights).unwrap();
        assert!((grades.score(0.0) - 49.5).abs() < 0.5, "{}", grades.score(0.0));
        assert!((grades.score(19.0) - 99.0).abs() < 0.2, "{}", grades.score(19.0));
        let same = Grades::from_weighted_reference(&uniform(500), &[3.0; 500]).unwrap();
        assert_eq!(same, Grades::from_reference(&uniform(500)).unwrap());
        assert!(Grades::from_weighted_reference(&[0.0], &[0.0]).is_err() && Grades::from_weighted_reference(&[0.0], &[]).is_err());
    }

    #[test]
    fn a_tenth_is_a_and_four_tenths_are_d() {
        let reference = uniform(10_000);
        let grades = Grades::from_reference(&reference).unwrap();
        let share = |grade: &str| reference.iter().filter(|&&z| grades.grade(sigmoid(z)) == grade).count();
        assert_eq!([share("A"), share("B"), share("C"), share("D")], [1000, 2000, 3000, 4000]);
        assert_eq!(grades.grade(f64::NAN), "D");
    }

    #[test]
    fn cut_offs_are_checked_and_inherited() {
        let grades = Grades::from_reference(&uniform(50)).unwrap();
        let own = grades.clone().with_cuts(vec![("hot".into(), 0.6), ("warm".into(), 0.2)], "cold").unwrap();
        assert_eq!(own.names().collect::<Vec<_>>(), ["hot", "warm", "cold"]);
        assert_eq!(Grades::from_reference(&uniform(70)).unwrap().inheriting(&own).grade(0.3), "warm");
        for bad in
            [vec![("a".into(), 0.2), ("b".into(), 0.6)], vec![("a".into(), 1.2)], vec![("a".into(), f64::NAN)], vec![("D".into(), 0.5)]]
        {
            assert!(grades.clone().with_cuts(bad, "D").is_err());
        }
        assert!(Grades::from_reference(&[]).is_err());
        assert!(Grades::from_reference(&[0.0, f64::NAN]).is_err());
    }
}
