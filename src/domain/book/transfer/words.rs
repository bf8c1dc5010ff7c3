//! What an entry of a transfer says, and whom it calls.

use super::super::Alarm;
use super::super::limits::named;
use super::Fact;
use super::papers::Outcome;
use crate::domain::WeaponId;

impl Fact {
    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Opened { transfer, to, purpose, .. } => {
                format!("transfer {transfer} to {to}, {}", purpose.word())
            }
            Self::Packed { transfer, weapons } => {
                format!("transfer {transfer}: {} packed: {}", weapons.len(), named(weapons))
            }
            Self::Unpacked { transfer, weapons } => {
                format!("transfer {transfer}: {} taken out: {}", weapons.len(), named(weapons))
            }
            Self::Dispatched { transfer, consignment, count, .. } => {
                format!("transfer {transfer}: {count} left with {}", consignment.carrier)
            }
            Self::Sent { transfer, weapons } => {
                format!("transfer {transfer}: {} in transit: {}", weapons.len(), named(weapons))
            }
            Self::CarrierChanged { transfer, carrier, place, .. } => {
                format!("transfer {transfer}: carried by {carrier} from {place}")
            }
            Self::FollowUpDue { transfer, to, days } => {
                format!("transfer {transfer}: no receipt from {to} {days} days after it should have arrived")
            }
            Self::FollowedUp { transfer, reference } => {
                format!("transfer {transfer}: receipt asked for by {reference}")
            }
            Self::Unanswered { transfer, to, count } => {
                format!("transfer {transfer}: {to} did not answer, {count} not accounted for")
            }
            Self::Confirmed { transfer, outcome: Outcome::Received, counted, sent, receipt } => {
                format!("transfer {transfer}: {counted} of {sent} received, entry {receipt} there")
            }
            Self::Confirmed { transfer, outcome: Outcome::Rejected, receipt, .. } => {
                format!("transfer {transfer}: turned away, entry {receipt} there")
            }
            Self::Delivered { transfer, weapons } => {
                format!("transfer {transfer}: {} received: {}", weapons.len(), named(weapons))
            }
            Self::NotReceived { transfer, weapons } => {
                format!("transfer {transfer}: {} not received: {}", weapons.len(), named(weapons))
            }
            Self::Reversed { transfer, counted, sent } => {
                format!("transfer {transfer} taken back: {counted} of {sent} are here")
            }
            Self::Restored { transfer, weapons } => {
                format!("transfer {transfer}: {} back: {}", weapons.len(), named(weapons))
            }
            coming => coming.line_of_arrival(),
        }
    }

    /// What those say that are entered at the receiver.
    fn line_of_arrival(&self) -> String {
        match self {
            Self::Arrived { from, transfer, count, .. } => {
                format!("transfer {transfer} from {from} is here: {count} listed")
            }
            Self::Listed { from, transfer, items } => {
                format!("transfer {transfer} from {from}: {} on its list", items.len())
            }
            Self::Checked { from, transfer, weapons, extra } => {
                format!("transfer {transfer} from {from}: {} checked, {} extra", weapons.len(), extra.len())
            }
            Self::Received { from, transfer, counted, listed, extra, seals, .. } => {
                let mut line = format!("transfer {transfer} from {from}: {counted} counted, {listed} listed");
                if *extra > 0 {
                    line.push_str(&format!(", {extra} not on the list"));
                }
                if !seals.is_empty() {
                    line.push_str(&format!(", seals differ: {}", seals.join(", ")));
                }
                line
            }
            Self::TakenIn { from, transfer, weapons } => {
                let weapons: Vec<WeaponId> = weapons.iter().map(|taken| taken.weapon.clone()).collect();
                format!("transfer {transfer} from {from}: {} taken in: {}", weapons.len(), named(&weapons))
            }
            Self::Short { from, transfer, weapons } => {
                format!("transfer {transfer} from {from}: {} short: {}", weapons.len(), named(weapons))
            }
            Self::Rejected { from, transfer, why } => {
                format!("transfer {transfer} from {from} turned away: {why}")
            }
            other => other.word().to_owned(),
        }
    }

    /// Who has to come.
    pub fn alarm(&self) -> Option<Alarm> {
        let (priority, first_step) = match self {
            Self::FollowUpDue { .. } => (3, "Ask the receiver for the receipt. Enter that you asked."),
            Self::Unanswered { .. } => (1, "Call the receiver and the carrier. Report it."),
            Self::NotReceived { .. } => (1, "Call the carrier. Keep crate, seals and vehicle. Report it."),
            Self::Confirmed { outcome: Outcome::Rejected, .. } => (2, "Expect it back. Count it then."),
            Self::Reversed { counted, sent, .. } if counted != sent => (1, "Count again. Call the carrier."),
            Self::Short { .. } => (1, "Keep the carrier here. Keep crate and seals. Call the sender."),
            Self::Received { seals, extra, .. } if !seals.is_empty() || *extra > 0 => {
                (2, "Lay aside what is not on the list. Keep the seals. Call the sender.")
            }
            _ => return None,
        };
        Some(Alarm { priority, what: format!("{}.", self.line()), first_step })
    }
}
