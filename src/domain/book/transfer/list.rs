//! What was read on the weapons of a crate, beside its list.

use std::collections::{BTreeSet, HashMap};

use super::super::limits::LIST_MAX;
use super::papers::Item;
use super::state::Inbound;
use crate::domain::book::{Context, Denied};
use crate::domain::{Identifier, Weapon, WeaponId};
use crate::identity::epc;

/// Most weapons found that are on no list; more is another crate.
pub(super) const EXTRA_MAX: usize = 200;

/// Longest reading taken, bytes.
const READING_MAX_BYTES: usize = 256;

/// What was found in a crate: of the list, and beside it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) listed: Vec<WeaponId>,
    pub(super) extra: Vec<String>,
}

/// What readings mean: which weapons of the list, and what is not on it.
pub(super) fn find(context: Context<'_>, inbound: &Inbound, seen: &[String]) -> Result<Found, Denied> {
    if seen.len() > LIST_MAX {
        return Denied::because(format!("check {} at once: at most {LIST_MAX}", seen.len()));
    }
    let by_serial_only = context.armoury.policy.transfer_serials;
    let list = List::of(&inbound.items);
    let mut found = Found::default();
    let mut twice: BTreeSet<String> = inbound.checked.iter().map(|id| format!("#{id}")).collect();
    twice.extend(inbound.extra.iter().cloned());
    for reading in seen {
        let reading = reading.trim();
        if reading.is_empty() || reading.len() > READING_MAX_BYTES || reading.chars().any(char::is_control) {
            return Denied::because("check a weapon: what was read is empty or too long");
        }
        let weapon = list.find(reading, by_serial_only)?;
        let key = weapon.as_ref().map_or_else(|| reading.to_owned(), |id| format!("#{id}"));
        if !twice.insert(key) {
            return Denied::because(format!("check {reading} twice: it was found already"));
        }
        match weapon {
            Some(weapon) => found.listed.push(weapon),
            None => found.extra.push(reading.to_owned()),
        }
    }
    if inbound.extra.len() + found.extra.len() > EXTRA_MAX {
        return Denied::because(format!(
            "check {} that are not on the list: is it the right crate?",
            found.extra.len()
        ));
    }
    Ok(found)
}

/// A list, to be searched by what is on the weapons.
struct List<'a> {
    by_reading: HashMap<String, Vec<&'a Item>>,
    by_number: HashMap<&'a str, &'a Item>,
}

impl<'a> List<'a> {
    fn of(items: &'a [Item]) -> Self {
        let mut by_reading: HashMap<String, Vec<&Item>> = HashMap::new();
        for item in items {
            for reading in readings(&item.weapon) {
                by_reading.entry(reading).or_default().push(item);
            }
        }
        let by_number = items.iter().map(|item| (item.weapon.id.as_str(), item)).collect();
        Self { by_reading, by_number }
    }

    /// The weapon of the list that a reading means; none if it is on no line. `A1042=SERIAL` tells two weapons with one
    /// serial apart (W-2); where the serial is another than listed, it is not that weapon.
    fn find(&self, reading: &str, by_serial_only: bool) -> Result<Option<WeaponId>, Denied> {
        if let Some((number, serial)) = reading.split_once('=')
            && let Some(item) = self.by_number.get(number)
        {
            let same = readings(&item.weapon).any(|it| it == folded(serial));
            return Ok(same.then(|| item.weapon.id.clone()));
        }
        match self.by_reading.get(&folded(reading)).map(Vec::as_slice) {
            Some([item]) => return Ok(Some(item.weapon.id.clone())),
            Some(several) => {
                return Denied::because(format!(
                    "check {reading}: {} weapons of the list bear it; write NUMBER={reading}",
                    several.len()
                ));
            }
            None => {}
        }
        let Some(item) = self.by_number.get(reading) else { return Ok(None) };
        if by_serial_only && readings(&item.weapon).next().is_some() {
            return Denied::because(format!(
                "check {reading} by its number: read the serial, the mark or the tag on the weapon itself"
            ));
        }
        Ok(Some(item.weapon.id.clone()))
    }
}

/// What can be read on a weapon: serial, marks, tags.
fn readings(weapon: &Weapon) -> impl Iterator<Item = String> + '_ {
    let identifiers = weapon.identifiers.iter().map(|identifier| match identifier {
        Identifier::Tag { epc, .. } => folded(&epc::hex(epc)),
        Identifier::Mark { text } => folded(text),
    });
    weapon.serial.iter().map(|serial| folded(serial)).chain(identifiers)
}

/// As typed or scanned, in one form: without space, in capitals.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}
