//! Made data whose truth is known: leads, their events, how they ended, and each lead's true probability.
//!
//! Real histories never say how probable a win *was*, so they cannot show how far an estimate is from the best one possible.
//! [`MakeLeads`] draws a history from a process for which the probability that scoring estimates,
//!
//! ```text
//! P(won in (s, s + 90d] | all that is visible at s, the lead is open at s)
//! ```
//!
//! has a closed form at every moment `s`. [`LeadsDataset::truth`] holds it for a few moments of every lead, and
//! [`LeadsDataset::probability`] computes it for any.
//!
//! # The process
//! Each lead's life is cut into days of 24 hours from its creation on. On day `k` the lead has a hidden *intent* `z_k`: cold,
//! interested or buying. Everything else depends on the past through the intent and the visible attributes `x` alone:
//!
//! - `z_0` is drawn from `pi(z | x)` (source, seniority, whether there is a message); `z_{k+1}` from a fixed matrix `T(z_k, .)`.
//! - Some leads are *untracked* (probability by source) and never show an event that they start themselves.
//! - Events that a tracked lead starts are Poisson with intensity `rate(kind, z_k) w(t)`, where `w` carries the hours of the day, the days of
//!   the week and the months of the year. Visits and views are long with a probability that depends on `z_k`. For the two weeks before creation
//!   visits follow `z_0`. E-mail events need `opt_in`.
//! - Some events are imported late, by 1 to 7 whole days, independently of all else; some are exported twice.
//! - Calls follow visible things only (the attributes, demo requests that are visible at once), so they say nothing further about intent, although
//!   they go with wins: a trap for models that read what sales does.
//! - On day `k` an open lead is won with probability `p_k(z) = min(0.25, win(z) exp(b(x)) trend(product, t))` and lost with probability
//!   `q_k(z) = min(0.5, loss(z) exp(c(x)) old(k))`, at a uniform second of that day. The trend runs from 1.25 to 0.75 over the
//!   two years for one product, and from 0.75 to 1.25 for the other.
//!
//! # The truth
//! This is a hidden Markov model, so its forward filter (Rabiner 1989, "A tutorial on hidden Markov models", section III) gives the distribution of
//! the intent given all that is visible, and a backward recursion gives the chance of a win from each intent. With `v(t)` the chance that an event of
//! time `t` is visible at `s` (less than one only for the last week), `rho` the elapsed part of the present day `k` and `f` the part of the last day in the horizon:
//!
//! ```text
//! a_j(z)  ~  [sum_y a_{j-1}(y) (1 - p - q)(y) T(y, z)]  prod_{visible events of day j} rate(event, z)  exp(-int rate(z) w(t) v(t) dt)
//! B_K(z)  =  f p_K(z)                                     B_j(z) = p_j(z) + (1 - p_j - q_j)(z) sum_y T(z, y) B_{j+1}(y)
//! P       =  sum_z a_k(z) (1 - rho (p + q)) * [(1 - rho) p_k(z) + (1 - p_k - q_k)(z) sum_y T(z, y) B_{k+1}(y)] / (1 - rho (p + q))
//! ```
//!
//! with `a_k` normalised after the factor `1 - rho (p + q)`, for the lead is known to be open. The tests hold realised win rates against it.

mod calendar;
#[cfg(feature = "frame")]
mod frames;
mod generate;
mod people;
mod process;
mod random;
mod tables;
mod truth;

#[cfg(test)]
mod tests;

#[cfg(feature = "frame")]
pub use frames::LeadsFrames;
pub use generate::MakeLeads;
pub use tables::{EventRow, LeadRow, LeadsDataset, OutcomeRow, TruthRow};
