//! Looking at transfers, and their papers.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::cli::place::Place;
use crate::cli::voucher::{self, Sheet};
use crate::cli::{Failure, exit, say};
use crate::domain::book::report_line::ReportLine;
use crate::domain::book::transfer::{Inbound, Outbound, Outcome, Paper};
use crate::domain::{Armoury, StationId};

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Which; all when absent
    transfer: Option<String>,
    /// The sender, of one that comes from another armoury
    #[arg(long)]
    from: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// A document to write once more
#[derive(Debug, Args)]
pub struct Export {
    /// The transfer's number at its sender
    transfer: String,
    /// The sender, for the receipt of one that came from another armoury
    #[arg(long)]
    from: Option<String>,
    /// Into which file; to standard output when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// A voucher to print
#[derive(Debug, Args)]
pub struct Voucher {
    /// The transfer's number
    transfer: String,
    /// As HTML; as plain text when absent
    #[arg(long)]
    html: bool,
    /// Into which file; to standard output when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// A document and where it goes.
pub(in crate::cli) struct Document {
    pub(super) transfer: String,
    /// The sender, of one that came from another armoury: then it is the receipt.
    pub(super) from: Option<StationId>,
    pub(super) out: Option<PathBuf>,
}

impl Show {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let rooms = &armoury.rooms.transfer;
        let wanted = |number: &str| self.transfer.as_deref().is_none_or(|transfer| transfer == number);
        let mut any = false;
        for (number, outbound) in rooms.sent.iter().filter(|(number, _)| wanted(number)) {
            if self.from.is_none() {
                any = true;
                say(if self.json {
                    outbound_json(number, outbound)
                } else {
                    outbound_line(number, outbound)
                });
            }
        }
        for (from, transfers) in &rooms.coming {
            if self.from.as_deref().is_some_and(|wanted| wanted != from.as_str()) {
                continue;
            }
            for (number, inbound) in transfers.iter().filter(|(number, _)| wanted(number)) {
                any = true;
                say(match self.json {
                    true => inbound_json(from, number, inbound),
                    false => inbound_line(from, number, inbound),
                });
            }
        }
        match self.transfer {
            Some(transfer) if !any => {
                Err(Failure::refused(format!("find transfer {transfer}: there is none of that number")))
            }
            _ => Ok(exit::DONE),
        }
    }
}

impl Export {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let from = self.from.map(StationId::new);
        Document { transfer: self.transfer, from, out: self.out }.write(&self.place)
    }
}

impl Document {
    /// Writes it.
    pub(super) fn write(&self, place: &Place) -> Result<u8, Failure> {
        let armoury = place.reader()?.armoury()?;
        let text = match &self.from {
            None => dispatch(&armoury, &self.transfer)?,
            Some(from) => receipt(&armoury, from, &self.transfer)?,
        };
        voucher::put(self.out.as_deref(), &text)?;
        Ok(exit::DONE)
    }
}

impl Voucher {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let outbound = sent(&armoury, &self.transfer)?;
        let sheet = sheet(&armoury, &self.transfer, outbound)?;
        let text = if self.html { sheet.html() } else { sheet.text() };
        voucher::put(self.out.as_deref(), &text)?;
        Ok(exit::DONE)
    }
}

fn sent<'a>(armoury: &'a Armoury, transfer: &str) -> Result<&'a Outbound, Failure> {
    let found = armoury.rooms.transfer.sent.get(transfer);
    found.ok_or_else(|| {
        Failure::refused(format!("find transfer {transfer}: this station has opened none of that number"))
    })
}

fn station(armoury: &Armoury) -> Result<&StationId, Failure> {
    armoury
        .station
        .as_ref()
        .ok_or_else(|| Failure::refused("write the document: the station has no name yet"))
}

fn dispatch(armoury: &Armoury, transfer: &str) -> Result<String, Failure> {
    let found = sent(armoury, transfer)?.dispatch(transfer, station(armoury)?);
    let dispatch = found.ok_or_else(|| {
        Failure::refused(format!("write the document of {transfer}: it has not left; dispatch it first"))
    })?;
    document(Paper::of(dispatch))
}

fn receipt(armoury: &Armoury, from: &StationId, transfer: &str) -> Result<String, Failure> {
    let inbound = armoury.rooms.transfer.inbound(from, transfer);
    let inbound = inbound.ok_or_else(|| {
        Failure::refused(format!("find transfer {transfer} from {from}: none such has arrived"))
    })?;
    let found = inbound.receipt(transfer, from, station(armoury)?);
    let receipt = found.ok_or_else(|| {
        Failure::refused(format!("write the receipt of {transfer}: it is not signed for yet"))
    })?;
    document(Paper::of(receipt))
}

fn document<T: Serialize>(paper: Paper<T>) -> Result<String, Failure> {
    Ok(format!("{}\n", serde_json::to_string_pretty(&paper)?))
}

fn sheet(armoury: &Armoury, transfer: &str, outbound: &Outbound) -> Result<Sheet, Failure> {
    let Some(departure) = &outbound.departure else {
        return Err(Failure::refused(format!("print the voucher of {transfer}: it has not left")));
    };
    let consignment = &departure.consignment;
    let mut sheet = Sheet::new(format!("Transfer voucher {transfer}"), departure.entry);
    sheet.field("From", station(armoury)?.as_str());
    sheet.field("To", outbound.to.as_str());
    sheet.field("Purpose", outbound.purpose.word());
    sheet.field("Route", &consignment.route);
    sheet.field("Vehicle", &consignment.vehicle);
    sheet.field("Carrier", &consignment.carrier.to_string());
    let escort: Vec<&str> = consignment.escort.iter().map(|person| person.as_str()).collect();
    sheet.field("Escort", &escort.join(", "));
    sheet.field("Seals", &consignment.seals.join(", "));
    sheet.field("Expected", &consignment.expected.map(|day| day.to_string()).unwrap_or_default());
    for quantity in &consignment.quantities {
        sheet.field(&format!("Quantity of {}", quantity.model), &quantity.count.to_string());
    }
    if let Some(border) = &outbound.border {
        sheet.field("Authorisation", &border.authorisation);
        sheet.field("Authorised", &border.authorised.to_string());
        sheet.field("State", &border.partner_state);
        sheet.field("Origin", border.origin_state.as_deref().unwrap_or_default());
        sheet.field("Value", border.value.as_deref().unwrap_or_default());
    }
    sheet.field("Document SHA-256", &departure.digest);
    sheet.weapons(departure.items.iter().map(|item| &item.weapon));
    sheet.sign(&["Sender", "Witness", "Carrier", "Receiver"]);
    Ok(sheet)
}

fn outbound_json(number: &str, outbound: &Outbound) -> String {
    let line = outbound.purpose.line_sent().map(ReportLine::word);
    json!({ "transfer": number, "direction": "out", "record": outbound, "report_line": line }).to_string()
}

fn inbound_json(from: &StationId, number: &str, inbound: &Inbound) -> String {
    let line = inbound.purpose.line_received().map(ReportLine::word);
    json!({
        "transfer": number,
        "direction": "in",
        "from": from,
        "record": inbound,
        "report_line": line,
    })
    .to_string()
}

fn outbound_line(number: &str, outbound: &Outbound) -> String {
    let carrier = outbound.carriers.last().map(|(_, carrier)| format!(", with {carrier}"));
    let short = match outbound.short.len() {
        0 => String::new(),
        short => format!(", {short} short"),
    };
    format!(
        "{number:<10} to   {:<16} {:>5} weapons  {}{}{short}",
        outbound.to,
        outbound.weapons.len(),
        outbound.stage.words(),
        carrier.filter(|_| outbound.travels()).unwrap_or_default()
    )
}

fn inbound_line(from: &StationId, number: &str, inbound: &Inbound) -> String {
    let state = match &inbound.ended {
        None => format!("here, {} checked", inbound.checked.len()),
        Some(ended) if ended.outcome == Outcome::Rejected => "turned away".to_owned(),
        Some(ended) => format!("{} received, {} short", ended.counted, ended.short.len()),
    };
    format!("{number:<10} from {from:<16} {:>5} weapons  {state}", inbound.items.len())
}
