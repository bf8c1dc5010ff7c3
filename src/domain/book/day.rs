//! The day (armoury-practice C-9): it opens with the room as it was left and the movements that are expected, and
//! closes when every movement is reconciled; not with one open.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::discrepancy::said;
use super::{Alarm, Context, Denied, Fact as AnyFact, Stamp, count};
use crate::domain::armoury::{Armoury, Holding};
use crate::domain::ids::{PersonId, Seq, WeaponId};
use crate::domain::moment::Moment;
use crate::domain::person::Role;
use crate::domain::weapon::Custody;

const HOUR_MS: i64 = 3_600_000;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Open the day.
    Open {
        /// How room, seals and locks differ from how they were left; nothing where they do not.
        differs: Option<String>,
    },
    /// Close it.
    Close {},
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The day is open.
    #[n(0)]
    Opened {
        /// The entry that closed the last one.
        #[n(0)]
        since: Option<Seq>,
        /// Weapons in the room.
        #[n(1)]
        in_room: u32,
        /// SHA-256 over them: their numbers in order, each followed by a line feed.
        #[n(2)]
        #[cbor(with = "minicbor::bytes")]
        #[serde(with = "crate::domain::book::hex32")]
        digest: [u8; 32],
        /// Weapons that moved since the last closing.
        #[n(3)]
        moved: u32,
        /// Weapons that are out.
        #[n(4)]
        out: u32,
        /// Of them expected back today, by their due time.
        #[n(5)]
        expected: u32,
        /// How room, seals and locks differ from how they were left.
        #[n(6)]
        differs: Option<String>,
    },
    /// The day is closed.
    #[n(1)]
    Closed {
        /// The entry that opened it.
        #[n(0)]
        opened: Seq,
        /// Weapons in the room.
        #[n(1)]
        in_room: u32,
        /// SHA-256 over them.
        #[n(2)]
        #[cbor(with = "minicbor::bytes")]
        #[serde(with = "crate::domain::book::hex32")]
        digest: [u8; 32],
        /// Issued today and still out, each with a due time to come.
        #[n(3)]
        out_since: u32,
        /// Moved today and back.
        #[n(4)]
        back_since: u32,
        /// Out in all.
        #[n(5)]
        out: u32,
    },
    /// It has been open for longer than policy allows.
    #[n(2)]
    Overran {
        /// The entry that opened it.
        #[n(0)]
        opened: Seq,
    },
}

/// The day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The one that is open.
    pub open: Option<Day>,
    /// How the last one was closed.
    pub closed: Option<Closing>,
}

/// A day that is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// The entry that opened it.
    pub seq: Seq,
    /// When, wall milliseconds.
    pub wall_ms: i64,
    /// By whom.
    pub by: Option<PersonId>,
    /// It was said that it has been open for too long.
    pub overran: bool,
}

/// How a day was closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closing {
    /// The entry.
    pub seq: Seq,
    /// When, wall milliseconds.
    pub wall_ms: i64,
    /// Weapons in the room.
    pub in_room: u32,
    /// SHA-256 over them.
    #[serde(with = "crate::domain::book::hex32")]
    pub digest: [u8; 32],
}

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        &[Role::Armourer, Role::Supervisor, Role::Commander]
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "day_opened",
            Self::Closed { .. } => "day_closed",
            Self::Overran { .. } => "day_overran",
        }
    }

    /// The weapons it is about: all of them, so none by name.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        Vec::new()
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        Vec::new()
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Opened { in_room, moved, out, expected, differs, .. } => {
                let left = match (moved, differs) {
                    (0, None) => "as left".to_owned(),
                    (moved, differs) => {
                        let moved =
                            if *moved > 0 { format!("{moved} moved since closing") } else { String::new() };
                        let differs = differs.clone().unwrap_or_default();
                        let parts: Vec<String> =
                            [moved, differs].into_iter().filter(|part| !part.is_empty()).collect();
                        format!("not as left: {}", parts.join(", "))
                    }
                };
                format!("{in_room} in the room, {left}; {out} out, {expected} expected back today")
            }
            Self::Closed { in_room, out_since, back_since, out, .. } => {
                format!(
                    "{in_room} in the room, {out} out ({out_since} since the opening), {back_since} moved and back"
                )
            }
            Self::Overran { opened } => format!("the day of entry {opened}"),
        }
    }

    /// A room that is not as it was left brings somebody.
    pub fn alarm(&self) -> Option<Alarm> {
        match self {
            Self::Opened { moved, differs, .. } if *moved > 0 || differs.is_some() => Some(Alarm {
                priority: 1,
                what: "The room is not as it was left.".to_owned(),
                first_step: "Touch nothing. Call the supervisor. Count.",
            }),
            Self::Overran { .. } => Some(Alarm {
                priority: 2,
                what: "The day was not closed.".to_owned(),
                first_step: "See what is open (day show), and close it.",
            }),
            _ => None,
        }
    }
}

/// What keeps a day open: a sentence each.
pub fn unreconciled(armoury: &Armoury, now: Moment) -> Vec<String> {
    let mut open = Vec::new();
    let late: Vec<&Holding> = armoury.weapons().filter(|holding| is_overdue(holding, now)).collect();
    for holding in late.iter().take(5) {
        if let Custody::Out { to, .. } = &holding.custody {
            open.push(format!("{} is out to {to} and overdue: bring it in, or extend it", holding.weapon.id));
        }
    }
    if late.len() > 5 {
        open.push(format!("{} more are overdue", late.len() - 5));
    }
    for (seq, found) in &armoury.rooms.count.open {
        open.push(format!("count {seq} ({}) is open: close it or hand it up", found.kind.word()));
    }
    for (number, key) in &armoury.rooms.key.keys {
        match (&key.holder, key.lost) {
            (_, Some(_)) => open.push(format!("key {number} is lost: change its lock")),
            (Some((holder, _)), None) => open.push(format!("key {number} is with {holder}")),
            (None, None) => {}
        }
    }
    open
}

/// Whether a weapon should have been back by now.
pub fn is_overdue(holding: &Holding, now: Moment) -> bool {
    matches!(&holding.custody, Custody::Out { due_wall_ms: Some(due), .. } if *due < now.wall_ms)
}

/// Whether a weapon is expected back on this day.
pub fn is_expected(holding: &Holding, now: Moment) -> bool {
    let Custody::Out { due_wall_ms: Some(due), .. } = &holding.custody else { return false };
    Moment { wall_ms: *due, ..now }.day() <= now.day()
}

/// Decides on an act.
///
/// # Errors
/// Why not, and what to do first.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    context.by.named()?;
    let fact = match act {
        Act::Open { differs } => open(context, differs.as_deref())?,
        Act::Close {} => close(context)?,
    };
    Ok(vec![AnyFact::Day(fact)])
}

/// What has fallen due: a day that was not closed, said once.
pub fn due(armoury: &Armoury, now: Moment) -> Vec<AnyFact> {
    let hours = i64::from(armoury.policy.day_hours);
    let over =
        |day: &&Day| !day.overran && hours > 0 && now.wall_ms >= day.wall_ms.saturating_add(hours * HOUR_MS);
    let day = armoury.rooms.day.open.as_ref().filter(over);
    day.map(|day| AnyFact::Day(Fact::Overran { opened: day.seq })).into_iter().collect()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let state = &mut armoury.rooms.day;
    match fact {
        Fact::Opened { .. } => {
            let by = stamp.by.person.clone();
            state.open = Some(Day { seq: stamp.seq, wall_ms: stamp.at.wall_ms, by, overran: false });
        }
        Fact::Closed { in_room, digest, .. } => {
            state.open = None;
            let (in_room, digest) = (*in_room, *digest);
            state.closed = Some(Closing { seq: stamp.seq, wall_ms: stamp.at.wall_ms, in_room, digest });
        }
        Fact::Overran { .. } => {
            if let Some(day) = &mut state.open {
                day.overran = true;
            }
        }
    }
}

fn open(context: Context<'_>, differs: Option<&str>) -> Result<Fact, Denied> {
    let (armoury, state) = (context.armoury, &context.armoury.rooms.day);
    if let Some(day) = &state.open {
        return Denied::because(format!(
            "open the day: that of entry {} is open; close it first (day close)",
            day.seq
        ));
    }
    let differs = differs.map(|text| said("say what differs", text)).transpose()?;
    let (in_room, digest) = room(armoury);
    let moved = match &state.closed {
        None => 0,
        // A list that differs though nothing moved over the desk differs by at least one weapon.
        Some(closing) => moved_since(armoury, closing.seq).count().max(usize::from(closing.digest != digest)),
    };
    let out = armoury.weapons().filter(|holding| is_out(holding)).count();
    let expected = armoury.weapons().filter(|holding| is_expected(holding, context.now)).count();
    Ok(Fact::Opened {
        since: state.closed.as_ref().map(|closing| closing.seq),
        in_room,
        digest,
        moved: figure(moved),
        out: figure(out),
        expected: figure(expected),
        differs,
    })
}

fn close(context: Context<'_>) -> Result<Fact, Denied> {
    let armoury = context.armoury;
    let Some(day) = &armoury.rooms.day.open else {
        return Denied::because("close the day: none is open");
    };
    let open = unreconciled(armoury, context.now);
    if !open.is_empty() {
        return Denied::because(format!("close the day: {}", open.join("; ")));
    }
    let (in_room, digest) = room(armoury);
    let moved =
        |out: bool| figure(moved_since(armoury, day.seq).filter(|holding| is_out(holding) == out).count());
    Ok(Fact::Closed {
        opened: day.seq,
        in_room,
        digest,
        out_since: moved(true),
        back_since: moved(false),
        out: figure(armoury.weapons().filter(|holding| is_out(holding)).count()),
    })
}

/// How many weapons lie in the room, and a digest of which.
fn room(armoury: &Armoury) -> (u32, [u8; 32]) {
    let list: Vec<&WeaponId> = count::room(armoury, None).map(|holding| &holding.weapon.id).collect();
    (figure(list.len()), count::digest(list.into_iter()))
}

fn moved_since(armoury: &Armoury, entry: Seq) -> impl Iterator<Item = &Holding> {
    armoury.weapons().filter(move |holding| holding.last_custody.is_some_and(|seq| seq > entry))
}

fn is_out(holding: &Holding) -> bool {
    matches!(holding.custody, Custody::Out { .. })
}

fn figure(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
