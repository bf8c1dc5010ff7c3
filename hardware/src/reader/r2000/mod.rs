//! Impinj R2000 and E710 readers with the "A0" protocol (Invelion, Rodinbell, Yanzeo and many without a name).
//!
//! | File | Is |
//! |---|---|
//! | `frame.rs` | the A0 grammar, and what a driver tells it of its reader |
//! | `check.rs` | whether bytes that begin with A0 are a frame |
//! | `reply.rs` | [`Frame`] → a tag or anything else |
//! | `record.rs` | a tag's frame, field by field |
//! | `detail.rs` | every other frame, field by field |
//! | `code.rs` | the error codes and what a driver makes of them |
//! | `link.rs` | one question, one answer over an open line |
//! | `driver.rs` | finding the reader |
//! | `setup.rs` | the settings written at start |
//! | `question.rs` | the ways to ask for a round, from the richest to the plainest |
//! | `antennas.rs` | whose turn it is, and which antennas rest |
//! | `inventory.rs` | rounds without end, and what is done between them |
//! | `round.rs` | one round heard out |
//! | `words.rs` | memory read from every tag at an antenna |
//! | `numbers.rs` | chip numbers |
//! | `access.rs` | reading, writing and locking one tag by order |
//! | `health.rs` | the temperature, and how well each antenna is matched |
//! | `inspect.rs` | what `armoury inspect frames` prints of it |

mod access;
mod antennas;
mod check;
mod code;
mod detail;
mod driver;
mod frame;
mod health;
mod inspect;
mod inventory;
mod link;
mod numbers;
mod question;
mod record;
mod reply;
mod round;
mod setup;
mod words;

pub(super) use driver::R2000;
pub use frame::{A0, R2000Decoder};

/// Command bytes (protocol sheet, section 3).
pub(super) mod command {
    pub const DETECTOR_GET: u8 = 0x63;
    pub const POWER_IN_RAM: u8 = 0x66;
    pub const IDENTIFIER_SET: u8 = 0x67;
    pub const IDENTIFIER_GET: u8 = 0x68;
    pub const PROFILE_SET: u8 = 0x69;
    pub const PROFILE_GET: u8 = 0x6A;
    /// (K) not on the sheet: which eight of a 16-port reader's antennas are meant; makers' programs agree on 6C and 6D.
    pub const GROUP_SET: u8 = 0x6C;
    pub const GROUP_GET: u8 = 0x6D;
    pub const FIRMWARE: u8 = 0x72;
    pub const ANTENNA_SET: u8 = 0x74;
    pub const ANTENNA_GET: u8 = 0x75;
    pub const POWER_IN_FLASH: u8 = 0x76;
    pub const POWER_GET: u8 = 0x77;
    pub const REGION_SET: u8 = 0x78;
    pub const REGION_GET: u8 = 0x79;
    pub const BEEPER: u8 = 0x7A;
    pub const TEMPERATURE: u8 = 0x7B;
    pub const RETURN_LOSS: u8 = 0x7E;
    pub const BUFFERED: u8 = 0x80;
    pub const READ: u8 = 0x81;
    pub const WRITE: u8 = 0x82;
    pub const LOCK: u8 = 0x83;
    pub const KILL: u8 = 0x84;
    pub const MATCH_SET: u8 = 0x85;
    pub const MATCH_GET: u8 = 0x86;
    pub const INVENTORY: u8 = 0x89;
    pub const FAST_SWITCH: u8 = 0x8A;
    pub const SESSION_INVENTORY: u8 = 0x8B;
    pub const FAST_TID_IN_RAM: u8 = 0x8C;
    pub const FAST_TID_GET: u8 = 0x8E;
    pub const BUFFER_GET: u8 = 0x90;
    pub const BUFFER_GET_AND_CLEAR: u8 = 0x91;
    pub const BUFFER_COUNT: u8 = 0x92;
    pub const BUFFER_CLEAR: u8 = 0x93;
    pub const BLOCK_WRITE: u8 = 0x94;
}
