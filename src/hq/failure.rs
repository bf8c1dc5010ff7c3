//! How the program ends when it cannot do what was asked: one sentence, one exit status (`architecture.md`).

use super::listen::ListenError;
use super::store::StoreError;
use crate::sync::keys::KeyError;
use crate::sync::with_causes;

/// Refused, or not found.
const REFUSED: u8 = 1;
/// Wrong usage or configuration.
const USAGE: u8 = 2;
/// A device or a server is not there.
const ABSENT: u8 = 3;
/// The records do not check.
const DAMAGED: u8 = 4;

/// Why the program ends, and with which status.
#[derive(Debug)]
pub struct Failure {
    /// Exit status.
    pub exit: u8,
    /// What, why, what now.
    pub text: String,
}

impl Failure {
    /// A failure in words.
    pub fn new(exit: u8, text: String) -> Self {
        Self { exit, text }
    }
}

impl From<StoreError> for Failure {
    fn from(why: StoreError) -> Self {
        let exit = match &why {
            StoreError::Exists(_)
            | StoreError::NameTaken(_)
            | StoreError::KeyTaken { .. }
            | StoreError::UnknownStation(_)
            | StoreError::QuarantineFull(_) => REFUSED,
            StoreError::NotThere(_)
            | StoreError::Make { .. }
            | StoreError::Foreign(_)
            | StoreError::Newer { .. }
            | StoreError::Library(_)
            | StoreError::Setting { .. }
            | StoreError::OtherKey { .. } => USAGE,
            StoreError::Damaged(_) => DAMAGED,
            StoreError::Database(cause) => match cause.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DatabaseCorrupt) => DAMAGED,
                _ => ABSENT,
            },
        };
        Self::new(exit, with_causes(&why))
    }
}

impl From<KeyError> for Failure {
    fn from(why: KeyError) -> Self {
        let exit = match &why {
            KeyError::Exists(_) => REFUSED,
            KeyError::Random(_) => ABSENT,
            KeyError::Make { .. }
            | KeyError::Read { .. }
            | KeyError::Shape(_)
            | KeyError::Public(_)
            | KeyError::Weak(_) => USAGE,
        };
        Self::new(exit, with_causes(&why))
    }
}

impl From<ListenError> for Failure {
    fn from(why: ListenError) -> Self {
        let exit = match &why {
            ListenError::Socket(_) => ABSENT,
            ListenError::PlainHttp(_) | ListenError::Pem { .. } | ListenError::Pair { .. } => USAGE,
        };
        Self::new(exit, with_causes(&why))
    }
}
