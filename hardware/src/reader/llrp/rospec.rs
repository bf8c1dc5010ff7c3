//! The reader operation that takes inventory, as the reader wants it described (protocol sheet, section 4).

use super::build::{impinj as custom, tlv};
use super::{impinj, tlv};

/// The operation's number; 0 means all.
pub(super) const ROSPEC_ID: u32 = 1;
/// Tags the reader is told to expect where nobody said: a hand full of items and their bearer's badge. It takes the slots
/// of its first round from it and goes on by itself.
const POPULATION: u16 = 16;
/// Antenna, channel, strength, first and last seen, count (protocol sheet, section 4; the channel for the frequency).
const CONTENT: u16 = 0x1F80;

/// What the operation is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    pub antennas: Vec<u8>,
    /// Index into the device's table.
    pub power_index: Option<u16>,
    pub hop_table: u16,
    /// 0 to 3.
    pub session: u8,
    pub singulation: Singulation,
    /// Slots of the first round as a power of two.
    pub q: Option<u8>,
    /// Whether Impinj's own parameters may be used; then also whether the chip's number is to come along.
    pub impinj: Option<ImpinjParts>,
    /// Whether the tag's XPC words can be asked for, which LLRP 1.1 brought.
    pub xpc: bool,
}

/// Which tags are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Singulation {
    /// As the reader likes: answers go on all the time.
    Readers,
    /// Only tags in state B (`true`) or A.
    State { b: bool },
}

/// What is used of Impinj's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImpinjParts {
    /// The chip's number with every report.
    pub fast_tid: bool,
    /// Impinj's search mode: 1 one target, 2 both in turn.
    pub search_mode: Option<u16>,
}

impl Operation {
    /// The parameter to add.
    pub(super) fn parameter(&self) -> Vec<u8> {
        // No trigger of its own: it is started, and stopped, by message.
        let start = tlv(tlv::START_TRIGGER, &[&[0]]);
        let stop = tlv(tlv::STOP_TRIGGER, &[&[0, 0, 0, 0, 0]]);
        let boundary = tlv(tlv::BOUNDARY, &[&start, &stop]);
        tlv(
            tlv::ROSPEC,
            // Priority 0, state disabled.
            &[&ROSPEC_ID.to_be_bytes(), &[0, 0], &boundary, &self.antenna_inventory(), &self.report()],
        )
    }

    fn antenna_inventory(&self) -> Vec<u8> {
        let count = (self.antennas.len() as u16).to_be_bytes();
        let numbers: Vec<u8> =
            self.antennas.iter().flat_map(|&antenna| u16::from(antenna).to_be_bytes()).collect();
        let stop = tlv(tlv::AISPEC_STOP, &[&[0, 0, 0, 0, 0]]);
        let configurations: Vec<u8> =
            self.antennas.iter().flat_map(|&antenna| self.antenna(antenna)).collect();
        // Number 1, protocol 1 = Gen2.
        let inventory = tlv(tlv::INVENTORY_SPEC, &[&[0, 1, 1], &configurations]);
        tlv(tlv::AISPEC, &[&count, &numbers, &stop, &inventory])
    }

    fn antenna(&self, antenna: u8) -> Vec<u8> {
        let transmitter = self.power_index.map_or_else(Vec::new, |index| {
            // The channel counts only where the reader does not hop.
            tlv(tlv::RF_TRANSMITTER, &[&self.hop_table.to_be_bytes(), &[0, 1], &index.to_be_bytes()])
        });
        let (aware, state) = match self.singulation {
            Singulation::Readers => (0, Vec::new()),
            // Upper bit: the state; below it: tags that were not selected, which are all.
            Singulation::State { b } => (0x80, tlv(tlv::STATE_AWARE, &[&[if b { 0xC0 } else { 0x40 }]])),
        };
        let population = self.q.map_or(POPULATION, |q| 1 << q.min(15));
        let singulation =
            tlv(tlv::SINGULATION, &[&[self.session << 6], &population.to_be_bytes(), &[0, 0, 0, 0], &state]);
        let search = self.impinj.and_then(|parts| parts.search_mode);
        let search = search.map_or_else(Vec::new, |mode| custom(impinj::SEARCH_MODE, &mode.to_be_bytes()));
        let command = tlv(tlv::INVENTORY_COMMAND, &[&[aware], &singulation, &search]);
        tlv(tlv::ANTENNA_CONFIGURATION, &[&u16::from(antenna).to_be_bytes(), &transmitter, &command])
    }

    /// One report for every sighting.
    fn report(&self) -> Vec<u8> {
        let memory = tlv(tlv::MEMORY_SELECTOR, &[&[if self.xpc { 0xE0 } else { 0xC0 }]]);
        let content = tlv(tlv::CONTENT_SELECTOR, &[&CONTENT.to_be_bytes(), &memory]);
        let own = self.impinj.map_or_else(Vec::new, |parts| {
            let tid = custom(impinj::ENABLE_SERIALIZED_TID, &u16::from(parts.fast_tid).to_be_bytes());
            let rssi = custom(impinj::ENABLE_PEAK_RSSI, &[0, 1]);
            custom(impinj::CONTENT_SELECTOR, &[tid, rssi].concat())
        });
        // At N tags or the end, N = 1.
        tlv(tlv::ROREPORT_SPEC, &[&[1, 0, 1], &content, &own])
    }
}
