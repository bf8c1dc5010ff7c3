//! Impinj R2000 and E710 readers with the "A0" protocol (Invelion, Rodinbell, Yanzeo and many without a name).
//!
//! | File | Is |
//! |---|---|
//! | `frame.rs` | bytes → [`Frame`]: length, checksum, plausibility, finding the way back after damage |
//! | `check.rs` | whether bytes that begin with A0 are a frame |
//! | `reply.rs` | [`Frame`] → what it says: a tag, the end of a round, a code, a setting |
//! | `code.rs` | the error codes and what a driver makes of them |
//! | `driver.rs` | probe, settings, re-opening |
//! | `talk.rs` | one question, one answer, and what arrives in between |
//! | `inventory.rs` | the rounds, the antennas' turns, the temperature |

mod check;
mod code;
mod driver;
mod frame;
mod inventory;
mod reply;
mod talk;

pub use check::Refusal;
pub use driver::run_r2000;
pub use frame::{Frame, R2000Decoder};
pub use reply::Detail;

pub(super) use frame::Step;
pub(super) use reply::{Reply, TagRecord};

/// Command bytes (protocol sheet, section 3).
pub(super) mod command {
    pub const DETECTOR_GET: u8 = 0x63;
    pub const POWER_IN_RAM: u8 = 0x66;
    pub const IDENTIFIER_SET: u8 = 0x67;
    pub const IDENTIFIER_GET: u8 = 0x68;
    pub const PROFILE_SET: u8 = 0x69;
    pub const PROFILE_GET: u8 = 0x6A;
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
    pub const FAST_TID_GET: u8 = 0x8E;
    pub const BUFFER_GET: u8 = 0x90;
    pub const BUFFER_GET_AND_CLEAR: u8 = 0x91;
    pub const BUFFER_COUNT: u8 = 0x92;
    pub const BUFFER_CLEAR: u8 = 0x93;
    pub const BLOCK_WRITE: u8 = 0x94;
}
