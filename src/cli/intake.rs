//! `armoury intake`: the register of what enters the room, whatever the reason (D-4).

use std::io::Read;

use clap::{Args, Subcommand};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::act::{Asking, Signed};
use super::place::Place;
use super::weapon::{pair, word};
use super::{Failure, exit, say};
use crate::domain::book::Act as AnyAct;
use crate::domain::book::intake::{Act, Case, Disposal, Intake, LegalContext, TraceOutcome};
use crate::domain::record::Origin;
use crate::domain::{Identifier, PersonId, Weapon, WeaponId};
use crate::identity::epc::{hex, parse_hex};

/// What can be done with weapons that come in
#[derive(Debug, Subcommand)]
pub enum IntakeCommand {
    /// Take a weapon into the room and the book
    Receive(Box<Receive>),
    /// Give an exhibit into other hands: a laboratory, a court
    HandOver(HandOver),
    /// Take an exhibit back from there
    TakeBack(Referred),
    /// Enter that a trace request went out
    Trace(Referred),
    /// Enter how a trace request was answered
    Answer(Answer),
    /// Enter a court's order
    Order(Referred),
    /// Close an exhibit's line: what becomes of it
    Dispose(Dispose),
    /// Show one line of the register, or all
    Show(Show),
}

/// A weapon that comes in
#[derive(Debug, Args)]
pub struct Receive {
    /// The number it gets here
    id: String,
    /// How it came: made_here, bought, imported, received, seized, found, surrendered
    #[arg(long = "as", value_name = "ORIGIN", value_parser = origin)]
    origin: Origin,
    /// Number of the receipt given for it
    #[arg(long)]
    receipt: String,
    /// A field of its record, as FIELD=VALUE; may be given several times
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = pair)]
    fields: Vec<(String, String)>,
    /// Its tag: EPC in hex
    #[arg(long, value_name = "HEX", value_parser = epc)]
    epc: Option<String>,
    /// The text of a mark that a camera reads
    #[arg(long)]
    mark: Option<String>,
    /// The day it was taken, year-month-day
    #[arg(long)]
    day: Option<String>,
    /// Where it was taken
    #[arg(long = "place")]
    place_taken: Option<String>,
    /// The unit that brought it
    #[arg(long)]
    unit: Option<String>,
    /// The case number
    #[arg(long)]
    case: Option<String>,
    /// In connection with what: trafficking, possession, other_crime, none
    #[arg(long, value_parser = context)]
    context: Option<LegalContext>,
    /// Who found it, where they are in the book
    #[arg(long, value_name = "PERSON")]
    finder: Option<String>,
    /// It was loaded
    #[arg(long)]
    loaded: bool,
    /// Who made it safe
    #[arg(long, value_name = "PERSON")]
    safe_by: Option<String>,
    /// Rounds that came with it
    #[arg(long, default_value_t = 0)]
    rounds: u32,
    /// A photograph of marks or weapon; its SHA-256 is entered, the file is yours to keep
    #[arg(long = "photo", value_name = "FILE", value_parser = photo)]
    photos: Vec<String>,
    /// It is another weapon although maker, model, calibre, country and serial are equal
    #[arg(long)]
    twin: bool,
    #[command(flatten)]
    signed: Signed,
}

/// An exhibit that leaves the room for a while
#[derive(Debug, Args)]
pub struct HandOver {
    /// The weapon
    id: String,
    /// To what office
    #[arg(long)]
    to: String,
    /// Who carries it
    #[arg(long, value_name = "PERSON")]
    carrier: Option<String>,
    /// The request or receipt
    #[arg(long = "ref", value_name = "TEXT")]
    reference: String,
    #[command(flatten)]
    signed: Signed,
}

/// Something with a paper
#[derive(Debug, Args)]
pub struct Referred {
    /// The weapon
    id: String,
    /// The paper's reference
    #[arg(long = "ref", value_name = "TEXT")]
    reference: String,
    #[command(flatten)]
    signed: Signed,
}

/// An answer
#[derive(Debug, Args)]
pub struct Answer {
    /// The weapon
    id: String,
    /// found_here, passed_through, destroyed, no_record, ambiguous, refused
    #[arg(value_parser = outcome)]
    outcome: TraceOutcome,
    /// The answer's reference
    #[arg(long = "ref", value_name = "TEXT")]
    reference: String,
    #[command(flatten)]
    signed: Signed,
}

/// What becomes of an exhibit
#[derive(Debug, Args)]
pub struct Dispose {
    /// The weapon
    id: String,
    /// returned_to_owner, to_authority, into_service, for_destruction
    #[arg(value_parser = disposal)]
    how: Disposal,
    /// The paper on which it rests
    #[arg(long = "ref", value_name = "TEXT")]
    reference: String,
    #[command(flatten)]
    signed: Signed,
}

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Which; all when absent
    id: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl IntakeCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Result<Asking, Show>, Failure> {
        let (act, signed) = match self {
            Self::Receive(receive) => receive.act()?,
            Self::HandOver(HandOver { id, to, carrier, reference, signed }) => {
                let (weapon, carrier) = (WeaponId::new(id), carrier.map(PersonId::new));
                (Act::HandOver { weapon, to, carrier, reference }, signed)
            }
            Self::TakeBack(Referred { id, reference, signed }) => {
                (Act::TakeBack { weapon: WeaponId::new(id), reference }, signed)
            }
            Self::Trace(Referred { id, reference, signed }) => {
                (Act::Trace { weapon: WeaponId::new(id), reference }, signed)
            }
            Self::Answer(Answer { id, outcome, reference, signed }) => {
                (Act::TraceAnswer { weapon: WeaponId::new(id), outcome, reference }, signed)
            }
            Self::Order(Referred { id, reference, signed }) => {
                (Act::Order { weapon: WeaponId::new(id), reference }, signed)
            }
            Self::Dispose(Dispose { id, how, reference, signed }) => {
                (Act::Dispose { weapon: WeaponId::new(id), how, reference }, signed)
            }
            Self::Show(show) => return Ok(Err(show)),
        };
        Ok(Ok(Asking { act: AnyAct::Intake(act), signed }))
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking()? {
            Ok(asking) => asking.carry_out(),
            Err(show) => show.carry_out(),
        }
    }
}

impl Receive {
    fn act(self) -> Result<(Act, Signed), Failure> {
        let mut weapon = Weapon::new(WeaponId::new(self.id));
        for (field, value) in &self.fields {
            weapon.set_field(field, value).map_err(Failure::usage)?;
        }
        weapon.origin = Some(self.origin);
        let epc = self.epc.as_deref().map(parse_hex).transpose();
        let epc = epc.map_err(|error| Failure::usage(format!("read the EPC: {error}")))?;
        let tag = epc.map(|epc| Identifier::Tag { epc, tid: None });
        let mark = self.mark.map(|text| Identifier::Mark { text });
        weapon.identifiers = tag.into_iter().chain(mark).collect();
        let intake = Intake {
            receipt: self.receipt,
            day: self.day,
            place: self.place_taken,
            unit: self.unit,
            case: self.case,
            context: self.context,
            finder: self.finder.map(PersonId::new),
            loaded: self.loaded,
            made_safe_by: self.safe_by.map(PersonId::new),
            rounds: self.rounds,
            photos: self.photos,
        };
        let act = Act::Receive { weapon: Box::new(weapon), intake: Box::new(intake), twin: self.twin };
        Ok((act, self.signed))
    }
}

impl Show {
    fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let wanted = |id: &WeaponId| self.id.as_ref().is_none_or(|wanted| wanted == id.as_str());
        let mut any = false;
        for (id, case) in armoury.rooms.intake.intakes.iter().filter(|(id, _)| wanted(id)) {
            any = true;
            if self.json {
                let record = armoury.weapon(id).map(|holding| &holding.weapon);
                say(json!({ "weapon": id, "record": record, "case": case }));
                continue;
            }
            let origin = armoury.weapon(id).and_then(|holding| holding.weapon.origin);
            say(line(id, origin, case));
            if self.id.is_some() {
                details(case).iter().for_each(say);
            }
        }
        match self.id {
            Some(id) if !any => {
                Err(Failure::refused(format!("find {id}: it is not in the register of what came in")))
            }
            _ => Ok(exit::DONE),
        }
    }
}

fn line(id: &WeaponId, origin: Option<Origin>, case: &Case) -> String {
    let place = match (&case.disposal, case.elsewhere()) {
        (Some((how, reference, _)), _) => format!("{} ({reference})", how.word()),
        (None, Some(holder)) => format!("with {holder}"),
        (None, None) => "in the room".to_owned(),
    };
    let origin = origin.map_or("-", Origin::word);
    format!("{id:<10} {origin:<12} receipt {:<14} {}  {place}", case.intake.receipt, case.at.rfc3339())
}

/// The chain of custody and the papers, oldest first.
fn details(case: &Case) -> Vec<String> {
    let intake = &case.intake;
    let mut lines = Vec::new();
    let texts =
        [("taken", &intake.day), ("at", &intake.place), ("by unit", &intake.unit), ("case", &intake.case)];
    for (name, text) in texts {
        lines.extend(text.as_ref().map(|text| format!("  {name:<14} {text}")));
    }
    lines.extend(intake.context.map(|context| format!("  {:<14} {}", "in connection", context.word())));
    if let Some(person) = &intake.made_safe_by {
        lines.push(format!("  {:<14} by {person}, {} rounds", "made safe", intake.rounds));
    }
    lines.extend(intake.photos.iter().map(|photo| format!("  {:<14} {photo}", "photograph")));
    lines.push(format!("  {:>6}  {}  received", case.seq, case.at.rfc3339()));
    for link in &case.chain {
        let holder = link.holder.as_deref().unwrap_or("back in the room");
        let (at, by) = (link.at.rfc3339(), &link.by);
        lines.push(format!("  {:>6}  {at}  {holder}, {} by {by}", link.seq, link.reference));
    }
    for trace in &case.traces {
        let answer = trace.outcome.map_or("not answered", TraceOutcome::word);
        lines.push(format!("  {:>6}  trace request {}: {answer}", trace.seq, trace.reference));
    }
    lines.extend(case.order.as_ref().map(|(order, seq)| format!("  {seq:>6}  court's order {order}")));
    lines
}

fn origin(text: &str) -> Result<Origin, String> {
    word(text, Origin::ALL, Origin::word)
}

fn context(text: &str) -> Result<LegalContext, String> {
    word(text, LegalContext::ALL, LegalContext::word)
}

fn outcome(text: &str) -> Result<TraceOutcome, String> {
    word(text, TraceOutcome::ALL, TraceOutcome::word)
}

fn disposal(text: &str) -> Result<Disposal, String> {
    word(text, Disposal::ALL, Disposal::word)
}

fn epc(text: &str) -> Result<String, String> {
    parse_hex(text).map(|bytes| hex(&bytes)).map_err(|error| error.to_string())
}

/// The SHA-256 of a file, hex.
fn photo(path: &str) -> Result<String, String> {
    let mut file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let (mut sha, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer).map_err(|error| error.to_string())? {
            0 => return Ok(hex(&sha.finalize())),
            read => sha.update(&buffer[..read]),
        }
    }
}
