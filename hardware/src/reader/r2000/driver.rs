//! Finding the reader.

use std::convert::Infallible;

use tokio::time::Instant;

use super::command::*;
use super::detail::Detail;
use super::frame::A0;
use super::inventory::Inventory;
use super::link::{EVERY_READER, Link};
use super::reply::Reply;
use super::setup::{self, Setup};
use crate::reader::drive::Dialect;
use crate::reader::family::Family;
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::{ANSWER_WITHIN, Talk};
use crate::reader::{Identity, ReaderError, ReaderEvent, ReaderSettings};

/// How often a reader that says something else is asked for its firmware.
const QUESTIONS_MAX: u32 = 2;

/// An R2000 reader.
pub(crate) struct R2000 {
    settings: ReaderSettings,
    address: u8,
    inventory: Inventory,
}

impl Dialect for R2000 {
    type Speech = A0;
    const FAMILY: Family = Family::R2000;
    /// The maker's default first (protocol sheet, section 1).
    const RATES: &'static [u32] = &[115_200, 38_400];

    fn new(settings: &ReaderSettings) -> Self {
        let inventory = Inventory::new(settings, Setup::default());
        Self { settings: settings.clone(), address: EVERY_READER, inventory }
    }

    /// Asks for the firmware; the last time for an inventory as well, which the simplest of devices answer. Any valid
    /// frame will do: a reader that only streams tags is a reader.
    async fn probe<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<A0, F>,
        line: &mut L,
        last: bool,
    ) -> Result<bool, ReaderError> {
        let mut until = Instant::now() + ANSWER_WITHIN;
        let mut inventory_at = last.then(|| Instant::now() + ANSWER_WITHIN / 2);
        let mut questions = 1;
        let frames = talk.frames;
        let mut replied_from = None;
        self.address = EVERY_READER;
        talk.decoder.grammar = A0::default();
        let mut link = Link::new(talk, line, self.address);
        link.send(FIRMWARE, &[]).await?;
        loop {
            let Some((frame, reply)) = link.receive(inventory_at.unwrap_or(until)).await? else {
                if inventory_at.take().is_some() {
                    link.send(INVENTORY, &[1]).await?;
                } else if replied_from.is_some() && questions < QUESTIONS_MAX {
                    // It was in the middle of a round, in which it hears no question.
                    questions += 1;
                    until = Instant::now() + ANSWER_WITHIN;
                    link.send(FIRMWARE, &[]).await?;
                } else {
                    break;
                }
                continue;
            };
            replied_from = Some(frame.address);
            if let Reply::Other(Detail::Firmware { major, minor }) = reply {
                self.address = frame.address;
                let mut link = Link::new(talk, line, self.address);
                let identity = identify(&mut link, format!("{major}.{minor}"), frame.address).await?;
                link.talk.say_up(identity);
                return Ok(true);
            }
        }
        if let Some(address) = replied_from {
            self.address = address;
            if !talk.up {
                talk.say_up(Identity { address: Some(address), ..Identity::unknown() });
            }
        }
        Ok(talk.frames > frames)
    }

    async fn serve<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<A0, F>,
        line: &mut L,
        backoff: &mut Backoff,
    ) -> Result<Infallible, ReaderError> {
        let mut link = Link::new(talk, line, self.address);
        let setup = setup::write(&mut link, &self.settings).await?;
        self.inventory = Inventory::new(&self.settings, setup);
        self.inventory.run(&mut link, backoff).await
    }

    /// A round ends by itself, and is waited for; an EPC match that an access has left behind must go.
    async fn hush<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<A0, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        self.inventory.leave(&mut Link::new(talk, line, self.address)).await
    }
}

/// Who the reader is, beyond its firmware. The identifier is twelve bytes the maker or the owner gave it; all the same
/// byte is none at all.
async fn identify<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    firmware: String,
    address: u8,
) -> Result<Identity, ReaderError> {
    let mut identity = Identity { firmware, address: Some(address), ..Identity::unknown() };
    if let Some(Detail::Identifier { identifier }) = link.ask(IDENTIFIER_GET, &[]).await? {
        let told = identifier.as_bytes().chunks_exact(2).any(|byte| *byte != identifier.as_bytes()[..2]);
        identity.serial = told.then_some(identifier);
    }
    // A reader that keeps silent to one question gets no second one it could do without.
    if !link.talk.is_mute(IDENTIFIER_GET.into())
        && let Some(Detail::PowerEach { power_dbm }) = link.ask(POWER_GET, &[]).await?
    {
        identity.antennas = u8::try_from(power_dbm.len()).ok();
    }
    Ok(identity)
}
