//! Exact additive contributions of each feature to the log-odds.

mod linear;

pub(crate) use linear::contributions as linear_contributions;
