//! Counts at the running station: readers that listen for one, and marks that count while somebody holds one weapon
//! after the other before a lens. The desk stays quiet about both; whoever shows a badge is served as ever.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::acts::drafts;
use super::clerk::{Clerk, book};
use super::keeper::{Caller, Keeper};
use super::protocol::{Ask, Outcome};
use super::view::CountView;
use crate::domain::book::{self, Act, By, Context, Denied, Sign, count};
use crate::domain::{Custody, Moment, ReadPoint, Seq, WeaponId};
use crate::identity::{MarkId, epc};
use crate::scan::CodeReading;
use crate::scan::presence::{Absence, Appeared, News};
use crate::scan::subject::Subject;

/// Shortest and longest time for which readers listen on one ask, ms: whoever asks waits for the answer.
const LISTEN_MS: std::ops::RangeInclusive<u64> = 1_000..=30_000;

/// How often what was heard is taken over, ms.
const TAKE_EVERY_MS: u64 = 1_000;

/// For so many weapons that were not heard it is asked whether the silence can be believed. They share their antennas:
/// more would say the same.
const ASKED_MAX: usize = 64;

/// Most lines of a list in the picture.
const SHOWN_MAX: usize = 100;

/// Readers that listen for a count.
#[derive(Debug)]
pub(super) struct Listening {
    count: Seq,
    act: Act,
    sign: Sign,
    caller: Caller,
    command: Option<Uuid>,
    reply: Option<oneshot::Sender<Outcome>>,
    reader: Option<String>,
    since_ms: u64,
    until_ms: u64,
    taken_ms: u64,
    /// Codes that were taken over already.
    codes: HashSet<Vec<u8>>,
    weapons: BTreeSet<WeaponId>,
    copies: BTreeSet<WeaponId>,
    strangers: BTreeSet<String>,
}

impl Listening {
    fn take(&mut self, subject: Subject, appeared: &Appeared) {
        match subject {
            Subject::Weapon(weapon, crate::domain::Chip::Foreign) => {
                self.copies.insert(weapon);
            }
            Subject::Weapon(weapon, _) => {
                self.weapons.insert(weapon);
            }
            // A tag that was taken off a weapon is evidence of no weapon.
            Subject::Unknown | Subject::Retired(_) => {
                self.strangers.insert(epc::hex(&appeared.epc));
            }
            Subject::Badge(_) | Subject::UnknownBadge | Subject::SpentBadge(_) => {}
        }
    }
}

impl Clerk {
    /// Begins to listen; the answer comes when the time is over and what was heard is entered. Gives back an ask that
    /// is about something else.
    pub(super) fn listen(
        &mut self,
        (command, caller): (Option<Uuid>, Caller),
        what: Ask,
        reply: Option<oneshot::Sender<Outcome>>,
        at: Moment,
    ) -> Option<(Ask, Option<oneshot::Sender<Outcome>>)> {
        let Ask::Act { act, sign } = what else { return Some((what, reply)) };
        let Act::Count(count::Act::Sweep { count, reader, ms }) = &*act else {
            return Some((Ask::Act { act, sign }, reply));
        };
        let (count, reader, ms) = (*count, reader.clone(), *ms);
        match self.keeper.done_before(command) {
            Ok(None) => {}
            Ok(Some(done)) => {
                super::asks::answer(reply, Ok(done));
                return None;
            }
            Err(why) => {
                super::asks::answer(reply, Err(why));
                return None;
            }
        }
        let checked = self.may_listen(caller, (&act, &sign), (count, reader.as_deref(), ms), at);
        match checked {
            Err(why) => super::asks::answer(reply, Err(why)),
            Ok(count) => {
                self.listening = Some(Listening {
                    count,
                    act: *act,
                    sign,
                    caller,
                    command,
                    reply,
                    reader,
                    since_ms: at.mono_ms,
                    until_ms: at.mono_ms.saturating_add(ms),
                    taken_ms: at.mono_ms,
                    codes: HashSet::new(),
                    weapons: BTreeSet::new(),
                    copies: BTreeSet::new(),
                    strangers: BTreeSet::new(),
                });
            }
        }
        None
    }

    fn may_listen(
        &self,
        caller: Caller,
        (act, sign): (&Act, &Sign),
        (count, reader, ms): (Option<Seq>, Option<&str>, u64),
        at: Moment,
    ) -> Result<Seq, String> {
        if !LISTEN_MS.contains(&ms) {
            return Err("let the readers listen: for 1 to 30 seconds at a time".to_owned());
        }
        if self.listening.is_some() {
            return Err("let the readers listen: they do already; ask again when they have done".to_owned());
        }
        if let Some(reader) = reader
            && !self.presence.knows_reader(reader)
            && !self.watch.presence().knows_reader(reader)
        {
            return Err(format!("let {reader} listen: there is no reader of that name"));
        }
        let may = |by: By| {
            let context = Context { armoury: &self.keeper.armoury, by: &by, now: at, head: [0; 32] };
            count::may_sweep(context, count)
        };
        self.keeper.signed(caller, act, sign, at).and_then(may).map_err(|denied| denied.0)
    }

    /// Takes over what is heard; at the end of the time it is entered.
    pub(super) fn look_at_listening(&mut self, at: Moment) {
        let Some(mut listening) = self.listening.take() else { return };
        let over = at.mono_ms >= listening.until_ms;
        if over || at.mono_ms.saturating_sub(listening.taken_ms) >= TAKE_EVERY_MS {
            listening.taken_ms = at.mono_ms;
            let book = book(&self.keeper, &self.presence);
            let reader = listening.reader.as_deref();
            // The antennas at the racks hear most of what is counted.
            let mut heard = self.presence.heard_since(reader, listening.since_ms, &listening.codes);
            heard.extend(self.watch.presence().heard_since(reader, listening.since_ms, &listening.codes));
            for appeared in heard {
                listening.codes.insert(appeared.epc.clone());
                listening.take(book.of_tag(&appeared), &appeared);
            }
        }
        if !over {
            self.listening = Some(listening);
            return;
        }
        let doubt = self.doubt(&listening, at);
        let outcome = self.keeper.enter_heard(&mut listening, doubt, at);
        self.outlets.head.send_replace(self.keeper.armoury.head);
        self.raise_alarms(at);
        super::asks::answer(listening.reply.take(), outcome);
    }

    /// The station ends: what was heard until now is entered.
    pub(super) fn stop_listening(&mut self, at: Moment) {
        if let Some(listening) = &mut self.listening {
            listening.until_ms = at.mono_ms;
        }
        self.look_at_listening(at);
    }

    /// Why the silence about what was not heard proves nothing, where it does not: what a reader that was away did not
    /// hear is not taken for absence.
    fn doubt(&self, listening: &Listening, at: Moment) -> Option<String> {
        let count = self.keeper.armoury.rooms.count.open.get(&listening.count)?;
        let unheard =
            count.items.iter().filter(|(id, item)| item.seen().is_none() && !listening.weapons.contains(*id));
        let tags = unheard.filter_map(|(id, _)| self.keeper.armoury.weapon(id)?.weapon.tag_ids().next());
        let doubts = tags.take(ASKED_MAX).filter_map(|tag| {
            let desk = self.presence.absence(&tag, at.mono_ms);
            match if self.watch.is_idle() { desk } else { self.watch.presence().absence(&tag, at.mono_ms) } {
                Absence::Doubted(why) => Some(why),
                Absence::Believed => None,
            }
        });
        doubts.min().map(|why| why.words().to_owned())
    }

    /// Whether news of a tag belongs to the count and not to the desk: somebody listens, and nobody stands there.
    pub(super) fn is_for_the_count(&self, news: &News, at: Moment) -> bool {
        let Some(listening) = &self.listening else { return false };
        let (News::Appeared(appeared) | News::Stirred(appeared) | News::Chip(appeared)) = news;
        if self.desks.is_attended(at.mono_ms)
            || !self.presence.is_heard_by(appeared, listening.reader.as_deref())
        {
            return false;
        }
        match book(&self.keeper, &self.presence).of_tag(appeared) {
            Subject::Weapon(weapon, _) => self.lies_here(&weapon),
            Subject::Unknown => true,
            Subject::Badge(_) | Subject::UnknownBadge | Subject::SpentBadge(_) | Subject::Retired(_) => false,
        }
    }

    /// Takes a mark for the count where marks count, the weapon is in and nobody stands at the desk.
    pub(super) fn mark_counts(&mut self, reading: &CodeReading, at: Moment) -> bool {
        let armoury = &self.keeper.armoury;
        let Some((seq, read_point)) = armoury.rooms.count.scanning.clone() else { return false };
        let here = read_point.is_none_or(|place| reading.read_point == ReadPoint::new(place));
        let mark = MarkId::from_bytes(&reading.bytes);
        let Some(weapon) = armoury.weapon_by_mark(&mark).cloned() else { return false };
        if !here || self.desks.is_attended(at.mono_ms) || !self.lies_here(&weapon) {
            return false;
        }
        let facts = count::seen_by_mark(armoury, seq, &weapon);
        if facts.is_empty() {
            return true;
        }
        let counter = armoury.rooms.count.open.get(&seq).and_then(|count| count.counter.clone());
        let by = By { person: counter, ..By::station() };
        match self.keeper.enter(None, drafts(&by, facts), at) {
            Ok(_) => self.board.notice(&format!("{weapon} is counted."), at),
            Err(why) => self.board.notice(&format!("{weapon} is not counted: {why}"), at),
        }
        self.outlets.head.send_replace(self.keeper.armoury.head);
        self.raise_alarms(at);
        true
    }

    /// The card COUNT: marks count, or no longer.
    pub(super) fn turn_scanning(&mut self, at: Moment) {
        let state = &self.keeper.armoury.rooms.count;
        let on = state.scanning.is_none();
        let found = match &state.scanning {
            Some((seq, _)) => Ok(*seq),
            None => count::open_count(state, None).map(|(seq, _)| seq).map_err(|denied| denied.0),
        };
        let set = found.and_then(|count| {
            let fact = count::Fact::ScanSet { count, on, read_point: None };
            self.keeper.enter(None, drafts(&By::station(), vec![book::Fact::Count(fact)]), at)
        });
        let told = match set {
            Ok(_) if on => "Marks count now. Hold one weapon after the other before the lens.".to_owned(),
            Ok(_) => "Marks no longer count.".to_owned(),
            Err(why) => format!("The card does nothing: {why}"),
        };
        self.board.notice(&told, at);
        self.outlets.head.send_replace(self.keeper.armoury.head);
    }

    /// The picture of the count that was opened last. Of a blind one it holds neither number nor list (C-4).
    pub(super) fn show_count(&mut self) {
        let (armoury, roster) = (&self.keeper.armoury, &self.keeper.roster);
        let hidden = armoury.rooms.count.open.values().any(|count| count.blind);
        let newest = armoury.rooms.count.open.iter().next_back();
        let shown = newest.map(|(seq, count)| {
            let outcome = (!hidden).then(|| count.compare(armoury, *seq));
            let line = |id: &WeaponId| {
                let weapon = armoury.weapon(id).map(|holding| &holding.weapon);
                let home = weapon.and_then(|weapon| Some((weapon.rack.as_ref()?, weapon.slot.as_ref()?)));
                home.map_or_else(|| id.to_string(), |(rack, slot)| format!("{id:<10} {rack}-{slot}"))
            };
            let extra = |what: &String| {
                let kind = count.extras.get(what).map_or("", |extra| extra.kind.word());
                format!("{what:<10} {kind}")
            };
            let first = |outcome: &count::Outcome| {
                let to_find = outcome.missing.iter().take(SHOWN_MAX).map(line).collect();
                let extras = outcome.extras.iter().take(SHOWN_MAX).map(extra).collect();
                (to_find, extras, outcome.unsampled.len())
            };
            let (to_find, extras, to_touch) = outcome.as_ref().map(first).unwrap_or_default();
            CountView {
                seq: *seq,
                kind: count.kind.word().to_owned(),
                rack: count.rack.clone().unwrap_or_default(),
                opened_wall_ms: count.opened.wall_ms,
                counter: count.counter.as_ref().map_or_else(String::new, |id| roster.call(id)),
                seen: u32::try_from(count.seen()).unwrap_or(u32::MAX),
                figures: outcome.map(|outcome| outcome.figures),
                to_find,
                extras,
                to_touch: u32::try_from(to_touch).unwrap_or(u32::MAX),
            }
        });
        self.board.view_mut().count = shown;
    }

    fn lies_here(&self, weapon: &WeaponId) -> bool {
        self.keeper.armoury.weapon(weapon).is_some_and(|holding| holding.custody == Custody::In)
    }
}

impl Keeper {
    /// Enters what was heard, on the word of whoever asked.
    fn enter_heard(
        &mut self,
        listening: &mut Listening,
        doubt: Option<String>,
        at: Moment,
    ) -> Result<Value, String> {
        let by =
            self.signed(listening.caller, &listening.act, &listening.sign, at).map_err(|denied| denied.0)?;
        let sweep = count::Sweep {
            count: listening.count,
            reader: listening.reader.clone(),
            ms: at.mono_ms.saturating_sub(listening.since_ms),
            weapons: std::mem::take(&mut listening.weapons).into_iter().collect(),
            copies: std::mem::take(&mut listening.copies).into_iter().collect(),
            strangers: std::mem::take(&mut listening.strangers).into_iter().collect(),
            doubt,
        };
        let context = Context { armoury: &self.armoury, by: &by, now: at, head: [0; 32] };
        let facts = count::heard(context, &sweep).map_err(|denied: Denied| denied.0)?;
        self.enter(listening.command, drafts(&by, facts), at)
    }

    /// Draws samples from the hash of the entry that is last now: nobody knew it before.
    pub(super) fn draw_samples(&mut self, at: Moment) {
        let by = By::station();
        let head = self.store.ledger().head().1.0;
        let facts = count::follow(Context { armoury: &self.armoury, by: &by, now: at, head });
        if !facts.is_empty()
            && let Err(why) = self.enter(None, drafts(&by, facts), at)
        {
            tracing::error!("draw the sample of a count: {why}; it is tried again");
        }
    }
}
