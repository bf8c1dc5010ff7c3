//! The picture of a running station: what every screen shows and `armoury status --json` prints.
//!
//! Plain values, already in words where words were decided; a screen adds layout and colour, nothing else.

use serde::{Deserialize, Serialize};

use super::input::{CameraFigures, ReaderFigures};
use crate::domain::armoury::Counts;
use crate::domain::book::count::Figures;
use crate::domain::{Mode, Practice, Reason, Seq, Standing, Verdict};

/// One picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The station itself.
    pub station: StationView,
    /// What the desk says now.
    pub desk: DeskView,
    /// STOP and ASK that something newer pushed aside; they stay until handled. Newest first.
    pub held: Vec<Recent>,
    /// The last presentations, newest first.
    pub recent: Vec<Recent>,
    /// How many weapons are where; all 0 while a blind count is open.
    pub counts: Counts,
    /// What needs action, newest first.
    pub alarms: Vec<Alarm>,
    /// Readers, cameras, scanners, panel.
    pub devices: Vec<Device>,
    /// The road to headquarters.
    pub sync: SyncView,
    /// What the readers told, and the queue in which it waits.
    pub inbox: InboxView,
    /// The record store.
    pub store: StoreView,
    /// How many screens are attached.
    pub watchers: u32,
    /// The count that was opened last, while it is open.
    #[serde(default)]
    pub count: Option<CountView>,
}

/// A count in progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountView {
    /// Its number.
    pub seq: Seq,
    /// The word for its kind.
    pub kind: String,
    /// Only this rack; empty for the whole room.
    pub rack: String,
    /// When it began, wall milliseconds.
    pub opened_wall_ms: i64,
    /// Who counts.
    pub counter: String,
    /// How many weapons were seen.
    pub seen: u32,
    /// The figures; none of a blind count.
    pub figures: Option<Figures>,
    /// What is still to be found, with its home; the first of them, and none of a blind count.
    pub to_find: Vec<String>,
    /// What should not be there, with why; the first of them.
    pub extras: Vec<String>,
    /// How many of the sample are still to be touched or shown to a camera.
    pub to_touch: u32,
}

/// The station.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StationView {
    /// Its name.
    pub id: String,
    /// Live or exercise.
    pub practice: Practice,
    /// Program version.
    pub version: String,
    /// Direction at the desk.
    pub mode: Mode,
    /// Wall clock of the picture, milliseconds since 1970 UTC.
    pub wall_ms: i64,
    /// Word for how far the clock can be believed.
    pub clock: String,
    /// Milliseconds since the station started.
    pub up_ms: u64,
    /// What the next draws are for, where that is not duty ("RANGE").
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// The stand-to that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_to: Option<StandToView>,
}

/// A stand-to that lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandToView {
    /// The entry that began it.
    pub seq: Seq,
    /// Who answers for it.
    pub authority: String,
    /// When everything is to be reconciled, wall milliseconds.
    pub until_wall_ms: i64,
    /// Weapons that left in it.
    pub left: u32,
    /// Of these, neither signed for nor back.
    pub open: u32,
}

/// The desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeskView {
    /// The word.
    pub verdict: Verdict,
    /// The reason behind it, as in the entry.
    pub reason: Option<Reason>,
    /// The items it is about; more than one are shown as "3 ITEMS" with a line each.
    pub items: Vec<ItemView>,
    /// Who.
    pub person: Option<PersonView>,
    /// Why, one sentence; empty when there is nothing to explain.
    pub why: String,
    /// What to do now, one sentence.
    pub now: String,
    /// A code for the telephone, such as `E-SCAN-21`.
    pub code: String,
    /// The entry behind it; none for a prompt.
    pub seq: Option<Seq>,
    /// Wall milliseconds until which it stands; none: until somebody acts or something newer comes.
    pub until_wall_ms: Option<i64>,
    /// Whether it stays until somebody acts (STOP, ASK).
    pub stays: bool,
    /// At which lane, where the hatch has several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lane: String,
}

/// A weapon on the screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemView {
    /// Its number, or the end of an unknown code.
    pub id: String,
    /// Model.
    pub model: String,
    /// Serial as marked.
    pub serial: String,
    /// Home, "B-12".
    pub home: String,
    /// Its own verdict where several are shown.
    pub verdict: Verdict,
    /// Due back, wall milliseconds.
    pub due_wall_ms: Option<i64>,
    /// What it left for and on which paper, where that is to be said ("range, hand receipt").
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub terms: String,
}

/// A person on the screen: rank and surname, never more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonView {
    /// Rank.
    pub rank: String,
    /// Surname, as screens show it.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Weapons they hold now.
    pub holds: u32,
}

/// One line of the recent list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    /// The entry.
    pub seq: Seq,
    /// Wall milliseconds.
    pub wall_ms: i64,
    /// The word.
    pub verdict: Verdict,
    /// The item, short.
    pub item: String,
    /// Rank and name.
    pub person: String,
    /// Where and how, or why not.
    pub note: String,
}

/// Something that asks for action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Number within this run, to acknowledge it by.
    pub id: u64,
    /// 1 loudest to 3.
    pub priority: u8,
    /// NEW, ACKED, CLEARED.
    pub state: AlarmState,
    /// Since when, wall milliseconds.
    pub since_wall_ms: i64,
    /// What.
    pub what: String,
    /// First step.
    pub first_step: String,
}

/// How far an alarm has been dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AlarmState {
    /// Nobody has acknowledged it.
    New,
    /// Somebody has.
    Acked,
    /// Gone, but nobody has acknowledged it.
    Cleared,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Its name in the configuration.
    pub name: String,
    /// `reader`, `camera`, `scanner`, `panel`.
    pub kind: String,
    /// `ok`, `SILENT`, `starting`, `off`.
    pub state: String,
    /// The one number that matters, and what is known.
    pub detail: String,
    /// What is to be known and mended, a sentence each: settings it does not take, antennas that are missing or ill, and
    /// what it warned of a moment ago.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Wall milliseconds of the last sign of life.
    pub last_sign_wall_ms: Option<i64>,
    /// How a reader's line is doing, while it works.
    pub figures: Option<ReaderFigures>,
    /// How a camera is doing, while it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraFigures>,
}

/// Tag reads, and the queue in which everything waits for its turn. Counts are since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxView {
    /// Reads taken from it.
    pub reads_taken: u64,
    /// Reads dropped because too much waited already.
    pub reads_dropped: u64,
    /// Reads taken whose code can be no tag's: empty, too short or long, or not as long as the tag says.
    pub reads_refused: u64,
    /// Reads taken of tags that were not followed, because too many others were.
    pub reads_not_followed: u64,
    /// Inputs that wait now.
    pub waiting: u64,
    /// The most that ever waited.
    pub longest: u64,
    /// How many could.
    pub room: u64,
}

/// The road to headquarters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncView {
    /// `off` (no headquarters configured), `ok`, `down`, `fork`, `refused`.
    pub state: String,
    /// What is known about it.
    pub detail: String,
    /// Entries headquarters does not hold yet.
    pub waiting: u64,
    /// The last entry headquarters has signed for.
    pub acknowledged: Seq,
    /// Wall milliseconds of the last receipt.
    pub last_receipt_wall_ms: Option<i64>,
    /// Wall milliseconds since when the road is down.
    pub down_since_wall_ms: Option<i64>,
}

/// The record store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreView {
    /// `ok`, `full`, `broken`.
    pub state: String,
    /// What is known about it.
    pub detail: String,
    /// The last entry.
    pub head: Seq,
    /// Its hash, hex.
    pub head_hash: String,
}

/// One slot of a rack, or a weapon that hangs where none is its own: what is in it, else who has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RackSlot {
    /// Rack; empty where the weapon has no home.
    pub rack: String,
    /// Slot.
    pub slot: String,
    /// The weapon whose home it is.
    pub weapon: String,
    /// Its model.
    pub model: String,
    /// What may be done with it.
    pub standing: Standing,
    /// `there`, `probably`, `not_seen`, `wrong_place`, `should_not_be_here`, `out`, `no_tag`; by the book alone `in` or
    /// `out`.
    pub state: String,
    /// Where it hangs, or hung last.
    pub place: Option<String>,
    /// For how long it has not been heard, s.
    pub silent_s: Option<u64>,
    /// Why its silence proves nothing.
    pub doubt: Option<String>,
    /// The card that hangs on the slot while it is out.
    pub card: Option<CardView>,
}

/// A weapon card: who has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardView {
    /// The person's key.
    pub person: String,
    /// Rank and name.
    pub name: String,
    /// When it was issued, wall milliseconds.
    pub since_wall_ms: i64,
    /// When it is due back, wall milliseconds.
    pub due_wall_ms: Option<i64>,
    /// The entry that issued it.
    pub seq: Seq,
}
