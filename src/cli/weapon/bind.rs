//! `armoury weapon bind`: a tag or a mark becomes a weapon's, shown at the desk of a running station or typed.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::super::act::{Asking, Signed, told};
use super::super::{Failure, exit, label, say};
use crate::domain::book::Act as AnyAct;
use crate::domain::book::weapon::{Act, Having, Which};
use crate::domain::{Armoury, Custody, Identifier, ReadPoint, Standing, Weapon, WeaponId};
use crate::identity::epc::parse_hex;
use crate::station::protocol::Ask;

/// How often one slot is tried before a rack is left for later.
const TRIES: u32 = 3;

/// What is bound to what
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["id", "rack"]))]
pub struct Bind {
    /// The weapon
    id: Option<String>,
    /// Slot by slot, every weapon of this rack that has no tag (or mark) yet
    #[arg(long, conflicts_with_all = ["epc", "tid", "text", "retire", "write"])]
    rack: Option<String>,
    /// A tag (the default)
    #[arg(long)]
    tag: bool,
    /// A mark
    #[arg(long, conflicts_with = "tag")]
    mark: bool,
    /// This tag, typed: its EPC in hex
    #[arg(long, value_name = "HEX", value_parser = hex, conflicts_with_all = ["mark", "text"])]
    epc: Option<Hex>,
    /// Its chip's number in hex
    #[arg(long, value_name = "HEX", value_parser = hex, requires = "epc")]
    tid: Option<Hex>,
    /// This mark, typed
    #[arg(long, conflicts_with = "tag")]
    text: Option<String>,
    /// Shown at this read point only
    #[arg(long, value_name = "READ_POINT")]
    at: Option<String>,
    /// Retire what it has of the kind
    #[arg(long)]
    replace: bool,
    /// Keep what it has of the kind beside it
    #[arg(long, conflicts_with = "replace")]
    second: bool,
    /// Bind nothing: retire what it has of the kind, or the one typed
    #[arg(long, conflicts_with_all = ["replace", "second", "at", "write", "lock", "label"])]
    retire: bool,
    /// Why it is retired
    #[arg(long, requires = "retire", default_value = "taken off")]
    why: String,
    /// How long to wait for it, seconds
    #[arg(long, value_name = "N", default_value_t = 30)]
    seconds: u32,
    /// After binding, write this EPC to the tag at the reader
    #[arg(long, value_name = "HEX", conflicts_with_all = ["mark", "text"])]
    write: Option<String>,
    /// After binding, set passwords on the tag and lock it
    #[arg(long, conflicts_with_all = ["mark", "text"])]
    lock: bool,
    /// The reader that writes and locks; may be left out where there is one
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// After binding, print the marks of what was bound into this file: .svg, .zpl or .html
    #[arg(long, value_name = "FILE")]
    label: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

/// Bytes typed in hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex(Vec<u8>);

impl Bind {
    /// What it asks of the book by itself; the rest needs a station at whose desk something is shown.
    pub(super) fn typed(self: Box<Self>) -> Result<(Act, Signed), Box<Self>> {
        let Some(id) = &self.id else { return Err(self) };
        let weapon = WeaponId::from(id.as_str());
        let identifier = match (&self.epc, &self.text) {
            (Some(Hex(epc)), _) => {
                Some(Identifier::Tag { epc: epc.clone(), tid: self.tid.as_ref().map(|tid| tid.0.clone()) })
            }
            (None, Some(text)) => Some(Identifier::Mark { text: text.clone() }),
            (None, None) => None,
        };
        if self.retire {
            let all = if self.mark { Which::Marks } else { Which::Tags };
            let what = identifier.map_or(all, Which::One);
            return Ok((Act::Retire { weapon, what, why: self.why.clone() }, self.signed));
        }
        // What follows the binding needs the reader, and so goes the other way.
        match identifier {
            Some(identifier) if self.write.is_none() && !self.lock && self.label.is_none() => {
                let having = self.having();
                Ok((Act::Bind { weapon, identifier, having, shown: None }, self.signed))
            }
            _ => Err(self),
        }
    }

    pub(super) fn carry_out(self: Box<Self>) -> Result<u8, Failure> {
        let armoury = self.signed.place().reader()?.armoury()?;
        let bound = match (&self.id, &self.rack) {
            (Some(id), _) => {
                let id = WeaponId::from(id.as_str());
                if armoury.weapon(&id).is_none() {
                    return Err(Failure::refused(format!(
                        "bind to {id}: there is no such weapon in the book"
                    )));
                }
                self.one(&id)?;
                vec![id.to_string()]
            }
            (None, Some(rack)) => self.rack(&armoury, rack)?,
            (None, None) => return Err(Failure::usage("bind: name a weapon, or a rack with --rack")),
        };
        match &self.label {
            Some(file) if !bound.is_empty() => label::after_binding(bound, self.signed.place().clone(), file),
            _ => Ok(exit::DONE),
        }
    }

    /// Every weapon of the rack that has none, in the order of the slots. What is bound stays bound: the same command
    /// goes on where this one ended.
    fn rack(&self, armoury: &Armoury, rack: &str) -> Result<Vec<String>, Failure> {
        let wanted = in_rack(armoury, rack, |weapon| self.replace || !self.has(weapon));
        if wanted.is_empty() {
            return Err(Failure::refused(format!(
                "bind rack {rack}: no weapon in the room has its home there and no {} yet",
                self.kind()
            )));
        }
        let mut bound = Vec::new();
        for weapon in wanted {
            let mut tries = 1;
            while let Err(failure) = self.one(&weapon.id) {
                if failure.exit != exit::REFUSED || tries == TRIES {
                    let text =
                        format!("{} ({} bound; the same command goes on there)", failure.text, bound.len());
                    return Err(Failure { text, ..failure });
                }
                eprintln!("{}: {}", weapon.id, failure.text);
                tries += 1;
            }
            bound.push(weapon.id.to_string());
        }
        Ok(bound)
    }

    /// Shown, bound, written, locked.
    fn one(&self, weapon: &WeaponId) -> Result<(), Failure> {
        let (identifier, shown) = match (&self.epc, &self.text) {
            (Some(Hex(epc)), _) => {
                let tid = self.tid.as_ref().map(|tid| tid.0.clone());
                (Identifier::Tag { epc: epc.clone(), tid }, None)
            }
            (None, Some(text)) => (Identifier::Mark { text: text.clone() }, None),
            (None, None) => {
                let shown = self.shown(weapon)?;
                (identifier_of(&shown)?, shown["first"].as_u64())
            }
        };
        let having = self.having();
        let act = AnyAct::Weapon(Act::Bind { weapon: weapon.clone(), identifier, having, shown });
        let outcome = Asking { act, signed: self.signed.clone() }.ask()?;
        if self.signed.json() {
            say(&outcome);
        } else {
            told(&outcome);
        }
        let place = self.signed.place();
        let reader = self.reader.clone();
        if let Some(epc) = &self.write {
            let (epc, weapon) = (Some(epc.clone()), Some(weapon.clone()));
            place.ask(Ask::TagWrite { reader: reader.clone(), epc, weapon, person: None })?;
        }
        if self.lock {
            place.ask(Ask::TagLock { reader })?;
        }
        Ok(())
    }

    /// Waits until exactly one unknown thing is shown at the desk.
    fn shown(&self, weapon: &WeaponId) -> Result<Value, Failure> {
        eprintln!("{weapon}: show its {} now, alone", self.kind());
        let wanted = Ask::NextShown {
            tags: !self.mark,
            marks: self.mark,
            read_point: self.at.as_deref().map(ReadPoint::from),
            seconds: self.seconds,
        };
        self.signed.place().ask(wanted).map_err(|failure| match failure.exit {
            exit::ABSENT => Failure {
                text: format!("{}; without a station type it with --epc or --text", failure.text),
                ..failure
            },
            _ => failure,
        })
    }

    fn having(&self) -> Having {
        match (self.replace, self.second) {
            (true, _) => Having::Replace,
            (false, true) => Having::Keep,
            (false, false) => Having::None,
        }
    }

    fn kind(&self) -> &'static str {
        if self.mark { "mark" } else { "tag" }
    }

    fn has(&self, weapon: &Weapon) -> bool {
        weapon.identifiers.iter().any(|found| matches!(found, Identifier::Mark { .. }) == self.mark)
    }
}

/// The weapons that are in the room and have their home in this rack, by slot: 2 before 10.
fn in_rack<'a>(armoury: &'a Armoury, rack: &str, wanted: impl Fn(&Weapon) -> bool) -> Vec<&'a Weapon> {
    let here = |standing: Standing| {
        matches!(
            standing,
            Standing::InService | Standing::Quarantined | Standing::Surplus | Standing::Exhibit
        )
    };
    let mut found: Vec<&Weapon> = armoury
        .weapons()
        .filter(|holding| here(holding.standing) && holding.custody == Custody::In)
        .map(|holding| &holding.weapon)
        .filter(|weapon| weapon.rack.as_deref() == Some(rack) && wanted(weapon))
        .collect();
    found.sort_by_cached_key(|weapon| {
        let slot = weapon.slot.clone().unwrap_or_default();
        (slot.parse::<u32>().unwrap_or(u32::MAX), slot, weapon.id.clone())
    });
    found
}

/// What the station says was shown.
fn identifier_of(shown: &Value) -> Result<Identifier, Failure> {
    let bytes = |name: &str| shown[name].as_str().map(parse_hex);
    match (bytes("epc"), shown["mark"].as_str()) {
        (Some(Ok(epc)), _) => Ok(Identifier::Tag { epc, tid: bytes("tid").and_then(Result::ok) }),
        (None, Some(text)) => Ok(Identifier::Mark { text: text.to_owned() }),
        _ => Err(Failure::absent("take what was shown: the station's answer is not understood")),
    }
}

fn hex(text: &str) -> Result<Hex, String> {
    parse_hex(text).map(Hex).map_err(|error| error.to_string())
}
