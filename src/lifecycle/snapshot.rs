//! At which ages training looks at a lead.

use serde::{Deserialize, Serialize};

use super::Outcomes;
use crate::features::LeadTable;
use crate::time::{MICROS_PER_DAY, MICROS_PER_HOUR, Span};

/// The ages, since creation, at which training observes each lead that is still open then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Snapshots {
    /// Creation, and five ages in geometric progression (ratio 3) up to the 95th percentile of the age of the leads that
    /// are open now: the ages at which leads will be scored.
    #[default]
    Auto,
    /// These ages.
    Ages(Vec<Span>),
}

impl Snapshots {
    /// The ages to use, sorted and distinct, for leads whose open ones have the given ages (microseconds).
    #[must_use]
    pub fn resolve(&self, mut open_ages: Vec<i64>) -> Vec<Span> {
        let mut ages = match self {
            Self::Ages(ages) => ages.clone(),
            Self::Auto => {
                let mut ages = vec![Span::days(0)];
                if !open_ages.is_empty() {
                    let rank = (open_ages.len() * 95).div_ceil(100) - 1;
                    let oldest = (*open_ages.select_nth_unstable(rank).1).max(0);
                    ages.extend((0..5).filter_map(|step| Span::from_micros(round(oldest / 3_i64.pow(step))).ok()));
                }
                ages
            }
        };
        ages.sort_unstable();
        ages.dedup();
        ages
    }
}

/// Rounds an age to whole days from two days on, to whole hours below.
fn round(micros: i64) -> i64 {
    let unit = if micros >= 2 * MICROS_PER_DAY { MICROS_PER_DAY } else { MICROS_PER_HOUR };
    (micros + unit / 2) / unit * unit
}

/// Ages at `as_of`, in microseconds, of the leads that are open then; of the closed ones their age at closing when none is open.
#[must_use]
pub fn open_lead_ages(leads: &LeadTable, outcomes: &Outcomes, as_of: i64) -> Vec<i64> {
    let ages = |open: bool| -> Vec<i64> {
        (0..leads.len())
            .filter_map(|row| {
                let created_at = leads.created(row).filter(|&t| t <= as_of)?;
                match outcomes.known(row, as_of) {
                    None if open => Some(as_of - created_at),
                    Some((closed_at, _)) if !open => Some((closed_at - created_at).max(0)),
                    _ => None,
                }
            })
            .collect()
    };
    let open = ages(true);
    if open.is_empty() { ages(false) } else { open }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn auto_is_geometric_up_to_the_95th_percentile_of_open_ages() {
        let open_ages = (1..=100).map(|day| day * MICROS_PER_DAY).collect();
        let ages: Vec<String> = Snapshots::Auto.resolve(open_ages).iter().map(ToString::to_string).collect();
        assert_eq!(ages, ["0d", "28h", "4d", "11d", "32d", "95d"]);
    }

    #[test]
    fn auto_without_open_leads_is_creation_alone() {
        assert_eq!(Snapshots::Auto.resolve(Vec::new()), [Span::days(0)]);
    }

    #[test]
    fn given_ages_are_sorted_and_distinct() {
        let asked = Snapshots::Ages(["7d", "1h", "7d"].iter().map(|s| s.parse().unwrap()).collect());
        assert_eq!(asked.resolve(vec![1]), ["1h".parse().unwrap(), Span::days(7)]);
    }
}
