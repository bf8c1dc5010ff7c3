//! The lists: which columns each has, and their rows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cli::Failure;
use crate::cli::import::{PERSON_COLUMNS, WEAPON_COLUMNS};
use crate::cli::lines::object;
use crate::domain::armoury::Holding;
use crate::domain::roster::{Badge, Personal};
use crate::domain::{Armoury, Custody, Identifier, MayDraw, Person, PersonId, Roster, Standing, Weapon};
use crate::identity::epc::hex;
use crate::ledger::Reader;
use crate::trace::life::{Act, known_by};

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Weapons,
    Identifiers,
    People,
    Holdings,
    Counts,
    Registry,
    Keys,
    Entries,
}

/// One row by column.
pub(super) type Row = Map<String, Value>;

impl List {
    pub(super) const ALL: [Self; 8] = [
        Self::Weapons,
        Self::Identifiers,
        Self::People,
        Self::Holdings,
        Self::Counts,
        Self::Registry,
        Self::Keys,
        Self::Entries,
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Weapons => "weapons",
            Self::Identifiers => "identifiers",
            Self::People => "people",
            Self::Holdings => "holdings",
            Self::Counts => "counts",
            Self::Registry => "registry",
            Self::Keys => "keys",
            Self::Entries => "entries",
        }
    }

    /// Whether it has names of people where they are wanted.
    pub(super) fn holds_names(self) -> bool {
        matches!(self, Self::People | Self::Holdings | Self::Registry)
    }

    pub(super) fn columns(self, names: bool) -> Vec<&'static str> {
        let fixed: &[&'static str] = match self {
            Self::Weapons => &WEAPON_COLUMNS,
            Self::Identifiers => &["weapon", "kind", "value", "tid"],
            Self::People if names => &PERSON_COLUMNS,
            Self::People => &["id", "role", "valid_until", "may_draw", "suspended", "holds"],
            Self::Holdings => &["weapon", "model", "serial", "person", "since", "due", "entry"],
            Self::Counts => &["category", "model", "standing", "in_stock", "out"],
            Self::Registry => &["serial", "type", "maker", "calibre", "custodian", "status", "event"],
            Self::Keys => &["key", "lock", "seal", "holder", "since_entry", "lost_entry"],
            Self::Entries => &[
                "seq",
                "at",
                "clock",
                "kind",
                "weapons",
                "person",
                "brought_by",
                "by",
                "witness",
                "authority",
                "read_point",
                "says",
                "known_by",
                "hash",
            ],
        };
        let mut columns = fixed.to_vec();
        if names && self == Self::Holdings {
            columns.push("name");
        }
        columns
    }
}

/// What the lists are made from.
pub(super) struct Source {
    armoury: Armoury,
    roster: Roster,
    names: bool,
}

impl Source {
    /// Reads the book; names only where they are wanted.
    pub(super) fn read(reader: &Reader, names: bool) -> Result<Self, Failure> {
        let roster = if names { reader.roster()? } else { Roster::default() };
        Ok(Self { armoury: reader.armoury()?, roster, names })
    }

    /// Hands over every row of a list.
    pub(super) fn each(
        &self,
        list: List,
        reader: &Reader,
        mut take: impl FnMut(Row) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let weapons = || self.armoury.weapons();
        match list {
            List::Weapons => weapons().try_for_each(|held| take(weapon(&held.weapon))),
            List::Identifiers => weapons().flat_map(|held| identifiers(&held.weapon)).try_for_each(&mut take),
            List::People => self.armoury.persons().try_for_each(|person| take(self.person(person))),
            List::Holdings => weapons().filter_map(|held| self.holding(held)).try_for_each(&mut take),
            List::Counts => self.counts().into_iter().try_for_each(&mut take),
            List::Registry => {
                let history = reader.history()?;
                for held in weapons() {
                    let event = match held.last_custody {
                        Some(seq) => history.record(seq)?.map(|record| Act::of(&record)),
                        None => None,
                    };
                    take(self.registry(held, event.as_ref()))?;
                }
                Ok(())
            }
            List::Keys => self.armoury.rooms.key.keys.iter().try_for_each(|(number, key)| {
                take(fields([
                    ("key", json!(number)),
                    ("lock", json!(key.lock)),
                    ("seal", json!(key.seal)),
                    ("holder", json!(key.holder.as_ref().map(|(holder, _)| holder))),
                    ("since_entry", json!(key.holder.as_ref().map(|(_, seq)| seq))),
                    ("lost_entry", json!(key.lost)),
                ]))
            }),
            List::Entries => {
                let mut failed = None;
                reader.each(0, |entry| {
                    if failed.is_none() {
                        failed = take(self::entry(&entry)).err();
                    }
                    Ok(())
                })?;
                failed.map_or(Ok(()), Err)
            }
        }
    }

    fn person(&self, person: &Person) -> Row {
        let may_draw = match &person.may_draw {
            MayDraw::Nothing => String::new(),
            MayDraw::All => "*".to_owned(),
            MayDraw::Listed(names) => names.join(";"),
        };
        let mut row = fields([
            ("id", json!(person.id)),
            ("role", json!(person.role)),
            ("valid_until", json!(person.valid_until.map(|day| day.to_string()))),
            ("may_draw", json!(may_draw)),
            ("suspended", json!(person.suspended)),
            ("holds", json!(self.armoury.held_by(&person.id))),
        ]);
        if self.names {
            let unknown = Personal::default();
            let Personal { rank, name, unit, badge } = self.roster.personal(&person.id).unwrap_or(&unknown);
            let badge = badge.as_ref().map(|badge| match badge {
                Badge::Epc(epc) => format!("epc:{}", hex(epc)),
                Badge::Qr(text) => format!("qr:{text}"),
            });
            row.extend(fields([
                ("rank", json!(rank)),
                ("name", json!(name)),
                ("unit", json!(unit)),
                ("badge", json!(badge)),
            ]));
        }
        row
    }

    fn holding(&self, held: &Holding) -> Option<Row> {
        let Custody::Out { to, since, due_wall_ms, seq } = &held.custody else { return None };
        let mut row = fields([
            ("weapon", json!(held.weapon.id)),
            ("model", json!(held.weapon.model)),
            ("serial", json!(held.weapon.serial)),
            ("person", json!(to)),
            ("since", json!(since.rfc3339())),
            ("due", json!(due_wall_ms.map(crate::domain::moment::rfc3339))),
            ("entry", json!(seq)),
        ]);
        if self.names {
            row.extend(fields([("name", json!(self.roster.call(to)))]));
        }
        Some(row)
    }

    fn counts(&self) -> Vec<Row> {
        let mut counts: BTreeMap<(String, String, &'static str), (u32, u32)> = BTreeMap::new();
        for held in self.armoury.weapons() {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let kind = (text(&held.weapon.category), text(&held.weapon.model), held.standing.word());
            let (inside, out) = counts.entry(kind).or_default();
            match held.custody {
                Custody::In => *inside += 1,
                Custody::Out { .. } => *out += 1,
            }
        }
        let row = |((category, model, standing), (inside, out)): ((String, String, &str), (u32, u32))| {
            fields([
                ("category", json!(category)),
                ("model", json!(model)),
                ("standing", json!(standing)),
                ("in_stock", json!(inside)),
                ("out", json!(out)),
            ])
        };
        counts.into_iter().map(row).collect()
    }

    /// What a national registry asks for (P-3).
    fn registry(&self, held: &Holding, event: Option<&Act>) -> Row {
        let call = |person: &PersonId| match self.names {
            true => self.roster.call(person),
            false => person.to_string(),
        };
        let station = || self.armoury.station.as_ref().map(ToString::to_string);
        let (custodian, status) = match (&held.custody, held.standing) {
            (Custody::Out { to, .. }, _) => (Some(call(to)), "issued"),
            (Custody::In, Standing::InService) => (station(), "in_stock"),
            (Custody::In, standing) => (station(), standing.word()),
        };
        let event = event.map_or_else(|| "registered".to_owned(), |act| format!("{} {}", act.kind, act.at));
        fields([
            ("serial", json!(held.weapon.serial)),
            ("type", json!(held.weapon.model)),
            ("maker", json!(held.weapon.maker)),
            ("calibre", json!(held.weapon.calibre)),
            ("custodian", json!(custodian)),
            ("status", json!(status)),
            ("event", json!(event)),
        ])
    }
}

/// A weapon as the import takes it; tags and marks beyond the first stand in the list of identifiers.
fn weapon(weapon: &Weapon) -> Row {
    let mut row = Row::new();
    row.insert("id".to_owned(), json!(weapon.id));
    for column in WEAPON_COLUMNS {
        if let Some(text) = weapon.field(column) {
            row.insert(column.to_owned(), json!(text));
        }
    }
    for identifier in weapon.identifiers.iter().rev() {
        match identifier {
            Identifier::Tag { epc, tid } => {
                row.insert("epc".to_owned(), json!(hex(epc)));
                row.insert("tid".to_owned(), json!(tid.as_deref().map(hex)));
            }
            Identifier::Mark { text } => drop(row.insert("mark".to_owned(), json!(text))),
        }
    }
    row
}

fn identifiers(weapon: &Weapon) -> impl Iterator<Item = Row> + '_ {
    weapon.identifiers.iter().map(|identifier| {
        let (kind, value, tid) = match identifier {
            Identifier::Tag { epc, tid } => ("tag", hex(epc), tid.as_deref().map(hex)),
            Identifier::Mark { text } => ("mark", text.clone(), None),
        };
        fields([
            ("weapon", json!(weapon.id)),
            ("kind", json!(kind)),
            ("value", json!(value)),
            ("tid", json!(tid)),
        ])
    })
}

/// An entry: its plain columns, and in JSON everything it says.
fn entry(entry: &crate::ledger::Entry) -> Row {
    let act = Act::of(&entry.record);
    let weapons: Vec<&str> = entry.record.event.weapons().into_iter().map(|weapon| weapon.as_str()).collect();
    let mut row = fields([
        ("seq", json!(act.seq)),
        ("at", json!(act.at)),
        ("clock", json!(act.clock)),
        ("kind", json!(act.kind)),
        ("weapons", json!(weapons.join(" "))),
        ("person", json!(act.person)),
        ("brought_by", json!(act.brought_by)),
        ("by", json!(act.by)),
        ("witness", json!(act.witness)),
        ("authority", json!(act.authority)),
        ("read_point", json!(act.read_point)),
        ("says", json!(act.says)),
        ("known_by", json!(known_by(&act.evidence))),
        ("hash", json!(entry.hash.to_string())),
    ]);
    row.insert("entry".to_owned(), object(entry));
    row
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Row {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
