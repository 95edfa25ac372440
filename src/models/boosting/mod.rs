//! Histogram gradient boosting (Friedman 2001; leaf-wise trees on binned values after Ke et al. 2017, LightGBM) of the binary log loss.
//!
//! [`BoostingModel`] predicts and needs neither linfa nor ndarray. With the feature `fit`, [`BoostingParams`] is a linfa algorithm
//! that fits it:
//!
//! | file | concept |
//! |---|---|
//! | `params` | the settings, unchecked and checked |
//! | `adaptive` | the settings that were left alone, from the size of the data |
//! | `bins` | values to bin codes, column by column |
//! | `histogram` | gradient sums per bin of a leaf |
//! | `split` | the best split of one feature in one leaf |
//! | `grow` | one tree, leaf by leaf |
//! | `fit` | tree after tree, early stopping; linfa's traits |
//! | `model`, `walk`, `validate` | the fitted trees; one row through them; what a stranger's file must satisfy |
//! | `shares` | how likely each step of a way through a tree is: what contributions are made of |

mod adaptive;
mod model;
mod shares;
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
#[cfg(feature = "fit")]
mod split;
#[cfg(all(test, feature = "fit"))]
mod tests;

#[cfg(feature = "fit")]
pub(crate) use adaptive::Size;
pub use model::BoostingModel;
#[cfg(all(test, feature = "fit"))]
pub(crate) use shares::Marginal;
pub(crate) use walk::Node;

#[cfg(feature = "fit")]
pub use error::BoostingError;
#[cfg(feature = "fit")]
pub use fit::BoostingFit;
pub use params::{BoostingParams, BoostingValidParams};
