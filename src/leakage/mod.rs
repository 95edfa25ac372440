//! The leakage report: which columns know the future, told from the data before anything is trained.
//!
//! A column that is filled in or changed after the lead was created tells training what nobody will know when scoring. No single figure gives it away:
//! a strong legal attribute also tells winners from losers, and a form also is filled in more often by the keen. So each column is asked several questions,
//! each answer of weight counts points, and only several of them together, or one that no legal attribute could give, make a leak:
//!
//! | question | answer that counts | points |
//! |---|---|---|
//! | does it tell won leads from lost ones, alone? | AUC of at least 0.65, 0.75, 0.85, 0.90, on rows whose own outcome it has not seen, among leads of the same time | 1, 2, 3, 4 |
//! | does it decide? | values with which hardly any lead (a tenth of what is usual) ends otherwise, on at least 5 % of the leads | 2 |
//! | is it filled in after the fact? | filled in at least 1.75 times as often where leads were won (lost, closed) as where not; 8 times | 2, 4 |
//! | does it differ by age of the row? | a value that goes with winning is half as common among the youngest tenth of the leads as among the older ones, or twice as common among the oldest | 3 |
//! | does it hold moments after the close? | at least 5 % of the closed leads hold a date more than a day later than their close, or half hold the day of closing itself | 4 |
//! | does it tell more than all other columns together? | only asked where the AUC alone is 0.75 | 1 |
//! | is it known by its name? | inference would have left it out as one that changes later, or it is called as what sales writes (tags, lead quality) | 1 |
//!
//! Four points are a leak, three are suspicious, and so is every column known by its name that varies. Every answer goes by the bound of a confidence interval and not by the estimate, and the level of the
//! intervals is shared among all questions and columns (Bonferroni; all together err once in 100 tables), so that few rows give no verdict.
//!
//! "Of the same time" matters: euribor rates, months and campaigns go with the calendar, and with them the win rate; among leads created at the same time they
//! tell nothing. A leak does. Where rows are said to be in order, oldest first, and numbers or dates of theirs fall from row to row, the rows are taken from the
//! last to the first, and the report says so: age asked the wrong way round has no answer.

mod columns;
mod confidence;
mod questions;
mod report;
mod rows;
mod states;
#[cfg(feature = "frame")]
mod tables;
#[cfg(test)]
mod tests;
mod together;

pub use columns::leakage_report;
pub(crate) use columns::{Audit, examine};
pub use report::{ColumnReport, LeakageReport, Verdict};
