//! What is written before each start, because a module keeps what anybody wrote before and forgets it without power
//! (protocol sheet, sections 3 and 4).

use super::driver::MercuryReader;
use super::frame::Mercury;
use super::opcode::*;
use super::reply::Power;
use super::status::{self, Trouble, trouble};
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent, Region, Target, limits};

/// The lower European band as it is now: what a module gets first that has no region and is given none.
const EU3: u8 = 0x08;
/// The Gen2 parameters' numbers.
const SESSION: u8 = 0x00;
const TARGET: u8 = 0x01;
const Q: u8 = 0x12;
/// The number of Gen2 among the protocols.
const GEN2: u8 = 0x05;

impl MercuryReader {
    /// Writes everything, in the order a module wants it.
    pub(super) async fn prepare<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        self.boot(talk, line).await?;
        self.write_region(talk, line).await?;
        self.set(talk, line, PROTOCOL_SET, &[0, GEN2]).await?;
        self.write_antennas(talk, line).await?;
        self.write_session(talk, line, self.settings.session.number()).await?;
        let target = target_word(self.settings.target).to_be_bytes();
        self.set(talk, line, PARAMETER_SET, &[GEN2, TARGET, target[0], target[1]]).await?;
        match self.settings.q {
            None => self.set(talk, line, PARAMETER_SET, &[GEN2, Q, 0]).await?,
            Some(q) => self.set(talk, line, PARAMETER_SET, &[GEN2, Q, 1, q.min(15)]).await?,
        };
        self.write_power(talk, line).await?;
        // Every sighting is wanted, not one per tag.
        self.set(talk, line, OPTION_SET, &[0x01, 0x0C, 0x00]).await?;
        // A program before us may have left it half asleep. Not every module has such modes.
        self.refusal(talk, line, POWER_MODE_SET, &[0]).await?;
        self.take_temperature(talk, line).await
    }

    /// Sets the Gen2 session.
    pub(super) async fn write_session<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        session: u8,
    ) -> Result<(), ReaderError> {
        self.set(talk, line, PARAMETER_SET, &[GEN2, SESSION, session]).await?;
        Ok(())
    }

    /// Asks how hot the module is, where it tells.
    pub(super) async fn take_temperature<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if talk.is_mute(TEMPERATURE.into()) {
            return Ok(());
        }
        if let Some(answer) = self.ask(talk, line, TEMPERATURE, &[]).await?
            && let (Some(status::OK), &[celsius]) = (answer.status, answer.data.as_slice())
        {
            talk.temperature(celsius.cast_signed());
        }
        Ok(())
    }

    /// Writes one setting and warns when the module refuses it.
    pub(super) async fn set<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        opcode: u8,
        data: &[u8],
    ) -> Result<(), ReaderError> {
        if let Some(code) = self.refusal(talk, line, opcode, data).await? {
            let key = key_of(opcode, data);
            talk.warn_of_setting(format!("the reader refuses {key}: {}", status::words(code)));
        }
        Ok(())
    }

    /// Writes one setting; gives the code of a module that refuses it. One that fell over is started anew.
    pub(super) async fn refusal<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        opcode: u8,
        data: &[u8],
    ) -> Result<Option<u16>, ReaderError> {
        let answer = self.ask(talk, line, opcode, data).await?;
        match answer.and_then(|frame| frame.status).filter(|&code| code != status::OK) {
            Some(code) if trouble(code) == Trouble::Fatal => Err(talk.fault(code, status::words(code))),
            refused => Ok(refused),
        }
    }

    /// Writes the region; without one the radio stays off. Transmitting in a band that was not asked for would break the
    /// law of the place, so a module that refuses it is not used.
    async fn write_region<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let codes = match self.settings.region {
            Some(region) => region_codes(region).to_vec(),
            None => match self.ask(talk, line, REGION_GET, &[]).await? {
                Some(frame) if frame.data.len() == 1 && frame.data[0] != 0 => frame.data,
                _ => region_codes(Region::Eu).to_vec(),
            },
        };
        let mut refused = None;
        for code in codes {
            refused = self.refusal(talk, line, REGION_SET, &[code]).await?;
            if refused.is_none() {
                tracing::info!(reader = %self.settings.name, region = code, "frequency region");
                return Ok(());
            }
        }
        let region = self.settings.region.unwrap_or(Region::Eu);
        let meaning = refused.map_or("no reason", status::words);
        let why = limits::region(region, &self.regions(talk, line).await?, meaning);
        talk.warn_of_setting(why.clone());
        Err(ReaderError::Refused { port: talk.port.clone(), why })
    }

    /// The regions the module has, where it tells.
    async fn regions<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<Vec<Region>, ReaderError> {
        let answer = self.ask(talk, line, REGIONS_GET, &[]).await?;
        let codes = answer.filter(|frame| frame.status == Some(status::OK)).map(|frame| frame.data);
        let codes = codes.unwrap_or_default();
        let has = |region: &Region| region_codes(*region).iter().any(|code| codes.contains(code));
        Ok(Region::ALL.into_iter().filter(has).collect())
    }

    /// Sets the power, within what the module can.
    async fn write_power<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let wanted_cdbm = i16::from(self.settings.power_dbm) * 100;
        let answer = self.ask(talk, line, POWER_GET, &[1]).await?;
        let answer = answer.filter(|frame| frame.status == Some(status::OK));
        let limits = answer.and_then(|frame| Power::parse(&frame.data)).and_then(|power| power.limits_cdbm);
        let power_cdbm = limits.map_or(wanted_cdbm, |(min, max)| wanted_cdbm.min(max).max(min));
        if power_cdbm != wanted_cdbm {
            talk.warn_of_setting(limits::power(self.settings.power_dbm, power_cdbm));
        }
        self.set(talk, line, POWER_SET, &power_cdbm.to_be_bytes()).await
    }
}

/// Section 3, from the sheet's table. Where a module knows only the older or newer of two, the other is tried.
fn region_codes(region: Region) -> &'static [u8] {
    match region {
        Region::Eu => &[EU3, 0x07, 0x02],
        Region::Us => &[0x01, 0x0D, 0x0E],
        Region::China => &[0x06],
        Region::Korea => &[0x09, 0x03],
        Region::Japan => &[0x05],
        Region::India => &[0x04],
        Region::Australia => &[0x0B],
    }
}

/// A setting by its key in the configuration.
fn key_of(opcode: u8, data: &[u8]) -> String {
    match (opcode, data) {
        (PARAMETER_SET, [_, SESSION, ..]) => "session".to_owned(),
        (PARAMETER_SET, [_, TARGET, ..]) => "target".to_owned(),
        (PARAMETER_SET, [_, Q, ..]) => "q".to_owned(),
        (POWER_SET, _) => "power_dbm".to_owned(),
        (ANTENNA_SET, _) => "antennas".to_owned(),
        _ => format!("setting {opcode:#04x}"),
    }
}

fn target_word(target: Target) -> u16 {
    match target {
        Target::A => 0x0100,
        Target::B => 0x0101,
        Target::Ab => 0x0000,
    }
}
