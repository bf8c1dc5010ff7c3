//! `armoury trace`: questions to the ledger. The search only reads; the answer is an entry before it is shown.

mod words;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::tz::TimeZone;
use serde_json::json;

use super::act::Signed;
use super::{Arguments, Command, Failure, exit, say};
use crate::domain::book::Act;
use crate::domain::book::trace::{self as book, Outcome, Refusal};
use crate::domain::lead::LeadKind;
use crate::domain::{PersonId, WeaponId};
use crate::ledger::Reader;
use crate::station::protocol::Ask;
use crate::trace::answer::{Answer, Wish, of_person, of_weapons};
use crate::trace::query::Query;
use crate::trace::when::{self, Period};

/// Most steps of a life told at once.
const STEPS_MAX: usize = 10_000;

/// Where a weapon is or was, who held it, what a person held
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct Trace {
    #[command(subcommand)]
    about: Option<About>,
    #[command(flatten)]
    find: Find,
}

/// What a question is about
#[derive(Debug, Subcommand)]
enum About {
    /// One weapon by the armoury's number: its whole life, or how it stood at a moment
    Weapon(Box<Weapon>),
    /// One person: what they hold and held, or held at a moment
    Person(Box<Person>),
    /// Weapons by serial number
    Serial(Box<Serial>),
}

/// A weapon
#[derive(Debug, Args)]
struct Weapon {
    /// The armoury's number
    id: String,
    #[command(flatten)]
    request: Request,
}

/// A person
#[derive(Debug, Args)]
struct Person {
    /// Their key
    id: String,
    #[command(flatten)]
    request: Request,
}

/// A serial number
#[derive(Debug, Args)]
struct Serial {
    /// As marked
    #[arg(allow_hyphen_values = true)]
    serial: String,
    #[command(flatten)]
    more: Find,
}

/// What is known of a weapon; everything that is said must fit
#[derive(Debug, Args)]
struct Find {
    /// Serial number as marked
    #[arg(long = "serial", value_name = "TEXT", id = "serial-flag", allow_hyphen_values = true)]
    serial: Option<String>,
    /// Only this very serial; without it, easily confused ones are listed too
    #[arg(long)]
    exact: bool,
    /// Maker
    #[arg(long, value_name = "TEXT")]
    maker: Option<String>,
    /// Type or model
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,
    /// Calibre
    #[arg(long, value_name = "TEXT")]
    calibre: Option<String>,
    /// Country of manufacture
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Tag: EPC in hex, or its URI
    #[arg(long, value_name = "HEX")]
    tag: Option<String>,
    /// Mark as a camera or a person reads it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    mark: Option<String>,
    /// Who held it
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Room, rack or read point where it was
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// First day of the period
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last day of the period
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    #[command(flatten)]
    request: Request,
}

/// Who asks, and what is told
#[derive(Debug, Args)]
struct Request {
    /// How it stood at this moment: 2026-05-14T09:00, with Z or an offset where that is not local
    #[arg(long, value_name = "MOMENT")]
    at: Option<String>,
    /// The office that asks; an office, never a person
    #[arg(long = "for", value_name = "OFFICE")]
    office: Option<String>,
    /// The reference of the request
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// Tell nothing, for this reason
    #[arg(long, value_name = "REASON")]
    refuse: Option<RefusalWord>,
    /// How many entries of a life are told, the newest; changes of custody first
    #[arg(long, value_name = "N", default_value_t = 50)]
    steps: usize,
    /// Search the ledger in this folder too: a restored copy, a closed armoury's; may stand several times
    #[arg(long, value_name = "DIR")]
    archive: Vec<PathBuf>,
    /// Only look: nothing is entered, and nothing of it may be told to anybody
    #[arg(long)]
    look: bool,
    #[command(flatten)]
    signed: Signed,
}

/// The words for a refusal.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum RefusalWord {
    CriminalInquiry,
    Confidential,
    NationalSecurity,
    Incomplete,
}

impl Trace {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let place = self.request().signed.place().clone();
        let asked = self.ask(&place.reader()?)?;
        let request = self.request();
        let entry = match request.look {
            true => None,
            // What cannot be entered is not told.
            false => place.change(asked.ask(request)?)?["first"].as_u64(),
        };
        let mut told = asked.told.clone();
        told["entry"] = json!(entry);
        told["digest"] = json!(asked.digest());
        if request.signed.json() {
            say(told);
        } else {
            words::lines(&told).into_iter().for_each(say);
        }
        Ok(if asked.outcome == Outcome::NoRecord { exit::REFUSED } else { exit::DONE })
    }

    /// Searches; nothing is entered yet.
    fn ask(&self, reader: &Reader) -> Result<Answer, Failure> {
        let history = reader.history()?;
        let wish = self.request().wish()?;
        match &self.about {
            Some(About::Person(person)) => Ok(of_person(&history, &PersonId::new(person.id.clone()), &wish)?),
            _ => Ok(of_weapons(&history, &self.query()?, &wish)?),
        }
    }

    fn query(&self) -> Result<Query, Failure> {
        match &self.about {
            Some(About::Weapon(weapon)) => {
                Ok(Query { weapon: Some(WeaponId::new(weapon.id.clone())), ..Query::default() })
            }
            Some(About::Serial(asked)) => asked.more.query(Some(&asked.serial)),
            _ => self.find.query(self.find.serial.as_ref()),
        }
    }

    fn request(&self) -> &Request {
        match &self.about {
            Some(About::Weapon(weapon)) => &weapon.request,
            Some(About::Person(person)) => &person.request,
            Some(About::Serial(serial)) => &serial.more.request,
            None => &self.find.request,
        }
    }
}

impl Find {
    fn query(&self, serial: Option<&String>) -> Result<Query, Failure> {
        let given = [
            (LeadKind::Serial, serial),
            (LeadKind::Maker, self.maker.as_ref()),
            (LeadKind::Model, self.model.as_ref()),
            (LeadKind::Calibre, self.calibre.as_ref()),
            (LeadKind::Country, self.country.as_ref()),
            (LeadKind::Tag, self.tag.as_ref()),
            (LeadKind::Mark, self.mark.as_ref()),
            (LeadKind::Place, self.place.as_ref()),
            (LeadKind::Person, self.person.as_ref()),
        ];
        let names: Vec<(LeadKind, String)> =
            given.into_iter().filter_map(|(kind, text)| Some((kind, text?.clone()))).collect();
        if names.is_empty() {
            return Err(Failure::usage(
                "trace: say what is known of the weapon, with --serial, --maker, --model, --calibre, --tag, \
                 --mark, --person or --place; a period alone fits every weapon",
            ));
        }
        if let Some((kind, _)) =
            names.iter().find(|(kind, text)| crate::domain::lead::form(*kind, text).is_empty())
        {
            return Err(Failure::usage(format!(
                "trace: nothing is left of the {} once spaces and dashes are taken off",
                crate::trace::query::word(*kind)
            )));
        }
        let day = |text: &Option<String>| {
            text.as_deref().map(when::day).transpose().map_err(|why| Failure::usage(format!("trace: {why}")))
        };
        let period = Period { from: day(&self.from)?, to: day(&self.to)? };
        if matches!((period.from, period.to), (Some(from), Some(to)) if to < from) {
            return Err(Failure::usage("trace: the period ends before it begins: exchange --from and --to"));
        }
        Ok(Query { names, weapon: None, period, confusable: !self.exact })
    }
}

impl Request {
    fn wish(&self) -> Result<Wish, Failure> {
        let at = self.at.as_deref().map(|text| when::moment(text, &TimeZone::system())).transpose();
        let mut archives = Vec::new();
        for folder in &self.archive {
            archives.push((folder.display().to_string(), Reader::open(folder)?));
        }
        Ok(Wish {
            at_wall_ms: at.map_err(|why| Failure::usage(format!("trace: {why}")))?,
            steps: self.steps.min(STEPS_MAX),
            refuse: self.refuse.map(RefusalWord::refusal),
            archives,
        })
    }
}

impl Answer {
    /// What is asked of the book: that this answer is entered.
    ///
    /// # Errors
    /// A PIN cannot be read from where it was said to be.
    fn ask(&self, request: &Request) -> Result<Ask, Failure> {
        let answered = self.entered(request.office.clone(), request.reference.clone());
        let act = Box::new(Act::Trace(book::Act::Answer(answered)));
        Ok(Ask::Act { act, sign: request.signed.sign()? })
    }
}

impl RefusalWord {
    fn refusal(self) -> Refusal {
        match self {
            Self::CriminalInquiry => Refusal::CriminalInquiry,
            Self::Confidential => Refusal::Confidential,
            Self::NationalSecurity => Refusal::NationalSecurity,
            Self::Incomplete => Refusal::Incomplete,
        }
    }
}

/// What a question on the command line (`trace --serial 512345 --by P1`) asks of the book, and what it tells: for
/// scenarios. None where the line is no question.
///
/// # Errors
/// It is one, and cannot be answered.
pub fn question(line: &str, reader: &Reader) -> Option<Result<(Ask, String), String>> {
    let words = std::iter::once("armoury".to_owned()).chain(shlex::split(line)?);
    let Ok(Arguments { command: Command::Trace(trace) }) = Arguments::try_parse_from(words) else {
        return None;
    };
    let answered = || {
        let answer = trace.ask(reader)?;
        Ok((answer.ask(trace.request())?, words::lines(&answer.told).join("\n")))
    };
    Some(answered().map_err(|failure: Failure| failure.text))
}
