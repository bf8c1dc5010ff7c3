//! The local socket: one JSON object a line, both ways.
//!
//! The client says hello first; the station answers with its own hello (version, and the role the kernel's word about
//! the peer's user id gives), then one full picture, then numbered changes. A gap in the numbers, or a wish, asks for
//! a fresh picture. Anything else a client may want is an [`Ask`] with a number of its own and gets one [`Answer`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::view::View;
use crate::domain::book::{Act, Sign};
use crate::domain::{Mode, Practice, Purpose, Role, Seq, Standing, Weapon, WeaponId};

/// Version of this protocol.
pub const PROTOCOL: u32 = 1;

/// Longest line a client may send, in bytes: an import of some ten thousand weapons fits.
pub const LINE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Longest line of a client that has not said hello, or may only look, in bytes.
pub const LOOKER_LINE_MAX_BYTES: usize = 4096;

/// From a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FromClient {
    /// First line.
    Hello {
        /// [`PROTOCOL`] of the client.
        protocol: u32,
        /// Wants the picture and its changes.
        #[serde(default)]
        watch: bool,
        /// Least time between two changes, milliseconds; the station has a floor of its own.
        #[serde(default)]
        pace_ms: u64,
    },
    /// A gap was noticed: send the whole picture again.
    Picture {},
    /// Do something.
    Ask {
        /// The client's number for it.
        id: u64,
        /// Random id of the operator's act, made before the first attempt and kept for retries.
        #[serde(default)]
        command: Option<Uuid>,
        /// What.
        #[serde(rename = "do")]
        what: Box<Ask>,
    },
}

/// From the station.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromStation {
    /// First line.
    Hello(Hello),
    /// The whole picture.
    Picture {
        /// Its number.
        n: u64,
        /// The picture.
        view: Box<View>,
    },
    /// Parts of the picture that are new.
    Change {
        /// Its number: the one before plus 1.
        n: u64,
        /// Top-level fields of [`View`] with their new values.
        set: Map<String, Value>,
    },
    /// To an [`Ask`].
    Answer(Answer),
    /// The station ends the connection.
    Goodbye {
        /// Why.
        why: String,
    },
}

/// The station introduces itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of the station.
    pub protocol: u32,
    /// Version of its program.
    pub version: String,
    /// Its name.
    pub station: String,
    /// Live or exercise.
    pub practice: Practice,
    /// What this client may do; none may only look.
    pub role: Option<Role>,
    /// A demonstration: [`Ask::Demo`] is understood.
    pub demo: bool,
}

/// What a client may ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// One picture.
    Status {},
    /// Set the direction at the desk.
    SetMode {
        /// To.
        mode: Mode,
    },
    /// A STOP or ASK has been dealt with.
    Handled {
        /// The entry behind it; none for one that could not be entered.
        seq: Option<Seq>,
    },
    /// Somebody has seen the alarm.
    Acknowledge {
        /// Its number.
        alarm: u64,
    },
    /// Lamp and buzzer, one after the other.
    TestPanel {},
    /// Register weapons, all or none.
    ImportWeapons {
        /// The records.
        weapons: Vec<Weapon>,
    },
    /// Register people, all or none.
    ImportPersons {
        /// The records, personal data included.
        persons: Vec<crate::ledger::people::Enrolment>,
    },
    /// A piece of a book too long for one line; nothing is entered yet.
    Stage {
        /// Random number of the book.
        book: Uuid,
        /// How many records came before this piece.
        after: usize,
        /// The piece.
        part: Part,
    },
    /// Enter a book that came in pieces, all or none.
    ImportStaged {
        /// Its number.
        book: Uuid,
        /// How many records it has.
        count: usize,
    },
    /// Enrol marks that were made for weapons, all or none.
    EnrolMarks {
        /// Which.
        marks: Vec<NewMark>,
    },
    /// Enrol printed badges for people who have none, all or none.
    EnrolBadges {
        /// Which.
        badges: Vec<NewBadge>,
    },
    /// Change a weapon's standing.
    SetStanding {
        /// Which.
        weapon: WeaponId,
        /// To.
        standing: Standing,
        /// On whose authority.
        authority: Option<String>,
    },
    /// Suspend a person, or lift it.
    Suspend {
        /// Who.
        person: crate::domain::PersonId,
        /// Whether they are.
        suspended: bool,
    },
    /// Replace the rules.
    SetPolicy {
        /// The new ones.
        policy: crate::domain::Policy,
    },
    /// Something of the book beside the desk.
    Act {
        /// What.
        act: Box<Act>,
        /// On whose word.
        #[serde(default)]
        sign: Sign,
    },
    /// Wait for the next unknown tag or mark that is shown at the desk, to bind it; it is not refused meanwhile.
    /// Answers with `epc` and `tid`, or with `mark`, with `read_point`, and with the entry's number.
    NextShown {
        /// Tags.
        tags: bool,
        /// Marks.
        marks: bool,
        /// Only at this place.
        #[serde(default)]
        read_point: Option<crate::domain::ReadPoint>,
        /// For how long, seconds.
        seconds: u32,
    },
    /// Every slot of the racks: what hangs in it, else who has it.
    Racks {},
    /// What the next draws are for.
    Choose {
        /// That.
        purpose: Purpose,
        /// At which lane; left out, the one of everything that is in none.
        #[serde(default)]
        lane: String,
    },
    /// A weapon presented by hand, where no device reads it: the same rules, marked as typed.
    Present(Box<Presented>),
    /// Send what waits to headquarters now.
    SyncNow {},
    /// Write an EPC to the one tag at a reader, and enrol it where it is for a weapon or a person.
    TagWrite {
        /// At which reader; may be left out where there is one.
        #[serde(default)]
        reader: Option<String>,
        /// The EPC in hex; left out, it is the one in the book.
        #[serde(default)]
        epc: Option<String>,
        /// For this weapon.
        #[serde(default)]
        weapon: Option<WeaponId>,
        /// As this person's badge.
        #[serde(default)]
        person: Option<crate::domain::PersonId>,
    },
    /// Set passwords on the one tag at a reader, and lock it.
    TagLock {
        /// At which reader; may be left out where there is one.
        #[serde(default)]
        reader: Option<String>,
    },
    /// Look what is set on the one tag at a reader.
    TagCheck {
        /// At which reader; may be left out where there is one.
        #[serde(default)]
        reader: Option<String>,
    },
    /// Say the passwords of a tag; that they were looked at is entered.
    TagPassword {
        /// Its EPC in hex.
        epc: String,
    },
    /// Begin to write down what goes over the line of a reader or scanner.
    CaptureStart {
        /// Which; left out, all of them.
        #[serde(default)]
        device: Option<String>,
        /// Into which new file, an absolute path; left out, one in the data folder.
        #[serde(default)]
        file: Option<std::path::PathBuf>,
    },
    /// End that.
    CaptureStop {
        /// Which; left out, all of them.
        #[serde(default)]
        device: Option<String>,
    },
    /// Begin for all of them where none runs, else end those that do.
    CaptureTurn {},
    /// Read with all there is for a moment.
    ReadNow {
        /// With which camera; left out, with all.
        #[serde(default)]
        camera: Option<String>,
    },
    /// What a camera sees, as characters.
    CameraPicture {
        /// Which; left out, the first by name.
        #[serde(default)]
        camera: Option<String>,
        /// Most characters a row; the station has a ceiling of its own.
        columns: u16,
        /// Most rows.
        rows: u16,
    },
    /// Play a part in the demonstration.
    Demo {
        /// Which.
        act: DemoAct,
    },
}

/// A weapon presented by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presented {
    /// Out or in.
    pub mode: Mode,
    /// Its number in the book.
    #[serde(default)]
    pub weapon: Option<WeaponId>,
    /// Its serial as marked.
    #[serde(default)]
    pub serial: Option<String>,
    /// Who draws it, or brings it.
    #[serde(default)]
    pub person: Option<crate::domain::PersonId>,
    /// What for.
    #[serde(default)]
    pub purpose: Purpose,
    /// Who types it, before whom.
    #[serde(default)]
    pub sign: Sign,
}

/// A piece of a register.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Weapons.
    Weapons(Vec<Weapon>),
    /// People, personal data included.
    Persons(Vec<crate::ledger::people::Enrolment>),
}

/// A mark for a weapon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMark {
    /// The weapon.
    pub weapon: WeaponId,
    /// What the mark says.
    pub text: String,
}

/// A printed badge for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewBadge {
    /// The person.
    pub person: crate::domain::PersonId,
    /// What the badge says.
    pub text: String,
}

/// What a person may do in the demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemoAct {
    /// The next soldier draws a weapon.
    Draw,
    /// Somebody brings theirs back.
    Return,
    /// Somebody tries what they may not.
    Wrong,
    /// The road to headquarters goes down, or up.
    Road,
    /// The left reader's cable is pulled, or put back.
    Cable,
    /// The soldiers act by themselves, or wait.
    Pause,
}

/// The answer to one [`Ask`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// The client's number.
    pub id: u64,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How an ask ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done; whatever is worth saying.
    Done(Value),
    /// Not done.
    Refused {
        /// Why, and what to do.
        why: String,
    },
}
