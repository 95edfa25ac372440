//! The model file (`.leadscore`): write, read, verify.
//!
//! ```text
//! offset  bytes
//!      0      8  magic: 89 4C 53 43 0D 0A 1A 0A
//!      8      4  format, little endian: 3 (files of formats 1 and 2 are read)
//!     12      8  length of the body, little endian
//!     20     32  SHA-256 of the format, as it stands there, and the body (in formats 1 and 2 of the body alone)
//!     52         body: MessagePack, a map { version, content }
//!                version: the first 16 hexadecimal digits of the SHA-256 of the content's bytes
//!                content: a byte string that holds MessagePack, structs as maps by field name
//! ```
//!
//! Fields by name let a later version add some, with defaults for older files. Nothing follows the body. The content holds no code,
//! and reading never allocates by a length that the file merely claims.

mod classifier;
mod container;
mod error;
mod file;
mod golden;
pub(crate) mod packed;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{Content, Model};

pub use error::ArtifactError;
pub(crate) use golden::{GoldenRow, golden_rows, verify};

/// Deeper nesting than any model has.
const MAX_DEPTH: usize = 64;

/// The body as it is written.
#[derive(Serialize)]
struct Written<'a> {
    version: &'a str,
    #[serde(serialize_with = "packed::serialize_bytes")]
    content: &'a [u8],
}

/// The body as it is read.
#[derive(Deserialize)]
struct Read {
    version: String,
    #[serde(deserialize_with = "packed::deserialize_bytes")]
    content: Vec<u8>,
}

impl Model {
    /// The model as the bytes of a model file; the same model gives the same bytes.
    ///
    /// A model whose file another version of the library wrote, with more or fewer fields, gives a file of this version, with a version of its own.
    ///
    /// # Errors
    /// [`ArtifactError::Malformed`] when it is larger than a model file may be (256 MiB).
    pub fn to_bytes(&self) -> Result<Vec<u8>, ArtifactError> {
        container::wrap(&body(&serialize(self.content())?)?)
    }

    /// The model in the bytes of a model file, checked so that scoring with it is safe.
    ///
    /// # Errors
    /// Any [`ArtifactError`] but `Io` and `GoldenMismatch`; see [`verify`](Self::verify) for the latter.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtifactError> {
        Self::from_body(container::unwrap(bytes)?)
    }

    fn from_body(body: &[u8]) -> Result<Self, ArtifactError> {
        let read: Read = deserialize(body)?;
        if read.version.len() != 16 || !read.version.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(malformed(format!("the version \"{}\" is not 16 hexadecimal digits", read.version.escape_debug())));
        }
        let hash = hash(&read.content);
        if read.version != hash {
            return Err(malformed(format!("it says that it is version {}, and its content is that of {hash}", read.version)));
        }
        Self::from_content_bytes(&read.content, &read.version)
    }

    fn from_content_bytes(content: &[u8], version: &str) -> Result<Self, ArtifactError> {
        Self::from_content(deserialize(content)?, version).map_err(malformed)
    }
}

/// The body of a file with this content.
fn body(content: &[u8]) -> Result<Vec<u8>, ArtifactError> {
    serialize(&Written { version: &hash(content), content })
}

/// The version of a model with this content.
pub(crate) fn content_hash(content: &Content) -> Result<String, ArtifactError> {
    Ok(hash(&serialize(content)?))
}

/// The first 16 hexadecimal digits of the SHA-256 of the content's bytes.
fn hash(content: &[u8]) -> String {
    use std::fmt::Write as _;
    container::sha256(content).iter().take(8).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn serialize<T: Serialize>(value: &T) -> Result<Vec<u8>, ArtifactError> {
    rmp_serde::to_vec_named(value).map_err(|error| malformed(error.to_string()))
}

fn deserialize<T: DeserializeOwned>(body: &[u8]) -> Result<T, ArtifactError> {
    let mut reader = rmp_serde::Deserializer::new(body);
    reader.set_max_depth(MAX_DEPTH);
    let value = T::deserialize(&mut reader).map_err(|error| malformed(error.to_string()))?;
    match reader.get_ref().len() {
        0 => Ok(value),
        rest => Err(malformed(format!("{rest} bytes follow the content"))),
    }
}

fn malformed(message: String) -> ArtifactError {
    ArtifactError::Malformed { message }
}

#[cfg(test)]
mod tests;
