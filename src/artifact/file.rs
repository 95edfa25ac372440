//! Model files on disk: never half written, never read past what a model may be.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::container::{HEADER, Header};
use super::{ArtifactError, malformed};
use crate::model::Model;

/// Tells apart the temporary files of threads that save to the same path.
static SAVES: AtomicU64 = AtomicU64::new(0);
/// More files than any crash leaves behind.
const MAX_TRIES: u32 = 1000;

impl Model {
    /// Writes the model to `path`, replacing what is there.
    ///
    /// The file appears complete or not at all: the bytes go to a temporary file in the same folder, reach the disk, and only then take the name.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] when the file system refuses; [`ArtifactError::Malformed`] when the model is larger than a file may be.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ArtifactError> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        let (temporary, file) = temporary(path)?;
        let written = write(file, &bytes).and_then(|()| fs::rename(&temporary, path)).and_then(|()| sync_folder(path));
        written.map_err(|source| {
            // The temporary file is gone when the rename was done; otherwise it must not stay.
            let _ = fs::remove_file(&temporary);
            io_error(path, source)
        })
    }

    /// Opens a model file: reads it, compares the checksum, and checks that scoring with it is safe.
    ///
    /// [`verify`](Self::verify) also recomputes its golden rows.
    ///
    /// # Errors
    /// Any [`ArtifactError`] but `GoldenMismatch`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ArtifactError> {
        Self::from_bytes(&read(path.as_ref())?)
    }
}

/// The bytes of the file, as many as its header announces and at most one more.
fn read(path: &Path) -> Result<Vec<u8>, ArtifactError> {
    let mut file = File::open(path).map_err(|source| io_error(path, source))?;
    let mut bytes = Vec::new();
    Read::by_ref(&mut file).take(HEADER as u64).read_to_end(&mut bytes).map_err(|source| io_error(path, source))?;
    // A large file that is no model is not read at all, nor is memory taken for a length that the file does not have.
    let header = Header::read(&bytes)?;
    file.take(header.body + 1).read_to_end(&mut bytes).map_err(|source| io_error(path, source))?;
    Ok(bytes)
}

/// Makes a temporary file beside `path`, under a name that no other file has: one left by a process of the same number is not ours to replace.
fn temporary(path: &Path) -> Result<(PathBuf, File), ArtifactError> {
    let name = path.file_name().ok_or_else(|| malformed(format!("\"{}\" names no file", path.display())))?;
    let mut tried = 0;
    loop {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.{}.tmp", process::id(), SAVES.fetch_add(1, Ordering::Relaxed)));
        let temporary = path.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tried < MAX_TRIES => tried += 1,
            Err(error) => return Err(io_error(path, error)),
        }
    }
}

fn write(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the new name last. Only Unix lets a folder be opened and synced.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn io_error(path: &Path, source: io::Error) -> ArtifactError {
    ArtifactError::Io { path: path.to_owned(), source }
}
