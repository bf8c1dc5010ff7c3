//! `armoury transfer`: weapons between armouries.

mod arrival;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::act::{Asking, Signed};
use super::{Failure, exit, read_file, voucher};
use crate::domain::book::Act;
use crate::domain::book::transfer::{self, Border, Carrier, Consignment, Content, Paper, Purpose, Quantity};
use crate::domain::{PersonId, StationId, WeaponId};
use arrival::{Arrive, Check, Receive, Reject};
use show::{Export, Show, Voucher};

/// Largest document read, in bytes: ten thousand long records.
const DOCUMENT_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What can be done with transfers
#[derive(Debug, Subcommand)]
pub enum TransferCommand {
    /// Begin a transfer to another armoury
    Open(Open),
    /// Put weapons on its list and into the crate
    Pack(Weapons),
    /// Take weapons out again
    Unpack(Weapons),
    /// Let it leave; its document goes with the crate
    Dispatch(Box<Dispatch>),
    /// Name another carrier
    Carrier(NewCarrier),
    /// Enter that the receiver was asked for the receipt
    FollowUp(FollowUp),
    /// Enter the receiver's receipt
    Confirm(Confirm),
    /// Take a wrong shipment back
    Reverse(Reverse),
    /// Enter that another armoury's crate is here
    Arrive(Arrive),
    /// Enter what was found in it
    Check(Check),
    /// Sign for it after counting and checking; its receipt goes back
    Receive(Box<Receive>),
    /// Turn it away
    Reject(Reject),
    /// Write a transfer's document, or its receipt, once more
    Export(Export),
    /// Print the voucher
    Voucher(Voucher),
    /// Show one transfer, or all
    Show(Show),
}

/// A new transfer
#[derive(Debug, Args)]
pub struct Open {
    /// Its number
    transfer: String,
    /// The receiver, by its station's name
    #[arg(long)]
    to: String,
    /// Why
    #[arg(long, value_enum, default_value = "internal")]
    purpose: PurposeWord,
    #[command(flatten)]
    border: BorderFlags,
    #[command(flatten)]
    signed: Signed,
}

/// A movement across a border
#[derive(Debug, Clone, Args)]
pub(super) struct BorderFlags {
    /// Licence or authorisation, for a movement across a border
    #[arg(long, requires_all = ["authorised", "partner_state"], value_name = "TEXT")]
    licence: Option<String>,
    /// How many it allows
    #[arg(long, requires = "licence", value_name = "NUMBER")]
    authorised: Option<u32>,
    /// The State they go to
    #[arg(long, requires = "licence", value_name = "STATE")]
    partner_state: Option<String>,
    /// The State of origin, if that is another
    #[arg(long, requires = "licence", value_name = "STATE")]
    origin_state: Option<String>,
    /// Value with its currency
    #[arg(long, requires = "licence", value_name = "TEXT")]
    value: Option<String>,
}

/// Weapons of a transfer
#[derive(Debug, Args)]
pub struct Weapons {
    /// Its number
    transfer: String,
    /// Numbers of weapons
    #[arg(required_unless_present = "list")]
    weapons: Vec<String>,
    /// A file with one number a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

/// A departure
#[derive(Debug, Args)]
pub struct Dispatch {
    /// Its number
    transfer: String,
    /// The way it goes
    #[arg(long)]
    route: String,
    /// The vehicle
    #[arg(long)]
    vehicle: String,
    #[command(flatten)]
    carrier: CarrierFlags,
    /// Who guards it, by key
    #[arg(long, num_args = 1.., value_name = "PERSON")]
    escort: Vec<String>,
    /// Numbers of the seals
    #[arg(long, num_args = 1.., value_name = "NUMBER")]
    seal: Vec<String>,
    /// The day on which it should arrive
    #[arg(long, value_name = "DATE")]
    expected: Date,
    /// What is written on the crates: MODEL=NUMBER
    #[arg(long, num_args = 1.., value_name = "MODEL=NUMBER", value_parser = quantity)]
    quantity: Vec<Quantity>,
    /// Where the document that travels with it is written
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

/// Who carries it
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
struct CarrierFlags {
    /// Who carries it: a person of the book
    #[arg(long, value_name = "PERSON")]
    carrier: Option<String>,
    /// Who carries it: a firm and its waybill
    #[arg(long, value_name = "TEXT")]
    firm: Option<String>,
}

/// A change of carrier
#[derive(Debug, Args)]
pub struct NewCarrier {
    /// Its number
    transfer: String,
    #[command(flatten)]
    carrier: CarrierFlags,
    /// Where it changed hands
    #[arg(long)]
    place: String,
    /// Seals put on there
    #[arg(long, num_args = 1.., value_name = "NUMBER")]
    seal: Vec<String>,
    #[command(flatten)]
    signed: Signed,
}

/// That the receiver was asked
#[derive(Debug, Args)]
pub struct FollowUp {
    /// Its number
    transfer: String,
    /// The letter or call
    #[arg(long)]
    reference: String,
    #[command(flatten)]
    signed: Signed,
}

/// A receipt
#[derive(Debug, Args)]
pub struct Confirm {
    /// The receipt's file
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    #[command(flatten)]
    signed: Signed,
}

/// A reversal
#[derive(Debug, Args)]
pub struct Reverse {
    /// Its number
    transfer: String,
    /// Weapons counted
    #[arg(long)]
    counted: u32,
    /// What they are, by number
    #[arg(long, num_args = 1.., value_name = "WEAPON")]
    seen: Vec<String>,
    /// A file with one number a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

/// The words for a purpose.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum PurposeWord {
    Internal,
    Repair,
    Loan,
    Agency,
    Export,
}

/// What a command of transfers does beside asking for an act.
pub(super) enum Other {
    /// It looks.
    Show(Show),
    /// It writes a document once more.
    Export(Export),
    /// It prints.
    Voucher(Voucher),
}

impl TransferCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Result<Asking, Other>, Failure> {
        let (act, signed) = match self {
            Self::Open(Open { transfer, to, purpose, border, signed }) => {
                let (to, purpose) = (StationId::new(to), purpose.into());
                (transfer::Act::Open { transfer, to, purpose, border: border.border() }, signed)
            }
            Self::Pack(Weapons { transfer, weapons, list, signed }) => {
                (transfer::Act::Pack { transfer, weapons: numbers(weapons, list)? }, signed)
            }
            Self::Unpack(Weapons { transfer, weapons, list, signed }) => {
                (transfer::Act::Unpack { transfer, weapons: numbers(weapons, list)? }, signed)
            }
            Self::Dispatch(dispatch) => dispatch.asking(),
            Self::Carrier(NewCarrier { transfer, carrier, place, seal, signed }) => {
                (transfer::Act::Carrier { transfer, carrier: carrier.carrier(), place, seals: seal }, signed)
            }
            Self::FollowUp(FollowUp { transfer, reference, signed }) => {
                (transfer::Act::FollowUp { transfer, reference }, signed)
            }
            Self::Confirm(Confirm { document, signed }) => {
                (transfer::Act::Confirm { receipt: Box::new(paper(&document)?) }, signed)
            }
            Self::Reverse(Reverse { transfer, counted, seen, list, signed }) => {
                (transfer::Act::Reverse { transfer, counted, seen: numbers(seen, list)? }, signed)
            }
            Self::Arrive(arrive) => arrive.asking()?,
            Self::Check(check) => check.asking()?,
            Self::Receive(receive) => receive.asking()?,
            Self::Reject(reject) => reject.asking()?,
            Self::Export(export) => return Ok(Err(Other::Export(export))),
            Self::Voucher(voucher) => return Ok(Err(Other::Voucher(voucher))),
            Self::Show(show) => return Ok(Err(Other::Show(show))),
        };
        Ok(Ok(Asking { act: Act::Transfer(act), signed }))
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let after = self.document();
        if let Some(out) = after.as_ref().and_then(|document| document.out.as_deref()) {
            voucher::free(out)?;
        }
        match self.asking()? {
            Ok(asking) => {
                let place = asking.signed.place().clone();
                asking.carry_out()?;
                match after {
                    Some(export) => export.write(&place),
                    None => Ok(exit::DONE),
                }
            }
            Err(Other::Show(show)) => show.carry_out(),
            Err(Other::Export(export)) => export.carry_out(),
            Err(Other::Voucher(voucher)) => voucher.carry_out(),
        }
    }

    /// The document that is written when the act is done.
    fn document(&self) -> Option<show::Document> {
        match self {
            Self::Dispatch(dispatch) => {
                let out = dispatch.out.clone()?;
                Some(show::Document { transfer: dispatch.transfer.clone(), from: None, out: Some(out) })
            }
            Self::Receive(receive) => receive.receipt(),
            Self::Reject(reject) => reject.receipt(),
            _ => None,
        }
    }
}

impl Dispatch {
    fn asking(self) -> (transfer::Act, Signed) {
        let consignment = Consignment {
            route: self.route,
            vehicle: self.vehicle,
            carrier: self.carrier.carrier(),
            escort: self.escort.into_iter().map(PersonId::new).collect(),
            seals: self.seal,
            expected: Some(self.expected),
            quantities: self.quantity,
        };
        (transfer::Act::Dispatch { transfer: self.transfer, consignment }, self.signed)
    }
}

impl BorderFlags {
    /// The movement across a border; none where it crosses none.
    pub(super) fn border(self) -> Option<Border> {
        Some(Border {
            authorisation: self.licence?,
            authorised: self.authorised?,
            partner_state: self.partner_state?,
            origin_state: self.origin_state,
            value: self.value,
        })
    }
}

impl CarrierFlags {
    fn carrier(self) -> Carrier {
        match (self.carrier, self.firm) {
            (Some(person), _) => Carrier::Person(PersonId::new(person)),
            (None, firm) => Carrier::Firm(firm.unwrap_or_default()),
        }
    }
}

impl From<PurposeWord> for Purpose {
    fn from(word: PurposeWord) -> Self {
        match word {
            PurposeWord::Internal => Self::Internal,
            PurposeWord::Repair => Self::Repair,
            PurposeWord::Loan => Self::Loan,
            PurposeWord::Agency => Self::Agency,
            PurposeWord::Export => Self::Export,
        }
    }
}

/// Reads `M4=38`.
fn quantity(text: &str) -> Result<Quantity, String> {
    let why = || format!("{text:?} is no quantity: write MODEL=NUMBER");
    let (model, count) = text.rsplit_once('=').ok_or_else(why)?;
    Ok(Quantity { model: model.trim().to_owned(), count: count.trim().parse().map_err(|_| why())? })
}

/// Numbers of weapons, named and listed.
pub(super) fn numbers(named: Vec<String>, list: Option<PathBuf>) -> Result<Vec<WeaponId>, Failure> {
    Ok(texts(named, list)?.into_iter().map(WeaponId::new).collect())
}

/// Words of the command line, and lines of a file.
pub(super) fn texts(mut named: Vec<String>, list: Option<PathBuf>) -> Result<Vec<String>, Failure> {
    if let Some(file) = list {
        let bytes = read_file(&file, DOCUMENT_MAX_BYTES)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::usage(format!("read {}: it is no text", file.display())))?;
        named.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    Ok(named)
}

/// Reads a document.
fn paper<T: Content + DeserializeOwned>(file: &Path) -> Result<Paper<T>, Failure> {
    let bytes = read_file(&file.to_path_buf(), DOCUMENT_MAX_BYTES)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::refused(format!("read {}: it is no {}: {error}", file.display(), T::KIND)))
}
