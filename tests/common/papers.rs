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

const KEYS: &[Role] = &[Role::Supervisor, Role::Commander];
const HOLDERS: &[Role] = &[Role::Armourer, Role::Witness, Role::Supervisor, Role::Commander];

/// Every paper.
pub const PAPERS: &[Paper] = &[
    one("key register {n} --lock 'arms room'", KEYS),
    one("key take {n}", HOLDERS),
    one("key return {n}", HOLDERS),
    one("key lost {n}", HOLDERS),
];
