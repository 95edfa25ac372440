//! Training and retraining: puts the rooms below in order.

mod absent_kinds;
mod boosted;
mod choice;
mod copies;
mod data;
mod error;
mod evaluate;
mod folds;
mod known;
mod mixing;
mod out_of_fold;
mod pruning;
mod retrain;
mod stage;
#[cfg(feature = "frame")]
mod tables;
#[cfg(test)]
mod tests;
mod train;
mod trainer;
mod work;

pub(crate) use data::Labelled;
pub use data::{RowOrder, Target, TrainingData};
pub use error::TrainingError;
pub use retrain::{Gate, Retrained, Retrainer};
pub use train::MIN_PER_CLASS;
pub(crate) use train::train;
pub use trainer::Trainer;
#[cfg(feature = "frame")]
pub(crate) use trainer::in_pool;
