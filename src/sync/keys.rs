//! Ed25519 keys in files and on paper: 64 hex digits.
//!
//! A private key file holds the digits of the secret seed and a line end, and belongs to its owner alone. It is never
//! overwritten. Station and headquarters use the same form.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::ledger::entry::Hash;

/// Largest key file that is read, in bytes: the digits, and room for the line end an editor adds.
const KEY_FILE_MAX_BYTES: u64 = 256;

/// Why a key could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is there.
    #[error(
        "make the key file {0}: it is there already, and a key is never overwritten; move it away if it is not needed"
    )]
    Exists(PathBuf),
    /// The file could not be written.
    #[error("make the key file {path}: can this user write to that folder?")]
    Make {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is not there or not readable.
    #[error("read the key file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("read the key file {0}: it must hold 64 hex digits and nothing else; restore it from its backup")]
    Shape(PathBuf),
    /// The system gave no random numbers.
    #[error("make a key: the system has no random numbers to give")]
    Random(#[source] getrandom::Error),
    /// The text is no public key.
    #[error("read the public key \"{0}\": it must be 64 hex digits, as `init` prints them")]
    Public(String),
    /// The digits are no usable point of the curve.
    #[error("read the public key \"{0}\": no signature can be trusted under it; copy it again from `init`")]
    Weak(String),
}

/// Makes a new key and writes it to a new file with mode 0600, synced to the medium.
///
/// # Errors
/// When the file exists, cannot be written, or there is no randomness.
pub fn make_key_file(path: &Path) -> Result<SigningKey, KeyError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(KeyError::Random)?;
    let key = SigningKey::from_bytes(&seed);
    let failed = |source| KeyError::Make { path: path.to_owned(), source };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(
        |source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
            _ => failed(source),
        },
    )?;
    file.write_all(format!("{}\n", Hash(seed)).as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(key)
}

/// Reads a key file. One that others may read is used all the same, with a warning in the log: refusing would stop
/// the station for something that can be repaired while it works.
///
/// # Errors
/// When the file is missing, unreadable, or holds anything but 64 hex digits.
pub fn read_key_file(path: &Path) -> Result<SigningKey, KeyError> {
    let failed = |source| KeyError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(
            "the key file {} can be read by others (mode {:o}): chmod 600 it",
            path.display(),
            mode & 0o777
        );
    }
    let mut text = Vec::new();
    file.take(KEY_FILE_MAX_BYTES).read_to_end(&mut text).map_err(failed)?;
    let seed = std::str::from_utf8(&text).ok().and_then(|text| digits(text.trim_end()));
    seed.map(|seed| SigningKey::from_bytes(&seed)).ok_or_else(|| KeyError::Shape(path.to_owned()))
}

/// Reads a public key as it stands in a configuration: 64 hex digits, either case.
///
/// # Errors
/// When it is anything else, or a key under which forged signatures pass.
pub fn public_key_from_hex(text: &str) -> Result<VerifyingKey, KeyError> {
    let shown = || text.chars().filter(|c| !c.is_control()).take(80).collect::<String>();
    let bytes = digits(text).ok_or_else(|| KeyError::Public(shown()))?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Weak(shown()))?;
    if key.is_weak() {
        return Err(KeyError::Weak(shown()));
    }
    Ok(key)
}

/// A public key as 64 lower-case hex digits.
pub fn public_hex(key: &VerifyingKey) -> String {
    Hash(key.to_bytes()).to_string()
}

/// Exactly 64 hex digits. Signs and spaces, which the standard number parser lets pass, do not.
fn digits(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}
