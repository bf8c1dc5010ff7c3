//! One entry of a report as a line.

use crate::identity::mark::printable;
use crate::trace::life::known_by;
use crate::trace::report::Row;

/// The line.
pub(super) fn line(row: &Row) -> String {
    let act = &row.act;
    let mut line = format!("{:>8}  {}  {}", act.seq, act.at, act.kind);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            line += &format!("  {name}{}", printable(&value));
        }
    };
    add("", row.weapon.as_ref().map(ToString::to_string));
    add("person ", act.person.as_ref().map(ToString::to_string));
    add("brought by ", act.brought_by.as_ref().map(ToString::to_string));
    add("", Some(act.says.clone()));
    add("by ", act.by.clone());
    add("witness ", act.witness.as_ref().map(ToString::to_string));
    add("authority ", act.authority.clone());
    add("at ", act.read_point.as_ref().map(ToString::to_string));
    add("known by ", Some(known_by(&act.evidence)));
    add("", row.note.clone());
    line
}
