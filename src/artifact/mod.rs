//! artifact

pub(crate) mod packed;
