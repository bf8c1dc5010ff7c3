//! The desk: badge then weapons, weapons then badge, several weapons at once, tag and mark of one weapon.
//!
//! What is shown waits until the desk knows enough to ask, at most for the window; then exactly one request leaves
//! for it (`desk/ask.rs`). A weapon acts once per showing: it is *spent* until everything of it has left the view,
//! and a change of mode spends whatever lies there.

mod ask;
mod commission;
mod counter;
mod pending;
mod tags;

use std::collections::{BTreeMap, VecDeque};

use commission::Commission;
pub use commission::{Shown, Thing, Wanted};
use counter::Counter;
use pending::{Pending, Seen};

use super::CodeReading;
use super::card::{Card, UnknownCard};
use super::flood::Flood;
use super::presence::Appeared;
use super::session::Session;
use super::slot::Slot;
use super::subject::{Book, Subject};
use super::view::{Key, WeaponsInView};
use crate::domain::roster::Spent;
use crate::domain::{
    Bearer, DeskKind, Evidence, Item, Mode, PersonId, ReadPoint, Request, Road, Seq, WeaponId,
};
use crate::identity::{MarkId, TagId};

/// A code not seen for so long has left the view, ms.
pub const CODE_LEAVE_MS: u64 = 2_000;

/// Most codes followed at once, apart from those in the book.
const CODES_MAX: usize = 256;

/// Most bytes of a code kept in an entry. A QR code holds up to 7,089 digits; the longest mark of a weapon is far
/// below this, and an entry has a largest size.
const VALUE_MAX_BYTES: usize = 256;

/// The desk's own settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeskSettings {
    /// The direction at start.
    pub mode: Mode,
    /// How long the desk waits for what is missing, ms.
    pub window_ms: u64,
    /// A weapon that acted may not act the other way again for so long, ms.
    pub dead_time_ms: u64,
}

/// What the desk asks its owner to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Decide, write, show.
    Decide(Box<Request>),
    /// A command card was shown.
    Card(Card),
    /// A card nobody knows, or one shown beside a weapon.
    CardRefused(String),
    /// A badge that is reported lost was shown.
    LostBadge(Spent),
    /// A weapon that is out lay there when the station started: nobody brought it now, so it is not taken in.
    LiesThere(WeaponId, TagId),
}

/// What the desk waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// A badge for this weapon.
    Badge(WeaponId),
    /// Only one badge in view.
    OneBadge(WeaponId),
    /// The mark of this weapon.
    Mark(WeaponId),
    /// The tag of this weapon.
    Tag(WeaponId),
    /// A second person.
    Witness(WeaponId),
    /// Somebody stands there; a weapon.
    Weapon(PersonId),
}

/// The desk.
#[derive(Debug)]
pub struct Desk {
    settings: DeskSettings,
    mode: Mode,
    session: Session,
    pending: VecDeque<Pending>,
    weapons: WeaponsInView,
    codes: BTreeMap<MarkId, Code>,
    moved_ms: BTreeMap<WeaponId, u64>,
    flood: Flood,
    commission: Commission,
    counter: Counter,
}

/// A code in view.
#[derive(Debug)]
struct Code {
    seen_ms: u64,
    of_weapon: bool,
}

impl Desk {
    /// An empty desk.
    pub fn new(settings: DeskSettings) -> Self {
        Self {
            settings,
            mode: settings.mode,
            session: Session::new(settings.window_ms),
            pending: VecDeque::new(),
            weapons: WeaponsInView::default(),
            codes: BTreeMap::new(),
            moved_ms: BTreeMap::new(),
            flood: Flood::default(),
            commission: Commission::default(),
            counter: Counter::default(),
        }
    }

    /// The direction in force.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether somebody stands there with a badge that counts.
    pub fn is_attended(&self, now_ms: u64) -> bool {
        self.session.bearer(now_ms) != Bearer::None
    }

    /// Changes the bound on unknown things for another: the lanes of one hatch have one together.
    pub(super) fn lend(&mut self, flood: &mut Flood) {
        std::mem::swap(&mut self.flood, flood);
    }

    /// Changes the direction. Whatever lies on the pad is spent: it acts again only after it left. What waits is
    /// answered first, by [`Desk::answer_all`], in the direction in which it was shown.
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
        self.weapons.spend_all();
    }

    /// Forgets whose badges were shown. What waits for one is answered first, by [`Desk::answer_all`].
    pub fn cancel(&mut self) {
        self.session.forget();
        self.counter.forget();
    }

    /// The answer about a weapon is written: whoever stands there is served, and if custody moved, the weapon's dead
    /// time begins. After "show it again" everybody stays where they are.
    pub fn answered(&mut self, weapon: &WeaponId, kind: DeskKind, seq: Seq, now_ms: u64) {
        if kind.moves_custody() {
            self.moved(weapon, now_ms);
        }
        self.counter.answered(weapon, kind, seq, now_ms);
        if kind != DeskKind::Unclear {
            self.session.answered(now_ms);
        }
    }

    /// Custody of the weapon moved, here or at another lane.
    pub fn moved(&mut self, weapon: &WeaponId, now_ms: u64) {
        let dead_time_ms = self.settings.dead_time_ms;
        self.moved_ms.retain(|_, at_ms| now_ms.saturating_sub(*at_ms) < dead_time_ms);
        self.moved_ms.insert(weapon.clone(), now_ms);
    }

    /// Whether the weapon is in view here, or waits here for its answer.
    pub fn concerns(&self, weapon: &WeaponId) -> bool {
        self.weapons.has(weapon) || self.pending.iter().any(|pending| pending.weapon == *weapon)
    }

    /// A tag went out of view.
    pub fn tag_left(&mut self, tag: &TagId, now_ms: u64) {
        self.out_of_view(&Key::Tag(tag.clone()), now_ms);
    }

    /// A camera or a scanner sees a code; called as long as it does.
    pub fn code(&mut self, book: Book<'_>, reading: &CodeReading, now_ms: u64) -> Vec<Act> {
        let mut acts = self.tick(book, now_ms);
        let mark = MarkId::from_bytes(&reading.bytes);
        if let Some(code) = self.codes.get_mut(&mark) {
            code.seen_ms = now_ms;
            return acts;
        }
        let subject = book.of_mark(&mark);
        let known = matches!(subject, Subject::Badge(_) | Subject::Weapon(..));
        if !known && self.codes.len() >= CODES_MAX {
            // Not followed, so it would be answered anew with every picture.
            return acts;
        }
        let of_weapon = matches!(subject, Subject::Weapon(..));
        self.codes.insert(mark.clone(), Code { seen_ms: now_ms, of_weapon });
        if !known && Slot::from_text(&reading.text).is_some() {
            return acts;
        }
        let card = if known { None } else { Card::from_text(&reading.text) };
        acts.extend(match card {
            Some(card) => vec![self.card(card)],
            None => self.code_shown(book, subject, mark, reading, now_ms),
        });
        acts
    }

    /// Time passed.
    pub fn tick(&mut self, book: Book<'_>, now_ms: u64) -> Vec<Act> {
        let gone = |code: &Code| now_ms.saturating_sub(code.seen_ms) >= CODE_LEAVE_MS;
        let left: Vec<MarkId> =
            self.codes.iter().filter(|(_, code)| gone(code)).map(|(mark, _)| mark.clone()).collect();
        for mark in left {
            self.codes.remove(&mark);
            self.out_of_view(&Key::Mark(mark), now_ms);
        }
        self.ask(book, now_ms)
    }

    /// A code that is no card.
    fn code_shown(
        &mut self,
        book: Book<'_>,
        subject: Subject,
        mark: MarkId,
        reading: &CodeReading,
        now_ms: u64,
    ) -> Vec<Act> {
        let read_point = reading.read_point.clone();
        let evidence = Evidence {
            road: Road::Mark,
            value: shortened(&reading.text),
            read_point: Some(read_point.clone()),
            ..Evidence::default()
        };
        let code = reading;
        let reading = Reading { key: Key::Mark(mark), read_point, evidence };
        if self.lay_mark_aside(&subject, code, &reading, now_ms) {
            return Vec::new();
        }
        match subject {
            Subject::Badge(person) => self.badge(book, &person, reading, Road::BadgeMark, now_ms),
            Subject::Weapon(weapon, _) => {
                if self.weapons.first_mark(&weapon)
                    && let Some(lying) = book.resting(&weapon)
                    && let Subject::Weapon(_, chip) = book.of_tag(&lying)
                {
                    // Its tag lies there and does not act, but now somebody holds its mark before the lens.
                    self.weapons.revive(&weapon);
                    self.join(&weapon, Seen::by_tag(&lying, chip), Reading::of_tag(&lying), now_ms);
                }
                let seen = Seen { by_mark: true, ..Seen::default() };
                self.weapon(book, &weapon, seen, reading, now_ms)
            }
            Subject::SpentBadge(badge) => self.spent_badge(badge, reading, Road::BadgeMark, now_ms),
            Subject::UnknownBadge => self.stranger(reading, Road::BadgeMark, now_ms),
            Subject::Retired(id) => self.unknown(Item::Retired { id }, reading, now_ms),
            Subject::Unknown => self.unknown(Item::UnknownMark, reading, now_ms),
        }
    }

    /// Cards work only when no weapon is in the camera's view: a sheet of cards must not act behind a rifle.
    fn card(&self, card: Result<Card, UnknownCard>) -> Act {
        match card {
            Err(unknown) => Act::CardRefused(unknown.to_string()),
            Ok(_) if self.codes.values().any(|code| code.of_weapon) => {
                Act::CardRefused("take the card: a weapon is in view; show the card alone".into())
            }
            Ok(card) => Act::Card(card),
        }
    }

    fn badge(
        &mut self,
        book: Book<'_>,
        person: &PersonId,
        reading: Reading,
        road: Road,
        now_ms: u64,
    ) -> Vec<Act> {
        let Reading { key, evidence, .. } = reading.hidden(road);
        self.counter.badge(person, now_ms);
        self.session.show(book, person, key, evidence, now_ms);
        self.ask(book, now_ms)
    }

    /// Something of `weapon` came into view: it joins what waits for it, unless the weapon is spent.
    fn weapon(
        &mut self,
        book: Book<'_>,
        weapon: &WeaponId,
        seen: Seen,
        reading: Reading,
        now_ms: u64,
    ) -> Vec<Act> {
        self.join(weapon, seen, reading, now_ms);
        self.ask(book, now_ms)
    }

    fn join(&mut self, weapon: &WeaponId, seen: Seen, reading: Reading, now_ms: u64) {
        if self.weapons.show(weapon, reading.key) {
            let place = self.pending.iter().position(|pending| pending.weapon == *weapon);
            let place = place.unwrap_or_else(|| {
                self.pending.push_back(Pending::new(weapon, reading.read_point, now_ms));
                self.pending.len() - 1
            });
            if let Some(pending) = self.pending.get_mut(place) {
                pending.add(seen, reading.evidence);
            }
        }
    }

    /// A badge that is not in the book, and with it somebody nobody knows.
    fn stranger(&mut self, reading: Reading, road: Road, now_ms: u64) -> Vec<Act> {
        self.session.stranger();
        self.unknown(Item::UnknownBadge, reading.hidden(road), now_ms)
    }

    /// A badge that opens nothing any more. It is as good as one nobody knows, but a lost one is news.
    fn spent_badge(&mut self, badge: Spent, reading: Reading, road: Road, now_ms: u64) -> Vec<Act> {
        let mut acts = self.stranger(reading, road, now_ms);
        if badge.lost && !acts.is_empty() {
            acts.push(Act::LostBadge(badge));
        }
        acts
    }

    /// An unknown thing is answered at once: there is nothing to wait for.
    fn unknown(&mut self, item: Item, reading: Reading, now_ms: u64) -> Vec<Act> {
        if !self.flood.admits(now_ms) {
            return Vec::new();
        }
        vec![Act::Decide(Box::new(self.request(item, reading, now_ms)))]
    }

    fn out_of_view(&mut self, key: &Key, now_ms: u64) {
        self.session.left(key, now_ms);
        self.weapons.hide(key);
    }
}

/// Something that was read, and where.
#[derive(Debug)]
struct Reading {
    key: Key,
    read_point: ReadPoint,
    evidence: Evidence,
}

impl Reading {
    fn of_tag(appeared: &Appeared) -> Self {
        let tid = appeared.other_tid.as_deref().or(appeared.tid.as_deref());
        let evidence = Evidence {
            road: Road::Tag,
            value: crate::identity::epc::hex(&appeared.epc),
            tid: tid.map(crate::identity::epc::hex),
            antenna: Some(appeared.antenna),
            rssi_dbm: appeared.rssi_dbm,
            reads: Some(appeared.reads),
            read_point: Some(appeared.read_point.clone()),
            gap_ms: appeared.gap_ms,
        };
        let key = Key::Tag(appeared.tag.clone());
        Self { key, read_point: appeared.read_point.clone(), evidence }
    }

    /// A badge is personal: an entry keeps only its last four characters, enough to find a wrongly enrolled one.
    fn hidden(mut self, road: Road) -> Self {
        self.evidence.value = match &self.key {
            // Not of the bytes: they often end in padding.
            Key::Tag(tag) => tag.tail(),
            Key::Mark(_) => {
                let tail: Vec<char> = self.evidence.value.chars().rev().take(4).collect();
                tail.into_iter().rev().collect()
            }
        };
        self.evidence.tid = None;
        self.evidence.road = road;
        self
    }
}

/// The text as an entry keeps it.
fn shortened(text: &str) -> String {
    if text.len() <= VALUE_MAX_BYTES {
        return text.to_owned();
    }
    let fits = |(start, letter): &(usize, char)| start + letter.len_utf8() <= VALUE_MAX_BYTES;
    let head: String = text.char_indices().take_while(fits).map(|(_, letter)| letter).collect();
    format!("{head}…")
}
