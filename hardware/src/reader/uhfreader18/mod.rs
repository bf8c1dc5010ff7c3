//! Chafon and its many names: UHFReader18, UHFReader86, UHFReader288, RRU98xx, E310 with length-prefixed frames, and the
//! newer "UHF Prime" readers with frames that begin with CF.
//!
//! | File | Is |
//! |---|---|
//! | `frame.rs` | the grammar of both framings, [`Frame`], their checksum, and how a command is built |
//! | `check.rs` | whether bytes without any start mark can be a length-prefixed frame |
//! | `prime.rs` | the CF framing: whether bytes are a frame, what a tag, a parameter block and a device say |
//! | `tags.rs` | the tag records of both generations, told apart by an exact walk |
//! | `info.rs` | who a reader says it is, and its bands |
//! | `code.rs` | the status codes and what a driver makes of them |
//! | `inspect.rs` | what `armoury inspect frames` prints |
//! | `driver.rs` | finding the reader, in either framing |
//! | `setup.rs` | writing the settings, to flash only where they differ |
//! | `inventory.rs` | rounds |
//! | `between.rs` | what is done between them: orders, chip numbers, the temperature |
//! | `access.rs` | chip numbers and memory |
//! | `turns.rs` | the antennas and whose turn it is |
//! | `continuous.rs` | the CF readers' stream: parameters, start, watch, stop |

mod access;
mod between;
mod check;
mod code;
mod continuous;
mod driver;
mod frame;
mod info;
mod inspect;
mod inventory;
mod prime;
mod setup;
mod tags;
mod turns;

pub(super) use driver::Uhfreader18;
pub use frame::{Uhf18, Uhfreader18Decoder};

/// Command bytes of the length-prefixed frames (protocol sheet, section 3).
pub(super) mod command {
    /// Answer to a command that was not understood.
    pub const NONE: u8 = 0x00;
    pub const INVENTORY: u8 = 0x01;
    pub const READ: u8 = 0x02;
    pub const WRITE: u8 = 0x03;
    pub const WRITE_EPC: u8 = 0x04;
    pub const KILL: u8 = 0x05;
    pub const LOCK: u8 = 0x06;
    pub const SINGLE: u8 = 0x0F;
    /// The first of four inventories into the reader's buffer, mixed, or of one kind of tag.
    pub const BUFFERED: u8 = 0x18;
    pub const QT_INVENTORY: u8 = 0x1B;
    pub const INFO: u8 = 0x21;
    pub const REGION: u8 = 0x22;
    pub const ADDRESS: u8 = 0x24;
    pub const SCAN_TIME: u8 = 0x25;
    pub const BAUD: u8 = 0x28;
    pub const POWER: u8 = 0x2F;
    pub const PULSE: u8 = 0x33;
    pub const MODE_SET_18: u8 = 0x35;
    pub const MODE_GET_18: u8 = 0x36;
    pub const MULTIPLEX: u8 = 0x3F;
    pub const BEEP: u8 = 0x40;
    pub const SERIAL: u8 = 0x4C;
    pub const ANTENNA_CHECK: u8 = 0x66;
    pub const LOSS_LIMIT: u8 = 0x6E;
    pub const BUFFER_READ: u8 = 0x72;
    pub const BUFFER_CLEAR: u8 = 0x73;
    pub const BUFFER_COUNT: u8 = 0x74;
    pub const AUTO_SET_288: u8 = 0x75;
    pub const MODE_SET_288: u8 = 0x76;
    pub const MODE_GET_288: u8 = 0x77;
    pub const RETURN_LOSS: u8 = 0x91;
    pub const TEMPERATURE: u8 = 0x92;
    /// What a reader in active mode says by itself.
    pub const PUSH: u8 = 0xEE;
}
