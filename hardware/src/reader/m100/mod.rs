//! MagicRF M100 and QM100 modules and what is built around them: R200, YRM100x, JRD-100, E720, M5Stack. One protocol in
//! two framings, BB…7E and AA…DD.
//!
//! | File | Is |
//! |---|---|
//! | `frame.rs` | the grammar: marks, kind, command, parameters |
//! | `check.rs` | whether bytes that begin with a mark are a frame |
//! | `record.rs` | frames that carry a tag → [`TagRecord`](record::TagRecord) |
//! | `code.rs` | the error codes and what they mean for a tag |
//! | `inspect.rs` | what `armoury inspect frames` prints of it |
//! | `driver.rs` | probe, identity, question and answer |
//! | `settings.rs` | what is written at the start and read back |
//! | `polling.rs` | the polling without end and what interrupts it |
//! | `access.rs` | one tag chosen, its memory read, written, locked |
//! | `memory.rs` | the parameters of those commands |

mod access;
mod check;
mod code;
mod driver;
mod frame;
mod inspect;
mod memory;
mod polling;
mod record;
mod settings;

pub(super) use driver::M100;
pub use frame::{M100Decoder, M100Grammar};

/// Command bytes (protocol sheet, section 3).
pub(super) mod command {
    pub const INFO: u8 = 0x03;
    pub const IDLE: u8 = 0x04;
    pub const REGION_SET: u8 = 0x07;
    pub const REGION_GET: u8 = 0x08;
    /// (?) Whether settings outlive a power loss; some boards only.
    pub const KEEP_SETTINGS: u8 = 0x09;
    pub const SELECT_GET: u8 = 0x0B;
    pub const SELECT: u8 = 0x0C;
    pub const QUERY_GET: u8 = 0x0D;
    pub const QUERY_SET: u8 = 0x0E;
    pub const BAUD: u8 = 0x11;
    pub const SELECT_MODE: u8 = 0x12;
    pub const SLEEP: u8 = 0x17;
    pub const GPIO: u8 = 0x1A;
    pub const IDLE_MINUTES: u8 = 0x1D;
    pub const POLL: u8 = 0x22;
    pub const MULTI_POLL: u8 = 0x27;
    pub const STOP: u8 = 0x28;
    pub const READ: u8 = 0x39;
    pub const WRITE: u8 = 0x49;
    pub const KILL: u8 = 0x65;
    pub const LOCK: u8 = 0x82;
    pub const HOP_LIST: u8 = 0xA9;
    pub const CHANNEL_GET: u8 = 0xAA;
    pub const CHANNEL_SET: u8 = 0xAB;
    pub const AUTO_HOP: u8 = 0xAD;
    pub const CARRIER: u8 = 0xB0;
    pub const POWER_SET: u8 = 0xB6;
    pub const POWER_GET: u8 = 0xB7;
    pub const PERMALOCK: u8 = 0xD3;
    pub const PERMALOCK_REPLY: u8 = 0xD4;
    /// The first of the commands of single chip makers (NXP, Impinj QT); its reply ends in the chip's config word.
    pub const CHIP_CONFIG: u8 = 0xE0;
    /// The last of them.
    pub const CHIP_LAST: u8 = 0xE6;
    pub const DEMODULATOR_SET: u8 = 0xF0;
    pub const DEMODULATOR_GET: u8 = 0xF1;
    pub const BLOCKING: u8 = 0xF2;
    pub const CHANNEL_RSSI: u8 = 0xF3;
    /// Not a command: what a failed one is answered with.
    pub const FAILED: u8 = 0xFF;
}
