//! What can be wrong with a model file.

use std::io;
use std::path::PathBuf;

/// Why a model file cannot be read, written or believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The file is something else.
    #[error("this is not a model file: it does not start as one; give a file that was written by leadscore's save")]
    NotAModel,
    /// A file of a format that this version of the library does not know yet.
    #[error("the model file is of format {found}, and this version of leadscore reads formats up to {supported}; upgrade leadscore")]
    FutureVersion {
        /// The file's format.
        found: u32,
        /// The newest format that can be read.
        supported: u32,
    },
    /// The file ends too early.
    #[error("the model file ends after {found} bytes of {expected}; copy it again, it was cut off")]
    Truncated {
        /// How many bytes it should have.
        expected: u64,
        /// How many it has.
        found: u64,
    },
    /// The content is not what was written.
    #[error("the model file is damaged: its content does not match its checksum; copy it again from where it was made")]
    ChecksumMismatch,
    /// The content is intact but makes no sense.
    #[error("the model cannot be used: {message}; train it again, or get it from where it was made")]
    Malformed {
        /// What makes no sense.
        message: String,
    },
    /// A synthetic row does not get the score that it had when the model was made.
    #[error(
        "golden row {row} has log-odds {found:?} here and had {expected:?} when the model was made; do not use its scores, and report the platform and the versions"
    )]
    GoldenMismatch {
        /// Index of the row.
        row: usize,
        /// The log-odds when the model was made.
        expected: f64,
        /// The log-odds now.
        found: f64,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}
