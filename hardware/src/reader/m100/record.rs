//! Frames that carry a tag → what they say of it.

use super::check::AROUND_TAG;
use super::command::*;
use super::frame::{Frame, Kind};
use crate::reader::{TagRead, air};

/// The bit of a PC that says that extended control words follow.
const XPC_FOLLOWS: u16 = 0x0200;
/// The bit of the first extended word that says that a second one follows.
const SECOND_XPC: u8 = 0x80;
/// A module has one antenna.
pub(super) const ANTENNA: u8 = 1;

/// A tag, and what else the frame says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TagRecord {
    pub read: TagRead,
    /// The extended control words, none or one or two.
    pub xpc: Vec<u8>,
    pub tag_crc: Option<u16>,
    /// The length of PC and EPC, where the frame states it.
    pub said_len: Option<u8>,
    /// The memory words that were asked for.
    pub data: Option<Vec<u8>>,
    /// How a write, lock or kill ended.
    pub result: Option<u8>,
}

/// A tag's words as they go over the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TagWords<'a> {
    pub pc: u16,
    pub xpc: &'a [u8],
    pub epc: &'a [u8],
}

/// Whether a PC says that `len` bytes of extended words and EPC follow. The PC's length counts the extended words; a
/// frame that has them on top is understood as well.
pub(super) fn epc_len_fits(pc: u16, len: usize) -> bool {
    let said = usize::from(pc >> 11) * 2;
    let extended = pc & XPC_FOLLOWS != 0;
    len == said || (extended && (len == said + 2 || len == said + 4))
}

/// Takes PC, extended words and EPC apart; `None` when the PC says another length.
pub(super) fn split_tag(tag: &[u8]) -> Option<TagWords<'_>> {
    let (&pc, rest) = tag.split_first_chunk::<2>()?;
    let pc = u16::from_be_bytes(pc);
    let said = usize::from(pc >> 11) * 2;
    let xpc_len = match *rest {
        _ if pc & XPC_FOLLOWS == 0 => 0,
        [first, _, _, _, ..] if first & SECOND_XPC != 0 => 4,
        [_, _, ..] => 2,
        _ => 0,
    };
    if rest.len() != said && rest.len() != said + xpc_len {
        return None;
    }
    let (xpc, epc) = rest.split_at_checked(xpc_len)?;
    Some(TagWords { pc, xpc, epc })
}

impl TagRecord {
    /// Reads a frame; `None` when it is about something else.
    pub(super) fn of(frame: &Frame) -> Option<Self> {
        match (frame.kind, frame.command) {
            (Kind::Notice, _) => notice(&frame.params),
            (Kind::Response, READ) => {
                let (mut record, words) = answer(&frame.params)?;
                // The answer does not name its bank; only a chip's number begins with the class identifier E2.
                record.read.tid = (words.first() == Some(&0xE2)).then(|| words.to_vec());
                record.data = Some(words.to_vec());
                Some(record)
            }
            (Kind::Response, WRITE | LOCK | KILL) => {
                let (mut record, rest) = answer(&frame.params)?;
                let &[result] = rest else { return None };
                record.result = Some(result);
                Some(record)
            }
            _ => None,
        }
    }

    fn new(words: TagWords<'_>) -> Self {
        Self {
            read: TagRead {
                epc: words.epc.to_vec(),
                pc: Some(words.pc),
                tid: None,
                antenna: ANTENNA,
                rssi_dbm: None,
                rssi_raw: None,
                freq_khz: None,
                air_crc_valid: None,
            },
            xpc: words.xpc.to_vec(),
            tag_crc: None,
            said_len: None,
            data: None,
            result: None,
        }
    }
}

/// `RSSI PC [XPC] EPC CRC` (section 4). The strength is a signed byte, dBm at the chip.
fn notice(params: &[u8]) -> Option<TagRecord> {
    if params.len() < AROUND_TAG {
        return None;
    }
    let (&rssi, rest) = params.split_first()?;
    let (said, &crc) = rest.split_last_chunk::<2>()?;
    let crc = u16::from_be_bytes(crc);
    let mut record = TagRecord::new(split_tag(said)?);
    record.read.rssi_dbm = Some(i16::from(rssi as i8));
    record.read.air_crc_valid = Some(air::crc16(said) == crc);
    record.tag_crc = Some(crc);
    Some(record)
}

/// `UL PC EPC` and what is left behind them (section 5); UL is the length of PC and EPC.
pub(super) fn answer(params: &[u8]) -> Option<(TagRecord, &[u8])> {
    let (&said_len, rest) = params.split_first()?;
    let (tag, rest) = rest.split_at_checked(usize::from(said_len))?;
    let mut record = TagRecord::new(split_tag(tag)?);
    record.said_len = Some(said_len);
    Some((record, rest))
}
