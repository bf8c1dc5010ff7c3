//! `armoury weapon`: the register, a weapon's record and its life.

mod bind;
mod look;

use clap::{Args, Subcommand};

use super::act::{Asking, Signed};
use super::book::SetStanding;
use super::register::Intake;
use super::{Failure, book};
use crate::domain::book::Act as AnyAct;
use crate::domain::book::weapon::{Act, Attachment, Work};
use crate::domain::{PersonId, WeaponId};

/// What can be done with weapons
#[derive(Debug, Subcommand)]
pub enum WeaponCommand {
    /// Register the weapons of a CSV file, all or none
    Import(Box<Intake>),
    /// Show one weapon with its record and state, or all in a line each
    Show(book::Show),
    /// Everything the book holds of one weapon, old values beside new ones
    History(look::One),
    /// Change a weapon's standing
    Standing(SetStanding),
    /// Correct fields of the record; the old values stay readable
    Correct(Correct),
    /// Bind a tag or a mark by showing it at the desk, or by typing it
    Bind(Box<bind::Bind>),
    /// Enter a formal mark with a serial that the registry issued
    Mark(Mark),
    /// Say what belongs to a weapon
    Attach(Attach),
    /// Enter what goes out with a weapon
    HandOut(Items),
    /// Enter what comes back with a weapon
    TakeBack(Items),
    /// What belongs to weapons, in numbers
    Attachments(look::All),
    /// Keep a weapon from issue
    Quarantine(Quarantine),
    /// Let a quarantined weapon be issued again
    Release(Reasoned),
    /// Put a weapon in a work queue: clean, inspect, repair, test_fire
    Queue(Queue),
    /// Take a weapon out of a work queue: it is done
    Done(Done),
    /// What waits for work
    Queues(look::All),
    /// Assign a weapon to a person; it stays in the rack until it is drawn
    Assign(Assign),
    /// End an assignment
    Unassign(Unassign),
    /// Whose weapons are to draw, and which of them are out
    Assigned(look::All),
    /// Give a weapon a home
    Home(Home),
    /// Weapons that bear a tag, to be stripped before they deploy
    StripList(look::All),
    /// Take the tags off weapons that deploy
    Strip(Strip),
}

/// A correction
#[derive(Debug, Args)]
pub struct Correct {
    /// The weapon
    id: String,
    /// What stands there now, as FIELD=VALUE; nothing after the sign clears the field
    #[arg(required = true, value_name = "FIELD=VALUE", value_parser = pair)]
    changes: Vec<(String, String)>,
    /// Why
    #[arg(long)]
    why: String,
    /// It is another weapon although maker, model, calibre, country and serial are equal
    #[arg(long)]
    twin: bool,
    #[command(flatten)]
    signed: Signed,
}

/// A formal mark
#[derive(Debug, Args)]
pub struct Mark {
    /// The weapon
    id: String,
    /// The serial, as the registry issued it
    #[arg(long)]
    serial: String,
    /// Where it stands ("receiver, left")
    #[arg(long)]
    position: String,
    /// Why, where a mark can be read
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// What belongs to a weapon
#[derive(Debug, Args)]
pub struct Attach {
    /// The weapon
    id: String,
    /// Everything that does, as ITEM=COUNT or ITEM#NUMBER; none clears the list
    #[arg(value_name = "ITEM=COUNT", value_parser = item)]
    items: Vec<Attachment>,
    #[command(flatten)]
    signed: Signed,
}

/// What goes or comes with a weapon
#[derive(Debug, Args)]
pub struct Items {
    /// The weapon
    id: String,
    /// What, as ITEM=COUNT or ITEM#NUMBER; left out, everything
    #[arg(value_name = "ITEM=COUNT", value_parser = item)]
    items: Vec<Attachment>,
    /// Nothing came back
    #[arg(long, conflicts_with = "items")]
    nothing: bool,
    #[command(flatten)]
    signed: Signed,
}

/// A weapon that is not to be issued
#[derive(Debug, Args)]
pub struct Quarantine {
    /// The weapon
    id: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// The slot apart
    #[arg(long)]
    slot: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// Something with a reason
#[derive(Debug, Args)]
pub struct Reasoned {
    /// The weapon
    id: String,
    /// Why
    #[arg(long)]
    why: String,
    #[command(flatten)]
    signed: Signed,
}

/// Work to be done
#[derive(Debug, Args)]
pub struct Queue {
    /// The weapon
    id: String,
    /// clean, inspect, repair or test_fire
    #[arg(value_parser = work)]
    work: Work,
    /// Why
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// Work that is done
#[derive(Debug, Args)]
pub struct Done {
    /// The weapon
    id: String,
    /// clean, inspect, repair or test_fire
    #[arg(value_parser = work)]
    work: Work,
    /// It is not fit for issue
    #[arg(long)]
    unfit: bool,
    /// What was found
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// An assignment
#[derive(Debug, Args)]
pub struct Assign {
    /// The weapon
    id: String,
    /// Whose it is
    person: String,
    #[command(flatten)]
    signed: Signed,
}

/// The end of one
#[derive(Debug, Args)]
pub struct Unassign {
    /// The weapon
    id: String,
    #[command(flatten)]
    signed: Signed,
}

/// A home
#[derive(Debug, Args)]
pub struct Home {
    /// The weapon
    id: String,
    /// Room
    #[arg(long)]
    room: Option<String>,
    /// Rack
    #[arg(long)]
    rack: Option<String>,
    /// Slot
    #[arg(long)]
    slot: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// Weapons that deploy
#[derive(Debug, Args)]
pub struct Strip {
    /// The weapons
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Why
    #[arg(long)]
    why: String,
    #[command(flatten)]
    signed: Signed,
}

impl WeaponCommand {
    /// What it asks of the book; the rest looks, or talks with a station.
    pub(super) fn asking(self) -> Result<Asking, Box<Self>> {
        let (act, signed) = match self {
            Self::Correct(Correct { id, changes, why, twin, signed }) => {
                (Act::Correct { weapon: WeaponId::new(id), changes, why, twin }, signed)
            }
            Self::Bind(bind) => match bind.typed() {
                Ok(asked) => asked,
                Err(bind) => return Err(Box::new(Self::Bind(bind))),
            },
            Self::Mark(Mark { id, serial, position, why, signed }) => {
                (Act::Mark { weapon: WeaponId::new(id), serial, position, why }, signed)
            }
            Self::Attach(Attach { id, items, signed }) => {
                (Act::SetAttachments { weapon: WeaponId::new(id), items }, signed)
            }
            Self::HandOut(Items { id, items, signed, .. }) => {
                (Act::HandOut { weapon: WeaponId::new(id), items }, signed)
            }
            Self::TakeBack(Items { id, items, nothing, signed }) => {
                let items = (nothing || !items.is_empty()).then_some(items);
                (Act::TakeBack { weapon: WeaponId::new(id), items }, signed)
            }
            Self::Quarantine(Quarantine { id, reason, slot, signed }) => {
                (Act::Quarantine { weapon: WeaponId::new(id), reason, place: slot }, signed)
            }
            Self::Release(Reasoned { id, why, signed }) => {
                (Act::Release { weapon: WeaponId::new(id), why }, signed)
            }
            Self::Queue(Queue { id, work, why, signed }) => {
                (Act::Queue { weapon: WeaponId::new(id), work, why }, signed)
            }
            Self::Done(Done { id, work, unfit, note, signed }) => {
                (Act::Done { weapon: WeaponId::new(id), work, fit: !unfit, note }, signed)
            }
            Self::Assign(Assign { id, person, signed }) => {
                (Act::Assign { weapon: WeaponId::new(id), person: PersonId::new(person) }, signed)
            }
            Self::Unassign(Unassign { id, signed }) => (Act::Unassign { weapon: WeaponId::new(id) }, signed),
            Self::Home(Home { id, room, rack, slot, signed }) => {
                (Act::House { weapon: WeaponId::new(id), room, rack, slot }, signed)
            }
            Self::Strip(Strip { ids, why, signed }) => {
                (Act::Strip { weapons: ids.into_iter().map(WeaponId::new).collect(), why }, signed)
            }
            look @ (Self::Import(_)
            | Self::Show(_)
            | Self::History(_)
            | Self::Standing(_)
            | Self::Attachments(_)
            | Self::Queues(_)
            | Self::Assigned(_)
            | Self::StripList(_)) => return Err(Box::new(look)),
        };
        Ok(Asking { act: AnyAct::Weapon(act), signed })
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking() {
            Ok(asking) => asking.carry_out(),
            Err(command) => match *command {
                Self::Import(import) => import.weapons(),
                Self::Show(show) => look::show(&show),
                Self::History(one) => one.history(),
                Self::Standing(set) => set.carry_out(),
                Self::Bind(bind) => bind.carry_out(),
                Self::Attachments(all) => all.attachments(),
                Self::Queues(all) => all.queues(),
                Self::Assigned(all) => all.assigned(),
                Self::StripList(all) => all.strip_list(),
                // Everything else asks for an act.
                _ => Err(Failure::usage("do that: it is no command of this kind")),
            },
        }
    }
}

/// `FIELD=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("write FIELD=VALUE")?;
    Ok((field.trim().to_owned(), value.trim().to_owned()))
}

/// One of a list of words, with dashes or underscores.
pub(super) fn word<T: Copy>(text: &str, all: &[T], word: fn(T) -> &'static str) -> Result<T, String> {
    let text = text.replace('-', "_");
    let found = all.iter().copied().find(|item| word(*item) == text);
    found.ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|item| word(*item)).collect();
        format!("it is one of {}", words.join(", "))
    })
}

fn work(text: &str) -> Result<Work, String> {
    word(text, &Work::ALL, Work::word)
}

/// `ITEM=COUNT`, `ITEM#NUMBER` or `ITEM`.
fn item(text: &str) -> Result<Attachment, String> {
    if let Some((item, count)) = text.split_once('=') {
        let count = count.trim().parse().map_err(|_| format!("{count:?} is no count"))?;
        return Ok(Attachment { item: item.trim().to_owned(), count, serial: None });
    }
    let (item, serial) = match text.split_once('#') {
        Some((item, serial)) => (item, Some(serial.trim().to_owned())),
        None => (text, None),
    };
    Ok(Attachment { item: item.trim().to_owned(), count: 1, serial })
}
