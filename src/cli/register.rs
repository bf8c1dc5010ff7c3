//! `armoury weapon import` and `armoury person import`: an existing book is taken in, all of it or nothing.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::import::{self, Alike, Carrier, Mapping, Problems, Reading, alike_of};
use super::place::{Place, StationOrLedger};
use super::{Failure, exit, read_file, say};
use crate::domain::armoury::Holding;
use crate::domain::record::Identity;
use crate::domain::roster::Enrolment;
use crate::domain::{Armoury, Identifier, PersonId, Roster, Weapon, WeaponId};
use crate::identity::{MarkId, TagId};
use crate::station::clock::Clock;
use crate::station::keeper::{Caller, Keeper};
use crate::station::protocol::{Ask, Part};

/// Largest mapping file, in bytes.
const MAPPING_MAX_BYTES: u64 = 1024 * 1024;

/// Records that go to a running station in one line. The longest that a table can give, every field full and every
/// character escaped, has some 60 kB: as many as these stay below the longest line.
const AT_ONCE: usize = 250;

/// A book to take in: CSV or XLSX
#[derive(Debug, Args)]
pub struct Intake {
    /// The file
    file: PathBuf,
    /// Which of its columns is which of ours, what its words mean (TOML)
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// How its letters are encoded, where that is not UTF-8 (windows-1252, windows-1251, iso-8859-2 …)
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// What stands between its fields; found from the header where nothing is said
    #[arg(long, value_name = "CHAR", value_parser = separator)]
    separator: Option<char>,
    /// The sheet of a workbook that has several
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Show every problem by line; nothing is entered
    #[arg(long)]
    preview: bool,
    /// Serials that look alike were compared with the weapons
    #[arg(long)]
    alike_checked: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

fn separator(text: &str) -> Result<char, String> {
    match text {
        "," | "comma" => Ok(','),
        ";" | "semicolon" => Ok(';'),
        "\t" | "\\t" | "tab" => Ok('\t'),
        _ => Err("it is , ; or tab".to_owned()),
    }
}

/// What was read, and how it gets into the book.
trait Register: Sized + Clone + serde::Serialize {
    /// Asks for all of it at once.
    fn whole(records: Vec<Self>) -> Ask;
    /// A piece of it.
    fn part(records: Vec<Self>) -> Part;
}

impl Register for Weapon {
    fn whole(weapons: Vec<Self>) -> Ask {
        Ask::ImportWeapons { weapons }
    }

    fn part(weapons: Vec<Self>) -> Part {
        Part::Weapons(weapons)
    }
}

impl Register for Enrolment {
    fn whole(persons: Vec<Self>) -> Ask {
        Ask::ImportPersons { persons }
    }

    fn part(persons: Vec<Self>) -> Part {
        Part::Persons(persons)
    }
}

impl Intake {
    /// Takes weapons in.
    pub(super) fn weapons(self) -> Result<u8, Failure> {
        self.take(import::weapons_from)
    }

    /// Takes people in.
    pub(super) fn persons(self) -> Result<u8, Failure> {
        self.take(import::persons_from)
    }

    fn take<T: Register>(
        self,
        read: impl Fn(&[u8], &Reading, &InBook) -> Result<Vec<T>, Problems>,
    ) -> Result<u8, Failure> {
        let bytes = read_file(&self.file, import::FILE_MAX_BYTES as u64)?;
        let reading = self.reading()?;
        let found = read(&bytes, &reading, &self.known()?);
        match found {
            Err(problems) if self.preview || self.json => Ok(self.show(&problems)),
            Err(problems) => Err(Failure::refused(format!(
                "import {}: nothing was taken\n{problems}",
                self.file.display()
            ))),
            Ok(records) if self.preview => {
                if self.json {
                    say(json!({ "records": records.len(), "problems": [], "entered": false }));
                } else {
                    say(format!(
                        "{} records, no problem; nothing was entered: this is a preview",
                        records.len()
                    ));
                }
                Ok(exit::DONE)
            }
            Ok(records) => {
                let outcome = enter(&self.place, records)?;
                if self.json {
                    say(&outcome);
                } else {
                    super::act::told(&outcome);
                }
                Ok(exit::DONE)
            }
        }
    }

    fn reading(&self) -> Result<Reading, Failure> {
        let mut mapping = match &self.mapping {
            None => Mapping::default(),
            Some(path) => {
                let bytes = read_file(path, MAPPING_MAX_BYTES)?;
                let text = String::from_utf8(bytes)
                    .map_err(|_| Failure::usage(format!("read {}: it is not UTF-8", path.display())))?;
                Mapping::parse(&text)
                    .map_err(|why| Failure::usage(format!("read {}: {why}", path.display())))?
            }
        };
        mapping.encoding = self.encoding.clone().or(mapping.encoding);
        mapping.separator = self.separator.or(mapping.separator);
        mapping.sheet = self.sheet.clone().or(mapping.sheet);
        Ok(Reading { mapping, alike_checked: self.alike_checked })
    }

    /// Every problem, on standard output: it is what a preview is for.
    fn show(&self, problems: &Problems) -> u8 {
        if self.json {
            let listed: Vec<Value> = problems
                .listed()
                .iter()
                .map(|problem| {
                    let column = (!problem.column.is_empty()).then_some(&problem.column);
                    json!({ "line": problem.line, "column": column, "what": problem.what })
                })
                .collect();
            say(json!({ "records": null, "problems": listed, "count": problems.count(), "entered": false }));
        } else {
            say(format!("{} problems", problems.count()));
            say(problems);
        }
        exit::REFUSED
    }

    /// What is in the book already. With only a socket to go by, the clerk finds it out.
    fn known(&self) -> Result<InBook, Failure> {
        match self.place.reader_if_known() {
            Some(reader) => Ok(InBook::of(reader.armoury()?, reader.roster()?)),
            None => Ok(InBook::default()),
        }
    }
}

/// Enters all of it or nothing. A running station hears long books in pieces and enters them with the last word.
fn enter<T: Register>(place: &Place, records: Vec<T>) -> Result<Value, Failure> {
    let command = Some(Uuid::now_v7());
    match place.station_or_ledger("an import")? {
        StationOrLedger::Ledger(opened) => {
            let at = Clock::new().now();
            let mut keeper = Keeper::new(*opened);
            keeper.change(command, Caller::owner(), T::whole(records), at).map_err(Failure::refused)
        }
        StationOrLedger::Station(mut client) => {
            if records.len() <= AT_ONCE {
                return Ok(client.ask(command, T::whole(records))?);
            }
            let (book, count) = (Uuid::now_v7(), records.len());
            for (piece, after) in records.chunks(AT_ONCE).zip((0..).step_by(AT_ONCE)) {
                client.ask(None, Ask::Stage { book, after, part: T::part(piece.to_vec()) })?;
            }
            Ok(client.ask(command, Ask::ImportStaged { book, count })?)
        }
    }
}

/// The book, for finding duplicates.
#[derive(Default)]
struct InBook {
    armoury: Armoury,
    roster: Roster,
    chips: HashMap<Vec<u8>, WeaponId>,
    serials: HashMap<Alike, Vec<(WeaponId, Identity)>>,
}

impl InBook {
    fn of(armoury: Armoury, roster: Roster) -> Self {
        let mut chips = HashMap::new();
        let mut serials: HashMap<Alike, Vec<(WeaponId, Identity)>> = HashMap::new();
        for Holding { weapon, .. } in armoury.weapons() {
            if let Some((alike, identity)) = alike_of(weapon) {
                serials.entry(alike).or_default().push((weapon.id.clone(), identity));
            }
            for identifier in &weapon.identifiers {
                if let Identifier::Tag { tid: Some(tid), .. } = identifier {
                    chips.insert(tid.clone(), weapon.id.clone());
                }
            }
        }
        Self { armoury, roster, chips, serials }
    }
}

impl import::Known for InBook {
    fn weapon(&self, id: &WeaponId) -> bool {
        self.armoury.weapon(id).is_some()
    }

    fn person(&self, id: &PersonId) -> bool {
        self.armoury.person(id).is_some()
    }

    fn tag(&self, tag: &TagId) -> Option<Carrier> {
        let weapon = self.armoury.weapon_by_tag(tag).cloned().map(Carrier::Weapon);
        weapon.or_else(|| self.roster.by_tag(tag).cloned().map(Carrier::Badge))
    }

    fn tid(&self, tid: &[u8]) -> Option<WeaponId> {
        self.chips.get(tid).cloned()
    }

    fn mark(&self, mark: &MarkId) -> Option<Carrier> {
        let weapon = self.armoury.weapon_by_mark(mark).cloned().map(Carrier::Weapon);
        weapon.or_else(|| self.roster.by_mark(mark).cloned().map(Carrier::Badge))
    }

    fn alike(&self, alike: &Alike) -> Vec<(WeaponId, Identity)> {
        self.serials.get(alike).cloned().unwrap_or_default()
    }
}
