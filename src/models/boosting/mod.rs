//! Histogram gradient boosting (Friedman 2001; leaf-wise trees on binned values after Ke et al. 2017, LightGBM) of the binary log loss.
//!
//! [`BoostingModel`] predicts and needs neither linfa nor ndarray. With the feature `fit`, [`BoostingParams`] is a linfa algorithm
//! that fits it:
//!
//! | file | concept |
//! |---|---|
//! | `params` | the settings, unchecked and checked |
//! | `bins` | values to bin codes, column by column |
//! | `histogram` | gradient sums per bin of a leaf |
//! | `split` | the best split of one feature in one leaf |
//! | `grow` | one tree, leaf by leaf |
//! | `fit` | tree after tree, early stopping; linfa's traits |
//! | `model`, `walk`, `validate` | the fitted trees; one row through them, plainly; what a stranger's file must satisfy |
//! | `scorer`, `one_row`, `block` | the trees made ready for scoring; one row through them, fast; many rows |

mod block;
mod model;
mod one_row;
mod scorer;
#[cfg(test)]
mod scorer_tests;
mod validate;
mod walk;

#[cfg(feature = "fit")]
mod bins;
#[cfg(feature = "fit")]
mod error;
#[cfg(feature = "fit")]
mod fit;
#[cfg(feature = "fit")]
mod grow;
#[cfg(feature = "fit")]
mod histogram;
#[cfg(feature = "fit")]
mod linfa_traits;
mod params;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(feature = "fit")]
mod split;
#[cfg(all(test, feature = "fit"))]
mod tests;

pub use model::BoostingModel;
pub(crate) use walk::Node;

#[cfg(feature = "fit")]
pub use error::BoostingError;
#[cfg(feature = "fit")]
pub use fit::BoostingFit;
pub use params::{BoostingParams, BoostingValidParams};
