//! What travels with the crate: the dispatch document, and the receipt that comes back. Each is checked by its own
//! digest, so that a line changed on the way is found before anything is signed (T-3).

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::Denied;
use super::super::report_line::ReportLine;
use crate::domain::moment::date_text;
use crate::domain::{PersonId, Seq, Standing, StationId, Weapon, WeaponId};

/// Why weapons move to another armoury.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Purpose {
    /// Between armouries of the same State and service: feeds no report.
    #[default]
    #[n(0)]
    Internal,
    /// To a workshop, to come back.
    #[n(1)]
    Repair,
    /// Lent, to come back.
    #[n(2)]
    Loan,
    /// To another agency of the same State, for good.
    #[n(3)]
    Agency,
    /// Across a border.
    #[n(4)]
    Export,
}

impl Purpose {
    /// The word used in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Repair => "repair",
            Self::Loan => "loan",
            Self::Agency => "agency",
            Self::Export => "export",
        }
    }

    /// The line of a State's report it feeds at its sender.
    pub fn line_sent(self) -> Option<ReportLine> {
        (self == Self::Export).then_some(ReportLine::Export)
    }

    /// The line it feeds at its receiver.
    pub fn line_received(self) -> Option<ReportLine> {
        (self == Self::Export).then_some(ReportLine::Import)
    }

    /// What a weapon is to its sender once it has been received.
    pub fn standing_when_received(self) -> Standing {
        match self {
            Self::Internal | Self::Repair | Self::Loan => Standing::NotHere,
            Self::Agency | Self::Export => Standing::LeftService,
        }
    }
}

/// What a movement across a border needs beside the list (`un-categories.md` section 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
#[cbor(map)]
pub struct Border {
    /// The licence or authorisation.
    #[n(0)]
    pub authorisation: String,
    /// How many it allows.
    #[n(1)]
    pub authorised: u32,
    /// The State it goes to, or comes from.
    #[n(2)]
    pub partner_state: String,
    /// The State of origin, if that is another.
    #[n(3)]
    pub origin_state: Option<String>,
    /// The value with its currency ("12000 EUR"), if it is known.
    #[n(4)]
    pub value: Option<String>,
}

/// Who carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// Somebody of the sender's book.
    #[n(0)]
    Person(#[n(0)] PersonId),
    /// A firm and its waybill.
    #[n(1)]
    Firm(#[n(0)] String),
}

impl std::fmt::Display for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(person) => person.fmt(f),
            Self::Firm(firm) => f.write_str(firm),
        }
    }
}

/// So many of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
#[cbor(map)]
pub struct Quantity {
    /// The type as registered; "unknown" where the register has none.
    #[n(0)]
    pub model: String,
    /// How many.
    #[n(1)]
    pub count: u32,
}

/// How it travels (T-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
#[cbor(map)]
pub struct Consignment {
    /// The way it goes.
    #[n(0)]
    pub route: String,
    /// The vehicle.
    #[n(1)]
    pub vehicle: String,
    /// Who carries it when it leaves.
    #[n(2)]
    pub carrier: Carrier,
    /// Keys of those who guard it.
    #[n(3)]
    pub escort: Vec<PersonId>,
    /// Numbers of the seals on the crates.
    #[n(4)]
    pub seals: Vec<String>,
    /// The day on which it should arrive.
    #[n(5)]
    #[cbor(with = "date_text", has_nil)]
    pub expected: Option<Date>,
    /// What is written on the crates.
    #[n(6)]
    pub quantities: Vec<Quantity>,
}

/// A weapon on the list, with its whole record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
#[cbor(map)]
pub struct Item {
    /// The register's record.
    #[n(0)]
    pub weapon: Weapon,
    /// What it was to its sender.
    #[n(1)]
    pub standing: Standing,
}

/// What the sender says of a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
#[cbor(map)]
pub struct Dispatch {
    /// The transfer's number at its sender.
    #[n(0)]
    pub transfer: String,
    /// The sender.
    #[n(1)]
    pub from: StationId,
    /// The receiver.
    #[n(2)]
    pub to: StationId,
    /// Why.
    #[n(3)]
    pub purpose: Purpose,
    /// Where it crosses a border.
    #[n(4)]
    pub border: Option<Border>,
    /// How.
    #[n(5)]
    pub consignment: Consignment,
    /// What, by serial.
    #[n(6)]
    pub items: Vec<Item>,
}

/// What became of it at the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Outcome {
    /// Counted, checked and signed for.
    #[n(0)]
    Received,
    /// Turned away.
    #[n(1)]
    Rejected,
}

/// What the receiver says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
#[cbor(map)]
pub struct Receipt {
    /// The transfer's number at its sender.
    #[n(0)]
    pub transfer: String,
    /// The sender.
    #[n(1)]
    pub from: StationId,
    /// The receiver.
    #[n(2)]
    pub to: StationId,
    /// Digest of the dispatch document it answers.
    #[n(3)]
    pub dispatch: String,
    /// Whether it was taken.
    #[n(4)]
    pub outcome: Outcome,
    /// Weapons counted.
    #[n(5)]
    pub counted: u32,
    /// On the list and not in the crate.
    #[n(6)]
    pub short: Vec<WeaponId>,
    /// In the crate and not on the list, as written on them.
    #[n(7)]
    pub extra: Vec<String>,
    /// Number of the receiver's entry.
    #[n(8)]
    pub entry: Seq,
}

/// A paper with its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper<T> {
    /// What kind of paper: a dispatch is never taken for a receipt.
    pub kind: String,
    /// What it says.
    pub content: T,
    /// SHA-256 over kind and content, hex.
    pub sha256: String,
}

/// Something that travels as a paper.
pub trait Content: Encode<()> {
    /// The word for its kind.
    const KIND: &'static str;
}

impl Content for Dispatch {
    const KIND: &'static str = "armoury-dispatch-1";
}

impl Content for Receipt {
    const KIND: &'static str = "armoury-receipt-1";
}

impl<T: Content> Paper<T> {
    /// Writes its digest under it.
    pub fn of(content: T) -> Self {
        let sha256 = digest(&content);
        Self { kind: T::KIND.to_owned(), content, sha256 }
    }

    /// What it says, if nothing in it was changed.
    ///
    /// # Errors
    /// It is another kind of paper, or is not as it was written.
    pub fn checked(&self) -> Result<&T, Denied> {
        if self.kind != T::KIND {
            return Denied::because(format!("read the document: it is {:?}, not {:?}", self.kind, T::KIND));
        }
        if digest(&self.content) != self.sha256 {
            return Denied::because(
                "read the document: it is not as it was written; ask the other armoury for it again",
            );
        }
        Ok(&self.content)
    }
}

/// SHA-256 over kind and content, hex.
fn digest<T: Content>(content: &T) -> String {
    let mut sha = Sha256::new();
    sha.update(T::KIND.as_bytes());
    sha.update([0]);
    sha.update(minicbor::to_vec(content).expect("writing to a vector cannot fail"));
    crate::identity::epc::hex(&sha.finalize())
}
