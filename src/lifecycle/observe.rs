//! From the history of leads to labelled observations.

use super::{Outcomes, Snapshots, open_lead_ages};
use crate::features::LeadTable;
use crate::time::{Span, Timestamp};

use serde::{Deserialize, Serialize};

/// How leads are observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservationRules {
    /// At which ages.
    pub snapshots: Snapshots,
    /// How long after a snapshot a win counts.
    pub horizon: Span,
    /// The moment up to which the history is believed.
    pub as_of: Timestamp,
}

/// A lead seen at one moment, and whether it was won within the horizon after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// Row of the lead in the table of leads.
    pub lead: u32,
    /// The moment of the snapshot, microseconds since 1970-01-01 UTC.
    pub as_of: i64,
    /// Index of its age in [`Observations::ages`].
    pub age: u16,
    /// Won in `(as_of, as_of + horizon]`.
    pub won: bool,
}

/// The mature observations of a history, in order of lead and age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observations {
    /// The ages at which leads were looked at.
    pub ages: Vec<Span>,
    /// How long after a snapshot a win counts.
    pub horizon: Span,
    /// What is known of the outcomes up to here.
    pub as_of: Timestamp,
    /// The mature snapshots.
    pub rows: Vec<Observation>,
    /// What became of all the others.
    pub counts: ObservationCounts,
}

/// What became of every possible snapshot: `snapshots = mature + immature`, and
/// `leads x ages = snapshots + already_closed + not_reached + without_creation x ages`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ObservationCounts {
    /// Leads in the table.
    pub leads: u64,
    /// Snapshots of leads that were open at the moment.
    pub snapshots: u64,
    /// Those whose whole horizon has passed: the ones that train.
    pub mature: u64,
    /// Those whose horizon had not passed, whatever happened in it: left out.
    pub immature: u64,
    /// Snapshots not taken because the lead had closed by then.
    pub already_closed: u64,
    /// Snapshots not taken because the lead is not that old yet.
    pub not_reached: u64,
    /// Leads without a moment of creation: never observed.
    pub without_creation: u64,
    /// Mature snapshots that were won within the horizon.
    pub positives: u64,
    /// Distinct leads among the mature snapshots.
    pub observed_leads: u64,
    /// Distinct leads among the positives.
    pub won_leads: u64,
}

/// What is wrong with a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// More ages than a model keeps apart.
    #[error("{found} snapshot ages were asked for; give at most 64")]
    TooManyAges {
        /// How many.
        found: usize,
    },
    /// A horizon of no length.
    #[error("the horizon must be longer than 0; give for example \"90d\"")]
    EmptyHorizon,
    /// More leads than rows can be counted in 32 bits.
    #[error("leads has {found} rows; at most 4294967294 are possible")]
    TooManyLeads {
        /// How many.
        found: usize,
    },
}

/// Looks at every lead at every age, and keeps the snapshots that are mature.
///
/// A snapshot is taken while the lead is open (not closed, or closed later). Its label is 1 when the lead was won in
/// `(snapshot, snapshot + horizon]`. It is mature when `snapshot + horizon + label delay <= rules.as_of`, *whatever the
/// outcome*: keeping the early wins of unripe snapshots would inflate the base rate.
///
/// # Errors
/// [`LifecycleError`] when the rules cannot be met.
pub fn observe(leads: &LeadTable, outcomes: &Outcomes, rules: &ObservationRules) -> Result<Observations, LifecycleError> {
    let as_of = rules.as_of.micros();
    let ages = rules.snapshots.resolve(open_lead_ages(leads, outcomes, as_of));
    if ages.len() > 64 {
        return Err(LifecycleError::TooManyAges { found: ages.len() });
    }
    if rules.horizon.micros() == 0 {
        return Err(LifecycleError::EmptyHorizon);
    }
    let n_leads = u32::try_from(leads.len()).map_err(|_| LifecycleError::TooManyLeads { found: leads.len() })?;
    let ripening = rules.horizon.micros() + outcomes.label_delay(as_of);
    let mut counts = ObservationCounts { leads: u64::from(n_leads), ..ObservationCounts::default() };
    let mut rows = Vec::new();
    for lead in 0..n_leads {
        let Some(created_at) = leads.created(lead as usize) else {
            counts.without_creation += 1;
            continue;
        };
        let outcome = outcomes.known(lead as usize, as_of);
        let (mut observed, mut won_once) = (false, false);
        for (age, span) in (0_u16..).zip(&ages) {
            let snapshot = created_at + span.micros();
            if snapshot > as_of {
                counts.not_reached += 1;
            } else if outcome.is_some_and(|(closed_at, _)| closed_at <= snapshot) {
                counts.already_closed += 1;
            } else if snapshot + ripening > as_of {
                counts.snapshots += 1;
                counts.immature += 1;
            } else {
                let won = outcome.is_some_and(|(closed_at, won)| won && closed_at <= snapshot + rules.horizon.micros());
                rows.push(Observation { lead, as_of: snapshot, age, won });
                counts.snapshots += 1;
                counts.mature += 1;
                counts.positives += u64::from(won);
                observed = true;
                won_once |= won;
            }
        }
        counts.observed_leads += u64::from(observed);
        counts.won_leads += u64::from(won_once);
    }
    Ok(Observations { ages, horizon: rules.horizon, as_of: rules.as_of, rows, counts })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::time::MICROS_PER_DAY as DAY;

    const START: i64 = 18_000 * DAY;

    /// Leads created and closed on the given days after `START`; `None` is still open.
    fn history(days: &[(i64, Option<(i64, bool)>)]) -> (LeadTable, Outcomes) {
        let leads = LeadTable {
            ids: (0..days.len()).map(|i| i.to_string()).collect(),
            created_at: days.iter().map(|(created, _)| START + created * DAY).collect(),
            ..LeadTable::default()
        };
        let outcomes = Outcomes {
            won: days.iter().map(|(_, end)| end.map(|(_, won)| won)).collect(),
            closed_at: days.iter().map(|(_, end)| end.map_or(i64::MIN, |(day, _)| START + day * DAY)).collect(),
            ..Outcomes::default()
        };
        (leads, outcomes)
    }

    fn rules(ages: &[&str], horizon: &str, as_of_day: i64) -> ObservationRules {
        ObservationRules {
            snapshots: Snapshots::Ages(ages.iter().map(|s| s.parse().unwrap()).collect()),
            horizon: horizon.parse().unwrap(),
            as_of: Timestamp::from_micros(START + as_of_day * DAY).unwrap(),
        }
    }

    #[test]
    fn a_win_counts_up_to_and_including_the_end_of_the_horizon_and_not_at_the_snapshot() {
        let (leads, outcomes) = history(&[(0, Some((30, true))), (0, Some((31, true))), (0, Some((0, true))), (0, Some((5, false)))]);
        let seen = observe(&leads, &outcomes, &rules(&["0d"], "30d", 100)).unwrap();
        let labels: Vec<(u32, bool)> = seen.rows.iter().map(|o| (o.lead, o.won)).collect();
        assert_eq!(labels, [(0, true), (1, false), (3, false)]);
        assert_eq!(seen.counts.already_closed, 1);
        assert_eq!(seen.counts.positives, 1);
    }

    #[test]
    fn a_snapshot_is_mature_exactly_when_its_horizon_has_passed_whatever_the_outcome() {
        let (leads, outcomes) = history(&[(70, Some((71, true))), (71, Some((72, true))), (71, None)]);
        let seen = observe(&leads, &outcomes, &rules(&["0d"], "30d", 100)).unwrap();
        assert_eq!(seen.rows.len(), 1, "the early win of an unripe snapshot must not train");
        assert_eq!((seen.counts.mature, seen.counts.immature), (1, 2));
    }

    #[test]
    fn outcomes_recorded_late_delay_maturity_and_are_unknown_before() {
        let (leads, mut outcomes) = history(&[(50, Some((60, true))), (50, None)]);
        outcomes.recorded_at = vec![START + 75 * DAY, i64::MIN];
        assert_eq!(outcomes.known(0, START + 70 * DAY), None);
        let at = |day| observe(&leads, &outcomes, &rules(&["0d"], "30d", day)).unwrap().counts;
        assert_eq!(at(94).mature, 0);
        assert_eq!((at(95).mature, at(95).positives), (2, 1));
    }

    #[test]
    fn counts_add_up() {
        let days: Vec<_> = (0..200).map(|i| (i, (i % 3 == 0).then_some((i + i % 40, i % 2 == 0)))).collect();
        let (leads, outcomes) = history(&days);
        let c = observe(&leads, &outcomes, &rules(&["0d", "7d", "30d"], "45d", 205)).unwrap().counts;
        assert_eq!(c.snapshots, c.mature + c.immature);
        assert_eq!(c.leads * 3, c.snapshots + c.already_closed + c.not_reached + c.without_creation * 3);
        assert!(c.immature > 0 && c.already_closed > 0 && c.not_reached > 0 && c.positives > 0);
    }

    /// Every lead is won with the same probability at a uniformly random moment of 60 days, so the true rate is the same in every cohort.
    /// Keeping the early wins of unripe snapshots would show a far higher rate in the newest cohort.
    #[test]
    fn the_base_rate_of_the_newest_mature_snapshots_is_unbiased() {
        let mut state = 7_u64;
        let mut uniform = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        };
        let days: Vec<_> = (0..60_000)
            .map(|i| {
                let won = uniform() < 0.3;
                let closes = i / 100 + (uniform() * 60.0) as i64 + 1;
                // What is known on day 600: nothing that closes later.
                (i / 100, (closes <= 600 && (won || uniform() < 0.5)).then_some((closes, won)))
            })
            .collect();
        let (leads, outcomes) = history(&days);
        let seen = observe(&leads, &outcomes, &rules(&["0d"], "60d", 600)).unwrap();
        let rate = |from: i64, to: i64| {
            let block: Vec<_> = seen.rows.iter().filter(|o| (from..to).contains(&((o.as_of - START) / DAY))).collect();
            block.iter().filter(|o| o.won).count() as f64 / block.len() as f64
        };
        let newest = rate(510, 541);
        // 3,100 snapshots: the standard error of the rate is 0.008.
        assert!((newest - 0.3).abs() < 0.03, "newest mature cohort: {newest}");
        assert!((rate(0, 510) - 0.3).abs() < 0.01);
    }
}
