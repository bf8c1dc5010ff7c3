//! What is written at the start, because a module forgets everything with its power, and what it says it made of it.

use super::code;
use super::command::*;
use super::driver::M100;
use super::frame::M100Grammar;
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent, Region, Session, Target, limits};

/// The Query of a module nobody has told otherwise: session S0, target A, Q 4 (protocol sheet, section 3).
pub(super) const FACTORY_QUERY: u16 = 0x1020;
/// The bits of a Query that are the module's own business: divide ratio, modulation, pilot tone.
const LINK_BITS: u16 = 0xF000;
/// The bits of the number of slots.
const Q_BITS: u16 = 0x0078;
/// The bit of target B.
const TARGET_B: u16 = 0x0080;
/// The bits a station chooses: which tags, session, target, slots.
const CHOSEN_BITS: u16 = 0x0FF8;
/// Every tag answers, whatever Select said before.
const SELECT_NEVER: u8 = 1;
/// Frequency hopping within the region.
const HOP: u8 = 0xFF;

impl M100 {
    /// Writes what the station wants and reads back what can be read back.
    pub(super) async fn write_settings<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        self.use_the_one_antenna(talk);
        self.write_region(talk, line).await?;
        self.set(talk, line, AUTO_HOP, &[HOP], "frequency hopping").await?;
        self.write_power(talk, line).await?;
        self.let_every_tag_answer(talk, line).await?;
        self.write_query(talk, line).await
    }

    /// Takes back any choice of a tag, so that the polling hears them all.
    pub(super) async fn let_every_tag_answer<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        self.set(talk, line, SELECT_MODE, &[SELECT_NEVER], "polling without Select").await.map(drop)
    }

    /// Sets the Query of the rounds that follow.
    pub(super) async fn set_query<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        query: u16,
    ) -> Result<(), ReaderError> {
        self.set(talk, line, QUERY_SET, &query.to_be_bytes(), "session, target and Q").await.map(drop)
    }

    fn use_the_one_antenna<F: FnMut(ReaderEvent) + Send>(&self, talk: &mut Talk<M100Grammar, F>) {
        let antennas = self.settings.antennas_in_use();
        let others: Vec<u8> = antennas.into_iter().filter(|&number| number != 1).collect();
        talk.no_such_antennas(&others, &[1], Some(1));
    }

    async fn write_region<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let Some(region) = self.settings.region else {
            let own = self.ask(talk, line, REGION_GET, &[]).await?;
            tracing::info!(reader = %self.settings.name, ?own, "radio region left as it is");
            return Ok(());
        };
        let Some(number) = region_number(region) else {
            let has: Vec<Region> =
                Region::ALL.into_iter().filter(|&region| region_number(region).is_some()).collect();
            talk.warn_of_setting(limits::region(region, &has, "it stays in its own"));
            return Ok(());
        };
        if !self.set(talk, line, REGION_SET, &[number], "the radio region").await? {
            return Ok(());
        }
        if let Some(Ok(told)) = self.ask(talk, line, REGION_GET, &[]).await?
            && told != [number]
        {
            let own = |region: &Region| region_number(*region).is_some_and(|number| told == [number]);
            let has: Vec<Region> = Region::ALL.into_iter().filter(own).collect();
            talk.warn_of_setting(limits::region(region, &has, &format!("it stays in its own, {told:02x?}")));
        }
        Ok(())
    }

    /// Sets the power and reads it back: some modules take any figure and send with what they can (section 4).
    async fn write_power<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let wanted = u16::from(self.settings.power_dbm) * 100;
        let taken = self.set(talk, line, POWER_SET, &wanted.to_be_bytes(), "the transmit power").await?;
        let told = self.ask(talk, line, POWER_GET, &[]).await?;
        if let Some(Ok(told)) = told
            && let [high, low] = told[..]
        {
            let told = u16::from_be_bytes([high, low]);
            if told != wanted {
                let real_cdbm = i16::try_from(told).unwrap_or(i16::MAX);
                talk.warn_of_setting(limits::power(self.settings.power_dbm, real_cdbm));
            } else if !taken {
                tracing::info!(reader = %self.settings.name, "the power stands as wanted all the same");
            }
        }
        Ok(())
    }

    /// Writes session, target and Q; the rest of the Query stays the module's own.
    async fn write_query<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let own = self.query_told(talk, line).await?.unwrap_or(FACTORY_QUERY);
        let target_b = self.settings.target == Target::B;
        self.query = query(own, self.settings.session, target_b, self.settings.q);
        let wanted = self.query;
        self.set_query(talk, line, wanted).await?;
        if let Some(told) = self.query_told(talk, line).await?
            && told & CHOSEN_BITS != wanted & CHOSEN_BITS
        {
            let what = limits::not_settable(&["session", "target", "q"]);
            talk.warn_of_setting(what);
        }
        Ok(())
    }

    async fn query_told<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<Option<u16>, ReaderError> {
        Ok(match self.ask(talk, line, QUERY_GET, &[]).await? {
            Some(Ok(told)) => <[u8; 2]>::try_from(&told[..]).ok().map(u16::from_be_bytes),
            _ => None,
        })
    }

    /// Writes one setting; `false` when the module refuses it. One that does not answer gets the benefit of the doubt.
    pub(super) async fn set<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        command: u8,
        params: &[u8],
        what: &str,
    ) -> Result<bool, ReaderError> {
        let code = match self.ask(talk, line, command, params).await? {
            Some(Err(code)) => code,
            Some(Ok(result)) if result.first().is_some_and(|&result| result != 0) => result[0],
            _ => return Ok(true),
        };
        let meaning = code::meaning(code);
        self.warn(talk, format!("the reader refuses {what}: {meaning} ({code:#04x})"));
        Ok(false)
    }
}

/// The Query with a station's choice, on top of what `own` says of the radio link; every tag may answer.
pub(super) fn query(own: u16, session: Session, target_b: bool, q: Option<u8>) -> u16 {
    let slots = q.map_or(own & Q_BITS, |q| u16::from(q.min(15)) << 3);
    let target = if target_b { TARGET_B } else { 0 };
    (own & LINK_BITS) | u16::from(session.number()) << 8 | target | slots
}

/// The Query that asks the tags in the other state.
pub(super) fn turned(query: u16) -> u16 {
    query ^ TARGET_B
}

/// The module's number of a region (section 3); `None` where it has none.
fn region_number(region: Region) -> Option<u8> {
    match region {
        Region::China => Some(1),
        Region::Us => Some(2),
        Region::Eu => Some(3),
        Region::Korea => Some(6),
        Region::Japan | Region::India | Region::Australia => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_the_link_and_takes_the_stations_choice() {
        assert_eq!(query(FACTORY_QUERY, Session::S0, false, None), FACTORY_QUERY);
        // DR 1, M 3, TRext 1 kept; Sel and padding cleared; session 2, target B, Q 7.
        assert_eq!(query(0xFC67, Session::S2, true, Some(7)), 0xF2B8);
        assert_eq!(turned(0xF2B8), 0xF238);
    }
}
