//! Histogram gradient boosting (Friedman 2001; leaf-wise trees on binned values after Ke et al. 2017, LightGBM) of the binary log loss.
//!
//! [`BoostingModel`] predicts and needs neither linfa nor ndarray. With the feature `fit`, [`BoostingParams`] is a linfa algorithm
//! that fits it:
//!
//! | file | concept |
//! |---|---|
//! | `params` | the settings, unchecked and checked |
//! | `adaptive` | the settings that were left alone, from the size of the data |
//! | `bins`, `codes` | where values are cut into bins; the bin codes of all rows |
//! | `bundles` | features of few codes that share a byte of a row, and a histogram |
//! | `derived` | ordered target statistics of categories and of pairs of them, as further columns |
//! | `pairs` | which pairs of categorical features say together what they do not say one by one |
//! | `probability`, `sample` | the present probabilities; the rows that a tree is grown on, and their gradients |
//! | `histogram` | gradient sums per bin of a leaf |
//! | `split`, `interactions` | the best split of one feature in one leaf; which features go together |
//! | `grow`, `partition` | one tree, leaf by leaf; the rows of a leaf parted |
//! | `fit`, `rows`, `validation`, `leaf_finder` | tree after tree; the rows, those that only judge, the leaf of each |
//! | `linear_start` | what trees start from where few rows have the rarer outcome |
//! | `average` | several models of the same rows as one |
//! | `settle`, `own_folds` | what the caller leaves open, settled by rows that were held out; those of the rows to train on |
//! | `linfa_traits` | linfa's traits |
//! | `model`, `walk`, `validate` | the fitted trees; one row through them, plainly; what a stranger's file must satisfy |
//! | `shares` | how likely each step of a way through a tree is: what contributions are made of |
//! | `scorer` | the trees made ready for scoring |
//! | `one_row`, `small_trees`, `walks` | one row through them, fast: by tables of small trees, or ten trees side by side |
//! | `block` | many rows through them |

mod adaptive;
#[cfg(feature = "fit")]
mod average;
mod block;
mod model;
mod one_row;
mod scorer;
#[cfg(test)]
mod scorer_tests;
#[cfg(feature = "fit")]
mod settle;
mod shares;
mod small_trees;
mod validate;
mod walk;
mod walks;

#[cfg(feature = "fit")]
mod bins;
#[cfg(feature = "fit")]
mod bundles;
#[cfg(feature = "fit")]
mod cases;
#[cfg(feature = "fit")]
mod codes;
#[cfg(feature = "fit")]
mod derived;
#[cfg(feature = "fit")]
mod error;
#[cfg(feature = "fit")]
mod fit;
#[cfg(feature = "fit")]
mod grow;
#[cfg(feature = "fit")]
mod histogram;
#[cfg(feature = "fit")]
mod interactions;
#[cfg(feature = "fit")]
mod leaf_finder;
#[cfg(feature = "fit")]
mod linear_start;
#[cfg(feature = "fit")]
mod linfa_traits;
#[cfg(feature = "fit")]
mod own_folds;
#[cfg(feature = "fit")]
mod pairs;
mod params;
#[cfg(feature = "fit")]
mod partition;
#[cfg(feature = "fit")]
mod probability;
#[cfg(test)]
pub(crate) mod random_trees;
#[cfg(feature = "fit")]
mod rows;
#[cfg(feature = "fit")]
mod sample;
#[cfg(feature = "fit")]
mod split;
#[cfg(all(test, feature = "fit"))]
mod tests;
#[cfg(feature = "fit")]
mod validation;

#[cfg(feature = "fit")]
pub(crate) use adaptive::Size;
#[cfg(feature = "fit")]
pub(crate) use cases::{cases, rows_per_group};
#[cfg(feature = "fit")]
pub(crate) use linear_start::Starts;
pub use model::BoostingModel;
#[cfg(feature = "fit")]
pub(crate) use settle::{Look, Trial};
#[cfg(all(test, feature = "fit"))]
pub(crate) use shares::Marginal;
pub(crate) use walk::Node;

#[cfg(feature = "fit")]
pub use error::BoostingError;
#[cfg(feature = "fit")]
pub use fit::BoostingFit;
pub use params::{BoostingParams, BoostingValidParams};
