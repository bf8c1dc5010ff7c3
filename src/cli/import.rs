//! Registers as tables: `armoury weapon import FILE` and `armoury person import FILE`, CSV in its dialects or XLSX.
//!
//! Pure: bytes in, records or problems out. All or nothing, and every problem is told by its line, because whoever
//! types two hundred rifles wants one list of mistakes and not two hundred tries. What is already in the book is asked
//! of a [`Known`]; nothing here opens a file or a ledger.
//!
//! | File | Is |
//! |---|---|
//! | `source.rs` | bytes to text: encodings and separators |
//! | `csv.rs` | text to rows, strictly (RFC 4180), with the line each row begins in |
//! | `xlsx.rs` | a workbook to rows, measured before it is read |
//! | `mapping.rs` | which of their columns is which of our fields, and what their words mean |
//! | `table.rs` | rows to named fields: header, unknown columns, missing fields |
//! | `field.rs` | one field each: text, hex, category, date, badge |
//! | `claims.rs` | what may stand only once: ids, tags, chip numbers, marks, badges, identities |
//! | `problem.rs` | what is wrong, by line and column |

mod claims;
mod csv;
mod field;
mod mapping;
mod problem;
mod source;
mod table;
mod xlsx;

pub use claims::{Alike, Carrier, EmptyBook, Known, alike_of};
pub use mapping::Mapping;
pub use problem::{Problem, Problems};

use claims::Claims;
use table::{Columns, Row, Table};

use crate::domain::{Identifier, MayDraw, PersonId, Role, Weapon, WeaponId};
use crate::ledger::people::{Badge, Enrolment, Personal};

/// Columns of a weapon register. Only `id` has to be there.
pub const WEAPON_COLUMNS: [&str; 19] = [
    "id",
    "maker",
    "country",
    "model",
    "calibre",
    "serial",
    "category",
    "year",
    "owner",
    "origin",
    "import_marks",
    "marks",
    "condition",
    "room",
    "rack",
    "slot",
    "epc",
    "tid",
    "mark",
];

/// Columns of a person register. `id` and `role` have to be there.
pub const PERSON_COLUMNS: [&str; 8] =
    ["id", "rank", "name", "unit", "role", "badge", "valid_until", "may_draw"];

/// Largest file taken, in bytes: some eighty thousand weapons with every column filled. A larger one is split.
pub const FILE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// How a file is to be read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What its columns and words mean.
    pub mapping: Mapping,
    /// Serials that are easily confused with each other were compared by a person: they are no problem any more.
    pub alike_checked: bool,
}

/// Reads a register of weapons as this program writes it.
///
/// # Errors
/// Every problem by line; then nothing is imported.
pub fn weapons(bytes: &[u8], book: &impl Known) -> Result<Vec<Weapon>, Problems> {
    weapons_from(bytes, &Reading::default(), book)
}

/// Reads a register of weapons.
///
/// # Errors
/// Every problem by line; then nothing is imported.
pub fn weapons_from(bytes: &[u8], reading: &Reading, book: &impl Known) -> Result<Vec<Weapon>, Problems> {
    let columns = Columns { all: &WEAPON_COLUMNS, required: &["id"], codes: &["epc", "tid", "mark"] };
    read(bytes, reading, &columns, book, weapon)
}

/// Reads a register of people as this program writes it, their personal part included.
///
/// # Errors
/// Every problem by line; then nothing is imported.
pub fn persons(bytes: &[u8], book: &impl Known) -> Result<Vec<Enrolment>, Problems> {
    persons_from(bytes, &Reading::default(), book)
}

/// Reads a register of people, their personal part included.
///
/// # Errors
/// Every problem by line; then nothing is imported.
pub fn persons_from(bytes: &[u8], reading: &Reading, book: &impl Known) -> Result<Vec<Enrolment>, Problems> {
    let columns = Columns { all: &PERSON_COLUMNS, required: &["id", "role"], codes: &["badge"] };
    read(bytes, reading, &columns, book, person)
}

fn read<T, B: Known>(
    bytes: &[u8],
    reading: &Reading,
    columns: &Columns,
    book: &B,
    record: impl Fn(&mut Row<'_>, &mut Claims<'_, B>) -> Option<T>,
) -> Result<Vec<T>, Problems> {
    let mut problems = Problems::default();
    let mut records = Vec::new();
    let mut claims = Claims::new(book, reading.alike_checked);
    if let Some(mut opened) = table::open(bytes, &reading.mapping, &mut problems)
        && let Some(mut table) = Table::read(&mut opened, &reading.mapping, columns, &mut problems)
    {
        while let Some(mut row) = table.next_row(&mut problems) {
            records.extend(record(&mut row, &mut claims));
        }
    }
    if problems.is_empty() { Ok(records) } else { Err(problems) }
}

/// A column and how it gets into the record.
type Column = (&'static str, fn(&mut Row<'_>, &'static str, &mut Weapon));

/// Columns of plain fields, one line each.
const FIELDS: [Column; 15] = [
    ("maker", |row, name, weapon| weapon.maker = row.optional(name, field::words)),
    ("country", |row, name, weapon| weapon.country = row.optional(name, field::words)),
    ("model", |row, name, weapon| weapon.model = row.optional(name, field::words)),
    ("calibre", |row, name, weapon| weapon.calibre = row.optional(name, field::words)),
    ("serial", |row, name, weapon| weapon.serial = row.optional(name, field::as_marked)),
    ("category", |row, name, weapon| weapon.category = row.optional(name, field::category)),
    ("year", field_of_the_record),
    ("owner", field_of_the_record),
    ("origin", field_of_the_record),
    ("import_marks", field_of_the_record),
    ("marks", field_of_the_record),
    ("condition", field_of_the_record),
    ("room", |row, name, weapon| weapon.room = row.optional(name, field::words)),
    ("rack", |row, name, weapon| weapon.rack = row.optional(name, field::words)),
    ("slot", |row, name, weapon| weapon.slot = row.optional(name, field::words)),
];

/// A field as the record itself reads it.
fn field_of_the_record(row: &mut Row<'_>, name: &'static str, weapon: &mut Weapon) {
    let read = row.optional(name, |value| Ok(value.to_owned()));
    if let Some(Err(why)) = read.map(|value| weapon.set_field(name, &value)) {
        // The column stands before the sentence already.
        row.refuse(name, why.strip_prefix(&format!("set {name}: ")).unwrap_or(&why));
    }
}

fn weapon<B: Known>(row: &mut Row<'_>, claims: &mut Claims<'_, B>) -> Option<Weapon> {
    let id = row.required("id", field::id).map(WeaponId::new);
    let mut weapon = Weapon::new(id.clone().unwrap_or_else(|| WeaponId::from("")));
    for (name, take) in FIELDS {
        take(row, name, &mut weapon);
    }
    let epc = row.optional("epc", field::epc);
    let tid = row.optional("tid", field::tid);
    let mark = row.optional("mark", field::code_text);
    if tid.is_some() && row.is_empty("epc") {
        row.refuse("tid", "a chip number without an EPC: a tag is registered with both");
    }
    // Claimed also where the row is refused for something else: the next try must not find new duplicates.
    id.iter().for_each(|id| claims.weapon(row, id));
    claims.serial(row, &weapon);
    epc.iter().for_each(|epc| claims.tag(row, "epc", epc));
    tid.iter().for_each(|tid| claims.tid(row, tid));
    mark.iter().for_each(|mark| claims.mark(row, "mark", mark));
    let tag = epc.map(|epc| Identifier::Tag { epc, tid });
    let mark = mark.map(|text| Identifier::Mark { text });
    weapon.identifiers = tag.into_iter().chain(mark).collect();
    id.map(|_| weapon)
}

fn person<B: Known>(row: &mut Row<'_>, claims: &mut Claims<'_, B>) -> Option<Enrolment> {
    let id = row.required("id", field::id).map(PersonId::new);
    let role: Option<Role> = row.required("role", field::role);
    let rank = row.optional("rank", field::words);
    let name = row.optional("name", field::words);
    let unit = row.optional("unit", field::words);
    let badge = row.optional("badge", field::badge);
    let format = row.date_format("valid_until").map(str::to_owned);
    let valid_until = row.optional("valid_until", |value| field::date(value, format.as_deref()));
    let may_draw = row.optional("may_draw", field::may_draw).unwrap_or(MayDraw::Nothing);
    id.iter().for_each(|id| claims.person(row, id));
    match &badge {
        Some(Badge::Epc(epc)) => claims.tag(row, "badge", epc),
        Some(Badge::Qr(text)) => claims.mark(row, "badge", text),
        None => {}
    }
    Some(Enrolment {
        id: id?,
        role: role?,
        valid_until,
        may_draw,
        personal: Personal { rank, name, unit, badge },
    })
}
