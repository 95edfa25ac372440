//! The stored form of an incremental state: magic, format, length and checksum before its content.
//!
//! ```text
//! offset  bytes
//!      0      4  magic: 89 4C 53 45
//!      4      4  format, little endian: 2 (states of format 1, which is the content alone, are read)
//!      8      4  length of the content, little endian
//!     12      8  the first eight bytes of the SHA-256 of the content
//!     20         content: MessagePack
//! ```
//!
//! The checksum is against accidents, of which one in 2^64 would pass, and shorter than a model file's: a service keeps a state for every lead.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Engagement, EngagementError, FeaturePlan};

/// The first byte is no text, and begins no content.
pub(super) const MAGIC: [u8; 4] = *b"\x89LSE";
/// The format that is written, and the newest that is read; all before it are read, too.
pub(super) const FORMAT: u32 = 2;
/// Bytes before the content.
pub(super) const HEADER: usize = 4 + 4 + 4 + 8;
/// How the content begins, an array of six fields or, before there was a clock, five: by that a state of format 1 is known.
const FORMAT_1: [u8; 2] = [0x95, 0x96];

impl Engagement {
    /// The state as bytes, for a service to store between two events. They belong to this plan, hold codes and sums, no words, and have a checksum.
    ///
    /// # Errors
    /// [`EngagementError::Malformed`] when it cannot be written, which a state from this library never is.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EngagementError> {
        let content = rmp_serde::to_vec(self).map_err(|error| malformed(error.to_string()))?;
        let length = u32::try_from(content.len()).map_err(|_| malformed(format!("its content of {} bytes is too large", content.len())))?;
        let mut bytes = Vec::with_capacity(HEADER + content.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&checksum(&content));
        bytes.extend_from_slice(&content);
        Ok(bytes)
    }

    /// The state in the bytes that [`Engagement::to_bytes`] wrote, to the bit; safe with bytes of a stranger.
    ///
    /// Bytes of versions of the library that wrote no checksum are read too; in those a damage may go unnoticed until they are written anew.
    ///
    /// # Errors
    /// [`EngagementError::Malformed`] when they are no state or one cut off, [`EngagementError::Damaged`] when they are not what was written,
    /// [`EngagementError::FutureVersion`] when a later version of the library wrote them, [`EngagementError::OtherPlan`] when the state is of another plan.
    pub fn from_bytes(plan: &FeaturePlan, bytes: &[u8]) -> Result<Self, EngagementError> {
        let content = if bytes.first().is_some_and(|first| FORMAT_1.contains(first)) { bytes } else { unwrap(bytes)? };
        let mut reader = rmp_serde::Deserializer::new(content);
        let state = Self::deserialize(&mut reader).map_err(|error| malformed(error.to_string()))?;
        match reader.get_ref().len() {
            0 => state.check(plan).map(|()| state),
            rest => Err(malformed(format!("{rest} bytes follow its content"))),
        }
    }
}

/// The content behind its frame, checked against length and checksum.
fn unwrap(bytes: &[u8]) -> Result<&[u8], EngagementError> {
    let start = bytes.len().min(MAGIC.len());
    if bytes.is_empty() || bytes[..start] != MAGIC[..start] {
        return Err(malformed("it does not start as one; give what to_bytes wrote".to_owned()));
    }
    let cut_off = |expected: usize| malformed(format!("it ends after {} bytes of {expected}; it was cut off", bytes.len()));
    let header = || cut_off(HEADER);
    let rest = bytes.get(MAGIC.len()..).ok_or_else(header)?;
    let (format, rest) = rest.split_first_chunk().ok_or_else(header)?;
    match u32::from_le_bytes(*format) {
        FORMAT => {}
        found @ ..FORMAT => return Err(malformed(format!("it says that it is of format {found}, which has no header"))),
        found => return Err(EngagementError::FutureVersion { found, supported: FORMAT }),
    }
    let (length, rest) = rest.split_first_chunk().ok_or_else(header)?;
    let (expected, content) = rest.split_first_chunk::<8>().ok_or_else(header)?;
    let length = u32::from_le_bytes(*length) as usize;
    if content.len() < length {
        return Err(cut_off(HEADER.saturating_add(length)));
    }
    if content.len() > length {
        return Err(malformed(format!("{} bytes follow it", content.len() - length)));
    }
    if checksum(content) == *expected { Ok(content) } else { Err(EngagementError::Damaged) }
}

/// The first eight bytes of the SHA-256.
pub(super) fn checksum(content: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(content).into();
    std::array::from_fn(|i| digest[i])
}

fn malformed(message: String) -> EngagementError {
    EngagementError::Malformed { message }
}
