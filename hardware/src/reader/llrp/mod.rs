//! LLRP 1.0.1 and 1.1 over TCP: fixed readers on the network (Impinj, Zebra, ThingMagic and many E710 devices).
//!
//! | File | Is |
//! |---|---|
//! | `frame.rs` | the grammar: a header with a length, then parameters |
//! | `check.rs` | whether bytes are a message: there is no checksum, so length and layout have to do |
//! | `param.rs` | parameters with and without a length, never read beyond their bounds |
//! | `report.rs` | tag reports → records, with results of accesses |
//! | `reply.rs` | what every other message says: status, events, versions |
//! | `capabilities.rs` | what the device says it can do |
//! | `code.rs` | status and result codes, and what a driver makes of them |
//! | `build.rs` | messages and parameters to send |
//! | `rospec.rs` | the reader operation that takes inventory |
//! | `accessspec.rs` | the access to a tag's memory as the reader wants it described |
//! | `driver.rs` | hello, version, capabilities, settings, good-bye |
//! | `session.rs` | question and answer by id; keep-alives and events in between |
//! | `inventory.rs` | reading without end, signs of life, temperature |
//! | `orders.rs` | reading, writing and locking one tag |
//! | `inspect.rs` | what `armoury inspect frames` prints of it |

mod accessspec;
mod build;
mod capabilities;
mod check;
mod code;
mod driver;
mod frame;
mod inspect;
mod inventory;
mod orders;
mod param;
mod reply;
mod report;
mod rospec;
mod session;

pub(super) use driver::{Llrp, with_default_port};
pub use frame::{LlrpDecoder, Messages};

/// Impinj's private enterprise number, the vendor of its custom messages and parameters.
pub(super) const IMPINJ: u32 = 25882;

/// Message types (protocol sheet, section 2).
pub(super) mod kind {
    pub const GET_READER_CAPABILITIES: u16 = 1;
    pub const GET_READER_CONFIG: u16 = 2;
    pub const SET_READER_CONFIG: u16 = 3;
    pub const CLOSE_CONNECTION_RESPONSE: u16 = 4;
    pub const GET_READER_CAPABILITIES_RESPONSE: u16 = 11;
    pub const GET_READER_CONFIG_RESPONSE: u16 = 12;
    pub const SET_READER_CONFIG_RESPONSE: u16 = 13;
    pub const CLOSE_CONNECTION: u16 = 14;
    pub const ADD_ROSPEC: u16 = 20;
    pub const DELETE_ROSPEC: u16 = 21;
    pub const START_ROSPEC: u16 = 22;
    pub const STOP_ROSPEC: u16 = 23;
    pub const ENABLE_ROSPEC: u16 = 24;
    pub const DISABLE_ROSPEC: u16 = 25;
    pub const GET_ROSPECS: u16 = 26;
    pub const GET_ROSPECS_RESPONSE: u16 = 36;
    pub const ADD_ACCESSSPEC: u16 = 40;
    pub const DELETE_ACCESSSPEC: u16 = 41;
    pub const ENABLE_ACCESSSPEC: u16 = 42;
    pub const DISABLE_ACCESSSPEC: u16 = 43;
    pub const GET_ACCESSSPECS: u16 = 44;
    pub const CLIENT_REQUEST_OP: u16 = 45;
    pub const GET_SUPPORTED_VERSION: u16 = 46;
    pub const SET_PROTOCOL_VERSION: u16 = 47;
    pub const CLIENT_REQUEST_OP_RESPONSE: u16 = 55;
    pub const GET_SUPPORTED_VERSION_RESPONSE: u16 = 56;
    pub const SET_PROTOCOL_VERSION_RESPONSE: u16 = 57;
    pub const GET_REPORT: u16 = 60;
    pub const RO_ACCESS_REPORT: u16 = 61;
    pub const KEEPALIVE: u16 = 62;
    pub const READER_EVENT_NOTIFICATION: u16 = 63;
    pub const ENABLE_EVENTS_AND_REPORTS: u16 = 64;
    pub const KEEPALIVE_ACK: u16 = 72;
    pub const ERROR_MESSAGE: u16 = 100;
    pub const CUSTOM: u16 = 1023;
}

/// Parameter types with a length (protocol sheet, section 3).
pub(super) mod tlv {
    pub const UTC_TIMESTAMP: u16 = 128;
    pub const GENERAL_DEVICE: u16 = 137;
    pub const LLRP_CAPABILITIES: u16 = 142;
    pub const REGULATORY: u16 = 143;
    pub const UHF_BAND: u16 = 144;
    pub const POWER_ENTRY: u16 = 145;
    pub const FREQUENCIES: u16 = 146;
    pub const HOP_TABLE: u16 = 147;
    pub const FIXED_TABLE: u16 = 148;
    pub const ROSPEC: u16 = 177;
    pub const BOUNDARY: u16 = 178;
    pub const START_TRIGGER: u16 = 179;
    pub const STOP_TRIGGER: u16 = 182;
    pub const AISPEC: u16 = 183;
    pub const AISPEC_STOP: u16 = 184;
    pub const INVENTORY_SPEC: u16 = 186;
    pub const ACCESSSPEC: u16 = 207;
    pub const ACCESS_STOP: u16 = 208;
    pub const ACCESS_COMMAND: u16 = 209;
    pub const IDENTIFICATION: u16 = 218;
    pub const KEEPALIVE_SPEC: u16 = 220;
    pub const ANTENNA_PROPERTIES: u16 = 221;
    pub const ANTENNA_CONFIGURATION: u16 = 222;
    pub const RF_TRANSMITTER: u16 = 224;
    pub const ROREPORT_SPEC: u16 = 237;
    pub const CONTENT_SELECTOR: u16 = 238;
    pub const ACCESS_REPORT: u16 = 239;
    pub const TAG_REPORT: u16 = 240;
    pub const EPC_DATA: u16 = 241;
    pub const SURVEY_REPORT: u16 = 242;
    pub const EVENT_SPEC: u16 = 244;
    pub const EVENT_STATE: u16 = 245;
    pub const EVENT_DATA: u16 = 246;
    pub const ROSPEC_EVENT: u16 = 249;
    pub const BUFFER_WARNING: u16 = 250;
    pub const BUFFER_OVERFLOW: u16 = 251;
    pub const EXCEPTION: u16 = 252;
    pub const ANTENNA_EVENT: u16 = 255;
    pub const CONNECTION_ATTEMPT: u16 = 256;
    pub const CONNECTION_CLOSE: u16 = 257;
    pub const STATUS: u16 = 287;
    pub const FIELD_ERROR: u16 = 288;
    pub const PARAMETER_ERROR: u16 = 289;
    pub const INVENTORY_COMMAND: u16 = 330;
    pub const SINGULATION: u16 = 336;
    pub const STATE_AWARE: u16 = 337;
    pub const TAG_SPEC: u16 = 338;
    pub const TARGET_TAG: u16 = 339;
    pub const READ: u16 = 341;
    pub const WRITE: u16 = 342;
    pub const LOCK: u16 = 344;
    pub const LOCK_PAYLOAD: u16 = 345;
    pub const MEMORY_SELECTOR: u16 = 348;
    pub const READ_RESULT: u16 = 349;
    pub const WRITE_RESULT: u16 = 350;
    pub const LOCK_RESULT: u16 = 352;
    pub const BLOCK_WRITE_RESULT: u16 = 354;
    pub const CUSTOM: u16 = 1023;
}

/// Parameter types without a length (protocol sheet, section 3).
pub(super) mod tv {
    pub const ANTENNA: u8 = 1;
    pub const FIRST_SEEN_UTC: u8 = 2;
    pub const FIRST_SEEN_UPTIME: u8 = 3;
    pub const LAST_SEEN_UTC: u8 = 4;
    pub const LAST_SEEN_UPTIME: u8 = 5;
    pub const PEAK_RSSI: u8 = 6;
    pub const CHANNEL: u8 = 7;
    pub const SEEN_COUNT: u8 = 8;
    pub const ROSPEC_ID: u8 = 9;
    pub const CRC: u8 = 11;
    pub const PC: u8 = 12;
    pub const EPC_96: u8 = 13;
    pub const ACCESSSPEC_ID: u8 = 16;
    pub const XPC_W1: u8 = 19;
    pub const XPC_W2: u8 = 20;
}

/// Impinj's own parameters and messages, by subtype; 21, 23, 37, 50, 51, 53, 55 and 57 as published in its LLRP
/// definitions.
pub(super) mod impinj {
    pub const ENABLE_EXTENSIONS: u8 = 21;
    pub const REQUESTED_DATA: u32 = 21;
    pub const SEARCH_MODE: u32 = 23;
    pub const TEMPERATURE: u32 = 37;
    pub const CONTENT_SELECTOR: u32 = 50;
    pub const ENABLE_SERIALIZED_TID: u32 = 51;
    pub const ENABLE_PEAK_RSSI: u32 = 53;
    pub const SERIALIZED_TID: u32 = 55;
    pub const PEAK_RSSI: u32 = 57;
}
