//! ThingMagic and JADAK modules (M5e, M6e, Micro, Nano, M7e), and the Silion ones that speak their frames.
//!
//! | File | Is |
//! |---|---|
//! | `frame.rs` | the grammar: frames in both directions, the checksum |
//! | `check.rs` | whether bytes that begin with FF are a frame |
//! | `record.rs` | a tag's record, field by field as its mask says |
//! | `reply.rs` | what a reply carries: tags, a report, the version, the limits of power, the ports |
//! | `status.rs` | the fault codes and what a driver makes of them |
//! | `driver.rs` | probe, identity, questions |
//! | `settings.rs` | what is written before each start |
//! | `ports.rs` | which antennas are used and which are missing |
//! | `stream.rs` | starting and stopping the continuous inventory, and what is done while it rests |
//! | `hear.rs` | what the frames of a stream mean: tags, heat, a bad antenna, a restart |
//! | `access.rs` | memory of one tag: orders, chip numbers |
//! | `inspect.rs` `commands.rs` | what `armoury inspect frames` prints of replies and of commands |

mod access;
mod check;
mod commands;
mod driver;
mod frame;
mod hear;
mod inspect;
mod ports;
mod record;
mod reply;
mod settings;
mod status;
mod stream;

pub(super) use driver::MercuryReader;
pub use frame::{Mercury, MercuryDecoder};

/// Operation codes (protocol sheet, section 3).
pub(super) mod opcode {
    pub const VERSION: u8 = 0x03;
    pub const BOOT: u8 = 0x04;
    pub const BAUD_SET: u8 = 0x06;
    pub const PROGRAM: u8 = 0x0C;
    /// (K) not on the sheet: hardware data, with option 00 and flag 40 the serial number.
    pub const HARDWARE: u8 = 0x10;
    pub const READ_SINGLE: u8 = 0x21;
    pub const READ_MULTIPLE: u8 = 0x22;
    pub const WRITE_DATA: u8 = 0x24;
    pub const LOCK: u8 = 0x25;
    pub const KILL: u8 = 0x26;
    pub const READ_DATA: u8 = 0x28;
    pub const BUFFER_GET: u8 = 0x29;
    pub const BUFFER_CLEAR: u8 = 0x2A;
    pub const CONTINUOUS: u8 = 0x2F;
    pub const ANTENNA_GET: u8 = 0x61;
    pub const POWER_GET: u8 = 0x62;
    pub const PROTOCOL_GET: u8 = 0x63;
    pub const REGION_GET: u8 = 0x67;
    pub const POWER_MODE_GET: u8 = 0x68;
    pub const OPTION_GET: u8 = 0x6A;
    pub const PARAMETER_GET: u8 = 0x6B;
    /// Which regions it has, a byte each (K): asked only of a module that refused one.
    pub const REGIONS_GET: u8 = 0x71;
    pub const TEMPERATURE: u8 = 0x72;
    pub const ANTENNA_SET: u8 = 0x91;
    pub const POWER_SET: u8 = 0x92;
    pub const PROTOCOL_SET: u8 = 0x93;
    pub const REGION_SET: u8 = 0x97;
    pub const POWER_MODE_SET: u8 = 0x98;
    pub const OPTION_SET: u8 = 0x9A;
    pub const PARAMETER_SET: u8 = 0x9B;
}
