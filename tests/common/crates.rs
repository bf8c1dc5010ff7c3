//! Papers of other armouries in a story: the document of a crate that comes, the receipt of one that was sent.

use armoury::domain::book::transfer::{
    Carrier, Consignment, Dispatch, Item, Outcome, Paper, Purpose, Quantity, Receipt,
};
use armoury::domain::{Armoury, PersonId, Standing, StationId, Weapon, WeaponId};
use serde::{Deserialize, Serialize};

use crate::common;

/// A crate of the armoury "alpha" for this one. Commands name its document by `{T7}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrateLine {
    pub transfer: String,
    #[serde(default)]
    pub purpose: Purpose,
    /// For whom it is; for this station where nothing is said.
    pub to: Option<String>,
    /// What the list says: numbers; the serial is the number with an S before it.
    pub weapons: Vec<String>,
    #[serde(default)]
    pub seals: Vec<String>,
    /// Somebody changed a line of it on the way.
    #[serde(default)]
    pub altered: bool,
}

/// What the receiver of a transfer of this station says. Commands name it by `{receipt T1}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptLine {
    pub transfer: String,
    #[serde(default)]
    pub short: Vec<String>,
    #[serde(default)]
    pub rejected: bool,
}

impl CrateLine {
    fn paper(&self) -> Paper<Dispatch> {
        let item = |id: &String| {
            let weapon = common::weapon(id, Some("M4".into()), None);
            Item {
                weapon: Weapon { serial: Some(format!("S{id}")), ..weapon },
                standing: Standing::InService,
            }
        };
        let mut paper = Paper::of(Dispatch {
            transfer: self.transfer.clone(),
            from: StationId::from("alpha"),
            to: StationId::from(self.to.as_deref().unwrap_or("bravo")),
            purpose: self.purpose,
            border: None,
            consignment: Consignment {
                route: "road 4".into(),
                vehicle: "truck 12".into(),
                carrier: Carrier::Person(PersonId::from("alpha-9")),
                escort: Vec::new(),
                seals: self.seals.clone(),
                expected: Some("2026-05-14".parse().expect("a date")),
                quantities: vec![Quantity { model: "M4".into(), count: self.weapons.len() as u32 }],
            },
            items: self.weapons.iter().map(item).collect(),
        });
        if self.altered {
            paper.content.items.pop();
        }
        paper
    }
}

impl ReceiptLine {
    fn paper(&self, armoury: &Armoury) -> Paper<Receipt> {
        let sent = armoury.rooms.transfer.sent.get(&self.transfer).expect("it was opened");
        let departure = sent.departure.as_ref().expect("it has left");
        let short: Vec<WeaponId> = self.short.iter().map(|id| WeaponId::from(id.as_str())).collect();
        Paper::of(Receipt {
            transfer: self.transfer.clone(),
            from: StationId::from("bravo"),
            to: sent.to.clone(),
            dispatch: departure.digest.clone(),
            outcome: if self.rejected { Outcome::Rejected } else { Outcome::Received },
            counted: (sent.weapons.len() - short.len()) as u32,
            short,
            extra: Vec::new(),
            entry: 99,
        })
    }
}

/// The command with the papers it names in files.
pub struct WithPapers {
    pub line: String,
    _files: tempfile::TempDir,
}

/// Puts the papers a command names into files.
pub fn with_papers(
    line: &str,
    crates: &[CrateLine],
    receipts: &[ReceiptLine],
    armoury: &Armoury,
) -> WithPapers {
    let files = tempfile::tempdir().expect("a folder");
    let mut line = line.to_owned();
    let mut put = |name: String, text: &dyn Fn() -> String| {
        if line.contains(&name) {
            let file = files.path().join(format!("{}.json", name.trim_matches(['{', '}'])));
            std::fs::write(&file, text()).expect("a file");
            line = line.replace(&name, &format!("'{}'", file.display()));
        }
    };
    for of in crates {
        put(format!("{{{}}}", of.transfer), &|| text(&of.paper()));
    }
    for receipt in receipts {
        put(format!("{{receipt {}}}", receipt.transfer), &|| text(&receipt.paper(armoury)));
    }
    WithPapers { line, _files: files }
}

fn text<T: Serialize>(paper: &T) -> String {
    serde_json::to_string(paper).expect("a paper can be written")
}
