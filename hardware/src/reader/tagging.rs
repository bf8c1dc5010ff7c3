//! Working on tags through a driver's [`TagDesk`]: writing an EPC, setting passwords and locks, looking what is set.
//!
//! A tag is told by its chip's number (TID) throughout: its EPC is what changes. Whatever is interrupted, between any
//! two orders, can be begun again and ends in the same state.

use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;

use super::orders::{
    Access, Bank, LockBits, Password, SeenTag, TagAccess, TagCommand, TagDesk, TagError, TagOutcome,
};

/// How long is looked before a tag is written: at a read rate of 0.3 and ten rounds a second the probability that a
/// second tag is missed all the time is below 1 in 200.
const LOOK_MS: u64 = 1_500;
/// How often an order is given when the tag does not answer: as the cleaning page's read rate of 0.3, all miss in one
/// case of 300.
const TRIES: u32 = 16;
/// The wait between two of them: a moving hand needs a moment.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
/// How often an interrupted write is taken up again.
const TAKE_UPS: u32 = 4;
/// Words of a chip's number: class, designer, model, and 48 bits of serial (stream-cleaning page, section 7).
const TID_WORDS: u8 = 6;
/// A number shorter than this is the model's, not the chip's (stream-cleaning page, section 7).
const TID_BYTES_MIN: usize = 8;
/// The longest EPC: 31 words (EPC Gen2 air interface, 6.3.2.1.2).
const EPC_BYTES_MAX: usize = 62;
/// Kill password unreadable and unwritable for ever, access password and EPC writable only with the access password
/// (EPC Gen2 air interface, tables 6.49 and 6.50).
const LOCK: LockBits = LockBits { mask: 0b11_1010_0000, action: 0b11_1010_0000 };

/// A tag that is being worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chip {
    /// Its EPC now.
    pub epc: Vec<u8>,
    /// Its chip's number.
    pub tid: Vec<u8>,
}

/// The two passwords of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secrets {
    /// Opens what is locked.
    pub access: Password,
    /// Silences the tag for ever.
    pub kill: Password,
}

/// What is set on a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The tag.
    pub chip: Chip,
    /// Whether the EPC can be written only with the password.
    pub epc_locked: bool,
    /// Whether the access password can be read and written by anybody.
    pub access_password: Setting,
    /// The same of the kill password.
    pub kill_password: Setting,
    /// Whether the password that is on record opens the tag; `None` where none is on record.
    pub recorded_works: Option<bool>,
}

/// How a password is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// As from the factory: zero, and anybody may set it.
    Unset,
    /// Set, and anybody may read it.
    Open,
    /// Nobody reads it without the access password.
    Locked,
}

/// Why a tag could not be worked on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaggingError {
    /// Nothing answers.
    #[error("no tag answers: lay it flat on the antenna")]
    NoTag,
    /// More than one.
    #[error(
        "{count} tags answer and one may be written: take the others out of the field, or lower power_dbm (heard: {heard})"
    )]
    Several {
        /// How many.
        count: usize,
        /// Their EPCs, some of them.
        heard: String,
    },
    /// The chip has no number of its own.
    #[error(
        "this chip has no number of its own ({tid}): a copy of it could not be told from it; use another tag"
    )]
    NoNumber {
        /// What it gave, in hex.
        tid: String,
    },
    /// No such EPC.
    #[error("an EPC has 2 to {EPC_BYTES_MAX} bytes in whole 16-bit words, this one has {0}")]
    Epc(usize),
    /// The chip's number is another than before.
    #[error(
        "another tag answers than the one that was laid down: leave one tag in the field and begin again"
    )]
    Swapped,
    /// The tag kept something else than what was written.
    #[error("the tag holds {found} after {wanted} was written: its memory may be worn out; use another tag")]
    NotKept {
        /// In hex.
        wanted: String,
        /// In hex.
        found: String,
    },
    /// The tag is locked with a password that is not on record.
    #[error("the tag is locked with a password that is not on record here: find the station that locked it")]
    Foreign,
    /// The tag said that it locked and did not.
    #[error("the tag accepted the lock and its {0} is still open: use another kind of tag")]
    NotLocked(&'static str),
    /// The reader or the tag refused.
    #[error(transparent)]
    Order(#[from] TagError),
}

/// Says which tags answer within a time, ms.
///
/// # Errors
/// The reader is down.
pub async fn look(desk: &TagDesk, for_ms: u64) -> Result<Vec<SeenTag>, TagError> {
    match desk.order(TagCommand::Look { for_ms }).await? {
        TagOutcome::Seen(seen) => Ok(seen),
        TagOutcome::Words(_) | TagOutcome::Done => Err(TagError::NotOffered("looking")),
    }
}

/// The one tag in the field, with its chip's number.
///
/// # Errors
/// There is none, there are several, or the chip has no number of its own.
pub async fn the_one_tag(desk: &TagDesk) -> Result<Chip, TaggingError> {
    let seen = look(desk, LOOK_MS).await?;
    let [one] = seen.as_slice() else {
        if seen.is_empty() {
            return Err(TaggingError::NoTag);
        }
        let heard: Vec<String> = seen.iter().take(4).map(|tag| hex(&tag.epc)).collect();
        return Err(TaggingError::Several { count: seen.len(), heard: heard.join(" ") });
    };
    let tid = tid_of(desk, &one.epc, one.tid.as_deref()).await?;
    Ok(Chip { epc: one.epc.clone(), tid })
}

/// Writes an EPC to the tag and makes sure of it: by reading it back, and by the chip's number. What was interrupted is
/// taken up again at the same chip, whatever EPC it has by then. Answers with the tag as it is now.
///
/// # Errors
/// [`TaggingError`]; the tag may then hold its old EPC, the new one, or something between, and is known by its chip.
pub async fn write_epc(
    desk: &TagDesk,
    chip: &Chip,
    epc: &[u8],
    password: Password,
) -> Result<Chip, TaggingError> {
    if epc.len() < 2 || epc.len() > EPC_BYTES_MAX || epc.len() % 2 == 1 {
        return Err(TaggingError::Epc(epc.len()));
    }
    let mut now = chip.clone();
    let mut last = TaggingError::NoTag;
    for _ in 0..TAKE_UPS {
        match write_once(desk, &now, epc, password).await {
            Ok(()) => return Ok(Chip { epc: epc.to_vec(), tid: chip.tid.clone() }),
            Err(error) if !may_pass(&error) => return Err(error),
            Err(error) => last = error,
        }
        // The write may have gone through with its answer lost, or stopped half way: the chip is looked for again.
        match the_one_tag(desk).await {
            Ok(found) if found.tid == chip.tid => now = found,
            Ok(_) => return Err(TaggingError::Swapped),
            Err(error) if may_pass(&error) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Sets both passwords and locks: the kill password for ever, so that nobody reads or changes it; the access password
/// and the EPC so that both need the access password. The passwords must be on record before this is called.
///
/// # Errors
/// [`TaggingError`]; begun again with the same passwords it goes on where it was interrupted.
pub async fn secure(desk: &TagDesk, chip: &Chip, secrets: &Secrets) -> Result<(), TaggingError> {
    same_chip(desk, chip, Password::NONE).await?;
    if !opens(desk, chip, secrets.access).await? {
        let present = present_password(desk, chip).await?;
        let words = [secrets.kill.0.to_be_bytes(), secrets.access.0.to_be_bytes()].concat();
        write_reserved(desk, chip, present, secrets, &words).await?;
        let read = read(desk, chip, secrets.access, Bank::Reserved, 0, 4).await?;
        if read != words {
            // Never with the words themselves: they are secrets.
            return Err(TaggingError::NotLocked("memory for passwords"));
        }
    }
    access(desk, chip, secrets.access, Access::Lock(LOCK)).await?;
    match read(desk, chip, Password::NONE, Bank::Reserved, 2, 2).await {
        Err(TaggingError::Order(error)) if is_closed(&error) => {}
        Err(error) => return Err(error),
        Ok(_) => return Err(TaggingError::NotLocked("access password")),
    }
    if epc_is_locked(desk, chip).await? { Ok(()) } else { Err(TaggingError::NotLocked("EPC")) }
}

/// Looks what is set on the tag, and whether the password on record opens it. Writes nothing but the tag's own control
/// word over itself, which is how one finds out whether it is locked.
///
/// # Errors
/// [`TaggingError`]
pub async fn check(desk: &TagDesk, chip: &Chip, recorded: Option<Password>) -> Result<Checked, TaggingError> {
    let access_password = setting(desk, chip, 2).await?;
    let kill_password = setting(desk, chip, 0).await?;
    let recorded_works = match recorded {
        Some(password) => Some(opens(desk, chip, password).await?),
        None => None,
    };
    let epc_locked = epc_is_locked(desk, chip).await?;
    Ok(Checked { chip: chip.clone(), epc_locked, access_password, kill_password, recorded_works })
}

async fn write_once(desk: &TagDesk, now: &Chip, epc: &[u8], password: Password) -> Result<(), TaggingError> {
    if now.epc != epc {
        let old = read(desk, now, Password::NONE, Bank::Epc, 1, 1).await?;
        let data = [&control_word(&old, epc.len())[..], epc].concat();
        // Once: a second try would be addressed to an EPC that the first may have changed.
        let write = Access::Write { bank: Bank::Epc, word: 1, data };
        order(desk, now, password, write).await?;
    }
    let written = Chip { epc: epc.to_vec(), tid: now.tid.clone() };
    let held = read(desk, &written, Password::NONE, Bank::Epc, 2, words(epc)).await?;
    if held != epc {
        return Err(TaggingError::NotKept { wanted: hex(epc), found: hex(&held) });
    }
    same_chip(desk, &written, Password::NONE).await
}

/// The control word with the new length in its upper five bits; what else stands there is the owner's (EPC Gen2 air
/// interface, 6.3.2.1.2.2).
fn control_word(old: &[u8], epc_bytes: usize) -> [u8; 2] {
    let old = old.first_chunk::<2>().copied().map_or(0, u16::from_be_bytes);
    (old & 0x07FF | ((epc_bytes / 2) as u16) << 11).to_be_bytes()
}

/// The chip's number, read afresh unless the look has brought enough of it.
async fn tid_of(desk: &TagDesk, epc: &[u8], seen: Option<&[u8]>) -> Result<Vec<u8>, TaggingError> {
    if let Some(tid) = seen.filter(|tid| tid.len() >= TID_WORDS as usize * 2) {
        return Ok(tid.to_vec());
    }
    let chip = Chip { epc: epc.to_vec(), tid: Vec::new() };
    let mut tid = Vec::new();
    // Chips have 6, 4 or 2 words, and refuse to read beyond their last.
    for count in [TID_WORDS, 4, 2] {
        match read(desk, &chip, Password::NONE, Bank::Tid, 0, count).await {
            Err(TaggingError::Order(TagError::Overrun)) => {}
            Err(error) => return Err(error),
            Ok(words) => {
                tid = words;
                break;
            }
        }
    }
    if tid.len() < TID_BYTES_MIN {
        return Err(TaggingError::NoNumber { tid: hex(&tid) });
    }
    Ok(tid)
}

async fn same_chip(desk: &TagDesk, chip: &Chip, password: Password) -> Result<(), TaggingError> {
    let words = u8::try_from(chip.tid.len() / 2).unwrap_or(TID_WORDS).min(TID_WORDS);
    let tid = read(desk, chip, password, Bank::Tid, 0, words).await?;
    if chip.tid.starts_with(&tid) { Ok(()) } else { Err(TaggingError::Swapped) }
}

/// The access password the tag has now, as long as it is open.
async fn present_password(desk: &TagDesk, chip: &Chip) -> Result<Password, TaggingError> {
    match read(desk, chip, Password::NONE, Bank::Reserved, 2, 2).await {
        Ok(words) => Ok(Password(words.first_chunk::<4>().copied().map_or(0, u32::from_be_bytes))),
        Err(TaggingError::Order(error)) if is_closed(&error) => Err(TaggingError::Foreign),
        Err(error) => Err(error),
    }
}

/// Writes both passwords in one order. One that was interrupted may have left half a password, which is still open and
/// is read before the next try.
async fn write_reserved(
    desk: &TagDesk,
    chip: &Chip,
    mut present: Password,
    secrets: &Secrets,
    words: &[u8],
) -> Result<(), TaggingError> {
    let mut last = TaggingError::NoTag;
    for _ in 0..TRIES {
        let write = Access::Write { bank: Bank::Reserved, word: 0, data: words.to_vec() };
        match order(desk, chip, present, write).await {
            Ok(_) => return Ok(()),
            Err(error) if !may_pass(&error) && error != TaggingError::Order(TagError::WrongPassword) => {
                return Err(error);
            }
            Err(error) => last = error,
        }
        sleep(BETWEEN_TRIES).await;
        if opens(desk, chip, secrets.access).await? {
            present = secrets.access;
        } else {
            present = present_password(desk, chip).await?;
        }
    }
    Err(last)
}

/// Whether the password is the tag's own. Zero is no password.
///
/// # Errors
/// The tag does not answer, or the reader is down.
pub async fn opens(desk: &TagDesk, chip: &Chip, password: Password) -> Result<bool, TaggingError> {
    if password == Password::NONE {
        return Ok(false);
    }
    match read(desk, chip, password, Bank::Reserved, 2, 2).await {
        Ok(words) => Ok(words == password.0.to_be_bytes()),
        Err(TaggingError::Order(error)) if is_closed(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How the password at that word of the reserved bank is.
async fn setting(desk: &TagDesk, chip: &Chip, word: u16) -> Result<Setting, TaggingError> {
    match read(desk, chip, Password::NONE, Bank::Reserved, word, 2).await {
        Ok(words) if words.iter().all(|byte| *byte == 0) => Ok(Setting::Unset),
        Ok(_) => Ok(Setting::Open),
        Err(TaggingError::Order(error)) if is_closed(&error) => Ok(Setting::Locked),
        Err(error) => Err(error),
    }
}

/// Writes the control word over itself without a password: only a locked tag refuses.
async fn epc_is_locked(desk: &TagDesk, chip: &Chip) -> Result<bool, TaggingError> {
    let data = read(desk, chip, Password::NONE, Bank::Epc, 1, 1).await?;
    match access(desk, chip, Password::NONE, Access::Write { bank: Bank::Epc, word: 1, data }).await {
        Ok(_) => Ok(false),
        Err(TaggingError::Order(error)) if is_closed(&error) => Ok(true),
        Err(error) => Err(error),
    }
}

async fn read(
    desk: &TagDesk,
    chip: &Chip,
    password: Password,
    bank: Bank,
    word: u16,
    words: u8,
) -> Result<Vec<u8>, TaggingError> {
    match access(desk, chip, password, Access::Read { bank, word, words }).await? {
        TagOutcome::Words(bytes) => Ok(bytes),
        TagOutcome::Seen(_) | TagOutcome::Done => Err(TagError::NoAnswer.into()),
    }
}

/// One access, given again while the tag does not answer. For what may be done twice.
async fn access(
    desk: &TagDesk,
    chip: &Chip,
    password: Password,
    what: Access,
) -> Result<TagOutcome, TaggingError> {
    let mut last = TaggingError::NoTag;
    for _ in 0..TRIES {
        match order(desk, chip, password, what.clone()).await {
            Err(error) if may_pass(&error) => last = error,
            ended => return ended,
        }
        sleep(BETWEEN_TRIES).await;
    }
    Err(last)
}

async fn order(
    desk: &TagDesk,
    chip: &Chip,
    password: Password,
    access: Access,
) -> Result<TagOutcome, TaggingError> {
    let may_be_locked = matches!(access, Access::Read { bank: Bank::Reserved, .. } | Access::Write { .. });
    let access = TagAccess { epc: chip.epc.clone(), password, access };
    match desk.order(TagCommand::Access(access)).await {
        // Some readers say only that it failed (impinj-r2000-a0.md section 7: 32, 33), after trying again themselves.
        Err(TagError::Refused { .. }) if may_be_locked && answers(desk, chip).await => {
            Err(TagError::Locked.into())
        }
        ended => Ok(ended?),
    }
}

/// Whether the tag answers where nothing can be locked against reading: then what it refuses elsewhere is locked.
async fn answers(desk: &TagDesk, chip: &Chip) -> bool {
    let access = Access::Read { bank: Bank::Tid, word: 0, words: 2 };
    let access = TagAccess { epc: chip.epc.clone(), password: Password::NONE, access };
    matches!(desk.order(TagCommand::Access(access)).await, Ok(TagOutcome::Words(_)))
}

/// Whether the same order may work the next time.
fn may_pass(error: &TaggingError) -> bool {
    match error {
        TaggingError::NoTag => true,
        TaggingError::Order(error) => {
            matches!(error, TagError::NoTag | TagError::NoAnswer | TagError::LowPower)
        }
        _ => false,
    }
}

/// Whether a refusal means that a password is wanted, or another one.
fn is_closed(error: &TagError) -> bool {
    matches!(error, TagError::Locked | TagError::WrongPassword)
}

fn words(bytes: &[u8]) -> u8 {
    (bytes.len() / 2) as u8
}

fn hex(bytes: &[u8]) -> String {
    super::inspect::hex(bytes)
}

#[cfg(test)]
#[path = "tagging/tests.rs"]
mod tests;
