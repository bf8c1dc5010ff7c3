//! A weapon presented by hand: its serial or number typed where no device reads it (armoury-practice A-1). The same
//! rules decide; the entry says that it was typed, and by whom.

use serde_json::{Value, json};
use uuid::Uuid;

use super::clerk::Clerk;
use super::keeper::{Caller, Keeper};
use super::protocol::Presented;
use super::store::Health;
use super::words;
use crate::domain::book::{By, Needs, sign_as};
use crate::domain::{
    Armoury, Bearer, Chip, DeskEvent, DeskKind, Event, Evidence, Holding, Item, Moment, Purpose, Request,
    Road, Role, Seq, WeaponId, decide,
};
use crate::identity::serial;
use crate::scan::lanes::Lane;

/// Who may type at the desk.
const TYPISTS: &[Role] = &[Role::Armourer, Role::Supervisor, Role::Commander];

/// Longest serial taken, in bytes.
const SERIAL_MAX_BYTES: usize = 64;

impl Clerk {
    /// What the next draws at a lane are for.
    pub(super) fn chosen(&mut self, purpose: Purpose, lane: &str, at: Moment) -> Result<Value, String> {
        if purpose == Purpose::StandTo {
            return Err(
                "choose stand-to: it is started by its authority, with `armoury standto start`".into()
            );
        }
        let place: Lane = self
            .desks
            .named(lane)
            .ok_or_else(|| format!("choose for lane {lane}: there is none of that name"))?;
        self.choose(place, purpose, at);
        Ok(json!({ "purpose": purpose.word(), "lane": lane }))
    }

    /// Decides on what was typed as on anything shown, and shows the answer over the hatch too.
    pub(super) fn present_typed(
        &mut self,
        command: Option<Uuid>,
        caller: Caller,
        shown: &Presented,
        at: Moment,
    ) -> Result<Value, String> {
        if let Some(done) = self.keeper.done_before(command)? {
            return Ok(done);
        }
        self.keeper.enter_misses(caller, &shown.sign, at)?;
        let request = self.keeper.typed(caller, shown, at)?;
        let before = holding_of(&self.keeper.armoury, &request);
        match self.present_for(command, 0, &request, at) {
            Some(record) => match &record.event {
                Event::Desk(desk) => Ok(self.keeper.told(record.seq, desk, before.as_ref())),
                _ => Err("present it: the entry is no presentation".into()),
            },
            None => Err("write to the ledger: nothing was changed; see the screen".into()),
        }
    }
}

impl Keeper {
    /// The same where no station runs.
    pub(super) fn present(
        &mut self,
        command: Option<Uuid>,
        caller: Caller,
        shown: &Presented,
        at: Moment,
    ) -> Result<Value, String> {
        self.enter_misses(caller, &shown.sign, at)?;
        let request = self.typed(caller, shown, at)?;
        let event = decide(&self.armoury, &request, at).event;
        if event.kind == DeskKind::Issued && self.store.health == Health::Full {
            return Err("let it leave: the disk is full; what comes back still fits".into());
        }
        let before = holding_of(&self.armoury, &request);
        let records = self
            .write(at, command, &[Event::Desk(Box::new(event.clone())).into()])
            .map_err(|error| format!("write to the ledger: nothing was changed: {error}"))?;
        let seq = records.first().map_or(0, |record| record.seq);
        Ok(self.told(seq, &event, before.as_ref()))
    }

    /// What was typed as a presentation.
    fn typed(&self, caller: Caller, shown: &Presented, at: Moment) -> Result<Request, String> {
        let by = self.typist(caller, shown, at)?;
        let (item, value) = self.item(shown)?;
        if let Some(person) = shown.person.as_ref().filter(|person| self.armoury.person(person).is_none()) {
            return Err(format!("present it for {person}: there is no such person in the book"));
        }
        // Whoever types stands there too, unless they draw it themselves.
        let mut stand = by.witness.iter().chain(&by.person);
        let witness = stand.find(|second| Some(*second) != shown.person.as_ref()).cloned();
        Ok(Request {
            item,
            bearer: shown.person.clone().map_or(Bearer::None, Bearer::Known),
            witness,
            mode: shown.mode,
            read_point: None,
            evidence: vec![Evidence { road: Road::Typed, value, ..Evidence::default() }],
            too_soon: false,
            purpose: shown.purpose,
            by: Some(by),
        })
    }

    /// Which weapon was typed. Nothing is guessed: a serial that two weapons carry is asked for by number (W-2).
    fn item(&self, shown: &Presented) -> Result<(Item, String), String> {
        let of = |id: WeaponId| Item::Weapon { id, by_tag: false, by_mark: false, chip: Chip::Unopposed };
        match (&shown.weapon, &shown.serial) {
            (Some(id), None) if self.armoury.weapon(id).is_some() => Ok((of(id.clone()), id.to_string())),
            (Some(id), None) => Err(format!("present {id}: it is not in the book")),
            (None, Some(typed)) => {
                let typed = typed.trim();
                if typed.is_empty() || typed.len() > SERIAL_MAX_BYTES {
                    return Err(format!("present a serial: give 1 to {SERIAL_MAX_BYTES} letters"));
                }
                let wanted = serial::search_form(typed);
                let same = |holding: &&Holding| {
                    holding
                        .weapon
                        .serial
                        .as_deref()
                        .is_some_and(|marked| serial::search_form(marked) == wanted)
                };
                let found: Vec<&WeaponId> =
                    self.armoury.weapons().filter(same).map(|holding| &holding.weapon.id).collect();
                match found[..] {
                    [] => Ok((Item::UnknownMark, typed.to_owned())),
                    [id] => Ok((of(id.clone()), typed.to_owned())),
                    _ => {
                        let ids: Vec<&str> = found.iter().take(8).map(|id| id.as_str()).collect();
                        Err(format!(
                            "present serial {typed}: {} weapons carry it; name one with --id: {}",
                            found.len(),
                            ids.join(", ")
                        ))
                    }
                }
            }
            _ => Err("present a weapon: name it by its number or by its serial".into()),
        }
    }

    fn typist(&self, caller: Caller, shown: &Presented, at: Moment) -> Result<By, String> {
        let needs = Needs { allowed: TYPISTS, pin_free: false };
        sign_as(&self.armoury, needs, &shown.sign, (caller.role, caller.user), at).map_err(|denied| denied.0)
    }

    /// The answer in words, for whoever typed.
    fn told(&self, seq: Seq, desk: &DeskEvent, before: Option<&Holding>) -> Value {
        let words = words::for_desk(desk, before, &self.armoury, &self.roster);
        json!({
            "first": seq, "last": seq, "entries": 1,
            "kind": desk.kind.word(), "verdict": desk.kind.verdict(), "reason": desk.reason,
            "weapon": desk.weapon, "person": desk.person, "why": words.why, "now": words.now,
            "due": desk.due_wall_ms.map(crate::domain::moment::rfc3339),
            "paper": desk.paper.map(|paper| paper.word()),
        })
    }
}

/// The weapon a request is about, as it stands now.
fn holding_of(armoury: &Armoury, request: &Request) -> Option<Holding> {
    let Item::Weapon { id, .. } = &request.item else { return None };
    armoury.weapon(id).cloned()
}
