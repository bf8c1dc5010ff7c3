//! The radio field: which tags a round reads, and how strongly.

use super::Nuisances;
use super::dice::Dice;
use super::memory::{Placed, TagFault};
use crate::reader::Access;

/// The most ghosts remembered for a test to compare with.
const MOST_GHOSTS: usize = 10_000;
/// How many tags lie somewhere behind.
const STRAYS: usize = 5;

/// A tag on the bench.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchTag {
    /// Whole 16-bit words, 2 to 62 bytes.
    pub epc: Vec<u8>,
    /// The chip's number, where it can be read.
    pub tid: Option<Vec<u8>>,
    /// The antenna it lies at, counted from 1.
    pub antenna: u8,
    /// How strongly it answers, give or take 2 dB; -129 to -2.
    pub rssi_dbm: i16,
    /// The probability that a round reads it.
    pub read_rate: f32,
}

/// One sighting, ready for the wire.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub epc: Vec<u8>,
    pub tid: Option<Vec<u8>>,
    /// Index on the wire, from 0.
    pub antenna: u8,
    pub rssi_raw: u8,
    pub freq_index: u8,
}

/// The tags near the antennas, and what else the air brings.
pub(super) struct Field {
    nuisances: Nuisances,
    placed: Vec<Placed>,
    pub strays: Vec<Vec<u8>>,
    pub ghosts: Vec<Vec<u8>>,
}

impl Field {
    pub(super) fn new(nuisances: Nuisances, dice: &mut Dice) -> Self {
        Self {
            nuisances,
            placed: Vec::new(),
            strays: (0..STRAYS).map(|_| dice.bytes(12)).collect(),
            ghosts: Vec::new(),
        }
    }

    /// Puts a tag into the field, or moves and changes the one with the same EPC and chip.
    pub(super) fn place(&mut self, tag: BenchTag) {
        self.placed.retain(|placed| placed.tag.epc != tag.epc || placed.tag.tid != tag.tid);
        self.placed.push(Placed::new(tag));
    }

    /// Takes every tag with that EPC away.
    pub(super) fn remove(&mut self, epc: &[u8]) {
        self.placed.retain(|placed| placed.tag.epc != epc);
    }

    /// Takes all tags away.
    pub(super) fn clear(&mut self) {
        self.placed.clear();
    }

    /// The tags in the field.
    pub(super) fn tags(&self) -> Vec<BenchTag> {
        self.placed.iter().map(|placed| placed.tag.clone()).collect()
    }

    /// One access to the tag with that EPC at an antenna (index from 0), or to any tag there. It fails as often as a
    /// round misses the tag; the EPC of the one that answered comes with the words.
    pub(super) fn access(
        &mut self,
        antenna: u8,
        epc: Option<&[u8]>,
        password: u32,
        access: &Access,
        dice: &mut Dice,
    ) -> Result<(Vec<u8>, Vec<u8>), TagFault> {
        let missed = self.nuisances.missed_reads;
        let found = self
            .placed
            .iter_mut()
            .find(|placed| placed.tag.antenna == antenna + 1 && epc.is_none_or(|epc| placed.tag.epc == epc));
        let placed = found.ok_or(TagFault::NoTag)?;
        if !dice.chance(placed.tag.read_rate) || dice.chance(missed) {
            return Err(TagFault::NoTag);
        }
        let answered = placed.tag.epc.clone();
        placed.access(password, access).map(|words| (answered, words))
    }

    /// What one pass over the field at an antenna (index from 0) reads, in random order.
    pub(super) fn listen(&mut self, antenna: u8, dice: &mut Dice) -> Vec<Heard> {
        let mut heard = Vec::new();
        for Placed { tag, .. } in &self.placed {
            let here = tag.antenna == antenna + 1;
            if here && dice.chance(tag.read_rate) && !dice.chance(self.nuisances.missed_reads) {
                heard.push(hear(&tag.epc, tag.tid.clone(), antenna, tag.rssi_dbm, dice));
            }
        }
        if dice.chance(self.nuisances.strays) {
            let at = dice.between(0, STRAYS as u64 - 1) as usize;
            let weak_dbm = -(dice.between(72, 88) as i16);
            heard.push(hear(&self.strays[at], None, antenna, weak_dbm, dice));
        }
        if dice.chance(self.nuisances.ghosts) && self.ghosts.len() < MOST_GHOSTS {
            let words = if dice.chance(0.5) { 0 } else { dice.between(1, 8) };
            let epc = dice.bytes(words * 2);
            heard.push(hear(&epc, None, antenna, -85, dice));
            self.ghosts.push(epc);
        }
        for last in (1..heard.len()).rev() {
            heard.swap(last, dice.between(0, last as u64) as usize);
        }
        heard
    }
}

fn hear(epc: &[u8], tid: Option<Vec<u8>>, antenna: u8, rssi_dbm: i16, dice: &mut Dice) -> Heard {
    let wobble = dice.between(0, 4) as i16 - 2;
    Heard {
        epc: epc.to_vec(),
        tid,
        antenna,
        rssi_raw: rssi_dbm.saturating_add(wobble + 129).clamp(0, 127) as u8,
        // The four channels of the upper European band of the table: 865.5 to 867.0 MHz.
        freq_index: dice.between(1, 4) as u8,
    }
}
