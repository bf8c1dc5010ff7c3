//! Chip numbers (TID): read from all tags at an antenna at once, whenever one of them is due.
//!
//! Impinj's FastTID would bring them with every sighting, and is not used: see [`super::setup`].

use std::collections::VecDeque;

use tokio::time::Instant;

use super::antennas::Antennas;
use super::frame::Memory;
use super::inventory::Inventory;
use super::link::Link;
use super::record::TagRecord;
use super::words::Reading;
use crate::reader::chips::Chips;
use crate::reader::line::Line;
use crate::reader::{Bank, Password, ReaderError, ReaderEvent};

/// Words of a chip number with its serial (protocol sheet, section 6).
const WHOLE_WORDS: u8 = 6;
/// Words of a chip number without one: class, designer, model.
const SHORT_WORDS: u8 = 2;
/// The chip says that more follows the model: such a number is never short (stream-cleaning page, section 7).
const MORE_FOLLOWS: u8 = 0x80;
/// Tags remembered that gave no whole number.
const MISSED_MAX: usize = 64;
/// Times the reader may leave the question alone in every form before it is given up.
const REFUSALS_MAX: u8 = 2;

/// Which chip numbers to read, and where.
#[derive(Debug)]
pub(super) struct Numbers {
    /// One for each antenna.
    plans: Vec<Chips>,
    wanted: bool,
    refusals: u8,
    /// Tags that were there and gave no whole number the last time.
    missed: VecDeque<Vec<u8>>,
}

impl Numbers {
    pub(super) fn new(antennas: usize, wanted: bool) -> Self {
        let plans = (0..antennas).map(|_| Chips::default()).collect();
        Self { plans, wanted, refusals: 0, missed: VecDeque::new() }
    }

    /// A tag was heard, with its chip's number or without.
    pub(super) fn heard(&mut self, antennas: &Antennas, record: &TagRecord, now: Instant) {
        let read = &record.read;
        if !self.wanted || read.epc.is_empty() || read.air_crc_valid == Some(false) {
            return;
        }
        if let Some(at) = antennas.with_number(read.antenna) {
            self.plans[at].heard(&read.epc, read.tid.is_some(), now);
        }
        if read.tid.is_some() {
            self.done(&read.epc, now);
        }
    }

    /// The number was read, wherever the tag was heard before.
    fn done(&mut self, epc: &[u8], now: Instant) {
        self.plans.iter_mut().for_each(|plan| plan.done(epc, now));
        self.missed.retain(|missed| missed != epc);
    }

    /// An antenna with a tag that is due, and the tag.
    fn next(&mut self, now: Instant) -> Option<(usize, Vec<u8>)> {
        if !self.wanted {
            return None;
        }
        self.plans.iter_mut().enumerate().find_map(|(at, plan)| Some((at, plan.next(now)?)))
    }

    /// Remembers a tag without a whole number; `true` when it was so the last time as well.
    fn missed_again(&mut self, epc: &[u8]) -> bool {
        if let Some(at) = self.missed.iter().position(|missed| missed == epc) {
            self.missed.remove(at);
            return true;
        }
        if self.missed.len() >= MISSED_MAX {
            self.missed.pop_front();
        }
        self.missed.push_back(epc.to_vec());
        false
    }
}

impl Inventory {
    /// Reads the chip numbers at one antenna, if one is due. They are handed on as they come.
    pub(super) async fn read_numbers<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        let Some((at, epc)) = self.numbers.next(Instant::now()) else { return Ok(()) };
        if self.select(link, at).await?.is_some() {
            return Ok(());
        }
        if self.whole_number_of(link, &epc).await? || !self.words.are_offered() {
            return Ok(());
        }
        if self.numbers.missed_again(&epc) {
            self.short_number_of(link, &epc).await?;
        }
        Ok(())
    }

    /// Reads whole numbers; whether this tag's was among them.
    async fn whole_number_of<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        epc: &[u8],
    ) -> Result<bool, ReaderError> {
        let memory = Memory::ChipNumber(usize::from(WHOLE_WORDS) * 2);
        let records = self.read_tids(link, WHOLE_WORDS, memory).await?;
        let now = Instant::now();
        for record in &records {
            self.numbers.heard(&self.antennas, record, now);
        }
        Ok(records.iter().any(|record| record.read.epc == epc && record.read.tid.is_some()))
    }

    /// A chip whose number has no serial does not answer when a whole one is asked for. It is believed to be one only
    /// when it gives the first two words, these do not say that more follows, and a whole number still does not come.
    async fn short_number_of<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        epc: &[u8],
    ) -> Result<(), ReaderError> {
        let records = self.read_tids(link, SHORT_WORDS, Memory::Other).await?;
        let of_tag = records.into_iter().find(|record| record.read.epc == epc);
        let Some((mut read, short)) = of_tag.and_then(|record| Some((record.read, record.data?))) else {
            return Ok(());
        };
        let is_short = matches!(short[..], [0xE2, flags, _, _] if flags & MORE_FOLLOWS == 0);
        if is_short && !self.whole_number_of(link, epc).await? {
            read.tid = Some(short);
            link.talk.hand_on(read);
            self.numbers.done(epc, Instant::now());
        }
        Ok(())
    }

    async fn read_tids<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        words: u8,
        memory: Memory,
    ) -> Result<Vec<TagRecord>, ReaderError> {
        let reading = Reading { bank: Bank::Tid, word: 0, words, password: Password::NONE };
        link.grammar().memory = memory;
        let answer = self.words.read(link, reading).await;
        link.grammar().memory = Memory::default();
        let answer = answer?;
        if !self.words.are_offered() {
            self.numbers.refusals += 1;
            if self.numbers.refusals >= REFUSALS_MAX {
                self.numbers.wanted = false;
                link.talk
                    .warn("this reader reads no chip numbers: clones of a tag's EPC are not noticed here");
            }
        }
        Ok(answer.records)
    }
}
