//! The CF framing of newer readers: `CF ADR CMDhi CMDlo LEN DATA CRChi CRClo` (protocol sheet, section 9). Where the sheet
//! leaves room, marked (K), public captures of CP-20xx and MU-910 units decided.

use serde::Serialize;

use super::check::complete;
use super::frame::{Frame, FrameKind, crc16};
use super::tags::Fit;
use crate::reader::TagRead;
use crate::reader::framing::{Check, Refusal};
use crate::reader::inspect::hex;

/// The first byte of every frame, in both directions.
pub(super) const HEADER: u8 = 0xCF;
/// Header, address, command, length, checksum.
const SHORTEST: usize = 7;
/// Bytes before the data.
const HEAD: usize = 5;
/// The longest EPC: 31 words.
const LONGEST_EPC: usize = 62;
/// Status of a round that is over (K).
const ROUND_OVER: u8 = 0x12;

/// Command numbers.
pub(super) const START: u16 = 0x0001;
pub(super) const STOP: u16 = 0x0002;
const ONLINE: u16 = 0x0050;
const POWER: u16 = 0x0053;
pub(super) const DEVICE_INFO: u16 = 0x0070;
pub(super) const SET_PARAMETERS: u16 = 0x0071;
pub(super) const GET_PARAMETERS: u16 = 0x0072;
/// Bytes of a parameter block.
pub(super) const PARAMETERS: usize = 25;

/// Judges `bytes`, whose first is [`HEADER`] and whose third is not there or 0.
pub(super) fn check(bytes: &[u8]) -> Check {
    let &[_, address, high, low, len, ref rest @ ..] = bytes else {
        return match bytes.get(3) {
            Some(&low) if !is_command(low.into()) => Check::Not(Refusal::Command(low.into()), 1),
            _ => Check::Incomplete(SHORTEST - bytes.len()),
        };
    };
    let command = u16::from_be_bytes([high, low]);
    let total = usize::from(len);
    let end = total + SHORTEST;
    let missing = end.saturating_sub(bytes.len());
    let content = &rest[..rest.len().min(total)];
    let head = if missing > 0 { content } else { &content[..content.len().min(1)] };
    match kind_of(address, command, head, total) {
        (Fit::No, _) if is_command(command) => return Check::Not(Refusal::Length(total), 1),
        (Fit::No, _) => return Check::Not(Refusal::Command(command), 1),
        _ if missing > 0 => return Check::Incomplete(missing),
        _ => {}
    }
    let made = crc16(&bytes[..end - 2]);
    let said = u16::from_be_bytes([bytes[end - 2], bytes[end - 1]]);
    if said != made {
        return Check::Not(Refusal::Checksum { said, made, bits: 16 }, end);
    }
    match kind_of(address, command, content, total) {
        (Fit::Whole, _) => Check::Frame(end),
        _ => Check::Not(Refusal::Layout { command, len: total }, end),
    }
}

/// Reads a frame that [`check`] let pass.
pub(super) fn frame(bytes: &[u8]) -> Frame {
    let (address, command) = (bytes[1], u16::from_be_bytes([bytes[2], bytes[3]]));
    let content = &bytes[HEAD..bytes.len() - 2];
    let (_, kind) = kind_of(address, command, content, content.len());
    let (status, data) = match (kind, content.split_first()) {
        (FrameKind::PrimeReply, Some((&status, data))) => (Some(status), data),
        _ => (None, content),
    };
    Frame { kind, address, command, status, data: data.to_vec() }
}

/// Whether `total` bytes of data, of which `content` has come, can belong to this command, and in which direction.
fn kind_of(address: u8, command: u16, content: &[u8], total: usize) -> (Fit, FrameKind) {
    if !is_command(command) {
        return (Fit::No, FrameKind::PrimeCommand);
    }
    let reply = if address == 0xFF { Fit::No } else { reply_fit(command, content, total) };
    match (reply, command_lengths(command, total)) {
        (Fit::No, false) => (Fit::No, FrameKind::PrimeCommand),
        (Fit::No, true) if content.len() == total => (Fit::Whole, FrameKind::PrimeCommand),
        (Fit::Whole, _) => (Fit::Whole, FrameKind::PrimeReply),
        _ => (Fit::SoFar, FrameKind::PrimeReply),
    }
}

fn reply_fit(command: u16, content: &[u8], total: usize) -> Fit {
    let Some(&status) = content.first() else { return if total == 0 { Fit::No } else { Fit::SoFar } };
    let fits = meaning(status).is_some()
        && match (command, total) {
            (_, 1) => true,
            (START, _) => return tag_fit(status, content, total),
            (STOP | SET_PARAMETERS, _) => false,
            (GET_PARAMETERS, _) => status == 0 && (20..=40).contains(&total),
            // The sheet names the command and not its answer.
            (DEVICE_INFO, _) => status == 0 && total <= 200,
            _ => total <= 0x80,
        };
    complete(fits, content, total)
}

/// A tag, by exact length: units differ in whether one byte or two stand between strength and length. An EPC has whole
/// words, so never both fit.
fn tag_fit(status: u8, content: &[u8], total: usize) -> Fit {
    let Some(epc_at) = epc_at(total).filter(|_| status == 0) else { return Fit::No };
    match (content.get(epc_at - 1), content) {
        // A command: start, without an end. No reader measures 0 dBm and an EPC of no words.
        (Some(_), [_, 0, 0, ..]) if total == epc_at => Fit::No,
        (Some(&len), _) if usize::from(len) != total - epc_at => Fit::No,
        _ if content.len() < total => Fit::SoFar,
        _ => Fit::Whole,
    }
}

/// Where the EPC begins in a tag's data of that length.
fn epc_at(total: usize) -> Option<usize> {
    let short = total.checked_sub(5)?;
    let at = if short.is_multiple_of(2) { 5 } else { 6 };
    (total >= at && total - at <= LONGEST_EPC).then_some(at)
}

fn command_lengths(command: u16, total: usize) -> bool {
    match command {
        START => matches!(total, 0 | 2 | 5),
        STOP | ONLINE | DEVICE_INFO | GET_PARAMETERS => total == 0,
        POWER => matches!(total, 1 | 2),
        SET_PARAMETERS => total == PARAMETERS,
        _ => total <= 0x80,
    }
}

/// The commands of the makers' tables (K), of which this program uses five.
fn is_command(command: u16) -> bool {
    matches!(command, 0x0001..=0x0007 | 0x0010..=0x0013 | 0x0050..=0x005F | 0x0064 | 0x0070..=0x0084)
}

/// What a status means (K), or `None` for a byte that is none.
pub(super) fn meaning(status: u8) -> Option<&'static str> {
    Some(match status {
        0x00 => "ok",
        0x01 => "parameter out of range",
        0x02 => "execution failed",
        0x03 => "reserved",
        ROUND_OVER => "round finished",
        0x14 => "the tag did not answer in time",
        0x15 => "the tag was not understood",
        0x16 => "authentication failed",
        0x17 => "wrong password",
        0xFF => "no more data",
        _ => return None,
    })
}

/// Whether a frame says that a round is over.
pub(super) fn ends_round(frame: &Frame) -> bool {
    frame.command == START && frame.status == Some(ROUND_OVER)
}

/// A tag as a CF reader tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub rssi_tenths_dbm: i16,
    pub antenna: u8,
    pub channel: Option<u8>,
    pub epc: &'a [u8],
}

/// The tag in a frame, where it carries one.
pub(super) fn tag(frame: &Frame) -> Option<Tag<'_>> {
    if frame.kind != FrameKind::PrimeReply || frame.command != START || frame.status != Some(0) {
        return None;
    }
    // The status stands apart already.
    let at = epc_at(frame.data.len() + 1)? - 1;
    let (before, epc) = frame.data.split_at_checked(at)?;
    let &[high, low, antenna, ref middle @ .., _] = before else { return None };
    Some(Tag {
        rssi_tenths_dbm: i16::from_be_bytes([high, low]),
        antenna,
        channel: middle.first().copied(),
        epc,
    })
}

impl Tag<'_> {
    /// The sighting. Strength comes in tenths of a dBm (K).
    pub(super) fn read(&self) -> TagRead {
        TagRead {
            epc: self.epc.to_vec(),
            pc: None,
            tid: None,
            antenna: self.antenna.max(1),
            rssi_dbm: Some((f32::from(self.rssi_tenths_dbm) / 10.0).round() as i16),
            rssi_raw: None,
            freq_khz: None,
            air_crc_valid: None,
        }
    }
}

/// The 25 bytes of parameters (section 9; the names of the rest are K).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Parameters {
    /// 0 answer, 1 active, 2 trigger.
    pub mode: u8,
    pub antenna_mask: u8,
    pub start_mhz: u16,
    pub start_khz: u16,
    pub step_khz: u16,
    pub channels: u8,
    pub power_dbm: u8,
    /// 1 EPC, 2 TID, 3 user memory.
    pub area: u8,
    pub q: u8,
    pub session: u8,
    /// As they came: what is not understood is written back unchanged.
    #[serde(skip)]
    pub bytes: [u8; PARAMETERS],
}

impl Parameters {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let bytes = *data.first_chunk::<PARAMETERS>()?;
        let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        Some(Self {
            mode: bytes[2],
            antenna_mask: bytes[6],
            start_mhz: word(8),
            start_khz: word(10),
            step_khz: word(12),
            channels: bytes[14],
            power_dbm: bytes[15],
            area: bytes[16],
            q: bytes[17],
            session: bytes[18],
            bytes,
        })
    }

    /// The block to write, with this parameter block's own values where nothing else is known of them.
    pub(super) fn block(&self) -> [u8; PARAMETERS] {
        let mut bytes = self.bytes;
        (bytes[2], bytes[6], bytes[15]) = (self.mode, self.antenna_mask, self.power_dbm);
        (bytes[16], bytes[17], bytes[18]) = (self.area, self.q, self.session);
        bytes
    }
}

/// What a CF reader says it is (K): names of 32 bytes and numbers of 12, of its board and of its radio module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Device {
    pub model: Option<String>,
    pub fw: Option<String>,
    pub serial: Option<String>,
    pub module: Option<String>,
    pub module_fw: Option<String>,
}

impl Device {
    pub(super) fn parse(data: &[u8]) -> Self {
        let text = |at: usize| {
            let said = data.get(at..at + 32)?.split(|&byte| byte == 0).next()?;
            let said = std::str::from_utf8(said).ok()?.trim();
            (!said.is_empty() && said.chars().all(|c| !c.is_control())).then(|| said.to_owned())
        };
        let number = data.get(64..76).filter(|number| number.iter().any(|&byte| byte != 0));
        Self { model: text(0), fw: text(32), serial: number.map(hex), module: text(76), module_fw: text(108) }
    }
}

/// Builds the bytes of a CF command. A fixed length, so that it fits the length byte.
pub(super) fn command_bytes<const N: usize>(command: u16, data: [u8; N]) -> Vec<u8> {
    const { assert!(N <= u8::MAX as usize, "LEN is one byte") };
    let mut bytes = vec![HEADER, 0xFF];
    bytes.extend(command.to_be_bytes());
    bytes.push(N as u8);
    bytes.extend_from_slice(&data);
    let crc = crc16(&bytes);
    bytes.extend(crc.to_be_bytes());
    bytes
}
