//! `armoury count`: counts, from the first entry to the signature.

mod show;

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::act::{Asking, Signed};
use super::demo::parse_time;
use super::{Failure, exit};
use crate::domain::book::Act;
use crate::domain::book::count::{self, How, Kind};
use crate::domain::{PersonId, Seq, WeaponId};

/// Longest time for which one ask lets the readers listen, ms: whoever asks waits for the answer.
const ONE_ASK_MS: u64 = 30_000;

/// What can be done with counts
#[derive(Debug, Subcommand)]
pub enum CountCommand {
    /// Begin a count: the list of what should be there is frozen now
    Open(Open),
    /// Let the readers of the running station listen for the count
    Sweep(Sweep),
    /// Say which weapons are there: by number, serial or mark
    Seen(Seen),
    /// Say how many there are of a type (muster)
    Tally(Tally),
    /// Say how many slots are filled
    Slots(Slots),
    /// Write a finding down
    Note(Note),
    /// Let marks shown to a camera count, or no longer
    Scan(Scan),
    /// Sign a takeover or a handover: nothing is added afterwards
    Sign(One),
    /// Close a count that comes out
    Close(One),
    /// Hand a count up that does not come out
    HandUp(WithReason),
    /// Give up a count that was begun by mistake
    Cancel(WithReason),
    /// Show one count, or all
    Show(show::Show),
    /// Print a count sheet with a tick column
    Sheet(show::Sheet),
}

/// A new count
#[derive(Debug, Args)]
pub struct Open {
    /// What kind
    kind: KindWord,
    /// Only this rack
    #[arg(long)]
    rack: Option<String>,
    /// Whoever counts is told neither number nor list
    #[arg(long)]
    blind: bool,
    /// Who hands over
    #[arg(long = "from", value_name = "PERSON")]
    outgoing: Option<String>,
    /// Who takes over
    #[arg(long = "to", value_name = "PERSON")]
    incoming: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// The kinds of counts.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindWord {
    /// At a change of key custody
    Handover,
    /// Numbers by type
    Muster,
    /// Every serial number, by the inventory officer
    Serials,
    /// A random sample
    Sample,
    /// An independent audit
    Audit,
    /// Taking over the armoury
    Takeover,
}

/// Readers that listen
#[derive(Debug, Args)]
pub struct Sweep {
    /// Which reader; all of them when absent
    #[arg(long)]
    reader: Option<String>,
    /// For how long: 30s, 5m
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = parse_time)]
    lasts: Duration,
    /// Which count, where several are open
    #[arg(long)]
    count: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// Weapons that are there
#[derive(Debug, Args)]
pub struct Seen {
    /// Their numbers, serials or marks
    #[arg(required = true)]
    what: Vec<String>,
    /// Seen, and not read off and typed
    #[arg(long)]
    eye: bool,
    /// Where, if not at home
    #[arg(long)]
    place: Option<String>,
    /// Which count, where several are open
    #[arg(long)]
    count: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// How many of a type
#[derive(Debug, Args)]
pub struct Tally {
    /// The type
    model: String,
    /// How many
    found: u32,
    /// Which count, where several are open
    #[arg(long)]
    count: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// How many slots
#[derive(Debug, Args)]
pub struct Slots {
    /// How many
    filled: u32,
    /// Which count, where several are open
    #[arg(long)]
    count: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// A finding
#[derive(Debug, Args)]
pub struct Note {
    /// What
    text: String,
    /// About this weapon
    #[arg(long)]
    weapon: Option<String>,
    /// Which count, where several are open
    #[arg(long)]
    count: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// Whether marks count
#[derive(Debug, Args)]
pub struct Scan {
    /// From now on, or no longer
    state: Switch,
    /// Only at this read point
    #[arg(long = "at", value_name = "READ POINT")]
    read_point: Option<String>,
    /// Which count, where several are open
    #[arg(long)]
    count: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// A count
#[derive(Debug, Args)]
pub struct One {
    /// Which, where several are open
    count: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// A count and why
#[derive(Debug, Args)]
pub struct WithReason {
    /// Which, where several are open
    count: Option<Seq>,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

/// What only looks.
#[derive(Debug)]
pub enum Look {
    /// At counts.
    Show(show::Show),
    /// On paper.
    Sheet(show::Sheet),
}

impl CountCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Asking, Look> {
        let (act, signed) = match self {
            Self::Open(Open { kind, rack, blind, outgoing, incoming, signed }) => {
                let (outgoing, incoming) = (outgoing.map(PersonId::new), incoming.map(PersonId::new));
                (count::Act::Open { kind: kind.kind(), rack, blind, outgoing, incoming }, signed)
            }
            Self::Sweep(Sweep { reader, lasts, count, signed }) => {
                let ms = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
                (count::Act::Sweep { count, reader, ms }, signed)
            }
            Self::Seen(Seen { what, eye, place, count, signed }) => {
                let how = if eye { How::Eye } else { How::Typed };
                (count::Act::Seen { count, how, what, place }, signed)
            }
            Self::Tally(Tally { model, found, count, signed }) => {
                (count::Act::Tally { count, model, found }, signed)
            }
            Self::Slots(Slots { filled, count, signed }) => (count::Act::Slots { count, filled }, signed),
            Self::Note(Note { text, weapon, count, signed }) => {
                (count::Act::Note { count, weapon: weapon.map(WeaponId::new), text }, signed)
            }
            Self::Scan(Scan { state, read_point, count, signed }) => {
                (count::Act::Scan { count, on: state == Switch::On, read_point }, signed)
            }
            Self::Sign(One { count, signed }) => (count::Act::Sign { count }, signed),
            Self::Close(One { count, signed }) => (count::Act::Close { count }, signed),
            Self::HandUp(WithReason { count, reason, signed }) => {
                (count::Act::HandUp { count, reason }, signed)
            }
            Self::Cancel(WithReason { count, reason, signed }) => {
                (count::Act::Cancel { count, reason }, signed)
            }
            Self::Show(show) => return Err(Look::Show(show)),
            Self::Sheet(sheet) => return Err(Look::Sheet(sheet)),
        };
        Ok(Asking { act: Act::Count(act), signed })
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking() {
            Ok(asking) => match &asking.act {
                Act::Count(count::Act::Sweep { ms, .. }) if *ms > ONE_ASK_MS => {
                    let ms = *ms;
                    listen_long(asking, ms)
                }
                _ => asking.carry_out(),
            },
            Err(Look::Show(show)) => show.carry_out(),
            Err(Look::Sheet(sheet)) => sheet.carry_out(),
        }
    }
}

/// A long sweep is several short ones: each is entered by itself, so that a power cut loses little.
fn listen_long(asking: Asking, mut ms: u64) -> Result<u8, Failure> {
    let Asking { act, signed } = asking;
    let Act::Count(count::Act::Sweep { count, reader, .. }) = act else { return Ok(exit::USAGE) };
    while ms > 0 {
        let part = if ms > ONE_ASK_MS && ms < ONE_ASK_MS + 1_000 { ms - 1_000 } else { ms.min(ONE_ASK_MS) };
        let act = Act::Count(count::Act::Sweep { count, reader: reader.clone(), ms: part });
        Asking { act, signed: signed.clone() }.carry_out()?;
        ms -= part;
    }
    Ok(exit::DONE)
}

impl KindWord {
    fn kind(self) -> Kind {
        match self {
            Self::Handover => Kind::Handover,
            Self::Muster => Kind::Muster,
            Self::Serials => Kind::Serials,
            Self::Sample => Kind::Sample,
            Self::Audit => Kind::Audit,
            Self::Takeover => Kind::Takeover,
        }
    }
}
