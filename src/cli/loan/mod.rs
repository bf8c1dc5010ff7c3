//! `armoury loan`: what is drawn, until when, by whom; extended, undone, signed for, decided on; and its papers.

mod receipt;
mod show;

use clap::{Args, Subcommand};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::act::{Asking, Signed};
use super::{Failure, exit};
use crate::domain::book::Act;
use crate::domain::book::loan::{self, DrawnBefore, ReturnNote, Until};
use crate::domain::{Length, PersonId, Purpose, Seq, WeaponId};

/// What can be done with draws
#[derive(Debug, Subcommand)]
pub enum LoanCommand {
    /// Show what is drawn: all, overdue, of one person, of one weapon
    Show(show::Show),
    /// Give a draw more time
    Extend(Extend),
    /// Take the last issue or return back, as a new entry
    Undo(Undo),
    /// Sign for a weapon that left without a signature (--by signs, --witness stands by)
    Sign(Sign),
    /// Decide on what a supervisor was asked
    Decide(Decide),
    /// Note how a weapon came back
    Note(Note),
    /// Enter that a weapon was drawn before this book began
    DrawnBefore(Before),
    /// The paper of one entry: weapon card, hand receipt, or what else it is
    Receipt(receipt::Receipt),
    /// The issue list of a day
    List(receipt::List),
}

/// More time
#[derive(Debug, Args)]
pub struct Extend {
    /// What is drawn
    weapon: String,
    /// Until when: "12 h", "18:00", or "2026-05-16 18:00"
    #[arg(long, value_name = "TIME")]
    until: String,
    /// Why, without names
    #[arg(long, value_name = "TEXT")]
    why: String,
    #[command(flatten)]
    signed: Signed,
}

/// One step back
#[derive(Debug, Args)]
pub struct Undo {
    /// The entry; left out, the last issue or return
    entry: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// A signature
#[derive(Debug, Args)]
pub struct Sign {
    /// Which weapon
    weapon: String,
    #[command(flatten)]
    signed: Signed,
}

/// A supervisor's word
#[derive(Debug, Args)]
pub struct Decide {
    /// The entry that asks
    entry: Seq,
    /// Yes
    #[arg(long, conflicts_with = "deny", required_unless_present = "deny")]
    grant: bool,
    /// No
    #[arg(long)]
    deny: bool,
    /// Why, without names
    #[arg(long, value_name = "TEXT")]
    why: String,
    #[command(flatten)]
    signed: Signed,
}

/// How it came back
#[derive(Debug, Args)]
pub struct Note {
    /// Which weapon
    weapon: String,
    /// Rounds given back
    #[arg(long, value_name = "NUMBER")]
    rounds_returned: Option<u32>,
    /// Rounds fired
    #[arg(long, value_name = "NUMBER")]
    rounds_fired: Option<u32>,
    /// Magazines that came with it
    #[arg(long, value_name = "NUMBER")]
    magazines: Option<u32>,
    /// Attachments that came with it
    #[arg(long, value_name = "NUMBER")]
    attachments: Option<u32>,
    /// It is clean
    #[arg(long, conflicts_with = "dirty")]
    clean: bool,
    /// It is to be cleaned
    #[arg(long)]
    dirty: bool,
    /// What is to be said of its condition
    #[arg(long, value_name = "TEXT")]
    condition: Option<String>,
    /// Why somebody else than its bearer brought it
    #[arg(long, value_name = "TEXT")]
    brought_because: Option<String>,
    /// Why it is not fit for issue: it goes to the quarantine slot
    #[arg(long, value_name = "TEXT")]
    unfit: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// A draw of an older book
#[derive(Debug, Args)]
pub struct Before {
    /// Which weapon
    weapon: String,
    /// Who has it
    #[arg(long)]
    person: String,
    /// Since when: "2026-05-01 08:00"
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// When it is due back
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// What for: duty, range, repair, court, loan
    #[arg(long = "for", value_name = "PURPOSE", default_value = "duty", value_parser = purpose)]
    purpose: Purpose,
    #[command(flatten)]
    signed: Signed,
}

impl LoanCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Result<Asking, Self>, Failure> {
        let (act, signed) = match self {
            Self::Extend(Extend { weapon, until, why, signed }) => {
                (loan::Act::Extend { weapon: WeaponId::new(weapon), until: until_of(&until)?, why }, signed)
            }
            Self::Undo(Undo { entry, signed }) => (loan::Act::Undo { entry }, signed),
            Self::Sign(Sign { weapon, signed }) => {
                (loan::Act::Sign { weapon: WeaponId::new(weapon) }, signed)
            }
            Self::Decide(Decide { entry, grant, why, signed, .. }) => {
                (loan::Act::Decide { entry, grant, why }, signed)
            }
            Self::Note(note) => note.act(),
            Self::DrawnBefore(Before { weapon, person, since, due, purpose, signed }) => {
                let drawn = DrawnBefore {
                    weapon: WeaponId::new(weapon),
                    person: PersonId::new(person),
                    since_wall_ms: since.as_deref().map(moment).transpose()?,
                    due_wall_ms: due.as_deref().map(moment).transpose()?,
                    purpose,
                };
                (loan::Act::DrawnBefore(drawn), signed)
            }
            looks @ (Self::Show(_) | Self::Receipt(_) | Self::List(_)) => return Ok(Err(looks)),
        };
        Ok(Ok(Asking { act: Act::Loan(act), signed }))
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking()? {
            Ok(asking) => asking.carry_out(),
            Err(Self::Show(show)) => show.carry_out(),
            Err(Self::Receipt(receipt)) => receipt.carry_out(),
            Err(Self::List(list)) => list.carry_out(),
            Err(_) => Ok(exit::USAGE),
        }
    }
}

impl Note {
    fn act(self) -> (loan::Act, Signed) {
        let note = ReturnNote {
            rounds_returned: self.rounds_returned,
            rounds_fired: self.rounds_fired,
            magazines: self.magazines,
            attachments: self.attachments,
            clean: (self.clean || self.dirty).then_some(self.clean),
            condition: self.condition,
            brought_because: self.brought_because,
            unfit: self.unfit,
        };
        (loan::Act::Note { weapon: WeaponId::new(self.weapon), note }, self.signed)
    }
}

/// The purpose of that word, as the command line writes it.
pub(super) fn purpose(word: &str) -> Result<Purpose, String> {
    let found = Purpose::CHOICES.into_iter().find(|purpose| purpose.word() == word.to_lowercase());
    found.ok_or_else(|| {
        let words = Purpose::CHOICES.map(Purpose::word).join(", ");
        format!("there are {words}; a stand-to is started with `armoury standto start`")
    })
}

fn until_of(text: &str) -> Result<Until, Failure> {
    match Length::try_from(text.trim().to_owned()) {
        Ok(length) => Ok(Until::For(length)),
        Err(_) => moment(text).map(Until::At),
    }
}

/// A moment as people write it, at the time of this machine, wall milliseconds.
fn moment(text: &str) -> Result<i64, Failure> {
    let text = text.trim();
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Ok(stamp.as_millisecond());
    }
    let here = text.parse::<DateTime>().ok().and_then(|time| time.to_zoned(TimeZone::system()).ok());
    here.map(|zoned| zoned.timestamp().as_millisecond()).ok_or_else(|| {
        Failure::usage(format!("read the time {text:?}: write \"12 h\", \"18:00\" or \"2026-05-16 18:00\""))
    })
}
