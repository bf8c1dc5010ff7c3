//! What may be asked of the book, in the words of the command line, and who may ask it by the page on armoury practice.

use armoury::domain::Role;

/// A paper.
pub struct Paper {
    /// The command; `{weapon}`, `{person}`, `{n}`, `{day}` stand for some of them.
    pub line: &'static str,
    /// Who may.
    pub may: &'static [Role],
    /// It takes two people.
    pub two: bool,
}

const fn one(line: &'static str, may: &'static [Role]) -> Paper {
    Paper { line, may, two: false }
}

const fn two(line: &'static str, may: &'static [Role]) -> Paper {
    Paper { line, may, two: true }
}

/// Those who authorise exceptions.
const ABOVE: &[Role] = &[Role::Supervisor, Role::Commander];

/// Those who keep the room.
const KEEPERS: &[Role] = &[Role::Armourer, Role::Supervisor, Role::Commander];

/// Those who may hold a key.
const HOLDERS: &[Role] = &[Role::Armourer, Role::Witness, Role::Supervisor, Role::Commander];

/// Those who may do something to a weapon.
const WORKERS: &[Role] = &[Role::Armourer, Role::Technician, Role::Supervisor];

/// Those who look at weapons in a count, and say what they miss.
const LOOKERS: &[Role] = &[
    Role::Armourer,
    Role::Witness,
    Role::Supervisor,
    Role::InventoryOfficer,
    Role::Commander,
    Role::Inspector,
];

/// Every paper.
pub const PAPERS: &[Paper] = &[
    one("key register {n} --lock 'arms room'", ABOVE),
    one("key take {n}", HOLDERS),
    one("key return {n}", HOLDERS),
    one("key lost {n}", HOLDERS),
    one("key lock-changed {n} --reference 'work order'", ABOVE),
    one("person appoint {person} witness --until {day}", ABOVE),
    one("person appoint {person} armourer", ABOVE),
    one("person dismiss {person} armourer", ABOVE),
    one("person suspend {person}", ABOVE),
    one("person suspend {person} --lift", ABOVE),
    one("person authorise {person} model:L85A3 --until {day}", ABOVE),
    one("person revoke {person} weapon:A1", ABOVE),
    one("access in {person}", HOLDERS),
    one("access out {person}", HOLDERS),
    one("weapon quarantine {weapon} --reason 'bent sight'", WORKERS),
    one("weapon release {weapon} --why 'looked at'", JUDGES),
    one("weapon queue {weapon} clean --why 'range dust'", WORKERS),
    one("weapon done {weapon} clean", WORKERS),
    one("weapon assign {weapon} {person}", KEEPERS),
    one("weapon unassign {weapon}", KEEPERS),
    one("weapon home {weapon} --rack B --slot {n}", KEEPERS),
    one("weapon correct {weapon} calibre=5.56 --why 'typing error'", KEEPERS),
    one("loan extend {weapon} --until '2 h' --why 'late truck'", KEEPERS),
    one("loan undo", HOLDERS),
    one("loan note {weapon} --dirty", KEEPERS),
    one("standto start", ABOVE),
    one("standto end", ABOVE),
    one("count open handover", COUNTERS),
    one("count open serials", &[Role::InventoryOfficer]),
    one("count open muster", COUNTERS),
    one("count seen {weapon} --eye", LOOKERS),
    one("count close", LOOKERS),
    one("count hand-up --reason 'does not agree'", LOOKERS),
    one("count cancel --reason 'wrong day'", ABOVE),
    one("discrepancy suspect {weapon}", REPORTERS),
    two("discrepancy confirm {weapon} --reason 'searched'", REPORTERS),
    two("discrepancy explain {weapon} --reason 'workshop'", REPORTERS),
    one("discrepancy recovered {weapon} --place ditch --condition rusty --reason 'found'", ABOVE),
    one("discrepancy write-off {weapon} --reference W-1 --reason 'closed'", &[Role::Commander]),
    one("day open", KEEPERS),
    one("day close", KEEPERS),
    one("transfer open T{n} --to delta", PACKERS),
    one("transfer pack T{n} {weapon}", PACKERS),
    one("transfer unpack T{n} {weapon}", PACKERS),
    one("dispose surplus {weapon}", ABOVE),
    one("dispose batch D{n} {weapon}", DISPOSERS),
    one("dispose leave {weapon} --exit owner --to 'the estate' --reference R-1", ABOVE),
];

/// Those who say that a weapon is fit.
const JUDGES: &[Role] = &[Role::Supervisor, Role::Commander, Role::Technician];

/// Those who count.
const COUNTERS: &[Role] =
    &[Role::Armourer, Role::Witness, Role::Supervisor, Role::InventoryOfficer, Role::Commander];

/// Those who say that something is not accounted for.
const REPORTERS: &[Role] = COUNTERS;

/// Those who pack.
const PACKERS: &[Role] = &[Role::Armourer, Role::Supervisor];

/// Those who put a batch together.
const DISPOSERS: &[Role] = &[Role::Armourer, Role::Supervisor, Role::Commander];
