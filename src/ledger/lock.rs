//! One process owns a data folder. The lock says who.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// The lock file's name in the data folder.
const NAME: &str = "lock";

/// Most of a holder's own words that are shown, in bytes.
const WORDS_MAX_BYTES: u64 = 1000;

/// Held as long as it lives. The kernel lets go of it with the process, whatever way that ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Why the folder could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else works in it.
    #[error("lock {}: it is held by {holder}; use its socket, or stop it first", .folder.display())]
    Held {
        /// The folder.
        folder: PathBuf,
        /// What the holder wrote about itself.
        holder: String,
    },
    /// The lock file cannot be made or read.
    #[error("lock {}: {source}; is the folder there, and may this user write to it?", .folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl LockError {
    /// The socket of the station that holds the folder, as it wrote it into the lock.
    pub fn socket(&self) -> Option<PathBuf> {
        let Self::Held { holder, .. } = self else { return None };
        socket_in(holder)
    }
}

/// The socket of the station that holds the folder, or held it last. Reads only: to take the lock for a look could
/// turn away a station that starts at that moment.
pub fn socket_named(folder: &Path) -> Option<PathBuf> {
    let mut words = String::new();
    let file = File::open(folder.join(NAME)).ok()?;
    file.take(WORDS_MAX_BYTES).read_to_string(&mut words).ok()?;
    socket_in(words.trim())
}

fn socket_in(words: &str) -> Option<PathBuf> {
    let (_, rest) = words.split_once(SOCKET_WORD)?;
    let (socket, _) = rest.rsplit_once(" (process ")?;
    Some(PathBuf::from(socket))
}

/// What stands before the socket in a station's lock.
pub const SOCKET_WORD: &str = ", socket ";

impl Lock {
    /// Takes the folder for `what` ("station bravo").
    ///
    /// # Errors
    /// Another process has it, or the file cannot be opened.
    pub fn take(folder: &Path, what: &str) -> Result<Self, LockError> {
        let io = |source| LockError::Io { folder: folder.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(NAME))
            .map_err(io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                // Who holds it is a courtesy: that somebody does is known already.
                let known = (&file).take(WORDS_MAX_BYTES).read_to_string(&mut holder).is_ok_and(|n| n > 0);
                let holder =
                    if known { holder.trim().to_owned() } else { "a process that left no name".into() };
                return Err(LockError::Held { folder: folder.to_owned(), holder });
            }
            Err(errno) => return Err(io(errno.into())),
        }
        let words = format!("{what} (process {})\n", std::process::id());
        file.set_len(0).map_err(io)?;
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        file.write_all(words.as_bytes()).map_err(io)?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(errno) = flock(&self.file, FlockOperation::Unlock) {
            tracing::warn!("let go of the folder's lock: {errno}");
        }
    }
}
