//! Writing the settings. All of them live in flash, which wears out, so only what differs from the reader's own report is
//! written (protocol sheet, sections 3, 5 and 8).

use std::time::Duration;

use tokio::time::Instant;

use super::code;
use super::command::*;
use super::driver::Uhfreader18;
use super::frame::Uhf18;
use super::info::{Info, band_bytes};
use super::tags::Shape;
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent, Region, limits};

/// How long one round may last, in the protocol's 100 ms: the least command 25 takes, so that antennas take turns and
/// orders need not wait.
pub(super) const SCAN_TIME_100MS: u8 = 3;
/// The most a UHFReader18 transmits, dBm.
const PLAIN_LIMIT_DBM: u8 = 30;
/// The most a later reader transmits, dBm.
const RICH_LIMIT_DBM: u8 = 33;
/// How long a reader needs to leave its active mode.
const MODE_CHANGE: Duration = Duration::from_millis(200);

/// Writes what the station wants and gives how long a round will last.
pub(super) async fn write_settings<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &mut Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
) -> Result<Duration, ReaderError> {
    force_answer_mode(reader, talk, line).await?;
    let Some(info) = reader.info.clone() else {
        talk.warn_of_setting("the reader does not say how it is set: power and region stay as they are");
        return Ok(scan_time(SCAN_TIME_100MS));
    };
    let power_dbm = write_power(reader, talk, line, &info).await?;
    let mut written = power_dbm != info.power_dbm;
    written |= write_region(reader, talk, line, &info).await?;
    let lasts = match info.shape() {
        Shape::Rich => {
            written |= write_antennas(reader, talk, line, &info).await?;
            scan_time(SCAN_TIME_100MS)
        }
        Shape::Plain => {
            use_antennas_to(reader, talk, 1);
            let settings = &reader.settings;
            let beyond = limits::beyond_plain(settings.session, settings.target, settings.q);
            if !beyond.is_empty() {
                talk.warn_of_setting(limits::not_settable(&beyond));
            }
            write_scan_time(reader, talk, line, &info).await?
        }
    };
    if written {
        look_again(reader, talk, line, power_dbm).await?;
    }
    Ok(lasts)
}

fn scan_time(in_100ms: u8) -> Duration {
    Duration::from_millis(100 * u64::from(in_100ms))
}

/// Ends the active mode, in which a reader pushes tags but takes neither inventory nor memory access.
async fn force_answer_mode<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
) -> Result<(), ReaderError> {
    let shape = reader.info.as_ref().map(Info::shape);
    let set = match shape {
        Some(Shape::Rich) => {
            let mode = reader.ask(talk, line, MODE_GET_288, &[]).await?;
            let mode = mode.filter(|said| said.status == Some(code::OK));
            let active = mode.and_then(|said| said.data.first().copied()).map(|mode| mode != 0);
            active.unwrap_or(reader.pushes).then(|| (MODE_SET_288, vec![0]))
        }
        Some(Shape::Plain) => {
            let mode = reader.ask(talk, line, MODE_GET_18, &[]).await?;
            let mode = mode.filter(|said| said.status == Some(code::OK));
            // Four bytes of Wiegand settings stand before the six that command 35 takes.
            let six = mode.and_then(|said| said.data.get(4..10).map(<[u8]>::to_vec));
            six.filter(|six| six[0] & 3 != 0).map(|mut six| {
                six[0] = 0;
                (MODE_SET_18, six)
            })
        }
        None => None,
    };
    if let Some((command, data)) = set {
        tracing::info!(reader = %reader.settings.name, "ending the reader's active mode");
        set_value(reader, talk, line, command, &data).await?;
        talk.drain(line, Instant::now() + MODE_CHANGE).await?;
    }
    Ok(())
}

/// Sets the power, or the most below it that the reader takes; gives what stands then, as far as it was heard.
async fn write_power<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    info: &Info,
) -> Result<u8, ReaderError> {
    let limit = if info.shape() == Shape::Rich { RICH_LIMIT_DBM } else { PLAIN_LIMIT_DBM };
    let wanted = reader.settings.power_dbm;
    let mut power_dbm = wanted.min(limit);
    while power_dbm != info.power_dbm {
        match put_value(reader, talk, line, POWER, &[power_dbm]).await? {
            None => break,
            Some(code::POWER_FIXED) => power_dbm = info.power_dbm,
            // It names no limit: the next lower one is tried, which wears nothing while it is refused.
            Some(_) if power_dbm > 0 => power_dbm -= 1,
            Some(_) => power_dbm = info.power_dbm,
        }
    }
    if power_dbm != wanted {
        talk.warn_of_setting(limits::power(wanted, i16::from(power_dbm) * 100));
    }
    Ok(power_dbm)
}

async fn write_region<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    info: &Info,
) -> Result<bool, ReaderError> {
    let Some(region) = reader.settings.region else { return Ok(false) };
    let Some(wanted) = band_bytes(region) else {
        let has: Vec<Region> =
            Region::ALL.into_iter().filter(|&region| band_bytes(region).is_some()).collect();
        talk.warn_of_setting(limits::region(region, &has, "it keeps its own"));
        return Ok(false);
    };
    if info.band_bytes() == wanted {
        return Ok(false);
    }
    set_value(reader, talk, line, REGION, &wanted).await?;
    Ok(true)
}

/// Switches on the antennas in use, where the reader reports one of them switched off. Which one reads is said with each
/// round.
async fn write_antennas<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &mut Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    info: &Info,
) -> Result<bool, ReaderError> {
    if let Some(ports) = info.ports() {
        use_antennas_to(reader, talk, ports);
    }
    for ports in [u8::MAX, 8, 4, 1] {
        let wanted = antenna_mask(&reader.antennas);
        let on = info.antenna_mask.unwrap_or(wanted);
        if on & wanted == wanted {
            return Ok(false);
        }
        let refused = put_value(reader, talk, line, MULTIPLEX, &[wanted]).await?;
        let fewer = [8, 4, 1]
            .into_iter()
            .find(|&fewer| fewer < ports && reader.antennas.iter().any(|&antenna| antenna > fewer));
        match (refused, fewer) {
            (None, _) => return Ok(true),
            // It does not say how many it has: readers come with 1, 4 or 8.
            (Some(_), Some(fewer)) if reader.antennas.iter().any(|&antenna| antenna <= fewer) => {
                use_antennas_to(reader, talk, fewer);
            }
            (Some(refused), _) => {
                let meaning = code::meaning(refused).unwrap_or("an unknown status");
                talk.warn_of_setting(format!("the reader refuses antennas: {meaning}"));
                break;
            }
        }
    }
    Ok(false)
}

/// Leaves out the antennas that a reader with so many does not have, and says so. With none left the first is used.
fn use_antennas_to<F: FnMut(ReaderEvent) + Send>(
    reader: &mut Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    ports: u8,
) {
    let (mut used, missing): (Vec<u8>, Vec<u8>) =
        reader.antennas.iter().partition(|&&antenna| (1..=ports).contains(&antenna));
    if used.is_empty() {
        used.push(1);
    }
    talk.no_such_antennas(&missing, &used, Some(ports.into()));
    reader.antennas = used;
}

/// One bit per antenna, of those that fit.
pub(super) fn antenna_mask(antennas: &[u8]) -> u8 {
    let bit = |&antenna: &u8| 1_u8.checked_shl(u32::from(antenna).checked_sub(1)?);
    antennas.iter().filter_map(bit).fold(0, |mask, bit| mask | bit)
}

/// A UHFReader18 takes no scan time with its inventory.
async fn write_scan_time<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    info: &Info,
) -> Result<Duration, ReaderError> {
    if info.scan_time_100ms == SCAN_TIME_100MS {
        return Ok(scan_time(SCAN_TIME_100MS));
    }
    let refused = set_value(reader, talk, line, SCAN_TIME, &[SCAN_TIME_100MS]).await?;
    Ok(scan_time(if refused.is_some() { info.scan_time_100ms } else { SCAN_TIME_100MS }))
}

/// Asks what the reader made of it: some acknowledge what they do not do.
async fn look_again<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &mut Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    power_dbm: u8,
) -> Result<(), ReaderError> {
    let Some(frame) = reader.ask(talk, line, INFO, &[]).await? else { return Ok(()) };
    let Some(info) = Info::parse(&frame.data) else { return Ok(()) };
    if info.power_dbm != power_dbm {
        talk.warn_of_setting(limits::power(reader.settings.power_dbm, i16::from(info.power_dbm) * 100));
    }
    let wanted = reader.settings.region.and_then(band_bytes);
    if let Some(region) = reader.settings.region
        && wanted.is_some_and(|wanted| wanted != info.band_bytes())
    {
        let own = |region: &Region| band_bytes(*region) == Some(info.band_bytes());
        let has: Vec<Region> = Region::ALL.into_iter().filter(own).collect();
        let why = format!("it stays in its band {}, channels {} to {}", info.band, info.min_ch, info.max_ch);
        talk.warn_of_setting(limits::region(region, &has, &why));
    }
    reader.info = Some(info);
    Ok(())
}

/// Writes one setting; gives the status of a reader that refuses it.
async fn set_value<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    command: u8,
    data: &[u8],
) -> Result<Option<u8>, ReaderError> {
    let refused = put_value(reader, talk, line, command, data).await?;
    if let Some(status) = refused {
        let meaning = code::meaning(status).unwrap_or("an unknown status");
        let key = match command {
            REGION => "region".to_owned(),
            command => format!("setting {command:#04x}"),
        };
        talk.warn_of_setting(format!("the reader refuses {key}: {meaning}"));
    }
    Ok(refused)
}

/// As [`set_value`], without a word about a refusal.
async fn put_value<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    command: u8,
    data: &[u8],
) -> Result<Option<u8>, ReaderError> {
    let status = reader.ask(talk, line, command, data).await?.and_then(|said| said.status);
    Ok(status.filter(|&status| !code::is_taken(status)))
}
