//! Registers as CSV: `armoury weapon import FILE.csv` and `armoury person import FILE.csv`.
//!
//! Pure: bytes in, records or problems out. All or nothing, and every problem is told by its line, because whoever
//! types two hundred rifles wants one list of mistakes and not two hundred tries. What is already in the book is asked
//! of a [`Known`]; nothing here opens a file or a ledger.
//!
//! | File | Is |
//! |---|---|
//! | `csv.rs` | bytes to rows, strictly (RFC 4180), with the line each row begins in |
//! | `table.rs` | rows to named fields: header, unknown columns, missing fields |
//! | `field.rs` | one field each: text, hex, category, date, badge |
//! | `claims.rs` | what may stand only once: ids, tags, chip numbers, marks, badges |
//! | `problem.rs` | what is wrong, by line and column |

mod claims;
mod csv;
mod field;
mod problem;
mod table;

pub use claims::{Carrier, EmptyBook, Known};
pub use problem::{Problem, Problems};

use claims::Claims;
use table::{Columns, Row, Table};

use crate::domain::{Identifier, MayDraw, PersonId, Role, Weapon, WeaponId};
use crate::ledger::people::{Badge, Enrolment, Personal};

/// Columns of a weapon register. Only `id` has to be there.
pub const WEAPON_COLUMNS: [&str; 12] = [
    "id", "maker", "country", "model", "calibre", "serial", "category", "rack", "slot", "epc", "tid", "mark",
];

/// Columns of a person register. `id` and `role` have to be there.
pub const PERSON_COLUMNS: [&str; 8] =
    ["id", "rank", "name", "unit", "role", "badge", "valid_until", "may_draw"];

/// Largest file taken, in bytes: some eighty thousand weapons with every column filled. A larger one is split.
pub const FILE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Reads a register of weapons.
///
/// # Errors
/// Every problem by line; then nothing is imported.
pub fn weapons(bytes: &[u8], book: &impl Known) -> Result<Vec<Weapon>, Problems> {
    read(bytes, &Columns { all: &WEAPON_COLUMNS, required: &["id"] }, book, weapon)
}

/// Reads a register of people, their personal part included.
///
/// # Errors
/// Every problem by line; then nothing is imported.
pub fn persons(bytes: &[u8], book: &impl Known) -> Result<Vec<Enrolment>, Problems> {
    read(bytes, &Columns { all: &PERSON_COLUMNS, required: &["id", "role"] }, book, person)
}

fn read<T, B: Known>(
    bytes: &[u8],
    columns: &Columns,
    book: &B,
    record: impl Fn(&mut Row<'_>, &mut Claims<'_, B>) -> Option<T>,
) -> Result<Vec<T>, Problems> {
    let mut problems = Problems::default();
    let mut records = Vec::new();
    let mut claims = Claims::new(book);
    if let Some(mut table) = Table::open(bytes, columns, &mut problems) {
        while let Some(mut row) = table.next_row(&mut problems) {
            records.extend(record(&mut row, &mut claims));
        }
    }
    if problems.is_empty() { Ok(records) } else { Err(problems) }
}

fn weapon<B: Known>(row: &mut Row<'_>, claims: &mut Claims<'_, B>) -> Option<Weapon> {
    let id = row.required("id", field::id).map(WeaponId::new);
    let maker = row.optional("maker", field::words);
    let country = row.optional("country", field::words);
    let model = row.optional("model", field::words);
    let calibre = row.optional("calibre", field::words);
    let serial = row.optional("serial", field::as_marked);
    let category = row.optional("category", field::category);
    let rack = row.optional("rack", field::words);
    let slot = row.optional("slot", field::words);
    let epc = row.optional("epc", field::epc);
    let tid = row.optional("tid", field::tid);
    let mark = row.optional("mark", field::code_text);
    if tid.is_some() && row.is_empty("epc") {
        row.refuse("tid", "a chip number without an EPC: a tag is registered with both");
    }
    // Claimed also where the row is refused for something else: the next try must not find new duplicates.
    id.iter().for_each(|id| claims.weapon(row, id));
    epc.iter().for_each(|epc| claims.tag(row, "epc", epc));
    tid.iter().for_each(|tid| claims.tid(row, tid));
    mark.iter().for_each(|mark| claims.mark(row, "mark", mark));
    let tag = epc.map(|epc| Identifier::Tag { epc, tid });
    let mark = mark.map(|text| Identifier::Mark { text });
    let identifiers = tag.into_iter().chain(mark).collect();
    let bare = Weapon::new(id?);
    Some(Weapon { maker, country, model, calibre, serial, category, rack, slot, identifiers, ..bare })
}

fn person<B: Known>(row: &mut Row<'_>, claims: &mut Claims<'_, B>) -> Option<Enrolment> {
    let id = row.required("id", field::id).map(PersonId::new);
    let role: Option<Role> = row.required("role", field::role);
    let rank = row.optional("rank", field::words);
    let name = row.optional("name", field::words);
    let unit = row.optional("unit", field::words);
    let badge = row.optional("badge", field::badge);
    let valid_until = row.optional("valid_until", field::date);
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
