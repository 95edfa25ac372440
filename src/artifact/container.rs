//! The frame around the body of a model file: magic, format, length, checksum.

use sha2::{Digest, Sha256};

use super::ArtifactError;

/// The first byte is no text, and the line ends break when a transfer "translates" them (as in PNG).
pub(super) const MAGIC: [u8; 8] = *b"\x89LSC\r\n\x1a\n";
/// The format that is written, and the newest that is read; all before it are read, too.
///
/// Format 2 added the shares of trees (contributions of features taken as independent), statistics of categories, and blends; format 3 the statistics of
/// pairs of categories, and the format itself to what the checksum covers.
pub(super) const FORMAT: u32 = 3;
/// Bytes before the body.
pub(super) const HEADER: usize = 8 + 4 + 8 + 32;
/// The largest body. A model of 1,000 trees has about 3 MB.
pub(super) const MAX_BODY: u64 = 256 << 20;

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The checksum of a body in a file of a format. Formats 1 and 2 left out the format, so that a 3 which became a 2 would not have been noticed.
fn checksum(format: u32, body: &[u8]) -> [u8; 32] {
    match format {
        ..=2 => sha256(body),
        _ => Sha256::new().chain_update(format.to_le_bytes()).chain_update(body).finalize().into(),
    }
}

/// The body with its frame.
pub(super) fn wrap(body: &[u8]) -> Result<Vec<u8>, ArtifactError> {
    let length = body.len() as u64;
    if length > MAX_BODY {
        return Err(too_large(length));
    }
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&checksum(FORMAT, body));
    bytes.extend_from_slice(body);
    Ok(bytes)
}

/// The body in its frame, checked against length and checksum.
pub(super) fn unwrap(bytes: &[u8]) -> Result<&[u8], ArtifactError> {
    let header = Header::read(bytes)?;
    let body = &bytes[HEADER..];
    let (expected, found) = (header.body, body.len() as u64);
    if found < expected {
        return Err(ArtifactError::Truncated { expected: expected + HEADER as u64, found: bytes.len() as u64 });
    }
    if found > expected {
        return Err(super::malformed(format!("{} bytes follow the model", found - expected)));
    }
    if checksum(header.format, body) == header.checksum { Ok(body) } else { Err(ArtifactError::ChecksumMismatch) }
}

/// What stands before the body.
pub(super) struct Header {
    /// Length of the body, at most [`MAX_BODY`].
    pub(super) body: u64,
    format: u32,
    checksum: [u8; 32],
}

impl Header {
    /// Reads the header at the start of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let start = bytes.len().min(MAGIC.len());
        if bytes[..start] != MAGIC[..start] {
            return Err(ArtifactError::NotAModel);
        }
        let truncated = || ArtifactError::Truncated { expected: HEADER as u64, found: bytes.len() as u64 };
        let rest = bytes.get(MAGIC.len()..).ok_or_else(truncated)?;
        let (format, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        let format = u32::from_le_bytes(*format);
        match format {
            1..=FORMAT => {}
            0 => return Err(super::malformed("the file is of format 0, which does not exist".to_owned())),
            found => return Err(ArtifactError::FutureVersion { found, supported: FORMAT }),
        }
        let (length, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        let (checksum, _) = rest.split_first_chunk().ok_or_else(truncated)?;
        let body = u64::from_le_bytes(*length);
        if body > MAX_BODY { Err(too_large(body)) } else { Ok(Self { body, format, checksum: *checksum }) }
    }
}

fn too_large(length: u64) -> ArtifactError {
    super::malformed(format!("its content of {length} bytes is larger than the {MAX_BODY} that a model may have"))
}
