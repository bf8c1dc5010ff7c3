//! The settings written at start, because a reader keeps what anybody wrote before.

use super::code;
use super::command::*;
use super::detail::{Detail, FAST_TID_OFF, MATCH_NONE};
use super::link::Link;
use crate::reader::line::Line;
use crate::reader::{ReaderError, ReaderEvent, ReaderSettings, Region, limits};

/// What the command for power in RAM takes, dBm (protocol sheet, section 3).
const POWER_IN_RAM_DBM: std::ops::RangeInclusive<u8> = 20..=33;
/// The last index of the frequency table (section 4).
const LAST_FREQ_INDEX: u8 = 59;

/// What came of the settings, and what they told of the reader.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Setup {
    /// It answered nothing of it: one of the simplest.
    pub simple: bool,
    /// The power that stands in its RAM and goes with its supply.
    power_in_ram_dbm: Option<u8>,
    /// The frequency in the middle of the band it keeps to, where that is one of the table.
    pub freq_index: Option<u8>,
}

/// Writes what the station wants.
///
/// Left alone: the radio link's profile, which is a matter of the tags and the room and is set once with the maker's
/// tool; and without a region in the settings, the reader's own.
pub(super) async fn write<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    settings: &ReaderSettings,
) -> Result<Setup, ReaderError> {
    let power_in_ram_dbm = power(link, settings.power_dbm).await?;
    note(link, BEEPER, &[0]).await?;
    if link.talk.is_mute(POWER_IN_RAM.into()) && link.talk.is_mute(BEEPER.into()) {
        return Ok(Setup { simple: true, ..Setup::default() });
    }
    let freq_index = region(link, settings).await?;
    fast_tid_off(link).await?;
    // A match left behind would keep every other tag's chip number away. Most have none: their refusal says nothing.
    link.set(MATCH_SET, &[MATCH_NONE]).await?;
    if settings.q.is_some() {
        link.talk.warn_of_setting(limits::not_settable(&["q"]));
    }
    Ok(Setup { simple: false, power_in_ram_dbm, freq_index })
}

/// Writes again what a reader forgets with its supply. It says nothing of such a moment, and goes on answering.
pub(super) async fn write_again<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    setup: &Setup,
) -> Result<(), ReaderError> {
    if let Some(power_dbm) = setup.power_in_ram_dbm {
        link.set(POWER_IN_RAM, &[power_dbm]).await?;
    }
    if setup.simple { Ok(()) } else { fast_tid_off(link).await }
}

/// Sets the power in RAM, clamped to what the reader takes; gives what stands there. Only a reader without that command
/// gets it in flash, and only when it differs from what is there: flash wears out, and this runs at every start.
async fn power<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    wanted_dbm: u8,
) -> Result<Option<u8>, ReaderError> {
    let mut power_dbm = wanted_dbm.min(*POWER_IN_RAM_DBM.end());
    loop {
        match link.set(POWER_IN_RAM, &[power_dbm]).await? {
            None => break,
            Some(code::POWER_RANGE) if power_dbm > *POWER_IN_RAM_DBM.start() => power_dbm -= 1,
            Some(_) => {
                power_in_flash(link, wanted_dbm).await?;
                return Ok(None);
            }
        }
    }
    if power_dbm != wanted_dbm {
        link.talk.warn_of_setting(limits::power(wanted_dbm, i16::from(power_dbm) * 100));
    }
    Ok(Some(power_dbm))
}

async fn power_in_flash<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    wanted_dbm: u8,
) -> Result<(), ReaderError> {
    let saved = match link.ask(POWER_GET, &[]).await? {
        Some(Detail::Power { power_dbm }) => vec![power_dbm],
        Some(Detail::PowerEach { power_dbm }) => power_dbm,
        _ => Vec::new(),
    };
    let mut power_dbm = wanted_dbm.min(*POWER_IN_RAM_DBM.end());
    while saved.is_empty() || saved.iter().any(|&each| each != power_dbm) {
        match link.set(POWER_IN_FLASH, &[power_dbm]).await? {
            None => break,
            Some(code::POWER_RANGE) if power_dbm > 0 => power_dbm -= 1,
            Some(refused) => {
                let meaning = code::meaning(refused).unwrap_or("an unknown fault");
                link.talk.warn_of_setting(format!(
                    "the reader does not take power_dbm = {wanted_dbm} ({meaning}): it transmits with its own"
                ));
                return Ok(());
            }
        }
    }
    if power_dbm != wanted_dbm {
        link.talk.warn_of_setting(limits::power(wanted_dbm, i16::from(power_dbm) * 100));
    }
    Ok(())
}

/// Writes the region where it is configured and the reader's differs, and reads it back: it lies in flash. Gives the
/// middle of the band the reader says it keeps to.
async fn region<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    settings: &ReaderSettings,
) -> Result<Option<u8>, ReaderError> {
    let mut told = link.ask(REGION_GET, &[]).await?;
    if let Some(region) = settings.region {
        let wanted = Band::of(region);
        let holds = |told: &Option<Detail>| told.as_ref().is_some_and(|told| wanted.holds(told));
        if !holds(&told) {
            let refused = link.set(REGION_SET, &wanted.data()).await?;
            told = link.ask(REGION_GET, &[]).await?;
            if !holds(&told) {
                let why = refused.and_then(code::meaning).unwrap_or("it does not say why");
                let keeps = |region: &Region| told.as_ref().is_some_and(|told| Band::of(*region).holds(told));
                let has: Vec<Region> = Region::ALL.into_iter().filter(keeps).collect();
                link.talk.warn_of_setting(limits::region(region, &has, why));
            }
        }
    }
    Ok(match told {
        Some(Detail::Region { start, end, .. }) if start <= end && end <= LAST_FREQ_INDEX => {
            Some(start + (end - start) / 2)
        }
        _ => None,
    })
}

/// Switches Impinj's FastTID off in RAM where somebody left it on. A chip that is asked that way answers as if its number
/// were part of the EPC, with a PC made longer to fit (CSL CS203X manual, appendix I), and a tag with the same words
/// written into its EPC answers just like it: neither the EPC nor the number could be believed.
async fn fast_tid_off<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
) -> Result<(), ReaderError> {
    if link.ask(FAST_TID_GET, &[]).await? != Some(Detail::FastTid { fast_tid: true }) {
        return Ok(());
    }
    if link.set(FAST_TID_IN_RAM, &[FAST_TID_OFF]).await?.is_some() {
        link.talk.warn_of_setting(
            "FastTID is on in the reader and cannot be switched off: tags may be unknown; use the maker's tool",
        );
    }
    Ok(())
}

/// Writes one setting; a refusal is told.
async fn note<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    command: u8,
    data: &[u8],
) -> Result<(), ReaderError> {
    if let Some(refused) = link.set(command, data).await? {
        let meaning = code::meaning(refused).unwrap_or("an unknown fault");
        link.talk.warn_of_setting(format!("the reader refuses setting {command:#04x}: {meaning}"));
    }
    Ok(())
}

/// A region in this protocol's terms.
enum Band {
    /// A regulated band (1 FCC, 2 ETSI, 3 China) and the first and last index of the frequency table in it.
    Table { region: u8, start: u8, end: u8 },
    /// Channels of one's own: spacing in 10 kHz, number, first in kHz.
    Own { spacing: u8, channels: u8, start_khz: u32 },
}

impl Band {
    /// The frequency table of section 4 (0..6 from 865.0 MHz, 7..59 from 902.0 MHz, in steps of 0.5 MHz), cut to what the
    /// place allows; Japan's channels are 1.2 MHz apart and fit no table.
    fn of(region: Region) -> Self {
        let table = |region, start, end| Self::Table { region, start, end };
        match region {
            Region::Eu => table(2, 0, 6),
            Region::India => table(2, 1, 3),
            Region::Us => table(1, 7, 59),
            Region::Korea => table(1, 38, 48),
            Region::Australia => table(1, 44, 54),
            Region::China => table(3, 43, 53),
            Region::Japan => Self::Own { spacing: 120, channels: 4, start_khz: 916_800 },
        }
    }

    fn data(&self) -> Vec<u8> {
        match *self {
            Self::Table { region, start, end } => vec![region, start, end],
            Self::Own { spacing, channels, start_khz } => {
                let [_, high, mid, low] = start_khz.to_be_bytes();
                vec![4, spacing, channels, high, mid, low]
            }
        }
    }

    /// Whether the reader keeps within this band: somebody may have narrowed it on purpose.
    fn holds(&self, found: &Detail) -> bool {
        match (self, found) {
            (Self::Table { region, start, end }, Detail::Region { region: other, start: from, end: to }) => {
                region == other && start <= from && to <= end
            }
            (
                Self::Own { spacing, channels, start_khz },
                Detail::OwnRegion { spacing_khz, channels: other, start_khz: from, .. },
            ) => u16::from(*spacing) * 10 == *spacing_khz && channels == other && start_khz == from,
            _ => false,
        }
    }
}
