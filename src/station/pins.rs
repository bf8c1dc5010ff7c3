//! PINs are looked at before an ask enters the inbox: that takes a while on purpose, and the clerk's thread waits for
//! nobody. What goes on is what came of it, so that neither a recording nor a log ever holds a PIN.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Mutex;

use super::protocol::Ask;
use crate::domain::PersonId;
use crate::domain::book::person::{Act as PersonAct, Pin, Private};
use crate::domain::book::{Act, PinCheck};
use crate::domain::roster::PinHash;
use crate::ledger::Reader;

/// Memory for one look at a PIN, KiB, and passes over it: what OWASP's password storage cheat sheet asks of Argon2id
/// with one lane; a tenth of a second on a busy PC.
const COST: (u32, u32) = (19 * 1024, 2);

/// Bytes of what comes out.
const HASH_BYTES: usize = 32;

/// Digits of a PIN.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=32;

/// Longest reason of a suspension, bytes.
const REASON_MAX_BYTES: usize = 1_000;

/// Looks at the PINs of an ask and puts what came of it in their place; what is to be kept beside the ledger alone is
/// marked so. Whatever an ask says of itself in this is overwritten. `kept`: what a person's PIN is checked with.
///
/// # Errors
/// A new PIN that is none, a PIN that could not be looked at.
pub fn check(
    what: &mut Ask,
    kept: impl Fn(&PersonId) -> Result<Option<PinHash>, String>,
) -> Result<(), String> {
    let (act, sign) = match what {
        Ask::Act { act, sign } => (Some(act), sign),
        Ask::Present(shown) => (None, &mut shown.sign),
        _ => return Ok(()),
    };
    let look = |person: &Option<PersonId>, pin: Option<Pin>| -> Result<PinCheck, String> {
        let (Some(person), Some(pin)) = (person, pin) else { return Ok(PinCheck::NotGiven) };
        match kept(person)? {
            Some(hash) if is_right(&pin, &hash)? => Ok(PinCheck::Right),
            // Whether there is a PIN at all, the clerk says.
            _ => Ok(PinCheck::Wrong),
        }
    };
    sign.pin_is = look(&sign.person, sign.pin.take())?;
    sign.witness_pin_is = look(&sign.witness, sign.witness_pin.take())?;
    let Some(Act::Person(act)) = act.map(|act| &mut **act) else { return Ok(()) };
    let sets_pin = matches!(act, PersonAct::SetPin { .. });
    let Some(private) = act.private() else { return Ok(()) };
    *private = match std::mem::take(private) {
        Private::Pin(pin) if sets_pin => Private::NewPin(hash(&pin)?),
        _ if sets_pin => return Err("set the PIN: none was given".into()),
        Private::Reason(reason) if reason.len() > REASON_MAX_BYTES => {
            return Err(format!("keep the reason: it is longer than {REASON_MAX_BYTES} bytes"));
        }
        Private::Reason(reason) => Private::NewReason(reason),
        badge @ Private::Badge(_) => badge,
        // A digest is made here and never taken from outside.
        _ => Private::Nothing,
    };
    Ok(())
}

/// A new PIN as it is kept.
///
/// # Errors
/// It is no PIN: the sentence says what one is.
pub fn hash(pin: &Pin) -> Result<PinHash, String> {
    let digits = pin.digits();
    if !DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "set the PIN: it has {} to {} digits and nothing else",
            DIGITS.start(),
            DIGITS.end()
        ));
    }
    if is_guessed_first(digits) {
        return Err("set the PIN: one digit over and over, or digits that count up or down, are tried first; take another".into());
    }
    let mut salt = vec![0; 16];
    getrandom::fill(&mut salt).map_err(|error| format!("set the PIN: no random bytes: {error}"))?;
    let (memory_kib, passes) = COST;
    let hash = digest(digits, &salt, memory_kib, passes)?;
    Ok(PinHash { memory_kib, passes, salt, hash })
}

/// Whether this PIN is the one kept.
///
/// # Errors
/// What is kept is no hash.
pub fn is_right(pin: &Pin, kept: &PinHash) -> Result<bool, String> {
    if pin.digits().len() > *DIGITS.end() {
        return Ok(false);
    }
    let found = digest(pin.digits(), &kept.salt, kept.memory_kib, kept.passes)?;
    // The same time for every wrong one, however much of it is right.
    let differs = found.iter().zip(&kept.hash).fold(0, |sum, (one, other)| sum | (one ^ other));
    Ok(differs == 0 && found.len() == kept.hash.len())
}

fn digest(digits: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<Vec<u8>, String> {
    let failed = |error: argon2::Error| format!("look at the PIN: {error}");
    let params = Params::new(memory_kib, passes, 1, Some(HASH_BYTES)).map_err(failed)?;
    let mut out = vec![0; HASH_BYTES];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(digits.as_bytes(), salt, &mut out).map_err(failed)?;
    Ok(out)
}

/// 000000, 123456, 987654 and their like.
fn is_guessed_first(digits: &str) -> bool {
    let steps: Vec<i16> =
        digits.as_bytes().windows(2).map(|pair| i16::from(pair[1]) - i16::from(pair[0])).collect();
    [0, 1, -1].into_iter().any(|step| steps.iter().all(|found| *found == step))
}

/// Looks at PINs for the socket: one at a time, so that many clients together cannot take all memory, and on a thread
/// that may wait.
#[derive(Debug, Clone)]
pub struct Pins {
    folder: PathBuf,
    turn: Arc<Mutex<()>>,
}

impl Pins {
    /// Those of the ledger in `folder`.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), turn: Arc::default() }
    }

    /// As [`check`]; answers with the ask as it may enter the inbox.
    ///
    /// # Errors
    /// As there.
    pub async fn check(&self, mut what: Ask) -> Result<Ask, String> {
        if !matches!(what, Ask::Act { .. } | Ask::Present(_)) {
            return Ok(what);
        }
        let _turn = self.turn.lock().await;
        let folder = self.folder.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let kept = |person: &PersonId| {
                let kept = Reader::open(&folder).and_then(|reader| reader.kept(person));
                Ok(kept.map_err(|error| format!("look at the PIN: {error}"))?.and_then(|kept| kept.pin))
            };
            check(&mut what, kept).map(|()| what)
        });
        looked.await.map_err(|_| "look at the PIN: the station is ending".to_owned())?
    }
}
