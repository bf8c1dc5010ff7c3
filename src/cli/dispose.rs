//! `armoury dispose`: surplus, destruction, and every other way out of service.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::act::{Asking, Signed};
use super::place::Place;
use super::transfer::{BorderFlags, numbers};
use super::voucher::{self, Sheet};
use super::{Failure, exit, say};
use crate::domain::book::Act;
use crate::domain::book::disposal::{self, Batch, Certificate, Exit};
use crate::domain::{Armoury, PersonId, Standing, WeaponId};
use crate::identity::epc::hex;

/// Most weapons named on one line.
const NAMED_MAX: usize = 6;

/// What can be done with weapons that leave service
#[derive(Debug, Subcommand)]
pub enum DisposeCommand {
    /// Declare weapons surplus, or take them back into service
    Surplus(Surplus),
    /// Put weapons on a destruction list, or take them off
    Batch(BatchChange),
    /// Enter that the weapons of a list were destroyed
    Destroy(Box<Destroy>),
    /// Enter that weapons left service in another way
    Leave(Leave),
    /// Print the certificate of a destruction
    Certificate(Paper),
    /// Show surplus, destruction lists and exits
    Show(Show),
}

/// Surplus weapons
#[derive(Debug, Args)]
pub struct Surplus {
    /// Numbers of weapons
    #[arg(required_unless_present = "list")]
    weapons: Vec<String>,
    /// A file with one number a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Take them back into service
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    signed: Signed,
}

/// A destruction list
#[derive(Debug, Args)]
pub struct BatchChange {
    /// Its number
    batch: String,
    /// Numbers of weapons
    #[arg(required_unless_present = "list")]
    weapons: Vec<String>,
    /// A file with one number a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Take them off it
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    signed: Signed,
}

/// A destruction
#[derive(Debug, Args)]
pub struct Destroy {
    /// The list's number
    batch: String,
    /// The certificate's number
    #[arg(long, value_name = "NUMBER")]
    certificate: String,
    /// How: cut, melted, crushed, shredded
    #[arg(long)]
    method: String,
    /// Where
    #[arg(long)]
    place: String,
    /// On which day
    #[arg(long, value_name = "DATE")]
    on: Date,
    /// Who saw it, besides whoever enters it
    #[arg(long, num_args = 1.., value_name = "PERSON")]
    witnesses: Vec<String>,
    /// Photographs; only their SHA-256 is kept
    #[arg(long, num_args = 1.., value_name = "FILE")]
    photo: Vec<PathBuf>,
    /// Photographs by their SHA-256
    #[arg(long, num_args = 1.., value_name = "HEX")]
    photo_sha256: Vec<String>,
    /// Weapons counted before
    #[arg(long, value_name = "NUMBER")]
    before: u32,
    /// Weapons counted out as destroyed
    #[arg(long, value_name = "NUMBER")]
    after: u32,
    #[command(flatten)]
    signed: Signed,
}

/// Another way out
#[derive(Debug, Args)]
pub struct Leave {
    /// Numbers of weapons
    #[arg(required_unless_present = "list")]
    weapons: Vec<String>,
    /// A file with one number a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// In which way
    #[arg(long, value_enum)]
    exit: ExitWord,
    /// Who has them now
    #[arg(long)]
    to: String,
    /// The paper it rests on
    #[arg(long)]
    reference: String,
    #[command(flatten)]
    border: BorderFlags,
    #[command(flatten)]
    signed: Signed,
}

/// A certificate to print
#[derive(Debug, Args)]
pub struct Paper {
    /// The list's number
    batch: String,
    /// As HTML; as plain text when absent
    #[arg(long)]
    html: bool,
    /// Into which file; to standard output when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// A destruction list; everything when absent
    batch: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// The words for a way out.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum ExitWord {
    Agency,
    Owner,
    Export,
    Donation,
    Museum,
    Court,
}

/// What a command of disposal does beside asking for an act.
pub(super) enum Other {
    /// It prints.
    Paper(Paper),
    /// It looks.
    Show(Show),
}

impl DisposeCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Result<Asking, Other>, Failure> {
        let (act, signed) = match self {
            Self::Surplus(Surplus { weapons, list, keep, signed }) => {
                let weapons = numbers(weapons, list)?;
                let act = match keep {
                    true => disposal::Act::Keep { weapons },
                    false => disposal::Act::Surplus { weapons },
                };
                (act, signed)
            }
            Self::Batch(BatchChange { batch, weapons, list, remove, signed }) => {
                let weapons = numbers(weapons, list)?;
                let act = match remove {
                    true => disposal::Act::Unlist { batch, weapons },
                    false => disposal::Act::List { batch, weapons },
                };
                (act, signed)
            }
            Self::Destroy(destroy) => destroy.asking()?,
            Self::Leave(Leave { weapons, list, exit, to, reference, border, signed }) => {
                let (weapons, exit) = (numbers(weapons, list)?, exit.into());
                (disposal::Act::Leave { weapons, exit, to, reference, border: border.border() }, signed)
            }
            Self::Certificate(paper) => return Ok(Err(Other::Paper(paper))),
            Self::Show(show) => return Ok(Err(Other::Show(show))),
        };
        Ok(Ok(Asking { act: Act::Disposal(act), signed }))
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking()? {
            Ok(asking) => asking.carry_out(),
            Err(Other::Paper(paper)) => paper.carry_out(),
            Err(Other::Show(show)) => show.carry_out(),
        }
    }
}

impl Destroy {
    fn asking(self) -> Result<(disposal::Act, Signed), Failure> {
        let mut photographs = self.photo_sha256;
        for file in &self.photo {
            photographs.push(sha256(file)?);
        }
        let certificate = Certificate {
            number: self.certificate,
            method: self.method,
            place: self.place,
            on: Some(self.on),
            witnesses: self.witnesses.into_iter().map(PersonId::new).collect(),
            photographs,
            before: self.before,
            after: self.after,
        };
        Ok((disposal::Act::Destroy { batch: self.batch, certificate }, self.signed))
    }
}

impl Paper {
    fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let sheet = certificate(&armoury, &self.batch)?;
        let text = if self.html { sheet.html() } else { sheet.text() };
        voucher::put(self.out.as_deref(), &text)?;
        Ok(exit::DONE)
    }
}

impl Show {
    fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let rooms = &armoury.rooms.disposal;
        if let Some(number) = &self.batch {
            let Some(batch) = rooms.batches.get(number) else {
                return Err(Failure::refused(format!(
                    "find destruction list {number}: there is none of that number"
                )));
            };
            self.say_batch(number, batch);
            return Ok(exit::DONE);
        }
        for holding in armoury.weapons().filter(|holding| holding.standing == Standing::Surplus) {
            let (weapon, entry) = (&holding.weapon.id, rooms.surplus.get(&holding.weapon.id));
            say(match self.json {
                true => json!({ "surplus": weapon, "entry": entry, "batch": rooms.listed.get(weapon) })
                    .to_string(),
                false => format!("{:<16} surplus{}", weapon, of_entry(entry.copied())),
            });
        }
        for (number, batch) in &rooms.batches {
            self.say_batch(number, batch);
        }
        for (weapon, left) in &rooms.left {
            say(match self.json {
                true => json!({ "left": weapon, "record": left }).to_string(),
                false => format!(
                    "{weapon:<16} {} to {}, {}{}",
                    left.exit.word(),
                    left.to,
                    left.reference,
                    of_entry(Some(left.entry))
                ),
            });
        }
        Ok(exit::DONE)
    }

    fn say_batch(&self, number: &str, batch: &Batch) {
        if self.json {
            let line = batch.done.as_ref().map(|_| "destruction");
            return say(json!({ "batch": number, "record": batch, "report_line": line }));
        }
        let state = match &batch.done {
            None => "open".to_owned(),
            Some(done) => {
                format!("certificate {}{}", done.certificate.number, of_entry(Some(done.entry)))
            }
        };
        let named: Vec<&str> = batch.weapons.iter().take(NAMED_MAX).map(WeaponId::as_str).collect();
        let more = if batch.weapons.len() > NAMED_MAX { " …" } else { "" };
        say(format!("{number:<16} {:>5} weapons  {state}: {}{more}", batch.weapons.len(), named.join(" ")));
    }
}

impl From<ExitWord> for Exit {
    fn from(word: ExitWord) -> Self {
        match word {
            ExitWord::Agency => Self::Agency,
            ExitWord::Owner => Self::Owner,
            ExitWord::Export => Self::Export,
            ExitWord::Donation => Self::Donation,
            ExitWord::Museum => Self::Museum,
            ExitWord::Court => Self::Court,
        }
    }
}

fn of_entry(entry: Option<u64>) -> String {
    entry.map(|entry| format!(", entry {entry}")).unwrap_or_default()
}

fn certificate(armoury: &Armoury, number: &str) -> Result<Sheet, Failure> {
    let batch = armoury.rooms.disposal.batches.get(number);
    let batch = batch.ok_or_else(|| {
        Failure::refused(format!("find destruction list {number}: there is none of that number"))
    })?;
    let Some(done) = &batch.done else {
        return Err(Failure::refused(format!("print the certificate of {number}: it is not destroyed yet")));
    };
    let certificate = &done.certificate;
    let mut sheet = Sheet::new(format!("Destruction certificate {}", certificate.number), done.entry);
    sheet.field("Armoury", armoury.station.as_ref().map_or("", |station| station.as_str()));
    sheet.field("List", number);
    sheet.field("Authority", done.authority.as_deref().unwrap_or_default());
    sheet.field("Method", &certificate.method);
    sheet.field("Place", &certificate.place);
    sheet.field("Date", &certificate.on.map(|day| day.to_string()).unwrap_or_default());
    sheet.field("Entered by", done.by.as_ref().map_or("", |person| person.as_str()));
    let witnesses: Vec<&str> = certificate.witnesses.iter().map(PersonId::as_str).collect();
    sheet.field("Witnesses", &witnesses.join(", "));
    sheet.field("Counted before", &certificate.before.to_string());
    sheet.field("Counted after", &certificate.after.to_string());
    for photograph in &certificate.photographs {
        sheet.field("Photograph SHA-256", photograph);
    }
    let held = batch.weapons.iter().filter_map(|weapon| armoury.weapon(weapon));
    sheet.weapons(held.map(|holding| &holding.weapon));
    let mut signatures = vec!["Destroyed by"];
    signatures.extend(witnesses.iter().map(|_| "Witness"));
    sheet.sign(&signatures);
    Ok(sheet)
}

/// SHA-256 of a file of any size, hex.
fn sha256(file: &Path) -> Result<String, Failure> {
    let fail = |error: std::io::Error| Failure::usage(format!("read {}: {error}", file.display()));
    let mut sha = HashedBytes(Sha256::new());
    let mut open = std::fs::File::open(file).map_err(fail)?;
    std::io::copy(&mut open, &mut sha).map_err(fail)?;
    Ok(hex(&sha.0.finalize()))
}

struct HashedBytes(Sha256);

impl std::io::Write for HashedBytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
